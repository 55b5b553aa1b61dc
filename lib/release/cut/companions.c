/*
 * The files that a release changes beside its manifests: the remote's `repo`,
 * which names the mirror, and the ledger.  In git all of it is one commit.  In
 * a directory they are written before the manifests, so that a cut that was
 * killed between can be taken back: what they were is kept beside the journal.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "git/objects.h"
#include "release/audit/ledger.h"
#include "release/cut/cut_private.h"

#define SECTION "side"
#define ABSENT	"absent"
#define KEPT	"kept"

struct companion {
	const char *path; /* in the remote */
	const char *key;  /* in the journal, and of the copy */
	/* append what it becomes; *changed: not what it was */
	int (*make)(struct rel_buf *out, bool *changed, struct rel_cut *cut,
		    struct rel_str was, struct rel_error *err);
};

static int make_repo(struct rel_buf *out, bool *changed, struct rel_cut *cut,
		     struct rel_str was, struct rel_error *err)
{
	const char *mirror = rel_publisher_mirror(cut->publisher);

	*changed = false;
	return mirror ? rel_publish_name_mirror(out, changed, was, "repo",
						mirror, err)
		      : 0;
}

static int check_withdrawn(struct rel_cut *cut, struct rel_str text,
			   struct rel_error *err)
{
	const struct rel_ledger_entry *entry = NULL;
	struct rel_ledger ledger;
	int rc =
	    rel_ledger_read(&ledger, text, REL_LEDGER_PATH, &cut->arena, err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		struct rel_str name =
		    cut->project->packages[cut->chosen[i]].name;

		entry = rel_ledger_withdrawn(&ledger, name,
					     rel_str_of(cut->plan.version));
		if (!entry)
			continue;
		rel_cut_give_up(cut, "release under another version");
		rc = rel_fail(err, REL_EREFUSED,
			      "%.*s.%s was withdrawn from %s, and a withdrawn "
			      "version does not come back; release under "
			      "another version",
			      REL_STR_ARG(name), cut->plan.version,
			      cut->plan.remote);
		rel_error_at(err, REL_LEDGER_PATH, entry->line, 0);
	}
	return rc;
}

/* Where the manifest has opam fetch the archive from. */
static int find_place(struct rel_str *out, struct rel_cut *cut, size_t i,
		      struct rel_error *err)
{
	const struct rel_cut_manifest *m = &cut->manifests[i];
	struct rel_archive_of *archives = NULL;
	struct rel_buf place;
	uint32_t n = 0;
	int rc =
	    rel_archives_of(&archives, &n, m->text, (struct rel_str){NULL, 0},
			    m->path, &cut->arena, err);

	rel_buf_init(&place, REL_LIMIT_MANIFEST_BYTES);
	for (uint32_t k = 0; rc == 0 && k < n; k++)
		if (!archives[k].file.ptr)
			rel_ledger_place(&place, &archives[k]);
	if (rc == 0)
		rc = rel_buf_status(&place, m->path, err);
	out->len = place.len;
	out->ptr = rel_arena_copy(&cut->arena, rel_buf_str(&place));
	rel_buf_free(&place);
	return rc == 0 && !out->ptr ? rel_fail_nomem(err) : rc;
}

static int make_ledger(struct rel_buf *out, bool *changed, struct rel_cut *cut,
		       struct rel_str was, struct rel_error *err)
{
	struct rel_ledger_entry *entries =
	    rel_arena_array(&cut->arena, cut->n_chosen + 1, sizeof(*entries));
	uint32_t added = 0;
	int rc;

