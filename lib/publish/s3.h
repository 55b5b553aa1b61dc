/* What s3.c and s3_parts.c share.  Internal to lib/publish. */
#ifndef REL_PUBLISH_S3_H
#define REL_PUBLISH_S3_H

#include "publish/web.h"

struct rel_s3 {
	struct rel_publish_web web; /* first: a web is what others see */
	const char *region;
	const char *bucket; /* its name, */
	const char *root;   /* its address, and */
	const char *prefix; /* of keys in it, with a slash at its end, or "" */
};

struct rel_s3_request {
	enum rel_http_method method;
	const char *path;  /* below the place, */
	bool at_root;	   /* or below the bucket's address */
	const char *query; /* sorted and encoded, NULL = none */
	struct rel_http_payload payload;
	const char *sha256; /* of it; NULL = it is empty */
	const struct rel_http_field *fields;
	size_t n_fields;
	bool idempotent;
	const char *what; /* for progress */
};

/*
 * Ask the server about one key.
 * status, etag, reply  may be NULL; *etag is the caller's to free
 * Errors  those of rel_publish_web_send(); REL_EIO for an <Error> in an answer
 *         that claims success, as CopyObject and CompleteMultipartUpload give
 *         it (their documentation, "Response Body")
 */
REL_MUST_CHECK int rel_s3_ask(struct rel_s3 *s3, int *status, char **etag,
			      struct rel_buf *reply,
			      const struct rel_s3_request *request,
			      struct rel_error *err);

/* Does the answer say that the server does not know If-None-Match? */
bool rel_s3_knows_no_condition(int status);

/*
 * Upload in parts, going on with what an earlier attempt has left.  What the
 * server refuses is forgotten there; what broke off is kept for the next
 * attempt.
 */
REL_MUST_CHECK int rel_s3_write_parts(struct rel_s3 *s3, const char *path,
				      const struct rel_publish_archive *archive,
				      struct rel_error *err);
/* Forget all unfinished uploads to `path`. */
REL_MUST_CHECK int rel_s3_forget(struct rel_s3 *s3, const char *path,
				 struct rel_error *err);

#endif
