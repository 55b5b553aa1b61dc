#include "base/nearest.h"
#include "conf/conf_private.h"

static int read_target(struct rel_conf_reader *r, const struct rel_yaml *node,
		       void *items, size_t n)
{
	struct rel_conf_target *target = (struct rel_conf_target *)items + n;
	struct rel_conf_place *places;
	size_t i = 0;
	int rc = rel_conf_expect(r, node, REL_YAML_LIST, "a target");

	target->line = node->line;
	target->column = node->column;
	if (!rc)
		rc = rel_conf_read_texts(
		    r, node, "the target", rel_conf_expect_name,
		    &target->packages, &target->n_packages);
	if (rc)
		return rc;
	places = rel_arena_array(r->arena, target->n_packages, sizeof(*places));
	if (!places)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = node->first; m; m = m->next)
		places[i++] = (struct rel_conf_place){m->line, m->column};
	target->places = places;
	return 0;
}

static int read_targets(struct rel_conf_reader *r, const struct rel_yaml *value,
			void *target)
{
	static const struct rel_conf_list list = {
	    "targets", sizeof(struct rel_conf_target), read_target};
	struct rel_conf *conf = target;
	void *items = NULL;
	int rc = rel_conf_read_list(r, value, &list, &items, &conf->n_targets);

	conf->targets = items;
	return rc;
}

int rel_conf_fill(struct rel_conf *conf, const struct rel_yaml *root,
		  struct rel_error *err)
{
	static const struct rel_conf_field fields[] = {
	    {"remotes", rel_conf_read_remotes},
	    {"environments", rel_conf_read_environments},
	    {"release", rel_conf_read_release},
	    {"publish", rel_conf_read_publish},
	    {"request", rel_conf_read_request},
	    {"targets", read_targets},
	};
	struct rel_conf_reader r = {&conf->arena, err};

	if (!root || (root->kind == REL_YAML_TEXT && rel_conf_is_null(root)))
		return 0;
	return rel_conf_read_mapping(&r, root, "the file", "key", fields,
				     REL_CONF_COUNT(fields), conf);
}

static int read_remote_name(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	struct rel_conf_remote *remote = target;

	remote->name = value->text;
	return rel_conf_expect_name(r, value, "the remote's name");
}

static int read_remote_role(struct rel_conf_reader *r,
			    const struct rel_yaml *value, void *target)
{
	static const char *const roles[] = {"development", "upstream"};
	struct rel_conf_remote *remote = target;

	return rel_conf_read_choice(r, value, "role", roles,
				    REL_CONF_COUNT(roles), &remote->role);
}

static int read_remote_url(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_remote *remote = target;

	remote->url = value->text;
	return rel_conf_expect_text(r, value, "url");
}

static int read_remote(struct rel_conf_reader *r, const struct rel_yaml *node,
		       void *items, size_t n)
{
	static const struct rel_conf_field fields[] = {
	    {"name", read_remote_name},
	    {"role", read_remote_role},
	    {"url", read_remote_url},
	};
	struct rel_conf_remote *remotes = items;
	struct rel_conf_remote *remote = &remotes[n];
	int rc = rel_conf_read_mapping(r, node, "a remote", "key in a remote",
				       fields, REL_CONF_COUNT(fields), remote);

	if (rc)
		return rc;
	remote->line = node->line;
	remote->column = node->column;
	if (!remote->name)
		return rel_conf_fail_missing(r, node, "this remote", "name");
	if (!remote->url)
		return rel_conf_fail_missing(r, node, "this remote", "url");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(remotes[i].name, remote->name) == 0)
			return rel_conf_fail_repeated(
			    r, node, "remote", remote->name, remotes[i].line);
	}
	return 0;
}

int rel_conf_read_remotes(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_list list = {
	    "remotes", sizeof(struct rel_conf_remote), read_remote};
	struct rel_conf *conf = target;
	void *items = NULL;
	int rc = rel_conf_read_list(r, value, &list, &items, &conf->n_remotes);

	conf->remotes = items;
	return rc;
}

static const char *const text_variables[] = {
    "arch",
    "os",
    "os-distribution",
    "os-family",
    "os-version",
    "opam-version",
    "sys-ocaml-version",
    "sys-ocaml-arch",
    "sys-ocaml-cc",
    "sys-ocaml-libc",
    "sys-ocaml-system",
    "make",
    "user",
    "group",
};

static const char *const boolean_variables[] = {
    "with-test", "with-doc", "with-dev-setup", "dev", "build", "post", "pinned",
};

