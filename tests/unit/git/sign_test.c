#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "git/sign.h"
#include "git/write.h"
#include "support/shell.h"
#include "support/support.h"

struct fixture {
	char *dir, *repo;
	struct rel_git_store *store;
	struct rel_git_id tip;
};

/* A repository, and keys of both kinds: known, unknown and locked ones. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char *home, *config, *cache;

	f->dir = rel_test_dir_new();
	f->repo = rel_test_text("%s/repo.git", f->dir);
	home = rel_test_text("%s/gnupg", f->dir);
	config = rel_test_text("%s/gitconfig", f->dir);
	cache = rel_test_text("%s/cache", f->dir);
	setenv("GNUPGHOME", home, 1);
	free(rel_test_sh(
	    "cd %s; mkdir -m 700 gnupg other; git init -q -b main work; "
	    "git -C work commit -q --allow-empty -m c; "
	    "git clone -q --bare work repo.git; "
	    "for k in key stranger; do ssh-keygen -q -t ed25519 -N '' -C t "
	    "-f $k; done; ssh-keygen -q -t ed25519 -N secret -C t -f locked; "
	    "echo \"tester@example.org $(cat key.pub)\" >allowed",
	    f->dir));
	assert_int_equal(rel_git_store_open(&f->store, f->repo, NULL), 0);
	assert_int_equal(rel_git_resolve(&f->tip, f->store, "main", NULL), 0);
	/* The user's; checking a tag obeys no other. */
	setenv("GIT_CONFIG_GLOBAL", config, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	free(cache);
	free(config);
	free(home);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rel_git_store_free(f->store);
	free(rel_test_sh("gpgconf --kill all 2>/dev/null || :; "
			 "git -C %s fsck --strict --no-dangling",
			 f->repo));
	rel_test_dir_free(f->dir);
	free(f->repo);
	free(f);
	return 0;
}

static void config(struct fixture *f, const char *key, const char *value)
{
	free(rel_test_sh("cd %s; git config --global %s \"%s\"", f->dir, key,
			 value));
}

static void config_path(struct fixture *f, const char *key, const char *name)
{
	char *path = rel_test_text("%s/%s", f->dir, name);

	config(f, key, path);
	free(path);
}

/* The text of a tag and its signature. */
static int sign(struct rel_buf *text, struct fixture *f,
		enum rel_git_signature_kind kind, struct rel_error *err)
{
	const struct rel_git_tag tag = {
	    .target = f->tip,
	    .name = "v1",
	    .tagger = {"Tester", "tester@example.org", 1767323045, 0},
	    .message = "Release"};
	const struct rel_git_sign_options options = {
	    .kind = kind, .who = "Tester <tester@example.org>"};
	struct rel_buf signature;
	int r;

	rel_buf_init(text, REL_LIMIT_GIT_MESSAGE_BYTES);
	rel_buf_init(&signature, REL_LIMIT_GIT_MESSAGE_BYTES);
	assert_int_equal(rel_git_tag_format(text, &tag, NULL), 0);
	r = rel_git_sign(&signature, f->repo, rel_buf_str(text), &options, err);
	if (r < 0)
		assert_int_equal(signature.len, 0);
	rel_buf_add_str(text, rel_buf_str(&signature));
	rel_buf_free(&signature);
	return r;
}

/* What we say of a tag of this text. */
static void check_judged(struct fixture *f, struct rel_str text,
			 enum rel_git_trust want, const char *says)
{
	struct rel_git_verification v = {0};
	char hex[REL_GIT_ID_TEXT];
	struct rel_error err = {0};
	struct rel_git_id id;

	assert_int_equal(rel_git_write_tag(&id, f->store, text, &err), 0);
	free(rel_test_sh("git -C %s update-ref refs/tags/v1 %s", f->repo,
			 rel_git_id_format(hex, &id)));
	if (rel_git_verify_tag(&v, f->store, &id, NULL, &err) < 0)
		fail_msg("verify: %s", err.text);
	if (v.trust != want || !strstr(rel_buf_str(&v.text).ptr, says))
		fail_msg("%d: %s", (int)v.trust, v.text.ptr);
	assert_string_equal(v.name.ptr, "v1");
	assert_memory_equal(&v.target, &f->tip, sizeof(f->tip));
	rel_git_verification_free(&v);
}

