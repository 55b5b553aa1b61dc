/* $Format:…$ of export-subst.  Source: git archive.c (format_subst) and
 * pretty.c (format_commit_one); git-log(1), "PRETTY FORMATS". */
#include "git/convert.h"
#include "git/git_private.h"

#define SHORT_DIGITS 7

struct rel_git_subst {
	git_commit *commit;
	char *tag; /* "" = none */
};

int rel_git_subst_open(struct rel_git_subst **out, struct rel_git_store *store,
		       const struct rel_git_id *commit, const char *tag,
		       struct rel_error *err)
{
	struct rel_git_subst *subst = calloc(1, sizeof(*subst));
	char hex[REL_GIT_ID_TEXT];
	git_oid oid;
	int status, r = 0;

	*out = NULL;
	if (!subst)
		return rel_fail_nomem(err);
	rel_git_id_to_oid(&oid, commit);
	subst->tag = strdup(tag ? tag : "");
	status = git_commit_lookup(&subst->commit, store->repo, &oid);
	if (!subst->tag)
		r = rel_fail_nomem(err);
	else if (status < 0)
		r = rel_git_library_fail(err, status, "cannot read commit %s",
					 rel_git_id_format(hex, commit));
	if (r == 0)
		*out = subst;
	else
		rel_git_subst_free(subst);
	return r;
}

void rel_git_subst_free(struct rel_git_subst *subst)
{
	if (!subst)
		return;
	git_commit_free(subst->commit);
	free(subst->tag);
	free(subst);
}

int64_t rel_git_subst_time(const struct rel_git_subst *subst)
{
	return git_commit_time(subst->commit);
}

static void add_id(struct rel_buf *out, const git_oid *oid, bool whole)
{
	char hex[GIT_OID_HEXSZ + 1];

	git_oid_tostr(hex, sizeof(hex), oid);
	rel_buf_add(out, hex, whole ? GIT_OID_HEXSZ : SHORT_DIGITS);
}

static void add_parents(struct rel_buf *out, const git_commit *commit,
			bool whole)
{
	for (unsigned i = 0; i < git_commit_parentcount(commit); i++) {
		if (i > 0)
			rel_buf_add_char(out, ' ');
		add_id(out, git_commit_parent_id(commit, i), whole);
	}
}

/* "+0130" or "+01:30" */
static void add_zone(struct rel_buf *out, int minutes, const char *between)
{
	int size = minutes < 0 ? -minutes : minutes;

	rel_buf_printf(out, "%c%02d%s%02d", minutes < 0 ? '-' : '+', size / 60,
		       between, size % 60);
}

/* git date.c, show_date(), in its formats that depend on nothing else. */
static bool add_date(struct rel_buf *out, const git_time *when, char kind)
{
	static const char DAYS[][4] = {"Sun", "Mon", "Tue", "Wed",
				       "Thu", "Fri", "Sat"};
	static const char MONTHS[][4] = {"Jan", "Feb", "Mar", "Apr",
					 "May", "Jun", "Jul", "Aug",
					 "Sep", "Oct", "Nov", "Dec"};
	time_t local = (time_t)(when->time + when->offset * 60);
	struct tm tm;

	if (gmtime_r(&local, &tm) == NULL)
		return false;
	switch (kind) {
	case 'd':
		rel_buf_printf(out, "%s %s %d %02d:%02d:%02d %d ",
			       DAYS[tm.tm_wday], MONTHS[tm.tm_mon], tm.tm_mday,
			       tm.tm_hour, tm.tm_min, tm.tm_sec,
			       tm.tm_year + 1900);
		add_zone(out, when->offset, "");
		return true;
	case 'D':
		rel_buf_printf(out, "%s, %d %s %d %02d:%02d:%02d ",
			       DAYS[tm.tm_wday], tm.tm_mday, MONTHS[tm.tm_mon],
			       tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			       tm.tm_sec);
		add_zone(out, when->offset, "");
		return true;
	case 't':
		rel_buf_printf(out, "%jd", (intmax_t)when->time);
		return true;
	default:
		break;
	}
	rel_buf_printf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		       tm.tm_mday);
	if (kind == 's')
		return true;
	rel_buf_printf(out, "%c%02d:%02d:%02d%s", kind == 'i' ? ' ' : 'T',
		       tm.tm_hour, tm.tm_min, tm.tm_sec,
		       kind == 'i' ? " " : "");
	add_zone(out, when->offset, kind == 'i' ? "" : ":");
	return true;
}

