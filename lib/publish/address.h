/* Addresses of files, and of those in a git repository. */
#ifndef REL_PUBLISH_ADDRESS_H
#define REL_PUBLISH_ADDRESS_H

#include "git/remote.h"

/* Append a path, percent-encoded but for its slashes (RFC 3986, unreserved). */
void rel_publish_add_encoded(struct rel_buf *out, struct rel_str text);

/*
 * Append the address below which a forge serves the raw files of `branch`,
 * without a slash at the end; user and password of `location` are dropped.
 *	github.com        https://raw.githubusercontent.com/O/R/BRANCH
 *	gitlab.com, gitlab.*          https://HOST/GROUP/…/R/-/raw/BRANCH
 *	codeberg.org, codeberg.*, forgejo.*, gitea.*
 *	                  https://HOST/O/R/raw/branch/BRANCH
 *	bitbucket.org     https://bitbucket.org/O/R/raw/BRANCH
 *	git.sr.ht         https://git.sr.ht/~O/R/blob/BRANCH
 * location  as rel_git_url_parse(); a port is dropped for ssh, kept for http
 * Returns   0; REL_ENOTFOUND no forge that is known, nothing is appended;
 *           REL_EUSAGE, REL_ENOMEM
 * Source    the forges' own documentation of raw files
 */
REL_MUST_CHECK int rel_publish_raw_address(struct rel_buf *out,
					   const char *location,
					   const char *branch,
					   struct rel_error *err);

/* What runs on `host`: "github", "gitlab", "forgejo"; NULL = none of them that
 * is known. */
const char *rel_publish_forge(struct rel_str host);

/* "owner/name" of a repository's path "/owner/name.git/" */
struct rel_str rel_publish_repository(struct rel_str path);

/* The same, slashes too: one segment of a path, or a value of a query. */
void rel_publish_add_segment(struct rel_buf *out, struct rel_str text);

/* "https://host" of a repository's address; of http also the port. */
void rel_publish_add_origin(struct rel_buf *out, const struct rel_git_url *url);

#endif
