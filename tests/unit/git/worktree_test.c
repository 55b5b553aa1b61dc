#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/worktree.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *work;
	struct rel_git_worktree *checkout;
};

static const struct rel_git_identity who = {"Tester", "tester@example.org",
					    1767323045, 60};

static const struct rel_git_edit edits[] = {
    {"a.opam", {"version: \"2\"\r\n", 15}},
    {"src/run", {"#!/bin/sh\nexit 2\n", 17}},
    {"dos.txt", {"one\ntwo\n", 8}},
    {"new/dir/file", {"new\n", 4}}};

/* A checkout with a file of each kind; `main` tracks a bare remote. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->dir = rel_test_dir_new();
	f->work = rel_test_text("%s/work", f->dir);
	free(rel_test_sh(
	    "git init -q -b main %s; cd %s; mkdir src; echo 1 >a.opam; "
	    "printf '#!/bin/sh\\n' >src/run; chmod +x src/run; "
	    "echo 'dos.txt eol=crlf' >.gitattributes; "
	    "printf 'one\\r\\n' >dos.txt; ln -s a.opam link; echo o >other; "
	    "echo t >third; git add .; git commit -qm base; "
	    "git clone -q --bare . ../remote.git; "
	    "git remote add origin ../remote.git; git fetch -q origin; "
	    "git branch -q -u origin/main",
	    f->work, f->work));
	assert_int_equal(
	    rel_git_worktree_open(&f->checkout, f->work, NULL, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_git_worktree_free(f->checkout);
	free(rel_test_sh("git -C %s fsck --strict --no-dangling", f->work));
	rel_test_dir_free(f->dir);
	free(f->work);
	free(f);
	return 0;
}

/* Run a script in the work tree. */
#define IN_WORK(f, script) free(rel_test_sh("cd %s; " script, (f)->work))

static void check_open(const char *dir, const char *root)
{
	struct rel_git_worktree *checkout = NULL;
	struct rel_error err = {0};

	if (rel_git_worktree_open(&checkout, dir, NULL, &err) < 0)
		fail_msg("%s: %s", dir, err.text);
	assert_string_equal(rel_git_worktree_root(checkout), root);
	assert_int_equal(rel_git_ref_read(&(struct rel_git_id){{0}},
					  rel_git_worktree_store(checkout),
					  "HEAD", NULL),
			 1);
	rel_git_worktree_free(checkout);
}

static void check_not_open(const char *dir, int code, const char *text)
{
	struct rel_git_worktree *checkout = NULL;
	struct rel_error err = {0};

	assert_int_equal(rel_git_worktree_open(&checkout, dir, NULL, &err),
			 code);
	assert_null(checkout);
	if (strstr(err.text, text) == NULL)
		fail_msg("%s: no '%s' in '%s'", dir, text, err.text);
}

static void test_open(void **state)
{
	struct fixture *f = *state;
	char *sub = rel_test_text("%s/src", f->work);
	char *git = rel_test_text("%s/.git", f->work);
	char *bare = rel_test_text("%s/remote.git", f->dir);
	char *linked = rel_test_text("%s/linked", f->dir);
	char *module = rel_test_text("%s/module", f->work);
	char *link = rel_test_text("%s/symlink", f->dir);

	check_open(f->work, f->work);
	check_open(sub, f->work);
	free(rel_test_sh("ln -s %s %s", sub, link));
	check_open(link, f->work);
	IN_WORK(f, "git worktree add -q ../linked -b linked; "
		   "git -c protocol.file.allow=always submodule --quiet add "
		   "../remote.git module 2>/dev/null");
	check_open(linked, linked);
	check_open(module, module);
	check_not_open(git, REL_EUSAGE, "no work tree");
	check_not_open(bare, REL_EUSAGE, "no work tree");
	check_not_open(f->dir, REL_ENOTFOUND, "not in a checkout");
	check_not_open("/nonexistent/x", REL_ENOTFOUND, "No such file");
	setenv("GIT_DIR", bare, 1);
	check_open(sub, f->work);
	unsetenv("GIT_DIR");
	free(link);
	free(module);
	free(linked);
	free(bare);
	free(git);
	free(sub);
}

