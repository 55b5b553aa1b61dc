#include "opam/lint_private.h"

#include "opam/version.h"

/* A field of an extension; opam keeps its value as it stands. */
static bool is_extension(struct rel_str name)
{
	return rel_str_starts(name, REL_STR("x-"));
}

void rel_lint_bad_field(struct rel_lint *l, rel_node_id node,
			const char *section, struct rel_str field,
			const char *text)
{
	rel_lint_add(l, 3, REL_LINT_ERROR, node, "field '%s%s%.*s': %s",
		     section, *section ? "." : "", REL_STR_ARG(field), text);
}

/* The file as a whole is none; what else was found is not told. */
static bool bad_file(struct rel_lint *l, rel_node_id node, const char *text)
{
	l->out->count = 0;
	rel_lint_add(l, 2, REL_LINT_ERROR, node, "%s", text);
	return false;
}

/* opam src/core/opamVersion.ml, nopatch. */
static struct rel_str without_patch(struct rel_str v)
{
	size_t first = rel_str_find(v, '.'), n = 0;
	struct rel_str rest = rel_str_sub(v, first + 1, v.len);
	size_t second = rel_str_find(rest, '.');

	if (second < rest.len)
		return rel_str_sub(v, 0, first + 1 + second);
	while (n < v.len &&
	       (v.ptr[n] == '.' || (v.ptr[n] >= '0' && v.ptr[n] <= '9')))
		n++;
	return rel_str_sub(v, 0, n);
}

static bool read_opam_version(struct rel_lint *l)
{
	rel_node_id value = REL_NODE_NONE;
	const struct rel_node *n;

	for (rel_node_id id = l->tree->items; id != REL_NODE_NONE;
	     id = n->next) {
		n = rel_lint_node(l, id);
		if (n->kind != REL_NODE_FIELD ||
		    !rel_str_is(n->text, "opam-version"))
			continue;
		if (value != REL_NODE_NONE)
			return bad_file(l, id, "opam-version is repeated");
		value = n->child;
	}
	if (value == REL_NODE_NONE)
		return bad_file(l, REL_NODE_NONE, "opam-version is missing");
	n = rel_lint_node(l, value);
	if (n->kind != REL_NODE_STRING)
		return bad_file(l, value, "opam-version is not a string");
	if (rel_version_compare(REL_STR("2.0"), without_patch(n->text)) < 0)
		return bad_file(l, value, "opam-version is newer than 2.0");
	l->opam_version = n->text;
	return true;
}

/* Sort the items into l->fields; nothing is read yet.  The second time, tell
 * what was left over. */
static void sort_items(struct rel_lint *l, bool tell)
{
	const struct rel_node *n;
	enum rel_lint_field field;

	for (rel_node_id id = l->tree->items; id != REL_NODE_NONE;
	     id = n->next) {
		n = rel_lint_node(l, id);
		if (n->kind != REL_NODE_FIELD || is_extension(n->text))
			continue;
		field = rel_lint_field_of(n->text);
		if (field < REL_LINT_FIELDS &&
		    l->fields[field] == REL_NODE_NONE)
			l->fields[field] = id;
		else if (tell && field == REL_LINT_FIELDS)
			rel_lint_bad_field(l, id, "", n->text, "no such field");
		else if (tell && l->fields[field] != id)
			rel_lint_bad_field(l, id, "", n->text,
					   "given a second time");
	}
}

/* From the field to its value, or to NONE when opam cannot use it. */
static void read_field(struct rel_lint *l, enum rel_lint_field field)
{
	rel_node_id id = l->fields[field];
	rel_node_id value;

	if (id == REL_NODE_NONE)
		return;
	value = rel_lint_node(l, id)->child;
	l->fields[field] = value;
	if (rel_lint_check_value(l, field, value))
		return;
	l->fields[field] = REL_NODE_NONE;
	rel_lint_bad_field(l, l->bad_node, "", rel_lint_node(l, id)->text,
			   l->bad_text);
}

/* `author:` counts when `authors:` has nobody. */
static void read_author(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_AUTHOR];

	if (value == REL_NODE_NONE)
		return;
	l->fields[REL_LINT_AUTHOR] = REL_NODE_NONE;
	if (rel_lint_is_empty(l, REL_LINT_AUTHORS, 1))
		l->fields[REL_LINT_AUTHORS] = value;
	else
		rel_lint_bad_field(l, value, "", REL_STR("author"),
				   "there is a field 'authors' too");
}

/* What a mismatch says comes before everything else, as opam has it; so the
 * field is looked at before it is read. */
static void read_name(struct rel_lint *l, enum rel_lint_field field,
		      const char *what, struct rel_str implied)
{
	rel_node_id id = l->fields[field];
	struct rel_str text;

	if (id == REL_NODE_NONE)
		return;
	id = rel_lint_node(l, id)->child;
	if (!rel_lint_check_value(l, field, id))
		return;
	text = rel_lint_node(l, id)->text;
	if (field == REL_LINT_NAME)
		l->name = text;
	else
		text = rel_str_trim(text);
	if (implied.len > 0 && !rel_str_eq(text, implied))
		rel_lint_add(l, 4, REL_LINT_WARNING, id,
			     "field '%s' is \"%.*s\", but the directory says "
			     "\"%.*s\"",
			     what, REL_STR_ARG(text), REL_STR_ARG(implied));
}

