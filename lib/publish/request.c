#include "publish/request.h"

#include "base/limits.h"
#include "publish/address.h"
#include "publish/publish_private.h"
#include "repo/change.h"

/* What a kind of forge requires.  Source  as for the answers in
 * publish_private.h */
static const struct form {
	const struct rel_forge_kind *kind;
	const char *path;  /* of the list, below the repository */
	const char *pages; /* see rel_forge_search() */
	size_t page;
	const char *branch, *base, *text; /* names of members */
	size_t most;			  /* characters of text; 0 = any */
} forms[] = {
    {&rel_forge_github, "/pulls?state=open", "per_page=100&page=", 100, "head",
     "base", "body", REL_LIMIT_GITHUB_REQUEST},
    {&rel_forge_gitlab, "/merge_requests?state=opened",
     "per_page=100&page=", 100, "source_branch", "target_branch", "description",
     REL_LIMIT_GITLAB_NOTES},
    {&rel_forge_forgejo, "/pulls?state=open", "limit=50&page=", 50, "head",
     "base", "body", 0},
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static const struct form *find_form(const struct rel_publish_request *request)
{
	const char *kind = request->conf ? request->conf->kind : NULL;
	struct rel_git_url url;

	if (!kind &&
	    rel_git_url_parse(&url, request->remote->location.url, NULL) == 0 &&
	    url.transport != REL_GIT_LOCAL)
		kind = rel_publish_forge(url.host);
	for (size_t i = 0; kind && i < N_FORMS; i++)
		if (strcmp(kind, forms[i].kind->name) == 0)
			return &forms[i];
	return NULL;
}

size_t rel_publish_request_limit(const struct rel_publish_request *request)
{
	const struct form *form = find_form(request);

	return form ? form->most : 0;
}

static int open_forge(struct rel_forge *forge, const struct form **form,
		      const struct rel_publish_request *request,
		      struct rel_error *err)
{
	const char *const from[] = {request->remote->location.url};
	struct rel_forge_options options = {.from = from,
					    .n_from = 1,
					    .progress = request->progress,
					    .cancel = request->cancel};

	*forge = (struct rel_forge){.kind = NULL};
	*form = find_form(request);
	if (!*form)
		return rel_fail(err, REL_EUSAGE,
				"which forge has %s is not known; add to "
				"relctl.yml: request: {kind: github, gitlab or "
				"forgejo, repository: OWNER/NAME}",
				request->remote->location.text);
	if (request->conf) {
		options.repository = request->conf->repository;
		options.api = request->conf->api;
		options.file.path = request->conf->secret_file;
		options.file.base_dir = request->base_dir;
	}
	return rel_forge_open(forge, (*form)->kind, &options, err);
}

int rel_publish_request_check(const struct rel_publish_request *request,
			      struct rel_error *err)
{
	const struct form *form;
	struct rel_forge forge;
	int rc = open_forge(&forge, &form, request, err);

	rel_forge_close(&forge);
	return rc;
}

int rel_publish_request_ready(const struct rel_publish_request *request,
			      struct rel_error *err)
{
	const struct form *form;
	struct rel_forge forge;
	int rc = open_forge(&forge, &form, request, err);

	if (rc == 0)
		rc = rel_forge_ready(&forge, err);
	rel_forge_close(&forge);
	return rc;
}

int rel_publish_request_base(char **out, const struct rel_remote *remote,
			     const struct rel_remote_options *reading,
			     struct rel_arena *arena, struct rel_error *err)
{
	struct rel_writable_options options = {.remote = reading};
	struct rel_writable *writable = NULL;
	int rc = rel_writable_open(&writable, &remote->location, &options, err);

	if (rc == 0) {
		*out = rel_arena_copy(
		    arena, rel_str_of(rel_writable_branch(writable)));
		rc = *out ? 0 : rel_fail_nomem(err);
	}
	rel_writable_free(writable);
	return rc;
}

struct search {
	struct rel_forge *forge;
	const struct rel_publish_request *request;
	struct rel_forge_change found;
};

static int is_it(void *context, const struct rel_json_value *item,
		 struct rel_error *err)
{
	struct search *s = context;
	int rc = rel_forge_read_change(&s->found, item, &s->forge->arena, err);

	return rc ? rc
		  : strcmp(s->found.branch, s->request->branch) == 0 &&
			strcmp(s->found.base, s->request->base) == 0;
}

static int find(struct search *s, const struct form *form,
		struct rel_error *err)
{
	return rel_forge_search(s->forge, "look for an open request",
				rel_forge_url(s->forge, "%s", form->path),
				form->pages, form->page, is_it, s, err);
}

static int create(struct search *s, const struct form *form,
		  struct rel_error *err)
{
	const struct rel_publish_request *r = s->request;
	const struct rel_forge_member members[] = {
	    {"title", r->title, false},
	    {form->branch, r->branch, false},
	    {form->base, r->base, false},
	    {form->text, r->text, false},
	};
	struct rel_str path = rel_str_of(form->path);
	struct rel_forge_call call = {.method = REL_HTTP_POST,
				      .doing = "open a request"};
	struct rel_json_value *answer = NULL;
	int rc = rel_forge_object(&call.body, s->forge, members, 4, err);

	path.len = rel_str_find(path, '?');
	call.url = rel_forge_url(s->forge, "%.*s", REL_STR_ARG(path));
	if (rc == 0)
		rc = rel_forge_call(&answer, s->forge, &call, err);
	if (rc == 0)
		rc = rel_forge_read_change(&s->found, answer, &s->forge->arena,
					   err);
	rel_json_free(answer);
	return rc;
}

int rel_publish_request_open(struct rel_buf *page, bool *fresh,
			     const struct rel_publish_request *request,
			     struct rel_error *err)
{
	struct rel_forge forge;
	struct search s = {.forge = &forge, .request = request};
	const struct form *form;
	int rc = open_forge(&forge, &form, request, err);

	*fresh = false;
	if (rc == 0)
		rc = find(&s, form, err);
	if (rc == 0) {
		rc = create(&s, form, err);
		*fresh = rc == 0;
	}
	if (rc >= 0) {
		rel_buf_add_cstr(page, s.found.page);
		rc = rel_buf_status(page, "address", err);
	}
	rel_forge_close(&forge);
	return rc;
}
