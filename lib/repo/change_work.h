/* What the two kinds of writable remotes share.  Internal to lib/repo. */
#ifndef REL_REPO_CHANGE_WORK_H
#define REL_REPO_CHANGE_WORK_H

#include "digest/digest.h"
#include "repo/change.h"

/* One kind; `self` is the object that it made. */
struct rel_writable_kind {
	bool is_git;
	const char *(*tip)(const void *self);
	const char *(*branch)(const void *self);
	int (*refresh)(void *self, struct rel_error *err);
	int (*exists)(bool *out, void *self, const char *path,
		      struct rel_error *err);
	int (*stream)(uint64_t *size, void *self, const char *path,
		      const struct rel_sink *sink, struct rel_error *err);
	int (*ready)(void *self, const char *path, struct rel_error *err);
	/* `changes` are clean and of different paths. */
	int (*apply)(struct rel_change_result *out, struct rel_writable *remote,
		     const struct rel_change *changes, size_t n_changes,
		     const char *message,
		     const struct rel_change_author *author,
		     struct rel_error *err);
	void (*release)(void *self);
};

/* A file that was read through the handle. */
struct rel_writable_seen {
	char *path;
	bool absent;
	struct rel_digest digest; /* sha256 */
};

struct rel_writable {
	const struct rel_writable_kind *kind;
	void *self;
	char *text; /* the location, for messages */
	struct rel_writable_seen *seen;
	uint32_t n_seen, seen_cap;
};

/* Each sets kind and self.  Errors as rel_writable_open(). */
REL_MUST_CHECK int rel_writable_open_dir(
    struct rel_writable *remote, const struct rel_location *location,
    const struct rel_writable_options *options, struct rel_error *err);

REL_MUST_CHECK int rel_writable_open_git(
    struct rel_writable *remote, const struct rel_location *location,
    const struct rel_writable_options *options, struct rel_error *err);

/* The last read of `path`, or NULL. */
const struct rel_writable_seen *rel_writable_seen(
    const struct rel_writable *remote, const char *path);

/* REL_CHANGE_RACED with a printf-style text. */
void rel_change_raced(struct rel_change_result *out, const char *fmt, ...)
    REL_PRINTF(2, 3);

#endif
