#include "support/support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define STATUS_BROKEN 99
#define WALK_FDS      16

static _Noreturn void give_up(const char *what, const char *path)
{
	fprintf(stderr, "test support: %s %s: %s\n", what, path,
		strerror(errno));
	exit(STATUS_BROKEN);
}

char *rel_test_text(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		give_up("format", fmt);
	va_end(args);
	return text;
}

char *rel_test_dir_new(void)
{
	const char *parent = getenv("TMPDIR");
	char *dir, *real;

	if (!parent || parent[0] != '/')
		parent = "/tmp";
	dir = rel_test_text("%s/relctl-test-XXXXXX", parent);
	if (!mkdtemp(dir))
		give_up("create directory", dir);
	real = realpath(dir, NULL);
	if (!real)
		give_up("resolve", dir);
	free(dir);
	return real;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_DP || type == FTW_DNR)
		return rmdir(path);
	return unlink(path);
}

static int open_up(const char *path, const struct stat *st, int type,
		   struct FTW *at)
{
	(void)st;
	(void)at;
	if (type == FTW_D || type == FTW_DNR)
		return chmod(path, S_IRWXU);
	return 0;
}

void rel_test_dir_free(char *dir)
{
	if (!dir)
		return;
	/* Tests leave directories that may not be written. */
	nftw(dir, open_up, WALK_FDS, FTW_PHYS);
	if (nftw(dir, remove_entry, WALK_FDS, FTW_DEPTH | FTW_PHYS) != 0)
		give_up("remove", dir);
	free(dir);
}

void rel_test_write(const char *dir, const char *name, const void *ptr,
		    size_t len)
{
	char *path = rel_test_text("%s/%s", dir, name);
	char *parent = strndup(path, (size_t)(strrchr(path, '/') - path));
	FILE *stream;

	if (!parent || rel_mkdirs(parent, NULL) != 0)
		give_up("create parents of", path);
	stream = fopen(path, "wbe");
	if (!stream || fwrite(ptr, 1, len, stream) != len ||
	    fclose(stream) != 0)
		give_up("write", path);
	free(parent);
	free(path);
}

void rel_test_write_text(const char *dir, const char *name, const char *text)
{
	rel_test_write(dir, name, text, strlen(text));
}

char *rel_test_read(const char *path, size_t *len)
{
	FILE *stream = fopen(path, "rbe"), *memory;
	char *text = NULL, chunk[4096];
	size_t size = 0, n;

	if (!stream)
		return NULL;
	memory = open_memstream(&text, &size);
	if (!memory)
		give_up("read", path);
	while ((n = fread(chunk, 1, sizeof(chunk), stream)) > 0)
		fwrite(chunk, 1, n, memory);
	if (ferror(stream) || fclose(memory) != 0)
		give_up("read", path);
	fclose(stream);
	if (len)
		*len = size;
	return text;
}

size_t rel_test_dir_count(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	if (!stream)
		give_up("list", dir);
	while ((entry = readdir(stream)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			n++;
	}
	closedir(stream);
	return n;
}

const char *rel_test_source_dir(void)
{
	const char *dir = getenv("RELCTL_SOURCE_DIR");

	if (!dir) {
		errno = ENOENT;
		give_up("variable", "RELCTL_SOURCE_DIR");
	}
	return dir;
}

char *rel_test_fixture(const char *name)
{
	return rel_test_text("%s/tests/%s", rel_test_source_dir(), name);
}

const char *rel_test_data_dir(void)
{
	static char found[PATH_MAX];
	const char *given = getenv("RELCTL_TEST_DATA");
	char *beside;
	int known;

	if (found[0])
		return found;
	beside = rel_test_text("%s/../shared/data", rel_test_source_dir());
	known = realpath(given && *given ? given : beside, found) != NULL;
	free(beside);
	if (!known) {
		found[0] = '\0';
		fprintf(stderr, "skipped: no test data (RELCTL_TEST_DATA)\n");
		return NULL;
	}
	return found;
}
