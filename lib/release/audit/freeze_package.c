/* What one package version has published, against the ledger and the mirror. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "release/audit/audit_private.h"

/* The archive at hand. */
struct subject {
	const struct rel_snapshot_package *package;
	const struct rel_archive_of *archive;
	const struct rel_ledger_entry *entry; /* NULL = not recorded */
	const char *name, *path;
	bool news; /* what is recorded of it has changed, and may */
};

static int tell(struct rel_freeze_work *f, const struct subject *s,
		enum rel_freeze_kind kind, const char *text,
		struct rel_error *err)
{
	struct rel_freeze_finding finding = {
	    .kind = kind,
	    .subject = s->name,
	    .path = s->path,
	    .line = s->archive ? s->archive->line : 1,
	    .ledger = s->entry ? s->entry->line : 0,
	    .text = text};

	f->result->findings++;
	return f->options->finding
		   ? f->options->finding(f->options->context, &finding, err)
		   : 0;
}

/* What the manifest named at options->since, when it was another one. */
static int read_then(struct rel_freeze_work *f,
		     const struct rel_snapshot_package *now,
		     struct rel_error *err)
{
	const struct rel_snapshot_package *then =
	    f->then.snapshot
		? rel_freeze_find_version(
		      f->then.snapshot,
		      rel_snapshot_string(f->snapshot, now->name),
		      rel_snapshot_string(f->snapshot, now->version))
		: NULL;
	struct rel_str path, text;
	struct rel_buf opam;
	int rc;

