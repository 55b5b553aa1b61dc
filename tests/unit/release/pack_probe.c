/*
 * Packs and checks archives for pack_test.sh.
 *
 *	pack_probe pack  REPOSITORY REVISION TAG NAME VERSION FORMAT [FILE]
 *	pack_probe check REPOSITORY REVISION TAG NAME VERSION FILE
 *
 * TAG "-" is none.  pack prints digests and sizes; check prints the
 * differences and, like `expect`, its error.  Status 1: differences; 3: error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "release/cut/pack.h"

static int fail(const struct rel_error *err)
{
	char text[2048];

	rel_error_format(err, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
	return 3;
}

static int pack(const struct rel_pack_options *request, const char *path)
{
	struct rel_pack_result result;
	struct rel_error err = {0};
	char text[REL_DIGEST_TEXT_MAX];

	if (rel_pack_write(&result, request, path, &err) != 0)
		return fail(&err);
	rel_digest_hex(text, &result.sha256);
	printf("sha256 %s\n", text);
	rel_digest_hex(text, &result.sha512);
	printf("sha512 %s\n", text);
	rel_digest_hex(text, &result.tar_sha256);
	printf("tar %s\n", text);
	printf("size %ju tar %ju entries %ju\n", (uintmax_t)result.size,
	       (uintmax_t)result.tar_size, (uintmax_t)result.entries);
	return 0;
}

static int check(const struct rel_pack_options *request, const char *path)
{
	struct rel_pack_report report;
	struct rel_error err = {0};
	int code = rel_pack_check(&report, request, path, &err);

	if (code == 0) {
		printf("top %s\n", report.top);
		for (uint32_t i = 0; i < report.n_items; i++)
			printf("%s: %s\n", report.items[i].path,
			       rel_pack_difference_text(&report.items[i]));
		printf("%ju differences\n", (uintmax_t)report.n_differences);
	}
	rel_pack_report_free(&report);
	if (code == 0)
		code = rel_pack_expect(request, path, &err);
	if (code == REL_ECHECKSUM) {
		printf("%s\n", err.text);
		return 1;
	}
	return code == 0 ? 0 : fail(&err);
}

/* With PACK_MEMORY set: peaks of this process and of its children, in KiB. */
static void tell_memory(void)
{
	struct rusage own, children;

	if (!getenv("PACK_MEMORY") || getrusage(RUSAGE_SELF, &own) != 0 ||
	    getrusage(RUSAGE_CHILDREN, &children) != 0)
		return;
	fprintf(stderr, "%ld %ld\n", own.ru_maxrss, children.ru_maxrss);
}

int main(int argc, char **argv)
{
	struct rel_pack_options request = {0};
	struct rel_error err = {0};
	const char *path;
	int status;

	if (argc < 8)
		return 2;
	path = argv[argc - 1];
	request.name = rel_str_of(argv[5]);
	request.version = rel_str_of(argv[6]);
	request.tag = strcmp(argv[4], "-") == 0 ? NULL : argv[4];
	if (rel_git_store_open(&request.store, argv[2], &err) != 0 ||
	    rel_git_resolve(&request.commit, request.store, argv[3], &err) != 0)
		return fail(&err);
	if (strcmp(argv[1], "pack") == 0) {
		if (!rel_archive_format_of(&request.format,
					   rel_str_of(argv[7])))
			return 2;
		status = pack(&request, argc > 8 ? path : NULL);
	} else {
		status = check(&request, path);
	}
	rel_git_store_free(request.store);
	tell_memory();
	return status;
}
