/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which process has a device node open: the links in /proc/PID/fd (proc(5)), and where a
 * descriptor was closed after mmap(2), /proc/PID/maps.
 */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "holders_impl.h"

#define DEV "/dev/"

struct scan {
	const struct root *root;
	const struct holders_set *set;
	const struct holders_node *node; /* that was found last */
	char path[SYSFS_WORD_MAX];       /* of that */
	struct holders_process found;
	pid_t own[2]; /* the hook asks by a process of its own; 0: none is */
};

/* Whether a process has one of the nodes open, which scan->node is then. */
typedef bool find_fn(struct scan *scan, pid_t pid);

/* --- comparing --- */

static bool has_name(const struct holders_node *node, const char *name)
{
	size_t len = strlen(node->name);

	return strncmp(name, node->name, len) == 0 &&
	       (node->is_family || name[len] == '\0' ||
		strcmp(name + len, " (deleted)") == 0);
}

static const struct holders_node *by_name(const struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->set->n; i++) {
		if (has_name(&scan->set->v[i], name))
			return &scan->set->v[i];
	}
	return NULL;
}

static const struct holders_node *by_number(const struct scan *scan,
					    const struct statx *st)
{
	for (size_t i = 0; i < scan->set->n; i++) {
		const struct holders_node *node = &scan->set->v[i];

		if (node->major == st->stx_rdev_major &&
		    (node->is_family || node->minor == st->stx_rdev_minor) &&
		    (node->is_block ? S_ISBLK(st->stx_mode) : S_ISCHR(st->stx_mode)))
			return node;
	}
	return NULL;
}

/* What nearly all processes have open, and what no device is ever called. */
static bool is_common(const char *name)
{
	static const char *const common[] = { "null", "urandom", "zero", "tty" };

	for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
		if (strcmp(name, common[i]) == 0)
			return true;
	}
	return strncmp(name, "pts/", 4) == 0;
}

/*
 * Only what may be a node is looked at: a file on a server that does not answer would let
 * us wait. In a container a node may have another name, and in a chroot(2) a longer one.
 */
static bool may_be_node(const struct scan *scan, const char *target)
{
	const char *dev = strstr(target, DEV);

	if (dev == target && is_common(target + strlen(DEV)))
		return false;
	return dev && (dev == target || by_name(scan, dev + strlen(DEV)));
}

static void keep_path(struct scan *scan, const char *path)
{
	size_t len = strnlen(path, sizeof(scan->path) - 1);

	memcpy(scan->path, path, len);
	scan->path[len] = '\0';
}

/* --- one process --- */

static bool is_node(void *data, const struct process_link *link)
{
	struct scan *scan = data;
	struct statx st;

	if (!may_be_node(scan, link->target))
		return false;
	keep_path(scan, link->target);
	/* in a captured tree there are no nodes, and the link leads to this machine's */
	if (!root_is_host(scan->root)) {
		scan->node = by_name(scan, strstr(link->target, DEV) + strlen(DEV));
	} else {
		scan->node = process_stat_link(link, &st) ? by_number(scan, &st) : NULL;
	}
	return scan->node;
}

static bool find_open(struct scan *scan, pid_t pid)
{
	return process_find_link(scan->root, pid, is_node, scan);
}

/*
 * A mapping keeps its file open, and that is counted by the module of the driver that the
 * node hangs from (drm_stub_open(), drm_fbdev_fb_open(), snd_pcm_open()), which need not
 * be the function's: of virtio-gpu it is the one on virtio's bus. Without users there is
 * nobody to look for.
 */
static const struct {
	const char *name;  /* of a node, its start; the first that fits */
	const char *count; /* below its directory; NULL: it cannot be mapped */
} mappable[] = {
	{ "dri/", "device/driver/module/refcnt" },
	{ "fb", "device/driver/module/refcnt" },
	{ "snd/pcmC", "device/device/driver/module/refcnt" }, /* above it the card */
	{ "snd/", NULL },
	{ "i2c-", NULL },
	{ "drm_dp_aux", NULL },
};

static bool has_users(const struct root *root, const char *dir, const char *count)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	struct error ignored;

	return sysfs_path(path, &ignored, "%s/%s", dir, count) < 0 ||
	       sysfs_read(root, path, text, sizeof(text), &ignored) < 0 ||
	       strcmp(text, "0") != 0;
}

static bool may_be_mapped(const struct scan *scan, const struct holders_node *node)
{
	if (!node->dir || strstr(node->dir, "/usb"))
		return true; /* of these it is not known */
	for (size_t i = 0; i < ARRAY_SIZE(mappable); i++) {
		if (strncmp(node->name, mappable[i].name, strlen(mappable[i].name)) != 0)
			continue;
		return mappable[i].count &&
		       has_users(scan->root, node->dir, mappable[i].count);
	}
	return true;
}

