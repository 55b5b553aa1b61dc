#include "remote_common.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/process.h"
#include "support/http_fault.h"

struct fixture {
	char *dir, *repo, *cache;
};

/* Two revisions of a small repository, with odd things in it. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->repo = rel_test_text("%s/repo", f->dir);
	f->cache = rel_test_text("%s/cache", f->dir);
	free(rel_test_sh(
	    "git init -q -b main '%s'; cd '%s'; "
	    "put() { mkdir -p packages/$1; "
	    "printf 'opam-version: \"2.0\"\\ndepends: [\"%%s\"]\\n' \"$2\" "
	    ">packages/$1/opam; }; "
	    "echo 'opam-version: \"2.0\"' >repo; "
	    "put a/a.1 x; put a/a.2 y; put b/b.1 z; put eq/eq.1.0 x; "
	    "put eq/eq.1.00 x; put twin/b.1 q; put c/c.1 x; "
	    "chmod 755 packages/a/a.2/opam; mkdir packages/l; "
	    "ln -s ../a/a.1 packages/l/l.1; ln -s /etc packages/l/etc; "
	    "touch packages/stray; "
	    "git add .; git commit -qm one; git tag one; "
	    "put a/a.3 new; git rm -qr packages/c packages/twin; "
	    "put eq/eq.2 x; git add .; git commit -qm two",
	    f->repo, f->repo));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	free(rel_test_sh("chmod -R u+w '%s'", f->dir));
	rel_test_dir_free(f->dir);
	free(f->repo);
	free(f->cache);
	free(f);
	return 0;
}

static void test_revisions(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.jobs = 2};
	struct rel_snapshot *s = must_read(f->repo, &how);
	char *head = rel_test_sh("git -C '%s' rev-parse HEAD", f->repo);
	char *when = rel_test_sh("git -C '%s' log -1 --format=%%ct", f->repo);
	char *packages = list_packages(s), *at;

	assert_string_equal(s->revision, head);
	assert_int_equal(s->time, strtoll(when, NULL, 10));
	assert_string_equal(packages, "a.1\na.2\na.3\nb.1\neq.1.0\neq.1.00\n"
				      "eq.2\nl.1");
	free(packages);
	rel_snapshot_free(s);

	how.revision = "HEAD~1";
	s = must_read(f->repo, &how);
	packages = list_packages(s);
	assert_string_equal(packages, "a.1\na.2\nb.1\nc.1\neq.1.0\neq.1.00\n"
				      "l.1");
	free(packages);
	rel_snapshot_free(s);

	/* "HEAD" is the remote's own revision, not the repository's */
	at = rel_test_text("%s#one", f->repo);
	how.revision = "@";
	s = must_read(at, &how);
	assert_int_equal(s->n_packages, 7);
	rel_snapshot_free(s);
	free(at);
	free(head);
	free(when);
}

/* A directory, a git tree and the cache say the same. */
static void test_same(void **state)
{
	struct fixture *f = *state;
	struct reading cold = {.jobs = 1}, warm = {.cache_dir = f->cache};
	struct rel_snapshot *git, *dir, *two, *cached;
	char *plain = rel_test_text("dir+%s", f->repo);

	git = must_read(f->repo, &cold);
	dir = must_read(plain, &cold);
	assert_same_snapshot(git, dir);
	cold.jobs = 3;
	two = must_read(f->repo, &cold);
	assert_same_image(git, two);
	rel_snapshot_free(two);
	two = must_read(f->repo, &warm);
	cached = must_read(f->repo, &warm);
	assert_non_null(cached->store->map.ptr);
	assert_same_image(git, cached);
	assert_string_equal(warm.warnings.text, "");
	rel_snapshot_free(git);
	rel_snapshot_free(dir);
	rel_snapshot_free(two);
	rel_snapshot_free(cached);
	free(plain);
}

