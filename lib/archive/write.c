#include "archive/write.h"

#include <errno.h>

#include "archive/archive_private.h"
#include "archive/tar.h"
#include "base/limits.h"
#include "base/path.h"

#define OUTPUT_BLOCK (64 * 1024)

struct rel_archive_writer {
	struct archive *handle;
	struct rel_sink sink, tap; /* tap.write may be NULL */
	const struct rel_cancel *cancel;
	struct rel_buf header;
	uint64_t left;		  /* of the current FILE's content */
	size_t padding;		  /* behind it */
	struct rel_error failure; /* sticky; code 0 = none */
	bool dropped;		  /* nothing more goes to the sink */
};

static int give_up(const struct rel_archive_writer *writer,
		   struct rel_error *err)
{
	if (err)
		*err = writer->failure;
	return writer->failure.code;
}

/* A libarchive call failed: our own reason for it, else its text. */
static int fail_handle(struct rel_archive_writer *writer, struct rel_error *err)
{
	const char *text = archive_error_string(writer->handle);

	if (writer->failure.code == 0 &&
	    archive_errno(writer->handle) == ENOMEM)
		rel_fail_nomem(&writer->failure);
	else if (writer->failure.code == 0)
		rel_fail(&writer->failure, REL_EIO,
			 "cannot write the archive: %s",
			 text ? text : "unknown reason");
	return give_up(writer, err);
}

/*
 * libarchive never hears of a sink that failed: in its fatal state it would
 * not free what the compressor holds (seen in 3.6.2).  What comes behind a
 * failure is dropped.
 */
static la_ssize_t take_block(struct archive *handle, void *context,
			     const void *ptr, size_t len)
{
	struct rel_archive_writer *writer = context;

	(void)handle;
	if (writer->failure.code == 0 && !writer->dropped &&
	    writer->sink.write(writer->sink.context, ptr, len,
			       &writer->failure) != 0 &&
	    writer->failure.code == 0)
		/* A sink that forgets to say why has failed all the same. */
		rel_fail(&writer->failure, REL_EIO, "cannot write");
	return (la_ssize_t)len;
}

/* One fixed setting for each compressor: see write.h. */
static int add_filter(struct archive *h, enum rel_archive_format format)
{
	switch (format) {
	case REL_ARCHIVE_TBZ:
		return archive_write_add_filter_bzip2(h) |
		       archive_write_set_filter_option(
			   h, "bzip2", "compression-level", "9");
	case REL_ARCHIVE_TAR_GZ:
		return archive_write_add_filter_gzip(h) |
		       archive_write_set_filter_option(
			   h, "gzip", "compression-level", "9") |
		       archive_write_set_filter_option(h, "gzip", "timestamp",
						       NULL);
	case REL_ARCHIVE_TAR_XZ:
		return archive_write_add_filter_xz(h) |
		       archive_write_set_filter_option(
			   h, "xz", "compression-level", "6") |
		       archive_write_set_filter_option(h, "xz", "threads", "1");
	case REL_ARCHIVE_TAR_ZST:
		return archive_write_add_filter_zstd(h) |
		       archive_write_set_filter_option(
			   h, "zstd", "compression-level", "12");
	case REL_ARCHIVE_TAR:
		break;
	}
	return ARCHIVE_OK;
}

/* The one "file" of libarchive's raw format is our tar. */
static int begin_raw(struct archive *handle)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return ARCHIVE_FATAL;
	archive_entry_set_filetype(entry, AE_IFREG);
	result = archive_write_header(handle, entry);
	archive_entry_free(entry);
	return result;
}

static int begin(struct rel_archive_writer *writer,
		 enum rel_archive_format format, struct rel_error *err)
{
	int rc = rel_libarchive_load(err);

	if (rc)
		return rc;
	writer->handle = archive_write_new();
	if (!writer->handle)
		return rel_fail_nomem(err);
	/* ARCHIVE_WARN means that it would run a program. */
	if (add_filter(writer->handle, format) != ARCHIVE_OK)
		return rel_fail(err, REL_EIO,
				"this libarchive cannot write %s: %s",
				rel_archive_format_name(format),
				archive_error_string(writer->handle));
	if (archive_write_set_format_raw(writer->handle) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(writer->handle, OUTPUT_BLOCK) !=
		ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(writer->handle, 1) !=
		ARCHIVE_OK ||
	    archive_write_open(writer->handle, writer, NULL, take_block,
			       NULL) != ARCHIVE_OK ||
	    begin_raw(writer->handle) != ARCHIVE_OK)
		return fail_handle(writer, err);
	return 0;
}

