/*
 * A cut at work: what its steps share.  Internal to lib/release.
 */
#ifndef REL_RELEASE_CUT_WORK_H
#define REL_RELEASE_CUT_WORK_H

#include <stdarg.h>

#include "git/checkout.h"
#include "git/target.h"
#include "publish/publish.h"
#include "release/cut/cut.h"
#include "release/cut/journal.h"
#include "release/cut/pack.h"
#include "release/source/bump.h"

/*
 * What was decided, as the journal's section "plan" has it.  All of it is
 * settled before anything is written.
 */
struct rel_cut_plan {
	const char *packages; /* comma-separated */
	const char *left_out; /* the same: packages not for release */
	const char *version;
	const char *name;   /* of archive and tag: package or project */
	const char *base;   /* commit that was looked at, 40 digits */
	const char *branch; /* "refs/heads/main" */
	const char *tag;
	const char *tag_found; /* object of a tag that was there, or "" */
	const char *archive;   /* "tbz", … */
	const char *sign;
	const char *signature;	   /* of the commit, "|" between lines; or "" */
	const char *time, *offset; /* UTC seconds; minutes */
	const char *author, *email; /* and committer, and tagger */
	const char *remote;	    /* development remote: name … */
	const char *location;	    /* … and location as given */
	const char *review;	    /* its branch to write, or "" */
	const char *push_remote;    /* source's remote, or "" */
	const char *upstream;	    /* branch there, in full */
	const char *upstream_was;   /* commit there, or "" */
	const char *no_changelog, *allow_broken; /* "yes" or "no" */
	const char *notes; /* instead of the change log's, encoded; or "" */
	const char *avoid; /* "yes": opam is not to install it unasked */
	const char *older; /* "yes": than what is out */
	const char *date_changelog; /* "yes": the bump does */
	const char *request;	    /* "yes": for `review`; or "no" */
	const char *watermarks; /* "yes": replaced in the archive; or "no" */
	const char *trial;	/* "yes": relctl.yml has checks; or "no" */
	const char *push_first; /* "yes": before publishing; or "no" */
	const char *broken;	/* what was allowed, or "" */
	const char *tip;	/* of the remote when the gate looked, or "" */
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
struct rel_cut_wanted {
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
	struct rel_git_checkout *checkout;
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
	struct rel_change_author author;
	/* the tag with its signature, made ahead; empty = not signed yet */
	struct rel_str signed_tag;
	/* how the commit is signed: "none", … */
	const char *sign_commit;
	bool may_sign; /* this run makes signatures */
	/* known after the step that makes them */
	struct rel_git_id base, commit, tag;
	struct rel_digest digests[2]; /* sha256, sha512 */
	uint64_t size;
	char *archive_path, *archive_name, *source_url;
	struct rel_cut_files *files; /* [n_chosen]; NULL = not read yet */
	struct rel_cut_wanted *wanted;
	size_t n_wanted;
	struct rel_publish_release release;
	struct rel_cut_manifest *manifests; /* [n_chosen] */
	const char *no_release;		    /* why the tag is of none */
	bool stopped;			    /* there were findings */
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
void rel_cut_voice_tell(const struct rel_cut_voice *voice,
			enum rel_cut_step step, const char *fmt, va_list args)
    REL_PRINTF(3, 0);
/* options->voice.tell, printf-style. */
void rel_cut_tell(const struct rel_cut *cut, enum rel_cut_step step,
		  const char *fmt, ...) REL_PRINTF(3, 4);
/* options->voice.finding; marks the cut as stopped, unless it is a warning and
 * neither options->strict, which minor ones do not heed, nor release: strict:
 * is set. */
void rel_cut_add_finding(struct rel_cut *cut,
			 const struct rel_cut_finding *finding);
/* A warning about `line` (0 = none) of `path` in the source (may be NULL). */
void rel_cut_warn(struct rel_cut *cut, const char *path, uint32_t line,
		  const char *fmt, ...) REL_PRINTF(4, 5);

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
/* What follows from the plan: ids, author, project, bump. */
REL_MUST_CHECK int rel_cut_settle(struct rel_cut *cut, struct rel_error *err);
/* release: of relctl.yml; NULL = none. */
static inline const struct rel_conf_release *rel_cut_conf(
    const struct rel_cut *cut)
{
	return cut->options->conf ? &cut->options->conf->release : NULL;
}
static inline bool rel_cut_says(const char *yes)
{
	return yes && strcmp(yes, "yes") == 0;
}

/* cut_look.c: fill in the plan; writes nothing. */
REL_MUST_CHECK int rel_cut_look(struct rel_cut *cut, bool *already,
				struct rel_error *err);
/* cut_look_tag.c: what the tag is called, and what stands there now. */
REL_MUST_CHECK int rel_cut_take_tag(struct rel_cut *cut, struct rel_error *err);
/* It may stand already, on what would be tagged. */
REL_MUST_CHECK int rel_cut_check_tag(struct rel_cut *cut,
				     struct rel_error *err);
/* cut_place.c: findings on packages deeper down in the source. */
REL_MUST_CHECK int rel_cut_judge_places(struct rel_cut *cut,
					struct rel_error *err);
/* cut_branch.c: may it be released from there?
 * Errors  REL_EEXISTS no, with the remedy; as rel_git_fetch() */
REL_MUST_CHECK int rel_cut_check_branch(struct rel_cut *cut,
					struct rel_error *err);
/* Where commit and tag will be pushed, and that they can be. */
REL_MUST_CHECK int rel_cut_take_push(struct rel_cut *cut,
				     struct rel_error *err);
/* cut_look_released.c: every package is newer than what is out; or, *already,
 * all of them are out. */
REL_MUST_CHECK int rel_cut_check_released(struct rel_cut *cut, bool *already,
					  struct rel_error *err);
/* cut_version.c: plan.version, worked out when only a part of it was said; the
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
/* cut_gate.c: ask the gate, tell what it finds. */
REL_MUST_CHECK int rel_cut_gate(struct rel_cut *cut, struct rel_error *err);
/*
 * cut_files.c: read the files that the manifests' extra-files: name, from
 * files/ beside each opam file; tell what is wrong with them.  What patches:
 * and substs: name goes into cut->wanted.
 */
REL_MUST_CHECK int rel_cut_read_files(struct rel_cut *cut,
				      struct rel_error *err);
/* The archive has this file: mark it in cut->wanted. */
void rel_cut_mark_wanted(struct rel_cut *cut, struct rel_str path);
/* cut_export.c: would the archive be refused?  Warns of watermarks that
 * nothing replaces, and marks cut->wanted. */
REL_MUST_CHECK int rel_cut_check_export(struct rel_cut *cut,
					struct rel_error *err);
/* cut_manifests.c: tell what is wrong with the manifests as they will stand
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

/* What rel_git_checkout_commit() is to do; borrows from the cut. */
REL_MUST_CHECK int rel_cut_edits(struct rel_git_edit_request *out,
				 struct rel_cut *cut, struct rel_error *err);
/* The text of the tag, without a signature. */
REL_MUST_CHECK int rel_cut_tag_text(struct rel_buf *out, struct rel_cut *cut,
				    struct rel_error *err);
/* cut->commit as the bump will make it, in a scratch repository (NULL when
 * nothing is bumped); rel_git_target_free(). */
REL_MUST_CHECK int rel_cut_foresee(struct rel_git_target **scratch,
				   struct rel_cut *cut, struct rel_error *err);
/* Make commit, archive and manifests as the steps will, in memory.  `told`:
 * tell what they would be. */
REL_MUST_CHECK int rel_cut_foresee_release(struct rel_cut *cut, bool told,
					   struct rel_error *err);
/*
 * cut_preflight.c: would a later step be refused?  Behind
 * rel_cut_foresee_release().
 * online  ask also who is only asked when a release is made: the place of
 *         archives, and whether one may push
 */
REL_MUST_CHECK int rel_cut_preflight(struct rel_cut *cut, bool online,
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
REL_MUST_CHECK int rel_cut_pack_request(struct rel_pack_request *out,
					struct rel_cut *cut,
					struct rel_git_store *store,
					struct rel_error *err);
/* Pack what rel_cut_foresee() made, with its `scratch`, and note digests and
 * size in the cut.  path  of the archive; NULL = nowhere */
REL_MUST_CHECK int rel_cut_pack_foreseen(struct rel_pack_result *out,
					 struct rel_cut *cut,
					 struct rel_git_target *scratch,
					 const char *path,
					 struct rel_error *err);
/* Borrows from the cut; without the notes of the release. */
REL_MUST_CHECK int rel_cut_published(struct rel_publish_archive *out,
				     struct rel_cut *cut,
				     struct rel_error *err);
/* cut_notes.c: what speaks against the change log. */
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

/* cut_request.c: put into the plan that a request is wanted, if it is. */
REL_MUST_CHECK int rel_cut_take_request(struct rel_cut *cut,
					struct rel_error *err);
/* Are the tokens of later steps at hand, before anything is written? */
REL_MUST_CHECK int rel_cut_ready(struct rel_cut *cut, struct rel_error *err);

#define REL_CUT_SIDES 2
/* cut_side.c: append what changes beside the manifests, at most REL_CUT_SIDES;
 * what puts it back in a directory; and, at the end, forget about it. */
REL_MUST_CHECK int rel_cut_add_sides(struct rel_change *changes, size_t *n,
				     struct rel_cut *cut,
				     struct rel_error *err);
/* Errors  REL_EEXISTS the ledger says that a version is withdrawn */
REL_MUST_CHECK int rel_cut_check_withdrawn(struct rel_cut *cut,
					   struct rel_error *err);
/* Tell which lines of them a release adds and removes. */
REL_MUST_CHECK int rel_cut_tell_sides(struct rel_cut *cut,
				      struct rel_error *err);
/* Can they be changed as the release changes them? */
REL_MUST_CHECK int rel_cut_check_sides(struct rel_cut *cut,
				       struct rel_error *err);
REL_MUST_CHECK int rel_cut_restore_sides(struct rel_change *changes, size_t *n,
					 struct rel_cut *cut,
					 struct rel_error *err);
REL_MUST_CHECK int rel_cut_forget_sides(struct rel_cut *cut,
					struct rel_error *err);

/* cut_trial.c: is there something to try? "yes" or "no". */
const char *rel_cut_trial_wanted(const struct rel_cut *cut);
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
rel_cut_step_fn rel_cut_untrial, rel_cut_unbump, rel_cut_untag, rel_cut_unpack,
    rel_cut_unpublish, rel_cut_unpush, rel_cut_unwrite;

#endif
