#include "check/title.h"

#include <stdlib.h>

#include "base/limits.h"
#include "solve/circles.h"

/* Versions of a circle that a title has room for. */
#define CIRCLE_SHOWN 6

/* One fact about the versions of a name. */
struct claim {
	uint32_t group;		     /* what it is about */
	uint32_t subject;	     /* name of `package` */
	rel_pkg_id package;	     /* who says so */
	uint32_t set;		     /* UINT32_MAX: `package` itself */
	bool negated;		     /* none of the set */
	uint32_t order;		     /* among the facts */
	const struct rel_fact *fact; /* NULL: `package` itself */
};

/* The name on which the facts of a conflict exclude each other. */
struct clash {
	const struct claim *claims;
	uint32_t n_claims, n_subjects;
};

struct titler {
	struct rel_buf *out;
	const struct rel_survey_result *result;
	const struct rel_universe *u;
	const struct rel_root *root;
	uint8_t *decides; /* by fact */
	const struct rel_fact *facts;
	struct rel_buf text;
	struct claim *claims;
	uint32_t n_claims;
	/* words of the widest group */
	uint64_t *left, *some, *one;
};

static uint32_t words_of(const struct titler *t, uint32_t group)
{
	const struct rel_sat_problem *p = &t->u->problem;

	return rel_sat_words(p->group_first[group + 1] - p->group_first[group]);
}

static const struct rel_exprs *exprs_of(const struct titler *t,
					rel_pkg_id package)
{
	return &rel_universe_snapshot(t->u, package)->exprs;
}

static rel_expr_id expr_of(const struct titler *t, const struct rel_fact *fact)
{
	return fact->kind == REL_FACT_CONFLICTS
		   ? t->u->conflict_expr[fact->index]
		   : t->u->need_expr[fact->index];
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
	       c == '+' || c == ':';
}

/* Append `text` with the variable `version` replaced; was it there? */
static bool put_resolved(struct rel_buf *out, struct rel_str text,
			 struct rel_str version)
{
	static const char variable[] = "version";
	size_t len = sizeof(variable) - 1;
	bool found = false;

	for (size_t i = 0; i < text.len; i++) {
		if (i + len <= text.len && i > 0 && text.ptr[i - 1] == ' ' &&
		    memcmp(text.ptr + i, variable, len) == 0 &&
		    (i + len == text.len || !is_word(text.ptr[i + len]))) {
			rel_buf_add_str(out, version);
			found = true;
			i += len - 1;
		} else {
			rel_buf_add_char(out, text.ptr[i]);
		}
	}
	return found;
}

/* "1.0 to 2.3", the oldest and newest version that is left; "none" */
static void put_range(struct titler *t, uint32_t group, const uint64_t *words)
{
	const struct rel_sat_problem *p = &t->u->problem;
	uint32_t first = UINT32_MAX, last = 0, base = p->group_first[group];

	for (uint32_t v = base; v < p->group_first[group + 1]; v++) {
		uint32_t bit = v - base;

		if (!(words[bit / 64] >> (bit % 64) & 1))
			continue;
		first = first == UINT32_MAX ? v : first;
		last = v;
	}
	if (first == UINT32_MAX) {
		rel_buf_add_cstr(t->out, "none");
		return;
	}
	if (first == last)
		rel_buf_add_cstr(t->out, "= ");
	rel_buf_add_str(t->out, rel_universe_version(t->u, first));
	if (first == last)
		return;
	rel_buf_add_cstr(t->out, " to ");
	rel_buf_add_str(t->out, rel_universe_version(t->u, last));
}

