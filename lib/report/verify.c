#include "report/verify.h"

#include "report/text.h"
#include "json/json.h"

static const char *trust_name(enum rel_git_trust trust)
{
	static const char *const NAMES[] = {
	    [REL_GIT_UNSIGNED] = "unsigned",
	    [REL_GIT_GOOD] = "good",
	    [REL_GIT_BAD] = "bad",
	    [REL_GIT_UNKNOWN_KEY] = "unknown-key",
	    [REL_GIT_EXPIRED] = "expired",
	    [REL_GIT_UNCHECKED] = "unchecked",
	};

	return NAMES[trust];
}

static void put_number(struct rel_text *t, uint64_t n, const char *one,
		       const char *many)
{
	rel_buf_printf(&t->line, "%ju %s", (uintmax_t)n, n == 1 ? one : many);
}

static void write_outcome(struct rel_text *t, const struct rel_verify_result *r)
{
	bool good = r->outcome != REL_VERIFY_DIFFERENT && !r->wrong_sum;

	rel_text_put(t, ": ");
	rel_text_colour(t, good ? REL_TEXT_GREEN : REL_TEXT_RED);
	if (r->wrong_sum)
		rel_text_put(t, r->outcome == REL_VERIFY_DIFFERENT
				    ? "the checksum differs, and the "
				    : "the checksum differs, but the content "
				      "equals the tag: ");
	switch (r->outcome) {
	case REL_VERIFY_IDENTICAL:
		rel_text_put(t, "identical");
		break;
	case REL_VERIFY_RECOMPRESSED:
		rel_text_put(t, "only recompressed: the same files, packed "
				"otherwise");
		break;
	case REL_VERIFY_DIFFERENT:
		rel_text_put(t, "content differs in ");
		put_number(t, r->report.n_differences, "file", "files");
		break;
	}
	if (r->watermarks)
		rel_text_put(t, ", the tag's watermarks replaced");
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_end(t, 0, 2);
	if (r->wrong_sum) {
		rel_text_outside(t, r->wrong_sum);
		rel_text_end(t, 2, 4);
	}
}

static void write_differences(struct rel_text *t,
			      const struct rel_pack_report *report)
{
	for (uint32_t i = 0; i < report->n_items; i++) {
		rel_text_outside(t, report->items[i].path);
		rel_text_put(t, ": ");
		rel_text_put(t, rel_pack_difference_text(&report->items[i]));
		rel_text_end(t, 2, 4);
	}
	if (report->n_differences <= report->n_items)
		return;
	rel_text_put(t, "… and ");
	put_number(t, report->n_differences - report->n_items, "more", "more");
	rel_text_end(t, 2, 4);
}

static void write_origin(struct rel_text *t, const struct rel_verify_result *r)
{
	char hex[REL_GIT_ID_TEXT], digest[REL_DIGEST_TEXT_MAX];

	rel_digest_format(digest, &r->archive.sha256);
	rel_text_put(t, "archive ");
	rel_text_outside(t, r->archive.address);
	rel_buf_printf(&t->line, ", %ju bytes, %s", (uintmax_t)r->archive.size,
		       digest);
	rel_text_end(t, 2, 4);
	rel_text_put(t, "source ");
	rel_text_outside(t, r->source);
	if (r->tag) {
		rel_text_put(t, ", tag ");
		rel_text_outside(t, r->tag);
	}
	rel_text_put(t, ", commit ");
	rel_text_put(t, rel_git_id_format(hex, &r->commit));
	rel_text_end(t, 2, 4);
	if (r->other_commit) {
		rel_text_put(t, "the manifest's x-commit-hash is another: ");
		rel_text_outside(t, r->other_commit);
		rel_text_end(t, 2, 4);
	}
	if (rel_verify_is_renamed(r)) {
		rel_text_put(t, "the tag object calls itself ");
		rel_text_outside(t, r->signature.name.ptr);
		rel_text_end(t, 2, 4);
	}
	if (r->tag && r->signature.text.len > 0) {
		rel_text_outside(t, r->signature.text.ptr);
		rel_text_end(t, 2, 4);
	}
}

static void write_verified(struct rel_text *t,
			   const struct rel_report_verified *v)
{
	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_outside(t, v->package);
	rel_text_colour(t, REL_TEXT_PLAIN);
	if (v->error) {
		rel_text_put(t, ": ");
		rel_text_colour(t, REL_TEXT_RED);
		rel_text_put(t, "cannot be verified: ");
		rel_text_colour(t, REL_TEXT_PLAIN);
		rel_text_outside(t, v->error);
		rel_text_end(t, 0, 2);
		return;
	}
	write_outcome(t, &v->result);
	write_differences(t, &v->result.report);
	write_origin(t, &v->result);
}

static void json_differences(struct rel_json *json,
			     const struct rel_pack_report *report)
{
	rel_json_uint(json, "n_differences", report->n_differences);
	rel_json_array(json, "differences");
	for (uint32_t i = 0; i < report->n_items; i++) {
		rel_json_object(json, NULL);
		rel_json_text(json, "path", report->items[i].path);
		rel_json_text(json, "text",
			      rel_pack_difference_text(&report->items[i]));
		rel_json_close(json);
	}
	rel_json_close(json);
}

static void json_signature(struct rel_json *json,
			   const struct rel_git_verification *s)
{
	rel_json_object(json, "signature");
	rel_json_text(json, "trust", trust_name(s->trust));
	rel_json_str(json, "name", rel_buf_str(&s->name));
	rel_json_str(json, "signer", rel_buf_str(&s->signer));
	rel_json_str(json, "key", rel_buf_str(&s->key));
	rel_json_str(json, "text", rel_buf_str(&s->text));
	rel_json_close(json);
}

