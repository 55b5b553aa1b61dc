/* A project while it is read; no header for other modules. */
#ifndef REL_RELEASE_PROJECT_WORK_H
#define REL_RELEASE_PROJECT_WORK_H

#include "release/source/project.h"

struct rel_sexp;

struct rel_project_work {
	struct rel_project *project;
	uint32_t count, cap;	  /* of project->packages, malloc'd for now */
	struct rel_str dune_name; /* (name …); empty = absent */
	struct rel_str dev_repo;  /* the last part of the first one */
	struct rel_sexp *dune_items; /* of dune-project; NULL = absent */
	struct rel_error *err;
};

/* Add a package, its text not read yet; `name` and `path` are in the arena.
 * An empty name is in the file, an empty path is no file. */
REL_MUST_CHECK int rel_project_add(struct rel_project_work *work,
				   struct rel_str name, struct rel_str path);

/* Find and read the opam files. */
REL_MUST_CHECK int rel_project_read_opam(struct rel_project_work *work);

/* Find and read those deeper down that `wanted` matches (NULL = all that may be
 * the project's own) and `unwanted` does not. */
REL_MUST_CHECK int rel_project_read_deeper(
    struct rel_project_work *work, const struct rel_conf_globs *wanted,
    const struct rel_conf_globs *unwanted);

/* Read dune-project, if it is there: before the opam files. */
REL_MUST_CHECK int rel_project_read_dune(struct rel_project_work *work);
/* Join the packages of dune-project with those found: after them. */
REL_MUST_CHECK int rel_project_join_dune(struct rel_project_work *work);

/* Find the project's name; `given` may be NULL. */
REL_MUST_CHECK int rel_project_find_name(struct rel_project_work *work,
					 const char *given);

/* May it be part of a file name, as the conf's names? */
bool rel_project_name_is_valid(struct rel_str name);

#endif