static void test_open_of_another(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip();
	free(rel_test_sh("chown -R 65534 %s", f->work));
	check_not_open(f->work, REL_EIO, "dubious ownership");
	free(rel_test_sh("chown -R 0 %s", f->work));
}

/* "branch remote upstream busy" as told; "-" for none. */
static void check_head(struct fixture *f, const char *want)
{
	char hex[REL_GIT_ID_TEXT];
	struct rel_git_head head = {0};
	struct rel_error err = {0};
	char *text, *tip;

	if (rel_git_worktree_head(&head, f->checkout, &err) < 0)
		fail_msg("head: %s", err.text);
	text = rel_test_text("%s %s %s %s", head.branch ? head.branch : "-",
			     head.remote ? head.remote : "-",
			     head.upstream ? head.upstream : "-",
			     head.busy ? head.busy : "-");
	assert_string_equal(text, want);
	tip = rel_test_sh("git -C %s rev-parse -q --verify HEAD || echo none",
			  f->work);
	assert_string_equal(
	    head.unborn ? "none" : rel_git_id_format(hex, &head.commit), tip);
	if (head.remote != NULL) {
		char *url = rel_test_sh("git -C %s remote get-url --push %s",
					f->work, head.remote);

		assert_string_equal(head.url, url);
		free(url);
	}
	free(tip);
	free(text);
	rel_git_head_free(&head);
}

static void test_head(void **state)
{
	struct fixture *f = *state;

	check_head(f, "refs/heads/main origin refs/heads/main -");
	IN_WORK(f, "git checkout -q -b topic");
	check_head(f, "refs/heads/topic origin refs/heads/topic -");
	IN_WORK(f, "git config branch.topic.remote origin; "
		   "git config branch.topic.merge refs/heads/other");
	check_head(f, "refs/heads/topic origin refs/heads/other -");
	IN_WORK(f, "git remote add fork ../fork.git; "
		   "git remote set-url --push fork ../push.git; "
		   "git config remote.pushDefault fork");
	check_head(f, "refs/heads/topic fork refs/heads/topic -");
	IN_WORK(f, "git config --unset remote.pushDefault; "
		   "git remote rename origin up; git checkout -q -b lone");
	check_head(f, "refs/heads/lone - refs/heads/lone -");
	IN_WORK(f, "git remote remove up");
	check_head(f, "refs/heads/lone fork refs/heads/lone -");
	IN_WORK(f, "git branch -q -u main");
	check_head(f, "refs/heads/lone fork refs/heads/lone -");
	IN_WORK(f, "git checkout -q --detach");
	check_head(f, "- fork - -");
	IN_WORK(f, "git checkout -q --orphan fresh");
	check_head(f, "refs/heads/fresh fork refs/heads/fresh -");
	IN_WORK(f, "git checkout -qf main; git checkout -q -b m main~0; "
		   "echo m >third; git commit -qam m; git checkout -q main; "
		   "echo n >other; git commit -qam n; "
		   "git merge -q --no-commit --no-ff m");
	check_head(f, "refs/heads/main fork refs/heads/main merge");
	IN_WORK(f, "git merge --abort; git bisect start >/dev/null");
	check_head(f, "refs/heads/main fork refs/heads/main bisect");
}

static void check_dirty(struct fixture *f, const char *want)
{
	struct rel_error err = {0};
	struct rel_buf paths;
	size_t n = 99, lines = 0;

	rel_buf_init(&paths, REL_LIMIT_CHILD_TEXT);
	if (rel_git_worktree_dirty(&paths, &n, f->checkout, NULL, &err) < 0)
		fail_msg("dirty: %s", err.text);
	assert_string_equal(rel_buf_str(&paths).ptr, want);
	for (const char *p = want; *p; p++)
		lines += *p == '\n';
	assert_int_equal(n, lines);
	rel_buf_free(&paths);
}

