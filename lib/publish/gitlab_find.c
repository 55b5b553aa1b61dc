#include "publish/gitlab_find.h"

#include <inttypes.h>

#include "base/limits.h"

#define PAGES "per_page=100&page="
#define PAGE  100

static int take_package(void *context, const struct rel_json_value *item,
			struct rel_error *err)
{
	struct rel_gitlab_finding *f = context;
	const char *name = rel_json_text_at(item, "name");
	const char *version = rel_json_text_at(item, "version");
	int rc;

	/* the forge looks for names that are alike, too */
	if (!name || !version || strcmp(name, f->archive->release->name) != 0 ||
	    strcmp(version, f->version) != 0)
		return 0;
	f->has_package = true;
	rc = rel_forge_read_id(&f->package, item, err);
	return rc ? rc : 1;
}

/* Of several files of one name the newest one is served. */
static int take_file(void *context, const struct rel_json_value *item,
		     struct rel_error *err)
{
	struct rel_gitlab_finding *f = context;
	struct rel_forge_asset file;
	int rc = rel_forge_read_file(&file, item, &f->forge->arena, err);

	if (rc)
		return rc;
	if (strcmp(file.name, f->name) != 0) {
		f->n_files++;
	} else if (!f->has_file || file.id > f->file.id) {
		f->file = file;
		f->has_file = true;
	}
	return 0;
}

static int find_file(struct rel_gitlab_finding *f, struct rel_error *err)
{
	struct rel_forge *forge = f->forge;
	const char *name = rel_forge_encode(forge, f->archive->release->name);
	const char *version = rel_forge_encode(forge, f->version), *url = NULL;
	int rc;

	if (name && version)
		url = rel_forge_url(forge,
				    "/packages?package_type=generic&"
				    "package_name=%s&package_version=%s",
				    name, version);
	f->has_package = f->has_file = false;
	f->n_files = 0;
	rc = rel_forge_search(forge, "look for the package", url, PAGES, PAGE,
			      take_package, f, err);
	if (rc <= 0)
		return rc;
	url = rel_forge_url(forge, "/packages/%" PRIu64 "/package_files",
			    f->package);
	return rel_forge_search(forge, "list the files of the package", url,
				PAGES, PAGE, take_file, f, err);
}

static int take_link(void *context, const struct rel_json_value *item,
		     struct rel_error *err)
{
	struct rel_gitlab_finding *f = context;
	const char *name = rel_json_text_at(item, "name");

	if (!name || strcmp(name, f->name) != 0) {
		f->n_links++;
		return 0;
	}
	f->has_link = true;
	return rel_forge_read_id(&f->link, item, err);
}

const char *rel_gitlab_release_url(struct rel_gitlab_finding *f,
				   const char *below)
{
	const char *tag = rel_forge_encode(f->forge, f->archive->release->tag);

	return tag ? rel_forge_url(f->forge, "/releases/%s%s", tag, below)
		   : NULL;
}

int rel_gitlab_take_release(struct rel_gitlab_finding *f,
			    const struct rel_json_value *answer,
			    struct rel_error *err)
{
	const struct rel_publish_release *is = f->archive->release;
	int rc = rel_forge_read_gitlab_release(&f->release, answer,
					       &f->forge->arena, err);

	if (rc)
		return rc;
	f->has_release = true;
	if (*f->release.commit && strcmp(f->release.commit, is->commit) != 0)
		return rel_fail(err, REL_EEXISTS,
				"%s on GitLab has the tag %s on another commit "
				"(%.12s, and here it is %.12s)",
				f->forge->place.repository, is->tag,
				f->release.commit, is->commit);
	return 0;
}

static int find_release(struct rel_gitlab_finding *f, struct rel_error *err)
{
	struct rel_json_value *answer = NULL;
	int rc = rel_forge_get(&answer, f->forge, "look for the release",
			       rel_gitlab_release_url(f, ""), err);

	if (rc == REL_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = rel_gitlab_take_release(f, answer, err);
	rel_json_free(answer);
	if (rc)
		return rc;
	return rel_forge_search(f->forge, "list the links of the release",
				rel_gitlab_release_url(f, "/assets/links"),
				PAGES, PAGE, take_link, f, err);
}

/* "1.0~beta" as GitLab has it. */
static int take_name(const char **out, struct rel_forge *forge,
		     const char *name, struct rel_error *err)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_forge_add_name(&text, name);
	*out = text.status ? NULL
			   : rel_arena_copy(&forge->arena, rel_buf_str(&text));
	rel_buf_free(&text);
	return *out ? 0 : rel_fail_nomem(err);
}

int rel_gitlab_find(struct rel_gitlab_finding *f, struct rel_forge *forge,
		    const struct rel_publish_archive *archive,
		    struct rel_error *err)
{
	int rc;

	*f = (struct rel_gitlab_finding){.forge = forge, .archive = archive};
	if (!archive->release)
		return rel_forge_fail_unknown(forge, archive, err);
	rc = take_name(&f->version, forge, archive->release->version, err);
	if (rc == 0)
		rc = take_name(&f->name, forge, archive->name, err);
	if (rc == 0)
		rc = find_release(f, err);
	return rc ? rc : find_file(f, err);
}
