/*
 * Large archives in parts.  Source: the Amazon S3 API reference
 * (CreateMultipartUpload, UploadPart, CompleteMultipartUpload,
 * AbortMultipartUpload, ListMultipartUploads, ListParts).
 *
 * Nothing about an upload is kept on this disk: the server is asked which is
 * unfinished and what it has of it.  A part there counts when its ETag is the
 * MD5 of the same bytes here; where ETags are something else, it is sent again.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/s3.h"
#include "publish/xml.h"

#define ETAG_MAX 128

struct part {
	uint64_t size; /* bytes that the server has of it; 0 = none */
	char etag[ETAG_MAX];
};

struct upload {
	struct rel_s3 *s3;
	const char *path;
	const struct rel_publish_archive *archive;
	struct rel_buf id;	/* as the server gave it, */
	struct rel_buf encoded; /* and for a query */
	struct part *parts;
	size_t n_parts;
	uint64_t part_size;
};

/* Unlike a path's, a slash in a query is signed as "%2F". */
static void add_query_value(struct rel_buf *out, struct rel_str value)
{
	while (value.ptr) {
		rel_publish_add_encoded(out, rel_str_cut(&value, '/'));
		if (value.ptr)
			rel_buf_add_cstr(out, "%2F");
	}
}

static void upload_free(struct upload *u)
{
	rel_buf_free(&u->id);
	rel_buf_free(&u->encoded);
	free(u->parts);
}

static void upload_init(struct upload *u, struct rel_s3 *s3, const char *path)
{
	*u = (struct upload){.s3 = s3, .path = path};
	rel_buf_init(&u->id, 4 * REL_KIB);
	rel_buf_init(&u->encoded, 16 * REL_KIB);
}

static int take_id(struct upload *u, struct rel_str id, struct rel_error *err)
{
	rel_buf_clear(&u->id);
	rel_buf_clear(&u->encoded);
	rel_buf_add_str(&u->id, id);
	add_query_value(&u->encoded, id);
	return rel_buf_status(&u->encoded, "upload id", err);
}

/* --- which uploads are unfinished --- */

struct uploads {
	struct rel_str key; /* that is looked for */
	bool matches;	    /* the <Upload> at hand */
	struct rel_buf id;  /* of it */
	struct rel_buf found;
};

static int on_upload(void *context, struct rel_str name, struct rel_str parent,
		     struct rel_str value, struct rel_error *err)
{
	struct uploads *uploads = context;

	(void)err;
	if (rel_str_is(parent, "Upload") && rel_str_is(name, "Key"))
		uploads->matches = rel_str_eq(value, uploads->key);
	if (rel_str_is(parent, "Upload") && rel_str_is(name, "UploadId")) {
		rel_buf_clear(&uploads->id);
		rel_buf_add_str(&uploads->id, value);
	}
	if (!rel_str_is(name, "Upload"))
		return 0;
	if (uploads->matches && uploads->found.len == 0)
		rel_buf_add_str(&uploads->found, rel_buf_str(&uploads->id));
	uploads->matches = false;
	rel_buf_clear(&uploads->id);
	return 0;
}

/* Servers that cannot list, or do not let us. */
static bool cannot_list(int status)
{
	return status == 400 || status == 403 || status == 404 ||
	       status == 405 || status == 501;
}

static int list_uploads(struct rel_buf *reply, struct upload *u,
			struct rel_str key, struct rel_error *err)
{
	struct rel_s3_request request = {.method = REL_HTTP_GET,
					 .at_root = true,
					 .path = "",
					 .idempotent = true,
					 .what = "looking for parts"};
	struct rel_buf query;
	int rc, status = 0;

