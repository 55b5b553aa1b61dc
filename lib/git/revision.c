/* Revisions to commits, and texts that help when there is none. */
#include "git/objects.h"

#include "base/buf.h"
#include "base/limits.h"
#include "git/git_private.h"

static int fail_unknown(struct rel_git_store *store, const char *revision,
			struct rel_error *err)
{
	struct rel_git_hints hints = {.wanted = revision};
	git_reference_iterator *iterator = NULL;
	const char *name;

	if (git_reference_iterator_new(&iterator, store->repo) < 0)
		return rel_fail(err, REL_EIO, "cannot read the references");
	while (git_reference_next_name(&name, iterator) == 0)
		rel_git_hints_add(&hints, rel_str_of(name));
	git_reference_iterator_free(iterator);
	return rel_git_hints_fail(&hints, err);
}

static int fail_resolve(struct rel_git_store *store, int status,
			const char *revision, struct rel_error *err)
{
	int rc;

	if (status == GIT_EINVALIDSPEC)
		rc = rel_fail(err, REL_EUSAGE, "'%s' is no revision", revision);
	else if (status == GIT_EAMBIGUOUS)
		rc = rel_fail(err, REL_EUSAGE,
			      "'%s' is short for several commits; give more "
			      "digits",
			      revision);
	else if (status != GIT_ENOTFOUND)
		rc = rel_git_library_fail(err, status, "cannot resolve '%s'",
					  revision);
	else if (rel_git_store_is_shallow(store))
		rc = rel_fail(err, REL_ENOTFOUND,
			      "no revision '%s' here: the history is shallow; "
			      "git fetch --unshallow brings the rest",
			      revision);
	else
		rc = fail_unknown(store, revision, err);
	rel_error_at(err, store->path, 0, 0);
	return rc;
}

/* Does `revision` start from HEAD?  Then its rest ("~1", "") is returned. */
static const char *after_head(const char *revision)
{
	const char *rest = NULL;

	if (strncmp(revision, "HEAD", 4) == 0)
		rest = revision + 4;
	else if (revision[0] == '@')
		rest = revision + 1;
	if (rest != NULL && *rest != '\0' && *rest != '~' && *rest != '^')
		rest = NULL;
	return rest;
}

/*
 * Can the object be read that the reference in front of `spec` names?  0 also
 * when it is no reference.  git_revparse_single() of libgit2 1.5 would leak
 * the reference if not.
 */
static int probe(struct rel_git_store *store, const char *spec)
{
	git_reference *ref = NULL, *direct = NULL;
	git_object *object = NULL;
	char *base = strndup(spec, strcspn(spec, "~^:@{"));
	int status = 0;

	if (base != NULL && *base != '\0' &&
	    git_reference_dwim(&ref, store->repo, base) == 0 &&
	    git_reference_resolve(&direct, ref) == 0)
		status = git_object_lookup(&object, store->repo,
					   git_reference_target(direct),
					   GIT_OBJECT_ANY);
	git_object_free(object);
	git_reference_free(direct);
	git_reference_free(ref);
	free(base);
	return status;
}

/*
 * `prefix` + revision as libgit2 sees it, or its status.  "@~1" is spelt out,
 * because libgit2 knows only the bare "@".
 */
static int lookup(git_object **out, struct rel_git_store *store,
		  const char *prefix, const char *revision)
{
	const char *rest = after_head(revision);
	struct rel_buf spec;
	int status;

	rel_buf_init(&spec, REL_LIMIT_CHILD_TEXT);
	rel_buf_printf(&spec, "%s%s%s", prefix, rest ? "HEAD" : "",
		       rest ? rest : revision);
	status = spec.status < 0 ? GIT_EINVALIDSPEC : probe(store, spec.ptr);
	if (status == 0)
		status = git_revparse_single(out, store->repo, spec.ptr);
	rel_buf_free(&spec);
	return status;
}

