#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>

#include "base/arena.h"
#include "base/limits.h"

static void test_zeroed_and_aligned(void **state)
{
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	for (size_t size = 0; size < 200; size++) {
		unsigned char *p = rel_arena_alloc(&arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, size);
		assert_non_null(rel_arena_copy(&arena, REL_STR("odd")));
	}
	rel_arena_free(&arena);
}

static void test_zeroed_after_reset(void **state)
{
	struct rel_arena arena;
	unsigned char *p;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	p = rel_arena_alloc(&arena, 1000);
	assert_non_null(p);
	memset(p, 0xff, 1000);
	rel_arena_reset(&arena);
	assert_int_equal(arena.used, 0);
	p = rel_arena_alloc(&arena, 1000);
	assert_non_null(p);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	rel_arena_free(&arena);
}

/* Pieces of all sizes keep their bytes while others come and go between
 * blocks. */
static void test_pieces_do_not_overlap(void **state)
{
	enum { N = 3000 };
	static unsigned char *pieces[N];
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, 64 * REL_MIB);
	for (size_t i = 0; i < N; i++) {
		size_t size = i % 100 == 0 ? 100000 + i : 1 + i % 700;

		pieces[i] = rel_arena_alloc(&arena, size);
		assert_non_null(pieces[i]);
		memset(pieces[i], (int)(i % 251), size);
	}
	for (size_t i = 0; i < N; i++) {
		size_t size = i % 100 == 0 ? 100000 + i : 1 + i % 700;

		for (size_t j = 0; j < size; j++)
			assert_int_equal(pieces[i][j], i % 251);
	}
	rel_arena_free(&arena);
}

static void test_max(void **state)
{
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, 4096);
	assert_non_null(rel_arena_alloc(&arena, 4000));
	assert_null(rel_arena_alloc(&arena, 97));
	assert_non_null(rel_arena_alloc(&arena, 96));
	assert_int_equal(arena.used, 4096);
	assert_null(rel_arena_alloc(&arena, 1));
	assert_null(rel_arena_copy(&arena, REL_STR("")));
	rel_arena_reset(&arena);
	assert_non_null(rel_arena_alloc(&arena, 4096));
	rel_arena_free(&arena);
}

static void test_overflow(void **state)
{
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, SIZE_MAX);
	assert_null(rel_arena_alloc(&arena, SIZE_MAX));
	assert_null(rel_arena_alloc(&arena, SIZE_MAX - 64));
	assert_null(rel_arena_array(&arena, SIZE_MAX / 2, 3));
	assert_null(rel_arena_copy(&arena, rel_str_n("", SIZE_MAX)));
	assert_int_equal(arena.used, 0);
	assert_non_null(rel_arena_array(&arena, 0, 8));
	assert_non_null(rel_arena_array(&arena, 8, 0));
	rel_arena_free(&arena);
}

static void test_copy(void **state)
{
	static const char with_nul[] = "a\0b";
	struct rel_arena arena;
	char *copy;

	(void)state;
	rel_arena_init(&arena, REL_MIB);
	copy = rel_arena_copy(&arena, rel_str_n(with_nul, 3));
	assert_non_null(copy);
	assert_memory_equal(copy, with_nul, 4);
	assert_string_equal(rel_arena_copy(&arena, rel_str_n(NULL, 0)), "");
	rel_arena_free(&arena);
	rel_arena_free(&arena);
	rel_arena_free(NULL);
}

static REL_PRINTF(2, 3) char *format(struct rel_arena *arena, const char *fmt,
				     ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = rel_arena_vprintf(arena, fmt, args);
	va_end(args);
	return text;
}

static void test_format(void **state)
{
	struct rel_arena arena;

	(void)state;
	rel_arena_init(&arena, 64);
	assert_string_equal(format(&arena, "%s of %d", "one", 2), "one of 2");
	assert_string_equal(format(&arena, "%s", ""), "");
	assert_null(format(&arena, "%100d", 1));
	rel_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_zeroed_and_aligned),
	    cmocka_unit_test(test_zeroed_after_reset),
	    cmocka_unit_test(test_pieces_do_not_overlap),
	    cmocka_unit_test(test_max),
	    cmocka_unit_test(test_overflow),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
