/*
 * The files with which a directory becomes a remote over plain HTTP:
 * index.tar.gz, urls.txt and the stamp in `repo`; what `opam admin index`
 * makes, but the same bytes from the same content everywhere.
 *
 * The archive holds `packages` with all below, `repo` and `version`, sorted;
 * names that start with ".git" are left out and symbolic links below packages/
 * followed, as opam's tar does, but not out of the directory; the files beside
 * packages/ are no links.  Owner 0; files 0644,
 * executables and directories 0755; one time for all: that of the commit, or
 * 1980 outside of git.
 * Source  opam 2.1 src/client/opamAdminCommand.ml, index_command;
 *         src/repository/opamHTTP.ml, make_index_tar_gz
 */
#ifndef REL_RELEASE_INDEX_H
#define REL_RELEASE_INDEX_H

#include "base/cancel.h"
#include "base/progress.h"
#include "digest/digest.h"

/* Digits of a stamp that is a digest; a commit's has as many. */
#define REL_INDEX_STAMP_DIGITS 40

struct rel_index_options {
	const char *dir; /* with packages/ */
	/* For `stamp:` in `repo`.  NULL: the commit of a git checkout, else a
	 * digest of what is indexed. */
	const char *stamp;
	bool keep_repo; /* leave the file `repo` as it is */
	bool no_urls;	/* no urls.txt */
	const struct rel_progress *progress; /* may be NULL */
	const struct rel_cancel *cancel;     /* may be NULL */
};

struct rel_index_result {
	uint64_t files, packages; /* of the archive; files named opam */
	uint64_t size;		  /* of index.tar.gz, in bytes */
	struct rel_digest sha256; /* of index.tar.gz */
	char stamp[256];	  /* "" = `repo` was left alone */
	bool changed;		  /* some file has other bytes than before */
};

/*
 * Write them into options->dir, under the lock that changes of the remote take
 * (repo/change.h); what a killed run left there goes first.  A file that has
 * the right bytes already is not touched; index.tar.gz is replaced last, so
 * that a client never gets one that is newer than the rest. Errors
 * REL_ENOTFOUND no packages/; REL_EPARSE `repo`, with line and column; REL_EIO
 * disk full, a link out of the directory, dangling or in a circle, or where one
 * of the files should be; REL_EPARSE a name that no archive can have;
 * REL_ELIMIT; REL_ECANCELLED.  After an error everything is as before.
 */
REL_MUST_CHECK int rel_index_write(struct rel_index_result *out,
				   const struct rel_index_options *options,
				   struct rel_error *err);

#endif
