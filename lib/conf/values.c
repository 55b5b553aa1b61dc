#include "conf/conf_private.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/nearest.h"

int rel_conf_fail(struct rel_conf_reader *r, const struct rel_yaml *node,
		  const char *fmt, ...)
{
	char text[REL_ERROR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	rel_fail(r->err, REL_EPARSE, "%s", text);
	rel_error_at(r->err, NULL, node->line, node->column);
	return REL_EPARSE;
}

static const char *kind_text(enum rel_yaml_kind kind)
{
	switch (kind) {
	case REL_YAML_LIST:
		return "a list";
	case REL_YAML_MAPPING:
		return "a mapping";
	default:
		return "a text";
	}
}

int rel_conf_expect(struct rel_conf_reader *r, const struct rel_yaml *node,
		    enum rel_yaml_kind kind, const char *what)
{
	if (node->kind == kind)
		return 0;
	return rel_conf_fail(r, node, "%s must be %s, not %s", what,
			     kind_text(kind), kind_text(node->kind));
}

bool rel_conf_is_null(const struct rel_yaml *node)
{
	return node->plain &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

bool rel_conf_is_boolean(const struct rel_yaml *node)
{
	return node->plain && (strcmp(node->text, "true") == 0 ||
			       strcmp(node->text, "false") == 0);
}

int rel_conf_expect_text(struct rel_conf_reader *r, const struct rel_yaml *node,
			 const char *what)
{
	int rc = rel_conf_expect(r, node, REL_YAML_TEXT, what);

	if (rc)
		return rc;
	if (rel_conf_is_null(node) || node->text[0] == '\0')
		return rel_conf_fail(r, node,
				     "%s has no value; give one or remove the "
				     "key",
				     what);
	if (rel_conf_is_boolean(node))
		return rel_conf_fail(r, node,
				     "%s must be a text; quote it if \"%s\" is "
				     "meant",
				     what, node->text);
	return 0;
}

int rel_conf_read_boolean(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *what,
			  bool *out)
{
	if (value->kind != REL_YAML_TEXT || !rel_conf_is_boolean(value))
		return rel_conf_fail(r, value, "%s must be true or false",
				     what);
	*out = strcmp(value->text, "true") == 0;
	return 0;
}

/* `words` as "a, b, c", cut where the buffer ends. */
static void list_words(char *out, size_t size, const char *const words[],
		       size_t count)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
					i ? ", " : "", words[i]);
}

int rel_conf_fail_unknown(struct rel_conf_reader *r,
			  const struct rel_yaml *node, const char *what,
			  const char *const words[], size_t count)
{
	const char *near = rel_nearest(rel_str_of(node->text), words, count);
	char all[256];

	if (near)
		return rel_conf_fail(
		    r, node, "unknown %s \"%.80s\"; did you mean \"%s\"?", what,
		    node->text, near);
	list_words(all, sizeof(all), words, count);
	return rel_conf_fail(r, node, "unknown %s \"%.80s\"; known: %s", what,
			     node->text, all);
}

int rel_conf_read_choice(struct rel_conf_reader *r,
			 const struct rel_yaml *value, const char *what,
			 const char *const words[], size_t count,
			 const char **out)
{
	int rc = rel_conf_expect_text(r, value, what);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(value->text, words[i]) == 0) {
			*out = value->text;
			return 0;
		}
	}
	return rel_conf_fail_unknown(r, value, what, words, count);
}

int rel_conf_read_fields(struct rel_conf_reader *r,
			 const struct rel_yaml *mapping, const char *what,
			 const struct rel_conf_field *fields, size_t count,
			 void *target)
{
	const char *names[REL_CONF_FIELDS_MAX];

	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;
	for (const struct rel_yaml *m = mapping->first; m; m = m->next) {
		size_t i = 0;
		int rc;

		while (i < count && strcmp(fields[i].name, m->key->text) != 0)
			i++;
		if (i == count)
			return rel_conf_fail_unknown(r, m->key, what, names,
						     count);
		rc = fields[i].read(r, m, target);
		if (rc)
			return rc;
	}
	return 0;
}

int rel_conf_fail_missing(struct rel_conf_reader *r,
			  const struct rel_yaml *node, const char *what,
			  const char *key)
{
	return rel_conf_fail(r, node, "%s has no \"%s\"; add it", what, key);
}

bool rel_conf_is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("._+-", c));
}

int rel_conf_expect_name(struct rel_conf_reader *r, const struct rel_yaml *node,
			 const char *what)
{
	int rc = rel_conf_expect_text(r, node, what);

	for (const char *c = rc ? "" : node->text; *c; c++) {
		if (!rel_conf_is_name_char(*c))
			return rel_conf_fail(r, node,
					     "%s \"%.80s\" may hold letters, "
					     "digits and . _ + - only",
					     what, node->text);
	}
	return rc;
}

int rel_conf_fail_repeated(struct rel_conf_reader *r,
			   const struct rel_yaml *node, const char *what,
			   const char *name, uint32_t line)
{
	return rel_conf_fail(
	    r, node,
	    "a second %s named \"%.80s\", the first is on line "
	    "%u; rename or remove one",
	    what, name, (unsigned)line);
}

int rel_conf_read_texts(struct rel_conf_reader *r, const struct rel_yaml *value,
			const char *what, rel_conf_expect_fn *expect,
			const char *const **out, size_t *count)
{
	bool alone = value->kind == REL_YAML_TEXT;
	const struct rel_yaml *m = alone ? value : value->first;
	const char **texts;
	size_t n = 0;

	if (value->kind == REL_YAML_MAPPING)
		return rel_conf_fail(
		    r, value,
		    "%s must be a text or a list of texts, not "
		    "a mapping",
		    what);
	if (!m)
		return rel_conf_fail(
		    r, value, "%s is an empty list; fill or remove it", what);
	texts =
	    rel_arena_array(r->arena, alone ? 1 : value->count, sizeof(*texts));
	if (!texts)
		return rel_fail_nomem(r->err);
	for (; m; m = alone ? NULL : m->next) {
		int rc = expect(r, m, what);

		if (rc)
			return rc;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(texts[i], m->text) == 0)
				return rel_conf_fail(
				    r, m,
				    "\"%.80s\" is in %s twice; "
				    "remove one",
				    m->text, what);
		}
		texts[n++] = m->text;
	}
	*out = texts;
	*count = n;
	return 0;
}

int rel_conf_read_mapping(struct rel_conf_reader *r,
			  const struct rel_yaml *value, const char *name,
			  const char *what, const struct rel_conf_field *fields,
			  size_t count, void *target)
{
	int rc = rel_conf_expect(r, value, REL_YAML_MAPPING, name);

	return rc ? rc
		  : rel_conf_read_fields(r, value, what, fields, count, target);
}

int rel_conf_read_list(struct rel_conf_reader *r, const struct rel_yaml *value,
		       const struct rel_conf_list *list, void **out,
		       size_t *count)
{
	void *items;
	size_t n = 0;
	int rc = rel_conf_expect(r, value, REL_YAML_LIST, list->what);

	if (rc)
		return rc;
	items = rel_arena_array(r->arena, value->count, list->size);
	if (!items)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = value->first; m && !rc; m = m->next)
		rc = list->read(r, m, items, n++);
	*out = items;
	*count = n;
	return rc;
}
