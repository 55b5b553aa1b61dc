/* The workflow of a CI system: where it lies, what lies in its way. */
#include <assert.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "scaffold/look.h"
#include "scaffold/plan.h"

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
