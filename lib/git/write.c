/* Blobs, commits, tags and references; trees are made in write_tree.c. */
#include "git/write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/git_private.h"
#include "git/sign.h"

#define CHUNK (64 * 1024)
/* A day and more is no zone; git itself shows at most +1400. */
#define OFFSET_MAX (24 * 60)

const struct rel_git_id REL_GIT_EMPTY_TREE = {
    {0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60,
     0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49, 0x04}};

static int write_object(struct rel_git_id *id, struct rel_git_store *store,
			struct rel_str content, git_object_t type,
			struct rel_error *err)
{
	git_oid oid;
	int status =
	    git_odb_write(&oid, store->odb, content.ptr, content.len, type);

	if (status < 0) {
		rel_git_library_fail(err, status, "cannot write a %s",
				     git_object_type2string(type));
		rel_error_at(err, store->path, 0, 0);
		return REL_EIO;
	}
	rel_git_id_of_oid(id, &oid);
	return 0;
}

int rel_git_write_blob(struct rel_git_id *blob, struct rel_git_store *store,
		       struct rel_str content, struct rel_error *err)
{
	if (content.ptr == NULL)
		content = REL_STR("");
	return write_object(blob, store, content, GIT_OBJECT_BLOB, err);
}

/* Exactly `size` bytes from `fd` into the stream. */
static int pour(git_odb_stream *stream, int fd, uint64_t size, const char *path,
		struct rel_error *err)
{
	char *chunk = malloc(CHUNK);
	int status, rc = 0;

	if (chunk == NULL)
		return rel_fail_nomem(err);
	while (size > 0 && rc == 0) {
		ssize_t n = read(fd, chunk, size < CHUNK ? size : CHUNK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = rel_fail_errno(err, errno, path, "cannot read");
		else if (n == 0)
			rc = rel_fail(err, REL_EIO, "cut short while read");
		if (rc < 0)
			break;
		status = git_odb_stream_write(stream, chunk, (size_t)n);
		if (status < 0)
			rc = rel_git_library_fail(err, status,
						  "cannot write a blob");
		size -= (uint64_t)n;
	}
	free(chunk);
	return rc;
}

int rel_git_write_blob_file(struct rel_git_id *blob,
			    struct rel_git_store *store, const char *path,
			    struct rel_error *err)
{
	git_odb_stream *stream = NULL;
	struct stat st;
	git_oid oid;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int status, rc;

	if (fd < 0)
		return rel_fail_errno(err, errno, path, "cannot read");
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rc = rel_fail(err, REL_EIO, "is no regular file");
		goto out;
	}
	status = git_odb_open_wstream(&stream, store->odb, (uint64_t)st.st_size,
				      GIT_OBJECT_BLOB);
	if (status < 0) {
		rc = rel_git_library_fail(err, status, "cannot write a blob");
		goto out;
	}
	rc = pour(stream, fd, (uint64_t)st.st_size, path, err);
	if (rc < 0)
		goto out;
	status = git_odb_stream_finalize_write(&oid, stream);
	if (status < 0)
		rc = rel_git_library_fail(err, status, "cannot write a blob");
	else
		rel_git_id_of_oid(blob, &oid);
out:
	if (rc < 0)
		rel_error_at(err, path, 0, 0);
	git_odb_stream_free(stream);
	close(fd);
	return rc;
}

static bool is_plain(const char *text)
{
	return text != NULL && *text != '\0' && strpbrk(text, "<>\n") == NULL;
}

/* "author Name <address> seconds +hhmm" */
static int add_person(struct rel_buf *out, const char *label,
		      const struct rel_git_identity *who, struct rel_error *err)
{
	int offset = who->offset < 0 ? -who->offset : who->offset;

	if (!is_plain(who->name) || !is_plain(who->email))
		return rel_fail(
		    err, REL_EUSAGE, "'%.100s <%.100s>' is no name and address",
		    who->name ? who->name : "", who->email ? who->email : "");
	if (who->seconds < 0 || offset >= OFFSET_MAX)
		return rel_fail(err, REL_EUSAGE,
				"git cannot record the time %" PRId64
				"; set the clock",
				who->seconds);
	rel_buf_printf(out, "%s %s <%s> %" PRId64 " %c%02d%02d\n", label,
		       who->name, who->email, who->seconds,
		       who->offset < 0 ? '-' : '+', offset / 60, offset % 60);
	return 0;
}

