#include "repo/checksum.h"

#include <string.h>

#define PRIME_1 0x9e3779b185ebca87u
#define PRIME_2 0xc2b2ae3d27d4eb4fu
#define PRIME_3 0x165667b19e3779f9u
#define LANES	4

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t step(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * PRIME_2;
	h = (h ^ h >> 29) * PRIME_3;
	return h ^ h >> 32;
}

uint64_t rel_checksum(const void *ptr, size_t len)
{
	uint64_t lanes[LANES] = {PRIME_1, PRIME_2, PRIME_3, 0}, words[LANES];
	const unsigned char *p = ptr;
	uint64_t h = len;

	for (size_t left = len; left > 0;) {
		size_t n = left < sizeof(words) ? left : sizeof(words);

		if (n < sizeof(words))
			memset(words, 0, sizeof(words));
		memcpy(words, p, n);
		for (unsigned i = 0; i < LANES; i++)
			lanes[i] = step(lanes[i], words[i]);
		p += n;
		left -= n;
	}
	for (unsigned i = 0; i < LANES; i++)
		h = mix(h * PRIME_1 + lanes[i]);
	return h;
}
