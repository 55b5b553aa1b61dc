/* Version order: three lines are three versions; it must be an order. */
#include <stddef.h>
#include <stdint.h>

#include "opam/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare(struct rel_str a, struct rel_str b)
{
	int order = rel_version_compare(a, b);

	return (order > 0) - (order < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str rest = rel_str_n((const char *)data, size);
	struct rel_str a = rel_str_cut(&rest, '\n');
	struct rel_str b = rel_str_cut(&rest, '\n');
	struct rel_str c = rel_str_cut(&rest, '\n');
	struct rel_str name, version;
	int ab = compare(a, b), bc = compare(b, c), ac = compare(a, c);

	if (compare(b, a) != -ab || compare(a, a) != 0)
		__builtin_trap();
	/* a ≤ b ≤ c or a ≥ b ≥ c */
	if (ab * bc >= 0 && ac != (ab ? ab : bc))
		__builtin_trap();
	if (rel_package_split(a, &name, &version) &&
	    (name.len + version.len + 1 != a.len ||
	     !rel_version_is_valid(version)))
		__builtin_trap();
	return 0;
}
