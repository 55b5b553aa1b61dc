#include "conf/conf_private.h"

#include "base/path.h"

static int read_name(struct rel_conf_reader *r, const struct rel_yaml *value,
		     void *target)
{
	struct rel_conf_release *release = target;

	release->name = value->text;
	return rel_conf_expect_name(r, value, "the project's name");
}

static int read_archive(struct rel_conf_reader *r, const struct rel_yaml *value,
			void *target)
{
	static const char *const kinds[] = {"tbz", "tar.gz", "tar.xz",
					    "tar.zst"};
	struct rel_conf_release *release = target;

	return rel_conf_read_choice(r, value, "archive", kinds,
				    REL_CONF_COUNT(kinds), &release->archive);
}

/* How many times "{version}" is in `text`. */
static size_t count_places(const char *text)
{
	size_t n = 0;

	while ((text = strstr(text, "{version}"))) {
		text += strlen("{version}");
		n++;
	}
	return n;
}

static int read_tag(struct rel_conf_reader *r, const struct rel_yaml *value,
		    void *target)
{
	struct rel_conf_release *release = target;
	int rc = rel_conf_expect_text(r, value, "tag");

	if (rc)
		return rc;
	release->tag = value->text;
	if (count_places(value->text) == 1)
		return 0;
	if (count_places(value->text) > 1)
		return rel_conf_fail(r, value,
				     "tag holds \"{version}\" twice; once is "
				     "enough");
	return rel_conf_fail(r, value,
			     "tag must hold \"{version}\", or every release "
			     "would have the same tag; quote it: "
			     "\"v{version}\"");
}

static int read_sign(struct rel_conf_reader *r, const struct rel_yaml *value,
		     void *target)
{
	static const char *const ways[] = {"none", "ssh", "gpg"};
	struct rel_conf_release *release = target;

	return rel_conf_read_choice(r, value, "sign", ways,
				    REL_CONF_COUNT(ways), &release->sign);
}

static int read_strict(struct rel_conf_reader *r, const struct rel_yaml *value,
		       void *target)
{
	struct rel_conf_release *release = target;

	return rel_conf_read_boolean(r, value, "strict", &release->strict);
}

static int read_watermarks(struct rel_conf_reader *r,
			   const struct rel_yaml *value, void *target)
{
	struct rel_conf_release *release = target;
	bool replace = false;
	int rc = rel_conf_read_boolean(r, value, "watermarks", &replace);

	release->watermarks =
	    replace ? REL_CONF_WATERMARKS_REPLACE : REL_CONF_WATERMARKS_LEAVE;
	return rc;
}

static int read_globs(struct rel_conf_reader *r, const struct rel_yaml *value,
		      const char *what, struct rel_conf_globs *out)
{
	out->line = value->line;
	return rel_conf_read_texts(r, value, what, rel_conf_expect_text,
				   &out->items, &out->count);
}

static int read_packages(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_release *release = target;

	return read_globs(r, value, "packages", &release->packages);
}

static int read_exclude(struct rel_conf_reader *r, const struct rel_yaml *value,
			void *target)
{
	struct rel_conf_release *release = target;

	return read_globs(r, value, "exclude", &release->exclude);
}

static int read_branches(struct rel_conf_reader *r,
			 const struct rel_yaml *value, void *target)
{
	struct rel_conf_release *release = target;

	return read_globs(r, value, "branches", &release->branches);
}

/* A path in the source; `what` names it. */
static int read_path(struct rel_conf_reader *r, const struct rel_yaml *value,
		     const char *what, const char **out)
{
	int rc = rel_conf_expect_text(r, value, what);

	if (rc)
		return rc;
	*out = value->text;
	if (rel_path_is_safe(rel_str_of(value->text)))
		return 0;
	return rel_conf_fail(r, value,
			     "%s \"%.80s\" must be a path from the top of the "
			     "source, without \"..\"",
			     what, value->text);
}

static int read_changelog(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	struct rel_conf_release *release = target;

	if (value->kind == REL_YAML_TEXT && rel_conf_is_boolean(value) &&
	    strcmp(value->text, "false") == 0) {
		release->no_changelog = true;
		return 0;
	}
	return read_path(r, value, "changelog", &release->changelog);
}

static int read_date_changelog(struct rel_conf_reader *r,
			       const struct rel_yaml *value, void *target)
{
	struct rel_conf_release *release = target;

	return rel_conf_read_boolean(r, value, "date-changelog",
				     &release->date_changelog);
}

static int read_avoid_version(struct rel_conf_reader *r,
			      const struct rel_yaml *value, void *target)
{
	static const char *const when[] = {"prerelease", "never"};
	struct rel_conf_release *release = target;
	const char *text = NULL;
	int rc = rel_conf_read_choice(r, value, "avoid-version", when,
				      REL_CONF_COUNT(when), &text);

	release->never_avoid = !rc && strcmp(text, "never") == 0;
	return rc;
}

