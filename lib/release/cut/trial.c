/*
 * The trial of a release, before anything is written: the commands of
 * release: check: in a clean extraction of the archive.  All of it happens
 * below a directory of its own in $TMPDIR, whose name is in the journal before
 * it is made, so that what a killed run left is removed later.
 *
 * check: opam.  The real opam installs the release in a root of its own: from a
 * repository that has its manifests with the archive at hand, on top of the
 * remotes as opam fetches them.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/read.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/secrets.h"
#include "release/cut/cut_private.h"
#include "release/cut/manifest.h"

#define SECTION "trial"
#define NAME	"relctl-trial-"
/* Last lines of a command's output that are shown; the rest is in the file. */
#define TAIL_LINES 20
#define TAIL_BYTES 8192

bool rel_cut_has_trial(const struct rel_cut *cut)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);

	return conf && conf->n_checks > 0;
}

/* "dune build -p foo", as it is told. */
static int name_of(struct rel_buf *out, const char *const argv[])
{
	for (size_t i = 0; argv[i]; i++) {
		if (i > 0)
			rel_buf_add_char(out, ' ');
		rel_escape_word(out, rel_str_of(argv[i]));
	}
	return out->status;
}

static const char *root_of(const struct rel_cut *cut)
{
	const char *root = rel_journal_get(&cut->journal, SECTION, "root");
	const char *last = root ? strrchr(root, '/') : NULL;

	/* nothing else is ever removed */
	return last && strncmp(last + 1, NAME, strlen(NAME)) == 0 ? root : NULL;
}

int rel_cut_revert_trial(struct rel_cut *cut, struct rel_error *err)
{
	const char *root = root_of(cut);

	(void)err;
	/* twice: something may still have been written there */
	for (int i = 0; root && i < 2 && access(root, F_OK) == 0; i++)
		rel_file_remove_tree(root);
	if (root && access(root, F_OK) == 0)
		rel_cut_tell(cut, REL_CUT_TRIAL,
			     "%s cannot be removed; remove it by hand", root);
	return 0;
}

/* A directory that nobody else can enter. */
static int make_root(struct rel_trial *t, struct rel_error *err)
{
	const char *tmp = getenv("TMPDIR");
	char *base = realpath(tmp && *tmp ? tmp : "/tmp", NULL);
	unsigned char random[8];
	int rc;

	if (!base)
		return rel_fail_errno(err, errno, tmp && *tmp ? tmp : "/tmp",
				      "cannot use for the trial");
	rc = getentropy(random, sizeof(random)) == 0
		 ? 0
		 : rel_fail_errno(err, errno, NULL, "no random bytes");
	if (rc == 0) {
		t->root = rel_cut_text(
		    t->cut, "%s/" NAME "%02x%02x%02x%02x%02x%02x%02x%02x", base,
		    random[0], random[1], random[2], random[3], random[4],
		    random[5], random[6], random[7]);
		rc = t->root ? rel_journal_set(&t->cut->journal, SECTION,
					       "root", err, "%s", t->root)
			     : rel_fail_nomem(err);
	}
	free(base);
	if (rc == 0)
		rc = rel_journal_save(&t->cut->journal, err);
	if (rc == 0 && mkdir(t->root, 0700) != 0)
		rc = rel_fail_errno(err, errno, t->root, "cannot create");
	return rc;
}

/* Nothing is there yet, and a tree of git has no name twice: whatever is met
 * is not ours. */
static int write_member(const char *path,
			const struct rel_archive_member *member,
			struct rel_archive *archive, struct rel_error *err)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 member->mode & 0777);
	struct rel_str chunk;
	int rc;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot create");
	do {
		rc = rel_archive_chunk(&chunk, archive, err);
		if (rc == 1 && rel_file_write_all(fd, chunk.ptr, chunk.len,
						  path, err) != 0)
			rc = REL_EIO;
	} while (rc == 1);
	if (close(fd) != 0 && rc == 0)
		rc = rel_fail_errno(err, errno, path, "cannot write");
	return rc;
}

static int write_link(const char *path, struct rel_str target,
		      struct rel_error *err)
{
	char *text = strndup(target.ptr, target.len);
	int rc = 0;

