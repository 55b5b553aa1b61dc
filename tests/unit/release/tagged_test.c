/* What tags say; expected by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/source/tagname.h"

static struct rel_project_package mesh[] = {{.name = REL_STR("mesh")},
					    {.name = REL_STR("mesh-unix")},
					    {.name = REL_STR("tool")}};
static struct rel_project_package one[] = {{.name = REL_STR("knot")}};

/* expected  "package version", "* version" for all, or "package* version" when
 * it may be of that one, "either" behind it; NULL = no release, or an error
 * that says `text` */
static void check(struct rel_project_package *packages, size_t n,
		  const char *project, const char *pattern, const char *tag,
		  const char *expected, const char *text)
{
	struct rel_project p = {
	    .name = rel_str_of(project), .packages = packages, .n_packages = n};
	struct rel_conf_release release = {.tag = pattern};
	struct rel_error err = {0};
	struct rel_tagged tagged;
	char found[200];
	int rc;

	rel_arena_init(&p.arena, REL_MIB);
	rc = rel_tagged_read(&tagged, tag, &p, &release, &err);
	if (expected) {
		if (rc != 1)
			fail_msg("%s: %s", tag, err.text);
		snprintf(found, sizeof(found), "%s%s %s%s",
			 tagged.namesake ? tagged.namesake : "",
			 tagged.package ? tagged.package : "*", tagged.version,
			 tagged.either ? " either" : "");
		assert_string_equal(found, expected);
	} else if (!text) {
		assert_int_equal(rc, 0);
	} else {
		assert_int_equal(rc, REL_EUSAGE);
		assert_non_null(strstr(err.text, text));
	}
	rel_arena_free(&p.arena);
}

static void test_usual(void **state)
{
	(void)state;
	check(one, 1, "knot", NULL, "1.0", "* 1.0", NULL);
	check(one, 1, "knot", NULL, "1.0_beta", "* 1.0~beta", NULL);
	check(one, 1, "knot", NULL, "knot-1.0", "knot 1.0", NULL);
	check(one, 1, "knot", NULL, "v1.0", "* v1.0 either", NULL);
	check(one, 1, "knot", NULL, "very", "* very", NULL);
	check(one, 1, "knot", NULL, "release/1", NULL, NULL);
	check(mesh, 3, "mesh", NULL, "1.0", "* 1.0", NULL);
	check(mesh, 3, "mesh", NULL, "mesh-1.0", "mesh 1.0", NULL);
	check(mesh, 3, "mesh", NULL, "mesh-unix-1.0", "mesh-unix 1.0", NULL);
	check(mesh, 3, "mesh", NULL, "tool-1", "tool 1", NULL);
	check(mesh, 3, "mesh", NULL, "tool-v1", "tool v1 either", NULL);
	check(mesh, 3, "whole", NULL, "whole-v2", "* v2 either", NULL);
	check(mesh, 3, "whole", NULL, "whole-1.0", "* 1.0", NULL);
}

static void test_configured(void **state)
{
	(void)state;
	check(one, 1, "knot", "v{version}", "v1.0", "* 1.0", NULL);
	check(one, 1, "knot", "{version}", "v1.0", "* v1.0", NULL);
	check(one, 1, "knot", "v{version}", "1.0", NULL, NULL);
	check(one, 1, "knot", "v{version}", "knot-1.0", NULL, NULL);
	check(mesh, 3, "mesh", "{name}.{version}", "mesh.1.0", "mesh* 1.0",
	      NULL);
	check(mesh, 3, "mesh", "{name}.{version}", "mesh-unix.1.0",
	      "mesh-unix 1.0", NULL);
	check(mesh, 3, "mesh", "r/{name}/{version}", "r/tool/2", "tool 2",
	      NULL);
	check(mesh, 3, "whole", "{name}-{version}", "whole-1", "* 1", NULL);
	check(mesh, 3, "whole", "{name}-{version}", "other-1", NULL, NULL);
	check(one, 1, "knot", "{nmae}-{version}", "knot-1", NULL, "{nmae}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
