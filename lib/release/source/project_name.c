/* What a project is called. */
#include "release/source/project_work.h"

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
