/*
 * A cut at work: what its steps share.  Internal to lib/release.
 */
#ifndef REL_RELEASE_CUT_PRIVATE_H
#define REL_RELEASE_CUT_PRIVATE_H

#include <stdarg.h>

#include "git/remote.h"
#include "git/sign.h"
#include "git/worktree.h"
#include "publish/publish.h"
#include "release/cut/cut.h"
#include "release/cut/journal.h"
#include "release/cut/pack.h"
#include "release/source/bump.h"
#include "repo/stack.h"

struct rel_amend_options;

/* Names of packages, in the order of the source. */
struct rel_cut_names {
	const char *const *items;
	size_t count;
	const char *text; /* the same, "a,b" */
};

/* An object of git that may not be there. */
struct rel_cut_id {
	bool known;
	struct rel_git_id id;
};

/*
 * What was decided before anything was written: rel_cut_preflight() returns
 * it whole, the journal keeps it (plan.c has the table of its fields).
 * Texts are never NULL then; "" = none.
 */
struct rel_cut_plan {
	struct rel_cut_names packages, left_out; /* released; not for release */
	const char *version;
	const char *name;	/* of archive and tag: package or project */
	struct rel_git_id base; /* commit that was checked */
	const char *branch;	/* "refs/heads/main" */
	const char *tag;
	struct rel_cut_id tag_found; /* object of a tag that was there */
	enum rel_archive_format archive;
	enum rel_git_signature_kind sign; /* of the tag */
	struct rel_str signature;	 /* of the commit; len 0 = not signed */
	struct rel_change_author author; /* and committer, and tagger */
	const char *remote;		 /* development remote: name … */
	const char *location;		 /* … and location as given */
	const char *review;		 /* its branch to write */
	const char *push_remote;	 /* source's remote */
	const char *upstream;		 /* branch there, in full */
	struct rel_cut_id upstream_was;	 /* commit there */
	bool no_changelog, allow_broken;
	struct rel_str notes; /* instead of the change log's; len 0 = none */
	bool avoid;	      /* opam is not to install it unasked */
	bool older;	      /* than what is out */
	bool date_changelog;  /* the bump does */
	bool request;	      /* a pull request for `review` */
	bool watermarks;      /* replaced in the archive */
	bool trial;	      /* relctl.yml has checks */
	bool push_first;      /* before publishing */
	const char *broken;   /* what was allowed */
	const char *tip;      /* of the remote when the gate was asked */
};

/* A file that goes beside a manifest. */
struct rel_cut_file {
	struct rel_str name; /* below files/ */
	const char *path;    /* in the remote */
	struct rel_str content;
};

/* The files of one package. */
struct rel_cut_files {
	struct rel_cut_file *items;
	size_t count;
	bool wrong; /* there was a finding about them */
};

/* What a manifest has opam patch or substitute. */
struct rel_cut_required {
	size_t package;	     /* index into chosen */
	const char *field;   /* "patches" or "substs" */
	uint32_t line;	     /* in the package's opam file */
	struct rel_str path; /* in the archive */
	bool found;
};

/* A manifest to be written. */
struct rel_cut_manifest {
	struct rel_str name; /* of the package */
	const char *path;    /* in the remote */
	struct rel_str text;
	struct rel_cut_files files;
};

/* Findings, in the order in which they are made. */
struct rel_cut_findings {
	struct rel_cut_finding *items; /* malloc'd; texts in an arena */
	uint32_t count, cap, n_shown;
};

/* Append a copy. */
REL_MUST_CHECK int rel_cut_findings_add(struct rel_cut_findings *findings,
					struct rel_arena *arena,
					const struct rel_cut_finding *finding,
					struct rel_error *err);
/* Is one of them an error? */
bool rel_cut_findings_stop(const struct rel_cut_findings *findings);
/* Hand those that are new to callbacks->findings. */
void rel_cut_findings_show(struct rel_cut_findings *findings,
			   const struct rel_cut_callbacks *callbacks);

/* How an unfinished cut can end, where it cannot end either way. */
enum rel_cut_way {
	REL_CUT_WAY_BOTH,
	REL_CUT_WAY_ABORT,   /* going on cannot succeed */
	REL_CUT_WAY_REQUEST, /* going on may need --request */
};

