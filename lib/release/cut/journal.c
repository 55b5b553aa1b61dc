#include "release/cut/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "conf/yaml.h"
#include "digest/digest.h"

#define FILE_NAME  "journal.yml"
#define LOCK_NAME  "lock"
#define DIGEST_TAG "# sha256="

struct rel_journal_entry {
	struct rel_journal_entry *next;
	const char *section, *key, *value;
};

static struct rel_journal_entry *find(const struct rel_journal *j,
				      const char *section, const char *key)
{
	struct rel_journal_entry *e = j->first;

	while (e && (strcmp(e->section, section) || strcmp(e->key, key)))
		e = e->next;
	return e;
}

const char *rel_journal_get(const struct rel_journal *journal,
			    const char *section, const char *key)
{
	const struct rel_journal_entry *e = find(journal, section, key);

	return e ? e->value : NULL;
}

/* Behind the last of its section, so that sections stay together. */
static int insert(struct rel_journal *j, const char *section, const char *key,
		  const char *value, struct rel_error *err)
{
	struct rel_journal_entry *e = rel_arena_alloc(&j->arena, sizeof(*e));
	struct rel_journal_entry **at = &j->first, **place = NULL;

	if (e) {
		e->section = rel_arena_copy(&j->arena, rel_str_of(section));
		e->key = rel_arena_copy(&j->arena, rel_str_of(key));
		e->value = value;
	}
	if (!e || !e->section || !e->key)
		return rel_fail_nomem(err);
	for (; *at; at = &(*at)->next) {
		if (strcmp((*at)->section, section) == 0)
			place = &(*at)->next;
	}
	at = place ? place : at;
	e->next = *at;
	*at = e;
	return 0;
}

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

int rel_journal_set(struct rel_journal *journal, const char *section,
		    const char *key, struct rel_error *err, const char *fmt,
		    ...)
{
	struct rel_journal_entry *e = find(journal, section, key);
	va_list args;
	char *text;

	va_start(args, fmt);
	text = rel_arena_vprintf(&journal->arena, fmt, args);
	va_end(args);
	if (!text)
		return rel_fail_nomem(err);
	if (!is_plain(text))
		return rel_fail(err, REL_EUSAGE,
				"%s of %s holds a line end or another control "
				"character",
				key, section);
	if (!e)
		return insert(journal, section, key, text, err);
	e->value = text;
	return 0;
}

int rel_journal_refuse(const struct rel_journal *j, struct rel_error *err,
		       const char *how)
{
	rel_fail(err, REL_EPARSE,
		 "the journal of a cut %s; see with `git log` and `git tag` "
		 "how far it got, undo or finish by hand, and remove the file",
		 how);
	rel_error_at(err, j->path, 0, 0);
	return REL_EPARSE;
}

/* The last line must be the digest of all before it. */
static int check_digest(const struct rel_journal *j, struct rel_str text,
			struct rel_error *err)
{
	struct rel_str body = text, line;
	struct rel_digest digest;
	char hex[REL_DIGEST_TEXT_MAX];
	int rc;

	if (body.len && body.ptr[body.len - 1] == '\n')
		body.len--;
	body.len = rel_str_rfind(body, '\n');
	if (body.len >= text.len)
		return rel_journal_refuse(j, err, "is damaged");
	body.len++;
	line = rel_str_trim(rel_str_sub(text, body.len, text.len));
	rc = rel_digest_of(&digest, REL_DIGEST_SHA256, body, err);
	if (rc)
		return rc;
	rel_digest_hex(hex, &digest);
	if (!rel_str_starts(line, REL_STR(DIGEST_TAG)) ||
	    !rel_str_is(rel_str_sub(line, strlen(DIGEST_TAG), line.len), hex))
		return rel_journal_refuse(j, err, "is damaged");
	return 0;
}

static int take(struct rel_journal *j, const struct rel_yaml *root,
		struct rel_error *err)
{
	const struct rel_yaml *s, *v;
	const char *schema = NULL;
	int rc = 0;

	if (!root || root->kind != REL_YAML_MAPPING)
		return rel_journal_refuse(j, err, "is damaged");
	for (s = root->first; rc == 0 && s; s = s->next) {
		if (strcmp(s->key->text, "schema") == 0 &&
		    s->kind == REL_YAML_TEXT) {
			schema = s->text;
			continue;
		}
		if (s->kind != REL_YAML_MAPPING)
			return rel_journal_refuse(j, err, "is damaged");
		for (v = s->first; rc == 0 && v; v = v->next) {
			if (v->kind != REL_YAML_TEXT)
				return rel_journal_refuse(j, err, "is damaged");
			rc =
			    insert(j, s->key->text, v->key->text, v->text, err);
		}
	}
	if (rc == 0 && (!schema || strcmp(schema, REL_JOURNAL_SCHEMA) != 0))
		return rel_journal_refuse(
		    j, err, "was written by another version of relctl");
	return rc;
}

