/*
 * One HTML page, for people: no scripts, nothing from elsewhere, readable
 * without its style.  What changed comes first, then what is broken, root by
 * root with reasons, then lists.
 * Source  HTML, html.spec.whatwg.org; contrast: WCAG 2.2, 1.4.3
 */
#include "report/html.h"
#include "base/escape.h"
#include "report/formats.h"
#include "report/targets.h"
#include "report/view.h"

static void put(struct rel_html *h, const char *ours)
{
	rel_buf_add_cstr(&h->out->buf, ours);
}

static void put_outside(struct rel_html *h, const char *theirs)
{
	rel_escape(&h->out->buf, REL_ESCAPE_XML, theirs);
}

/* <tag>theirs</tag> */
static void put_in(struct rel_html *h, const char *tag, const char *theirs)
{
	rel_buf_printf(&h->out->buf, "<%s>", tag);
	put_outside(h, theirs);
	rel_buf_printf(&h->out->buf, "</%s>", tag);
}

/* What has been composed in h->text. */
static void put_composed(struct rel_html *h)
{
	put_outside(h, h->text.ptr ? h->text.ptr : "");
	if (h->text.status)
		h->out->buf.status = h->text.status;
	rel_buf_clear(&h->text);
}

static void put_revision(struct rel_html *h, const char *revision)
{
	rel_revision_add(&h->text, revision);
	put_composed(h);
}

static void write_layers(struct rel_html *h)
{
	const struct rel_report *r = h->report;

	put(h, "<table>\n<caption>Remotes; for each version the first that "
	       "has it wins</caption>\n"
	       "<tr><th scope=\"col\">name</th><th scope=\"col\">role</th>"
	       "<th scope=\"col\">location</th><th scope=\"col\">revision</th>"
	       "<th scope=\"col\">versions</th></tr>\n");
	for (size_t i = 0; i < r->n_layers; i++) {
		const struct rel_report_layer *layer = &r->layers[i];

		put(h, "<tr><th scope=\"row\">");
		put_outside(h, layer->name);
		put(h, "</th>");
		put_in(h, "td", layer->role);
		put_in(h, "td", layer->location);
		put(h, "<td>");
		if (layer->since) {
			put_revision(h, layer->since);
			put(h, "..");
		}
		put_revision(h, layer->revision);
		rel_buf_printf(&h->out->buf,
			       "</td><td class=\"number\">%u</td></tr>\n",
			       (unsigned)layer->packages);
	}
	put(h, "</table>\n");
}

static void write_environments(struct rel_html *h)
{
	const struct rel_report *r = h->report;

	put(h, "<dl>\n");
	for (size_t i = 0; i < r->n_environments; i++) {
		const struct rel_report_environment *e = &r->environments[i];

		put_in(h, "dt", e->name);
		put(h, "<dd>");
		put_outside(h, e->profile);
		for (size_t k = 0; k < e->n_values; k++) {
			put(h, k > 0 ? ", " : ": ");
			put_outside(h, e->values[k].name);
			put(h, "=");
			put_outside(h, e->values[k].value);
		}
		put(h, "</dd>\n");
	}
	put(h, "</dl>\n");
}

/* "(mirage-dev: packages/a/a.1/opam:31)" */
static void put_place(struct rel_html *h, const struct rel_fact_text *fact)
{
	if (!fact->file[0])
		return;
	put(h, " <small>(");
	put_outside(h, fact->remote);
	put(h, fact->remote[0] ? ": " : "");
	put_outside(h, fact->file);
	if (fact->line > 0)
		rel_buf_printf(&h->out->buf, ":%u", (unsigned)fact->line);
	put(h, ")</small>");
}

static void write_facts(struct rel_html *h, const struct rel_fact_text *facts,
			size_t count)
{
	put(h, "<ul>\n");
	for (size_t i = 0; i < count; i++) {
		put(h, "<li>");
		if (facts[i].package[0]) {
			put_in(h, "code", facts[i].package);
			put(h, " ");
		}
		put_outside(h, rel_fact_says(&facts[i]));
		put_place(h, &facts[i]);
		put(h, "</li>\n");
		rel_writer_turn(h->out);
	}
	put(h, "</ul>\n");
}

/* "foo.1 overlay, in debian-12" */
static void put_entry(struct rel_html *h, enum rel_section section,
		      const struct rel_entry *e)
{
	const struct rel_report *r = h->report;
	const struct rel_report_verdict *v = &r->verdicts[e->first];

	put_in(h, "code", v->package);
	if (v->origin == REL_ORIGIN_OVERLAY)
		put(h, " <b class=\"bad\">overlay</b>");
	else if (v->origin == REL_ORIGIN_OWN)
		put(h, " <b class=\"bad\">own</b>");
	if (e->count < r->n_environments) {
		put(h, ", in ");
		rel_entry_environments(&h->text, r, section, e);
		put_composed(h);
	}
}

/* Does the reason only repeat that of the root? */
static bool repeats(const struct rel_report_verdict *v,
		    const struct rel_report_root *root)
{
	return root && root->causes == 1 && v->n_reason == root->n_facts &&
	       v->n_reason > 0 &&
	       strcmp(v->reason[0].package, root->facts[0].package) == 0;
}

