/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * evgrab's way to the kernel, by hand: commands on standard input, a line each, what
 * comes of it on standard output, and "ok" or "failed: WHY" after it. Devices and virtual
 * devices go by numbers below SLOTS.
 *
 *	open D PATH            grab D... / ungrab D... / close D
 *	info D                 what it says of itself
 *	state D                what is down and lit
 *	read D MS              what it sends, but for repeats, until there is nothing for
 *MS repeats D MS           whether it repeats a key in that time leds D MASK lights them,
 *if it is grabbed set D TYPE:CODE:VALUE...  writes into it, as any reader of it can node
 *N GUEST ROLE      makes a virtual device send N TYPE:CODE:VALUE...  a frame; SYN_REPORT
 *is added flood N COUNT          frames of motion as fast as can be feedback N LEDs that
 *its readers want devices SELECTOR...    what is there, and what is taken of it watch MS
 *what comes and goes in that time
 *
 * As "evprobe store GUEST ROLE..." it is a service that makes these nodes, or adopts them
 * by name from systemd's descriptor store, and says which in $STATE_DIRECTORY/nodes.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/macro.h"
#include "devices.h"
#include "hotplug.h"
#include "vnode.h"

#define SLOTS     16
#define WORDS_MAX 64

struct probe {
	struct device devices[SLOTS];
	struct vnode nodes[SLOTS];
	struct selector selectors[SLOTS];
	size_t n_selectors;
	struct devices inventory;
	struct hotplug *hotplug;
	struct hotplug_sink plugged;
};

static uint64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* --- what is said --- */

static void print_keys(const struct key_bits *keys)
{
	for (unsigned code = keys_next(keys, 0); code < KEY_CNT;
	     code = keys_next(keys, code + 1))
		printf(" %u", code);
}

/* What a reading has come to. */
struct reading {
	uint64_t last; /* when there was something, but for repeats */
	unsigned n_repeats;
};

static void on_frame(void *data, UNUSED struct device *device,
		     const struct input_event *events, size_t n)
{
	struct reading *reading = data;

	if (n == 1 && events[0].type == EV_KEY && events[0].value == 2) {
		reading->n_repeats++;
		return;
	}
	reading->last = now_us();
	printf("frame");
	for (size_t i = 0; i < n; i++) {
		if (events[i].type != EV_MSC)
			printf(" %u:%u:%d", events[i].type, events[i].code,
			       events[i].value);
	}
	printf("\n");
}

static void on_resync(void *data, UNUSED struct device *device,
		      const struct key_bits *down)
{
	struct reading *reading = data;

	reading->last = now_us();
	printf("keys");
	print_keys(down);
	printf("\n");
}

/* --- devices --- */

static struct device *device_of(struct probe *probe, const char *word)
{
	return &probe->devices[(unsigned)atoi(word) % SLOTS];
}

static struct vnode *node_of(struct probe *probe, const char *word)
{
	return &probe->nodes[(unsigned)atoi(word) % SLOTS];
}

static int cmd_open(struct probe *probe, char **words, UNUSED size_t n, struct error *err)
{
	return device_open(device_of(probe, words[0]), &device_kernel, NULL, words[1],
			   err);
}

static int cmd_close(struct probe *probe, char **words, UNUSED size_t n,
		     UNUSED struct error *err)
{
	device_close(device_of(probe, words[0]));
	return 0;
}

static int cmd_info(struct probe *probe, char **words, UNUSED size_t n,
		    UNUSED struct error *err)
{
	const struct device_info *info = &device_of(probe, words[0])->info;

	printf("%04x:%04x %s | %s | %s | %s\n", info->id.vendor, info->id.product,
	       match_kind_name(match_kind(info)), info->name, info->phys, info->uniq);
	return 0;
}

static int cmd_state(struct probe *probe, char **words, UNUSED size_t n,
		     UNUSED struct error *err)
{
	struct device *device = device_of(probe, words[0]);
	struct device_state state;
	int r = device->ops->state(NULL, device->fd, &state);

	if (r < 0)
		return error_sys(err, -r, "state");
	printf("leds %#x down", state.leds);
	print_keys(&state.keys);
	printf("\n");
	return 0;
}

