#include "git/objects.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"

/*
 * Owner validation is off: it protects programs that run hooks, filters or
 * aliases of a repository; we run nothing and must read bare repositories of
 * other users (a server's, a container's mount).
 *
 * Hash verification is off: it costs a third of the time to read a snapshot,
 * and what was fetched was verified then.  rel_git_object_read() does it for
 * all other repositories.
 *
 * The object cache is off: a snapshot reads each object once, so it costs
 * time and memory and never hits.  (Delta bases have a cache of their own.)
 *
 * Written files are synced, because journals rely on what was written.
 */
int rel_git_library_open(struct rel_error *err)
{
	/* `git sparse-checkout` sets it; it is about work trees, which git
	 * reads for us. */
	const char *extensions[] = {"worktreeconfig"};
	int users, rc = rel_libgit2_load(err);

	if (rc < 0)
		return rc;
	users = git_libgit2_init();
	if (users < 0)
		return rel_git_library_fail(err, users, "cannot start libgit2");
	if (users > 1)
		return 0;
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, (size_t)1);
	return 0;
}

void rel_git_library_close(void)
{
	git_libgit2_shutdown();
}

bool rel_git_is_ref_name(const char *name)
{
	int valid = 0;

	/* What is refused is put into libgit2's error, which needs the
	 * library started. */
	if (rel_git_library_open(NULL) < 0)
		return false;
	git_reference_name_is_valid(&valid, name);
	rel_git_library_close();
	return valid;
}

static enum rel_code code_of(int status)
{
	const git_error *last = git_error_last();

	if (last != NULL && last->klass == GIT_ERROR_NOMEMORY)
		return REL_ENOMEM;
	switch (status) {
	case GIT_ENOTFOUND:
	case GIT_EUNBORNBRANCH:
		return REL_ENOTFOUND;
	case GIT_EEXISTS:
		return REL_EEXISTS;
	case GIT_EAUTH:
		return REL_EAUTH;
	case GIT_EINVALIDSPEC:
	case GIT_EAMBIGUOUS:
		return REL_EUSAGE;
	case GIT_EUSER:
		return REL_ECANCELLED;
	default:
		return REL_EIO;
	}
}

int rel_git_library_fail(struct rel_error *err, int status, const char *fmt,
			 ...)
{
	char what[REL_ERROR_TEXT_MAX];
	const git_error *last = git_error_last();
	enum rel_code code = code_of(status);
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (last == NULL || last->message == NULL)
		return rel_fail(err, code, "%s", what);
	return rel_fail(err, code, "%s: %s", what, last->message);
}

void rel_git_id_to_oid(git_oid *out, const struct rel_git_id *id)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->id, id->bytes, REL_GIT_ID_BYTES);
}

void rel_git_id_of_oid(struct rel_git_id *out, const git_oid *oid)
{
	memcpy(out->bytes, oid->id, REL_GIT_ID_BYTES);
}

