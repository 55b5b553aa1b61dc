#include "report/roots.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "check/title.h"

void rel_roots_init(struct rel_roots *roots, struct rel_texts *texts)
{
	*roots = (struct rel_roots){.texts = texts};
	rel_intern_init(&roots->keys, REL_LIMIT_STRINGS);
	rel_intern_init(&roots->cause_keys, REL_LIMIT_STRINGS);
	rel_buf_init(&roots->title, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&roots->key, REL_LIMIT_MANIFEST_BYTES);
}

void rel_roots_free(struct rel_roots *roots)
{
	free(roots->drafts);
	free(roots->causes);
	free(roots->decides);
	rel_intern_free(&roots->keys);
	rel_intern_free(&roots->cause_keys);
	rel_buf_free(&roots->title);
	rel_buf_free(&roots->key);
}

/*
 * What the root says of itself.  A conflict has several facts: its own are
 * joined, those of other packages are left to the list of facts.
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

static int make_draft(struct rel_roots *roots,
		      const struct rel_survey_result *r,
		      const struct rel_root *root,
		      const struct rel_fact_text *facts, size_t n_facts)
{
	struct rel_root_draft *draft;

	if (rel_array_reserve(&roots->drafts, &roots->drafts_cap,
			      (uint64_t)roots->n_drafts + 1,
			      sizeof(*roots->drafts)))
		return REL_ENOMEM;
	draft = &roots->drafts[roots->n_drafts++];
	*draft = (struct rel_root_draft){.where = r->environment->name,
					 .best = REL_N_SECTIONS};
	draft->root.kind = root->kind;
	draft->root.maintainers = "";
	draft->root.title =
	    rel_arena_copy(roots->texts->arena, rel_buf_str(&roots->title));
	draft->root.package =
	    rel_texts_package(roots->texts, r->universe, root->package);
	if (!draft->root.title || !draft->root.package)
		return REL_ENOMEM;
	draft->root.text =
	    join_sentences(roots->texts, facts, n_facts, draft->root.package);
	return draft->root.text ? 0 : REL_ENOMEM;
}

/* Append the lines of `more` that `lines` does not have. */
static void add_lines(struct rel_buf *out, const char *lines, const char *more)
{
	for (size_t len; *more; more += len + (more[len] == '\n')) {
		const char *at = lines;

		len = strcspn(more, "\n");
		while (*at && (strcspn(at, "\n") != len ||
			       memcmp(at, more, len) != 0)) {
			at += strcspn(at, "\n");
			at += *at == '\n';
		}
		if (*at)
			continue;
		rel_buf_add_cstr(out, lines[0] || out->len ? "\n" : "");
		rel_buf_add(out, more, len);
	}
}

int rel_roots_maintain(struct rel_roots *roots, uint32_t index,
		       const char *maintainers)
{
	struct rel_report_root *root = &roots->drafts[index].root;
	struct rel_texts *texts = roots->texts;
	struct rel_buf fresh;

	rel_buf_init(&fresh, REL_LIMIT_MANIFEST_BYTES);
	add_lines(&fresh, root->maintainers, maintainers);
	if (fresh.len) {
		rel_buf_add_cstr(&texts->work, root->maintainers);
		rel_buf_add_str(&texts->work, rel_buf_str(&fresh));
		root->maintainers = rel_texts_keep(texts);
	}
	if (fresh.status)
		root->maintainers = NULL;
	rel_buf_free(&fresh);
	return root->maintainers ? 0 : REL_ENOMEM;
}

/* The same cause in another environment is no other one. */
static int add_cause(struct rel_roots *roots, uint32_t index,
		     const struct rel_fact_text *facts, size_t n_facts,
		     const char *package, const char *maintainers)
{
	uint32_t old = roots->cause_keys.count;

	rel_buf_clear(&roots->key);
	rel_buf_printf(&roots->key, "%u %s", (unsigned)index, package);
	if (rel_intern_add(&roots->cause_keys, rel_buf_str(&roots->key)) ==
	    REL_STRING_NONE)
		return REL_ENOMEM;
	if (roots->cause_keys.count == old)
		return 0;
	if (rel_array_reserve(&roots->causes, &roots->causes_cap,
			      (uint64_t)roots->n_causes + 1,
			      sizeof(*roots->causes)))
		return REL_ENOMEM;
	roots->causes[roots->n_causes++] =
	    (struct rel_root_cause){index, facts, n_facts};
	roots->drafts[index].root.causes++;
	roots->drafts[index].root.n_facts += n_facts;
	return rel_roots_maintain(roots, index, maintainers);
}