struct rel_cut {
	const struct rel_cut_options *options;
	struct rel_arena arena;
	struct rel_journal journal;
	struct rel_cut_plan plan;
	struct rel_git_worktree *checkout;
	struct rel_git_head head;
	struct rel_project *project; /* at plan.base */
	const size_t *chosen;	     /* packages to release */
	size_t n_chosen;
	struct rel_bump bump;
	struct rel_str *texts; /* [n_chosen]: rel_cut_opam_text() */
	const struct rel_remote *development; /* in options->remotes */
	struct rel_writable *remote;	      /* it, for writing */
	struct rel_publisher *publisher;
	struct rel_gate gate; /* open when gate.stack */
	/* a train: manifests of those before, borrowed */
	const struct rel_loose_manifest *below;
	size_t n_below;
	/* the tag with its signature, made ahead; empty = not signed yet */
	struct rel_str signed_tag;
	enum rel_git_signature_kind sign_commit; /* how the commit is signed */
	bool may_sign;				 /* this run makes signatures */
	/* known after the step that makes them */
	struct rel_git_id commit, tag;
	struct rel_digest digests[2]; /* sha256, sha512 */
	uint64_t size;
	char *archive_path, *archive_name, *source_url;
	struct rel_cut_files *files; /* [n_chosen]; NULL = not read yet */
	struct rel_cut_required *required;
	size_t n_required;
	struct rel_publish_release release;
	struct rel_cut_manifest *manifests; /* [n_chosen] */
	const char *no_release;		    /* why the tag is of none */
	/* what speaks against the release, in the order in which it was found
	 */
	struct rel_cut_findings findings;
	/* of the step that has failed, and what to do after --abort */
	enum rel_cut_way way;
	const char *then;
};

/* printf into the cut's arena; NULL when out of memory. */
char *rel_cut_text(struct rel_cut *cut, const char *fmt, ...) REL_PRINTF(2, 3);
/* The step that fails now cannot be done by trying again; `then` is what to
 * do after --abort. */
static inline void rel_cut_give_up(struct rel_cut *cut, const char *then)
{
	cut->way = REL_CUT_WAY_ABORT;
	cut->then = then;
}
/* Tell of a step, vprintf-style. */
void rel_cut_callbacks_tell(const struct rel_cut_callbacks *callbacks,
			    enum rel_cut_step step, const char *fmt,
			    va_list args) REL_PRINTF(3, 0);
/* options->callbacks.tell, printf-style. */
void rel_cut_tell(const struct rel_cut *cut, enum rel_cut_step step,
		  const char *fmt, ...) REL_PRINTF(3, 4);
/* Add a finding, whose texts are copied; how severe it is follows from
 * options->strict, which minor ones do not heed, and release: strict: too. */
REL_MUST_CHECK int rel_cut_add_finding(struct rel_cut *cut,
				       const struct rel_cut_finding *finding,
				       struct rel_error *err);
/* The same about `line` (0 = none) of `path` in the source (may be NULL),
 * printf-style. */
REL_MUST_CHECK int rel_cut_find(struct rel_cut *cut,
				enum rel_cut_severity severity,
				const char *path, uint32_t line,
				struct rel_error *err, const char *fmt, ...)
    REL_PRINTF(6, 7);
static inline bool rel_cut_is_stopped(const struct rel_cut *cut)
{
	return rel_cut_findings_stop(&cut->findings);
}
static inline void rel_cut_show_findings(struct rel_cut *cut)
{
	rel_cut_findings_show(&cut->findings, &cut->options->callbacks);
}

/* Open checkout, journal and what the options name.  `lock`: to write. */
REL_MUST_CHECK int rel_cut_open(struct rel_cut *cut,
				const struct rel_cut_options *options,
				bool lock, struct rel_error *err);
void rel_cut_close(struct rel_cut *cut);

/* The plan into the journal's memory and back.
 * Errors  REL_EPARSE something is missing there; REL_ENOMEM */
REL_MUST_CHECK int rel_cut_plan_save(struct rel_cut *cut,
				     struct rel_error *err);
