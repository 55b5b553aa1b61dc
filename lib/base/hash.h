/* A fast hash for tables in memory; not stable between versions or hosts,
 * never written to disk, no defence against chosen collisions. */
#ifndef REL_BASE_HASH_H
#define REL_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

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
