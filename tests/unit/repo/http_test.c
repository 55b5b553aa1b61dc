/* index.tar.gz remotes, served by a real nginx. */
#include "remote_common.h"

#include <unistd.h>

#include "base/path.h"
#include "support/http_fault.h"
#include "support/http_nginx.h"

static char *dir, *cache;
static int port;
static struct rel_test_nginx nginx;

/* A repository below www/`name`, indexed by opam itself. */
static void make_repository(const char *name, const char *repo)
{
	char *file = rel_test_text("www/%s/repo", name);

	rel_test_write_text(dir, file, repo);
	free(file);
	free(rel_test_sh(
	    "cd '%s/www/%s'; put() { mkdir -p packages/$1; "
	    "printf 'opam-version: \"2.0\"\\ndepends: [\"%%s\"]\\n' \"$2\" "
	    ">packages/$1/opam; }; "
	    "put a/a.1 x; put a/a.2 y; put b/b.1 z; put b/b.1/inner/c.1 w; "
	    "mkdir -p packages/o/o.1; "
	    "printf 'opam-version: \"1.2\"\\n' >packages/o/o.1/opam; "
	    "echo 'archive: \"https://example.org/o.tgz\"' "
	    ">packages/o/o.1/url; "
	    "echo words >packages/o/o.1/descr; touch packages/stray; "
	    "chmod 755 packages/a/a.2/opam; "
	    "opam admin index >/dev/null 2>&1",
	    dir, name));
}

static int start(void **state)
{
	char *servers;

	(void)state;
	dir = rel_test_dir_new();
	cache = rel_test_text("%s/cache", dir);
	port = rel_test_free_port();
	servers = rel_test_text(
	    "log_format short '$status $request_uri';\n"
	    "server { listen 127.0.0.1:%d; root www;\n"
	    "access_log log short;\n"
	    "location /500/ { return 500; }\n"
	    "location /401/ { return 401; }\n"
	    "location /loop/ { return 302 $request_uri; }\n"
	    "location /moved/ { rewrite ^/moved/(.*)$ /good/$1 redirect; }\n"
	    "}\n",
	    port);
	make_repository("good", "opam-version: \"2.0\"\n");
	rel_test_nginx_start(&nginx, dir, port, servers);
	free(servers);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rel_test_nginx_stop(&nginx);
	rel_test_dir_free(dir);
	free(cache);
	return 0;
}

/* Each test begins with an empty cache and log. */
static int fresh(void **state)
{
	(void)state;
	free(rel_test_sh("rm -rf '%s'; : >'%s/log'", cache, dir));
	return 0;
}

static int read_url(struct rel_snapshot **out, const char *path,
		    struct reading *how)
{
	char *url = rel_test_text("http://127.0.0.1:%d/%s", port, path);
	int code = read_remote(out, url, how);

	free(url);
	return code;
}

static void expect_log(const char *want)
{
	char *got = rel_test_sh("sleep 0.1; cat '%s/log'", dir);

	assert_string_equal(got, want);
	free(got);
}

/* What comes from the index is what is in the directory. */
static void test_same(void **state)
{
	struct reading how = {.jobs = 2}, warm = {.cache_dir = cache};
	char *place = rel_test_text("dir+%s/www/good", dir), *digest;
	struct rel_snapshot *index, *plain, *cached;

	(void)state;
	plain = must_read(place, &how);
	assert_int_equal(read_url(&index, "good", &how), 0);
	assert_same_snapshot(plain, index);
	digest = rel_test_sh("cd '%s/www/good'; echo "
			     "sha256=$(sha256sum <index.tar.gz | cut -c1-64)",
			     dir);
	assert_string_equal(index->revision, digest);
	rel_snapshot_free(index);
	assert_int_equal(read_url(&index, "good", &warm), 0);
	assert_int_equal(read_url(&cached, "good", &warm), 0);
	assert_non_null(cached->store->map.ptr);
	assert_same_image(index, cached);
	assert_same_snapshot(plain, cached);
	assert_string_equal(warm.warnings.text, "");
	rel_snapshot_free(index);
	rel_snapshot_free(plain);
	rel_snapshot_free(cached);
	free(digest);
	free(place);
}

