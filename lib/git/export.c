#include "git/export.h"

#include "base/limits.h"
#include "base/path.h"
#include "git/content.h"
#include "git/convert.h"

struct rel_git_export {
	struct rel_git_store *store;
	const struct rel_git_export_options *options;
	struct rel_git_id tree;
	struct rel_git_subst *subst;
	struct rel_git_attributes *attributes;
	struct rel_git_content content;
	struct rel_buf raw, converted, rewritten, target;
	bool is_converted; /* the current file's bytes are `made` */
	struct rel_str made;
	bool converted_given; /* rel_git_export_chunk() has told them */
	struct rel_buf dir;   /* the last directory that was told */
	rel_git_export_fn fn;
	void *context;
};

static const struct rel_git_export_options NO_OPTIONS;

static void init(struct rel_git_export *exported, struct rel_git_store *store,
		 const struct rel_git_export_options *options)
{
	exported->store = store;
	exported->options = options ? options : &NO_OPTIONS;
	rel_git_content_init(&exported->content, store,
			     exported->options->no_git_program,
			     exported->options->cancel);
	rel_buf_init(&exported->raw, REL_LIMIT_GIT_CONVERT_BYTES);
	rel_buf_init(&exported->converted, 2 * REL_LIMIT_GIT_CONVERT_BYTES);
	rel_buf_init(&exported->rewritten, 4 * REL_LIMIT_GIT_CONVERT_BYTES);
	rel_buf_init(&exported->target, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_init(&exported->dir, REL_LIMIT_GIT_PATH_BYTES);
}

int rel_git_export_open(struct rel_git_export **out,
			struct rel_git_store *store,
			const struct rel_git_id *commit,
			const struct rel_git_export_options *options,
			struct rel_error *err)
{
	struct rel_git_export *exported = calloc(1, sizeof(*exported));
	int r;

	*out = NULL;
	if (!exported)
		return rel_fail_nomem(err);
	init(exported, store, options);
	r = rel_git_commit_tree(&exported->tree, store, commit, NULL, err);
	if (r == 0)
		r = rel_git_subst_open(&exported->subst, store, commit,
				       exported->options->tag, err);
	if (r == 0)
		*out = exported;
	else
		rel_git_export_free(exported);
	return r;
}

void rel_git_export_free(struct rel_git_export *exported)
{
	if (!exported)
		return;
	rel_git_subst_free(exported->subst);
	rel_git_attributes_free(exported->attributes);
	rel_git_content_free(&exported->content);
	rel_buf_free(&exported->raw);
	rel_buf_free(&exported->converted);
	rel_buf_free(&exported->rewritten);
	rel_buf_free(&exported->target);
	rel_buf_free(&exported->dir);
	free(exported);
}

int64_t rel_git_export_time(const struct rel_git_export *exported)
{
	return rel_git_subst_time(exported->subst);
}

/* Read the .gitattributes file of a directory, if there is one. */
static int push_attributes(struct rel_git_export *exported, struct rel_str dir,
			   const struct rel_git_id *tree, struct rel_error *err)
{
	struct rel_git_entry entry;
	struct rel_buf text;
	int r;

	rel_buf_init(&text, REL_LIMIT_GIT_ATTRIBUTES_BYTES);
	r = rel_git_tree_find(&entry, exported->store, tree,
			      REL_STR(".gitattributes"), err);
	/* A link could lead anywhere; git does not follow it either. */
	if (r == 0 &&
	    (entry.kind == REL_GIT_BLOB || entry.kind == REL_GIT_EXECUTABLE))
		r = rel_git_blob_read(&text, exported->store, &entry.id, err);
	if (r == REL_ENOTFOUND)
		r = 0;
	if (r == 0)
		r = rel_git_attributes_push(exported->attributes, dir,
					    rel_buf_str(&text), err);
	else
		rel_error_prefix(err, "%.*s/.gitattributes", REL_STR_ARG(dir));
	rel_buf_free(&text);
	return r;
}

static int refuse(struct rel_error *err, struct rel_str path, const char *why)
{
	return rel_fail(err, REL_EUSAGE, "\"%.*s\": %s", REL_STR_ARG(path),
			why);
}

/* Names that not every system can unpack, or that deceive. */
static int check_name(struct rel_str path, struct rel_str name,
		      struct rel_error *err)
{
	size_t bad;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c < 32 || c == 127)
			return rel_fail(err, REL_EUSAGE,
					"a name below \"%.*s\" has a control "
					"character (code %d): rename it or "
					"mark it export-ignore",
					REL_STR_ARG(rel_path_dir(path)), c);
		if (c == '\\')
			return refuse(err, path,
				      "backslash in a name: rename it or mark "
				      "it export-ignore");
	}
	if (!rel_str_is_utf8(name, &bad))
		return rel_fail(err, REL_EUSAGE,
				"a name below \"%.*s\" is not UTF-8: rename "
				"it or mark it export-ignore",
				REL_STR_ARG(rel_path_dir(path)));
	if (name.len == 4 && strncasecmp(name.ptr, ".git", 4) == 0)
		return refuse(err, path,
			      "git would take it for its own directory: "
			      "rename it or mark it export-ignore");
	return 0;
}

