/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/buf.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_NONE;
}

void buf_reserve(struct buf *buf, size_t len)
{
	size_t size = buf->size ? buf->size : 64;
	char *data;

	if (buf->failed)
		return;
	if (len >= SIZE_MAX / 2 - buf->len) {
		buf->failed = true;
		return;
	}
	if (buf->len + len + 1 <= buf->size)
		return;

	while (size < buf->len + len + 1)
		size *= 2;
	data = realloc(buf->data, size);
	if (!data) {
		buf->failed = true;
		return;
	}
	buf->data = data;
	buf->size = size;
}

void buf_add(struct buf *buf, const char *data, size_t len)
{
	buf_reserve(buf, len);
	if (buf->failed)
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_adds(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_addv(struct buf *buf, const char *fmt, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	buf_reserve(buf, (size_t)len);
	if (buf->failed)
		return;
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	buf->len += (size_t)len;
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(buf, fmt, ap);
	va_end(ap);
}

void buf_cut(struct buf *buf, size_t len)
{
	if (len < buf->len) {
		buf->len = len;
		buf->data[len] = '\0';
	}
}

int buf_check(const struct buf *buf, struct error *err)
{
	if (buf->failed)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
	char *data;

	if (buf->failed) {
		buf_done(buf);
		return NULL;
	}
	data = buf->data ? buf->data : strdup("");
	*buf = BUF_NONE;
	return data;
}
