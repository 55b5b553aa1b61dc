#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/objects.h"
#include "git/remote.h"
#include "repo/repo_private.h"

/* All paths of a git tree, for who looks up many: each look-up from the root
 * unpacks packages/ anew. */
struct tip_file {
	struct rel_str path; /* in the arena */
	enum rel_git_kind kind;
	struct rel_git_id id;
};

/* Zero-initialise. */
struct tip_files {
	struct tip_file *items; /* malloc'd, sorted by path */
	uint32_t count, cap;
	struct rel_arena arena;
};

static int add_tip(void *context, struct rel_str path, unsigned depth,
		   const struct rel_git_entry *entry, struct rel_error *err)
{
	struct tip_files *files = context;
	char *kept = rel_arena_copy(&files->arena, path);
	int rc = kept ? rel_array_reserve(&files->items, &files->cap,
					  (uint64_t)files->count + 1,
					  sizeof(*files->items))
		      : REL_ENOMEM;

	(void)depth;
	if (rc)
		return rel_fail_nomem(err);
	files->items[files->count++] = (struct tip_file){
	    rel_str_n(kept, path.len), entry->kind, entry->id};
	return 0;
}

/* Git's own order takes a directory's name with a slash behind it. */
static int by_path(const void *a, const void *b)
{
	const struct tip_file *x = a, *y = b;

	return rel_str_cmp(x->path, y->path);
}

static void tip_files_free(struct tip_files *files)
{
	free(files->items);
	rel_arena_free(&files->arena);
	*files = (struct tip_files){NULL};
}

static int tip_files_read(struct tip_files *out, struct rel_git_store *store,
			  const struct rel_git_id *tree, struct rel_error *err)
{
	int rc;

	tip_files_free(out);
	rel_arena_init(&out->arena, REL_LIMIT_ARENA);
	rc = rel_git_tree_walk(store, tree, add_tip, out, err);
	if (rc == 0 && out->count > 1)
		qsort(out->items, out->count, sizeof(*out->items), by_path);
	return rc;
}

static const struct tip_file *tip_files_find(const struct tip_files *files,
					     struct rel_str path)
{
	const struct tip_file key = {.path = path};

	return files->count == 0 ? NULL
				 : bsearch(&key, files->items, files->count,
					   sizeof(key), by_path);
}

/* Look-ups after which the whole tip is listed. */
#define MANY 64

struct change_git {
	char *url, *subdir, *base, *branch; /* base, branch: NULL = HEAD */
	bool orphan;
	struct rel_git_fetch_options fetch;
	char *cache_dir;
	struct rel_git_target *target;
	/* The branch to be made, in full; NULL = it is the target's own, which
	 * is then where the new one starts. */
	char *fresh;
	bool asked; /* the server, whether it may be pushed to */
	bool has_tip;
	struct rel_git_id tip;
	char tip_text[REL_GIT_ID_TEXT];
	unsigned lookups;	/* in this tip */
	struct tip_files files; /* of this tip, once there are many */
};

static int copy_text(char **out, const char *text, struct rel_error *err)
{
	*out = text && text[0] != '\0' ? strdup(text) : NULL;
	return *out || !text || text[0] == '\0' ? 0 : rel_fail_nomem(err);
}

static char *full_name(const char *branch)
{
	char *name = NULL;

	if (rel_str_starts(rel_str_of(branch), REL_STR("refs/heads/")))
		return strdup(branch);
	return asprintf(&name, "refs/heads/%s", branch) < 0 ? NULL : name;
}

static void forget_files(struct change_git *git)
{
	tip_files_free(&git->files);
	git->lookups = 0;
}

static void take_tip(struct change_git *git)
{
	const struct rel_git_id *tip = rel_git_target_tip(git->target);

	forget_files(git);
	git->has_tip = tip && !(git->fresh && git->orphan);
	git->tip_text[0] = '\0';
	if (!git->has_tip)
		return;
	git->tip = *tip;
	rel_git_id_format(git->tip_text, tip);
}

/* Is the branch that the location names there?  A commit or tag is not. */
static int check_base(struct change_git *git, struct rel_error *err)
{
	struct rel_git_id head;
	int found;

	if (!git->base || rel_git_target_tip(git->target))
		return 0;
	found = rel_git_remote_ref(&head, git->url, "HEAD", &git->fetch, err);
	if (found <= 0)
		return found;
	return rel_fail(err, REL_EUSAGE,
			"there is no branch \"%s\" to write to; a commit or "
			"tag cannot be written",
			git->base);
}

static int open_base(struct change_git *git, struct rel_error *err)
{
	int rc = rel_git_target_open(&git->target, git->url, git->base,
				     &git->fetch, err);

	return rc ? rc : check_base(git, err);
}

