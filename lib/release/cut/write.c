/* The last steps of a cut: the manifests, which are the commit point, and
 * the look at what came of it. */
#include <stdio.h>

#include "base/limits.h"
#include "release/cut/cut_private.h"

/* How the manifests of a cut stand in the remote. */
struct standing {
	bool all;	   /* they are there, with our bytes */
	const char *other; /* path that has other bytes, or NULL */
};

/* What the release adds to the remote: each manifest behind its files. */
struct outputs {
	struct rel_change *items; /* in the cut's arena, with room for sides */
	size_t count;
};

static int list_outputs(struct outputs *out, struct rel_cut *cut,
			struct rel_error *err)
{
	size_t n = REL_CUT_COMPANIONS;

	for (size_t i = 0; i < cut->n_chosen; i++)
		n += cut->manifests[i].files.count + 1;
	*out = (struct outputs){
	    .items = rel_arena_array(&cut->arena, n, sizeof(*out->items))};
	if (!out->items)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < cut->n_chosen; i++) {
		const struct rel_cut_manifest *m = &cut->manifests[i];

		for (size_t k = 0; k < m->files.count; k++)
			out->items[out->count++] = (struct rel_change){
			    .path = m->files.items[k].path,
			    .content = m->files.items[k].content};
		out->items[out->count++] =
		    (struct rel_change){.path = m->path, .content = m->text};
	}
	return 0;
}

static int look_at(struct standing *out, struct rel_cut *cut,
		   struct rel_error *err)
{
	struct outputs outputs;
	struct rel_buf text;
	int rc = list_outputs(&outputs, cut, err);

	*out = (struct standing){.all = true};
	rel_buf_init(&text, REL_LIMIT_EXTRA_FILE_BYTES);
	for (size_t i = 0; rc == 0 && i < outputs.count; i++) {
		const struct rel_change *o = &outputs.items[i];

		rel_buf_clear(&text);
		rc = rel_writable_read(&text, cut->remote, o->path, err);
		if (rc == REL_ENOTFOUND) {
			out->all = false;
			rc = 0;
		} else if (rc == 0 &&
			   !rel_str_eq(rel_buf_str(&text), o->content)) {
			out->all = false;
			out->other = o->path;
		}
	}
	rel_buf_free(&text);
	return rc;
}

/* A digest, recorded once and compared ever after. */
static int record(struct rel_cut *cut, const char *path, struct rel_str bytes,
		  struct rel_error *err)
{
	char text[REL_DIGEST_TEXT_MAX];
	struct rel_digest digest;
	const char *before = rel_journal_get(&cut->journal, "manifests", path);
	int rc = rel_digest_of(&digest, REL_DIGEST_SHA256, bytes, err);

	if (rc)
		return rc;
	rel_digest_format(text, &digest);
	if (before && strcmp(before, text) != 0) {
		rel_cut_give_up(cut, "cut again");
		return rel_fail(err, REL_ECHECKSUM,
				"%s would not be what it was when this cut "
				"began; relctl or its configuration was "
				"changed since",
				path);
	}
	return rel_journal_set(&cut->journal, "manifests", path, err, "%s",
			       text);
}

/* The files of a manifest in one: names and lengths, too, are fixed. */
static int record_files(struct rel_cut *cut, const struct rel_cut_manifest *m,
			struct rel_error *err)
{
	char *key = rel_cut_text(
	    cut, "%.*sfiles", (int)(strlen(m->path) - strlen("opam")), m->path);
	struct rel_buf list;
	int rc = key ? 0 : rel_fail_nomem(err);

