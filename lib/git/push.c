/* Pushing with the installed git; see git/remote.h. */
#include <stdlib.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/remote.h"
#include "git/run.h"

/* References of one push; a cut has two or three, and each takes two
 * arguments of git. */
#define REFS_MAX 20

/* What one call has to do. */
struct push {
	struct rel_git_push_result *result;
	struct rel_git_store *store;
	struct rel_git_remote *remote;
	const char *name; /* of the remote in the store's configuration */
	const struct rel_git_push_ref *refs;
	size_t n;
	bool try; /* ask only */
};

void rel_git_push_result_free(struct rel_git_push_result *result)
{
	rel_buf_free(&result->ref);
	rel_buf_free(&result->text);
}

static bool is_deletion(const struct rel_git_push_ref *ref)
{
	static const struct rel_git_id zero = {{0}};

	return rel_git_id_eq(&ref->id, &zero);
}

/* A branch may only grow: its new commit has the old one behind it. */
static int check_forward(struct push *p, const struct rel_git_push_ref *ref,
			 struct rel_error *err)
{
	char old[REL_GIT_ID_TEXT], fresh[REL_GIT_ID_TEXT];
	const char *args[] = {"merge-base", "--is-ancestor",
			      rel_git_id_format(old, &ref->old),
			      rel_git_id_format(fresh, &ref->id), NULL};
	struct rel_git_run run;
	int rc;

	if (strncmp(ref->name, "refs/heads/", 11) != 0 || !ref->has_old ||
	    ref->back || is_deletion(ref) || rel_git_id_eq(&ref->id, &ref->old))
		return 0;
	rel_git_run_init(&run, &p->remote->options, 0);
	run.git_dir = p->store->path;
	run.made = p->store->made;
	rc = rel_git_run(&run, args, err);
	if (rc == 0 && run.status != 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "%.200s: %.12s is not behind %.12s, and nothing "
			      "is pushed by force",
			      ref->name, old, fresh);
	rel_git_run_free(&run);
	return rc;
}

static int check_ref(struct push *p, const struct rel_git_push_ref *ref,
		     struct rel_error *err)
{
	git_object_t type;
	git_oid oid;
	size_t size;

	if (strncmp(ref->name, "refs/", 5) != 0 ||
	    !rel_git_is_ref_name(ref->name))
		return rel_fail(err, REL_EUSAGE,
				"git allows no reference named '%.200s'",
				ref->name);
	rel_git_id_to_oid(&oid, &ref->id);
	if (!is_deletion(ref) &&
	    git_odb_read_header(&size, &type, p->store->odb, &oid) < 0)
		return rel_fail(err, REL_EUSAGE,
				"what is to be pushed to %.200s is not there",
				ref->name);
	return check_forward(p, ref, err);
}

/* "--force-with-lease=REF:OLD" and "NEW:REF".  The lease makes git compare
 * what the server has with OLD; the server compares again under its lock. */
static int add_ref(char *args[], size_t *n, const struct rel_git_push_ref *ref)
{
	char old[REL_GIT_ID_TEXT] = "", fresh[REL_GIT_ID_TEXT] = "";

	if (ref->has_old)
		rel_git_id_format(old, &ref->old);
	if (!is_deletion(ref))
		rel_git_id_format(fresh, &ref->id);
	args[REFS_MAX + *n] = NULL;
	if (asprintf(&args[*n], "--force-with-lease=%s:%s", ref->name, old) < 0)
		args[*n] = NULL;
	if (asprintf(&args[REFS_MAX + *n], "%s:%s", fresh, ref->name) < 0)
		args[REFS_MAX + *n] = NULL;
	++*n;
	return args[*n - 1] && args[REFS_MAX + *n - 1] ? 0 : REL_ENOMEM;
}

/* One run of "git push" for some of the references. */
static int run_push(struct push *p, struct rel_git_run *run, bool atomic,
		    const struct rel_git_push_ref *refs, size_t n_refs,
		    struct rel_error *err)
{
	const char *args[2 * REFS_MAX + 12] = {"push", "--porcelain",
					       "--progress", "--no-follow-tags",
					       "--recurse-submodules=no"};
	char *texts[2 * REFS_MAX] = {NULL};
	size_t n = 5, made = 0;
	int rc = 0;

