/* Versions of a source while they are looked for; behind bump.h. */
#ifndef REL_RELEASE_BUMP_WORK_H
#define REL_RELEASE_BUMP_WORK_H

#include "release/source/bump.h"
#include "release/source/bump_text.h"

/* A file with versions in it. */
struct rel_bump_file {
	const char *path;
	struct rel_str text;
	enum rel_git_kind kind;
	struct rel_span *spans; /* malloc'd: what will be replaced */
	uint32_t count, cap;
};

struct rel_bump_finder {
	struct rel_project *project;
	struct rel_str version;
	bool *released; /* [n_packages of the project] */
	bool all;
	struct rel_bump_file *files; /* malloc'd */
	uint32_t count, cap;
	struct rel_error *err;
};

/* Whose version a site has: a package by its index, or … */
#define REL_BUMP_OF_PROJECT SIZE_MAX

/* The file at `path`, read once; NULL when there is none.  *out is good until
 * the next call. */
REL_MUST_CHECK int rel_bump_open(struct rel_bump_file **out,
				 struct rel_bump_finder *f, const char *path);

/* Note that the bytes [start, end) of the file are a version of `owner`. */
REL_MUST_CHECK int rel_bump_add(struct rel_bump_finder *f,
				struct rel_bump_file *file, size_t owner,
				size_t start, size_t end);

/* Look into META files, _oasis and VERSION, … */
REL_MUST_CHECK int rel_bump_look_files(struct rel_bump_finder *f);
/* … and where relctl.yml says. */
REL_MUST_CHECK int rel_bump_look_configured(
    struct rel_bump_finder *f, const struct rel_conf_release *release);

#endif
