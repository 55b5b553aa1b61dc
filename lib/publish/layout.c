#include "publish/layout.h"

#include <stdlib.h>

#include "base/limits.h"

/* Beside cache/: the archives by name. */
#define NAMED_DIR "archives"

/* "cache/sha256/ab/abcd…", from opam src/core/opamHash.ml, to_path */
static void add_path(struct rel_buf *out, const struct rel_digest *digest)
{
	char hex[REL_DIGEST_TEXT_MAX];

	rel_digest_hex(hex, digest);
	rel_buf_printf(out, "cache/%s/%.2s/%s", rel_digest_name(digest->algo),
		       hex, hex);
}

void rel_publish_paths_free(struct rel_publish_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	paths->count = 0;
}

int rel_publish_paths_make(struct rel_publish_paths *out,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	*out = (struct rel_publish_paths){.count = 0};
	if (archive->n_digests > REL_DIGEST_ALGOS)
		return rel_fail(err, REL_EUSAGE,
				"more than one checksum of a kind for %s",
				archive->name);
	out->digests = (1u << archive->n_digests) - 1;
	for (size_t i = 0; i <= archive->n_digests; i++) {
		struct rel_buf path;

		rel_buf_init(&path, REL_KIB);
		if (i < archive->n_digests)
			add_path(&path, &archive->digests[i]);
		else
			rel_buf_printf(&path, NAMED_DIR "/%s", archive->name);
		out->items[i] = rel_buf_detach(&path, NULL);
		out->count++;
		if (!out->items[i] || path.status)
			return rel_fail_nomem(err);
	}
	return 0;
}

/* Under a name that says what it is: opam lint (error 67) takes no address
 * for an archive's that does not end like one. */
int rel_publish_source(struct rel_buf *out, const char *base,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err)
{
	rel_buf_printf(out, "%s/" NAMED_DIR "/%s", base, archive->name);
	return rel_buf_status(out, "address", err);
}
