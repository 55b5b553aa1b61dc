/* relctl verify: do published archives hold what their tags do? */
#include "report/verify.h"
#include "base/array.h"
#include "base/limits.h"
#include "base/path.h"
#include "command.h"
#include "opam/repofile.h"
#include "repo/texts.h"
#include "session.h"

/* Archives fetched at once: servers answer slowly, processors hardly work. */
#define FETCHES 8

struct values {
	bool all, mirrors_only;
	const char *source, *tag;
	struct rel_list mirrors, local;
};

static const struct rel_option options[] = {
    REL_FLAG(values, "all", 0, all,
	     "Compare every archive of the remotes with its checksums instead"),
    {"source", 0, REL_OPTION_TEXT, REL_VALUES_DIRECTORIES,
     offsetof(struct values, source), "LOCATION",
     "The source's git repository; else the manifest's dev-repo", NULL},
    REL_TEXT(values, "tag", 0, tag, "TAG",
	     "The release's tag; else found by the version"),
    {"mirror", 0, REL_OPTION_LIST, REL_VALUES_DIRECTORIES,
     offsetof(struct values, mirrors), "LOCATION",
     "A cache of archives (DIR, URL) to ask when an address has none; repeated",
     NULL},
    {"local", 0, REL_OPTION_LIST, REL_VALUES_DIRECTORIES,
     offsetof(struct values, local), "DIR",
     "Follow manifests' local addresses below DIR; repeated", NULL},
    REL_FLAG(values, "mirrors-only", 0, mirrors_only,
	     "Ask mirrors alone, not the archives' addresses"),
};

static const struct rel_example examples[] = {
    {"Does this archive hold what its tag does?", "verify foo.1.2"},
    {"The same, with the source at hand", "verify foo.1.2 --source ."},
    {"Are all archives still there, with the right bytes?", "verify --all"},
    {"Does a mirror have them all?",
     "verify --all --mirrors-only --mirror /srv/cache"},
    {"Archives and sources that manifests name by file: addresses",
     "verify --all --local /srv/releases"},
};

/* Mirrors of --mirror, then those that the remotes' `repo` files name. */
struct mirrors {
	struct rel_obtain_mirror *items; /* malloc'd */
	uint32_t n, cap;
};

static int add_mirror(struct mirrors *mirrors, struct rel_obtain_mirror mirror,
		      struct rel_error *err)
{
	if (rel_array_reserve(&mirrors->items, &mirrors->cap,
			      (uint64_t)mirrors->n + 1,
			      sizeof(*mirrors->items)) < 0)
		return rel_fail_nomem(err);
	mirrors->items[mirrors->n++] = mirror;
	return 0;
}

/* A mirror of a `repo` file: a relative one is below the remote, as opam reads
 * it; in git there is no such place. */
static int add_named(struct mirrors *mirrors, const struct rel_remote *remote,
		     struct rel_str text, struct rel_arena *arena,
		     struct rel_error *err)
{
	const struct rel_location *l = &remote->location;
	struct rel_obtain_mirror mirror = {.named = false};
	struct rel_buf whole;
	int rc;

	if (l->kind != REL_LOCATION_HTTP && l->kind != REL_LOCATION_DIRECTORY &&
	    !memmem(text.ptr, text.len, "://", 3))
		return 0;
	rel_buf_init(&whole, REL_LIMIT_CONFIG_BYTES);
	if (!memmem(text.ptr, text.len, "://", 3))
		rel_buf_printf(&whole, "%s%s%s/", l->url,
			       l->subdir[0] ? "/" : "", l->subdir);
	rel_buf_add_str(&whole, text);
	rc = rel_buf_status(&whole, "archive-mirrors", err);
	if (rc == 0)
		mirror.location = rel_arena_copy(arena, rel_buf_str(&whole));
	rel_buf_free(&whole);
	if (rc == 0 && !mirror.location)
		rc = rel_fail_nomem(err);
	if (l->kind == REL_LOCATION_DIRECTORY)
		mirror.below = l->url;
	return rc == 0 ? add_mirror(mirrors, mirror, err) : rc;
}

