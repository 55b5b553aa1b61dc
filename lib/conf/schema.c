#include "conf/schema.h"

#include "base/nearest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reader {
	struct rel_arena *arena;
	struct rel_error *err;
};

/* One key a mapping may have; `read` puts its value into `target`. */
struct field {
	const char *name;
	int (*read)(struct reader *r, const struct rel_yaml *value,
		    void *target);
};

#define FIELDS_MAX 8

static int at(struct reader *r, const struct rel_yaml *node, int code)
{
	rel_error_at(r->err, NULL, node->line, node->column);
	return code;
}

static const char *kind_text(enum rel_yaml_kind kind)
{
	switch (kind) {
	case REL_YAML_LIST:
		return "a list";
	case REL_YAML_MAPPING:
		return "a mapping";
	default:
		return "a text";
	}
}

/* `what` names the value: "remotes". */
static int expect(struct reader *r, const struct rel_yaml *node,
		  enum rel_yaml_kind kind, const char *what)
{
	if (node->kind == kind)
		return 0;
	return at(r, node,
		  rel_fail(r->err, REL_EPARSE, "%s must be %s, not %s", what,
			   kind_text(kind), kind_text(node->kind)));
}

static bool is_null(const struct rel_yaml *node)
{
	return node->plain &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
		strcmp(node->text, "null") == 0);
}

static bool is_boolean(const struct rel_yaml *node)
{
	return node->plain && (strcmp(node->text, "true") == 0 ||
			       strcmp(node->text, "false") == 0);
}

static int expect_text(struct reader *r, const struct rel_yaml *node,
		       const char *what)
{
	int rc = expect(r, node, REL_YAML_TEXT, what);

	if (rc)
		return rc;
	if (is_null(node) || node->text[0] == '\0')
		return at(r, node,
			  rel_fail(r->err, REL_EPARSE,
				   "%s has no value; give one or remove the "
				   "key",
				   what));
	if (is_boolean(node))
		return at(r, node,
			  rel_fail(r->err, REL_EPARSE,
				   "%s must be a text; quote it if \"%s\" is "
				   "meant",
				   what, node->text));
	return 0;
}

/* `words` as "a, b, c", cut where the buffer ends. */
static void list_words(char *out, size_t size, const char *const words[],
		       size_t count)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s",
					i ? ", " : "", words[i]);
}

/* "unknown <what> "<text>"; did you mean …?" */
static int fail_unknown(struct reader *r, const struct rel_yaml *node,
			const char *what, const char *const words[],
			size_t count)
{
	const char *near = rel_nearest(rel_str_of(node->text), words, count);
	char all[256];
	int code;

	list_words(all, sizeof(all), words, count);
	if (near)
		code = rel_fail(r->err, REL_EPARSE,
				"unknown %s \"%.80s\"; did you mean \"%s\"?",
				what, node->text, near);
	else
		code = rel_fail(r->err, REL_EPARSE,
				"unknown %s \"%.80s\"; known: %s", what,
				node->text, all);
	return at(r, node, code);
}

static int read_choice(struct reader *r, const struct rel_yaml *value,
		       const char *what, const char *const words[],
		       size_t count, const char **out)
{
	int rc = expect_text(r, value, what);

	if (rc)
		return rc;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(value->text, words[i]) == 0) {
			*out = value->text;
			return 0;
		}
	}
	return fail_unknown(r, value, what, words, count);
}

/* `what` says where: "key in a remote". */
static int read_fields(struct reader *r, const struct rel_yaml *mapping,
		       const char *what, const struct field *fields,
		       size_t count, void *target)
{
	const char *names[FIELDS_MAX];

	for (size_t i = 0; i < count; i++)
		names[i] = fields[i].name;
	for (const struct rel_yaml *m = mapping->first; m; m = m->next) {
		size_t i = 0;
		int rc;

		while (i < count && strcmp(fields[i].name, m->key->text) != 0)
			i++;
		if (i == count)
			return fail_unknown(r, m->key, what, names, count);
		rc = fields[i].read(r, m, target);
		if (rc)
			return rc;
	}
	return 0;
}

static int fail_missing(struct reader *r, const struct rel_yaml *node,
			const char *what, const char *key)
{
	return at(r, node,
		  rel_fail(r->err, REL_EPARSE, "%s has no \"%s\"; add it", what,
			   key));
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("._+-", c));
}

