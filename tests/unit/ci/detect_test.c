/* What each system says; variables as its documentation lists them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "ci/ci.h"

#define SHA  "ffac537e6cbbf934b08745a378932722df287a53"
#define BASE "1111111111111111111111111111111111111111"
#define HEAD "2222222222222222222222222222222222222222"

#define ENVIRONMENT(...) ((const char *const[]){__VA_ARGS__, NULL})

static void detect(struct rel_ci *ci, const char *const *environment)
{
	struct rel_error err = {0};

	if (rel_ci_detect(ci, environment, NULL, &err))
		fail_msg("%s", err.text);
}

static void check_text(const char *found, const char *expected)
{
	if (!expected) {
		assert_null(found);
		return;
	}
	assert_non_null(found);
	assert_string_equal(found, expected);
}

#define GITHUB                                                     \
	"CI=true", "GITHUB_ACTIONS=true", "GITHUB_SHA=" SHA,       \
	    "GITHUB_REPOSITORY=example/foo",                       \
	    "GITHUB_SERVER_URL=https://github.com",                \
	    "GITHUB_RUN_ID=1658821493", "GITHUB_WORKSPACE=/w/foo", \
	    "GITHUB_STEP_SUMMARY=/t/summary", "GITHUB_OUTPUT=/t/output"

static void test_github_tag(void **state)
{
	struct rel_ci ci;

	(void)state;
	detect(&ci,
	       ENVIRONMENT(GITHUB, "GITHUB_EVENT_NAME=push",
			   "GITHUB_REF=refs/tags/foo-1.2",
			   "GITHUB_REF_TYPE=tag", "GITHUB_REF_NAME=foo-1.2",
			   "GITHUB_BASE_REF=", "GITHUB_EVENT_PATH=/nowhere"));
	assert_int_equal(ci.kind, REL_CI_GITHUB);
	assert_int_equal(ci.event, REL_CI_TAG);
	check_text(ci.event_name, "push");
	check_text(ci.tag, "foo-1.2");
	check_text(ci.branch, NULL);
	check_text(ci.commit, SHA);
	check_text(ci.repository, "example/foo");
	check_text(ci.url, "https://github.com/example/foo");
	check_text(ci.job_url,
		   "https://github.com/example/foo/actions/runs/1658821493");
	check_text(ci.directory, "/w/foo");
	check_text(ci.summary, "/t/summary");
	check_text(ci.outputs, "/t/output");
	check_text(ci.report, NULL);
	check_text(ci.environment, NULL);
	rel_ci_free(&ci);
}

static void check_github(const char *name, const char *ref,
			 enum rel_ci_event expected)
{
	char event[80], where[80];
	struct rel_ci ci;

	snprintf(event, sizeof(event), "GITHUB_EVENT_NAME=%s", name);
	snprintf(where, sizeof(where), "GITHUB_REF=%s", ref);
	detect(&ci, ENVIRONMENT(GITHUB, event, where));
	assert_int_equal(ci.event, expected);
	rel_ci_free(&ci);
}

static void test_github_events(void **state)
{
	(void)state;
	check_github("push", "refs/heads/main", REL_CI_BRANCH);
	check_github("push", "refs/tags/v1", REL_CI_TAG);
	check_github("create", "refs/tags/v1", REL_CI_TAG);
	check_github("create", "refs/heads/x", REL_CI_OTHER);
	check_github("release", "refs/tags/v1", REL_CI_TAG);
	check_github("workflow_dispatch", "refs/heads/main", REL_CI_MANUAL);
	check_github("workflow_dispatch", "refs/tags/v1", REL_CI_TAG);
	check_github("repository_dispatch", "refs/heads/main", REL_CI_MANUAL);
	check_github("schedule", "refs/heads/main", REL_CI_SCHEDULE);
	check_github("pull_request", "refs/pull/7/merge", REL_CI_REQUEST);
	check_github("pull_request_target", "refs/heads/main", REL_CI_REQUEST);
	check_github("merge_group", "refs/heads/gh-readonly-queue/main/pr-7",
		     REL_CI_REQUEST);
	check_github("pull_request_review", "refs/pull/7/merge", REL_CI_OTHER);
	check_github("deployment", "refs/tags/v1", REL_CI_OTHER);
	check_github("delete", "refs/heads/main", REL_CI_OTHER);
}

/* Write `text` to a new file, whose name goes behind "GITHUB_EVENT_PATH=". */
static void event_file(char variable[64], const char *text)
{
	char path[] = "/tmp/relctl-ci-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(variable, 64, "GITHUB_EVENT_PATH=%s", path);
}

