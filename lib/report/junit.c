/*
 * JUnit XML as Jenkins, GitLab and others read it: one suite per environment,
 * one case per verdict told and per target.  Broken or unmet is a failure,
 * undecided or unreadable an error; what is unavailable or was broken before
 * (--since) is skipped.  The first case stands for the run, since a file
 * without cases is refused by some readers.
 * Source  Jenkins xunit-plugin, junit-10.xsd
 */
#include "base/escape.h"
#include "report/formats.h"
#include "report/targets.h"
#include "report/view.h"

enum outcome { PASSED, FAILED, ERROR, SKIPPED };

struct tally {
	size_t tests, by_outcome[SKIPPED + 1];
};

struct junit {
	const struct rel_report *report;
	const struct rel_report_style *style;
	struct rel_writer *out;
	struct rel_buf text; /* being composed, not escaped */
};

static enum outcome outcome_of(const struct rel_report *report,
			       const struct rel_report_verdict *verdict)
{
	switch (verdict->section) {
	case REL_SECTION_BROKEN:
	case REL_SECTION_ADDED:
	case REL_SECTION_OVERLAY:
	case REL_SECTION_OWN:
	case REL_SECTION_ALONE:
		return FAILED;
	case REL_SECTION_UNDECIDED:
	case REL_SECTION_UNREADABLE:
		return ERROR;
	case REL_SECTION_UNAVAILABLE:
		return report->since ? FAILED : SKIPPED;
	case REL_SECTION_STILL:
	case REL_SECTION_STILL_OTHER:
		return SKIPPED;
	case REL_SECTION_FIXED:
		return PASSED;
	case REL_SECTION_QUIET:
	case REL_N_SECTIONS:
		break;
	}
	return verdict->verdict == REL_INSTALLABLE ? PASSED : SKIPPED;
}

static enum outcome target_outcome(const struct rel_target_result *r)
{
	if (r->status == REL_SAT_YES)
		return PASSED;
	if (!rel_target_is_finding(r))
		return SKIPPED;
	return r->status == REL_SAT_NO ? FAILED : ERROR;
}

static struct tally count(const struct junit *j, uint32_t environment)
{
	const struct rel_report *r = j->report;
	struct tally tally = {.tests = 1};

	for (size_t i = 0; i < r->n_cycles && j->style->cycles_only; i++) {
		if (r->cycles[i].environment == environment) {
			tally.by_outcome[FAILED]++;
			tally.tests++;
		}
	}
	for (size_t i = 0; i < r->n_verdicts && !j->style->cycles_only; i++) {
		if (r->verdicts[i].environment == environment) {
			tally.by_outcome[outcome_of(r, &r->verdicts[i])]++;
			tally.tests++;
		}
	}
	for (size_t i = environment; i < r->n_targets && !j->style->cycles_only;
	     i += r->n_environments) {
		tally.by_outcome[target_outcome(&r->targets[i])]++;
		tally.tests++;
	}
	return tally;
}

static void put(struct junit *j, const char *outside)
{
	rel_escape(&j->out->buf, REL_ESCAPE_XML, outside);
}

static void put_attribute(struct junit *j, const char *name,
			  const char *outside)
{
	rel_buf_printf(&j->out->buf, " %s=\"", name);
	put(j, outside);
	rel_buf_add_char(&j->out->buf, '"');
}

/* The composed text as an attribute. */
static void put_composed(struct junit *j, const char *name)
{
	put_attribute(j, name, j->text.ptr ? j->text.ptr : "");
	if (j->text.status)
		j->out->buf.status = j->text.status;
	rel_buf_clear(&j->text);
}

static void write_facts(struct junit *j, const struct rel_report_verdict *v)
{
	struct rel_buf *buf = &j->out->buf;

	for (size_t i = 0; i < v->n_reason; i++) {
		const struct rel_fact_text *fact = &v->reason[i];

		rel_buf_add_char(buf, '\n');
		put(j, fact->package);
		rel_buf_add_cstr(buf, fact->package[0] ? " " : "");
		put(j, rel_fact_says(fact));
		if (!fact->file[0])
			continue;
		rel_buf_add_cstr(buf, " (");
		put(j, fact->remote);
		rel_buf_add_cstr(buf, fact->remote[0] ? ": " : "");
		put(j, fact->file);
		if (fact->line > 0)
			rel_buf_printf(buf, ":%u", (unsigned)fact->line);
		rel_buf_add_char(buf, ')');
	}
	rel_buf_add_char(buf, '\n');
}

