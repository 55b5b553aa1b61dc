/* The commit of a cut, which sets the version strings. */
#include "git/objects.h"
#include "git/remote.h"
#include "release/cut/cut_private.h"

int rel_cut_edits(struct rel_git_edit_request *out, struct rel_cut *cut,
		  struct rel_error *err)
{
	struct rel_git_edit *edits =
	    rel_arena_array(&cut->arena, cut->bump.count + 1, sizeof(*edits));

	if (!edits)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < cut->bump.count; i++)
		edits[i] = (struct rel_git_edit){
		    .path = cut->bump.edits[i].path,
		    .content = cut->bump.edits[i].content};
	*out = (struct rel_git_edit_request){
	    .branch = cut->plan.branch,
	    .parent = cut->plan.base,
	    .edits = edits,
	    .n_edits = cut->bump.count,
	    .author = rel_cut_identity(cut),
	    .committer = rel_cut_identity(cut),
	    .message = rel_cut_text(cut, "Release %s %s", cut->plan.name,
				    cut->plan.version)};
	out->signature = cut->plan.signature;
	return out->message ? 0 : rel_fail_nomem(err);
}

/* "dune-project, a.opam" */
static const char *edited(struct rel_cut *cut)
{
	const char *text = cut->bump.edits[0].path;

	for (size_t i = 1; text && i < cut->bump.count; i++)
		text = i < 4 ? rel_cut_text(cut, "%s, %s", text,
					    cut->bump.edits[i].path)
			     : text;
	if (text && cut->bump.count > 4)
		text = rel_cut_text(cut, "%s and %zu more", text,
				    cut->bump.count - 4);
	return text;
}

int rel_cut_bump(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_edit_request request;
	char id[REL_GIT_ID_TEXT];
	int rc = 0;

	cut->commit = cut->plan.base;
	if (cut->bump.count) {
		rc = rel_cut_edits(&request, cut, err);
		if (rc == 0)
			rc = rel_git_worktree_commit(
			    &cut->commit, cut->checkout, &request, err);
		if (rc == 0)
			rc = rel_git_store_refresh(rel_cut_store(cut), err);
	}
	if (rc)
		return rc;
	rel_git_id_format(id, &cut->commit);
	if (cut->bump.count) {
		const char *files = edited(cut);

		rel_cut_tell(cut, REL_CUT_BUMP, "commit %.12s (%s)%s", id,
			     files ? files : "",
			     cut->plan.signature.len ? ", signed" : "");
	} else {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "no version to change, commit %.12s", id);
	}
	return rel_journal_set(&cut->journal, "bump", "commit", err, "%s", id);
}

/* Does the branch stand on something else by now, so that there is nothing to
 * take back, or no longer? */
static bool has_moved_on(struct rel_cut *cut)
{
	struct rel_git_id there;

	if (cut->head.branch && strcmp(cut->head.branch, cut->plan.branch) == 0)
		return true;
	return rel_journal_get(&cut->journal, "bump", "commit") &&
	       rel_git_ref_read(&there, rel_cut_store(cut), cut->plan.branch,
				NULL) == 1 &&
	       !rel_git_id_eq(&there, &cut->plan.base) &&
	       !rel_git_id_eq(&there, &cut->commit);
}

int rel_cut_revert_bump(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_edit_request request;
	int rc;

	if (cut->bump.count == 0)
		return 0;
	rc = rel_cut_edits(&request, cut, err);
	if (rc == 0)
		rc = rel_git_worktree_undo(cut->checkout, &request, err);
	if (rc == REL_ESTALE && has_moved_on(cut)) {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "%s has moved on and is left as it is",
			     cut->plan.branch);
		return 0;
	}
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_BUMP, "commit taken back");
	return rc;
}

/* The commit that the bump would make. */
static int make_commit(struct rel_git_target **scratch, struct rel_cut *cut,
		       struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_edit_request request;
	struct rel_git_commit commit = {.parents = &cut->plan.base,
					.n_parents = 1};
	struct rel_git_change *changes =
	    rel_arena_array(&cut->arena, cut->bump.count + 1, sizeof(*changes));
	struct rel_git_store *store;
	int rc =
	    changes ? rel_cut_edits(&request, cut, err) : rel_fail_nomem(err);

	if (rc == 0)
		rc = rel_git_target_open(
		    scratch, rel_git_worktree_common_dir(cut->checkout),
		    cut->plan.branch, &options, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < request.n_edits; i++)
		changes[i] = (struct rel_git_change){
		    .path = request.edits[i].path,
		    .keep_kind = true,
		    .content = request.edits[i].content};
	store = rel_git_target_store(*scratch);
	rc = rel_git_commit_tree(&commit.tree, store, &cut->plan.base, NULL,
				 err);
	if (rc == 0)
		rc = rel_git_write_tree(&commit.tree, store, &commit.tree,
					changes, request.n_edits, err);
	commit.author = request.author;
	commit.committer = request.committer;
	commit.message = request.message;
	if (rc == 0)
		rc = rel_cut_sign_commit(cut, store, &commit, err);
	commit.signature = cut->plan.signature;
	return rc ? rc
		  : rel_git_write_commit(&cut->commit, store, &commit, err);
}

int rel_cut_predict_commit(struct rel_git_target **scratch, struct rel_cut *cut,
			   struct rel_error *err)
{
	*scratch = NULL;
	cut->commit = cut->plan.base;
	return cut->bump.count ? make_commit(scratch, cut, err) : 0;
}
