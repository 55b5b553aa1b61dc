/* Names, hosts and addresses that follow from what git knows. */
#include <stdlib.h>

#include "base/limits.h"
#include "base/path.h"
#include "git/remote.h"
#include "git/write.h"
#include "publish/address.h"
#include "scaffold/look.h"

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("._+-", c));
}

static int keep(const char **out, struct rel_arena *arena, struct rel_buf *text,
		struct rel_error *err)
{
	int rc = rel_buf_status(text, "text", err);

	*out = rc ? NULL : rel_arena_copy(arena, rel_buf_str(text));
	rel_buf_free(text);
	return rc == 0 && !*out ? rel_fail_nomem(err) : rc;
}

/* A path or URL without slashes and ".git" at its end. */
static struct rel_str without_end(struct rel_str location)
{
	location = rel_str_sub(location, 0, rel_str_find(location, '#'));
	while (location.len && location.ptr[location.len - 1] == '/')
		location.len--;
	if (rel_str_ends(location, REL_STR(".git")))
		location.len -= strlen(".git");
	while (location.len && location.ptr[location.len - 1] == '/')
		location.len--;
	return location;
}

int rel_scaffold_name_of(const char **out, struct rel_arena *arena,
			 const char *location, struct rel_error *err)
{
	struct rel_str part = rel_path_base(without_end(rel_str_of(location)));
	struct rel_buf name;

	/* host:name.git */
	if (rel_str_rfind(part, ':') < part.len)
		part =
		    rel_str_sub(part, rel_str_rfind(part, ':') + 1, part.len);
	rel_buf_init(&name, REL_LIMIT_CONFIG_BYTES);
	for (size_t i = 0; i < part.len; i++) {
		if (is_name_letter(part.ptr[i]) &&
		    (name.len || (part.ptr[i] != '.' && part.ptr[i] != '-')))
			rel_buf_add_char(&name, part.ptr[i]);
	}
	if (name.len == 0)
		rel_buf_add_cstr(&name, "remote");
	return keep(out, arena, &name, err);
}

/* "git+https://host/owner/opam-repository.git" beside the project. */
static int guess_development(struct rel_scaffold_facts *facts,
			     const struct rel_git_url *url,
			     struct rel_error *err)
{
	struct rel_str path = without_end(url->path);
	struct rel_str owner = rel_str_sub(path, 0, rel_str_rfind(path, '/'));
	bool http = url->transport == REL_GIT_HTTP;
	struct rel_buf text;

	while (owner.len && owner.ptr[0] == '/')
		owner = rel_str_sub(owner, 1, owner.len);
	if (owner.len == 0 || rel_str_find(path, '/') == path.len)
		return 0;
	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "git+http%s://%.*s", http && !url->tls ? "" : "s",
		       REL_STR_ARG(url->host));
	if (http && url->port.len)
		rel_buf_printf(&text, ":%.*s", REL_STR_ARG(url->port));
	rel_buf_printf(&text, "/%.*s/opam-repository.git", REL_STR_ARG(owner));
	return keep(&facts->development, &facts->arena, &text, err);
}

/* One CI system that `host` itself has. */
static const char *ci_of_forge(const struct rel_scaffold_facts *facts,
			       const char *forge)
{
	bool woodpecker = rel_scaffold_has(facts, ".woodpecker") ||
			  rel_scaffold_has(facts, ".woodpecker.yml") ||
			  rel_scaffold_has(facts, ".woodpecker.yaml");

	if (strcmp(forge, "forgejo") == 0 && woodpecker)
		return "woodpecker";
	return forge;
}

static int set_because(struct rel_scaffold_facts *facts, const char *before,
		       const char *what, struct rel_error *err)
{
	struct rel_buf text;

	rel_buf_init(&text, REL_LIMIT_CONFIG_BYTES);
	rel_buf_printf(&text, "%s%s", before, what);
	return keep(&facts->ci_because, &facts->arena, &text, err);
}

/* Files that a CI system reads; several systems tell nothing. */
static int ci_of_files(struct rel_scaffold_facts *facts, struct rel_error *err)
{
	static const struct {
		const char *file, *ci;
	} marks[] = {{".github/workflows", "github"},
		     {".gitlab-ci.yml", "gitlab"},
		     {".forgejo/workflows", "forgejo"},
		     {".gitea/workflows", "forgejo"},
		     {".woodpecker", "woodpecker"},
		     {".woodpecker.yml", "woodpecker"},
		     {".woodpecker.yaml", "woodpecker"}};
	const char *found = NULL, *file = NULL;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (!rel_scaffold_has(facts, marks[i].file))
			continue;
		if (found && strcmp(found, marks[i].ci) != 0)
			return 0;
		found = marks[i].ci;
		file = marks[i].file;
	}
	facts->ci = found;
	return found ? set_because(facts, "there is ", file, err) : 0;
}

int rel_scaffold_look_origin(struct rel_scaffold_facts *facts, const char *url,
			     struct rel_error *err)
{
	struct rel_git_url parts;
	struct rel_buf clean;
	const char *forge;
	int rc;

	rel_buf_init(&clean, REL_LIMIT_CONFIG_BYTES);
	rel_git_redact_url(&clean, url);
	rc = keep(&facts->origin, &facts->arena, &clean, err);
	/* what git takes and relctl does not is no reason to stop */
	if (rc || rel_git_url_parse(&parts, facts->origin, NULL) ||
	    parts.transport == REL_GIT_LOCAL)
		return rc ? rc : ci_of_files(facts, err);
	facts->origin_host = rel_arena_copy(&facts->arena, parts.host);
	if (!facts->origin_host)
		return rel_fail_nomem(err);
	rc = guess_development(facts, &parts, err);
	forge = rel_publish_forge(parts.host);
	if (rc || !forge)
		return rc ? rc : ci_of_files(facts, err);
	facts->ci = ci_of_forge(facts, forge);
	return set_because(facts, "origin is on ", facts->origin_host, err);
}

struct votes {
	size_t plain, letter_v;
};

/* Does a version start here? */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int vote(void *context, const char *name, struct rel_error *err)
{
	struct votes *votes = context;

	(void)err;
	name += strlen("refs/tags/");
	votes->plain += is_digit(name[0]);
	votes->letter_v += name[0] == 'v' && is_digit(name[1]);
	return 0;
}

int rel_scaffold_look_tags(struct rel_scaffold_facts *facts,
			   struct rel_git_store *store, struct rel_error *err)
{
	struct votes votes = {0, 0};
	int rc = rel_git_ref_each(store, "refs/tags/*", vote, &votes, err);

	if (rc == 0 && votes.letter_v > votes.plain)
		facts->tag = "v{version}";
	return rc;
}
