#include "release/audit/index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/write.h"
#include "base/file.h"
#include "base/limits.h"
#include "git/objects.h"
#include "opam/edit.h"
#include "release/audit/audit_private.h"

#define NOT_GIT_TIME ((int64_t)315532800) /* 1980-01-01 */
#define NEW_REPO     "opam-version: \"2.0\"\n"

struct indexing {
	const struct rel_index_options *options;
	struct rel_index_result *result;
	struct rel_arena arena;
	struct rel_index_items items;
	struct rel_buf file;	 /* the one at hand */
	struct rel_buf repo;	 /* new content */
	struct rel_hasher stamp; /* over what is indexed */
	struct rel_tally packed; /* of index.tar.gz */
	struct rel_atomic_file out;
	struct rel_archive_writer *writer;
	struct rel_git_id commit;
	bool has_commit, open;
	int64_t time;
};

static char *in_dir(const struct indexing *x, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", x->options->dir, name) < 0 ? NULL
								   : path;
}

/* Append the file `name`; one that is not there is NULL in *found.  Links
 * below packages/ have been looked at by the walk. */
static int read_file(struct rel_buf *out, bool *found, struct indexing *x,
		     const char *name, struct rel_error *err)
{
	char *path = in_dir(x, name);
	int rc = path ? rel_file_read(out, path, err) : rel_fail_nomem(err);

	free(path);
	*found = rc == 0;
	return rc == REL_ENOTFOUND ? 0 : rc;
}

/* The commit of a checkout, for stamp and time. */
static int look_at_git(struct indexing *x, struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int rc;

	x->time = NOT_GIT_TIME;
	if (!rel_git_is_repository(x->options->dir))
		return 0;
	rc = rel_git_store_open(&store, x->options->dir, err);
	if (rc == 0 && !rel_git_store_is_empty(store)) {
		rc = rel_git_resolve(&x->commit, store, NULL, err);
		if (rc == 0)
			rc = rel_git_commit_time(&x->time, store, &x->commit,
						 err);
		x->has_commit = rc == 0;
	}
	rel_git_store_free(store);
	return rc;
}

static int set_stamp(struct indexing *x, struct rel_error *err)
{
	struct rel_digest digest[REL_DIGEST_ALGOS];
	char text[REL_DIGEST_TEXT_MAX];
	int rc;

	if (x->options->stamp || x->has_commit) {
		rel_git_id_format(text, &x->commit);
		snprintf(x->result->stamp, sizeof(x->result->stamp), "%s",
			 x->options->stamp ? x->options->stamp : text);
		return 0;
	}
	rc = rel_hasher_finish(digest, &x->stamp, err);
	if (rc)
		return rc;
	rel_digest_hex(text, &digest[REL_DIGEST_SHA256]);
	snprintf(x->result->stamp, sizeof(x->result->stamp), "%.*s",
		 REL_INDEX_STAMP_DIGITS, text);
	return 0;
}

/* Edit the `repo` file in x->repo: with `stamp`, or NULL: without any. */
static int edit_repo(struct indexing *x, const char *stamp,
		     struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_buf value, fresh;
	char *path = in_dir(x, "repo");
	int rc;

	if (!path)
		return rel_fail_nomem(err);
	rel_buf_init(&value, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&fresh, REL_LIMIT_CONFIG_BYTES);
	rc = rel_opam_parse(&tree, &x->arena, rel_buf_str(&x->repo), path, err);
	if (rc == 0) {
		rel_edit_init(&edit, &tree, &x->arena);
		if (stamp)
			rel_opam_quote(&value, rel_str_of(stamp));
		rc = stamp ? rel_edit_set_field(&edit, "stamp",
						rel_buf_str(&value), err)
			   : rel_edit_remove_field(&edit, "stamp", err);
		if (rc == 0)
			rc = rel_edit_apply(&edit, &fresh, err);
		rel_edit_free(&edit);
	}
	if (rc == 0) {
		struct rel_buf old = x->repo;

		x->repo = fresh;
		fresh = old;
	}
	rel_buf_free(&value);
	rel_buf_free(&fresh);
	free(path);
	return rc;
}

static int read_repo(struct indexing *x, struct rel_error *err)
{
	bool found;
	int rc = read_file(&x->repo, &found, x, "repo", err);

	if (rc == 0 && !found)
		rel_buf_add_cstr(&x->repo, NEW_REPO);
	return rc ? rc : rel_buf_status(&x->repo, "repo", err);
}

/* What a stamp is made of: name, length and bytes of each file. */
static void stamp_file(struct indexing *x, const char *path,
		       struct rel_str bytes)
{
	uint64_t len = bytes.len;
	unsigned char size[8];

	for (int i = 0; i < 8; i++)
		size[i] = (unsigned char)(len >> (8 * i));
	rel_hasher_update(&x->stamp, path, strlen(path) + 1);
	rel_hasher_update(&x->stamp, size, sizeof(size));
	rel_hasher_update(&x->stamp, bytes.ptr, bytes.len);
}

