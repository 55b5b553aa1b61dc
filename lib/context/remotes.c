/* Which remotes there are. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "context/context_private.h"

/* A remote as somebody wrote it. */
struct given {
	struct rel_str name, location, role;
	const char *base_dir;
};

static int add(struct rel_context *context, const struct given *given,
	       bool *roled, struct rel_error *err)
{
	struct rel_remote *r = &context->remotes[context->n_remotes];
	char *name = rel_arena_copy(&context->arena, given->name);

	if (!name)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; i < context->n_remotes; i++) {
		if (strcmp(context->remotes[i].name, name) == 0)
			return rel_fail(err, REL_EUSAGE,
					"two remotes are called %s; name them: "
					"--remote NAME=LOCATION",
					name);
	}
	r->name = name;
	r->role = rel_str_is(given->role, "development") ? REL_ROLE_DEVELOPMENT
							 : REL_ROLE_UPSTREAM;
	roled[context->n_remotes] = given->role.ptr != NULL;
	context->n_remotes++;
	return rel_location_parse(&r->location, given->location,
				  given->base_dir, &context->arena, err);
}

/* A name made of the last part of the location: "mirage-dev". */
static struct rel_str name_of(struct rel_str location)
{
	struct rel_str rest =
	    rel_str_sub(location, 0, rel_str_find(location, '#'));

	while (rest.len > 1 && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	rest = rel_path_base(rest);
	if (rel_str_ends(rest, REL_STR(".git")) && rest.len > 4)
		rest.len -= 4;
	return rest.len ? rest : REL_STR("remote");
}

static int add_option(struct rel_context *context, const char *text,
		      bool *roled, struct rel_error *err)
{
	struct given given = {.base_dir = NULL};
	int rc;

	rel_remote_split(&given.name, &given.location, &given.role,
			 rel_str_of(text));
	if (!given.name.ptr)
		given.name = name_of(given.location);
	rc = add(context, &given, roled, err);
	if (rc != 0 && rc != REL_ENOMEM)
		rel_error_prefix(err, "--remote");
	return rc;
}

static int add_configured(struct rel_context *context,
			  const struct rel_conf_remote *remote, bool *roled,
			  struct rel_error *err)
{
	struct given given = {rel_str_of(remote->name),
			      rel_str_of(remote->url),
			      {NULL, 0},
			      context->conf.directory};
	int rc;

	if (remote->role)
		given.role = rel_str_of(remote->role);
	rc = add(context, &given, roled, err);
	if (rc == REL_ENOMEM || rc == 0)
		return rc;
	rel_error_prefix(err, "remote %s", remote->name);
	if (err->path[0] == '\0')
		rel_error_at(err, context->conf.path, remote->line,
			     remote->column);
	/* the file is wrong, not the command line */
	err->code = REL_EPARSE;
	return REL_EPARSE;
}

/* Without any word about remotes, the repository one stands in. */
static int add_here(struct rel_context *context, bool *roled,
		    struct rel_error *err)
{
	struct given given = {.location = REL_STR("."), .base_dir = NULL};
	char *cwd;
	struct stat st;
	int rc;

	if (stat("packages", &st) != 0 || !S_ISDIR(st.st_mode))
		return rel_fail(err, REL_EUSAGE,
				"no remotes: give --remote NAME=LOCATION, or "
				"list them in relctl.yml");
	cwd = getcwd(NULL, 0);
	given.name = cwd ? name_of(rel_str_of(cwd)) : REL_STR("here");
	rc = add(context, &given, roled, err);
	free(cwd);
	return rc;
}

static void settle_roles(struct rel_context *context, const bool *roled)
{
	for (uint32_t i = 0; i < context->n_remotes; i++) {
		if (context->remotes[i].role == REL_ROLE_DEVELOPMENT)
			return;
	}
	if (context->n_remotes > 1 && !roled[0])
		context->remotes[0].role = REL_ROLE_DEVELOPMENT;
}

int rel_context_remotes(struct rel_context *context,
			const struct rel_context_options *options,
			struct rel_error *err)
{
	size_t max = options->n_remotes + context->conf.n_remotes + 1;
	bool *roled;
	int rc = 0;

	context->remotes =
	    rel_arena_array(&context->arena, max, sizeof(*context->remotes));
	roled = rel_arena_array(&context->arena, max, sizeof(*roled));
	if (!context->remotes || !roled)
		return rel_fail_nomem(err);
	for (uint32_t i = 0; rc == 0 && i < options->n_remotes; i++)
		rc = add_option(context, options->remotes[i], roled, err);
	if (options->n_remotes == 0) {
		for (size_t i = 0; rc == 0 && i < context->conf.n_remotes; i++)
			rc = add_configured(context, &context->conf.remotes[i],
					    roled, err);
	}
	if (rc == 0 && context->n_remotes == 0)
		rc = add_here(context, roled, err);
	if (rc == 0)
		settle_roles(context, roled);
	return rc;
}
