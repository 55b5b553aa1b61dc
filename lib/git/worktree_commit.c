/* One commit on a checkout, and back; see git/worktree.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"

/* One edited file. */
struct place {
	const char *path;
	char *full;
	bool added;   /* not in the parent */
	bool skipped; /* sparse: not in the work tree */
	enum rel_git_kind kind;
	struct rel_git_id old, fresh; /* `old` unless added */
	/* What is there now; has_… false = nothing. */
	bool has_file, in_index;
	struct rel_git_id file, index;
};

struct edits {
	struct rel_git_worktree *checkout;
	const struct rel_git_edit_request *request;
	struct place *places;
	size_t n;
	struct rel_git_id commit;
	struct rel_git_id head; /* what the branch is at */
	struct rel_git_run run;
};

static int fail_at(struct rel_error *err, enum rel_code code,
		   const struct place *place, const char *what)
{
	rel_fail(err, code, "%s", what);
	rel_error_at(err, place->path, 0, 0);
	return code;
}

/* What the parent has at the path. */
static int look_up(struct place *place, struct edits *e,
		   const struct rel_git_id *tree, struct rel_error *err)
{
	struct rel_git_entry entry;
	int rc;

	if (!rel_path_is_safe(rel_str_of(place->path)))
		return rel_fail(err, REL_EUSAGE,
				"'%.200s' is no path below the root",
				place->path);
	rc = rel_git_tree_find(&entry, e->checkout->store, tree,
			       rel_str_of(place->path), err);
	if (rc == REL_ENOTFOUND) {
		place->added = true;
		place->kind = REL_GIT_BLOB;
		return 0;
	}
	if (rc < 0)
		return rc;
	if (entry.kind != REL_GIT_BLOB && entry.kind != REL_GIT_EXECUTABLE)
		return fail_at(err, REL_EUSAGE, place,
			       "is no ordinary file and cannot be edited");
	place->kind = entry.kind;
	place->old = entry.id;
	return 0;
}

static int fill_places(struct edits *e, const struct rel_git_id *tree,
		       struct rel_error *err)
{
	const struct rel_git_edit_request *request = e->request;
	int rc = 0;

	if (request->n_edits == 0)
		return rel_fail(err, REL_EUSAGE, "nothing is to be changed");
	e->places = calloc(request->n_edits, sizeof(*e->places));
	if (e->places == NULL)
		return rel_fail_nomem(err);
	for (e->n = 0; rc == 0 && e->n < request->n_edits; e->n++) {
		struct place *place = &e->places[e->n];

		place->path = request->edits[e->n].path;
		if (asprintf(&place->full, "%s/%s", e->checkout->place.root,
			     place->path) < 0) {
			place->full = NULL;
			return rel_fail_nomem(err);
		}
		rc = look_up(place, e, tree, err);
		if (rc == 0)
			rc = rel_git_write_blob(
			    &place->fresh, e->checkout->store,
			    request->edits[e->n].content, err);
	}
	return rc;
}

/* The commit object, which nobody refers to yet. */
static int make_commit(struct edits *e, struct rel_error *err)
{
	const struct rel_git_edit_request *request = e->request;
	struct rel_git_commit commit = {.parents = &request->parent,
					.n_parents = 1,
					.author = request->author,
					.committer = request->committer,
					.message = request->message,
					.signature = request->signature};
	struct rel_git_store *store = e->checkout->store;
	struct rel_git_change *changes;
	struct rel_git_id base;
	int rc = rel_git_commit_tree(&base, store, &request->parent, NULL, err);

	if (rc == 0)
		rc = fill_places(e, &base, err);
	if (rc < 0)
		return rc;
	changes = calloc(e->n, sizeof(*changes));
	if (changes == NULL)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < e->n; i++) {
		changes[i].path = e->places[i].path;
		changes[i].id = &e->places[i].fresh;
		changes[i].keep_kind = true;
	}
	rc = rel_git_write_tree(&commit.tree, store, &base, changes, e->n, err);
	if (rc == 0 && rel_git_id_eq(&base, &commit.tree))
		rc = rel_fail(err, REL_EUSAGE,
			      "the files have that content already");
	if (rc == 0)
		rc = rel_git_write_commit(&e->commit, store, &commit, err);
	free(changes);
	return rc;
}

