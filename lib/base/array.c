#include "base/array.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN 8

int rel_array_reserve(void *items, uint32_t *cap, uint64_t need, size_t size)
{
	uint64_t room = (uint64_t)*cap * 2;
	void *ptr;

	assert(size > 0);
	if (need <= *cap)
		return 0;
	if (need > UINT32_MAX)
		return REL_ELIMIT;
	if (room < CAP_MIN)
		room = CAP_MIN;
	if (room < need)
		room = need;
	if (room > UINT32_MAX)
		room = UINT32_MAX;
	if (room > SIZE_MAX / size)
		return REL_ENOMEM;
	/* `items` may point to any pointer type: copied, not dereferenced. */
	memcpy(&ptr, items, sizeof(ptr));
	ptr = realloc(ptr, (size_t)room * size);
	if (!ptr)
		return REL_ENOMEM;
	memcpy(items, &ptr, sizeof(ptr));
	*cap = (uint32_t)room;
	return 0;
}
