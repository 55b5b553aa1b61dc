/*
 * What the kinds have in common whose places are written over HTTP, file by
 * file: put and s3.  They lay the files out as a mirror does; see publish.h.
 * Internal to lib/publish.
 *
 * Nothing that stands there is ever overwritten.  A file that is there
 * already is read back: the same bytes count as published, others are
 * refused, unless this very cut began the file and broke off.
 */
#ifndef REL_PUBLISH_WEB_H
#define REL_PUBLISH_WEB_H

#include "base/arena.h"
#include "net/http.h"
#include "publish/kind.h"
#include "publish/secret.h"

struct rel_publish_web;

/* What one kind does to one file; `path` is relative to the place. */
struct rel_publish_web_ops {
	/* Store the archive where nothing is.  REL_EEXISTS: something is. */
	int (*write)(struct rel_publish_web *web, const char *path,
		     const struct rel_publish_archive *archive,
		     struct rel_error *err);
	/* The same from a file that is there.  REL_EUSAGE: cannot. */
	int (*copy)(struct rel_publish_web *web, const char *path,
		    const char *from, const struct rel_publish_archive *archive,
		    struct rel_error *err);
	/* How to log in, for every request. */
	void (*sign)(struct rel_publish_web *web,
		     struct rel_http_message *message);
	const char *no_secret; /* for messages: where it is looked for */
};

struct rel_publish_web {
	const struct rel_publish_web_ops *ops;
	struct rel_arena arena;
	struct rel_http *http;
	struct rel_secret secret;
	bool has_secret;
	const char *place; /* where files are written, */
	const char *base;  /* and where everybody reads them: no slash at */
	const char *named; /* their ends.  <base>/cache */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/* Make it fit for rel_publish_web_free(), with an arena. */
void rel_publish_web_begin(struct rel_publish_web *web);

/*
 * Fill in all but ops.
 * place  where to write; a slash at its end is cut off
 * base   NULL = place
 */
REL_MUST_CHECK int rel_publish_web_init(
    struct rel_publish_web *web, const char *place, const char *base,
    const struct rel_publish_options *options,
    const struct rel_secret_wish *wish, struct rel_error *err);
void rel_publish_web_free(struct rel_publish_web *web);

/* Append "<base>/<path>", the path percent-encoded. */
int rel_publish_web_url(struct rel_buf *out, const char *base,
			const char *path);

/*
 * rel_http_send() to `url` with the place's credentials.  REL_EAUTH says where
 * they are from; REL_EEXISTS is 412 alone, 409 is REL_EIO.
 * reply, sink  may be NULL
 */
REL_MUST_CHECK int rel_publish_web_send(struct rel_publish_web *web,
					struct rel_http_answer *answer,
					struct rel_buf *reply, const char *url,
					struct rel_http_message *message,
					uint64_t max_bytes, const char *what,
					struct rel_error *err);

/* The functions of a kind; `self` is, or begins with, the web. */
int rel_publish_web_source(struct rel_buf *out, const void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err);
const char *rel_publish_web_mirror(const void *self);
int rel_publish_web_missing(unsigned *missing, void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err);
int rel_publish_web_check(void *self, const struct rel_publish_archive *archive,
			  struct rel_error *err);
int rel_publish_web_put(struct rel_publish_receipt *out, void *self,
			const struct rel_publish_archive *archive,
			unsigned ours, struct rel_error *err);
int rel_publish_web_held(uint64_t *size, void *self,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err);
int rel_publish_web_withdraw(void *self,
			     const struct rel_publish_archive *archive,
			     unsigned made, struct rel_error *err);

#endif
