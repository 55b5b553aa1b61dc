#include "base/nearest.h"
#include "opam/lint_private.h"
#include "opam/version.h"

bool rel_lint_bad(struct rel_lint *l, rel_node_id node, const char *text)
{
	l->bad_node = node;
	l->bad_text = text;
	return false;
}

bool rel_lint_is_string(struct rel_lint *l, rel_node_id node)
{
	return rel_lint_node(l, node)->kind == REL_NODE_STRING ||
	       rel_lint_bad(l, node, "expected a string");
}

bool rel_lint_check_package_name(struct rel_lint *l, rel_node_id node)
{
	if (rel_lint_node(l, node)->kind != REL_NODE_STRING)
		return rel_lint_bad(l, node,
				    "expected a package name in quotes");
	return rel_package_name_is_valid(rel_lint_node(l, node)->text) ||
	       rel_lint_bad(l, node, "not a package name");
}

static bool check_list(struct rel_lint *l, rel_node_id value,
		       rel_lint_check_fn check)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (!rel_lint_items_begin(&items, l, value, 1))
		return rel_lint_bad(l, value, "expected a list");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!check(l, id))
			return false;
	}
	return true;
}

static bool check_argument(struct rel_lint *l, rel_node_id node)
{
	rel_node_id filter;
	rel_node_id argument = rel_lint_option(l, node, &filter);
	uint8_t kind = rel_lint_node(l, argument)->kind;

	if (kind != REL_NODE_STRING && kind != REL_NODE_IDENT)
		return rel_lint_bad(l, argument,
				    "expected a string or a variable");
	return rel_lint_check_filter(l, filter);
}

static bool check_command(struct rel_lint *l, rel_node_id node, unsigned wraps)
{
	rel_node_id filter = REL_NODE_NONE, id;
	struct rel_lint_items items;

	if (wraps == 0)
		node = rel_lint_option(l, node, &filter);
	if (!rel_lint_items_within(&items, l, node, wraps))
		return rel_lint_bad(l, node, "expected a command in brackets");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!check_argument(l, id))
			return false;
	}
	return rel_lint_check_filter(l, filter);
}

static bool check_commands(struct rel_lint *l, rel_node_id value)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return rel_lint_bad(l, value, "expected commands in brackets");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!check_command(l, id, items.wraps))
			return false;
	}
	return true;
}

/* X = "y", X += "y" …; alone in its brackets. */
static bool check_setting(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);
	rel_node_id left;

	if (node->kind == REL_NODE_LIST) {
		left = node->child;
		if (left == REL_NODE_NONE ||
		    rel_lint_node(l, left)->next != REL_NODE_NONE)
			return rel_lint_bad(l, id, "expected a single setting");
		id = left;
		node = rel_lint_node(l, id);
	}
	left = node->child;
	if (node->kind != REL_NODE_ENV &&
	    (node->kind != REL_NODE_RELOP || node->op != REL_OP_EQ))
		return rel_lint_bad(l, id, "expected a setting");
	if (rel_lint_node(l, left)->kind != REL_NODE_IDENT)
		return rel_lint_bad(l, id, "expected a variable to set");
	return rel_lint_is_string(l, rel_lint_node(l, left)->next);
}

static bool check_settings(struct rel_lint *l, rel_node_id value)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return rel_lint_bad(l, value, "expected a list of settings");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!check_setting(l, id))
			return false;
	}
	return true;
}

static bool check_strings_within(struct rel_lint *l, rel_node_id node,
				 unsigned wraps)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (!rel_lint_items_within(&items, l, node, wraps))
		return rel_lint_bad(l, node, "expected strings in brackets");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!rel_lint_is_string(l, id))
			return false;
	}
	return true;
}

bool rel_lint_depexts_filtered(struct rel_lint *l, rel_node_id value)
{
	struct rel_lint_items items;
	rel_node_id id, filter;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return rel_lint_bad(l, value, "expected a list of lists");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		filter = REL_NODE_NONE;
		if (items.wraps == 0)
			id = rel_lint_option(l, id, &filter);
		if (!check_strings_within(l, id, items.wraps) ||
		    !rel_lint_check_filter(l, filter))
			return false;
	}
	return true;
}

