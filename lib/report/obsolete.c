#include "report/obsolete.h"

#include "report/text.h"
#include "json/json.h"

static void put_package(struct rel_text *t, const struct rel_universe *u,
			rel_pkg_id pkg)
{
	struct rel_buf name;

	rel_buf_init(&name, SIZE_MAX);
	rel_universe_package_add(&name, u, pkg);
	rel_text_composed(t, &name);
}

/* "foo.1 is replaced by foo.2: it needs no more, and …" */
static void write_line(struct rel_text *t, const struct rel_universe *u,
		       const struct rel_obsolete *o)
{
	rel_text_colour(t, REL_TEXT_BOLD);
	put_package(t, u, o->package);
	rel_text_colour(t, REL_TEXT_PLAIN);
	rel_text_put(t, ": ");
	put_package(t, u, o->next);
	rel_text_put(t, " needs no more, and ");
	if (o->dependents)
		rel_buf_printf(&t->line,
			       "is accepted by all %u that depend on it",
			       o->dependents);
	else
		rel_buf_printf(&t->line,
			       "nothing depends on it, but %u on the newer one",
			       o->next_dependents);
	if (o->together > 1)
		rel_buf_printf(&t->line, " (with %u more that go together)",
			       o->together - 1);
	rel_text_end(t, 0, 4);
}

static void json_package(struct rel_json *json, const char *key,
			 const struct rel_universe *u, rel_pkg_id pkg)
{
	struct rel_buf name;

	rel_buf_init(&name, SIZE_MAX);
	rel_universe_package_add(&name, u, pkg);
	rel_json_str(json, key, rel_buf_str(&name));
	rel_buf_free(&name);
}

static int write_json(const struct rel_universe *u,
		      const struct rel_obsolete *found, uint32_t n,
		      struct rel_sink *sink, struct rel_error *err)
{
	struct rel_json json;

	rel_json_begin(&json, sink);
	rel_json_object(&json, NULL);
	rel_json_text(&json, "schema", "relctl.obsolete/1");
	rel_json_array(&json, "packages");
	for (uint32_t i = 0; i < n; i++) {
		rel_json_object(&json, NULL);
		json_package(&json, "package", u, found[i].package);
		json_package(&json, "replaced_by", u, found[i].next);
		rel_json_uint(&json, "dependents", found[i].dependents);
		rel_json_uint(&json, "next_dependents",
			      found[i].next_dependents);
		rel_json_uint(&json, "together", found[i].together);
		rel_json_close(&json);
	}
	rel_json_close(&json);
	rel_json_close(&json);
	return rel_json_end(&json, err);
}

int rel_report_write_obsolete(const struct rel_universe *universe,
			      const struct rel_obsolete *found, uint32_t n,
			      enum rel_report_format format,
			      const struct rel_report_style *style,
			      struct rel_sink *sink, struct rel_error *err)
{
	struct rel_writer out;
	struct rel_text t = {.style = style, .out = &out};

	if (format == REL_REPORT_JSON)
		return write_json(universe, found, n, sink, err);
	rel_writer_begin(&out, sink);
	rel_buf_init(&t.line, SIZE_MAX);
	for (uint32_t i = 0; i < n; i++) {
		if (format == REL_REPORT_TEXT) {
			write_line(&t, universe, &found[i]);
			continue;
		}
		put_package(&t, universe, found[i].package);
		rel_text_end(&t, 0, 0);
	}
	if (n == 0 && format == REL_REPORT_TEXT) {
		rel_text_put(&t, "no version is obsolete");
		rel_text_end(&t, 0, 0);
	}
	rel_buf_free(&t.line);
	return rel_writer_end(&out, err);
}