static unsigned flag_of(const struct rel_lint *l, struct rel_str name)
{
	static const struct {
		const char *name;
		unsigned flag;
	} flags[] = {
	    {"light-uninstall", REL_LINT_FLAG_LIGHT_UNINSTALL},
	    {"verbose", REL_LINT_FLAG_OTHER},
	    {"plugin", REL_LINT_FLAG_PLUGIN},
	    {"compiler", REL_LINT_FLAG_COMPILER},
	    {"conf", REL_LINT_FLAG_CONF},
	    {"avoid-version", REL_LINT_FLAG_OTHER},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (rel_str_is(name, flags[i].name))
			return flags[i].flag;
	}
	return rel_lint_since(l, REL_LINT_OPAM_2_2) &&
		       rel_str_is(name, "deprecated")
		   ? REL_LINT_FLAG_OTHER
		   : 0;
}

/* opam drops unknown flags while it reads `flags:`, but keeps those that
 * tags stand for. */
static void read_flags(struct rel_lint *l)
{
	struct rel_lint_items items;
	struct rel_str text;
	unsigned flag;
	rel_node_id id;

	if (!rel_lint_is_empty(l, REL_LINT_FLAGS, 1) &&
	    rel_lint_items_begin(&items, l, l->fields[REL_LINT_FLAGS], 1)) {
		while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE)
			l->flags |= flag_of(l, rel_lint_node(l, id)->text);
	}
	if (rel_lint_is_empty(l, REL_LINT_TAGS, 1) ||
	    !rel_lint_items_begin(&items, l, l->fields[REL_LINT_TAGS], 1))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		text = rel_lint_node(l, id)->text;
		if (!rel_str_starts(text, REL_STR("flags:")))
			continue;
		flag = flag_of(l, rel_str_sub(text, 6, text.len));
		l->flags |= flag;
		if (flag == 0 && l->unknown_flag == REL_NODE_NONE)
			l->unknown_flag = id;
	}
}

/* The last field of that name, as opam keeps extensions. */
static rel_node_id find_extension(const struct rel_lint *l, const char *name)
{
	rel_node_id found = REL_NODE_NONE;

	for (rel_node_id id = l->tree->items; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next) {
		const struct rel_node *n = rel_lint_node(l, id);

		if (n->kind == REL_NODE_FIELD && rel_str_is(n->text, name))
			found = n->child;
	}
	return found;
}

static bool is_rewrite(struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *n = rel_lint_node(l, id);
	rel_node_id second;

	if (n->kind != REL_NODE_LIST || n->child == REL_NODE_NONE ||
	    rel_lint_node(l, n->child)->kind != REL_NODE_IDENT)
		return false;
	second = rel_lint_node(l, n->child)->next;
	if (second == REL_NODE_NONE)
		return false;
	n = rel_lint_node(l, second);
	return n->next == REL_NODE_NONE
		   ? n->kind == REL_NODE_BOOL
		   : rel_lint_node(l, n->next)->next == REL_NODE_NONE;
}

/* opam src/format/opamFile.ml, handle_locked and handle_env_paths; the two
 * formulas of a rewriting rule are not looked into. */
static bool read_extensions_2_2(struct rel_lint *l)
{
	rel_node_id id = find_extension(l, "x-locked");

	if (id != REL_NODE_NONE &&
	    rel_lint_node(l, id)->kind != REL_NODE_STRING)
		return bad_file(l, id, "field 'x-locked' is not a string");
	id = find_extension(l, "x-env-path-rewrite");
	if (id == REL_NODE_NONE)
		return true;
	if (rel_lint_node(l, id)->kind != REL_NODE_LIST)
		return bad_file(l, id, "field 'x-env-path-rewrite' is no list");
	for (id = rel_lint_node(l, id)->child; id != REL_NODE_NONE;
	     id = rel_lint_node(l, id)->next) {
		if (!is_rewrite(l, id))
			return bad_file(l, id,
					"field 'x-env-path-rewrite' has the "
					"wrong form");
	}
	return true;
}

static bool read_extensions(struct rel_lint *l)
{
	bool subpath = l->has_url && l->url.subpath != REL_NODE_NONE;
	rel_node_id id = find_extension(l, "x-subpath");

	/* such as "2.0.1", which passes for 2.0 */
	if (rel_version_compare(l->opam_version, REL_STR("2.0")) > 0) {
		l->has_subpath = subpath;
		return true;
	}
	if (subpath)
		return bad_file(l, l->url.subpath,
				"url.subpath needs opam-version 2.1");
	if (id != REL_NODE_NONE &&
	    rel_lint_node(l, id)->kind != REL_NODE_STRING)
		return bad_file(l, id, "field 'x-subpath' is not a string");
	l->has_subpath = l->has_url && id != REL_NODE_NONE;
	return !rel_lint_since(l, REL_LINT_OPAM_2_2) || read_extensions_2_2(l);
}

bool rel_lint_read(struct rel_lint *l)
{
	if (!read_opam_version(l))
		return false;
	l->name = l->options->name;
	sort_items(l, false);
	read_name(l, REL_LINT_NAME, "name", l->options->name);
	read_name(l, REL_LINT_VERSION, "version", l->options->version);
	sort_items(l, true);
	for (int i = 0; i < REL_LINT_FIELDS; i++)
		read_field(l, (enum rel_lint_field)i);
	read_author(l);
	rel_lint_read_sections(l);
	read_flags(l);
	return read_extensions(l);
}
