/*
 * What the files of lib/git share; no header for other modules.
 */
#ifndef REL_GIT_INTERNAL_H
#define REL_GIT_INTERNAL_H

#include "base/buf.h"
#include "git/libgit2.h"
#include "git/store.h"
#include "git/url.h"

struct rel_git_store {
	git_repository *repo;
	git_odb *odb;
	char *path; /* the git directory, no trailing slash */
	/* Its objects came by a fetch of ours, which names them by what they
	 * are; of all others that is checked as they are read. */
	bool fetched;
	/* Made by us: a cache or a scratch repository (git/run.h). */
	bool made;
};

/*
 * Count one more (one less) user of libgit2.  The first sets its process-wide
 * options; see library.c for which and why.
 */
REL_MUST_CHECK int rel_git_library_open(struct rel_error *err);
void rel_git_library_close(void);

/* Does git allow a reference of this full name ("refs/heads/main")?  Needs no
 * open store. */
bool rel_git_is_ref_name(const char *name);

/*
 * Turn the failure `status` (a git_error_code, < 0) of libgit2 into ours:
 * "<what>: <libgit2's text>".  Returns the code.
 */
int rel_git_library_fail(struct rel_error *err, int status, const char *fmt,
			 ...) REL_PRINTF(3, 4);

/* Between our ids and libgit2's; both are raw bytes. */
void rel_git_id_to_oid(git_oid *out, const struct rel_git_id *id);
void rel_git_id_of_oid(struct rel_git_id *out, const git_oid *oid);

/* The id that an object of this content has.  Needs no open store.
 * Errors  REL_EIO no libgit2; REL_ENOMEM */
REL_MUST_CHECK int rel_git_hash(struct rel_git_id *out, struct rel_str content,
				git_object_t type, struct rel_error *err);

/*
 * Read an object of the wanted type.
 * max    bytes; a bigger one is REL_ELIMIT and is not unpacked
 * Owner  the caller frees *out with git_odb_object_free()
 * Errors REL_ENOTFOUND, REL_EPARSE (another type), REL_ELIMIT, REL_EIO
 */
REL_MUST_CHECK int rel_git_object_read(git_odb_object **out,
				       struct rel_git_store *store,
				       const struct rel_git_id *id,
				       git_object_t type, size_t max,
				       struct rel_error *err);

/* Append `s` with its %XX replaced. */
int rel_git_url_decode(struct rel_buf *out, struct rel_str s);
/* Append "scheme://host:port". */
int rel_git_url_origin(struct rel_buf *out, const struct rel_git_url *url);
/* Append the URL without credentials; the user of ssh stays. */
int rel_git_url_clean(struct rel_buf *out, const struct rel_git_url *url);

/* Did a clone leave a part of its objects with a remote? */
bool rel_git_store_is_partial(const struct rel_git_store *store);

/* An object is not there: REL_ENOTFOUND, or REL_EIO of a damaged pack. */
int rel_git_fail_missing(struct rel_git_store *store,
			 const struct rel_git_id *id, struct rel_error *err);

#endif
