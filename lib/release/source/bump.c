#include "release/source/source_private.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "opam/edit.h"
#include "opam/version.h"

/* The file at `path`, read once; NULL when there is none. */
int rel_bump_open(struct rel_bump_file **out, struct rel_bump_finder *f,
		  const char *path)
{
	struct rel_git_entry entry;
	struct rel_bump_file *file;
	int rc;

	*out = NULL;
	for (uint32_t i = 0; i < f->count; i++) {
		if (strcmp(f->files[i].path, path) == 0)
			*out = &f->files[i];
	}
	if (*out)
		return 0;
	rc = rel_git_tree_find(&entry, f->project->store, &f->project->tree,
			       rel_str_of(path), f->err);
	if (rc == REL_ENOTFOUND || (!rc && entry.kind != REL_GIT_BLOB &&
				    entry.kind != REL_GIT_EXECUTABLE))
		return 0;
	if (!rc && rel_array_reserve((void **)&f->files, &f->cap,
				     (uint64_t)f->count + 1, sizeof(*file)))
		rc = rel_fail_nomem(f->err);
	if (rc)
		return rc;
	file = &f->files[f->count];
	*file = (struct rel_bump_file){.path = path, .kind = entry.kind};
	rc = rel_git_blob_arena(&file->text, &f->project->arena,
				REL_LIMIT_VERSION_FILE_BYTES, f->project->store,
				&entry.id, f->err);
	if (rc) {
		rel_error_at(f->err, path, 0, 0);
		return rc;
	}
	f->count++;
	*out = file;
	return 0;
}

static int fail_shared(const struct rel_bump_finder *f,
		       const struct rel_bump_file *file, struct rel_str was)
{
	int rc = rel_fail(f->err, REL_EUSAGE,
			  "version %.*s here is that of all packages, but only "
			  "some are to become %.*s; release all together, or "
			  "give each a version of its own",
			  REL_STR_ARG(was), REL_STR_ARG(f->version));

	rel_error_at(f->err, file->path, 0, 0);
	return rc;
}

/* Note that the bytes [start, end) are a version. */
int rel_bump_add(struct rel_bump_finder *f, struct rel_bump_file *file,
		 size_t owner, size_t start, size_t end)
{
	struct rel_str was = rel_str_sub(file->text, start, end);

	if (rel_str_eq(was, f->version) ||
	    (owner != REL_BUMP_OF_PROJECT && !f->released[owner]))
		return 0;
	if (owner == REL_BUMP_OF_PROJECT && !f->all)
		return fail_shared(f, file, was);
	if (rel_array_reserve((void **)&file->spans, &file->cap,
			      (uint64_t)file->count + 1, sizeof(*file->spans)))
		return rel_fail_nomem(f->err);
	file->spans[file->count++] = (struct rel_span){start, end};
	return 0;
}

/* `version:` in a package's opam file. */
static int look_opam(struct rel_bump_finder *f, size_t package)
{
	const struct rel_project_package *p = &f->project->packages[package];
	const struct rel_node *node;
	struct rel_opam_tree tree;
	struct rel_bump_file *file;
	rel_node_id field;
	int rc;

	if (p->path.len == 0 || p->version.len == 0 ||
	    !rel_version_is_valid(p->version))
		return 0;
	rc = rel_bump_open(&file, f, p->path.ptr);
	if (!rc)
		rc = rel_opam_parse(&tree, &f->project->arena, file->text,
				    file->path, f->err);
	if (rc)
		return rc;
	field = rel_opam_field(&tree, tree.items, "version");
	node = &tree.nodes[tree.nodes[field].child];
	/* a string without escapes, as it is a valid version; or with three
	 * quotes */
	for (size_t at = node->start; at + p->version.len <= node->end; at++) {
		if (rel_str_eq(rel_str_sub(file->text, at, at + p->version.len),
			       p->version))
			return rel_bump_add(f, file, package, at,
					    at + p->version.len);
	}
	return 0;
}

