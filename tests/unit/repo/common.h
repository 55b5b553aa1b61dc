/* What the tests of lib/repo share. */
#ifndef REL_TESTS_REPO_COMMON_H
#define REL_TESTS_REPO_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "opam/expr.h"
#include "repo/repo_private.h"
#include "support/shell.h"
#include "support/support.h"

/* Read a directory as a package repository; fails the test when it cannot. */
static inline struct rel_snapshot *read_dir(const char *path, unsigned jobs)
{
	struct rel_layout_options options = {.name = "test", .jobs = jobs};
	struct rel_source_dir dir = {.root = path};
	struct rel_source source = rel_source_dir(&dir);
	struct rel_snapshot *snapshot = NULL;
	struct rel_error err = {0};
	void *image = NULL;

	if (rel_layout_read(&image, &source, &options, &err) != 0 ||
	    rel_image_adopt(&snapshot, image, "", 0, &err) != 0)
		fail_msg("%s: %s", path, err.text);
	return snapshot;
}

static inline struct rel_str string(const struct rel_snapshot *s,
				    rel_string_id id)
{
	return rel_snapshot_string(s, id);
}

static inline void add_formula(struct rel_buf *out,
			       const struct rel_snapshot *s, const char *field,
			       rel_expr_id id)
{
	if (id == REL_EXPR_NONE)
		return;
	rel_buf_printf(out, "\t%s: ", field);
	rel_expr_print(out, &s->exprs, id);
	rel_buf_add_char(out, '\n');
}

static inline void add_package(struct rel_buf *out,
			       const struct rel_snapshot *s,
			       const struct rel_snapshot_package *p)
{
	const struct rel_manifest *m = &p->manifest;

	rel_buf_printf(out, "%.*s.%.*s %.*s flags %x\n",
		       REL_STR_ARG(string(s, p->name)),
		       REL_STR_ARG(string(s, p->version)),
		       REL_STR_ARG(string(s, p->path)), (unsigned)m->flags);
	add_formula(out, s, "depends", m->depends);
	add_formula(out, s, "depopts", m->depopts);
	add_formula(out, s, "conflicts", m->conflicts);
	add_formula(out, s, "available", m->available);
	if (m->maintainers != REL_STRING_NONE)
		rel_buf_printf(out, "\tmaintainers %.*s\n",
			       REL_STR_ARG(string(s, m->maintainers)));
	for (uint32_t i = 0; i < m->conflict_class_count; i++)
		rel_buf_printf(out, "\tclass %.*s\n",
			       REL_STR_ARG(string(
				   s, s->lists[m->conflict_class_first + i])));
	if (p->problem != UINT32_MAX)
		rel_buf_printf(
		    out, "\tproblem %u:%u %.*s\n",
		    (unsigned)s->problems[p->problem].line,
		    (unsigned)s->problems[p->problem].column,
		    REL_STR_ARG(string(s, s->problems[p->problem].text)));
}

/* All that a snapshot says, as text; the caller frees it. */
static inline char *dump(const struct rel_snapshot *s)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (uint32_t i = 0; i < s->n_packages; i++)
		add_package(&out, s, &s->packages[i]);
	for (uint32_t i = 0; i < s->n_notices; i++)
		rel_buf_printf(&out, "notice %u %.*s: %.*s\n",
			       (unsigned)s->notices[i].kind,
			       REL_STR_ARG(string(s, s->notices[i].path)),
			       REL_STR_ARG(string(s, s->notices[i].text)));
	assert_int_equal(out.status, 0);
	return rel_buf_detach(&out, NULL);
}

/* "name.version" of all packages, one a line; the caller frees it. */
static inline char *list_packages(const struct rel_snapshot *s)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (uint32_t i = 0; i < s->n_packages; i++)
		rel_buf_printf(&out, "%s%.*s.%.*s", i > 0 ? "\n" : "",
			       REL_STR_ARG(string(s, s->packages[i].name)),
			       REL_STR_ARG(string(s, s->packages[i].version)));
	assert_int_equal(out.status, 0);
	return rel_buf_detach(&out, NULL);
}

static inline const struct rel_snapshot_package *find_package(
    const struct rel_snapshot *s, const char *name, const char *version)
{
	uint32_t count;
	const struct rel_snapshot_package *p =
	    rel_snapshot_find(s, rel_str_of(name), &count);

	for (uint32_t i = 0; i < count; i++)
		if (rel_str_is(string(s, p[i].version), version))
			return &p[i];
	fail_msg("no %s.%s", name, version);
	return NULL;
}

/* How many notices of this kind are about `path`? */
static inline int count_notices(const struct rel_snapshot *s,
				enum rel_notice_kind kind, const char *path)
{
	int n = 0;

	for (uint32_t i = 0; i < s->n_notices; i++)
		n += s->notices[i].kind == kind &&
		     rel_str_is(string(s, s->notices[i].path), path);
	return n;
}

#endif
