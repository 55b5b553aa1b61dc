/* The gate of a cut, and the manifests that it is about. */
#include <stdlib.h>

#include "base/limits.h"
#include "release/cut/avoid.h"
#include "release/cut/cut_work.h"
#include "release/cut/manifest.h"

/* As the opam file of the archive has it. */
static int replace_watermarks(struct rel_str *text, struct rel_cut *cut,
			      const struct rel_project_package *p,
			      struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];
	struct rel_watermarks marks;
	struct rel_buf made;
	char *copy;
	int rc;

	if (!rel_cut_says(cut->plan.watermarks))
		return 0;
	rc = rel_watermarks_read(&marks, &cut->arena, cut->project->store,
				 &cut->base, rel_str_of(cut->plan.version),
				 cut->plan.tag, err);
	if (rc)
		return rc;
	marks.values[REL_WATERMARK_VCS_COMMIT_ID] =
	    rel_str_of(rel_git_id_format(id, &cut->commit));
	rel_buf_init(&made, REL_LIMIT_MANIFEST_BYTES);
	rc = rel_watermarks_replace(&made, &marks, p->path, *text, err);
	copy = rc ? NULL : rel_arena_copy(&cut->arena, rel_buf_str(&made));
	if (rc == 0 && !copy)
		rc = rel_fail_nomem(err);
	*text = rel_str_n(copy, made.len);
	rel_buf_free(&made);
	return rc;
}

struct rel_str rel_cut_opam_text(const struct rel_cut *cut, size_t i)
{
	return cut->texts[i];
}

/* The opam file as the bump leaves it. */
static struct rel_str bumped(const struct rel_cut *cut,
			     const struct rel_project_package *p)
{
	for (size_t k = 0; k < cut->bump.count; k++) {
		if (rel_str_is(p->path, cut->bump.edits[k].path))
			return cut->bump.edits[k].content;
	}
	return p->text;
}

int rel_cut_take_texts(struct rel_cut *cut, struct rel_error *err)
{
	bool avoid = rel_cut_says(cut->plan.avoid);
	int rc = 0;

	cut->texts = rel_arena_array(&cut->arena, cut->n_chosen + 1,
				     sizeof(*cut->texts));
	if (!cut->texts)
		return rel_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		const struct rel_project_package *p =
		    &cut->project->packages[cut->chosen[i]];
		struct rel_buf text;
		char *copy;

		cut->texts[i] = bumped(cut, p);
		if (!avoid)
			continue;
		rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
		rc = rel_release_avoid(&text, cut->texts[i], p->path.ptr, err);
		copy = rel_arena_copy(&cut->arena, rel_buf_str(&text));
		if (rc == 0 && !copy)
			rc = rel_fail_nomem(err);
		cut->texts[i] = rel_str_n(copy, text.len);
		rel_buf_free(&text);
	}
	return rc;
}

static int make_text(struct rel_str *out, struct rel_cut *cut, size_t i,
		     const struct rel_manifest_source *source,
		     struct rel_error *err)
{
	const struct rel_project_package *p =
	    &cut->project->packages[cut->chosen[i]];
	struct rel_str from = rel_cut_opam_text(cut, i);
	struct rel_buf text;
	char *copy;
	int rc = replace_watermarks(&from, cut, p, err);

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	if (rc == 0)
		rc =
		    rel_release_manifest(&text, from, p->path.ptr, source, err);
	copy = rc == 0 ? rel_arena_copy(&cut->arena, rel_buf_str(&text)) : NULL;
	if (rc == 0 && !copy)
		rc = rel_fail_nomem(err);
	if (rc == 0)
		*out = rel_str_n(copy, text.len);
	rel_buf_free(&text);
	return rc;
}

static int make_all(struct rel_cut *cut,
		    const struct rel_manifest_source *source,
		    struct rel_error *err)
{
	int rc = cut->files ? 0 : rel_cut_read_files(cut, err);

	cut->manifests = rel_arena_array(&cut->arena, cut->n_chosen + 1,
					 sizeof(*cut->manifests));
	if (!cut->manifests)
		return rel_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < cut->n_chosen; i++) {
		struct rel_cut_manifest *m = &cut->manifests[i];

		m->name = cut->project->packages[cut->chosen[i]].name;
		m->path = rel_cut_manifest_path(cut, i);
		m->files = cut->files[i];
		rc = m->path ? make_text(&m->text, cut, i, source, err)
			     : rel_fail_nomem(err);
	}
	return rc;
}

