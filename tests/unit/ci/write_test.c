/* What each system is told; expected by hand from its documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "ci/write.h"
#include "json/json.h"

#define PLACE "/tmp/relctl-ci-XXXXXX"

struct place {
	char dir[sizeof(PLACE)];
	char path[64];
	struct rel_buf log, file;
	struct rel_sink sink;
};

static int gather(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	rel_buf_add(context, ptr, len);
	return rel_buf_status(context, "log", err);
}

static int open_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	memcpy(p->dir, PLACE, sizeof(PLACE));
	rel_buf_init(&p->log, REL_MIB);
	rel_buf_init(&p->file, 4 * REL_MIB);
	p->sink = (struct rel_sink){gather, &p->log};
	*state = p;
	if (!mkdtemp(p->dir))
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/file", p->dir);
	return 0;
}

static int close_place(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	rmdir(p->dir);
	rel_buf_free(&p->log);
	rel_buf_free(&p->file);
	free(p);
	return 0;
}

static const char *read_back(struct place *p)
{
	assert_int_equal(rel_file_read(&p->file, p->path, NULL), 0);
	return p->file.ptr ? p->file.ptr : "";
}

static const struct rel_ci_finding broken = {
    .level = REL_CI_ERROR,
    .check = "broken",
    .file = "a,b/x:y.opam",
    .line = 7,
    .column = 3,
    .title = "foo.1 is broken",
    .text = "needs bar >= 2, 100%\n::set-output name=x::y"};
static const struct rel_ci_finding nowhere = {
    .level = REL_CI_WARNING, .check = "old", .text = "an old thing"};

static void test_github_commands(void **state)
{
	struct rel_ci ci = {.kind = REL_CI_GITHUB};
	struct place *p = *state;
	struct rel_ci_writer w;

	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_finding(&w, &broken);
	rel_ci_write_finding(&w, &nowhere);
	rel_ci_write_output(&w, "version", "1");
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	assert_string_equal(p->log.ptr,
			    "::error file=a%2Cb/x%3Ay.opam,line=7,col=3,"
			    "title=foo.1 is broken::needs bar >= 2, "
			    "100%25\\n::set-output name=x::y\n"
			    "::warning::an old thing\n");
}

/* name<<MARK, value, MARK; each mark another one. */
static void test_github_outputs(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITHUB, .outputs = p->path};
	struct rel_ci_writer w;
	char mark[2][64], again[2][64];
	int n = 0;

	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_output(&w, "version", "1.0");
	rel_ci_write_output(&w, "packages", "a\nb");
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	sscanf(read_back(p),
	       "version<<%63[^\n]\n1.0\n%63[^\n]\npackages<<%63[^\n]\na\n"
	       "b\n%63[^\n]\n%n",
	       mark[0], again[0], mark[1], again[1], &n);
	assert_int_equal(n, p->file.len);
	assert_string_equal(mark[0], again[0]);
	assert_string_equal(mark[1], again[1]);
	assert_string_not_equal(mark[0], mark[1]);
	assert_int_equal(strlen(mark[0]), strlen("relctl-") + 32);
	assert_null(p->log.ptr);
}

static void test_github_summary(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITHUB, .summary = p->path};
	struct rel_ci_writer w;

	for (int i = 0; i < 2; i++) {
		rel_ci_write_begin(&w, &ci, &p->sink);
		rel_buf_add_cstr(&w.summary, "## Title\n");
		assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	}
	assert_string_equal(read_back(p), "## Title\n## Title\n");
}

static void test_long_summary(void **state)
{
	static const char line[] = "0123456789 0123456789 0123456789\n";
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITHUB, .summary = p->path};
	struct rel_ci_writer w;

	rel_ci_write_begin(&w, &ci, &p->sink);
	while (w.summary.len <= REL_MIB)
		rel_buf_add_cstr(&w.summary, line);
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	read_back(p);
	assert_true(p->file.len <= REL_MIB && p->file.len > REL_MIB - 200);
	assert_true(rel_str_ends(
	    rel_buf_str(&p->file),
	    REL_STR("6789\n\nThe rest is too long to be shown here.\n")));
}

