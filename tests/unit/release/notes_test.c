#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/cut/cut_private.h"

#define REST "see there"
/* REST, and what is kept free for line ends and a fence */
#define ROOM (9 + 64)
#define TEN  "0123456789"

struct form {
	const char *notes;
	size_t limit;
	const char *text;
};

static const struct form forms[] = {
    {"short\n", 0, "short\n"},
    {"caf\xc3\xa9\n", 5, "caf\xc3\xa9\n"},
    /* at a paragraph, a line, a character */
    {TEN "\n\n" TEN "\n" TEN TEN TEN TEN TEN TEN TEN TEN, ROOM + 20,
     TEN "\n\n" REST "\n"},
    {TEN "\n" TEN "\n" TEN TEN TEN TEN TEN TEN TEN TEN "\n", ROOM + 24,
     TEN "\n" TEN "\n\n" REST "\n"},
    {"\xc3\xa9\xe2\x82\xac" TEN TEN TEN TEN TEN TEN TEN TEN, ROOM + 2,
     "\xc3\xa9\xe2\x82\xac\n\n" REST "\n"},
    /* what is open is closed */
    {"```c\nx\n" TEN "\n" TEN TEN TEN TEN TEN TEN TEN TEN "\n```\n", ROOM + 20,
     "```c\nx\n" TEN "\n```\n\n" REST "\n"},
    {"```\n```\n" TEN "\n" TEN TEN TEN TEN TEN TEN TEN TEN "\n", ROOM + 20,
     "```\n```\n" TEN "\n\n" REST "\n"},
};

static void test_shorten(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const struct form *form = &forms[i];
		struct rel_buf buf;

		rel_buf_init(&buf, REL_MIB);
		rel_notes_shorten(&buf, rel_str_of(form->notes), form->limit,
				  REL_STR(REST));
		assert_string_equal(buf.ptr, form->text);
		if (form->limit)
			assert_true(rel_notes_length(rel_buf_str(&buf)) <=
				    form->limit);
		rel_buf_free(&buf);
	}
}

static void test_message(void **state)
{
	struct rel_buf buf;

	(void)state;
	rel_buf_init(&buf, REL_MIB);
	rel_notes_add_message(&buf,
			      REL_STR("# a\n-----BEGIN PGP SIGNATURE-----\n\n"
				      "x -----BEGIN SSH SIGNATURE-----\n"
				      "-----BEGIN SSH SIGNATURE----- y\n"));
	assert_string_equal(buf.ptr, "# a\n -----BEGIN PGP SIGNATURE-----\n\n"
				     "x -----BEGIN SSH SIGNATURE-----\n"
				     " -----BEGIN SSH SIGNATURE----- y\n");
	rel_buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shorten),
	    cmocka_unit_test(test_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
