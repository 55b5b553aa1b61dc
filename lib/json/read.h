/*
 * Reading JSON (RFC 8259) that somebody else wrote: a tree of values, and
 * what stands at a place in it.  Whoever reads asks for a place and a type;
 * another type there counts as nothing, so that what a server adds or leaves
 * out is no error by itself.
 */
#ifndef REL_JSON_READ_H
#define REL_JSON_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* A value of any type; lives as long as the document. */
struct rel_json_value;

/*
 * Parse the one value that `text` is.  Of members with the same name the last
 * one holds.
 * Errors  REL_EPARSE with line and column; REL_ENOMEM
 * Owner   rel_json_free(*out)
 */
REL_MUST_CHECK int rel_json_parse(struct rel_json_value **out,
				  struct rel_str text, struct rel_error *err);
void rel_json_free(struct rel_json_value *document);

/*
 * The value at `path`, names of members with dots between them
 * ("pull_request.base.sha"; "" = the value itself); NULL when there is none.
 * `value` may be NULL.
 */
const struct rel_json_value *rel_json_at(const struct rel_json_value *value,
					 const char *path);

/* The string there; NULL when it is none or holds a NUL. */
const char *rel_json_text_at(const struct rel_json_value *value,
			     const char *path);
/* The number there, an integer from 0; false when it is none. */
bool rel_json_uint_at(const struct rel_json_value *value, const char *path,
		      uint64_t *out);
/* true or false is there; false when it is neither. */
bool rel_json_bool_at(const struct rel_json_value *value, const char *path,
		      bool *out);
/* true is there, and not anything else. */
bool rel_json_true_at(const struct rel_json_value *value, const char *path);

bool rel_json_is_array(const struct rel_json_value *value);
/* Items of an array; 0 when `value` is none. */
size_t rel_json_count(const struct rel_json_value *value);
const struct rel_json_value *rel_json_item(const struct rel_json_value *value,
					   size_t i);

#endif
