#include "release/audit/freeze_since.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "opam/version.h"

int rel_freeze_then_open(struct rel_freeze_then *out,
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

void rel_freeze_then_close(struct rel_freeze_then *then)
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

int rel_freeze_lost(uint32_t *findings,
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

int rel_freeze_since(uint32_t *findings,
		     const struct rel_freeze_options *options,
		     struct rel_freeze_then *then, const struct rel_ledger *now,
		     bool is_there, struct rel_error *err)
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
		rc = rel_freeze_lost(findings, options, options->since, false,
				     err);
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

int rel_freeze_moved(uint32_t *findings,
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
