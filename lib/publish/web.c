#include "publish/publish_private.h"

#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"

static const char *without_slash(struct rel_arena *arena, const char *url)
{
	struct rel_str text = rel_str_of(url);

	while (text.len > 0 && text.ptr[text.len - 1] == '/')
		text.len--;
	return rel_arena_copy(arena, text);
}

void rel_publish_web_begin(struct rel_publish_web *web)
{
	rel_arena_init(&web->arena, REL_LIMIT_CONF_ARENA);
	rel_secret_init(&web->secret);
}

int rel_publish_web_init(struct rel_publish_web *web, const char *place,
			 const char *base,
			 const struct rel_publish_options *options,
			 const struct rel_secret_wish *wish,
			 struct rel_error *err)
{
	struct rel_buf named;
	int rc;

	web->progress = options->progress;
	web->cancel = options->cancel;
	web->place = without_slash(&web->arena, place);
	web->base = base ? without_slash(&web->arena, base) : web->place;
	if (!web->place || !web->base)
		return rel_fail_nomem(err);
	rel_buf_init(&named, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&named, "%s/cache", web->base);
	rc = rel_buf_status(&named, "address", err);
	if (rc == 0) {
		web->named = rel_arena_copy(&web->arena, rel_buf_str(&named));
		rc = web->named ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&named);
	if (rc == 0)
		rc = rel_http_new(&web->http, err);
	if (rc == 0) {
		rc = rel_secret_find(&web->secret, wish, err);
		web->has_secret = rc > 0;
	}
	return rc < 0 ? rc : 0;
}

void rel_publish_web_free(struct rel_publish_web *web)
{
	rel_http_free(web->http);
	rel_secret_free(&web->secret);
	rel_arena_free(&web->arena);
}

int rel_publish_web_url(struct rel_buf *out, const char *base, const char *path)
{
	rel_buf_printf(out, "%s/", base);
	rel_publish_add_encoded(out, rel_str_of(path));
	return out->status;
}

int rel_publish_web_send(struct rel_publish_web *web,
			 struct rel_http_answer *answer, struct rel_buf *reply,
			 const char *url, struct rel_http_message *message,
			 uint64_t max_bytes, const char *what,
			 struct rel_error *err)
{
	struct rel_http_request request = {.url = url,
					   .max_bytes = max_bytes,
					   .progress = web->progress,
					   .what = what,
					   .cancel = web->cancel};
	int rc;

	if (web->has_secret)
		web->ops->sign(web, message);
	rc = rel_http_send(answer, reply, web->http, &request, message, err);
	/* 412 alone is that something is there; 409 means that there is no
	 * place to put it, or another write under way. */
	if (rc == REL_EEXISTS && answer->status != 412) {
		rc = REL_EIO;
		if (err)
			err->code = rc;
	}
	if (rc == REL_EAUTH && web->has_secret)
		rel_error_prefix(err, "with the secret from %s",
				 web->secret.source.ptr);
	else if (rc == REL_EAUTH)
		rel_error_prefix(err, "without a secret (%s)",
				 web->ops->no_secret);
	return rc;
}

/* One request about one file; what a success says is of no interest. */
static int ask(struct rel_publish_web *web, struct rel_http_answer *answer,
	       const char *path, struct rel_http_message *message,
	       uint64_t max_bytes, const char *what, struct rel_error *err)
{
	struct rel_buf url;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_publish_web_url(&url, web->place, path);
	rc = rel_buf_status(&url, "address", err);
	if (rc == 0)
		rc = rel_publish_web_send(web, answer, NULL, url.ptr, message,
					  max_bytes, what, err);
	rel_buf_free(&url);
	return rc;
}