	rel_buf_init(&query, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_cstr(&query, "prefix=");
	add_query_value(&query, key);
	rel_buf_add_cstr(&query, "&uploads=");
	rc = rel_buf_status(&query, "address", err);
	request.query = query.ptr;
	if (rc == 0)
		rc = rel_s3_ask(u->s3, &status, NULL, reply, &request, err);
	if (rc != 0 && cannot_list(status)) {
		rel_buf_clear(reply);
		rc = 0;
	}
	rel_buf_free(&query);
	return rc;
}

/* The first unfinished upload to the path; u->id is empty when there is
 * none. */
static int find_upload(struct upload *u, struct rel_error *err)
{
	struct uploads uploads = {.matches = false};
	const struct rel_xml_reader reader = {on_upload, &uploads};
	struct rel_buf key, reply;
	int rc;

	rel_buf_init(&key, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&reply, REL_LIMIT_S3_LIST);
	rel_buf_init(&uploads.id, REL_XML_VALUE_MAX);
	rel_buf_init(&uploads.found, REL_XML_VALUE_MAX);
	rel_buf_printf(&key, "%s%s", u->s3->prefix, u->path);
	uploads.key = rel_buf_str(&key);
	rc = list_uploads(&reply, u, uploads.key, err);
	if (rc == 0 && reply.len > 0)
		rc = rel_xml_read(&reader, rel_buf_str(&reply), err);
	if (rc == 0)
		rc = take_id(u, rel_buf_str(&uploads.found), err);
	rel_buf_free(&uploads.found);
	rel_buf_free(&uploads.id);
	rel_buf_free(&reply);
	rel_buf_free(&key);
	return rc;
}

/* --- what is there of one --- */

struct listing {
	struct upload *u;
	unsigned long number, size;
	char etag[ETAG_MAX];
	bool more;
	unsigned long marker;
};

static void take_etag(char out[ETAG_MAX], struct rel_str value)
{
	out[0] = '\0';
	if (value.len < ETAG_MAX) {
		memcpy(out, value.ptr, value.len);
		out[value.len] = '\0';
	}
}

static int on_part(void *context, struct rel_str name, struct rel_str parent,
		   struct rel_str value, struct rel_error *err)
{
	struct listing *listing = context;
	struct upload *u = listing->u;

