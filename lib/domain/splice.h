/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The text of a changed document in which every byte that did not have to change is the
 * user's own.
 *
 * The elements of the changed tree that carry a number (domain/document.h) are compared
 * with the source they came from, and only differences are written: an attribute, the
 * text of an element, an element that came or went. What is new takes the indentation,
 * the line ends, the quotes and the namespace prefixes of its neighbours. White space
 * between elements never counts as a difference: stylesheets need not care about it.
 * Comments and processing instructions do count; those outside the root element are
 * always kept.
 */

#include "base/buf.h"
#include "domain/document.h"

/*
 * Appends doc->tree as text to out, in UTF-8. The text is parsed again and compared with
 * the tree before it is given out; that parsed tree then takes the place of doc->tree. It
 * is complete, and free of private attributes, but still numbered.
 */
MUST_CHECK int splice(struct buf *out, struct document *doc, struct error *err);
