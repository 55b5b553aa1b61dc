#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verdict.h"

struct verdict {
	const char *depends;
	bool with_test, without_test;
};

/*
 * Is p.2 with these `depends` installable, with and without test and doc
 * dependencies?  As `opam admin check` 2.1.2 said; see verdict.h for what
 * else there is.
 */
static const struct verdict verdicts[] = {
    {"[\"y\"]", true, true},
    {"[\"nope\"]", false, false},
    {"[\"y\" {= \"2\"}]", true, true},
    {"[\"y\" {= \"2.0\"}]", false, false},
    {"[\"y\" {= \"02\"}]", true, true},
    {"[\"y\" {= \"4\"}]", false, false},
    {"[\"y\" {!= \"4\"}]", true, true},
    {"[\"y\" {> \"3\"}]", false, false},
    {"[\"y\" {> \"2\" & < \"3\"}]", false, false},
    {"[\"y\" {> \"1\" & < \"3\"}]", true, true},
    {"[\"y\" {< \"1\" | > \"2\"}]", true, true},
    {"[\"y\" {!(> \"1\" & < \"4\")}]", true, true},
    {"[\"y\" {!(= \"1\") & !(= \"2\") & !(= \"3\")}]", false, false},
    {"[\"y\" {= \"1\"} \"y\" {= \"2\"}]", false, false},
    {"[\"y\" {= \"1\"} | \"y\" {= \"9\"}]", true, true},
    {"[\"y\" {= version}]", true, true},
    {"[\"y\" {> version} \"z\" {> version}]", false, false},
    {"[\"y\" {= \"%{version}%\"}]", true, true},
    {"[\"y\" {= _:version}]", true, true},
    {"[\"nope\" {build}]", false, false},
    {"[\"nope\" {post}]", false, false},
    {"[\"nope\" {!build}]", true, true},
    {"[\"nope\" {!post | build}]", false, false},
    {"[\"nope\" {build & post}]", true, true},
    {"[\"nope\" {(build & post)}]", true, true},
    {"[\"nope\" {build & post & >= \"1\"}]", false, false},
    {"[\"nope\" {build & >= \"1\"}]", false, false},
    {"[\"nope\" {>= \"1\" & build}]", false, false},
    {"[\"nope\" {build | post}]", false, false},
    {"[\"nope\" {with-test}]", false, true},
    {"[\"nope\" {with-doc}]", false, true},
    {"[\"nope\" {!with-test}]", true, false},
    {"[\"nope\" {with-test & build}]", false, true},
    {"[\"nope\" {with-test | build}]", false, false},
    {"[\"nope\" {dev}]", true, true},
    {"[\"nope\" {!dev}]", false, false},
    {"[\"nope\" {with-dev-setup}]", true, true},
    {"[\"nope\" {!with-dev-setup}]", true, true},
    {"[\"nope\" {os = \"linux\"}]", true, true},
    {"[\"nope\" {os = \"win32\"}]", true, true},
    {"[\"nope\" {!(os = \"win32\")}]", true, true},
    {"[\"nope\" {os != \"win32\"}]", true, true},
    {"[\"nope\" {undefinedvar}]", true, true},
    {"[\"nope\" {?undefinedvar}]", true, true},
    {"[\"nope\" {!?undefinedvar}]", false, false},
    {"[\"nope\" {?build}]", true, true},
    {"[\"nope\" {!?build}]", false, false},
    {"[\"nope\" {?with-test}]", false, false},
    {"[\"nope\" {y:installed}]", true, true},
    {"[\"nope\" {!y:installed}]", true, true},
    {"[\"nope\" {true}]", false, false},
    {"[\"nope\" {false}]", true, true},
    {"[\"nope\" {\"true\"}]", false, false},
    {"[\"nope\" {\"yes\"}]", true, true},
    {"[\"nope\" {!\"false\"}]", false, false},
    {"[\"nope\" {}]", false, false},
    {"[\"nope\" {name = \"p\"}]", false, false},
    {"[\"nope\" {_:name != \"p\"}]", true, true},
    {"[\"nope\" {p:name = \"p\"}]", true, true},
    {"[\"nope\" {version >= \"2\"}]", false, false},
    {"[\"nope\" {version < \"2\"}]", true, true},
    {"[\"nope\" {opam-version >= \"2.1\"}]", false, false},
    {"[\"nope\" {opam-version < \"2.1\"}]", true, true},
    {"[\"nope\" {\"%{version}%\" = \"2\"}]", false, false},
    {"[\"nope\" {\"%{version}}%\" = \"2\"}]", true, true},
    {"[\"nope\" {\"%{nothing}%\" = \"\"}]", false, false},
    {"[\"nope\" {\"%{nothing}%\" = \"\" & build}]", true, true},
    {"[\"nope\" {with-test = \"false\"}]", true, false},
    {"[\"nope\" {with-test = false}]", true, false},
    {"[\"y\" {!(os = \"win32\")} | \"nope\"]", false, false},
    {"[\"nope\" | (\"nope2\" {os = \"win32\"} & \"y\")]", false, false},
    {"[\"nope\" | (\"nope2\" {with-test} & \"y\")]", false, true},
    {"[(\"nope\" & \"z\") | \"y\"]", true, true},
    {"[(\"nope\" | \"y\") & (\"z\" | \"nope\")]", true, true},
    {"[(\"nope\" {os = \"x\"} | \"nope\") & \"y\"]", false, false},
    {"[(\"nope\" {os = \"x\"} | \"nope2\" {os = \"y\"}) & \"y\"]", true, true},
    {"[\"nope\" {os = \"x\"} | \"nope2\" {os = \"y\"} | \"nope3\"]", false,
     false},
    {"[\"y\" {>= \"4\" | os = \"linux\"}]", false, false},
    {"[\"y\" {>= \"4\" & os = \"linux\"}]", true, true},
    {"[\"y\" {(>= \"4\" | build)}]", true, true},
    {"[\"y\" {(>= \"4\" | !build)}]", false, false},
    {"[\"y\" {(>= \"4\" | (build & post))}]", false, false},
    {"[\"y\" {>= \"4\" | (build & os = \"x\")}]", false, false},
    {"[\"y\" {(>= \"4\" & build) | (>= \"1\" & post)}]", true, true},
    {"[\"y\" {(>= \"4\" & build) | (>= \"1\" & os = \"x\")}]", false, false},
    {"[\"y\" {>= \"1\" & (os = \"x\" | os = \"y\")}]", true, true},
    {"[\"nope\" {>= \"1\" & (os = \"x\" | os = \"y\")}]", false, false},
    {"[\"z\" {= \"3\"} | \"y\" {>= \"9\" & (os = \"x\" | foo)}]", false, false},
    {"[\"z\" {= \"3\"} | \"y\" {>= \"1\" & (os = \"x\" | foo)}]", false, false},
    {"[\"nope\" | (\"y\" {>= \"1\" & (os = \"x\" | foo)})]", false, false},
    {"[\"p\"]", true, true},
    {"[\"p\" {= \"2\"}]", true, true},
    {"[\"p\" {= \"1\"}]", false, false},
    {"[\"p\" {> \"1\"} | \"nope\"]", true, true},
    {"[\"y\" \"z\"]", true, true},
    {"[(\"y\" \"nope\")]", false, false},
    {"[(\"y\" {= \"3\"} \"z\") | \"nope\"]", true, true},
};