	(void)err;
	if (rel_str_is(parent, "Part")) {
		if (rel_str_is(name, "PartNumber"))
			rel_str_to_uint(value, 10000, &listing->number);
		else if (rel_str_is(name, "Size"))
			rel_str_to_uint(value, ULONG_MAX, &listing->size);
		else if (rel_str_is(name, "ETag"))
			take_etag(listing->etag, value);
	} else if (rel_str_is(name, "IsTruncated")) {
		listing->more = rel_str_is(value, "true");
	} else if (rel_str_is(name, "Part")) {
		if (listing->number > 0 && listing->number <= u->n_parts) {
			struct part *part = &u->parts[listing->number - 1];

			part->size = listing->size;
			memcpy(part->etag, listing->etag, ETAG_MAX);
			listing->marker = listing->number;
		}
		listing->number = listing->size = 0;
		listing->etag[0] = '\0';
	}
	return 0;
}

static int list_page(struct listing *listing, struct rel_error *err)
{
	struct rel_s3_request request = {.method = REL_HTTP_GET,
					 .path = listing->u->path,
					 .idempotent = true,
					 .what = "looking for parts"};
	const struct rel_xml_reader reader = {on_part, listing};
	struct rel_buf query, reply;
	int rc;

	rel_buf_init(&query, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&reply, REL_LIMIT_S3_LIST);
	if (listing->marker > 0)
		rel_buf_printf(&query, "part-number-marker=%lu&",
			       listing->marker);
	rel_buf_printf(&query, "uploadId=%s", listing->u->encoded.ptr);
	rc = rel_buf_status(&query, "address", err);
	request.query = query.ptr;
	if (rc == 0)
		rc = rel_s3_ask(listing->u->s3, NULL, NULL, &reply, &request,
				err);
	listing->more = false;
	if (rc == 0)
		rc = rel_xml_read(&reader, rel_buf_str(&reply), err);
	rel_buf_free(&reply);
	rel_buf_free(&query);
	return rc;
}

static int list_parts(struct upload *u, struct rel_error *err)
{
	struct listing listing = {.u = u};
	unsigned long before;
	int rc;

	do {
		before = listing.marker;
		rc = list_page(&listing, err);
	} while (rc == 0 && listing.more && listing.marker > before);
	return rc;
}

/* --- sending --- */

static int on_created(void *context, struct rel_str name, struct rel_str parent,
		      struct rel_str value, struct rel_error *err)
{
	(void)parent;
	return rel_str_is(name, "UploadId") ? take_id(context, value, err) : 0;
}

static int create(struct upload *u, struct rel_error *err)
{
	const struct rel_s3_request request = {.method = REL_HTTP_POST,
					       .path = u->path,
					       .query = "uploads=",
					       .what = "beginning an upload"};
	const struct rel_xml_reader reader = {on_created, u};
	struct rel_buf reply;
	int rc;

	rel_buf_init(&reply, REL_LIMIT_HTTP_DISCARD);
	rc = rel_s3_ask(u->s3, NULL, NULL, &reply, &request, err);
	if (rc == 0)
		rc = rel_xml_read(&reader, rel_buf_str(&reply), err);
	if (rc == 0 && u->id.len == 0)
		rc = rel_fail(err, REL_EPARSE,
			      "the server gives no id for an upload in parts");
	rel_buf_free(&reply);
	return rc;
}

static int abandon(struct upload *u, struct rel_error *err)
{
	struct rel_s3_request request = {.method = REL_HTTP_DELETE,
					 .path = u->path,
					 .idempotent = true,
					 .what = "removing parts"};
	struct rel_buf query;
	int rc;

	rel_buf_init(&query, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&query, "uploadId=%s", u->encoded.ptr);
	rc = rel_buf_status(&query, "address", err);
	request.query = query.ptr;
	if (rc == 0)
		rc = rel_s3_ask(u->s3, NULL, NULL, NULL, &request, err);
	rel_buf_free(&query);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

/* The digests of a piece of the file. */
static int digest_range(struct rel_digest out[REL_DIGEST_ALGOS], unsigned mask,
			const struct rel_http_payload *payload,
			struct rel_error *err)
{
	int fd = open(payload->path, O_RDONLY | O_CLOEXEC);
	struct rel_hasher hasher = {.status = 0};
	uint64_t done = 0;
	char piece[65536];
	int rc;

	if (fd < 0)
		return rel_fail_errno(err, errno, payload->path, "cannot read");
	rc = rel_hasher_init(&hasher, mask, err);
	while (rc == 0 && done < payload->size) {
		uint64_t left = payload->size - done;
		size_t want =
		    left < sizeof(piece) ? (size_t)left : sizeof(piece);
		ssize_t n =
		    pread(fd, piece, want, (off_t)(payload->offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = rel_fail_errno(err, n < 0 ? errno : EIO,
					    payload->path, "cannot read");
			break;
		}
		rel_hasher_update(&hasher, piece, (size_t)n);
		done += (uint64_t)n;
	}
	if (rc == 0)
		rc = rel_hasher_finish(out, &hasher, err);
	rel_hasher_free(&hasher);
	close(fd);
	return rc;
}

static bool is_md5(const char *etag, const struct rel_digest *md5)
{
	struct rel_str text = rel_str_of(etag);
	char hex[REL_DIGEST_TEXT_MAX];

	if (text.len >= 2 && text.ptr[0] == '"')
		text = rel_str_sub(text, 1, text.len - 1);
	rel_digest_hex(hex, md5);
	return rel_str_is(text, hex);
}

static int send_part(struct upload *u, size_t i,
		     const struct rel_http_payload *payload,
		     const struct rel_digest *sha256, struct rel_error *err)
{
	char hex[REL_DIGEST_TEXT_MAX], *etag = NULL;
	struct rel_s3_request request = {.method = REL_HTTP_PUT,
					 .path = u->path,
					 .payload = *payload,
					 .sha256 = hex,
					 .idempotent = true,
					 .what = "uploading the archive"};
	struct rel_buf query;
	int rc;

	rel_digest_hex(hex, sha256);
	rel_buf_init(&query, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&query, "partNumber=%zu&uploadId=%s", i + 1,
		       u->encoded.ptr);
	rc = rel_buf_status(&query, "address", err);
	request.query = query.ptr;
	if (rc == 0)
		rc = rel_s3_ask(u->s3, NULL, &etag, NULL, &request, err);
	take_etag(u->parts[i].etag, rel_str_of(etag ? etag : ""));
	if (rc == 0 && u->parts[i].etag[0] == '\0')
		rc = rel_fail(err, REL_EPARSE,
			      "the server gives no usable ETag for a part");
	free(etag);
	rel_buf_free(&query);
	return rc;
}

static int bring_part(struct upload *u, size_t i, struct rel_error *err)
{
	struct part *part = &u->parts[i];
	struct rel_http_payload payload = {.path = u->archive->path,
					   .offset = i * u->part_size,
					   .size = u->part_size};
	struct rel_digest digests[REL_DIGEST_ALGOS];
	unsigned mask = REL_DIGEST_MASK_SHA256;
	int rc;

	if (payload.size > u->archive->size - payload.offset)
		payload.size = u->archive->size - payload.offset;
	if (part->size == payload.size)
		mask |= REL_DIGEST_MASK_MD5;
	rc = digest_range(digests, mask, &payload, err);
	if (rc == 0 && part->size == payload.size &&
	    is_md5(part->etag, &digests[REL_DIGEST_MD5]))
		return 0;
	return rc ? rc
		  : send_part(u, i, &payload, &digests[REL_DIGEST_SHA256], err);
}

static void add_escaped(struct rel_buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text))
			rel_buf_add_char(out, *text);
		else
			rel_buf_printf(out, "&#%u;", (unsigned char)*text);
	}
}

