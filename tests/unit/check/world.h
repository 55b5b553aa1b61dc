/*
 * What the tests of lib/check share: small package repositories written down
 * as text, their universes, and lists of packages to compare.
 */
#ifndef REL_TESTS_CHECK_WORLD_H
#define REL_TESTS_CHECK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "repo/remote.h"
#include "solve/universe.h"
#include "support/shell.h"
#include "support/support.h"

#define WORLD_REMOTES 2

struct world {
	char *dir; /* remotes are in it: 0, 1 */
	struct rel_arena arena;
	uint32_t n_remotes;
	struct rel_remote remotes[WORLD_REMOTES];
	struct rel_snapshot *snapshots[WORLD_REMOTES];
	struct rel_stack *stack;
	struct rel_environment environment;
	struct rel_universe *universe;
};

static const struct rel_variable_value world_values[] = {
    {"os", "linux"}, {"os-family", "debian"}, {"arch", "x86_64"}};

/* One line a package: `name.version FIELDS`, the fields as in an opam file. */
static inline void world_write(const char *dir, const char *text)
{
	struct rel_str rest = rel_str_of(text);

	rel_test_write_text(dir, "repo", "opam-version: \"2.0\"\n");
	rel_test_write_text(dir, "packages/.keep_me", "");
	while (rest.ptr) {
		struct rel_str line = rel_str_cut(&rest, '\n');
		size_t blank = rel_str_find(line, ' ');
		struct rel_str package = rel_str_sub(line, 0, blank);
		struct rel_str name =
		    rel_str_sub(package, 0, rel_str_find(package, '.'));
		struct rel_str fields = rel_str_sub(line, blank, line.len);
		char *path, *opam;

		if (package.len == 0)
			continue;
		path = rel_test_text("packages/%.*s/%.*s/opam",
				     REL_STR_ARG(name), REL_STR_ARG(package));
		opam = rel_test_text("opam-version: \"2.0\"\n%.*s\n",
				     REL_STR_ARG(fields));
		rel_test_write_text(dir, path, opam);
		free(opam);
		free(path);
	}
}

/* A remote read from a directory (or whatever `location` says), at the end of
 * the stack. */
static inline void world_add_location(struct world *w, const char *location,
				      enum rel_role role)
{
	struct rel_remote *remote = &w->remotes[w->n_remotes];
	struct rel_remote_options options = {.jobs = 2};
	struct rel_error err = {0};

	remote->name = w->n_remotes == 0 ? "first" : "second";
	remote->role = role;
	if (rel_location_parse(&remote->location, rel_str_of(location), NULL,
			       &w->arena, &err) != 0 ||
	    rel_remote_read(&w->snapshots[w->n_remotes], remote, NULL, &options,
			    &err) != 0)
		fail_msg("%s: %s", location, err.text);
	w->n_remotes++;
}

static inline void world_init(struct world *w)
{
	*w = (struct world){.dir = rel_test_dir_new()};
	rel_arena_init(&w->arena, REL_LIMIT_ARENA);
	w->environment = (struct rel_environment){
	    .name = "test", .values = world_values, .n_values = 3};
}

static inline void world_add(struct world *w, const char *text,
			     enum rel_role role)
{
	char *dir = rel_test_text("%s/%u", w->dir, (unsigned)w->n_remotes);

	world_write(dir, text);
	world_add_location(w, dir, role);
	free(dir);
}

/* Stack what was added; the environment may have been changed before. */
static inline void world_build(struct world *w)
{
	struct rel_stack_layer layers[WORLD_REMOTES];
	struct rel_error err = {0};

	for (uint32_t i = 0; i < w->n_remotes; i++)
		layers[i] =
		    (struct rel_stack_layer){&w->remotes[i], w->snapshots[i]};
	if (rel_stack_build(&w->stack, layers, w->n_remotes, NULL, 0, &err) !=
		0 ||
	    rel_universe_build(&w->universe, w->stack, &w->environment, NULL,
			       &err) != 0)
		fail_msg("%s", err.text);
}

/* One remote, one profile. */
static inline void world_new(struct world *w, const char *text,
			     enum rel_profile profile)
{
	world_init(w);
	w->environment.profile = profile;
	world_add(w, text, REL_ROLE_DEVELOPMENT);
	world_build(w);
}

static inline void world_free(struct world *w)
{
	rel_universe_free(w->universe);
	rel_stack_free(w->stack);
	for (uint32_t i = 0; i < w->n_remotes; i++)
		rel_snapshot_free(w->snapshots[i]);
	rel_arena_free(&w->arena);
	rel_test_dir_free(w->dir);
}

static inline void world_add_package(struct rel_buf *out, const struct world *w,
				     rel_pkg_id pkg, const char *separator)
{
	if (out->len > 0)
		rel_buf_add_cstr(out, separator);
	rel_buf_printf(out, "%.*s.%.*s",
		       REL_STR_ARG(rel_universe_name(w->universe, pkg)),
		       REL_STR_ARG(rel_universe_version(w->universe, pkg)));
}

/* The marked packages as "a.1 b.2", by name and version. */
static inline char *world_marked(const struct world *w, const uint8_t *marks)
{
	struct rel_buf out;

	rel_buf_init(&out, REL_LIMIT_ARENA);
	for (rel_pkg_id i = 0; i < rel_universe_size(w->universe); i++)
		if (marks[i])
			world_add_package(&out, w, i, " ");
	return rel_buf_detach(&out, NULL);
}

static inline uint8_t *world_marks(const struct world *w)
{
	uint8_t *marks = calloc((size_t)rel_universe_size(w->universe) + 1, 1);

	assert_non_null(marks);
	return marks;
}

static inline bool world_has_opam(void)
{
	if (rel_test_sh_status("command -v opam >/dev/null") == 0)
		return true;
	print_message("SKIPPED: there is no opam to compare with\n");
	return false;
}

#endif
