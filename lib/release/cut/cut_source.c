/* The steps of a cut in the source: version strings, tag, push. */
#include "base/limits.h"
#include "release/cut/cut_work.h"
#include "release/cut/notes.h"

static struct rel_git_store *store_of(struct rel_cut *cut)
{
	return rel_git_checkout_store(cut->checkout);
}

static struct rel_git_identity identity(const struct rel_cut *cut)
{
	return (struct rel_git_identity){.name = cut->author.name,
					 .email = cut->author.email,
					 .seconds = cut->author.time,
					 .offset = cut->author.offset_minutes};
}

/* As it was before its lines were joined. */
static int signature(struct rel_str *out, struct rel_cut *cut,
		     struct rel_error *err)
{
	char *copy =
	    rel_arena_copy(&cut->arena, rel_str_of(cut->plan.signature));

	if (!copy)
		return rel_fail_nomem(err);
	for (char *at = copy; (at = strchr(at, '|')); at++)
		*at = '\n';
	*out = rel_str_of(copy);
	return 0;
}

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
	    .parent = cut->base,
	    .edits = edits,
	    .n_edits = cut->bump.count,
	    .author = identity(cut),
	    .committer = identity(cut),
	    .message = rel_cut_text(cut, "Release %s %s", cut->plan.name,
				    cut->plan.version)};
	return out->message ? signature(&out->signature, cut, err)
			    : rel_fail_nomem(err);
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

	cut->commit = cut->base;
	if (cut->bump.count) {
		rc = rel_cut_edits(&request, cut, err);
		if (rc == 0)
			rc = rel_git_checkout_commit(
			    &cut->commit, cut->checkout, &request, err);
		if (rc == 0)
			rc = rel_git_store_refresh(store_of(cut), err);
	}
	if (rc)
		return rc;
	rel_git_id_format(id, &cut->commit);
	if (cut->bump.count) {
		const char *files = edited(cut);

		rel_cut_tell(cut, REL_CUT_BUMP, "commit %.12s (%s)%s", id,
			     files ? files : "",
			     *cut->plan.signature ? ", signed" : "");
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
	       rel_git_ref_read(&there, store_of(cut), cut->plan.branch,
				NULL) == 1 &&
	       !rel_git_id_eq(&there, &cut->base) &&
	       !rel_git_id_eq(&there, &cut->commit);
}

int rel_cut_unbump(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_edit_request request;
	int rc;

	if (cut->bump.count == 0)
		return 0;
	rc = rel_cut_edits(&request, cut, err);
	if (rc == 0)
		rc = rel_git_checkout_undo(cut->checkout, &request, err);
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

/* The message of the tag: the entry of the change log. */
static int add_message(struct rel_buf *out, struct rel_cut *cut,
		       struct rel_error *err)
{
	struct rel_str notes;
	int rc = rel_cut_notes(&notes, cut, err);

	if (rc)
		return rc;
	rel_buf_printf(out, "%s %s\n", cut->plan.name, cut->plan.version);
	if (notes.len) {
		rel_buf_add_char(out, '\n');
		rel_notes_add_message(out, notes);
	}
	return rel_buf_status(out, "the message of the tag", err);
}

int rel_cut_tag_text(struct rel_buf *out, struct rel_cut *cut,
		     struct rel_error *err)
{
	struct rel_git_tag tag = {.target = cut->commit,
				  .name = cut->plan.tag,
				  .tagger = identity(cut)};
	struct rel_buf message;
	int rc;

	rel_buf_init(&message, 2 * REL_LIMIT_NOTES_BYTES);
	rc = add_message(&message, cut, err);
	tag.message = message.ptr;
	if (rc == 0)
		rc = rel_git_tag_format(out, &tag, err);
	rel_buf_free(&message);
	return rc;
}

/* Write the tag object, once: its id is in the journal before the reference
 * is, because a signature is not the same twice. */
static int make_tag(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf text;
	char id[REL_GIT_ID_TEXT];
	int rc;

	rel_buf_init(&text, 2 * REL_LIMIT_NOTES_BYTES);
	rc = rel_cut_tag_text(&text, cut, err);
	if (rc == 0)
		rc = rel_cut_sign(&text, cut, err);
	if (rc == 0)
		rc = rel_git_write_tag(&cut->tag, store_of(cut),
				       rel_buf_str(&text), err);
	rel_buf_free(&text);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "tag", "object", err, "%s",
				     rel_git_id_format(id, &cut->tag));
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

static char *tag_ref(struct rel_cut *cut)
{
	return rel_cut_text(cut, "refs/tags/%s", cut->plan.tag);
}

int rel_cut_tag(struct rel_cut *cut, struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT], *ref = tag_ref(cut);
	int rc = 0;

	if (!ref)
		return rel_fail_nomem(err);
	if (*cut->plan.tag_found) {
		if (!rel_git_id_parse(&cut->tag,
				      rel_str_of(cut->plan.tag_found)))
			return rel_fail(err, REL_EPARSE,
					"the journal has a bad id of a tag");
		rel_cut_tell(cut, REL_CUT_TAG, "%s is there already",
			     cut->plan.tag);
		return rel_journal_set(&cut->journal, "tag", "object", err,
				       "%s", cut->plan.tag_found);
	}
	if (!rel_journal_get(&cut->journal, "tag", "object"))
		rc = make_tag(cut, err);
	if (rc == 0)
		rc = rel_git_ref_update(store_of(cut), ref, NULL, &cut->tag,
					NULL, err);
	if (rc == REL_ESTALE) {
		rel_cut_give_up(cut, "cut again");
		rel_error_prefix(err,
				 "the tag %s was made by somebody else in the "
				 "meantime",
				 cut->plan.tag);
	}
	if (rc == 0)
		rel_cut_tell(
		    cut, REL_CUT_TAG, "%s (%.12s%s%s)", cut->plan.tag,
		    rel_git_id_format(id, &cut->tag),
		    strcmp(cut->plan.sign, "none") ? ", signed with " : "",
		    strcmp(cut->plan.sign, "none") ? cut->plan.sign : "");
	return rc;
}

