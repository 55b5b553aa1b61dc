#include "setup.h"

#include <unistd.h>

#include "base/cache_root.h"
#include "base/limits.h"
#include "base/parallel.h"

/* More threads than this help nobody. */
#define JOBS_MAX 1024

static int read_conf(struct rel_setup *setup, const struct rel_call *call,
		     struct rel_error *err)
{
	const char *path = call->common->config;
	/* Where the checkout lies and whose it is was the CI system's choice.
	 */
	bool foreign = strcmp(call->command->name, "ci") == 0;
	struct rel_buf found;
	int rc;

	if (path)
		return rel_conf_read(&setup->conf, path, err);
	rel_buf_init(&found, REL_LIMIT_CONFIG_BYTES);
	rc = rel_conf_find(&found, ".", foreign, err);
	if (rc == 0)
		rc = rel_conf_read(&setup->conf, found.ptr, err);
	else if (rc == REL_ENOTFOUND)
		rc = 0;
	rel_buf_free(&found);
	return rc;
}

static int parse_jobs(unsigned *jobs, const char *text, struct rel_error *err)
{
	unsigned long n = 0;

	if (!text) {
		*jobs = rel_cpu_count();
		return 0;
	}
	if (!rel_str_to_uint(rel_str_of(text), JOBS_MAX, &n) || n == 0)
		return rel_fail(err, REL_EUSAGE,
				"--jobs needs a number from 1 to %d, not "
				"\"%.40s\"",
				JOBS_MAX, text);
	*jobs = (unsigned)n;
	return 0;
}

/* Slower, not wrong; but a cache that is not used for a reason is told. */
static void work_uncached(const struct rel_call *call, struct rel_error *why)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];

	rel_error_prefix(why, "working without a cache");
	rel_error_format(why, text, sizeof(text));
	if (why->code == REL_ENOTFOUND)
		rel_screen_note(call->screen, text);
	else
		rel_screen_warn(call->screen, text);
}

static int prepare_reading(struct rel_setup *setup, const struct rel_call *call,
			   struct rel_error *err)
{
	struct rel_remote_options *reading = &setup->reading;
	struct rel_error why = {0};
	int rc = parse_jobs(&reading->jobs, call->common->jobs, err);

	if (rc)
		return rc;
	reading->offline = call->common->offline;
	reading->no_snapshot_cache = call->common->no_cache;
	reading->interactive = !call->common->quiet && isatty(STDIN_FILENO) &&
			       isatty(STDERR_FILENO);
	reading->progress = &call->screen->progress;
	reading->cancel = call->cancel;
	reading->warn = rel_screen_warn;
	reading->warn_context = call->screen;
	if (rel_cache_root(&setup->cache_dir, &why) == 0) {
		reading->cache_dir = setup->cache_dir.ptr;
	} else {
		work_uncached(call, &why);
	}
	return 0;
}

/* `repo` files choose by variables of the machine. */
static void prepare_variables(struct rel_setup *setup)
{
	setup->scope = (struct rel_environment_scope){
	    .environment = &setup->environments[0],
	    .name = REL_STR(""),
	    .version = REL_STR("")};
	setup->variables = (struct rel_variables){
	    rel_environment_lookup_available, &setup->scope};
	setup->reading.variables = &setup->variables;
}

int rel_setup_open(struct rel_setup *setup, const struct rel_call *call,
		   struct rel_error *err)
{
	int rc;

	memset(setup, 0, sizeof(*setup));
	rel_arena_init(&setup->arena, REL_LIMIT_CONF_ARENA);
	rel_buf_init(&setup->cache_dir, REL_LIMIT_CONFIG_BYTES);
	rc = read_conf(setup, call, err);
	if (rc == 0)
		rc = rel_setup_remotes(setup, call->common, err);
	if (rc == 0)
		rc = rel_setup_environments(setup, call->common, err);
	if (rc == 0)
		rc = prepare_reading(setup, call, err);
	if (rc == 0)
		prepare_variables(setup);
	return rc;
}

void rel_setup_free(struct rel_setup *setup)
{
	rel_arena_free(&setup->arena);
	rel_conf_free(&setup->conf);
	rel_buf_free(&setup->cache_dir);
}

struct rel_survey_options rel_setup_survey(const struct rel_setup *setup)
{
	const struct rel_remote_options *reading = &setup->reading;

	return (struct rel_survey_options){
	    .environments = setup->environments,
	    .n_environments = setup->n_environments,
	    .cache_dir = reading->no_snapshot_cache ? NULL : reading->cache_dir,
	    .jobs = reading->jobs,
	    .cancel = reading->cancel,
	    .progress = reading->progress,
	    .warn = reading->warn,
	    .warn_context = reading->warn_context,
	};
}
