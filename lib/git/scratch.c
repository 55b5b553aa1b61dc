#include "git/git_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/run.h"
#include "git/write.h"

/* Those whose process is gone.  The caller holds the lock of `parent`, so
 * nobody is just making one. */
static void sweep(const char *parent)
{
	struct dirent *entry;
	DIR *handle = opendir(parent);

	while (handle != NULL && (entry = readdir(handle)) != NULL) {
		struct rel_lock lock = {.fd = -1};
		char *dir = NULL, *path = NULL;

		if (entry->d_name[0] == '.' ||
		    asprintf(&dir, "%s/%s", parent, entry->d_name) < 0)
			continue;
		if (asprintf(&path, "%s/lock", dir) >= 0 &&
		    rel_lock_take(&lock, path, false, NULL) == 0)
			rel_file_remove_tree(dir);
		rel_lock_drop(&lock);
		free(path);
		free(dir);
	}
	if (handle != NULL)
		closedir(handle);
}

/* A fresh directory with its lock. */
static int make_dir(struct rel_git_scratch *scratch, const char *parent,
		    struct rel_error *err)
{
	struct rel_lock lock = {.fd = -1};
	char *path = NULL;
	int rc = REL_ENOMEM;

	if (asprintf(&path, "%s/.lock", parent) < 0)
		return rel_fail_nomem(err);
	rc = rel_lock_take(&lock, path, true, err);
	free(path);
	path = NULL;
	if (rc < 0)
		return rc;
	sweep(parent);
	if (asprintf(&scratch->dir, "%s/XXXXXX", parent) < 0) {
		scratch->dir = NULL;
		rc = rel_fail_nomem(err);
	} else if (mkdtemp(scratch->dir) == NULL) {
		rc = rel_fail_errno(err, errno, parent, "cannot create in it");
		free(scratch->dir);
		scratch->dir = NULL;
	} else if (asprintf(&path, "%s/lock", scratch->dir) < 0) {
		rc = rel_fail_nomem(err);
	} else {
		rc = rel_lock_take(&scratch->lock, path, false, err);
		free(path);
	}
	rel_lock_drop(&lock);
	return rc;
}

static int make_repository(struct rel_git_scratch *scratch,
			   struct rel_error *err)
{
	git_repository *repo = NULL;
	char *path = NULL;
	int status, rc;

	if (asprintf(&path, "%s/repo.git", scratch->dir) < 0)
		return rel_fail_nomem(err);
	status = git_repository_init(&repo, path, 1);
	git_repository_free(repo);
	if (status < 0)
		rc = rel_git_library_fail(err, status,
					  "cannot create a repository");
	else
		rc = rel_git_store_open(&scratch->store, path, err);
	if (rc == 0)
		scratch->store->made = true;
	free(path);
	return rc;
}

int rel_git_scratch_open(struct rel_git_scratch *out, const char *cache_dir,
			 struct rel_error *err)
{
	struct rel_buf parent;
	int rc = rel_git_library_open(err);

	memset(out, 0, sizeof(*out));
	out->lock.fd = -1;
	if (rc < 0)
		return rc;
	rel_buf_init(&parent, REL_LIMIT_CONFIG_BYTES);
	if (cache_dir != NULL)
		rel_buf_add_cstr(&parent, cache_dir);
	else
		rc = rel_cache_root(&parent, err);
	rel_buf_add_cstr(&parent, "/write");
	if (rc == 0)
		rc = rel_buf_status(&parent, "cache path", err);
	if (rc == 0)
		rc = rel_mkdirs_private(parent.ptr, err);
	if (rc == 0)
		rc = make_dir(out, parent.ptr, err);
	if (rc == 0)
		rc = make_repository(out, err);
	rel_buf_free(&parent);
	if (rc < 0)
		rel_git_scratch_close(out);
	rel_git_library_close();
	return rc;
}

void rel_git_scratch_close(struct rel_git_scratch *scratch)
{
	rel_git_store_free(scratch->store);
	scratch->store = NULL;
	if (scratch->dir == NULL)
		return;
	rel_file_remove_tree(scratch->dir);
	rel_lock_drop(&scratch->lock);
	free(scratch->dir);
	scratch->dir = NULL;
}

static int write_file(const char *dir, const char *name, struct rel_str text,
		      struct rel_error *err)
{
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return rel_fail_nomem(err);
	rc = rel_file_put_cache(path, text, err);
	free(path);
	return rc;
}

