/* The first step of a cut, as far as it is about what the version is called. */
#include "base/limits.h"
#include "opam/version.h"
#include "release/cut/cut_work.h"
#include "release/cut/released.h"
#include "release/source/numbering.h"
#include "release/source/tagname.h"

int rel_cut_need_gate(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;

	if (cut->gate.stack)
		return 0;
	return rel_gate_open(&cut->gate, opt->remotes, opt->n_remotes,
			     opt->reading, err);
}

/* Of the chosen packages; empty = none was released before. */
static struct rel_str find_newest(const struct rel_cut *cut)
{
	struct rel_str newest = REL_STR("");

	for (size_t i = 0; i < cut->n_chosen; i++) {
		struct rel_released released;

		rel_released_find(&released, cut->gate.stack,
				  cut->project->packages[cut->chosen[i]].name,
				  REL_STR(""));
		if (released.n_versions &&
		    (newest.len == 0 ||
		     rel_version_compare(released.newest, newest) > 0))
			newest = released.newest;
	}
	return newest;
}

/* Work it out from what was released. */
static int count_up(struct rel_cut *cut, enum rel_numbering_part part,
		    struct rel_error *err)
{
	const char *word = cut->options->version;
	struct rel_str newest;
	struct rel_buf text;
	int rc = rel_cut_need_gate(cut, err);

	if (rc)
		return rc;
	newest = find_newest(cut);
	if (newest.len == 0)
		return rel_fail(err, REL_EUSAGE,
				"%s was not released before, so there is no %s "
				"version after it; write the version: relctl "
				"cut %s 0.1",
				cut->plan.name, word, cut->plan.packages);
	rel_buf_init(&text, REL_LIMIT_VERSION_BYTES);
	rc = rel_numbering_next(&text, newest, part, err);
	if (rc == REL_EUSAGE)
		rc =
		    rel_fail(err, rc,
			     "the newest release is %.*s, and which %s version "
			     "comes after it is not certain; write it out: "
			     "relctl cut %s VERSION",
			     REL_STR_ARG(newest), word, cut->plan.packages);
	if (rc == 0) {
		cut->plan.version =
		    rel_arena_copy(&cut->arena, rel_buf_str(&text));
		rc = cut->plan.version ? 0 : rel_fail_nomem(err);
	}
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_LOOK, "version %s, the %s after %.*s",
			     cut->plan.version, word, REL_STR_ARG(newest));
	rel_buf_free(&text);
	return rc;
}

int rel_cut_take_version(struct rel_cut *cut, struct rel_error *err)
{
	enum rel_numbering_part part =
	    rel_numbering_part_of(cut->options->version);

	cut->plan.version = cut->options->version;
	if (cut->options->tag || part == REL_NUMBERING_NONE)
		return 0;
	return count_up(cut, part, err);
}

/* Do earlier versions of one of the packages begin so? */
static bool is_usual(const struct rel_cut *cut)
{
	struct rel_str version = rel_str_of(cut->plan.version);

	for (size_t i = 0; i < cut->n_chosen; i++)
		if (rel_released_begins_like(
			cut->gate.stack,
			cut->project->packages[cut->chosen[i]].name, version))
			return true;
	return false;
}

static int fail_either(const struct rel_cut *cut, struct rel_error *err)
{
	const char *tag = cut->plan.tag, *version = cut->plan.version;
	const char *before = strcmp(tag, version) == 0 ? "" : "{name}-";

	return rel_fail(err, REL_EUSAGE,
			"the tag %s may be of version %s or of %s; say which "
			"in relctl.yml: release: {tag: \"%sv{version}\"} or "
			"{tag: \"%s{version}\"}",
			tag, version + 1, version, before, before);
}

int rel_cut_check_version(struct rel_cut *cut, struct rel_error *err)
{
	const char *version = cut->plan.version;
	char start = rel_numbering_start(rel_str_of(version));

	if (start == '0' || is_usual(cut))
		return 0;
	if (cut->options->tag && cut->options->either)
		return fail_either(cut, err);
	if (cut->options->tag) {
		cut->no_release = rel_cut_text(
		    cut,
		    "a version begins with a digit, and \"%s\" does not "
		    "begin as earlier versions do",
		    version);
		return cut->no_release ? 0 : rel_fail_nomem(err);
	}
	if (start)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"\"%s\" is no version: it begins with a digit, or as "
			"earlier versions of the package do",
			version);
}

/* "v1.4" after "1.3" */
static void judge_letter(struct rel_cut *cut)
{
	const char *version = cut->plan.version;
	struct rel_str newest = find_newest(cut);

	if (rel_numbering_start(rel_str_of(version)) == '0' || is_usual(cut))
		return;
	rel_cut_warn(cut, NULL, 0,
		     "version %s begins with a letter: for opam it is newer "
		     "than all versions that begin with a digit%s%.*s%s; %s is "
		     "perhaps what is meant",
		     version, newest.len ? ", as " : "", REL_STR_ARG(newest),
		     newest.len ? " does" : "", version + 1);
}

/* "20261130" after "1.3", "3f9c2e7" */
static void judge_order(struct rel_cut *cut)
{
	const char *version = cut->plan.version;
	struct rel_str newest = find_newest(cut);
	const char *remedy =
	    cut->options->tag ? "; if the tag is of no release, let this job "
				"run on the tags of releases only"
			      : "";

	if (rel_numbering_is_date(rel_str_of(version), newest))
		rel_cut_warn(cut, NULL, 0,
			     "version %s begins like a date, and the newest "
			     "release is %.*s: for opam all that are numbered "
			     "like that one are older%s",
			     version, REL_STR_ARG(newest), remedy);
	else if (rel_numbering_is_commit(rel_str_of(version)))
		rel_cut_warn(cut, NULL, 0,
			     "version %s looks like the id of a commit: opam "
			     "sorts it by its first digits%s",
			     version, remedy);
}

/* "1.1-rc1" */
static int judge_early(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const char *version = cut->plan.version;
	struct rel_cut_finding finding = {.warning = !cut->options->attended};
	struct rel_buf better, tag;
	struct rel_str base;
	int rc = 0;

	rel_buf_init(&better, REL_LIMIT_VERSION_BYTES);
	rel_buf_init(&tag, REL_LIMIT_GIT_PATH_BYTES);
	if (rel_numbering_is_misplaced(&better, rel_str_of(version))) {
		base = rel_str_sub(rel_buf_str(&better), 0,
				   rel_str_find(rel_buf_str(&better), '~'));
		rc = rel_tagname_make(&tag, conf ? conf->tag : NULL,
				      rel_str_of(cut->plan.name),
				      rel_buf_str(&better), err);
		finding.text = rel_cut_text(
		    cut,
		    "for opam %s is newer than %.*s, which could not follow "
		    "it; what comes before %.*s is %s%s%s%s",
		    version, REL_STR_ARG(base), REL_STR_ARG(base), better.ptr,
		    cut->options->tag ? ", tagged " : "",
		    cut->options->tag ? tag.ptr : "",
		    cut->options->attended ? " (--yes releases it all the same)"
					   : "");
		if (rc == 0 && !finding.text)
			rc = rel_fail_nomem(err);
		if (rc == 0)
			rel_cut_add_finding(cut, &finding);
	}
	rel_buf_free(&tag);
	rel_buf_free(&better);
	return rc;
}

int rel_cut_judge_version(struct rel_cut *cut, struct rel_error *err)
{
	judge_letter(cut);
	judge_order(cut);
	return judge_early(cut, err);
}
