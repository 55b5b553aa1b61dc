/* Having git check the signatures of tags; see git/sign.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/run.h"
#include "git/sign.h"

/* What git says of a signature, and what of that is told. */
struct check {
	struct rel_git_verification *out;
	const struct rel_cancel *cancel;
	struct rel_git_scratch scratch; /* holds the tag, and nothing else */
	char id[REL_GIT_ID_TEXT];
	struct rel_buf program; /* the setting: "gpg.program=…" */
	struct rel_buf said;	/* by git, and gpg or ssh-keygen below it */
	bool good;		/* in git's own judgement */
};

void rel_git_verification_free(struct rel_git_verification *v)
{
	rel_buf_free(&v->signer);
	rel_buf_free(&v->key);
	rel_buf_free(&v->text);
	rel_buf_free(&v->name);
}

static int conclude(struct check *c, enum rel_git_trust trust, const char *fmt,
		    ...) REL_PRINTF(3, 4);

static int conclude(struct check *c, enum rel_git_trust trust, const char *fmt,
		    ...)
{
	char *text = NULL;
	va_list args;

	c->out->trust = trust;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	rel_buf_clear(&c->out->text);
	rel_buf_add_cstr(&c->out->text, text ? text : "");
	free(text);
	return 0;
}

static const char *shown(const struct rel_buf *buf)
{
	return buf->len > 0 ? buf->ptr : "?";
}

/*
 * git verify-tag where there is nothing but the tag, so that no configuration
 * but the user's and the host's counts.
 * first, second  settings of this run alone ("key=value"), or NULL
 */
static int ask_git(struct check *c, const char *first, const char *second,
		   struct rel_error *err)
{
	const struct rel_git_fetch_options options = {.cancel = c->cancel};
	const char *args[10] = {"-c", c->program.ptr};
	struct rel_git_run run;
	size_t n = 2;
	int rc;

	if (first) {
		args[n++] = "-c";
		args[n++] = first;
	}
	if (second) {
		args[n++] = "-c";
		args[n++] = second;
	}
	args[n++] = "verify-tag";
	args[n++] = "--raw";
	args[n++] = c->id;
	args[n] = NULL;
	rel_git_run_init(&run, &options, 0);
	run.git_dir = c->scratch.store->path;
	run.made = true;
	run.cwd = "/";
	run.what = "cannot check the signature";
	rc = rel_git_run(&run, args, err);
	rel_buf_clear(&c->said);
	rel_buf_add_str(&c->said, rel_buf_str(&run.err_out));
	c->good = rc == 0 && run.status == 0;
	rel_git_run_free(&run);
	return rc;
}

/* The rest of the first line that begins so. */
static bool find_line(struct rel_str *rest, const struct check *c,
		      const char *start)
{
	struct rel_str lines = rel_buf_str(&c->said);

	while (lines.ptr != NULL) {
		struct rel_str line = rel_str_cut(&lines, '\n');

		if (!rel_str_starts(line, rel_str_of(start)))
			continue;
		*rest = rel_str_sub(line, strlen(start), line.len);
		return true;
	}
	return false;
}

/* "KEYID USER ID" */
static void take_signer(struct check *c, struct rel_str rest)
{
	struct rel_str key = rel_str_cut(&rest, ' '), fingerprint;

	if (find_line(&fingerprint, c, "[GNUPG:] VALIDSIG "))
		key = rel_str_cut(&fingerprint, ' ');
	rel_buf_add_str(&c->out->key, key);
	if (rest.ptr != NULL)
		rel_buf_add_str(&c->out->signer, rest);
}