	if (atomic)
		args[n++] = "--atomic";
	if (p->try) {
		args[n++] = "--dry-run";
		args[n++] = "--no-verify";
	}
	for (size_t i = 0; rc == 0 && i < n_refs; i++)
		rc = add_ref(texts, &made, &refs[i]);
	for (size_t i = 0; i < made; i++)
		args[n++] = texts[i];
	args[n++] = "--";
	args[n++] = p->name ? p->name : p->remote->place.ptr;
	for (size_t i = 0; i < made; i++)
		args[n++] = texts[REFS_MAX + i];
	rc = rc < 0 ? rel_fail_nomem(err) : rel_git_run(run, args, err);
	for (size_t i = 0; i < made; i++) {
		free(texts[i]);
		free(texts[REFS_MAX + i]);
	}
	return rc;
}

/* "!<tab>FROM:TO<tab>[rejected] (stale info)": the first such line. */
struct refusal {
	struct rel_str ref, reason;
	bool by_server; /* "[remote rejected]" */
};

/* Of several that fail together, one has the reason (git's builtin/
 * receive-pack.c and send-pack.c). */
static bool fell_with_another(const struct refusal *refusal)
{
	static const char *const reasons[] = {
	    "atomic push failed", "atomic push failure",
	    "atomic transaction failed", "transaction aborted"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (rel_str_is(refusal->reason, reasons[i]))
			return true;
	return false;
}

static bool find_refusal(struct refusal *out, struct rel_str text)
{
	while (text.ptr != NULL) {
		struct rel_str line = rel_str_cut(&text, '\n');
		size_t open;

		if (!rel_str_starts(line, REL_STR("!\t")))
			continue;
		line = rel_str_sub(line, 2, line.len);
		out->ref = rel_str_cut(&line, '\t');
		out->ref = rel_str_sub(
		    out->ref, rel_str_find(out->ref, ':') + 1, out->ref.len);
		out->by_server =
		    rel_str_starts(line, REL_STR("[remote rejected]"));
		open = rel_str_find(line, '(');
		out->reason = rel_str_trim(
		    rel_str_sub(line, open + 1, rel_str_rfind(line, ')')));
		if (!fell_with_another(out))
			return true;
	}
	return out->ref.ptr != NULL;
}

/* git's own words for "it is not what you expect".  A server that knows what
 * was expected and still says "non-fast-forward" lets nothing be taken back
 * (receive.denyNonFastForwards). */
static bool is_stale(const struct refusal *refusal)
{
	static const char *const reasons[] = {"stale info", "fetch first",
					      "non-fast-forward",
					      "already exists", "needs force"};

	if (refusal->by_server &&
	    rel_str_is(refusal->reason, "non-fast-forward"))
		return false;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (rel_str_is(refusal->reason, reasons[i]))
			return true;
	return false;
}

static bool is_locked(struct rel_str text)
{
	static const char lock[] = ".lock': File exists";

	return text.len > 0 &&
	       memmem(text.ptr, text.len, lock, sizeof(lock) - 1) != NULL;
}

static bool starts_with_one(struct rel_str line, const char *const starts[])
{
	for (size_t i = 0; starts[i] != NULL; i++)
		if (rel_str_starts(line, rel_str_of(starts[i])))
			return true;
	return false;
}

/* What both sides say while all goes well. */
static bool is_chatter(struct rel_str line)
{
	static const char *const starts[] = {
	    "Enumerating objects", "Counting objects",
	    "Compressing objects", "Writing objects",
	    "Delta compression",   "Total ",
	    "Resolving deltas",	   NULL};

	return line.len == 0 || starts_with_one(line, starts);
}

/* What the git on this side says of a failure, beside its reason. */
static bool is_our_own(struct rel_str line)
{
	static const char *const starts[] = {"To ", "Everything up-to-date",
					     "error: failed to push some refs",
					     "hint:", NULL};

	return starts_with_one(line, starts);
}

/* A line without what would steer a terminal, behind those before it. */
static void add_line(struct rel_buf *out, struct rel_str line)
{
	size_t at = 0;

	if (out->len > 0)
		rel_buf_add_cstr(out, "; ");
	while (at < line.len) {
		uint32_t rune;
		size_t len = rel_str_rune(line, at, &rune);

		if (rune == REL_STR_NO_RUNE)
			rel_buf_add_char(out, '?');
		else if (rel_rune_is_control(rune))
			rel_buf_add_char(out, ' ');
		else
			rel_buf_add(out, line.ptr + at, len);
		at += len;
	}
}

/* What the server said, and the reason git gives. */
static void take_words(struct rel_git_push_result *result, struct rel_str text,
		       const struct refusal *refusal)
{
	rel_buf_clear(&result->text);
	while (text.ptr != NULL) {
		struct rel_str line = rel_str_cut(&text, '\n');

		if (rel_str_starts(line, REL_STR("remote: ")))
			line = rel_str_sub(line, 8, line.len);
		else if (refusal == NULL || is_our_own(line))
			continue;
		line = rel_str_trim(line);
		if (!is_chatter(line))
			add_line(&result->text, line);
	}
	if (refusal != NULL && refusal->reason.len > 0)
		add_line(&result->text, refusal->reason);
}

static void set_ref(struct rel_git_push_result *result, struct rel_str name)
{
	rel_buf_clear(&result->ref);
	rel_buf_add_str(&result->ref, name);
}

/*
 * What has become of a push that failed, from what the remote has now: it may
 * have gone through, and only the answer was lost.
 * Returns  1 *outcome is known; 0 it is not
 */
static int look_again(struct push *p, const struct rel_git_push_ref *refs,
		      size_t n, struct rel_error *err)
{
	struct rel_git_listing listing;
	size_t done = 0, moved = n;
	int rc;

	rel_git_listing_init(&listing);
	for (size_t i = 0; i < n; i++)
		rel_git_listing_want(&listing, refs[i].name);
	rc = rel_git_remote_list(&listing, p->remote, err);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct rel_git_id *now =
		    rel_git_listing_find(&listing, refs[i].name);
		bool deletion = is_deletion(&refs[i]);

		if (deletion ? now == NULL
			     : now && rel_git_id_eq(now, &refs[i].id))
			done++;
		else if ((now != NULL) != refs[i].has_old ||
			 (now && !rel_git_id_eq(now, &refs[i].old)))
			moved = moved == n ? i : moved;
	}
	rel_git_listing_free(&listing);
	if (rc < 0)
		return rc;
	if (moved < n) {
		set_ref(p->result, rel_str_of(refs[moved].name));
		p->result->outcome = REL_GIT_RACED;
		return 1;
	}
	p->result->outcome = REL_GIT_DONE;
	return done == n;
}

