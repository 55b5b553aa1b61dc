#include "session.h"

#include <unistd.h>

int rel_session_context(struct rel_context *context,
			const struct rel_call *call, struct rel_error *err)
{
	const struct rel_common *common = call->common;
	const struct rel_context_options options = {
	    .config = common->config,
	    .foreign_directory = call->command->foreign_directory,
	    .remotes = common->remotes.items,
	    .n_remotes = common->remotes.count,
	    .environments = common->environments.items,
	    .n_environments = common->environments.count,
	    .profile = common->profile,
	    .jobs = common->jobs,
	    .ignore_test_doc = common->ignore_test_doc,
	    .offline = common->offline,
	    .no_cache = common->no_cache,
	    .interactive =
		!common->quiet && isatty(STDIN_FILENO) && isatty(STDERR_FILENO),
	    .progress = &call->screen->progress,
	    .cancel = call->cancel,
	    .warn = rel_screen_warn,
	    .note = rel_screen_note,
	    .warn_context = call->screen};

	return rel_context_open(context, &options, err);
}

int rel_session_open(struct rel_session *session, const struct rel_call *call,
		     const struct rel_stacks_request *request,
		     struct rel_error *err)
{
	int rc;

	memset(session, 0, sizeof(*session));
	session->call = call;
	session->output.fd = -1;
	rc = rel_session_context(&session->context, call, err);
	if (rc == 0)
		rc = rel_output_open(&session->output, call->common->output,
				     err);
	session->output.cancel = call->cancel;
	return rc ? rc : rel_context_read(&session->context, request, err);
}

void rel_session_close(struct rel_session *session)
{
	rel_output_abort(&session->output);
	rel_context_close(&session->context);
}

int rel_session_begin(struct rel_report_style *style,
		      enum rel_report_format *format,
		      struct rel_session *session, bool is_short,
		      struct rel_error *err)
{
	const struct rel_common *common = session->call->common;
	bool terminal = rel_output_is_stdout(&session->output);

	*style = (struct rel_report_style){
	    .colour = rel_screen_colour(session->output.fd, common->color),
	    .verbose = common->verbose,
	    .width = terminal ? rel_screen_width(session->output.fd) : 0};
	*format = is_short ? REL_REPORT_SHORT : REL_REPORT_TEXT;
	rel_screen_clear(session->call->screen);
	if (is_short || !common->format)
		return 0;
	return rel_report_format_of(format, common->format, err);
}

int rel_session_environments(const char *const **out,
			     const struct rel_session *session,
			     struct rel_arena *arena, struct rel_error *err)
{
	size_t n = session->context.n_environments;
	const char **names = rel_arena_array(arena, n, sizeof(*names));

	for (size_t i = 0; names && i < n; i++)
		names[i] = session->context.environments[i].name;
	*out = names;
	return names ? 0 : rel_fail_nomem(err);
}

int rel_session_check_short(const struct rel_call *call, bool is_short,
			    struct rel_error *err)
{
	const char *format = call->common->format;

	if (!is_short || !format || strcmp(format, "text") == 0)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"--short is a format of its own; leave out --format %s",
			format);
}
