/* What a cut works with: the checkout, the journal, and the caller who is told.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "release/cut/cut_private.h"

char *rel_cut_text(struct rel_cut *cut, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = rel_arena_vprintf(&cut->arena, fmt, args);
	va_end(args);
	return text;
}

void rel_cut_callbacks_tell(const struct rel_cut_callbacks *callbacks,
			    enum rel_cut_step step, const char *fmt,
			    va_list args)
{
	char *text = NULL;

	if (!callbacks->tell)
		return;
	if (vasprintf(&text, fmt, args) >= 0)
		callbacks->tell(callbacks->context, step, text);
	free(text);
}

void rel_cut_tell(const struct rel_cut *cut, enum rel_cut_step step,
		  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rel_cut_callbacks_tell(&cut->options->callbacks, step, fmt, args);
	va_end(args);
}

/* NULL stays NULL.  false: out of memory. */
static bool keep(struct rel_arena *arena, const char **text)
{
	if (*text)
		*text = rel_arena_copy(arena, rel_str_of(*text));
	else
		return true;
	return *text != NULL;
}

int rel_cut_findings_add(struct rel_cut_findings *findings,
			 struct rel_arena *arena,
			 const struct rel_cut_finding *finding,
			 struct rel_error *err)
{
	struct rel_cut_finding f = *finding;
	int rc = rel_array_reserve(&findings->items, &findings->cap,
				   (uint64_t)findings->count + 1, sizeof(f));

	if (rc || !keep(arena, &f.package) || !keep(arena, &f.path) ||
	    !keep(arena, &f.environment) || !keep(arena, &f.text))
		return rel_fail_nomem(err);
	findings->items[findings->count++] = f;
	return 0;
}

bool rel_cut_findings_stop(const struct rel_cut_findings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++)
		if (findings->items[i].severity == REL_CUT_ERROR)
			return true;
	return false;
}

void rel_cut_findings_show(struct rel_cut_findings *findings,
			   const struct rel_cut_callbacks *callbacks)
{
	uint32_t shown = findings->n_shown;

	findings->n_shown = findings->count;
	if (callbacks->findings && shown < findings->count)
		callbacks->findings(callbacks->context, findings->items + shown,
				    findings->count - shown);
}

int rel_cut_add_finding(struct rel_cut *cut,
			const struct rel_cut_finding *finding,
			struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_cut_finding f = *finding;

	if ((f.severity == REL_CUT_WARNING && cut->options->strict) ||
	    (f.severity != REL_CUT_ALLOWED && conf && conf->strict))
		f.severity = REL_CUT_ERROR;
	return rel_cut_findings_add(&cut->findings, &cut->arena, &f, err);
}

int rel_cut_find(struct rel_cut *cut, enum rel_cut_severity severity,
		 const char *path, uint32_t line, struct rel_error *err,
		 const char *fmt, ...)
{
	struct rel_cut_finding f = {
	    .severity = severity, .path = path, .line = line};
	char *text = NULL;
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = vasprintf(&text, fmt, args);
	va_end(args);
	f.text = text;
	rc = rc < 0 ? rel_fail_nomem(err) : rel_cut_add_finding(cut, &f, err);
	free(text);
	return rc;
}

const char *rel_cut_step_name(enum rel_cut_step step)
{
	static const char *const names[REL_CUT_STEPS] = {
	    "preflight", "trial", "bump",  "tag",     "pack",
	    "publish",	 "push",  "write", "request", "check"};

	return step < REL_CUT_STEPS ? names[step] : "";
}

struct rel_git_fetch_options rel_cut_fetch_options(const struct rel_cut *cut)
{
	const struct rel_cut_options *opt = cut->options;

	return (struct rel_git_fetch_options){
	    .cache_dir = opt->reading ? opt->reading->cache_dir : NULL,
	    .interactive = opt->interactive,
	    .progress = opt->progress,
	    .cancel = opt->cancel};
}

/* A checkout that is not the user's own keeps nothing that was fetched for it
 * before. */
static int bring_tag(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_fetch_options fetch = rel_cut_fetch_options(cut);
	struct rel_git_id commit;
	bool fetched;

	return rel_git_worktree_tag(&commit, &fetched, cut->checkout,
				    cut->options->tag, &fetch, err);
}

int rel_cut_open(struct rel_cut *cut, const struct rel_cut_options *options,
		 bool lock, struct rel_error *err)
{
	const char *dir = options->directory ? options->directory : ".";
	struct rel_git_fetch_options fetch;
	size_t fetched = 0;
	char *place;
	int rc;

	memset(cut, 0, sizeof(*cut));
	cut->options = options;
	rel_arena_init(&cut->arena, REL_LIMIT_ARENA);
	rc = rel_git_worktree_open(&cut->checkout, dir, options->trusted, err);
	if (rc == 0 && options->tag)
		rc = bring_tag(cut, err);
	if (rc == 0)
		rc = rel_git_worktree_head(&cut->head, cut->checkout, err);
	fetch = rel_cut_fetch_options(cut);
	if (rc == 0 && !cut->head.unborn)
		rc = rel_git_worktree_complete(&fetched, cut->checkout,
					       &cut->head.commit, &fetch, err);
	if (rc < 0)
		return rc;
	if (fetched > 0)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     "a partial clone; %zu object%s that it lacked %s "
			     "fetched",
			     fetched, fetched == 1 ? "" : "s",
			     fetched == 1 ? "is" : "are");
	else if (rc > 0)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     "a partial clone; it lacks nothing of what is "
			     "released");
	place = rel_cut_text(cut, "%s/relctl/cut",
			     rel_git_worktree_git_dir(cut->checkout));
	if (!place)
		return rel_fail_nomem(err);
	return lock ? rel_journal_open(&cut->journal, place, err)
		    : rel_journal_read(&cut->journal, place, err);
}

void rel_cut_close(struct rel_cut *cut)
{
	rel_cut_show_findings(cut);
	free(cut->findings.items);
	rel_gate_close(&cut->gate);
	rel_publisher_free(cut->publisher);
	rel_writable_free(cut->remote);
	rel_project_free(cut->project);
	rel_journal_close(&cut->journal);
	rel_git_head_free(&cut->head);
	rel_git_worktree_free(cut->checkout);
	rel_arena_free(&cut->arena);
}
