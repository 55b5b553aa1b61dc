#include "release/audit/audit.h"

#include <stdatomic.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "repo/texts.h"

static const struct {
	const char *name;
	bool finding;
} STATES[REL_AUDIT_STATES] = {
    [REL_AUDIT_GOOD] = {"good", false},
    [REL_AUDIT_MOVED] = {"moved", true},
    [REL_AUDIT_WRONG] = {"wrong", true},
    [REL_AUDIT_GONE] = {"gone", true},
    [REL_AUDIT_FAILED] = {"failed", true},
    [REL_AUDIT_NO_CHECKSUM] = {"no-checksum", true},
    [REL_AUDIT_REPOSITORY] = {"repository", false},
    [REL_AUDIT_UNREADABLE] = {"unreadable", true},
};

const char *rel_audit_state_name(enum rel_audit_state state)
{
	return STATES[state].name;
}

bool rel_audit_is_finding(enum rel_audit_state state)
{
	return STATES[state].finding;
}

void rel_audit_init(struct rel_audit *audit)
{
	*audit = (struct rel_audit){0};
	rel_arena_init(&audit->arena, REL_LIMIT_ARENA);
}

void rel_audit_free(struct rel_audit *audit)
{
	rel_arena_free(&audit->arena);
	free(audit->items);
	*audit = (struct rel_audit){0};
}

static int add_item(struct rel_audit *audit, const struct rel_audit_item *item,
		    struct rel_error *err)
{
	if (rel_array_reserve(&audit->items, &audit->cap,
			      (uint64_t)audit->n_items + 1, sizeof(*item)) < 0)
		return rel_fail_nomem(err);
	audit->items[audit->n_items++] = *item;
	return 0;
}

static const char *keep(struct rel_audit *audit, const char *text)
{
	return rel_arena_copy(&audit->arena, rel_str_of(text));
}

/* A manifest that cannot be read is told as an item. */
static int add_unreadable(struct rel_audit *audit, struct rel_audit_item *item,
			  const struct rel_error *why, struct rel_error *err)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];

	if (why->code == REL_ENOMEM || why->code == REL_ECANCELLED) {
		if (err)
			*err = *why;
		return why->code;
	}
	rel_error_format(why, text, sizeof(text));
	item->state = REL_AUDIT_UNREADABLE;
	item->text = keep(audit, text);
	return item->text ? add_item(audit, item, err) : rel_fail_nomem(err);
}

/* The manifest's text and that of a file `url` beside it, in the arena. */
static int read_texts(struct rel_str out[2], struct rel_audit *audit,
		      struct rel_texts *texts, struct rel_str path,
		      struct rel_error *err)
{
	struct rel_buf text, url;
	int r;

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&url, REL_LIMIT_MANIFEST_BYTES);
	out[1] = rel_str_n(NULL, 0);
	rel_path_join(&url, rel_path_dir(path), REL_STR("url"));
	r = rel_texts_read(&text, texts, path, err);
	if (r == 0) {
		out[0] =
		    rel_str_n(rel_arena_copy(&audit->arena, rel_buf_str(&text)),
			      text.len);
		rel_buf_clear(&text);
		r = rel_texts_read(&text, texts, rel_buf_str(&url), err);
	}
	if (r == 0)
		out[1] =
		    rel_str_n(rel_arena_copy(&audit->arena, rel_buf_str(&text)),
			      text.len);
	else if (r == REL_ENOTFOUND && out[0].ptr)
		r = 0;
	rel_buf_free(&url);
	rel_buf_free(&text);
	return r;
}

static int add_archive(struct rel_audit *audit, struct rel_audit_item *item,
		       const struct rel_archive_of *archive,
		       struct rel_error *err)
{
	struct rel_buf shown;

	rel_buf_init(&shown, REL_LIMIT_CONFIG_BYTES);
	rel_url_redact(&shown, archive->src);
	item->archive = *archive;
	item->src = rel_arena_copy(&audit->arena, rel_buf_str(&shown));
	rel_buf_free(&shown);
	return item->src ? add_item(audit, item, err) : rel_fail_nomem(err);
}

