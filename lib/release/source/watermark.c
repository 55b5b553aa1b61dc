#include "release/source/watermark.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/tree.h"
#include "opam/version.h"
#include "release/source/project.h"
#include "release/source/source_private.h"

/* Where a value stands. */
static const struct {
	const char *name;
	const char *dune; /* field of dune-project; NULL = not there */
	const char *opam; /* field of an opam file */
} marks[REL_WATERMARKS] = {
    [REL_WATERMARK_NAME] = {"NAME", "name", NULL},
    [REL_WATERMARK_VERSION] = {"VERSION", NULL, NULL},
    [REL_WATERMARK_VERSION_NUM] = {"VERSION_NUM", NULL, NULL},
    [REL_WATERMARK_VCS_COMMIT_ID] = {"VCS_COMMIT_ID", NULL, NULL},
    [REL_WATERMARK_PKG_MAINTAINER] = {"PKG_MAINTAINER", "maintainers",
				      "maintainer"},
    [REL_WATERMARK_PKG_AUTHORS] = {"PKG_AUTHORS", "authors", "authors"},
    [REL_WATERMARK_PKG_HOMEPAGE] = {"PKG_HOMEPAGE", "homepage", "homepage"},
    [REL_WATERMARK_PKG_ISSUES] = {"PKG_ISSUES", "bug_reports", "bug-reports"},
    [REL_WATERMARK_PKG_DOC] = {"PKG_DOC", "documentation", "doc"},
    [REL_WATERMARK_PKG_LICENSE] = {"PKG_LICENSE", "license", "license"},
    [REL_WATERMARK_PKG_REPO] = {"PKG_REPO", NULL, "dev-repo"},
};

struct reader {
	struct rel_watermarks *out;
	struct rel_arena *arena;
	struct rel_project *project;
	struct rel_buf text;
};

const char *rel_watermark_name(enum rel_watermark which)
{
	return marks[which].name;
}

/* Make what was gathered the value, unless it has one. */
static int take(struct reader *r, enum rel_watermark which)
{
	struct rel_str *value = &r->out->values[which];
	char *copy;

	if (r->text.status)
		return r->text.status;
	if (r->text.len == 0 || value->ptr)
		return 0;
	copy = rel_arena_copy(r->arena, rel_buf_str(&r->text));
	*value = rel_str_n(copy, r->text.len);
	return copy ? 0 : REL_ENOMEM;
}

static void gather(struct reader *r, struct rel_str part)
{
	rel_buf_add_cstr(&r->text, r->text.len ? ", " : "");
	rel_buf_add_str(&r->text, part);
}

/* The pages of a project on a host that dune knows. */
static bool add_host(struct rel_buf *out, const struct rel_sexp *source,
		     bool issues)
{
	static const struct {
		const char *kind, *page, *issues, *behind;
	} hosts[] = {
	    {"github", "https://github.com/", NULL, "/issues"},
	    {"gitlab", "https://gitlab.com/", NULL, "/-/issues"},
	    {"bitbucket", "https://bitbucket.org/", NULL, "/issues"},
	    {"codeberg", "https://codeberg.org/", NULL, "/issues"},
	    {"sourcehut", "https://sr.ht/~", "https://todo.sr.ht/~", ""},
	};
	const struct rel_sexp *host = source->first->next;
	const struct rel_sexp *atom =
	    host && host->is_list ? rel_sexp_atom(host) : NULL;

	for (size_t i = 0; atom && i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (!rel_str_is(host->first->text, hosts[i].kind))
			continue;
		rel_buf_printf(
		    out, "%s%.*s%s",
		    issues && hosts[i].issues ? hosts[i].issues : hosts[i].page,
		    REL_STR_ARG(atom->text), issues ? hosts[i].behind : "");
		return true;
	}
	return false;
}

/* (source …) says where the project is, and by default where its pages are. */
static int take_source(struct reader *r, const struct rel_sexp *items,
		       enum rel_watermark which)
{
	const struct rel_sexp *source = rel_sexp_field(items, "source");
	const struct rel_sexp *uri = source ? source->first->next : NULL;
	const struct rel_sexp *atom =
	    uri && uri->is_list && uri->first && rel_sexp_is(uri, "uri")
		? rel_sexp_atom(uri)
		: NULL;

	rel_buf_clear(&r->text);
	if (source &&
	    !add_host(&r->text, source, which == REL_WATERMARK_PKG_ISSUES) &&
	    atom && which == REL_WATERMARK_PKG_REPO)
		rel_buf_add_str(&r->text, atom->text);
	return take(r, which);
}

