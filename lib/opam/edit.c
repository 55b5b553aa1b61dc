#include "opam/edit.h"

#include <assert.h>

#include "base/array.h"
#include "base/limits.h"

void rel_edit_init(struct rel_opam_edit *edit, const struct rel_opam_tree *tree,
		   struct rel_arena *arena)
{
	*edit = (struct rel_opam_edit){.tree = tree, .arena = arena};
}

void rel_edit_free(struct rel_opam_edit *edit)
{
	free(edit->splices);
	*edit = (struct rel_opam_edit){0};
}

static int add_splice(struct rel_opam_edit *edit, uint32_t start, uint32_t end,
		      struct rel_str text, struct rel_error *err)
{
	int rc = rel_array_reserve(&edit->splices, &edit->cap,
				   (uint64_t)edit->count + 1,
				   sizeof(*edit->splices));

	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc != 0)
		return rel_fail(err, REL_ELIMIT, "too many edits");
	edit->splices[edit->count++] = (struct rel_splice){start, end, text};
	return 0;
}

/* Does the first line of the file end with CRLF? */
static bool has_crlf(struct rel_str source)
{
	size_t at = rel_str_find(source, '\n');

	return at < source.len && at > 0 && source.ptr[at - 1] == '\r';
}

/*
 * Copy "before text after" into the arena, with the line ends of the file:
 * inside strings the format reads both as "\n".
 */
static int compose(struct rel_opam_edit *edit, struct rel_str *out,
		   const struct rel_str parts[], size_t n_parts,
		   struct rel_error *err)
{
	bool crlf = has_crlf(edit->tree->source);
	size_t size = 0, len = 0;
	char *text;

	for (size_t i = 0; i < n_parts; i++)
		size += parts[i].len * 2;
	text = rel_arena_alloc(edit->arena, size + 1);
	if (text == NULL)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < n_parts; i++) {
		for (size_t k = 0; k < parts[i].len; k++) {
			char c = parts[i].ptr[k];

			if (crlf && c == '\n' &&
			    !(len > 0 && text[len - 1] == '\r'))
				text[len++] = '\r';
			text[len++] = c;
		}
	}
	*out = rel_str_n(text, len);
	return 0;
}

/* Is `text` one field or section with the given name or kind? */
static int check_item(struct rel_opam_edit *edit, struct rel_str text,
		      enum rel_node_kind kind, struct rel_str name,
		      struct rel_error *err)
{
	struct rel_opam_tree tree;
	const struct rel_node *item;
	int rc = rel_opam_parse(&tree, edit->arena, text, NULL, err);

	if (rc != 0) {
		rel_error_prefix(err, "new text of '%.*s'", REL_STR_ARG(name));
		return rc;
	}
	item = tree.items == REL_NODE_NONE ? NULL : &tree.nodes[tree.items];
	if (item == NULL || item->kind != kind || item->next != REL_NODE_NONE ||
	    !rel_str_eq(item->text, name))
		return rel_fail(err, REL_EPARSE,
				"new text of '%.*s' is something else",
				REL_STR_ARG(name));
	return 0;
}

/* Add `text`, whole lines, at the end of the file. */
static int add_at_end(struct rel_opam_edit *edit, struct rel_str text,
		      struct rel_error *err)
{
	struct rel_str source = edit->tree->source;
	uint32_t end = (uint32_t)source.len;
	bool open = end > 0 && source.ptr[end - 1] != '\n';
	struct rel_str parts[2] = {REL_STR("\n"), text};
	int rc;

	/* only the first addition has to end the file's last line */
	for (uint32_t i = 0; i < edit->count; i++)
		open &= edit->splices[i].start != end;
	rc = compose(edit, &text, open ? parts : parts + 1, open ? 2 : 1, err);
	return rc != 0 ? rc : add_splice(edit, end, end, text, err);
}

static int replace(struct rel_opam_edit *edit, rel_node_id node,
		   struct rel_str text, struct rel_error *err)
{
	const struct rel_node *n = &edit->tree->nodes[node];
	int rc = compose(edit, &text, &text, 1, err);

	return rc != 0 ? rc : add_splice(edit, n->start, n->end, text, err);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/*
 * Replace a field's value, with a blank on either side where the old one had
 * none and needed none, but the new one does: `a:"x"b:1`.
 */
static int replace_value(struct rel_opam_edit *edit, rel_node_id node,
			 struct rel_str value, struct rel_error *err)
{
	struct rel_str source = edit->tree->source;
	const struct rel_node *n = &edit->tree->nodes[node];
	struct rel_str parts[3] = {{"", 0}, value, {"", 0}};
	char first = value.ptr[0], last = value.ptr[value.len - 1];
	int rc;

	if (source.ptr[n->start - 1] == ':' && (is_word(first) || first == '='))
		parts[0] = REL_STR(" ");
	if (n->end < source.len && is_word(source.ptr[n->end]) && is_word(last))
		parts[2] = REL_STR(" ");
	rc = compose(edit, &value, parts, 3, err);
	return rc != 0 ? rc : add_splice(edit, n->start, n->end, value, err);
}

int rel_edit_set_field(struct rel_opam_edit *edit, const char *name,
		       struct rel_str value, struct rel_error *err)
{
	rel_node_id id = rel_opam_field(edit->tree, edit->tree->items, name);
	struct rel_str parts[] = {rel_str_of(name), REL_STR(": "), value,
				  REL_STR("\n")};
	struct rel_str line;
	int rc = compose(edit, &line, parts, 4, err);

