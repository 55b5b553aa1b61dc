#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/cut/manifest.h"
#include "support/shell.h"
#include "support/support.h"

#define VERSION "opam-version: \"2.0\"\n"
#define OPAM	"opam-version >= \"2.1.0\""

struct form {
	const char *text, *avoided;
};

static const struct form forms[] = {
    {VERSION, VERSION "flags: avoid-version\navailable: " OPAM "\n"},
    {VERSION "flags: compiler # it\navailable: os = \"linux\"", VERSION
     "flags: [compiler avoid-version] # it\navailable: os = \"linux\" & " OPAM},
    {VERSION "flags: [\n  compiler # one\n  verbose # two\n]\n"
	     "available: [ os = \"linux\" | os = \"macos\" ]\n",
     VERSION "flags: [\n  compiler # one\n  verbose avoid-version # two\n]\n"
	     "available: [ (os = \"linux\" | os = \"macos\") & " OPAM " ]\n"},
    {VERSION "flags: []\navailable: []\n",
     VERSION "flags: [avoid-version]\navailable: [" OPAM "]\n"},
    {VERSION "available: arch != \"arm32\" & (opam-version >= \"2.2\")\n",
     VERSION "available: arch != \"arm32\" & (opam-version >= \"2.2\")\n"
	     "flags: avoid-version\n"},
    {"opam-version: \"2.0\"\r\navailable: !(os = \"win32\")\r\n",
     "opam-version: \"2.0\"\r\navailable: !(os = \"win32\") & " OPAM
     "\r\nflags: avoid-version\r\n"},
    /* the manifest says more, or the same */
    {VERSION "flags: avoid-version\n", VERSION "flags: avoid-version\n"},
    {VERSION "flags: [compiler deprecated]\n",
     VERSION "flags: [compiler deprecated]\n"},
};

static void test_forms(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct rel_error err = {0};

		rel_buf_clear(&buf);
		if (rel_release_avoid(&buf, rel_str_of(forms[i].text), "a.opam",
				      &err))
			fail_msg("%u:%u: %s", err.line, err.column, err.text);
		assert_string_equal(buf.ptr, forms[i].avoided);
	}
	rel_buf_free(&buf);
}

/* opam reads them as it reads others. */
static void test_opam(void **state)
{
	static const char rest[] =
	    "maintainer: \"a@example.org\"\nauthors: \"A\"\n"
	    "synopsis: \"A package\"\ndescription: \"b\"\nlicense: \"ISC\"\n"
	    "homepage: \"https://example.org\"\n"
	    "bug-reports: \"https://example.org\"\n"
	    "dev-repo: \"git+https://example.org/a.git\"\n";
	char *dir = rel_test_dir_new();

	(void)state;
	if (rel_test_sh_status("command -v opam >/dev/null"))
		skip();
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct rel_buf buf;
		char *said;

		if (strstr(forms[i].text, "[]"))
			continue;
		rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
		rel_buf_add_cstr(&buf, forms[i].avoided);
		rel_buf_add_cstr(&buf, "\n");
		rel_buf_add_cstr(&buf, rest);
		rel_test_write_text(dir, "a.opam", buf.ptr);
		said = rel_test_sh(
		    "opam lint --short %s/a.opam 2>/dev/null || :", dir);
		if (strcmp(said, "") != 0)
			fail_msg("%s: %s", buf.ptr, said);
		free(said);
		rel_buf_free(&buf);
	}
	rel_test_dir_free(dir);
}

static void test_mistakes(void **state)
{
	struct rel_error err = {0};
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
	assert_int_equal(
	    rel_release_avoid(&buf, REL_STR("flags: ["), "a.opam", &err),
	    REL_EPARSE);
	assert_string_equal(err.path, "a.opam");
	rel_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_opam),
	    cmocka_unit_test(test_mistakes),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