	rel_buf_init(&list, REL_LIMIT_MANIFEST_BYTES);
	for (size_t i = 0; rc == 0 && i < m->files.count; i++) {
		const struct rel_cut_file *f = &m->files.items[i];
		char text[REL_DIGEST_TEXT_MAX];
		struct rel_digest digest;

		rc = rel_digest_of(&digest, REL_DIGEST_SHA256, f->content, err);
		if (rc == 0) {
			rel_digest_format(text, &digest);
			rel_buf_printf(&list, "%s %s\n", text, f->path);
		}
	}
	if (rc == 0)
		rc = rel_buf_status(&list, key, err);
	if (rc == 0)
		rc = record(cut, key, rel_buf_str(&list), err);
	rel_buf_free(&list);
	return rc;
}

static int record_manifests(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		const struct rel_cut_manifest *m = &cut->manifests[i];

		rc = record(cut, m->path, m->text, err);
		if (rc == 0 && m->files.count)
			rc = record_files(cut, m, err);
	}
	return rc;
}

static int need_manifests(struct rel_cut *cut, struct rel_error *err)
{
	int rc = rel_cut_open_remote(cut, err);

	return rc ? rc : rel_cut_make_manifests(cut, err);
}

/* The remote is not what the gate saw: ask it again. */
static int gate_again(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	int rc;

	if (cut->gate.stack && *rel_writable_tip(cut->remote) &&
	    strcmp(rel_writable_tip(cut->remote), cut->plan.tip) == 0)
		return 0;
	rel_gate_close(&cut->gate);
	rc = rel_gate_open(&cut->gate, opt->remotes, opt->n_remotes,
			   opt->reading, err);
	return rc ? rc : rel_cut_gate(cut, err);
}

static char *message_of(struct rel_cut *cut)
{
	char id[REL_GIT_ID_TEXT];
	const char *broken = "";

	if (*cut->plan.broken)
		broken = rel_cut_text(cut,
				      "\nReleased with --allow-broken, though "
				      "it breaks:\n%s\n",
				      cut->plan.broken);
	if (!broken)
		return NULL;
	return rel_cut_text(
	    cut, "Release %s %s\n\n%s\n\nSource: %s, commit %s\n%s",
	    cut->plan.name, cut->plan.version, cut->plan.packages.text,
	    cut->plan.tag, rel_git_id_format(id, &cut->commit), broken);
}

static int apply(struct rel_change_result *result, struct rel_cut *cut,
		 struct rel_error *err)
{
	const char *tip = rel_writable_tip(cut->remote);
	char expected[REL_GIT_ID_TEXT], *message = message_of(cut);
	struct outputs outputs;
	int rc =
	    message ? list_outputs(&outputs, cut, err) : rel_fail_nomem(err);

	if (rc)
		return rc;
	snprintf(expected, sizeof(expected), "%s", tip);
	rc = rel_cut_add_companions(outputs.items, &outputs.count, cut, err);
	if (rc)
		return rc;
	return rel_writable_apply(result, cut->remote, outputs.items,
				  outputs.count, message, &cut->plan.author,
				  expected, err);
}

/* In the server's words. */
static int refused(struct rel_cut *cut, const char *words,
		   struct rel_error *err)
{
	if (!*cut->plan.review)
		cut->way = REL_CUT_WAY_REQUEST;
	return rel_fail(err, REL_EIO, "%s refused the release: %.400s",
			cut->plan.remote, words);
}

static int note_outcome(struct rel_cut *cut,
			const struct rel_change_result *result,
			struct rel_error *err)
{
	if (result->outcome == REL_CHANGE_REJECTED)
		return refused(cut, result->text, err);
	return rel_journal_set(&cut->journal, "write", "commit", err, "%s",
			       result->commit);
}

static int tell_written(struct rel_cut *cut)
{
	const char *commit = rel_journal_get(&cut->journal, "write", "commit");

	rel_cut_tell(cut, REL_CUT_WRITE, "%zu manifest%s to %s%s%s%s%.12s",
		     cut->n_chosen, cut->n_chosen == 1 ? "" : "s",
		     cut->plan.remote, *cut->plan.review ? ", branch " : "",
		     cut->plan.review, commit && *commit ? ", commit " : "",
		     commit ? commit : "");
	return 0;
}

