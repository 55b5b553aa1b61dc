#include "git/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "base/process.h"
#include "git/git_private.h"
#include "git/write.h"

/* Attributes that are refused or need a look at the content. */
enum attribute {
	FILTER,
	ENCODING,
	SUBST,
	N_ATTRIBUTES,
};

static const char *const ATTRIBUTES[N_ATTRIBUTES] = {
    [FILTER] = "filter",
    [ENCODING] = "working-tree-encoding",
    [SUBST] = "export-subst",
};

struct rel_git_archive {
	struct rel_git_store *store;
	const struct rel_git_archive_options *options;
	struct rel_git_id commit, tree;
	struct rel_git_scratch scratch;
	/* Of the whole tree. */
	struct rel_buf ids;	   /* all objects, a line each */
	struct rel_buf files;	   /* paths, NUL behind each */
	struct rel_buf modules;	   /* paths of submodules, NUL behind each */
	bool named[N_ATTRIBUTES];  /* in some .gitattributes */
	bool converts;		   /* ident or eol is named there */
	struct rel_buf attributes; /* what git check-attr says of the files */
	struct rel_str marks;	   /* of that, what lies ahead */
	struct rel_git_tar tar;	   /* what git archive writes */
	struct rel_buf before;	   /* the path before */
	uint64_t size;		   /* of the files so far */
	/* Its content, when it is rewritten: */
	bool rewritten;
	struct rel_buf content, made;
	struct rel_str rest; /* of `made`, not yet given */
};

static int refuse(struct rel_error *err, struct rel_str path, const char *why)
{
	return rel_fail(err, REL_EUSAGE, "\"%.*s\": %s", REL_STR_ARG(path),
			why);
}

/* The same for everybody; what names another repository is unset. */
static const char *const environment[] = {"GIT_CONFIG_NOSYSTEM=1",
					  "GIT_CONFIG_SYSTEM=/dev/null",
					  "GIT_CONFIG_GLOBAL=/dev/null",
					  "GIT_ATTR_NOSYSTEM=1",
					  "HOME=/dev/null",
					  "XDG_CONFIG_HOME=/dev/null",
					  "GIT_NO_REPLACE_OBJECTS=1",
					  "GIT_NO_LAZY_FETCH=1",
					  "LC_ALL=C",
					  "LANGUAGE",
					  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
					  "GIT_ATTR_SOURCE",
					  "GIT_COMMON_DIR",
					  "GIT_CONFIG",
					  "GIT_CONFIG_COUNT",
					  "GIT_CONFIG_PARAMETERS",
					  "GIT_DIR",
					  "GIT_GRAFT_FILE",
					  "GIT_INDEX_FILE",
					  "GIT_NAMESPACE",
					  "GIT_OBJECT_DIRECTORY",
					  "GIT_PREFIX",
					  "GIT_QUARANTINE_PATH",
					  "GIT_SHALLOW_FILE",
					  "GIT_WORK_TREE",
					  NULL};

/* The memory that git takes is bounded, but for bigFileThreshold: bigger files
 * are streamed, and git's archive-tar.c converts no line ends of those. */
#define CONFIG                                                             \
	"[core]\n\trepositoryformatversion = 0\n\tbare = true\n"           \
	"\tabbrev = 7\n\tcompression = 1\n\tbigFileThreshold = %s\n"       \
	"\tpackedGitWindowSize = 1m\n\tpackedGitLimit = 16m\n"             \
	"\tdeltaBaseCacheLimit = 8m\n\tcommitGraph = false\n"              \
	"\tmultiPackIndex = false\n\talternateRefsCommand = :\n\tfsync = " \
	"none\n"

static int write_config(struct rel_git_archive *archive, struct rel_error *err)
{
	char *path = NULL, text[512];
	int rc;

	snprintf(text, sizeof(text), CONFIG, archive->converts ? "512m" : "1m");
	if (asprintf(&path, "%s/config", archive->scratch.store->path) < 0)
		return rel_fail_nomem(err);
	rc = rel_file_put_cache(path, rel_str_of(text), err);
	free(path);
	return rc;
}

#define ARGS_MAX 16

/* git with `args` in the scratch repository, for execvp(). */
static void fill_argv(const char *argv[ARGS_MAX],
		      const struct rel_git_archive *archive,
		      const char *const args[])
{
	size_t n = 3;

	argv[0] = "git";
	argv[1] = "--git-dir";
	argv[2] = archive->scratch.store->path;
	while (*args)
		argv[n++] = *args++;
	argv[n] = NULL;
}

