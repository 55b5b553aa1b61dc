/* What relctl publishes in a directory, used by the real opam over nginx: the
 * archive comes through the relative archive-mirrors, whatever checksum its
 * manifest lists first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/publish.h"
#include "release/audit/index.h"
#include "support/http_fault.h"
#include "support/http_nginx.h"
#include "support/shell.h"
#include "support/support.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct fixture {
	struct rel_arena arena;
	char *dir, *root, *archive;
	struct rel_remote remote;
	struct rel_publisher *publisher;
	struct rel_digest digests[REL_DIGEST_ALGOS]; /* by algorithm */
	uint64_t size;
};

/* An archive of one script, as tar and bzip2 make it. */
static void open_fixture(struct fixture *f)
{
	struct rel_publish_options options = {.development = &f->remote};
	struct rel_error err = {0};

	rel_arena_init(&f->arena, REL_MIB);
	f->dir = rel_test_dir_new();
	assert_int_equal(chmod(f->dir, 0755), 0);
	f->root = rel_test_text("%s/remote", f->dir);
	f->archive = rel_test_text("%s/x.tbz", f->dir);
	free(rel_test_sh("cd '%s' && mkdir x-1 && printf '#!/bin/sh\\n"
			 "echo installed\\n' >x-1/hello && chmod +x x-1/hello "
			 "&& tar -cjf x.tbz x-1",
			 f->dir));
	rel_test_write_text(f->root, "repo", "opam-version: \"2.0\"\n");
	f->remote.name = "ours";
	assert_int_equal(rel_location_parse(&f->remote.location,
					    rel_str_of(f->root), NULL,
					    &f->arena, &err),
			 0);
	assert_int_equal(rel_digest_file(f->digests, REL_DIGEST_MASK_ALL,
					 f->archive, &f->size, &err),
			 0);
	if (rel_publisher_open(&f->publisher, &options, &err))
		fail_msg("%s", err.text);
}

static void close_fixture(struct fixture *f)
{
	rel_publisher_free(f->publisher);
	rel_arena_free(&f->arena);
	rel_test_dir_free(f->dir);
	free(f->root);
	free(f->archive);
}

/* Publish `name`.1 with these checksums, in this order; as a cut does. */
static void publish(struct fixture *f, const char *name,
		    const enum rel_digest_algo *order, size_t n)
{
	struct rel_digest digests[REL_DIGEST_ALGOS];
	struct rel_publish_archive archive = {.path = f->archive,
					      .name = "x-1.tbz",
					      .digests = digests,
					      .n_digests = n,
					      .size = f->size};
	struct rel_publish_receipt receipt;
	struct rel_error err = {0};
	struct rel_buf text;
	char *path = rel_test_text("packages/%s/%s.1/opam", name, name);

	rel_buf_init(&text, REL_MIB);
	rel_buf_printf(&text,
		       "opam-version: \"2.0\"\n"
		       "install: [\"cp\" \"hello\" \"%%{bin}%%/%s\"]\n"
		       "url {\n  src: \"http://127.0.0.1:9/gone.tbz\"\n"
		       "  checksum: [",
		       name);
	for (size_t i = 0; i < n; i++) {
		char digest[REL_DIGEST_TEXT_MAX];

		digests[i] = f->digests[order[i]];
		rel_digest_format(digest, &digests[i]);
		rel_buf_printf(&text, "\"%s\" ", digest);
	}
	rel_buf_add_cstr(&text, "]\n}\n");
	if (rel_publisher_put(&receipt, f->publisher, &archive, 0, &err))
		fail_msg("%s", err.text);
	rel_test_write_text(f->root, path, text.ptr);
	rel_buf_free(&text);
	free(path);
}

