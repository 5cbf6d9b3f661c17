/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/meminfo.h"

#include <string.h>

#include "base/parse.h"

static void take_value(uint64_t *kib, const char *text)
{
	struct error ignored;
	char number[24];
	uint64_t value;
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, " \n");
	if (len >= sizeof(number))
		return;
	memcpy(number, text, len);
	number[len] = '\0';
	if (parse_dec(&value, number, 0, UINT64_MAX / 1024, "size", &ignored) == 0)
		*kib = value;
}

void meminfo_find(uint64_t *kib, const char *meminfo, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = strstr(meminfo, key); at; at = strstr(at + 1, key)) {
		if (at[len] == ':' && (at == meminfo || strchr(" \n", at[-1]))) {
			take_value(kib, at + len + 1);
			return;
		}
	}
}
