/*
 * check: opam.  The real opam installs the release in a root of its own: from a
 * repository that has its manifests with the archive at hand, on top of the
 * remotes as opam fetches them.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"
#include "release/cut/cut_trial.h"
#include "release/cut/manifest.h"

#define OVERLAY "relctl-trial"

static int write_file(struct rel_trial *t, const char *path,
		      struct rel_str content, struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};
	char *full = rel_cut_text(t->cut, "%s/repo/%s", t->root, path);
	char *dir =
	    full ? rel_cut_text(t->cut, "%.*s",
				(int)rel_str_rfind(rel_str_of(full), '/'), full)
		 : NULL;
	int rc = dir ? rel_mkdirs(dir, err) : rel_fail_nomem(err);

	if (rc == 0)
		rc = rel_atomic_open(&file, full, err);
	if (rc == 0) {
		rel_atomic_write(&file, content.ptr, content.len);
		rc = rel_atomic_commit(&file, err);
	}
	return rc;
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

	if (rc == 0)
		rc = write_repository(t, err);
	if (rc == 0)
		rc = has_sandbox(&sandbox, t, err);
	rel_buf_init(&script, REL_MIB);
	rel_buf_init(&title, REL_MIB);
	if (rc == 0)
		rc = add_script(&script, t, sandbox, err);
	rel_buf_printf(&title, "opam install %s, version %s",
		       t->cut->plan.packages, t->cut->plan.version);
	if (rc == 0)
		rc = rel_buf_status(&title, "title", err);
	argv[2] = script.ptr;
	if (rc == 0)
		rc = rel_trial_command(&good, t, title.ptr, argv, err);
	rel_buf_free(&script);
	rel_buf_free(&title);
	memset(t->env, 0, sizeof(t->env));
	return rc;
}
