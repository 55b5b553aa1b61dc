#include "release/audit/obtain.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

#define NO_ARCHIVE "this is not the address of an archive"

/* One archive that is being fetched; begun anew at each place. */
struct fetching {
	const struct rel_archive_of *archive;
	const struct rel_obtain_options *options;
	struct rel_http *http;
	const char *path;
	int fd; /* -1 = nothing is written */
	struct rel_hasher hasher;
	uint64_t size;
};

void rel_obtained_free(struct rel_obtained *obtained)
{
	free(obtained->address);
	*obtained = (struct rel_obtained){0};
}

static bool is_http(struct rel_str address)
{
	return rel_str_starts(address, REL_STR("http://")) ||
	       rel_str_starts(address, REL_STR("https://"));
}

bool rel_obtain_can(struct rel_str src)
{
	/* opam takes an http address that ends so for a repository. */
	return (is_http(src) && !rel_str_ends(src, REL_STR(".git"))) ||
	       rel_str_starts(src, REL_STR("file://")) ||
	       rel_str_starts(src, REL_STR("/"));
}

/* REL_EUSAGE and the like about the archive's own address. */
static int fail_src(struct rel_error *err, enum rel_code code, const char *what,
		    struct rel_str src)
{
	struct rel_buf shown;

	rel_buf_init(&shown, REL_LIMIT_CONFIG_BYTES);
	rel_url_redact(&shown, src);
	rel_fail(err, code, "%s: %.*s", what, REL_STR_ARG(rel_buf_str(&shown)));
	rel_buf_free(&shown);
	return code;
}

static unsigned mask_of(const struct rel_archive_of *archive)
{
	unsigned mask = REL_DIGEST_MASK_SHA256;

	for (uint32_t i = 0; i < archive->n_digests; i++)
		mask |= 1u << archive->digests[i].algo;
	return mask;
}

static int begin(void *context, struct rel_error *err)
{
	struct fetching *fetching = context;

	fetching->size = 0;
	rel_hasher_free(&fetching->hasher);
	if (fetching->fd >= 0 && (ftruncate(fetching->fd, 0) != 0 ||
				  lseek(fetching->fd, 0, SEEK_SET) != 0))
		return rel_fail_errno(err, errno, fetching->path,
				      "cannot write");
	return rel_hasher_init(&fetching->hasher, mask_of(fetching->archive),
			       err);
}

static int take(void *context, const void *ptr, size_t len,
		struct rel_error *err)
{
	struct fetching *fetching = context;

	rel_hasher_update(&fetching->hasher, ptr, len);
	fetching->size += len;
	return fetching->fd < 0 ? 0
				: rel_file_write_all(fetching->fd, ptr, len,
						     fetching->path, err);
}

static int from_http(struct fetching *fetching, const char *address,
		     struct rel_error *err)
{
	const struct rel_http_sink sink = {begin, fetching, {take, fetching}};
	const struct rel_http_request request = {
	    .url = address,
	    .max_bytes = REL_LIMIT_ARCHIVE_BYTES,
	    .progress = fetching->options->progress,
	    .cancel = fetching->options->cancel};
	struct rel_http_answer answer = {0};
	int r = rel_http_get(&answer, fetching->http, &request, &sink, err);

	rel_http_answer_free(&answer);
	return r;
}

static int copy_file(struct fetching *fetching, int fd, const char *path,
		     struct rel_error *err)
{
	const struct rel_sink sink = {take, fetching};
	uint64_t size = 0;
	struct stat st;
	int r;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rel_fail(err, REL_EIO, "not a regular file");
		rel_error_at(err, path, 0, 0);
		return REL_EIO;
	}
	r = begin(fetching, err);
	return r ? r
		 : rel_sink_pour(&size, &sink, fd, path,
				 fetching->options->cancel, err);
}

/* Where `path` is: of one that does not exist, its nearest parent that does.
 * So whether it exists is not told of what is not to be read. */
