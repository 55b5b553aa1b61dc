/*
 * Every manifest of the test bundles: the tree accounts for all bytes, and an
 * edit of one field changes only its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "opam/edit.h"
#include "support/corpus.h"
#include "support/support.h"

struct fixture {
	char *dir;
	struct rel_arena arena;
	struct rel_buf out;
};

static const char *skip_comment(const char *p, const char *end)
{
	int depth = 0;

	do {
		if (end - p >= 2 && p[0] == '(' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (end - p >= 2 && p[0] == '*' && p[1] == ')') {
			depth--;
			p += 2;
		} else {
			p++;
		}
	} while (p < end && depth > 0);
	return p;
}

/* Nothing but blanks, comments and the bytes of `allowed` in [from, to)? */
static bool is_trivia(struct rel_str source, uint32_t from, uint32_t to,
		      const char *allowed)
{
	const char *p = source.ptr + from, *end = source.ptr + to;

	while (p < end) {
		if (*p == '#') {
			while (p < end && *p != '\n')
				p++;
		} else if (*p == '(' && end - p >= 2 && p[1] == '*') {
			p = skip_comment(p, end);
		} else if (*p != '\0' &&
			   (strchr(" \t\r\n", *p) || strchr(allowed, *p))) {
			p++;
		} else {
			return false;
		}
	}
	return true;
}

/* What may stand between the children of a node, beside blanks. */
static const char *glue_of(const struct rel_node *n)
{
	static const char *const glue[] = {
	    [REL_NODE_FIELD] = ":",   [REL_NODE_SECTION] = "{}",
	    [REL_NODE_LIST] = "[]",   [REL_NODE_GROUP] = "()",
	    [REL_NODE_OPTION] = "{}", [REL_NODE_AND] = "&",
	    [REL_NODE_OR] = "|",      [REL_NODE_RELOP] = "=!<>~",
	    [REL_NODE_NOT] = "!",     [REL_NODE_PREFIX_RELOP] = "=!<>~",
	    [REL_NODE_DEFINED] = "?", [REL_NODE_ENV] = "+=:",
	};

	return glue[n->kind];
}

static bool accounts_for(const struct rel_opam_tree *tree, rel_node_id first,
			 uint32_t from, uint32_t to, const char *glue);

static bool node_is_sound(const struct rel_opam_tree *tree,
			  const struct rel_node *n)
{
	uint32_t from = n->start;

	switch (n->kind) {
	case REL_NODE_BOOL:
	case REL_NODE_INT:
	case REL_NODE_STRING:
	case REL_NODE_IDENT:
		return n->child == REL_NODE_NONE && n->start < n->end;
	case REL_NODE_FIELD:
	case REL_NODE_SECTION:
		if (n->text.ptr != tree->source.ptr + from)
			return false;
		from += (uint32_t)n->text.len;
		break;
	default:
		break;
	}
	if (n->text2.ptr)
		from = (uint32_t)(n->text2.ptr + n->text2.len + 1 -
				  tree->source.ptr);
	return accounts_for(tree, n->child, from, n->end, glue_of(n));
}

static bool accounts_for(const struct rel_opam_tree *tree, rel_node_id first,
			 uint32_t from, uint32_t to, const char *glue)
{
	for (rel_node_id id = first; id != REL_NODE_NONE;
	     id = tree->nodes[id].next) {
		const struct rel_node *n = &tree->nodes[id];

		if (n->start < from || n->end > to || n->start >= n->end ||
		    !is_trivia(tree->source, from, n->start, glue) ||
		    !node_is_sound(tree, n))
			return false;
		from = n->end;
	}
	return is_trivia(tree->source, from, to, glue);
}

