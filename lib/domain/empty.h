/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How a document writes elements without content. */

#include "domain/document.h"

enum empty_style {
	EMPTY_SELF_CLOSED, /* <a/> */
	EMPTY_SPACED,      /* <a /> */
	EMPTY_PAIR,        /* <a></a>, as Go's encoding/xml does, and so KubeVirt */
};

/* The way most of the first ones are written. */
enum empty_style empty_style_of(const struct document *doc);

/* What ends the one tag of an element that is not EMPTY_PAIR. */
static inline const char *empty_end(enum empty_style style)
{
	return style == EMPTY_SPACED ? " />" : "/>";
}
