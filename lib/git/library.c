#include "git/internal.h"

#include <stdarg.h>
#include <stdio.h>

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
	int users, r = rel_libgit2_load(err);

	if (r < 0)
		return r;
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
	int r = rel_libgit2_load(err);

	if (r < 0)
		return r;
	r = git_odb_hash(&oid, content.ptr, content.len, type);
	if (r < 0)
		return rel_git_library_fail(err, r, "cannot hash");
	rel_git_id_of_oid(out, &oid);
	return 0;
}
