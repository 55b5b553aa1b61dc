#include "archive/read.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/archive_private.h"
#include "base/limits.h"
#include "base/path.h"

/* Small, because the caps are looked at once per input block, and deflate
 * can make a thousand times its size of it. */
#define INPUT_BLOCK (16 * 1024)
#define CHUNK_BYTES (64 * 1024)

struct rel_archive {
	struct archive *handle;
	struct archive_entry *entry; /* the handle's own */
	char *name;
	bool raw; /* the tar as bytes: rel_archive_raw_open_path() */
	int fd;	  /* -1 = memory */
	bool close_fd;
	struct rel_str bytes; /* what is left, when memory */
	struct rel_archive_limits limits;
	const struct rel_cancel *cancel;
	uint64_t packed;    /* bytes read so far */
	uint64_t announced; /* sum of the members' sizes */
	uint32_t members;
	uint64_t left;		  /* of the current FILE's content */
	struct rel_error failure; /* sticky; code 0 = none */
	char input[INPUT_BLOCK];
	char chunk[CHUNK_BYTES];
};

/* Make the recorded failure the result of this and all later calls. */
static int give_up(struct rel_archive *archive, struct rel_error *err)
{
	rel_error_at(&archive->failure, archive->name, 0, 0);
	if (err)
		*err = archive->failure;
	return archive->failure.code;
}

static int check_bytes(struct rel_archive *archive, uint64_t bytes)
{
	if (bytes <= archive->limits.max_bytes)
		return 0;
	return rel_fail(&archive->failure, REL_ELIMIT,
			"unpacks to more than %ju bytes",
			(uintmax_t)archive->limits.max_bytes);
}

/* Look at everything that grows while bytes flow. */
static int check_flow(struct rel_archive *archive)
{
	int64_t position = archive_filter_bytes(archive->handle, 0);
	uint64_t unpacked = position > 0 ? (uint64_t)position : 0;

	if (rel_cancelled(archive->cancel))
		return rel_fail_cancelled(&archive->failure);
	if (unpacked > REL_LIMIT_RATIO_FREE &&
	    unpacked / archive->limits.max_ratio > archive->packed)
		return rel_fail(&archive->failure, REL_ELIMIT,
				"unpacks to more than %u times its size",
				archive->limits.max_ratio);
	return check_bytes(archive, unpacked);
}

static la_ssize_t read_memory(struct rel_archive *archive, const void **block)
{
	struct rel_str part = rel_str_sub(archive->bytes, 0, INPUT_BLOCK);

	archive->bytes =
	    rel_str_sub(archive->bytes, part.len, archive->bytes.len);
	*block = part.ptr;
	return (la_ssize_t)part.len;
}

static la_ssize_t read_fd(struct rel_archive *archive, const void **block)
{
	ssize_t n;

	do
		n = read(archive->fd, archive->input, sizeof(archive->input));
	while (n < 0 && errno == EINTR && !rel_cancelled(archive->cancel));
	if (n < 0)
		rel_fail_errno(&archive->failure, errno, NULL, "cannot read");
	*block = archive->input;
	return n;
}

static la_ssize_t read_block(struct archive *handle, void *context,
			     const void **block)
{
	struct rel_archive *archive = context;
	la_ssize_t n;

	if (check_flow(archive) == 0) {
		n = archive->fd < 0 ? read_memory(archive, block)
				    : read_fd(archive, block);
		if (n >= 0) {
			archive->packed += (uint64_t)n;
			return n;
		}
	}
	archive_set_error(handle, EIO, "%s", archive->failure.text);
	return ARCHIVE_FATAL;
}

/* A libarchive call failed: our own reason for it, else its text. */
static int fail_handle(struct rel_archive *archive, struct rel_error *err)
{
	const char *text = archive_error_string(archive->handle);

	if (archive->failure.code == 0 &&
	    archive_errno(archive->handle) == ENOMEM)
		rel_fail_nomem(&archive->failure);
	else if (archive->failure.code == 0)
		rel_fail(&archive->failure, REL_EPARSE, "damaged archive: %s",
			 text ? text : "unknown reason");
	return give_up(archive, err);
}