	if (rc == 0)
		rc = check_item(edit, line, REL_NODE_FIELD, parts[0], err);
	if (rc != 0)
		return rc;
	if (id == REL_NODE_NONE)
		return add_at_end(edit, line, err);
	return replace_value(edit, edit->tree->nodes[id].child, value, err);
}

int rel_edit_set_node(struct rel_opam_edit *edit, rel_node_id node,
		      struct rel_str text, struct rel_error *err)
{
	assert(node < edit->tree->count);
	return replace(edit, node, text, err);
}

/* Widen [*start, *end) to whole lines, a comment after it included, unless
 * something else stands on them. */
static void widen_to_lines(struct rel_str source, uint32_t *start,
			   uint32_t *end)
{
	uint32_t from = *start, to = *end, len = (uint32_t)source.len;

	while (from > 0 &&
	       (source.ptr[from - 1] == ' ' || source.ptr[from - 1] == '\t'))
		from--;
	while (to < len && (source.ptr[to] == ' ' || source.ptr[to] == '\t' ||
			    source.ptr[to] == '\r'))
		to++;
	if (to < len && source.ptr[to] == '#')
		to +=
		    (uint32_t)rel_str_find(rel_str_sub(source, to, len), '\n');
	if (from > 0 && source.ptr[from - 1] != '\n')
		return;
	if (to < len && source.ptr[to] != '\n')
		return;
	*start = from;
	*end = to < len ? to + 1 : to;
}

int rel_edit_remove_field(struct rel_opam_edit *edit, const char *name,
			  struct rel_error *err)
{
	rel_node_id id = rel_opam_field(edit->tree, edit->tree->items, name);
	uint32_t start, end;

	if (id == REL_NODE_NONE)
		return 0;
	start = edit->tree->nodes[id].start;
	end = edit->tree->nodes[id].end;
	widen_to_lines(edit->tree->source, &start, &end);
	return add_splice(edit, start, end, REL_STR(""), err);
}

int rel_edit_set_section(struct rel_opam_edit *edit, const char *kind,
			 struct rel_str text, struct rel_error *err)
{
	rel_node_id id =
	    rel_opam_section(edit->tree, edit->tree->items, kind, NULL);
	struct rel_str parts[] = {text, REL_STR("\n")};
	int rc =
	    check_item(edit, text, REL_NODE_SECTION, rel_str_of(kind), err);

	if (rc != 0)
		return rc;
	if (id != REL_NODE_NONE)
		return replace(edit, id, text, err);
	rc = compose(edit, &text, parts, rel_str_ends(text, parts[1]) ? 1 : 2,
		     err);
	return rc != 0 ? rc : add_at_end(edit, text, err);
}

/* The first of the splices not yet `done` in the order of the file; of those
 * that start together insertions come first, as they were made. */
static uint32_t next_splice(const struct rel_opam_edit *edit, const bool *done)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < edit->count; i++) {
		const struct rel_splice *s = &edit->splices[i];
		const struct rel_splice *b;

		if (done[i])
			continue;
		b = best == UINT32_MAX ? NULL : &edit->splices[best];
		if (b == NULL || s->start < b->start ||
		    (s->start == b->start && s->end == s->start &&
		     b->end != b->start))
			best = i;
	}
	return best;
}

int rel_edit_apply(const struct rel_opam_edit *edit, struct rel_buf *out,
		   struct rel_error *err)
{
	struct rel_str source = edit->tree->source;
	bool *done = calloc(edit->count + 1, sizeof(*done));
	size_t at = 0;
	int rc = 0;

	if (done == NULL)
		return rel_fail_nomem(err);
	for (uint32_t n = 0; n < edit->count; n++) {
		uint32_t i = next_splice(edit, done);
		const struct rel_splice *s = &edit->splices[i];

		if (s->start < at) {
			rc = rel_fail(err, REL_EUSAGE, "edits overlap");
			goto out;
		}
		rel_buf_add_str(out, rel_str_sub(source, at, s->start));
		rel_buf_add_str(out, s->text);
		at = s->end;
		done[i] = true;
	}
	rel_buf_add_str(out, rel_str_sub(source, at, source.len));
	rc = rel_buf_status(out, "edited file", err);
out:
	free(done);
	return rc;
}

int rel_opam_quote(struct rel_buf *out, struct rel_str s)
{
	static const char names[] = {['\n'] = 'n',
				     ['\t'] = 't',
				     ['\r'] = 'r',
				     ['\b'] = 'b',
				     ['"'] = '"'};
	rel_buf_add_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '\\' || (c < sizeof(names) && names[c] != '\0')) {
			rel_buf_add_char(out, '\\');
			rel_buf_add_char(out, c == '\\' ? '\\' : names[c]);
		} else if (c < ' ' || c == 0x7f) {
			rel_buf_printf(out, "\\%03u", c);
		} else {
			rel_buf_add_char(out, (char)c);
		}
	}
	return rel_buf_add_char(out, '"');
}
