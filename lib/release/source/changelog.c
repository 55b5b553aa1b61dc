#include "release/source/changelog.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "release/source/source_private.h"

/* How to, for whoever cuts and for a job that finds a tag. */
#define WITHOUT                                                       \
	"--no-changelog of cut, or `release: {changelog: false}` in " \
	"relctl.yml"

/* The newest heading is where to write. */
static int fail_missing(const struct rel_changelog_finder *f, const char *path)
{
	const struct rel_changelog_outline *o = &f->outline;
	uint32_t i = f->first_release;
	int rc;

	if (i < o->count)
		rc = rel_fail(
		    f->err, REL_ENOTFOUND,
		    "no entry for %.*s, the newest is \"%.*s\"; "
		    "write one, or do without: " WITHOUT,
		    REL_STR_ARG(f->request->version),
		    REL_STR_ARG(rel_str_sub(o->items[i].title, 0, 60)));
	else
		rc = rel_fail(f->err, REL_ENOTFOUND,
			      "no entry for %.*s, nor for any version; write "
			      "one below a heading with the version, or do "
			      "without: " WITHOUT,
			      REL_STR_ARG(f->request->version));
	rel_error_at(f->err, path, i < o->count ? o->items[i].line : 0, 0);
	return rc;
}

static void note_releases(struct rel_changelog_finder *f)
{
	const struct rel_changelog_outline *o = &f->outline;

	f->first_release = o->count;
	f->last_release = 0;
	for (uint32_t i = 0; i < o->count; i++) {
		if (rel_changelog_kind(o->items[i].title) ==
			REL_CHANGELOG_NONE ||
		    rel_changelog_version(o->items[i].title).len == 0)
			continue;
		if (f->first_release == o->count)
			f->first_release = i;
		f->last_release = i;
	}
}

static int check_utf8(const struct rel_changelog_finder *f, struct rel_str text,
		      const char *path)
{
	uint32_t line = 1;
	size_t bad;
	int rc;

	if (rel_str_is_utf8(text, &bad))
		return 0;
	for (size_t i = 0; i < bad; i++)
		line += text.ptr[i] == '\n';
	rc = rel_fail(f->err, REL_EPARSE,
		      "not in UTF-8; convert the file, or pass "
		      "--no-changelog");
	rel_error_at(f->err, path, line, 0);
	return rc;
}

/* The entries of one file, appended to f->text. */
static int read_file(struct rel_changelog_finder *f, struct rel_changelog *out,
		     const char *path)
{
	size_t before = f->text.len;
	uint32_t found = f->found;
	struct rel_str text;
	int rc = rel_project_read(&text, f->project, rel_str_of(path),
				  REL_LIMIT_CHANGELOG_BYTES, f->err);

	if (!rc)
		rc = check_utf8(f, text, path);
	if (!rc)
		rc = rel_changelog_outline(&f->outline, text, rel_str_of(path),
					   f->err);
	if (rc)
		return rc;
	if (!out->path)
		out->path = path;
	f->path = path;
	note_releases(f);
	for (unsigned m = 0; m < REL_MATCHES && f->found == found && !rc; m++) {
		rc = rel_changelog_add_entries(f, out, m);
		if (f->found == found && !rc) {
			f->stem_is_project = true;
			rc = rel_changelog_add_entries(f, out, m);
			f->stem_is_project = false;
		}
	}
	if (rc)
		rel_changelog_outline_free(&f->outline);
	if (rc)
		return rc;
	if (f->found == found)
		rc = fail_missing(f, path);
	else if (f->text.len == before && !f->text.status) {
		rc = rel_fail(f->err, REL_ENOTFOUND,
			      "the entry for %.*s is empty; write what "
			      "changed, or do without: " WITHOUT,
			      REL_STR_ARG(f->request->version));
		rel_error_at(f->err, path, out->line, 0);
	}
	rel_changelog_outline_free(&f->outline);
	return rc ? rc : rel_buf_status(&f->text, "change log's entry", f->err);
}

/* The best change log of a directory. */
struct search {
	struct rel_buf path;
	unsigned rank; /* the smaller the better; 0 = none */
};

/* 0 = no change log. */
static unsigned rank_of(struct rel_str name)
{
	static const char *const stems[] = {"changes", "changelog", "news",
					    "history"};
	static const char *const endings[] = {".md",	   ".markdown", ".adoc",
					      ".asciidoc", ".org",	".rst",
					      ".txt",	   ""};
	size_t dot = rel_str_find(name, '.');

	for (unsigned s = 0; s < 4; s++) {
		if (!rel_changelog_same_letters(rel_str_sub(name, 0, dot),
						stems[s]))
			continue;
		for (unsigned e = 0; e < 8; e++) {
			if (rel_changelog_same_letters(
				rel_str_sub(name, dot, name.len), endings[e]))
				return s * 8 + e + 1;
		}
	}
	return 0;
}

bool rel_changelog_is_name(struct rel_str name)
{
	return rank_of(name) > 0;
}

static int look(void *context, struct rel_str path, unsigned depth,
		const struct rel_git_entry *entry, struct rel_error *err)
{
	struct search *search = context;
	unsigned rank = rank_of(entry->name);

	(void)path;
	(void)depth;
	if (rank == 0 || (search->rank && rank >= search->rank) ||
	    (entry->kind != REL_GIT_BLOB && entry->kind != REL_GIT_EXECUTABLE))
		return 0;
	search->rank = rank;
	rel_buf_clear(&search->path);
	rel_buf_add_str(&search->path, entry->name);
	return rel_buf_status(&search->path, "path", err);
}

