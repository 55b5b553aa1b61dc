/* Read an archive back and compare it with the tree it was made of, by the
 * ids that git gives the files' bytes. */
#include "archive/scan.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "digest/digest.h"
#include "release/cut/pack.h"

struct member {
	struct rel_str path; /* below the archive's top directory */
	enum rel_archive_kind kind;
	bool executable;
	bool seen; /* the tag has it */
	struct rel_git_id id;
	struct rel_str target;
	uint32_t order; /* in the archive */
};

/* Of archive/scan.h. */
struct doubt {
	struct rel_str path;
	const char *why;
};

struct check {
	const struct rel_pack_options *request;
	struct rel_pack_report *out;
	struct rel_arena arena;
	struct rel_sha1 sha1;
	struct member *members;
	uint32_t n, cap;
	struct doubt *doubts; /* malloc'd */
	uint32_t n_doubts, doubts_cap;
	struct rel_str top; /* {NULL, 0} before the first member */
	bool no_top;
	char what[256];
};

/* The id git gives the content of the current member. */
static int hash_content(struct rel_git_id *id, struct check *check,
			const struct rel_archive_member *from,
			struct rel_archive *archive, struct rel_error *err)
{
	struct rel_str chunk;
	int r;

	rel_sha1_begin_blob(&check->sha1, from->size);
	while ((r = rel_archive_chunk(&chunk, archive, err)) > 0)
		rel_sha1_update(&check->sha1, chunk.ptr, chunk.len);
	if (r == 0)
		r = rel_sha1_finish(id->bytes, &check->sha1, err);
	return r;
}

static void find_top(struct check *check, struct rel_str path,
		     enum rel_archive_kind kind)
{
	struct rel_str first = rel_str_sub(path, 0, rel_str_find(path, '/'));

	if (first.len == path.len && kind != REL_ARCHIVE_DIR)
		check->no_top = true;
	if (!check->top.ptr)
		check->top = first;
	else if (!rel_str_eq(check->top, first))
		check->no_top = true;
}

static int copy(struct rel_str *out, struct check *check, struct rel_str s,
		struct rel_error *err)
{
	char *text = rel_arena_copy(&check->arena, s);

	*out = rel_str_n(text, s.len);
	return text ? 0 : rel_fail_nomem(err);
}

static int read_member(void *context, const struct rel_archive_member *from,
		       struct rel_archive *archive, struct rel_error *err)
{
	struct check *check = context;
	struct member *to;
	int r;

	if (rel_array_reserve(&check->members, &check->cap,
			      (uint64_t)check->n + 1, sizeof(*to)) < 0)
		return rel_fail_nomem(err);
	to = &check->members[check->n];
	*to = (struct member){.kind = from->kind,
			      .executable = (from->mode & 0100) != 0,
			      .order = check->n};
	r = copy(&to->path, check, from->path, err);
	if (r == 0)
		r = copy(&to->target, check, from->target, err);
	if (r == 0 && from->kind == REL_ARCHIVE_FILE)
		r = hash_content(&to->id, check, from, archive, err);
	if (r < 0)
		return r;
	find_top(check, to->path, to->kind);
	if (check->n++ % 1024 == 0)
		rel_progress(check->request->progress, check->what, check->n,
			     0);
	return 0;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = rel_str_cmp(x->path, y->path);

	return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* The last member called `path`, or NULL. */
static struct member *find(const struct check *check, struct rel_str path)
{
	uint32_t low = 0, high = check->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (rel_str_cmp(check->members[middle].path, path) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !rel_str_eq(check->members[low - 1].path, path))
		return NULL;
	return &check->members[low - 1];
}

/* Text that a terminal may be given. */
static char *printable(struct rel_str s)
{
	struct rel_buf out;
	uint32_t rune;

	rel_buf_init(&out, REL_LIMIT_GIT_PATH_BYTES * 4);
	for (size_t i = 0; i < s.len;) {
		size_t n = rel_str_rune(s, i, &rune);

		if (rune != REL_STR_NO_RUNE && !rel_rune_is_control(rune))
			rel_buf_add(&out, s.ptr + i, n);
		else
			for (size_t k = i; k < i + n; k++)
				rel_buf_printf(&out, "\\x%02x",
					       (unsigned char)s.ptr[k]);
		i += n;
	}
	return rel_buf_detach(&out, NULL);
}

/* Keep those that come first by path. */
static int add_difference(struct check *check, enum rel_pack_change change,
			  struct rel_str path, const char *why,
			  struct rel_error *err)
{
	struct rel_pack_report *out = check->out;
	char *text = printable(path);
	uint32_t at = out->n_items;

