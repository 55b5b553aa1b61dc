#include "release/audit/freeze.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "opam/version.h"
#include "release/audit/audit_private.h"

const char *rel_freeze_kind_text(enum rel_freeze_kind kind)
{
	static const char *const texts[] = {"checksum", "bytes",     "missing",
					    "dropped",	"withdrawn", "added",
					    "address",	"removed",   "moved"};

	return texts[kind];
}

static int open_then(struct rel_freeze_then *out,
		     const struct rel_freeze_options *options,
		     struct rel_error *err)
{
	static const struct rel_remote_options defaults;
	const struct rel_remote_options *reading =
	    options->reading ? options->reading : &defaults;
	int rc = rel_remote_read(&out->snapshot, options->remote,
				 options->since, reading, err);

	return rc ? rc
		  : rel_texts_open(&out->texts, options->remote, out->snapshot,
				   reading, err);
}

static void close_then(struct rel_freeze_then *then)
{
	rel_texts_close(then->texts);
	rel_snapshot_free(then->snapshot);
	*then = (struct rel_freeze_then){NULL, NULL};
}

const struct rel_snapshot_package *rel_freeze_find_version(
    const struct rel_snapshot *snapshot, struct rel_str name,
    struct rel_str version)
{
	uint32_t n = 0;
	const struct rel_snapshot_package *equal = NULL,
					  *p = rel_snapshot_find(snapshot, name,
								 &n);

	for (; n > 0; p++, n--) {
		struct rel_str is = rel_snapshot_string(snapshot, p->version);

		if (rel_str_eq(is, version))
			return p;
		/* opam takes 1 and 01 for one */
		if (!equal && rel_version_compare(is, version) == 0)
			equal = p;
	}
	return equal;
}

static int tell(uint32_t *findings, const struct rel_freeze_options *options,
		struct rel_freeze_finding finding, struct rel_str name,
		struct rel_error *err)
{
	char *subject = strndup(name.ptr, name.len);
	int rc;

	if (!subject)
		return rel_fail_nomem(err);
	++*findings;
	finding.subject = subject;
	rc = options->finding
		 ? options->finding(options->context, &finding, err)
		 : 0;
	free(subject);
	return rc;
}

/* Is the line still there, byte for byte? */
static bool has_line(const struct rel_ledger *ledger,
		     const struct rel_ledger_entry *line)
{
	uint32_t n;
	const struct rel_ledger_entry *lines =
	    rel_ledger_lines(ledger, line->subject, &n);

	for (uint32_t i = 0; i < n; i++)
		if (rel_str_eq(lines[i].text, line->text))
			return true;
	return false;
}

static const char *find_fault(const struct rel_ledger_entry *then,
			      const struct rel_ledger_entry *now)
{
	if (!now)
		return "the line is gone; put it back, lines are only ever "
		       "added";
	if (rel_ledger_match(now, then->digests, then->n_digests) !=
		REL_LEDGER_SAME ||
	    now->n_digests < then->n_digests)
		return "the line has other checksums now; put it back as it "
		       "was";
	if (now->size != then->size)
		return "the line has another size now; put it back as it was";
	return "the line is not the same as it was, byte for byte; put it back "
	       "as it was";
}

/* A further line about an archive that had one: it repeats the checksums, and
 * adds what else is known now. */
static int look_for_more(uint32_t *findings,
			 const struct rel_freeze_options *options,
			 const struct rel_ledger *then,
			 const struct rel_ledger *now, struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < now->n_lines; i++) {
		const struct rel_ledger_entry *line = &now->lines[i];
		const struct rel_ledger_entry *was =
		    rel_ledger_find(then, line->subject);
		struct rel_freeze_finding finding = {
		    .kind = REL_FREEZE_DROPPED,
		    .path = REL_LEDGER_PATH,
		    .line = was ? was->line : 0,
		    .ledger = line->line,
		    .text = "there is another line about this archive now, "
			    "without the checksums of the first; remove it"};

		if (was && !has_line(then, line) &&
		    rel_ledger_match(was, line->digests, line->n_digests) !=
			REL_LEDGER_SAME)
			rc =
			    tell(findings, options, finding, was->subject, err);
	}
	return rc;
}