	*changed = false;
	if (!entries)
		return rel_fail_nomem(err);
	rc = check_withdrawn(cut, was, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < cut->n_chosen; i++) {
		struct rel_str name = cut->manifests[i].name;
		char *subject = rel_cut_text(cut, "%.*s.%s", REL_STR_ARG(name),
					     cut->plan.version);

		if (!subject)
			return rel_fail_nomem(err);
		entries[i].subject = rel_str_of(subject);
		entries[i].size = cut->size;
		snprintf(entries[i].commit, sizeof(entries[i].commit), "%s",
			 rel_writable_tip(cut->remote));
		entries[i].digests[0] = cut->digests[0];
		entries[i].digests[1] = cut->digests[1];
		entries[i].n_digests = 2;
		rc = find_place(&entries[i].place, cut, i, err);
		if (rc)
			return rc;
	}
	rc = rel_ledger_append(out, &added, was, REL_LEDGER_PATH, entries,
			       cut->n_chosen, err);
	if (rc == REL_EEXISTS)
		rel_cut_give_up(cut, "release under another version");
	*changed = added > 0;
	return rc;
}

static const struct companion companions[REL_CUT_COMPANIONS] = {
    {"repo", "repo", make_repo},
    {REL_LEDGER_PATH, "ledger", make_ledger},
};

/* *there false and `out` empty when the file is not there. */
static int read_remote(struct rel_buf *out, bool *there, struct rel_cut *cut,
		       const char *path, struct rel_error *err)
{
	int rc = rel_writable_read(out, cut->remote, path, err);

	*there = rc == 0;
	return rc == REL_ENOTFOUND ? 0 : rc;
}

int rel_cut_check_withdrawn(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf text;
	bool there = false;
	int rc;

	rel_buf_init(&text, REL_LIMIT_LEDGER_BYTES);
	rc = read_remote(&text, &there, cut, REL_LEDGER_PATH, err);
	/* a ledger that cannot be read is told when a line is to be added */
	if (rc == 0 && there) {
		rc = check_withdrawn(cut, rel_buf_str(&text), err);
		rc = rc == REL_EPARSE ? 0 : rc;
	}
	rel_buf_free(&text);
	return rc;
}

static char *copy_path(struct rel_cut *cut, const struct companion *companion)
{
	return rel_cut_text(cut, "%s/%s.was", cut->journal.dir, companion->key);
}

/* Keep what it was, once. */
static int keep(struct rel_cut *cut, const struct companion *companion,
		struct rel_str was, bool there, struct rel_error *err)
{
	char *path = copy_path(cut, companion);
	int rc = 0;

	if (rel_writable_is_git(cut->remote) ||
	    rel_journal_get(&cut->journal, SECTION, companion->key))
		return 0;
	if (!path)
		return rel_fail_nomem(err);
	if (there)
		rc = rel_file_put(path, was, err);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, SECTION, companion->key,
				     err, "%s", there ? KEPT : ABSENT);
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

/* What it is, and what it becomes. */
static int make(struct rel_buf *text, bool *changed, struct rel_buf *was,
		bool *there, struct rel_cut *cut,
		const struct companion *companion, struct rel_error *err)
{
	int rc = read_remote(was, there, cut, companion->path, err);

	return rc ? rc
		  : companion->make(text, changed, cut,
				    *there ? rel_buf_str(was)
					   : (struct rel_str){NULL, 0},
				    err);
}

static int add(struct rel_change *changes, size_t *n, struct rel_cut *cut,
	       const struct companion *companion, struct rel_error *err)
{
	struct rel_buf was, text;
	bool there = false, changed = false;
	char *copy;
	int rc;

	rel_buf_init(&was, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&text, REL_LIMIT_LEDGER_BYTES);
	rc = make(&text, &changed, &was, &there, cut, companion, err);
	if (rc == 0 && changed)
		rc = keep(cut, companion, rel_buf_str(&was), there, err);
	if (rc == 0 && changed) {
		copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
		changes[(*n)++] =
		    (struct rel_change){.path = companion->path,
					.content = rel_str_n(copy, text.len),
					.replace = there};
		rc = copy ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&was);
	rel_buf_free(&text);
	return rc;
}

/* "relctl.ledger: +a.1.0 …" for each line of a diff that is not context. */
static void tell_lines(const struct rel_cut *cut, const char *path,
		       struct rel_str diff)
{
	bool body = false;