static int expect_name(struct reader *r, const struct rel_yaml *node,
		       const char *what)
{
	int rc = expect_text(r, node, what);

	for (const char *c = rc ? "" : node->text; *c; c++) {
		if (!is_name_char(*c))
			return at(r, node,
				  rel_fail(r->err, REL_EPARSE,
					   "%s \"%.80s\" may hold letters, "
					   "digits and . _ + - only",
					   what, node->text));
	}
	return rc;
}

static int read_remote_name(struct reader *r, const struct rel_yaml *value,
			    void *target)
{
	struct rel_conf_remote *remote = target;

	remote->name = value->text;
	return expect_name(r, value, "the remote's name");
}

static int read_remote_role(struct reader *r, const struct rel_yaml *value,
			    void *target)
{
	static const char *const roles[] = {"development", "upstream"};
	struct rel_conf_remote *remote = target;

	return read_choice(r, value, "role", roles, COUNT(roles),
			   &remote->role);
}

static int read_remote_url(struct reader *r, const struct rel_yaml *value,
			   void *target)
{
	struct rel_conf_remote *remote = target;

	remote->url = value->text;
	return expect_text(r, value, "url");
}

static int read_remote(struct reader *r, const struct rel_yaml *node,
		       struct rel_conf_remote *remote)
{
	static const struct field fields[] = {
	    {"name", read_remote_name},
	    {"role", read_remote_role},
	    {"url", read_remote_url},
	};
	int rc = expect(r, node, REL_YAML_MAPPING, "a remote");

	if (!rc)
		rc = read_fields(r, node, "key in a remote", fields,
				 COUNT(fields), remote);
	if (rc)
		return rc;
	remote->line = node->line;
	remote->column = node->column;
	if (!remote->name)
		return fail_missing(r, node, "this remote", "name");
	if (!remote->url)
		return fail_missing(r, node, "this remote", "url");
	return 0;
}

static int fail_repeated(struct reader *r, const struct rel_yaml *node,
			 const char *what, const char *name, uint32_t line)
{
	return at(r, node,
		  rel_fail(r->err, REL_EPARSE,
			   "a second %s named \"%.80s\", the first is on line "
			   "%u; rename or remove one",
			   what, name, (unsigned)line));
}

static int read_remotes(struct reader *r, const struct rel_yaml *value,
			void *target)
{
	struct rel_conf *conf = target;
	struct rel_conf_remote *remotes;
	size_t n = 0;
	int rc = expect(r, value, REL_YAML_LIST, "remotes");

	if (rc)
		return rc;
	remotes = rel_arena_array(r->arena, value->count, sizeof(*remotes));
	if (!remotes)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = value->first; m; m = m->next, n++) {
		rc = read_remote(r, m, &remotes[n]);
		if (rc)
			return rc;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(remotes[i].name, remotes[n].name) == 0)
				return fail_repeated(r, m, "remote",
						     remotes[n].name,
						     remotes[i].line);
		}
	}
	conf->remotes = remotes;
	conf->n_remotes = n;
	return 0;
}

/* A list of texts, or one text alone. */
static int read_texts(struct reader *r, const struct rel_yaml *value,
		      const char *what, const char *const **out, size_t *count)
{
	bool alone = value->kind == REL_YAML_TEXT;
	const struct rel_yaml *m = alone ? value : value->first;
	const char **texts;
	size_t n = 0;

	if (value->kind == REL_YAML_MAPPING)
		return at(r, value,
			  rel_fail(r->err, REL_EPARSE,
				   "%s must be a text or a list of texts, not "
				   "a mapping",
				   what));
	if (!m)
		return at(r, value,
			  rel_fail(r->err, REL_EPARSE,
				   "%s is an empty list; fill or remove it",
				   what));
	texts =
	    rel_arena_array(r->arena, alone ? 1 : value->count, sizeof(*texts));
	if (!texts)
		return rel_fail_nomem(r->err);
	for (; m; m = alone ? NULL : m->next) {
		int rc = expect_name(r, m, what);

		if (rc)
			return rc;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(texts[i], m->text) == 0)
				return at(r, m,
					  rel_fail(r->err, REL_EPARSE,
						   "\"%.80s\" is in %s twice; "
						   "remove one",
						   m->text, what));
		}
		texts[n++] = m->text;
	}
	*out = texts;
	*count = n;
	return 0;
}