static int compare(uint32_t *findings, const struct rel_freeze_options *options,
		   const struct rel_ledger *then, const struct rel_ledger *now,
		   struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < then->n_lines; i++) {
		const struct rel_ledger_entry *line = &then->lines[i], *is;
		struct rel_freeze_finding finding = {.kind = REL_FREEZE_DROPPED,
						     .path = REL_LEDGER_PATH,
						     .line = line->line};

		if (has_line(now, line))
			continue;
		is = rel_ledger_find(now, line->subject);
		finding.ledger = is ? is->line : 0;
		finding.text = find_fault(line, is);
		rc = tell(findings, options, finding, line->subject, err);
	}
	return rc || *findings > 0
		   ? rc
		   : look_for_more(findings, options, then, now, err);
}

static int find_lost(uint32_t *findings,
		     const struct rel_freeze_options *options,
		     const char *revision, bool emptied, struct rel_error *err)
{
	char text[REL_ERROR_TEXT_MAX];
	struct rel_freeze_finding finding = {.kind = REL_FREEZE_DROPPED,
					     .path = REL_LEDGER_PATH,
					     .line = 1,
					     .text = text};

	snprintf(text, sizeof(text),
		 "the ledger %s; put it back: git checkout %.100s "
		 "-- " REL_LEDGER_PATH,
		 emptied ? "has no line any more" : "is gone", revision);
	return tell(findings, options, finding, REL_STR(REL_LEDGER_PATH), err);
}

static int compare_ledgers(uint32_t *findings,
			   const struct rel_freeze_options *options,
			   struct rel_freeze_then *then,
			   const struct rel_ledger *now, bool is_there,
			   struct rel_error *err)
{
	struct rel_ledger old = {.n_entries = 0};
	struct rel_arena arena;
	struct rel_buf text;
	int rc;

	*findings = 0;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(&text, REL_LIMIT_INDEX_BYTES);
	rc = rel_texts_read(&text, then->texts, REL_STR(REL_LEDGER_PATH), err);
	if (rc == 0 && !is_there)
		rc = find_lost(findings, options, options->since, false, err);
	else if (rc == 0)
		rc = rel_ledger_read(&old, rel_buf_str(&text), REL_LEDGER_PATH,
				     &arena, err);
	else if (rc == REL_ENOTFOUND)
		rc = 0;
	if (rc == 0)
		rc = compare(findings, options, &old, now, err);
	rel_buf_free(&text);
	rel_arena_free(&arena);
	return rc;
}

static int compare_place(uint32_t *findings,
			 const struct rel_freeze_options *options,
			 struct rel_str path, struct rel_str was,
			 const struct rel_ledger *known, struct rel_str subject,
			 struct rel_error *err)
{
	char text[REL_ERROR_TEXT_MAX], place[REL_LIMIT_GIT_PATH_BYTES];
	struct rel_freeze_finding finding = {
	    .kind = path.ptr ? REL_FREEZE_MOVED : REL_FREEZE_REMOVED,
	    .path = place,
	    .line = 1,
	    .text = text};

	if (!path.ptr && rel_ledger_find(known, subject))
		return 0;
	snprintf(place, sizeof(place), "%.*s",
		 REL_STR_ARG(path.ptr ? path : was));
	if (path.ptr)
		snprintf(text, sizeof(text),
			 "the manifest has moved; it was %.*s at %.100s",
			 REL_STR_ARG(was), options->since);
	else
		snprintf(text, sizeof(text),
			 "the manifest is gone; it was there at %.100s",
			 options->since);
	return tell(findings, options, finding, subject, err);
}

static int find_moved(uint32_t *findings,
		      const struct rel_freeze_options *options,
		      const struct rel_freeze_then *then,
		      const struct rel_snapshot *now,
		      const struct rel_ledger *known, struct rel_error *err)
{
	const struct rel_snapshot *old = then->snapshot;
	int rc = 0;

	*findings = 0;
	for (uint32_t i = 0; rc == 0 && i < old->n_packages; i++) {
		const struct rel_snapshot_package *p = &old->packages[i];
		struct rel_str name = rel_snapshot_string(old, p->name);
		struct rel_str version = rel_snapshot_string(old, p->version);
		struct rel_str was = rel_snapshot_string(old, p->path);
		const struct rel_snapshot_package *q =
		    rel_freeze_find_version(now, name, version);
		struct rel_str path = {NULL, 0};
		struct rel_buf subject;

		if (q)
			path = rel_snapshot_string(now, q->path);
		if (q && rel_str_eq(path, was))
			continue;
		rel_buf_init(&subject, REL_LIMIT_CONFIG_BYTES);
		rel_ledger_subject(&subject, name, version, NULL);
		rc = rel_buf_status(&subject, "name", err);
		if (rc == 0)
			rc = compare_place(findings, options, path, was, known,
					   rel_buf_str(&subject), err);
		rel_buf_free(&subject);
	}
	return rc;
}

