/* The file of an event, as GitHub, Gitea and Forgejo write it. */
#include "ci/ci.h"
#include "json/read.h"

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