/* A `repo` file that is missing or damaged is no concern of this command. */
static int read_named(struct mirrors *mirrors, struct rel_session *session,
		      uint32_t layer, struct rel_error *err)
{
	const struct rel_stack_layer *l =
	    &session->context.stacks.now->layers[layer];
	struct rel_context *context = &session->context;
	struct rel_texts *texts = NULL;
	struct rel_repofile repo = {0};
	struct rel_error why = {0};
	const char *kept = NULL;
	struct rel_buf text;
	int rc;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rc = rel_texts_open(&texts, l->remote, l->snapshot, &context->reading,
			    err);
	if (rc == 0 && rel_texts_read(&text, texts, REL_STR("repo"), &why) == 0)
		kept = rel_arena_copy(&context->arena, rel_buf_str(&text));
	if (kept &&
	    rel_repofile_read(&repo, rel_str_n(kept, text.len), "repo",
			      &context->variables, &context->arena, &why) != 0)
		repo.n_archive_mirrors = 0;
	for (uint32_t i = 0; rc == 0 && i < repo.n_archive_mirrors; i++)
		rc = add_named(mirrors, l->remote, repo.archive_mirrors[i],
			       &context->arena, err);
	rel_texts_close(texts);
	rel_buf_free(&text);
	return rc;
}

static int find_mirrors(struct mirrors *mirrors, struct rel_session *session,
			struct rel_error *err)
{
	const struct values *v = session->call->values;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < v->mirrors.count; i++)
		rc = add_mirror(
		    mirrors,
		    (struct rel_obtain_mirror){.location = v->mirrors.items[i],
					       .named = true},
		    err);
	for (uint32_t i = 0;
	     rc == 0 && i < session->context.stacks.now->n_layers; i++)
		rc = read_named(mirrors, session, i, err);
	return rc;
}

static struct rel_obtain_options obtain_options(
    const struct rel_session *session, const struct mirrors *mirrors)
{
	const struct values *v = session->call->values;

	return (struct rel_obtain_options){
	    .mirrors = mirrors->items,
	    .n_mirrors = mirrors->n,
	    .local = v->local.items,
	    .n_local = v->local.count,
	    .mirrors_only = v->mirrors_only,
	    .progress = session->context.reading.progress,
	    .cancel = session->call->cancel};
}

/* Whose archives --all checks: those of development remotes, or of all
 * when there are none. */
static bool is_audited(const struct rel_session *session, uint32_t layer)
{
	const struct rel_stack *stack = session->context.stacks.now;
	bool any = false;

	for (uint32_t i = 0; i < stack->n_layers; i++)
		any = any ||
		      stack->layers[i].remote->role == REL_ROLE_DEVELOPMENT;
	return !any ||
	       stack->layers[layer].remote->role == REL_ROLE_DEVELOPMENT;
}

static int write_audit(struct rel_session *session,
		       const struct rel_audit *audit, bool *found,
		       struct rel_error *err)
{
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	int rc = rel_session_begin(&style, &format, session, false, err);

	style.verbose = session->call->common->verbose;
	for (int i = 0; i < REL_AUDIT_STATES; i++)
		*found =
		    *found || (audit->counts[i] &&
			       rel_audit_is_finding((enum rel_audit_state)i));
	if (rc == 0)
		rc = rel_report_write_audit(audit, format, &style,
					    &session->output.sink, err);
	return rc == 0 ? rel_output_commit(&session->output, err) : rc;
}

static int audit_all(struct rel_session *session, const struct mirrors *mirrors,
		     bool *found, struct rel_error *err)
{
	const struct rel_stack *stack = session->context.stacks.now;
	struct rel_obtain_options obtain = obtain_options(session, mirrors);
	unsigned jobs = session->context.reading.jobs;
	struct rel_audit audit;
	int rc = 0;

	rel_audit_init(&audit);
	for (uint32_t i = 0; rc == 0 && i < stack->n_layers; i++) {
		if (is_audited(session, i))
			rc = rel_audit_add(&audit, stack->layers[i].remote,
					   stack->layers[i].snapshot,
					   &session->context.reading, err);
	}
	/* --jobs says otherwise when it is there. */
	if (!session->call->common->jobs)
		jobs = FETCHES;
	if (rc == 0)
		rc = rel_audit_run(&audit, jobs, &obtain, err);
	if (rc == 0)
		rc = write_audit(session, &audit, found, err);
	rel_audit_free(&audit);
	return rc;
}

