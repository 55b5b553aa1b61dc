/*
 * What the files of lib/publish share: the kinds of places, and what several
 * kinds are made of.
 */
#ifndef REL_PUBLISH_PUBLISH_PRIVATE_H
#define REL_PUBLISH_PUBLISH_PRIVATE_H

#include "base/arena.h"
#include "digest/digest.h"
#include "net/http.h"
#include "publish/publish.h"
#include "json/json.h"

/* One kind, one file; the functions are those of publish.h, `self` is the
 * object that open made. */
struct rel_publish_kind {
	const char *name; /* of `kind:` */
	bool needs_tag;	  /* rel_publisher_needs_tag() */
	size_t notes;	  /* rel_publisher_notes_limit() */
	int (*open)(void **self, const struct rel_publish_options *options,
		    struct rel_error *err);
	/* NULL: it needs nothing */
	int (*ready)(void *self, struct rel_error *err);
	int (*source)(struct rel_buf *out, const void *self,
		      const struct rel_publish_archive *archive,
		      struct rel_error *err);
	/* NULL: it is none, and it does not */
	const char *(*mirror)(const void *self);
	bool (*moves_remote)(const void *self);
	/* NULL: it has none */
	int (*page)(struct rel_buf *out, const void *self, const char *tag,
		    const char *path, struct rel_error *err);
	int (*missing)(unsigned *missing, void *self,
		       const struct rel_publish_archive *archive,
		       struct rel_error *err);
	/* rel_publisher_check() */
	int (*check)(void *self, const struct rel_publish_archive *archive,
		     struct rel_error *err);
	int (*put)(struct rel_publish_receipt *out, void *self,
		   const struct rel_publish_archive *archive, unsigned ours,
		   struct rel_error *err);
	int (*held)(uint64_t *size, void *self,
		    const struct rel_publish_archive *archive,
		    struct rel_error *err);
	int (*withdraw)(void *self, const struct rel_publish_archive *archive,
			unsigned made, struct rel_error *err);
	void (*release)(void *self);
};

extern const struct rel_publish_kind rel_publish_mirror, rel_publish_put,
    rel_publish_s3, rel_publish_github, rel_publish_gitlab, rel_publish_forgejo;

/* A stream of bytes that is compared with an archive's digests. */
struct rel_publish_proof {
	const struct rel_publish_archive *archive;
	struct rel_tally tally;
	struct rel_sink sink; /* to the tally: do not move the proof */
};

/* Release with rel_hasher_free(&proof->tally.hasher). */
REL_MUST_CHECK int rel_publish_proof_init(
    struct rel_publish_proof *proof, const struct rel_publish_archive *archive,
    struct rel_error *err);
/*
 * All bytes have been given.
 * what   names them in the error
 * sized  compare archive->size too
 * Errors REL_ECHECKSUM
 */
REL_MUST_CHECK int rel_publish_proof_end(struct rel_publish_proof *proof,
					 const char *what, bool sized,
					 struct rel_error *err);

/* REL_EEXISTS: `path` of the place is there with other bytes. */
int rel_publish_fail_other(const char *place, const char *path,
			   struct rel_error *err);

/* rel_publish_proof_init() for what comes over HTTP; `proof` is initialised, or
 * zero but for its archive. */
struct rel_http_sink rel_publish_proof_http(struct rel_publish_proof *proof);

/* Where a mirror has an archive; see publish.h. */

/* The paths of an archive's digests, and behind them that of its name. */
struct rel_publish_paths {
	char *items[REL_DIGEST_ALGOS + 1];
	size_t count;
	unsigned digests; /* the bits of the digests */
};

/* Errors  REL_EUSAGE two digests of a kind; REL_ENOMEM.  Free it in any case.
 */
REL_MUST_CHECK int rel_publish_paths_make(
    struct rel_publish_paths *out, const struct rel_publish_archive *archive,
    struct rel_error *err);
