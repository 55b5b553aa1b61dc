#include "release/source/project.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/glob.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "release/source/source_private.h"

bool rel_project_name_is_valid(struct rel_str name)
{
	if (name.len == 0 || name.ptr[0] == '.' || name.ptr[0] == '-')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || (c && strchr("._+-", c))))
			return false;
	}
	return true;
}

/* The package with whose name those of all others begin; empty = none. */
static struct rel_str stem(const struct rel_project *project)
{
	/* in order of bytes a prefix comes first */
	struct rel_str first = project->packages[0].name;

	for (size_t i = 1; i < project->n_packages; i++) {
		if (!rel_str_starts(project->packages[i].name, first))
			return REL_STR("");
	}
	return first;
}

int rel_project_find_name(struct rel_project_work *work, const char *given)
{
	struct rel_project *project = work->project;
	char *copy;

	if (given) {
		copy = rel_arena_copy(&project->arena, rel_str_of(given));
		if (!copy)
			return rel_fail_nomem(work->err);
		project->name = rel_str_of(copy);
		return 0;
	}
	project->name = work->dune_name;
	if (project->name.len == 0)
		project->name = stem(project);
	if (project->name.len == 0)
		project->name = work->dev_repo;
	if (project->name.len)
		return 0;
	return rel_fail(work->err, REL_ENOTFOUND,
			"cannot tell what the project is called; name it in "
			"relctl.yml: \"release: {name: …}\"");
}

int rel_project_read(struct rel_str *out, struct rel_project *project,
		     struct rel_str path, size_t max, struct rel_error *err)
{
	struct rel_git_entry entry;
	int rc = rel_git_tree_find(&entry, project->store, &project->tree, path,
				   err);

	if (!rc && entry.kind != REL_GIT_BLOB &&
	    entry.kind != REL_GIT_EXECUTABLE)
		rc = rel_fail(err, REL_ENOTFOUND,
			      "\"%.*s\" is no regular file in the source",
			      REL_STR_ARG(path));
	if (!rc)
		rc = rel_git_blob_arena(out, &project->arena, max,
					project->store, &entry.id, err);
	return rc;
}

int rel_project_add(struct rel_project_work *work, struct rel_str name,
		    struct rel_str path)
{
	struct rel_project *project = work->project;
	int rc;

	if (work->count == REL_LIMIT_PROJECT_PACKAGES)
		return rel_fail(work->err, REL_ELIMIT,
				"the source has over %u packages",
				REL_LIMIT_PROJECT_PACKAGES);
	rc = rel_array_reserve((void **)&project->packages, &work->cap,
			       (uint64_t)work->count + 1,
			       sizeof(*project->packages));
	if (rc)
		return rel_fail_nomem(work->err);
	project->packages[work->count++] = (struct rel_project_package){
	    .name = name,
	    .path = path,
	};
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct rel_project_package *x = a, *y = b;
	int order = rel_str_cmp(x->name, y->name);

	return order ? order : rel_str_cmp(x->path, y->path);
}

/* Sort the packages; two of one name are an error. */
static int settle(struct rel_project_work *work)
{
	struct rel_project *project = work->project;

	if (work->count)
		qsort(project->packages, work->count,
		      sizeof(*project->packages), by_name);
	for (uint32_t i = 1; i < work->count; i++) {
		const struct rel_project_package *p = &project->packages[i];

		if (rel_str_eq(p[-1].name, p->name))
			return rel_fail(
			    work->err, REL_EPARSE,
			    "package %.*s has two opam files, \"%.*s\" and "
			    "\"%.*s\"; remove one",
			    REL_STR_ARG(p->name), REL_STR_ARG(p[-1].path),
			    REL_STR_ARG(p->path));
	}
	project->n_packages = work->count;
	return 0;
}

struct rel_str rel_project_place(const struct rel_project_package *package)
{
	size_t slash = rel_str_rfind(package->path, '/');
	struct rel_str dir = rel_str_sub(package->path, 0, slash + 1);

	if (slash >= package->path.len || rel_str_is(dir, "opam/") ||
	    /* PKG.opam/opam */
	    rel_str_is(rel_str_sub(package->path, slash + 1, package->path.len),
		       "opam"))
		return REL_STR("");
	return dir;
}

/* Is it the path, or a directory in which that is? */
static bool match_path(struct rel_str glob, struct rel_str path)
{
	if (rel_str_ends(glob, REL_STR("/")))
		glob.len--;
	while (path.len && !rel_glob(glob, path, true)) {
		size_t slash = rel_str_rfind(path, '/');

		path.len = slash < path.len ? slash : 0;
	}
	return path.len > 0;
}

