/* From packages and paths of a universe to the model of walks.h. */
#include "report/walks.h"

#include "check/facts.h"

/* Where a manifest names a package. */
struct mention {
	rel_expr_id conjunct; /* of the formula; REL_EXPR_NONE = nowhere */
	uint32_t line;
};

/* The atom about `name` below `id`, or REL_EXPR_NONE. */
static rel_expr_id find_atom(const struct rel_exprs *exprs, rel_expr_id id,
			     struct rel_str name)
{
	const struct rel_expr *node = &exprs->nodes[id];
	rel_expr_id found;

	if (node->kind == REL_EXPR_PACKAGE)
		return rel_str_eq(exprs->string(exprs->context, node->a), name)
			   ? id
			   : REL_EXPR_NONE;
	found = find_atom(exprs, node->a, name);
	return found != REL_EXPR_NONE ? found : find_atom(exprs, node->b, name);
}

static struct mention find_mention(const struct rel_exprs *exprs,
				   rel_expr_id id, struct rel_str name)
{
	struct mention m = {REL_EXPR_NONE, 0};
	rel_expr_id atom;

	if (id == REL_EXPR_NONE)
		return m;
	if (exprs->nodes[id].kind == REL_EXPR_AND) {
		m = find_mention(exprs, exprs->nodes[id].a, name);
		return m.conjunct != REL_EXPR_NONE
			   ? m
			   : find_mention(exprs, exprs->nodes[id].b, name);
	}
	atom = find_atom(exprs, id, name);
	if (atom != REL_EXPR_NONE)
		m = (struct mention){id, exprs->nodes[atom].line};
	return m;
}

/* `from` and, if it says so itself, how it needs a package called `name`. */
static int fill_need(struct rel_report_need *out, struct rel_texts *texts,
		     const struct rel_universe *u, rel_pkg_id from,
		     struct rel_str name)
{
	const struct rel_manifest *manifest =
	    &rel_universe_package(u, from)->manifest;
	const struct rel_exprs *exprs = &rel_universe_snapshot(u, from)->exprs;
	struct mention m = find_mention(exprs, manifest->depends, name);

	out->field = "depends";
	if (m.conjunct == REL_EXPR_NONE) {
		m = find_mention(exprs, manifest->depopts, name);
		out->field = m.conjunct == REL_EXPR_NONE ? "" : "depopts";
	}
	out->package = rel_texts_package(texts, u, from);
	out->remote = rel_texts_remote(u, from);
	out->file = rel_texts_file(texts, u, from);
	out->line = m.line;
	out->text = "";
	if (m.conjunct != REL_EXPR_NONE) {
		rel_expr_print_plain(&texts->work, exprs, m.conjunct);
		out->text = rel_texts_keep(texts);
	}
	return out->package && out->file && out->text ? 0 : REL_ENOMEM;
}

static int fill_chain(struct rel_report_chain *out, struct rel_texts *texts,
		      const struct rel_universe *u, const struct rel_path *path)
{
	struct rel_report_need *needs = rel_arena_array(
	    texts->arena, (size_t)path->count + 1, sizeof(*needs));

	if (!needs)
		return REL_ENOMEM;
	for (uint32_t i = 0; i + 1 < path->count; i++) {
		rel_pkg_id next = path->packages[i + 1];

		if (fill_need(&needs[i], texts, u, path->packages[i],
			      rel_universe_name(u, next)))
			return REL_ENOMEM;
		needs[i].next = rel_texts_package(texts, u, next);
		if (!needs[i].next)
			return REL_ENOMEM;
	}
	out->needs = needs;
	out->n_needs = path->count ? path->count - 1 : 0;
	return 0;
}

int rel_report_chains(struct rel_report_walk *out,
		      const struct rel_universe *universe,
		      const struct rel_path *paths, uint32_t n_paths,
		      struct rel_arena *arena, struct rel_error *err)
{
	struct rel_report_chain *chains =
	    rel_arena_array(arena, (size_t)n_paths + 1, sizeof(*chains));
	struct rel_texts texts;
	int rc = chains ? 0 : REL_ENOMEM;

	rel_texts_init(&texts, arena);
	for (uint32_t i = 0; rc == 0 && i < n_paths; i++)
		rc = fill_chain(&chains[i], &texts, universe, &paths[i]);
	rel_texts_free(&texts);
	out->chains = chains;
	out->n_chains = n_paths;
	return rc ? rel_fail_nomem(err) : 0;
}

