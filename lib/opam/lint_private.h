/*
 * What the files behind lint.h share: the manifest as opam's field parsers
 * leave it, and every variable and string in it.  Private to lib/opam.
 *
 * Nothing is copied: a field that was read is the node of its value, whose
 * form the reader has checked.
 */
#ifndef REL_OPAM_LINT_PRIVATE_H
#define REL_OPAM_LINT_PRIVATE_H

#include "base/intern.h"
#include "opam/lint.h"
#include "opam/lint_url.h"
#include "opam/tree.h"

/* In the order of opam src/format/opamFile.ml, OPAMSyntax.fields_gen. */
enum rel_lint_field {
	REL_LINT_OPAM_VERSION,
	REL_LINT_NAME,
	REL_LINT_VERSION,
	REL_LINT_SYNOPSIS,
	REL_LINT_DESCRIPTION,
	REL_LINT_MAINTAINER,
	REL_LINT_AUTHORS,
	REL_LINT_AUTHOR,
	REL_LINT_LICENSE,
	REL_LINT_TAGS,
	REL_LINT_HOMEPAGE,
	REL_LINT_DOC,
	REL_LINT_BUG_REPORTS,
	REL_LINT_DEPENDS,
	REL_LINT_DEPOPTS,
	REL_LINT_CONFLICTS,
	REL_LINT_CONFLICT_CLASS,
	REL_LINT_AVAILABLE,
	REL_LINT_FLAGS,
	REL_LINT_SETENV,
	REL_LINT_BUILD,
	REL_LINT_RUN_TEST,
	REL_LINT_INSTALL,
	REL_LINT_REMOVE,
	REL_LINT_SUBSTS,
	REL_LINT_PATCHES,
	REL_LINT_BUILD_ENV,
	REL_LINT_FEATURES,
	REL_LINT_MESSAGES,
	REL_LINT_POST_MESSAGES,
	REL_LINT_DEPEXTS,
	REL_LINT_LIBRARIES,
	REL_LINT_SYNTAX,
	REL_LINT_DEV_REPO,
	REL_LINT_PIN_DEPENDS,
	REL_LINT_EXTRA_FILES,
	REL_LINT_CONFIGURE_STYLE,
	REL_LINT_OCAML_VERSION,
	REL_LINT_OS,
	REL_LINT_DESCR,
	REL_LINT_EXTRA_SOURCES,
	REL_LINT_BUILD_TEST,
	REL_LINT_BUILD_DOC,
	REL_LINT_FIELDS,
};

/* Sets of fields. */
#define REL_LINT_BIT(field) (UINT64_C(1) << (field))

/* The package flags that a check asks for, as bits. */
enum rel_lint_flag {
	REL_LINT_FLAG_LIGHT_UNINSTALL = 1 << 0,
	REL_LINT_FLAG_PLUGIN = 1 << 1,
	REL_LINT_FLAG_COMPILER = 1 << 2,
	REL_LINT_FLAG_CONF = 1 << 3,
	REL_LINT_FLAG_OTHER = 1 << 4, /* known, asked for by nobody */
};

/* A section `url` or `extra-source`, or an entry of `extra-sources:`. */
struct rel_lint_source {
	rel_node_id node;
	struct rel_str name; /* of an extra source */
	struct rel_lint_url url;
	/* values of fields, NONE when absent; of an entry of
	 * `extra-sources:`, checksum is the string itself */
	rel_node_id checksum, mirrors, subpath;
};

/* A variable that a string, an argument or a filter refers to. */
struct rel_lint_ref {
	rel_node_id node;
	rel_node_id atom;	/* the package it stands with; NONE elsewhere */
	uint8_t field;		/* enum rel_lint_field */
	bool in_version;	/* of a version constraint */
	bool guarded;		/* used only where the package is installed */
	struct rel_str package; /* ptr NULL = global; "_" = itself */
	struct rel_str name;
};

/* A string in which variables are expanded. */
struct rel_lint_text {
	rel_node_id node;
	struct rel_str text;
};

