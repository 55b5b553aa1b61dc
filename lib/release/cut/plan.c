/* The plan of a cut, in the journal and out of it, and what follows from it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "release/cut/cut_private.h"

#define SECTION "plan"

enum kind {
	TEXT,	 /* const char * */
	NAMES,	 /* struct rel_cut_names: comma-separated */
	BOOL,	 /* yes, no */
	SECONDS, /* int64_t */
	MINUTES, /* int */
	ID,	 /* struct rel_git_id */
	MAYBE,	 /* struct rel_cut_id: empty when there is none */
	FORMAT,	 /* enum rel_archive_format */
	SIGN,	 /* enum rel_git_signature_kind */
	LINES,	 /* struct rel_str: its lines joined by a vertical bar */
	ENCODED, /* struct rel_str: percent-encoded */
};

/* Each key is as long in the journal as it is named here.  `absent` is what a
 * journal means that was begun before relctl knew the key; NULL: each has it.
 */
static const struct field {
	const char *key;
	size_t offset;
	enum kind kind;
	const char *absent;
} fields[] = {
#define AT(member) offsetof(struct rel_cut_plan, member)
    {"packages", AT(packages), NAMES, NULL},
    {"version", AT(version), TEXT, NULL},
    {"name", AT(name), TEXT, NULL},
    {"base", AT(base), ID, NULL},
    {"branch", AT(branch), TEXT, NULL},
    {"tag", AT(tag), TEXT, NULL},
    {"tag_found", AT(tag_found), MAYBE, NULL},
    {"archive", AT(archive), FORMAT, NULL},
    {"sign", AT(sign), SIGN, NULL},
    {"time", AT(author.time), SECONDS, NULL},
    {"offset", AT(author.offset_minutes), MINUTES, NULL},
    {"author", AT(author.name), TEXT, NULL},
    {"email", AT(author.email), TEXT, NULL},
    {"remote", AT(remote), TEXT, NULL},
    {"location", AT(location), TEXT, NULL},
    {"review", AT(review), TEXT, NULL},
    {"push_remote", AT(push_remote), TEXT, NULL},
    {"upstream", AT(upstream), TEXT, NULL},
    {"upstream_was", AT(upstream_was), MAYBE, NULL},
    {"no_changelog", AT(no_changelog), BOOL, NULL},
    {"allow_broken", AT(allow_broken), BOOL, NULL},
    {"broken", AT(broken), TEXT, NULL},
    {"tip", AT(tip), TEXT, NULL},
    {"push_first", AT(push_first), BOOL, "no"},
    {"request", AT(request), BOOL, "no"},
    {"watermarks", AT(watermarks), BOOL, "no"},
    {"date_changelog", AT(date_changelog), BOOL, "no"},
    {"notes", AT(notes), ENCODED, ""},
    {"avoid", AT(avoid), BOOL, "no"},
    {"older", AT(older), BOOL, "no"},
    {"left_out", AT(left_out), NAMES, ""},
    {"signature", AT(signature), LINES, ""},
    {"trial", AT(trial), BOOL, "no"},
#undef AT
};
#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char *const signs[] = {[REL_GIT_SIGN_NONE] = "none",
				    [REL_GIT_SIGN_SSH] = "ssh",
				    [REL_GIT_SIGN_GPG] = "gpg"};

const char *rel_cut_sign_name(enum rel_git_signature_kind kind)
{
	return signs[kind];
}

bool rel_cut_sign_of(enum rel_git_signature_kind *out, const char *word)
{
	for (unsigned i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(signs[i], word) == 0) {
			*out = (enum rel_git_signature_kind)i;
			return true;
		}
	return false;
}

