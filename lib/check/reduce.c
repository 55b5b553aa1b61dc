#include "check/reduce.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "check/facts.h"

enum field {
	FIELD_DEPENDS,
	FIELD_CONFLICTS,
	FIELD_CLASS,
	FIELD_AVAILABLE,
	FIELD_FLAGS,
	FIELD_URL, /* of a source under version control: `dev` is true */
	FIELD_UNREADABLE,
	N_FIELDS,
};

/* What is written before the clauses of a field, and after them. */
static const char *const before[N_FIELDS] = {
    "depends: [", "conflicts: [", "conflict-class: [", "available: ",
    "flags: ",	  "url ",	  "depends: [",
};
static const char *const after[N_FIELDS] = {"]", "]", "]", "", "", "", ""};

struct clause {
	enum field field;
	const char *text; /* in the arena of the result */
	bool on;
};

/* A version of the world. */
struct item {
	const char *id; /* NAME.VERSION */
	struct rel_str name, version;
	uint32_t layer;
	uint32_t first, count; /* in clauses, by field */
	bool on;
};

struct variable {
	struct rel_variable_value value;
	bool on;
};

struct reducer {
	const struct rel_survey_result *from;
	rel_pkg_id pkg;
	const struct rel_cancel *cancel;
	const struct rel_progress *progress;
	struct rel_arena *kept; /* of the result */
	struct item *items;
	uint32_t n_items, chosen;
	struct clause *clauses;
	uint32_t n_clauses, clauses_cap;
	struct variable *variables;
	uint32_t n_variables;
	bool **switches; /* of what may be dropped */
	uint32_t n_tries;
	char *wanted; /* the verdict and why, as text */
	struct rel_buf work;
	struct rel_arena arena; /* of one world that is tried */
};

/* --- the whole world ------------------------------------------------------ */

static int add_clause(struct reducer *r, enum field field, const char *text,
		      struct rel_error *err)
{
	int rc =
	    rel_array_reserve(&r->clauses, &r->clauses_cap,
			      (uint64_t)r->n_clauses + 1, sizeof(*r->clauses));

	if (rc)
		return rel_fail_nomem(err);
	r->clauses[r->n_clauses++] =
	    (struct clause){.field = field, .text = text, .on = true};
	return text ? 0 : rel_fail_nomem(err);
}

/* One for each part of an expression that `between` joins. */
static int add_parts(struct reducer *r, enum field field,
		     const struct rel_exprs *exprs, rel_expr_id id,
		     enum rel_expr_kind between, struct rel_error *err)
{
	while (id != REL_EXPR_NONE && exprs->nodes[id].kind == between) {
		int rc = add_parts(r, field, exprs, exprs->nodes[id].a, between,
				   err);

		if (rc)
			return rc;
		id = exprs->nodes[id].b;
	}
	if (id == REL_EXPR_NONE)
		return 0;
	rel_buf_clear(&r->work);
	rel_buf_add_char(&r->work, '(');
	rel_expr_print(&r->work, exprs, id);
	rel_buf_add_char(&r->work, ')');
	/* only what is joined itself needs the parentheses */
	return add_clause(
	    r, field,
	    exprs->nodes[id].kind == REL_EXPR_OR ||
		    exprs->nodes[id].kind == REL_EXPR_AND
		? rel_arena_copy(r->kept, rel_buf_str(&r->work))
		: rel_arena_copy(r->kept, rel_str_sub(rel_buf_str(&r->work), 1,
						      r->work.len - 1)),
	    err);
}

static int add_manifest(struct reducer *r, rel_pkg_id pkg,
			struct rel_error *err)
{
	const struct rel_snapshot *snapshot =
	    rel_universe_snapshot(r->from->universe, pkg);
	const struct rel_snapshot_package *package =
	    rel_universe_package(r->from->universe, pkg);
	const struct rel_manifest *m = &package->manifest;
	const struct rel_exprs *exprs = &snapshot->exprs;
	int rc;

