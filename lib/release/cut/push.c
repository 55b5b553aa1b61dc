/* The push of commit and tag to the source's own remote. */
#include "release/cut/cut_private.h"

static int check_remote_tag(struct rel_cut *cut,
			    const struct rel_git_fetch_options *opt,
			    struct rel_error *err)
{
	struct rel_git_id id;
	char text[REL_GIT_ID_TEXT], ours[REL_GIT_ID_TEXT];
	char *ref = rel_cut_text(cut, "refs/tags/%s", cut->plan.tag);
	int found;

	if (!ref)
		return rel_fail_nomem(err);
	found = rel_git_remote_ref(&id, cut->head.url, ref, opt, err);
	if (found <= 0)
		return found;
	rel_git_id_format(text, &id);
	if (cut->plan.tag_found.known &&
	    rel_git_id_eq(&id, &cut->plan.tag_found.id))
		return 0;
	if (!cut->plan.tag_found.known)
		return rel_fail(err, REL_EEXISTS,
				"%s has a tag %s (%.12s) that is not here; "
				"fetch it (git fetch %s tag %s), or release "
				"under another version",
				cut->head.remote, cut->plan.tag, text,
				cut->head.remote, cut->plan.tag);
	return rel_fail(err, REL_EEXISTS,
			"%s has another tag %s (%.12s) than this clone "
			"(%.12s); release under another version",
			cut->head.remote, cut->plan.tag, text,
			rel_git_id_format(ours, &cut->plan.tag_found.id));
}

int rel_cut_take_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options opt = rel_cut_fetch_options(cut);
	struct rel_git_head *head = &cut->head;
	struct rel_git_id id;
	int rc;

	cut->plan.push_remote = cut->plan.upstream = "";
	if (cut->options->no_push || cut->options->tag || !head->remote ||
	    !head->upstream)
		return 0;
	cut->plan.push_remote = head->remote;
	cut->plan.upstream = head->upstream;
	rc = check_remote_tag(cut, &opt, err);
	if (rc == 0)
		rc = rel_git_remote_ref(&id, head->url, head->upstream, &opt,
					err);
	if (rc == 1) {
		cut->plan.upstream_was = (struct rel_cut_id){true, id};
		rc = rel_git_is_ancestor(rel_cut_store(cut), &id,
					 &cut->plan.base, err);
		if (rc == 0)
			return rel_fail(err, REL_ESTALE,
					"%s of %s has commits that are not "
					"here; pull first",
					head->upstream, head->remote);
		rc = rc < 0 ? rc : 0;
	}
	if (rc < 0)
		rel_error_prefix(err,
				 "asking %s, the source's own remote "
				 "(--no-push leaves it alone)",
				 head->remote);
	return rc;
}

/* The commit that is there stands for those that will be made of it. */
int rel_cut_check_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_push_ref refs[2] = {
	    {.name = cut->plan.upstream, .id = cut->plan.base},
	    {.name = rel_cut_text(cut, "refs/tags/%s", cut->plan.tag),
	     .id = cut->plan.base}};
	bool has_tag = cut->plan.tag_found.known;
	int rc;

	if (!*cut->plan.push_remote)
		return 0;
	if (!refs[1].name)
		return rel_fail_nomem(err);
	refs[0].has_old = cut->plan.upstream_was.known;
	refs[0].old = cut->plan.upstream_was.id;
	rc = rel_git_push_try(rel_cut_store(cut), cut->head.url,
			      cut->head.remote, refs, has_tag ? 1 : 2, &options,
			      err);
	if (rc)
		rel_error_prefix(err,
				 "%s, the source's own remote (--no-push "
				 "leaves it alone)",
				 cut->plan.push_remote);
	return rc;
}

/* What is pushed: tag and branch, from what they were. */
static size_t push_refs(struct rel_git_push_ref refs[2], struct rel_cut *cut)
{
	refs[0] = (struct rel_git_push_ref){.name = rel_cut_tag_ref(cut),
					    .id = cut->tag};
	if (cut->plan.tag_found.known) {
		refs[0].has_old = false;
		refs[0].old = cut->tag;
	}
	refs[1] = (struct rel_git_push_ref){.name = cut->plan.upstream,
					    .id = cut->commit};
	refs[1].has_old = cut->plan.upstream_was.known;
	refs[1].old = cut->plan.upstream_was.id;
	return 2;
}

