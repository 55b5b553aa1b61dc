/* The mirror in directories and in git; git, sha256sum and nginx are the
 * judges. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/publish.h"
#include "support/http_fault.h"
#include "support/http_nginx.h"
#include "support/shell.h"
#include "support/support.h"

/* printf abc | sha256sum, sha512sum, md5sum */
#define HEX256 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HEX512                                                             \
	"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
	"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
#define AT256 "cache/sha256/ba/" HEX256
#define NAMED "archives/a-1.tbz"
#define AT512 "cache/sha512/dd/" HEX512

struct fixture {
	struct rel_arena arena;
	char *dir, *root, *file;
	struct rel_remote development;
	struct rel_conf_publish conf;
	struct rel_publish_options options;
	struct rel_digest digests[2];
	struct rel_publish_archive archive;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct rel_error err = {0};

	rel_arena_init(&f->arena, REL_MIB);
	f->dir = rel_test_dir_new();
	f->root = rel_test_text("%s/remote", f->dir);
	f->file = rel_test_text("%s/a-1.tbz", f->dir);
	rel_test_write_text(f->dir, "a-1.tbz", "abc");
	rel_test_write_text(f->root, "repo", "opam-version: \"2.0\"\n");
	f->development.name = "ours";
	if (rel_location_parse(&f->development.location, rel_str_of(f->root),
			       NULL, &f->arena, &err))
		fail_msg("%s", err.text);
	f->conf.kind = "mirror";
	f->options.conf = &f->conf;
	f->options.base_dir = f->dir;
	f->options.development = &f->development;
	f->options.remotes = &f->development;
	f->options.n_remotes = 1;
	assert_int_equal(
	    rel_digest_parse(&f->digests[0], REL_STR("sha256=" HEX256), &err),
	    0);
	assert_int_equal(
	    rel_digest_parse(&f->digests[1], REL_STR("sha512=" HEX512), &err),
	    0);
	f->archive = (struct rel_publish_archive){.path = f->file,
						  .name = "a-1.tbz",
						  .digests = f->digests,
						  .n_digests = 2,
						  .size = 3};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_arena_free(&f->arena);
	rel_test_dir_free(f->dir);
	free(f->root);
	free(f->file);
	free(f);
	return 0;
}

static struct rel_publisher *open_it(struct fixture *f)
{
	struct rel_publisher *p = NULL;
	struct rel_error err = {0};

	if (rel_publisher_open(&p, &f->options, &err))
		fail_msg("%s", err.text);
	return p;
}

static void assert_source(struct rel_publisher *p, struct fixture *f,
			  const char *base)
{
	char *expected = rel_test_text("%s/" NAMED, base);
	struct rel_error err = {0};
	struct rel_buf url;

	rel_buf_init(&url, REL_MIB);
	assert_int_equal(rel_publisher_source(&url, p, &f->archive, &err), 0);
	assert_string_equal(url.ptr, expected);
	rel_buf_free(&url);
	free(expected);
}

static void put(struct rel_publisher *p, struct fixture *f,
		enum rel_publish_outcome outcome, unsigned made)
{
	struct rel_publish_receipt receipt;
	struct rel_error err = {0};

	if (rel_publisher_put(&receipt, p, &f->archive, 0, &err))
		fail_msg("%s", err.text);
	assert_int_equal(receipt.outcome, outcome);
	assert_int_equal(receipt.made, made);
}

/* In the development remote itself. */
static void test_in_remote(void **state)
{
	struct fixture *f = *state;
	struct rel_publisher *p = open_it(f);
	struct rel_error err = {0};
	char *base = rel_test_text("file://%s", f->root), *text;
	unsigned missing;
	uint64_t size = 0;

	assert_string_equal(rel_publisher_mirror(p), "cache");
	assert_false(rel_publisher_moves_remote(p));
	assert_source(p, f, base);
	assert_int_equal(rel_publisher_missing(&missing, p, &f->archive, &err),
			 0);
	assert_int_equal(missing, 7);
	assert_int_equal(rel_publisher_held(&size, p, &f->archive, &err),
			 REL_ENOTFOUND);
	put(p, f, REL_PUBLISH_DONE, 7);
	put(p, f, REL_PUBLISH_PRESENT, 0);
	text = rel_test_sh("cd '%s' && find archives cache -type f | sort && "
			   "stat -c %%h " AT256 " && "
			   "sha256sum " AT256 " | cut -c1-8 && sha512sum " AT512
			   " | cut -c1-8",
			   f->root);
	assert_string_equal(text, NAMED "\n" AT256 "\n" AT512
					"\n3\nba7816bf\nddaf35a1");
	free(text);
	assert_int_equal(rel_publisher_held(&size, p, &f->archive, &err), 0);
	assert_int_equal(size, 3);
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err), 0);
	assert_int_equal(rel_publisher_withdraw(p, &f->archive, 7, &err), 0);
	assert_int_equal(rel_publisher_withdraw(p, &f->archive, 7, &err), 0);
	text = rel_test_sh("cd '%s' && find .", f->root);
	assert_string_equal(text, ".\n./repo");
	free(text);
	free(base);
	rel_publisher_free(p);
}