/* Append the text of a field. */
static int write_field(struct rel_buf *out, const struct field *f,
		       const struct rel_cut_plan *plan, struct rel_error *err)
{
	const void *at = (const char *)plan + f->offset;
	const struct rel_cut_id *maybe = at;
	const struct rel_str *text = at;
	char id[REL_GIT_ID_TEXT];

	switch (f->kind) {
	case TEXT:
		rel_buf_add_cstr(out, *(const char *const *)at);
		break;
	case NAMES:
		rel_buf_add_cstr(out, ((const struct rel_cut_names *)at)->text);
		break;
	case BOOL:
		rel_buf_add_cstr(out, *(const bool *)at ? "yes" : "no");
		break;
	case SECONDS:
		rel_buf_printf(out, "%lld", (long long)*(const int64_t *)at);
		break;
	case MINUTES:
		rel_buf_printf(out, "%d", *(const int *)at);
		break;
	case ID:
		rel_buf_add_cstr(out, rel_git_id_format(id, at));
		break;
	case MAYBE:
		if (maybe->known)
			rel_buf_add_cstr(out,
					 rel_git_id_format(id, &maybe->id));
		break;
	case FORMAT:
		rel_buf_add_cstr(out, rel_archive_format_name(*(
					  const enum rel_archive_format *)at));
		break;
	case SIGN:
		rel_buf_add_cstr(
		    out, signs[*(const enum rel_git_signature_kind *)at]);
		break;
	case LINES:
		for (size_t i = 0; i < text->len; i++)
			rel_buf_add_char(
			    out, text->ptr[i] == '\n' ? '|' : text->ptr[i]);
		break;
	case ENCODED:
		rel_publish_add_segment(out, *text);
		break;
	}
	return rel_buf_status(out, f->key, err);
}

int rel_cut_plan_save(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_buf text;
	int rc = 0;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; rc == 0 && i < N_FIELDS; i++) {
		rel_buf_clear(&text);
		rc = write_field(&text, &fields[i], &cut->plan, err);
		if (rc == 0)
			rc = rel_journal_set(&cut->journal, SECTION,
					     fields[i].key, err, "%s",
					     text.ptr ? text.ptr : "");
	}
	rel_buf_free(&text);
	return rc;
}

int rel_cut_names_of(struct rel_cut_names *out, struct rel_cut *cut,
		     const char *text, struct rel_error *err)
{
	struct rel_str rest = rel_str_of(text);
	const char **names =
	    rel_arena_array(&cut->arena, rest.len + 1, sizeof(*names));

	*out = (struct rel_cut_names){.items = names, .text = text};
	while (names && rest.len) {
		names[out->count] =
		    rel_arena_copy(&cut->arena, rel_str_cut(&rest, ','));
		if (!names[out->count++])
			return rel_fail_nomem(err);
	}
	return names ? 0 : rel_fail_nomem(err);
}

static bool read_int(int64_t *out, const char *text, int64_t max)
{
	char *end = NULL;
	long long value = strtoll(text, &end, 10);

	*out = value;
	return *text && *end == '\0' && value <= max && value >= -max;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "a%0Ab" in place.  false: not that. */
static bool decode(char *text, size_t *len)
{
	size_t n = 0;

	for (const char *at = text; *at; at++) {
		text[n] = *at;
		if (*at == '%') {
			if (hex(at[1]) < 0 || hex(at[2]) < 0)
				return false;
			text[n] = (char)(16 * hex(at[1]) + hex(at[2]));
			at += 2;
		}
		n++;
	}
	text[n] = '\0';
	*len = n;
	return true;
}

/* The value of a field from its text.  1: it is none. */
static int read_field(struct rel_cut *cut, const struct field *f,
		      const char *text, struct rel_error *err)
{
	void *at = (char *)&cut->plan + f->offset;
	struct rel_cut_id *maybe = at;
	struct rel_str *str = at;
	int64_t number = 0;
	char *copy;

	switch (f->kind) {
	case TEXT:
		*(const char **)at = text;
		return 0;
	case NAMES:
		return rel_cut_names_of(at, cut, text, err);
	case BOOL:
		*(bool *)at = strcmp(text, "yes") == 0;
		return !*(bool *)at && strcmp(text, "no") != 0;
	case SECONDS:
		return !read_int(at, text, INT64_MAX);
	case MINUTES:
		/* no zone is further away */
		if (!read_int(&number, text, 24 * 60))
			return 1;
		*(int *)at = (int)number;
		return 0;
	case ID:
		return !rel_git_id_parse(at, rel_str_of(text));
	case MAYBE:
		maybe->known = *text != '\0';
		return maybe->known &&
		       !rel_git_id_parse(&maybe->id, rel_str_of(text));
	case FORMAT:
		return !rel_archive_format_of(at, rel_str_of(text));
	case SIGN:
		return !rel_cut_sign_of(at, text);
	case LINES:
	case ENCODED:
		break;
	}
	copy = rel_arena_copy(&cut->arena, rel_str_of(text));
	if (!copy)
		return rel_fail_nomem(err);
	*str = rel_str_of(copy);
	if (f->kind == ENCODED)
		return !decode(copy, &str->len);
	for (char *bar = copy; (bar = strchr(bar, '|')); bar++)
		*bar = '\n';
	return 0;
}

int rel_cut_plan_load(struct rel_cut *cut, struct rel_error *err)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		const struct field *f = &fields[i];
		const char *text =
		    rel_journal_get(&cut->journal, SECTION, f->key);
		char how[128];
		int rc;

		text = text ? text : f->absent;
		if (!text)
			return rel_journal_refuse(
			    &cut->journal, err,
			    "was written by another version of relctl");
		rc = read_field(cut, f, text, err);
		if (rc > 0) {
			snprintf(how, sizeof(how),
				 "was written by another version of relctl: "
				 "%s: %s is \"%.40s\"",
				 SECTION, f->key, text);
			return rel_journal_refuse(&cut->journal, err, how);
		}
		if (rc)
			return rc;
	}
	return 0;
}

