/*
 * The journal of a cut: what was decided, and how far it got.
 *
 * A small YAML file of sections, each a mapping of plain keys to texts,
 * replaced as a whole (base/file.h) at every change, so that a killed program
 * or a power cut leaves the old one or the new one.  Its last line is a
 * digest of all before it.  docs/formats/cut-journal.md describes the content.
 *
 * Whoever has it open holds the lock beside it, which dies with the process.
 */
#ifndef REL_RELEASE_JOURNAL_H
#define REL_RELEASE_JOURNAL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/file.h"

#define REL_JOURNAL_SCHEMA "relctl.cut/1"

struct rel_journal_entry;

/* Zero-initialise; rel_journal_close() is fine then. */
struct rel_journal {
	char *dir, *path;		 /* its directory, the file in it */
	bool found;			 /* there was a file */
	struct rel_journal_entry *first; /* in the order of the file */
	struct rel_arena arena;
	struct rel_lock lock;
};

/*
 * Lock the journal in the directory `dir`, which is created when missing, and
 * read it when there is one.
 * Errors  REL_EEXISTS: another cut of this source is running; REL_EPARSE: the
 *         file is damaged or of another version of relctl, with what to do;
 *         REL_EIO, REL_ENOMEM.
 * Owner   rel_journal_close(), also after a failure
 */
REL_MUST_CHECK int rel_journal_open(struct rel_journal *journal,
				    const char *dir, struct rel_error *err);

/* The same without a lock, for reading only; nothing is created. */
REL_MUST_CHECK int rel_journal_read(struct rel_journal *journal,
				    const char *dir, struct rel_error *err);

void rel_journal_close(struct rel_journal *journal);

/*
 * REL_EPARSE: the journal `how` ("is damaged"), and what to do about it.
 * Returns it.
 */
int rel_journal_refuse(const struct rel_journal *journal, struct rel_error *err,
		       const char *how);

/* The text of `key` in `section`, or NULL. */
const char *rel_journal_get(const struct rel_journal *journal,
			    const char *section, const char *key);

/*
 * Set `key` of `section`, printf-style.  Only in memory until
 * rel_journal_save().
 * section, key  of [a-z0-9._-]
 * Errors  REL_EUSAGE: the text holds control characters; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_journal_set(struct rel_journal *journal,
				   const char *section, const char *key,
				   struct rel_error *err, const char *fmt, ...)
    REL_PRINTF(5, 6);

/* Forget all sections; only in memory until rel_journal_save(). */
void rel_journal_clear(struct rel_journal *journal);

/* Make it last.  Errors  REL_EIO */
REL_MUST_CHECK int rel_journal_save(struct rel_journal *journal,
				    struct rel_error *err);

/* Remove the file; fine when there is none.  Errors  REL_EIO */
REL_MUST_CHECK int rel_journal_remove(struct rel_journal *journal,
				      struct rel_error *err);

#endif
