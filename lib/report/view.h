/*
 * What several formats ask of the model: which verdicts belong to which
 * section, and the few texts they share.
 */
#ifndef REL_REPORT_VIEW_H
#define REL_REPORT_VIEW_H

#include "base/buf.h"
#include "report/model.h"

/* Words of JSON and CSV; NULL for none. */
const char *rel_origin_text(enum rel_origin origin);
const char *rel_change_text(enum rel_delta change);
/* NULL where nothing is broken. */
const char *rel_kind_text(const struct rel_report_verdict *verdict);

/* Index of the first verdict of `section` at or after `from`; n_verdicts when
 * there is none. */
size_t rel_section_next(const struct rel_report *report,
			enum rel_section section, size_t from);

/* Number of versions in `section`. */
size_t rel_section_count(const struct rel_report *report,
			 enum rel_section section);

/* Are the development remotes to blame for a broken version?  Of a lone remote
 * everything is its own. */
bool rel_is_mine(const struct rel_report *report,
		 const struct rel_report_verdict *verdict);

/* With --since: is anything newly broken, undecided or unreadable, or no
 * longer available? */
bool rel_report_has_news(const struct rel_report *report);
/* Is a target not installable that was, as far as known? */
bool rel_report_has_target(const struct rel_report *report);

/* The root `id`, or NULL. */
const struct rel_report_root *rel_root_find(const struct rel_report *report,
					    uint32_t id);

/*
 * One version in a section, told once for all its environments: the verdicts
 * from `first` on, `count` of them.  Start with {0} or with .next where to
 * begin.
 */
struct rel_entry {
	size_t first, next; /* index; `next` is behind the entry */
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

/* The name of an environment; "" when there is none at `index`. */
const char *rel_environment_name(const struct rel_report *report,
				 uint32_t index);

/* Append the environment's name; of this machine's also what it is:
 * "host (debian 12, x86_64)". */
void rel_environment_add(struct rel_buf *out,
			 const struct rel_report_environment *environment);

/* Append " (in debian-12, alpine-3)": where the cycle at `index`, the first of
 * its like, is one too; nothing when it is one in all environments. */
void rel_cycle_environments_add(struct rel_buf *out,
				const struct rel_report *report, size_t index);

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
 * Append the verdict in one sentence, in versions.  Without an overlay:
 * "18805 checked: 75 broken from 9 roots, …"; with one, what it breaks and
 * repairs; with --since, what changed.
 */
void rel_counts_add(struct rel_buf *out, const struct rel_report *report);

/* Append what --with and --without change, in one sentence: "without foo.1.0:
 * nothing breaks". */
void rel_what_if_add(struct rel_buf *out, const struct rel_report *report);

/* Append what is broken upstream without the overlay; nothing where nothing
 * is. */
void rel_upstream_add(struct rel_buf *out, const struct rel_report *report);

/* Append the maintainers, which stand one a line, `between` them. */
void rel_maintainers_add(struct rel_buf *out, const char *maintainers,
			 const char *between);

/* Append "1 version", "2 versions". */
void rel_number_add(struct rel_buf *out, size_t count, const char *what);

#endif
