/* In which environments is decided. */
#include "base/limits.h"
#include "base/nearest.h"
#include "context/context_private.h"

static int add(struct rel_context *context, const struct rel_environment *e,
	       struct rel_error *err)
{
	struct rel_environment *grown;

	if (context->n_environments >= REL_LIMIT_CONF_ITEMS)
		return rel_fail(err, REL_ELIMIT, "more than %u environments",
				REL_LIMIT_CONF_ITEMS);
	if (context->n_environments % 16 == 0) {
		grown = rel_arena_array(&context->arena,
					context->n_environments + 16,
					sizeof(*grown));
		if (!grown)
			return rel_fail_nomem(err);
		if (context->n_environments)
			memcpy(grown, context->environments,
			       context->n_environments * sizeof(*grown));
		context->environments = grown;
	}
	context->environments[context->n_environments++] = *e;
	return 0;
}

/* The variables of a configured environment, and opam-version, which every
 * opam has. */
static int take_values(struct rel_context *context, struct rel_environment *out,
		       const struct rel_conf_environment *conf,
		       struct rel_error *err)
{
	struct rel_variable_value *values = rel_arena_array(
	    &context->arena, conf->n_values + 1, sizeof(*values));
	bool versioned = false;

	if (!values)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < conf->n_values; i++) {
		values[i].name = conf->values[i].name;
		values[i].value = conf->values[i].text;
		if (strcmp(values[i].name, "opam-version") == 0)
			versioned = true;
	}
	out->n_values = conf->n_values;
	if (!versioned)
		values[out->n_values++] = (struct rel_variable_value){
		    "opam-version", REL_OPAM_VERSION};
	out->values = values;
	return 0;
}

/* One environment for each compiler that it pins, or that one named
 * NAME/ocaml-VERSION.  Adds none when there is no such. */
static int add_configured(struct rel_context *context,
			  const struct rel_conf_environment *conf,
			  struct rel_str only, struct rel_error *err)
{
	struct rel_environment e = {.name = conf->name};
	struct rel_buf name;
	int rc = take_values(context, &e, conf, err);

	if (rc || conf->n_ocaml <= 1) {
		if (rc == 0 && only.len && !rel_str_is(only, conf->name))
			return 0;
		e.ocaml = conf->n_ocaml ? conf->ocaml[0] : NULL;
		return rc ? rc : add(context, &e, err);
	}
	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; rc == 0 && i < conf->n_ocaml; i++) {
		rel_buf_clear(&name);
		rel_buf_printf(&name, "%s/ocaml-%s", conf->name,
			       conf->ocaml[i]);
		rc = rel_buf_status(&name, "environment", err);
		if (rc == 0 && only.len && !rel_str_is(only, conf->name) &&
		    !rel_str_eq(only, rel_buf_str(&name)))
			continue;
		e.name = rel_arena_copy(&context->arena, rel_buf_str(&name));
		e.ocaml = conf->ocaml[i];
		if (rc == 0)
			rc = e.name ? add(context, &e, err)
				    : rel_fail_nomem(err);
	}
	rel_buf_free(&name);
	return rc;
}

static int fail_unknown(const struct rel_conf *conf, struct rel_str name,
			struct rel_error *err)
{
	const char **names = calloc(conf->n_environments + 1, sizeof(*names));
	const char *near = NULL;
	int rc;

	for (size_t i = 0; names && i < conf->n_environments; i++)
		names[i] = conf->environments[i].name;
	if (names)
		near = rel_nearest(name, names, conf->n_environments);
	rc = rel_fail(err, REL_EUSAGE,
		      "--env: no environment \"%.*s\" is configured%s%s%s; or "
		      "give variables: --env os=linux,arch=x86_64",
		      REL_STR_ARG(rel_str_sub(name, 0, 80)),
		      near ? "; did you mean " : "", near ? near : "",
		      near ? "?" : "");
	free(names);
	return rc;
}

static int add_named(struct rel_context *context, struct rel_str name,
		     struct rel_error *err)
{
	const struct rel_conf *conf = &context->conf;

	size_t first = context->n_environments;
	struct rel_environment host;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < conf->n_environments &&
			   context->n_environments == first;
	     i++)
		rc = add_configured(context, &conf->environments[i], name, err);
	if (rc || context->n_environments > first)
		return rc;
	if (!rel_str_is(name, "host"))
		return fail_unknown(conf, name, err);
	rc = rel_environment_host(&host, &context->arena, err);
	return rc ? rc : add(context, &host, err);
}

/* As in relctl.yml. */
static int check_variables(struct rel_str text, struct rel_error *err)
{
	while (text.ptr) {
		struct rel_str pair = rel_str_cut(&text, ',');
		struct rel_str key =
		    rel_str_trim(rel_str_sub(pair, 0, rel_str_find(pair, '=')));
		const char *meant = rel_conf_variable_meant(key);

		if (meant)
			return rel_fail(err, REL_EUSAGE,
					"unknown variable \"%.*s\"; did you "
					"mean \"%s\"?",
					REL_STR_ARG(rel_str_sub(key, 0, 80)),
					meant);
	}
	return 0;
}