int rel_archive_write_open(struct rel_archive_writer **out,
			   enum rel_archive_format format,
			   const struct rel_sink *sink,
			   const struct rel_sink *tap,
			   const struct rel_cancel *cancel,
			   struct rel_error *err)
{
	struct rel_archive_writer *writer = calloc(1, sizeof(*writer));
	int rc;

	*out = NULL;
	if (!writer)
		return rel_fail_nomem(err);
	writer->sink = *sink;
	if (tap)
		writer->tap = *tap;
	writer->cancel = cancel;
	rel_buf_init(&writer->header, REL_LIMIT_TAR_HEADER_BYTES);
	rc = begin(writer, format, err);
	if (rc == 0)
		*out = writer;
	else
		rel_archive_write_abort(writer);
	return rc;
}

void rel_archive_write_abort(struct rel_archive_writer *writer)
{
	if (!writer)
		return;
	/* Freeing it writes the end of the archive. */
	writer->dropped = true;
	if (writer->handle)
		archive_write_free(writer->handle);
	rel_buf_free(&writer->header);
	free(writer);
}

/* Bytes of the tar to their takers; the failure is kept. */
static int put(struct rel_archive_writer *writer, const void *ptr, size_t len)
{
	if (rel_cancelled(writer->cancel))
		return rel_fail_cancelled(&writer->failure);
	if (len == 0)
		return 0;
	if (writer->tap.write &&
	    writer->tap.write(writer->tap.context, ptr, len,
			      &writer->failure) != 0) {
		if (writer->failure.code == 0)
			rel_fail(&writer->failure, REL_EIO, "cannot write");
		return writer->failure.code;
	}
	if (archive_write_data(writer->handle, ptr, len) != (la_ssize_t)len)
		return fail_handle(writer, NULL);
	return writer->failure.code;
}

static int end_member(struct rel_archive_writer *writer)
{
	static const char zeros[REL_TAR_BLOCK];
	size_t padding = writer->padding;

	if (writer->left > 0)
		return rel_fail(&writer->failure, REL_EUSAGE,
				"member is %ju bytes short",
				(uintmax_t)writer->left);
	writer->padding = 0;
	return put(writer, zeros, padding);
}

static int check_entry(struct rel_archive_writer *writer,
		       const struct rel_archive_entry *entry)
{
	bool link = entry->kind == REL_ARCHIVE_SYMLINK ||
		    entry->kind == REL_ARCHIVE_HARDLINK;

	if (!rel_path_is_safe(entry->path))
		return rel_fail(&writer->failure, REL_EUSAGE,
				"unsafe member name: \"%.*s\"",
				REL_STR_ARG(entry->path));
	if (entry->kind == REL_ARCHIVE_OTHER)
		return rel_fail(&writer->failure, REL_EUSAGE,
				"%.*s: no file, directory or link",
				REL_STR_ARG(entry->path));
	if (link && (entry->target.len == 0 ||
		     memchr(entry->target.ptr, '\0', entry->target.len)))
		return rel_fail(&writer->failure, REL_EUSAGE,
				"%.*s: a link without a usable target",
				REL_STR_ARG(entry->path));
	return 0;
}

int rel_archive_write_entry(struct rel_archive_writer *writer,
			    const struct rel_archive_entry *entry,
			    struct rel_error *err)
{
	if (writer->failure.code != 0 || check_entry(writer, entry) != 0 ||
	    end_member(writer) != 0)
		return give_up(writer, err);
	rel_buf_clear(&writer->header);
	rel_tar_header(&writer->header, entry);
	if (rel_buf_status(&writer->header, "header of an archive's member",
			   &writer->failure) != 0 ||
	    put(writer, writer->header.ptr, writer->header.len) != 0)
		return give_up(writer, err);
	if (entry->kind == REL_ARCHIVE_FILE) {
		writer->left = entry->size;
		writer->padding = rel_tar_padding(entry->size);
	}
	return 0;
}

int rel_archive_write_data(struct rel_archive_writer *writer, const void *ptr,
			   size_t len, struct rel_error *err)
{
	if (writer->failure.code == 0 && len > writer->left)
		rel_fail(&writer->failure, REL_EUSAGE,
			 "member is longer than announced");
	if (writer->failure.code != 0 || put(writer, ptr, len) != 0)
		return give_up(writer, err);
	writer->left -= len;
	return 0;
}

int rel_archive_write_close(struct rel_archive_writer *writer,
			    struct rel_error *err)
{
	static const char end[2 * REL_TAR_BLOCK];
	int rc;

	if (writer->failure.code == 0 && end_member(writer) == 0 &&
	    put(writer, end, sizeof(end)) == 0 &&
	    archive_write_close(writer->handle) != ARCHIVE_OK)
		fail_handle(writer, NULL);
	rc = give_up(writer, writer->failure.code != 0 ? err : NULL);
	rel_archive_write_abort(writer);
	return rc;
}