/* size  0 = not known */
static int look(bool *there, uint64_t *size, struct rel_publish_web *web,
		const char *path, struct rel_error *err)
{
	struct rel_http_message message = {.method = REL_HTTP_HEAD,
					   .idempotent = true};
	struct rel_http_answer answer = {.status = 0};
	int rc =
	    ask(web, &answer, path, &message, 0, "looking for archives", err);

	*there = rc == 0;
	*size = answer.length;
	rel_http_answer_free(&answer);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static int remove_file(struct rel_publish_web *web, const char *path,
		       struct rel_error *err)
{
	struct rel_http_message message = {.method = REL_HTTP_DELETE,
					   .idempotent = true};
	struct rel_http_answer answer = {.status = 0};
	int rc =
	    ask(web, &answer, path, &message, 0, "removing an archive", err);

	rel_http_answer_free(&answer);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

/* Read it where it was written, not through a cache. */
static int prove(struct rel_publish_web *web, const char *path,
		 const struct rel_publish_archive *archive, bool sized,
		 uint64_t *size, struct rel_error *err)
{
	struct rel_publish_proof proof = {.archive = archive};
	struct rel_http_sink sink = rel_publish_proof_http(&proof);
	struct rel_http_message message = {
	    .method = REL_HTTP_GET, .sink = &sink, .idempotent = true};
	struct rel_http_answer answer = {.status = 0};
	int rc = rel_publish_proof_init(&proof, archive, err);

	if (rc == 0)
		rc = ask(web, &answer, path, &message,
			 sized ? archive->size : REL_LIMIT_ARCHIVE_BYTES,
			 "reading an archive", err);
	if (rc == REL_ELIMIT && sized)
		rc = rel_fail(err, REL_ECHECKSUM, "%s has other bytes", path);
	if (rc == 0)
		rc = rel_publish_proof_end(&proof, path, sized, err);
	*size = proof.tally.size;
	rel_http_answer_free(&answer);
	rel_hasher_free(&proof.tally.hasher);
	return rc;
}

int rel_publish_web_source(struct rel_buf *out, const void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	const struct rel_publish_web *web = self;
	struct rel_publish_paths paths;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0) {
		rel_publish_web_url(out, web->base,
				    paths.items[paths.count - 1]);
		rc = rel_buf_status(out, "address", err);
	}
	rel_publish_paths_free(&paths);
	return rc;
}

const char *rel_publish_web_mirror(const void *self)
{
	return ((const struct rel_publish_web *)self)->named;
}

static int find_missing(unsigned *missing, struct rel_publish_web *web,
			const struct rel_publish_paths *paths,
			struct rel_error *err)
{
	uint64_t size;
	int rc = 0;

	*missing = 0;
	for (size_t i = 0; rc == 0 && i < paths->count; i++) {
		bool there;

		rc = look(&there, &size, web, paths->items[i], err);
		if (rc == 0 && !there)
			*missing |= 1u << i;
	}
	return rc;
}

int rel_publish_web_missing(unsigned *missing, void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err)
{
	struct rel_publish_paths paths;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(missing, self, &paths, err);
	rel_publish_paths_free(&paths);
	return rc;
}

/* Put the archive at `path`, from `from` where the place can; NULL = from the
 * disk. */
static int bring(struct rel_publish_web *web, const char *path,
		 const char *from, const struct rel_publish_archive *archive,
		 struct rel_error *err)
{
	uint64_t size;
	bool there;
	int rc = REL_EUSAGE;

	if (from)
		rc = web->ops->copy(web, path, from, archive, err);
	if (rc == REL_EUSAGE)
		rc = web->ops->write(web, path, archive, err);
	if (rc)
		return rc;
	rc = look(&there, &size, web, path, err);
	if (rc == 0 && (!there || (size != 0 && size != archive->size)))
		rc = rel_fail(err, REL_EIO,
			      "%s/%s: the server has accepted the archive, but "
			      "does not have it whole",
			      web->place, path);
	return rc;
}

/*
 * What stands at `path` must be the archive.
 * ours  this cut began it: other bytes are what a broken attempt left
 * Returns 1 where it was removed and must be brought again.
 */
static int settle(struct rel_publish_web *web, const char *path,
		  const struct rel_publish_archive *archive, bool ours,
		  struct rel_error *err)
{
	struct rel_error why = {0};
	uint64_t size;
	int rc = prove(web, path, archive, true, &size, &why);

	if (rc == REL_ECHECKSUM && ours) {
		rc = remove_file(web, path, err);
		return rc ? rc : 1;
	}
	if (rc == REL_ECHECKSUM)
		return rel_publish_fail_other(web->place, path, err);
	if (rc && err)
		*err = why;
	return rc;
}

int rel_publish_web_check(void *self, const struct rel_publish_archive *archive,
			  struct rel_error *err)
{
	struct rel_publish_web *web = self;
	struct rel_publish_paths paths;
	unsigned absent = 0;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(&absent, web, &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.count; i++)
		if (!(absent & (1u << i)))
			rc = settle(web, paths.items[i], archive, false, err);
	rel_publish_paths_free(&paths);
	return rc;
}

/* One of the archive's files.  *made: it was not there. */
static int put_file(bool *made, struct rel_publish_web *web, const char *path,
		    const char *from, const struct rel_publish_archive *archive,
		    bool ours, struct rel_error *err)
{
	uint64_t size;
	int rc = look(made, &size, web, path, err);

	*made = !*made;
	if (rc == 0 && !*made) {
		rc = settle(web, path, archive, ours, err);
		*made = rc == 1;
	}
	if (rc < 0 || !*made)
		return rc;
	rc = bring(web, path, from, archive, err);
	/* Somebody was faster, or the answer to our own attempt was lost. */
	if (rc == REL_EEXISTS) {
		*made = ours;
		rc = settle(web, path, archive, false, err);
	}
	return rc;
}

int rel_publish_web_put(struct rel_publish_receipt *out, void *self,
			const struct rel_publish_archive *archive,
			unsigned ours, struct rel_error *err)
{
	struct rel_publish_paths paths;
	int rc = rel_publish_paths_make(&paths, archive, err);

	/* By name first: that is where others can get in the way. */
	for (size_t i = paths.count; rc == 0 && i-- > 0;) {
		bool named = i + 1 == paths.count, made = false;

		rc = put_file(&made, self, paths.items[i],
			      named ? NULL : paths.items[paths.count - 1],
			      archive, ours & (1u << i), err);
		if (rc == 0 && made) {
			out->outcome = REL_PUBLISH_DONE;
			out->made |= 1u << i;
		}
	}
	rel_publish_paths_free(&paths);
	return rc;
}

int rel_publish_web_held(uint64_t *size, void *self,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err)
{
	struct rel_publish_web *web = self;
	struct rel_publish_paths paths;
	unsigned absent = 0;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(&absent, web, &paths, err);
	absent |= ~paths.digests;
	if (rc == 0 && !(~absent & paths.digests))
		rc = rel_fail(err, REL_ENOTFOUND, "%s lacks %s", web->place,
			      archive->name);
	for (size_t i = 0; rc == 0 && i < paths.count; i++)
		if (!(absent & (1u << i)))
			rc = prove(web, paths.items[i], archive, false, size,
				   err);
	rel_publish_paths_free(&paths);
	return rc;
}

int rel_publish_web_withdraw(void *self,
			     const struct rel_publish_archive *archive,
			     unsigned made, struct rel_error *err)
{
	struct rel_publish_web *web = self;
	struct rel_publish_paths paths;
	int rc = rel_publish_paths_make(&paths, archive, err);

	for (size_t i = 0; rc == 0 && i < paths.count; i++) {
		if (made & (1u << i))
			rc = remove_file(web, paths.items[i], err);
	}
	rel_publish_paths_free(&paths);
	return rc;
}