/* Where the history of `from` is cut off, if it is. */
static int copy_shallow(struct rel_git_scratch *scratch, const char *common,
			struct rel_error *err)
{
	struct rel_buf text;
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s/shallow", common) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_GIT_REFS_BYTES);
	rc = rel_file_read(&text, path, err);
	if (rc == REL_ENOTFOUND)
		rc = 0;
	if (rc == 0 && text.len > 0)
		rc = write_file(scratch->store->path, "shallow",
				rel_buf_str(&text), err);
	rel_buf_free(&text);
	free(path);
	return rc;
}

int rel_git_scratch_borrow(struct rel_git_scratch *scratch,
			   const struct rel_git_store *from,
			   struct rel_error *err)
{
	const char *common = git_repository_commondir(from->repo);
	char *full = realpath(common, NULL);
	struct rel_buf text;
	int rc;

	if (full == NULL)
		return rel_fail_errno(err, errno, common, "cannot borrow from");
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%s/objects\n", full);
	if (strchr(full, '\n') != NULL)
		rc = rel_fail(err, REL_EUSAGE,
			      "'%.200s' has a line break in its name", full);
	else
		rc = rel_buf_status(&text, "path", err);
	if (rc == 0)
		rc = write_file(scratch->store->path, "objects/info/alternates",
				rel_buf_str(&text), err);
	if (rc == 0)
		rc = copy_shallow(scratch, full, err);
	if (rc == 0)
		rc = rel_git_store_refresh(scratch->store, err);
	rel_buf_free(&text);
	free(full);
	return rc;
}

/*
 * What of a repository's configuration may be taken over from another user: it
 * names neither programs nor files.  Addresses are split before they are used
 * (git/remote.h); a header goes to the address it is for.
 */
static bool is_harmless(struct rel_str key)
{
	static const char *const keys[] = {
	    "core.filemode",	   "core.symlinks",
	    "core.ignorecase",	   "core.precomposeunicode",
	    "core.autocrlf",	   "core.eol",
	    "core.sparsecheckout", "core.sparsecheckoutcone",
	    "index.sparse",	   "remote.pushdefault"};
	static const char *const families[][2] = {
	    {"remote.", ".url"},      {"remote.", ".pushurl"},
	    {"remote.", ".fetch"},    {"branch.", ".remote"},
	    {"branch.", ".merge"},    {"branch.", ".pushremote"},
	    {"http.", ".extraheader"}};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (rel_str_is(key, keys[i]))
			return true;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (rel_str_starts(key, rel_str_of(families[i][0])) &&
		    rel_str_ends(key, rel_str_of(families[i][1])) &&
		    key.len > strlen(families[i][0]) + strlen(families[i][1]))
			return true;
	return false;
}

/* Source: git-config(1), SYNTAX. */
static void add_quoted(struct rel_buf *out, struct rel_str text, bool value)
{
	rel_buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '"' || c == '\\')
			rel_buf_add_char(out, '\\');
		if (value && c == '\n')
			rel_buf_add_cstr(out, "\\n");
		else
			rel_buf_add_char(out, c);
	}
	rel_buf_add_char(out, '"');
}

/* "section.sub.section.key" */
static void add_setting(struct rel_buf *out, struct rel_str key,
			struct rel_str value)
{
	size_t first = rel_str_find(key, '.'), last = rel_str_rfind(key, '.');

	rel_buf_printf(out, "[%.*s", REL_STR_ARG(rel_str_sub(key, 0, first)));
	if (last > first) {
		rel_buf_add_char(out, ' ');
		add_quoted(out, rel_str_sub(key, first + 1, last), false);
	}
	rel_buf_printf(out, "]\n\t%.*s = ",
		       REL_STR_ARG(rel_str_sub(key, last + 1, key.len)));
	add_quoted(out, value, true);
	rel_buf_add_char(out, '\n');
}

int rel_git_config_foreign(struct rel_git_run *run, const char *path,
			   const char *const args[], struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_git_run_init_nowhere(run, "cannot read its configuration",
				 REL_LIMIT_CONFIG_BYTES);
	run->clean = path;
	rc = rel_file_read(&text, path, err);
	run->input = rel_buf_str(&text);
	if (rc == 0)
		rc = rel_git_run(run, args, err);
	if (rc == 0 && run->status > 1)
		rc = rel_git_run_fail(run, err);
	run->input = (struct rel_str){NULL, 0};
	rel_buf_free(&text);
	return rc;
}

