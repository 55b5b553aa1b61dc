/* Summaries in Markdown: of a request, and of what changed. */
#include "report/summary.h"
#include "base/escape.h"
#include "report/request.h"
#include "report/view.h"

/* Entries of one list; GitHub refuses a summary over 1 MiB. */
#define LIST_MAX 200

struct summary {
	struct rel_buf *out;
	const struct rel_report *report;
};

static void put(struct summary *s, const char *outside)
{
	rel_escape(s->out, REL_ESCAPE_MARKDOWN, outside);
}

/* A composed text, which is released. */
static void put_composed(struct summary *s, struct rel_buf *text)
{
	put(s, text->ptr ? text->ptr : "");
	if (text->status)
		s->out->status = text->status;
	rel_buf_free(text);
}

static void put_revision(struct summary *s, const char *revision)
{
	struct rel_buf text;

	rel_buf_init(&text, s->out->max);
	rel_revision_add(&text, revision);
	put_composed(s, &text);
}

/* "ours 0011..1f30 over default 9e8d, debian-12: 37 checked, …" */
static void put_stack(struct summary *s)
{
	const struct rel_report *r = s->report;

	for (size_t i = 0; i < r->n_layers; i++) {
		const struct rel_report_layer *layer = &r->layers[i];

		rel_buf_add_cstr(s->out, i > 0 ? " over " : "");
		put(s, layer->name);
		if (!layer->since && !layer->revision[0])
			continue;
		rel_buf_add_char(s->out, ' ');
		if (layer->since) {
			put_revision(s, layer->since);
			rel_buf_add_cstr(s->out, "..");
		}
		put_revision(s, layer->revision);
	}
	for (size_t i = 0; i < r->n_environments; i++) {
		struct rel_buf name;

		rel_buf_init(&name, s->out->max);
		rel_environment_add(&name, &r->environments[i]);
		rel_buf_add_cstr(s->out, ", ");
		put_composed(s, &name);
	}
	rel_buf_printf(s->out, ": %u checked.\n", (unsigned)r->counts.checked);
}

static void put_note(struct summary *s, const struct rel_request_note *note)
{
	rel_buf_add_cstr(s->out, "- **");
	put(s, note->title);
	rel_buf_add_cstr(s->out, "**: ");
	put(s, note->text);
	if (note->path[0]) {
		rel_buf_add_cstr(s->out, " (");
		put(s, note->path);
		if (note->line > 0)
			rel_buf_printf(s->out, ":%u", (unsigned)note->line);
		rel_buf_add_char(s->out, ')');
	}
	rel_buf_add_char(s->out, '\n');
}

static void put_rest(struct summary *s, size_t rest)
{
	if (rest > 0)
		rel_buf_printf(s->out, "- and %zu more\n", rest);
}

static void put_notes(struct summary *s, const struct rel_request_notes *notes,
		      enum rel_request_about about, const char *heading)
{
	size_t n = 0;

	for (uint32_t i = 0; i < notes->count; i++) {
		const struct rel_request_note *note = &notes->items[i];

		if (note->about != about)
			continue;
		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		if (n++ < LIST_MAX)
			put_note(s, note);
	}
	put_rest(s, n > LIST_MAX ? n - LIST_MAX : 0);
}

/* "debian-12, alpine-3", unless the entry is in all. */
static void put_environments(struct summary *s, enum rel_section section,
			     const struct rel_entry *e)
{
	struct rel_buf names;

	if (e->count == s->report->n_environments)
		return;
	rel_buf_init(&names, s->out->max);
	rel_entry_environments(&names, s->report, section, e);
	rel_buf_add_cstr(s->out, " in ");
	put_composed(s, &names);
}

/* The names in a section. */
static void put_names(struct summary *s, enum rel_section section,
		      const char *heading)
{
	struct rel_entry e = {0};
	size_t n = 0;

	while (rel_entry_next(s->report, section, &e)) {
		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		if (n++ >= LIST_MAX)
			continue;
		rel_buf_add_cstr(s->out, "- ");
		put(s, s->report->verdicts[e.first].package);
		put_environments(s, section, &e);
		rel_buf_add_char(s->out, '\n');
	}
	put_rest(s, n > LIST_MAX ? n - LIST_MAX : 0);
}