	if (!then ||
	    memcmp(&then->content, &now->content, sizeof(now->content)) == 0)
		return 0;
	path = rel_snapshot_string(f->then.snapshot, then->path);
	rel_buf_init(&opam, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_texts_read(&opam, f->then.texts, path, err);
	if (rc == 0) {
		text.len = opam.len;
		text.ptr = rel_arena_copy(&f->scratch, rel_buf_str(&opam));
		rc = text.ptr
			 ? rel_archives_and_files(&f->was, &f->n_was, text,
						  (struct rel_str){NULL, 0},
						  REL_LEDGER_PATH, &f->scratch,
						  err)
			 : rel_fail_nomem(err);
	}
	rel_buf_free(&opam);
	/* what could not be read then says nothing */
	if (rc == REL_EPARSE || rc == REL_ELIMIT)
		rc = 0;
	return rc;
}

/* The legacy file `url` beside the manifest. */
static int read_url(struct rel_str *out, struct rel_freeze_work *f,
		    const char *path, struct rel_error *err)
{
	size_t dir = rel_str_rfind(rel_str_of(path), '/');
	char *name = NULL;
	int rc;

	*out = (struct rel_str){NULL, 0};
	if (asprintf(&name, "%.*s/url", (int)dir, path) < 0)
		return rel_fail_nomem(err);
	rc = rel_freeze_read(&f->url, f, name, err);
	free(name);
	if (rc == 0)
		*out = rel_buf_str(&f->url);
	return rc == REL_ENOTFOUND ? 0 : rc;
}

static int read_archives(struct rel_archive_of **out, uint32_t *n,
			 struct rel_freeze_work *f,
			 const struct rel_snapshot_package *package,
			 const char *path, struct rel_error *err)
{
	struct rel_str url = {NULL, 0};
	int rc = rel_freeze_read(&f->opam, f, path, err);

	f->n_was = 0;
	if (rc == 0)
		rc = read_then(f, package, err);
	if (rc == 0)
		rc = rel_archives_and_files(out, n, rel_buf_str(&f->opam), url,
					    path, &f->scratch, err);
	if (rc || rel_archives_have_url(*out, *n) ||
	    !(package->manifest.flags & REL_MANIFEST_HAS_URL))
		return rc;
	rc = read_url(&url, f, path, err);
	if (rc == 0 && url.ptr)
		rc = rel_archives_and_files(out, n, rel_buf_str(&f->opam), url,
					    path, &f->scratch, err);
	return rc;
}

/* Every digest that is known of the archive: the manifest's, and those of the
 * ledger that it does not list. */
static size_t join_digests(struct rel_digest out[REL_DIGEST_ALGOS],
			   const struct subject *s)
{
	size_t n = s->archive->n_digests;

	memcpy(out, s->archive->digests, n * sizeof(*out));
	for (uint32_t i = 0; s->entry && i < s->entry->n_digests; i++)
		if (!rel_digest_find(out, n, s->entry->digests[i].algo))
			out[n++] = s->entry->digests[i];
	return n;
}

/* Does the manifest fetch the archive from the mirror?  Then its address ends
 * as rel_publisher_source() would have it, whatever the archive's name. */
static bool is_from_mirror(const struct rel_freeze_work *f,
			   const struct subject *s, struct rel_error *err)
{
	struct rel_publish_archive archive = {
	    .name = "", .digests = s->archive->digests, .n_digests = 1};
	struct rel_buf base;
	bool from = false;

	rel_buf_init(&base, REL_LIMIT_CONFIG_BYTES);
	if (rel_publisher_source(&base, f->options->publisher, &archive, err) ==
	    0)
		from = rel_str_starts(s->archive->src, rel_buf_str(&base));
	rel_buf_free(&base);
	return from;
}

static int tell_size(struct rel_freeze_work *f, const struct subject *s,
		     uint64_t size, struct rel_error *err)
{
	char text[REL_ERROR_TEXT_MAX];

	if (!s->entry || s->entry->size == size ||
	    s->entry->size == REL_LEDGER_SIZE_UNKNOWN)
		return 0;
	snprintf(text, sizeof(text),
		 "the archive on the mirror has %" PRIu64 " bytes, but was "
		 "published with %" PRIu64,
		 size, s->entry->size);
	return tell(f, s, REL_FREEZE_BYTES, text, err);
}

/* Read the archive from the mirror.  *size is unknown when it is not there;
 * *good: nothing speaks against it. */
static int check_bytes(uint64_t *size, bool *good, struct rel_freeze_work *f,
		       const struct subject *s, struct rel_error *err)
{
	struct rel_digest digests[REL_DIGEST_ALGOS];
	struct rel_publish_archive archive = {.name = s->name,
					      .digests = digests,
					      .n_digests =
						  join_digests(digests, s)};
	uint32_t before = f->result->findings;
	struct rel_error why = {0};
	int rc;

	*size = REL_LEDGER_SIZE_UNKNOWN;
	*good = true;
	if (!f->options->publisher || s->archive->beside)
		return 0;
	rc = rel_publisher_held(size, f->options->publisher, &archive, &why);
	f->result->read += rc == 0 || rc == REL_ECHECKSUM;
	if (rc == REL_ECHECKSUM)
		rc = tell(f, s, REL_FREEZE_BYTES, why.text, err);
	else if (rc == REL_ENOTFOUND && is_from_mirror(f, s, err))
		rc = tell(f, s, REL_FREEZE_MISSING, why.text, err);
	else if (rc == REL_ENOTFOUND)
		rc = 0;
	else if (rc == 0)
		rc = tell_size(f, s, *size, err);
	else if (err)
		*err = why;
	*good = f->result->findings == before;
	if (!*good)
		*size = REL_LEDGER_SIZE_UNKNOWN;
	return rc;
}

static int add_fresh(struct rel_freeze_work *f, const struct subject *s,
		     uint64_t size, struct rel_error *err)
{
	struct rel_ledger_entry entry = {.size = size,
					 .n_digests = s->archive->n_digests};
	char *name = rel_arena_copy(&f->arena, rel_str_of(s->name));
	char *place = NULL;
	struct rel_buf text;
	int rc =
	    name ? rel_array_reserve(&f->fresh, &f->fresh_cap,
				     (uint64_t)f->n_fresh + 1, sizeof(entry))
		 : REL_ENOMEM;

	if (rc)
		return rel_fail_nomem(err);
	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rel_ledger_place(&text, s->archive);
	rc = rel_buf_status(&text, s->name, err);
	if (rc == 0 && text.len > 0) {
		place = rel_arena_copy(&f->arena, rel_buf_str(&text));
		entry.place = rel_str_n(place, text.len);
		rc = place ? 0 : rel_fail_nomem(err);
	}
	rel_buf_free(&text);
	if (rc)
		return rc;
	entry.subject = rel_str_of(name);
	memcpy(entry.digests, s->archive->digests, sizeof(entry.digests));
	snprintf(entry.commit, sizeof(entry.commit), "%s",
		 rel_writable_tip(f->remote));
	f->fresh[f->n_fresh++] = entry;
	return 0;
}

/* One checksum of the ledger against the manifest. */
static int check_sum(struct rel_freeze_work *f, const struct subject *s,
		     const struct rel_digest *was, struct rel_error *err)
{
	const struct rel_digest *is = rel_digest_find(
	    s->archive->digests, s->archive->n_digests, was->algo);
	char had[REL_DIGEST_TEXT_MAX], has[REL_DIGEST_TEXT_MAX];
	enum rel_freeze_kind kind = REL_FREEZE_CHECKSUM;
	char text[REL_ERROR_TEXT_MAX];

	if (is && rel_digest_cmp(is, was) == 0)
		return 0;
	/* Only an md5 beside stronger ones is missing. */
	if (rel_ledger_match(s->entry, s->archive->digests,
			     s->archive->n_digests) == REL_LEDGER_SAME)
		kind = REL_FREEZE_REMOVED;
	if (kind == REL_FREEZE_REMOVED && !f->options->check)
		return 0;
	rel_digest_format(had, was);
	if (is) {
		rel_digest_format(has, is);
		snprintf(text, sizeof(text),
			 "the manifest lists %s, but it was published with %s",
			 has, had);
	} else {
		snprintf(text, sizeof(text),
			 "the manifest no longer lists %s, with which it was "
			 "published",
			 had);
	}
	return tell(f, s, kind, text, err);
}

/* Checksums that the ledger does not have. */
static int check_added(struct rel_freeze_work *f, struct subject *s,
		       struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < s->archive->n_digests; i++) {
		const struct rel_digest *d = &s->archive->digests[i];
		char has[REL_DIGEST_TEXT_MAX], text[REL_ERROR_TEXT_MAX];

		if (rel_digest_find(s->entry->digests, s->entry->n_digests,
				    d->algo))
			continue;
		s->news = true;
		if (!f->options->check)
			continue;
		rel_digest_format(has, d);
		snprintf(text, sizeof(text),
			 "the manifest lists %s, which was added after it was "
			 "published; `relctl freeze` records it if it is right",
			 has);
		rc = tell(f, s, REL_FREEZE_ADDED, text, err);
	}
	return rc;
}

