#include "opam/lint.h"

#include "opam/tree.h"

static const char *const series_texts[REL_LINT_SERIES] = {
    "2.1", "2.2", "2.3", "2.4", "2.5",
};

bool rel_lint_series_parse(enum rel_lint_series *out, const char *text)
{
	for (int i = 0; i < REL_LINT_SERIES; i++) {
		if (strcmp(series_texts[i], text) != 0)
			continue;
		*out = (enum rel_lint_series)i;
		return true;
	}
	return false;
}

const char *rel_lint_series_text(enum rel_lint_series series)
{
	return series_texts[series];
}

bool rel_lint_has_errors(const struct rel_lint_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == REL_LINT_ERROR)
			return true;
	return false;
}

/* Does not parse: the only thing that is said. */
static int add_unreadable(struct rel_lint_findings *out,
			  struct rel_arena *arena, const struct rel_error *why,
			  struct rel_error *err)
{
	const char *text = rel_arena_copy(arena, rel_str_of(why->text));

	out->items = rel_arena_array(arena, 1, sizeof(*out->items));
	if (out->items == NULL || text == NULL)
		return rel_fail_nomem(err);
	out->items[0] = (struct rel_lint_finding){
	    .code = 1,
	    .severity = REL_LINT_ERROR,
	    .line = why->line,
	    .column = why->column,
	    .text = rel_str_of(text),
	};
	out->count = out->cap = 1;
	return 0;
}

int rel_lint_manifest(struct rel_lint_findings *out, struct rel_str source,
		      const char *path, const struct rel_lint_options *options,
		      struct rel_arena *arena, struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct rel_error why = {0};
	int rc;

	(void)options;
	*out = (struct rel_lint_findings){0};
	rc = rel_opam_parse(&tree, arena, source, path, &why);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	return rc == 0 ? 0 : add_unreadable(out, arena, &why, err);
}
