/*
 * Conversion of manifests and compilers of format 1.x: what is converted can
 * be read.  The input is a manifest, a NUL byte, and a legacy url file.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "opam/manifest.h"
#include "opam/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(const struct rel_opam_tree *tree, struct rel_str url,
		    enum rel_upgrade_mode mode, struct rel_arena *arena)
{
	struct rel_opam_tree result;
	struct rel_error err = {0};
	struct rel_buf out;
	int rc;

	rel_buf_init(&out, 16 * REL_LIMIT_MANIFEST_BYTES);
	rc = rel_upgrade_manifest(&out, tree, REL_STR("p"), url, REL_STR(""),
				  mode, arena, &err);
	if (rc == REL_EPARSE && err.line == 0)
		__builtin_trap(); /* a mistake without its place */
	if (rc == 0) {
		rc = rel_opam_parse(&result, arena, rel_buf_str(&out), "opam",
				    &err);
		if (rc == REL_EPARSE)
			__builtin_trap();
	}
	rel_buf_free(&out);
}

static void generate(struct rel_str source, struct rel_arena *arena)
{
	struct rel_generated package = {.kind = REL_GENERATED_COMPILER,
					.version = REL_STR("4.01.0+x")};
	struct rel_opam_tree result;
	struct rel_error err = {0};
	struct rel_buf out;

	rel_buf_init(&out, 16 * REL_LIMIT_MANIFEST_BYTES);
	if (rel_upgrade_generate(&out, &package, source, source, "comp", arena,
				 &err) == 0 &&
	    rel_opam_parse(&result, arena, rel_buf_str(&out), "opam", &err) ==
		REL_EPARSE)
		__builtin_trap();
	rel_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str source = rel_str_n((const char *)data, size), url;
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_arena arena;

	if (size > 64 * REL_KIB)
		return 0;
	rel_arena_init(&arena, REL_GIB);
	url = source;
	source = rel_str_cut(&url, '\0');
	if (rel_opam_parse(&tree, &arena, source, "opam", &err) == 0) {
		convert(&tree, url, REL_UPGRADE_CONVERT, &arena);
		convert(&tree, url, REL_UPGRADE_AS_READ, &arena);
		generate(source, &arena);
	}
	rel_arena_free(&arena);
	return 0;
}
