/* What a cut would do, without doing it. */
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "git/objects.h"
#include "git/remote.h"
#include "release/cut/cut_private.h"

/* What the bump changes, as `git diff` shows it. */
static int show_edits(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_callbacks *callbacks = &cut->options->callbacks;
	struct rel_git_store *store = rel_cut_store(cut);
	struct rel_git_entry entry;
	struct rel_git_id tree;
	struct rel_buf was, diff;
	int rc = rel_git_commit_tree(&tree, store, &cut->plan.base, NULL, err);

	if (!callbacks->diff)
		return rc;
	rel_buf_init(&was, REL_LIMIT_RELEASE_FILE_BYTES);
	rel_buf_init(&diff, REL_LIMIT_RELEASE_FILE_BYTES);
	for (size_t i = 0; rc == 0 && i < cut->bump.count; i++) {
		const struct rel_bump_edit *edit = &cut->bump.edits[i];

		rel_buf_clear(&was);
		rc = rel_git_tree_find(&entry, store, &tree,
				       rel_str_of(edit->path), err);
		if (rc == 0)
			rc = rel_git_blob_read(&was, store, &entry.id, err);
		if (rc == 0)
			rc = rel_git_patch_file(&diff, edit->path,
						rel_buf_str(&was),
						edit->content, err);
	}
	if (rc == 0)
		callbacks->diff(callbacks->context, diff.ptr);
	rel_buf_free(&was);
	rel_buf_free(&diff);
	return rc;
}

static int tell_source(struct rel_cut *cut, struct rel_error *err)
{
	bool is_signed = cut->plan.sign != REL_GIT_SIGN_NONE;
	char id[REL_GIT_ID_TEXT];
	int rc = 0;

	rel_git_id_format(id, &cut->commit);
	for (size_t i = 0; i < cut->bump.count; i++)
		rel_cut_tell(cut, REL_CUT_BUMP, "%s: %.*s to %.*s",
			     cut->bump.edits[i].path,
			     REL_STR_ARG(cut->bump.edits[i].was),
			     REL_STR_ARG(cut->bump.edits[i].now));
	if (cut->bump.count) {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "commit %.12s \"Release %s %s\" on %s of this "
			     "checkout:",
			     id, cut->plan.name, cut->plan.version,
			     cut->plan.branch);
		rc = show_edits(cut, err);
	} else {
		rel_cut_tell(cut, REL_CUT_BUMP,
			     "no version to change, no commit");
	}
	if (cut->plan.tag_found.known)
		rel_cut_tell(cut, REL_CUT_TAG, "%s is there already, on %.12s",
			     cut->plan.tag, id);
	else
		rel_cut_tell(
		    cut, REL_CUT_TAG,
		    "%s on %.12s, with the change log's entry%s%s",
		    cut->plan.tag, id, is_signed ? ", signed with " : "",
		    is_signed ? rel_cut_sign_name(cut->plan.sign) : "");
	return rc;
}

/* The bump's commit has the release's time, and the archive has its. */
static void tell_digests(const struct rel_cut *cut)
{
	/* git's own way to say what time it is */
	const char *date = getenv("GIT_COMMITTER_DATE");
	char text[REL_DIGEST_TEXT_MAX];

	for (size_t i = 0; i < 2; i++) {
		rel_digest_format(text, &cut->digests[i]);
		rel_cut_tell(cut, REL_CUT_PACK, "%s", text);
	}
	if (cut->bump.count && cut->sign_commit != REL_GIT_SIGN_NONE)
		rel_cut_tell(cut, REL_CUT_PACK,
			     "the release's commit is signed with %s, so that "
			     "it will be another one than this, as will what "
			     "depends on it",
			     rel_cut_sign_name(cut->sign_commit));
	if (cut->bump.count && !cut->options->has_time && !(date && *date))
		rel_cut_tell(cut, REL_CUT_PACK,
			     "the release's commit and checksums will be "
			     "others than these, since they depend on its "
			     "time; with SOURCE_DATE_EPOCH=%lld set for both "
			     "they are the same",
			     (long long)cut->plan.author.time);
}

