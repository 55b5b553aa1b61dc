/*
 * What is remembered of an index.tar.gz between runs.  Internal to lib/repo.
 *
 *	<cache_dir>/index/<sha256 of the URL>/index.tar.gz
 *	<cache_dir>/index/<sha256 of the URL>/state
 *
 * `state` has lines "KEY VALUE": url (without user and query), digest (of the
 * index), etag, last-modified, redirects (yes or no: does its `repo` file have
 * any, whatever their filters say).  The index is written first.  Whatever two
 * runs or a kill leave behind, an index that does not have the digest that
 * `state` says counts as absent, and so does a state of another URL.
 */
#ifndef REL_REPO_STATE_HTTP_H
#define REL_REPO_STATE_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "digest/digest.h"

struct rel_http_state {
	struct rel_digest digest;
	const char *etag, *last_modified; /* NULL = the server sent none */
	bool redirects;
};

/*
 * What is remembered of `url`.  Texts live in `arena`.
 * *found  false when there is nothing, or nothing usable
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_http_state_load(struct rel_http_state *out, bool *found,
				       const char *cache_dir, const char *url,
				       struct rel_arena *arena,
				       struct rel_error *err);

/*
 * Append the remembered index to `body` if it is the one of state->digest.
 * *found  as above
 */
REL_MUST_CHECK int rel_http_state_body(struct rel_buf *body, bool *found,
				       const struct rel_http_state *state,
				       const char *cache_dir, const char *url,
				       struct rel_error *err);

/* Remember.  Errors  REL_EIO and others: a warning, nothing depends on it. */
REL_MUST_CHECK int rel_http_state_store(const struct rel_http_state *state,
					struct rel_str body,
					const char *cache_dir, const char *url,
					struct rel_error *err);

#endif
