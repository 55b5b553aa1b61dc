/*
 * What walks over the dependency graph found, for `why PKG DEP` and `rdeps`:
 * a model of plain text, made from a universe, and its formats.
 */
#ifndef REL_REPORT_WALKS_H
#define REL_REPORT_WALKS_H

#include "base/arena.h"
#include "check/rdeps.h"
#include "report/report.h"

/* One package version needs another. */
struct rel_report_need {
	const char *package; /* name.version that needs … */
	const char *next;    /* … name.version; NULL when several would do */
	const char *field;   /* "depends" or "depopts"; "" = not directly */
	const char *text;    /* what the manifest says: git >= 2.0.0 */
	const char *remote, *file;
	uint32_t line; /* from 1; 0 = not known */
};

struct rel_report_chain {
	const struct rel_report_need *needs; /* each leads to the next */
	size_t n_needs;
};

struct rel_report_walk {
	const char *command;   /* "why", "rdeps" */
	const char *from, *to; /* as asked for; `from` is NULL for rdeps */
	bool recursive;	       /* rdeps: through others too */
	const char *excluding; /* rdeps: a version that they do not accept */
	const char *const *environments;
	size_t n_environments;
	const struct rel_report_chain *chains; /* why */
	size_t n_chains;
	/* where there is no chain: what there is instead, a line each */
	const char *const *instead;
	size_t n_instead;
	const struct rel_report_need *needs; /* rdeps, by name and version */
	size_t n_needs;
};

/*
 * The paths as chains.  Everything lives in `arena`.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_chains(struct rel_report_walk *out,
				     const struct rel_universe *universe,
				     const struct rel_path *paths,
				     uint32_t n_paths, struct rel_arena *arena,
				     struct rel_error *err);

/* What there is where there is no path, for out->instead.  Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_no_path(struct rel_report_walk *out,
				      const struct rel_universe *universe,
				      const struct rel_no_path *found,
				      struct rel_arena *arena,
				      struct rel_error *err);

/*
 * The packages of `marks` as dependents of the packages of `targets`; with
 * out->excluding the newest versions of each name first.
 * marks, targets  [rel_universe_size()]
 * Errors          REL_ENOMEM
 */
REL_MUST_CHECK int rel_report_dependents(struct rel_report_walk *out,
					 const struct rel_universe *universe,
					 const uint8_t *marks,
					 const uint8_t *targets,
					 struct rel_arena *arena,
					 struct rel_error *err);

/* Write it; `format` is REL_REPORT_TEXT, _SHORT or _JSON. */
REL_MUST_CHECK int rel_report_write_walk(const struct rel_report_walk *walk,
					 enum rel_report_format format,
					 const struct rel_report_style *style,
					 struct rel_sink *sink,
					 struct rel_error *err);

/* `why PKG`: each verdict of the report with its whole reason. */
REL_MUST_CHECK int rel_report_write_why(const struct rel_report *report,
					const struct rel_report_style *style,
					struct rel_sink *sink,
					struct rel_error *err);

#endif