/* One algorithm was there: only the other is made and taken back. */
static void test_partly_there(void **state)
{
	struct fixture *f = *state;
	struct rel_publisher *p = open_it(f);
	struct rel_error err = {0};
	char *text;

	rel_test_write_text(f->root, AT256, "abc");
	put(p, f, REL_PUBLISH_DONE, 6);
	assert_int_equal(rel_publisher_withdraw(p, &f->archive, 6, &err), 0);
	text = rel_test_sh("cd '%s' && find cache -type f", f->root);
	assert_string_equal(text, AT256);
	free(text);
	rel_publisher_free(p);
}

static void test_damaged(void **state)
{
	struct fixture *f = *state;
	struct rel_publisher *p = open_it(f);
	struct rel_publish_receipt receipt;
	struct rel_error err = {0};

	/* the file is not what was packed */
	rel_test_write_text(f->dir, "a-1.tbz", "abd");
	assert_int_equal(rel_publisher_put(&receipt, p, &f->archive, 0, &err),
			 REL_ECHECKSUM);
	rel_test_write_text(f->dir, "a-1.tbz", "abcd");
	assert_int_equal(rel_publisher_put(&receipt, p, &f->archive, 0, &err),
			 REL_ECHECKSUM);
	assert_int_equal(access(f->root, F_OK), 0);
	/* what stands there is not */
	rel_test_write_text(f->dir, "a-1.tbz", "abc");
	rel_test_write_text(f->root, AT512, "abd");
	assert_int_equal(rel_publisher_put(&receipt, p, &f->archive, 0, &err),
			 REL_EEXISTS);
	assert_int_equal(rel_publisher_held(NULL, p, &f->archive, &err),
			 REL_ECHECKSUM);
	assert_non_null(strstr(err.text, AT512));
	rel_publisher_free(p);
}

/* `dir:`, which does not exist yet, and `url:`. */
static void test_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct rel_publisher *p;
	char *base = rel_test_text("file://%s/www", f->dir), *path;

	f->conf.dir = "www";
	p = open_it(f);
	assert_source(p, f, base);
	path = rel_test_text("%s/cache", base);
	assert_string_equal(rel_publisher_mirror(p), path);
	put(p, f, REL_PUBLISH_DONE, 7);
	free(path);
	path = rel_test_text("%s/www/" AT512, f->dir);
	assert_int_equal(access(path, R_OK), 0);
	rel_publisher_free(p);
	f->conf.url = "https://www.example.org/opam";
	p = open_it(f);
	assert_source(p, f, f->conf.url);
	assert_string_equal(rel_publisher_mirror(p),
			    "https://www.example.org/opam/cache");
	rel_publisher_free(p);
	free(path);
	free(base);
}

static void test_mistakes(void **state)
{
	struct fixture *f = *state;
	struct rel_publisher *p;
	struct rel_error err = {0};

	f->conf.dir = "no/where";
	assert_int_equal(rel_publisher_open(&p, &f->options, &err),
			 REL_ENOTFOUND);
	f->conf.dir = "a-1.tbz";
	assert_int_equal(rel_publisher_open(&p, &f->options, &err), REL_EIO);
	f->conf.dir = NULL;
	f->conf.branch = "archives";
	assert_int_equal(rel_publisher_open(&p, &f->options, &err), REL_EUSAGE);
	f->conf.branch = NULL;
	f->conf.remote = "https://www.example.org/opam";
	assert_int_equal(rel_publisher_open(&p, &f->options, &err), REL_EUSAGE);
	f->conf.kind = "ftp";
	assert_int_equal(rel_publisher_open(&p, &f->options, &err), REL_EUSAGE);
	assert_non_null(strstr(err.text, "kind \"ftp\""));
}

