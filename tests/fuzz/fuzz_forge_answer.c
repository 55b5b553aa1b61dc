/* The readers of what forges answer. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "publish/publish_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_one(const struct rel_json_value *v, struct rel_arena *arena)
{
	struct rel_forge_release release;
	struct rel_forge_asset asset;
	struct rel_forge_change change;
	struct rel_error err = {0};
	uint64_t id;

	if (rel_forge_read_release(&release, v, arena, &err) == 0 &&
	    (!release.tag || !release.name || !release.upload))
		__builtin_trap();
	if (rel_forge_read_gitlab_release(&release, v, arena, &err) == 0 &&
	    (!release.tag || !release.commit))
		__builtin_trap();
	if (rel_forge_read_asset(&asset, v, arena, &err) == 0 && !asset.name)
		__builtin_trap();
	if (rel_forge_read_file(&asset, v, arena, &err) == 0 && !asset.name)
		__builtin_trap();
	if (rel_forge_read_change(&change, v, arena, &err) == 0 &&
	    (!change.page || !change.branch || !change.base))
		__builtin_trap();
	if (rel_forge_read_id(&id, v, &err) != 0 && err.text[0] == '\0')
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_json_value *v = NULL;
	struct rel_error err = {0};
	struct rel_arena arena;

	rel_arena_init(&arena, 16 * REL_MIB);
	if (rel_json_parse(&v, rel_str_n((const char *)data, size), &err) ==
	    0) {
		read_one(v, &arena);
		for (size_t i = 0; i < rel_json_count(v); i++)
			read_one(rel_json_item(v, i), &arena);
	}
	rel_json_free(v);
	rel_arena_free(&arena);
	return 0;
}