/* Open the branch if it is there, else where it will start. */
static int open_branch(struct change_git *git, struct rel_error *err)
{
	struct rel_git_id there;
	char *full = full_name(git->branch);
	int rc;

	if (!full)
		return rel_fail_nomem(err);
	rc = rel_git_remote_ref(&there, git->url, full, &git->fetch, err);
	if (rc == 1) {
		free(full);
		return rel_git_target_open(&git->target, git->url, git->branch,
					   &git->fetch, err);
	}
	git->fresh = full;
	return rc ? rc : open_base(git, err);
}

static int open_target(struct change_git *git, struct rel_error *err)
{
	int rc = git->branch ? open_branch(git, err) : open_base(git, err);

	if (rc == 0)
		take_tip(git);
	return rc;
}

static void close_target(struct change_git *git)
{
	rel_git_target_free(git->target);
	free(git->fresh);
	git->target = NULL;
	git->fresh = NULL;
}

static int refresh(void *self, struct rel_error *err)
{
	struct change_git *git = self;
	int rc;

	if (git->fresh) {
		close_target(git);
		return open_target(git, err);
	}
	rc = rel_git_target_refresh(git->target, err);
	if (rc == 0)
		take_tip(git);
	return rc;
}

static const char *tip(const void *self)
{
	return ((const struct change_git *)self)->tip_text;
}

static const char *branch(const void *self)
{
	const struct change_git *git = self;
	const char *name =
	    git->fresh ? git->fresh : rel_git_target_branch(git->target);
	size_t prefix = strlen("refs/heads/");

	return strncmp(name, "refs/heads/", prefix) == 0 ? name + prefix : name;
}

/* "subdir/path" */
static char *whole_path(const struct change_git *git, const char *path)
{
	char *whole = NULL;

	if (!git->subdir)
		return strdup(path);
	return asprintf(&whole, "%s/%s", git->subdir, path) < 0 ? NULL : whole;
}

/* The same in the list of all: 1, 0 when there is none. */
static int find_listed(struct rel_git_entry *out, const struct change_git *git,
		       struct rel_str whole)
{
	const struct tip_file *file = tip_files_find(&git->files, whole);

	if (!file)
		return 0;
	out->kind = file->kind;
	out->id = file->id;
	return 1;
}

/* Kind and id of what is at `whole` in the tip: 1, 0 when there is none. */
static int find(struct rel_git_entry *out, struct change_git *git,
		const char *whole, struct rel_error *err)
{
	struct rel_git_store *store = rel_git_target_store(git->target);
	struct rel_git_id tree;
	int rc;

	if (!git->has_tip)
		return 0;
	if (git->files.count > 0)
		return find_listed(out, git, rel_str_of(whole));
	rc = rel_git_commit_tree(&tree, store, &git->tip, NULL, err);
	if (rc)
		return rc;
	if (++git->lookups == MANY) {
		rc = tip_files_read(&git->files, store, &tree, err);
		return rc ? rc : find_listed(out, git, rel_str_of(whole));
	}
	rc = rel_git_tree_find(out, store, &tree, rel_str_of(whole), err);
	return rc == REL_ENOTFOUND ? 0 : rc ? rc : 1;
}

static int exists(bool *out, void *self, const char *path,
		  struct rel_error *err)
{
	struct rel_git_entry entry;
	char *whole = whole_path(self, path);
	int rc = whole ? find(&entry, self, whole, err) : rel_fail_nomem(err);

	*out = rc == 1;
	free(whole);
	return rc < 0 ? rc : 0;
}

/* Is what is at `path`, if anything is, a directory? */
static int check_above(struct change_git *git, const char *path,
		       struct rel_error *err)
{
	struct rel_git_entry entry;
	char *whole = whole_path(git, path);
	int rc = whole ? find(&entry, git, whole, err) : rel_fail_nomem(err);

	if (rc == 1 && entry.kind != REL_GIT_TREE) {
		rc = rel_fail(err, REL_EEXISTS, "not a directory");
		rel_error_at(err, path, 0, 0);
	}
	free(whole);
	return rc < 0 ? rc : 0;
}

static int ready(void *self, const char *path, struct rel_error *err)
{
	struct change_git *git = self;
	char *above = strdup(path), *slash;
	int rc = above ? 0 : rel_fail_nomem(err);

	while (rc == 0 && (slash = strrchr(above, '/'))) {
		*slash = '\0';
		rc = check_above(git, above, err);
	}
	free(above);
	if (rc || git->asked)
		return rc;
	git->asked = true;
	rc = rel_git_target_try(
	    git->target,
	    git->fresh ? git->fresh : rel_git_target_branch(git->target), err);
	/* one that moves can be written */
	return rc == REL_ESTALE ? 0 : rc;
}