static void test_gitlab_report(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITLAB, .report = p->path};
	struct rel_json_value *v = NULL;
	const struct rel_json_value *item;
	struct rel_ci_writer w;
	uint64_t line = 0;

	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_finding(&w, &broken);
	rel_ci_write_finding(&w, &nowhere);
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	assert_string_equal(p->log.ptr,
			    "a,b/x:y.opam:7:3: error: foo.1 is broken: needs "
			    "bar >= 2, 100%\\n::set-output name=x::y\n"
			    "warning: an old thing\n");
	assert_int_equal(rel_json_parse(&v, rel_str_of(read_back(p)), NULL), 0);
	assert_int_equal(rel_json_count(v), 1);
	item = rel_json_item(v, 0);
	assert_string_equal(rel_json_text_at(item, "check_name"), "broken");
	assert_string_equal(rel_json_text_at(item, "severity"), "major");
	assert_string_equal(rel_json_text_at(item, "description"),
			    "foo.1 is broken: needs bar >= 2, "
			    "100%\\n::set-output name=x::y");
	assert_string_equal(rel_json_text_at(item, "location.path"),
			    "a,b/x:y.opam");
	assert_true(rel_json_uint_at(item, "location.lines.begin", &line));
	assert_int_equal(line, 7);
	assert_int_equal(strlen(rel_json_text_at(item, "fingerprint")), 64);
	rel_json_free(v);
}

static void test_gitlab_environment(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITLAB, .environment = p->path};
	struct rel_ci_writer w;
	char big[6000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_output(&w, "remote-commit", "it's 1");
	rel_ci_write_output(&w, "lines", "a\nb");
	rel_ci_write_output(&w, "packages", big);
	rel_ci_write_output(&w, "sha256", "1");
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	assert_string_equal(read_back(p), "RELCTL_REMOTE_COMMIT=it's 1\n"
					  "RELCTL_SHA256=1\n");
	assert_non_null(strstr(p->log.ptr, "the output lines is left out"));
	assert_non_null(strstr(p->log.ptr, "the output packages is left out"));
}

/* A shell reads it. */
static void test_woodpecker_environment(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_WOODPECKER, .environment = p->path};
	struct rel_ci_writer w;

	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_output(&w, "packages", "a.1 b.1");
	rel_ci_write_output(&w, "odd", "$(x) 'y'\nz");
	rel_buf_add_cstr(&w.summary, "Done\n");
	assert_int_equal(rel_ci_write_end(&w, NULL), 0);
	assert_string_equal(read_back(p), "RELCTL_PACKAGES='a.1 b.1'\n"
					  "RELCTL_ODD='$(x) '\\''y'\\''\nz'\n");
	assert_string_equal(p->log.ptr, "Done\n");
}

static void test_links_refused(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITLAB, .report = p->path};
	struct rel_error err = {0};
	struct rel_ci_writer w;

	assert_int_equal(symlink("/tmp/relctl-ci-elsewhere", p->path), 0);
	rel_ci_write_begin(&w, &ci, &p->sink);
	assert_int_equal(rel_ci_write_end(&w, &err), REL_EEXISTS);
	assert_string_equal(err.path, p->path);
	assert_int_equal(access("/tmp/relctl-ci-elsewhere", F_OK), -1);
}

static int refuse(void *context, const void *ptr, size_t len,
		  struct rel_error *err)
{
	(void)context;
	(void)ptr;
	(void)len;
	return rel_fail(err, REL_EIO, "disk full");
}

static void test_failures_remembered(void **state)
{
	struct place *p = *state;
	struct rel_ci ci = {.kind = REL_CI_GITHUB, .outputs = p->path};
	struct rel_sink full = {refuse, NULL};
	struct rel_error err = {0};
	struct rel_ci_writer w;

	rel_ci_write_begin(&w, &ci, &full);
	rel_ci_write_finding(&w, &nowhere);
	rel_ci_write_output(&w, "version", "1");
	assert_int_equal(rel_ci_write_end(&w, &err), REL_EIO);
	assert_string_equal(err.text, "disk full");
	assert_int_equal(access(p->path, F_OK), -1);
	rel_ci_write_begin(&w, &ci, &p->sink);
	rel_ci_write_output(&w, "version", "1");
	rel_ci_write_abort(&w);
	assert_int_equal(access(p->path, F_OK), -1);
}

#define IN_PLACE(test) \
	cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_PLACE(test_github_commands),
	    IN_PLACE(test_github_outputs),
	    IN_PLACE(test_github_summary),
	    IN_PLACE(test_long_summary),
	    IN_PLACE(test_gitlab_report),
	    IN_PLACE(test_gitlab_environment),
	    IN_PLACE(test_woodpecker_environment),
	    IN_PLACE(test_links_refused),
	    IN_PLACE(test_failures_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
