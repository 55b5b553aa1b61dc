/* What git and ssh say on stderr when something goes wrong. */
#include "base/limits.h"
#include "base/network.h"
#include "git/git_private.h"
#include "git/run.h"

/* "Receiving objects:  42% (123/456), 1.2 MiB | …" */
static bool take_progress(const struct rel_git_run *run, struct rel_str line)
{
	struct rel_str counts = line;
	unsigned long done, total;
	size_t slash, end;

	if (rel_str_starts(line, REL_STR("remote: ")))
		line = rel_str_sub(line, 8, line.len);
	if (rel_str_find(line, '%') == line.len)
		return false;
	counts = rel_str_sub(counts, rel_str_find(counts, '(') + 1, counts.len);
	slash = rel_str_find(counts, '/');
	end = rel_str_find(counts, ')');
	if (slash > end ||
	    !rel_str_to_uint(rel_str_sub(counts, 0, slash), UINT32_MAX,
			     &done) ||
	    !rel_str_to_uint(rel_str_sub(counts, slash + 1, end), UINT32_MAX,
			     &total))
		return false;
	if (run->counted != NULL &&
	    rel_str_starts(line, rel_str_of(run->counted)))
		rel_progress(run->options->progress, run->title, done, total);
	return true;
}

void rel_git_stderr_take(struct rel_git_run *run, struct rel_buf *line,
			 struct rel_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		if (bytes.ptr[i] != '\n' && bytes.ptr[i] != '\r') {
			rel_buf_add_char(line, bytes.ptr[i]);
			continue;
		}
		if (!take_progress(run, rel_buf_str(line))) {
			rel_buf_add_str(&run->err_out, rel_buf_str(line));
			rel_buf_add_char(&run->err_out, '\n');
		}
		rel_buf_clear(line);
	}
}

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
	static const char *const other_ids[] = {"mismatched algorithms", NULL};

	if (mentions(text, other_ids))
		return "; repositories with SHA-256 ids are not supported, use "
		       "one with SHA-1 ids";
	if (mentions(text, host_key))
		return "; compare the host's key with its owner's and mend "
		       "known_hosts";
	if (code != REL_EAUTH)
		return "";
	if (mentions(text, ssh))
		return "; check the key with ssh -v";
	return "; give a token (RELCTL_TOKEN and RELCTL_TOKEN_HOST), a .netrc "
	       "entry or a git credential helper";
}

/* The value of a setting that may be there for some URLs only; false: none,
 * or no git to ask. */
static bool get_for_url(struct rel_buf *out, const char *key,
			const struct rel_git_url *url)
{
	const char *args[] = {"config", "--get-urlmatch", key, NULL, NULL};
	struct rel_git_run run;
	struct rel_buf origin;
	bool found;

	rel_buf_init(&origin, REL_LIMIT_CONFIG_BYTES);
	rel_git_url_origin(&origin, url);
	args[3] = origin.ptr;
	rel_git_run_init(&run, NULL, REL_LIMIT_CONFIG_BYTES);
	run.cwd = "/";
	found = origin.status == 0 && rel_git_run(&run, args, NULL) == 0 &&
		run.status == 0;
	if (found)
		rel_buf_add_str(out, rel_str_trim(rel_buf_str(&run.out)));
	rel_git_run_free(&run);
	rel_buf_free(&origin);
	return found && out->len > 0;
}

static void add_certificate_remedy(struct rel_buf *out,
				   const struct rel_git_url *url,
				   struct rel_str text)
{
	const char *variable = rel_git_ca_variable();
	struct rel_buf fact, file;

	rel_buf_init(&fact, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&file, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_str(&fact, text);
	rel_buf_add_cstr(out, "; ");
	if (variable == NULL && get_for_url(&file, "http.sslCAInfo", url))
		rel_network_add_ca(out, fact.ptr,
				   "git's setting http.sslCAInfo", file.ptr);
	else
		rel_network_add_ca(out, fact.ptr, variable,
				   variable ? rel_network_env(variable) : NULL);
	rel_buf_free(&file);
	rel_buf_free(&fact);
}

/* Is "Failed to connect to HOST port PORT" about another host than that of
 * `url`? */
static bool connects_elsewhere(const struct rel_git_url *url,
			       struct rel_str text)
{
	static const char phrase[] = "ailed to connect to ";
	const char *at = memmem(text.ptr, text.len, phrase, strlen(phrase));
	struct rel_str rest, host;

