#include "opam/source.h"

static bool one_of(struct rel_str s, const char *const *words)
{
	for (; *words; words++) {
		if (rel_str_is(s, *words))
			return true;
	}
	return false;
}

static enum rel_source_kind kind_of_scheme(struct rel_str scheme)
{
	static const char *const vcs[] = {"git", "hg", "darcs", NULL};
	static const char *const http[] = {"http", "https", "ftp",
					   "wget", "curl",  NULL};
	static const char *const local[] = {"file", "path", "local", "rsync",
					    "ssh",  "scp",  "sftp",  NULL};

	if (one_of(scheme, vcs))
		return REL_SOURCE_VCS;
	if (one_of(scheme, http))
		return REL_SOURCE_HTTP;
	return one_of(scheme, local) ? REL_SOURCE_LOCAL : REL_SOURCE_BAD;
}

enum rel_source_kind rel_source_kind_of(struct rel_str src)
{
	const char *mark = memmem(src.ptr, src.len, "://", 3);
	struct rel_str scheme, backend;

	if (src.len == 0)
		return REL_SOURCE_BAD;
	if (!mark)
		return REL_SOURCE_LOCAL;
	scheme = rel_str_sub(src, 0, (size_t)(mark - src.ptr));
	if (rel_str_find(scheme, ':') < scheme.len)
		return REL_SOURCE_LOCAL;
	backend = rel_str_sub(scheme, 0, rel_str_find(scheme, '+'));
	if (backend.len == scheme.len)
		return kind_of_scheme(scheme);
	return kind_of_scheme(backend) == REL_SOURCE_VCS ? REL_SOURCE_VCS
							 : REL_SOURCE_BAD;
}
