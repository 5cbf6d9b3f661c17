/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/input_node.h"

#include <errno.h>
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/sysfs.h"

/* A host with a hundred input devices has 30 KiB. */
#define PROC_MAX (1U << 20)

static bool has_bit(const struct input_bits *bits, unsigned bit)
{
	return bits->word[bit / 64] >> (bit % 64) & 1;
}

/* Words of 64 bits in hexadecimal, the highest first, blanks between. */
static int parse_bits(struct input_bits *ret_bits, const char *text, struct error *err)
{
	const char *end = text + strlen(text);
	struct input_bits bits = { 0 };

	for (size_t n = 0; end > text; n++) {
		const char *start;
		int r;

		while (end > text && end[-1] == ' ')
			end--;
		start = end;
		while (start > text && start[-1] != ' ')
			start--;
		if (start == end)
			break;
		if (n == INPUT_NODE_WORDS)
			return error_set(err, EINVAL, "too many capabilities");
		r = parse_hex_part(&bits.word[n], start, (size_t)(end - start),
				   "capability", err);
		if (r < 0)
			return r;
		end = start;
	}
	*ret_bits = bits;
	return 0;
}

static int read_bits(struct input_bits *ret_bits, const struct root *root,
		     const char *event, const char *name, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[512];
	int r;

	r = sysfs_path(path, err, "sys/class/input/%s/device/capabilities/%s", event,
		       name);
	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r < 0)
		return r;
	r = parse_bits(ret_bits, text, err);
	if (r < 0)
		return error_wrap(err, "read '/%s'", path);
	return 0;
}

static int read_line(char *buf, size_t size, const struct root *root, const char *event,
		     const char *attr, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "sys/class/input/%s/device/%s", event, attr);

	if (r == 0)
		r = sysfs_read_start(root, path, buf, size, err);
	if (r == 0)
		buf[strcspn(buf, "\n")] = '\0';
	return r;
}

/*
 * uinput's devices stand in /sys/devices/virtual/input. Not everything below
 * /sys/devices/virtual is virtual: Bluetooth keyboards are in .../virtual/misc/uhid.
 */
static bool is_uinput_path(const char *path)
{
	return strstr(path, "devices/virtual/input/") != NULL;
}

static int read_virtual(struct input_node *node, const struct root *root,
			const char *event, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	char bus[SYSFS_WORD_MAX];
	int r = sysfs_path(path, err, "sys/class/input/%s", event);

	if (r == 0)
		r = sysfs_link_target(root, path, target, sizeof(target), err);
	if (r == 0)
		r = read_line(bus, sizeof(bus), root, event, "id/bustype", err);
	if (r < 0)
		return r;
	node->is_virtual = is_uinput_path(target) || strcmp(bus, "0006") == 0;
	return 0;
}

int input_node_read(struct input_node *node, const struct root *root, const char *event,
		    struct error *err)
{
	enum input_kind ignored;
	int r = read_bits(&node->ev, root, event, "ev", err);

	if (r == 0 && has_bit(&node->ev, EV_KEY))
		r = read_bits(&node->key, root, event, "key", err);
	if (r == 0 && has_bit(&node->ev, EV_REL))
		r = read_bits(&node->rel, root, event, "rel", err);
	/* most of a host's are buttons, lids and jacks */
	if (r < 0 || !input_node_kind(&ignored, node))
		return r;

	r = read_line(node->name, sizeof(node->name), root, event, "name", err);
	if (r == 0)
		r = read_line(node->phys, sizeof(node->phys), root, event, "phys", err);
	if (r == 0)
		r = read_virtual(node, root, event, err);
	return r;
}

/* Copies what fits, as far as the last quote if there is one. */
static void copy_text(char *buf, size_t size, const char *text)
{
	const char *end = strrchr(text, '"');
	size_t len = end ? (size_t)(end - text) : strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(buf, text, len);
	buf[len] = '\0';
}

/* "kbd event7 leds": 7. */
static bool find_event(unsigned *ret_event, const char *handlers)
{
	const char *at = strstr(handlers, "event");
	unsigned event = 0;

	if (!at || at[5] < '0' || at[5] > '9')
		return false;
	for (at += 5; *at >= '0' && *at <= '9'; at++)
		event = (event * 10 + (unsigned)(*at - '0')) & 0xffff;
	*ret_event = event;
	return true;
}

/* One line of a device; *has_event once its handlers name one. */
static int take_line(struct input_node *node, bool *has_event, const char *line,
		     struct error *err)
{
	static const char name[] = "N: Name=\"";
	static const char phys[] = "P: Phys=";

