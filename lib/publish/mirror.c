/* kind: mirror */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "opam/edit.h"
#include "opam/repofile.h"
#include "publish/address.h"
#include "publish/publish_private.h"

struct mirror {
	struct rel_arena arena;
	struct rel_location location;
	struct rel_writable *place;
	const struct rel_change_author *author;
	bool in_remote;	   /* the development remote, same branch */
	const char *base;  /* public address of the place */
	const char *named; /* for archive-mirrors */
};

static int fail_no_url(const struct mirror *m, struct rel_error *err)
{
	return rel_fail(err, REL_EUSAGE,
			"no public address is known for archives in %s; add "
			"to publish in relctl.yml where they can be fetched, "
			"url: https://…, or put them elsewhere with dir:",
			m->location.text);
}

static int keep(const char **out, struct mirror *m, const struct rel_buf *text,
		struct rel_error *err)
{
	int rc = rel_buf_status(text, "address", err);

	if (rc)
		return rc;
	*out = rel_arena_copy(&m->arena, rel_buf_str(text));
	return *out ? 0 : rel_fail_nomem(err);
}

/* "file://" and the real path of a place of which the last parts may not exist
 * yet: opam calls a file: address with "..", as a relative dir: has it, a
 * relative one. */
static int add_file_url(struct rel_buf *out, const struct mirror *m,
			struct rel_error *err)
{
	struct rel_str whole = rel_str_of(m->location.url);
	const char *top = whole.ptr[0] == '/' ? "/" : ".";
	char *part = strdup(whole.ptr), *real = NULL;
	size_t len = whole.len;

	while (part && !(real = realpath(len ? part : top, NULL)) && len > 0) {
		len = rel_path_dir(rel_str_n(part, len)).len;
		part[len] = '\0';
	}
	free(part);
	if (!real)
		return rel_fail_nomem(err);
	rel_buf_add_cstr(out, "file://");
	if (len < whole.len)
		rel_path_join(out, rel_str_of(real),
			      rel_str_sub(whole, len, whole.len));
	else
		rel_buf_add_cstr(out, real);
	free(real);
	return 0;
}

static int add_address(struct rel_buf *out, const struct mirror *m,
		       struct rel_error *err)
{
	int rc;

	if (m->location.kind == REL_LOCATION_DIRECTORY)
		rc = add_file_url(out, m, err);
	else
		rc = rel_publish_raw_address(
		    out, m->location.url, rel_writable_branch(m->place), err);
	if (rc == REL_ENOTFOUND)
		return fail_no_url(m, err);
	if (rc == 0 && m->location.subdir[0] != '\0')
		rel_buf_printf(out, "/%s", m->location.subdir);
	return rc;
}

static int set_addresses(struct mirror *m, const struct rel_conf_publish *conf,
			 struct rel_error *err)
{
	struct rel_buf text;
	int rc = 0;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	if (conf && conf->url)
		rel_buf_add_cstr(&text, conf->url);
	else
		rc = add_address(&text, m, err);
	if (rc == 0)
		rc = keep(&m->base, m, &text, err);
	rel_buf_add_cstr(&text, "/cache");
	if (rc == 0)
		rc = keep(&m->named, m, &text, err);
	if (m->in_remote && !rel_writable_is_git(m->place))
		m->named = "cache";
	rel_buf_free(&text);
	return rc;
}

static const struct rel_remote *find_remote(
    const struct rel_publish_options *options, const char *name)
{
	for (size_t i = 0; i < options->n_remotes; i++)
		if (options->remotes[i].name &&
		    strcmp(options->remotes[i].name, name) == 0)
			return &options->remotes[i];
	return NULL;
}

/* `dir:`; it need not exist yet. */
static int locate_dir(struct mirror *m,
		      const struct rel_publish_options *options,
		      struct rel_error *err)
{
	struct rel_str dir = rel_str_of(options->conf->dir);
	struct rel_buf path;
	const char *text = NULL;
	int rc;