static int read_dune(struct reader *r, const struct rel_sexp *items)
{
	int rc = 0;

	for (int i = 0; i < REL_WATERMARKS && rc == 0; i++) {
		const struct rel_sexp *field =
		    marks[i].dune ? rel_sexp_field(items, marks[i].dune) : NULL;

		rel_buf_clear(&r->text);
		for (field = field ? field->first->next : NULL; field;
		     field = field->next) {
			if (!field->is_list)
				gather(r, field->text);
		}
		rc = take(r, (enum rel_watermark)i);
	}
	if (rc == 0)
		rc = take_source(r, items, REL_WATERMARK_PKG_REPO);
	if (rc == 0)
		rc = take_source(r, items, REL_WATERMARK_PKG_HOMEPAGE);
	if (rc == 0)
		rc = take_source(r, items, REL_WATERMARK_PKG_ISSUES);
	return rc;
}

static int read_opam(struct reader *r, const struct rel_opam_tree *tree)
{
	int rc = 0;

	for (int i = 0; i < REL_WATERMARKS && rc == 0; i++) {
		rel_node_id id =
		    marks[i].opam
			? rel_opam_field(tree, tree->items, marks[i].opam)
			: REL_NODE_NONE;

		rel_buf_clear(&r->text);
		if (id != REL_NODE_NONE)
			id = tree->nodes[id].child;
		if (id != REL_NODE_NONE &&
		    tree->nodes[id].kind == REL_NODE_LIST)
			id = tree->nodes[id].child;
		for (; id != REL_NODE_NONE; id = tree->nodes[id].next) {
			if (tree->nodes[id].kind == REL_NODE_STRING)
				gather(r, tree->nodes[id].text);
		}
		rc = take(r, (enum rel_watermark)i);
	}
	return rc;
}

static const struct rel_project_package *main_package(
    const struct rel_project *project)
{
	const struct rel_project_package *first = NULL;

	for (size_t i = 0; i < project->n_packages; i++) {
		const struct rel_project_package *p = &project->packages[i];

		if (p->path.len && rel_str_eq(p->name, project->name))
			return p;
		if (p->path.len && !first)
			first = p;
	}
	return first;
}

/* Before its language 3.0 dune takes opam files for what they say when
 * dune-project describes no package. */
static bool dune_decides(const struct rel_sexp *items)
{
	const struct rel_sexp *lang = rel_sexp_field(items, "lang");
	const struct rel_sexp *version =
	    lang && lang->first->next ? lang->first->next->next : NULL;

	return rel_sexp_field(items, "package") ||
	       (version &&
		rel_version_compare(version->text, REL_STR("3.0")) >= 0);
}

static int read_project(struct reader *r, struct rel_error *err)
{
	struct rel_project *project = r->project;
	const struct rel_project_package *package = main_package(project);
	struct rel_sexp *items = NULL;
	struct rel_opam_tree tree;
	int rc = 0;

	if (project->dune_project.ptr)
		rc = rel_sexp_parse(&items, r->arena, project->dune_project,
				    "dune-project", err);
	if (rc == 0 && package)
		rc = rel_opam_parse(&tree, r->arena, package->text,
				    package->path.ptr, err);
	if (rc)
		return rc;
	if (!dune_decides(items) && package)
		rc = read_opam(r, &tree);
	if (rc == 0)
		rc = read_dune(r, items);
	if (rc == 0 && package)
		rc = read_opam(r, &tree);
	rel_buf_clear(&r->text);
	rel_buf_add_str(&r->text, project->name);
	if (rc == 0)
		rc = take(r, REL_WATERMARK_NAME);
	return rc ? rel_fail_nomem(err) : 0;
}

static int set(struct reader *r, enum rel_watermark which, const char *prefix,
	       struct rel_str text)
{
	rel_buf_clear(&r->text);
	rel_buf_add_cstr(&r->text, prefix);
	rel_buf_add_str(&r->text, text);
	return take(r, which);
}