/* *path: that of the change log in `dir` ("" = the top); NULL when none. */
static int find_in(const char **path, struct rel_changelog_finder *f,
		   struct rel_str dir)
{
	struct search search = {.rank = 0};
	struct rel_git_entry entry = {.id = f->project->tree};
	struct rel_buf full;
	int rc = 0;

	*path = NULL;
	if (dir.len)
		rc = rel_git_tree_find(&entry, f->project->store,
				       &f->project->tree, dir, f->err);
	if (rc == REL_ENOTFOUND ||
	    (!rc && dir.len && entry.kind != REL_GIT_TREE))
		return 0;
	rel_buf_init(&search.path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&full, REL_LIMIT_GIT_PATH_BYTES);
	if (!rc)
		rc = rel_git_tree_list(f->project->store, &entry.id, look,
				       &search, f->err);
	if (!rc && search.rank) {
		rel_path_join(&full, dir, rel_buf_str(&search.path));
		*path = rel_arena_copy(&f->project->arena, rel_buf_str(&full));
		rc = *path && !full.status ? 0 : rel_fail_nomem(f->err);
	}
	rel_buf_free(&full);
	rel_buf_free(&search.path);
	return rc;
}

static int find_file(const char **path, struct rel_changelog_finder *f)
{
	const struct rel_changelog_options *request = f->request;
	int rc = 0;

	*path = NULL;
	if (request->n_packages == 1 && f->project->n_packages > 1) {
		struct rel_str name =
		    f->project->packages[request->packages[0]].name;
		struct rel_buf dir;

		rel_buf_init(&dir, REL_LIMIT_GIT_PATH_BYTES);
		rel_path_join(&dir, REL_STR("src"), name);
		rc = rel_buf_status(&dir, "path", f->err);
		if (!rc)
			rc = find_in(path, f, name);
		if (!rc && !*path)
			rc = find_in(path, f, rel_buf_str(&dir));
		rel_buf_free(&dir);
	}
	if (!rc && !*path)
		rc = find_in(path, f, REL_STR(""));
	if (!rc && !*path)
		rc = rel_fail(f->err, REL_ENOTFOUND,
			      "no change log (CHANGES.md or the like) at the "
			      "top of the source; write one, name one that is "
			      "elsewhere (`release: {changelog: FILE}`), or do "
			      "without: " WITHOUT);
	return rc;
}

static void mark_released(struct rel_changelog_finder *f,
			  const size_t *packages, size_t n)
{
	memset(f->released, 0, f->project->n_packages * sizeof(*f->released));
	for (size_t i = 0; i < n; i++)
		f->released[packages[i]] = true;
}

/* relctl.yml's file, one for each package when the name is in its path. */
static int read_named(struct rel_changelog_finder *f, struct rel_changelog *out)
{
	const struct rel_changelog_options *request = f->request;
	int rc = 0;

	if (!strstr(request->file, "{name}"))
		return read_file(f, out, request->file);
	for (size_t i = 0; i < request->n_packages && !rc; i++) {
		const char *path;

		mark_released(f, &request->packages[i], 1);
		rc = rel_project_expand(
		    &path, f->project, request->file,
		    f->project->packages[request->packages[i]].name, f->err);
		if (!rc)
			rc = read_file(f, out, path);
	}
	return rc;
}

/* Into the project's arena. */
static int keep_lists(struct rel_changelog_finder *f, struct rel_changelog *out)
{
	struct rel_arena *arena = &f->project->arena;

	out->undated =
	    rel_arena_array(arena, out->n_undated + 1u, sizeof(*out->undated));
	out->remarks =
	    rel_arena_array(arena, out->n_remarks + 1u, sizeof(*out->remarks));
	if (!out->undated || !out->remarks)
		return rel_fail_nomem(f->err);
	if (out->n_undated)
		memcpy(out->undated, f->undated,
		       out->n_undated * sizeof(*out->undated));
	if (out->n_remarks)
		memcpy(out->remarks, f->remarks,
		       out->n_remarks * sizeof(*out->remarks));
	return 0;
}

int rel_changelog_find(struct rel_changelog *out, struct rel_project *project,
		       const struct rel_changelog_options *request,
		       struct rel_error *err)
{
	struct rel_changelog_finder f = {
	    .project = project, .request = request, .err = err};
	const char *path;
	char *copy;
	int rc = 0;

	*out = (struct rel_changelog){0};
	f.released = calloc(project->n_packages, sizeof(*f.released));
	if (!f.released)
		return rel_fail_nomem(err);
	mark_released(&f, request->packages, request->n_packages);
	rel_buf_init(&f.text, REL_LIMIT_CHANGELOG_BYTES);
	if (request->file)
		rc = read_named(&f, out);
	else
		rc = find_file(&path, &f);
	if (!rc && !request->file)
		rc = read_file(&f, out, path);
	if (!rc) {
		copy = rel_arena_copy(&project->arena, rel_buf_str(&f.text));
		out->text = rel_str_n(copy, f.text.len);
		rc = copy ? keep_lists(&f, out) : rel_fail_nomem(err);
	}
	free(f.undated);
	free(f.remarks);
	rel_buf_free(&f.text);
	free(f.released);
	return rc;
}
