#include "git/job.h"

#include <stdlib.h>

#include "base/limits.h"

const char *rel_git_ca_file(const struct rel_git_fetch_options *options)
{
	static const char *const names[] = {"GIT_SSL_CAINFO", "SSL_CERT_FILE"};
	const char *file = options->ca_file;

	for (size_t i = 0; !file && i < sizeof(names) / sizeof(names[0]); i++) {
		file = getenv(names[i]);
		if (file && *file == '\0')
			file = NULL;
	}
	return file;
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
