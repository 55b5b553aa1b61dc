#include "release/cut/pack.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

/* What is told of the progress is told after so many bytes. */
#define PROGRESS_STEP (4 * REL_MIB)

struct packing {
	const struct rel_pack_options *request;
	struct rel_pack_result *out;
	struct rel_archive_writer *writer;
	struct rel_tally packed;
	struct rel_hasher tar;
	struct rel_buf path;
	size_t prefix; /* length of "name-version" in `path` */
	int64_t mtime;
	char what[256];
	uint64_t told;
};

static int take_tar(void *context, const void *ptr, size_t len,
		    struct rel_error *err)
{
	struct packing *packing = context;

	(void)err;
	rel_hasher_update(&packing->tar, ptr, len);
	packing->out->tar_size += len;
	if (packing->out->tar_size - packing->told >= PROGRESS_STEP) {
		packing->told = packing->out->tar_size;
		rel_progress(packing->request->progress, packing->what,
			     packing->told, 0);
	}
	return 0;
}

static int pack_entry(void *context, struct rel_git_archive *archive,
		      const struct rel_git_archive_entry *from,
		      struct rel_error *err)
{
	struct packing *packing = context;
	struct rel_archive_entry entry = {.mtime = packing->mtime,
					  .mode = 0664,
					  .kind = REL_ARCHIVE_FILE,
					  .size = from->size,
					  .target = from->target};
	struct rel_str chunk;
	int r;

	packing->path.len = packing->prefix;
	rel_buf_add_char(&packing->path, '/');
	rel_buf_add_str(&packing->path, from->path);
	r = rel_buf_status(&packing->path, "path in the archive", err);
	if (r < 0)
		return r;
	entry.path = rel_buf_str(&packing->path);
	packing->out->entries++;
	switch (from->kind) {
	case REL_GIT_EXECUTABLE:
		entry.mode = 0775;
		/* fall through */
	case REL_GIT_BLOB:
		break;
	case REL_GIT_SYMLINK:
		entry.kind = REL_ARCHIVE_SYMLINK;
		entry.mode = 0777;
		break;
	case REL_GIT_TREE:
	case REL_GIT_COMMIT:
		entry.kind = REL_ARCHIVE_DIR;
		entry.mode = 0775;
		break;
	}
	r = rel_archive_write_entry(packing->writer, &entry, err);
	while (r == 0 && entry.kind == REL_ARCHIVE_FILE) {
		r = rel_git_archive_chunk(&chunk, archive, err);
		if (r <= 0)
			break;
		r = rel_archive_write_data(packing->writer, chunk.ptr,
					   chunk.len, err);
	}
	return r;
}

static int pack_all(struct packing *packing,
		    const struct rel_git_archive_options *options,
		    struct rel_error *err)
{
	const struct rel_pack_options *request = packing->request;
	const struct rel_sink packed = rel_sink_of_tally(&packing->packed);
	const struct rel_sink tar = {take_tar, packing};
	struct rel_archive_entry top = {.kind = REL_ARCHIVE_DIR, .mode = 0775};
	int r = rel_git_commit_time(&packing->mtime, request->store,
				    &request->commit, err);

	if (r == 0)
		r = rel_archive_write_open(&packing->writer, request->format,
					   &packed, &tar, request->cancel, err);
	if (r < 0)
		return r;
	top.mtime = packing->mtime;
	top.path = rel_buf_str(&packing->path);
	packing->out->entries = 1;
	r = rel_archive_write_entry(packing->writer, &top, err);
	if (r == 0)
		r = rel_git_archive_each(request->store, &request->commit,
					 options, pack_entry, packing, err);
	if (r == 0)
		r = rel_archive_write_close(packing->writer, err);
	else
		rel_archive_write_abort(packing->writer);
	return r;
}

static int finish(struct packing *packing, struct rel_error *err)
{
	struct rel_digest packed[REL_DIGEST_ALGOS], tar[REL_DIGEST_ALGOS];
	int r = rel_hasher_finish(packed, &packing->packed.hasher, err);

	if (r == 0)
		r = rel_hasher_finish(tar, &packing->tar, err);
	if (r < 0)
		return r;
	packing->out->size = packing->packed.size;
	packing->out->sha256 = packed[REL_DIGEST_SHA256];
	packing->out->sha512 = packed[REL_DIGEST_SHA512];
	packing->out->tar_sha256 = tar[REL_DIGEST_SHA256];
	return 0;
}

