#include "publish/forge_token.h"

#include <stdio.h>
#include <stdlib.h>

#include "publish/secret.h"

#define MAX_VARIABLES 2

static const struct form {
	const struct rel_forge_kind *kind;
	const char *const variables[MAX_VARIABLES]; /* of the environment */
	const char *header, *before;
	/* The second variable's token goes into this field, if it is one. */
	const char *second;
} forms[] = {
    {&rel_forge_github,
     {"GITHUB_TOKEN", "GH_TOKEN"},
     "Authorization",
     "Bearer ",
     NULL},
    /* https://docs.gitlab.com/ci/jobs/ci_job_token */
    {&rel_forge_gitlab,
     {"GITLAB_TOKEN", "CI_JOB_TOKEN"},
     "PRIVATE-TOKEN",
     "",
     "JOB-TOKEN"},
    {&rel_forge_forgejo,
     {"FORGEJO_TOKEN", "GITEA_TOKEN"},
     "Authorization",
     "token ",
     NULL},
};

static const struct form *form_of(const struct rel_forge_kind *kind)
{
	const struct form *form = forms;

	while (form->kind != kind)
		form++;
	return form;
}

static int take(struct rel_forge_token *out, const struct form *form,
		const struct rel_secret *secret, struct rel_error *err)
{
	const char *source = secret->source.ptr ? secret->source.ptr : "";

	out->header = form->header;
	if (form->second && source[0] == '$' &&
	    strcmp(source + 1, form->variables[1]) == 0)
		out->header = form->second;
	rel_buf_add_cstr(&out->value, form->before);
	rel_buf_add_str(&out->value, rel_buf_str(&secret->password));
	snprintf(out->source, sizeof(out->source), "%s", source);
	return rel_buf_status(&out->value, "the token", err);
}

int rel_forge_token_find(struct rel_forge_token *out,
			 const struct rel_forge_place *place,
			 const struct rel_forge_kind *kind,
			 const struct rel_forge_file *file,
			 struct rel_error *err)
{
	const struct form *form = form_of(kind);
	struct rel_secret_wish wish = {.url = place->api,
				       .tokens = form->variables,
				       .n_tokens = MAX_VARIABLES,
				       .file = file->path,
				       .base_dir = file->base_dir};
	struct rel_secret secret;
	int rc;

	rel_secret_init(&secret);
	rc = rel_secret_find(&secret, &wish, err);
	if (rc == 0)
		rc = rel_fail(err, REL_EAUTH,
			      "no token for %s; set %s or %s in the "
			      "environment",
			      place->web, form->variables[0],
			      form->variables[1]);
	else if (rc > 0)
		rc = take(out, form, &secret, err);
	rel_secret_free(&secret);
	return rc;
}

void rel_forge_token_free(struct rel_forge_token *token)
{
	if (token->value.ptr)
		explicit_bzero(token->value.ptr, token->value.cap);
	rel_buf_free(&token->value);
	token->header = NULL;
}

void rel_forge_token_remedy(struct rel_error *err,
			    const struct rel_forge_token *token, int status)
{
	size_t len = err ? strlen(err->text) : 0;

	if (len == 0)
		return;
	if (status == 401)
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; check the token (%s)", token->source);
	/* GitHub: 403 is that, too */
	else if (strstr(err->text, "rate limit"))
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; wait for an hour at most");
	else if (status == 403 || status == 404)
		snprintf(err->text + len, sizeof(err->text) - len,
			 "; is the token (%s) allowed to do that?",
			 token->source);
}
