#include "git/remote.h"

#include <strings.h>

#include "base/limits.h"
#include "git/git_private.h"

static int fail_url(struct rel_error *err, const char *location,
		    const char *why)
{
	struct rel_buf shown;

	rel_buf_init(&shown, REL_LIMIT_CHILD_TEXT);
	rel_git_redact_url(&shown, location);
	rel_fail(err, REL_EUSAGE, "git location '%.*s': %s",
		 REL_STR_ARG(rel_buf_str(&shown)), why);
	rel_buf_free(&shown);
	return REL_EUSAGE;
}

static bool has_control(struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static int hex_value(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)((at - digits) % 16) : -1;
}

int rel_git_url_decode(struct rel_buf *out, struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		int high = -1, low = -1;

		if (s.ptr[i] == '%' && i + 2 < s.len) {
			high = hex_value(s.ptr[i + 1]);
			low = hex_value(s.ptr[i + 2]);
		}
		if (low < 0 || high < 0) {
			rel_buf_add_char(out, s.ptr[i]);
			continue;
		}
		rel_buf_add_char(out, (char)(high << 4 | low));
		i += 2;
	}
	return out->status;
}

/* What ssh or git would take for an option or a line of its own; looked for
 * before and behind percent-decoding. */
static bool is_dangerous(struct rel_str s)
{
	struct rel_buf plain;
	bool bad;

	rel_buf_init(&plain, REL_LIMIT_CONFIG_BYTES);
	bad = rel_git_url_decode(&plain, s) < 0;
	bad = bad || (plain.len > 0 && plain.ptr[0] == '-') ||
	      has_control(rel_buf_str(&plain));
	rel_buf_free(&plain);
	return bad;
}

/* "host", "host:port", "[::1]", "[::1]:port" */
static const char *parse_host(struct rel_git_url *out, struct rel_str s)
{
	unsigned long port;
	size_t end;

	if (s.len > 0 && s.ptr[0] == '[') {
		end = rel_str_find(s, ']');
		if (end == s.len)
			return "a ']' is missing";
		out->host = rel_str_sub(s, 1, end);
		s = rel_str_sub(s, end + 1, s.len);
		if (s.len > 0 && s.ptr[0] != ':')
			return "something follows ']'";
	} else {
		end = rel_str_find(s, ':');
		out->host = rel_str_sub(s, 0, end);
		s = rel_str_sub(s, end, s.len);
	}
	if (s.len > 1) {
		out->port = rel_str_sub(s, 1, s.len);
		if (!rel_str_to_uint(out->port, 65535, &port) || port == 0)
			return "the port is no number from 1 to 65535";
	}
	return out->host.len > 0 ? NULL : "it has no host";
}

static void parse_user(struct rel_git_url *out, struct rel_str s)
{
	size_t colon = rel_str_find(s, ':');

	out->user = rel_str_sub(s, 0, colon);
	if (colon < s.len)
		out->password = rel_str_sub(s, colon + 1, s.len);
}

static const char *parse_authority(struct rel_git_url *out, struct rel_str rest)
{
	size_t slash = rel_str_find(rest, '/');
	struct rel_str authority = rel_str_sub(rest, 0, slash);
	size_t at = rel_str_rfind(authority, '@');

	out->path = rel_str_sub(rest, slash, rest.len);
	if (at < authority.len) {
		parse_user(out, rel_str_sub(authority, 0, at));
		authority = rel_str_sub(authority, at + 1, authority.len);
	}
	return parse_host(out, authority);
}

static const char *parse_file(struct rel_git_url *out, struct rel_str rest)
{
	size_t slash = rel_str_find(rest, '/');
	struct rel_str host = rel_str_sub(rest, 0, slash);

	out->transport = REL_GIT_LOCAL;
	out->path = rel_str_sub(rest, slash, rest.len);
	if (host.len > 0 && !rel_str_is(host, "localhost"))
		return "file:// takes no host; write file:///path";
	return out->path.len > 0 ? NULL : "it has no path";
}

static const char *parse_scheme(struct rel_git_url *out, struct rel_str scheme,
				struct rel_str rest)
{
	static const struct {
		const char *name;
		enum rel_git_transport transport;
		bool tls;
	} schemes[] = {
	    {"git", REL_GIT_GIT, false},
	    {"http", REL_GIT_HTTP, false},
	    {"https", REL_GIT_HTTP, true},
	    {"ssh", REL_GIT_SSH, false},
	};

	if (scheme.len == 4 && strncasecmp(scheme.ptr, "file", 4) == 0)
		return parse_file(out, rest);
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (strlen(schemes[i].name) != scheme.len ||
		    strncasecmp(schemes[i].name, scheme.ptr, scheme.len) != 0)
			continue;
		out->transport = schemes[i].transport;
		out->tls = schemes[i].tls;
		return parse_authority(out, rest);
	}
	return "unknown scheme; known are git, http, https, ssh and file";
}

