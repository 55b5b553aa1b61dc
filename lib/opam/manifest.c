#include "opam/manifest.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/limits.h"
#include "opam/version.h"

/* The newest opam-version whose syntax and fields are known here. */
#define NEWEST_FORMAT "2.2"

struct reader {
	struct rel_manifest *out;
	struct rel_manifest_tables *tables;
	const struct rel_opam_tree *tree;
	struct rel_error *err;
};

void rel_manifest_tables_init(struct rel_manifest_tables *tables)
{
	*tables = (struct rel_manifest_tables){0};
	rel_intern_init(&tables->strings, REL_LIMIT_STRINGS);
}

void rel_manifest_tables_free(struct rel_manifest_tables *tables)
{
	rel_intern_free(&tables->strings);
	free(tables->exprs.nodes);
	free(tables->lists);
	*tables = (struct rel_manifest_tables){0};
}

static int fail_at(struct reader *r, rel_node_id id, const char *text)
{
	const struct rel_node *node = &r->tree->nodes[id];

	rel_fail(r->err, REL_EPARSE, "%s", text);
	rel_error_at(r->err, r->tree->path, node->line, node->column);
	return REL_EPARSE;
}

/* A list's members, or the lone value as the only member. */
static rel_node_id members(const struct rel_opam_tree *tree, rel_node_id value)
{
	return tree->nodes[value].kind == REL_NODE_LIST
		   ? tree->nodes[value].child
		   : value;
}

static rel_node_id next_member(const struct rel_opam_tree *tree,
			       rel_node_id value, rel_node_id member)
{
	return member == value ? REL_NODE_NONE : tree->nodes[member].next;
}

/* "2.0.5" → "2.0" */
static struct rel_str without_patch(struct rel_str version)
{
	size_t dot = rel_str_find(version, '.');
	struct rel_str rest = rel_str_sub(version, dot + 1, version.len);
	size_t second = rel_str_find(rest, '.');

	if (dot == version.len || second == rest.len)
		return version;
	return rel_str_sub(version, 0, dot + 1 + second);
}

/*
 * opam src/format/opamFormat.ml, check_opam_version; the rule about the
 * first field is opam-file-format's (src/opamBaseParser.mly, main).
 */
static int check_format(struct reader *r)
{
	const struct rel_opam_tree *tree = r->tree;
	rel_node_id field = rel_opam_field(tree, tree->items, "opam-version");
	const struct rel_node *value;

	if (field == REL_NODE_NONE) {
		rel_fail(r->err, REL_EPARSE,
			 "there is no field \"opam-version\"");
		rel_error_at(r->err, tree->path, 0, 0);
		return REL_EPARSE;
	}
	value = &tree->nodes[tree->nodes[field].child];
	if (value->kind != REL_NODE_STRING)
		return fail_at(r, field, "opam-version is not a string");
	if (rel_version_compare(without_patch(value->text),
				REL_STR(NEWEST_FORMAT)) > 0) {
		rel_fail(r->err, REL_EPARSE,
			 "opam-version \"%.*s\" is newer than \"" NEWEST_FORMAT
			 "\", the newest that relctl reads",
			 REL_STR_ARG(value->text));
		rel_error_at(r->err, tree->path, value->line, value->column);
		return REL_EPARSE;
	}
	if (field != tree->items &&
	    rel_version_compare(value->text, REL_STR("2.1")) >= 0)
		return fail_at(r, field,
			       "opam-version must be the first field");
	return 0;
}

static int read_formula(struct reader *r, rel_expr_id *out, rel_node_id value,
			bool disjunction)
{
	return rel_expr_add_formula(out, &r->tables->exprs, &r->tables->strings,
				    r->tree, value, disjunction, r->err);
}