/* And git. */
static void check_tag(struct fixture *f, struct rel_str text,
		      enum rel_git_trust want, const char *says)
{
	check_judged(f, text, want, says);
	assert_int_equal(
	    rel_test_sh_status("git -C %s verify-tag v1", f->repo) == 0,
	    want == REL_GIT_GOOD);
}

static void check_signed(struct fixture *f, enum rel_git_signature_kind kind,
			 enum rel_git_trust want, const char *says)
{
	struct rel_error err = {0};
	struct rel_buf text;

	if (sign(&text, f, kind, &err) < 0)
		fail_msg("sign: %s", err.text);
	check_tag(f, rel_buf_str(&text), want, says);
	rel_buf_free(&text);
}

static void check_refused(struct fixture *f, enum rel_git_signature_kind kind,
			  int code, const char *says)
{
	struct rel_error err = {0};
	struct rel_buf text;

	assert_int_equal(sign(&text, f, kind, &err), code);
	if (strstr(err.text, says) == NULL)
		fail_msg("no '%s' in '%s'", says, err.text);
	rel_buf_free(&text);
}

/* The same with one byte changed. */
static void check_tampered(struct fixture *f, enum rel_git_signature_kind kind)
{
	struct rel_buf text;
	char *at;

	assert_int_equal(sign(&text, f, kind, NULL), 0);
	at = strstr(text.ptr, "Release");
	*at = 'r';
	check_tag(f, rel_buf_str(&text), REL_GIT_BAD, "does not fit");
	rel_buf_free(&text);
}

static void test_unsigned(void **state)
{
	struct fixture *f = *state;
	struct rel_git_verification v = {0};
	struct rel_git_id none = {{1}};
	struct rel_error err = {0};

	check_signed(f, REL_GIT_SIGN_NONE, REL_GIT_UNSIGNED, "not signed");
	assert_int_equal(rel_git_verify_tag(&v, f->store, &f->tip, NULL, NULL),
			 0);
	assert_int_equal(v.trust, REL_GIT_UNSIGNED);
	assert_int_equal(v.name.len, 0);
	rel_git_verification_free(&v);
	assert_int_equal(rel_git_verify_tag(&v, f->store, &none, NULL, &err),
			 REL_ENOTFOUND);
	rel_git_verification_free(&v);
}

static void test_ssh(void **state)
{
	struct fixture *f = *state;
	char *judged;

	config_path(f, "user.signingKey", "key");
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_UNCHECKED,
		     "gpg.ssh.allowedSignersFile");
	config_path(f, "gpg.ssh.allowedSignersFile", "allowed");
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_GOOD,
		     "signed by tester@example.org with key SHA256:");
	judged = rel_test_sh(
	    "cd %s; git -C repo.git cat-file tag v1 >t; "
	    "sed -n '/BEGIN SSH/,$p' t >t.sig; sed '/BEGIN SSH/,$d' t | "
	    "ssh-keygen -Y verify -n git -f allowed -I tester@example.org "
	    "-s t.sig",
	    f->dir);
	assert_non_null(strstr(judged, "Good \"git\" signature for tester@"));
	free(judged);
	check_tampered(f, REL_GIT_SIGN_SSH);
	config_path(f, "user.signingKey", "key.pub");
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_GOOD, "signed by");
	config_path(f, "user.signingKey", "stranger");
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_UNKNOWN_KEY,
		     "the allowed signers do not have it");
	config_path(f, "gpg.ssh.revocationFile", "key.pub");
	config_path(f, "user.signingKey", "key");
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_EXPIRED, "revoked");
	config(f, "gpg.ssh.program", "/nonexistent/ssh-keygen");
	check_refused(f, REL_GIT_SIGN_SSH, REL_ENOTFOUND, "cannot run");
}

/* The same key, made valid by the repository itself, and programs that claim
 * it is. */
