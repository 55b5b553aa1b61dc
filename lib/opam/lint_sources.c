#include "opam/lint_private.h"
#include "opam/version.h"

/* Call `fn` for every URL of the manifest, until it says true. */
typedef bool (*url_fn)(struct rel_lint *l, rel_node_id node,
		       const struct rel_lint_url *url);

static bool visit_text(struct rel_lint *l, rel_node_id node, url_fn fn)
{
	struct rel_lint_url url;

	return rel_lint_url_parse(&url, rel_lint_node(l, node)->text,
				  REL_LINT_ANY_BACKEND, false, l->arena) &&
	       fn(l, node, &url);
}

static bool visit_source(struct rel_lint *l, const struct rel_lint_source *s,
			 url_fn fn)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (fn(l, s->node, &s->url))
		return true;
	if (s->mirrors == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, s->mirrors, 1))
		return false;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		if (visit_text(l, id, fn))
			return true;
	}
	return false;
}

/* Format 1.2 and before had no "git+": there the ending says it. */
static bool read_dev_repo(struct rel_lint *l, struct rel_lint_url *out)
{
	rel_node_id id = l->fields[REL_LINT_DEV_REPO];
	bool old = rel_version_compare(l->opam_version, REL_STR("1.3")) < 0;

	return id != REL_NODE_NONE &&
	       rel_lint_url_parse(out, rel_lint_node(l, id)->text,
				  REL_LINT_ANY_BACKEND, old, l->arena);
}

/* opam src/state/opamFileTools.ml, all_urls. */
static void visit_urls(struct rel_lint *l, url_fn fn)
{
	rel_node_id id, pins = l->fields[REL_LINT_PIN_DEPENDS];
	struct rel_lint_url dev_repo;
	struct rel_lint_items items;

	if (l->has_url && visit_source(l, &l->url, fn))
		return;
	if (read_dev_repo(l, &dev_repo) &&
	    fn(l, l->fields[REL_LINT_DEV_REPO], &dev_repo))
		return;
	for (uint32_t i = 0; i < l->n_extra_sources; i++) {
		if (visit_source(l, &l->extra_sources[i], fn))
			return;
	}
	if (pins == REL_NODE_NONE || !rel_lint_items_begin(&items, l, pins, 2))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		id = rel_lint_node(l, rel_lint_node(l, id)->child)->next;
		if (visit_text(l, id, fn))
			return;
	}
}

/* 37 */
void rel_lint_judge_no_dev_repo(struct rel_lint *l)
{
	if (l->fields[REL_LINT_DEV_REPO] == REL_NODE_NONE && l->has_url)
		rel_lint_add(l, 37, REL_LINT_WARNING, REL_NODE_NONE,
			     "no field 'dev-repo'");
}

/* 42 */
void rel_lint_judge_dev_repo(struct rel_lint *l)
{
	struct rel_lint_url url;

	if (read_dev_repo(l, &url) && !rel_lint_url_is_vcs(&url))
		rel_lint_add(l, 42, REL_LINT_ERROR,
			     l->fields[REL_LINT_DEV_REPO],
			     "'dev-repo' is not under version control: write "
			     "git+https://, hg+https:// …");
}

/* 46 */
void rel_lint_judge_conf(struct rel_lint *l)
{
	if ((l->flags & REL_LINT_FLAG_CONF) &&
	    (!rel_lint_is_empty(l, REL_LINT_INSTALL, 2) ||
	     !rel_lint_is_empty(l, REL_LINT_REMOVE, 2) || l->has_url ||
	     l->n_extra_sources > 0))
		rel_lint_add(l, 46, REL_LINT_ERROR, l->fields[REL_LINT_FLAGS],
			     "flagged conf, but with a source or with "
			     "instructions to install or remove");
}

static bool looks_like_vcs(struct rel_lint *l, rel_node_id node,
			   const struct rel_lint_url *url)
{
	struct rel_str text = rel_lint_url_text(url, l->arena);
	struct rel_lint_url again;
	bool same;

	if (!text.ptr)
		return false;
	same = rel_lint_url_parse(&again, text, REL_LINT_ANY_BACKEND, true,
				  l->arena) &&
	       rel_lint_url_eq(&again, url);
	if (!same)
		rel_lint_add(l, 49, REL_LINT_WARNING, node,
			     "a URL that looks like version control but does "
			     "not say so: \"%.*s\"",
			     REL_STR_ARG(text));
	return !same;
}

/* 49 */
void rel_lint_judge_vcs_urls(struct rel_lint *l)
{
	visit_urls(l, looks_like_vcs);
}

/* The entry of `extra-files:` for a file; NONE. */
static rel_node_id find_entry(const struct rel_lint *l, rel_node_id value,
			      struct rel_str name)
{
	struct rel_lint_items items;
	rel_node_id id;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return REL_NODE_NONE;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		id = rel_lint_node(l, id)->child;
		if (rel_str_eq(rel_lint_node(l, id)->text, name))
			break;
	}
	return id;
}

