/* Signing the tag of a cut, before anything is written: a key that is missing
 * or a passphrase that is wrong leaves no trace. */
#include "git/sign.h"
#include "base/limits.h"
#include "git/run.h"
#include "release/cut/cut_private.h"

/* What relctl.yml or the command line ask for; NULL = neither does. */
static const char *policy(const struct rel_cut *cut)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);

	if (cut->options->sign)
		return cut->options->sign;
	return conf ? conf->sign : NULL;
}

static int read_config(struct rel_buf *out, struct rel_cut *cut,
		       const char *type, const char *key, struct rel_error *err)
{
	int found;

	rel_buf_clear(out);
	found = rel_git_config_get(out, rel_git_worktree_git_dir(cut->checkout),
				   type, key, err);
	return found < 0 ? found : 0;
}

/* gpg.format */
static int read_format(enum rel_git_signature_kind *out, struct rel_buf *text,
		       struct rel_cut *cut, struct rel_error *err)
{
	struct rel_str format;
	int rc = read_config(text, cut, NULL, "gpg.format", err);

	if (rc)
		return rc;
	format = rel_buf_str(text);
	*out = rel_str_is(format, "ssh") ? REL_GIT_SIGN_SSH : REL_GIT_SIGN_GPG;
	if (format.len == 0 || rel_str_is(format, "ssh") ||
	    rel_str_is(format, "openpgp"))
		return 0;
	return rel_fail(
	    err, REL_EUSAGE,
	    "git is configured to sign with gpg.format %.80s, which "
	    "relctl does not make; say `release: {sign: ssh}`, gpg "
	    "or none in relctl.yml, or --sign",
	    text->ptr);
}

/* Does git's configuration sign tags, those with a message at least? */
static int read_signs_tag(bool *out, struct rel_buf *text, struct rel_cut *cut,
			  struct rel_error *err)
{
	int rc = read_config(text, cut, "bool", "tag.gpgSign", err);

	*out = rel_str_is(rel_buf_str(text), "true");
	if (rc == 0 && !*out) {
		rc = read_config(text, cut, "bool", "tag.forceSignAnnotated",
				 err);
		*out = rel_str_is(rel_buf_str(text), "true");
	}
	return rc;
}

/* Of git's own tag.gpgSign and commit.gpgSign. */
static int take_configured(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf tag, commit, format;
	enum rel_git_signature_kind kind = REL_GIT_SIGN_NONE;
	bool signs_tag = false, signs_commit;
	int rc;

	rel_buf_init(&tag, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&commit, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&format, REL_LIMIT_CONFIG_BYTES);
	rc = read_signs_tag(&signs_tag, &tag, cut, err);
	if (rc == 0)
		rc = read_config(&commit, cut, "bool", "commit.gpgSign", err);
	signs_commit = signs_tag || rel_str_is(rel_buf_str(&commit), "true");
	if (rc == 0 && signs_commit)
		rc = read_format(&kind, &format, cut, err);
	if (signs_tag)
		cut->plan.sign = kind;
	if (signs_commit)
		cut->sign_commit = kind;
	rel_buf_free(&format);
	rel_buf_free(&commit);
	rel_buf_free(&tag);
	return rc;
}

int rel_cut_take_sign(struct rel_cut *cut, struct rel_error *err)
{
	const char *sign = policy(cut);

	if (sign && !rel_cut_sign_of(&cut->plan.sign, sign))
		return rel_fail(err, REL_EUSAGE,
				"no way to sign: %s; say none, ssh or gpg",
				sign);
	cut->sign_commit = cut->plan.sign;
	/* nothing is signed when the tag is there */
	return sign || cut->options->tag ? 0 : take_configured(cut, err);
}

int rel_cut_judge_tag(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_store *store = rel_cut_store(cut);
	struct rel_git_verification v = {0};
	const char *sign = policy(cut), *tag = cut->plan.tag;
	int rc;

	if (!cut->plan.tag_found.known || !sign || strcmp(sign, "none") == 0)
		return 0;
	rc =
	    rel_git_verify_tag(&v, store, &cut->tag, cut->options->cancel, err);
	if (rc)
		rel_error_prefix(err, "the tag %s", tag);
	else if (v.trust == REL_GIT_UNSIGNED)
		rc = rel_cut_find(
		    cut, REL_CUT_ERROR, NULL, 0, err,
		    "release: sign: %s asks for a signed tag, but %s is not: "
		    "%s; sign it (git tag -s -f %s %s^{}), or let `relctl cut` "
		    "make it",
		    sign, tag, v.text.ptr, tag, tag);
	else if (v.trust != REL_GIT_GOOD)
		rc = rel_cut_find(
		    cut, REL_CUT_ERROR, NULL, 0, err,
		    "release: sign: %s asks for a tag with a good signature, "
		    "but of %s: %s",
		    sign, tag, v.text.ptr);
	else if (!rel_str_is(rel_buf_str(&v.name), tag))
		rc = rel_cut_find(
		    cut, REL_CUT_ERROR, NULL, 0, err,
		    "the tag %s is the signed tag %s under another name", tag,
		    v.name.ptr);
	else
		rel_cut_tell(cut, REL_CUT_PREFLIGHT, "the tag %s is %s", tag,
			     v.text.ptr);
	rel_git_verification_free(&v);
	return rc;
}

