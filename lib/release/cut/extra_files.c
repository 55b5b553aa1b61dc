/*
 * The files that travel with a manifest.  opam looks for them in files/ beside
 * the opam file; extra-files: names them with a checksum each.  From opam 2.3
 * on only what is named is used, before that everything that lies there, so
 * that both must be the same.
 * Source  opam src/state/opamFileTools.ml, add_aux_files, at 2.1.2 and 2.3.0
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/tree.h"
#include "release/cut/cut_private.h"

/* The files of one package while they are read. */
struct reading {
	struct rel_cut *cut;
	const struct rel_project_package *package;
	struct rel_opam_tree tree;
	struct rel_str dir; /* files/ in the source */
	struct rel_cut_files *out;
	uint32_t line; /* of extra-files:; 0 = there is none */
	/* what may lie there: all that a package beside this one names */
	const struct rel_opam_tree *siblings;
	size_t n_siblings;
	bool exclusive; /* nothing else belongs there */
};

static int add_finding(struct reading *r, uint32_t line, bool warning,
		       const char *text, struct rel_error *err)
{
	enum rel_cut_severity severity =
	    warning ? REL_CUT_WARNING : REL_CUT_ERROR;

	if (!text)
		return rel_fail_nomem(err);
	r->out->wrong = r->out->wrong || !warning;
	return rel_cut_find(r->cut, severity, r->package->path.ptr, line, err,
			    "%s", text);
}

/* The value of a field, or NULL. */
static const struct rel_node *value_of(const struct rel_opam_tree *tree,
				       const char *name)
{
	rel_node_id field = rel_opam_field(tree, tree->items, name);

	return field == REL_NODE_NONE ? NULL
				      : &tree->nodes[tree->nodes[field].child];
}

static const struct rel_node *node_at(const struct rel_opam_tree *tree,
				      rel_node_id id)
{
	return id == REL_NODE_NONE ? NULL : &tree->nodes[id];
}

/* The first pair of extra-files:, as its list; a single one may do without
 * brackets around it. */
static const struct rel_node *first_pair(const struct rel_opam_tree *tree)
{
	const struct rel_node *value = value_of(tree, "extra-files"), *first;

	if (!value || value->kind != REL_NODE_LIST)
		return NULL;
	first = node_at(tree, value->child);
	return first && first->kind != REL_NODE_LIST ? value : first;
}

/* Name and checksum; what is no pair is lint's to tell. */
static bool read_pair(const struct rel_node **name,
		      const struct rel_node **checksum,
		      const struct rel_opam_tree *tree,
		      const struct rel_node *pair)
{
	*name = pair->kind == REL_NODE_LIST ? node_at(tree, pair->child) : NULL;
	*checksum = *name ? node_at(tree, (*name)->next) : NULL;
	return *checksum && (*name)->kind == REL_NODE_STRING &&
	       (*checksum)->kind == REL_NODE_STRING;
}

static bool names_file(const struct rel_opam_tree *tree, struct rel_str file)
{
	const struct rel_node *name, *checksum;

	for (const struct rel_node *pair = first_pair(tree); pair;
	     pair = node_at(tree, pair->next)) {
		if (read_pair(&name, &checksum, tree, pair) &&
		    rel_str_eq(name->text, file))
			return true;
		if (pair == value_of(tree, "extra-files"))
			break;
	}
	return false;
}

/* Names that git, a terminal and every file system take. */
static bool is_fine_name(struct rel_str name)
{
	uint32_t rune;

	if (!rel_path_is_safe(name))
		return false;
	for (size_t i = 0; i < name.len; i += rel_str_rune(name, i, &rune)) {
		rel_str_rune(name, i, &rune);
		if (rune == REL_STR_NO_RUNE || rel_rune_is_control(rune))
			return false;
	}
	return true;
}

static struct rel_cut_file *find_file(struct rel_cut_files *files,
				      struct rel_str name)
{
	for (size_t i = 0; i < files->count; i++) {
		if (rel_str_eq(files->items[i].name, name))
			return &files->items[i];
	}
	return NULL;
}

