#include "repo/image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "repo/repo_private.h"

#define PRIME_1 0x9e3779b185ebca87u
#define PRIME_2 0xc2b2ae3d27d4eb4fu
#define PRIME_3 0x165667b19e3779f9u
#define LANES	4

static uint64_t rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static uint64_t step(uint64_t lane, uint64_t word)
{
	return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * PRIME_2;
	h = (h ^ h >> 29) * PRIME_3;
	return h ^ h >> 32;
}

uint64_t rel_checksum(const void *ptr, size_t len)
{
	uint64_t lanes[LANES] = {PRIME_1, PRIME_2, PRIME_3, 0}, words[LANES];
	const unsigned char *p = ptr;
	uint64_t h = len;

	for (size_t left = len; left > 0;) {
		size_t n = left < sizeof(words) ? left : sizeof(words);

		if (n < sizeof(words))
			memset(words, 0, sizeof(words));
		memcpy(words, p, n);
		for (unsigned i = 0; i < LANES; i++)
			lanes[i] = step(lanes[i], words[i]);
		p += n;
		left -= n;
	}
	for (unsigned i = 0; i < LANES; i++)
		h = mix(h * PRIME_1 + lanes[i]);
	return h;
}

#define BYTE_ORDER_MARK 0x01020304u
/* The checksum covers the header from here on. */
#define SEALED_FROM offsetof(struct rel_image_header, repository)

static const size_t element_bytes[REL_IMAGE_SECTIONS] = {
    [REL_IMAGE_PACKAGES] = sizeof(struct rel_snapshot_package),
    [REL_IMAGE_EXPRS] = sizeof(struct rel_expr),
    [REL_IMAGE_LISTS] = sizeof(rel_string_id),
    [REL_IMAGE_PROBLEMS] = sizeof(struct rel_snapshot_problem),
    [REL_IMAGE_NOTICES] = sizeof(struct rel_snapshot_notice),
    [REL_IMAGE_GROUPS] = sizeof(struct rel_image_group),
    [REL_IMAGE_EXPR_ENDS] = sizeof(uint32_t),
    [REL_IMAGE_STRING_ENDS] = sizeof(uint32_t),
    [REL_IMAGE_TEXT] = 1,
};

size_t rel_image_element(enum rel_image_section section)
{
	return element_bytes[section];
}

static uint64_t align_8(uint64_t n)
{
	return (n + 7) & ~(uint64_t)7;
}

uint64_t rel_image_offset(const struct rel_image_header *header,
			  enum rel_image_section section)
{
	uint64_t at = align_8(sizeof(*header));

	for (unsigned i = 0; i < (unsigned)section; i++)
		at += align_8((uint64_t)header->counts[i] * element_bytes[i]);
	return at;
}

void rel_image_stamp(struct rel_image_header *header)
{
	memcpy(header->magic, REL_IMAGE_MAGIC, sizeof(header->magic));
	header->byte_order = BYTE_ORDER_MARK;
	header->header_bytes = sizeof(*header);
	memcpy(header->reader, rel_reader_id, sizeof(rel_reader_id));
}

static uint64_t checksum_of(const struct rel_image_header *header)
{
	return rel_checksum((const unsigned char *)header + SEALED_FROM,
			    (size_t)header->total - SEALED_FROM);
}

void rel_image_seal(struct rel_image_header *header)
{
	header->checksum = checksum_of(header);
}

bool rel_image_is_ours(const void *bytes, size_t len)
{
	struct rel_image_header header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, bytes, sizeof(header));
	return memcmp(header.magic, REL_IMAGE_MAGIC, sizeof(header.magic)) ==
		   0 &&
	       header.byte_order == BYTE_ORDER_MARK &&
	       header.header_bytes == sizeof(header) &&
	       memcmp(header.reader, rel_reader_id, sizeof(rel_reader_id)) ==
		   0 &&
	       header.total == len &&
	       rel_image_offset(&header, REL_IMAGE_SECTIONS) == len;
}

static struct rel_str string_of(const struct rel_snapshot_store *store,
				rel_string_id id)
{
	uint32_t start;

	assert(id < store->snapshot.n_strings);
	start = id > 0 ? store->string_ends[id - 1] : 0;
	return rel_str_n(store->text + start, store->string_ends[id] - start);
}

static struct rel_str expr_string(const void *context, rel_string_id id)
{
	return string_of(context, id);
}

void rel_image_nodes(const struct rel_snapshot_store *store, uint32_t i,
		     uint32_t *first, uint32_t *end)
{
	*first = i > 0 ? store->expr_ends[i - 1] : 0;
	*end = store->expr_ends[i];
}