char *rel_git_id_format(char out[REL_GIT_ID_TEXT], const struct rel_git_id *id)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < REL_GIT_ID_BYTES; i++) {
		out[2 * i] = digits[id->bytes[i] >> 4];
		out[2 * i + 1] = digits[id->bytes[i] & 15];
	}
	out[2 * REL_GIT_ID_BYTES] = '\0';
	return out;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool rel_git_id_parse(struct rel_git_id *out, struct rel_str hex)
{
	if (hex.len != 2 * REL_GIT_ID_BYTES)
		return false;
	for (size_t i = 0; i < REL_GIT_ID_BYTES; i++) {
		int high = digit_value(hex.ptr[2 * i]);
		int low = digit_value(hex.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out->bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

int rel_git_hash(struct rel_git_id *out, struct rel_str content,
		 git_object_t type, struct rel_error *err)
{
	git_oid oid;
	/* Hashing uses nothing of the library's global state. */
	int rc = rel_libgit2_load(err);

	if (rc < 0)
		return rc;
	rc = git_odb_hash(&oid, content.ptr, content.len, type);
	if (rc < 0)
		return rel_git_library_fail(err, rc, "cannot hash");
	rel_git_id_of_oid(out, &oid);
	return 0;
}

static bool exists(const char *dir, const char *name)
{
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

bool rel_git_is_repository(const char *path)
{
	return exists(path, ".git") ||
	       (exists(path, "HEAD") && exists(path, "objects") &&
		exists(path, "refs"));
}

static int fail_open(struct rel_error *err, int status, const char *path)
{
	const git_error *last = git_error_last();
	const char *text = last && last->message ? last->message : "";

	if (access(path, F_OK) != 0)
		return rel_fail_errno(err, errno, path,
				      "cannot open git repository");
	if (status == GIT_ENOTFOUND)
		rel_fail(err, REL_ENOTFOUND, "not a git repository");
	else if (strstr(text, "objectformat") != NULL ||
		 strstr(text, "object format") != NULL)
		rel_fail(err, REL_EPARSE,
			 "git repository with SHA-256 ids: not supported, "
			 "use one with SHA-1 ids");
	else if (strstr(text, "unsupported") != NULL)
		rel_fail(err, REL_EPARSE, "git repository format: %s", text);
	else
		rel_git_library_fail(err, status, "cannot open git repository");
	rel_error_at(err, path, 0, 0);
	return err ? err->code : REL_EIO;
}

static int fail_file(const char *path, struct rel_error *err)
{
	rel_fail(err, REL_EIO, "is no ordinary file; look with git fsck");
	rel_error_at(err, path, 0, 0);
	return REL_EIO;
}

/* The loose references below `dir`, of which libgit2 reads those that are asked
 * for and those on the way to them.  Links to directories, which git does not
 * make there, could lead it round in circles. */
static int check_refs(const char *dir, unsigned depth, struct rel_error *err)
{
	DIR *handle = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && handle != NULL && (entry = readdir(handle)) != NULL) {
		char *path = NULL;
		struct stat link, st;

		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		if (asprintf(&path, "%s/%s", dir, entry->d_name) < 0) {
			rc = rel_fail_nomem(err);
			break;
		}
		/* else it is gone, or a link to nothing */
		if (lstat(path, &link) == 0 && stat(path, &st) == 0) {
			if (S_ISDIR(link.st_mode) &&
			    depth < REL_LIMIT_TREE_DEPTH)
				rc = check_refs(path, depth + 1, err);
			else if (!S_ISREG(st.st_mode))
				rc = fail_file(path, err);
		}
		free(path);
	}
	if (handle != NULL)
		closedir(handle);
	return rc;
}

/* libgit2 would wait at a FIFO for ever, and read of a device without end. */
static int check_files(const char *path, struct rel_error *err)
{
	static const char *const names[] = {"HEAD",
					    "config",
					    "config.worktree",
					    "packed-refs",
					    "shallow",
					    "commondir",
					    "index",
					    "objects/info/alternates",
					    "objects/info/commit-graph",
					    "objects/pack/multi-pack-index"};
	struct rel_git_place place;
	int rc = 0;

	/* What is none, libgit2 says better. */
	if (rel_git_place_locate(&place, path, NULL) < 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < 2; i++) {
		const char *dir = i ? place.common_dir : place.git_dir;
		char *refs = NULL;

		for (size_t j = 0;
		     rc == 0 && j < sizeof(names) / sizeof(*names); j++) {
			char *file = NULL;
			struct stat st;

			if (asprintf(&file, "%s/%s", dir, names[j]) < 0) {
				rc = rel_fail_nomem(err);
				break;
			}
			if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
				rc = fail_file(file, err);
			free(file);
		}
		if (rc == 0 && asprintf(&refs, "%s/refs", dir) < 0)
			rc = rel_fail_nomem(err);
		if (rc == 0)
			rc = check_refs(refs, 0, err);
		free(refs);
	}
	rel_git_place_free(&place);
	return rc;
}

static int guard(struct rel_git_store *store, struct rel_error *err)
{
	char *objects = NULL;
	int rc;

	if (asprintf(&objects, "%sobjects",
		     git_repository_commondir(store->repo)) < 0)
		return rel_fail_nomem(err);
	rc = rel_git_packs_guard(&store->odb, store->repo, objects, err);
	free(objects);
	return rc;
}

static int store_fill(struct rel_git_store *store, const char *path,
		      struct rel_error *err)
{
	const char *gitdir;
	size_t len;
	int status = check_files(path, err);

	if (status < 0)
		return status;
	status = git_repository_open_ext(&store->repo, path,
					 GIT_REPOSITORY_OPEN_NO_SEARCH, NULL);
	if (status < 0)
		return fail_open(err, status, path);
	status = git_repository_odb(&store->odb, store->repo);
	if (status < 0)
		return fail_open(err, status, path);
	status = guard(store, err);
	if (status < 0)
		return status;
	gitdir = git_repository_path(store->repo);
	len = strlen(gitdir);
	while (len > 1 && gitdir[len - 1] == '/')
		len--;
	store->path = strndup(gitdir, len);
	return store->path ? 0 : rel_fail_nomem(err);
}

int rel_git_store_open(struct rel_git_store **out, const char *path,
		       struct rel_error *err)
{
	struct rel_git_store *store = NULL;
	int rc = rel_git_library_open(err);

	*out = NULL;
	if (rc < 0)
		return rc;
	store = calloc(1, sizeof(*store));
	if (store == NULL) {
		rel_git_library_close();
		return rel_fail_nomem(err);
	}
	rc = store_fill(store, path, err);
	if (rc < 0) {
		rel_git_store_free(store);
		return rc;
	}
	*out = store;
	return 0;
}

int rel_git_store_clone(struct rel_git_store **out,
			const struct rel_git_store *store,
			struct rel_error *err)
{
	int rc = rel_git_store_open(out, store->path, err);

	if (rc == 0) {
		(*out)->made = store->made;
		(*out)->fetched = store->fetched;
	}
	return rc;
}

void rel_git_store_free(struct rel_git_store *store)
{
	if (store == NULL)
		return;
	git_odb_free(store->odb);
	git_repository_free(store->repo);
	free(store->path);
	free(store);
	rel_git_library_close();
}

const char *rel_git_store_path(const struct rel_git_store *store)
{
	return store->path;
}

/* Asked of the file, not of libgit2, which takes an empty `shallow` (left by
 * git after unsharing) for a cut. */
bool rel_git_store_is_shallow(const struct rel_git_store *store)
{
	struct stat st;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/shallow", store->path);

	return n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 &&
	       st.st_size > 0;
}

bool rel_git_store_is_empty(const struct rel_git_store *store)
{
	git_reference_iterator *iterator = NULL;
	const char *name;
	bool empty;

	if (git_repository_head_unborn(store->repo) != 1 ||
	    git_reference_iterator_new(&iterator, store->repo) < 0)
		return false;
	empty = git_reference_next_name(&name, iterator) == GIT_ITEROVER;
	git_reference_iterator_free(iterator);
	return empty;
}

/* Opened anew: libgit2 keeps the grafts and packed references it has read. */
int rel_git_store_refresh(struct rel_git_store *store, struct rel_error *err)
{
	struct rel_git_store fresh = {0};
	int rc = store_fill(&fresh, store->path, err);

	if (rc < 0) {
		git_odb_free(fresh.odb);
		git_repository_free(fresh.repo);
		free(fresh.path);
		return rc;
	}
	git_odb_free(store->odb);
	git_repository_free(store->repo);
	free(store->path);
	fresh.made = store->made;
	fresh.fetched = store->fetched;
	*store = fresh;
	return 0;
}

int rel_git_fail_missing(struct rel_git_store *store,
			 const struct rel_git_id *id, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];

	rel_git_id_format(hex, id);
	if (rel_git_store_is_partial(store))
		rel_fail(err, REL_ENOTFOUND,
			 "object %s is missing: this is a partial clone; `git "
			 "fetch --refetch --no-filter` makes it whole",
			 hex);
	else
		rel_fail(err, REL_ENOTFOUND, "object %s is missing", hex);
	rel_error_at(err, store->path, 0, 0);
	return err ? err->code : REL_EIO;
}

/* Else one repository could pass off its own content under the id that another
 * one has, in every cache that goes by ids. */
static int check_id(git_odb_object *object, const struct rel_git_id *id,
		    git_object_t type, struct rel_error *err)
{
	char wanted[REL_GIT_ID_TEXT], found[REL_GIT_ID_TEXT];
	struct rel_git_id is;
	int rc = rel_git_hash(
	    &is,
	    rel_str_n(git_odb_object_data(object), git_odb_object_size(object)),
	    type, err);

	if (rc < 0 || rel_git_id_eq(&is, id))
		return rc;
	return rel_fail(err, REL_EIO,
			"object %s holds what is object %s; look with git fsck",
			rel_git_id_format(wanted, id),
			rel_git_id_format(found, &is));
}

int rel_git_object_read(git_odb_object **out, struct rel_git_store *store,
			const struct rel_git_id *id, git_object_t type,
			size_t max, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	git_object_t found;
	git_oid oid;
	size_t size;
	int status;

	*out = NULL;
	rel_git_id_to_oid(&oid, id);
	/* Before unpacking: sizes in packs are whatever the remote wrote.  Of
	 * a damaged pack they are garbage; then the reading itself fails. */
	status = git_odb_read_header(&size, &found, store->odb, &oid);
	if (status == GIT_ENOTFOUND)
		return rel_git_fail_missing(store, id, err);
	if (status == 0 && found == type && size <= max)
		status = git_odb_read(out, store->odb, &oid);
	if (status == 0 && *out != NULL && !store->fetched) {
		status = check_id(*out, id, type, err);
		if (status < 0) {
			rel_error_at(err, store->path, 0, 0);
			git_odb_object_free(*out);
			*out = NULL;
			return status;
		}
	}
	if (status == 0 && *out != NULL)
		return 0;
	rel_git_id_format(hex, id);
	if (status < 0) {
		rel_git_library_fail(err, status, "cannot read object %s", hex);
		if (err != NULL && status != REL_GIT_EDAMAGED)
			rel_fail(err, REL_EIO, "%.*s; look with git fsck",
				 REL_ERROR_TEXT_MAX / 2, err->text);
		if (err != NULL)
			err->code = REL_EIO;
	} else if (found != type) {
		rel_fail(err, REL_EPARSE, "object %s is a %s, not a %s", hex,
			 git_object_type2string(found),
			 git_object_type2string(type));
	} else {
		rel_fail(err, REL_ELIMIT,
			 "object %s has %zu bytes, more than %zu", hex, size,
			 max);
	}
	rel_error_at(err, store->path, 0, 0);
	return status < 0 ? REL_EIO : found != type ? REL_EPARSE : REL_ELIMIT;
}
