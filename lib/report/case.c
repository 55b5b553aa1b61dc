#include "report/case.h"

#include <stdlib.h>
#include <string.h>

#include "report/view.h"

static void add_word(struct rel_buf *out, const char *word)
{
	if (word)
		rel_buf_printf(out, " %s", word);
}

static int compare_facts(const void *a, const void *b)
{
	const struct rel_fact_text *x = a, *y = b;
	int order = strcmp(x->package, y->package);

	if (order == 0)
		order = strcmp(x->field, y->field);
	return order ? order : strcmp(x->text, y->text);
}

/* In an order of their own: that of a report depends on the search. */
static int add_facts(struct rel_buf *out, const struct rel_report_verdict *v,
		     struct rel_error *err)
{
	struct rel_fact_text *facts = calloc(v->n_reason + 1, sizeof(*facts));

	if (!facts)
		return rel_fail_nomem(err);
	if (v->n_reason)
		memcpy(facts, v->reason, v->n_reason * sizeof(*facts));
	qsort(facts, v->n_reason, sizeof(*facts), compare_facts);
	for (size_t i = 0; i < v->n_reason; i++)
		rel_buf_printf(out, "  %s %s %s\n", facts[i].package,
			       facts[i].field, facts[i].text);
	free(facts);
	return 0;
}

int rel_report_case(struct rel_buf *out, const struct rel_report *report,
		    struct rel_error *err)
{
	for (size_t i = 0; i < report->n_verdicts; i++) {
		const struct rel_report_verdict *v = &report->verdicts[i];
		int rc;

		rel_buf_printf(out, "%s %s", v->package,
			       rel_verdict_text(v->verdict));
		add_word(out, rel_kind_text(v));
		add_word(out, rel_origin_text(v->origin));
		add_word(out, rel_change_text(v->change));
		if (report->n_environments > 1)
			add_word(out,
				 rel_environment_name(report, v->environment));
		if (v->root != REL_REPORT_NONE)
			rel_buf_printf(out, " root %u", (unsigned)v->root);
		rel_buf_add_char(out, '\n');
		rc = add_facts(out, v, err);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < report->n_roots; i++)
		rel_buf_printf(out, "root %u %s blocks %u\n",
			       (unsigned)report->roots[i].id,
			       rel_broken_kind_text(report->roots[i].kind),
			       (unsigned)report->roots[i].blocks);
	for (size_t i = 0; i < report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &report->cycles[i];

		rel_buf_add_cstr(out, "cycle");
		for (size_t k = 0; k < cycle->n_members; k++)
			add_word(out, cycle->members[k]);
		rel_buf_add_char(out, ':');
		for (size_t k = 0; k < cycle->n_path; k++)
			add_word(out, cycle->path[k]);
		rel_buf_add_char(out, '\n');
	}
	return rel_buf_status(out, "the case", err);
}
