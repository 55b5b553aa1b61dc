/* What judges of verdicts share: remotes → universe → verdicts. */
#ifndef REL_TESTS_WORLD_H
#define REL_TESTS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "solve/reason.h"
#include "support/support.h"

#define WORLD_LAYERS 2

/* Remotes, read once, stacked in the order of reading. */
struct world {
	struct rel_arena arena;
	struct rel_remote remotes[WORLD_LAYERS];
	struct rel_stack_layer layers[WORLD_LAYERS];
	struct rel_snapshot *snapshots[WORLD_LAYERS];
	uint32_t n;
	struct rel_stack *stack;
};

/* What one environment makes of a world. */
struct outcome {
	struct rel_universe *u;
	uint8_t *verdicts;
};

/* Thousands of small files that no disk needs to keep: call it in main(). */
static inline void world_in_memory(void)
{
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
}

static inline void world_init(struct world *w)
{
	*w = (struct world){.n = 0};
	rel_arena_init(&w->arena, REL_MIB);
}

/* Below those added before. */
static inline void world_add(struct world *w, const char *location)
{
	struct rel_remote_options options = {.no_snapshot_cache = true,
					     .jobs = 2};
	struct rel_remote *remote = &w->remotes[w->n];
	struct rel_error err = {0};

	assert_true(w->n < WORLD_LAYERS);
	remote->name = "test";
	if (rel_location_parse(&remote->location, rel_str_of(location), NULL,
			       &w->arena, &err) ||
	    rel_remote_read(&w->snapshots[w->n], remote, NULL, &options, &err))
		fail_msg("%s: %s", location, err.text);
	w->layers[w->n] = (struct rel_stack_layer){remote, w->snapshots[w->n]};
	w->n++;
}

static inline void world_stack(struct world *w)
{
	struct rel_error err = {0};

	if (rel_stack_build(&w->stack, w->layers, w->n, NULL, 0, &err))
		fail_msg("%s", err.text);
}

static inline void world_free(struct world *w)
{
	rel_stack_free(w->stack);
	for (uint32_t i = 0; i < w->n; i++)
		rel_snapshot_free(w->snapshots[i]);
	rel_arena_free(&w->arena);
}

static inline void outcome_build(struct outcome *o, const struct world *w,
				 const struct rel_environment *environment)
{
	struct rel_error err = {0};

	if (rel_universe_build(&o->u, w->stack, environment, NULL, &err))
		fail_msg("%s", err.text);
	o->verdicts = malloc((size_t)rel_universe_size(o->u) + 1);
	assert_non_null(o->verdicts);
}

static inline void outcome_of(struct outcome *o, const struct world *w,
			      const struct rel_environment *environment)
{
	const struct rel_decide_options options = {.jobs = 2};
	struct rel_error err = {0};

	outcome_build(o, w, environment);
	if (rel_decide(o->u, o->verdicts, &options, &err))
		fail_msg("%s", err.text);
}

static inline void outcome_free(struct outcome *o)
{
	rel_universe_free(o->u);
	free(o->verdicts);
}

/* Bit for a verdict, to make sets of them. */
#define BIT(verdict) (1u << (verdict))

/* "\n", then the packages whose verdict is in the set, one a line. */
static inline void outcome_list(struct rel_buf *out, const struct outcome *o,
				unsigned verdicts)
{
	rel_buf_init(out, 16 * REL_MIB);
	rel_buf_add_char(out, '\n');
	for (uint32_t v = 0; v < rel_universe_size(o->u); v++) {
		struct rel_str name = rel_universe_name(o->u, v);
		struct rel_str version = rel_universe_version(o->u, v);

		if (BIT(o->verdicts[v]) & verdicts)
			rel_buf_printf(out, "%.*s.%.*s\n", REL_STR_ARG(name),
				       REL_STR_ARG(version));
	}
	assert_int_equal(out->status, 0);
}

/* Append the lines of `a` (which starts with a newline) that `b` has not,
 * with `sign` in front; their number. */
static inline uint32_t add_missing_lines(struct rel_buf *out, const char *a,
					 const char *b, char sign)
{
	struct rel_str rest = rel_str_of(a + 1);
	uint32_t n = 0;
	char line[REL_KIB];

	while (rest.ptr) {
		struct rel_str one = rel_str_cut(&rest, '\n');

		snprintf(line, sizeof(line), "\n%.*s\n", REL_STR_ARG(one));
		if (one.len == 0 || strstr(b, line))
			continue;
		rel_buf_printf(out, "%c%.*s\n", sign, REL_STR_ARG(one));
		n++;
	}
	return n;
}

#endif
