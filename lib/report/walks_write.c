/* Formats of what walks found. */
#include "report/text.h"
#include "report/walks.h"
#include "json/json.h"

/* Columns that package names are padded to, at most. */
#define PAD_MAX 40

static void write_chain(struct rel_text *t, const struct rel_report_chain *c)
{
	for (size_t i = 0; i < c->n_needs; i++) {
		const struct rel_report_need *n = &c->needs[i];

		if (i == 0) {
			rel_text_colour(t, REL_TEXT_BOLD);
			rel_text_outside(t, n->package);
			rel_text_colour(t, REL_TEXT_PLAIN);
			rel_text_end(t, 0, 0);
		}
		rel_text_put(t, strcmp(n->field, "depopts") == 0 ? "may use "
								 : "needs ");
		rel_text_outside(t, n->text);
		rel_text_put(t, ": ");
		rel_text_outside(t, n->next);
		rel_text_place(t, n->remote, n->file, n->line);
		rel_text_end(t, 2, 6);
	}
}

static void write_chains(struct rel_text *t, const struct rel_report_walk *w)
{
	if (w->n_chains == 0) {
		rel_text_outside(t, w->from);
		rel_text_put(t, " reaches no version of ");
		rel_text_outside(t, w->to);
		rel_text_put(t, " through its dependencies");
		rel_text_end(t, 0, 0);
	}
	for (size_t i = 0; i < w->n_instead; i++) {
		rel_text_outside(t, w->instead[i]);
		rel_text_end(t, 2, 4);
	}
	for (size_t i = 0; i < w->n_chains; i++) {
		if (i > 0)
			rel_text_blank(t);
		write_chain(t, &w->chains[i]);
	}
}

/* The part of name.version before the version. */
static size_t name_len(const char *package)
{
	return strcspn(package, ".");
}

static bool same_name(const struct rel_report_need *a,
		      const struct rel_report_need *b)
{
	size_t n = name_len(a->package);

	return n == name_len(b->package) &&
	       memcmp(a->package, b->package, n) == 0;
}

static void pad(struct rel_text *t, size_t from, size_t width)
{
	for (size_t i = from; i < width; i++)
		rel_buf_add_char(&t->line, ' ');
}

/* name  version version … */
static void write_by_name(struct rel_text *t, const struct rel_report_walk *w,
			  size_t width)
{
	for (size_t i = 0; i < w->n_needs;) {
		const struct rel_report_need *first = &w->needs[i];
		size_t n = name_len(first->package);
		struct rel_buf name;

		rel_buf_init(&name, SIZE_MAX);
		rel_buf_add(&name, first->package, n);
		rel_text_composed(t, &name);
		pad(t, n, width);
		for (; i < w->n_needs && same_name(first, &w->needs[i]); i++) {
			rel_text_put(t, " ");
			rel_text_outside(t, w->needs[i].package + n + 1);
		}
		rel_text_end(t, 0, (unsigned)width + 1);
	}
}

static void write_each(struct rel_text *t, const struct rel_report_walk *w,
		       size_t width)
{
	for (size_t i = 0; i < w->n_needs; i++) {
		const struct rel_report_need *n = &w->needs[i];

		rel_text_outside(t, n->package);
		pad(t, strlen(n->package), width);
		rel_text_put(t, strcmp(n->field, "depopts") == 0 ? " may use "
								 : " needs ");
		rel_text_outside(t, n->text);
		if (t->style->verbose)
			rel_text_place(t, n->remote, n->file, n->line);
		rel_text_end(t, 0, (unsigned)width + 3);
	}
}

static size_t width_of(const struct rel_report_walk *w)
{
	size_t width = 0;

	for (size_t i = 0; i < w->n_needs; i++) {
		const char *package = w->needs[i].package;
		size_t n = w->recursive ? name_len(package) : strlen(package);

		if (n > width)
			width = n;
	}
	return width < PAD_MAX ? width : PAD_MAX;
}