static int add_package(struct rel_audit *audit, struct rel_audit_item *item,
		       struct rel_texts *texts, struct rel_str path,
		       struct rel_error *err)
{
	struct rel_archive_of *archives;
	struct rel_error why = {0};
	struct rel_str read[2] = {{0}};
	uint32_t n = 0;
	int r = read_texts(read, audit, texts, path, &why);

	if (r == 0)
		r = rel_archives_of(&archives, &n, read[0], read[1], item->path,
				    &audit->arena, &why);
	if (r < 0)
		return add_unreadable(audit, item, &why, err);
	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = add_archive(audit, item, &archives[i], err);
	return r;
}

int rel_audit_add(struct rel_audit *audit, const struct rel_remote *remote,
		  const struct rel_snapshot *snapshot,
		  const struct rel_remote_options *options,
		  struct rel_error *err)
{
	struct rel_texts *texts = NULL;
	const char *name = keep(audit, remote->name);
	int r = rel_texts_open(&texts, remote, snapshot, options, err);

	for (uint32_t i = 0; r == 0 && i < snapshot->n_packages; i++) {
		const struct rel_snapshot_package *p = &snapshot->packages[i];
		struct rel_str path = rel_snapshot_string(snapshot, p->path);
		struct rel_audit_item item = {
		    .remote = name, .src = "", .address = "", .text = ""};
		struct rel_buf id;

		if (rel_cancelled(options->cancel)) {
			r = rel_fail_cancelled(err);
			break;
		}
		rel_buf_init(&id, REL_LIMIT_GIT_PATH_BYTES);
		rel_buf_add_str(&id, rel_snapshot_string(snapshot, p->name));
		rel_buf_add_char(&id, '.');
		rel_buf_add_str(&id, rel_snapshot_string(snapshot, p->version));
		item.package = keep(audit, id.ptr ? id.ptr : "");
		item.path = rel_arena_copy(&audit->arena, path);
		r = !name || id.status || !item.package || !item.path
			? rel_fail_nomem(err)
			: add_package(audit, &item, texts, path, err);
		rel_buf_free(&id);
	}
	rel_texts_close(texts);
	return r;
}

/* What the threads share; each item of `order` is a leader, and those behind
 * it up to the next leader are the same archive. */
struct run {
	struct rel_audit *audit;
	const struct rel_obtain_options *options;
	struct rel_audit_item **order;
	uint32_t *leaders; /* n + 1 indexes into order */
	uint32_t n;
	struct rel_http **http; /* by worker */
	struct rel_obtained *got;
	struct rel_error *errors; /* code 0 = none */
	atomic_uint done;
};

static int compare_archives(const void *a, const void *b)
{
	const struct rel_archive_of *x =
	    &(*(struct rel_audit_item *const *)a)->archive;
	const struct rel_archive_of *y =
	    &(*(struct rel_audit_item *const *)b)->archive;
	int order = rel_str_cmp(x->src, y->src);

	if (order == 0 && x->n_digests != y->n_digests)
		order = x->n_digests < y->n_digests ? -1 : 1;
	for (uint32_t i = 0; order == 0 && i < x->n_digests; i++)
		order = rel_digest_cmp(&x->digests[i], &y->digests[i]);
	return order;
}

static bool is_looked_at(const struct rel_audit_item *item,
			 const struct rel_obtain_options *options)
{
	if (item->state == REL_AUDIT_UNREADABLE || item->archive.n_digests == 0)
		return false;
	return options->mirrors_only || rel_obtain_can(item->archive.src);
}

static int plan(struct run *run, struct rel_error *err)
{
	struct rel_audit *audit = run->audit;
	uint32_t n = 0;

	run->order = calloc((size_t)audit->n_items + 1, sizeof(*run->order));
	run->leaders =
	    calloc((size_t)audit->n_items + 1, sizeof(*run->leaders));
	run->got = calloc((size_t)audit->n_items + 1, sizeof(*run->got));
	run->errors = calloc((size_t)audit->n_items + 1, sizeof(*run->errors));
	if (!run->order || !run->leaders || !run->got || !run->errors)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < audit->n_items; i++) {
		struct rel_audit_item *item = &audit->items[i];

		if (is_looked_at(item, run->options))
			run->order[n++] = item;
		else if (item->state != REL_AUDIT_UNREADABLE)
			item->state = rel_obtain_can(item->archive.src)
					  ? REL_AUDIT_NO_CHECKSUM
					  : REL_AUDIT_REPOSITORY;
	}
	qsort(run->order, n, sizeof(*run->order), compare_archives);
	for (uint32_t i = 0; i < n; i++) {
		if (i == 0 ||
		    compare_archives(&run->order[i - 1], &run->order[i]) != 0)
			run->leaders[run->n++] = i;
	}
	run->leaders[run->n] = n;
	return 0;
}