	if (!text)
		return rel_fail_nomem(err);
	out->n_differences++;
	while (at > 0 && strcmp(out->items[at - 1].path, text) > 0)
		at--;
	if (at == REL_PACK_DIFFERENCES) {
		free(text);
		return 0;
	}
	if (out->n_items == REL_PACK_DIFFERENCES)
		free(out->items[--out->n_items].path);
	memmove(&out->items[at + 1], &out->items[at],
		(out->n_items - at) * sizeof(out->items[0]));
	out->items[at] = (struct rel_pack_difference){change, text, why};
	out->n_items++;
	return 0;
}

static int differ(struct check *check, enum rel_pack_change change,
		  struct rel_str path, struct rel_error *err)
{
	return add_difference(check, change, path, NULL, err);
}

/* Hard links are the files they name, which have to be there before; of one
 * name the last counts, as when tar unpacks them. */
static int settle(struct check *check, struct rel_error *err)
{
	int r = 0;

	for (uint32_t i = 0; i < check->n; i++) {
		struct member *link = &check->members[i], *to = NULL;

		if (link->kind == REL_ARCHIVE_HARDLINK)
			to = find(check, link->target);
		if (to && to->kind == REL_ARCHIVE_FILE &&
		    to->order < link->order &&
		    to->executable == link->executable) {
			link->kind = to->kind;
			link->id = to->id;
		}
	}
	for (uint32_t i = 0; r == 0 && i + 1 < check->n; i++) {
		struct member *member = &check->members[i];

		if ((member->kind == REL_ARCHIVE_DIR &&
		     member[1].kind == REL_ARCHIVE_DIR) ||
		    !rel_str_eq(member->path, member[1].path))
			continue;
		member->seen = true;
		r = differ(check, REL_PACK_TWICE, member->path, err);
	}
	return r;
}

static bool is_in_top(const struct check *check, struct rel_str path)
{
	return rel_str_starts(path, check->top) && path.len > check->top.len &&
	       path.ptr[check->top.len] == '/';
}

/* A hard link to elsewhere is none to what has the same name in here. */
static void cut_target(struct member *member, const struct check *check,
		       size_t cut)
{
	if (member->kind == REL_ARCHIVE_HARDLINK &&
	    (cut == 0 || is_in_top(check, member->target)))
		member->target =
		    rel_str_sub(member->target, cut, member->target.len);
	else if (member->kind == REL_ARCHIVE_HARDLINK)
		member->kind = REL_ARCHIVE_OTHER;
}

static int tell_doubts(struct check *check, size_t cut, struct rel_error *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < check->n_doubts; i++) {
		struct rel_str path = check->doubts[i].path;

		if (cut && is_in_top(check, path))
			path = rel_str_sub(path, cut, path.len);
		r = add_difference(check, REL_PACK_UNSURE,
				   path.len > 0 ? path : REL_STR("."),
				   check->doubts[i].why, err);
	}
	return r;
}

/* Names below the top directory, sorted. */
static int arrange(struct check *check, struct rel_error *err)
{
	size_t cut = check->no_top || !check->top.ptr ? 0 : check->top.len + 1;
	int r;

	check->out->top =
	    cut ? strndup(check->top.ptr, check->top.len) : strdup("");
	if (!check->out->top)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < check->n; i++) {
		struct member *member = &check->members[i];

		member->path = rel_str_sub(member->path, cut, member->path.len);
		cut_target(member, check, cut);
	}
	if (check->n > 0)
		qsort(check->members, check->n, sizeof(*check->members),
		      compare_members);
	r = tell_doubts(check, cut, err);
	return r ? r : settle(check, err);
}

static int hash_entry(struct rel_git_id *id, struct check *check,
		      struct rel_git_archive *archive,
		      const struct rel_git_archive_entry *entry,
		      struct rel_error *err)
{
	struct rel_str chunk;
	int r;

	rel_sha1_begin_blob(&check->sha1, entry->size);
	while ((r = rel_git_archive_chunk(&chunk, archive, err)) > 0)
		rel_sha1_update(&check->sha1, chunk.ptr, chunk.len);
	return r < 0 ? r : rel_sha1_finish(id->bytes, &check->sha1, err);
}

static int compare_entry(void *context, struct rel_git_archive *archive,
			 const struct rel_git_archive_entry *entry,
			 struct rel_error *err)
{
	struct check *check = context;
	bool link = entry->kind == REL_GIT_SYMLINK;
	struct member *member;
	struct rel_git_id id;
	int r;

	if (entry->kind == REL_GIT_TREE)
		return 0;
	check->out->compared++;
	member = find(check, entry->path);
	if (!member)
		return differ(check, REL_PACK_MISSING, entry->path, err);
	member->seen = true;
	if (member->kind != (link ? REL_ARCHIVE_SYMLINK : REL_ARCHIVE_FILE))
		return differ(check, REL_PACK_KIND, entry->path, err);
	if (link)
		return rel_str_eq(member->target, entry->target)
			   ? 0
			   : differ(check, REL_PACK_TARGET, entry->path, err);
	r = hash_entry(&id, check, archive, entry, err);
	if (r < 0)
		return r;
	if (memcmp(&member->id, &id, sizeof(id)) != 0)
		return differ(check, REL_PACK_CONTENT, entry->path, err);
	if (member->executable != (entry->kind == REL_GIT_EXECUTABLE))
		return differ(check, REL_PACK_MODE, entry->path, err);
	return 0;
}

