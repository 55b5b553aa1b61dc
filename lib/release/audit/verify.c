#include "release/audit/verify.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "git/remote.h"
#include "git/sign.h"
#include "git/write.h"
#include "opam/tree.h"
#include "release/source/tagname.h"

#define CANDIDATES 5

struct verifying {
	const struct rel_verify_request *request;
	struct rel_verify_result *out;
	struct rel_arena arena;
	struct rel_archive_of archive;
	struct rel_str dev_repo, commit_hash; /* of the manifest; ptr NULL */
	struct rel_git_store *store;
	char *file; /* the fetched archive */
};

const char *rel_verify_outcome_name(enum rel_verify_outcome outcome)
{
	static const char *const NAMES[] = {"identical", "recompressed",
					    "different"};

	return NAMES[outcome];
}

void rel_verify_result_free(struct rel_verify_result *result)
{
	rel_obtained_free(&result->archive);
	rel_pack_report_free(&result->report);
	rel_git_verification_free(&result->signature);
	free(result->wrong_sum);
	free(result->source);
	free(result->tag);
	free(result->other_commit);
	*result = (struct rel_verify_result){0};
}

bool rel_verify_is_renamed(const struct rel_verify_result *result)
{
	const struct rel_buf *name = &result->signature.name;

	return result->tag && name->len > 0 &&
	       !rel_str_is(rel_buf_str(name), result->tag);
}

bool rel_verify_is_finding(const struct rel_verify_result *result)
{
	return result->wrong_sum || result->outcome == REL_VERIFY_DIFFERENT ||
	       result->signature.trust == REL_GIT_BAD ||
	       rel_verify_is_renamed(result);
}

/* The string of a field, {NULL, 0} without. */
static struct rel_str field_of(const struct rel_opam_tree *tree,
			       const char *name)
{
	rel_node_id field = rel_opam_field(tree, tree->items, name), value;

	if (field == REL_NODE_NONE)
		return rel_str_n(NULL, 0);
	value = tree->nodes[field].child;
	if (tree->nodes[value].kind != REL_NODE_STRING)
		return rel_str_n(NULL, 0);
	return tree->nodes[value].text;
}

static int read_manifest(struct verifying *v, struct rel_error *err)
{
	const struct rel_verify_request *request = v->request;
	struct rel_archive_of *archives = NULL;
	struct rel_opam_tree tree;
	uint32_t n = 0;
	int r = rel_opam_parse(&tree, &v->arena, request->manifest,
			       request->path, err);

	if (r == 0)
		r = rel_archives_of(&archives, &n, request->manifest,
				    request->url, request->path, &v->arena,
				    err);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < n; i++) {
		if (!archives[i].file.ptr)
			v->archive = archives[i];
	}
	v->dev_repo = field_of(&tree, "dev-repo");
	v->commit_hash = field_of(&tree, "x-commit-hash");
	if (v->archive.src.len > 0)
		return 0;
	rel_fail(err, REL_EUSAGE, "it names no archive");
	rel_error_at(err, request->path, 0, 0);
	return REL_EUSAGE;
}

