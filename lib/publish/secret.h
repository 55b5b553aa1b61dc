/*
 * Passwords and tokens for the places archives go to.  They come from outside
 * relctl.yml and stay in memory; no text ever holds one, only where it came
 * from.  Internal to lib/publish.
 */
#ifndef REL_PUBLISH_SECRET_H
#define REL_PUBLISH_SECRET_H

#include <stdbool.h>

#include "base/buf.h"

/* What is wanted, and where it may be.  Zero-initialise. */
struct rel_secret_wish {
	const char *url; /* the place, http:// or https:// */
	/* Names of environment variables: each with a token, in this order;
	 * NULL = none. */
	const char *const *tokens;
	size_t n_tokens;
	/* Two with a name and a password, both or neither, tried first, */
	const char *user, *password;
	const char *session; /* and one with what goes with them; or NULL */
	/* A file of relctl.yml, NULL = none; a relative path starts at
	 * base_dir (NULL = here). */
	const char *file, *base_dir;
	/* It is not sent but signed with: plain http will do.  .netrc and git's
	 * helpers are not asked: what they have for a host is sent to it by
	 * whoever reads from there. */
	bool signs;
};

struct rel_secret {
	struct rel_buf user;	 /* empty: `password` is a token */
	struct rel_buf password; /* or token */
	struct rel_buf session;	 /* often empty */
	struct rel_buf source;	 /* for messages: "$AWS_ACCESS_KEY_ID" */
};

void rel_secret_init(struct rel_secret *secret);
/* Overwrites what is secret before it is freed. */
void rel_secret_free(struct rel_secret *secret);

/*
 * Look in this order: the environment; the file, which must be a regular one
 * of the user's own that nobody else may read (mode 0600), of one line,
 * "user:password", "user:password:session" or "token"; .netrc; git's
 * credential helpers.  An empty variable counts as unset, and a line
 * break at a secret's end is not part of it.
 * Returns 1 found; 0 there is none anywhere; or
 *         REL_EAUTH the file may be read by others, or makes no sense; the
 *         secret would be sent over plain http to another machine; only one
 *         of two variables is set; a control character in a secret
 *         REL_EUSAGE the place is no URL
 *         REL_ENOTFOUND no such file; REL_EIO; REL_ELIMIT; REL_ENOMEM
 */
REL_MUST_CHECK int rel_secret_find(struct rel_secret *out,
				   const struct rel_secret_wish *wish,
				   struct rel_error *err);

#endif