static int read_conflict_class(struct reader *r, rel_node_id value)
{
	struct rel_manifest_tables *tables = r->tables;
	const struct rel_node *node;
	rel_string_id id;
	int rc;

	for (rel_node_id m = members(r->tree, value); m != REL_NODE_NONE;
	     m = next_member(r->tree, value, m)) {
		node = &r->tree->nodes[m];
		if (node->kind != REL_NODE_STRING ||
		    !rel_package_name_is_valid(node->text))
			return fail_at(r, m,
				       "expected the name of a conflict class");
		id = rel_intern_add(&tables->strings, node->text);
		if (id == REL_STRING_NONE)
			return rel_fail_nomem(r->err);
		rc = rel_array_reserve(&tables->lists, &tables->lists_cap,
				       (uint64_t)tables->n_lists + 1,
				       sizeof(*tables->lists));
		if (rc != 0)
			return rel_fail(r->err, (enum rel_code)rc,
					"out of memory");
		tables->lists[tables->n_lists++] = id;
		r->out->conflict_class_count++;
	}
	return 0;
}

static uint32_t flag_of(struct rel_str name)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
	    {"compiler", REL_MANIFEST_COMPILER},
	    {"conf", REL_MANIFEST_CONF},
	    {"avoid-version", REL_MANIFEST_AVOID_VERSION},
	    {"deprecated", REL_MANIFEST_DEPRECATED},
	    {"plugin", REL_MANIFEST_PLUGIN},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (rel_str_is(name, flags[i].name))
			return flags[i].flag;
	}
	return 0;
}

/* Flags decide nothing, so an unknown flag is ignored. */
static void read_flags(struct reader *r, rel_node_id value)
{
	for (rel_node_id m = members(r->tree, value); m != REL_NODE_NONE;
	     m = next_member(r->tree, value, m)) {
		if (r->tree->nodes[m].kind == REL_NODE_IDENT)
			r->out->flags |= flag_of(r->tree->nodes[m].text);
	}
}

/* The tag "flags:compiler" is the flag `compiler`. */
static void read_tags(struct reader *r, rel_node_id value)
{
	struct rel_str text, prefix = REL_STR("flags:");

	for (rel_node_id m = members(r->tree, value); m != REL_NODE_NONE;
	     m = next_member(r->tree, value, m)) {
		text = r->tree->nodes[m].text;
		if (r->tree->nodes[m].kind == REL_NODE_STRING &&
		    rel_str_starts(text, prefix))
			r->out->flags |=
			    flag_of(rel_str_sub(text, prefix.len, text.len));
	}
}

/* Who maintains it decides nothing, so what is no string is passed over. */
static int read_maintainers(struct reader *r, rel_node_id value)
{
	struct rel_buf text;
	int rc = 0;

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	for (rel_node_id m = members(r->tree, value); m != REL_NODE_NONE;
	     m = next_member(r->tree, value, m)) {
		struct rel_str name = r->tree->nodes[m].text;

		if (r->tree->nodes[m].kind != REL_NODE_STRING || name.len == 0)
			continue;
		if (text.len)
			rel_buf_add_char(&text, '\n');
		for (size_t i = 0; i < name.len; i++)
			rel_buf_add_char(
			    &text, name.ptr[i] == '\n' ? ' ' : name.ptr[i]);
	}
	if (text.len)
		r->out->maintainers =
		    rel_intern_add(&r->tables->strings, rel_buf_str(&text));
	if (text.status || (text.len && r->out->maintainers == REL_STRING_NONE))
		rc = rel_fail_nomem(r->err);
	rel_buf_free(&text);
	return rc;
}

/* Where a package's source comes from, as far as it decides anything (opam
 * src/core/opamUrl.ml, parse with ~handle_suffix:false). */
enum src_kind {
	SRC_BAD,   /* opam cannot use it and ignores the section */
	SRC_HTTP,  /* an archive */
	SRC_LOCAL, /* rsync: a path, file://, ssh:// … */
	SRC_VCS,   /* git, hg or darcs */
};

