#include "base/intern.h"
#include "base/limits.h"
#include "opam/lint_private.h"
#include "opam/version.h"

/* A finding of code 3. */
static void bad_field(struct rel_lint *l, rel_node_id node, const char *section,
		      struct rel_str field, const char *text)
{
	rel_lint_add(l, 3, REL_LINT_ERROR, node, "field '%s%s%.*s': %s",
		     section, *section ? "." : "", REL_STR_ARG(field), text);
}

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
static void complain(struct rel_lint *l, bool report, rel_node_id node,
		     struct rel_str field, const char *text)
{
	if (report)
		bad_field(l, node, "url", field, text);
}

static void sort_source_items(struct rel_lint *l, rel_node_id section,
			      bool report, rel_node_id found[URL_FIELDS])
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
			complain(l, report, id, n->text, "no such field");
		else if (found[field] != REL_NODE_NONE)
			complain(l, report, id, n->text, "given a second time");
		else
			found[field] = id;
	}
}

static void read_url(struct rel_lint *l, struct rel_lint_source *out,
		     rel_node_id field, enum rel_lint_backend backend,
		     bool report)
{
	const struct rel_node *n = rel_lint_node(l, field);
	struct rel_str text = rel_lint_node(l, n->child)->text;
	struct rel_lint_url url;

	if (!rel_lint_url_parse(&url, text, backend, false, l->arena))
		complain(l, report, field, n->text, "not a URL");
	else if (!rel_lint_url_is_empty(&out->url))
		complain(l, report, field, n->text, "there is a URL already");
	else
		out->url = url;
}

/* False when the section names no source. */
static bool read_section(struct rel_lint *l, struct rel_lint_source *out,
			 rel_node_id section, bool report)
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
	sort_source_items(l, section, report, found);
	for (int i = 0; i < URL_FIELDS; i++) {
		if (found[i] == REL_NODE_NONE)
			continue;
		value = rel_lint_node(l, found[i])->child;
		if (!url_fields[i].check(l, value)) {
			complain(l, report, l->bad_node,
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
			read_url(l, out, found[i], url_fields[i].backend,
				 report);
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

static void read_sections(struct rel_lint *l)
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

/* A field of an extension; opam keeps its value as it stands. */
static bool is_extension(struct rel_str name)
{
	return rel_str_starts(name, REL_STR("x-"));
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

static void unknown_field(struct rel_lint *l, rel_node_id id,
			  struct rel_str name, const char *near)
{
	char text[80];

	snprintf(text, sizeof(text), "no such field%s%s%s",
		 near ? "; is it '" : "", near ? near : "", near ? "'?" : "");
	bad_field(l, id, "", name, text);
}

/* Sort the items into l->fields; nothing is read yet.  The second time, report
 * what was left over. */
static void sort_items(struct rel_lint *l, bool report)
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
		else if (report && field == REL_LINT_FIELDS)
			unknown_field(l, id, n->text,
				      rel_lint_nearest_field(n->text));
		else if (report && l->fields[field] != id)
			bad_field(l, id, "", n->text, "given a second time");
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
	bad_field(l, l->bad_node, "", rel_lint_node(l, id)->text, l->bad_text);
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
		bad_field(l, value, "", REL_STR("author"),
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
	read_sections(l);
	read_flags(l);
	return read_extensions(l);
}
