#include "check/submission.h"

#include <strings.h>

#include "check/rules.h"

struct check {
	const struct rel_submission_request *request;
	struct rel_rules rules;
};

static const struct rel_node *node_at(const struct check *c, rel_node_id id)
{
	return rel_rules_node(&c->rules, id);
}

/* The first of a list's items; a value that is no list is one itself. */
static rel_node_id first_of(const struct check *c, rel_node_id value)
{
	return value != REL_NODE_NONE &&
		       node_at(c, value)->kind == REL_NODE_LIST
		   ? node_at(c, value)->child
		   : value;
}

/* `x` of `x { … }`. */
static rel_node_id without_option(const struct check *c, rel_node_id id)
{
	while (node_at(c, id)->kind == REL_NODE_OPTION)
		id = node_at(c, id)->child;
	return id;
}

/* The item of the list `field` that is this string, or identifier; NONE. */
static rel_node_id find_item(const struct check *c, const char *field,
			     struct rel_str text)
{
	rel_node_id id = first_of(c, rel_rules_value(&c->rules, field));

	while (id != REL_NODE_NONE && !rel_str_eq(node_at(c, id)->text, text))
		id = node_at(c, id)->next;
	return id;
}

static bool has_flag(const struct check *c, const char *flag)
{
	return find_item(c, "flags", rel_str_of(flag)) != REL_NODE_NONE;
}

/* A field that the directory's name makes superfluous. */
static void check_field(struct check *c, const char *field, const char *rule,
			struct rel_str implied)
{
	rel_node_id value = rel_rules_value(&c->rules, field);
	struct rel_str text;

	if (value == REL_NODE_NONE || implied.len == 0)
		return;
	text = rel_str_trim(node_at(c, value)->text);
	if (rel_str_eq(text, implied))
		rel_rules_add(&c->rules, REL_LINT_WARNING, "UnnecessaryField",
			      value, "field '%s' says what the directory says",
			      field);
	else
		rel_rules_add(&c->rules, REL_LINT_ERROR, rule, value,
			      "field '%s' is \"%.*s\", but the directory says "
			      "\"%.*s\"",
			      field, REL_STR_ARG(text), REL_STR_ARG(implied));
}

static bool is_string(const struct check *c, rel_node_id id, const char *text)
{
	return id != REL_NODE_NONE && node_at(c, id)->kind == REL_NODE_STRING &&
	       rel_str_is(node_at(c, id)->text, text);
}

/* ["dune" "subst"] and nothing else. */
static bool is_subst(const struct check *c, rel_node_id command)
{
	rel_node_id second, first = node_at(c, command)->child;

	if (node_at(c, command)->kind != REL_NODE_LIST ||
	    !is_string(c, first, "dune"))
		return false;
	second = node_at(c, first)->next;
	return is_string(c, second, "subst") &&
	       node_at(c, second)->next == REL_NODE_NONE;
}

static void check_subst(struct check *c, rel_node_id command)
{
	rel_node_id inner = without_option(c, command), filter;

	if (!is_subst(c, inner))
		return;
	filter = inner == command ? REL_NODE_NONE : node_at(c, inner)->next;
	if (filter != REL_NODE_NONE &&
	    node_at(c, filter)->kind == REL_NODE_IDENT &&
	    rel_str_is(node_at(c, filter)->text, "dev") &&
	    node_at(c, filter)->next == REL_NODE_NONE)
		return;
	rel_rules_add(
	    &c->rules, REL_LINT_WARNING, "DubiousDuneSubst", command,
	    "\"dune subst\" belongs under {dev}: a released archive has "
	    "nothing left to substitute");
}

static void check_build(struct check *c)
{
	rel_node_id value = rel_rules_value(&c->rules, "build"), id;

	if (value == REL_NODE_NONE)
		return;
	check_subst(c, value);
	for (id = first_of(c, value); id != REL_NODE_NONE && id != value;
	     id = node_at(c, id)->next)
		check_subst(c, id);
}

static bool has_build(const struct check *c, rel_node_id id)
{
	const struct rel_node *n = node_at(c, id);

	if (n->kind == REL_NODE_IDENT)
		return rel_str_is(n->text, "build");
	if (n->kind != REL_NODE_AND && n->kind != REL_NODE_OR &&
	    n->kind != REL_NODE_GROUP)
		return false;
	for (id = n->child; id != REL_NODE_NONE; id = node_at(c, id)->next) {
		if (has_build(c, id))
			return true;
	}
	return false;
}

