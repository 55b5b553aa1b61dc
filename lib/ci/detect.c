/* Which CI system, and what it says; one function for each. */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "ci/ci.h"
#include "json/json.h"

struct look {
	struct rel_ci *ci;
	const char *const *environment;
	struct rel_error *err;
};

/* The value of a variable; NULL when it is unset or empty: GitLab and
 * Woodpecker leave some empty that do not apply. */
static const char *get(const struct look *l, const char *name)
{
	size_t len = strlen(name);

	for (const char *const *v = l->environment; *v; v++) {
		if (strncmp(*v, name, len) == 0 && (*v)[len] == '=')
			return (*v)[len + 1] ? *v + len + 1 : NULL;
	}
	return NULL;
}

static bool is(const struct look *l, const char *name, const char *value)
{
	const char *found = get(l, name);

	return found && strcmp(found, value) == 0;
}

static const char *either(const char *a, const char *b)
{
	return a ? a : b;
}

/* What follows `prefix` in `text`; NULL when it does not begin so. */
static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text && strncmp(text, prefix, len) == 0 && text[len] ? text + len
								    : NULL;
}

/* All parts in the arena, or NULL when one is missing. */
static int join(const char **out, const struct look *l,
		const char *const parts[], size_t n)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < n; i++) {
		if (!parts[i]) {
			rel_buf_free(&text);
			return 0;
		}
		rel_buf_add_cstr(&text, parts[i]);
	}
	rc = rel_buf_status(&text, "an address of the CI system", l->err);
	if (rc == 0)
		*out = rel_arena_copy(&l->ci->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return rc || *out ? rc : rel_fail_nomem(l->err);
}
#define JOIN(out, l, ...)                                \
	join(out, l, (const char *const[]){__VA_ARGS__}, \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static int read_event_file(const struct look *l)
{
	const char *path = get(l, "GITHUB_EVENT_PATH");
	struct rel_buf text;
	int rc;

	if (!path)
		return 0;
	rel_buf_init(&text, REL_LIMIT_CI_EVENT_BYTES);
	rc = rel_file_read(&text, path, l->err);
	if (rc == 0) {
		rc = rel_ci_read_event(l->ci, rel_buf_str(&text), l->err);
		if (rc == REL_EPARSE && l->err)
			rel_error_at(l->err, path, l->err->line,
				     l->err->column);
	}
	rel_buf_free(&text);
	if (rc)
		rel_error_prefix(l->err, "the event file of this run");
	return rc;
}

struct named_event {
	const char *name;
	enum rel_ci_event on_branch, on_tag;
};

static enum rel_ci_event find_event(const struct rel_ci *ci,
				    const struct named_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ci->event_name, events[i].name) == 0)
			return ci->tag ? events[i].on_tag : events[i].on_branch;
	}
	return REL_CI_OTHER;
}

static const struct named_event github_events[] = {
    {"push", REL_CI_BRANCH, REL_CI_TAG},
    {"create", REL_CI_OTHER, REL_CI_TAG},
    {"release", REL_CI_OTHER, REL_CI_TAG},
    {"workflow_dispatch", REL_CI_MANUAL, REL_CI_TAG},
    {"repository_dispatch", REL_CI_MANUAL, REL_CI_MANUAL},
    {"schedule", REL_CI_SCHEDULE, REL_CI_SCHEDULE},
    {"pull_request", REL_CI_REQUEST, REL_CI_REQUEST},
    {"pull_request_target", REL_CI_REQUEST, REL_CI_REQUEST},
    {"merge_group", REL_CI_REQUEST, REL_CI_REQUEST}};

static const struct named_event woodpecker_events[] = {
    {"push", REL_CI_BRANCH, REL_CI_TAG},
    {"tag", REL_CI_OTHER, REL_CI_TAG},
    {"release", REL_CI_OTHER, REL_CI_TAG},
    {"manual", REL_CI_MANUAL, REL_CI_TAG},
    {"cron", REL_CI_SCHEDULE, REL_CI_SCHEDULE},
    {"pull_request", REL_CI_REQUEST, REL_CI_REQUEST}};

