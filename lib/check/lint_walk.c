#include "check/lint_walk.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "opam/version.h"

#define PACKAGES "packages"

/* The directories directly below packages/, which workers share out. */
struct plan {
	struct rel_lint_worker *workers;
	const struct rel_lint_run_options *options;
	struct rel_source_list top; /* directories only, links followed */
	struct rel_arena names;
	struct rel_str *all_names;
};

int rel_lint_worker_init(struct rel_lint_worker *w,
			 const struct rel_source *source, unsigned number,
			 const struct rel_lint_run_options *options,
			 struct rel_error *err)
{
	*w = (struct rel_lint_worker){
	    .source = source, .number = number, .options = options};
	rel_arena_init(&w->names, REL_LIMIT_ARENA);
	rel_arena_init(&w->scratch, REL_LIMIT_ARENA);
	rel_arena_init(&w->kept, REL_LIMIT_ARENA);
	rel_buf_init(&w->text, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&w->content, REL_LIMIT_EXTRA_FILE_BYTES);
	w->found = calloc((size_t)options->n_packages + 1, sizeof(*w->found));
	return w->found ? 0 : rel_fail_nomem(err);
}

void rel_lint_worker_free(struct rel_lint_worker *w)
{
	rel_arena_free(&w->names);
	rel_arena_free(&w->scratch);
	rel_arena_free(&w->kept);
	rel_buf_free(&w->text);
	rel_buf_free(&w->content);
	free(w->list.items);
	free(w->rows);
	free(w->found);
}

static struct rel_str join(struct rel_arena *arena, struct rel_str dir,
			   struct rel_str name)
{
	char *text = rel_arena_alloc(arena, dir.len + name.len + 2);
	char *to = text;

	if (!text)
		return (struct rel_str){0};
	to = mempcpy(to, dir.ptr, dir.len);
	*to++ = '/';
	memcpy(to, name.ptr, name.len);
	return rel_str_n(text, dir.len + 1 + name.len);
}

/*
 * Set entry->path to what `dir`/name is, links followed, and the kind with
 * it.  A link that leads nowhere becomes REL_SOURCE_OTHER.
 */
static int resolve(struct rel_lint_worker *w, struct rel_source_entry *entry,
		   struct rel_str dir, struct rel_arena *names,
		   struct rel_error *err)
{
	struct rel_str path = join(names, dir, entry->name), target;
	struct rel_source_entry link = *entry, end;
	enum rel_source_follow how;
	int rc;

	if (!path.ptr)
		return rel_fail_nomem(err);
	entry->path = path;
	if (entry->kind != REL_SOURCE_LINK)
		return 0;
	rc = rel_source_follow(&how, &end, &target, w->source, w->number, names,
			       path, &link, err);
	if (rc != 0)
		return rc;
	entry->kind = REL_SOURCE_OTHER;
	if (how != REL_FOLLOW_OK)
		return 0;
	end.name = link.name;
	*entry = end;
	if (end.kind == REL_SOURCE_DIR &&
	    ++w->linked_dirs > REL_LIMIT_LINKED_DIRS)
		return rel_fail(err, REL_ELIMIT,
				"too many directories behind links");
	return 0;
}

/* Everything in a directory, resolved, on top of the list from *first on. */
static int open_dir(struct rel_lint_worker *w, struct rel_arena *names,
		    const struct rel_source_entry *dir, uint32_t *first,
		    struct rel_error *err)
{
	int rc;

	*first = w->list.count;
	rc = rel_source_list(w->source, w->number, &w->list, names, dir->path,
			     dir, err);
	for (uint32_t i = *first; i < w->list.count && rc == 0; i++)
		rc = resolve(w, &w->list.items[i], dir->path, names, err);
	return rc;
}

static const struct rel_source_entry *find(const struct rel_lint_worker *w,
					   uint32_t first, const char *name,
					   enum rel_source_kind kind)
{
	for (uint32_t i = first; i < w->list.count; i++) {
		const struct rel_source_entry *e = &w->list.items[i];

		if (e->kind == kind && rel_str_is(e->name, name))
			return e;
	}
	return NULL;
}

/* A growing list of what is in files/. */
struct extra_files {
	struct rel_lint_file *items; /* in the scratch arena */
	uint32_t count, cap;
	size_t skip; /* bytes of the path of files/ and a slash */
};

static int add_extra_file(struct rel_lint_worker *w, struct extra_files *files,
			  struct rel_str shown, struct rel_error *err)
{
	uint32_t cap = files->cap ? files->cap * 2 : 8;
	struct rel_lint_file *items;

