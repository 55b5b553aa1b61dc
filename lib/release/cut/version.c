/* The version of a cut: what it is called, and which are out already. */
#include <stdio.h>

#include "base/limits.h"
#include "opam/version.h"
#include "release/audit/archives.h"
#include "release/cut/cut_private.h"
#include "release/source/numbering.h"
#include "release/source/tagname.h"

static struct rel_str version_of(const struct rel_stack *stack, uint32_t entry)
{
	const struct rel_stack_entry *e = &stack->entries[entry];

	return rel_snapshot_string(stack->layers[e->layer].snapshot,
				   rel_stack_package(stack, entry)->version);
}

static const char *remote_of(const struct rel_stack *stack, uint32_t entry)
{
	const struct rel_remote *remote =
	    stack->layers[stack->entries[entry].layer].remote;

	return remote ? remote->name : NULL;
}

static void look_at(struct rel_released *out, const struct rel_stack *stack,
		    uint32_t entry, struct rel_str version)
{
	struct rel_str here = version_of(stack, entry);

	if (out->n_versions == 0 ||
	    rel_version_compare(here, out->newest) > 0) {
		const struct rel_remote *remote =
		    stack->layers[stack->entries[entry].layer].remote;

		out->newest = here;
		out->newest_remote = remote_of(stack, entry);
		out->newest_in_development =
		    remote && remote->role == REL_ROLE_DEVELOPMENT;
	}
	out->n_versions++;
	if (rel_version_compare(here, version) != 0 || out->taken)
		return;
	out->equal = entry;
	out->taken = rel_str_eq(here, version);
}

void rel_released_find(struct rel_released *out, const struct rel_stack *stack,
		       struct rel_str name, struct rel_str version)
{
	uint32_t at = rel_stack_find(stack, name);

	*out =
	    (struct rel_released){.newest = REL_STR(""), .equal = UINT32_MAX};
	if (at == UINT32_MAX)
		return;
	for (uint32_t i = 0; i < stack->names[at].count; i++)
		look_at(out, stack, stack->names[at].first + i, version);
}

bool rel_released_begins_like(const struct rel_stack *stack,
			      struct rel_str name, struct rel_str version)
{
	uint32_t at = rel_stack_find(stack, name);
	char start = rel_numbering_start(version);

	for (uint32_t i = 0; at != UINT32_MAX && i < stack->names[at].count;
	     i++) {
		struct rel_str here =
		    version_of(stack, stack->names[at].first + i);

		if (rel_numbering_start(here) == start &&
		    (start == '0' || (here.len > 0 && version.len > 0 &&
				      here.ptr[0] == version.ptr[0])))
			return true;
	}
	return false;
}

/* " in mirage-dev"; nothing when the remote has no name. */
static void say_where(char *out, size_t size, const char *remote)
{
	snprintf(out, size, "%s%.80s", remote ? " in " : "",
		 remote ? remote : "");
}

static int check_equal(const struct rel_released *released,
		       const struct rel_stack *stack, struct rel_str name,
		       struct rel_str version, struct rel_error *err)
{
	char where[96];

	say_where(where, sizeof(where), remote_of(stack, released->equal));
	if (released->taken)
		return rel_fail(err, REL_EEXISTS,
				"%.*s.%.*s is released already%s; releases do "
				"not change, take a higher version",
				REL_STR_ARG(name), REL_STR_ARG(version), where);
	return rel_fail(err, REL_EUSAGE,
			"for opam version %.*s is the same as %.*s, which is "
			"released already%s; take a higher version",
			REL_STR_ARG(version),
			REL_STR_ARG(version_of(stack, released->equal)), where);
}

int rel_released_check(const struct rel_released *released,
		       const struct rel_stack *stack, struct rel_str name,
		       struct rel_str version, bool older,
		       struct rel_error *err)
{
	char where[96];

	if (!rel_version_is_valid(version))
		return rel_fail(err, REL_EUSAGE,
				"\"%.*s\" is no version; it may hold letters, "
				"digits and . _ ~ + - only",
				REL_STR_ARG(version));
	if (released->equal != UINT32_MAX)
		return check_equal(released, stack, name, version, err);
	if (older || released->n_versions == 0 ||
	    rel_version_compare(version, released->newest) > 0)
		return 0;
	say_where(where, sizeof(where), released->newest_remote);
	return rel_fail(err, REL_EUSAGE,
			"%.*s.%.*s is older than %.*s, the newest%s; take a "
			"higher version, or allow it with --older",
			REL_STR_ARG(name), REL_STR_ARG(version),
			REL_STR_ARG(released->newest), where);
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
				cut->plan.name, word, cut->plan.packages.text);
	rel_buf_init(&text, REL_LIMIT_VERSION_BYTES);
	rc = rel_numbering_next(&text, newest, part, err);
	if (rc == REL_EUSAGE)
		rc = rel_fail(
		    err, rc,
		    "the newest release is %.*s, and which %s version "
		    "comes after it is not certain; write it out: "
		    "relctl cut %s VERSION",
		    REL_STR_ARG(newest), word, cut->plan.packages.text);
	if (rc == 0) {
		cut->plan.version =
		    rel_arena_copy(&cut->arena, rel_buf_str(&text));
		rc = cut->plan.version ? 0 : rel_fail_nomem(err);
	}
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     "version %s, the %s after %.*s", cut->plan.version,
			     word, REL_STR_ARG(newest));
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
static int judge_letter(struct rel_cut *cut, struct rel_error *err)
{
	const char *version = cut->plan.version;
	struct rel_str newest = find_newest(cut);

	if (rel_numbering_start(rel_str_of(version)) == '0' || is_usual(cut))
		return 0;
	return rel_cut_find(
	    cut, REL_CUT_WARNING, NULL, 0, err,
	    "version %s begins with a letter: for opam it is newer "
	    "than all versions that begin with a digit%s%.*s%s; %s is "
	    "perhaps what is meant",
	    version, newest.len ? ", as " : "", REL_STR_ARG(newest),
	    newest.len ? " does" : "", version + 1);
}

