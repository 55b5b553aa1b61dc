/* --short, --mine: names, one a line, each once, in the order of names and
 * versions.
 * Broken versions (newly broken ones with --since, unless --verbose; own ones
 * and those that the overlay breaks with --mine), or the members of cycles with
 * --cycles. */
#include "base/array.h"
#include "base/escape.h"
#include "opam/version.h"
#include "report/formats.h"
#include "report/view.h"

struct list {
	const char **names;
	uint32_t count, cap;
};

static int compare(const void *a, const void *b)
{
	struct rel_str x = rel_str_of(*(const char *const *)a);
	struct rel_str y = rel_str_of(*(const char *const *)b);
	struct rel_str left = rel_str_cut(&x, '.'),
		       right = rel_str_cut(&y, '.');
	int order = rel_str_cmp(left, right);

	if (order == 0 && x.ptr && y.ptr)
		order = rel_version_compare(x, y);
	return order ? order : rel_str_cmp(x, y);
}

static void add(struct list *list, const char *name, struct rel_writer *out)
{
	int rc =
	    rel_array_reserve(&list->names, &list->cap,
			      (uint64_t)list->count + 1, sizeof(*list->names));

	if (rc)
		out->buf.status = rc;
	else
		list->names[list->count++] = name;
}

static void gather_section(struct list *list, const struct rel_report *report,
			   enum rel_section section, bool mine,
			   struct rel_writer *out)
{
	for (size_t i = rel_section_next(report, section, 0);
	     i < report->n_verdicts;
	     i = rel_section_next(report, section, i + 1)) {
		const struct rel_report_verdict *v = &report->verdicts[i];

		if (v->verdict == REL_BROKEN &&
		    (!mine || rel_is_mine(report, v)))
			add(list, v->package, out);
	}
}

void rel_report_short(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_writer *out)
{
	struct list list = {0};

	if (style->cycles_only) {
		for (size_t i = 0; i < report->n_cycles; i++) {
			const struct rel_report_cycle *c = &report->cycles[i];

			for (size_t k = 0; k < c->n_members; k++)
				add(&list, c->members[k], out);
		}
	} else {
		for (int s = 0; s < REL_N_BROKEN_SECTIONS; s++)
			gather_section(&list, report, (enum rel_section)s,
				       style->mine, out);
		if (style->verbose)
			gather_section(&list, report, REL_SECTION_STILL,
				       style->mine, out);
	}
	if (list.count > 0)
		qsort(list.names, list.count, sizeof(*list.names), compare);
	for (uint32_t i = 0; i < list.count; i++) {
		if (i > 0 && strcmp(list.names[i], list.names[i - 1]) == 0)
			continue;
		rel_escape(&out->buf, REL_ESCAPE_TEXT, list.names[i]);
		rel_buf_add_char(&out->buf, '\n');
		rel_writer_turn(out);
	}
	free(list.names);
}
