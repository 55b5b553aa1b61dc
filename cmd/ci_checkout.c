#include "ci_checkout.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/remote.h"

/* The nearest repository at or above `directory`, an absolute path. */
static int find_above(struct rel_buf *out, const char *directory,
		      struct rel_error *err)
{
	struct rel_str rest = rel_str_of(directory);
	char *path = NULL;
	bool found = false;

	while (!found && rest.len > 0) {
		path = strndup(rest.ptr, rest.len);
		if (!path)
			return rel_fail_nomem(err);
		found = rel_git_is_repository(path);
		if (found)
			rel_buf_add_cstr(out, path);
		free(path);
		rest = rel_path_dir(rest);
	}
	return found ? rel_buf_status(out, "path", err) : REL_ENOTFOUND;
}

int rel_ci_checkout_find(struct rel_buf *root, const struct rel_ci *ci,
			 struct rel_error *err)
{
	char *here = realpath(".", NULL);
	char *there = ci->directory ? realpath(ci->directory, NULL) : NULL;
	int rc = REL_ENOTFOUND;

	if (here)
		rc = find_above(root, here, err);
	if (rc == REL_ENOTFOUND && there)
		rc = find_above(root, there, err);
	if (rc == REL_ENOTFOUND)
		rel_fail(err, rc,
			 "%s is not in a checkout of git; check the "
			 "development remote out, or say where: -C DIR",
			 here ? here : ".");
	free(here);
	free(there);
	return rc;
}

int rel_ci_checkout_origin(struct rel_buf *out, const struct rel_ci *ci,
			   struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	struct rel_buf root;
	int rc;

	rel_buf_init(&root, REL_LIMIT_CONFIG_BYTES);
	rc = rel_ci_checkout_find(&root, ci, NULL);
	if (rc == 0)
		rc = rel_git_store_open(&store, root.ptr, err);
	if (rc == 0)
		rc = rel_git_origin(out, store, err);
	rel_git_store_free(store);
	rel_buf_free(&root);
	return rc == REL_ENOTFOUND || rc > 0 ? 0 : rc;
}

/* "https://token@host/a/b.git/" and "git+https://host/a/b" are the same. */
static struct rel_str plain(struct rel_buf *text, const char *url)
{
	struct rel_str rest;

	rel_git_redact_url(text, strncmp(url, "git+", 4) == 0 ? url + 4 : url);
	rest = rel_buf_str(text);
	while (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	if (rel_str_ends(rest, REL_STR(".git")))
		rest.len -= 4;
	return rest;
}

static bool is_at(const struct rel_remote *remote, const char *origin)
{
	struct rel_buf a, b;
	struct rel_str here, there;
	bool same;

	rel_buf_init(&a, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&b, REL_LIMIT_CONFIG_BYTES);
	here = plain(&a, remote->location.url);
	there = plain(&b, origin);
	same = here.len > 0 && rel_str_eq(here, there);
	rel_buf_free(&a);
	rel_buf_free(&b);
	return same;
}

int rel_ci_checkout_remote(uint32_t *out, const struct rel_context *context,
			   const char *origin, struct rel_error *err)
{
	uint32_t n = 0, at_origin = 0;

	for (uint32_t i = 0; i < context->n_remotes; i++) {
		const struct rel_remote *r = &context->remotes[i];

		if (r->role != REL_ROLE_DEVELOPMENT && context->n_remotes > 1)
			continue;
		if (at_origin == 0)
			*out = i;
		n++;
		if (is_at(r, origin)) {
			*out = i;
			at_origin++;
		}
	}
	if (n == 1 || at_origin == 1)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"%u remotes are development, and which of them is "
			"checked out here is not clear: none or several of "
			"their addresses are that of its remote origin",
			(unsigned)n);
}
