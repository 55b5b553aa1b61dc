/*
 * The order in which opam's cycle check happens to meet packages, private to
 * lib/check.
 *
 * Its depth-first search starts from the package of a component that comes
 * last in a hash table, and which cycles it finds depends on that.  To list
 * the same members as opam admin check does, the compatibility profiles go
 * through the same tables: the CUDF name and version number of a package,
 * hashed as OCaml hashes the pair.
 *
 * Source  OCaml runtime/hash.c, stdlib/hashtbl.ml; libcudf cudf.ml,
 *         load_universe; ocamlgraph src/oper.ml, mirror; src/components.ml,
 *         scc_list; opam src/solver/opamSolver.ml, cudf_versions_map.
 */
#ifndef REL_CHECK_OPAM_ORDER_H
#define REL_CHECK_OPAM_ORDER_H

#include "check/walk.h"

struct rel_opam_order;

/*
 * walk  its universe is ordered; used by positions() too
 * *out  freed with rel_opam_order_free()
 * Errors  REL_ENOMEM, REL_ECANCELLED.
 */
REL_MUST_CHECK int rel_opam_order_new(struct rel_opam_order **out,
				      struct rel_walk *walk,
				      const struct rel_cancel *cancel,
				      struct rel_error *err);
void rel_opam_order_free(struct rel_opam_order *order);

/*
 * positions  [n], written: the place of packages[i] among them
 * Errors     REL_ENOMEM.
 */
REL_MUST_CHECK int rel_opam_order_positions(struct rel_opam_order *order,
					    const rel_pkg_id *packages,
					    uint32_t n, uint32_t *positions,
					    struct rel_error *err);

/* Order of CUDF names: `_`, written "%5f", comes before all that a name can
 * have otherwise.  < 0, 0, > 0 */
int rel_cudf_name_compare(struct rel_str a, struct rel_str b);

/* OCaml's Hashtbl.hash of (name, number), the name in CUDF's spelling;
 * declared for the test. */
uint32_t rel_opam_hash(struct rel_str name, uint32_t number);

#endif
