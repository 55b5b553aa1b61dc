/*
 * libarchive, loaded when first needed (cmake/RelctlLazy.cmake):
 * rel_libarchive_load() comes before any of its functions.  Private.
 */
#ifndef REL_ARCHIVE_LIBARCHIVE_H
#define REL_ARCHIVE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/lazy.h"

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

#endif
