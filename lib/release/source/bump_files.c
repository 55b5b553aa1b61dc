/* Versions in files of build systems before dune, and where relctl.yml says. */
#include "release/source/bump_work.h"

static int add_spans(struct rel_bump_finder *f, struct rel_bump_file *file,
		     size_t owner, const struct rel_spans *spans)
{
	int rc = 0;

	for (uint32_t i = 0; i < spans->count && !rc; i++)
		rc = rel_bump_add(f, file, owner, spans->items[i].start,
				  spans->items[i].end);
	return rc;
}

static int look_meta(struct rel_bump_finder *f, const char *pattern,
		     size_t owner)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	const char *path = pattern;
	int rc = 0;

	if (owner != REL_BUMP_OF_PROJECT)
		rc = rel_project_expand(&path, f->project, pattern,
					f->project->packages[owner].name,
					f->err);
	if (!rc)
		rc = rel_bump_open(&file, f, path);
	if (rc || !file)
		return rc;
	rc = rel_bump_find_meta(&spans, file->text, path, f->err);
	if (!rc)
		rc = add_spans(f, file, owner, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int look_metas(struct rel_bump_finder *f)
{
	static const char *const shared[] = {"META", "pkg/META", "src/META",
					     "lib/META"};
	static const char *const named[] = {
	    "META.{name}", "{name}/META", "lib/{name}/META", "src/{name}/META"};
	int rc = 0;

	for (size_t i = 0; i < 4 && !rc; i++)
		rc = look_meta(f, shared[i], REL_BUMP_OF_PROJECT);
	for (size_t p = 0; p < f->project->n_packages; p++) {
		for (size_t i = 0; i < 4 && !rc; i++)
			rc = look_meta(f, named[i], p);
	}
	return rc;
}

static int look_oasis(struct rel_bump_finder *f)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	int rc = rel_bump_open(&file, f, "_oasis");

	if (rc || !file)
		return rc;
	rc = rel_bump_find_oasis(&spans, file->text, f->err);
	if (!rc)
		rc = add_spans(f, file, REL_BUMP_OF_PROJECT, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int look_version(struct rel_bump_finder *f)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	int rc = rel_bump_open(&file, f, "VERSION");

	if (rc || !file)
		return rc;
	rc = rel_bump_find_line(&spans, file->text, f->version, f->err);
	if (!rc)
		rc = add_spans(f, file, REL_BUMP_OF_PROJECT, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int fail_version_file(const struct rel_bump_finder *f, const char *path,
			     const char *pattern)
{
	if (pattern)
		return rel_fail(f->err, REL_ENOTFOUND,
				"nothing in \"%.200s\" looks like \"%.200s\", "
				"a version file in relctl.yml",
				path, pattern);
	return rel_fail(f->err, REL_ENOTFOUND,
			"the first line of \"%.200s\", a version file in "
			"relctl.yml, is no version",
			path);
}

/* relctl.yml's file and pattern, for one package or the project. */
static int look_configured(struct rel_bump_finder *f,
			   const struct rel_conf_version_file *conf,
			   size_t owner)
{
	const char *path = conf->path, *pattern = conf->pattern;
	struct rel_spans spans = {0};
	struct rel_bump_file *file = NULL;
	int rc = 0;

	if (owner != REL_BUMP_OF_PROJECT) {
		struct rel_str name = f->project->packages[owner].name;

		rc = rel_project_expand(&path, f->project, path, name, f->err);
		if (!rc && pattern)
			rc = rel_project_expand(&pattern, f->project, pattern,
						name, f->err);
	}
	if (!rc)
		rc = rel_bump_open(&file, f, path);
	if (!rc && !file)
		rc = rel_fail(f->err, REL_ENOTFOUND,
			      "the source has no file \"%.200s\", a version "
			      "file in relctl.yml",
			      path);
	if (rc)
		return rc;
	rc = pattern
		 ? rel_bump_find_pattern(&spans, file->text,
					 rel_str_of(pattern), f->err)
		 : rel_bump_find_line(&spans, file->text, f->version, f->err);
	if (!rc && spans.count == 0)
		rc = fail_version_file(f, path, pattern);
	if (!rc)
		rc = add_spans(f, file, owner, &spans);
	rel_spans_free(&spans);
	return rc;
}

int rel_bump_look_configured(struct rel_bump_finder *f,
			     const struct rel_conf_release *release)
{
	int rc = 0;

	for (size_t i = 0; i < release->n_version_files && !rc; i++) {
		const struct rel_conf_version_file *conf =
		    &release->version_files[i];

		if (!strstr(conf->path, "{name}") &&
		    !(conf->pattern && strstr(conf->pattern, "{name}"))) {
			rc = look_configured(f, conf, REL_BUMP_OF_PROJECT);
			continue;
		}
		for (size_t p = 0; p < f->project->n_packages && !rc; p++) {
			if (f->released[p] && !f->project->packages[p].internal)
				rc = look_configured(f, conf, p);
		}
	}
	return rc;
}

int rel_bump_look_files(struct rel_bump_finder *f)
{
	int rc = look_metas(f);

	if (!rc)
		rc = look_oasis(f);
	return rc ? rc : look_version(f);
}
