/* An index.tar.gz from its bytes to the snapshot. */
#include <stdint.h>
#include <stdlib.h>

#include "repo/repo_private.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rel_layout_options options = {.name = "fuzz"};
	struct rel_source_index index;
	struct rel_source source = rel_source_index(&index);
	struct rel_snapshot *snapshot = NULL;
	struct rel_error err = {0};
	void *image = NULL;
	int code = rel_source_index_open(
	    &index, rel_str_n((const char *)data, size), "fuzz", NULL, &err);

	if (code == 0)
		code = rel_layout_read(&image, &source, &options, &err);
	rel_source_index_close(&index);
	if (code == 0)
		code = rel_image_adopt(&snapshot, image, "", 0, &err);
	if (code > 0 || (code < 0 && err.text[0] == '\0'))
		abort();
	if (snapshot)
		touch_snapshot(snapshot);
	rel_snapshot_free(snapshot);
	return 0;
}
