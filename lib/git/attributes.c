#include "git/attributes.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/glob.h"

/* git's own cap, since 2.39.1; longer lines are passed over. */
#define LINE_MAX_BYTES 2048

static const char *const NAMES[REL_GIT_ATTRIBUTES] = {
    [REL_GIT_EXPORT_IGNORE] = "export-ignore",
    [REL_GIT_EXPORT_SUBST] = "export-subst",
    [REL_GIT_TEXT] = "text",
    [REL_GIT_CRLF] = "crlf",
    [REL_GIT_EOL] = "eol",
    [REL_GIT_IDENT] = "ident",
    [REL_GIT_FILTER] = "filter",
    [REL_GIT_ENCODING] = "working-tree-encoding",
};

/* `attribute` counts through the wanted ones, then the macros. */
struct assignment {
	uint32_t attribute;
	struct rel_git_attribute_value value;
};

struct assignments {
	struct assignment *items; /* in an arena */
	uint32_t count;
};

struct rule {
	struct rel_str pattern;
	bool base_name; /* matched against the last part of a path */
	bool only_dirs;
	struct assignments sets;
};

struct level {
	struct rel_arena arena;
	struct rel_str dir;
	struct rule *rules;
	uint32_t n_rules, cap_rules;
};

struct macro {
	struct rel_str name; /* lives in the root level */
	struct assignments sets;
};

struct rel_git_attributes {
	struct level *levels;
	uint32_t n_levels, cap_levels;
	struct macro *macros;
	uint32_t n_macros, cap_macros;
	/* While a path is looked at: what is decided, for wanted and macros. */
	struct rel_git_attribute_value *values;
	bool *decided;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Cut the next word off *line; empty at the end. */
static struct rel_str next_word(struct rel_str *line)
{
	struct rel_str word;
	size_t from = 0, to;