static int set_top(struct packing *packing, struct rel_error *err)
{
	const struct rel_pack_options *request = packing->request;
	struct rel_str top;

	rel_buf_printf(&packing->path, "%.*s-%.*s", REL_STR_ARG(request->name),
		       REL_STR_ARG(request->version));
	top = rel_buf_str(&packing->path);
	packing->prefix = top.len;
	snprintf(packing->what, sizeof(packing->what), "packing %.*s",
		 REL_STR_ARG(top));
	if (request->name.len == 0 || request->version.len == 0 ||
	    memchr(top.ptr, '/', top.len) || !rel_path_is_safe(top))
		return rel_fail(err, REL_EUSAGE,
				"\"%.*s\" cannot be the name of a directory",
				REL_STR_ARG(top));
	return rel_buf_status(&packing->path, "name of the archive", err);
}

static int replace(void *context, struct rel_buf *out, struct rel_str path,
		   struct rel_str content, struct rel_error *err)
{
	return rel_watermarks_replace(out, context, path, content, err);
}

int rel_pack_archive_options(struct rel_git_archive_options *out,
			     struct rel_watermarks *marks,
			     struct rel_arena *arena,
			     const struct rel_pack_options *request,
			     struct rel_error *err)
{
	*out = (struct rel_git_archive_options){.tag = request->tag,
						.empty_submodules =
						    request->empty_submodules,
						.cancel = request->cancel};
	if (request->watermarks.len == 0)
		return 0;
	out->rewrite = replace;
	out->rewrite_context = marks;
	return rel_watermarks_read(marks, arena, request->store,
				   &request->commit, request->watermarks,
				   request->tag, err);
}

int rel_pack_stream(struct rel_pack_result *out,
		    const struct rel_pack_options *request,
		    const struct rel_sink *sink, struct rel_error *err)
{
	struct rel_git_archive_options options;
	struct rel_watermarks marks;
	struct rel_arena arena;
	struct packing packing = {
	    .request = request, .packed = {.next = sink}, .out = out};
	int r;

	*out = (struct rel_pack_result){0};
	rel_buf_init(&packing.path, 2 * REL_LIMIT_GIT_PATH_BYTES);
	rel_arena_init(&arena, REL_LIMIT_PROJECT_ARENA);
	r = set_top(&packing, err);
	if (r == 0)
		r = rel_pack_archive_options(&options, &marks, &arena, request,
					     err);
	if (r == 0)
		r = rel_hasher_init(
		    &packing.packed.hasher,
		    REL_DIGEST_MASK_SHA256 | REL_DIGEST_MASK_SHA512, err);
	if (r == 0)
		r = rel_hasher_init(&packing.tar, REL_DIGEST_MASK_SHA256, err);
	if (r == 0)
		r = pack_all(&packing, &options, err);
	if (r == 0)
		r = finish(&packing, err);
	rel_hasher_free(&packing.tar);
	rel_hasher_free(&packing.packed.hasher);
	rel_arena_free(&arena);
	rel_buf_free(&packing.path);
	return r;
}

int rel_pack_write(struct rel_pack_result *out,
		   const struct rel_pack_options *request, const char *path,
		   struct rel_error *err)
{
	struct rel_atomic_file file = {.fd = -1};
	struct rel_sink sink = rel_sink_of_file(&file);
	int r;

	if (!path)
		return rel_pack_stream(out, request, NULL, err);
	r = rel_atomic_open(&file, path, err);
	if (r < 0)
		return r;
	r = rel_pack_stream(out, request, &sink, err);
	if (r == 0)
		r = rel_atomic_commit(&file, err);
	else
		rel_atomic_abort(&file);
	return r;
}

const char *rel_pack_difference_text(
    const struct rel_pack_difference *difference)
{
	static const char *const TEXTS[] = {
	    [REL_PACK_MISSING] = "missing from the archive",
	    [REL_PACK_EXTRA] = "not in the tag",
	    [REL_PACK_KIND] = "of another kind",
	    [REL_PACK_MODE] = "executable in only one of them",
	    [REL_PACK_CONTENT] = "other content",
	    [REL_PACK_TARGET] = "another link target",
	    [REL_PACK_TWICE] = "more than once in the archive",
	};

	return difference->change == REL_PACK_UNSURE
		   ? difference->why
		   : TEXTS[difference->change];
}