/* The second run asks, and gets 304; a changed index is fetched. */
static void test_conditional(void **state)
{
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;

	(void)state;
	make_repository("changing", "opam-version: \"2.0\"\n");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_url(&s, "changing", &how), 0);
		assert_int_equal(s->n_packages, 5);
		rel_snapshot_free(s);
	}
	expect_log("200 /changing/index.tar.gz\n304 /changing/index.tar.gz");
	free(rel_test_sh("cd '%s/www/changing'; mkdir -p packages/n/n.1; "
			 "cp packages/a/a.1/opam packages/n/n.1; sleep 1; "
			 "opam admin index >/dev/null 2>&1",
			 dir));
	assert_int_equal(read_url(&s, "changing", &how), 0);
	assert_int_equal(s->n_packages, 6);
	rel_snapshot_free(s);
	expect_log("200 /changing/index.tar.gz\n304 /changing/index.tar.gz\n"
		   "200 /changing/index.tar.gz");
	/* the index is still current, but what was parsed is gone */
	free(rel_test_sh("rm -r '%s/snapshots'", cache));
	assert_int_equal(read_url(&s, "changing", &how), 0);
	assert_int_equal(s->n_packages, 6);
	rel_snapshot_free(s);
	/* and now the index itself is damaged: it is fetched anew */
	free(rel_test_sh("rm -r '%s/snapshots'; "
			 "for f in '%s'/index/*/index.tar.gz; do "
			 "echo x >>\"$f\"; done",
			 cache, cache));
	assert_int_equal(read_url(&s, "changing", &how), 0);
	assert_int_equal(s->n_packages, 6);
	rel_snapshot_free(s);
	expect_log("200 /changing/index.tar.gz\n304 /changing/index.tar.gz\n"
		   "200 /changing/index.tar.gz\n304 /changing/index.tar.gz\n"
		   "304 /changing/index.tar.gz\n200 /changing/index.tar.gz");
}

static void test_offline(void **state)
{
	struct reading how = {.cache_dir = cache, .offline = true};
	struct rel_snapshot *s;

	(void)state;
	assert_int_equal(read_url(&s, "good", &how), REL_ENOTFOUND);
	assert_non_null(strstr(how.err.text, "--offline"));
	how.offline = false;
	assert_int_equal(read_url(&s, "good", &how), 0);
	rel_snapshot_free(s);
	how.offline = true;
	assert_int_equal(read_url(&s, "good", &how), 0);
	assert_int_equal(s->n_packages, 5);
	rel_snapshot_free(s);
	free(rel_test_sh("rm -r '%s/snapshots'", cache));
	assert_int_equal(read_url(&s, "good", &how), 0);
	rel_snapshot_free(s);
	free(rel_test_sh("rm -r '%s/snapshots'; "
			 "truncate -s 100 '%s'/index/*/index.tar.gz",
			 cache, cache));
	assert_int_equal(read_url(&s, "good", &how), REL_ENOTFOUND);
	expect_log("200 /good/index.tar.gz");
}

/* An index that holds no repository is an error, not an empty one; nothing of
 * it is remembered. */
static void test_nothing(void **state)
{
	static const char *const members[] = {"-T /dev/null", ".hidden",
					      "README"};
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;

	(void)state;
	free(
	    rel_test_sh("mkdir -p '%s/www/nothing/packages'; "
			"cd '%s/www/nothing'; echo x >.hidden; echo x >README; "
			"echo 'opam-version: \"2.0\"' >repo; "
			"touch packages/.keep_me",
			dir, dir));
	for (size_t i = 0; i < 3; i++) {
		free(rel_test_sh("cd '%s/www/nothing'; "
				 "tar -czf index.tar.gz %s",
				 dir, members[i]));
		assert_int_equal(read_url(&s, "nothing", &how), REL_EPARSE);
		assert_non_null(strstr(how.err.text, "neither a directory"));
	}
	free(rel_test_sh("[ ! -e '%s/index' ]", cache));
	for (size_t i = 0; i < 2; i++) {
		free(rel_test_sh("cd '%s/www/nothing'; sleep 1; "
				 "tar -czf index.tar.gz %s",
				 dir, i ? "packages/.keep_me" : "repo"));
		assert_int_equal(read_url(&s, "nothing", &how), 0);
		assert_int_equal(s->n_packages, 0);
		rel_snapshot_free(s);
	}
}

/* A cache that cannot be written costs a warning, nothing else. */
static void test_no_cache(void **state)
{
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;

	(void)state;
	rel_test_write_text(dir, "cache", "a file in the way");
	assert_int_equal(read_url(&s, "good", &how), 0);
	assert_int_equal(s->n_packages, 5);
	rel_snapshot_free(s);
	assert_non_null(strstr(how.warnings.text, "not cached"));
}

