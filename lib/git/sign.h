/*
 * Signatures of tags: made as git does, with the programs it would run (gpg,
 * ssh-keygen), and checked by git verify-tag.
 * Source  git's gpg-interface.c; Documentation/config/{gpg,user}.txt;
 *         ssh-keygen(1), ALLOWED SIGNERS
 */
#ifndef REL_GIT_SIGN_H
#define REL_GIT_SIGN_H

#include "base/buf.h"
#include "base/cancel.h"
#include "git/objects.h"

enum rel_git_signature_kind {
	REL_GIT_SIGN_NONE,
	REL_GIT_SIGN_SSH,
	REL_GIT_SIGN_GPG,
};

struct rel_git_sign_options {
	enum rel_git_signature_kind kind;
	/* Who signs when user.signingKey is not set (gpg only): "Name
	 * <address>" of the tagger; may be NULL. */
	const char *who;
	/* A passphrase may be asked for on the terminal. */
	bool interactive;
	const struct rel_cancel *cancel;
};

/*
 * Sign `text`, with the key and programs that the configuration of git at
 * `git_dir` names: user.signingKey (a key id; a path of a private or public
 * key; "key::…" or "ssh-…" literally, then the agent has the key),
 * gpg.ssh.defaultKeyCommand, gpg.program, gpg.openpgp.program,
 * gpg.ssh.program.  gpg.format is not obeyed: options->kind is what
 * relctl.yml asks for.
 * out     the armoured signature is appended, ending in a newline; nothing
 *         with REL_GIT_SIGN_NONE
 * Errors  REL_ENOTFOUND no key configured or found, or its program is not
 *         installed; REL_EAUTH the passphrase was wrong or nobody was asked;
 *         REL_EIO the program's words; REL_ECANCELLED
 */
REL_MUST_CHECK int rel_git_sign(struct rel_buf *out, const char *git_dir,
				struct rel_str text,
				const struct rel_git_sign_options *options,
				struct rel_error *err);

enum rel_git_trust {
	REL_GIT_UNSIGNED,
	REL_GIT_GOOD,	     /* by a key that the user's git knows */
	REL_GIT_BAD,	     /* the text is not what was signed */
	REL_GIT_UNKNOWN_KEY, /* the keyring or allowed signers lack the key; of
				an ssh signature, it fits the text */
	REL_GIT_EXPIRED,     /* good, but key or signature expired or revoked */
	REL_GIT_UNCHECKED,   /* no program, no list of allowed signers, or a
				kind of signature that is not checked */
};

/* Zero-initialise; release with rel_git_verification_free(). */
struct rel_git_verification {
	enum rel_git_trust trust;
	enum rel_git_signature_kind kind;
	struct rel_buf signer; /* user id or principal; "" = not known */
	struct rel_buf key;    /* fingerprint or key id; "" = not known */
	struct rel_buf text;   /* one sentence for the user */
	/* Of the tag's text. */
	struct rel_buf name; /* "tag …" header */
	struct rel_git_id target;
};

void rel_git_verification_free(struct rel_git_verification *v);

/*
 * Check the signature of the tag object `tag` of the store with the user's own
 * keyring, gpg.ssh.allowedSignersFile, gpg.ssh.revocationFile and programs: git
 * runs in a scratch repository with nothing but this tag, so the configuration
 * of the store, whose tag is to be judged, is not read.
 * That a signature is bad or missing is a finding, not an error.
 * tag     id of a tag object; a commit (a lightweight tag) is UNSIGNED and
 *         has an empty name
 * Errors  REL_ENOTFOUND no such object; REL_EPARSE no tag, or a broken one;
 *         REL_EIO; REL_ECANCELLED
 */
REL_MUST_CHECK int rel_git_verify_tag(struct rel_git_verification *out,
				      struct rel_git_store *store,
				      const struct rel_git_id *tag,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);

/* Where the signature begins in a tag's text; text.len = there is none. */
size_t rel_git_signature_at(struct rel_str text);

#endif