static int check_size(const struct rel_git_archive *archive,
		      struct rel_str path, uint64_t size, struct rel_error *err)
{
	uint64_t max = archive->options->max_file;

	if (max == 0 || size <= max)
		return 0;
	return rel_fail(err, REL_ELIMIT,
			"\"%.*s\" has %ju bytes, a file of a release at most "
			"%ju: mark it export-ignore, or have the build fetch "
			"it",
			REL_STR_ARG(path), (uintmax_t)size, (uintmax_t)max);
}

/* What git cannot pack may not be there or be too big for it; git says so in
 * many ways. */
static int find_culprit(void *context, struct rel_str path, unsigned depth,
			const struct rel_git_entry *entry,
			struct rel_error *err)
{
	struct rel_git_archive *archive = context;
	uint64_t size = 0;
	git_oid oid;

	(void)depth;
	rel_git_id_to_oid(&oid, &entry->id);
	if (entry->kind == REL_GIT_COMMIT || entry->kind == REL_GIT_TREE)
		return 0;
	if (!git_odb_exists(archive->store->odb, &oid)) {
		rel_git_fail_missing(archive->store, &entry->id, err);
		rel_error_prefix(err, "\"%.*s\"", REL_STR_ARG(path));
		return err ? err->code : REL_ENOTFOUND;
	}
	if (rel_git_blob_size(&size, archive->store, &entry->id, NULL) < 0)
		return 0;
	return check_size(archive, path, size, err);
}

static int fail_git(struct rel_git_archive *archive, int status,
		    struct rel_error *err)
{
	struct rel_str text = rel_buf_str(&archive->tar.diagnostics);
	int rc = rel_git_tree_walk(archive->store, &archive->tree, find_culprit,
				   archive, err);

	if (rc < 0)
		return rc;
	if (rel_str_trim(text).len == 0)
		rc = rel_fail(err, REL_EIO, "cannot pack: git ended with %d",
			      status);
	else
		rc = rel_git_stderr_fail(err, "cannot pack", NULL, text);
	rel_error_at(err, archive->store->path, 0, 0);
	return rc;
}

static int run(struct rel_git_archive *archive, const char *const args[],
	       struct rel_str input, struct rel_buf *out, struct rel_error *err)
{
	const char *argv[ARGS_MAX];
	int status = 0, rc;

	fill_argv(argv, archive, args);
	rel_buf_clear(&archive->tar.diagnostics);
	rc = rel_process_run(argv, "/", environment, input, out,
			     &archive->tar.diagnostics, &status,
			     archive->options->cancel, err);
	return rc == 0 && status != 0 ? fail_git(archive, status, err) : rc;
}

/* Which of the attributes that matter does a .gitattributes name?  Nothing
 * else turns them on. */
static int look_for_attributes(struct rel_git_archive *archive,
			       const struct rel_git_entry *entry,
			       struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_GIT_ATTRIBUTES_BYTES);
	rc = rel_git_blob_read(&text, archive->store, &entry->id, err);
	if (rc == 0 && text.len > 0) {
		for (size_t i = 0; i < N_ATTRIBUTES; i++)
			archive->named[i] |=
			    strstr(text.ptr, ATTRIBUTES[i]) != NULL;
		archive->converts |= strstr(text.ptr, "ident") != NULL ||
				     strstr(text.ptr, "eol") != NULL;
	}
	rel_buf_free(&text);
	return rc;
}

