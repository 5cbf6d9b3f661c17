/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "routertext.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libevdev/libevdev.h>

static void upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

int routertext_key(const char *word)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s",
		       strncmp(word, "btn_", 4) == 0 ? "" : "KEY_", word);
	upper(name);
	return libevdev_event_code_from_name(EV_KEY, name);
}

static bool parse_key(const char *word, struct input_event *event)
{
	static const char values[] = "-+=";
	char name[64];
	size_t len = strlen(word);
	const char *value;
	int code;

	if (len < 2 || len > sizeof(name))
		return false;
	value = strchr(values, word[len - 1]);
	if (!value)
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(len - 1), word);
	code = routertext_key(name);
	*event = (struct input_event){
		.type = EV_KEY,
		.code = (__u16)code,
		.value = (int)(value - values),
	};
	return code >= 0;
}

bool routertext_parse(const char *word, struct input_event *ret_event)
{
	const char *colon = strchr(word, ':');
	char name[64];
	int type, code;

	if (!colon)
		return parse_key(word, ret_event);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(colon - word), word);
	upper(name);
	type = strncmp(name, "REL_", 4) == 0   ? EV_REL
	       : strncmp(name, "ABS_", 4) == 0 ? EV_ABS
	       : strncmp(name, "MSC_", 4) == 0 ? EV_MSC
					       : -1;
	if (type < 0)
		return false;
	code = libevdev_event_code_from_name((unsigned)type, name);
	*ret_event = (struct input_event){
		.type = (__u16)type,
		.code = (__u16)code,
		.value = (int)strtol(colon + 1, NULL, 10),
	};
	return code >= 0;
}

static void add_name(const char *name, unsigned code, struct buf *buf)
{
	if (!name) {
		buf_addf(buf, "%#x", code);
		return;
	}
	for (; *name; name++)
		buf_addc(buf, (char)tolower((unsigned char)*name));
}

void routertext_key_name(unsigned code, struct buf *buf)
{
	const char *name = libevdev_event_code_get_name(EV_KEY, code);

	if (name && strncmp(name, "KEY_", 4) == 0)
		name += 4;
	add_name(name, code, buf);
}

void routertext_format(const struct input_event *events, size_t n, struct buf *buf)
{
	for (size_t i = 0; i < n; i++) {
		const struct input_event *event = &events[i];

		if (event->type == EV_SYN && i == n - 1)
			return;
		if (i > 0)
			buf_addc(buf, ' ');
		if (event->type == EV_KEY) {
			routertext_key_name(event->code, buf);
			buf_addc(buf, "-+="[event->value]);
			continue;
		}
		add_name(libevdev_event_code_get_name(event->type, event->code),
			 event->code, buf);
		buf_addf(buf, ":%d", event->value);
	}
	buf_adds(buf, " (no SYN_REPORT)");
}
