/* What forges answer.  The texts are cut from their documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/publish_private.h"

#define SHA256 \
	"6e1b0b4c5e0e7b7ee1e2d1b0b6d6c0a8d39ab1e5b7f9a0c1d2e3f40516273849"

static struct rel_arena arena;

static struct rel_json_value *parse(const char *text)
{
	struct rel_json_value *v = NULL;
	struct rel_error err = {0};

	if (rel_json_parse(&v, rel_str_of(text), &err))
		fail_msg("%s", err.text);
	return v;
}

static void test_releases(void **state)
{
	struct rel_json_value *v =
	    parse("{\"id\": 1, \"tag_name\": \"v1.0.0\", \"name\": null, "
		  "\"draft\": true, \"upload_url\": \"https://u/{?name}\"}");
	struct rel_forge_release r;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_forge_read_release(&r, v, &arena, &err), 0);
	assert_int_equal(r.id, 1);
	assert_string_equal(r.tag, "v1.0.0");
	assert_string_equal(r.name, "");
	assert_true(r.draft);
	assert_string_equal(r.upload, "https://u/{?name}");
	rel_json_free(v);
	v = parse("{\"tag_name\": \"v0.1\", \"name\": \"n\", "
		  "\"commit\": {\"id\": \"f8d3d94\"}}");
	assert_int_equal(rel_forge_read_gitlab_release(&r, v, &arena, &err), 0);
	assert_string_equal(r.commit, "f8d3d94");
	assert_false(r.draft);
	rel_json_free(v);
}

static void test_assets(void **state)
{
	struct rel_json_value *v =
	    parse("{\"id\": 7, \"name\": \"a.tbz\", \"size\": 1024, \"state\": "
		  "\"uploaded\", \"digest\": \"sha256:" SHA256 "\"}");
	struct rel_forge_asset a;
	struct rel_error err = {0};
	char hex[REL_DIGEST_TEXT_MAX];

	(void)state;
	assert_int_equal(rel_forge_read_asset(&a, v, &arena, &err), 0);
	assert_int_equal(a.size, 1024);
	assert_true(a.whole && a.has_digest);
	rel_digest_hex(hex, &a.digest);
	assert_string_equal(hex, SHA256);
	rel_json_free(v);
	v = parse("{\"id\": 7, \"name\": \"a.tbz\", \"size\": 0, "
		  "\"state\": \"starter\", \"digest\": null}");
	assert_int_equal(rel_forge_read_asset(&a, v, &arena, &err), 0);
	assert_false(a.whole || a.has_digest);
	rel_json_free(v);
	v = parse("{\"id\": 3, \"file_name\": \"a.tbz\", \"size\": 5, "
		  "\"file_sha256\": \"" SHA256 "\"}");
	assert_int_equal(rel_forge_read_file(&a, v, &arena, &err), 0);
	assert_true(a.whole && a.has_digest);
	rel_json_free(v);
}

static void test_changes(void **state)
{
	struct rel_json_value *v =
	    parse("{\"html_url\": \"https://h/pull/1\", \"head\": {\"ref\": "
		  "\"new\"}, \"base\": {\"ref\": \"main\"}}");
	struct rel_forge_change c;
	struct rel_error err = {0};

	(void)state;
	assert_int_equal(rel_forge_read_change(&c, v, &arena, &err), 0);
	assert_string_equal(c.page, "https://h/pull/1");
	assert_string_equal(c.branch, "new");
	assert_string_equal(c.base, "main");
	rel_json_free(v);
	v = parse("{\"web_url\": \"https://h/-/merge_requests/1\", "
		  "\"source_branch\": \"new\", \"target_branch\": \"main\"}");
	assert_int_equal(rel_forge_read_change(&c, v, &arena, &err), 0);
	assert_string_equal(c.page, "https://h/-/merge_requests/1");
	assert_string_equal(c.branch, "new");
	rel_json_free(v);
}

static const char *const bad[] = {
    "[]",
    "null",
    "{}",
    "{\"id\": \"1\", \"tag_name\": \"t\", \"draft\": false}",
    "{\"id\": -1, \"tag_name\": \"t\", \"draft\": false}",
    "{\"id\": 1, \"tag_name\": 5, \"draft\": false, \"name\": 1}",
    "{\"id\": 1, \"tag_name\": \"t\", \"draft\": \"no\", \"web_url\": 1}",
    "{\"id\": 1, \"name\": \"a\", \"file_name\": \"a\", \"size\": 1.5}",
    "{\"id\": 1, \"name\": \"a\", \"file_name\": \"a\", \"size\": 1, "
    "\"digest\": \"sha256:12\", \"file_sha256\": \"zz\"}",
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rel_json_value *v = parse(bad[i]);
		struct rel_forge_release r;
		struct rel_forge_asset a;
		struct rel_forge_change c;
		struct rel_error err = {0};

		assert_int_equal(rel_forge_read_release(&r, v, &arena, &err),
				 REL_EPARSE);
		assert_non_null(strstr(err.text, "answer has"));
		assert_int_equal(rel_forge_read_asset(&a, v, &arena, &err),
				 REL_EPARSE);
		assert_int_equal(rel_forge_read_file(&a, v, &arena, &err),
				 REL_EPARSE);
		assert_int_equal(rel_forge_read_change(&c, v, &arena, &err),
				 REL_EPARSE);
		rel_json_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_releases),
	    cmocka_unit_test(test_assets),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_bad),
	};
	int failed;

	rel_arena_init(&arena, REL_MIB);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rel_arena_free(&arena);
	return failed;
}
