/*
 * Package names and versions.
 * Source  opam src/core/opamVersionCompare.ml, src/format/opamPackage.ml.
 */
#ifndef REL_OPAM_VERSION_H
#define REL_OPAM_VERSION_H

#include <stdbool.h>

#include "base/str.h"

/*
 * The order of opam: < 0, 0, > 0.  Different texts may compare equal
 * ("1.0" and "1.00"); then neither is newer.
 */
int rel_version_compare(struct rel_str a, struct rel_str b);

/* [A-Za-z0-9_+.~-], not empty */
bool rel_version_is_valid(struct rel_str s);
/* [A-Za-z0-9_+-], at least one letter */
bool rel_package_name_is_valid(struct rel_str s);

/*
 * Split "name.version" at the first dot; both parts must be valid.  False
 * when they are not.  A lone name is not a package: false.
 */
bool rel_package_split(struct rel_str s, struct rel_str *name,
		       struct rel_str *version);

/* The package version that a file of a repository belongs to:
 * packages/…/NAME.VERSION/… → NAME.VERSION; len 0 = to none. */
struct rel_str rel_package_of_path(struct rel_str path);

#endif