	rel_buf_init(&path, REL_LIMIT_CONFIG_BYTES);
	if (options->base_dir && dir.ptr[0] != '/')
		rel_buf_printf(&path, "%s/", options->base_dir);
	rel_buf_add_str(&path, dir);
	rc = keep(&text, m, &path, err);
	rel_buf_free(&path);
	m->location = (struct rel_location){.kind = REL_LOCATION_DIRECTORY,
					    .text = text,
					    .url = text,
					    .subdir = "",
					    .revision = ""};
	return rc;
}

static int locate(struct mirror *m, const struct rel_publish_options *options,
		  struct rel_error *err)
{
	const struct rel_conf_publish *conf = options->conf;
	const struct rel_remote *remote = options->development;
	int rc;

	if (conf && conf->dir)
		return locate_dir(m, options, err);
	if (conf && conf->remote) {
		remote = find_remote(options, conf->remote);
		if (!remote) {
			rc = rel_location_parse(
			    &m->location, rel_str_of(conf->remote),
			    options->base_dir, &m->arena, err);
			if (rc)
				rel_error_prefix(err, "publish: remote");
			return rc;
		}
	}
	m->location = remote->location;
	return 0;
}

static void release(void *self)
{
	struct mirror *m = self;

	rel_writable_free(m->place);
	rel_arena_free(&m->arena);
	free(m);
}

static bool same_place(const struct rel_location *a,
		       const struct rel_location *b)
{
	return a->kind == b->kind && strcmp(a->url, b->url) == 0 &&
	       strcmp(a->subdir, b->subdir) == 0 &&
	       strcmp(a->revision, b->revision) == 0;
}

static int open_mirror(void **self, const struct rel_publish_options *options,
		       struct rel_error *err)
{
	struct rel_writable_options writing = {.orphan = true,
					       .remote = options->remote};
	struct mirror *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return rel_fail_nomem(err);
	rel_arena_init(&m->arena, REL_LIMIT_CONF_ARENA);
	m->author = options->author;
	writing.branch = options->conf ? options->conf->branch : NULL;
	rc = locate(m, options, err);
	if (rc == 0)
		rc = rel_writable_open(&m->place, &m->location, &writing, err);
	if (rc == 0) {
		m->in_remote =
		    !writing.branch &&
		    same_place(&m->location, &options->development->location);
		rc = set_addresses(m, options->conf, err);
	}
	if (rc) {
		release(m);
		return rc;
	}
	*self = m;
	return 0;
}

static int source(struct rel_buf *out, const void *self,
		  const struct rel_publish_archive *archive,
		  struct rel_error *err)
{
	const struct mirror *m = self;

	return rel_publish_source(out, m->base, archive, err);
}

static const char *named(const void *self)
{
	return ((const struct mirror *)self)->named;
}

static bool moves_remote(const void *self)
{
	const struct mirror *m = self;

	return m->in_remote && rel_writable_is_git(m->place);
}

static int find_missing(unsigned *missing, struct mirror *m,
			const struct rel_publish_paths *paths,
			struct rel_error *err)
{
	int rc = 0;

	*missing = 0;
	for (size_t i = 0; rc == 0 && i < paths->count; i++) {
		bool there;

		rc =
		    rel_writable_exists(&there, m->place, paths->items[i], err);
		if (rc == 0 && !there)
			*missing |= 1u << i;
	}
	return rc;
}

static int missing(unsigned *out, void *self,
		   const struct rel_publish_archive *archive,
		   struct rel_error *err)
{
	struct rel_publish_paths paths;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(out, self, &paths, err);
	rel_publish_paths_free(&paths);
	return rc;
}

/* Apply, onto the new tip when somebody else was faster. */
static int apply(struct rel_change_result *result, struct mirror *m,
		 const struct rel_change *changes, size_t n_changes,
		 const char *verb, const struct rel_publish_archive *archive,
		 struct rel_error *err)
{
	char *message = NULL;
	int rc = 0;

