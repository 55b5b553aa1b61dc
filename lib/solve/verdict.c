#include "solve/verdict.h"

#include "solve/circles.h"
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
	case REL_BROKEN_CYCLE:
		return "cycle";
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

/* One question about all packages, with what it takes. */
struct question {
	struct rel_universe *u;
	uint8_t *status; /* [n_vars] */
	uint8_t *asked;	 /* [n_vars], room */
	const struct rel_decide_options *options;
	bool spent; /* did the search without circles end before its time? */
};

static int replay_known(struct question *q, const struct rel_sat_problem *p,
			struct rel_circles *circles, struct rel_error *err)
{
	struct rel_sat_models stripped = {0};
	int rc;

	if (!circles)
		return rel_sat_replay(p, q->status, q->options->known, err);
	rc = rel_circles_strip(circles, &stripped, q->options->known, err);
	if (!rc)
		rc = rel_sat_replay(p, q->status, &stripped, err);
	rel_sat_models_free(&stripped);
	return rc;
}

/* Decide what is unknown: in a model of `p`, and in one without circles? */
static int settle(struct question *q, const struct rel_sat_problem *p,
		  const struct rel_sat_models *known,
		  struct rel_sat_models *found, struct rel_sat_stats *stats,
		  struct rel_error *err)
{
	const struct rel_decide_options *options = q->options;
	struct rel_sat_models own = {0};
	struct rel_circles *circles = NULL;
	int rc = rel_circles_of(&circles, q->u, options->cancel, err);

	if (!found && circles)
		found = &own;
	if (!rc && known)
		rc = replay_known(q, p, circles, err);
	for (uint32_t v = 0; v < p->n_vars; v++)
		q->asked[v] = q->status[v] == REL_SAT_UNKNOWN;
	if (!rc)
		rc = rel_sat_decide(p, q->status, options->jobs, found,
				    options->cancel, stats, err);
	if (!rc && circles)
		rc = rel_circles_settle(circles, p, q->status, q->asked, found,
					options->jobs, &q->spent,
					options->cancel, err);
	rel_sat_models_free(&own);
	return rc;
}

/*
 * With a pinned compiler: what fits it is installable.  The rest is asked
 * once more with every compiler free, to tell what is broken from what only
 * another compiler can build.
 */
static int decide_free(struct question *q, uint8_t *verdicts,
		       struct rel_error *err)
{
	const struct rel_universe *u = q->u;
	int rc;

	/* What was undecided stays so: nobody asks again. */
	for (uint32_t v = 0; v < u->n_packages; v++) {
		if (verdicts[v] == REL_BROKEN)
			q->status[v] = REL_SAT_UNKNOWN;
		else if (verdicts[v] == REL_UNDECIDED)
			q->status[v] = REL_SAT_YES;
	}
	rc = settle(q, &u->problem, NULL, NULL, NULL, err);
	for (uint32_t v = 0; !rc && v < u->n_packages; v++) {
		if (verdicts[v] != REL_BROKEN)
			continue;
		if (q->status[v] == REL_SAT_YES)
			verdicts[v] = REL_PINNED_OUT;
		else if (q->status[v] == REL_SAT_UNKNOWN)
			verdicts[v] = REL_UNDECIDED;
	}
	return rc;
}

static int decide(struct question *q, uint8_t *verdicts, struct rel_error *err)
{
	const struct rel_universe *u = q->u;
	int rc = settle(q, &u->pinned, q->options->known, q->options->found,
			q->options->stats, err);

	for (uint32_t v = 0; !rc && v < u->n_packages; v++)
		verdicts[v] = verdict_of(u, v, q->status[v]);
	if (!rc && u->environment->ocaml)
		rc = decide_free(q, verdicts, err);
	return rc;
}

static int begin(struct question *q, struct rel_universe *u,
		 const struct rel_decide_options *options,
		 struct rel_error *err)
{
	size_t n = (size_t)u->problem.n_vars + 1;

	*q = (struct question){u, malloc(n), malloc(n), options, false};
	if (!q->status || !q->asked)
		return rel_fail_nomem(err);
	preset_status(u, q->status);
	return 0;
}

static void end(struct question *q)
{
	free(q->status);
	free(q->asked);
}

static bool any_undecided(const struct rel_universe *u, const uint8_t *verdicts)
{
	return memchr(verdicts, REL_UNDECIDED, u->n_packages) != NULL;
}

int rel_decide(struct rel_universe *u, uint8_t *verdicts,
	       const struct rel_decide_options *options, struct rel_error *err)
{
	struct rel_decide_options anew = *options;
	struct question q;
	int rc = begin(&q, u, options, err);

	if (!rc)
		rc = decide(&q, verdicts, err);
	/* What is left undecided must not depend on what was known, nor on
	 * which circles the threads came upon. */
	if (!rc && any_undecided(u, verdicts) &&
	    (options->known || (q.spent && options->jobs > 1))) {
		anew.known = NULL;
		anew.found = NULL;
		anew.jobs = 1;
		q.options = &anew;
		preset_status(u, q.status);
		rc = decide(&q, verdicts, err);
	}
	end(&q);
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

int rel_decide_from(struct rel_universe *u, uint8_t *verdicts,
		    const struct rel_universe *known,
		    const uint8_t *known_verdicts,
		    const struct rel_decide_options *options,
		    struct rel_error *err)
{
	struct question q;
	int rc = begin(&q, u, options, err);

	if (!rc && carry_over(u, q.status, known, known_verdicts))
		rc = rel_fail_nomem(err);
	if (!rc)
		rc = decide(&q, verdicts, err);
	end(&q);
	/* What is left undecided must not depend on what was known. */
	if (!rc && any_undecided(u, verdicts))
		rc = rel_decide(u, verdicts, options, err);
	return rc;
}
