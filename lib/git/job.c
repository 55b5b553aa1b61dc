#include "git/job.h"

#include "base/limits.h"

unsigned rel_git_job_silence(const struct rel_git_job *job)
{
	return job->options->silence_seconds ? job->options->silence_seconds
					     : REL_LIMIT_GIT_SILENCE_SECONDS;
}

int64_t rel_git_job_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

int rel_git_job_check_silence(const struct rel_git_job *job, int64_t heard,
			      struct rel_error *err)
{
	unsigned limit = rel_git_job_silence(job);

	if (job->options->interactive ||
	    rel_git_job_clock() - heard <= (int64_t)limit)
		return 0;
	rel_fail(err, REL_EIO, "cannot fetch: no word for %u seconds", limit);
	rel_error_at(err, job->clean, 0, 0);
	return REL_EIO;
}
