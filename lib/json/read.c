#include "json/read.h"

#include <jansson.h>

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
	rel_fail(err, REL_EPARSE, "is no JSON: %s", why.text);
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
