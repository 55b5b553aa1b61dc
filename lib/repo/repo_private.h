/*
 * What the files of lib/repo share, from a tree of files to a snapshot:
 *
 *   source (directory, git tree, index) → walk.h → parts → assembly → image
 *
 * and below it what the kinds of writable remotes share.  For lib/repo and its
 * tests alone.
 */
#ifndef REL_REPO_PRIVATE_H
#define REL_REPO_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cancel.h"
#include "base/intern.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "git/objects.h"
#include "opam/upgrade.h"
#include "repo/change.h"
#include "repo/image.h"
#include "repo/remote.h"
#include "repo/source.h"

/*
 * Part: what one thread has read of a remote, in growing tables of its own,
 * so that threads share nothing.  rel_assemble() makes one image of all parts.
 */

struct rel_part_row {
	/* ids and indexes are the part's own */
	struct rel_snapshot_package package;
	uint32_t expr_first, expr_end; /* its nodes in tables.exprs */
};

/* Rows and notices of one directory below packages/. */
struct rel_part_group {
	rel_string_id name; /* of the directory */
	bool reusable;	    /* depends on nothing outside its git tree */
	uint8_t tree[REL_IMAGE_TREE];
	uint32_t first, end;		   /* in rows */
	uint32_t first_notice, end_notice; /* in notices */
};

struct rel_part {
	struct rel_manifest_tables tables;
	struct rel_part_row *rows;
	uint32_t n_rows, rows_cap;
	struct rel_snapshot_problem *problems;
	uint32_t n_problems, problems_cap;
	struct rel_snapshot_notice *notices;
	uint32_t n_notices, notices_cap;
	struct rel_part_group *groups;
	uint32_t n_groups, groups_cap;
	struct rel_arena scratch;   /* for one manifest's tree */
	struct rel_buf converted;   /* for one manifest of format 1.x … */
	enum rel_upgrade_mode mode; /* … and how it is converted */
};

void rel_part_init(struct rel_part *part);
void rel_part_free(struct rel_part *part);

/* What is known of a manifest before it is read. */
struct rel_part_file {
	struct rel_str name, version;
	struct rel_str path; /* from the root of the remote */
	struct rel_content_id content;
};

/*
 * Read a manifest and append its row.  One that cannot be read becomes a row
 * with a problem; that is no error.
 * url     content of the legacy `url` file beside it, or {NULL, 0}
 * Errors  REL_ENOMEM; REL_ELIMIT: more than REL_LIMIT_PACKAGES
 */
REL_MUST_CHECK int rel_part_add(struct rel_part *part,
				const struct rel_part_file *file,
				struct rel_str source, struct rel_str url,
				struct rel_error *err);

/*
 * The same for a text that stands in no file: a compiler's package.  Its nodes
 * get no lines.
 */
REL_MUST_CHECK int rel_part_add_generated(struct rel_part *part,
					  const struct rel_part_file *file,
					  struct rel_str source,
					  struct rel_error *err);

/* Append the row of a manifest that could not even be got at. */
REL_MUST_CHECK int rel_part_add_unreadable(struct rel_part *part,
					   const struct rel_part_file *file,
					   const struct rel_error *why,
					   struct rel_error *err);

/* Append a notice about `path`.  Errors  REL_ENOMEM */
REL_MUST_CHECK int rel_part_notice(struct rel_part *part,
				   enum rel_notice_kind kind,
				   struct rel_str path, struct rel_error *err,
				   const char *fmt, ...) REL_PRINTF(5, 6);

/*
 * Rows and notices from here to rel_part_end_group() belong to the directory
 * packages/`name`.  `tree` is its git tree id, or NULL.
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_part_begin_group(struct rel_part *part,
					struct rel_str name,
					const uint8_t *tree,
					struct rel_error *err);
/* `reusable` as in struct rel_part_group; false without a tree id. */
void rel_part_end_group(struct rel_part *part, bool reusable);

/*
 * Parts → one image: sorts the packages, settles double ones, gives strings
 * and nodes their final numbers.
 */

struct rel_assembly {
	struct rel_part *parts; /* at least one */
	uint32_t n_parts;
	/* an earlier image, and which of its groups are still good; NULL, 0 */
	const struct rel_snapshot_store *base;
	const uint32_t *base_groups;
	uint32_t n_base_groups;
	struct rel_image_key key; /* for the header, as … */
	uint64_t repository;	  /* … this */
};