	if (!text)
		return rel_fail_nomem(err);
	if (symlink(text, path) != 0)
		rc = rel_fail_errno(err, errno, path, "cannot create");
	free(text);
	return rc;
}

static int make_parent(const char *path, struct rel_error *err)
{
	size_t len = rel_str_rfind(rel_str_of(path), '/');
	char *parent = strndup(path, len);
	int rc = parent ? rel_mkdirs(parent, err) : rel_fail_nomem(err);

	free(parent);
	return rc;
}

static int take(void *context, const struct rel_archive_member *member,
		struct rel_archive *archive, struct rel_error *err)
{
	const char *dir = context;
	struct rel_buf path;
	int rc;

	rel_buf_init(&path, REL_LIMIT_GIT_PATH_BYTES);
	rel_buf_printf(&path, "%s/%.*s", dir, REL_STR_ARG(member->path));
	rc = rel_buf_status(&path, "path", err);
	if (rc == 0)
		rc = make_parent(path.ptr, err);
	if (rc == 0 && member->kind == REL_ARCHIVE_DIR)
		rc = rel_mkdirs(path.ptr, err);
	else if (rc == 0 && member->kind == REL_ARCHIVE_FILE)
		rc = write_member(path.ptr, member, archive, err);
	else if (rc == 0 && member->kind == REL_ARCHIVE_SYMLINK)
		rc = write_link(path.ptr, member->target, err);
	else if (rc == 0)
		rc = rel_fail(err, REL_EPARSE, "%.*s is no file of a release",
			      REL_STR_ARG(member->path));
	rel_buf_free(&path);
	return rc;
}

/*
 * Unpack the archive at `path`, one of our own (release/cut/pack.h), into the
 * directory `dir`, which exists and holds nothing yet.
 */
static int unpack(const char *path, const char *dir,
		  const struct rel_cancel *cancel, struct rel_error *err)
{
	static const struct rel_archive_limits limits = {
	    .max_bytes = REL_LIMIT_ARCHIVE_UNPACKED, .max_ratio = UINT32_MAX};
	struct rel_archive *archive = NULL;
	int rc = rel_archive_open_path(&archive, path, &limits, cancel, err);

	if (rc == 0)
		rc = rel_archive_each(archive, take, (void *)(uintptr_t)dir,
				      err);
	rel_archive_close(archive);
	return rc;
}

/* The archive of the commit that will be, and what is in it. */
static int extract(struct rel_trial *t, struct rel_error *err)
{
	struct rel_cut *cut = t->cut;
	struct rel_git_target *scratch = NULL;
	struct rel_pack_result result;
	int rc = rel_cut_predict_commit(&scratch, cut, err);

	t->archive = rel_cut_text(cut, "%s/%s", t->root, cut->archive_name);
	t->source = rel_cut_text(cut, "%s/source", t->root);
	t->home = rel_cut_text(cut, "%s/source/%s-%s", t->root, cut->plan.name,
			       cut->plan.version);
	if (rc == 0 && (!t->archive || !t->source || !t->home))
		rc = rel_fail_nomem(err);
	if (rc == 0)
		rc = rel_cut_pack_predicted(&result, cut, scratch, t->archive,
					    err);
	rel_git_target_free(scratch);
	if (rc)
		return rc;
	rc = rel_mkdirs(t->source, err);
	return rc ? rc
		  : unpack(t->archive, t->source, cut->options->cancel, err);
}

/* The last lines of the log from `start` on. */
static void tell_tail(const struct rel_trial *t, off_t start)
{
	char bytes[TAIL_BYTES];
	off_t end = lseek(t->log, 0, SEEK_END);
	off_t from = end - start > TAIL_BYTES ? end - TAIL_BYTES : start;
	ssize_t n = pread(t->log, bytes, sizeof(bytes), from);
	struct rel_str text = rel_str_n(bytes, n > 0 ? (size_t)n : 0);
	size_t lines = 0, at = text.len;

	while (at > 0 && lines <= TAIL_LINES)
		lines += text.ptr[--at] == '\n' && at + 1 < text.len;
	if (lines > TAIL_LINES)
		at++;
	text = rel_str_sub(text, at, text.len);
	while (text.ptr && text.len > 0) {
		struct rel_str line = rel_str_cut(&text, '\n');

		rel_cut_tell(t->cut, REL_CUT_TRIAL, "| %.*s",
			     REL_STR_ARG(line));
	}
}