/* The version in a list of fields; empty span = none. */
static struct rel_span dune_version(struct rel_str text,
				    const struct rel_sexp *items)
{
	const struct rel_sexp *atom =
	    rel_sexp_atom(rel_sexp_field(items, "version"));
	struct rel_span span = {0, 0};

	if (!atom || !rel_version_is_valid(atom->text))
		return span;
	span.start = atom->start + atom->quoted;
	span.end = span.start + atom->text.len;
	/* a string with escapes is left alone */
	if (!rel_str_eq(rel_str_sub(text, span.start, span.end), atom->text))
		span.end = span.start;
	return span;
}

static size_t package_index(const struct rel_project *project,
			    struct rel_str name)
{
	for (size_t i = 0; i < project->n_packages; i++) {
		if (rel_str_eq(project->packages[i].name, name))
			return i;
	}
	return REL_BUMP_OF_PROJECT;
}

/* The versions of (package …) stanzas; `own`: who has one. */
static int look_stanzas(struct rel_bump_finder *f, struct rel_bump_file *file,
			const struct rel_sexp *items, bool *own)
{
	int rc = 0;

	for (; items && !rc; items = items->next) {
		struct rel_span span;
		const struct rel_sexp *name;
		size_t package;

		if (!rel_sexp_is(items, "package"))
			continue;
		name = rel_sexp_atom(rel_sexp_field(items->first, "name"));
		package =
		    package_index(f->project, name ? name->text : REL_STR(""));
		if (package == REL_BUMP_OF_PROJECT ||
		    !rel_sexp_field(items->first, "version"))
			continue;
		own[package] = true;
		span = dune_version(file->text, items->first);
		if (span.end > span.start)
			rc = rel_bump_add(f, file, package, span.start,
					  span.end);
	}
	return rc;
}

/* The version of those packages that have none of their own. */
static int look_shared(struct rel_bump_finder *f, struct rel_bump_file *file,
		       const struct rel_sexp *items, const bool *own)
{
	struct rel_span span = dune_version(file->text, items);
	size_t concerned = 0, others = 0, owner = REL_BUMP_OF_PROJECT;

	for (size_t i = 0; i < f->project->n_packages; i++) {
		if (own[i])
			continue;
		if (f->released[i])
			owner = i;
		concerned += f->released[i];
		others += !f->released[i];
	}
	if (span.end == span.start || concerned == 0)
		return 0;
	return rel_bump_add(f, file, others ? REL_BUMP_OF_PROJECT : owner,
			    span.start, span.end);
}

/* `place`: of the packages that it is about, NULL = of the whole project. */
static int look_dune(struct rel_bump_finder *f, const struct rel_str *place)
{
	const char *path = "dune-project";
	struct rel_sexp *items;
	struct rel_bump_file *file;
	struct rel_buf text;
	bool *own;
	int rc = 0;

	if (place) {
		rel_buf_init(&text, REL_LIMIT_GIT_PATH_BYTES);
		rel_buf_add_str(&text, *place);
		rel_buf_add_cstr(&text, path);
		rc = rel_buf_status(&text, "path", f->err);
		path =
		    rc ? NULL
		       : rel_arena_copy(&f->project->arena, rel_buf_str(&text));
		rel_buf_free(&text);
		if (!rc && !path)
			rc = rel_fail_nomem(f->err);
	}
	if (!rc)
		rc = rel_bump_open(&file, f, path);
	if (rc || !file)
		return rc;
	rc = rel_sexp_parse(&items, &f->project->arena, file->text, file->path,
			    f->err);
	own = calloc(f->project->n_packages, sizeof(*own));
	if (!rc && !own)
		rc = rel_fail_nomem(f->err);
	/* those elsewhere have no part in it */
	for (size_t i = 0; !rc && place && i < f->project->n_packages; i++)
		own[i] = !rel_str_eq(
		    rel_project_place(&f->project->packages[i]), *place);
	if (!rc)
		rc = look_stanzas(f, file, items, own);
	if (!rc)
		rc = look_shared(f, file, items, own);
	free(own);
	return rc;
}

