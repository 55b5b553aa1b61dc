#include "repo/remote.h"

#include <sys/stat.h>

#include "base/limits.h"
#include "base/path.h"
#include "repo/repo_private.h"

static int read_directory(struct rel_snapshot **out,
			  const struct rel_remote *remote,
			  const struct rel_remote_options *options,
			  struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	struct rel_reading r = {
	    .remote = remote, .options = options, .revision = ""};
	struct rel_source_dir dir = {.root = NULL};
	struct rel_source source = rel_source_dir(&dir);
	struct rel_buf path;
	struct stat st;
	int rc;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	if (l->subdir[0] != '\0')
		rel_path_join(&path, rel_str_of(l->url), rel_str_of(l->subdir));
	else
		rel_buf_add_cstr(&path, l->url);
	rc = rel_buf_status(&path, "path", err);
	if (rc == 0 && stat(path.ptr, &st) != 0) {
		rc = rel_fail(err, REL_ENOTFOUND, "no such directory");
		rel_error_at(err, path.ptr, 0, 0);
	} else if (rc == 0 && !S_ISDIR(st.st_mode)) {
		rc = rel_fail(err, REL_EPARSE, "not a directory");
		rel_error_at(err, path.ptr, 0, 0);
	}
	dir.root = path.ptr;
	if (rc == 0)
		rc = rel_reading_parse(out, &r, &source, err);
	rel_buf_free(&path);
	return rc;
}

static int read_kind(struct rel_snapshot **out, const struct rel_remote *remote,
		     const char *revision,
		     const struct rel_remote_options *options,
		     struct rel_error *err)
{
	bool git = remote->location.kind == REL_LOCATION_GIT_LOCAL ||
		   remote->location.kind == REL_LOCATION_GIT_REMOTE;

	if (git)
		return rel_remote_read_git(out, remote, revision, options, err);
	if (revision)
		return rel_fail(err, REL_EUSAGE,
				"it has no revisions; --since needs a git "
				"repository");
	if (remote->location.kind == REL_LOCATION_HTTP)
		return rel_remote_read_http(out, remote, options, err);
	return read_directory(out, remote, options, err);
}

int rel_remote_read(struct rel_snapshot **out, const struct rel_remote *remote,
		    const char *revision,
		    const struct rel_remote_options *options,
		    struct rel_error *err)
{
	struct rel_remote files = *remote;
	int rc;

	*out = NULL;
	if (remote->worktree && !revision)
		files.location.kind = REL_LOCATION_DIRECTORY;
	rc = read_kind(out, &files, revision, options, err);
	if (rc && rc != REL_ENOMEM && rc != REL_ECANCELLED)
		rel_error_prefix(err, "remote %s (%s)", remote->name,
				 remote->location.text);
	return rc;
}

int rel_remote_development(const struct rel_remote **out,
			   const struct rel_remote *remotes, size_t n_remotes,
			   const char *who, struct rel_error *err)
{
	size_t n = 0;

	for (size_t i = 0; i < n_remotes; i++) {
		if (remotes[i].role != REL_ROLE_DEVELOPMENT && n_remotes > 1)
			continue;
		*out = &remotes[i];
		n++;
	}
	if (n == 1)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"there are %zu development remotes; %s looks at one: "
			"--remote NAME=LOCATION,development",
			n, who);
}
