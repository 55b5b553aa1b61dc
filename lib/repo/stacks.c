#include "repo/stacks.h"

#include <stdlib.h>

#include "base/limits.h"

static int read_remotes(struct rel_stacks *s,
			const struct rel_remote_options *reading,
			struct rel_error *err)
{
	size_t n = (size_t)s->n_remotes + 1;

	s->snapshots = calloc(n, sizeof(struct rel_snapshot *));
	s->old = calloc(n, sizeof(struct rel_snapshot *));
	s->since = calloc(n, sizeof(char *));
	if (!s->snapshots || !s->old || !s->since)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < s->n_remotes; i++) {
		int rc = rel_remote_read(&s->snapshots[i], &s->remotes[i], NULL,
					 reading, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* The remote that a bare revision is about: the one development remote, or
 * the only one. */
static int default_remote(uint32_t *remote, const struct rel_stacks *s,
			  struct rel_error *err)
{
	uint32_t n_development = 0;

	*remote = 0;
	for (uint32_t i = 0; i < s->n_remotes; i++) {
		if (s->remotes[i].role != REL_ROLE_DEVELOPMENT)
			continue;
		n_development++;
		*remote = i;
	}
	if (n_development == 1 || s->n_remotes == 1)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"--since: say of which remote: --since NAME@REV, such "
			"as %s@HEAD~1",
			s->remotes[*remote].name);
}

/* NAME@REV where NAME is a remote, else REV. */
static int parse_since(uint32_t *remote, const char **revision,
		       const struct rel_stacks *s, const char *text,
		       struct rel_error *err)
{
	struct rel_str whole = rel_str_of(text);
	size_t at = rel_str_find(whole, '@');

	*revision = text;
	for (uint32_t i = 0; at < whole.len && i < s->n_remotes; i++) {
		if (!rel_str_is(rel_str_sub(whole, 0, at), s->remotes[i].name))
			continue;
		*remote = i;
		*revision = text + at + 1;
		if (**revision == '\0')
			return rel_fail(err, REL_EUSAGE,
					"--since %s: no revision after the @",
					text);
		return 0;
	}
	return default_remote(remote, s, err);
}

/* NAME@REV that is no revision as a whole: NAME is meant to be a remote. */
static int fail_since(const struct rel_stacks *s, const char *text, int rc,
		      struct rel_error *err)
{
	struct rel_str whole = rel_str_of(text);
	size_t at = rel_str_find(whole, '@');
	struct rel_buf names;

	if ((rc != REL_ENOTFOUND && rc != REL_EUSAGE) || at == 0 ||
	    at == whole.len || text[at + 1] == '{')
		return rc;
	rel_buf_init(&names, REL_LIMIT_CONFIG_BYTES);
	for (uint32_t i = 0; i < s->n_remotes; i++) {
		if (rel_str_is(rel_str_sub(whole, 0, at), s->remotes[i].name))
			goto done;
		rel_buf_printf(&names, "%s%s", i ? ", " : "",
			       s->remotes[i].name);
	}
	rc = rel_buf_status(&names, "remotes", err);
	if (rc == 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "--since %s: there is no remote %.*s; there %s "
			      "%s",
			      text, REL_STR_ARG(rel_str_sub(whole, 0, at)),
			      s->n_remotes == 1 ? "is" : "are", names.ptr);
done:
	rel_buf_free(&names);
	return rc;
}

static int read_old(struct rel_stacks *s,
		    const struct rel_stacks_request *request,
		    const struct rel_remote_options *reading,
		    struct rel_error *err)
{
	for (uint32_t i = 0; i < request->n_since; i++) {
		const char *revision = NULL;
		uint32_t at = 0;
		int rc = parse_since(&at, &revision, s, request->since[i], err);

		if (rc == 0 && s->old[at])
			rc = rel_fail(err, REL_EUSAGE,
				      "--since is there twice for remote %s",
				      s->remotes[at].name);
		if (rc == 0)
			rc = rel_remote_read(&s->old[at], &s->remotes[at],
					     revision, reading, err);
		if (rc)
			return fail_since(s, request->since[i], rc, err);
		s->since[at + (s->with ? 1 : 0)] = s->old[at]->revision;
	}
	return 0;
}

static bool has_package(const struct rel_snapshot *snapshot,
			const struct rel_stack_exclusion *x)
{
	uint32_t count = 0;
	const struct rel_snapshot_package *p =
	    rel_snapshot_find(snapshot, x->name, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (x->version.len == 0 ||
		    rel_str_eq(x->version,
			       rel_snapshot_string(snapshot, p[i].version)))
			return true;
	}
	return false;
}

static int parse_without(struct rel_stack_exclusion *out,
			 const struct rel_stack_layer *layers,
			 uint32_t n_layers, const char *item,
			 struct rel_error *err)
{
	struct rel_str text = rel_str_of(item);
	size_t dot = rel_str_find(text, '.');

	out->name = rel_str_sub(text, 0, dot);
	out->version = rel_str_sub(text, dot + 1, text.len);
	for (uint32_t i = 0; i < n_layers; i++) {
		if (has_package(layers[i].snapshot, out))
			return 0;
	}
	return rel_fail(err, REL_EUSAGE, "--without: no remote has %.100s",
			item);
}

int rel_stacks_simulate(struct rel_stack **out, const struct rel_stacks *stacks,
			const struct rel_overlay *overlay,
			struct rel_error *err)
{
	const struct rel_remote top = {
	    .name = overlay->name,
	    .role = REL_ROLE_DEVELOPMENT,
	    .location = {.kind = REL_LOCATION_DIRECTORY,
			 .text = overlay->text,
			 .url = "",
			 .subdir = "",
			 .revision = ""}};
	struct rel_stack_layer *layers =
	    calloc((size_t)stacks->n_remotes + 1, sizeof(*layers));
	struct rel_stack_exclusion *without =
	    calloc((size_t)overlay->n_without + 1, sizeof(*without));
	uint32_t n = 0;
	int rc = layers && without ? 0 : rel_fail_nomem(err);

	*out = NULL;
	if (rc == 0 && overlay->manifests)
		layers[n++] =
		    (struct rel_stack_layer){&top, overlay->manifests};
	for (uint32_t i = 0; rc == 0 && i < stacks->n_remotes; i++)
		layers[n++] = (struct rel_stack_layer){&stacks->remotes[i],
						       stacks->snapshots[i]};
	for (uint32_t i = 0; rc == 0 && i < overlay->n_without; i++)
		rc = parse_without(&without[i], layers, n, overlay->without[i],
				   err);
	if (rc == 0)
		rc = rel_stack_build(out, layers, n, without,
				     overlay->n_without, err);
	if (rc == 0 && overlay->manifests) {
		(*out)->virtual_remote = top;
		(*out)->layers[0].remote = &(*out)->virtual_remote;
	}
	free(without);
	free(layers);
	return rc;
}

static bool has_both_roles(const struct rel_stacks *s)
{
	bool upstream = false, development = s->with != NULL;

	for (uint32_t i = 0; i < s->n_remotes; i++) {
		if (s->remotes[i].role == REL_ROLE_UPSTREAM)
			upstream = true;
		else
			development = true;
	}
	return upstream && development;
}

/* The upstream remotes as they are, or all remotes as they were. */
static int build_plain(struct rel_stack **out, const struct rel_stacks *s,
		       bool before, struct rel_error *err)
{
	struct rel_stack_layer *layers =
	    calloc((size_t)s->n_remotes + 1, sizeof(*layers));
	uint32_t n = 0;
	int rc;

	if (!layers)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < s->n_remotes; i++) {
		if (!before && s->remotes[i].role != REL_ROLE_UPSTREAM)
			continue;
		layers[n].remote = &s->remotes[i];
		layers[n++].snapshot =
		    before && s->old[i] ? s->old[i] : s->snapshots[i];
	}
	rc = rel_stack_build(out, layers, n, NULL, 0, err);
	free(layers);
	return rc;
}

