/*
 * What every command does before and after its own work: read configuration
 * and remotes, open and end the output.
 */
#ifndef REL_CMD_SESSION_H
#define REL_CMD_SESSION_H

#include "command.h"
#include "context/context.h"
#include "output.h"
#include "report/report.h"

/*
 * Open the context that the common options of `call` ask for.
 * Errors  those of rel_context_open()
 * Owner   rel_context_close(), also after a failure
 */
REL_MUST_CHECK int rel_session_context(struct rel_context *context,
				       const struct rel_call *call,
				       struct rel_error *err);

struct rel_session {
	const struct rel_call *call;
	struct rel_context context;
	struct rel_output output;
};

/*
 * Errors  those of rel_session_context(), rel_output_open(), rel_context_read()
 * Owner   rel_session_close(), also after a failure; do not move the struct
 */
REL_MUST_CHECK int rel_session_open(struct rel_session *session,
				    const struct rel_call *call,
				    const struct rel_stacks_request *request,
				    struct rel_error *err);
/* Drops what has not been committed. */
void rel_session_close(struct rel_session *session);

/*
 * The report is about to be written: wipe the progress, and say how it is to
 * look and in which format (--format; short overrides it).
 */
REL_MUST_CHECK int rel_session_begin(struct rel_report_style *style,
				     enum rel_report_format *format,
				     struct rel_session *session, bool is_short,
				     struct rel_error *err);

/* The names of the environments, in `arena`. */
REL_MUST_CHECK int rel_session_environments(const char *const **out,
					    const struct rel_session *session,
					    struct rel_arena *arena,
					    struct rel_error *err);

/* --short together with --format is a usage error. */
REL_MUST_CHECK int rel_session_check_short(const struct rel_call *call,
					   bool is_short,
					   struct rel_error *err);

#endif
