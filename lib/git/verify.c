/* Checking the signatures of tags; see git/sign.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/run.h"
#include "git/signing.h"

/* Beyond it strftime() writes more than ssh-keygen reads. */
#define YEAR_9999 253402300799ul

struct check {
	struct rel_git_verification *out;
	struct rel_str text, signature;
	int64_t seconds; /* of the tagger; 0 = not known */
	struct rel_git_desk desk;
	char *file; /* of the signature */
	struct rel_buf program;
	struct rel_git_tool tool;
	const struct rel_cancel *cancel;
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
 * The rest of the status line "[GNUPG:] WORD …".
 * Source: GnuPG's doc/DETAILS, "Format of the --status-fd output".
 */
static bool find_status(struct rel_str *rest, const struct check *c,
			const char *word)
{
	struct rel_str lines = rel_buf_str(&c->tool.out);

	while (lines.ptr != NULL) {
		struct rel_str line = rel_str_cut(&lines, '\n');
		struct rel_str first;

		if (!rel_str_starts(line, REL_STR("[GNUPG:] ")))
			continue;
		line = rel_str_sub(line, 9, line.len);
		first = rel_str_cut(&line, ' ');
		if (!rel_str_is(first, word))
			continue;
		*rest = line.ptr ? line : REL_STR("");
		return true;
	}
	return false;
}

/* "KEYID USER ID" */
static void take_signer(struct check *c, struct rel_str rest)
{
	struct rel_str key = rel_str_cut(&rest, ' '), fingerprint;

	rel_buf_clear(&c->out->key);
	if (find_status(&fingerprint, c, "VALIDSIG"))
		key = rel_str_cut(&fingerprint, ' ');
	rel_buf_add_str(&c->out->key, key);
	if (rest.ptr != NULL)
		rel_buf_add_str(&c->out->signer, rest);
}

/* gpg.minTrustLevel; git's own order of the levels. */
static int check_trust_level(bool *enough, struct check *c,
			     struct rel_error *err)
{
	static const char *const levels[] = {"undefined", "never", "marginal",
					     "fully", "ultimate"};
	static const char *const words[] = {"TRUST_UNDEFINED", "TRUST_NEVER",
					    "TRUST_MARGINAL", "TRUST_FULLY",
					    "TRUST_ULTIMATE"};
	struct rel_buf wanted;
	struct rel_str rest;
	size_t want = 0, have = 0;
	int r;

