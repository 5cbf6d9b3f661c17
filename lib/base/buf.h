/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A growing piece of text.
 *
 * Appending never fails at the call: running out of memory is remembered, later
 * appends do nothing, and buf_check() reports it once where the text is used.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct buf {
	char *data; /* NUL-terminated once anything was appended, else NULL */
	size_t len; /* without the NUL */
	size_t size;
	bool failed;
};

#define BUF_NONE ((struct buf){ 0 })

void buf_done(struct buf *buf);

void buf_add(struct buf *buf, const char *data, size_t len);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *buf, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Makes room for len more bytes, so that a known size is allocated once. */
void buf_reserve(struct buf *buf, size_t len);

/* Cuts the text to its first len bytes. */
void buf_cut(struct buf *buf, size_t len);

/* 0, or -ENOMEM if any append since buf_done() failed. */
MUST_CHECK int buf_check(const struct buf *buf, struct error *err);

/* The text so far, never NULL; valid until the next change. */
const char *buf_text(const struct buf *buf);

/* Hands the text to the caller, who frees it; "" for an empty buffer, NULL on ENOMEM. */
char *buf_take(struct buf *buf);

#define CLEANUP_BUF CLEANUP(buf_done)
