/* What the tests of whole remotes share. */
#ifndef REL_TESTS_REPO_REMOTE_COMMON_H
#define REL_TESTS_REPO_REMOTE_COMMON_H

#include "common.h"

#include "repo/remote.h"

/* Warnings of the last reading, one a line. */
struct warnings {
	char text[4096];
};

static inline void take_warning(void *context, const char *text)
{
	struct warnings *w = context;
	size_t len = strlen(w->text);

	snprintf(w->text + len, sizeof(w->text) - len, "%s\n", text);
}

struct reading {
	const char *cache_dir; /* NULL = none */
	const char *revision;
	bool offline, no_snapshot_cache;
	unsigned jobs;
	struct warnings warnings;
	struct rel_error err;
};

/* Read the remote at `location`; the code of rel_remote_read(). */
static inline int read_remote(struct rel_snapshot **out, const char *location,
			      struct reading *how)
{
	struct rel_remote_options options = {.cache_dir = how->cache_dir,
					     .offline = how->offline,
					     .no_snapshot_cache =
						 how->no_snapshot_cache,
					     .jobs = how->jobs,
					     .warn = take_warning,
					     .warn_context = &how->warnings};
	struct rel_remote remote = {.name = "test"};
	struct rel_arena arena;
	int code;

	*out = NULL;
	how->warnings.text[0] = '\0';
	how->err = (struct rel_error){0};
	rel_arena_init(&arena, REL_MIB);
	code = rel_location_parse(&remote.location, rel_str_of(location), NULL,
				  &arena, &how->err);
	if (code == 0)
		code = rel_remote_read(out, &remote, how->revision, &options,
				       &how->err);
	rel_arena_free(&arena);
	return code;
}

/* The same where it must work. */
static inline struct rel_snapshot *must_read(const char *location,
					     struct reading *how)
{
	struct rel_snapshot *s = NULL;

	if (read_remote(&s, location, how) != 0)
		fail_msg("%s: %s", location, how->err.text);
	return s;
}

/* Are all tables of two snapshots the same, byte by byte? */
static inline void assert_same_image(const struct rel_snapshot *a,
				     const struct rel_snapshot *b)
{
	const struct rel_image_header *x = a->store->header;
	const struct rel_image_header *y = b->store->header;

	assert_int_equal(x->total, y->total);
	assert_memory_equal(x + 1, y + 1, (size_t)x->total - sizeof(*x));
}

/* Do two snapshots say the same, and of the same content? */
static inline void assert_same_snapshot(const struct rel_snapshot *a,
					const struct rel_snapshot *b)
{
	char *x = dump(a), *y = dump(b);

	assert_string_equal(x, y);
	for (uint32_t i = 0; i < a->n_packages; i++)
		assert_memory_equal(&a->packages[i].content,
				    &b->packages[i].content,
				    sizeof(a->packages[i].content));
	free(x);
	free(y);
}

#endif