static int check_sum(struct reading *r, const struct rel_cut_file *file,
		     const struct rel_node *checksum, struct rel_error *err)
{
	char text[REL_DIGEST_TEXT_MAX];
	struct rel_digest wanted, found;
	struct rel_error why = {0};
	int rc = rel_digest_parse(&wanted, checksum->text, &why);

	if (rc)
		return add_finding(r, checksum->line, false,
				   rel_cut_text(r->cut, "extra-files: %.*s: %s",
						REL_STR_ARG(file->name),
						why.text),
				   err);
	rc = rel_digest_of(&found, wanted.algo, file->content, err);
	if (rc || rel_digest_cmp(&wanted, &found) == 0)
		return rc;
	rel_digest_format(text, &found);
	return add_finding(
	    r, checksum->line, false,
	    rel_cut_text(r->cut,
			 "extra-files: %.*s/%.*s has %s, not %.*s; correct "
			 "the checksum or restore the file",
			 REL_STR_ARG(r->dir), REL_STR_ARG(file->name), text,
			 REL_STR_ARG(checksum->text)),
	    err);
}

/* Read a file into r->out. */
static int add_file(struct reading *r, struct rel_str name,
		    const struct rel_git_entry *entry, struct rel_error *err)
{
	struct rel_cut *cut = r->cut;
	struct rel_cut_file *file = &r->out->items[r->out->count];
	struct rel_str package = r->package->name;
	char *copy = rel_arena_copy(&cut->arena, name);
	int rc;

	file->path = rel_cut_text(cut, "packages/%.*s/%.*s.%s/files/%.*s",
				  REL_STR_ARG(package), REL_STR_ARG(package),
				  cut->plan.version, REL_STR_ARG(name));
	if (!copy || !file->path)
		return rel_fail_nomem(err);
	file->name = rel_str_n(copy, name.len);
	rc = rel_git_blob_arena(&file->content, &cut->arena,
				REL_LIMIT_EXTRA_FILE_BYTES, cut->project->store,
				&entry->id, err);
	if (rc)
		rel_error_prefix(err, "%.*s/%.*s", REL_STR_ARG(r->dir),
				 REL_STR_ARG(name));
	else
		r->out->count++;
	return rc;
}

/* One pair of extra-files:. */
static int take_pair(struct reading *r, const struct rel_node *name,
		     const struct rel_node *checksum, struct rel_error *err)
{
	struct rel_cut *cut = r->cut;
	struct rel_cut_file *file = find_file(r->out, name->text);
	struct rel_git_entry entry = {.kind = REL_GIT_TREE};
	char *path;
	int rc;

	if (file)
		return check_sum(r, file, checksum, err);
	if (!is_fine_name(name->text))
		return add_finding(
		    r, name->line, false,
		    rel_cut_text(cut,
				 "extra-files: \"%.*s\" is no path below "
				 "files/; name it without \"..\", \".\" and a "
				 "\"/\" in front",
				 REL_STR_ARG(name->text)),
		    err);
	path = rel_cut_text(cut, "%.*s/%.*s", REL_STR_ARG(r->dir),
			    REL_STR_ARG(name->text));
	if (!path)
		return rel_fail_nomem(err);
	rc = rel_git_tree_find(&entry, cut->project->store, &cut->project->tree,
			       rel_str_of(path), err);
	if (rc && rc != REL_ENOTFOUND)
		return rc;
	if (rc)
		return add_finding(
		    r, name->line, false,
		    rel_cut_text(cut,
				 "extra-files: %s is not in the commit; add "
				 "and commit it, or take it from extra-files:",
				 path),
		    err);
	if (entry.kind != REL_GIT_BLOB && entry.kind != REL_GIT_EXECUTABLE)
		return add_finding(
		    r, name->line, false,
		    rel_cut_text(cut,
				 "extra-files: %s is no regular file; put the "
				 "file itself there",
				 path),
		    err);
	rc = add_file(r, name->text, &entry, err);
	if (rc == 0)
		rc = check_sum(r, &r->out->items[r->out->count - 1], checksum,
			       err);
	if (rc == 0 && entry.kind == REL_GIT_EXECUTABLE)
		rc = add_finding(
		    r, name->line, true,
		    rel_cut_text(cut,
				 "extra-files: %s is executable, a file in a "
				 "repository is not; run it with its "
				 "interpreter, and take the bit away: git "
				 "update-index --chmod=-x %s",
				 path, path),
		    err);
	return rc;
}

