/* Where the API of a forge is.  Expected: the forges' documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "publish/publish_private.h"

struct given {
	const struct rel_forge_kind *kind;
	const char *repository, *api, *source, *development;
	const char *web, *found, *at; /* expected; at NULL = an error */
};

static const struct given places[] = {
    {&rel_forge_github, NULL, NULL, "git@github.com:o/r.git", NULL,
     "https://github.com", "o/r", "https://api.github.com"},
    {&rel_forge_github, NULL, NULL, "https://u:p@github.com/o/r", NULL,
     "https://github.com", "o/r", "https://api.github.com"},
    {&rel_forge_github, "a/b", NULL, "git@github.com:o/r.git", NULL,
     "https://github.com", "a/b", "https://api.github.com"},
    /* the source comes first, and only where it is on such a forge */
    {&rel_forge_github, NULL, NULL, "https://github.com/s/s",
     "https://github.com/d/d", "https://github.com", "s/s",
     "https://api.github.com"},
    {&rel_forge_github, NULL, NULL, "https://gitlab.com/s/s",
     "https://github.com/d/d.git", "https://github.com", "d/d",
     "https://api.github.com"},
    {&rel_forge_github, NULL, NULL, "/srv/git/r.git", NULL, NULL, NULL, NULL},
    {&rel_forge_github, NULL, NULL, NULL, NULL, NULL, NULL, NULL},
    /* GitHub Enterprise Server */
    {&rel_forge_github, "https://git.example.org/o/r", NULL, NULL, NULL,
     "https://git.example.org", "o/r", "https://git.example.org/api/v3"},
    {&rel_forge_github, "o/r", "https://git.example.org/api/v3", NULL, NULL,
     "https://git.example.org", "o/r", "https://git.example.org/api/v3"},
    {&rel_forge_github, NULL, "https://git.example.org/api/v3",
     "ssh://git@git.example.org:2222/o/r.git", NULL, "https://git.example.org",
     "o/r", "https://git.example.org/api/v3"},
    {&rel_forge_github, NULL, "https://git.example.org/api/v3",
     "https://github.com/o/r", NULL, NULL, NULL, NULL},
    {&rel_forge_github, "a/b/c", NULL, NULL, NULL, NULL, NULL, NULL},
    {&rel_forge_gitlab, "a/b/c", NULL, NULL, NULL, "https://gitlab.com",
     "a/b/c", "https://gitlab.com/api/v4"},
    {&rel_forge_gitlab, NULL, NULL, "https://gitlab.example.org/g/s/p.git",
     NULL, "https://gitlab.example.org", "g/s/p",
     "https://gitlab.example.org/api/v4"},
    {&rel_forge_forgejo, NULL, NULL, "https://codeberg.org/o/r.git/", NULL,
     "https://codeberg.org", "o/r", "https://codeberg.org/api/v1"},
    {&rel_forge_forgejo, "http://127.0.0.1:3000/o/r", NULL, NULL, NULL,
     "http://127.0.0.1:3000", "o/r", "http://127.0.0.1:3000/api/v1"},
    {&rel_forge_forgejo, "https://git.example.org/o", NULL, NULL, NULL, NULL,
     NULL, NULL},
};

static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct given *g = &places[i];
		const char *const from[] = {g->source, g->development};
		struct rel_forge_place place;
		struct rel_error err = {0};
		struct rel_arena arena;
		int rc;

		rel_arena_init(&arena, REL_MIB);
		rc = rel_forge_locate(&place, g->kind, g->repository, g->api,
				      from, 2, &arena, &err);
		if (!g->at) {
			assert_int_equal(rc, REL_EUSAGE);
			assert_non_null(strstr(err.text, "repository:"));
		} else {
			if (rc)
				fail_msg("%zu: %s", i, err.text);
			assert_string_equal(place.web, g->web);
			assert_string_equal(place.repository, g->found);
			assert_string_equal(place.api, g->at);
		}
		rel_arena_free(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_places)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
