#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/parallel.h"

enum { N = 1000, JOBS = 4 };

struct tally {
	atomic_uint seen[N];
	atomic_uint bad_workers, workers[JOBS];
	unsigned jobs;
	size_t fail_from; /* items from here on fail */
};

static int work(void *context, unsigned worker, size_t item,
		struct rel_error *err)
{
	struct tally *tally = context;

	atomic_fetch_add(&tally->seen[item], 1);
	if (worker >= tally->jobs)
		atomic_fetch_add(&tally->bad_workers, 1);
	else
		atomic_fetch_add(&tally->workers[worker], 1);
	/* Late enough for later items to fail before the first. */
	if (item == tally->fail_from)
		usleep(20000);
	if (item >= tally->fail_from)
		return rel_fail(err, REL_EIO, "item %zu", item);
	return 0;
}

static struct tally *new_tally(unsigned jobs, size_t fail_from)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	assert_non_null(tally);
	tally->jobs = jobs;
	tally->fail_from = fail_from;
	return tally;
}

static void test_each_item_once(void **state)
{
	static const unsigned jobs[] = {0, 1, 2, JOBS};

	(void)state;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct tally *tally = new_tally(jobs[i] ? jobs[i] : 1, N);

		assert_int_equal(rel_parallel(jobs[i], N, work, tally, NULL),
				 0);
		for (size_t item = 0; item < N; item++)
			assert_int_equal(tally->seen[item], 1);
		assert_int_equal(tally->bad_workers, 0);
		free(tally);
	}
}

static void test_lowest_failure_wins(void **state)
{
	static const unsigned jobs[] = {1, JOBS};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tally *tally = new_tally(jobs[i], 50);
		struct rel_error err = {0};
		size_t ran = 0;

		assert_int_equal(rel_parallel(jobs[i], N, work, tally, &err),
				 REL_EIO);
		assert_string_equal(err.text, "item 50");
		for (size_t item = 0; item < N; item++)
			ran += tally->seen[item];
		assert_in_range(ran, 51, 51 + JOBS);
		free(tally);
	}
}

static void test_more_jobs_than_items(void **state)
{
	struct tally *tally = new_tally(JOBS, N);

	(void)state;
	assert_int_equal(rel_parallel(1000000, 3, work, tally, NULL), 0);
	assert_int_equal(tally->workers[3], 0);
	assert_int_equal(tally->bad_workers, 0);
	assert_int_equal(rel_parallel(JOBS, 0, work, tally, NULL), 0);
	free(tally);
}

/* Every worker waits for all others to arrive, so threads there must be. */
static int meet(void *context, unsigned worker, size_t item,
		struct rel_error *err)
{
	atomic_uint *arrived = context;

	(void)worker;
	(void)item;
	(void)err;
	atomic_fetch_add(arrived, 1);
	while (atomic_load(arrived) < JOBS)
		sched_yield();
	return 0;
}

static void test_really_parallel(void **state)
{
	atomic_uint arrived = 0;

	(void)state;
	alarm(20);
	assert_int_equal(rel_parallel(JOBS, JOBS, meet, &arrived, NULL), 0);
	alarm(0);
}

static void test_cpu_count(void **state)
{
	(void)state;
	assert_in_range(rel_cpu_count(), 1,
			(size_t)sysconf(_SC_NPROCESSORS_CONF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_item_once),
	    cmocka_unit_test(test_lowest_failure_wins),
	    cmocka_unit_test(test_more_jobs_than_items),
	    cmocka_unit_test(test_really_parallel),
	    cmocka_unit_test(test_cpu_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