/* Listed files that are not there. */
static void find_missing_files(const struct rel_lint *l, rel_node_id value,
			       struct rel_lint_detail *names)
{
	const struct rel_lint_options *o = l->options;
	struct rel_lint_items items;
	struct rel_str name;
	rel_node_id id;
	bool there;

	if (!rel_lint_items_begin(&items, l, value, 2))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		name = rel_lint_node(l, rel_lint_node(l, id)->child)->text;
		there = false;
		for (uint32_t i = 0; i < o->n_files && !there; i++)
			there = rel_str_eq(o->files[i].name, name);
		if (!there)
			rel_lint_detail_add(names, name);
	}
}

/* Files that are not listed, or with another checksum. */
static void find_odd_files(struct rel_lint *l, rel_node_id value,
			   struct rel_lint_detail *names)
{
	const struct rel_lint_options *o = l->options;
	rel_node_id id, checksum;
	int rc;

	for (uint32_t i = 0; i < o->n_files && l->status == 0; i++) {
		id = find_entry(l, value, o->files[i].name);
		if (id == REL_NODE_NONE) {
			rel_lint_detail_add(names, o->files[i].name);
			continue;
		}
		checksum = rel_lint_node(l, id)->next;
		rc = o->file_matches(o->context, i,
				     rel_lint_node(l, checksum)->text, l->err);
		if (rc < 0)
			l->status = rc;
		else if (rc == 0)
			rel_lint_detail_add(names, o->files[i].name);
	}
}

/* 53 */
void rel_lint_judge_extra_files(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_EXTRA_FILES];
	struct rel_lint_detail names = {0};

	if (value == REL_NODE_NONE || !l->options->knows_files)
		return;
	find_missing_files(l, value, &names);
	find_odd_files(l, value, &names);
	if (names.len > 0)
		rel_lint_add(l, 53, REL_LINT_ERROR, value,
			     "'extra-files' does not agree with files/: %s",
			     names.text);
}

static bool has_checksum(const struct rel_lint *l,
			 const struct rel_lint_source *s)
{
	struct rel_lint_items items;

	return s->checksum != REL_NODE_NONE &&
	       rel_lint_items_begin(&items, l, s->checksum, 1) &&
	       items.at != REL_NODE_NONE;
}

/* 59; before 2.3 only together with a look at the archive itself */
void rel_lint_judge_no_checksum(struct rel_lint *l)
{
	bool newer = rel_lint_since(l, REL_LINT_OPAM_2_3);
	bool asked = newer || l->options->check_upstream;
	bool archive;

	if (!l->has_url || !asked || (l->flags & REL_LINT_FLAG_CONF) ||
	    rel_lint_url_is_vcs(&l->url.url) || has_checksum(l, &l->url))
		return;
	/* 2.2 took everything that is not under version control for one */
	archive = l->options->series == REL_LINT_OPAM_2_2 ||
		  rel_lint_url_is_archive(&l->url.url, newer);
	if (archive)
		rel_lint_add(l, 59, REL_LINT_WARNING, l->url.node,
			     "the archive has no checksum");
}

/*
 * Does the filter keep opam 2.0 away?  opam asks whether no version below
 * 2.1 satisfies the comparison.
 */
static bool restricts(const struct rel_lint *l, rel_node_id id)
{
	const struct rel_node *node = rel_lint_node(l, id);
	rel_node_id right = node->child == REL_NODE_NONE
				? REL_NODE_NONE
				: rel_lint_node(l, node->child)->next;
	int cmp;

	switch ((enum rel_node_kind)node->kind) {
	case REL_NODE_GROUP:
		return node->child != REL_NODE_NONE &&
		       restricts(l, node->child);
	case REL_NODE_NOT:
		return !restricts(l, node->child);
	case REL_NODE_AND:
		return restricts(l, node->child) || restricts(l, right);
	case REL_NODE_OR:
		return restricts(l, node->child) && restricts(l, right);
	case REL_NODE_RELOP:
		break;
	default:
		return false;
	}
	if (!rel_str_is(rel_lint_node(l, node->child)->text, "opam-version") ||
	    rel_lint_node(l, right)->kind != REL_NODE_STRING)
		return false;
	cmp =
	    rel_version_compare(rel_lint_node(l, right)->text, REL_STR("2.1"));
	return (node->op == REL_OP_GEQ || node->op == REL_OP_GT ||
		node->op == REL_OP_EQ) &&
	       cmp >= 0;
}

/* 63 */
void rel_lint_judge_subpath(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_AVAILABLE];

	if (!l->has_subpath)
		return;
	if (value != REL_NODE_NONE &&
	    rel_lint_node(l, value)->kind == REL_NODE_LIST)
		value = rel_lint_node(l, value)->child;
	if (value == REL_NODE_NONE || !restricts(l, value))
		rel_lint_add(l, 63, REL_LINT_ERROR, l->url.node,
			     "a subpath needs opam-version > \"2.1\" in "
			     "'available'");
}

static bool steps_up(struct rel_str path)
{
	while (path.ptr) {
		if (rel_str_is(rel_str_cut(&path, '/'), ".."))
			return true;
	}
	return false;
}

