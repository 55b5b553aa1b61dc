/* The state machine of a cut. */
#include "release/cut/cut.h"

#include <stdio.h>

#include "base/limits.h"
#include "release/cut/cut_private.h"

#define SECTION	 "cut"
#define STATE	 "state"
#define RUNNING	 "running"
#define ABORTING "aborting"
#define FINISHED "finished"
#define BEGUN	 "begun"
#define DONE	 "done"

static rel_cut_step_fn *const forward[REL_CUT_STEPS] = {
    [REL_CUT_TRIAL] = rel_cut_trial,	 [REL_CUT_BUMP] = rel_cut_bump,
    [REL_CUT_TAG] = rel_cut_tag,	 [REL_CUT_PACK] = rel_cut_pack,
    [REL_CUT_PUBLISH] = rel_cut_publish, [REL_CUT_PUSH] = rel_cut_push,
    [REL_CUT_WRITE] = rel_cut_write,	 [REL_CUT_REQUEST] = rel_cut_request,
    [REL_CUT_CHECK] = rel_cut_check,
};

static rel_cut_step_fn *const backward[REL_CUT_STEPS] = {
    [REL_CUT_TRIAL] = rel_cut_revert_trial,
    [REL_CUT_BUMP] = rel_cut_revert_bump,
    [REL_CUT_TAG] = rel_cut_revert_tag,
    [REL_CUT_PACK] = rel_cut_revert_pack,
    [REL_CUT_PUBLISH] = rel_cut_revert_publish,
    [REL_CUT_PUSH] = rel_cut_revert_push,
    [REL_CUT_WRITE] = rel_cut_revert_write,
};

static const char *state(const struct rel_cut *cut, const char *section)
{
	const char *text = rel_journal_get(&cut->journal, section, STATE);

	return text ? text : "";
}

static int set_state(struct rel_cut *cut, const char *section,
		     const char *value, struct rel_error *err)
{
	int rc =
	    rel_journal_set(&cut->journal, section, STATE, err, "%s", value);

	return rc ? rc : rel_journal_save(&cut->journal, err);
}

static bool is_unfinished(const struct rel_cut *cut)
{
	return cut->journal.found && strcmp(state(cut, SECTION), FINISHED) != 0;
}

/* The step at `place`: a forge has the tag before the archive. */
static enum rel_cut_step step_at(const struct rel_cut *cut, int place)
{
	if (cut->plan.push_first) {
		if (place == REL_CUT_PUBLISH)
			return REL_CUT_PUSH;
		if (place == REL_CUT_PUSH)
			return REL_CUT_PUBLISH;
	}
	return (enum rel_cut_step)place;
}

static bool is_requested(const struct rel_cut *cut, enum rel_cut_step step)
{
	if (step == REL_CUT_TRIAL)
		return cut->plan.trial;
	return step != REL_CUT_REQUEST || cut->plan.request;
}

static int run_step(struct rel_cut *cut, enum rel_cut_step step,
		    struct rel_error *err)
{
	const char *name = rel_cut_step_name(step);
	int rc = 0;

	if (!is_requested(cut, step) || strcmp(state(cut, name), DONE) == 0)
		return 0;
	if (rel_cancelled(cut->options->cancel))
		return rel_fail_cancelled(err);
	if (strcmp(state(cut, name), BEGUN) != 0)
		rc = set_state(cut, name, BEGUN, err);
	if (rc == 0)
		rc = forward[step](cut, err);
	rel_cut_show_findings(cut);
	if (rc == 0 && !rel_cut_is_stopped(cut))
		rc = set_state(cut, name, DONE, err);
	return rc;
}

/* Nothing is written yet, and nothing to be continued or taken back. */
static bool has_only_tried(const struct rel_cut *cut)
{
	return is_requested(cut, REL_CUT_TRIAL) &&
	       strcmp(state(cut, rel_cut_step_name(REL_CUT_TRIAL)), DONE) != 0;
}

