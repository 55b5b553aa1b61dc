#include "report/build.h"

#include "base/array.h"
#include "base/intern.h"
#include "base/limits.h"
#include "report/notices.h"

/* A verdict and its place in the universe: by name, then version. */
struct ordered_verdict {
	struct rel_report_verdict verdict;
	uint32_t order;
};

struct builder {
	struct rel_report *out;
	const struct rel_survey *survey;
	const struct rel_report_build_options *opt;
	struct rel_arena *arena;
	struct rel_texts texts;
	struct ordered_verdict *verdicts; /* malloc'd, moved to the arena */
	uint32_t n_verdicts, verdicts_cap;
	struct rel_report_root *roots; /* the same */
	uint32_t n_roots, roots_cap;
	struct rel_buf key;
	struct rel_intern root_keys; /* ids are indexes into roots */
};

static int fill_layers(struct builder *b)
{
	const struct rel_stack *stack = b->survey->results[0].universe->stack;
	struct rel_report_layer *layers =
	    rel_arena_array(b->arena, stack->n_layers, sizeof(*layers));

	if (!layers)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		const struct rel_stack_layer *layer = &stack->layers[i];

		layers[i] = (struct rel_report_layer){
		    .name = layer->remote->name,
		    .role = rel_role_text(layer->remote->role),
		    .location = layer->remote->location.text,
		    .revision = layer->snapshot->revision,
		    .packages = layer->snapshot->n_packages,
		    .since = b->opt->since ? b->opt->since[i] : NULL,
		};
	}
	b->out->layers = layers;
	b->out->n_layers = stack->n_layers;
	return 0;
}

static int fill_values(struct builder *b, struct rel_report_environment *out,
		       const struct rel_environment *environment)
{
	struct rel_report_value *values = rel_arena_array(
	    b->arena, environment->n_values + 1, sizeof(*values));
	size_t n = 0;

	if (!values)
		return REL_ENOMEM;
	for (size_t i = 0; i < environment->n_values; i++)
		values[n++] = (struct rel_report_value){
		    environment->values[i].name, environment->values[i].value};
	if (environment->ocaml)
		values[n++] =
		    (struct rel_report_value){"ocaml", environment->ocaml};
	out->values = values;
	out->n_values = n;
	return 0;
}

static int fill_environments(struct builder *b)
{
	size_t n = b->survey->n_results;
	struct rel_report_environment *environments =
	    rel_arena_array(b->arena, n, sizeof(*environments));

	if (!environments)
		return REL_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct rel_environment *environment =
		    b->survey->results[i].environment;

		environments[i].name = environment->name;
		environments[i].profile =
		    rel_profile_name(environment->profile);
		if (fill_values(b, &environments[i], environment))
			return REL_ENOMEM;
	}
	b->out->environments = environments;
	b->out->n_environments = n;
	return 0;
}

static const char *origin_of(const struct rel_survey_result *r, rel_pkg_id pkg)
{
	if (!r->alone || r->alone[pkg] == REL_COMPARED_UNDECIDED)
		return NULL;
	return r->alone[pkg] == REL_COMPARED_BROKEN ? "alone" : "overlay";
}

/* What --since says of it; NULL when nothing changed or nobody asked. */
static const char *change_of(const struct rel_survey_result *r, rel_pkg_id pkg)
{
	uint8_t now = r->verdicts[pkg];

	if (!r->before)
		return NULL;
	if (now == REL_BROKEN)
		return r->before[pkg] == REL_COMPARED_BROKEN ? "still" : "new";
	if (now == REL_INSTALLABLE)
		return r->before[pkg] == REL_COMPARED_BROKEN ? "fixed" : NULL;
	if (now == REL_UNDECIDED)
		return r->before[pkg] == REL_COMPARED_UNDECIDED ? "still"
								: "new";
	/* a new version that cannot be read is news, one that is not for this
	 * environment is none */
	if (now == REL_UNREADABLE)
		return r->before[pkg] == REL_COMPARED_OTHER ? "still" : "new";
	return r->before[pkg] == REL_COMPARED_INSTALLABLE ? "new" : NULL;
}

static bool fixed_by_overlay(const struct rel_survey_result *r, rel_pkg_id pkg)
{
	return r->alone && r->verdicts[pkg] == REL_INSTALLABLE &&
	       r->alone[pkg] == REL_COMPARED_BROKEN;
}

/* Conflicts are a package's own; the same constraint or missing name is one
 * root whoever needs it. */
