#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish/publish_private.h"
#include "support/shell.h"
#include "support/support.h"

static char *dir;
static struct rel_secret secret;
static struct rel_error err;

static const char *const tokens[] = {"RELCTL_PUBLISH_TOKEN", "GH_TOKEN"};
static const struct rel_secret_wish plain = {
    .url = "https://files.example.org/a",
    .tokens = tokens,
    .n_tokens = 2,
    .user = "RELCTL_PUBLISH_USER",
    .password = "RELCTL_PUBLISH_PASSWORD",
    .session = "AWS_SESSION_TOKEN",
};

static int set_up(void **state)
{
	char *config = NULL;

	(void)state;
	dir = rel_test_dir_new();
	config = rel_test_text("%s/gitconfig", dir);
	setenv("HOME", dir, 1);
	setenv("GIT_CONFIG_GLOBAL", config, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("GIT_ASKPASS");
	unsetenv("SSH_ASKPASS");
	unsetenv("NETRC");
	free(config);
	rel_secret_init(&secret);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = {
	    "RELCTL_PUBLISH_TOKEN", "GH_TOKEN", "RELCTL_PUBLISH_USER",
	    "RELCTL_PUBLISH_PASSWORD", "AWS_SESSION_TOKEN"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	rel_secret_free(&secret);
	rel_test_dir_free(dir);
	return 0;
}

static int find(struct rel_secret_wish wish)
{
	rel_secret_free(&secret);
	rel_secret_init(&secret);
	err = (struct rel_error){0};
	return rel_secret_find(&secret, &wish, &err);
}

static void assert_found(struct rel_secret_wish wish, const char *user,
			 const char *password, const char *source)
{
	if (find(wish) != 1)
		fail_msg("nothing found: %s", err.text);
	assert_string_equal(rel_buf_str(&secret.user).ptr, user);
	assert_string_equal(rel_buf_str(&secret.password).ptr, password);
	assert_non_null(strstr(secret.source.ptr, source));
}

static void assert_fails(struct rel_secret_wish wish, int code,
			 const char *text)
{
	assert_int_equal(find(wish), code);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" lacks \"%s\"", err.text, text);
	assert_null(strstr(err.text, "hidden"));
	assert_null(strstr(err.path, "hidden"));
}

static void test_environment(void **state)
{
	(void)state;
	assert_int_equal(find(plain), 0);
	setenv("RELCTL_PUBLISH_TOKEN", "", 1);
	setenv("GH_TOKEN", "two\n", 1);
	assert_found(plain, "", "two", "$GH_TOKEN");
	setenv("RELCTL_PUBLISH_TOKEN", "one", 1);
	assert_found(plain, "", "one", "$RELCTL_PUBLISH_TOKEN");
	setenv("RELCTL_PUBLISH_PASSWORD", "hidden", 1);
	assert_fails(
	    plain, REL_EAUTH,
	    "$RELCTL_PUBLISH_PASSWORD is set, but $RELCTL_PUBLISH_USER is");
	setenv("RELCTL_PUBLISH_USER", "me", 1);
	assert_found(plain, "me", "hidden",
		     "$RELCTL_PUBLISH_USER and $RELCTL_PUBLISH_PASSWORD");
	assert_int_equal(secret.session.len, 0);
	setenv("AWS_SESSION_TOKEN", "s", 1);
	assert_found(plain, "me", "hidden",
		     "$RELCTL_PUBLISH_USER and $RELCTL_PUBLISH_PASSWORD");
	assert_string_equal(secret.session.ptr, "s");
	setenv("RELCTL_PUBLISH_PASSWORD", "hidden\r\nX-Evil: 1", 1);
	assert_fails(plain, REL_EAUTH, "holds a line break");
	setenv("RELCTL_PUBLISH_PASSWORD", "\n", 1);
	assert_fails(plain, REL_EAUTH, "is empty");
}

static struct rel_secret_wish with_file(const char *content, mode_t mode)
{
	struct rel_secret_wish wish = plain;
	char *path = rel_test_text("%s/secret", dir);

	rel_test_write_text(dir, "secret", content);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
	wish.file = "secret";
	wish.base_dir = dir;
	return wish;
}

static void test_file(void **state)
{
	struct rel_secret_wish gone = plain;
	char *path = rel_test_text("%s/secret", dir);

	(void)state;
	assert_found(with_file("me:hidden\n", 0600), "me", "hidden", "/secret");
	assert_found(with_file("me:hidden:session\n", 0400), "me", "hidden",
		     "/secret");
	assert_string_equal(secret.session.ptr, "session");
	assert_found(with_file("token", 0600), "", "token", "/secret");
	assert_fails(with_file("me:hidden", 0640), REL_EAUTH,
		     "may be read or written by others; chmod 600 it");
	assert_string_equal(err.path, path);
	assert_fails(with_file("me:hidden", 0604), REL_EAUTH, "by others");
	assert_fails(with_file("me:hidden\nmore", 0600), REL_EAUTH,
		     "must have one line");
	assert_fails(with_file("\n", 0600), REL_EAUTH, "must have one line");
	assert_fails(with_file("me:", 0600), REL_EAUTH, "is empty");
	setenv("RELCTL_PUBLISH_TOKEN", "one", 1);
	assert_found(with_file("me:hidden", 0600), "", "one",
		     "$RELCTL_PUBLISH_TOKEN");
	unsetenv("RELCTL_PUBLISH_TOKEN");
	gone.file = "/nonexistent/secret";
	assert_fails(gone, REL_ENOTFOUND, "cannot read the file");
	gone.file = dir;
	assert_fails(gone, REL_EAUTH, "is not a regular file");
	free(path);
}

static void test_other_users_file(void **state)
{
	struct rel_secret_wish wish = with_file("me:hidden", 0600);
	char *path = rel_test_text("%s/secret", dir);

	(void)state;
	if (geteuid() != 0 || chown(path, 12345, (gid_t)-1) != 0)
		skip();
	assert_fails(wish, REL_EAUTH, "belongs to another user");
	free(path);
}

static void test_stores(void **state)
{
	struct rel_secret_wish wish = plain;

	(void)state;
	rel_test_write_text(dir, "gitconfig",
			    "[credential \"https://files.example.org\"]\n"
			    "helper = \"!f() { test \\\"$1\\\" != get || "
			    "cat >asked; printf 'username=h\\\\npassword="
			    "helped\\\\n'; }; f\"\n");
	assert_found(plain, "h", "helped", "git's credential helper");
	rel_test_write_text(dir, ".netrc",
			    "machine files.example.org login n password net\n");
	assert_found(plain, "n", "net", ".netrc");
	assert_found(with_file("token", 0600), "", "token", "/secret");
	/* Not for keys, which must not be sent. */
	wish.signs = true;
	assert_int_equal(find(wish), 0);
}

/* What is sent is sent over TLS or stays on this machine. */
static void test_plain_http(void **state)
{
	struct rel_secret_wish wish = plain;

	(void)state;
	wish.url = "http://files.example.org/a";
	rel_test_write_text(dir, ".netrc",
			    "machine files.example.org login n password net\n");
	assert_int_equal(find(wish), 0);
	setenv("RELCTL_PUBLISH_TOKEN", "hidden", 1);
	assert_fails(wish, REL_EAUTH,
		     "the secret from $RELCTL_PUBLISH_TOKEN would go to "
		     "files.example.org "
		     "over plain http for all to read; use https");
	wish.signs = true;
	assert_found(wish, "", "hidden", "$RELCTL_PUBLISH_TOKEN");
	wish.signs = false;
	wish.url = "http://127.0.0.1:8080/a";
	assert_found(wish, "", "hidden", "$RELCTL_PUBLISH_TOKEN");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_environment),	 CASE(test_file),
	    CASE(test_other_users_file), CASE(test_stores),
	    CASE(test_plain_http),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