int rel_roots_find(uint32_t *index, struct rel_roots *roots,
		   const struct rel_survey_result *result,
		   const struct rel_root *root)
{
	const struct rel_fact_span span = {root->first_fact, root->n_facts,
					   root->omitted, root->whole};
	const struct rel_fact_text *facts;
	struct rel_fact_text *marked;
	const char *package, *maintainers;
	uint32_t old = roots->keys.count;
	size_t n_facts;
	int rc;

	rel_buf_clear(&roots->title);
	rel_buf_clear(&roots->key);
	if (rel_array_reserve(&roots->decides, &roots->decides_cap,
			      (uint64_t)root->n_facts + 1, 1))
		return REL_ENOMEM;
	rc = rel_root_title(&roots->title, &roots->key, roots->decides, result,
			    root);
	if (rc)
		return REL_ENOMEM;
	*index = rel_intern_add(&roots->keys, rel_buf_str(&roots->key));
	if (*index == REL_STRING_NONE ||
	    rel_facts_of_span(&facts, &n_facts, roots->texts, result, &span))
		return REL_ENOMEM;
	marked =
	    rel_arena_array(roots->texts->arena, n_facts + 1, sizeof(*marked));
	package =
	    rel_texts_package(roots->texts, result->universe, root->package);
	maintainers = rel_texts_maintainers(roots->texts, result->universe,
					    root->package);
	if (!marked || !package || !maintainers)
		return REL_ENOMEM;
	for (size_t i = 0; i < n_facts; i++) {
		marked[i] = facts[i];
		marked[i].decides = i >= root->n_facts || roots->decides[i];
	}
	if (*index == old && make_draft(roots, result, root, marked, n_facts))
		return REL_ENOMEM;
	/* a conflict is the same facts, whoever has them */
	if (root->kind == REL_BROKEN_CONFLICT && *index != old)
		return 0;
	return add_cause(roots, *index, marked, n_facts, package, maintainers);
}

void rel_roots_count(struct rel_roots *roots, uint32_t index,
		     enum rel_section section)
{
	struct rel_root_draft *draft = &roots->drafts[index];

	draft->root.blocks++;
	if (section < draft->best)
		draft->best = section;
}

static int compare_drafts(const void *a, const void *b)
{
	const struct rel_root_draft *x = a, *y = b;

	if (x->best != y->best)
		return x->best < y->best ? -1 : 1;
	if (x->root.blocks != y->root.blocks)
		return x->root.blocks > y->root.blocks ? -1 : 1;
	return x->root.id < y->root.id ? -1 : x->root.id > y->root.id;
}

/* The facts of all causes, one after the other. */
static int join_causes(struct rel_roots *roots)
{
	for (uint32_t i = 0; i < roots->n_drafts; i++) {
		struct rel_root_draft *draft = &roots->drafts[i];

		draft->facts = rel_arena_array(roots->texts->arena,
					       draft->root.n_facts + 1,
					       sizeof(*draft->facts));
		if (!draft->facts)
			return REL_ENOMEM;
		draft->root.facts = draft->facts;
		draft->root.n_facts = 0;
	}
	for (uint32_t i = 0; i < roots->n_causes; i++) {
		const struct rel_root_cause *cause = &roots->causes[i];
		struct rel_root_draft *draft = &roots->drafts[cause->root];

		if (cause->n_facts)
			memcpy(draft->facts + draft->root.n_facts, cause->facts,
			       cause->n_facts * sizeof(*draft->facts));
		draft->root.n_facts += cause->n_facts;
	}
	return 0;
}

static int compare_titles(const void *a, const void *b)
{
	const struct rel_root_draft *const *x = a, *const *y = b;
	int order = strcmp((*x)->root.title, (*y)->root.title);

	if (order == 0)
		order = strcmp((*x)->root.package, (*y)->root.package);
	return order ? order : strcmp((*x)->where, (*y)->where);
}

/* Titles that several roots have get the version that each stands for, and of
 * one version the environment. */