static int add_message(struct rel_buf *out, const char *message,
		       struct rel_error *err)
{
	struct rel_str text = rel_str_of(message ? message : "");

	while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]))
		text.len--;
	if (text.len == 0)
		return rel_fail(err, REL_EUSAGE, "the message is empty");
	rel_buf_add_char(out, '\n');
	rel_buf_add_str(out, text);
	rel_buf_add_char(out, '\n');
	return 0;
}

/* Is `id` an object of the type? */
static int check_type(struct rel_git_store *store, const struct rel_git_id *id,
		      git_object_t type, struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	git_object_t found;
	git_oid oid;
	size_t size;

	rel_git_id_to_oid(&oid, id);
	if (git_odb_read_header(&size, &found, store->odb, &oid) == 0 &&
	    found == type)
		return 0;
	return rel_fail(err, REL_ENOTFOUND, "there is no %s %s",
			git_object_type2string(type),
			rel_git_id_format(hex, id));
}

/* As a header: each line after the first behind a blank. */
static void add_signature(struct rel_buf *out, struct rel_str signature)
{
	const char *before = "gpgsig ";

	if (rel_str_ends(signature, REL_STR("\n")))
		signature.len--;
	while (signature.len > 0 && signature.ptr != NULL) {
		rel_buf_add_cstr(out, before);
		rel_buf_add_str(out, rel_str_cut(&signature, '\n'));
		rel_buf_add_char(out, '\n');
		before = " ";
	}
}

int rel_git_commit_format(struct rel_buf *out, struct rel_git_store *store,
			  const struct rel_git_commit *request,
			  struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	int rc = 0;

	if (memcmp(&request->tree, &REL_GIT_EMPTY_TREE,
		   sizeof(request->tree)) != 0)
		rc = check_type(store, &request->tree, GIT_OBJECT_TREE, err);
	rel_buf_printf(out, "tree %s\n",
		       rel_git_id_format(hex, &request->tree));
	for (size_t i = 0; rc == 0 && i < request->n_parents; i++) {
		rc = check_type(store, &request->parents[i], GIT_OBJECT_COMMIT,
				err);
		rel_buf_printf(out, "parent %s\n",
			       rel_git_id_format(hex, &request->parents[i]));
	}
	if (rc == 0)
		rc = add_person(out, "author", &request->author, err);
	if (rc == 0)
		rc = add_person(out, "committer", &request->committer, err);
	add_signature(out, request->signature);
	if (rc == 0)
		rc = add_message(out, request->message, err);
	return rc < 0 ? rc : rel_buf_status(out, "commit", err);
}

int rel_git_write_commit(struct rel_git_id *commit, struct rel_git_store *store,
			 const struct rel_git_commit *request,
			 struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_GIT_MESSAGE_BYTES);
	rc = rel_git_commit_format(&text, store, request, err);
	if (rc == 0)
		rc = write_object(commit, store, rel_buf_str(&text),
				  GIT_OBJECT_COMMIT, err);
	rel_buf_free(&text);
	return rc;
}

static int check_tag_name(const char *name, struct rel_error *err)
{
	char *full = NULL;
	bool valid;

	if (asprintf(&full, "refs/tags/%s", name) < 0)
		return rel_fail_nomem(err);
	valid = rel_git_is_ref_name(full);
	free(full);
	if (valid && *name != '-')
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"git allows no tag named '%.200s' (git help "
			"check-ref-format)",
			name);
}

