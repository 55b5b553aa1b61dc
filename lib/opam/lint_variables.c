#include "opam/lint_private.h"
#include "opam/opam_private.h"
#include "opam/version.h"

/* What is being walked over. */
struct place {
	enum rel_lint_field field;
	rel_node_id atom;
	bool in_version;
};

static bool cut_last(struct rel_str s, char sep, struct rel_str *before,
		     struct rel_str *after)
{
	size_t at = rel_str_rfind(s, sep);

	if (at == s.len)
		return false;
	*before = rel_str_sub(s, 0, at);
	*after = rel_str_sub(s, at + 1, s.len);
	return true;
}

bool rel_lint_ident_next(struct rel_str *rest, struct rel_str *package,
			 bool one_package)
{
	if (!one_package)
		return rel_ident_next_package(rest, package);
	if (!rest->ptr)
		return false;
	*package = *rest;
	*rest = (struct rel_str){0};
	return true;
}

static bool names_are_valid(const struct rel_lint_ident *ident)
{
	struct rel_str rest = ident->packages, package;

	while (rel_lint_ident_next(&rest, &package, ident->one_package)) {
		if (!rel_package_name_is_valid(package) &&
		    (ident->one_package || !rel_str_is(package, "_")))
			return false;
	}
	return true;
}

bool rel_lint_ident_parse(struct rel_lint_ident *out, struct rel_str text,
			  bool interpolated)
{
	struct rel_str before, last, condition, if_true;

	*out = (struct rel_lint_ident){.name = text};
	if (!cut_last(text, ':', &before, &last))
		return true;
	if (!cut_last(before, '?', &condition, &if_true)) {
		out->packages = before;
		out->name = last;
	} else if (interpolated && condition.len == 0) {
		out->name = last;
		out->one_package =
		    cut_last(if_true, ':', &out->packages, &out->name);
	} else {
		out->converts = true;
		out->if_false = last;
		out->name = condition;
		cut_last(condition, ':', &out->packages, &out->name);
	}
	return names_are_valid(out);
}

static void add_ref(struct rel_lint *l, const struct place *at,
		    rel_node_id node, struct rel_str package,
		    struct rel_str name)
{
	if (!rel_lint_grow(l, &l->refs, l->n_refs, &l->refs_cap,
			   sizeof(*l->refs)))
		return;
	l->refs[l->n_refs++] =
	    (struct rel_lint_ref){.node = node,
				  .atom = at->atom,
				  .field = (uint8_t)at->field,
				  .in_version = at->in_version,
				  .package = package,
				  .name = name};
}

/* opam src/format/opamFilter.ml, fident_variables. */
static void add_ident(struct rel_lint *l, const struct place *at,
		      rel_node_id node, struct rel_str text, bool in_string)
{
	struct rel_lint_ident ident;
	struct rel_str rest, package;
	bool any = false;

	if (!rel_lint_ident_parse(&ident, text,
				  in_string &&
				      rel_lint_since(l, REL_LINT_OPAM_2_2)))
		return;
	rest = ident.packages;
	while (rel_lint_ident_next(&rest, &package, ident.one_package)) {
		add_ref(l, at, node, package, ident.name);
		any = true;
	}
	if (!any)
		add_ref(l, at, node, (struct rel_str){0}, ident.name);
}

static void add_string(struct rel_lint *l, const struct place *at,
		       rel_node_id node)
{
	struct rel_str s = rel_lint_node(l, node)->text, inside;
	size_t from = 0;

	if (!memchr(s.ptr ? s.ptr : "", '%', s.len))
		return;
	while (rel_ident_next_closed(s, &from, &inside))
		add_ident(l, at, node, inside, true);
}