/* Is the branch checked out, at the parent or at our commit? */
static int check_head(struct edits *e, bool undo, struct rel_error *err)
{
	const struct rel_git_edit_request *request = e->request;
	struct rel_git_head head;
	char hex[REL_GIT_ID_TEXT];
	int rc = rel_git_worktree_head(&head, e->checkout, err);

	if (rc < 0)
		return rc;
	e->head = head.commit;
	if (head.branch == NULL)
		rc = rel_fail(err, undo ? REL_ESTALE : REL_EUSAGE,
			      "HEAD is detached; check out a branch");
	else if (strcmp(head.branch, request->branch) != 0)
		rc = rel_fail(err, REL_ESTALE,
			      "%.200s is checked out, no longer %.200s; switch "
			      "back to that first",
			      head.branch, request->branch);
	else if (head.unborn)
		rc = rel_fail(err, REL_EUSAGE, "%.200s has no commit yet",
			      head.branch);
	else if (!undo && head.busy != NULL)
		rc = rel_fail(err, REL_EUSAGE,
			      "git is in the middle of a %s; finish it first",
			      head.busy);
	else if (!rel_git_id_eq(&e->head, &request->parent) &&
		 !rel_git_id_eq(&e->head, &e->commit))
		rc =
		    rel_fail(err, REL_ESTALE, "%.200s is at %.12s meanwhile",
			     request->branch, rel_git_id_format(hex, &e->head));
	if (rc < 0)
		rel_error_at(err, e->checkout->place.root, 0, 0);
	rel_git_head_free(&head);
	return rc;
}

/* Does a symbolic link lead elsewhere on the way to the file?  Looks at the
 * nearest directory that is there; the root is without links. */
static bool is_led_away(const struct place *place)
{
	char *text = strdup(place->full), *slash;
	bool away = text == NULL;
	struct stat st;

	while (text != NULL && (slash = strrchr(text, '/')) && slash > text) {
		char *full;

		*slash = '\0';
		if (lstat(text, &st) != 0)
			continue;
		full = realpath(text, NULL);
		away = full == NULL || strcmp(full, text) != 0;
		free(full);
		break;
	}
	free(text);
	return away;
}

static int look_at_file(struct place *place, struct edits *e,
			struct rel_error *err)
{
	const char *args[] = {"hash-object", "--", place->path, NULL};
	struct stat st;
	int rc;

	place->has_file = false;
	if (is_led_away(place))
		return fail_at(err, REL_EEXISTS, place,
			       "is behind a symbolic link");
	if (lstat(place->full, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : rel_fail_errno(err, errno, place->full,
					    "cannot look at it");
	if (!S_ISREG(st.st_mode))
		return fail_at(err, REL_EEXISTS, place,
			       "is no ordinary file in the work tree");
	rc = rel_git_run_ok(&e->run, args, err);
	if (rc < 0)
		return rc;
	place->has_file = rel_git_id_parse(
	    &place->file, rel_str_trim(rel_buf_str(&e->run.out)));
	return place->has_file
		   ? 0
		   : fail_at(err, REL_EIO, place, "git gives no id for it");
}

/* "TAG MODE ID STAGE<tab>PATH" of git-ls-files(1); tag S = skip-worktree. */
static int look_at_index(struct place *place, struct edits *e,
			 struct rel_error *err)
{
	const char *args[] = {
	    "--literal-pathspecs", "ls-files", "-s", "-t", "-z", "--",
	    place->path,	   NULL};
	struct rel_str line, id;
	int rc = rel_git_run_ok(&e->run, args, err);

	if (rc < 0)
		return rc;
	place->in_index = false;
	if (e->run.out.len == 0)
		return 0;
	line = rel_buf_str(&e->run.out);
	place->skipped = line.ptr[0] == 'S';
	rel_str_cut(&line, ' ');
	rel_str_cut(&line, ' ');
	id = line.ptr ? rel_str_cut(&line, ' ') : REL_STR("");
	place->in_index = rel_git_id_parse(&place->index, id);
	if (!place->in_index || line.ptr == NULL || line.ptr[0] != '0')
		return fail_at(err, REL_EREFUSED, place,
			       "is not merged; finish that first");
	return 0;
}

/* May be the old or the new one: we may have been killed in between. */
static bool is_ours(const struct place *place, bool there,
		    const struct rel_git_id *id)
{
	if (!there)
		return place->added || place->skipped;
	return rel_git_id_eq(id, &place->fresh) ||
	       (!place->added && rel_git_id_eq(id, &place->old));
}

static int check_places(struct edits *e, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->n; i++) {
		struct place *place = &e->places[i];

		rc = look_at_index(place, e, err);
		if (rc == 0)
			rc = look_at_file(place, e, err);
		if (rc == 0 && !is_ours(place, place->has_file, &place->file))
			rc = fail_at(err, REL_EREFUSED, place,
				     "has changes that are not committed; set "
				     "them aside with `git stash` first");
		if (rc == 0 && !is_ours(place, place->in_index, &place->index))
			rc = fail_at(err, REL_EREFUSED, place,
				     "has staged changes; set them aside with "
				     "`git stash` first");
	}
	return rc;
}

/* Better before the branch has moved than behind. */
static int check_lock(struct edits *e, struct rel_error *err)
{
	char *path = NULL;
	int rc = 0;

	if (asprintf(&path, "%s/index.lock", e->checkout->place.git_dir) < 0)
		return rel_fail_nomem(err);
	if (access(path, F_OK) == 0) {
		rc = rel_fail(err, REL_EIO,
			      "another git works here; if none runs, remove "
			      "the file");
		rel_error_at(err, path, 0, 0);
	}
	free(path);
	return rc;
}

static int move_branch(struct edits *e, const struct rel_git_id *from,
		       const struct rel_git_id *to, const char *what,
		       struct rel_error *err)
{
	char old[REL_GIT_ID_TEXT], fresh[REL_GIT_ID_TEXT];
	const char *message = e->request->message;
	const char *args[] = {"update-ref",
			      "-m",
			      NULL,
			      "--no-deref",
			      e->request->branch,
			      rel_git_id_format(fresh, to),
			      rel_git_id_format(old, from),
			      NULL};
	struct rel_git_id now;
	char *log = NULL;
	int rc;