	if (package->problem != UINT32_MAX)
		return add_clause(r, FIELD_UNREADABLE, "", err);
	rc = add_parts(r, FIELD_DEPENDS, exprs, m->depends, REL_EXPR_AND, err);
	if (rc == 0)
		rc = add_parts(r, FIELD_CONFLICTS, exprs, m->conflicts,
			       REL_EXPR_OR, err);
	for (uint32_t i = 0; i < m->conflict_class_count && rc == 0; i++) {
		rel_string_id id = snapshot->lists[m->conflict_class_first + i];

		rel_buf_clear(&r->work);
		rel_buf_printf(&r->work, "\"%.*s\"",
			       REL_STR_ARG(rel_snapshot_string(snapshot, id)));
		rc = add_clause(r, FIELD_CLASS,
				rel_arena_copy(r->kept, rel_buf_str(&r->work)),
				err);
	}
	if (rc == 0 && m->available != REL_EXPR_NONE) {
		rel_buf_clear(&r->work);
		rel_expr_print(&r->work, exprs, m->available);
		rc = add_clause(r, FIELD_AVAILABLE,
				rel_arena_copy(r->kept, rel_buf_str(&r->work)),
				err);
	}
	if (rc == 0 && (m->flags & REL_MANIFEST_COMPILER))
		rc = add_clause(r, FIELD_FLAGS, "compiler", err);
	if (rc == 0 && (m->flags & REL_MANIFEST_DEV))
		rc = add_clause(r, FIELD_URL,
				"{ src: \"git+https://example.org/a.git\" }",
				err);
	return rc;
}

/* Mark the names that an expression mentions, and list those newly marked. */
static void mention(bool *marked, uint32_t *list, uint32_t *n,
		    const struct rel_stack *stack,
		    const struct rel_exprs *exprs, rel_expr_id id)
{
	while (id != REL_EXPR_NONE && exprs->nodes[id].kind <= REL_EXPR_OR) {
		mention(marked, list, n, stack, exprs, exprs->nodes[id].a);
		id = exprs->nodes[id].b;
	}
	if (id != REL_EXPR_NONE && exprs->nodes[id].kind == REL_EXPR_PACKAGE) {
		uint32_t name = rel_stack_find(
		    stack, exprs->string(exprs->context, exprs->nodes[id].a));

		if (name != UINT32_MAX && !marked[name]) {
			marked[name] = true;
			list[(*n)++] = name;
		}
	}
}

static int add_item(struct reducer *r, rel_pkg_id pkg, struct rel_error *err)
{
	const struct rel_universe *u = r->from->universe;
	struct item *item = &r->items[r->n_items];
	int rc;

	*item = (struct item){.name = rel_universe_name(u, pkg),
			      .version = rel_universe_version(u, pkg),
			      .layer = u->stack->entries[pkg].layer,
			      .first = r->n_clauses,
			      .on = true};
	if (pkg == r->pkg)
		r->chosen = r->n_items;
	r->n_items++;
	rel_buf_clear(&r->work);
	rel_buf_printf(&r->work, "%.*s.%.*s", REL_STR_ARG(item->name),
		       REL_STR_ARG(item->version));
	item->id = rel_arena_copy(r->kept, rel_buf_str(&r->work));
	if (!item->id)
		return rel_fail_nomem(err);
	rc = add_manifest(r, pkg, err);
	item->count = r->n_clauses - item->first;
	return rc;
}

