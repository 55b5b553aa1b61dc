#include "git/git_private.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/file.h"
#include "base/limits.h"

#define PACK_HEAD 12
#define HASH	  REL_GIT_ID_BYTES
#define FANOUT	  256
#define REMEDY	  "fetch the repository anew or look with git fsck"
#define HIGH_BIT  0x80000000u
#define TYPE_OFS  6
#define TYPE_REF  7
/* zlib packs no more bytes than this into one (its Technical Details). */
#define DEFLATE_RATIO 1032
#define FIRST	      100 /* before libgit2's own: loose 1, packed 2 */

/* A pack and its index, in memory maps; the numbers in them are checked. */
struct pack {
	char *name;	/* of the file, without its directory */
	char *idx_path; /* of the index */
	uint32_t dir;	/* which of the guard's */
	struct rel_map pack, idx;
	uint32_t count;
	bool old;		     /* version 1: offset and id in one table */
	const unsigned char *fanout; /* FANOUT numbers */
	const unsigned char *ids;    /* every `step` bytes */
	size_t step;
	const unsigned char *offsets, *wide; /* version 2 */
	uint32_t n_wide;
};

struct guard {
	git_odb_backend parent; /* first: libgit2 has a pointer to it */
	struct pack *packs;
	uint32_t n, cap;
	char **dirs; /* of objects */
	uint32_t n_dirs, dirs_cap;
	/* There is an index of several packs, or a graph of commits. */
	bool indexed;
};

