/*
 * lib/archive: bounded, streaming reading of tar archives, plain or packed
 * with gzip, bzip2, xz or zstd (told by content, not by name).  Owner of
 * libarchive.  Never writes to disk.
 *
 * What comes out can be trusted in form: names are clean relative paths
 * (rel_path_is_safe), counts and sizes are under the caps.  What links point
 * at is only told; who resolves it does so among the members.
 *
 * Formats: POSIX.1-2001 ustar and pax, GNU tar (long names, sparse members),
 * v7.  The checksum of the gzip trailer is not verified by libarchive 3.6:
 * a flipped bit that leaves a well-formed stream is found only by a digest
 * of the whole file.
 */
#ifndef REL_ARCHIVE_READ_H
#define REL_ARCHIVE_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

/* Zero-initialise; 0 = the cap of base/limits.h. */
struct rel_archive_limits {
	uint64_t max_bytes;   /* unpacked, headers and padding included;
				 REL_LIMIT_INDEX_UNPACKED */
	uint32_t max_members; /* REL_LIMIT_INDEX_MEMBERS */
	uint32_t max_ratio;   /* unpacked / packed, looked at beyond
				 REL_LIMIT_RATIO_FREE unpacked bytes;
				 REL_LIMIT_RATIO */
};

enum rel_archive_kind {
	REL_ARCHIVE_FILE,
	REL_ARCHIVE_DIR,
	REL_ARCHIVE_SYMLINK,
	REL_ARCHIVE_HARDLINK,
	REL_ARCHIVE_OTHER, /* device, FIFO, … */
};

/* Texts are valid until the next rel_archive_next() or _close(). */
struct rel_archive_member {
	/* Without leading "./" and trailing "/"; safe. */
	struct rel_str path;
	enum rel_archive_kind kind;
	uint64_t size; /* of a FILE's content, in bytes; else 0 */
	unsigned mode; /* permission bits, 07777 */
	/* SYMLINK: as written, any text, may point anywhere.
	 * HARDLINK: the path of an earlier member, in the form of `path`.
	 * Else empty. */
	struct rel_str target;
};

/* Not thread-safe. */
struct rel_archive;

/*
 * Start reading.  Release *out with rel_archive_close(), which does not close
 * `fd` and does not free `bytes` (both must outlive the reader).
 * name    for error texts; copied
 * limits  may be NULL: all caps as in base/limits.h
 * cancel  may be NULL; must outlive the reader
 * Errors  REL_ENOTFOUND, REL_EIO, REL_ENOMEM, REL_ECANCELLED; REL_EPARSE: not a
 *         tar archive.  An archive without members is fine, a file of no
 *         bytes is not.
 */
REL_MUST_CHECK int rel_archive_open_path(
    struct rel_archive **out, const char *path,
    const struct rel_archive_limits *limits, const struct rel_cancel *cancel,
    struct rel_error *err);
REL_MUST_CHECK int rel_archive_open_fd(struct rel_archive **out, int fd,
				       const char *name,
				       const struct rel_archive_limits *limits,
				       const struct rel_cancel *cancel,
				       struct rel_error *err);
REL_MUST_CHECK int rel_archive_open_memory(
    struct rel_archive **out, struct rel_str bytes, const char *name,
    const struct rel_archive_limits *limits, const struct rel_cancel *cancel,
    struct rel_error *err);
/* Fine on NULL. */
void rel_archive_close(struct rel_archive *archive);

/*
 * Go to the next member; content of the current one that was not read is
 * skipped (and counted).  The archive's own root ("." or "./") is left out.
 * Returns 1 with *out filled, 0 at the end, or
 *   REL_EPARSE      damaged or truncated; a name that is empty, absolute,
 *                   has a ".." part or is otherwise unsafe: the text names
 *                   the member
 *   REL_ELIMIT      members, unpacked bytes or ratio over the cap; a member
 *                   whose announced size alone breaks the cap is refused
 *                   before its content is unpacked
 *   REL_ECANCELLED, REL_EIO, REL_ENOMEM
 * err->path is the archive's name.  After an error only close is allowed.
 */
REL_MUST_CHECK int rel_archive_next(struct rel_archive_member *out,
				    struct rel_archive *archive,
				    struct rel_error *err);

/*
 * The next piece of the current FILE's content, in order, at most 64 KiB;
 * holes of sparse members arrive as zeros.  Valid until the next call.
 * Returns 1 with a non-empty *out, 0 at the end of the content, or an error
 * as rel_archive_next().
 */
REL_MUST_CHECK int rel_archive_chunk(struct rel_str *out,
				     struct rel_archive *archive,
				     struct rel_error *err);

/*
 * Append what is left of the current FILE's content to `out`.
 * Errors  as rel_archive_chunk(); REL_ELIMIT over out->max (then the reader
 *         may go on with rel_archive_next()).
 */
REL_MUST_CHECK int rel_archive_content(struct rel_buf *out,
				       struct rel_archive *archive,
				       struct rel_error *err);

/*
 * All members in order, for callers that want a callback.  `member` may call
 * rel_archive_chunk() or _content() on `archive` for the data, but not
 * _next().  Its first non-zero result ends the walk and is returned.
 */
typedef int (*rel_archive_fn)(void *context,
			      const struct rel_archive_member *member,
			      struct rel_archive *archive,
			      struct rel_error *err);
REL_MUST_CHECK int rel_archive_each(struct rel_archive *archive,
				    rel_archive_fn fn, void *context,
				    struct rel_error *err);

#endif