/* *src: where the archive will be. */
static int make(char **src, struct rel_cut *cut, struct rel_error *err)
{
	char sha256[REL_DIGEST_TEXT_MAX], sha512[REL_DIGEST_TEXT_MAX];
	char id[REL_GIT_ID_TEXT];
	struct rel_publish_archive archive;
	struct rel_manifest_source source = {
	    .sha256 = sha256, .sha512 = sha512, .commit = id};
	struct rel_buf text;
	int rc;

	rel_digest_hex(sha256, &cut->digests[0]);
	rel_digest_hex(sha512, &cut->digests[1]);
	rel_git_id_format(id, &cut->commit);
	rel_buf_init(&text, REL_LIMIT_GIT_PATH_BYTES);
	rc = rel_cut_published(&archive, cut, err);
	if (rc == 0)
		rc = rel_publisher_source(&text, cut->publisher, &archive, err);
	if (rc == 0) {
		source.src = *src = rel_cut_text(cut, "%s", text.ptr);
		rc = source.src ? make_all(cut, &source, err)
				: rel_fail_nomem(err);
	}
	rel_buf_free(&text);
	return rc;
}

int rel_cut_plan_manifests(struct rel_cut *cut, struct rel_error *err)
{
	char *src;

	cut->digests[0] = (struct rel_digest){.algo = REL_DIGEST_SHA256};
	cut->digests[1] = (struct rel_digest){.algo = REL_DIGEST_SHA512};
	return make(&src, cut, err);
}

int rel_cut_make_manifests(struct rel_cut *cut, struct rel_error *err)
{
	return make(&cut->source_url, cut, err);
}

/* "a.1, b.2 and 3 more", of what the gate found. */
static int take_broken(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_gate *gate = &cut->gate;
	struct rel_buf text;

	rel_buf_init(&text, REL_MIB);
	for (size_t i = 0; i < gate->n_findings && i < 10; i++)
		rel_buf_printf(&text, "%s%s (%s)", i ? ", " : "",
			       gate->findings[i].package,
			       gate->findings[i].environment);
	if (gate->n_findings > 10)
		rel_buf_printf(&text, " and %zu more", gate->n_findings - 10);
	cut->plan.broken = rel_arena_copy(&cut->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return cut->plan.broken ? 0 : rel_fail_nomem(err);
}

static int check(struct rel_cut *cut, struct rel_error *err)
{
	size_t n = cut->n_below + cut->n_chosen;
	struct rel_loose_manifest *all = calloc(n + 1, sizeof(*all));
	int rc;

	if (!all)
		return rel_fail_nomem(err);
	if (cut->n_below)
		memcpy(all, cut->below, cut->n_below * sizeof(*all));
	for (size_t i = 0; i < cut->n_chosen; i++)
		all[cut->n_below + i] = (struct rel_loose_manifest){
		    .name = cut->manifests[i].name,
		    .version = rel_str_of(cut->plan.version),
		    .text = cut->manifests[i].text,
		    .path = rel_str_of(cut->manifests[i].path)};
	rc = rel_gate_check(&cut->gate, all, n, &cut->options->survey, err);
	free(all);
	return rc;
}

int rel_cut_gate(struct rel_cut *cut, struct rel_error *err)
{
	const struct rel_gate *gate = &cut->gate;
	bool stopped = cut->stopped,
	     allow = rel_cut_says(cut->plan.allow_broken);
	int rc = cut->manifests ? 0 : rel_cut_plan_manifests(cut, err);

	if (rc == 0)
		rc = check(cut, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < gate->n_findings; i++) {
		struct rel_cut_finding f = {
		    .package = gate->findings[i].package,
		    .environment = gate->findings[i].environment,
		    .text = gate->findings[i].reason};

		rel_cut_add_finding(cut, &f);
	}
	if (allow) {
		cut->stopped = stopped;
		rc = take_broken(cut, err);
	}
	cut->plan.tip = rel_cut_text(cut, "%s", rel_writable_tip(cut->remote));
	if (rc == 0 && !cut->plan.tip)
		rc = rel_fail_nomem(err);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_LOOK,
			     gate->n_findings
				 ? "%zu versions checked, %zu would be broken"
				 : "%zu versions checked, nothing newly broken",
			     gate->n_checked, gate->n_findings);
	return rc;
}