static uint32_t number(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void pack_close(struct pack *pack)
{
	rel_map_close(&pack->pack);
	rel_map_close(&pack->idx);
	free(pack->name);
	free(pack->idx_path);
}

static const unsigned char *id_of(const struct pack *pack, uint32_t i)
{
	return pack->ids + (size_t)i * pack->step;
}

/* Where object `i` begins; 0 = nowhere in the pack. */
static uint64_t offset_of(const struct pack *pack, uint32_t i)
{
	const unsigned char *wide;
	uint64_t at;

	if (pack->old)
		return number(id_of(pack, i) - 4);
	at = number(pack->offsets + (size_t)i * 4);
	if (!(at & HIGH_BIT))
		return at;
	at &= HIGH_BIT - 1;
	if (at >= pack->n_wide)
		return 0;
	wide = pack->wide + at * 8;
	return (uint64_t)number(wide) << 32 | number(wide + 4);
}

static bool is_in_pack(const struct pack *pack, uint64_t at)
{
	return at >= PACK_HEAD && at < pack->pack.len - HASH;
}

/* Ids in order and as the fanout counts them, offsets in the pack. */
static bool check_entries(const struct pack *pack)
{
	uint32_t i = 0;

	for (unsigned first = 0; first < FANOUT; first++) {
		uint32_t end = number(pack->fanout + (size_t)first * 4);

		if (end < i || end > pack->count)
			return false;
		for (; i < end; i++)
			if (*id_of(pack, i) != first ||
			    !is_in_pack(pack, offset_of(pack, i)) ||
			    (i > 0 && memcmp(id_of(pack, i - 1), id_of(pack, i),
					     HASH) > 0))
				return false;
	}
	return i == pack->count;
}

static bool set_tables(struct pack *pack)
{
	static const unsigned char magic[] = {0xff, 't', 'O', 'c'};
	const unsigned char *p = pack->idx.ptr;
	uint64_t size = pack->idx.len, fixed;

	if (size < FANOUT * 4 + 2 * HASH)
		return false;
	pack->old = memcmp(p, magic, sizeof(magic)) != 0;
	pack->fanout = p + (pack->old ? 0 : 8u);
	if (!pack->old &&
	    (number(p + 4) != 2 || size < 8 + FANOUT * 4 + 2 * HASH))
		return false;
	pack->count = number(pack->fanout + (FANOUT - 1) * 4);
	pack->ids = pack->fanout + FANOUT * 4 + (pack->old ? 4u : 0);
	pack->step = pack->old ? HASH + 4 : HASH;
	fixed = FANOUT * 4 + 2 * HASH + (pack->old ? 0 : 8u) +
		(uint64_t)pack->count * (pack->old ? HASH + 4 : HASH + 8);
	if (size < fixed || (size - fixed) % 8 != 0 ||
	    (pack->old && size != fixed))
		return false;
	pack->n_wide = (uint32_t)((size - fixed) / 8);
	pack->offsets = pack->ids + (size_t)pack->count * (HASH + 4);
	pack->wide = pack->offsets + (size_t)pack->count * 4;
	return pack->n_wide <= pack->count;
}

/* The index repeats the pack's checksum, which ends the pack. */
static bool check_pack(struct pack *pack)
{
	const unsigned char *p = pack->pack.ptr;

	if (pack->pack.len < PACK_HEAD + HASH || memcmp(p, "PACK", 4) != 0 ||
	    number(p + 4) < 2 || number(p + 4) > 3 || !set_tables(pack) ||
	    number(p + 8) != pack->count)
		return false;
	return memcmp(p + pack->pack.len - HASH,
		      (const unsigned char *)pack->idx.ptr + pack->idx.len -
			  2 * HASH,
		      HASH) == 0 &&
	       check_entries(pack);
}

static int fail_pack(struct rel_error *err, const char *path, const char *what)
{
	rel_fail(err, REL_EIO, "%s; " REMEDY, what);
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

static int open_pack(struct guard *guard, const char *dir, struct rel_str idx,
		     struct rel_error *err)
{
	struct rel_error why = {0};
	struct pack pack = {0};
	char *path = NULL, *idx_path = NULL;
	struct stat st;
	int rc = REL_ENOMEM;

	if (asprintf(&path, "%s/pack/%.*s.pack", dir, (int)idx.len - 4,
		     idx.ptr) < 0)
		return rel_fail_nomem(err);
	/* git passes over an index alone, and so does libgit2. */
	if (stat(path, &st) != 0) {
		free(path);
		return 0;
	}
	if (asprintf(&idx_path, "%s/pack/%.*s", dir, REL_STR_ARG(idx)) < 0)
		idx_path = NULL;
	if (idx_path)
		rc = rel_map_open(&pack.idx, idx_path, &why);
	if (rc == 0)
		rc = rel_map_open(&pack.pack, path, &why);
	if (rc == 0 && !check_pack(&pack))
		rc = fail_pack(err, path, "is cut short or damaged");
	else if (rc < 0 && rc != REL_ENOMEM)
		rc = fail_pack(err, why.path, why.text);
	if (rc == 0 &&
	    asprintf(&pack.name, "%.*s.pack", (int)idx.len - 4, idx.ptr) < 0)
		rc = REL_ENOMEM;
	if (rc == 0)
		rc = rel_array_reserve(&guard->packs, &guard->cap,
				       (uint64_t)guard->n + 1,
				       sizeof(*guard->packs));
	pack.idx_path = idx_path;
	pack.dir = guard->n_dirs - 1;
	if (rc == 0)
		guard->packs[guard->n++] = pack;
	else
		pack_close(&pack);
	free(path);
	return rc == REL_ENOMEM ? rel_fail_nomem(err) : rc;
}

static int open_packs(struct guard *guard, const char *dir,
		      struct rel_error *err)
{
	struct dirent *entry;
	char *path = NULL;
	DIR *handle;
	int rc = 0;

	if (asprintf(&path, "%s/pack", dir) < 0)
		return rel_fail_nomem(err);
	handle = opendir(path);
	free(path);
	while (rc == 0 && handle != NULL && (entry = readdir(handle)) != NULL) {
		struct rel_str name = rel_str_of(entry->d_name);

		if (name.len > 4 && rel_str_ends(name, REL_STR(".idx")))
			rc = open_pack(guard, dir, name, err);
	}
	if (handle != NULL)
		closedir(handle);
	return rc;
}

static int open_dir(struct guard *guard, const char *objects, unsigned depth,
		    struct rel_error *err);

/* Whose packs and what they borrow are opened. */
struct borrower {
	struct guard *guard;
	unsigned depth;
};

static int open_borrowed(void *context, const char *objects,
			 struct rel_error *err)
{
	const struct borrower *b = context;

	return open_dir(b->guard, objects, b->depth + 1, err);
}

static bool is_indexed(const char *objects)
{
	static const char *const names[] = {
	    "pack/multi-pack-index", "info/commit-graph", "info/commit-graphs"};
	bool found = false;

	for (size_t i = 0; !found && i < sizeof(names) / sizeof(names[0]);
	     i++) {
		char path[PATH_MAX];
		struct stat st;
		int n =
		    snprintf(path, sizeof(path), "%s/%s", objects, names[i]);

		found =
		    n > 0 && (size_t)n < sizeof(path) && lstat(path, &st) == 0;
	}
	return found;
}

static int open_dir(struct guard *guard, const char *objects, unsigned depth,
		    struct rel_error *err)
{
	struct borrower borrower = {guard, depth};
	char *copy;
	int rc;

	if (depth > REL_LIMIT_GIT_ALTERNATES_DEPTH)
		return 0;
	copy = strdup(objects);
	if (copy == NULL || rel_array_reserve(&guard->dirs, &guard->dirs_cap,
					      (uint64_t)guard->n_dirs + 1,
					      sizeof(*guard->dirs)) < 0) {
		free(copy);
		return rel_fail_nomem(err);
	}
	guard->dirs[guard->n_dirs++] = copy;
	guard->indexed = guard->indexed || is_indexed(objects);
	rc = open_packs(guard, objects, err);
	return rc == 0 ? rel_git_place_alternates(objects, open_borrowed,
						  &borrower, err)
		       : rc;
}

/* The first object whose id is not before the `len` bytes at `id`. */
static uint32_t find_first(const struct pack *pack, const unsigned char *id,
			   size_t len)
{
	uint32_t low = 0, high = number(pack->fanout + (size_t)id[0] * 4);

	if (id[0] > 0)
		low = number(pack->fanout + (size_t)(id[0] - 1) * 4);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(id_of(pack, middle), id, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool find(uint64_t *at, const struct pack *pack, const unsigned char *id)
{
	uint32_t i = find_first(pack, id, HASH);

	if (i >= pack->count || memcmp(id_of(pack, i), id, HASH) != 0)
		return false;
	*at = offset_of(pack, i);
	return true;
}

/* A byte of the pack, 0 behind its end: no number goes on there. */
static unsigned char byte_at(const struct pack *pack, uint64_t at)
{
	return at < pack->pack.len - HASH
		   ? ((const unsigned char *)pack->pack.ptr)[at]
		   : 0;
}

/* What the delta whose header ends before `from` is made from: 1 *base is
 * set; 0 it is not in this pack; -1 damage. */
static int find_base(uint64_t *base, const struct pack *pack, uint64_t at,
		     uint64_t from, unsigned type)
{
	unsigned char id[HASH], c;
	uint64_t back;

	if (type == TYPE_REF) {
		for (size_t i = 0; i < HASH; i++)
			id[i] = byte_at(pack, from + i);
		return find(base, pack, id);
	}
	c = byte_at(pack, from++);
	back = c & 0x7f;
	while (c & 0x80) {
		if (back >= pack->pack.len)
			return -1;
		c = byte_at(pack, from++);
		back = (back + 1) << 7 | (c & 0x7f);
	}
	if (back == 0 || back > at || !is_in_pack(pack, at - back))
		return -1;
	*base = at - back;
	return 1;
}

/* Do the deltas end at a whole object? */
static bool check_chain(const struct pack *pack, uint64_t at)
{
	for (unsigned depth = 0; depth < REL_LIMIT_GIT_DELTAS; depth++) {
		uint64_t from = at + 1;
		unsigned char c = byte_at(pack, at);
		unsigned type = c >> 4 & 7, bytes = 1;
		uint64_t size = c & 15;
		int more;

		while (c & 0x80 && bytes++ < 9) {
			c = byte_at(pack, from++);
			size |= (uint64_t)(c & 0x7f) << (4 + 7 * (bytes - 2));
		}
		/* libgit2 asks for as much memory as is announced. */
		if (type == 0 || type == 5 || c & 0x80 ||
		    size / DEFLATE_RATIO > pack->pack.len - at)
			return false;
		if (type != TYPE_OFS && type != TYPE_REF)
			return true;
		more = find_base(&at, pack, at, from, type);
		/* Of a base that is elsewhere libgit2 complains. */
		if (more <= 0)
			return more == 0;
	}
	return false;
}

static int fail_object(const struct pack *pack)
{
	char text[REL_ERROR_TEXT_MAX];

	snprintf(text, sizeof(text), "packfile %.200s is damaged; " REMEDY,
		 pack->name);
	git_error_set_str(GIT_ERROR_ODB, text);
	return REL_GIT_EDAMAGED;
}

/* Loose objects are read until their end, which a FIFO has not. */
static int check_loose(const struct guard *guard, const git_oid *oid)
{
	char hex[REL_GIT_ID_TEXT], path[PATH_MAX];
	struct rel_git_id id;
	struct stat st;

	rel_git_id_of_oid(&id, oid);
	rel_git_id_format(hex, &id);
	for (uint32_t i = 0; i < guard->n_dirs; i++) {
		int n = snprintf(path, sizeof(path), "%s/%.2s/%s",
				 guard->dirs[i], hex, hex + 2);

		if (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 &&
		    !S_ISREG(st.st_mode)) {
			git_error_set_str(GIT_ERROR_ODB,
					  "it is no ordinary file; " REMEDY);
			return REL_GIT_EDAMAGED;
		}
	}
	return GIT_ENOTFOUND;
}

/* Never found here: GIT_ENOTFOUND lets the others look. */
static int look(const struct guard *guard, const git_oid *oid, size_t digits)
{
	const unsigned char *id = oid->id;
	size_t whole = digits / 2;
	bool packed = false;

	for (uint32_t i = 0; i < guard->n; i++) {
		const struct pack *pack = &guard->packs[i];
		uint32_t j = whole > 0 ? find_first(pack, id, whole) : 0;

		for (;
		     j < pack->count && memcmp(id_of(pack, j), id, whole) == 0;
		     j++) {
			packed = true;
			if (!check_chain(pack, offset_of(pack, j)))
				return fail_object(pack);
		}
	}
	return packed || whole < HASH ? GIT_ENOTFOUND : check_loose(guard, oid);
}

static int guard_read(void **data, size_t *len, git_object_t *type,
		      git_odb_backend *backend, const git_oid *oid)
{
	(void)data;
	(void)len;
	(void)type;
	return look((const struct guard *)backend, oid, 2 * HASH);
}

static int guard_read_header(size_t *len, git_object_t *type,
			     git_odb_backend *backend, const git_oid *oid)
{
	(void)len;
	(void)type;
	return look((const struct guard *)backend, oid, 2 * HASH);
}

static int guard_read_prefix(git_oid *out, void **data, size_t *len,
			     git_object_t *type, git_odb_backend *backend,
			     const git_oid *oid, size_t digits)
{
	(void)out;
	(void)data;
	(void)len;
	(void)type;
	return look((const struct guard *)backend, oid, digits);
}

static void guard_free(git_odb_backend *backend)
{
	struct guard *guard = (struct guard *)backend;

	for (uint32_t i = 0; i < guard->n; i++)
		pack_close(&guard->packs[i]);
	for (uint32_t i = 0; i < guard->n_dirs; i++)
		free(guard->dirs[i]);
	free(guard->packs);
	free(guard->dirs);
	free(guard);
}

static int add_reader(git_odb *odb, git_odb_backend *backend, bool own,
		      int priority)
{
	int status = own ? git_odb_add_backend(odb, backend, priority)
			 : git_odb_add_alternate(odb, backend, priority);

	if (status < 0)
		backend->free(backend);
	return status;
}

/* What several packs have in common is indexed once more, and libgit2 prefers
 * that: read the packs by their own, checked, indexes, and no graph. */
static int read_plainly(git_odb **odb, git_repository *repo,
			const struct guard *guard)
{
	git_odb_backend *backend;
	git_odb *fresh = NULL;
	int status = git_odb_new(&fresh);

	for (uint32_t i = 0; status == 0 && i < guard->n_dirs; i++) {
		status = git_odb_backend_loose(&backend, guard->dirs[i], -1, 0,
					       0, 0);
		if (status == 0)
			status = add_reader(fresh, backend, i == 0, 1);
	}
	for (uint32_t i = 0; status == 0 && i < guard->n; i++) {
		const struct pack *pack = &guard->packs[i];

		status = git_odb_backend_one_pack(&backend, pack->idx_path);
		if (status == 0)
			status = add_reader(fresh, backend, pack->dir == 0, 2);
	}
	if (status == 0)
		status = git_repository_set_odb(repo, fresh);
	if (status < 0) {
		git_odb_free(fresh);
		return status;
	}
	git_odb_free(*odb);
	*odb = fresh;
	return 0;
}

int rel_git_packs_guard(git_odb **odb, git_repository *repo,
			const char *objects, struct rel_error *err)
{
	struct guard *guard = calloc(1, sizeof(*guard));
	int rc, status = 0;

	if (guard == NULL)
		return rel_fail_nomem(err);
	guard->parent.version = GIT_ODB_BACKEND_VERSION;
	guard->parent.read = guard_read;
	guard->parent.read_header = guard_read_header;
	guard->parent.read_prefix = guard_read_prefix;
	guard->parent.free = guard_free;
	rc = open_dir(guard, objects, 0, err);
	if (rc < 0) {
		guard_free(&guard->parent);
		return rc;
	}
	if (guard->indexed)
		status = read_plainly(odb, repo, guard);
	if (status == 0)
		status = git_odb_add_backend(*odb, &guard->parent, FIRST);
	if (status == 0)
		return 0;
	guard_free(&guard->parent);
	return rel_git_library_fail(err, status, "cannot read objects");
}
