/*
 * Scaffolding: relctl.yml and the workflow of a CI system, for a source
 * project or for a development remote.
 *
 *	rel_scaffold_look()	what there is, and what follows from it
 *	(the caller fills in what it knows better)
 *	rel_scaffold_plan()	the files, in memory
 *	rel_scaffold_write()	all of them, or none
 *
 * May use  the modules up to release.  Owns the templates (template.h).
 */
#ifndef REL_SCAFFOLD_SCAFFOLD_H
#define REL_SCAFFOLD_SCAFFOLD_H

#include "base/arena.h"
#include "base/buf.h"

/* Names of CI systems, blank-separated. */
#define REL_SCAFFOLD_CI "github gitlab forgejo woodpecker"
/* Where upstream is when nobody says otherwise: opam's own default. */
#define REL_SCAFFOLD_UPSTREAM "https://opam.ocaml.org"

struct rel_scaffold_facts {
	/* Top of the checkout, or the directory; absolute. */
	const char *root;
	/* Both may hold, and neither. */
	bool is_project, is_remote;
	const char *name;     /* of the project or remote */
	const char *packages; /* "foo, foo-lwt"; "" = not known */
	/* Why packages could not be read: what a release would say; "" = no
	 * trouble. */
	const char *trouble;
	const char *origin;	 /* URL without credentials; "" = none */
	const char *origin_host; /* of it; "" = none, or on this disk */
	const char *ci;		 /* one of REL_SCAFFOLD_CI; NULL = not known */
	const char *ci_because;	 /* the reason: "origin is on github.com" */
	/* Where releases of a project may go: "opam-repository" of the same
	 * owner.  NULL = no idea. */
	const char *development;
	const char *tag;    /* pattern that most tags follow: "v{version}" */
	bool has_changelog; /* a file of one of the usual names */
	struct rel_arena arena; /* all texts live here */
};

/*
 * Look at `directory` and, when it is in a checkout, at the whole of that.
 * Errors  REL_EUSAGE a bare repository or inside .git; REL_ENOTFOUND no such
 *         directory; REL_EIO git's words
 * Owner   rel_scaffold_facts_free(), also after a failure
 */
REL_MUST_CHECK int rel_scaffold_look(struct rel_scaffold_facts *out,
				     const char *directory,
				     struct rel_error *err);
void rel_scaffold_facts_free(struct rel_scaffold_facts *facts);

/* All borrowed. */
struct rel_scaffold_choice {
	bool remote;		 /* for a remote; else for a project */
	const char *ci;		 /* NULL = no workflow */
	const char *development; /* location; of a project only */
	const char *upstream;	 /* location */
	/* Where a workflow gets relctl: "GIT-URL" or "GIT-URL#REVISION"; "" =
	 * it has to be filled in. */
	const char *source;
};

struct rel_scaffold_file {
	const char *path; /* below the root */
	struct rel_str text;
	bool exists; /* there is such a file, with other content */
	bool same;   /* with this content: nothing to write */
};

#define REL_SCAFFOLD_FILES 3

struct rel_scaffold_plan {
	struct rel_scaffold_file files[REL_SCAFFOLD_FILES];
	size_t n_files;
	/* What the user still has to do, a line each. */
	struct rel_buf todo;
	struct rel_arena arena; /* texts live here */
};

/*
 * Fill the templates in.  relctl.yml has been read back by lib/conf.
 * Errors  REL_EUSAGE a location that is none, or holds a password;
 *         REL_EEXISTS a file in the way that would change what the CI system
 *         reads; REL_ENOTFOUND no such path; REL_EIO
 * Owner   rel_scaffold_plan_free(), also after a failure; borrows the facts
 */
REL_MUST_CHECK int rel_scaffold_plan(struct rel_scaffold_plan *out,
				     const struct rel_scaffold_facts *facts,
				     const struct rel_scaffold_choice *choice,
				     struct rel_error *err);
void rel_scaffold_plan_free(struct rel_scaffold_plan *plan);

/*
 * Write the files: each is made beside its place first, then all are put in
 * place, relctl.yml last; when that fails, those before it are as they were.
 * force   replace files that have other content
 * Errors  REL_EEXISTS there are such files and no `force`: nothing is written;
 *         REL_EIO
 */
REL_MUST_CHECK int rel_scaffold_write(const struct rel_scaffold_plan *plan,
				      const char *root, bool force,
				      struct rel_error *err);

#endif
