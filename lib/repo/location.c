#include "repo/remote.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/objects.h"
#include "git/remote.h"

/* A location while it is taken apart. */
struct parse {
	struct rel_str url, subdir, revision;
	bool git;	/* git+ in front */
	bool directory; /* dir+ in front */
	const char *base_dir;
	struct rel_arena *arena;
};

static bool has_scheme(struct rel_str url, const char *scheme)
{
	return rel_str_starts(url, rel_str_of(scheme));
}

/* Offset of "://", or the length. */
static size_t find_authority(struct rel_str url)
{
	for (size_t i = 0; i + 3 <= url.len; i++)
		if (memcmp(url.ptr + i, "://", 3) == 0)
			return i;
	return url.len;
}

static void cut_prefix(struct rel_str *s, size_t n)
{
	*s = rel_str_sub(*s, n, s->len);
}

static void cut_trailing_slashes(struct rel_str *s)
{
	while (s->len > 1 && s->ptr[s->len - 1] == '/')
		s->len--;
}

/* Cut "#revision" and "//subdir" off p->url. */
static int split(struct parse *p, struct rel_error *err)
{
	size_t hash = rel_str_find(p->url, '#'), from;

	p->revision = rel_str_sub(p->url, hash + 1, p->url.len);
	p->url = rel_str_sub(p->url, 0, hash);
	from = find_authority(p->url);
	from = from < p->url.len ? from + 3 : 0;
	/* Slashes at the start belong to the path: file:///x, ///x. */
	while (from < p->url.len && p->url.ptr[from] == '/')
		from++;
	for (size_t i = from; i + 2 <= p->url.len; i++) {
		if (memcmp(p->url.ptr + i, "//", 2) != 0)
			continue;
		p->subdir = rel_str_sub(p->url, i + 2, p->url.len);
		p->url = rel_str_sub(p->url, 0, i);
		break;
	}
	while (p->subdir.len > 0 && p->subdir.ptr[0] == '/')
		cut_prefix(&p->subdir, 1);
	while (p->subdir.len > 0 && p->subdir.ptr[p->subdir.len - 1] == '/')
		p->subdir.len--;
	if (p->subdir.len > 0 && !rel_path_is_safe(p->subdir))
		return rel_fail(err, REL_EUSAGE,
				"sub-directory \"%.*s\" is not a clean "
				"relative path",
				REL_STR_ARG(p->subdir));
	return 0;
}

/* ssh's user@host:path, without a scheme. */
static bool is_scp(struct rel_str url)
{
	size_t colon = rel_str_find(url, ':'), slash = rel_str_find(url, '/');

	return find_authority(url) == url.len && colon < url.len &&
	       colon < slash;
}

static int set_text(const char **out, struct rel_arena *arena, struct rel_str s,
		    struct rel_error *err)
{
	*out = rel_arena_copy(arena, s);
	return *out ? 0 : rel_fail_nomem(err);
}

/* A path on this disk, taken from base_dir when it is relative. */
static int set_path(struct rel_location *out, const struct parse *p,
		    struct rel_str path, struct rel_error *err)
{
	struct rel_buf full;
	int rc;

	rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
	if (p->base_dir && !rel_str_starts(path, REL_STR("/")))
		rel_path_join(&full, rel_str_of(p->base_dir), path);
	else
		rel_buf_add_str(&full, path);
	rc = rel_buf_status(&full, "location", err);
	if (rc == 0)
		rc = set_text(&out->url, p->arena, rel_buf_str(&full), err);
	rel_buf_free(&full);
	return rc;
}

static int parse_path(struct rel_location *out, const struct parse *p,
		      struct rel_error *err)
{
	struct rel_str path = p->url;
	struct stat st;
	int rc;

	if (has_scheme(path, "file://"))
		cut_prefix(&path, strlen("file://"));
	cut_trailing_slashes(&path);
	if (path.len == 0)
		return rel_fail(err, REL_EUSAGE, "the location is empty");
	rc = set_path(out, p, path, err);
	if (rc)
		return rc;
	if (stat(out->url, &st) != 0) {
		rel_fail(err, REL_ENOTFOUND,
			 "no such file or directory; a location is a path, "
			 "git+https://…, git@host:path or https://…");
		rel_error_at(err, out->url, 0, 0);
		return REL_ENOTFOUND;
	}
	out->kind = !p->directory && rel_git_is_repository(out->url)
			? REL_LOCATION_GIT_LOCAL
			: REL_LOCATION_DIRECTORY;
	if (out->kind == REL_LOCATION_DIRECTORY && p->git)
		rc = rel_fail(err, REL_ENOTFOUND, "not a git repository");
	else if (out->kind == REL_LOCATION_DIRECTORY && p->revision.len > 0)
		rc = rel_fail(err, REL_EUSAGE,
			      "a revision needs a git repository, and this "
			      "is none");
	if (rc)
		rel_error_at(err, out->url, 0, 0);
	return rc;
}

