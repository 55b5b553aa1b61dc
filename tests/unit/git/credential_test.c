#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "git/git_private.h"
#include "support/shell.h"
#include "support/support.h"

static const char netrc[] =
    "# comment machine example.org login no password no\n"
    "machine other.example.org login o password p\n"
    "macdef init\n\tmachine example.org login m password m\n\n"
    "machine EXAMPLE.org\n  login one\n  password first\n"
    "machine example.org login two account x password second\n"
    "machine half.example.org login h\n"
    "default login any password rest\n";

static void check_netrc(const char *host, const char *login, const char *user,
			const char *password)
{
	struct rel_git_credential found;

	rel_git_credential_init(&found);
	assert_true(rel_git_netrc_find(
	    &found, rel_str_n(netrc, sizeof(netrc) - 1), rel_str_of(host),
	    login ? rel_str_of(login) : (struct rel_str){0}));
	assert_string_equal(found.user.ptr, user);
	assert_string_equal(found.password.ptr, password);
	rel_git_credential_free(&found);
}

static void test_netrc(void **state)
{
	struct rel_git_credential found;

	(void)state;
	check_netrc("other.example.org", NULL, "o", "p");
	check_netrc("example.org", NULL, "one", "first");
	check_netrc("Example.ORG", "two", "two", "second");
	check_netrc("unknown.example.org", NULL, "any", "rest");
	check_netrc("half.example.org", NULL, "any", "rest");
	rel_git_credential_init(&found);
	assert_false(rel_git_netrc_find(&found,
					REL_STR("machine a login b password"),
					REL_STR("x"), (struct rel_str){0}));
	assert_false(rel_git_netrc_find(&found, REL_STR("macdef x\nnever ends"),
					REL_STR("x"), (struct rel_str){0}));
	rel_git_credential_free(&found);
}

/* NULL = none is found. */
static void check_find(const char *location, const char *user,
		       const char *password)
{
	struct rel_git_credential found;
	struct rel_error err = {0};
	struct rel_git_url url;

	rel_git_credential_init(&found);
	assert_int_equal(rel_git_url_parse(&url, location, &err), 0);
	assert_int_equal(rel_git_credential_find(&found, &url, &err),
			 user ? 1 : 0);
	if (user != NULL) {
		assert_string_equal(found.user.ptr, user);
		assert_string_equal(found.password.ptr, password);
	}
	rel_git_credential_free(&found);
}

static void test_tokens(void **state)
{
	(void)state;
	setenv("GITHUB_TOKEN", "gh", 1);
	setenv("GITLAB_TOKEN", "gl\n", 1);
	setenv("RELCTL_TOKEN", "own", 1);
	setenv("RELCTL_TOKEN_HOST", "git.example.org", 1);
	setenv("CI_JOB_TOKEN", "job", 1);
	setenv("CI_SERVER_HOST", "ci.example.org", 1);
	check_find("https://github.com/a", "x-access-token", "gh");
	check_find("https://gitlab.com/a", "oauth2", "gl");
	check_find("https://git.example.org/a", "oauth2", "own");
	check_find("https://me@git.example.org/a", "me", "own");
	check_find("https://ci.example.org/a", "gitlab-ci-token", "job");
	/* Each for its own host, and never in the clear. */
	check_find("https://example.org/a", NULL, NULL);
	check_find("https://github.com.example.org/a", NULL, NULL);
	check_find("http://github.com/a", NULL, NULL);
	/* The URL's own come first and go anywhere. */
	check_find("http://u:p%40q@example.org/a", "u", "p@q");
	check_find("https://u:p@github.com/a", "u", "p");
	unsetenv("RELCTL_TOKEN_HOST");
	check_find("https://git.example.org/a", NULL, NULL);
	/* Forgejo's runner calls its own token so. */
	setenv("GITHUB_SERVER_URL", "https://forge.example.org:3000", 1);
	check_find("https://forge.example.org:3000/a", "x-access-token", "gh");
	check_find("https://github.com/a", NULL, NULL);
	setenv("GITHUB_SERVER_URL", "nonsense", 1);
	check_find("https://github.com/a", NULL, NULL);
	unsetenv("GITHUB_SERVER_URL");
	unsetenv("GITHUB_TOKEN");
	unsetenv("GITLAB_TOKEN");
	unsetenv("RELCTL_TOKEN");
	unsetenv("CI_JOB_TOKEN");
	unsetenv("CI_SERVER_HOST");
}

static void test_netrc_file(void **state)
{
	char *dir = rel_test_dir_new();
	char *path = rel_test_text("%s/my-netrc", dir);

	(void)state;
	rel_test_write_text(dir, ".netrc",
			    "machine example.org login h password home\n");
	rel_test_write_text(dir, "my-netrc",
			    "machine example.org login n password named\n");
	setenv("HOME", dir, 1);
	check_find("https://example.org/a", "h", "home");
	check_find("http://example.org/a", NULL, NULL);
	setenv("NETRC", path, 1);
	check_find("https://example.org/a", "n", "named");
	check_find("https://x@example.org/a", NULL, NULL);
	unsetenv("NETRC");
	unsetenv("HOME");
	free(path);
	rel_test_dir_free(dir);
}

/* It would become a line of its own in what git reads. */
static void test_line_break(void **state)
{
	struct rel_git_credential found;
	struct rel_error err = {0};
	struct rel_git_url url;

	(void)state;
	rel_git_credential_init(&found);
	assert_int_equal(
	    rel_git_url_parse(&url, "https://u:a%0Ahost=x@example.org/", &err),
	    0);
	assert_int_equal(rel_git_credential_find(&found, &url, &err),
			 REL_EUSAGE);
	rel_git_credential_free(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_netrc),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_netrc_file),
	    cmocka_unit_test(test_line_break),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