static int collect(void *context, struct rel_str path, unsigned depth,
		   const struct rel_git_entry *entry, struct rel_error *err)
{
	struct rel_git_archive *archive = context;
	struct rel_buf *list = &archive->files;
	char hex[REL_GIT_ID_TEXT];
	int rc = 0;

	(void)depth;
	if (rel_cancelled(archive->options->cancel))
		return rel_fail_cancelled(err);
	if (entry->name.len == 4 &&
	    strncasecmp(entry->name.ptr, ".git", 4) == 0)
		return refuse(err, path,
			      "git would take it for its own directory: "
			      "rename it");
	if (entry->kind == REL_GIT_COMMIT)
		list = &archive->modules;
	else
		rel_buf_printf(&archive->ids, "%s\n",
			       rel_git_id_format(hex, &entry->id));
	if (entry->kind != REL_GIT_TREE)
		rel_buf_add(list, path.ptr, path.len + 1);
	/* In a tree, git reads the target of a link as attributes too. */
	if (rel_str_is(entry->name, ".gitattributes") &&
	    entry->kind != REL_GIT_TREE && entry->kind != REL_GIT_COMMIT)
		rc = look_for_attributes(archive, entry, err);
	if (rc < 0) {
		rel_error_prefix(err, "%.*s", REL_STR_ARG(path));
		return rc;
	}
	rc = rel_buf_status(&archive->ids, "tree", err);
	return rc ? rc : rel_buf_status(list, "tree", err);
}

/* What is borrowed from a clone, and how deep that is, no longer matters. */
static int forget_clone(struct rel_git_archive *archive, struct rel_error *err)
{
	static const char *const names[] = {"objects/info/alternates",
					    "shallow"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = NULL;
		int failed;

		if (asprintf(&path, "%s/%s", archive->scratch.store->path,
			     names[i]) < 0)
			return rel_fail_nomem(err);
		failed = unlink(path) != 0 && errno != ENOENT;
		if (failed)
			rel_fail_errno(err, errno, path, "cannot remove");
		free(path);
		if (failed)
			return REL_EIO;
	}
	return rel_git_store_refresh(archive->scratch.store, err);
}

/*
 * Copy the commit and its tree, and have git hash all of it: a clone could
 * hold a content under an id that another content has, and git does not look
 * when it reads.  And so that what is a unique abbreviation depends on no
 * clone.
 */
static int copy_objects(struct rel_git_archive *archive, struct rel_error *err)
{
	const char *objects[] = {"pack-objects", "-q", "--window=0",
				 "--threads=1",	 NULL, NULL};
	const char *index[] = {"index-pack", "--threads=1", NULL, NULL};
	const char *repository = archive->scratch.store->path;
	char *stem = NULL, *from = NULL, *to = NULL;
	struct rel_buf name;
	int rc = 0;

	rel_buf_init(&name, REL_LIMIT_CHILD_TEXT);
	if (asprintf(&stem, "%s/new", archive->scratch.dir) < 0) {
		stem = NULL;
		rc = rel_fail_nomem(err);
	}
	objects[4] = stem;
	if (rc == 0)
		rc = run(archive, objects, rel_buf_str(&archive->ids), &name,
			 err);
	if (rc < 0)
		goto done;
	name.len = rel_str_trim(rel_buf_str(&name)).len;
	if (asprintf(&from, "%s-%.*s.pack", stem,
		     REL_STR_ARG(rel_buf_str(&name))) < 0)
		from = NULL;
	if (asprintf(&to, "%s/objects/pack/pack-%.*s.pack", repository,
		     REL_STR_ARG(rel_buf_str(&name))) < 0)
		to = NULL;
	if (!from || !to)
		rc = rel_fail_nomem(err);
	else if (rename(from, to) != 0)
		rc = rel_fail_errno(err, errno, from, "cannot rename");
	index[2] = to;
	if (rc == 0)
		rc = run(archive, index, REL_STR(""), NULL, err);
	if (rc == 0)
		rc = forget_clone(archive, err);
done:
	rel_buf_free(&name);
	free(to);
	free(from);
	free(stem);
	return rc;
}

/* An annotated one, whatever the user's is: %(describe) passes over others. */
static int make_tag(struct rel_git_archive *archive, struct rel_error *err)
{
	struct rel_git_tag tag = {
	    .target = archive->commit,
	    .name = archive->options->tag,
	    .tagger = {.name = "relctl", .email = "relctl@localhost"},
	    .message = "relctl"};
	struct rel_git_id id;
	struct rel_buf text;
	char *name = NULL;
	int rc;

	if (!tag.name)
		return 0;
	if (asprintf(&name, "refs/tags/%s", tag.name) < 0)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_GIT_MESSAGE_BYTES);
	rc = rel_git_tag_format(&text, &tag, err);
	if (rc == 0)
		rc = rel_git_write_tag(&id, archive->scratch.store,
				       rel_buf_str(&text), err);
	if (rc == 0)
		rc = rel_git_ref_update(archive->scratch.store, name, NULL, &id,
					NULL, err);
	rel_buf_free(&text);
	free(name);
	return rc;
}

