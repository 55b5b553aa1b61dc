#include "json/json.h"

#include <assert.h>
#include <jansson.h>

#include "base/escape.h"
#include "base/limits.h"

void rel_json_begin(struct rel_json *json, struct rel_sink *sink)
{
	*json = (struct rel_json){0};
	rel_writer_begin(&json->out, sink);
}

static void start_line(struct rel_json *json, unsigned depth)
{
	rel_buf_add_char(&json->out.buf, '\n');
	for (unsigned i = 0; i < depth; i++)
		rel_buf_add_cstr(&json->out.buf, "  ");
}

/* Do the members of the value that is open at `depth` have own lines? */
static bool own_lines(const struct rel_json *json, unsigned depth)
{
	return depth == 1 || (depth == 2 && json->closers[1] == ']');
}

static int add_dumped(const char *ptr, size_t len, void *context)
{
	return rel_buf_add(context, ptr, len) ? -1 : 0;
}

/* `s` is UTF-8. */
static void add_string(struct rel_json *json, struct rel_str s, bool ascii)
{
	json_t *value = json_stringn_nocheck(s.ptr, s.len);
	size_t flags = JSON_ENCODE_ANY | (ascii ? JSON_ENSURE_ASCII : 0);
	struct rel_buf dumped;
	size_t from = 0;

	rel_buf_init(&dumped, REL_LIMIT_ARENA);
	if (!value || json_dump_callback(value, add_dumped, &dumped, flags))
		json->out.buf.status = REL_ENOMEM;
	for (size_t at = 0; at < dumped.len; at++) {
		if (!rel_escape_is_hash(rel_buf_str(&dumped), at))
			continue;
		rel_buf_add(&json->out.buf, dumped.ptr + from, at - from);
		rel_buf_add_cstr(&json->out.buf, "\\u0023");
		from = at + 1;
	}
	rel_buf_add(&json->out.buf, dumped.ptr + from, dumped.len - from);
	rel_buf_free(&dumped);
	json_decref(value);
}

/* Add `s` to `out` with U+FFFD for every byte that is not of UTF-8. */
static void repair(struct rel_buf *out, struct rel_str s)
{
	uint32_t rune;

	for (size_t at = 0, n; at < s.len; at += n) {
		n = rel_str_rune(s, at, &rune);
		if (rune == REL_STR_NO_RUNE)
			rel_buf_add_cstr(out, "\xef\xbf\xbd");
		else
			rel_buf_add(out, s.ptr + at, n);
	}
}

/* Those of ASCII are escaped by JSON itself. */
static bool has_wide_control(struct rel_str s)
{
	uint32_t rune;

	for (size_t at = 0; at < s.len;) {
		at += rel_str_rune(s, at, &rune);
		if (rune >= 0x80 && rune != REL_STR_NO_RUNE &&
		    rel_rune_is_control(rune))
			return true;
	}
	return false;
}

static void add_any(struct rel_json *json, struct rel_str s)
{
	bool ascii = has_wide_control(s);
	struct rel_buf whole;

	if (rel_str_is_utf8(s, NULL)) {
		add_string(json, s, ascii);
		return;
	}
	rel_buf_init(&whole, REL_LIMIT_ARENA);
	repair(&whole, s);
	if (whole.status)
		json->out.buf.status = whole.status;
	else
		add_string(json, rel_buf_str(&whole), ascii);
	rel_buf_free(&whole);
}

/* What stands before every value. */
static void before(struct rel_json *json, const char *key)
{
	unsigned d = json->depth;

	rel_writer_turn(&json->out);
	if (d == 0) {
		assert(!key);
		return;
	}
	assert((key != NULL) == (json->closers[d - 1] == '}'));
	if (json->filled[d - 1])
		rel_buf_add_cstr(&json->out.buf,
				 own_lines(json, d) ? "," : ", ");
	json->filled[d - 1] = true;
	if (own_lines(json, d))
		start_line(json, d);
	if (key) {
		add_any(json, rel_str_of(key));
		rel_buf_add_cstr(&json->out.buf, ": ");
	}
}

static void open_value(struct rel_json *json, const char *key, char opener,
		       char closer)
{
	before(json, key);
	assert(json->depth < REL_JSON_DEPTH_MAX);
	rel_buf_add_char(&json->out.buf, opener);
	json->closers[json->depth] = closer;
	json->filled[json->depth] = false;
	json->depth++;
}

void rel_json_object(struct rel_json *json, const char *key)
{
	open_value(json, key, '{', '}');
}

