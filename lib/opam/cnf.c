#include "opam/cnf.h"

#include "base/limits.h"

/* Room for one more element in an arena array, which is copied to grow. */
static int grow(struct rel_cnf *cnf, void *items, uint32_t count, uint32_t *cap,
		uint64_t need, size_t size, uint64_t max, const char *what)
{
	uint64_t wanted = *cap ? *cap : 16;
	void *old, *grown;

	if (need <= *cap)
		return 0;
	if (need > max)
		return rel_fail(cnf->err, REL_ELIMIT,
				"the formula has more than %llu %s in "
				"conjunctive normal form",
				(unsigned long long)max, what);
	while (wanted < need)
		wanted *= 2;
	grown = rel_arena_array(cnf->scratch, (size_t)wanted, size);
	if (!grown)
		return rel_fail_nomem(cnf->err);
	memcpy(&old, items, sizeof(old));
	if (count > 0)
		memcpy(grown, old, (size_t)count * size);
	memcpy(items, &grown, sizeof(grown));
	*cap = (uint32_t)wanted;
	return 0;
}

static int reserve_atoms(struct rel_cnf *cnf, uint64_t more)
{
	return grow(cnf, &cnf->atoms, cnf->n_atoms, &cnf->atoms_cap,
		    cnf->n_atoms + more, sizeof(*cnf->atoms),
		    REL_LIMIT_CNF_ATOMS, "atoms");
}

static int reserve_clauses(struct rel_cnf *cnf, uint64_t more)
{
	return grow(cnf, &cnf->clauses, cnf->n_clauses, &cnf->clauses_cap,
		    cnf->n_clauses + more, sizeof(*cnf->clauses),
		    REL_LIMIT_CNF_CLAUSES, "clauses");
}

int rel_cnf_add_vanished(struct rel_cnf *cnf)
{
	int rc = reserve_clauses(cnf, 1);

	if (rc == 0)
		cnf->clauses[cnf->n_clauses++] = (struct rel_formula_clause){
		    .first = cnf->n_atoms, .source = REL_EXPR_NONE};
	return rc;
}

int rel_cnf_add_atom(struct rel_cnf *cnf, rel_expr_id package,
		     const struct rel_constraint *constraint,
		     const struct rel_constraint *offered)
{
	int rc = reserve_atoms(cnf, 1);

	if (rc == 0)
		rc = rel_cnf_add_vanished(cnf);
	if (rc != 0)
		return rc;
	cnf->clauses[cnf->n_clauses - 1].count = 1;
	cnf->atoms[cnf->n_atoms++] = (struct rel_formula_atom){
	    .name = cnf->exprs->nodes[package].a,
	    .source = package,
	    .constraint = constraint,
	    .offered = offered,
	};
	return 0;
}

/* One clause with the atoms of both. */
static int unite(struct rel_cnf *cnf, struct rel_formula_clause *out,
		 struct rel_formula_clause a, struct rel_formula_clause b)
{
	int rc;

	*out = a.count > 0 ? a : b;
	if (a.count == 0 || b.count == 0)
		return 0;
	if (a.first + a.count == b.first) {
		out->count = a.count + b.count;
		return 0;
	}
	rc = reserve_atoms(cnf, (uint64_t)a.count + b.count);
	if (rc != 0)
		return rc;
	out->first = cnf->n_atoms;
	out->count = a.count + b.count;
	memcpy(cnf->atoms + out->first, cnf->atoms + a.first,
	       a.count * sizeof(*cnf->atoms));
	memcpy(cnf->atoms + out->first + a.count, cnf->atoms + b.first,
	       b.count * sizeof(*cnf->atoms));
	cnf->n_atoms += out->count;
	return 0;
}

int rel_cnf_or(struct rel_cnf *cnf, uint32_t first, uint32_t middle)
{
	uint32_t end = cnf->n_clauses, n_left = middle - first;
	uint32_t n_right = end - middle;
	uint64_t n = (uint64_t)n_left * n_right;
	struct rel_formula_clause *product;
	int rc;

	if (n == 0)
		return 0;
	rc = reserve_clauses(cnf, n);
	if (rc != 0)
		return rc;
	product = cnf->clauses + end;
	for (uint32_t i = first; i < middle; i++) {
		for (uint32_t j = middle; j < end; j++) {
			rc = unite(cnf, product++, cnf->clauses[i],
				   cnf->clauses[j]);
			if (rc != 0)
				return rc;
		}
	}
	memmove(cnf->clauses + first, cnf->clauses + end,
		(size_t)n * sizeof(*cnf->clauses));
	cnf->n_clauses = first + (uint32_t)n;
	return 0;
}

void rel_cnf_finish(struct rel_cnf *cnf, struct rel_formula *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < cnf->n_clauses; i++) {
		if (cnf->clauses[i].count > 0)
			cnf->clauses[kept++] = cnf->clauses[i];
	}
	*out = (struct rel_formula){.atoms = cnf->atoms,
				    .clauses = cnf->clauses,
				    .n_atoms = cnf->n_atoms,
				    .n_clauses = kept};
}
