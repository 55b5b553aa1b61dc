/* A tag of a checkout, fetched when the clone was made without it. */
#include <stdlib.h>

#include "base/limits.h"
#include "git/checkout_internal.h"
#include "git/internal.h"

/* Returns 1, 0 for a tag that is not here, or a negative code. */
static int look(struct rel_git_id *commit, struct rel_git_checkout *checkout,
		const char *ref, struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];
	struct rel_git_id tag;
	int r = rel_git_ref_read(&tag, checkout->store, ref, err);

	if (r <= 0)
		return r;
	r = rel_git_resolve(commit, checkout->store,
			    rel_git_id_format(id, &tag), err);
	return r < 0 ? r : 1;
}

/* Where `git fetch NAME` goes. */
static int fetch_url(struct rel_buf *out, struct rel_git_checkout *checkout,
		     const char *name, struct rel_error *err)
{
	const char *args[] = {"remote", "get-url", "--", name, NULL};
	struct rel_git_run run;
	struct rel_str text;
	int r;

	rel_git_checkout_run_init(&run, checkout, NULL, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_run_ok(&run, args, err);
	text = rel_buf_str(&run.out);
	if (r == 0)
		rel_buf_add_str(out, rel_str_cut(&text, '\n'));
	rel_git_run_free(&run);
	return r < 0 ? r : rel_buf_status(out, "address of a remote", err);
}

static int run_fetch(struct rel_git_checkout *checkout, const char *name,
		     const char *location, const char *ref,
		     const struct rel_git_fetch_options *options,
		     struct rel_error *err)
{
	char *spec = NULL;
	const char *args[] = {"fetch", "--quiet", "--no-tags", "--",
			      name,    NULL,	  NULL};
	struct rel_git_url url;
	struct rel_git_run run;
	struct rel_buf clean;
	int r = rel_git_url_parse(&url, location, err);

	if (r < 0)
		return r;
	if (asprintf(&spec, "%s:%s", ref, ref) < 0)
		return rel_fail_nomem(err);
	args[5] = spec;
	rel_buf_init(&clean, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&clean, location);
	r = rel_buf_status(&clean, "address of a remote", err);
	rel_git_checkout_run_init(&run, checkout, options, 0);
	run.url = &url;
	run.clean = clean.ptr;
	run.what = "cannot fetch the tag";
	if (r == 0)
		r = rel_git_run_ok(&run, args, err);
	rel_git_run_free(&run);
	rel_buf_free(&clean);
	free(spec);
	return r < 0 ? r : rel_git_store_refresh(checkout->store, err);
}

static int fetch(struct rel_git_checkout *checkout, const char *ref,
		 const struct rel_git_fetch_options *options,
		 struct rel_error *err)
{
	struct rel_git_head head;
	struct rel_buf location;
	int r = rel_git_checkout_head(&head, checkout, err);

	if (r < 0)
		return r;
	rel_buf_init(&location, REL_LIMIT_CONFIG_BYTES);
	if (head.remote == NULL)
		r = rel_fail(err, REL_ENOTFOUND,
			     "is not in this checkout, which has no remote to "
			     "fetch it from");
	if (r == 0)
		r = fetch_url(&location, checkout, head.remote, err);
	if (r == 0)
		r = run_fetch(checkout, head.remote, location.ptr, ref, options,
			      err);
	rel_buf_free(&location);
	rel_git_head_free(&head);
	return r;
}

int rel_git_checkout_tag(struct rel_git_id *commit, bool *fetched,
			 struct rel_git_checkout *checkout, const char *tag,
			 const struct rel_git_fetch_options *options,
			 struct rel_error *err)
{
	char *ref = NULL;
	int r;

	*fetched = false;
	if (asprintf(&ref, "refs/tags/%s", tag) < 0)
		return rel_fail_nomem(err);
	r = look(commit, checkout, ref, err);
	if (r == 0) {
		*fetched = true;
		r = fetch(checkout, ref, options, err);
		if (r == 0)
			r = look(commit, checkout, ref, err);
		if (r == 0)
			r = rel_fail(err, REL_ENOTFOUND, "cannot be found");
	}
	if (r < 0)
		rel_error_prefix(err, "the tag %s", tag);
	free(ref);
	return r < 0 ? r : 0;
}
