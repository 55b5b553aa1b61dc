#include "report/targets.h"

/* Names that a sentence has before it says how many more there are. */
#define NAMES_SHOWN 12

/* "a, b and c", into the line. */
static void put_names(struct rel_text *t, const char *const *names, size_t n,
		      bool all)
{
	size_t shown = all || n <= NAMES_SHOWN + 1 ? n : NAMES_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		if (i > 0)
			rel_text_put(t, i + 1 == n ? " and " : ", ");
		rel_text_outside(t, names[i]);
	}
	if (shown < n)
		rel_buf_printf(&t->line, " and %zu more", n - shown);
}

/* One fact, and the last version of how many that say the same. */
static void write_fact(struct rel_text *t, const struct rel_target_result *r,
		       size_t i)
{
	const struct rel_fact_text *fact = &r->reason[i];
	size_t more = 0, last = i;

	for (size_t k = i + 1; k < r->n_reason; k++) {
		if (r->like[k] != i)
			continue;
		more++;
		last = k;
	}
	rel_text_outside(t, fact->package);
	if (more && !t->style->verbose) {
		rel_text_put(t, more == 1 ? " and " : " to ");
		rel_text_outside(t, r->reason[last].package);
		if (more > 1)
			rel_buf_printf(&t->line, " (%zu versions)", more + 1);
		rel_text_put(t, ": each");
	}
	rel_text_put(t, fact->package[0] ? " " : "");
	rel_text_outside(t, rel_fact_says(fact));
	if (fact->file[0])
		rel_text_place(t, fact->remote, fact->file, fact->line);
	rel_text_end(t, 2, 4);
}

static void write_reason(struct rel_text *t, const struct rel_target_result *r)
{
	for (size_t i = 0; i < r->n_reason; i++) {
		if (t->style->verbose || r->like[i] == i)
			write_fact(t, r, i);
	}
}

/* What excludes each other, unless that is the whole target. */
static void write_clash(struct rel_text *t, const struct rel_target_result *r)
{
	if (r->status != REL_SAT_NO || r->n_clash == 0 ||
	    r->n_clash == r->target->n_packages)
		return;
	put_names(t, r->clash, r->n_clash, true);
	rel_text_put(t, r->n_clash == 1 ? " cannot be installed:"
					: " exclude each other:");
	rel_text_end(t, 2, 4);
}

static void write_part(struct rel_text *t, const struct rel_target_result *r)
{
	if (r->target->n_packages < 2)
		return;
	if (r->n_part == 0) {
		rel_text_put(t, r->part_is_largest
				    ? "none of them can be installed"
				    : "the search found no part of them that "
				      "can be installed");
	} else {
		rel_text_put(t, r->part_is_largest
				    ? "the largest part that can be installed: "
				    : "a part that can be installed, if not "
				      "the largest: ");
		put_names(t, r->part, r->n_part, t->style->verbose);
		rel_text_put(t, "; without ");
		put_names(t, r->rest, r->n_rest, t->style->verbose);
	}
	rel_text_end(t, 2, 4);
}

static void write_versions(struct rel_text *t,
			   const struct rel_target_result *r)
{
	for (size_t i = 0; t->style->verbose && i < r->n_versions; i++) {
		rel_text_outside(t, r->versions[i]);
		rel_text_end(t, 4, 6);
	}
}

/* What one environment says, below the headline. */
static void write_body(struct rel_text *t, const struct rel_target_result *r)
{
	write_clash(t, r);
	write_reason(t, r);
	if (r->status != REL_SAT_YES)
		write_part(t, r);
	write_versions(t, r);
}

static bool same_texts(const char *const *a, size_t n, const char *const *b,
		       size_t m)
{
	bool same = n == m;

	for (size_t i = 0; same && i < n; i++)
		same = strcmp(a[i], b[i]) == 0;
	return same;
}

/* Would write_body() write the same? */
static bool same_body(const struct rel_text *t,
		      const struct rel_target_result *a,
		      const struct rel_target_result *b)
{
	bool same = a->status == b->status && a->before == b->before &&
		    a->n_reason == b->n_reason &&
		    a->part_is_largest == b->part_is_largest &&
		    same_texts(a->clash, a->n_clash, b->clash, b->n_clash) &&
		    same_texts(a->part, a->n_part, b->part, b->n_part);

	for (size_t i = 0; same && i < a->n_reason; i++)
		same =
		    a->like[i] == b->like[i] &&
		    strcmp(a->reason[i].package, b->reason[i].package) == 0 &&
		    strcmp(rel_fact_says(&a->reason[i]),
			   rel_fact_says(&b->reason[i])) == 0;
	return same &&
	       (!t->style->verbose || same_texts(a->versions, a->n_versions,
						 b->versions, b->n_versions));
}