/* Is dune a dependency of the build only? */
static void check_dune(struct check *c, rel_node_id id)
{
	const struct rel_node *n = node_at(c, id);

	if (n->kind == REL_NODE_OPTION && is_string(c, n->child, "dune")) {
		for (rel_node_id k = node_at(c, n->child)->next;
		     k != REL_NODE_NONE; k = node_at(c, k)->next) {
			if (!has_build(c, k))
				continue;
			rel_rules_add(
			    &c->rules, REL_LINT_WARNING, "DuneIsBuild", id,
			    "a dependency on dune has no {build}: what it "
			    "installs depends on its version");
			return;
		}
	}
	if (n->kind == REL_NODE_OPTION)
		return;
	for (id = n->child; id != REL_NODE_NONE; id = node_at(c, id)->next)
		check_dune(c, id);
}

static bool is_md5(struct rel_str checksum)
{
	size_t at = rel_str_find(checksum, '=');

	return at == checksum.len ||
	       (at == 3 && strncasecmp(checksum.ptr, "md5", 3) == 0);
}

/* One source: the section, and the value of its checksums. */
static void check_checksum(struct check *c, rel_node_id source,
			   rel_node_id checksums, const char *what)
{
	rel_node_id id = first_of(c, checksums);
	bool strong = false;

	if (id == REL_NODE_NONE) {
		rel_rules_add(&c->rules, REL_LINT_ERROR, "WeakChecksum", source,
			      "%s has no checksum", what);
		return;
	}
	for (; id != REL_NODE_NONE; id = node_at(c, id)->next)
		strong = strong || !is_md5(node_at(c, id)->text);
	if (!strong)
		rel_rules_add(
		    &c->rules, REL_LINT_ERROR, "WeakChecksum", checksums,
		    "%s has only a checksum of kind md5; add sha256 or sha512",
		    what);
}

static void check_sections(struct check *c, bool *has_url)
{
	for (rel_node_id id = c->rules.tree.items; id != REL_NODE_NONE;
	     id = node_at(c, id)->next) {
		const struct rel_node *n = node_at(c, id);
		rel_node_id field;

		if (n->kind != REL_NODE_SECTION)
			continue;
		field = rel_opam_field(&c->rules.tree, n->child, "checksum");
		if (field != REL_NODE_NONE)
			field = node_at(c, field)->child;
		if (rel_str_is(n->text, "url")) {
			*has_url = true;
			check_checksum(c, id, field, "url");
		} else if (rel_str_is(n->text, "extra-source")) {
			check_checksum(c, id, field, "extra-source");
		}
	}
}

static void check_extra_files(struct check *c)
{
	rel_node_id value = rel_rules_value(&c->rules, "extra-files");
	rel_node_id id = first_of(c, value), second;

	if (id == REL_NODE_NONE)
		return;
	rel_rules_add(&c->rules, REL_LINT_ERROR, "ExtraFiles", value,
		      "field 'extra-files' is not allowed; use extra-source");
	/* a single pair may do without brackets around it */
	if (node_at(c, id)->kind != REL_NODE_LIST)
		id = value;
	for (; id != REL_NODE_NONE; id = node_at(c, id)->next) {
		if (node_at(c, id)->kind != REL_NODE_LIST ||
		    node_at(c, id)->child == REL_NODE_NONE)
			continue;
		second = node_at(c, node_at(c, id)->child)->next;
		if (second != REL_NODE_NONE)
			check_checksum(c, id, second, "an extra file");
	}
}

static void check_pins(struct check *c)
{
	rel_node_id value = rel_rules_value(&c->rules, "pin-depends");

	if (first_of(c, value) != REL_NODE_NONE)
		rel_rules_add(&c->rules, REL_LINT_ERROR, "PinDepends", value,
			      "field 'pin-depends' is not allowed");
}

static void check_directory(struct check *c)
{
	for (uint32_t i = 0; i < c->request->n_entries; i++) {
		const struct rel_submission_entry *e = &c->request->entries[i];

		if (!rel_str_is(e->name, "opam"))
			rel_rules_add(&c->rules, REL_LINT_ERROR,
				      "UnexpectedFile", REL_NODE_NONE,
				      "there is more than the file opam: %.*s",
				      REL_STR_ARG(e->name));
		else if (e->executable)
			rel_rules_add(
			    &c->rules, REL_LINT_ERROR, "ForbiddenPerm",
			    REL_NODE_NONE,
			    "the file is executable; its mode has to be 644 "
			    "or 664");
	}
}

static bool has_contact(const struct check *c)
{
	rel_node_id id = first_of(c, rel_rules_value(&c->rules, "maintainer"));

	if (first_of(c, rel_rules_value(&c->rules, "bug-reports")) !=
	    REL_NODE_NONE)
		return true;
	for (; id != REL_NODE_NONE; id = node_at(c, id)->next) {
		struct rel_str s = node_at(c, id)->text;

		if (rel_str_find(s, '@') < s.len)
			return true;
	}
	return false;
}