static bool put_atom(struct titler *t, const struct claim *claim)
{
	static const char *const operators[][2] = {
	    {">= ", "< "}, {"<= ", "> "}, {"> ", "<= "},
	    {"< ", ">= "}, {"!= ", "= "}, {"= ", "!= "}};
	const struct rel_exprs *exprs = exprs_of(t, claim->package);
	rel_expr_id id = expr_of(t, claim->fact);
	struct rel_buf plain;
	struct rel_str rest, name;
	bool simple = true;

	if (exprs->nodes[id].kind != REL_EXPR_PACKAGE)
		return false;
	rel_buf_init(&plain, REL_LIMIT_MANIFEST_BYTES);
	rel_expr_print_plain(&plain, exprs, id);
	name = exprs->string(exprs->context, exprs->nodes[id].a);
	rest =
	    rel_str_trim(rel_str_sub(rel_buf_str(&plain), name.len, plain.len));
	for (size_t i = 0; i < rest.len; i++)
		simple = simple && !strchr("{}|", rest.ptr[i]) &&
			 (!claim->negated || rest.ptr[i] != '&');
	if (!simple) {
		rel_buf_free(&plain);
		return false;
	}
	if (rest.len == 0)
		rel_buf_add_cstr(&t->text, claim->negated ? "none" : "any");
	for (size_t i = 0; rest.len > 0 && claim->negated && i < 6; i++) {
		size_t len = strlen(operators[i][0]);

		if (rest.len > len &&
		    memcmp(rest.ptr, operators[i][0], len) == 0) {
			rel_buf_add_cstr(&t->text, operators[i][1]);
			rest = rel_str_sub(rest, len, rest.len);
			break;
		}
	}
	put_resolved(&t->text, rest,
		     rel_universe_version(t->u, claim->package));
	if (plain.status)
		t->text.status = plain.status;
	rel_buf_free(&plain);
	return true;
}

/* words &= what the claim allows */
static void narrow(const struct titler *t, uint64_t *words,
		   const struct claim *claim)
{
	const struct rel_sat_problem *p = &t->u->problem;
	uint32_t n = words_of(t, claim->group);

	if (claim->set == UINT32_MAX) {
		uint32_t bit = claim->package - p->group_first[claim->group];

		for (uint32_t w = 0; w < n; w++)
			words[w] &=
			    w == bit / 64 ? UINT64_C(1) << (bit % 64) : 0;
		return;
	}
	for (uint32_t w = 0; w < n; w++) {
		uint64_t set = p->set_words[p->set_word[claim->set] + w];

		words[w] &= claim->negated ? ~set : set;
	}
}