REL_MUST_CHECK int rel_cut_plan_load(struct rel_cut *cut,
				     struct rel_error *err);
/* Of the unfinished cut in the journal: the plan, what its steps have made,
 * and the project. */
REL_MUST_CHECK int rel_cut_resume(struct rel_cut *cut, struct rel_error *err);
/* What follows from the plan: the archive's name, the bump, the texts. */
REL_MUST_CHECK int rel_cut_derive(struct rel_cut *cut, struct rel_error *err);
/* From "a,b", which stays; "" = none. */
REL_MUST_CHECK int rel_cut_names_of(struct rel_cut_names *out,
				    struct rel_cut *cut, const char *text,
				    struct rel_error *err);
/* From and to the words of relctl.yml and the journal. */
bool rel_cut_sign_of(enum rel_git_signature_kind *out, const char *word);
const char *rel_cut_sign_name(enum rel_git_signature_kind kind);
/* The source's own objects. */
static inline struct rel_git_store *rel_cut_store(const struct rel_cut *cut)
{
	return rel_git_worktree_store(cut->checkout);
}
/* Of commit and tag. */
static inline struct rel_git_identity rel_cut_identity(
    const struct rel_cut *cut)
{
	return (struct rel_git_identity){.name = cut->plan.author.name,
					 .email = cut->plan.author.email,
					 .seconds = cut->plan.author.time,
					 .offset =
					     cut->plan.author.offset_minutes};
}
/* release: of relctl.yml; NULL = none. */
static inline const struct rel_conf_release *rel_cut_conf(
    const struct rel_cut *cut)
{
	return cut->options->conf ? &cut->options->conf->release : NULL;
}

/* preflight.c: fill in the plan; writes nothing. */
REL_MUST_CHECK int rel_cut_preflight(struct rel_cut *cut, bool *already,
				     struct rel_error *err);
/* tag.c: what the tag is called, and what stands there now. */
REL_MUST_CHECK int rel_cut_take_tag(struct rel_cut *cut, struct rel_error *err);
/* It may stand already, on what would be tagged. */
REL_MUST_CHECK int rel_cut_check_tag(struct rel_cut *cut,
				     struct rel_error *err);
/* gate.c: findings on packages deeper down in the source. */
REL_MUST_CHECK int rel_cut_judge_places(struct rel_cut *cut,
					struct rel_error *err);
/* commit.c: where commit and tag will be pushed, and that they can be. */
REL_MUST_CHECK int rel_cut_take_push(struct rel_cut *cut,
				     struct rel_error *err);
/* version.c: every package is newer than what is out; or, *already,
 * all of them are out. */
REL_MUST_CHECK int rel_cut_check_released(struct rel_cut *cut, bool *already,
					  struct rel_error *err);
/* version.c: plan.version, worked out when only a part of it was said; the
 * packages are chosen. */
REL_MUST_CHECK int rel_cut_take_version(struct rel_cut *cut,
					struct rel_error *err);
/* Is it called as versions are?  Sets no_release. */
REL_MUST_CHECK int rel_cut_check_version(struct rel_cut *cut,
					 struct rel_error *err);
/* Findings on how it is called. */
REL_MUST_CHECK int rel_cut_judge_version(struct rel_cut *cut,
					 struct rel_error *err);
/* Read the remotes for the gate, once. */
REL_MUST_CHECK int rel_cut_need_gate(struct rel_cut *cut,
				     struct rel_error *err);
/* Find the development remote among the options'. */
REL_MUST_CHECK int rel_cut_find_remote(struct rel_cut *cut,
				       struct rel_error *err);
/* Open it and the publisher for writing. */
REL_MUST_CHECK int rel_cut_open_remote(struct rel_cut *cut,
				       struct rel_error *err);
/* gate.c: ask the gate, tell what it finds. */
REL_MUST_CHECK int rel_cut_gate(struct rel_cut *cut, struct rel_error *err);
/*
 * extra_files.c: read the files that the manifests' extra-files: name, from
 * files/ beside each opam file; tell what is wrong with them.  What patches:
 * and substs: name goes into cut->required.
 */
