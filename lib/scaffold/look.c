#include "scaffold/scaffold_private.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/remote.h"
#include "git/worktree.h"
#include "git/write.h"
#include "publish/address.h"
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

/* A project that cannot be read yet does not stop it, but is reported. */
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

/* Names, hosts and addresses that follow from what git knows. */

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("._+-", c));
}

static int keep(const char **out, struct rel_arena *arena, struct rel_buf *text,
		struct rel_error *err)
{
	int rc = rel_buf_status(text, "text", err);

	*out = rc ? NULL : rel_arena_copy(arena, rel_buf_str(text));
	rel_buf_free(text);
	return rc == 0 && !*out ? rel_fail_nomem(err) : rc;
}

/* A path or URL without slashes and ".git" at its end. */
static struct rel_str without_end(struct rel_str location)
{
	location = rel_str_sub(location, 0, rel_str_find(location, '#'));
	while (location.len && location.ptr[location.len - 1] == '/')
		location.len--;
	if (rel_str_ends(location, REL_STR(".git")))
		location.len -= strlen(".git");
	while (location.len && location.ptr[location.len - 1] == '/')
		location.len--;
	return location;
}

int rel_scaffold_name_of(const char **out, struct rel_arena *arena,
			 const char *location, struct rel_error *err)
{
	struct rel_str part = rel_path_base(without_end(rel_str_of(location)));
	struct rel_buf name;

	/* host:name.git */
	if (rel_str_rfind(part, ':') < part.len)
		part =
		    rel_str_sub(part, rel_str_rfind(part, ':') + 1, part.len);
	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < part.len; i++) {
		if (is_name_letter(part.ptr[i]) &&
		    (name.len || (part.ptr[i] != '.' && part.ptr[i] != '-')))
			rel_buf_add_char(&name, part.ptr[i]);
	}
	if (name.len == 0)
		rel_buf_add_cstr(&name, "remote");
	return keep(out, arena, &name, err);
}

/* "git+https://host/owner/opam-repository.git" beside the project. */
static int guess_development(struct rel_scaffold_facts *facts,
			     const struct rel_git_url *url,
			     struct rel_error *err)
{
	struct rel_str path = without_end(url->path);
	struct rel_str owner = rel_str_sub(path, 0, rel_str_rfind(path, '/'));
	bool http = url->transport == REL_GIT_HTTP;
	struct rel_buf text;

	while (owner.len && owner.ptr[0] == '/')
		owner = rel_str_sub(owner, 1, owner.len);
	if (owner.len == 0 || rel_str_find(path, '/') == path.len)
		return 0;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "git+http%s://%.*s", http && !url->tls ? "" : "s",
		       REL_STR_ARG(url->host));
	if (http && url->port.len)
		rel_buf_printf(&text, ":%.*s", REL_STR_ARG(url->port));
	rel_buf_printf(&text, "/%.*s/opam-repository.git", REL_STR_ARG(owner));
	return keep(&facts->development, &facts->arena, &text, err);
}

/* One CI system that `host` itself has. */
static const char *ci_of_forge(const struct rel_scaffold_facts *facts,
			       const char *forge)
{
	bool woodpecker = rel_scaffold_has(facts, ".woodpecker") ||
			  rel_scaffold_has(facts, ".woodpecker.yml") ||
			  rel_scaffold_has(facts, ".woodpecker.yaml");

	if (strcmp(forge, "forgejo") == 0 && woodpecker)
		return "woodpecker";
	return forge;
}

static int set_because(struct rel_scaffold_facts *facts, const char *before,
		       const char *what, struct rel_error *err)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%s%s", before, what);
	return keep(&facts->ci_because, &facts->arena, &text, err);
}

/* Files that a CI system reads; several systems prove nothing. */
static int ci_of_files(struct rel_scaffold_facts *facts, struct rel_error *err)
{
	static const struct {
		const char *file, *ci;
	} marks[] = {{".github/workflows", "github"},
		     {".gitlab-ci.yml", "gitlab"},
		     {".forgejo/workflows", "forgejo"},
		     {".gitea/workflows", "forgejo"},
		     {".woodpecker", "woodpecker"},
		     {".woodpecker.yml", "woodpecker"},
		     {".woodpecker.yaml", "woodpecker"}};
	const char *found = NULL, *file = NULL;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!rel_scaffold_has(facts, marks[i].file))
			continue;
		if (found && strcmp(found, marks[i].ci) != 0)
			return 0;
		found = marks[i].ci;
		file = marks[i].file;
	}
	facts->ci = found;
	return found ? set_because(facts, "there is ", file, err) : 0;
}

int rel_scaffold_look_origin(struct rel_scaffold_facts *facts, const char *url,
			     struct rel_error *err)
{
	struct rel_git_url parts;
	struct rel_buf clean;
	const char *forge;
	int rc;

	rel_buf_init(&clean, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&clean, url);
	rc = keep(&facts->origin, &facts->arena, &clean, err);
	/* what git takes and relctl does not does not matter here */
	if (rc || rel_git_url_parse(&parts, facts->origin, NULL) ||
	    parts.transport == REL_GIT_LOCAL)
		return rc ? rc : ci_of_files(facts, err);
	facts->origin_host = rel_arena_copy(&facts->arena, parts.host);
	if (!facts->origin_host)
		return rel_fail_nomem(err);
	rc = guess_development(facts, &parts, err);
	forge = rel_publish_forge(parts.host);
	if (rc || !forge)
		return rc ? rc : ci_of_files(facts, err);
	facts->ci = ci_of_forge(facts, forge);
	return set_because(facts, "origin is on ", facts->origin_host, err);
}

struct votes {
	size_t plain, letter_v;
};

/* Does a version start here? */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int vote(void *context, const char *name, struct rel_error *err)
{
	struct votes *votes = context;

	(void)err;
	name += strlen("refs/tags/");
	votes->plain += is_digit(name[0]);
	votes->letter_v += name[0] == 'v' && is_digit(name[1]);
	return 0;
}

int rel_scaffold_look_tags(struct rel_scaffold_facts *facts,
			   struct rel_git_store *store, struct rel_error *err)
{
	struct votes votes = {0, 0};
	int rc = rel_git_ref_each(store, "refs/tags/*", vote, &votes, err);

	if (rc == 0 && votes.letter_v > votes.plain)
		facts->tag = "v{version}";
	return rc;
}
