/*
 * Titles of roots: what is missing, or what clashes; a package is named only
 * where it is the cause itself.
 *
 *	no coq >= 8.8 & < 8.9~ (newest 9.1.1)
 *	no available riot (all 9 versions are unavailable)
 *	js_of_ocaml: stog wants < 3.4.0, xtmpl >= 3.9.0
 */
#ifndef REL_CHECK_TITLE_H
#define REL_CHECK_TITLE_H

#include "check/survey.h"

/*
 * Append the title of a root to `title`, and to `key` what is the same for
 * roots that are one fact: the same title of the same facts, or a line of
 * releases that all lack the same.
 * decides  [root->n_facts], 0 or 1, written: the facts that the title states
 * Errors  REL_ENOMEM, the status of a buffer
 */
REL_MUST_CHECK int rel_root_title(struct rel_buf *title, struct rel_buf *key,
				  uint8_t *decides,
				  const struct rel_survey_result *result,
				  const struct rel_root *root);

#endif