REL_MUST_CHECK int rel_cut_read_files(struct rel_cut *cut,
				      struct rel_error *err);
/* The archive has this file: mark it in cut->required. */
void rel_cut_mark_required(struct rel_cut *cut, struct rel_str path);
/* archive.c: would the archive be refused?  Warns of watermarks that
 * nothing replaces, and marks cut->required. */
REL_MUST_CHECK int rel_cut_check_export(struct rel_cut *cut,
					struct rel_error *err);
/* gate.c: tell what is wrong with the manifests as they will stand
 * in the remote; after rel_cut_check_export(). */
REL_MUST_CHECK int rel_cut_check_manifests(struct rel_cut *cut,
					   struct rel_error *err);
/* Make cut->texts. */
REL_MUST_CHECK int rel_cut_take_texts(struct rel_cut *cut,
				      struct rel_error *err);
/* The text of chosen package `i` as the bump leaves it, with the flag of a
 * pre-release. */
struct rel_str rel_cut_opam_text(const struct rel_cut *cut, size_t i);
/* "packages/a/a.1/opam" */
char *rel_cut_manifest_path(struct rel_cut *cut, size_t i);
/* Make cut->manifests before anything is packed: with digests of zeros. */
REL_MUST_CHECK int rel_cut_plan_manifests(struct rel_cut *cut,
					  struct rel_error *err);
/* Make cut->manifests; all digests and addresses are known. */
REL_MUST_CHECK int rel_cut_make_manifests(struct rel_cut *cut,
					  struct rel_error *err);

/* What rel_git_worktree_commit() is to do; borrows from the cut. */
REL_MUST_CHECK int rel_cut_edits(struct rel_git_edit_request *out,
				 struct rel_cut *cut, struct rel_error *err);
/* "refs/tags/1.0"; NULL when out of memory. */
char *rel_cut_tag_ref(struct rel_cut *cut);
/* The text of the tag, without a signature. */
REL_MUST_CHECK int rel_cut_tag_text(struct rel_buf *out, struct rel_cut *cut,
				    struct rel_error *err);
/* cut->commit as the bump will make it, in a scratch repository (NULL when
 * nothing is bumped); rel_git_target_free(). */
REL_MUST_CHECK int rel_cut_predict_commit(struct rel_git_target **scratch,
					  struct rel_cut *cut,
					  struct rel_error *err);
/* Make commit, archive and manifests as the steps will, in memory.  `told`:
 * tell what they would be. */
REL_MUST_CHECK int rel_cut_predict_release(struct rel_cut *cut, bool told,
					   struct rel_error *err);
/* commit.c: would the push be refused? */
REL_MUST_CHECK int rel_cut_check_push(struct rel_cut *cut,
				      struct rel_error *err);
/*
 * remote.c: would a later step be refused?  Behind
 * rel_cut_predict_release().
 * online  ask also who is only asked when a release is made: the place of
 *         archives, and whether one may push
 */
REL_MUST_CHECK int rel_cut_check_writes(struct rel_cut *cut, bool online,
					struct rel_error *err);
/* How tag and commit are signed, by relctl.yml and git's configuration. */
REL_MUST_CHECK int rel_cut_take_sign(struct rel_cut *cut,
				     struct rel_error *err);
/* A tag that is there is signed as it should be; or a finding. */
REL_MUST_CHECK int rel_cut_judge_tag(struct rel_cut *cut,
				     struct rel_error *err);
/* Put the signature of the commit into plan.signature, once. */
REL_MUST_CHECK int rel_cut_sign_commit(struct rel_cut *cut,
				       struct rel_git_store *store,
				       const struct rel_git_commit *commit,
				       struct rel_error *err);
/* Sign the tag that will be made, before anything is written. */
REL_MUST_CHECK int rel_cut_sign_ahead(struct rel_cut *cut,
				      struct rel_error *err);
/* Append the signature, if one is asked for, to the text of the tag. */
REL_MUST_CHECK int rel_cut_sign(struct rel_buf *text, struct rel_cut *cut,
				struct rel_error *err);
/* For rel_pack_write(). */
struct rel_pack_options rel_cut_pack_options(struct rel_cut *cut,
					     struct rel_git_store *store);
