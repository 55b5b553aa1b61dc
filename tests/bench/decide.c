/*
 * CPU time and memory of deciding and explaining.
 *	bench_decide LOCATION [COPIES]
 * reads the remote once, then for each profile prints the time of
 * rel_decide and rel_explain and what the solver did.  With COPIES, that many
 * renamed copies of the `env` universe, whose dependencies lead from one into
 * the next, are decided as one, to see how the time grows.  CPU time is that
 * of all threads: the wall clock tells nothing on a shared machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/limits.h"
#include "repo/remote.h"
#include "repo/stack.h"
#include "solve/reason.h"
#include "solve/verdict.h"

/* One set in this many of a copy's clauses is taken from the next copy. */
#define LINK_EVERY 40

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long peak_mib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

static _Noreturn void die(const struct rel_error *err)
{
	fprintf(stderr, "bench_decide: %s\n", err->text);
	exit(1);
}

static void *need(void *memory)
{
	if (!memory) {
		fprintf(stderr, "bench_decide: out of memory\n");
		exit(1);
	}
	return memory;
}

static void print_stats(const char *what, double took,
			const struct rel_sat_stats *stats)
{
	printf("%-12s decide %7.1f ms  passes %" PRIu64 " selections %" PRIu64
	       " conflicts %" PRIu64 " learned %" PRIu64,
	       what, took, stats->passes, stats->selections, stats->conflicts,
	       stats->learned);
}

/* The environment of the recorded lists. */
static struct rel_variable_value env_values[] = {
    {"os", "linux"},
    {"os-family", "debian"},
    {"os-distribution", "debian"},
    {"os-version", "12"},
    {"arch", "x86_64"},
    {"opam-version", "2.5.2"},
};

static const struct rel_environment environments[] = {
    {.name = "env",
     .profile = REL_PROFILE_ENV,
     .values = env_values,
     .n_values = sizeof(env_values) / sizeof(*env_values)},
    {.name = "2.1-no-test",
     .profile = REL_PROFILE_OPAM_2_1,
     .ignore_test_doc = true},
    {.name = "opam-2.1", .profile = REL_PROFILE_OPAM_2_1},
};

/* Array `old` of `n` offsets or ids, `copies` times, each shifted by `by`
 * more; one element more at the end, as lists of offsets want it. */
static const uint32_t *repeat(const uint32_t *old, uint32_t n, uint32_t by,
			      uint32_t copies)
{
	uint32_t *out = need(calloc((size_t)n * copies + 1, sizeof(*out)));

	for (uint32_t c = 0; c < copies; c++) {
		for (uint32_t i = 0; i < n; i++)
			out[c * n + i] = old[i] + c * by;
	}
	out[n * copies] = by * copies;
	return out;
}

static uint32_t *linked_sets(const struct rel_sat_problem *p, uint32_t copies)
{
	uint32_t n = p->clause_first[p->n_clauses];
	uint32_t *out = need(calloc((size_t)n * copies + 1, sizeof(*out)));

	for (uint32_t c = 0; c < copies; c++) {
		for (uint32_t i = 0; i < n; i++) {
			uint32_t to = i % LINK_EVERY ? c : (c + 1) % copies;

			out[c * n + i] = p->clause_sets[i] + to * p->n_sets;
		}
	}
	return out;
}

static struct rel_sat_problem copy_problem(const struct rel_sat_problem *p,
					   uint32_t copies)
{
	uint32_t n_words = p->group_word[p->n_groups], set_words = 0;
	struct rel_sat_problem q = {.n_vars = p->n_vars * copies,
				    .n_groups = p->n_groups * copies,
				    .n_sets = p->n_sets * copies,
				    .n_clauses = p->n_clauses * copies};

	for (uint32_t s = 0; s < p->n_sets; s++) {
		uint32_t g = p->set_group[s];
		uint32_t end =
		    p->set_word[s] + p->group_word[g + 1] - p->group_word[g];

		set_words = end > set_words ? end : set_words;
	}
	q.var_group = repeat(p->var_group, p->n_vars, p->n_groups, copies);
	q.group_first = repeat(p->group_first, p->n_groups, p->n_vars, copies);
	q.group_word = repeat(p->group_word, p->n_groups, n_words, copies);
	q.set_group = repeat(p->set_group, p->n_sets, p->n_groups, copies);
	q.set_word = repeat(p->set_word, p->n_sets, 0, copies);
	q.set_words = p->set_words;
	q.clause_first = repeat(p->clause_first, p->n_clauses,
				p->clause_first[p->n_clauses], copies);
	q.clause_sets = linked_sets(p, copies);
	q.need_first =
	    repeat(p->need_first, p->n_vars, p->need_first[p->n_vars], copies);
	q.needs =
	    repeat(p->needs, p->need_first[p->n_vars], p->n_clauses, copies);
	q.conflict_first = repeat(p->conflict_first, p->n_vars,
				  p->conflict_first[p->n_vars], copies);
	q.conflicts = repeat(p->conflicts, p->conflict_first[p->n_vars],
			     p->n_sets, copies);
	return q;
}