static int parse_git(struct rel_location *out, const struct parse *p,
		     struct rel_error *err)
{
	struct rel_git_url parts;
	int rc;

	out->kind = REL_LOCATION_GIT_REMOTE;
	rc = set_text(&out->url, p->arena, p->url, err);
	return rc == 0 ? rel_git_url_parse(&parts, out->url, err) : rc;
}

static int parse_http(struct rel_location *out, const struct parse *p,
		      struct rel_error *err)
{
	struct rel_str url = p->url;
	size_t host = find_authority(url) + strlen("://");

	out->kind = REL_LOCATION_HTTP;
	if (host >= url.len || url.ptr[host] == '/')
		return rel_fail(err, REL_EUSAGE, "no host in '%.*s'",
				REL_STR_ARG(url));
	if (p->revision.len > 0)
		return rel_fail(err, REL_EUSAGE,
				"an index.tar.gz has no revisions; write "
				"git+%.*s#%.*s for a git repository",
				REL_STR_ARG(url), REL_STR_ARG(p->revision));
	if (rel_str_ends(url, REL_STR("/index.tar.gz")))
		url.len -= strlen("/index.tar.gz");
	cut_trailing_slashes(&url);
	return set_text(&out->url, p->arena, url, err);
}

static int parse_kind(struct rel_location *out, const struct parse *p,
		      struct rel_error *err)
{
	bool http =
	    has_scheme(p->url, "http://") || has_scheme(p->url, "https://");
	struct rel_str url = p->url;

	cut_trailing_slashes(&url);
	if (p->directory || has_scheme(url, "file://") ||
	    (find_authority(url) == url.len && !is_scp(url)))
		return parse_path(out, p, err);
	if (!http || p->git || rel_str_ends(url, REL_STR(".git")))
		return parse_git(out, p, err);
	return parse_http(out, p, err);
}

/* The location for messages: no credentials. */
static int set_shown(struct rel_location *out, struct rel_arena *arena,
		     const char *text, struct rel_error *err)
{
	struct rel_buf shown;
	int rc;

	rel_buf_init(&shown, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&shown, text);
	rc = rel_buf_status(&shown, "location", err);
	if (rc == 0)
		rc = set_text(&out->text, arena, rel_buf_str(&shown), err);
	rel_buf_free(&shown);
	return rc;
}

static int check_text(struct rel_str text, struct rel_error *err)
{
	if (text.len == 0)
		return rel_fail(err, REL_EUSAGE, "the location is empty");
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return rel_fail(err, REL_EUSAGE,
					"the location has a control character");
	return 0;
}

int rel_location_parse(struct rel_location *out, struct rel_str text,
		       const char *base_dir, struct rel_arena *arena,
		       struct rel_error *err)
{
	struct parse p = {.url = text, .base_dir = base_dir, .arena = arena};
	const char *whole;
	int rc = check_text(text, err);

	*out = (struct rel_location){0};
	if (rc == 0)
		rc = set_text(&whole, arena, text, err);
	if (rc == 0)
		rc = set_shown(out, arena, whole, err);
	if (rc)
		return rc;
	p.git = has_scheme(p.url, "git+");
	p.directory = has_scheme(p.url, "dir+");
	if (p.git || p.directory)
		cut_prefix(&p.url, strlen("git+"));
	rc = split(&p, err);
	if (rc == 0)
		rc = set_text(&out->subdir, arena, p.subdir, err);
	if (rc == 0)
		rc = set_text(&out->revision, arena, p.revision, err);
	if (rc == 0)
		rc = parse_kind(out, &p, err);
	if (rc && rc != REL_ENOMEM)
		rel_error_prefix(err, "%s", out->text);
	return rc;
}

static bool is_git(const struct rel_location *l)
{
	return l->kind == REL_LOCATION_GIT_LOCAL ||
	       l->kind == REL_LOCATION_GIT_REMOTE;
}

/* Is the remote where opam needs a clone of it? */
static bool needs_clone(const struct rel_location *l)
{
	return is_git(l) && *l->subdir;
}

/* A path of this disk in full, whatever the current directory is. */
static void add_full(struct rel_buf *out, const char *path)
{
	char *full = *path == '/' ? NULL : realpath(path, NULL);

	rel_buf_add_cstr(out, full ? full : path);
	free(full);
}

/* The URL for git; with "git+" in front, for opam.  opam has no form of its
 * own for user@host:path, and makes this of it. */