/*
 * Make the image, which rel_image_adopt() takes.  Of two manifests of one
 * name.version the one inside another package's directory loses, as a client
 * of opam never sees it; else the one stays whose directory comes last when a
 * directory stands before what is in it and siblings are in order of bytes,
 * as in `opam admin check` (opam src/format/opamPackage.ml, prefixes).
 * parts  notices about double and equal versions are added to the first one
 * *out   malloc'd
 * Errors REL_ENOMEM; REL_ELIMIT
 */
REL_MUST_CHECK int rel_assemble(void **out, const struct rel_assembly *assembly,
				struct rel_error *err);

/*
 * What the kinds of remotes share while they are read.
 */

struct rel_git_store;
struct rel_git_id;

/* One tree that is to become a snapshot. */
struct rel_reading {
	const struct rel_remote *remote;
	const struct rel_remote_options *options;
	const char *revision; /* as struct rel_snapshot */
	int64_t time;	      /* as there */
	/* for the cache; kind NONE = not cached */
	struct rel_image_key key;
	uint64_t repository;
};

/* options->warn, printf-style. */
void rel_reading_warn(const struct rel_remote_options *options, const char *fmt,
		      ...) REL_PRINTF(2, 3);

/* A number that stands for a repository in the headers of images. */
uint64_t rel_reading_repository(const char *place, const char *subdir);

/*
 * The snapshot of r->key from the cache.
 * *out    NULL when it is not there, or the cache is not to be used
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_reading_cached(struct rel_snapshot **out,
				      const struct rel_reading *r,
				      struct rel_error *err);

/*
 * Read `source` into a snapshot and put it into the cache.
 * Errors  as rel_layout_read()
 */
REL_MUST_CHECK int rel_reading_parse(struct rel_snapshot **out,
				     const struct rel_reading *r,
				     const struct rel_source *source,
				     struct rel_error *err);

/* The kinds; each as rel_remote_read(). */
REL_MUST_CHECK int rel_remote_read_git(struct rel_snapshot **out,
				       const struct rel_remote *remote,
				       const char *revision,
				       const struct rel_remote_options *options,
				       struct rel_error *err);
REL_MUST_CHECK int rel_remote_read_http(
    struct rel_snapshot **out, const struct rel_remote *remote,
    const struct rel_remote_options *options, struct rel_error *err);

/*
 * The parsed-snapshot cache: images in files, so that what has been parsed
 * once is mapped back.
 *
 *	<cache_dir>/snapshots/tree-<git tree id>.snap
 *	<cache_dir>/snapshots/index-<sha256 of index.tar.gz>.snap
 *
 * A file is replaced by rename only, so any number of runs may read and
 * write at once and be killed at any instruction.  It is not forced to disk:
 * what a power cut leaves is found out by its checksum, and made anew.  A
 * file that is damaged, or was written by another version of relctl, counts
 * as absent.  Each reading marks the file as used; when all files together
 * exceed REL_LIMIT_CACHE_BYTES, those go that were not used for longest.
 */

/*
 * The cached snapshot for `key`.
 * *out    NULL when there is none
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_snapcache_load(struct rel_snapshot **out,
				      const char *cache_dir,
				      const struct rel_image_key *key,
				      const char *revision, int64_t time,
				      struct rel_error *err);

/*
 * The newest cached snapshot that was made for `repository` (the number in
 * the images' headers), whatever its revision.
 * *out    NULL when there is none
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_snapcache_newest(struct rel_snapshot **out,
					const char *cache_dir,
					uint64_t repository,
					struct rel_error *err);

/*
 * Write a snapshot into the cache under the key in its image, and make room.
 * max_bytes  of all files together; REL_LIMIT_CACHE_BYTES
 * Errors     REL_EIO and others: nothing depends on it, so a warning
 */
REL_MUST_CHECK int rel_snapcache_store(const char *cache_dir,
				       const struct rel_snapshot *snapshot,
				       uint64_t max_bytes,
				       struct rel_error *err);

/*
 * A checksum for files that only this program writes: finds damage, not
 * malice.  The same on every host of one byte order.
 */

