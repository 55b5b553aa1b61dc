#include "report/request.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "report/cause.h"
#include "report/lint.h"
#include "report/view.h"

/* Notes at one line that are told in full. */
#define NOTES_AT_LINE 10

struct finder {
	const struct rel_report_request *request;
	struct rel_arena *arena;
	struct rel_request_note *notes; /* malloc'd */
	uint32_t count, cap;
	struct rel_buf text;
};

/* The composed text, moved to the arena; NULL when out of memory. */
static const char *keep(struct finder *f)
{
	const char *kept =
	    f->text.status ? NULL
			   : rel_arena_copy(f->arena, rel_buf_str(&f->text));

	rel_buf_clear(&f->text);
	return kept;
}

static int add(struct finder *f, const struct rel_request_note *note)
{
	if (!note->path || !note->title || !note->text || !note->subject ||
	    rel_array_reserve(&f->notes, &f->cap, (uint64_t)f->count + 1,
			      sizeof(*f->notes)))
		return REL_ENOMEM;
	f->notes[f->count++] = *note;
	return 0;
}

static int add_verdict(struct finder *f, enum rel_section section,
		       const struct rel_entry *e)
{
	const struct rel_report *r = f->request->report;
	const struct rel_report_verdict *v = &r->verdicts[e->first];
	struct rel_cause cause = rel_cause_find(f->request, v);
	bool gone = section == REL_SECTION_UNAVAILABLE;
	struct rel_request_note note = {.about = gone ? REL_REQUEST_UNAVAILABLE
						      : REL_REQUEST_BROKEN,
					.is_error = !gone,
					.path = cause.path,
					.line = cause.line,
					.column = cause.column,
					.subject = v->package};

	rel_buf_printf(&f->text, "%s is %s%s", v->package,
		       gone ? "no longer " : "",
		       gone ? "available" : rel_verdict_text(v->verdict));
	note.title = keep(f);
	rel_entry_reason_add(&f->text, r, section, e);
	note.text = keep(f);
	return add(f, &note);
}

static int add_section(struct finder *f, enum rel_section section)
{
	struct rel_entry e = {0};
	int rc = 0;

	while (rc == 0 && rel_entry_next(f->request->report, section, &e))
		rc = add_verdict(f, section, &e);
	return rc;
}

static int add_target(struct finder *f, const struct rel_target_result *r)
{
	struct rel_request_note note = {
	    .about = REL_REQUEST_TARGET, .is_error = true, .path = ""};

	if (!rel_target_is_finding(r))
		return 0;
	rel_target_name_add(&f->text, r->target);
	note.subject = note.title = keep(f);
	rel_target_reason_add(&f->text, r);
	rel_buf_printf(&f->text, " (target of %s:%u, %s)",
		       rel_target_file(r->target), (unsigned)r->target->line,
		       r->environment->name);
	note.text = keep(f);
	return add(f, &note);
}

/* Did the manifest have it before?  Lines move, so they do not count. */
static bool had(const struct rel_lint_run *before,
		const struct rel_lint_row *row,
		const struct rel_lint_item *finding)
{
	struct rel_lint_item other;

	for (uint32_t i = 0; i < before->n_rows; i++) {
		const struct rel_lint_row *then = &before->rows[i];

		if (strcmp(then->path, row->path) != 0)
			continue;
		for (uint32_t k = 0; k < rel_lint_item_count(then); k++) {
			rel_lint_item_get(&other, then, k);
			if (strcmp(other.rule, finding->rule) == 0 &&
			    rel_str_eq(other.text, finding->text))
				return true;
		}
	}
	return false;
}

static int add_lint(struct finder *f, const struct rel_lint_row *row,
		    const struct rel_lint_item *finding)
{
	const struct rel_git_file_diff *file =
	    rel_git_diff_find(f->request->diff, row->path);
	struct rel_request_note note = {
	    .about = REL_REQUEST_LINT,
	    .is_error = finding->is_error,
	    .path = row->path,
	    .line = finding->line ? finding->line : rel_cause_first_line(file),
	    .column = finding->column,
	    .subject = row->package[0] ? row->package : row->path};

	rel_buf_printf(&f->text, "lint %s %s",
		       finding->is_error ? "error" : "warning", finding->rule);
	note.title = keep(f);
	rel_buf_add_str(&f->text, finding->text);
	note.text = keep(f);
	return add(f, &note);
}

