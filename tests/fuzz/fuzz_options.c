/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Option values: each line of the input is one option, its first byte says which, the
 * rest is the value. All go into the same wishes, so that contradictions are met too.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "host/bdf.h"
#include "tweak/wishes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read as an address is read alike when written out. */
static int address(UNUSED struct wishes *wishes, const char *value, struct error *err)
{
	char text[BDF_TEXT_MAX];
	bool has_function;
	struct bdf again;
	struct bdf bdf;
	int r = bdf_parse(&bdf, &has_function, value, err);

	if (r < 0)
		return r;
	if (bdf_parse(&again, NULL, bdf_format(&bdf, text), err) < 0 ||
	    bdf_compare(&bdf, &again) != 0)
		abort();
	return 0;
}

static wishes_fn *const readers[] = {
	wishes_hostdev,   wishes_rom,           wishes_usb,      wishes_mdev,
	wishes_evdev,     wishes_looking_glass, wishes_vcpus,    wishes_pin,
	wishes_hugepages, wishes_override,      wishes_qemu_arg, wishes_hook,
	wishes_xslt,      wishes_param,         wishes_unset,    address,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = strndup((const char *)data, size);
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	char *rest = text;

	if (!text)
		return 0;
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		struct error err = { 0 };
		int r;

		if (!*line)
			continue;
		r = readers[(unsigned char)*line % ARRAY_SIZE(readers)](&wishes, line + 1,
									&err);
		/* an error has words, and there are none without one */
		if ((r < 0) != (err.msg[0] != '\0') || r > 0)
			abort();
	}
	return 0;
}