static char *find_real(const char *path)
{
	char *part = strdup(path), *real = NULL;

	while (part && !(real = realpath(*part ? part : "/", NULL)) &&
	       (errno == ENOENT || errno == ENOTDIR)) {
		char *slash = strrchr(part, '/');

		if (!slash) {
			real = *part ? realpath(".", NULL) : NULL;
			break;
		}
		*slash = '\0';
	}
	free(part);
	return real;
}

static bool is_below_one(const char *real, const char *const *local,
			 size_t n_local)
{
	bool below = false;

	for (size_t i = 0; !below && i < n_local; i++) {
		char *top = realpath(local[i], NULL);

		below = top && rel_path_is_below(real, top);
		free(top);
	}
	return below;
}

char *rel_obtain_local(const char *path, const char *const *local,
		       size_t n_local, struct rel_error *err)
{
	char *near = find_real(path), *real = NULL;

	if (!near || !is_below_one(near, local, n_local)) {
		free(near);
		rel_fail(err, REL_EUSAGE,
			 "a local address is followed only below a directory "
			 "that --local names");
		rel_error_at(err, path, 0, 0);
		return NULL;
	}
	free(near);
	real = realpath(path, NULL);
	if (!real)
		rel_fail_errno(err, errno, path, "cannot open");
	return real;
}

/* `place` is who names it. */
static int from_file(struct fetching *fetching, const char *path,
		     const struct rel_obtain_mirror *place,
		     struct rel_error *err)
{
	const struct rel_obtain_options *options = fetching->options;
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, fd, r;
	struct rel_error why = {0};
	char *real = NULL;

	if (!place->named && place->below)
		real = rel_obtain_local(path, &place->below, 1, &why);
	if (!place->named && !real && (!place->below || why.code == REL_EUSAGE))
		real = rel_obtain_local(path, options->local, options->n_local,
					&why);
	if (!place->named && !real) {
		if (err)
			*err = why;
		return why.code;
	}
	fd = open(real ? real : path, flags | (real ? O_NOFOLLOW : 0));
	free(real);
	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	r = copy_file(fetching, fd, path, err);
	close(fd);
	return r;
}

/* Compare what came with what is promised. */
static int settle(struct rel_obtained *out, struct fetching *fetching,
		  const char *address, struct rel_error *err)
{
	const struct rel_archive_of *archive = fetching->archive;
	struct rel_digest digests[REL_DIGEST_ALGOS];
	int r = rel_hasher_finish(digests, &fetching->hasher, err);

	if (r < 0)
		return r;
	out->size = fetching->size;
	out->sha256 = digests[REL_DIGEST_SHA256];
	if (archive->n_digests == 0)
		return rel_fail(err, REL_ECHECKSUM,
				"the manifest has no checksum for %s", address);
	for (uint32_t i = 0; r == 0 && i < archive->n_digests; i++)
		r = rel_digest_expect(&digests[archive->digests[i].algo],
				      &archive->digests[i], address, err);
	return r;
}

/* One place.  `address` is taken over. */
static int try(struct rel_obtained *out, struct fetching *fetching,
	       char *address, const struct rel_obtain_mirror *place,
	       struct rel_error *err)
{
	struct rel_str text = rel_str_of(address);
	struct rel_buf shown;
	int r;

	rel_buf_init(&shown, REL_LIMIT_CONFIG_BYTES);
	if (is_http(text)) {
		r = rel_url_redact(&shown, text);
		r = r ? r : from_http(fetching, address, err);
	} else {
		if (rel_str_starts(text, REL_STR("file://")))
			text = rel_str_sub(text, strlen("file://"), text.len);
		r = rel_buf_add_str(&shown, text);
		r = r ? r : from_file(fetching, text.ptr, place, err);
	}
	if (r == 0)
		r = settle(out, fetching, shown.ptr, err);
	if (r == 0 || r == REL_ECHECKSUM) {
		free(out->address);
		out->address = rel_buf_detach(&shown, NULL);
		if (!out->address)
			r = rel_fail_nomem(err);
	}
	rel_buf_free(&shown);
	free(address);
	return r;
}