static int copy_config(struct rel_git_scratch *scratch, const char *common,
		       struct rel_error *err)
{
	const char *args[] = {"config", "--file", "-", "--no-includes",
			      "--null", "--list", NULL};
	struct rel_git_run run;
	struct rel_str rest;
	struct rel_buf out;
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s/config", common) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&out, REL_LIMIT_CONFIG_BYTES);
	rc = rel_git_config_foreign(&run, path, args, err);
	rest = rc == 0 ? rel_buf_str(&run.out) : REL_STR("");
	while (rest.ptr != NULL && rest.len > 0) {
		struct rel_str value = rel_str_cut(&rest, '\0');
		struct rel_str key = rel_str_cut(&value, '\n');

		if (value.ptr != NULL && is_harmless(key))
			add_setting(&out, key, value);
	}
	rel_buf_add_cstr(&out, "[core]\n\trepositoryformatversion = 0\n"
			       "\tbare = true\n");
	if (rc == 0)
		rc = rel_buf_status(&out, "configuration", err);
	if (rc == 0)
		rc = write_file(scratch->store->path, "config",
				rel_buf_str(&out), err);
	rel_git_run_free(&run);
	rel_buf_free(&out);
	free(path);
	return rc;
}

struct copying {
	struct rel_git_store *from;
	struct rel_buf refs;
};

static int copy_ref(void *context, const char *name, struct rel_error *err)
{
	struct copying *copying = context;
	char hex[REL_GIT_ID_TEXT];
	struct rel_git_id id;
	int rc = rel_git_ref_read(&id, copying->from, name, err);

	if (rc <= 0)
		return rc;
	rel_buf_printf(&copying->refs, "%s %s\n", rel_git_id_format(hex, &id),
		       name);
	return rel_buf_status(&copying->refs, "references", err);
}

static int copy_refs(struct rel_git_scratch *scratch,
		     struct rel_git_store *from, struct rel_error *err)
{
	struct copying copying = {.from = from};
	git_reference *head = NULL;
	char hex[REL_GIT_ID_TEXT], *text = NULL;
	struct rel_git_id id;
	int rc, status;

	rel_buf_init(&copying.refs, REL_LIMIT_GIT_REFS_BYTES);
	rc = rel_git_ref_each(from, "refs/*", copy_ref, &copying, err);
	if (rc == 0)
		rc = write_file(scratch->store->path, "packed-refs",
				rel_buf_str(&copying.refs), err);
	rel_buf_free(&copying.refs);
	if (rc < 0)
		return rc;
	status = git_reference_lookup(&head, from->repo, "HEAD");
	if (status < 0)
		return rel_git_library_fail(err, status, "cannot read HEAD");
	if (git_reference_type(head) == GIT_REFERENCE_SYMBOLIC) {
		if (asprintf(&text, "ref: %s\n",
			     git_reference_symbolic_target(head)) < 0)
			rc = rel_fail_nomem(err);
	} else {
		rel_git_id_of_oid(&id, git_reference_target(head));
		if (asprintf(&text, "%s\n", rel_git_id_format(hex, &id)) < 0)
			rc = rel_fail_nomem(err);
	}
	if (rc == 0)
		rc = write_file(scratch->store->path, "HEAD", rel_str_of(text),
				err);
	free(text);
	git_reference_free(head);
	return rc;
}

/* The index, and what a split one is split from. */
static int copy_index(struct rel_git_scratch *scratch, const char *git_dir,
		      struct rel_error *err)
{
	DIR *handle = opendir(git_dir);
	struct dirent *entry;
	int rc = 0;

	while (rc == 0 && handle != NULL && (entry = readdir(handle)) != NULL) {
		struct rel_str name = rel_str_of(entry->d_name);
		struct rel_buf text;
		char *path = NULL;

		if (!rel_str_is(name, "index") &&
		    !rel_str_starts(name, REL_STR("sharedindex.")))
			continue;
		if (asprintf(&path, "%s/%s", git_dir, entry->d_name) < 0) {
			rc = rel_fail_nomem(err);
			break;
		}
		rel_buf_init(&text, REL_LIMIT_GIT_INDEX_BYTES);
		rc = rel_file_read(&text, path, err);
		if (rc == 0)
			rc = write_file(scratch->store->path, entry->d_name,
					rel_buf_str(&text), err);
		rel_buf_free(&text);
		free(path);
	}
	if (handle != NULL)
		closedir(handle);
	return rc;
}

int rel_git_scratch_view(struct rel_git_scratch *scratch,
			 const struct rel_git_place *place,
			 struct rel_git_store *from, struct rel_error *err)
{
	int rc = copy_config(scratch, place->common_dir, err);

	if (rc == 0)
		rc = copy_refs(scratch, from, err);
	if (rc == 0 && place->root != NULL)
		rc = copy_index(scratch, place->git_dir, err);
	return rc == 0 ? rel_git_scratch_borrow(scratch, from, err) : rc;
}