static void test_verdicts(void **state)
{
	struct bench b;
	bool with_test, without_test;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		const struct verdict *v = &verdicts[i];

		if (bench_read_field(&b, "depends", v->depends) != 0)
			fail_msg("%s: %s", v->depends, b.err.text);
		with_test = is_installable(&b, WITH_TEST);
		without_test = is_installable(&b, WITHOUT_TEST);
		if (with_test != v->with_test ||
		    without_test != v->without_test)
			fail_msg("%s: %d, %d", v->depends, with_test,
				 without_test);
	}
	bench_free(&b);
}

struct shape {
	const char *field, *value, *words;
	const char *filtered, *partial; /* clauses in text */
};

/* By hand; `words` are what is known at once, build and post come late. */
static const struct shape shapes[] = {
    {"depends", "[]", "", "", ""},
    {"depends", "\"a\" & \"b\" | \"c\"", "", "a|c & b|c", "a|c & b|c"},
    {"depends", "[\"a\" (\"b\" | \"c\") \"d\"]", "", "a & b|c & d",
     "a & b|c & d"},
    {"depends", "[(\"a\" & \"b\") | (\"c\" & \"d\")]", "",
     "a|c & a|d & b|c & b|d", "a|c & a|d & b|c & b|d"},
    {"depends", "[\"a\" {>= \"1\" & < \"2\" | = \"4\"}]", "", "a(>=1&<2|=4)",
     "a(>=1&<2|=4)"},
    {"depends", "[\"a\" {x & >= \"1\"} \"b\" {!x}]", "x", "a(>=1)", "a(>=1)"},
    {"depends", "[\"a\" {x} | \"b\" {!x}]", "x", "a", "a"},
    {"depends", "[\"a\" {x} | (\"b\" {!x} & \"c\")]", "x", "a|c", "a|c"},
    {"depends", "[\"a\" | (\"b\" {x} & \"c\")]", "", "a|c", "a & a|c"},
    {"depends", "[\"a\" | (\"b\" {post} & \"c\")]", "", "a|c", "a|b & a|c"},
    {"depends", "[\"a\" | \"b\" {x}]", "", "a", "a"},
    {"depends", "[\"a\" {= v} \"b\" {> \"%{v}%\"}]", "v=2", "a(=2) & b(>2)",
     "a(=2) & b(>2)"},
    /* bounds that cannot be evaluated */
    {"depends", "[\"a\" {= v} \"b\" {> \"%{v}%\"}]", "", "a & b", "a & b"},
    {"depends", "[\"a\" {= v & < \"3\"}]", "", "a(<3)", "a(<3)"},
    {"depends", "[\"a\" {= v | < \"3\"}]", "", "a", "a"},
    {"depends", "[\"a\" {= v}]", "v=no-version!", "a", "a"},
    /* nothing but filters of the last step */
    {"depends", "[\"a\" {build & post}]", "build post", "a", "a"},
    {"depends", "[\"a\" {build & post}]", "", "", ""},
    {"depends", "[\"b\" | \"a\" {build & post}]", "", "b", "b"},
    /* depopts: `&` is `|` */
    {"depopts", "[\"a\" \"b\" & \"c\" {>= \"2\"}]", "", "a|b|c(>=2)",
     "a|b|c(>=2)"},
};

