#include "git/user.h"

#include <stdlib.h>

#include "base/limits.h"
#include "git/place.h"
#include "git/run.h"

/* "+0130" in minutes */
static int zone_minutes(struct rel_str zone)
{
	int sign = zone.len > 0 && zone.ptr[0] == '-' ? -1 : 1;
	unsigned long number = 0;

	if (zone.len != 5 ||
	    !rel_str_to_uint(rel_str_sub(zone, 1, 5), 9999, &number))
		return 0;
	return sign * (int)(number / 100 * 60 + number % 100);
}

/* "Name <e@mail> 1234567890 +0100" (git's Documentation of git-var) */
static bool read_ident(struct rel_buf *name, struct rel_buf *email,
		       int64_t *seconds, int *offset, struct rel_str text)
{
	size_t open = rel_str_rfind(text, '<'), shut = rel_str_rfind(text, '>');
	struct rel_str rest;
	unsigned long number;

	if (open >= shut || shut == text.len)
		return false;
	rest = rel_str_trim(rel_str_sub(text, shut + 1, text.len));
	if (!rel_str_to_uint(rel_str_cut(&rest, ' '), INT64_MAX, &number))
		return false;
	if (seconds != NULL)
		*seconds = (int64_t)number;
	if (offset != NULL)
		*offset = zone_minutes(rest);
	rel_buf_add_str(name, rel_str_trim(rel_str_sub(text, 0, open)));
	rel_buf_add_str(email, rel_str_sub(text, open + 1, shut));
	return true;
}

int rel_git_user_at(struct rel_buf *name, struct rel_buf *email,
		    int64_t *seconds, int *offset, const char *dir,
		    const char *role, struct rel_error *err)
{
	char variable[32];
	const char *args[] = {"-c", "user.useConfigOnly=true", "var", variable,
			      NULL};
	struct rel_git_place place = {0};
	struct rel_git_run run;
	int rc;

	snprintf(variable, sizeof(variable), "GIT_%s_IDENT", role);
	rel_git_run_init(&run, NULL, REL_LIMIT_CHILD_TEXT);
	run.cwd = dir;
	run.what = "cannot find out who you are";
	/* Another user's repository does not say it. */
	if (rel_git_place_find(&place, dir ? dir : ".", NULL) < 0 ||
	    place.foreign)
		run.git_dir = REL_GIT_NOWHERE;
	rel_git_place_free(&place);
	rc = rel_git_run(&run, args, err);
	if (rc == 0 && (run.status != 0 ||
			!read_ident(name, email, seconds, offset,
				    rel_str_trim(rel_buf_str(&run.out)))))
		rc = rel_fail(err, REL_ENOTFOUND,
			      "git does not know who you are; tell it: git "
			      "config --global user.name \"…\" and user.email");
	rel_git_run_free(&run);
	if (rc == 0)
		rc = rel_buf_status(name, "name", err);
	return rc ? rc : rel_buf_status(email, "address", err);
}

int rel_git_user(struct rel_buf *name, struct rel_buf *email, int64_t *seconds,
		 int *offset, struct rel_error *err)
{
	return rel_git_user_at(name, email, seconds, offset, NULL, "AUTHOR",
			       err);
}
