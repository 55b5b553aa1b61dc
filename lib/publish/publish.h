/*
 * lib/publish: where archives go, and the public address from which opam
 * fetches them.  One file per kind; `mirror` (mirror.c) needs no forge.
 *
 * A mirror is content-addressed, as opam reads it (src/core/opamHash.ml,
 * to_path): the archive stands at
 *	cache/<algo>/<first two digits>/<digits>
 * under every digest that its manifest lists, because opam 2.1 asks for the
 * first listed one only and later ones for the strongest, and at
 *	archives/<name>
 * which is what `src:` names.  Once there, a file never changes.
 *
 * A forge (github.c, gitlab.c, forgejo.c) holds an archive as an asset of the
 * release of its tag, which must be on the forge before; it is found by tag
 * and name, not by digest.
 */
#ifndef REL_PUBLISH_PUBLISH_H
#define REL_PUBLISH_PUBLISH_H

#include "base/sink.h"
#include "conf/conf.h"
#include "digest/digest.h"
#include "repo/change.h"

struct rel_publisher;

/* All borrowed for as long as the publisher lives. */
struct rel_publish_options {
	/* `publish:` of relctl.yml; NULL, or no kind, is a mirror in the
	 * development remote. */
	const struct rel_conf_publish *conf;
	const char *base_dir; /* of relative paths in it; NULL = here */
	/* The remote whose packages the archives are of. */
	const struct rel_remote *development;
	/* Where the source is pushed to; NULL = nowhere. */
	const char *source;
	/* The configured remotes, for `remote: NAME`. */
	const struct rel_remote *remotes;
	size_t n_remotes;
	const struct rel_remote_options *remote; /* NULL = defaults */
	/* Of commits; needed by put and withdraw where they are made. */
	const struct rel_change_author *author;
	const struct rel_progress *progress;
	const struct rel_cancel *cancel;
};

/* The release that an archive is of. */
struct rel_publish_release {
	const char *name;    /* "a" */
	const char *version; /* "1.0" */
	const char *tag;     /* without refs/tags/ */
	/* what refs/tags/TAG is, and the commit that it is of: 40 digits, or
	 * "" while they are not known */
	const char *tag_object, *commit;
	const char *notes; /* Markdown; "" = none */
	/* is shown as one, and not as the newest, where the place knows such */
	bool prerelease;
	bool older; /* than what is out: not shown as the newest either */
};

/* One archive. */
struct rel_publish_archive {
	const char *path; /* the file on this disk; for put only */
	const char *name; /* "a-1.0.tbz" */
	/* Every digest that a manifest lists, at least one, in that order. */
	const struct rel_digest *digests;
	size_t n_digests;
	uint64_t size; /* bytes */
	/* NULL: not known, then a forge does not find it */
	const struct rel_publish_release *release;
};

/*
 * Open the place.  Looks at it (fetches a git branch), writes nothing.
 * Errors  REL_EUSAGE the configuration makes no sense, or no public address
 *         can be derived from the place (the text says which key to write);
 *         those of rel_writable_open()
 * Owner   rel_publisher_free()
 */
REL_MUST_CHECK int rel_publisher_open(struct rel_publisher **out,
				      const struct rel_publish_options *options,
				      struct rel_error *err);
/* Fine on NULL. */
void rel_publisher_free(struct rel_publisher *publisher);

/*
 * Is at hand what put will need, the token of a forge?  Asks no server.
 * Errors  REL_EAUTH it is not, or makes no sense; REL_ENOTFOUND no such file
 */
REL_MUST_CHECK int rel_publisher_ready(struct rel_publisher *publisher,
				       struct rel_error *err);

/*
 * Append the address that `url { src: … }` gets.  Depends on the archive's
 * name, digests and release only: known before anything is written.
 * Errors  REL_ENOTFOUND a forge, without the release; REL_ENOMEM
 */
REL_MUST_CHECK int rel_publisher_source(
    struct rel_buf *out, const struct rel_publisher *publisher,
    const struct rel_publish_archive *archive, struct rel_error *err);

/*
 * What the development remote's `repo` file should name in archive-mirrors:
 * "cache" when the mirror is in that remote and it is not a git repository,
 * else an absolute URL.  NULL: nothing.
 */
const char *rel_publisher_mirror(const struct rel_publisher *publisher);

/*
 * Append the `repo` file `old` (ptr NULL: there is none) with `mirror` in
 * front of its archive-mirrors, all else as it was.
 * changed  false: it was named already, `out` has `old`
 * path     for messages
 * Errors   REL_EPARSE with line and column; REL_ENOMEM
 */
