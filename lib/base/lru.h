/*
 * A directory of cache files, bounded in size: each is written whole under a
 * name that says what it holds, may vanish at any time, and those that were
 * not used for longest go first.
 *
 * Any number of runs may read and write at once and be killed at any
 * instruction.  Files are not forced to disk: what a power cut leaves must be
 * found out by the reader, by a checksum.
 */
#ifndef REL_BASE_LRU_H
#define REL_BASE_LRU_H

#include <stdint.h>
#include <time.h>

#include "base/error.h"

struct rel_lru_file {
	char name[96];
	struct timespec used;
	uint64_t bytes;
};

struct rel_lru {
	struct rel_lru_file *items; /* least recently used first */
	uint32_t count, cap;
	uint64_t bytes; /* of all files */
};

/*
 * The files of `directory` that end in `suffix`; none when it cannot be read.
 * Clears away what runs that were killed left behind.
 * Errors  REL_ENOMEM; rel_lru_free() is fine after it
 */
REL_MUST_CHECK int rel_lru_list(struct rel_lru *out, const char *directory,
				const char *suffix, struct rel_error *err);
void rel_lru_free(struct rel_lru *lru);

/* Mark as used; does nothing where the cache may only be read. */
void rel_lru_touch(const char *path);

/*
 * Write directory/name, making the directory if need be, then remove the
 * least recently used files with `suffix` until all together have at most
 * `max_bytes`.
 * Errors  as rel_atomic_commit(); REL_ELIMIT when `len` alone is more.
 */
REL_MUST_CHECK int rel_lru_put(const char *directory, const char *name,
			       const char *suffix, const void *bytes,
			       size_t len, uint64_t max_bytes,
			       struct rel_error *err);

#endif