/* Source: GnuPG's doc/DETAILS, "Format of the --status-fd output". */
static int judge_gpg(struct check *c)
{
	static const struct {
		const char *start, *what;
	} expired[] = {{"[GNUPG:] EXPSIG ", "the signature has expired"},
		       {"[GNUPG:] EXPKEYSIG ", "the key has expired"},
		       {"[GNUPG:] REVKEYSIG ", "the key was revoked"}};
	struct rel_str rest;

	if (find_line(&rest, c, "[GNUPG:] BADSIG ")) {
		take_signer(c, rest);
		return conclude(c, REL_GIT_BAD,
				"the signature does not fit the tag: it was "
				"changed after %s signed it",
				shown(&c->out->signer));
	}
	for (size_t i = 0; i < sizeof(expired) / sizeof(expired[0]); i++) {
		if (!find_line(&rest, c, expired[i].start))
			continue;
		take_signer(c, rest);
		return conclude(c, REL_GIT_EXPIRED, "signed by %s, but %s",
				shown(&c->out->signer), expired[i].what);
	}
	if (find_line(&rest, c, "[GNUPG:] GOODSIG ")) {
		take_signer(c, rest);
		if (!c->good)
			return conclude(
			    c, REL_GIT_UNKNOWN_KEY,
			    "signed by %s, whose key git trusts less than "
			    "gpg.minTrustLevel asks",
			    shown(&c->out->signer));
		return conclude(c, REL_GIT_GOOD, "signed by %s with key %s",
				shown(&c->out->signer), shown(&c->out->key));
	}
	if (find_line(&rest, c, "[GNUPG:] NO_PUBKEY ") ||
	    find_line(&rest, c, "[GNUPG:] ERRSIG ")) {
		rel_buf_add_str(&c->out->key, rel_str_cut(&rest, ' '));
		return conclude(c, REL_GIT_UNKNOWN_KEY,
				"signed with key %s, which gpg does not have; "
				"gpg --recv-keys gets it",
				shown(&c->out->key));
	}
	return conclude(c, REL_GIT_BAD, "gpg finds no signature in it");
}

/*
 * 'Good "git" signature for SIGNER with TYPE key KEY', without "for SIGNER"
 * when the list of allowed signers does not have it.
 * Source: ssh-keygen.c of OpenSSH, sig_verify()
 */
static bool take_ssh(struct check *c, bool *known)
{
	static const char before_key[] = " key ";
	struct rel_str rest, signer, key;
	const char *at;

	if (!find_line(&rest, c, "Good \"git\" signature "))
		return false;
	*known = rel_str_starts(rest, REL_STR("for "));
	signer = *known ? rel_str_sub(rest, 4, rest.len) : REL_STR("");
	at = memmem(signer.ptr, signer.len, " with ", 6);
	if (at)
		signer.len = (size_t)(at - signer.ptr);
	key = rest;
	while ((at = memmem(key.ptr, key.len, before_key, 5)) != NULL)
		key = rel_str_sub(key, (size_t)(at - key.ptr) + 5, key.len);
	rel_buf_clear(&c->out->signer);
	rel_buf_clear(&c->out->key);
	rel_buf_add_str(&c->out->signer, signer);
	rel_buf_add_str(&c->out->key, rel_str_trim(key));
	return true;
}

#define NO_SIGNERS "gpg.ssh.allowedSignersFile=/dev/null"
#define NO_REVOKED "gpg.ssh.revocationFile=/dev/null"

/* Does it fit the text, whoever signed? */
static int judge_alone(struct check *c, enum rel_git_trust trust,
		       const char *why, struct rel_error *err)
{
	bool known;
	int rc = ask_git(c, NO_SIGNERS, NO_REVOKED, err);

	if (rc < 0)
		return rc;
	if (!take_ssh(c, &known))
		return conclude(c, REL_GIT_BAD,
				"the signature does not fit the tag");
	return conclude(c, trust, "signed with key %s; %s", shown(&c->out->key),
			why);
}