static void fill(const struct titler *t, uint64_t *words, uint32_t group)
{
	const struct rel_sat_problem *p = &t->u->problem;
	uint32_t count = p->group_first[group + 1] - p->group_first[group];

	memset(words, 0, words_of(t, group) * sizeof(*words));
	for (uint32_t bit = 0; bit < count; bit++)
		words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* What the versions of one subject allow together, into t->some.  Returns the
 * number of their claims. */
static uint32_t allow(struct titler *t, const struct claim *claims, uint32_t n)
{
	uint32_t group = claims->group, words = words_of(t, group), i = 0;

	memset(t->some, 0, words * sizeof(*t->some));
	while (i < n && claims[i].subject == claims->subject) {
		rel_pkg_id package = claims[i].package;

		fill(t, t->one, group);
		for (; i < n && claims[i].package == package; i++)
			narrow(t, t->one, &claims[i]);
		for (uint32_t w = 0; w < words; w++)
			t->some[w] |= t->one[w];
	}
	return i;
}

/* Do the claims about one name exclude each other? */
static bool is_clash(struct titler *t, struct clash *clash)
{
	uint32_t group = clash->claims->group, words = words_of(t, group);
	uint64_t any = 0;

	clash->n_subjects = 0;
	fill(t, t->left, group);
	for (uint32_t i = 0; i < clash->n_claims; clash->n_subjects++) {
		i += allow(t, clash->claims + i, clash->n_claims - i);
		for (uint32_t w = 0; w < words; w++)
			t->left[w] &= t->some[w];
	}
	for (uint32_t w = 0; w < words; w++)
		any |= t->left[w];
	return any == 0;
}

static void add_claim(struct titler *t, const struct rel_fact *fact,
		      uint32_t order)
{
	const struct rel_sat_problem *p = &t->u->problem;
	struct claim claim = {.package = fact->package,
			      .subject = p->var_group[fact->package],
			      .fact = fact,
			      .order = order};

	if (fact->kind == REL_FACT_CONFLICTS) {
		claim.set = p->conflicts[fact->index];
		claim.negated = true;
	} else if (fact->kind == REL_FACT_NEEDS ||
		   fact->kind == REL_FACT_CLASS) {
		uint32_t clause = p->needs[fact->index];
		uint32_t at = p->clause_first[clause];

		if (p->clause_first[clause + 1] != at + 1)
			return;
		claim.set = p->clause_sets[at];
	} else {
		return;
	}
	claim.group = p->set_group[claim.set];
	t->claims[t->n_claims++] = claim;
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->subject != y->subject)
		return x->subject < y->subject ? -1 : 1;
	if (x->package != y->package)
		return x->package < y->package ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* The clash that is shortest to say; false when no single name has one. */
static bool find_clash(struct titler *t, struct clash *out)
{
	bool found = false;

	for (uint32_t i = 0, end; i < t->n_claims; i = end) {
		struct clash clash = {.claims = &t->claims[i]};

		for (end = i; end < t->n_claims &&
			      t->claims[end].group == clash.claims->group;)
			end++;
		clash.n_claims = end - i;
		if (!is_clash(t, &clash) ||
		    (found && out->n_subjects <= clash.n_subjects))
			continue;
		*out = clash;
		found = true;
	}
	return found;
}

/* "stog wants < 3.4.0": claims of one subject; returns their number. */
static uint32_t put_wants(struct titler *t, const struct claim *claims,
			  uint32_t n, bool first)
{
	uint32_t count = allow(t, claims, n);
	bool same = true, itself = claims->set == UINT32_MAX;
	struct rel_str text;

	if (itself) {
		rel_buf_add_str(t->out,
				rel_universe_version(t->u, claims->package));
		rel_buf_add_cstr(t->out, " itself");
		return count;
	}
	rel_buf_add_str(t->out, rel_universe_name(t->u, claims->package));
	rel_buf_add_cstr(t->out, first ? " wants " : " ");
	rel_buf_clear(&t->text);
	same = put_atom(t, &claims[0]);
	for (uint32_t i = 1; same && i < count; i++)
		same = claims[i].set == claims[0].set &&
		       claims[i].negated == claims[0].negated;
	text = rel_buf_str(&t->text);
	if (same)
		rel_buf_add_str(t->out, text);
	else
		put_range(t, claims->group, t->some);
	return count;
}

/* One package excludes by itself what it needs: "needs ctypes but < 0.6.0,
 * and there is 0.7.0 to 0.23.0" */
static void put_alone(struct titler *t, const struct clash *clash)
{
	const struct claim *claims = clash->claims;
	const char *between = " wants ";

	rel_buf_add_str(t->out, rel_universe_name(t->u, claims->package));
	for (uint32_t i = 0; i < clash->n_claims; i++) {
		if (claims[i].package != claims[0].package)
			continue;
		rel_buf_clear(&t->text);
		if (!put_atom(t, &claims[i])) {
			rel_buf_clear(&t->text);
			fill(t, t->one, claims->group);
			narrow(t, t->one, &claims[i]);
			rel_buf_add_cstr(t->out, between);
			put_range(t, claims->group, t->one);
			between = " & ";
		} else if (!rel_str_is(rel_buf_str(&t->text), "any")) {
			rel_buf_add_cstr(t->out, between);
			rel_buf_add_str(t->out, rel_buf_str(&t->text));
			between = " & ";
		}
	}
	rel_buf_add_cstr(t->out, " (there is ");
	fill(t, t->one, claims->group);
	put_range(t, claims->group, t->one);
	rel_buf_add_char(t->out, ')');
}

static bool class_is_common(const struct titler *t, rel_pkg_id a, rel_pkg_id b,
			    struct rel_str *class)
{
	const struct rel_snapshot *x = rel_universe_snapshot(t->u, a);
	const struct rel_snapshot *y = rel_universe_snapshot(t->u, b);
	const struct rel_manifest *m = &rel_universe_package(t->u, a)->manifest;
	const struct rel_manifest *n = &rel_universe_package(t->u, b)->manifest;

	for (uint32_t i = 0; i < m->conflict_class_count; i++) {
		*class = rel_snapshot_string(
		    x, x->lists[m->conflict_class_first + i]);
		for (uint32_t k = 0; k < n->conflict_class_count; k++) {
			if (rel_str_eq(
				*class,
				rel_snapshot_string(
				    y, y->lists[n->conflict_class_first + k])))
				return true;
		}
	}
	return false;
}

/* "conflict-class ocaml-core-compiler: a, b" */
static void put_class(struct titler *t, const struct clash *clash)
{
	const struct claim *claims = clash->claims;
	struct rel_str class = {0};
	uint32_t subject = UINT32_MAX;

	rel_buf_add_cstr(t->out, "conflict-class");
	if (class_is_common(t, claims[0].package,
			    claims[clash->n_claims - 1].package, &class)) {
		rel_buf_add_char(t->out, ' ');
		rel_buf_add_str(t->out, class);
	}
	for (uint32_t i = 0; i < clash->n_claims; i++) {
		if (claims[i].subject == subject)
			continue;
		rel_buf_add_cstr(t->out, subject == UINT32_MAX ? ": " : ", ");
		rel_buf_add_str(t->out,
				rel_universe_name(t->u, claims[i].package));
		subject = claims[i].subject;
	}
}

static void put_clash(struct titler *t, const struct clash *clash)
{
	uint32_t group = clash->claims->group;
	bool first = true;

	if (group >= t->u->stack->n_names) {
		put_class(t, clash);
		return;
	}
	rel_buf_add_str(t->out, t->u->stack->names[group].text);
	rel_buf_add_cstr(t->out, ": ");
	if (clash->n_subjects == 1) {
		put_alone(t, clash);
		return;
	}
	for (uint32_t i = 0; i < clash->n_claims;) {
		if (i > 0)
			rel_buf_add_cstr(t->out, ", ");
		first = i == 0 || (first && clash->claims->set == UINT32_MAX);
		i +=
		    put_wants(t, clash->claims + i, clash->n_claims - i, first);
	}
}

/* No name is the whole story: the package and what it says itself. */
static void put_package(struct titler *t)
{
	const struct rel_root *root = t->root;
	const char *between = ": ";

	rel_universe_package_add(t->out, t->u, root->package);
	for (uint32_t i = 0; i < root->n_facts; i++) {
		if (t->facts[i].package != root->package)
			continue;
		rel_buf_add_cstr(t->out, between);
		rel_fact_sentence(t->out, t->u, t->result->verdicts,
				  &t->facts[i]);
		between = ", ";
	}
}

static int title_of_conflict(struct titler *t, struct rel_buf *key)
{
	const struct rel_root *root = t->root;
	const struct rel_sat_problem *p = &t->u->problem;
	struct clash clash = {0};

	t->claims = calloc((size_t)root->n_facts + 1, sizeof(*t->claims));
	if (!t->claims)
		return REL_ENOMEM;
	for (uint32_t i = 0; i < root->n_facts; i++)
		add_claim(t, &t->facts[i], i);
	t->claims[t->n_claims++] =
	    (struct claim){.group = p->var_group[root->package],
			   .subject = p->var_group[root->package],
			   .package = root->package,
			   .set = UINT32_MAX};
	qsort(t->claims, t->n_claims, sizeof(*t->claims), compare_claims);
	if (find_clash(t, &clash)) {
		put_clash(t, &clash);
		for (uint32_t i = 0; i < clash.n_claims; i++) {
			if (clash.claims[i].fact)
				t->decides[clash.claims[i].order] = 1;
		}
	} else {
		put_package(t);
		memset(t->decides, 1, root->n_facts);
	}

	/* the same facts, whichever package they are told of */
	rel_buf_add_str(key, rel_buf_str(t->out));
	for (uint32_t i = 0; i < root->n_facts; i++) {
		const struct rel_fact *f = &t->facts[i];

		rel_buf_add_char(key, '\n');
		if (f->package != root->package)
			rel_universe_package_add(key, t->u, f->package);
		rel_buf_add_char(key, ' ');
		rel_fact_sentence(key, t->u, t->result->verdicts, f);
	}
	return t->out->status;
}

/* Is every version of the names in the clause unavailable here? */
static bool is_all_unavailable(const struct titler *t, uint32_t clause)
{
	const struct rel_sat_problem *p = &t->u->problem;

	for (uint32_t i = p->clause_first[clause];
	     i < p->clause_first[clause + 1]; i++) {
		uint32_t g = p->set_group[p->clause_sets[i]];

		if (g >= t->u->stack->n_names)
			return false;
		for (uint32_t v = p->group_first[g]; v < p->group_first[g + 1];
		     v++) {
			if (t->result->verdicts[v] != REL_UNAVAILABLE)
				return false;
		}
	}
	return true;
}

/* "no available riot (all 9 versions are unavailable)" */
static void put_all_unavailable(struct titler *t, uint32_t clause)
{
	const struct rel_sat_problem *p = &t->u->problem;
	uint32_t first = p->clause_first[clause];
	uint32_t end = p->clause_first[clause + 1], count = 0, last = 0;

	rel_buf_add_cstr(t->out, "no available ");
	for (uint32_t i = first; i < end; i++) {
		uint32_t g = p->set_group[p->clause_sets[i]];

		if (i > first)
			rel_buf_add_cstr(t->out, " | ");
		rel_buf_add_str(t->out, t->u->stack->names[g].text);
		count += p->group_first[g + 1] - p->group_first[g];
		last = p->group_first[g];
	}
	if (count == 1) {
		rel_buf_add_cstr(t->out, " (");
		rel_universe_package_add(t->out, t->u, last);
		rel_buf_add_cstr(t->out, " is unavailable)");
	} else {
		rel_buf_printf(t->out, " (all %u versions are unavailable)",
			       (unsigned)count);
	}
}

/* " (newest 9.1.1)", " (no remote has it)" of a single name */
static void put_what_there_is(struct titler *t, const struct rel_exprs *exprs,
			      rel_expr_id id)
{
	const struct rel_sat_problem *p = &t->u->problem;
	uint32_t g;

	if (exprs->nodes[id].kind != REL_EXPR_PACKAGE)
		return;
	g = rel_stack_find(t->u->stack,
			   exprs->string(exprs->context, exprs->nodes[id].a));
	if (g == UINT32_MAX) {
		rel_buf_add_cstr(t->out, " (no remote has it)");
		return;
	}
	rel_buf_add_cstr(t->out, " (newest ");
	rel_buf_add_str(t->out,
			rel_universe_version(t->u, p->group_first[g + 1] - 1));
	rel_buf_add_char(t->out, ')');
}

static int title_of_need(struct titler *t, struct rel_buf *key)
{
	const struct rel_sat_problem *p = &t->u->problem;
	const struct rel_fact *fact = &t->facts[0];
	const struct rel_exprs *exprs = exprs_of(t, fact->package);
	rel_expr_id id = expr_of(t, fact);
	uint32_t clause = p->needs[fact->index];
	bool empty = p->clause_first[clause] == p->clause_first[clause + 1];
	bool line;

	t->decides[0] = 1;
	if (!empty && is_all_unavailable(t, clause)) {
		put_all_unavailable(t, clause);
		return rel_buf_add_str(key, rel_buf_str(t->out));
	}
	rel_expr_print_plain(&t->text, exprs, id);
	rel_buf_add_cstr(t->out, empty ? "no " : "no available ");
	if (t->root->kind == REL_BROKEN_MISSING &&
	    exprs->nodes[id].kind == REL_EXPR_PACKAGE) {
		/* the name is what is missing, whichever version */
		rel_buf_add_str(
		    t->out, exprs->string(exprs->context, exprs->nodes[id].a));
		line = false;
	} else {
		line = put_resolved(t->out, rel_buf_str(&t->text),
				    rel_universe_version(t->u, fact->package));
	}
	if (line) {
		/* a line of releases, each of which lacks its own version */
		rel_buf_clear(t->out);
		rel_buf_add_str(t->out, rel_universe_name(t->u, fact->package));
		rel_buf_add_cstr(t->out, empty ? ": no " : ": no available ");
		rel_buf_add_str(t->out, rel_buf_str(&t->text));
	}
	if (empty)
		put_what_there_is(t, exprs, id);
	return rel_buf_add_str(key, rel_buf_str(t->out));
}

/* "a.1 → b.1 need each other in a circle"; a long one is cut short. */
static int title_of_circle(struct titler *t, struct rel_buf *key)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->root->n_facts; i++) {
		const struct rel_fact *fact = &t->facts[i];
		struct rel_circle_step step;

		if (fact->kind != REL_FACT_CIRCLE)
			continue;
		t->decides[i] = 1;
		step = rel_circles_step(t->u, fact->index);
		rel_buf_printf(key, "step %u %u;", step.from_set, step.to_set);
		if (n++ >= CIRCLE_SHOWN)
			continue;
		rel_buf_add_cstr(t->out, n == 1 ? "" : " → ");
		rel_universe_package_add(t->out, t->u, step.from);
	}
	if (n > CIRCLE_SHOWN)
		rel_buf_printf(t->out, " and %u more", n - CIRCLE_SHOWN);
	rel_buf_add_cstr(t->out, n == 0	  ? "circles in the build order"
				 : n == 1 ? " needs itself"
					  : " need each other in a circle");
	return t->out->status;
}

