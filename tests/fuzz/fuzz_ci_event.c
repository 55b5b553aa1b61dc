/* The event file of a CI run. */
#include "ci/ci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const nothing[] = {NULL};
	struct rel_error err = {0};
	struct rel_ci ci;

	if (rel_ci_detect(&ci, nothing, NULL, &err) == 0 &&
	    rel_ci_read_event(&ci, rel_str_n((const char *)data, size), &err) ==
		REL_ENOMEM)
		__builtin_trap();
	rel_ci_free(&ci);
	return 0;
}
