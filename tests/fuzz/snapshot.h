/* Touch all that a snapshot holds, as its readers will. */
#ifndef REL_TESTS_FUZZ_SNAPSHOT_H
#define REL_TESTS_FUZZ_SNAPSHOT_H

#include <stdlib.h>

#include "base/limits.h"
#include "opam/expr.h"
#include "repo/snapshot.h"

static inline size_t touch_text(const struct rel_snapshot *s, rel_string_id id)
{
	struct rel_str text = rel_snapshot_string(s, id);
	size_t sum = 0;

	for (size_t i = 0; i < text.len; i++)
		sum += (unsigned char)text.ptr[i];
	return sum;
}

static inline size_t touch_node(const struct rel_snapshot *s,
				const struct rel_expr *e)
{
	switch ((enum rel_expr_kind)e->kind) {
	case REL_EXPR_PACKAGE:
	case REL_EXPR_STRING:
	case REL_EXPR_IDENT:
		return touch_text(s, e->a);
	case REL_EXPR_AND:
	case REL_EXPR_OR:
	case REL_EXPR_COMPARE:
		return s->exprs.nodes[e->a].kind + s->exprs.nodes[e->b].kind;
	case REL_EXPR_VERSION:
	case REL_EXPR_NOT:
	case REL_EXPR_DEFINED:
		return s->exprs.nodes[e->a].kind;
	case REL_EXPR_BOOL:
		return e->a;
	}
	abort();
}

/* Aborts when something points out of its table (or lets the sanitizer). */
static inline void touch_snapshot(const struct rel_snapshot *s)
{
	volatile size_t sum = 0;
	uint32_t count;

	for (uint32_t i = 0; i < s->n_packages; i++) {
		const struct rel_snapshot_package *p = &s->packages[i];
		const struct rel_manifest *m = &p->manifest;

		sum += touch_text(s, p->name) + touch_text(s, p->version) +
		       touch_text(s, p->path);
		if (p->problem != UINT32_MAX)
			sum += touch_text(s, s->problems[p->problem].text);
		for (uint32_t k = 0; k < m->conflict_class_count; k++)
			sum += touch_text(
			    s, s->lists[m->conflict_class_first + k]);
		(void)rel_snapshot_find(s, rel_snapshot_string(s, p->name),
					&count);
	}
	for (uint32_t i = 0; i < s->exprs.count; i++)
		sum += touch_node(s, &s->exprs.nodes[i]);
	for (uint32_t i = 0; i < s->n_notices; i++)
		sum += touch_text(s, s->notices[i].path) +
		       touch_text(s, s->notices[i].text);
}

#endif