/*
 * A target is inside the tree when its ".." parts all stand in front and are
 * not more than the directories above the link: then no other link can change
 * what they mean.
 */
static bool stays_inside(struct rel_str path, struct rel_str target)
{
	struct rel_str rest = rel_path_dir(path), part;
	bool down = false;
	size_t above = 0;

	while (rest.len > 0) {
		part = rel_str_cut(&rest, '/');
		above += part.len > 0;
	}
	if (target.len == 0 || target.ptr[0] == '/' ||
	    memchr(target.ptr, '\0', target.len))
		return false;
	for (rest = target; rest.ptr;) {
		part = rel_str_cut(&rest, '/');
		if (part.len == 0 || rel_str_is(part, "."))
			continue;
		if (!rel_str_is(part, "..")) {
			down = true;
			continue;
		}
		if (down || above == 0)
			return false;
		above--;
	}
	return true;
}

static int read_target(struct rel_git_export *exported, struct rel_str path,
		       const struct rel_git_entry *entry, struct rel_error *err)
{
	struct rel_str target;
	int r;

	rel_buf_clear(&exported->target);
	r = rel_git_blob_read(&exported->target, exported->store, &entry->id,
			      err);
	if (r < 0) {
		rel_error_prefix(err, "%.*s", REL_STR_ARG(path));
		return r;
	}
	target = rel_buf_str(&exported->target);
	if (!stays_inside(path, target))
		return refuse(err, path,
			      "a symbolic link that leads out of the tree (or "
			      "has \"..\" behind a name): replace it or mark "
			      "it export-ignore");
	return check_name(path, target, err);
}

static int check_attributes(
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    struct rel_str path, struct rel_error *err)
{
	const struct rel_git_attribute_value *filter = &values[REL_GIT_FILTER];
	const struct rel_git_attribute_value *encoding =
	    &values[REL_GIT_ENCODING];

	if (filter->state == REL_GIT_VALUE)
		return rel_fail(
		    err, REL_EUSAGE,
		    "\"%.*s\": .gitattributes says filter=%.*s, so git does "
		    "not hold the file itself: take it out of the filter or "
		    "mark it export-ignore",
		    REL_STR_ARG(path), REL_STR_ARG(filter->text));
	if (encoding->state == REL_GIT_VALUE)
		return refuse(err, path,
			      "working-tree-encoding is not supported: mark "
			      "it export-ignore or drop the attribute");
	return 0;
}

/* Big trees are read by git, not held by libgit2 (git/content.h). */
static int read_whole(struct rel_git_export *exported,
		      const struct rel_git_id *blob, struct rel_error *err)
{
	struct rel_str piece;
	uint64_t size;
	int r = rel_git_content_begin(&size, &exported->content, blob, err);

	if (r == 0 && size > REL_LIMIT_GIT_CONVERT_BYTES)
		return rel_fail(err, REL_ELIMIT,
				"a file of %ju bytes that an attribute would "
				"change; at most %zu may be",
				(uintmax_t)size, REL_LIMIT_GIT_CONVERT_BYTES);
	while (r == 0) {
		r = rel_git_content_next(&piece, &exported->content, err);
		if (r <= 0)
			break;
		rel_buf_add_str(&exported->raw, piece);
		r = rel_buf_status(&exported->raw, "file in git", err);
	}
	return r;
}

/* A file that is read whole, since its bytes may change. */
static int convert(
    struct rel_git_export *exported,
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    struct rel_git_export_entry *out, struct rel_error *err)
{
	const struct rel_git_export_options *options = exported->options;
	struct rel_str raw, made;
	bool has_place = false; /* the error */
	int r;

	rel_buf_clear(&exported->raw);
	rel_buf_clear(&exported->converted);
	r = read_whole(exported, &out->id, err);
	raw = made = rel_buf_str(&exported->raw);
	if (r == 0 && rel_git_convert_may(values)) {
		r = rel_git_convert(&exported->converted, values,
				    exported->subst, &out->id, raw, err);
		made = rel_buf_str(&exported->converted);
	}
	if (r == 0 && options->rewrite) {
		rel_buf_clear(&exported->rewritten);
		r = options->rewrite(options->rewrite_context,
				     &exported->rewritten, out->path, made,
				     err);
		has_place = r < 0;
		made = rel_buf_str(&exported->rewritten);
	}
	exported->made = made;
	out->converted = r == 0 && !rel_str_eq(raw, made);
	if (out->converted)
		r = rel_git_blob_id(&out->id, made, err);
	exported->is_converted = r == 0 && out->converted;
	exported->converted_given = false;
	if (r < 0 && !has_place)
		rel_error_prefix(err, "\"%.*s\"", REL_STR_ARG(out->path));
	return r;
}

/* May its bytes change? */
static int may_change(
    bool *out, struct rel_git_export *exported,
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    const struct rel_git_id *blob, struct rel_error *err)
{
	uint64_t size;
	int r;

	*out = rel_git_convert_may(values);
	if (*out || !exported->options->rewrite)
		return 0;
	r = rel_git_blob_size(&size, exported->store, blob, err);
	*out = r == 0 && size <= REL_LIMIT_GIT_CONVERT_BYTES;
	return r;
}