static bool one_of(struct rel_str s, const char *const *words)
{
	for (; *words; words++) {
		if (rel_str_is(s, *words))
			return true;
	}
	return false;
}

static enum src_kind kind_of_scheme(struct rel_str scheme)
{
	static const char *const vcs[] = {"git", "hg", "darcs", NULL};
	static const char *const http[] = {"http", "https", "ftp",
					   "wget", "curl",  NULL};
	static const char *const local[] = {"file", "path", "local", "rsync",
					    "ssh",  "scp",  "sftp",  NULL};

	if (one_of(scheme, vcs))
		return SRC_VCS;
	if (one_of(scheme, http))
		return SRC_HTTP;
	return one_of(scheme, local) ? SRC_LOCAL : SRC_BAD;
}

static enum src_kind src_kind_of(struct rel_str src)
{
	const char *mark = memmem(src.ptr, src.len, "://", 3);
	struct rel_str scheme, backend;

	if (src.len == 0)
		return SRC_BAD;
	if (!mark)
		return SRC_LOCAL;
	scheme = rel_str_sub(src, 0, (size_t)(mark - src.ptr));
	if (rel_str_find(scheme, ':') < scheme.len)
		return SRC_LOCAL;
	backend = rel_str_sub(scheme, 0, rel_str_find(scheme, '+'));
	if (backend.len == scheme.len)
		return kind_of_scheme(scheme);
	return kind_of_scheme(backend) == SRC_VCS ? SRC_VCS : SRC_BAD;
}

/*
 * A source that is not an archive and has no checksum makes `dev` true.
 * opam src/state/opamPackageVar.ml, is_dev_package; the same in 2.1.2 and
 * 2.5.2.
 */
static void read_url(struct reader *r, const struct rel_opam_tree *tree,
		     rel_node_id item)
{
	enum src_kind kind = SRC_BAD;
	bool checksum = false;

	for (; item != REL_NODE_NONE; item = tree->nodes[item].next) {
		const struct rel_node *field = &tree->nodes[item], *value;
		struct rel_str name = field->text;

		if (field->kind != REL_NODE_FIELD)
			continue;
		value = &tree->nodes[field->child];
		if (rel_str_is(name, "checksum"))
			checksum = members(tree, field->child) != REL_NODE_NONE;
		else if (value->kind != REL_NODE_STRING)
			continue;
		else if (rel_str_is(name, "src"))
			kind = src_kind_of(value->text);
		else if (kind != SRC_BAD)
			continue;
		else if (rel_str_is(name, "git") || rel_str_is(name, "hg") ||
			 rel_str_is(name, "darcs"))
			kind = SRC_VCS;
		else if (rel_str_is(name, "local"))
			kind = SRC_LOCAL;
		else if (rel_str_is(name, "archive") ||
			 rel_str_is(name, "http"))
			kind = SRC_HTTP;
	}
	if (kind == SRC_BAD)
		return;
	r->out->flags |= REL_MANIFEST_HAS_URL;
	if (kind != SRC_HTTP && !checksum)
		r->out->flags |= REL_MANIFEST_DEV;
}

static int read_legacy_url(struct reader *r, struct rel_str url,
			   const char *path, struct rel_arena *scratch)
{
	struct rel_opam_tree tree;
	struct rel_error ignored;
	int rc = rel_opam_parse(&tree, scratch, url, path, &ignored);

	if (rc == 0)
		read_url(r, &tree, tree.items);
	/* opam carries on without a source that it cannot read */
	return rc == REL_ENOMEM ? rel_fail_nomem(r->err) : 0;
}

/* Of fields of one name the first counts, as for opam. */
enum field_bit {
	FIELD_DEPENDS = 1 << 0,
	FIELD_DEPOPTS = 1 << 1,
	FIELD_CONFLICTS = 1 << 2,
	FIELD_CONFLICT_CLASS = 1 << 3,
	FIELD_AVAILABLE = 1 << 4,
	FIELD_FLAGS = 1 << 5,
	FIELD_TAGS = 1 << 6,
	FIELD_MAINTAINER = 1 << 7,
};