static struct rel_str root_key(struct builder *b,
			       const struct rel_report_root *root)
{
	if (strcmp(root->kind, rel_broken_kind_text(REL_BROKEN_CONFLICT)) == 0)
		rel_buf_add_cstr(&b->key, root->package);
	rel_buf_add_char(&b->key, '\n');
	rel_buf_add_cstr(&b->key, root->text);
	return rel_buf_str(&b->key);
}

/*
 * What the root says of itself.  A conflict is told by several facts: its
 * own are joined, those of other packages are left to the list of facts.
 */
static const char *join_sentences(struct rel_texts *texts,
				  const struct rel_fact_text *facts, size_t n,
				  const char *subject)
{
	bool first = true;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(facts[i].package, subject) != 0)
			continue;
		if (!first)
			rel_buf_add_cstr(&texts->work, ", ");
		rel_buf_add_cstr(&texts->work, facts[i].sentence);
		first = false;
	}
	return rel_texts_keep(texts);
}

static int fill_root(struct rel_report_root *out, struct rel_texts *texts,
		     const struct rel_survey_result *r,
		     const struct rel_root *root)
{
	const struct rel_fact_span span = {root->first_fact, root->n_facts,
					   root->omitted, root->whole};

	memset(out, 0, sizeof(*out));
	out->kind = rel_broken_kind_text(root->kind);
	out->package = rel_texts_package(texts, r->universe, root->package);
	if (!out->package ||
	    rel_facts_of_span(&out->facts, &out->n_facts, texts, r, &span))
		return REL_ENOMEM;
	out->text =
	    join_sentences(texts, out->facts, out->n_facts, out->package);
	return out->text ? 0 : REL_ENOMEM;
}

/*
 * The root of a reason among the report's, made when it is new.  Environments
 * share roots that read the same.
 */
static int find_root(struct builder *b, const struct rel_survey_result *r,
		     uint32_t *root_of, const struct rel_reason *reason,
		     uint32_t *index)
{
	*index = root_of[reason->root];
	if (*index == REL_REPORT_NONE) {
		struct rel_report_root made;
		uint32_t old = b->root_keys.count;

		if (fill_root(&made, &b->texts, r,
			      &r->reasons->roots[reason->root]))
			return REL_ENOMEM;
		*index = rel_intern_add(&b->root_keys, root_key(b, &made));
		rel_buf_clear(&b->key);
		if (*index == REL_STRING_NONE ||
		    rel_array_reserve(&b->roots, &b->roots_cap,
				      (uint64_t)b->n_roots + 1,
				      sizeof(*b->roots)))
			return REL_ENOMEM;
		if (*index == old)
			b->roots[b->n_roots++] = made;
		root_of[reason->root] = *index;
	}
	b->roots[*index].blocks++;
	return 0;
}

static int fill_reason(struct builder *b, const struct rel_survey_result *r,
		       uint32_t *root_of, rel_pkg_id pkg,
		       struct rel_report_verdict *v)
{
	const struct rel_reason *reason = NULL;

	if (r->verdicts[pkg] == REL_BROKEN && r->reasons)
		reason = rel_reason_find(r->reasons, pkg);
	if (reason) {
		v->kind = rel_broken_kind_text(reason->kind);
		if (find_root(b, r, root_of, reason, &v->root))
			return REL_ENOMEM;
	}
	return rel_facts_of(&v->reason, &v->n_reason, &b->texts, r, pkg);
}

static int add_verdict(struct builder *b, uint32_t environment,
		       uint32_t *root_of, rel_pkg_id pkg, const char *change)
{
	const struct rel_survey_result *r = &b->survey->results[environment];
	struct rel_report_verdict *v;

	if (rel_array_reserve(&b->verdicts, &b->verdicts_cap,
			      (uint64_t)b->n_verdicts + 1,
			      sizeof(*b->verdicts)))
		return REL_ENOMEM;
	b->verdicts[b->n_verdicts].order = pkg;
	v = &b->verdicts[b->n_verdicts++].verdict;
	*v = (struct rel_report_verdict){
	    .package = rel_texts_package(&b->texts, r->universe, pkg),
	    .remote = rel_texts_remote(r->universe, pkg),
	    .environment = environment,
	    .verdict = rel_verdict_text((enum rel_verdict)r->verdicts[pkg]),
	    .origin = r->verdicts[pkg] == REL_BROKEN ? origin_of(r, pkg) : NULL,
	    .change = change,
	    .root = REL_REPORT_NONE,
	    .file = rel_texts_file(&b->texts, r->universe, pkg),
	};
	if (!v->package || !v->file)
		return REL_ENOMEM;
	return fill_reason(b, r, root_of, pkg, v);
}