static int immutable(struct rel_cut *cut, const char *path,
		     struct rel_error *err)
{
	rel_cut_give_up(cut, "release under another version");
	rel_fail(err, REL_EEXISTS,
		 "the remote has this manifest with other bytes; what is "
		 "published is never changed");
	rel_error_at(err, path, 0, 0);
	return REL_EEXISTS;
}

/* One attempt.  *raced: somebody else was faster. */
static int attempt(bool *raced, struct rel_cut *cut, struct rel_error *err)
{
	struct rel_change_result result = {0};
	struct standing standing;
	int rc = look_at(&standing, cut, err);

	*raced = false;
	if (rc)
		return rc;
	if (standing.other)
		return immutable(cut, standing.other, err);
	if (standing.all)
		return rel_journal_set(&cut->journal, "write", "commit", err,
				       "%s", rel_writable_tip(cut->remote));
	rc = gate_again(cut, err);
	rel_cut_show_findings(cut);
	if (rc == 0 && rel_cut_is_stopped(cut))
		rel_cut_tell(cut, REL_CUT_WRITE,
			     "not done: %s has changed since the cut began, "
			     "and now this release would break what is said "
			     "above; when that is mended, `relctl cut "
			     "--continue` goes on, or `relctl cut --abort` "
			     "takes the cut back",
			     cut->plan.remote);
	if (rc || rel_cut_is_stopped(cut))
		return rc;
	rc = apply(&result, cut, err);
	*raced = rc == 0 && result.outcome == REL_CHANGE_RACED;
	return rc || *raced ? rc : note_outcome(cut, &result, err);
}

int rel_cut_write(struct rel_cut *cut, struct rel_error *err)
{
	bool raced = true;
	int rc = need_manifests(cut, err);

	if (rc == 0)
		rc = record_manifests(cut, err);
	if (rc == 0)
		rc = rel_journal_save(&cut->journal, err);
	for (unsigned i = 0; rc == 0 && raced; i++) {
		if (i == REL_LIMIT_RACES)
			return rel_fail(err, REL_ESTALE,
					"%s moved %u times while this release "
					"was written to it; wait a while",
					cut->plan.remote, i);
		rc = rel_writable_refresh(cut->remote, err);
		if (rc == 0)
			rc = attempt(&raced, cut, err);
	}
	return rc || rel_cut_is_stopped(cut) ? rc : tell_written(cut);
}

static int too_late(const struct rel_cut *cut, struct rel_error *err)
{
	return rel_fail(err, REL_EEXISTS,
			"%s %s is published on %s already and cannot be taken "
			"back; finish with `relctl cut --continue`",
			cut->plan.name, cut->plan.version, cut->plan.remote);
}

/* Put a directory back that has some of the files. */
static int put_back(struct rel_cut *cut, const char *other,
		    struct rel_error *err)
{
	struct rel_change_result result = {0};
	struct outputs outputs;
	struct rel_change *changes = NULL;
	size_t n = 0;
	int rc = list_outputs(&outputs, cut, err);

	if (rc == 0) {
		changes = rel_arena_array(&cut->arena,
					  outputs.count + REL_CUT_COMPANIONS,
					  sizeof(*changes));
		if (!changes)
			rc = rel_fail_nomem(err);
	}
	/* a manifest goes before its files */
	for (size_t i = outputs.count; rc == 0 && i-- > 0;) {
		if (outputs.items[i].path != other)
			changes[n++] = (struct rel_change){
			    .path = outputs.items[i].path, .remove = true};
	}
	if (rc == 0)
		rc = rel_cut_restore_companions(changes, &n, cut, err);
	if (rc == 0)
		rc = rel_writable_apply(&result, cut->remote, changes, n,
					"Take back an unfinished release",
					&cut->plan.author, NULL, err);
	if (rc == 0 && result.outcome != REL_CHANGE_DONE &&
	    result.outcome != REL_CHANGE_NOTHING)
		rc = rel_fail(err, REL_EIO,
			      "%s was changed in the meantime; try again",
			      cut->plan.remote);
	return rc;
}