/*
 * The two parts of a pair in brackets; false when it is none.  An item that
 * brackets are missing around has one part.
 */
static bool pair(const struct rel_lint *l, rel_node_id node, unsigned wraps,
		 rel_node_id *first, rel_node_id *second)
{
	struct rel_lint_items items;

	if (wraps > 0 || !rel_lint_items_within(&items, l, node, 0) ||
	    rel_lint_items_count(items, l) != 2)
		return false;
	*first = items.at;
	*second = rel_lint_node(l, items.at)->next;
	return true;
}

/* [["debian"] ["a" "b"]] pairs, as format 1.2 had them. */
static bool check_tagged_depexts(struct rel_lint *l, rel_node_id value)
{
	struct rel_lint_items items;
	rel_node_id id, tags, packages;

	if (!rel_lint_items_begin(&items, l, value, 3))
		return false;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!pair(l, id, items.wraps, &tags, &packages) ||
		    !check_strings_within(l, tags, 0) ||
		    !check_strings_within(l, packages, 0))
			return false;
	}
	return true;
}

static bool check_depexts(struct rel_lint *l, rel_node_id value)
{
	const char *text;
	rel_node_id node;

	if (rel_lint_depexts_filtered(l, value))
		return true;
	text = l->bad_text;
	node = l->bad_node;
	return check_tagged_depexts(l, value) || rel_lint_bad(l, node, text);
}

static bool check_pairs(struct rel_lint *l, rel_node_id value,
			rel_lint_check_fn first, rel_lint_check_fn second)
{
	struct rel_lint_items items;
	rel_node_id id, a, b;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return rel_lint_bad(l, value, "expected a list of pairs");
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (!pair(l, id, items.wraps, &a, &b))
			return rel_lint_bad(l, id, "expected a pair");
		if (!first(l, a) || !second(l, b))
			return false;
	}
	return true;
}

static bool check_package(struct rel_lint *l, rel_node_id node)
{
	struct rel_str name, version;

	if (!rel_lint_is_string(l, node))
		return false;
	return rel_package_split(rel_lint_node(l, node)->text, &name,
				 &version) ||
	       rel_lint_bad(l, node, "not a package and its version");
}

static bool check_pins(struct rel_lint *l, rel_node_id value)
{
	return check_pairs(l, value, check_package, rel_lint_check_url);
}

static bool is_checksum(struct rel_str s)
{
	size_t at = rel_str_find(s, '='), digits = 32;
	struct rel_str kind = rel_str_sub(s, 0, at);
	struct rel_str hex = at < s.len ? rel_str_sub(s, at + 1, s.len) : s;

	if (at == s.len || (kind.len == 3 && !strncasecmp(kind.ptr, "md5", 3)))
		digits = 32;
	else if (kind.len == 6 && !strncasecmp(kind.ptr, "sha256", 6))
		digits = 64;
	else if (kind.len == 6 && !strncasecmp(kind.ptr, "sha512", 6))
		digits = 128;
	else
		return false;
	for (size_t i = 0; i < hex.len; i++) {
		if (!strchr("0123456789abcdefABCDEF", hex.ptr[i]) ||
		    hex.ptr[i] == '\0')
			return false;
	}
	return hex.len == digits;
}

static bool check_checksum(struct rel_lint *l, rel_node_id node)
{
	return rel_lint_is_string(l, node) &&
	       (is_checksum(rel_lint_node(l, node)->text) ||
		rel_lint_bad(l, node, "not a checksum"));
}

bool rel_lint_check_checksums(struct rel_lint *l, rel_node_id value)
{
	return check_list(l, value, check_checksum);
}

static bool check_extra_files(struct rel_lint *l, rel_node_id value)
{
	return check_pairs(l, value, rel_lint_is_string, check_checksum);
}

