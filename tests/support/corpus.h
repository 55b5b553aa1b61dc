/* Files of a revision in one of the test bundles, read through git. */
#ifndef REL_TESTS_CORPUS_H
#define REL_TESTS_CORPUS_H

#include "base/buf.h"

struct rel_test_blob {
	struct rel_str path; /* below the top of the repository */
	struct rel_str content;
};

struct rel_test_corpus {
	struct rel_test_blob *blobs;
	uint32_t count;
	struct rel_buf bytes; /* what `blobs` points into */
};

/*
 * Clone the bundle `name` ("opam-repository") of rel_test_data_dir(), which
 * must exist, into the directory `dir` as `name`.git.  Returns the path of
 * the clone; the caller frees it.
 */
char *rel_test_clone(const char *dir, const char *name);

/*
 * Read all files of `revision` in the repository `git_dir` whose path ends
 * with `suffix` ("/opam").
 */
void rel_test_corpus_load(struct rel_test_corpus *corpus, const char *git_dir,
			  const char *revision, const char *suffix);
void rel_test_corpus_free(struct rel_test_corpus *corpus);

#endif
