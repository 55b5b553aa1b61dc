/* relctl index: the files that make a directory a remote over plain HTTP. */
#include <inttypes.h>

#include "base/limits.h"
#include "command.h"
#include "output.h"
#include "release/audit/index.h"

struct values {
	const char *stamp;
	bool no_stamp, no_urls;
};

static const struct rel_option options[] = {
    REL_TEXT(values, "stamp", 0, stamp, "TEXT",
	     "Stamp of the file repo, in place of the commit or digest"),
    REL_FLAG(values, "no-stamp", 0, no_stamp, "Leave the file repo as it is"),
    REL_FLAG(values, "no-urls", 0, no_urls,
	     "Write no urls.txt, which opam before 2.0 reads"),
};

static const struct rel_example examples[] = {
    {"Make the current directory fit for a web server", "index"},
    {"After each change of a served remote", "index /srv/www/opam"},
};

static int write_result(const struct rel_call *call,
			const struct rel_index_result *result,
			struct rel_error *err)
{
	char digest[REL_DIGEST_TEXT_MAX];
	struct rel_output output;
	struct rel_buf text;
	int rc = rel_output_open(&output, call->common->output, err);

	if (rc)
		return rc;
	rel_buf_init(&text, REL_MIB);
	rel_digest_format(digest, &result->sha256);
	rel_buf_printf(&text, "index.tar.gz  %s\n", digest);
	rel_buf_printf(&text,
		       "%" PRIu64 " manifests, %" PRIu64 " files, %" PRIu64
		       " bytes%s\n",
		       result->packages, result->files, result->size,
		       result->changed ? "" : "; nothing has changed");
	if (result->stamp[0] != '\0')
		rel_buf_printf(&text, "stamp         %s\n", result->stamp);
	rc = rel_buf_status(&text, "result", err);
	if (rc == 0 && !call->common->quiet)
		rc = output.sink.write(output.sink.context, text.ptr, text.len,
				       err);
	if (rc == 0)
		rc = rel_output_commit(&output, err);
	else
		rel_output_abort(&output);
	rel_buf_free(&text);
	return rc;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_index_options request = {
	    .dir = call->n_arguments > 0 ? call->arguments[0] : ".",
	    .stamp = v->stamp,
	    .keep_repo = v->no_stamp,
	    .no_urls = v->no_urls,
	    .progress = &call->screen->progress,
	    .cancel = call->cancel};
	struct rel_index_result result;
	int rc;

	*found = false;
	if (v->stamp && v->no_stamp)
		return rel_fail(err, REL_EUSAGE,
				"--stamp and --no-stamp exclude each other");
	if (v->stamp && strlen(v->stamp) >= sizeof(result.stamp))
		return rel_fail(err, REL_EUSAGE, "--stamp: longer than %zu",
				sizeof(result.stamp) - 1);
	rc = rel_index_write(&result, &request, err);
	rel_screen_clear(call->screen);
	return rc ? rc : write_result(call, &result, err);
}

const struct rel_command rel_command_index = {
    .name = "index",
    .group = "Keep",
    .summary = "make the index of a remote that is served over HTTP",
    .arguments = "[DIR]",
    .description =
	"Write index.tar.gz, urls.txt and the stamp of the file repo into a "
	"package repository, so that opam can use it over plain HTTP.  The "
	"same content gives the same bytes.",
    .min_arguments = 0,
    .max_arguments = 1,
    .n_source_options = REL_N_ENVIRONMENT_OPTIONS,
    .formats = "text",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
