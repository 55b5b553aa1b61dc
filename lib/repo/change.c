#include "repo/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "repo/repo_private.h"

int rel_writable_open(struct rel_writable **out,
		      const struct rel_location *location,
		      const struct rel_writable_options *options,
		      struct rel_error *err)
{
	static const struct rel_writable_options defaults;
	struct rel_writable *remote = calloc(1, sizeof(*remote));
	int rc;

	*out = NULL;
	if (remote)
		remote->text = strdup(location->text);
	if (!remote || !remote->text) {
		free(remote);
		return rel_fail_nomem(err);
	}
	options = options ? options : &defaults;
	if (location->kind == REL_LOCATION_DIRECTORY)
		rc = rel_writable_open_dir(remote, location, options, err);
	else if (location->kind != REL_LOCATION_HTTP)
		rc = rel_writable_open_git(remote, location, options, err);
	else
		rc = rel_fail(err, REL_EUSAGE,
			      "%s is read over HTTP and cannot be written; "
			      "give the git repository or the directory that "
			      "it is made from",
			      location->text);
	if (rc) {
		rel_writable_free(remote);
		return rc;
	}
	*out = remote;
	return 0;
}

static void forget(struct rel_writable *remote)
{
	for (uint32_t i = 0; i < remote->n_seen; i++)
		free(remote->seen[i].path);
	remote->n_seen = 0;
}

void rel_writable_free(struct rel_writable *remote)
{
	if (!remote)
		return;
	if (remote->self)
		remote->kind->release(remote->self);
	forget(remote);
	free(remote->seen);
	free(remote->text);
	free(remote);
}

bool rel_writable_is_git(const struct rel_writable *remote)
{
	return remote->kind->is_git;
}

const char *rel_writable_tip(const struct rel_writable *remote)
{
	return remote->kind->tip(remote->self);
}

const char *rel_writable_branch(const struct rel_writable *remote)
{
	return remote->kind->branch(remote->self);
}

const char *rel_writable_text(const struct rel_writable *remote)
{
	return remote->text;
}

int rel_writable_refresh(struct rel_writable *remote, struct rel_error *err)
{
	forget(remote);
	return remote->kind->refresh(remote->self, err);
}

static int check_path(const char *path, struct rel_error *err)
{
	if (rel_path_is_safe(rel_str_of(path)))
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"\"%s\" is not a clean path below a remote", path);
}

int rel_writable_exists(bool *out, struct rel_writable *remote,
			const char *path, struct rel_error *err)
{
	int rc = check_path(path, err);

	*out = false;
	return rc ? rc : remote->kind->exists(out, remote->self, path, err);
}

int rel_writable_stream(uint64_t *size, struct rel_writable *remote,
			const char *path, const struct rel_sink *sink,
			struct rel_error *err)
{
	uint64_t own;
	int rc = check_path(path, err);

	size = size ? size : &own;
	*size = 0;
	return rc ? rc
		  : remote->kind->stream(size, remote->self, path, sink, err);
}

int rel_writable_ready(struct rel_writable *remote, const char *path,
		       struct rel_error *err)
{
	int rc = check_path(path, err);

	return rc ? rc : remote->kind->ready(remote->self, path, err);
}

/* Remember what stands at `path`; NULL ptr: nothing. */
static int remember(struct rel_writable *remote, const char *path,
		    struct rel_str bytes, struct rel_error *err)
{
	struct rel_writable_seen seen = {.absent = !bytes.ptr};
	int rc = rel_array_reserve(&remote->seen, &remote->seen_cap,
				   (uint64_t)remote->n_seen + 1, sizeof(seen));

	if (rc)
		return rel_fail_nomem(err);
	if (bytes.ptr)
		rc = rel_digest_of(&seen.digest, REL_DIGEST_SHA256, bytes, err);
	if (rc)
		return rc;
	seen.path = strdup(path);
	if (!seen.path)
		return rel_fail_nomem(err);
	remote->seen[remote->n_seen++] = seen;
	return 0;
}

int rel_writable_read(struct rel_buf *out, struct rel_writable *remote,
		      const char *path, struct rel_error *err)
{
	struct rel_sink sink = rel_sink_of_buf(out);
	size_t start = out->len;
	struct rel_str bytes = {NULL, 0};
	int rc = rel_writable_stream(NULL, remote, path, &sink, err), noted;

	if (rc == 0)
		bytes = rel_str_sub(rel_buf_str(out), start, out->len);
	else
		out->len = start;
	if (rc == REL_ELIMIT)
		rel_error_at(err, path, 0, 0);
	if (rc != 0 && rc != REL_ENOTFOUND)
		return rc;
	noted = remember(remote, path, bytes, err);
	return noted ? noted : rc;
}

const struct rel_writable_seen *rel_writable_seen(
    const struct rel_writable *remote, const char *path)
{
	for (uint32_t i = remote->n_seen; i-- > 0;)
		if (strcmp(remote->seen[i].path, path) == 0)
			return &remote->seen[i];
	return NULL;
}

static int check_changes(const struct rel_change *changes, size_t n,
			 struct rel_error *err)
{
	for (size_t i = 0; i < n; i++) {
		int rc = check_path(changes[i].path, err);

		if (rc)
			return rc;
		for (size_t j = 0; j < i; j++)
			if (strcmp(changes[i].path, changes[j].path) == 0)
				return rel_fail(err, REL_EUSAGE,
						"two changes of \"%s\"",
						changes[i].path);
	}
	return 0;
}

void rel_change_raced(struct rel_change_result *out, const char *fmt, ...)
{
	va_list args;

	out->outcome = REL_CHANGE_RACED;
	va_start(args, fmt);
	vsnprintf(out->text, sizeof(out->text), fmt, args);
	va_end(args);
}

int rel_writable_apply(struct rel_change_result *out,
		       struct rel_writable *remote,
		       const struct rel_change *changes, size_t n_changes,
		       const char *message,
		       const struct rel_change_author *author,
		       const char *expected, struct rel_error *err)
{
	int rc = check_changes(changes, n_changes, err);

	*out = (struct rel_change_result){.outcome = REL_CHANGE_NOTHING};
	if (rc)
		return rc;
	if (expected && strcmp(expected, rel_writable_tip(remote)) != 0) {
		rel_change_raced(out, "%s is at another commit than expected",
				 remote->text);
		return 0;
	}
	rc = remote->kind->apply(out, remote, changes, n_changes, message,
				 author, err);
	if (rc == 0 && out->outcome == REL_CHANGE_DONE)
		forget(remote);
	return rc;
}
