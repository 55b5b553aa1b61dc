#include "publish/publish_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/secrets.h"
#include "git/remote.h"

/* Tokens of cloud services have up to 4 KiB. */
#define SECRET_MAX (64 * REL_KIB)

void rel_secret_init(struct rel_secret *secret)
{
	rel_buf_init(&secret->user, SECRET_MAX);
	rel_buf_init(&secret->password, SECRET_MAX);
	rel_buf_init(&secret->session, SECRET_MAX);
	rel_buf_init(&secret->source, REL_LIMIT_CONFIG_BYTES);
}

static void wipe(struct rel_buf *buf)
{
	if (buf->ptr)
		explicit_bzero(buf->ptr, buf->cap);
	rel_buf_free(buf);
}

void rel_secret_free(struct rel_secret *secret)
{
	wipe(&secret->user);
	wipe(&secret->password);
	wipe(&secret->session);
	rel_buf_free(&secret->source);
}

static void add_trimmed(struct rel_buf *out, const char *value)
{
	rel_buf_add_str(out, rel_str_trim(rel_str_of(value)));
}

static int from_pair(struct rel_secret *out, const struct rel_secret_wish *wish,
		     struct rel_error *err)
{
	const char *user = rel_secret_env(wish->user);
	const char *password = rel_secret_env(wish->password);
	const char *session = rel_secret_env(wish->session);

	if (!user && !password)
		return 0;
	if (!user || !password)
		return rel_fail(err, REL_EAUTH,
				"$%s is set, but $%s is not; set both",
				user ? wish->user : wish->password,
				user ? wish->password : wish->user);
	add_trimmed(&out->user, user);
	add_trimmed(&out->password, password);
	if (session)
		add_trimmed(&out->session, session);
	rel_buf_printf(&out->source, "$%s and $%s", wish->user, wish->password);
	return 1;
}

static int from_environment(struct rel_secret *out,
			    const struct rel_secret_wish *wish,
			    struct rel_error *err)
{
	int rc = from_pair(out, wish, err);

	for (size_t i = 0; rc == 0 && i < wish->n_tokens; i++) {
		const char *token = rel_secret_env(wish->tokens[i]);

		if (!token)
			continue;
		add_trimmed(&out->password, token);
		rel_buf_printf(&out->source, "$%s", wish->tokens[i]);
		rc = 1;
	}
	return rc;
}

static int check_file(int fd, const char *path, struct rel_error *err)
{
	struct stat st;
	const char *fault = NULL;

	if (fstat(fd, &st) != 0)
		return rel_fail_errno(err, errno, path, "cannot read");
	if (!S_ISREG(st.st_mode))
		fault = "is not a regular file";
	else if (st.st_uid != geteuid())
		fault = "belongs to another user";
	else if ((st.st_mode & 077) != 0)
		fault = "may be read or written by others; chmod 600 it";
	if (!fault)
		return 0;
	rel_fail(err, REL_EAUTH, "the file with the secret %s", fault);
	rel_error_at(err, path, 0, 0);
	return REL_EAUTH;
}

/* The whole file, in room for a byte more, so that no copy stays behind. */
static int read_file(struct rel_buf *out, const char *path,
		     struct rel_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;
	ssize_t n = 0;

	if (fd < 0)
		return rel_fail_errno(err, errno, path,
				      "cannot read the file with the secret");
	rc = check_file(fd, path, err);
	if (rc == 0 && rel_buf_reserve(out, SECRET_MAX - 1) != 0)
		rc = rel_fail_nomem(err);
	while (rc == 0 && out->len < SECRET_MAX - 1) {
		n = read(fd, out->ptr + out->len, SECRET_MAX - 1 - out->len);
		if (n == 0)
			break;
		if (n < 0)
			rc = rel_fail_errno(err, errno, path, "cannot read");
		else
			out->len += (size_t)n;
	}
	close(fd);
	if (rc == 0 && out->len == SECRET_MAX - 1)
		rc = rel_fail(err, REL_ELIMIT,
			      "%s: too large for a file with a secret", path);
	return rc;
}

