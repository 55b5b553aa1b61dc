/*
 * What readers of tar do not agree about.  read.h takes an archive as
 * libarchive does; GNU tar, bsdtar and others may unpack something else of the
 * same bytes, because extensions of the format contradict each other, or only
 * some know them.  The scan reads the headers themselves, and knows as sound
 * only what all of them understand alike:
 *
 * - ustar, GNU and v7 headers with a right checksum and plain octal numbers; of
 *   regular files, directories, links of both kinds; content in files only
 * - GNU long names (L, K), once each, and not beside pax ones
 * - pax headers with keys that change no content, `path`, `linkpath`, and a
 *   `size` that the header has too; global ones with the former only
 * - modes whose files and directories their owner can read, without set-id
 *   bits; relative names without ".."
 * - zeros behind the end, and nothing behind what is packed, once
 *
 * Source  POSIX.1-2001, pax; GNU tar manual, "Basic Tar Format"; tar(5) of
 *         libarchive
 */
#ifndef REL_ARCHIVE_SCAN_H
#define REL_ARCHIVE_SCAN_H

#include "archive/read.h"

/*
 * Called for each doubt.
 * path  of the member, in the form of struct rel_archive_member; as it stands
 *       in the archive when it is no safe one; "" = the archive as a whole.
 *       Valid until the call returns
 * why   static; follows on "PATH: "
 */
typedef int (*rel_archive_doubt_fn)(void *context, struct rel_str path,
				    const char *why, struct rel_error *err);

/*
 * Scan the archive at `path`, or in memory.  After what makes all that follows
 * uncertain the scan ends.
 * limits  may be NULL
 * Errors  those of rel_archive_open_path() and rel_archive_chunk(); the
 *         callback's
 */
REL_MUST_CHECK int rel_archive_scan_path(
    const char *path, const struct rel_archive_limits *limits,
    rel_archive_doubt_fn doubt, void *context, const struct rel_cancel *cancel,
    struct rel_error *err);
REL_MUST_CHECK int rel_archive_scan_memory(
    struct rel_str bytes, const struct rel_archive_limits *limits,
    rel_archive_doubt_fn doubt, void *context, struct rel_error *err);

#endif
