/* kind: put, to nginx with its dav module; cmp and curl are the judges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "support/http_fault.h"
#include "support/http_nginx.h"
#include "unit/publish/place.h"

static char *dir, *url, *upload;
static int port, away_port;
static struct rel_test_nginx nginx;
static struct place place;

static int start(void **state)
{
	char *servers;

	(void)state;
	dir = rel_test_dir_new();
	port = rel_test_free_port();
	away_port = rel_test_free_port();
	setenv("HOME", dir, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	free(rel_test_sh("mkdir %s/www && printf 'me:%%s\n' "
			 "\"$(openssl passwd -apr1 hidden)\" >%s/htpasswd && "
			 "chmod -R 777 %s",
			 dir, dir, dir));
	servers = rel_test_text(
	    "server { listen 127.0.0.1:%d; client_max_body_size 0;\n"
	    "location / { root www; }\n"
	    "location /up/ { alias www/; dav_methods PUT DELETE MKCOL COPY;"
	    " auth_basic here; auth_basic_user_file %s/htpasswd; }\n"
	    "location /plain/ { alias www/; dav_methods PUT DELETE MKCOL;"
	    " if ($http_authorization != 'Bearer hidden') { return 401; } }\n"
	    "location /away/ { return 307"
	    " http://localhost:%d/seen$request_uri; }\n"
	    "location /full/ { alias www/; dav_methods DELETE;"
	    " if ($request_method = PUT) { return 507; } }\n"
	    "}\n"
	    "server { listen 127.0.0.1:%d; access_log away.log auth;\n"
	    "location / { return 404; } }\n",
	    port, dir, away_port, away_port);
	rel_test_nginx_start(&nginx, dir, port, servers);
	free(servers);
	url = rel_test_text("http://127.0.0.1:%d", port);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rel_test_nginx_stop(&nginx);
	rel_test_dir_free(dir);
	free(url);
	return 0;
}

static void use(const char *where)
{
	free(upload);
	upload = rel_test_text("http://127.0.0.1:%d%s", port, where);
	place.conf.upload = upload;
	place_open(&place);
}

static int set_up(void **state)
{
	(void)state;
	free(rel_test_sh("rm -rf %s/www && mkdir %s/www && chmod 777 %s/www",
			 dir, dir, dir));
	place_init(&place, dir, "put");
	place.conf.url = url;
	setenv("RELCTL_PUBLISH_USER", "me", 1);
	setenv("RELCTL_PUBLISH_PASSWORD", "hidden", 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unsetenv("RELCTL_PUBLISH_USER");
	unsetenv("RELCTL_PUBLISH_PASSWORD");
	unsetenv("RELCTL_PUBLISH_TOKEN");
	place_free(&place);
	free(upload);
	upload = NULL;
	return 0;
}

static void assert_file(const char *path, bool there)
{
	int status =
	    rel_test_sh_status("cmp '%s/www/%s' '%s'", dir, path, place.file);

	assert_int_equal(status == 0, there);
}

static void assert_all(bool there)
{
	assert_file(AT256, there);
	assert_file(AT512, there);
	assert_file(NAMED, there);
}

static void test_put(void **state)
{
	char *expected = rel_test_text("%s/archives/a-1%%2Bb.tbz", url);
	char *named = rel_test_text("%s/cache", url);
	struct rel_buf source;
	uint64_t size;

	(void)state;
	use("/up/");
	assert_string_equal(rel_publisher_mirror(place.publisher), named);
	rel_buf_init(&source, REL_MIB);
	assert_int_equal(rel_publisher_source(&source, place.publisher,
					      &place.archive, &place.err),
			 0);
	assert_string_equal(source.ptr, expected);
	place_assert_missing(&place, 7);
	assert_int_equal(rel_publisher_held(&size, place.publisher,
					    &place.archive, &place.err),
			 REL_ENOTFOUND);
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_all(true);
	assert_int_equal(rel_test_sh_status("curl -sf '%s' | cmp - '%s'",
					    source.ptr, place.file),
			 0);
	/* The first file was sent, the others were copied there. */
	assert_int_equal(
	    rel_test_sh_status("[ $(grep -c '\"PUT /up/' %s/access.log) = 1 ] "
			       "&& [ $(grep -c '\"COPY /up/' %s/access.log) "
			       "= 2 ]",
			       dir, dir),
	    0);
	place_assert_missing(&place, 0);
	place_put(&place, REL_PUBLISH_PRESENT, 0);
	assert_int_equal(
	    rel_publisher_fetch(place.publisher, &place.archive, &place.err),
	    0);
	assert_int_equal(rel_publisher_held(&size, place.publisher,
					    &place.archive, &place.err),
			 0);
	assert_int_equal(size, 3);
	assert_int_equal(rel_publisher_withdraw(place.publisher, &place.archive,
						6, &place.err),
			 0);
	assert_file(AT256, true);
	assert_file(AT512, false);
	assert_file(NAMED, false);
	/* What is gone is no error. */
	assert_int_equal(rel_publisher_withdraw(place.publisher, &place.archive,
						7, &place.err),
			 0);
	assert_all(false);
	rel_buf_free(&source);
	free(expected);
	free(named);
}