static void write_headline(struct rel_text *t,
			   const struct rel_target_result *r)
{
	const struct rel_target *target = r->target;

	if (r->status == REL_SAT_UNKNOWN)
		rel_text_put(t, "undecided, as the search used up its budget: "
				"whether ");
	rel_text_colour(t, REL_TEXT_BOLD);
	put_names(t, target->packages, target->n_packages, t->style->verbose);
	rel_text_colour(t, REL_TEXT_PLAIN);
	if (target->file) {
		rel_text_put(t, " (");
		rel_text_outside(t, rel_target_file(target));
		rel_buf_printf(&t->line, ":%u)", target->line);
	}
	rel_text_put(t, r->status == REL_SAT_NO ? " cannot be installed"
						: " can be installed");
	if (target->n_packages > 1)
		rel_text_put(t, " together");
}

/* The results of one target: environments that agree once. */
static void write_target(struct rel_text *t,
			 const struct rel_target_result *results, size_t n,
			 bool all)
{
	for (size_t i = 0; i < n; i++) {
		const struct rel_target_result *r = &results[i];
		bool fixed =
		    r->status == REL_SAT_YES && r->before == REL_SAT_NO;
		size_t first = 0;

		while (first < i && !same_body(t, &results[first], r))
			first++;
		if (first < i || (!all && !fixed && r->status == REL_SAT_YES))
			continue;
		write_headline(t, r);
		for (size_t k = i; n > 1 && k < n; k++) {
			if (!same_body(t, r, &results[k]))
				continue;
			rel_text_put(t, k == i ? " in " : ", ");
			rel_text_outside(t, results[k].environment->name);
		}
		if (r->status != REL_SAT_YES && r->before == REL_SAT_NO)
			rel_text_put(t, ", as before");
		if (fixed)
			rel_text_put(t, ", which was not so before");
		rel_text_end(t, 0, 2);
		write_body(t, r);
	}
}

void rel_text_targets(struct rel_text *t,
		      const struct rel_report_targets *targets, bool all)
{
	size_t n = targets->n_environments;

	for (size_t i = 0; i < targets->n_results; i += n)
		write_target(t, &targets->results[i], n, all);
}

static void json_texts(struct rel_json *json, const char *key,
		       const char *const *texts, size_t n)
{
	rel_json_array(json, key);
	for (size_t i = 0; i < n; i++)
		rel_json_text(json, NULL, texts[i]);
	rel_json_close(json);
}

static void json_reason(struct rel_json *json,
			const struct rel_target_result *r)
{
	rel_json_array(json, "reason");
	for (size_t i = 0; i < r->n_reason; i++) {
		const struct rel_fact_text *fact = &r->reason[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "package",
			      fact->package[0] ? fact->package : NULL);
		rel_json_text(json, "field",
			      fact->field[0] ? fact->field : NULL);
		rel_json_text(json, "text", fact->text);
		rel_json_text(json, "sentence", rel_fact_says(fact));
		rel_json_text(json, "remote",
			      fact->remote[0] ? fact->remote : NULL);
		rel_json_text(json, "file", fact->file[0] ? fact->file : NULL);
		rel_json_uint(json, "line", fact->line);
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void json_result(struct rel_json *json,
			const struct rel_target_result *r)
{
	const struct rel_target *target = r->target;

	rel_json_object(json, NULL);
	json_texts(json, "packages", target->packages, target->n_packages);
	if (target->file) {
		rel_json_text(json, "file", rel_target_file(target));
		rel_json_uint(json, "line", target->line);
	}
	rel_json_text(json, "environment", r->environment->name);
	if (r->status == REL_SAT_UNKNOWN)
		rel_json_null(json, "installable");
	else
		rel_json_bool(json, "installable", r->status == REL_SAT_YES);
	json_texts(json, "versions", r->versions, r->n_versions);
	if (r->status != REL_SAT_YES) {
		json_texts(json, "clash", r->clash, r->n_clash);
		json_reason(json, r);
		json_texts(json, "largest", r->part, r->n_part);
		rel_json_bool(json, "largest_is_proved", r->part_is_largest);
		json_texts(json, "left_out", r->rest, r->n_rest);
	}
	rel_json_close(json);
}

void rel_json_targets(struct rel_json *json, const char *key,
		      const struct rel_report_targets *targets)
{
	rel_json_array(json, key);
	for (size_t i = 0; i < targets->n_results; i++)
		json_result(json, &targets->results[i]);
	rel_json_close(json);
}

size_t rel_targets_unmet(const struct rel_report_targets *targets)
{
	size_t n = 0;

	for (size_t i = 0; i < targets->n_results; i++)
		n += targets->results[i].status != REL_SAT_YES;
	return n;
}

static int write_json(const struct rel_report_targets *targets,
		      struct rel_sink *sink, struct rel_error *err)
{
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "relctl.coinstall/1");
	rel_json_targets(&json, "results", targets);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_targets(const struct rel_report_targets *targets,
			     enum rel_report_format format,
			     const struct rel_report_style *style,
			     struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_text t = {.style = style, .out = &out};

	if (format == REL_REPORT_JSON)
		return write_json(targets, sink, err);
	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	rel_text_targets(&t, targets, true);
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}
