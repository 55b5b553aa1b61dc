#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "repo/repo_private.h"

#define STEP (64 * REL_KIB)
/* Whatever the umask: a server that runs as somebody else reads it. */
#define FILE_MODE 0644
#define DIR_MODE  0755

enum todo {
	TODO_NOTHING, /* it is as it shall be */
	TODO_WRITE,
	TODO_LINK, /* of the same file as an earlier step */
	TODO_REMOVE,
};

/* One change and how far it is. */
struct step {
	const struct rel_change *change;
	enum todo todo;
	char *target;
	const struct step *same; /* of TODO_LINK */
	struct rel_atomic_file staged;
	char *aside; /* where what stood at the target waits; NULL = nothing */
	bool aside_kept; /* all there is left of it: do not remove */
	bool done;
	char *made; /* the topmost directory made for it; NULL = none */
};

struct work {
	const struct rel_change_dir *dir;
	const struct rel_writable *remote;
	struct step *steps; /* in the order of execution */
	size_t n_steps;
	struct rel_change_result *result;
};

/* What is visible through manifests goes after all else, and away first. */
static int rank(const struct rel_change *change)
{
	bool manifest =
	    rel_str_starts(rel_str_of(change->path), REL_STR("packages/"));

	return !manifest ? 1 : change->remove ? 0 : 2;
}

static int make_steps(struct work *work, const struct rel_change *changes,
		      size_t n, struct rel_error *err)
{
	work->steps = calloc(n + 1, sizeof(*work->steps));
	if (!work->steps)
		return rel_fail_nomem(err);
	for (int r = 0; r <= 2; r++) {
		for (size_t i = 0; i < n; i++) {
			struct rel_buf full;
			struct step *step = &work->steps[work->n_steps];
			int rc;

			if (rank(&changes[i]) != r)
				continue;
			step->change = &changes[i];
			step->staged.fd = -1;
			work->n_steps++;
			rel_buf_init(&full, REL_LIMIT_GIT_PATH_BYTES);
			rc = rel_change_dir_path(&full, work->dir,
						 changes[i].path, err);
			step->target = rel_buf_detach(&full, NULL);
			if (rc == 0 && !step->target)
				rc = rel_fail_nomem(err);
			if (rc)
				return rc;
		}
	}
	return 0;
}

static void free_steps(struct work *work)
{
	for (size_t i = 0; i < work->n_steps; i++) {
		rel_atomic_abort(&work->steps[i].staged);
		free(work->steps[i].target);
		free(work->steps[i].aside);
		free(work->steps[i].made);
	}
	free(work->steps);
}

/* Is the open file of `size` bytes the same as `change` would write? */
static int compare(bool *same, const struct step *step, uint64_t size,
		   struct rel_error *err)
{
	struct rel_digest there[REL_DIGEST_ALGOS], wanted[REL_DIGEST_ALGOS];
	const struct rel_change *change = step->change;
	uint64_t wanted_size;
	int rc;

	*same = false;
	if (!change->file && change->content.len != size)
		return 0;
	if (change->file)
		rc = rel_digest_file(wanted, REL_DIGEST_MASK_SHA256,
				     change->file, &wanted_size, err);
	else
		rc = rel_digest_of(&wanted[REL_DIGEST_SHA256],
				   REL_DIGEST_SHA256, change->content, err);
	if (rc == 0)
		rc = rel_digest_file(there, REL_DIGEST_MASK_SHA256,
				     step->target, NULL, err);
	if (rc == 0)
		*same = rel_digest_cmp(&there[REL_DIGEST_SHA256],
				       &wanted[REL_DIGEST_SHA256]) == 0;
	return rc;
}

/* Has the target changed since the caller read it? */
static int look_for_race(struct work *work, const struct step *step,
			 bool exists, struct rel_error *err)
{
	const struct rel_writable_seen *seen =
	    rel_writable_seen(work->remote, step->change->path);
	struct rel_digest now[REL_DIGEST_ALGOS];
	bool same;
	int rc = 0;

	if (!seen || work->result->outcome == REL_CHANGE_RACED)
		return 0;
	same = seen->absent == !exists;
	if (same && exists) {
		rc = rel_digest_file(now, REL_DIGEST_MASK_SHA256, step->target,
				     NULL, err);
		same = rc == 0 && rel_digest_cmp(&now[REL_DIGEST_SHA256],
						 &seen->digest) == 0;
	}
	if (rc == 0 && !same)
		rel_change_raced(work->result,
				 "%s has been changed by somebody else",
				 step->change->path);
	return rc;
}

/* An earlier step that puts the same file somewhere. */
static const struct step *find_same(const struct work *work,
				    const struct step *step)
{
	if (!step->change->file)
		return NULL;
	for (const struct step *s = work->steps; s < step; s++)
		if (s->change->file && s->todo != TODO_REMOVE &&
		    strcmp(s->change->file, step->change->file) == 0)
			return s;
	return NULL;
}

