/* The archive of a cut: what it will hold, before anything is written, and the
 * steps that pack and publish it. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/limits.h"
#include "opam/tree.h"
#include "release/cut/cut_private.h"

/* The first watermark of a file. */
struct marked {
	const char *path;
	uint32_t line;
	enum rel_watermark which;
};

struct export
{
	struct rel_cut *cut;
	struct rel_git_store *store;
	size_t n_files;
	bool known[REL_WATERMARKS]; /* a command of the manifest names it */
	struct marked marked[REL_LIMIT_WATERMARKED_FILES];
	size_t n_marked; /* all of them */
};

static int check_entry(void *context, struct rel_git_archive *archive,
		       const struct rel_git_archive_entry *entry,
		       struct rel_error *err)
{
	struct export *export = context;

	(void)archive;
	(void)err;
	if (entry->kind != REL_GIT_TREE) {
		export->n_files++;
		rel_cut_mark_required(export->cut, entry->path);
	}
	return 0;
}

/* Remember the file's first watermark; it stays as it is. */
static int find_marks(void *context, struct rel_buf *out, struct rel_str path,
		      struct rel_str content, struct rel_error *err)
{
	struct export *export = context;
	struct rel_watermark_place place = {.end = 0};
	struct marked *m;

	rel_buf_add_str(out, content);
	if (!rel_watermark_is_text(path, content))
		return rel_buf_status(out, "file", err);
	do {
		if (!rel_watermark_find(&place, content, place.end))
			return rel_buf_status(out, "file", err);
	} while (export->known[place.which]);
	if (export->n_marked++ >= REL_LIMIT_WATERMARKED_FILES)
		return rel_buf_status(out, "file", err);
	m = &export->marked[export->n_marked - 1];
	m->path = rel_arena_copy(&export->cut->arena, path);
	m->line = rel_watermark_line(content, place.start);
	m->which = place.which;
	return m->path ? rel_buf_status(out, "file", err) : rel_fail_nomem(err);
}

/* A build that names a watermark, as in a call of sed, replaces it.  `dune
 * subst` is none: it does nothing outside of a checkout. */
static int find_known(struct export *export, struct rel_error *err)
{
	static const char *const fields[] = {"build", "install"};
	struct rel_cut *cut = export->cut;
	struct rel_watermark_place place;
	struct rel_opam_tree tree;
	int rc = 0;

	for (size_t i = 0; i < cut->n_chosen && rc == 0; i++) {
		const struct rel_project_package *p =
		    &cut->project->packages[cut->chosen[i]];

		rc = rel_opam_parse(&tree, &cut->arena, p->text, p->path.ptr,
				    err);
		for (size_t k = 0; k < 2 && rc == 0; k++) {
			rel_node_id field =
			    rel_opam_field(&tree, tree.items, fields[k]);
			struct rel_str text;

			if (field == REL_NODE_NONE)
				continue;
			text = rel_opam_source_of(&tree, field);
			for (place.end = 0;
			     rel_watermark_find(&place, text, place.end);)
				export->known[place.which] = true;
		}
	}
	return rc;
}

static int find_marked(struct export *export, struct rel_error *err)
{
	size_t told = export->n_marked < REL_LIMIT_WATERMARKED_FILES
			  ? export->n_marked
			  : REL_LIMIT_WATERMARKED_FILES;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < told; i++) {
		const struct marked *m = &export->marked[i];

		rc = rel_cut_find(
		    export->cut, REL_CUT_WARNING, m->path, m->line, err,
		    "%%%%%s%%%% stays so in the archive: \"dune subst\" "
		    "replaces it in a checkout only; with release: "
		    "{watermarks: true} in relctl.yml the cut does, with false "
		    "it leaves it in silence",
		    rel_watermark_name(m->which));
	}
	if (rc == 0 && export->n_marked > told)
		rc = rel_cut_find(export->cut, REL_CUT_WARNING, NULL, 0, err,
				  "%zu more files have watermarks that nothing "
				  "replaces",
				  export->n_marked - told);
	return rc;
}

/* With what is packed later, or with each file searched. */
static int take_options(struct rel_git_archive_options *out,
			struct rel_watermarks *marks, struct export *export,
			struct rel_error *err)
{
	struct rel_cut *cut = export->cut;
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_pack_options options =
	    rel_cut_pack_options(cut, export->store);
	int rc;

