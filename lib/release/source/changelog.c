#include "release/source/changelog.h"

#include <assert.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "release/source/source_private.h"

/* How to, for whoever cuts and for a job that finds a tag. */
#define WITHOUT                                                       \
	"--no-changelog of cut, or `release: {changelog: false}` in " \
	"relctl.yml"

struct finder {
	struct rel_project *project;
	const struct rel_changelog_options *request;
	struct rel_changelog_outline outline;
	bool *released; /* [n_packages of the project] */
	/* a heading "mesh 1.0" means the project, also when a package is
	 * called so and not released */
	bool stem_is_project;
	/* indices of headings: of the first and the last release */
	uint32_t first_release, last_release;
	struct rel_buf text;
	uint32_t found; /* entries in it */
	const char *path;
	struct rel_changelog_undated *undated; /* malloc'd, as is … */
	struct rel_changelog_remark *remarks;
	uint32_t undated_cap, remarks_cap;
	struct rel_error *err;
};

/* Does a word of the title name package `i`? */
static bool names(const struct finder *f, struct rel_str title, size_t i,
		  bool *alone)
{
	struct rel_str name = f->project->packages[i].name;

	if (f->stem_is_project && rel_str_eq(name, f->project->name))
		return false;
	return rel_changelog_has_name(title, name, alone);
}

/* What a heading says about packages. */
enum about {
	ABOUT_ALL,    /* names none */
	ABOUT_SOME,   /* names released ones, perhaps among others */
	ABOUT_OTHERS, /* names others only */
};

static enum about about_packages(const struct finder *f, struct rel_str title)
{
	enum about about = ABOUT_ALL;

	for (size_t i = 0; i < f->project->n_packages; i++) {
		bool alone;

		if (!names(f, title, i, &alone))
			continue;
		if (f->released[i])
			return ABOUT_SOME;
		about = ABOUT_OTHERS;
	}
	return about;
}

/* "project 1.0" */
static bool is_named_project(const struct finder *f, struct rel_str title)
{
	bool alone;

	return f->project->name.len &&
	       rel_changelog_has_name(title, f->project->name, &alone);
}

/* Headings above the current one, outermost first. */
struct above {
	uint32_t items[REL_CHANGELOG_LEVELS];
	size_t count;
};

/* Go on to heading `at`. */
static void step_into(struct above *above,
		      const struct rel_changelog_heading *items, uint32_t at)
{
	while (above->count &&
	       items[above->items[above->count - 1]].level >= items[at].level)
		above->count--;
	assert(above->count < REL_CHANGELOG_LEVELS);
	above->items[above->count++] = at;
}

/* What the heading, or the nearest above it that names any, says. */
static enum about about_section(const struct finder *f,
				const struct above *above)
{
	for (size_t i = above->count; i-- > 0;) {
		enum about about =
		    about_packages(f, f->outline.items[above->items[i]].title);

		if (about != ABOUT_ALL)
			return about;
	}
	return ABOUT_ALL;
}

/* Is this a part of an entry that tells of another package alone? */
static bool is_foreign_part(const struct finder *f, struct rel_str title)
{
	for (size_t i = 0; i < f->project->n_packages; i++) {
		bool alone;

		if (!f->released[i] && names(f, title, i, &alone) && alone)
			return true;
	}
	return false;
}

/* Is this the heading of another release, whatever its level? */
static bool is_other_release(const struct finder *f, uint32_t at, uint32_t i)
{
	const struct rel_changelog_heading *items = f->outline.items;
	bool inner = items[i].level > items[at].level;
	struct rel_str title = items[i].title;

	switch (rel_changelog_kind(title)) {
	case REL_CHANGELOG_NONE:
		return false;
	case REL_CHANGELOG_LOOSE:
		if (inner)
			return false;
		break;
	case REL_CHANGELOG_NAMED:
		/* "OCaml 5.0" within an entry is a section of it */
		if (inner && about_packages(f, title) == ABOUT_ALL &&
		    !is_named_project(f, title))
			return false;
		break;
	case REL_CHANGELOG_RELEASE:
		break;
	}
	return !inner || !rel_str_eq(rel_changelog_version(title),
				     rel_changelog_version(items[at].title));
}

