/* libgit2 as a transfer program, for where no git is installed. */
#include <unistd.h>

#include "base/limits.h"
#include "git/credential.h"
#include "git/hints.h"
#include "git/internal.h"
#include "git/job.h"
#include "git/ssh.h"

#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 7)
#define HAS_DEPTH 1
#else
#define HAS_DEPTH 0
#endif

/* What the callbacks need, and what they have to say. */
struct transfer {
	const struct rel_git_job *job;
	struct rel_git_ssh ssh;
	struct rel_error said; /* code 0 = nothing */
	unsigned asked;	       /* times that credentials were wanted */
	bool elsewhere;	       /* a redirect may have led to another host */
	char what[REL_ERROR_TEXT_MAX];
};

bool rel_git_library_is_shallow_capable(void)
{
	return HAS_DEPTH;
}

static int on_credential(git_credential **out, const char *url,
			 const char *user, unsigned allowed, void *payload)
{
	struct transfer *transfer = payload;
	struct rel_git_credential found;
	int r, status = GIT_EAUTH;

	(void)url;
	(void)user;
	if (!(allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT))
		return GIT_PASSTHROUGH;
	if (transfer->elsewhere) {
		rel_fail(&transfer->said, REL_EAUTH,
			 "the server redirects to another host, which requires "
			 "credentials; use its address");
		return GIT_EAUTH;
	}
	rel_git_credential_init(&found);
	r = rel_git_credential_find(&found, transfer->job->url,
				    transfer->asked++, &transfer->said);
	if (r > 0)
		status = git_credential_userpass_plaintext_new(
		    out, rel_buf_str(&found.user).ptr,
		    rel_buf_str(&found.password).ptr);
	else if (r == 0)
		rel_fail(&transfer->said, REL_EAUTH,
			 transfer->asked > 1
			     ? "the credentials are refused; look at the "
			       "token or the .netrc entry"
			     : "credentials are wanted; give a token "
			       "(RELCTL_TOKEN and RELCTL_TOKEN_HOST) or a "
			       ".netrc entry");
	rel_git_credential_free(&found);
	return status;
}

static int on_progress(const git_indexer_progress *stats, void *payload)
{
	struct transfer *transfer = payload;
	const struct rel_git_fetch_options *options = transfer->job->options;

	if (rel_cancelled(options->cancel)) {
		rel_fail_cancelled(&transfer->said);
		return GIT_EUSER;
	}
	rel_progress(options->progress, transfer->what, stats->received_objects,
		     stats->total_objects);
	return 0;
}

/* Their text is for people who wait; only the wish to stop counts here. */
static int on_sideband(const char *text, int len, void *payload)
{
	struct transfer *transfer = payload;

	(void)text;
	(void)len;
	if (!rel_cancelled(transfer->job->options->cancel))
		return 0;
	rel_fail_cancelled(&transfer->said);
	return GIT_EUSER;
}

static int on_transport(git_transport **out, git_remote *owner, void *payload)
{
	struct transfer *transfer = payload;

	return rel_git_ssh_transport(out, owner, &transfer->ssh);
}

static int fail_transfer(struct transfer *transfer, int status,
			 struct rel_error *err)
{
	const git_error *last = git_error_last();
	const char *text = last && last->message ? last->message : "";
	struct rel_buf remedy;
	int r;

	if (transfer->said.code < 0) {
		if (err != NULL)
			*err = transfer->said;
		if (err != NULL && err->path[0] == '\0')
			rel_error_at(err, transfer->job->clean, 0, 0);
		return transfer->said.code;
	}
	r = rel_git_library_fail(err, status, "cannot fetch");
	if (strstr(text, "404") != NULL || strstr(text, "not exported") ||
	    strstr(text, "not found") != NULL)
		r = REL_ENOTFOUND;
	else if (strstr(text, "401") != NULL || strstr(text, "403") != NULL ||
		 strstr(text, "authentication") != NULL)
		r = REL_EAUTH;
	else if (r == REL_ENOTFOUND)
		r = REL_EIO;
	rel_buf_init(&remedy, REL_LIMIT_CHILD_TEXT);
	rel_git_network_remedy(&remedy, transfer->job->url, rel_str_of(text));
	if (remedy.len > 0)
		rel_fail(err, r, "cannot fetch: %s%s", text, remedy.ptr);
	rel_buf_free(&remedy);
	rel_error_at(err, transfer->job->clean, 0, 0);
	if (err != NULL)
		err->code = r;
	return r;
}

/* Where git looks for a short name (git's gitrevisions(7), "<refname>"). */
static const char *find_remote_ref(const git_remote_head **heads, size_t n,
				   const char *revision)
{
	static const char *const prefixes[] = {"", "refs/", "refs/tags/",
					       "refs/heads/"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		for (size_t j = 0; j < n; j++)
			if (strncmp(heads[j]->name, prefixes[i], len) == 0 &&
			    strcmp(heads[j]->name + len, revision) == 0)
				return heads[j]->name;
	}
	return NULL;
}

static int pick_refspecs(struct rel_buf *spec, git_remote *remote,
			 struct transfer *transfer, struct rel_error *err)
{
	const char *revision = transfer->job->revision, *name;
	struct rel_git_hints hints = {.wanted = revision};
	const git_remote_head **heads;
	size_t n;
	int status = git_remote_ls(&heads, &n, remote);

