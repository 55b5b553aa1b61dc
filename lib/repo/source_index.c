#include "repo/repo_private.h"

#include <stdlib.h>

#include "archive/read.h"
#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"

#define NO_NODE UINT32_MAX
#define ROOT	0u

struct rel_index_node {
	struct rel_str path;	      /* in `paths` */
	uint32_t parent, child, next; /* the tree; NO_NODE at the ends */
	enum rel_source_kind kind;
	bool executable;
	bool unkept;		/* content is not there, it is not wanted … */
	bool too_large;		/* … or was over the cap */
	struct rel_str content; /* of a file; target of a link */
};

/* Find or make the node of `path`, and of the directories above it. */
static int add_node(uint32_t *out, struct rel_source_index *index,
		    struct rel_str path, struct rel_error *err)
{
	rel_string_id id = rel_intern_add(&index->paths, path);
	struct rel_index_node node = {.parent = NO_NODE,
				      .child = NO_NODE,
				      .next = NO_NODE,
				      .kind = REL_SOURCE_DIR};
	int rc = 0;

	*out = id;
	if (id == REL_STRING_NONE)
		return rel_fail_nomem(err);
	if (id < index->n_nodes)
		return 0;
	node.path = rel_intern_get(&index->paths, id);
	if (rel_array_reserve(&index->nodes, &index->cap, (uint64_t)id + 1,
			      sizeof(node)) != 0)
		return rel_fail_nomem(err);
	index->nodes[index->n_nodes++] = node;
	if (id == ROOT)
		return 0;
	rc = add_node(&node.parent, index, rel_path_dir(path), err);
	if (rc)
		return rc;
	index->nodes[id].parent = node.parent;
	index->nodes[id].next = index->nodes[node.parent].child;
	index->nodes[node.parent].child = id;
	return 0;
}

/* Is the content of this member worth keeping? */
static bool is_wanted(struct rel_str path)
{
	struct rel_str base = rel_path_base(path);

	return rel_str_is(base, "opam") || rel_str_is(base, "url") ||
	       rel_str_is(base, "descr") || rel_str_is(path, "repo") ||
	       rel_str_is(path, "version") ||
	       rel_str_ends(base, REL_STR(".comp")) ||
	       rel_str_ends(base, REL_STR(".descr"));
}

static int keep_content(struct rel_source_index *index,
			struct rel_index_node *node,
			struct rel_archive *archive, struct rel_buf *buf,
			struct rel_error *err)
{
	char *copy;
	int rc;

	rel_buf_clear(buf);
	rc = rel_archive_content(buf, archive, err);
	if (rc)
		return rc;
	copy = rel_arena_copy(&index->content, rel_buf_str(buf));
	if (!copy)
		return rel_fail_nomem(err);
	node->content = rel_str_n(copy, buf->len);
	return 0;
}

static int keep_link(struct rel_source_index *index,
		     struct rel_index_node *node, struct rel_str target,
		     struct rel_error *err)
{
	char *copy = rel_arena_copy(&index->content, target);

	if (!copy)
		return rel_fail_nomem(err);
	node->kind = REL_SOURCE_LINK;
	node->content = rel_str_n(copy, target.len);
	return 0;
}

/* A hard link is the file it links to. */
static void keep_hardlink(struct rel_source_index *index,
			  struct rel_index_node *node, struct rel_str target)
{
	rel_string_id id = rel_intern_find(&index->paths, target);
	const struct rel_index_node *file;

	node->kind = REL_SOURCE_OTHER;
	if (id == REL_STRING_NONE || id >= index->n_nodes)
		return;
	file = &index->nodes[id];
	if (file == node || file->kind != REL_SOURCE_FILE)
		return;
	node->kind = REL_SOURCE_FILE;
	node->executable = file->executable;
	node->content = file->content;
	node->unkept = file->unkept;
	node->too_large = file->too_large;
}

static int add_member(struct rel_source_index *index,
		      const struct rel_archive_member *member,
		      struct rel_archive *archive, struct rel_buf *buf,
		      struct rel_error *err)
{
	struct rel_index_node *node;
	uint32_t id;
	int rc = add_node(&id, index, member->path, err);

	if (rc)
		return rc;
	node = &index->nodes[id];
	node->content = (struct rel_str){NULL, 0};
	node->unkept = node->too_large = node->executable = false;
	switch (member->kind) {
	case REL_ARCHIVE_DIR:
		node->kind = REL_SOURCE_DIR;
		return 0;
	case REL_ARCHIVE_FILE:
		node->kind = REL_SOURCE_FILE;
		node->executable = (member->mode & 0111) != 0;
		node->unkept = !is_wanted(member->path);
		node->too_large = member->size > REL_LIMIT_MANIFEST_BYTES;
		if (node->unkept || node->too_large)
			return 0;
		return keep_content(index, node, archive, buf, err);
	case REL_ARCHIVE_SYMLINK:
		return keep_link(index, node, member->target, err);
	case REL_ARCHIVE_HARDLINK:
		keep_hardlink(index, node, member->target);
		return 0;
	case REL_ARCHIVE_OTHER:
		node->kind = REL_SOURCE_OTHER;
		return 0;
	}
	return 0;
}

