#include "opam/lint_private.h"

/* What stands for a manifest whose syntax is wrong. */
#define CODE_SYNTAX 2

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
	for (uint32_t i = 0; i < findings->count; i++) {
		if (findings->items[i].severity == REL_LINT_ERROR)
			return true;
	}
	return false;
}

/* The checks in the order of their codes, as opam makes them. */
static const struct {
	void (*check)(struct rel_lint *l);
	enum rel_lint_series since, until;
} checks[] = {
#define ALWAYS(name)                                                      \
	{                                                                 \
		rel_lint_judge_##name, REL_LINT_OPAM_2_1, REL_LINT_NEWEST \
	}
#define SINCE(series, name)                                                    \
	{                                                                      \
		rel_lint_judge_##name, REL_LINT_OPAM_##series, REL_LINT_NEWEST \
	}
    ALWAYS(opam_version),
    ALWAYS(empty_fields),
    ALWAYS(maintainer),
    ALWAYS(authors),
    ALWAYS(remove),
    ALWAYS(flags),
    ALWAYS(package_variables),
    ALWAYS(depends_depopts),
    ALWAYS(ocaml_version),
    ALWAYS(os),
    ALWAYS(available_variables),
    ALWAYS(homepage),
    ALWAYS(bug_reports),
    ALWAYS(no_dev_repo),
    ALWAYS(make),
    ALWAYS(undeclared),
    ALWAYS(dev_repo),
    ALWAYS(conflicts),
    ALWAYS(plugin),
    ALWAYS(unclosed),
    ALWAYS(conf),
    ALWAYS(synopsis),
    ALWAYS(build_test),
    ALWAYS(vcs_urls),
    ALWAYS(post),
    ALWAYS(negated),
    ALWAYS(light_uninstall),
    ALWAYS(extra_files),
    ALWAYS(depexts),
    ALWAYS(odd_values),
    {rel_lint_judge_setenv, REL_LINT_OPAM_2_1, REL_LINT_OPAM_2_1},
    ALWAYS(no_synopsis),
    ALWAYS(test_variables),
    ALWAYS(no_checksum),
    ALWAYS(run_test),
    ALWAYS(license),
    SINCE(2_4, subpath),
    ALWAYS(relative_urls),
    ALWAYS(not_boolean),
    ALWAYS(checksum),
    SINCE(2_2, no_license),
    SINCE(2_2, plus),
    SINCE(2_3, double_files),
    SINCE(2_3, double_checksums),
    SINCE(2_3, double_source_checksums),
    SINCE(2_3, escaping_files),
    SINCE(2_4, pin_depends),
#undef ALWAYS
#undef SINCE
};

/* opam has no finding of its own for wrong syntax: it is a file that has the
 * wrong format. */
static void add_unreadable(struct rel_lint *l, const struct rel_error *why)
{
	rel_lint_add(l, CODE_SYNTAX, REL_LINT_ERROR, REL_NODE_NONE, "%s",
		     why->text);
	if (l->status != 0)
		return;
	l->out->items[0].line = why->line;
	l->out->items[0].column = why->column;
}

static void check_all(struct rel_lint *l)
{
	rel_lint_collect(l);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (l->status == 0 && l->options->series >= checks[i].since &&
		    l->options->series <= checks[i].until)
			checks[i].check(l);
	}
}

int rel_lint_manifest(struct rel_lint_findings *out, struct rel_str source,
		      const char *path, const struct rel_lint_options *options,
		      struct rel_arena *arena, struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct rel_error why = {0};
	struct rel_lint l = {.options = options,
			     .tree = &tree,
			     .arena = arena,
			     .err = err,
			     .out = out,
			     .unknown_flag = REL_NODE_NONE,
			     .odd_value = REL_NODE_NONE};
	int rc;

	*out = (struct rel_lint_findings){0};
	for (int i = 0; i < REL_LINT_FIELDS; i++)
		l.fields[i] = REL_NODE_NONE;
	rc = rel_opam_parse(&tree, arena, source, path, &why);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc != 0)
		add_unreadable(&l, &why);
	else if (rel_lint_read(&l) && l.status == 0)
		check_all(&l);
	return l.status;
}