static int take_line(struct rel_secret *out, struct rel_str line,
		     const char *path, struct rel_error *err)
{
	struct rel_str first, second;

	line = rel_str_trim(line);
	if (line.len == 0 || rel_str_find(line, '\n') < line.len) {
		rel_fail(err, REL_EAUTH,
			 "the file with the secret must have one line, "
			 "\"user:password\" or \"token\"");
		rel_error_at(err, path, 0, 0);
		return REL_EAUTH;
	}
	first = rel_str_cut(&line, ':');
	if (!line.ptr) {
		rel_buf_add_str(&out->password, first);
	} else {
		second = rel_str_cut(&line, ':');
		rel_buf_add_str(&out->user, first);
		rel_buf_add_str(&out->password, second);
		rel_buf_add_str(&out->session, line);
	}
	rel_buf_add_cstr(&out->source, path);
	return 1;
}

static int from_file(struct rel_secret *out, const struct rel_secret_wish *wish,
		     struct rel_error *err)
{
	struct rel_buf path, text;
	int rc;

	if (!wish->file)
		return 0;
	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&text, SECRET_MAX);
	if (wish->base_dir && wish->file[0] != '/')
		rel_path_join(&path, rel_str_of(wish->base_dir),
			      rel_str_of(wish->file));
	else
		rel_buf_add_cstr(&path, wish->file);
	rc = rel_buf_status(&path, "path of the file with the secret", err);
	if (rc == 0)
		rc = read_file(&text, path.ptr, err);
	if (rc == 0)
		rc = take_line(out, rel_buf_str(&text), path.ptr, err);
	wipe(&text);
	rel_buf_free(&path);
	return rc;
}

/* .netrc and git's helpers. */
static int from_stores(struct rel_secret *out, const struct rel_git_url *url,
		       struct rel_error *err)
{
	struct rel_git_credential found;
	const char *source = ".netrc";
	int rc;

	rel_git_credential_init(&found);
	rc = rel_git_credential_netrc(&found, url, err);
	if (rc == 0) {
		source = "git's credential helper";
		rc = rel_git_credential_ask(&found, url, err);
	}
	if (rc > 0) {
		rel_buf_add_str(&out->user, rel_buf_str(&found.user));
		rel_buf_add_str(&out->password, rel_buf_str(&found.password));
		rel_buf_add_cstr(&out->source, source);
	}
	rel_git_credential_free(&found);
	return rc;
}

static bool is_clean(const struct rel_buf *secret)
{
	for (size_t i = 0; i < secret->len; i++)
		if ((unsigned char)secret->ptr[i] < 0x20 ||
		    secret->ptr[i] == 0x7f)
			return false;
	return true;
}

static int check(const struct rel_secret *found, const struct rel_git_url *url,
		 const struct rel_secret_wish *wish, struct rel_error *err)
{
	const struct rel_buf *parts[] = {&found->user, &found->password,
					 &found->session, &found->source};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = rel_buf_status(parts[i], "secret", err);
	if (rc)
		return rc;
	if (found->password.len == 0)
		return rel_fail(err, REL_EAUTH, "the secret from %s is empty",
				found->source.ptr);
	if (!is_clean(&found->user) || !is_clean(&found->password) ||
	    !is_clean(&found->session))
		return rel_fail(err, REL_EAUTH,
				"the secret from %s holds a line break or a "
				"control character",
				found->source.ptr);
	if (!wish->signs && !rel_git_credential_safe(url))
		return rel_fail(err, REL_EAUTH,
				"the secret from %s would go to %.*s over "
				"plain http for all to read; use https",
				found->source.ptr, REL_STR_ARG(url->host));
	return 1;
}

int rel_secret_find(struct rel_secret *out, const struct rel_secret_wish *wish,
		    struct rel_error *err)
{
	struct rel_git_url url;
	int rc = rel_git_url_parse(&url, wish->url, err);

	if (rc)
		return rc;
	rc = from_environment(out, wish, err);
	if (rc == 0)
		rc = from_file(out, wish, err);
	if (rc == 0 && !wish->signs && rel_git_credential_safe(&url))
		rc = from_stores(out, &url, err);
	return rc > 0 ? check(out, &url, wish, err) : rc;
}