static enum field_bit field_of(struct rel_str name)
{
	switch (name.len) {
	case 4:
		return rel_str_is(name, "tags") ? FIELD_TAGS : 0;
	case 5:
		return rel_str_is(name, "flags") ? FIELD_FLAGS : 0;
	case 7:
		if (rel_str_is(name, "depends"))
			return FIELD_DEPENDS;
		return rel_str_is(name, "depopts") ? FIELD_DEPOPTS : 0;
	case 9:
		if (rel_str_is(name, "conflicts"))
			return FIELD_CONFLICTS;
		return rel_str_is(name, "available") ? FIELD_AVAILABLE : 0;
	case 10:
		return rel_str_is(name, "maintainer") ? FIELD_MAINTAINER : 0;
	case 14:
		return rel_str_is(name, "conflict-class") ? FIELD_CONFLICT_CLASS
							  : 0;
	default:
		return 0;
	}
}

static int read_field(struct reader *r, enum field_bit field, rel_node_id value)
{
	switch (field) {
	case FIELD_DEPENDS:
		return read_formula(r, &r->out->depends, value, false);
	case FIELD_DEPOPTS:
		return read_formula(r, &r->out->depopts, value, true);
	case FIELD_CONFLICTS:
		return read_formula(r, &r->out->conflicts, value, true);
	case FIELD_CONFLICT_CLASS:
		return read_conflict_class(r, value);
	case FIELD_AVAILABLE:
		return rel_expr_add_filter(
		    &r->out->available, &r->tables->exprs, &r->tables->strings,
		    r->tree, value, r->err);
	case FIELD_FLAGS:
		read_flags(r, value);
		return 0;
	case FIELD_TAGS:
		read_tags(r, value);
		return 0;
	case FIELD_MAINTAINER:
		return read_maintainers(r, value);
	}
	return 0;
}

static int read_items(struct reader *r, bool *has_url)
{
	const struct rel_opam_tree *tree = r->tree;
	enum field_bit field;
	uint32_t seen = 0;
	int rc = 0;

	for (rel_node_id i = tree->items; i != REL_NODE_NONE && rc == 0;
	     i = tree->nodes[i].next) {
		const struct rel_node *item = &tree->nodes[i];

		if (item->kind == REL_NODE_SECTION) {
			if (rel_str_is(item->text, "url") && !*has_url) {
				*has_url = true;
				read_url(r, tree, item->child);
			}
			continue;
		}
		field = field_of(item->text);
		if (field && !(seen & field))
			rc = read_field(r, field, item->child);
		seen |= field;
	}
	return rc;
}

int rel_manifest_read(struct rel_manifest *out,
		      struct rel_manifest_tables *tables, struct rel_str source,
		      struct rel_str url, const char *path,
		      struct rel_arena *scratch, struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct reader r = {
	    .out = out, .tables = tables, .tree = &tree, .err = err};
	uint32_t n_lists = tables->n_lists;
	bool has_url = false;
	int rc;

	*out = (struct rel_manifest){.depends = REL_EXPR_NONE,
				     .depopts = REL_EXPR_NONE,
				     .conflicts = REL_EXPR_NONE,
				     .available = REL_EXPR_NONE,
				     .conflict_class_first = n_lists,
				     .maintainers = REL_STRING_NONE};
	rc = rel_opam_parse(&tree, scratch, source, path, err);
	if (rc == 0)
		rc = check_format(&r);
	if (rc == 0)
		rc = read_items(&r, &has_url);
	if (rc == 0 && !has_url && url.ptr)
		rc = read_legacy_url(&r, url, path, scratch);
	if (rc != 0)
		tables->n_lists = n_lists;
	return rc;
}
