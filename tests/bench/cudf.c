/*
 * A universe in CUDF, which dose-distcheck reads: what opam admin check asks
 * its own copy of dose.
 *	bench_cudf LOCATION >FILE
 * Profile opam-2.1.  Versions are counted from 1, in the order of opam.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "repo/remote.h"
#include "repo/stack.h"
#include "solve/universe.h"

static _Noreturn void die(const struct rel_error *err)
{
	fprintf(stderr, "bench_cudf: %s\n", err->text);
	exit(1);
}

static void print_name(const struct rel_universe *u, uint32_t group)
{
	uint32_t first = u->problem.group_first[group];

	if (first >= u->n_packages)
		printf("class%u", group);
	else
		for (struct rel_str s = rel_universe_name(u, first); s.len;
		     s = rel_str_sub(s, 1, s.len))
			putchar(s.ptr[0] == '_' ? '@' : s.ptr[0]);
}

static bool is_member(const struct rel_sat_problem *p, uint32_t set,
		      uint32_t var)
{
	uint32_t at = var - p->group_first[p->set_group[set]];

	return p->set_words[p->set_word[set] + at / 64] >> (at % 64) & 1;
}

/* "name = 1 | name = 3", with `between` for the bar, behind `lead`; returns
 * what stands before the next one. */
static const char *print_set(const struct rel_universe *u, uint32_t set,
			     const char *lead, const char *between)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t group = p->set_group[set], first = p->group_first[group];

	for (uint32_t v = first; v < p->group_first[group + 1]; v++) {
		if (!is_member(p, set, v))
			continue;
		printf("%s", lead);
		print_name(u, group);
		printf(" = %u", v - first + 1);
		lead = between;
	}
	return lead;
}

static void print_depends(const struct rel_universe *u, uint32_t var)
{
	const struct rel_sat_problem *p = &u->problem;
	const char *comma = "depends: ";

	for (uint32_t i = p->need_first[var]; i < p->need_first[var + 1]; i++) {
		uint32_t clause = p->needs[i];
		const char *lead = "";

		printf("%s", comma);
		for (uint32_t k = p->clause_first[clause];
		     k < p->clause_first[clause + 1]; k++)
			lead = print_set(u, p->clause_sets[k], lead, " | ");
		if (lead[0] == '\0')
			printf("nothing-has-this-name");
		comma = " , ";
	}
	if (comma[0] == ' ')
		putchar('\n');
}

static void print_package(const struct rel_universe *u, uint32_t var)
{
	const struct rel_sat_problem *p = &u->problem;
	uint32_t group = p->var_group[var];

	printf("package: ");
	print_name(u, group);
	printf("\nversion: %u\n", var - p->group_first[group] + 1);
	print_depends(u, var);
	printf("conflicts: ");
	print_name(u, group);
	for (uint32_t i = p->conflict_first[var];
	     i < p->conflict_first[var + 1]; i++)
		print_set(u, p->conflicts[i], " , ", " , ");
	printf("\n\n");
}

static void print_universe(const struct rel_universe *u)
{
	for (uint32_t v = 0; v < u->problem.n_vars; v++) {
		if (v >= u->n_packages || u->state[v] == REL_PACKAGE_READY)
			print_package(u, v);
	}
}

int main(int argc, char **argv)
{
	static const struct rel_environment environment = {
	    .name = "opam-2.1", .profile = REL_PROFILE_OPAM_2_1};
	struct rel_remote_options options = {.no_snapshot_cache = true};
	struct rel_remote remote = {.name = "bench"};
	struct rel_snapshot *snapshot = NULL;
	struct rel_universe *universe = NULL;
	struct rel_stack *stack = NULL;
	struct rel_error err = {0};
	struct rel_arena arena;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_cudf LOCATION\n");
		return 2;
	}
	rel_arena_init(&arena, REL_MIB);
	if (rel_location_parse(&remote.location, rel_str_of(argv[1]), NULL,
			       &arena, &err) ||
	    rel_remote_read(&snapshot, &remote, NULL, &options, &err))
		die(&err);

	struct rel_stack_layer layer = {&remote, snapshot};

	if (rel_stack_build(&stack, &layer, 1, NULL, 0, &err) ||
	    rel_universe_build(&universe, stack, &environment, NULL, &err))
		die(&err);
	print_universe(universe);
	rel_universe_free(universe);
	rel_stack_free(stack);
	rel_snapshot_free(snapshot);
	rel_arena_free(&arena);
	return 0;
}
