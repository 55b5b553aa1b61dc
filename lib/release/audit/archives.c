#include "release/audit/archives.h"

#include "opam/tree.h"

struct reading {
	const struct rel_opam_tree *tree;
	struct rel_arena *arena;
	struct rel_error *err;
};

static const struct rel_node *node(const struct reading *r, rel_node_id id)
{
	return &r->tree->nodes[id];
}

/* The strings of a field, which is one string or a list of them. */
static int read_strings(struct rel_str **out, uint32_t *n,
			const struct reading *r, rel_node_id items,
			const char *name)
{
	rel_node_id field = rel_opam_field(r->tree, items, name), value, first;
	uint32_t count = 0;

	*n = 0;
	if (field == REL_NODE_NONE)
		return 0;
	value = node(r, field)->child;
	first = node(r, value)->kind == REL_NODE_LIST ? node(r, value)->child
						      : value;
	for (rel_node_id i = first; i != REL_NODE_NONE; i = node(r, i)->next)
		count++;
	*out = rel_arena_array(r->arena, count + 1, sizeof(**out));
	if (!*out)
		return rel_fail_nomem(r->err);
	for (rel_node_id i = first; i != REL_NODE_NONE; i = node(r, i)->next) {
		if (node(r, i)->kind == REL_NODE_STRING)
			(*out)[(*n)++] = node(r, i)->text;
		if (i == value)
			break;
	}
	return 0;
}

static void add_digest(struct rel_archive_of *archive, struct rel_str text)
{
	struct rel_digest digest;

	if (rel_digest_parse(&digest, text, NULL) != 0)
		return;
	if (!rel_digest_find(archive->digests, archive->n_digests, digest.algo))
		archive->digests[archive->n_digests++] = digest;
}

/* One section's fields; in a legacy file, the file's. */
static int read_section(struct rel_archive_of *out, const struct reading *r,
			rel_node_id items)
{
	/* the older names of src */
	static const char *const names[] = {"src", "archive", "http", "git",
					    "hg",  "darcs",   "local"};
	struct rel_str *texts = NULL;
	uint32_t n = 0;
	int rc = 0;

	for (size_t i = 0;
	     rc == 0 && n == 0 && i < sizeof(names) / sizeof(names[0]); i++)
		rc = read_strings(&texts, &n, r, items, names[i]);
	if (rc == 0 && n > 0)
		out->src = texts[0];
	if (rc == 0)
		rc = read_strings(&out->mirrors, &out->n_mirrors, r, items,
				  "mirrors");
	if (rc == 0)
		rc = read_strings(&texts, &n, r, items, "subpath");
	if (rc == 0 && n > 0)
		out->subpath = texts[0];
	if (rc == 0)
		rc = read_strings(&texts, &n, r, items, "checksum");
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		add_digest(out, texts[i]);
	return rc;
}

static bool is_archive_section(const struct rel_node *n)
{
	return n->kind == REL_NODE_SECTION &&
	       (rel_str_is(n->text, "url") ||
		(rel_str_is(n->text, "extra-source") && n->text2.ptr));
}

static int read_sections(struct rel_archive_of *out, uint32_t *n,
			 const struct reading *r)
{
	bool url = false;
	int rc = 0;

	for (rel_node_id i = r->tree->items; rc == 0 && i != REL_NODE_NONE;
	     i = node(r, i)->next) {
		const struct rel_node *section = node(r, i);
		bool extra = section->text2.ptr != NULL;

		if (!is_archive_section(section) || (!extra && url))
			continue;
		url |= !extra;
		if (extra)
			out[*n].file = section->text2;
		out[*n].line = section->line;
		rc = read_section(&out[(*n)++], r, section->child);
	}
	return rc;
}

bool rel_archives_have_url(const struct rel_archive_of *archives, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!archives[i].file.ptr)
			return true;
	return false;
}

/* The entries of `extra-files:`, ["NAME" "ALGO=HEX"…]; the field is one entry
 * or a list of them. */
static rel_node_id first_file(const struct reading *r)
{
	rel_node_id field =
	    rel_opam_field(r->tree, r->tree->items, "extra-files");
	rel_node_id value, first;

	if (field == REL_NODE_NONE)
		return REL_NODE_NONE;
	value = node(r, field)->child;
	first = node(r, value)->kind == REL_NODE_LIST ? node(r, value)->child
						      : REL_NODE_NONE;
	if (first != REL_NODE_NONE && node(r, first)->kind == REL_NODE_STRING)
		return value;
	return first;
}

static void read_files(struct rel_archive_of *out, uint32_t *n,
		       const struct reading *r)
{
	for (rel_node_id i = first_file(r); i != REL_NODE_NONE;
	     i = node(r, i)->next) {
		rel_node_id name = node(r, i)->kind == REL_NODE_LIST
				       ? node(r, i)->child
				       : REL_NODE_NONE;
		struct rel_archive_of *file = &out[*n];

		if (name == REL_NODE_NONE ||
		    node(r, name)->kind != REL_NODE_STRING)
			continue;
		*file = (struct rel_archive_of){.file = node(r, name)->text,
						.beside = true,
						.line = node(r, i)->line};
		for (rel_node_id k = node(r, name)->next; k != REL_NODE_NONE;
		     k = node(r, k)->next)
			if (node(r, k)->kind == REL_NODE_STRING)
				add_digest(file, node(r, k)->text);
		++*n;
	}
}

static int read_all(struct rel_archive_of **out, uint32_t *n, bool files,
		    struct rel_str text, struct rel_str url, const char *path,
		    struct rel_arena *arena, struct rel_error *err)
{
	struct rel_opam_tree tree, legacy;
	struct reading r = {&tree, arena, err};
	uint32_t count = 1;
	int rc = rel_opam_parse(&tree, arena, text, path, err);

	*n = 0;
	if (rc)
		return rc;
	for (rel_node_id i = tree.items; i != REL_NODE_NONE;
	     i = tree.nodes[i].next)
		count += is_archive_section(&tree.nodes[i]);
	for (rel_node_id i = files ? first_file(&r) : REL_NODE_NONE;
	     i != REL_NODE_NONE; i = tree.nodes[i].next)
		count++;
	*out = rel_arena_array(arena, count, sizeof(**out));
	if (!*out)
		return rel_fail_nomem(err);
	rc = read_sections(*out, n, &r);
	if (rc == 0 && files)
		read_files(*out, n, &r);
	/* An url section wins over the file, as for opam. */
	if (rc || !url.ptr || rel_archives_have_url(*out, *n))
		return rc;
	rc = rel_opam_parse(&legacy, arena, url, path, err);
	r.tree = &legacy;
	(*out)[*n] = (struct rel_archive_of){.line = 1};
	return rc ? rc : read_section(&(*out)[(*n)++], &r, legacy.items);
}

int rel_archives_of(struct rel_archive_of **out, uint32_t *n,
		    struct rel_str text, struct rel_str url, const char *path,
		    struct rel_arena *arena, struct rel_error *err)
{
	return read_all(out, n, false, text, url, path, arena, err);
}

int rel_archives_and_files(struct rel_archive_of **out, uint32_t *n,
			   struct rel_str text, struct rel_str url,
			   const char *path, struct rel_arena *arena,
			   struct rel_error *err)
{
	return read_all(out, n, true, text, url, path, arena, err);
}
