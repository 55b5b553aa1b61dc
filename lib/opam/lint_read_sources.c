#include "base/intern.h"
#include "base/limits.h"
#include "opam/lint_private.h"

/* Fields of `url` and `extra-source`, in opam's order: those that name the
 * source stand first. */
enum url_field {
	URL_SRC,
	URL_ARCHIVE,
	URL_HTTP,
	URL_GIT,
	URL_DARCS,
	URL_HG,
	URL_LOCAL,
	URL_CHECKSUM,
	URL_MIRRORS,
	URL_SUBPATH,
	URL_FIELDS,
};

static const struct {
	const char *name;
	enum rel_lint_backend backend; /* of those that name the source */
	rel_lint_check_fn check;
} url_fields[URL_FIELDS] = {
    [URL_SRC] = {"src", REL_LINT_ANY_BACKEND, rel_lint_check_url},
    [URL_ARCHIVE] = {"archive", REL_LINT_HTTP, rel_lint_is_string},
    [URL_HTTP] = {"http", REL_LINT_HTTP, rel_lint_is_string},
    [URL_GIT] = {"git", REL_LINT_GIT, rel_lint_is_string},
    [URL_DARCS] = {"darcs", REL_LINT_DARCS, rel_lint_is_string},
    [URL_HG] = {"hg", REL_LINT_HG, rel_lint_is_string},
    [URL_LOCAL] = {"local", REL_LINT_RSYNC, rel_lint_is_string},
    [URL_CHECKSUM] = {"checksum", 0, rel_lint_check_checksums},
    [URL_MIRRORS] = {"mirrors", 0, rel_lint_check_urls},
    [URL_SUBPATH] = {"subpath", 0, rel_lint_is_string},
};

/* What is wrong in a section is told only once the section counts. */
static void complain(struct rel_lint *l, bool tell, rel_node_id node,
		     struct rel_str field, const char *text)
{
	if (tell)
		rel_lint_bad_field(l, node, "url", field, text);
}

static void sort_items(struct rel_lint *l, rel_node_id section, bool tell,
		       rel_node_id found[URL_FIELDS])
{
	const struct rel_node *n;
	int field;

	for (rel_node_id id = rel_lint_node(l, section)->child;
	     id != REL_NODE_NONE; id = n->next) {
		n = rel_lint_node(l, id);
		field = 0;
		while (field < URL_FIELDS &&
		       !(n->kind == REL_NODE_FIELD &&
			 rel_str_is(n->text, url_fields[field].name)))
			field++;
		if (field == URL_FIELDS)
			complain(l, tell, id, n->text, "no such field");
		else if (found[field] != REL_NODE_NONE)
			complain(l, tell, id, n->text, "given a second time");
		else
			found[field] = id;
	}
}

static void read_url(struct rel_lint *l, struct rel_lint_source *out,
		     rel_node_id field, enum rel_lint_backend backend,
		     bool tell)
{
	const struct rel_node *n = rel_lint_node(l, field);
	struct rel_str text = rel_lint_node(l, n->child)->text;
	struct rel_lint_url url;

	if (!rel_lint_url_parse(&url, text, backend, false, l->arena))
		complain(l, tell, field, n->text, "not a URL");
	else if (!rel_lint_url_is_empty(&out->url))
		complain(l, tell, field, n->text, "there is a URL already");
	else
		out->url = url;
}

/* False when the section names no source. */
static bool read_section(struct rel_lint *l, struct rel_lint_source *out,
			 rel_node_id section, bool tell)
{
	rel_node_id found[URL_FIELDS], value;

	*out = (struct rel_lint_source){
	    .node = section,
	    .name = rel_lint_node(l, section)->text2,
	    .url = {.backend = REL_LINT_HTTP, .transport = REL_STR("https")},
	    .checksum = REL_NODE_NONE,
	    .mirrors = REL_NODE_NONE,
	    .subpath = REL_NODE_NONE};
	for (int i = 0; i < URL_FIELDS; i++)
		found[i] = REL_NODE_NONE;
	sort_items(l, section, tell, found);
	for (int i = 0; i < URL_FIELDS; i++) {
		if (found[i] == REL_NODE_NONE)
			continue;
		value = rel_lint_node(l, found[i])->child;
		if (!url_fields[i].check(l, value)) {
			complain(l, tell, l->bad_node,
				 rel_lint_node(l, found[i])->text, l->bad_text);
			continue;
		}
		if (i == URL_CHECKSUM)
			out->checksum = value;
		else if (i == URL_MIRRORS)
			out->mirrors = value;
		else if (i == URL_SUBPATH)
			out->subpath = value;
		else
			read_url(l, out, found[i], url_fields[i].backend, tell);
	}
	return !rel_lint_url_is_empty(&out->url);
}