	if (strncmp(line, name, strlen(name)) == 0)
		copy_text(node->name, sizeof(node->name), line + strlen(name));
	if (strncmp(line, phys, strlen(phys)) == 0)
		copy_text(node->phys, sizeof(node->phys), line + strlen(phys));
	if (strncmp(line, "S: Sysfs=", 9) == 0)
		node->is_virtual |= is_uinput_path(line);
	if (strncmp(line, "I: Bus=0006", 11) == 0)
		node->is_virtual = true;
	if (strncmp(line, "H: Handlers=", 12) == 0)
		*has_event = find_event(&node->event, line);
	if (strncmp(line, "B: EV=", 6) == 0)
		return parse_bits(&node->ev, line + 6, err);
	if (strncmp(line, "B: KEY=", 7) == 0)
		return parse_bits(&node->key, line + 7, err);
	if (strncmp(line, "B: REL=", 7) == 0)
		return parse_bits(&node->rel, line + 7, err);
	return 0;
}

static int parse_proc(char *text, input_node_fn *each, void *data, struct error *err)
{
	struct input_node node = { 0 };
	bool has_event = false;
	int r = 0;

	while (r == 0 && *text) {
		char *end = text + strcspn(text, "\n");
		bool is_last = *end == '\0';

		*end = '\0';
		r = take_line(&node, &has_event, text, err);
		/* an empty line ends a device, and so does the end */
		if (r == 0 && (is_last || end == text)) {
			if (has_event)
				r = each(&node, data, err);
			node = (struct input_node){ 0 };
			has_event = false;
		}
		text = is_last ? end : end + 1;
	}
	return r;
}

int input_node_read_proc(bool *ret_found, const struct root *root, input_node_fn *each,
			 void *data, struct error *err)
{
	static const char path[] = "proc/bus/input/devices";
	CLEANUP_FREE char *text = malloc(PROC_MAX);
	int r;

	if (!text)
		return error_set(err, ENOMEM, "out of memory");
	r = sysfs_read_optional(root, path, text, PROC_MAX, err);
	if (r < 0 || text[0] == '\0')
		return r;
	r = parse_proc(text, each, data, err);
	if (r < 0)
		return error_wrap(err, "read '/%s'", path);
	*ret_found = true;
	return 0;
}

/*
 * usb-Logitech_G502-if01-event-kbd (by-id), pci-0000:06:00.0-usb-0:4:1.1-event-kbd
 * (by-path): one device's nodes differ in the interface at the end.
 */
bool input_node_from_link(enum input_kind *ret_kind, struct input_node *node,
			  const char *link)
{
	const char *event = strstr(link, "-event-");
	unsigned interface = 0;
	int len;
	char *mark;

	if (!event || event - link >= (int)sizeof(node->name) - 16)
		return false;
	if (strcmp(event, "-event-kbd") != 0 && strcmp(event, "-event-mouse") != 0)
		return false;
	*ret_kind = strcmp(event, "-event-kbd") == 0 ? INPUT_KEYBOARD : INPUT_MOUSE;

	len = (int)(event - link);
	(void)snprintf(node->name, sizeof(node->name), "%.*s", len, link);
	mark = strstr(node->name, "-if");
	if (!mark && strstr(node->name, "-usb"))
		mark = strrchr(node->name, '.');
	if (mark) {
		for (const char *at = mark; *at; at++) {
			if (*at >= '0' && *at <= '9')
				interface = interface * 10 + (unsigned)(*at - '0');
		}
		len = (int)(mark - node->name);
	}
	(void)snprintf(node->phys, sizeof(node->phys), "%.*s/input%u", len, node->name,
		       interface & 0xffff);
	return true;
}

/* As in systemd's udev-builtin-input_id.c. */
bool input_node_kind(enum input_kind *ret_kind, const struct input_node *node)
{
	const uint64_t esc_to_d = 0xfffffffe;

	if (node->is_virtual || !has_bit(&node->ev, EV_KEY))
		return false;
	if ((node->key.word[0] & esc_to_d) == esc_to_d) {
		*ret_kind = INPUT_KEYBOARD;
		return true;
	}
	if (has_bit(&node->ev, EV_REL) && has_bit(&node->rel, REL_X) &&
	    has_bit(&node->rel, REL_Y) && has_bit(&node->key, BTN_LEFT)) {
		*ret_kind = INPUT_MOUSE;
		return true;
	}
	return false;
}
