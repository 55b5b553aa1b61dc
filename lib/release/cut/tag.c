/* The tag of a cut: what it is called, what is there, its signature, and the
 * step. What is signed is signed before anything is written: a key that is
 * missing or a passphrase that is wrong leaves no trace. */
#include "base/limits.h"
#include "git/run.h"
#include "git/sign.h"
#include "release/cut/cut_private.h"
#include "release/source/tagname.h"

/* The commit that the tag `tag` (an object) is of. */
static int peel(struct rel_git_id *commit, struct rel_cut *cut,
		const struct rel_git_id *tag, struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];

	return rel_git_resolve(commit, rel_cut_store(cut),
			       rel_git_id_format(id, tag), err);
}

/* What stands there now, if anything does. */
static int find_tag(struct rel_cut *cut, struct rel_error *err)
{
	char *ref = rel_cut_tag_ref(cut);
	struct rel_git_id commit;
	int rc, found;

	if (!ref)
		return rel_fail_nomem(err);
	found = rel_git_ref_read(&cut->tag, rel_cut_store(cut), ref, err);
	if (found <= 0)
		return found;
	cut->plan.tag_found = (struct rel_cut_id){true, cut->tag};
	rc = peel(&commit, cut, &cut->tag, err);
	if (rc == 0)
		cut->commit = commit;
	return rc;
}

/* It must be here, and be what is checked out: relctl.yml is read from there.
 */
static int take_given_tag(struct rel_cut *cut, struct rel_error *err)
{
	char there[REL_GIT_ID_TEXT], here[REL_GIT_ID_TEXT];
	int rc;

	cut->plan.tag = cut->options->tag;
	rc = find_tag(cut, err);
	if (rc == 0 && !cut->plan.tag_found.known)
		rc = rel_fail(err, REL_ENOTFOUND,
			      "the tag %s is not in this checkout",
			      cut->plan.tag);
	if (rc || rel_git_id_eq(&cut->commit, &cut->plan.base))
		return rc;
	return rel_fail(err, REL_ESTALE,
			"the checkout is at %.12s, but the tag %s is on "
			"%.12s; check out the tag",
			rel_git_id_format(here, &cut->plan.base), cut->plan.tag,
			rel_git_id_format(there, &cut->commit));
}