static void write_dependents(struct rel_text *t,
			     const struct rel_report_walk *w)
{
	size_t names = 0;

	for (size_t i = 0; i < w->n_needs; i++)
		names += i == 0 || !same_name(&w->needs[i - 1], &w->needs[i]);
	if (w->excluding && w->n_needs == 0)
		rel_text_put(t, "all that depends on it accepts ");
	else if (w->excluding)
		rel_buf_printf(&t->line,
			       "%zu version%s of %zu package%s "
			       "do%s not accept ",
			       w->n_needs, w->n_needs == 1 ? "" : "s", names,
			       names == 1 ? "" : "s",
			       w->n_needs == 1 ? "es" : "");
	else if (w->n_needs == 0)
		rel_text_put(t, "nothing depends on ");
	else
		rel_buf_printf(&t->line,
			       "%zu version%s of %zu package%s "
			       "depend%s on ",
			       w->n_needs, w->n_needs == 1 ? "" : "s", names,
			       names == 1 ? "" : "s",
			       w->n_needs == 1 ? "s" : "");
	rel_text_outside(t, w->to);
	if (w->excluding) {
		rel_text_put(t, ".");
		rel_text_outside(t, w->excluding);
	}
	rel_text_end(t, 0, 0);
	if (w->recursive)
		write_by_name(t, w, width_of(w));
	else
		write_each(t, w, width_of(w));
}

static void write_short(struct rel_text *t, const struct rel_report_walk *w)
{
	for (size_t i = 0; i < w->n_needs; i++) {
		rel_text_outside(t, w->needs[i].package);
		rel_text_end(t, 0, 0);
	}
}

static void json_need(struct rel_json *json, const struct rel_report_need *n)
{
	rel_json_object(json, NULL);
	rel_json_text(json, "package", n->package);
	if (n->next)
		rel_json_text(json, "next", n->next);
	rel_json_text(json, "field", n->field[0] ? n->field : NULL);
	rel_json_text(json, "text", n->text);
	rel_json_text(json, "remote", n->remote);
	rel_json_text(json, "file", n->file);
	rel_json_uint(json, "line", n->line);
	rel_json_close(json);
}

static int write_json(const struct rel_report_walk *w, struct rel_sink *sink,
		      struct rel_error *err)
{
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema",
		      w->from ? "relctl.paths/1" : "relctl.rdeps/1");
	rel_json_array(&json, "environments");
	for (size_t i = 0; i < w->n_environments; i++)
		rel_json_text(&json, NULL, w->environments[i]);
	rel_json_close(&json);
	if (w->from)
		rel_json_text(&json, "from", w->from);
	rel_json_text(&json, "to", w->to);
	if (!w->from)
		rel_json_bool(&json, "recursive", w->recursive);
	if (w->excluding)
		rel_json_text(&json, "excluding", w->excluding);
	if (w->n_instead) {
		rel_json_array(&json, "instead");
		for (size_t i = 0; i < w->n_instead; i++)
			rel_json_text(&json, NULL, w->instead[i]);
		rel_json_close(&json);
	}
	rel_json_array(&json, w->from ? "paths" : "packages");
	for (size_t i = 0; i < w->n_chains; i++) {
		rel_json_array(&json, NULL);
		for (size_t k = 0; k < w->chains[i].n_needs; k++)
			json_need(&json, &w->chains[i].needs[k]);
		rel_json_close(&json);
	}
	for (size_t i = 0; i < w->n_needs; i++)
		json_need(&json, &w->needs[i]);
	rel_json_close(&json);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_walk(const struct rel_report_walk *walk,
			  enum rel_report_format format,
			  const struct rel_report_style *style,
			  struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_text t = {.style = style, .out = &out};

	if (format == REL_REPORT_JSON)
		return write_json(walk, sink, err);
	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	if (format == REL_REPORT_SHORT)
		write_short(&t, walk);
	else if (walk->from)
		write_chains(&t, walk);
	else
		write_dependents(&t, walk);
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}

