/*
 * The report model: what `list-broken`, `why` and `rdeps` found, as plain
 * text and numbers in the order in which it is told.  Formats (text.c,
 * json.c, …) read nothing but this; they decide nothing.
 *
 * All strings are NUL-terminated UTF-8 or arbitrary bytes of the manifests
 * (formats escape them), never NULL unless said so, owned by whoever filled
 * the model.
 */
#ifndef REL_REPORT_MODEL_H
#define REL_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check/facts.h"
#include "check/targets.h"

#define REL_REPORT_NONE UINT32_MAX

struct rel_report_layer {
	const char *name, *role, *location, *revision; /* revision may be "" */
	uint32_t packages;			       /* versions in it */
	/* with --since, of the layer that was compared: the old revision, else
	 * NULL */
	const char *since;
};

struct rel_report_value {
	const char *name, *value;
};

/* Distinct versions: one that is broken in two environments counts once. */
struct rel_report_tally {
	uint32_t checked, broken;
	/* of what is broken, by origin; with an overlay */
	uint32_t own, overlay, alone;
	uint32_t fixed;
	/* with --since: what is broken and was not, of it what was not there,
	 * and what was installable and is unavailable */
	uint32_t newly_broken, added, gone;
	uint32_t unavailable, unreadable, undecided;
};

struct rel_report_environment {
	const char *name, *profile; /* "env", "opam-2.1", "opam-2.4" */
	const struct rel_report_value *values;
	size_t n_values;
	struct rel_report_tally tally;
};

/* Who breaks it; only where development and upstream remotes are both in the
 * stack. */
enum rel_origin {
	REL_ORIGIN_NONE,
	REL_ORIGIN_OVERLAY, /* upstream's, and the development remotes do */
	REL_ORIGIN_OWN,	    /* only the development remotes have it */
	REL_ORIGIN_ALONE,   /* it is broken without them too */
};

enum rel_delta {
	REL_DELTA_NONE,
	REL_DELTA_NEW,	 /* it was not so before */
	REL_DELTA_ADDED, /* it was not there before */
	REL_DELTA_STILL,
	REL_DELTA_FIXED, /* without --since: by the overlay */
};

/* Every verdict is in one section. */
enum rel_section {
	/* what is broken: newly, with --since; else by origin where there is
	 * one */
	REL_SECTION_BROKEN,
	REL_SECTION_ADDED, /* with --since: was not there before */
	REL_SECTION_OVERLAY,
	REL_SECTION_OWN,
	REL_SECTION_ALONE,
	/* with --since newly so, here and next */
	REL_SECTION_UNDECIDED,
	REL_SECTION_UNREADABLE,
	REL_SECTION_FIXED,
	REL_SECTION_UNAVAILABLE, /* with --since: was installable before */
	REL_SECTION_STILL,	 /* with --since: broken then as now */
	REL_SECTION_STILL_OTHER, /* the same of undecided and unreadable */
	REL_SECTION_QUIET, /* installable; unavailable when that is no news */
	REL_N_SECTIONS,
};

/* Sections of what is broken: from 0 to before this. */
#define REL_N_BROKEN_SECTIONS (REL_SECTION_ALONE + 1)

/* Verdicts of a section: index of the first, how many, and of how many
 * versions. */
struct rel_report_span {
	size_t first, count, versions;
};

struct rel_report_root {
	uint32_t id;	     /* from 1: what matters to the keeper first */
	const char *title;   /* what is missing or clashes; one root's only */
	const char *package; /* name.version that is the cause, or a victim */
	enum rel_broken_kind kind;
	const char *text;  /* "needs git >= 2.0.0, newest is 1.11.2" */
	uint32_t blocks;   /* verdicts that go back to it */
	uint32_t versions; /* the same: distinct versions */
	/* its own reason; of each of the versions that are causes alike */
	const struct rel_fact_text *facts;
	size_t n_facts;
	uint32_t causes; /* versions that lack the same; 1 = `package` alone */
	const uint32_t *environments; /* indexes: where it holds */
	size_t n_environments;
	/* of the versions that lack themselves what the title says, one a
	 * line; "" or NULL: none */
	const char *maintainers;
};

struct rel_report_verdict {
	const char *package; /* name.version */
	const char *remote;
	uint32_t environment; /* index */
	enum rel_verdict verdict;
	enum rel_broken_kind kind; /* of what is broken */
	enum rel_origin origin;	   /* of what is broken */
	enum rel_delta change;
	enum rel_section section;
	bool own;	  /* only the development remotes have it */
	uint32_t root;	  /* id, or REL_REPORT_NONE */
	const char *file; /* of its manifest */
	const struct rel_fact_text *reason;
	size_t n_reason;
	const char *maintainers; /* one a line; "" or NULL: none */
};

struct rel_report_cycle {
	uint32_t environment;
	const char *const *path; /* shortest readable cycle: a b c (→ a) */
	size_t n_path;
	const char *const *members; /* whole component, sorted */
	size_t n_members;
	bool own; /* a member is a development remote's */
	/* index of the first that is the same, in another environment or this
	 * one */
	size_t same;
};

struct rel_report_notice {
	const char *remote, *kind, *path,
	    *text; /* kind: "shadowed", "nested" */
};

/* Verdicts: versions × environments. */
struct rel_report_counts {
	uint32_t checked, installable, broken, unavailable, unreadable,
	    undecided, roots;
	uint32_t fixed;	       /* by the overlay, or since REV */
	uint32_t newly_broken; /* with --since */
};

struct rel_report {
	const char *command; /* "list-broken" */
	const struct rel_report_layer *layers;
	size_t n_layers;
	const struct rel_report_environment *environments;
	size_t n_environments;
	struct rel_report_counts counts;
	const struct rel_report_root *roots;
	size_t n_roots;
	/* by section; within it by root, then name and version, then
	 * environment.  Quiet ones only under --verbose. */
	const struct rel_report_verdict *verdicts;
	size_t n_verdicts;
	struct rel_report_span sections[REL_N_SECTIONS];
	struct rel_report_tally tally; /* over all environments */
	/* what relctl.yml wants installable together: for each target its
	 * results in the order of the environments */
	const struct rel_target_result *targets;
	size_t n_targets;
	const struct rel_report_cycle *cycles;
	size_t n_cycles;
	size_t distinct_cycles; /* the same one in two environments is one */
	const struct rel_report_notice *notices;
	size_t n_notices;
	bool since; /* changes are what matters */
	/* the changes are those of --with and --without: what they say, else
	 * NULL */
	const char *what_if;
	bool overlay;	/* development and upstream are both in the stack */
	double seconds; /* wall time of the run */
};

#endif