/* What the .gitattributes say of the files, with the attributes that they
 * name: "path NUL attribute NUL value NUL". */
static int ask_attributes(struct rel_git_archive *archive,
			  struct rel_error *err)
{
	const char *check[ARGS_MAX] = {"check-attr", "--cached", "-z",
				       "--stdin"};
	char hex[REL_GIT_ID_TEXT];
	const char *read[] = {"read-tree",
			      rel_git_id_format(hex, &archive->tree), NULL};
	size_t n = 4;
	int rc;

	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (archive->named[i])
			check[n++] = ATTRIBUTES[i];
	if (n == 4)
		return 0;
	rc = run(archive, read, REL_STR(""), NULL, err);
	if (rc == 0)
		rc = run(archive, check, rel_buf_str(&archive->files),
			 &archive->attributes, err);
	archive->marks = rel_buf_str(&archive->attributes);
	return rc;
}

static int check_subst(struct rel_git_archive *archive, struct rel_str path,
		       struct rel_error *err)
{
	struct rel_git_store *store = archive->scratch.store;
	size_t tag = archive->options->tag ? strlen(archive->options->tag) : 0;
	struct rel_git_entry entry;
	struct rel_buf text;
	git_object_t type;
	size_t commit = 0;
	git_oid oid;
	int rc;

	rel_buf_init(&text, REL_LIMIT_GIT_CONVERT_BYTES);
	rc = rel_git_tree_find(&entry, store, &archive->tree, path, err);
	if (rc == 0)
		rc = rel_git_blob_read(&text, store, &entry.id, err);
	rel_git_id_to_oid(&oid, &archive->commit);
	if (rc == 0 &&
	    git_odb_read_header(&commit, &type, store->odb, &oid) < 0)
		rc = rel_git_fail_missing(store, &archive->commit, err);
	/* What one becomes is of the commit or the tag, or short. */
	if (rc == 0)
		rc = rel_git_check_subst(rel_buf_str(&text), commit + tag + 64,
					 err);
	rel_buf_free(&text);
	if (rc < 0)
		rel_error_prefix(err, "\"%.*s\"", REL_STR_ARG(path));
	return rc;
}

static int check_attribute(struct rel_git_archive *archive, struct rel_str path,
			   struct rel_str name, struct rel_str value,
			   struct rel_error *err)
{
	if (rel_str_is(value, "unspecified") || rel_str_is(value, "unset"))
		return 0;
	if (rel_str_is(name, ATTRIBUTES[SUBST]))
		return rel_str_is(value, "set")
			   ? check_subst(archive, path, err)
			   : 0;
	if (rel_str_is(value, "set"))
		return 0;
	if (rel_str_is(name, ATTRIBUTES[FILTER]))
		return rel_fail(
		    err, REL_EUSAGE,
		    "\"%.*s\": .gitattributes says filter=%.*s, so git does "
		    "not hold the file itself: take it out of the filter or "
		    "mark it export-ignore",
		    REL_STR_ARG(path), REL_STR_ARG(value));
	return refuse(err, path,
		      "working-tree-encoding is not supported: mark it "
		      "export-ignore or drop the attribute");
}

/* Both come in the order of the paths. */
static int check_attributes(struct rel_git_archive *archive,
			    struct rel_str path, struct rel_error *err)
{
	int rc = 0;

	while (rc == 0 && archive->marks.ptr && archive->marks.len > 0) {
		struct rel_str rest = archive->marks;
		struct rel_str file = rel_str_cut(&rest, '\0');
		struct rel_str name = rel_str_cut(&rest, '\0');
		struct rel_str value = rel_str_cut(&rest, '\0');
		int order = rel_str_cmp(file, path);

		if (order > 0)
			break;
		archive->marks = rest;
		if (order == 0)
			rc = check_attribute(archive, path, name, value, err);
	}
	return rc;
}

static bool is_module(const struct rel_git_archive *archive,
		      struct rel_str path)
{
	struct rel_str rest = rel_buf_str(&archive->modules);

	while (rest.ptr && rest.len > 0)
		if (rel_str_eq(rel_str_cut(&rest, '\0'), path))
			return true;
	return false;
}

