/*
 * Facts of reasons as text: what a report and the gate of a cut show.
 */
#ifndef REL_CHECK_FACTS_H
#define REL_CHECK_FACTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "check/survey.h"

/* One fact of a reason, in reading order.  No member is NULL. */
struct rel_fact_text {
	const char *package;  /* name.version it is about, may be "" */
	const char *field;    /* "depends", "conflicts", …, may be "" */
	const char *text;     /* what the manifest says: irmin-git = 1.0.0 */
	const char *sentence; /* for people: "needs irmin-git = 1.0.0, …" */
	const char *remote;   /* name of the layer, may be "" */
	const char *file;     /* from the root of the remote, may be "" */
	uint32_t line;	      /* from 1; 0 = not known */
	uint32_t column;      /* from 1, in bytes; 0 = not known */
	/* the constraint as resolved: facts of one reason in which the package
	 * and this differ alone say the same */
	uint32_t clause;
	bool decides; /* the title of the root states it */
};

/* Texts composed one after the other. */
struct rel_texts {
	struct rel_arena *arena; /* borrowed; holds every text made */
	struct rel_buf work;
};

void rel_texts_init(struct rel_texts *texts, struct rel_arena *arena);
void rel_texts_free(struct rel_texts *texts);

/* All below return NULL or REL_ENOMEM when out of memory. */

/* "name.version" */
const char *rel_texts_package(struct rel_texts *texts,
			      const struct rel_universe *u, rel_pkg_id pkg);
/* Name of the remote, and path of the manifest in it. */
const char *rel_texts_remote(const struct rel_universe *u, rel_pkg_id pkg);
const char *rel_texts_file(struct rel_texts *texts,
			   const struct rel_universe *u, rel_pkg_id pkg);

/* The maintainers of a version, one a line; "" when it has none. */
const char *rel_texts_maintainers(struct rel_texts *texts,
				  const struct rel_universe *u, rel_pkg_id pkg);

/* What of the facts of a reason is to be shown. */
struct rel_fact_span {
	uint32_t first, count; /* in rel_reasons.facts */
	uint32_t omitted;
	bool whole;
};

/*
 * Facts of a reason → *out, an array of *n in the arena.  A fact about no
 * package at their end says what is left out, or not made shortest.
 */
REL_MUST_CHECK int rel_facts_of_span(const struct rel_fact_text **out,
				     size_t *n, struct rel_texts *texts,
				     const struct rel_survey_result *r,
				     const struct rel_fact_span *span);

/* The gathered text, moved to the arena. */
const char *rel_texts_keep(struct rel_texts *texts);

/*
 * Why `pkg` is not installable: the facts of its reason where it is broken
 * and the survey has reasons (else none), else the one fact of its state.
 */
REL_MUST_CHECK int rel_facts_of(const struct rel_fact_text **out, size_t *n,
				struct rel_texts *texts,
				const struct rel_survey_result *r,
				rel_pkg_id pkg);

/* What a fact says: its sentence, else its text. */
const char *rel_fact_says(const struct rel_fact_text *fact);

/*
 * Append what the facts say, in one line: "a.1 needs b; b is …".
 * subject  name.version that the facts about it do not repeat, or NULL
 */
void rel_facts_add(struct rel_buf *out, const struct rel_fact_text *facts,
		   size_t count, const char *subject);

#endif