/* Those that somebody asked for; not those of scanners, of pipelines
 * elsewhere, or unknown ones.
 * Source  https://docs.gitlab.com/ci/jobs/job_rules, "CI_PIPELINE_SOURCE
 *         predefined variable" */
static const struct named_event gitlab_events[] = {
    {"push", REL_CI_BRANCH, REL_CI_TAG},
    {"web", REL_CI_MANUAL, REL_CI_TAG},
    {"api", REL_CI_MANUAL, REL_CI_TAG},
    {"chat", REL_CI_MANUAL, REL_CI_TAG},
    {"trigger", REL_CI_MANUAL, REL_CI_TAG},
    {"pipeline", REL_CI_MANUAL, REL_CI_TAG},
    {"parent_pipeline", REL_CI_MANUAL, REL_CI_TAG},
    {"schedule", REL_CI_SCHEDULE, REL_CI_SCHEDULE}};

#define FIND_EVENT(ci, events) \
	find_event(ci, events, sizeof(events) / sizeof((events)[0]))

/* Also Gitea's and Forgejo's, which set the same variables. */
static int look_github(const struct look *l)
{
	struct rel_ci *ci = l->ci;
	const char *server = get(l, "GITHUB_SERVER_URL");
	const char *ref = get(l, "GITHUB_REF");
	int rc;

	ci->event_name = either(get(l, "GITHUB_EVENT_NAME"), "");
	ci->tag = behind(ref, "refs/tags/");
	ci->branch = behind(ref, "refs/heads/");
	ci->event = FIND_EVENT(ci, github_events);
	ci->commit = get(l, "GITHUB_SHA");
	ci->repository = get(l, "GITHUB_REPOSITORY");
	ci->directory = get(l, "GITHUB_WORKSPACE");
	ci->summary = get(l, "GITHUB_STEP_SUMMARY");
	ci->outputs = get(l, "GITHUB_OUTPUT");
	rc = JOIN(&ci->url, l, server, "/", ci->repository);
	if (rc == 0)
		rc = JOIN(&ci->job_url, l, ci->url, "/actions/runs/",
			  get(l, "GITHUB_RUN_ID"));
	if (rc || ci->event != REL_CI_REQUEST)
		return rc;
	ci->request.target = get(l, "GITHUB_BASE_REF");
	ci->request.source = get(l, "GITHUB_HEAD_REF");
	return read_event_file(l);
}