static int fail(struct rel_trial *t, const char *name, int status, off_t start,
		struct rel_error *err)
{
	tell_tail(t, start);
	return rel_cut_find(
	    t->cut, REL_CUT_ERROR, NULL, 0, err,
	    status > 128
		? "%s was ended by signal %d; nothing is released; its output "
		  "is in %s"
		: "%s failed with status %d; nothing is released; its output "
		  "is in %s",
	    name, status > 128 ? status - 128 : status, t->log_path);
}

int rel_trial_run(int *status, struct rel_trial *t, const char *const argv[],
		  struct rel_error *err)
{
	/* what is of the repository we are in, or of another directory */
	static const char *const plain[] = {
	    "GIT_DIR",	      "GIT_WORK_TREE",
	    "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
	    "GIT_COMMON_DIR", "GIT_NAMESPACE",
	    "GIT_PREFIX",     "OLDPWD"};
	const char *env[64];
	size_t n = 0;

	for (; n < sizeof(plain) / sizeof(plain[0]); n++)
		env[n] = plain[n];
	for (size_t i = 0; rel_secret_variables[i]; i++)
		env[n++] = rel_secret_variables[i];
	assert(n + REL_TRIAL_ENV + 3 <= sizeof(env) / sizeof(env[0]));
	env[n] = rel_cut_text(t->cut, "PWD=%s", t->home);
	env[n + 1] =
	    rel_cut_text(t->cut, "GIT_CEILING_DIRECTORIES=%s", t->root);
	if (!env[n] || !env[n + 1])
		return rel_fail_nomem(err);
	n += 2;
	for (size_t i = 0; i < REL_TRIAL_ENV && t->env[i]; i++)
		env[n++] = t->env[i];
	env[n] = NULL;
	return rel_process_run_logged(argv, t->home, env, t->log,
				      REL_LIMIT_TRIAL_LOG, status,
				      t->cut->options->cancel, err);
}

int rel_trial_command(bool *good, struct rel_trial *t, const char *title,
		      const char *const argv[], struct rel_error *err)
{
	off_t start = lseek(t->log, 0, SEEK_END);
	int status = 0, rc;

	rel_cut_tell(t->cut, REL_CUT_TRIAL, "%s", title);
	rc = rel_trial_run(&status, t, argv, err);
	/* no such program, or no end of its output */
	if (rc == REL_ENOTFOUND || rc == REL_ELIMIT)
		rel_error_prefix(err, "release: check: in relctl.yml");
	*good = rc == 0 && status == 0;
	return rc == 0 && !*good ? fail(t, title, status, start, err) : rc;
}

#define OVERLAY "relctl-trial"

static int write_file(struct rel_trial *t, const char *path,
		      struct rel_str content, struct rel_error *err)
{
	char *full = rel_cut_text(t->cut, "%s/repo/%s", t->root, path);
	char *dir =
	    full ? rel_cut_text(t->cut, "%.*s",
				(int)rel_str_rfind(rel_str_of(full), '/'), full)
		 : NULL;
	int rc = dir ? rel_mkdirs(dir, err) : rel_fail_nomem(err);

	return rc ? rc : rel_file_put(full, content, err);
}

/* The manifest as it will be, but for the address of the archive. */
static int write_manifest(struct rel_trial *t, const struct rel_cut_manifest *m,
			  struct rel_error *err)
{
	char sha256[REL_DIGEST_TEXT_MAX], sha512[REL_DIGEST_TEXT_MAX];
	char id[REL_GIT_ID_TEXT];
	struct rel_manifest_source source = {
	    .src = rel_cut_text(t->cut, "file://%s", t->archive),
	    .sha256 = sha256,
	    .sha512 = sha512,
	    .commit = id};
	struct rel_buf text;
	int rc;