static const char *const text_variables[] = {
    "arch",
    "os",
    "os-distribution",
    "os-family",
    "os-version",
    "opam-version",
    "sys-ocaml-version",
    "sys-ocaml-arch",
    "sys-ocaml-cc",
    "sys-ocaml-libc",
    "sys-ocaml-system",
    "make",
    "user",
    "group",
};

static const char *const boolean_variables[] = {
    "with-test", "with-doc", "with-dev-setup", "dev", "build", "post", "pinned",
};

static bool is_among(const char *word, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

/* Any variable is fine, but one letter beside a known one is a slip that
 * would silently change the result. */
static int check_variable(struct reader *r, const struct rel_yaml *key)
{
	const char *known[COUNT(text_variables) + COUNT(boolean_variables) + 2];
	struct rel_str name = rel_str_of(key->text);
	size_t n = 0;

	for (size_t i = 0; i < name.len; i++) {
		if (!is_name_char(name.ptr[i]) || name.ptr[i] == '.')
			return at(r, key,
				  rel_fail(r->err, REL_EPARSE,
					   "\"%.80s\" is not the name of an "
					   "opam variable",
					   key->text));
	}
	known[n++] = "name";
	known[n++] = "ocaml";
	for (size_t i = 0; i < COUNT(text_variables); i++)
		known[n++] = text_variables[i];
	for (size_t i = 0; i < COUNT(boolean_variables); i++)
		known[n++] = boolean_variables[i];
	if (is_among(key->text, known, n) || name.len < 4)
		return name.len ? 0 : fail_unknown(r, key, "key", known, n);
	for (size_t i = 0; i < n; i++) {
		if (rel_slips(name, rel_str_of(known[i])) <= 1)
			return fail_unknown(r, key, "variable", known, n);
	}
	return 0;
}

static int read_variable(struct reader *r, const struct rel_yaml *value,
			 struct rel_conf_value *out)
{
	const char *name = value->key->text;
	int rc = check_variable(r, value->key);

	if (rc)
		return rc;
	*out = (struct rel_conf_value){.name = name, .text = value->text};
	rc = expect(r, value, REL_YAML_TEXT, name);
	if (rc)
		return rc;
	if (is_among(name, boolean_variables, COUNT(boolean_variables))) {
		out->boolean = is_boolean(value);
		if (out->boolean)
			return 0;
		return at(r, value,
			  rel_fail(r->err, REL_EPARSE,
				   "%s must be true or false, without quotes",
				   name));
	}
	if (is_boolean(value) &&
	    !is_among(name, text_variables, COUNT(text_variables))) {
		out->boolean = true;
		return 0;
	}
	return expect_text(r, value, name);
}

static int read_environment(struct reader *r, const struct rel_yaml *node,
			    struct rel_conf_environment *out)
{
	struct rel_conf_value *values;
	int rc = expect(r, node, REL_YAML_MAPPING, "an environment");

	if (rc)
		return rc;
	values = rel_arena_array(r->arena, node->count, sizeof(*values));
	if (!values)
		return rel_fail_nomem(r->err);
	out->line = node->line;
	out->column = node->column;
	for (const struct rel_yaml *m = node->first; m && !rc; m = m->next) {
		if (strcmp(m->key->text, "name") == 0) {
			out->name = m->text;
			rc = expect_name(r, m, "the environment's name");
		} else if (strcmp(m->key->text, "ocaml") == 0) {
			rc = read_texts(r, m, "ocaml", &out->ocaml,
					&out->n_ocaml);
		} else {
			rc = read_variable(r, m, &values[out->n_values++]);
		}
	}
	out->values = values;
	if (!rc && !out->name)
		rc = fail_missing(r, node, "this environment", "name");
	return rc;
}

static int read_environments(struct reader *r, const struct rel_yaml *value,
			     void *target)
{
	struct rel_conf *conf = target;
	struct rel_conf_environment *list;
	size_t n = 0;
	int rc = expect(r, value, REL_YAML_LIST, "environments");

	if (rc)
		return rc;
	list = rel_arena_array(r->arena, value->count, sizeof(*list));
	if (!list)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = value->first; m; m = m->next, n++) {
		rc = read_environment(r, m, &list[n]);
		if (rc)
			return rc;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(list[i].name, list[n].name) == 0)
				return fail_repeated(r, m, "environment",
						     list[n].name,
						     list[i].line);
		}
	}
	conf->environments = list;
	conf->n_environments = n;
	return 0;
}