static int set_up(struct archive *handle, bool raw)
{
	int (*const SUPPORT[])(struct archive *) = {
	    raw ? archive_read_support_format_raw
		: archive_read_support_format_tar,
	    archive_read_support_filter_gzip,
	    archive_read_support_filter_bzip2,
	    archive_read_support_filter_xz,
	    archive_read_support_filter_zstd,
	};

	for (size_t i = 0; i < sizeof(SUPPORT) / sizeof(SUPPORT[0]); i++) {
		/* ARCHIVE_WARN means that it would run a program. */
		if (SUPPORT[i](handle) != ARCHIVE_OK)
			return REL_EIO;
	}
	return 0;
}

static void set_limits(struct rel_archive *archive,
		       const struct rel_archive_limits *limits)
{
	struct rel_archive_limits *own = &archive->limits;

	if (limits)
		*own = *limits;
	if (own->max_bytes == 0)
		own->max_bytes = REL_LIMIT_INDEX_UNPACKED;
	if (own->max_members == 0)
		own->max_members = REL_LIMIT_INDEX_MEMBERS;
	if (own->max_ratio == 0)
		own->max_ratio = REL_LIMIT_RATIO;
}

static int begin(struct rel_archive *archive, const char *name,
		 struct rel_error *err)
{
	int rc = rel_libarchive_load(err);

	if (rc)
		return rc;
	archive->name = strdup(name);
	archive->handle = archive_read_new();
	if (!archive->name || !archive->handle)
		return rel_fail_nomem(err);
	if (set_up(archive->handle, archive->raw) != 0)
		return rel_fail(err, REL_EIO,
				"this libarchive lacks a compression: %s",
				archive_error_string(archive->handle));
	if (archive_read_open(archive->handle, archive, NULL, read_block,
			      NULL) != ARCHIVE_OK)
		return fail_handle(archive, err);
	return 0;
}

/* Takes over `fd` when close_fd, also when it fails. */
static int open_source(struct rel_archive **out, int fd, bool close_fd,
		       struct rel_str bytes, bool raw, const char *name,
		       const struct rel_archive_limits *limits,
		       const struct rel_cancel *cancel, struct rel_error *err)
{
	struct rel_archive *archive = calloc(1, sizeof(*archive));
	int rc;

	*out = NULL;
	if (!archive) {
		if (close_fd)
			close(fd);
		return rel_fail_nomem(err);
	}
	archive->fd = fd;
	archive->close_fd = close_fd;
	archive->bytes = bytes;
	archive->raw = raw;
	archive->cancel = cancel;
	set_limits(archive, limits);
	rc = begin(archive, name, err);
	if (rc == 0)
		*out = archive;
	else
		rel_archive_close(archive);
	return rc;
}

