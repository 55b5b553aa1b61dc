/* Repeatable chance, for generators of test input. */
#ifndef REL_TESTS_CHANCE_H
#define REL_TESTS_CHANCE_H

#include <stdint.h>

struct rel_chance {
	uint64_t state;
};

/* Every seed is its own sequence. */
void rel_chance_seed(struct rel_chance *chance, uint64_t seed);

/* 0 … n - 1; n > 0 */
uint32_t rel_chance_below(struct rel_chance *chance, uint32_t n);

/* One of the texts given. */
#define REL_CHANCE_OF(chance, ...)                                            \
	((const char *const[]){__VA_ARGS__}[rel_chance_below(                 \
	    (chance), (uint32_t)(sizeof((const char *const[]){__VA_ARGS__}) / \
				 sizeof(char *)))])

/* The number in an environment variable, else `otherwise`. */
unsigned long rel_test_number(const char *variable, unsigned long otherwise);

#endif
