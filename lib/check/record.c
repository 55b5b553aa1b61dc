#include "check/record.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/escape.h"
#include "base/limits.h"
#include "check/targets.h"
#include "opam/version.h"

/* The second has targets.  A record without any stays of the first format, so
 * that older programs read it. */
#define HEAD	     "# relctl.record/1: read by the next relctl ci --schedule"
#define HEAD_TARGETS "# relctl.record/2: read by the next relctl ci --schedule"

/* The words of a record, and what they mean when it is compared. */
static const struct {
	const char *word;
	enum rel_compared compared;
} words[] = {
    {"installable", REL_COMPARED_INSTALLABLE},
    {"broken", REL_COMPARED_BROKEN},
    {"unavailable", REL_COMPARED_OTHER},
    {"unreadable", REL_COMPARED_OTHER},
    {"undecided", REL_COMPARED_UNDECIDED},
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

/* The same for targets, by status. */
static const char *const target_words[] = {[REL_SAT_UNKNOWN] = "undecided",
					   [REL_SAT_YES] = "met",
					   [REL_SAT_NO] = "unmet"};

#define N_TARGET_WORDS (sizeof(target_words) / sizeof(target_words[0]))

/* The versions of the packages from `first` on that have the verdict. */
static void write_word(struct rel_buf *out, const struct rel_survey_result *r,
		       const struct rel_stack_name *name, const char *word)
{
	bool begun = false;

	for (uint32_t i = 0; i < name->count; i++) {
		rel_pkg_id pkg = name->first + i;

		if (!r->selected[pkg] ||
		    strcmp(rel_verdict_text((enum rel_verdict)r->verdicts[pkg]),
			   word) != 0)
			continue;
		if (!begun)
			rel_buf_printf(out, "%s %.*s", word,
				       REL_STR_ARG(name->text));
		begun = true;
		rel_buf_add_char(out, ' ');
		rel_buf_add_str(out, rel_universe_version(r->universe, pkg));
	}
	if (begun)
		rel_buf_add_char(out, '\n');
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A target by its packages, in whatever order the configuration has them. */
static int write_packages(struct rel_buf *out, const struct rel_target *target)
{
	size_t n = target->n_packages;
	const char **sorted = calloc(n + 1, sizeof(*sorted));

	if (!sorted)
		return REL_ENOMEM;
	memcpy(sorted, target->packages, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < n; i++) {
		rel_buf_add_cstr(out, i > 0 ? ", " : "");
		rel_escape(out, REL_ESCAPE_TEXT, sorted[i]);
	}
	free(sorted);
	return out->status;
}

static int write_targets(struct rel_buf *out, const struct rel_survey *survey,
			 size_t environment)
{
	int rc = 0;

	for (size_t i = environment; rc == 0 && i < survey->n_targets;
	     i += survey->n_results) {
		rel_buf_printf(out, "target %s ",
			       target_words[survey->targets[i].status]);
		rc = write_packages(out, survey->targets[i].target);
		rel_buf_add_char(out, '\n');
	}
	return rc;
}

int rel_record_write(struct rel_buf *out, const struct rel_survey *survey)
{
	const struct rel_stack *stack = survey->results[0].universe->stack;

	int rc = 0;

	rel_buf_add_cstr(out,
			 survey->n_targets > 0 ? HEAD_TARGETS "\n" : HEAD "\n");
	for (uint32_t i = 0; i < stack->n_layers; i++) {
		const char *revision = stack->layers[i].snapshot->revision;

		rel_buf_printf(out, "remote %s ", revision[0] ? revision : "-");
		rel_escape(out, REL_ESCAPE_TEXT, stack->layers[i].remote->name);
		rel_buf_add_char(out, '\n');
	}
	for (size_t e = 0; rc == 0 && e < survey->n_results; e++) {
		const struct rel_survey_result *r = &survey->results[e];

		rel_buf_add_cstr(out, "environment ");
		rel_escape(out, REL_ESCAPE_TEXT, r->environment->name);
		rel_buf_add_char(out, '\n');
		for (uint32_t i = 0; i < stack->n_names; i++) {
			for (size_t k = 0; k < N_WORDS; k++)
				write_word(out, r, &stack->names[i],
					   words[k].word);
		}
		rc = write_targets(out, survey, e);
	}
	return rc ? rc : out->status;
}

struct reader {
	struct rel_record *record;
	const char *path;
	uint32_t line;
	uint32_t remotes_cap, environments_cap, verdicts_cap, targets_cap;
	struct rel_error *err;
};

static int fail(const struct reader *r, const char *what)
{
	rel_fail(r->err, REL_EPARSE, "%s", what);
	rel_error_at(r->err, r->path, r->line, 0);
	return REL_EPARSE;
}

static int grow(void *items, uint32_t *cap, uint32_t count, size_t size,
		const struct reader *r)
{
	return rel_array_reserve(items, cap, (uint64_t)count + 1, size)
		   ? rel_fail_nomem(r->err)
		   : 0;
}

static int read_remote(struct reader *r, struct rel_str rest)
{
	struct rel_record *record = r->record;
	struct rel_str revision = rel_str_cut(&rest, ' ');

	if (revision.len == 0 || rest.len == 0)
		return fail(r, "a remote has a revision and a name");
	if (grow(&record->remotes, &r->remotes_cap, record->n_remotes,
		 sizeof(*record->remotes), r))
		return REL_ENOMEM;
	if (rel_str_is(revision, "-"))
		revision.len = 0;
	record->remotes[record->n_remotes++] =
	    (struct rel_record_remote){rest, revision};
	return 0;
}

static int read_environment(struct reader *r, struct rel_str name)
{
	struct rel_record *record = r->record;

	if (name.len == 0)
		return fail(r, "an environment has a name");
	for (uint32_t i = 0; i < record->n_environments; i++) {
		if (rel_str_eq(record->environments[i], name))
			return fail(r, "this environment has been there");
	}
	if (record->n_environments >= REL_LIMIT_CONF_ITEMS)
		return fail(r, "too many environments");
	if (grow(&record->environments, &r->environments_cap,
		 record->n_environments, sizeof(*record->environments), r))
		return REL_ENOMEM;
	record->environments[record->n_environments++] = name;
	return 0;
}

static int read_versions(struct reader *r, enum rel_compared compared,
			 struct rel_str rest)
{
	struct rel_record *record = r->record;
	struct rel_str name = rel_str_cut(&rest, ' ');

	if (record->n_environments == 0)
		return fail(r, "a verdict stands below its environment");
	if (!rel_package_name_is_valid(name) || rest.len == 0)
		return fail(r, "a verdict has a package and its versions");
	while (rest.ptr) {
		struct rel_str version = rel_str_cut(&rest, ' ');

		if (!rel_version_is_valid(version))
			return fail(r, "this is no version");
		if (grow(&record->verdicts, &r->verdicts_cap,
			 record->n_verdicts, sizeof(*record->verdicts), r))
			return REL_ENOMEM;
		record->verdicts[record->n_verdicts++] =
		    (struct rel_record_verdict){record->n_environments - 1,
						name, version,
						(uint8_t)compared};
	}
	return 0;
}

static int read_target(struct reader *r, struct rel_str rest)
{
	struct rel_record *record = r->record;
	struct rel_str word = rel_str_cut(&rest, ' ');
	size_t status = 0;

	if (record->n_environments == 0)
		return fail(r, "a target stands below its environment");
	while (status < N_TARGET_WORDS &&
	       !rel_str_is(word, target_words[status]))
		status++;
	if (status == N_TARGET_WORDS)
		return fail(r, "a target is met, unmet or undecided");
	if (rest.len == 0)
		return fail(r, "a target has packages");
	if (grow(&record->targets, &r->targets_cap, record->n_targets,
		 sizeof(*record->targets), r))
		return REL_ENOMEM;
	record->targets[record->n_targets++] = (struct rel_record_target){
	    record->n_environments - 1, rest, (uint8_t)status};
	return 0;
}

static int read_head(struct reader *r, struct rel_str line)
{
	r->record->has_targets = rel_str_is(line, HEAD_TARGETS);
	return r->record->has_targets || rel_str_is(line, HEAD)
		   ? 0
		   : fail(r, "this is no relctl.record/1 or /2");
}

static int read_line(struct reader *r, struct rel_str line)
{
	struct rel_str rest = line;
	struct rel_str word = rel_str_cut(&rest, ' ');

	if (r->line == 1)
		return read_head(r, line);
	if (rel_str_is(word, "remote"))
		return read_remote(r, rest);
	if (rel_str_is(word, "environment"))
		return read_environment(r, rest);
	if (r->record->has_targets && rel_str_is(word, "target"))
		return read_target(r, rest);
	for (size_t i = 0; i < N_WORDS; i++) {
		if (rel_str_is(word, words[i].word))
			return read_versions(r, words[i].compared, rest);
	}
	return fail(r, "no line of a record begins so");
}

static int compare(const void *a, const void *b)
{
	const struct rel_record_verdict *x = a, *y = b;
	int order = x->environment < y->environment
			? -1
			: x->environment > y->environment;

	if (order == 0)
		order = rel_str_cmp(x->name, y->name);
	return order ? order : rel_str_cmp(x->version, y->version);
}

static int compare_targets(const void *a, const void *b)
{
	const struct rel_record_target *x = a, *y = b;

	if (x->environment != y->environment)
		return x->environment < y->environment ? -1 : 1;
	return rel_str_cmp(x->packages, y->packages);
}

int rel_record_read(struct rel_record *out, struct rel_str text,
		    const char *path, struct rel_error *err)
{
	struct reader r = {.record = out, .path = path, .err = err};
	struct rel_str rest = text;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	/* It ends with a line end, and so does what was not cut short. */
	if (text.len == 0 || text.ptr[text.len - 1] != '\n') {
		rel_fail(err, REL_EPARSE, "cut short");
		rel_error_at(err, path, 0, 0);
		return REL_EPARSE;
	}
	while (rc == 0 && rest.len > 0) {
		r.line++;
		rc = read_line(&r, rel_str_cut(&rest, '\n'));
	}
	if (rc == 0 && out->n_environments == 0)
		rc = fail(&r, "a record has an environment");
	if (rc == 0 && out->n_verdicts > 0)
		qsort(out->verdicts, out->n_verdicts, sizeof(*out->verdicts),
		      compare);
	if (rc == 0 && out->n_targets > 0)
		qsort(out->targets, out->n_targets, sizeof(*out->targets),
		      compare_targets);
	return rc;
}

void rel_record_free(struct rel_record *record)
{
	free(record->remotes);
	free(record->environments);
	free(record->verdicts);
	free(record->targets);
	memset(record, 0, sizeof(*record));
}

/* Is it the name that was written so? */
static bool is_name(struct rel_str written, const char *name)
{
	struct rel_buf text;
	bool is;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_escape(&text, REL_ESCAPE_TEXT, name);
	is = rel_str_eq(written, rel_buf_str(&text));
	rel_buf_free(&text);
	return is;
}

struct rel_str rel_record_revision(const struct rel_record *record,
				   const char *remote)
{
	for (uint32_t i = 0; i < record->n_remotes; i++) {
		if (is_name(record->remotes[i].name, remote))
			return record->remotes[i].revision;
	}
	return (struct rel_str){NULL, 0};
}

/* Its index in the record, or UINT32_MAX. */
static uint32_t find_environment(const struct rel_record *record,
				 const char *name)
{
	for (uint32_t i = 0; i < record->n_environments; i++) {
		if (is_name(record->environments[i], name))
			return i;
	}
	return UINT32_MAX;
}

static uint8_t find_then(const struct rel_record *record, uint32_t environment,
			 const struct rel_universe *u, rel_pkg_id pkg)
{
	struct rel_record_verdict key = {environment, rel_universe_name(u, pkg),
					 rel_universe_version(u, pkg), 0};
	const struct rel_record_verdict *found =
	    record->n_verdicts > 0
		? bsearch(&key, record->verdicts, record->n_verdicts,
			  sizeof(key), compare)
		: NULL;

	return found ? found->compared : REL_COMPARED_ABSENT;
}

/* As if the last survey had found the same. */
static uint8_t unchanged(uint8_t verdict)
{
	return verdict == REL_INSTALLABLE ? REL_COMPARED_INSTALLABLE
	       : verdict == REL_BROKEN	  ? REL_COMPARED_BROKEN
	       : verdict == REL_UNDECIDED ? REL_COMPARED_UNDECIDED
					  : REL_COMPARED_OTHER;
}

static int compare_result(struct rel_survey_result *r,
			  const struct rel_record *record)
{
	uint32_t n = rel_universe_size(r->universe);
	uint32_t environment = find_environment(record, r->environment->name);

	if (!r->before)
		r->before = calloc((size_t)n + 1, 1);
	if (!r->before)
		return REL_ENOMEM;
	for (uint32_t pkg = 0; pkg < n; pkg++)
		r->before[pkg] =
		    environment == UINT32_MAX
			? unchanged(r->verdicts[pkg])
			: find_then(record, environment, r->universe, pkg);
	return 0;
}

/* A target that the record lacks was not known to be unmet, as a name that was
 * not there; where the record knows of no targets, nothing has changed. */
static int compare_target(struct rel_target_result *r,
			  const struct rel_record *record)
{
	uint32_t environment = find_environment(record, r->environment->name);
	struct rel_record_target key = {.environment = environment};
	const struct rel_record_target *found;
	struct rel_buf text;
	int rc;

	r->before = r->status == REL_SAT_YES ? REL_SAT_UNKNOWN : REL_SAT_NO;
	if (!record->has_targets || environment == UINT32_MAX)
		return 0;
	rel_buf_init(&text, REL_LIMIT_RECORD_BYTES);
	rc = write_packages(&text, r->target);
	key.packages = rel_buf_str(&text);
	found = record->n_targets > 0
		    ? bsearch(&key, record->targets, record->n_targets,
			      sizeof(key), compare_targets)
		    : NULL;
	/* Undecided now as then is no news either. */
	if (!found)
		r->before = REL_SAT_UNKNOWN;
	else if (found->status != REL_SAT_UNKNOWN ||
		 r->status != REL_SAT_UNKNOWN)
		r->before = (enum rel_sat_status)found->status;
	rel_buf_free(&text);
	return rc;
}

void rel_record_forget(struct rel_survey *survey)
{
	for (size_t i = 0; i < survey->n_results; i++) {
		free(survey->results[i].before);
		survey->results[i].before = NULL;
	}
	for (size_t i = 0; i < survey->n_targets; i++)
		survey->targets[i].before = REL_SAT_UNKNOWN;
}

int rel_record_compare(struct rel_survey *survey,
		       const struct rel_record *record, struct rel_error *err)
{
	for (size_t i = 0; i < survey->n_results; i++) {
		if (compare_result(&survey->results[i], record))
			return rel_fail_nomem(err);
	}
	for (size_t i = 0; i < survey->n_targets; i++) {
		if (compare_target(&survey->targets[i], record))
			return rel_fail_nomem(err);
	}
	return 0;
}