REL_MUST_CHECK int rel_publish_name_mirror(struct rel_buf *out, bool *changed,
					   struct rel_str old, const char *path,
					   const char *mirror,
					   struct rel_error *err);

/*
 * Does the place change the development remote's own branch?  Then what was
 * opened of it for writing must be refreshed after put.
 */
bool rel_publisher_moves_remote(const struct rel_publisher *publisher);

/* Must the tag of the release be pushed before put?  Then withdraw comes
 * before it is taken back. */
bool rel_publisher_needs_tag(const struct rel_publisher *publisher);

/* How many characters of notes the place takes; 0 = all, or it has none. */
size_t rel_publisher_notes_limit(const struct rel_publisher *publisher);

/*
 * Append the address of a page that shows `path` (NULL: all) of the source at
 * the tag; nothing where the place has no such pages.
 */
REL_MUST_CHECK int rel_publisher_page(struct rel_buf *out,
				      const struct rel_publisher *publisher,
				      const char *tag, const char *path,
				      struct rel_error *err);

/* Does this `kind:` hold archives by release, and not by digest? */
bool rel_publish_by_release(const char *kind);

/*
 * Would put be refused?  Asks the place; writes nothing.
 * Errors  REL_EEXISTS other bytes stand where the archive goes; REL_EIO,
 *         REL_EAUTH, … one may not write there, as far as that is known before
 */
REL_MUST_CHECK int rel_publisher_check(
    struct rel_publisher *publisher, const struct rel_publish_archive *archive,
    struct rel_error *err);

enum rel_publish_outcome {
	REL_PUBLISH_DONE,    /* written now, under at least one digest */
	REL_PUBLISH_PRESENT, /* the same bytes were all there already */
};

struct rel_publish_receipt {
	enum rel_publish_outcome outcome;
	/* What this put made, and withdraw takes away again.  Of a mirror:
	 * 1 << index of the digest, and one bit more for the file by name; of
	 * a forge: what publish/forge.h says. */
	unsigned made;
	char commit[REL_GIT_ID_TEXT]; /* that was made; "" = none */
};

/*
 * What put would make: bits as in rel_publish_receipt.made.  For a journal,
 * before put.
 */
REL_MUST_CHECK int rel_publisher_missing(
    unsigned *missing, struct rel_publisher *publisher,
    const struct rel_publish_archive *archive, struct rel_error *err);

/*
 * Store the archive, after its bytes have been compared with its digests.
 * Retries lost races on a git branch by itself.  Safe to repeat: what is
 * there stays.
 * ours    what rel_publisher_missing() gave before the first try: only that
 *         may be begun anew where a try broke off
 * Errors  REL_ECHECKSUM the file is not what the digests say; REL_EEXISTS
 *         other bytes stand at a digest's path (the place is damaged);
 *         REL_EIO with the server's words when it refuses; REL_EAUTH, …
 */
REL_MUST_CHECK int rel_publisher_put(struct rel_publish_receipt *out,
				     struct rel_publisher *publisher,
				     const struct rel_publish_archive *archive,
				     unsigned ours, struct rel_error *err);

/*
 * Fetch the archive through its public address and compare every digest and
 * the size.
 * Errors  REL_ECHECKSUM; REL_ENOTFOUND; REL_EIO; texts name the address
 */
REL_MUST_CHECK int rel_publisher_fetch(
    struct rel_publisher *publisher, const struct rel_publish_archive *archive,
    struct rel_error *err);

/*
 * Read the archive from the place itself, under each digest that it is there
 * for, and compare all digests.
 * size    its size in bytes; may be NULL.  archive->size is ignored
 * Errors  REL_ENOTFOUND it has none of them; REL_ECHECKSUM; REL_EIO
 */
REL_MUST_CHECK int rel_publisher_held(uint64_t *size,
				      struct rel_publisher *publisher,
				      const struct rel_publish_archive *archive,
				      struct rel_error *err);

/*
 * Take back what put made and no manifest has ever named.
 * made    rel_publish_receipt.made; what stood there before is left alone
 * In git the files go from the tip, not from the history.
 * Errors  as put; what no longer exists is not an error
 */
REL_MUST_CHECK int rel_publisher_withdraw(
    struct rel_publisher *publisher, const struct rel_publish_archive *archive,
    unsigned made, struct rel_error *err);

#endif
