#include "report/view.h"

#include <ctype.h>

const char *rel_origin_text(enum rel_origin origin)
{
	switch (origin) {
	case REL_ORIGIN_NONE:
		break;
	/* since the first edition of the format; `own` lists them apart */
	case REL_ORIGIN_OWN:
	case REL_ORIGIN_OVERLAY:
		return "overlay";
	case REL_ORIGIN_ALONE:
		return "alone";
	}
	return NULL;
}

const char *rel_change_text(enum rel_delta change)
{
	switch (change) {
	case REL_DELTA_NONE:
		break;
	case REL_DELTA_NEW:
	case REL_DELTA_ADDED:
		return "new";
	case REL_DELTA_STILL:
		return "still";
	case REL_DELTA_FIXED:
		return "fixed";
	}
	return NULL;
}

const char *rel_kind_text(const struct rel_report_verdict *verdict)
{
	return verdict->kind == REL_BROKEN_NOT
		   ? NULL
		   : rel_broken_kind_text(verdict->kind);
}

size_t rel_section_next(const struct rel_report *report,
			enum rel_section section, size_t from)
{
	const struct rel_report_span *span = &report->sections[section];

	if (span->count == 0 || from >= span->first + span->count)
		return report->n_verdicts;
	return from < span->first ? span->first : from;
}

size_t rel_section_count(const struct rel_report *report,
			 enum rel_section section)
{
	return report->sections[section].versions;
}

bool rel_is_mine(const struct rel_report *report,
		 const struct rel_report_verdict *verdict)
{
	return !report->overlay || verdict->origin == REL_ORIGIN_OWN ||
	       verdict->origin == REL_ORIGIN_OVERLAY;
}

bool rel_report_has_news(const struct rel_report *report)
{
	for (size_t i = 0; i < report->n_verdicts; i++) {
		if (report->verdicts[i].change == REL_DELTA_NEW ||
		    report->verdicts[i].change == REL_DELTA_ADDED)
			return true;
	}
	return rel_report_has_target(report);
}

