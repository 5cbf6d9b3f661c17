/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Documents in other encodings than UTF-8, by iconv(3). */

#include "base/buf.h"

/*
 * The encoding a document declares, by its byte order mark or its XML declaration
 * (XML 1.0, appendix F). *ret_encoding is NULL for UTF-8, else to be freed.
 */
MUST_CHECK int encoding_detect(char **ret_encoding, const char *bytes, size_t len,
			       struct error *err);

/* Converts all of in; -EILSEQ when something has no place in the new encoding. */
MUST_CHECK int encoding_convert(struct buf *ret_out, const char *to, const char *from,
				const char *in, size_t len, struct error *err);
