/* The report for people. */
#include "report/text.h"
#include "base/limits.h"
#include "report/formats.h"
#include "report/targets.h"

static void put_revision(struct rel_text *t, const char *revision)
{
	struct rel_buf shorter;

	rel_buf_init(&shorter, REL_MIB);
	rel_revision_add(&shorter, revision);
	rel_text_composed(t, &shorter);
}

/* "mirage-dev 1f302af0c1d2 over default 9e8d7c6b5a49, debian-12" */
static void write_stack(struct rel_text *t)
{
	const struct rel_report *r = t->report;

	for (size_t i = 0; i < r->n_layers; i++) {
		const struct rel_report_layer *layer = &r->layers[i];

		if (i > 0)
			rel_text_put(t, " over ");
		rel_text_colour(t, REL_TEXT_BOLD);
		rel_text_outside(t, layer->name);
		rel_text_colour(t, REL_TEXT_PLAIN);
		if (!layer->since && !layer->revision[0])
			continue;
		rel_text_put(t, " ");
		if (layer->since) {
			put_revision(t, layer->since);
			rel_text_put(t, "..");
		}
		put_revision(t, layer->revision);
	}
	for (size_t i = 0; i < r->n_environments; i++) {
		struct rel_buf name;

		rel_buf_init(&name, REL_MIB);
		rel_environment_add(&name, &r->environments[i]);
		rel_text_put(t, ", ");
		rel_text_composed(t, &name);
		if (strcmp(r->environments[i].profile, "env") != 0) {
			rel_text_put(t, " (");
			rel_text_outside(t, r->environments[i].profile);
			rel_text_put(t, ")");
		}
	}
	rel_text_end(t, 0, 2);
}

static void put_column(struct rel_text *t, uint32_t count, const char *name)
{
	rel_buf_printf(&t->line, "  %*u", (int)strlen(name), (unsigned)count);
}

/* A row for each of several environments. */
static void write_table(struct rel_text *t)
{
	const struct rel_report *r = t->report;
	unsigned widest = 0, wide;

	if (r->n_environments < 2)
		return;
	for (size_t i = 0; i < r->n_environments; i++) {
		wide = (unsigned)strlen(r->environments[i].name);
		widest = wide > widest ? wide : widest;
	}
	rel_text_blank(t);
	rel_buf_printf(&t->line, "%-*s  checked", (int)widest, "environment");
	rel_text_put(t, r->overlay ? "  own  overlay  upstream" : "  broken");
	rel_text_put(t, r->since ? "  newly  gone" : "");
	rel_text_end(t, 0, 0);
	for (size_t i = 0; i < r->n_environments; i++) {
		const struct rel_report_environment *e = &r->environments[i];
		const struct rel_report_tally *c = &e->tally;

		rel_text_outside(t, e->name);
		wide = (unsigned)strlen(e->name);
		rel_buf_printf(&t->line, "%*s",
			       (int)((widest > 11 ? widest : 11) - wide), "");
		put_column(t, c->checked, "checked");
		if (r->overlay) {
			put_column(t, c->own, "own");
			put_column(t, c->overlay, "overlay");
			put_column(t, c->alone, "upstream");
		} else {
			put_column(t, c->broken, "broken");
		}
		if (r->since) {
			put_column(t, c->newly_broken, "newly");
			put_column(t, c->gone, "gone");
		}
		rel_text_end(t, 0, 0);
	}
}

/* Who are the keeper's own are told first; this is the rest in a line. */
static void write_upstream(struct rel_text *t)
{
	bool told = t->style->all || t->style->verbose;

	rel_upstream_add(&t->line, t->report);
	if (t->line.len == 0)
		return;
	rel_text_put(t, told ? "" : " (--all or --verbose lists them)");
	rel_text_end(t, 0, 2);
}

static void write_summary(struct rel_text *t)
{
	if (t->report->what_if) {
		struct rel_buf answer;

		rel_buf_init(&answer, REL_MIB);
		rel_what_if_add(&answer, t->report);
		rel_text_composed(t, &answer);
		rel_text_end(t, 0, 2);
	}
	write_stack(t);
	rel_counts_add(&t->line, t->report);
	rel_buf_printf(&t->line, " (%.2f s)", t->report->seconds);
	rel_text_end(t, 0, 2);
	if (t->style->cycles_only)
		return;
	write_upstream(t);
	write_table(t);
}

/* Items of one list, unless --verbose. */
#define ITEMS_MAX 12