static int stream(uint64_t *size, void *self, const char *path,
		  const struct rel_sink *sink, struct rel_error *err)
{
	struct change_git *git = self;
	struct rel_git_entry entry;
	struct rel_buf bytes;
	char *whole = whole_path(git, path);
	int rc;

	if (!whole)
		return rel_fail_nomem(err);
	rc = find(&entry, git, whole, err);
	free(whole);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return rel_fail(err, REL_ENOTFOUND, "no file \"%s\" in %s",
				path, branch(git));
	if (entry.kind != REL_GIT_BLOB && entry.kind != REL_GIT_EXECUTABLE)
		return rel_fail(err, REL_EIO, "\"%s\" is not a regular file",
				path);
	rel_buf_init(&bytes, REL_LIMIT_GIT_ARCHIVE);
	rc = rel_git_blob_read(&bytes, rel_git_target_store(git->target),
			       &entry.id, err);
	*size = bytes.len;
	if (rc == 0)
		rc = sink->write(sink->context, rel_buf_str(&bytes).ptr,
				 bytes.len, err);
	rel_buf_free(&bytes);
	return rc;
}

/* The changes that are left to do, as git/write.h takes them. */
struct edits {
	struct rel_git_change *items;
	struct rel_git_id *ids;
	size_t count;
};

static void free_edits(struct edits *edits)
{
	for (size_t i = 0; i < edits->count; i++)
		free((void *)(uintptr_t)edits->items[i].path);
	free(edits->items);
	free(edits->ids);
}

/* An object of the new bytes; of a file that comes again, the same. */
static int write_blob(struct rel_git_id *out, struct rel_git_store *store,
		      const struct rel_change *changes, size_t at,
		      const struct rel_git_id *ids, struct rel_error *err)
{
	const char *file = changes[at].file;

	if (!file)
		return rel_git_write_blob(out, store, changes[at].content, err);
	for (size_t i = 0; i < at; i++) {
		if (!changes[i].remove && changes[i].file &&
		    strcmp(changes[i].file, file) == 0) {
			*out = ids[i];
			return 0;
		}
	}
	return rel_git_write_blob_file(out, store, file, err);
}

