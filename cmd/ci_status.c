#include "ci_status.h"

#include <time.h>

#include "base/limits.h"
#include "git/remote.h"
#include "git/run.h"

/* A checkout is somebody's copy; what it was cloned from is the remote. */
static int find_origin(struct rel_buf *out, const struct rel_location *location,
		       struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int rc;

	if (location->kind != REL_LOCATION_GIT_LOCAL)
		return 0;
	rc = rel_git_store_open(&store, location->url, err);
	if (rc == 0)
		rc = rel_git_origin(out, store, err);
	rel_git_store_free(store);
	return rc < 0 ? rc : 0;
}

static int place(struct rel_location *out, const struct rel_remote *remote,
		 struct rel_arena *arena, struct rel_error *err)
{
	struct rel_buf origin, text;
	int rc;

	*out = remote->location;
	rel_buf_init(&origin, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = find_origin(&origin, out, err);
	if (rc == 0 && origin.len > 0) {
		rel_buf_printf(&text, "git+%s", origin.ptr);
		rc = rel_buf_status(&text, "address", err);
		if (rc == 0)
			rc = rel_location_parse(out, rel_buf_str(&text), NULL,
						arena, err);
	}
	out->subdir = "";
	out->revision = "";
	rel_buf_free(&origin);
	rel_buf_free(&text);
	return rc;
}

int rel_status_open(struct rel_writable **out,
		    const struct rel_context *context,
		    const struct rel_remote *remote, struct rel_error *err)
{
	struct rel_writable_options options = {.branch = REL_STATUS_BRANCH,
					       .orphan = true,
					       .remote = &context->reading};
	struct rel_location location;
	struct rel_arena arena;
	int rc;

	*out = NULL;
	if (remote->location.kind == REL_LOCATION_DIRECTORY ||
	    remote->location.kind == REL_LOCATION_HTTP)
		return rel_fail(err, REL_EUSAGE,
				"remote %s (%s) is not in git, and the report "
				"is kept in a branch of it",
				remote->name, remote->location.text);
	rel_arena_init(&arena, REL_LIMIT_CONF_ARENA);
	rc = place(&location, remote, &arena, err);
	if (rc == 0)
		rc = rel_writable_open(out, &location, &options, err);
	rel_arena_free(&arena);
	return rc;
}

int rel_status_write(bool *raced, struct rel_writable *branch,
		     const struct rel_change *files, size_t n_files,
		     const char *message, struct rel_error *err)
{
	struct rel_change_author author = {.name = "relctl",
					   .email = "relctl@localhost"};
	struct rel_change_result done;
	struct rel_buf name, email;
	int rc;

	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&email, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_user(&name, &email, &author.time, &author.offset_minutes,
			  err);
	if (rc == 0) {
		author.name = name.ptr;
		author.email = email.ptr;
	} else if (rc == REL_ENOTFOUND) {
		author.time = (int64_t)time(NULL);
		rc = 0;
	}
	if (rc == 0)
		rc = rel_writable_apply(&done, branch, files, n_files, message,
					&author, NULL, err);
	rel_buf_free(&name);
	rel_buf_free(&email);
	if (rc)
		return rc;
	*raced = done.outcome == REL_CHANGE_RACED;
	if (done.outcome == REL_CHANGE_REJECTED)
		return rel_fail(err, REL_EIO, "%s refused the report: %s",
				rel_writable_text(branch), done.text);
	return 0;
}
