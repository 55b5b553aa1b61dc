#include "conf/yaml.h"

#include <yaml.h>

#include "base/limits.h"

/* libyaml counts characters and takes NEL and U+2028 for line ends; editors
 * count lines by LF.  This walks the text along with the events. */
struct place {
	size_t index;  /* characters */
	size_t offset; /* bytes */
	size_t line_start;
	uint32_t line;
};

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	bool has_event;
	struct rel_str text;
	struct place place;
	struct rel_arena *arena;
	struct rel_error *err;
};

static void place_set(struct reader *r, size_t index)
{
	struct place *p = &r->place;
	uint32_t rune;

	if (index < p->index)
		*p = (struct place){.line = 1};
	while (p->index < index && p->offset < r->text.len) {
		p->offset += rel_str_rune(r->text, p->offset, &rune);
		p->index++;
		if (rune == '\n') {
			p->line++;
			p->line_start = p->offset;
		}
	}
}

static int fail_here(struct reader *r, int code, size_t index)
{
	place_set(r, index);
	rel_error_at(r->err, NULL, r->place.line,
		     (uint32_t)(r->place.offset - r->place.line_start + 1));
	return code;
}

static int fail_yaml(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not readable";
	int code;

	if (p->error == YAML_MEMORY_ERROR)
		return rel_fail_nomem(r->err);
	code = rel_fail(r->err, REL_EPARSE, "not valid YAML: %s%s%s", problem,
			p->context ? " " : "", p->context ? p->context : "");
	if (p->error == YAML_READER_ERROR) {
		/* No mark then, but a byte offset. */
		place_set(r, 0);
		while (r->place.offset < p->problem_offset &&
		       r->place.offset < r->text.len)
			place_set(r, r->place.index + 1);
		return fail_here(r, code, r->place.index);
	}
	return fail_here(r, code, p->problem_mark.index);
}

static int fail_at_event(struct reader *r, enum rel_code code, const char *text)
{
	return fail_here(r, rel_fail(r->err, code, "%s", text),
			 r->event.start_mark.index);
}

static int next(struct reader *r)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail_yaml(r);
	r->has_event = true;
	return 0;
}

static bool has_control(const unsigned char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f)
			return true;
	}
	return false;
}

static int read_text(struct reader *r, struct rel_yaml *node)
{
	const unsigned char *value = r->event.data.scalar.value;
	size_t len = r->event.data.scalar.length;

	if (has_control(value, len))
		return fail_at_event(
		    r, REL_EPARSE,
		    "line ends, tabs and control characters have no meaning in "
		    "a value; write it on one line");
	node->kind = REL_YAML_TEXT;
	node->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->text =
	    rel_arena_copy(r->arena, rel_str_n((const char *)value, len));
	return node->text ? 0 : rel_fail_nomem(r->err);
}

static int read_node(struct reader *r, struct rel_yaml **out, unsigned depth);

/* The current event is a key's. */
static int read_key(struct reader *r, struct rel_yaml **out,
		    const struct rel_yaml *mapping)
{
	int rc;

	if (r->event.type != YAML_SCALAR_EVENT)
		return fail_at_event(r, REL_EPARSE, "a key must be a word");
	rc = read_node(r, out, 0);
	if (rc)
		return rc;
	for (struct rel_yaml *m = mapping->first; m; m = m->next) {
		if (strcmp(m->key->text, (*out)->text) != 0)
			continue;
		rc = rel_fail(r->err, REL_EPARSE,
			      "key \"%s\" is here twice, first on line %u; "
			      "remove one",
			      m->key->text, (unsigned)m->key->line);
		rel_error_at(r->err, NULL, (*out)->line, (*out)->column);
		return rc;
	}
	return next(r);
}

static int read_members(struct reader *r, struct rel_yaml *node, unsigned depth)
{
	bool mapping = r->event.type == YAML_MAPPING_START_EVENT;
	yaml_event_type_t end =
	    mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	struct rel_yaml **link = &node->first;
	int rc;

	node->kind = mapping ? REL_YAML_MAPPING : REL_YAML_LIST;
	for (rc = next(r); !rc && r->event.type != end; rc = next(r)) {
		struct rel_yaml *key = NULL;

		if (node->count == REL_LIMIT_CONF_ITEMS)
			return fail_at_event(r, REL_ELIMIT,
					     "too many entries in one list or "
					     "mapping");
		if (mapping)
			rc = read_key(r, &key, node);
		if (!rc)
			rc = read_node(r, link, depth + 1);
		if (rc)
			return rc;
		(*link)->key = key;
		link = &(*link)->next;
		node->count++;
	}
	return rc;
}

static int refuse_extras(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_ALIAS_EVENT)
		return fail_at_event(
		    r, REL_EPARSE,
		    "aliases (*name) are not read here; write the value out, "
		    "or quote it when it begins with a star");
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor)
		return fail_at_event(r, REL_EPARSE,
				     "anchors (&name) are not read here; write "
				     "the value out where it is needed");
	if (tag)
		return fail_at_event(
		    r, REL_EPARSE,
		    "tags (!name) are not read here; quote the "
		    "value when it begins with \"!\"");
	return 0;
}

/* Read what the current event starts; its last event is current after. */
static int read_node(struct reader *r, struct rel_yaml **out, unsigned depth)
{
	struct rel_yaml *node;
	int rc = refuse_extras(r);

	if (rc)
		return rc;
	if (depth > REL_LIMIT_CONF_NESTING)
		return fail_at_event(r, REL_ELIMIT, "nested too deep");
	node = rel_arena_alloc(r->arena, sizeof(*node));
	if (!node)
		return rel_fail_nomem(r->err);
	place_set(r, r->event.start_mark.index);
	node->line = r->place.line;
	node->column = (uint32_t)(r->place.offset - r->place.line_start + 1);
	*out = node;
	if (r->event.type == YAML_SCALAR_EVENT)
		return read_text(r, node);
	return read_members(r, node, depth);
}

static int read_stream(struct reader *r, struct rel_yaml **out)
{
	int rc = next(r); /* the start of the stream */

	if (!rc)
		rc = next(r);
	if (rc || r->event.type == YAML_STREAM_END_EVENT)
		return rc;
	rc = next(r); /* after the start of the document */
	if (!rc)
		rc = read_node(r, out, 0);
	if (!rc)
		rc = next(r); /* the end of the document */
	if (!rc)
		rc = next(r);
	if (!rc && r->event.type != YAML_STREAM_END_EVENT)
		return fail_at_event(r, REL_EPARSE,
				     "a second document; remove it with its "
				     "\"---\"");
	return rc;
}

int rel_yaml_parse(struct rel_yaml **out, struct rel_str text,
		   struct rel_arena *arena, struct rel_error *err)
{
	struct reader r = {
	    .text = text,
	    .place = {.line = 1},
	    .arena = arena,
	    .err = err,
	};
	int rc;

	*out = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return rel_fail_nomem(err);
	/* Set, or two zero bytes make it UTF-16. */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.ptr,
				     text.len);
	rc = read_stream(&r, out);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (rc)
		*out = NULL;
	return rc;
}