static int check_entry(struct rel_git_archive *archive,
		       const struct rel_git_archive_entry *entry,
		       struct rel_error *err)
{
	struct rel_str path = entry->path;
	int rc = rel_git_check_name(path, rel_path_base(path), err);

	if (rc < 0)
		return rc;
	if (entry->kind == REL_GIT_TREE)
		return !archive->options->empty_submodules &&
			       is_module(archive, path)
			   ? refuse(err, path,
				    "a submodule, whose files are in another "
				    "repository: copy them into this one or "
				    "mark it export-ignore")
			   : 0;
	if (entry->kind != REL_GIT_SYMLINK) {
		rc = check_size(archive, path, entry->size, err);
		return rc ? rc : check_attributes(archive, path, err);
	}
	return rel_git_check_link(path, entry->target, err);
}

/* The order of the canonical archive, which is git's. */
static int check_order(struct rel_git_archive *archive, struct rel_error *err)
{
	struct rel_str path = rel_buf_str(&archive->tar.path);

	if (rel_str_cmp(rel_buf_str(&archive->before), path) >= 0)
		return rel_fail(err, REL_EIO,
				"git archive writes \"%.*s\" behind \"%.*s\"",
				REL_STR_ARG(path),
				REL_STR_ARG(rel_buf_str(&archive->before)));
	rel_buf_clear(&archive->before);
	if (rel_str_ends(path, REL_STR("/")) &&
	    is_module(archive, rel_str_sub(path, 0, path.len - 1)))
		path.len--;
	rel_buf_add_str(&archive->before, path);
	return rel_buf_status(&archive->before, "path", err);
}

static int rewrite(struct rel_git_archive *archive,
		   struct rel_git_archive_entry *entry, struct rel_error *err)
{
	const struct rel_git_archive_options *options = archive->options;
	struct rel_str part;
	int rc;

	rel_buf_clear(&archive->content);
	rel_buf_clear(&archive->made);
	while ((rc = rel_git_tar_chunk(&part, &archive->tar, err)) > 0)
		rel_buf_add_str(&archive->content, part);
	if (rc == 0)
		rc = rel_buf_status(&archive->content, "file", err);
	if (rc == 0)
		rc = options->rewrite(options->rewrite_context, &archive->made,
				      entry->path,
				      rel_buf_str(&archive->content), err);
	if (rc == 0)
		rc = rel_buf_status(&archive->made, "file", err);
	archive->rewritten = true;
	archive->rest = rel_buf_str(&archive->made);
	entry->size = archive->rest.len;
	return rc;
}

int rel_git_archive_chunk(struct rel_str *out, struct rel_git_archive *archive,
			  struct rel_error *err)
{
	if (!archive->rewritten)
		return rel_git_tar_chunk(out, &archive->tar, err);
	*out = archive->rest;
	archive->rest.len = 0;
	return out->len > 0;
}

/* A tree may have one big file many times. */
static int add_size(struct rel_git_archive *archive, uint64_t size,
		    struct rel_error *err)
{
	if (size <= REL_LIMIT_ARCHIVE_UNPACKED - archive->size) {
		archive->size += size;
		return 0;
	}
	return rel_fail(err, REL_ELIMIT,
			"the files of a release have at most %ju bytes "
			"together: mark some export-ignore",
			(uintmax_t)REL_LIMIT_ARCHIVE_UNPACKED);
}

/* The member that the tar is at. */
static int take_entry(struct rel_git_archive *archive, rel_git_archive_fn fn,
		      void *context, struct rel_error *err)
{
	struct rel_git_tar *tar = &archive->tar;
	struct rel_git_archive_entry entry = {.kind = tar->kind,
					      .size = tar->left,
					      .target =
						  rel_buf_str(&tar->target)};
	int rc = check_order(archive, err);

	if (entry.kind == REL_GIT_TREE && tar->path.len > 0)
		tar->path.ptr[--tar->path.len] = '\0';
	entry.path = rel_buf_str(&tar->path);
	archive->rewritten = false;
	if (rc == 0)
		rc = check_entry(archive, &entry, err);
	if (rc == 0)
		rc = add_size(archive, entry.size, err);
	if (rc == 0 && archive->options->rewrite &&
	    (entry.kind == REL_GIT_BLOB || entry.kind == REL_GIT_EXECUTABLE) &&
	    entry.size <= REL_LIMIT_GIT_CONVERT_BYTES)
		rc = rewrite(archive, &entry, err);
	return rc ? rc : fn(context, archive, &entry, err);
}