static void json_result(struct rel_json *json,
			const struct rel_verify_result *r)
{
	char text[REL_DIGEST_TEXT_MAX];

	rel_json_text(json, "outcome", rel_verify_outcome_name(r->outcome));
	rel_json_bool(json, "watermarks_replaced", r->watermarks);
	rel_json_text(json, "archive", r->archive.address);
	rel_json_uint(json, "size", r->archive.size);
	rel_digest_format(text, &r->archive.sha256);
	rel_json_text(json, "checksum", text);
	rel_json_text(json, "source", r->source);
	rel_json_text(json, "tag", r->tag);
	rel_json_text(json, "commit", rel_git_id_format(text, &r->commit));
	rel_json_text(json, "x_commit_hash", r->other_commit);
	json_differences(json, &r->report);
	if (r->tag)
		json_signature(json, &r->signature);
	else
		rel_json_null(json, "signature");
}

static int json_verified(const struct rel_report_verified *verified, size_t n,
			 struct rel_sink *sink, struct rel_error *err)
{
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "relctl.verify/1");
	rel_json_array(&json, "releases");
	for (size_t i = 0; i < n; i++) {
		rel_json_object(&json, NULL);
		rel_json_text(&json, "package", verified[i].package);
		rel_json_text(&json, "remote", verified[i].remote);
		rel_json_text(&json, "error",
			      verified[i].error ? verified[i].error
						: verified[i].result.wrong_sum);
		if (!verified[i].error)
			json_result(&json, &verified[i].result);
		rel_json_close(&json);
	}
	rel_json_close(&json);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_verified(const struct rel_report_verified *verified,
			      size_t n, enum rel_report_format format,
			      const struct rel_report_style *style,
			      struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_text t = {.style = style, .out = &out};

	if (format == REL_REPORT_JSON)
		return json_verified(verified, n, sink, err);
	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	for (size_t i = 0; i < n; i++)
		write_verified(&t, &verified[i]);
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}

static void write_item(struct rel_text *t, const struct rel_audit_item *item)
{
	bool finding = rel_audit_is_finding(item->state);

	rel_text_colour(t, REL_TEXT_BOLD);
	rel_text_outside(t, item->package);
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, ": ");
	rel_text_colour(t, finding ? REL_TEXT_RED : REL_TEXT_GREEN);
	rel_text_put(t, rel_audit_state_name(item->state));
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, " ");
	if (item->text[0])
		rel_text_outside(t, item->text);
	else
		rel_text_outside(t, item->src);
	rel_text_end(t, 0, 2);
}

static void write_counts(struct rel_text *t, const struct rel_audit *audit)
{
	bool first = true;

	put_number(t, audit->n_items, "archive", "archives");
	rel_text_put(t, ": ");
	for (int i = 0; i < REL_AUDIT_STATES; i++) {
		if (audit->counts[i] == 0)
			continue;
		rel_buf_printf(&t->line, "%s%u %s", first ? "" : ", ",
			       audit->counts[i],
			       rel_audit_state_name((enum rel_audit_state)i));
		first = false;
	}
	rel_buf_printf(&t->line, "%s%ju bytes fetched", first ? "" : "; ",
		       (uintmax_t)audit->bytes);
	rel_text_end(t, 0, 2);
}

static void json_item(struct rel_json *json, const struct rel_audit_item *item)
{
	char text[REL_DIGEST_TEXT_MAX];

	rel_json_object(json, NULL);
	rel_json_text(json, "package", item->package);
	rel_json_text(json, "remote", item->remote);
	rel_json_text(json, "file", item->path);
	if (item->archive.file.ptr)
		rel_json_str(json, "extra", item->archive.file);
	else
		rel_json_null(json, "extra");
	rel_json_text(json, "state", rel_audit_state_name(item->state));
	rel_json_text(json, "src", item->src[0] ? item->src : NULL);
	rel_json_array(json, "checksums");
	for (uint32_t i = 0; i < item->archive.n_digests; i++) {
		rel_digest_format(text, &item->archive.digests[i]);
		rel_json_text(json, NULL, text);
	}
	rel_json_close(json);
	rel_json_uint(json, "size", item->size);
	rel_json_text(json, "address", item->address[0] ? item->address : NULL);
	rel_json_text(json, "text", item->text[0] ? item->text : NULL);
	rel_json_close(json);
}

static int json_audit(const struct rel_audit *audit, struct rel_sink *sink,
		      struct rel_error *err)
{
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "relctl.audit/1");
	rel_json_object(&json, "counts");
	for (int i = 0; i < REL_AUDIT_STATES; i++)
		rel_json_uint(&json,
			      rel_audit_state_name((enum rel_audit_state)i),
			      audit->counts[i]);
	rel_json_close(&json);
	rel_json_uint(&json, "fetched", audit->fetched);
	rel_json_uint(&json, "bytes", audit->bytes);
	rel_json_array(&json, "archives");
	for (uint32_t i = 0; i < audit->n_items; i++)
		json_item(&json, &audit->items[i]);
	rel_json_close(&json);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_audit(const struct rel_audit *audit,
			   enum rel_report_format format,
			   const struct rel_report_style *style,
			   struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_text t = {.style = style, .out = &out};

	if (format == REL_REPORT_JSON)
		return json_audit(audit, sink, err);
	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	for (uint32_t i = 0; i < audit->n_items; i++) {
		const struct rel_audit_item *item = &audit->items[i];

		if (style->verbose || rel_audit_is_finding(item->state))
			write_item(&t, item);
	}
	write_counts(&t, audit);
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}