int rel_report_no_path(struct rel_report_walk *out,
		       const struct rel_universe *universe,
		       const struct rel_no_path *found, struct rel_arena *arena,
		       struct rel_error *err)
{
	const char *lines[5], **kept;
	const struct {
		rel_pkg_id pkg;
		const char *before, *after;
	} others[] = {
	    {found->other_target, "it reaches ", ""},
	    {found->other_source, "", ", another version, does"},
	    {found->backwards,
	     "the other way round: ", " reaches it through its dependencies"},
	};
	struct rel_texts texts;
	size_t n = 0;

	rel_texts_init(&texts, arena);
	for (size_t i = 0; i < 3; i++) {
		if (others[i].pkg == REL_PKG_NONE)
			continue;
		rel_buf_printf(
		    &texts.work, "%s%.*s.%.*s%s", others[i].before,
		    REL_STR_ARG(rel_universe_name(universe, others[i].pkg)),
		    REL_STR_ARG(rel_universe_version(universe, others[i].pkg)),
		    others[i].after);
		lines[n++] = rel_texts_keep(&texts);
	}
	rel_texts_free(&texts);
	if (found->depopts)
		lines[n++] = "through optional dependencies it does: --depopts";
	if (found->with_test)
		lines[n++] =
		    "through dependencies of tests it does: --with-test";
	kept = rel_arena_array(arena, n + 1, sizeof(*kept));
	for (size_t i = 0; i < n; i++) {
		if (!kept || !lines[i])
			return rel_fail_nomem(err);
		kept[i] = lines[i];
	}
	out->instead = kept;
	out->n_instead = n;
	return 0;
}

/* Names of the targets, each once. */
struct names {
	struct rel_str *items;
	uint32_t count;
};

static int gather_names(struct names *out, const struct rel_universe *u,
			const uint8_t *targets)
{
	uint32_t size = rel_universe_size(u);

	out->count = 0;
	out->items = calloc((size_t)size + 1, sizeof(*out->items));
	if (!out->items)
		return REL_ENOMEM;
	for (rel_pkg_id pkg = 0; pkg < size; pkg++) {
		struct rel_str name = rel_universe_name(u, pkg);

		/* packages of one name stand together */
		if (targets[pkg] &&
		    (out->count == 0 ||
		     !rel_str_eq(out->items[out->count - 1], name)))
			out->items[out->count++] = name;
	}
	return 0;
}

static int fill_dependent(struct rel_report_need *out, struct rel_texts *texts,
			  const struct rel_universe *u, rel_pkg_id pkg,
			  const struct names *names)
{
	int rc = fill_need(out, texts, u, pkg,
			   names->count ? names->items[0] : REL_STR(""));

	for (uint32_t i = 1; rc == 0 && out->line == 0 && i < names->count; i++)
		rc = fill_need(out, texts, u, pkg, names->items[i]);
	return rc;
}

/* The package at this place when each name's newest version is first. */
static rel_pkg_id newest_first(const struct rel_universe *u, rel_pkg_id at)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t g = p->var_group[at];

	return p->group_first[g + 1] - 1 - (at - p->group_first[g]);
}

int rel_report_dependents(struct rel_report_walk *out,
			  const struct rel_universe *universe,
			  const uint8_t *marks, const uint8_t *targets,
			  struct rel_arena *arena, struct rel_error *err)
{
	uint32_t size = rel_universe_size(universe);
	struct rel_report_need *needs = NULL;
	struct rel_texts texts;
	struct names names = {NULL, 0};
	size_t n = 0;
	int rc = gather_names(&names, universe, targets);

	rel_texts_init(&texts, arena);
	for (rel_pkg_id pkg = 0; pkg < size; pkg++)
		n += marks[pkg] != 0;
	needs = rel_arena_array(arena, n + 1, sizeof(*needs));
	if (!needs)
		rc = REL_ENOMEM;
	n = 0;
	for (rel_pkg_id i = 0; rc == 0 && i < size; i++) {
		rel_pkg_id pkg = out->excluding ? newest_first(universe, i) : i;

		if (marks[pkg])
			rc = fill_dependent(&needs[n++], &texts, universe, pkg,
					    &names);
	}
	rel_texts_free(&texts);
	free(names.items);
	out->needs = needs;
	out->n_needs = n;
	return rc ? rel_fail_nomem(err) : 0;
}
