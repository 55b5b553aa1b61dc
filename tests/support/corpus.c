#include "support/corpus.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/process.h"
#include "support/support.h"

#define STATUS_BROKEN 99

/* Run git to its successful end; `out` may be NULL. */
static void git(const char *const argv[], struct rel_str input,
		struct rel_buf *out)
{
	struct rel_buf diagnostics;
	struct rel_error err = {0};
	int status = 0;
	int rc;

	rel_buf_init(&diagnostics, REL_LIMIT_CHILD_TEXT);
	rc = rel_process_run(argv, NULL, NULL, input, out, &diagnostics,
			     &status, NULL, &err);
	if (rc != 0 || status != 0) {
		fprintf(stderr, "test support: git %s: %s%s\n", argv[1],
			rc != 0 ? err.text : "",
			diagnostics.ptr ? diagnostics.ptr : "");
		exit(STATUS_BROKEN);
	}
	rel_buf_free(&diagnostics);
}

char *rel_test_clone(const char *dir, const char *name)
{
	char *bundle = rel_test_text("%s/%s.bundle", rel_test_data_dir(), name);
	char *clone = rel_test_text("%s/%s.git", dir, name);
	const char *const argv[] = {"git",  "clone", "-q", "--mirror",
				    bundle, clone,   NULL};

	git(argv, REL_STR(""), NULL);
	free(bundle);
	return clone;
}

/* From `git ls-tree -r` to the input of `git cat-file --batch`. */
static void choose(struct rel_buf *chosen, struct rel_str listing,
		   const char *suffix)
{
	while (listing.ptr) {
		struct rel_str rest = rel_str_cut(&listing, '\n');
		struct rel_str about = rel_str_cut(&rest, '\t');

		if (!rest.ptr || !rel_str_ends(rest, rel_str_of(suffix)))
			continue;
		rel_str_cut(&about, ' ');
		if (!rel_str_is(rel_str_cut(&about, ' '), "blob"))
			continue;
		rel_buf_add_str(chosen, about);
		rel_buf_add_char(chosen, ' ');
		rel_buf_add_str(chosen, rest);
		rel_buf_add_char(chosen, '\n');
	}
}

/* Cut "size path LF content LF" … apart. */
static void split(struct rel_test_corpus *corpus)
{
	struct rel_str rest = rel_buf_str(&corpus->bytes);
	uint32_t cap = 0;

	while (rest.len > 0) {
		struct rel_str path = rel_str_cut(&rest, '\n');
		struct rel_str size = rel_str_cut(&path, ' ');
		unsigned long len;

		if (!rel_str_to_uint(size, 64 * REL_MIB, &len) ||
		    rel_array_reserve(&corpus->blobs, &cap, corpus->count + 1,
				      sizeof(*corpus->blobs)) != 0) {
			fprintf(stderr, "test support: git cat-file: %.*s\n",
				REL_STR_ARG(path));
			exit(STATUS_BROKEN);
		}
		corpus->blobs[corpus->count++] =
		    (struct rel_test_blob){path, rel_str_sub(rest, 0, len)};
		rest = rel_str_sub(rest, len + 1, rest.len);
	}
}

void rel_test_corpus_load(struct rel_test_corpus *corpus, const char *git_dir,
			  const char *revision, const char *suffix)
{
	char *at = rel_test_text("--git-dir=%s", git_dir);
	const char *const list[] = {"git",	   at,	     "ls-tree", "-r",
				    "--full-tree", revision, NULL};
	const char *const read[] = {"git",	at,
				    "cat-file", "--batch=%(objectsize) %(rest)",
				    "--buffer", NULL};
	struct rel_buf listing, chosen;

	*corpus = (struct rel_test_corpus){0};
	rel_buf_init(&listing, 64 * REL_MIB);
	rel_buf_init(&chosen, 64 * REL_MIB);
	rel_buf_init(&corpus->bytes, REL_GIB);
	git(list, REL_STR(""), &listing);
	choose(&chosen, rel_buf_str(&listing), suffix);
	git(read, rel_buf_str(&chosen), &corpus->bytes);
	split(corpus);
	rel_buf_free(&listing);
	rel_buf_free(&chosen);
	free(at);
}

void rel_test_corpus_free(struct rel_test_corpus *corpus)
{
	free(corpus->blobs);
	rel_buf_free(&corpus->bytes);
	*corpus = (struct rel_test_corpus){0};
}
