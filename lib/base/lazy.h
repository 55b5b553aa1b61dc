/*
 * Shared libraries that are loaded when they are first needed.  For those
 * that most runs can do without but that cost every start: libcurl and
 * libarchive bring some thirty others along, which took two thirds of the
 * time of `relctl --version`.
 *
 * The module that owns such a library declares a struct of pointers to its
 * functions, and macros by which the functions' names mean the pointers.
 */
#ifndef REL_BASE_LAZY_H
#define REL_BASE_LAZY_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"

struct rel_lazy_symbol {
	const char *name;
	void *slot; /* address of the function pointer to be set */
};

struct rel_lazy {
	const char *soname;
	const struct rel_lazy_symbol *symbols;
	size_t n_symbols;
	pthread_mutex_t lock; /* PTHREAD_MUTEX_INITIALIZER */
	bool loaded;
};

/*
 * Load it unless it is loaded, and set the pointers.  It stays loaded.
 * Errors  REL_EIO: it is not installed or lacks a function; then no pointer
 *         is to be used.
 */
REL_MUST_CHECK int rel_lazy_load(struct rel_lazy *lazy, struct rel_error *err);

#endif