/* [user@]host:path.  "name::rest" would have git run git-remote-name. */
static const char *parse_scp(struct rel_git_url *out, struct rel_str text)
{
	size_t at = rel_str_find(text, '@');
	size_t colon = rel_str_find(text, ':');
	const char *why;

	out->transport = REL_GIT_SSH;
	out->scp = true;
	if (at < colon) {
		out->user = rel_str_sub(text, 0, at);
		text = rel_str_sub(text, at + 1, text.len);
	}
	if (text.len > 0 && text.ptr[0] == '[') {
		colon = rel_str_find(text, ']');
		colon += colon < text.len;
	} else {
		colon = rel_str_find(text, ':');
	}
	if (colon >= text.len || text.ptr[colon] != ':')
		return "a ':' is missing between host and path";
	out->path = rel_str_sub(text, colon + 1, text.len);
	why = parse_host(out, rel_str_sub(text, 0, colon));
	if (why != NULL)
		return why;
	if (out->path.len == 0)
		return "it has no path";
	return out->path.ptr[0] == ':' ? "git's remote helpers are not used"
				       : NULL;
}

int rel_git_url_parse(struct rel_git_url *out, const char *location,
		      struct rel_error *err)
{
	struct rel_str text = rel_str_of(location);
	const char *why, *scheme_end;

	memset(out, 0, sizeof(*out));
	if (rel_str_starts(text, REL_STR("git+")))
		text = rel_str_sub(text, 4, text.len);
	scheme_end = strstr(text.ptr, "://");
	if (text.len == 0) {
		why = "it is empty";
	} else if (scheme_end != NULL &&
		   rel_str_find(text, '/') > (size_t)(scheme_end - text.ptr)) {
		why = parse_scheme(
		    out, rel_str_n(text.ptr, (size_t)(scheme_end - text.ptr)),
		    rel_str_of(scheme_end + 3));
	} else if (text.ptr[0] == '[' ||
		   rel_str_find(text, ':') < rel_str_find(text, '/')) {
		why = parse_scp(out, text);
	} else {
		out->path = text;
		why = NULL;
	}
	if (why == NULL && (is_dangerous(out->host) ||
			    is_dangerous(out->user) || is_dangerous(out->path)))
		why = "host, user and path may not begin with '-' or hold "
		      "control characters";
	return why ? fail_url(err, location, why) : 0;
}

/*
 * The user part's end in `rest` (what follows "://"), 0 when there is none.
 * A password with an unescaped slash is no URL, but must not be shown either.
 */
static size_t user_end(struct rel_str rest)
{
	struct rel_str authority =
	    rel_str_sub(rest, 0, rel_str_find(rest, '/'));
	size_t end = rel_str_rfind(authority, '@');
	struct rel_str port;

	if (end < authority.len)
		return end + 1;
	port = rel_str_sub(authority, rel_str_find(authority, ':') + 1,
			   authority.len);
	end = rel_str_rfind(rest, '@');
	if (authority.len > 0 && authority.ptr[0] != '[' && port.len > 0 &&
	    strspn(port.ptr, "0123456789") < port.len && end < rest.len)
		return end + 1;
	return 0;
}

int rel_git_redact_url(struct rel_buf *out, const char *location)
{
	const char *sep = strstr(location, "://");
	struct rel_str rest, user;
	size_t end, query;

	if (sep == NULL)
		return rel_buf_add_cstr(out, location);
	rel_buf_add(out, location, (size_t)(sep + 3 - location));
	rest = rel_str_of(sep + 3);
	end = user_end(rest);
	if (end > 0 && sep - location >= 3 && memcmp(sep - 3, "ssh", 3) == 0) {
		user = rel_str_sub(rest, 0, end - 1);
		rel_buf_add_str(out,
				rel_str_sub(user, 0, rel_str_find(user, ':')));
		rel_buf_add_char(out, '@');
	}
	rest = rel_str_sub(rest, end, rest.len);
	query = rel_str_find(rest, '?');
	rel_buf_add_str(out, rel_str_sub(rest, 0, query));
	rest = rel_str_sub(rest, query, rest.len);
	return rel_buf_add_str(
	    out, rel_str_sub(rest, rel_str_find(rest, '#'), rest.len));
}

static const char *scheme_of(const struct rel_git_url *url)
{
	switch (url->transport) {
	case REL_GIT_GIT:
		return "git";
	case REL_GIT_HTTP:
		return url->tls ? "https" : "http";
	case REL_GIT_SSH:
		return "ssh";
	case REL_GIT_LOCAL:
		break;
	}
	return "file";
}

static void add_host(struct rel_buf *out, const struct rel_git_url *url)
{
	bool v6 = rel_str_find(url->host, ':') < url->host.len;

	rel_buf_printf(out, "%s%.*s%s", v6 ? "[" : "", REL_STR_ARG(url->host),
		       v6 ? "]" : "");
	if (url->port.len > 0)
		rel_buf_printf(out, ":%.*s", REL_STR_ARG(url->port));
}

int rel_git_url_origin(struct rel_buf *out, const struct rel_git_url *url)
{
	rel_buf_printf(out, "%s://", scheme_of(url));
	add_host(out, url);
	return out->status;
}

int rel_git_url_clean(struct rel_buf *out, const struct rel_git_url *url)
{
	if (!url->scp)
		rel_buf_printf(out, "%s://", scheme_of(url));
	if (url->transport == REL_GIT_SSH && url->user.len > 0)
		rel_buf_printf(out, "%.*s@", REL_STR_ARG(url->user));
	if (url->scp && url->port.len > 0)
		rel_buf_add_char(out, '[');
	add_host(out, url);
	if (url->scp)
		rel_buf_add_cstr(out, url->port.len > 0 ? "]:" : ":");
	return rel_buf_add_str(out, url->path);
}
