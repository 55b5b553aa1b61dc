#include "git/hints.h"

#include "base/buf.h"
#include "base/limits.h"

/* Levenshtein's distance; both at most REL_GIT_HINT_LENGTH long. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[REL_GIT_HINT_LENGTH + 1], n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[n];
}

static void keep_near(struct rel_git_hints *hints, struct rel_str text)
{
	char name[REL_GIT_HINT_LENGTH + 1];
	size_t at, distance;

	if (text.len > REL_GIT_HINT_LENGTH)
		return;
	snprintf(name, sizeof(name), "%.*s", REL_STR_ARG(text));
	distance = edit_distance(hints->wanted, name);
	at = hints->n_near;
	while (at > 0 && hints->near[at - 1].distance > distance)
		at--;
	if (at == REL_GIT_HINT_NAMES)
		return;
	if (hints->n_near < REL_GIT_HINT_NAMES)
		hints->n_near++;
	for (size_t i = hints->n_near - 1; i > at; i--)
		hints->near[i] = hints->near[i - 1];
	hints->near[at].distance = distance;
	snprintf(hints->near[at].name, sizeof(hints->near[at].name), "%s",
		 name);
}

void rel_git_hints_add(struct rel_git_hints *hints, struct rel_str ref)
{
	static const char *const prefixes[] = {
	    "refs/heads/", "refs/remotes/origin/", "refs/tags/"};

	hints->n_refs++;
	/* What an annotated tag points to is listed beside it. */
	if (rel_str_ends(ref, REL_STR("^{}")))
		return;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (!rel_str_starts(ref, rel_str_of(prefixes[i])))
			continue;
		hints->n_names++;
		hints->n_branches += i < 2;
		if (strlen(hints->wanted) <= REL_GIT_HINT_LENGTH)
			keep_near(hints, rel_str_sub(ref, strlen(prefixes[i]),
						     ref.len));
	}
}

int rel_git_hints_fail(const struct rel_git_hints *hints, struct rel_error *err)
{
	struct rel_buf names;

	if (hints->n_refs == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"the git repository is empty: it has no "
				"branch and no tag yet");
	if (hints->n_near == 0)
		return rel_fail(err, REL_ENOTFOUND, "no revision '%.100s'",
				hints->wanted);
	rel_buf_init(&names, REL_LIMIT_CHILD_TEXT);
	for (size_t i = 0; i < hints->n_near; i++)
		rel_buf_printf(&names, "%s%s", i ? ", " : "",
			       hints->near[i].name);
	rel_fail(
	    err, REL_ENOTFOUND, "no revision '%s'; %s %.*s%s", hints->wanted,
	    hints->n_names > hints->n_near ? "the nearest are" : "there is",
	    REL_STR_ARG(rel_buf_str(&names)),
	    hints->n_branches ? "" : " (and no branch)");
	rel_buf_free(&names);
	return REL_ENOTFOUND;
}
