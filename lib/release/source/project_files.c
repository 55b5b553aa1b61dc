/* The files of a project that say what its packages are: opam files, and
 * dune-project. */
#include "base/limits.h"
#include "opam/tree.h"
#include "opam/version.h"
#include "release/source/source_private.h"

/* A directory being listed. */
struct listing {
	struct rel_project_work *work;
	const char *prefix; /* "" or "opam/" */
};

static bool is_file(const struct rel_git_entry *entry)
{
	return entry->kind == REL_GIT_BLOB || entry->kind == REL_GIT_EXECUTABLE;
}

static int join(struct rel_str *out, struct rel_project_work *work,
		const char *prefix, struct rel_str name, const char *suffix)
{
	struct rel_buf path;
	char *copy;

	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_add_cstr(&path, prefix);
	rel_buf_add_str(&path, name);
	rel_buf_add_cstr(&path, suffix);
	copy = path.status
		   ? NULL
		   : rel_arena_copy(&work->project->arena, rel_buf_str(&path));
	*out = rel_str_n(copy, path.len);
	rel_buf_free(&path);
	return copy ? 0 : rel_fail_nomem(work->err);
}

/* PKG.opam, or PKG.opam/opam: a package called PKG. */
static int add_named(const struct listing *listing,
		     const struct rel_git_entry *entry)
{
	struct rel_project_work *work = listing->work;
	struct rel_str name =
	    rel_str_sub(entry->name, 0, entry->name.len - strlen(".opam"));
	struct rel_str path;
	char *copy;
	int rc = join(&path, work, listing->prefix, entry->name,
		      is_file(entry) ? "" : "/opam");

	if (rc)
		return rc;
	if (!rel_package_name_is_valid(name)) {
		rc = rel_fail(work->err, REL_EPARSE,
			      "\"%.*s\" is no name of a package; rename the "
			      "file",
			      REL_STR_ARG(name));
		rel_error_at(work->err, path.ptr, 0, 0);
		return rc;
	}
	copy = rel_arena_copy(&work->project->arena, name);
	if (!copy)
		return rel_fail_nomem(work->err);
	return rel_project_add(work, rel_str_n(copy, name.len), path);
}

/* `opam` or `opam/opam`: its name is in it. */
static int add_single(const struct listing *listing,
		      const struct rel_git_entry *entry)
{
	struct rel_project_work *work = listing->work;
	struct rel_str path;
	int rc = join(&path, work, listing->prefix, entry->name, "");

	return rc ? rc : rel_project_add(work, REL_STR(""), path);
}