static void test_own_word(void **state)
{
	struct fixture *f = *state;
	char hex[REL_GIT_ID_TEXT];
	struct rel_error err = {0};
	struct rel_buf text;

	config_path(f, "user.signingKey", "key");
	free(rel_test_sh(
	    "cd %s; printf '#!/bin/sh\ntouch \"$(dirname \"$0\")\"/ran\n"
	    "echo \"[GNUPG:] GOODSIG 1 The Maintainer\"\n' >liar; "
	    "chmod +x liar; "
	    "for k in gpg.program gpg.openpgp.program gpg.ssh.program "
	    "gpg.ssh.defaultKeyCommand core.fsmonitor core.sshCommand; do "
	    "git -C repo.git config $k \"$PWD/liar\"; done; "
	    "git -C repo.git config gpg.ssh.allowedSignersFile "
	    "\"$PWD/allowed\"; "
	    "printf '[gpg \"ssh\"]\nallowedSignersFile = %%s/allowed\n' "
	    "\"$PWD\" >repo.git/more; "
	    "git -C repo.git config include.path more",
	    f->dir));
	for (size_t i = 0; i < 2; i++) {
		char *forged =
		    rel_test_text("object %s\ntype commit\ntag v1\n"
				  "tagger T <t@example.org> 1 +0000\n\nm\n"
				  "-----BEGIN %s SIGNATURE-----\n\nx\n"
				  "-----END %s SIGNATURE-----\n",
				  rel_git_id_format(hex, &f->tip),
				  i ? "SSH" : "PGP", i ? "SSH" : "PGP");

		check_judged(f, rel_str_of(forged), REL_GIT_BAD, "");
		free(forged);
	}
	assert_int_equal(rel_test_sh_status("test -e %s/ran", f->dir), 1);
	free(rel_test_sh("cd %s; rm -f ran; git -C repo.git config "
			 "gpg.ssh.program ssh-keygen",
			 f->dir));
	assert_int_equal(sign(&text, f, REL_GIT_SIGN_SSH, &err), 0);
	check_judged(f, rel_buf_str(&text), REL_GIT_UNCHECKED,
		     "no list of allowed signers");
	rel_buf_free(&text);
	assert_int_equal(rel_test_sh_status("test -e %s/ran", f->dir), 1);
}

/* A relative path in the user's configuration is no leave for whatever
 * repository one is in. */
static void test_relative(void **state)
{
	struct fixture *f = *state;

	struct rel_error err = {0};
	struct rel_buf text;

	config_path(f, "user.signingKey", "key");
	assert_int_equal(sign(&text, f, REL_GIT_SIGN_SSH, &err), 0);
	assert_int_equal(chdir(f->dir), 0);
	config(f, "gpg.ssh.allowedSignersFile", "allowed");
	check_judged(f, rel_buf_str(&text), REL_GIT_UNCHECKED,
		     "is not absolute");
	config_path(f, "gpg.ssh.allowedSignersFile", "allowed");
	check_judged(f, rel_buf_str(&text), REL_GIT_GOOD, "signed by");
	config(f, "gpg.ssh.program", "./liar");
	check_judged(f, rel_buf_str(&text), REL_GIT_UNCHECKED,
		     "is not absolute");
	assert_int_equal(chdir("/"), 0);
	rel_buf_free(&text);
}

static void test_ssh_agent(void **state)
{
	struct fixture *f = *state;
	char *agent = rel_test_sh(
	    "cd %s; eval \"$(ssh-agent -a $PWD/agent)\" >/dev/null; "
	    "ssh-add -q key; echo $SSH_AGENT_PID",
	    f->dir);
	char *literal = rel_test_sh("cut -d ' ' -f 1,2 %s/key.pub", f->dir);
	char *key = rel_test_text("key::%s", literal);
	char *command = rel_test_text("echo '%s'; echo more", key);
	char *path = rel_test_text("%s/agent", f->dir);

	config_path(f, "gpg.ssh.allowedSignersFile", "allowed");
	config(f, "user.signingKey", key);
	check_refused(f, REL_GIT_SIGN_SSH, REL_ENOTFOUND, "no agent");
	setenv("SSH_AUTH_SOCK", path, 1);
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_GOOD, "signed by");
	config(f, "user.signingKey", literal);
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_GOOD, "signed by");
	free(rel_test_sh("git config --global --unset user.signingKey"));
	config(f, "gpg.ssh.defaultKeyCommand", command);
	check_signed(f, REL_GIT_SIGN_SSH, REL_GIT_GOOD, "signed by");
	unsetenv("SSH_AUTH_SOCK");
	free(rel_test_sh("kill %s", agent));
	free(path);
	free(command);
	free(key);
	free(literal);
	free(agent);
}

static void test_ssh_refused(void **state)
{
	struct fixture *f = *state;

	check_refused(f, REL_GIT_SIGN_SSH, REL_ENOTFOUND, "no key is conf");
	config_path(f, "user.signingKey", "locked");
	check_refused(f, REL_GIT_SIGN_SSH, REL_EAUTH, "passphrase");
	config_path(f, "user.signingKey", "nowhere");
	check_refused(f, REL_GIT_SIGN_SSH, REL_ENOTFOUND, "there is no key");
	free(rel_test_sh("echo junk >%s/junk; chmod 600 %s/junk", f->dir,
			 f->dir));
	config_path(f, "user.signingKey", "junk");
	check_refused(f, REL_GIT_SIGN_SSH, REL_ENOTFOUND, "there is no key");
	assert_int_equal(rel_test_sh_status("! ls -d ${TMPDIR:-/tmp}/"
					    "relctl-sign-* 2>/dev/null"),
			 0);
}

