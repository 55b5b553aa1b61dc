/* The reader of a repository's `repo` file. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "opam/repofile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void lookup(const void *context, struct rel_str package,
		   struct rel_str name, struct rel_value *out)
{
	(void)context;
	*out = (struct rel_value){0};
	if (package.len == 0 && rel_str_is(name, "opam-version"))
		*out = (struct rel_value){.kind = REL_VALUE_STRING,
					  .string = REL_STR("2.1.2")};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str source = rel_str_n((const char *)data, size);
	struct rel_variables variables = {.lookup = lookup};
	struct rel_error err = {0};
	struct rel_repofile repo;
	struct rel_arena arena;

	rel_arena_init(&arena, REL_GIB);
	if (rel_repofile_read(&repo, source, "repo", &variables, &arena, &err))
		goto out;
	for (uint32_t i = 0; i < repo.n_redirects; i++)
		if (!repo.redirects[i].ptr)
			__builtin_trap();
	for (uint32_t i = 0; i < repo.n_archive_mirrors; i++)
		if (!repo.archive_mirrors[i].ptr)
			__builtin_trap();
out:
	rel_arena_free(&arena);
	return 0;
}