static void test_dirty(void **state)
{
	struct fixture *f = *state;
	struct rel_buf paths;
	size_t n;

	IN_WORK(f, "echo x >untracked; touch a.opam");
	check_dirty(f, "");
	IN_WORK(f, "echo x >>a.opam; rm other; chmod -x src/run");
	check_dirty(f, "a.opam\nother\nsrc/run\n");
	rel_buf_init(&paths, 8);
	assert_int_equal(
	    rel_git_worktree_dirty(&paths, &n, f->checkout, NULL, NULL),
	    REL_ELIMIT);
	assert_int_equal(n, 1);
	rel_buf_free(&paths);
	IN_WORK(f, "git reset -q --hard; git add untracked; "
		   "printf x >\"$(printf 'nasty\\nna me')\"; git add nasty*; "
		   "git mv other moved");
	check_dirty(f, "moved\nnasty?na me\nother\nuntracked\n");
	IN_WORK(f, "git reset -q --hard; "
		   "git -c protocol.file.allow=always submodule --quiet add "
		   "../remote.git module 2>/dev/null; git commit -qm module");
	check_dirty(f, "");
	IN_WORK(f, "echo x >>module/other; echo y >module/un");
	check_dirty(f, "");
	IN_WORK(f, "cd module; git commit -qam x");
	check_dirty(f, "module\n");
	IN_WORK(f, "git submodule --quiet update; git checkout -q -b m; "
		   "echo m >third; git commit -qam m; git checkout -q main; "
		   "echo n >third; git commit -qam n; git merge -q m "
		   ">/dev/null || :");
	check_dirty(f, "third\n");
	IN_WORK(f, "git reset -q --hard");
}

static void test_identity(void **state)
{
	struct fixture *f = *state;
	struct rel_error err = {0};
	struct rel_buf name, email;
	int64_t seconds;
	int offset;

	rel_buf_init(&name, 100);
	rel_buf_init(&email, 100);
	setenv("GIT_AUTHOR_DATE", "1767323045 -0330", 1);
	assert_int_equal(rel_git_worktree_identity(&name, &email, &seconds,
						   &offset, f->checkout,
						   REL_GIT_AUTHOR, &err),
			 0);
	assert_string_equal(name.ptr, "Tester");
	assert_string_equal(email.ptr, "tester@example.org");
	assert_int_equal(seconds, 1767323045);
	assert_int_equal(offset, -210);
	rel_buf_clear(&name);
	rel_buf_clear(&email);
	unsetenv("GIT_COMMITTER_NAME");
	unsetenv("GIT_COMMITTER_EMAIL");
	assert_int_equal(rel_git_worktree_identity(&name, &email, NULL, NULL,
						   f->checkout,
						   REL_GIT_COMMITTER, &err),
			 REL_ENOTFOUND);
	assert_non_null(strstr(err.text, "git config --global user.name"));
	IN_WORK(f, "git config user.name 'Jürgen < Müller'; "
		   "git config user.email j@example.org");
	assert_int_equal(rel_git_worktree_identity(&name, &email, NULL, NULL,
						   f->checkout,
						   REL_GIT_COMMITTER, &err),
			 0);
	assert_string_equal(name.ptr, "Jürgen  Müller");
	assert_string_equal(email.ptr, "j@example.org");
	rel_test_clean_environment();
	rel_buf_free(&name);
	rel_buf_free(&email);
}

static struct rel_git_edit_request request_of(struct fixture *f)
{
	struct rel_git_edit_request request = {.branch = "refs/heads/main",
					       .edits = edits,
					       .n_edits = 4,
					       .author = who,
					       .committer = who,
					       .message = "Release 2\n\nx"};
	char *tip = rel_test_sh("git -C %s rev-parse main", f->work);

	assert_true(rel_git_id_parse(&request.parent, rel_str_of(tip)));
	free(tip);
	return request;
}