static bool is_among(const char *word, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

#define N_KNOWN \
	(REL_CONF_COUNT(text_variables) + REL_CONF_COUNT(boolean_variables) + 2)

static size_t list_known(const char *known[N_KNOWN])
{
	size_t n = 0;

	known[n++] = "name";
	known[n++] = "ocaml";
	for (size_t i = 0; i < REL_CONF_COUNT(text_variables); i++)
		known[n++] = text_variables[i];
	for (size_t i = 0; i < REL_CONF_COUNT(boolean_variables); i++)
		known[n++] = boolean_variables[i];
	return n;
}

const char *rel_conf_variable_meant(struct rel_str name)
{
	const char *known[N_KNOWN];
	size_t n = list_known(known);

	for (size_t i = 0; i < n; i++) {
		if (rel_str_is(name, known[i]))
			return NULL;
	}
	for (size_t i = 0; name.len >= 4 && i < n; i++) {
		if (rel_slips(name, rel_str_of(known[i])) <= 1)
			return known[i];
	}
	return NULL;
}

static int check_variable(struct rel_conf_reader *r, const struct rel_yaml *key)
{
	const char *known[N_KNOWN];
	struct rel_str name = rel_str_of(key->text);
	size_t n = list_known(known);

	for (size_t i = 0; i < name.len; i++) {
		if (!rel_conf_is_name_char(name.ptr[i]) || name.ptr[i] == '.')
			return rel_conf_fail(r, key,
					     "\"%.80s\" is not the name of an "
					     "opam variable",
					     key->text);
	}
	if (name.len == 0)
		return rel_conf_fail_unknown(r, key, "key", known, n);
	return rel_conf_variable_meant(name)
		   ? rel_conf_fail_unknown(r, key, "variable", known, n)
		   : 0;
}

static int read_variable(struct rel_conf_reader *r,
			 const struct rel_yaml *value,
			 struct rel_conf_value *out)
{
	const char *name = value->key->text;
	int rc = check_variable(r, value->key);

	if (rc)
		return rc;
	*out = (struct rel_conf_value){.name = name, .text = value->text};
	rc = rel_conf_expect(r, value, REL_YAML_TEXT, name);
	if (rc)
		return rc;
	if (is_among(name, boolean_variables,
		     REL_CONF_COUNT(boolean_variables))) {
		out->boolean = rel_conf_is_boolean(value);
		if (out->boolean)
			return 0;
		return rel_conf_fail(
		    r, value, "%s must be true or false, without quotes", name);
	}
	if (rel_conf_is_boolean(value) &&
	    !is_among(name, text_variables, REL_CONF_COUNT(text_variables))) {
		out->boolean = true;
		return 0;
	}
	return rel_conf_expect_text(r, value, name);
}

/* All but what an environment must have and may not repeat. */
static int read_members(struct rel_conf_reader *r, const struct rel_yaml *node,
			struct rel_conf_environment *out)
{
	struct rel_conf_value *values;
	int rc = 0;

	values = rel_arena_array(r->arena, node->count, sizeof(*values));
	if (!values)
		return rel_fail_nomem(r->err);
	out->values = values;
	for (const struct rel_yaml *m = node->first; m && !rc; m = m->next) {
		if (strcmp(m->key->text, "name") == 0) {
			out->name = m->text;
			rc = rel_conf_expect_name(r, m,
						  "the environment's name");
		} else if (strcmp(m->key->text, "ocaml") == 0) {
			rc = rel_conf_read_texts(r, m, "ocaml",
						 rel_conf_expect_name,
						 &out->ocaml, &out->n_ocaml);
		} else {
			rc = read_variable(r, m, &values[out->n_values++]);
		}
	}
	return rc;
}

static int read_environment(struct rel_conf_reader *r,
			    const struct rel_yaml *node, void *items, size_t n)
{
	struct rel_conf_environment *list = items;
	int rc = rel_conf_expect(r, node, REL_YAML_MAPPING, "an environment");

	if (!rc)
		rc = read_members(r, node, &list[n]);
	if (rc)
		return rc;
	list[n].line = node->line;
	list[n].column = node->column;
	if (!list[n].name)
		return rel_conf_fail_missing(r, node, "this environment",
					     "name");
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, list[n].name) == 0)
			return rel_conf_fail_repeated(
			    r, node, "environment", list[n].name, list[i].line);
	}
	return 0;
}

int rel_conf_read_environments(struct rel_conf_reader *r,
			       const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_list list = {
	    "environments", sizeof(struct rel_conf_environment),
	    read_environment};
	struct rel_conf *conf = target;
	void *items = NULL;
	int rc =
	    rel_conf_read_list(r, value, &list, &items, &conf->n_environments);

	conf->environments = items;
	return rc;
}
