/* The last steps of a cut: the manifests, which are the commit point, and
 * the look at what came of it. */
#include <stdio.h>

#include "base/limits.h"
#include "release/cut_work.h"
#include "release/released.h"

/* How the manifests of a cut stand in the remote. */
struct standing {
	size_t n_there;	   /* with our bytes */
	const char *other; /* path that has other bytes, or NULL */
};

static int look_at(struct standing *out, struct rel_cut *cut,
		   struct rel_error *err)
{
	struct rel_buf text;
	int rc = 0;

	*out = (struct standing){0, NULL};
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		const struct rel_cut_manifest *m = &cut->manifests[i];

		rel_buf_clear(&text);
		rc = rel_writable_read(&text, cut->remote, m->path, err);
		if (rc == REL_ENOTFOUND) {
			rc = 0;
			continue;
		}
		if (rc == 0 && rel_str_eq(rel_buf_str(&text), m->text))
			out->n_there++;
		else if (rc == 0)
			out->other = m->path;
	}
	rel_buf_free(&text);
	return rc;
}

/* The manifests' digests, recorded once and compared ever after. */
static int record_manifests(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		char text[REL_DIGEST_TEXT_MAX];
		struct rel_digest digest;
		const char *before, *path = cut->manifests[i].path;

		rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
				   cut->manifests[i].text, err);
		if (rc)
			break;
		rel_digest_format(text, &digest);
		before = rel_journal_get(&cut->journal, "manifests", path);
		if (before && strcmp(before, text) != 0) {
			rel_cut_give_up(cut, "cut again");
			return rel_fail(err, REL_ECHECKSUM,
					"%s would not be what it was when "
					"this cut began; relctl or its "
					"configuration was changed since",
					path);
		}
		rc = rel_journal_set(&cut->journal, "manifests", path, err,
				     "%s", text);
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
	    cut->plan.name, cut->plan.version, cut->plan.packages,
	    cut->plan.tag, rel_git_id_format(id, &cut->commit), broken);
}

static int apply(struct rel_change_result *result, struct rel_cut *cut,
		 struct rel_error *err)
{
	const char *tip = rel_writable_tip(cut->remote);
	char expected[REL_GIT_ID_TEXT], *message = message_of(cut);
	struct rel_change *changes = rel_arena_array(
	    &cut->arena, cut->n_chosen + REL_CUT_SIDES, sizeof(*changes));
	size_t n = 0;
	int rc;

	if (!message || !changes)
		return rel_fail_nomem(err);
	snprintf(expected, sizeof(expected), "%s", tip);
	rc = rel_cut_add_sides(changes, &n, cut, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < cut->n_chosen; i++)
		changes[n++] =
		    (struct rel_change){.path = cut->manifests[i].path,
					.content = cut->manifests[i].text};
	return rel_writable_apply(result, cut->remote, changes, n, message,
				  &cut->author, expected, err);
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

static int settle_outcome(struct rel_cut *cut,
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
	if (standing.n_there == cut->n_chosen)
		return rel_journal_set(&cut->journal, "write", "commit", err,
				       "%s", rel_writable_tip(cut->remote));
	rc = gate_again(cut, err);
	if (rc == 0 && cut->stopped)
		rel_cut_tell(cut, REL_CUT_WRITE,
			     "not done: %s has changed since the cut began, "
			     "and now this release would break what is said "
			     "above; when that is mended, `relctl cut "
			     "--continue` goes on, or `relctl cut --abort` "
			     "takes the cut back",
			     cut->plan.remote);
	if (rc || cut->stopped)
		return rc;
	rc = apply(&result, cut, err);
	*raced = rc == 0 && result.outcome == REL_CHANGE_RACED;
	return rc || *raced ? rc : settle_outcome(cut, &result, err);
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
		if (i == REL_LIMIT_CUT_RACES)
			return rel_fail(err, REL_ESTALE,
					"%s moved %u times while this release "
					"was written to it; wait a while",
					cut->plan.remote, i);
		rc = rel_writable_refresh(cut->remote, err);
		if (rc == 0)
			rc = attempt(&raced, cut, err);
	}
	return rc || cut->stopped ? rc : tell_written(cut);
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
	struct rel_change *changes = rel_arena_array(
	    &cut->arena, cut->n_chosen + REL_CUT_SIDES, sizeof(*changes));
	size_t n = 0;
	int rc = changes ? 0 : rel_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		if (cut->manifests[i].path != other)
			changes[n++] = (struct rel_change){
			    .path = cut->manifests[i].path, .remove = true};
	}
	if (rc == 0)
		rc = rel_cut_restore_sides(changes, &n, cut, err);
	if (rc == 0)
		rc = rel_writable_apply(&result, cut->remote, changes, n,
					"Take back an unfinished release",
					&cut->author, NULL, err);
	if (rc == 0 && result.outcome != REL_CHANGE_DONE &&
	    result.outcome != REL_CHANGE_NOTHING)
		rc = rel_fail(err, REL_EIO,
			      "%s was changed in the meantime; try again",
			      cut->plan.remote);
	return rc;
}

/* Too late when all are there; a directory may have some of them. */
int rel_cut_unwrite(struct rel_cut *cut, struct rel_error *err)
{
	struct standing standing;
	int rc = need_manifests(cut, err);

	if (rc == 0)
		rc = rel_writable_refresh(cut->remote, err);
	if (rc == 0)
		rc = look_at(&standing, cut, err);
	if (rc)
		return rc;
	if (standing.n_there == cut->n_chosen)
		return too_late(cut, err);
	if (rel_writable_is_git(cut->remote))
		return 0;
	rc = put_back(cut, standing.other, err);
	return rc ? rc : rel_cut_forget_sides(cut, err);
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
			     "nothing to see before branch %s is merged",
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
			     "%zu versions looked at, %zu broken", checked,
			     broken);
	return rc;
}