/* What follows %a or %c; false: not one that we expand. */
static bool add_person(struct rel_buf *out, const git_signature *who, char kind)
{
	struct rel_str mail = rel_str_of(who->email);

	switch (kind) {
	case 'n':
	case 'N':
		rel_buf_add_cstr(out, who->name);
		return true;
	case 'l':
	case 'L':
		mail.len = rel_str_find(mail, '@');
		/* fall through */
	case 'e':
	case 'E':
		rel_buf_add_str(out, mail);
		return true;
	case 'd':
	case 'D':
	case 't':
	case 'i':
	case 'I':
	case 's':
		return add_date(out, &who->when, kind);
	default:
		return false;
	}
}

/* Cut the first line off; without its trailing blanks. */
static struct rel_str cut_line(struct rel_str *rest)
{
	struct rel_str line = rel_str_cut(rest, '\n');

	while (line.len > 0 && memchr(" \t\r\v\f", line.ptr[line.len - 1], 5))
		line.len--;
	return line;
}

/* Behind the blank lines in front. */
static struct rel_str skip_blank_lines(struct rel_str text)
{
	struct rel_str rest = text;

	while (rest.ptr && cut_line(&rest).len == 0)
		text = rest;
	return text;
}

/* The first paragraph in one line; returns what is behind it. */
static struct rel_str add_subject(struct rel_buf *out, struct rel_str message)
{
	struct rel_str line, rest = skip_blank_lines(message);
	bool first = true;

	while (rest.ptr && (line = cut_line(&rest)).len > 0) {
		if (!first)
			rel_buf_add_char(out, ' ');
		rel_buf_add_str(out, line);
		first = false;
	}
	return rest;
}

static void add_message(struct rel_buf *out, const git_commit *commit,
			char kind)
{
	struct rel_str message = rel_str_of(git_commit_message_raw(commit));
	struct rel_buf subject;
	struct rel_str body;

	if (kind == 'B') {
		rel_buf_add_str(out, message);
		return;
	}
	rel_buf_init(&subject, out->max);
	body = add_subject(&subject, message);
	if (kind == 's')
		rel_buf_add_str(out, rel_buf_str(&subject));
	else if (body.ptr)
		rel_buf_add_str(out, skip_blank_lines(body));
	if (subject.status != 0)
		out->status = subject.status;
	rel_buf_free(&subject);
}