/* The newest version, or the one asked for: an index into stack->entries. */
static int find_package(uint32_t *out, const struct rel_stack *stack,
			const char *package, struct rel_error *err)
{
	struct rel_str text = rel_str_of(package), name, version;
	size_t dot = rel_str_find(text, '.');
	uint32_t at;

	name = rel_str_sub(text, 0, dot);
	version = rel_str_sub(text, dot + 1, text.len);
	at = rel_stack_find(stack, name);
	if (at == UINT32_MAX)
		return rel_fail(err, REL_EUSAGE, "no package %.*s",
				REL_STR_ARG(name));
	*out = stack->names[at].first + stack->names[at].count - 1;
	for (uint32_t i = stack->names[at].count; dot < text.len; i--) {
		const struct rel_stack_entry *entry;
		const struct rel_snapshot *snapshot;

		if (i == 0)
			return rel_fail(
			    err, REL_EUSAGE, "no version %.*s of %.*s",
			    REL_STR_ARG(version), REL_STR_ARG(name));
		*out = stack->names[at].first + i - 1;
		entry = &stack->entries[*out];
		snapshot = stack->layers[entry->layer].snapshot;
		if (rel_str_eq(
			rel_snapshot_string(
			    snapshot, rel_stack_package(stack, *out)->version),
			version))
			break;
	}
	return 0;
}

/* The manifest and the legacy file `url` beside it. */
static int read_manifest(struct rel_verify_request *request,
			 struct rel_session *session, uint32_t entry,
			 struct rel_error *err)
{
	const struct rel_stack *stack = session->context.stacks.now;
	const struct rel_stack_layer *layer =
	    &stack->layers[stack->entries[entry].layer];
	const struct rel_snapshot_package *p = rel_stack_package(stack, entry);
	struct rel_arena *arena = &session->context.arena;
	struct rel_texts *texts = NULL;
	struct rel_str path = rel_snapshot_string(layer->snapshot, p->path);
	struct rel_buf text, url;
	struct rel_error why = {0};
	int rc;

	rel_buf_init(&text, REL_LIMIT_MANIFEST_BYTES);
	rel_buf_init(&url, REL_LIMIT_MANIFEST_BYTES);
	request->name = rel_snapshot_string(layer->snapshot, p->name);
	request->version = rel_snapshot_string(layer->snapshot, p->version);
	request->path = rel_arena_copy(arena, path);
	rel_path_join(&url, rel_path_dir(path), REL_STR("url"));
	rc = rel_texts_open(&texts, layer->remote, layer->snapshot,
			    &session->context.reading, err);
	if (rc == 0)
		rc = rel_texts_read(&text, texts, path, err);
	if (rc == 0) {
		request->manifest = rel_str_n(
		    rel_arena_copy(arena, rel_buf_str(&text)), text.len);
		rel_buf_clear(&text);
		if (rel_texts_read(&text, texts, rel_buf_str(&url), &why) == 0)
			request->url =
			    rel_str_n(rel_arena_copy(arena, rel_buf_str(&text)),
				      text.len);
	}
	if (rc == 0 && (!request->path || !request->manifest.ptr))
		rc = rel_fail_nomem(err);
	rel_texts_close(texts);
	rel_buf_free(&url);
	rel_buf_free(&text);
	return rc;
}

/* What concerns this release alone is shown with it; the rest ends the run. */
static int keep_error(struct rel_report_verified *out,
		      struct rel_session *session, const struct rel_error *why,
		      struct rel_error *err)
{
	char text[REL_ERROR_TEXT_MAX + REL_ERROR_PATH_MAX];

	if (why->code != REL_ECHECKSUM || session->call->n_arguments == 0) {
		*err = *why;
		return why->code;
	}
	rel_error_format(why, text, sizeof(text));
	out->error = rel_arena_copy(&session->context.arena, rel_str_of(text));
	return out->error ? 0 : rel_fail_nomem(err);
}

static int verify_one(struct rel_report_verified *out,
		      struct rel_session *session,
		      const struct mirrors *mirrors, const char *package,
		      struct rel_error *err)
{
	const struct rel_remote_options *reading = &session->context.reading;
	const struct values *v = session->call->values;
	struct rel_verify_request request = {
	    .source = v->source,
	    .tag = v->tag,
	    .tag_pattern = session->context.conf.release.tag,
	    .obtain = obtain_options(session, mirrors),
	    .fetch = {.cache_dir = reading->cache_dir,
		      .offline = reading->offline,
		      .interactive = reading->interactive,
		      .progress = reading->progress,
		      .cancel = reading->cancel}};
	struct rel_error why = {0};
	char *id = NULL;
	uint32_t entry = 0;
	int rc =
	    find_package(&entry, session->context.stacks.now, package, err);

