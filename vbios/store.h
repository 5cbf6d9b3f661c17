/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * ROMs kept by their content: DIR/SHA256.rom, and beside it DIR/SHA256.json with what is
 * known of it. The name says what the content has to be.
 */

#include "base/buf.h"
#include "base/error.h"
#include "host/checksum.h"
#include "input.h"

#define STORE_DIR "/var/lib/vfiokit/vbios"

/* What is remembered of a file. */
struct store_entry {
	char sha256[CHECKSUM_MAX];
	char *name; /* of the file that was added */
	char *from;
	char *note;
	char *added;   /* "2026-11-21T14:00:00Z" */
	char *problem; /* why none of that could be read, or NULL */
};

struct store {
	struct store_entry *v; /* by SHA-256 */
	size_t n;
};

#define STORE_NONE ((struct store){ 0 })

/* A directory that is not there is an empty store. */
MUST_CHECK int store_read(struct store *ret_store, const char *dir, struct error *err);
void store_done(struct store *store);

/*
 * Puts a file in; one that is there already keeps its place, and what is remembered of it
 * where from and note are NULL. entry's strings are borrowed.
 */
MUST_CHECK int store_add(const char *dir, const struct input *input, const char *from,
			 const char *note, struct error *err);

/* "DIR/SHA256.rom"; the caller frees it. NULL without memory. */
char *store_path(const char *dir, const char *sha256);

#define CLEANUP_STORE CLEANUP(store_done)