struct rel_lint {
	const struct rel_lint_options *options;
	const struct rel_opam_tree *tree;
	struct rel_arena *arena;
	struct rel_error *err;
	struct rel_lint_findings *out;
	int status; /* first failure; the rest is worthless then */
	/* The value of each field that could be read, else NONE. */
	rel_node_id fields[REL_LINT_FIELDS];
	rel_node_id unknown_flag; /* a tag; NONE */
	unsigned flags;
	struct rel_str opam_version, name; /* name.ptr may be NULL */
	bool has_url, has_subpath;
	struct rel_lint_source url;
	struct rel_lint_source *extra_sources;
	uint32_t n_extra_sources, extra_sources_cap;
	struct rel_lint_ref *refs;
	uint32_t n_refs, refs_cap;
	struct rel_lint_text *texts;
	uint32_t n_texts, texts_cap;
	/* packages whose uses are guarded */
	struct rel_str *guards;
	uint32_t n_guards, guards_cap;
	/* strings that `os` or `arch` is compared with, in another spelling */
	rel_node_id odd_value;
	const char *odd_instead;
	/* the first thing a field reader stumbled over */
	rel_node_id bad_node;
	const char *bad_text;
};

static inline const struct rel_node *rel_lint_node(const struct rel_lint *l,
						   rel_node_id id)
{
	return &l->tree->nodes[id];
}

/* Is the series the one of `since`, or a later one? */
static inline bool rel_lint_since(const struct rel_lint *l,
				  enum rel_lint_series since)
{
	return l->options->series >= since;
}

/*
 * Make room in the arena for one more item of `size` bytes in an array;
 * false, with l->status set, when there is none.
 */
bool rel_lint_grow(struct rel_lint *l, void *items, uint32_t count,
		   uint32_t *cap, size_t size);

/* Add a finding about `node` (NONE = the whole manifest), printf-style. */
void rel_lint_add(struct rel_lint *l, unsigned code,
		  enum rel_lint_severity severity, rel_node_id node,
		  const char *fmt, ...) REL_PRINTF(5, 6);

/* A list of names for a finding: "a", "b", … */
struct rel_lint_detail {
	char text[200]; /* NUL-terminated */
	size_t len;
};

/* Add `s` in quotes; what does not fit becomes "…". */
void rel_lint_detail_add(struct rel_lint_detail *detail, struct rel_str s);

/* lint_findings.c: lists as opam reads them; brackets may be missing */

struct rel_lint_items {
	rel_node_id at;
	bool single;	/* `at` alone, not what follows it */
	unsigned wraps; /* brackets that are missing around each item */
};

/*
 * Begin with the items of a list of lists, `depth` deep.  False when the
 * value is none.  opam src/format/opamFormat.ml, list_depth and map_list.
 */
bool rel_lint_items_begin(struct rel_lint_items *out, const struct rel_lint *l,
			  rel_node_id value, unsigned depth);
/* The items of an item, which `wraps` brackets are missing around. */
bool rel_lint_items_within(struct rel_lint_items *out, const struct rel_lint *l,
			   rel_node_id item, unsigned wraps);
/* The next item; NONE at the end. */
rel_node_id rel_lint_items_next(struct rel_lint_items *items,
				const struct rel_lint *l);
/* How many are left. */
uint32_t rel_lint_items_count(struct rel_lint_items items,
			      const struct rel_lint *l);

/*
 * Take `x { … }` apart: returns x, and the first node between the braces in
 * *content; any other value is returned itself, with *content NONE.
 */
rel_node_id rel_lint_option(const struct rel_lint *l, rel_node_id node,
			    rel_node_id *content);

/* Does a list of strings (NONE = empty) have items; one; this one? */
bool rel_lint_is_empty(const struct rel_lint *l, enum rel_lint_field field,
		       unsigned depth);
rel_node_id rel_lint_find_string(const struct rel_lint *l,
				 enum rel_lint_field field, const char *text);

/* lint_values.c: what fields may hold */

