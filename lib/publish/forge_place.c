/* Where the API of a forge is, and which token it takes. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "base/secrets.h"
#include "git/remote.h"
#include "publish/address.h"
#include "publish/publish_private.h"

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

#define MAX_VARIABLES 3
#define MAX_SERVERS   4

/* A variable with a token, and those with the servers that it is for: URLs or
 * names of hosts. */
struct variable {
	const char *name;
	bool home; /* the forge's own, when none of them is set */
	const char *servers[MAX_SERVERS];
};

#define EXPLICIT                            \
	{                                   \
		"RELCTL_TOKEN", false,      \
		{                           \
			"RELCTL_TOKEN_HOST" \
		}                           \
	}

static const struct form {
	const struct rel_forge_kind *kind;
	struct variable variables[MAX_VARIABLES]; /* of the environment */
	const char *header, *before;
	/* The second variable's token goes into this field, if it is one. */
	const char *second;
} forms[] = {
    /* https://docs.github.com/actions, "Variables reference";
     * https://cli.github.com/manual/gh_help_environment */
    {&rel_forge_github,
     {{"GITHUB_TOKEN", true, {"GITHUB_API_URL", "GITHUB_SERVER_URL"}},
      {"GH_TOKEN", true, {"GH_HOST"}},
      EXPLICIT},
     "Authorization",
     "Bearer ",
     NULL},
    /* https://docs.gitlab.com/ci/jobs/ci_job_token */
    {&rel_forge_gitlab,
     {{"GITLAB_TOKEN", true, {"CI_API_V4_URL", "CI_SERVER_URL", "GITLAB_HOST"}},
      {"CI_JOB_TOKEN", false, {"CI_API_V4_URL", "CI_SERVER_URL"}},
      EXPLICIT},
     "PRIVATE-TOKEN",
     "",
     "JOB-TOKEN"},
    /* The variables of Actions; https://woodpecker-ci.org/docs */
    {&rel_forge_forgejo,
     {{"FORGEJO_TOKEN",
       true,
       {"GITHUB_API_URL", "GITHUB_SERVER_URL", "CI_FORGE_URL"}},
      {"GITEA_TOKEN",
       true,
       {"GITHUB_API_URL", "GITHUB_SERVER_URL", "CI_FORGE_URL"}},
      EXPLICIT},
     "Authorization",
     "token ",
     NULL},
};

static const struct form *form_of(const struct rel_forge_kind *kind)
{
	const struct form *form = forms;

	while (form->kind != kind)
		form++;
	return form;
}

static bool same_text(struct rel_str a, struct rel_str b)
{
	return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* server  "https://host:port/…" or "host" */
static bool is_server(const struct rel_git_url *place, const char *server)
{
	struct rel_git_url url;

	if (!strstr(server, "://"))
		return same_text(place->host, rel_str_of(server));
	return rel_git_url_parse(&url, server, NULL) == 0 &&
	       same_text(place->host, url.host) &&
	       same_text(place->port, url.port);
}

/* Is the variable's token for this place? */
static bool is_for(const struct variable *variable,
		   const struct rel_forge_kind *kind,
		   const struct rel_forge_place *place)
{
	struct rel_git_url url;
	bool named = false;

	if (rel_git_url_parse(&url, place->api, NULL) != 0)
		return false;
	for (size_t i = 0; i < MAX_SERVERS && variable->servers[i]; i++) {
		const char *server = getenv(variable->servers[i]);

		if (server && !*server)
			server = NULL;
		if (server && is_server(&url, server))
			return true;
		named = named || server;
	}
	return variable->home && !named &&
	       (is_server(&url, kind->home) || is_server(&url, kind->home_api));
}

/* The first variable that is set, though for another server; or NULL. */
static const char *set_for_others(const struct form *form)
{
	for (size_t i = 0; i < MAX_VARIABLES; i++) {
		if (rel_secret_env(form->variables[i].name))
			return form->variables[i].name;
	}
	return NULL;
}

static int fail_none(const struct form *form,
		     const struct rel_forge_place *place, struct rel_error *err)
{
	const char *other = set_for_others(form);

	if (other)
		return rel_fail(err, REL_EAUTH,
				"no token for %s; $%s is for another server; "
				"for this one set RELCTL_TOKEN, and "
				"RELCTL_TOKEN_HOST to its host",
				place->web, other);
	return rel_fail(err, REL_EAUTH,
			"no token for %s; set %s, or RELCTL_TOKEN and "
			"RELCTL_TOKEN_HOST, in the environment",
			place->web, form->variables[0].name);
}

static int take(struct rel_forge_token *out, const struct form *form,
		const struct rel_secret *secret, struct rel_error *err)
{
	const char *source = secret->source.ptr ? secret->source.ptr : "";

	out->header = form->header;
	if (form->second && source[0] == '$' &&
	    strcmp(source + 1, form->variables[1].name) == 0)
		out->header = form->second;
	rel_buf_add_cstr(&out->value, form->before);
	rel_buf_add_str(&out->value, rel_buf_str(&secret->password));
	snprintf(out->source, sizeof(out->source), "%s", source);
	return rel_buf_status(&out->value, "the token", err);
}

int rel_forge_token_find(struct rel_forge_token *out,
			 const struct rel_forge_place *place,
			 const struct rel_forge_kind *kind,
			 const struct rel_forge_file *file,
			 struct rel_error *err)
{
	const struct form *form = form_of(kind);
	const char *variables[MAX_VARIABLES];
	struct rel_secret_wish wish = {.url = place->api,
				       .tokens = variables,
				       .file = file->path,
				       .base_dir = file->base_dir};
	struct rel_secret secret;
	int rc;

	for (size_t i = 0; i < MAX_VARIABLES; i++) {
		if (is_for(&form->variables[i], kind, place))
			variables[wish.n_tokens++] = form->variables[i].name;
	}
	rel_secret_init(&secret);
	rc = rel_secret_find(&secret, &wish, err);
	if (rc == 0)
		rc = fail_none(form, place, err);
	else if (rc > 0)
		rc = take(out, form, &secret, err);
	rel_secret_free(&secret);
	return rc;
}

void rel_forge_token_free(struct rel_forge_token *token)
{
	if (token->value.ptr)
		explicit_bzero(token->value.ptr, token->value.cap);
	rel_buf_free(&token->value);
	token->header = NULL;
}

void rel_forge_token_remedy(struct rel_error *err,
			    const struct rel_forge_token *token, int status,
			    bool limited)
{
	size_t len = err ? strlen(err->text) : 0;

	if (len == 0)
		return;
	if (status == 401)
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; check the token (%s)", token->source);
	else if (limited)
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; wait for an hour at most");
	else if (status == 403 || status == 404)
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; is the token (%s) allowed to do that?",
			 token->source);
}
