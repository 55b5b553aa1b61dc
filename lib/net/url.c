#include <strings.h>

#include "net/net_private.h"

/* "host", "host:443", "[::1]:443": nothing that could be half a password. */
static bool plausible(struct rel_str authority)
{
	size_t colon = rel_str_rfind(authority, ':');
	struct rel_str host = rel_str_sub(authority, 0, colon);
	struct rel_str port = rel_str_sub(authority, colon + 1, authority.len);

	if (authority.len > 0 && authority.ptr[0] == '[')
		return true;
	for (size_t i = 0; i < port.len; i++) {
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return false;
	}
	return rel_str_find(host, ':') == host.len;
}

static size_t find_any(struct rel_str s, const char *set)
{
	size_t i = 0;

	while (i < s.len && (s.ptr[i] == '\0' || !strchr(set, s.ptr[i])))
		i++;
	return i;
}

static void add_shown(struct rel_buf *out, struct rel_str s)
{
	for (size_t i = 0; i < s.len; i++) {
		bool control =
		    (unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f;

		rel_buf_add_char(out, control ? '?' : s.ptr[i]);
	}
}

int rel_url_redact(struct rel_buf *out, struct rel_str url)
{
	size_t colon = rel_str_find(url, ':'), end, at;
	struct rel_str rest = url;

	if (rel_str_starts(rel_str_sub(url, colon, url.len), REL_STR("://")) &&
	    find_any(url, "/?#@") > colon) {
		add_shown(out, rel_str_sub(url, 0, colon + 3));
		rest = rel_str_sub(url, colon + 3, url.len);
	}
	end = find_any(rest, "/?#\\");
	at = rel_str_rfind(rel_str_sub(rest, 0, end), '@');
	if (at < end)
		rest = rel_str_sub(rest, at + 1, rest.len);
	end = find_any(rest, "/?#\\");
	if (!plausible(rel_str_sub(rest, 0, end)))
		return rel_buf_add_cstr(out, "…");
	end = find_any(rest, "?#");
	add_shown(out, rel_str_sub(rest, 0, end));
	if (end < rest.len && rest.ptr[end] == '?')
		rel_buf_add_cstr(out, "?…");
	return out->status;
}

static int fail_part(CURLUcode rc, struct rel_error *err)
{
	if (rc == CURLUE_OUT_OF_MEMORY)
		return rel_fail_nomem(err);
	return rel_fail(err, REL_EUSAGE, "not a usable URL: %s",
			curl_url_strerror(rc));
}

/* Strings of curl's allocator become our own. */
static int get_part(char **out, CURLU *handle, CURLUPart part, unsigned flags,
		    struct rel_error *err)
{
	char *text = NULL;
	CURLUcode rc = curl_url_get(handle, part, &text, flags);

	if (rc != CURLUE_OK)
		return fail_part(rc, err);
	*out = strdup(text);
	curl_free(text);
	return *out ? 0 : rel_fail_nomem(err);
}

/* Take user and password out of `handle`. */
static int get_userinfo(struct rel_url *out, CURLU *handle,
			struct rel_error *err)
{
	char *probe = NULL;
	int rc = 0;

	if (curl_url_get(handle, CURLUPART_USER, &probe, 0) == CURLUE_OK)
		rc = get_part(&out->user, handle, CURLUPART_USER,
			      CURLU_URLDECODE, err);
	curl_free(probe);
	probe = NULL;
	if (rc == 0 &&
	    curl_url_get(handle, CURLUPART_PASSWORD, &probe, 0) == CURLUE_OK)
		rc = get_part(&out->password, handle, CURLUPART_PASSWORD,
			      CURLU_URLDECODE, err);
	curl_free(probe);
	if (rc == 0 &&
	    (curl_url_set(handle, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
	     curl_url_set(handle, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
	     curl_url_set(handle, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK))
		rc = rel_fail_nomem(err);
	return rc;
}

static int take_apart(struct rel_url *out, CURLU *handle, const char *text,
		      struct rel_error *err)
{
	CURLUcode set =
	    curl_url_set(handle, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME);
	int rc;

	if (set != CURLUE_OK)
		return fail_part(set, err);
	rc = get_part(&out->scheme, handle, CURLUPART_SCHEME, 0, err);
	if (rc)
		return rc;
	if (strcasecmp(out->scheme, "http") != 0 &&
	    strcasecmp(out->scheme, "https") != 0)
		return rel_fail(err, REL_EUSAGE, "neither http nor https");
	rc = get_part(&out->host, handle, CURLUPART_HOST, 0, err);
	if (rc == 0)
		rc = get_part(&out->port, handle, CURLUPART_PORT,
			      CURLU_DEFAULT_PORT, err);
	if (rc == 0)
		rc = get_userinfo(out, handle, err);
	if (rc == 0)
		rc = get_part(&out->text, handle, CURLUPART_URL, 0, err);
	return rc;
}

int rel_url_parse(struct rel_url *out, const char *text, struct rel_error *err)
{
	CURLU *handle;
	struct rel_buf shown;
	int rc = rel_curl_load(err);

	*out = (struct rel_url){0};
	if (rc)
		return rc;
	handle = curl_url();
	if (!handle)
		return rel_fail_nomem(err);
	rc = take_apart(out, handle, text, err);
	curl_url_cleanup(handle);
	if (rc == 0)
		return 0;
	rel_url_free(out);
	rel_buf_init(&shown, REL_ERROR_TEXT_MAX);
	rel_url_redact(&shown, rel_str_of(text));
	if (shown.len > 0)
		rel_error_prefix(err, "%s", shown.ptr);
	rel_buf_free(&shown);
	return rc;
}

void rel_url_free(struct rel_url *url)
{
	free(url->text);
	free(url->scheme);
	free(url->host);
	free(url->port);
	free(url->user);
	free(url->password);
	*url = (struct rel_url){0};
}

bool rel_url_same_site(const struct rel_url *first, const struct rel_url *next)
{
	bool same_scheme = strcasecmp(first->scheme, next->scheme) == 0;

	if (strcasecmp(first->host, next->host) != 0)
		return false;
	if (same_scheme)
		return strcmp(first->port, next->port) == 0;
	return strcasecmp(next->scheme, "https") == 0 &&
	       strcmp(first->port, "80") == 0 && strcmp(next->port, "443") == 0;
}