/* Fetching back takes no memory for what is fetched: 300 MiB here. */
static void test_memory(void **state)
{
	struct fixture *f = *state;
	struct rusage before, after;
	struct rel_publisher *p = open_it(f);
	struct rel_error err = {0};

	put(p, f, REL_PUBLISH_DONE, 7);
	free(rel_test_sh("truncate -s 300M '%s/" NAMED "'", f->root));
	getrusage(RUSAGE_SELF, &before);
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err),
			 REL_ECHECKSUM);
	getrusage(RUSAGE_SELF, &after);
	/* in KiB */
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 100 * 1024);
	rel_publisher_free(p);
}

/* Through nginx: what is there, what is not, what is damaged. */
static void test_http(void **state)
{
	struct fixture *f = *state;
	struct rel_test_nginx nginx;
	struct rel_publisher *p;
	struct rel_error err = {0};
	int port = rel_test_free_port();
	char *server, *url;

	if (!rel_test_nginx_exists())
		skip();
	assert_int_equal(chmod(f->dir, 0755), 0);
	server = rel_test_text("server { listen 127.0.0.1:%d; root %s; }", port,
			       f->root);
	url = rel_test_text("http://127.0.0.1:%d", port);
	rel_test_nginx_start(&nginx, f->dir, port, server);
	f->conf.url = url;
	p = open_it(f);
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err),
			 REL_ENOTFOUND);
	assert_non_null(strstr(err.text, url));
	put(p, f, REL_PUBLISH_DONE, 7);
	if (rel_publisher_fetch(p, &f->archive, &err))
		fail_msg("%s", err.text);
	rel_test_write_text(f->root, NAMED, "abd");
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err),
			 REL_ECHECKSUM);
	rel_test_write_text(f->root, NAMED, "ab");
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err),
			 REL_ECHECKSUM);
	rel_test_write_text(f->root, NAMED, "abcd");
	assert_int_not_equal(rel_publisher_fetch(p, &f->archive, &err), 0);
	rel_test_nginx_stop(&nginx);
	assert_int_equal(rel_publisher_fetch(p, &f->archive, &err), REL_EIO);
	rel_publisher_free(p);
	free(server);
	free(url);
}

/* On the development remote's branch, and on one of its own. */
static void test_git(void **state)
{
	static const struct rel_change_author author = {
	    "Tester", "tester@example.org", 1767323045, 0};
	struct fixture *f = *state;
	struct rel_remote_options reading = {.cache_dir = f->root};
	struct rel_publisher *p;
	struct rel_error err = {0};
	char *bare = rel_test_text("%s/r.git", f->dir), *text;

	free(rel_test_sh("git init -q -b main --bare '%s'", bare));
	assert_int_equal(rel_location_parse(&f->development.location,
					    rel_str_of(bare), NULL, &f->arena,
					    &err),
			 0);
	f->options.author = &author;
	f->options.remote = &reading;
	assert_int_equal(rel_publisher_open(&p, &f->options, &err), REL_EUSAGE);
	assert_non_null(strstr(err.text, "url:"));
	f->conf.url = "https://www.example.org/raw";
	p = open_it(f);
	assert_true(rel_publisher_moves_remote(p));
	assert_string_equal(rel_publisher_mirror(p),
			    "https://www.example.org/raw/cache");
	put(p, f, REL_PUBLISH_DONE, 7);
	put(p, f, REL_PUBLISH_PRESENT, 0);
	rel_publisher_free(p);
	f->conf.branch = "archives";
	p = open_it(f);
	assert_false(rel_publisher_moves_remote(p));
	assert_int_equal(rel_publisher_held(NULL, p, &f->archive, &err),
			 REL_ENOTFOUND);
	put(p, f, REL_PUBLISH_DONE, 7);
	assert_int_equal(rel_publisher_held(NULL, p, &f->archive, &err), 0);
	text = rel_test_sh("cd '%s' && git fsck --strict 2>&1 && "
			   "git show archives:" AT512 " && echo && "
			   "git log --format=%%s archives && "
			   "git ls-tree -r archives | cut -c1-6 && "
			   "git ls-tree -r --name-only archives",
			   bare);
	assert_string_equal(
	    text, "abc\nPublish a-1.tbz\n100644\n100644\n100644\n" NAMED
		  "\n" AT256 "\n" AT512);
	free(text);
	assert_int_equal(rel_publisher_withdraw(p, &f->archive, 7, &err), 0);
	text = rel_test_sh("cd '%s' && git ls-tree -r archives && "
			   "git log -1 --format=%%s archives",
			   bare);
	assert_string_equal(text, "Withdraw a-1.tbz");
	free(text);
	rel_publisher_free(p);
	free(bare);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_in_remote), CASE(test_partly_there), CASE(test_damaged),
	    CASE(test_elsewhere), CASE(test_mistakes),	   CASE(test_memory),
	    CASE(test_http),	  CASE(test_git),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
