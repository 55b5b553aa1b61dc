/* Reading "KEY=VALUE,…" into an environment. */
#include "base/limits.h"
#include "solve/environment.h"

#define EXAMPLE "os=linux,os-distribution=debian,arch=x86_64,ocaml=4.14"

/* What a text says, before it is laid over the base. */
struct given {
	struct rel_variable_value *values; /* in the arena; with pin and name */
	size_t n_values;
};

static bool is_variable_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
}

static int check_key(struct rel_str key, struct rel_error *err)
{
	for (size_t i = 0; i < key.len; i++) {
		if (key.ptr[i] == ':')
			return rel_fail(err, REL_EUSAGE,
					"%.*s is a variable of a package; an "
					"environment has none of those",
					REL_STR_ARG(key));
		if (!is_variable_char(key.ptr[i]))
			return rel_fail(err, REL_EUSAGE,
					"%.*s is no name of a variable, such "
					"as os-family",
					REL_STR_ARG(key));
	}
	if (rel_str_is(key, "version"))
		return rel_fail(err, REL_EUSAGE,
				"version is each package's own, an environment "
				"cannot set it; os-version and opam-version "
				"are the machine's");
	return 0;
}

static int check_value(struct rel_str key, struct rel_str value,
		       struct rel_error *err)
{
	uint32_t rune = 0;

	for (size_t at = 0; at < value.len;) {
		at += rel_str_rune(value, at, &rune);
		if (rune == REL_STR_NO_RUNE || rel_rune_is_control(rune))
			return rel_fail(err, REL_EUSAGE,
					"the value of %.*s holds bytes that no "
					"opam variable has",
					REL_STR_ARG(key));
	}
	return 0;
}

static struct rel_variable_value *find(const struct given *given,
				       const char *name)
{
	for (size_t i = 0; i < given->n_values; i++)
		if (strcmp(given->values[i].name, name) == 0)
			return &given->values[i];
	return NULL;
}

static int add_pair(struct given *given, struct rel_str pair,
		    struct rel_arena *arena, struct rel_error *err)
{
	size_t equals = rel_str_find(pair, '=');
	struct rel_str key = rel_str_trim(rel_str_sub(pair, 0, equals));
	struct rel_str value =
	    rel_str_trim(rel_str_sub(pair, equals + 1, pair.len));
	struct rel_variable_value next;
	int ret;

	if (equals == pair.len || key.len == 0)
		return rel_fail(
		    err, REL_EUSAGE,
		    "an environment is KEY=VALUE,…, such as " EXAMPLE
		    "; no key and value in \"%.*s\"",
		    REL_STR_ARG(pair));
	ret = check_key(key, err);
	if (ret == 0)
		ret = check_value(key, value, err);
	if (ret != 0)
		return ret;
	next.name = rel_arena_copy(arena, key);
	next.value = rel_arena_copy(arena, value);
	if (!next.name || !next.value)
		return rel_fail_nomem(err);
	if (find(given, next.name))
		return rel_fail(err, REL_EUSAGE,
				"%s is given twice in one environment",
				next.name);
	if (given->n_values == REL_LIMIT_ENVIRONMENT_VALUES)
		return rel_fail(err, REL_EUSAGE,
				"an environment has at most %u variables",
				REL_LIMIT_ENVIRONMENT_VALUES);
	given->values[given->n_values++] = next;
	return 0;
}

static int parse_pairs(struct given *given, struct rel_str text,
		       struct rel_arena *arena, struct rel_error *err)
{
	struct rel_str rest = text;
	int ret = 0;

	given->n_values = 0;
	given->values = rel_arena_array(arena, REL_LIMIT_ENVIRONMENT_VALUES,
					sizeof(*given->values));
	if (!given->values)
		return rel_fail_nomem(err);
	while (ret == 0 && rest.ptr)
		ret = add_pair(given, rel_str_cut(&rest, ','), arena, err);
	return ret;
}

/* The others have a meaning of their own. */
static bool is_variable(const struct rel_variable_value *value)
{
	return strcmp(value->name, "ocaml") != 0 &&
	       strcmp(value->name, "name") != 0;
}

/* The base's values that are not named again, then those given. */
static int merge(struct rel_environment *out,
		 const struct rel_environment *base, const struct given *given,
		 struct rel_arena *arena, struct rel_error *err)
{
	struct rel_variable_value *values;
	size_t n = 0;

	values = rel_arena_array(arena, base->n_values + given->n_values,
				 sizeof(*values));
	if (!values)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < base->n_values; i++)
		if (!find(given, base->values[i].name))
			values[n++] = base->values[i];
	for (size_t i = 0; i < given->n_values; i++)
		if (is_variable(&given->values[i]) &&
		    given->values[i].value[0] != '\0')
			values[n++] = given->values[i];
	out->values = values;
	out->n_values = n;
	return 0;
}

int rel_environment_parse(struct rel_environment *out, struct rel_str text,
			  const struct rel_environment *base,
			  struct rel_arena *arena, struct rel_error *err)
{
	const struct rel_environment nothing = {0};
	const struct rel_variable_value *special;
	struct given given;
	int ret;

	*out = base ? *base : nothing;
	ret = parse_pairs(&given, text, arena, err);
	if (ret == 0)
		ret = merge(out, base ? base : &nothing, &given, arena, err);
	if (ret != 0)
		return ret;

	special = find(&given, "ocaml");
	if (special)
		out->ocaml = special->value[0] != '\0' ? special->value : NULL;
	special = find(&given, "name");
	out->name = special ? special->value
			    : rel_arena_copy(arena, rel_str_trim(text));
	return out->name ? 0 : rel_fail_nomem(err);
}
