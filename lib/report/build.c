#include "report/build.h"

#include "base/array.h"
#include "base/limits.h"
#include "report/notices.h"
#include "report/roots.h"

/* A verdict and its place in the universe: by name, then version. */
struct ordered_verdict {
	struct rel_report_verdict verdict;
	uint32_t order;
};

/* What is counted once for all environments: a bit for each. */
enum counted {
	CHECKED = 1 << 0,
	BROKEN = 1 << 1,
	OWN = 1 << 2,
	OVERLAY = 1 << 3,
	ALONE = 1 << 4,
	FIXED = 1 << 5,
	NEW = 1 << 6,
	UNAVAILABLE = 1 << 7,
	UNREADABLE = 1 << 8,
	UNDECIDED = 1 << 9,
	ADDED = 1 << 10,
	GONE = 1 << 11,
};

struct builder {
	struct rel_report *out;
	const struct rel_survey *survey;
	const struct rel_report_build_options *opt;
	struct rel_arena *arena;
	struct rel_texts texts;
	struct ordered_verdict *verdicts; /* malloc'd, moved to the arena */
	uint32_t n_verdicts, verdicts_cap;
	struct rel_roots roots;
	uint16_t *counted;  /* by package, enum counted over environments */
	uint16_t *sections; /* the same of sections with a verdict in them */
	struct rel_report_environment *environments;
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
	b->environments = environments;
	b->out->environments = environments;
	b->out->n_environments = n;
	return 0;
}

static enum rel_origin origin_of(const struct rel_survey_result *r,
				 rel_pkg_id pkg)
{
	if (!r->alone || r->verdicts[pkg] != REL_BROKEN)
		return REL_ORIGIN_NONE;
	switch ((enum rel_compared)r->alone[pkg]) {
	case REL_COMPARED_ABSENT:
		return REL_ORIGIN_OWN;
	case REL_COMPARED_BROKEN:
		return REL_ORIGIN_ALONE;
	case REL_COMPARED_UNDECIDED:
		return REL_ORIGIN_NONE;
	case REL_COMPARED_INSTALLABLE:
	case REL_COMPARED_OTHER:
		break;
	}
	return REL_ORIGIN_OVERLAY;
}

/* What --since says of it; without it, what the overlay repairs. */
static enum rel_delta change_of(const struct rel_survey_result *r,
				rel_pkg_id pkg)
{
	uint8_t now = r->verdicts[pkg], then;

	if (!r->before)
		return r->alone && now == REL_INSTALLABLE &&
			       r->alone[pkg] == REL_COMPARED_BROKEN
			   ? REL_DELTA_FIXED
			   : REL_DELTA_NONE;
	then = r->before[pkg];
	switch ((enum rel_verdict)now) {
	case REL_BROKEN:
		return then == REL_COMPARED_BROKEN   ? REL_DELTA_STILL
		       : then == REL_COMPARED_ABSENT ? REL_DELTA_ADDED
						     : REL_DELTA_NEW;
	case REL_INSTALLABLE:
		return then == REL_COMPARED_BROKEN ? REL_DELTA_FIXED
						   : REL_DELTA_NONE;
	case REL_UNDECIDED:
		return then == REL_COMPARED_UNDECIDED ? REL_DELTA_STILL
						      : REL_DELTA_NEW;
	/* a new version that cannot be read is news, one that is not for this
	 * environment is none */
	case REL_UNREADABLE:
		return then == REL_COMPARED_OTHER ? REL_DELTA_STILL
						  : REL_DELTA_NEW;
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
		break;
	}
	return then == REL_COMPARED_INSTALLABLE ? REL_DELTA_NEW
						: REL_DELTA_NONE;
}

static enum rel_section section_of_broken(const struct rel_survey_result *r,
					  const struct rel_report_verdict *v)
{
	if (v->change == REL_DELTA_STILL)
		return REL_SECTION_STILL;
	if (v->change == REL_DELTA_ADDED)
		return REL_SECTION_ADDED;
	if (r->before)
		return REL_SECTION_BROKEN;
	switch (v->origin) {
	case REL_ORIGIN_OVERLAY:
		return REL_SECTION_OVERLAY;
	case REL_ORIGIN_OWN:
		return REL_SECTION_OWN;
	case REL_ORIGIN_ALONE:
		return REL_SECTION_ALONE;
	case REL_ORIGIN_NONE:
		break;
	}
	return REL_SECTION_BROKEN;
}

