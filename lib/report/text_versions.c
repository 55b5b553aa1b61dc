/* Roots and the versions they block. */
#include "base/limits.h"
#include "report/text.h"

/* Versions named in one list, unless --verbose. */
#define NAMES_MAX 12

/* Facts about versions of one name that are folded into one. */
#define RUN_MIN 4

/* "(default: packages/a/a.1/opam:31)", or nothing */
static void put_place(struct rel_text *t, const struct rel_fact_text *fact)
{
	if (!fact->file[0])
		return;
	rel_text_put(t, t->line.len > 0 ? " " : "");
	rel_text_colour(t, REL_TEXT_DIM);
	rel_text_put(t, "(");
	if (fact->remote[0]) {
		rel_text_outside(t, fact->remote);
		rel_text_put(t, ": ");
	}
	rel_text_outside(t, fact->file);
	if (fact->line > 0)
		rel_buf_printf(&t->line, ":%u", (unsigned)fact->line);
	rel_text_put(t, ")");
	rel_text_colour(t, REL_TEXT_PLAIN);
}

static void write_fact(struct rel_text *t, const struct rel_fact_text *fact,
		       unsigned indent)
{
	if (fact->package[0]) {
		rel_text_outside(t, fact->package);
		rel_text_put(t, " ");
	}
	rel_text_outside(t, rel_fact_says(fact));
	put_place(t, fact);
	rel_text_end(t, indent, indent + 2);
}

/* The bytes of "name.version" that are the name. */
static size_t name_length(const char *package)
{
	return strcspn(package, ".");
}

/* Facts from `i` on that are alike: versions of one name, the same field. */
static size_t run_length(const struct rel_fact_text *facts, size_t count,
			 size_t i)
{
	size_t len = name_length(facts[i].package), n = 1;

	while (len > 0 && i + n < count &&
	       strncmp(facts[i].package, facts[i + n].package, len + 1) == 0 &&
	       strcmp(facts[i].field, facts[i + n].field) == 0)
		n++;
	return n;
}

static void write_rest_of_run(struct rel_text *t,
			      const struct rel_fact_text *fact, size_t n,
			      unsigned indent)
{
	struct rel_buf name;

	rel_buf_init(&name, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add(&name, fact->package, name_length(fact->package));
	rel_buf_printf(&t->line, "and %zu more versions of ", n);
	rel_text_composed(t, &name);
	rel_text_put(t, " likewise");
	rel_text_end(t, indent, indent + 2);
}

/* Long runs of versions of one name are told by their first, unless
 * --verbose. */
static void write_facts(struct rel_text *t, const struct rel_fact_text *facts,
			size_t count, unsigned indent)
{
	size_t i = 0;

	while (i < count) {
		size_t run = run_length(facts, count, i);
		size_t told = t->style->verbose || run < RUN_MIN ? run : 1;

		for (size_t k = 0; k < told; k++)
			write_fact(t, &facts[i + k], indent);
		if (told < run)
			write_rest_of_run(t, &facts[i], run - told, indent);
		i += run;
	}
}

/* "1. git: needs …" and the facts, unless they only repeat it. */
static void write_root(struct rel_text *t, const struct rel_report_root *root)
{
	const struct rel_fact_text *fact = root->facts;
	bool repeats = root->n_facts == 1 &&
		       (strcmp(fact->package, root->package) == 0 ||
			fact->package[0] == '\0') &&
		       strcmp(rel_fact_says(fact), root->text) == 0;

	rel_buf_printf(&t->line, "%u. ", (unsigned)root->id);
	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_outside(t, root->package);
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, ": ");
	rel_text_outside(t, root->text);
	rel_text_end(t, 0, 3);
	if (repeats) {
		put_place(t, fact);
		if (t->line.len > 0)
			rel_text_end(t, 3, 5);
	} else {
		write_facts(t, root->facts, root->n_facts, 3);
	}
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
		marked += rel_by_overlay(&r->verdicts[e.first]);
	}
	group.overlay = section != REL_SECTION_FIXED && marked == group.count;
	return group;
}