static void write_outcome(struct junit *j, const struct rel_report_verdict *v)
{
	static const char *const names[] = {"", "failure", "error", "skipped"};
	enum outcome outcome = outcome_of(j->report, v);
	const struct rel_report_root *root = rel_root_find(j->report, v->root);
	size_t own = 0;
	struct rel_buf *buf = &j->out->buf;

	if (outcome == SKIPPED) {
		rel_buf_printf(&j->text, "%s%s", rel_verdict_text(v->verdict),
			       v->change == REL_DELTA_STILL ? ", as before"
							    : "");
		rel_buf_add_cstr(buf, "      <skipped");
		put_composed(j, "message");
		rel_buf_add_cstr(buf, "/>\n");
		return;
	}
	rel_buf_printf(buf, "      <%s", names[outcome]);
	put_attribute(j, "type",
		      rel_kind_text(v) ? rel_kind_text(v)
				       : rel_verdict_text(v->verdict));
	/* what the version itself says, then what is behind it */
	while (own < v->n_reason &&
	       strcmp(v->reason[own].package, v->package) == 0)
		own++;
	rel_facts_add(&j->text, v->reason, own ? own : v->n_reason, v->package);
	if (root) {
		rel_buf_add_cstr(&j->text, j->text.len ? "; root: " : "");
		rel_buf_add_cstr(&j->text, root->title);
	}
	put_composed(j, "message");
	rel_buf_add_char(buf, '>');
	write_facts(j, v);
	rel_buf_printf(buf, "</%s>\n", names[outcome]);
}

static void write_case(struct junit *j, const struct rel_report_verdict *v)
{
	rel_buf_add_cstr(&j->out->buf, "    <testcase");
	put_attribute(j, "classname", v->remote);
	put_attribute(j, "name", v->package);
	if (outcome_of(j->report, v) == PASSED) {
		rel_buf_add_cstr(&j->out->buf, "/>\n");
	} else {
		rel_buf_add_cstr(&j->out->buf, ">\n");
		write_outcome(j, v);
		rel_buf_add_cstr(&j->out->buf, "    </testcase>\n");
	}
	rel_writer_turn(j->out);
}

static void write_target(struct junit *j, const struct rel_target_result *r)
{
	static const char *const names[] = {"", "failure", "error", "skipped"};
	enum outcome outcome = target_outcome(r);
	struct rel_buf *buf = &j->out->buf;

	rel_buf_add_cstr(buf, "    <testcase classname=\"targets\"");
	rel_target_name_add(&j->text, r->target);
	put_composed(j, "name");
	if (outcome == PASSED) {
		rel_buf_add_cstr(buf, "/>\n");
	} else {
		rel_buf_printf(buf, ">\n      <%s", names[outcome]);
		if (outcome != SKIPPED)
			rel_buf_add_cstr(buf, " type=\"target\"");
		rel_target_reason_add(&j->text, r);
		if (outcome == SKIPPED)
			rel_buf_add_cstr(&j->text, ", as before");
		put_composed(j, "message");
		rel_buf_add_cstr(buf, "/>\n    </testcase>\n");
	}
	rel_writer_turn(j->out);
}

static void write_cycle(struct junit *j, const struct rel_report_cycle *cycle)
{
	struct rel_buf *buf = &j->out->buf;

	for (size_t i = 0; i < cycle->n_path; i++) {
		rel_buf_add_cstr(&j->text, cycle->path[i]);
		rel_buf_add_cstr(&j->text, " \xe2\x86\x92 ");
	}
	if (cycle->n_path > 0)
		rel_buf_add_cstr(&j->text, cycle->path[0]);
	rel_buf_add_cstr(buf, "    <testcase classname=\"cycles\"");
	put_attribute(j, "name", cycle->n_path > 0 ? cycle->path[0] : "");
	rel_buf_add_cstr(buf, ">\n      <failure type=\"cycle\"");
	put_composed(j, "message");
	rel_buf_add_cstr(buf, "/>\n    </testcase>\n");
	rel_writer_turn(j->out);
}

static void write_suite(struct junit *j, uint32_t environment)
{
	const struct rel_report *r = j->report;
	struct tally tally = count(j, environment);
	struct rel_buf *buf = &j->out->buf;

	rel_buf_add_cstr(buf, "  <testsuite");
	put_attribute(j, "name", rel_environment_name(r, environment));
	rel_buf_printf(buf,
		       " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\""
		       " skipped=\"%zu\">\n",
		       tally.tests, tally.by_outcome[FAILED],
		       tally.by_outcome[ERROR], tally.by_outcome[SKIPPED]);
	rel_buf_add_cstr(buf, "    <testcase classname=\"relctl\"");
	put_attribute(j, "name", r->command);
	rel_buf_add_cstr(buf, "/>\n");
	for (size_t i = 0; i < r->n_cycles && j->style->cycles_only; i++) {
		if (r->cycles[i].environment == environment)
			write_cycle(j, &r->cycles[i]);
	}
	for (size_t i = 0; i < r->n_verdicts && !j->style->cycles_only; i++) {
		if (r->verdicts[i].environment == environment)
			write_case(j, &r->verdicts[i]);
	}
	for (size_t i = environment; i < r->n_targets && !j->style->cycles_only;
	     i += r->n_environments)
		write_target(j, &r->targets[i]);
	rel_buf_add_cstr(buf, "  </testsuite>\n");
}

void rel_report_junit(const struct rel_report *report,
		      const struct rel_report_style *style,
		      struct rel_writer *out)
{
	struct junit j = {.report = report, .style = style, .out = out};

	rel_buf_init(&j.text, out->buf.max);
	rel_buf_printf(&out->buf,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<testsuites name=\"relctl\" time=\"%.3f\">\n",
		       report->seconds);
	for (size_t i = 0; i < report->n_environments; i++)
		write_suite(&j, (uint32_t)i);
	rel_buf_add_cstr(&out->buf, "</testsuites>\n");
	rel_buf_free(&j.text);
}