/* Look at the target of one step and decide what to do. */
static int decide(struct work *work, struct step *step, struct rel_error *err)
{
	const struct rel_change *change = step->change;
	struct stat st;
	bool exists = lstat(step->target, &st) == 0, same = false;
	int rc = 0;

	if (!exists && errno != ENOENT && errno != ENOTDIR)
		return rel_fail_errno(err, errno, step->target,
				      "cannot look at");
	if (exists && !S_ISREG(st.st_mode)) {
		rc = rel_fail(err, REL_EEXISTS,
			      "something stands there that is no regular file");
		rel_error_at(err, step->target, 0, 0);
		return rc;
	}
	if (change->replace)
		rc = look_for_race(work, step, exists, err);
	if (rc == 0 && exists && !change->remove)
		rc = compare(&same, step, (uint64_t)st.st_size, err);
	if (rc)
		return rc;
	step->same = find_same(work, step);
	step->todo = change->remove ? (exists ? TODO_REMOVE : TODO_NOTHING)
		     : same	    ? TODO_NOTHING
		     : step->same   ? TODO_LINK
				    : TODO_WRITE;
	if (exists && !same && !change->remove && !change->replace) {
		rc = rel_fail(err, REL_EEXISTS,
			      "already published with other bytes");
		rel_error_at(err, step->target, 0, 0);
	}
	return rc;
}

static void open_up(const char *dir)
{
	struct stat st;

	/* A directory that stays closed is no reason to fail. */
	if (stat(dir, &st) == 0 && (st.st_mode & DIR_MODE) != DIR_MODE &&
	    chmod(dir, (st.st_mode & 07777) | DIR_MODE) != 0)
		errno = 0;
}

/* Make the parents of the target; remember the topmost new one. */
static int make_parents(const struct work *work, struct step *step,
			struct rel_error *err)
{
	size_t root = strlen(work->dir->root);
	char *path = strdup(step->target);
	int rc = path ? 0 : rel_fail_nomem(err);

	for (char *slash = path ? path + root : NULL; rc == 0 && slash;
	     slash = strchr(slash + 1, '/')) {
		char kept = *slash;

		*slash = '\0';
		if (mkdir(path, 0777) == 0) {
			open_up(path);
			if (!step->made)
				step->made = strdup(path);
			if (!step->made)
				rc = rel_fail_nomem(err);
		} else if (errno != EEXIST) {
			rc = rel_fail_errno(err, errno, path,
					    "cannot create directory");
		}
		*slash = kept;
	}
	free(path);
	return rc;
}

static int copy_file(struct rel_atomic_file *to, const char *from,
		     const struct rel_cancel *cancel, struct rel_error *err)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC), rc = 0;
	char *bytes = malloc(STEP);

	if (fd < 0 || !bytes)
		rc = fd < 0 ? rel_fail_errno(err, errno, from, "cannot open")
			    : rel_fail_nomem(err);
	while (rc == 0) {
		ssize_t n = read(fd, bytes, STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0)
			rc = rel_fail_errno(err, errno, from, "cannot read");
		else if (rel_cancelled(cancel))
			rc = rel_fail_cancelled(err);
		/* A failure to write is told by the commit. */
		else if (rel_atomic_write(to, bytes, (size_t)n) != 0)
			break;
	}
	free(bytes);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Write the new bytes beside the target. */
static int stage(const struct work *work, struct step *step,
		 struct rel_error *err)
{
	const struct rel_change *change = step->change;
	struct stat st;
	int rc = rel_atomic_open_below(&step->staged, work->dir->root,
				       change->path, err);

	if (rc)
		return rc;
	if (fstat(step->staged.fd, &st) != 0 ||
	    fchmod(step->staged.fd, (st.st_mode & 07777) | FILE_MODE) != 0)
		return rel_fail_errno(err, errno, step->target,
				      "cannot set the mode");
	if (change->file)
		rc = copy_file(&step->staged, change->file, work->dir->cancel,
			       err);
	else
		rel_atomic_write(&step->staged, change->content.ptr,
				 change->content.len);
	/* A full disk is known before anything becomes visible. */
	if (rc == 0 && step->staged.status != 0)
		rc = rel_atomic_commit(&step->staged, err);
	return rc;
}

/* Keep what stands at the target until all is done. */
static int put_aside(struct step *step, struct rel_error *err)
{
	struct rel_str dir = rel_path_dir(rel_str_of(step->target));
	struct rel_atomic_file copy;
	struct stat st;
	int rc;

	if (lstat(step->target, &st) != 0)
		return 0;
	if (asprintf(&step->aside, "%.*s/.relctl-%ld-%p.tmp", REL_STR_ARG(dir),
		     (long)getpid(), (void *)step) < 0) {
		step->aside = NULL;
		return rel_fail_nomem(err);
	}
	unlink(step->aside);
	if (link(step->target, step->aside) == 0)
		return 0;
	/* Not every file system has hard links. */
	rc = rel_atomic_open(&copy, step->aside, err);
	if (rc == 0) {
		rc = copy_file(&copy, step->target, NULL, err);
		if (rc == 0)
			rc = rel_atomic_commit(&copy, err);
		else
			rel_atomic_abort(&copy);
	}
	return rc;
}

