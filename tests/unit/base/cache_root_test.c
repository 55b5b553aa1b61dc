/* Who may look into the caches, and whose are used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "support/shell.h"
#include "support/support.h"

static int setup(void **state)
{
	*state = rel_test_dir_new();
	return 0;
}

static int teardown(void **state)
{
	rel_test_dir_free(*state);
	return 0;
}

static int look(char *dir, struct rel_error *err)
{
	struct rel_buf path;
	char *want = rel_test_text("%s/relctl", dir);
	int code;

	*err = (struct rel_error){0};
	setenv("XDG_CACHE_HOME", dir, 1);
	rel_buf_init(&path, REL_KIB);
	code = rel_cache_root(&path, err);
	assert_string_equal(path.ptr, want);
	rel_buf_free(&path);
	free(want);
	return code;
}

static void assert_mode(const char *dir, const char *name, unsigned mode)
{
	char *path = rel_test_text("%s/%s", dir, name);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	free(path);
}

static void test_made(void **state)
{
	char *dir = rel_test_text("%s/home/.cache", *(char **)state);
	struct rel_error err;

	umask(0);
	assert_int_equal(look(dir, &err), 0);
	assert_mode(dir, "relctl", 0700);
	assert_mode(dir, ".", 0700);
	umask(022);
	free(dir);
}

static void test_tightened(void **state)
{
	static const unsigned modes[] = {0755, 0777, 0775, 0701};
	struct rel_error err;
	char *dir = *state;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		free(rel_test_sh("rm -rf %s/relctl; mkdir -m %o %s/relctl", dir,
				 modes[i], dir));
		assert_int_equal(look(dir, &err), 0);
		assert_mode(dir, "relctl", 0700);
	}
	/* the user's own link to elsewhere; what is there is closed */
	free(rel_test_sh("rmdir %s/relctl; mkdir %s/real; ln -s real %s/relctl",
			 dir, dir, dir));
	assert_int_equal(look(dir, &err), 0);
	assert_mode(dir, "real", 0700);
}

/* What cannot be made is told by whoever writes there. */
static void test_in_the_way(void **state)
{
	char *dir = *state;
	struct rel_error err;

	rel_test_write_text(dir, "relctl", "a file");
	assert_int_equal(look(dir, &err), 0);
	free(rel_test_sh("rm %s/relctl; ln -s nowhere %s/relctl", dir, dir));
	assert_int_equal(look(dir, &err), 0);
}

static void test_not_ours(void **state)
{
	char *dir = *state, *path = rel_test_text("%s/relctl", dir);
	struct rel_error err;

	if (geteuid() != 0) {
		free(path);
		skip();
	}
	free(rel_test_sh("mkdir -m 700 %s; chown 4321 %s", path, path));
	assert_int_equal(look(dir, &err), REL_EIO);
	assert_string_equal(err.path, path);
	assert_non_null(strstr(err.text, "belongs to user 4321"));
	assert_non_null(strstr(err.text, "XDG_CACHE_HOME"));
	assert_int_equal(
	    rel_test_sh_status("[ $(stat -c %%u %s) = 4321 ]", path), 0);
	/* a stranger's link to a directory of ours */
	free(rel_test_sh("rmdir %s; mkdir -m 755 %s/home; ln -s home %s; "
			 "chown -h 4321 %s",
			 path, dir, path, path));
	assert_int_equal(look(dir, &err), REL_EIO);
	assert_non_null(strstr(err.text, "a symbolic link that belongs to user "
					 "4321"));
	assert_mode(dir, "home", 0755);
	free(path);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_made),
	    TEST(test_tightened),
	    TEST(test_in_the_way),
	    TEST(test_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
