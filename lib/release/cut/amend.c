#include "release/cut/amend.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "git/objects.h"
#include "git/run.h"
#include "opam/lint.h"
#include "publish/request.h"
#include "release/audit/ledger.h"
#include "release/cut/cut_private.h"
#include "release/source/tagname.h"
#include "repo/change.h"

struct amend {
	const struct rel_amend_options *options;
	struct rel_amend_result *result;
	const struct rel_remote *development;
	size_t layer; /* of it in options->remotes */
	struct rel_str name, version;
	const char *branch; /* NULL = the remote's own */
	struct rel_writable *remote;
	struct rel_gate gate;
	struct rel_buf old, fresh, ledger; /* texts; the ledger's new lines */
	struct rel_buf broken;		   /* what was allowed */
	size_t ledger_was; /* bytes of a.ledger that are there already */
	bool had_ledger, asked;
	struct rel_buf user, email;
	struct rel_change_author author;
	struct rel_cut_findings findings; /* of the last preflight */
};

void rel_amend_result_free(struct rel_amend_result *result)
{
	rel_buf_free(&result->patch);
	rel_arena_free(&result->arena);
	*result = (struct rel_amend_result){.outcome = REL_CUT_STOPPED};
}

static const char *verb(const struct amend *a)
{
	return a->options->withdraw ? "withdraw" : "revise";
}

static int take_package(struct amend *a, struct rel_error *err)
{
	struct rel_str text = rel_str_of(a->options->package);

	a->name = rel_str_cut(&text, '.');
	a->version = text;
	if (a->name.len > 0 && text.len > 0)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"\"%.80s\" names no version; write PKG.VERSION",
			a->options->package);
}

static struct rel_publish_request request_of(const struct amend *a)
{
	const struct rel_amend_options *o = a->options;

	return (struct rel_publish_request){
	    .conf = o->conf ? &o->conf->request : NULL,
	    .base_dir = o->conf ? o->conf->directory : NULL,
	    .remote = a->development,
	    .branch = a->branch,
	    .progress = o->progress,
	    .cancel = o->cancel};
}

