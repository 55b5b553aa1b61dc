/* What git and ssh say on stderr when something goes wrong. */
#include "base/limits.h"
#include "git/job.h"

/* The last lines are the fact, earlier ones mostly its circumstances. */
#define LINES_KEPT 4

/* Lines that add nothing to the others. */
static bool is_noise(struct rel_str line)
{
	static const char *const starts[] = {
	    "hint:",
	    "From ",
	    " * ",
	    " + ",
	    " - ",
	    "@@@",
	    "Please make sure you have",
	    "and the repository exists",
	    "warning:",
	    "remote: Enumerating",
	    "remote: Counting",
	    "remote: Compressing",
	    "remote: Total",
	    "Warning: Permanently",
	    "POST git-",
	    "fetch-pack:",
	    "fatal: Could not read from remote repository",
	    "fatal: the remote end hung up unexpectedly",
	};

	if (rel_str_trim(line).len == 0)
		return true;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (rel_str_starts(line, rel_str_of(starts[i])))
			return true;
	return false;
}

static struct rel_str without_label(struct rel_str line)
{
	static const char *const labels[] = {
	    "fatal: ", "error: ", "remote: ", "ERROR: "};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (rel_str_starts(line, rel_str_of(labels[i])))
			line = rel_str_sub(line, strlen(labels[i]), line.len);
	line = rel_str_trim(line);
	while (line.len > 0 && line.ptr[line.len - 1] == '.')
		line.len--;
	return line;
}

static bool mentions(struct rel_str text, const char *const phrases[])
{
	for (size_t i = 0; phrases[i] != NULL; i++)
		if (text.len > 0 && memmem(text.ptr, text.len, phrases[i],
					   strlen(phrases[i])) != NULL)
			return true;
	return false;
}

static enum rel_code code_of(struct rel_str text)
{
	static const char *const refused[] = {
	    "Authentication failed",
	    "could not read Username",
	    "could not read Password",
	    "Permission denied (",
	    "error: 401",
	    "error: 403",
	    "terminal prompts disabled",
	    "Too many authentication failures",
	    NULL};
	static const char *const missing[] = {
	    "couldn't find remote ref",
	    "epository not found",
	    "does not appear to be a git repository",
	    "' not found",
	    "not our ref",
	    "unadvertised object",
	    "no such repository",
	    "repository not exported",
	    NULL};

	if (mentions(text, refused))
		return REL_EAUTH;
	return mentions(text, missing) ? REL_ENOTFOUND : REL_EIO;
}

static const char *remedy_of(enum rel_code code, struct rel_str text)
{
	static const char *const ssh[] = {"Permission denied (",
					  "authentication failures", NULL};
	static const char *const host_key[] = {"Host key verification failed",
					       NULL};
	static const char *const certificate[] = {"certificate", NULL};

	if (mentions(text, host_key))
		return "; compare the host's key with its owner's and mend "
		       "known_hosts";
	if (mentions(text, certificate))
		return "; GIT_SSL_CAINFO names the certificates to trust";
	if (code != REL_EAUTH)
		return "";
	if (mentions(text, ssh))
		return "; check the key with ssh -v";
	return "; give a token (RELCTL_TOKEN and RELCTL_TOKEN_HOST), a .netrc "
	       "entry or a git credential helper";
}

int rel_git_complaint_fail(struct rel_error *err, const char *what,
			   struct rel_str text)
{
	struct rel_str lines[LINES_KEPT], rest = text, line;
	enum rel_code code = code_of(text);
	struct rel_buf joined;
	size_t n = 0;

	while (rest.ptr != NULL) {
		line = rel_str_cut(&rest, '\n');
		if (is_noise(line))
			continue;
		if (n == LINES_KEPT)
			memmove(lines, lines + 1,
				(LINES_KEPT - 1) * sizeof(lines[0]));
		else
			n++;
		lines[n - 1] = without_label(line);
	}
	if (n == 0)
		lines[n++] = rel_str_trim(text);
	rel_buf_init(&joined, REL_LIMIT_CHILD_TEXT);
	for (size_t i = 0; i < n; i++)
		rel_buf_printf(&joined, "%s%.*s", i ? "; " : "",
			       REL_STR_ARG(rel_str_sub(lines[i], 0, 200)));
	for (size_t i = 0; i < joined.len; i++)
		if ((unsigned char)joined.ptr[i] < 0x20)
			joined.ptr[i] = ' ';
	rel_fail(err, code, "%s: %.*s%s", what,
		 REL_STR_ARG(rel_buf_str(&joined)), remedy_of(code, text));
	rel_buf_free(&joined);
	return code;
}
