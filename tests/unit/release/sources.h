/* Source projects for the tests of this directory. */
#ifndef REL_TESTS_RELEASE_SOURCES_H
#define REL_TESTS_RELEASE_SOURCES_H

#include "release/source/project.h"

/* A repository below a temporary directory, and what is read from it. */
struct source {
	char *dir;
	struct rel_git_store *store;
	struct rel_project *project;
};

/* One of the kinds of tests/support/sources.sh. */
void source_make(struct source *source, const char *kind);
/* A new repository from a script that runs in it. */
void source_write(struct source *source, const char *script);
/* Scan HEAD; `name` may be NULL.  Returns what rel_project_scan() does. */
int source_scan(struct source *source, const char *name, struct rel_error *err);
/* source_scan() that must succeed. */
void source_read(struct source *source);
/* Indices of all packages, or of those named (NULL at the end). */
const size_t *source_select(struct source *source, size_t *count, ...);
void source_free(struct source *source);

#endif
