/* Schema relctl.list-broken/1: docs/formats/list-broken.md.  Fields may be
 * added, never renamed. */
#include "json/json.h"
#include "report/formats.h"
#include "report/targets.h"
#include "report/view.h"

static void write_stack(struct rel_json *json, const struct rel_report *report)
{
	rel_json_array(json, "stack");
	for (size_t i = 0; i < report->n_layers; i++) {
		const struct rel_report_layer *layer = &report->layers[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "name", layer->name);
		rel_json_text(json, "role", layer->role);
		rel_json_text(json, "location", layer->location);
		rel_json_text(json, "revision",
			      layer->revision[0] ? layer->revision : NULL);
		rel_json_text(json, "since", layer->since);
		rel_json_uint(json, "packages", layer->packages);
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void write_tally(struct rel_json *json, const char *key,
			const struct rel_report_tally *tally)
{
	rel_json_object(json, key);
	rel_json_uint(json, "checked", tally->checked);
	rel_json_uint(json, "broken", tally->broken);
	rel_json_uint(json, "own", tally->own);
	rel_json_uint(json, "overlay", tally->overlay);
	rel_json_uint(json, "alone", tally->alone);
	rel_json_uint(json, "unavailable", tally->unavailable);
	rel_json_uint(json, "unreadable", tally->unreadable);
	rel_json_uint(json, "undecided", tally->undecided);
	rel_json_uint(json, "fixed", tally->fixed);
	rel_json_uint(json, "new", tally->newly_broken);
	rel_json_uint(json, "added", tally->added);
	rel_json_uint(json, "gone", tally->gone);
	rel_json_close(json);
}

static void write_environments(struct rel_json *json,
			       const struct rel_report *report)
{
	rel_json_array(json, "environments");
	for (size_t i = 0; i < report->n_environments; i++) {
		const struct rel_report_environment *env =
		    &report->environments[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "name", env->name);
		rel_json_text(json, "profile", env->profile);
		rel_json_object(json, "values");
		for (size_t k = 0; k < env->n_values; k++)
			rel_json_text(json, env->values[k].name,
				      env->values[k].value);
		rel_json_close(json);
		write_tally(json, "versions", &env->tally);
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void write_counts(struct rel_json *json,
			 const struct rel_report_counts *counts)
{
	rel_json_object(json, "counts");
	rel_json_uint(json, "checked", counts->checked);
	rel_json_uint(json, "installable", counts->installable);
	rel_json_uint(json, "broken", counts->broken);
	rel_json_uint(json, "unavailable", counts->unavailable);
	rel_json_uint(json, "unreadable", counts->unreadable);
	rel_json_uint(json, "undecided", counts->undecided);
	rel_json_uint(json, "roots", counts->roots);
	rel_json_uint(json, "fixed", counts->fixed);
	rel_json_uint(json, "new", counts->newly_broken);
	rel_json_close(json);
}

static void write_facts(struct rel_json *json,
			const struct rel_fact_text *facts, size_t count)
{
	rel_json_array(json, "reason");
	for (size_t i = 0; i < count; i++) {
		const struct rel_fact_text *fact = &facts[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "package", fact->package);
		rel_json_text(json, "field", fact->field);
		rel_json_text(json, "text", fact->text);
		rel_json_text(json, "sentence", fact->sentence);
		rel_json_text(json, "remote", fact->remote);
		rel_json_text(json, "file", fact->file);
		rel_json_uint(json, "line", fact->line);
		rel_json_uint(json, "column", fact->column);
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void write_maintainers(struct rel_json *json, const char *lines)
{
	const char *at = lines ? lines : "";

	rel_json_array(json, "maintainers");
	for (size_t len; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		rel_json_str(json, NULL, (struct rel_str){at, len});
	}
	rel_json_close(json);
}

static void write_roots(struct rel_json *json, const struct rel_report *report)
{
	for (size_t i = 0; i < report->n_roots; i++) {
		const struct rel_report_root *root = &report->roots[i];

		rel_json_object(json, NULL);
		rel_json_uint(json, "id", root->id);
		rel_json_text(json, "package", root->package);
		rel_json_text(json, "kind", rel_broken_kind_text(root->kind));
		rel_json_text(json, "title", root->title);
		rel_json_text(json, "text", root->text);
		rel_json_uint(json, "blocks", root->blocks);
		rel_json_uint(json, "versions", root->versions);
		rel_json_uint(json, "causes", root->causes);
		write_maintainers(json, root->maintainers);
		rel_json_array(json, "environments");
		for (size_t k = 0; k < root->n_environments; k++)
			rel_json_text(json, NULL,
				      rel_environment_name(
					  report, root->environments[k]));
		rel_json_close(json);
		write_facts(json, root->facts, root->n_facts);
		rel_json_close(json);
	}
}

static void write_verdicts(struct rel_json *json,
			   const struct rel_report *report)
{
	for (size_t i = 0; i < report->n_verdicts; i++) {
		const struct rel_report_verdict *v = &report->verdicts[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "package", v->package);
		rel_json_text(json, "remote", v->remote);
		rel_json_text(json, "environment",
			      rel_environment_name(report, v->environment));
		rel_json_text(json, "verdict", rel_verdict_text(v->verdict));
		rel_json_text(json, "kind", rel_kind_text(v));
		rel_json_text(json, "origin", rel_origin_text(v->origin));
		rel_json_bool(json, "own", v->own);
		rel_json_text(json, "change", rel_change_text(v->change));
		rel_json_bool(json, "added", v->change == REL_DELTA_ADDED);
		if (v->root == REL_REPORT_NONE)
			rel_json_null(json, "root");
		else
			rel_json_uint(json, "root", v->root);
		rel_json_text(json, "file", v->file);
		write_maintainers(json, v->maintainers);
		write_facts(json, v->reason, v->n_reason);
		rel_json_close(json);
	}
}

static void write_names(struct rel_json *json, const char *key,
			const char *const *names, size_t count)
{
	rel_json_array(json, key);
	for (size_t i = 0; i < count; i++)
		rel_json_text(json, NULL, names[i]);
	rel_json_close(json);
}

static void write_cycles(struct rel_json *json, const struct rel_report *report)
{
	rel_json_array(json, "cycles");
	for (size_t i = 0; i < report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &report->cycles[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "environment",
			      rel_environment_name(report, cycle->environment));
		write_names(json, "path", cycle->path, cycle->n_path);
		write_names(json, "members", cycle->members, cycle->n_members);
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void write_notices(struct rel_json *json,
			  const struct rel_report *report)
{
	rel_json_array(json, "notices");
	for (size_t i = 0; i < report->n_notices; i++) {
		const struct rel_report_notice *notice = &report->notices[i];

		rel_json_object(json, NULL);
		rel_json_text(json, "remote", notice->remote);
		rel_json_text(json, "kind", notice->kind);
		rel_json_text(json, "path", notice->path);
		rel_json_text(json, "text", notice->text);
		rel_json_close(json);
	}
	rel_json_close(json);
}

void rel_report_json(const struct rel_report *report,
		     const struct rel_report_style *style,
		     struct rel_json *json)
{
	const struct rel_report_targets targets = {
	    report->targets, report->n_targets, report->n_environments};
	char schema[64];

	snprintf(schema, sizeof(schema), "relctl.%s/1", report->command);
	rel_json_text(json, "schema", schema);
	write_stack(json, report);
	write_environments(json, report);
	rel_json_bool(json, "overlay", report->overlay);
	rel_json_text(json, "what_if", report->what_if);
	write_counts(json, &report->counts);
	write_tally(json, "versions", &report->tally);
	rel_json_milli(json, "seconds",
		       report->seconds > 0 ? (uint64_t)(report->seconds * 1000)
					   : 0);
	rel_json_array(json, "roots");
	if (!style->cycles_only)
		write_roots(json, report);
	rel_json_close(json);
	rel_json_array(json, "verdicts");
	if (!style->cycles_only)
		write_verdicts(json, report);
	rel_json_close(json);
	write_cycles(json, report);
	if (report->n_targets)
		rel_json_targets(json, "targets", &targets);
	write_notices(json, report);
}
