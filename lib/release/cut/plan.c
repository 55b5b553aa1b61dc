/* The plan of a cut, in memory and in the journal, and what follows from it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "release/cut/cut_private.h"

#define SECTION "plan"

/* What a journal means that was begun before relctl knew the field; NULL:
 * each has it. */
static const struct {
	const char *key;
	size_t offset;
	const char *absent;
} fields[] = {
#define FIELD(member, absent)                                          \
	{                                                              \
#member, offsetof(struct rel_cut_plan, member), absent \
	}
    FIELD(packages, NULL),
    FIELD(version, NULL),
    FIELD(name, NULL),
    FIELD(base, NULL),
    FIELD(branch, NULL),
    FIELD(tag, NULL),
    FIELD(tag_found, NULL),
    FIELD(archive, NULL),
    FIELD(sign, NULL),
    FIELD(time, NULL),
    FIELD(offset, NULL),
    FIELD(author, NULL),
    FIELD(email, NULL),
    FIELD(remote, NULL),
    FIELD(location, NULL),
    FIELD(review, NULL),
    FIELD(push_remote, NULL),
    FIELD(upstream, NULL),
    FIELD(upstream_was, NULL),
    FIELD(no_changelog, NULL),
    FIELD(allow_broken, NULL),
    FIELD(broken, NULL),
    FIELD(tip, NULL),
    FIELD(push_first, "no"),
    FIELD(request, "no"),
    FIELD(watermarks, "no"),
    FIELD(date_changelog, "no"),
    FIELD(notes, ""),
    FIELD(avoid, "no"),
    FIELD(older, "no"),
    FIELD(left_out, ""),
    FIELD(signature, ""),
    FIELD(trial, "no"),
#undef FIELD
};

static const char **member(struct rel_cut_plan *plan, size_t i)
{
	return (const char **)((char *)plan + fields[i].offset);
}

int rel_cut_plan_save(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(fields) / sizeof(fields[0]);
	     i++)
		rc = rel_journal_set(&cut->journal, SECTION, fields[i].key, err,
				     "%s", *member(&cut->plan, i));
	return rc;
}

int rel_cut_plan_load(struct rel_cut *cut, struct rel_error *err)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *text =
		    rel_journal_get(&cut->journal, SECTION, fields[i].key);

		text = text ? text : fields[i].absent;
		if (!text)
			return rel_journal_refuse(
			    &cut->journal, err,
			    "was written by another version of relctl");
		*member(&cut->plan, i) = text;
	}
	return 0;
}

/* The names of plan.packages as an array. */
static int split(const char *const **out, size_t *n, struct rel_cut *cut,
		 struct rel_error *err)
{
	struct rel_str rest = rel_str_of(cut->plan.packages);
	const char **names =
	    rel_arena_array(&cut->arena, rest.len + 1, sizeof(*names));

	*out = names;
	*n = 0;
	while (names && rest.ptr) {
		names[*n] =
		    rel_arena_copy(&cut->arena, rel_str_cut(&rest, ','));
		if (!names[(*n)++])
			return rel_fail_nomem(err);
	}
	return names ? 0 : rel_fail_nomem(err);
}

/* As it was decided, whatever relctl.yml and the remotes say by now. */
static void restore_left_out(struct rel_cut *cut)
{
	for (size_t i = 0; i < cut->project->n_packages; i++) {
		struct rel_project_package *p = &cut->project->packages[i];
		struct rel_str rest = rel_str_of(cut->plan.left_out);

		p->internal = NULL;
		while (rest.ptr)
			if (rel_str_eq(rel_str_cut(&rest, ','), p->name))
				p->internal = "the plan leaves it out";
	}
}

static bool to_int(const char *text, int64_t *out)
{
	char *end = NULL;
	long long value = strtoll(text, &end, 10);

	*out = value;
	return *text && *end == '\0';
}

static int read_ids(struct rel_cut *cut, struct rel_error *err)
{
	const char *commit = rel_journal_get(&cut->journal, "bump", "commit");
	const char *tag = rel_journal_get(&cut->journal, "tag", "object");
	int64_t seconds = 0, offset = 0;

	if (!rel_git_id_parse(&cut->base, rel_str_of(cut->plan.base)) ||
	    (commit && !rel_git_id_parse(&cut->commit, rel_str_of(commit))) ||
	    (tag && !rel_git_id_parse(&cut->tag, rel_str_of(tag))) ||
	    !to_int(cut->plan.time, &seconds) ||
	    !to_int(cut->plan.offset, &offset))
		return rel_fail(err, REL_EPARSE,
				"the journal of a cut holds what is no commit "
				"or time");
	cut->author = (struct rel_change_author){.name = cut->plan.author,
						 .email = cut->plan.email,
						 .time = seconds,
						 .offset_minutes = (int)offset};
	return 0;
}

static int name_archive(struct rel_cut *cut, struct rel_error *err)
{
	static const char *const keys[] = {"sha256", "sha512"};
	const char *size = rel_journal_get(&cut->journal, "pack", "size");
	int64_t bytes = 0;
	int rc = 0;

	cut->archive_name = rel_cut_text(cut, "%s-%s.%s", cut->plan.name,
					 cut->plan.version, cut->plan.archive);
	if (cut->archive_name)
		cut->archive_path = rel_cut_text(cut, "%s/%s", cut->journal.dir,
						 cut->archive_name);
	if (!cut->archive_path)
		return rel_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		const char *text =
		    rel_journal_get(&cut->journal, "pack", keys[i]);

		if (text)
			rc = rel_digest_parse(&cut->digests[i],
					      rel_str_of(text), err);
	}
	if (rc == 0 && size && to_int(size, &bytes))
		cut->size = (uint64_t)bytes;
	return rc;
}

int rel_cut_derive(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *release =
	    cut->options->conf ? &cut->options->conf->release : NULL;
	const char *const *names = NULL;
	size_t n = 0;
	int rc = read_ids(cut, err);

	if (rc == 0)
		rc = name_archive(cut, err);
	if (rc == 0 && !cut->project) {
		rc = rel_project_scan(&cut->project, rel_cut_store(cut),
				      &cut->base, release, err);
		if (rc == 0)
			restore_left_out(cut);
	}
	if (rc == 0)
		rc = split(&names, &n, cut, err);
	if (rc == 0)
		rc = rel_project_select(&cut->chosen, &cut->n_chosen,
					cut->project, names, n, err);
	if (rc == 0)
		rc = rel_bump_find(&cut->bump, cut->project, cut->chosen,
				   cut->n_chosen, rel_str_of(cut->plan.version),
				   release, err);
	if (rc == 0)
		rc = rel_cut_date_changelog(cut, err);
	if (rc == 0)
		rc = rel_cut_take_texts(cut, err);
	return rc;
}
