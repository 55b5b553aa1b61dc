/* A packed release as files on the disk, for trying it. */
#ifndef REL_RELEASE_UNPACK_H
#define REL_RELEASE_UNPACK_H

#include "base/cancel.h"
#include "base/error.h"

/*
 * Unpack the archive at `path`, one of our own (release/cut/pack.h), into the
 * directory `dir`, which exists and holds nothing yet.
 * Errors  as rel_archive_next(); REL_EIO with the path
 */
REL_MUST_CHECK int rel_unpack(const char *path, const char *dir,
			      const struct rel_cancel *cancel,
			      struct rel_error *err);

#endif