	if (at == NULL)
		return false;
	rest = rel_str_sub(text, (size_t)(at - text.ptr) + strlen(phrase),
			   text.len);
	host = rel_str_cut(&rest, ' ');
	if (rel_str_ends(host, REL_STR(":")))
		host.len--;
	if (!rel_str_eq(host, url->host))
		return true;
	if (!rel_str_starts(rest, REL_STR("port ")))
		return false;
	rel_str_cut(&rest, ' ');
	rest = rel_str_cut(&rest, ' ');
	return !rel_str_eq(rest, url->port.len ? url->port
				 : url->tls    ? REL_STR("443")
					       : REL_STR("80"));
}

static void add_proxy_remedy(struct rel_buf *out, const struct rel_git_url *url,
			     struct rel_str text)
{
	static const char *const through[] = {" proxy", "CONNECT tunnel",
					      "returned error: 407", NULL};
	static const char *const refused[] = {" 407", NULL};
	static const char *const unreachable[] = {
	    "ailed to connect", "not resolve host", "resolve address",
	    "timed out", NULL};
	const char *variable = rel_network_proxy(url->tls);
	const char *exempt = rel_network_no_proxy(), *value;
	struct rel_buf setting;
	bool proxied = mentions(text, through) || connects_elsewhere(url, text);

	rel_buf_init(&setting, REL_LIMIT_CONFIG_BYTES);
	value = variable ? rel_network_env(variable) : NULL;
	if (proxied && get_for_url(&setting, "http.proxy", url)) {
		variable = "git's setting http.proxy";
		value = setting.ptr;
	}
	if (proxied && variable != NULL) {
		rel_buf_printf(out, "; it goes through the proxy ");
		rel_network_add_proxy(out, value);
		rel_buf_printf(out, " (from %s): ", variable);
		if (mentions(text, refused))
			rel_buf_printf(out,
				       "write its user and password into %s, "
				       "as in http://USER:PASSWORD@HOST:PORT",
				       variable);
		else
			rel_buf_printf(out,
				       "correct %s, or name %.*s in no_proxy",
				       variable, REL_STR_ARG(url->host));
	} else if (!proxied && variable != NULL && exempt != NULL &&
		   mentions(text, unreachable)) {
		rel_buf_printf(out,
			       "; %s may exempt the host from the proxy that "
			       "%s names",
			       exempt, variable);
	}
	rel_buf_free(&setting);
}

/* What to do about a proxy or a certificate that stands in the way to `url`,
 * "; …"; nothing where the text is not about them. */
static void add_network_remedy(struct rel_buf *out,
			       const struct rel_git_url *url,
			       struct rel_str text)
{
	static const char *const certificate[] = {"certificate", "SSL CA cert",
						  NULL};

	if (url == NULL || url->transport != REL_GIT_HTTP)
		return;
	if (mentions(text, certificate))
		add_certificate_remedy(out, url, text);
	else
		add_proxy_remedy(out, url, text);
}

int rel_git_stderr_fail(struct rel_error *err, const char *what,
			const struct rel_git_url *url, struct rel_str text)
{
	struct rel_str lines[LINES_KEPT], rest = text, line;
	enum rel_code code = code_of(text);
	struct rel_buf joined, network;
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
	for (size_t i = 0; i < n; i++) {
		/* "call:" goes on with the command. */
		if (i > 0)
			rel_buf_add_cstr(
			    &joined, rel_str_ends(lines[i - 1], REL_STR(":"))
					 ? " "
					 : "; ");
		rel_buf_add_str(&joined, rel_str_sub(lines[i], 0, 200));
	}
	for (size_t i = 0; i < joined.len; i++)
		if ((unsigned char)joined.ptr[i] < 0x20)
			joined.ptr[i] = ' ';
	rel_buf_init(&network, REL_LIMIT_CHILD_TEXT);
	add_network_remedy(&network, url, text);
	rel_fail(err, code, "%s: %.*s%s", what,
		 REL_STR_ARG(rel_buf_str(&joined)),
		 network.len > 0 ? network.ptr : remedy_of(code, text));
	rel_buf_free(&network);
	rel_buf_free(&joined);
	return code;
}