void rel_publish_paths_free(struct rel_publish_paths *paths);

/* Append the address of the archive by name, below that of the mirror. */
REL_MUST_CHECK int rel_publish_source(struct rel_buf *out, const char *base,
				      const struct rel_publish_archive *archive,
				      struct rel_error *err);

/*
 * secret.c: passwords and tokens for the places archives go to.  They come from
 * outside relctl.yml and stay in memory; no text ever holds one, only where it
 * came from.
 */

/* What is needed, and where it may be.  Zero-initialise. */
struct rel_secret_wish {
	const char *url; /* the place, http:// or https:// */
	/* Names of environment variables: each with a token, in this order;
	 * NULL = none. */
	const char *const *tokens;
	size_t n_tokens;
	/* Two with a name and a password, both or neither, tried first, */
	const char *user, *password;
	const char *session; /* and one with what goes with them; or NULL */
	/* A file of relctl.yml, NULL = none; a relative path starts at
	 * base_dir (NULL = here). */
	const char *file, *base_dir;
	/* It is not sent but signed with: plain http will do.  .netrc and git's
	 * helpers are not asked: what they have for a host is sent to it by
	 * whoever reads from there. */
	bool signs;
};

struct rel_secret {
	struct rel_buf user;	 /* empty: `password` is a token */
	struct rel_buf password; /* or token */
	struct rel_buf session;	 /* often empty */
	struct rel_buf source;	 /* for messages: "$AWS_ACCESS_KEY_ID" */
};

void rel_secret_init(struct rel_secret *secret);
/* Overwrites what is secret before it is freed. */
void rel_secret_free(struct rel_secret *secret);

/*
 * Look in this order: the environment; the file, which must be a regular one
 * of the user's own that nobody else may read (mode 0600), of one line,
 * "user:password", "user:password:session" or "token"; .netrc; git's
 * credential helpers.  An empty variable counts as unset, and a line
 * break at a secret's end is not part of it.
 * Returns 1 found; 0 there is none anywhere; or
 *         REL_EAUTH the file may be read by others, or makes no sense; the
 *         secret would be sent over plain http to another machine; only one
 *         of two variables is set; a control character in a secret
 *         REL_EUSAGE the place is not a URL
 *         REL_ENOTFOUND no such file; REL_EIO; REL_ELIMIT; REL_ENOMEM
 */
REL_MUST_CHECK int rel_secret_find(struct rel_secret *out,
				   const struct rel_secret_wish *wish,
				   struct rel_error *err);

/*
 * web.c: what the kinds have in common whose places are written over HTTP, file
 * by file: put and s3.  They lay the files out as a mirror does; see publish.h.
 *
 * Nothing that is there is ever overwritten.  A file that exists is read back:
 * the same bytes count as published, others are refused, unless this very cut
 * began the file and broke off.
 */

struct rel_publish_web;

/* What one kind does to one file; `path` is relative to the place. */
struct rel_publish_web_ops {
	/* Store the archive where nothing is.  REL_EEXISTS: something is. */
	int (*write)(struct rel_publish_web *web, const char *path,
		     const struct rel_publish_archive *archive,
		     struct rel_error *err);
	/* The same from a file that is there.  REL_EUSAGE: cannot. */
	int (*copy)(struct rel_publish_web *web, const char *path,
		    const char *from, const struct rel_publish_archive *archive,
		    struct rel_error *err);
	/* How to log in, for every request. */
	void (*sign)(struct rel_publish_web *web,
		     struct rel_http_message *message);
	const char *no_secret; /* for messages: where it is looked for */
};