static int write_member(struct indexing *x, const struct rel_index_item *item,
			struct rel_str bytes, struct rel_error *err)
{
	struct rel_archive_entry entry = {
	    .path = rel_str_of(item->path),
	    .kind = item->directory ? REL_ARCHIVE_DIR : REL_ARCHIVE_FILE,
	    .mode = item->directory || item->executable ? 0755 : 0644,
	    .size = bytes.len,
	    .mtime = x->time};
	int rc = rel_archive_write_entry(x->writer, &entry, err);

	/* It is the repository that makes no sense, not what was asked. */
	if (rc == REL_EUSAGE)
		return rel_fail(err, REL_EPARSE,
				"no archive can hold the name \"%s\"",
				item->path);
	if (rc == 0 && !item->directory) {
		x->result->files++;
		rc = rel_archive_write_data(x->writer, bytes.ptr, bytes.len,
					    err);
	}
	return rc;
}

static int write_file(struct indexing *x, const struct rel_index_item *item,
		      struct rel_error *err)
{
	struct rel_str path = rel_str_of(item->path);
	bool found;
	int rc;

	rel_buf_clear(&x->file);
	if (item->directory)
		return write_member(x, item, rel_buf_str(&x->file), err);
	rc = read_file(&x->file, &found, x, item->path, err);
	if (rc == 0 && !found)
		rc = rel_fail(err, REL_EIO, "%s went away", item->path);
	if (rc)
		return rc;
	x->result->packages += rel_str_ends(path, REL_STR("/opam"));
	stamp_file(x, item->path, rel_buf_str(&x->file));
	return write_member(x, item, rel_buf_str(&x->file), err);
}

static int write_packages(struct indexing *x, struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < x->items.count; i++) {
		if (rel_cancelled(x->options->cancel))
			return rel_fail_cancelled(err);
		rel_progress(x->options->progress, "writing index.tar.gz", i,
			     x->items.count);
		rc = write_file(x, &x->items.items[i], err);
	}
	return rc;
}

/* `repo` comes behind packages/, when the digest of that is known. */
static int write_repo(struct indexing *x, struct rel_str version,
		      struct rel_error *err)
{
	const struct rel_index_item item = {"repo", false, false};
	int rc = 0;

	if (!x->options->keep_repo) {
		rc = edit_repo(x, NULL, err);
		/* A stamp that was added may have ended the last line. */
		stamp_file(x, "repo", rel_str_trim(rel_buf_str(&x->repo)));
		stamp_file(x, "version", version);
		if (rc == 0)
			rc = set_stamp(x, err);
		/* The old stamp may stand anywhere: edit the file as it was. */
		rel_buf_clear(&x->repo);
		if (rc == 0)
			rc = read_repo(x, err);
		if (rc == 0)
			rc = edit_repo(x, x->result->stamp, err);
	}
	return rc ? rc : write_member(x, &item, rel_buf_str(&x->repo), err);
}

static int write_members(struct indexing *x, struct rel_error *err)
{
	const struct rel_index_item item = {"version", false, false};
	struct rel_buf version;
	bool found = false;
	int rc = write_packages(x, err);

	rel_buf_init(&version, REL_LIMIT_CONFIG_BYTES);
	if (rc == 0)
		rc = read_file(&version, &found, x, "version", err);
	if (rc == 0)
		rc = write_repo(x, rel_buf_str(&version), err);
	if (rc == 0 && found)
		rc = write_member(x, &item, rel_buf_str(&version), err);
	rel_buf_free(&version);
	return rc;
}

static int write_archive(struct indexing *x, struct rel_error *err)
{
	struct rel_sink file = rel_sink_of_file(&x->out);
	struct rel_sink sink = rel_sink_of_tally(&x->packed);
	int rc = rel_atomic_open_below(&x->out, x->options->dir, "index.tar.gz",
				       err);

	x->open = rc == 0;
	x->packed.next = &file;
	if (rc == 0 && fchmod(x->out.fd, 0644) != 0)
		rc = rel_fail_errno(err, errno, "index.tar.gz",
				    "cannot set the mode");
	if (rc == 0)
		rc = rel_archive_write_open(&x->writer, REL_ARCHIVE_TAR_GZ,
					    &sink, NULL, x->options->cancel,
					    err);
	if (rc == 0) {
		rc = write_members(x, err);
		if (rc == 0)
			rc = rel_archive_write_close(x->writer, err);
		else
			rel_archive_write_abort(x->writer);
	}
	x->packed.next = NULL; /* `file` ends here */
	x->result->size = x->packed.size;
	return rc;
}

/* Replace a small file unless it has these bytes. */
static int put_file(struct indexing *x, const char *name, struct rel_str bytes,
		    struct rel_error *err)
{
	struct rel_atomic_file file;
	bool found;
	int rc;

	rel_buf_clear(&x->file);
	rc = read_file(&x->file, &found, x, name, err);
	if (rc || (found && rel_str_eq(rel_buf_str(&x->file), bytes)))
		return rc;
	x->result->changed = true;
	rc = rel_atomic_open_below(&file, x->options->dir, name, err);
	if (rc == 0) {
		fchmod(file.fd, 0644);
		rel_atomic_write(&file, bytes.ptr, bytes.len);
		rc = rel_atomic_commit(&file, err);
	}
	return rc;
}

