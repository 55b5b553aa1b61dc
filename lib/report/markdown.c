/* Reports in Markdown, for the page of a job and for comments: what was found,
 * and what a request breaks and repairs. */
#include "report/markdown.h"
#include "base/escape.h"
#include "base/limits.h"
#include "report/formats.h"
#include "report/request.h"
#include "report/view.h"

/* Entries of one list. */
#define LIST_MAX 200

/* Facts and versions told of one root. */
#define FACTS_MAX 8
#define NAMES_MAX 12

/* Bytes told of one text of a manifest. */
#define TEXT_MAX 1000

struct summary {
	struct rel_buf *out;
	const struct rel_report *report;
};

/* What comes on top, one entry and the headings, is small. */
static bool is_full(const struct summary *s)
{
	return s->out->len > REL_LIMIT_MARKDOWN_BYTES;
}

/* A long text is cut between two characters. */
static void put(struct summary *s, const char *outside)
{
	size_t len = strlen(outside);
	char *cut;

	if (len <= TEXT_MAX) {
		rel_escape(s->out, REL_ESCAPE_MARKDOWN, outside);
		return;
	}
	len = TEXT_MAX;
	while (len > 0 && ((unsigned char)outside[len] & 0xc0) == 0x80)
		len--;
	cut = strndup(outside, len);
	if (!cut) {
		s->out->status = REL_ENOMEM;
		return;
	}
	rel_escape(s->out, REL_ESCAPE_MARKDOWN, cut);
	rel_buf_add_cstr(s->out, "\xe2\x80\xa6");
	free(cut);
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

/* "ours 0011..1f30 over default 9e8d, debian-12" */
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
	size_t n = 0, told = 0;

	for (uint32_t i = 0; i < notes->count; i++) {
		const struct rel_request_note *note = &notes->items[i];

		if (note->about != about)
			continue;
		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		n++;
		if (told < LIST_MAX && !is_full(s)) {
			told++;
			put_note(s, note);
		}
	}
	put_rest(s, n - told);
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
	size_t n = 0, told = 0;

	while (rel_entry_next(s->report, section, &e)) {
		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		n++;
		if (told >= LIST_MAX || is_full(s))
			continue;
		told++;
		rel_buf_add_cstr(s->out, "- ");
		put(s, s->report->verdicts[e.first].package);
		put_environments(s, section, &e);
		rel_buf_add_char(s->out, '\n');
	}
	put_rest(s, n - told);
}

