/*
 * License expressions of SPDX, as far as opam judges them.
 * Source  opam src/state/opamFileTools.ml, is_valid_license_id; since 2.2
 *         the OCaml library spdx_licenses (src/lexer.mll, src/parser.mly),
 *         after SPDX 3.0.1, annex "SPDX license expressions".
 * The identifiers are in spdx_licenses.txt and spdx_exceptions.txt, which say
 * where they come from.
 */
#ifndef REL_OPAM_SPDX_H
#define REL_OPAM_SPDX_H

#include "base/str.h"

/* Which opam's list of identifiers, and rules. */
enum rel_spdx_list {
	REL_SPDX_OPAM_2_1, /* "ID" or "ID with EXCEPTION" only */
	REL_SPDX_OPAM_2_2, /* list 3.19, and 2.3 */
	REL_SPDX_OPAM_2_4, /* list 3.27, and later */
};

/* Is `text` a license expression?  Case does not matter in identifiers. */
bool rel_spdx_is_valid(struct rel_str text, enum rel_spdx_list list);

/* The table, ordered by strcasecmp(); private to spdx.c. */
struct rel_spdx_id {
	const char *id;
	uint8_t lists; /* bits 1 << enum rel_spdx_list */
};
extern const struct rel_spdx_id rel_spdx_licenses[];
extern const size_t rel_spdx_n_licenses;
extern const struct rel_spdx_id rel_spdx_exceptions[];
extern const size_t rel_spdx_n_exceptions;

#endif