/* Does it begin with a word that headings of sections begin with? */
static bool is_section(struct rel_str title)
{
	static const char *const words[] = {
	    "added",	    "changed",	    "deprecated",  "removed",
	    "fixed",	    "fixes",	    "fix",	   "security",
	    "feature",	    "features",	    "bug",	   "bugs",
	    "bugfix",	    "bugfixes",	    "breaking",	   "performance",
	    "reverts",	    "reverted",	    "refactoring", "improvements",
	    "enhancements", "deprecations", "removals"};
	size_t from = 0, to;

	while (from < title.len && !rel_is_letter(title.ptr[from]))
		from++;
	to = from;
	while (to < title.len && rel_is_letter(title.ptr[to]))
		to++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (rel_changelog_same_letters(rel_str_sub(title, from, to),
					       words[i]))
			return true;
	}
	return false;
}

/*
 * Where the entry of heading `at` ends: at the next release.  A heading of its
 * level or above that is none ends it too, unless it is a section: it has the
 * name of one, or is of the entry's level, as standard-version writes them,
 * and among the releases.
 */
static size_t entry_end(const struct finder *f, uint32_t at)
{
	const struct rel_changelog_outline *o = &f->outline;

	for (uint32_t i = at + 1; i < o->count; i++) {
		struct rel_str title = o->items[i].title;

		if (is_other_release(f, at, i))
			return o->items[i].start;
		if (o->items[i].level > o->items[at].level || is_section(title))
			continue;
		if (o->items[i].level < o->items[at].level ||
		    i > f->last_release ||
		    about_packages(f, title) != ABOUT_ALL)
			return o->items[i].start;
	}
	return o->text.len;
}

/* Append the entry of heading `at` without the parts of other packages. */
static void add_entry(struct finder *f, uint32_t at, size_t end)
{
	const struct rel_changelog_outline *o = &f->outline;
	size_t from = o->items[at].body;
	struct rel_buf kept;

	rel_buf_init(&kept, REL_LIMIT_CHANGELOG_BYTES);
	for (uint32_t i = at + 1; i < o->count && o->items[i].start < end;
	     i++) {
		size_t to = rel_changelog_end(o, i);

		if (o->items[i].start < from ||
		    !is_foreign_part(f, o->items[i].title))
			continue;
		rel_changelog_add_kept(&kept, o, from, o->items[i].start);
		from = to < end ? to : end;
	}
	rel_changelog_add_kept(&kept, o, from, end);
	rel_changelog_add_links(&kept, o);
	rel_changelog_normalise(&f->text, rel_buf_str(&kept));
	if (kept.status)
		f->text.status = kept.status;
	rel_buf_free(&kept);
}

/* Put the heading of the first entry in front of it, and that of the next
 * behind it. */
static void add_title(struct finder *f, struct rel_str first,
		      struct rel_str title)
{
	if (f->found == 1) {
		struct rel_buf both;

		rel_buf_init(&both, REL_LIMIT_CHANGELOG_BYTES);
		rel_buf_add_str(&both, first);
		rel_buf_add_cstr(&both, "\n\n");
		rel_buf_add_str(&both, rel_buf_str(&f->text));
		if (both.status)
			f->text.status = both.status;
		rel_buf_clear(&f->text);
		rel_buf_add_str(&f->text, rel_buf_str(&both));
		rel_buf_free(&both);
	}
	rel_buf_add_char(&f->text, '\n');
	rel_buf_add_str(&f->text, title);
	rel_buf_add_cstr(&f->text, "\n\n");
}

/* Note the headings without text, and text that says nothing. */
static int add_remarks(struct finder *f, struct rel_changelog *out, uint32_t at,
		       size_t end)
{
	const struct rel_changelog_outline *o = &f->outline;
	struct rel_changelog_remark remark = {.path = f->path};
	int rc = 0;

	for (uint32_t i = at; i < o->count && o->items[i].start < end && !rc;
	     i++) {
		size_t next = i + 1 < o->count && o->items[i + 1].start < end
				  ? o->items[i + 1].start
				  : end;
		bool parent = i + 1 < o->count && o->items[i + 1].start < end &&
			      o->items[i + 1].level > o->items[i].level;

		if (i > at && is_foreign_part(f, o->items[i].title))
			continue;
		if (!rel_changelog_idle(&remark.text, &remark.line, o, i, next))
			continue;
		/* an entry that is empty is told as a whole */
		if (remark.text.len == 0 && (i == at || parent))
			continue;
		remark.heading = o->items[i].title;
		rc = rel_array_reserve((void **)&f->remarks, &f->remarks_cap,
				       (uint64_t)out->n_remarks + 1,
				       sizeof(remark));
		if (rc)
			return rel_fail_nomem(f->err);
		f->remarks[out->n_remarks++] = remark;
	}
	return rc;
}