static int tell_apart(struct rel_roots *roots)
{
	uint32_t n = roots->n_drafts;
	struct rel_root_draft **sorted =
	    calloc((size_t)n + 1, sizeof(struct rel_root_draft *));
	int rc = sorted ? 0 : REL_ENOMEM;

	for (uint32_t i = 0; rc == 0 && i < n; i++)
		sorted[i] = &roots->drafts[i];
	if (rc == 0 && n > 1)
		qsort(sorted, n, sizeof(struct rel_root_draft *),
		      compare_titles);
	for (uint32_t i = 0, end; rc == 0 && i < n; i = end) {
		const char *title = sorted[i]->root.title, *last = "";

		for (end = i + 1;
		     end < n && strcmp(sorted[end]->root.title, title) == 0;)
			end++;
		for (uint32_t k = i; end > i + 1 && k < end; k++) {
			struct rel_report_root *root = &sorted[k]->root;

			rel_buf_printf(&roots->texts->work, "%s (%s", title,
				       root->package);
			if (strcmp(root->package, last) == 0)
				rel_buf_printf(&roots->texts->work, ", in %s",
					       sorted[k]->where);
			rel_buf_add_char(&roots->texts->work, ')');
			last = root->package;
			root->title = rel_texts_keep(roots->texts);
			if (!root->title)
				rc = REL_ENOMEM;
		}
	}
	free(sorted);
	return rc;
}

int rel_roots_rank(struct rel_report *out, struct rel_roots *roots,
		   uint32_t *id_of)
{
	uint32_t n = roots->n_drafts;
	struct rel_report_root *ranked = rel_arena_array(
	    roots->texts->arena, (size_t)n + 1, sizeof(*ranked));

	if (!ranked || join_causes(roots) || tell_apart(roots))
		return REL_ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		roots->drafts[i].root.id = i;
	if (n)
		qsort(roots->drafts, n, sizeof(*roots->drafts), compare_drafts);
	for (uint32_t i = 0; i < n; i++) {
		id_of[roots->drafts[i].root.id] = i + 1;
		ranked[i] = roots->drafts[i].root;
		ranked[i].id = i + 1;
	}
	out->roots = ranked;
	out->n_roots = n;
	out->counts.roots = n;
	roots->ranked = ranked;
	return 0;
}

static int compare_verdicts(const void *a, const void *b)
{
	const struct rel_report_verdict *const *x = a, *const *y = b;
	int order;

	if ((*x)->root != (*y)->root)
		return (*x)->root < (*y)->root ? -1 : 1;
	order = strcmp((*x)->package, (*y)->package);
	if (order)
		return order;
	return (*x)->environment < (*y)->environment
		   ? -1
		   : (*x)->environment > (*y)->environment;
}

int rel_roots_spread(struct rel_report *out, struct rel_roots *roots)
{
	const struct rel_report_verdict **sorted =
	    calloc(out->n_verdicts + 1, sizeof(*sorted));
	uint8_t *seen = calloc(out->n_environments + 1, 1);
	size_t n = 0;
	int rc = sorted && seen ? 0 : REL_ENOMEM;

	for (size_t i = 0; rc == 0 && i < out->n_verdicts; i++) {
		if (out->verdicts[i].root != REL_REPORT_NONE)
			sorted[n++] = &out->verdicts[i];
	}
	if (n > 1)
		qsort(sorted, n, sizeof(*sorted), compare_verdicts);
	for (size_t i = 0, end; rc == 0 && i < n; i = end) {
		struct rel_report_root *root =
		    &roots->ranked[sorted[i]->root - 1];
		uint32_t *environments = rel_arena_array(
		    roots->texts->arena, out->n_environments + 1,
		    sizeof(*environments));

		if (!environments) {
			rc = REL_ENOMEM;
			break;
		}
		memset(seen, 0, out->n_environments);
		for (end = i; end < n && sorted[end]->root == root->id; end++) {
			seen[sorted[end]->environment] = 1;
			root->versions +=
			    end == i || strcmp(sorted[end]->package,
					       sorted[end - 1]->package) != 0;
		}
		for (uint32_t e = 0; e < out->n_environments; e++) {
			if (seen[e])
				environments[root->n_environments++] = e;
		}
		root->environments = environments;
	}
	free(sorted);
	free(seen);
	return rc;
}
