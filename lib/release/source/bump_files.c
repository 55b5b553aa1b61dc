/* Versions in files that are neither opam files nor dune-project: META, _oasis,
 * VERSION, and those that relctl.yml names. */
#include <stdlib.h>

#include "base/array.h"
#include "base/limits.h"
#include "opam/version.h"
#include "release/source/source_private.h"

void rel_spans_free(struct rel_spans *spans)
{
	free(spans->items);
}

static int add(struct rel_spans *out, size_t start, size_t end,
	       struct rel_error *err)
{
	if (rel_array_reserve((void **)&out->items, &out->cap,
			      (uint64_t)out->count + 1, sizeof(*out->items)))
		return rel_fail_nomem(err);
	out->items[out->count++] = (struct rel_span){start, end};
	return 0;
}

/* A version with a number in front: "1.0", "v1.0"; no template. */
static bool is_numbered(struct rel_str s)
{
	if (!rel_version_is_valid(s))
		return false;
	return rel_is_digit(s.ptr[0]) ||
	       (s.len > 1 && s.ptr[0] == 'v' && rel_is_digit(s.ptr[1]));
}

/* A META file, word by word. */
struct meta {
	struct rel_str text;
	size_t at;
	const char *path;
	struct rel_error *err;
};

enum token {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_STRING, /* span: between the quotes */
	TOKEN_OTHER,  /* one character */
};

