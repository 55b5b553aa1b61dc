#include "check/facts.h"

#include "base/limits.h"
#include "solve/circles.h"

void rel_texts_init(struct rel_texts *texts, struct rel_arena *arena)
{
	texts->arena = arena;
	rel_buf_init(&texts->work, REL_LIMIT_MANIFEST_BYTES);
}

void rel_texts_free(struct rel_texts *texts)
{
	rel_buf_free(&texts->work);
}

const char *rel_texts_keep(struct rel_texts *texts)
{
	const char *kept =
	    texts->work.status
		? NULL
		: rel_arena_copy(texts->arena, rel_buf_str(&texts->work));

	rel_buf_clear(&texts->work);
	return kept;
}

const char *rel_texts_package(struct rel_texts *texts,
			      const struct rel_universe *u, rel_pkg_id pkg)
{
	rel_universe_package_add(&texts->work, u, pkg);
	return rel_texts_keep(texts);
}

const char *rel_texts_remote(const struct rel_universe *u, rel_pkg_id pkg)
{
	const struct rel_stack *stack = u->stack;

	return stack->layers[stack->entries[pkg].layer].remote->name;
}

const char *rel_texts_file(struct rel_texts *texts,
			   const struct rel_universe *u, rel_pkg_id pkg)
{
	rel_buf_add_str(&texts->work, rel_snapshot_string(
					  rel_universe_snapshot(u, pkg),
					  rel_universe_package(u, pkg)->path));
	return rel_texts_keep(texts);
}

const char *rel_texts_maintainers(struct rel_texts *texts,
				  const struct rel_universe *u, rel_pkg_id pkg)
{
	rel_buf_add_str(&texts->work, rel_universe_maintainers(u, pkg));
	return rel_texts_keep(texts);
}

/* Where the text of a fact stands: its expression, or REL_EXPR_NONE. */
static rel_expr_id expr_of(const struct rel_universe *u,
			   const struct rel_fact *fact, bool *depopts)
{
	*depopts = false;
	if (fact->kind == REL_FACT_CIRCLE)
		return rel_circles_expr(u, rel_circles_step(u, fact->index),
					depopts);
	if (fact->kind == REL_FACT_NEEDS)
		return u->need_expr[fact->index];
	if (fact->kind == REL_FACT_CONFLICTS)
		return u->conflict_expr[fact->index];
	if (fact->kind == REL_FACT_UNAVAILABLE)
		return rel_universe_package(u, fact->package)
		    ->manifest.available;
	return REL_EXPR_NONE;
}

static const char *field_of(enum rel_fact_kind kind)
{
	switch (kind) {
	case REL_FACT_NEEDS:
	case REL_FACT_CIRCLE:
		return "depends";
	case REL_FACT_CONFLICTS:
		return "conflicts";
	case REL_FACT_CLASS:
		return "conflict-class";
	case REL_FACT_UNAVAILABLE:
		return "available";
	case REL_FACT_BROKEN:
	case REL_FACT_UNREADABLE:
	case REL_FACT_PINNED:
		break;
	}
	return "";
}

/* Where an expression begins: at its leftmost atom. */
static void place_fact(struct rel_fact_text *out, const struct rel_exprs *exprs,
		       rel_expr_id id)
{
	while (exprs->nodes[id].kind == REL_EXPR_AND ||
	       exprs->nodes[id].kind == REL_EXPR_OR)
		id = exprs->nodes[id].a;
	out->line = exprs->nodes[id].line;
	out->column = exprs->nodes[id].column;
}

static int fill_fact(struct rel_fact_text *out, struct rel_texts *texts,
		     const struct rel_survey_result *r,
		     const struct rel_fact *fact)
{
	const struct rel_universe *u = r->universe;
	const struct rel_exprs *exprs =
	    &rel_universe_snapshot(u, fact->package)->exprs;
	bool depopts;
	rel_expr_id expr = expr_of(u, fact, &depopts);

	out->package = rel_texts_package(texts, u, fact->package);
	out->field = depopts ? "depopts" : field_of(fact->kind);
	if (fact->kind == REL_FACT_NEEDS || fact->kind == REL_FACT_CLASS)
		out->clause = u->problem.needs[fact->index];
	else if (fact->kind == REL_FACT_CONFLICTS)
		out->clause = u->problem.conflicts[fact->index];
	out->remote = rel_texts_remote(u, fact->package);
	out->file = rel_texts_file(texts, u, fact->package);
	if (expr != REL_EXPR_NONE) {
		place_fact(out, exprs, expr);
		rel_expr_print_plain(&texts->work, exprs, expr);
	}
	out->text = rel_texts_keep(texts);
	rel_fact_sentence(&texts->work, u, r->verdicts, fact);
	out->sentence = rel_texts_keep(texts);
	return out->package && out->file && out->text && out->sentence
		   ? 0
		   : REL_ENOMEM;
}

/* Says how the list of facts differs from a shortest one. */
static int fill_rest(struct rel_fact_text *out, struct rel_texts *texts,
		     const struct rel_fact_span *span)
{
	struct rel_buf *work = &texts->work;

	if (span->omitted)
		rel_buf_printf(work, "%u more facts are left out",
			       span->omitted);
	if (span->whole)
		rel_buf_printf(work,
			       "%ssome of these facts may be needless: the "
			       "search for a shorter reason used up its budget",
			       span->omitted ? "; " : "");
	*out = (struct rel_fact_text){.package = "",
				      .field = "",
				      .remote = "",
				      .file = "",
				      .text = rel_texts_keep(texts)};
	out->sentence = out->text;
	return out->text ? 0 : REL_ENOMEM;
}