static void gpg_wrapper(struct fixture *f, const char *options)
{
	free(rel_test_sh("cd %s; printf '#!/bin/sh\\nexec gpg %s \"$@\"\\n' "
			 ">my-gpg; chmod +x my-gpg",
			 f->dir, options));
	config_path(f, "gpg.program", "my-gpg");
}

static void test_gpg(void **state)
{
	struct fixture *f = *state;
	char *judged, *other;

	free(rel_test_sh("gpg -q --batch --passphrase '' --quick-gen-key "
			 "'Tester <tester@example.org>' ed25519 sign 1y "
			 "2>/dev/null"));
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_GOOD,
		     "signed by Tester <tester@example.org> with key ");
	judged = rel_test_sh("cd %s; git -C repo.git cat-file tag v1 >t; "
			     "sed -n '/BEGIN PGP/,$p' t >t.sig; "
			     "sed '/BEGIN PGP/,$d' t | "
			     "gpg --status-fd 1 --verify t.sig - 2>/dev/null",
			     f->dir);
	assert_non_null(strstr(judged, "GOODSIG"));
	free(judged);
	check_tampered(f, REL_GIT_SIGN_GPG);
	config(f, "gpg.minTrustLevel", "fully");
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_GOOD, "signed by");
	config(f, "user.signingKey", "nobody@example.org");
	check_refused(f, REL_GIT_SIGN_GPG, REL_ENOTFOUND, "no secret key");
	config(f, "user.signingKey", "tester@example.org");
	gpg_wrapper(f, "");
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_GOOD, "signed by");
	/* Years later; and by somebody who never met the key. */
	free(rel_test_sh("cd %s; printf '#!/bin/sh\\ncase \"$*\" in *--verify*"
			 ") exec gpg --faked-system-time 20991231T000000 "
			 "\"$@\" ;; *) exec gpg \"$@\" ;; esac\\n' >my-gpg",
			 f->dir));
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_EXPIRED,
		     "the key has expired");
	other = rel_test_text("%s/other", f->dir);
	free(rel_test_sh("cd %s; printf '#!/bin/sh\\ncase \"$*\" in *--verify*"
			 ") exec gpg --homedir %s \"$@\" ;; *) exec gpg \"$@\" "
			 ";; esac\\n' >my-gpg",
			 f->dir, other));
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_UNKNOWN_KEY,
		     "which gpg does not have");
	free(other);
}

static void test_gpg_refused(void **state)
{
	struct fixture *f = *state;

	free(rel_test_sh("gpg -q --batch --passphrase secret "
			 "--pinentry-mode loopback --quick-gen-key "
			 "'Tester <tester@example.org>' ed25519 sign 1y "
			 "2>/dev/null; gpgconf --kill gpg-agent"));
	gpg_wrapper(f, "--batch --pinentry-mode loopback --passphrase wrong");
	check_refused(f, REL_GIT_SIGN_GPG, REL_EAUTH, "passphrase");
	gpg_wrapper(f, "--batch --pinentry-mode cancel");
	check_refused(f, REL_GIT_SIGN_GPG, REL_EAUTH, "passphrase");
	gpg_wrapper(f, "--batch --pinentry-mode loopback --passphrase secret");
	check_signed(f, REL_GIT_SIGN_GPG, REL_GIT_GOOD, "signed by");
	config(f, "gpg.program", "/nonexistent/gpg");
	check_refused(f, REL_GIT_SIGN_GPG, REL_ENOTFOUND, "cannot run");
	config(f, "gpg.program", "false");
	check_refused(f, REL_GIT_SIGN_GPG, REL_EIO, "ended with status 1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_unsigned), TEST(test_own_word),	 TEST(test_relative),
	    TEST(test_ssh),	 TEST(test_ssh_agent),	 TEST(test_ssh_refused),
	    TEST(test_gpg),	 TEST(test_gpg_refused),
	};

	rel_test_clean_environment();
	if (rel_test_sh_status("command -v gpg ssh-keygen >&2") != 0)
		return REL_TEST_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