/* The next "KEY=VALUE" of a place with that key, or an empty one. */
static struct rel_str next_of(struct rel_str *place, const char *key)
{
	while (place->ptr && place->len > 0) {
		struct rel_str word = rel_str_cut(place, ' ');

		if (rel_str_starts(word, rel_str_of(key)))
			return rel_str_sub(word, strlen(key), word.len);
	}
	return (struct rel_str){NULL, 0};
}

/* One field of the section against the ledger. */
static int check_field(struct rel_freeze_work *f, const struct subject *s,
		       const char *key, const char *field, struct rel_str now,
		       struct rel_error *err)
{
	struct rel_str was = s->entry->place, old, fresh;
	char text[REL_ERROR_TEXT_MAX];

	do {
		old = next_of(&was, key);
		fresh = next_of(&now, key);
	} while (old.ptr && fresh.ptr && rel_str_eq(old, fresh));
	if (!old.ptr && !fresh.ptr)
		return 0;
	snprintf(text, sizeof(text),
		 "%s: %.*s is not what was published%s%.*s; if the archive has "
		 "moved, `relctl freeze` records where it is",
		 field,
		 REL_STR_ARG(
		     rel_str_sub(fresh.ptr ? fresh : REL_STR("none"), 0, 200)),
		 old.ptr ? ", " : ", which has none",
		 REL_STR_ARG(rel_str_sub(old.ptr ? old : REL_STR(""), 0, 200)));
	return tell(f, s, REL_FREEZE_ADDRESS, text, err);
}

/* Where the archive is fetched from, against the ledger. */
static int check_place(struct rel_freeze_work *f, struct subject *s,
		       struct rel_error *err)
{
	static const char *const fields[][2] = {
	    {"src=", "src"}, {"mirror=", "mirrors"}, {"subpath=", "subpath"}};
	struct rel_buf now;
	int rc;

	rel_buf_init(&now, REL_LIMIT_MANIFEST_BYTES);
	rel_ledger_place(&now, s->archive);
	rc = rel_buf_status(&now, s->name, err);
	if (rc == 0 && !rel_str_eq(rel_buf_str(&now), s->entry->place)) {
		s->news = true;
		for (size_t i = 0;
		     rc == 0 && f->options->check && s->entry->place.ptr &&
		     i < sizeof(fields) / sizeof(fields[0]);
		     i++)
			rc = check_field(f, s, fields[i][0], fields[i][1],
					 rel_buf_str(&now), err);
	}
	rel_buf_free(&now);
	return rc;
}