int rel_git_tag_format(struct rel_buf *out, const struct rel_git_tag *tag,
		       struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];
	size_t start = out->len;
	struct rel_str text;
	int rc = check_tag_name(tag->name, err);

	if (rc < 0)
		return rc;
	rel_buf_printf(out, "object %s\ntype commit\ntag %s\n",
		       rel_git_id_format(hex, &tag->target), tag->name);
	rc = add_person(out, "tagger", &tag->tagger, err);
	if (rc == 0)
		rc = add_message(out, tag->message, err);
	if (rc == 0)
		rc = rel_buf_status(out, "tag", err);
	if (rc < 0)
		return rc;
	text = rel_str_sub(rel_buf_str(out), start, out->len);
	if (rel_git_signature_at(text) < text.len)
		return rel_fail(err, REL_EUSAGE,
				"the message has a line that git takes for "
				"the start of a signature");
	return 0;
}

int rel_git_write_tag(struct rel_git_id *tag, struct rel_git_store *store,
		      struct rel_str text, struct rel_error *err)
{
	struct rel_git_id target;
	int rc;

	if (!rel_str_starts(text, REL_STR("object ")) ||
	    !rel_git_id_parse(&target, rel_str_sub(text, 7, 47)))
		return rel_fail(err, REL_EUSAGE, "this is no tag's text");
	rc = check_type(store, &target, GIT_OBJECT_COMMIT, err);
	return rc < 0 ? rc
		      : write_object(tag, store, text, GIT_OBJECT_TAG, err);
}

int rel_git_ref_read(struct rel_git_id *id, struct rel_git_store *store,
		     const char *name, struct rel_error *err)
{
	git_oid oid;
	int status = git_reference_name_to_id(&oid, store->repo, name);

	if (status == GIT_ENOTFOUND)
		return 0;
	if (status < 0) {
		status = rel_git_library_fail(err, status,
					      "cannot read '%.200s'", name);
		rel_error_at(err, store->path, 0, 0);
		return status == REL_EUSAGE ? REL_EUSAGE : REL_EIO;
	}
	rel_git_id_of_oid(id, &oid);
	return 1;
}

int rel_git_ref_each(struct rel_git_store *store, const char *pattern,
		     int (*each)(void *context, const char *name,
				 struct rel_error *err),
		     void *context, struct rel_error *err)
{
	git_reference_iterator *names = NULL;
	const char *name;
	int rc = 0,
	    status =
		git_reference_iterator_glob_new(&names, store->repo, pattern);

	while (rc == 0 && status == 0) {
		status = git_reference_next_name(&name, names);
		if (status == 0)
			rc = each(context, name, err);
	}
	git_reference_iterator_free(names);
	if (rc != 0 || status == GIT_ITEROVER)
		return rc;
	rel_git_library_fail(err, status, "cannot list references");
	rel_error_at(err, store->path, 0, 0);
	if (err != NULL)
		err->code = REL_EIO;
	return REL_EIO;
}

static int check_name(const char *name, struct rel_error *err)
{
	if (strncmp(name, "refs/", 5) == 0 && rel_git_is_ref_name(name))
		return 0;
	return rel_fail(err, REL_EUSAGE,
			"git allows no reference named '%.200s'", name);
}

static int fail_stale(const char *name, const struct rel_git_id *now,
		      struct rel_error *err)
{
	char hex[REL_GIT_ID_TEXT];

	if (now == NULL)
		return rel_fail(err, REL_ESTALE, "%.200s is gone", name);
	return rel_fail(err, REL_ESTALE, "%.200s is at %.12s meanwhile", name,
			rel_git_id_format(hex, now));
}

/* Is there a reference "a" in the way of "a/b"? */
static bool blocked_above(struct rel_git_store *store, const char *name)
{
	char *part = strdup(name);
	struct rel_git_id id;
	bool found = false;
	char *slash;

	while (part != NULL && !found && (slash = strrchr(part, '/')) &&
	       slash - part > 4) {
		*slash = '\0';
		found = rel_git_ref_read(&id, store, part, NULL) == 1;
	}
	free(part);
	return found;
}

