#include "ci/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "digest/digest.h"

/* Append to a file of the system's, which others append to as well. */
static int append_file(const char *path, struct rel_str text,
		       struct rel_error *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	int rc = 0;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot append");
	for (size_t done = 0; rc == 0 && done < text.len;) {
		ssize_t n = write(fd, text.ptr + done, text.len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			rc = rel_fail_errno(err, errno, path, "cannot append");
	}
	if (close(fd) != 0 && rc == 0)
		rc = rel_fail_errno(err, errno, path, "cannot append");
	return rc;
}

/* Make a file in the checkout, or replace it.
 * Errors  REL_EEXISTS it is a symbolic link; REL_EIO */
static int make_file(const char *path, struct rel_str text,
		     struct rel_error *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		rel_fail(err, REL_EEXISTS,
			 "is a symbolic link of the checkout; relctl ci "
			 "writes its results there: remove it");
		rel_error_at(err, path, 0, 0);
		return REL_EEXISTS;
	}
	return rel_file_put(path, text, err);
}

/*
 * What says that two findings are the same.  The line counts: GitLab shows
 * only one of those with the same fingerprint.
 */
static int fingerprint(char out[REL_DIGEST_TEXT_MAX],
		       const struct rel_ci_finding *f, struct rel_error *err)
{
	struct rel_digest digest;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CI_REPORT_BYTES);
	rel_buf_printf(&text, "%s\n%s\n%u\n%s\n%s", f->check, f->file, f->line,
		       f->title ? f->title : "", f->text);
	rc = rel_buf_status(&text, "a finding", err);
	if (rc == 0)
		rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
				   rel_buf_str(&text), err);
	if (rc == 0)
		rel_digest_hex(out, &digest);
	rel_buf_free(&text);
	return rc;
}

static int add_description(struct rel_json *json,
			   const struct rel_ci_finding *f,
			   struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CI_REPORT_BYTES);
	if (f->title) {
		rel_escape(&text, REL_ESCAPE_TEXT, f->title);
		rel_buf_add_cstr(&text, ": ");
	}
	rel_escape(&text, REL_ESCAPE_TEXT, f->text);
	rc = rel_buf_status(&text, "a finding", err);
	if (rc == 0)
		rel_json_str(json, "description", rel_buf_str(&text));
	rel_buf_free(&text);
	return rc;
}

/* An item of a Code Quality report; finding->file is set. */
static int add_quality(struct rel_json *json, const struct rel_ci_finding *f,
		       struct rel_error *err)
{
	static const char *const severities[] = {"major", "minor", "info"};
	char id[REL_DIGEST_TEXT_MAX];
	int rc = fingerprint(id, f, err);

	if (rc)
		return rc;
	rel_json_object(json, NULL);
	rc = add_description(json, f, err);
	rel_json_text(json, "check_name", f->check);
	rel_json_text(json, "fingerprint", id);
	rel_json_text(json, "severity", severities[f->level]);
	rel_json_object(json, "location");
	rel_json_text(json, "path", f->file);
	rel_json_object(json, "lines");
	rel_json_uint(json, "begin", f->line > 0 ? f->line : 1);
	rel_json_close(json);
	rel_json_close(json);
	rel_json_close(json);
	return rc;
}

/* Annotations, outputs and summary, and where they go. */

/* GitLab refuses a dotenv report that is bigger; "CI/CD limits", 5 KB. */
#define GITLAB_ENVIRONMENT_BYTES (5 * REL_KIB)

static bool has_commands(const struct rel_ci_writer *w)
{
	return w->ci->kind == REL_CI_GITHUB || w->ci->kind == REL_CI_FORGEJO;
}

static void remember(struct rel_ci_writer *w, int rc,
		     const struct rel_error *err)
{
	if (rc && !w->status) {
		w->status = rc;
		w->error = *err;
	}
}

/* What has been composed in w->line goes to the log. */
static void end_line(struct rel_ci_writer *w)
{
	struct rel_error err = {0};
	int rc;

	rel_buf_add_char(&w->line, '\n');
	rc = rel_buf_status(&w->line, "a line of the log", &err);
	if (rc == 0)
		rc = w->log->write(w->log->context, w->line.ptr, w->line.len,
				   &err);
	remember(w, rc, &err);
	rel_buf_clear(&w->line);
}