/* The manifest against the ledger.  *good: its checksums stand. */
static int check_recorded(bool *good, struct rel_freeze_work *f,
			  struct subject *s, struct rel_error *err)
{
	uint32_t before = f->result->findings;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < s->entry->n_digests; i++)
		rc = check_sum(f, s, &s->entry->digests[i], err);
	*good = f->result->findings == before;
	if (rc == 0 && *good)
		rc = check_added(f, s, err);
	if (rc == 0)
		rc = check_place(f, s, err);
	return rc;
}

static int check_archive(struct rel_freeze_work *f, struct subject *s,
			 struct rel_error *err)
{
	uint64_t size;
	bool good;
	int rc = 0;

	f->result->archives++;
	if (s->entry) {
		f->result->recorded += s->entry->line > 0;
		rc = check_recorded(&good, f, s, err);
		if (rc || !good)
			return rc;
	}
	rc = check_bytes(&size, &good, f, s, err);
	if (rc == 0 && good && (!s->entry || s->news) && !f->options->check)
		rc = add_fresh(f, s, size, err);
	return rc;
}

/* A source under version control and without checksum is no archive; but it
 * may have been one. */
static int check_unsummed(struct rel_freeze_work *f, struct subject *s,
			  struct rel_error *err)
{
	char had[REL_DIGEST_TEXT_MAX], text[REL_ERROR_TEXT_MAX];

	if (!s->entry)
		return 0;
	/* nor was it one then */
	if (s->entry->n_digests == 0)
		return check_place(f, s, err);
	rel_digest_format(
	    had, rel_digest_strongest(s->entry->digests, s->entry->n_digests));
	snprintf(text, sizeof(text),
		 "the manifest lists no checksum any more%s%.*s; it was "
		 "published with %s",
		 s->archive->src.len ? " and fetches " : "",
		 REL_STR_ARG(rel_str_sub(s->archive->src, 0, 200)), had);
	return tell(f, s, REL_FREEZE_CHECKSUM, text, err);
}

/* Do both serve the same purpose in the manifest? */
static bool is_counterpart(const struct rel_archive_of *a,
			   const struct rel_archive_of *b)
{
	return a->beside == b->beside && !a->file.ptr == !b->file.ptr &&
	       (!a->file.ptr || rel_str_eq(a->file, b->file));
}

/* What stands in for the ledger where it has no line: the manifest of
 * options->since. */
static int know_then(struct rel_ledger_entry *known, struct rel_freeze_work *f,
		     struct subject *s, struct rel_error *err)
{
	struct rel_buf place;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && !s->entry && i < f->n_was; i++) {
		const struct rel_archive_of *was = &f->was[i];

		if (!is_counterpart(was, s->archive))
			continue;
		*known =
		    (struct rel_ledger_entry){.size = REL_LEDGER_SIZE_UNKNOWN,
					      .n_digests = was->n_digests};
		memcpy(known->digests, was->digests, sizeof(known->digests));
		rel_buf_init(&place, REL_LIMIT_MANIFEST_BYTES);
		rel_ledger_place(&place, was);
		rc = rel_buf_status(&place, s->name, err);
		known->place.len = place.len;
		known->place.ptr =
		    rel_arena_copy(&f->scratch, rel_buf_str(&place));
		rel_buf_free(&place);
		if (rc == 0 && !known->place.ptr)
			rc = rel_fail_nomem(err);
		s->entry = known;
	}
	return rc;
}

/* Archives that the manifest had then, and of which the ledger knows nothing:
 * are they there? */
static int check_lost(struct rel_freeze_work *f, struct subject *s,
		      const struct rel_archive_of *now, uint32_t n,
		      struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < f->n_was; i++) {
		struct rel_buf name;
		uint32_t k = 0;

		while (k < n && !is_counterpart(&f->was[i], &now[k]))
			k++;
		if (k < n)
			continue;
		rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
		rel_ledger_subject_of(
		    &name, rel_snapshot_string(f->snapshot, s->package->name),
		    rel_snapshot_string(f->snapshot, s->package->version),
		    &f->was[i]);
		rc = rel_buf_status(&name, "name", err);
		s->archive = &f->was[i];
		s->name = name.ptr;
		s->entry = NULL;
		if (rc == 0 && !rel_ledger_find(&f->ledger, rel_buf_str(&name)))
			rc = tell(f, s, REL_FREEZE_REMOVED,
				  "the manifest no longer has it", err);
		rel_buf_free(&name);
	}
	return rc;
}