const char *rel_project_match(const struct rel_conf_globs *globs,
			      struct rel_str name, struct rel_str path)
{
	for (size_t i = 0; i < globs->count; i++) {
		struct rel_str glob = rel_str_of(globs->items[i]);

		if (strchr(glob.ptr, '/') ? match_path(glob, path)
					  : rel_glob(glob, name, false))
			return globs->items[i];
	}
	return NULL;
}

/* Why relctl.yml keeps the package back; false = it does not. */
static bool say_internal(struct rel_buf *out,
			 const struct rel_project_package *p,
			 const struct rel_conf_release *release)
{
	const char *glob =
	    rel_project_match(&release->exclude, p->name, p->path);

	if (glob)
		rel_buf_printf(out,
			       "release: exclude: \"%.80s\" (line %u of "
			       "relctl.yml)",
			       glob, (unsigned)release->exclude.line);
	else if (release->packages.count &&
		 !rel_project_match(&release->packages, p->name, p->path))
		rel_buf_printf(out,
			       "release: packages: (line %u of relctl.yml) "
			       "does not name it",
			       (unsigned)release->packages.line);
	return out->len > 0;
}

static bool is_one_of(struct rel_str word, const char *const *words)
{
	for (; *words; words++) {
		if (rel_str_is(word, *words))
			return true;
	}
	return false;
}

/* "foo-bench", "foo-tests": seldom meant for others. */
static bool is_trial_name(struct rel_str name)
{
	static const char *const ends[] = {"bench", "benchmark", "benchmarks",
					   "test",  "tests",	 NULL};
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != '-' && name.ptr[at - 1] != '_')
		at--;
	return at > 0 && is_one_of(rel_str_sub(name, at, name.len), ends);
}

/* "test/fixtures/foo.opam" is a fixture. */
static bool is_trial_place(struct rel_str path)
{
	static const char *const dirs[] = {
	    "bench",   "benchmark", "benchmarks", "test",     "tests",
	    "example", "examples",  "fixture",	  "fixtures", NULL};
	struct rel_str rest = path;

	while (rest.ptr) {
		struct rel_str part = rel_str_cut(&rest, '/');

		if (rest.ptr && is_one_of(part, dirs))
			return true;
	}
	return false;
}

static bool is_trial(const struct rel_project_package *p)
{
	return is_trial_name(p->name) || is_trial_place(p->path);
}

static bool has_others(const struct rel_project *project)
{
	for (size_t i = 0; i < project->n_packages; i++) {
		if (!is_trial(&project->packages[i]))
			return true;
	}
	return false;
}

/* Which packages are not for release, and why. */
static int mark_internal(struct rel_project_work *work,
			 const struct rel_conf_release *release)
{
	struct rel_project *project = work->project;
	bool said = release->exclude.count || release->packages.count;
	bool presume = !said && has_others(project);
	struct rel_buf text;
	int rc = 0;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; rc == 0 && i < project->n_packages; i++) {
		struct rel_project_package *p = &project->packages[i];

		rel_buf_clear(&text);
		if (said ? !say_internal(&text, p, release)
			 : !presume || !is_trial(p))
			continue;
		p->presumed = !said;
		if (!said)
			rel_buf_printf(
			    &text,
			    "its %s is that of a benchmark%s test; "
			    "`release: {packages: [\"*\"]}` in "
			    "relctl.yml releases it too",
			    is_trial_name(p->name) ? "name" : "directory",
			    is_trial_name(p->name) ? " or"
						   : ", an example or a");
		rc = rel_buf_status(&text, "text", work->err);
		p->internal =
		    rc ? NULL
		       : rel_arena_copy(&project->arena, rel_buf_str(&text));
		if (rc == 0 && !p->internal)
			rc = rel_fail_nomem(work->err);
	}
	rel_buf_free(&text);
	return rc;
}

static int scan(struct rel_project_work *work, const struct rel_git_id *commit,
		const struct rel_conf_release *release)
{
	struct rel_project *project = work->project;
	int rc = rel_git_commit_tree(&project->tree, project->store, commit,
				     NULL, work->err);

	if (!rc)
		rc = rel_project_read_dune(work);
	if (!rc)
		rc = rel_project_read_opam(work);
	if (!rc && release->packages.count)
		rc = rel_project_read_deeper(work, &release->packages,
					     &release->exclude);
	if (!rc)
		rc = settle(work);
	if (!rc)
		rc = rel_project_join_dune(work);
	if (!rc)
		rc = settle(work);
	if (!rc && project->n_packages == 0) {
		rc = rel_project_read_deeper(work, NULL, &release->exclude);
		if (!rc)
			rc = settle(work);
	}
	if (!rc && project->n_packages == 0)
		rc = rel_fail(work->err, REL_ENOTFOUND,
			      "no opam file in the source; write PACKAGE.opam "
			      "at its top and commit it");
	if (!rc)
		rc = mark_internal(work, release);
	return rc ? rc : rel_project_find_name(work, release->name);
}

