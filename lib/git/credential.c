#include "git/git_private.h"

#include <strings.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/process.h"
#include "base/secrets.h"
#include "git/run.h"

void rel_git_credential_init(struct rel_git_credential *credential)
{
	rel_buf_init(&credential->user, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&credential->password, REL_LIMIT_CONFIG_BYTES);
}

void rel_git_credential_free(struct rel_git_credential *credential)
{
	if (credential->password.ptr != NULL)
		explicit_bzero(credential->password.ptr,
			       credential->password.cap);
	rel_buf_free(&credential->user);
	rel_buf_free(&credential->password);
}

static bool host_is(struct rel_str host, const char *name)
{
	return name != NULL && host.len > 0 && strlen(name) == host.len &&
	       strncasecmp(name, host.ptr, host.len) == 0;
}

/* Is it the server of the Actions that run, or github.com where none do?
 * Forgejo's token is in GITHUB_TOKEN too, and is nothing for GitHub. */
static bool is_actions_host(struct rel_str host)
{
	const char *server = getenv("GITHUB_SERVER_URL");
	struct rel_git_url url;

	if (server == NULL || *server == '\0')
		return host_is(host, "github.com");
	return rel_git_url_parse(&url, server, NULL) == 0 && host.len > 0 &&
	       url.host.len == host.len &&
	       strncasecmp(url.host.ptr, host.ptr, host.len) == 0;
}

static bool is_loopback(struct rel_str host)
{
	return host_is(host, "localhost") || host_is(host, "::1") ||
	       rel_str_starts(host, REL_STR("127."));
}

bool rel_git_credential_safe(const struct rel_git_url *url)
{
	return url->tls || is_loopback(url->host);
}

static bool from_url(struct rel_git_credential *out,
		     const struct rel_git_url *url)
{
	if (url->password.ptr == NULL)
		return false;
	rel_git_url_decode(&out->user, url->user);
	rel_git_url_decode(&out->password, url->password);
	return true;
}

/* The user names are what each forge documents for its kind of token. */
static bool from_environment(struct rel_git_credential *out,
			     const struct rel_git_url *url)
{
	const struct {
		bool ours;
		const char *variable, *user;
	} tokens[] = {
	    {host_is(url->host, getenv("RELCTL_TOKEN_HOST")), "RELCTL_TOKEN",
	     "oauth2"},
	    {is_actions_host(url->host), "GITHUB_TOKEN", "x-access-token"},
	    {host_is(url->host, "github.com"), "GH_TOKEN", "x-access-token"},
	    {host_is(url->host, "gitlab.com"), "GITLAB_TOKEN", "oauth2"},
	    {host_is(url->host, getenv("CI_SERVER_HOST")), "CI_JOB_TOKEN",
	     "gitlab-ci-token"},
	};

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		const char *token = rel_secret_env(tokens[i].variable);

		if (token == NULL || !tokens[i].ours)
			continue;
		if (url->user.len > 0)
			rel_git_url_decode(&out->user, url->user);
		else
			rel_buf_add_cstr(&out->user, tokens[i].user);
		/* Often read from a file, with its last newline. */
		rel_buf_add_str(&out->password,
				rel_str_trim(rel_str_of(token)));
		return true;
	}
	return false;
}

static struct rel_str netrc_token(struct rel_str *rest)
{
	struct rel_str token;
	size_t end = 0;

	for (;;) {
		*rest =
		    rel_str_sub(*rest, strspn(rest->ptr, " \t\r\n"), rest->len);
		if (rest->len == 0 || rest->ptr[0] != '#')
			break;
		*rest =
		    rel_str_sub(*rest, rel_str_find(*rest, '\n'), rest->len);
	}
	while (end < rest->len && strchr(" \t\r\n", rest->ptr[end]) == NULL)
		end++;
	token = rel_str_sub(*rest, 0, end);
	*rest = rel_str_sub(*rest, end, rest->len);
	return token;
}

/* A macro ends with an empty line. */
static struct rel_str skip_macro(struct rel_str rest)
{
	const char *end = memmem(rest.ptr, rest.len, "\n\n", 2);

	return end ? rel_str_sub(rest, (size_t)(end - rest.ptr), rest.len)
		   : rel_str_sub(rest, rest.len, rest.len);
}

/* `text` is NUL-terminated, as rel_buf keeps it. */
bool rel_git_netrc_find(struct rel_git_credential *out, struct rel_str text,
			struct rel_str host, struct rel_str login)
{
	struct rel_str word, user = {0}, password = {0};
	bool ours = false;

	for (;;) {
		word = netrc_token(&text);
		if (word.len == 0 || rel_str_is(word, "machine") ||
		    rel_str_is(word, "default")) {
			if (ours && password.ptr != NULL &&
			    (login.ptr == NULL || rel_str_eq(login, user)))
				break;
			user = password = (struct rel_str){0};
			ours = rel_str_is(word, "default");
		}
		if (word.len == 0)
			return false;
		if (rel_str_is(word, "machine")) {
			word = netrc_token(&text);
			ours = host.len > 0 && word.len == host.len &&
			       strncasecmp(word.ptr, host.ptr, host.len) == 0;
		} else if (rel_str_is(word, "login")) {
			user = netrc_token(&text);
		} else if (rel_str_is(word, "password")) {
			password = netrc_token(&text);
		} else if (rel_str_is(word, "account")) {
			netrc_token(&text);
		} else if (rel_str_is(word, "macdef")) {
			text = skip_macro(text);
		}
	}
	rel_buf_add_str(&out->user, user);
	rel_buf_add_str(&out->password, password);
	return true;
}