static int complete_with(struct upload *u, struct rel_str body,
			 const char *sha256, struct rel_error *err)
{
	const struct rel_http_field fields[] = {{"If-None-Match", "*"}};
	struct rel_s3_request request = {
	    .method = REL_HTTP_POST,
	    .path = u->path,
	    .payload = {.ptr = body.ptr, .len = body.len},
	    .sha256 = sha256,
	    .fields = fields,
	    .n_fields = 1,
	    .what = "finishing the upload",
	};
	struct rel_buf query;
	int rc, status = 0;

	rel_buf_init(&query, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&query, "uploadId=%s", u->encoded.ptr);
	rc = rel_buf_status(&query, "address", err);
	request.query = query.ptr;
	if (rc == 0)
		rc = rel_s3_ask(u->s3, &status, NULL, NULL, &request, err);
	if (rc != 0 && rel_s3_knows_no_condition(status)) {
		request.n_fields = 0;
		rc = rel_s3_ask(u->s3, &status, NULL, NULL, &request, err);
	}
	rel_buf_free(&query);
	return rc;
}

static int complete(struct upload *u, struct rel_error *err)
{
	char hex[REL_DIGEST_TEXT_MAX];
	struct rel_digest sha256;
	struct rel_buf body;
	int rc;

	rel_buf_init(&body, REL_LIMIT_S3_LIST);
	rel_buf_add_cstr(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < u->n_parts; i++) {
		rel_buf_printf(
		    &body, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		add_escaped(&body, u->parts[i].etag);
		rel_buf_add_cstr(&body, "</ETag></Part>");
	}
	rel_buf_add_cstr(&body, "</CompleteMultipartUpload>");
	rc = rel_buf_status(&body, "list of parts", err);
	if (rc == 0)
		rc = rel_digest_of(&sha256, REL_DIGEST_SHA256,
				   rel_buf_str(&body), err);
	if (rc == 0) {
		rel_digest_hex(hex, &sha256);
		rc = complete_with(u, rel_buf_str(&body), hex, err);
	}
	rel_buf_free(&body);
	return rc;
}

/* At most 10,000 parts, each of at least 5 MiB. */
static int plan_parts(struct upload *u, struct rel_error *err)
{
	uint64_t size = u->archive->size;

	u->part_size = REL_LIMIT_S3_PART;
	while (size / u->part_size >= 10000)
		u->part_size *= 2;
	u->n_parts = (size_t)((size + u->part_size - 1) / u->part_size);
	u->parts = calloc(u->n_parts, sizeof(*u->parts));
	return u->parts ? 0 : rel_fail_nomem(err);
}

/* What broke off can go on; what was refused cannot. */
static bool may_go_on(int rc)
{
	return rc == REL_EIO || rc == REL_ECANCELLED || rc == REL_ENOMEM;
}

int rel_s3_write_parts(struct rel_s3 *s3, const char *path,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err)
{
	struct rel_error ignored = {0};
	struct upload u;
	int rc;

	upload_init(&u, s3, path);
	u.archive = archive;
	rc = plan_parts(&u, err);
	if (rc == 0)
		rc = find_upload(&u, err);
	if (rc == 0 && u.id.len > 0)
		rc = list_parts(&u, err);
	else if (rc == 0)
		rc = create(&u, err);
	for (size_t i = 0; rc == 0 && i < u.n_parts; i++)
		rc = bring_part(&u, i, err);
	if (rc == 0)
		rc = complete(&u, err);
	if (rc != 0 && !may_go_on(rc) && u.id.len > 0)
		(void)(abandon(&u, &ignored) == 0);
	upload_free(&u);
	return rc;
}

int rel_s3_forget(struct rel_s3 *s3, const char *path, struct rel_error *err)
{
	struct upload u;
	int rc;

	upload_init(&u, s3, path);
	rc = find_upload(&u, err);
	/* Few at most; a server that lists what it has removed ends it. */
	for (int i = 0; rc == 0 && u.id.len > 0 && i < 100; i++) {
		rc = abandon(&u, err);
		if (rc == 0)
			rc = find_upload(&u, err);
	}
	upload_free(&u);
	return rc;
}