static int add_lints(struct finder *f)
{
	const struct rel_lint_run *now = f->request->now;
	int rc = 0;

	for (uint32_t i = 0; i < now->n_rows; i++) {
		const struct rel_lint_row *row = &now->rows[i];

		for (uint32_t k = 0; rc == 0 && k < rel_lint_item_count(row);
		     k++) {
			struct rel_lint_item finding;

			rel_lint_item_get(&finding, row, k);
			if (!had(f->request->before, row, &finding))
				rc = add_lint(f, row, &finding);
		}
	}
	return rc;
}

static int add_frozen(struct finder *f,
		      const struct rel_freeze_finding *finding)
{
	const struct rel_git_file_diff *file =
	    rel_git_diff_find(f->request->diff, finding->path);
	struct rel_request_note note = {
	    .about = REL_REQUEST_FROZEN,
	    .is_error = true,
	    .path = finding->path,
	    .line = rel_cause_line_from(file, finding->line),
	    .subject = finding->subject};

	if (finding->kind == REL_FREEZE_BYTES)
		rel_buf_add_cstr(&f->text, "not what its name says");
	else
		rel_buf_printf(&f->text, "%s has been published",
			       finding->subject);
	note.title = keep(f);
	rel_buf_add_cstr(&f->text, finding->text);
	note.text = keep(f);
	return add(f, &note);
}

static int compare(const void *a, const void *b)
{
	const struct rel_request_note *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	if (order == 0 && x->line != y->line)
		order = x->line < y->line ? -1 : 1;
	if (order == 0)
		order = (int)x->about - (int)y->about;
	return order ? order : strcmp(x->subject, y->subject);
}

static bool same_place(const struct rel_request_note *a,
		       const struct rel_request_note *b)
{
	return a->about == b->about && a->line == b->line &&
	       strcmp(a->path, b->path) == 0;
}

/* Notes `from`… of a place become one that names them. */
static int fold(struct finder *f, struct rel_request_note *out, uint32_t from,
		uint32_t to)
{
	*out = f->notes[from];
	out->column = 0;
	rel_buf_printf(&f->text, "%u more", (unsigned)(to - from));
	out->title = keep(f);
	for (uint32_t i = from; i < to; i++) {
		rel_buf_add_cstr(&f->text, i > from ? ", " : "");
		rel_buf_add_cstr(&f->text, f->notes[i].title);
	}
	out->text = keep(f);
	return out->title && out->text ? 0 : REL_ENOMEM;
}

static int move(struct rel_request_notes *out, struct finder *f)
{
	uint32_t at = 0, end;
	int rc = 0;

	out->items = rel_arena_array(f->arena, (size_t)f->count + 1,
				     sizeof(*out->items));
	if (!out->items)
		return REL_ENOMEM;
	for (; rc == 0 && at < f->count; at = end) {
		uint32_t told;

		for (end = at + 1; end < f->count &&
				   same_place(&f->notes[at], &f->notes[end]);)
			end++;
		told = end - at > NOTES_AT_LINE + 1 ? NOTES_AT_LINE : end - at;
		memcpy(out->items + out->count, f->notes + at,
		       told * sizeof(*out->items));
		out->count += told;
		if (told < end - at)
			rc = fold(f, &out->items[out->count++], at + told, end);
	}
	return rc;
}

static int find(struct finder *f)
{
	int rc = 0;

	for (int s = 0; rc == 0 && s < REL_N_BROKEN_SECTIONS; s++)
		rc = add_section(f, (enum rel_section)s);
	if (rc == 0)
		rc = add_section(f, REL_SECTION_UNDECIDED);
	if (rc == 0)
		rc = add_section(f, REL_SECTION_UNREADABLE);
	if (rc == 0)
		rc = add_section(f, REL_SECTION_UNAVAILABLE);
	for (size_t i = 0; rc == 0 && i < f->request->report->n_targets; i++)
		rc = add_target(f, &f->request->report->targets[i]);
	if (rc == 0)
		rc = add_lints(f);
	for (size_t i = 0; rc == 0 && i < f->request->n_frozen; i++)
		rc = add_frozen(f, &f->request->frozen[i]);
	return rc;
}

int rel_request_find(struct rel_request_notes *out,
		     const struct rel_report_request *request,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct finder f = {.request = request, .arena = arena};
	int rc;

	*out = (struct rel_request_notes){NULL, 0, 0};
	rel_buf_init(&f.text, REL_LIMIT_MANIFEST_BYTES);
	rc = find(&f);
	for (uint32_t i = 0; rc == 0 && i < f.count; i++)
		out->errors += f.notes[i].is_error;
	if (rc == 0 && f.count > 0)
		qsort(f.notes, f.count, sizeof(*f.notes), compare);
	if (rc == 0)
		rc = move(out, &f);
	rel_buf_free(&f.text);
	free(f.notes);
	return rc ? rel_fail_nomem(err) : 0;
}
