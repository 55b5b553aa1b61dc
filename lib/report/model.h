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

struct rel_report_environment {
	const char *name, *profile; /* "env", "opam-2.1", "opam-2.4" */
	const struct rel_report_value *values;
	size_t n_values;
};

struct rel_report_root {
	uint32_t id;	     /* from 1, ranked by impact */
	const char *package; /* name.version, or a bare name when missing */
	const char *kind;    /* "missing", "constraint", "conflict" */
	const char *text;    /* "needs git >= 2.0.0, newest is 1.11.2" */
	uint32_t blocks;     /* broken versions that go back to it */
	const struct rel_fact_text *facts; /* its own reason */
	size_t n_facts;
};

struct rel_report_verdict {
	const char *package; /* name.version */
	const char *remote;
	uint32_t environment; /* index */
	/* installable broken unavailable unreadable undecided */
	const char *verdict;
	const char *kind;   /* missing constraint conflict, or NULL */
	const char *origin; /* "alone", "overlay", or NULL */
	const char *change; /* "new", "still", "fixed", or NULL */
	uint32_t root;	    /* id, or REL_REPORT_NONE */
	const char *file;   /* of its manifest */
	const struct rel_fact_text *reason;
	size_t n_reason;
};

struct rel_report_cycle {
	uint32_t environment;
	const char *const *path; /* shortest readable cycle: a b c (→ a) */
	size_t n_path;
	const char *const *members; /* whole component, sorted */
	size_t n_members;
};

struct rel_report_notice {
	const char *remote, *kind, *path,
	    *text; /* kind: "shadowed", "nested" */
};

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
	/* broken, undecided, unreadable, then fixed; unavailable and
	 * installable ones under --verbose; sorted by root, then name and
	 * version */
	const struct rel_report_verdict *verdicts;
	size_t n_verdicts;
	const struct rel_report_cycle *cycles;
	size_t n_cycles;
	const struct rel_report_notice *notices;
	size_t n_notices;
	bool since;	/* --since: changes are what matters */
	bool overlay;	/* development and upstream are both in the stack */
	double seconds; /* wall time of the run */
};

#endif
