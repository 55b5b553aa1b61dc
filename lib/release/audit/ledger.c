#include "release/audit/ledger.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"

#define HEADER "# relctl.ledger/1"
#define FIRST_LINES                                               \
	HEADER ": published archives; lines are only ever added " \
	       "(relctl-freeze(1))\n"

static int fail_line(struct rel_error *err, const char *path, uint32_t line,
		     const char *what)
{
	rel_fail(err, REL_EPARSE, "%s; put the line back as it was published",
		 what);
	rel_error_at(err, path, line, 0);
	return REL_EPARSE;
}

static bool read_size(uint64_t *out, struct rel_str text)
{
	unsigned long number;

	*out = REL_LEDGER_SIZE_UNKNOWN;
	if (rel_str_is(text, "-"))
		return true;
	if (!rel_str_to_uint(text, UINT64_MAX - 1, &number))
		return false;
	*out = number;
	return true;
}

static bool read_commit(char out[REL_GIT_ID_TEXT], struct rel_str text)
{
	struct rel_git_id id;

	out[0] = '\0';
	if (rel_str_is(text, "-"))
		return true;
	if (!rel_git_id_parse(&id, text))
		return false;
	rel_git_id_format(out, &id);
	return true;
}

static const char *const places[] = {"src=", "mirror=", "subpath="};

static bool is_place(struct rel_str text)
{
	return rel_str_starts(text, rel_str_of(places[0])) ||
	       rel_str_starts(text, rel_str_of(places[1])) ||
	       rel_str_starts(text, rel_str_of(places[2]));
}

static int read_line(struct rel_ledger_entry *out, struct rel_str text,
		     const char *path, struct rel_error *err)
{
	uint32_t line = out->line;

	out->subject = rel_str_cut(&text, ' ');
	if (out->subject.len == 0 ||
	    !read_size(&out->size, rel_str_cut(&text, ' ')))
		return fail_line(err, path, line, "no size in bytes, or \"-\"");
	if (!read_commit(out->commit, rel_str_cut(&text, ' ')))
		return fail_line(err, path, line, "no commit, or \"-\"");
	while (text.ptr && !is_place(text)) {
		struct rel_str digest = rel_str_cut(&text, ' ');

		if (out->n_digests == REL_DIGEST_ALGOS ||
		    rel_digest_parse(&out->digests[out->n_digests++], digest,
				     NULL) != 0)
			return fail_line(err, path, line,
					 "not a list of checksums");
	}
	out->place = text;
	while (text.ptr)
		if (!is_place(rel_str_cut(&text, ' ')))
			return fail_line(err, path, line,
					 "not an address behind the checksums");
	return out->n_digests > 0 ? 0
				  : fail_line(err, path, line, "no checksum");
}

static int by_subject(const void *a, const void *b)
{
	const struct rel_ledger_entry *x = a, *y = b;
	int order = rel_str_cmp(x->subject, y->subject);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static uint32_t count_lines(struct rel_str text)
{
	uint32_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* A further line of the same subject. */
static int join_line(struct rel_ledger_entry *entry,
		     const struct rel_ledger_entry *line, const char *path,
		     struct rel_error *err)
{
	for (uint32_t i = 0; i < line->n_digests; i++) {
		uint32_t j = 0;

		while (j < entry->n_digests &&
		       entry->digests[j].algo != line->digests[i].algo)
			j++;
		if (j == entry->n_digests) {
			entry->digests[entry->n_digests++] = line->digests[i];
		} else if (rel_digest_cmp(&entry->digests[j],
					  &line->digests[i])) {
			rel_fail(err, REL_EPARSE,
				 "%.*s is listed twice with different "
				 "checksums (also in line %u)",
				 REL_STR_ARG(entry->subject),
				 (unsigned)entry->line);
			rel_error_at(err, path, line->line, 0);
			return REL_EPARSE;
		}
	}
	if (entry->size == REL_LEDGER_SIZE_UNKNOWN)
		entry->size = line->size;
	if (line->place.ptr)
		entry->place = line->place;
	return 0;
}

static int join_lines(struct rel_ledger *out, const char *path,
		      struct rel_error *err)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < out->n_lines; i++) {
		const struct rel_ledger_entry *line = &out->lines[i];

		if (i > 0 && rel_str_eq(line[-1].subject, line->subject))
			rc = join_line(&out->entries[out->n_entries - 1], line,
				       path, err);
		else
			out->entries[out->n_entries++] = *line;
	}
	return rc;
}