static void look_gitlab_request(const struct look *l)
{
	struct rel_ci_request *r = &l->ci->request;
	const char *project = get(l, "CI_MERGE_REQUEST_PROJECT_PATH");
	const char *source = get(l, "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH");

	r->number = get(l, "CI_MERGE_REQUEST_IID");
	r->target = get(l, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
	r->source = get(l, "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME");
	/* the former in pipelines for merged results alone */
	r->base = either(get(l, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA"),
			 get(l, "CI_MERGE_REQUEST_DIFF_BASE_SHA"));
	r->head = either(get(l, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
			 get(l, "CI_COMMIT_SHA"));
	r->foreign = project && source && strcmp(project, source) != 0;
}

/* Of a repository elsewhere that GitLab mirrors. */
static void look_gitlab_external(const struct look *l)
{
	struct rel_ci_request *r = &l->ci->request;
	const char *to = get(l, "CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY");
	const char *from = get(l, "CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY");

	r->number = get(l, "CI_EXTERNAL_PULL_REQUEST_IID");
	r->target = get(l, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME");
	r->source = get(l, "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME");
	r->base = get(l, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA");
	r->head = get(l, "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA");
	r->foreign = to && from && strcmp(to, from) != 0;
}

static int look_gitlab(const struct look *l)
{
	struct rel_ci *ci = l->ci;
	int rc;

	ci->event_name = either(get(l, "CI_PIPELINE_SOURCE"), "");
	ci->tag = get(l, "CI_COMMIT_TAG");
	ci->branch = get(l, "CI_COMMIT_BRANCH");
	ci->commit = get(l, "CI_COMMIT_SHA");
	ci->repository = get(l, "CI_PROJECT_PATH");
	ci->url = get(l, "CI_PROJECT_URL");
	ci->job_url = get(l, "CI_JOB_URL");
	ci->directory = get(l, "CI_PROJECT_DIR");
	ci->event = FIND_EVENT(ci, gitlab_events);
	if (ci->event != REL_CI_SCHEDULE &&
	    (get(l, "CI_MERGE_REQUEST_IID") ||
	     get(l, "CI_EXTERNAL_PULL_REQUEST_IID")))
		ci->event = REL_CI_REQUEST;
	if (get(l, "CI_MERGE_REQUEST_IID"))
		look_gitlab_request(l);
	else if (ci->event == REL_CI_REQUEST)
		look_gitlab_external(l);
	rc =
	    JOIN(&ci->report, l, ci->directory, "/gl-code-quality-report.json");
	if (rc == 0)
		rc = JOIN(&ci->environment, l, ci->directory, "/relctl.env");
	return rc;
}

static int look_woodpecker(const struct look *l)
{
	struct rel_ci *ci = l->ci;

	ci->event_name = either(get(l, "CI_PIPELINE_EVENT"), "");
	ci->tag = either(get(l, "CI_COMMIT_TAG"),
			 behind(get(l, "CI_COMMIT_REF"), "refs/tags/"));
	ci->event = FIND_EVENT(ci, woodpecker_events);
	ci->branch = ci->tag ? NULL : get(l, "CI_COMMIT_BRANCH");
	ci->commit = get(l, "CI_COMMIT_SHA");
	ci->repository = get(l, "CI_REPO");
	ci->url = get(l, "CI_REPO_URL");
	ci->job_url = get(l, "CI_PIPELINE_URL");
	ci->directory = get(l, "CI_WORKSPACE");
	if (ci->event == REL_CI_REQUEST) {
		ci->request.number = get(l, "CI_COMMIT_PULL_REQUEST");
		ci->request.target = get(l, "CI_COMMIT_TARGET_BRANCH");
		ci->request.source = get(l, "CI_COMMIT_SOURCE_BRANCH");
		ci->request.head = ci->commit;
	}
	return JOIN(&ci->environment, l, ci->directory, "/relctl.env");
}

static int look_plain(const struct look *l)
{
	l->ci->event_name = "";
	return 0;
}

static const struct {
	const char *name;
	int (*look)(const struct look *l);
} systems[REL_CI_SYSTEMS] = {
    [REL_CI_PLAIN] = {"plain", look_plain},
    [REL_CI_GITHUB] = {"github", look_github},
    [REL_CI_GITLAB] = {"gitlab", look_gitlab},
    [REL_CI_FORGEJO] = {"forgejo", look_github},
    [REL_CI_WOODPECKER] = {"woodpecker", look_woodpecker},
};

const char *rel_ci_system_name(enum rel_ci_system kind)
{
	return kind < REL_CI_SYSTEMS ? systems[kind].name : "";
}

static enum rel_ci_system find_system(const struct look *l)
{
	if (is(l, "FORGEJO_ACTIONS", "true") || is(l, "GITEA_ACTIONS", "true"))
		return REL_CI_FORGEJO;
	if (is(l, "GITHUB_ACTIONS", "true"))
		return REL_CI_GITHUB;
	if (is(l, "GITLAB_CI", "true"))
		return REL_CI_GITLAB;
	return is(l, "CI", "woodpecker") ? REL_CI_WOODPECKER : REL_CI_PLAIN;
}

static int name_system(enum rel_ci_system *out, const char *name,
		       struct rel_error *err)
{
	for (size_t i = 0; i < REL_CI_SYSTEMS; i++) {
		if (strcmp(systems[i].name, name) == 0) {
			*out = (enum rel_ci_system)i;
			return 0;
		}
	}
	return rel_fail(err, REL_EUSAGE,
			"no CI system \"%.40s\"; known are: %s", name,
			REL_CI_SYSTEM_NAMES);
}

int rel_ci_detect(struct rel_ci *out, const char *const *environment,
		  const char *name, struct rel_error *err)
{
	const struct look l = {out, environment, err};

	memset(out, 0, sizeof(*out));
	rel_arena_init(&out->arena, REL_LIMIT_CONF_ARENA);
	if (!name) {
		out->kind = find_system(&l);
	} else {
		int rc = name_system(&out->kind, name, err);

		if (rc)
			return rc;
	}
	return systems[out->kind].look(&l);
}

void rel_ci_free(struct rel_ci *ci)
{
	rel_arena_free(&ci->arena);
}

/* The file of an event, as GitHub, Gitea and Forgejo write it. */

/* The text at `path`, copied; *out stays as it is when there is none. */
static int take(const char **out, struct rel_ci *ci,
		const struct rel_json_value *event, const char *path,
		struct rel_error *err)
{
	const char *text = rel_json_text_at(event, path);
	const char *copy;

	if (!text || !*text)
		return 0;
	copy = rel_arena_copy(&ci->arena, rel_str_of(text));
	if (!copy)
		return rel_fail_nomem(err);
	*out = copy;
	return 0;
}

static int take_number(struct rel_ci *ci, const struct rel_json_value *event,
		       struct rel_error *err)
{
	uint64_t number = 0;
	char text[24];

	if (!rel_json_uint_at(event, "number", &number))
		return 0;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	ci->request.number = rel_arena_copy(&ci->arena, rel_str_of(text));
	return ci->request.number ? 0 : rel_fail_nomem(err);
}

/* A repository that was deleted meanwhile is null. */
static bool is_foreign(const struct rel_json_value *event)
{
	const char *head =
	    rel_json_text_at(event, "pull_request.head.repo.full_name");
	const char *base =
	    rel_json_text_at(event, "pull_request.base.repo.full_name");

	return base && (!head || strcmp(head, base) != 0);
}

/* "refs/heads/main" of a merge queue; requests have "main". */
static const char *short_branch(const char *name)
{
	static const char prefix[] = "refs/heads/";

	return name && strncmp(name, prefix, sizeof(prefix) - 1) == 0
		   ? name + sizeof(prefix) - 1
		   : name;
}

static int take_request(struct rel_ci *ci, const struct rel_json_value *event,
			struct rel_error *err)
{
	struct rel_ci_request *r = &ci->request;
	const struct {
		const char **out;
		const char *path;
	} fields[] = {
	    {&r->target, "pull_request.base.ref"},
	    {&r->base, "pull_request.base.sha"},
	    {&r->source, "pull_request.head.ref"},
	    {&r->head, "pull_request.head.sha"},
	    {&r->target, "merge_group.base_ref"},
	    {&r->base, "merge_group.base_sha"},
	    {&r->source, "merge_group.head_ref"},
	    {&r->head, "merge_group.head_sha"},
	};
	int rc = take_number(ci, event, err);

	for (size_t i = 0; rc == 0 && i < sizeof(fields) / sizeof(fields[0]);
	     i++)
		rc = take(fields[i].out, ci, event, fields[i].path, err);
	r->target = short_branch(r->target);
	r->source = short_branch(r->source);
	r->foreign = is_foreign(event);
	return rc;
}

int rel_ci_read_event(struct rel_ci *ci, struct rel_str json,
		      struct rel_error *err)
{
	struct rel_json_value *event = NULL;
	int rc = rel_json_parse(&event, json, err);

	if (rc == 0)
		rc = take_request(ci, event, err);
	rel_json_free(event);
	return rc;
}
