/* Parts of planning; no header for other modules. */
#ifndef REL_SCAFFOLD_PLAN_H
#define REL_SCAFFOLD_PLAN_H

#include "scaffold/scaffold.h"
#include "scaffold/template.h"

#define REL_SCAFFOLD_VALUES 16

struct rel_scaffold_planner {
	struct rel_scaffold_plan *plan;
	const struct rel_scaffold_facts *facts;
	const struct rel_scaffold_choice *choice;
	struct rel_template_value values[REL_SCAFFOLD_VALUES];
	size_t n_values;
	struct rel_error *err;
};

/* Give placeholder `name` the value `text`, which must live as long as the
 * plan. */
void rel_scaffold_set(struct rel_scaffold_planner *p, const char *name,
		      const char *text);

/* Fill `template` in, append to `out`. */
REL_MUST_CHECK int rel_scaffold_fill(struct rel_buf *out,
				     const struct rel_scaffold_planner *p,
				     const char *template);

/* Add a file of this content, compared with what is there. */
REL_MUST_CHECK int rel_scaffold_add(struct rel_scaffold_planner *p,
				    const char *path, struct rel_buf *text);

/* plan_ci.c: add the workflow; the values are set. */
REL_MUST_CHECK int rel_scaffold_plan_ci(struct rel_scaffold_planner *p);

#endif
