/* What the kinds of places are made of.  Internal to lib/publish. */
#ifndef REL_PUBLISH_KIND_H
#define REL_PUBLISH_KIND_H

#include "net/http.h"
#include "publish/publish.h"

/* One kind, one file; the functions are those of publish.h, `self` is the
 * object that open made. */
struct rel_publish_kind {
	const char *name; /* of `kind:` */
	bool needs_tag;	  /* rel_publisher_needs_tag() */
	size_t notes;	  /* rel_publisher_notes_limit() */
	int (*open)(void **self, const struct rel_publish_options *options,
		    struct rel_error *err);
	/* NULL: it needs nothing */
	int (*ready)(void *self, struct rel_error *err);
	int (*source)(struct rel_buf *out, const void *self,
		      const struct rel_publish_archive *archive,
		      struct rel_error *err);
	/* NULL: it is none, and it does not */
	const char *(*mirror)(const void *self);
	bool (*moves_remote)(const void *self);
	/* NULL: it has none */
	int (*page)(struct rel_buf *out, const void *self, const char *tag,
		    const char *path, struct rel_error *err);
	int (*missing)(unsigned *missing, void *self,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err);
	/* rel_publisher_check() */
	int (*check)(void *self, const struct rel_publish_archive *archive,
		     struct rel_error *err);
	int (*put)(struct rel_publish_receipt *out, void *self,
		   const struct rel_publish_archive *archive, unsigned ours,
		   struct rel_error *err);
	int (*held)(uint64_t *size, void *self,
		    const struct rel_publish_archive *archive,
		    struct rel_error *err);
	int (*withdraw)(void *self, const struct rel_publish_archive *archive,
			unsigned made, struct rel_error *err);
	void (*release)(void *self);
};

extern const struct rel_publish_kind rel_publish_mirror, rel_publish_put,
    rel_publish_s3, rel_publish_github, rel_publish_gitlab, rel_publish_forgejo;

/* A stream of bytes that is compared with an archive's digests. */
struct rel_publish_proof {
	const struct rel_publish_archive *archive;
	struct rel_hasher hasher;
	uint64_t size;
	struct rel_sink sink; /* its context is the proof: do not move it */
};

/* Release with rel_hasher_free(&proof->hasher). */
REL_MUST_CHECK int rel_publish_proof_init(
    struct rel_publish_proof *proof, const struct rel_publish_archive *archive,
    struct rel_error *err);
/*
 * All bytes have been given.
 * what   names them in the error
 * sized  compare archive->size too
 * Errors REL_ECHECKSUM
 */
REL_MUST_CHECK int rel_publish_proof_end(struct rel_publish_proof *proof,
					 const char *what, bool sized,
					 struct rel_error *err);

/* REL_EEXISTS: `path` of the place is there with other bytes. */
int rel_publish_fail_other(const char *place, const char *path,
			   struct rel_error *err);

/* rel_publish_proof_init() for what comes over HTTP; `proof` is initialised, or
 * zero but for its archive. */
struct rel_http_sink rel_publish_proof_http(struct rel_publish_proof *proof);

#endif