/* Too late when all are there; a directory may have some of them. */
int rel_cut_revert_write(struct rel_cut *cut, struct rel_error *err)
{
	struct standing standing;
	int rc = need_manifests(cut, err);

	if (rc == 0)
		rc = rel_writable_refresh(cut->remote, err);
	if (rc == 0)
		rc = look_at(&standing, cut, err);
	if (rc)
		return rc;
	if (standing.all)
		return too_late(cut, err);
	if (rel_writable_is_git(cut->remote))
		return 0;
	rc = put_back(cut, standing.other, err);
	return rc ? rc : rel_cut_forget_companions(cut, err);
}

/* Is the manifest what the stack shows under its name and version? */
static int check_visible(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	const struct rel_cut_manifest *m = &cut->manifests[i];
	struct rel_released released;
	struct rel_git_id id;
	int rc = rel_git_blob_id(&id, m->text, err);

	if (rc)
		return rc;
	rel_released_find(&released, cut->gate.stack, m->name,
			  rel_str_of(cut->plan.version));
	if (released.taken &&
	    memcmp(rel_stack_package(cut->gate.stack, released.equal)
		       ->content.bytes,
		   id.bytes, sizeof(id.bytes)) == 0)
		return 0;
	return rel_fail(err, REL_ECHECKSUM,
			"%.*s.%s was written, but the remotes show %s; "
			"another remote above %s may have it too",
			REL_STR_ARG(m->name), cut->plan.version,
			released.taken ? "another manifest" : "none",
			cut->plan.remote);
}

/* `before`: the remotes as the gate saw them, so that only what the release
 * touches is decided anew; its stack may be NULL. */
static int count_broken(size_t *broken, size_t *checked, struct rel_cut *cut,
			const struct rel_gate *before, struct rel_error *err)
{
	struct rel_survey_options opt = cut->options->survey;
	struct rel_survey *survey = NULL;
	int rc;

	*broken = *checked = 0;
	opt.scope = (struct rel_scope_options){.all = false};
	opt.cycles = false;
	opt.reasons = REL_REASONS_NONE;
	opt.n_targets = 0;
	rc = rel_survey_run(&survey, cut->gate.stack, NULL, before->stack, &opt,
			    err);
	for (size_t i = 0; rc == 0 && i < survey->n_results; i++) {
		const struct rel_survey_result *r = &survey->results[i];

		for (uint32_t p = 0; p < rel_universe_size(r->universe); p++) {
			*checked += r->selected[p];
			*broken +=
			    r->selected[p] && r->verdicts[p] == REL_BROKEN;
		}
	}
	rel_survey_free(survey);
	return rc;
}

int rel_cut_check(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	struct rel_gate before = cut->gate;
	size_t broken = 0, checked = 0;
	int rc = 0;

	if (*cut->plan.review) {
		rel_cut_tell(cut, REL_CUT_CHECK,
			     "nothing to check before branch %s is merged",
			     cut->plan.review);
		return 0;
	}
	if (!cut->source_url)
		rc = need_manifests(cut, err);
	memset(&cut->gate, 0, sizeof(cut->gate));
	if (rc == 0)
		rc = rel_gate_open(&cut->gate, opt->remotes, opt->n_remotes,
				   opt->reading, err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = check_visible(cut, i, err);
	if (rc == 0)
		rc = count_broken(&broken, &checked, cut, &before, err);
	rel_gate_close(&before);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "check", "broken", err,
				     "%zu of %zu", broken, checked);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_CHECK,
			     "%zu versions checked, %zu broken", checked,
			     broken);
	return rc;
}
