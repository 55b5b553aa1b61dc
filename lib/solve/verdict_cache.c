#include "solve/verdict_cache.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/lru.h"
#include "base/path.h"

#define DIRECTORY  "verdicts"
#define SUFFIX	   ".verdicts"
#define PATH_LIMIT (64 * REL_KIB)

/* A file: this, then a byte for each package. */
struct header {
	uint8_t magic[8];
	uint32_t n_packages;
	uint32_t byte_order; /* 1 */
	uint8_t digest[32];  /* sha256 of the bytes that follow */
};

static const uint8_t magic[8] = "relctlv1";

static void add_text(struct rel_hasher *h, struct rel_str s)
{
	uint64_t len = s.len;

	rel_hasher_update(h, &len, sizeof(len));
	rel_hasher_update(h, s.ptr, s.len);
}

static void add_number(struct rel_hasher *h, uint64_t number)
{
	rel_hasher_update(h, &number, sizeof(number));
}

static void add_environment(struct rel_hasher *h,
			    const struct rel_environment *e)
{
	add_number(h, (uint64_t)e->profile);
	add_number(h, e->ignore_test_doc);
	add_text(h, rel_str_of(e->ocaml ? e->ocaml : ""));
	add_number(h, e->n_values);
	for (size_t i = 0; i < e->n_values; i++) {
		add_text(h, rel_str_of(e->values[i].name));
		add_text(h, rel_str_of(e->values[i].value));
	}
}

static void add_versions(struct rel_hasher *h, const struct rel_stack *stack,
			 const struct rel_stack_name *name)
{
	for (uint32_t i = name->first; i < name->first + name->count; i++) {
		const struct rel_snapshot *snapshot =
		    stack->layers[stack->entries[i].layer].snapshot;
		const struct rel_snapshot_package *p =
		    rel_stack_package(stack, i);

		add_text(h, name->text);
		add_text(h, rel_snapshot_string(snapshot, p->version));
		rel_hasher_update(h, &p->content, sizeof(p->content));
		/* The same bytes mean something else in a repository of
		 * another format; and a manifest may be unreadable for what
		 * stands beside it. */
		add_number(h, rel_snapshot_mode(snapshot));
		add_number(h, p->manifest.flags);
		add_number(h, p->problem != UINT32_MAX);
	}
}

int rel_verdict_key_of(struct rel_verdict_key *out,
		       const struct rel_stack *stack,
		       const struct rel_environment *environment,
		       struct rel_error *err)
{
	struct rel_digest digests[REL_DIGEST_ALGOS];
	struct rel_hasher h;
	int rc = rel_hasher_init(&h, REL_DIGEST_MASK_SHA256, err);

	if (rc)
		return rc;
	rel_hasher_update(&h, rel_solver_id, sizeof(rel_solver_id));
	add_environment(&h, environment);
	add_number(&h, stack->n_entries);
	for (uint32_t i = 0; i < stack->n_names; i++)
		add_versions(&h, stack, &stack->names[i]);
	rc = rel_hasher_finish(digests, &h, err);
	if (!rc)
		out->digest = digests[REL_DIGEST_SHA256];
	rel_hasher_free(&h);
	return rc;
}

/* Both are initialised here and freed by the caller. */
static int make_paths(struct rel_buf *directory, struct rel_buf *name,
		      const char *cache_dir, const struct rel_verdict_key *key,
		      struct rel_error *err)
{
	char hex[REL_DIGEST_TEXT_MAX];

	rel_buf_init(directory, PATH_LIMIT);
	rel_buf_init(name, PATH_LIMIT);
	rel_path_join(directory, rel_str_of(cache_dir), REL_STR(DIRECTORY));
	rel_digest_hex(hex, &key->digest);
	rel_buf_printf(name, "%s%s", hex, SUFFIX);
	if (rel_buf_status(directory, "path", err))
		return directory->status;
	return rel_buf_status(name, "path", err);
}

static bool is_sound(const struct rel_map *map, uint32_t n)
{
	const struct header *header = map->ptr;
	struct rel_digest digest;

	if (map->len != sizeof(*header) + (size_t)n ||
	    memcmp(header->magic, magic, sizeof(magic)) != 0 ||
	    header->byte_order != 1 || header->n_packages != n)
		return false;
	return rel_digest_of(&digest, REL_DIGEST_SHA256,
			     rel_str_n((const char *)(header + 1), n),
			     NULL) == 0 &&
	       memcmp(digest.bytes, header->digest, sizeof(header->digest)) ==
		   0;
}

bool rel_verdict_cache_load(uint8_t *verdicts, uint32_t n,
			    const char *cache_dir,
			    const struct rel_verdict_key *key)
{
	struct rel_buf directory, name;
	struct rel_error ignored = {0};
	struct rel_map map = {0};
	bool found = false;

	if (make_paths(&directory, &name, cache_dir, key, &ignored) == 0 &&
	    rel_buf_add_char(&directory, '/') == 0 &&
	    rel_buf_add_str(&directory, rel_buf_str(&name)) == 0 &&
	    rel_map_open(&map, directory.ptr, &ignored) == 0)
		found = is_sound(&map, n);
	if (found) {
		memcpy(verdicts, (const struct header *)map.ptr + 1, n);
		rel_lru_touch(directory.ptr);
	}
	rel_map_close(&map);
	rel_buf_free(&directory);
	rel_buf_free(&name);
	return found;
}

int rel_verdict_cache_store(const uint8_t *verdicts, uint32_t n,
			    const char *cache_dir,
			    const struct rel_verdict_key *key,
			    struct rel_error *err)
{
	struct header header = {.n_packages = n, .byte_order = 1};
	struct rel_buf directory, name, file;
	struct rel_digest digest;
	int rc = make_paths(&directory, &name, cache_dir, key, err);

	rel_buf_init(&file, REL_LIMIT_CACHE_BYTES);
	if (!rc)
		rc = rel_digest_of(&digest, REL_DIGEST_SHA256,
				   rel_str_n((const char *)verdicts, n), err);
	if (!rc) {
		memcpy(header.magic, magic, sizeof(magic));
		memcpy(header.digest, digest.bytes, sizeof(header.digest));
		rel_buf_add(&file, &header, sizeof(header));
		rel_buf_add(&file, verdicts, n);
		rc = rel_buf_status(&file, "verdicts", err);
	}
	if (!rc)
		rc = rel_lru_put(directory.ptr, name.ptr, SUFFIX, file.ptr,
				 file.len, REL_LIMIT_VERDICT_CACHE_BYTES, err);
	rel_buf_free(&directory);
	rel_buf_free(&name);
	rel_buf_free(&file);
	return rc;
}