/* Does the directory hold a file called opam? */
static int holds_opam(bool *out, struct rel_project_work *work,
		      const struct rel_git_entry *dir)
{
	struct rel_git_entry entry;
	int rc = rel_git_tree_find(&entry, work->project->store, &dir->id,
				   REL_STR("opam"), work->err);

	*out = !rc && is_file(&entry);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static int look(void *context, struct rel_str path, unsigned depth,
		const struct rel_git_entry *entry, struct rel_error *err)
{
	struct listing *listing = context;
	bool top = listing->prefix[0] == '\0';
	bool named = entry->name.len > strlen(".opam") &&
		     rel_str_ends(entry->name, REL_STR(".opam"));
	bool wanted = named;
	int rc = 0;

	(void)path;
	(void)depth;
	if (named && entry->kind == REL_GIT_TREE)
		rc = holds_opam(&wanted, listing->work, entry);
	else if (named)
		wanted = is_file(entry);
	if (rc)
		return rc;
	if (wanted)
		return add_named(listing, entry);
	if (!rel_str_is(entry->name, "opam"))
		return 0;
	if (is_file(entry))
		return add_single(listing, entry);
	if (top && entry->kind == REL_GIT_TREE) {
		struct listing inner = {listing->work, "opam/"};

		return rel_git_tree_list(listing->work->project->store,
					 &entry->id, look, &inner, err);
	}
	return 0;
}

/* The text of a field that is a string; empty when it is absent or none. */
static struct rel_str field_text(const struct rel_opam_tree *tree,
				 const char *name, const struct rel_node **node)
{
	rel_node_id field = rel_opam_field(tree, tree->items, name);
	const struct rel_node *value;

	*node = NULL;
	if (field == REL_NODE_NONE)
		return REL_STR("");
	value = &tree->nodes[tree->nodes[field].child];
	*node = value;
	return value->kind == REL_NODE_STRING ? value->text : REL_STR("");
}

static int fail_name(struct rel_project_work *work,
		     const struct rel_project_package *package,
		     const struct rel_node *node, const char *text)
{
	int rc = rel_fail(work->err, REL_EPARSE, "%s", text);

	rel_error_at(work->err, package->path.ptr, node ? node->line : 0,
		     node ? node->column : 0);
	return rc;
}

static int settle_name(struct rel_project_work *work,
		       struct rel_project_package *package,
		       const struct rel_opam_tree *tree)
{
	const struct rel_node *node;
	struct rel_str name = field_text(tree, "name", &node);
	char *copy;

	if (package->name.len) {
		if (name.len == 0 || rel_str_eq(name, package->name))
			return 0;
		return fail_name(work, package, node,
				 "the file is called otherwise than its "
				 "\"name:\" says; make them agree");
	}
	if (name.len == 0)
		name = work->dune_name;
	if (!rel_package_name_is_valid(name))
		return fail_name(work, package, node,
				 "the name of the package is not known; say it "
				 "with \"name:\", or call the file "
				 "PACKAGE.opam");
	copy = rel_arena_copy(&work->project->arena, name);
	if (!copy)
		return rel_fail_nomem(work->err);
	package->name = rel_str_n(copy, name.len);
	return 0;
}

/* "https://git.example.org/a/ocaml-b.git" → "ocaml-b" */
static struct rel_str last_part(struct rel_str url)
{
	url = rel_str_sub(url, 0, rel_str_find(url, '#'));
	while (url.len && url.ptr[url.len - 1] == '/')
		url.len--;
	if (rel_str_ends(url, REL_STR(".git")))
		url.len -= strlen(".git");
	if (rel_str_rfind(url, '/') < url.len)
		url = rel_str_sub(url, rel_str_rfind(url, '/') + 1, url.len);
	return url;
}

static int keep(struct rel_str *out, struct rel_project_work *work,
		struct rel_str text)
{
	char *copy = rel_arena_copy(&work->project->arena, text);

	*out = rel_str_n(copy, text.len);
	return copy ? 0 : rel_fail_nomem(work->err);
}

static int read_tree(struct rel_project_work *work,
		     struct rel_project_package *package,
		     struct rel_arena *scratch)
{
	const struct rel_node *node;
	struct rel_opam_tree tree;
	struct rel_str part;
	int rc = rel_opam_parse(&tree, scratch, package->text,
				package->path.ptr, work->err);

	if (!rc)
		rc = settle_name(work, package, &tree);
	if (!rc)
		rc = keep(&package->version, work,
			  field_text(&tree, "version", &node));
	if (rc || work->dev_repo.len)
		return rc;
	part = last_part(field_text(&tree, "dev-repo", &node));
	return rel_project_name_is_valid(part)
		   ? keep(&work->dev_repo, work, part)
		   : 0;
}

/* Read those from `first` on. */
static int read_texts(struct rel_project_work *work, uint32_t first)
{
	struct rel_project *project = work->project;
	struct rel_arena scratch;
	int rc = 0;

	rel_arena_init(&scratch, REL_LIMIT_PROJECT_ARENA);
	for (uint32_t i = first; i < work->count && !rc; i++) {
		struct rel_project_package *package = &project->packages[i];

		rc = rel_project_read(&package->text, project, package->path,
				      REL_LIMIT_MANIFEST_BYTES, work->err);
		if (!rc)
			rc = read_tree(work, package, &scratch);
		rel_arena_reset(&scratch);
	}
	rel_arena_free(&scratch);
	return rc;
}

int rel_project_read_opam(struct rel_project_work *work)
{
	struct listing listing = {work, ""};
	int rc = rel_git_tree_list(work->project->store, &work->project->tree,
				   look, &listing, work->err);

	return rc ? rc : read_texts(work, 0);
}

struct deeper {
	struct rel_project_work *work;
	const struct rel_conf_globs *wanted, *unwanted;
};

/* Not the project's own, unless relctl.yml names it. */
static bool is_foreign(struct rel_str dir)
{
	static const char *const names[] = {
	    "vendor",	   "vendors",	  "vendored",	 "duniverse",
	    "third_party", "third-party", "node_modules"};

	if (dir.ptr[0] == '.' || dir.ptr[0] == '_')
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (rel_str_is(dir, names[i]))
			return true;
	return false;
}

static int look_deeper(void *context, struct rel_str path, unsigned depth,
		       const struct rel_git_entry *entry, struct rel_error *err)
{
	const struct deeper *d = context;
	struct rel_str name,
	    dir = rel_str_sub(path, 0, path.len - entry->name.len);
	struct listing listing = {d->work, NULL};
	char *prefix;

	(void)depth;
	if (entry->kind == REL_GIT_TREE)
		return !d->wanted && is_foreign(entry->name) ? REL_GIT_SKIP : 0;
	if (!is_file(entry) || entry->name.len <= strlen(".opam") ||
	    !rel_str_ends(entry->name, REL_STR(".opam")) || dir.len == 0 ||
	    rel_str_is(dir, "opam/"))
		return 0;
	name = rel_str_sub(entry->name, 0, entry->name.len - strlen(".opam"));
	if ((d->wanted && !rel_project_match(d->wanted, name, path)) ||
	    rel_project_match(d->unwanted, name, path))
		return 0;
	prefix = rel_arena_copy(&d->work->project->arena, dir);
	if (!prefix)
		return rel_fail_nomem(err);
	listing.prefix = prefix;
	return add_named(&listing, entry);
}

int rel_project_read_deeper(struct rel_project_work *work,
			    const struct rel_conf_globs *wanted,
			    const struct rel_conf_globs *unwanted)
{
	struct deeper deeper = {work, wanted, unwanted};
	uint32_t first = work->count;
	int rc = rel_git_tree_walk(work->project->store, &work->project->tree,
				   look_deeper, &deeper, work->err);

	return rc ? rc : read_texts(work, first);
}

#define FILE_NAME "dune-project"

static int fail_at(struct rel_project_work *work, const struct rel_sexp *at,
		   int code)
{
	rel_error_at(work->err, FILE_NAME, at->line, at->column);
	return code;
}

/* The one atom of a field, NUL-terminated in the arena; empty = absent. */
static int read_atom(struct rel_str *out, struct rel_project_work *work,
		     const struct rel_sexp *items, const char *name)
{
	const struct rel_sexp *field = rel_sexp_field(items, name);
	const struct rel_sexp *atom = rel_sexp_atom(field);
	char *copy;

	*out = REL_STR("");
	if (!field)
		return 0;
	if (!atom)
		return fail_at(work, field,
			       rel_fail(work->err, REL_EPARSE,
					"(%s …) needs one word", name));
	copy = rel_arena_copy(&work->project->arena, atom->text);
	if (!copy)
		return rel_fail_nomem(work->err);
	*out = rel_str_n(copy, atom->text.len);
	return 0;
}

static int read_name(struct rel_project_work *work,
		     const struct rel_sexp *items)
{
	int rc = read_atom(&work->dune_name, work, items, "name");

	if (rc || work->dune_name.len == 0 ||
	    rel_project_name_is_valid(work->dune_name))
		return rc;
	return fail_at(work, rel_sexp_field(items, "name"),
		       rel_fail(work->err, REL_EPARSE,
				"the project's name \"%.*s\" may hold letters, "
				"digits and . _ + - only",
				REL_STR_ARG(work->dune_name)));
}

/* (generate_opam_files), or with true. */
static bool generates(const struct rel_sexp *items)
{
	const struct rel_sexp *field =
	    rel_sexp_field(items, "generate_opam_files");
	const struct rel_sexp *atom = rel_sexp_atom(field);

	return field && (!field->first->next ||
			 (atom && rel_str_is(atom->text, "true")));
}

int rel_project_read_dune(struct rel_project_work *work)
{
	struct rel_project *project = work->project;
	struct rel_sexp *items;
	int rc = rel_project_read(&project->dune_project, project,
				  REL_STR(FILE_NAME), REL_LIMIT_SEXP_BYTES,
				  work->err);

	if (rc == REL_ENOTFOUND) {
		project->dune_project = (struct rel_str){NULL, 0};
		return 0;
	}
	if (!rc)
		rc =
		    rel_sexp_parse(&items, &project->arena,
				   project->dune_project, FILE_NAME, work->err);
	if (!rc)
		rc = read_name(work, items);
	if (!rc)
		rc = read_atom(&project->dune_version, work, items, "version");
	if (!rc)
		project->generates_opam = generates(items);
	work->dune_items = items;
	return rc;
}

static struct rel_project_package *find(struct rel_project_work *work,
					struct rel_str name)
{
	for (uint32_t i = 0; i < work->count; i++) {
		if (rel_str_eq(work->project->packages[i].name, name))
			return &work->project->packages[i];
	}
	return NULL;
}

/* Has an earlier stanza the same name? */
static bool is_second(const struct rel_sexp *items, const struct rel_sexp *at,
		      struct rel_str name)
{
	for (; items != at; items = items->next) {
		const struct rel_sexp *atom;

		if (!rel_sexp_is(items, "package"))
			continue;
		atom = rel_sexp_atom(rel_sexp_field(items->first, "name"));
		if (atom && rel_str_eq(atom->text, name))
			return true;
	}
	return false;
}

static int join_stanza(struct rel_project_work *work,
		       const struct rel_sexp *stanza)
{
	struct rel_project_package *package;
	struct rel_str name;
	int rc = read_atom(&name, work, stanza->first, "name");

	if (rc)
		return rc;
	if (name.len == 0)
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"this package has no (name …)"));
	if (!rel_package_name_is_valid(name))
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"\"%.*s\" is no name of a package",
					REL_STR_ARG(name)));
	if (is_second(work->dune_items, stanza, name))
		return fail_at(work, stanza,
			       rel_fail(work->err, REL_EPARSE,
					"a second package %.*s; rename or "
					"remove one",
					REL_STR_ARG(name)));
	package = find(work, name);
	if (!package)
		return rel_project_add(work, name, REL_STR(""));
	package->generated = work->project->generates_opam;
	return 0;
}

int rel_project_join_dune(struct rel_project_work *work)
{
	int rc = 0;

	for (const struct rel_sexp *s = work->dune_items; s && !rc; s = s->next)
		if (rel_sexp_is(s, "package"))
			rc = join_stanza(work, s);
	return rc;
}
