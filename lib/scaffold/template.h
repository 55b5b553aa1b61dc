/*
 * Templates: texts that users receive, with placeholders written @NAME@.  The
 * build puts the files of templates/ into the program; templates/README.md
 * lists them and their placeholders.
 */
#ifndef REL_SCAFFOLD_TEMPLATE_H
#define REL_SCAFFOLD_TEMPLATE_H

#include "base/buf.h"

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

#endif
