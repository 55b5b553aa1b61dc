/*
 * Stands in for libFuzzer where there is none: runs the fuzz target over
 * every file of the directories given, so that each finding and each seed
 * stays a regression test under every compiler.
 *
 * Exits 0; 1 when a directory cannot be read or holds no file at all, since
 * a corpus that got lost must not pass; crashes as the target does.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The file's bytes in a block of exactly their size, so that a sanitizer
 * sees a read past the end.  NULL and a message when it cannot be read. */
static uint8_t *read_whole(const char *path, size_t *size)
{
	struct stat st;
	uint8_t *data = NULL;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st) < 0)
		goto fail;
	*size = (size_t)st.st_size;
	data = malloc(*size ? *size : 1);
	if (!data || fread(data, 1, *size, f) != *size)
		goto fail;
	fclose(f);
	return data;
fail:
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	free(data);
	if (f)
		fclose(f);
	return NULL;
}

/* 1 when replayed, 0 when it is no plain file, -1 on failure. */
static int replay_file(const char *path)
{
	struct stat st;
	uint8_t *data;
	size_t size;

	if (stat(path, &st) < 0) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode))
		return 0;
	data = read_whole(path, &size);
	if (!data)
		return -1;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

/* The number of files replayed, -1 on failure. */
static long replay_directory(const char *path)
{
	struct dirent **entries;
	long done = 0;
	int n = scandir(path, &entries, NULL, alphasort);

	if (n < 0) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char file[4096];
		int len = snprintf(file, sizeof(file), "%s/%s", path,
				   entries[i]->d_name);
		int r = -1;

		if (len > 0 && (size_t)len < sizeof(file))
			r = replay_file(file);
		if (r < 0)
			done = -1;
		else if (done >= 0)
			done += r;
		free(entries[i]);
	}
	free(entries);
	return done;
}

int main(int argc, char **argv)
{
	int status = argc < 2;

	for (int i = 1; i < argc; i++) {
		long done = replay_directory(argv[i]);

		printf("%s: %ld inputs\n", argv[i], done < 0 ? 0 : done);
		if (done <= 0)
			status = 1;
	}
	return status;
}