	if (!source.src)
		return rel_fail_nomem(err);
	rel_digest_hex(sha256, &t->cut->digests[0]);
	rel_digest_hex(sha512, &t->cut->digests[1]);
	rel_git_id_format(id, &t->cut->commit);
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_release_manifest(&text, m->text, m->path, &source, err);
	if (rc == 0)
		rc = write_file(t, m->path, rel_buf_str(&text), err);
	for (size_t i = 0; rc == 0 && i < m->files.count; i++)
		rc = write_file(t, m->files.items[i].path,
				m->files.items[i].content, err);
	rel_buf_free(&text);
	return rc;
}

static int write_repository(struct rel_trial *t, struct rel_error *err)
{
	struct rel_cut *cut = t->cut;
	int rc = rel_cut_open_remote(cut, err);

	if (rc == 0)
		rc = rel_cut_make_manifests(cut, err);
	if (rc == 0)
		rc = write_file(t, "repo", REL_STR("opam-version: \"2.0\"\n"),
				err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++)
		rc = write_manifest(t, &cut->manifests[i], err);
	return rc;
}

static int set_environment(struct rel_trial *t, struct rel_error *err)
{
	static const char *const plain[] = {
	    "OPAMYES=1",	  "OPAMASSUMEDEPEXTS=1",  "OPAMCOLOR=never",
	    "OPAMUTF8=never",	  "OPAMROOTISOK=1",	  "OPAMSWITCH",
	    "OPAM_SWITCH_PREFIX", "CAML_LD_LIBRARY_PATH", "OCAMLPATH",
	    "OCAML_TOPLEVEL_PATH"};
	size_t n = 0;

	for (; n < sizeof(plain) / sizeof(plain[0]); n++)
		t->env[n] = plain[n];
	t->env[n] = rel_cut_text(t->cut, "OPAMROOT=%s/opam", t->root);
	return t->env[n] ? 0 : rel_fail_nomem(err);
}

/* opam builds in a sandbox of bubblewrap; where that cannot work, as in most
 * containers, without. */
