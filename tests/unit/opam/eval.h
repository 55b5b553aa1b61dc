/*
 * What tests of expressions share: tables, an environment as a list of
 * words, and reading one field.
 */
#ifndef REL_TESTS_OPAM_EVAL_H
#define REL_TESTS_OPAM_EVAL_H

#include "base/limits.h"
#include "opam/formula.h"
#include "opam/manifest.h"

struct bench {
	struct rel_manifest_tables tables;
	struct rel_arena scratch, trees;
	struct rel_manifest manifest;
	struct rel_error err;
	struct rel_exprs exprs;
};

static inline struct rel_str bench_string(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

static inline void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	rel_manifest_tables_init(&b->tables);
	rel_arena_init(&b->scratch, 64 * REL_MIB);
	rel_arena_init(&b->trees, 512 * REL_MIB);
}

static inline void bench_free(struct bench *b)
{
	rel_manifest_tables_free(&b->tables);
	rel_arena_free(&b->scratch);
	rel_arena_free(&b->trees);
}

/* Read a whole manifest. */
static inline int bench_read(struct bench *b, struct rel_str source)
{
	int rc;

	memset(&b->err, 0, sizeof(b->err));
	rel_arena_reset(&b->scratch);
	rel_arena_reset(&b->trees);
	rc = rel_manifest_read(&b->manifest, &b->tables, source,
			       (struct rel_str){NULL, 0}, "opam", &b->trees,
			       &b->err);
	b->exprs = (struct rel_exprs){.nodes = b->tables.exprs.nodes,
				      .count = b->tables.exprs.count,
				      .string = bench_string,
				      .context = &b->tables.strings};
	return rc;
}

/* Read one field behind an opam-version. */
static inline int bench_read_field(struct bench *b, const char *field,
				   const char *value)
{
	struct rel_buf buf;
	int rc;

	rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_printf(&buf, "opam-version: \"2.0\"\n%s: %s\n", field, value);
	rc = bench_read(b, rel_buf_str(&buf));
	rel_buf_free(&buf);
	return rc;
}

/*
 * An environment from text: "os=linux post !build with-test pkg:x=1"; a bare
 * word is true, one behind `!` false.  `context` is the text.
 */
static inline void word_lookup(const void *context, struct rel_str package,
			       struct rel_str name, struct rel_value *out)
{
	struct rel_str rest = rel_str_of(context), word, key, value;
	struct rel_str scope, local;
	bool negated;

	while (rest.ptr) {
		word = rel_str_cut(&rest, ' ');
		negated = word.len > 0 && word.ptr[0] == '!';
		value = rel_str_sub(word, negated, word.len);
		key = rel_str_cut(&value, '=');
		local = key;
		scope = rel_str_cut(&local, ':');
		if (!local.ptr) {
			local = scope;
			scope = REL_STR("");
		}
		if (!rel_str_eq(scope, package) || !rel_str_eq(local, name))
			continue;
		*out = (struct rel_value){.kind = REL_VALUE_BOOL,
					  .boolean = !negated};
		if (value.ptr)
			*out = (struct rel_value){.kind = REL_VALUE_STRING,
						  .string = value};
		return;
	}
}

static inline struct rel_variables words(const char *text)
{
	return (struct rel_variables){.lookup = word_lookup, .context = text};
}

#endif
