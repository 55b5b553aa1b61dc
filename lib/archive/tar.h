/* Tar headers as bytes.  Internal to lib/archive. */
#ifndef REL_ARCHIVE_TAR_H
#define REL_ARCHIVE_TAR_H

#include "archive/write.h"

#define REL_TAR_BLOCK 512

/*
 * Append what stands before the content of `entry`: a ustar header, behind a
 * pax header where that has no room for a path (over 100 bytes and no slash
 * to split it at), a link target (over 100), a size (8 GiB and more) or a time
 * (from 2242 on).  Names are written as they are; POSIX leaves the meaning of
 * bytes over 127 open, all readers take them as UTF-8 or as bytes.
 * Returns out->status.
 * Source  POSIX.1-2001, pax, "ustar Interchange Format" and "pax Extended
 *         Header"
 */
int rel_tar_header(struct rel_buf *out, const struct rel_archive_entry *entry);

/* Bytes of zero behind `size` bytes of content, up to a full block. */
size_t rel_tar_padding(uint64_t size);

#endif
