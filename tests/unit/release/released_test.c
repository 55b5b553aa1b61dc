#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "release/cut/cut_private.h"
#include "support/support.h"

static struct rel_snapshot *make(const char *const names[], size_t n)
{
	char *dir = rel_test_dir_new();
	const char *paths[8];
	struct rel_snapshot *out = NULL;
	struct rel_error err = {0};

	for (size_t i = 0; i < n; i++) {
		paths[i] = rel_test_text("%s/%s/opam", dir, names[i]);
		rel_test_write_text(dir, paths[i] + strlen(dir) + 1,
				    "opam-version: \"2.0\"\n");
	}
	if (rel_remote_read_files(&out, paths, n, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < n; i++)
		free((char *)paths[i]);
	rel_test_dir_free(dir);
	return out;
}

struct expectation {
	const char *name, *version;
	bool older;
	int code;
	const char *says;
};

static const struct expectation expectations[] = {
    {"new", "0.1", false, 0, NULL},
    {"a", "2.1", false, 0, NULL},
    {"a", "2.0~rc", false, REL_EUSAGE, "older than 2.0, the newest in dev"},
    {"a", "2.0~rc", true, 0, NULL},
    {"a", "1.5", false, REL_EUSAGE, "--older"},
    {"a", "1.5", true, 0, NULL},
    {"a", "2.0", true, REL_EEXISTS, "a.2.0 is released already in dev"},
    {"a", "1.0", true, REL_EEXISTS, "a.1.0 is released already in up"},
    {"a", "2.00", false, REL_EUSAGE, "2.00 is the same as 2.0"},
    {"b", "1.0", false, REL_EUSAGE, "older than 3, the newest in up"},
    {"a", "2 1", false, REL_EUSAGE, "is no version"},
    {"a", "", false, REL_EUSAGE, "is no version"},
};

static void test_check(void **state)
{
	static const char *const dev[] = {"a.2.0", "b.2"};
	static const char *const up[] = {"a.1.0", "a.1.9", "b.3"};
	static const struct rel_remote remotes[] = {
	    {.name = "dev", .role = REL_ROLE_DEVELOPMENT},
	    {.name = "up", .role = REL_ROLE_UPSTREAM},
	};
	struct rel_snapshot *one = make(dev, 2), *two = make(up, 3);
	const struct rel_stack_layer layers[] = {{&remotes[0], one},
						 {&remotes[1], two}};
	struct rel_error err = {0};
	struct rel_released found;
	struct rel_stack *stack;

	(void)state;
	assert_int_equal(rel_stack_build(&stack, layers, 2, NULL, 0, &err), 0);
	for (size_t i = 0; i < sizeof(expectations) / sizeof(*expectations);
	     i++) {
		const struct expectation *e = &expectations[i];

		rel_released_find(&found, stack, rel_str_of(e->name),
				  rel_str_of(e->version));
		assert_int_equal(
		    rel_released_check(&found, stack, rel_str_of(e->name),
				       rel_str_of(e->version), e->older, &err),
		    e->code);
		if (e->says && !strstr(err.text, e->says))
			fail_msg("%s.%s: %s", e->name, e->version, err.text);
	}
	rel_released_find(&found, stack, REL_STR("a"), REL_STR("2.00"));
	assert_int_equal(found.n_versions, 3);
	assert_true(found.newest_in_development);
	assert_false(found.taken);
	rel_released_find(&found, stack, REL_STR("b"), REL_STR("2"));
	assert_false(found.newest_in_development);
	assert_true(found.taken);
	rel_stack_free(stack);
	rel_snapshot_free(one);
	rel_snapshot_free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