/* A private file for the archive. */
static int make_file(struct verifying *v, struct rel_error *err)
{
	const char *dir = getenv("TMPDIR");
	int fd;

	if (asprintf(&v->file, "%s/relctl-verify-XXXXXX",
		     dir && dir[0] ? dir : "/tmp") < 0) {
		v->file = NULL;
		return rel_fail_nomem(err);
	}
	fd = mkostemp(v->file, O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	rel_fail(err, REL_EIO, "cannot create a temporary file (see TMPDIR)");
	rel_error_at(err, v->file, 0, 0);
	free(v->file);
	v->file = NULL;
	return REL_EIO;
}

/* A manifest names repositories of other hosts; one on this disk only where
 * the user lets it. */
static int check_dev_repo(const char **location, struct verifying *v,
			  struct rel_error *err)
{
	const struct rel_obtain_options *obtain = &v->request->obtain;
	struct rel_git_url url;
	char *path = NULL, *real;
	int r = rel_git_url_parse(&url, *location, err);

	if (r < 0 || url.transport != REL_GIT_LOCAL)
		return r;
	path = rel_arena_copy(&v->arena, url.path);
	real = path
		   ? rel_obtain_local(path, obtain->local, obtain->n_local, err)
		   : NULL;
	if (!path)
		return rel_fail_nomem(err);
	if (!real) {
		rel_error_prefix(err, "dev-repo");
		return err ? err->code : REL_EUSAGE;
	}
	*location = rel_arena_copy(&v->arena, rel_str_of(real));
	free(real);
	return *location ? 0 : rel_fail_nomem(err);
}

/* --source, or the manifest's dev-repo without its #branch. */
static int choose_source(struct verifying *v, struct rel_error *err)
{
	struct rel_str from = v->dev_repo;
	struct rel_buf text;
	const char *location;
	int r;

	if (v->request->source)
		from = rel_str_of(v->request->source);
	else
		from = rel_str_sub(from, 0, rel_str_find(from, '#'));
	if (from.len == 0)
		return rel_fail(err, REL_EUSAGE,
				"the manifest has no dev-repo: say where the "
				"source is with --source");
	location = rel_arena_copy(&v->arena, from);
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	r = location ? rel_git_redact_url(&text, location) : REL_ENOMEM;
	v->out->source = rel_buf_detach(&text, NULL);
	if (r || !v->out->source)
		return rel_fail_nomem(err);
	if (!v->request->source)
		r = check_dev_repo(&location, v, err);
	v->dev_repo.ptr = location;
	return r;
}

/* Get `revision` of the source: 1, 0 when it has no such, or an error. */
static int fetch(struct verifying *v, const char *revision,
		 struct rel_error *err)
{
	struct rel_git_fetch_options options = v->request->fetch;
	struct rel_error why = {0};
	bool lacks = false;
	int r;

	options.revision = revision;
	options.lacks_revision = &lacks;
	rel_git_store_free(v->store);
	v->store = NULL;
	r = rel_git_fetch(&v->store, &v->out->commit, v->dev_repo.ptr, &options,
			  &why);
	/* A local repository that is not there is no missing tag. */
	if (lacks)
		return 0;
	if (r < 0 && err)
		*err = why;
	return r < 0 ? r : 1;
}

/* Try a tag; *ref is its full name. */
static int try_tag(struct verifying *v, const char *tag, struct rel_error *err)
{
	char *ref = NULL;
	int r;

	if (asprintf(&ref, "refs/tags/%s", tag) < 0)
		return rel_fail_nomem(err);
	r = fetch(v, ref, err);
	free(ref);
	if (r == 1) {
		v->out->tag = strdup(tag);
		if (!v->out->tag)
			return rel_fail_nomem(err);
	}
	return r;
}

/* The tags that may stand for the version; those that cannot be are left
 * out. */
static int candidates(struct rel_buf tags[CANDIDATES],
		      const struct rel_verify_request *request,
		      struct rel_error *err)
{
	const char *patterns[CANDIDATES] = {request->tag_pattern, "{version}",
					    "v{version}", "{name}-{version}",
					    "{name}.{version}"};
	struct rel_error why = {0};

	for (int i = 0; i < CANDIDATES; i++) {
		int r;

		rel_buf_init(&tags[i], REL_LIMIT_CONFIG_BYTES);
		if (!patterns[i])
			continue;
		r = rel_tagname_make(&tags[i], patterns[i], request->name,
				     request->version, &why);
		if (r == REL_ENOMEM)
			return rel_fail_nomem(err);
		if (r < 0)
			rel_buf_clear(&tags[i]);
	}
	return 0;
}

static int find_by_version(struct verifying *v, struct rel_error *err)
{
	struct rel_buf tags[CANDIDATES];
	int r = candidates(tags, v->request, err);

	for (int i = 0; r == 0 && i < CANDIDATES; i++) {
		if (tags[i].len > 0)
			r = try_tag(v, tags[i].ptr, err);
	}
	for (int i = 0; i < CANDIDATES; i++)
		rel_buf_free(&tags[i]);
	return r;
}

static int find_by_commit(struct verifying *v, struct rel_error *err)
{
	struct rel_git_id id;
	char hex[REL_GIT_ID_TEXT];

	if (!v->commit_hash.ptr || !rel_git_id_parse(&id, v->commit_hash))
		return 0;
	return fetch(v, rel_git_id_format(hex, &id), err);
}

static int find_revision(struct verifying *v, struct rel_error *err)
{
	const struct rel_verify_request *request = v->request;
	int r;

	if (request->tag) {
		r = try_tag(v, request->tag, err);
		return r == 0
			   ? rel_fail(err, REL_ENOTFOUND, "%s has no tag '%s'",
				      v->out->source, request->tag)
			   : r;
	}
	r = find_by_version(v, err);
	if (r == 0)
		r = find_by_commit(v, err);
	if (r == 0)
		return rel_fail(err, REL_ENOTFOUND,
				"%s has no tag for %.*s: say which it is with "
				"--tag",
				v->out->source, REL_STR_ARG(request->version));
	return r;
}

/* Does the manifest name another commit than the tag does? */
static int compare_commit(struct verifying *v, struct rel_error *err)
{
	struct rel_git_id id;

	if (!v->commit_hash.ptr || !rel_git_id_parse(&id, v->commit_hash) ||
	    memcmp(&id, &v->out->commit, sizeof(id)) == 0)
		return 0;
	v->out->other_commit = strndup(v->commit_hash.ptr, v->commit_hash.len);
	return v->out->other_commit ? 0 : rel_fail_nomem(err);
}

/* The signature of the tag object; a fetched tag is kept under a name of the
 * cache. */
static int check_signature(struct verifying *v, struct rel_error *err)
{
	struct rel_git_id id;
	struct rel_buf ref, kept;
	int r;

	if (!v->out->tag)
		return 0;
	rel_buf_init(&ref, REL_LIMIT_CONFIG_BYTES);
	rel_buf_init(&kept, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&ref, "refs/tags/%s", v->out->tag);
	if (ref.status == 0)
		rel_git_cache_ref(&kept, ref.ptr);
	r = ref.status || kept.status
		? rel_fail_nomem(err)
		: rel_git_ref_read(&id, v->store, kept.ptr, err);
	if (r == 0)
		r = rel_git_ref_read(&id, v->store, ref.ptr, err);
	if (r > 0)
		r = rel_git_verify_tag(&v->out->signature, v->store, &id,
				       v->request->fetch.cancel, err);
	rel_buf_free(&kept);
	rel_buf_free(&ref);
	return r;
}

/* How the archive is packed, by its first bytes. */
static enum rel_archive_format format_of(const char *path)
{
	unsigned char b[4] = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, b, sizeof(b));

	if (fd >= 0)
		close(fd);
	if (n == 4 && memcmp(b, "BZh", 3) == 0)
		return REL_ARCHIVE_TBZ;
	if (n == 4 && memcmp(b, "\x1f\x8b", 2) == 0)
		return REL_ARCHIVE_TAR_GZ;
	if (n == 4 && memcmp(b,
			     "\xfd"
			     "7zX",
			     4) == 0)
		return REL_ARCHIVE_TAR_XZ;
	if (n == 4 && memcmp(b, "\x28\xb5\x2f\xfd", 4) == 0)
		return REL_ARCHIVE_TAR_ZST;
	return REL_ARCHIVE_TAR;
}

