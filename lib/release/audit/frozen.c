#include "release/audit/frozen.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "git/objects.h"
#include "opam/version.h"
#include "release/audit/archives.h"
#include "repo/texts.h"

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

static int read_both(struct archives *out,
		     const struct rel_frozen_change *change,
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
static const struct rel_archive_of *find_same(const struct archives *archives,
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

static int add_finding(struct comparison *c, const struct rel_archive_of *old,
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

static int compare_one(struct comparison *c, const struct rel_archive_of *old,
		       const struct rel_archive_of *fresh,
		       struct rel_error *err)
{
	struct rel_ledger_entry entry = {.n_digests = old->n_digests};
	enum rel_ledger_match match;

	/* A patch may be dropped, the source may not. */
	if (!fresh)
		return old->file.ptr ? 0
				     : add_finding(c, old, NULL,
						   "the archive is gone", err);
	memcpy(entry.digests, old->digests, sizeof(entry.digests));
	match = rel_ledger_match(&entry, fresh->digests, fresh->n_digests);
	if (match == REL_LEDGER_SAME)
		return 0;
	return add_finding(c, old, fresh,
			   match == REL_LEDGER_DIFFERENT
			       ? "the checksum has changed"
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
	rc = read_both(&old, change, change->old, change->old_url, &arena, err);
	if (rc == 0)
		rc = read_both(&fresh, change, change->fresh, change->fresh_url,
			       &arena, err);
	for (uint32_t i = 0; rc == 0 && !fresh.unreadable && i < old.count;
	     i++) {
		if (old.items[i].n_digests > 0)
			rc = compare_one(&c, &old.items[i],
					 find_same(&fresh, &old.items[i]), err);
	}
	rel_arena_free(&arena);
	*findings = c.findings;
	return rc;
}

struct finder {
	const struct rel_frozen_options *options;
	struct rel_arena *arena;
	struct rel_freeze_finding *items; /* malloc'd */
	uint32_t count, cap;
};

static int add(void *context, const struct rel_freeze_finding *finding,
	       struct rel_error *err)
{
	struct finder *f = context;
	struct rel_freeze_finding kept = *finding;

	for (uint32_t i = 0; i < f->count; i++) {
		if (f->items[i].kind == finding->kind &&
		    strcmp(f->items[i].subject, finding->subject) == 0)
			return 0;
	}
	kept.subject = rel_arena_copy(f->arena, rel_str_of(finding->subject));
	kept.path = rel_arena_copy(f->arena, rel_str_of(finding->path));
	kept.text = rel_arena_copy(f->arena, rel_str_of(finding->text));
	if (!kept.subject || !kept.path || !kept.text ||
	    rel_array_reserve(&f->items, &f->cap, (uint64_t)f->count + 1,
			      sizeof(*f->items)))
		return rel_fail_nomem(err);
	f->items[f->count++] = kept;
	return 0;
}

/* Does the request change this line of the ledger? */
static bool is_new_line(const struct finder *f, uint32_t line)
{
	const struct rel_git_file_diff *file =
	    rel_git_diff_find(f->options->diff, REL_LEDGER_PATH);

	for (uint32_t i = 0; file && i < file->n_lines; i++)
		if (line >= file->lines[i].first &&
		    line - file->lines[i].first < file->lines[i].count)
			return true;
	return false;
}

/* What the ledger says of files that were not changed was so before, unless
 * it is the ledger that was. */
static int add_recorded(void *context, const struct rel_freeze_finding *finding,
			struct rel_error *err)
{
	const struct finder *f = context;

	/* A request may move archives and versions, and add checksums. */
	if (finding->kind >= REL_FREEZE_ADDED)
		return 0;
	return rel_git_diff_find(f->options->diff, finding->path) ||
		       is_new_line(f, finding->ledger)
		   ? add(context, finding, err)
		   : 0;
}

/* The remote before or after. */
struct side {
	struct rel_snapshot *snapshot;
	struct rel_texts *texts;
	struct rel_buf opam, url; /* of the manifest at hand */
};

static int open_side(struct side *side, const struct finder *f,
		     const char *revision, struct rel_error *err)
{
	const struct rel_frozen_options *options = f->options;
	int rc = rel_remote_read(&side->snapshot, options->remote, revision,
				 options->reading, err);

	return rc ? rc
		  : rel_texts_open(&side->texts, options->remote,
				   side->snapshot, options->reading, err);
}

static void free_side(struct side *side)
{
	rel_texts_close(side->texts);
	rel_snapshot_free(side->snapshot);
	rel_buf_free(&side->opam);
	rel_buf_free(&side->url);
}

/* *found: it is there and can be read; what cannot is told otherwise. */
static int read_text(bool *found, struct rel_buf *out, struct side *side,
		     struct rel_str path, struct rel_error *err)
{
	struct rel_error why = {0};
	int rc;

	rel_buf_clear(out);
	rc = rel_texts_read(out, side->texts, path, &why);
	*found = rc == 0;
	if (rc == 0 || rc == REL_ENOTFOUND || rc == REL_EPARSE ||
	    rc == REL_ELIMIT)
		return 0;
	if (err)
		*err = why;
	return rc;
}

/* The manifest at `path` and the legacy file `url` beside it. */
static int read_manifest(bool *found, struct rel_str *url, struct side *side,
			 struct rel_str path, struct rel_error *err)
{
	struct rel_str dir = rel_path_dir(path);
	struct rel_buf name;
	bool there = false;
	int rc = read_text(found, &side->opam, side, path, err);

	if (rc || !*found)
		return rc;
	rel_buf_init(&name, REL_LIMIT_GIT_PATH_BYTES);
	rel_path_join(&name, dir, REL_STR("url"));
	rc = rel_buf_status(&name, "path", err);
	if (rc == 0)
		rc = read_text(&there, &side->url, side, rel_buf_str(&name),
			       err);
	rel_buf_free(&name);
	*url = there ? rel_buf_str(&side->url) : (struct rel_str){NULL, 0};
	return rc;
}

struct sides {
	struct finder *finder;
	struct side old, fresh;
};

/* What stood at `old` against what stands at `fresh`. */
static int compare_at(struct sides *s, struct rel_str name,
		      struct rel_str version, struct rel_str old,
		      struct rel_str fresh, struct rel_error *err)
{
	struct rel_frozen_change change = {.name = name, .version = version};
	bool had = false, has = false;
	uint32_t findings;
	int rc = read_manifest(&had, &change.old_url, &s->old, old, err);

	if (rc == 0)
		rc = read_manifest(&has, &change.fresh_url, &s->fresh, fresh,
				   err);
	if (rc || !had || !has)
		return rc;
	change.path = rel_arena_copy(s->finder->arena, fresh);
	if (!change.path)
		return rel_fail_nomem(err);
	change.old = rel_buf_str(&s->old.opam);
	change.fresh = rel_buf_str(&s->fresh.opam);
	return rel_frozen_compare(&findings, &change, add, s->finder, err);
}

static const struct rel_snapshot_package *find_version(
    const struct rel_snapshot *snapshot, struct rel_str name,
    struct rel_str version)
{
	uint32_t n;
	const struct rel_snapshot_package *p =
	    rel_snapshot_find(snapshot, name, &n);

	for (uint32_t i = 0; i < n; i++)
		if (rel_str_eq(rel_snapshot_string(snapshot, p[i].version),
			       version))
			return &p[i];
	return NULL;
}

static struct rel_str path_of(const struct side *side,
			      const struct rel_snapshot_package *p)
{
	return rel_snapshot_string(side->snapshot, p->path);
}

/* The manifests that count, wherever they stand now: moved, reached by
 * another link, or the only one left of two. */
static int compare_packages(struct sides *s, struct rel_error *err)
{
	const struct rel_snapshot *old = s->old.snapshot;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < old->n_packages; i++) {
		const struct rel_snapshot_package *was = &old->packages[i];
		struct rel_str name = rel_snapshot_string(old, was->name);
		struct rel_str version = rel_snapshot_string(old, was->version);
		const struct rel_snapshot_package *is =
		    find_version(s->fresh.snapshot, name, version);

		if (rel_cancelled(s->finder->options->reading->cancel))
			return rel_fail_cancelled(err);
		if (is && memcmp(&is->content, &was->content,
				 sizeof(was->content)) != 0)
			rc = compare_at(s, name, version, path_of(&s->old, was),
					path_of(&s->fresh, is), err);
	}
	return rc;
}

/* A second directory of a package: which of them opam's client takes depends
 * on the file system. */
static int compare_double(struct sides *s, struct rel_str path,
			  struct rel_error *err)
{
	const struct rel_snapshot_package *was;
	struct rel_str name, version;
	bool there = false;
	int rc;

	if (!rel_package_split(rel_path_base(rel_path_dir(path)), &name,
			       &version))
		return 0;
	was = find_version(s->old.snapshot, name, version);
	if (!was)
		return 0;
	rc = read_text(&there, &s->old.opam, &s->old, path, err);
	return rc ? rc
		  : compare_at(s, name, version,
			       there ? path : path_of(&s->old, was), path, err);
}

static int compare_doubles(struct sides *s, struct rel_error *err)
{
	const struct rel_snapshot *fresh = s->fresh.snapshot;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < fresh->n_notices; i++) {
		const struct rel_snapshot_notice *n = &fresh->notices[i];

		if (n->kind == REL_NOTICE_DUPLICATE)
			rc = compare_double(
			    s, rel_snapshot_string(fresh, n->path), err);
	}
	return rc;
}

/* opam takes versions that compare equal, as 1 and 01, for one, and of several
 * that stand there the one that it reads last. */
static int compare_equals(struct sides *s, struct rel_error *err)
{
	const struct rel_snapshot *old = s->old.snapshot;
	const struct rel_snapshot *fresh = s->fresh.snapshot;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < fresh->n_packages; i++) {
		const struct rel_snapshot_package *is = &fresh->packages[i];
		struct rel_str name = rel_snapshot_string(fresh, is->name);
		struct rel_str version =
		    rel_snapshot_string(fresh, is->version);
		const struct rel_snapshot_package *was;
		uint32_t n;

		if (rel_cancelled(s->finder->options->reading->cancel))
			return rel_fail_cancelled(err);
		if (find_version(old, name, version))
			continue;
		was = rel_snapshot_find(old, name, &n);
		for (uint32_t j = 0; rc == 0 && j < n; j++)
			if (rel_version_compare(
				rel_snapshot_string(old, was[j].version),
				version) == 0)
				rc = compare_at(s, name, version,
						path_of(&s->old, &was[j]),
						path_of(&s->fresh, is), err);
	}
	return rc;
}

static int compare_sides(struct sides *s, struct rel_error *err)
{
	int rc = open_side(&s->fresh, s->finder, NULL, err);

	if (rc == 0)
		rc = compare_packages(s, err);
	if (rc == 0)
		rc = compare_equals(s, err);
	return rc ? rc : compare_doubles(s, err);
}

static int compare_manifests(struct finder *f, struct rel_error *err)
{
	struct rel_error why = {0};
	struct sides s = {.finder = f};
	int rc;

	rel_buf_init(&s.old.opam, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&s.old.url, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&s.fresh.opam, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&s.fresh.url, REL_LIMIT_MANIFEST_BYTES);
	rc = open_side(&s.old, f, f->options->base, &why);
	if (rc == 0)
		rc = compare_sides(&s, err);
	else if (rc == REL_EPARSE)
		rc = 0; /* no repository yet: nothing had been published */
	else if (err)
		*err = why;
	free_side(&s.old);
	free_side(&s.fresh);
	return rc;
}

/* The checksum that an archive in cache/ALGO/XX/HEX has by its name. */
static bool find_checksum(struct rel_digest *out, struct rel_str path)
{
	struct rel_str hex = rel_path_base(path);
	struct rel_str dir = rel_path_dir(path);
	struct rel_str start = rel_path_base(dir);
	struct rel_str algo = rel_path_base(rel_path_dir(dir));
	char text[REL_DIGEST_TEXT_MAX];

	if (start.len != 2 || !rel_str_starts(hex, start) ||
	    snprintf(text, sizeof(text), "%.*s=%.*s", REL_STR_ARG(algo),
		     REL_STR_ARG(hex)) >= (int)sizeof(text))
		return false;
	return rel_digest_parse(out, rel_str_of(text), NULL) == 0;
}

static int check_archive(struct finder *f, const struct rel_git_file_diff *file,
			 const struct rel_digest *named, struct rel_error *err)
{
	char is[REL_DIGEST_TEXT_MAX], text[REL_ERROR_TEXT_MAX];
	struct rel_freeze_finding finding = {.kind = REL_FREEZE_BYTES,
					     .subject = file->path,
					     .path = file->path,
					     .line = 1,
					     .text = text};
	struct rel_digest digest;
	struct rel_buf bytes;
	int rc;

	rel_buf_init(&bytes, REL_LIMIT_GIT_ARCHIVE);
	rc = rel_git_blob_read(&bytes, f->options->store, &file->fresh, err);
	if (rc == 0)
		rc = rel_digest_of(&digest, named->algo, rel_buf_str(&bytes),
				   err);
	rel_buf_free(&bytes);
	if (rc || memcmp(digest.bytes, named->bytes, sizeof(digest.bytes)) == 0)
		return rc;
	rel_digest_format(is, &digest);
	snprintf(text, sizeof(text), "this archive is %s", is);
	return add(f, &finding, err);
}

static int check_file(struct finder *f, const struct rel_git_file_diff *file,
		      struct rel_error *err)
{
	struct rel_str path = rel_str_of(file->path);
	struct rel_digest named;

	return file->delta != REL_GIT_REMOVED &&
		       rel_package_of_path(path).len == 0 &&
		       find_checksum(&named, path)
		   ? check_archive(f, file, &named, err)
		   : 0;
}

static int check_ledger(struct finder *f, struct rel_error *err)
{
	struct rel_freeze_options options = {.remote = f->options->remote,
					     .reading = f->options->reading,
					     .check = true,
					     .since = f->options->base,
					     .finding = add_recorded,
					     .context = f};
	struct rel_freeze_result result;

	return rel_freeze(&result, &options, err);
}

static int keep(struct rel_frozen_findings *out, const struct finder *f,
		struct rel_error *err)
{
	out->items = rel_arena_array(f->arena, (size_t)f->count + 1,
				     sizeof(*out->items));
	if (!out->items)
		return rel_fail_nomem(err);
	if (f->count > 0)
		memcpy(out->items, f->items, f->count * sizeof(*out->items));
	out->count = f->count;
	return 0;
}

int rel_frozen_find(struct rel_frozen_findings *out,
		    const struct rel_frozen_options *options,
		    struct rel_arena *arena, struct rel_error *err)
{
	struct finder f = {.options = options, .arena = arena};
	int rc = 0;

	*out = (struct rel_frozen_findings){NULL, 0};
	for (uint32_t i = 0; rc == 0 && i < options->diff->n_files; i++)
		rc = check_file(&f, &options->diff->files[i], err);
	if (rc == 0)
		rc = compare_manifests(&f, err);
	if (rc == 0)
		rc = check_ledger(&f, err);
	if (rc == 0)
		rc = keep(out, &f, err);
	free(f.items);
	return rc;
}