int rel_root_title(struct rel_buf *title, struct rel_buf *key, uint8_t *decides,
		   const struct rel_survey_result *result,
		   const struct rel_root *root)
{
	const struct rel_universe *u = result->universe;
	const struct rel_sat_problem *p = &u->problem;
	struct titler t = {.out = title,
			   .result = result,
			   .u = u,
			   .root = root,
			   .decides = decides,
			   .facts = result->reasons->facts + root->first_fact};
	uint32_t widest = 1;
	int rc = REL_ENOMEM;

	memset(decides, 0, root->n_facts);
	for (uint32_t g = 0; g < p->n_groups; g++) {
		uint32_t words = words_of(&t, g);

		widest = words > widest ? words : widest;
	}
	rel_buf_init(&t.text, REL_LIMIT_MANIFEST_BYTES);
	t.left = calloc((size_t)widest * 3, sizeof(*t.left));
	if (!t.left)
		goto done;
	t.some = t.left + widest;
	t.one = t.some + widest;
	if (root->kind == REL_BROKEN_CONFLICT)
		rc = title_of_conflict(&t, key);
	else if (root->kind == REL_BROKEN_CYCLE)
		rc = title_of_circle(&t, key);
	else
		rc = title_of_need(&t, key);
	if (!rc)
		rc = t.text.status ? t.text.status : key->status;
done:
	rel_buf_free(&t.text);
	free(t.left);
	free(t.claims);
	return rc;
}