	if (files->count == files->cap) {
		items = rel_arena_array(&w->names, cap, sizeof(*items));
		if (!items)
			return rel_fail_nomem(err);
		if (files->count > 0)
			memcpy(items, files->items,
			       files->count * sizeof(*items));
		files->items = items;
		files->cap = cap;
	}
	files->items[files->count++].name =
	    rel_str_sub(shown, files->skip, shown.len);
	return 0;
}

/* All files at and below `dir`, whose path without links is `shown`. */
static int list_extra_files(struct rel_lint_worker *w,
			    struct extra_files *files,
			    struct rel_source_entry dir, struct rel_str shown,
			    unsigned depth, struct rel_error *err)
{
	uint32_t first, end;
	int rc;

	if (depth > REL_LIMIT_TREE_DEPTH)
		return 0;
	rc = open_dir(w, &w->names, &dir, &first, err);
	end = w->list.count;
	for (uint32_t i = first; i < end && rc == 0; i++) {
		struct rel_source_entry e = w->list.items[i];
		struct rel_str path = join(&w->names, shown, e.name);

		if (!path.ptr)
			rc = rel_fail_nomem(err);
		else if (e.kind == REL_SOURCE_FILE)
			rc = add_extra_file(w, files, path, err);
		else if (e.kind == REL_SOURCE_DIR)
			rc =
			    list_extra_files(w, files, e, path, depth + 1, err);
	}
	w->list.count = first;
	return rc;
}

static int list_entries(struct rel_lint_worker *w, struct rel_lint_job *job,
			uint32_t first, struct rel_error *err)
{
	uint32_t n = w->list.count - first;
	struct rel_submission_entry *entries =
	    rel_arena_array(&w->names, n, sizeof(*entries));

	if (!entries && n > 0)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < n; i++) {
		const struct rel_source_entry *e = &w->list.items[first + i];

		entries[i].name = e->name;
		entries[i].executable =
		    e->kind == REL_SOURCE_FILE && e->executable;
	}
	job->entries = entries;
	job->n_entries = n;
	return 0;
}

/* Was this package asked for? */
static bool is_wanted(struct rel_lint_worker *w, struct rel_str name,
		      struct rel_str package)
{
	const struct rel_lint_run_options *o = w->options;
	bool wanted = o->n_packages == 0;

	for (uint32_t i = 0; i < o->n_packages; i++) {
		if (!rel_str_is(name, o->packages[i]) &&
		    !rel_str_is(package, o->packages[i]))
			continue;
		w->found[i] = true;
		wanted = true;
	}
	return wanted;
}

static int read_manifest(struct rel_lint_worker *w,
			 const struct rel_source_entry *opam,
			 struct rel_error *err)
{
	int rc;

	rel_buf_clear(&w->text);
	rc = rel_source_read(w->source, w->number, &w->text, opam->path, opam,
			     err);
	if (rc != REL_ELIMIT && rc != REL_EPARSE)
		return rc;
	/* what cannot be read is no manifest: one NUL says so */
	rel_buf_clear(&w->text);
	return rel_buf_add_char(&w->text, '\0');
}

/* The manifest `opam` of the open directory `dir`, called `shown`. */
static int check_manifest(struct rel_lint_worker *w, struct rel_str shown,
			  const struct rel_source_entry *dir, uint32_t first,
			  bool is_new, struct rel_error *err)
{
	const struct rel_source_entry *opam =
	    find(w, first, "opam", REL_SOURCE_FILE);
	const struct rel_source_entry *files =
	    find(w, first, "files", REL_SOURCE_DIR);
	struct rel_lint_job job = {
	    .in_repository = true, .dir = dir->path, .is_new = is_new};
	struct extra_files extra = {0};
	struct rel_str path;
	int rc;

	if (!opam ||
	    !rel_package_split(rel_path_base(shown), &job.name, &job.version) ||
	    !is_wanted(w, job.name, rel_path_base(shown)))
		return 0;
	path = join(&w->names, shown, REL_STR("opam"));
	rc = path.ptr ? read_manifest(w, opam, err) : rel_fail_nomem(err);
	job.path = path.ptr;
	job.text = rel_buf_str(&w->text);
	if (rc == 0 && w->options->submission)
		rc = list_entries(w, &job, first, err);
	if (rc == 0 && files &&
	    memmem(job.text.ptr, job.text.len, "extra-files", 11)) {
		extra.skip = files->path.len + 1;
		rc = list_extra_files(w, &extra, *files, files->path, 0, err);
	}
	job.files = extra.items;
	job.n_files = extra.count;
	return rc == 0 ? rel_lint_job_run(w, &job, err) : rc;
}

