#include "opam/lint_private.h"

#include "opam/version.h"

static bool check_anything(struct rel_lint *l, rel_node_id node)
{
	(void)l;
	(void)node;
	return true;
}

static bool check_version(struct rel_lint *l, rel_node_id node)
{
	return rel_lint_is_string(l, node) &&
	       (rel_version_is_valid(
		    rel_str_trim(rel_lint_node(l, node)->text)) ||
		rel_lint_bad(l, node, "not a version"));
}

static bool check_strings(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, rel_lint_is_string);
}

static bool check_names(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, rel_lint_check_package_name);
}

static bool check_ident(struct rel_lint *l, rel_node_id node)
{
	return rel_lint_node(l, node)->kind == REL_NODE_IDENT ||
	       rel_lint_bad(l, node, "expected a flag without quotes");
}

static bool check_flags(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, check_ident);
}

/* "text" {filter} */
static bool check_filtered(struct rel_lint *l, rel_node_id node)
{
	rel_node_id filter;

	return rel_lint_is_string(l, rel_lint_option(l, node, &filter)) &&
	       rel_lint_check_filter(l, filter);
}

static bool check_filtered_strings(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, check_filtered);
}

/* name {formula} {"text"} */
static bool check_feature(struct rel_lint *l, rel_node_id node)
{
	rel_node_id text, formula;
	rel_node_id inner = rel_lint_option(l, node, &text);
	rel_node_id name = rel_lint_option(l, inner, &formula);

	/* both pairs of braces have to be there */
	if (text == REL_NODE_NONE || name == inner ||
	    rel_lint_node(l, name)->kind != REL_NODE_IDENT)
		return rel_lint_bad(l, node,
				    "expected name {formula} {\"text\"}");
	if (rel_lint_node(l, text)->next != REL_NODE_NONE)
		return rel_lint_bad(l, text, "expected a single string");
	return rel_lint_check_formula_items(l, formula) &&
	       rel_lint_is_string(l, text);
}

static bool check_features(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, check_feature);
}

bool rel_lint_check_url(struct rel_lint *l, rel_node_id node)
{
	struct rel_lint_url url;

	return rel_lint_is_string(l, node) &&
	       (rel_lint_url_parse(&url, rel_lint_node(l, node)->text,
				   REL_LINT_ANY_BACKEND, false, l->arena) ||
		rel_lint_bad(l, node, "a URL of an unsupported protocol"));
}

bool rel_lint_check_urls(struct rel_lint *l, rel_node_id value)
{
	return rel_lint_check_list(l, value, rel_lint_check_url);
}

#define FIELD(name, check)                    \
	{                                     \
		name, sizeof(name) - 1, check \
	}

static const struct {
	const char *name;
	size_t len;
	rel_lint_check_fn check;
} fields[REL_LINT_FIELDS] = {
    [REL_LINT_OPAM_VERSION] = FIELD("opam-version", rel_lint_is_string),
    [REL_LINT_NAME] = FIELD("name", rel_lint_check_package_name),
    [REL_LINT_VERSION] = FIELD("version", check_version),
    [REL_LINT_SYNOPSIS] = FIELD("synopsis", rel_lint_is_string),
    [REL_LINT_DESCRIPTION] = FIELD("description", rel_lint_is_string),
    [REL_LINT_MAINTAINER] = FIELD("maintainer", check_strings),
    [REL_LINT_AUTHORS] = FIELD("authors", check_strings),
    [REL_LINT_AUTHOR] = FIELD("author", check_strings),
    [REL_LINT_LICENSE] = FIELD("license", check_strings),
    [REL_LINT_TAGS] = FIELD("tags", check_strings),
    [REL_LINT_HOMEPAGE] = FIELD("homepage", check_strings),
    [REL_LINT_DOC] = FIELD("doc", check_strings),
    [REL_LINT_BUG_REPORTS] = FIELD("bug-reports", check_strings),
    [REL_LINT_DEPENDS] = FIELD("depends", rel_lint_check_formula),
    [REL_LINT_DEPOPTS] = FIELD("depopts", rel_lint_check_formula),
    [REL_LINT_CONFLICTS] = FIELD("conflicts", rel_lint_check_formula),
    [REL_LINT_CONFLICT_CLASS] = FIELD("conflict-class", check_names),
    [REL_LINT_AVAILABLE] = FIELD("available", rel_lint_check_available),
    [REL_LINT_FLAGS] = FIELD("flags", check_flags),
    [REL_LINT_SETENV] = FIELD("setenv", rel_lint_check_settings),
    [REL_LINT_BUILD] = FIELD("build", rel_lint_check_commands),
    [REL_LINT_RUN_TEST] = FIELD("run-test", rel_lint_check_commands),
    [REL_LINT_INSTALL] = FIELD("install", rel_lint_check_commands),
    [REL_LINT_REMOVE] = FIELD("remove", rel_lint_check_commands),
    [REL_LINT_SUBSTS] = FIELD("substs", check_strings),
    [REL_LINT_PATCHES] = FIELD("patches", check_filtered_strings),
    [REL_LINT_BUILD_ENV] = FIELD("build-env", rel_lint_check_settings),
    [REL_LINT_FEATURES] = FIELD("features", check_features),
    [REL_LINT_MESSAGES] = FIELD("messages", check_filtered_strings),
    [REL_LINT_POST_MESSAGES] = FIELD("post-messages", check_filtered_strings),
    [REL_LINT_DEPEXTS] = FIELD("depexts", rel_lint_check_depexts),
    [REL_LINT_LIBRARIES] = FIELD("libraries", check_filtered_strings),
    [REL_LINT_SYNTAX] = FIELD("syntax", check_filtered_strings),
    [REL_LINT_DEV_REPO] = FIELD("dev-repo", rel_lint_check_url),
    [REL_LINT_PIN_DEPENDS] = FIELD("pin-depends", rel_lint_check_pins),
    [REL_LINT_EXTRA_FILES] = FIELD("extra-files", rel_lint_check_extra_files),
    [REL_LINT_CONFIGURE_STYLE] = FIELD("configure-style", check_anything),
    [REL_LINT_OCAML_VERSION] =
	FIELD("ocaml-version", rel_lint_check_ocaml_version),
    [REL_LINT_OS] = FIELD("os", rel_lint_check_os),
    [REL_LINT_DESCR] = FIELD("descr", rel_lint_is_string),
    [REL_LINT_EXTRA_SOURCES] =
	FIELD("extra-sources", rel_lint_check_extra_sources),
    [REL_LINT_BUILD_TEST] = FIELD("build-test", rel_lint_check_commands),
    [REL_LINT_BUILD_DOC] = FIELD("build-doc", rel_lint_check_commands),
};

bool rel_lint_check_value(struct rel_lint *l, enum rel_lint_field field,
			  rel_node_id value)
{
	return fields[field].check(l, value);
}

enum rel_lint_field rel_lint_field_of(struct rel_str name)
{
	int field = 0;

	while (field < REL_LINT_FIELDS &&
	       (name.len != fields[field].len ||
		memcmp(name.ptr, fields[field].name, name.len) != 0))
		field++;
	return (enum rel_lint_field)field;
}