	options.commit = cut->plan.base;
	rc = rel_pack_archive_options(out, marks, &cut->arena, &options, err);
	out->max_file = REL_LIMIT_RELEASE_FILE_BYTES;
	if (rc || (conf && conf->watermarks != REL_CONF_WATERMARKS_WARN))
		return rc;
	out->rewrite = find_marks;
	out->rewrite_context = export;
	return find_known(export, err);
}

int rel_cut_check_export(struct rel_cut *cut, struct rel_error *err)
{
	struct export export = {.cut = cut, .store = rel_cut_store(cut)};
	struct rel_git_archive_options options;
	struct rel_watermarks marks;
	int rc = take_options(&options, &marks, &export, err);

	if (rc == 0)
		rc = rel_git_archive_each(export.store, &cut->plan.base,
					  &options, check_entry, &export, err);
	if (rc == 0 && export.n_files == 0)
		rc = rel_fail(err, REL_EPARSE,
			      "the archive would be empty: .gitattributes says "
			      "export-ignore of every file");
	if (rc == REL_EUSAGE)
		rc = err->code = REL_EPARSE; /* the source is wrong */
	return rc ? rc : find_marked(&export, err);
}

struct rel_pack_options rel_cut_pack_options(struct rel_cut *cut,
					     struct rel_git_store *store)
{
	return (struct rel_pack_options){
	    .store = store,
	    .commit = cut->commit,
	    .name = rel_str_of(cut->plan.name),
	    .version = rel_str_of(cut->plan.version),
	    .tag = cut->plan.tag,
	    .format = cut->plan.archive,
	    .watermarks = cut->plan.watermarks ? rel_str_of(cut->plan.version)
					       : REL_STR(""),
	    .progress = cut->options->progress,
	    .cancel = cut->options->cancel};
}

/* The digests in the journal, from an earlier run, must be the same. */
static int record(struct rel_cut *cut, const char *key,
		  const struct rel_digest *digest, struct rel_error *err)
{
	const char *before = rel_journal_get(&cut->journal, "pack", key);
	char text[REL_DIGEST_TEXT_MAX];

	rel_digest_format(text, digest);
	if (before && strcmp(before, text) != 0) {
		rel_cut_give_up(cut, "cut again");
		return rel_fail(err, REL_ECHECKSUM,
				"the archive has %s, but had %s before; the "
				"compressor of this machine was changed",
				text, before);
	}
	return rel_journal_set(&cut->journal, "pack", key, err, "%s", text);
}

int rel_cut_pack_predicted(struct rel_pack_result *out, struct rel_cut *cut,
			   struct rel_git_target *scratch, const char *path,
			   struct rel_error *err)
{
	struct rel_pack_options options = rel_cut_pack_options(
	    cut, scratch ? rel_git_target_store(scratch) : rel_cut_store(cut));
	int rc = rel_pack_write(out, &options, path, err);

	if (rc)
		return rc;
	cut->digests[0] = out->sha256;
	cut->digests[1] = out->sha512;
	cut->size = out->size;
	return 0;
}

int rel_cut_pack(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_pack_options options =
	    rel_cut_pack_options(cut, rel_cut_store(cut));
	struct rel_pack_result result;
	char hex[REL_DIGEST_TEXT_MAX];
	int rc = rel_pack_write(&result, &options, cut->archive_path, err);

	if (rc == 0)
		rc = rel_pack_expect(&options, cut->archive_path, err);
	if (rc == 0)
		rc = record(cut, "sha256", &result.sha256, err);
	if (rc == 0)
		rc = record(cut, "sha512", &result.sha512, err);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "pack", "size", err, "%llu",
				     (unsigned long long)result.size);
	if (rc)
		return rc;
	cut->digests[0] = result.sha256;
	cut->digests[1] = result.sha512;
	cut->size = result.size;
	rel_digest_hex(hex, &result.sha256);
	rel_cut_tell(cut, REL_CUT_PACK,
		     "%s, %llu entries, %llu bytes, sha256 %.16s",
		     cut->archive_name, (unsigned long long)result.entries,
		     (unsigned long long)result.size, hex);
	return 0;
}

int rel_cut_revert_pack(struct rel_cut *cut, struct rel_error *err)
{
	if (unlink(cut->archive_path) == 0 || errno == ENOENT)
		return 0;
	return rel_fail_errno(err, errno, cut->archive_path, "cannot remove");
}

int rel_cut_published(struct rel_publish_archive *out, struct rel_cut *cut,
		      struct rel_error *err)
{
	char id[REL_GIT_ID_TEXT];
	const char *object = rel_journal_get(&cut->journal, "tag", "object");
	struct rel_publish_release *release = &cut->release;

