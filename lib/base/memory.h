/* Hints to the kernel about large fresh allocations. */
#ifndef REL_BASE_MEMORY_H
#define REL_BASE_MEMORY_H

#include <stddef.h>

/*
 * All of the fresh `len` bytes at `ptr` will be written soon: get the whole
 * pages among them in one call instead of one fault each.  The content stays;
 * where the kernel cannot do it nothing happens.
 * Source  madvise(2), MADV_POPULATE_WRITE (Linux 5.14)
 */
void rel_memory_populate(void *ptr, size_t len);

#endif