int rel_watermarks_read(struct rel_watermarks *out, struct rel_arena *arena,
			struct rel_git_store *store,
			const struct rel_git_id *commit, struct rel_str version,
			const char *tag, struct rel_error *err)
{
	struct reader r = {.out = out, .arena = arena};
	char id[REL_GIT_ID_TEXT];
	bool has_v =
	    tag && tag[0] == 'v' && version.len && version.ptr[0] != 'v';
	int rc = rel_project_scan(&r.project, store, commit, NULL, err);

	*out = (struct rel_watermarks){0};
	if (rc)
		return rc;
	rel_buf_init(&r.text, REL_LIMIT_MANIFEST_BYTES);
	rc = set(&r, REL_WATERMARK_VERSION, has_v ? "v" : "", version);
	if (rc == 0)
		rc = set(&r, REL_WATERMARK_VERSION_NUM, "", version);
	if (rc == 0)
		rc = set(&r, REL_WATERMARK_VCS_COMMIT_ID, "",
			 rel_str_of(rel_git_id_format(id, commit)));
	rc = rc ? rel_fail_nomem(err) : read_project(&r, err);
	rel_buf_free(&r.text);
	rel_project_free(r.project);
	return rc;
}

static bool is_mark(struct rel_str text, size_t at)
{
	return at + 1 < text.len && text.ptr[at] == '%' &&
	       text.ptr[at + 1] == '%';
}

/* The closing "%%" of a name that is none may open the next. */
bool rel_watermark_find(struct rel_watermark_place *out, struct rel_str text,
			size_t from)
{
	while (from + 1 < text.len) {
		const char *percent =
		    memchr(text.ptr + from, '%', text.len - from);
		size_t end;

		if (!percent)
			break;
		from = (size_t)(percent - text.ptr);
		if (!is_mark(text, from)) {
			from++;
			continue;
		}
		end = from + 2;
		while (end < text.len &&
		       ((text.ptr[end] >= 'A' && text.ptr[end] <= 'Z') ||
			text.ptr[end] == '_'))
			end++;
		for (int i = 0; is_mark(text, end) && i < REL_WATERMARKS; i++) {
			if (!rel_str_is(rel_str_sub(text, from + 2, end),
					marks[i].name))
				continue;
			*out = (struct rel_watermark_place){
			    (enum rel_watermark)i, from, end + 2};
			return true;
		}
		from = end == from + 2 ? from + 1 : end;
	}
	return false;
}

bool rel_watermark_is_text(struct rel_str path, struct rel_str content)
{
	static const char *const endings[] = {
	    ".flv", ".gif", ".ico", ".jpeg", ".jpg", ".mov", ".mp3",
	    ".mp4", ".otf", ".pdf", ".png",  ".ttf", ".woff"};
	struct rel_str name = rel_path_base(path);

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (rel_str_ends(name, rel_str_of(endings[i])))
			return false;
	}
	return content.len > 0 && content.len <= REL_LIMIT_WATERMARK_BYTES &&
	       !memchr(content.ptr, '\0', content.len);
}

uint32_t rel_watermark_line(struct rel_str text, size_t at)
{
	uint32_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text.ptr[i] == '\n';
	return line;
}

static int fail_unknown(struct rel_str path, struct rel_str content,
			const struct rel_watermark_place *place,
			struct rel_error *err)
{
	char where[REL_ERROR_PATH_MAX];

	rel_fail(err, REL_EUSAGE,
		 "nothing says what %%%%%s%%%% stands for; write it into %s%s"
		 "%sthe opam file, or remove the watermark",
		 marks[place->which].name,
		 marks[place->which].dune ? "dune-project as (" : "",
		 marks[place->which].dune ? marks[place->which].dune : "",
		 marks[place->which].dune ? " …), or into " : "");
	snprintf(where, sizeof(where), "%.*s", REL_STR_ARG(path));
	rel_error_at(err, where, rel_watermark_line(content, place->start), 0);
	return REL_EUSAGE;
}

int rel_watermarks_replace(struct rel_buf *out,
			   const struct rel_watermarks *values,
			   struct rel_str path, struct rel_str content,
			   struct rel_error *err)
{
	struct rel_watermark_place place;
	size_t from = 0;

	if (rel_watermark_is_text(path, content)) {
		for (; rel_watermark_find(&place, content, from);
		     from = place.end) {
			struct rel_str value = values->values[place.which];

			if (!value.ptr)
				return fail_unknown(path, content, &place, err);
			rel_buf_add_str(
			    out, rel_str_sub(content, from, place.start));
			rel_buf_add_str(out, value);
		}
	}
	rel_buf_add_str(out, rel_str_sub(content, from, content.len));
	return rel_buf_status(out, "file with watermarks", err);
}
