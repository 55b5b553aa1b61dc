/*
 * A file of the parsed-snapshot cache.  The parts of the header that would
 * have nearly every input refused at once are made right, so that what is
 * behind the checksum is tested too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "repo/image.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_snapshot *snapshot = NULL;
	struct rel_error err = {0};
	struct rel_map map = {NULL, size};
	void *bytes;
	int code;

	if (size == 0)
		return 0;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		abort();
	memcpy(bytes, data, size);
	if (size >= sizeof(struct rel_image_header)) {
		struct rel_image_header *header = bytes;

		rel_image_stamp(header);
		header->total = size;
		rel_image_seal(header);
	}
	map.ptr = bytes;
	code = rel_image_open(&snapshot, &map, "", 0, &err);
	if (code != 0 && (code != REL_ESTALE || err.text[0] == '\0'))
		abort();
	if (snapshot)
		touch_snapshot(snapshot);
	rel_snapshot_free(snapshot);
	return 0;
}