/* How the verdict compares with upstream alone, or nothing. */
static void write_origin(struct rel_text *t, const struct rel_report_verdict *v)
{
	switch (v->origin) {
	case REL_ORIGIN_NONE:
		return;
	case REL_ORIGIN_OVERLAY:
		rel_text_put(t,
			     "the overlay breaks it: upstream alone does not");
		break;
	case REL_ORIGIN_OWN:
		rel_text_put(t, "only the overlay has it");
		break;
	case REL_ORIGIN_ALONE:
		rel_text_put(t, "it is broken with upstream alone, too");
		break;
	}
	rel_text_end(t, 2, 4);
}

/* Do both say the same of one version, each in its environment? */
static bool same_verdict(const struct rel_report_verdict *a,
			 const struct rel_report_verdict *b)
{
	bool same = a->verdict == b->verdict && a->origin == b->origin &&
		    a->n_reason == b->n_reason &&
		    strcmp(a->package, b->package) == 0 &&
		    strcmp(a->remote, b->remote) == 0;

	for (size_t i = 0; same && i < a->n_reason; i++)
		same =
		    strcmp(a->reason[i].package, b->reason[i].package) == 0 &&
		    strcmp(rel_fact_says(&a->reason[i]),
			   rel_fact_says(&b->reason[i])) == 0;
	return same;
}

static void put_environments(struct rel_text *t, size_t at)
{
	const struct rel_report *r = t->report;
	const char *before = " in ";

	for (size_t i = at; r->n_environments > 1 && i < r->n_verdicts; i++) {
		if (!same_verdict(&r->verdicts[at], &r->verdicts[i]))
			continue;
		rel_text_put(t, before);
		rel_text_outside(
		    t, r->environments[r->verdicts[i].environment].name);
		before = ", ";
	}
}

/* The facts at the end, those of the root, decide: the others lead there. */
static size_t first_decisive(const struct rel_report *report,
			     const struct rel_report_verdict *v)
{
	const struct rel_report_root *root = rel_root_find(report, v->root);

	return root && root->n_facts < v->n_reason ? v->n_reason - root->n_facts
						   : 0;
}

static void write_verdict(struct rel_text *t, size_t at)
{
	const struct rel_report_verdict *v = &t->report->verdicts[at];
	size_t decisive = first_decisive(t->report, v);

	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_outside(t, v->package);
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, " (");
	rel_text_outside(t, v->remote);
	rel_text_put(t, ") is ");
	rel_text_put(t, rel_verdict_text(v->verdict));
	put_environments(t, at);
	rel_text_end(t, 0, 2);
	for (size_t i = 0; i < v->n_reason; i++) {
		const struct rel_fact_text *fact = &v->reason[i];

		if (i >= decisive)
			rel_text_colour(t, REL_TEXT_RED);
		rel_text_outside(t, fact->package);
		rel_text_put(t, fact->package[0] ? " " : "");
		rel_text_outside(t, rel_fact_says(fact));
		if (i >= decisive)
			rel_text_colour(t, REL_TEXT_PLAIN);
		if (fact->file[0])
			rel_text_place(t, fact->remote, fact->file, fact->line);
		rel_text_end(t, 2, 4);
	}
	write_origin(t, v);
}

static bool is_shown(const struct rel_report *report, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (same_verdict(&report->verdicts[i], &report->verdicts[at]))
			return true;
	}
	return false;
}

int rel_report_write_why(const struct rel_report *report,
			 const struct rel_report_style *style,
			 struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	bool blank = false;
	struct rel_text t = {.report = report, .style = style, .out = &out};

	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	for (size_t i = 0; i < report->n_verdicts; i++) {
		if (is_shown(report, i))
			continue;
		if (blank)
			rel_text_blank(&t);
		write_verdict(&t, i);
		blank = report->verdicts[i].n_reason > 0;
	}
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}
