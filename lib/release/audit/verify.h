/*
 * Does a published archive hold what its source repository has under the
 * release's tag?  The archive is fetched, compared with the tagged tree, and
 * packed anew.
 */
#ifndef REL_RELEASE_VERIFY_H
#define REL_RELEASE_VERIFY_H

#include "git/remote.h"
#include "git/sign.h"
#include "release/audit/obtain.h"
#include "release/cut/pack.h"

enum rel_verify_outcome {
	/* relctl makes the same bytes of the tag */
	REL_VERIFY_IDENTICAL,
	/* the same files, links and executable bits, but another order, other
	 * times or owners, or another compressor */
	REL_VERIFY_RECOMPRESSED,
	REL_VERIFY_DIFFERENT, /* the content differs */
};

/* "identical", "recompressed", "different" */
const char *rel_verify_outcome_name(enum rel_verify_outcome outcome);

struct rel_verify_request {
	struct rel_str name, version;
	/* The published manifest and the legacy file `url` (ptr NULL = there is
	 * none). */
	struct rel_str manifest, url;
	const char *path; /* of it, for messages */
	/* Repository of the source, as rel_git_fetch() takes it; NULL = the
	 * manifest's dev-repo. */
	const char *source;
	const char *tag;	 /* NULL = found, see rel_verify() */
	const char *tag_pattern; /* of relctl.yml; may be NULL */
	struct rel_obtain_options obtain;
	/* cache_dir, offline, interactive, progress, cancel; `revision` is not
	 * looked at. */
	struct rel_git_fetch_options fetch;
};

/* Zero-initialise; release with rel_verify_result_free(). */
struct rel_verify_result {
	enum rel_verify_outcome outcome;
	struct rel_obtained archive;
	/* The archive is not what the manifest promises: why; else NULL.  It
	 * has been compared with the tag all the same. */
	char *wrong_sum;
	char *source; /* without credentials */
	char *tag;    /* NULL = there is none: the manifest's x-commit-hash */
	struct rel_git_id commit;
	/* The manifest's x-commit-hash, when it is not `commit`; else NULL. */
	char *other_commit;
	struct rel_pack_report report;
	/* With the watermarks of the tag replaced (release/source/watermark.h).
	 */
	bool watermarks;
	struct rel_pack_result rebuilt;	       /* unless DIFFERENT */
	struct rel_git_verification signature; /* when there is a tag */
};

/* Fine on a zeroed struct. */
void rel_verify_result_free(struct rel_verify_result *result);

/* The tag object was made under another name: its signature says nothing of
 * this one. */
bool rel_verify_is_renamed(const struct rel_verify_result *result);

/* What the result says against the release: a wrong checksum, other content, a
 * signature that is bad, or a tag object of another name. */
bool rel_verify_is_finding(const struct rel_verify_result *result);

/*
 * Verify one release.
 * The tag, unless it is given: that of request->tag_pattern, else the first of
 * VERSION, vVERSION, NAME-VERSION, NAME.VERSION that the source has ("~" is
 * "_" in a tag, see release/source/tagname.h); without any, the commit of the
 * manifest's x-commit-hash.
 * Errors  REL_ECHECKSUM the archive is not what the manifest promises, and
 *         cannot be compared with the tag either;
 *         REL_EUSAGE the manifest has no archive or no dev-repo in git;
 *         REL_ENOTFOUND no such archive, repository or tag; those of
 *         rel_obtain(), rel_git_fetch(), rel_pack_check()
 */
REL_MUST_CHECK int rel_verify(struct rel_verify_result *out,
			      const struct rel_verify_request *request,
			      struct rel_error *err);

#endif