static void test_statuses(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *text;
	} cases[] = {
	    {"missing", REL_ENOTFOUND, "git+"},
	    {"401", REL_EAUTH, ""},
	    {"loop", REL_ELIMIT, "redirect"},
	};
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_url(&s, cases[i].path, &how),
				 cases[i].code);
		assert_null(s);
		assert_non_null(strstr(how.err.text, cases[i].text));
		assert_non_null(strstr(how.err.text, "127.0.0.1"));
	}
	assert_int_equal(read_url(&s, "moved", &how), 0);
	assert_int_equal(s->n_packages, 5);
	rel_snapshot_free(s);
}

/* Put a file where an index should be and read it. */
static int read_made(const char *script, struct reading *how)
{
	struct rel_snapshot *s = NULL;
	int code;

	free(rel_test_sh("rm -rf '%s/www/made'; mkdir -p '%s/www/made'; "
			 "cd '%s/www/made'; %s",
			 dir, dir, dir, script));
	code = read_url(&s, "made", how);
	rel_snapshot_free(s);
	return code;
}

#define TREE                                                       \
	"mkdir -p t/packages/a/a.1; echo 'opam-version: \"2.0\"' " \
	">t/packages/a/a.1/opam; "

static void test_bad_indexes(void **state)
{
	static const struct {
		const char *script;
		int code;
	} cases[] = {
	    {TREE "tar cz -C t packages >index.tar.gz", 0},
	    {TREE "tar c -C t packages >index.tar.gz", 0},
	    {": >index.tar.gz", REL_EPARSE},
	    {"echo '<html>login</html>' >index.tar.gz", REL_EPARSE},
	    {"head -c 5000 ../good/index.tar.gz | head -c 300 >index.tar.gz",
	     REL_EPARSE},
	    {"cp ../good/index.tar.gz .; printf 'xxxxxxxxxxxxxxxx' | "
	     "dd of=index.tar.gz bs=1 seek=60 conv=notrunc 2>/dev/null",
	     REL_EPARSE},
	    {TREE "tar czP --transform 's,^,../../,' -C t packages "
		  ">index.tar.gz",
	     REL_EPARSE},
	    {TREE "tar czP --transform 's,^,/tmp/,' -C t packages "
		  ">index.tar.gz",
	     REL_EPARSE},
	    /* an archive of something else */
	    {TREE "touch t/configure; mv t/packages t/src; "
		  "tar cz -C t src configure >index.tar.gz",
	     REL_EPARSE},
	    /* 64 MB of zeros in 64 kB */
	    {TREE "truncate -s 64M t/packages/zeros; "
		  "tar c -C t packages | gzip -9 >index.tar.gz",
	     REL_ELIMIT},
	    /* one manifest of 64 MB */
	    {TREE "truncate -s 64M t/packages/a/a.1/opam; "
		  "tar c -C t packages | gzip -9 >index.tar.gz",
	     REL_ELIMIT},
	};
	struct reading how = {.cache_dir = cache};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* twice: what is bad must not be remembered as current */
		for (int k = 0; k < 2; k++) {
			int code = read_made(cases[i].script, &how);

			if (code != cases[i].code)
				fail_msg("%s: %d %s", cases[i].script, code,
					 how.err.text);
		}
	}
}

/* A manifest over the cap is that package's problem. */
static void test_members(void **state)
{
	struct reading how = {.jobs = 1};
	struct rel_snapshot *s;

	(void)state;
	free(rel_test_sh(
	    "mkdir -p '%s/www/odd'; cd '%s/www/odd'; " TREE
	    "p=t/packages; mkdir -p $p/big/big.1 $p/l/l.2 $p/h/h.1 $p/x/x.1; "
	    "seq 1 800000 >$p/big/big.1/opam; ln -s ../a/a.1 $p/l/l.1; "
	    "ln -s ../../a/a.1/opam $p/l/l.2/opam; "
	    "ln $p/a/a.1/opam $p/h/h.1/opam; mkfifo $p/x/x.1/opam; "
	    "tar cz -C t packages >index.tar.gz",
	    dir, dir));
	assert_int_equal(read_url(&s, "odd", &how), 0);
	assert_int_equal(find_package(s, "a", "1")->problem, UINT32_MAX);
	assert_int_equal(find_package(s, "h", "1")->problem, UINT32_MAX);
	assert_int_equal(find_package(s, "l", "1")->problem, UINT32_MAX);
	assert_int_equal(find_package(s, "l", "2")->problem, UINT32_MAX);
	assert_int_not_equal(find_package(s, "big", "1")->problem, UINT32_MAX);
	assert_int_not_equal(find_package(s, "x", "1")->problem, UINT32_MAX);
	assert_int_equal(s->n_packages, 6);
	rel_snapshot_free(s);
}