static void put_environments(struct rel_text *t, enum rel_section section,
			     const struct rel_entry *e)
{
	struct rel_buf names;

	rel_buf_init(&names, REL_MIB);
	rel_entry_environments(&names, t->report, section, e);
	rel_text_composed(t, &names);
}

static void put_overlay(struct rel_text *t)
{
	rel_text_colour(t, REL_TEXT_RED);
	rel_text_put(t, "overlay");
	rel_text_colour(t, REL_TEXT_PLAIN);
}

/* "foo.1 (overlay; debian-12)"; what holds for the whole group is not
 * repeated. */
static void put_entry(struct rel_text *t, const struct group *group,
		      const struct rel_entry *e)
{
	const struct rel_report *r = t->report;
	const struct rel_report_verdict *v = &r->verdicts[e->first];
	bool overlay = group->section != REL_SECTION_FIXED && !group->overlay &&
		       rel_by_overlay(v);
	const char *before = " (";

	rel_text_outside(t, v->package);
	if (overlay) {
		rel_text_put(t, " (");
		put_overlay(t);
		before = "; ";
	}
	if (e->count < r->n_environments) {
		rel_text_put(t, before);
		put_environments(t, group->section, e);
	}
	if (overlay || e->count < r->n_environments)
		rel_text_put(t, ")");
}

/* " 5 (overlay):" */
static void put_group(struct rel_text *t, const struct group *group)
{
	rel_buf_printf(&t->line, " %zu", group->count);
	if (group->overlay) {
		rel_text_put(t, " (");
		put_overlay(t);
		rel_text_put(t, ")");
	}
	rel_text_put(t, ":");
}

/* Names the group's versions behind what is on the line already.  Returns the
 * index of the verdict behind them. */
static size_t write_names(struct rel_text *t, const struct group *group,
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
		rel_text_put(t, i > 0 ? ", " : " ");
		put_entry(t, group, &e);
	}
	if (told < count)
		rel_buf_printf(&t->line, ", \xe2\x80\xa6 and %zu more",
			       count - told);
	rel_text_end(t, indent, indent + 2);
	return e.next;
}

/* The same with the reason of each. */
static size_t write_reasons(struct rel_text *t, const struct group *group,
			    unsigned indent)
{
	struct rel_entry e = {.next = group->from};

	put_group(t, group);
	rel_text_end(t, indent, indent + 2);
	for (size_t i = 0; i < group->count; i++) {
		const struct rel_report_verdict *v;

		rel_entry_next(t->report, group->section, &e);
		v = &t->report->verdicts[e.first];
		put_entry(t, group, &e);
		rel_text_end(t, indent + 2, indent + 4);
		write_facts(t, v->reason, v->n_reason, indent + 4);
	}
	return e.next;
}

/* What is broken, root by root. */
void rel_text_broken(struct rel_text *t, enum rel_section section,
		     const char *heading)
{
	const struct rel_report *r = t->report;
	size_t at = rel_section_next(r, section, 0);

	if (at < r->n_verdicts && heading) {
		rel_text_blank(t);
		rel_text_heading(t, heading);
		rel_text_end(t, 0, 0);
	}
	while (at < r->n_verdicts) {
		struct group group = group_from(r, section, at);
		const struct rel_report_root *root =
		    rel_root_find(r, r->verdicts[at].root);
		unsigned indent = root ? 3 : 0;

		rel_text_blank(t);
		if (root)
			write_root(t, root);
		rel_text_put(t, root ? "blocks" : "without a root");
		at = t->style->verbose ? write_reasons(t, &group, indent)
				       : write_names(t, &group, indent);
	}
}

void rel_text_list(struct rel_text *t, enum rel_section section,
		   const char *heading, const char *colour)
{
	const struct rel_report *r = t->report;
	size_t at = rel_section_next(r, section, 0);
	struct group group;

	if (at < r->n_verdicts)
		rel_text_blank(t);
	while (at < r->n_verdicts) {
		rel_text_colour(t, colour);
		rel_text_put(t, heading);
		rel_text_colour(t, REL_TEXT_PLAIN);
		group = group_from(r, section, at);
		at = write_names(t, &group, 0);
	}
}