/*
 * Has the value of `field` the form that opam asks for?  False with bad_node
 * and bad_text set.
 */
bool rel_lint_check_value(struct rel_lint *l, enum rel_lint_field field,
			  rel_node_id value);
/* The one that `name` may be meant for; NULL. */
const char *rel_lint_nearest_field(struct rel_str name);
/* REL_LINT_FIELDS when there is no such field. */
enum rel_lint_field rel_lint_field_of(struct rel_str name);
/* Is it a list of checksums; a list of URLs? */
bool rel_lint_check_checksums(struct rel_lint *l, rel_node_id value);
bool rel_lint_check_urls(struct rel_lint *l, rel_node_id value);
bool rel_lint_check_url(struct rel_lint *l, rel_node_id value);
typedef bool (*rel_lint_check_fn)(struct rel_lint *l, rel_node_id node);
bool rel_lint_bad(struct rel_lint *l, rel_node_id node, const char *text);
bool rel_lint_is_string(struct rel_lint *l, rel_node_id node);
bool rel_lint_check_package_name(struct rel_lint *l, rel_node_id node);
/* Is it [[…] …] with the strings and filters of `depexts:`, not of the form
 * with lists of tags? */
bool rel_lint_depexts_filtered(struct rel_lint *l, rel_node_id value);

/* lint_filters.c: formulas and filters as fields may hold them */

bool rel_lint_check_formula(struct rel_lint *l, rel_node_id value);
bool rel_lint_check_formula_items(struct rel_lint *l, rel_node_id first);
bool rel_lint_check_available(struct rel_lint *l, rel_node_id value);
/* The filter that the siblings from `first` on are; NONE is true. */
bool rel_lint_check_filter(struct rel_lint *l, rel_node_id first);
bool rel_lint_check_os(struct rel_lint *l, rel_node_id value);
bool rel_lint_check_ocaml_version(struct rel_lint *l, rel_node_id value);

/* lint_read.c: the fields and sections of a manifest */

/*
 * Read everything; what has the wrong form becomes findings (2, 3, 4).
 * False when there is nothing left to check.
 */
bool rel_lint_read(struct rel_lint *l);

/* lint_variables.c: variables and strings */

/* A reference taken apart, without the meaning of `:enable`.
 * Source  opam src/format/opamTypesBase.ml, filter_ident_of_string. */
struct rel_lint_ident {
	struct rel_str packages; /* "a+b"; ptr NULL = none */
	bool one_package;	 /* `packages` is one name, whatever it holds */
	struct rel_str name;
	bool converts;
	struct rel_str if_false;
};

/*
 * interpolated  it stands in a string, where `?a:b:` means package a, since
 *               opam 2.2
 * Returns false when a package's name in it is none.
 */
bool rel_lint_ident_parse(struct rel_lint_ident *out, struct rel_str text,
			  bool interpolated);
bool rel_lint_ident_next(struct rel_str *rest, struct rel_str *package,
			 bool one_package);

/* Collect refs, texts and odd_value from all fields. */
void rel_lint_collect(struct rel_lint *l);

/* The first variable of one of `fields` that is global and called `name`. */
const struct rel_lint_ref *rel_lint_find_global(const struct rel_lint *l,
						uint64_t fields,
						const char *name);
/* The fields whose variables opam's all_filters and all_commands give. */
#define REL_LINT_COMMANDS                                                  \
	(REL_LINT_BIT(REL_LINT_BUILD) | REL_LINT_BIT(REL_LINT_INSTALL) |   \
	 REL_LINT_BIT(REL_LINT_REMOVE) | REL_LINT_BIT(REL_LINT_RUN_TEST) | \
	 REL_LINT_BIT(REL_LINT_BUILD_DOC))
#define REL_LINT_FILTERS (~REL_LINT_COMMANDS)

/* lint_formulas.c: uses of packages that are guarded by `pkg:installed` */

/* The guards that hold within one command. */
struct rel_lint_guards {
	struct rel_str *names; /* in the arena */
	uint32_t count, cap;
};