void rel_ci_write_begin(struct rel_ci_writer *w, const struct rel_ci *ci,
			struct rel_sink *log)
{
	*w = (struct rel_ci_writer){.ci = ci, .log = log};
	rel_buf_init(&w->summary, REL_LIMIT_CI_REPORT_BYTES);
	rel_buf_init(&w->line, REL_LIMIT_CI_REPORT_BYTES);
	rel_buf_init(&w->outputs, REL_LIMIT_CI_REPORT_BYTES);
	rel_buf_init(&w->environment, REL_LIMIT_CI_REPORT_BYTES);
	rel_buf_init(&w->report, REL_LIMIT_CI_REPORT_BYTES);
	w->into_report = rel_sink_of_buf(&w->report);
	rel_json_begin(&w->json, &w->into_report);
	rel_json_array(&w->json, NULL);
}

static const char *level_name(enum rel_ci_level level)
{
	static const char *const names[] = {"error", "warning", "notice"};

	return names[level];
}

static void put_property(struct rel_ci_writer *w, char sep, const char *name,
			 const char *value)
{
	rel_buf_printf(&w->line, "%c%s=", sep, name);
	rel_escape(&w->line, REL_ESCAPE_GITHUB_PROPERTY, value);
}

static void write_command(struct rel_ci_writer *w,
			  const struct rel_ci_finding *f)
{
	char sep = ' ';

	rel_buf_printf(&w->line, "::%s", level_name(f->level));
	if (f->file) {
		put_property(w, sep, "file", f->file);
		sep = ',';
		if (f->line > 0)
			rel_buf_printf(&w->line, ",line=%u", f->line);
		if (f->line > 0 && f->column > 0)
			rel_buf_printf(&w->line, ",col=%u", f->column);
	}
	if (f->title)
		put_property(w, sep, "title", f->title);
	rel_buf_add_cstr(&w->line, "::");
	rel_escape(&w->line, REL_ESCAPE_GITHUB_DATA, f->text);
	end_line(w);
}

static void write_text(struct rel_ci_writer *w, const struct rel_ci_finding *f)
{
	if (f->file) {
		rel_escape(&w->line, REL_ESCAPE_TEXT, f->file);
		if (f->line > 0)
			rel_buf_printf(&w->line, ":%u", f->line);
		if (f->line > 0 && f->column > 0)
			rel_buf_printf(&w->line, ":%u", f->column);
		rel_buf_add_cstr(&w->line, ": ");
	}
	rel_buf_printf(&w->line, "%s: ", level_name(f->level));
	if (f->title) {
		rel_escape(&w->line, REL_ESCAPE_TEXT, f->title);
		rel_buf_add_cstr(&w->line, ": ");
	}
	rel_escape(&w->line, REL_ESCAPE_TEXT, f->text);
	end_line(w);
}

void rel_ci_write_finding(struct rel_ci_writer *w,
			  const struct rel_ci_finding *f)
{
	struct rel_error err = {0};

	if (has_commands(w))
		write_command(w, f);
	else
		write_text(w, f);
	if (w->ci->report && f->file)
		remember(w, add_quality(&w->json, f, &err), &err);
}

/* Between two lines that the value cannot hold: whoever could guess them
 * could set other outputs as well. */
static int add_output(struct rel_buf *out, const char *name, const char *value,
		      struct rel_error *err)
{
	unsigned char random[16];
	char mark[2 * sizeof(random) + 1];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return rel_fail(err, REL_EIO,
				"the system gives no random "
				"bytes");
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(mark + 2 * i, 3, "%02x", random[i]);
	return rel_buf_printf(out, "%s<<relctl-%s\n%s\nrelctl-%s\n", name, mark,
			      value, mark);
}

/* Woodpecker's is for a shell; GitLab takes every byte as it is. */
static void add_value(struct rel_buf *out, const char *value, bool shell)
{
	if (shell)
		rel_buf_add_char(out, '\'');
	for (; *value; value++) {
		if (shell && *value == '\'')
			rel_buf_add_cstr(out, "'\\'");
		rel_buf_add_char(out, *value);
	}
	if (shell)
		rel_buf_add_char(out, '\'');
}