/* To read all maps of all processes takes longer than all the rest that is looked at. */
static bool are_maps_needed(const struct scan *scan)
{
	for (size_t i = 0; i < scan->set->n; i++) {
		if (may_be_mapped(scan, &scan->set->v[i]))
			return true;
	}
	return false;
}

/* "7f1c2e000000-7f1c2f000000 rw-s 00000000 00:05 412      /dev/dri/card1" */
static bool find_mapped(struct scan *scan, pid_t pid)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	CLEANUP_FREE char *line = NULL;
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;
	size_t size = 0;

	scan->node = NULL;
	if (sysfs_path(path, &ignored, "proc/%d/maps", pid) < 0)
		return false;
	fd = sysfs_open(scan->root, path);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file)
		return false;
	(void)take_fd(&fd);
	while (!scan->node && getline(&line, &size, file) > 0) {
		const char *dev = strstr(line, " " DEV);

		if (!dev)
			continue;
		line[strcspn(line, "\n")] = '\0';
		scan->node = by_name(scan, dev + strlen(" " DEV));
		keep_path(scan, dev + 1);
	}
	return scan->node;
}

/* --- what is said about it --- */

/*
 * The cgroup tells the unit: "0::/system.slice/gdm.service", and of a user's own
 * services ".../user@1000.service/app.slice/pipewire.service".
 */
static void read_unit(struct holders_process *process, char *cgroup)
{
	char *save = NULL;

	for (char *part = strtok_r(cgroup, "/", &save); part;
	     part = strtok_r(NULL, "/", &save)) {
		size_t len = strlen(part);

		if (strncmp(part, "user@", 5) == 0) {
			(void)snprintf(process->user, sizeof(process->user), "%.*s",
				       (int)strspn(part + 5, "0123456789"), part + 5);
			continue;
		}
		if (len > 8 && len < HOLDERS_UNIT_MAX &&
		    strcmp(part + len - 8, ".service") == 0) {
			memcpy(process->unit, part, len + 1);
			return;
		}
	}
}

static void describe(struct holders_process *process, const struct root *root)
{
	char path[SYSFS_PATH_MAX];
	char cgroup[SYSFS_PAGE_MAX];
	struct error ignored;
	char *own = NULL;

	process_read_name(process->comm, root, process->pid);
	if (sysfs_path(path, &ignored, "proc/%d/cgroup", process->pid) < 0 ||
	    sysfs_read(root, path, cgroup, sizeof(cgroup), &ignored) < 0)
		return;
	own = strstr(cgroup, "0::/");
	if (!own)
		own = strstr(cgroup, "name=systemd:/");
	if (!own)
		return;
	own = strchr(own, '/');
	own[strcspn(own, "\n")] = '\0';
	read_unit(process, own);
}

/*
 * systemd-logind has open what it has opened for a session, until that ends: whom it did
 * that for is the one to be named.
 */
static bool is_deputy(const struct holders_process *process)
{
	return strcmp(process->comm, "systemd-logind") == 0;
}

static void keep(struct scan *scan, pid_t pid)
{
	struct holders_process process = { .pid = pid, .node = scan->node };

	if (scan->found.pid != 0 && !is_deputy(&scan->found)) {
		scan->found.n_more++;
		return;
	}
	memcpy(process.path, scan->path, sizeof(process.path));
	process_make_plain(process.path);
	describe(&process, scan->root);
	process.n_more = scan->found.pid != 0 ? scan->found.n_more + 1 : 0;
	scan->found = process;
}

/* --- all processes --- */

static void scan_all(struct scan *scan, const struct processes *processes, find_fn *find)
{
	for (size_t i = 0; i < processes->n; i++) {
		pid_t pid = processes->v[i];

		if (pid != scan->own[0] && pid != scan->own[1] && find(scan, pid))
			keep(scan, pid);
	}
}

int holders_find_process(struct holders_process *ret_process, const struct root *root,
			 const struct holders_set *set, struct error *err)
{
	CLEANUP_PROCESSES struct processes processes = PROCESSES_NONE;
	struct scan scan = { .root = root, .set = set };
	int r;

	*ret_process = scan.found;
	if (set->n == 0)
		return 0;
	r = processes_list(&processes, root, err);
	if (r < 0)
		return r;
	if (root_is_host(root)) {
		scan.own[0] = getpid();
		scan.own[1] = getppid();
	}
	scan_all(&scan, &processes, find_open);
	if (scan.found.pid == 0 && !set->is_early && are_maps_needed(&scan))
		scan_all(&scan, &processes, find_mapped);
	*ret_process = scan.found;
	return 0;
}