/* All versions of every name that `pkg` reaches. */
static int add_items(struct reducer *r, struct rel_error *err)
{
	const struct rel_universe *u = r->from->universe;
	const struct rel_stack *stack = u->stack;
	bool *marked = rel_arena_alloc(&r->arena, stack->n_names + 1);
	uint32_t *list =
	    rel_arena_array(&r->arena, stack->n_names + 1, sizeof(*list));
	uint32_t n = 0;
	int rc = 0;

	r->items =
	    rel_arena_array(r->kept, stack->n_entries + 1, sizeof(*r->items));
	if (!marked || !list || !r->items)
		return rel_fail_nomem(err);
	memset(marked, 0, stack->n_names + 1);
	list[n++] = rel_stack_find(stack, rel_universe_name(u, r->pkg));
	marked[list[0]] = true;
	if (r->from->environment->ocaml) {
		uint32_t pinned = rel_stack_find(stack, REL_STR("ocaml"));

		if (pinned != UINT32_MAX && !marked[pinned]) {
			marked[pinned] = true;
			list[n++] = pinned;
		}
	}
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		const struct rel_stack_name *name = &stack->names[list[i]];

		for (uint32_t k = 0; k < name->count && rc == 0; k++) {
			rel_pkg_id pkg = name->first + k;

			mention(marked, list, &n, stack,
				&rel_universe_snapshot(u, pkg)->exprs,
				rel_universe_package(u, pkg)->manifest.depends);
			if (rel_cancelled(r->cancel))
				rc = rel_fail_cancelled(err);
			else
				rc = add_item(r, pkg, err);
		}
	}
	return rc;
}

static int add_variables(struct reducer *r, struct rel_error *err)
{
	const struct rel_environment *e = r->from->environment;

	r->variables =
	    rel_arena_array(r->kept, e->n_values + 1, sizeof(*r->variables));
	if (!r->variables)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < e->n_values; i++) {
		struct variable *v = &r->variables[r->n_variables++];

		v->on = true;
		v->value.name =
		    rel_arena_copy(r->kept, rel_str_of(e->values[i].name));
		v->value.value =
		    rel_arena_copy(r->kept, rel_str_of(e->values[i].value));
		if (!v->value.name || !v->value.value)
			return rel_fail_nomem(err);
	}
	return 0;
}

/* --- one world ------------------------------------------------------------ */

static void add_fields(struct rel_buf *out, const struct reducer *r,
		       const struct item *item)
{
	enum field open = N_FIELDS;

	for (uint32_t i = item->first; i < item->first + item->count; i++) {
		const struct clause *clause = &r->clauses[i];

		if (!clause->on)
			continue;
		if (open != clause->field) {
			if (open != N_FIELDS)
				rel_buf_printf(out, "%s ", after[open]);
			rel_buf_add_cstr(out, before[clause->field]);
			open = clause->field;
		} else {
			rel_buf_add_char(out, ' ');
		}
		rel_buf_add_cstr(out, clause->text);
	}
	if (open != N_FIELDS)
		rel_buf_add_cstr(out, after[open]);
}

/* The versions of one layer that are left; NULL when there are none. */
static int read_layer(struct rel_snapshot **out, struct reducer *r,
		      uint32_t layer, struct rel_error *err)
{
	struct rel_loose_manifest *texts =
	    rel_arena_array(&r->arena, r->n_items + 1, sizeof(*texts));
	size_t n = 0;

	*out = NULL;
	if (!texts)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < r->n_items; i++) {
		const struct item *item = &r->items[i];
		char *text;

		if (!item->on || item->layer != layer)
			continue;
		rel_buf_clear(&r->work);
		rel_buf_add_cstr(&r->work, "opam-version: \"2.0\"\n");
		add_fields(&r->work, r, item);
		rel_buf_add_char(&r->work, '\n');
		text = rel_arena_copy(&r->arena, rel_buf_str(&r->work));
		if (!text)
			return rel_fail_nomem(err);
		texts[n++] = (struct rel_loose_manifest){
		    .name = item->name,
		    .version = item->version,
		    .text = rel_str_n(text, r->work.len),
		    .path = rel_str_of(item->id)};
	}
	return n == 0 ? 0 : rel_remote_read_texts(out, texts, n, err);
}

