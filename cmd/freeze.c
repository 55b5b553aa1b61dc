/* relctl freeze: record what is published, and find what has changed. */
#include "release/audit/freeze.h"
#include "base/escape.h"
#include "base/limits.h"
#include "command.h"
#include "git/run.h"
#include "output.h"
#include "session.h"

struct values {
	bool check;
	const char *since;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "check", 0, check, "Compare only, write nothing"),
    REL_TEXT(values, "since", 0, since, "REV",
	     "With --check: has the ledger lost a line since revision REV?"),
};

static const struct rel_example examples[] = {
    {"Record what has been published so far", "freeze"},
    {"In CI: has a published archive or checksum changed?", "freeze --check"},
};

struct run {
	const struct rel_call *call;
	struct rel_context context;
	const struct rel_remote *remote;
	struct rel_publisher *publisher;
	struct rel_change_author author;
	struct rel_buf name, email; /* the author's */
	struct rel_buf text;	    /* the result */
};

/* The mirror is where archives are read; without one configured, a remote
 * whose archives are elsewhere, or on a forge, is fine too. */
static int open_publisher(struct run *r, struct rel_error *err)
{
	const struct rel_conf *conf = &r->context.conf;
	struct rel_publish_options publish = {.conf = &conf->publish,
					      .base_dir = conf->directory,
					      .development = r->remote,
					      .remotes = r->context.remotes,
					      .n_remotes = r->context.n_remotes,
					      .remote = &r->context.reading,
					      .cancel = r->call->cancel};
	int rc;

	if (conf->publish.kind && rel_publish_by_release(conf->publish.kind))
		return 0;
	rc = rel_publisher_open(&r->publisher, &publish, err);

	return rc == REL_EUSAGE && !conf->publish.kind ? 0 : rc;
}

static int find_author(struct run *r, struct rel_error *err)
{
	const struct values *v = r->call->values;
	int rc;

	if (v->check || r->remote->location.kind == REL_LOCATION_DIRECTORY)
		return 0;
	rc = rel_git_user(&r->name, &r->email, &r->author.time,
			  &r->author.offset_minutes, err);
	r->author.name = r->name.ptr;
	r->author.email = r->email.ptr;
	return rc;
}

static void add_escaped(struct rel_buf *out, const char *text)
{
	rel_escape(out, REL_ESCAPE_TEXT, text);
}

static int add_finding(void *context, const struct rel_freeze_finding *finding,
		       struct rel_error *err)
{
	struct run *r = context;

	add_escaped(&r->text, finding->path);
	rel_buf_printf(&r->text, ":%u: ", (unsigned)finding->line);
	add_escaped(&r->text, finding->subject);
	rel_buf_printf(&r->text, ": %s: ", rel_freeze_kind_text(finding->kind));
	add_escaped(&r->text, finding->text);
	if (finding->ledger > 0)
		rel_buf_printf(&r->text, " (" REL_LEDGER_PATH ":%u)",
			       (unsigned)finding->ledger);
	rel_buf_add_char(&r->text, '\n');
	return rel_buf_status(&r->text, "findings", err);
}

static const char *plural(uint32_t n)
{
	return n == 1 ? "" : "s";
}

static void add_summary(struct run *r, const struct rel_freeze_result *result)
{
	uint32_t unrecorded =
	    result->archives - result->recorded - result->added;

	if (r->call->common->quiet)
		return;
	rel_buf_printf(&r->text,
		       "%u archive%s: %u recorded before, %u now, %u not; %u "
		       "read from the mirror; %u finding%s\n",
		       (unsigned)result->archives, plural(result->archives),
		       (unsigned)result->recorded, (unsigned)result->added,
		       (unsigned)unrecorded, (unsigned)result->read,
		       (unsigned)result->findings, plural(result->findings));
	if (result->gone > 0)
		rel_buf_printf(&r->text,
			       "%u recorded archive%s in no manifest now\n",
			       (unsigned)result->gone,
			       result->gone == 1 ? " is" : "s are");
	if (result->unreadable > 0)
		rel_buf_printf(&r->text,
			       "%u manifest%s cannot be read: `relctl lint` "
			       "says why\n",
			       (unsigned)result->unreadable,
			       plural(result->unreadable));
	if (result->commit[0] != '\0')
		rel_buf_printf(&r->text, "commit %s\n", result->commit);
}

static int write_text(struct run *r, struct rel_error *err)
{
	struct rel_output output;
	int rc = rel_output_open(&output, r->call->common->output, err);

	if (rc)
		return rc;
	rc = rel_buf_status(&r->text, "result", err);
	if (rc == 0 && r->text.len > 0)
		rc = output.sink.write(output.sink.context, r->text.ptr,
				       r->text.len, err);
	if (rc == 0)
		return rel_output_commit(&output, err);
	rel_output_abort(&output);
	return rc;
}

static int freeze(struct run *r, bool *found, struct rel_error *err)
{
	const struct values *v = r->call->values;
	struct rel_freeze_options request = {.reading = &r->context.reading,
					     .check = v->check,
					     .since = v->since,
					     .author = &r->author,
					     .finding = add_finding,
					     .context = r};
	struct rel_freeze_result result;
	int rc = rel_remote_development(&r->remote, r->context.remotes,
					r->context.n_remotes, "freeze", err);

	if (rc == 0)
		rc = open_publisher(r, err);
	if (rc == 0)
		rc = find_author(r, err);
	if (rc)
		return rc;
	request.remote = r->remote;
	request.publisher = r->publisher;
	rc = rel_freeze(&result, &request, err);
	rel_screen_clear(r->call->screen);
	if (rc)
		return rc;
	*found = result.findings > 0;
	add_summary(r, &result);
	return write_text(r, err);
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct run r = {.call = call};
	int rc;

	*found = false;
	if (v->since && !v->check)
		return rel_fail(err, REL_EUSAGE, "--since needs --check");
	rel_buf_init(&r.name, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&r.email, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&r.text, REL_LIMIT_INDEX_BYTES);
	rc = rel_session_context(&r.context, call, err);
	if (rc == 0)
		rc = freeze(&r, found, err);
	rel_publisher_free(r.publisher);
	rel_context_close(&r.context);
	rel_buf_free(&r.name);
	rel_buf_free(&r.email);
	rel_buf_free(&r.text);
	return rc;
}

const struct rel_command rel_command_freeze = {
    .name = "freeze",
    .group = "Release",
    .summary = "record what is published, find what has changed since",
    .arguments = "",
    .description =
	"Record the archives of the development remote in its ledger, "
	"relctl.ledger, or compare manifests and archives with it.",
    .min_arguments = 0,
    .max_arguments = 0,
    .n_source_options = REL_N_ENVIRONMENT_OPTIONS,
    .formats = "text",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
