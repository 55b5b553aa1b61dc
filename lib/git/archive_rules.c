/* What is refused of a release: what differs between clones, or that not every
 * system can unpack. */
#include "base/limits.h"
#include "base/path.h"
#include "git/git_private.h"

/* The length of a placeholder that every clone expands alike; `rest` is what
 * follows the '%'.  0: it is none. */
static size_t placeholder_length(struct rel_str rest)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t end;

	if (rest.len == 0)
		return 0;
	if (rest.ptr[0] == 'x')
		return rest.len >= 3 && memchr(hex, rest.ptr[1], 22) &&
			       memchr(hex, rest.ptr[2], 22)
			   ? 3
			   : 0;
	if (rest.ptr[0] == 'a' || rest.ptr[0] == 'c')
		return rest.len >= 2 && memchr("nNlLeEdDtiIs", rest.ptr[1], 12)
			   ? 2
			   : 0;
	end = rel_str_find(rest, ')');
	if (end < rest.len && (rel_str_starts(rest, REL_STR("(describe)")) ||
			       rel_str_starts(rest, REL_STR("(describe:"))))
		return end + 1;
	return memchr("HhTtPpsbBn%Dd", rest.ptr[0], 13) != NULL;
}

/* n  counts the placeholders */
static int check_format(struct rel_str format, uint64_t *n,
			struct rel_error *err)
{
	for (;;) {
		size_t length, shown = 0;

		rel_str_cut(&format, '%');
		if (!format.ptr)
			return 0;
		length = placeholder_length(format);
		while (shown < format.len && shown < 12 &&
		       format.ptr[shown] > ' ' && format.ptr[shown] < 127 &&
		       (shown == 0 || format.ptr[shown] != '%'))
			shown++;
		if (length == 0)
			return rel_fail(
			    err, REL_EUSAGE,
			    "export-subst: %%%.*s is not the same in every "
			    "clone; use %%H, %%cI, %%(describe) or the like, "
			    "or take export-subst from this file",
			    REL_STR_ARG(rel_str_sub(format, 0, shown)));
		++*n;
		format = rel_str_sub(format, length, format.len);
	}
}

int rel_git_check_subst(struct rel_str text, uint64_t widest,
			struct rel_error *err)
{
	static const char mark[] = "$Format:";
	uint64_t n = 0;
	const char *at;
	int rc = 0;

	while (rc == 0 &&
	       (at = memmem(text.ptr, text.len, mark, sizeof(mark) - 1))) {
		struct rel_str format;

		text = rel_str_sub(
		    text, (size_t)(at - text.ptr) + sizeof(mark) - 1, text.len);
		format = rel_str_cut(&text, '$');
		if (!text.ptr)
			break;
		rc = check_format(format, &n, err);
	}
	/* git holds the result in memory, all of it. */
	if (rc == 0 && n > 0 && widest > REL_LIMIT_GIT_SUBST_BYTES / n)
		rc = rel_fail(err, REL_ELIMIT,
			      "export-subst: %ju placeholders may become more "
			      "than %ju bytes; use fewer, or a shorter commit "
			      "message",
			      (uintmax_t)n,
			      (uintmax_t)REL_LIMIT_GIT_SUBST_BYTES);
	return rc;
}

int rel_git_check_name(struct rel_str path, struct rel_str name,
		       struct rel_error *err)
{
	size_t bad;

	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c < 32 || c == 127)
			return rel_fail(err, REL_EUSAGE,
					"a name below \"%.*s\" has a control "
					"character (code %d): rename it or "
					"mark it export-ignore",
					REL_STR_ARG(rel_path_dir(path)), c);
		if (c == '\\')
			return rel_fail(err, REL_EUSAGE,
					"\"%.*s\": backslash in a name: rename "
					"it or mark it export-ignore",
					REL_STR_ARG(path));
	}
	if (!rel_str_is_utf8(name, &bad))
		return rel_fail(err, REL_EUSAGE,
				"a name below \"%.*s\" is not UTF-8: rename "
				"it or mark it export-ignore",
				REL_STR_ARG(rel_path_dir(path)));
	return 0;
}

/*
 * A target is inside the tree when its ".." parts all stand in front and are
 * not more than the directories above the link: then no other link can change
 * what they mean.
 */
static bool stays_inside(struct rel_str path, struct rel_str target)
{
	struct rel_str rest = rel_path_dir(path), part;
	bool down = false;
	size_t above = 0;

	while (rest.len > 0) {
		part = rel_str_cut(&rest, '/');
		above += part.len > 0;
	}
	if (target.len == 0 || target.ptr[0] == '/' ||
	    memchr(target.ptr, '\0', target.len))
		return false;
	for (rest = target; rest.ptr;) {
		part = rel_str_cut(&rest, '/');
		if (part.len == 0 || rel_str_is(part, "."))
			continue;
		if (!rel_str_is(part, "..")) {
			down = true;
			continue;
		}
		if (down || above == 0)
			return false;
		above--;
	}
	return true;
}

int rel_git_check_link(struct rel_str path, struct rel_str target,
		       struct rel_error *err)
{
	if (!stays_inside(path, target))
		return rel_fail(err, REL_EUSAGE,
				"\"%.*s\": a symbolic link that leads out of "
				"the tree (or has \"..\" behind a name): "
				"replace it or mark it export-ignore",
				REL_STR_ARG(path));
	return rel_git_check_name(path, target, err);
}
