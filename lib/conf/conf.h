/*
 * relctl.yml: which remotes there are, in which environments they are
 * checked, how releases are cut.  See relctl.yml(5).
 *
 * A mistake is an error with file, line and column and what to write
 * instead: unknown and repeated keys, values of the wrong type, two remotes
 * or environments of one name.  YAML is used plainly: no anchors, aliases,
 * tags or further documents; a number is the text that stands there (4.10 is
 * not 4.1), and only true and false are booleans.
 */
#ifndef REL_CONF_CONF_H
#define REL_CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#define REL_CONF_FILE "relctl.yml"

struct rel_conf_remote {
	const char *name;      /* unique; [A-Za-z0-9._+-] */
	const char *role;      /* "development", "upstream"; NULL = not said */
	const char *url;       /* as rel_location_parse() takes it */
	uint32_t line, column; /* of the entry, from 1 */
};

/* An opam variable. */
struct rel_conf_value {
	const char *name;
	const char *text; /* "true" or "false" when boolean */
	bool boolean;
};

struct rel_conf_environment {
	const char *name;		     /* unique; no blank or comma */
	const struct rel_conf_value *values; /* in the file's order */
	size_t n_values;
	const char *const *ocaml; /* pinned compilers, one environment each */
	size_t n_ocaml;		  /* 0 = compilers are free to choose */
	uint32_t line, column;
};

/* A file of the source with a version in it. */
struct rel_conf_version_file {
	const char *path;      /* a safe one, from the top; may hold "{name}" */
	const char *pattern;   /* text around one "{version}", perhaps with
				* "{name}"; NULL = the first line is it */
	uint32_t line, column; /* of the entry, from 1 */
};

/* Patterns of which one must match. */
struct rel_conf_globs {
	const char *const *items;
	size_t count;  /* 0 = nothing is said */
	uint32_t line; /* of the key, from 1 */
};

/* What is tried with a release before it is made. */
struct rel_conf_check {
	bool opam;		 /* install it with opam; else the command: */
	const char *const *argv; /* NULL at its end */
};

/* What becomes of watermarks, %%VERSION%% and the like, in an archive. */
enum rel_conf_watermarks {
	REL_CONF_WATERMARKS_WARN,    /* they stay, with a warning */
	REL_CONF_WATERMARKS_LEAVE,   /* they stay */
	REL_CONF_WATERMARKS_REPLACE, /* they are replaced */
};

/* What is not said is NULL. */
struct rel_conf_release {
	const char *name;    /* of the project; [A-Za-z0-9._+-] */
	const char *archive; /* "tbz" "tar.gz" "tar.xz" "tar.zst" */
	const char *tag;     /* holds "{version}" once */
	const char *sign;    /* "none" "ssh" "gpg" */
	/* a safe path from the top of the source; may hold "{name}" */
	const char *changelog;
	bool no_changelog;   /* changelog: false */
	bool never_avoid;    /* avoid-version: never */
	bool date_changelog; /* a cut dates the heading "Unreleased" */
	const struct rel_conf_version_file *version_files;
	size_t n_version_files;
	enum rel_conf_watermarks watermarks;
	const struct rel_conf_check *checks;
	size_t n_checks;
	bool strict; /* warnings of a cut stop it */
	/* Names of packages, or, of a glob with a slash, paths of opam files:
	 * which are for release (none = all), and which of those are not. */
	struct rel_conf_globs packages, exclude;
	/* Branches to release from, without refs/heads/; none = any. */
	struct rel_conf_globs branches;
};

struct rel_conf_publish {
	/* "mirror" "put" "s3" "github" "gitlab" "forgejo", or NULL */
	const char *kind;
	/* of a mirror; `dir` excludes `remote` and `branch` */
	const char *dir;    /* path; a relative one starts at `directory` */
	const char *remote; /* name of a remote, or a location */
	const char *branch; /* of that remote */
	const char *url;    /* http(s):// or file://, no slash at its end */
	/* of put: where to write, http(s)://, no slash at its end; NULL = url
	 */
	const char *upload;
	/* of s3; only `bucket` is there for sure */
	const char *bucket, *region;
	const char *endpoint;	/* http(s)://, no slash at its end */
	const char *prefix;	/* a safe relative path */
	const char *path_style; /* "true" "false", or NULL */
	/* of all but a mirror: path; a relative one starts at `directory` */
	const char *secret_file;
	/* of a forge: "owner/name" or an http(s) address; its API's address;
	 * neither ends with a slash */
	const char *repository, *api;
};

/* The forge on which changes of the development remote are asked for. */
struct rel_conf_request {
	const char *kind; /* "github" "gitlab" "forgejo", or NULL */
	/* as in struct rel_conf_publish */
	const char *repository, *api, *secret_file;
};

/* Where a text is in the file, from 1. */
struct rel_conf_place {
	uint32_t line, column;
};

/* Packages that must be installable together. */
struct rel_conf_target {
	const char *const *packages;	     /* names, or name.version */
	size_t n_packages;		     /* at least 1 */
	const struct rel_conf_place *places; /* [n_packages] */
	uint32_t line, column;
};

/* Zero-initialise; rel_conf_free() is fine then. */
struct rel_conf {
	const char *path;      /* of the file, as given */
	const char *directory; /* of the file: relative locations start here */
	const struct rel_conf_remote *remotes; /* in stack order */
	size_t n_remotes;
	const struct rel_conf_environment *environments;
	size_t n_environments;
	struct rel_conf_release release;
	struct rel_conf_publish publish;
	struct rel_conf_request request;
	const struct rel_conf_target *targets;
	size_t n_targets;
	struct rel_arena arena; /* everything above lives here */
};

/*
 * The known variable of an environment that `name` is one slip beside, or
 * NULL.  Any other variable is fine: this one would silently change the result.
 */
const char *rel_conf_variable_meant(struct rel_str name);

/*
 * Append to `out` the path of the relctl.yml that rules `directory`: in it or
 * in the nearest directory above, up to the one that holds ".git" (then that
 * one is the last checked) or the root of the file system.
 * foreign  may it belong to another user?  Else only to the effective one, to
 *          the superuser, or, for the superuser, to whoever called sudo, as git
 *          has it for repositories (safe.directory): whoever may write into a
 *          directory above must not choose what relctl does.
 * Errors  REL_ENOTFOUND: there is none; REL_EIO: `directory` cannot be
 *         entered, or it belongs to somebody else, or the link does.
 */
REL_MUST_CHECK int rel_conf_find(struct rel_buf *out, const char *directory,
				 bool foreign, struct rel_error *err);

/*
 * Read the file `path` into *out.
 * Errors  those of rel_file_read(); REL_EPARSE and REL_ELIMIT with line and
 *         column (from 1, in bytes); REL_ENOMEM.  *out is empty then.
 * Owner   rel_conf_free()
 */
REL_MUST_CHECK int rel_conf_read(struct rel_conf *out, const char *path,
				 struct rel_error *err);

/* The same from memory; `path` is for messages and `directory`. */
REL_MUST_CHECK int rel_conf_parse(struct rel_conf *out, struct rel_str text,
				  const char *path, struct rel_error *err);

void rel_conf_free(struct rel_conf *conf);

#endif