	rel_buf_init(&wanted, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_config_get(&wanted, NULL, NULL, "gpg.minTrustLevel", err);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (r > 0 && strcasecmp(wanted.ptr, levels[i]) == 0)
			want = i;
		if (find_status(&rest, c, words[i]))
			have = i;
	}
	*enough = have >= want;
	rel_buf_free(&wanted);
	return r < 0 ? r : 0;
}

static int judge_good(struct check *c, struct rel_error *err)
{
	bool enough;
	int r = check_trust_level(&enough, c, err);

	if (r < 0)
		return r;
	if (!enough)
		return conclude(c, REL_GIT_UNKNOWN_KEY,
				"signed by %s, whose key is trusted less than "
				"gpg.minTrustLevel asks",
				shown(&c->out->signer));
	return conclude(c, REL_GIT_GOOD, "signed by %s with key %s",
			shown(&c->out->signer), shown(&c->out->key));
}

static int judge_gpg(struct check *c, struct rel_error *err)
{
	static const struct {
		const char *word, *what;
	} expired[] = {{"EXPSIG", "the signature has expired"},
		       {"EXPKEYSIG", "the key has expired"},
		       {"REVKEYSIG", "the key was revoked"}};
	struct rel_str rest;

	if (find_status(&rest, c, "BADSIG")) {
		take_signer(c, rest);
		return conclude(c, REL_GIT_BAD,
				"the signature does not fit the tag: it was "
				"changed after %s signed it",
				shown(&c->out->signer));
	}
	for (size_t i = 0; i < sizeof(expired) / sizeof(expired[0]); i++) {
		if (!find_status(&rest, c, expired[i].word))
			continue;
		take_signer(c, rest);
		return conclude(c, REL_GIT_EXPIRED, "signed by %s, but %s",
				shown(&c->out->signer), expired[i].what);
	}
	if (find_status(&rest, c, "GOODSIG")) {
		take_signer(c, rest);
		return judge_good(c, err);
	}
	if (find_status(&rest, c, "NO_PUBKEY") ||
	    find_status(&rest, c, "ERRSIG")) {
		rel_buf_add_str(&c->out->key, rel_str_cut(&rest, ' '));
		return conclude(c, REL_GIT_UNKNOWN_KEY,
				"signed with key %s, which gpg does not have; "
				"gpg --recv-keys gets it",
				shown(&c->out->key));
	}
	return conclude(c, REL_GIT_BAD, "gpg finds no signature in it");
}

static int verify_gpg(struct check *c, struct rel_error *err)
{
	const char *argv[] = {c->program.ptr,
			      "--keyid-format=long",
			      "--status-fd=1",
			      "--verify",
			      c->file,
			      "-",
			      NULL};
	int r = rel_git_tool_run(&c->tool, argv, c->text, REL_GIT_TOOL_QUIET,
				 c->cancel, err);

	return r < 0 ? r : judge_gpg(c, err);
}

/* "… with ED25519 key SHA256:…" */
static void take_key(struct check *c)
{
	static const char phrase[] = " key ";
	struct rel_str text = rel_buf_str(&c->tool.out);
	const char *at = text.len > 0 ? memmem(text.ptr, text.len, phrase,
					       sizeof(phrase) - 1)
				      : NULL;

	if (at == NULL)
		return;
	text = rel_str_sub(text, (size_t)(at - text.ptr) + sizeof(phrase) - 1,
			   text.len);
	rel_buf_clear(&c->out->key);
	rel_buf_add_str(&c->out->key, rel_str_trim(rel_str_cut(&text, '\n')));
}

/* Does it fit the text, whoever signed? */
static int verify_alone(struct check *c, bool *fits, struct rel_error *err)
{
	const char *argv[] = {c->program.ptr, "-Y",  "check-novalidate",
			      "-n",	      "git", "-s",
			      c->file,	      NULL};
	int r = rel_git_tool_run(&c->tool, argv, c->text, REL_GIT_TOOL_QUIET,
				 c->cancel, err);

	*fits = r == 0 && c->tool.status == 0;
	if (*fits)
		take_key(c);
	return r;
}

static int judge_alone(struct check *c, enum rel_git_trust trust,
		       const char *why, struct rel_error *err)
{
	bool fits;
	int r = verify_alone(c, &fits, err);

	if (r < 0)
		return r;
	if (!fits)
		return conclude(c, REL_GIT_BAD,
				"the signature does not fit the tag");
	return conclude(c, trust, "signed with key %s; %s", shown(&c->out->key),
			why);
}

/* What one check with the allowed signers needs. */
struct signers {
	struct rel_buf allowed, revoked;
	/* As git does it: the key must have been good when the tag was made.
	 * "" when that is not known. */
	char time[64];
};

static void format_time(struct signers *signers, int64_t seconds)
{
	time_t when = (time_t)seconds;
	struct tm parts;

	signers->time[0] = '\0';
	if (seconds > 0 && localtime_r(&when, &parts) != NULL &&
	    strftime(signers->time, sizeof(signers->time),
		     "-Overify-time=%Y%m%d%H%M%S", &parts) == 0)
		signers->time[0] = '\0';
}

/* *good when the signer of that name may have signed it. */
static int ask_as(bool *good, struct check *c, const struct signers *signers,
		  const char *name, bool with_revoked, struct rel_error *err)
{
	const char *argv[16] = {
	    c->program.ptr,	  "-Y", "verify", "-n", "git",	"-f",
	    signers->allowed.ptr, "-I", name,	  "-s", c->file};
	size_t n = 11;
	int r;

	if (signers->time[0] != '\0')
		argv[n++] = signers->time;
	if (with_revoked) {
		argv[n++] = "-r";
		argv[n++] = signers->revoked.ptr;
	}
	r = rel_git_tool_run(&c->tool, argv, c->text, REL_GIT_TOOL_QUIET,
			     c->cancel, err);
	*good = r == 0 && c->tool.status == 0;
	if (*good)
		take_key(c);
	return r;
}

static int judge_as(struct check *c, const struct signers *signers,
		    const char *name, struct rel_error *err)
{
	bool good = false, revoked = signers->revoked.len > 0;
	int r = ask_as(&good, c, signers, name, revoked, err);

	if (r == 0 && good)
		return conclude(c, REL_GIT_GOOD, "signed by %s with key %s",
				name, shown(&c->out->key));
	/* ssh-keygen does not say why it refuses. */
	if (r == 0 && revoked)
		r = ask_as(&good, c, signers, name, false, err);
	if (r < 0)
		return r;
	if (good)
		return conclude(c, REL_GIT_EXPIRED,
				"signed by %s, but the key was revoked", name);
	return judge_alone(c, REL_GIT_UNKNOWN_KEY,
			   "the allowed signers do not have it for this use",
			   err);
}

static int verify_as(struct check *c, const struct signers *signers,
		     struct rel_str principal, struct rel_error *err)
{
	char *name = strndup(principal.ptr, principal.len);
	int r;

