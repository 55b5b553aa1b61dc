/*
 * Progress of long work.  Lower layers call rel_progress(); what is shown,
 * and whether, is decided by whoever made the object (cmd/).  May be called
 * from several threads; `update` must cope.
 */
#ifndef REL_BASE_PROGRESS_H
#define REL_BASE_PROGRESS_H

#include <stdint.h>

struct rel_progress {
	/* what   present participle and object: "fetching mirage-dev"
	 * done   of total; total 0 = not known */
	void (*update)(void *context, const char *what, uint64_t done,
		       uint64_t total);
	void *context;
};

/* `progress` may be NULL. */
static inline void rel_progress(const struct rel_progress *progress,
				const char *what, uint64_t done, uint64_t total)
{
	if (progress)
		progress->update(progress->context, what, done, total);
}

#endif