static int read_file(struct rel_journal *j, struct rel_error *err)
{
	struct rel_error why = {0};
	struct rel_yaml *root = NULL;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_file_read(&text, j->path, err);
	if (rc == REL_ENOTFOUND) {
		rel_buf_free(&text);
		return 0;
	}
	j->found = rc == 0;
	if (rc == 0)
		rc = check_digest(j, rel_buf_str(&text), err);
	if (rc == 0) {
		rc = rel_yaml_parse(&root, rel_buf_str(&text), &j->arena, &why);
		if (rc == REL_ENOMEM)
			rc = rel_fail_nomem(err);
		else if (rc)
			rc = rel_journal_refuse(j, err, "is damaged");
	}
	if (rc == 0)
		rc = take(j, root, err);
	rel_buf_free(&text);
	return rc;
}

static char *join(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int begin(struct rel_journal *j, const char *dir, struct rel_error *err)
{
	memset(j, 0, sizeof(*j));
	j->lock.fd = -1;
	rel_arena_init(&j->arena, REL_LIMIT_CONF_ARENA);
	j->dir = strdup(dir);
	j->path = join(dir, FILE_NAME);
	return j->dir && j->path ? 0 : rel_fail_nomem(err);
}

int rel_journal_read(struct rel_journal *journal, const char *dir,
		     struct rel_error *err)
{
	int rc = begin(journal, dir, err);

	return rc ? rc : read_file(journal, err);
}

int rel_journal_open(struct rel_journal *journal, const char *dir,
		     struct rel_error *err)
{
	char *lock = NULL;
	int rc = begin(journal, dir, err);

	if (rc == 0)
		rc = rel_mkdirs(dir, err);
	if (rc == 0 && !(lock = join(dir, LOCK_NAME)))
		rc = rel_fail_nomem(err);
	if (rc == 0)
		rc = rel_lock_take(&journal->lock, lock, false, err);
	if (rc == REL_EEXISTS)
		rc = rel_fail(err, REL_EEXISTS,
			      "another cut of this source is running; wait for "
			      "it to end");
	if (rc == 0)
		rc = read_file(journal, err);
	free(lock);
	return rc;
}

void rel_journal_close(struct rel_journal *journal)
{
	if (!journal->path && !journal->dir)
		return;
	rel_lock_drop(&journal->lock);
	rel_arena_free(&journal->arena);
	free(journal->path);
	free(journal->dir);
	memset(journal, 0, sizeof(*journal));
}

static void add_quoted(struct rel_buf *out, const char *text)
{
	rel_buf_add_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			rel_buf_add_char(out, '\\');
		rel_buf_add_char(out, *text);
	}
	rel_buf_add_char(out, '"');
}

static int format(struct rel_buf *out, const struct rel_journal *j,
		  struct rel_error *err)
{
	const struct rel_journal_entry *e;
	struct rel_digest digest;
	char hex[REL_DIGEST_TEXT_MAX];
	const char *section = "";
	int rc;

	rel_buf_add_cstr(out, "schema: " REL_JOURNAL_SCHEMA "\n");
	for (e = j->first; e; e = e->next) {
		if (strcmp(e->section, section) != 0)
			rel_buf_printf(out, "%s:\n", e->section);
		section = e->section;
		rel_buf_printf(out, "  %s: ", e->key);
		add_quoted(out, e->value);
		rel_buf_add_char(out, '\n');
	}
	rc = rel_buf_status(out, "the journal of a cut", err);
	if (rc == 0)
		rc = rel_digest_of(&digest, REL_DIGEST_SHA256, rel_buf_str(out),
				   err);
	if (rc)
		return rc;
	rel_digest_hex(hex, &digest);
	rel_buf_printf(out, DIGEST_TAG "%s\n", hex);
	return rel_buf_status(out, "the journal of a cut", err);
}

int rel_journal_save(struct rel_journal *journal, struct rel_error *err)
{
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = format(&text, journal, err);
	if (rc == 0)
		rc = rel_file_put(journal->path, rel_buf_str(&text), err);
	rel_buf_free(&text);
	return rc;
}

void rel_journal_clear(struct rel_journal *journal)
{
	journal->first = NULL;
	journal->found = false;
}

int rel_journal_remove(struct rel_journal *journal, struct rel_error *err)
{
	if (unlink(journal->path) == 0 || errno == ENOENT)
		return 0;
	return rel_fail_errno(err, errno, journal->path,
			      "cannot remove the journal");
}