static int judge_ssh(struct check *c, bool revocations, struct rel_error *err)
{
	bool known = false;
	int rc;

	if (take_ssh(c, &known) && known && c->good)
		return conclude(c, REL_GIT_GOOD, "signed by %s with key %s",
				shown(&c->out->signer), shown(&c->out->key));
	/* ssh-keygen does not say why it refuses. */
	rc = revocations ? ask_git(c, NO_REVOKED, NULL, err) : 0;
	if (rc < 0)
		return rc;
	if (revocations && take_ssh(c, &known) && known)
		return conclude(c, REL_GIT_EXPIRED,
				"signed by %s, but the key was revoked",
				shown(&c->out->signer));
	return judge_alone(c, REL_GIT_UNKNOWN_KEY,
			   "the allowed signers do not have it, or not for "
			   "this use",
			   err);
}

/* Such a path would name what lies where we happen to be run. */
static bool is_relative(const struct rel_buf *path)
{
	return path->len > 0 && path->ptr[0] != '/';
}

static int verify_ssh(struct check *c, struct rel_error *err)
{
	struct rel_buf allowed, revoked;
	int rc;

	rel_buf_init(&allowed, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&revoked, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_config_get(&allowed, NULL, "path",
				"gpg.ssh.allowedSignersFile", err);
	if (rc >= 0)
		rc = rel_git_config_get(&revoked, NULL, "path",
					"gpg.ssh.revocationFile", err);
	if (rc < 0)
		goto done;
	if (is_relative(&allowed) || is_relative(&revoked)) {
		rc = judge_alone(c, REL_GIT_UNCHECKED,
				 "gpg.ssh.allowedSignersFile or "
				 "gpg.ssh.revocationFile is not absolute, so "
				 "that any repository could bring its own",
				 err);
	} else if (allowed.len == 0 || access(allowed.ptr, R_OK) != 0) {
		rc = judge_alone(c, REL_GIT_UNCHECKED,
				 "no list of allowed signers is there; set git "
				 "config gpg.ssh.allowedSignersFile",
				 err);
	} else {
		rc = ask_git(c, NULL, NULL, err);
		if (rc == 0)
			rc = judge_ssh(c, revoked.len > 0, err);
	}
done:
	rel_buf_free(&revoked);
	rel_buf_free(&allowed);
	return rc;
}

static int fail_tag(struct rel_error *err, const char *what)
{
	return rel_fail(err, REL_EPARSE, "the tag is broken: %s", what);
}

/* "object …", "type commit" and "tag …". */
static int read_headers(struct check *c, struct rel_str rest,
			struct rel_error *err)
{
	struct rel_str line;

	line = rel_str_cut(&rest, '\n');
	if (!rel_str_starts(line, REL_STR("object ")) ||
	    !rel_git_id_parse(&c->out->target, rel_str_sub(line, 7, line.len)))
		return fail_tag(err, "it names no object");
	line = rest.ptr ? rel_str_cut(&rest, '\n') : REL_STR("");
	/* git tag of a tag: whose signature is it to be? */
	if (rel_str_is(line, "type tag"))
		return rel_fail(err, REL_EPARSE,
				"it is a tag of a tag, and its signature says "
				"nothing of the commit; tag the commit itself: "
				"git tag -s TAG OTHER^{}");
	if (!rel_str_is(line, "type commit"))
		return fail_tag(err, "it names no commit");
	line = rest.ptr ? rel_str_cut(&rest, '\n') : REL_STR("");
	if (!rel_str_starts(line, REL_STR("tag ")))
		return fail_tag(err, "it has no name");
	rel_buf_add_str(&c->out->name, rel_str_sub(line, 4, line.len));
	return rel_buf_status(&c->out->name, "tag", err);
}

static int verify(struct check *c, struct rel_str text,
		  struct rel_str signature, struct rel_error *err)
{
	struct rel_buf program;
	struct rel_str missing;
	git_oid oid;
	int rc;

	if (rel_str_starts(signature, REL_STR("-----BEGIN SIGNED")))
		return conclude(c, REL_GIT_UNCHECKED,
				"an X.509 signature is not checked");
	c->out->kind = rel_str_starts(signature, REL_STR("-----BEGIN SSH"))
			   ? REL_GIT_SIGN_SSH
			   : REL_GIT_SIGN_GPG;
	rel_buf_init(&program, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_sign_program(&program, NULL, c->out->kind, err);
	if (rc == 0 && is_relative(&program) && strchr(program.ptr, '/')) {
		rc = conclude(c, REL_GIT_UNCHECKED,
			      "the program '%s' of git's configuration is not "
			      "absolute, so the signature is not checked",
			      program.ptr);
		goto done;
	}
	rel_buf_printf(&c->program, "%s=%s",
		       c->out->kind == REL_GIT_SIGN_SSH ? "gpg.ssh.program"
							: "gpg.program",
		       program.ptr);
	if (rc == 0)
		rc = rel_buf_status(&c->program, "program", err);
	if (rc == 0)
		rc = rel_git_scratch_open(&c->scratch, NULL, err);
	if (rc < 0)
		goto done;
	if (git_odb_write(&oid, c->scratch.store->odb, text.ptr, text.len,
			  GIT_OBJECT_TAG) < 0) {
		rc = rel_fail(err, REL_EIO, "cannot write a tag to check it");
		goto done;
	}
	git_oid_tostr(c->id, sizeof(c->id), &oid);
	if (c->out->kind == REL_GIT_SIGN_SSH) {
		rc = verify_ssh(c, err);
	} else {
		rc = ask_git(c, NULL, NULL, err);
		if (rc == 0)
			rc = judge_gpg(c);
	}
	if (rc == 0 && find_line(&missing, c, "error: cannot run "))
		rc = conclude(c, REL_GIT_UNCHECKED,
			      "'%s' is not installed, so the signature is not "
			      "checked",
			      program.ptr);
done:
	rel_buf_free(&program);
	return rc;
}

static bool is_commit(struct rel_git_store *store, const struct rel_git_id *id)
{
	git_object_t type;
	git_oid oid;
	size_t size;

	rel_git_id_to_oid(&oid, id);
	return git_odb_read_header(&size, &type, store->odb, &oid) == 0 &&
	       type == GIT_OBJECT_COMMIT;
}

int rel_git_verify_tag(struct rel_git_verification *out,
		       struct rel_git_store *store,
		       const struct rel_git_id *tag,
		       const struct rel_cancel *cancel, struct rel_error *err)
{
	struct check c = {.out = out, .cancel = cancel};
	git_odb_object *object = NULL;
	struct rel_str text;
	size_t at;
	int rc;

	memset(out, 0, sizeof(*out));
	rel_buf_init(&out->signer, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->key, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->text, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->name, REL_LIMIT_GIT_PATH_BYTES);
	if (is_commit(store, tag)) {
		out->target = *tag;
		return conclude(&c, REL_GIT_UNSIGNED,
				"a lightweight tag has no signature");
	}
	rc = rel_git_object_read(&object, store, tag, GIT_OBJECT_TAG,
				 REL_LIMIT_GIT_MESSAGE_BYTES, err);
	if (rc < 0)
		return rc;
	rel_buf_init(&c.program, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&c.said, REL_LIMIT_CHILD_TEXT);
	text =
	    rel_str_n(git_odb_object_data(object), git_odb_object_size(object));
	at = rel_git_signature_at(text);
	rc = read_headers(&c, rel_str_sub(text, 0, at), err);
	if (rc == 0 && at == text.len)
		rc = conclude(&c, REL_GIT_UNSIGNED, "the tag is not signed");
	else if (rc == 0)
		rc = verify(&c, text, rel_str_sub(text, at, text.len), err);
	git_odb_object_free(object);
	rel_git_scratch_close(&c.scratch);
	rel_buf_free(&c.said);
	rel_buf_free(&c.program);
	return rc;
}
