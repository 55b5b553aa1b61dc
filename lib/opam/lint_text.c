#include "opam/lint_private.h"
#include "opam/opam_private.h"
#include "opam/version.h"

/* 20, 21 */
void rel_lint_judge_opam_version(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_OPAM_VERSION];
	struct rel_str v = l->opam_version;
	size_t dots = 0, odd = 0;

	for (size_t i = 0; i < v.len; i++) {
		dots += v.ptr[i] == '.';
		odd += v.ptr[i] != '.' && (v.ptr[i] < '0' || v.ptr[i] > '9');
	}
	if (dots > 1 || odd > 0)
		rel_lint_add(l, 20, REL_LINT_WARNING, value,
			     "opam-version is not of the form MAJOR.MINOR: "
			     "\"%.*s\"",
			     REL_STR_ARG(v));
	if (rel_version_compare(v, REL_STR("2.0")) != 0)
		rel_lint_add(l, 21, REL_LINT_ERROR, value,
			     "opam-version is not the current one, 2.0: "
			     "\"%.*s\"",
			     REL_STR_ARG(v));
}

/* [""] */
static bool is_blank(const struct rel_lint *l, enum rel_lint_field field)
{
	struct rel_lint_items items;

	return l->fields[field] != REL_NODE_NONE &&
	       rel_lint_items_begin(&items, l, l->fields[field], 1) &&
	       rel_lint_items_count(items, l) == 1 &&
	       rel_lint_node(l, items.at)->text.len == 0;
}

/* 22 */
void rel_lint_judge_empty_fields(struct rel_lint *l)
{
	static const struct {
		enum rel_lint_field field;
		const char *name;
	} fields[] = {
	    {REL_LINT_MAINTAINER, "maintainer"},
	    {REL_LINT_HOMEPAGE, "homepage"},
	    {REL_LINT_AUTHORS, "authors"},
	    {REL_LINT_LICENSE, "license"},
	    {REL_LINT_DOC, "doc"},
	    {REL_LINT_TAGS, "tags"},
	    {REL_LINT_BUG_REPORTS, "bug-reports"},
	};
	struct rel_lint_detail names = {0};
	rel_node_id first = REL_NODE_NONE;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!is_blank(l, fields[i].field))
			continue;
		if (first == REL_NODE_NONE)
			first = l->fields[fields[i].field];
		rel_lint_detail_add(&names, rel_str_of(fields[i].name));
	}
	if (first != REL_NODE_NONE)
		rel_lint_add(l, 22, REL_LINT_ERROR, first,
			     "fields are there but empty: %s", names.text);
}

/* 23, 24 */
void rel_lint_judge_maintainer(struct rel_lint *l)
{
	rel_node_id old = rel_lint_find_string(l, REL_LINT_MAINTAINER,
					       "contact@ocamlpro.com");

	if (rel_lint_is_empty(l, REL_LINT_MAINTAINER, 1))
		rel_lint_add(l, 23, REL_LINT_ERROR, REL_NODE_NONE,
			     "no field 'maintainer'");
	if (old != REL_NODE_NONE &&
	    rel_lint_find_string(l, REL_LINT_TAGS, "org:ocamlpro") ==
		REL_NODE_NONE)
		rel_lint_add(l, 24, REL_LINT_ERROR, old,
			     "field 'maintainer' has its old default value");
}

/* 25 */
void rel_lint_judge_authors(struct rel_lint *l)
{
	if (rel_lint_is_empty(l, REL_LINT_AUTHORS, 1))
		rel_lint_add(l, 25, REL_LINT_WARNING, REL_NODE_NONE,
			     "no field 'authors'");
}

/* 28 */
void rel_lint_judge_flags(struct rel_lint *l)
{
	if (l->unknown_flag != REL_NODE_NONE)
		rel_lint_add(
		    l, 28, REL_LINT_ERROR, l->unknown_flag,
		    "unknown package flag: \"%.*s\"",
		    REL_STR_ARG(rel_lint_node(l, l->unknown_flag)->text));
}

/* 35 */
void rel_lint_judge_homepage(struct rel_lint *l)
{
	if (rel_lint_is_empty(l, REL_LINT_HOMEPAGE, 1))
		rel_lint_add(l, 35, REL_LINT_WARNING, REL_NODE_NONE,
			     "no field 'homepage'");
}

/* 36 */
void rel_lint_judge_bug_reports(struct rel_lint *l)
{
	if (rel_lint_is_empty(l, REL_LINT_BUG_REPORTS, 1))
		rel_lint_add(l, 36, REL_LINT_WARNING, REL_NODE_NONE,
			     "no field 'bug-reports'");
}