/* The commit is on main and all of it is where it belongs. */
static void check_committed(struct fixture *f, const struct rel_git_id *commit)
{
	char hex[REL_GIT_ID_TEXT];
	char *found = rel_test_sh(
	    "cd %s; git rev-parse main; git log -1 "
	    "--format='%%an %%ae %%at %%s|%%b' main; "
	    "git diff-tree -r --name-status main~1 main; "
	    "git ls-tree main src/run | cut -c 1-6; "
	    "od -c -An dos.txt | tr -d ' \\n'; echo; cat src/run; test -x "
	    "src/run; git status --porcelain -uno",
	    f->work);
	char *want = rel_test_text(
	    "%s\nTester tester@example.org 1767323045 Release 2|x\n\n"
	    "M\ta.opam\nM\tdos.txt\nA\tnew/dir/file\nM\tsrc/run\n100755\n"
	    "one\\r\\ntwo\\r\\n\n#!/bin/sh\nexit 2",
	    rel_git_id_format(hex, commit));

	assert_string_equal(found, want);
	free(want);
	free(found);
}

static void must_commit(struct rel_git_id *commit, struct fixture *f,
			const struct rel_git_edit_request *request)
{
	struct rel_error err = {0};

	if (rel_git_worktree_commit(commit, f->checkout, request, &err) < 0)
		fail_msg("%s: %s", err.path, err.text);
}

static void must_undo(struct fixture *f,
		      const struct rel_git_edit_request *request)
{
	struct rel_error err = {0};
	char *found;

	if (rel_git_worktree_undo(f->checkout, request, &err) < 0)
		fail_msg("%s: %s", err.path, err.text);
	found = rel_test_sh("cd %s; git status --porcelain; "
			    "git log -1 --format=%%s; ls; od -c -An dos.txt | "
			    "tr -d ' \\n'",
			    f->work);
	assert_string_equal(found, "base\na.opam\ndos.txt\nlink\nother\nsrc\n"
				   "third\none\\r\\n");
	free(found);
}

static void test_commit(void **state)
{
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_id commit, again;

	must_commit(&commit, f, &request);
	check_committed(f, &commit);
	must_commit(&again, f, &request);
	assert_memory_equal(&commit, &again, sizeof(commit));
	check_committed(f, &commit);
	must_undo(f, &request);
	must_undo(f, &request);
	must_commit(&again, f, &request);
	assert_memory_equal(&commit, &again, sizeof(commit));
	check_committed(f, &commit);
}

/* Killed in between: any part may be done or not. */
static void test_commit_resumed(void **state)
{
	static const char *const states[] = {
	    "git update-ref refs/heads/main NEW",
	    "git update-ref refs/heads/main NEW; git checkout NEW -- a.opam",
	    "git update-ref refs/heads/main NEW; git checkout NEW -- . ; "
	    "git read-tree OLD",
	    "git update-ref refs/heads/main NEW; git read-tree NEW",
	    "git reset -q --hard NEW; git update-ref refs/heads/main OLD"};
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_id commit, again;
	char hex[REL_GIT_ID_TEXT], old[REL_GIT_ID_TEXT];

	must_commit(&commit, f, &request);
	rel_git_id_format(hex, &commit);
	rel_git_id_format(old, &request.parent);
	for (size_t i = 0; i < 2 * sizeof(states) / sizeof(states[0]); i++) {
		free(rel_test_sh("cd %s; git reset -q --hard %s; "
				 "eval \"$(echo '%s' | sed 's/NEW/%s/g; "
				 "s/OLD/%s/g')\"",
				 f->work, old, states[i / 2], hex, old));
		if (i % 2 == 1) {
			must_undo(f, &request);
			continue;
		}
		must_commit(&again, f, &request);
		assert_memory_equal(&commit, &again, sizeof(commit));
		check_committed(f, &commit);
	}
}

/* As a cut does that goes on. */
static void remove_locks(struct fixture *f)
{
	static const char *const names[] = {"HEAD", "refs/heads/main", "index"};
	struct rel_error err = {0};

	for (size_t i = 0; i < 3; i++) {
		if (rel_git_unlock(rel_git_worktree_store(f->checkout),
				   names[i], &err) < 0)
			fail_msg("%s: %s", err.path, err.text);
	}
}

