#include "check/lint_walk.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "opam/version.h"

/* The directories directly below packages/, which workers share out. */
struct plan {
	struct rel_lint_worker *workers;
	const struct rel_lint_run_options *options;
	struct rel_source_list top;
	struct rel_arena names;
	struct rel_str *all_names;
};

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
		items = rel_arena_array(&w->walk.names, cap, sizeof(*items));
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

/* All files at and below the directory of `frame`. */
static int list_extra_files(struct rel_lint_worker *w,
			    struct extra_files *files,
			    struct rel_walk_frame *frame,
			    const struct rel_source_entry *dir,
			    struct rel_error *err)
{
	struct rel_walker *walk = &w->walk;
	uint32_t list = walk->list.count;
	int rc;

	if (frame->depth > REL_LIMIT_TREE_DEPTH)
		return 0;
	rc = rel_walk_open(walk, frame, dir, err);
	for (uint32_t i = frame->first; i < frame->end && rc == 0; i++) {
		struct rel_source_entry e = walk->list.items[i];
		struct rel_walk_frame below = {
		    .up = frame, .actual = e.path, .depth = frame->depth + 1};

		rc = rel_walk_join(&below.shown, walk, frame->shown, e.name,
				   err);
		if (rc == 0 && e.kind == REL_SOURCE_FILE)
			rc = add_extra_file(w, files, below.shown, err);
		else if (rc == 0 && e.kind == REL_SOURCE_DIR)
			rc = list_extra_files(w, files, &below, &e, err);
	}
	walk->list.count = list;
	return rc;
}

static int list_entries(struct rel_lint_worker *w, struct rel_lint_job *job,
			const struct rel_walk_frame *frame,
			struct rel_error *err)
{
	uint32_t n = frame->end - frame->first;
	struct rel_submission_entry *entries =
	    rel_arena_array(&w->walk.names, n, sizeof(*entries));

	if (!entries && n > 0)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < n; i++) {
		const struct rel_source_entry *e =
		    &w->walk.list.items[frame->first + i];

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

/* Is this the only version in its directory? */
static bool is_alone(const struct rel_lint_worker *w,
		     const struct rel_walk_frame *frame)
{
	const struct rel_walk_frame *up = frame->up;
	struct rel_str name, version;
	uint32_t count = 0;

	for (uint32_t i = up->first; i < up->end; i++) {
		const struct rel_source_entry *e = &w->walk.list.items[i];

		count += e->kind == REL_SOURCE_DIR &&
			 rel_package_split(e->name, &name, &version);
	}
	return count == 1;
}

int rel_lint_job_list_files(struct rel_lint_job *job, struct rel_lint_worker *w,
			    const struct rel_walk_frame *up,
			    const struct rel_source_entry *files,
			    struct rel_error *err)
{
	struct rel_source_entry e = *files;
	struct rel_walk_frame frame = {.up = up,
				       .shown = e.path,
				       .actual = e.path,
				       .depth = up ? up->depth + 1 : 1};
	struct extra_files extra = {.skip = e.path.len + 1};
	int rc;

	if (e.kind != REL_SOURCE_DIR)
		return 0;
	rc = list_extra_files(w, &extra, &frame, &e, err);
	job->files_dir = e.path;
	job->files = extra.items;
	job->n_files = extra.count;
	return rc;
}

bool rel_lint_job_has_extra_files(const struct rel_lint_job *job)
{
	return memmem(job->text.ptr, job->text.len, "extra-files", 11) != NULL;
}

static int take(struct rel_walker *walk, const struct rel_walk_manifest *m,
		struct rel_error *err)
{
	struct rel_lint_worker *w = walk->context;
	const struct rel_walk_frame *dir = m->dir;
	const struct rel_source_entry *files;
	struct rel_lint_job job = {.in_repository = true,
				   .name = m->name,
				   .version = m->version,
				   .path = m->path.ptr,
				   .is_new = is_alone(w, dir)};
	int rc;

	if (!is_wanted(w, job.name, rel_path_base(dir->shown)))
		return 0;
	rc = rel_walk_read(walk, &w->text, m->opam, err);
	if (rc == REL_ELIMIT || rc == REL_EPARSE) {
		/* what cannot be read is no manifest: one NUL says so */
		rel_buf_clear(&w->text);
		rc = rel_buf_add_char(&w->text, '\0');
	}
	job.text = rel_buf_str(&w->text);
	if (rc == 0 && w->options->submission)
		rc = list_entries(w, &job, dir, err);
	files = rel_walk_find(walk, dir, "files");
	if (rc == 0 && files && rel_lint_job_has_extra_files(&job))
		rc = rel_lint_job_list_files(&job, w, dir, files, err);
	return rc == 0 ? rel_lint_job_run(w, &job, err) : rc;
}

int rel_lint_worker_init(struct rel_lint_worker *w,
			 const struct rel_source *source, unsigned number,
			 const struct rel_lint_run_options *options,
			 struct rel_error *err)
{
	*w = (struct rel_lint_worker){.options = options};
	rel_walker_init(&w->walk, source, number);
	w->walk.cancel = options->cancel;
	w->walk.take = take;
	w->walk.context = w;
	rel_arena_init(&w->scratch, REL_LIMIT_ARENA);
	rel_arena_init(&w->kept, REL_LIMIT_ARENA);
	rel_buf_init(&w->text, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&w->content, REL_LIMIT_EXTRA_FILE_BYTES);
	w->found = calloc((size_t)options->n_packages + 1, sizeof(*w->found));
	return w->found ? 0 : rel_fail_nomem(err);
}

void rel_lint_worker_free(struct rel_lint_worker *w)
{
	rel_walker_free(&w->walk);
	rel_arena_free(&w->scratch);
	rel_arena_free(&w->kept);
	rel_buf_free(&w->text);
	rel_buf_free(&w->content);
	free(w->rows);
	free(w->found);
}

static int walk_top(void *context, unsigned worker, size_t item,
		    struct rel_error *err)
{
	struct plan *plan = context;

	rel_progress(plan->options->progress, "checking manifests", item,
		     plan->top.count);
	return rel_walk_group(&plan->workers[worker].walk,
			      &plan->top.items[item], err);
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
	struct rel_walker *first = &workers[0].walk;
	bool found;
	int rc = rel_walk_top(first, &found, err);

	plan.top = first->list;
	plan.names = first->names;
	first->list = (struct rel_source_list){0};
	rel_arena_init(&first->names, REL_LIMIT_ARENA);
	if (rc == 0)
		rc = share_names(&plan, jobs, err);
	if (rc == 0)
		rc = rel_parallel(jobs, plan.top.count, walk_top, &plan, err);
	free(plan.all_names);
	free(plan.top.items);
	rel_arena_free(&plan.names);
	return rc;
}
