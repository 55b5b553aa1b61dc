#include "base/memory.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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