int rel_git_resolve(struct rel_git_id *commit, struct rel_git_store *store,
		    const char *revision, struct rel_error *err)
{
	git_object *found = NULL, *peeled = NULL;
	int status, rc = 0;

	if (revision == NULL || *revision == '\0')
		revision = "HEAD";
	status = lookup(&found, store, "", revision);
	if (status == GIT_ENOTFOUND)
		status =
		    lookup(&found, store, "refs/remotes/origin/", revision);
	if (status < 0) {
		rc = fail_resolve(store, status, revision, err);
		goto out;
	}
	status = git_object_peel(&peeled, found, GIT_OBJECT_COMMIT);
	if (status == GIT_ENOTFOUND) {
		rc = fail_resolve(store, status, revision, err);
		goto out;
	}
	if (status < 0) {
		rc = rel_fail(err, REL_EPARSE, "'%s' is a %s, not a commit",
			      revision,
			      git_object_type2string(git_object_type(found)));
		rel_error_at(err, store->path, 0, 0);
		goto out;
	}
	rel_git_id_of_oid(commit, git_object_id(peeled));
out:
	git_object_free(peeled);
	git_object_free(found);
	return rc;
}

int rel_git_resolve_from(struct rel_git_id *commit, struct rel_git_store *store,
			 const struct rel_git_id *tip, const char *revision,
			 struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	const char *rest;
	struct rel_buf spec;
	int rc;

	if (revision == NULL || *revision == '\0')
		revision = "HEAD";
	rest = after_head(revision);
	if (rest == NULL)
		return rel_git_resolve(commit, store, revision, err);
	rel_buf_init(&spec, REL_LIMIT_CHILD_TEXT);
	rel_buf_printf(&spec, "%s%s", rel_git_id_format(hex, tip), rest);
	rc = rel_buf_status(&spec, "revision", err);
	if (rc == 0)
		rc = rel_git_resolve(commit, store, spec.ptr, err);
	if (rc == REL_ENOTFOUND && *rest != '\0') {
		rel_fail(
		    err, rc, "'%s' is further back than the %shistory of %s",
		    revision, rel_git_store_is_shallow(store) ? "shallow " : "",
		    hex);
		rel_error_at(err, store->path, 0, 0);
	}
	rel_buf_free(&spec);
	return rc;
}

static int commit_open(git_commit **out, struct rel_git_store *store,
		       const struct rel_git_id *id, struct rel_error *err)
{
	git_odb_object *object = NULL;
	char hex[REL_GIT_ID_TEXT];
	git_oid oid;
	int status, rc;

	rel_git_id_to_oid(&oid, id);
	status = git_commit_lookup(out, store->repo, &oid);
	if (status == 0 && store->fetched)
		return 0;
	if (status == 0) {
		/* Is it what its id says? */
		rc = rel_git_object_read(&object, store, id, GIT_OBJECT_COMMIT,
					 SIZE_MAX, err);
		git_odb_object_free(object);
		if (rc < 0)
			git_commit_free(*out);
		return rc;
	}
	rel_git_id_format(hex, id);
	if (status == GIT_ENOTFOUND)
		return fail_resolve(store, status, hex, err);
	rel_git_library_fail(err, status, "cannot read commit %s", hex);
	rel_error_at(err, store->path, 0, 0);
	return REL_EIO;
}

int rel_git_commit_tree(struct rel_git_id *tree, struct rel_git_store *store,
			const struct rel_git_id *commit, const char *subdir,
			struct rel_error *err)
{
	struct rel_git_entry entry;
	git_commit *found = NULL;
	int rc = commit_open(&found, store, commit, err);

	if (rc < 0)
		return rc;
	rel_git_id_of_oid(tree, git_commit_tree_id(found));
	git_commit_free(found);
	if (subdir == NULL || *subdir == '\0')
		return 0;
	rc = rel_git_tree_find(&entry, store, tree, rel_str_of(subdir), err);
	if (rc == 0 && entry.kind != REL_GIT_TREE)
		rc = rel_fail(err, REL_ENOTFOUND, "%s is no directory", subdir);
	if (rc < 0) {
		rel_error_at(err, store->path, 0, 0);
		return rc;
	}
	*tree = entry.id;
	return 0;
}

int rel_git_commit_author(struct rel_buf *name, struct rel_buf *email,
			  struct rel_git_store *store,
			  const struct rel_git_id *commit,
			  struct rel_error *err)
{
	git_commit *found = NULL;
	int rc = commit_open(&found, store, commit, err);