static void write_entry(struct rel_html *h, enum rel_section section,
			const struct rel_entry *e,
			const struct rel_report_root *root)
{
	const struct rel_report_verdict *v = &h->report->verdicts[e->first];

	put(h, "<li>");
	if (v->n_reason == 0 || repeats(v, root)) {
		put_entry(h, section, e);
	} else {
		put(h, "<details><summary>");
		put_entry(h, section, e);
		put(h, "</summary>\n");
		write_facts(h, v->reason, v->n_reason);
		put(h, "</details>");
	}
	put(h, "</li>\n");
	rel_writer_turn(h->out);
}

static void write_root(struct rel_html *h, const struct rel_report_root *root)
{
	rel_buf_printf(&h->out->buf, "<h3>%u. ", (unsigned)root->id);
	put_outside(h, root->title);
	put(h, "</h3>\n");
	if (root->n_facts > 0)
		write_facts(h, root->facts, root->n_facts);
	if (root->maintainers && root->maintainers[0]) {
		rel_maintainers_add(&h->text, root->maintainers, ", ");
		put(h, "<p>Maintained by ");
		put_composed(h);
		put(h, "</p>\n");
	}
	rel_number_add(&h->text, root->versions, "version");
	put(h, "<p>Blocks ");
	put_composed(h);
	put(h, ":</p>\n");
}

/* The versions from *at on that go back to one root, and the root itself. */
static void write_group(struct rel_html *h, enum rel_section section,
			size_t *at)
{
	const struct rel_report *r = h->report;
	uint32_t id = r->verdicts[*at].root;
	const struct rel_report_root *root = rel_root_find(r, id);
	struct rel_entry e = {.next = *at};

	if (root)
		write_root(h, root);
	put(h, "<ul class=\"names\">\n");
	while (rel_entry_next(r, section, &e) &&
	       r->verdicts[e.first].root == id) {
		write_entry(h, section, &e, root);
		*at = e.next;
	}
	put(h, "</ul>\n");
}

/* One section, root by root or as a list; nothing when it is empty. */
static void write_section(struct rel_html *h, enum rel_section section,
			  const char *heading, bool by_root)
{
	const struct rel_report *r = h->report;
	size_t n = rel_section_count(r, section);
	size_t at = rel_section_next(r, section, 0);
	struct rel_entry e = {0};

	if (n == 0)
		return;
	rel_buf_printf(&h->out->buf, "<section>\n<h2>%s: %zu</h2>\n", heading,
		       n);
	if (by_root) {
		while (at < r->n_verdicts)
			write_group(h, section, &at);
	} else {
		put(h, "<ul class=\"names\">\n");
		while (rel_entry_next(r, section, &e))
			write_entry(h, section, &e, NULL);
		put(h, "</ul>\n");
	}
	put(h, "</section>\n");
}

static void write_changes(struct rel_html *h)
{
	write_section(h, REL_SECTION_BROKEN, "Newly broken", true);
	write_section(h, REL_SECTION_ADDED, "Added and broken", true);
	write_section(h, REL_SECTION_UNDECIDED, "Newly undecided", false);
	write_section(h, REL_SECTION_UNREADABLE, "Newly unreadable", false);
	write_section(h, REL_SECTION_UNAVAILABLE, "No longer available", false);
	write_section(h, REL_SECTION_FIXED, "Fixed", false);
	write_section(h, REL_SECTION_STILL, "Broken as before", true);
	write_section(h, REL_SECTION_STILL_OTHER,
		      "Unreadable or undecided as before", false);
}

static void write_state(struct rel_html *h)
{
	write_section(h, REL_SECTION_BROKEN, "Broken", true);
	write_section(h, REL_SECTION_OVERLAY, "Broken by the overlay", true);
	write_section(h, REL_SECTION_OWN, "Own versions that are broken", true);
	write_section(h, REL_SECTION_ALONE, "Broken without the overlay too",
		      true);
	write_section(h, REL_SECTION_UNDECIDED, "Undecided", false);
	write_section(h, REL_SECTION_UNREADABLE, "Unreadable", false);
	write_section(h, REL_SECTION_FIXED, "Fixed by the overlay", false);
	write_section(h, REL_SECTION_UNAVAILABLE, "Unavailable", false);
}

static void put_names(struct rel_html *h, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put(h, i > 0 ? ", " : "");
		put_in(h, "code", names[i]);
	}
}

static void write_target(struct rel_html *h, const struct rel_target_result *r)
{
	put(h, "<h3>");
	rel_target_name_add(&h->text, r->target);
	rel_buf_printf(&h->text, ", in %s", r->environment->name);
	if (r->status == REL_SAT_UNKNOWN)
		rel_buf_add_cstr(&h->text, ": undecided");
	else if (r->before == REL_SAT_NO)
		rel_buf_add_cstr(&h->text, ", as before");
	put_composed(h);
	put(h, "</h3>\n");
	if (r->n_reason > 0)
		write_facts(h, r->reason, r->n_reason);
	if (r->n_part > 0) {
		put(h, r->part_is_largest
			   ? "<p>The largest part that can be installed: "
			   : "<p>A part that can be installed, if not the "
			     "largest: ");
		put_names(h, r->part, r->n_part);
		put(h, "; without ");
		put_names(h, r->rest, r->n_rest);
		put(h, "</p>\n");
	}
	rel_writer_turn(h->out);
}