	*release = (struct rel_publish_release){
	    .name = cut->plan.name,
	    .version = cut->plan.version,
	    .tag = cut->plan.tag,
	    .tag_object = object ? object : "",
	    .commit =
		rel_cut_text(cut, "%s", rel_git_id_format(id, &cut->commit)),
	    .notes = "",
	    .prerelease = rel_cut_is_prerelease(cut),
	    .older = cut->plan.older};
	*out = (struct rel_publish_archive){.path = cut->archive_path,
					    .name = cut->archive_name,
					    .digests = cut->digests,
					    .n_digests = 2,
					    .size = cut->size,
					    .release = release};
	return release->commit ? 0 : rel_fail_nomem(err);
}

/* With the notes, for what writes them. */
static int describe(struct rel_publish_archive *out, struct rel_cut *cut,
		    struct rel_error *err)
{
	struct rel_str notes;
	int rc = rel_cut_published(out, cut, err);

	if (rc == 0)
		rc = rel_cut_short_notes(
		    &notes, cut, rel_publisher_notes_limit(cut->publisher),
		    err);
	if (rc)
		return rc;
	cut->release.notes = rel_arena_copy(&cut->arena, notes);
	return cut->release.notes ? 0 : rel_fail_nomem(err);
}

/* Store it, and see that it can be fetched. */
static int bring(struct rel_publish_receipt *receipt, struct rel_cut *cut,
		 const struct rel_publish_archive *archive, unsigned made,
		 struct rel_error *err)
{
	int rc = rel_publisher_put(receipt, cut->publisher, archive, made, err);

	if (rc == REL_EEXISTS)
		rel_cut_give_up(cut, "release under another version");
	/* the file here was changed: it is made again when the cut goes on */
	if (rc == REL_ECHECKSUM && rel_cut_revert_pack(cut, NULL) != 0)
		return rc;
	return rc ? rc : rel_publisher_fetch(cut->publisher, archive, err);
}

static bool noted(unsigned *made, const struct rel_cut *cut)
{
	const char *text = rel_journal_get(&cut->journal, "publish", "made");
	unsigned long mask = 0;

	if (!text || !rel_str_to_uint(rel_str_of(text), UINT_MAX, &mask))
		return false;
	*made = (unsigned)mask;
	return true;
}

/* Which of its places are ours to take back is in the journal before they
 * are made. */
static int note_made(unsigned *made, struct rel_cut *cut,
		     const struct rel_publish_archive *archive,
		     struct rel_error *err)
{
	int rc;

	if (noted(made, cut))
		return 0;
	rc = rel_publisher_missing(made, cut->publisher, archive, err);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "publish", "made", err,
				     "%u", *made);
	return rc ? rc : rel_journal_save(&cut->journal, err);
}

int rel_cut_publish(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_publish_archive archive;
	struct rel_publish_receipt receipt = {0};
	struct rel_buf url;
	unsigned made = 0;
	int rc = 0;

	/* it may be gone when the cut goes on, and can be made again */
	if (access(cut->archive_path, R_OK) != 0)
		rc = rel_cut_pack(cut, err);
	if (rc == 0)
		rc = rel_cut_open_remote(cut, err);
	if (rc == 0)
		rc = describe(&archive, cut, err);
	if (rc)
		return rc;
	rel_buf_init(&url, REL_LIMIT_GIT_PATH_BYTES);
	rc = note_made(&made, cut, &archive, err);
	if (rc == 0)
		rc = bring(&receipt, cut, &archive, made, err);
	if (rc == 0)
		rc = rel_publisher_source(&url, cut->publisher, &archive, err);
	if (rc == 0)
		rc = rel_journal_set(&cut->journal, "publish", "url", err, "%s",
				     url.ptr);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PUBLISH, "%s%s", url.ptr,
			     receipt.outcome == REL_PUBLISH_PRESENT
				 ? " (was there)"
				 : "");
	rel_buf_free(&url);
	return rc;
}

int rel_cut_revert_publish(struct rel_cut *cut, struct rel_error *err)
{
	struct rel_publish_archive archive;
	unsigned made = 0;
	int rc;

	if (!noted(&made, cut) || made == 0)
		return 0;
	rc = rel_cut_open_remote(cut, err);
	if (rc == 0)
		rc = rel_cut_published(&archive, cut, err);
	if (rc == 0)
		rc =
		    rel_publisher_withdraw(cut->publisher, &archive, made, err);
	if (rc == 0)
		rel_cut_tell(cut, REL_CUT_PUBLISH, "archive removed");
	return rc;
}