/* Pack what rel_cut_predict_commit() made, with its `scratch`, and note digests
 * and size in the cut.  path  of the archive; NULL = nowhere */
REL_MUST_CHECK int rel_cut_pack_predicted(struct rel_pack_result *out,
					  struct rel_cut *cut,
					  struct rel_git_target *scratch,
					  const char *path,
					  struct rel_error *err);
/* Borrows from the cut; without the notes of the release. */
REL_MUST_CHECK int rel_cut_published(struct rel_publish_archive *out,
				     struct rel_cut *cut,
				     struct rel_error *err);
/* notes.c: what speaks against the change log. */
REL_MUST_CHECK int rel_cut_take_notes(struct rel_cut *cut,
				      struct rel_error *err);
/* Put into cut->bump that headings get their date, if they are to. */
REL_MUST_CHECK int rel_cut_date_changelog(struct rel_cut *cut,
					  struct rel_error *err);
/* Is the version one before a release, as 1.1~rc1 is, and 1.1-rc1 is meant to
 * be? */
bool rel_cut_is_prerelease(const struct rel_cut *cut);
/* The notes: those that were given, or the entry of the change log; empty when
 * it has none. */
REL_MUST_CHECK int rel_cut_notes(struct rel_str *out, struct rel_cut *cut,
				 struct rel_error *err);
/* The same in `limit` characters (0 = any number), the rest as a link. */
REL_MUST_CHECK int rel_cut_short_notes(struct rel_str *out, struct rel_cut *cut,
				       size_t limit, struct rel_error *err);
/* Options for git's network. */
struct rel_git_fetch_options rel_cut_fetch_options(const struct rel_cut *cut);

/* remote.c: put into the plan that a request is wanted, if it is. */
REL_MUST_CHECK int rel_cut_take_request(struct rel_cut *cut,
					struct rel_error *err);
/* Are the tokens of later steps at hand, before anything is written? */
REL_MUST_CHECK int rel_cut_ready(struct rel_cut *cut, struct rel_error *err);

#define REL_CUT_COMPANIONS 2
/* companions.c: append what changes beside the manifests, at most
 * REL_CUT_COMPANIONS; what puts it back in a directory; and, at the end, forget
 * about it. */
REL_MUST_CHECK int rel_cut_add_companions(struct rel_change *changes, size_t *n,
					  struct rel_cut *cut,
					  struct rel_error *err);
/* Errors  REL_EREFUSED the ledger says that a version is withdrawn */
REL_MUST_CHECK int rel_cut_check_withdrawn(struct rel_cut *cut,
					   struct rel_error *err);
/* Tell which lines of them a release adds and removes. */
REL_MUST_CHECK int rel_cut_tell_companions(struct rel_cut *cut,
					   struct rel_error *err);
/* Can they be changed as the release changes them? */
REL_MUST_CHECK int rel_cut_check_companions(struct rel_cut *cut,
					    struct rel_error *err);
REL_MUST_CHECK int rel_cut_restore_companions(struct rel_change *changes,
					      size_t *n, struct rel_cut *cut,
					      struct rel_error *err);
REL_MUST_CHECK int rel_cut_forget_companions(struct rel_cut *cut,
					     struct rel_error *err);

/* trial.c: is there something to try? */
bool rel_cut_has_trial(const struct rel_cut *cut);
/* Is opam there, if it is wanted?  Errors  REL_ENOTFOUND it is not */
REL_MUST_CHECK int rel_cut_trial_ready(const struct rel_cut *cut,
				       struct rel_error *err);
/* Tell what would be run. */
void rel_cut_tell_trial(const struct rel_cut *cut);

/*
 * The steps.  Each is called with its section of the journal in the state
 * "begun" on disk; what it sets there is saved when it returns 0.  Each may
 * have been begun before.
 */
typedef int rel_cut_step_fn(struct rel_cut *cut, struct rel_error *err);
rel_cut_step_fn rel_cut_trial, rel_cut_bump, rel_cut_tag, rel_cut_pack,
    rel_cut_publish, rel_cut_push, rel_cut_write, rel_cut_request,
    rel_cut_check;

