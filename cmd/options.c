#include "options.h"

#include "base/array.h"
#include "base/nearest.h"

#define MANIFEST_SUFFIX ".opam"
/* More names than all commands together have. */
#define NAMES_MAX 128

struct parse {
	const struct rel_option_set *sets;
	size_t n_sets;
	struct rel_list *arguments;
	char *const *argv;
	int argc, at; /* at: the argument that is looked at */
	struct rel_error *err;
};

/* An option found in a set; option is NULL when there is none. */
struct found {
	const struct rel_option *option;
	void *value;
};

static int list_add(struct rel_list *list, const char *text,
		    struct rel_error *err)
{
	if (rel_array_reserve(&list->items, &list->cap,
			      (uint64_t)list->count + 1, sizeof(*list->items)))
		return rel_fail_nomem(err);
	list->items[list->count++] = text;
	return 0;
}

static struct found find(const struct parse *p, struct rel_str name,
			 char letter)
{
	for (size_t s = 0; s < p->n_sets; s++) {
		const struct rel_option_set *set = &p->sets[s];

		for (size_t i = 0; i < set->n_options; i++) {
			const struct rel_option *o = &set->options[i];
			bool same = letter ? o->letter == letter
					   : rel_str_is(name, o->name);

			if (same)
				return (struct found){o, (char *)set->values +
							     o->offset};
		}
	}
	return (struct found){NULL, NULL};
}

static int fail_unknown(const struct parse *p, struct rel_str name)
{
	const char *names[NAMES_MAX], *near;
	size_t n = 0;

	for (size_t s = 0; s < p->n_sets; s++) {
		const struct rel_option_set *set = &p->sets[s];

		for (size_t i = 0; i < set->n_options && n < NAMES_MAX; i++)
			names[n++] = set->options[i].name;
	}
	near = rel_nearest(name, names, n);
	return rel_fail(p->err, REL_EUSAGE, "no option --%.*s%s%s%s",
			REL_STR_ARG(rel_str_sub(name, 0, 60)),
			near ? "; did you mean --" : "", near ? near : "",
			near ? "?" : "");
}

static int check_choice(const struct parse *p, const struct rel_option *o,
			const char *value)
{
	struct rel_str rest;

	if (!o->choices)
		return 0;
	rest = rel_str_of(o->choices);
	while (rest.ptr) {
		if (rel_str_is(rel_str_cut(&rest, ' '), value))
			return 0;
	}
	return rel_fail(p->err, REL_EUSAGE,
			"--%s cannot be \"%.60s\"; choose one of: %s", o->name,
			value, o->choices);
}

static int set_value(struct parse *p, struct found f, const char *value)
{
	int rc;

	/* a script's variable that is not set, most likely */
	if (value[0] == '\0')
		return rel_fail(p->err, REL_EUSAGE,
				"the value of --%s is empty: %s",
				f.option->name, f.option->argument);
	rc = check_choice(p, f.option, value);
	if (rc)
		return rc;
	if (f.option->kind == REL_OPTION_TEXT) {
		*(const char **)f.value = value;
		return 0;
	}
	rc = list_add(f.value, value, p->err);
	if (f.option->kind != REL_OPTION_MANIFESTS)
		return rc;
	while (rc == 0 && p->at + 1 < p->argc && p->argv[p->at + 1][0] != '-' &&
	       rel_str_ends(rel_str_of(p->argv[p->at + 1]),
			    REL_STR(MANIFEST_SUFFIX)))
		rc = list_add(f.value, p->argv[++p->at], p->err);
	return rc;
}

/* Is it an option of this command, with two dashes? */
static bool is_long_option(const struct parse *p, const char *word)
{
	struct rel_str rest = rel_str_of(word);

	if (!rel_str_starts(rest, REL_STR("--")))
		return false;
	rest = rel_str_sub(rest, 2, rest.len);
	return find(p, rel_str_cut(&rest, '='), 0).option != NULL;
}

/* The value of an option that was written without one in the same word. */
static int set_next(struct parse *p, struct found f)
{
	if (p->at + 1 >= p->argc || is_long_option(p, p->argv[p->at + 1]))
		return rel_fail(p->err, REL_EUSAGE, "--%s needs a value: %s",
				f.option->name, f.option->argument);
	p->at++;
	return set_value(p, f, p->argv[p->at]);
}

static int parse_long(struct parse *p, const char *text)
{
	const char *equals = strchr(text, '=');
	struct rel_str name = equals ? rel_str_n(text, (size_t)(equals - text))
				     : rel_str_of(text);
	struct found f = find(p, name, 0);

	if (!f.option)
		return fail_unknown(p, name);
	if (f.option->kind == REL_OPTION_FLAG) {
		if (equals)
			return rel_fail(p->err, REL_EUSAGE,
					"--%s takes no value", f.option->name);
		*(bool *)f.value = true;
		return 0;
	}
	return equals ? set_value(p, f, equals + 1) : set_next(p, f);
}

static int parse_short(struct parse *p, const char *text)
{
	for (; *text; text++) {
		struct found f = find(p, (struct rel_str){NULL, 0}, *text);

		if (!f.option)
			return rel_fail(p->err, REL_EUSAGE, "no option -%c",
					*text >= ' ' && *text <= '~' ? *text
								     : '?');
		if (f.option->kind != REL_OPTION_FLAG)
			return text[1] ? set_value(p, f, text + 1)
				       : set_next(p, f);
		*(bool *)f.value = true;
	}
	return 0;
}

int rel_options_parse(const struct rel_option_set *sets, size_t n_sets,
		      struct rel_list *arguments, bool stop, int *next,
		      int from, int argc, char *const argv[],
		      struct rel_error *err)
{
	struct parse p = {sets, n_sets, arguments, argv, argc, from, err};
	bool options = true;
	int rc = 0;

	for (; rc == 0 && p.at < argc; p.at++) {
		const char *text = argv[p.at];

		if (options && strcmp(text, "--") == 0)
			options = false;
		else if (options && text[0] == '-' && text[1] == '-')
			rc = parse_long(&p, text + 2);
		else if (options && text[0] == '-' && text[1] != '\0')
			rc = parse_short(&p, text + 1);
		else if (stop)
			break;
		else
			rc = list_add(arguments, text, err);
	}
	*next = p.at;
	return rc;
}

void rel_list_free(struct rel_list *list)
{
	free(list->items);
	*list = (struct rel_list){NULL, 0, 0};
}

void rel_options_free(const struct rel_option_set *sets, size_t n_sets)
{
	for (size_t s = 0; s < n_sets; s++) {
		for (size_t i = 0; i < sets[s].n_options; i++) {
			const struct rel_option *o = &sets[s].options[i];

			if (o->kind == REL_OPTION_LIST ||
			    o->kind == REL_OPTION_MANIFESTS)
				rel_list_free((void *)((char *)sets[s].values +
						       o->offset));
		}
	}
}
