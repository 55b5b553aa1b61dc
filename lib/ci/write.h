/*
 * What a run reports to its CI system: annotations on file and line, outputs
 * for later steps, a summary in Markdown; each in the system's own form.
 *
 *            annotations          outputs             summary
 *  github    workflow commands    $GITHUB_OUTPUT      $GITHUB_STEP_SUMMARY
 *  forgejo   the same, as far as its runner knows them
 *  gitlab    text, and Code       relctl.env, a       the log
 *            Quality report       dotenv report
 *  woodpecker  text               relctl.env, which   the log
 *                                 a shell may read
 *  plain     text                 none                the log
 *
 * Source  docs.github.com, "Workflow commands for GitHub Actions";
 *         docs.gitlab.com, "Code Quality", "GitLab CI/CD artifacts reports
 *         types"; Woodpecker has no forms of its own
 */
#ifndef REL_CI_WRITE_H
#define REL_CI_WRITE_H

#include "base/sink.h"
#include "ci/ci.h"
#include "json/json.h"

enum rel_ci_level { REL_CI_ERROR, REL_CI_WARNING, REL_CI_NOTICE };

struct rel_ci_finding {
	enum rel_ci_level level;
	const char *check;     /* its kind, one word: "broken" */
	const char *file;      /* below the checkout; NULL = about none */
	uint32_t line, column; /* from 1; 0 = not known */
	const char *title;     /* a few words; NULL = none */
	const char *text;      /* one line */
};

struct rel_ci_writer {
	struct rel_buf summary; /* append Markdown; see REL_ESCAPE_MARKDOWN */
	/* the rest is private */
	const struct rel_ci *ci;
	struct rel_sink *log;
	struct rel_buf line; /* being composed for the log */
	struct rel_buf outputs, environment, report;
	struct rel_sink into_report;
	struct rel_json json;
	int status; /* 0 or the first failure */
	struct rel_error error;
};

/*
 * log  where the job's log goes, usually stdout; borrowed like `ci`
 * Owner  rel_ci_write_end() or, to drop everything, rel_ci_write_abort()
 */
void rel_ci_write_begin(struct rel_ci_writer *writer, const struct rel_ci *ci,
			struct rel_sink *log);

/* Into the log at once, and into the report.  Failures are remembered, as of
 * all of these. */
void rel_ci_write_finding(struct rel_ci_writer *writer,
			  const struct rel_ci_finding *finding);

/*
 * An output for later steps.
 * name  small letters and dashes; in a file of variables "remote-commit" is
 *       RELCTL_REMOTE_COMMIT
 */
void rel_ci_write_output(struct rel_ci_writer *writer, const char *name,
			 const char *value);

/*
 * Write outputs, report and summary to their places.
 * Errors  REL_EIO; REL_EEXISTS a file to be made is a symbolic link, as the
 *         checkout of a stranger's request might have it; REL_ENOMEM
 */
REL_MUST_CHECK int rel_ci_write_end(struct rel_ci_writer *writer,
				    struct rel_error *err);
void rel_ci_write_abort(struct rel_ci_writer *writer);

#endif