static void show_constraint(struct rel_buf *out, const struct rel_constraint *c)
{
	if (c->kind == REL_CONSTRAINT_RELOP) {
		rel_buf_printf(out, "%s%.*s", rel_relop_text(c->op),
			       REL_STR_ARG(c->version));
		return;
	}
	show_constraint(out, c->left);
	rel_buf_add_char(out, c->kind == REL_CONSTRAINT_AND ? '&' : '|');
	show_constraint(out, c->right);
}

static void show_atom(struct rel_buf *out, const struct bench *b,
		      const struct rel_formula_atom *atom)
{
	rel_buf_add_str(out, rel_intern_get(&b->tables.strings, atom->name));
	if (!atom->constraint)
		return;
	rel_buf_add_char(out, '(');
	show_constraint(out, atom->constraint);
	rel_buf_add_char(out, ')');
}

static void show(struct rel_buf *out, const struct bench *b,
		 const struct rel_formula *f)
{
	rel_buf_clear(out);
	for (uint32_t i = 0; i < f->n_clauses; i++) {
		if (i > 0)
			rel_buf_add_cstr(out, " & ");
		for (uint32_t k = 0; k < f->clauses[i].count; k++) {
			if (k > 0)
				rel_buf_add_char(out, '|');
			show_atom(out, b, &f->atoms[f->clauses[i].first + k]);
		}
	}
}

static void check_shape(struct bench *b, const struct shape *shape,
			enum rel_formula_pipeline pipeline)
{
	struct rel_formula_rules rules = {.pipeline = pipeline,
					  .variables = words(shape->words),
					  .late = words("build post")};
	const char *expected =
	    pipeline == REL_FORMULA_FILTER ? shape->filtered : shape->partial;
	struct rel_formula f;
	struct rel_buf text;
	rel_expr_id id;

	if (bench_read_field(b, shape->field, shape->value) != 0)
		fail_msg("%s: %s", shape->value, b->err.text);
	id = strcmp(shape->field, "depends") == 0 ? b->manifest.depends
						  : b->manifest.depopts;
	rel_buf_init(&text, REL_KIB);
	assert_int_equal(rel_formula_resolve(&f, &b->exprs, id, &rules,
					     &b->scratch, &b->err),
			 0);
	show(&text, b, &f);
	if (!rel_str_is(rel_buf_str(&text), expected))
		fail_msg("%s, pipeline %d: \"%s\", not \"%s\"", shape->value,
			 (int)pipeline, text.ptr ? text.ptr : "", expected);
	rel_buf_free(&text);
}

static void test_shapes(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		check_shape(&b, &shapes[i], REL_FORMULA_FILTER);
		check_shape(&b, &shapes[i], REL_FORMULA_PARTIAL);
	}
	bench_free(&b);
}

struct conflict {
	const char *value, *words, *atoms;
};