/* A string that opam expands when it uses it. */
static void add_text(struct rel_lint *l, rel_node_id node)
{
	struct rel_str s = rel_lint_node(l, node)->text;

	if (!memchr(s.ptr ? s.ptr : "", '%', s.len) ||
	    !rel_lint_grow(l, &l->texts, l->n_texts, &l->texts_cap,
			   sizeof(*l->texts)))
		return;
	l->texts[l->n_texts++] = (struct rel_lint_text){node, s};
}

/* opam src/state/opamSysPoll.ml, normalise_os; NULL when it stays. */
static const char *os_instead(struct rel_str s)
{
	if ((s.len == 6 && !strncasecmp(s.ptr, "darwin", 6)) ||
	    (s.len == 3 && !strncasecmp(s.ptr, "osx", 3)))
		return "macos";
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
			return "small letters";
	}
	return NULL;
}

/* normalise_arch, the same. */
static const char *arch_instead(struct rel_str s)
{
	static const struct {
		const char *from, *to;
		bool prefix;
	} arches[] = {
	    {"x86", "x86_32", false},	 {"i386", "x86_32", false},
	    {"i486", "x86_32", false},	 {"i586", "x86_32", false},
	    {"i686", "x86_32", false},	 {"amd64", "x86_64", false},
	    {"powerpc", "ppc32", false}, {"ppc", "ppc32", false},
	    {"ppcle", "ppc32", false},	 {"ppc64le", "ppc64", false},
	    {"aarch64", "arm64", false}, {"aarch64_be", "arm64", false},
	    {"armv8b", "arm32", false},	 {"armv8l", "arm32", false},
	    {"armv5", "arm32", true},	 {"armv6", "arm32", true},
	    {"earmv6", "arm32", true},	 {"armv7", "arm32", true},
	    {"earmv7", "arm32", true},
	};

	for (size_t i = 0; i < sizeof(arches) / sizeof(arches[0]); i++) {
		size_t len = strlen(arches[i].from);

		if ((arches[i].prefix ? s.len >= len : s.len == len) &&
		    strncasecmp(s.ptr, arches[i].from, len) == 0)
			return arches[i].to;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
			return "small letters";
	}
	return NULL;
}

static void compare_value(struct rel_lint *l, struct rel_str variable,
			  rel_node_id value)
{
	struct rel_str text = rel_lint_node(l, value)->text;
	const char *instead = NULL;

	if (rel_lint_node(l, value)->kind != REL_NODE_STRING)
		return;
	if (rel_str_is(variable, "os"))
		instead = os_instead(text);
	else if (rel_str_is(variable, "arch"))
		instead = arch_instead(text);
	if (!instead || l->odd_value != REL_NODE_NONE)
		return;
	l->odd_value = value;
	l->odd_instead = instead;
}

/* A comparison of an identifier with a string, either way round. */
static void add_comparison(struct rel_lint *l, const struct rel_node *relop)
{
	rel_node_id left = relop->child;
	rel_node_id right = rel_lint_node(l, left)->next;

	if (rel_lint_node(l, left)->kind == REL_NODE_IDENT)
		compare_value(l, rel_lint_node(l, left)->text, right);
	else if (rel_lint_node(l, right)->kind == REL_NODE_IDENT)
		compare_value(l, rel_lint_node(l, right)->text, left);
}

/* opam's all_filters has no filters of commands: their strings and what they
 * compare are not looked at. */
static bool in_command(const struct place *at)
{
	return REL_LINT_COMMANDS & REL_LINT_BIT(at->field);
}

/* opam src/format/opamFilter.ml, fold_down_left; before 2.2 it did not look
 * behind a `?`. */
static void add_filter(struct rel_lint *l, const struct place *at,
		       rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_STRING:
		add_string(l, at, id);
		if (!in_command(at))
			add_text(l, id);
		return;
	case REL_NODE_IDENT:
		add_ident(l, at, id, node->text, false);
		return;
	case REL_NODE_DEFINED:
		if (!rel_lint_since(l, REL_LINT_OPAM_2_2))
			return;
		break;
	case REL_NODE_RELOP:
		if (!in_command(at))
			add_comparison(l, node);
		break;
	default:
		break;
	}
	for (id = node->child; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next)
		add_filter(l, at, id);
}

