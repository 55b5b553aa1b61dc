#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "publish/publish_private.h"

/* A forge may show a pushed file a little later; seconds between tries. */
#define LATE_TRIES 4

struct rel_publisher {
	const struct rel_publish_kind *kind;
	void *self;
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

static const struct rel_publish_kind *const kinds[] = {
    &rel_publish_mirror, &rel_publish_put,    &rel_publish_s3,
    &rel_publish_github, &rel_publish_gitlab, &rel_publish_forgejo};

static const struct rel_publish_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

bool rel_publish_by_release(const char *name)
{
	const struct rel_publish_kind *kind = find_kind(name);

	return kind && kind->needs_tag;
}

int rel_publisher_open(struct rel_publisher **out,
		       const struct rel_publish_options *options,
		       struct rel_error *err)
{
	const char *name = options->conf && options->conf->kind
			       ? options->conf->kind
			       : "mirror";
	const struct rel_publish_kind *kind = find_kind(name);
	struct rel_publisher *publisher;
	int rc;

	*out = NULL;
	if (!kind)
		return rel_fail(err, REL_EUSAGE,
				"there is no kind \"%s\" of publishing", name);
	publisher = calloc(1, sizeof(*publisher));
	if (!publisher)
		return rel_fail_nomem(err);
	publisher->kind = kind;
	publisher->progress = options->progress;
	publisher->cancel = options->cancel;
	rc = kind->open(&publisher->self, options, err);
	if (rc) {
		free(publisher);
		return rc;
	}
	*out = publisher;
	return 0;
}

void rel_publisher_free(struct rel_publisher *publisher)
{
	if (!publisher)
		return;
	publisher->kind->release(publisher->self);
	free(publisher);
}

int rel_publisher_ready(struct rel_publisher *publisher, struct rel_error *err)
{
	return publisher->kind->ready
		   ? publisher->kind->ready(publisher->self, err)
		   : 0;
}

int rel_publisher_source(struct rel_buf *out,
			 const struct rel_publisher *publisher,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err)
{
	return publisher->kind->source(out, publisher->self, archive, err);
}

const char *rel_publisher_mirror(const struct rel_publisher *publisher)
{
	return publisher->kind->mirror
		   ? publisher->kind->mirror(publisher->self)
		   : NULL;
}

bool rel_publisher_moves_remote(const struct rel_publisher *publisher)
{
	return publisher->kind->moves_remote &&
	       publisher->kind->moves_remote(publisher->self);
}

bool rel_publisher_needs_tag(const struct rel_publisher *publisher)
{
	return publisher->kind->needs_tag;
}

size_t rel_publisher_notes_limit(const struct rel_publisher *publisher)
{
	return publisher->kind->notes;
}

int rel_publisher_page(struct rel_buf *out,
		       const struct rel_publisher *publisher, const char *tag,
		       const char *path, struct rel_error *err)
{
	return publisher->kind->page
		   ? publisher->kind->page(out, publisher->self, tag, path, err)
		   : 0;
}

int rel_publisher_missing(unsigned *missing, struct rel_publisher *publisher,
			  const struct rel_publish_archive *archive,
			  struct rel_error *err)
{
	return publisher->kind->missing(missing, publisher->self, archive, err);
}

int rel_publisher_check(struct rel_publisher *publisher,
			const struct rel_publish_archive *archive,
			struct rel_error *err)
{
	return publisher->kind->check(publisher->self, archive, err);
}

/* The file to publish is what the digests say. */
static int check_file(const struct rel_publish_archive *archive,
		      struct rel_error *err)
{
	struct rel_digest found[REL_DIGEST_ALGOS];
	unsigned mask = 0;
	uint64_t size;
	int rc;

