/*
 * Where a git repository is: URLs and paths as `git clone` takes them.
 * Source: git's Documentation/urls.txt and connect.c (parse_connect_url).
 */
#ifndef REL_GIT_URL_H
#define REL_GIT_URL_H

#include "base/buf.h"

enum rel_git_transport {
	REL_GIT_LOCAL, /* a path or file://: opened in place */
	REL_GIT_GIT,   /* git:// */
	REL_GIT_HTTP,  /* http://, https:// */
	REL_GIT_SSH,   /* ssh://, user@host:path */
};

/* The parts, borrowed from the text; {NULL, 0} = absent.  User and password
 * are as written, percent-encoded. */
struct rel_git_url {
	enum rel_git_transport transport;
	bool tls; /* https */
	bool scp; /* host:path form; path is relative to the login */
	struct rel_str user, password;
	struct rel_str host; /* IPv6 without brackets */
	struct rel_str port;
	struct rel_str path; /* with its leading slash, as written */
};

/*
 * Parse a location; a leading "git+" (git+https://…, git+ssh://…,
 * git+file://…) is dropped.  "git@host:path" is ssh unless a slash stands
 * before the first colon.
 * Errors  REL_EUSAGE: unknown scheme, no host, a host, user or path that
 *         begins with '-' (it would be taken for an option of ssh or git), a
 *         control character, a port that is no number.  The text shows the
 *         redacted location.
 */
REL_MUST_CHECK int rel_git_url_parse(struct rel_git_url *out,
				     const char *location,
				     struct rel_error *err);

/*
 * Append `location` without password, token or query, fit for messages and
 * reports: "https://user:secret@host/x" and "https://token@host/x" become
 * "https://host/x"; the user name of ssh stays.
 */
int rel_git_redact_url(struct rel_buf *out, const char *location);

#endif
