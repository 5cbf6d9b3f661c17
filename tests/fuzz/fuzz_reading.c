/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The hook's reader of domains, side by side with the one of xmltweak: of what both take
 * they make the same tree, so that the hook acts upon what xmltweak has checked. They may
 * refuse different things: expat knows fewer letters for names, libxml2 minds a colon in
 * the target of an instruction.
 */

#include <stdint.h>
#include <stdlib.h>

#include "domain/document.h"
#include "domain/reading.h"
#include "sametree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	CLEANUP_READING struct reading reading = READING_NONE;
	struct error err = { 0 };
	const char *text = (const char *)data;
	int r = reading_parse_domain(&reading, "fuzz", text, size, &err);

	if (r > 0 || (r < 0) != (err.msg[0] != '\0') || (r < 0) == (reading.top != NULL))
		abort();
	if (r == 0 && document_parse(&doc, "fuzz", text, size, &err) == 0 &&
	    !sametree(reading.top, xmlDocGetRootElement(doc.tree)))
		abort();
	return 0;
}
