/*
 * A checksum for files that only this program writes: finds damage, not
 * malice.  The same on every host of one byte order.  Internal to lib/repo.
 */
#ifndef REL_REPO_CHECKSUM_H
#define REL_REPO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * 64 bits over `len` bytes.  Four lanes of multiply and rotate, so that
 * memory is the limit, not the multiplier.
 * Source  the structure of xxHash's XXH64 (its constants, not its layout of
 *         the tail): https://github.com/Cyan4973/xxHash, xxhash_spec.md
 */
uint64_t rel_checksum(const void *ptr, size_t len);

#endif