static void free_copy(struct rel_sat_problem *q)
{
	const uint32_t *arrays[] = {
	    q->var_group, q->group_first,    q->group_word,  q->set_group,
	    q->set_word,  q->clause_first,   q->clause_sets, q->need_first,
	    q->needs,	  q->conflict_first, q->conflicts,
	};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++)
		free((void *)(uintptr_t)arrays[i]);
}

static void time_copies(const struct rel_universe *u, uint32_t copies)
{
	struct rel_sat_problem q = copy_problem(&u->pinned, copies);
	uint32_t n = u->pinned.n_vars;
	uint8_t *status = need(calloc((size_t)q.n_vars + 1, 1));
	struct rel_error err = {0};
	struct rel_sat_stats stats = {0};
	uint32_t broken = 0;
	char label[32];

	for (uint32_t v = 0; v < q.n_vars; v++) {
		if (v % n >= u->n_packages)
			status[v] = REL_SAT_YES;
		else if (u->state[v % n] != REL_PACKAGE_READY)
			status[v] = REL_SAT_NO;
	}

	double start = now();

	if (rel_sat_decide(&q, status, 1, NULL, NULL, &stats, &err))
		die(&err);
	snprintf(label, sizeof(label), "%u copies", copies);
	print_stats(label, now() - start, &stats);
	for (uint32_t v = 0; v < q.n_vars; v++)
		broken += status[v] == REL_SAT_NO;
	printf("  impossible %u  peak %ld MiB\n", broken, peak_mib());
	free(status);
	free_copy(&q);
}

static void time_environment(const struct rel_stack *stack,
			     const struct rel_environment *env, uint32_t copies)
{
	struct rel_universe *u;
	struct rel_reasons *reasons;
	struct rel_sat_stats stats = {0};
	const struct rel_decide_options options = {.jobs = 1, .stats = &stats};
	struct rel_error err = {0};
	double start = now(), built, decided;
	uint8_t *verdicts;

	if (rel_universe_build(&u, stack, env, NULL, &err))
		die(&err);
	built = now();
	if (copies) {
		time_copies(u, 1);
		time_copies(u, copies);
		rel_universe_free(u);
		return;
	}
	verdicts = need(calloc((size_t)u->n_packages + 1, 1));
	if (rel_decide(u, verdicts, &options, &err))
		die(&err);
	decided = now();
	print_stats(env->name, decided - built, &stats);
	if (rel_explain(&reasons, u, verdicts, NULL, &err))
		die(&err);
	printf("  universe %.1f ms  explain %.1f ms (%u roots)\n",
	       built - start, now() - decided, reasons->n_roots);
	rel_reasons_free(reasons);
	free(verdicts);
	rel_universe_free(u);
}

int main(int argc, char **argv)
{
	struct rel_remote remote = {.role = REL_ROLE_UPSTREAM};
	struct rel_remote_options options = {.jobs = 1};
	struct rel_stack_layer layer = {.remote = &remote};
	struct rel_snapshot *snapshot;
	struct rel_stack *stack;
	struct rel_arena arena;
	struct rel_error err = {0};
	uint32_t copies;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: bench_decide LOCATION [COPIES]\n");
		return 2;
	}
	copies = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	rel_arena_init(&arena, REL_GIB);
	remote.name = argv[1];
	if (rel_location_parse(&remote.location, rel_str_of(argv[1]), NULL,
			       &arena, &err) ||
	    rel_remote_read(&snapshot, &remote, NULL, &options, &err))
		die(&err);
	layer.snapshot = snapshot;
	if (rel_stack_build(&stack, &layer, 1, NULL, 0, &err))
		die(&err);
	printf("%u versions\n", snapshot->n_packages);
	for (size_t i = 0; i < sizeof(environments) / sizeof(*environments);
	     i++) {
		time_environment(stack, &environments[i], copies);
		if (copies)
			break;
	}
	rel_stack_free(stack);
	rel_snapshot_free(snapshot);
	rel_arena_free(&arena);
	return 0;
}
