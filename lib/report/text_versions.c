/* Roots and the versions they block. */
#include "base/limits.h"
#include "report/text.h"

/* Versions named in one list, unless --verbose. */
#define NAMES_MAX 12

/* Lines of the roots of one section, unless --verbose. */
#define SCREEN_LINES 36

/* Facts of one root beside those that its title states, unless --verbose. */
#define FACTS_MAX 16

static void write_fact(struct rel_text *t, const struct rel_fact_text *fact,
		       unsigned indent)
{
	if (fact->package[0]) {
		rel_text_outside(t, fact->package);
		rel_text_put(t, " ");
	}
	rel_text_outside(t, rel_fact_says(fact));
	if (fact->file[0])
		rel_text_place(t, fact->remote, fact->file, fact->line);
	rel_text_end(t, indent, indent + 2);
}

/* The bytes of "name.version" that are the name. */
static size_t name_length(const char *package)
{
	return strcspn(package, ".");
}

/* Is it the same fact, of another version of the same name?  Of a line of
 * releases that lack the same the words are: each its own version. */
static bool is_alike(const struct rel_report_root *root,
		     const struct rel_fact_text *a,
		     const struct rel_fact_text *b)
{
	size_t len = name_length(a->package);

	return len > 0 && strncmp(a->package, b->package, len + 1) == 0 &&
	       strcmp(a->field, b->field) == 0 &&
	       (root->causes > 1 || a->clause == b->clause) &&
	       strcmp(a->text, b->text) == 0;
}

