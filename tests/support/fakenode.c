/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakenode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/macro.h"
#include "routertext.h"

static struct fakenode *find_fd(struct fakenodes *fake, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	for (size_t i = 0; i < fake->n; i++) {
		if (fake->v[i].inode == st.st_ino)
			return &fake->v[i];
	}
	return NULL;
}

static int create(void *data, const struct device_info *info)
{
	struct fakenodes *fake = data;
	struct fakenode *node = &fake->v[fake->n];
	struct stat st;
	int fds[2];

	if (fake->n == FAKENODES || (fake->n_made && fake->n == fake->n_made))
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	(void)fstat(fds[0], &st);
	*node = (struct fakenode){ .theirs = fds[1], .inode = st.st_ino };
	(void)snprintf(node->name, sizeof(node->name), "%s", info->name);
	(void)snprintf(node->phys, sizeof(node->phys), "%s", info->phys);
	fake->n++;
	return fds[0];
}

static int place(void *data, int fd, struct vnode_place *ret_place)
{
	struct fakenodes *fake = data;
	const struct fakenode *node = find_fd(fake, fd);

	if (!node)
		return -ENODEV;
	*ret_place = (struct vnode_place){ .sysname = "input" };
	(void)snprintf(ret_place->path, sizeof(ret_place->path), "/dev/input/event%d",
		       (int)(node - fake->v));
	(void)snprintf(ret_place->name, sizeof(ret_place->name), "%s", node->name);
	(void)snprintf(ret_place->phys, sizeof(ret_place->phys), "%s", node->phys);
	return 0;
}

static int state(void *data, const char *path, struct device_state *ret_state)
{
	struct fakenodes *fake = data;
	int number;

	if (sscanf(path, "/dev/input/event%d", &number) != 1)
		return -ENOENT;
	*ret_state = fake->v[number].state;
	return 0;
}

/* The link is there at once. */
static int read_number(void *data, const char *path, dev_t *ret_rdev)
{
	struct fakenodes *fake = data;

	for (size_t i = 0; i < fake->n; i++) {
		char node[DEVICE_PATH_MAX];

		(void)snprintf(node, sizeof(node), "/dev/input/event%zu", i);
		if (strcmp(path, node) == 0 ||
		    strcmp(strrchr(path, '/') + 1, fake->v[i].name) == 0) {
			*ret_rdev = makedev(13, 64 + (unsigned)i);
			return 0;
		}
	}
	return -ENOENT;
}

static ssize_t read_events(UNUSED void *data, int fd, struct input_event *events,
			   size_t n)
{
	ssize_t size = read(fd, events, n * sizeof(*events));

	return size < 0 ? -errno : size / (ssize_t)sizeof(*events);
}

static void log_frames(struct fakenodes *fake, const struct fakenode *node,
		       const struct input_event *events, size_t n)
{
	size_t first = 0;

	for (size_t i = 0; i < n; i++) {
		if (i < n - 1 &&
		    (events[i].type != EV_SYN || events[i].code != SYN_REPORT))
			continue;
		buf_addf(&fake->log, "%s: ", node->name);
		routertext_format(events + first, i + 1 - first, &fake->log);
		buf_addc(&fake->log, '\n');
		first = i + 1;
	}
}

static ssize_t write_events(void *data, int fd, const struct input_event *events,
			    size_t n)
{
	struct fakenodes *fake = data;
	struct fakenode *node = find_fd(fake, fd);

	if (fake->write_errno)
		return -fake->write_errno;
	if (!node)
		return -ENODEV;
	for (size_t i = 0; i < n; i++) {
		if (events[i].type == EV_KEY && events[i].value != 2)
			keys_set(&node->state.keys, events[i].code, events[i].value);
	}
	fake->n_writes++;
	log_frames(fake, node, events, n);
	return (ssize_t)n;
}

static void close_fd(UNUSED void *data, int fd)
{
	(void)close(fd);
}

static int read_grabbed(void *data, const char *path)
{
	const struct fakenodes *fake = data;

	return !fake->v[strtoul(path + strlen("/dev/input/event"), NULL, 10)].is_free;
}

const struct vnode_ops fakenode_ops = {
	.create = create,
	.place = place,
	.state = state,
	.number = read_number,
	.grabbed = read_grabbed,
	.read = read_events,
	.write = write_events,
	.close = close_fd,
};

void fakenodes_init(struct fakenodes *fake)
{
	*fake = (struct fakenodes){ .log = BUF_NONE };
}

void fakenodes_done(struct fakenodes *fake)
{
	for (size_t i = 0; i < fake->n; i++)
		(void)close(fake->v[i].theirs);
	buf_done(&fake->log);
	fake->n = 0;
}

void fakenode_led(struct fakenodes *fake, const char *name, unsigned code, bool is_on)
{
	const struct input_event events[] = {
		{ .type = EV_LED, .code = (__u16)code, .value = is_on },
		{ .type = EV_SYN, .code = SYN_REPORT },
	};

	for (size_t i = 0; i < fake->n; i++) {
		if (strcmp(fake->v[i].name, name) == 0)
			(void)!write(fake->v[i].theirs, events, sizeof(events));
	}
}
