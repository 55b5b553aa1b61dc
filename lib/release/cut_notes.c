/* The notes of a release: its entry of the change log. */
#include <limits.h>

#include "base/limits.h"
#include "release/changelog.h"
#include "release/cut_work.h"

static int find(struct rel_changelog *out, struct rel_cut *cut,
		struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_changelog_request request = {
	    .file = conf ? conf->changelog : NULL,
	    .packages = cut->chosen,
	    .n_packages = cut->n_chosen,
	    .version = rel_str_of(cut->plan.version)};
	unsigned long seconds = 0;

	/* the plan has the decimal digits of one after 1980 */
	rel_str_to_uint(rel_str_of(cut->plan.time), LONG_MAX, &seconds);
	request.time = (int64_t)seconds;
	return rel_changelog_find(out, cut->project, &request, err);
}

/* A heading that says that it is not released, in a release. */
static int add_undated(struct rel_cut *cut,
		       const struct rel_changelog_undated *u,
		       struct rel_error *err)
{
	struct rel_str heading = rel_str_sub(u->heading, 0, 60);
	struct rel_cut_finding finding = {.path = u->path, .line = u->line};

	if (cut->options->tag)
		finding.text = rel_cut_text(
		    cut,
		    "the heading \"%.*s\" is in what was tagged; make it "
		    "\"%.*s\" and tag that, or have `relctl cut "
		    "--date-changelog` do both",
		    REL_STR_ARG(heading), REL_STR_ARG(u->dated));
	else if (u->versioned)
		finding.text = rel_cut_text(
		    cut,
		    "the heading \"%.*s\" says that %s is not released; make "
		    "it \"%.*s\", or pass --date-changelog",
		    REL_STR_ARG(heading), cut->plan.version,
		    REL_STR_ARG(u->dated));
	else
		finding.text = rel_cut_text(
		    cut,
		    "no entry for %s, and what changed is below \"%.*s\"; "
		    "make that heading \"%.*s\", or pass --date-changelog",
		    cut->plan.version, REL_STR_ARG(heading),
		    REL_STR_ARG(u->dated));
	if (!finding.text)
		return rel_fail_nomem(err);
	rel_cut_add_finding(cut, &finding);
	return 0;
}

static void warn(struct rel_cut *cut, const struct rel_changelog_remark *r)
{
	if (r->text.len)
		rel_cut_warn(cut, r->path, r->line,
			     "all that \"%.*s\" says is \"%.*s\"",
			     REL_STR_ARG(rel_str_sub(r->heading, 0, 60)),
			     REL_STR_ARG(rel_str_sub(r->text, 0, 60)));
	else
		rel_cut_warn(cut, r->path, r->line,
			     "the section \"%.*s\" is empty",
			     REL_STR_ARG(rel_str_sub(r->heading, 0, 60)));
}

int rel_cut_take_notes(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const struct rel_cut_options *opt = cut->options;
	bool none = opt->no_changelog || (conf && conf->no_changelog);
	bool date = opt->date_changelog || (conf && conf->date_changelog);
	struct rel_changelog entry;
	int rc;

	cut->plan.no_changelog = none ? "yes" : "no";
	cut->plan.date_changelog = date && !opt->tag ? "yes" : "no";
	if (none)
		return 0;
	rc = find(&entry, cut, err);
	if (rc == REL_ENOTFOUND) {
		struct rel_cut_finding finding = {.path = *err->path ? err->path
								     : NULL,
						  .line = err->line,
						  .text = err->text};

		rel_cut_add_finding(cut, &finding);
		return 0;
	}
	for (uint32_t i = 0; rc == 0 && i < entry.n_remarks; i++)
		warn(cut, &entry.remarks[i]);
	if (rel_cut_says(cut->plan.date_changelog))
		return rc;
	for (uint32_t i = 0; rc == 0 && i < entry.n_undated; i++)
		rc = add_undated(cut, &entry.undated[i], err);
	return rc;
}

int rel_cut_date_changelog(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_changelog entry;
	int rc;

	if (rel_cut_says(cut->plan.no_changelog) ||
	    !rel_cut_says(cut->plan.date_changelog))
		return 0;
	rc = find(&entry, cut, err);
	/* that it is missing was found before */
	if (rc == REL_ENOTFOUND)
		return 0;
	for (uint32_t i = 0; rc == 0 && i < entry.n_undated; i++) {
		const struct rel_changelog_undated *u = &entry.undated[i];
		struct rel_bump_site site = {.path = u->path,
					     .start = u->start,
					     .end = u->end,
					     .text = u->text,
					     .was = u->heading,
					     .now = u->dated};

		rc = rel_bump_replace(&cut->bump, cut->project, &site, err);
	}
	return rc;
}

int rel_cut_notes(struct rel_str *out, struct rel_cut *cut,
		  struct rel_error *err)
{
	struct rel_changelog entry;
	int rc;

	*out = REL_STR("");
	if (rel_cut_says(cut->plan.no_changelog))
		return 0;
	rc = find(&entry, cut, err);
	if (rc == 0)
		*out = entry.text;
	return rc;
}