/* Give the field `id` another value and compare all other bytes. */
static void check_edit(struct fixture *f, const struct rel_opam_tree *tree,
		       rel_node_id id, const struct rel_test_blob *blob)
{
	const struct rel_str value = REL_STR("[\"new\"]");
	const struct rel_node *v = &tree->nodes[tree->nodes[id].child];
	char *name = rel_test_text("%.*s", REL_STR_ARG(tree->nodes[id].text));
	struct rel_str source = blob->content, got;
	size_t tail = source.len - v->end;
	struct rel_opam_edit edit;
	struct rel_error err = {0};

	if (rel_opam_field(tree, tree->items, name) != id) {
		free(name);
		return;
	}
	rel_edit_init(&edit, tree, &f->arena);
	rel_buf_clear(&f->out);
	if (rel_edit_set_field(&edit, name, value, &err) != 0 ||
	    rel_edit_apply(&edit, &f->out, &err) != 0)
		fail_msg("%.*s: %s", REL_STR_ARG(blob->path), err.text);
	got = rel_buf_str(&f->out);
	if (got.len != v->start + value.len + tail ||
	    !rel_str_eq(rel_str_sub(got, 0, v->start),
			rel_str_sub(source, 0, v->start)) ||
	    !rel_str_eq(rel_str_sub(got, v->start, got.len - tail), value) ||
	    !rel_str_eq(rel_str_sub(got, got.len - tail, got.len),
			rel_str_sub(source, v->end, source.len)))
		fail_msg("%.*s: edit of %s", REL_STR_ARG(blob->path), name);
	rel_edit_free(&edit);
	free(name);
}

static void check_blob(struct fixture *f, const struct rel_test_blob *blob)
{
	struct rel_error err = {0};
	struct rel_opam_tree tree;
	struct rel_opam_edit none;

	rel_arena_reset(&f->arena);
	if (rel_opam_parse(&tree, &f->arena, blob->content, "f", &err) != 0)
		fail_msg("%.*s:%u:%u: %s", REL_STR_ARG(blob->path), err.line,
			 err.column, err.text);
	if (!accounts_for(&tree, tree.items, 0, (uint32_t)tree.source.len, ""))
		fail_msg("%.*s: lost bytes", REL_STR_ARG(blob->path));
	rel_edit_init(&none, &tree, &f->arena);
	rel_buf_clear(&f->out);
	assert_int_equal(rel_edit_apply(&none, &f->out, &err), 0);
	if (!rel_str_eq(rel_buf_str(&f->out), blob->content))
		fail_msg("%.*s: printed otherwise", REL_STR_ARG(blob->path));
	for (rel_node_id id = tree.items; id != REL_NODE_NONE;
	     id = tree.nodes[id].next)
		if (tree.nodes[id].kind == REL_NODE_FIELD)
			check_edit(f, &tree, id, blob);
}

struct revision {
	const char *bundle, *revision;
	uint32_t count; /* manifests, counted by git ls-tree */
};

static const struct revision revisions[] = {
    {"opam-repository", "2026-08", 18793},
    {"opam-repository", "2025-01-01", 33033},
    {"opam-repository", "2014-10-14", 2772},
    {"mirage-dev", "2014-10-14", 12},
    {"mirage-dev", "HEAD~1", 2},
    {"xs-opam", "HEAD", 329},
};

static void test_manifests(void **state)
{
	struct fixture *f = *state;
	size_t n = sizeof(revisions) / sizeof(revisions[0]);
	char *clone = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct revision *r = &revisions[i];
		struct rel_test_corpus corpus;

		if (i == 0 || strcmp(r->bundle, r[-1].bundle) != 0) {
			free(clone);
			clone = rel_test_clone(f->dir, r->bundle);
		}
		rel_test_corpus_load(&corpus, clone, r->revision, "/opam");
		print_message("%s %s: %u\n", r->bundle, r->revision,
			      corpus.count);
		assert_int_equal(corpus.count, r->count);
		for (uint32_t k = 0; k < corpus.count; k++)
			check_blob(f, &corpus.blobs[k]);
		rel_test_corpus_free(&corpus);
	}
	free(clone);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->dir = rel_test_dir_new();
	rel_arena_init(&f->arena, REL_GIB);
	rel_buf_init(&f->out, REL_LIMIT_MANIFEST_BYTES);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_test_dir_free(f->dir);
	rel_arena_free(&f->arena);
	rel_buf_free(&f->out);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_manifests, setup, teardown),
	};

	if (!rel_test_data_dir())
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
