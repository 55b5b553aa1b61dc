#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/source/tagname.h"
#include "support/shell.h"
#include "support/support.h"

static struct rel_buf buf;

static const char *make(const char *pattern, const char *name,
			const char *version)
{
	struct rel_error err = {0};

	rel_buf_clear(&buf);
	if (rel_tagname_make(&buf, pattern, rel_str_of(name),
			     rel_str_of(version), &err))
		fail_msg("%s", err.text);
	return buf.ptr;
}

static void test_make(void **state)
{
	(void)state;
	assert_string_equal(make(NULL, "a", "1.2"), "1.2");
	assert_string_equal(make("v{version}", "a", "1.2"), "v1.2");
	assert_string_equal(make("{name}-{version}", "a_b", "1.2"), "a_b-1.2");
	assert_string_equal(make("rel/{name}/{version}/{name}", "a", "1.2"),
			    "rel/a/1.2/a");
	assert_string_equal(make(NULL, "a", "1.3~beta_2"), "1.3_beta,_2");
	assert_string_equal(make(NULL, "a", "1.0~~2"), "1.0__2");
	assert_string_equal(make(NULL, "a", "1..2"), "1.,.2");
	assert_string_equal(make(NULL, "a", "1.lock"), "1.,lock");
	assert_string_equal(make(NULL, "a", "1.lock.2"), "1.lock.2");
	assert_string_equal(make(NULL, "a", "1."), "1.,");
	assert_string_equal(make(NULL, "a", ".1"), ",.1");
	assert_string_equal(make(NULL, "a", "-1"), ",-1");
	assert_string_equal(make(NULL, "a", "v0.17+x"), "v0.17+x");
}

static void refuse(const char *pattern, const char *name, const char *says)
{
	struct rel_error err = {0};

	rel_buf_clear(&buf);
	assert_int_equal(rel_tagname_make(&buf, pattern, rel_str_of(name),
					  REL_STR("1.2"), &err),
			 REL_EUSAGE);
	if (!strstr(err.text, says))
		fail_msg("%s: %s", pattern, err.text);
}

static void test_refuse(void **state)
{
	(void)state;
	refuse("v", "a", "no \"{version}\"");
	refuse("{version}{version}", "a", "twice");
	refuse("{nam}-{version}", "a", "neither");
	refuse("release {version}", "a", "git has no tag");
	refuse("{name}{version}", "-a", "git has no tag");
	refuse("a//{version}", "a", "git has no tag");
	refuse("{version}.lock", "a", "git has no tag");
}

static void test_no_version(void **state)
{
	static const char *const texts[] = {"", "2 0", "1/2", "1,2", "a\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct rel_error err = {0};

		rel_buf_clear(&buf);
		assert_int_equal(rel_tagname_make(&buf, NULL, REL_STR("a"),
						  rel_str_of(texts[i]), &err),
				 REL_EUSAGE);
		assert_non_null(strstr(err.text, "is no version"));
	}
}

static int version_of(const char *pattern, const char *name, const char *tag)
{
	struct rel_error err = {0};

	rel_buf_clear(&buf);
	return rel_tagname_version(&buf, pattern, rel_str_of(name),
				   rel_str_of(tag), &err);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(version_of(NULL, "a", "1.3_beta3"), 1);
	assert_string_equal(buf.ptr, "1.3~beta3");
	assert_int_equal(version_of("v{version}", "a", "v1.2"), 1);
	assert_string_equal(buf.ptr, "1.2");
	assert_int_equal(version_of("{name}-{version}", "a-b", "a-b-1.2"), 1);
	assert_string_equal(buf.ptr, "1.2");
	assert_int_equal(version_of("v{version}", "a", "1.2"), 0);
	assert_int_equal(version_of("v{version}", "a", "v"), 0);
	assert_int_equal(version_of("{name}-{version}", "a", "b-1.2"), 0);
	assert_int_equal(version_of(NULL, "a", "1,2"), 0);
	assert_int_equal(version_of("v", "a", "v"), REL_EUSAGE);
}

/* Calls `each` with every text of up to `longest` of the pieces. */
static void all_texts(const char *const pieces[], size_t count,
		      unsigned longest,
		      void (*each)(const char *text, void *context),
		      void *context)
{
	size_t total = 1;

	for (unsigned length = 1; length <= longest; length++) {
		total *= count;
		for (size_t i = 0; i < total; i++) {
			char text[64] = "";
			size_t at = 0, rest = i;

			for (unsigned k = 0; k < length; k++) {
				at += (size_t)snprintf(text + at,
						       sizeof(text) - at, "%s",
						       pieces[rest % count]);
				rest /= count;
			}
			each(text, context);
		}
	}
}

static void there_and_back(const char *version, void *context)
{
	const char *tag = make(NULL, "a", version);
	char kept[64];

	(void)context;
	snprintf(kept, sizeof(kept), "%s", tag);
	assert_true(rel_tagname_is_valid(rel_str_of(kept)));
	assert_int_equal(version_of(NULL, "a", kept), 1);
	assert_string_equal(buf.ptr, version);
}

static void test_reversible(void **state)
{
	static const char *const pieces[] = {"1", ".", "~",   "_",
					     "-", "+", "lock"};

	(void)state;
	all_texts(pieces, 7, 4, there_and_back, NULL);
}

static void collect(const char *name, void *context)
{
	rel_buf_printf(context,
		       "git check-ref-format 'refs/tags/%s' && echo 1 || "
		       "echo 0\n",
		       name);
}

static void compare(const char *name, void *context)
{
	const char **answers = context;

	/* refs/tags/-x is a fine reference, but "git tag -x" is not */
	if (name[0] != '-' &&
	    rel_tagname_is_valid(rel_str_of(name)) != (**answers == '1'))
		fail_msg("git says %c of \"%s\"", **answers, name);
	*answers += 2;
}

/* Judge: git check-ref-format. */
static void test_judge(void **state)
{
	static const char *const pieces[] = {"a", ".",	   "/", "@",
					     "{", ".lock", "-", "\xc3\xa9"};
	static const char *const single[] = {"~", "^", ":",  "?",    "*",
					     "[", "]", "\\", "\x7f", "}",
					     ",", "%", "#",  "\t",   "!"};
	char *dir = rel_test_dir_new();
	struct rel_buf script;
	const char *answers;
	char *output; /* without its last newline */

	(void)state;
	rel_buf_init(&script, REL_LIMIT_CONFIG_BYTES);
	all_texts(pieces, 8, 3, collect, &script);
	all_texts(single, 15, 1, collect, &script);
	assert_int_equal(script.status, 0);
	rel_test_write(dir, "script", script.ptr, script.len);
	output = rel_test_sh("sh %s/script", dir);
	assert_int_equal(strlen(output), 2 * (8 + 64 + 512 + 15) - 1);
	answers = output;
	all_texts(pieces, 8, 3, compare, &answers);
	all_texts(single, 15, 1, compare, &answers);
	free(output);
	rel_buf_free(&script);
	rel_test_dir_free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_make),    cmocka_unit_test(test_refuse),
	    cmocka_unit_test(test_version), cmocka_unit_test(test_no_version),
	    cmocka_unit_test(test_judge),   cmocka_unit_test(test_reversible),
	};
	int failed;

	rel_buf_init(&buf, REL_LIMIT_CONFIG_BYTES);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rel_buf_free(&buf);
	return failed;
}
