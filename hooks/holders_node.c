/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What there is below a PCI function in sysfs: each directory with a file `dev` stands
 * for a node in /dev, each one in a directory `net` for a network interface
 * (Documentation/ABI/testing/sysfs-dev).
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macro.h"
#include "base/parse.h"
#include "holders_impl.h"

#define DEVICES   "sys/bus/pci/devices/"
#define DEPTH_MAX 32
#define DIGITS    "0123456789"

/*
 * What is unplugged at any time: its drivers let go of who has it open. And somebody
 * always has: systemd-logind every keyboard.
 */
static const char *const unplugged[] = { "input", "hidraw" };

struct walk {
	struct holders_set *set;
	const struct root *root;
	const char *address;
};

void holders_set_done(struct holders_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free(set->v[i].name);
		free(set->v[i].dir);
	}
	free(set->v);
	free(set->nics);
	*set = HOLDERS_SET_NONE;
}

int holders_set_add_node(struct holders_set *set, const struct holders_node *node,
			 struct error *err)
{
	struct holders_node *v = reallocarray(set->v, set->n + 1, sizeof(*v));

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	set->v = v;
	v[set->n] = *node;
	v[set->n].name = strdup(node->name);
	v[set->n].dir = node->dir ? strdup(node->dir) : NULL;
	if (!v[set->n].name || (node->dir && !v[set->n].dir)) {
		free(v[set->n].name);
		free(v[set->n].dir);
		return error_set(err, ENOMEM, "out of memory");
	}
	set->n++;
	return 0;
}

unsigned holders_split(char *line, char **field, unsigned max)
{
	char *save = NULL;
	unsigned n = 0;

	for (char *part = strtok_r(line, " \t\n", &save); part && n < max;
	     part = strtok_r(NULL, " \t\n", &save))
		field[n++] = part;
	return n;
}

static int add_nic(const struct walk *walk, const char *name, struct error *err)
{
	struct holders_set *set = walk->set;
	struct holders_nic *v;

	if (strlen(name) >= IFNAMSIZ)
		return 0; /* the kernel has no such name */
	v = reallocarray(set->nics, set->n_nics + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	set->nics = v;
	v[set->n_nics] = (struct holders_nic){ .address = walk->address };
	memcpy(v[set->n_nics++].name, name, strlen(name) + 1);
	return 0;
}

/* --- one node --- */

/* "226:1" */
static int read_number(unsigned *ret_major, unsigned *ret_minor, const struct walk *walk,
		       const char *dir, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	char *colon;
	uint64_t major = 0, minor = 0;
	int r = sysfs_path(path, err, "%s/dev", dir);

	if (r == 0)
		r = sysfs_read_optional(walk->root, path, text, sizeof(text), err);
	if (r < 0)
		return r == -ENODEV ? -ENOENT : r;
	colon = strchr(text, ':');
	if (!colon)
		return -ENOENT; /* gone, or a file that is something else */
	*colon = '\0';
	r = parse_dec(&major, text, 0, UINT32_MAX, "major number", err);
	if (r == 0)
		r = parse_dec(&minor, colon + 1, 0, UINT32_MAX, "minor number", err);
	if (r < 0)
		return error_wrap(err, "read '/%s'", path);
	*ret_major = (unsigned)major;
	*ret_minor = (unsigned)minor;
	return 0;
}

/* The kernel tells udev the name: "DEVNAME=dri/card1". */
static int read_name(char name[static SYSFS_PAGE_MAX], const struct walk *walk,
		     const char *dir, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_PAGE_MAX];
	const char *found;
	int r = sysfs_path(path, err, "%s/uevent", dir);

	if (r == 0)
		r = sysfs_read_start(walk->root, path, text, sizeof(text), err);
	if (r < 0 && r != -ENODEV)
		return r;
	found = r == 0 ? strstr(text, "DEVNAME=") : NULL;
	if (found && (found == text || found[-1] == '\n')) {
		found += strlen("DEVNAME=");
	} else {
		found = strrchr(dir, '/') + 1;
	}
	(void)snprintf(name, SYSFS_PAGE_MAX, "%.*s", (int)strcspn(found, "\n"), found);
	return 0;
}

/* A sound card of the USB is unplugged too; that of a PCI function waits. */
static bool may_stay_open(const struct walk *walk, const char *dir, const char *subsystem)
{
	if (strcmp(subsystem, "sound") == 0)
		return walk->set->is_early || strstr(dir, "/usb");
	for (size_t i = 0; i < ARRAY_SIZE(unplugged); i++) {
		if (strcmp(subsystem, unplugged[i]) == 0)
			return true;
	}
	return false;
}

