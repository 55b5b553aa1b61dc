#include "release/audit/frozen.h"

#include <stdio.h>

#include "base/limits.h"
#include "release/audit/archives.h"

struct archives {
	struct rel_archive_of *items;
	uint32_t count;
	bool unreadable;
};

struct comparison {
	const struct rel_frozen_change *change;
	int (*finding)(void *context, const struct rel_freeze_finding *finding,
		       struct rel_error *err);
	void *context;
	uint32_t findings;
};

static int read(struct archives *out, const struct rel_frozen_change *change,
		struct rel_str text, struct rel_str url,
		struct rel_arena *arena, struct rel_error *err)
{
	int rc = rel_archives_of(&out->items, &out->count, text, url,
				 change->path, arena, err);

	if (rc != REL_EPARSE && rc != REL_ELIMIT)
		return rc;
	*out = (struct archives){.unreadable = true};
	return 0;
}

/* The archive for the same purpose: the url's, or an extra-source's. */
static const struct rel_archive_of *find(const struct archives *archives,
					 const struct rel_archive_of *like)
{
	for (uint32_t i = 0; i < archives->count; i++) {
		const struct rel_archive_of *a = &archives->items[i];

		if (a->file.ptr && like->file.ptr
			? rel_str_eq(a->file, like->file)
			: a->file.ptr == like->file.ptr)
			return a;
	}
	return NULL;
}

static int tell(struct comparison *c, const struct rel_archive_of *old,
		const struct rel_archive_of *fresh, const char *what,
		struct rel_error *err)
{
	char had[REL_DIGEST_TEXT_MAX], text[REL_ERROR_TEXT_MAX];
	struct rel_freeze_finding finding = {.kind = REL_FREEZE_CHECKSUM,
					     .path = c->change->path,
					     .line = fresh ? fresh->line : 1,
					     .text = text};
	struct rel_buf subject;
	int rc;

	rel_digest_format(had,
			  rel_digest_strongest(old->digests, old->n_digests));
	snprintf(text, sizeof(text), "%s; it was published with %s", what, had);
	rel_buf_init(&subject, REL_LIMIT_CONFIG_BYTES);
	rel_ledger_subject(&subject, c->change->name, c->change->version,
			   old->file.ptr ? &old->file : NULL);
	rc = rel_buf_status(&subject, "name", err);
	finding.subject = subject.ptr;
	c->findings++;
	if (rc == 0)
		rc = c->finding(c->context, &finding, err);
	rel_buf_free(&subject);
	return rc;
}

static int compare(struct comparison *c, const struct rel_archive_of *old,
		   const struct rel_archive_of *fresh, struct rel_error *err)
{
	struct rel_ledger_entry entry = {.n_digests = old->n_digests};
	enum rel_ledger_match match;

	/* A patch may be dropped, the source may not. */
	if (!fresh)
		return old->file.ptr
			   ? 0
			   : tell(c, old, NULL, "the archive is gone", err);
	memcpy(entry.digests, old->digests, sizeof(entry.digests));
	match = rel_ledger_match(&entry, fresh->digests, fresh->n_digests);
	if (match == REL_LEDGER_SAME)
		return 0;
	return tell(c, old, fresh,
		    match == REL_LEDGER_DIFFERENT ? "the checksum has changed"
		    : match == REL_LEDGER_WEAKER
			? "a checksum that it had is missing"
			: "no checksum is left of those that it had",
		    err);
}

int rel_frozen_compare(uint32_t *findings,
		       const struct rel_frozen_change *change,
		       int (*finding)(void *context,
				      const struct rel_freeze_finding *finding,
				      struct rel_error *err),
		       void *context, struct rel_error *err)
{
	struct comparison c = {
	    .change = change, .finding = finding, .context = context};
	struct archives old = {.count = 0}, fresh = {.count = 0};
	struct rel_arena arena;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = read(&old, change, change->old, change->old_url, &arena, err);
	if (rc == 0)
		rc = read(&fresh, change, change->fresh, change->fresh_url,
			  &arena, err);
	for (uint32_t i = 0; rc == 0 && !fresh.unreadable && i < old.count;
	     i++) {
		if (old.items[i].n_digests > 0)
			rc = compare(&c, &old.items[i],
				     find(&fresh, &old.items[i]), err);
	}
	rel_arena_free(&arena);
	*findings = c.findings;
	return rc;
}
