#include "report/cause.h"

#include <string.h>

#include "base/path.h"
#include "opam/version.h"
#include "report/view.h"

/* Where lines are gone, the one before them shows it. */
static uint32_t last_of(const struct rel_git_lines *lines)
{
	return lines->count > 0	  ? lines->first + lines->count - 1
	       : lines->first > 0 ? lines->first
				  : 1;
}

static uint32_t first_of(const struct rel_git_lines *lines)
{
	return lines->count > 0 ? lines->first : last_of(lines);
}

static bool is_changed(const struct rel_git_file_diff *file, uint32_t line)
{
	for (uint32_t i = 0; i < file->n_lines; i++) {
		if (line >= first_of(&file->lines[i]) &&
		    line <= last_of(&file->lines[i]))
			return true;
	}
	return false;
}

uint32_t rel_cause_first_line(const struct rel_git_file_diff *file)
{
	if (!file || file->delta == REL_GIT_REMOVED)
		return 0;
	return file->n_lines > 0 ? first_of(&file->lines[0]) : 1;
}

uint32_t rel_cause_line_from(const struct rel_git_file_diff *file,
			     uint32_t line)
{
	for (uint32_t i = 0; file && i < file->n_lines; i++) {
		uint32_t first = first_of(&file->lines[i]);

		if (last_of(&file->lines[i]) >= line)
			return first > line ? first : line;
	}
	return line;
}

/* The changed line nearest to `line`. */
static uint32_t nearest(const struct rel_git_file_diff *file, uint32_t line)
{
	uint32_t best = rel_cause_first_line(file), distance = UINT32_MAX;

	for (uint32_t i = 0; i < file->n_lines; i++) {
		uint32_t first = first_of(&file->lines[i]);
		uint32_t last = last_of(&file->lines[i]);
		uint32_t at = line < first ? first : line > last ? last : line;
		uint32_t far = at > line ? at - line : line - at;

		if (far < distance) {
			distance = far;
			best = at;
		}
	}
	return best;
}

/* The changed file that a fact is about, or NULL. */
static const struct rel_git_file_diff *file_of(
    const struct rel_report_request *request, const struct rel_fact_text *fact)
{
	if (strcmp(fact->remote, request->remote) != 0)
		return NULL;
	return rel_git_diff_find(request->diff, fact->file);
}

/* A fact at a changed line; of the version's own manifest only, or of any. */
static bool find_exact(struct rel_cause *out,
		       const struct rel_report_request *request,
		       const struct rel_report_verdict *v, bool own)
{
	for (size_t i = 0; i < v->n_reason; i++) {
		const struct rel_fact_text *fact = &v->reason[i];
		const struct rel_git_file_diff *file = file_of(request, fact);

		if (!file || fact->line == 0 ||
		    (own && strcmp(fact->file, v->file) != 0) ||
		    !is_changed(file, fact->line))
			continue;
		*out = (struct rel_cause){file->path, fact->line, fact->column};
		return true;
	}
	return false;
}

/* A fact in a changed manifest, at the changed line nearest to it. */
static bool find_near(struct rel_cause *out,
		      const struct rel_report_request *request,
		      const struct rel_report_verdict *v)
{
	for (size_t i = 0; i < v->n_reason; i++) {
		const struct rel_git_file_diff *file =
		    file_of(request, &v->reason[i]);

		if (!file || file->delta == REL_GIT_REMOVED)
			continue;
		*out = (struct rel_cause){file->path,
					  nearest(file, v->reason[i].line), 0};
		return true;
	}
	return false;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '+';
}

/* Is the name a word of the formula? */
static bool mentions(const char *text, struct rel_str name)
{
	struct rel_str rest = rel_str_of(text);

	for (size_t at = 0; at + name.len <= rest.len; at++) {
		if (memcmp(rest.ptr + at, name.ptr, name.len) == 0 &&
		    (at == 0 || !is_name_char(rest.ptr[at - 1])) &&
		    (at + name.len == rest.len ||
		     !is_name_char(rest.ptr[at + name.len])))
			return true;
	}
	return false;
}

/* Does the file hold a version of a package that the reason asks for? */
static bool is_wanted(const struct rel_report_verdict *v, const char *path)
{
	struct rel_str dir = rel_path_dir(rel_str_of(path)), name, version;

	if (!rel_str_is(rel_path_base(rel_str_of(path)), "opam") ||
	    !rel_package_split(rel_path_base(dir), &name, &version))
		return false;
	for (size_t i = 0; i < v->n_reason; i++) {
		if (mentions(v->reason[i].text, name))
			return true;
	}
	return false;
}

/* Nothing in the reason was changed: something that it asks for was, and is
 * gone, or is not what it was. */
static bool find_wanted(struct rel_cause *out,
			const struct rel_report_request *request,
			const struct rel_report_verdict *v, bool removed)
{
	for (uint32_t i = 0; i < request->diff->n_files; i++) {
		const struct rel_git_file_diff *file = &request->diff->files[i];

		if ((file->delta == REL_GIT_REMOVED) != removed ||
		    !is_wanted(v, file->path))
			continue;
		*out = (struct rel_cause){file->path,
					  rel_cause_first_line(file), 0};
		return true;
	}
	return false;
}

/* Its own manifest. */
static struct rel_cause fall_back(const struct rel_report_request *request,
				  const struct rel_report_verdict *v)
{
	const struct rel_git_file_diff *file = NULL;

	if (strcmp(v->remote, request->remote) == 0)
		file = rel_git_diff_find(request->diff, v->file);
	if (!file)
		return (struct rel_cause){"", 0, 0};
	return (struct rel_cause){file->path, rel_cause_first_line(file), 0};
}

struct rel_cause rel_cause_find(const struct rel_report_request *request,
				const struct rel_report_verdict *verdict)
{
	struct rel_cause cause;

	if (find_exact(&cause, request, verdict, true) ||
	    find_exact(&cause, request, verdict, false) ||
	    find_wanted(&cause, request, verdict, true) ||
	    find_near(&cause, request, verdict) ||
	    find_wanted(&cause, request, verdict, false))
		return cause;
	return fall_back(request, verdict);
}
