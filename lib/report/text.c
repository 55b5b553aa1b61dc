/* The report for people. */
#include "base/limits.h"
#include "report/escape.h"
#include "report/fold.h"
#include "report/formats.h"
#include "report/view.h"

/* Versions named in one list, unless --verbose. */
#define NAMES_MAX 12

#define BOLD  "1"
#define RED   "31"
#define GREEN "32"
#define DIM   "2"

struct text {
	const struct rel_report *report;
	const struct rel_report_style *style;
	struct rel_writer *out;
	struct rel_buf line; /* being composed, escaped */
};

static void put(struct text *t, const char *ours)
{
	rel_buf_add_cstr(&t->line, ours);
}

static void put_outside(struct text *t, const char *theirs)
{
	rel_escape(&t->line, REL_ESCAPE_TEXT, theirs);
}

static void put_colour(struct text *t, const char *colour)
{
	if (t->style->colour)
		rel_buf_printf(&t->line, "\x1b[%sm", colour);
}

/* End the line. */
static void end(struct text *t, unsigned indent, unsigned hang)
{
	rel_fold(&t->out->buf, rel_buf_str(&t->line), t->style->width, indent,
		 hang);
	if (t->line.status)
		t->out->buf.status = t->line.status;
	rel_buf_clear(&t->line);
	rel_writer_turn(t->out);
}

static void blank(struct text *t)
{
	rel_buf_add_char(&t->out->buf, '\n');
}

static void put_heading(struct text *t, const char *ours)
{
	put_colour(t, BOLD);
	put(t, ours);
	put_colour(t, "0");
}

static void put_revision(struct text *t, const char *revision)
{
	struct rel_buf shorter;

	rel_buf_init(&shorter, REL_MIB);
	rel_revision_add(&shorter, revision);
	put_outside(t, shorter.ptr ? shorter.ptr : "");
	rel_buf_free(&shorter);
}

/* "mirage-dev 1f302af0c1d2 over default 9e8d7c6b5a49, debian-12" */
static void write_stack(struct text *t)
{
	const struct rel_report *r = t->report;

	for (size_t i = 0; i < r->n_layers; i++) {
		const struct rel_report_layer *layer = &r->layers[i];

		if (i > 0)
			put(t, " over ");
		put_colour(t, BOLD);
		put_outside(t, layer->name);
		put_colour(t, "0");
		if (!layer->since && !layer->revision[0])
			continue;
		put(t, " ");
		if (layer->since) {
			put_revision(t, layer->since);
			put(t, "..");
		}
		put_revision(t, layer->revision);
	}
	for (size_t i = 0; i < r->n_environments; i++) {
		put(t, ", ");
		put_outside(t, r->environments[i].name);
		if (strcmp(r->environments[i].profile, "env") != 0) {
			put(t, " (");
			put_outside(t, r->environments[i].profile);
			put(t, ")");
		}
	}
	end(t, 0, 2);
}

static void write_summary(struct text *t)
{
	write_stack(t);
	rel_counts_add(&t->line, t->report);
	rel_buf_printf(&t->line, " (%.2f s)", t->report->seconds);
	end(t, 0, 2);
}

/* "(default: packages/a/a.1/opam:31)", or nothing */
static void put_place(struct text *t, const struct rel_report_fact *fact)
{
	if (!fact->file[0])
		return;
	put(t, t->line.len > 0 ? " " : "");
	put_colour(t, DIM);
	put(t, "(");
	if (fact->remote[0]) {
		put_outside(t, fact->remote);
		put(t, ": ");
	}
	put_outside(t, fact->file);
	if (fact->line > 0)
		rel_buf_printf(&t->line, ":%u", (unsigned)fact->line);
	put(t, ")");
	put_colour(t, "0");
}

static void write_facts(struct text *t, const struct rel_report_fact *facts,
			size_t count, unsigned indent)
{
	for (size_t i = 0; i < count; i++) {
		if (facts[i].package[0]) {
			put_outside(t, facts[i].package);
			put(t, " ");
		}
		put_outside(t, rel_fact_text(&facts[i]));
		put_place(t, &facts[i]);
		end(t, indent, indent + 2);
	}
}