/* Point the store and its snapshot at the sections of an image. */
static void set_view(struct rel_snapshot_store *store, const void *image)
{
	const struct rel_image_header *h = image;
	struct rel_snapshot *s = &store->snapshot;
	const void *sections[REL_IMAGE_SECTIONS];

	for (unsigned i = 0; i < REL_IMAGE_SECTIONS; i++)
		sections[i] = (const char *)image +
			      rel_image_offset(h, (enum rel_image_section)i);
	store->header = h;
	store->groups = sections[REL_IMAGE_GROUPS];
	store->expr_ends = sections[REL_IMAGE_EXPR_ENDS];
	store->string_ends = sections[REL_IMAGE_STRING_ENDS];
	store->text = sections[REL_IMAGE_TEXT];
	s->packages = sections[REL_IMAGE_PACKAGES];
	s->n_packages = h->counts[REL_IMAGE_PACKAGES];
	s->exprs =
	    (struct rel_exprs){sections[REL_IMAGE_EXPRS],
			       h->counts[REL_IMAGE_EXPRS], expr_string, store};
	s->lists = sections[REL_IMAGE_LISTS];
	s->n_lists = h->counts[REL_IMAGE_LISTS];
	s->problems = sections[REL_IMAGE_PROBLEMS];
	s->n_problems = h->counts[REL_IMAGE_PROBLEMS];
	s->notices = sections[REL_IMAGE_NOTICES];
	s->n_notices = h->counts[REL_IMAGE_NOTICES];
	s->n_strings = h->counts[REL_IMAGE_STRING_ENDS];
	s->store = store;
}

static struct rel_snapshot_store *new_store(const char *revision, int64_t time)
{
	struct rel_snapshot_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->revision = strdup(revision);
	if (!store->revision) {
		free(store);
		return NULL;
	}
	store->snapshot.revision = store->revision;
	store->snapshot.time = time;
	return store;
}

int rel_image_adopt(struct rel_snapshot **out, void *block,
		    const char *revision, int64_t time, struct rel_error *err)
{
	struct rel_snapshot_store *store = new_store(revision, time);

	*out = NULL;
	if (!store) {
		free(block);
		return rel_fail_nomem(err);
	}
	store->block = block;
	set_view(store, block);
	*out = &store->snapshot;
	return 0;
}

/* Do the `count` ends rise, the last one being `total`? */
static bool ends_are_good(const uint32_t *ends, uint32_t count, uint32_t total)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (ends[i] < last)
			return false;
		last = ends[i];
	}
	return last == total;
}

static bool is_range(uint32_t first, uint32_t count, uint32_t total)
{
	return first <= total && count <= total - first;
}

/* Nodes refer to earlier nodes of the same package and to known strings. */
static bool nodes_are_good(const struct rel_snapshot *s, uint32_t first,
			   uint32_t end)
{
	for (uint32_t i = first; i < end; i++) {
		const struct rel_expr *e = &s->exprs.nodes[i];
		bool a_node = e->a >= first && e->a < i;
		bool b_node = e->b >= first && e->b < i;
		bool good = false;

		switch ((enum rel_expr_kind)e->kind) {
		case REL_EXPR_AND:
		case REL_EXPR_OR:
		case REL_EXPR_COMPARE:
			good = a_node && b_node;
			break;
		case REL_EXPR_PACKAGE:
			good = e->a < s->n_strings &&
			       (b_node || e->b == REL_EXPR_NONE);
			break;
		case REL_EXPR_VERSION:
		case REL_EXPR_NOT:
		case REL_EXPR_DEFINED:
			good = a_node;
			break;
		case REL_EXPR_STRING:
		case REL_EXPR_IDENT:
			good = e->a < s->n_strings;
			break;
		case REL_EXPR_BOOL:
			good = e->a <= 1;
			break;
		}
		if (!good || e->op > REL_OP_LT)
			return false;
	}
	return true;
}

static bool root_is_good(rel_expr_id id, uint32_t first, uint32_t end)
{
	return id == REL_EXPR_NONE || (id >= first && id < end);
}