static enum rel_section section_of(const struct rel_survey_result *r,
				   const struct rel_report_verdict *v)
{
	bool still = v->change == REL_DELTA_STILL;

	switch (v->verdict) {
	case REL_BROKEN:
		return section_of_broken(r, v);
	case REL_UNDECIDED:
		return still ? REL_SECTION_STILL_OTHER : REL_SECTION_UNDECIDED;
	case REL_UNREADABLE:
		return still ? REL_SECTION_STILL_OTHER : REL_SECTION_UNREADABLE;
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
		return !r->before || v->change == REL_DELTA_NEW
			   ? REL_SECTION_UNAVAILABLE
			   : REL_SECTION_QUIET;
	case REL_INSTALLABLE:
		break;
	}
	return v->change == REL_DELTA_FIXED ? REL_SECTION_FIXED
					    : REL_SECTION_QUIET;
}

/* Is it the version's own manifest that lacks something? */
static bool lacks_itself(const struct rel_report_verdict *v)
{
	for (size_t i = 0; i < v->n_reason; i++) {
		if (strcmp(v->reason[i].package, v->package) != 0)
			return false;
	}
	return v->n_reason > 0;
}

static int fill_reason(struct builder *b, const struct rel_survey_result *r,
		       uint32_t *root_of, rel_pkg_id pkg,
		       struct rel_report_verdict *v)
{
	const struct rel_reason *reason = NULL;

	if (v->verdict == REL_BROKEN && r->reasons)
		reason = rel_reason_find(r->reasons, pkg);
	if (reason) {
		uint32_t *root = &root_of[reason->root];

		v->kind = reason->kind;
		if (*root == REL_REPORT_NONE &&
		    rel_roots_find(root, &b->roots, r,
				   &r->reasons->roots[reason->root]))
			return REL_ENOMEM;
		v->root = *root;
		rel_roots_count(&b->roots, v->root, v->section);
	}
	if (rel_facts_of(&v->reason, &v->n_reason, &b->texts, r, pkg))
		return REL_ENOMEM;
	return reason && lacks_itself(v)
		   ? rel_roots_maintain(&b->roots, v->root, v->maintainers)
		   : 0;
}

static int add_verdict(struct builder *b, uint32_t environment,
		       uint32_t *root_of, rel_pkg_id pkg,
		       struct rel_report_verdict *v)
{
	const struct rel_survey_result *r = &b->survey->results[environment];

	v->package = rel_texts_package(&b->texts, r->universe, pkg);
	v->remote = rel_texts_remote(r->universe, pkg);
	v->environment = environment;
	v->root = REL_REPORT_NONE;
	v->file = rel_texts_file(&b->texts, r->universe, pkg);
	v->maintainers = rel_texts_maintainers(&b->texts, r->universe, pkg);
	if (!v->package || !v->file || !v->maintainers ||
	    fill_reason(b, r, root_of, pkg, v) ||
	    rel_array_reserve(&b->verdicts, &b->verdicts_cap,
			      (uint64_t)b->n_verdicts + 1,
			      sizeof(*b->verdicts)))
		return REL_ENOMEM;
	b->verdicts[b->n_verdicts++] = (struct ordered_verdict){*v, pkg};
	return 0;
}

static unsigned counted_of(const struct rel_report_verdict *v)
{
	unsigned bits = CHECKED;

	switch (v->verdict) {
	case REL_BROKEN:
		bits |= BROKEN;
		break;
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
		bits |= UNAVAILABLE;
		break;
	case REL_UNREADABLE:
		bits |= UNREADABLE;
		break;
	case REL_UNDECIDED:
		bits |= UNDECIDED;
		break;
	case REL_INSTALLABLE:
		break;
	}
	bits |= v->origin == REL_ORIGIN_OWN	  ? OWN
		: v->origin == REL_ORIGIN_OVERLAY ? OVERLAY
		: v->origin == REL_ORIGIN_ALONE	  ? ALONE
						  : 0;
	if (v->change == REL_DELTA_FIXED)
		bits |= FIXED;
	if (v->change == REL_DELTA_ADDED)
		bits |= NEW | ADDED;
	if (v->change == REL_DELTA_NEW)
		bits |= v->verdict == REL_BROKEN ? NEW
			: bits & UNAVAILABLE	 ? GONE
						 : 0;
	return bits;
}

static void tally(struct rel_report_tally *out, unsigned bits)
{
	out->checked += (bits & CHECKED) != 0;
	out->broken += (bits & BROKEN) != 0;
	out->own += (bits & OWN) != 0;
	out->overlay += (bits & OVERLAY) != 0;
	out->alone += (bits & ALONE) != 0;
	out->fixed += (bits & FIXED) != 0;
	out->newly_broken += (bits & NEW) != 0;
	out->added += (bits & ADDED) != 0;
	out->gone += (bits & GONE) != 0;
	out->unavailable += (bits & UNAVAILABLE) != 0;
	out->unreadable += (bits & UNREADABLE) != 0;
	out->undecided += (bits & UNDECIDED) != 0;
}