/* Pack the tag under the archive's own top directory. */
static int rebuild(struct verifying *v, struct rel_pack_options *request,
		   struct rel_error *err)
{
	struct rel_verify_result *out = v->out;
	struct rel_str top = rel_str_of(out->report.top);
	size_t dash = rel_str_rfind(top, '-');
	int r;

	out->outcome = REL_VERIFY_RECOMPRESSED;
	/* Such a name is none that a cut gives. */
	if (dash == 0 || dash + 1 >= top.len)
		return 0;
	request->name = rel_str_sub(top, 0, dash);
	request->version = rel_str_sub(top, dash + 1, top.len);
	r = rel_pack_stream(&out->rebuilt, request, NULL, err);
	if (r == 0 &&
	    rel_digest_cmp(&out->rebuilt.sha256, &out->archive.sha256) == 0)
		out->outcome = REL_VERIFY_IDENTICAL;
	return r;
}

/* Are the differences watermarks that the release has replaced?  What they
 * became follows from tag and version, so nothing has to be recorded. */
static int compare_replaced(struct verifying *v,
			    struct rel_pack_options *request,
			    struct rel_error *err)
{
	struct rel_pack_report report = {0};
	struct rel_error why = {0};
	int r;

	request->watermarks = v->request->version;
	r = rel_pack_check(&report, request, v->file, &why);
	if (r == REL_ENOMEM || r == REL_ECANCELLED) {
		if (err)
			*err = why;
		rel_pack_report_free(&report);
		return r;
	}
	if (r == 0 && report.n_differences == 0) {
		rel_pack_report_free(&v->out->report);
		v->out->report = report;
		v->out->watermarks = true;
		return 0;
	}
	/* a source of which there are none to be made is not wrong */
	request->watermarks = REL_STR("");
	rel_pack_report_free(&report);
	return 0;
}