static void tell_push(const struct rel_cut *cut)
{
	struct rel_buf url;

	if (!*cut->plan.push_remote) {
		rel_cut_tell(cut, REL_CUT_PUSH, "nothing");
		return;
	}
	rel_buf_init(&url, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&url, cut->head.url);
	rel_cut_tell(cut, REL_CUT_PUSH, "refs/tags/%s and %s to %s (%s)",
		     cut->plan.tag, cut->plan.upstream, cut->plan.push_remote,
		     url.ptr ? url.ptr : "");
	rel_buf_free(&url);
}

static int tell_write(struct rel_cut *cut, struct rel_error *err)
{
	const char *tip = rel_writable_tip(cut->remote);
	const char *branch = rel_writable_branch(cut->remote);
	int rc;

	for (size_t i = 0; i < cut->n_chosen; i++) {
		const struct rel_cut_manifest *m = &cut->manifests[i];

		rel_cut_tell(cut, REL_CUT_WRITE, "%s: new", m->path);
		for (size_t k = 0; k < m->files.count; k++)
			rel_cut_tell(cut, REL_CUT_WRITE, "%s: new",
				     m->files.items[k].path);
	}
	rc = rel_cut_tell_companions(cut, err);
	if (rc)
		return rc;
	if (rel_writable_is_git(cut->remote))
		rel_cut_tell(cut, REL_CUT_WRITE,
			     "commit \"Release %s %s\" on branch %s of %s (%s)"
			     "%s%.12s",
			     cut->plan.name, cut->plan.version,
			     *cut->plan.review ? cut->plan.review
			     : branch	       ? branch
					       : "",
			     cut->plan.remote, cut->plan.location,
			     tip && *tip ? ", after " : "", tip ? tip : "");
	else
		rel_cut_tell(cut, REL_CUT_WRITE, "to %s (%s)", cut->plan.remote,
			     cut->plan.location);
	return 0;
}

/* The steps behind the archive, each with what it would write and where. */
static int tell_rest(struct rel_cut *cut, struct rel_error *err)
{
	bool push_first = cut->plan.push_first;
	int rc;

	if (push_first)
		tell_push(cut);
	rel_cut_tell(cut, REL_CUT_PUBLISH, "%s",
		     cut->source_url ? cut->source_url : "");
	if (!push_first)
		tell_push(cut);
	rc = tell_write(cut, err);
	if (rc == 0 && cut->plan.request)
		rel_cut_tell(cut, REL_CUT_REQUEST,
			     "\"Release %s %s\", for branch %s of %s",
			     cut->plan.name, cut->plan.version,
			     cut->plan.review, cut->plan.remote);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_CHECK, "%s",
			     *cut->plan.review
				 ? "nothing before that branch is merged"
				 : "that the remote shows the release, and "
				   "what is broken then");
	return rc;
}

int rel_cut_predict_release(struct rel_cut *cut, bool told,
			    struct rel_error *err)
{
	struct rel_git_target *scratch = NULL;
	struct rel_pack_result result;
	int rc = rel_cut_predict_commit(&scratch, cut, err);

	if (rc == 0 && told)
		rc = tell_source(cut, err);
	if (rc == 0)
		rc = rel_cut_pack_predicted(&result, cut, scratch, NULL, err);
	rel_git_target_free(scratch);
	if (rc)
		return rc;
	if (told) {
		rel_cut_tell(cut, REL_CUT_PACK, "%s, %llu entries, %llu bytes",
			     cut->archive_name,
			     (unsigned long long)result.entries,
			     (unsigned long long)result.size);
		tell_digests(cut);
	}
	return rel_cut_make_manifests(cut, err);
}