static void count(struct rel_report_counts *counts, uint8_t verdict,
		  const char *change)
{
	counts->checked++;
	counts->installable += verdict == REL_INSTALLABLE;
	counts->broken += verdict == REL_BROKEN;
	counts->unavailable +=
	    verdict == REL_UNAVAILABLE || verdict == REL_PINNED_OUT;
	counts->unreadable += verdict == REL_UNREADABLE;
	counts->undecided += verdict == REL_UNDECIDED;
	counts->fixed += change && strcmp(change, "fixed") == 0;
	counts->newly_broken +=
	    verdict == REL_BROKEN && change && strcmp(change, "new") == 0;
}

static int fill_result(struct builder *b, uint32_t environment)
{
	const struct rel_survey_result *r = &b->survey->results[environment];
	uint32_t n_roots = r->reasons ? r->reasons->n_roots : 0;
	uint32_t *root_of = malloc(((size_t)n_roots + 1) * sizeof(*root_of));
	int rc = root_of ? 0 : REL_ENOMEM;

	for (uint32_t i = 0; !rc && i < n_roots; i++)
		root_of[i] = REL_REPORT_NONE;
	for (uint32_t pkg = 0; !rc && pkg < rel_universe_size(r->universe);
	     pkg++) {
		const char *change = change_of(r, pkg);
		uint8_t verdict = r->verdicts[pkg];

		if (!r->selected[pkg])
			continue;
		if (!r->before && fixed_by_overlay(r, pkg))
			change = "fixed";
		count(&b->out->counts, verdict, change);
		if (b->opt->verbose || change || verdict == REL_BROKEN ||
		    verdict == REL_UNREADABLE || verdict == REL_UNDECIDED)
			rc = add_verdict(b, environment, root_of, pkg, change);
	}
	free(root_of);
	return rc;
}

/* broken, undecided, unreadable, fixed, unavailable, installable */
static int verdict_rank(const struct rel_report_verdict *v)
{
	static const enum rel_verdict order[] = {
	    REL_BROKEN, REL_UNDECIDED, REL_UNREADABLE, REL_UNAVAILABLE};
	static const int ranks[] = {0, 1, 2, 4};

	for (size_t i = 0; i < sizeof(ranks) / sizeof(*ranks); i++) {
		if (strcmp(v->verdict, rel_verdict_text(order[i])) == 0)
			return ranks[i];
	}
	return v->change ? 3 : 5;
}

/* Then by root, and within it by name and version, environments adjacent. */
static int compare_verdicts(const void *a, const void *b)
{
	const struct ordered_verdict *ordered_x = a, *ordered_y = b;
	const struct rel_report_verdict *x = &ordered_x->verdict;
	const struct rel_report_verdict *y = &ordered_y->verdict;
	int rank_x = verdict_rank(x), rank_y = verdict_rank(y);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (ordered_x->order != ordered_y->order)
		return ordered_x->order < ordered_y->order ? -1 : 1;
	return x->environment < y->environment
		   ? -1
		   : x->environment > y->environment;
}

static int compare_roots(const void *a, const void *b)
{
	const struct rel_report_root *x = a, *y = b;

	if (x->blocks != y->blocks)
		return x->blocks > y->blocks ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Rank the roots by impact and give the verdicts their final ids. */
static int rank_roots(struct builder *b)
{
	uint32_t *id_of = calloc((size_t)b->n_roots + 1, sizeof(*id_of));

	if (!id_of)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < b->n_roots; i++)
		b->roots[i].id = i;
	if (b->n_roots)
		qsort(b->roots, b->n_roots, sizeof(*b->roots), compare_roots);
	for (uint32_t i = 0; i < b->n_roots; i++) {
		id_of[b->roots[i].id] = i + 1;
		b->roots[i].id = i + 1;
	}
	for (uint32_t i = 0; i < b->n_verdicts; i++) {
		struct rel_report_verdict *v = &b->verdicts[i].verdict;

		if (v->root != REL_REPORT_NONE)
			v->root = id_of[v->root];
	}
	free(id_of);
	return 0;
}

