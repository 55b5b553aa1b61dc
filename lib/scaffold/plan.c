#include "scaffold/scaffold_private.h"

#include <assert.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "conf/conf.h"
#include "git/remote.h"
#include "publish/address.h"
#include "repo/location.h"

void rel_scaffold_set(struct rel_scaffold_planner *p, const char *name,
		      const char *text)
{
	assert(p->n_values < REL_SCAFFOLD_VALUES);
	p->values[p->n_values++] = (struct rel_template_value){name, text};
}

int rel_scaffold_fill(struct rel_buf *out, const struct rel_scaffold_planner *p,
		      const char *template)
{
	struct rel_str text = rel_template_find(template);
	int rc;

	assert(text.ptr);
	rc = rel_template_fill(out, text, p->values, p->n_values, p->err);
	if (rc)
		rel_error_prefix(p->err, "template %s", template);
	return rc;
}

static int compare(struct rel_scaffold_planner *p,
		   struct rel_scaffold_file *file)
{
	struct rel_buf path, now;
	int rc;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&now, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&path, rel_str_of(p->facts->root),
		      rel_str_of(file->path));
	rc = rel_buf_status(&path, "path", p->err);
	if (rc == 0) {
		rc = rel_file_read(&now, path.ptr, p->err);
		file->same =
		    rc == 0 && rel_str_eq(rel_buf_str(&now), file->text);
		/* a link that leads nowhere is there, too */
		file->exists =
		    !file->same && rel_scaffold_has(p->facts, file->path);
	}
	rel_buf_free(&path);
	rel_buf_free(&now);
	return rc == REL_ENOTFOUND || rc == REL_ELIMIT ? 0 : rc;
}

int rel_scaffold_add(struct rel_scaffold_planner *p, const char *path,
		     struct rel_buf *text)
{
	struct rel_scaffold_plan *plan = p->plan;
	struct rel_scaffold_file *file = &plan->files[plan->n_files];
	char *copy;

	assert(plan->n_files < REL_SCAFFOLD_FILES);
	copy = rel_arena_copy(&plan->arena, rel_buf_str(text));
	if (!copy)
		return rel_fail_nomem(p->err);
	file->path = path;
	file->text = rel_str_n(copy, text->len);
	plan->n_files++;
	return compare(p, file);
}

/* For between double quotes in YAML. */
static int quoted(const char **out, struct rel_scaffold_planner *p,
		  const char *text)
{
	struct rel_buf buf;
	int rc;

	rel_buf_init(&buf, REL_LIMIT_CONFIG_BYTES);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			rel_buf_add_char(&buf, '\\');
		rel_buf_add_char(&buf, *text);
	}
	rc = rel_buf_status(&buf, "text", p->err);
	*out = rc ? NULL : rel_arena_copy(&p->plan->arena, rel_buf_str(&buf));
	rel_buf_free(&buf);
	return rc == 0 && !*out ? rel_fail_nomem(p->err) : rc;
}

static int set_quoted(struct rel_scaffold_planner *p, const char *name,
		      const char *text)
{
	const char *copy;
	int rc = quoted(&copy, p, text);

	if (rc == 0)
		rel_scaffold_set(p, name, copy);
	return rc;
}

/* What goes into a file that others read holds no password. */
static int check_public(struct rel_scaffold_planner *p, const char *location)
{
	struct rel_buf shown;
	bool same;

	rel_buf_init(&shown, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&shown, location);
	same = rel_str_is(rel_buf_str(&shown), location);
	rel_buf_free(&shown);
	if (same)
		return 0;
	return rel_fail(p->err, REL_EUSAGE,
			"a location in relctl.yml is read by everybody; give "
			"it without user, password and query");
}

static bool is_on_disk(const struct rel_location *location)
{
	return location->kind == REL_LOCATION_GIT_LOCAL ||
	       location->kind == REL_LOCATION_DIRECTORY;
}

static int check_location(struct rel_location *out,
			  struct rel_scaffold_planner *p, const char *text)
{
	char *here = realpath(".", NULL);
	int rc = check_public(p, text);

	if (rc == 0)
		rc = rel_location_parse(out, rel_str_of(text), NULL,
					&p->plan->arena, p->err);
	/* relative paths are taken from the file's directory */
	if (rc == 0 && is_on_disk(out) && out->url[0] != '/' &&
	    (!here || strcmp(here, p->facts->root) != 0))
		rc = rel_fail(p->err, REL_EUSAGE,
			      "\"%.200s\" must be an absolute path, or a path "
			      "from %.300s, where relctl.yml will be",
			      text, p->facts->root);
	free(here);
	return rc;
}