static int run_steps(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (int place = REL_CUT_TRIAL;
	     rc == 0 && !rel_cut_is_stopped(cut) && place < REL_CUT_STEPS;
	     place++)
		rc = run_step(cut, step_at(cut, place), err);
	if ((rc || rel_cut_is_stopped(cut)) && has_only_tried(cut)) {
		int gone = rel_journal_remove(&cut->journal, rc ? NULL : err);

		return rc ? rc : gone;
	}
	if (rc == 0 && !rel_cut_is_stopped(cut))
		rc = rel_cut_revert_pack(cut, err);
	if (rc == 0 && !rel_cut_is_stopped(cut))
		rc = rel_cut_forget_companions(cut, err);
	if (rc == 0 && !rel_cut_is_stopped(cut))
		rc = set_state(cut, SECTION, FINISHED, err);
	return rc;
}

/* Which ways there are on from an error behind the first write. */
static const char *ways_on(const struct rel_cut *cut)
{
	bool ci = cut->options->tag != NULL;

	if (cut->way == REL_CUT_WAY_ABORT)
		return "; `relctl cut --abort` takes this cut back";
	if (cut->way == REL_CUT_WAY_REQUEST && ci)
		return "; run this again to go on; where nobody may push to "
		       "it, `relctl ci --request` opens a pull request";
	/* of a tag, the clone may be gone then */
	if (ci)
		return "; run this again to go on";
	if (strcmp(state(cut, rel_cut_step_name(REL_CUT_WRITE)), DONE) == 0)
		return "; the release is out; then `relctl cut --continue` "
		       "does what is left";
	if (cut->way == REL_CUT_WAY_REQUEST)
		return "; where nobody may push to it, `relctl cut --continue "
		       "--request` opens a pull request, or `relctl cut "
		       "--abort` takes the cut back";
	return "; then `relctl cut --continue` goes on, or `relctl cut "
	       "--abort` takes the cut back";
}

/* Whatever it is, the command line is not wrong. */
static int unfinished(const struct rel_cut *cut, struct rel_error *err, int rc)
{
	size_t len;

	if (rc == REL_EUSAGE)
		rc = err->code = REL_EIO;
	if (rc == 0 || has_only_tried(cut))
		return rc;
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, "%s%s%s",
		 ways_on(cut), cut->then ? ", then " : "",
		 cut->then ? cut->then : "");
	return rc;
}

static const char *keep(struct rel_cut_result *out, const char *text, int *rc,
			struct rel_error *err)
{
	const char *copy =
	    text ? rel_arena_copy(&out->arena, rel_str_of(text)) : NULL;

	if (text && !copy)
		*rc = rel_fail_nomem(err);
	return copy;
}

/* NULL for one that is not known. */
static const char *keep_digest(struct rel_cut_result *out,
			       const struct rel_digest *digest, int *rc,
			       struct rel_error *err)
{
	static const struct rel_digest unknown = {0};
	char hex[REL_DIGEST_TEXT_MAX];

	if (memcmp(digest->bytes, unknown.bytes, sizeof(unknown.bytes)) == 0)
		return NULL;
	rel_digest_hex(hex, digest);
	return keep(out, hex, rc, err);
}

/* How opam gets at what was released, from `branch` or the remote's own. */
static const char *keep_use(struct rel_cut_result *out,
			    const struct rel_cut *cut, const char *branch,
			    int *rc, struct rel_error *err)
{
	const char *copy = NULL;
	struct rel_buf text;

	rel_buf_init(&text, REL_MIB);
	rel_location_add_opam(&text, &cut->development->location, out->remote,
			      branch);
	rel_buf_add_cstr(&text, "; opam install");
	for (size_t i = 0; i < out->n_packages; i++)
		rel_buf_printf(&text, " %s", out->packages[i]);
	if (*rc == 0)
		*rc = rel_buf_status(&text, "the closing words", err);
	if (*rc == 0)
		copy = keep(out, text.ptr, rc, err);
	rel_buf_free(&text);
	return copy;
}