static int from_netrc(struct rel_git_credential *out,
		      const struct rel_git_url *url, struct rel_error *err)
{
	const char *home = getenv("HOME"), *netrc = getenv("NETRC");
	struct rel_buf path, text, user;
	int rc = 0;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&user, REL_LIMIT_CONFIG_BYTES);
	if (netrc != NULL && *netrc != '\0')
		rel_buf_add_cstr(&path, netrc);
	else if (home != NULL && *home != '\0')
		rel_path_join(&path, rel_str_of(home), REL_STR(".netrc"));
	if (path.len == 0)
		goto out;
	rel_git_url_decode(&user, url->user);
	rc = rel_buf_status(&path, "path of .netrc", err);
	/* One that cannot be read counts as none, as for curl: most remotes
	 * want no credentials at all. */
	if (rc == 0 && rel_file_read(&text, path.ptr, NULL) == 0 &&
	    text.len > 0)
		rc = rel_git_netrc_find(out, rel_buf_str(&text), url->host,
					user.len > 0 ? rel_buf_str(&user)
						     : (struct rel_str){0});
out:
	if (text.ptr != NULL)
		explicit_bzero(text.ptr, text.cap);
	rel_buf_free(&user);
	rel_buf_free(&text);
	rel_buf_free(&path);
	return rc;
}

/* A line break would add a line of its own to what git's helpers answer. */
static int check(const struct rel_git_credential *found, struct rel_error *err)
{
	struct rel_str user = rel_buf_str(&found->user);
	struct rel_str password = rel_buf_str(&found->password);
	int rc = rel_buf_status(&found->user, "user name", err);

	if (rc == 0)
		rc = rel_buf_status(&found->password, "password", err);
	if (rc < 0)
		return rc;
	if (memchr(user.ptr, '\n', user.len) != NULL ||
	    memchr(user.ptr, '\0', user.len) != NULL ||
	    memchr(password.ptr, '\n', password.len) != NULL ||
	    memchr(password.ptr, '\0', password.len) != NULL)
		return rel_fail(err, REL_EUSAGE,
				"a user name or token holds a line break");
	return 1;
}

int rel_git_credential_find(struct rel_git_credential *out,
			    const struct rel_git_url *url,
			    struct rel_error *err)
{
	int rc = from_url(out, url);

	if (rc == 0 && !rel_git_credential_safe(url))
		return 0;
	if (rc == 0)
		rc = from_environment(out, url);
	if (rc == 0)
		rc = from_netrc(out, url, err);
	return rc > 0 ? check(out, err) : rc;
}

int rel_git_credential_netrc(struct rel_git_credential *out,
			     const struct rel_git_url *url,
			     struct rel_error *err)
{
	int rc = from_netrc(out, url, err);

	return rc > 0 ? check(out, err) : rc;
}

/* What git's credential helpers know: git-credential(1), "INPUT/OUTPUT
 * FORMAT". */

static void add_question(struct rel_buf *out, const struct rel_git_url *url)
{
	bool ipv6 = rel_str_find(url->host, ':') < url->host.len;

	rel_buf_printf(out, "protocol=%s\nhost=%s%.*s%s",
		       url->tls ? "https" : "http", ipv6 ? "[" : "",
		       REL_STR_ARG(url->host), ipv6 ? "]" : "");
	if (url->port.len > 0)
		rel_buf_printf(out, ":%.*s", REL_STR_ARG(url->port));
	rel_buf_printf(out, "\npath=%.*s\n\n",
		       REL_STR_ARG(rel_str_sub(url->path, 1, url->path.len)));
}

static bool take_answer(struct rel_git_credential *out, struct rel_str text)
{
	rel_buf_clear(&out->user);
	rel_buf_clear(&out->password);
	while (text.ptr) {
		struct rel_str value = rel_str_cut(&text, '\n');
		struct rel_str key = rel_str_cut(&value, '=');

		if (!value.ptr)
			continue;
		if (rel_str_is(key, "username"))
			rel_buf_add_str(&out->user, value);
		else if (rel_str_is(key, "password"))
			rel_buf_add_str(&out->password, value);
	}
	return out->password.len > 0;
}

int rel_git_credential_ask(struct rel_git_credential *out,
			   const struct rel_git_url *url, struct rel_error *err)
{
	static const char *const args[] = {"credential", "fill", NULL};
	struct rel_git_run run;
	struct rel_buf question;
	int rc;

	if (url->transport != REL_GIT_HTTP || !rel_process_exists("git"))
		return 0;
	rel_buf_init(&question, REL_LIMIT_CONFIG_BYTES);
	rel_git_run_init_nowhere(&run, "cannot ask git's credential helpers",
				 REL_LIMIT_CONFIG_BYTES);
	add_question(&question, url);
	rc = rel_buf_status(&question, "address", err);
	run.input = rel_buf_str(&question);
	if (rc == 0)
		rc = rel_git_run(&run, args, err);
	/* Where no helper knows, git wants to ask, may not, and fails. */
	if (rc == 0 && run.status == 0 &&
	    take_answer(out, rel_buf_str(&run.out))) {
		rc = rel_buf_status(&out->user, "user name", err);
		if (rc == 0)
			rc = rel_buf_status(&out->password, "password", err);
		rc = rc == 0 ? 1 : rc;
	}
	if (run.out.ptr)
		explicit_bzero(run.out.ptr, run.out.cap);
	rel_git_run_free(&run);
	rel_buf_free(&question);
	return rc;
}