static int read_lines(struct rel_ledger *out, struct rel_str text,
		      const char *path, struct rel_error *err)
{
	uint32_t number = 0;
	int rc = 0;

	while (rc == 0 && text.ptr && text.len > 0) {
		struct rel_str line = rel_str_cut(&text, '\n');
		struct rel_ledger_entry *entry = &out->lines[out->n_lines];

		number++;
		if (number == 1 && !rel_str_starts(line, REL_STR(HEADER ":")))
			return fail_line(err, path, 1,
					 "not a ledger that starts with "
					 "\"" HEADER ":\"");
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		*entry =
		    (struct rel_ledger_entry){.line = number, .text = line};
		rc = read_line(entry, line, path, err);
		out->n_lines++;
	}
	return rc;
}

int rel_ledger_read(struct rel_ledger *out, struct rel_str text,
		    const char *path, struct rel_arena *arena,
		    struct rel_error *err)
{
	uint32_t n = count_lines(text);
	int rc;

	*out = (struct rel_ledger){
	    .entries = rel_arena_array(arena, n, sizeof(*out->entries)),
	    .lines = rel_arena_array(arena, n, sizeof(*out->lines))};
	if (!out->entries || !out->lines)
		return rel_fail_nomem(err);
	rc = read_lines(out, text, path, err);
	if (rc)
		return rc;
	qsort(out->lines, out->n_lines, sizeof(*out->lines), by_subject);
	return join_lines(out, path, err);
}

/* The first of `n` that is not before `subject`. */
static uint32_t find_subject(const struct rel_ledger_entry *entries, uint32_t n,
			     struct rel_str subject)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (rel_str_cmp(entries[mid].subject, subject) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

uint32_t rel_ledger_at(const struct rel_ledger *ledger, struct rel_str subject)
{
	return find_subject(ledger->entries, ledger->n_entries, subject);
}

const struct rel_ledger_entry *rel_ledger_find(const struct rel_ledger *ledger,
					       struct rel_str subject)
{
	uint32_t at = rel_ledger_at(ledger, subject);

	return at < ledger->n_entries &&
		       rel_str_eq(ledger->entries[at].subject, subject)
		   ? &ledger->entries[at]
		   : NULL;
}

const struct rel_ledger_entry *rel_ledger_lines(const struct rel_ledger *ledger,
						struct rel_str subject,
						uint32_t *n)
{
	uint32_t at = find_subject(ledger->lines, ledger->n_lines, subject);

	*n = 0;
	while (at + *n < ledger->n_lines &&
	       rel_str_eq(ledger->lines[at + *n].subject, subject))
		++*n;
	return *n > 0 ? &ledger->lines[at] : NULL;
}

bool rel_ledger_is_note(const struct rel_ledger_entry *entry)
{
	return rel_str_find(entry->subject, '#') < entry->subject.len;
}

const struct rel_ledger_entry *rel_ledger_withdrawn(
    const struct rel_ledger *ledger, struct rel_str name,
    struct rel_str version)
{
	const struct rel_ledger_entry *entry = NULL;
	struct rel_buf subject;

	rel_buf_init(&subject, REL_LIMIT_CONFIG_BYTES);
	rel_ledger_subject(&subject, name, version, NULL);
	rel_buf_add_cstr(&subject, REL_LEDGER_WITHDRAWN);
	if (subject.status == 0)
		entry = rel_ledger_find(ledger, rel_buf_str(&subject));
	rel_buf_free(&subject);
	return entry;
}

/* A word of a line: no blank, nothing invisible. */
static void add_word(struct rel_buf *out, struct rel_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		if (c > ' ' && c < 0x7f && c != '%' && c != '#')
			rel_buf_add_char(out, (char)c);
		else
			rel_buf_printf(out, "%%%02X", c);
	}
}

int rel_ledger_subject(struct rel_buf *out, struct rel_str name,
		       struct rel_str version, const struct rel_str *file)
{
	rel_buf_printf(out, "%.*s.%.*s", REL_STR_ARG(name),
		       REL_STR_ARG(version));
	if (!file)
		return out->status;
	rel_buf_add_char(out, '/');
	add_word(out, *file);
	return out->status;
}

int rel_ledger_subject_of(struct rel_buf *out, struct rel_str name,
			  struct rel_str version,
			  const struct rel_archive_of *archive)
{
	if (!archive->beside)
		return rel_ledger_subject(out, name, version,
					  archive->file.ptr ? &archive->file
							    : NULL);
	rel_ledger_subject(out, name, version, NULL);
	rel_buf_add_cstr(out, "//");
	add_word(out, archive->file);
	return out->status;
}