	if (rc == 0)
		rc = read_manifest(&request, session, entry, err);
	if (rc != 0)
		return rc;
	if (asprintf(&id, "%.*s.%.*s", REL_STR_ARG(request.name),
		     REL_STR_ARG(request.version)) < 0)
		return rel_fail_nomem(err);
	out->package = rel_arena_copy(&session->context.arena, rel_str_of(id));
	free(id);
	out->remote =
	    session->context.stacks.now
		->layers[session->context.stacks.now->entries[entry].layer]
		.remote->name;
	if (!out->package)
		return rel_fail_nomem(err);
	rc = rel_verify(&out->result, &request, &why);
	return rc < 0 ? keep_error(out, session, &why, err) : 0;
}

static int verify_each(struct rel_session *session,
		       const struct mirrors *mirrors, bool *found,
		       struct rel_error *err)
{
	uint32_t n = session->call->n_arguments;
	struct rel_report_verified *verified = calloc(n, sizeof(*verified));
	enum rel_report_format format = REL_REPORT_TEXT;
	struct rel_report_style style;
	int rc = verified ? 0 : rel_fail_nomem(err);

	for (uint32_t i = 0; rc == 0 && i < n; i++) {
		rc = verify_one(&verified[i], session, mirrors,
				session->call->arguments[i], err);
		if (rc == 0)
			*found = *found || verified[i].error ||
				 rel_verify_is_finding(&verified[i].result);
	}
	if (rc == 0)
		rc = rel_session_begin(&style, &format, session, false, err);
	if (rc == 0)
		rc = rel_report_write_verified(verified, n, format, &style,
					       &session->output.sink, err);
	if (rc == 0)
		rc = rel_output_commit(&session->output, err);
	for (uint32_t i = 0; verified && i < n; i++)
		rel_verify_result_free(&verified[i].result);
	free(verified);
	return rc;
}

static int check_usage(const struct rel_call *call, struct rel_error *err)
{
	const struct values *v = call->values;

	if (v->all && call->n_arguments > 0)
		return rel_fail(err, REL_EUSAGE,
				"--all takes no packages: it checks every "
				"one");
	if (!v->all && call->n_arguments == 0)
		return rel_fail(err, REL_EUSAGE,
				"verify needs PKG[.VER] or --all");
	if (v->all && (v->source || v->tag))
		return rel_fail(err, REL_EUSAGE,
				"--source and --tag are for one release, not "
				"for --all");
	if (call->n_arguments > 1 && v->tag)
		return rel_fail(err, REL_EUSAGE,
				"--tag is for one release: name one");
	return 0;
}

static int run(const struct rel_call *call, bool *found, struct rel_error *err)
{
	const struct values *v = call->values;
	struct rel_stacks_request request = {0};
	struct mirrors mirrors = {0};
	struct rel_session session;
	int rc = check_usage(call, err);

	if (rc != 0)
		return rc;
	rc = rel_session_open(&session, call, &request, err);
	if (rc == 0)
		rc = find_mirrors(&mirrors, &session, err);
	if (rc == 0)
		rc = v->all ? audit_all(&session, &mirrors, found, err)
			    : verify_each(&session, &mirrors, found, err);
	free(mirrors.items);
	rel_session_close(&session);
	return rc;
}

const struct rel_command rel_command_verify = {
    .name = "verify",
    .group = "Release",
    .summary = "compare published archives with their tags or checksums",
    .arguments = "[PKG[.VER]...]",
    .description =
	"Fetch the archive of a published version (the newest, unless VER is "
	"given), compare it with the tree of its tag in the source's "
	"repository, and pack that tree anew: the archive is identical, only "
	"recompressed, or its content differs. With --all, fetch every "
	"archive and compare it with the checksums of its manifest.",
    .max_arguments = UINT32_MAX,
    .n_source_options = REL_N_ENVIRONMENT_OPTIONS,
    .formats = "text json",
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .values_size = sizeof(struct values),
    .examples = examples,
    .n_examples = sizeof(examples) / sizeof(examples[0]),
    .run = run,
};
