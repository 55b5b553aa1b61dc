#include "base/hash.h"

#define FACTOR_1 0x9fb21c651e98df25u
#define FACTOR_2 0xd6e8feb86659fd93u

static uint64_t load_8(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t load_4(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The last 0 … 7 bytes; the length is in the seed, so they may overlap. */
static uint64_t load_tail(const unsigned char *p, size_t len)
{
	if (len >= 4)
		return load_4(p) | load_4(p + len - 4) << 32;
	if (len > 0)
		return p[0] | (uint64_t)p[len / 2] << 8 |
		       (uint64_t)p[len - 1] << 16;
	return 0;
}

static uint64_t step(uint64_t h, uint64_t word)
{
	h = (h ^ word) * FACTOR_1;
	return h ^ (h >> 32);
}

/*
 * Eight bytes a step: xor, multiply, fold the high half down.  A product
 * carries changes upwards only, so the end is one more multiplication: else
 * the last byte of a word would not reach the low bits that index tables.
 */
uint64_t rel_hash_bytes(const void *ptr, size_t len)
{
	const unsigned char *p = ptr;
	uint64_t h = (len + 1) * FACTOR_2;

	for (; len >= 8; p += 8, len -= 8)
		h = step(h, load_8(p));
	h = step(h, load_tail(p, len)) * FACTOR_2;
	return h ^ (h >> 29);
}