static const char pull_request[] =
    "{\"action\": \"synchronize\", \"number\": 7, \"pull_request\": {"
    "\"base\": {\"ref\": \"main\", \"sha\": \"" BASE "\","
    " \"repo\": {\"full_name\": \"example/foo\"}},"
    "\"head\": {\"ref\": \"fix\", \"sha\": \"" HEAD "\","
    " \"repo\": {\"full_name\": \"somebody/foo\"}}}}";

static void test_github_request(void **state)
{
	char file[64];
	struct rel_ci ci;

	(void)state;
	event_file(file, pull_request);
	detect(&ci, ENVIRONMENT(GITHUB, "GITHUB_EVENT_NAME=pull_request",
				"GITHUB_REF=refs/pull/7/merge",
				"GITHUB_BASE_REF=main", "GITHUB_HEAD_REF=fix",
				file));
	unlink(strchr(file, '=') + 1);
	check_text(ci.tag, NULL);
	check_text(ci.branch, NULL);
	check_text(ci.request.number, "7");
	check_text(ci.request.target, "main");
	check_text(ci.request.base, BASE);
	check_text(ci.request.source, "fix");
	check_text(ci.request.head, HEAD);
	assert_true(ci.request.foreign);
	rel_ci_free(&ci);
}

static void test_github_queue(void **state)
{
	char file[64];
	struct rel_ci ci;

	(void)state;
	event_file(file, "{\"merge_group\": {\"base_ref\": \"refs/heads/main\","
			 "\"base_sha\": \"" BASE "\", \"head_sha\": \"" HEAD
			 "\", \"head_ref\": "
			 "\"refs/heads/gh-readonly-queue/main/pr-7\"}}");
	detect(&ci, ENVIRONMENT(GITHUB, "GITHUB_EVENT_NAME=merge_group", file));
	unlink(strchr(file, '=') + 1);
	check_text(ci.request.number, NULL);
	check_text(ci.request.target, "main");
	check_text(ci.request.base, BASE);
	check_text(ci.request.head, HEAD);
	assert_false(ci.request.foreign);
	rel_ci_free(&ci);
}

static void check_event_file_refused(const char *text, int code)
{
	struct rel_error err = {0};
	char file[64] = "GITHUB_EVENT_PATH=/nowhere/event.json";
	struct rel_ci ci;

	if (text)
		event_file(file, text);
	assert_int_equal(
	    rel_ci_detect(
		&ci,
		ENVIRONMENT(GITHUB, "GITHUB_EVENT_NAME=pull_request", file),
		NULL, &err),
	    code);
	assert_string_equal(err.path, strchr(file, '=') + 1);
	assert_non_null(strstr(err.text, "the event file of this run: "));
	if (text)
		unlink(strchr(file, '=') + 1);
	rel_ci_free(&ci);
}

static void test_event_files_refused(void **state)
{
	(void)state;
	check_event_file_refused(NULL, REL_ENOTFOUND);
	check_event_file_refused("{\"number\": ", REL_EPARSE);
}

/* A member of another type than documented counts as missing. */
static void test_odd_event_files(void **state)
{
	static const char *const odd[] = {
	    "[]", "null", "{}", "{\"pull_request\": 7}",
	    "{\"number\": \"7\", \"pull_request\": {\"base\": {\"sha\": 1}}}"};
	struct rel_ci ci;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		detect(&ci, ENVIRONMENT("A=b"));
		assert_int_equal(
		    rel_ci_read_event(&ci, rel_str_of(odd[i]), NULL), 0);
		check_text(ci.request.base, NULL);
		check_text(ci.request.number, NULL);
		rel_ci_free(&ci);
	}
	/* the fork is gone */
	detect(&ci, ENVIRONMENT("A=b"));
	assert_int_equal(
	    rel_ci_read_event(
		&ci,
		REL_STR("{\"pull_request\": {\"head\": {\"repo\": null},"
			" \"base\": {\"repo\": {\"full_name\": \"a/b\"}}}}"),
		NULL),
	    0);
	assert_true(ci.request.foreign);
	rel_ci_free(&ci);
}

static void test_forgejo(void **state)
{
	struct rel_ci ci;

	(void)state;
	detect(&ci,
	       ENVIRONMENT("CI=true", "GITHUB_ACTIONS=true",
			   "GITEA_ACTIONS=true", "FORGEJO_ACTIONS=true",
			   "GITHUB_SERVER_URL=https://codeberg.org",
			   "GITHUB_REPOSITORY=example/foo",
			   "GITHUB_EVENT_NAME=push", "GITHUB_RUN_ID=12",
			   "GITHUB_REF=refs/tags/v1.0", "GITHUB_SHA=" SHA));
	assert_int_equal(ci.kind, REL_CI_FORGEJO);
	assert_int_equal(ci.event, REL_CI_TAG);
	check_text(ci.tag, "v1.0");
	check_text(ci.url, "https://codeberg.org/example/foo");
	rel_ci_free(&ci);
	detect(&ci, ENVIRONMENT("GITHUB_ACTIONS=true", "GITEA_ACTIONS=true"));
	assert_int_equal(ci.kind, REL_CI_FORGEJO);
	check_text(ci.url, NULL);
	rel_ci_free(&ci);
}