static void test_subdir(void **state)
{
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;

	(void)state;
	free(rel_test_sh("mkdir -p '%s/www/parts'; cd '%s/www/parts'; " TREE
			 "mkdir t/one; mv t/packages t/one; mkdir -p "
			 "t/two/packages/b/b.1; cp t/one/packages/a/a.1/opam "
			 "t/two/packages/b/b.1; tar cz -C t one two "
			 ">index.tar.gz",
			 dir, dir));
	/* one index, two remotes, each with its own snapshot in the cache */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_url(&s, "parts//one", &how), 0);
		assert_true(rel_str_is(string(s, s->packages[0].name), "a"));
		rel_snapshot_free(s);
		assert_int_equal(read_url(&s, "parts//two", &how), 0);
		assert_true(rel_str_is(string(s, s->packages[0].name), "b"));
		rel_snapshot_free(s);
	}
	assert_int_equal(read_url(&s, "parts//three", &how), REL_ENOTFOUND);
}

/* `redirect:` of the file `repo`. */
static void test_redirects(void **state)
{
	struct reading how = {.cache_dir = cache};
	struct rel_snapshot *s;
	char *text;

	(void)state;
	make_repository("old", "redirect: [ \"../good\" ]\n");
	make_repository("round", "redirect: [ \"../round2\" ]\n");
	make_repository("round2", "redirect: [ \"../round\" ]\n");
	make_repository("disk", "redirect: [ \"file:///tmp\" ]\n");
	make_repository("filtered",
			"redirect: [ \"../none\" {nobody-has-this} ]\n");
	make_repository("broken", "opam-version: \"2.0\"\n");
	free(rel_test_sh("cd '%s/www/broken'; echo 'redirect: [ (' >repo; "
			 "tar cz packages repo >index.tar.gz",
			 dir));
	text = rel_test_text("redirect: [ \"../none\" "
			     "\"http://127.0.0.1:%d/good\" ]\n",
			     port);
	make_repository("two", text);
	free(text);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read_url(&s, "old", &how), 0);
		assert_int_equal(s->n_packages, 5);
		rel_snapshot_free(s);
		assert_non_null(strstr(how.warnings.text, "redirected"));
	}
	/* the last one counts, as in opam */
	assert_int_equal(read_url(&s, "two", &how), 0);
	rel_snapshot_free(s);
	assert_int_equal(read_url(&s, "filtered", &how), 0);
	assert_string_equal(how.warnings.text, "");
	rel_snapshot_free(s);
	assert_int_equal(read_url(&s, "broken", &how), 0);
	assert_non_null(strstr(how.warnings.text, "repo"));
	rel_snapshot_free(s);
	assert_int_equal(read_url(&s, "round", &how), REL_ELIMIT);
	assert_int_equal(read_url(&s, "disk", &how), REL_EPARSE);
}

static void test_nobody_there(void **state)
{
	struct reading how = {.revision = "HEAD~1"};
	struct rel_snapshot *s;

	(void)state;
	assert_int_equal(read_url(&s, "good", &how), REL_EUSAGE);
	assert_non_null(strstr(how.err.text, "--since"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_same, fresh),
	    cmocka_unit_test_setup(test_conditional, fresh),
	    cmocka_unit_test_setup(test_offline, fresh),
	    cmocka_unit_test_setup(test_nothing, fresh),
	    cmocka_unit_test_setup(test_no_cache, fresh),
	    cmocka_unit_test_setup(test_statuses, fresh),
	    cmocka_unit_test_setup(test_bad_indexes, fresh),
	    cmocka_unit_test_setup(test_members, fresh),
	    cmocka_unit_test_setup(test_subdir, fresh),
	    cmocka_unit_test_setup(test_redirects, fresh),
	    cmocka_unit_test_setup(test_nobody_there, fresh),
	};

	rel_test_clean_environment();
	if (!rel_test_nginx_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
