/*
 * Secrets that the environment holds: tokens, keys, passwords.  One list says
 * which variables may have one, so that a program that is run for somebody
 * else (release: check:) gets none of them.
 */
#ifndef REL_BASE_SECRETS_H
#define REL_BASE_SECRETS_H

/* The names; the last one is NULL. */
extern const char *const rel_secret_variables[];

/*
 * The value of the variable `name`, which must be in the list; NULL when it is
 * not set or empty, or when `name` is NULL.
 */
const char *rel_secret_env(const char *name);

#endif
