/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Disks below a passed function. Whatever the kernel uses a disk or a partition for, a
 * mount, swap, a device mapper, a RAID, ZFS, it has claimed it exclusively, and open(2)
 * with O_EXCL fails with EBUSY. What it uses it for is looked up first, for the message.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "holders_impl.h"

/* \040 and the like, as the kernel writes blanks into mountinfo and swaps. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 +
				       (from[3] - '0'));
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static bool is_node_path(const struct holders_node *node, const char *path)
{
	return strncmp(path, "/dev/", 5) == 0 && strcmp(path + 5, node->name) == 0;
}

/* --- mounts: mountinfo in proc(5) --- */

#define MOUNT_FIELDS 64

struct mount {
	const char *number; /* "259:1" */
	char *point;
	char *source;
};

/* 36 35 259:1 / /mnt rw,noatime shared:1 - ext4 /dev/nvme0n1p1 rw */
static bool parse_mount(struct mount *ret_mount, char *line)
{
	char *field[MOUNT_FIELDS];
	unsigned n = holders_split(line, field, MOUNT_FIELDS);
	unsigned dash = 6;

	while (dash < n && strcmp(field[dash], "-") != 0)
		dash++;
	if (dash + 2 >= n)
		return false;
	*ret_mount = (struct mount){
		.number = field[2],
		.point = field[4],
		.source = field[dash + 2],
	};
	unescape(ret_mount->point);
	unescape(ret_mount->source);
	return true;
}

/* A btrfs has a number of its own, and names one of its disks as its source. */
static bool is_mounted(const struct holders_node *node, const struct mount *mount)
{
	char number[32];

	(void)snprintf(number, sizeof(number), "%u:%u", node->major, node->minor);
	return strcmp(mount->number, number) == 0 || is_node_path(node, mount->source);
}

static int check_mount(const struct holders_set *set, char *line, struct error *err)
{
	struct mount mount;

	if (!parse_mount(&mount, line))
		return 0;
	for (size_t i = 0; i < set->n; i++) {
		const struct holders_node *node = &set->v[i];

		if (node->is_block && is_mounted(node, &mount)) {
			return error_set(err, EBUSY,
					 "'/dev/%s' of %s is mounted on '%s'; unmount it "
					 "first",
					 node->name, node->address, mount.point);
		}
	}
	return 0;
}

/* --- swap: /proc/swaps --- */

static int check_swap(const struct holders_set *set, char *line, struct error *err)
{
	line[strcspn(line, " \t\n")] = '\0';
	unescape(line);
	for (size_t i = 0; i < set->n; i++) {
		const struct holders_node *node = &set->v[i];

		if (node->is_block && is_node_path(node, line)) {
			return error_set(err, EBUSY,
					 "'/dev/%s' of %s is swap space of the host; run "
					 "first: swapoff /dev/%s",
					 node->name, node->address, node->name);
		}
	}
	return 0;
}

static int
check_lines(const struct root *root, const char *path, const struct holders_set *set,
	    int (*check)(const struct holders_set *set, char *line, struct error *err),
	    struct error *err)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	CLEANUP_FREE char *line = NULL;
	CLEANUP_CLOSE int fd = sysfs_open(root, path);
	size_t size = 0;
	int r = 0;

	if (fd == -ENOENT)
		return 0; /* a kernel without swap */
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file)
		return error_sys(err, fd < 0 ? -fd : ENOMEM, "open '/%s'", path);
	(void)take_fd(&fd);
	while (r == 0 && getline(&line, &size, file) > 0)
		r = check(set, line, err);
	return r;
}

/* --- what is made of a disk: the links in its directory `holders` --- */

/* "vg-root", of a device mapper; the kernel's own name otherwise: "md0". */
static int read_title(char title[static SYSFS_PAGE_MAX], const struct root *root,
		      const char *holder, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "sys/block/%s/dm/name", holder);

	if (r == 0)
		r = sysfs_read_optional(root, path, title, SYSFS_PAGE_MAX, err);
	if (r == 0 && !*title)
		(void)snprintf(title, SYSFS_PAGE_MAX, "%s", holder);
	return r;
}

static int check_parts(const struct root *root, const struct holders_node *node,
		       struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char title[SYSFS_PAGE_MAX];
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "%s/holders", node->dir);

	if (r == 0)
		r = sysfs_list(&names, root, path, err);
	if (r < 0 || names.n == 0)
		return r;
	r = read_title(title, root, names.v[0], err);
	if (r < 0)
		return r;
	return error_set(err, EBUSY,
			 "'/dev/%s' of %s is part of '%s' (/dev/%s); deactivate that "
			 "first",
			 node->name, node->address, title, names.v[0]);
}

static bool has_disk(const struct holders_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i].is_block)
			return true;
	}
	return false;
}

int holders_check_disks(const struct root *root, const struct holders_set *set,
			struct error *err)
{
	int r;

	if (!has_disk(set))
		return 0;
	r = check_lines(root, "proc/self/mountinfo", set, check_mount, err);
	if (r == 0)
		r = check_lines(root, "proc/swaps", set, check_swap, err);
	for (size_t i = 0; r == 0 && i < set->n; i++) {
		if (set->v[i].is_block)
			r = check_parts(root, &set->v[i], err);
	}
	return r;
}

/* --- whatever it is used for --- */

/* Nothing is read: a slot without a card, or a node that udev has not made, is free. */
static bool is_free_anyway(int error)
{
	static const int free_anyway[] = { ENOENT, ENODEV, ENXIO, ENOMEDIUM };

	for (size_t i = 0; i < ARRAY_SIZE(free_anyway); i++) {
		if (error == free_anyway[i])
			return true;
	}
	return false;
}

int holders_claim_disks(const struct root *root, const struct holders_set *set,
			struct error *err)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct holders_node *node = &set->v[i];
		CLEANUP_CLOSE int fd = -1;
		char path[SYSFS_PATH_MAX];

		if (!node->is_block)
			continue;
		if (sysfs_path(path, err, "dev/%s", node->name) < 0)
			return -err->code;
		fd = root_openat(root, path, O_RDONLY | O_EXCL | O_NONBLOCK);
		if (fd >= 0 || is_free_anyway(-fd))
			continue;
		if (fd != -EBUSY) {
			return error_sys(err, -fd, "see whether '/%s' of %s is in use",
					 path, node->address);
		}
		(void)error_set(err, EBUSY,
				"'/%s' of %s is in use by the kernel: as part of a ZFS "
				"pool, or mounted where the hook does not see it",
				path, node->address);
		return 0;
	}
	return 1;
}