/* Which of the layers are left, those of upstream first left out or not. */
static int stack_of(struct rel_stack **out, const struct rel_reduced *w,
		    bool alone, struct rel_error *err)
{
	struct rel_stack_layer *layers =
	    calloc((size_t)w->n_layers + 1, sizeof(*layers));
	uint32_t n = 0;
	int rc;

	if (!layers)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < w->n_layers; i++)
		if (w->snapshots[i] &&
		    (!alone || w->remotes[i].role == REL_ROLE_UPSTREAM))
			layers[n++] = (struct rel_stack_layer){&w->remotes[i],
							       w->snapshots[i]};
	rc = rel_stack_build(out, layers, n, NULL, 0, err);
	free(layers);
	return rc;
}

/* The versions and variables that are on, as a world. */
static int build(struct rel_reduced *w, struct reducer *r,
		 struct rel_error *err)
{
	const struct rel_stack *from = r->from->universe->stack;
	const struct rel_environment *e = r->from->environment;
	struct rel_variable_value *values =
	    rel_arena_array(r->kept, r->n_variables + 1, sizeof(*values));
	int rc = 0;

	w->n_layers = from->n_layers;
	w->remotes = calloc((size_t)w->n_layers + 1, sizeof(*w->remotes));
	w->snapshots = calloc((size_t)w->n_layers + 1, sizeof(*w->snapshots));
	if (!w->remotes || !w->snapshots || !values)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < w->n_layers && rc == 0; i++) {
		w->remotes[i] = *from->layers[i].remote;
		rc = read_layer(&w->snapshots[i], r, i, err);
	}
	if (rc == 0)
		rc = stack_of(&w->stack, w, false, err);
	w->environment =
	    (struct rel_environment){.name = e->name,
				     .profile = e->profile,
				     .ignore_test_doc = e->ignore_test_doc,
				     .values = values,
				     .ocaml = e->ocaml};
	for (uint32_t i = 0; i < r->n_variables; i++)
		if (r->variables[i].on)
			values[w->environment.n_values++] =
			    r->variables[i].value;
	return rc;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The verdict on `pkg` and its facts, in an order of their own. */
static int describe(char **out, struct reducer *r,
		    const struct rel_survey_result *result, rel_pkg_id pkg,
		    struct rel_error *err)
{
	const struct rel_reason *reason =
	    result->reasons ? rel_reason_find(result->reasons, pkg) : NULL;
	const struct rel_fact_text *facts;
	struct rel_texts texts;
	const char **lines;
	size_t n = 0;
	int rc;

	rel_texts_init(&texts, &r->arena);
	rc = rel_facts_of(&facts, &n, &texts, result, pkg);
	rel_texts_free(&texts);
	lines = rel_arena_array(&r->arena, n + 1, sizeof(*lines));
	if (rc || !lines)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < n; i++) {
		rel_buf_clear(&r->work);
		rel_buf_printf(&r->work, "\n%s %s %s", facts[i].package,
			       facts[i].field, facts[i].text);
		lines[i] = rel_arena_copy(&r->arena, rel_buf_str(&r->work));
		if (!lines[i])
			return rel_fail_nomem(err);
	}
	qsort(lines, n, sizeof(*lines), compare_lines);
	rel_buf_clear(&r->work);
	rel_buf_printf(
	    &r->work, "%s %s",
	    rel_verdict_text((enum rel_verdict)result->verdicts[pkg]),
	    reason ? rel_broken_kind_text(reason->kind) : "");
	for (size_t i = 0; i < n; i++)
		rel_buf_add_cstr(&r->work, lines[i]);
	*out = rel_arena_copy(&r->arena, rel_buf_str(&r->work));
	return *out ? 0 : rel_fail_nomem(err);
}

