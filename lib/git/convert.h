/*
 * What attributes do to a file's bytes on the way out.  Internal to lib/git;
 * the rules are told in git/export.h.
 */
#ifndef REL_GIT_CONVERT_H
#define REL_GIT_CONVERT_H

#include "base/buf.h"
#include "git/attributes.h"
#include "git/objects.h"

/*
 * The commit as $Format:…$ sees it; times are kept with their zone.
 */
struct rel_git_subst;

/*
 * tag     copied; may be NULL
 * Errors  as rel_git_commit_time()
 */
REL_MUST_CHECK int rel_git_subst_open(struct rel_git_subst **out,
				      struct rel_git_store *store,
				      const struct rel_git_id *commit,
				      const char *tag, struct rel_error *err);
void rel_git_subst_free(struct rel_git_subst *subst);
/* Committer's time, UTC seconds since 1970. */
int64_t rel_git_subst_time(const struct rel_git_subst *subst);

/*
 * Append `text` with each $Format:…$ expanded.
 * Errors  REL_EUSAGE a placeholder that depends on the clone; out->status
 */
REL_MUST_CHECK int rel_git_subst_expand(struct rel_buf *out,
					const struct rel_git_subst *subst,
					struct rel_str text,
					struct rel_error *err);

/* May a file with these attributes change?  Then it is to be converted. */
bool rel_git_convert_may(
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES]);

/*
 * Append `content`, the bytes of `blob`, as it is exported: ident, then line
 * ends, then substitution (git archive.c, object_file_to_archive).
 * Errors  as rel_git_subst_expand()
 */
REL_MUST_CHECK int rel_git_convert(
    struct rel_buf *out,
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    const struct rel_git_subst *subst, const struct rel_git_id *blob,
    struct rel_str content, struct rel_error *err);

#endif