static int report(struct rel_cut_result *out, struct rel_cut *cut,
		  struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];
	const char *written = rel_journal_get(&cut->journal, "write", "commit");
	const char **names =
	    rel_arena_array(&out->arena, cut->n_chosen + 1, sizeof(*names));
	int rc = names ? 0 : rel_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		struct rel_str name =
		    cut->project->packages[cut->chosen[i]].name;

		names[i] = keep(out,
				rel_cut_text(cut, "%.*s.%s", REL_STR_ARG(name),
					     cut->plan.version),
				&rc, err);
		out->n_packages = i + 1;
	}
	out->packages = names;
	out->sha256 = keep_digest(out, &cut->digests[0], &rc, err);
	out->sha512 = keep_digest(out, &cut->digests[1], &rc, err);
	out->commit = keep(out, rel_git_id_format(id, &cut->commit), &rc, err);
	out->tag = keep(out, cut->plan.tag, &rc, err);
	out->archive = keep(out, cut->source_url, &rc, err);
	out->size = cut->size;
	out->remote = keep(out, cut->plan.remote, &rc, err);
	out->remote_text = keep(out, cut->plan.location, &rc, err);
	if (!written && cut->remote)
		written = rel_writable_tip(cut->remote);
	out->remote_commit = keep(out, written, &rc, err);
	if (rc == 0)
		out->use = keep_use(out, cut, NULL, &rc, err);
	if (*cut->plan.review) {
		out->branch = keep(out, cut->plan.review, &rc, err);
		out->try_branch =
		    keep_use(out, cut, cut->plan.review, &rc, err);
	}
	out->request = keep(
	    out, rel_journal_get(&cut->journal, "request", "page"), &rc, err);
	return rc;
}

static void begin_result(struct rel_cut_result *out)
{
	memset(out, 0, sizeof(*out));
	rel_arena_init(&out->arena, REL_MIB);
}

void rel_cut_result_free(struct rel_cut_result *result)
{
	rel_arena_free(&result->arena);
	memset(result, 0, sizeof(*result));
}

static int refuse_unfinished(struct rel_cut *cut, struct rel_error *err)
{
	const char *name = rel_journal_get(&cut->journal, "plan", "name");
	const char *version = rel_journal_get(&cut->journal, "plan", "version");

	return rel_fail(err, REL_EEXISTS,
			"the cut of %s %s is not finished; %s",
			name ? name : "?", version ? version : "?",
			strcmp(state(cut, SECTION), ABORTING) == 0
			    ? "it is being taken back, which `relctl cut "
			      "--abort` finishes"
			    : "`relctl cut --continue` finishes it, `relctl "
			      "cut --abort` takes it back");
}

static const char *plan_text(struct rel_cut *cut)
{
	const struct rel_cut_plan *p = &cut->plan;
	char base[REL_GIT_ID_TEXT];

	return rel_cut_text(
	    cut, "release %s %s (%s), tag %s on %.12s%s, to %s (%s)%s", p->name,
	    p->version, p->packages.text, p->tag,
	    rel_git_id_format(base, &p->base),
	    cut->bump.count ? " and a commit that sets the version" : "",
	    p->remote, p->location,
	    p->trial ? ", after the checks of relctl.yml" : "");
}

static int confirm(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_callbacks *callbacks = &cut->options->callbacks;
	const char *text;

	if (!callbacks->confirm)
		return 0;
	text = plan_text(cut);
	if (!text)
		return rel_fail_nomem(err);
	return callbacks->confirm(callbacks->context, text, err);
}

/* Does the unfinished cut release the very tag that is to be released? */
static bool is_same_tag(const struct rel_cut *cut)
{
	const char *tag = rel_journal_get(&cut->journal, "plan", "tag");
	const char *found = rel_journal_get(&cut->journal, "plan", "tag_found");

	return cut->options->tag && tag && found && *found &&
	       strcmp(tag, cut->options->tag) == 0 &&
	       strcmp(state(cut, SECTION), RUNNING) == 0;
}

