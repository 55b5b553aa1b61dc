/*
 * A git location, a .netrc and what git said on stderr, one behind the other
 * and ended by NUL: parsed, redacted, searched, and put into an error.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next NUL-terminated part of the input. */
static struct rel_str next_part(struct rel_str *rest)
{
	size_t end = rel_str_find(*rest, '\0');
	struct rel_str part = rel_str_sub(*rest, 0, end);

	*rest = rel_str_sub(*rest, end + 1, rest->len);
	return part;
}

/* A password is shown only where it also stands as something else. */
static void check_redaction(const char *location, const struct rel_git_url *url)
{
	struct rel_buf shown;
	struct rel_str secret = url->password;

	rel_buf_init(&shown, REL_MIB);
	rel_git_redact_url(&shown, location);
	if (shown.status == 0 && secret.len > 0 &&
	    memmem(shown.ptr, shown.len, secret.ptr, secret.len) != NULL &&
	    memmem(url->path.ptr, url->path.len, secret.ptr, secret.len) ==
		NULL &&
	    memmem(url->host.ptr, url->host.len, secret.ptr, secret.len) ==
		NULL &&
	    memmem(url->user.ptr, url->user.len, secret.ptr, secret.len) ==
		NULL &&
	    secret.len > strlen("git+https://:65535"))
		abort();
	rel_buf_free(&shown);
}

/* Nothing that ssh could take for an option. */
static void check_ssh(const struct rel_git_url *url)
{
	if (url->transport == REL_GIT_SSH &&
	    (rel_str_starts(url->host, REL_STR("-")) ||
	     rel_str_starts(url->user, REL_STR("-")) ||
	     rel_str_starts(url->path, REL_STR("-"))))
		abort();
}

static void check_stderr(struct rel_str text)
{
	struct rel_error err = {0};
	int code = rel_git_stderr_fail(&err, "cannot fetch", NULL, text);

	if (code >= 0 || code != err.code)
		abort();
	for (const char *p = err.text; *p; p++)
		if ((unsigned char)*p < 0x20)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_git_credential found;
	struct rel_str rest, location, netrc;
	struct rel_error err = {0};
	struct rel_git_url url;
	char *copy = malloc(size + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	rest = rel_str_n(copy, size);
	location = next_part(&rest);
	netrc = next_part(&rest);
	rel_git_credential_init(&found);
	if (rel_git_url_parse(&url, location.ptr, &err) == 0) {
		check_redaction(location.ptr, &url);
		check_ssh(&url);
		if (rel_git_netrc_find(&found, netrc, url.host, url.user) &&
		    found.user.status == 0 && found.password.len > netrc.len)
			abort();
	}
	check_stderr(rest);
	rel_git_credential_free(&found);
	free(copy);
	return 0;
}