static int add_node(const struct walk *walk, char *dir, struct error *err)
{
	struct holders_node node = { .address = walk->address, .dir = dir };
	char name[SYSFS_PAGE_MAX];
	char path[SYSFS_PATH_MAX];
	char subsystem[SYSFS_WORD_MAX] = "";
	int r = read_number(&node.major, &node.minor, walk, dir, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = sysfs_path(path, err, "%s/subsystem", dir);
	if (r == 0)
		r = sysfs_link_name(walk->root, path, subsystem, sizeof(subsystem), err);
	if (r == 0 && may_stay_open(walk, dir, subsystem))
		return 0;
	if (r == 0)
		r = read_name(name, walk, dir, err);
	if (r < 0)
		return r;
	node.name = name;
	node.is_block = strcmp(subsystem, "block") == 0;
	return holders_set_add_node(walk->set, &node, err);
}

/* --- the directories --- */

static int walk_dir(const struct walk *walk, const char *dir, unsigned depth,
		    struct error *err);

/*
 * A disk behind several controllers has no node here, but in the subsystem that joins
 * them: nvme1c0n2 is a way to nvme1n2.
 */
static int walk_joined(const struct walk *walk, const char *name, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	size_t subsystem, controller;

	if (strncmp(name, "nvme", 4) != 0)
		return 0;
	name += 4;
	subsystem = strspn(name, DIGITS);
	if (subsystem == 0 || name[subsystem] != 'c')
		return 0;
	controller = strspn(name + subsystem + 1, DIGITS);
	if (controller == 0 || name[subsystem + 1 + controller] != 'n')
		return 0;
	if (sysfs_path(path, err, "sys/block/nvme%.*s%s", (int)subsystem, name,
		       name + subsystem + 1 + controller) < 0)
		return -err->code;
	return walk_dir(walk, path, 0, err);
}

static bool is_function(const char *name)
{
	struct error ignored;
	struct bdf bdf;

	return strlen(name) >= 12 && bdf_parse(&bdf, NULL, name, &ignored) == 0;
}

static int walk_entry(const struct walk *walk, const char *dir, const char *name,
		      unsigned depth, struct error *err)
{
	const char *base = strrchr(dir, '/') + 1;
	char path[SYSFS_PATH_MAX];
	int r = 0;

	if (is_function(name))
		return 0; /* stays with its own driver */
	r = sysfs_path(path, err, "%s/%s", dir, name);
	if (r == 0 && strcmp(base, "net") == 0)
		r = add_nic(walk, name, err);
	if (r == 0)
		r = walk_joined(walk, name, err);
	return r < 0 ? r : walk_dir(walk, path, depth + 1, err);
}

/* A link leads elsewhere; a file system that does not tell is asked. */
static bool is_directory(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(st.st_mode);
}

/* What vanishes while we look is no failure. */
static int walk_dir(const struct walk *walk, const char *dir, unsigned depth,
		    struct error *err)
{
	int flags = O_RDONLY | O_DIRECTORY | (depth > 0 ? O_NOFOLLOW : 0);
	CLEANUP_CLOSE int fd = root_openat(walk->root, dir, flags);
	CLEANUP_CLOSEDIR DIR *stream = NULL;
	const struct dirent *entry;
	CLEANUP_FREE char *copy = NULL;
	int r = 0;

	if (fd == -ENOENT || depth > DEPTH_MAX)
		return 0;
	if (fd < 0)
		return error_sys(err, -fd, "list '/%s'", dir);
	stream = fdopendir(fd);
	copy = strdup(dir);
	if (!stream || !copy)
		return error_set(err, ENOMEM, "out of memory");
	(void)take_fd(&fd);
	while (r == 0 && (entry = readdir(stream))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (is_directory(dirfd(stream), entry)) {
			r = walk_entry(walk, dir, name, depth, err);
		} else if (strcmp(name, "dev") == 0) {
			r = add_node(walk, copy, err);
		}
	}
	return r;
}

int holders_set_add(struct holders_set *set, const struct root *root, const char *address,
		    struct error *err)
{
	const struct walk walk = { .set = set, .root = root, .address = address };
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "%s", address);

	return r < 0 ? r : walk_dir(&walk, path, 0, err);
}

/* --- nodes that are elsewhere --- */

int holders_set_add_group(struct holders_set *set, const struct root *root,
			  const char *address, struct error *err)
{
	struct holders_node node = { .address = address };
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	char group[SYSFS_WORD_MAX] = "";
	struct stat st;
	int r = sysfs_path(path, err, DEVICES "%s/iommu_group", address);

	if (r == 0)
		r = sysfs_link_name(root, path, group, sizeof(group), err);
	if (r < 0 || !*group)
		return r;
	r = sysfs_path(path, err, "dev/vfio/%s", group);
	if (r < 0)
		return r;
	fd = root_openat(root, path, O_PATH);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0; /* nobody has it, as nothing of the group is with vfio-pci */
	node.name = path + strlen("dev/");
	node.major = major(st.st_rdev);
	node.minor = minor(st.st_rdev);
	return holders_set_add_node(set, &node, err);
}
