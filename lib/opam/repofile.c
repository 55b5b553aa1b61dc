#include "opam/repofile.h"

#include <stdlib.h>

#include "base/limits.h"
#include "opam/version.h"

struct reader {
	struct rel_repofile *out;
	const struct rel_opam_tree *tree;
	const struct rel_variables *variables;
	struct rel_arena *arena;
	struct rel_intern strings;
	struct rel_expr_table table;
	struct rel_error *err;
};

static int fail_at(struct reader *r, rel_node_id id, const char *text)
{
	const struct rel_node *n = &r->tree->nodes[id];
	int rc = rel_fail(r->err, REL_EPARSE, "%s", text);

	rel_error_at(r->err, r->tree->path, n->line, n->column);
	return rc;
}

static int copy_string(struct reader *r, struct rel_str *out, rel_node_id id)
{
	const struct rel_node *n = &r->tree->nodes[id];
	char *copy;

	if (n->kind != REL_NODE_STRING)
		return fail_at(r, id, "expected a string");
	copy = rel_arena_copy(r->arena, n->text);
	if (copy == NULL)
		return rel_fail_nomem(r->err);
	*out = rel_str_n(copy, n->text.len);
	return 0;
}

static struct rel_str string_of(const void *context, rel_string_id id)
{
	return rel_intern_get(context, id);
}

/* Does the filter of the redirection `option` hold? */
static int holds(struct reader *r, bool *out, rel_node_id option)
{
	rel_node_id first = r->tree->nodes[option].child;
	rel_node_id filter = r->tree->nodes[first].next;
	struct rel_exprs exprs = {.string = string_of, .context = &r->strings};
	rel_expr_id id;
	int rc;

	if (filter == REL_NODE_NONE) {
		*out = true;
		return 0;
	}
	if (r->tree->nodes[filter].next != REL_NODE_NONE)
		return fail_at(r, filter, "expected a single filter");
	rc = rel_expr_add_filter(&id, &r->table, &r->strings, r->tree, filter,
				 r->err);
	if (rc != 0)
		return rc;
	exprs.nodes = r->table.nodes;
	exprs.count = r->table.count;
	return rel_filter_eval(out, &exprs, id, r->variables, false, r->arena,
			       r->err);
}

static int add_redirect(struct reader *r, struct rel_str *list, uint32_t *n,
			rel_node_id id)
{
	const struct rel_node *node = &r->tree->nodes[id];
	bool holds_now = true;
	int rc = 0;

	r->out->has_redirect = true;
	if (node->kind == REL_NODE_OPTION) {
		rc = holds(r, &holds_now, id);
		id = node->child;
	}
	if (rc == 0)
		rc = copy_string(r, &list[*n], id);
	if (rc == 0 && holds_now)
		(*n)++;
	return rc;
}

static int add_mirror(struct reader *r, struct rel_str *list, uint32_t *n,
		      rel_node_id id)
{
	int rc = copy_string(r, &list[*n], id);

	if (rc == 0)
		(*n)++;
	return rc;
}

/* The members of the field `name`, a list or a lone value, one by one. */
static int read_list(struct reader *r, struct rel_str **list, uint32_t *n,
		     const char *name,
		     int (*add)(struct reader *, struct rel_str *, uint32_t *,
				rel_node_id))
{
	rel_node_id field = rel_opam_field(r->tree, r->tree->items, name);
	rel_node_id first;
	uint32_t count = 0;
	int rc = 0;

	if (field == REL_NODE_NONE)
		return 0;
	first = r->tree->nodes[field].child;
	if (r->tree->nodes[first].kind == REL_NODE_LIST)
		first = r->tree->nodes[first].child;
	for (rel_node_id id = first; id != REL_NODE_NONE;
	     id = r->tree->nodes[id].next)
		count++;
	*list = rel_arena_array(r->arena, count + 1, sizeof(**list));
	if (*list == NULL)
		return rel_fail_nomem(r->err);
	for (rel_node_id id = first; rc == 0 && id != REL_NODE_NONE;
	     id = r->tree->nodes[id].next)
		rc = add(r, *list, n, id);
	return rc;
}

/* The field `name` as a string, if there is one. */
static int read_string(struct reader *r, struct rel_str *out, const char *name)
{
	rel_node_id id = rel_opam_field(r->tree, r->tree->items, name);

	return id == REL_NODE_NONE
		   ? 0
		   : copy_string(r, out, r->tree->nodes[id].child);
}

static int read_version(struct reader *r)
{
	rel_node_id id =
	    rel_opam_field(r->tree, r->tree->items, "opam-version");
	int rc = read_string(r, &r->out->opam_version, "opam-version");

	if (rc == 0 &&
	    rel_version_compare(r->out->opam_version, REL_STR("2.3~")) >= 0)
		return fail_at(r, id, "opam-version is newer than 2.2");
	return rc;
}

static int read_fields(struct reader *r)
{
	struct rel_repofile *out = r->out;
	int rc = read_version(r);

	if (rc == 0)
		rc = read_string(r, &out->browse, "browse");
	if (rc == 0)
		rc = read_string(r, &out->upstream, "upstream");
	if (rc == 0)
		rc = read_string(r, &out->stamp, "stamp");
	if (rc == 0)
		rc = read_list(r, &out->redirects, &out->n_redirects,
			       "redirect", add_redirect);
	if (rc == 0)
		rc =
		    read_list(r, &out->archive_mirrors, &out->n_archive_mirrors,
			      "archive-mirrors", add_mirror);
	return rc;
}

int rel_repofile_read(struct rel_repofile *out, struct rel_str source,
		      const char *path, const struct rel_variables *variables,
		      struct rel_arena *arena, struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct reader r = {.out = out,
			   .tree = &tree,
			   .variables = variables,
			   .arena = arena,
			   .err = err};
	int rc = rel_opam_parse(&tree, arena, source, path, err);

	*out = (struct rel_repofile){0};
	if (rc != 0)
		return rc;
	rel_intern_init(&r.strings, REL_LIMIT_CONFIG_BYTES);
	rc = read_fields(&r);
	rel_intern_free(&r.strings);
	free(r.table.nodes);
	return rc;
}