/* Of a push that failed.  0 when the outcome is known. */
static int settle(struct push *p, const struct rel_git_run *run,
		  const struct rel_git_push_ref *refs, size_t n,
		  struct rel_error *err)
{
	struct refusal refusal = {.ref = {0}};
	bool refused = find_refusal(&refusal, rel_buf_str(&run->out));
	struct rel_str words = rel_buf_str(&run->err_out);
	int known;

	take_words(p->result, words, &refusal);
	known = p->try ? 0 : look_again(p, refs, n, NULL);
	if (known > 0)
		return 0;
	if (!refused)
		return rel_git_run_fail(run, err);
	set_ref(p->result, refusal.ref);
	p->result->outcome = is_stale(&refusal) || is_locked(words)
				 ? REL_GIT_RACED
				 : REL_GIT_REJECTED;
	return 0;
}

static bool lacks_atomic(const struct rel_git_run *run)
{
	static const char phrase[] = "does not support --atomic";

	return run->status != 0 && run->err_out.len > 0 &&
	       memmem(run->err_out.ptr, run->err_out.len, phrase,
		      sizeof(phrase) - 1) != NULL;
}

/* Push some of the references and find out what became of it.
 * Returns  1 when that cannot be done at once */
static int push_some(struct push *p, const struct rel_git_push_ref *refs,
		     size_t n, struct rel_error *err)
{
	struct rel_git_run run;
	char title[REL_ERROR_TEXT_MAX];
	int rc;

	rel_git_remote_run_init(&run, p->remote, "cannot push",
				REL_LIMIT_GIT_REFS_BYTES);
	run.counted = "Writing objects";
	snprintf(title, sizeof(title), "pushing to %s", p->remote->place.ptr);
	run.title = title;
	rc = run_push(p, &run, n > 1, refs, n, err);
	if (rc == 0 && run.status == 0) {
		take_words(p->result, rel_buf_str(&run.err_out), NULL);
		p->result->outcome = REL_GIT_DONE;
	} else if (rc == 0 && lacks_atomic(&run)) {
		rc = 1;
	} else if (rc == 0) {
		rc = settle(p, &run, refs, n, err);
	}
	rel_git_run_free(&run);
	return rc;
}