/* A server without COPY, and a token. */
static void test_token(void **state)
{
	(void)state;
	unsetenv("RELCTL_PUBLISH_USER");
	unsetenv("RELCTL_PUBLISH_PASSWORD");
	setenv("RELCTL_PUBLISH_TOKEN", "hidden", 1);
	use("/plain");
	place_put(&place, REL_PUBLISH_DONE, 7);
	assert_all(true);
}

static void test_never_replaced(void **state)
{
	char *www = rel_test_text("%s/www", dir), *path, *text;

	(void)state;
	use("/up");
	rel_test_write_text(www, NAMED, "other");
	place_put_fails(&place, 3, REL_EEXISTS,
			"is there and is not this archive; what was published "
			"is never replaced");
	path = rel_test_text("%s/" NAMED, www);
	text = rel_test_read(path, NULL);
	assert_string_equal(text, "other");
	free(text);
	/* As long, and shorter, and begun by this very cut. */
	rel_test_write_text(www, NAMED, "xyz");
	place_put_fails(&place, 0, REL_EEXISTS, "is not this archive");
	rel_test_write_text(www, NAMED, "a");
	place_put_fails(&place, 0, REL_EEXISTS, "is not this archive");
	assert_int_equal(rel_test_sh_status("chmod -R 777 %s", www), 0);
	assert_int_equal(rel_publisher_put(&(struct rel_publish_receipt){0},
					   place.publisher, &place.archive, 4,
					   &place.err),
			 0);
	assert_all(true);
	free(path);
	free(www);
}

static void test_refused(void **state)
{
	(void)state;
	setenv("RELCTL_PUBLISH_PASSWORD", "hidden-and-wrong", 1);
	use("/up");
	place_put_fails(&place, 0, REL_EAUTH,
			"with the secret from $RELCTL_PUBLISH_USER and "
			"$RELCTL_PUBLISH_PASSWORD: ");
	place_put_fails(&place, 0, REL_EAUTH, "credentials are refused");
	rel_publisher_free(place.publisher);
	unsetenv("RELCTL_PUBLISH_USER");
	unsetenv("RELCTL_PUBLISH_PASSWORD");
	use("/up");
	place_put_fails(&place, 0, REL_EAUTH, "without a secret (none in $REL");
	assert_all(false);
}

static void test_full(void **state)
{
	(void)state;
	use("/full");
	place_put_fails(&place, 0, REL_EIO, "the server failed (HTTP 507)");
	assert_all(false);
}

static void test_other_host(void **state)
{
	(void)state;
	use("/away");
	place_put_fails(&place, 0, REL_ENOTFOUND, "/seen/away/");
	assert_int_equal(rel_test_sh_status("grep -q '^-$' %s/away.log", dir),
			 0);
	assert_int_equal(rel_test_sh_status("! grep -v '^-$' %s/away.log", dir),
			 0);
}

static void test_changed_file(void **state)
{
	(void)state;
	use("/up");
	rel_test_write_text(dir, "a-1+b.tbz", "abd");
	place_put_fails(&place, 0, REL_ECHECKSUM, "a-1+b.tbz");
	assert_int_equal(rel_test_sh_status("[ -z \"$(ls %s/www)\" ]", dir), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_put),
	    CASE(test_token),
	    CASE(test_never_replaced),
	    CASE(test_refused),
	    CASE(test_full),
	    CASE(test_other_host),
	    CASE(test_changed_file),
	};

	rel_test_clean_environment();
	unsetenv("all_proxy");
	signal(SIGPIPE, SIG_IGN);
	if (!rel_test_nginx_exists())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, start, stop);
}