/* The names in a section with their reasons. */
static void put_reasons(struct summary *s, enum rel_section section,
			const char *heading)
{
	struct rel_entry e = {0};
	size_t n = 0, told = 0;

	while (rel_entry_next(s->report, section, &e)) {
		struct rel_buf reason;

		if (n == 0)
			rel_buf_printf(s->out, "\n### %s\n\n", heading);
		n++;
		if (told >= LIST_MAX || is_full(s))
			continue;
		told++;
		rel_buf_init(&reason, s->out->max);
		rel_entry_reason_add(&reason, s->report, section, &e);
		rel_buf_add_cstr(s->out, "- **");
		put(s, s->report->verdicts[e.first].package);
		rel_buf_add_cstr(s->out, "**: ");
		put_composed(s, &reason);
		rel_buf_add_char(s->out, '\n');
	}
	put_rest(s, n - told);
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
	rel_buf_printf(out, ": %u checked.\n",
		       (unsigned)s.report->tally.checked);
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

/* What is broken goes back to one root: its facts, and what it blocks. */
static void put_facts(struct summary *s, const struct rel_report_root *root)
{
	for (size_t i = 0; i < root->n_facts && i < FACTS_MAX; i++) {
		const struct rel_fact_text *fact = &root->facts[i];

		rel_buf_add_cstr(s->out, "  - ");
		put(s, fact->package);
		rel_buf_add_cstr(s->out, fact->package[0] ? " " : "");
		put(s, rel_fact_says(fact));
		if (fact->file[0]) {
			rel_buf_add_cstr(s->out, " (");
			put(s, fact->file);
			if (fact->line > 0)
				rel_buf_printf(s->out, ":%u",
					       (unsigned)fact->line);
			rel_buf_add_char(s->out, ')');
		}
		rel_buf_add_char(s->out, '\n');
	}
	if (root->n_facts > FACTS_MAX)
		rel_buf_printf(s->out, "  - and %zu more facts\n",
			       root->n_facts - FACTS_MAX);
}

/* The versions from *at on that go back to one root; moves *at behind them. */
static void put_group(struct summary *s, enum rel_section section,
		      struct rel_entry *at)
{
	const struct rel_report *r = s->report;
	uint32_t id = r->verdicts[at->first].root;
	const struct rel_report_root *root = rel_root_find(r, id);
	struct rel_entry e = *at;
	size_t n = 0;
	bool more = true;

	rel_buf_add_cstr(s->out, "- ");
	if (root) {
		rel_buf_add_cstr(s->out, "**");
		put(s, root->title);
		rel_buf_add_cstr(s->out, "**\n");
		put_facts(s, root);
	}
	rel_buf_add_cstr(s->out, root ? "  - blocks " : "without a root: ");
	for (; more && r->verdicts[e.first].root == id;
	     more = rel_entry_next(r, section, &e)) {
		if (n++ >= NAMES_MAX)
			continue;
		rel_buf_add_cstr(s->out, n > 1 ? ", " : "");
		put(s, r->verdicts[e.first].package);
		put_environments(s, section, &e);
	}
	if (n > NAMES_MAX)
		rel_buf_printf(s->out, " and %zu more", n - NAMES_MAX);
	rel_buf_add_char(s->out, '\n');
	*at = more ? e : (struct rel_entry){.count = 0};
}

/* A section root by root; `folded`, as long as nobody opens it. */
static void put_broken(struct summary *s, enum rel_section section,
		       const char *heading, bool folded)
{
	struct rel_entry e = {0};
	size_t rest = 0;

	if (!rel_entry_next(s->report, section, &e))
		return;
	rel_buf_printf(s->out,
		       folded ? "\n<details><summary>%s</summary>\n\n"
			      : "\n### %s\n\n",
		       heading);
	while (e.count > 0 && !is_full(s))
		put_group(s, section, &e);
	for (; e.count > 0; rest++) {
		if (!rel_entry_next(s->report, section, &e))
			e.count = 0;
	}
	put_rest(s, rest);
	rel_buf_add_cstr(s->out, folded ? "\n</details>\n" : "");
}

/* A row for each of several environments. */
static void put_table(struct summary *s)
{
	const struct rel_report *r = s->report;

	if (r->n_environments < 2)
		return;
	rel_buf_printf(s->out, "\n| environment | checked |%s%s\n",
		       r->overlay ? " own | overlay | upstream |" : " broken |",
		       r->since ? " newly | gone |" : "");
	rel_buf_printf(s->out, "| --- | ---: |%s%s\n",
		       r->overlay ? " ---: | ---: | ---: |" : " ---: |",
		       r->since ? " ---: | ---: |" : "");
	for (size_t i = 0; i < r->n_environments; i++) {
		const struct rel_report_tally *c = &r->environments[i].tally;

		rel_buf_add_cstr(s->out, "| ");
		put(s, r->environments[i].name);
		rel_buf_printf(s->out, " | %u |", (unsigned)c->checked);
		if (r->overlay)
			rel_buf_printf(s->out, " %u | %u | %u |",
				       (unsigned)c->own, (unsigned)c->overlay,
				       (unsigned)c->alone);
		else
			rel_buf_printf(s->out, " %u |", (unsigned)c->broken);
		if (r->since)
			rel_buf_printf(s->out, " %u | %u |",
				       (unsigned)c->newly_broken,
				       (unsigned)c->gone);
		rel_buf_add_char(s->out, '\n');
	}
}

static void put_cycles(struct summary *s)
{
	const struct rel_report *r = s->report;
	size_t told = 0;

	for (size_t i = 0; i < r->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &r->cycles[i];
		struct rel_buf where;

		if (cycle->same != i)
			continue;
		if (told >= LIST_MAX || is_full(s))
			break;
		if (told++ == 0)
			rel_buf_add_cstr(s->out,
					 "\n### Cycles in the build order\n\n");
		rel_buf_add_cstr(s->out, "- ");
		for (size_t k = 0; k < cycle->n_path; k++) {
			put(s, cycle->path[k]);
			rel_buf_add_cstr(s->out, " \xe2\x86\x92 ");
		}
		put(s, cycle->n_path > 0 ? cycle->path[0] : "");
		rel_buf_init(&where, s->out->max);
		rel_cycle_environments_add(&where, r, i);
		put_composed(s, &where);
		rel_buf_add_char(s->out, '\n');
	}
	put_rest(s, r->distinct_cycles - told);
}

static void put_verdicts(struct summary *s)
{
	const struct rel_report *r = s->report;

	put_targets(s);
	put_broken(s, REL_SECTION_BROKEN, r->since ? "Newly broken" : "Broken",
		   false);
	put_broken(s, REL_SECTION_ADDED, "Added and broken", false);
	put_broken(s, REL_SECTION_OVERLAY, "Broken by the overlay", false);
	put_broken(s, REL_SECTION_OWN, "Own versions that are broken", false);
	put_reasons(s, REL_SECTION_UNDECIDED,
		    r->since ? "Newly undecided" : "Undecided");
	put_reasons(s, REL_SECTION_UNREADABLE,
		    r->since ? "Newly unreadable" : "Unreadable");
	if (r->since)
		put_reasons(s, REL_SECTION_UNAVAILABLE, "No longer available");
	put_names(s, REL_SECTION_FIXED,
		  r->since ? "Fixed" : "Fixed by the overlay");
	put_broken(s, REL_SECTION_ALONE, "Broken without the overlay too",
		   true);
}

static const char *heading(const struct rel_report *r)
{
	const struct rel_report_tally *c = &r->tally;

	if (r->since)
		return rel_report_has_news(r) ? "newly broken"
					      : "nothing is newly broken";
	if (r->overlay &&
	    c->own + c->overlay + c->unreadable + c->undecided == 0)
		return "the overlay breaks nothing";
	return c->broken + c->unreadable + c->undecided > 0
		   ? "what cannot be installed"
		   : "nothing is broken";
}

void rel_report_markdown(const struct rel_report *report,
			 const struct rel_report_style *style,
			 struct rel_writer *out)
{
	struct summary s = {&out->buf, report};
	struct rel_buf counts;

	rel_buf_printf(s.out, "## relctl: %s\n\n", heading(report));
	put_stack(&s);
	rel_buf_add_cstr(s.out, "\n\n");
	rel_buf_init(&counts, s.out->max);
	rel_counts_add(&counts, report);
	put_composed(&s, &counts);
	rel_buf_add_cstr(s.out, ".\n");
	put_table(&s);
	if (style->cycles_only)
		put_cycles(&s);
	else
		put_verdicts(&s);
}