	if (rel_git_id_eq(&e->head, to))
		return 0;
	if (asprintf(&log, "%s: %.*s", what, (int)strcspn(message, "\n"),
		     message) < 0)
		return rel_fail_nomem(err);
	args[2] = log;
	rc = rel_git_run(&e->run, args, err);
	free(log);
	if (rc < 0 || e->run.status == 0)
		return rc;
	if (rel_git_ref_read(&now, e->checkout->store, e->request->branch,
			     NULL) == 1 &&
	    !rel_git_id_eq(&now, from))
		return rel_fail(err, REL_ESTALE, "%.200s has moved meanwhile",
				e->request->branch);
	return rel_git_run_fail(&e->run, err);
}

/* The blob as the work tree has it: line ends, filters. */
static int read_smudged(struct edits *e, const struct place *place,
			const struct rel_git_id *blob, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT], *option = NULL;
	const char *args[] = {"cat-file", "--filters", NULL,
			      rel_git_id_format(hex, blob), NULL};
	int rc;

	if (asprintf(&option, "--path=%s", place->path) < 0)
		return rel_fail_nomem(err);
	args[2] = option;
	rc = rel_git_run_ok(&e->run, args, err);
	free(option);
	return rc;
}

static int write_file(struct edits *e, const struct place *place,
		      const struct rel_git_id *blob, struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};
	struct stat st;
	int rc = read_smudged(e, place, blob, err);

	if (rc == 0)
		rc = rel_atomic_open_below(&file, e->checkout->place.root,
					   place->path, err);
	if (rc < 0)
		return rc;
	if (lstat(place->full, &st) == 0 &&
	    fchmod(file.fd, st.st_mode & 0777) != 0) {
		rc = rel_fail_errno(err, errno, place->full,
				    "cannot set its mode");
		rel_atomic_abort(&file);
		return rc;
	}
	rel_atomic_write(&file, rel_buf_str(&e->run.out).ptr, e->run.out.len);
	return rel_atomic_commit(&file, err);
}

/* With the directories that are empty without it. */
static int remove_file(struct edits *e, const struct place *place,
		       struct rel_error *err)
{
	size_t root = strlen(e->checkout->place.root);
	char *path, *slash;

	if (unlink(place->full) != 0 && errno != ENOENT)
		return rel_fail_errno(err, errno, place->full,
				      "cannot remove it");
	path = strdup(place->full);
	while (path != NULL && (slash = strrchr(path, '/')) &&
	       slash > path + root) {
		*slash = '\0';
		/* an earlier run may have been killed between two of them */
		if (rmdir(path) != 0 && errno != ENOENT)
			break;
	}
	free(path);
	return 0;
}