/* A changed environment is called what --env takes for it, unless the change
 * names it: "mac/ocaml-5.4,os=linux". */
static int change(struct rel_context *context, struct rel_environment *e,
		  struct rel_str changes, bool named, struct rel_error *err)
{
	struct rel_environment base = *e;
	struct rel_buf name;
	const char *plain;
	int rc = rel_environment_parse(e, changes, &base, &context->arena, err);

	if (rc || !named)
		return rc;
	plain = rel_arena_copy(&context->arena, rel_str_trim(changes));
	if (!plain)
		return rel_fail_nomem(err);
	if (strcmp(e->name, plain) != 0)
		return 0;
	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&name, "%s,%s", base.name, plain);
	rc = rel_buf_status(&name, "environment", err);
	if (rc == 0)
		e->name = rel_arena_copy(&context->arena, rel_buf_str(&name));
	if (rc == 0 && !e->name)
		rc = rel_fail_nomem(err);
	rel_buf_free(&name);
	return rc;
}

/* Does KEY=VALUE,… leave nothing that the machine would be asked for? */
static bool gives_machine(struct rel_str text)
{
	static const char *const asked[] = {"os", "os-distribution",
					    "os-family", "os-version", "arch"};
	size_t n_asked = sizeof(asked) / sizeof(asked[0]), n = 0;

	while (text.ptr) {
		struct rel_str pair = rel_str_cut(&text, ',');
		struct rel_str key =
		    rel_str_trim(rel_str_sub(pair, 0, rel_str_find(pair, '=')));

		for (size_t i = 0; i < n_asked; i++)
			n += rel_str_is(key, asked[i]);
	}

	/* a key that is there twice is refused later */
	return n == n_asked;
}

/* What the variables of `text` are laid over: asking the machine runs
 * programs, so only for what is missing. */
static int base_of(struct rel_environment *out, struct rel_context *context,
		   struct rel_str text, struct rel_error *err)
{
	static const struct rel_variable_value version = {"opam-version",
							  REL_OPAM_VERSION};

	if (!gives_machine(text))
		return rel_environment_host(out, &context->arena, err);
	*out = (struct rel_environment){
	    .name = "host", .values = &version, .n_values = 1};
	return 0;
}

/* NAME, KEY=VALUE,… on top of this machine, or NAME,KEY=VALUE,… */
static int add_option(struct rel_context *context, const char *text,
		      struct rel_error *err)
{
	struct rel_str rest = rel_str_of(text), head;
	size_t first = context->n_environments;
	struct rel_environment host;
	bool named;
	int rc;

	if (rel_str_find(rest, '=') == rest.len)
		return add_named(context, rest, err);
	head = rel_str_sub(rest, 0, rel_str_find(rest, ','));
	named = rel_str_find(head, '=') == head.len;
	if (named) {
		rc = add_named(context, head, err);
		rest = rel_str_sub(rest, head.len + 1, rest.len);
	} else {
		rc = base_of(&host, context, rest, err);
		if (rc == 0)
			rc = add(context, &host, err);
	}
	if (rc == 0)
		rc = check_variables(rest, err);
	for (size_t i = first; rc == 0 && i < context->n_environments; i++)
		rc = change(context, &context->environments[i], rest, named,
			    err);
	if (rc == REL_EUSAGE)
		rel_error_prefix(err, "--env %.100s", text);
	return rc;
}

static int add_profile(struct rel_context *context, enum rel_profile profile,
		       const struct rel_context_options *options,
		       struct rel_error *err)
{
	struct rel_environment e = {.name = rel_profile_name(profile),
				    .profile = profile,
				    .ignore_test_doc =
					options->ignore_test_doc};

	if (options->n_environments)
		return rel_fail(err, REL_EUSAGE,
				"--env has no meaning with --profile %s, which "
				"knows no environment",
				e.name);
	return add(context, &e, err);
}

int rel_context_environments(struct rel_context *context,
			     const struct rel_context_options *options,
			     struct rel_error *err)
{
	enum rel_profile profile = REL_PROFILE_ENV;
	struct rel_environment host;
	int rc = 0;

	if (options->profile)
		rc = rel_profile_of(&profile, options->profile, err);
	if (rc == 0 && options->ignore_test_doc &&
	    profile != REL_PROFILE_OPAM_2_1)
		rc = rel_fail(err, REL_EUSAGE,
			      "--ignore-test-doc goes with --profile opam-2.1 "
			      "only; elsewhere they are left out anyway");
	if (rc)
		return rc;
	if (profile != REL_PROFILE_ENV)
		return add_profile(context, profile, options, err);
	for (uint32_t i = 0; rc == 0 && i < options->n_environments; i++)
		rc = add_option(context, options->environments[i], err);
	if (rc || context->n_environments)
		return rc;
	for (size_t i = 0; rc == 0 && i < context->conf.n_environments; i++)
		rc = add_configured(context, &context->conf.environments[i],
				    (struct rel_str){0}, err);
	if (rc || context->n_environments)
		return rc;
	rc = rel_environment_host(&host, &context->arena, err);
	return rc ? rc : add(context, &host, err);
}