/* What is taken over from another revision is what would have been read. */
static void test_incremental(void **state)
{
	static const char *const order[] = {"one", "main", "odd", "one",
					    "main"};
	struct fixture *f = *state;
	struct reading warm = {.cache_dir = f->cache}, cold = {.jobs = 1};

	free(rel_test_sh(
	    "cd '%s'; git checkout -qb odd; mkdir -p packages/zz; "
	    "git mv packages/b/b.1 packages/zz/b.1; "
	    "mkdir packages/a/b.1; cp packages/a/a.1/opam packages/a/b.1; "
	    "rm packages/l/l.1; ln -s ../a/a.2 packages/l/l.1; "
	    "git add .; git commit -qm odd; git checkout -q main",
	    f->repo));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct rel_snapshot *quick, *slow;

		warm.revision = cold.revision = order[i];
		quick = must_read(f->repo, &warm);
		slow = must_read(f->repo, &cold);
		assert_same_image(quick, slow);
		rel_snapshot_free(quick);
		rel_snapshot_free(slow);
		if (i == 2) /* now in another order */
			free(rel_test_sh("cd '%s'/snapshots; "
					 "rm $(ls -t | tail -n 2)",
					 f->cache));
	}
}

/* What has not changed is not read again: here it is not even there. */
static void test_reuse(void **state)
{
	struct fixture *f = *state;
	struct reading warm = {.cache_dir = f->cache};
	struct reading cold = {.jobs = 2};
	struct rel_snapshot *s;

	rel_snapshot_free(must_read(f->repo, &warm));
	free(rel_test_sh("cd '%s'; git rm -qr packages/a; git commit -qm three;"
			 " id=$(git rev-parse HEAD:packages/b/b.1/opam); "
			 "dir=$(printf %%.2s $id); "
			 "rm -f .git/objects/$dir/${id#$dir}",
			 f->repo));
	s = must_read(f->repo, &warm);
	assert_int_equal(find_package(s, "b", "1")->problem, UINT32_MAX);
	rel_snapshot_free(s);
	assert_int_equal(read_remote(&s, f->repo, &cold), REL_EIO);
	assert_null(s);
}

static void test_subdir(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.cache_dir = f->cache};
	struct rel_snapshot *s;
	char *at;

	free(rel_test_sh("cd '%s'; mkdir -p x/one/packages/p/p.1 x/two; "
			 "cp packages/a/a.1/opam x/one/packages/p/p.1; "
			 "touch x/two/repo; ln -s ../../../packages/a "
			 "x/one/packages/up; "
			 "git add .; git commit -qm three",
			 f->repo));
	at = rel_test_text("%s//x/one", f->repo);
	s = must_read(at, &how);
	assert_int_equal(s->n_packages, 1);
	assert_true(
	    rel_str_is(string(s, s->packages[0].path), "packages/p/p.1/opam"));
	/* the root of the remote is where links end */
	assert_int_equal(count_notices(s, REL_NOTICE_SYMLINK, "packages/up"),
			 1);
	rel_snapshot_free(s);
	free(at);
	at = rel_test_text("%s//x/two", f->repo);
	s = must_read(at, &how);
	assert_int_equal(s->n_packages, 0);
	rel_snapshot_free(s);
	free(at);
	at = rel_test_text("%s//x/none", f->repo);
	assert_int_equal(read_remote(&s, at, &how), REL_ENOTFOUND);
	free(at);
	at = rel_test_text("%s//x", f->repo);
	assert_int_equal(read_remote(&s, at, &how), REL_EPARSE);
	free(at);
}

static void test_nothing(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.cache_dir = f->cache};
	struct rel_snapshot *s;
	char *at = rel_test_text("%s/fresh", f->dir), *branch;

	free(rel_test_sh("git init -q -b main '%s'", at));
	s = must_read(at, &how);
	assert_int_equal(s->n_packages, 0);
	assert_string_equal(s->revision, "");
	rel_snapshot_free(s);
	/* a branch that was asked for must be there */
	branch = rel_test_text("%s#main", at);
	assert_int_equal(read_remote(&s, branch, &how), REL_ENOTFOUND);
	free(branch);
	branch = rel_test_text("%s#nowhere", f->repo);
	assert_int_equal(read_remote(&s, branch, &how), REL_ENOTFOUND);
	assert_non_null(strstr(how.err.text, "nowhere"));
	assert_non_null(strstr(how.err.text, "test"));
	free(branch);
	free(at);
}