static void add_filters(struct rel_lint *l, const struct place *at,
			rel_node_id first)
{
	for (; first != REL_NODE_NONE; first = rel_lint_node(l, first)->next)
		add_filter(l, at, first);
}

static void add_constraint(struct rel_lint *l, struct place at, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_PREFIX_RELOP:
		at.in_version = true;
		add_filter(l, &at, node->child);
		return;
	case REL_NODE_AND:
	case REL_NODE_OR:
	case REL_NODE_GROUP:
	case REL_NODE_NOT:
		for (id = node->child; id != REL_NODE_NONE;
		     id = rel_lint_node(l, id)->next)
			add_constraint(l, at, id);
		return;
	default:
		add_filter(l, &at, id);
	}
}

static void add_atom(struct rel_lint *l, void *context, rel_node_id atom,
		     rel_node_id constraint)
{
	struct place at = *(struct place *)context;

	at.atom = atom;
	for (; constraint != REL_NODE_NONE;
	     constraint = rel_lint_node(l, constraint)->next)
		add_constraint(l, at, constraint);
}

static void add_argument(struct rel_lint *l, const struct place *at,
			 rel_node_id id)
{
	rel_node_id filter;
	rel_node_id argument = rel_lint_option(l, id, &filter);
	const struct rel_node *node = rel_lint_node(l, argument);

	if (node->kind == REL_NODE_STRING) {
		add_string(l, at, argument);
		add_text(l, argument);
	} else {
		add_ident(l, at, argument, node->text, false);
	}
	add_filters(l, at, filter);
}

static void add_command(struct rel_lint *l, enum rel_lint_field field,
			rel_node_id command, unsigned wraps)
{
	struct place at = {field, REL_NODE_NONE, false};
	rel_node_id filter = REL_NODE_NONE, id;
	struct rel_lint_guards guards = {0};
	struct rel_lint_items arguments;
	uint32_t from = l->n_refs;

	if (wraps == 0)
		command = rel_lint_option(l, command, &filter);
	if (!rel_lint_items_within(&arguments, l, command, wraps))
		return;
	add_filters(l, &at, filter);
	rel_lint_guard(l, &guards, filter, from);
	while ((id = rel_lint_items_next(&arguments, l)) != REL_NODE_NONE) {
		from = l->n_refs;
		add_argument(l, &at, id);
		rel_lint_option(l, id, &filter);
		rel_lint_guard(l, &guards, filter, from);
	}
}

static void add_commands(struct rel_lint *l, enum rel_lint_field field)
{
	struct rel_lint_items commands;
	rel_node_id id;

	if (!rel_lint_items_begin(&commands, l, l->fields[field], 2))
		return;
	while ((id = rel_lint_items_next(&commands, l)) != REL_NODE_NONE)
		add_command(l, field, id, commands.wraps);
}

static void add_filtered(struct rel_lint *l, enum rel_lint_field field)
{
	struct place at = {field, REL_NODE_NONE, false};
	bool expanded =
	    field == REL_LINT_MESSAGES || field == REL_LINT_POST_MESSAGES;
	struct rel_lint_items items;
	rel_node_id id, filter;

	if (!rel_lint_items_begin(&items, l, l->fields[field], 1))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		id = rel_lint_option(l, id, &filter);
		if (expanded)
			add_text(l, id);
		add_filters(l, &at, filter);
	}
}

static void add_features(struct rel_lint *l)
{
	struct place at = {REL_LINT_FEATURES, REL_NODE_NONE, false};
	rel_node_id id, text, formula;
	struct rel_lint_items items;

	if (!rel_lint_items_begin(&items, l, l->fields[REL_LINT_FEATURES], 1))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		rel_lint_option(l, rel_lint_option(l, id, &text), &formula);
		for (; formula != REL_NODE_NONE;
		     formula = rel_lint_node(l, formula)->next)
			rel_lint_atoms(l, formula, add_atom, &at);
	}
}