/* Tell the directories above `path` that have not been told. */
static int tell_dirs(struct rel_git_export *exported, struct rel_str path,
		     struct rel_error *err)
{
	struct rel_git_export_entry entry = {.kind = REL_GIT_TREE};
	size_t same = 0, end;
	int r = 0;

	while (same < path.len && same < exported->dir.len &&
	       path.ptr[same] == exported->dir.ptr[same])
		same++;
	if (same == exported->dir.len && same < path.len &&
	    path.ptr[same] == '/')
		same++;
	for (end = 1; r == 0 && end < path.len; end++) {
		struct rel_str dir = rel_str_sub(path, 0, end);

		/* As much of it was told as is the same up to a slash. */
		if (path.ptr[end] != '/' || end < same)
			continue;
		rel_buf_clear(&exported->dir);
		rel_buf_add_str(&exported->dir, dir);
		r = rel_buf_status(&exported->dir, "path in a git tree", err);
		entry.path = rel_buf_str(&exported->dir);
		if (r == 0)
			r = exported->fn(exported->context, exported, &entry,
					 err);
	}
	return r;
}

static int export_entry(
    struct rel_git_export *exported, struct rel_str path,
    const struct rel_git_entry *entry,
    const struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES],
    struct rel_error *err)
{
	struct rel_git_export_entry out = {
	    .path = path, .kind = entry->kind, .id = entry->id};
	bool may = false;
	int r = 0;

	exported->is_converted = false;
	if (entry->kind == REL_GIT_COMMIT) {
		if (!exported->options->empty_submodules)
			return refuse(err, path,
				      "a submodule, whose files are in "
				      "another repository: copy them into "
				      "this one or mark it export-ignore");
		out.kind = REL_GIT_TREE;
		memset(&out.id, 0, sizeof(out.id));
	} else if (entry->kind == REL_GIT_SYMLINK) {
		r = read_target(exported, path, entry, err);
		out.target = rel_buf_str(&exported->target);
	} else {
		r = check_attributes(values, path, err);
		if (r == 0)
			r = may_change(&may, exported, values, &out.id, err);
		if (r == 0 && may)
			r = convert(exported, values, &out, err);
	}
	if (r == 0)
		r = exported->fn(exported->context, exported, &out, err);
	return r;
}

static int visit(void *context, struct rel_str path, unsigned depth,
		 const struct rel_git_entry *entry, struct rel_error *err)
{
	struct rel_git_attribute_value values[REL_GIT_ATTRIBUTES];
	struct rel_git_export *exported = context;
	bool is_dir =
	    entry->kind == REL_GIT_TREE || entry->kind == REL_GIT_COMMIT;
	int r = 0;

	if (rel_cancelled(exported->options->cancel))
		return rel_fail_cancelled(err);
	rel_git_attributes_keep(exported->attributes, depth + 1);
	rel_git_attributes_of(values, exported->attributes, path, is_dir);
	/* Before a file is left out, for git archive does the same. */
	if (entry->kind != REL_GIT_TREE)
		r = tell_dirs(exported, path, err);
	if (r == 0 && values[REL_GIT_EXPORT_IGNORE].state == REL_GIT_SET)
		return REL_GIT_SKIP;
	if (r == 0)
		r = check_name(path, entry->name, err);
	if (r < 0)
		return r;
	if (entry->kind == REL_GIT_TREE)
		return push_attributes(exported, path, &entry->id, err);
	return export_entry(exported, path, entry, values, err);
}

int rel_git_export_each(struct rel_git_export *exported, rel_git_export_fn fn,
			void *context, struct rel_error *err)
{
	int r;

	rel_git_attributes_free(exported->attributes);
	r = rel_git_attributes_new(&exported->attributes, err);
	if (r == 0)
		r = push_attributes(exported, rel_str_n("", 0), &exported->tree,
				    err);
	if (r < 0)
		return r;
	exported->fn = fn;
	exported->context = context;
	rel_buf_clear(&exported->dir);
	return rel_git_tree_walk(exported->store, &exported->tree, visit,
				 exported, err);
}

int rel_git_export_begin(uint64_t *size, struct rel_git_export *exported,
			 const struct rel_git_export_entry *entry,
			 struct rel_error *err)
{
	int r;

	if (exported->is_converted) {
		exported->converted_given = false;
		*size = exported->made.len;
		return 0;
	}
	r = rel_git_content_begin(size, &exported->content, &entry->id, err);
	if (r < 0)
		rel_error_prefix(err, "\"%.*s\"", REL_STR_ARG(entry->path));
	return r;
}

int rel_git_export_chunk(struct rel_str *out, struct rel_git_export *exported,
			 struct rel_error *err)
{
	if (!exported->is_converted)
		return rel_git_content_next(out, &exported->content, err);
	*out = exported->made;
	if (exported->converted_given || out->len == 0)
		return 0;
	exported->converted_given = true;
	return 1;
}