/* Files first, so that the index can note their times. */
static int set_files(struct edits *e, bool undo, struct rel_error *err)
{
	/* An earlier run made the commit and was killed, maybe in here. */
	bool again = undo || rel_git_id_eq(&e->head, &e->commit);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->n; i++) {
		const struct place *place = &e->places[i];
		const struct rel_git_id *want =
		    undo ? &place->old : &place->fresh;

		if (place->skipped)
			continue;
		if (again)
			rel_atomic_sweep(place->full);
		if (undo && place->added)
			rc = remove_file(e, place, err);
		else if (!place->has_file || !rel_git_id_eq(&place->file, want))
			rc = write_file(e, place, want, err);
	}
	return rc;
}

/* "MODE ID 0<tab>PATH" for git-update-index(1); mode 0 removes. */
static int add_index_lines(struct rel_buf *out, struct edits *e, bool undo,
			   struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];

	for (size_t i = 0; i < e->n; i++) {
		const struct place *place = &e->places[i];
		const struct rel_git_id *id =
		    undo ? &place->old : &place->fresh;
		const char *mode =
		    place->kind == REL_GIT_EXECUTABLE ? "100755" : "100644";

		if (undo && place->added)
			mode = "0";
		rel_buf_printf(out, "%s %s 0\t%s", mode,
			       rel_git_id_format(hex, id), place->path);
		rel_buf_add_char(out, '\0');
	}
	return rel_buf_status(out, "index", err);
}

static int set_index(struct edits *e, bool undo, struct rel_error *err)
{
	const char *entries[] = {"update-index", "-z", "--index-info", NULL};
	const char *refresh[] = {"update-index", "-q", "--refresh", NULL};
	const char *skip[] = {"update-index", "--skip-worktree", "--", NULL,
			      NULL};
	struct rel_buf input;
	int rc;

	rel_buf_init(&input, REL_LIMIT_GIT_REFS_BYTES);
	rc = add_index_lines(&input, e, undo, err);
	e->run.input = rel_buf_str(&input);
	if (rc == 0)
		rc = rel_git_run_ok(&e->run, entries, err);
	e->run.input = REL_STR("");
	rel_buf_free(&input);
	for (size_t i = 0; rc == 0 && i < e->n; i++) {
		skip[3] = e->places[i].path;
		if (e->places[i].skipped && !(undo && e->places[i].added))
			rc = rel_git_run_ok(&e->run, skip, err);
	}
	/* Its status tells of other files that were changed. */
	return rc < 0 ? rc : rel_git_run(&e->run, refresh, err);
}

static void edits_free(struct edits *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->places[i].full);
	free(e->places);
	rel_git_run_free(&e->run);
}

static int edits_prepare(struct edits *e, struct rel_git_worktree *checkout,
			 const struct rel_git_edit_request *request, bool undo,
			 struct rel_error *err)
{
	int rc;

	memset(e, 0, sizeof(*e));
	if (checkout->place.foreign) {
		rc =
		    rel_fail(err, REL_EUSAGE,
			     "belongs to another user, so nothing is committed "
			     "to it");
		rel_error_at(err, checkout->place.root, 0, 0);
		return rc;
	}
	e->checkout = checkout;
	e->request = request;
	rel_git_worktree_run_init(&e->run, checkout, NULL,
				  REL_LIMIT_GIT_EDIT_BYTES);
	rc = rel_git_store_refresh(checkout->store, err);
	if (rc == 0)
		rc = make_commit(e, err);
	if (rc == 0)
		rc = check_head(e, undo, err);
	if (rc == 0)
		rc = check_places(e, err);
	return rc < 0 ? rc : check_lock(e, err);
}

int rel_git_worktree_commit(struct rel_git_id *commit,
			    struct rel_git_worktree *checkout,
			    const struct rel_git_edit_request *request,
			    struct rel_error *err)
{
	struct edits e;
	int rc = edits_prepare(&e, checkout, request, false, err);

	if (rc == 0)
		rc =
		    move_branch(&e, &request->parent, &e.commit, "commit", err);
	if (rc == 0)
		rc = set_files(&e, false, err);
	if (rc == 0)
		rc = set_index(&e, false, err);
	if (rc == 0)
		*commit = e.commit;
	edits_free(&e);
	return rc;
}

int rel_git_worktree_undo(struct rel_git_worktree *checkout,
			  const struct rel_git_edit_request *request,
			  struct rel_error *err)
{
	struct edits e;
	int rc = edits_prepare(&e, checkout, request, true, err);

	if (rc == 0)
		rc = move_branch(&e, &e.commit, &request->parent, "undo", err);
	if (rc == 0)
		rc = set_files(&e, true, err);
	if (rc == 0)
		rc = set_index(&e, true, err);
	edits_free(&e);
	return rc;
}
