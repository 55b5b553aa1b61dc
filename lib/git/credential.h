/* Names and passwords for http remotes; see git/fetch.h for the order. */
#ifndef REL_GIT_CREDENTIAL_H
#define REL_GIT_CREDENTIAL_H

#include "git/url.h"

struct rel_git_credential {
	struct rel_buf user, password;
};

void rel_git_credential_init(struct rel_git_credential *credential);
/* Overwrites the secret before it is freed. */
void rel_git_credential_free(struct rel_git_credential *credential);

/*
 * Look for credentials of `url`, an http one.
 * Returns 1 found, 0 none, or REL_ENOMEM, REL_EIO, REL_ELIMIT,
 *         REL_EUSAGE (a line break in it).
 */
REL_MUST_CHECK int rel_git_credential_find(struct rel_git_credential *out,
					   const struct rel_git_url *url,
					   struct rel_error *err);

/* May a secret be sent there: over TLS, or to this machine? */
bool rel_git_credential_safe(const struct rel_git_url *url);

/* Look in $NETRC, else ~/.netrc, alone.  Returns as rel_git_credential_find()
 */
REL_MUST_CHECK int rel_git_credential_netrc(struct rel_git_credential *out,
					    const struct rel_git_url *url,
					    struct rel_error *err);

/*
 * Ask git's credential helpers, which never ask on the terminal.  They are
 * not told afterwards whether what they gave was of use.
 * Returns as rel_git_credential_find(); 0 also without git
 */
REL_MUST_CHECK int rel_git_credential_ask(struct rel_git_credential *out,
					  const struct rel_git_url *url,
					  struct rel_error *err);

/*
 * Find `host` in the text of a .netrc file (curl's docs, "The .netrc file
 * format": machine, default, login, password, account, macdef, # comments).
 * login  only an entry with this login; {NULL, 0} = any
 * Returns true when user and password were appended to `out`.
 */
bool rel_git_netrc_find(struct rel_git_credential *out, struct rel_str text,
			struct rel_str host, struct rel_str login);

#endif
