/* Which packages of the source are released. */
#include "base/limits.h"
#include "release/cut/cut_private.h"

/* Names of packages that an error lists. */
#define SHOWN 8

/* One that was named. */
static int check_for_release(const struct rel_project_package *package,
			     struct rel_error *err)
{
	if (!package->internal || package->presumed)
		return 0;
	return rel_fail(err, REL_EUSAGE, "%s is not for release: %s",
			package->name.ptr, package->internal);
}

/* A pattern that matches nothing is a slip. */
static int check_patterns(struct rel_cut *cut, const char *key,
			  const struct rel_conf_globs *globs,
			  struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < globs->count; i++) {
		const struct rel_conf_globs one = {&globs->items[i], 1, 0};
		size_t n = 0;

		for (size_t k = 0; k < cut->project->n_packages; k++) {
			const struct rel_project_package *p =
			    &cut->project->packages[k];

			n += rel_project_match(&one, p->name, p->path) != NULL;
		}
		if (n == 0)
			rc = rel_cut_find(
			    cut, REL_CUT_WARNING, cut->options->conf->path,
			    globs->line, err,
			    "release: %s: \"%s\" matches no package of "
			    "the source",
			    key, globs->items[i]);
	}
	return rc;
}

/* What was released before is for release, whatever it is called. */
static int settle_presumed(struct rel_cut *cut, struct rel_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < cut->project->n_packages; i++) {
		struct rel_project_package *p = &cut->project->packages[i];

		if (!p->presumed)
			continue;
		rc = rel_cut_need_gate(cut, err);
		if (rc == 0 &&
		    rel_stack_find(cut->gate.stack, p->name) != UINT32_MAX)
			p->internal = NULL;
		else if (rc == 0 && cut->options->n_packages == 0)
			rel_cut_tell(cut, REL_CUT_PREFLIGHT,
				     "%s is left out: %s", p->name.ptr,
				     p->internal);
	}
	return rc;
}

/* Nothing but a version was said; or nothing but a package. */
static int check_one(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_project *project = cut->project;
	const char *version = cut->options->version;
	struct rel_buf names;
	size_t n = 0;
	int rc = 0;

	rel_buf_init(&names, REL_MIB);
	for (size_t i = 0; rc == 0 && i < project->n_packages; i++) {
		const struct rel_project_package *p = &project->packages[i];

		if (rel_str_is(p->name, version))
			rc = rel_fail(err, REL_EUSAGE,
				      "say which VERSION of %s to release, or "
				      "minor, patch, major or prerelease: the "
				      "one after the newest",
				      version);
		if (p->internal)
			continue;
		if (n < SHOWN)
			rel_buf_printf(&names, "%s%s", n ? ", " : "",
				       p->name.ptr);
		n++;
	}
	if (rc == 0)
		rc = rel_buf_status(&names, "names", err);
	if (rc == 0 && n > 1)
		rc = rel_fail(err, REL_EUSAGE,
			      "which of %s%s, or --all? The source has %zu "
			      "packages",
			      names.ptr, n > SHOWN ? ", ..." : "", n);
	rel_buf_free(&names);
	return rc;
}

/* The chosen packages, or those that are internal. */
static int take_names(struct rel_cut_names *out, struct rel_cut *cut,
		      bool chosen, struct rel_error *err)
{
	const struct rel_project *project = cut->project;
	struct rel_buf list;
	const char *copy;
	size_t at = 0;

	rel_buf_init(&list, REL_MIB);
	for (size_t i = 0; i < project->n_packages; i++) {
		bool is_chosen = at < cut->n_chosen && cut->chosen[at] == i;

		at += is_chosen;
		if (chosen ? is_chosen : project->packages[i].internal != NULL)
			rel_buf_printf(&list, "%s%s", list.len ? "," : "",
				       project->packages[i].name.ptr);
	}
	copy = list.status ? NULL
			   : rel_arena_copy(&cut->arena, rel_buf_str(&list));
	rel_buf_free(&list);
	return copy ? rel_cut_names_of(out, cut, copy, err)
		    : rel_fail_nomem(err);
}

/*
 * The tag is called as the project and as a package of it.  It is of that one
 * when the packages are released apart: its version is out and that of others
 * is not, or the newest versions differ.
 */
static int find_alone(bool *alone, struct rel_cut *cut, struct rel_error *err)
{
	struct rel_str name = rel_str_of(cut->options->namesake);
	struct rel_str version = rel_str_of(cut->options->version);
	struct rel_released own, other;
	int rc = rel_cut_need_gate(cut, err);

	*alone = false;
	if (rc)
		return rc;
	rel_released_find(&own, cut->gate.stack, name, version);
	for (size_t i = 0; i < cut->project->n_packages && !*alone; i++) {
		const struct rel_project_package *p =
		    &cut->project->packages[i];

		if (p->internal || rel_str_eq(p->name, name))
			continue;
		rel_released_find(&other, cut->gate.stack, p->name, version);
		*alone = own.taken ? !other.taken
				   : other.n_versions > 0 &&
					 !rel_str_eq(own.newest, other.newest);
	}
	if (*alone)
		rel_cut_tell(cut, REL_CUT_PREFLIGHT,
			     "%s is of %s alone: the packages of %s have been "
			     "released apart",
			     cut->options->tag, name.ptr, name.ptr);
	return 0;
}

/* What the release is called: the package, or the project when several are
 * released together. */
int rel_cut_take_packages(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_options *opt = cut->options;
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_str name;
	const char *const *names = opt->packages;
	size_t n = opt->n_packages;
	bool alone = false;
	int rc;

	cut->plan.base = cut->head.commit;
	rc = rel_project_scan(&cut->project, rel_cut_store(cut),
			      &cut->plan.base, conf, err);
	if (rc == 0)
		rc = settle_presumed(cut, err);
	if (rc == 0 && opt->one && opt->n_packages == 0)
		rc = check_one(cut, err);
	if (rc == 0 && opt->namesake)
		rc = find_alone(&alone, cut, err);
	if (alone) {
		names = &opt->namesake;
		n = 1;
	}
	if (rc == 0 && conf)
		rc = check_patterns(cut, "packages", &conf->packages, err);
	if (rc == 0 && conf)
		rc = check_patterns(cut, "exclude", &conf->exclude, err);
	if (rc == 0)
		rc = rel_project_select(&cut->chosen, &cut->n_chosen,
					cut->project, names, n, err);
	for (size_t i = 0; rc == 0 && i < n && i < cut->n_chosen; i++)
		rc = check_for_release(&cut->project->packages[cut->chosen[i]],
				       err);
	if (rc == 0)
		rc = take_names(&cut->plan.packages, cut, true, err);
	if (rc == 0)
		rc = take_names(&cut->plan.left_out, cut, false, err);
	if (rc)
		return rc;
	name = cut->n_chosen == 1 ? cut->project->packages[cut->chosen[0]].name
				  : cut->project->name;
	cut->plan.name = rel_arena_copy(&cut->arena, name);
	return cut->plan.name ? rel_cut_take_version(cut, err)
			      : rel_fail_nomem(err);
}