	while (diff.ptr) {
		struct rel_str line = rel_str_cut(&diff, '\n');

		body |= rel_str_starts(line, REL_STR("@@ "));
		if (body && (rel_str_starts(line, REL_STR("+")) ||
			     rel_str_starts(line, REL_STR("-"))))
			rel_cut_tell(cut, REL_CUT_WRITE, "%s: %.*s", path,
				     REL_STR_ARG(line));
	}
}

static int tell_side(struct rel_cut *cut, const struct companion *companion,
		     struct rel_error *err)
{
	struct rel_buf was, text, diff;
	bool there = false, changed = false;
	int rc;

	rel_buf_init(&was, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&text, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&diff, REL_LIMIT_LEDGER_BYTES);
	rc = make(&text, &changed, &was, &there, cut, companion, err);
	if (rc == 0 && changed)
		rc = rel_git_patch_file(&diff, companion->path,
					rel_buf_str(&was), rel_buf_str(&text),
					err);
	if (rc == 0 && changed)
		tell_lines(cut, companion->path, rel_buf_str(&diff));
	rel_buf_free(&was);
	rel_buf_free(&text);
	rel_buf_free(&diff);
	return rc;
}

int rel_cut_tell_companions(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < REL_CUT_COMPANIONS; i++)
		rc = tell_side(cut, &companions[i], err);
	return rc;
}

int rel_cut_check_companions(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < REL_CUT_COMPANIONS; i++) {
		struct rel_buf was, text;
		bool there = false, changed = false;

		rel_buf_init(&was, REL_LIMIT_LEDGER_BYTES);
		rel_buf_init(&text, REL_LIMIT_LEDGER_BYTES);
		rc = make(&text, &changed, &was, &there, cut, &companions[i],
			  err);
		rel_buf_free(&was);
		rel_buf_free(&text);
	}
	return rc;
}

int rel_cut_add_companions(struct rel_change *changes, size_t *n,
			   struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < REL_CUT_COMPANIONS; i++)
		rc = add(changes, n, cut, &companions[i], err);
	return rc;
}

/* Is the file now what this cut made of what it was?  Then put that back. */
static int restore(struct rel_change *changes, size_t *n, struct rel_cut *cut,
		   const struct companion *companion, struct rel_error *err)
{
	const char *state =
	    rel_journal_get(&cut->journal, SECTION, companion->key);
	struct rel_buf was, text, now;
	char *path = copy_path(cut, companion), *copy;
	bool kept, there = false, changed = false;
	int rc = path ? 0 : rel_fail_nomem(err);

	if (!state || rc)
		return rc;
	kept = strcmp(state, KEPT) == 0;
	rel_buf_init(&was, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&text, REL_LIMIT_LEDGER_BYTES);
	rel_buf_init(&now, REL_LIMIT_LEDGER_BYTES);
	if (kept)
		rc = rel_file_read(&was, path, err);
	if (rc == 0)
		rc = companion->make(
		    &text, &changed, cut,
		    kept ? rel_buf_str(&was) : (struct rel_str){NULL, 0}, err);
	if (rc == 0)
		rc = read_remote(&now, &there, cut, companion->path, err);
	if (rc == 0 && there &&
	    rel_str_eq(rel_buf_str(&now), rel_buf_str(&text))) {
		copy = rel_arena_copy(&cut->arena, rel_buf_str(&was));
		changes[(*n)++] =
		    (struct rel_change){.path = companion->path,
					.content = rel_str_n(copy, was.len),
					.remove = !kept,
					.replace = kept};
		rc = copy ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&was);
	rel_buf_free(&text);
	rel_buf_free(&now);
	return rc;
}

int rel_cut_restore_companions(struct rel_change *changes, size_t *n,
			       struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < REL_CUT_COMPANIONS; i++)
		rc = restore(changes, n, cut, &companions[i], err);
	return rc;
}

int rel_cut_forget_companions(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < REL_CUT_COMPANIONS; i++) {
		char *path = copy_path(cut, &companions[i]);

		if (!path)
			rc = rel_fail_nomem(err);
		else if (unlink(path) != 0 && errno != ENOENT)
			rc = rel_fail_errno(err, errno, path, "cannot remove");
	}
	return rc;
}