static void add_git_url(struct rel_buf *out, const struct rel_location *l)
{
	struct rel_git_url parts;
	struct rel_buf path;

	if (l->kind == REL_LOCATION_GIT_LOCAL) {
		rel_buf_init(&path, out->max);
		add_full(&path, l->url);
		rel_buf_add_cstr(out, "file://");
		for (size_t i = 0; i < path.len; i++) {
			if (path.ptr[i] == '%')
				rel_buf_add_cstr(out, "%25");
			else
				rel_buf_add_char(out, path.ptr[i]);
		}
		rel_buf_free(&path);
	} else if (rel_git_url_parse(&parts, l->url, NULL) == 0 && parts.scp) {
		rel_buf_add_cstr(out, "ssh://");
		if (parts.user.len > 0)
			rel_buf_printf(out, "%.*s@", REL_STR_ARG(parts.user));
		rel_buf_printf(out, "%.*s%s%.*s", REL_STR_ARG(parts.host),
			       rel_str_starts(parts.path, REL_STR("/")) ? ""
									: "/",
			       REL_STR_ARG(parts.path));
	} else {
		rel_git_redact_url(out, l->url);
	}
}

static const char *without_prefix(const char *branch)
{
	static const char prefix[] = "refs/heads/";

	return strncmp(branch, prefix, strlen(prefix)) == 0
		   ? branch + strlen(prefix)
		   : branch;
}

/* As one word of the shell. */
static void add_word(struct rel_buf *out, const struct rel_buf *word)
{
	rel_escape_word(out, rel_buf_str(word));
	if (word->status < 0 && out->status == 0)
		out->status = word->status;
}

static void add_clone(struct rel_buf *out, const struct rel_location *l,
		      const char *name, const char *revision)
{
	struct rel_buf word;

	rel_buf_init(&word, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_cstr(out, "git clone -q ");
	if (*revision) {
		rel_buf_add_cstr(out, "--branch ");
		rel_escape_word(out, rel_str_of(without_prefix(revision)));
		rel_buf_add_char(out, ' ');
	}
	add_git_url(&word, l);
	add_word(out, &word);
	rel_buf_printf(out, " %s; opam repository add --kind=local %s ", name,
		       name);
	rel_buf_clear(&word);
	rel_buf_printf(&word, "%s/%s", name, l->subdir);
	add_word(out, &word);
	rel_buf_free(&word);
}

static bool has_git(const struct rel_buf *dir)
{
	struct rel_buf path;
	bool found;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	rel_path_join(&path, rel_buf_str(dir), REL_STR(".git"));
	found = path.status == 0 && access(path.ptr, F_OK) == 0;
	rel_buf_free(&path);
	return found;
}

int rel_location_add_opam(struct rel_buf *out, const struct rel_location *l,
			  const char *name, const char *revision)
{
	struct rel_buf word;

	if (!revision)
		revision = l->revision;
	if (needs_clone(l)) {
		add_clone(out, l, name, revision);
		return out->status;
	}
	rel_buf_init(&word, REL_LIMIT_CONFIG_BYTES);
	rel_buf_add_cstr(out, "opam repository add ");
	if (is_git(l)) {
		rel_buf_add_cstr(&word, "git+");
		add_git_url(&word, l);
		if (*revision)
			rel_buf_printf(&word, "#%s", revision);
	} else if (l->kind == REL_LOCATION_HTTP) {
		rel_git_redact_url(&word, l->url);
	} else {
		add_full(&word, l->url);
		if (*l->subdir)
			rel_buf_printf(&word, "/%s", l->subdir);
		if (has_git(&word))
			rel_buf_add_cstr(out, "--kind=local ");
	}
	rel_buf_printf(out, "%s ", name);
	add_word(out, &word);
	rel_buf_free(&word);
	return out->status;
}

const char *rel_role_text(enum rel_role role)
{
	return role == REL_ROLE_DEVELOPMENT ? "development" : "upstream";
}

/* Is this a remote's name?  Then "NAME=" in front of a location is one. */
static bool is_name(struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		      c == '.'))
			return false;
	}
	return s.len > 0;
}

void rel_remote_split(struct rel_str *name, struct rel_str *location,
		      struct rel_str *role, struct rel_str text)
{
	size_t equals = rel_str_find(text, '=');
	size_t comma = rel_str_rfind(text, ',');
	struct rel_str tail = rel_str_sub(text, comma + 1, text.len);

	*name = (struct rel_str){NULL, 0};
	*role = (struct rel_str){NULL, 0};
	if (rel_str_is(tail, "development") || rel_str_is(tail, "upstream")) {
		*role = tail;
		text.len = comma;
	}
	if (equals < text.len && is_name(rel_str_sub(text, 0, equals))) {
		*name = rel_str_sub(text, 0, equals);
		cut_prefix(&text, equals + 1);
	}
	*location = text;
}
