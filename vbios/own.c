/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "own.h"

#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "rom/rules.h"

/* Padding is none of it: a ROM BAR is larger than what is in it. */
static size_t used(const struct buf *content)
{
	size_t len = content->len;

	while (len > 0 &&
	       (content->data[len - 1] == '\xff' || content->data[len - 1] == 0))
		len--;
	return len;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	size_t len = used(a);

	return len > 0 && len == used(b) && memcmp(a->data, b->data, len) == 0;
}

void own_examine(struct rom_findings *findings, const struct root *root,
		 const char *address, const struct buf *content)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	CLEANUP_DUMP struct dump dump = DUMP_NONE;
	const struct pcidev *dev = NULL;
	struct error ignored = { 0 };
	char name[BDF_TEXT_MAX];
	struct bdf bdf;

	if ((root_is_host(root) && geteuid() != 0) ||
	    bdf_parse(&bdf, NULL, address, &ignored) < 0 ||
	    pcidevs_list(&devs, root, &ignored) < 0 ||
	    pcidevs_get(&dev, &devs, &bdf, root, &ignored) < 0 || !dev ||
	    dump_read(&dump, root, dev, false, &ignored) < 0)
		return;
	if (!is_same(content, &dump.content))
		return;
	SAY(34, ROM_WARNING, 0, "nobody",
	    "the file is the ROM that %s has of its own, as %s shows it: with the file the "
	    "guest gets nothing else than without it",
	    bdf_format(&bdf, name), dump.source);
}
