/* Tar headers as bytes.  Internal to lib/archive. */
#ifndef REL_ARCHIVE_TAR_H
#define REL_ARCHIVE_TAR_H

#include "archive/write.h"

#define REL_TAR_BLOCK 512

/* ustar; GNU and v7 have other fields from `magic` on. */
struct rel_tar_block {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char uname[32], gname[32], major[8], minor[8], prefix[155], unused[12];
};

_Static_assert(sizeof(struct rel_tar_block) == REL_TAR_BLOCK, "ustar header");

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
