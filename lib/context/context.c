#include "base/limits.h"
#include "base/parallel.h"
#include "base/path.h"
#include "context/context_private.h"

/* More threads than this help nobody. */
#define JOBS_MAX 1024

static int read_conf(struct rel_conf *conf,
		     const struct rel_context_options *options,
		     struct rel_error *err)
{
	struct rel_buf found;
	int rc;

	if (options->config)
		return rel_conf_read(conf, options->config, err);
	rel_buf_init(&found, REL_LIMIT_CONFIG_BYTES);
	rc = rel_conf_find(&found, ".", options->foreign_directory, err);
	if (rc == 0)
		rc = rel_conf_read(conf, found.ptr, err);
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
static void work_uncached(const struct rel_context_options *options,
			  struct rel_error *why)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];
	void (*say)(void *, const char *) =
	    why->code == REL_ENOTFOUND ? options->note : options->warn;

	rel_error_prefix(why, "working without a cache");
	rel_error_format(why, text, sizeof(text));
	if (say)
		say(options->warn_context, text);
}

static int prepare_reading(struct rel_context *context,
			   const struct rel_context_options *options,
			   struct rel_error *err)
{
	struct rel_error why = {0};
	unsigned jobs = 0;
	int rc = parse_jobs(&jobs, options->jobs, err);

	if (rc)
		return rc;
	/* `repo` files choose by variables of the machine */
	context->scope = (struct rel_environment_scope){
	    .environment = &context->environments[0],
	    .name = REL_STR(""),
	    .version = REL_STR("")};
	context->variables = (struct rel_variables){
	    rel_environment_lookup_available, &context->scope};
	context->reading =
	    (struct rel_remote_options){.offline = options->offline,
					.no_snapshot_cache = options->no_cache,
					.interactive = options->interactive,
					.jobs = jobs,
					.progress = options->progress,
					.cancel = options->cancel,
					.warn = options->warn,
					.warn_context = options->warn_context,
					.variables = &context->variables};
	if (rel_cache_root(&context->cache_dir, &why) == 0)
		context->reading.cache_dir = context->cache_dir.ptr;
	else
		work_uncached(options, &why);
	return 0;
}

int rel_context_open(struct rel_context *context,
		     const struct rel_context_options *options,
		     struct rel_error *err)
{
	int rc;

	memset(context, 0, sizeof(*context));
	rel_arena_init(&context->arena, REL_LIMIT_CONF_ARENA);
	rel_buf_init(&context->cache_dir, REL_LIMIT_CONFIG_BYTES);
	rc = read_conf(&context->conf, options, err);
	if (rc == 0)
		rc = rel_context_remotes(context, options, err);
	if (rc == 0)
		rc = rel_context_environments(context, options, err);
	if (rc == 0)
		rc = prepare_reading(context, options, err);
	if (rc == 0)
		rc = rel_targets_of(&context->targets, &context->conf,
				    &context->arena, err);
	return rc;
}

void rel_context_close(struct rel_context *context)
{
	rel_stacks_free(&context->stacks);
	rel_arena_free(&context->arena);
	rel_conf_free(&context->conf);
	rel_buf_free(&context->cache_dir);
}

int rel_context_read(struct rel_context *context,
		     const struct rel_stacks_request *request,
		     struct rel_error *err)
{
	int rc = rel_context_worktrees(context, request, err);

	return rc ? rc
		  : rel_stacks_read(&context->stacks, context->remotes,
				    context->n_remotes, request,
				    &context->reading, err);
}

struct rel_survey_options rel_context_survey(const struct rel_context *context)
{
	const struct rel_remote_options *reading = &context->reading;

	return (struct rel_survey_options){
	    .environments = context->environments,
	    .n_environments = context->n_environments,
	    .cache_dir = reading->no_snapshot_cache ? NULL : reading->cache_dir,
	    .targets = context->targets,
	    .n_targets = context->conf.n_targets,
	    .jobs = reading->jobs,
	    .cancel = reading->cancel,
	    .progress = reading->progress,
	    .warn = reading->warn,
	    .warn_context = reading->warn_context,
	};
}