int rel_project_scan(struct rel_project **out, struct rel_git_store *store,
		     const struct rel_git_id *commit,
		     const struct rel_conf_release *release,
		     struct rel_error *err)
{
	static const struct rel_conf_release nothing = {0};
	struct rel_project_work work = {.err = err};
	int rc;

	*out = NULL;
	work.project = calloc(1, sizeof(*work.project));
	if (!work.project)
		return rel_fail_nomem(err);
	work.project->store = store;
	rel_arena_init(&work.project->arena, REL_LIMIT_PROJECT_ARENA);
	rc = scan(&work, commit, release ? release : &nothing);
	if (rc)
		rel_project_free(work.project);
	else
		*out = work.project;
	return rc;
}

void rel_project_free(struct rel_project *project)
{
	if (!project)
		return;
	free(project->packages);
	rel_arena_free(&project->arena);
	free(project);
}

int rel_project_expand(const char **out, struct rel_project *project,
		       const char *pattern, struct rel_str name,
		       struct rel_error *err)
{
	struct rel_buf text;
	const char *at;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	while ((at = strstr(pattern, "{name}"))) {
		rel_buf_add(&text, pattern, (size_t)(at - pattern));
		rel_buf_add_str(&text, name);
		pattern = at + strlen("{name}");
	}
	rel_buf_add_cstr(&text, pattern);
	rc = rel_buf_status(&text, "text", err);
	if (!rc)
		*out = rel_arena_copy(&project->arena, rel_buf_str(&text));
	if (!rc && !*out)
		rc = rel_fail_nomem(err);
	rel_buf_free(&text);
	return rc;
}

static int fail_unknown(struct rel_project *project, const char *name,
			struct rel_error *err)
{
	const char **names = rel_arena_array(
	    &project->arena, project->n_packages, sizeof(*names));
	const char *near;

	if (!names)
		return rel_fail_nomem(err);
	for (size_t i = 0; i < project->n_packages; i++)
		names[i] = project->packages[i].name.ptr;
	near = rel_nearest(rel_str_of(name), names, project->n_packages);
	if (near)
		return rel_fail(err, REL_ENOTFOUND,
				"the source has no package \"%.100s\"; did you "
				"mean \"%s\"?",
				name, near);
	if (project->n_packages == 1)
		return rel_fail(err, REL_ENOTFOUND,
				"the source has no package \"%.100s\", only %s",
				name, names[0]);
	return rel_fail(err, REL_ENOTFOUND,
			"the source has no package \"%.100s\"; it has %s, %s%s",
			name, names[0], names[1],
			project->n_packages > 2 ? ", …" : "");
}

/* Can it be released?  Only with an opam file. */
static int check_file(const struct rel_project_package *package,
		      const struct rel_project *project, struct rel_error *err)
{
	if (package->path.len)
		return 0;
	if (project->generates_opam)
		return rel_fail(err, REL_ENOTFOUND,
				"package %s has no opam file in the source; "
				"run \"dune build %s.opam\" and commit it",
				package->name.ptr, package->name.ptr);
	return rel_fail(err, REL_ENOTFOUND,
			"package %s has no opam file in the source; let dune "
			"write it with (generate_opam_files) in dune-project, "
			"and commit it",
			package->name.ptr);
}

static int mark(bool *wanted, struct rel_project *project, const char *name,
		struct rel_error *err)
{
	for (size_t i = 0; i < project->n_packages; i++) {
		if (rel_str_is(project->packages[i].name, name)) {
			wanted[i] = true;
			return 0;
		}
	}
	return fail_unknown(project, name, err);
}

int rel_project_select(const size_t **out, size_t *count,
		       struct rel_project *project, const char *const names[],
		       size_t n, struct rel_error *err)
{
	bool *wanted = rel_arena_array(&project->arena, project->n_packages,
				       sizeof(*wanted));
	size_t *list = rel_arena_array(&project->arena, project->n_packages,
				       sizeof(*list));
	int rc = wanted && list ? 0 : rel_fail_nomem(err);

	*count = 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = mark(wanted, project, names[i], err);
	for (size_t i = 0; i < project->n_packages && !rc; i++) {
		if (n ? !wanted[i] : project->packages[i].internal != NULL)
			continue;
		rc = check_file(&project->packages[i], project, err);
		list[(*count)++] = i;
	}
	if (rc == 0 && *count == 0)
		rc = rel_fail(err, REL_EUSAGE, "no package is for release: %s",
			      project->packages[0].internal);
	*out = list;
	return rc;
}

bool rel_project_is_whole(const struct rel_project *project,
			  const size_t *packages, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < project->n_packages; i++) {
		if (at < n && packages[at] == i)
			at++;
		else if (!project->packages[i].internal)
			return false;
	}
	return true;
}