static int compare(struct check *check, struct rel_error *err)
{
	struct rel_git_archive_options options;
	struct rel_watermarks marks;
	int r = rel_pack_archive_options(&options, &marks, &check->arena,
					 check->request, err);

	if (r == 0)
		r = rel_git_archive_each(check->request->store,
					 &check->request->commit, &options,
					 compare_entry, check, err);
	for (uint32_t i = 0; r == 0 && i < check->n; i++) {
		const struct member *member = &check->members[i];

		if (!member->seen && member->kind != REL_ARCHIVE_DIR)
			r = differ(check, REL_PACK_EXTRA, member->path, err);
	}
	return r;
}

static int add_doubt(void *context, struct rel_str path, const char *why,
		     struct rel_error *err)
{
	struct check *check = context;
	struct doubt *to;

	if (rel_array_reserve(&check->doubts, &check->doubts_cap,
			      (uint64_t)check->n_doubts + 1, sizeof(*to)) < 0)
		return rel_fail_nomem(err);
	to = &check->doubts[check->n_doubts++];
	to->why = why;
	return copy(&to->path, check, path, err);
}

static int read_members(struct check *check, const char *path,
			struct rel_error *err)
{
	/* Content is hashed piece by piece, so a high ratio does no harm. */
	const struct rel_archive_limits limits = {
	    .max_bytes = REL_LIMIT_ARCHIVE_UNPACKED, .max_ratio = UINT32_MAX};
	struct rel_archive *archive = NULL;
	struct rel_error why = {0};
	int r = rel_archive_scan_path(path, &limits, add_doubt, check,
				      check->request->cancel, err);

	if (r < 0)
		return r;
	r = rel_archive_open_path(&archive, path, &limits,
				  check->request->cancel, &why);
	if (r == 0)
		r = rel_archive_each(archive, read_member, check, &why);
	rel_archive_close(archive);
	/* What our reader does not take, another may, if it is an archive. */
	if (r == REL_EPARSE && check->n_doubts > 0 &&
	    (check->n > 0 || check->doubts[0].path.len > 0))
		return 0;
	if (r && err)
		*err = why;
	return r;
}

int rel_pack_check(struct rel_pack_report *out,
		   const struct rel_pack_options *request, const char *path,
		   struct rel_error *err)
{
	struct check check = {.request = request, .out = out};
	int r;

	*out = (struct rel_pack_report){0};
	snprintf(check.what, sizeof(check.what), "checking %.*s-%.*s",
		 REL_STR_ARG(request->name), REL_STR_ARG(request->version));
	rel_arena_init(&check.arena, REL_LIMIT_ARENA);
	r = rel_sha1_init(&check.sha1, err);
	if (r == 0)
		r = read_members(&check, path, err);
	if (r == 0)
		r = arrange(&check, err);
	if (r == 0)
		r = compare(&check, err);
	rel_sha1_free(&check.sha1);
	rel_arena_free(&check.arena);
	free(check.members);
	free(check.doubts);
	return r;
}

void rel_pack_report_free(struct rel_pack_report *report)
{
	for (uint32_t i = 0; i < report->n_items; i++)
		free(report->items[i].path);
	free(report->top);
	*report = (struct rel_pack_report){0};
}

static int fail_different(const struct rel_pack_report *report,
			  const char *path, struct rel_error *err)
{
	const struct rel_pack_difference *first = &report->items[0];

	if (report->n_differences == 1)
		rel_fail(err, REL_ECHECKSUM,
			 "differs from the tagged tree: %s: %s", first->path,
			 rel_pack_difference_text(first));
	else
		rel_fail(err, REL_ECHECKSUM,
			 "differs from the tagged tree in %ju files, the first "
			 "is %s: %s",
			 (uintmax_t)report->n_differences, first->path,
			 rel_pack_difference_text(first));
	rel_error_at(err, path, 0, 0);
	return REL_ECHECKSUM;
}

int rel_pack_expect(const struct rel_pack_options *request, const char *path,
		    struct rel_error *err)
{
	struct rel_pack_report report;
	struct rel_buf top;
	int r = rel_pack_check(&report, request, path, err);

	rel_buf_init(&top, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_printf(&top, "%.*s-%.*s", REL_STR_ARG(request->name),
		       REL_STR_ARG(request->version));
	if (r == 0)
		r = rel_buf_status(&top, "name of the archive", err);
	if (r == 0 && report.n_differences > 0)
		r = fail_different(&report, path, err);
	else if (r == 0 && !rel_str_is(rel_buf_str(&top), report.top)) {
		r = rel_fail(err, REL_ECHECKSUM,
			     "its top directory is \"%s\", not \"%s\"",
			     report.top, top.ptr);
		rel_error_at(err, path, 0, 0);
	}
	rel_buf_free(&top);
	rel_pack_report_free(&report);
	return r;
}