/* "../dev.git" → "../dev-archives": beside a git repository on this disk,
 * whose files nobody could fetch. */
static int archives_beside(const char **out, struct rel_scaffold_planner *p,
			   const char *repository)
{
	struct rel_str place = rel_str_of(repository);
	struct rel_buf text;
	int rc;

	if (rel_str_ends(place, REL_STR(".git")))
		place.len -= strlen(".git");
	while (place.len > 1 && place.ptr[place.len - 1] == '/')
		place.len--;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%.*s-archives", REL_STR_ARG(place));
	rc = rel_buf_status(&text, "path", p->err);
	if (rc == 0)
		rc = quoted(out, p, text.ptr);
	rel_buf_free(&text);
	return rc;
}

/* Have the files of the git repository a public address that is known? */
static int has_address(bool *out, struct rel_scaffold_planner *p,
		       const struct rel_location *location)
{
	struct rel_buf address;
	int rc;

	rel_buf_init(&address, REL_LIMIT_CONFIG_BYTES);
	rc = rel_publish_raw_address(&address, location->url, "main", p->err);
	rel_buf_free(&address);
	*out = rc == 0;
	return rc == REL_ENOTFOUND ? 0 : rc;
}

/* Releases of the forge that the project is on: known by its host, or because
 * it has its own CI system.  Nothing is added when there is none. */
static void add_forge(struct rel_buf *out, const struct rel_scaffold_planner *p)
{
	const char *ci = p->choice->ci, *forge;
	struct rel_git_url origin;

	if (rel_git_url_parse(&origin, p->facts->origin, NULL) ||
	    origin.transport == REL_GIT_LOCAL)
		return;
	forge = rel_publish_forge(origin.host);
	if (forge) {
		rel_buf_printf(out, "kind: %s", forge);
	} else if (ci && strcmp(ci, "woodpecker") != 0) {
		rel_buf_printf(out, "kind: %s\nrepository: \"", ci);
		rel_publish_add_origin(out, &origin);
		rel_buf_printf(
		    out, "/%.*s\"",
		    REL_STR_ARG(rel_publish_repository(origin.path)));
	}
}

static int add_mirror(struct rel_buf *out, struct rel_scaffold_planner *p,
		      const struct rel_location *location)
{
	const char *dir = NULL;
	bool known = true;
	int rc = 0;

	if (location->kind == REL_LOCATION_GIT_LOCAL)
		rc = archives_beside(&dir, p, location->url);
	else if (location->kind == REL_LOCATION_GIT_REMOTE)
		rc = has_address(&known, p, location);
	if (rc)
		return rc;
	if (!known)
		rel_buf_add_cstr(
		    &p->plan->todo,
		    "in relctl.yml, publish: where archives go and "
		    "can be fetched; see relctl.yml(5)\n");
	rel_buf_add_cstr(out, "kind: mirror");
	if (dir)
		rel_buf_printf(out, "\ndir: \"%s\"", dir);
	return 0;
}