static int refused(struct rel_cut *cut,
		   const struct rel_git_push_result *result,
		   struct rel_error *err)
{
	if (result->outcome == REL_GIT_RACED) {
		rel_cut_give_up(cut, "pull and cut again");
		return rel_fail(err, REL_ESTALE,
				"%s of %s has moved in the meantime",
				result->ref.len ? result->ref.ptr : "a branch",
				cut->plan.push_remote);
	}
	return rel_fail(
	    err, REL_EIO, "%s refused the push: %s", cut->plan.push_remote,
	    result->text.len ? result->text.ptr : "no reason given");
}

static int try_push(struct rel_git_push_result *result, struct rel_cut *cut,
		    const struct rel_git_push_ref *refs, size_t n,
		    struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);

	if (!cut->head.remote ||
	    strcmp(cut->head.remote, cut->plan.push_remote) != 0)
		return rel_fail(err, REL_EUSAGE,
				"the branch is not pushed to %s any more, as "
				"it was when the cut began",
				cut->plan.push_remote);
	return rel_git_push(result, rel_cut_store(cut), cut->head.url,
			    cut->head.remote, refs, n, &options, err);
}

static int push(struct rel_cut *cut, const struct rel_git_push_ref *refs,
		size_t n, struct rel_error *err)
{
	struct rel_git_push_result result = {0};
	int rc = try_push(&result, cut, refs, n, err);

	if (rc == 0 && result.outcome != REL_GIT_DONE)
		rc = refused(cut, &result, err);
	rel_git_push_result_free(&result);
	return rc;
}

int rel_cut_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_push_ref refs[2];
	size_t n;
	int rc;

	if (!*cut->plan.push_remote) {
		rel_cut_tell(cut, REL_CUT_PUSH,
			     cut->options->tag
				 ? "nothing: the tag was there before"
				 : "no remote to push to");
		return 0;
	}
	n = push_refs(refs, cut);
	if (!refs[0].name)
		return rel_fail_nomem(err);
	rc = push(cut, refs, n, err);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PUSH, "%s and %s to %s",
			     cut->plan.tag, cut->plan.upstream,
			     cut->plan.push_remote);
	return rc;
}

/* Someone may have built on it, or the remote lets nothing be taken back (as
 * protected branches do): it is public, and stays. */
static void tell_kept(struct rel_cut *cut, const char *name,
		      const struct rel_git_push_result *result)
{
	if (result && result->outcome == REL_GIT_REJECTED)
		rel_cut_tell(cut, REL_CUT_PUSH,
			     "%s stays on %s, which does not let it be taken "
			     "back: %s",
			     name, cut->plan.push_remote,
			     result->text.len ? result->text.ptr
					      : "no reason given");
	else
		rel_cut_tell(cut, REL_CUT_PUSH,
			     "%s has moved on and is left as it is", name);
}

/* Take one reference back if it still is what we made it. */
static int revert_ref(bool *kept, struct rel_cut *cut,
		      const struct rel_git_push_ref *made,
		      struct rel_error *err)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	struct rel_git_push_result result = {0};
	struct rel_git_push_ref back = {
	    .name = made->name, .has_old = true, .old = made->id, .back = true};
	struct rel_git_id there;
	int rc;

	if (made->has_old)
		back.id = made->old;
	rc = rel_git_remote_ref(&there, cut->head.url, made->name, &options,
				err);
	if (rc <= 0)
		return rc;
	/* it never was pushed */
	if (made->has_old && rel_git_id_eq(&there, &made->old))
		return 0;
	*kept = !rel_git_id_eq(&there, &made->id);
	if (*kept) {
		tell_kept(cut, made->name, NULL);
		return 0;
	}
	rc = try_push(&result, cut, &back, 1, err);
	*kept = rc == 0 && result.outcome != REL_GIT_DONE;
	if (*kept)
		tell_kept(cut, made->name, &result);
	rel_git_push_result_free(&result);
	return rc;
}

int rel_cut_revert_push(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_push_ref refs[2];
	size_t n, n_kept = 0;
	int rc = 0;

	if (!*cut->plan.push_remote)
		return 0;
	n = push_refs(refs, cut);
	if (!refs[0].name)
		return rel_fail_nomem(err);
	for (size_t i = cut->plan.tag_found.known ? 1 : 0; rc == 0 && i < n;
	     i++) {
		bool kept = false;

		rc = revert_ref(&kept, cut, &refs[i], err);
		n_kept += kept;
	}
	if (rc == 0 && n_kept == 0)
		rel_cut_tell(cut, REL_CUT_PUSH, "taken back");
	return rc;
}