static bool packages_are_good(const struct rel_snapshot_store *store)
{
	const struct rel_snapshot *s = &store->snapshot;

	for (uint32_t i = 0; i < s->n_packages; i++) {
		const struct rel_snapshot_package *p = &s->packages[i];
		const struct rel_manifest *m = &p->manifest;
		uint32_t first, end;

		rel_image_nodes(store, i, &first, &end);
		if (p->name >= s->n_strings || p->version >= s->n_strings ||
		    p->path >= s->n_strings)
			return false;
		if (p->problem != UINT32_MAX && p->problem >= s->n_problems)
			return false;
		if (m->maintainers != REL_STRING_NONE &&
		    m->maintainers >= s->n_strings)
			return false;
		if (!is_range(m->conflict_class_first, m->conflict_class_count,
			      s->n_lists))
			return false;
		if (!root_is_good(m->depends, first, end) ||
		    !root_is_good(m->depopts, first, end) ||
		    !root_is_good(m->conflicts, first, end) ||
		    !root_is_good(m->available, first, end))
			return false;
		if (!nodes_are_good(s, first, end))
			return false;
	}
	return true;
}

static bool rest_is_good(const struct rel_snapshot_store *store)
{
	const struct rel_snapshot *s = &store->snapshot;

	for (uint32_t i = 0; i < s->n_lists; i++)
		if (s->lists[i] >= s->n_strings)
			return false;
	for (uint32_t i = 0; i < s->n_problems; i++)
		if (s->problems[i].text >= s->n_strings)
			return false;
	for (uint32_t i = 0; i < s->n_notices; i++)
		if (s->notices[i].text >= s->n_strings ||
		    s->notices[i].path >= s->n_strings)
			return false;
	for (uint32_t i = 0; i < store->header->counts[REL_IMAGE_GROUPS]; i++) {
		const struct rel_image_group *g = &store->groups[i];

		if (g->name >= s->n_strings ||
		    !is_range(g->first, g->count, s->n_packages) ||
		    !is_range(g->first_notice, g->n_notices, s->n_notices))
			return false;
	}
	return true;
}

static bool image_is_good(const struct rel_snapshot_store *store)
{
	const uint32_t *counts = store->header->counts;

	return counts[REL_IMAGE_EXPR_ENDS] == counts[REL_IMAGE_PACKAGES] &&
	       ends_are_good(store->expr_ends, counts[REL_IMAGE_EXPR_ENDS],
			     counts[REL_IMAGE_EXPRS]) &&
	       ends_are_good(store->string_ends, counts[REL_IMAGE_STRING_ENDS],
			     counts[REL_IMAGE_TEXT]) &&
	       packages_are_good(store) && rest_is_good(store);
}

int rel_image_open(struct rel_snapshot **out, struct rel_map *map,
		   const char *revision, int64_t time, struct rel_error *err)
{
	struct rel_snapshot_store *store = NULL;

	*out = NULL;
	if (!rel_image_is_ours(map->ptr, map->len) ||
	    ((const struct rel_image_header *)map->ptr)->checksum !=
		checksum_of(map->ptr)) {
		rel_map_close(map);
		return rel_fail(err, REL_ESTALE,
				"damaged, or of another version of relctl");
	}
	store = new_store(revision, time);
	if (!store) {
		rel_map_close(map);
		return rel_fail_nomem(err);
	}
	store->map = *map;
	*map = (struct rel_map){NULL, 0};
	set_view(store, store->map.ptr);
	if (!image_is_good(store)) {
		rel_snapshot_free(&store->snapshot);
		return rel_fail(err, REL_ESTALE, "damaged");
	}
	*out = &store->snapshot;
	return 0;
}

void rel_snapshot_free(struct rel_snapshot *snapshot)
{
	struct rel_snapshot_store *store;

	if (!snapshot)
		return;
	store = snapshot->store;
	free(store->block);
	rel_map_close(&store->map);
	free(store->revision);
	free(store);
}

uint32_t rel_snapshot_mode(const struct rel_snapshot *snapshot)
{
	return snapshot->store->header->mode;
}

struct rel_str rel_snapshot_string(const struct rel_snapshot *snapshot,
				   rel_string_id id)
{
	return string_of(snapshot->store, id);
}

/* Index of the first package whose name is not below `name`. */
static uint32_t lower_bound(const struct rel_snapshot *s, struct rel_str name)
{
	uint32_t low = 0, high = s->n_packages;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		struct rel_str text =
		    rel_snapshot_string(s, s->packages[middle].name);

		if (rel_str_cmp(text, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct rel_snapshot_package *rel_snapshot_find(
    const struct rel_snapshot *snapshot, struct rel_str name, uint32_t *count)
{
	uint32_t first = lower_bound(snapshot, name), end = first;

	while (end < snapshot->n_packages &&
	       rel_str_eq(
		   rel_snapshot_string(snapshot, snapshot->packages[end].name),
		   name))
		end++;
	*count = end - first;
	return *count > 0 ? &snapshot->packages[first] : NULL;
}