/* A pack cut short at any place is an error, never half a remote. */
static void test_truncated_pack(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.jobs = 2};
	struct rel_snapshot *s;
	char *bare = rel_test_text("%s/bare.git", f->dir), *text;
	long size;

	free(rel_test_sh("git clone -q --bare '%s' '%s'; cd '%s'; "
			 "git repack -qad; git gc -q; "
			 "chmod u+w objects/pack/*.pack; "
			 "cp objects/pack/*.pack ../whole",
			 f->repo, bare, bare));
	text = rel_test_sh("stat -c %%s '%s/whole'", f->dir);
	size = strtol(text, NULL, 10);
	free(text);
	s = must_read(bare, &how);
	rel_snapshot_free(s);
	for (long at = 0; at < size; at += size / 25 + 1) {
		free(rel_test_sh("cd '%s'; cp ../whole objects/pack/*.pack; "
				 "truncate -s %ld objects/pack/*.pack",
				 bare, at));
		assert_int_not_equal(read_remote(&s, bare, &how), 0);
		assert_null(s);
		assert_true(how.err.text[0] != '\0');
	}
	free(bare);
}

/* Nothing that is wrong with the cache is more than a warning. */
static void test_bad_caches(void **state)
{
	static const char *const spoil[] = {
	    "touch '%s'",	    /* a file where the directory was */
	    "ln -s /dev/full '%s'", /* nothing can be created below */
	    "mkdir '%s'; touch '%s'/snapshots",
	    "mkdir -p '%s'; ln -s /proc/self '%s'/snapshots",
	};
	struct fixture *f = *state;
	struct reading how = {.cache_dir = f->cache};
	struct rel_snapshot *s;

	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		free(rel_test_sh("rm -rf '%s'", f->cache));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		free(rel_test_sh(spoil[i], f->cache, f->cache));
#pragma GCC diagnostic pop
		s = must_read(f->repo, &how);
		assert_int_equal(s->n_packages, 8);
		assert_non_null(strstr(how.warnings.text, "not cached"));
		rel_snapshot_free(s);
	}
}

/* A full disk: no file may grow beyond some bytes. */
static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.cache_dir = f->cache};
	struct rlimit limit, small;
	struct rel_snapshot *s;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	s = must_read(f->repo, &how);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(s->n_packages, 8);
	assert_non_null(strstr(how.warnings.text, "not cached"));
	rel_snapshot_free(s);
	free(rel_test_sh("[ -z \"$(ls -A '%s'/snapshots)\" ]", f->cache));
	s = must_read(f->repo, &how);
	assert_string_equal(how.warnings.text, "");
	rel_snapshot_free(s);
}

/* Read as a child process would; never returns. */
static void child(const struct fixture *f, const char *revision)
{
	struct reading how = {.cache_dir = f->cache, .revision = revision};
	struct rel_snapshot *s;

	for (int i = 0; i < 1000; i++) {
		if (read_remote(&s, f->repo, &how) != 0 ||
		    how.warnings.text[0] != '\0')
			_exit(1);
		rel_snapshot_free(s);
		free(rel_test_sh("rm -f '%s'/snapshots/tree-*", f->cache));
	}
	_exit(0);
}

/* Several at once, killed at any time: what is read is always right. */
static void test_at_once(void **state)
{
	struct fixture *f = *state;
	struct reading warm = {.cache_dir = f->cache}, cold = {.jobs = 1};
	struct rel_snapshot *want = must_read(f->repo, &cold), *got;

	for (int round = 0; round < 20; round++) {
		struct timespec pause = {0, 1000 * 1000 * (1 + round % 7)};
		pid_t pids[3];

		for (int i = 0; i < 3; i++) {
			pids[i] = fork();
			if (pids[i] == 0)
				child(f, i == 0 ? "one" : "main");
		}
		nanosleep(&pause, NULL);
		got = must_read(f->repo, &warm);
		assert_same_image(want, got);
		rel_snapshot_free(got);
		for (int i = 0; i < 3; i++) {
			int status;

			kill(pids[i], SIGKILL);
			waitpid(pids[i], &status, 0);
			assert_true(WIFSIGNALED(status) ||
				    WEXITSTATUS(status) == 0);
		}
		got = must_read(f->repo, &warm);
		assert_same_image(want, got);
		rel_snapshot_free(got);
	}
	rel_snapshot_free(want);
}

