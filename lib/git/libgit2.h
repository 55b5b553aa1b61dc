/*
 * libgit2, loaded when first needed (cmake/RelctlLazy.cmake): it brings a dozen
 * other libraries along, half of the time that the program takes to start.
 * rel_git_library_open() loads it; where no library is opened,
 * rel_libgit2_load() comes before any of its functions.  Private.
 */
#ifndef REL_GIT_LIBGIT2_H
#define REL_GIT_LIBGIT2_H

#include <git2.h>
/* Newer versions moved git_error_set_str() there. */
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>
#endif
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include "base/lazy.h"

#ifdef REL_LIBGIT2_LAZY
/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_libgit2_load(struct rel_error *err);
#include REL_LIBGIT2_LAZY
#else
static inline int rel_libgit2_load(struct rel_error *err)
{
	(void)err;
	return 0;
}
#endif

#endif