static bool is_relative(struct rel_lint *l, rel_node_id node,
			const struct rel_lint_url *url)
{
	static const char *const transports[] = {"file", "path", "local",
						 "rsync"};
	struct rel_str path = url->path;
	bool here = false, up;

	for (size_t i = 0; i < 4; i++)
		here = here || rel_str_is(url->transport, transports[i]);
	/* opam has made a bare path absolute, without steps up */
	if (url->backend == REL_LINT_HTTP || !here || url->local)
		return false;
	up = rel_lint_since(l, REL_LINT_OPAM_2_3)
		 ? steps_up(path)
		 : path.len > 0 && memmem(path.ptr, path.len, "..", 2);
	if (!up && rel_str_starts(path, REL_STR("/")))
		return false;
	rel_lint_add(l, 65, REL_LINT_ERROR, node,
		     "a URL has to be absolute: \"%.*s\"", REL_STR_ARG(path));
	return true;
}

/* 65 */
void rel_lint_judge_relative_urls(struct rel_lint *l)
{
	visit_urls(l, is_relative);
}

/* 67 */
void rel_lint_judge_checksum(struct rel_lint *l)
{
	bool vcs, wrong;

	if (!l->has_url || !has_checksum(l, &l->url))
		return;
	vcs = rel_lint_url_is_vcs(&l->url.url);
	if (rel_lint_since(l, REL_LINT_OPAM_2_3))
		wrong = vcs && !rel_lint_url_is_archive(&l->url.url, true);
	else if (rel_lint_since(l, REL_LINT_OPAM_2_2))
		wrong = vcs;
	else
		wrong = vcs || !rel_lint_url_is_archive(&l->url.url, false);
	if (wrong)
		rel_lint_add(l, 67, REL_LINT_ERROR, l->url.checksum,
			     "a checksum of what is no archive");
}

/* 70 */
void rel_lint_judge_double_files(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_EXTRA_FILES], id;
	struct rel_lint_detail names = {0};
	struct rel_lint_names seen;
	struct rel_lint_items items;
	struct rel_str name;

	if (value == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, value, 2))
		return;
	rel_lint_names_init(&seen);
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		name = rel_lint_node(l, rel_lint_node(l, id)->child)->text;
		if (rel_lint_names_has(&seen, name))
			rel_lint_detail_add(&names, name);
		else if (rel_intern_add(&seen.names, name) == REL_STRING_NONE)
			l->status = rel_fail_nomem(l->err);
	}
	rel_lint_names_free(&seen);
	if (names.len > 0)
		rel_lint_add(l, 70, REL_LINT_ERROR, value,
			     "'extra-files' names a file twice: %s",
			     names.text);
}

/* md5 16, sha256 32, sha512 64: by its length, as its form is known. */
static size_t checksum_kind(struct rel_str s)
{
	size_t at = rel_str_find(s, '=');

	return at < s.len ? s.len - at - 1 : s.len;
}

/* Two checksums of one kind? */
static bool has_double_kind(const struct rel_lint *l,
			    const struct rel_lint_source *s)
{
	unsigned md5 = 0, sha256 = 0, sha512 = 0;
	struct rel_lint_items items;
	size_t kind;
	rel_node_id id;

	if (s->checksum == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, s->checksum, 1))
		return false;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		kind = checksum_kind(rel_lint_node(l, id)->text);
		md5 += kind == 32;
		sha256 += kind == 64;
		sha512 += kind == 128;
	}
	return md5 > 1 || sha256 > 1 || sha512 > 1;
}

/* 71 */
void rel_lint_judge_double_checksums(struct rel_lint *l)
{
	if (l->has_url && has_double_kind(l, &l->url))
		rel_lint_add(l, 71, REL_LINT_ERROR, l->url.checksum,
			     "url.checksum has two checksums of one kind");
}

/* 72 */
void rel_lint_judge_double_source_checksums(struct rel_lint *l)
{
	for (uint32_t i = 0; i < l->n_extra_sources; i++) {
		if (!has_double_kind(l, &l->extra_sources[i]))
			continue;
		rel_lint_add(l, 72, REL_LINT_ERROR,
			     l->extra_sources[i].checksum,
			     "extra-source \"%.*s\" has two checksums of one "
			     "kind",
			     REL_STR_ARG(l->extra_sources[i].name));
		return;
	}
}

/* 73 */
void rel_lint_judge_escaping_files(struct rel_lint *l)
{
	rel_node_id value = l->fields[REL_LINT_EXTRA_FILES], id;
	struct rel_lint_items items;
	struct rel_str name;

	if (value == REL_NODE_NONE ||
	    !rel_lint_items_begin(&items, l, value, 2))
		return;
	while ((id = rel_lint_items_next(&items, l)) != REL_NODE_NONE) {
		name = rel_lint_node(l, rel_lint_node(l, id)->child)->text;
		if (!steps_up(name))
			continue;
		rel_lint_add(l, 73, REL_LINT_ERROR, id,
			     "'extra-files' has a path with '..': \"%.*s\"",
			     REL_STR_ARG(name));
		return;
	}
}
