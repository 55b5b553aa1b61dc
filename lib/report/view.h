/*
 * What several formats ask of the model: which verdicts belong to which
 * section, and the few texts they share.
 */
#ifndef REL_REPORT_VIEW_H
#define REL_REPORT_VIEW_H

#include "base/buf.h"
#include "report/model.h"

/* Every verdict is in one section.  Without --since the changes "new" and
 * "still" do not exist, and all that is broken is news. */
enum rel_section {
	REL_SECTION_BROKEN, /* newly, with --since; so the next three */
	REL_SECTION_UNDECIDED,
	REL_SECTION_UNREADABLE,
	REL_SECTION_UNAVAILABLE, /* with --since: was installable before */
	REL_SECTION_FIXED,
	REL_SECTION_STILL, /* with --since: broken, undecided or unreadable as
			    * before */
	REL_SECTION_QUIET, /* installable; unavailable when that is no news */
};

enum rel_section rel_section_of(const struct rel_report *report,
				const struct rel_report_verdict *verdict);

/* Index of the first verdict of `section` at or after `from`; n_verdicts when
 * there is none. */
size_t rel_section_next(const struct rel_report *report,
			enum rel_section section, size_t from);

/* Number of verdicts in `section`. */
size_t rel_section_count(const struct rel_report *report,
			 enum rel_section section);

/* With --since: is anything newly broken, undecided or unreadable, or no
 * longer available? */
bool rel_report_has_news(const struct rel_report *report);

/* The root `id`, or NULL. */
const struct rel_report_root *rel_root_find(const struct rel_report *report,
					    uint32_t id);

/*
 * One version in a section, told once for all its environments: the verdicts
 * from `first` on, `count` of them.  Start with {0} or with .next where to
 * begin.
 */
struct rel_entry {
	size_t first, next; /* index; `next` begins the entry behind it */
	uint32_t count;
};

/* Step to the next entry; false when there is none. */
bool rel_entry_next(const struct rel_report *report, enum rel_section section,
		    struct rel_entry *entry);

/* Append the names of the entry's environments: "debian-12, alpine-3". */
void rel_entry_environments(struct rel_buf *out,
			    const struct rel_report *report,
			    enum rel_section section,
			    const struct rel_entry *entry);

/* Does the overlay alone break it? */
bool rel_by_overlay(const struct rel_report_verdict *verdict);

/* The name of an environment; "" when there is none at `index`. */
const char *rel_environment_name(const struct rel_report *report,
				 uint32_t index);

/* The layer of that name, or NULL. */
const struct rel_report_layer *rel_layer_find(const struct rel_report *report,
					      const char *name);

/*
 * The place in the version's own manifest that the verdict is about: the
 * first fact in verdict->file with a line, else the first in it, else NULL.
 */
const struct rel_fact_text *rel_verdict_place(
    const struct rel_report_verdict *verdict);

/* Append why the entry is in its section, and in which environments unless in
 * all, in one line. */
void rel_entry_reason_add(struct rel_buf *out, const struct rel_report *report,
			  enum rel_section section,
			  const struct rel_entry *entry);

/* Append the revision as people read it: 12 digits of a commit's name, any
 * other text whole. */
void rel_revision_add(struct rel_buf *out, const char *revision);

/*
 * Append the counts in words: "18805 checked: 75 broken from 9 roots, …".
 * What is zero is left out; "nothing is broken" when nothing is.
 */
void rel_counts_add(struct rel_buf *out, const struct rel_report *report);

#endif