/* "1. git: needs …" and the facts, unless they only repeat it. */
static void write_root(struct text *t, const struct rel_report_root *root)
{
	const struct rel_report_fact *fact = root->facts;
	bool repeats = root->n_facts == 1 &&
		       (strcmp(fact->package, root->package) == 0 ||
			fact->package[0] == '\0') &&
		       strcmp(rel_fact_text(fact), root->text) == 0;

	rel_buf_printf(&t->line, "%u. ", (unsigned)root->id);
	put_colour(t, BOLD);
	put_outside(t, root->package);
	put_colour(t, "0");
	put(t, ": ");
	put_outside(t, root->text);
	end(t, 0, 3);
	if (repeats) {
		put_place(t, fact);
		if (t->line.len > 0)
			end(t, 3, 5);
	} else {
		write_facts(t, root->facts, root->n_facts, 3);
	}
}

static bool by_overlay(const struct rel_report_verdict *v)
{
	return v->origin && strcmp(v->origin, "overlay") == 0;
}

/* Versions of a section that go back to one root. */
struct group {
	enum rel_section section;
	size_t from;  /* index of the first verdict */
	size_t count; /* of entries */
	bool overlay; /* all are broken by the overlay only */
};

static struct group group_from(const struct rel_report *r,
			       enum rel_section section, size_t from)
{
	struct group group = {.section = section, .from = from};
	struct rel_entry e = {.next = from};
	size_t marked = 0;

	while (rel_entry_next(r, section, &e) &&
	       r->verdicts[e.first].root == r->verdicts[from].root) {
		group.count++;
		marked += by_overlay(&r->verdicts[e.first]);
	}
	group.overlay = section != REL_SECTION_FIXED && marked == group.count;
	return group;
}

static void put_environments(struct text *t, enum rel_section section,
			     const struct rel_entry *e)
{
	struct rel_buf names;

	rel_buf_init(&names, REL_MIB);
	rel_entry_environments(&names, t->report, section, e);
	put_outside(t, names.ptr ? names.ptr : "");
	rel_buf_free(&names);
}

static void put_overlay(struct text *t)
{
	put_colour(t, RED);
	put(t, "overlay");
	put_colour(t, "0");
}

/* "foo.1 (overlay; debian-12)"; what holds for the whole group is not
 * repeated. */
static void put_entry(struct text *t, const struct group *group,
		      const struct rel_entry *e)
{
	const struct rel_report *r = t->report;
	const struct rel_report_verdict *v = &r->verdicts[e->first];
	bool overlay = group->section != REL_SECTION_FIXED && !group->overlay &&
		       by_overlay(v);
	const char *before = " (";

	put_outside(t, v->package);
	if (overlay) {
		put(t, " (");
		put_overlay(t);
		before = "; ";
	}
	if (e->count < r->n_environments) {
		put(t, before);
		put_environments(t, group->section, e);
	}
	if (overlay || e->count < r->n_environments)
		put(t, ")");
}

/* " 5 (overlay):" */
static void put_group(struct text *t, const struct group *group)
{
	rel_buf_printf(&t->line, " %zu", group->count);
	if (group->overlay) {
		put(t, " (");
		put_overlay(t);
		put(t, ")");
	}
	put(t, ":");
}

/* Names the group's versions behind what is on the line already.  Returns the
 * index of the verdict behind them. */
static size_t write_names(struct text *t, const struct group *group,
			  unsigned indent)
{
	size_t count = group->count, told = count;
	struct rel_entry e = {.next = group->from};

	if (!t->style->verbose && count > NAMES_MAX + 1)
		told = NAMES_MAX;
	put_group(t, group);
	for (size_t i = 0; i < count; i++) {
		rel_entry_next(t->report, group->section, &e);
		if (i >= told)
			continue;
		put(t, i > 0 ? ", " : " ");
		put_entry(t, group, &e);
	}
	if (told < count)
		rel_buf_printf(&t->line, ", \xe2\x80\xa6 and %zu more",
			       count - told);
	end(t, indent, indent + 2);
	return e.next;
}

