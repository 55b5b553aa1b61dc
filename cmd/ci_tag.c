/* relctl ci on a tag: the tag is the release. */
#include <stdio.h>
#include <stdlib.h>

#include "base/escape.h"
#include "base/limits.h"
#include "ci.h"
#include "git/worktree.h"
#include "release/cut/cut.h"
#include "release/source/tagname.h"
#include "session.h"

struct work {
	struct rel_ci_run *run;
	struct rel_context context;
	struct rel_git_worktree *checkout;
	struct rel_project *project; /* at the tag */
	struct rel_tagged tagged;
	struct rel_cut_options options;
	struct rel_cut_result result;
	bool written;		/* the result is set */
	const char *no_release; /* why the tag is of none */
	struct rel_buf against; /* findings, as a list in Markdown */
};

static void tell(void *context, enum rel_cut_step step, const char *text)
{
	const struct work *w = context;

	if (w->run->call->common->quiet)
		return;
	rel_screen_put(w->run->call->screen, "%-9s %s\n",
		       rel_cut_step_name(step), text);
}

/* The opam file of "name.version", a package that is released. */
static const char *file_of(const struct work *w, const char *package)
{
	size_t len = strlen(package), tail = strlen(w->tagged.version) + 1;

	for (size_t i = 0; i < w->project->n_packages; i++) {
		const struct rel_project_package *p = &w->project->packages[i];

		if (len == p->name.len + tail &&
		    memcmp(package, p->name.ptr, p->name.len) == 0 &&
		    package[p->name.len] == '.' &&
		    strcmp(package + p->name.len + 1, w->tagged.version) == 0)
			return p->path.len ? p->path.ptr : NULL;
	}
	return NULL;
}

static void add_finding(struct work *w, const struct rel_cut_finding *found)
{
	const char *about = found->path ? found->path : found->package;
	char title[REL_ERROR_TEXT_MAX];
	struct rel_ci_finding f = {
	    .level = found->severity == REL_CUT_WARNING ||
			     found->severity == REL_CUT_MINOR
			 ? REL_CI_WARNING
			 : REL_CI_ERROR,
	    .check = "release",
	    .file = found->path	     ? found->path
		    : found->package ? file_of(w, found->package)
				     : NULL,
	    .line = found->line,
	    .title = about ? title : NULL,
	    .text = found->text};

	snprintf(title, sizeof(title), "%s%s%s%s", about ? about : "",
		 found->environment ? " (" : "",
		 found->environment ? found->environment : "",
		 found->environment ? ")" : "");
	rel_screen_clear(w->run->call->screen);
	rel_ci_write_finding(&w->run->writer, &f);
	rel_buf_add_cstr(&w->against, "- ");
	if (about) {
		rel_escape(&w->against, REL_ESCAPE_MARKDOWN, title);
		rel_buf_add_cstr(&w->against, ": ");
	}
	rel_escape(&w->against, REL_ESCAPE_MARKDOWN, found->text);
	rel_buf_add_char(&w->against, '\n');
}

static void findings(void *context, const struct rel_cut_finding *items,
		     size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_finding(context, &items[i]);
}

static struct rel_git_fetch_options fetch_options(const struct work *w)
{
	return (struct rel_git_fetch_options){
	    .cache_dir = w->context.reading.cache_dir,
	    .interactive = w->context.reading.interactive,
	    .progress = &w->run->call->screen->progress,
	    .cancel = w->run->call->cancel};
}

/* Open the checkout, fetch the tag if it is missing, and read what it says. */
static int read_tag(struct work *w, struct rel_error *err)
{
	const struct rel_ci *ci = &w->run->ci;
	const struct rel_conf_release *release = &w->context.conf.release;
	struct rel_git_fetch_options options = fetch_options(w);
	struct rel_git_id commit;
	bool fetched = false;
	int rc = rel_git_worktree_open(&w->checkout, ".", ci->directory, err);

	if (rc == 0)
		rc = rel_git_worktree_tag(&commit, &fetched, w->checkout,
					  ci->tag, &options, err);
	if (rc == 0 && fetched)
		tell(w, REL_CUT_PREFLIGHT,
		     "the tag was not in this clone: fetched");
	if (rc == 0)
		rc = rel_project_scan(&w->project,
				      rel_git_worktree_store(w->checkout),
				      &commit, release, err);
	if (rc == 0)
		rc = rel_tagged_read(&w->tagged, ci->tag, w->project, release,
				     err);
	if (rc == 0)
		w->no_release = release->tag
				    ? "it is not of the form that release: "
				      "tag: in relctl.yml says"
				    : "a version begins with a digit";
	return rc < 0 ? rc : 0;
}

/* Fine when it was pushed; not when somebody says that it is one. */
static int tell_no_release(struct work *w, struct rel_error *err)
{
	struct rel_buf *out = &w->run->writer.summary;
	const char *tag = w->run->ci.tag;

	if (w->run->options->tag)
		return rel_fail(err, REL_EUSAGE, "%s is not a release tag: %s",
				tag, w->no_release);
	if (!w->run->call->common->quiet)
		rel_screen_put(w->run->call->screen,
			       "relctl: nothing to do: %s is not a release "
			       "tag: %s\n",
			       tag, w->no_release);
	rel_buf_add_cstr(out, "## Not a release tag: ");
	rel_escape(out, REL_ESCAPE_MARKDOWN, tag);
	rel_buf_add_cstr(out, "\n\nNothing was done: ");
	rel_escape(out, REL_ESCAPE_MARKDOWN, w->no_release);
	rel_buf_add_char(out, '\n');
	return 0;
}

