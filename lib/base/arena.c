#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

#define BLOCK_MIN ((size_t)64 * 1024)
#define BLOCK_MAX ((size_t)1024 * 1024)

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

struct rel_arena_block {
	struct rel_arena_block *next;
	size_t size, used; /* bytes of data */
	alignas(max_align_t) unsigned char data[];
};

void rel_arena_init(struct rel_arena *arena, size_t max)
{
	*arena = (struct rel_arena){.max = max};
}

/* Under AddressSanitizer, what is not handed out, or not any more, is as bad
 * as freed memory.  Not inlined: gcc takes the call for a read. */
static __attribute__((noinline)) void hide(struct rel_arena_block *block)
{
#ifdef __SANITIZE_ADDRESS__
	__asan_poison_memory_region(block->data, block->size);
#else
	(void)block;
#endif
}

static void show(void *ptr, size_t size)
{
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(ptr, size);
#else
	(void)ptr;
	(void)size;
#endif
}

static void free_list(struct rel_arena_block *block)
{
	while (block) {
		struct rel_arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void rel_arena_free(struct rel_arena *arena)
{
	if (!arena)
		return;
	free_list(arena->blocks);
	arena->blocks = NULL;
	arena->used = 0;
}

void rel_arena_reset(struct rel_arena *arena)
{
	if (arena->blocks) {
		free_list(arena->blocks->next);
		arena->blocks->next = NULL;
		arena->blocks->used = 0;
		hide(arena->blocks);
	}
	arena->used = 0;
}

static struct rel_arena_block *add_block(struct rel_arena *arena, size_t size)
{
	struct rel_arena_block *head = arena->blocks, *block;
	size_t common = head ? head->size * 2 : BLOCK_MIN;
	bool own;

	if (common > BLOCK_MAX)
		common = BLOCK_MAX;
	if (common < BLOCK_MIN)
		common = BLOCK_MIN;
	own = size > common / 4;
	if (!own)
		size = common;
	if (size > PTRDIFF_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	/* Not the first of a small arena, which may be all it ever needs. */
	if (size > BLOCK_MIN)
		rel_memory_populate(block, sizeof(*block) + size);
	block->size = size;
	block->used = 0;
	hide(block);
	if (own && head) {
		/* The head still has room: large pieces go behind it. */
		block->next = head->next;
		head->next = block;
	} else {
		block->next = head;
		arena->blocks = block;
	}
	return block;
}

static void *take(struct rel_arena *arena, size_t size, size_t align)
{
	struct rel_arena_block *block = arena->blocks;
	size_t left = arena->max - arena->used;
	size_t pad = block ? -block->used & (align - 1) : 0;
	void *ptr;

	if (size > left)
		return NULL;
	if (!block || size > block->size - block->used ||
	    pad > block->size - block->used - size) {
		block = add_block(arena, size);
		if (!block)
			return NULL;
		pad = 0;
	}
	if (pad > left - size)
		return NULL;
	ptr = block->data + block->used + pad;
	block->used += pad + size;
	arena->used += pad + size;
	show(ptr, size);
	return ptr;
}

void *rel_arena_alloc(struct rel_arena *arena, size_t size)
{
	void *ptr = take(arena, size, alignof(max_align_t));

	if (ptr)
		memset(ptr, 0, size);
	return ptr;
}

void *rel_arena_array(struct rel_arena *arena, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	return rel_arena_alloc(arena, count * size);
}

char *rel_arena_copy(struct rel_arena *arena, struct rel_str s)
{
	char *copy;

	if (s.len == SIZE_MAX)
		return NULL;
	copy = take(arena, s.len + 1, 1);
	if (!copy)
		return NULL;
	if (s.len > 0)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

char *rel_arena_vprintf(struct rel_arena *arena, const char *fmt, va_list args)
{
	va_list again;
	char *text = NULL;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len >= 0)
		text = take(arena, (size_t)len + 1, 1);
	if (text)
		vsnprintf(text, (size_t)len + 1, fmt, again);
	va_end(again);
	return text;
}