/* May another place do better? */
static bool goes_on(int code)
{
	return code == REL_ENOTFOUND || code == REL_EIO || code == REL_EAUTH ||
	       code == REL_ELIMIT || code == REL_EUSAGE;
}

/* Nothing has been tried yet, or this place is worth trying too. */
static bool wanted(int code)
{
	return code > 0 || goes_on(code);
}

/* Of several failures the first is told. */
static void step(int *code, int result, struct rel_error *err,
		 const struct rel_error *why)
{
	bool first = *code > 0;

	if (!first && goes_on(result))
		return;
	*code = result;
	if (result < 0 && err)
		*err = *why;
}

static void try_own(int *code, struct rel_obtained *out,
		    struct fetching *fetching, struct rel_error *err)
{
	static const struct rel_obtain_mirror manifest = {.named = false};
	const struct rel_archive_of *archive = fetching->archive;

	for (uint32_t i = 0; i <= archive->n_mirrors && wanted(*code); i++) {
		struct rel_str src =
		    i == 0 ? archive->src : archive->mirrors[i - 1];
		struct rel_error why = {0};
		char *address;
		int r;

		if (!rel_obtain_can(src))
			r = fail_src(&why, REL_EIO, NO_ARCHIVE, src);
		else if (!(address = strndup(src.ptr, src.len)))
			r = rel_fail_nomem(&why);
		else
			r = try(out, fetching, address, &manifest, &why);
		out->mirrored = i > 0;
		step(code, r, err, &why);
	}
}

static void try_mirror(int *code, struct rel_obtained *out,
		       struct fetching *fetching,
		       const struct rel_obtain_mirror *mirror,
		       struct rel_error *err)
{
	const struct rel_archive_of *archive = fetching->archive;

	for (uint32_t i = 0; i < archive->n_digests && wanted(*code); i++) {
		const struct rel_digest *digest = &archive->digests[i];
		char hex[REL_DIGEST_TEXT_MAX], *address = NULL;
		struct rel_error why = {0};
		int r;

		rel_digest_hex(hex, digest);
		if (asprintf(&address, "%s/%s/%.2s/%s", mirror->location,
			     rel_digest_name(digest->algo), hex, hex) < 0)
			r = rel_fail_nomem(&why);
		else
			r = try(out, fetching, address, mirror, &why);
		out->mirrored = true;
		step(code, r, err, &why);
	}
}

static int try_all(struct rel_obtained *out, struct fetching *fetching,
		   struct rel_error *err)
{
	const struct rel_obtain_options *options = fetching->options;
	int code = 1; /* nothing tried */

	if (!options->mirrors_only)
		try_own(&code, out, fetching, err);
	for (size_t i = 0; i < options->n_mirrors && wanted(code); i++)
		try_mirror(&code, out, fetching, &options->mirrors[i], err);
	if (code <= 0)
		return code;
	if (fetching->archive->n_digests == 0)
		return fail_src(err, REL_ECHECKSUM,
				"the manifest has no checksum",
				fetching->archive->src);
	return rel_fail(err, REL_EUSAGE, "no mirror to ask");
}

int rel_obtain(struct rel_obtained *out, const char *path,
	       struct rel_http *http, const struct rel_archive_of *archive,
	       const struct rel_obtain_options *options, struct rel_error *err)
{
	struct fetching fetching = {.archive = archive,
				    .options = options,
				    .http = http,
				    .path = path,
				    .fd = -1};
	int r;

	rel_obtained_free(out);
	if (!options->mirrors_only && !rel_obtain_can(archive->src))
		return fail_src(err, REL_EUSAGE, NO_ARCHIVE, archive->src);
	if (path) {
		fetching.fd =
		    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
		if (fetching.fd < 0)
			return rel_fail_errno(err, errno, path,
					      "cannot create");
	}
	r = try_all(out, &fetching, err);
	rel_hasher_free(&fetching.hasher);
	if (fetching.fd >= 0 && close(fetching.fd) != 0 && r == 0)
		r = rel_fail_errno(err, errno, path, "cannot write");
	return r;
}