int rel_facts_of_span(const struct rel_fact_text **out, size_t *n,
		      struct rel_texts *texts,
		      const struct rel_survey_result *r,
		      const struct rel_fact_span *span)
{
	struct rel_fact_text *made = rel_arena_array(
	    texts->arena, (size_t)span->count + 1, sizeof(*made));

	if (!made)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < span->count; i++) {
		if (fill_fact(&made[i], texts, r,
			      &r->reasons->facts[span->first + i]))
			return REL_ENOMEM;
	}
	*out = made;
	*n = span->count;
	if (!span->omitted && !span->whole)
		return 0;
	return fill_rest(&made[(*n)++], texts, span);
}

static int fill_undecided(struct rel_fact_text *out, struct rel_texts *texts)
{
	out->text = "";
	rel_undecided_sentence(&texts->work);
	out->sentence = rel_texts_keep(texts);
	return out->sentence ? 0 : REL_ENOMEM;
}

static int fill_problem(struct rel_fact_text *out, struct rel_texts *texts,
			const struct rel_universe *u, rel_pkg_id pkg)
{
	const struct rel_snapshot *snapshot = rel_universe_snapshot(u, pkg);
	uint32_t index = rel_universe_package(u, pkg)->problem;

	if (index == UINT32_MAX) {
		/* the only limit a manifest can hit later than that */
		rel_buf_add_cstr(&texts->work,
				 "the dependency formula is too large");
	} else {
		const struct rel_snapshot_problem *problem =
		    &snapshot->problems[index];

		rel_buf_add_str(&texts->work,
				rel_snapshot_string(snapshot, problem->text));
		out->line = problem->line;
		out->column = problem->column;
	}
	out->text = rel_texts_keep(texts);
	out->sentence = out->text;
	return out->text ? 0 : REL_ENOMEM;
}

static int fill_available(struct rel_fact_text *out, struct rel_texts *texts,
			  const struct rel_universe *u, rel_pkg_id pkg)
{
	const struct rel_exprs *exprs = &rel_universe_snapshot(u, pkg)->exprs;
	rel_expr_id available =
	    rel_universe_package(u, pkg)->manifest.available;

	out->field = "available";
	if (available != REL_EXPR_NONE) {
		place_fact(out, exprs, available);
		rel_expr_print_plain(&texts->work, exprs, available);
	}
	out->text = rel_texts_keep(texts);
	if (!out->text)
		return REL_ENOMEM;
	if (strcmp(out->text, "false") == 0)
		rel_buf_add_cstr(&texts->work, "is available nowhere");
	else
		rel_buf_printf(&texts->work, "is available only where %s",
			       out->text);
	out->sentence = rel_texts_keep(texts);
	return out->sentence ? 0 : REL_ENOMEM;
}

static int fill_pinned(struct rel_fact_text *out, struct rel_texts *texts,
		       const struct rel_survey_result *r)
{
	rel_buf_printf(&texts->work, "ocaml %s", r->environment->ocaml);
	out->text = rel_texts_keep(texts);
	rel_buf_printf(&texts->work,
		       "can be installed with another compiler, but not with "
		       "the pinned ocaml %s",
		       r->environment->ocaml);
	out->sentence = rel_texts_keep(texts);
	return out->text && out->sentence ? 0 : REL_ENOMEM;
}

/* The one fact that says why `pkg` is unavailable, unreadable or undecided. */
static int state_fact(const struct rel_fact_text **out, struct rel_texts *texts,
		      const struct rel_survey_result *r, rel_pkg_id pkg)
{
	const struct rel_universe *u = r->universe;
	struct rel_fact_text *fact =
	    rel_arena_alloc(texts->arena, sizeof(*fact));

	if (!fact)
		return REL_ENOMEM;
	*out = fact;
	fact->field = "";
	fact->package = rel_texts_package(texts, u, pkg);
	fact->remote = rel_texts_remote(u, pkg);
	fact->file = rel_texts_file(texts, u, pkg);
	if (!fact->package || !fact->file)
		return REL_ENOMEM;
	if (r->verdicts[pkg] == REL_UNREADABLE)
		return fill_problem(fact, texts, u, pkg);
	if (r->verdicts[pkg] == REL_UNDECIDED)
		return fill_undecided(fact, texts);
	if (r->verdicts[pkg] == REL_PINNED_OUT)
		return fill_pinned(fact, texts, r);
	return fill_available(fact, texts, u, pkg);
}

int rel_facts_of(const struct rel_fact_text **out, size_t *n,
		 struct rel_texts *texts, const struct rel_survey_result *r,
		 rel_pkg_id pkg)
{
	const struct rel_reason *reason;
	struct rel_fact_span span;

	*out = NULL;
	*n = 0;
	if (r->verdicts[pkg] == REL_INSTALLABLE)
		return 0;
	if (r->verdicts[pkg] != REL_BROKEN) {
		*n = 1;
		return state_fact(out, texts, r, pkg);
	}
	reason = r->reasons ? rel_reason_find(r->reasons, pkg) : NULL;
	if (!reason)
		return 0;
	span = (struct rel_fact_span){reason->first_fact, reason->n_facts,
				      reason->omitted, reason->whole};
	return rel_facts_of_span(out, n, texts, r, &span);
}

const char *rel_fact_says(const struct rel_fact_text *fact)
{
	return fact->sentence[0] ? fact->sentence : fact->text;
}

void rel_facts_add(struct rel_buf *out, const struct rel_fact_text *facts,
		   size_t count, const char *subject)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			rel_buf_add_cstr(out, "; ");
		if (facts[i].package[0] &&
		    (!subject || strcmp(facts[i].package, subject) != 0)) {
			rel_buf_add_cstr(out, facts[i].package);
			rel_buf_add_char(out, ' ');
		}
		rel_buf_add_cstr(out, rel_fact_says(&facts[i]));
	}
}