#define GITLAB                                                             \
	"CI=true", "GITLAB_CI=true", "CI_COMMIT_SHA=" SHA,                 \
	    "CI_PROJECT_PATH=example/foo", "CI_PROJECT_DIR=/builds/foo",   \
	    "CI_PROJECT_URL=https://gitlab.example.org/example/foo",       \
	    "CI_JOB_URL=https://gitlab.example.org/example/foo/-/jobs/12", \
	    "CI_JOB_TOKEN=secret"

static void test_gitlab_tag(void **state)
{
	struct rel_ci ci;

	(void)state;
	detect(&ci, ENVIRONMENT(GITLAB, "CI_PIPELINE_SOURCE=push",
				"CI_COMMIT_TAG=1.2",
				"CI_COMMIT_BRANCH=", "CI_COMMIT_REF_NAME=1.2"));
	assert_int_equal(ci.kind, REL_CI_GITLAB);
	assert_int_equal(ci.event, REL_CI_TAG);
	check_text(ci.tag, "1.2");
	check_text(ci.branch, NULL);
	check_text(ci.commit, SHA);
	check_text(ci.url, "https://gitlab.example.org/example/foo");
	check_text(ci.job_url,
		   "https://gitlab.example.org/example/foo/-/jobs/12");
	check_text(ci.report, "/builds/foo/gl-code-quality-report.json");
	check_text(ci.environment, "/builds/foo/relctl.env");
	check_text(ci.summary, NULL);
	rel_ci_free(&ci);
}

static void check_gitlab(const char *source, const char *more,
			 enum rel_ci_event expected)
{
	char variable[80];
	struct rel_ci ci;

	snprintf(variable, sizeof(variable), "CI_PIPELINE_SOURCE=%s", source);
	detect(&ci, ENVIRONMENT(GITLAB, variable, more));
	assert_int_equal(ci.event, expected);
	rel_ci_free(&ci);
}

static void test_gitlab_events(void **state)
{
	(void)state;
	check_gitlab("push", "CI_COMMIT_BRANCH=main", REL_CI_BRANCH);
	check_gitlab("web", "CI_COMMIT_BRANCH=main", REL_CI_MANUAL);
	check_gitlab("web", "CI_COMMIT_TAG=1", REL_CI_TAG);
	check_gitlab("trigger", "CI_COMMIT_BRANCH=main", REL_CI_MANUAL);
	check_gitlab("ondemand_dast_scan", "CI_COMMIT_BRANCH=main",
		     REL_CI_OTHER);
	check_gitlab("", "CI_COMMIT_BRANCH=main", REL_CI_OTHER);
	check_gitlab("schedule", "CI_COMMIT_BRANCH=main", REL_CI_SCHEDULE);
	check_gitlab("schedule", "CI_COMMIT_TAG=1", REL_CI_SCHEDULE);
	check_gitlab("merge_request_event", "CI_MERGE_REQUEST_IID=3",
		     REL_CI_REQUEST);
	check_gitlab("external_pull_request_event",
		     "CI_EXTERNAL_PULL_REQUEST_IID=3", REL_CI_REQUEST);
}

static void test_gitlab_request(void **state)
{
	struct rel_ci ci;

	(void)state;
	detect(&ci,
	       ENVIRONMENT(GITLAB, "CI_PIPELINE_SOURCE=merge_request_event",
			   "CI_MERGE_REQUEST_IID=3",
			   "CI_MERGE_REQUEST_DIFF_BASE_SHA=" BASE,
			   "CI_MERGE_REQUEST_TARGET_BRANCH_SHA=",
			   "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=",
			   "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main",
			   "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix",
			   "CI_MERGE_REQUEST_PROJECT_PATH=example/foo",
			   "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=example/foo"));
	check_text(ci.request.number, "3");
	check_text(ci.request.target, "main");
	check_text(ci.request.source, "fix");
	check_text(ci.request.base, BASE);
	check_text(ci.request.head, SHA);
	assert_false(ci.request.foreign);
	rel_ci_free(&ci);
	detect(&ci, ENVIRONMENT(
			GITLAB, "CI_PIPELINE_SOURCE=merge_request_event",
			"CI_MERGE_REQUEST_IID=3",
			"CI_MERGE_REQUEST_DIFF_BASE_SHA=" SHA,
			"CI_MERGE_REQUEST_TARGET_BRANCH_SHA=" BASE,
			"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=" HEAD,
			"CI_MERGE_REQUEST_PROJECT_PATH=example/foo",
			"CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=somebody/foo"));
	check_text(ci.request.base, BASE);
	check_text(ci.request.head, HEAD);
	assert_true(ci.request.foreign);
	rel_ci_free(&ci);
}

