#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/intern.h"

#define MAX_LEN 40

static void test_alignment_does_not_matter(void **state)
{
	unsigned char text[MAX_LEN + 8], moved[MAX_LEN + 8];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 37 + 11);
	for (size_t len = 0; len <= MAX_LEN; len++) {
		for (size_t shift = 1; shift < 8; shift++) {
			memcpy(moved + shift, text, len);
			assert_true(rel_hash_bytes(text, len) ==
				    rel_hash_bytes(moved + shift, len));
		}
	}
	assert_true(rel_hash_bytes(NULL, 0) == rel_hash_bytes(text, 0));
}

static void test_length_counts(void **state)
{
	static const unsigned char zeros[MAX_LEN];

	(void)state;
	for (size_t a = 0; a <= MAX_LEN; a++) {
		for (size_t b = 0; b < a; b++)
			assert_false(rel_hash_bytes(zeros, a) ==
				     rel_hash_bytes(zeros, b));
	}
}

static unsigned popcount(uint64_t x)
{
	unsigned n = 0;

	for (; x; x &= x - 1)
		n++;
	return n;
}

/* Every bit of the input has its say in the 16 low bits, which index tables:
 * over all positions of a length, half of them flip, give or take. */
static void test_low_bits_see_all_input(void **state)
{
	unsigned char text[MAX_LEN];

	(void)state;
	for (size_t len = 1; len <= MAX_LEN; len++) {
		for (size_t bit = 0; bit < len * 8; bit++) {
			unsigned flips = 0;

			for (unsigned seed = 0; seed < 32; seed++) {
				uint64_t before, after;

				for (size_t i = 0; i < len; i++)
					text[i] =
					    (unsigned char)(seed * 29 + i * 97);
				before = rel_hash_bytes(text, len);
				text[bit / 8] ^= (unsigned char)(1 << bit % 8);
				after = rel_hash_bytes(text, len);
				flips += popcount((before ^ after) & 0xffff);
			}
			/* 32 seeds × 16 bits / 2 = 256 expected */
			assert_in_range(flips, 128, 384);
		}
	}
}

/* n keys into n buckets leave n/e of them empty; a poor hash leaves more. */
static void assert_spread(const unsigned char *used, size_t n)
{
	size_t empty = 0;

	for (size_t i = 0; i < n; i++)
		empty += !used[i];
	assert_in_range(empty, n * 35 / 100, n * 39 / 100);
}

static void test_spread_of_names(void **state)
{
	enum { N = 1 << 16 };
	static unsigned char used[N];
	char name[32];

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		int n =
		    snprintf(name, sizeof(name), "pkg-%u.%u", i / 16, i % 16);

		used[rel_hash_bytes(name, (size_t)n) % N] = 1;
	}
	assert_spread(used, N);
}

static void test_spread_of_pairs(void **state)
{
	enum { N = 1 << 16 };
	static unsigned char used[N];

	(void)state;
	for (uint64_t a = 0; a < 256; a++) {
		for (uint64_t b = 0; b < 256; b++)
			used[rel_hash_mix(a, b) % N] = 1;
	}
	assert_spread(used, N);
	assert_false(rel_hash_mix(1, 2) == rel_hash_mix(2, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alignment_does_not_matter),
	    cmocka_unit_test(test_length_counts),
	    cmocka_unit_test(test_low_bits_see_all_input),
	    cmocka_unit_test(test_spread_of_names),
	    cmocka_unit_test(test_spread_of_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