static void add_depexts(struct rel_lint *l)
{
	struct place at = {REL_LINT_DEPEXTS, REL_NODE_NONE, false};
	rel_node_id value = l->fields[REL_LINT_DEPEXTS], id, filter;
	bool filtered = rel_lint_depexts_filtered(l, value);
	struct rel_lint_items items;

	if (!rel_lint_items_begin(&items, l, value, filtered ? 2 : 3))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		/* the tags of the old form are filters too */
		if (!filtered)
			filter = rel_lint_node(l, rel_lint_node(l, id)->child)
				     ->child;
		else if (items.wraps > 0)
			continue;
		else
			rel_lint_option(l, id, &filter);
		add_filters(l, &at, filter);
	}
}

/* `os:` and `ocaml-version:` become part of `available:`; their strings. */
static void add_deprecated(struct rel_lint *l, rel_node_id id, bool is_os)
{
	struct place at = {REL_LINT_AVAILABLE, REL_NODE_NONE, false};
	const struct rel_node *node = rel_lint_node(l, id);

	if (node->kind == REL_NODE_STRING) {
		add_string(l, &at, id);
		add_text(l, id);
		if (is_os)
			compare_value(l, REL_STR("os"), id);
	}
	for (id = node->child; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next)
		add_deprecated(l, id, is_os);
}

static void add_available(struct rel_lint *l)
{
	struct place at = {REL_LINT_AVAILABLE, REL_NODE_NONE, false};
	rel_node_id value = l->fields[REL_LINT_AVAILABLE];

	if (rel_lint_node(l, value)->kind == REL_NODE_LIST)
		value = rel_lint_node(l, value)->child;
	add_filters(l, &at, value);
}

static void collect_field(struct rel_lint *l, enum rel_lint_field field)
{
	struct place at = {field, REL_NODE_NONE, false};

	switch (field) {
	case REL_LINT_BUILD:
	case REL_LINT_INSTALL:
	case REL_LINT_REMOVE:
	case REL_LINT_RUN_TEST:
	case REL_LINT_BUILD_DOC:
		add_commands(l, field);
		break;
	case REL_LINT_PATCHES:
	case REL_LINT_MESSAGES:
	case REL_LINT_POST_MESSAGES:
	case REL_LINT_LIBRARIES:
	case REL_LINT_SYNTAX:
		add_filtered(l, field);
		break;
	case REL_LINT_DEPENDS:
	case REL_LINT_DEPOPTS:
	case REL_LINT_CONFLICTS:
		rel_lint_atoms(l, l->fields[field], add_atom, &at);
		break;
	case REL_LINT_FEATURES:
		add_features(l);
		break;
	case REL_LINT_DEPEXTS:
		add_depexts(l);
		break;
	case REL_LINT_AVAILABLE:
		add_available(l);
		break;
	case REL_LINT_OS:
	case REL_LINT_OCAML_VERSION:
		add_deprecated(l, l->fields[field], field == REL_LINT_OS);
		break;
	default:
		break;
	}
}

void rel_lint_collect(struct rel_lint *l)
{
	for (int i = 0; i < REL_LINT_FIELDS; i++) {
		if (l->fields[i] != REL_NODE_NONE)
			collect_field(l, (enum rel_lint_field)i);
	}
}

const struct rel_lint_ref *rel_lint_find_global(const struct rel_lint *l,
						uint64_t fields,
						const char *name)
{
	for (uint32_t i = 0; i < l->n_refs; i++) {
		const struct rel_lint_ref *ref = &l->refs[i];

		if (!ref->package.ptr && (fields & REL_LINT_BIT(ref->field)) &&
		    rel_str_is(ref->name, name))
			return ref;
	}
	return NULL;
}
