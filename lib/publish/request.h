/* Asking a forge to take a branch of a remote over: a pull request, or merge
 * request as GitLab calls it. */
#ifndef REL_PUBLISH_REQUEST_H
#define REL_PUBLISH_REQUEST_H

#include "base/buf.h"
#include "conf/conf.h"
#include "repo/remote.h"

/* All borrowed. */
struct rel_publish_request {
	/* `request:` of relctl.yml; NULL, or no kind, is the forge that the
	 * remote's host is known to run */
	const struct rel_conf_request *conf;
	const char *base_dir; /* of a relative path in it; NULL = here */
	const struct rel_remote *remote;
	const char *branch, *base; /* without refs/heads/ */
	const char *title;
	const char *text; /* Markdown */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/* How many characters of text the forge takes; 0 = all, or it is not known
 * which it is.  Only `conf` and `remote` are read. */
size_t rel_publish_request_limit(const struct rel_publish_request *request);

/*
 * Is it known where to ask?  Only `conf` and `remote` are read; nobody is
 * asked.
 * Errors  REL_EUSAGE with what to write into relctl.yml
 */
REL_MUST_CHECK int rel_publish_request_check(
    const struct rel_publish_request *request, struct rel_error *err);

/*
 * Is there a token to ask with?  Nobody is asked.
 * Errors  those of rel_publish_request_check(); REL_EAUTH it is missing or
 *         makes no sense; REL_ENOTFOUND no such file
 */
REL_MUST_CHECK int rel_publish_request_ready(
    const struct rel_publish_request *request, struct rel_error *err);

/*
 * The branch that a request is for: the one of `remote` that is read, without
 * refs/heads/, in the arena.
 * Errors  those of rel_writable_open()
 */
REL_MUST_CHECK int rel_publish_request_base(
    char **out, const struct rel_remote *remote,
    const struct rel_remote_options *reading, struct rel_arena *arena,
    struct rel_error *err);

/*
 * Open the request, unless one from `branch` to `base` is open already; that
 * stays as it is.
 * page    gets its address, for people
 * *fresh  it was opened now
 * Errors  of rel_http_send(), in the forge's own words; REL_EAUTH no token
 */
REL_MUST_CHECK int rel_publish_request_open(
    struct rel_buf *page, bool *fresh,
    const struct rel_publish_request *request, struct rel_error *err);

#endif