	if (name == NULL)
		return rel_fail_nomem(err);
	rel_buf_clear(&c->out->signer);
	rel_buf_add_str(&c->out->signer, principal);
	r = judge_as(c, signers, name, err);
	free(name);
	return r;
}

/* Each name that the list has for the key, until one may sign. */
static int verify_allowed(struct check *c, const struct signers *signers,
			  struct rel_error *err)
{
	const char *find[] = {c->program.ptr,
			      "-Y",
			      "find-principals",
			      "-f",
			      signers->allowed.ptr,
			      "-s",
			      c->file,
			      signers->time[0] ? signers->time : NULL,
			      NULL};
	struct rel_buf names;
	struct rel_str rest;
	bool asked = false;
	int r = rel_git_tool_run(&c->tool, find, REL_STR(""),
				 REL_GIT_TOOL_QUIET, c->cancel, err);

	if (r < 0)
		return r;
	rel_buf_init(&names, REL_LIMIT_GIT_MESSAGE_BYTES);
	if (c->tool.status == 0)
		rel_buf_add_str(&names, rel_buf_str(&c->tool.out));
	rest = rel_buf_str(&names);
	while (r == 0 && rest.ptr != NULL && c->out->trust != REL_GIT_GOOD) {
		struct rel_str name = rel_str_trim(rel_str_cut(&rest, '\n'));

		if (name.len == 0)
			continue;
		asked = true;
		r = verify_as(c, signers, name, err);
	}
	rel_buf_free(&names);
	if (r == 0 && !asked)
		r = judge_alone(c, REL_GIT_UNKNOWN_KEY,
				"the allowed signers do not have it", err);
	return r;
}

/* Such a path would name what lies where we happen to be run. */
static bool is_relative(const struct rel_buf *path)
{
	return path->len > 0 && path->ptr[0] != '/';
}

static int verify_ssh(struct check *c, struct rel_error *err)
{
	struct signers signers;
	int r;

	format_time(&signers, c->seconds);
	rel_buf_init(&signers.allowed, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&signers.revoked, REL_LIMIT_CONFIG_BYTES);
	r = rel_git_config_get(&signers.allowed, NULL, "path",
			       "gpg.ssh.allowedSignersFile", err);
	if (r >= 0)
		r = rel_git_config_get(&signers.revoked, NULL, "path",
				       "gpg.ssh.revocationFile", err);
	if (r >= 0 &&
	    (is_relative(&signers.allowed) || is_relative(&signers.revoked)))
		r = judge_alone(c, REL_GIT_UNCHECKED,
				"gpg.ssh.allowedSignersFile or "
				"gpg.ssh.revocationFile is not absolute, so "
				"that any repository could bring its own",
				err);
	else if (r >= 0 && (signers.allowed.len == 0 ||
			    access(signers.allowed.ptr, R_OK) != 0))
		r = judge_alone(c, REL_GIT_UNCHECKED,
				"no list of allowed signers is there; set git "
				"config gpg.ssh.allowedSignersFile",
				err);
	else if (r >= 0)
		r = verify_allowed(c, &signers, err);
	rel_buf_free(&signers.revoked);
	rel_buf_free(&signers.allowed);
	return r;
}

static int fail_tag(struct rel_error *err, const char *what)
{
	return rel_fail(err, REL_EPARSE, "the tag is broken: %s", what);
}

/* "object …", "type commit", "tag …" and "tagger … SECONDS ZONE". */
static int read_headers(struct check *c, struct rel_error *err)
{
	struct rel_str rest = c->text, line, time;
	unsigned long seconds = 0;

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
	line = rest.ptr ? rel_str_cut(&rest, '\n') : REL_STR("");
	if (rel_str_starts(line, REL_STR("tagger "))) {
		time =
		    rel_str_sub(line, rel_str_rfind(line, '>') + 1, line.len);
		time = rel_str_trim(time);
		if (rel_str_to_uint(rel_str_cut(&time, ' '), YEAR_9999,
				    &seconds))
			c->seconds = (int64_t)seconds;
	}
	return rel_buf_status(&c->out->name, "tag", err);
}

static int verify(struct check *c, struct rel_error *err)
{
	int r;

	if (rel_str_starts(c->signature, REL_STR("-----BEGIN SIGNED")))
		return conclude(c, REL_GIT_UNCHECKED,
				"an X.509 signature is not checked");
	c->out->kind = rel_str_starts(c->signature, REL_STR("-----BEGIN SSH"))
			   ? REL_GIT_SIGN_SSH
			   : REL_GIT_SIGN_GPG;
	r = rel_git_desk_open(&c->desk, err);
	if (r == 0)
		r = rel_git_desk_put(&c->file, &c->desk, "signature",
				     c->signature, err);
	if (r == 0)
		r = rel_git_tool_find(&c->program, NULL, c->out->kind, err);
	if (r < 0)
		return r;
	if (is_relative(&c->program) && strchr(c->program.ptr, '/'))
		return conclude(c, REL_GIT_UNCHECKED,
				"the program '%s' of git's configuration is "
				"not absolute, so the signature is not checked",
				c->program.ptr);
	r = c->out->kind == REL_GIT_SIGN_SSH ? verify_ssh(c, err)
					     : verify_gpg(c, err);
	if (r == REL_ENOTFOUND)
		r = conclude(c, REL_GIT_UNCHECKED,
			     "'%s' is not installed, so the signature is not "
			     "checked",
			     c->program.ptr);
	return r;
}

static void fresh(struct rel_git_verification *out)
{
	memset(out, 0, sizeof(*out));
	rel_buf_init(&out->signer, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->key, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->text, REL_LIMIT_CHILD_TEXT);
	rel_buf_init(&out->name, REL_LIMIT_GIT_PATH_BYTES);
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
	size_t at;
	int r;

	fresh(out);
	if (is_commit(store, tag)) {
		out->target = *tag;
		return conclude(&c, REL_GIT_UNSIGNED,
				"a lightweight tag has no signature");
	}
	r = rel_git_object_read(&object, store, tag, GIT_OBJECT_TAG,
				REL_LIMIT_GIT_MESSAGE_BYTES, err);
	if (r < 0)
		return r;
	c.text =
	    rel_str_n(git_odb_object_data(object), git_odb_object_size(object));
	at = rel_git_signature_at(c.text);
	c.signature = rel_str_sub(c.text, at, c.text.len);
	c.text = rel_str_sub(c.text, 0, at);
	rel_buf_init(&c.program, REL_LIMIT_CONFIG_BYTES);
	rel_git_tool_init(&c.tool);
	r = read_headers(&c, err);
	if (r == 0 && c.signature.len == 0)
		r = conclude(&c, REL_GIT_UNSIGNED, "the tag is not signed");
	else if (r == 0)
		r = verify(&c, err);
	git_odb_object_free(object);
	free(c.file);
	rel_git_desk_close(&c.desk);
	rel_git_tool_free(&c.tool);
	rel_buf_free(&c.program);
	return r;
}
