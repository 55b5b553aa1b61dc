#include "git/listing.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "git/internal.h"

int rel_git_remote_init(struct rel_git_remote *out, const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->cache.lock.fd = -1;
	out->cache.child_fd = -1;
	if (options != NULL)
		out->options = *options;
	rel_buf_init(&out->place, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&out->title, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_url_parse(&out->url, location, err);
	if (r < 0 || out->url.transport == REL_GIT_LOCAL)
		return r;
	rel_git_url_clean(&out->place, &out->url);
	rel_buf_printf(&out->title, "%.*s%s%.*s", REL_STR_ARG(out->url.host),
		       out->url.scp ? ":" : "", REL_STR_ARG(out->url.path));
	return rel_buf_status(&out->place, "location", err);
}

/* A path is made absolute, because git runs elsewhere. */
static int fill_local(struct rel_git_remote *remote, struct rel_error *err)
{
	char *path = strndup(remote->url.path.ptr, remote->url.path.len);
	char *full = path ? realpath(path, NULL) : NULL;
	int r = 0;

	if (path == NULL)
		return rel_fail_nomem(err);
	if (full == NULL)
		r = rel_fail_errno(err, errno, path, "cannot write to it");
	else
		rel_buf_add_cstr(&remote->place, full);
	free(full);
	free(path);
	return r < 0 ? r : rel_buf_status(&remote->place, "location", err);
}

int rel_git_remote_open(struct rel_git_remote *out, const char *location,
			const struct rel_git_fetch_options *options,
			struct rel_error *err)
{
	int r = rel_git_remote_init(out, location, options, err);

	if (r == 0 && out->options.offline)
		r = rel_fail(err, REL_EUSAGE, "nothing can be pushed offline");
	if (r == 0 && out->url.transport == REL_GIT_LOCAL)
		r = fill_local(out, err);
	return r;
}

void rel_git_remote_close(struct rel_git_remote *remote)
{
	rel_git_cache_free(&remote->cache);
	rel_buf_free(&remote->title);
	rel_buf_free(&remote->place);
}

void rel_git_remote_run_init(struct rel_git_run *run,
			     struct rel_git_remote *remote, const char *what,
			     size_t out_max)
{
	rel_git_run_init(run, &remote->options, out_max);
	run->git_dir = remote->git_dir ? remote->git_dir : REL_GIT_NOWHERE;
	run->made = remote->made;
	run->cwd = remote->git_dir ? NULL : "/";
	run->url = &remote->url;
	run->clean = remote->place.ptr;
	run->what = what;
}

void rel_git_listing_init(struct rel_git_listing *listing)
{
	memset(listing, 0, sizeof(*listing));
	rel_buf_init(&listing->head, REL_LIMIT_GIT_PATH_BYTES);
}

void rel_git_listing_free(struct rel_git_listing *listing)
{
	rel_buf_free(&listing->head);
}

void rel_git_listing_want(struct rel_git_listing *listing, const char *name)
{
	assert(listing->n < REL_GIT_LISTING_MAX);
	listing->wanted[listing->n++] = name;
}

/* "ID<tab>NAME", and of HEAD "ref: BRANCH<tab>HEAD" before it.  git lists
 * longer names that end in a wanted one, too. */
static int take_line(struct rel_git_listing *listing, struct rel_str line,
		     struct rel_error *err)
{
	struct rel_str value = rel_str_cut(&line, '\t');
	struct rel_git_id id;

	if (rel_str_starts(value, REL_STR("ref: ")) &&
	    rel_str_is(line, "HEAD")) {
		rel_buf_clear(&listing->head);
		rel_buf_add_str(&listing->head,
				rel_str_sub(value, 5, value.len));
		return 0;
	}
	if (line.ptr == NULL || !rel_git_id_parse(&id, value))
		return 0;
	for (size_t i = 0; i < listing->n; i++) {
		if (!rel_str_is(line, listing->wanted[i]))
			continue;
		listing->ids[i] = id;
		listing->found[i] = true;
	}
	return listing->each ? listing->each(listing->context, line, &id, err)
			     : 0;
}

int rel_git_remote_list(struct rel_git_listing *listing,
			struct rel_git_remote *remote, struct rel_error *err)
{
	const char *args[REL_GIT_LISTING_MAX + 6] = {
	    "ls-remote", "-q", "--symref", "--", remote->place.ptr};
	struct rel_git_run run;
	struct rel_str rest;
	int r;

	for (size_t i = 0; i < listing->n; i++)
		args[5 + i] = listing->wanted[i];
	rel_git_remote_run_init(&run, remote, "cannot look at the remote",
				REL_LIMIT_GIT_REFS_BYTES);
	r = rel_git_run_ok(&run, args, err);
	rest = rel_buf_str(&run.out);
	while (r == 0 && rest.ptr != NULL)
		r = take_line(listing, rel_str_cut(&rest, '\n'), err);
	rel_git_run_free(&run);
	return r < 0 ? r : rel_buf_status(&listing->head, "HEAD", err);
}

const struct rel_git_id *rel_git_listing_find(
    const struct rel_git_listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->n; i++)
		if (listing->found[i] && strcmp(listing->wanted[i], name) == 0)
			return &listing->ids[i];
	return NULL;
}

/* Ask a location. */
static int ask(struct rel_git_listing *listing, const char *location,
	       const struct rel_git_fetch_options *options,
	       struct rel_error *err)
{
	struct rel_git_remote remote;
	int r = rel_git_remote_open(&remote, location, options, err);

	if (r == 0)
		r = rel_git_remote_list(listing, &remote, err);
	rel_git_remote_close(&remote);
	return r;
}

int rel_git_remote_ref(struct rel_git_id *id, const char *location,
		       const char *name,
		       const struct rel_git_fetch_options *options,
		       struct rel_error *err)
{
	const struct rel_git_id *found;
	struct rel_git_listing listing;
	int r;

	if (!rel_git_is_ref_name(name))
		return rel_fail(err, REL_EUSAGE,
				"git allows no reference named '%.200s'", name);
	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, name);
	r = ask(&listing, location, options, err);
	found = rel_git_listing_find(&listing, name);
	if (r == 0 && found != NULL) {
		*id = *found;
		r = 1;
	}
	rel_git_listing_free(&listing);
	return r;
}

int rel_git_remote_ref_each(const char *location, const char *pattern,
			    rel_git_remote_ref_fn *each, void *context,
			    const struct rel_git_fetch_options *options,
			    struct rel_error *err)
{
	struct rel_git_listing listing;
	int r;

	rel_git_listing_init(&listing);
	rel_git_listing_want(&listing, pattern);
	listing.each = each;
	listing.context = context;
	r = ask(&listing, location, options, err);
	rel_git_listing_free(&listing);
	return r;
}