/* Killed for real, at ever later moments. */
static void test_commit_killed(void **state)
{
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_id commit, again;

	must_commit(&commit, f, &request);
	must_undo(f, &request);
	for (unsigned i = 0; i < 20; i++) {
		pid_t victim = fork();

		if (victim == 0) {
			if (rel_git_worktree_commit(&again, f->checkout,
						    &request, NULL) < 0)
				_exit(1);
			_exit(rel_git_worktree_undo(f->checkout, &request,
						    NULL) < 0);
		}
		usleep(i * 6000);
		kill(victim, SIGKILL);
		assert_int_equal(waitpid(victim, NULL, 0), victim);
		remove_locks(f);
		if (i % 2 == 0) {
			must_commit(&again, f, &request);
			assert_memory_equal(&commit, &again, sizeof(commit));
			check_committed(f, &commit);
		}
		must_undo(f, &request);
	}
}

static void test_commit_beside_changes(void **state)
{
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_id commit;
	char *found;

	IN_WORK(f, "echo x >>other; echo y >>third; git add third; rm link");
	must_commit(&commit, f, &request);
	found = rel_test_sh("cd %s; git status --porcelain; "
			    "git diff-tree -r --name-only main~1 main | wc -l",
			    f->work);
	assert_string_equal(found, " D link\n M other\nM  third\n4");
	free(found);
	IN_WORK(f, "git reset -q --hard main");
}

static void check_refused(struct fixture *f,
			  const struct rel_git_edit_request *request, int code,
			  const char *text)
{
	struct rel_error err = {0};
	struct rel_git_id commit;
	char *before =
	    rel_test_sh("cd %s; git status; git rev-parse HEAD main", f->work);
	char *after;

	assert_int_equal(
	    rel_git_worktree_commit(&commit, f->checkout, request, &err), code);
	if (strstr(err.text, text) == NULL)
		fail_msg("no '%s' in '%s'", text, err.text);
	after =
	    rel_test_sh("cd %s; git status; git rev-parse HEAD main", f->work);
	assert_string_equal(before, after);
	free(after);
	free(before);
}

static void test_commit_refused(void **state)
{
	const struct rel_git_edit link = {"link", {"x", 1}};
	const struct rel_git_edit dir = {"src", {"x", 1}};
	const struct rel_git_edit outside = {"../x", {"x", 1}};
	const struct rel_git_edit equal = {"other", {"o\n", 2}};
	struct fixture *f = *state;
	struct rel_git_edit_request good = request_of(f), bad = good;

	bad.n_edits = 1;
	bad.edits = &link;
	check_refused(f, &bad, REL_EUSAGE, "no ordinary file");
	bad.edits = &dir;
	check_refused(f, &bad, REL_EUSAGE, "no ordinary file");
	bad.edits = &outside;
	check_refused(f, &bad, REL_EUSAGE, "no path below");
	bad.edits = &equal;
	check_refused(f, &bad, REL_EUSAGE, "that content already");
	bad = good;
	bad.author.name = "";
	check_refused(f, &bad, REL_EUSAGE, "no name and address");
	bad = good;
	bad.branch = "refs/heads/topic";
	check_refused(f, &bad, REL_ESTALE, "refs/heads/main is checked out");
	IN_WORK(f, "echo x >a.opam");
	check_refused(f, &good, REL_EREFUSED, "not committed");
	IN_WORK(f, "git add a.opam; git cat-file blob HEAD:a.opam >a.opam");
	check_refused(f, &good, REL_EREFUSED, "staged");
	IN_WORK(f, "git reset -q --hard; rm a.opam");
	check_refused(f, &good, REL_EREFUSED, "not committed");
	IN_WORK(f, "git reset -q --hard; mkdir -p new/dir; "
		   "echo mine >new/dir/file");
	check_refused(f, &good, REL_EREFUSED, "not committed");
	IN_WORK(f, "rm -r new; ln -s .. new");
	check_refused(f, &good, REL_EEXISTS, "symbolic link");
	IN_WORK(f, "rm new; mkdir -p ../away/dir; ln -s ../away new");
	check_refused(f, &good, REL_EEXISTS, "symbolic link");
	IN_WORK(f, "rm new; : >.git/index.lock");
	check_refused(f, &good, REL_EIO, "another git works here");
	IN_WORK(f, "rm .git/index.lock; git checkout -q --detach");
	check_refused(f, &good, REL_EUSAGE, "detached");
	IN_WORK(f, "git checkout -q main; "
		   "git commit -q --allow-empty -m theirs");
	check_refused(f, &good, REL_ESTALE, "meanwhile");
	IN_WORK(f, "git reset -q --hard HEAD~1; echo x >.git/MERGE_HEAD; "
		   "git rev-parse HEAD >.git/MERGE_HEAD");
	check_refused(f, &good, REL_EUSAGE, "middle of a merge");
	IN_WORK(f, "rm .git/MERGE_HEAD");
}