static int sync_parent(const char *path)
{
	struct rel_str dir = rel_path_dir(rel_str_of(path));
	char *name = strndup(dir.ptr, dir.len);
	int fd = name ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int rc = fd >= 0 && fsync(fd) != 0 && errno != EINVAL ? -1 : 0;

	if (fd >= 0)
		close(fd);
	free(name);
	return rc;
}

/* The same file under a further name: a link, else a copy. */
static int put_link(const struct work *work, struct step *step,
		    struct rel_error *err)
{
	int rc;

	if (!step->aside && link(step->same->target, step->target) == 0) {
		sync_parent(step->target);
		return 0;
	}
	rc = stage(work, step, err);
	return rc ? rc : rel_atomic_commit(&step->staged, err);
}

/* Remove the parents of the target that are empty, but not packages/.  The
 * lower ones may never have been made. */
static void prune_parents(const struct work *work, const struct step *step)
{
	size_t root = strlen(work->dir->root);
	char *path = strdup(step->target), *slash;

	while (path && (slash = strrchr(path + root + 1, '/')) != NULL) {
		*slash = '\0';
		if (strcmp(path + root + 1, "packages") == 0 ||
		    (rmdir(path) != 0 && errno != ENOENT))
			break;
	}
	free(path);
}

static int execute(const struct work *work, struct step *step,
		   struct rel_error *err)
{
	int rc = put_aside(step, err);

	if (rc)
		return rc;
	if (step->todo == TODO_LINK) {
		rc = put_link(work, step, err);
	} else if (step->todo == TODO_WRITE) {
		rc = rel_atomic_commit(&step->staged, err);
	} else if (unlink(step->target) != 0 && errno != ENOENT) {
		rc = rel_fail_errno(err, errno, step->target, "cannot remove");
	}
	/* A last fsync that failed may have put it there all the same. */
	step->done = true;
	return rc;
}

static void undo(struct step *step)
{
	/* A rename onto another link of the same file does nothing: the link
	 * aside is removed later, whether it is still there or not. */
	if (step->done && step->aside) {
		if (rename(step->aside, step->target) != 0)
			step->aside_kept = true;
	} else if (step->done && step->todo != TODO_REMOVE) {
		unlink(step->target);
	}
	rel_atomic_abort(&step->staged);
	if (step->made) {
		char *path = strdup(step->target), *slash;

		while (path && strlen(path) > strlen(step->made) &&
		       (slash = strrchr(path, '/')) != NULL) {
			*slash = '\0';
			if (rmdir(path) != 0)
				break;
		}
		free(path);
	}
}

static int run_steps(struct work *work, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < work->n_steps; i++) {
		struct step *step = &work->steps[i];

		if (step->todo == TODO_WRITE || step->todo == TODO_LINK)
			rc = make_parents(work, step, err);
		if (rc == 0 && step->todo == TODO_WRITE)
			rc = stage(work, step, err);
	}
	for (size_t i = 0; rc == 0 && i < work->n_steps; i++)
		if (work->steps[i].todo != TODO_NOTHING)
			rc = execute(work, &work->steps[i], err);
	for (size_t i = work->n_steps; rc != 0 && i-- > 0;)
		undo(&work->steps[i]);
	for (size_t i = 0; i < work->n_steps; i++) {
		if (work->steps[i].aside && !work->steps[i].aside_kept)
			unlink(work->steps[i].aside);
		if (rc == 0 && work->steps[i].change->remove)
			prune_parents(work, &work->steps[i]);
	}
	return rc;
}

static int apply_locked(struct work *work, const struct rel_change *changes,
			size_t n_changes, struct rel_error *err)
{
	bool nothing = true;
	int rc = make_steps(work, changes, n_changes, err);

	for (size_t i = 0; rc == 0 && i < work->n_steps; i++) {
		/* the lock keeps others out */
		rel_atomic_sweep(work->steps[i].target);
		rc = decide(work, &work->steps[i], err);
		nothing &= work->steps[i].todo == TODO_NOTHING;
	}
	if (rc == 0 && work->result->outcome != REL_CHANGE_RACED) {
		rc = run_steps(work, err);
		work->result->outcome =
		    nothing ? REL_CHANGE_NOTHING : REL_CHANGE_DONE;
	}
	free_steps(work);
	return rc;
}

int rel_change_dir_apply(struct rel_change_result *out,
			 struct rel_writable *remote,
			 const struct rel_change *changes, size_t n_changes,
			 struct rel_error *err)
{
	struct work work = {
	    .dir = remote->self, .remote = remote, .result = out};
	struct rel_lock lock;
	bool made = mkdir(work.dir->root, 0777) == 0;
	int rc = rel_lock_take_dir(&lock, work.dir->root, true, err);

	if (rc)
		return rc;
	rc = apply_locked(&work, changes, n_changes, err);
	if (rc && made)
		rmdir(work.dir->root);
	rel_lock_drop(&lock);
	return rc;
}
