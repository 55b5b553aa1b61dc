/* The entry of a version in one change log. */
#include <assert.h>

#include "base/array.h"
#include "release/source/source_private.h"

/* Does a word of the title name package `i`? */
static bool names(const struct rel_changelog_finder *f, struct rel_str title,
		  size_t i, bool *alone)
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

static enum about about_packages(const struct rel_changelog_finder *f,
				 struct rel_str title)
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
static bool is_named_project(const struct rel_changelog_finder *f,
			     struct rel_str title)
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
static enum about about_section(const struct rel_changelog_finder *f,
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
static bool is_foreign_part(const struct rel_changelog_finder *f,
			    struct rel_str title)
{
	for (size_t i = 0; i < f->project->n_packages; i++) {
		bool alone;

		if (!f->released[i] && names(f, title, i, &alone) && alone)
			return true;
	}
	return false;
}

/* Is this the heading of another release, whatever its level? */
static bool is_other_release(const struct rel_changelog_finder *f, uint32_t at,
			     uint32_t i)
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
static size_t entry_end(const struct rel_changelog_finder *f, uint32_t at)
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
static void add_entry(struct rel_changelog_finder *f, uint32_t at, size_t end)
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
static void add_title(struct rel_changelog_finder *f, struct rel_str first,
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
static int add_remarks(struct rel_changelog_finder *f,
		       struct rel_changelog *out, uint32_t at, size_t end)
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
static int add_undated(struct rel_changelog_finder *f,
		       struct rel_changelog *out, uint32_t at)
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

static bool is_match(struct rel_changelog_finder *f, uint32_t i,
		     enum rel_changelog_match match)
{
	struct rel_str title = f->outline.items[i].title;
	struct rel_str version = f->request->version;
	struct rel_changelog_unreleased mark;

	if (match == REL_MATCH_UNRELEASED)
		return i < f->first_release &&
		       rel_changelog_unreleased(&mark, title) &&
		       mark.version.len == 0;
	if (rel_changelog_has_version(title, version, match == REL_MATCH_LOOSE))
		return match == REL_MATCH_ANY ||
		       rel_changelog_kind(title) != REL_CHANGELOG_NONE;
	/* "1.1-dev" */
	return match == REL_MATCH_LOOSE &&
	       rel_changelog_unreleased(&mark, title) && mark.suffix &&
	       rel_str_eq(mark.version, version);
}

int rel_changelog_add_entries(struct rel_changelog_finder *f,
			      struct rel_changelog *out,
			      enum rel_changelog_match match)
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