/* The same with the reason of each. */
static size_t write_reasons(struct text *t, const struct group *group,
			    unsigned indent)
{
	struct rel_entry e = {.next = group->from};

	put_group(t, group);
	end(t, indent, indent + 2);
	for (size_t i = 0; i < group->count; i++) {
		const struct rel_report_verdict *v;

		rel_entry_next(t->report, group->section, &e);
		v = &t->report->verdicts[e.first];
		put_entry(t, group, &e);
		end(t, indent + 2, indent + 4);
		write_facts(t, v->reason, v->n_reason, indent + 4);
	}
	return e.next;
}

/* What is broken, root by root. */
static void write_broken(struct text *t, enum rel_section section,
			 const char *heading)
{
	const struct rel_report *r = t->report;
	size_t at = rel_section_next(r, section, 0);

	if (at < r->n_verdicts && heading) {
		blank(t);
		put_heading(t, heading);
		end(t, 0, 0);
	}
	while (at < r->n_verdicts) {
		struct group group = group_from(r, section, at);
		const struct rel_report_root *root =
		    rel_root_find(r, r->verdicts[at].root);
		unsigned indent = root ? 3 : 0;

		blank(t);
		if (root)
			write_root(t, root);
		put(t, root ? "blocks" : "without a root");
		at = t->style->verbose ? write_reasons(t, &group, indent)
				       : write_names(t, &group, indent);
	}
}

static void write_origins(struct text *t)
{
	const struct rel_report *r = t->report;
	size_t overlay = 0, alone = 0;

	for (size_t i = 0; i < r->n_verdicts; i++) {
		const struct rel_report_verdict *v = &r->verdicts[i];

		if (!v->origin || strcmp(v->verdict, "broken") != 0)
			continue;
		if (by_overlay(v))
			overlay++;
		else
			alone++;
	}
	if (!r->overlay || overlay + alone == 0)
		return;
	blank(t);
	if (overlay == 0)
		put(t, "none is broken by the overlay: all are without it too");
	else
		rel_buf_printf(&t->line,
			       "%zu broken by the overlay (marked), %zu "
			       "without it too",
			       overlay, alone);
	end(t, 0, 2);
}

static void write_unreadable(struct text *t)
{
	const struct rel_report *r = t->report;
	struct rel_entry e = {0};
	bool first = true;

	while (rel_entry_next(r, REL_SECTION_UNREADABLE, &e)) {
		const struct rel_report_verdict *v = &r->verdicts[e.first];
		const struct rel_report_fact *fact = rel_verdict_place(v);

		if (first) {
			blank(t);
			put_heading(t, r->since ? "newly unreadable"
						: "unreadable");
			end(t, 0, 0);
		}
		first = false;
		put_outside(t, v->file);
		if (fact && fact->line > 0)
			rel_buf_printf(&t->line, ":%u", (unsigned)fact->line);
		if (fact && fact->line > 0 && fact->column > 0)
			rel_buf_printf(&t->line, ":%u", (unsigned)fact->column);
		put(t, ": ");
		if (!fact && v->n_reason > 0)
			fact = &v->reason[0];
		put_outside(t, fact ? rel_fact_text(fact) : v->package);
		put(t, " (");
		put_outside(t, v->remote);
		put(t, ")");
		end(t, 2, 4);
	}
}

static void write_list(struct text *t, enum rel_section section,
		       const char *heading, const char *colour)
{
	const struct rel_report *r = t->report;
	size_t at = rel_section_next(r, section, 0);
	struct group group;

	if (at < r->n_verdicts)
		blank(t);
	while (at < r->n_verdicts) {
		put_colour(t, colour);
		put(t, heading);
		put_colour(t, "0");
		group = group_from(r, section, at);
		at = write_names(t, &group, 0);
	}
}

static void write_still(struct text *t)
{
	size_t count = rel_section_count(t->report, REL_SECTION_STILL);

	if (t->style->verbose) {
		write_broken(t, REL_SECTION_STILL, "still broken");
		return;
	}
	if (count == 0)
		return;
	blank(t);
	rel_buf_printf(&t->line,
		       "still broken as before: %zu (--verbose tells them)",
		       count);
	end(t, 0, 2);
}

