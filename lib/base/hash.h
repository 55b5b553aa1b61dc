/* A fast hash for tables in memory; not stable between versions or hosts,
 * never written to disk, no defence against chosen collisions. */
#ifndef REL_BASE_HASH_H
#define REL_BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

uint64_t rel_hash_bytes(const void *ptr, size_t len);

static inline uint64_t rel_hash_mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
	return x ^ (x >> 32);
}

#endif