static int look(void *context, unsigned worker, size_t index,
		struct rel_error *err)
{
	struct run *run = context;
	struct rel_error *why = &run->errors[index];
	struct rel_obtain_options options = *run->options;
	unsigned done;
	int r = 0;

	/* One bar for all, not one for each. */
	options.progress = NULL;
	if (!run->http[worker])
		r = rel_http_new(&run->http[worker], err);
	if (r < 0)
		return r;
	r = rel_obtain(&run->got[index], NULL, run->http[worker],
		       &run->order[run->leaders[index]]->archive, &options,
		       why);
	/* What an earlier place said does not matter then. */
	if (r == 0)
		*why = (struct rel_error){0};
	done = atomic_fetch_add(&run->done, 1) + 1;
	rel_progress(run->options->progress, "checking archives", done, run->n);
	if (r == REL_ECANCELLED || r == REL_ENOMEM) {
		if (err)
			*err = *why;
		return r;
	}
	return 0;
}

static enum rel_audit_state state_of(const struct rel_obtained *got,
				     const struct rel_error *why,
				     bool mirrors_only)
{
	switch (why->code) {
	case 0:
		return got->mirrored && !mirrors_only ? REL_AUDIT_MOVED
						      : REL_AUDIT_GOOD;
	case REL_ECHECKSUM:
		return REL_AUDIT_WRONG;
	case REL_ENOTFOUND:
		return REL_AUDIT_GONE;
	default:
		return REL_AUDIT_FAILED;
	}
}

/* What was found out about one archive, for all that name it. */
static int conclude(struct run *run, uint32_t index, struct rel_error *err)
{
	const struct rel_obtained *got = &run->got[index];
	const struct rel_error *why = &run->errors[index];
	struct rel_audit *audit = run->audit;
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX] = "";
	const char *address, *kept;
	enum rel_audit_state state =
	    state_of(got, why, run->options->mirrors_only);

	if (why->code != 0)
		rel_error_format(why, text, sizeof(text));
	else if (state == REL_AUDIT_MOVED)
		snprintf(text, sizeof(text),
			 "gone from its address, a mirror has it");
	address = keep(audit, got->address ? got->address : "");
	kept = keep(audit, text);
	if (!address || !kept)
		return rel_fail_nomem(err);
	audit->fetched += got->address != NULL;
	audit->bytes += got->size;
	for (uint32_t i = run->leaders[index]; i < run->leaders[index + 1];
	     i++) {
		run->order[i]->state = state;
		run->order[i]->size = got->size;
		run->order[i]->address = address;
		run->order[i]->text = kept;
	}
	return 0;
}

int rel_audit_run(struct rel_audit *audit, unsigned jobs,
		  const struct rel_obtain_options *options,
		  struct rel_error *err)
{
	struct run run = {.audit = audit, .options = options};
	int r = plan(&run, err);

	jobs = jobs > 0 ? jobs : 1;
	run.http = calloc(jobs, sizeof(struct rel_http *));
	if (r == 0 && !run.http)
		r = rel_fail_nomem(err);
	if (r == 0)
		r = rel_parallel(jobs, run.n, look, &run, err);
	for (uint32_t i = 0; r == 0 && i < run.n; i++)
		r = conclude(&run, i, err);
	for (uint32_t i = 0; r == 0 && i < audit->n_items; i++)
		audit->counts[audit->items[i].state]++;
	for (uint32_t i = 0; run.got && i < run.n; i++)
		rel_obtained_free(&run.got[i]);
	for (unsigned i = 0; run.http && i < jobs; i++)
		rel_http_free(run.http[i]);
	free(run.http);
	free(run.errors);
	free(run.got);
	free(run.leaders);
	free(run.order);
	return r;
}
