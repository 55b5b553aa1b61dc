#include "stacks.h"

static int read_with(struct rel_stacks *s, const struct rel_list *with,
		     struct rel_error *err)
{
	int rc;

	s->with =
	    (struct rel_remote){.name = "with",
				.role = REL_ROLE_DEVELOPMENT,
				.location = {.kind = REL_LOCATION_DIRECTORY,
					     .text = "the manifests of --with",
					     .url = "",
					     .subdir = "",
					     .revision = ""}};
	rc = rel_remote_read_files(&s->snapshots[0], with->items, with->count,
				   err);
	s->layers[0] = (struct rel_stack_layer){&s->with, s->snapshots[0]};
	s->n_layers = 1;
	return rc;
}

static int read_remotes(struct rel_stacks *s, const struct rel_setup *setup,
			const struct rel_list *with, struct rel_error *err)
{
	size_t max = (size_t)setup->n_remotes + 1;
	int rc = 0;

	s->layers = calloc(max, sizeof(*s->layers));
	s->snapshots = calloc(max, sizeof(struct rel_snapshot *));
	s->old = calloc(max, sizeof(struct rel_snapshot *));
	s->since = calloc(max, sizeof(char *));
	if (!s->layers || !s->snapshots || !s->old || !s->since)
		return rel_fail_nomem(err);
	if (with && with->count)
		rc = read_with(s, with, err);
	for (uint32_t i = 0; rc == 0 && i < setup->n_remotes; i++) {
		uint32_t at = s->n_layers;
		const struct rel_remote *r = &setup->remotes[i];

		rc = rel_remote_read(&s->snapshots[at], r, NULL,
				     &setup->reading, err);
		s->layers[at] = (struct rel_stack_layer){r, s->snapshots[at]};
		s->n_layers += rc == 0;
	}
	return rc;
}

/* The layer that a bare revision is about: the one development remote, or
 * the only remote. */
static int default_layer(uint32_t *layer, const struct rel_stacks *s,
			 struct rel_error *err)
{
	uint32_t n_development = 0, n_remotes = 0, development = 0, any = 0;

	for (uint32_t i = 0; i < s->n_layers; i++) {
		if (s->layers[i].remote == &s->with)
			continue;
		n_remotes++;
		any = i;
		if (s->layers[i].remote->role == REL_ROLE_DEVELOPMENT) {
			n_development++;
			development = i;
		}
	}
	*layer = n_development == 1 ? development : any;
	if (n_development == 1 || n_remotes == 1)
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"--since: say of which remote: --since NAME@REV, such "
			"as %s@HEAD~1",
			s->layers[any].remote->name);
}

/* NAME@REV where NAME is a remote, else REV. */
static int parse_since(uint32_t *layer, const char **revision,
		       const struct rel_stacks *s, const char *text,
		       struct rel_error *err)
{
	struct rel_str whole = rel_str_of(text);
	size_t at = rel_str_find(whole, '@');

	*revision = text;
	for (uint32_t i = 0; at < whole.len && i < s->n_layers; i++) {
		if (s->layers[i].remote != &s->with &&
		    rel_str_is(rel_str_sub(whole, 0, at),
			       s->layers[i].remote->name)) {
			*layer = i;
			*revision = text + at + 1;
			if (**revision == '\0')
				return rel_fail(
				    err, REL_EUSAGE,
				    "--since %s: no revision behind "
				    "the @",
				    text);
			return 0;
		}
	}
	return default_layer(layer, s, err);
}

static int read_old(struct rel_stacks *s, const struct rel_setup *setup,
		    const struct rel_list *since, struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < since->count; i++) {
		const char *revision = NULL;
		uint32_t layer = 0;

		rc = parse_since(&layer, &revision, s, since->items[i], err);
		if (rc == 0 && s->old[layer])
			rc = rel_fail(err, REL_EUSAGE,
				      "--since is there twice for remote %s",
				      s->layers[layer].remote->name);
		if (rc)
			return rc;
		rc = rel_remote_read(&s->old[layer], s->layers[layer].remote,
				     revision, &setup->reading, err);
		if (rc == 0)
			s->since[layer] = s->old[layer]->revision;
	}
	return rc;
}

