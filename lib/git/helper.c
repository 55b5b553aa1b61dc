/* What git's credential helpers know: git-credential(1), "INPUT/OUTPUT
 * FORMAT". */
#include "base/limits.h"
#include "git/credential.h"
#include "git/run.h"

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
	int r;

	if (url->transport != REL_GIT_HTTP || !rel_git_program_exists())
		return 0;
	rel_buf_init(&question, REL_LIMIT_CONFIG_BYTES);
	rel_git_run_init(&run, NULL, REL_LIMIT_CONFIG_BYTES);
	run.git_dir = REL_GIT_NOWHERE;
	run.cwd = "/";
	run.what = "cannot ask git's credential helpers";
	add_question(&question, url);
	r = rel_buf_status(&question, "address", err);
	run.input = rel_buf_str(&question);
	if (r == 0)
		r = rel_git_run(&run, args, err);
	/* Where no helper knows, git wants to ask, may not, and fails. */
	if (r == 0 && run.status == 0 &&
	    take_answer(out, rel_buf_str(&run.out))) {
		r = rel_buf_status(&out->user, "user name", err);
		if (r == 0)
			r = rel_buf_status(&out->password, "password", err);
		r = r == 0 ? 1 : r;
	}
	if (run.out.ptr)
		explicit_bzero(run.out.ptr, run.out.cap);
	rel_git_run_free(&run);
	rel_buf_free(&question);
	return r;
}
