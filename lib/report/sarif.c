/*
 * SARIF 2.1.0, for code scanning and editors: a result for each version, with
 * the place in its manifest.  No columns: those of SARIF are characters, those
 * of the model bytes.
 * Source  OASIS, Static Analysis Results Interchange Format 2.1.0
 */
#include "base/escape.h"
#include "report/formats.h"
#include "report/targets.h"
#include "report/view.h"
#include "json/json.h"

#define SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

struct sarif {
	const struct rel_report *report;
	struct rel_json *json;
	struct rel_buf text; /* being composed */
};

static const struct {
	const char *id, *text;
} rules[] = {
    {"broken", "A version cannot be installed"},
    {"unavailable", "A version is no longer available"},
    {"unreadable", "A manifest cannot be read"},
    {"undecided", "It is not known whether a version can be installed"},
    {"target", "A target cannot be installed"},
    {"cycle", "Versions would have to be built each before the other"},
};

/* The composed text is a value. */
static void put_composed(struct sarif *s, const char *key)
{
	rel_json_text(s->json, key, s->text.ptr ? s->text.ptr : "");
	if (s->text.status)
		s->json->out.buf.status = s->text.status;
	rel_buf_clear(&s->text);
}

static void put_message(struct rel_json *json, const char *key,
			const char *text)
{
	rel_json_object(json, key);
	rel_json_text(json, "text", text);
	rel_json_close(json);
}

static void write_rules(struct rel_json *json)
{
	rel_json_object(json, "tool");
	rel_json_object(json, "driver");
	rel_json_text(json, "name", "relctl");
	rel_json_array(json, "rules");
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rel_json_object(json, NULL);
		rel_json_text(json, "id", rules[i].id);
		put_message(json, "shortDescription", rules[i].text);
		rel_json_close(json);
	}
	rel_json_close(json);
	rel_json_close(json);
	rel_json_close(json);
}

/* What relative paths are relative to: the root of each remote. */
static void write_bases(struct sarif *s)
{
	rel_json_object(s->json, "originalUriBaseIds");
	for (size_t i = 0; i < s->report->n_layers; i++) {
		const struct rel_report_layer *layer = &s->report->layers[i];

		rel_json_object(s->json, layer->name);
		rel_buf_printf(&s->text, "%s remote %s, %s", layer->role,
			       layer->name, layer->location);
		if (layer->revision[0])
			rel_buf_printf(&s->text, " at %s", layer->revision);
		rel_json_object(s->json, "description");
		put_composed(s, "text");
		rel_json_close(s->json);
		rel_json_close(s->json);
	}
	rel_json_close(s->json);
}

/* remote  NULL: of the checkout */
static void write_place(struct sarif *s, const char *file, const char *remote,
			uint32_t line)
{
	struct rel_json *json = s->json;

	rel_json_array(json, "locations");
	rel_json_object(json, NULL);
	rel_json_object(json, "physicalLocation");
	rel_json_object(json, "artifactLocation");
	rel_escape_uri(&s->text, rel_str_of(file), '/');
	put_composed(s, "uri");
	if (remote)
		rel_json_text(json, "uriBaseId", remote);
	rel_json_close(json);
	if (line > 0) {
		rel_json_object(json, "region");
		rel_json_uint(json, "startLine", line);
		rel_json_close(json);
	}
	rel_json_close(json);
	rel_json_close(json);
	rel_json_close(json);
}

/* The composed text is the message of a result that is still open. */
static void begin_result(struct sarif *s, const char *rule, const char *level)
{
	rel_json_object(s->json, NULL);
	rel_json_text(s->json, "ruleId", rule);
	rel_json_text(s->json, "level", level);
	rel_json_object(s->json, "message");
	put_composed(s, "text");
	rel_json_close(s->json);
}

/* What tells a result from another one, whatever line it stands at. */
static void write_identity(struct sarif *s, const char *what)
{
	rel_json_object(s->json, "partialFingerprints");
	rel_json_text(s->json, "relctl/1", what);
	rel_json_close(s->json);
}

static void write_section(struct sarif *s, const char *level,
			  enum rel_section section)
{
	const struct rel_report *r = s->report;
	struct rel_entry e = {0};

	while (rel_entry_next(r, section, &e)) {
		const struct rel_report_verdict *v = &r->verdicts[e.first];
		const struct rel_fact_text *place = rel_verdict_place(v);
		const char *rule = rel_verdict_text(v->verdict);

		rel_buf_printf(&s->text, "%s is %s: ", v->package, rule);
		rel_entry_reason_add(&s->text, r, section, &e);
		begin_result(s, rule, level);
		if (v->file[0])
			write_place(s, v->file, v->remote,
				    place ? place->line : 0);
		write_identity(s, v->package);
		rel_json_close(s->json);
	}
}

static void write_targets(struct sarif *s)
{
	for (size_t i = 0; i < s->report->n_targets; i++) {
		const struct rel_target_result *r = &s->report->targets[i];

		if (!rel_target_is_finding(r))
			continue;
		rel_target_name_add(&s->text, r->target);
		rel_buf_add_cstr(&s->text, ": ");
		rel_target_reason_add(&s->text, r);
		rel_buf_printf(&s->text, " (%s)", r->environment->name);
		begin_result(s, "target", "error");
		write_place(s, rel_target_file(r->target), NULL,
			    r->target->line);
		rel_json_close(s->json);
	}
}

static void write_cycles(struct sarif *s)
{
	for (size_t i = 0; i < s->report->n_cycles; i++) {
		const struct rel_report_cycle *cycle = &s->report->cycles[i];

		for (size_t k = 0; k < cycle->n_path; k++)
			rel_buf_printf(&s->text, "%s \xe2\x86\x92 ",
				       cycle->path[k]);
		rel_buf_printf(
		    &s->text, "%s (%s)",
		    cycle->n_path > 0 ? cycle->path[0] : "",
		    rel_environment_name(s->report, cycle->environment));
		begin_result(s, "cycle", "warning");
		rel_json_close(s->json);
	}
}

static void write_results(struct sarif *s)
{
	for (int i = 0; i < REL_N_BROKEN_SECTIONS; i++)
		write_section(s, "error", (enum rel_section)i);
	write_section(s, "error", REL_SECTION_UNDECIDED);
	write_section(s, "error", REL_SECTION_UNREADABLE);
	if (s->report->since)
		write_section(s, "warning", REL_SECTION_UNAVAILABLE);
	write_targets(s);
}

void rel_report_sarif(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_json *json)
{
	struct sarif s = {.report = report, .json = json};

	rel_buf_init(&s.text, json->out.buf.max);
	rel_json_text(json, "$schema", SCHEMA);
	rel_json_text(json, "version", "2.1.0");
	rel_json_array(json, "runs");
	rel_json_object(json, NULL);
	write_rules(json);
	write_bases(&s);
	rel_json_array(json, "results");
	if (style->cycles_only)
		write_cycles(&s);
	else
		write_results(&s);
	rel_json_close(json);
	rel_json_close(json);
	rel_json_close(json);
	rel_buf_free(&s.text);
}