static int check_subject(struct rel_freeze_work *f, struct subject *s,
			 struct rel_error *err)
{
	const struct rel_snapshot_package *p = s->package;
	struct rel_ledger_entry known;
	struct rel_buf name;
	int rc;

	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_ledger_subject_of(&name, rel_snapshot_string(f->snapshot, p->name),
			      rel_snapshot_string(f->snapshot, p->version),
			      s->archive);
	rc = rel_buf_status(&name, "name", err);
	s->name = name.ptr;
	s->news = false;
	s->entry = rel_ledger_find(&f->ledger, rel_buf_str(&name));
	if (s->entry) {
		f->named[s->entry - f->ledger.entries] = 1;
	} else if (rc == 0) {
		rc = know_then(&known, f, s, err);
	}
	if (rc == 0)
		rc = s->archive->n_digests == 0 ? check_unsummed(f, s, err)
						: check_archive(f, s, err);
	rel_buf_free(&name);
	s->entry = NULL;
	return rc;
}

/* What a manifest that cannot be read names is not known to be gone. */
static int mark_unreadable(struct rel_freeze_work *f,
			   const struct rel_snapshot_package *p,
			   struct rel_error *err)
{
	const struct rel_ledger_entry *e;
	struct rel_buf name;
	int rc;

	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	rel_ledger_subject(&name, rel_snapshot_string(f->snapshot, p->name),
			   rel_snapshot_string(f->snapshot, p->version), NULL);
	e = rel_ledger_find(&f->ledger, rel_buf_str(&name));
	if (e)
		f->named[e - f->ledger.entries] = 1;
	rel_buf_add_char(&name, '/');
	rc = rel_buf_status(&name, "name", err);
	for (uint32_t i = rc == 0
			      ? rel_ledger_at(&f->ledger, rel_buf_str(&name))
			      : UINT32_MAX;
	     i < f->ledger.n_entries &&
	     rel_str_starts(f->ledger.entries[i].subject, rel_buf_str(&name));
	     i++)
		f->named[i] = 1;
	rel_buf_free(&name);
	return rc;
}

/* A version that was withdrawn stays so. */
static int check_withdrawn(struct rel_freeze_work *f, struct subject *s,
			   struct rel_error *err)
{
	rel_expr_id id = s->package->manifest.available;
	struct rel_str name =
	    rel_snapshot_string(f->snapshot, s->package->name);
	struct rel_str version =
	    rel_snapshot_string(f->snapshot, s->package->version);
	const struct rel_expr *available =
	    id == REL_EXPR_NONE ? NULL : &f->snapshot->exprs.nodes[id];
	struct rel_buf subject;
	int rc;

	s->entry = rel_ledger_withdrawn(&f->ledger, name, version);
	if (!s->entry || (available && available->kind == REL_EXPR_BOOL &&
			  available->a == 0))
		return 0;
	rel_buf_init(&subject, REL_LIMIT_CONFIG_BYTES);
	rel_ledger_subject(&subject, name, version, NULL);
	rc = rel_buf_status(&subject, "name", err);
	s->name = subject.ptr;
	if (rc == 0)
		rc = tell(f, s, REL_FREEZE_WITHDRAWN,
			  "the version was withdrawn, and the manifest lets "
			  "opam install it again; put `available: false` back, "
			  "or release another version",
			  err);
	rel_buf_free(&subject);
	return rc;
}

int rel_freeze_package(struct rel_freeze_work *f, uint32_t at,
		       struct rel_error *err)
{
	struct subject s = {.package = &f->snapshot->packages[at]};
	struct rel_archive_of *archives = NULL;
	uint32_t n = 0;
	int rc;

	rel_arena_reset(&f->scratch);
	s.path = rel_arena_copy(
	    &f->scratch, rel_snapshot_string(f->snapshot, s.package->path));
	if (!s.path)
		return rel_fail_nomem(err);
	rc = read_archives(&archives, &n, f, s.package, s.path, err);
	if (rc == REL_EPARSE || rc == REL_ELIMIT) {
		f->result->unreadable++;
		return mark_unreadable(f, s.package, err);
	}
	if (rc == 0)
		rc = check_withdrawn(f, &s, err);
	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		s.archive = &archives[i];
		rc = check_subject(f, &s, err);
	}
	return rc ? rc : check_lost(f, &s, archives, n, err);
}
