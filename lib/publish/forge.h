/*
 * Talking to a forge: what its kinds share.  Internal to lib/publish.
 *
 * Every answer is JSON of at most REL_LIMIT_FORGE_ANSWER bytes.  The token is
 * sent to the API's site only, and to GitHub's for uploads, which must be of
 * the same owner.
 */
#ifndef REL_PUBLISH_FORGE_H
#define REL_PUBLISH_FORGE_H

#include "net/http.h"
#include "publish/forge_answer.h"
#include "publish/forge_token.h"

/* What a put made, for the journal and withdraw. */
enum rel_forge_made {
	REL_FORGE_ASSET = 1,
	REL_FORGE_RELEASE = 2,
	REL_FORGE_PUBLIC = 4, /* a draft that was there is none any more */
	REL_FORGE_LINK = 4,   /* GitLab, which has no drafts: to the file */
};

struct rel_forge {
	const struct rel_forge_kind *kind;
	struct rel_forge_place place;
	const char *base; /* of the repository in the API */
	struct rel_http *http;
	struct rel_forge_token token;
	struct rel_forge_file file;
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
	struct rel_arena arena;
};

struct rel_forge_options {
	const char *repository, *api; /* as rel_forge_locate() */
	const char *const *from;
	size_t n_from;
	struct rel_forge_file file; /* borrowed as long as the forge is open */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/* Find out where it is.  Asks nobody, and needs no token yet.
 * Owner   rel_forge_close(), also after a failure */
REL_MUST_CHECK int rel_forge_open(struct rel_forge *forge,
				  const struct rel_forge_kind *kind,
				  const struct rel_forge_options *options,
				  struct rel_error *err);
/* The same for publishing. */
REL_MUST_CHECK int rel_forge_open_for(struct rel_forge *forge,
				      const struct rel_forge_kind *kind,
				      const struct rel_publish_options *options,
				      struct rel_error *err);
void rel_forge_close(struct rel_forge *forge);

/* Find the token, and a connection; the first request does it where nobody
 * did before. */
REL_MUST_CHECK int rel_forge_ready(struct rel_forge *forge,
				   struct rel_error *err);

/* A request to the API. */
struct rel_forge_call {
	enum rel_http_method method;
	const char *doing;   /* "create the release", for errors */
	const char *url;     /* in full */
	struct rel_str body; /* JSON; ptr NULL = none */
	const struct rel_http_payload *file; /* instead of it, or NULL */
	bool idempotent;
};

/*
 * Ask, and parse the answer.
 * out     NULL = it is not looked at; a document of the caller's
 * Errors  as rel_http_send(), with the forge's own words; REL_EAUTH where no
 *         token is found; REL_EPARSE an answer that is no JSON
 */
REL_MUST_CHECK int rel_forge_call(struct rel_json_value **out,
				  struct rel_forge *forge,
				  const struct rel_forge_call *call,
				  struct rel_error *err);

/* printf a URL below forge->base; NULL when out of memory. */
const char *rel_forge_url(struct rel_forge *forge, const char *fmt, ...)
    REL_PRINTF(2, 3);
/* `text` percent-encoded as one segment of a path or a value of a query. */
const char *rel_forge_encode(struct rel_forge *forge, const char *text);

/* GET; the rest as rel_forge_call(). */
REL_MUST_CHECK int rel_forge_get(struct rel_json_value **out,
				 struct rel_forge *forge, const char *doing,
				 const char *url, struct rel_error *err);
/* DELETE; what is not there any more is no error. */
REL_MUST_CHECK int rel_forge_delete(struct rel_forge *forge, const char *doing,
				    const char *url, struct rel_error *err);

/* One member of a JSON object that is sent. */
struct rel_forge_member {
	const char *key;
	const char *text; /* or NULL: `value` */
	bool value;
};
/* The object; lives in the forge's arena. */
REL_MUST_CHECK int rel_forge_object(struct rel_str *out,
				    struct rel_forge *forge,
				    const struct rel_forge_member *members,
				    size_t n, struct rel_error *err);

/*
 * Go through the pages of a list.
 * url   without a query, or with one that ends in "&"
 * size  members of a page; the query that asks for so many is `pages`, with
 *       the page's number behind it
 * each  1 = that is it, stop; 0 = go on; or a negative code
 * Returns 1 found, 0 not; REL_ELIMIT more than REL_LIMIT_FORGE_PAGES; …
 */
typedef int rel_forge_each(void *context, const struct rel_json_value *item,
			   struct rel_error *err);
REL_MUST_CHECK int rel_forge_search(struct rel_forge *forge, const char *doing,
				    const char *url, const char *pages,
				    size_t size, rel_forge_each *each,
				    void *context, struct rel_error *err);

/* What a put finds of the archive. */
enum rel_forge_match {
	REL_FORGE_SAME,
	REL_FORGE_OTHER,
	REL_FORGE_UNKNOWN, /* the size is right, the forge tells no checksum */
};
enum rel_forge_match rel_forge_compare(
    const struct rel_forge_asset *asset,
    const struct rel_publish_archive *archive);

/* REL_EEXISTS: other bytes stand there, which may not be replaced. */
int rel_forge_fail_other(const struct rel_forge *forge,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err);

/* REL_ENOTFOUND: an archive without its release. */
int rel_forge_fail_unknown(const struct rel_forge *forge,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err);

/* Append a name as GitHub and GitLab take it for a file: with "_" for the "~"
 * that a version may hold, which GitHub would replace and GitLab refuses. */
void rel_forge_add_name(struct rel_buf *out, const char *name);

/*
 * Append "https://HOST/OWNER/NAME" + file + TAG + "/" + path, or with `tree`
 * instead of `file` when there is no path.
 */
REL_MUST_CHECK int rel_forge_page(struct rel_buf *out,
				  const struct rel_forge *forge,
				  const char *file, const char *tree,
				  const char *tag, const char *path,
				  struct rel_error *err);

/* "a 1.0"; NULL when out of memory. */
const char *rel_forge_title(struct rel_forge *forge,
			    const struct rel_publish_archive *archive);

#endif