/*
 * 64 bits over `len` bytes.  Four lanes of multiply and rotate, so that
 * memory is the limit, not the multiplier.
 * Source  the structure of xxHash's XXH64 (its constants, not its layout of
 *         the tail): https://github.com/Cyan4973/xxHash, xxhash_spec.md
 */
uint64_t rel_checksum(const void *ptr, size_t len);

/*
 * compilers/ of a repository of format 1.x, whose NAME.comp files stand for
 * packages (opam/upgrade.h).
 */

/*
 * Append the packages that the directory compilers/ at the root stands for
 * to `part`; nothing when there is no such directory.  Of two compilers of
 * one name the later path counts, as in `opam admin upgrade`.
 * Errors  the source's; REL_ENOMEM; REL_ELIMIT
 */
REL_MUST_CHECK int rel_compilers_read(struct rel_part *part,
				      const struct rel_source *source,
				      struct rel_error *err);

/*
 * A tree of files → the image of a snapshot: walk.h says what is a manifest,
 * the file `repo` how those of format 1.x are read.
 */

struct rel_layout_options {
	const char *name; /* of the remote, for progress */
	unsigned jobs;	  /* threads; the source has as many workers */
	/* an earlier image whose unchanged directories are taken over; NULL */
	const struct rel_snapshot_store *base;
	struct rel_image_key key; /* for the image's header, as … */
	uint64_t repository;	  /* … this */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/*
 * Read the tree into an image (malloc'd) for rel_image_adopt().
 * Errors  REL_EPARSE: not a package repository; REL_ECANCELLED; the
 *         source's; REL_ELIMIT; REL_ENOMEM
 */
REL_MUST_CHECK int rel_layout_read(void **image,
				   const struct rel_source *source,
				   const struct rel_layout_options *options,
				   struct rel_error *err);

/* A directory on this disk as a source. */

struct rel_source_dir {
	const char *root; /* borrowed */
	/* nobody asks who may execute what: files need no look of their own */
	bool without_modes;
	struct rel_source_spent spent;
};

/* A source over `dir`, which must outlive it; any number of workers. */
struct rel_source rel_source_dir(struct rel_source_dir *dir);

/* A git tree as a source. */

struct rel_source_git {
	struct rel_git_store **stores; /* by worker */
	unsigned n_stores;
	struct rel_git_id tree; /* the root */
	struct rel_source_spent spent;
};

/*
 * Open a source of `jobs` workers over `tree`.
 * store   borrowed by the first worker; the others get clones
 * Release with rel_source_git_close(), also after a failure.
 */
REL_MUST_CHECK int rel_source_git_open(struct rel_source_git *git,
				       struct rel_git_store *store,
				       const struct rel_git_id *tree,
				       unsigned jobs, struct rel_error *err);
void rel_source_git_close(struct rel_source_git *git);

struct rel_source rel_source_git(struct rel_source_git *git);

/*
 * The members of an index.tar.gz as a source.
 *
 * Only what can matter is kept: the content of manifests, of the legacy files
 * beside them and of `repo`; of everything else the name.
 */

struct rel_index_node;

struct rel_source_index {
	struct rel_intern paths;      /* id = index into nodes; 0 = the root */
	struct rel_index_node *nodes; /* malloc'd */
	uint32_t n_nodes, cap;
	struct rel_arena content;
	uint32_t root; /* node that the source's paths start from */
	struct rel_source_spent spent;
};

/*
 * Unpack the archive `bytes` (tar, packed or not).  A member that appears
 * twice counts as its last appearance, as when tar unpacks it.
 * name    of the archive, for errors
 * cancel  may be NULL
 * Errors  those of rel_archive_next(): REL_EPARSE damaged, unsafe names;
 *         REL_ELIMIT a bomb.  Release with rel_source_index_close(), also
 *         after a failure.
 */
REL_MUST_CHECK int rel_source_index_open(struct rel_source_index *index,
					 struct rel_str bytes, const char *name,
					 const struct rel_cancel *cancel,
					 struct rel_error *err);

/* Let `dir` be the root.  REL_ENOTFOUND: there is no such directory. */
REL_MUST_CHECK int rel_source_index_enter(struct rel_source_index *index,
					  struct rel_str dir,
					  struct rel_error *err);
void rel_source_index_close(struct rel_source_index *index);

struct rel_source rel_source_index(struct rel_source_index *index);

/* What the two kinds of writable remotes share. */

/* One kind; `self` is the object that it made. */
struct rel_writable_kind {
	bool is_git;
	const char *(*tip)(const void *self);
	const char *(*branch)(const void *self);
	int (*refresh)(void *self, struct rel_error *err);
	int (*exists)(bool *out, void *self, const char *path,
		      struct rel_error *err);
	int (*stream)(uint64_t *size, void *self, const char *path,
		      const struct rel_sink *sink, struct rel_error *err);
	int (*ready)(void *self, const char *path, struct rel_error *err);
	/* `changes` are clean and of different paths. */
	int (*apply)(struct rel_change_result *out, struct rel_writable *remote,
		     const struct rel_change *changes, size_t n_changes,
		     const char *message,
		     const struct rel_change_author *author,
		     struct rel_error *err);
	void (*release)(void *self);
};

/* A file that was read through the handle. */
struct rel_writable_seen {
	char *path;
	bool absent;
	struct rel_digest digest; /* sha256 */
};

struct rel_writable {
	const struct rel_writable_kind *kind;
	void *self;
	char *text; /* the location, for messages */
	struct rel_writable_seen *seen;
	uint32_t n_seen, seen_cap;
};

/* Each sets kind and self.  Errors as rel_writable_open(). */
REL_MUST_CHECK int rel_writable_open_dir(
    struct rel_writable *remote, const struct rel_location *location,
    const struct rel_writable_options *options, struct rel_error *err);

REL_MUST_CHECK int rel_writable_open_git(
    struct rel_writable *remote, const struct rel_location *location,
    const struct rel_writable_options *options, struct rel_error *err);

/* The last read of `path`, or NULL. */
const struct rel_writable_seen *rel_writable_seen(
    const struct rel_writable *remote, const char *path);

/* REL_CHANGE_RACED with a printf-style text. */
void rel_change_raced(struct rel_change_result *out, const char *fmt, ...)
    REL_PRINTF(2, 3);

/* A plain directory that is written to. */

struct rel_change_dir {
	char *root; /* may not exist yet; its parent does */
	const struct rel_cancel *cancel;
};

/*
 * Append "root/path", after a look for links below the root: none is followed,
 * wherever it leads.
 * Errors  as rel_check_below()
 */
REL_MUST_CHECK int rel_change_dir_path(struct rel_buf *out,
				       const struct rel_change_dir *dir,
				       const char *path, struct rel_error *err);

/*
 * The changes to a directory, as rel_writable_apply().
 */
REL_MUST_CHECK int rel_change_dir_apply(struct rel_change_result *out,
					struct rel_writable *remote,
					const struct rel_change *changes,
					size_t n_changes,
					struct rel_error *err);

/*
 * What is remembered of an index.tar.gz between runs.
 *
 *	<cache_dir>/index/<sha256 of the URL>/index.tar.gz
 *	<cache_dir>/index/<sha256 of the URL>/state
 *
 * `state` has lines "KEY VALUE": url (without user and query), digest (of the
 * index), etag, last-modified, redirects (yes or no: does its `repo` file have
 * any, whatever their filters say).  The index is written first.  Whatever two
 * runs or a kill leave behind, an index that does not have the digest that
 * `state` says counts as absent, and so does a state of another URL.
 */

struct rel_http_state {
	struct rel_digest digest;
	const char *etag, *last_modified; /* NULL = the server sent none */
	bool redirects;
};

/*
 * What is remembered of `url`.  Texts live in `arena`.
 * *found  false when there is nothing, or nothing usable
 * Errors  REL_ENOMEM
 */
REL_MUST_CHECK int rel_http_state_load(struct rel_http_state *out, bool *found,
				       const char *cache_dir, const char *url,
				       struct rel_arena *arena,
				       struct rel_error *err);

/*
 * Append the remembered index to `body` if it is the one of state->digest.
 * *found  as above
 */
REL_MUST_CHECK int rel_http_state_body(struct rel_buf *body, bool *found,
				       const struct rel_http_state *state,
				       const char *cache_dir, const char *url,
				       struct rel_error *err);

/* Remember.  Errors  REL_EIO and others: a warning, nothing depends on it. */
REL_MUST_CHECK int rel_http_state_store(const struct rel_http_state *state,
					struct rel_str body,
					const char *cache_dir, const char *url,
					struct rel_error *err);

#endif
