#include "solve/verdict.h"

#include "solve/reverse.h"

const char *rel_verdict_text(enum rel_verdict verdict)
{
	switch (verdict) {
	case REL_INSTALLABLE:
		return "installable";
	case REL_BROKEN:
		return "broken";
	case REL_UNAVAILABLE:
	case REL_PINNED_OUT:
		return "unavailable";
	case REL_UNREADABLE:
		return "unreadable";
	case REL_UNDECIDED:
		return "undecided";
	}
	return "";
}

const char *rel_broken_kind_text(enum rel_broken_kind kind)
{
	switch (kind) {
	case REL_BROKEN_NOT:
		return "";
	case REL_BROKEN_MISSING:
		return "missing";
	case REL_BROKEN_CONSTRAINT:
		return "constraint";
	case REL_BROKEN_CONFLICT:
		return "conflict";
	}
	return "";
}

/* What is decided before any search: the state, and the variables of
 * conflict-classes, which nobody asks about. */
static void preset_status(const struct rel_universe *u, uint8_t *status)
{
	for (uint32_t v = 0; v < u->problem.n_vars; v++) {
		if (v >= u->n_packages)
			status[v] = REL_SAT_YES;
		else if (u->state[v] != REL_PACKAGE_READY)
			status[v] = REL_SAT_NO;
		else
			status[v] = REL_SAT_UNKNOWN;
	}
}

static uint8_t verdict_of(const struct rel_universe *u, uint32_t pkg,
			  uint8_t status)
{
	switch ((enum rel_package_state)u->state[pkg]) {
	case REL_PACKAGE_UNAVAILABLE:
		return REL_UNAVAILABLE;
	case REL_PACKAGE_UNREADABLE:
		return REL_UNREADABLE;
	case REL_PACKAGE_READY:
		break;
	}
	switch ((enum rel_sat_status)status) {
	case REL_SAT_YES:
		return REL_INSTALLABLE;
	case REL_SAT_NO:
		return REL_BROKEN;
	case REL_SAT_UNKNOWN:
		break;
	}
	return REL_UNDECIDED;
}

/*
 * With a pinned compiler: what fits it is installable.  The rest is asked
 * once more with every compiler free, to tell what is broken from what only
 * another compiler can build.
 */
static int decide_free(const struct rel_universe *u, uint8_t *status,
		       uint8_t *verdicts,
		       const struct rel_decide_options *options,
		       struct rel_error *err)
{
	int rc;

	/* What was undecided stays so: nobody asks again. */
	for (uint32_t v = 0; v < u->n_packages; v++) {
		if (verdicts[v] == REL_BROKEN)
			status[v] = REL_SAT_UNKNOWN;
		else if (verdicts[v] == REL_UNDECIDED)
			status[v] = REL_SAT_YES;
	}
	rc = rel_sat_decide(&u->problem, status, options->jobs, NULL,
			    options->cancel, NULL, err);
	for (uint32_t v = 0; !rc && v < u->n_packages; v++) {
		if (verdicts[v] != REL_BROKEN)
			continue;
		if (status[v] == REL_SAT_YES)
			verdicts[v] = REL_PINNED_OUT;
		else if (status[v] == REL_SAT_UNKNOWN)
			verdicts[v] = REL_UNDECIDED;
	}
	return rc;
}

static int decide(const struct rel_universe *u, uint8_t *status,
		  uint8_t *verdicts, const struct rel_decide_options *options,
		  struct rel_error *err)
{
	int rc = 0;

	if (options->known)
		rc = rel_sat_replay(&u->pinned, status, options->known, err);
	if (!rc)
		rc = rel_sat_decide(&u->pinned, status, options->jobs,
				    options->found, options->cancel,
				    options->stats, err);
	for (uint32_t v = 0; !rc && v < u->n_packages; v++)
		verdicts[v] = verdict_of(u, v, status[v]);
	if (!rc && u->environment->ocaml)
		rc = decide_free(u, status, verdicts, options, err);
	return rc;
}

static bool any_undecided(const struct rel_universe *u, const uint8_t *verdicts)
{
	return memchr(verdicts, REL_UNDECIDED, u->n_packages) != NULL;
}

int rel_decide(const struct rel_universe *u, uint8_t *verdicts,
	       const struct rel_decide_options *options, struct rel_error *err)
{
	uint8_t *status = malloc((size_t)u->problem.n_vars + 1);
	struct rel_decide_options anew = *options;
	int rc;

	if (!status)
		return rel_fail_nomem(err);
	preset_status(u, status);
	rc = decide(u, status, verdicts, options, err);
	if (!rc && options->known && any_undecided(u, verdicts)) {
		anew.known = NULL;
		anew.found = NULL;
		preset_status(u, status);
		rc = decide(u, status, verdicts, &anew, err);
	}
	free(status);
	return rc;
}

/* The packages of `u` that `other` has not, or has with other content. */
static void mark_differences(const struct rel_universe *u,
			     const struct rel_universe *other, uint8_t *marks)
{
	for (uint32_t v = 0; v < u->n_packages; v++)
		marks[v] =
		    rel_universe_counterpart(u, v, other) == REL_PKG_NONE;
}

/* Fill in what the other universe's verdicts tell about `status`. */
static int carry_over(const struct rel_universe *u, uint8_t *status,
		      const struct rel_universe *known, const uint8_t *verdicts)
{
	uint8_t *gone = calloc((size_t)known->problem.n_vars + 1, 1);
	uint8_t *come = calloc((size_t)u->problem.n_vars + 1, 1);
	int rc = REL_ENOMEM;

	if (!gone || !come)
		goto out;
	mark_differences(known, u, gone);
	mark_differences(u, known, come);
	rc = rel_reverse_closure(&known->pinned, gone);
	if (!rc)
		rc = rel_reverse_closure(&u->pinned, come);
	for (uint32_t v = 0; !rc && v < u->n_packages; v++) {
		rel_pkg_id old = rel_universe_counterpart(u, v, known);

		if (status[v] != REL_SAT_UNKNOWN || old == REL_PKG_NONE)
			continue;
		if (verdicts[old] == REL_INSTALLABLE && !gone[old])
			status[v] = REL_SAT_YES;
		else if (verdicts[old] != REL_INSTALLABLE &&
			 verdicts[old] != REL_UNDECIDED && !come[v])
			status[v] = REL_SAT_NO;
	}
out:
	free(gone);
	free(come);
	return rc;
}

int rel_decide_from(const struct rel_universe *u, uint8_t *verdicts,
		    const struct rel_universe *known,
		    const uint8_t *known_verdicts,
		    const struct rel_decide_options *options,
		    struct rel_error *err)
{
	uint8_t *status = malloc((size_t)u->problem.n_vars + 1);
	int rc;

	if (!status)
		return rel_fail_nomem(err);
	preset_status(u, status);
	if (carry_over(u, status, known, known_verdicts))
		rc = rel_fail_nomem(err);
	else
		rc = decide(u, status, verdicts, options, err);
	free(status);
	/* What is left undecided must not depend on what was known. */
	if (!rc && any_undecided(u, verdicts))
		rc = rel_decide(u, verdicts, options, err);
	return rc;
}