	while (from < line->len && is_blank(line->ptr[from]))
		from++;
	for (to = from; to < line->len && !is_blank(line->ptr[to]);)
		to++;
	word = rel_str_sub(*line, from, to);
	*line = rel_str_sub(*line, to, line->len);
	return word;
}

static bool name_ok(struct rel_str name)
{
	if (name.len == 0 || name.ptr[0] == '-' ||
	    rel_str_starts(name, REL_STR("builtin_")))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!(c == '-' || c == '.' || c == '_' ||
		      (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z')))
			return false;
	}
	return true;
}

static uint32_t find_macro(const struct rel_git_attributes *attributes,
			   struct rel_str name)
{
	uint32_t i = 0;

	while (i < attributes->n_macros &&
	       !rel_str_eq(attributes->macros[i].name, name))
		i++;
	return i;
}

/* Its number, or UINT32_MAX for one that nobody asks for. */
static uint32_t find_attribute(const struct rel_git_attributes *attributes,
			       struct rel_str name)
{
	uint32_t macro;

	for (uint32_t i = 0; i < REL_GIT_ATTRIBUTES; i++) {
		if (rel_str_is(name, NAMES[i]))
			return i;
	}
	macro = find_macro(attributes, name);
	return macro < attributes->n_macros ? REL_GIT_ATTRIBUTES + macro
					    : UINT32_MAX;
}

/* "name", "-name", "!name" or "name=value"; false: git drops the line. */
static bool parse_word(struct rel_str *name,
		       struct rel_git_attribute_value *value,
		       struct rel_str word)
{
	size_t equals = rel_str_find(word, '=');

	*value = (struct rel_git_attribute_value){.state = REL_GIT_SET};
	*name = rel_str_sub(word, 0, equals);
	if (word.ptr[0] == '-' || word.ptr[0] == '!') {
		value->state =
		    word.ptr[0] == '-' ? REL_GIT_UNSET : REL_GIT_UNSPECIFIED;
		*name = rel_str_sub(*name, 1, name->len);
	} else if (equals < word.len) {
		value->state = REL_GIT_VALUE;
		value->text = rel_str_sub(word, equals + 1, word.len);
	}
	return name_ok(*name);
}

static uint32_t count_words(struct rel_str rest)
{
	uint32_t count = 0;

	while (next_word(&rest).len > 0)
		count++;
	return count;
}

/* 1 done, 0 the line is to be dropped, or an error. */
static int parse_assignments(struct assignments *out,
			     const struct rel_git_attributes *attributes,
			     struct rel_arena *arena, struct rel_str rest,
			     struct rel_error *err)
{
	struct rel_str word, name;
	struct assignment set;

	*out = (struct assignments){0};
	out->items =
	    rel_arena_array(arena, count_words(rest) + 1, sizeof(*out->items));
	if (!out->items)
		return rel_fail_nomem(err);
	while ((word = next_word(&rest)).len > 0) {
		if (!parse_word(&name, &set.value, word))
			return 0;
		set.attribute = find_attribute(attributes, name);
		if (set.attribute != UINT32_MAX)
			out->items[out->count++] = set;
	}
	return 1;
}

static int digit(char c)
{
	return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* The character that `\` and what follows at *at mean; -1: malformed. */
static int unescape(struct rel_str s, size_t *at)
{
	static const char LETTERS[] = "abfnrtv\"\\";
	static const char MEANT[] = "\a\b\f\n\r\t\v\"\\";
	const char *letter;
	int value = 0;

	if (*at >= s.len)
		return -1;
	letter = memchr(LETTERS, s.ptr[*at], sizeof(LETTERS) - 1);
	if (letter) {
		++*at;
		return MEANT[letter - LETTERS];
	}
	for (int i = 0; i < 3; i++, ++*at) {
		if (*at >= s.len || digit(s.ptr[*at]) < 0)
			return -1;
		value = value << 3 | digit(s.ptr[*at]);
	}
	return value < 256 ? value : -1;
}

/*
 * A quoted pattern in front of *line, as git quotes paths.
 * 1 with *out set and cut off, 0 it is not one after all, or an error.
 * Source  git quote.c, unquote_c_style()
 */
static int parse_quoted(struct rel_str *out, struct rel_str *line,
			struct rel_arena *arena, struct rel_error *err)
{
	char *text = rel_arena_alloc(arena, line->len + 1);
	size_t len = 0, at = 1;

	if (!text)
		return rel_fail_nomem(err);
	while (at < line->len && line->ptr[at] != '"') {
		int c = (unsigned char)line->ptr[at++];

		if (c == '\\')
			c = unescape(*line, &at);
		if (c < 0)
			return 0;
		text[len++] = (char)c;
	}
	if (at >= line->len)
		return 0;
	*line = rel_str_sub(*line, at + 1, line->len);
	*out = rel_str_n(text, len);
	return 1;
}

/* What the pattern's first and last characters say of it. */
static void set_pattern(struct rule *rule, struct rel_str pattern)
{
	rule->only_dirs =
	    pattern.len > 0 && pattern.ptr[pattern.len - 1] == '/';
	pattern.len -= rule->only_dirs;
	rule->base_name = rel_str_find(pattern, '/') == pattern.len;
	rule->pattern = pattern;
}

static int add_rule(struct rel_git_attributes *attributes, struct level *level,
		    struct rel_str line, struct rel_error *err)
{
	struct rel_str pattern = {0};
	struct rule rule = {0};
	int r = 0;

	if (line.ptr[0] == '"')
		r = parse_quoted(&pattern, &line, &level->arena, err);
	if (r == 0)
		pattern = next_word(&line);
	/* git refuses "!pattern" and goes on. */
	if (r < 0 || (pattern.len > 0 && pattern.ptr[0] == '!'))
		return r < 0 ? r : 0;
	set_pattern(&rule, pattern);
	r = parse_assignments(&rule.sets, attributes, &level->arena, line, err);
	if (r <= 0)
		return r;
	r = rel_array_reserve(&level->rules, &level->cap_rules,
			      (uint64_t)level->n_rules + 1, sizeof(rule));
	if (r < 0)
		return rel_fail_nomem(err);
	level->rules[level->n_rules++] = rule;
	return 0;
}

/* The next line worth looking at, without blanks in front; false: no more. */
static bool next_line(struct rel_str *line, struct rel_str *rest)
{
	while (rest->ptr) {
		*line = rel_str_cut(rest, '\n');
		if (line->len >= LINE_MAX_BYTES)
			continue;
		while (line->len > 0 && is_blank(line->ptr[0]))
			*line = rel_str_sub(*line, 1, line->len);
		if (line->len > 0 && line->ptr[0] != '#')
			return true;
	}
	return false;
}

static bool is_macro(struct rel_str line)
{
	size_t prefix = strlen("[attr]");

	/* "[attr] x" is a pattern in brackets. */
	return rel_str_starts(line, REL_STR("[attr]")) && line.len > prefix &&
	       !is_blank(line.ptr[prefix]);
}

/* The name of a macro's line; *rest is what it stands for. */
static struct rel_str macro_name(struct rel_str *rest, struct rel_str line)
{
	*rest = rel_str_sub(line, strlen("[attr]"), line.len);
	return next_word(rest);
}

static int add_macro(struct rel_git_attributes *attributes, struct rel_str name,
		     struct rel_error *err)
{
	if (!name_ok(name) ||
	    find_macro(attributes, name) < attributes->n_macros)
		return 0;
	if (attributes->n_macros >= REL_LIMIT_GIT_MACROS)
		return rel_fail(err, REL_ELIMIT,
				".gitattributes: more than %d macros",
				REL_LIMIT_GIT_MACROS);
	if (rel_array_reserve(&attributes->macros, &attributes->cap_macros,
			      (uint64_t)attributes->n_macros + 1,
			      sizeof(struct macro)) < 0)
		return rel_fail_nomem(err);
	attributes->macros[attributes->n_macros++] =
	    (struct macro){.name = name};
	return 0;
}

/* Names first: a macro may be used in front of its definition. */
static int name_macros(struct rel_git_attributes *attributes,
		       struct rel_str content, struct rel_error *err)
{
	struct rel_str line, rest;
	int r = add_macro(attributes, REL_STR("binary"), err);

	while (r == 0 && next_line(&line, &content)) {
		if (is_macro(line))
			r = add_macro(attributes, macro_name(&rest, line), err);
	}
	return r;
}

static int define_macro(struct rel_git_attributes *attributes,
			struct level *level, struct rel_str line,
			struct rel_error *err)
{
	struct rel_str rest, name = macro_name(&rest, line);
	struct assignments sets;
	int r = parse_assignments(&sets, attributes, &level->arena, rest, err);

	if (r > 0 && name_ok(name))
		attributes->macros[find_macro(attributes, name)].sets = sets;
	return r < 0 ? r : 0;
}

static int reserve_values(struct rel_git_attributes *attributes,
			  struct rel_error *err)
{
	size_t n = REL_GIT_ATTRIBUTES + attributes->n_macros;

	free(attributes->values);
	free(attributes->decided);
	attributes->values = calloc(n, sizeof(*attributes->values));
	attributes->decided = calloc(n, sizeof(*attributes->decided));
	return attributes->values && attributes->decided ? 0
							 : rel_fail_nomem(err);
}

static int parse(struct rel_git_attributes *attributes, struct level *level,
		 struct rel_str content, struct rel_error *err)
{
	bool root = attributes->n_levels == 1;
	struct rel_str line;
	int r = 0;

	if (root) {
		r = name_macros(attributes, content, err);
		if (r == 0)
			r = define_macro(attributes, level,
					 REL_STR("[attr]binary -text"), err);
		if (r == 0)
			r = reserve_values(attributes, err);
	}
	while (r == 0 && next_line(&line, &content)) {
		if (!is_macro(line))
			r = add_rule(attributes, level, line, err);
		else if (root)
			r = define_macro(attributes, level, line, err);
	}
	return r;
}

int rel_git_attributes_new(struct rel_git_attributes **out,
			   struct rel_error *err)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : rel_fail_nomem(err);
}

void rel_git_attributes_keep(struct rel_git_attributes *attributes, uint32_t n)
{
	while (attributes->n_levels > n) {
		struct level *level =
		    &attributes->levels[--attributes->n_levels];

		free(level->rules);
		rel_arena_free(&level->arena);
	}
}

void rel_git_attributes_free(struct rel_git_attributes *attributes)
{
	if (!attributes)
		return;
	rel_git_attributes_keep(attributes, 0);
	free(attributes->levels);
	free(attributes->macros);
	free(attributes->values);
	free(attributes->decided);
	free(attributes);
}

int rel_git_attributes_push(struct rel_git_attributes *attributes,
			    struct rel_str dir, struct rel_str content,
			    struct rel_error *err)
{
	struct level *level;
	char *own_dir, *own;

	if (rel_array_reserve(&attributes->levels, &attributes->cap_levels,
			      (uint64_t)attributes->n_levels + 1,
			      sizeof(*level)) < 0)
		return rel_fail_nomem(err);
	level = &attributes->levels[attributes->n_levels++];
	*level = (struct level){0};
	rel_arena_init(&level->arena, REL_LIMIT_ARENA);
	own_dir = rel_arena_copy(&level->arena, dir);
	own = rel_arena_copy(&level->arena, content);
	if (!own_dir || !own)
		return rel_fail_nomem(err);
	level->dir = rel_str_n(own_dir, dir.len);
	return parse(attributes, level, rel_str_n(own, content.len), err);
}

/* Length of what stands before the first special character. */
static size_t plain_length(struct rel_str pattern)
{
	size_t i = 0;

	while (i < pattern.len && !strchr("*?[\\", pattern.ptr[i]))
		i++;
	return i;
}

/* `path` is relative to the directory of the rule's file. */
static bool rule_matches(const struct rule *rule, struct rel_str path,
			 bool is_dir)
{
	struct rel_str pattern = rule->pattern;
	size_t plain;

	if (rule->only_dirs && !is_dir)
		return false;
	if (rule->base_name)
		return rel_git_glob(pattern, rel_path_base(path), false);
	if (pattern.len > 0 && pattern.ptr[0] == '/')
		pattern = rel_str_sub(pattern, 1, pattern.len);
	/* Cut off as git does: it makes the "**" of "a**" + "/b" one that
	 * matches directories. */
	plain = plain_length(pattern);
	if (!rel_str_starts(path, rel_str_sub(pattern, 0, plain)))
		return false;
	return rel_git_glob(rel_str_sub(pattern, plain, pattern.len),
			    rel_str_sub(path, plain, path.len), true);
}

/* The last word of a line counts first, and the first word for an attribute
 * is final; so does a macro's. */
static void apply(struct rel_git_attributes *attributes,
		  const struct assignments *sets)
{
	for (uint32_t i = sets->count; i-- > 0;) {
		const struct assignment *set = &sets->items[i];
		uint32_t at = set->attribute;

		if (attributes->decided[at])
			continue;
		attributes->decided[at] = true;
		attributes->values[at] = set->value;
		/* Each macro is decided once, so this ends. */
		if (at >= REL_GIT_ATTRIBUTES && set->value.state == REL_GIT_SET)
			apply(
			    attributes,
			    &attributes->macros[at - REL_GIT_ATTRIBUTES].sets);
	}
}

void rel_git_attributes_of(
    struct rel_git_attribute_value out[REL_GIT_ATTRIBUTES],
    struct rel_git_attributes *attributes, struct rel_str path, bool is_dir)
{
	size_t n = REL_GIT_ATTRIBUTES + attributes->n_macros;

	memset(attributes->values, 0, n * sizeof(*attributes->values));
	memset(attributes->decided, 0, n * sizeof(*attributes->decided));
	for (uint32_t i = attributes->n_levels; i-- > 0;) {
		const struct level *level = &attributes->levels[i];
		size_t skip = level->dir.len + (level->dir.len > 0);
		struct rel_str below = rel_str_sub(path, skip, path.len);

		for (uint32_t k = level->n_rules; k-- > 0;) {
			if (rule_matches(&level->rules[k], below, is_dir))
				apply(attributes, &level->rules[k].sets);
		}
	}
	memcpy(out, attributes->values,
	       REL_GIT_ATTRIBUTES * sizeof(*attributes->values));
}