/* The branch to write, and whether a request for it can be opened. */
static int take_branch(struct amend *a, struct rel_error *err)
{
	struct rel_publish_request request = request_of(a);
	struct rel_buf name;
	int rc;

	a->branch = a->options->branch;
	if (!a->options->request)
		return 0;
	rc = rel_publish_request_check(&request, err);
	if (rc == 0 && !a->options->dry_run)
		rc = rel_publish_request_ready(&request, err);
	if (rc || a->branch)
		return rc;
	rel_buf_init(&name, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_tagname_make(&name,
			      a->options->withdraw ? "withdraw/{name}.{version}"
						   : "revise/{name}.{version}",
			      a->name, a->version, err);
	if (rc == 0)
		a->branch =
		    rel_arena_copy(&a->result->arena, rel_buf_str(&name));
	rel_buf_free(&name);
	return rc == 0 && !a->branch ? rel_fail_nomem(err) : rc;
}

static int take_author(struct amend *a, struct rel_error *err)
{
	int rc;

	if (!rel_writable_is_git(a->remote))
		return 0;
	rc = rel_git_user(&a->user, &a->email, &a->author.time,
			  &a->author.offset_minutes, err);
	a->author.name = a->user.ptr;
	a->author.email = a->email.ptr;
	return rc;
}

static int open_remote(struct amend *a, struct rel_error *err)
{
	const struct rel_amend_options *o = a->options;
	struct rel_writable_options writing = {.branch = a->branch,
					       .remote = o->reading};
	int rc = rel_writable_open(&a->remote, &a->development->location,
				   &writing, err);

	return rc ? rc : take_author(a, err);
}

/* The manifest, as the snapshot of the remote has it. */
static int find_manifest(struct amend *a, struct rel_error *err)
{
	const struct rel_snapshot *s = a->gate.stack->layers[a->layer].snapshot;
	uint32_t n = 0;
	const struct rel_snapshot_package *p =
	    rel_snapshot_find(s, a->name, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (!rel_str_eq(rel_snapshot_string(s, p[i].version),
				a->version))
			continue;
		a->result->path = rel_arena_copy(
		    &a->result->arena, rel_snapshot_string(s, p[i].path));
		return a->result->path ? 0 : rel_fail_nomem(err);
	}
	return rel_fail(err, REL_ENOTFOUND, "%s has no %s%s",
			a->development->name, a->options->package,
			n ? "" : "; no version of the package is there");
}

static int read_old(struct rel_buf *out, bool *there, struct amend *a,
		    const char *path, struct rel_error *err)
{
	int rc;

	rel_buf_clear(out);
	rc = rel_writable_read(out, a->remote, path, err);
	*there = rc == 0;
	return rc;
}

/*
 * The errors of the new text that the old one did not have; its warnings that
 * are new are told.
 */
static int lint(struct amend *a, struct rel_error *err)
{
	struct rel_lint_options options = {
	    .series = REL_LINT_NEWEST, .name = a->name, .version = a->version};
	struct rel_arena *arena = &a->result->arena;
	struct rel_lint_findings before, after;
	int rc = rel_lint_manifest(&before, rel_buf_str(&a->old),
				   a->result->path, &options, arena, err);

	if (rc == 0)
		rc = rel_lint_manifest(&after, rel_buf_str(&a->fresh),
				       a->result->path, &options, arena, err);
	for (uint32_t i = 0; rc == 0 && i < after.count; i++) {
		const struct rel_lint_finding *f = &after.items[i];
		char text[REL_ERROR_TEXT_MAX];
		bool known = false;

		for (uint32_t k = 0; k < before.count && !known; k++)
			known = before.items[k].code == f->code &&
				rel_str_eq(before.items[k].text, f->text);
		snprintf(text, sizeof(text), "lint %u: %.*s", (unsigned)f->code,
			 REL_STR_ARG(f->text));
		if (!known)
			rc = rel_cut_findings_add(
			    &a->findings, arena,
			    &(struct rel_cut_finding){
				.severity = f->severity == REL_LINT_ERROR
						? REL_CUT_ERROR
						: REL_CUT_WARNING,
				.path = a->result->path,
				.line = f->line,
				.text = text},
			    err);
	}
	return rc;
}

static int ask_gate(struct amend *a, const struct rel_buf *text,
		    struct rel_error *err)
{
	struct rel_loose_manifest manifest = {.name = a->name,
					      .version = a->version,
					      .text = rel_buf_str(text),
					      .path =
						  rel_str_of(a->result->path)};

	return rel_gate_check(&a->gate, &manifest, 1, &a->options->survey, err);
}

/* Was the version itself no better before? */
static bool was_bad(const struct rel_gate_finding *old, size_t n,
		    const struct rel_gate_finding *f)
{
	for (size_t i = 0; i < n; i++)
		if (old[i].fresh &&
		    strcmp(old[i].environment, f->environment) == 0)
			return true;
	return false;
}

static int add_broken(struct amend *a, const struct rel_gate_finding *f,
		      struct rel_error *err)
{
	struct rel_cut_finding finding = {.package = f->package,
					  .environment = f->environment,
					  .text = f->reason,
					  .severity = a->options->allow_broken
							  ? REL_CUT_WARNING
							  : REL_CUT_ERROR};

	rel_buf_printf(&a->broken, "%s (%s)\n", f->package, f->environment);
	return rel_cut_findings_add(&a->findings, &a->result->arena, &finding,
				    err);
}

/* What could be installed before and cannot then; of a version that is
 * withdrawn that is the purpose. */
static int gate(struct amend *a, struct rel_error *err)
{
	struct rel_gate_finding *old;
	size_t n_old;
	int rc = ask_gate(a, &a->old, err);

	old = a->gate.findings;
	n_old = a->gate.n_findings;
	if (rc == 0)
		rc = ask_gate(a, &a->fresh, err);
	rel_buf_clear(&a->broken);
	for (size_t i = 0; rc == 0 && i < a->gate.n_findings; i++) {
		const struct rel_gate_finding *f = &a->gate.findings[i];

		if (f->fresh &&
		    (a->options->withdraw || was_bad(old, n_old, f)))
			continue;
		rc = add_broken(a, f, err);
	}
	return rc ? rc : rel_buf_status(&a->broken, "what breaks", err);
}

/* "foo.1.0#withdrawn", "foo.1.0#revised.2": the first that the ledger has not,
 * or has with this digest.  *there: it has. */
static int find_line(struct rel_buf *subject, bool *there, struct amend *a,
		     const struct rel_ledger *ledger,
		     const struct rel_digest *digest)
{
	const struct rel_ledger_entry *entry = NULL;

	for (unsigned i = 1;; i++) {
		rel_buf_clear(subject);
		rel_ledger_subject(subject, a->name, a->version, NULL);
		if (a->options->withdraw)
			rel_buf_add_cstr(subject, REL_LEDGER_WITHDRAWN);
		else
			rel_buf_printf(subject, "%s%u", REL_LEDGER_REVISED, i);
		entry = rel_ledger_find(ledger, rel_buf_str(subject));
		*there = entry != NULL;
		if (!entry || a->options->withdraw ||
		    rel_ledger_match(entry, digest, 1) == REL_LEDGER_SAME)
			return subject->status;
	}
}

static int make_ledger(struct amend *a, struct rel_error *err)
{
	struct rel_ledger_entry entry = {.size = a->fresh.len, .n_digests = 1};
	struct rel_ledger ledger;
	struct rel_buf was, subject;
	bool there = false;
	int rc;

	rel_buf_init(&was, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&subject, REL_LIMIT_CONFIG_BYTES);
	rel_buf_clear(&a->ledger);
	rc = read_old(&was, &a->had_ledger, a, REL_LEDGER_PATH, err);
	if (rc == REL_ENOTFOUND)
		rc = 0;
	if (rc == 0)
		rc = rel_ledger_read(&ledger, rel_buf_str(&was),
				     REL_LEDGER_PATH, &a->result->arena, err);
	if (rc == 0)
		rc = rel_digest_of(&entry.digests[0], REL_DIGEST_SHA256,
				   rel_buf_str(&a->fresh), err);
	if (rc == 0)
		rc = find_line(&subject, &there, a, &ledger, &entry.digests[0]);
	entry.subject = rel_buf_str(&subject);
	a->ledger_was = was.len;
	snprintf(entry.commit, sizeof(entry.commit), "%s",
		 rel_writable_tip(a->remote));
	if (rc == 0 && there)
		rel_buf_add_str(&a->ledger, rel_buf_str(&was));
	else if (rc == 0)
		rc = rel_ledger_append(&a->ledger, NULL, rel_buf_str(&was),
				       REL_LEDGER_PATH, &entry, 1, err);
	rel_buf_free(&was);
	rel_buf_free(&subject);
	return rc ? rc : rel_buf_status(&a->ledger, REL_LEDGER_PATH, err);
}

/* What it becomes, and whether that may be. */
static int preflight(struct amend *a, struct rel_error *err)
{
	bool there;
	int rc = find_manifest(a, err);

	a->result->outcome = REL_CUT_DONE;
	a->findings.count = a->findings.n_shown = 0;
	rel_buf_clear(&a->fresh);
	rel_buf_clear(&a->result->patch);
	if (rc)
		goto done;
	rc = read_old(&a->old, &there, a, a->result->path, err);
	if (rc)
		goto done;
	rc = rel_amend_text(&a->fresh, rel_buf_str(&a->old), a->result->path,
			    a->options, err);
	if (rc)
		goto done;
	if (rel_str_eq(rel_buf_str(&a->old), rel_buf_str(&a->fresh))) {
		a->result->outcome = REL_CUT_ALREADY;
		goto done;
	}
	rc = rel_git_patch_file(&a->result->patch, a->result->path,
				rel_buf_str(&a->old), rel_buf_str(&a->fresh),
				err);
	if (rc)
		goto done;
	rc = lint(a, err);
	if (rc)
		goto done;
	rc = gate(a, err);
	if (rc)
		goto done;
	rc = make_ledger(a, err);
	if (rel_cut_findings_stop(&a->findings))
		a->result->outcome = REL_CUT_STOPPED;
done:
	rel_cut_findings_show(&a->findings, &a->options->callbacks);
	return rc;
}

static int confirm(struct amend *a, struct rel_error *err)
{
	const struct rel_cut_callbacks *callbacks = &a->options->callbacks;
	struct rel_buf plan;
	int rc;

	if (!callbacks->confirm || a->asked)
		return 0;
	a->asked = true;
	rel_buf_init(&plan, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_printf(
	    &plan, "%s %s on %s (%s)%s%s", verb(a), a->options->package,
	    a->development->name, rel_writable_text(a->remote),
	    a->branch ? ", branch " : "", a->branch ? a->branch : "");
	rc = rel_buf_status(&plan, "plan", err);
	if (rc == 0)
		rc = callbacks->confirm(callbacks->context, plan.ptr, err);
	rel_buf_free(&plan);
	return rc;
}

static int message(struct rel_buf *out, const struct amend *a,
		   struct rel_error *err)
{
	const char *reason = a->options->reason;

	rel_buf_printf(out, "%s %s\n",
		       a->options->withdraw ? "Withdraw" : "Revise",
		       a->options->package);
	if (reason)
		rel_buf_printf(out, "\n%s\n", reason);
	if (a->broken.len > 0)
		rel_buf_printf(out,
			       "\nDone with --allow-broken, though it "
			       "breaks:\n%.*s",
			       REL_STR_ARG(rel_buf_str(&a->broken)));
	return rel_buf_status(out, "message", err);
}

/* One attempt.  *raced: somebody else was faster. */
static int attempt(bool *raced, struct amend *a, struct rel_error *err)
{
	struct rel_change changes[2] = {{.path = REL_LEDGER_PATH,
					 .content = rel_buf_str(&a->ledger),
					 .replace = a->had_ledger},
					{.path = a->result->path,
					 .content = rel_buf_str(&a->fresh),
					 .replace = true}};
	char tip[REL_GIT_ID_TEXT];
	struct rel_change_result done;
	struct rel_buf text;
	int rc;

	snprintf(tip, sizeof(tip), "%s", rel_writable_tip(a->remote));
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = message(&text, a, err);
	if (rc == 0)
		rc = rel_writable_apply(&done, a->remote, changes, 2, text.ptr,
					&a->author, tip, err);
	rel_buf_free(&text);
	if (rc)
		return rc;
	*raced = done.outcome == REL_CHANGE_RACED;
	if (done.outcome == REL_CHANGE_REJECTED)
		return rel_fail(err, REL_EIO, "%s refused it: %.400s%s",
				a->development->name, done.text,
				a->branch ? ""
					  : "; where nobody may push to it, "
					    "--request opens a pull request");
	a->result->commit =
	    rel_arena_copy(&a->result->arena, rel_str_of(done.commit));
	return a->result->commit ? 0 : rel_fail_nomem(err);
}

static int write_it(struct amend *a, struct rel_error *err)
{
	const struct rel_amend_options *o = a->options;
	bool raced = true;
	int rc = 0;

	for (unsigned i = 0; rc == 0 && raced; i++) {
		if (i == REL_LIMIT_RACES)
			return rel_fail(err, REL_ESTALE,
					"%s moved %u times meanwhile; try "
					"again later",
					a->development->name, i);
		if (i > 0)
			rc = rel_writable_refresh(a->remote, err);
		raced = false;
		rel_gate_close(&a->gate);
		if (rc == 0)
			rc = rel_gate_open(&a->gate, o->remotes, o->n_remotes,
					   o->reading, err);
		if (rc == 0)
			rc = preflight(a, err);
		if (rc || a->result->outcome != REL_CUT_DONE || o->dry_run)
			return rc;
		rc = confirm(a, err);
		if (rc == 0)
			rc = attempt(&raced, a, err);
	}
	return rc;
}

static void tell(const struct amend *a, enum rel_cut_step step, const char *fmt,
		 ...) REL_PRINTF(3, 4);

static void tell(const struct amend *a, enum rel_cut_step step, const char *fmt,
		 ...)
{
	va_list args;

	va_start(args, fmt);
	rel_cut_callbacks_tell(&a->options->callbacks, step, fmt, args);
	va_end(args);
}

/* What would be written, and where, beside the diff of the manifest. */
static void tell_plan(const struct amend *a)
{
	const char *title = a->options->withdraw ? "Withdraw" : "Revise";
	struct rel_str rest =
	    rel_str_sub(rel_buf_str(&a->ledger), a->ledger_was, a->ledger.len);
	const char *tip = rel_writable_tip(a->remote);

	tell(a, REL_CUT_WRITE, "%s: changed", a->result->path);
	while (rest.ptr && rest.len > 0) {
		struct rel_str line = rel_str_cut(&rest, '\n');

		tell(a, REL_CUT_WRITE, REL_LEDGER_PATH ": +%.*s",
		     REL_STR_ARG(line));
	}
	if (rel_writable_is_git(a->remote))
		tell(a, REL_CUT_WRITE,
		     "commit \"%s %s\" on branch %s of %s (%s)%s%.12s", title,
		     a->options->package,
		     a->branch ? a->branch : rel_writable_branch(a->remote),
		     a->development->name, rel_writable_text(a->remote),
		     tip && *tip ? ", after " : "", tip ? tip : "");
	else
		tell(a, REL_CUT_WRITE, "to %s (%s)", a->development->name,
		     rel_writable_text(a->remote));
	if (a->options->request)
		tell(a, REL_CUT_REQUEST, "\"%s %s\", for branch %s of %s",
		     title, a->options->package, a->branch,
		     a->development->name);
}

static int open_request(struct amend *a, struct rel_error *err)
{
	struct rel_publish_request request = request_of(a);
	struct rel_buf title, text, page;
	char *base = NULL;
	bool fresh = false;
	int rc = rel_publish_request_base(
	    &base, a->development, a->options->reading, &a->result->arena, err);

	rel_buf_init(&title, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&page, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&title, "%s %s",
		       a->options->withdraw ? "Withdraw" : "Revise",
		       a->options->package);
	rel_buf_printf(&text, "%s",
		       a->options->reason ? a->options->reason : title.ptr);
	request.base = base;
	request.title = title.ptr;
	request.text = text.ptr;
	if (rc == 0)
		rc = rel_buf_status(&title, "title", err);
	if (rc == 0)
		rc = rel_buf_status(&text, "text", err);
	if (rc == 0)
		rc = rel_publish_request_open(&page, &fresh, &request, err);
	if (rc == 0) {
		a->result->request =
		    rel_arena_copy(&a->result->arena, rel_buf_str(&page));
		rc = a->result->request ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&page);
	rel_buf_free(&text);
	rel_buf_free(&title);
	return rc;
}

static int run(struct amend *a, struct rel_error *err)
{
	const struct rel_amend_options *o = a->options;
	int rc = take_package(a, err);

	if (rc == 0)
		rc = rel_remote_development(&a->development, o->remotes,
					    o->n_remotes, verb(a), err);
	if (rc)
		return rc;
	a->layer = (size_t)(a->development - o->remotes);
	rc = take_branch(a, err);
	if (rc == 0)
		rc = open_remote(a, err);
	if (rc == 0)
		rc = write_it(a, err);
	if (rc == 0 && o->dry_run && a->result->outcome == REL_CUT_DONE)
		tell_plan(a);
	/* also when the branch was written before, and no more */
	if (rc == 0 && o->request && !o->dry_run &&
	    a->result->outcome != REL_CUT_STOPPED)
		rc = open_request(a, err);
	a->result->remote = a->development->name;
	a->result->branch = a->branch;
	return rc;
}

int rel_amend(struct rel_amend_result *out,
	      const struct rel_amend_options *options, struct rel_error *err)
{
	struct amend a = {.options = options, .result = out};
	int rc;

	*out = (struct rel_amend_result){.outcome = REL_CUT_STOPPED};
	rel_arena_init(&out->arena, REL_LIMIT_ARENA);
	rel_buf_init(&out->patch, 4 * REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&a.old, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&a.fresh, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&a.ledger, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&a.broken, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&a.user, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&a.email, REL_LIMIT_CONFIG_BYTES);
	rc = run(&a, err);
	free(a.findings.items);
	rel_gate_close(&a.gate);
	rel_writable_free(a.remote);
	rel_buf_free(&a.old);
	rel_buf_free(&a.fresh);
	rel_buf_free(&a.ledger);
	rel_buf_free(&a.broken);
	rel_buf_free(&a.user);
	rel_buf_free(&a.email);
	return rc;
}
