/* Numbers of versions.  What is expected was worked out by hand; the order is
 * that of dpkg, which opam's is made after, asked by `dpkg
 * --compare-versions`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "opam/version.h"
#include "release/source/numbering.h"

static void test_misplaced(void **state)
{
	static const char *const table[][2] = {
	    {"1.1-rc1", "1.1~rc1"},
	    {"1.1-rc.1", "1.1~rc.1"},
	    {"1.1-RC-1", "1.1~RC-1"},
	    {"1.1.rc1", "1.1~rc1"},
	    {"1.1+rc1", "1.1~rc1"},
	    {"1.1_rc1", "1.1~rc1"},
	    {"1.1rc1", "1.1~rc1"},
	    {"1.1-beta", "1.1~beta"},
	    {"1.1-Beta2", "1.1~Beta2"},
	    {"1.1-alpha.3+build.5", "1.1~alpha.3+build.5"},
	    {"1.1-pre", "1.1~pre"},
	    {"1.1-pre-release", "1.1~pre-release"},
	    {"1.1-prerelease", "1.1~prerelease"},
	    {"1.1-preview.1", "1.1~preview.1"},
	    {"1.1.0.dev3", "1.1.0~dev3"},
	    {"1.1-devel", "1.1~devel"},
	    {"1.1-SNAPSHOT", "1.1~SNAPSHOT"},
	    {"1.1-nightly.20240101", "1.1~nightly.20240101"},
	    {"1.1-canary.1", "1.1~canary.1"},
	    {"1.1-next.2", "1.1~next.2"},
	    {"1.1-unstable", "1.1~unstable"},
	    {"1.1-experimental", "1.1~experimental"},
	    {"1.1+wip", "1.1~wip"},
	    {"20260101-snapshot", "20260101~snapshot"},
	    {"v1.1-rc1", "v1.1~rc1"},
	    {"1.1--rc1", "1.1~rc1"},
	    {"1", NULL},
	    {"1.1", NULL},
	    {"1.1-1", NULL},
	    {"1.1~rc1", NULL},
	    {"1.1~rc1-dev", NULL},
	    {"1.1-lwt5", NULL},
	    {"1.1-lwt-dev", NULL},
	    {"4.14.0+options", NULL},
	    {"4.14.0+trunk", NULL},
	    {"5.0.0~beta1+options", NULL},
	    {"1.1-alphabet", NULL},
	    {"1.1-rcs", NULL},
	    {"1.1-predicate", NULL},
	    {"1.1b2", NULL},
	    {"dev", NULL},
	    {"beta3", NULL},
	    {"-rc1", NULL},
	    {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct rel_str version = rel_str_of(table[i][0]), base;
		struct rel_buf out;
		bool found;

		rel_buf_init(&out, 100);
		found = rel_numbering_is_misplaced(&out, version);
		if (found != (table[i][1] != NULL))
			fail_msg("%s", table[i][0]);
		if (found) {
			assert_string_equal(out.ptr, table[i][1]);
			base = rel_str_sub(
			    version, 0, rel_str_find(rel_buf_str(&out), '~'));
			assert_true(rel_version_compare(version, base) > 0);
			assert_true(
			    rel_version_compare(rel_buf_str(&out), base) < 0);
		}
		rel_buf_free(&out);
	}
}

static void test_next(void **state)
{
	static const struct {
		const char *newest, *next[4];
	} table[] = {
	    {"1.1", {"2.0", "1.2", "1.1.1", "1.2~rc1"}},
	    {"1.1.3", {"2.0.0", "1.2.0", "1.1.4", "1.2.0~rc1"}},
	    {"5", {"6", "5.1", "5.0.1", "5.1~rc1"}},
	    {"0.9", {"1.0", "0.10", "0.9.1", "0.10~rc1"}},
	    {"0.0.9", {"1.0.0", "0.1.0", "0.0.10", "0.1.0~rc1"}},
	    {"1.2~rc1", {"2.0", "1.2", "1.2", "1.2~rc2"}},
	    {"1.2~rc9", {"2.0", "1.2", "1.2", "1.2~rc10"}},
	    {"1.2.1~rc1", {"2.0.0", "1.3.0", "1.2.1", "1.2.1~rc2"}},
	    {"2.0.0~beta", {"2.0.0", "2.0.0", "2.0.0", "2.0.0~beta2"}},
	    {"2~beta.3", {"2", "2", "2", "2~beta.4"}},
	    {"v0.16", {"v1.0", "v0.17", "v0.16.1", "v0.17~rc1"}},
	    {"v0.16.0", {"v1.0.0", "v0.17.0", "v0.16.1", "v0.17.0~rc1"}},
	    {"2026.1", {"2027.0", "2026.2", "2026.1.1", "2026.2~rc1"}},
	    {"1.2.3.4", {NULL, NULL, NULL, NULL}},
	    {"1.01", {NULL, NULL, NULL, NULL}},
	    {"4.14.0+options", {NULL, NULL, NULL, NULL}},
	    {"1.1-1", {NULL, NULL, NULL, NULL}},
	    {"1.1-rc1", {NULL, NULL, NULL, NULL}},
	    {"1.1~rc1-2", {NULL, NULL, NULL, NULL}},
	    {"1.1~", {NULL, NULL, NULL, NULL}},
	    {"1.1~rc.", {NULL, NULL, NULL, NULL}},
	    {"1.", {NULL, NULL, NULL, NULL}},
	    {"1..2", {NULL, NULL, NULL, NULL}},
	    {"20260131", {NULL, NULL, NULL, NULL}},
	    {"99999999999999999999.1", {NULL, NULL, NULL, NULL}},
	    {"base", {NULL, NULL, NULL, NULL}},
	    {"v", {NULL, NULL, NULL, NULL}},
	};
	static const char *const words[] = {"major", "minor", "patch",
					    "prerelease"};

	(void)state;
	assert_int_equal(rel_numbering_part_of("Minor"), REL_NUMBERING_NONE);
	assert_int_equal(rel_numbering_part_of("1.0"), REL_NUMBERING_NONE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (size_t k = 0; k < 4; k++) {
			struct rel_str newest = rel_str_of(table[i].newest);
			struct rel_error err = {0};
			struct rel_buf out;
			int rc;

			rel_buf_init(&out, 100);
			rc = rel_numbering_next(&out, newest,
						rel_numbering_part_of(words[k]),
						&err);
			if (table[i].next[k]) {
				assert_int_equal(rc, 0);
				assert_string_equal(out.ptr, table[i].next[k]);
				assert_true(rel_version_compare(
						rel_buf_str(&out), newest) > 0);
			} else {
				assert_int_equal(rc, REL_EUSAGE);
			}
			rel_buf_free(&out);
		}
	}
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(rel_numbering_start(REL_STR("1.0")), '0');
	assert_int_equal(rel_numbering_start(REL_STR("v0.16")), 'v');
	assert_int_equal(rel_numbering_start(REL_STR("V1")), 'V');
	assert_int_equal(rel_numbering_start(REL_STR("latest")), 0);
	assert_int_equal(rel_numbering_start(REL_STR("ver1")), 0);
	assert_int_equal(rel_numbering_start(REL_STR("v")), 0);
	assert_int_equal(rel_numbering_start(REL_STR("~1")), 0);
	assert_int_equal(rel_numbering_start(REL_STR("")), 0);
}

static void test_order(void **state)
{
	static const struct {
		const char *version, *newest;
		bool date;
	} dates[] = {
	    {"20241130", "1.3", true},
	    {"2024-11-30", "1.3", true},
	    {"2024.11", "0.9", true},
	    {"v2024.11", "v0.16", true},
	    {"20241130", "20231231", false},
	    {"2024.11", "2023.2", false},
	    {"35.2", "3.5", false},
	    {"113.43.00", "112.24.00", false},
	    {"999", "1", false},
	    {"20241130", "", false},
	    {"1.20241130", "1.3", false},
	};
	static const struct {
		const char *version;
		bool commit;
	} commits[] = {
	    {"3f9c2e7", true},
	    {"0a1b2c3d4e5f60718293a4b5c6d7e8f901234567", true},
	    {"20241130", false},
	    {"3f9c2e", false},
	    {"1.1.0abc", false},
	    {"1.5a1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		if (rel_numbering_is_date(rel_str_of(dates[i].version),
					  rel_str_of(dates[i].newest)) !=
		    dates[i].date)
			fail_msg("%s", dates[i].version);
	}
	for (size_t i = 0; i < sizeof(commits) / sizeof(commits[0]); i++) {
		if (rel_numbering_is_commit(rel_str_of(commits[i].version)) !=
		    commits[i].commit)
			fail_msg("%s", commits[i].version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_misplaced),
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_start),
	    cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