/* 44 */
void rel_lint_judge_plugin(struct rel_lint *l)
{
	if ((l->flags & REL_LINT_FLAG_PLUGIN) && l->name.len > 0 &&
	    rel_version_compare(l->opam_version, REL_STR("1.3")) >= 0 &&
	    !rel_str_starts(l->name, REL_STR("opam-")))
		rel_lint_add(l, 44, REL_LINT_WARNING, l->fields[REL_LINT_FLAGS],
			     "flagged as a plugin, but its name does not begin "
			     "with \"opam-\"");
}

/* What opam makes of `synopsis`, `description` and the old `descr`. */
struct descr {
	rel_node_id node;
	struct rel_str synopsis, body;
};

static bool find_descr(const struct rel_lint *l, struct descr *out)
{
	rel_node_id synopsis = l->fields[REL_LINT_SYNOPSIS];
	rel_node_id body = l->fields[REL_LINT_DESCRIPTION];
	rel_node_id both = l->fields[REL_LINT_DESCR];
	struct rel_str rest;

	*out = (struct descr){.node = REL_NODE_NONE};
	if (synopsis != REL_NODE_NONE) {
		out->node = synopsis;
		out->synopsis = rel_str_trim(rel_lint_node(l, synopsis)->text);
	}
	if (body != REL_NODE_NONE) {
		out->body = rel_str_trim(rel_lint_node(l, body)->text);
		if (out->node == REL_NODE_NONE)
			out->node = body;
	}
	if (both != REL_NODE_NONE) {
		out->node = both;
		rest = rel_str_trim(rel_lint_node(l, both)->text);
		out->synopsis = rel_str_trim(rel_str_cut(&rest, '\n'));
		out->body = rel_str_trim(rest);
	}
	return out->node != REL_NODE_NONE;
}

/* A byte that opam takes for a small letter: those of Latin-1 as well, so
 * that many a letter of UTF-8 counts. */
static bool is_small(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || c == 181 || (c >= 223 && c <= 246) ||
	       c >= 248;
}

static bool is_blank_char(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static bool is_good_synopsis(struct rel_str s)
{
	unsigned char first, last;

	if (s.len < 2)
		return false;
	first = (unsigned char)s.ptr[0];
	last = (unsigned char)s.ptr[s.len - 1];
	return !is_blank_char(first) && !is_small(first) &&
	       !is_blank_char(last) && last != '.';
}

/* 47 */
void rel_lint_judge_synopsis(struct rel_lint *l)
{
	struct descr d;

	if (!find_descr(l, &d) || is_good_synopsis(d.synopsis) ||
	    (d.synopsis.len == 0 && rel_lint_since(l, REL_LINT_OPAM_2_2)))
		return;
	rel_lint_add(l, 47, REL_LINT_WARNING, d.node,
		     "the synopsis should start with a capital and not end "
		     "with a full stop");
}

/* 57 */
void rel_lint_judge_no_synopsis(struct rel_lint *l)
{
	bool newer = rel_lint_since(l, REL_LINT_OPAM_2_2);
	struct descr d;

	if (find_descr(l, &d) &&
	    (d.synopsis.len > 0 || (!newer && d.body.len > 0)))
		return;
	rel_lint_add(l, 57, REL_LINT_ERROR, d.node, "%s",
		     newer ? "the synopsis is empty"
			   : "synopsis and description are both empty");
}

/* 62 */
void rel_lint_judge_license(struct rel_lint *l)
{
	static const enum rel_spdx_list lists[] = {
	    [REL_LINT_OPAM_2_1] = REL_SPDX_OPAM_2_1,
	    [REL_LINT_OPAM_2_2] = REL_SPDX_OPAM_2_2,
	    [REL_LINT_OPAM_2_3] = REL_SPDX_OPAM_2_2,
	    [REL_LINT_OPAM_2_4] = REL_SPDX_OPAM_2_4,
	    [REL_LINT_OPAM_2_5] = REL_SPDX_OPAM_2_4,
	};
	struct rel_lint_detail bad = {0};
	rel_node_id id, first = REL_NODE_NONE;
	struct rel_lint_items items;
	struct rel_str text;

	if (l->fields[REL_LINT_LICENSE] == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, l->fields[REL_LINT_LICENSE], 1))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		text = rel_lint_node(l, id)->text;
		if (rel_spdx_is_valid(text, lists[l->options->series]))
			continue;
		if (first == REL_NODE_NONE)
			first = id;
		rel_lint_detail_add(&bad, text);
	}
	if (first != REL_NODE_NONE)
		rel_lint_add(l, 62, REL_LINT_WARNING, first,
			     "not a license expression of SPDX "
			     "(https://spdx.org/licenses/): %s",
			     bad.text);
}

/* 68 */
void rel_lint_judge_no_license(struct rel_lint *l)
{
	if (rel_lint_is_empty(l, REL_LINT_LICENSE, 1))
		rel_lint_add(l, 68, REL_LINT_WARNING, REL_NODE_NONE,
			     "no field 'license'");
}