int rel_ledger_place(struct rel_buf *out, const struct rel_archive_of *archive)
{
	if (archive->beside)
		return out->status;
	rel_buf_add_cstr(out, places[0]);
	add_word(out, archive->src);
	for (uint32_t i = 0; i < archive->n_mirrors; i++) {
		rel_buf_printf(out, " %s", places[1]);
		add_word(out, archive->mirrors[i]);
	}
	if (archive->subpath.len > 0) {
		rel_buf_printf(out, " %s", places[2]);
		add_word(out, archive->subpath);
	}
	return out->status;
}

enum rel_ledger_match rel_ledger_match(const struct rel_ledger_entry *entry,
				       const struct rel_digest *digests,
				       size_t n_digests)
{
	bool common = false, missing = false;

	for (uint32_t i = 0; i < entry->n_digests; i++) {
		const struct rel_digest *was = &entry->digests[i];
		const struct rel_digest *is =
		    rel_digest_find(digests, n_digests, was->algo);

		if (is && rel_digest_cmp(was, is))
			return REL_LEDGER_DIFFERENT;
		common |= is != NULL;
		missing |= !is && (was->algo != REL_DIGEST_MD5 ||
				   entry->n_digests == 1);
	}
	return !common	 ? REL_LEDGER_UNRELATED
	       : missing ? REL_LEDGER_WEAKER
			 : REL_LEDGER_SAME;
}

static void add_line(struct rel_buf *out, const struct rel_ledger_entry *entry)
{
	char text[REL_DIGEST_TEXT_MAX];

	rel_buf_add_str(out, entry->subject);
	if (entry->size == REL_LEDGER_SIZE_UNKNOWN)
		rel_buf_add_cstr(out, " -");
	else
		rel_buf_printf(out, " %" PRIu64, entry->size);
	rel_buf_printf(out, " %s", entry->commit[0] ? entry->commit : "-");
	for (unsigned algo = 0; algo < REL_DIGEST_ALGOS; algo++) {
		for (uint32_t i = 0; i < entry->n_digests; i++) {
			if (entry->digests[i].algo != algo)
				continue;
			rel_digest_format(text, &entry->digests[i]);
			rel_buf_printf(out, " %s", text);
		}
	}
	if (entry->place.len > 0)
		rel_buf_printf(out, " %.*s", REL_STR_ARG(entry->place));
	rel_buf_add_char(out, '\n');
}

static int fail_published(const struct rel_ledger_entry *there,
			  const char *path, struct rel_error *err)
{
	char text[REL_DIGEST_TEXT_MAX];

	rel_digest_format(text, &there->digests[0]);
	rel_fail(err, REL_EEXISTS,
		 "%.*s has been published with other bytes, %s; give the new "
		 "ones a new version",
		 REL_STR_ARG(there->subject), text);
	rel_error_at(err, path, there->line, 0);
	return REL_EEXISTS;
}

/* Does a line say what those before it do not? */
static bool says_more(const struct rel_ledger_entry *entry,
		      const struct rel_ledger_entry *there)
{
	for (uint32_t i = 0; i < entry->n_digests; i++)
		if (!rel_digest_find(there->digests, there->n_digests,
				     entry->digests[i].algo))
			return true;
	return entry->place.ptr && !rel_str_eq(entry->place, there->place);
}

int rel_ledger_append(struct rel_buf *out, uint32_t *added, struct rel_str old,
		      const char *path, const struct rel_ledger_entry *entries,
		      size_t n_entries, struct rel_error *err)
{
	struct rel_ledger ledger;
	struct rel_arena arena;
	uint32_t n = 0;
	int rc;

	rel_arena_init(&arena, REL_LIMIT_ARENA);
	rc = rel_ledger_read(&ledger, old, path, &arena, err);
	rel_buf_add_str(out, old);
	for (size_t i = 0; rc == 0 && i < n_entries; i++) {
		const struct rel_ledger_entry *there =
		    rel_ledger_find(&ledger, entries[i].subject);

		if (there && rel_ledger_match(there, entries[i].digests,
					      entries[i].n_digests) ==
				 REL_LEDGER_DIFFERENT)
			rc = fail_published(there, path, err);
		if (rc || (there && !says_more(&entries[i], there)))
			continue;
		if (n == 0 && old.len == 0)
			rel_buf_add_cstr(out, FIRST_LINES);
		else if (n == 0 && old.ptr[old.len - 1] != '\n')
			rel_buf_add_char(out, '\n');
		add_line(out, &entries[i]);
		n++;
	}
	rel_arena_free(&arena);
	if (rc == 0)
		rc = rel_buf_status(out, path, err);
	if (added)
		*added = n;
	return rc;
}
