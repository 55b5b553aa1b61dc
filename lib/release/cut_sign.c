/* Signing the tag of a cut, before anything is written: a key that is missing
 * or a passphrase that is wrong leaves no trace. */
#include "base/limits.h"
#include "git/sign.h"
#include "release/cut_work.h"

static enum rel_git_signature_kind kind_of(const struct rel_cut *cut)
{
	if (strcmp(cut->plan.sign, "ssh") == 0)
		return REL_GIT_SIGN_SSH;
	return strcmp(cut->plan.sign, "gpg") == 0 ? REL_GIT_SIGN_GPG
						  : REL_GIT_SIGN_NONE;
}

static int add_signature(struct rel_buf *text, struct rel_cut *cut,
			 struct rel_error *err)
{
	struct rel_git_sign_options options = {
	    .kind = kind_of(cut),
	    .interactive = cut->options->interactive,
	    .cancel = cut->options->cancel,
	    .who = rel_cut_text(cut, "%s <%s>", cut->author.name,
				cut->author.email)};
	struct rel_buf signature;
	int rc;

	if (!options.who)
		return rel_fail_nomem(err);
	rel_buf_init(&signature, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_sign(&signature, rel_git_checkout_git_dir(cut->checkout),
			  rel_buf_str(text), &options, err);
	if (rc == 0) {
		rel_buf_add_str(text, rel_buf_str(&signature));
		rc = rel_buf_status(text, "the tag", err);
	}
	rel_buf_free(&signature);
	return rc;
}

int rel_cut_sign(struct rel_buf *text, struct rel_cut *cut,
		 struct rel_error *err)
{
	struct rel_str ahead = cut->signed_tag;

	if (kind_of(cut) == REL_GIT_SIGN_NONE)
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
	struct rel_buf text;
	char *copy;
	int rc;

	if (kind_of(cut) == REL_GIT_SIGN_NONE || *cut->plan.tag_found)
		return 0;
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_cut_foresee(&scratch, cut, err);
	if (rc == 0)
		rc = rel_cut_tag_text(&text, cut, err);
	if (rc == 0)
		rc = add_signature(&text, cut, err);
	if (rc == 0) {
		copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
		cut->signed_tag = rel_str_n(copy, copy ? text.len : 0);
		rc = copy ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&text);
	rel_git_target_free(scratch);
	return rc;
}
