#include "opam/lint_url.h"

static const struct {
	const char *name;
	enum rel_lint_backend backend;
} protocols[] = {
    {"git", REL_LINT_GIT},     {"hg", REL_LINT_HG},
    {"darcs", REL_LINT_DARCS}, {"http", REL_LINT_HTTP},
    {"https", REL_LINT_HTTP},  {"ftp", REL_LINT_HTTP},
    {"wget", REL_LINT_HTTP},   {"curl", REL_LINT_HTTP},
    {"file", REL_LINT_RSYNC},  {"path", REL_LINT_RSYNC},
    {"local", REL_LINT_RSYNC}, {"rsync", REL_LINT_RSYNC},
    {"ssh", REL_LINT_RSYNC},   {"scp", REL_LINT_RSYNC},
    {"sftp", REL_LINT_RSYNC},
};

/* The version control systems stand first. */
#define N_VCS	    3
#define N_PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static bool find_protocol(enum rel_lint_backend *out, struct rel_str name,
			  size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!rel_str_is(name, protocols[i].name))
			continue;
		*out = protocols[i].backend;
		return true;
	}
	return false;
}

/* What split_url tells apart; ptr NULL = absent. */
struct parts {
	struct rel_str vcs, transport, path, suffix, hash;
};

static const char *find_mark(struct rel_str s)
{
	return s.len ? memmem(s.ptr, s.len, "://", 3) : NULL;
}

/*
 * "backend+protocol://" or "protocol://" off the front of *rest.  A backend
 * may also be followed by "://", when another "://" comes later and no colon
 * stands between: opam reads https://archive.example.org/http://x so.
 */
static void split_scheme(struct parts *out, struct rel_str *rest)
{
	struct rel_str s = *rest, after;
	size_t end = 0, skip = 0;

	while (end < s.len && s.ptr[end] != '+' && s.ptr[end] != ':')
		end++;
	if (end < s.len && s.ptr[end] == '+')
		skip = 1;
	else if (rel_str_starts(rel_str_sub(s, end, s.len), REL_STR("://")))
		skip = 3;
	after = rel_str_sub(s, end + skip, s.len);
	if (skip) {
		size_t colon = rel_str_find(after, ':');

		if (rel_str_starts(rel_str_sub(after, colon, after.len),
				   REL_STR("://"))) {
			out->vcs = rel_str_sub(s, 0, end);
			out->transport = rel_str_sub(after, 0, colon);
			*rest = rel_str_sub(after, colon + 3, after.len);
			return;
		}
	}
	end = rel_str_find(s, ':');
	if (rel_str_starts(rel_str_sub(s, end, s.len), REL_STR("://"))) {
		out->transport = rel_str_sub(s, 0, end);
		*rest = rel_str_sub(s, end + 3, s.len);
	}
}

static void split(struct parts *out, struct rel_str text)
{
	static const struct rel_str none;
	struct rel_str rest = text;
	size_t at;

	*out = (struct parts){0};
	if (find_mark(text))
		split_scheme(out, &rest);
	at = rel_str_find(rest, '#');
	out->path = rel_str_sub(rest, 0, at);
	out->hash = rel_str_sub(rest, at + 1, rest.len);
	at = rel_str_rfind(out->path, '.');
	out->suffix = rel_str_sub(out->path, at + 1, out->path.len);
	if (rel_str_find(out->suffix, '/') < out->suffix.len ||
	    rel_str_find(out->suffix, '\\') < out->suffix.len)
		out->suffix = none;
	if (out->vcs.len == 0)
		out->vcs = none;
	if (out->transport.len == 0)
		out->transport = none;
	if (out->hash.len == 0)
		out->hash = none;
	if (out->suffix.len == 0)
		out->suffix = none;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What follows the colon: no port number, that is. */
static bool is_ssh_rest(struct rel_str s)
{
	size_t digits = 0;

	while (digits < s.len && is_digit(s.ptr[digits]))
		digits++;
	return s.len == 0 || digits == 0 ||
	       (digits < s.len && s.ptr[digits] != '/');
}

/*
 * "host:path" with two characters or more before the colon.  opam looks for
 * it anywhere in the path and forgets what stands before.
 */
static bool find_ssh_path(struct rel_str path, struct rel_str *host,
			  struct rel_str *rest)
{
	size_t run = 0;

	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		struct rel_str after = rel_str_sub(path, i + 1, path.len);
		struct rel_str inner = after;

		if (c == ':' && i - run >= 2) {
			if (rel_str_starts(after, REL_STR("/")))
				inner = rel_str_sub(after, 1, after.len);
			*host = rel_str_sub(path, run, i);
			*rest = is_ssh_rest(inner) ? inner : after;
			if (is_ssh_rest(*rest))
				return true;
		}
		if (c == ':' || c == '/')
			run = i + 1;
	}
	return false;
}