	if (rc < 0)
		return rc;
	rel_buf_add_cstr(name, git_commit_author(found)->name);
	rel_buf_add_cstr(email, git_commit_author(found)->email);
	git_commit_free(found);
	rc = rel_buf_status(name, "name of an author", err);
	return rc < 0 ? rc : rel_buf_status(email, "address of an author", err);
}

int rel_git_commit_time(int64_t *seconds, struct rel_git_store *store,
			const struct rel_git_id *commit, struct rel_error *err)
{
	git_commit *found = NULL;
	int rc = commit_open(&found, store, commit, err);

	if (rc < 0)
		return rc;
	*seconds = git_commit_time(found);
	git_commit_free(found);
	return 0;
}

int rel_git_is_ancestor(struct rel_git_store *store,
			const struct rel_git_id *old,
			const struct rel_git_id *fresh, struct rel_error *err)
{
	git_oid a, b;
	int rc;

	rel_git_id_to_oid(&a, old);
	rel_git_id_to_oid(&b, fresh);
	if (git_oid_equal(&a, &b))
		return 1;
	if (!git_odb_exists(store->odb, &a))
		return 0;
	rc = git_graph_descendant_of(store->repo, &b, &a);
	if (rc >= 0)
		return rc;
	return rel_git_library_fail(err, rc, "cannot follow the history of %s",
				    store->path);
}

/* Levenshtein's distance; both at most REL_GIT_HINT_LENGTH long. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[REL_GIT_HINT_LENGTH + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[n];
}

static void keep_near(struct rel_git_hints *hints, struct rel_str text)
{
	char name[REL_GIT_HINT_LENGTH + 1];
	size_t at, distance;

	if (text.len > REL_GIT_HINT_LENGTH)
		return;
	snprintf(name, sizeof(name), "%.*s", REL_STR_ARG(text));
	distance = edit_distance(hints->wanted, name);
	at = hints->n_near;
	while (at > 0 && hints->near[at - 1].distance > distance)
		at--;
	if (at == REL_GIT_HINT_NAMES)
		return;
	if (hints->n_near < REL_GIT_HINT_NAMES)
		hints->n_near++;
	for (size_t i = hints->n_near - 1; i > at; i--)
		hints->near[i] = hints->near[i - 1];
	hints->near[at].distance = distance;
	snprintf(hints->near[at].name, sizeof(hints->near[at].name), "%s",
		 name);
}

void rel_git_hints_add(struct rel_git_hints *hints, struct rel_str ref)
{
	static const char *const prefixes[] = {
	    "refs/heads/", "refs/remotes/origin/", "refs/tags/"};

	hints->n_refs++;
	/* What an annotated tag points to is listed beside it. */
	if (rel_str_ends(ref, REL_STR("^{}")))
		return;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!rel_str_starts(ref, rel_str_of(prefixes[i])))
			continue;
		hints->n_names++;
		hints->n_branches += i < 2;
		if (strlen(hints->wanted) <= REL_GIT_HINT_LENGTH)
			keep_near(hints, rel_str_sub(ref, strlen(prefixes[i]),
						     ref.len));
	}
}

int rel_git_hints_fail(const struct rel_git_hints *hints, struct rel_error *err)
{
	struct rel_buf names;

	if (hints->n_refs == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"the git repository is empty: it has no "
				"branch and no tag yet");
	if (hints->n_near == 0)
		return rel_fail(err, REL_ENOTFOUND, "no revision '%.100s'",
				hints->wanted);
	rel_buf_init(&names, REL_LIMIT_CHILD_TEXT);
	for (size_t i = 0; i < hints->n_near; i++)
		rel_buf_printf(&names, "%s%s", i ? ", " : "",
			       hints->near[i].name);
	rel_fail(
	    err, REL_ENOTFOUND, "no revision '%s'; %s %.*s%s", hints->wanted,
	    hints->n_names > hints->n_near ? "the nearest are" : "there is",
	    REL_STR_ARG(rel_buf_str(&names)),
	    hints->n_branches ? "" : " (and no branch)");
	rel_buf_free(&names);
	return REL_ENOTFOUND;
}
