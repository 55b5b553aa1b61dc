#include "publish/forge_answer.h"

static int lacks(const char *path, const char *what, struct rel_error *err)
{
	return rel_fail(err, REL_EPARSE,
			"the forge's answer has no %s at \"%s\"; is the api "
			"of relctl.yml that of such a forge?",
			what, path);
}

static int keep(const char **out, const char *text, struct rel_arena *arena,
		struct rel_error *err)
{
	*out = rel_arena_copy(arena, rel_str_of(text));
	return *out ? 0 : rel_fail_nomem(err);
}

static int need_text(const char **out, const struct rel_json_value *answer,
		     const char *path, struct rel_arena *arena,
		     struct rel_error *err)
{
	const char *text = rel_json_text_at(answer, path);

	return text ? keep(out, text, arena, err) : lacks(path, "text", err);
}

/* "" where there is none. */
static int may_text(const char **out, const struct rel_json_value *answer,
		    const char *path, struct rel_arena *arena,
		    struct rel_error *err)
{
	const char *text = rel_json_text_at(answer, path);

	return keep(out, text ? text : "", arena, err);
}

int rel_forge_read_id(uint64_t *out, const struct rel_json_value *answer,
		      struct rel_error *err)
{
	return rel_json_uint_at(answer, "id", out) ? 0
						   : lacks("id", "number", err);
}

int rel_forge_read_release(struct rel_forge_release *out,
			   const struct rel_json_value *answer,
			   struct rel_arena *arena, struct rel_error *err)
{
	int rc = rel_forge_read_id(&out->id, answer, err);

	if (rc == 0)
		rc = need_text(&out->tag, answer, "tag_name", arena, err);
	if (rc == 0)
		rc = may_text(&out->name, answer, "name", arena, err);
	if (rc == 0)
		rc = may_text(&out->upload, answer, "upload_url", arena, err);
	if (rc == 0 && !rel_json_bool_at(answer, "draft", &out->draft))
		rc = lacks("draft", "true or false", err);
	out->commit = "";
	return rc;
}

int rel_forge_read_gitlab_release(struct rel_forge_release *out,
				  const struct rel_json_value *answer,
				  struct rel_arena *arena,
				  struct rel_error *err)
{
	int rc = need_text(&out->tag, answer, "tag_name", arena, err);

	if (rc == 0)
		rc = may_text(&out->name, answer, "name", arena, err);
	if (rc == 0)
		rc = may_text(&out->commit, answer, "commit.id", arena, err);
	out->id = 0;
	out->draft = false;
	out->upload = "";
	return rc;
}

static int read_digest(struct rel_forge_asset *out, struct rel_str text,
		       struct rel_error *err)
{
	if (rel_digest_parse(&out->digest, text, NULL) != 0)
		return rel_fail(err, REL_EPARSE,
				"the forge's answer has a checksum that is "
				"none: \"%.*s\"",
				REL_STR_ARG(rel_str_sub(text, 0, 100)));
	out->has_digest = true;
	return 0;
}

int rel_forge_read_asset(struct rel_forge_asset *out,
			 const struct rel_json_value *answer,
			 struct rel_arena *arena, struct rel_error *err)
{
	const char *state = rel_json_text_at(answer, "state");
	const char *digest = rel_json_text_at(answer, "digest");
	struct rel_str text = rel_str_of(digest ? digest : "");
	int rc = rel_forge_read_id(&out->id, answer, err);
	char copy[REL_DIGEST_TEXT_MAX];

	if (rc == 0)
		rc = need_text(&out->name, answer, "name", arena, err);
	if (rc == 0 && !rel_json_uint_at(answer, "size", &out->size))
		rc = lacks("size", "number", err);
	out->whole = !state || strcmp(state, "uploaded") == 0;
	out->has_digest = false;
	if (rc == 0 && text.len > 0 && text.len < sizeof(copy)) {
		/* "sha256:…" here, "sha256=…" there */
		memcpy(copy, text.ptr, text.len + 1);
		if (rel_str_find(text, ':') < text.len)
			copy[rel_str_find(text, ':')] = '=';
		rc = read_digest(out, rel_str_of(copy), err);
	}
	return rc;
}

int rel_forge_read_file(struct rel_forge_asset *out,
			const struct rel_json_value *answer,
			struct rel_arena *arena, struct rel_error *err)
{
	const char *digest = rel_json_text_at(answer, "file_sha256");
	int rc = rel_forge_read_id(&out->id, answer, err);

	if (rc == 0)
		rc = need_text(&out->name, answer, "file_name", arena, err);
	if (rc == 0 && !rel_json_uint_at(answer, "size", &out->size))
		rc = lacks("size", "number", err);
	out->whole = true;
	out->has_digest = false;
	if (rc == 0 && digest && *digest) {
		char copy[REL_DIGEST_TEXT_MAX];

		snprintf(copy, sizeof(copy), "sha256=%s", digest);
		rc = read_digest(out, rel_str_of(copy), err);
	}
	return rc;
}

int rel_forge_read_change(struct rel_forge_change *out,
			  const struct rel_json_value *answer,
			  struct rel_arena *arena, struct rel_error *err)
{
	bool gitlab = rel_json_at(answer, "web_url") != NULL;
	int rc = need_text(&out->page, answer, gitlab ? "web_url" : "html_url",
			   arena, err);

	if (rc == 0)
		rc =
		    may_text(&out->branch, answer,
			     gitlab ? "source_branch" : "head.ref", arena, err);
	if (rc == 0)
		rc =
		    may_text(&out->base, answer,
			     gitlab ? "target_branch" : "base.ref", arena, err);
	return rc;
}
