/*
 * Writing JSON (RFC 8259) piece by piece, so that a report of any length is
 * never held as a whole.
 *
 * Members of the outermost value, and of arrays directly in it, start on
 * lines of their own; what is nested deeper stays on its line.  So a long
 * array has one element a line, for grep and diff.
 *
 * Failures are remembered: a run of calls is checked once, by
 * rel_json_end().
 */
#ifndef REL_JSON_JSON_H
#define REL_JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/sink.h"
#include "base/str.h"

#define REL_JSON_DEPTH_MAX 16

struct rel_json {
	struct rel_writer out;
	unsigned depth;			  /* of open objects and arrays */
	char closers[REL_JSON_DEPTH_MAX]; /* '}' or ']', outermost first */
	bool filled[REL_JSON_DEPTH_MAX];  /* has a member */
};

/* `sink` is borrowed until rel_json_end(). */
void rel_json_begin(struct rel_json *json, struct rel_sink *sink);

/*
 * In an object every value has a `key`; in an array, and for the outermost
 * value, it is NULL.
 */
void rel_json_object(struct rel_json *json, const char *key);
void rel_json_array(struct rel_json *json, const char *key);
/* End the innermost open object or array. */
void rel_json_close(struct rel_json *json);

/*
 * A string of any bytes; each that is not of UTF-8 becomes U+FFFD.  A string
 * that holds a control character beyond ASCII (rel_rune_is_control) is
 * written in ASCII with \u escapes.
 */
void rel_json_str(struct rel_json *json, const char *key, struct rel_str value);
/* NULL becomes null. */
void rel_json_text(struct rel_json *json, const char *key, const char *value);
void rel_json_uint(struct rel_json *json, const char *key, uint64_t value);
/* `value` of thousandths, with three decimals: 1234 is 1.234. */
void rel_json_milli(struct rel_json *json, const char *key, uint64_t value);
void rel_json_bool(struct rel_json *json, const char *key, bool value);
void rel_json_null(struct rel_json *json, const char *key);

/*
 * Give the sink what is left, with a line end, and release everything.  All
 * that was opened must be closed.
 * Errors  the sink's; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_json_end(struct rel_json *json, struct rel_error *err);

/* Reading. */

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
