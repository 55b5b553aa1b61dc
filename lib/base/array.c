#include "base/array.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CAP_MIN 8
/* Bytes of new room got from the kernel at once.  Below, a fault or two more
 * do not matter; above, the room might stay unused for long. */
#define POPULATE_MIN ((size_t)128 * 1024)
#define POPULATE_MAX ((size_t)8 * 1024 * 1024)

int rel_array_reserve(void *items, uint32_t *cap, uint64_t need, size_t size)
{
	uint64_t room = (uint64_t)*cap * 2;
	size_t fresh;
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
	fresh = (size_t)(room - *cap) * size;
	if (fresh >= POPULATE_MIN && fresh <= POPULATE_MAX)
		rel_memory_populate((char *)ptr + *cap * size, fresh);
	*cap = (uint32_t)room;
	return 0;
}

void rel_memory_populate(void *ptr, size_t len)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = ((uintptr_t)ptr + page - 1) & ~(page - 1);
	uintptr_t end = ((uintptr_t)ptr + len) & ~(page - 1);
	int saved = errno;

	if (start < end)
		madvise((void *)start, end - start, MADV_POPULATE_WRITE);
	errno = saved;
#else
	(void)ptr;
	(void)len;
#endif
}