/*
 * Add the packages that the filter (siblings from `filter` on; NONE) asks to
 * be installed, then mark the refs from number `from` on that are guarded.
 * Source  opam src/state/opamFileTools.ml, unguarded_commands_variables.
 */
void rel_lint_guard(struct rel_lint *l, struct rel_lint_guards *guards,
		    rel_node_id filter, uint32_t from);

/* Which packages a formula asks for. */

/* A set of names; rel_lint_names_free() in any case. */
struct rel_lint_names {
	struct rel_intern names;
};

/*
 * Add the packages of a formula (NONE has none) that are asked for in some
 * build: `build`, `post` and `dev` are true, `with-test` and `with-doc` are
 * `test`, everything else is undefined.
 * Source  opam src/state/opamFileTools.ml, names_of_formula.
 */
void rel_lint_names_add(struct rel_lint_names *out, struct rel_lint *l,
			rel_node_id formula, bool test);
void rel_lint_names_init(struct rel_lint_names *out);
void rel_lint_names_free(struct rel_lint_names *names);
bool rel_lint_names_has(const struct rel_lint_names *names, struct rel_str s);

/* lint_packages.c: formulas */

typedef void (*rel_lint_atom_fn)(struct rel_lint *l, void *context,
				 rel_node_id atom, rel_node_id constraint);
/* Call `fn` for every package of a formula; NONE has none. */
void rel_lint_atoms(struct rel_lint *l, rel_node_id formula,
		    rel_lint_atom_fn fn, void *context);
/* The name that an atom starts with. */
struct rel_str rel_lint_atom_name(const struct rel_lint *l, rel_node_id atom);

/* The checks: each adds what it finds, with its number. */
#define REL_LINT_CHECK(name) void rel_lint_judge_##name(struct rel_lint *l)

/* lint_text.c */
REL_LINT_CHECK(opam_version);
REL_LINT_CHECK(empty_fields);
REL_LINT_CHECK(maintainer);
REL_LINT_CHECK(authors);
REL_LINT_CHECK(flags);
REL_LINT_CHECK(homepage);
REL_LINT_CHECK(bug_reports);
REL_LINT_CHECK(plugin);
REL_LINT_CHECK(synopsis);
REL_LINT_CHECK(no_synopsis);
REL_LINT_CHECK(license);
REL_LINT_CHECK(no_license);
/* lint_scripts.c */
REL_LINT_CHECK(remove);
REL_LINT_CHECK(ocaml_version);
REL_LINT_CHECK(os);
REL_LINT_CHECK(make);
REL_LINT_CHECK(unclosed);
REL_LINT_CHECK(build_test);
REL_LINT_CHECK(light_uninstall);
REL_LINT_CHECK(depexts);
REL_LINT_CHECK(odd_values);
REL_LINT_CHECK(setenv);
REL_LINT_CHECK(test_variables);
REL_LINT_CHECK(run_test);
REL_LINT_CHECK(plus);
/* lint_packages.c */
REL_LINT_CHECK(package_variables);
REL_LINT_CHECK(depends_depopts);
REL_LINT_CHECK(available_variables);
REL_LINT_CHECK(undeclared);
REL_LINT_CHECK(conflicts);
REL_LINT_CHECK(post);
REL_LINT_CHECK(negated);
REL_LINT_CHECK(not_boolean);
REL_LINT_CHECK(pin_depends);
/* lint_sources.c */
REL_LINT_CHECK(no_dev_repo);
REL_LINT_CHECK(dev_repo);
REL_LINT_CHECK(conf);
REL_LINT_CHECK(vcs_urls);
REL_LINT_CHECK(extra_files);
REL_LINT_CHECK(no_checksum);
REL_LINT_CHECK(subpath);
REL_LINT_CHECK(relative_urls);
REL_LINT_CHECK(checksum);
REL_LINT_CHECK(double_files);
REL_LINT_CHECK(double_checksums);
REL_LINT_CHECK(double_source_checksums);
REL_LINT_CHECK(escaping_files);

#endif
