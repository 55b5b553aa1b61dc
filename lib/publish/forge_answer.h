/*
 * What forges answer, read strictly: a member that is missing or of another
 * type where it is needed is REL_EPARSE.  Internal to lib/publish.
 * Source  api.github.com's and Forgejo's OpenAPI descriptions; GitLab's
 *         documentation of releases, packages and merge requests
 */
#ifndef REL_PUBLISH_FORGE_ANSWER_H
#define REL_PUBLISH_FORGE_ANSWER_H

#include "base/arena.h"
#include "digest/digest.h"
#include "json/read.h"

/* Texts live in the arena that was given. */
struct rel_forge_release {
	uint64_t id; /* GitLab's have none */
	const char *tag;
	const char *name; /* "" = none */
	bool draft;
	const char *upload; /* GitHub: where assets go; else "" */
	const char *commit; /* GitLab: of the tag; else "" */
};

struct rel_forge_asset {
	uint64_t id;
	const char *name;
	uint64_t size;	 /* bytes */
	bool whole;	 /* false: an upload that broke off */
	bool has_digest; /* sha256 */
	struct rel_digest digest;
};

/* A pull or merge request. */
struct rel_forge_change {
	const char *page;   /* for people */
	const char *branch; /* that it brings; "" = not said */
	const char *base;   /* that it is for; "" = not said */
};

/* GitHub's and Forgejo's release. */
REL_MUST_CHECK int rel_forge_read_release(struct rel_forge_release *out,
					  const struct rel_json_value *answer,
					  struct rel_arena *arena,
					  struct rel_error *err);
REL_MUST_CHECK int rel_forge_read_gitlab_release(
    struct rel_forge_release *out, const struct rel_json_value *answer,
    struct rel_arena *arena, struct rel_error *err);
/* An asset of GitHub's or Forgejo's. */
REL_MUST_CHECK int rel_forge_read_asset(struct rel_forge_asset *out,
					const struct rel_json_value *answer,
					struct rel_arena *arena,
					struct rel_error *err);
/* A file of GitLab's package registry. */
REL_MUST_CHECK int rel_forge_read_file(struct rel_forge_asset *out,
				       const struct rel_json_value *answer,
				       struct rel_arena *arena,
				       struct rel_error *err);
/* Of any of the three. */
REL_MUST_CHECK int rel_forge_read_change(struct rel_forge_change *out,
					 const struct rel_json_value *answer,
					 struct rel_arena *arena,
					 struct rel_error *err);
/* The member `id` of an object. */
REL_MUST_CHECK int rel_forge_read_id(uint64_t *out,
				     const struct rel_json_value *answer,
				     struct rel_error *err);

#endif
