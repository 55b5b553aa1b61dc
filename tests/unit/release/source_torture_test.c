/* Every allocation on the way from a source to its manifests fails once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "release/cut/manifest.h"
#include "release/source/bump.h"
#include "release/source/changelog.h"
#include "release/source/tagname.h"
#include "sources.h"
#include "support/shell.h"
#include "support/torture.h"

static const struct rel_manifest_source archive = {
    .src = "https://example.org/a.tbz",
    .mirror = "https://mirror.example.org/a.tbz",
    .sha256 = "aa",
    .sha512 = "bb",
    .commit = "cc",
};

static int read_entries(struct source *s, const size_t *list, size_t count,
			const char *version, struct rel_error *err)
{
	static const struct rel_conf_version_file files[] = {
	    {.path = "src/{name}.ml", .pattern = "let v = \"{version}\""}};
	static const struct rel_conf_release release = {.version_files = files,
							.n_version_files = 1};
	struct rel_changelog_options request = {
	    .packages = list,
	    .n_packages = count,
	    .version = rel_str_of(version),
	};
	bool opamdir = rel_str_is(s->project->name, "hands");
	struct rel_changelog entry;
	struct rel_bump bump;
	int rc = rel_changelog_find(&entry, s->project, &request, err);

	if (rc == 0)
		rc = rel_bump_find(&bump, s->project, list, count,
				   request.version, opamdir ? &release : NULL,
				   err);
	return rc;
}

static int write_texts(struct source *s, const char *version,
		       struct rel_error *err)
{
	struct rel_buf tag, manifest;
	int rc;

	rel_buf_init(&tag, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&manifest, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_tagname_make(&tag, "{name}-{version}", s->project->name,
			      rel_str_of(version), err);
	if (rc == 0)
		rc = rel_release_manifest(&manifest,
					  s->project->packages[0].text,
					  "a.opam", &archive, err);
	rel_buf_free(&tag);
	rel_buf_free(&manifest);
	return rc;
}

/* All of it; `package` NULL = all. */
static int run(struct source *s, const struct rel_git_id *commit,
	       const char *package, const char *version)
{
	struct rel_error err = {0};
	const size_t *list;
	size_t count;
	int rc = rel_project_scan(&s->project, s->store, commit, NULL, &err);

	if (rc == 0)
		rc = rel_project_select(&list, &count, s->project, &package,
					package ? 1 : 0, &err);
	if (rc == 0)
		rc = read_entries(s, list, count, version, &err);
	if (rc == 0)
		rc = write_texts(s, version, &err);
	rel_project_free(s->project);
	s->project = NULL;
	if (rc && rc != REL_ENOMEM)
		fail_msg("%d: %s", rc, err.text);
	return rc;
}

static void torture(const char *kind, const char *package)
{
	struct rel_git_id commit;
	struct source s;

	source_make(&s, kind);
	assert_int_equal(rel_git_resolve(&commit, s.store, "HEAD", NULL), 0);
	for (long n = 0;; n++) {
		int rc;

		rel_torture_start(n);
		rc = run(&s, &commit, package, "1.0");
		if (!rel_torture_stop()) {
			assert_int_equal(rc, 0);
			assert_true(n > 20);
			break;
		}
		if (rc != REL_ENOMEM)
			fail_msg("%s, allocation %ld: %d", kind, n, rc);
	}
	source_free(&s);
}

static void test_torture(void **state)
{
	(void)state;
	torture("one", NULL);
	torture("five", "mesh-http");
	torture("single", NULL);
	torture("opamdir", "left");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_torture),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
