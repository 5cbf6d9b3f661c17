/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlmemory.h>

#define STEP      16  /* sizes are rounded up to a multiple, and aligned */
#define MAX_SMALL 512 /* larger pieces are malloc's */
#define N_CLASSES (MAX_SMALL / STEP + 1)
#define SLAB_SIZE ((size_t)64 * 1024)

/* In front of every piece. */
struct piece {
	size_t size;        /* of what follows; more than MAX_SMALL: malloc's */
	struct piece *next; /* while it is free */
};

struct slab {
	struct slab *next;
	_Alignas(STEP) char data[SLAB_SIZE];
};

/* libxml2's allocator has no argument to carry state. */
static struct pool {
	struct piece *free[N_CLASSES];
	struct slab *slabs;
	size_t used; /* of the newest slab */
} pool = { .used = SLAB_SIZE };

static void *content(struct piece *piece)
{
	return piece + 1;
}

static struct piece *piece_of(void *content_of)
{
	return (struct piece *)content_of - 1;
}

static struct piece *large(size_t size)
{
	struct piece *piece = malloc(sizeof(*piece) + size);

	if (piece)
		piece->size = size;
	return piece;
}

static struct piece *cut(size_t size)
{
	size_t need = sizeof(struct piece) + size;
	struct piece *piece;

	if (pool.used + need > SLAB_SIZE) {
		struct slab *slab = malloc(sizeof(*slab));

		if (!slab)
			return NULL;
		slab->next = pool.slabs;
		pool.slabs = slab;
		pool.used = 0;
	}
	piece = (struct piece *)(pool.slabs->data + pool.used);
	pool.used += need;
	piece->size = size;
	return piece;
}

static void *pool_malloc(size_t size)
{
	size_t class = (size + STEP - 1) / STEP;
	struct piece *piece;

	if (size > MAX_SMALL) {
		piece = large(size);
	} else if (pool.free[class]) {
		piece = pool.free[class];
		pool.free[class] = piece->next;
	} else {
		piece = cut(class * STEP);
	}
	return piece ? content(piece) : NULL;
}

static void pool_free(void *content_of)
{
	struct piece *piece;

	if (!content_of)
		return;
	piece = piece_of(content_of);
	if (piece->size > MAX_SMALL) {
		free(piece);
		return;
	}
	piece->next = pool.free[piece->size / STEP];
	pool.free[piece->size / STEP] = piece;
}

static void *pool_realloc(void *content_of, size_t size)
{
	struct piece *piece;
	void *new;

	if (!content_of)
		return pool_malloc(size);
	piece = piece_of(content_of);
	if (piece->size > MAX_SMALL && size > MAX_SMALL) {
		struct piece *larger = realloc(piece, sizeof(*larger) + size);

		if (!larger)
			return NULL;
		larger->size = size;
		return content(larger);
	}
	if (piece->size <= MAX_SMALL && size <= piece->size)
		return content_of;
	new = pool_malloc(size);
	if (new) {
		memcpy(new, content_of, size < piece->size ? size : piece->size);
		pool_free(content_of);
	}
	return new;
}

static char *pool_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = pool_malloc(size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

void pool_use(void)
{
#ifndef __SANITIZE_ADDRESS__
	if (!getenv("VFIOKIT_MALLOC"))
		(void)xmlMemSetup(pool_free, pool_malloc, pool_realloc, pool_strdup);
#else
	(void)pool_free;
	(void)pool_realloc;
	(void)pool_strdup;
#endif
}

void pool_done(void)
{
	while (pool.slabs) {
		struct slab *slab = pool.slabs;

		pool.slabs = slab->next;
		free(slab);
	}
	pool = (struct pool){ .used = SLAB_SIZE };
}