/* As it was decided, whatever relctl.yml and the remotes say by now. */
static void restore_left_out(struct rel_cut *cut)
{
	const struct rel_cut_names *out = &cut->plan.left_out;

	for (size_t i = 0; i < cut->project->n_packages; i++) {
		struct rel_project_package *p = &cut->project->packages[i];

		p->internal = NULL;
		for (size_t k = 0; k < out->count; k++)
			if (rel_str_is(p->name, out->items[k]))
				p->internal = "the plan leaves it out";
	}
}

/* What the steps have made. */
static int read_made(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_journal *j = &cut->journal;
	const char *commit = rel_journal_get(j, "bump", "commit");
	const char *tag = rel_journal_get(j, "tag", "object");
	const char *size = rel_journal_get(j, "pack", "size");
	static const char *const keys[] = {"sha256", "sha512"};
	int64_t bytes = 0;
	bool fine = true;

	if (commit)
		fine = rel_git_id_parse(&cut->commit, rel_str_of(commit));
	if (tag)
		fine &= rel_git_id_parse(&cut->tag, rel_str_of(tag));
	if (size)
		fine &= read_int(&bytes, size, INT64_MAX) && bytes >= 0;
	cut->size = (uint64_t)bytes;
	for (size_t i = 0; fine && i < 2; i++) {
		const char *text = rel_journal_get(j, "pack", keys[i]);
		int rc = text ? rel_digest_parse(&cut->digests[i],
						 rel_str_of(text), err)
			      : 0;

		if (rc)
			return rc;
	}
	return fine ? 0
		    : rel_journal_refuse(j, err,
					 "names an object that no git has");
}

int rel_cut_resume(struct rel_cut *cut, struct rel_error *err)
{
	int rc = rel_cut_plan_load(cut, err);

	if (rc == 0)
		rc = read_made(cut, err);
	if (rc == 0)
		rc = rel_project_scan(&cut->project, rel_cut_store(cut),
				      &cut->plan.base, rel_cut_conf(cut), err);
	if (rc)
		return rc;
	restore_left_out(cut);
	rc = rel_project_select(&cut->chosen, &cut->n_chosen, cut->project,
				cut->plan.packages.items,
				cut->plan.packages.count, err);
	return rc ? rc : rel_cut_derive(cut, err);
}

int rel_cut_derive(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_cut_plan *plan = &cut->plan;
	int rc;

	cut->archive_name =
	    rel_cut_text(cut, "%s-%s.%s", plan->name, plan->version,
			 rel_archive_format_name(plan->archive));
	if (cut->archive_name)
		cut->archive_path = rel_cut_text(cut, "%s/%s", cut->journal.dir,
						 cut->archive_name);
	if (!cut->archive_path)
		return rel_fail_nomem(err);
	rc = rel_bump_find(&cut->bump, cut->project, cut->chosen, cut->n_chosen,
			   rel_str_of(plan->version), rel_cut_conf(cut), err);
	if (rc == 0)
		rc = rel_cut_date_changelog(cut, err);
	return rc ? rc : rel_cut_take_texts(cut, err);
}