/* Those that are not installable, as the text has them. */
static void write_targets(struct rel_html *h)
{
	const struct rel_report *r = h->report;
	const struct rel_report_targets targets = {r->targets, r->n_targets,
						   r->n_environments};
	size_t n = rel_targets_unmet(&targets);

	if (n == 0)
		return;
	rel_buf_printf(&h->out->buf,
		       "<section>\n<h2>Targets that cannot be installed: "
		       "%zu</h2>\n",
		       n);
	for (size_t i = 0; i < r->n_targets; i++) {
		if (r->targets[i].status != REL_SAT_YES)
			write_target(h, &r->targets[i]);
	}
	put(h, "</section>\n");
}

static void put_path(struct rel_html *h, const struct rel_report_cycle *cycle)
{
	for (size_t i = 0; i < cycle->n_path; i++) {
		put_in(h, "code", cycle->path[i]);
		put(h, " \xe2\x86\x92 ");
	}
	if (cycle->n_path > 0)
		put_in(h, "code", cycle->path[0]);
	rel_cycle_environments_add(&h->text, h->report, cycle->same);
	put_composed(h);
}

static void write_cycle(struct rel_html *h,
			const struct rel_report_cycle *cycle)
{
	bool more = cycle->n_members > cycle->n_path;

	put(h, more ? "<li><details><summary>" : "<li>");
	put_path(h, cycle);
	if (more) {
		rel_buf_printf(&h->out->buf,
			       " (%zu belong to it)</summary>\n<p>",
			       cycle->n_members);
		for (size_t i = 0; i < cycle->n_members; i++) {
			put(h, i > 0 ? ", " : "");
			put_in(h, "code", cycle->members[i]);
		}
		put(h, "</p></details>");
	}
	put(h, "</li>\n");
	rel_writer_turn(h->out);
}

static void write_cycles(struct rel_html *h)
{
	const struct rel_report *r = h->report;

	if (r->n_cycles == 0)
		return;
	rel_buf_printf(&h->out->buf,
		       "<section>\n<h2>Cycles in the build order: %zu</h2>\n"
		       "<ul>\n",
		       r->distinct_cycles);
	for (size_t i = 0; i < r->n_cycles; i++) {
		if (r->cycles[i].same == i)
			write_cycle(h, &r->cycles[i]);
	}
	put(h, "</ul>\n</section>\n");
}

static void write_notices(struct rel_html *h)
{
	const struct rel_report *r = h->report;

	if (r->n_notices == 0)
		return;
	rel_buf_printf(&h->out->buf,
		       "<details><summary>Notices: %zu</summary>\n"
		       "<ul>\n",
		       r->n_notices);
	for (size_t i = 0; i < r->n_notices; i++) {
		const struct rel_report_notice *notice = &r->notices[i];

		put(h, "<li>");
		put_outside(h, notice->kind);
		put(h, ": ");
		put_in(h, "code", notice->path);
		put(h, ": ");
		put_outside(h, notice->text);
		put(h, " <small>(");
		put_outside(h, notice->remote);
		put(h, ")</small></li>\n");
		rel_writer_turn(h->out);
	}
	put(h, "</ul>\n</details>\n");
}

static void put_counts(struct rel_html *h)
{
	rel_counts_add(&h->text, h->report);
	put_composed(h);
}

static void write_head(struct rel_html *h)
{
	const struct rel_report *r = h->report;

	put(h, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	       "<meta charset=\"utf-8\">\n"
	       "<meta name=\"viewport\" content=\"width=device-width, "
	       "initial-scale=1\">\n<title>");
	put_counts(h);
	put(h, "</title>\n<style>\n");
	put(h, rel_html_style);
	put(h, "</style>\n</head>\n<body>\n<main>\n<h1>");
	put(h, r->since ? "What changed" : "What cannot be installed");
	put(h, "</h1>\n<p class=\"counts\">");
	put_counts(h);
	rel_buf_printf(&h->out->buf, " (%.2f s)</p>\n", r->seconds);
}

void rel_report_html(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_writer *out)
{
	struct rel_html h = {.report = report, .out = out};

	rel_buf_init(&h.text, out->buf.max);
	write_head(&h);
	if (!style->cycles_only) {
		if (report->since)
			write_changes(&h);
		else
			write_state(&h);
		write_targets(&h);
	}
	write_cycles(&h);
	put(&h, "</main>\n<footer>\n");
	write_layers(&h);
	write_environments(&h);
	if (!style->cycles_only)
		write_notices(&h);
	put(&h, "</footer>\n</body>\n</html>\n");
	rel_buf_free(&h.text);
}
