#include "report/view.h"

#include <ctype.h>

static bool is(const char *text, const char *word)
{
	return text && strcmp(text, word) == 0;
}

enum rel_section rel_section_of(const struct rel_report *report,
				const struct rel_report_verdict *verdict)
{
	bool broken = is(verdict->verdict, "broken");
	bool unreadable = is(verdict->verdict, "unreadable");
	bool undecided = is(verdict->verdict, "undecided");

	if (is(verdict->change, "fixed"))
		return REL_SECTION_FIXED;
	if (report->since && is(verdict->change, "still"))
		return broken || unreadable || undecided ? REL_SECTION_STILL
							 : REL_SECTION_QUIET;
	if (broken)
		return REL_SECTION_BROKEN;
	if (undecided)
		return REL_SECTION_UNDECIDED;
	if (unreadable)
		return REL_SECTION_UNREADABLE;
	if (is(verdict->verdict, "unavailable") &&
	    (!report->since || is(verdict->change, "new")))
		return REL_SECTION_UNAVAILABLE;
	return REL_SECTION_QUIET;
}

size_t rel_section_next(const struct rel_report *report,
			enum rel_section section, size_t from)
{
	while (from < report->n_verdicts &&
	       rel_section_of(report, &report->verdicts[from]) != section)
		from++;
	return from;
}

size_t rel_section_count(const struct rel_report *report,
			 enum rel_section section)
{
	size_t count = 0;

	for (size_t i = rel_section_next(report, section, 0);
	     i < report->n_verdicts;
	     i = rel_section_next(report, section, i + 1))
		count++;
	return count;
}

bool rel_report_has_news(const struct rel_report *report)
{
	for (size_t i = 0; i < report->n_verdicts; i++) {
		if (is(report->verdicts[i].change, "new"))
			return true;
	}
	return false;
}

const struct rel_report_root *rel_root_find(const struct rel_report *report,
					    uint32_t id)
{
	if (id > 0 && id <= report->n_roots && report->roots[id - 1].id == id)
		return &report->roots[id - 1];
	for (size_t i = 0; i < report->n_roots; i++) {
		if (report->roots[i].id == id)
			return &report->roots[i];
	}
	return NULL;
}

bool rel_by_overlay(const struct rel_report_verdict *verdict)
{
	return is(verdict->origin, "overlay");
}

/* Either may be NULL. */
static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_version(const struct rel_report_verdict *a,
			 const struct rel_report_verdict *b)
{
	return a->root == b->root && strcmp(a->package, b->package) == 0 &&
	       strcmp(a->remote, b->remote) == 0 &&
	       strcmp(a->verdict, b->verdict) == 0 &&
	       same_text(a->origin, b->origin);
}

bool rel_entry_next(const struct rel_report *report, enum rel_section section,
		    struct rel_entry *entry)
{
	size_t at = rel_section_next(report, section, entry->next);

	entry->first = at;
	entry->count = 0;
	while (at < report->n_verdicts &&
	       same_version(&report->verdicts[entry->first],
			    &report->verdicts[at])) {
		entry->count++;
		at = rel_section_next(report, section, at + 1);
	}
	entry->next = at;
	return entry->count > 0;
}

void rel_entry_environments(struct rel_buf *out,
			    const struct rel_report *report,
			    enum rel_section section,
			    const struct rel_entry *entry)
{
	size_t at = entry->first;

	for (uint32_t i = 0; i < entry->count; i++) {
		if (i > 0)
			rel_buf_add_cstr(out, ", ");
		rel_buf_add_cstr(out,
				 rel_environment_name(
				     report, report->verdicts[at].environment));
		at = rel_section_next(report, section, at + 1);
	}
}

const char *rel_environment_name(const struct rel_report *report,
				 uint32_t index)
{
	return index < report->n_environments ? report->environments[index].name
					      : "";
}

const struct rel_report_layer *rel_layer_find(const struct rel_report *report,
					      const char *name)
{
	for (size_t i = 0; i < report->n_layers; i++) {
		if (strcmp(report->layers[i].name, name) == 0)
			return &report->layers[i];
	}
	return NULL;
}

const struct rel_fact_text *rel_verdict_place(
    const struct rel_report_verdict *verdict)
{
	const struct rel_fact_text *first = NULL;

	for (size_t i = 0; i < verdict->n_reason; i++) {
		const struct rel_fact_text *fact = &verdict->reason[i];

		if (fact->file[0] == '\0' || !is(verdict->file, fact->file))
			continue;
		if (fact->line > 0)
			return fact;
		if (!first)
			first = fact;
	}
	return first;
}

void rel_entry_reason_add(struct rel_buf *out, const struct rel_report *report,
			  enum rel_section section,
			  const struct rel_entry *entry)
{
	const struct rel_report_verdict *v = &report->verdicts[entry->first];
	const struct rel_report_root *root = rel_root_find(report, v->root);

	rel_facts_add(out, v->reason, v->n_reason, NULL);
	if (v->n_reason == 0 && root) {
		rel_buf_add_cstr(out, root->package);
		rel_buf_add_cstr(out, ": ");
		rel_buf_add_cstr(out, root->text);
	}
	if (entry->count < report->n_environments) {
		rel_buf_add_cstr(out, " (in ");
		rel_entry_environments(out, report, section, entry);
		rel_buf_add_char(out, ')');
	}
}

void rel_revision_add(struct rel_buf *out, const char *revision)
{
	size_t len = 0;

	while (isxdigit((unsigned char)revision[len]))
		len++;
	if (revision[len] == '\0' && (len == 40 || len == 64))
		rel_buf_add(out, revision, 12);
	else
		rel_buf_add_cstr(out, revision);
}

static void add_count(struct rel_buf *out, uint32_t count, const char *what)
{
	if (count > 0)
		rel_buf_printf(out, ", %u %s", (unsigned)count, what);
}

void rel_counts_add(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_counts *counts = &report->counts;

	rel_buf_printf(out, "%u checked: ", (unsigned)counts->checked);
	if (counts->broken == 0)
		rel_buf_add_cstr(out, "nothing is broken");
	else
		rel_buf_printf(out, "%u broken", (unsigned)counts->broken);
	if (counts->roots > 0)
		rel_buf_printf(out, " from %u root%s", (unsigned)counts->roots,
			       counts->roots == 1 ? "" : "s");
	if (report->since && counts->broken > 0)
		rel_buf_printf(out, " (%u newly)",
			       (unsigned)counts->newly_broken);
	add_count(out, counts->unavailable, "unavailable");
	add_count(out, counts->undecided, "undecided");
	add_count(out, counts->unreadable, "unreadable");
	add_count(out, counts->fixed,
		  report->since ? "fixed" : "fixed by the overlay");
	if (report->n_cycles > 0)
		rel_buf_printf(out, ", %zu cycle%s", report->n_cycles,
			       report->n_cycles == 1 ? "" : "s");
}