int rel_cut_take_tag(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	const char *pattern = conf ? conf->tag : NULL;
	struct rel_buf name;
	int rc;

	if (cut->options->tag)
		return take_given_tag(cut, err);
	if (!pattern &&
	    !rel_project_is_whole(cut->project, cut->chosen, cut->n_chosen))
		pattern = REL_TAGNAME_DEFAULT_NAMED;
	rel_buf_init(&name, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_tagname_make(&name, pattern, rel_str_of(cut->plan.name),
			      rel_str_of(cut->plan.version), err);
	if (rc == 0)
		cut->plan.tag = rel_arena_copy(&cut->arena, rel_buf_str(&name));
	rel_buf_free(&name);
	if (rc)
		return rc;
	return cut->plan.tag ? find_tag(cut, err) : rel_fail_nomem(err);
}

/* What is wrong with a tag that is to be released as it is. */
static int check_given_tag(const struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_bump_edit *edit = cut->bump.edits;

	if (cut->bump.count == 0)
		return 0;
	rel_fail(err, REL_EPARSE,
		 "says version %.*s, but the tag %s is of version %s; a tag "
		 "that was pushed stays: set a version that has no tag yet, "
		 "commit and tag that, or let `relctl cut` do all three",
		 REL_STR_ARG(rel_str_sub(edit->was, 0, 80)), cut->plan.tag,
		 cut->plan.version);
	rel_error_at(err, edit->path, 0, 0);
	return REL_EPARSE;
}

/* Has nobody else seen the tag?  Somebody may have where the source's remote
 * has it, or cannot be asked, and where a package of the source is out under
 * this version. */
static bool is_private(struct rel_cut *cut)
{
	struct rel_git_fetch_options options = rel_cut_fetch_options(cut);
	char *ref = rel_cut_tag_ref(cut);
	struct rel_git_id id;

	for (size_t i = 0; i < cut->project->n_packages; i++) {
		struct rel_released released;

		rel_released_find(&released, cut->gate.stack,
				  cut->project->packages[i].name,
				  rel_str_of(cut->plan.version));
		if (released.taken)
			return false;
	}
	return ref &&
	       (!cut->head.url || rel_git_remote_ref(&id, cut->head.url, ref,
						     &options, NULL) == 0);
}

/* What to do about a tag that stands in the way: what others may have stays. */
static const char *tag_advice(struct rel_cut *cut)
{
	const char *text = "others may have it, so it stays: release under "
			   "another version";

	if (is_private(cut))
		text = rel_cut_text(cut,
				    "release under another version; or, since "
				    "it is in this clone only and nothing was "
				    "released from it, take it away: git tag "
				    "-d %s",
				    cut->plan.tag);
	return text ? text : "";
}

int rel_cut_check_tag(struct rel_cut *cut, struct rel_error *err)
{
	char there[REL_GIT_ID_TEXT], here[REL_GIT_ID_TEXT];

	if (cut->options->tag)
		return check_given_tag(cut, err);
	if (!cut->plan.tag_found.known)
		return 0;
	rel_git_id_format(there, &cut->commit);
	rel_git_id_format(here, &cut->plan.base);
	if (strcmp(there, here) != 0)
		return rel_fail(err, REL_EEXISTS,
				"the tag %s is on another commit (%.12s, and "
				"the source is at %.12s); %s",
				cut->plan.tag, there, here, tag_advice(cut));
	if (cut->bump.count)
		return rel_fail(err, REL_EEXISTS,
				"the tag %s is there, but its commit says "
				"another version in %s; %s",
				cut->plan.tag, cut->bump.edits[0].path,
				tag_advice(cut));
	return 0;
}

/* The message of the tag: the entry of the change log. */
static int add_message(struct rel_buf *out, struct rel_cut *cut,
		       struct rel_error *err)
{
	struct rel_str notes;
	int rc = rel_cut_notes(&notes, cut, err);

	if (rc)
		return rc;
	rel_buf_printf(out, "%s %s\n", cut->plan.name, cut->plan.version);
	if (notes.len) {
		rel_buf_add_char(out, '\n');
		rel_notes_add_message(out, notes);
	}
	return rel_buf_status(out, "the message of the tag", err);
}

int rel_cut_tag_text(struct rel_buf *out, struct rel_cut *cut,
		     struct rel_error *err)
{
	struct rel_git_tag tag = {.target = cut->commit,
				  .name = cut->plan.tag,
				  .tagger = rel_cut_identity(cut)};
	struct rel_buf message;
	int rc;

	rel_buf_init(&message, 2 * REL_LIMIT_NOTES_BYTES);
	rc = add_message(&message, cut, err);
	tag.message = message.ptr;
	if (rc == 0)
		rc = rel_git_tag_format(out, &tag, err);
	rel_buf_free(&message);
	return rc;
}

/* Write the tag object, once: its id is in the journal before the reference
 * is, because a signature is not the same twice. */
static int make_tag(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf text;
	char id[REL_GIT_ID_TEXT];
	int rc;

	rel_buf_init(&text, 2 * REL_LIMIT_NOTES_BYTES);
	rc = rel_cut_tag_text(&text, cut, err);
	if (rc == 0)
		rc = rel_cut_sign(&text, cut, err);
	if (rc == 0)
		rc = rel_git_write_tag(&cut->tag, rel_cut_store(cut),
				       rel_buf_str(&text), err);
	rel_buf_free(&text);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "tag", "object", err, "%s",
				     rel_git_id_format(id, &cut->tag));
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

char *rel_cut_tag_ref(struct rel_cut *cut)
{
	return rel_cut_text(cut, "refs/tags/%s", cut->plan.tag);
}

int rel_cut_tag(struct rel_cut *cut, struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT], *ref = rel_cut_tag_ref(cut);
	int rc = 0;

	if (!ref)
		return rel_fail_nomem(err);
	if (cut->plan.tag_found.known) {
		cut->tag = cut->plan.tag_found.id;
		rel_cut_tell(cut, REL_CUT_TAG, "%s is there already",
			     cut->plan.tag);
		return rel_journal_set(&cut->journal, "tag", "object", err,
				       "%s", rel_git_id_format(id, &cut->tag));
	}
	if (!rel_journal_get(&cut->journal, "tag", "object"))
		rc = make_tag(cut, err);
	if (rc == 0)
		rc = rel_git_ref_update(rel_cut_store(cut), ref, NULL,
					&cut->tag, NULL, err);
	if (rc == REL_ESTALE) {
		rel_cut_give_up(cut, "cut again");
		rel_error_prefix(err,
				 "the tag %s was made by somebody else in the "
				 "meantime",
				 cut->plan.tag);
	}
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_TAG, "%s (%.12s%s%s)", cut->plan.tag,
			     rel_git_id_format(id, &cut->tag),
			     cut->plan.sign ? ", signed with " : "",
			     cut->plan.sign ? rel_cut_sign_name(cut->plan.sign)
					    : "");
	return rc;
}

int rel_cut_revert_tag(struct rel_cut *cut, struct rel_error *err)
{
	char *ref = rel_cut_tag_ref(cut);
	struct rel_git_id there;
	char a[REL_GIT_ID_TEXT], b[REL_GIT_ID_TEXT];
	int found;

	if (!ref)
		return rel_fail_nomem(err);
	if (cut->plan.tag_found.known ||
	    !rel_journal_get(&cut->journal, "tag", "object"))
		return 0;
	found = rel_git_ref_read(&there, rel_cut_store(cut), ref, err);
	if (found <= 0)
		return found;
	/* another one is not ours to remove */
	if (strcmp(rel_git_id_format(a, &there),
		   rel_git_id_format(b, &cut->tag)) != 0)
		return 0;
	found = rel_git_ref_update(rel_cut_store(cut), ref, &cut->tag, NULL,
				   NULL, err);
	if (found == 0)
		rel_cut_tell(cut, REL_CUT_TAG, "%s removed", cut->plan.tag);
	return found;
}

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