static int open_path(struct rel_archive **out, const char *path, bool raw,
		     const struct rel_archive_limits *limits,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	struct stat st;
	/* O_NONBLOCK: a FIFO must not hang us before fstat can tell. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	*out = NULL;
	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot open");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		rel_fail(err, REL_EIO, "not a regular file");
		rel_error_at(err, path, 0, 0);
		return REL_EIO;
	}
	return open_source(out, fd, true, rel_str_n("", 0), raw, path, limits,
			   cancel, err);
}

int rel_archive_open_path(struct rel_archive **out, const char *path,
			  const struct rel_archive_limits *limits,
			  const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	return open_path(out, path, false, limits, cancel, err);
}

/* libarchive calls what it unpacks a member without a name. */
static int enter_raw(struct rel_archive *archive, struct rel_error *err)
{
	int result = archive_read_next_header(archive->handle, &archive->entry);

	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return fail_handle(archive, err);
	archive->left = UINT64_MAX;
	return 0;
}

int rel_archive_raw_open_path(struct rel_archive **out, const char *path,
			      const struct rel_archive_limits *limits,
			      const struct rel_cancel *cancel,
			      struct rel_error *err)
{
	int rc = open_path(out, path, true, limits, cancel, err);

	return rc ? rc : enter_raw(*out, err);
}

int rel_archive_raw_open_memory(struct rel_archive **out, struct rel_str bytes,
				const struct rel_archive_limits *limits,
				struct rel_error *err)
{
	int rc = open_source(out, -1, false, bytes, true, "archive", limits,
			     NULL, err);

	return rc ? rc : enter_raw(*out, err);
}

int rel_archive_raw_chunk(struct rel_str *out, struct rel_archive *archive,
			  struct rel_error *err)
{
	la_ssize_t n;

	*out = rel_str_n("", 0);
	if (archive->failure.code != 0)
		return give_up(archive, err);
	n = archive_read_data(archive->handle, archive->chunk, CHUNK_BYTES);
	if (n < 0)
		return fail_handle(archive, err);
	if (check_flow(archive) != 0)
		return give_up(archive, err);
	*out = rel_str_n(archive->chunk, (size_t)n);
	return n > 0;
}

unsigned rel_archive_raw_layers(const struct rel_archive *archive)
{
	/* one of them is the file itself */
	return (unsigned)archive_filter_count(archive->handle) - 1;
}

/* What the last layer did not take has been read in blocks, or not yet. */
int rel_archive_raw_unread(bool *out, struct rel_archive *archive,
			   struct rel_error *err)
{
	const void *block;
	la_ssize_t n;

	*out = (uint64_t)archive_filter_bytes(archive->handle, -1) <
	       archive->packed;
	if (*out)
		return 0;
	n = read_block(archive->handle, archive, &block);
	if (n < 0)
		return give_up(archive, err);
	*out = n > 0;
	return 0;
}

const char *rel_archive_raw_name(const struct rel_archive *archive)
{
	return archive->name;
}

int rel_archive_open_fd(struct rel_archive **out, int fd, const char *name,
			const struct rel_archive_limits *limits,
			const struct rel_cancel *cancel, struct rel_error *err)
{
	return open_source(out, fd, false, rel_str_n("", 0), false, name,
			   limits, cancel, err);
}

int rel_archive_open_memory(struct rel_archive **out, struct rel_str bytes,
			    const char *name,
			    const struct rel_archive_limits *limits,
			    const struct rel_cancel *cancel,
			    struct rel_error *err)
{
	return open_source(out, -1, false, bytes, false, name, limits, cancel,
			   err);
}

void rel_archive_close(struct rel_archive *archive)
{
	if (!archive)
		return;
	if (archive->handle)
		archive_read_free(archive->handle);
	if (archive->close_fd)
		close(archive->fd);
	free(archive->name);
	free(archive);
}

/* "./a/b/" → "a/b"; the root itself becomes "". */
static struct rel_str tidy(struct rel_str path)
{
	while (path.len > 0 && path.ptr[path.len - 1] == '/' &&
	       !rel_str_is(path, "/"))
		path.len--;
	while (rel_str_starts(path, REL_STR("./"))) {
		while (path.len > 1 && path.ptr[1] == '/') {
			path.ptr++;
			path.len--;
		}
		path.ptr++;
		path.len--;
	}
	return rel_str_is(path, ".") ? rel_str_n("", 0) : path;
}

/* NULL, a name that the locale cannot express, becomes "". */
static struct rel_str text_of(const char *text)
{
	return text ? rel_str_of(text) : rel_str_n("", 0);
}

static int check_name(struct rel_archive *archive, struct rel_str raw,
		      const char *what)
{
	if (rel_path_is_safe(tidy(raw)))
		return 0;
	return rel_fail(&archive->failure, REL_EPARSE, "unsafe %s: \"%.*s\"",
			what, REL_STR_ARG(raw));
}

static enum rel_archive_kind kind_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return REL_ARCHIVE_HARDLINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return REL_ARCHIVE_FILE;
	case AE_IFDIR:
		return REL_ARCHIVE_DIR;
	case AE_IFLNK:
		return REL_ARCHIVE_SYMLINK;
	default:
		return REL_ARCHIVE_OTHER;
	}
}

/* The announced size counts before a byte of it is unpacked. */
static int check_size(struct rel_archive *archive, struct rel_str raw,
		      int64_t size)
{
	uint64_t max = archive->limits.max_bytes;

	if (size < 0)
		return rel_fail(&archive->failure, REL_EPARSE,
				"negative size: \"%.*s\"", REL_STR_ARG(raw));
	if ((uint64_t)size > max - archive->announced)
		return check_bytes(archive, max + 1);
	archive->announced += (uint64_t)size;
	return 0;
}

static int describe(struct rel_archive_member *out, struct rel_archive *archive,
		    struct rel_str raw)
{
	struct archive_entry *entry = archive->entry;
	int64_t size = archive_entry_size(entry);
	struct rel_str target;
	int rc;

	rc = check_name(archive, raw, "member name");
	if (rc == 0)
		rc = check_size(archive, raw, size);
	if (rc)
		return rc;
	*out = (struct rel_archive_member){
	    .path = tidy(raw),
	    .kind = kind_of(entry),
	    .mode = archive_entry_perm(entry) & 07777u,
	    .target = rel_str_n("", 0),
	};
	switch (out->kind) {
	case REL_ARCHIVE_FILE:
		out->size = archive->left = (uint64_t)size;
		break;
	case REL_ARCHIVE_SYMLINK:
		out->target = text_of(archive_entry_symlink(entry));
		break;
	case REL_ARCHIVE_HARDLINK:
		target = text_of(archive_entry_hardlink(entry));
		out->target = tidy(target);
		return check_name(archive, target, "hard link target");
	default:
		break;
	}
	return 0;
}

