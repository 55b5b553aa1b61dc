/* What the files of lib/scaffold share: looking, planning and templates. */
#ifndef REL_SCAFFOLD_SCAFFOLD_PRIVATE_H
#define REL_SCAFFOLD_SCAFFOLD_PRIVATE_H

#include "base/buf.h"
#include "git/objects.h"
#include "scaffold/scaffold.h"

/*
 * Templates: texts that users receive, with placeholders written @NAME@.  The
 * build puts the files of templates/ into the program; templates/README.md
 * lists them and their placeholders.
 */

struct rel_template {
	const char *name; /* "ci/github/project.yml" */
	struct rel_str text;
};

extern const struct rel_template rel_templates[];
extern const size_t rel_n_templates;

/* The template `name`; ptr NULL when there is none. */
struct rel_str rel_template_find(const char *name);

struct rel_template_value {
	const char *name; /* "NAME" for @NAME@ */
	const char *text;
};

/*
 * Append `text` with its placeholders replaced, as templates/fill does: a line
 * that is nothing but a placeholder, perhaps indented, becomes as many lines
 * as the value has, each indented as it is; none when the value is empty.
 * Errors  REL_EPARSE: a placeholder without a value; REL_ENOMEM, REL_ELIMIT
 */
REL_MUST_CHECK int rel_template_fill(struct rel_buf *out, struct rel_str text,
				     const struct rel_template_value *values,
				     size_t n_values, struct rel_error *err);

/* look.c */

/* The last part of a path or URL without ".git", of letters that a name in
 * relctl.yml may have; "remote" when nothing is left.  In the arena. */
REL_MUST_CHECK int rel_scaffold_name_of(const char **out,
					struct rel_arena *arena,
					const char *location,
					struct rel_error *err);

/* Origin, its host, and what follows from them. */
REL_MUST_CHECK int rel_scaffold_look_origin(struct rel_scaffold_facts *facts,
					    const char *url,
					    struct rel_error *err);

/* The pattern that most tags follow. */
REL_MUST_CHECK int rel_scaffold_look_tags(struct rel_scaffold_facts *facts,
					  struct rel_git_store *store,
					  struct rel_error *err);

/* Is there a file or directory `name` in the root? */
bool rel_scaffold_has(const struct rel_scaffold_facts *facts, const char *name);

/* plan.c */

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

/* Add the workflow; the values are set. */
REL_MUST_CHECK int rel_scaffold_plan_ci(struct rel_scaffold_planner *p);

#endif