static void bad_section(struct rel_lint *l, rel_node_id id, const char *text)
{
	rel_lint_add(l, 3, REL_LINT_ERROR, id, "section '%.*s': %s",
		     REL_STR_ARG(rel_lint_node(l, id)->text), text);
}

/* The sections of one kind that count: the first of each name. */
struct sections {
	rel_node_id *ids; /* in the arena */
	uint32_t count, cap;
	struct rel_intern names;
	bool unnamed; /* one without a name was there */
};

static void take_section(struct rel_lint *l, struct sections *s, rel_node_id id)
{
	struct rel_str name = rel_lint_node(l, id)->text2;
	uint32_t before = s->names.count;
	bool is_new = !s->unnamed;

	if (!name.ptr) {
		s->unnamed = true;
	} else {
		if (rel_intern_add(&s->names, name) == REL_STRING_NONE)
			l->status = rel_fail_nomem(l->err);
		is_new = s->names.count > before;
	}
	if (!is_new)
		bad_section(l, id, "given a second time");
	else if (rel_lint_grow(l, &s->ids, s->count, &s->cap, sizeof(*s->ids)))
		s->ids[s->count++] = id;
}

static void sort_sections(struct rel_lint *l, struct sections *url,
			  struct sections *extra)
{
	const struct rel_node *n;

	for (rel_node_id id = l->tree->items; id != REL_NODE_NONE;
	     id = n->next) {
		n = rel_lint_node(l, id);
		if (n->kind != REL_NODE_SECTION)
			continue;
		if (rel_str_is(n->text, "url"))
			take_section(l, url, id);
		else if (rel_str_is(n->text, "extra-source"))
			take_section(l, extra, id);
		else
			bad_section(l, id, "no such section");
	}
}

static void read_url_section(struct rel_lint *l, const struct sections *s)
{
	if (s->count == 0)
		return;
	if (s->count > 1)
		bad_section(l, s->ids[1], "there is another one");
	else if (rel_lint_node(l, s->ids[0])->text2.ptr)
		bad_section(l, s->ids[0], "it has no title");
	else if (!read_section(l, &l->url, s->ids[0], false))
		bad_section(l, s->ids[0], "it names no URL");
	else
		l->has_url = read_section(l, &l->url, s->ids[0], true);
}

static struct rel_lint_source *add_extra_source(struct rel_lint *l)
{
	if (!rel_lint_grow(l, &l->extra_sources, l->n_extra_sources,
			   &l->extra_sources_cap, sizeof(*l->extra_sources)))
		return NULL;
	return &l->extra_sources[l->n_extra_sources++];
}

/* All of them, or none when one is wrong. */
static bool read_extra_sources(struct rel_lint *l, const struct sections *s)
{
	struct rel_lint_source *source;

	l->n_extra_sources = 0;
	for (uint32_t i = 0; i < s->count; i++) {
		source = add_extra_source(l);
		if (!source)
			return false;
		if (!read_section(l, source, s->ids[i], false))
			bad_section(l, s->ids[i], "it names no URL");
		else if (!source->name.ptr)
			bad_section(l, s->ids[i], "it has no name");
		else
			continue;
		l->n_extra_sources = 0;
		return false;
	}
	return true;
}

/* The field of format 1.x; its form has been checked. */
static void read_extra_source_field(struct rel_lint *l)
{
	struct rel_lint_items items;
	struct rel_lint_source *s;
	rel_node_id id, url, name;

	if (rel_lint_is_empty(l, REL_LINT_EXTRA_SOURCES, 2) ||
	    !rel_lint_items_begin(&items, l, l->fields[REL_LINT_EXTRA_SOURCES],
				  2))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		s = add_extra_source(l);
		if (!s)
			return;
		id = rel_lint_node(l, id)->child;
		url = rel_lint_option(l, id, &name);
		*s = (struct rel_lint_source){.node = id,
					      .checksum =
						  rel_lint_node(l, id)->next,
					      .mirrors = REL_NODE_NONE,
					      .subpath = REL_NODE_NONE};
		if (name != REL_NODE_NONE)
			s->name = rel_lint_node(l, name)->text;
		if (!rel_lint_url_parse(&s->url, rel_lint_node(l, url)->text,
					REL_LINT_ANY_BACKEND, false, l->arena))
			l->n_extra_sources--;
	}
}

void rel_lint_read_sections(struct rel_lint *l)
{
	struct sections url = {0}, extra = {0};

	rel_intern_init(&url.names, REL_LIMIT_MANIFEST_BYTES);
	rel_intern_init(&extra.names, REL_LIMIT_MANIFEST_BYTES);
	sort_sections(l, &url, &extra);
	read_url_section(l, &url);
	if (extra.count == 0 || !read_extra_sources(l, &extra))
		read_extra_source_field(l);
	rel_intern_free(&url.names);
	rel_intern_free(&extra.names);
}