/* Or one "a/b/c"? */
static bool blocked_below(struct rel_git_store *store, const char *name)
{
	git_reference_iterator *iterator = NULL;
	const char *found;
	char *glob = NULL;
	bool blocked = false;

	if (asprintf(&glob, "%s/*", name) < 0)
		return false;
	if (git_reference_iterator_glob_new(&iterator, store->repo, glob) == 0)
		blocked = git_reference_next_name(&found, iterator) == 0;
	git_reference_iterator_free(iterator);
	free(glob);
	return blocked;
}

/* What it is, under the lock.  1 = go on; 0 = nothing to be done. */
static int compare(struct rel_git_store *store, const char *name,
		   const struct rel_git_id *old, const struct rel_git_id *fresh,
		   struct rel_error *err)
{
	git_reference *ref = NULL;
	struct rel_git_id now;
	int there, rc;

	rc = git_reference_lookup(&ref, store->repo, name);
	if (rc == 0 && git_reference_type(ref) == GIT_REFERENCE_SYMBOLIC) {
		git_reference_free(ref);
		return rel_fail(err, REL_EUSAGE, "%.200s is symbolic", name);
	}
	git_reference_free(ref);
	there = rel_git_ref_read(&now, store, name, err);
	if (there < 0)
		return there;
	if (fresh != NULL && there && rel_git_id_eq(&now, fresh))
		return 0;
	if (fresh == NULL && !there)
		return 0;
	if ((old != NULL) != (there == 1) ||
	    (there && !rel_git_id_eq(&now, old)))
		return fail_stale(name, there ? &now : NULL, err);
	/* libgit2 does not look for it in a transaction. */
	if (!there &&
	    (blocked_above(store, name) || blocked_below(store, name)))
		return rel_fail(err, REL_EUSAGE,
				"%.200s cannot be beside a reference that is "
				"named as its directory",
				name);
	return 1;
}

int rel_git_ref_update(struct rel_git_store *store, const char *name,
		       const struct rel_git_id *old,
		       const struct rel_git_id *fresh, const char *log,
		       struct rel_error *err)
{
	git_transaction *transaction = NULL;
	git_oid oid;
	int status, rc = check_name(name, err);

	if (rc < 0)
		return rc;
	status = git_transaction_new(&transaction, store->repo);
	if (status == 0)
		status = git_transaction_lock_ref(transaction, name);
	if (status == GIT_ELOCKED) {
		rc = rel_fail(err, REL_EEXISTS,
			      "another git holds %.200s.lock; if none runs, "
			      "remove it",
			      name);
		goto out;
	}
	if (status < 0)
		goto library;
	rc = compare(store, name, old, fresh, err);
	if (rc <= 0)
		goto out;
	rc = 0;
	if (fresh != NULL) {
		rel_git_id_to_oid(&oid, fresh);
		status = git_transaction_set_target(transaction, name, &oid,
						    NULL, log);
	} else {
		status = git_transaction_remove(transaction, name);
	}
	if (status == 0)
		status = git_transaction_commit(transaction);
	if (status == 0)
		goto out;
library:
	rel_git_library_fail(err, status, "cannot change '%.200s'", name);
	rc = REL_EIO;
out:
	if (rc < 0)
		rel_error_at(err, store->path, 0, 0);
	git_transaction_free(transaction);
	return rc;
}

/* A git that lives holds a reference's lock for milliseconds. */
#define STALE_SECONDS 2
#define LOOKS	      25

int rel_git_unlock(struct rel_git_store *store, const char *name,
		   struct rel_error *err)
{
	bool shared = strncmp(name, "refs/", 5) == 0;
	struct timespec pause = {.tv_nsec = 100000000};
	struct stat st;
	char *path = NULL;
	int rc = 0;

	if (asprintf(&path, "%s/%s.lock",
		     shared ? git_repository_commondir(store->repo)
			    : store->path,
		     name) < 0)
		return rel_fail_nomem(err);
	for (int i = 0; i < LOOKS && lstat(path, &st) == 0; i++) {
		if (time(NULL) - st.st_mtime > STALE_SECONDS)
			break;
		nanosleep(&pause, NULL);
	}
	if (unlink(path) != 0 && errno != ENOENT)
		rc = rel_fail_errno(err, errno, path, "cannot remove");
	free(path);
	return rc;
}
