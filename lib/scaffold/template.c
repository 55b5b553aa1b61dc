#include "scaffold/scaffold_private.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

struct filling {
	struct rel_buf *out;
	const struct rel_template_value *values;
	size_t n_values;
	struct rel_error *err;
};

struct rel_str rel_template_find(const char *name)
{
	for (size_t i = 0; i < rel_n_templates; i++) {
		if (strcmp(rel_templates[i].name, name) == 0)
			return rel_templates[i].text;
	}
	return (struct rel_str){NULL, 0};
}

/* The first @NAME@ in `line`, from `at` on: its name, or ptr NULL. */
static struct rel_str find_place(struct rel_str line, size_t at)
{
	while (at < line.len) {
		struct rel_str rest = rel_str_sub(line, at, line.len);
		size_t open = rel_str_find(rest, '@'), end = open + 1;

		while (end < rest.len && rest.ptr[end] &&
		       strchr(LETTERS, rest.ptr[end]))
			end++;
		if (end < rest.len && end > open + 1 && rest.ptr[end] == '@')
			return rel_str_sub(rest, open + 1, end);
		at += open + 1;
	}
	return (struct rel_str){NULL, 0};
}

static int value_of(struct rel_str *out, const struct filling *f,
		    struct rel_str name)
{
	for (size_t i = 0; i < f->n_values; i++) {
		if (rel_str_is(name, f->values[i].name)) {
			*out = rel_str_of(f->values[i].text);
			return 0;
		}
	}
	return rel_fail(f->err, REL_EPARSE, "no value for @%.*s@",
			REL_STR_ARG(name));
}

static void add_lines(struct rel_buf *out, struct rel_str indent,
		      struct rel_str value)
{
	if (value.len == 0)
		return;
	while (value.ptr) {
		struct rel_str line = rel_str_cut(&value, '\n');

		if (line.len)
			rel_buf_add_str(out, indent);
		rel_buf_add_str(out, line);
		rel_buf_add_char(out, '\n');
	}
}

/* Bytes of blanks and tabs that `line` begins with. */
static size_t indentation(struct rel_str line)
{
	size_t n = 0;

	while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
		n++;
	return n;
}

static int fill_line(const struct filling *f, struct rel_str line)
{
	size_t indent = indentation(line), at = 0;
	struct rel_str name = find_place(line, 0), value;
	int rc;

	if (name.ptr && name.ptr == line.ptr + indent + 1 &&
	    indent + name.len + 2 == line.len) {
		rc = value_of(&value, f, name);
		if (rc == 0)
			add_lines(f->out, rel_str_sub(line, 0, indent), value);
		return rc;
	}
	while (name.ptr) {
		size_t open = (size_t)(name.ptr - line.ptr) - 1;

		rc = value_of(&value, f, name);
		if (rc)
			return rc;
		rel_buf_add_str(f->out, rel_str_sub(line, at, open));
		rel_buf_add_str(f->out, value);
		at = open + name.len + 2;
		name = find_place(line, at);
	}
	rel_buf_add_str(f->out, rel_str_sub(line, at, line.len));
	rel_buf_add_char(f->out, '\n');
	return 0;
}

int rel_template_fill(struct rel_buf *out, struct rel_str text,
		      const struct rel_template_value *values, size_t n_values,
		      struct rel_error *err)
{
	const struct filling f = {out, values, n_values, err};
	int rc = 0;

	if (rel_str_ends(text, REL_STR("\n")))
		text.len--;
	while (rc == 0 && text.ptr)
		rc = fill_line(&f, rel_str_cut(&text, '\n'));
	return rc ? rc : rel_buf_status(out, "text from a template", err);
}