#define WOODPECKER                                                       \
	"CI=woodpecker", "CI_REPO=example/foo", "CI_COMMIT_SHA=" SHA,    \
	    "CI_REPO_URL=https://git.example.org/example/foo",           \
	    "CI_PIPELINE_URL=https://ci.example.org/repos/7/pipeline/8", \
	    "CI_WORKSPACE=/woodpecker/src"

static void test_woodpecker(void **state)
{
	struct rel_ci ci;

	(void)state;
	detect(&ci,
	       ENVIRONMENT(WOODPECKER, "CI_PIPELINE_EVENT=tag",
			   "CI_COMMIT_REF=refs/tags/v1.10.3",
			   "CI_COMMIT_TAG=v1.10.3", "CI_COMMIT_BRANCH=main"));
	assert_int_equal(ci.kind, REL_CI_WOODPECKER);
	assert_int_equal(ci.event, REL_CI_TAG);
	check_text(ci.tag, "v1.10.3");
	check_text(ci.branch, NULL);
	check_text(ci.url, "https://git.example.org/example/foo");
	check_text(ci.environment, "/woodpecker/src/relctl.env");
	check_text(ci.report, NULL);
	rel_ci_free(&ci);
	detect(&ci, ENVIRONMENT(WOODPECKER, "CI_PIPELINE_EVENT=pull_request",
				"CI_COMMIT_REF=refs/pull/1/head",
				"CI_COMMIT_TAG=", "CI_COMMIT_BRANCH=main",
				"CI_COMMIT_PULL_REQUEST=1",
				"CI_COMMIT_TARGET_BRANCH=main",
				"CI_COMMIT_SOURCE_BRANCH=fix"));
	assert_int_equal(ci.event, REL_CI_REQUEST);
	check_text(ci.request.number, "1");
	check_text(ci.request.target, "main");
	check_text(ci.request.source, "fix");
	check_text(ci.request.head, SHA);
	check_text(ci.request.base, NULL);
	rel_ci_free(&ci);
	detect(&ci, ENVIRONMENT(WOODPECKER, "CI_PIPELINE_EVENT=release",
				"CI_COMMIT_REF=refs/tags/v2"));
	assert_int_equal(ci.event, REL_CI_TAG);
	check_text(ci.tag, "v2");
	rel_ci_free(&ci);
	detect(&ci, ENVIRONMENT(WOODPECKER, "CI_PIPELINE_EVENT=cron",
				"CI_COMMIT_BRANCH=main"));
	assert_int_equal(ci.event, REL_CI_SCHEDULE);
	check_text(ci.branch, "main");
	rel_ci_free(&ci);
	detect(&ci,
	       ENVIRONMENT(WOODPECKER, "CI_PIPELINE_EVENT=pull_request_closed",
			   "CI_COMMIT_BRANCH=main"));
	assert_int_equal(ci.event, REL_CI_OTHER);
	rel_ci_free(&ci);
}

static void test_plain_and_named(void **state)
{
	struct rel_error err = {0};
	struct rel_ci ci;

	(void)state;
	detect(&ci, ENVIRONMENT("PATH=/bin", "GITHUB_ACTIONS_X=true", "CI="));
	assert_int_equal(ci.kind, REL_CI_PLAIN);
	assert_int_equal(ci.event, REL_CI_OTHER);
	check_text(ci.event_name, "");
	rel_ci_free(&ci);
	assert_int_equal(rel_ci_detect(&ci, ENVIRONMENT(GITHUB), "plain", &err),
			 0);
	assert_int_equal(ci.kind, REL_CI_PLAIN);
	check_text(ci.outputs, NULL);
	rel_ci_free(&ci);
	assert_int_equal(
	    rel_ci_detect(&ci, ENVIRONMENT(GITHUB), "jenkins", &err),
	    REL_EUSAGE);
	rel_ci_free(&ci);
	for (int i = 0; i < REL_CI_SYSTEMS; i++)
		assert_non_null(
		    strstr(REL_CI_SYSTEM_NAMES,
			   rel_ci_system_name((enum rel_ci_system)i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_github_tag),
	    cmocka_unit_test(test_github_events),
	    cmocka_unit_test(test_github_request),
	    cmocka_unit_test(test_github_queue),
	    cmocka_unit_test(test_event_files_refused),
	    cmocka_unit_test(test_odd_event_files),
	    cmocka_unit_test(test_forgejo),
	    cmocka_unit_test(test_gitlab_tag),
	    cmocka_unit_test(test_gitlab_events),
	    cmocka_unit_test(test_gitlab_request),
	    cmocka_unit_test(test_woodpecker),
	    cmocka_unit_test(test_plain_and_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