/* Note that the heading says that the version is not released. */
static int add_undated(struct finder *f, struct rel_changelog *out, uint32_t at)
{
	struct rel_changelog_unreleased mark;
	struct rel_changelog_undated undated = {.path = f->path};
	const struct rel_changelog_heading *h = &f->outline.items[at];
	int rc;

	if (!rel_changelog_unreleased(&mark, h->title))
		return 0;
	undated.line = h->line;
	undated.heading = h->title;
	undated.versioned = mark.version.len > 0;
	rc = rel_changelog_date(&undated, &f->outline, at, &mark,
				f->request->version, f->request->time,
				&f->project->arena, f->err);
	if (!rc &&
	    rel_array_reserve((void **)&f->undated, &f->undated_cap,
			      (uint64_t)out->n_undated + 1, sizeof(undated)))
		rc = rel_fail_nomem(f->err);
	if (!rc)
		f->undated[out->n_undated++] = undated;
	return rc;
}

/* How a heading may name the version, in the order in which it is tried. */
enum match {
	MATCH_RELEASE, /* as a release */
	MATCH_LOOSE,   /* "1.1-rc1" is 1.1~rc1 */
	MATCH_ANY,     /* somewhere in it */
	MATCH_UNRELEASED,
	MATCHES,
};

static bool is_match(struct finder *f, uint32_t i, enum match match)
{
	struct rel_str title = f->outline.items[i].title;
	struct rel_str version = f->request->version;
	struct rel_changelog_unreleased mark;

	if (match == MATCH_UNRELEASED)
		return i < f->first_release &&
		       rel_changelog_unreleased(&mark, title) &&
		       mark.version.len == 0;
	if (rel_changelog_has_version(title, version, match == MATCH_LOOSE))
		return match == MATCH_ANY ||
		       rel_changelog_kind(title) != REL_CHANGELOG_NONE;
	/* "1.1-dev" */
	return match == MATCH_LOOSE && rel_changelog_unreleased(&mark, title) &&
	       mark.suffix && rel_str_eq(mark.version, version);
}

/*
 * Append the entries of the version: the first that is about all packages, or
 * those that name released ones.
 */
static int add_entries(struct finder *f, struct rel_changelog *out,
		       enum match match)
{
	const struct rel_changelog_heading *items = f->outline.items;
	struct above above = {.count = 0};
	size_t end = 0;
	bool all = false;
	int rc = 0;

	for (uint32_t i = 0; i < f->outline.count && !rc; i++) {
		enum about about;

		step_into(&above, items, i);
		if (items[i].start < end || !is_match(f, i, match))
			continue;
		about = about_section(f, &above);
		if (about == ABOUT_OTHERS || (about == ABOUT_ALL && all))
			continue;
		if (f->found)
			add_title(f, out->heading, items[i].title);
		else
			out->line = items[i].line;
		if (!f->found)
			out->heading = items[i].title;
		end = entry_end(f, i);
		add_entry(f, i, end);
		f->found++;
		all = all || about == ABOUT_ALL;
		rc = add_remarks(f, out, i, end);
		if (!rc)
			rc = add_undated(f, out, i);
	}
	return rc;
}

/* The newest heading is where to write. */
static int fail_missing(const struct finder *f, const char *path)
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

static void note_releases(struct finder *f)
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

static int check_utf8(const struct finder *f, struct rel_str text,
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
static int read_file(struct finder *f, struct rel_changelog *out,
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
	for (unsigned m = 0; m < MATCHES && f->found == found && !rc; m++) {
		rc = add_entries(f, out, m);
		if (f->found == found && !rc) {
			f->stem_is_project = true;
			rc = add_entries(f, out, m);
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
static int find_in(const char **path, struct finder *f, struct rel_str dir)
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

static int find_file(const char **path, struct finder *f)
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

static void mark_released(struct finder *f, const size_t *packages, size_t n)
{
	memset(f->released, 0, f->project->n_packages * sizeof(*f->released));
	for (size_t i = 0; i < n; i++)
		f->released[packages[i]] = true;
}

/* relctl.yml's file, one for each package when the name is in its path. */
static int read_named(struct finder *f, struct rel_changelog *out)
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
static int keep_lists(struct finder *f, struct rel_changelog *out)
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
	struct finder f = {.project = project, .request = request, .err = err};
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