static int make(struct work *w, struct rel_error *err)
{
	const struct rel_call *call = w->run->call;
	int rc;

	w->options = (struct rel_cut_options){
	    .packages = &w->tagged.package,
	    .n_packages = w->tagged.package ? 1 : 0,
	    .version = w->tagged.version,
	    .tag = w->run->ci.tag,
	    .either = w->tagged.either,
	    .namesake = w->tagged.namesake,
	    .request = w->run->options->request,
	    .older = w->run->options->older,
	    .strict = true,
	    .trusted = w->run->ci.directory,
	    .conf = &w->context.conf,
	    .remotes = w->context.remotes,
	    .n_remotes = w->context.n_remotes,
	    .reading = &w->context.reading,
	    .survey = rel_context_survey(&w->context),
	    .interactive = w->context.reading.interactive,
	    .callbacks = {tell, findings, NULL, w},
	    .progress = &call->screen->progress,
	    .cancel = call->cancel};
	w->written = true;
	rc = rel_cut_run(&w->result, &w->options, err);
	if (rc == 0 && w->result.outcome == REL_CUT_ALREADY)
		tell(w, REL_CUT_PREFLIGHT, "this tag was released already");
	if (rc == 0 && w->result.outcome == REL_CUT_NO_RELEASE)
		w->no_release = w->result.why;
	return rc;
}

static void write_outputs(struct work *w)
{
	const struct rel_cut_result *r = &w->result;
	struct rel_buf packages;
	const struct {
		const char *name, *value;
	} outputs[] = {{"version", w->tagged.version},
		       {"packages", NULL},
		       {"tag", r->tag},
		       {"commit", r->commit},
		       {"archive", r->archive},
		       {"sha256", r->sha256},
		       {"sha512", r->sha512},
		       {"remote-commit", r->remote_commit},
		       {"request", r->request}};

	rel_buf_init(&packages, REL_MIB);
	for (size_t i = 0; i < r->n_packages; i++)
		rel_buf_printf(&packages, "%s%s", i ? " " : "", r->packages[i]);
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		const char *value = i == 1 ? packages.ptr : outputs[i].value;

		if (value && *value)
			rel_ci_write_output(&w->run->writer, outputs[i].name,
					    value);
	}
	rel_buf_free(&packages);
}

static void add_row(struct rel_buf *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	rel_buf_printf(out, "| %s | ", name);
	rel_escape(out, REL_ESCAPE_MARKDOWN, value);
	rel_buf_add_cstr(out, " |\n");
}

static void summarize_release(struct work *w)
{
	const struct rel_cut_result *r = &w->result;
	struct rel_buf *out = &w->run->writer.summary;

	rel_buf_add_cstr(out, r->outcome == REL_CUT_ALREADY
				  ? "## Released already:"
				  : "## Released");
	for (size_t i = 0; i < r->n_packages; i++) {
		rel_buf_add_char(out, ' ');
		rel_escape(out, REL_ESCAPE_MARKDOWN, r->packages[i]);
	}
	rel_buf_add_cstr(out, "\n\n| | |\n| --- | --- |\n");
	add_row(out, "tag", r->tag);
	add_row(out, "commit", r->commit);
	add_row(out, "archive", r->archive);
	add_row(out, "sha256", r->sha256);
	add_row(out, "remote", r->remote);
	add_row(out, "written to", r->remote_text);
	add_row(out, "remote commit", r->remote_commit);
	add_row(out, "branch", r->branch);
	add_row(out, "request", r->request);
}

static void summarize_stop(struct work *w)
{
	struct rel_buf *out = &w->run->writer.summary;

	rel_buf_add_cstr(out, "## Not released: ");
	rel_escape(out, REL_ESCAPE_MARKDOWN, w->run->ci.tag);
	rel_buf_add_cstr(out, "\n\n");
	rel_buf_add_str(out, rel_buf_str(&w->against));
}

static int check_format(const struct rel_call *call, struct rel_error *err)
{
	const char *format = call->common->format;

	if (!format || strcmp(format, "text") == 0)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"the release of a tag has no report to be written as "
			"%s",
			format);
}

int rel_ci_tag(struct rel_ci_run *run, bool *found, struct rel_error *err)
{
	struct work w = {.run = run};
	int rc = check_format(run->call, err);

	if (rc)
		return rc;
	rc = rel_session_context(&w.context, run->call, err);
	rel_buf_init(&w.against, REL_LIMIT_CI_REPORT_BYTES);
	if (rc == 0)
		rc = read_tag(&w, err);
	if (rc == 0 && !w.no_release)
		rc = make(&w, err);
	if (rc == 0 && w.no_release) {
		rc = tell_no_release(&w, err);
	} else if (rc == 0) {
		*found = w.result.outcome == REL_CUT_STOPPED;
		if (*found) {
			summarize_stop(&w);
		} else {
			write_outputs(&w);
			summarize_release(&w);
		}
	}
	if (w.written)
		rel_cut_result_free(&w.result);
	rel_buf_free(&w.against);
	rel_project_free(w.project);
	rel_git_worktree_free(w.checkout);
	rel_context_close(&w.context);
	return rc;
}