/* From looking to writing: take the lock, and see that nobody else did. */
static int begin_journal(struct rel_cut *cut, struct rel_error *err)
{
	char *dir = rel_cut_text(cut, "%s", cut->journal.dir);
	int rc;

	if (!dir)
		return rel_fail_nomem(err);
	rel_journal_close(&cut->journal);
	rc = rel_journal_open(&cut->journal, dir, err);
	if (rc == 0 && is_unfinished(cut))
		rc = refuse_unfinished(cut, err);
	if (rc)
		return rc;
	rel_journal_clear(&cut->journal);
	rc = rel_journal_set(&cut->journal, SECTION, STATE, err, RUNNING);
	if (rc == 0)
		rc = rel_cut_plan_save(cut, err);
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

/* All that can go wrong is seen before the first write. */
static int prepare(struct rel_cut *cut, struct rel_error *err)
{
	int rc = rel_cut_ready(cut, err);

	if (rc)
		return rc;
	rc = rel_cut_predict_release(cut, false, err);
	if (rc)
		return rc;
	rc = rel_cut_check_writes(cut, true, err);
	if (rc)
		return rc;
	rc = confirm(cut, err);
	if (rc)
		return rc;
	rc = rel_cut_sign_ahead(cut, err);
	if (rc)
		return rc;
	return begin_journal(cut, err);
}

int rel_cut_run(struct rel_cut_result *out,
		const struct rel_cut_options *options, struct rel_error *err)
{
	struct rel_cut cut;
	bool already = false;
	int rc;

	begin_result(out);
	rc = rel_cut_open(&cut, options, false, err);
	if (rc)
		goto done;
	if (is_unfinished(&cut) && is_same_tag(&cut)) {
		rel_cut_close(&cut);
		rel_cut_result_free(out);
		return rel_cut_continue(out, options, err);
	}
	if (is_unfinished(&cut)) {
		rc = refuse_unfinished(&cut, err);
		goto done;
	}
	rel_journal_clear(&cut.journal);
	cut.may_sign = true;
	rc = rel_cut_preflight(&cut, &already, err);
	rel_cut_show_findings(&cut);
	if (rc)
		goto done;
	if (!already && !rel_cut_is_stopped(&cut)) {
		rc = prepare(&cut, err);
		if (rc)
			goto done;
		rc = unfinished(&cut, err, run_steps(&cut, err));
		if (rc)
			goto done;
	}
	if (already || !rel_cut_is_stopped(&cut))
		rc = report(out, &cut, err);
	if (rc == 0 && cut.no_release)
		out->why = keep(out, cut.no_release, &rc, err);
done:
	out->outcome = cut.no_release		  ? REL_CUT_NO_RELEASE
		       : already		  ? REL_CUT_ALREADY
		       : rel_cut_is_stopped(&cut) ? REL_CUT_STOPPED
						  : REL_CUT_DONE;
	rel_cut_close(&cut);
	return rc;
}

/* Locks that the killed run left; that it is over is certain, since we hold
 * the journal's. */
static int remove_locks(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_store *store = rel_cut_store(cut);
	char *tag = rel_cut_tag_ref(cut);
	int rc = tag ? rel_git_unlock(store, tag, err) : rel_fail_nomem(err);

	/* git locks HEAD along with the branch that it names */
	if (rc == 0)
		rc = rel_git_unlock(store, "HEAD", err);
	if (rc == 0 && *cut->plan.branch)
		rc = rel_git_unlock(store, cut->plan.branch, err);
	if (rc == 0 && cut->bump.count)
		rc = rel_git_unlock(store, "index", err);
	return rc;
}

/* Read the plan of the unfinished cut and open what it is about. */
static int resume(struct rel_cut *cut, struct rel_error *err)
{
	int rc = is_unfinished(cut)
		     ? rel_cut_resume(cut, err)
		     : rel_fail(err, REL_ENOTFOUND,
				"no cut of this source is unfinished");

	if (rc == 0)
		rc = rel_cut_find_remote(cut, err);
	if (rc == 0)
		rc = remove_locks(cut, err);
	return rc;
}

/* A request may be asked for while the remote has refused to be written. */
static int change_request(struct rel_cut *cut, struct rel_error *err)
{
	bool late =
	    strcmp(state(cut, rel_cut_step_name(REL_CUT_WRITE)), DONE) == 0;
	int rc;

	if (!cut->options->request || cut->plan.request)
		return 0;
	if (late && !*cut->plan.review)
		return rel_fail(err, REL_EEXISTS,
				"the release is on %s already; nothing is left "
				"to be asked for: `relctl cut --continue`",
				cut->plan.remote);
	rc = rel_cut_take_request(cut, err);
	if (rc == 0)
		rc = rel_cut_plan_save(cut, err);
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

int rel_cut_continue(struct rel_cut_result *out,
		     const struct rel_cut_options *options,
		     struct rel_error *err)
{
	struct rel_cut cut;
	int rc;

	begin_result(out);
	rc = rel_cut_open(&cut, options, true, err);
	if (rc == 0 && strcmp(state(&cut, SECTION), ABORTING) == 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "this cut is being taken back; finish that with "
			      "`relctl cut --abort`");
	if (rc == 0)
		rc = resume(&cut, err);
	if (rc == 0)
		rc = change_request(&cut, err);
	if (rc == 0)
		rc = unfinished(&cut, err, run_steps(&cut, err));
	if (rc == 0 && !rel_cut_is_stopped(&cut))
		rc = report(out, &cut, err);
	out->outcome =
	    rel_cut_is_stopped(&cut) ? REL_CUT_STOPPED : REL_CUT_DONE;
	rel_cut_close(&cut);
	return rc;
}

int rel_cut_abort(const struct rel_cut_options *options, struct rel_error *err)
{
	struct rel_cut cut;
	int rc = rel_cut_open(&cut, options, true, err);

	if (rc == 0)
		rc = resume(&cut, err);
	/* refuses when the commit point is behind us, before anything else */
	if (rc == 0 && *state(&cut, rel_cut_step_name(REL_CUT_WRITE)))
		rc = rel_cut_revert_write(&cut, err);
	if (rc == 0)
		rc = set_state(&cut, SECTION, ABORTING, err);
	for (int place = REL_CUT_PUSH; rc == 0 && place >= REL_CUT_TRIAL;
	     place--) {
		enum rel_cut_step step = step_at(&cut, place);

		if (*state(&cut, rel_cut_step_name(step)))
			rc = backward[step](&cut, err);
	}
	if (rc == 0)
		rc = rel_journal_remove(&cut.journal, err);
	rel_cut_close(&cut);
	return rc;
}

int rel_cut_status(bool *unfinished, const struct rel_cut_options *options,
		   struct rel_error *err)
{
	struct rel_cut cut;
	int rc = rel_cut_open(&cut, options, false, err);

	*unfinished = rc == 0 && is_unfinished(&cut);
	if (rc == 0 && !cut.journal.found)
		rel_cut_tell(&cut, REL_CUT_PREFLIGHT,
			     "nothing is unfinished, and no cut of this "
			     "checkout is recorded");
	if (rc == 0 && cut.journal.found)
		rc = rel_cut_plan_load(&cut, err);
	if (rc == 0 && cut.journal.found) {
		rel_cut_tell(&cut, REL_CUT_PREFLIGHT, "%s %s (%s), %s",
			     cut.plan.name, cut.plan.version,
			     cut.plan.packages.text, state(&cut, SECTION));
		for (int i = REL_CUT_TRIAL; i < REL_CUT_STEPS; i++) {
			enum rel_cut_step step = step_at(&cut, i);
			const char *is = state(&cut, rel_cut_step_name(step));

			if (is_requested(&cut, step))
				rel_cut_tell(&cut, step, "%s",
					     *is ? is : "to do");
		}
	}
	rel_cut_close(&cut);
	return rc;
}
