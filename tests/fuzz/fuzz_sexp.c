/* The reader of dune-project: nodes must lie where they say. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "release/source/source_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct rel_sexp *items, size_t from, size_t to)
{
	for (; items; items = items->next) {
		if (items->start < from || items->end <= items->start ||
		    items->end > to || items->line == 0)
			__builtin_trap();
		check(items->first, items->start, items->end);
		from = items->end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_error err = {0};
	struct rel_sexp *items;
	struct rel_arena arena;

	rel_arena_init(&arena, REL_LIMIT_PROJECT_ARENA);
	if (rel_sexp_parse(&items, &arena, rel_str_n((const char *)data, size),
			   "dune-project", &err) == 0)
		check(items, 0, size);
	else if (err.code == REL_EPARSE && err.line == 0)
		__builtin_trap(); /* a mistake without its place */
	rel_arena_free(&arena);
	return 0;
}