/* A warning is about a name outside the locale, which comes out all the
 * same; a request to retry comes after a damaged header. */
static bool failed(int result)
{
	return result < ARCHIVE_OK && result != ARCHIVE_WARN;
}

/* Pass over what the caller did not read, with an eye on the caps:
 * libarchive's own skipping would unpack a bomb to its end. */
static int skip_content(struct rel_archive *archive, struct rel_error *err)
{
	const void *ptr;
	size_t len;
	la_int64_t offset;
	int result;

	if (!archive->entry)
		return 0;
	do {
		result = archive_read_data_block(archive->handle, &ptr, &len,
						 &offset);
		if (failed(result))
			return fail_handle(archive, err);
		if (check_flow(archive) != 0)
			return give_up(archive, err);
	} while (result != ARCHIVE_EOF);
	archive->entry = NULL;
	archive->left = 0;
	return 0;
}

/* 1 with `raw` set: a member; 0: the end. */
static int next_entry(struct rel_str *raw, struct rel_archive *archive,
		      struct rel_error *err)
{
	int result;

	result = archive_read_next_header(archive->handle, &archive->entry);
	if (result == ARCHIVE_EOF) {
		archive->entry = NULL;
		return 0;
	}
	if (failed(result))
		return fail_handle(archive, err);
	if (++archive->members > archive->limits.max_members) {
		rel_fail(&archive->failure, REL_ELIMIT, "more than %u members",
			 archive->limits.max_members);
		return give_up(archive, err);
	}
	if (check_flow(archive) != 0)
		return give_up(archive, err);
	*raw = text_of(archive_entry_pathname(archive->entry));
	return 1;
}

int rel_archive_next(struct rel_archive_member *out,
		     struct rel_archive *archive, struct rel_error *err)
{
	struct rel_str raw;
	int rc;

	if (archive->failure.code != 0)
		return give_up(archive, err);
	do {
		rc = skip_content(archive, err);
		if (rc == 0)
			rc = next_entry(&raw, archive, err);
		if (rc != 1)
			return rc;
	} while (raw.len > 0 && tidy(raw).len == 0);
	return describe(out, archive, raw) != 0 ? give_up(archive, err) : 1;
}

int rel_archive_chunk(struct rel_str *out, struct rel_archive *archive,
		      struct rel_error *err)
{
	size_t want = CHUNK_BYTES;
	la_ssize_t n;

	*out = rel_str_n("", 0);
	if (archive->failure.code != 0)
		return give_up(archive, err);
	if (archive->left == 0)
		return 0;
	if (want > archive->left)
		want = (size_t)archive->left;
	n = archive_read_data(archive->handle, archive->chunk, want);
	if (n < 0)
		return fail_handle(archive, err);
	if (check_flow(archive) != 0)
		return give_up(archive, err);
	if (n == 0) {
		/* The hole at the end of a sparse member. */
		memset(archive->chunk, 0, want);
		n = (la_ssize_t)want;
	}
	archive->left -= (uint64_t)n;
	*out = rel_str_n(archive->chunk, (size_t)n);
	return 1;
}

int rel_archive_content(struct rel_buf *out, struct rel_archive *archive,
			struct rel_error *err)
{
	struct rel_str chunk;
	int rc;

	if (archive->left > out->max - out->len) {
		rel_fail(err, REL_ELIMIT, "member larger than %zu bytes",
			 out->max);
		rel_error_at(err, archive->name, 0, 0);
		return REL_ELIMIT;
	}
	while ((rc = rel_archive_chunk(&chunk, archive, err)) == 1) {
		if (rel_buf_add_str(out, chunk) != 0)
			return rel_buf_status(out, "member", err);
	}
	return rc;
}

int rel_archive_each(struct rel_archive *archive, rel_archive_fn fn,
		     void *context, struct rel_error *err)
{
	struct rel_archive_member member;
	int rc;

	while ((rc = rel_archive_next(&member, archive, err)) == 1) {
		rc = fn(context, &member, archive, err);
		if (rc)
			return rc;
	}
	return rc;
}