/* "url" {"name"} */
static bool check_named_url(struct rel_lint *l, rel_node_id node)
{
	rel_node_id name;
	rel_node_id url = rel_lint_option(l, node, &name);

	if (!rel_lint_check_url(l, url))
		return false;
	if (name == REL_NODE_NONE)
		return true;
	if (rel_lint_node(l, name)->next != REL_NODE_NONE)
		return rel_lint_bad(l, name, "expected a single name");
	return rel_lint_is_string(l, name);
}

static bool check_extra_sources(struct rel_lint *l, rel_node_id value)
{
	return check_pairs(l, value, check_named_url, check_checksum);
}

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
	return check_list(l, value, rel_lint_is_string);
}

static bool check_names(struct rel_lint *l, rel_node_id value)
{
	return check_list(l, value, rel_lint_check_package_name);
}

static bool check_ident(struct rel_lint *l, rel_node_id node)
{
	return rel_lint_node(l, node)->kind == REL_NODE_IDENT ||
	       rel_lint_bad(l, node, "expected a flag without quotes");
}

static bool check_flags(struct rel_lint *l, rel_node_id value)
{
	return check_list(l, value, check_ident);
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
	return check_list(l, value, check_filtered);
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
	return check_list(l, value, check_feature);
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
	return check_list(l, value, rel_lint_check_url);
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
    [REL_LINT_SETENV] = FIELD("setenv", check_settings),
    [REL_LINT_BUILD] = FIELD("build", check_commands),
    [REL_LINT_RUN_TEST] = FIELD("run-test", check_commands),
    [REL_LINT_INSTALL] = FIELD("install", check_commands),
    [REL_LINT_REMOVE] = FIELD("remove", check_commands),
    [REL_LINT_SUBSTS] = FIELD("substs", check_strings),
    [REL_LINT_PATCHES] = FIELD("patches", check_filtered_strings),
    [REL_LINT_BUILD_ENV] = FIELD("build-env", check_settings),
    [REL_LINT_FEATURES] = FIELD("features", check_features),
    [REL_LINT_MESSAGES] = FIELD("messages", check_filtered_strings),
    [REL_LINT_POST_MESSAGES] = FIELD("post-messages", check_filtered_strings),
    [REL_LINT_DEPEXTS] = FIELD("depexts", check_depexts),
    [REL_LINT_LIBRARIES] = FIELD("libraries", check_filtered_strings),
    [REL_LINT_SYNTAX] = FIELD("syntax", check_filtered_strings),
    [REL_LINT_DEV_REPO] = FIELD("dev-repo", rel_lint_check_url),
    [REL_LINT_PIN_DEPENDS] = FIELD("pin-depends", check_pins),
    [REL_LINT_EXTRA_FILES] = FIELD("extra-files", check_extra_files),
    [REL_LINT_CONFIGURE_STYLE] = FIELD("configure-style", check_anything),
    [REL_LINT_OCAML_VERSION] =
	FIELD("ocaml-version", rel_lint_check_ocaml_version),
    [REL_LINT_OS] = FIELD("os", rel_lint_check_os),
    [REL_LINT_DESCR] = FIELD("descr", rel_lint_is_string),
    [REL_LINT_EXTRA_SOURCES] = FIELD("extra-sources", check_extra_sources),
    [REL_LINT_BUILD_TEST] = FIELD("build-test", check_commands),
    [REL_LINT_BUILD_DOC] = FIELD("build-doc", check_commands),
};

bool rel_lint_check_value(struct rel_lint *l, enum rel_lint_field field,
			  rel_node_id value)
{
	return fields[field].check(l, value);
}

const char *rel_lint_nearest_field(struct rel_str name)
{
	const char *names[REL_LINT_FIELDS];

	for (int i = 0; i < REL_LINT_FIELDS; i++)
		names[i] = fields[i].name;
	return rel_nearest(name, names, REL_LINT_FIELDS);
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
