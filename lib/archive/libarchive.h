/*
 * libarchive, loaded when first needed (base/lazy.h): rel_libarchive_load()
 * comes before any of its functions.  Private.
 */
#ifndef REL_ARCHIVE_LIBARCHIVE_H
#define REL_ARCHIVE_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/lazy.h"

/* Errors  those of rel_lazy_load() */
REL_MUST_CHECK int rel_libarchive_load(struct rel_error *err);

#ifdef REL_LIBARCHIVE_SONAME

#define REL_LIBARCHIVE_FUNCTIONS(X)              \
	X(archive_entry_filetype)                \
	X(archive_entry_free)                    \
	X(archive_entry_hardlink)                \
	X(archive_entry_new)                     \
	X(archive_entry_pathname)                \
	X(archive_entry_perm)                    \
	X(archive_entry_set_filetype)            \
	X(archive_entry_size)                    \
	X(archive_entry_symlink)                 \
	X(archive_errno)                         \
	X(archive_error_string)                  \
	X(archive_filter_bytes)                  \
	X(archive_filter_count)                  \
	X(archive_read_data)                     \
	X(archive_read_data_block)               \
	X(archive_read_free)                     \
	X(archive_read_new)                      \
	X(archive_read_next_header)              \
	X(archive_read_open)                     \
	X(archive_read_support_filter_bzip2)     \
	X(archive_read_support_filter_gzip)      \
	X(archive_read_support_filter_xz)        \
	X(archive_read_support_filter_zstd)      \
	X(archive_read_support_format_raw)       \
	X(archive_read_support_format_tar)       \
	X(archive_set_error)                     \
	X(archive_write_add_filter_bzip2)        \
	X(archive_write_add_filter_gzip)         \
	X(archive_write_add_filter_xz)           \
	X(archive_write_add_filter_zstd)         \
	X(archive_write_close)                   \
	X(archive_write_data)                    \
	X(archive_write_fail)                    \
	X(archive_write_free)                    \
	X(archive_write_header)                  \
	X(archive_write_new)                     \
	X(archive_write_open)                    \
	X(archive_write_set_bytes_in_last_block) \
	X(archive_write_set_bytes_per_block)     \
	X(archive_write_set_filter_option)       \
	X(archive_write_set_format_raw)

struct rel_libarchive {
#define REL_POINTER(name) __typeof__(name) *name;
	REL_LIBARCHIVE_FUNCTIONS(REL_POINTER)
#undef REL_POINTER
};

extern struct rel_libarchive rel_libarchive;

#define archive_entry_filetype	   rel_libarchive.archive_entry_filetype
#define archive_entry_free	   rel_libarchive.archive_entry_free
#define archive_entry_hardlink	   rel_libarchive.archive_entry_hardlink
#define archive_entry_new	   rel_libarchive.archive_entry_new
#define archive_entry_pathname	   rel_libarchive.archive_entry_pathname
#define archive_entry_perm	   rel_libarchive.archive_entry_perm
#define archive_entry_set_filetype rel_libarchive.archive_entry_set_filetype
#define archive_entry_size	   rel_libarchive.archive_entry_size
#define archive_entry_symlink	   rel_libarchive.archive_entry_symlink
#define archive_errno		   rel_libarchive.archive_errno
#define archive_error_string	   rel_libarchive.archive_error_string
#define archive_filter_bytes	   rel_libarchive.archive_filter_bytes
#define archive_filter_count	   rel_libarchive.archive_filter_count
#define archive_read_data	   rel_libarchive.archive_read_data
#define archive_read_data_block	   rel_libarchive.archive_read_data_block
#define archive_read_free	   rel_libarchive.archive_read_free
#define archive_read_new	   rel_libarchive.archive_read_new
#define archive_read_next_header   rel_libarchive.archive_read_next_header
#define archive_read_open	   rel_libarchive.archive_read_open
#define archive_read_support_filter_bzip2 \
	rel_libarchive.archive_read_support_filter_bzip2
#define archive_read_support_filter_gzip \
	rel_libarchive.archive_read_support_filter_gzip
#define archive_read_support_filter_xz \
	rel_libarchive.archive_read_support_filter_xz
#define archive_read_support_filter_zstd \
	rel_libarchive.archive_read_support_filter_zstd
#define archive_read_support_format_raw \
	rel_libarchive.archive_read_support_format_raw
#define archive_read_support_format_tar \
	rel_libarchive.archive_read_support_format_tar
#define archive_set_error rel_libarchive.archive_set_error
#define archive_write_add_filter_bzip2 \
	rel_libarchive.archive_write_add_filter_bzip2
#define archive_write_add_filter_gzip \
	rel_libarchive.archive_write_add_filter_gzip
#define archive_write_add_filter_xz rel_libarchive.archive_write_add_filter_xz
#define archive_write_add_filter_zstd \
	rel_libarchive.archive_write_add_filter_zstd
#define archive_write_close  rel_libarchive.archive_write_close
#define archive_write_data   rel_libarchive.archive_write_data
#define archive_write_fail   rel_libarchive.archive_write_fail
#define archive_write_free   rel_libarchive.archive_write_free
#define archive_write_header rel_libarchive.archive_write_header
#define archive_write_new    rel_libarchive.archive_write_new
#define archive_write_open   rel_libarchive.archive_write_open
#define archive_write_set_bytes_in_last_block \
	rel_libarchive.archive_write_set_bytes_in_last_block
#define archive_write_set_bytes_per_block \
	rel_libarchive.archive_write_set_bytes_per_block
#define archive_write_set_filter_option \
	rel_libarchive.archive_write_set_filter_option
#define archive_write_set_format_raw rel_libarchive.archive_write_set_format_raw

#endif

#endif
