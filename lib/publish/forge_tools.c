/* Small things that the kinds of forges share. */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "publish/address.h"
#include "publish/forge.h"
#include "json/json.h"

int rel_forge_object(struct rel_str *out, struct rel_forge *forge,
		     const struct rel_forge_member *members, size_t n,
		     struct rel_error *err)
{
	struct rel_buf text;
	struct rel_sink sink = rel_sink_of_buf(&text);
	struct rel_json json;
	int rc;

	rel_buf_init(&text, REL_LIMIT_FORGE_ANSWER);
	rel_json_begin(&json, &sink);
	rel_json_object(&json, NULL);
	for (size_t i = 0; i < n; i++) {
		if (members[i].text)
			rel_json_text(&json, members[i].key, members[i].text);
		else
			rel_json_bool(&json, members[i].key, members[i].value);
	}
	rel_json_close(&json);
	rc = rel_json_end(&json, err);
	*out = rel_str_n(rel_arena_copy(&forge->arena, rel_buf_str(&text)),
			 text.len);
	rel_buf_free(&text);
	return rc || out->ptr ? rc : rel_fail_nomem(err);
}

int rel_forge_search(struct rel_forge *forge, const char *doing,
		     const char *url, const char *pages, size_t size,
		     rel_forge_each *each, void *context, struct rel_error *err)
{
	size_t n = size;
	int rc = 0;

	for (unsigned page = 1; rc == 0 && n == size; page++) {
		struct rel_json_value *list = NULL;
		struct rel_buf full;

		if (page > REL_LIMIT_FORGE_PAGES)
			return rel_fail(err, REL_ELIMIT,
					"cannot %s on %s: it is not on the "
					"first %u pages",
					doing, forge->kind->title,
					REL_LIMIT_FORGE_PAGES);
		rel_buf_init(&full, REL_LIMIT_CONFIG_BYTES);
		rel_buf_printf(&full, "%s%c%s%u", url ? url : "",
			       url && strchr(url, '?') ? '&' : '?', pages,
			       page);
		rc = url ? rel_buf_status(&full, "address", err)
			 : rel_fail_nomem(err);
		if (rc == 0)
			rc = rel_forge_get(&list, forge, doing, full.ptr, err);
		rel_buf_free(&full);
		if (rc == 0 && !rel_json_is_array(list))
			rc = rel_fail(err, REL_EPARSE,
				      "%s answered with something else than "
				      "the list that was to be looked through "
				      "to %s",
				      forge->place.api, doing);
		n = rel_json_count(list);
		for (size_t i = 0; rc == 0 && i < n; i++)
			rc = each(context, rel_json_item(list, i), err);
		rel_json_free(list);
	}
	return rc;
}

enum rel_forge_match rel_forge_compare(
    const struct rel_forge_asset *asset,
    const struct rel_publish_archive *archive)
{
	const struct rel_digest *promised = NULL;

	if (!asset->whole || asset->size != archive->size)
		return REL_FORGE_OTHER;
	if (asset->has_digest)
		promised = rel_digest_find(archive->digests, archive->n_digests,
					   asset->digest.algo);
	if (!promised)
		return REL_FORGE_UNKNOWN;
	return rel_digest_cmp(&asset->digest, promised) == 0 ? REL_FORGE_SAME
							     : REL_FORGE_OTHER;
}

int rel_forge_fail_other(const struct rel_forge *forge,
			 const struct rel_publish_archive *archive,
			 struct rel_error *err)
{
	return rel_fail(err, REL_EEXISTS,
			"the release %s of %s on %s has another %s already; "
			"what is published is never changed",
			archive->release->tag, forge->place.repository,
			forge->kind->title, archive->name);
}

int rel_forge_fail_unknown(const struct rel_forge *forge,
			   const struct rel_publish_archive *archive,
			   struct rel_error *err)
{
	return rel_fail(err, REL_ENOTFOUND,
			"%s holds archives by release, and that of %s is not "
			"known here",
			forge->kind->title, archive->name);
}

void rel_forge_add_name(struct rel_buf *out, const char *name)
{
	for (; *name; name++)
		rel_buf_add_char(out, *name == '~' ? '_' : *name);
}

int rel_forge_open_for(struct rel_forge *forge,
		       const struct rel_forge_kind *kind,
		       const struct rel_publish_options *options,
		       struct rel_error *err)
{
	const char *const from[] = {options->source,
				    options->development->location.url};
	struct rel_forge_options opt = {.from = from,
					.n_from = 2,
					.progress = options->progress,
					.cancel = options->cancel};

	if (options->conf) {
		opt.repository = options->conf->repository;
		opt.api = options->conf->api;
		opt.file.path = options->conf->secret_file;
		opt.file.base_dir = options->base_dir;
	}
	return rel_forge_open(forge, kind, &opt, err);
}

int rel_forge_page(struct rel_buf *out, const struct rel_forge *forge,
		   const char *file, const char *tree, const char *tag,
		   const char *path, struct rel_error *err)
{
	rel_buf_printf(out, "%s/%s%s", forge->place.web,
		       forge->place.repository, path ? file : tree);
	rel_publish_add_encoded(out, rel_str_of(tag));
	if (path) {
		rel_buf_add_char(out, '/');
		rel_publish_add_encoded(out, rel_str_of(path));
	}
	return rel_buf_status(out, "address", err);
}

const char *rel_forge_title(struct rel_forge *forge,
			    const struct rel_publish_archive *archive)
{
	char *text = NULL, *copy;

	if (asprintf(&text, "%s %s", archive->release->name,
		     archive->release->version) < 0)
		return NULL;
	copy = rel_arena_copy(&forge->arena, rel_str_of(text));
	free(text);
	return copy;
}