static void check_tags(struct check *c)
{
	static const char *const defaults[] = {
	    "add topics", "topics", "to describe", "your", "project"};

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		rel_node_id id = find_item(c, "tags", rel_str_of(defaults[i]));

		if (id == REL_NODE_NONE)
			continue;
		rel_rules_add(&c->rules, REL_LINT_WARNING, "DefaultTagsPresent",
			      id, "a tag of the template was left: \"%s\"",
			      defaults[i]);
		return;
	}
}

/* opam's parsers read CRLF; the repository does not take it. */
static void check_line_ends(struct check *c)
{
	struct rel_str text = c->request->text;
	const char *at = memmem(text.ptr, text.len, "\r\n", 2);

	if (at)
		rel_rules_add(&c->rules, REL_LINT_ERROR, "DosLineEndings",
			      REL_NODE_NONE,
			      "lines end in CRLF; a submission has to have LF");
}

/* "4.14", "(latest)", "(latest-1)", "4.(any)": parts between dots are words,
 * or one of the key words, in parentheses. */
static bool is_intent(struct rel_str text)
{
	static const char *const words[] = {"(any)", "(none)", "(latest)"};
	bool all = text.len > 0;

	while (text.ptr && all) {
		struct rel_str part = rel_str_cut(&text, '.');
		struct rel_str back = part;
		unsigned long n;

		if (rel_str_find(part, '(') == part.len) {
			all =
			    part.len > 0 && rel_str_find(part, ')') == part.len;
			continue;
		}
		all = false;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			all = all || rel_str_is(part, words[i]);
		if (!rel_str_starts(part, REL_STR("(latest-")) || all)
			continue;
		back = rel_str_sub(part, 8, part.len);
		all = rel_str_ends(back, REL_STR(")")) &&
		      rel_str_to_uint(rel_str_sub(back, 0, back.len - 1),
				      UINT16_MAX, &n);
	}
	return all;
}

static bool is_reason(struct rel_str text)
{
	static const char *const reasons[] = {
	    "ocaml-version", "source-unavailable", "maintenance-intent",
	    "uninstallable"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (rel_str_is(text, reasons[i]))
			return true;
	}
	return false;
}

/* A field that is a list, not empty, of strings of one kind. */
static void check_list(struct check *c, const char *field, const char *rule,
		       bool (*is_good)(struct rel_str text), const char *remedy)
{
	rel_node_id value = rel_rules_value(&c->rules, field), id;

	if (value == REL_NODE_NONE)
		return;
	id = node_at(c, value)->kind == REL_NODE_LIST ? node_at(c, value)->child
						      : REL_NODE_NONE;
	if (id == REL_NODE_NONE)
		rel_rules_add(&c->rules, REL_LINT_ERROR, rule, value,
			      "field '%s' is no list with something in it: %s",
			      field, remedy);
	for (; id != REL_NODE_NONE; id = node_at(c, id)->next) {
		const struct rel_node *n = node_at(c, id);

		if (n->kind == REL_NODE_STRING && is_good(n->text))
			continue;
		rel_rules_add(
		    &c->rules, REL_LINT_ERROR, rule, id,
		    "field '%s': \"%.*s\": %s", field,
		    REL_STR_ARG(rel_str_sub(
			rel_opam_source_of(&c->rules.tree, id), 0, 80)),
		    remedy);
	}
}

/* governance/policies/archiving.md of opam-repository */
static void check_maintenance(struct check *c)
{
	rel_node_id commit = rel_rules_value(
	    &c->rules, "x-opam-repository-commit-hash-at-time-of-archiving");

	check_list(c, "x-maintenance-intent", "MaintenanceIntent", is_intent,
		   "versions, (any), (none), (latest) and (latest-N) are "
		   "allowed");
	check_list(c, "x-reason-for-archiving", "InvalidReasonForArchiving",
		   is_reason,
		   "ocaml-version, source-unavailable, maintenance-intent and "
		   "uninstallable are allowed");
	if (commit != REL_NODE_NONE &&
	    node_at(c, commit)->kind != REL_NODE_STRING)
		rel_rules_add(&c->rules, REL_LINT_ERROR,
			      "InvalidOpamRepositoryCommitHash", commit,
			      "the commit is no string");
}

/* flag, prefix and system packages: all three or none. */
static void check_conf(struct check *c)
{
	bool flag = has_flag(c, "conf");
	bool depext =
	    first_of(c, rel_rules_value(&c->rules, "depexts")) != REL_NODE_NONE;
	bool prefix = rel_str_starts(c->request->name, REL_STR("conf-"));

	if (c->request->name.len == 0 || (flag == depext && flag == prefix))
		return;
	rel_rules_add(
	    &c->rules, REL_LINT_ERROR, "InvalidConfPackage", REL_NODE_NONE,
	    "a conf package has flag conf (%s), a name that begins with "
	    "conf- (%s) and depexts (%s)",
	    flag ? "yes" : "no", prefix ? "yes" : "no", depext ? "yes" : "no");
}