int rel_freeze_read(struct rel_buf *out, struct rel_freeze_work *f,
		    const char *path, struct rel_error *err)
{
	rel_buf_clear(out);
	return rel_texts_read(out, f->texts, rel_str_of(path), err);
}

static int read_ledger_text(struct rel_freeze_work *f, struct rel_error *err)
{
	if (!f->remote)
		return rel_freeze_read(&f->text, f, REL_LEDGER_PATH, err);
	rel_buf_clear(&f->text);
	return rel_writable_read(&f->text, f->remote, REL_LEDGER_PATH, err);
}

static int read_ledger(struct rel_freeze_work *f, struct rel_error *err)
{
	int rc;

	rc = read_ledger_text(f, err);
	f->has_ledger = rc == 0;
	if (rc && rc != REL_ENOTFOUND)
		return rc;
	rc = rel_ledger_read(&f->ledger, rel_buf_str(&f->text), REL_LEDGER_PATH,
			     &f->arena, err);
	free(f->named);
	f->named = calloc((size_t)f->ledger.n_entries + 1, 1);
	return rc == 0 && !f->named ? rel_fail_nomem(err) : rc;
}

static int read_snapshot(struct rel_freeze_work *f, struct rel_error *err)
{
	static const struct rel_remote_options defaults;
	const struct rel_remote_options *reading =
	    f->options->reading ? f->options->reading : &defaults;
	const char *tip = f->remote ? rel_writable_tip(f->remote) : "";
	int rc;

	rel_texts_close(f->texts);
	f->texts = NULL;
	rel_snapshot_free(f->snapshot);
	f->snapshot = NULL;
	rc = rel_remote_read(&f->snapshot, f->options->remote,
			     tip[0] ? tip : NULL, reading, err);
	if (rc == 0)
		rc = rel_texts_open(&f->texts, f->options->remote, f->snapshot,
				    reading, err);
	return rc;
}

/* Was published, and is in no manifest now. */
static int tell_removed(struct rel_freeze_work *f, uint32_t at,
			struct rel_error *err)
{
	const struct rel_ledger_entry *e = &f->ledger.entries[at];
	struct rel_freeze_finding finding = {
	    .kind = REL_FREEZE_REMOVED,
	    .path = REL_LEDGER_PATH,
	    .line = e->line,
	    .text = "it was published, and no manifest names it any more; put "
		    "the manifest back as it was (`relctl withdraw` marks a "
		    "version that nobody should install)"};
	char *subject;
	int rc = 0;

	f->result->gone++;
	if (!f->options->check)
		return 0;
	subject = strndup(e->subject.ptr, e->subject.len);
	if (!subject)
		return rel_fail_nomem(err);
	finding.subject = subject;
	f->result->findings++;
	if (f->options->finding)
		rc = f->options->finding(f->options->context, &finding, err);
	free(subject);
	return rc;
}

static int look(struct rel_freeze_work *f, struct rel_error *err)
{
	const struct rel_remote_options *reading = f->options->reading;
	int rc;

	*f->result = (struct rel_freeze_result){.archives = 0};
	f->n_fresh = 0;
	rc = read_snapshot(f, err);
	if (rc == 0)
		rc = read_ledger(f, err);
	if (rc == 0 && f->options->since && !f->then.snapshot)
		rc = open_then(&f->then, f->options, err);
	for (uint32_t i = 0; rc == 0 && i < f->snapshot->n_packages; i++) {
		if (reading && rel_cancelled(reading->cancel))
			return rel_fail_cancelled(err);
		rel_progress(reading ? reading->progress : NULL,
			     "comparing with the ledger", i,
			     f->snapshot->n_packages);
		rc = rel_freeze_package(f, i, err);
	}
	for (uint32_t i = 0; rc == 0 && i < f->ledger.n_entries; i++)
		rc = f->named[i] || rel_ledger_is_note(&f->ledger.entries[i])
			 ? 0
			 : tell_removed(f, i, err);
	return rc;
}