	for (size_t i = 0; i < archive->n_digests; i++)
		mask |= 1u << archive->digests[i].algo;
	if (mask == 0)
		return rel_fail(err, REL_EUSAGE,
				"an archive without a checksum cannot be "
				"published");
	rc = rel_digest_file(found, mask, archive->path, &size, err);
	if (rc == 0 && size != archive->size)
		rc = rel_fail(err, REL_ECHECKSUM,
			      "%s has changed since it was packed",
			      archive->name);
	for (size_t i = 0; rc == 0 && i < archive->n_digests; i++)
		rc =
		    rel_digest_expect(&found[archive->digests[i].algo],
				      &archive->digests[i], archive->name, err);
	return rc;
}

int rel_publisher_put(struct rel_publish_receipt *out,
		      struct rel_publisher *publisher,
		      const struct rel_publish_archive *archive, unsigned ours,
		      struct rel_error *err)
{
	int rc = check_file(archive, err);

	*out = (struct rel_publish_receipt){.outcome = REL_PUBLISH_PRESENT};
	return rc ? rc
		  : publisher->kind->put(out, publisher->self, archive, ours,
					 err);
}

int rel_publisher_held(uint64_t *size, struct rel_publisher *publisher,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err)
{
	uint64_t own;

	return publisher->kind->held(size ? size : &own, publisher->self,
				     archive, err);
}

int rel_publisher_withdraw(struct rel_publisher *publisher,
			   const struct rel_publish_archive *archive,
			   unsigned made, struct rel_error *err)
{
	return made == 0 ? 0
			 : publisher->kind->withdraw(publisher->self, archive,
						     made, err);
}

static int get(struct rel_publish_proof *proof,
	       const struct rel_publisher *publisher, struct rel_http *http,
	       const char *url, struct rel_error *err)
{
	struct rel_http_request request = {.url = url,
					   .max_bytes = proof->archive->size,
					   .progress = publisher->progress,
					   .what = "fetching the archive back",
					   .cancel = publisher->cancel};
	struct rel_http_sink sink = rel_publish_proof_http(proof);
	struct rel_http_answer answer = {.status = 0};
	int rc = rel_http_get(&answer, http, &request, &sink, err);

	rel_http_answer_free(&answer);
	return rc;
}

static int pause_for(unsigned seconds, const struct rel_cancel *cancel,
		     struct rel_error *err)
{
	const struct timespec tenth = {0, 100000000};

	for (unsigned i = 0; i < 10 * seconds; i++) {
		if (rel_cancelled(cancel))
			return rel_fail_cancelled(err);
		nanosleep(&tenth, NULL);
	}
	return 0;
}

static int fetch_http(struct rel_publish_proof *proof,
		      const struct rel_publisher *publisher, const char *url,
		      struct rel_error *err)
{
	unsigned tries = rel_str_starts(rel_str_of(url), REL_STR("https://"))
			     ? LATE_TRIES
			     : 1;
	struct rel_http *http = NULL;
	int rc = rel_http_new(&http, err);

