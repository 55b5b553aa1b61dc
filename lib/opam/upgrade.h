/*
 * Repositories in the formats before 2.0, read as `opam admin upgrade` would
 * rewrite them.
 *
 * Manifests with `opam-version:` "1", "1.1" or "1.2" become manifests of 2.0
 * (rel_upgrade_manifest), and each `compilers/…/NAME.comp` becomes a few
 * packages (rel_upgrade_plan, rel_upgrade_generate).  Both give text in
 * opam 2.0 syntax, to be read by rel_manifest_read() like any other.
 *
 * What decides installability is converted exactly; the scripts of a manifest
 * (`build-test:`, variables in commands, `depexts:`) stay as they are, and of
 * a compiler the patches are left out.  opam fetches the archives of compilers
 * to add their checksums, and drops a compiler whose archive no longer exists;
 * here nothing is fetched and nothing dropped.
 *
 * Source  opam 2.1.2 src/state/opamFormatUpgrade.ml,
 *         opam_file_from_1_2_to_2_0; src/client/opamAdminRepoUpgrade.ml,
 *         do_upgrade; src/format/opamFile.ml, handle_deprecated_available,
 *         Comp.to_package.
 */
#ifndef REL_OPAM_UPGRADE_H
#define REL_OPAM_UPGRADE_H

#include "base/buf.h"
#include "opam/tree.h"

/* Is `opam-version:` there and older than 2.0? */
bool rel_upgrade_is_old(const struct rel_opam_tree *tree);

enum rel_upgrade_mode {
	/* as `opam admin upgrade` writes it */
	REL_UPGRADE_CONVERT,
	/* as opam reads it where nobody upgraded: only `ocaml-version:` and
	 * `os:` become part of `available:` */
	REL_UPGRADE_AS_READ,
};

/*
 * Append the manifest in `tree`, whose package is called `name`, converted.
 * name   `ocaml`, `ocaml-base-compiler`, `ocaml-variants`, `ocaml-system`,
 *        `base-bigarray`, `base-threads` and `base-unix` are not converted by
 *        opam: the mode is then always AS_READ
 * url    content of the legacy file `url`, becomes a section; {NULL, 0} when
 *        absent, or when the caller hands it to rel_manifest_read() itself
 * descr  the same for `descr`, becomes `synopsis:` and `description:`
 * Lines of fields that are not converted may move, and converted ones are on
 * one line: positions of later findings are those of the new text.
 * Errors  REL_EPARSE with path, line and column in the old text: a deciding
 *         field of the wrong form; REL_ELIMIT; REL_ENOMEM.  A bad `url` is
 *         left out, as opam carries on without it.
 */
REL_MUST_CHECK int rel_upgrade_manifest(
    struct rel_buf *out, const struct rel_opam_tree *tree, struct rel_str name,
    struct rel_str url, struct rel_str descr, enum rel_upgrade_mode mode,
    struct rel_arena *scratch, struct rel_error *err);

enum rel_generated_kind {
	REL_GENERATED_COMPILER, /* ocaml-base-compiler or ocaml-variants */
	REL_GENERATED_SYSTEM,	/* ocaml-system */
	REL_GENERATED_WRAPPER,	/* ocaml */
};

/* A package that a compiler stands for; it wins over one in packages/. */
struct rel_generated {
	enum rel_generated_kind kind;
	uint32_t compiler;	/* index of the first compiler it comes from */
	struct rel_str name;	/* static */
	struct rel_str version; /* borrowed from the compilers' names */
};

/*
 * Which packages the compilers called names[0 … n) stand for: for "4.01.0"
 * ocaml-base-compiler, ocaml-system and ocaml; for "4.01.0+fp" ocaml-variants
 * with that version, and ocaml.4.01.0.  The same package comes once; names
 * that are no versions are passed over.
 * out  in the arena
 */
REL_MUST_CHECK int rel_upgrade_plan(struct rel_generated **out, uint32_t *count,
				    const struct rel_str names[], uint32_t n,
				    struct rel_arena *arena,
				    struct rel_error *err);

/*
 * Append the manifest of a generated package.
 * comp, descr  content of NAME.comp and NAME.descr ({NULL, 0} when absent);
 *              used for REL_GENERATED_COMPILER only
 * path         of the .comp file, for messages
 * Errors       REL_EPARSE with path, line and column; REL_ELIMIT; REL_ENOMEM.
 */
REL_MUST_CHECK int rel_upgrade_generate(struct rel_buf *out,
					const struct rel_generated *package,
					struct rel_str comp,
					struct rel_str descr, const char *path,
					struct rel_arena *scratch,
					struct rel_error *err);

#endif