/* The names in a section with their reasons. */
static void put_reasons(struct summary *s, enum rel_section section,
			const char *heading)
{
	struct rel_entry e = {0};
	size_t n = 0;

	while (rel_entry_next(s->report, section, &e)) {
		struct rel_buf reason;

		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		if (n++ >= LIST_MAX)
			continue;
		rel_buf_init(&reason, s->out->max);
		rel_entry_reason_add(&reason, s->report, section, &e);
		rel_buf_add_cstr(s->out, "- **");
		put(s, s->report->verdicts[e.first].package);
		rel_buf_add_cstr(s->out, "**: ");
		put_composed(s, &reason);
		rel_buf_add_char(s->out, '\n');
	}
	put_rest(s, n > LIST_MAX ? n - LIST_MAX : 0);
}

int rel_request_summary(struct rel_buf *out,
			const struct rel_report_request *request,
			const struct rel_request_notes *notes)
{
	struct summary s = {out, request->report};

	rel_buf_add_cstr(out, notes->errors > 0
				  ? "## relctl: not to be merged like this\n\n"
				  : "## relctl: may be merged\n\n");
	put_stack(&s);
	put_notes(&s, notes, REL_REQUEST_BROKEN, "Breaks");
	put_notes(&s, notes, REL_REQUEST_TARGET,
		  "Targets that cannot be installed");
	put_notes(&s, notes, REL_REQUEST_FROZEN,
		  "Changes what has been published");
	put_notes(&s, notes, REL_REQUEST_LINT, "Lint");
	put_notes(&s, notes, REL_REQUEST_UNAVAILABLE, "No longer available");
	put_names(&s, REL_SECTION_FIXED, "Repairs");
	return out->status;
}

static void put_targets(struct summary *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->report->n_targets; i++) {
		const struct rel_target_result *r = &s->report->targets[i];
		struct rel_buf text;

		if (!rel_target_is_finding(r))
			continue;
		if (n++ == 0)
			rel_buf_add_cstr(
			    s->out,
			    "\n### Targets that cannot be installed\n\n");
		rel_buf_add_cstr(s->out, "- **");
		rel_buf_init(&text, s->out->max);
		rel_target_name_add(&text, r->target);
		put_composed(s, &text);
		rel_buf_add_cstr(s->out, "**: ");
		rel_buf_init(&text, s->out->max);
		rel_target_reason_add(&text, r);
		rel_buf_printf(&text, " (%s)", r->environment->name);
		put_composed(s, &text);
		rel_buf_add_char(s->out, '\n');
	}
}

int rel_report_summary(struct rel_buf *out, const struct rel_report *report)
{
	struct summary s = {out, report};

	rel_buf_add_cstr(out, !report->since ? "## relctl: the first report\n\n"
			      : rel_report_has_news(report)
				  ? "## relctl: newly broken\n\n"
				  : "## relctl: nothing is newly broken\n\n");
	put_stack(&s);
	put_targets(&s);
	put_reasons(&s, REL_SECTION_BROKEN,
		    report->since ? "Newly broken" : "Broken");
	put_reasons(&s, REL_SECTION_ADDED, "Added and broken");
	put_reasons(&s, REL_SECTION_OVERLAY, "Broken by the overlay");
	put_reasons(&s, REL_SECTION_OWN, "Own versions that are broken");
	put_reasons(&s, REL_SECTION_ALONE, "Broken without the overlay too");
	put_reasons(&s, REL_SECTION_UNDECIDED,
		    report->since ? "Newly undecided" : "Undecided");
	put_reasons(&s, REL_SECTION_UNREADABLE,
		    report->since ? "Newly unreadable" : "Unreadable");
	if (report->since)
		put_names(&s, REL_SECTION_UNAVAILABLE, "No longer available");
	put_names(&s, REL_SECTION_FIXED,
		  report->since ? "Fixed" : "Fixed by the overlay");
	return out->status;
}