int rel_stacks_read(struct rel_stacks *stacks, const struct rel_remote *remotes,
		    size_t n_remotes, const struct rel_stacks_request *request,
		    const struct rel_remote_options *reading,
		    struct rel_error *err)
{
	struct rel_overlay overlay = {.name = "with",
				      .text = "the manifests of --with",
				      .without = request->without,
				      .n_without = request->n_without};
	int rc = 0;

	*stacks = (struct rel_stacks){.remotes = remotes,
				      .n_remotes = (uint32_t)n_remotes};
	/* before the network is asked */
	if (request->n_with)
		rc = rel_remote_read_files(&stacks->with, request->with,
					   request->n_with, err);
	overlay.manifests = stacks->with;
	if (rc == 0)
		rc = read_remotes(stacks, reading, err);
	if (rc == 0)
		rc = read_old(stacks, request, reading, err);
	if (rc == 0)
		rc = rel_stacks_simulate(&stacks->now, stacks, &overlay, err);
	if (rc == 0 && request->compare && has_both_roles(stacks))
		rc = build_plain(&stacks->alone, stacks, false, err);
	if (rc == 0 && (request->n_since || request->before))
		rc = build_plain(&stacks->before, stacks, true, err);
	return rc;
}

void rel_stacks_free(struct rel_stacks *stacks)
{
	rel_stack_free(stacks->before);
	rel_stack_free(stacks->alone);
	rel_stack_free(stacks->now);
	for (uint32_t i = 0; i < stacks->n_remotes; i++) {
		rel_snapshot_free(stacks->snapshots ? stacks->snapshots[i]
						    : NULL);
		rel_snapshot_free(stacks->old ? stacks->old[i] : NULL);
	}
	rel_snapshot_free(stacks->with);
	free(stacks->snapshots);
	free(stacks->old);
	free(stacks->since);
	*stacks = (struct rel_stacks){0};
}