/* How the line would be that names a file. */
static char *pair_of(struct rel_cut *cut, struct rel_str path,
		     const struct rel_git_entry *entry, struct rel_error *err)
{
	char text[REL_DIGEST_TEXT_MAX];
	struct rel_digest digest;
	struct rel_buf content;
	char *pair = NULL;
	int rc;

	rel_buf_init(&content, REL_LIMIT_EXTRA_FILE_BYTES);
	rc = rel_git_blob_read(&content, cut->project->store, &entry->id, err);
	if (rc == 0)
		rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
				   rel_buf_str(&content), err);
	if (rc == 0) {
		rel_digest_format(text, &digest);
		pair = rel_cut_text(cut, "[\"%.*s\" \"%s\"]", REL_STR_ARG(path),
				    text);
		if (!pair)
			rel_fail_nomem(err);
	}
	rel_buf_free(&content);
	return pair;
}

/* What lies in files/: is it named? */
static int check_entry(void *context, struct rel_str path, unsigned depth,
		       const struct rel_git_entry *entry, struct rel_error *err)
{
	struct reading *r = context;
	bool named = names_file(&r->tree, path);
	char *pair;

	(void)depth;
	if (rel_cancelled(r->cut->options->cancel))
		return rel_fail_cancelled(err);
	if (entry->kind == REL_GIT_TREE)
		return 0;
	for (size_t i = 0; i < r->n_siblings && !named; i++)
		named = names_file(&r->siblings[i], path);
	if (named)
		return 0;
	if (entry->kind != REL_GIT_BLOB && entry->kind != REL_GIT_EXECUTABLE)
		return add_finding(
		    r, r->line, false,
		    rel_cut_text(r->cut,
				 "%.*s/%.*s is no regular file; a repository "
				 "holds none of its kind: remove it",
				 REL_STR_ARG(r->dir), REL_STR_ARG(path)),
		    err);
	pair = pair_of(r->cut, path, entry, err);
	if (!pair)
		return err->code;
	return add_finding(
	    r, r->line, false,
	    rel_cut_text(r->cut,
			 "%.*s/%.*s is not in extra-files:, and so opam does "
			 "not use it from 2.3 on; add %s there, or remove the "
			 "file",
			 REL_STR_ARG(r->dir), REL_STR_ARG(path), pair),
	    err);
}

/* All packages that share files/ with this one. */
static int read_siblings(struct reading *r, struct rel_error *err)
{
	const struct rel_project *project = r->cut->project;
	struct rel_str dir = rel_path_dir(r->package->path);
	struct rel_opam_tree *trees = rel_arena_array(
	    &r->cut->arena, project->n_packages + 1, sizeof(*trees));
	int rc = trees ? 0 : rel_fail_nomem(err);

	r->siblings = trees;
	for (size_t i = 0; i < project->n_packages && rc == 0; i++) {
		const struct rel_project_package *p = &project->packages[i];

		if (p == r->package || p->path.len == 0 ||
		    !rel_str_eq(rel_path_dir(p->path), dir))
			continue;
		rc = rel_opam_parse(&trees[r->n_siblings], &r->cut->arena,
				    p->text, p->path.ptr, err);
		if (rc == 0 && first_pair(&trees[r->n_siblings]))
			r->exclusive = true;
		r->n_siblings++;
	}
	return rc;
}

