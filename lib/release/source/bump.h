/*
 * Version strings of a source, put to the version of a release where they
 * stand.  Sites, at the top of the tree unless said otherwise:
 *
 *	site					whose version
 *	`version:` in the opam file		the package's
 *	(version …) in a (package …) of		the package's
 *	  dune-project
 *	(version …) of dune-project		that of all packages without one
 *						of their own
 *	dune-project beside an opam file	the same, of the packages there
 *	  deeper down
 *	version = "…" in META files: META.PKG	the package's
 *	  at the top, META in PKG/, lib/PKG/,
 *	  src/PKG/; META there and in pkg/,
 *	  src/, lib/				the project's
 *	Version: in _oasis			the project's
 *	the first line of VERSION		the project's
 *	release: version-files: of relctl.yml	the package's where the path or
 *						pattern has {name}, else the
 *						project's
 *
 * Only a version that stands there is replaced, none is added; one that a
 * tool fills in later (%%VERSION%%, @VERSION@, $(VERSION)) is left alone.  A
 * release of some of the packages must not change what the others are called:
 * a site of the project that has another version is then an error.  Packages
 * that are not for release get the version of all others when these are
 * released together.
 */
#ifndef REL_RELEASE_BUMP_H
#define REL_RELEASE_BUMP_H

#include "conf/conf.h"
#include "release/source/project.h"

struct rel_bump_edit {
	const char *path;	/* from the top of the tree */
	struct rel_str content; /* the whole new file */
	struct rel_str was;	/* the version there before … */
	struct rel_str now;	/* … and after */
	enum rel_git_kind kind; /* BLOB or EXECUTABLE, as it was */
};

/* Zero-initialise; everything lives in the project's arena. */
struct rel_bump {
	struct rel_bump_edit *edits; /* by path, one a file */
	size_t count;		     /* 0 = nothing to change */
};

/*
 * Find what to change so that the packages have the version.
 * packages  indices as rel_project_select() gives them
 * release   patterns; NULL = none
 * Errors    REL_EUSAGE a site of the whole project while only some packages
 *           are released; REL_ENOTFOUND a version file of relctl.yml that is
 *           not there or in which its pattern is not found; REL_EPARSE a file
 *           that is not of its form, with path, line and column; REL_ELIMIT;
 *           REL_EIO; REL_ENOMEM
 */
REL_MUST_CHECK int rel_bump_find(struct rel_bump *out,
				 struct rel_project *project,
				 const size_t *packages, size_t n_packages,
				 struct rel_str version,
				 const struct rel_conf_release *release,
				 struct rel_error *err);

/* Bytes of a file that are to be others. */
struct rel_bump_site {
	const char *path;
	size_t start, end; /* in the file as the project's tree has it */
	struct rel_str text;
	struct rel_str was, now; /* of the edit, in few words */
};

/*
 * Add one more change, to a file that may have been changed already.
 * Errors  REL_EUSAGE it was, at the same place; as rel_bump_find()
 */
REL_MUST_CHECK int rel_bump_replace(struct rel_bump *bump,
				    struct rel_project *project,
				    const struct rel_bump_site *site,
				    struct rel_error *err);

#endif
