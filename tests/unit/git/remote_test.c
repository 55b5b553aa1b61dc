#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "git/remote.h"
#include "support/shell.h"
#include "support/support.h"

/* A bare remote and a checkout of it with commits c1, c2, c3 on main, of
 * which the remote has c1 and c2. */
struct fixture {
	char *dir, *remote, *work, *cache;
	struct rel_git_store *store; /* of the checkout */
	struct rel_git_fetch_options options;
	struct rel_git_push_result result;
	struct rel_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->remote = rel_test_text("%s/remote.git", f->dir);
	f->work = rel_test_text("%s/work", f->dir);
	f->cache = rel_test_text("%s/cache", f->dir);
	f->options.cache_dir = f->cache;
	free(rel_test_sh(
	    "git init -q -b main %s; cd %s; for i in 1 2; do echo $i >f; "
	    "git add f; git commit -qm c$i; done; git clone -q --bare . %s; "
	    "git remote add up %s; git fetch -q up; echo 3 >f; "
	    "git commit -qam c3",
	    f->work, f->work, f->remote, f->remote));
	assert_int_equal(rel_git_store_open(&f->store, f->work, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(rel_test_sh("git -C %s fsck --strict --no-dangling", f->remote));
	rel_git_push_result_free(&f->result);
	rel_git_store_free(f->store);
	rel_test_dir_free(f->dir);
	free(f->cache);
	free(f->work);
	free(f->remote);
	free(f);
	return 0;
}

static struct rel_git_id id_of(struct fixture *f, const char *revision)
{
	struct rel_git_id id;

	assert_int_equal(rel_git_resolve(&id, f->store, revision, NULL), 0);
	return id;
}

/* A reference and what it should become; "" = nothing. */
static struct rel_git_push_ref ref_of(struct fixture *f, const char *name,
				      const char *old, const char *fresh)
{
	struct rel_git_push_ref ref = {.name = name, .has_old = *old != '\0'};

	if (*old != '\0')
		ref.old = id_of(f, old);
	if (*fresh != '\0')
		ref.id = id_of(f, fresh);
	return ref;
}

static int push(struct fixture *f, const struct rel_git_push_ref *refs,
		size_t n)
{
	return rel_git_push(&f->result, f->store, f->remote, NULL, refs, n,
			    &f->options, &f->err);
}

static void check_remote(struct fixture *f, const char *name, const char *want)
{
	char *found = rel_test_sh("git -C %s rev-parse -q --verify %s || echo "
				  "none",
				  f->remote, name);
	char hex[REL_GIT_ID_TEXT] = "none";
	struct rel_git_id id;

	if (*want != '\0') {
		id = id_of(f, want);
		rel_git_id_format(hex, &id);
	}
	assert_string_equal(found, hex);
	free(found);
}

static void must_push(struct fixture *f, struct rel_git_push_ref ref)
{
	if (push(f, &ref, 1) < 0)
		fail_msg("%s", f->err.text);
	if (f->result.outcome != REL_GIT_DONE)
		fail_msg("%d %s", (int)f->result.outcome, f->result.text.ptr);
}

static void test_there_and_back(void **state)
{
	struct fixture *f = *state;
	struct rel_git_push_ref ref =
	    ref_of(f, "refs/heads/main", "main~1", "main");

	must_push(f, ref);
	check_remote(f, "main", "main");
	/* It is there already. */
	must_push(f, ref);
	assert_true(f->result.atomic);
	must_push(f, ref_of(f, "refs/tags/t", "", "main"));
	must_push(f, ref_of(f, "refs/tags/t", "", "main"));
	check_remote(f, "refs/tags/t", "main");
	/* And gone, once and again. */
	must_push(f, ref_of(f, "refs/tags/t", "main", ""));
	must_push(f, ref_of(f, "refs/tags/t", "main", ""));
	check_remote(f, "refs/tags/t", "");
	ref = ref_of(f, "refs/heads/main", "main", "main~1");
	assert_int_equal(push(f, &ref, 1), REL_EUSAGE);
	assert_non_null(strstr(f->err.text, "nothing is pushed by force"));
	check_remote(f, "main", "main");
	ref.back = true;
	must_push(f, ref);
	check_remote(f, "main", "main~1");
}

static void test_not_what_is_expected(void **state)
{
	struct fixture *f = *state;
	struct rel_git_push_ref ref =
	    ref_of(f, "refs/heads/main", "main~2", "main");

	/* It would be a fast forward, but from elsewhere. */
	assert_int_equal(push(f, &ref, 1), 0);
	assert_int_equal(f->result.outcome, REL_GIT_RACED);
	assert_string_equal(f->result.ref.ptr, "refs/heads/main");
	ref = ref_of(f, "refs/heads/main", "", "main");
	assert_int_equal(push(f, &ref, 1), 0);
	assert_int_equal(f->result.outcome, REL_GIT_RACED);
	ref = ref_of(f, "refs/heads/new", "main~1", "main");
	assert_int_equal(push(f, &ref, 1), 0);
	assert_int_equal(f->result.outcome, REL_GIT_RACED);
	ref = ref_of(f, "refs/heads/main", "main~2", "");
	assert_int_equal(push(f, &ref, 1), 0);
	assert_int_equal(f->result.outcome, REL_GIT_RACED);
	check_remote(f, "main", "main~1");
	check_remote(f, "refs/heads/new", "");
}

static void test_misused(void **state)
{
	struct fixture *f = *state;
	struct rel_git_push_ref ref = {.name = "main"};

	assert_int_equal(push(f, &ref, 0), REL_EUSAGE);
	assert_int_equal(push(f, &ref, 1), REL_EUSAGE);
	ref.name = "refs/heads/a b";
	assert_int_equal(push(f, &ref, 1), REL_EUSAGE);
	ref = ref_of(f, "refs/heads/main", "main~1", "main");
	ref.id.bytes[0] ^= 1;
	assert_int_equal(push(f, &ref, 1), REL_EUSAGE);
	f->options.offline = true;
	assert_int_equal(push(f, &ref, 1), REL_EUSAGE);
	f->options.offline = false;
	ref.id.bytes[0] ^= 1;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(push(f, &ref, 1), REL_EIO);
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	assert_non_null(strstr(f->err.text, "git is not installed"));
}

/* The references moved, but we never hear of it. */
static void test_lost_answer(void **state)
{
	struct fixture *f = *state;

	free(rel_test_sh("cd %s/hooks; printf '#!/bin/sh\\nkill -9 $PPID\\n' "
			 ">post-receive; chmod +x post-receive",
			 f->remote));
	must_push(f, ref_of(f, "refs/heads/main", "main~1", "main"));
	check_remote(f, "main", "main");
}

/* Killed before they moved: nothing is known but that nothing happened. */
static void test_lost_connection(void **state)
{
	struct fixture *f = *state;
	struct rel_git_push_ref ref =
	    ref_of(f, "refs/heads/main", "main~1", "main");

	free(rel_test_sh("cd %s/hooks; printf '#!/bin/sh\\nkill -9 $PPID\\n' "
			 ">pre-receive; chmod +x pre-receive",
			 f->remote));
	assert_int_equal(push(f, &ref, 1), REL_EIO);
	assert_non_null(strstr(f->err.text, "cannot push: "));
	check_remote(f, "main", "main~1");
}

static void test_update_hook(void **state)
{
	struct fixture *f = *state;
	struct rel_git_push_ref refs[2];

	/* One is refused, and both stay. */
	free(
	    rel_test_sh("cd %s/hooks; printf '#!/bin/sh\\ncase $1 in "
			"refs/tags/*) echo no tags here >&2; exit 1 ;; esac\\n'"
			" >update; chmod +x update",
			f->remote));
	refs[0] = ref_of(f, "refs/heads/main", "main~1", "main");
	refs[1] = ref_of(f, "refs/tags/t", "", "main");
	assert_int_equal(push(f, refs, 2), 0);
	assert_int_equal(f->result.outcome, REL_GIT_REJECTED);
	assert_string_equal(f->result.ref.ptr, "refs/tags/t");
	assert_non_null(strstr(f->result.text.ptr, "no tags here; "));
	assert_non_null(strstr(f->result.text.ptr, "; hook declined"));
	check_remote(f, "main", "main~1");
	check_remote(f, "refs/tags/t", "");
}

/* Pushed by its name, the remote's branch is known at once. */
static void test_tracking(void **state)
{
	struct fixture *f = *state;
	const struct rel_git_push_ref ref =
	    ref_of(f, "refs/heads/main", "main~1", "main");
	char *found;

	assert_int_equal(rel_git_push(&f->result, f->store, f->remote, "up",
				      &ref, 1, &f->options, &f->err),
			 0);
	assert_int_equal(f->result.outcome, REL_GIT_DONE);
	found = rel_test_sh("git -C %s log -1 --format=%%s up/main", f->work);
	assert_string_equal(found, "c3");
	free(found);
}

static void test_remote_ref(void **state)
{
	struct fixture *f = *state;
	struct rel_git_id id, want = id_of(f, "main~1");

	assert_int_equal(
	    rel_git_remote_ref(&id, f->remote, "HEAD", &f->options, &f->err),
	    1);
	assert_memory_equal(&id, &want, sizeof(id));
	assert_int_equal(rel_git_remote_ref(&id, f->remote, "refs/heads/mai",
					    &f->options, &f->err),
			 0);
	/* "heads/main" matches for git, and is another name. */
	assert_int_equal(rel_git_remote_ref(&id, f->remote, "heads/main",
					    &f->options, &f->err),
			 0);
	assert_int_equal(rel_git_remote_ref(&id, "/nonexistent/x", "HEAD",
					    &f->options, &f->err),
			 REL_ENOTFOUND);
}

/* Objects go to the scratch repository alone, which is gone afterwards. */
static void test_scratch(void **state)
{
	struct fixture *f = *state;
	struct rel_git_target *target = NULL;
	struct rel_git_id blob, want = id_of(f, "main~1");
	char *before, *after, *left, *place;

	/* What a killed run left; and what another one uses. */
	free(rel_test_sh("mkdir -p %s/write/dead/repo.git/objects; "
			 ": >%s/write/dead/lock",
			 f->cache, f->cache));
	place = rel_test_text("%s/write", f->cache);
	before = rel_test_sh("cd %s; find . -type f | sort", f->remote);
	assert_int_equal(
	    rel_git_target_open(&target, f->remote, NULL, &f->options, &f->err),
	    0);
	assert_string_equal(rel_git_target_branch(target), "refs/heads/main");
	assert_memory_equal(rel_git_target_tip(target), &want, sizeof(want));
	assert_int_equal(rel_git_write_blob(&blob, rel_git_target_store(target),
					    REL_STR("unheard of"), NULL),
			 0);
	assert_int_equal(rel_git_target_refresh(target, &f->err), 0);
	after = rel_test_sh("cd %s; find . -type f | sort", f->remote);
	assert_string_equal(before, after);
	left = rel_test_sh("ls %s | wc -l", place);
	assert_string_equal(left, "1");
	rel_git_target_free(target);
	assert_int_equal(rel_test_dir_count(place), 1); /* .lock */
	free(left);
	free(after);
	free(before);
	free(place);
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct rel_git_target *target = NULL;
	struct rel_git_id blob;
	char *big;

	free(rel_test_sh("mkdir %s", f->cache));
	if (geteuid() != 0 ||
	    rel_test_sh_status("mount -t tmpfs -o size=400k tmpfs %s",
			       f->cache) != 0)
		skip();
	big = rel_test_text("%s/big", f->dir);
	free(rel_test_sh("head -c 1000000 /dev/urandom >%s", big));
	if (rel_git_target_open(&target, f->remote, NULL, &f->options,
				&f->err) == 0) {
		int r = rel_git_write_blob_file(
		    &blob, rel_git_target_store(target), big, &f->err);

		rel_git_target_free(target);
		free(rel_test_sh("umount %s", f->cache));
		assert_int_equal(r, REL_EIO);
	} else {
		free(rel_test_sh("umount %s", f->cache));
		fail_msg("%s", f->err.text);
	}
	free(big);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_there_and_back),	TEST(test_not_what_is_expected),
	    TEST(test_misused),		TEST(test_lost_answer),
	    TEST(test_lost_connection), TEST(test_update_hook),
	    TEST(test_tracking),	TEST(test_remote_ref),
	    TEST(test_scratch),		TEST(test_full_disk),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
