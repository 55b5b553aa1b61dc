/* Who the user is to git. */
#ifndef REL_GIT_USER_H
#define REL_GIT_USER_H

#include "base/buf.h"

/*
 * GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, else user.name and user.email of the
 * configuration that holds in the current directory; nothing is guessed from
 * the host's name.
 * name, email      appended, NUL-terminated
 * seconds, offset  GIT_AUTHOR_DATE, else now and the local zone; UTC seconds
 *                  and minutes east
 * Errors  REL_ENOTFOUND one of them is not set; the text says what to do;
 *         REL_EIO no git
 */
REL_MUST_CHECK int rel_git_user(struct rel_buf *name, struct rel_buf *email,
				int64_t *seconds, int *offset,
				struct rel_error *err);

/*
 * The same where the configuration of the repository around `dir` holds too,
 * if that is the user's own.
 * role  "AUTHOR" or "COMMITTER": GIT_<role>_NAME and so on
 * seconds, offset  either may be NULL
 */
REL_MUST_CHECK int rel_git_user_at(struct rel_buf *name, struct rel_buf *email,
				   int64_t *seconds, int *offset,
				   const char *dir, const char *role,
				   struct rel_error *err);

#endif
