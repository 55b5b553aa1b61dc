/* What the archive will hold, before anything is written. */
#include "base/limits.h"
#include "opam/tree.h"
#include "release/cut/cut_private.h"

/* The first watermark of a file. */
struct marked {
	const char *path;
	uint32_t line;
	enum rel_watermark which;
};

struct look {
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
	struct look *look = context;

	(void)archive;
	(void)err;
	if (entry->kind != REL_GIT_TREE) {
		look->n_files++;
		rel_cut_mark_required(look->cut, entry->path);
	}
	return 0;
}

/* Remember the file's first watermark; it stays as it is. */
static int look_for_marks(void *context, struct rel_buf *out,
			  struct rel_str path, struct rel_str content,
			  struct rel_error *err)
{
	struct look *look = context;
	struct rel_watermark_place place = {.end = 0};
	struct marked *m;

	rel_buf_add_str(out, content);
	if (!rel_watermark_is_text(path, content))
		return rel_buf_status(out, "file", err);
	do {
		if (!rel_watermark_find(&place, content, place.end))
			return rel_buf_status(out, "file", err);
	} while (look->known[place.which]);
	if (look->n_marked++ >= REL_LIMIT_WATERMARKED_FILES)
		return rel_buf_status(out, "file", err);
	m = &look->marked[look->n_marked - 1];
	m->path = rel_arena_copy(&look->cut->arena, path);
	m->line = rel_watermark_line(content, place.start);
	m->which = place.which;
	return m->path ? rel_buf_status(out, "file", err) : rel_fail_nomem(err);
}

/* A build that names a watermark, as in a call of sed, replaces it.  `dune
 * subst` is none: it does nothing outside of a checkout. */
static int find_known(struct look *look, struct rel_error *err)
{
	static const char *const fields[] = {"build", "install"};
	struct rel_cut *cut = look->cut;
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
				look->known[place.which] = true;
		}
	}
	return rc;
}

static int find_marked(struct look *look, struct rel_error *err)
{
	size_t told = look->n_marked < REL_LIMIT_WATERMARKED_FILES
			  ? look->n_marked
			  : REL_LIMIT_WATERMARKED_FILES;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < told; i++) {
		const struct marked *m = &look->marked[i];

		rc = rel_cut_find(
		    look->cut, REL_CUT_WARNING, m->path, m->line, err,
		    "%%%%%s%%%% stays so in the archive: \"dune subst\" "
		    "replaces it in a checkout only; with release: "
		    "{watermarks: true} in relctl.yml the cut does, with false "
		    "it leaves it in silence",
		    rel_watermark_name(m->which));
	}
	if (rc == 0 && look->n_marked > told)
		rc = rel_cut_find(look->cut, REL_CUT_WARNING, NULL, 0, err,
				  "%zu more files have watermarks that nothing "
				  "replaces",
				  look->n_marked - told);
	return rc;
}

/* With what is packed later, or with a look at each file. */
static int take_options(struct rel_git_archive_options *out,
			struct rel_watermarks *marks, struct look *look,
			struct rel_error *err)
{
	struct rel_cut *cut = look->cut;
	const struct rel_conf_release *conf = rel_cut_conf(cut);
	struct rel_pack_options options =
	    rel_cut_pack_options(cut, look->store);
	int rc;

	options.commit = cut->plan.base;
	rc = rel_pack_archive_options(out, marks, &cut->arena, &options, err);
	out->max_file = REL_LIMIT_RELEASE_FILE_BYTES;
	if (rc || (conf && conf->watermarks != REL_CONF_WATERMARKS_WARN))
		return rc;
	out->rewrite = look_for_marks;
	out->rewrite_context = look;
	return find_known(look, err);
}

int rel_cut_check_export(struct rel_cut *cut, struct rel_error *err)
{
	struct look look = {.cut = cut, .store = rel_cut_store(cut)};
	struct rel_git_archive_options options;
	struct rel_watermarks marks;
	int rc = take_options(&options, &marks, &look, err);

	if (rc == 0)
		rc = rel_git_archive_each(look.store, &cut->plan.base, &options,
					  check_entry, &look, err);
	if (rc == 0 && look.n_files == 0)
		rc = rel_fail(err, REL_EPARSE,
			      "the archive would be empty: .gitattributes says "
			      "export-ignore of every file");
	if (rc == REL_EUSAGE)
		rc = err->code = REL_EPARSE; /* the source is wrong */
	return rc ? rc : find_marked(&look, err);
}