/* What was built upon, or changed, is not taken back. */
static void test_undo_refused(void **state)
{
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_id commit;
	struct rel_error err = {0};

	must_commit(&commit, f, &request);
	IN_WORK(f, "echo x >>a.opam");
	assert_int_equal(rel_git_worktree_undo(f->checkout, &request, &err),
			 REL_EREFUSED);
	IN_WORK(f, "git reset -q --hard; git commit -q --allow-empty -m on");
	assert_int_equal(rel_git_worktree_undo(f->checkout, &request, &err),
			 REL_ESTALE);
	IN_WORK(f, "git reset -q --hard HEAD~1");
	check_committed(f, &commit);
	IN_WORK(f, "git checkout -q --detach");
	assert_int_equal(rel_git_worktree_undo(f->checkout, &request, &err),
			 REL_ESTALE);
	IN_WORK(f, "git checkout -q main");
	must_undo(f, &request);
}

/* What libgit2 cannot do: sparse and split index; linked work trees. */
static void test_commit_odd_checkouts(void **state)
{
	struct fixture *f = *state;
	struct rel_git_edit_request request = request_of(f);
	struct rel_git_worktree *linked = NULL;
	char *path = rel_test_text("%s/linked", f->dir);
	struct rel_git_id commit;
	char *found;

	IN_WORK(f, "git update-index --split-index; "
		   "git sparse-checkout set --no-cone '/*' '!/src/' 2>&1");
	must_commit(&commit, f, &request);
	found = rel_test_sh("cd %s; git status --porcelain; ls src 2>&1 || :; "
			    "git show main:src/run",
			    f->work);
	assert_non_null(strstr(found, "#!/bin/sh\nexit 2"));
	assert_null(strstr(found, " D "));
	free(found);
	assert_int_equal(rel_git_worktree_undo(f->checkout, &request, NULL), 0);
	IN_WORK(f, "git sparse-checkout disable; "
		   "git worktree add -q ../linked -b linked");
	request.branch = "refs/heads/linked";
	assert_int_equal(rel_git_worktree_open(&linked, path, NULL, NULL), 0);
	assert_int_equal(
	    rel_git_worktree_commit(&commit, linked, &request, NULL), 0);
	found = rel_test_sh("cd %s; git status --porcelain; git log -1 "
			    "--format=%%s linked; git -C %s status --porcelain",
			    path, f->work);
	assert_string_equal(found, "Release 2");
	free(found);
	rel_git_worktree_free(linked);
	free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_open),
	    TEST(test_open_of_another),
	    TEST(test_head),
	    TEST(test_dirty),
	    TEST(test_identity),
	    TEST(test_commit),
	    TEST(test_commit_resumed),
	    TEST(test_commit_killed),
	    TEST(test_commit_beside_changes),
	    TEST(test_commit_refused),
	    TEST(test_undo_refused),
	    TEST(test_commit_odd_checkouts),
	};

	rel_test_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
