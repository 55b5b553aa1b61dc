/* Failing allocations while a directory is changed, published to, recorded and
 * indexed: never a crash, and nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/audit/freeze.h"
#include "release/audit/index.h"
#include "support/shell.h"
#include "support/support.h"
#include "support/torture.h"

/* printf abc | sha256sum, md5sum */
#define HEX256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HEXMD5 "900150983cd24fb0d6963f7d28e17f72"

struct fixture {
	struct rel_arena arena;
	char *dir, *root, *file;
	struct rel_remote remote;
};

static void open_fixture(struct fixture *f)
{
	struct rel_error err = {0};

	rel_arena_init(&f->arena, REL_MIB);
	f->dir = rel_test_dir_new();
	f->root = rel_test_text("%s/remote", f->dir);
	f->file = rel_test_text("%s/a-1.tbz", f->dir);
	rel_test_write_text(f->dir, "a-1.tbz", "abc");
	rel_test_write_text(f->root, "repo", "opam-version: \"2.0\"\n");
	rel_test_write_text(f->root, "packages/a/a.1/opam",
			    "opam-version: \"2.0\"\n"
			    "url {\n  src: \"https://example.org/a.tbz\"\n"
			    "  checksum: [\"sha256=" HEX256 "\" \"md5=" HEXMD5
			    "\"]\n}\n");
	f->remote.name = "ours";
	f->remote.role = REL_ROLE_DEVELOPMENT;
	assert_int_equal(rel_location_parse(&f->remote.location,
					    rel_str_of(f->root), NULL,
					    &f->arena, &err),
			 0);
}

static void close_fixture(struct fixture *f)
{
	rel_arena_free(&f->arena);
	rel_test_dir_free(f->dir);
	free(f->root);
	free(f->file);
}

static int publish(struct fixture *f, struct rel_error *err)
{
	struct rel_publish_options options = {
	    .development = &f->remote, .remotes = &f->remote, .n_remotes = 1};
	struct rel_digest digests[2];
	struct rel_publish_archive archive = {.path = f->file,
					      .name = "a-1.tbz",
					      .digests = digests,
					      .n_digests = 2,
					      .size = 3};
	struct rel_publisher *p = NULL;
	struct rel_publish_receipt receipt;
	int rc = rel_publisher_open(&p, &options, err);

	if (rc == 0)
		rc = rel_digest_parse(&digests[0], REL_STR("sha256=" HEX256),
				      err);
	if (rc == 0)
		rc = rel_digest_parse(&digests[1], REL_STR("md5=" HEXMD5), err);
	if (rc == 0)
		rc = rel_publisher_put(&receipt, p, &archive, 0, err);
	if (rc == 0)
		rc = rel_publisher_fetch(p, &archive, err);
	rel_publisher_free(p);
	return rc;
}

static int freeze(struct fixture *f, struct rel_error *err)
{
	struct rel_publish_options publishing = {
	    .development = &f->remote, .remotes = &f->remote, .n_remotes = 1};
	struct rel_remote_options reading = {.no_snapshot_cache = true,
					     .jobs = 1};
	struct rel_freeze_options options = {.remote = &f->remote,
					     .reading = &reading};
	struct rel_freeze_result result;
	int rc = rel_publisher_open(&options.publisher, &publishing, err);

	if (rc == 0)
		rc = rel_freeze(&result, &options, err);
	rel_publisher_free(options.publisher);
	return rc;
}

static int make_index(struct fixture *f, struct rel_error *err)
{
	struct rel_index_options options = {.dir = f->root};
	struct rel_index_result result;

	return rel_index_write(&result, &options, err);
}

/* What is there when the work has failed at the n-th allocation and is then
 * done without failures must be what it is without any failure; so must it be
 * when something did without the allocation. */
static void walk(int (*work)(struct fixture *f, struct rel_error *err))
{
	char *expected = NULL;
	bool failed = true;

	for (long n = -1; failed; n++) {
		struct rel_error err = {0};
		struct fixture f;
		char *now;
		int rc = 0;

		open_fixture(&f);
		if (n >= 0) {
			rel_torture_start(n);
			rc = work(&f, &err);
			failed = rel_torture_stop();
		}
		if (rc || n < 0)
			assert_int_equal(work(&f, &err), 0);
		now = rel_test_sh("cd '%s' && find . | sort && "
				  "find . -type f | sort | xargs sha256sum",
				  f.root);
		if (!expected)
			expected = strdup(now);
		assert_string_equal(now, expected);
		free(now);
		close_fixture(&f);
	}
	free(expected);
}

static void test_publish(void **state)
{
	(void)state;
	walk(publish);
}

static void test_freeze(void **state)
{
	(void)state;
	walk(freeze);
}

static void test_index(void **state)
{
	(void)state;
	walk(make_index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_publish),
	    cmocka_unit_test(test_freeze),
	    cmocka_unit_test(test_index),
	};

	rel_test_clean_environment();
	/* Thousands of syncs that no disk needs to see. */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
