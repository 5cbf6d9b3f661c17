/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/encoding.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Looks for encoding="..." inside the XML declaration; the value is not terminated. */
static const char *declared(const char *bytes, size_t len, size_t *ret_len)
{
	const char *end = memmem(bytes, len, "?>", 2);
	const char *p;
	const char *close;

	if (len < 6 || memcmp(bytes, "<?xml", 5) != 0 || !end)
		return NULL;
	p = memmem(bytes, (size_t)(end - bytes), "encoding", strlen("encoding"));
	if (!p)
		return NULL;
	p += strlen("encoding");
	p += strspn(p, " \t\r\n=");
	if (*p != '"' && *p != '\'')
		return NULL;
	close = memchr(p + 1, *p, (size_t)(end - p - 1));
	if (!close)
		return NULL;
	*ret_len = (size_t)(close - p - 1);
	return p + 1;
}

/* UTF-16 and UTF-32 show in the zero bytes of their first characters. */
static const char *by_first_bytes(const char *bytes, size_t len)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *encoding;
	} known[] = {
		{ "\xff\xfe\0\0", 4, "UTF-32LE" }, { "\0\0\xfe\xff", 4, "UTF-32BE" },
		{ "<\0\0\0", 4, "UTF-32LE" },      { "\0\0\0<", 4, "UTF-32BE" },
		{ "\xff\xfe", 2, "UTF-16LE" },     { "\xfe\xff", 2, "UTF-16BE" },
		{ "<\0", 2, "UTF-16LE" },          { "\0<", 2, "UTF-16BE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (len >= known[i].len &&
		    memcmp(bytes, known[i].bytes, known[i].len) == 0)
			return known[i].encoding;
	}
	return NULL;
}

int encoding_detect(char **ret_encoding, const char *bytes, size_t len, struct error *err)
{
	const char *name = by_first_bytes(bytes, len);
	size_t name_len = name ? strlen(name) : 0;
	char *copy;

	if (!name && len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		name_len = 0;
	} else if (!name) {
		name = declared(bytes, len, &name_len);
	}
	if (!name || (name_len == 5 && strncasecmp(name, "UTF-8", 5) == 0)) {
		*ret_encoding = NULL;
		return 0;
	}

	copy = strndup(name, name_len);
	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	*ret_encoding = copy;
	return 0;
}

static int convert_all(struct buf *out, iconv_t cd, char *in, size_t len)
{
	char block[4096];

	do {
		char *p = block;
		size_t room = sizeof(block);
		size_t n = iconv(cd, &in, &len, &p, &room);
		int code = n == (size_t)-1 ? errno : 0;

		buf_add(out, block, sizeof(block) - room);
		if (code && code != E2BIG)
			return -code;
	} while (len > 0);
	return 0;
}

int encoding_convert(struct buf *ret_out, const char *to, const char *from,
		     const char *in, size_t len, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_NONE;
	CLEANUP_FREE char *copy = malloc(len + 1);
	iconv_t cd;
	int r;

	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	memcpy(copy, in, len);

	cd = iconv_open(to, from);
	if ((intptr_t)cd == -1) {
		return error_set(err, EINVAL,
				 "unknown encoding '%s'; convert it to UTF-8",
				 strcmp(to, "UTF-8") == 0 ? from : to);
	}
	r = convert_all(&out, cd, copy, len);
	(void)iconv_close(cd);
	if (r < 0) {
		return error_set(err, EILSEQ, "cannot be converted from %s to %s", from,
				 to);
	}
	if (buf_check(&out, err) < 0)
		return -ENOMEM;
	*ret_out = out;
	out = BUF_NONE;
	return 0;
}