/* The index of opam before 2.0, as far as it is needed to be redirected: name,
 * md5 and mode of `repo` (opamFilename.ml, Attribute; the mode in decimal). */
static int put_urls(struct indexing *x, struct rel_error *err)
{
	struct rel_digest md5;
	struct rel_buf text;
	char hex[REL_DIGEST_TEXT_MAX];
	int rc;

	if (x->options->no_urls)
		return 0;
	rc = rel_digest_of(&md5, REL_DIGEST_MD5, rel_buf_str(&x->repo), err);
	if (rc)
		return rc;
	rel_buf_init(&text, REL_KIB);
	rel_digest_hex(hex, &md5);
	rel_buf_printf(&text, "repo\t%s\t%d\n", hex, 0644);
	rc = rel_buf_status(&text, "urls.txt", err);
	if (rc == 0)
		rc = put_file(x, "urls.txt", rel_buf_str(&text), err);
	rel_buf_free(&text);
	return rc;
}

/* All is in the temporary file: make it visible. */
static int finish(struct indexing *x, struct rel_error *err)
{
	struct rel_digest now[REL_DIGEST_ALGOS], old[REL_DIGEST_ALGOS];
	char *path;
	int rc = rel_hasher_finish(now, &x->packed.hasher, err);

	x->result->sha256 = now[REL_DIGEST_SHA256];
	if (rc == 0 && !x->options->keep_repo)
		rc = put_file(x, "repo", rel_buf_str(&x->repo), err);
	if (rc == 0)
		rc = put_urls(x, err);
	if (rc)
		return rc;
	path = in_dir(x, "index.tar.gz");
	if (!path)
		return rel_fail_nomem(err);
	if (rel_digest_file(old, REL_DIGEST_MASK_SHA256, path, NULL, NULL) ||
	    rel_digest_cmp(&old[REL_DIGEST_SHA256], &x->result->sha256)) {
		x->result->changed = true;
		x->open = false;
		rc = rel_atomic_commit(&x->out, err);
	}
	free(path);
	return rc;
}

/* The files beside packages/: what a link shows is not the directory's, and
 * what it points at not ours to replace. */
static int check_top(const struct indexing *x, struct rel_error *err)
{
	static const char *const names[] = {"repo", "version", "urls.txt",
					    "index.tar.gz"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(names) / sizeof(names[0]); i++)
		rc = rel_check_below(x->options->dir, names[i], err);
	return rc;
}

/* What an index that was killed left, where clients see it; the lock says
 * that nobody is writing. */
static int sweep(const struct indexing *x, struct rel_error *err)
{
	char *path = in_dir(x, "index.tar.gz");

	if (!path)
		return rel_fail_nomem(err);
	rel_atomic_sweep(path);
	free(path);
	return 0;
}

static int run(struct indexing *x, struct rel_error *err)
{
	char *packages = in_dir(x, "packages");
	struct stat st;
	int rc = 0;

	if (!packages)
		return rel_fail_nomem(err);
	if (stat(packages, &st) != 0 || !S_ISDIR(st.st_mode))
		rc = rel_fail(err, REL_ENOTFOUND,
			      "there is no directory packages in %s; give the "
			      "root of a package repository",
			      x->options->dir);
	free(packages);
	if (rc)
		return rc;
	rc = check_top(x, err);
	if (rc)
		return rc;
	rc = sweep(x, err);
	if (rc)
		return rc;
	rc = look_at_git(x, err);
	if (rc)
		return rc;
	rc = rel_index_walk(&x->items, x->options->dir, "packages",
			    x->options->cancel, err);
	if (rc)
		return rc;
	rc = read_repo(x, err);
	if (rc)
		return rc;
	rc = rel_hasher_init(&x->stamp, REL_DIGEST_MASK_SHA256, err);
	if (rc)
		return rc;
	rc = rel_hasher_init(&x->packed.hasher, REL_DIGEST_MASK_SHA256, err);
	if (rc)
		return rc;
	rc = write_archive(x, err);
	if (rc)
		return rc;
	return finish(x, err);
}

int rel_index_write(struct rel_index_result *out,
		    const struct rel_index_options *options,
		    struct rel_error *err)
{
	struct indexing x = {.options = options, .result = out};
	struct rel_lock lock;
	int rc;

	*out = (struct rel_index_result){.files = 0};
	rc = rel_lock_take_dir(&lock, options->dir, true, err);
	if (rc)
		return rc;
	rel_arena_init(&x.arena, REL_LIMIT_ARENA);
	x.items.arena = &x.arena;
	rel_buf_init(&x.file, REL_LIMIT_INDEX_BYTES);
	rel_buf_init(&x.repo, REL_LIMIT_CONFIG_BYTES);
	rc = run(&x, err);
	if (x.open)
		rel_atomic_abort(&x.out);
	rel_hasher_free(&x.stamp);
	rel_hasher_free(&x.packed.hasher);
	rel_buf_free(&x.file);
	rel_buf_free(&x.repo);
	free(x.items.items);
	rel_arena_free(&x.arena);
	rel_lock_drop(&lock);
	return rc;
}