/* Until there was nothing for that long. */
static int read_until(struct reading *reading, struct device *device, const char *word,
		      struct error *err)
{
	const struct device_sink sink = { on_frame, on_resync, reading };
	uint64_t us = (uint64_t)atoi(word) * 1000;
	int r = 0;

	reading->last = now_us();
	device_report(device, &sink);
	while (r == 0 && now_us() < reading->last + us) {
		struct pollfd wait = { .fd = device->fd, .events = POLLIN };

		if (poll(&wait, 1, 10) > 0)
			r = device_read(device, &sink, err);
	}
	return r;
}

static int cmd_read(struct probe *probe, char **words, UNUSED size_t n, struct error *err)
{
	struct reading reading = { 0 };
	int r = read_until(&reading, device_of(probe, words[0]), words[1], err);

	if (r == DEVICE_GONE)
		printf("gone\n");
	return r < 0 ? r : 0;
}

static int cmd_repeats(struct probe *probe, char **words, UNUSED size_t n,
		       struct error *err)
{
	struct reading reading = { 0 };
	int r = read_until(&reading, device_of(probe, words[0]), words[1], err);

	printf("%s\n", reading.n_repeats > 0 ? "yes" : "no");
	return r;
}

static size_t some(struct device *devices[SLOTS], struct probe *probe, char **words,
		   size_t n)
{
	for (size_t i = 0; i < n && i < SLOTS; i++)
		devices[i] = device_of(probe, words[i]);
	return n;
}

static int cmd_grab(struct probe *probe, char **words, size_t n, struct error *err)
{
	struct device *devices[SLOTS];
	int r = device_grab_all(devices, some(devices, probe, words, n),
				DEVICE_GRAB_RELEASED, err);

	if (r > 0)
		printf("%s\n", r == DEVICE_GONE ? "gone" : err->msg);
	return r < 0 ? r : 0;
}

static int cmd_ungrab(struct probe *probe, char **words, size_t n,
		      UNUSED struct error *err)
{
	struct device *devices[SLOTS];

	device_ungrab_all(devices, some(devices, probe, words, n));
	return 0;
}

static int cmd_leds(struct probe *probe, char **words, UNUSED size_t n,
		    UNUSED struct error *err)
{
	device_set_leds(device_of(probe, words[0]), (uint32_t)strtoul(words[1], NULL, 0));
	return 0;
}

/* "1:30:1" for each; returns how many events, SYN_REPORT at their end. */
static size_t parse_events(struct input_event *events, char **words, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned type;
		unsigned code;
		int value;

		/* NOLINTNEXTLINE(cert-err34-c): a test writes what can be read */
		if (sscanf(words[i], "%u:%u:%d", &type, &code, &value) == 3)
			events[count++] = (struct input_event){
				.type = (uint16_t)type,
				.code = (uint16_t)code,
				.value = value,
			};
	}
	events[count++] = (struct input_event){ .type = EV_SYN, .code = SYN_REPORT };
	return count;
}

static int cmd_set(struct probe *probe, char **words, size_t n, struct error *err)
{
	struct input_event events[WORDS_MAX];
	struct device *device = device_of(probe, words[0]);
	size_t count = parse_events(events, words + 1, n - 1);
	ssize_t r = device->ops->write(NULL, device->fd, events, count);

	return r < 0 ? error_sys(err, (int)-r, "set") : 0;
}

/* --- virtual devices --- */

static int cmd_node(struct probe *probe, char **words, UNUSED size_t n, struct error *err)
{
	struct vnode *node = node_of(probe, words[0]);
	struct device_info info;
	int r = vnode_describe(&info, words[1], role_find(words[2]), NULL, err);

	if (r == 0)
		r = vnode_create(node, &vnode_kernel, NULL, &info, err);
	for (unsigned i = 0; r == 0 && i < 200 && !vnode_is_linked(node); i++)
		(void)poll(NULL, 0, 50);
	if (r == 0 && !vnode_is_linked(node))
		return error_set(err, ETIMEDOUT, "there is no link '%s'", node->link);
	if (r == 0)
		printf("%s %s %s\n", node->place.path, node->link, node->place.phys);
	return r;
}

