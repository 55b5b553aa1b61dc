#include "support/chance.h"

#include <stdlib.h>

/* SplitMix64, by Sebastiano Vigna */
static uint64_t next(struct rel_chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void rel_chance_seed(struct rel_chance *chance, uint64_t seed)
{
	chance->state = seed;
	chance->state = next(chance); /* near seeds must not overlap */
}

uint32_t rel_chance_below(struct rel_chance *chance, uint32_t n)
{
	return (uint32_t)((next(chance) >> 32) % n);
}

unsigned long rel_test_number(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 10) : otherwise;
}
