/* A manifest, checked as every series of opam does and as a submission. */
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "check/submission.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int matches(void *context, uint32_t file, struct rel_str checksum,
		   struct rel_error *err)
{
	(void)context;
	(void)err;
	return checksum.len > 0 && file == 0;
}

static void look_at(uint16_t code, struct rel_str text)
{
	if (code == 0 || text.len == 0 || text.ptr[text.len] != '\0' ||
	    memchr(text.ptr, '\n', text.len))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str source = rel_str_n((const char *)data, size);
	const struct rel_lint_file files[] = {{REL_STR("a")}, {REL_STR("b")}};
	struct rel_submission_request request = {.text = source,
						 .path = "opam",
						 .name = REL_STR("arch-foo"),
						 .version = REL_STR("1"),
						 .is_new = true};
	struct rel_submission_findings submission;
	struct rel_lint_findings findings;
	struct rel_error err = {0};
	struct rel_arena arena;

	rel_arena_init(&arena, REL_GIB);
	for (int series = 0; series < REL_LINT_SERIES; series++) {
		struct rel_lint_options options = {
		    .series = (enum rel_lint_series)series,
		    .name = REL_STR("foo"),
		    .version = REL_STR("1"),
		    .knows_files = series % 2 == 0,
		    .files = files,
		    .n_files = 2,
		    .file_matches = matches,
		    .check_upstream = true};

		rel_arena_reset(&arena);
		if (rel_lint_manifest(&findings, source, "opam", &options,
				      &arena, &err) != 0)
			__builtin_trap();
		for (uint32_t i = 0; i < findings.count; i++)
			look_at(findings.items[i].code, findings.items[i].text);
	}
	rel_arena_reset(&arena);
	if (rel_submission_check(&submission, &request, &arena, &err) != 0)
		__builtin_trap();
	for (uint32_t i = 0; i < submission.count; i++)
		look_at(1, submission.items[i].text);
	rel_arena_free(&arena);
	return 0;
}
