/* Lists of codes and names of rules, as --codes takes them: "41,WeakChecksum".
 */
#ifndef REL_CHECK_LINT_CODES_H
#define REL_CHECK_LINT_CODES_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Errors  REL_EUSAGE: `option` has something that is neither a code of opam
 *         nor the name of a rule; REL_ENOMEM */
REL_MUST_CHECK int rel_lint_codes_check(const char *option, const char *list,
					struct rel_error *err);
bool rel_lint_codes_have_number(const char *list, uint16_t code);
bool rel_lint_codes_have_rule(const char *list, const char *rule);

#endif