struct rel_publish_web {
	const struct rel_publish_web_ops *ops;
	struct rel_arena arena;
	struct rel_http *http;
	struct rel_secret secret;
	bool has_secret;
	const char *place; /* where files are written, */
	const char *base;  /* and where everybody reads them: no slash at */
	const char *named; /* their ends.  <base>/cache */
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/* Make it fit for rel_publish_web_free(), with an arena. */
void rel_publish_web_begin(struct rel_publish_web *web);

/*
 * Fill in all but ops.
 * place  where to write; a slash at its end is cut off
 * base   NULL = place
 */
REL_MUST_CHECK int rel_publish_web_init(
    struct rel_publish_web *web, const char *place, const char *base,
    const struct rel_publish_options *options,
    const struct rel_secret_wish *wish, struct rel_error *err);
void rel_publish_web_free(struct rel_publish_web *web);

/* Append "<base>/<path>", the path percent-encoded. */
int rel_publish_web_url(struct rel_buf *out, const char *base,
			const char *path);

/*
 * rel_http_send() to `url` with the place's credentials.  REL_EAUTH says where
 * they are from; REL_EEXISTS is 412 alone, 409 is REL_EIO.
 * reply, sink  may be NULL
 */
REL_MUST_CHECK int rel_publish_web_send(struct rel_publish_web *web,
					struct rel_http_answer *answer,
					struct rel_buf *reply, const char *url,
					struct rel_http_message *message,
					uint64_t max_bytes, const char *what,
					struct rel_error *err);

/* The functions of a kind; `self` is, or begins with, the web. */
int rel_publish_web_source(struct rel_buf *out, const void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err);
const char *rel_publish_web_mirror(const void *self);
int rel_publish_web_missing(unsigned *missing, void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err);
int rel_publish_web_check(void *self, const struct rel_publish_archive *archive,
			  struct rel_error *err);
int rel_publish_web_put(struct rel_publish_receipt *out, void *self,
			const struct rel_publish_archive *archive,
			unsigned ours, struct rel_error *err);
int rel_publish_web_held(uint64_t *size, void *self,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err);
int rel_publish_web_withdraw(void *self,
			     const struct rel_publish_archive *archive,
			     unsigned made, struct rel_error *err);

/*
 * xml.c: the XML that S3 servers answer with, read strictly and no further than
 * they use it: elements with text, comments, the XML declaration, the five
 * predefined entities and character references, UTF-8.  Attributes are skipped.
 * A document type is refused, and so are entities that it would declare.
 */

#define REL_XML_DEPTH_MAX 16
#define REL_XML_VALUE_MAX 8192 /* bytes of one element's text */

struct rel_xml_reader {
	/* An element ends.  name: without a prefix; parent: of the one around
	 * it, "" for the outermost; value: its own text, trimmed and decoded.
	 * A non-zero result ends the reading. */
	int (*end)(void *context, struct rel_str name, struct rel_str parent,
		   struct rel_str value, struct rel_error *err);
	void *context;
};

/* Errors  REL_EPARSE; REL_ELIMIT; what `end` returned. */
REL_MUST_CHECK int rel_xml_read(const struct rel_xml_reader *reader,
				struct rel_str text, struct rel_error *err);

/* forge_place.c: where the API of a forge is, and which token it takes. */

/* What is known of a kind of forges. */
struct rel_forge_kind {
	const char *name;	/* "gitlab", of `kind:` */
	const char *title;	/* "GitLab" */
	const char *home;	/* "https://gitlab.com" */
	const char *home_api;	/* "https://gitlab.com/api/v4" */
	const char *api_suffix; /* "/api/v4", behind another one's address */
	bool groups;		/* a repository may be in groups of groups */
};

extern const struct rel_forge_kind rel_forge_github, rel_forge_gitlab,
    rel_forge_forgejo;

/* A repository on a forge; no address ends with a slash. */
struct rel_forge_place {
	const char *web;	/* "https://gitlab.com" */
	const char *api;	/* "https://gitlab.com/api/v4" */
	const char *repository; /* "owner/name" */
};

/*
 * Find the place.
 * repository  as in struct rel_conf_publish, or NULL: the first of `from`
 *             that is on such a forge
 * api         address of the API, or NULL: that of the repository's host
 * from        locations of git repositories, members may be NULL
 * Errors      REL_EUSAGE it is not known, the text says what to write
 * Owner       texts live in `arena`
 */
REL_MUST_CHECK int rel_forge_locate(struct rel_forge_place *out,
				    const struct rel_forge_kind *kind,
				    const char *repository, const char *api,
				    const char *const from[], size_t n_from,
				    struct rel_arena *arena,
				    struct rel_error *err);

/* A token on its way into a header field. */
struct rel_forge_token {
	const char *header;   /* static; NULL = none yet */
	struct rel_buf value; /* "Bearer …" */
	char source[100];     /* "$GITHUB_TOKEN", for messages */
};

/* A file that may hold it, as in struct rel_secret_wish; zero = none. */
struct rel_forge_file {
	const char *path, *base_dir;
};

/*
 * Find the token: rel_secret_find() with the variables that the kind's own
 * tools read, each for the hosts that it is for only: the forge's own home, and
 * the server that the CI system (GITHUB_SERVER_URL, CI_SERVER_URL, …) or the
 * user (GH_HOST, GITLAB_HOST) names.  RELCTL_TOKEN is for the host in
 * RELCTL_TOKEN_HOST.
 * out     zeroed, with `value` ready to append to
 * Errors  REL_EAUTH there is none, the text says where it may be; those of
 *         rel_secret_find()
 * Owner   rel_forge_token_free(), also after a failure
 */
REL_MUST_CHECK int rel_forge_token_find(struct rel_forge_token *out,
					const struct rel_forge_place *place,
					const struct rel_forge_kind *kind,
					const struct rel_forge_file *file,
					struct rel_error *err);
/* Overwrites it first. */
void rel_forge_token_free(struct rel_forge_token *token);

/* Add to an error what to do about the status; `limited`: the forge says that
 * it was asked too often. */
void rel_forge_token_remedy(struct rel_error *err,
			    const struct rel_forge_token *token, int status,
			    bool limited);

/*
 * forge.c: what forges answer, read strictly: a member that is missing or of
 * another type where it is needed is REL_EPARSE.
 * Source  api.github.com's and Forgejo's OpenAPI descriptions; GitLab's
 *         documentation of releases, packages and merge requests
 */

/* Texts live in the arena that was given. */
struct rel_forge_release {
	uint64_t id; /* GitLab's have none */
	const char *tag;
	const char *name; /* "" = none */
	bool draft;
	const char *upload; /* GitHub: where assets go; else "" */
	const char *commit; /* GitLab: of the tag; else "" */
};

struct rel_forge_asset {
	uint64_t id;
	const char *name;
	uint64_t size;	 /* bytes */
	bool whole;	 /* false: an upload that broke off */
	bool has_digest; /* sha256 */
	struct rel_digest digest;
};

/* A pull or merge request. */
struct rel_forge_change {
	const char *page;   /* for people */
	const char *branch; /* that it brings; "" = not said */
	const char *base;   /* that it is for; "" = not said */
};

/* GitHub's and Forgejo's release. */
REL_MUST_CHECK int rel_forge_read_release(struct rel_forge_release *out,
					  const struct rel_json_value *answer,
					  struct rel_arena *arena,
					  struct rel_error *err);
REL_MUST_CHECK int rel_forge_read_gitlab_release(
    struct rel_forge_release *out, const struct rel_json_value *answer,
    struct rel_arena *arena, struct rel_error *err);
/* An asset of GitHub's or Forgejo's. */
REL_MUST_CHECK int rel_forge_read_asset(struct rel_forge_asset *out,
					const struct rel_json_value *answer,
					struct rel_arena *arena,
					struct rel_error *err);
/* A file of GitLab's package registry. */
REL_MUST_CHECK int rel_forge_read_file(struct rel_forge_asset *out,
				       const struct rel_json_value *answer,
				       struct rel_arena *arena,
				       struct rel_error *err);
/* Of any of the three. */
REL_MUST_CHECK int rel_forge_read_change(struct rel_forge_change *out,
					 const struct rel_json_value *answer,
					 struct rel_arena *arena,
					 struct rel_error *err);
/* The member `id` of an object. */
REL_MUST_CHECK int rel_forge_read_id(uint64_t *out,
				     const struct rel_json_value *answer,
				     struct rel_error *err);

/*
 * forge.c: calls to a forge.  Every answer is JSON of at most
 * REL_LIMIT_FORGE_ANSWER bytes.  The token is sent to the API's site only, and
 * to GitHub's for uploads, which must be of the same owner.
 */

/* What a put made, for the journal and withdraw. */
enum rel_forge_made {
	REL_FORGE_ASSET = 1,
	REL_FORGE_RELEASE = 2,
	REL_FORGE_PUBLIC = 4, /* a draft that was there is published */
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
 * out     NULL = it is ignored; a document of the caller's
 * Errors  as rel_http_send(), with the forge's own words; REL_EAUTH where no
 *         token is found; REL_EPARSE an answer that is not JSON
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
/* DELETE; what no longer exists is not an error. */
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
	REL_FORGE_UNKNOWN, /* the size is right, the forge shows no checksum */
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

/*
 * forge_assets.c: archives as assets of a release that is a draft until it is
 * complete: what GitHub and Forgejo, whose APIs are of one family, share.
 */

struct rel_forge_dialect {
	const struct rel_forge_kind *kind;
	/* Queries of lists: of drafts, and of so many members. */
	const char *drafts, *pages;
	size_t page, asset_page; /* how many: of releases, of assets */
	/* Where to ask for the tag, "%s" is its name; where the answer has
	 * the id of the object that it is. */
	const char *tag, *tag_object;
	/* Below the repository's page: of a file, and of all files, at a tag
	 * that is put behind. */
	const char *file_page, *tree_page;
	/* The member that says whether the release is shown as the newest one;
	 * NULL = there is none. */
	const char *latest;
	/* The URL to which an asset is posted; lives in the forge's arena. */
	int (*upload)(const char **url, struct rel_forge *forge,
		      const struct rel_forge_release *release, const char *name,
		      struct rel_error *err);
	/* Append the name of the asset for an archive of this name. */
	void (*add_name)(struct rel_buf *out, const char *name);
};

/* The functions of struct rel_publish_kind; `self` is a struct
 * rel_forge_assets. */
struct rel_forge_assets {
	struct rel_forge forge;
	const struct rel_forge_dialect *dialect;
};

int rel_forge_assets_open(void **self, const struct rel_forge_dialect *dialect,
			  const struct rel_publish_options *options,
			  struct rel_error *err);
int rel_forge_assets_ready(void *self, struct rel_error *err);
int rel_forge_assets_source(struct rel_buf *out, const void *self,
			    const struct rel_publish_archive *archive,
			    struct rel_error *err);
int rel_forge_assets_page(struct rel_buf *out, const void *self,
			  const char *tag, const char *path,
			  struct rel_error *err);
int rel_forge_assets_missing(unsigned *missing, void *self,
			     const struct rel_publish_archive *archive,
			     struct rel_error *err);
int rel_forge_assets_check(void *self,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err);
int rel_forge_assets_put(struct rel_publish_receipt *out, void *self,
			 const struct rel_publish_archive *archive,
			 unsigned ours, struct rel_error *err);
int rel_forge_assets_held(uint64_t *size, void *self,
			  const struct rel_publish_archive *archive,
			  struct rel_error *err);
int rel_forge_assets_withdraw(void *self,
			      const struct rel_publish_archive *archive,
			      unsigned made, struct rel_error *err);
void rel_forge_assets_release(void *self);

#endif
