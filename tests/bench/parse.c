/*
 * Time of lexing and parsing alone: reads all manifests of a revision into
 * memory, parses them several times, and prints the fastest round.
 *	bench_parse GIT-DIR REVISION
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "opam/tree.h"
#include "support/corpus.h"

#define ROUNDS 9

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct rel_test_corpus corpus;
	struct rel_arena arena;
	double best = 1e9;
	size_t bytes = 0, nodes = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: bench_parse GIT-DIR REVISION\n");
		return 2;
	}
	rel_test_corpus_load(&corpus, argv[1], argv[2], "/opam");
	rel_arena_init(&arena, REL_GIB);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now(), took;

		bytes = nodes = 0;
		for (uint32_t i = 0; i < corpus.count; i++) {
			struct rel_str source = corpus.blobs[i].content;
			struct rel_error err = {0};
			struct rel_opam_tree tree;

			rel_arena_reset(&arena);
			if (rel_opam_parse(&tree, &arena, source, NULL, &err)) {
				fprintf(stderr, "%.*s:%u: %s\n",
					REL_STR_ARG(corpus.blobs[i].path),
					err.line, err.text);
				continue;
			}
			bytes += source.len;
			nodes += tree.count;
		}
		took = now() - start;
		if (took < best)
			best = took;
	}
	printf("%u files, %zu bytes, %zu nodes: %.1f ms, %.0f MB/s\n",
	       corpus.count, bytes, nodes, best, (double)bytes / best / 1e3);
	rel_arena_free(&arena);
	rel_test_corpus_free(&corpus);
	return 0;
}