/* Where archives go, the lines below publish:. */
static int set_publish(struct rel_scaffold_planner *p,
		       const struct rel_location *location)
{
	struct rel_buf text;
	const char *copy;
	int rc = 0;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	add_forge(&text, p);
	if (text.len == 0)
		rc = add_mirror(&text, p, location);
	if (rc == 0)
		rc = rel_buf_status(&text, "text", p->err);
	copy = rc ? NULL : rel_arena_copy(&p->plan->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	if (rc == 0 && !copy)
		rc = rel_fail_nomem(p->err);
	if (rc == 0)
		rel_scaffold_set(p, "PUBLISH", copy);
	return rc;
}

/* The host for whose git repositories a token is needed; "" = none. */
static int set_host(struct rel_scaffold_planner *p,
		    const struct rel_location *location)
{
	struct rel_git_url url;
	const char *host = p->facts->origin_host;

	if (!p->choice->remote) {
		host = "";
		if (location->kind == REL_LOCATION_GIT_REMOTE &&
		    rel_git_url_parse(&url, location->url, NULL) == 0)
			host = rel_arena_copy(&p->plan->arena, url.host);
		if (!host)
			return rel_fail_nomem(p->err);
	}
	return set_quoted(p, "DEVELOPMENT_HOST", host);
}

static int set_development(struct rel_scaffold_planner *p)
{
	const struct rel_scaffold_choice *choice = p->choice;
	struct rel_location location = {.kind = REL_LOCATION_DIRECTORY};
	const char *name = p->facts->name;
	int rc = 0;

	if (!choice->remote) {
		rc = check_location(&location, p, choice->development);
		if (rc)
			rel_error_prefix(p->err, "development remote");
		else if (location.kind == REL_LOCATION_HTTP)
			rc = rel_fail(p->err, REL_EUSAGE,
				      "nothing can be written to %.200s; give "
				      "its git repository, "
				      "git+https://…",
				      location.text);
		if (rc == 0)
			rc = rel_scaffold_name_of(&name, &p->plan->arena,
						  location.url, p->err);
	}
	rel_scaffold_set(p, "DEVELOPMENT_NAME", name);
	rel_scaffold_set(p, "UPSTREAM_NAME",
			 strcmp(name, "default") ? "default" : "upstream");
	if (rc == 0)
		rc = set_quoted(p, "DEVELOPMENT_URL",
				choice->remote ? "." : choice->development);
	if (rc == 0)
		rc = set_host(p, &location);
	return rc ? rc : set_publish(p, &location);
}

static int set_values(struct rel_scaffold_planner *p)
{
	struct rel_location upstream;
	int rc = check_location(&upstream, p, p->choice->upstream);

	if (rc) {
		rel_error_prefix(p->err, "upstream remote");
		return rc;
	}
	rel_scaffold_set(p, "NAME", p->facts->name);
	rel_scaffold_set(p, "CHANGELOG",
			 p->facts->has_changelog ? "" : "changelog: false");
	rc = set_development(p);
	if (rc == 0)
		rc = set_quoted(p, "UPSTREAM_URL", p->choice->upstream);
	if (rc == 0)
		rc = set_quoted(p, "TAG", p->facts->tag);
	if (rc == 0)
		rc = check_public(p, p->choice->source);
	return rc ? rc : set_quoted(p, "RELCTL_SOURCE", p->choice->source);
}

/* relctl.yml, read back. */
static int plan_conf(struct rel_scaffold_planner *p)
{
	struct rel_conf conf = {0};
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_scaffold_fill(&text, p, "relctl.yml");
	if (rc == 0 && !p->choice->remote)
		rc = rel_scaffold_fill(&text, p, "release.yml");
	if (rc == 0)
		rc = rel_conf_parse(&conf, rel_buf_str(&text), REL_CONF_FILE,
				    p->err);
	if (rc == 0)
		rc = rel_scaffold_add(p, REL_CONF_FILE, &text);
	rel_conf_free(&conf);
	rel_buf_free(&text);
	return rc;
}

/* Without it and without packages/ a directory is not a remote. */
static int plan_repo(struct rel_scaffold_planner *p)
{
	struct rel_buf text;
	int rc;

	if (!p->choice->remote || rel_scaffold_has(p->facts, "repo"))
		return 0;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_scaffold_fill(&text, p, "remote/repo");
	if (rc == 0)
		rc = rel_scaffold_add(p, "repo", &text);
	rel_buf_free(&text);
	return rc;
}

int rel_scaffold_plan(struct rel_scaffold_plan *out,
		      const struct rel_scaffold_facts *facts,
		      const struct rel_scaffold_choice *choice,
		      struct rel_error *err)
{
	struct rel_scaffold_planner p = {
	    .plan = out, .facts = facts, .choice = choice, .err = err};
	int rc;

	*out = (struct rel_scaffold_plan){.n_files = 0};
	rel_arena_init(&out->arena, REL_LIMIT_CONF_ARENA);
	rel_buf_init(&out->todo, REL_LIMIT_CONFIG_BYTES);
	rc = set_values(&p);
	if (rc == 0)
		rc = rel_scaffold_plan_ci(&p);
	if (rc == 0)
		rc = plan_repo(&p);
	return rc ? rc : plan_conf(&p);
}

void rel_scaffold_plan_free(struct rel_scaffold_plan *plan)
{
	rel_buf_free(&plan->todo);
	rel_arena_free(&plan->arena);
}

/* The workflow of a CI system: where it lies, what lies in its way. */

static void todo(struct rel_scaffold_planner *p, const char *text)
{
	rel_buf_printf(&p->plan->todo, "%s\n", text);
}

/* Does the file hold `text`? */
static bool file_holds(const struct rel_scaffold_planner *p, const char *name,
		       const char *text)
{
	struct rel_buf path, content;
	bool found;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&content, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&path, rel_str_of(p->facts->root), rel_str_of(name));
	found = path.status == 0 &&
		rel_file_read(&content, path.ptr, NULL) == 0 &&
		content.len > 0 &&
		memmem(content.ptr, content.len, text, strlen(text)) != NULL;
	rel_buf_free(&path);
	rel_buf_free(&content);
	return found;
}

