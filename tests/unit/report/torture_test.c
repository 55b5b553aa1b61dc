/* Every allocation of every format fails once: always REL_ENOMEM, never a
 * report that lacks something. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models.h"
#include "report/report.h"
#include "support/torture.h"

static int discard(void *context, const void *ptr, size_t len,
		   struct rel_error *err)
{
	(void)context;
	(void)ptr;
	(void)len;
	(void)err;
	return 0;
}

static void walk(const struct rel_report *report, enum rel_report_format format,
		 const struct rel_report_style *style)
{
	for (long n = 0;; n++) {
		struct rel_sink sink = {discard, NULL};
		struct rel_error err = {0};
		int rc;

		rel_torture_start(n);
		rc = rel_report_write(report, format, style, &sink, &err);
		if (!rel_torture_stop()) {
			assert_int_equal(rc, 0);
			return;
		}
		assert_int_equal(rc, REL_ENOMEM);
		assert_int_equal(err.code, REL_ENOMEM);
	}
}

static void test_formats(void **state)
{
	static const struct rel_report *const models[] = {
	    &model_overlay, &model_since, &model_hostile};
	static const struct rel_report_style styles[] = {
	    {.width = 80}, {.verbose = true}, {.cycles_only = true}};

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		for (int f = REL_REPORT_TEXT; f <= REL_REPORT_SARIF; f++) {
			for (size_t s = 0; s < 3; s++)
				walk(models[m], (enum rel_report_format)f,
				     &styles[s]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
