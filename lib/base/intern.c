#include "base/intern.h"

#include <stdlib.h>

#include "base/array.h"

#define FACTOR_1 0x9fb21c651e98df25u
#define FACTOR_2 0xd6e8feb86659fd93u

static uint64_t load_8(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint64_t load_4(const unsigned char *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* The last 0 … 7 bytes; the length is in the seed, so they may overlap. */
static uint64_t load_tail(const unsigned char *p, size_t len)
{
	if (len >= 4)
		return load_4(p) | load_4(p + len - 4) << 32;
	if (len > 0)
		return p[0] | (uint64_t)p[len / 2] << 8 |
		       (uint64_t)p[len - 1] << 16;
	return 0;
}

static uint64_t step(uint64_t h, uint64_t word)
{
	h = (h ^ word) * FACTOR_1;
	return h ^ (h >> 32);
}

/*
 * Eight bytes a step: xor, multiply, fold the high half down.  A product
 * carries changes upwards only, so the end is one more multiplication: else
 * the last byte of a word would not reach the low bits that index tables.
 */
uint64_t rel_hash_bytes(const void *ptr, size_t len)
{
	const unsigned char *p = ptr;
	uint64_t h = (len + 1) * FACTOR_2;

	for (; len >= 8; p += 8, len -= 8)
		h = step(h, load_8(p));
	h = step(h, load_tail(p, len)) * FACTOR_2;
	return h ^ (h >> 29);
}

#define SLOTS_MIN 256

static uint64_t slot_of(uint32_t hash, rel_string_id id)
{
	return (uint64_t)hash << 32 | (id + 1);
}

static uint32_t slot_hash(uint64_t slot)
{
	return (uint32_t)(slot >> 32);
}

static rel_string_id slot_id(uint64_t slot)
{
	return (uint32_t)slot - 1;
}

void rel_intern_init(struct rel_intern *table, size_t max_bytes)
{
	*table = (struct rel_intern){0};
	rel_arena_init(&table->text, max_bytes);
}

void rel_intern_free(struct rel_intern *table)
{
	if (!table)
		return;
	rel_arena_free(&table->text);
	free(table->items);
	free(table->slots);
	table->items = NULL;
	table->slots = NULL;
	table->count = table->cap = table->n_slots = 0;
}

/* The slot that holds `s`, or the free one where it belongs. */
static uint32_t probe(const struct rel_intern *table, struct rel_str s,
		      uint32_t hash)
{
	uint32_t mask = table->n_slots - 1, at = hash & mask;

	for (;; at = (at + 1) & mask) {
		uint64_t slot = table->slots[at];

		if (slot == 0)
			return at;
		if (slot_hash(slot) == hash &&
		    rel_str_eq(table->items[slot_id(slot)], s))
			return at;
	}
}

/* At most two thirds of the slots are taken. */
static int grow(struct rel_intern *table)
{
	uint32_t n = table->n_slots ? table->n_slots * 2 : SLOTS_MIN;
	uint64_t *slots;

	if ((uint64_t)table->count * 3 < (uint64_t)table->n_slots * 2)
		return 0;
	if (n < table->n_slots)
		return REL_ENOMEM;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return REL_ENOMEM;
	/* Hashes go everywhere at once. */
	rel_memory_populate(slots, n * sizeof(*slots));
	for (uint32_t i = 0; i < table->n_slots; i++) {
		uint64_t slot = table->slots[i];
		uint32_t at = slot_hash(slot) & (n - 1);

		if (slot == 0)
			continue;
		while (slots[at] != 0)
			at = (at + 1) & (n - 1);
		slots[at] = slot;
	}
	free(table->slots);
	table->slots = slots;
	table->n_slots = n;
	return 0;
}

rel_string_id rel_intern_add(struct rel_intern *table, struct rel_str s)
{
	uint32_t hash = (uint32_t)rel_hash_bytes(s.ptr, s.len), at;
	char *copy;

	if (grow(table) != 0)
		return REL_STRING_NONE;
	at = probe(table, s, hash);
	if (table->slots[at] != 0)
		return slot_id(table->slots[at]);
	if (rel_array_reserve(&table->items, &table->cap,
			      (uint64_t)table->count + 1,
			      sizeof(*table->items)) != 0)
		return REL_STRING_NONE;
	copy = rel_arena_copy(&table->text, s);
	if (!copy)
		return REL_STRING_NONE;
	table->items[table->count] = rel_str_n(copy, s.len);
	table->slots[at] = slot_of(hash, table->count);
	return table->count++;
}

rel_string_id rel_intern_find(const struct rel_intern *table, struct rel_str s)
{
	uint32_t at;

	if (table->n_slots == 0)
		return REL_STRING_NONE;
	at = probe(table, s, (uint32_t)rel_hash_bytes(s.ptr, s.len));
	if (table->slots[at] == 0)
		return REL_STRING_NONE;
	return slot_id(table->slots[at]);
}