/* Decide a universe, and describe one version of it. */
static int judge(char **out, struct reducer *r, struct rel_universe *universe,
		 rel_pkg_id pkg, struct rel_error *err)
{
	struct rel_decide_options decide = {.jobs = 1, .cancel = r->cancel};
	struct rel_survey_result result = {.environment = universe->environment,
					   .universe = universe};
	int rc;

	result.verdicts =
	    rel_arena_alloc(&r->arena, (size_t)rel_universe_size(universe) + 1);
	if (!result.verdicts)
		return rel_fail_nomem(err);
	rc = rel_decide(universe, result.verdicts, &decide, err);
	if (rc == 0)
		rc = rel_explain(&result.reasons, universe, result.verdicts,
				 r->cancel, err);
	if (rc == 0)
		rc = describe(out, r, &result, pkg, err);
	rel_reasons_free(result.reasons);
	return rc;
}

/* Is the verdict what it was, and for the same reason? */
static int holds(bool *out, struct reducer *r, struct rel_error *err)
{
	const struct item *chosen = &r->items[r->chosen];
	struct rel_reduced w = {0};
	struct rel_universe *universe = NULL;
	char *found = NULL;
	int rc;

	*out = false;
	if (rel_cancelled(r->cancel))
		return rel_fail_cancelled(err);
	if (++r->n_tries > REL_LIMIT_REDUCTIONS)
		return 0; /* what is left stays */
	rel_progress(r->progress, "reducing the case", r->n_tries, 0);
	rc = build(&w, r, err);
	if (rc == 0)
		rc = rel_universe_build(&universe, w.stack, &w.environment,
					r->cancel, err);
	/* the pinned compiler is gone */
	if (rc == REL_EUSAGE || rc == REL_ENOTFOUND) {
		rc = 0;
	} else if (rc == 0) {
		rc = judge(
		    &found, r, universe,
		    rel_universe_find(universe, chosen->name, chosen->version),
		    err);
		*out = rc == 0 && strcmp(found, r->wanted) == 0;
	}
	rel_universe_free(universe);
	rel_reduced_free(&w);
	rel_arena_reset(&r->arena);
	return rc;
}

/* --- less of it ----------------------------------------------------------- */

static void turn(bool **switches, uint32_t n, bool on)
{
	for (uint32_t i = 0; i < n; i++)
		*switches[i] = on;
}

/* Drop of the switches what is not needed, in ever smaller parts. */
static int drop(struct reducer *r, uint32_t n, bool *changed,
		struct rel_error *err)
{
	bool **s = r->switches, yes, dropped;
	uint32_t part = n;
	int rc;

	while (n > 0) {
		dropped = false;
		for (uint32_t i = 0; i < n;) {
			uint32_t count = part < n - i ? part : n - i;

			turn(s + i, count, false);
			rc = holds(&yes, r, err);
			if (rc)
				return rc;
			if (!yes) {
				turn(s + i, count, true);
				i += count;
				continue;
			}
			memmove(s + i, s + i + count,
				(n - i - count) * sizeof(*s));
			n -= count;
			dropped = *changed = true;
		}
		if (part == 1 && !dropped)
			break;
		part = part == 1 ? 1 : (part + 1) / 2;
	}
	return 0;
}

static int drop_items(struct reducer *r, bool *changed, struct rel_error *err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_items; i++)
		if (i != r->chosen && r->items[i].on)
			r->switches[n++] = &r->items[i].on;
	return drop(r, n, changed, err);
}

static int drop_clauses(struct reducer *r, bool *changed, struct rel_error *err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_items; i++) {
		const struct item *item = &r->items[i];

		for (uint32_t k = 0; k < item->count && item->on; k++)
			if (r->clauses[item->first + k].on)
				r->switches[n++] =
				    &r->clauses[item->first + k].on;
	}
	return drop(r, n, changed, err);
}

static int drop_variables(struct reducer *r, bool *changed,
			  struct rel_error *err)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n_variables; i++)
		if (r->variables[i].on)
			r->switches[n++] = &r->variables[i].on;
	return drop(r, n, changed, err);
}

