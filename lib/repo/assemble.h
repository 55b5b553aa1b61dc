/*
 * Parts → one image: sorts the packages, settles double ones, gives strings
 * and nodes their final numbers.  Internal to lib/repo.
 */
#ifndef REL_REPO_ASSEMBLE_H
#define REL_REPO_ASSEMBLE_H

#include "repo/part.h"

struct rel_assembly {
	struct rel_part *parts; /* at least one */
	uint32_t n_parts;
	/* an earlier image, and which of its groups are still good; NULL, 0 */
	const struct rel_snapshot_store *base;
	const uint32_t *base_groups;
	uint32_t n_base_groups;
	struct rel_image_key key; /* for the header, as … */
	uint64_t repository;	  /* … this */
};

/*
 * Make the image, which rel_image_adopt() takes.  Of two manifests of one
 * name.version the one inside another package's directory loses, as a client
 * of opam never sees it; else the one stays whose directory comes last when a
 * directory stands before what is in it and siblings are in order of bytes,
 * as in `opam admin check` (opam src/format/opamPackage.ml, prefixes).
 * parts  notices about double and equal versions are added to the first one
 * *out   malloc'd
 * Errors REL_ENOMEM; REL_ELIMIT
 */
REL_MUST_CHECK int rel_assemble(void **out, const struct rel_assembly *assembly,
				struct rel_error *err);

#endif
