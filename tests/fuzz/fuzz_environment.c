/* The reader of --env KEY=VALUE,…. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "solve/environment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str text = rel_str_n((const char *)data, size);
	struct rel_environment once, twice;
	struct rel_error err = {0};
	struct rel_arena arena;

	rel_arena_init(&arena, 64 * REL_MIB);
	if (rel_environment_parse(&once, text, NULL, &arena, &err) != 0) {
		if (err.text[0] == '\0')
			__builtin_trap(); /* a mistake without a word */
	} else if (rel_environment_parse(&twice, text, &once, &arena, &err) !=
		       0 ||
		   twice.n_values != once.n_values) {
		__builtin_trap(); /* the same again changes nothing */
	}
	rel_arena_free(&arena);
	return 0;
}