static int fail_meta(struct meta *m, size_t at, const char *text)
{
	uint32_t line = 1;
	size_t start = 0;
	int rc = rel_fail(m->err, REL_EPARSE, "%s", text);

	for (size_t i = 0; i < at; i++) {
		if (m->text.ptr[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	rel_error_at(m->err, m->path, line, (uint32_t)(at - start) + 1);
	return rc;
}

static void skip_blanks(struct meta *m)
{
	while (m->at < m->text.len) {
		char c = m->text.ptr[m->at];

		if (c == '#')
			m->at += rel_str_find(
			    rel_str_sub(m->text, m->at, m->text.len), '\n');
		else if (c && strchr(" \t\r\n", c))
			m->at++;
		else
			return;
	}
}

static bool is_name_char(char c)
{
	return rel_is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}

static int next_token(struct meta *m, enum token *token, struct rel_span *span)
{
	const char *p = m->text.ptr;

	skip_blanks(m);
	span->start = m->at;
	*token = m->at < m->text.len ? TOKEN_OTHER : TOKEN_END;
	if (*token == TOKEN_END)
		return 0;
	if (p[m->at] == '"') {
		*token = TOKEN_STRING;
		span->start = ++m->at;
		while (m->at < m->text.len && p[m->at] != '"')
			m->at += p[m->at] == '\\' ? 2 : 1;
		if (m->at >= m->text.len)
			return fail_meta(m, span->start - 1,
					 "this string has no end");
		span->end = m->at++;
		return 0;
	}
	if (is_name_char(p[m->at])) {
		*token = TOKEN_NAME;
		while (m->at < m->text.len && is_name_char(p[m->at]))
			m->at++;
	} else {
		m->at++;
	}
	span->end = m->at;
	return 0;
}

static struct rel_str span_text(struct rel_str text, struct rel_span span)
{
	return rel_str_sub(text, span.start, span.end);
}

/* The last tokens, to see `version = "…"`. */
struct window {
	struct rel_str name; /* token before the last, when it is a name */
	struct rel_str last;
};

/* Count a parenthesis; depth 0 = the package's own fields. */
static int count_depth(struct meta *m, struct rel_span span, unsigned *depth)
{
	char c = m->text.ptr[span.start];

	if (c == '(')
		(*depth)++;
	else if (c == ')' && *depth == 0)
		return fail_meta(m, span.start,
				 "this parenthesis closes nothing");
	else if (c == ')')
		(*depth)--;
	return 0;
}

int rel_bump_find_meta(struct rel_spans *out, struct rel_str text,
		       const char *path, struct rel_error *err)
{
	struct meta m = {.text = text, .path = path, .err = err};
	struct window w = {REL_STR(""), REL_STR("")};
	struct rel_str own = REL_STR("");
	struct rel_span span;
	enum token token;
	unsigned depth = 0;
	int rc;

	for (rc = next_token(&m, &token, &span); !rc && token != TOKEN_END;
	     rc = next_token(&m, &token, &span)) {
		struct rel_str here = span_text(text, span);

		if (token == TOKEN_STRING && rel_str_is(w.last, "=") &&
		    rel_str_is(w.name, "version")) {
			if (depth == 0 && own.len == 0 && is_numbered(here))
				own = here;
			if (own.len && rel_str_eq(here, own))
				rc = add(out, span.start, span.end, err);
		} else if (token == TOKEN_OTHER) {
			rc = count_depth(&m, span, &depth);
		}
		if (rc)
			break;
		w.name = w.last;
		w.last = token == TOKEN_STRING ? REL_STR("") : here;
	}
	if (!rc && depth)
		rc = fail_meta(&m, text.len, "a parenthesis is not closed");
	return rc;
}

static bool is_field(struct rel_str line, const char *lower)
{
	size_t len = strlen(lower);

	for (size_t i = 0; i < len; i++) {
		char c = i < line.len ? line.ptr[i] : '\0';

		if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != lower[i])
			return false;
	}
	line = rel_str_trim(rel_str_sub(line, len, line.len));
	return line.len && line.ptr[0] == ':';
}

/* "Library x": a line at the margin without a colon. */
static bool is_section(struct rel_str line)
{
	return line.len && !strchr(" \t#", line.ptr[0]) &&
	       rel_str_find(line, ':') == line.len;
}

int rel_bump_find_oasis(struct rel_spans *out, struct rel_str text,
			struct rel_error *err)
{
	struct rel_str rest = text;

	while (rest.ptr) {
		struct rel_str line = rel_str_cut(&rest, '\n'), value;

		if (is_section(rel_str_trim(line).len ? line : REL_STR("")))
			return 0;
		if (!is_field(line, "version"))
			continue;
		value = rel_str_trim(
		    rel_str_sub(line, rel_str_find(line, ':') + 1, line.len));
		if (!is_numbered(value))
			return 0;
		return add(out, (size_t)(value.ptr - text.ptr),
			   (size_t)(value.ptr - text.ptr) + value.len, err);
	}
	return 0;
}

int rel_bump_find_line(struct rel_spans *out, struct rel_str text,
		       struct rel_str version, struct rel_error *err)
{
	struct rel_str line =
	    rel_str_trim(rel_str_sub(text, 0, rel_str_find(text, '\n')));
	size_t start;

	if (!is_numbered(line))
		return 0;
	if (line.ptr[0] == 'v' && !rel_str_starts(version, REL_STR("v")))
		line = rel_str_sub(line, 1, line.len);
	start = (size_t)(line.ptr - text.ptr);
	return add(out, start, start + line.len, err);
}

/* The longest version at the front of `text` with `after` behind it; 0 =
 * none. */
static size_t longest_version(struct rel_str text, struct rel_str after,
			      bool bounded)
{
	size_t run = 0;

	while (run < text.len && run < REL_LIMIT_VERSION_BYTES &&
	       rel_version_is_valid(rel_str_sub(text, run, run + 1)))
		run++;
	while (run && after.len == 0 && text.ptr[run - 1] == '.')
		run--;
	for (; run > 0; run--) {
		if (rel_str_starts(rel_str_sub(text, run, text.len), after))
			break;
	}
	if (run && !bounded && !rel_is_digit(text.ptr[0]))
		return 0;
	return run;
}

int rel_bump_find_pattern(struct rel_spans *out, struct rel_str text,
			  struct rel_str pattern, struct rel_error *err)
{
	static const struct rel_str place = {"{version}", 9};
	size_t at = 0, from = 0;
	struct rel_str before, after;

	while (at < pattern.len &&
	       !rel_str_starts(rel_str_sub(pattern, at, pattern.len), place))
		at++;
	before = rel_str_sub(pattern, 0, at);
	after = rel_str_sub(pattern, at + place.len, pattern.len);
	while (from + before.len < text.len) {
		struct rel_str rest = rel_str_sub(text, from, text.len);
		size_t length = 0;

		if (rel_str_starts(rest, before))
			length = longest_version(
			    rel_str_sub(rest, before.len, rest.len), after,
			    before.len && after.len);
		if (length) {
			int rc = add(out, from + before.len,
				     from + before.len + length, err);

			if (rc)
				return rc;
			from += before.len + length;
		} else {
			from++;
		}
	}
	return 0;
}

static int add_spans(struct rel_bump_finder *f, struct rel_bump_file *file,
		     size_t owner, const struct rel_spans *spans)
{
	int rc = 0;

	for (uint32_t i = 0; i < spans->count && !rc; i++)
		rc = rel_bump_add(f, file, owner, spans->items[i].start,
				  spans->items[i].end);
	return rc;
}

static int look_meta(struct rel_bump_finder *f, const char *pattern,
		     size_t owner)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	const char *path = pattern;
	int rc = 0;

	if (owner != REL_BUMP_OF_PROJECT)
		rc = rel_project_expand(&path, f->project, pattern,
					f->project->packages[owner].name,
					f->err);
	if (!rc)
		rc = rel_bump_open(&file, f, path);
	if (rc || !file)
		return rc;
	rc = rel_bump_find_meta(&spans, file->text, path, f->err);
	if (!rc)
		rc = add_spans(f, file, owner, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int look_metas(struct rel_bump_finder *f)
{
	static const char *const shared[] = {"META", "pkg/META", "src/META",
					     "lib/META"};
	static const char *const named[] = {
	    "META.{name}", "{name}/META", "lib/{name}/META", "src/{name}/META"};
	int rc = 0;

	for (size_t i = 0; i < 4 && !rc; i++)
		rc = look_meta(f, shared[i], REL_BUMP_OF_PROJECT);
	for (size_t p = 0; p < f->project->n_packages; p++) {
		for (size_t i = 0; i < 4 && !rc; i++)
			rc = look_meta(f, named[i], p);
	}
	return rc;
}

static int look_oasis(struct rel_bump_finder *f)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	int rc = rel_bump_open(&file, f, "_oasis");

	if (rc || !file)
		return rc;
	rc = rel_bump_find_oasis(&spans, file->text, f->err);
	if (!rc)
		rc = add_spans(f, file, REL_BUMP_OF_PROJECT, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int look_version(struct rel_bump_finder *f)
{
	struct rel_spans spans = {0};
	struct rel_bump_file *file;
	int rc = rel_bump_open(&file, f, "VERSION");

	if (rc || !file)
		return rc;
	rc = rel_bump_find_line(&spans, file->text, f->version, f->err);
	if (!rc)
		rc = add_spans(f, file, REL_BUMP_OF_PROJECT, &spans);
	rel_spans_free(&spans);
	return rc;
}

static int fail_version_file(const struct rel_bump_finder *f, const char *path,
			     const char *pattern)
{
	if (pattern)
		return rel_fail(f->err, REL_ENOTFOUND,
				"nothing in \"%.200s\" looks like \"%.200s\", "
				"a version file in relctl.yml",
				path, pattern);
	return rel_fail(f->err, REL_ENOTFOUND,
			"the first line of \"%.200s\", a version file in "
			"relctl.yml, is no version",
			path);
}

/* relctl.yml's file and pattern, for one package or the project. */
static int look_configured(struct rel_bump_finder *f,
			   const struct rel_conf_version_file *conf,
			   size_t owner)
{
	const char *path = conf->path, *pattern = conf->pattern;
	struct rel_spans spans = {0};
	struct rel_bump_file *file = NULL;
	int rc = 0;

	if (owner != REL_BUMP_OF_PROJECT) {
		struct rel_str name = f->project->packages[owner].name;

		rc = rel_project_expand(&path, f->project, path, name, f->err);
		if (!rc && pattern)
			rc = rel_project_expand(&pattern, f->project, pattern,
						name, f->err);
	}
	if (!rc)
		rc = rel_bump_open(&file, f, path);
	if (!rc && !file)
		rc = rel_fail(f->err, REL_ENOTFOUND,
			      "the source has no file \"%.200s\", a version "
			      "file in relctl.yml",
			      path);
	if (rc)
		return rc;
	rc = pattern
		 ? rel_bump_find_pattern(&spans, file->text,
					 rel_str_of(pattern), f->err)
		 : rel_bump_find_line(&spans, file->text, f->version, f->err);
	if (!rc && spans.count == 0)
		rc = fail_version_file(f, path, pattern);
	if (!rc)
		rc = add_spans(f, file, owner, &spans);
	rel_spans_free(&spans);
	return rc;
}

int rel_bump_look_configured(struct rel_bump_finder *f,
			     const struct rel_conf_release *release)
{
	int rc = 0;

	for (size_t i = 0; i < release->n_version_files && !rc; i++) {
		const struct rel_conf_version_file *conf =
		    &release->version_files[i];

		if (!strstr(conf->path, "{name}") &&
		    !(conf->pattern && strstr(conf->pattern, "{name}"))) {
			rc = look_configured(f, conf, REL_BUMP_OF_PROJECT);
			continue;
		}
		for (size_t p = 0; p < f->project->n_packages && !rc; p++) {
			if (f->released[p] && !f->project->packages[p].internal)
				rc = look_configured(f, conf, p);
		}
	}
	return rc;
}

int rel_bump_look_files(struct rel_bump_finder *f)
{
	int rc = look_metas(f);

	if (!rc)
		rc = look_oasis(f);
	return rc ? rc : look_version(f);
}