/* A pipeline that is there stays; ours is included by it. */
static const char *place_gitlab(struct rel_scaffold_planner *p)
{
	if (!rel_scaffold_has(p->facts, ".gitlab-ci.yml") ||
	    file_holds(p, ".gitlab-ci.yml", "- relctl ci"))
		return ".gitlab-ci.yml";
	if (!file_holds(p, ".gitlab-ci.yml", ".gitlab/relctl.yml"))
		todo(p, "in .gitlab-ci.yml: include: [{local: "
			".gitlab/relctl.yml}]");
	return ".gitlab/relctl.yml";
}

/* Forgejo reads the first of these directories only. */
static const char *place_forgejo(struct rel_scaffold_planner *p)
{
	if (rel_scaffold_has(p->facts, ".forgejo/workflows"))
		return ".forgejo/workflows/relctl.yml";
	if (rel_scaffold_has(p->facts, ".gitea/workflows"))
		return ".gitea/workflows/relctl.yml";
	if (rel_scaffold_has(p->facts, ".github/workflows"))
		todo(p, "Forgejo reads .forgejo/workflows instead of "
			".github/workflows from now on: move what it should "
			"still run");
	return ".forgejo/workflows/relctl.yml";
}

/* Woodpecker reads the directory, and then no single file any more. */
static int place_woodpecker(const char **out, struct rel_scaffold_planner *p)
{
	static const char *const singles[] = {".woodpecker.yml",
					      ".woodpecker.yaml"};

	*out = ".woodpecker/relctl.yml";
	for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
		if (!rel_scaffold_has(p->facts, singles[i]) ||
		    rel_scaffold_has(p->facts, ".woodpecker"))
			continue;
		return rel_fail(p->err, REL_EEXISTS,
				"Woodpecker would not read %s any more beside "
				"%s; move it into .woodpecker/ first",
				singles[i], *out);
	}
	return 0;
}

static int place(const char **out, struct rel_scaffold_planner *p)
{
	const char *ci = p->choice->ci;

	if (strcmp(ci, "woodpecker") == 0)
		return place_woodpecker(out, p);
	if (strcmp(ci, "gitlab") == 0)
		*out = place_gitlab(p);
	else if (strcmp(ci, "forgejo") == 0)
		*out = place_forgejo(p);
	else
		*out = ".github/workflows/relctl.yml";
	return 0;
}

/* What has to be set where the repository lives. */
static void tell_settings(struct rel_scaffold_planner *p)
{
	bool token = !p->choice->remote ||
		     strcmp(p->choice->ci, "gitlab") == 0 ||
		     strcmp(p->choice->ci, "woodpecker") == 0;

	if (*p->choice->source == '\0')
		todo(p, "in the workflow: RELCTL_SOURCE, where it gets relctl "
			"from");
	if (token)
		todo(p, "in the settings of the repository: the secret "
			"RELCTL_TOKEN; the workflow says what for");
	if (p->choice->remote && (strcmp(p->choice->ci, "gitlab") == 0 ||
				  strcmp(p->choice->ci, "woodpecker") == 0))
		todo(p, "in the settings of the repository: a schedule, once "
			"a day");
}

int rel_scaffold_plan_ci(struct rel_scaffold_planner *p)
{
	struct rel_str install = rel_template_find("ci/install.sh");
	struct rel_buf name, text;
	const char *path;
	char *copy;
	int rc;

	if (!p->choice->ci)
		return 0;
	assert(install.ptr);
	copy = rel_arena_copy(&p->plan->arena,
			      rel_str_sub(install, 0, install.len - 1));
	if (!copy)
		return rel_fail_nomem(p->err);
	rel_scaffold_set(p, "INSTALL", copy);
	rc = place(&path, p);
	if (rc)
		return rc;
	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&name, "ci/%s/%s.yml", p->choice->ci,
		       p->choice->remote ? "remote" : "project");
	rc = rel_buf_status(&name, "name of a template", p->err);
	if (rc == 0)
		rc = rel_scaffold_fill(&text, p, name.ptr);
	if (rc == 0)
		rc = rel_scaffold_add(p, path, &text);
	if (rc == 0)
		tell_settings(p);
	rel_buf_free(&name);
	rel_buf_free(&text);
	return rc;
}