static int has_sandbox(bool *has, struct rel_trial *t, struct rel_error *err)
{
	static const char *const argv[] = {
	    "bwrap", "--ro-bind", "/", "/", "--unshare-net", "true", NULL};
	int status = 1;
	int rc = rel_trial_run(&status, t, argv, err);

	*has = rc == 0 && status == 0;
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static void add_word(struct rel_buf *out, const char *text)
{
	rel_buf_add_char(out, ' ');
	rel_escape_word(out, rel_str_of(text));
}

/* The commands, one a line, for a shell that stops at the first failure. */
static int add_script(struct rel_buf *out, struct rel_trial *t, bool sandbox,
		      struct rel_error *err)
{
	const struct rel_cut_options *o = t->cut->options;
	char *repo = rel_cut_text(t->cut, "%s/repo", t->root);

	if (!repo)
		return rel_fail_nomem(err);
	rel_buf_add_cstr(out, "set -ex\ncd");
	add_word(out, t->root);
	rel_buf_printf(out,
		       "\nopam init --bare --no-setup --no-opamrc %s " OVERLAY,
		       sandbox ? "" : "--disable-sandboxing");
	add_word(out, repo);
	rel_buf_add_char(out, '\n');
	for (size_t i = 0; i < o->n_remotes; i++) {
		rel_location_add_opam(out, &o->remotes[i].location,
				      o->remotes[i].name, NULL);
		rel_buf_add_cstr(out, " --dont-select\n");
	}
	rel_buf_add_cstr(out, "opam switch create trial --empty "
			      "--repositories=" OVERLAY);
	for (size_t i = 0; i < o->n_remotes; i++)
		rel_buf_printf(out, ",%s", o->remotes[i].name);
	rel_buf_add_cstr(out, "\nif command -v ocamlc >/dev/null; then opam "
			      "install --switch=trial ocaml-system || :; fi\n"
			      "opam install --switch=trial");
	for (size_t i = 0; i < t->cut->n_chosen; i++) {
		struct rel_str name = t->cut->manifests[i].name;

		rel_buf_printf(out, " %.*s.%s", REL_STR_ARG(name),
			       t->cut->plan.version);
	}
	rel_buf_add_char(out, '\n');
	return rel_buf_status(out, "script", err);
}

int rel_trial_opam(struct rel_trial *t, struct rel_error *err)
{
	const char *argv[] = {"sh", "-c", NULL, NULL};
	struct rel_buf script, title;
	bool sandbox = false, good;
	int rc = set_environment(t, err);

	rel_buf_init(&script, REL_MIB);
	rel_buf_init(&title, REL_MIB);
	if (rc)
		goto done;
	rc = write_repository(t, err);
	if (rc)
		goto done;
	rc = has_sandbox(&sandbox, t, err);
	if (rc)
		goto done;
	rc = add_script(&script, t, sandbox, err);
	if (rc)
		goto done;
	rel_buf_printf(&title, "opam install %s, version %s",
		       t->cut->plan.packages.text, t->cut->plan.version);
	rc = rel_buf_status(&title, "title", err);
	if (rc)
		goto done;
	argv[2] = script.ptr;
	rc = rel_trial_command(&good, t, title.ptr, argv, err);
done:
	rel_buf_free(&script);
	rel_buf_free(&title);
	memset(t->env, 0, sizeof(t->env));
	return rc;
}

static int run_words(struct rel_trial *t, const char *const argv[],
		     struct rel_error *err)
{
	struct rel_buf title;
	bool good;
	int rc;

	rel_buf_init(&title, REL_LIMIT_CONFIG_BYTES);
	name_of(&title, argv);
	rc = rel_buf_status(&title, "command", err);
	if (rc == 0)
		rc = rel_trial_command(&good, t, title.ptr, argv, err);
	rel_buf_free(&title);
	return rc;
}

static int open_log(struct rel_trial *t, size_t i, struct rel_error *err)
{
	t->log_path = rel_cut_text(t->cut, "%s/trial-%zu.log",
				   t->cut->journal.dir, i + 1);
	if (!t->log_path)
		return rel_fail_nomem(err);
	t->log =
	    open(t->log_path,
		 O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		 0600);
	return t->log < 0
		   ? rel_fail_errno(err, errno, t->log_path, "cannot write")
		   : 0;
}

static int check(struct rel_trial *t, size_t i, struct rel_error *err)
{
	const struct rel_conf_check *c = &rel_cut_conf(t->cut)->checks[i];
	int rc = open_log(t, i, err);

	if (rc == 0)
		rc = c->opam ? rel_trial_opam(t, err)
			     : run_words(t, c->argv, err);
	if (t->log >= 0)
		close(t->log);
	t->log = -1;
	return rc;
}

/* The plan says that there is one; a relctl.yml that lost it since has none. */
int rel_cut_trial(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_trial t = {.cut = cut, .log = -1};
	size_t n = conf ? conf->n_checks : 0;
	int rc = rel_cut_revert_trial(cut, err);

	if (rc == 0)
		rc = make_root(&t, err);
	if (rc == 0)
		rc = extract(&t, err);
	for (size_t i = 0; rc == 0 && !rel_cut_is_stopped(cut) && i < n; i++)
		rc = check(&t, i, err);
	rel_cut_revert_trial(cut, NULL);
	return rc;
}

int rel_cut_trial_ready(const struct rel_cut *cut, struct rel_error *err)
{
	static const char *const argv[] = {"opam", "--version", NULL};
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	bool wanted = false;
	struct rel_buf out;
	int status = 0, rc;

	for (size_t i = 0; conf && i < conf->n_checks; i++)
		wanted = wanted || conf->checks[i].opam;
	if (!wanted)
		return 0;
	rel_buf_init(&out, REL_LIMIT_CHILD_TEXT);
	rc = rel_process_run(argv, NULL, NULL, rel_str_of(""), &out, NULL,
			     &status, cut->options->cancel, err);
	rel_buf_free(&out);
	if (rc == REL_ENOTFOUND)
		rel_error_prefix(err,
				 "release: check: opam in relctl.yml; install "
				 "opam, or take that out");
	return rc;
}

void rel_cut_tell_trial(const struct rel_cut *cut)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);

	for (size_t i = 0; conf && i < conf->n_checks; i++) {
		const struct rel_conf_check *c = &conf->checks[i];
		struct rel_buf name;

		rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
		if (c->opam)
			rel_buf_add_cstr(&name, "opam install");
		else
			name_of(&name, c->argv);
		if (name.status == 0)
			rel_cut_tell(cut, REL_CUT_TRIAL, "would run: %s",
				     name.ptr);
		rel_buf_free(&name);
	}
}