static int read_archive(struct reader *r, const struct rel_yaml *value,
			void *target)
{
	static const char *const kinds[] = {"tbz", "tar.gz", "tar.xz",
					    "tar.zst"};
	struct rel_conf_release *release = target;

	return read_choice(r, value, "archive", kinds, COUNT(kinds),
			   &release->archive);
}

static int read_tag(struct reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_release *release = target;
	int rc = expect_text(r, value, "tag");

	if (rc)
		return rc;
	release->tag = value->text;
	if (strstr(value->text, "{version}"))
		return 0;
	return at(r, value,
		  rel_fail(r->err, REL_EPARSE,
			   "tag must hold \"{version}\", or every release "
			   "would have the same tag; quote it: "
			   "\"v{version}\""));
}

static int read_sign(struct reader *r, const struct rel_yaml *value,
		     void *target)
{
	static const char *const ways[] = {"none", "ssh", "gpg"};
	struct rel_conf_release *release = target;

	return read_choice(r, value, "sign", ways, COUNT(ways), &release->sign);
}

static int read_release(struct reader *r, const struct rel_yaml *value,
			void *target)
{
	static const struct field fields[] = {
	    {"archive", read_archive},
	    {"tag", read_tag},
	    {"sign", read_sign},
	};
	struct rel_conf *conf = target;
	int rc = expect(r, value, REL_YAML_MAPPING, "release");

	return rc ? rc
		  : read_fields(r, value, "key in release", fields,
				COUNT(fields), &conf->release);
}

static int read_publish_kind(struct reader *r, const struct rel_yaml *value,
			     void *target)
{
	static const char *const kinds[] = {"mirror", "put",	"s3",
					    "github", "gitlab", "forgejo"};
	struct rel_conf_publish *publish = target;

	return read_choice(r, value, "kind", kinds, COUNT(kinds),
			   &publish->kind);
}

static int read_publish(struct reader *r, const struct rel_yaml *value,
			void *target)
{
	static const struct field fields[] = {{"kind", read_publish_kind}};
	struct rel_conf *conf = target;
	int rc = expect(r, value, REL_YAML_MAPPING, "publish");

	if (!rc)
		rc = read_fields(r, value, "key in publish", fields,
				 COUNT(fields), &conf->publish);
	if (!rc && !conf->publish.kind)
		rc = fail_missing(r, value, "publish", "kind");
	return rc;
}

static int read_targets(struct reader *r, const struct rel_yaml *value,
			void *target)
{
	struct rel_conf *conf = target;
	struct rel_conf_target *list;
	size_t n = 0;
	int rc = expect(r, value, REL_YAML_LIST, "targets");

	if (rc)
		return rc;
	list = rel_arena_array(r->arena, value->count, sizeof(*list));
	if (!list)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = value->first; m; m = m->next, n++) {
		rc = expect(r, m, REL_YAML_LIST, "a target");
		if (!rc)
			rc = read_texts(r, m, "the target", &list[n].packages,
					&list[n].n_packages);
		if (rc)
			return rc;
		list[n].line = m->line;
		list[n].column = m->column;
	}
	conf->targets = list;
	conf->n_targets = n;
	return 0;
}

int rel_conf_fill(struct rel_conf *conf, const struct rel_yaml *root,
		  struct rel_error *err)
{
	static const struct field fields[] = {
	    {"remotes", read_remotes}, {"environments", read_environments},
	    {"release", read_release}, {"publish", read_publish},
	    {"targets", read_targets},
	};
	struct reader r = {&conf->arena, err};
	int rc;

	if (!root || (root->kind == REL_YAML_TEXT && is_null(root)))
		return 0;
	rc = expect(&r, root, REL_YAML_MAPPING, "the file");
	return rc ? rc
		  : read_fields(&r, root, "key", fields, COUNT(fields), conf);
}