	if (asprintf(&message, "%s %s\n", verb, archive->name) < 0)
		return rel_fail_nomem(err);
	result->outcome = REL_CHANGE_RACED;
	for (int i = 0; rc == 0 && i < REL_LIMIT_RACES &&
			result->outcome == REL_CHANGE_RACED;
	     i++) {
		if (i > 0)
			rc = rel_writable_refresh(m->place, err);
		if (rc == 0)
			rc = rel_writable_apply(result, m->place, changes,
						n_changes, message, m->author,
						NULL, err);
	}
	free(message);
	if (rc)
		return rc;
	if (result->outcome == REL_CHANGE_RACED)
		return rel_fail(err, REL_ESTALE,
				"%s moved %d times while %s was published; "
				"try again",
				rel_writable_text(m->place), REL_LIMIT_RACES,
				archive->name);
	if (result->outcome == REL_CHANGE_REJECTED)
		return rel_fail(err, REL_EIO, "%s refused %s: %s",
				rel_writable_text(m->place), archive->name,
				result->text);
	return 0;
}

static int put(struct rel_publish_receipt *out, void *self,
	       const struct rel_publish_archive *archive, unsigned ours,
	       struct rel_error *err)
{
	struct rel_change changes[REL_DIGEST_ALGOS + 1] = {{NULL}};
	struct rel_change_result result;
	struct mirror *m = self;
	struct rel_publish_paths paths;
	unsigned requested = 0;
	int rc = rel_publish_paths_make(&paths, archive, err);

	(void)ours; /* its files are whole or not there */
	if (rc == 0)
		rc = find_missing(&requested, m, &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.count; i++) {
		changes[i].path = paths.items[i];
		changes[i].file = archive->path;
	}
	if (rc == 0)
		rc = apply(&result, m, changes, paths.count, "Publish", archive,
			   err);
	if (rc == 0 && result.outcome == REL_CHANGE_DONE) {
		out->outcome = REL_PUBLISH_DONE;
		out->made = requested;
		memcpy(out->commit, result.commit, sizeof(out->commit));
	}
	rel_publish_paths_free(&paths);
	return rc;
}

static int prove(uint64_t *size, struct mirror *m, const char *path,
		 const struct rel_publish_archive *archive,
		 struct rel_error *err)
{
	struct rel_publish_proof proof;
	int rc = rel_publish_proof_init(&proof, archive, err);

	if (rc == 0)
		rc =
		    rel_writable_stream(size, m->place, path, &proof.sink, err);
	if (rc == 0)
		rc = rel_publish_proof_end(&proof, path, false, err);
	rel_hasher_free(&proof.tally.hasher);
	return rc;
}

static int check(void *self, const struct rel_publish_archive *archive,
		 struct rel_error *err)
{
	struct mirror *m = self;
	struct rel_publish_paths paths;
	unsigned absent = 0;
	uint64_t size;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(&absent, m, &paths, err);
	for (size_t i = 0; rc == 0 && i < paths.count; i++) {
		if (absent & (1u << i))
			rc = rel_writable_ready(m->place, paths.items[i], err);
		else
			rc = prove(&size, m, paths.items[i], archive, err);
		if (rc == REL_ECHECKSUM)
			rc = rel_publish_fail_other(rel_writable_text(m->place),
						    paths.items[i], err);
	}
	rel_publish_paths_free(&paths);
	return rc;
}

static int held(uint64_t *size, void *self,
		const struct rel_publish_archive *archive,
		struct rel_error *err)
{
	struct mirror *m = self;
	struct rel_publish_paths paths;
	unsigned absent = 0;
	int rc = rel_publish_paths_make(&paths, archive, err);

	if (rc == 0)
		rc = find_missing(&absent, m, &paths, err);
	absent |= ~paths.digests;
	if (rc == 0 && !(~absent & paths.digests))
		rc = rel_fail(err, REL_ENOTFOUND, "the mirror in %s lacks %s",
			      rel_writable_text(m->place), archive->name);
	for (size_t i = 0; rc == 0 && i < paths.count; i++)
		if (!(absent & (1u << i)))
			rc = prove(size, m, paths.items[i], archive, err);
	rel_publish_paths_free(&paths);
	return rc;
}

static int withdraw(void *self, const struct rel_publish_archive *archive,
		    unsigned made, struct rel_error *err)
{
	struct rel_change changes[REL_DIGEST_ALGOS + 1] = {{NULL}};
	struct rel_change_result result;
	struct rel_publish_paths paths;
	size_t n = 0;
	int rc = rel_publish_paths_make(&paths, archive, err);

	for (size_t i = 0; rc == 0 && i < paths.count; i++) {
		if (!(made & (1u << i)))
			continue;
		changes[n].path = paths.items[i];
		changes[n++].remove = true;
	}
	if (rc == 0)
		rc = apply(&result, self, changes, n, "Withdraw", archive, err);
	rel_publish_paths_free(&paths);
	return rc;
}