	for (unsigned i = 0; rc == 0 && i < tries; i++) {
		rc = get(proof, publisher, http, url, err);
		if (rc != REL_ENOTFOUND || i + 1 == tries)
			break;
		rc = pause_for(1u << i, publisher->cancel, err);
	}
	rel_http_free(http);
	return rc;
}

/* In pieces: a map of it would count as memory that is used. */
static int fetch_file(struct rel_publish_proof *proof, const char *path,
		      const struct rel_cancel *cancel, struct rel_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	uint64_t size = 0;
	int rc;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	rc = rel_sink_pour(&size, &proof->sink, fd, path, cancel, err);
	close(fd);
	return rc;
}

int rel_publisher_fetch(struct rel_publisher *publisher,
			const struct rel_publish_archive *archive,
			struct rel_error *err)
{
	struct rel_publish_proof proof = {.archive = archive};
	struct rel_buf url;
	int rc;

	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rc = rel_publisher_source(&url, publisher, archive, err);
	if (rc == 0)
		rc = rel_publish_proof_init(&proof, archive, err);
	if (rc == 0 && rel_str_starts(rel_buf_str(&url), REL_STR("file://")))
		rc = fetch_file(&proof, url.ptr + strlen("file://"),
				publisher->cancel, err);
	else if (rc == 0)
		rc = fetch_http(&proof, publisher, url.ptr, err);
	if (rc == 0)
		rc = rel_publish_proof_end(&proof, url.ptr, true, err);
	else if (url.ptr)
		rel_error_prefix(err, "fetching %s back from %s", archive->name,
				 url.ptr);
	rel_hasher_free(&proof.tally.hasher);
	rel_buf_free(&url);
	return rc;
}

/* Beside cache/: the archives by name. */
#define NAMED_DIR "archives"

/* "cache/sha256/ab/abcd…", from opam src/core/opamHash.ml, to_path */
static void add_path(struct rel_buf *out, const struct rel_digest *digest)
{
	char hex[REL_DIGEST_TEXT_MAX];

	rel_digest_hex(hex, digest);
	rel_buf_printf(out, "cache/%s/%.2s/%s", rel_digest_name(digest->algo),
		       hex, hex);
}

void rel_publish_paths_free(struct rel_publish_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	paths->count = 0;
}

int rel_publish_paths_make(struct rel_publish_paths *out,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	*out = (struct rel_publish_paths){.count = 0};
	if (archive->n_digests > REL_DIGEST_ALGOS)
		return rel_fail(err, REL_EUSAGE,
				"more than one checksum of a kind for %s",
				archive->name);
	out->digests = (1u << archive->n_digests) - 1;
	for (size_t i = 0; i <= archive->n_digests; i++) {
		struct rel_buf path;

		rel_buf_init(&path, REL_KIB);
		if (i < archive->n_digests)
			add_path(&path, &archive->digests[i]);
		else
			rel_buf_printf(&path, NAMED_DIR "/%s", archive->name);
		out->items[i] = rel_buf_detach(&path, NULL);
		out->count++;
		if (!out->items[i] || path.status)
			return rel_fail_nomem(err);
	}
	return 0;
}

/* Under a name that says what it is: opam lint (error 67) takes no address
 * for an archive's that does not end like one. */
int rel_publish_source(struct rel_buf *out, const char *base,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err)
{
	rel_buf_printf(out, "%s/" NAMED_DIR "/%s", base, archive->name);
	return rel_buf_status(out, "address", err);
}

int rel_publish_proof_init(struct rel_publish_proof *proof,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	unsigned mask = 0;

	for (size_t i = 0; i < archive->n_digests; i++)
		mask |= 1u << archive->digests[i].algo;
	*proof = (struct rel_publish_proof){.archive = archive};
	proof->sink = rel_sink_of_tally(&proof->tally);
	if (mask == 0)
		return rel_fail(err, REL_EUSAGE,
				"an archive without a checksum cannot be "
				"published");
	return rel_hasher_init(&proof->tally.hasher, mask, err);
}

int rel_publish_proof_end(struct rel_publish_proof *proof, const char *what,
			  bool sized, struct rel_error *err)
{
	const struct rel_publish_archive *archive = proof->archive;
	struct rel_digest found[REL_DIGEST_ALGOS];
	int rc;

	if (sized && proof->tally.size != archive->size)
		return rel_fail(err, REL_ECHECKSUM,
				"%s has %" PRIu64 " bytes, expected %" PRIu64,
				what, proof->tally.size, archive->size);
	rc = rel_hasher_finish(found, &proof->tally.hasher, err);
	for (size_t i = 0; rc == 0 && i < archive->n_digests; i++)
		rc = rel_digest_expect(&found[archive->digests[i].algo],
				       &archive->digests[i], what, err);
	return rc;
}

int rel_publish_fail_other(const char *place, const char *path,
			   struct rel_error *err)
{
	return rel_fail(err, REL_EEXISTS,
			"%s/%s is there and is not this archive; what was "
			"published is never replaced",
			place, path);
}

static int begin_proof(void *context, struct rel_error *err)
{
	struct rel_publish_proof *proof = context;

	/* What an attempt that broke off has brought does not count. */
	rel_hasher_free(&proof->tally.hasher);
	return rel_publish_proof_init(proof, proof->archive, err);
}

struct rel_http_sink rel_publish_proof_http(struct rel_publish_proof *proof)
{
	return (struct rel_http_sink){begin_proof, proof,
				      rel_sink_of_tally(&proof->tally)};
}