/* Append the signature of `text`. */
static int sign_text(struct rel_buf *out, struct rel_cut *cut,
		     enum rel_git_signature_kind sign, struct rel_str text,
		     struct rel_error *err)
{
	struct rel_git_sign_options options = {
	    .kind = sign,
	    .interactive = cut->options->interactive,
	    .cancel = cut->options->cancel,
	    .who = rel_cut_text(cut, "%s <%s>", cut->plan.author.name,
				cut->plan.author.email)};

	if (!options.who)
		return rel_fail_nomem(err);
	return rel_git_sign(out, rel_git_worktree_git_dir(cut->checkout), text,
			    &options, err);
}

static int add_signature(struct rel_buf *text, struct rel_cut *cut,
			 struct rel_error *err)
{
	struct rel_buf signature;
	int rc;

	rel_buf_init(&signature, REL_LIMIT_CONFIG_BYTES);
	rc = sign_text(&signature, cut, cut->plan.sign, rel_buf_str(text), err);
	if (rc == 0) {
		rel_buf_add_str(text, rel_buf_str(&signature));
		rc = rel_buf_status(text, "the tag", err);
	}
	rel_buf_free(&signature);
	return rc;
}

/* The same signature when the cut goes on. */
static int keep_signature(struct rel_cut *cut, struct rel_str signature,
			  struct rel_error *err)
{
	char *copy = rel_arena_copy(&cut->arena, signature);

	if (!copy)
		return rel_fail_nomem(err);
	/* the journal joins the lines with it */
	if (strchr(copy, '|'))
		return rel_fail(err, REL_EPARSE,
				"the signature of the commit holds a \"|\"; "
				"sign without a comment (no-comments in "
				"gpg.conf)");
	cut->plan.signature = rel_str_n(copy, signature.len);
	return 0;
}

int rel_cut_sign_commit(struct rel_cut *cut, struct rel_git_store *store,
			const struct rel_git_commit *commit,
			struct rel_error *err)
{
	struct rel_buf text, signature;
	int rc;

	if (!cut->may_sign || cut->plan.signature.len ||
	    cut->sign_commit == REL_GIT_SIGN_NONE)
		return 0;
	rel_buf_init(&text, REL_LIMIT_GIT_MESSAGE_BYTES);
	rel_buf_init(&signature, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_commit_format(&text, store, commit, err);
	if (rc == 0)
		rc = sign_text(&signature, cut, cut->sign_commit,
			       rel_buf_str(&text), err);
	if (rc == 0)
		rc = keep_signature(cut, rel_buf_str(&signature), err);
	rel_buf_free(&signature);
	rel_buf_free(&text);
	return rc;
}

int rel_cut_sign(struct rel_buf *text, struct rel_cut *cut,
		 struct rel_error *err)
{
	struct rel_str ahead = cut->signed_tag;

	if (cut->plan.sign == REL_GIT_SIGN_NONE)
		return 0;
	/* another text when somebody changed the tree since then */
	if (ahead.len == 0 || !rel_str_starts(ahead, rel_buf_str(text)))
		return add_signature(text, cut, err);
	rel_buf_add_str(text, rel_str_sub(ahead, text->len, ahead.len));
	return rel_buf_status(text, "the tag", err);
}

int rel_cut_sign_ahead(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_git_target *scratch = NULL;
	bool signs_tag = cut->plan.sign != REL_GIT_SIGN_NONE;
	struct rel_buf text;
	char *copy;
	int rc;

	if (cut->plan.tag_found.known ||
	    (!signs_tag && cut->sign_commit == REL_GIT_SIGN_NONE))
		return 0;
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_cut_predict_commit(&scratch, cut, err);
	if (rc == 0 && signs_tag)
		rc = rel_cut_tag_text(&text, cut, err);
	if (rc == 0 && signs_tag)
		rc = add_signature(&text, cut, err);
	if (rc == 0 && signs_tag) {
		copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
		cut->signed_tag = rel_str_n(copy, copy ? text.len : 0);
		rc = copy ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&text);
	rel_git_target_free(scratch);
	return rc;
}
