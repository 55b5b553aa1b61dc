/* What the files of lib/archive share. */
#ifndef REL_ARCHIVE_PRIVATE_H
#define REL_ARCHIVE_PRIVATE_H

#include <archive.h>
#include <archive_entry.h>

#include "archive/read.h"
#include "base/lazy.h"

/*
 * libarchive, loaded when first needed (cmake/RelctlLazy.cmake):
 * rel_libarchive_load() comes before any of its functions.
 */
#ifdef REL_LIBARCHIVE_LAZY
/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_libarchive_load(struct rel_error *err);
#include REL_LIBARCHIVE_LAZY
#else
static inline int rel_libarchive_load(struct rel_error *err)
{
	(void)err;
	return 0;
}
#endif

/* The tar inside an archive as bytes, under the caps of read.h. */

/* As rel_archive_open_path() and _memory(); *out is to be closed even after an
 * error.  Of read.h's other functions only rel_archive_close() is allowed. */
REL_MUST_CHECK int rel_archive_raw_open_path(
    struct rel_archive **out, const char *path,
    const struct rel_archive_limits *limits, const struct rel_cancel *cancel,
    struct rel_error *err);
REL_MUST_CHECK int rel_archive_raw_open_memory(
    struct rel_archive **out, struct rel_str bytes,
    const struct rel_archive_limits *limits, struct rel_error *err);

/* The next bytes, as rel_archive_chunk(). */
REL_MUST_CHECK int rel_archive_raw_chunk(struct rel_str *out,
					 struct rel_archive *archive,
					 struct rel_error *err);

/* How often it is packed: 0, a plain tar; 2 and more, packed again. */
unsigned rel_archive_raw_layers(const struct rel_archive *archive);

/* At the end of the bytes: is there more behind what is packed? */
REL_MUST_CHECK int rel_archive_raw_unread(bool *out,
					  struct rel_archive *archive,
					  struct rel_error *err);

const char *rel_archive_raw_name(const struct rel_archive *archive);

#endif
