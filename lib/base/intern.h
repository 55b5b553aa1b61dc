/*
 * rel_intern: text ↔ 32-bit ids.  Ids count from 0 in order of first
 * arrival.  The text is copied into the table's own storage and stays where
 * it is as long as the table lives.
 */
#ifndef REL_BASE_INTERN_H
#define REL_BASE_INTERN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

typedef uint32_t rel_string_id;
#define REL_STRING_NONE UINT32_MAX

struct rel_intern {
	struct rel_arena text;
	struct rel_str *items; /* by id */
	uint32_t count, cap;
	uint64_t *slots;  /* hash << 32 | id + 1, 0 = free */
	uint32_t n_slots; /* a power of two, or 0 */
};

/* `max_bytes` of text, from base/limits.h. */
void rel_intern_init(struct rel_intern *table, size_t max_bytes);
void rel_intern_free(struct rel_intern *table);

/* The id of `s`, new or old, or REL_STRING_NONE when out of memory. */
rel_string_id rel_intern_add(struct rel_intern *table, struct rel_str s);

/* The id of `s`, or REL_STRING_NONE when it was never added. */
rel_string_id rel_intern_find(const struct rel_intern *table, struct rel_str s);

static inline struct rel_str rel_intern_get(const struct rel_intern *table,
					    rel_string_id id)
{
	return table->items[id];
}

/*
 * A fast hash for tables in memory; not stable between versions or hosts,
 * never written to disk, no defence against chosen collisions.
 */

uint64_t rel_hash_bytes(const void *ptr, size_t len);

/* One hash of two numbers; (a, b) and (b, a) differ. */
static inline uint64_t rel_hash_mix(uint64_t a, uint64_t b)
{
	/* `a` is spread before it meets `b`, or pairs of small ids collide. */
	uint64_t x = ((a * 0x9fb21c651e98df25u) ^ (b + 0x9e3779b97f4a7c15u)) *
		     0xff51afd7ed558ccdu;
	return x ^ (x >> 32);
}

#endif
