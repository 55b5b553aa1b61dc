#include "check/record.h"
#include "world.h"

static const char *const packages = "a.1 \n"
				    "a.2 depends: [\"nobody\"]\n"
				    "a.10 \n"
				    "b.1 available: os = \"macos\"\n"
				    "b.2 depends: [\n"
				    "c.1 depends: [\"a\" {= \"2\"}]\n";

/* Worked out by hand from the packages above. */
static const char *const expected =
    "# relctl.record/1: read by the next relctl ci --schedule\n"
    "remote - first\n"
    "environment test\n"
    "installable a 1 10\n"
    "broken a 2\n"
    "unavailable b 1\n"
    "unreadable b 2\n"
    "broken c 1\n";

struct fixture {
	struct world w;
	struct rel_survey *survey;
};

static void begin(struct fixture *f)
{
	struct rel_survey_options options = {
	    .scope.all = true, .n_environments = 1, .jobs = 1};
	struct rel_error err = {0};

	world_new(&f->w, packages, REL_PROFILE_ENV);
	options.environments = &f->w.environment;
	assert_int_equal(
	    rel_survey_run(&f->survey, f->w.stack, NULL, NULL, &options, &err),
	    0);
}

static void end(struct fixture *f)
{
	rel_survey_free(f->survey);
	world_free(&f->w);
}

static void test_write(void **state)
{
	struct fixture f;
	struct rel_buf out;

	(void)state;
	begin(&f);
	rel_buf_init(&out, REL_MIB);
	assert_int_equal(rel_record_write(&out, f.survey), 0);
	assert_string_equal(out.ptr, expected);
	rel_buf_free(&out);
	end(&f);
}

/* Compared with a record in which a.2 was fine, b.1 was installable, c.1 was
 * broken, and a.10 did not exist. */
static void test_compare(void **state)
{
	static const char then[] =
	    "# relctl.record/1: read by the next relctl ci --schedule\n"
	    "remote 00ff first\n"
	    "environment other\n"
	    "broken a 10\n"
	    "environment test\n"
	    "broken c 1\n"
	    "installable b 1\n"
	    "installable a 2 1\n"
	    "unreadable b 2\n";
	static const uint8_t compared[] = {
	    REL_COMPARED_INSTALLABLE, REL_COMPARED_INSTALLABLE,
	    REL_COMPARED_ABSENT,      REL_COMPARED_INSTALLABLE,
	    REL_COMPARED_OTHER,	      REL_COMPARED_BROKEN};
	struct rel_record record;
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(
	    rel_record_read(&record, rel_str_of(then), "record", NULL), 0);
	assert_true(rel_str_is(rel_record_revision(&record, "first"), "00ff"));
	assert_int_equal(rel_record_revision(&record, "second").len, 0);
	assert_int_equal(rel_record_compare(f.survey, &record, NULL), 0);
	assert_memory_equal(f.survey->results[0].before, compared,
			    sizeof(compared));
	rel_record_forget(f.survey);
	assert_null(f.survey->results[0].before);
	rel_record_free(&record);
	end(&f);
}

/* An environment that the record lacks: nothing has changed in it. */
static void test_other_environment(void **state)
{
	static const uint8_t compared[] = {
	    REL_COMPARED_INSTALLABLE, REL_COMPARED_BROKEN,
	    REL_COMPARED_INSTALLABLE, REL_COMPARED_OTHER,
	    REL_COMPARED_OTHER,	      REL_COMPARED_BROKEN};
	struct rel_record record;
	struct fixture f;

	(void)state;
	begin(&f);
	assert_int_equal(
	    rel_record_read(&record,
			    REL_STR("# relctl.record/1: read by the next "
				    "relctl ci --schedule\nenvironment x\n"),
			    "record", NULL),
	    0);
	assert_int_equal(rel_record_compare(f.survey, &record, NULL), 0);
	assert_memory_equal(f.survey->results[0].before, compared,
			    sizeof(compared));
	rel_record_free(&record);
	end(&f);
}

/* Names of any bytes stay on their lines. */
static void test_odd_name(void **state)
{
	struct rel_record record;
	struct fixture f;
	struct rel_buf out;

	(void)state;
	begin(&f);
	rel_buf_init(&out, REL_MIB);
	f.w.environment.name = "two\nlines";
	f.w.remotes[0].name = "a \x1b b";
	assert_int_equal(rel_record_write(&out, f.survey), 0);
	assert_non_null(strstr(out.ptr, "environment two\\nlines\n"));
	assert_int_equal(
	    rel_record_read(&record, rel_buf_str(&out), "record", NULL), 0);
	assert_int_equal(rel_record_compare(f.survey, &record, NULL), 0);
	assert_int_equal(f.survey->results[0].before[1], REL_COMPARED_BROKEN);
	rel_record_free(&record);
	rel_buf_free(&out);
	end(&f);
}

static void test_damaged(void **state)
{
#define HEAD   "# relctl.record/1: read by the next relctl ci --schedule\n"
#define HEAD_2 "# relctl.record/2: read by the next relctl ci --schedule\n"
	static const struct {
		const char *text;
		uint32_t line;
	} cases[] = {
	    {"", 0},
	    {HEAD "environment e\ninstallable a 1", 0},
	    {"# relctl.record/2\nenvironment e\n", 1},
	    {"# relctl.record/3: read by the next relctl ci --schedule\n", 1},
	    {HEAD "environment e\ntarget met a\n", 3},
	    {HEAD_2 "target met a\n", 2},
	    {HEAD_2 "environment e\ntarget\n", 3},
	    {HEAD_2 "environment e\ntarget met\n", 3},
	    {HEAD_2 "environment e\ntarget met \n", 3},
	    {HEAD_2 "environment e\ntarget good a, b\n", 3},
	    {HEAD, 1},
	    {HEAD "installable a 1\n", 2},
	    {HEAD "environment e\ninstallable a\n", 3},
	    {HEAD "environment e\ninstallable 1 1\n", 3},
	    {HEAD "environment e\ninstallable a 1 \n", 3},
	    {HEAD "environment e\ngood a 1\n", 3},
	    {HEAD "environment e\n\n", 3},
	    {HEAD "environment e\nenvironment e\n", 3},
	    {HEAD "environment \n", 2},
	    {HEAD "remote x\n", 2},
	    {HEAD "<<<<<<< ours\n", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rel_error err = {0};
		struct rel_record record;

		assert_int_equal(rel_record_read(&record,
						 rel_str_of(cases[i].text),
						 "the record", &err),
				 REL_EPARSE);
		assert_string_equal(err.path, "the record");
		assert_int_equal(err.line, cases[i].line);
		rel_record_free(&record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_other_environment),
	    cmocka_unit_test(test_odd_name),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