static int stream(struct rel_git_archive *archive, rel_git_archive_fn fn,
		  void *context, struct rel_error *err)
{
	struct rel_git_tar *tar = &archive->tar;
	const char *argv[ARGS_MAX];
	char hex[REL_GIT_ID_TEXT];
	const char *args[] = {"archive", "--format=tar",
			      rel_git_id_format(hex, &archive->commit), NULL};
	int status = 0, rc;

	fill_argv(argv, archive, args);
	rel_buf_clear(&tar->diagnostics);
	rc = rel_process_start(&tar->process, argv, "/", environment,
			       REL_PROCESS_STDERR_PIPE, err);
	if (rc < 0)
		return rc;
	while ((rc = rel_git_tar_next(tar, err)) > 0) {
		rc = take_entry(archive, fn, context, err);
		if (rc < 0)
			break;
	}
	/* git says why. */
	if (rc == 0 || tar->cut_short) {
		rc = rel_process_wait(&tar->process, &status, err);
		if (rc == 0 && (status != 0 || tar->cut_short))
			rc = fail_git(archive, status, err);
	}
	return rc;
}

static int prepare(struct rel_git_archive *archive, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	int rc;

	if (!rel_process_exists("git"))
		return rel_fail(err, REL_EIO,
				"cannot pack: git is not installed, or not in "
				"PATH; install it");
	rc = rel_git_commit_tree(&archive->tree, archive->store,
				 &archive->commit, NULL, err);
	if (rc < 0)
		return rc;
	rel_buf_printf(&archive->ids, "%s\n",
		       rel_git_id_format(hex, &archive->commit));
	rel_buf_printf(&archive->ids, "%s\n",
		       rel_git_id_format(hex, &archive->tree));
	rc = rel_git_tree_walk(archive->store, &archive->tree, collect, archive,
			       err);
	if (rc == 0)
		rc = rel_git_scratch_open(&archive->scratch, NULL, err);
	if (rc == 0)
		rc = rel_git_scratch_borrow(&archive->scratch, archive->store,
					    err);
	if (rc == 0)
		rc = write_config(archive, err);
	/* A fetch of ours has hashed all. */
	if (rc == 0 && (!archive->store->fetched || archive->named[SUBST]))
		rc = copy_objects(archive, err);
	if (rc == 0)
		rc = make_tag(archive, err);
	return rc ? rc : ask_attributes(archive, err);
}

int rel_git_archive_each(struct rel_git_store *store,
			 const struct rel_git_id *commit,
			 const struct rel_git_archive_options *options,
			 rel_git_archive_fn fn, void *context,
			 struct rel_error *err)
{
	static const struct rel_git_archive_options none;
	struct rel_git_archive *archive = calloc(1, sizeof(*archive));
	struct {
		struct rel_buf *buf;
		size_t max;
	} bufs[] = {
	    {&archive->ids, REL_LIMIT_GIT_ARCHIVE_LIST},
	    {&archive->files, REL_LIMIT_GIT_ARCHIVE_LIST},
	    {&archive->modules, REL_LIMIT_GIT_ARCHIVE_LIST},
	    {&archive->attributes, REL_LIMIT_GIT_ARCHIVE_ATTRIBUTES},
	    {&archive->before, REL_LIMIT_GIT_PATH_BYTES},
	    {&archive->content, REL_LIMIT_GIT_CONVERT_BYTES},
	    {&archive->made, 4 * REL_LIMIT_GIT_CONVERT_BYTES},
	};
	const size_t n_bufs = sizeof(bufs) / sizeof(bufs[0]);
	int rc;

	if (!archive)
		return rel_fail_nomem(err);
	archive->store = store;
	archive->options = options ? options : &none;
	archive->commit = *commit;
	rel_git_tar_init(&archive->tar, archive->options->cancel);
	for (size_t i = 0; i < n_bufs; i++)
		rel_buf_init(bufs[i].buf, bufs[i].max);
	rc = prepare(archive, err);
	if (rc == 0)
		rc = stream(archive, fn, context, err);
	rel_git_tar_free(&archive->tar);
	rel_git_scratch_close(&archive->scratch);
	for (size_t i = 0; i < n_bufs; i++)
		rel_buf_free(bufs[i].buf);
	free(archive);
	return rc;
}