static void add_counts(struct rel_report_counts *out,
		       const struct rel_report_tally *tally)
{
	out->checked += tally->checked;
	out->broken += tally->broken;
	out->unavailable += tally->unavailable;
	out->unreadable += tally->unreadable;
	out->undecided += tally->undecided;
	out->fixed += tally->fixed;
	out->newly_broken += tally->newly_broken;
	out->installable += tally->checked - tally->broken -
			    tally->unavailable - tally->unreadable -
			    tally->undecided;
}

static int fill_result(struct builder *b, uint32_t environment)
{
	const struct rel_survey_result *r = &b->survey->results[environment];
	struct rel_report_tally *counts = &b->environments[environment].tally;
	uint32_t n_roots = r->reasons ? r->reasons->n_roots : 0;
	uint32_t *root_of = malloc(((size_t)n_roots + 1) * sizeof(*root_of));
	int rc = root_of ? 0 : REL_ENOMEM;

	for (uint32_t i = 0; !rc && i < n_roots; i++)
		root_of[i] = REL_REPORT_NONE;
	for (uint32_t pkg = 0; !rc && pkg < rel_universe_size(r->universe);
	     pkg++) {
		struct rel_report_verdict v = {
		    .verdict = (enum rel_verdict)r->verdicts[pkg],
		    .origin = origin_of(r, pkg),
		    .change = change_of(r, pkg),
		    .own = r->alone && r->alone[pkg] == REL_COMPARED_ABSENT};
		unsigned bits = counted_of(&v);

		if (!r->selected[pkg])
			continue;
		v.section = section_of(r, &v);
		tally(counts, bits);
		b->counted[pkg] |= (uint16_t)bits;
		if (b->opt->verbose ||
		    (v.section != REL_SECTION_QUIET &&
		     (v.section != REL_SECTION_UNAVAILABLE || r->before))) {
			b->sections[pkg] |= (uint16_t)(1u << v.section);
			rc = add_verdict(b, environment, root_of, pkg, &v);
		}
	}
	add_counts(&b->out->counts, counts);
	free(root_of);
	return rc;
}

/* By section, then root, then name and version, environments adjacent. */
static int compare_verdicts(const void *a, const void *b)
{
	const struct ordered_verdict *ordered_x = a, *ordered_y = b;
	const struct rel_report_verdict *x = &ordered_x->verdict;
	const struct rel_report_verdict *y = &ordered_y->verdict;
	bool quiet_x = x->verdict == REL_INSTALLABLE;
	bool quiet_y = y->verdict == REL_INSTALLABLE;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (quiet_x != quiet_y)
		return quiet_y ? -1 : 1;
	if (x->root != y->root)
		return x->root < y->root ? -1 : 1;
	if (ordered_x->order != ordered_y->order)
		return ordered_x->order < ordered_y->order ? -1 : 1;
	return x->environment < y->environment
		   ? -1
		   : x->environment > y->environment;
}

/* The roots have ids; now the verdicts get them, and their order. */
static int order_verdicts(struct builder *b)
{
	struct rel_report_verdict *verdicts = rel_arena_array(
	    b->arena, (size_t)b->n_verdicts + 1, sizeof(*verdicts));
	uint32_t *id_of = calloc((size_t)b->roots.n_drafts + 1, sizeof(*id_of));
	int rc = verdicts && id_of ? 0 : REL_ENOMEM;

	if (rc == 0)
		rc = rel_roots_rank(b->out, &b->roots, id_of);
	for (uint32_t i = 0; rc == 0 && i < b->n_verdicts; i++) {
		struct rel_report_verdict *v = &b->verdicts[i].verdict;

		if (v->root != REL_REPORT_NONE)
			v->root = id_of[v->root];
	}
	free(id_of);
	if (rc)
		return rc;
	if (b->n_verdicts)
		qsort(b->verdicts, b->n_verdicts, sizeof(*b->verdicts),
		      compare_verdicts);
	for (uint32_t i = 0; i < b->n_verdicts; i++) {
		struct rel_report_span *span;

		verdicts[i] = b->verdicts[i].verdict;
		span = &b->out->sections[verdicts[i].section];
		if (span->count++ == 0)
			span->first = i;
	}
	b->out->verdicts = verdicts;
	b->out->n_verdicts = b->n_verdicts;
	return rel_roots_spread(b->out, &b->roots);
}

static int fill_verdicts(struct builder *b)
{
	uint32_t size = rel_universe_size(b->survey->results[0].universe);

	b->counted = calloc((size_t)size + 1, sizeof(*b->counted));
	b->sections = calloc((size_t)size + 1, sizeof(*b->sections));
	if (!b->counted || !b->sections)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < b->survey->n_results; i++) {
		if (fill_result(b, i))
			return REL_ENOMEM;
	}
	for (uint32_t pkg = 0; pkg < size; pkg++) {
		tally(&b->out->tally, b->counted[pkg]);
		for (unsigned s = 0; s < REL_N_SECTIONS; s++)
			b->out->sections[s].versions +=
			    b->sections[pkg] >> s & 1;
	}
	return order_verdicts(b);
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

