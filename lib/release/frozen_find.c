#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/tree.h"
#include "opam/version.h"
#include "release/frozen.h"

struct finder {
	const struct rel_frozen_request *request;
	struct rel_arena *arena;
	struct rel_freeze_finding *items; /* malloc'd */
	uint32_t count, cap;
};

static int add(void *context, const struct rel_freeze_finding *finding,
	       struct rel_error *err)
{
	struct finder *f = context;
	struct rel_freeze_finding kept = *finding;

	for (uint32_t i = 0; i < f->count; i++) {
		if (f->items[i].kind == finding->kind &&
		    strcmp(f->items[i].subject, finding->subject) == 0)
			return 0;
	}
	kept.subject = rel_arena_copy(f->arena, rel_str_of(finding->subject));
	kept.path = rel_arena_copy(f->arena, rel_str_of(finding->path));
	kept.text = rel_arena_copy(f->arena, rel_str_of(finding->text));
	if (!kept.subject || !kept.path || !kept.text ||
	    rel_array_reserve(&f->items, &f->cap, (uint64_t)f->count + 1,
			      sizeof(*f->items)))
		return rel_fail_nomem(err);
	f->items[f->count++] = kept;
	return 0;
}

/* What the ledger says of files that were not changed was so before. */
static int add_recorded(void *context, const struct rel_freeze_finding *finding,
			struct rel_error *err)
{
	const struct finder *f = context;

	return rel_git_diff_find(f->request->diff, finding->path)
		   ? add(context, finding, err)
		   : 0;
}

/* A manifest that is there before and after, or the legacy file `url` of
 * one. */
static int compare_manifest(struct finder *f,
			    const struct rel_git_file_diff *file,
			    struct rel_str package, struct rel_arena *scratch,
			    struct rel_error *err)
{
	struct rel_git_store *store = f->request->store;
	struct rel_frozen_change change = {
	    .path = file->path,
	    .old = REL_STR("opam-version: \"1.2\"\n"),
	    .fresh = REL_STR("opam-version: \"1.2\"\n")};
	bool is_url = rel_str_is(rel_path_base(rel_str_of(file->path)), "url");
	struct rel_str old, fresh;
	uint32_t findings;
	int rc = rel_git_blob_arena(&old, scratch, REL_LIMIT_MANIFEST_BYTES,
				    store, &file->old, err);

	if (rc == 0)
		rc = rel_git_blob_arena(&fresh, scratch,
					REL_LIMIT_MANIFEST_BYTES, store,
					&file->fresh, err);
	/* too large to be a manifest: lint tells */
	if (rc == REL_ELIMIT)
		return 0;
	if (rc || !rel_package_split(package, &change.name, &change.version))
		return rc;
	*(is_url ? &change.old_url : &change.old) = old;
	*(is_url ? &change.fresh_url : &change.fresh) = fresh;
	return rel_frozen_compare(&findings, &change, add, f, err);
}

/* The checksum that an archive in cache/ALGO/XX/HEX has by its name. */
static bool find_checksum(struct rel_digest *out, struct rel_str path)
{
	struct rel_str hex = rel_path_base(path);
	struct rel_str dir = rel_path_dir(path);
	struct rel_str start = rel_path_base(dir);
	struct rel_str algo = rel_path_base(rel_path_dir(dir));
	char text[REL_DIGEST_TEXT_MAX];

	if (start.len != 2 || !rel_str_starts(hex, start) ||
	    snprintf(text, sizeof(text), "%.*s=%.*s", REL_STR_ARG(algo),
		     REL_STR_ARG(hex)) >= (int)sizeof(text))
		return false;
	return rel_digest_parse(out, rel_str_of(text), NULL) == 0;
}

static int check_archive(struct finder *f, const struct rel_git_file_diff *file,
			 const struct rel_digest *named, struct rel_error *err)
{
	char is[REL_DIGEST_TEXT_MAX], text[REL_ERROR_TEXT_MAX];
	struct rel_freeze_finding finding = {.kind = REL_FREEZE_BYTES,
					     .subject = file->path,
					     .path = file->path,
					     .line = 1,
					     .text = text};
	struct rel_digest digest;
	struct rel_buf bytes;
	int rc;

	rel_buf_init(&bytes, REL_LIMIT_GIT_ARCHIVE);
	rc = rel_git_blob_read(&bytes, f->request->store, &file->fresh, err);
	if (rc == 0)
		rc = rel_digest_of(&digest, named->algo, rel_buf_str(&bytes),
				   err);
	rel_buf_free(&bytes);
	if (rc || memcmp(digest.bytes, named->bytes, sizeof(digest.bytes)) == 0)
		return rc;
	rel_digest_format(is, &digest);
	snprintf(text, sizeof(text), "this archive is %s", is);
	return add(f, &finding, err);
}

static int check_file(struct finder *f, const struct rel_git_file_diff *file,
		      struct rel_error *err)
{
	struct rel_str path = rel_str_of(file->path),
		       name = rel_path_base(path);
	struct rel_str package = rel_package_of_path(path);
	struct rel_digest named;
	struct rel_arena scratch;
	int rc;

	if (file->delta == REL_GIT_REMOVED)
		return 0;
	if (package.len == 0)
		return find_checksum(&named, path)
			   ? check_archive(f, file, &named, err)
			   : 0;
	if (file->delta == REL_GIT_ADDED ||
	    !(rel_str_is(name, "opam") || rel_str_is(name, "url")))
		return 0;
	rel_arena_init(&scratch, REL_LIMIT_ARENA);
	rc = compare_manifest(f, file, package, &scratch, err);
	rel_arena_free(&scratch);
	return rc;
}

static int check_ledger(struct finder *f, struct rel_error *err)
{
	struct rel_freeze_options options = {.remote = f->request->remote,
					     .reading = f->request->reading,
					     .check = true,
					     .since = f->request->base,
					     .finding = add_recorded,
					     .context = f};
	struct rel_freeze_result result;

	return rel_freeze(&result, &options, err);
}

static int keep(struct rel_frozen_findings *out, const struct finder *f,
		struct rel_error *err)
{
	out->items = rel_arena_array(f->arena, (size_t)f->count + 1,
				     sizeof(*out->items));
	if (!out->items)
		return rel_fail_nomem(err);
	if (f->count > 0)
		memcpy(out->items, f->items, f->count * sizeof(*out->items));
	out->count = f->count;
	return 0;
}

int rel_frozen_find(struct rel_frozen_findings *out,
		    const struct rel_frozen_request *request,
		    struct rel_arena *arena, struct rel_error *err)
{
	struct finder f = {.request = request, .arena = arena};
	int rc = 0;

	*out = (struct rel_frozen_findings){NULL, 0};
	for (uint32_t i = 0; rc == 0 && i < request->diff->n_files; i++)
		rc = check_file(&f, &request->diff->files[i], err);
	if (rc == 0)
		rc = check_ledger(&f, err);
	if (rc == 0)
		rc = keep(out, &f, err);
	free(f.items);
	return rc;
}