static const struct conflict conflicts[] = {
    {"[]", "", ""},
    {"[\"a\" \"b\" {< \"2\"}]", "", "a b(<2)"},
    {"[\"a\" & \"b\" | (\"c\" & \"d\")]", "", "a b c d"},
    {"[\"a\" {x} \"b\" {!x} \"c\" {x & > \"1\"}]", "x", "a c(>1)"},
    {"[\"a\" {x} \"b\" {!x}]", "", ""},
    {"[\"a\" {>= \"1\" & < \"2\"}]", "", "a(>=1&<2)"},
    {"[\"a\" {< v}]", "v=3", "a(<3)"},
    {"[\"a\" {< v}]", "", "a"},
};

static void test_conflicts(void **state)
{
	struct rel_formula f;
	struct rel_buf text;
	struct bench b;

	(void)state;
	bench_init(&b);
	rel_buf_init(&text, REL_KIB);
	for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
		struct rel_variables variables = words(conflicts[i].words);

		assert_int_equal(
		    bench_read_field(&b, "conflicts", conflicts[i].value), 0);
		assert_int_equal(
		    rel_formula_conflicts(&f, &b.exprs, b.manifest.conflicts,
					  &variables, &b.scratch, &b.err),
		    0);
		rel_buf_clear(&text);
		for (uint32_t k = 0; k < f.n_atoms; k++) {
			if (k > 0)
				rel_buf_add_char(&text, ' ');
			show_atom(&text, &b, &f.atoms[k]);
		}
		if (!rel_str_is(rel_buf_str(&text), conflicts[i].atoms))
			fail_msg("%s: %s", conflicts[i].value, text.ptr);
	}
	rel_buf_free(&text);
	bench_free(&b);
}

/* Where atoms and clauses come from. */
static void test_sources(void **state)
{
	struct rel_formula_rules rules = {.variables = words("")};
	struct rel_formula f;
	struct bench b;

	(void)state;
	bench_init(&b);
	assert_int_equal(bench_read_field(&b, "depends",
					  "[\n  \"a\"\n  (\"b\" & \"c\") | "
					  "\"d\"\n  \"e\"\n]"),
			 0);
	assert_int_equal(rel_formula_resolve(&f, &b.exprs, b.manifest.depends,
					     &rules, &b.scratch, &b.err),
			 0);
	assert_int_equal(f.n_clauses, 4);
	assert_int_equal(f.clauses[1].source, f.clauses[2].source);
	assert_int_equal(b.exprs.nodes[f.clauses[1].source].kind, REL_EXPR_OR);
	assert_int_equal(b.exprs.nodes[f.clauses[3].source].line, 5);
	assert_int_equal(b.exprs.nodes[f.clauses[3].source].column, 3);
	assert_int_equal(f.atoms[f.clauses[3].first].source,
			 f.clauses[3].source);
	bench_free(&b);
}

/* (a1 & b1) | (a2 & b2) | … has 2^n clauses. */
static void test_explosion(void **state)
{
	struct rel_formula_rules rules = {.variables = words("")};
	struct rel_formula f;
	struct rel_buf text;
	struct bench b;

	(void)state;
	bench_init(&b);
	rel_buf_init(&text, REL_MIB);
	rel_buf_add_cstr(&text, "[(\"a\" & \"b\")");
	for (int i = 0; i < 40; i++)
		rel_buf_printf(&text, " | (\"a%d\" & \"b%d\")", i, i);
	rel_buf_add_char(&text, ']');
	assert_int_equal(bench_read_field(&b, "depends", text.ptr), 0);
	for (int i = 0; i < 2; i++) {
		rules.pipeline =
		    i == 0 ? REL_FORMULA_FILTER : REL_FORMULA_PARTIAL;
		rules.late = words("");
		assert_int_equal(rel_formula_resolve(&f, &b.exprs,
						     b.manifest.depends, &rules,
						     &b.scratch, &b.err),
				 REL_ELIMIT);
	}
	rel_buf_free(&text);
	bench_free(&b);
}

/* Ten thousand dependencies in one list are no depth. */
static void test_long_list(void **state)
{
	struct rel_formula_rules rules = {.variables = words("")};
	struct rel_formula f;
	struct rel_buf text;
	struct bench b;

	(void)state;
	bench_init(&b);
	rel_buf_init(&text, REL_MIB);
	rel_buf_add_char(&text, '[');
	for (int i = 0; i < 10000; i++)
		rel_buf_printf(&text, "\"a%d\" ", i);
	rel_buf_add_char(&text, ']');
	assert_int_equal(bench_read_field(&b, "depends", text.ptr), 0);
	assert_int_equal(rel_formula_resolve(&f, &b.exprs, b.manifest.depends,
					     &rules, &b.scratch, &b.err),
			 0);
	assert_int_equal(f.n_clauses, 10000);
	rel_buf_free(&text);
	bench_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),  cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_conflicts), cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_explosion), cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
