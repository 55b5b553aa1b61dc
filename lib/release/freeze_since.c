#include "release/freeze_since.h"

#include <stdlib.h>

#include "base/limits.h"
#include "repo/texts.h"

/* The ledger's text at the revision; empty when there was none. */
static int read_then(struct rel_buf *out,
		     const struct rel_freeze_options *options,
		     struct rel_error *err)
{
	static const struct rel_remote_options defaults;
	const struct rel_remote_options *reading =
	    options->reading ? options->reading : &defaults;
	struct rel_snapshot *snapshot = NULL;
	struct rel_texts *texts = NULL;
	int rc = rel_remote_read(&snapshot, options->remote, options->since,
				 reading, err);

	if (rc == 0)
		rc = rel_texts_open(&texts, options->remote, snapshot, reading,
				    err);
	if (rc == 0) {
		rc = rel_texts_read(out, texts, REL_STR(REL_LEDGER_PATH), err);
		if (rc == REL_ENOTFOUND)
			rc = 0;
	}
	rel_texts_close(texts);
	rel_snapshot_free(snapshot);
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
		return "the line is gone; lines are only ever added";
	if (rel_ledger_match(now, then->digests, then->n_digests) !=
		REL_LEDGER_SAME ||
	    now->n_digests < then->n_digests)
		return "the line has other checksums now";
	if (now->size != then->size)
		return "the line has another size now";
	return "the line is not the same as it was, byte for byte";
}

static int tell(const struct rel_freeze_options *options,
		const struct rel_ledger_entry *then,
		const struct rel_ledger_entry *now, const char *fault,
		struct rel_error *err)
{
	struct rel_freeze_finding finding = {.kind = REL_FREEZE_DROPPED,
					     .path = REL_LEDGER_PATH,
					     .line = then->line,
					     .ledger = now ? now->line : 0,
					     .text = fault};
	char *subject = strndup(then->subject.ptr, then->subject.len);
	int rc;

	if (!subject)
		return rel_fail_nomem(err);
	finding.subject = subject;
	rc = options->finding
		 ? options->finding(options->context, &finding, err)
		 : 0;
	free(subject);
	return rc;
}

/* A further line about an archive that had one says something else of it. */
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

		if (!was || has_line(then, line))
			continue;
		++*findings;
		rc = tell(options, was, line,
			  "there is another line about this archive now; what "
			  "has been published has its line already",
			  err);
	}
	return rc;
}

int rel_freeze_since(uint32_t *findings,
		     const struct rel_freeze_options *options,
		     const struct rel_ledger *now, struct rel_error *err)
{
	struct rel_ledger then = {.n_entries = 0};
	struct rel_arena arena;
	struct rel_buf text;
	int rc;

	*findings = 0;
	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rel_buf_init(&text, REL_LIMIT_INDEX_BYTES);
	rc = read_then(&text, options, err);
	if (rc == 0)
		rc = rel_ledger_read(&then, rel_buf_str(&text), REL_LEDGER_PATH,
				     &arena, err);
	for (uint32_t i = 0; rc == 0 && i < then.n_lines; i++) {
		const struct rel_ledger_entry *line = &then.lines[i];
		const struct rel_ledger_entry *entry;

		if (has_line(now, line))
			continue;
		entry = rel_ledger_find(now, line->subject);
		++*findings;
		rc = tell(options, line, entry, find_fault(line, entry), err);
	}
	if (rc == 0 && *findings == 0)
		rc = look_for_more(findings, options, &then, now, err);
	rel_buf_free(&text);
	rel_arena_free(&arena);
	return rc;
}