const struct rel_publish_kind rel_publish_mirror = {
    .name = "mirror",
    .open = open_mirror,
    .source = source,
    .mirror = named,
    .moves_remote = moves_remote,
    .missing = missing,
    .check = check,
    .put = put,
    .held = held,
    .withdraw = withdraw,
    .release = release,
};

/* Paths relative to the root may be written with "./" and slashes. */
static struct rel_str bare(struct rel_str mirror)
{
	while (rel_str_starts(mirror, REL_STR("./")))
		mirror = rel_str_sub(mirror, 2, mirror.len);
	while (mirror.len > 0 && mirror.ptr[mirror.len - 1] == '/')
		mirror.len--;
	return mirror;
}

static bool is_named(const struct rel_repofile *file, const char *mirror)
{
	for (uint32_t i = 0; i < file->n_archive_mirrors; i++)
		if (rel_str_eq(bare(file->archive_mirrors[i]),
			       bare(rel_str_of(mirror))))
			return true;
	return false;
}

/* The field's new value: `mirror` in front of those that stand there. */
static void add_value(struct rel_buf *out, const struct rel_opam_tree *tree,
		      rel_node_id field, const char *mirror)
{
	rel_node_id value;
	struct rel_str old;

	if (field == REL_NODE_NONE) {
		rel_opam_quote(out, rel_str_of(mirror));
		return;
	}
	value = tree->nodes[field].child;
	old = rel_opam_source_of(tree, value);
	rel_buf_add_char(out, '[');
	rel_opam_quote(out, rel_str_of(mirror));
	rel_buf_add_char(out, ' ');
	if (tree->nodes[value].kind == REL_NODE_LIST)
		old = rel_str_sub(old, 1, old.len);
	rel_buf_add_str(out, old);
	if (tree->nodes[value].kind != REL_NODE_LIST)
		rel_buf_add_char(out, ']');
}

static int edit(struct rel_buf *out, struct rel_str old, const char *path,
		const char *mirror, struct rel_arena *arena,
		struct rel_error *err)
{
	struct rel_opam_tree tree;
	struct rel_opam_edit edit;
	struct rel_buf value;
	rel_node_id field;
	int rc = rel_opam_parse(&tree, arena, old, path, err);

	if (rc)
		return rc;
	rel_buf_init(&value, REL_LIMIT_CONFIG_BYTES);
	rel_edit_init(&edit, &tree, arena);
	field = rel_opam_field(&tree, tree.items, "archive-mirrors");
	add_value(&value, &tree, field, mirror);
	rc = rel_buf_status(&value, "repo", err);
	if (rc == 0)
		rc = rel_edit_set_field(&edit, "archive-mirrors",
					rel_buf_str(&value), err);
	if (rc == 0)
		rc = rel_edit_apply(&edit, out, err);
	rel_edit_free(&edit);
	rel_buf_free(&value);
	return rc;
}

int rel_publish_name_mirror(struct rel_buf *out, bool *changed,
			    struct rel_str old, const char *path,
			    const char *mirror, struct rel_error *err)
{
	static const struct rel_variables none;
	struct rel_repofile file;
	struct rel_arena arena;
	int rc;

	*changed = false;
	if (!old.ptr) {
		*changed = true;
		rel_buf_add_cstr(out, "opam-version: \"2.0\"\n"
				      "archive-mirrors: ");
		rel_opam_quote(out, rel_str_of(mirror));
		rel_buf_add_char(out, '\n');
		return rel_buf_status(out, path, err);
	}
	rel_arena_init(&arena, 64 * REL_LIMIT_CONFIG_BYTES);
	rc = rel_repofile_read(&file, old, path, &none, &arena, err);
	if (rc == 0 && is_named(&file, mirror)) {
		rel_buf_add_str(out, old);
		rc = rel_buf_status(out, path, err);
	} else if (rc == 0) {
		*changed = true;
		rc = edit(out, old, path, mirror, &arena, err);
	}
	rel_arena_free(&arena);
	return rc;
}
