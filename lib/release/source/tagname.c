#include "release/source/tagname.h"

#include "base/limits.h"
#include "opam/version.h"

#define VERSION "{version}"
#define NAME	"{name}"

/* The pattern in two: what stands before "{version}", and behind. */
struct pattern {
	struct rel_str before, after;
};

static int read_pattern(struct pattern *out, const char *text,
			struct rel_error *err)
{
	const char *at;

	if (!text)
		text = REL_TAGNAME_DEFAULT;
	at = strstr(text, VERSION);
	if (!at)
		return rel_fail(err, REL_EUSAGE,
				"the pattern of tags \"%.80s\" has no "
				"\"{version}\"",
				text);
	out->before = rel_str_n(text, (size_t)(at - text));
	out->after = rel_str_of(at + strlen(VERSION));
	if (strstr(out->after.ptr, VERSION))
		return rel_fail(err, REL_EUSAGE,
				"the pattern of tags \"%.80s\" has "
				"\"{version}\" twice",
				text);
	return 0;
}

/* `part` with each "{name}" replaced. */
static int add_part(struct rel_buf *out, struct rel_str part,
		    struct rel_str name, struct rel_error *err)
{
	for (size_t i = 0; i < part.len; i++) {
		struct rel_str rest = rel_str_sub(part, i, part.len);

		if (rel_str_starts(rest, REL_STR(NAME))) {
			rel_buf_add_str(out, name);
			i += strlen(NAME) - 1;
		} else if (part.ptr[i] == '{') {
			return rel_fail(err, REL_EUSAGE,
					"\"%.*s\" in the pattern of tags is "
					"neither \"{version}\" nor \"{name}\"",
					REL_STR_ARG(rel_str_sub(rest, 0, 80)));
		} else {
			rel_buf_add_char(out, part.ptr[i]);
		}
	}
	return rel_buf_status(out, "name of the tag", err);
}

/* Must a comma stand before the character at `i`?  See tagname.h. */
static bool is_escaped(struct rel_str version, size_t i)
{
	char c = version.ptr[i];

	if (i == 0)
		return c == '.' || c == '-' || c == '_';
	if (c == '_')
		return true;
	if (version.ptr[i - 1] != '.')
		return false;
	return c == '.' ||
	       rel_str_is(rel_str_sub(version, i, version.len), "lock");
}

static void add_version(struct rel_buf *out, struct rel_str version)
{
	for (size_t i = 0; i < version.len; i++) {
		if (is_escaped(version, i))
			rel_buf_add_char(out, ',');
		rel_buf_add_char(out,
				 version.ptr[i] == '~' ? '_' : version.ptr[i]);
	}
	if (version.len && version.ptr[version.len - 1] == '.')
		rel_buf_add_char(out, ',');
}

int rel_tagname_make(struct rel_buf *out, const char *pattern,
		     struct rel_str name, struct rel_str version,
		     struct rel_error *err)
{
	size_t start = out->len;
	struct rel_str tag;
	struct pattern p;
	int rc;

	if (!rel_version_is_valid(version))
		return rel_fail(err, REL_EUSAGE,
				"\"%.*s\" is no version; it may hold letters, "
				"digits and . _ ~ + - only",
				REL_STR_ARG(version));
	rc = read_pattern(&p, pattern, err);
	if (!rc)
		rc = add_part(out, p.before, name, err);
	if (rc)
		return rc;
	add_version(out, version);
	rc = add_part(out, p.after, name, err);
	if (rc)
		return rc;
	tag = rel_str_sub(rel_buf_str(out), start, out->len);
	if (rel_tagname_is_valid(tag))
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"git has no tag called \"%.*s\"; change the pattern "
			"(\"release: tag:\" in relctl.yml)",
			REL_STR_ARG(tag));
}

/* The version that add_version() wrote as `text`; false when it never would. */
static bool read_version(struct rel_buf *out, struct rel_str text)
{
	size_t start = out->len;
	struct rel_buf again;
	bool same;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '_')
			rel_buf_add_char(out, '~');
		else if (text.ptr[i] != ',')
			rel_buf_add_char(out, text.ptr[i]);
		else if (i + 1 < text.len)
			rel_buf_add_char(out, text.ptr[++i]);
	}
	rel_buf_init(&again, 2 * out->len + 2);
	add_version(&again, rel_str_sub(rel_buf_str(out), start, out->len));
	same = rel_str_eq(rel_buf_str(&again), text);
	rel_buf_free(&again);
	return same && text.len > 0;
}

int rel_tagname_version(struct rel_buf *out, const char *pattern,
			struct rel_str name, struct rel_str tag,
			struct rel_error *err)
{
	struct rel_buf before, after;
	size_t start = out->len;
	struct pattern p;
	int rc = read_pattern(&p, pattern, err);

