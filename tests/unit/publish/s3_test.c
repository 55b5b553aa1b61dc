/* kind: s3, to a server that computes every signature anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "support/s3_server.h"
#include "unit/publish/place.h"

static char *dir, *data, *endpoint;
static struct rel_test_s3 server;
static struct place place;

static int set_up(void **state)
{
	(void)state;
	dir = rel_test_dir_new();
	data = rel_test_text("%s/data", dir);
	setenv("HOME", dir, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("AWS_ACCESS_KEY_ID", REL_TEST_S3_ACCESS, 1);
	setenv("AWS_SECRET_ACCESS_KEY", REL_TEST_S3_SECRET, 1);
	place_init(&place, dir, "s3");
	place.conf.bucket = "archives";
	place.conf.region = "eu-west-1";
	return 0;
}

static void start(const char *env)
{
	rel_test_s3_start(&server, data, "archives", env);
	endpoint = rel_test_text("http://127.0.0.1:%d", server.port);
	place.conf.endpoint = endpoint;
	place_open(&place);
}

static int tear_down(void **state)
{
	(void)state;
	unsetenv("AWS_SESSION_TOKEN");
	place_free(&place);
	rel_test_s3_stop(&server);
	rel_test_dir_free(dir);
	free(endpoint);
	free(data);
	return 0;
}

static void assert_object(const char *key, bool there)
{
	int status = rel_test_sh_status(
	    "curl -sfg '%s/archives/%s' | cmp - '%s' 2>/dev/null", endpoint,
	    key, place.file);

	assert_int_equal(status == 0, there);
}

static void assert_log(const char *pattern, int count)
{
	char *text = rel_test_sh("grep -cE '%s' %s/s3.log || :", pattern, dir);

	assert_int_equal(strtol(text, NULL, 10), count);
	free(text);
}

static void assert_all(bool there)
{
	assert_object(AT256, there);
	assert_object(AT512, there);
	assert_object("archives/a-1%2Bb.tbz", there);
}

static void test_put(void **state)
{
	uint64_t size;

	(void)state;
	start(NULL);
	place_assert_missing(&place, 7);
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_all(true);
	/* The others are copies, made there. */
	assert_log("^PUT ", 3);
	place_assert_missing(&place, 0);
	place_put(&place, REL_PUBLISH_PRESENT, 0);
	if (rel_publisher_fetch(place.publisher, &place.archive, &place.err))
		fail_msg("%s", place.err.text);
	assert_int_equal(rel_publisher_held(&size, place.publisher,
					    &place.archive, &place.err),
			 0);
	assert_int_equal(size, 3);
	if (rel_publisher_withdraw(place.publisher, &place.archive, 6,
				   &place.err))
		fail_msg("%s", place.err.text);
	assert_object(AT256, true);
	assert_object(AT512, false);
	assert_object("archives/a-1%2Bb.tbz", false);
	assert_log(" (AccessDenied|Signature)", 0);
}

static void test_prefix_and_session(void **state)
{
	struct rel_buf source;
	char *expected;

	(void)state;
	setenv("AWS_SESSION_TOKEN", "a/session+token==", 1);
	place.conf.prefix = "opam/files";
	start("S3_SESSION=a/session+token==");
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_object("opam/files/" AT256, true);
	rel_buf_init(&source, REL_MIB);
	assert_int_equal(rel_publisher_source(&source, place.publisher,
					      &place.archive, &place.err),
			 0);
	expected = rel_test_text("%s/archives/opam/files/archives/a-1%%2Bb.tbz",
				 endpoint);
	assert_string_equal(source.ptr, expected);
	free(expected);
	rel_buf_free(&source);
}

static void assert_address(const char *end, const char *style,
			   const char *expected)
{
	struct place other;

	place_init(&other, dir, "s3");
	other.conf = place.conf;
	other.conf.endpoint = end;
	other.conf.path_style = style;
	place_open(&other);
	assert_string_equal(rel_publisher_mirror(other.publisher), expected);
	place_free(&other);
}

static void test_addresses(void **state)
{
	(void)state;
	start(NULL);
	assert_address(NULL, NULL,
		       "https://archives.s3.eu-west-1.amazonaws.com/cache");
	assert_address(NULL, "true",
		       "https://s3.eu-west-1.amazonaws.com/archives/cache");
	assert_address("https://s3.example.org:9000", NULL,
		       "https://s3.example.org:9000/archives/cache");
	assert_address("https://s3.example.org:9000", "false",
		       "https://archives.s3.example.org:9000/cache");
}

static void test_refused(void **state)
{
	(void)state;
	setenv("AWS_SECRET_ACCESS_KEY", "hidden-other", 1);
	start(NULL);
	place_put_fails(&place, 0, REL_EAUTH,
			"with the secret from $AWS_ACCESS_KEY_ID and "
			"$AWS_SECRET_ACCESS_KEY: ");
	assert_log("SignatureDoesNotMatch", 1);
	assert_all(false);
}

static void store(const char *key, const char *text)
{
	/* behind the front, which would want a signature */
	free(rel_test_sh("mkdir -p %s/archives/archives && cd %s/archives && "
			 "printf %%s '%s' >'%s._S3rver_object' && "
			 "printf %%s '{\"etag\":\"\\\"x\\\"\"}' "
			 ">'%s._S3rver_metadata.json'",
			 data, data, text, key, key));
}

static void test_never_replaced(void **state)
{
	(void)state;
	start(NULL);
	store(NAMED, "other");
	place_put_fails(&place, 0, REL_EEXISTS, "is not this archive");
	store(NAMED, "xyz");
	place_put_fails(&place, 0, REL_EEXISTS, "is not this archive");
	assert_object(AT256, false);
}

/* Servers that do not know If-None-Match for writing. */
static void test_no_conditions(void **state)
{
	(void)state;
	start("S3_CONDITIONS=no");
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_all(true);
	store(NAMED, "other");
	place_put_fails(&place, 0, REL_EEXISTS, "is not this archive");
}

/* What broke off left nothing, and is sent anew: 20 MiB. */
static void test_broken_off(void **state)
{
	struct rel_digest found[REL_DIGEST_ALGOS];

	(void)state;
	free(rel_test_sh("head -c 20971521 /dev/urandom >'%s'", place.file));
	assert_int_equal(
	    rel_digest_file(found,
			    REL_DIGEST_MASK_SHA256 | REL_DIGEST_MASK_SHA512,
			    place.file, &place.archive.size, &place.err),
	    0);
	place.digests[0] = found[REL_DIGEST_SHA256];
	place.digests[1] = found[REL_DIGEST_SHA512];
	start("S3_BREAKS=yes");
	place_put_fails(&place, 7, REL_EIO, "/archives/a-1%2Bb.tbz");
	assert_object("archives/a-1%2Bb.tbz", false);
	free(rel_test_sh("touch %s/healthy", data));
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_object("archives/a-1%2Bb.tbz", true);
	if (rel_publisher_fetch(place.publisher, &place.archive, &place.err))
		fail_msg("%s", place.err.text);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_put),
	    CASE(test_prefix_and_session),
	    CASE(test_addresses),
	    CASE(test_refused),
	    CASE(test_never_replaced),
	    CASE(test_no_conditions),
	    CASE(test_broken_off),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	signal(SIGPIPE, SIG_IGN);
	if (!rel_test_s3_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