/* "20261130" after "1.3", "3f9c2e7" */
static int judge_order(struct rel_cut *cut, struct rel_error *err)
{
	const char *version = cut->plan.version;
	struct rel_str newest = find_newest(cut);
	const char *remedy =
	    cut->options->tag ? "; if the tag is of no release, let this job "
				"run on the tags of releases only"
			      : "";

	if (rel_numbering_is_date(rel_str_of(version), newest))
		return rel_cut_find(
		    cut, REL_CUT_WARNING, NULL, 0, err,
		    "version %s begins like a date, and the newest "
		    "release is %.*s: for opam all that are numbered "
		    "like that one are older%s",
		    version, REL_STR_ARG(newest), remedy);
	if (rel_numbering_is_commit(rel_str_of(version)))
		return rel_cut_find(
		    cut, REL_CUT_WARNING, NULL, 0, err,
		    "version %s looks like the id of a commit: opam "
		    "sorts it by its first digits%s",
		    version, remedy);
	return 0;
}

/* "1.1-rc1" */
static int judge_early(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const char *version = cut->plan.version;
	enum rel_cut_severity severity =
	    cut->options->attended ? REL_CUT_ERROR : REL_CUT_WARNING;
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
		if (rc == 0)
			rc = rel_cut_find(
			    cut, severity, NULL, 0, err,
			    "for opam %s is newer than %.*s, which could not "
			    "follow "
			    "it; what comes before %.*s is %s%s%s%s",
			    version, REL_STR_ARG(base), REL_STR_ARG(base),
			    better.ptr, cut->options->tag ? ", tagged " : "",
			    cut->options->tag ? tag.ptr : "",
			    cut->options->attended
				? " (--yes releases it all the same)"
				: "");
	}
	rel_buf_free(&tag);
	rel_buf_free(&better);
	return rc;
}

int rel_cut_judge_version(struct rel_cut *cut, struct rel_error *err)
{
	int rc = judge_letter(cut, err);

	if (rc == 0)
		rc = judge_order(cut, err);
	return rc ? rc : judge_early(cut, err);
}

/* What a release that was made before has as its archive. */
static int take_published(struct rel_cut *cut, struct rel_str text,
			  const char *path, struct rel_error *err)
{
	struct rel_archive_of *archives = NULL;
	uint32_t n = 0;
	int rc = rel_archives_of(&archives, &n, text, (struct rel_str){0}, path,
				 &cut->arena, err);

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		if (archives[i].file.ptr)
			continue;
		cut->source_url = rel_arena_copy(&cut->arena, archives[i].src);
		for (uint32_t k = 0; k < archives[i].n_digests; k++) {
			const struct rel_digest *d = &archives[i].digests[k];

			if (d->algo != REL_DIGEST_MD5)
				cut->digests[d->algo - REL_DIGEST_SHA256] = *d;
		}
		rc = cut->source_url ? 0 : rel_fail_nomem(err);
	}
	return rc;
}

/* Was this very release made before?  Its manifest says of which commit. */
static int is_ours(bool *ours, struct rel_cut *cut, size_t i,
		   struct rel_error *err)
{
	struct rel_buf text;
	char id[REL_GIT_ID_TEXT], *path = rel_cut_manifest_path(cut, i);
	int rc;

	*ours = false;
	if (!path)
		return rel_fail_nomem(err);
	if (!cut->plan.tag_found.known)
		return 0;
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_writable_read(&text, cut->remote, path, err);
	if (rc == 0) {
		rel_git_id_format(id, &cut->commit);
		*ours = memmem(text.ptr, text.len, id, strlen(id)) != NULL;
	}
	if (*ours && i == 0)
		rc = take_published(cut, rel_buf_str(&text), path, err);
	rel_buf_free(&text);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

int rel_cut_check_released(struct rel_cut *cut, bool *already,
			   struct rel_error *err)
{
	struct rel_str version = rel_str_of(cut->plan.version);
	size_t n_ours = 0;
	int rc = rel_cut_check_withdrawn(cut, err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		struct rel_str name =
		    cut->project->packages[cut->chosen[i]].name;
		struct rel_released released;
		bool ours = false;

		rel_released_find(&released, cut->gate.stack, name, version);
		if (released.newest.len &&
		    rel_version_compare(version, released.newest) < 0)
			cut->plan.older = true;
		if (released.taken)
			rc = is_ours(&ours, cut, i, err);
		n_ours += ours;
		if (rc == 0 && !ours)
			rc = rel_released_check(&released, cut->gate.stack,
						name, version,
						cut->options->older, err);
	}
	*already = rc == 0 && n_ours == cut->n_chosen;
	return rc;
}