/* And back, in the other direction; each is fine with what never happened. */
rel_cut_step_fn rel_cut_revert_trial, rel_cut_revert_bump, rel_cut_revert_tag,
    rel_cut_revert_pack, rel_cut_revert_publish, rel_cut_revert_push,
    rel_cut_revert_write;

/*
 * amend_text.c: append what the manifest `old` becomes; all that is not changed
 * stays byte for byte. path    of the manifest, for messages Errors  REL_EPARSE
 * with path, line and column; REL_EREFUSED a field that must stay as it was
 * published would change; REL_EUSAGE
 */
REL_MUST_CHECK int rel_amend_text(struct rel_buf *out, struct rel_str old,
				  const char *path,
				  const struct rel_amend_options *options,
				  struct rel_error *err);

/* Variables of the environment beside those of every trial. */
#define REL_TRIAL_ENV 16

struct rel_trial {
	struct rel_cut *cut;
	const char *root;    /* of all that is temporary */
	const char *archive; /* the packed release, in it */
	const char *source;  /* where it is unpacked … */
	const char *home;    /* … its top directory: where commands run */
	int log;	     /* of the check at hand */
	const char *log_path;
	const char *env[REL_TRIAL_ENV]; /* "KEY=VALUE" or "KEY" to unset */
};

/* Run a command in t->home, its output into the log. */
REL_MUST_CHECK int rel_trial_run(int *status, struct rel_trial *t,
				 const char *const argv[],
				 struct rel_error *err);
/*
 * The same, told as `title`; a failure is a finding with the last lines of the
 * output.
 * Errors  REL_ENOTFOUND no such program; REL_ELIMIT endless output
 */
REL_MUST_CHECK int rel_trial_command(bool *good, struct rel_trial *t,
				     const char *title,
				     const char *const argv[],
				     struct rel_error *err);
/* trial.c: install the release with opam, in a root of its own. */
REL_MUST_CHECK int rel_trial_opam(struct rel_trial *t, struct rel_error *err);

/* Texts are borrowed from the stack. */
struct rel_released {
	uint32_t n_versions;	    /* visible ones; 0 = a new package */
	struct rel_str newest;	    /* in the order of opam; empty = none */
	const char *newest_remote;  /* name of the remote that has it */
	bool newest_in_development; /* that remote's role */
	/* Visible version that compares equal to the new one, perhaps in other
	 * words (1.0 and 1.00); UINT32_MAX = none. */
	uint32_t equal; /* entry of the stack */
	bool taken;	/* … and in the same words */
};

/* Look up a package; never fails, a name nobody has is a new package. */
void rel_released_find(struct rel_released *out, const struct rel_stack *stack,
		       struct rel_str name, struct rel_str version);

/*
 * May `name`.`version` be released?
 * older    a version older than the newest is fine (maintenance release)
 * Errors   REL_EUSAGE no valid version; older than the newest one, or equal to
 *          one in other words.  REL_EEXISTS the same version is taken; whether
 *          its bytes are the same is for the caller to look at.
 */
REL_MUST_CHECK int rel_released_check(const struct rel_released *released,
				      const struct rel_stack *stack,
				      struct rel_str name,
				      struct rel_str version, bool older,
				      struct rel_error *err);

/* Has the package a version that begins like `version` (numbering.h): with the
 * same letter, before a digit or not; or with a digit, too? */
bool rel_released_begins_like(const struct rel_stack *stack,
			      struct rel_str name, struct rel_str version);

/* Characters, not bytes, of UTF-8. */
size_t rel_notes_length(struct rel_str notes);

/*
 * Append as much of the notes as leaves room for `rest`, a line that says
 * where the rest is, in `limit` characters; all of them when they fit.  They
 * end with a paragraph, or a line, and no open block of code.
 * limit   0 = there is none; else at least twice as many as `rest` has
 */
int rel_notes_shorten(struct rel_buf *out, struct rel_str notes, size_t limit,
		      struct rel_str rest);

/* Append the notes as the message of a tag: a line that git would take for
 * the start of a signature is set in. */
int rel_notes_add_message(struct rel_buf *out, struct rel_str notes);

#endif
