/* References; see git/write.h. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "git/internal.h"
#include "git/write.h"

int rel_git_ref_read(struct rel_git_id *id, struct rel_git_store *store,
		     const char *name, struct rel_error *err)
{
	git_oid oid;
	int status = git_reference_name_to_id(&oid, store->repo, name);

	if (status == GIT_ENOTFOUND)
		return 0;
	if (status < 0) {
		status = rel_git_library_fail(err, status,
					      "cannot read '%.200s'", name);
		rel_error_at(err, store->path, 0, 0);
		return status == REL_EUSAGE ? REL_EUSAGE : REL_EIO;
	}
	rel_git_id_of_oid(id, &oid);
	return 1;
}

int rel_git_ref_each(struct rel_git_store *store, const char *pattern,
		     int (*each)(void *context, const char *name,
				 struct rel_error *err),
		     void *context, struct rel_error *err)
{
	git_reference_iterator *names = NULL;
	const char *name;
	int r = 0, status = git_reference_iterator_glob_new(&names, store->repo,
							    pattern);

	while (r == 0 && status == 0) {
		status = git_reference_next_name(&name, names);
		if (status == 0)
			r = each(context, name, err);
	}
	git_reference_iterator_free(names);
	if (r != 0 || status == GIT_ITEROVER)
		return r;
	rel_git_library_fail(err, status, "cannot list references");
	rel_error_at(err, store->path, 0, 0);
	if (err != NULL)
		err->code = REL_EIO;
	return REL_EIO;
}

static int check_name(const char *name, struct rel_error *err)
{
	if (strncmp(name, "refs/", 5) == 0 && rel_git_is_ref_name(name))
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"git allows no reference named '%.200s'", name);
}

static int fail_stale(const char *name, const struct rel_git_id *now,
		      struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];

	if (now == NULL)
		return rel_fail(err, REL_ESTALE, "%.200s is gone", name);
	return rel_fail(err, REL_ESTALE, "%.200s is at %.12s meanwhile", name,
			rel_git_id_format(hex, now));
}

/* Is there a reference "a" in the way of "a/b"? */
static bool blocked_above(struct rel_git_store *store, const char *name)
{
	char *part = strdup(name);
	struct rel_git_id id;
	bool found = false;
	char *slash;

	while (part != NULL && !found && (slash = strrchr(part, '/')) &&
	       slash - part > 4) {
		*slash = '\0';
		found = rel_git_ref_read(&id, store, part, NULL) == 1;
	}
	free(part);
	return found;
}

/* Or one "a/b/c"? */
static bool blocked_below(struct rel_git_store *store, const char *name)
{
	git_reference_iterator *iterator = NULL;
	const char *found;
	char *glob = NULL;
	bool blocked = false;

	if (asprintf(&glob, "%s/*", name) < 0)
		return false;
	if (git_reference_iterator_glob_new(&iterator, store->repo, glob) == 0)
		blocked = git_reference_next_name(&found, iterator) == 0;
	git_reference_iterator_free(iterator);
	free(glob);
	return blocked;
}

/* What it is, under the lock.  1 = go on; 0 = nothing to be done. */
static int compare(struct rel_git_store *store, const char *name,
		   const struct rel_git_id *old, const struct rel_git_id *fresh,
		   struct rel_error *err)
{
	git_reference *ref = NULL;
	struct rel_git_id now;
	int there, r;

	r = git_reference_lookup(&ref, store->repo, name);
	if (r == 0 && git_reference_type(ref) == GIT_REFERENCE_SYMBOLIC) {
		git_reference_free(ref);
		return rel_fail(err, REL_EUSAGE, "%.200s is symbolic", name);
	}
	git_reference_free(ref);
	there = rel_git_ref_read(&now, store, name, err);
	if (there < 0)
		return there;
	if (fresh != NULL && there && rel_git_id_eq(&now, fresh))
		return 0;
	if (fresh == NULL && !there)
		return 0;
	if ((old != NULL) != (there == 1) ||
	    (there && !rel_git_id_eq(&now, old)))
		return fail_stale(name, there ? &now : NULL, err);
	/* libgit2 does not look for it in a transaction. */
	if (!there &&
	    (blocked_above(store, name) || blocked_below(store, name)))
		return rel_fail(err, REL_EUSAGE,
				"%.200s cannot be beside a reference that is "
				"named as its directory",
				name);
	return 1;
}

int rel_git_ref_update(struct rel_git_store *store, const char *name,
		       const struct rel_git_id *old,
		       const struct rel_git_id *fresh, const char *log,
		       struct rel_error *err)
{
	git_transaction *transaction = NULL;
	git_oid oid;
	int status, r = check_name(name, err);

	if (r < 0)
		return r;
	status = git_transaction_new(&transaction, store->repo);
	if (status == 0)
		status = git_transaction_lock_ref(transaction, name);
	if (status == GIT_ELOCKED) {
		r = rel_fail(err, REL_EEXISTS,
			     "another git holds %.200s.lock; if none runs, "
			     "remove it",
			     name);
		goto out;
	}
	if (status < 0)
		goto library;
	r = compare(store, name, old, fresh, err);
	if (r <= 0)
		goto out;
	r = 0;
	if (fresh != NULL) {
		rel_git_id_to_oid(&oid, fresh);
		status = git_transaction_set_target(transaction, name, &oid,
						    NULL, log);
	} else {
		status = git_transaction_remove(transaction, name);
	}
	if (status == 0)
		status = git_transaction_commit(transaction);
	if (status == 0)
		goto out;
library:
	rel_git_library_fail(err, status, "cannot change '%.200s'", name);
	r = REL_EIO;
out:
	if (r < 0)
		rel_error_at(err, store->path, 0, 0);
	git_transaction_free(transaction);
	return r;
}

/* A git that lives holds a reference's lock for milliseconds. */
#define STALE_SECONDS 2
#define LOOKS	      25

int rel_git_unlock(struct rel_git_store *store, const char *name,
		   struct rel_error *err)
{
	bool shared = strncmp(name, "refs/", 5) == 0;
	struct timespec pause = {.tv_nsec = 100000000};
	struct stat st;
	char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/%s.lock",
		     shared ? git_repository_commondir(store->repo)
			    : store->path,
		     name) < 0)
		return rel_fail_nomem(err);
	for (int i = 0; i < LOOKS && lstat(path, &st) == 0; i++) {
		if (time(NULL) - st.st_mtime > STALE_SECONDS)
			break;
		nanosleep(&pause, NULL);
	}
	if (unlink(path) != 0 && errno != ENOENT)
		r = rel_fail_errno(err, errno, path, "cannot remove");
	free(path);
	return r;
}