static void test_cancelled(void **state)
{
	struct fixture *f = *state;
	struct rel_cancel cancel = {15};
	struct rel_remote_options options = {.cancel = &cancel, .jobs = 2};
	struct rel_remote remote = {.name = "test"};
	struct rel_snapshot *s;
	struct rel_arena arena;

	rel_arena_init(&arena, REL_MIB);
	assert_int_equal(rel_location_parse(&remote.location,
					    rel_str_of(f->repo), NULL, &arena,
					    NULL),
			 0);
	assert_int_equal(rel_remote_read(&s, &remote, NULL, &options, NULL),
			 REL_ECANCELLED);
	assert_null(s);
	rel_arena_free(&arena);
}

/* Serve f->dir by git daemon; *url is that of f->repo. */
static void serve(struct rel_process *daemon, char **url,
		  const struct fixture *f)
{
	int port = rel_test_free_port();
	char *number = rel_test_text("--port=%d", port);
	char *base = rel_test_text("--base-path=%s", f->dir);
	const char *const argv[] = {
	    "git",  "daemon", "--export-all", "--listen=127.0.0.1",
	    number, base,     "--reuseaddr",  NULL};

	*url = rel_test_text("git://127.0.0.1:%d/repo", port);
	assert_int_equal(rel_process_start(daemon, argv, NULL, NULL,
					   REL_PROCESS_STDERR_NULL, NULL),
			 0);
	free(rel_test_sh("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; "
			 "do git ls-remote %s >/dev/null 2>&1 && exit 0; "
			 "sleep 0.3; done; exit 1",
			 *url));
	free(number);
	free(base);
}

/* A repository elsewhere: fetched, fetched again, offline, --since. */
static void test_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct reading how = {.cache_dir = f->cache};
	struct rel_process daemon;
	struct rel_snapshot *s, *before;
	char *url, *head;

	serve(&daemon, &url, f);
	how.offline = true;
	assert_int_equal(read_remote(&s, url, &how), REL_ENOTFOUND);
	how.offline = false;
	s = must_read(url, &how);
	assert_int_equal(s->n_packages, 8);
	rel_snapshot_free(s);

	/* the tip that this run has read is what --since counts from */
	free(rel_test_sh("cd '%s'; mkdir packages/n; "
			 "cp -r packages/a/a.1 packages/n/n.1; git add .; "
			 "git commit -qm three",
			 f->repo));
	how.revision = "HEAD~1";
	before = must_read(url, &how);
	assert_int_equal(before->n_packages, 7);
	rel_snapshot_free(before);

	how.revision = NULL;
	s = must_read(url, &how);
	head = rel_test_sh("git -C '%s' rev-parse HEAD", f->repo);
	assert_string_equal(s->revision, head);
	assert_int_equal(s->n_packages, 9);
	how.revision = "HEAD~1";
	before = must_read(url, &how);
	assert_int_equal(before->n_packages, 8);
	rel_snapshot_free(before);

	/* the same as in place */
	how.revision = NULL;
	before = must_read(f->repo, &how);
	assert_same_image(before, s);
	rel_snapshot_free(before);
	rel_snapshot_free(s);

	rel_process_kill(&daemon);
	assert_int_equal(read_remote(&s, url, &how), REL_EIO);
	how.offline = true;
	s = must_read(url, &how);
	assert_int_equal(s->n_packages, 9);
	rel_snapshot_free(s);
	free(url);
	free(head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_revisions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_same, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_incremental, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reuse, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_subdir, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_truncated_pack, setup,
					    teardown),
	    cmocka_unit_test_setup_teardown(test_bad_caches, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_elsewhere, setup, teardown),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