static struct rel_str concat(struct rel_arena *arena, struct rel_str a,
			     struct rel_str between, struct rel_str b)
{
	size_t len = a.len + between.len + b.len;
	char *text = rel_arena_alloc(arena, len + 1);
	char *to = text;

	if (!text)
		return (struct rel_str){0};
	to = mempcpy(to, a.len ? a.ptr : "", a.len);
	to = mempcpy(to, between.len ? between.ptr : "", between.len);
	memcpy(to, b.len ? b.ptr : "", b.len);
	return rel_str_n(text, len);
}

static bool find_backend(enum rel_lint_backend *out, const struct parts *parts,
			 bool suffixes)
{
	struct rel_str hint = parts->suffix;
	enum rel_lint_backend fallback = REL_LINT_RSYNC;
	size_t at = rel_str_find(parts->path, '@');

	if (parts->vcs.ptr)
		return find_protocol(out, parts->vcs, N_VCS);
	if (parts->transport.ptr && find_protocol(out, parts->transport, N_VCS))
		return true;
	if (parts->transport.ptr &&
	    !find_protocol(&fallback, parts->transport, N_PROTOCOLS))
		return false;
	if (!hint.ptr && at < parts->path.len)
		hint = rel_str_sub(parts->path, 0, at);
	if (!suffixes || !find_protocol(out, hint, N_VCS))
		*out = fallback;
	return true;
}

/* A path on this disk as if opam ran in the root directory. */
static struct rel_str absolute(struct rel_arena *arena, struct rel_str path)
{
	if (rel_str_starts(path, REL_STR("/")))
		return path;
	while (rel_str_starts(path, REL_STR("../")))
		path = rel_str_sub(path, 3, path.len);
	return concat(arena, REL_STR("/"), REL_STR(""), path);
}

bool rel_lint_url_parse(struct rel_lint_url *out, struct rel_str text,
			enum rel_lint_backend backend, bool suffixes,
			struct rel_arena *arena)
{
	struct rel_str host, rest, t;
	struct parts parts;
	bool bare;

	split(&parts, text);
	*out = (struct rel_lint_url){.backend = backend,
				     .transport = parts.transport,
				     .path = parts.path,
				     .hash = parts.hash};
	if (backend == REL_LINT_ANY_BACKEND &&
	    !find_backend(&out->backend, &parts, suffixes))
		return false;
	t = parts.transport;
	bare = !t.ptr || rel_str_is(t, "hg") || rel_str_is(t, "darcs");
	if (out->backend == REL_LINT_HTTP && !t.ptr) {
		out->transport = REL_STR("http");
	} else if ((bare || rel_str_is(t, "git")) &&
		   find_ssh_path(parts.path, &host, &rest)) {
		out->transport = REL_STR("ssh");
		out->path = host;
		if (rest.len > 0)
			out->path = concat(arena, host, REL_STR("/"), rest);
	} else if (bare) {
		out->transport = REL_STR("file");
		out->path = absolute(arena, parts.path);
		out->local = true;
	}
	return out->path.ptr != NULL || out->path.len == 0;
}

bool rel_lint_url_is_vcs(const struct rel_lint_url *url)
{
	return url->backend == REL_LINT_GIT || url->backend == REL_LINT_HG ||
	       url->backend == REL_LINT_DARCS;
}

bool rel_lint_url_is_empty(const struct rel_lint_url *url)
{
	return url->backend == REL_LINT_HTTP && url->path.len == 0 &&
	       url->hash.ptr == NULL && rel_str_is(url->transport, "https");
}

bool rel_lint_url_eq(const struct rel_lint_url *a, const struct rel_lint_url *b)
{
	return a->backend == b->backend &&
	       rel_str_eq(a->transport, b->transport) &&
	       rel_str_eq(a->path, b->path) && rel_str_eq(a->hash, b->hash) &&
	       !a->hash.ptr == !b->hash.ptr;
}

struct rel_str rel_lint_url_text(const struct rel_lint_url *url,
				 struct rel_arena *arena)
{
	struct rel_str scheme = url->transport, text;
	const char *vcs = NULL;

	for (size_t i = 0; i < N_VCS; i++) {
		if (protocols[i].backend == url->backend)
			vcs = protocols[i].name;
	}
	if (vcs && !rel_str_is(scheme, vcs))
		scheme = concat(arena, rel_str_of(vcs), REL_STR("+"), scheme);
	text = concat(arena, scheme, REL_STR("://"), url->path);
	if (url->hash.ptr && text.ptr)
		text = concat(arena, text, REL_STR("#"), url->hash);
	return text;
}

bool rel_lint_url_is_archive(const struct rel_lint_url *url, bool zip)
{
	static const char *const ends[] = {"tar.gz", "tgz", "tar.bz2",	"tbz",
					   "tar.xz", "txz", "tar.lzma", "tlz"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (rel_str_ends(url->path, rel_str_of(ends[i])))
			return true;
	}
	return zip && rel_str_ends(url->path, REL_STR("zip"));
}