/* Beside opam files that are deeper down; each directory once. */
static int look_dune_deeper(struct rel_bump_finder *f)
{
	int rc = 0;

	for (size_t i = 0; i < f->project->n_packages && !rc; i++) {
		struct rel_str place =
		    rel_project_place(&f->project->packages[i]);
		bool seen = place.len == 0;

		for (size_t k = 0; k < i && !seen; k++)
			seen = rel_str_eq(
			    rel_project_place(&f->project->packages[k]), place);
		if (!seen)
			rc = look_dune(f, &place);
	}
	return rc;
}

static int look_everywhere(struct rel_bump_finder *f,
			   const struct rel_conf_release *release)
{
	int rc = 0;

	for (size_t i = 0; i < f->project->n_packages && !rc; i++)
		rc = look_opam(f, i);
	if (!rc)
		rc = look_dune(f, NULL);
	if (!rc)
		rc = look_dune_deeper(f);
	if (!rc)
		rc = rel_bump_look_files(f);
	if (!rc && release)
		rc = rel_bump_look_configured(f, release);
	return rc;
}

static int by_start(const void *a, const void *b)
{
	const struct rel_span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int by_path(const void *a, const void *b)
{
	const struct rel_bump_edit *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The file with the new version in all its places. */
static int make_edit(struct rel_bump_edit *out, struct rel_bump_finder *f,
		     struct rel_bump_file *file)
{
	struct rel_buf text;
	char *copy = NULL;
	size_t at = 0;
	int rc;

	qsort(file->spans, file->count, sizeof(*file->spans), by_start);
	rel_buf_init(&text, 2 * REL_LIMIT_VERSION_FILE_BYTES);
	for (uint32_t i = 0; i < file->count; i++) {
		if (file->spans[i].start < at)
			continue; /* found in two ways */
		rel_buf_add_str(
		    &text, rel_str_sub(file->text, at, file->spans[i].start));
		rel_buf_add_str(&text, f->version);
		at = file->spans[i].end;
	}
	rel_buf_add_str(&text, rel_str_sub(file->text, at, file->text.len));
	rc = rel_buf_status(&text, "file with a new version", f->err);
	if (!rc)
		copy = rel_arena_copy(&f->project->arena, rel_buf_str(&text));
	if (!rc && !copy)
		rc = rel_fail_nomem(f->err);
	*out = (struct rel_bump_edit){
	    .path = file->path,
	    .content = rel_str_n(copy, text.len),
	    .was = rel_str_sub(file->text, file->spans[0].start,
			       file->spans[0].end),
	    .now = f->version,
	    .kind = file->kind,
	};
	rel_buf_free(&text);
	return rc;
}

static int make_edits(struct rel_bump *out, struct rel_bump_finder *f)
{
	int rc = 0;

	out->edits = rel_arena_array(&f->project->arena, f->count + 1u,
				     sizeof(*out->edits));
	if (!out->edits)
		return rel_fail_nomem(f->err);
	for (uint32_t i = 0; i < f->count && !rc; i++) {
		if (f->files[i].count)
			rc = make_edit(&out->edits[out->count++], f,
				       &f->files[i]);
	}
	qsort(out->edits, out->count, sizeof(*out->edits), by_path);
	return rc;
}

int rel_bump_find(struct rel_bump *out, struct rel_project *project,
		  const size_t *packages, size_t n_packages,
		  struct rel_str version,
		  const struct rel_conf_release *release, struct rel_error *err)
{
	struct rel_bump_finder f = {
	    .project = project,
	    .version = version,
	    .all = rel_project_is_whole(project, packages, n_packages),
	    .err = err,
	};
	int rc;

	*out = (struct rel_bump){0};
	f.released = calloc(project->n_packages, sizeof(*f.released));
	if (!f.released)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < n_packages; i++)
		f.released[packages[i]] = true;
	for (size_t i = 0; f.all && i < project->n_packages; i++)
		f.released[i] = true;
	rc = look_everywhere(&f, release);
	if (!rc)
		rc = make_edits(out, &f);
	for (uint32_t i = 0; i < f.count; i++)
		free(f.files[i].spans);
	free(f.files);
	free(f.released);
	return rc;
}

/* Where the bytes of the site stand in the file as it was changed already. */
static int find_site(size_t *start, const struct rel_bump_edit *edit,
		     const struct rel_bump_site *site, struct rel_str was,
		     struct rel_error *err)
{
	const char *all = edit->content.ptr;
	const char *end = all + edit->content.len, *first, *second = NULL;
	int rc;

	first = memmem(all, edit->content.len, was.ptr, was.len);
	if (first)
		second = memmem(first + 1, (size_t)(end - first - 1), was.ptr,
				was.len);
	if (first && !second) {
		*start = (size_t)(first - all);
		return 0;
	}
	rc = rel_fail(err, REL_EUSAGE,
		      "release: version-files: of relctl.yml changes the "
		      "heading \"%.*s\", which is to be dated; remove one of "
		      "the two",
		      REL_STR_ARG(rel_str_sub(site->was, 0, 60)));
	rel_error_at(err, site->path, 0, 0);
	return rc;
}

/* An edit for the file of the site, of which nothing was changed yet. */
static int add_edit(struct rel_bump_edit **out, struct rel_bump *bump,
		    struct rel_project *project,
		    const struct rel_bump_site *site, struct rel_error *err)
{
	struct rel_bump_edit *edits =
	    rel_arena_array(&project->arena, bump->count + 1, sizeof(*edits));
	struct rel_git_entry entry;
	int rc = edits
		     ? rel_git_tree_find(&entry, project->store, &project->tree,
					 rel_str_of(site->path), err)
		     : rel_fail_nomem(err);

	if (rc)
		return rc;
	if (bump->count)
		memcpy(edits, bump->edits, bump->count * sizeof(*edits));
	bump->edits = edits;
	*out = &edits[bump->count++];
	**out = (struct rel_bump_edit){.path = site->path,
				       .was = site->was,
				       .now = site->now,
				       .kind = entry.kind};
	return rel_project_read(&(*out)->content, project,
				rel_str_of(site->path),
				REL_LIMIT_CHANGELOG_BYTES, err);
}

int rel_bump_replace(struct rel_bump *bump, struct rel_project *project,
		     const struct rel_bump_site *site, struct rel_error *err)
{
	struct rel_bump_edit *edit = NULL;
	struct rel_str before;
	struct rel_buf text;
	size_t start = site->start;
	char *copy;
	int rc = rel_project_read(&before, project, rel_str_of(site->path),
				  REL_LIMIT_CHANGELOG_BYTES, err);

	for (size_t i = 0; i < bump->count; i++) {
		if (strcmp(bump->edits[i].path, site->path) == 0)
			edit = &bump->edits[i];
	}
	if (!rc && edit)
		rc =
		    find_site(&start, edit, site,
			      rel_str_sub(before, site->start, site->end), err);
	else if (!rc)
		rc = add_edit(&edit, bump, project, site, err);
	if (rc)
		return rc;
	rel_buf_init(&text, 2 * REL_LIMIT_CHANGELOG_BYTES);
	rel_buf_add_str(&text, rel_str_sub(edit->content, 0, start));
	rel_buf_add_str(&text, site->text);
	rel_buf_add_str(&text, rel_str_sub(edit->content,
					   start + (site->end - site->start),
					   edit->content.len));
	rc = rel_buf_status(&text, "change log", err);
	copy = rc ? NULL : rel_arena_copy(&project->arena, rel_buf_str(&text));
	if (!rc && !copy)
		rc = rel_fail_nomem(err);
	edit->content = rel_str_n(copy, text.len);
	rel_buf_free(&text);
	if (!rc)
		qsort(bump->edits, bump->count, sizeof(*bump->edits), by_path);
	return rc;
}
