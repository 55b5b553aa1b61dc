/*
 * rel_arena: bump allocation.  Everything dies together, with the arena or
 * at a reset; single pieces are never freed.  Not thread-safe: one arena per
 * thread.
 */
#ifndef REL_BASE_ARENA_H
#define REL_BASE_ARENA_H

#include <stdarg.h>

#include "base/error.h"
#include "base/str.h"

struct rel_arena_block;

struct rel_arena {
	struct rel_arena_block *blocks; /* newest first */
	size_t used; /* bytes since the reset, with padding */
	size_t max;  /* bytes; beyond it alloc fails */
};

/* `max` in bytes, from base/limits.h. */
void rel_arena_init(struct rel_arena *arena, size_t max);
void rel_arena_free(struct rel_arena *arena);
/* Drop all pieces; one block is kept for reuse. */
void rel_arena_reset(struct rel_arena *arena);

/* Zeroed memory aligned for any type; NULL when out of memory or over max. */
void *rel_arena_alloc(struct rel_arena *arena, size_t size);
/* count × size, overflow checked. */
void *rel_arena_array(struct rel_arena *arena, size_t count, size_t size);
/* A NUL-terminated copy. */
char *rel_arena_copy(struct rel_arena *arena, struct rel_str s);
/* A formatted text, as vprintf(3). */
char *rel_arena_vprintf(struct rel_arena *arena, const char *fmt, va_list args)
    REL_PRINTF(2, 0);

#endif
