/* The first step of a cut, as far as it is about what was released before. */
#include "base/limits.h"
#include "opam/version.h"
#include "release/audit/archives.h"
#include "release/cut/cut_work.h"
#include "release/cut/released.h"

/* What a release that was made before has as its archive. */
static int take_published(struct rel_cut *cut, struct rel_str text,
			  const char *path, struct rel_error *err)
{
	struct rel_archive_of *archives = NULL;
	uint32_t n = 0;
	int rc = rel_archives_of(&archives, &n, text, (struct rel_str){0}, path,
				 &cut->arena, err);

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		if (archives[i].file.ptr)
			continue;
		cut->source_url = rel_arena_copy(&cut->arena, archives[i].src);
		for (uint32_t k = 0; k < archives[i].n_digests; k++) {
			const struct rel_digest *d = &archives[i].digests[k];

			if (d->algo != REL_DIGEST_MD5)
				cut->digests[d->algo - REL_DIGEST_SHA256] = *d;
		}
		rc = cut->source_url ? 0 : rel_fail_nomem(err);
	}
	return rc;
}

/* Was this very release made before?  Its manifest says of which commit. */
static int is_ours(bool *ours, struct rel_cut *cut, size_t i,
		   struct rel_error *err)
{
	struct rel_buf text;
	char id[REL_GIT_ID_TEXT], *path = rel_cut_manifest_path(cut, i);
	int rc;

	*ours = false;
	if (!path)
		return rel_fail_nomem(err);
	if (!*cut->plan.tag_found)
		return 0;
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_writable_read(&text, cut->remote, path, err);
	if (rc == 0) {
		rel_git_id_format(id, &cut->commit);
		*ours = memmem(text.ptr, text.len, id, strlen(id)) != NULL;
	}
	if (*ours && i == 0)
		rc = take_published(cut, rel_buf_str(&text), path, err);
	rel_buf_free(&text);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

int rel_cut_check_released(struct rel_cut *cut, bool *already,
			   struct rel_error *err)
{
	struct rel_str version = rel_str_of(cut->plan.version);
	size_t n_ours = 0;
	int rc = rel_cut_check_withdrawn(cut, err);

	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		struct rel_str name =
		    cut->project->packages[cut->chosen[i]].name;
		struct rel_released released;
		bool ours = false;

		rel_released_find(&released, cut->gate.stack, name, version);
		if (released.newest.len &&
		    rel_version_compare(version, released.newest) < 0)
			cut->plan.older = "yes";
		if (released.taken)
			rc = is_ours(&ours, cut, i, err);
		n_ours += ours;
		if (rc == 0 && !ours)
			rc = rel_released_check(&released, cut->gate.stack,
						name, version,
						cut->options->older, err);
	}
	*already = rc == 0 && n_ours == cut->n_chosen;
	return rc;
}