	if (status < 0)
		return fail_transfer(transfer, status, err);
	name = find_remote_ref(heads, n, revision);
	if (name == NULL) {
		for (size_t i = 0; i < n; i++)
			rel_git_hints_add(&hints, heads[i]->name);
		rel_git_hints_fail(&hints, err);
		rel_error_at(err, transfer->job->clean, 0, 0);
		return REL_ENOTFOUND;
	}
	rel_buf_printf(spec, "+%s:", name);
	rel_git_cache_ref(spec, revision);
	return rel_buf_status(spec, "reference", err);
}

static int download(git_remote *remote, const git_fetch_options *options,
		    struct transfer *transfer, struct rel_error *err)
{
	char all_branches[] = "+refs/heads/*:refs/remotes/origin/*";
	char all_tags[] = "+refs/tags/*:refs/tags/*";
	char *specs[2] = {all_branches, all_tags};
	git_strarray list = {specs, 2};
	struct rel_buf spec;
	int status, r = 0;

	rel_buf_init(&spec, REL_LIMIT_CONFIG_BYTES);
	if (transfer->job->revision != NULL) {
		r = pick_refspecs(&spec, remote, transfer, err);
		specs[0] = spec.ptr;
		list.count = 1;
	}
	if (r == 0) {
		status = git_remote_fetch(remote, &list, options, NULL);
		if (status < 0)
			r = fail_transfer(transfer, status, err);
	}
	rel_buf_free(&spec);
	return r;
}

/* libgit2 keeps the list of certificates for the whole process; it can only
 * be added to. */
static int trust(const struct rel_git_job *job, struct rel_error *err)
{
	const char *file = rel_git_ca_file(job->options);
	int status;

	if (file == NULL || job->url->transport != REL_GIT_HTTP)
		return 0;
	status = git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL);
	if (status == 0)
		return 0;
	rel_git_library_fail(err, status, "cannot read certificates");
	rel_error_at(err, file, 0, 0);
	return REL_EIO;
}

static void fill_options(git_fetch_options *options, struct transfer *transfer)
{
	git_remote_callbacks *callbacks = &options->callbacks;

	git_fetch_options_init(options, GIT_FETCH_OPTIONS_VERSION);
	callbacks->credentials = on_credential;
	callbacks->transfer_progress = on_progress;
	callbacks->sideband_progress = on_sideband;
	callbacks->payload = transfer;
	if (transfer->job->url->transport == REL_GIT_SSH)
		callbacks->transport = on_transport;
	options->proxy_opts.type = GIT_PROXY_AUTO;
	options->update_fetchhead = 0;
	options->download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
#if HAS_DEPTH
	if (transfer->job->depth > 0)
		options->depth = transfer->job->depth;
	else if (transfer->job->depth == REL_GIT_DEPTH_ALL)
		options->depth = GIT_FETCH_DEPTH_UNSHALLOW;
#endif
}

/*
 * libgit2 asks for credentials without saying which host wants them.  So
 * they are given only while redirects to other hosts are refused, and those
 * are followed without.
 */
static int connect_remote(git_remote *remote, git_fetch_options *options,
			  struct transfer *transfer)
{
	git_remote_connect_options connect;
	const git_error *last;
	int status;

	git_remote_connect_options_init(&connect,
					GIT_REMOTE_CONNECT_OPTIONS_VERSION);
	connect.callbacks = options->callbacks;
	connect.proxy_opts = options->proxy_opts;
	connect.follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	options->follow_redirects = GIT_REMOTE_REDIRECT_NONE;
	status = git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &connect);
	last = git_error_last();
	if (status == 0 || last == NULL || last->message == NULL ||
	    strstr(last->message, "cannot redirect") == NULL)
		return status;
	transfer->elsewhere = true;
	connect.follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	options->follow_redirects = GIT_REMOTE_REDIRECT_INITIAL;
	return git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &connect);
}

/* Older versions wait for as long as TCP does. */
static void limit_silence(const struct rel_git_job *job)
{
#if HAS_DEPTH
	int ms = (int)rel_git_silence(job->options) * 1000;

	git_libgit2_opts(GIT_OPT_SET_SERVER_CONNECT_TIMEOUT, ms);
	git_libgit2_opts(GIT_OPT_SET_SERVER_TIMEOUT, ms);
#else
	(void)job;
#endif
}

int rel_git_library_fetch(const struct rel_git_job *job, struct rel_error *err)
{
	git_fetch_options options;
	struct transfer transfer = {.job = job};
	git_repository *repo = NULL;
	git_remote *remote = NULL;
	int status, r = trust(job, err);

	if (r < 0)
		return r;
	transfer.ssh.job = job;
	transfer.ssh.err = &transfer.said;
	snprintf(transfer.what, sizeof(transfer.what), "fetching %s",
		 job->title);
	fill_options(&options, &transfer);
	limit_silence(job);
	status =
	    git_repository_open_bare(&repo, rel_git_cache_path(job->cache));
	if (status == 0)
		status = git_remote_create_anonymous(&remote, repo, job->clean);
	if (status == 0)
		status = connect_remote(remote, &options, &transfer);
	if (status == 0)
		r = download(remote, &options, &transfer, err);
	else
		r = fail_transfer(&transfer, status, err);
	git_remote_free(remote);
	git_repository_free(repo);
	return r;
}