/* What has gone since the revision. */
static int look_back(struct rel_freeze_work *f, struct rel_error *err)
{
	const struct rel_remote_options *reading = f->options->reading;
	uint32_t lost = 0, moved = 0;
	char commit[REL_GIT_ID_TEXT];
	int rc;

	if (!f->then.snapshot) {
		if (f->ledger.n_lines > 0 || !f->texts)
			return 0;
		rc = rel_texts_last_with(
		    commit, f->texts, REL_LEDGER_PATH,
		    f->has_ledger
			? rel_str_n(f->text.ptr ? f->text.ptr : "", f->text.len)
			: (struct rel_str){NULL, 0},
		    reading ? reading->cancel : NULL, err);
		if (rc != 1)
			return rc;
		/* what stands in the manifests now would be taken for what was
		 * published */
		f->n_fresh = 0;
		return find_lost(&f->result->findings, f->options, commit,
				 f->has_ledger, err);
	}
	rc = compare_ledgers(&lost, f->options, &f->then, &f->ledger,
			     f->has_ledger, err);
	if (rc == 0)
		rc = find_moved(&moved, f->options, &f->then, f->snapshot,
				&f->ledger, err);
	f->result->findings += lost + moved;
	return rc;
}

/* *again: somebody else was faster. */
static int record(bool *again, struct rel_freeze_work *f, struct rel_error *err)
{
	struct rel_change change = {.path = REL_LEDGER_PATH, .replace = true};
	struct rel_change_result done;
	char message[128];
	struct rel_buf text;
	int rc;

	*again = false;
	if (f->n_fresh == 0)
		return 0;
	rel_buf_init(&text, REL_LIMIT_INDEX_BYTES);
	rc = rel_ledger_append(&text, &f->result->added, rel_buf_str(&f->text),
			       REL_LEDGER_PATH, f->fresh, f->n_fresh, err);
	snprintf(message, sizeof(message),
		 "Record %u archive%s in the ledger\n",
		 (unsigned)f->result->added, f->result->added == 1 ? "" : "s");
	change.content = rel_buf_str(&text);
	if (rc == 0)
		rc = rel_writable_apply(&done, f->remote, &change, 1, message,
					f->options->author, NULL, err);
	rel_buf_free(&text);
	if (rc)
		return rc;
	*again = done.outcome == REL_CHANGE_RACED;
	snprintf(f->result->commit, sizeof(f->result->commit), "%s",
		 done.commit);
	if (done.outcome == REL_CHANGE_REJECTED)
		return rel_fail(err, REL_EIO, "%s refused the ledger: %s",
				rel_writable_text(f->remote), done.text);
	return *again ? rel_writable_refresh(f->remote, err) : 0;
}

static int run(struct rel_freeze_work *f, struct rel_error *err)
{
	bool again = true;
	int rc = 0;

	for (int i = 0; rc == 0 && again && i < REL_LIMIT_RACES; i++) {
		rc = look(f, err);
		if (rc == 0)
			rc = look_back(f, err);
		if (rc == 0)
			rc = record(&again, f, err);
	}
	if (rc == 0 && again)
		rc = rel_fail(err, REL_ESTALE,
			      "%s moved %d times meanwhile; try again",
			      rel_writable_text(f->remote), REL_LIMIT_RACES);
	return rc;
}

int rel_freeze(struct rel_freeze_result *out,
	       const struct rel_freeze_options *options, struct rel_error *err)
{
	struct rel_writable_options writing = {.remote = options->reading};
	struct rel_freeze_work f = {.options = options, .result = out};
	int rc = 0;

	*out = (struct rel_freeze_result){.archives = 0};
	rel_arena_init(&f.arena, REL_LIMIT_ARENA);
	rel_arena_init(&f.scratch, REL_LIMIT_ARENA);
	rel_buf_init(&f.text, REL_LIMIT_INDEX_BYTES);
	rel_buf_init(&f.opam, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&f.url, REL_LIMIT_MANIFEST_BYTES);
	/* A revision that is no branch can be looked at, not written. */
	if (!options->check ||
	    options->remote->location.kind == REL_LOCATION_HTTP)
		rc = rel_writable_open(&f.remote, &options->remote->location,
				       &writing, err);
	if (rc == 0)
		rc = run(&f, err);
	free(f.fresh);
	free(f.named);
	rel_buf_free(&f.text);
	rel_buf_free(&f.opam);
	rel_buf_free(&f.url);
	close_then(&f.then);
	rel_texts_close(f.texts);
	rel_snapshot_free(f.snapshot);
	rel_writable_free(f.remote);
	rel_arena_free(&f.scratch);
	rel_arena_free(&f.arena);
	return rc;
}