	if (rc)
		return rc;
	rel_buf_init(&before, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&after, REL_LIMIT_CONFIG_BYTES);
	rc = add_part(&before, p.before, name, err);
	if (!rc)
		rc = add_part(&after, p.after, name, err);
	if (!rc && before.len + after.len < tag.len &&
	    rel_str_starts(tag, rel_buf_str(&before)) &&
	    rel_str_ends(tag, rel_buf_str(&after)))
		rc = read_version(
		    out, rel_str_sub(tag, before.len, tag.len - after.len));
	if (rc >= 0 && rel_buf_status(out, "version", err))
		rc = out->status;
	if (rc <= 0 && out->ptr)
		out->len = start;
	rel_buf_free(&before);
	rel_buf_free(&after);
	return rc;
}

static bool is_refused(unsigned char c)
{
	return c <= ' ' || c == 127 || strchr("~^:?*[\\", c);
}

bool rel_tagname_is_valid(struct rel_str name)
{
	struct rel_str rest = name;

	if (name.len == 0 || name.len > REL_LIMIT_TAG_BYTES ||
	    name.ptr[0] == '-' || rel_str_ends(name, REL_STR(".")))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		struct rel_str two = rel_str_sub(name, i, i + 2);

		if (is_refused((unsigned char)name.ptr[i]) ||
		    rel_str_is(two, "..") || rel_str_is(two, "@{"))
			return false;
	}
	while (rest.ptr) {
		struct rel_str part = rel_str_cut(&rest, '/');

		if (part.len == 0 || part.ptr[0] == '.' ||
		    rel_str_ends(part, REL_STR(".lock")))
			return false;
	}
	return true;
}

struct reading {
	struct rel_tagged *out;
	struct rel_project *project;
	struct rel_str tag;
	struct rel_error *err;
};

/* Does the tag fit the pattern with this name?  Returns 1, 0 or an error. */
static int fits(struct reading *r, const char *pattern, struct rel_str name)
{
	struct rel_buf version;
	int rc;

	rel_buf_init(&version, REL_LIMIT_VERSION_BYTES);
	rc = rel_tagname_version(&version, pattern, name, r->tag, r->err);
	if (rc == 1 && !rel_version_is_valid(rel_buf_str(&version)))
		rc = 0;
	if (rc == 1) {
		r->out->version =
		    rel_arena_copy(&r->project->arena, rel_buf_str(&version));
		if (!r->out->version)
			rc = rel_fail_nomem(r->err);
	}
	rel_buf_free(&version);
	return rc;
}

/* The package with the longest name that fits. */
static int find_package(struct reading *r, const char *pattern)
{
	const struct rel_project_package *best = NULL;
	const char *version = NULL;

	for (size_t i = 0; i < r->project->n_packages; i++) {
		const struct rel_project_package *p = &r->project->packages[i];
		int rc;

		if (best && p->name.len <= best->name.len)
			continue;
		rc = fits(r, pattern, p->name);
		if (rc < 0)
			return rc;
		if (rc) {
			best = p;
			version = r->out->version;
		}
	}
	r->out->version = version;
	r->out->package = best ? best->name.ptr : NULL;
	return best != NULL;
}

static int find_configured(struct reading *r, const char *pattern)
{
	struct rel_str all = r->project->name;
	int rc;

	if (!strstr(pattern, "{name}"))
		return fits(r, pattern, all);
	rc = find_package(r, pattern);
	if (rc < 0 || (rc && strlen(r->out->package) > all.len))
		return rc;
	if (rc && rel_str_is(all, r->out->package)) {
		r->out->namesake = r->out->package;
		r->out->package = NULL;
	}
	return rc ? rc : fits(r, pattern, all);
}

/* "v1", which may be the version 1 */
static bool has_v(const char *version)
{
	return version[0] == 'v' && version[1] >= '0' && version[1] <= '9';
}

static int find_usual(struct reading *r)
{
	int rc = find_package(r, REL_TAGNAME_DEFAULT_NAMED);

	if (rc == 0)
		rc = fits(r, REL_TAGNAME_DEFAULT_NAMED, r->project->name);
	if (rc == 0)
		rc = fits(r, REL_TAGNAME_DEFAULT, r->project->name);
	if (rc == 1)
		r->out->either = has_v(r->out->version);
	return rc;
}

int rel_tagged_read(struct rel_tagged *out, const char *tag,
		    struct rel_project *project,
		    const struct rel_conf_release *release,
		    struct rel_error *err)
{
	const char *pattern = release ? release->tag : NULL;
	struct reading r = {out, project, rel_str_of(tag), err};

	*out = (struct rel_tagged){.version = NULL};
	return pattern ? find_configured(&r, pattern) : find_usual(&r);
}
