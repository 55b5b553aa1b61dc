/* Which versions of a package are out already, and is a new one newer? */
#ifndef REL_RELEASE_RELEASED_H
#define REL_RELEASE_RELEASED_H

#include "repo/stack.h"

/* Texts are borrowed from the stack. */
struct rel_released {
	uint32_t n_versions;	    /* visible ones; 0 = a new package */
	struct rel_str newest;	    /* in the order of opam; empty = none */
	const char *newest_remote;  /* name of the remote that has it */
	bool newest_in_development; /* that remote's role */
	/* Visible version that compares equal to the new one, perhaps in other
	 * words (1.0 and 1.00); UINT32_MAX = none. */
	uint32_t equal; /* entry of the stack */
	bool taken;	/* … and in the same words */
};

/* Look up a package; never fails, a name nobody has is a new package. */
void rel_released_find(struct rel_released *out, const struct rel_stack *stack,
		       struct rel_str name, struct rel_str version);

/*
 * May `name`.`version` be released?
 * older    a version older than the newest is fine (maintenance release)
 * Errors   REL_EUSAGE no valid version; older than the newest one, or equal to
 *          one in other words.  REL_EEXISTS the same version is taken; whether
 *          its bytes are the same is for the caller to look at.
 */
REL_MUST_CHECK int rel_released_check(const struct rel_released *released,
				      const struct rel_stack *stack,
				      struct rel_str name,
				      struct rel_str version, bool older,
				      struct rel_error *err);

/* Has the package a version that begins like `version` (numbering.h): with the
 * same letter, before a digit or not; or with a digit, too? */
bool rel_released_begins_like(const struct rel_stack *stack,
			      struct rel_str name, struct rel_str version);

#endif