int rel_source_index_open(struct rel_source_index *index, struct rel_str bytes,
			  const char *name, const struct rel_cancel *cancel,
			  struct rel_error *err)
{
	struct rel_archive *archive = NULL;
	struct rel_archive_member member;
	struct rel_buf buf;
	uint32_t root;
	int rc, more = 0;

	*index = (struct rel_source_index){.nodes = NULL};
	rel_intern_init(&index->paths, REL_LIMIT_STRINGS);
	rel_arena_init(&index->content, REL_LIMIT_ARENA);
	rel_buf_init(&buf, REL_LIMIT_MANIFEST_BYTES);
	rc = add_node(&root, index, REL_STR(""), err);
	if (rc == 0)
		rc = rel_archive_open_memory(&archive, bytes, name, NULL,
					     cancel, err);
	while (rc == 0 && (more = rel_archive_next(&member, archive, err)) > 0)
		rc = add_member(index, &member, archive, &buf, err);
	rel_archive_close(archive);
	rel_buf_free(&buf);
	return rc ? rc : more;
}

int rel_source_index_enter(struct rel_source_index *index, struct rel_str dir,
			   struct rel_error *err)
{
	rel_string_id id = rel_intern_find(&index->paths, dir);

	if (id == REL_STRING_NONE || id >= index->n_nodes ||
	    index->nodes[id].kind != REL_SOURCE_DIR)
		return rel_fail(err, REL_ENOTFOUND,
				"the index has no directory %.*s",
				REL_STR_ARG(dir));
	index->root = id;
	return 0;
}

void rel_source_index_close(struct rel_source_index *index)
{
	rel_intern_free(&index->paths);
	rel_arena_free(&index->content);
	free(index->nodes);
	*index = (struct rel_source_index){.nodes = NULL};
}

static struct rel_source_entry entry_of(const struct rel_source_index *index,
					uint32_t id)
{
	const struct rel_index_node *node = &index->nodes[id];

	return (struct rel_source_entry){.name = rel_path_base(node->path),
					 .kind = node->kind,
					 .executable = node->executable,
					 .index = id};
}

static int list(void *context, unsigned worker, struct rel_source_list *out,
		struct rel_arena *names, struct rel_str path,
		const struct rel_source_entry *dir, struct rel_error *err)
{
	const struct rel_source_index *index = context;
	uint32_t id = path.len > 0 ? dir->index : index->root;
	int rc = 0;

	(void)worker;
	for (id = index->nodes[id].child; id != NO_NODE && rc == 0;
	     id = index->nodes[id].next) {
		struct rel_source_entry entry = entry_of(index, id);

		rc = rel_source_list_add(out, names, &entry, err);
	}
	return rc;
}

static int find(void *context, unsigned worker, struct rel_source_entry *out,
		struct rel_str path, struct rel_error *err)
{
	const struct rel_source_index *index = context;
	struct rel_str root = index->nodes[index->root].path;
	struct rel_buf full;
	rel_string_id id;
	int rc;

	(void)worker;
	rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&full, root, path);
	rc = rel_buf_status(&full, "path", err);
	id = rel_intern_find(&index->paths, rel_buf_str(&full));
	rel_buf_free(&full);
	if (rc == 0 && (id == REL_STRING_NONE || id >= index->n_nodes))
		rc = rel_fail(err, REL_ENOTFOUND, "no such member");
	if (rc == 0)
		*out = entry_of(index, id);
	return rc;
}

static int read_entry(void *context, unsigned worker, struct rel_buf *out,
		      struct rel_str path, const struct rel_source_entry *file,
		      struct rel_error *err)
{
	const struct rel_source_index *index = context;
	const struct rel_index_node *node = &index->nodes[file->index];

	(void)worker;
	(void)path;
	if (node->too_large)
		return rel_fail(err, REL_ELIMIT, "larger than %zu bytes",
				REL_LIMIT_MANIFEST_BYTES);
	if (node->unkept)
		return rel_fail(err, REL_EPARSE,
				"a link to a file that is no manifest");
	if (node->content.len > out->max - out->len)
		return rel_fail(err, REL_ELIMIT, "larger than %zu bytes",
				out->max);
	rel_buf_add_str(out, node->content);
	return rel_buf_status(out, "member", err);
}

struct rel_source rel_source_index(struct rel_source_index *index)
{
	return (struct rel_source){.has_ids = false,
				   .list = list,
				   .find = find,
				   .read = read_entry,
				   .context = index,
				   .spent = &index->spent};
}