static bool has_package(const struct rel_stacks *s, struct rel_str name,
			struct rel_str version)
{
	for (uint32_t i = 0; i < s->n_layers; i++) {
		const struct rel_snapshot *snapshot = s->layers[i].snapshot;
		const struct rel_snapshot_package *p;
		uint32_t count = 0;

		p = rel_snapshot_find(snapshot, name, &count);
		for (uint32_t k = 0; k < count; k++) {
			if (version.len == 0 ||
			    rel_str_eq(version, rel_snapshot_string(
						    snapshot, p[k].version)))
				return true;
		}
	}
	return false;
}

static int parse_without(struct rel_stack_exclusion *out,
			 const struct rel_stacks *s,
			 const struct rel_list *without, struct rel_error *err)
{
	for (uint32_t i = 0; i < without->count; i++) {
		struct rel_str text = rel_str_of(without->items[i]);
		size_t dot = rel_str_find(text, '.');

		out[i].name = rel_str_sub(text, 0, dot);
		out[i].version = rel_str_sub(text, dot + 1, text.len);
		if (!has_package(s, out[i].name, out[i].version))
			return rel_fail(err, REL_EUSAGE,
					"--without: no remote has %.100s",
					without->items[i]);
	}
	return 0;
}

static int build_now(struct rel_stacks *s, const struct rel_list *without,
		     struct rel_error *err)
{
	uint32_t n = without ? without->count : 0;
	struct rel_stack_exclusion *list = calloc((size_t)n + 1, sizeof(*list));
	int rc = list ? 0 : rel_fail_nomem(err);

	if (rc == 0 && n)
		rc = parse_without(list, s, without, err);
	if (rc == 0)
		rc = rel_stack_build(&s->now, s->layers, s->n_layers, list, n,
				     err);
	free(list);
	return rc;
}

static bool keep_alone(const struct rel_stacks *s, uint32_t i)
{
	return s->layers[i].remote->role == REL_ROLE_UPSTREAM;
}

static bool keep_before(const struct rel_stacks *s, uint32_t i)
{
	return s->layers[i].remote != &s->with;
}

/* Stack the layers that `keep` keeps, `old` where there is one if asked. */
static int build_some(struct rel_stack **out, const struct rel_stacks *s,
		      bool (*keep)(const struct rel_stacks *, uint32_t),
		      bool old, struct rel_error *err)
{
	struct rel_stack_layer *layers =
	    calloc((size_t)s->n_layers + 1, sizeof(*layers));
	uint32_t n = 0;
	int rc;

	if (!layers)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < s->n_layers; i++) {
		if (!keep(s, i))
			continue;
		layers[n] = s->layers[i];
		if (old && s->old[i])
			layers[n].snapshot = s->old[i];
		n++;
	}
	rc = rel_stack_build(out, layers, n, NULL, 0, err);
	free(layers);
	return rc;
}

static bool has_both_roles(const struct rel_stacks *s)
{
	bool upstream = false, development = false;

	for (uint32_t i = 0; i < s->n_layers; i++) {
		if (keep_alone(s, i))
			upstream = true;
		else
			development = true;
	}
	return upstream && development;
}

int rel_stacks_read(struct rel_stacks *stacks, const struct rel_setup *setup,
		    const struct rel_stacks_request *request,
		    struct rel_error *err)
{
	int rc;

	memset(stacks, 0, sizeof(*stacks));
	rc = read_remotes(stacks, setup, request->with, err);
	if (rc == 0 && request->since)
		rc = read_old(stacks, setup, request->since, err);
	if (rc == 0)
		rc = build_now(stacks, request->without, err);
	if (rc == 0 && request->compare && has_both_roles(stacks))
		rc = build_some(&stacks->alone, stacks, keep_alone, false, err);
	if (rc == 0 && request->since && request->since->count)
		rc =
		    build_some(&stacks->before, stacks, keep_before, true, err);
	return rc;
}

void rel_stacks_free(struct rel_stacks *stacks)
{
	rel_stack_free(stacks->before);
	rel_stack_free(stacks->alone);
	rel_stack_free(stacks->now);
	for (uint32_t i = 0; i < stacks->n_layers; i++) {
		rel_snapshot_free(stacks->snapshots[i]);
		rel_snapshot_free(stacks->old[i]);
	}
	free(stacks->layers);
	free(stacks->snapshots);
	free(stacks->old);
	free(stacks->since);
}