bool rel_report_has_target(const struct rel_report *report)
{
	for (size_t i = 0; i < report->n_targets; i++) {
		if (rel_target_is_finding(&report->targets[i]))
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

static bool same_version(const struct rel_report_verdict *a,
			 const struct rel_report_verdict *b)
{
	return a->root == b->root && a->verdict == b->verdict &&
	       a->origin == b->origin && strcmp(a->package, b->package) == 0 &&
	       strcmp(a->remote, b->remote) == 0;
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

static const char *value_of(const struct rel_report_environment *environment,
			    const char *name)
{
	for (size_t i = 0; i < environment->n_values; i++) {
		if (strcmp(environment->values[i].name, name) == 0)
			return environment->values[i].value;
	}
	return NULL;
}

void rel_environment_add(struct rel_buf *out,
			 const struct rel_report_environment *environment)
{
	static const char *const parts[] = {"os-distribution", "os-version",
					    "arch"};
	const char *const between[] = {"", " ", ", "};
	bool any = false;

	rel_buf_add_cstr(out, environment->name);
	if (strcmp(environment->name, "host") != 0)
		return;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const char *value = value_of(environment, parts[i]);

		if (!value && i == 0)
			value = value_of(environment, "os");
		if (!value)
			continue;
		rel_buf_add_cstr(out, any ? between[i] : " (");
		rel_buf_add_cstr(out, value);
		any = true;
	}
	rel_buf_add_cstr(out, any ? ")" : "");
}

void rel_cycle_environments_add(struct rel_buf *out,
				const struct rel_report *report, size_t index)
{
	size_t n = 0;

	for (size_t i = index; i < report->n_cycles; i++)
		n += report->cycles[i].same == index;
	if (n == report->n_environments)
		return;
	for (size_t i = index, told = 0; i < report->n_cycles; i++) {
		if (report->cycles[i].same != index)
			continue;
		rel_buf_add_cstr(out, told++ ? ", " : " (in ");
		rel_buf_add_cstr(
		    out, rel_environment_name(report,
					      report->cycles[i].environment));
	}
	rel_buf_add_char(out, ')');
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

		if (fact->file[0] == '\0' ||
		    strcmp(verdict->file, fact->file) != 0)
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
		rel_buf_add_cstr(out, root->title);
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

void rel_number_add(struct rel_buf *out, size_t count, const char *what)
{
	rel_buf_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void add_count(struct rel_buf *out, size_t count, const char *what)
{
	if (count > 0)
		rel_buf_printf(out, ", %zu %s", count, what);
}

/* What else was found, none of it broken. */
static void add_rest(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_tally *t = &report->tally;

	add_count(out, t->unavailable, "unavailable");
	add_count(out, t->undecided, "undecided");
	add_count(out, t->unreadable, "unreadable");
	if (report->distinct_cycles > 0) {
		rel_buf_add_cstr(out, ", ");
		rel_number_add(out, report->distinct_cycles, "cycle");
	}
}

/* "18805 checked", of versions, in how many environments */
static void add_checked(struct rel_buf *out, const struct rel_report *report)
{
	rel_buf_printf(out, "%u checked", (unsigned)report->tally.checked);
	if (report->n_environments > 1)
		rel_buf_printf(out, " in %zu environments",
			       report->n_environments);
}

static void add_broken(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_tally *t = &report->tally;

	if (t->broken == 0)
		rel_buf_add_cstr(out, "nothing is broken");
	else
		rel_buf_printf(out, "%u broken", (unsigned)t->broken);
	if (report->n_roots > 0) {
		rel_buf_add_cstr(out, " from ");
		rel_number_add(out, report->n_roots, "root");
	}
}

/* "no own version is broken; the overlay breaks no upstream version and
 * repairs 2 (18586 checked, …)" */
static void add_overlay(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_tally *t = &report->tally;

	if (t->own == 0)
		rel_buf_add_cstr(out, "no own version is broken");
	else
		rel_buf_printf(out, "%u own version%s broken", (unsigned)t->own,
			       t->own == 1 ? " is" : "s are");
	rel_buf_add_cstr(out, "; the overlay breaks ");
	if (t->overlay == 0)
		rel_buf_add_cstr(out, "no upstream version");
	else
		rel_number_add(out, t->overlay, "upstream version");
	if (t->fixed > 0)
		rel_buf_printf(out, " and repairs %u", (unsigned)t->fixed);
	else
		rel_buf_add_cstr(out, " and repairs none");
	rel_buf_add_cstr(out, " (");
	add_checked(out, report);
	add_rest(out, report);
	rel_buf_add_char(out, ')');
}

static void add_since(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_tally *t = &report->tally;
	size_t broken = t->newly_broken - t->added;

	if (broken == 0)
		rel_buf_add_cstr(out, "nothing is newly broken");
	else
		rel_buf_printf(out, "%zu newly broken", broken);
	add_count(out, t->added, "added and broken");
	add_count(out, t->gone, "no longer available");
	add_count(out, t->fixed, "fixed");
	rel_buf_add_cstr(out, " (");
	add_checked(out, report);
	rel_buf_add_cstr(out, ", ");
	add_broken(out, report);
	rel_buf_add_cstr(out, " in all");
	add_rest(out, report);
	rel_buf_add_char(out, ')');
}

void rel_counts_add(struct rel_buf *out, const struct rel_report *report)
{
	if (report->since) {
		add_since(out, report);
	} else if (report->overlay) {
		add_overlay(out, report);
	} else {
		add_checked(out, report);
		rel_buf_add_cstr(out, ": ");
		add_broken(out, report);
		add_rest(out, report);
	}
}

void rel_what_if_add(struct rel_buf *out, const struct rel_report *report)
{
	const struct rel_report_tally *t = &report->tally;
	size_t undecided = rel_section_count(report, REL_SECTION_UNDECIDED);
	size_t unreadable = rel_section_count(report, REL_SECTION_UNREADABLE);

	rel_buf_printf(out, "%s: ", report->what_if);
	if (!rel_report_has_news(report)) {
		rel_buf_add_cstr(out, "nothing breaks");
	} else {
		rel_buf_printf(out, "%u newly broken",
			       (unsigned)t->newly_broken);
		add_count(out, t->gone, "no longer available");
		add_count(out, undecided, "newly undecided");
		add_count(out, unreadable, "newly unreadable");
	}
	add_count(out, t->fixed, "repaired");
}

void rel_upstream_add(struct rel_buf *out, const struct rel_report *report)
{
	uint32_t alone = report->tally.alone;
	size_t roots = 0;

	if (report->since || alone == 0)
		return;
	rel_buf_add_cstr(out, "broken without the overlay too: ");
	rel_number_add(out, alone, "version");
	for (size_t i = 0, last = 0; i < report->n_verdicts; i++) {
		const struct rel_report_verdict *v = &report->verdicts[i];

		if (v->section != REL_SECTION_ALONE ||
		    v->root == REL_REPORT_NONE || v->root == last)
			continue;
		last = v->root;
		roots++;
	}
	if (roots > 0) {
		rel_buf_add_cstr(out, " from ");
		rel_number_add(out, roots, "root");
	}
}

void rel_maintainers_add(struct rel_buf *out, const char *maintainers,
			 const char *between)
{
	const char *at = maintainers ? maintainers : "";

	for (size_t len; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		rel_buf_add_cstr(out, at == maintainers ? "" : between);
		rel_buf_add(out, at, len);
	}
}
