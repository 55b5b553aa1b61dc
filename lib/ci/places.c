#include "ci/places.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "digest/digest.h"

int rel_ci_append_file(const char *path, struct rel_str text,
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

int rel_ci_make_file(const char *path, struct rel_str text,
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

int rel_ci_add_quality(struct rel_json *json, const struct rel_ci_finding *f,
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