static void write_verdicts(struct text *t)
{
	bool since = t->report->since;

	write_broken(t, REL_SECTION_BROKEN, since ? "newly broken" : NULL);
	if (!since)
		write_origins(t);
	write_unreadable(t);
	if (since || t->style->verbose)
		write_list(t, REL_SECTION_UNAVAILABLE,
			   since ? "no longer available" : "unavailable", BOLD);
	write_list(t, REL_SECTION_FIXED,
		   since ? "fixed" : "fixed by the overlay", GREEN);
	write_still(t);
}

static void write_cycle(struct text *t, const struct rel_report_cycle *cycle)
{
	const struct rel_report *r = t->report;

	for (size_t i = 0; i < cycle->n_path; i++) {
		put_outside(t, cycle->path[i]);
		put(t, " \xe2\x86\x92 ");
	}
	if (cycle->n_path > 0)
		put_outside(t, cycle->path[0]);
	if (cycle->n_members > cycle->n_path)
		rel_buf_printf(&t->line, " (%zu belong to it)",
			       cycle->n_members);
	if (r->n_environments > 1 && cycle->environment < r->n_environments) {
		put(t, " (");
		put_outside(t, r->environments[cycle->environment].name);
		put(t, ")");
	}
	end(t, 2, 4);
	if (!t->style->verbose || cycle->n_members <= cycle->n_path)
		return;
	put(t, "members:");
	for (size_t i = 0; i < cycle->n_members; i++) {
		put(t, i > 0 ? ", " : " ");
		put_outside(t, cycle->members[i]);
	}
	end(t, 4, 6);
}

static void write_cycles(struct text *t)
{
	const struct rel_report *r = t->report;

	if (r->n_cycles == 0)
		return;
	blank(t);
	if (r->since && !t->style->verbose && !t->style->cycles_only) {
		rel_buf_printf(&t->line,
			       "cycles in the build order: %zu (--cycles "
			       "tells them)",
			       r->n_cycles);
		end(t, 0, 2);
		return;
	}
	put_heading(t, "cycles in the build order");
	end(t, 0, 0);
	for (size_t i = 0; i < r->n_cycles; i++)
		write_cycle(t, &r->cycles[i]);
}

/* Kinds of notices told apart in the count; the rest is "other". */
#define KINDS_MAX 16

static void write_notice_counts(struct text *t)
{
	const struct rel_report *r = t->report;
	const char *kinds[KINDS_MAX];
	size_t counts[KINDS_MAX + 1] = {0}, n = 0;

	for (size_t i = 0; i < r->n_notices; i++) {
		size_t k = 0;

		while (k < n && strcmp(kinds[k], r->notices[i].kind) != 0)
			k++;
		if (k == n && n < KINDS_MAX)
			kinds[n++] = r->notices[i].kind;
		counts[k]++;
	}
	put(t, "notices: ");
	for (size_t k = 0; k <= n; k++) {
		if (counts[k] == 0)
			continue;
		rel_buf_printf(&t->line, "%s%zu ", k > 0 ? ", " : "",
			       counts[k]);
		put_outside(t, k < n ? kinds[k] : "other");
	}
	put(t, " (--verbose tells them)");
	end(t, 0, 2);
}

static void write_notices(struct text *t)
{
	const struct rel_report *r = t->report;

	if (r->n_notices == 0)
		return;
	blank(t);
	if (!t->style->verbose) {
		write_notice_counts(t);
		return;
	}
	put_heading(t, "notices");
	end(t, 0, 0);
	for (size_t i = 0; i < r->n_notices; i++) {
		put_outside(t, r->notices[i].kind);
		put(t, ": ");
		put_outside(t, r->notices[i].path);
		put(t, ": ");
		put_outside(t, r->notices[i].text);
		put(t, " (");
		put_outside(t, r->notices[i].remote);
		put(t, ")");
		end(t, 2, 4);
	}
}

void rel_report_text(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_writer *out)
{
	struct text t = {.report = report, .style = style, .out = out};

	rel_buf_init(&t.line, REL_LIMIT_ARENA);
	write_summary(&t);
	if (!style->cycles_only)
		write_verdicts(&t);
	write_cycles(&t);
	if (!style->cycles_only)
		write_notices(&t);
	rel_buf_free(&t.line);
}