static int cmd_send(struct probe *probe, char **words, size_t n, struct error *err)
{
	struct input_event events[WORDS_MAX];
	size_t count = parse_events(events, words + 1, n - 1);
	int r = vnode_write(node_of(probe, words[0]), events, count);

	return r < 0 ? error_sys(err, -r, "send") : 0;
}

static int cmd_flood(struct probe *probe, char **words, UNUSED size_t n,
		     struct error *err)
{
	int r = 0;

	for (int i = 0; r == 0 && i < atoi(words[1]); i++) {
		bool is_abs = strcmp(words[2], "abs") == 0;
		const struct input_event events[] = {
			{ .type = is_abs ? EV_ABS : EV_REL,
			  .value = is_abs ? i % 99 : 1 },
			{ .type = EV_SYN, .code = SYN_REPORT },
		};

		r = vnode_write(node_of(probe, words[0]), events, ARRAY_SIZE(events));
	}
	return r < 0 ? error_sys(err, -r, "flood") : 0;
}

static int cmd_feedback(struct probe *probe, char **words, UNUSED size_t n,
			UNUSED struct error *err)
{
	struct vnode *node = node_of(probe, words[0]);
	bool is_new = vnode_read(node);

	printf("%s %#x\n", is_new ? "new" : "same", node->leds);
	return 0;
}

/* --- all devices --- */

static int on_ready(UNUSED void *data, struct devices_entry *entry,
		    UNUSED struct error *err)
{
	printf("ready %s group %u\n", entry->node.path, entry->group);
	return 0;
}

static void on_gone(UNUSED void *data, struct devices_entry *entry)
{
	printf("gone %s\n", entry->node.path);
}

static const struct devices_sink inventory_sink = { .ready = on_ready, .gone = on_gone };

static void on_added(void *data, const struct hotplug_node *node)
{
	devices_added(data, node, now_us());
}

static void on_removed(void *data, const struct hotplug_node *node)
{
	devices_removed(data, node);
}

static int cmd_devices(struct probe *probe, char **words, size_t n, struct error *err)
{
	int r = 0;

	devices_done(&probe->inventory);
	hotplug_free(probe->hotplug);
	probe->hotplug = NULL;
	devices_init(&probe->inventory, &device_kernel, NULL, &inventory_sink);
	probe->n_selectors = 0;
	for (size_t i = 0; r == 0 && i < n && i < SLOTS; i++)
		r = selector_parse(&probe->selectors[probe->n_selectors++], words[i],
				   err);
	if (r < 0)
		return r;
	devices_set_selectors(&probe->inventory, probe->selectors, n, now_us());
	probe->plugged = (struct hotplug_sink){ on_added, on_removed, &probe->inventory };
	r = hotplug_new(&probe->hotplug, &probe->plugged, err);
	if (r == 0)
		r = hotplug_enumerate(probe->hotplug, err);
	for (size_t i = 0; r == 0 && i < probe->inventory.n; i++) {
		const struct devices_entry *entry = probe->inventory.v[i];

		if (entry->state != DEVICES_READY)
			printf("left %s (%s): %s\n", entry->node.path,
			       entry->device.info.name, entry->why);
	}
	return r;
}

/* A ready device that does not answer is found by reading it. */
static void read_all(struct probe *probe, struct error *err)
{
	struct reading reading = { 0 };
	const struct device_sink sink = { on_frame, on_resync, &reading };

	for (size_t i = 0; i < probe->inventory.n; i++) {
		struct devices_entry *entry = probe->inventory.v[i];
		int r;

		if (entry->state != DEVICES_READY)
			continue;
		r = device_read(&entry->device, &sink, err);
		if (r != 0)
			devices_lost(&probe->inventory, &entry->device, now_us());
	}
}

static int cmd_watch(struct probe *probe, char **words, UNUSED size_t n,
		     struct error *err)
{
	uint64_t end = now_us() + (uint64_t)atoi(words[0]) * 1000;
	int r = 0;

