#include "release/source/tagged.h"

#include "base/limits.h"
#include "opam/version.h"
#include "release/source/tagname.h"

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