static int drop_all(struct reducer *r, struct rel_error *err)
{
	size_t n = (size_t)r->n_items + r->n_clauses + r->n_variables;
	bool changed = true;
	int rc = 0;

	r->switches = rel_arena_array(r->kept, n + 1, sizeof(*r->switches));
	if (!r->switches)
		return rel_fail_nomem(err);
	while (changed && rc == 0) {
		changed = false;
		rc = drop_items(r, &changed, err);
		if (rc == 0)
			rc = drop_clauses(r, &changed, err);
		if (rc == 0)
			rc = drop_variables(r, &changed, err);
	}
	return rc;
}

/* --- what is left --------------------------------------------------------- */

/* A word that the shell of tests/cases/run takes as it is. */
static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) &&
		    !strchr("-_.+~:/@%", *text))
			return false;
	return true;
}

static int add_request(struct rel_reduced *out, struct rel_error *err)
{
	/* those of the machine that runs the case; rel_environment_host() */
	static const char *const host[] = {"arch", "os", "os-distribution",
					   "os-family", "os-version"};
	const struct rel_environment *e = &out->environment;
	struct rel_buf *text = &out->text;
	const char *separator = " --env ";

	rel_buf_printf(text, "request %s%s", out->package,
		       out->verbose ? " --verbose" : "");
	if (e->profile != REL_PROFILE_ENV)
		rel_buf_printf(text, " --profile %s%s",
			       rel_profile_name(e->profile),
			       e->ignore_test_doc ? " --ignore-test-doc" : "");
	for (size_t i = 0; i < e->n_values && e->profile == REL_PROFILE_ENV;
	     i++) {
		const struct rel_variable_value *v = &e->values[i];

		if (!is_word(v->value) || !is_word(v->name))
			return rel_fail(err, REL_EUSAGE,
					"no case can hold the variable %s, "
					"which the verdict depends on: its "
					"value is \"%s\"",
					v->name, v->value);
		rel_buf_printf(text, "%s%s=%s", separator, v->name, v->value);
		separator = ",";
	}
	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]) &&
			   e->profile == REL_PROFILE_ENV;
	     i++) {
		bool named = false;

		for (size_t k = 0; k < e->n_values; k++)
			named |= strcmp(e->values[k].name, host[i]) == 0;
		if (!named) {
			rel_buf_printf(text, "%s%s=", separator, host[i]);
			separator = ",";
		}
	}
	if (e->ocaml && e->profile == REL_PROFILE_ENV)
		rel_buf_printf(text, "%socaml=%s", separator, e->ocaml);
	rel_buf_add_char(text, '\n');
	return 0;
}

/* Small letters and "-" alone, and no name twice. */
static int name_remote(struct rel_remote *remotes, uint32_t i,
		       struct rel_arena *arena, struct rel_error *err)
{
	size_t len = strlen(remotes[i].name);
	char *name = rel_arena_alloc(arena, len + i + 2);

	if (!name)
		return rel_fail_nomem(err);
	memset(name, 'x', len + i + 2);
	for (size_t k = 0; k < len; k++) {
		char c = (char)tolower((unsigned char)remotes[i].name[k]);

		name[k] = c >= 'a' && c <= 'z' ? c : '-';
	}
	name[len] = '\0';
	for (uint32_t k = 0; k < i; k++)
		if (strcmp(remotes[k].name, name) == 0) {
			memset(name + len, 'x', (size_t)i + 1);
			name[len + i + 1] = '\0';
		}
	remotes[i].name = name;
	return 0;
}

static int write_text(struct rel_reduced *out, struct reducer *r,
		      struct rel_error *err)
{
	int rc = add_request(out, err);

	for (uint32_t i = 0; i < out->n_layers && rc == 0; i++) {
		rc = name_remote(out->remotes, i, &out->arena, err);
		if (rc || !out->snapshots[i])
			continue;
		rel_buf_printf(&out->text, "remote %s %s\n",
			       out->remotes[i].name,
			       rel_role_text(out->remotes[i].role));
		for (uint32_t k = 0; k < r->n_items; k++) {
			if (!r->items[k].on || r->items[k].layer != i)
				continue;
			rel_buf_printf(&out->text, "%s ", r->items[k].id);
			add_fields(&out->text, r, &r->items[k]);
			if (out->text.len &&
			    out->text.ptr[out->text.len - 1] == ' ')
				out->text.len--;
			rel_buf_add_char(&out->text, '\n');
		}
	}
	if (rc)
		return rc;
	return rel_buf_status(&out->text, "the case", err);
}

