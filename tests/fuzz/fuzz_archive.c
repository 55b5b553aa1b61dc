/* The bounded archive reader: whatever comes out must keep its promises. */
#include <stdint.h>
#include <stdlib.h>

#include "archive/read.h"
#include "archive/scan.h"
#include "base/limits.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Small, so that a run stays quick. */
static const struct rel_archive_limits LIMITS = {
    .max_bytes = 4 * REL_MIB,
    .max_members = 1000,
};

static int member(void *context, const struct rel_archive_member *m,
		  struct rel_archive *archive, struct rel_error *err)
{
	uint64_t *total = context, got = 0;
	struct rel_str chunk;
	int code;

	if (!rel_path_is_safe(m->path) ||
	    (m->kind == REL_ARCHIVE_HARDLINK && !rel_path_is_safe(m->target)))
		abort();
	/* Every third member is left to be skipped. */
	if (m->path.len % 3 == 0)
		return 0;
	while ((code = rel_archive_chunk(&chunk, archive, err)) == 1)
		got += chunk.len;
	*total += got;
	if (got > m->size || (code == 0 && got != m->size) ||
	    *total > LIMITS.max_bytes)
		abort();
	return code;
}

static int doubt(void *context, struct rel_str path, const char *why,
		 struct rel_error *err)
{
	uint64_t *n = context;

	(void)err;
	if (!why || why[0] == '\0' || (path.len > 0 && !path.ptr))
		abort();
	++*n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_str bytes = rel_str_n((const char *)data, size);
	struct rel_archive *archive = NULL;
	struct rel_error err = {0};
	uint64_t total = 0, doubts = 0;
	int code, scanned;

	code = rel_archive_open_memory(&archive, bytes, "fuzz", &LIMITS, NULL,
				       &err);
	if (code == 0)
		code = rel_archive_each(archive, member, &total, &err);
	if (code > 0 || (code < 0 && err.text[0] == '\0'))
		abort();
	rel_archive_close(archive);
	err = (struct rel_error){0};
	scanned = rel_archive_scan_memory(bytes, &LIMITS, doubt, &doubts, &err);
	if (scanned > 0 || (scanned < 0 && err.text[0] == '\0'))
		abort();
	return 0;
}