static void put_likewise(struct rel_text *t, const struct rel_fact_text *fact,
			 size_t n)
{
	struct rel_buf name;

	rel_buf_init(&name, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_add(&name, fact->package, name_length(fact->package));
	rel_buf_printf(&t->line, "%zu version%s of ", n, n == 1 ? "" : "s");
	rel_text_composed(t, &name);
	rel_text_put(t, " likewise");
}

/* Versions of one name that say the same are one line; what does not decide
 * is left out over a limit, and counted. */
static void write_root_facts(struct rel_text *t,
			     const struct rel_report_root *root)
{
	size_t told = 0, left_out = 0;
	bool *done = calloc(root->n_facts + 1, sizeof(*done));

	if (!done)
		t->out->buf.status = REL_ENOMEM;
	for (size_t i = 0; done && i < root->n_facts; i++) {
		const struct rel_fact_text *fact = &root->facts[i];
		size_t alike = 0;

		if (done[i])
			continue;
		for (size_t k = i + 1; k < root->n_facts; k++) {
			if (done[k] || !is_alike(root, fact, &root->facts[k]))
				continue;
			done[k] = true;
			alike++;
		}
		/* of causes alike one is enough */
		if (told >= (root->causes > 1 ? 1 : FACTS_MAX) &&
		    (root->causes > 1 || !fact->decides)) {
			left_out += alike + 1;
			continue;
		}
		told++;
		write_fact(t, fact, 3);
		if (alike > 0) {
			put_likewise(t, fact, alike);
			rel_text_end(t, 5, 7);
		}
	}
	free(done);
	if (left_out == 0)
		return;
	rel_number_add(&t->line, left_out, "more fact");
	rel_text_put(t, " (--verbose lists them)");
	rel_text_end(t, 3, 5);
}

static void write_facts(struct rel_text *t, const struct rel_fact_text *facts,
			size_t count, unsigned indent)
{
	for (size_t i = 0; i < count; i++)
		write_fact(t, &facts[i], indent);
}

static void write_root_in_full(struct rel_text *t,
			       const struct rel_report_root *root)
{
	struct rel_buf names;

	write_facts(t, root->facts, root->n_facts, 3);
	if (!root->maintainers || !root->maintainers[0])
		return;
	rel_buf_init(&names, REL_LIMIT_ARENA);
	rel_maintainers_add(&names, root->maintainers, ", ");
	rel_text_put(t, "maintained by ");
	rel_text_composed(t, &names);
	rel_text_end(t, 3, 5);
}

static void put_root_environments(struct rel_text *t,
				  const struct rel_report_root *root)
{
	if (root->n_environments == 0 ||
	    root->n_environments == t->report->n_environments)
		return;
	for (size_t i = 0; i < root->n_environments; i++) {
		rel_text_put(t, i > 0 ? ", " : " (in ");
		rel_text_outside(
		    t, rel_environment_name(t->report, root->environments[i]));
	}
	rel_text_put(t, ")");
}

/* "1. no git >= 2.0.0 (newest 1.11.2)" and the facts */
static void write_root(struct rel_text *t, const struct rel_report_root *root)
{
	rel_buf_printf(&t->line, "%u. ", (unsigned)root->id);
	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_outside(t, root->title);
	rel_text_colour(t, REL_TEXT_PLAIN);
	put_root_environments(t, root);
	rel_text_end(t, 0, 3);
	if (t->told[root->id - 1])
		return;
	t->told[root->id - 1] = 1;
	if (t->style->verbose)
		write_root_in_full(t, root);
	else
		write_root_facts(t, root);
}

/* Versions of a section that go back to one root. */
struct group {
	enum rel_section section;
	size_t from;  /* index of the first verdict */
	size_t count; /* of entries */
	size_t next;  /* index behind the last */
};

static struct group group_from(const struct rel_report *r,
			       enum rel_section section, size_t from)
{
	struct group group = {.section = section, .from = from, .next = from};
	struct rel_entry e = {.next = from};

	while (rel_entry_next(r, section, &e) &&
	       r->verdicts[e.first].root == r->verdicts[from].root) {
		group.count++;
		group.next = rel_section_next(r, section, e.next);
	}
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

/* The word for who breaks it, where the section does not say so. */
static const char *origin_of(const struct group *group,
			     const struct rel_report_verdict *v)
{
	if (group->section == REL_SECTION_OVERLAY ||
	    group->section == REL_SECTION_OWN)
		return NULL;
	return v->origin == REL_ORIGIN_OVERLAY ? "overlay"
	       : v->origin == REL_ORIGIN_OWN   ? "own"
					       : NULL;
}

/* "foo.1 (overlay; debian-12)" */
static void put_entry(struct rel_text *t, const struct group *group,
		      const struct rel_entry *e)
{
	const struct rel_report *r = t->report;
	const struct rel_report_verdict *v = &r->verdicts[e->first];
	const char *origin = origin_of(group, v), *before = " (";

	rel_text_outside(t, v->package);
	if (origin) {
		rel_text_put(t, " (");
		rel_text_colour(t, REL_TEXT_RED);
		rel_text_put(t, origin);
		rel_text_colour(t, REL_TEXT_PLAIN);
		before = "; ";
	}
	if (e->count < r->n_environments) {
		rel_text_put(t, before);
		put_environments(t, group->section, e);
	}
	if (origin || e->count < r->n_environments)
		rel_text_put(t, ")");
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
	rel_buf_printf(&t->line, " %zu:", count);
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

	rel_buf_printf(&t->line, " %zu:", group->count);
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

/* What there was no room for. */
static void write_rest(struct rel_text *t, enum rel_section section, size_t at)
{
	const struct rel_report *r = t->report;
	size_t roots = 0, versions = 0;

	while (at < r->n_verdicts) {
		struct group group = group_from(r, section, at);

		roots += rel_root_find(r, r->verdicts[at].root) != NULL;
		versions += group.count;
		at = group.next;
	}
	rel_text_blank(t);
	rel_text_put(t, "\xe2\x80\xa6 and ");
	rel_number_add(&t->line, versions, "more version");
	if (roots > 0) {
		rel_text_put(t, " from ");
		rel_number_add(&t->line, roots, "root");
	}
	rel_text_put(t, " (--verbose lists them)");
	rel_text_end(t, 0, 2);
}

/* What is broken, root by root. */
void rel_text_broken(struct rel_text *t, enum rel_section section,
		     const char *heading)
{
	const struct rel_report *r = t->report;
	size_t at = rel_section_next(r, section, 0);
	unsigned begun = t->lines;

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

		if (!t->style->verbose && t->lines - begun > SCREEN_LINES) {
			write_rest(t, section, at);
			return;
		}
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
