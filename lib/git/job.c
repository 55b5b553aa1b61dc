#include "git/job.h"

#include "base/limits.h"
#include "base/network.h"

const char *rel_git_ca_variable(void)
{
	return rel_network_env("GIT_SSL_CAINFO") ? "GIT_SSL_CAINFO"
						 : rel_network_ca_file();
}

const char *rel_git_ca_file(const struct rel_git_fetch_options *options)
{
	const char *variable = rel_git_ca_variable();

	if (options->ca_file)
		return options->ca_file;
	return variable ? rel_network_env(variable) : NULL;
}

unsigned rel_git_silence(const struct rel_git_fetch_options *options)
{
	return options->silence_seconds ? options->silence_seconds
					: REL_LIMIT_GIT_SILENCE_SECONDS;
}

int64_t rel_git_job_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

bool rel_git_silence_over(const struct rel_git_fetch_options *options,
			  int64_t heard)
{
	return !options->interactive &&
	       rel_git_job_clock() - heard > (int64_t)rel_git_silence(options);
}

int rel_git_job_check_silence(const struct rel_git_job *job, int64_t heard,
			      struct rel_error *err)
{
	if (!rel_git_silence_over(job->options, heard))
		return 0;
	rel_fail(err, REL_EIO, "cannot fetch: no word for %u seconds",
		 rel_git_silence(job->options));
	rel_error_at(err, job->clean, 0, 0);
	return REL_EIO;
}