/* Does a lower remote have the same manifest? */
static bool is_copy(const struct rel_stack *stack, rel_pkg_id pkg)
{
	const struct rel_stack_entry *entry = &stack->entries[pkg];

	for (uint32_t i = 0; i < stack->n_shadows; i++) {
		const struct rel_stack_shadow *shadow = &stack->shadows[i];

		if (shadow->same_content &&
		    shadow->visible.layer == entry->layer &&
		    shadow->visible.package == entry->package)
			return true;
	}
	return false;
}

static bool is_own(const struct rel_survey_result *r,
		   const struct rel_cycle *cycle)
{
	const struct rel_stack *stack = r->universe->stack;

	for (uint32_t i = 0; i < cycle->n_members; i++) {
		rel_pkg_id pkg = cycle->members[i];
		uint32_t layer = stack->entries[pkg].layer;

		if (stack->layers[layer].remote->role == REL_ROLE_DEVELOPMENT &&
		    !is_copy(stack, pkg))
			return true;
	}
	return false;
}

/* A number for the path and members; packages have the same numbers in every
 * environment. */
static rel_string_id number_of(struct rel_intern *seen,
			       const struct rel_cycle *c)
{
	rel_string_id id = REL_STRING_NONE;
	struct rel_buf key;

	rel_buf_init(&key, REL_LIMIT_ARENA);
	rel_buf_add(&key, (const char *)c->path, c->n_path * sizeof(*c->path));
	rel_buf_add(&key, (const char *)c->members,
		    c->n_members * sizeof(*c->members));
	if (key.status == 0)
		id = rel_intern_add(seen, rel_buf_str(&key));
	rel_buf_free(&key);
	return id;
}

/* Which of the report's cycles is the first of its like? */
static int match_cycle(struct builder *b, struct rel_report_cycle *cycles,
		       size_t *first, struct rel_intern *seen,
		       const struct rel_cycle *c, size_t at)
{
	uint32_t known = seen->count;
	rel_string_id id = number_of(seen, c);

	if (id == REL_STRING_NONE)
		return REL_ENOMEM;
	if (id == known)
		first[id] = at;
	cycles[at].same = first[id];
	b->out->distinct_cycles = seen->count;
	return 0;
}

static int add_cycle(struct builder *b, struct rel_report_cycle *out,
		     uint32_t environment, const struct rel_cycle *c)
{
	const struct rel_survey_result *r = &b->survey->results[environment];

	*out = (struct rel_report_cycle){
	    .environment = environment,
	    .path = package_names(b, r->universe, c->path, c->n_path),
	    .n_path = c->n_path,
	    .members = package_names(b, r->universe, c->members, c->n_members),
	    .n_members = c->n_members,
	    .own = is_own(r, c)};
	return out->path && out->members ? 0 : REL_ENOMEM;
}

static int fill_cycles(struct builder *b)
{
	struct rel_report_cycle *cycles;
	struct rel_intern seen;
	size_t n = 0, at = 0, *first;
	int rc = 0;

	for (size_t i = 0; i < b->survey->n_results; i++) {
		if (b->survey->results[i].cycles)
			n += b->survey->results[i].cycles->n_items;
	}
	cycles = rel_arena_array(b->arena, n + 1, sizeof(*cycles));
	first = calloc(n + 1, sizeof(*first));
	rel_intern_init(&seen, REL_LIMIT_STRINGS);
	if (!cycles || !first)
		rc = REL_ENOMEM;
	for (uint32_t i = 0; i < b->survey->n_results; i++) {
		const struct rel_survey_result *r = &b->survey->results[i];

		for (uint32_t k = 0; !rc && r->cycles && k < r->cycles->n_items;
		     k++) {
			const struct rel_cycle *c = &r->cycles->items[k];

			if (!concerns(r, c))
				continue;
			rc = add_cycle(b, &cycles[at], i, c);
			if (rc == 0)
				rc = match_cycle(b, cycles, first, &seen, c,
						 at++);
		}
	}
	rel_intern_free(&seen);
	free(first);
	b->out->cycles = cycles;
	b->out->n_cycles = at;
	return rc;
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
	b->out->what_if = b->opt->what_if;
	b->out->targets = b->survey->targets;
	b->out->n_targets = b->survey->n_targets;
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
	rel_roots_init(&b.roots, &b.texts);
	rc = build(&b);
	rel_roots_free(&b.roots);
	rel_texts_free(&b.texts);
	free(b.verdicts);
	free(b.counted);
	free(b.sections);
	return rc ? rel_fail_nomem(err) : 0;
}