/* How many of the directory's directories are versions of a package. */
static uint32_t count_versions(const struct rel_lint_worker *w, uint32_t first)
{
	struct rel_str name, version;
	uint32_t count = 0;

	for (uint32_t i = first; i < w->list.count; i++) {
		const struct rel_source_entry *e = &w->list.items[i];

		count += e->kind == REL_SOURCE_DIR &&
			 rel_package_split(e->name, &name, &version);
	}
	return count;
}

/* `shown` is the path by which the directory was reached. */
static int walk_dir(struct rel_lint_worker *w, struct rel_str shown,
		    struct rel_source_entry dir, unsigned depth, bool is_new,
		    struct rel_error *err)
{
	uint32_t first, end;
	bool alone;
	int rc;

	if (depth > REL_LIMIT_TREE_DEPTH)
		return 0;
	if (rel_cancelled(w->options->cancel))
		return rel_fail_cancelled(err);
	rc = open_dir(w, &w->names, &dir, &first, err);
	if (rc == 0)
		rc = check_manifest(w, shown, &dir, first, is_new, err);
	end = w->list.count;
	alone = count_versions(w, first) == 1;
	for (uint32_t i = first; i < end && rc == 0; i++) {
		struct rel_source_entry e = w->list.items[i];
		struct rel_str path;

		if (e.kind != REL_SOURCE_DIR)
			continue;
		path = join(&w->names, shown, e.name);
		rc = path.ptr ? walk_dir(w, path, e, depth + 1, alone, err)
			      : rel_fail_nomem(err);
	}
	w->list.count = first;
	return rc;
}

static int walk_top(void *context, unsigned worker, size_t item,
		    struct rel_error *err)
{
	struct plan *plan = context;
	struct rel_lint_worker *w = &plan->workers[worker];
	const struct rel_source_entry *top = &plan->top.items[item];
	struct rel_str shown;

	rel_progress(plan->options->progress, "checking manifests", item,
		     plan->top.count);
	rel_arena_reset(&w->names);
	w->list.count = 0;
	w->linked_dirs = 0;
	shown = join(&w->names, REL_STR(PACKAGES), top->name);
	return shown.ptr ? walk_dir(w, shown, *top, 1, false, err)
			 : rel_fail_nomem(err);
}

/* packages/ and what is directly in it. */
static int make_plan(struct plan *plan, struct rel_error *err)
{
	struct rel_lint_worker *w = &plan->workers[0];
	struct rel_source_entry dir = {.name = REL_STR(PACKAGES)};
	uint32_t first, kept = 0;
	int rc = w->source->find(w->source->context, 0, &dir, REL_STR(PACKAGES),
				 err);

	if (rc == REL_ENOTFOUND || (rc == 0 && dir.kind != REL_SOURCE_DIR &&
				    dir.kind != REL_SOURCE_LINK))
		return rel_fail(err, REL_EPARSE,
				"no package repository: there is no directory "
				"packages/");
	dir.path = REL_STR(PACKAGES);
	if (rc == 0)
		rc = open_dir(w, &plan->names, &dir, &first, err);
	for (uint32_t i = 0; i < w->list.count && rc == 0; i++) {
		if (w->list.items[i].kind == REL_SOURCE_DIR)
			w->list.items[kept++] = w->list.items[i];
	}
	w->list.count = kept;
	plan->top = w->list;
	w->list = (struct rel_source_list){0};
	return rc;
}

static int share_names(struct plan *plan, unsigned jobs, struct rel_error *err)
{
	plan->all_names =
	    calloc((size_t)plan->top.count + 1, sizeof(*plan->all_names));
	if (!plan->all_names)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < plan->top.count; i++)
		plan->all_names[i] = plan->top.items[i].name;
	for (unsigned i = 0; i < jobs; i++) {
		plan->workers[i].all_names = plan->all_names;
		plan->workers[i].n_all_names = plan->top.count;
	}
	return 0;
}

int rel_lint_walk(struct rel_lint_worker *workers, unsigned jobs,
		  const struct rel_lint_run_options *options,
		  struct rel_error *err)
{
	struct plan plan = {.workers = workers, .options = options};
	int rc;

	rel_arena_init(&plan.names, REL_LIMIT_ARENA);
	rc = make_plan(&plan, err);
	if (rc == 0)
		rc = share_names(&plan, jobs, err);
	if (rc == 0)
		rc = rel_parallel(jobs, plan.top.count, walk_top, &plan, err);
	free(plan.all_names);
	free(plan.top.items);
	rel_arena_free(&plan.names);
	return rc;
}