/* %d, %D and %(describe): the tag alone, whatever else points here. */
static void add_tag(struct rel_buf *out, const char *before, const char *tag,
		    const char *after)
{
	if (tag[0] != '\0')
		rel_buf_printf(out, "%s%s%s", before, tag, after);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Placeholders of one letter, and their lengths. */
static size_t add_simple(struct rel_buf *out, const struct rel_git_subst *subst,
			 char kind)
{
	const git_commit *commit = subst->commit;

	switch (kind) {
	case 'H':
	case 'h':
		add_id(out, git_commit_id(commit), kind == 'H');
		return 1;
	case 'T':
	case 't':
		add_id(out, git_commit_tree_id(commit), kind == 'T');
		return 1;
	case 'P':
	case 'p':
		add_parents(out, commit, kind == 'P');
		return 1;
	case 's':
	case 'b':
	case 'B':
		add_message(out, commit, kind);
		return 1;
	case 'n':
		rel_buf_add_char(out, '\n');
		return 1;
	case '%':
		rel_buf_add_char(out, '%');
		return 1;
	case 'D':
		add_tag(out, "tag: ", subst->tag, "");
		return 1;
	case 'd':
		add_tag(out, " (tag: ", subst->tag, ")");
		return 1;
	default:
		return 0;
	}
}

/* Expand what follows a '%': its length, 0 for what has no rule. */
static size_t add_placeholder(struct rel_buf *out,
			      const struct rel_git_subst *subst,
			      struct rel_str rest)
{
	const git_signature *who;
	size_t end;

	if (rest.len == 0)
		return 0;
	if (rest.len >= 3 && rest.ptr[0] == 'x') {
		int high = hex_digit(rest.ptr[1]), low = hex_digit(rest.ptr[2]);

		if (high < 0 || low < 0)
			return 0;
		rel_buf_add_char(out, (char)(high << 4 | low));
		return 3;
	}
	if (rest.len >= 2 && (rest.ptr[0] == 'a' || rest.ptr[0] == 'c')) {
		who = rest.ptr[0] == 'a' ? git_commit_author(subst->commit)
					 : git_commit_committer(subst->commit);
		return who && add_person(out, who, rest.ptr[1]) ? 2 : 0;
	}
	end = rel_str_find(rest, ')');
	if (end < rest.len && (rel_str_starts(rest, REL_STR("(describe)")) ||
			       rel_str_starts(rest, REL_STR("(describe:")))) {
		rel_buf_add_cstr(out, subst->tag);
		return end + 1;
	}
	return add_simple(out, subst, rest.ptr[0]);
}

/* Of what stands behind a '%', so much as helps to find it. */
static struct rel_str shown(struct rel_str rest)
{
	size_t n = 0;

	while (n < rest.len && n < 12 && rest.ptr[n] > ' ' &&
	       rest.ptr[n] < 127 && (n == 0 || rest.ptr[n] != '%'))
		n++;
	return rel_str_sub(rest, 0, n);
}

static int expand_format(struct rel_buf *out, const struct rel_git_subst *subst,
			 struct rel_str format, struct rel_error *err)
{
	while (format.len > 0) {
		size_t percent = rel_str_find(format, '%'), used;

		rel_buf_add_str(out, rel_str_sub(format, 0, percent));
		if (percent == format.len)
			break;
		format = rel_str_sub(format, percent + 1, format.len);
		used = add_placeholder(out, subst, format);
		if (used == 0)
			return rel_fail(
			    err, REL_EUSAGE,
			    "export-subst: %%%.*s is not the same in every "
			    "clone; use %%H, %%cI, %%(describe) or the like, "
			    "or take export-subst from this file",
			    REL_STR_ARG(shown(format)));
		format = rel_str_sub(format, used, format.len);
	}
	return 0;
}

int rel_git_subst_expand(struct rel_buf *out, const struct rel_git_subst *subst,
			 struct rel_str text, struct rel_error *err)
{
	static const char MARK[] = "$Format:";
	const size_t mark_len = sizeof(MARK) - 1;

	while (text.len > 0) {
		const char *mark = memmem(text.ptr, text.len, MARK, mark_len);
		struct rel_str format;
		size_t at, end;
		int r;

		if (!mark)
			break;
		at = (size_t)(mark - text.ptr);
		format = rel_str_sub(text, at + mark_len, text.len);
		end = rel_str_find(format, '$');
		if (end == format.len)
			break;
		rel_buf_add_str(out, rel_str_sub(text, 0, at));
		r = expand_format(out, subst, rel_str_sub(format, 0, end), err);
		if (r < 0)
			return r;
		text = rel_str_sub(format, end + 1, format.len);
	}
	rel_buf_add_str(out, text);
	return rel_buf_status(out, "file with export-subst", err);
}