/* Was files/ gone through for a chosen package before this one? */
static bool is_seen(const struct reading *r)
{
	const struct rel_cut *cut = r->cut;

	for (size_t i = 0; i < cut->n_chosen; i++) {
		const struct rel_project_package *p =
		    &cut->project->packages[cut->chosen[i]];

		if (p == r->package)
			break;
		if (rel_str_eq(rel_path_dir(p->path),
			       rel_path_dir(r->package->path)))
			return true;
	}
	return false;
}

/* Is everything in files/ named?  At the top of a source it may be a directory
 * of the project's own, unless a package has files there. */
static int check_directory(struct reading *r, struct rel_error *err)
{
	const struct rel_project *project = r->cut->project;
	struct rel_str dir = rel_path_dir(r->package->path);
	struct rel_git_entry entry;
	int rc;

	r->exclusive = r->line != 0 || rel_str_is(rel_path_base(dir), "opam") ||
		       rel_str_ends(dir, REL_STR(".opam"));
	if (is_seen(r))
		return 0;
	rc = read_siblings(r, err);
	if (rc || !r->exclusive)
		return rc;
	rc = rel_git_tree_find(&entry, project->store, &project->tree, r->dir,
			       err);
	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc == 0 && entry.kind != REL_GIT_TREE)
		return add_finding(
		    r, r->line, false,
		    rel_cut_text(r->cut,
				 "%.*s is no directory; put the files "
				 "themselves there, or remove it",
				 REL_STR_ARG(r->dir)),
		    err);
	if (rc == 0)
		rc = rel_git_tree_walk(project->store, &entry.id, check_entry,
				       r, err);
	return rc;
}

static int fail_many(const struct reading *r, const char *field,
		     struct rel_error *err)
{
	rel_fail(err, REL_ELIMIT, "%s: names %u files or more", field,
		 REL_LIMIT_EXTRA_FILES);
	rel_error_at(err, r->package->path.ptr, 0, 0);
	return REL_ELIMIT;
}

static int take_pairs(struct reading *r, struct rel_error *err)
{
	const struct rel_node *value = value_of(&r->tree, "extra-files");
	const struct rel_node *name, *checksum;
	size_t n = 1;
	int rc = 0;

	r->line = value ? value->line : 0;
	for (const struct rel_node *pair = first_pair(&r->tree); pair;
	     pair = node_at(&r->tree, pair->next))
		n++;
	if (n > REL_LIMIT_EXTRA_FILES)
		return fail_many(r, "extra-files", err);
	r->out->items =
	    rel_arena_array(&r->cut->arena, n, sizeof(*r->out->items));
	if (!r->out->items)
		return rel_fail_nomem(err);
	for (const struct rel_node *pair = first_pair(&r->tree);
	     pair && rc == 0; pair = node_at(&r->tree, pair->next)) {
		if (read_pair(&name, &checksum, &r->tree, pair))
			rc = take_pair(r, name, checksum, err);
		if (pair == value)
			break;
	}
	return rc;
}

/* Will there be a file of this name (NUL-terminated) beside the archive? */
static bool is_beside(const struct reading *r, struct rel_str name)
{
	return names_file(&r->tree, name) ||
	       rel_opam_section(&r->tree, r->tree.items, "extra-source",
				name.ptr) != REL_NODE_NONE;
}

/* The string of an item that may have a filter. */
static const struct rel_node *string_of(const struct rel_opam_tree *tree,
					const struct rel_node *item)
{
	if (item->kind == REL_NODE_OPTION)
		item = node_at(tree, item->child);
	return item && item->kind == REL_NODE_STRING ? item : NULL;
}

/* Does the field, a list or a single item, have this text? */
static bool lists(const struct rel_opam_tree *tree, const char *field,
		  struct rel_str text)
{
	const struct rel_node *item = value_of(tree, field), *string;