/* As `git diff` shows a new file. */
static void add_diff(struct rel_buf *out, const struct rel_cut_manifest *m)
{
	struct rel_str rest = m->text;
	bool ended = rest.len && rest.ptr[rest.len - 1] == '\n';
	size_t lines = !ended;

	for (size_t i = 0; i < rest.len; i++)
		lines += rest.ptr[i] == '\n';
	rel_buf_printf(out,
		       "diff --git a/%s b/%s\nnew file mode 100644\n"
		       "--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%zu @@\n",
		       m->path, m->path, m->path, lines);
	if (ended)
		rest.len--;
	while (rest.ptr) {
		rel_buf_add_char(out, '+');
		rel_buf_add_str(out, rel_str_cut(&rest, '\n'));
		rel_buf_add_char(out, '\n');
	}
	if (!ended)
		rel_buf_add_cstr(out, "\\ No newline at end of file\n");
}

/* The manifests, each behind its files. */
static int add_diffs(struct rel_buf *out, const struct rel_cut *cut,
		     struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < cut->n_chosen; i++) {
		const struct rel_cut_files *files = &cut->manifests[i].files;

		for (size_t k = 0; rc == 0 && k < files->count; k++)
			rc = rel_git_patch_new_file(out, files->items[k].path,
						    files->items[k].content,
						    err);
		if (rc)
			return rc;
		add_diff(out, &cut->manifests[i]);
	}
	return rel_buf_status(out, "the manifests", err);
}

/* The manifests of one car, for those behind it. */
static int append(struct rel_loose_manifest **all, uint32_t *n, uint32_t *cap,
		  struct rel_cut *cut, struct rel_error *err)
{
	int rc = rel_array_reserve(all, cap, (uint64_t)*n + cut->n_chosen,
				   sizeof(**all));

	if (rc)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < cut->n_chosen; i++)
		(*all)[(*n)++] = (struct rel_loose_manifest){
		    .name = cut->manifests[i].name,
		    .version = rel_str_of(cut->plan.version),
		    .text = cut->manifests[i].text,
		    .path = rel_str_of(cut->manifests[i].path)};
	return 0;
}

static int preview(struct rel_buf *out, struct rel_cut *cut,
		   struct rel_error *err)
{
	bool already = false;
	int rc;

	rel_journal_clear(&cut->journal);
	rc = rel_cut_preflight(cut, &already, err);
	rel_cut_show_findings(cut);
	if (rc == 0 && already)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     "%s %s is released already", cut->plan.name,
			     cut->plan.version);
	if (rc || already || rel_cut_is_stopped(cut)) {
		cut->n_chosen = 0;
		return rc;
	}
	rel_cut_tell_trial(cut);
	rc = rel_cut_predict_release(cut, true, err);
	if (rc == 0)
		rc = rel_cut_check_writes(cut, false, err);
	if (rc == 0)
		rc = tell_rest(cut, err);
	return rc ? rc : add_diffs(out, cut, err);
}

int rel_cut_preview(struct rel_buf *out, bool *stopped,
		    const struct rel_cut_options *const cars[], size_t n_cars,
		    struct rel_error *err)
{
	struct rel_cut *cuts = calloc(n_cars + 1, sizeof(*cuts));
	struct rel_loose_manifest *below = NULL;
	uint32_t n = 0, cap = 0;
	size_t done = 0;
	int rc = cuts ? 0 : rel_fail_nomem(err);

	*stopped = false;
	for (; rc == 0 && !*stopped && done < n_cars; done++) {
		struct rel_cut *cut = &cuts[done];

		rc = rel_cut_open(cut, cars[done], false, err);
		cut->below = below;
		cut->n_below = n;
		if (rc == 0)
			rc = preview(out, cut, err);
		if (rc == 0)
			rc = append(&below, &n, &cap, cut, err);
		*stopped = rel_cut_is_stopped(cut);
	}
	while (done-- > 0)
		rel_cut_close(&cuts[done]);
	free(below);
	free(cuts);
	return rc;
}