static void name_mirror(struct fixture *f)
{
	char *path = rel_test_text("%s/repo", f->root);
	char *old = rel_test_read(path, NULL);
	struct rel_error err = {0};
	struct rel_buf fresh;
	bool changed;

	rel_buf_init(&fresh, REL_MIB);
	assert_int_equal(
	    rel_publish_name_mirror(&fresh, &changed, rel_str_of(old), path,
				    rel_publisher_mirror(f->publisher), &err),
	    0);
	assert_true(changed);
	rel_test_write_text(f->root, "repo", fresh.ptr);
	rel_buf_free(&fresh);
	free(path);
	free(old);
}

static void make_index(struct fixture *f)
{
	struct rel_index_options options = {.dir = f->root};
	struct rel_index_result result;
	struct rel_error err = {0};

	if (rel_index_write(&result, &options, &err))
		fail_msg("%s", err.text);
}

/* Run opam in the fixture's own root; its status. */
static int opam(const struct fixture *f, const char *arguments)
{
	return rel_test_sh_status(
	    "export OPAMROOT='%s/opam' HOME='%s' OPAMNO=1 OPAMCOLOR=never; "
	    "opam %s >'%s/log' 2>&1 </dev/null || { s=$?; cat '%s/log'; "
	    "exit $s; }",
	    f->dir, f->dir, arguments, f->dir, f->dir);
}

static void consume(struct fixture *f, int port)
{
	char *init = rel_test_text(
	    "init -n --bare --disable-sandboxing ours http://127.0.0.1:%d",
	    port);
	char *text;

	assert_int_equal(opam(f, init), 0);
	assert_int_equal(opam(f, "switch create s --empty -y"), 0);
	/* Each from the mirror, not from opam's own cache of the other. */
	for (size_t i = 0; i < 3; i++) {
		static const char *const commands[] = {
		    "install -y a", "install -y b", "install -y c"};

		free(rel_test_sh("rm -rf '%s/opam/download-cache'", f->dir));
		assert_int_equal(opam(f, commands[i]), 0);
	}
	text = rel_test_sh("cd '%s' && for p in a b c; do opam/s/bin/$p; done "
			   "&& sed -n 's,.*GET /cache/\\([a-z0-9]*\\)/.* "
			   "200 .*,\\1,p' access.log",
			   f->dir);
	assert_string_equal(text, "installed\ninstalled\ninstalled\n"
				  "sha256\nsha512\nmd5");
	free(text);
	free(init);
}

/* Other bytes under the same digest: opam refuses them. */
static void tamper(struct fixture *f)
{
	free(rel_test_sh("cd '%s' && for f in $(find cache archives -type f); "
			 "do rm $f && echo tampered >$f; done",
			 f->root));
	free(rel_test_sh("rm -rf '%s/opam/download-cache'", f->dir));
	assert_int_not_equal(opam(f, "reinstall -y a"), 0);
}

static void test_consume(void **state)
{
	static const enum rel_digest_algo usual[] = {REL_DIGEST_SHA256,
						     REL_DIGEST_SHA512},
					  turned[] = {REL_DIGEST_SHA512,
						      REL_DIGEST_SHA256},
					  old[] = {REL_DIGEST_MD5};
	struct rel_test_nginx nginx;
	struct fixture f = {.dir = NULL};
	int port = rel_test_free_port();
	char *server;

	(void)state;
	if (!rel_test_nginx_exists() ||
	    rel_test_sh_status("opam --version | grep -q '^2\\.'") != 0)
		skip();
	open_fixture(&f);
	publish(&f, "a", usual, COUNT(usual));
	publish(&f, "b", turned, COUNT(turned));
	publish(&f, "c", old, COUNT(old));
	name_mirror(&f);
	make_index(&f);
	server = rel_test_text("server { listen 127.0.0.1:%d; root %s; "
			       "access_log %s/access.log; }",
			       port, f.root, f.dir);
	rel_test_nginx_start(&nginx, f.dir, port, server);
	consume(&f, port);
	tamper(&f);
	rel_test_nginx_stop(&nginx);
	free(server);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_consume)};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