static void add_variable(struct rel_ci_writer *w, const char *name,
			 const char *value)
{
	bool gitlab = w->ci->kind == REL_CI_GITLAB;
	size_t before = w->environment.len;

	rel_buf_add_cstr(&w->environment, "RELCTL_");
	for (const char *c = name; *c; c++)
		rel_buf_add_char(&w->environment, *c == '-' ? '_'
						  : *c >= 'a' && *c <= 'z'
						      ? (char)(*c - 0x20)
						      : *c);
	rel_buf_add_char(&w->environment, '=');
	add_value(&w->environment, value, !gitlab);
	rel_buf_add_char(&w->environment, '\n');
	if (!gitlab || (w->environment.len <= GITLAB_ENVIRONMENT_BYTES &&
			!strchr(value, '\n')))
		return;
	w->environment.len = before;
	rel_buf_printf(&w->line,
		       "relctl: the output %s is left out of relctl.env, "
		       "which GitLab takes up to 5 KiB and without line breaks",
		       name);
	end_line(w);
}

void rel_ci_write_output(struct rel_ci_writer *w, const char *name,
			 const char *value)
{
	struct rel_error err = {0};

	if (w->ci->outputs)
		remember(w, add_output(&w->outputs, name, value, &err), &err);
	if (w->ci->environment)
		add_variable(w, name, value);
}

/* GitHub shows nothing of a longer one. */
static void cut_summary(struct rel_buf *summary)
{
	static const char note[] = "\nThe rest is too long to be shown here.\n";
	size_t max = REL_LIMIT_CI_SUMMARY_BYTES - sizeof(note);

	if (summary->len <= REL_LIMIT_CI_SUMMARY_BYTES)
		return;
	while (max > 0 && summary->ptr[max - 1] != '\n')
		max--;
	summary->len = max;
	rel_buf_add_cstr(summary, note);
}

static int end_summary(struct rel_ci_writer *w, struct rel_error *err)
{
	int rc = rel_buf_status(&w->summary, "the summary", err);

	if (rc || w->summary.len == 0)
		return rc;
	if (!w->ci->summary)
		return w->log->write(w->log->context, w->summary.ptr,
				     w->summary.len, err);
	cut_summary(&w->summary);
	return append_file(w->ci->summary, rel_buf_str(&w->summary), err);
}

static int end_files(struct rel_ci_writer *w, struct rel_error *err)
{
	const struct rel_ci *ci = w->ci;
	int rc = rel_buf_status(&w->outputs, "the outputs", err);

	if (rc == 0)
		rc = rel_buf_status(&w->environment, "the outputs", err);
	if (rc == 0 && ci->outputs && w->outputs.len > 0)
		rc = append_file(ci->outputs, rel_buf_str(&w->outputs), err);
	if (rc == 0 && ci->environment && w->environment.len > 0)
		rc = make_file(ci->environment, rel_buf_str(&w->environment),
			       err);
	if (rc == 0 && ci->report)
		rc = make_file(ci->report, rel_buf_str(&w->report), err);
	return rc;
}

static void release(struct rel_ci_writer *w)
{
	rel_buf_free(&w->summary);
	rel_buf_free(&w->line);
	rel_buf_free(&w->outputs);
	rel_buf_free(&w->environment);
	rel_buf_free(&w->report);
}

/* The report's last bracket. */
static int end_report(struct rel_ci_writer *w, struct rel_error *err)
{
	rel_json_close(&w->json);
	return rel_json_end(&w->json, err);
}

int rel_ci_write_end(struct rel_ci_writer *w, struct rel_error *err)
{
	struct rel_error why = {0};
	int rc;

	remember(w, end_report(w, &why), &why);
	rc = w->status;
	if (rc && err)
		*err = w->error;
	if (rc == 0)
		rc = end_files(w, err);
	if (rc == 0)
		rc = end_summary(w, err);
	release(w);
	return rc;
}

void rel_ci_write_abort(struct rel_ci_writer *w)
{
	struct rel_error err = {0};

	remember(w, end_report(w, &err), &err);
	release(w);
}
