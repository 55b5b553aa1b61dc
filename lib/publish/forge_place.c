#include "publish/forge_place.h"

#include "base/limits.h"
#include "publish/address.h"

/* https://docs.github.com/rest, https://docs.gitlab.com/api/rest,
 * https://forgejo.org/docs/latest/user/api-usage */
const struct rel_forge_kind rel_forge_github = {
    "github",  "GitHub", "https://github.com", "https://api.github.com",
    "/api/v3", false};
const struct rel_forge_kind rel_forge_gitlab = {
    "gitlab",  "GitLab", "https://gitlab.com", "https://gitlab.com/api/v4",
    "/api/v4", true};
const struct rel_forge_kind rel_forge_forgejo = {
    "forgejo", "Forgejo", "https://codeberg.org", "https://codeberg.org/api/v1",
    "/api/v1", false};

struct search {
	struct rel_forge_place *out;
	const struct rel_forge_kind *kind;
	const char *api;
	struct rel_arena *arena;
	struct rel_error *err;
};

static const char *keep(struct search *s, const struct rel_buf *text)
{
	return text->status ? NULL
			    : rel_arena_copy(s->arena, rel_buf_str(text));
}

/* scheme://host:port of the repository at `url`. */
static int take_origin(struct search *s, const struct rel_git_url *url)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_publish_add_origin(&text, url);
	s->out->web = keep(s, &text);
	rel_buf_free(&text);
	s->out->repository =
	    rel_arena_copy(s->arena, rel_publish_repository(url->path));
	return s->out->web && s->out->repository ? 0 : rel_fail_nomem(s->err);
}

/* 1: the repository is on such a forge, and taken. */
static int try_location(struct search *s, const char *location)
{
	struct rel_git_url url, api = {.host = {NULL, 0}};
	const char *known;
	bool same = false;
	int rc;

	if (!location || rel_git_url_parse(&url, location, NULL) != 0 ||
	    url.transport == REL_GIT_LOCAL)
		return 0;
	if (s->api && rel_git_url_parse(&api, s->api, NULL) == 0)
		same = rel_str_eq(url.host, api.host);
	known = rel_publish_forge(url.host);
	if (!same && (s->api || !known || strcmp(known, s->kind->name) != 0))
		return 0;
	rc = take_origin(s, &url);
	return rc ? rc : 1;
}

static int take_repository(struct search *s, const char *repository)
{
	struct rel_git_url url;
	int rc;

	if (!strstr(repository, "://")) {
		s->out->repository = repository;
		return 0;
	}
	rc = rel_git_url_parse(&url, repository, s->err);
	return rc ? rc : take_origin(s, &url);
}

static int join(const char **out, struct search *s, const char *a,
		const char *b)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%s%s", a, b);
	*out = keep(s, &text);
	rel_buf_free(&text);
	return *out ? 0 : rel_fail_nomem(s->err);
}

/* What of web and API is not known yet follows from the other one. */
static int complete(struct search *s)
{
	const struct rel_forge_kind *kind = s->kind;
	struct rel_forge_place *out = s->out;
	struct rel_str web;

	out->api = s->api;
	if (!out->web && out->api && strcmp(out->api, kind->home_api) != 0) {
		web = rel_str_of(out->api);
		if (rel_str_ends(web, rel_str_of(kind->api_suffix)))
			web.len -= strlen(kind->api_suffix);
		out->web = rel_arena_copy(s->arena, web);
		return out->web ? 0 : rel_fail_nomem(s->err);
	}
	out->web = out->web ? out->web : kind->home;
	if (out->api)
		return 0;
	if (strcmp(out->web, kind->home) != 0)
		return join(&out->api, s, out->web, kind->api_suffix);
	out->api = kind->home_api;
	return 0;
}

static int check_parts(struct search *s)
{
	struct rel_str path = rel_str_of(s->out->repository);
	size_t parts = 0;

	while (path.ptr) {
		struct rel_str part = rel_str_cut(&path, '/');

		parts += part.len > 0 ? 1 : 100;
	}
	if (parts == 2 || (s->kind->groups && parts > 2 && parts < 100))
		return 0;
	return rel_fail(
	    s->err, REL_EUSAGE,
	    "\"%.200s\" is not a repository of %s; write repository: "
	    "OWNER/NAME in relctl.yml",
	    s->out->repository, s->kind->title);
}

int rel_forge_locate(struct rel_forge_place *out,
		     const struct rel_forge_kind *kind, const char *repository,
		     const char *api, const char *const from[], size_t n_from,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct search s = {out, kind, api, arena, err};
	int rc = 0;

	*out = (struct rel_forge_place){NULL, NULL, NULL};
	if (repository)
		rc = take_repository(&s, repository);
	for (size_t i = 0; rc == 0 && !out->repository && i < n_from; i++) {
		rc = try_location(&s, from[i]);
		rc = rc > 0 ? 0 : rc;
	}
	if (rc)
		return rc;
	if (!out->repository)
		return rel_fail(err, REL_EUSAGE,
				"which repository of %s is it?  Neither the "
				"source nor the development remote is known to "
				"be on one; write repository: (OWNER/NAME or "
				"its address) beside kind: %s in relctl.yml",
				kind->title, kind->name);
	rc = check_parts(&s);
	return rc ? rc : complete(&s);
}