static bool has_both_roles(const struct rel_reduced *w)
{
	bool seen[2] = {false, false};

	for (uint32_t i = 0; i < w->n_layers; i++)
		if (w->snapshots[i])
			seen[w->remotes[i].role == REL_ROLE_UPSTREAM] = true;
	return seen[0] && seen[1];
}

static int finish(struct rel_reduced *out, struct reducer *r,
		  struct rel_error *err)
{
	int rc = build(out, r, err);

	out->package = r->items[r->chosen].id;
	if (rc == 0 && has_both_roles(out))
		rc = stack_of(&out->alone, out, true, err);
	if (rc == 0)
		rc = write_text(out, r, err);
	return rc;
}

/* The reasons of the survey may be cut short, and another world has others. */
static int want(struct reducer *r, struct rel_error *err)
{
	char *found;
	bool same;
	int rc = judge(&found, r, r->from->universe, r->pkg, err);

	if (rc)
		return rc;
	r->wanted = rel_arena_copy(r->kept, rel_str_of(found));
	if (!r->wanted)
		return rel_fail_nomem(err);
	rc = holds(&same, r, err);
	if (rc == 0 && !same)
		return rel_fail(err, REL_EUSAGE,
				"%s has another reason in the world that it "
				"reaches than in the whole one, and no case is "
				"made of it",
				r->items[r->chosen].id);
	return rc;
}

int rel_reduce(struct rel_reduced *out, const struct rel_survey_result *result,
	       rel_pkg_id pkg, const struct rel_cancel *cancel,
	       const struct rel_progress *progress, struct rel_error *err)
{
	struct reducer r = {.from = result,
			    .pkg = pkg,
			    .cancel = cancel,
			    .progress = progress,
			    .kept = &out->arena};
	enum rel_verdict verdict = (enum rel_verdict)result->verdicts[pkg];
	int rc;

	rel_arena_init(&out->arena, REL_LIMIT_ARENA);
	rel_buf_init(&out->text, REL_LIMIT_ARENA);
	if (verdict != REL_BROKEN && verdict != REL_UNAVAILABLE &&
	    verdict != REL_PINNED_OUT)
		return rel_fail(
		    err, REL_EUSAGE,
		    "a case is made of a version that is broken or "
		    "unavailable; %.*s.%.*s is %s",
		    REL_STR_ARG(rel_universe_name(result->universe, pkg)),
		    REL_STR_ARG(rel_universe_version(result->universe, pkg)),
		    rel_verdict_text(verdict));
	out->verbose = verdict != REL_BROKEN;
	rel_arena_init(&r.arena, REL_LIMIT_ARENA);
	rel_buf_init(&r.work, REL_LIMIT_ARENA);
	rc = add_items(&r, err);
	if (rc == 0)
		rc = add_variables(&r, err);
	if (rc == 0)
		rc = want(&r, err);
	if (rc == 0)
		rc = drop_all(&r, err);
	if (rc == 0)
		rc = finish(out, &r, err);
	rel_buf_free(&r.work);
	rel_arena_free(&r.arena);
	free(r.clauses);
	return rc;
}

void rel_reduced_free(struct rel_reduced *reduced)
{
	rel_stack_free(reduced->stack);
	rel_stack_free(reduced->alone);
	for (uint32_t i = 0; reduced->snapshots && i < reduced->n_layers; i++)
		rel_snapshot_free(reduced->snapshots[i]);
	free(reduced->snapshots);
	free(reduced->remotes);
	rel_buf_free(&reduced->text);
	rel_arena_free(&reduced->arena);
}
