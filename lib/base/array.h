/* Growing plain arrays of 32-bit length. */
#ifndef REL_BASE_ARRAY_H
#define REL_BASE_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Make sure that the malloc'd array at *items (NULL at first) has room for
 * `need` elements of `size` bytes; doubles *cap.
 * items  address of the array pointer, passed as (void **)&array
 * Returns 0, REL_ENOMEM or REL_ELIMIT (more than UINT32_MAX elements); then
 * the array is unchanged.  The caller frees *items with free().
 */
REL_MUST_CHECK int rel_array_reserve(void *items, uint32_t *cap, uint64_t need,
				     size_t size);

/*
 * All of the fresh `len` bytes at `ptr` will be written soon: get the whole
 * pages among them in one call instead of one fault each.  The content stays;
 * where the kernel cannot do it nothing happens.
 * Source  madvise(2), MADV_POPULATE_WRITE (Linux 5.14)
 */
void rel_memory_populate(void *ptr, size_t len);

#endif