static int push_all(struct push *p, struct rel_error *err)
{
	int rc = push_some(p, p->refs, p->n, err);

	p->result->atomic = rc != 1;
	if (rc != 1)
		return rc;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < p->n; i++) {
		rc = push_some(p, &p->refs[i], 1, err);
		if (rc == 0 && p->result->outcome != REL_GIT_DONE)
			break;
	}
	return rc;
}

static int push(struct push *p, struct rel_error *err)
{
	struct rel_git_push_result *result = p->result;
	int rc = 0;

	rel_git_push_result_free(result);
	memset(result, 0, sizeof(*result));
	rel_buf_init(&result->ref, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&result->text, REL_LIMIT_CHILD_TEXT);
	if (p->n == 0 || p->n > REFS_MAX)
		return rel_fail(err, REL_EUSAGE,
				"1 to %d references can be pushed at once, "
				"not %zu",
				REFS_MAX, p->n);
	p->remote->git_dir = p->store->path;
	p->remote->made = p->store->made;
	for (size_t i = 0; rc == 0 && i < p->n; i++) {
		rc = check_ref(p, &p->refs[i], err);
		if (rc == 0 && p->try)
			rc = rel_git_remote_accepts(p->remote, p->refs[i].name,
						    err);
	}
	return rc == 0 ? push_all(p, err) : rc;
}

int rel_git_remote_push(struct rel_git_push_result *result,
			struct rel_git_remote *remote,
			struct rel_git_store *store, const char *name,
			const struct rel_git_push_ref *refs, size_t n_refs,
			struct rel_error *err)
{
	struct push p = {.result = result,
			 .store = store,
			 .remote = remote,
			 .name = name,
			 .refs = refs,
			 .n = n_refs};

	return push(&p, err);
}

int rel_git_remote_push_try(struct rel_git_remote *remote,
			    struct rel_git_store *store, const char *name,
			    const struct rel_git_push_ref *refs, size_t n_refs,
			    struct rel_error *err)
{
	struct rel_git_push_result result = {0};
	struct push p = {.result = &result,
			 .store = store,
			 .remote = remote,
			 .name = name,
			 .refs = refs,
			 .n = n_refs,
			 .try = true};
	int rc = push(&p, err);

	if (rc == 0 && result.outcome == REL_GIT_RACED)
		rc = rel_fail(err, REL_ESTALE, "%s has moved in the meantime",
			      result.ref.len ? result.ref.ptr : "a branch");
	else if (rc == 0 && result.outcome == REL_GIT_REJECTED)
		rc = rel_fail(err, REL_EIO, "the push would be refused: %s",
			      result.text.len ? result.text.ptr
					      : "no reason given");
	rel_git_push_result_free(&result);
	return rc;
}

int rel_git_push(struct rel_git_push_result *result,
		 struct rel_git_store *store, const char *location,
		 const char *name, const struct rel_git_push_ref *refs,
		 size_t n_refs, const struct rel_git_fetch_options *options,
		 struct rel_error *err)
{
	struct rel_git_remote remote;
	int rc = rel_git_remote_open(&remote, location, options, err);

	if (rc == 0)
		rc = rel_git_remote_push(result, &remote, store, name, refs,
					 n_refs, err);
	rel_git_remote_close(&remote);
	return rc;
}

int rel_git_push_try(struct rel_git_store *store, const char *location,
		     const char *name, const struct rel_git_push_ref *refs,
		     size_t n_refs, const struct rel_git_fetch_options *options,
		     struct rel_error *err)
{
	struct rel_git_remote remote;
	int rc = rel_git_remote_open(&remote, location, options, err);

	if (rc == 0)
		rc = rel_git_remote_push_try(&remote, store, name, refs, n_refs,
					     err);
	rel_git_remote_close(&remote);
	return rc;
}