void rel_json_array(struct rel_json *json, const char *key)
{
	open_value(json, key, '[', ']');
}

void rel_json_close(struct rel_json *json)
{
	unsigned d = json->depth;

	assert(d > 0);
	if (json->filled[d - 1] && own_lines(json, d))
		start_line(json, d - 1);
	rel_buf_add_char(&json->out.buf, json->closers[d - 1]);
	json->depth--;
}

void rel_json_str(struct rel_json *json, const char *key, struct rel_str value)
{
	before(json, key);
	add_any(json, value);
}

void rel_json_text(struct rel_json *json, const char *key, const char *value)
{
	if (value)
		rel_json_str(json, key, rel_str_of(value));
	else
		rel_json_null(json, key);
}

void rel_json_uint(struct rel_json *json, const char *key, uint64_t value)
{
	before(json, key);
	rel_buf_printf(&json->out.buf, "%llu", (unsigned long long)value);
}

void rel_json_milli(struct rel_json *json, const char *key, uint64_t value)
{
	before(json, key);
	/* Not "%f": its point is the locale's. */
	rel_buf_printf(&json->out.buf, "%llu.%03u",
		       (unsigned long long)(value / 1000),
		       (unsigned)(value % 1000));
}

void rel_json_bool(struct rel_json *json, const char *key, bool value)
{
	before(json, key);
	rel_buf_add_cstr(&json->out.buf, value ? "true" : "false");
}

void rel_json_null(struct rel_json *json, const char *key)
{
	before(json, key);
	rel_buf_add_cstr(&json->out.buf, "null");
}

int rel_json_end(struct rel_json *json, struct rel_error *err)
{
	assert(json->depth == 0);
	rel_buf_add_char(&json->out.buf, '\n');
	return rel_writer_end(&json->out, err);
}

/* The public type is jansson's under another name. */
static const json_t *of(const struct rel_json_value *value)
{
	return (const json_t *)(const void *)value;
}

static const struct rel_json_value *as(const json_t *value)
{
	return (const void *)value;
}

int rel_json_parse(struct rel_json_value **out, struct rel_str text,
		   struct rel_error *err)
{
	json_error_t why;
	json_t *tree = json_loadb(text.ptr ? text.ptr : "", text.len,
				  JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);

	*out = (void *)tree;
	if (tree)
		return 0;
	if (json_error_code(&why) == json_error_out_of_memory)
		return rel_fail_nomem(err);
	rel_fail(err, REL_EPARSE, "is not JSON: %s", why.text);
	rel_error_at(err, NULL, why.line > 0 ? (uint32_t)why.line : 0,
		     why.column > 0 ? (uint32_t)why.column : 0);
	return REL_EPARSE;
}

void rel_json_free(struct rel_json_value *document)
{
	json_decref((json_t *)(void *)document);
}

const struct rel_json_value *rel_json_at(const struct rel_json_value *value,
					 const char *path)
{
	struct rel_str rest = rel_str_of(path);
	const json_t *at = of(value);

	while (at && rest.len > 0) {
		struct rel_str name = rel_str_cut(&rest, '.');

		at = json_object_getn(at, name.ptr, name.len);
	}
	return as(at);
}

const char *rel_json_text_at(const struct rel_json_value *value,
			     const char *path)
{
	const json_t *at = of(rel_json_at(value, path));
	const char *text = json_string_value(at);

	if (!text || strlen(text) != json_string_length(at))
		return NULL;
	return text;
}

bool rel_json_uint_at(const struct rel_json_value *value, const char *path,
		      uint64_t *out)
{
	const json_t *at = of(rel_json_at(value, path));

	if (!json_is_integer(at) || json_integer_value(at) < 0)
		return false;
	*out = (uint64_t)json_integer_value(at);
	return true;
}

bool rel_json_bool_at(const struct rel_json_value *value, const char *path,
		      bool *out)
{
	const json_t *at = of(rel_json_at(value, path));

	*out = json_is_true(at);
	return json_is_boolean(at);
}

bool rel_json_true_at(const struct rel_json_value *value, const char *path)
{
	return json_is_true(of(rel_json_at(value, path)));
}

bool rel_json_is_array(const struct rel_json_value *value)
{
	return json_is_array(of(value));
}

size_t rel_json_count(const struct rel_json_value *value)
{
	return json_array_size(of(value));
}

const struct rel_json_value *rel_json_item(const struct rel_json_value *value,
					   size_t i)
{
	return as(json_array_get(of(value), i));
}