	if (!probe->hotplug)
		return error_set(err, EINVAL, "there is nothing to watch");
	while (r == 0 && now_us() < end) {
		struct pollfd wait = { hotplug_fd(probe->hotplug), POLLIN, 0 };

		if (poll(&wait, 1, 10) > 0)
			r = hotplug_dispatch(probe->hotplug, err);
		devices_tick(&probe->inventory, now_us());
		read_all(probe, err);
	}
	return r;
}

/* --- the descriptor store --- */

static int find_stored(char **names, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return SD_LISTEN_FDS_START + i;
	}
	return -1;
}

static int store_one(struct vnode *node, char **names, int n_names, FILE *out,
		     const char *guest, const char *role, struct error *err)
{
	struct device_info info;
	char text[DEVICE_TEXT_MAX + 64];
	int fd;
	int r = vnode_describe(&info, guest, role_find(role), NULL, err);

	if (r < 0)
		return r;
	fd = find_stored(names, n_names, info.name);
	if (fd >= 0)
		r = vnode_adopt(node, &vnode_kernel, NULL, fd, &info, err);
	else
		r = vnode_create(node, &vnode_kernel, NULL, &info, err);
	if (r < 0)
		return r;
	(void)fprintf(out, "%s %s %s\n", fd >= 0 ? "adopted" : "made", node->place.path,
		      info.name);
	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", info.name);
	if (fd < 0 && sd_pid_notify_with_fds(0, 0, text, &node->fd, 1) <= 0)
		return error_set(err, EIO, "systemd does not store '%s'", info.name);
	return 0;
}

static int store(char **words, int n, struct error *err)
{
	static struct vnode nodes[SLOTS];
	char path[256];
	char **names = NULL;
	int n_names = sd_listen_fds_with_names(0, &names);
	FILE *out;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s/nodes", getenv("STATE_DIRECTORY"));
	out = fopen(path, "ae");
	if (!out)
		return error_sys(err, errno, "open '%s'", path);
	for (int i = 1; r == 0 && i < n && i < SLOTS; i++)
		r = store_one(&nodes[i], names, n_names, out, words[0], words[i], err);
	(void)fprintf(out, "ready\n");
	(void)fclose(out);
	if (r == 0)
		(void)sd_notify(0, "READY=1");
	while (r == 0)
		(void)poll(NULL, 0, -1);
	return r;
}

/* --- commands --- */

static const struct {
	const char *name;
	size_t min;
	int (*run)(struct probe *probe, char **words, size_t n, struct error *err);
} commands[] = {
	{ "open", 2, cmd_open },       { "close", 1, cmd_close },
	{ "info", 1, cmd_info },       { "state", 1, cmd_state },
	{ "read", 2, cmd_read },       { "repeats", 2, cmd_repeats },
	{ "grab", 1, cmd_grab },       { "ungrab", 1, cmd_ungrab },
	{ "leds", 2, cmd_leds },       { "set", 2, cmd_set },
	{ "node", 3, cmd_node },       { "send", 2, cmd_send },
	{ "flood", 3, cmd_flood },     { "feedback", 1, cmd_feedback },
	{ "devices", 1, cmd_devices }, { "watch", 1, cmd_watch },
};

static int run(struct probe *probe, char *line, struct error *err)
{
	char *words[WORDS_MAX];
	char *save = NULL;
	size_t n = 0;

	for (char *word = strtok_r(line, " \n", &save); word && n < WORDS_MAX;
	     word = strtok_r(NULL, " \n", &save))
		words[n++] = word;
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(commands); i++) {
		if (strcmp(words[0], commands[i].name) == 0 && n > commands[i].min)
			return commands[i].run(probe, words + 1, n - 1, err);
	}
	return error_set(err, EINVAL, "no such command, or too short");
}

int main(int argc, char **argv)
{
	static struct probe probe;
	struct error err = { 0 };
	char line[1024];

	if (argc > 3 && strcmp(argv[1], "store") == 0) {
		(void)store(argv + 2, argc - 2, &err);
		(void)fprintf(stderr, "evprobe: %s\n", err.msg);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < SLOTS; i++) {
		probe.devices[i] = DEVICE_NONE;
		probe.nodes[i] = VNODE_NONE;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (run(&probe, line, &err) < 0)
			printf("failed: %s\n", err.msg);
		else
			printf("ok\n");
	}
	return EXIT_SUCCESS;
}