int rel_cut_untag(struct rel_cut *cut, struct rel_error *err)
{
	char *ref = tag_ref(cut);
	struct rel_git_id there;
	char a[REL_GIT_ID_TEXT], b[REL_GIT_ID_TEXT];
	int found;

	if (!ref)
		return rel_fail_nomem(err);
	if (*cut->plan.tag_found ||
	    !rel_journal_get(&cut->journal, "tag", "object"))
		return 0;
	found = rel_git_ref_read(&there, store_of(cut), ref, err);
	if (found <= 0)
		return found;
	/* another one is not ours to remove */
	if (strcmp(rel_git_id_format(a, &there),
		   rel_git_id_format(b, &cut->tag)) != 0)
		return 0;
	found =
	    rel_git_ref_update(store_of(cut), ref, &cut->tag, NULL, NULL, err);
	if (found == 0)
		rel_cut_tell(cut, REL_CUT_TAG, "%s removed", cut->plan.tag);
	return found;
}

/* What is pushed: tag and branch, from what they were. */
static size_t push_refs(struct rel_git_push_ref refs[2], struct rel_cut *cut)
{
	refs[0] =
	    (struct rel_git_push_ref){.name = tag_ref(cut), .id = cut->tag};
	if (*cut->plan.tag_found) {
		refs[0].has_old = false;
		refs[0].old = cut->tag;
	}
	refs[1] = (struct rel_git_push_ref){.name = cut->plan.upstream,
					    .id = cut->commit};
	refs[1].has_old =
	    rel_git_id_parse(&refs[1].old, rel_str_of(cut->plan.upstream_was));
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
	return rel_git_push(result, store_of(cut), cut->head.url,
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
static int unpush(bool *kept, struct rel_cut *cut,
		  const struct rel_git_push_ref *made, struct rel_error *err)
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

int rel_cut_unpush(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_push_ref refs[2];
	size_t n, n_kept = 0;
	int rc = 0;

	if (!*cut->plan.push_remote)
		return 0;
	n = push_refs(refs, cut);
	if (!refs[0].name)
		return rel_fail_nomem(err);
	for (size_t i = *cut->plan.tag_found ? 1 : 0; rc == 0 && i < n; i++) {
		bool kept = false;

		rc = unpush(&kept, cut, &refs[i], err);
		n_kept += kept;
	}
	if (rc == 0 && n_kept == 0)
		rel_cut_tell(cut, REL_CUT_PUSH, "taken back");
	return rc;
}