static int read_file_path(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	struct rel_conf_version_file *file = target;

	return read_path(r, value, "path", &file->path);
}

static int read_file_pattern(struct rel_conf_reader *r,
			     const struct rel_yaml *value, void *target)
{
	struct rel_conf_version_file *file = target;
	int rc = rel_conf_expect_text(r, value, "pattern");

	if (rc)
		return rc;
	file->pattern = value->text;
	if (count_places(value->text) == 1 &&
	    strcmp(value->text, "{version}") != 0)
		return 0;
	return rel_conf_fail(r, value,
			     "pattern must hold \"{version}\" once, with the "
			     "text around it, quoted: "
			     "'let version = \"{version}\"'");
}

static int read_version_file(struct rel_conf_reader *r,
			     const struct rel_yaml *node, void *items, size_t n)
{
	static const struct rel_conf_field fields[] = {
	    {"path", read_file_path},
	    {"pattern", read_file_pattern},
	};
	struct rel_conf_version_file *file =
	    (struct rel_conf_version_file *)items + n;
	int rc;

	file->line = node->line;
	file->column = node->column;
	if (node->kind == REL_YAML_TEXT)
		return read_path(r, node, "a version file", &file->path);
	rc = rel_conf_read_mapping(r, node, "a version file",
				   "key in a version file", fields,
				   REL_CONF_COUNT(fields), file);
	if (!rc && !file->path)
		rc =
		    rel_conf_fail_missing(r, node, "this version file", "path");
	return rc;
}

static int read_version_files(struct rel_conf_reader *r,
			      const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_list list = {
	    "version-files", sizeof(struct rel_conf_version_file),
	    read_version_file};
	struct rel_conf_release *release = target;
	void *items = NULL;
	int rc = rel_conf_read_list(r, value, &list, &items,
				    &release->n_version_files);

	release->version_files = items;
	return rc;
}

static int read_word(struct rel_conf_reader *r, const struct rel_yaml *node,
		     void *items, size_t n)
{
	const char **words = items;

	words[n] = node->text;
	return rel_conf_expect_text(r, node, "a word of a command");
}

/* One word more than there are is NULL. */
static int read_command(struct rel_conf_reader *r, const struct rel_yaml *node,
			struct rel_conf_check *check)
{
	const char **words =
	    rel_arena_array(r->arena, (size_t)node->count + 1, sizeof(*words));
	size_t n = 0;
	int rc = 0;

	if (!words)
		return rel_fail_nomem(r->err);
	for (const struct rel_yaml *m = node->first; m && rc == 0; m = m->next)
		rc = read_word(r, m, words, n++);
	check->argv = words;
	if (rc == 0 && n == 0)
		rc = rel_conf_fail(r, node,
				   "an empty command; write its words, as in "
				   "[dune, build, -p, foo]");
	return rc;
}

static int read_check(struct rel_conf_reader *r, const struct rel_yaml *node,
		      void *items, size_t n)
{
	struct rel_conf_check *check = (struct rel_conf_check *)items + n;

	if (node->kind == REL_YAML_LIST)
		return read_command(r, node, check);
	check->opam =
	    node->kind == REL_YAML_TEXT && strcmp(node->text, "opam") == 0;
	return check->opam
		   ? 0
		   : rel_conf_fail(r, node,
				   "a check is opam, or a command as a list "
				   "of its words: [dune, build, -p, foo]");
}

static int read_checks(struct rel_conf_reader *r, const struct rel_yaml *value,
		       void *target)
{
	static const struct rel_conf_list list = {
	    "check", sizeof(struct rel_conf_check), read_check};
	struct rel_conf_release *release = target;
	struct rel_conf_check *one;
	void *items = NULL;
	int rc;

	if (value->kind == REL_YAML_TEXT) {
		one = rel_arena_array(r->arena, 1, sizeof(*one));
		release->checks = one;
		release->n_checks = 1;
		return one ? read_check(r, value, one, 0)
			   : rel_fail_nomem(r->err);
	}
	rc = rel_conf_read_list(r, value, &list, &items, &release->n_checks);
	release->checks = items;
	return rc;
}

int rel_conf_read_release(struct rel_conf_reader *r,
			  const struct rel_yaml *value, void *target)
{
	static const struct rel_conf_field fields[] = {
	    {"name", read_name},
	    {"archive", read_archive},
	    {"tag", read_tag},
	    {"sign", read_sign},
	    {"changelog", read_changelog},
	    {"date-changelog", read_date_changelog},
	    {"avoid-version", read_avoid_version},
	    {"version-files", read_version_files},
	    {"watermarks", read_watermarks},
	    {"strict", read_strict},
	    {"packages", read_packages},
	    {"exclude", read_exclude},
	    {"branches", read_branches},
	    {"check", read_checks},
	};
	struct rel_conf *conf = target;

	return rel_conf_read_mapping(r, value, "release", "key in release",
				     fields, REL_CONF_COUNT(fields),
				     &conf->release);
}