static int move_to_arena(struct builder *b)
{
	struct rel_report_verdict *verdicts = rel_arena_array(
	    b->arena, (size_t)b->n_verdicts + 1, sizeof(*verdicts));
	struct rel_report_root *roots =
	    rel_arena_array(b->arena, (size_t)b->n_roots + 1, sizeof(*roots));

	if (!verdicts || !roots)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < b->n_verdicts; i++)
		verdicts[i] = b->verdicts[i].verdict;
	if (b->n_roots)
		memcpy(roots, b->roots, b->n_roots * sizeof(*roots));
	b->out->verdicts = verdicts;
	b->out->n_verdicts = b->n_verdicts;
	b->out->roots = roots;
	b->out->n_roots = b->n_roots;
	b->out->counts.roots = b->n_roots;
	return 0;
}

static int fill_verdicts(struct builder *b)
{
	for (uint32_t i = 0; i < b->survey->n_results; i++) {
		if (fill_result(b, i))
			return REL_ENOMEM;
	}
	if (rank_roots(b))
		return REL_ENOMEM;
	if (b->n_verdicts)
		qsort(b->verdicts, b->n_verdicts, sizeof(*b->verdicts),
		      compare_verdicts);
	return move_to_arena(b);
}

static const char *const *package_names(struct builder *b,
					const struct rel_universe *u,
					const rel_pkg_id *packages, uint32_t n)
{
	const char **names =
	    rel_arena_array(b->arena, (size_t)n + 1, sizeof(*names));

	for (uint32_t i = 0; names && i < n; i++) {
		names[i] = rel_texts_package(&b->texts, u, packages[i]);
		if (!names[i])
			return NULL;
	}
	return names;
}

/* Is any of it in the scope of the report? */
static bool concerns(const struct rel_survey_result *r,
		     const struct rel_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->n_members; i++) {
		if (r->selected[cycle->members[i]])
			return true;
	}
	return false;
}

static int fill_cycles(struct builder *b)
{
	struct rel_report_cycle *cycles;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < b->survey->n_results; i++) {
		if (b->survey->results[i].cycles)
			n += b->survey->results[i].cycles->n_items;
	}
	cycles = rel_arena_array(b->arena, n + 1, sizeof(*cycles));
	if (!cycles)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < b->survey->n_results; i++) {
		const struct rel_survey_result *r = &b->survey->results[i];

		for (uint32_t k = 0; r->cycles && k < r->cycles->n_items; k++) {
			const struct rel_cycle *c = &r->cycles->items[k];

			if (!concerns(r, c))
				continue;
			cycles[at++] = (struct rel_report_cycle){
			    i,
			    package_names(b, r->universe, c->path, c->n_path),
			    c->n_path,
			    package_names(b, r->universe, c->members,
					  c->n_members),
			    c->n_members};
			if (!cycles[at - 1].path || !cycles[at - 1].members)
				return REL_ENOMEM;
		}
	}
	b->out->cycles = cycles;
	b->out->n_cycles = at;
	return 0;
}

static bool has_role(const struct rel_stack *stack, enum rel_role role)
{
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		if (stack->layers[i].remote->role == role)
			return true;
	}
	return false;
}

static int build(struct builder *b)
{
	const struct rel_stack *stack = b->survey->results[0].universe->stack;

	b->out->command = b->opt->command;
	b->out->seconds = b->opt->seconds;
	b->out->since = b->survey->results[0].before != NULL;
	b->out->overlay = has_role(stack, REL_ROLE_DEVELOPMENT) &&
			  has_role(stack, REL_ROLE_UPSTREAM);
	if (fill_layers(b) || fill_environments(b) || fill_verdicts(b) ||
	    fill_cycles(b))
		return REL_ENOMEM;
	return rel_report_notices(b->out, &b->texts, stack);
}

int rel_report_build(struct rel_report *out, const struct rel_survey *survey,
		     const struct rel_report_build_options *opt,
		     struct rel_arena *arena, struct rel_error *err)
{
	struct builder b = {
	    .out = out, .survey = survey, .opt = opt, .arena = arena};
	int rc;

	memset(out, 0, sizeof(*out));
	rel_texts_init(&b.texts, arena);
	rel_intern_init(&b.root_keys, REL_LIMIT_STRINGS);
	rel_buf_init(&b.key, REL_LIMIT_MANIFEST_BYTES);
	rc = build(&b);
	rel_texts_free(&b.texts);
	rel_intern_free(&b.root_keys);
	rel_buf_free(&b.key);
	free(b.verdicts);
	free(b.roots);
	return rc ? rel_fail_nomem(err) : 0;
}
