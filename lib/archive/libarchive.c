/* Function names in here stand for themselves, not for the pointers. */
#include "archive/libarchive.h"

#ifdef REL_LIBARCHIVE_SONAME

#undef archive_entry_filetype
#undef archive_entry_free
#undef archive_entry_hardlink
#undef archive_entry_new
#undef archive_entry_pathname
#undef archive_entry_perm
#undef archive_entry_set_filetype
#undef archive_entry_size
#undef archive_entry_symlink
#undef archive_errno
#undef archive_error_string
#undef archive_filter_bytes
#undef archive_filter_count
#undef archive_read_data
#undef archive_read_data_block
#undef archive_read_free
#undef archive_read_new
#undef archive_read_next_header
#undef archive_read_open
#undef archive_read_support_filter_bzip2
#undef archive_read_support_filter_gzip
#undef archive_read_support_filter_xz
#undef archive_read_support_filter_zstd
#undef archive_read_support_format_raw
#undef archive_read_support_format_tar
#undef archive_set_error
#undef archive_write_add_filter_bzip2
#undef archive_write_add_filter_gzip
#undef archive_write_add_filter_xz
#undef archive_write_add_filter_zstd
#undef archive_write_close
#undef archive_write_data
#undef archive_write_fail
#undef archive_write_free
#undef archive_write_header
#undef archive_write_new
#undef archive_write_open
#undef archive_write_set_bytes_in_last_block
#undef archive_write_set_bytes_per_block
#undef archive_write_set_filter_option
#undef archive_write_set_format_raw

struct rel_libarchive rel_libarchive;

static const struct rel_lazy_symbol symbols[] = {
#define REL_SYMBOL(function) {#function, &rel_libarchive.function},
    REL_LIBARCHIVE_FUNCTIONS(REL_SYMBOL)
#undef REL_SYMBOL
};

static struct rel_lazy lazy = {
    .soname = REL_LIBARCHIVE_SONAME,
    .symbols = symbols,
    .n_symbols = sizeof(symbols) / sizeof(symbols[0]),
    .lock = PTHREAD_MUTEX_INITIALIZER,
};

int rel_libarchive_load(struct rel_error *err)
{
	return rel_lazy_load(&lazy, err);
}

#else

int rel_libarchive_load(struct rel_error *err)
{
	(void)err;
	return 0;
}

#endif