	if (item && item->kind == REL_NODE_LIST)
		item = node_at(tree, item->child);
	for (; item; item = node_at(tree, item->next)) {
		string = string_of(tree, item);
		if (string && rel_str_eq(string->text, text))
			return true;
	}
	return false;
}

static int add_required(struct reading *r, size_t package, const char *field,
			const struct rel_node *node, const char *suffix,
			struct rel_error *err)
{
	struct rel_cut_required *w = &r->cut->required[r->cut->n_required];
	char *path =
	    rel_cut_text(r->cut, "%.*s%s", REL_STR_ARG(node->text), suffix);

	if (!path)
		return rel_fail_nomem(err);
	*w = (struct rel_cut_required){package, field, node->line,
				       rel_str_of(path), false};
	w->found = is_beside(r, w->path);
	r->cut->n_required++;
	return 0;
}

static size_t count_items(const struct rel_opam_tree *tree, const char *field)
{
	const struct rel_node *item = value_of(tree, field);
	size_t n = 1;

	for (item = item ? node_at(tree, item->child) : NULL; item;
	     item = node_at(tree, item->next))
		n++;
	return n;
}

/* A patch may itself be substituted first; what is substituted may come from
 * a patch, which only opam can say. */
static int take_required(struct reading *r, size_t package,
			 struct rel_error *err)
{
	static const char *const fields[] = {"patches", "substs"};
	const struct rel_opam_tree *tree = &r->tree;
	struct rel_cut *cut = r->cut;
	size_t max = cut->n_required + count_items(tree, fields[0]) +
		     count_items(tree, fields[1]);
	struct rel_cut_required *all =
	    rel_arena_array(&cut->arena, max, sizeof(*all));
	int rc = all ? 0 : rel_fail_nomem(err);

	if (rc == 0 && max - cut->n_required > REL_LIMIT_EXTRA_FILES)
		rc = fail_many(r, "patches", err);
	if (rc == 0 && cut->n_required)
		memcpy(all, cut->required, cut->n_required * sizeof(*all));
	cut->required = all;
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		const struct rel_node *item = value_of(tree, fields[i]), *text;
		bool subst = i == 1;

		if (item && item->kind == REL_NODE_LIST)
			item = node_at(tree, item->child);
		for (; item && rc == 0; item = node_at(tree, item->next)) {
			text = string_of(tree, item);
			if (!text ||
			    (subst ? value_of(tree, "patches") &&
					 !lists(tree, "patches", text->text)
				   : lists(tree, "substs", text->text)))
				continue;
			rc = add_required(r, package, fields[i], text,
					  subst ? ".in" : "", err);
		}
	}
	return rc;
}

static int read_package(struct rel_cut *cut, size_t i, struct rel_error *err)
{
	struct reading r = {.cut = cut,
			    .package = &cut->project->packages[cut->chosen[i]],
			    .out = &cut->files[i]};
	struct rel_str dir = rel_path_dir(r.package->path);
	char *files = rel_cut_text(cut, "%.*s%sfiles", REL_STR_ARG(dir),
				   dir.len ? "/" : "");
	int rc = files ? rel_opam_parse(&r.tree, &cut->arena,
					rel_cut_opam_text(cut, i),
					r.package->path.ptr, err)
		       : rel_fail_nomem(err);

	if (rc)
		return rc;
	r.dir = rel_str_of(files);
	rc = take_pairs(&r, err);
	if (rc == 0)
		rc = check_directory(&r, err);
	return rc ? rc : take_required(&r, i, err);
}

int rel_cut_read_files(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	cut->n_required = 0;
	cut->files = rel_arena_array(&cut->arena, cut->n_chosen + 1,
				     sizeof(*cut->files));
	if (!cut->files)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < cut->n_chosen && rc == 0; i++)
		rc = read_package(cut, i, err);
	return rc;
}

void rel_cut_mark_required(struct rel_cut *cut, struct rel_str path)
{
	for (size_t i = 0; i < cut->n_required; i++) {
		if (rel_str_eq(cut->required[i].path, path))
			cut->required[i].found = true;
	}
}