/* Each with its one fact, at its place. */
static void write_told(struct rel_text *t, enum rel_section section,
		       const char *heading)
{
	const struct rel_report *r = t->report;
	struct rel_entry e = {0};
	size_t told = 0;

	while (rel_entry_next(r, section, &e)) {
		const struct rel_report_verdict *v = &r->verdicts[e.first];
		const struct rel_fact_text *fact = rel_verdict_place(v);

		if (told++ == 0) {
			rel_text_blank(t);
			rel_text_heading(t, heading);
			rel_text_end(t, 0, 0);
		}
		if (told > ITEMS_MAX && !t->style->verbose)
			continue;
		rel_text_outside(t, v->file);
		if (fact && fact->line > 0)
			rel_buf_printf(&t->line, ":%u", (unsigned)fact->line);
		if (fact && fact->line > 0 && fact->column > 0)
			rel_buf_printf(&t->line, ":%u", (unsigned)fact->column);
		rel_text_put(t, ": ");
		if (!fact && v->n_reason > 0)
			fact = &v->reason[0];
		rel_text_outside(t, fact ? rel_fact_says(fact) : v->package);
		rel_text_put(t, " (");
		rel_text_outside(t, v->remote);
		rel_text_put(t, ")");
		rel_text_end(t, 2, 4);
	}
	if (told > ITEMS_MAX && !t->style->verbose) {
		rel_buf_printf(
		    &t->line,
		    "\xe2\x80\xa6 and %zu more (--verbose lists them)",
		    told - ITEMS_MAX);
		rel_text_end(t, 2, 4);
	}
}

static void write_still(struct rel_text *t)
{
	size_t still = rel_section_count(t->report, REL_SECTION_STILL);
	size_t other = rel_section_count(t->report, REL_SECTION_STILL_OTHER);

	if (t->style->verbose) {
		rel_text_broken(t, REL_SECTION_STILL, "still broken");
		write_told(t, REL_SECTION_STILL_OTHER,
			   "still unreadable or undecided");
		return;
	}
	if (!t->report->since || (still == 0 && other == 0))
		return;
	rel_text_blank(t);
	if (still > 0) {
		rel_text_put(t, "still broken as before: ");
		rel_number_add(&t->line, still, "version");
	}
	if (other > 0) {
		rel_text_put(t, t->line.len ? "; " : "");
		rel_buf_printf(&t->line, "still unreadable or undecided: %zu",
			       other);
	}
	rel_text_put(t, " (--verbose lists them)");
	rel_text_end(t, 0, 2);
}

static void write_verdicts(struct rel_text *t)
{
	bool since = t->report->since;

	rel_text_broken(t, REL_SECTION_BROKEN, since ? "newly broken" : NULL);
	rel_text_broken(t, REL_SECTION_ADDED, "added and broken");
	rel_text_broken(t, REL_SECTION_OVERLAY, "broken by the overlay");
	rel_text_broken(t, REL_SECTION_OWN, "own versions that are broken");
	write_told(t, REL_SECTION_UNDECIDED,
		   since ? "newly undecided" : "undecided");
	write_told(t, REL_SECTION_UNREADABLE,
		   since ? "newly unreadable" : "unreadable");
	if (since)
		write_told(t, REL_SECTION_UNAVAILABLE, "no longer available");
	rel_text_list(t, REL_SECTION_FIXED,
		      since ? "fixed" : "fixed by the overlay", REL_TEXT_GREEN);
	if (t->style->all || t->style->verbose)
		rel_text_broken(t, REL_SECTION_ALONE,
				"broken without the overlay too");
	if (!since && t->style->verbose)
		rel_text_list(t, REL_SECTION_UNAVAILABLE, "unavailable",
			      REL_TEXT_BOLD);
	write_still(t);
}

static void write_targets(struct rel_text *t)
{
	const struct rel_report *r = t->report;
	const struct rel_report_targets targets = {r->targets, r->n_targets,
						   r->n_environments};
	size_t unmet = rel_targets_unmet(&targets);

	if (r->n_targets == 0)
		return;
	rel_text_blank(t);
	rel_text_heading(t, "targets");
	rel_text_end(t, 0, 0);
	rel_text_targets(t, &targets, t->style->verbose);
	if (unmet == 0 && !t->style->verbose) {
		rel_number_add(&t->line, r->n_targets / r->n_environments,
			       "target");
		rel_text_put(t, " can be installed");
		rel_text_end(t, 2, 4);
	}
}