/* Names and the conflict-class that goes with them.  opam-ci-check has the
 * first one as "mysys2-", by mistake: what is meant is asked for here. */
static const struct {
	const char *prefix, *class;
} prefixes[] = {
    {"msys2-", "msys2-env"},
    {"arch-", "ocaml-arch"},
    {"ocaml-env-mingw", "ocaml-env-mingw"},
    {"ocaml-env-msvc", "ocaml-env-msvc"},
    {"host-arch-", "ocaml-host-arch"},
    {"host-system-", "ocaml-host-system"},
    {"system-", "ocaml-system"},
};

/* Does the name begin with a prefix of this conflict-class? */
static bool belongs(struct rel_str name, const char *class)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strcmp(prefixes[i].class, class) == 0 &&
		    rel_str_starts(name, rel_str_of(prefixes[i].prefix)))
			return true;
	}
	return false;
}

static void check_prefix(struct check *c, const char *prefix, const char *class)
{
	const struct rel_submission_request *r = c->request;
	rel_node_id id = find_item(c, "conflict-class", rel_str_of(class));

	if (id != REL_NODE_NONE && !belongs(r->name, class))
		rel_rules_add(&c->rules, REL_LINT_ERROR,
			      "PrefixConflictClassMismatch", id,
			      "conflict-class \"%s\" is for names with %s",
			      class, prefix);
	if (!rel_str_starts(r->name, rel_str_of(prefix)))
		return;
	if (id == REL_NODE_NONE)
		rel_rules_add(&c->rules, REL_LINT_ERROR,
			      "PrefixConflictClassMismatch", REL_NODE_NONE,
			      "a name with %s needs conflict-class \"%s\"",
			      prefix, class);
	if (r->is_new)
		rel_rules_add(&c->rules, REL_LINT_WARNING, "RestrictedPrefix",
			      REL_NODE_NONE,
			      "names with %s are for special packages", prefix);
}

static void check_prefixes(struct check *c)
{
	if (c->request->name.len == 0)
		return;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		check_prefix(c, prefixes[i].prefix, prefixes[i].class);
}

static char fold(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
}

/* Equal without '-', '_' and case? */
static bool is_similar(struct rel_str a, struct rel_str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.len && (a.ptr[i] == '-' || a.ptr[i] == '_'))
			i++;
		while (k < b.len && (b.ptr[k] == '-' || b.ptr[k] == '_'))
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (fold(a.ptr[i++]) != fold(b.ptr[k++]))
			return false;
	}
}

static void check_collisions(struct check *c)
{
	const struct rel_submission_request *r = c->request;

	for (uint32_t i = 0; i < r->n_names && r->is_new; i++) {
		if (!rel_str_eq(r->name, r->names[i]) &&
		    is_similar(r->name, r->names[i]))
			rel_rules_add(
			    &c->rules, REL_LINT_WARNING, "NameCollision",
			    REL_NODE_NONE,
			    "the name is too much like that of package %.*s",
			    REL_STR_ARG(r->names[i]));
	}
}

static void check_all(struct check *c)
{
	const struct rel_submission_request *r = c->request;
	rel_node_id depends = rel_rules_value(&c->rules, "depends");
	bool has_url = false;

	check_field(c, "name", "UnmatchedName", r->name);
	check_field(c, "version", "UnmatchedVersion", r->version);
	check_build(c);
	if (depends != REL_NODE_NONE)
		check_dune(c, depends);
	check_sections(c, &has_url);
	if (!has_url && !has_flag(c, "conf"))
		rel_rules_add(&c->rules, REL_LINT_ERROR, "NoPackageSources",
			      REL_NODE_NONE, "there is no section 'url'");
	check_extra_files(c);
	check_pins(c);
	check_directory(c);
	if (!has_contact(c))
		rel_rules_add(
		    &c->rules, REL_LINT_ERROR, "MaintainerWithoutContact",
		    rel_rules_value(&c->rules, "maintainer"),
		    "neither bug-reports nor an address of a maintainer");
	check_tags(c);
	check_line_ends(c);
	check_maintenance(c);
	check_conf(c);
	check_prefixes(c);
	check_collisions(c);
}

int rel_submission_check(struct rel_submission_findings *out,
			 const struct rel_submission_request *request,
			 struct rel_arena *arena, struct rel_error *err)
{
	struct check c = {.request = request,
			  .rules = {.arena = arena, .out = out}};
	struct rel_error ignored = {0};
	int rc;

	*out = (struct rel_submission_findings){0};
	rc = rel_opam_parse(&c.rules.tree, arena, request->text, request->path,
			    &ignored);
	if (rc == REL_ENOMEM)
		return rel_fail_nomem(err);
	if (rc == 0)
		check_all(&c);
	return c.rules.status == 0 ? 0 : rel_fail_nomem(err);
}
