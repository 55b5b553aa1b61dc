/* The installed git as a transfer program. */
#include <sys/stat.h>

#include "base/limits.h"
#include "git/hints.h"
#include "git/internal.h"
#include "git/job.h"
#include "git/run.h"

/* The branches and tags the remote has, to say which are near. */
static int fail_revision(const struct rel_git_job *job, struct rel_error *err)
{
	const char *args[] = {"ls-remote", "-q",       "--heads", "--tags",
			      "--",	   job->clean, NULL};
	struct rel_git_hints hints = {.wanted = job->revision};
	struct rel_str rest, line;
	struct rel_git_run run;
	int r;

	rel_git_run_init(&run, job->options, REL_LIMIT_GIT_REFS_BYTES);
	run.git_dir = rel_git_cache_path(job->cache);
	run.made = true;
	run.url = job->url;
	run.what = "cannot fetch";
	r = rel_git_run(&run, args, err);
	rest = rel_buf_str(&run.out);
	while (r == 0 && rest.ptr != NULL) {
		char name[REL_GIT_HINT_LENGTH + 32];
		size_t tab;

		line = rel_str_cut(&rest, '\n');
		tab = rel_str_find(line, '\t');
		line = rel_str_sub(line, tab + 1, line.len);
		if (line.len == 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", REL_STR_ARG(line));
		rel_git_hints_add(&hints, name);
	}
	if (r == 0 && run.status != 0)
		r = rel_fail(err, REL_ENOTFOUND, "no revision '%s'",
			     job->revision);
	else if (r == 0)
		r = rel_git_hints_fail(&hints, err);
	rel_error_at(err, job->clean, 0, 0);
	rel_git_run_free(&run);
	return r;
}

static bool no_such_ref(struct rel_str text)
{
	static const char phrase[] = "couldn't find remote ref";

	return text.len > 0 &&
	       memmem(text.ptr, text.len, phrase, sizeof(phrase) - 1) != NULL;
}

static int add_refspecs(struct rel_buf *spec, const char **argv, size_t n,
			const struct rel_git_job *job)
{
	if (job->revision == NULL) {
		argv[n++] = "+refs/heads/*:refs/remotes/origin/*";
		argv[n++] = "+refs/tags/*:refs/tags/*";
	} else {
		rel_buf_printf(spec, "+%s:", job->revision);
		rel_git_cache_ref(spec, job->revision);
		argv[n++] = spec->ptr;
	}
	argv[n] = NULL;
	return spec->status;
}

static bool store_is_shallow(const struct rel_git_job *job)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/shallow",
		 rel_git_cache_path(job->cache));
	return stat(path, &st) == 0 && st.st_size > 0;
}

int rel_git_program_fetch(const struct rel_git_job *job, struct rel_error *err)
{
	const char *args[16] = {"fetch", "--no-tags", "--progress",
				"--no-recurse-submodules"};
	char depth[32], title[REL_ERROR_TEXT_MAX];
	struct rel_git_run run;
	struct rel_buf spec;
	size_t n = 4;
	int r;

	rel_buf_init(&spec, REL_LIMIT_CONFIG_BYTES);
	rel_git_run_init(&run, job->options, 0);
	run.git_dir = rel_git_cache_path(job->cache);
	run.made = true;
	run.url = job->url;
	run.clean = job->clean;
	run.cache = job->cache;
	run.what = "cannot fetch";
	run.counted = "Receiving objects";
	snprintf(title, sizeof(title), "fetching %s", job->title);
	run.title = title;
	snprintf(depth, sizeof(depth), "--depth=%d", job->depth);
	if (job->depth > 0)
		args[n++] = depth;
	else if (job->depth == REL_GIT_DEPTH_ALL && store_is_shallow(job))
		args[n++] = "--unshallow";
	args[n++] = "--";
	args[n++] = job->clean;
	r = add_refspecs(&spec, args, n, job) < 0 ? rel_fail_nomem(err) : 0;
	if (r == 0)
		r = rel_git_run(&run, args, err);
	if (r == 0 && run.status != 0)
		r = job->revision != NULL &&
			    no_such_ref(rel_buf_str(&run.complaint))
			? fail_revision(job, err)
			: rel_git_run_fail(&run, err);
	rel_git_run_free(&run);
	rel_buf_free(&spec);
	return r;
}
