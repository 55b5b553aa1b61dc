#include "scaffold/look.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/worktree.h"
#include "release/source/changelog.h"
#include "release/source/project.h"

/* The type bits of what stands there; 0 = nothing. */
static mode_t mode_of(const struct rel_scaffold_facts *facts, const char *name)
{
	struct rel_buf path;
	struct stat st;
	bool found;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&path, rel_str_of(facts->root), rel_str_of(name));
	found = path.status == 0 && lstat(path.ptr, &st) == 0;
	rel_buf_free(&path);
	return found ? st.st_mode & S_IFMT : 0;
}

bool rel_scaffold_has(const struct rel_scaffold_facts *facts, const char *name)
{
	return mode_of(facts, name) != 0;
}

/* Is there a path in the root that this pattern of glob(3) matches? */
static bool matches(const struct rel_scaffold_facts *facts, const char *pattern)
{
	struct rel_buf path;
	glob_t found = {0};
	bool some;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	for (const char *p = facts->root; *p; p++) {
		if (strchr("*?[\\", *p))
			rel_buf_add_char(&path, '\\');
		rel_buf_add_char(&path, *p);
	}
	rel_path_join(&path, REL_STR("/"), rel_str_of(pattern));
	some =
	    path.status == 0 && glob(path.ptr, GLOB_NOSORT, NULL, &found) == 0;
	globfree(&found);
	rel_buf_free(&path);
	return some;
}

/* A file `repo` as opam reads it: enough for a remote without packages. */
static bool is_repo_file(const struct rel_scaffold_facts *facts)
{
	static const char field[] = "opam-version";
	struct rel_buf path, text;
	bool found;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&path, rel_str_of(facts->root), REL_STR("repo"));
	found = path.status == 0 && rel_file_read(&text, path.ptr, NULL) == 0 &&
		text.len > 0 &&
		memmem(text.ptr, text.len, field, sizeof(field) - 1) != NULL;
	rel_buf_free(&path);
	rel_buf_free(&text);
	return found;
}

static bool has_changelog(const struct rel_scaffold_facts *facts)
{
	DIR *dir = opendir(facts->root);
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = rel_changelog_is_name(rel_str_of(entry->d_name));
	if (dir)
		closedir(dir);
	return found;
}

/* Places of opam files: release/source/project.h. */
static void look_at_root(struct rel_scaffold_facts *facts)
{
	static const char *const project[] = {"dune-project", "?*.opam",
					      "opam/opam", "opam/?*.opam"};

	for (size_t i = 0; i < sizeof(project) / sizeof(project[0]); i++)
		facts->is_project |= matches(facts, project[i]);
	/* a file opam, not a directory */
	facts->is_project |= mode_of(facts, "opam") == S_IFREG;
	facts->is_remote =
	    is_repo_file(facts) || matches(facts, "packages/*/*/opam");
	facts->has_changelog = has_changelog(facts);
}

static int list_packages(struct rel_scaffold_facts *facts,
			 const struct rel_project *project,
			 struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < project->n_packages; i++)
		rel_buf_printf(&text, "%s%s", i ? ", " : "",
			       project->packages[i].name.ptr);
	rc = rel_buf_status(&text, "names of packages", err);
	if (rc == 0) {
		facts->packages =
		    rel_arena_copy(&facts->arena, rel_buf_str(&text));
		facts->name = rel_arena_copy(&facts->arena, project->name);
		if (!facts->packages || !facts->name)
			rc = rel_fail_nomem(err);
	}
	rel_buf_free(&text);
	return rc;
}

/* A project that cannot be read yet is no reason to stop, but is told. */
static int keep_trouble(struct rel_scaffold_facts *facts,
			const struct rel_error *why, struct rel_error *err)
{
	char text[REL_ERROR_PATH_MAX + REL_ERROR_TEXT_MAX];

	rel_error_format(why, text, sizeof(text));
	facts->trouble = rel_arena_copy(&facts->arena, rel_str_of(text));
	return facts->trouble ? 0 : rel_fail_nomem(err);
}

static int look_at_project(struct rel_scaffold_facts *facts,
			   struct rel_git_worktree *checkout,
			   const struct rel_git_head *head,
			   struct rel_error *err)
{
	struct rel_project *project = NULL;
	struct rel_error why = {0};
	int rc;

	if (head->unborn)
		rc = rel_fail(&why, REL_ENOTFOUND, "nothing is committed yet");
	else
		rc =
		    rel_project_scan(&project, rel_git_worktree_store(checkout),
				     &head->commit, NULL, &why);
	if (rc == REL_ENOMEM)
		rc = rel_fail_nomem(err);
	else if (rc)
		rc = keep_trouble(facts, &why, err);
	else
		rc = list_packages(facts, project, err);
	rel_project_free(project);
	return rc;
}

static int look_at_checkout(struct rel_scaffold_facts *facts,
			    struct rel_git_worktree *checkout,
			    struct rel_error *err)
{
	struct rel_git_head head = {0};
	int rc;

	facts->root = rel_arena_copy(
	    &facts->arena, rel_str_of(rel_git_worktree_root(checkout)));
	if (!facts->root)
		return rel_fail_nomem(err);
	look_at_root(facts);
	rc = rel_git_worktree_head(&head, checkout, err);
	if (rc == 0)
		rc = rel_scaffold_look_origin(facts, head.url ? head.url : "",
					      err);
	if (rc == 0)
		rc = rel_scaffold_look_tags(
		    facts, rel_git_worktree_store(checkout), err);
	if (rc == 0 && facts->is_project)
		rc = look_at_project(facts, checkout, &head, err);
	rel_git_head_free(&head);
	return rc;
}

/* Without git: the directory itself. */
static int look_at_directory(struct rel_scaffold_facts *facts,
			     const char *directory, struct rel_error *err)
{
	char *real = realpath(directory, NULL);

	if (!real)
		return rel_fail_errno(err, errno, directory, "cannot enter");
	facts->root = rel_arena_copy(&facts->arena, rel_str_of(real));
	free(real);
	if (!facts->root)
		return rel_fail_nomem(err);
	look_at_root(facts);
	if (facts->is_project)
		facts->trouble = "it is in no git repository";
	return rel_scaffold_look_origin(facts, "", err);
}

int rel_scaffold_look(struct rel_scaffold_facts *out, const char *directory,
		      struct rel_error *err)
{
	struct rel_git_worktree *checkout = NULL;
	int rc;

	*out = (struct rel_scaffold_facts){.packages = "",
					   .trouble = "",
					   .origin = "",
					   .origin_host = "",
					   .tag = "{version}"};
	rel_arena_init(&out->arena, REL_LIMIT_CONF_ARENA);
	rc = rel_git_worktree_open(&checkout, directory, NULL, err);
	if (rc == 0)
		rc = look_at_checkout(out, checkout, err);
	else if (rc == REL_ENOTFOUND)
		rc = look_at_directory(out, directory, err);
	if (rc == 0 && !out->name)
		rc = rel_scaffold_name_of(
		    &out->name, &out->arena,
		    *out->origin ? out->origin : out->root, err);
	rel_git_worktree_free(checkout);
	return rc;
}

void rel_scaffold_facts_free(struct rel_scaffold_facts *facts)
{
	rel_arena_free(&facts->arena);
}
