#include "conf/conf_private.h"

#include "base/nearest.h"

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
