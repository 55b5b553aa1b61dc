#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct pool {
	size_t count;
	rel_work_fn work;
	void *context;
	atomic_size_t next;
	atomic_bool stop;
	pthread_mutex_t lock; /* guards the rest */
	int rc;
	size_t failed; /* item of `code`, when not 0 */
	struct rel_error err;
};

struct worker {
	struct pool *pool;
	unsigned number;
	pthread_t thread;
};

unsigned rel_cpu_count(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

static void record(struct pool *pool, size_t item, int rc,
		   const struct rel_error *err)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->rc == 0 || item < pool->failed) {
		pool->rc = rc;
		pool->failed = item;
		pool->err = *err;
	}
	pthread_mutex_unlock(&pool->lock);
	atomic_store(&pool->stop, true);
}

static void drain(struct pool *pool, unsigned number)
{
	struct rel_error err = {0};

	while (!atomic_load_explicit(&pool->stop, memory_order_relaxed)) {
		size_t item = atomic_fetch_add(&pool->next, 1);
		int rc;

		if (item >= pool->count)
			break;
		rc = pool->work(pool->context, number, item, &err);
		if (rc)
			record(pool, item, rc, &err);
	}
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	drain(worker->pool, worker->number);
	return NULL;
}

/*
 * Start up to `n` threads beside the caller's; fewer is fine.  They take no
 * signals, so that handlers run in, and system calls are interrupted of, the
 * threads the program had before.
 */
static unsigned start(struct pool *pool, struct worker *workers, unsigned n)
{
	unsigned started = 0;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	while (started < n) {
		struct worker *worker = &workers[started];

		worker->pool = pool;
		worker->number = started + 1;
		if (pthread_create(&worker->thread, NULL, run_worker, worker))
			break;
		started++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

static int run_serial(size_t count, rel_work_fn work, void *context,
		      struct rel_error *err)
{
	for (size_t item = 0; item < count; item++) {
		int rc = work(context, 0, item, err);

		if (rc)
			return rc;
	}
	return 0;
}

int rel_parallel(unsigned jobs, size_t count, rel_work_fn work, void *context,
		 struct rel_error *err)
{
	struct pool pool = {.count = count, .work = work, .context = context};
	struct worker *workers;
	unsigned started;

	if (jobs > count)
		jobs = (unsigned)count;
	if (jobs <= 1)
		return run_serial(count, work, context, err);
	workers = calloc(jobs - 1, sizeof(*workers));
	if (!workers)
		return rel_fail_nomem(err);
	pthread_mutex_init(&pool.lock, NULL);
	started = start(&pool, workers, jobs - 1);
	drain(&pool, 0);
	for (unsigned i = 0; i < started; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_mutex_destroy(&pool.lock);
	free(workers);
	if (pool.rc != 0 && err)
		*err = pool.err;
	return pool.rc;
}