static void write_cycle(struct rel_text *t,
			const struct rel_report_cycle *cycle)
{
	const struct rel_report *r = t->report;
	struct rel_buf where;

	for (size_t i = 0; i < cycle->n_path; i++) {
		rel_text_outside(t, cycle->path[i]);
		rel_text_put(t, " \xe2\x86\x92 ");
	}
	if (cycle->n_path > 0)
		rel_text_outside(t, cycle->path[0]);
	if (cycle->n_members > cycle->n_path)
		rel_buf_printf(&t->line, " (%zu belong to it)",
			       cycle->n_members);
	rel_buf_init(&where, REL_MIB);
	rel_cycle_environments_add(&where, r, cycle->same);
	rel_text_composed(t, &where);
	rel_text_end(t, 2, 4);
	if (!t->style->verbose || cycle->n_members <= cycle->n_path)
		return;
	rel_text_put(t, "members:");
	for (size_t i = 0; i < cycle->n_members; i++) {
		rel_text_put(t, i > 0 ? ", " : " ");
		rel_text_outside(t, cycle->members[i]);
	}
	rel_text_end(t, 4, 6);
}

static void write_cycles(struct rel_text *t)
{
	const struct rel_report *r = t->report;
	size_t told = 0, left_out = 0;
	bool only_own = false;

	if (r->n_cycles == 0)
		return;
	rel_text_blank(t);
	if (r->since && !t->style->verbose && !t->style->cycles_only) {
		rel_buf_printf(&t->line,
			       "cycles in the build order: %zu (--cycles "
			       "lists them)",
			       r->distinct_cycles);
		rel_text_end(t, 0, 2);
		return;
	}
	if (r->overlay && !t->style->verbose && !t->style->cycles_only &&
	    !t->style->all)
		only_own = true;
	for (size_t i = 0; i < r->n_cycles; i++) {
		if (r->cycles[i].same != i)
			continue;
		if ((only_own && !r->cycles[i].own) ||
		    (!t->style->verbose && !t->style->cycles_only &&
		     told == ITEMS_MAX)) {
			left_out++;
			continue;
		}
		if (told++ == 0) {
			rel_text_heading(t, "cycles in the build order");
			rel_text_end(t, 0, 0);
		}
		write_cycle(t, &r->cycles[i]);
	}
	if (left_out == 0)
		return;
	rel_buf_printf(&t->line, "%s: %zu (--cycles lists them)",
		       only_own ? "cycles in the build order, of upstream alone"
				: "more cycles",
		       left_out);
	rel_text_end(t, 0, 2);
}

/* Kinds of notices told apart in the count; the rest is "other". */
#define KINDS_MAX 16

static void write_notice_counts(struct rel_text *t)
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
	rel_text_put(t, "notices: ");
	for (size_t k = 0; k <= n; k++) {
		if (counts[k] == 0)
			continue;
		rel_buf_printf(&t->line, "%s%zu ", k > 0 ? ", " : "",
			       counts[k]);
		rel_text_outside(t, k < n ? kinds[k] : "other");
	}
	rel_text_put(t, " (--verbose lists them)");
	rel_text_end(t, 0, 2);
}

static void write_notices(struct rel_text *t)
{
	const struct rel_report *r = t->report;

	if (r->n_notices == 0)
		return;
	rel_text_blank(t);
	if (!t->style->verbose) {
		write_notice_counts(t);
		return;
	}
	rel_text_heading(t, "notices");
	rel_text_end(t, 0, 0);
	for (size_t i = 0; i < r->n_notices; i++) {
		rel_text_outside(t, r->notices[i].kind);
		rel_text_put(t, ": ");
		rel_text_outside(t, r->notices[i].path);
		rel_text_put(t, ": ");
		rel_text_outside(t, r->notices[i].text);
		rel_text_put(t, " (");
		rel_text_outside(t, r->notices[i].remote);
		rel_text_put(t, ")");
		rel_text_end(t, 2, 4);
	}
}

void rel_report_text(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_writer *out)
{
	struct rel_text t = {.report = report, .style = style, .out = out};

	t.told = calloc(report->n_roots + 1, 1);
	if (!t.told) {
		out->buf.status = REL_ENOMEM;
		return;
	}
	rel_buf_init(&t.line, REL_LIMIT_ARENA);
	write_summary(&t);
	if (!style->cycles_only) {
		write_targets(&t);
		write_verdicts(&t);
	}
	write_cycles(&t);
	if (!style->cycles_only)
		write_notices(&t);
	rel_buf_free(&t.line);
	free(t.told);
}