static int compare(struct verifying *v, struct rel_error *err)
{
	struct rel_pack_options request = {.store = v->store,
					   .commit = v->out->commit,
					   .name = v->request->name,
					   .version = v->request->version,
					   .tag = v->out->tag,
					   .format = format_of(v->file),
					   .empty_submodules = true,
					   .progress =
					       v->request->fetch.progress,
					   .cancel = v->request->fetch.cancel};
	int r = rel_pack_check(&v->out->report, &request, v->file, err);

	if (r == 0 && v->out->report.n_differences > 0)
		r = compare_replaced(v, &request, err);
	if (r < 0) {
		/* The temporary name says nothing to anybody. */
		if (err && strcmp(err->path, v->file) == 0)
			rel_error_at(err, v->out->archive.address, 0, 0);
		return r;
	}
	if (v->out->report.n_differences == 0)
		return rebuild(v, &request, err);
	v->out->outcome = REL_VERIFY_DIFFERENT;
	return 0;
}

static int fetch_archive(struct verifying *v, struct rel_error *err)
{
	const struct rel_verify_request *request = v->request;
	struct rel_http *http = NULL;
	int r = make_file(v, err);

	if (r == 0)
		r = rel_http_new(&http, err);
	if (r == 0)
		r = rel_obtain(&v->out->archive, v->file, http, &v->archive,
			       &request->obtain, err);
	rel_http_free(http);
	return r;
}

/* The archive that is there against the tag. */
static int judge(struct verifying *v, struct rel_error *err)
{
	int r = find_revision(v, err);

	if (r > 0)
		r = compare_commit(v, err);
	if (r == 0)
		r = check_signature(v, err);
	return r ? r : compare(v, err);
}

/* A forge may pack the tag anew at any time: does it hold what it should? */
static int judge_wrong(struct verifying *v, struct rel_error *err)
{
	struct rel_error why = {0};
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];
	int r = judge(v, &why);

	if (r == REL_ECANCELLED || r == REL_ENOMEM) {
		*err = why;
		return r;
	}
	if (r < 0)
		return REL_ECHECKSUM;
	rel_error_format(err, text, sizeof(text));
	v->out->wrong_sum = strdup(text);
	return v->out->wrong_sum ? 0 : rel_fail_nomem(err);
}

int rel_verify(struct rel_verify_result *out,
	       const struct rel_verify_request *request, struct rel_error *err)
{
	struct verifying v = {.request = request, .out = out};
	int r;

	rel_verify_result_free(out);
	rel_arena_init(&v.arena, REL_LIMIT_ARENA);
	r = read_manifest(&v, err);
	if (r == 0)
		r = choose_source(&v, err);
	if (r == 0)
		r = fetch_archive(&v, err);
	if (r == 0)
		r = judge(&v, err);
	else if (r == REL_ECHECKSUM && err && out->archive.address)
		r = judge_wrong(&v, err);
	if (v.file)
		unlink(v.file);
	free(v.file);
	rel_git_store_free(v.store);
	rel_arena_free(&v.arena);
	return r;
}
