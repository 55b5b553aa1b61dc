/*
 * Writing tar archives whose bytes depend on nothing but what is put in:
 * owner and group 0 without names, the caller's times, one fixed setting per
 * compressor, no name and no time in the gzip header.  The headers are written
 * here (POSIX.1-2001: ustar, with a pax header where ustar has no room), so
 * that neither locale nor libarchive's version changes them; libarchive
 * compresses.  Nothing is seekable, memory does not grow with the archive.
 *
 * The compressed bytes also depend on the compressor's own library (zlib and
 * zlib-ng differ), the tar inside does not.
 */
#ifndef REL_ARCHIVE_WRITE_H
#define REL_ARCHIVE_WRITE_H

#include "archive/read.h"
#include "base/sink.h"

enum rel_archive_format {
	REL_ARCHIVE_TBZ,     /* bzip2 -9, the field's default */
	REL_ARCHIVE_TAR_GZ,  /* gzip -9 -n */
	REL_ARCHIVE_TAR_XZ,  /* xz -6, one thread, CRC64 */
	REL_ARCHIVE_TAR_ZST, /* zstd -12, one thread */
	REL_ARCHIVE_TAR,     /* not compressed */
};

/* "tbz", "tar.gz", "tar.xz", "tar.zst", "tar": what follows the dot in a
 * file's name, and the word of relctl.yml. */
const char *rel_archive_format_name(enum rel_archive_format format);

/* The format of such a word, or of the end of a file name after a dot
 * ("a-1.tar.bz2", "a-1.tgz" and "a-1.txz" too); false when it is none. */
bool rel_archive_format_of(enum rel_archive_format *out, struct rel_str name);

struct rel_archive_entry {
	/* Clean and relative (rel_path_is_safe), without trailing slash. */
	struct rel_str path;
	enum rel_archive_kind kind; /* FILE, DIR, SYMLINK; HARDLINK */
	unsigned mode;		    /* permission bits; 07777 */
	uint64_t size;		    /* of a FILE's content, in bytes */
	int64_t mtime;		    /* seconds since 1970; before is 1970 */
	struct rel_str target;	    /* of a link, as it shall stand there */
};

/* Not thread-safe. */
struct rel_archive_writer;

/*
 * Start an archive.
 * sink    takes the archive's bytes; copied, what it points to is borrowed
 * tap     takes the tar as it is before it is compressed, for a digest; may
 *         be NULL
 * cancel  may be NULL; borrowed
 * End it with rel_archive_write_close() or rel_archive_write_abort().
 * Errors  REL_ENOMEM; REL_EIO when libarchive lacks the compressor
 */
REL_MUST_CHECK int rel_archive_write_open(struct rel_archive_writer **out,
					  enum rel_archive_format format,
					  const struct rel_sink *sink,
					  const struct rel_sink *tap,
					  const struct rel_cancel *cancel,
					  struct rel_error *err);

/*
 * Begin the next member.  A FILE's `size` bytes follow by
 * rel_archive_write_data(); too few or too many are REL_EUSAGE when the next
 * member begins or the archive is closed.
 * Errors  REL_EUSAGE an unsafe path, a link without target; the sink's;
 *         REL_EIO, REL_ENOMEM, REL_ECANCELLED.  After an error of any
 *         function only close or abort make sense, and close repeats it.
 */
REL_MUST_CHECK int rel_archive_write_entry(
    struct rel_archive_writer *writer, const struct rel_archive_entry *entry,
    struct rel_error *err);
REL_MUST_CHECK int rel_archive_write_data(struct rel_archive_writer *writer,
					  const void *ptr, size_t len,
					  struct rel_error *err);

/*
 * Write the end of the archive, flush the compressor, and free `writer`, also
 * when it fails.  Only 0 means that the sink has the whole archive.
 * Errors  the first failure of all; as above
 */
REL_MUST_CHECK int rel_archive_write_close(struct rel_archive_writer *writer,
					   struct rel_error *err);

/* Free it without ending the archive.  Fine on NULL. */
void rel_archive_write_abort(struct rel_archive_writer *writer);

#endif