static int same_id(const struct rel_git_id *a, const struct rel_git_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Add one change unless the tip has it. */
static int add_edit(struct edits *edits, struct change_git *git,
		    const struct rel_change *changes, size_t at,
		    struct rel_error *err)
{
	const struct rel_change *change = &changes[at];
	struct rel_git_id *id = &edits->ids[at];
	struct rel_git_entry entry;
	char *whole = whole_path(git, change->path);
	bool needed;
	int exists = whole ? find(&entry, git, whole, err) : 0;
	int rc = !whole ? rel_fail_nomem(err) : exists < 0 ? exists : 0;

	if (rc == 0 && !change->remove)
		rc = write_blob(id, rel_git_target_store(git->target), changes,
				at, edits->ids, err);
	needed = change->remove ? exists == 1
				: !(exists == 1 && same_id(&entry.id, id));
	if (rc == 0 && needed && exists == 1 && !change->remove &&
	    !change->replace) {
		rc = rel_fail(err, REL_EEXISTS,
			      "already published with other bytes");
		rel_error_at(err, change->path, 0, 0);
	}
	if (rc || !needed) {
		free(whole);
		return rc;
	}
	edits->items[edits->count++] =
	    (struct rel_git_change){.path = whole,
				    .keep_kind = true,
				    .remove = change->remove,
				    .id = change->remove ? NULL : id};
	return 0;
}

static int make_commit(struct rel_git_id *commit, struct change_git *git,
		       const struct edits *edits, const char *message,
		       const struct rel_change_author *author,
		       struct rel_error *err)
{
	struct rel_git_store *store = rel_git_target_store(git->target);
	struct rel_git_identity who = {author->name, author->email,
				       author->time, author->offset_minutes};
	struct rel_git_commit request = {.parents = &git->tip,
					 .n_parents = git->has_tip ? 1 : 0,
					 .author = who,
					 .committer = who,
					 .message = message};
	struct rel_git_id base;
	int rc = 0;

	if (git->has_tip)
		rc = rel_git_commit_tree(&base, store, &git->tip, NULL, err);
	if (rc == 0)
		rc = rel_git_write_tree(&request.tree, store,
					git->has_tip ? &base : NULL,
					edits->items, edits->count, err);
	return rc ? rc : rel_git_write_commit(commit, store, &request, err);
}

static void tell_rejected(struct rel_change_result *out,
			  const struct rel_git_push_result *pushed)
{
	struct rel_str text = rel_str_trim(rel_buf_str(&pushed->text));
	size_t n =
	    text.len < sizeof(out->text) ? text.len : sizeof(out->text) - 1;

	out->outcome = REL_CHANGE_REJECTED;
	memcpy(out->text, text.ptr, n);
	out->text[n] = '\0';
}

static int push(struct rel_change_result *out, struct change_git *git,
		const struct rel_git_id *commit, struct rel_error *err)
{
	struct rel_git_push_ref ref = {
	    .name =
		git->fresh ? git->fresh : rel_git_target_branch(git->target),
	    .id = *commit,
	    .has_old = git->has_tip && !git->fresh,
	    .old = git->tip};
	struct rel_git_push_result pushed = {0};
	int rc = rel_git_target_push(&pushed, git->target, &ref, 1, err);

	if (rc == 0 && pushed.outcome == REL_GIT_RACED) {
		rel_change_raced(out, "%s has moved", branch(git));
	} else if (rc == 0 && pushed.outcome == REL_GIT_REJECTED) {
		tell_rejected(out, &pushed);
	} else if (rc == 0) {
		out->outcome = REL_CHANGE_DONE;
		rel_git_id_format(out->commit, commit);
	}
	rel_git_push_result_free(&pushed);
	return rc;
}

/* After a push that made or moved the branch: stand on it. */
static int settle(struct change_git *git, const struct rel_git_id *commit,
		  struct rel_error *err)
{
	if (git->fresh) {
		close_target(git);
		return open_target(git, err);
	}
	forget_files(git);
	git->has_tip = true;
	git->tip = *commit;
	rel_git_id_format(git->tip_text, commit);
	return 0;
}

static int apply(struct rel_change_result *out, struct rel_writable *remote,
		 const struct rel_change *changes, size_t n_changes,
		 const char *message, const struct rel_change_author *author,
		 struct rel_error *err)
{
	struct change_git *git = remote->self;
	struct edits edits = {calloc(n_changes + 1, sizeof(*edits.items)),
			      calloc(n_changes + 1, sizeof(*edits.ids)), 0};
	struct rel_git_id commit;
	int rc = edits.items && edits.ids ? 0 : rel_fail_nomem(err);

	assert(author && message);
	for (size_t i = 0; rc == 0 && i < n_changes; i++)
		rc = add_edit(&edits, git, changes, i, err);
	if (rc == 0 && edits.count > 0) {
		rc = make_commit(&commit, git, &edits, message, author, err);
		if (rc == 0)
			rc = push(out, git, &commit, err);
		if (rc == 0 && out->outcome == REL_CHANGE_DONE)
			rc = settle(git, &commit, err);
	}
	free_edits(&edits);
	if (rc)
		rel_error_prefix(err, "writing to %s", remote->text);
	return rc;
}

static void release(void *self)
{
	struct change_git *git = self;

	close_target(git);
	tip_files_free(&git->files);
	free(git->url);
	free(git->subdir);
	free(git->base);
	free(git->branch);
	free(git->cache_dir);
	free(git);
}

static const struct rel_writable_kind kind = {.is_git = true,
					      .tip = tip,
					      .branch = branch,
					      .refresh = refresh,
					      .exists = exists,
					      .ready = ready,
					      .stream = stream,
					      .apply = apply,
					      .release = release};

int rel_writable_open_git(struct rel_writable *remote,
			  const struct rel_location *location,
			  const struct rel_writable_options *options,
			  struct rel_error *err)
{
	const struct rel_remote_options *reading = options->remote;
	struct change_git *git;
	int rc;

	if (reading && reading->offline &&
	    location->kind == REL_LOCATION_GIT_REMOTE)
		return rel_fail(err, REL_EUSAGE,
				"%s is elsewhere and cannot be written "
				"offline",
				location->text);
	git = calloc(1, sizeof(*git));
	if (!git)
		return rel_fail_nomem(err);
	remote->kind = &kind;
	remote->self = git;
	git->orphan = options->orphan;
	rc = copy_text(&git->url, location->url, err);
	if (rc == 0)
		rc = copy_text(&git->subdir, location->subdir, err);
	if (rc == 0)
		rc = copy_text(&git->base, location->revision, err);
	if (rc == 0)
		rc = copy_text(&git->branch, options->branch, err);
	if (rc == 0 && reading)
		rc = copy_text(&git->cache_dir, reading->cache_dir, err);
	if (rc)
		return rc;
	git->fetch.cache_dir = git->cache_dir;
	if (reading) {
		git->fetch.interactive = reading->interactive;
		git->fetch.progress = reading->progress;
		git->fetch.cancel = reading->cancel;
	}
	return open_target(git, err);
}
