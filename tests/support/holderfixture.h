/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A GPU with its audio function, and processes that may hold them. Only the step that
 * looks for holders is called. setup_holders() and teardown_holders() are the fixture.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faketree.h"
#include "holders.h"
#include "host/sysfs.h"
#include "steps.h"
#include "suite.h"

#define GPU   "0000:01:00.0"
#define AUDIO "0000:01:00.1"
#define GPU_DIR                                                          \
	"sys/devices/pci0000:00/0000:00:01.0/" GPU /* behind its port */ \
	"/"
#define AUDIO_DIR "sys/devices/pci0000:00/0000:00:01.0/" AUDIO "/"

static struct faketree tree;

/* A clock, and something that happens at a time. */
static struct {
	uint64_t now;
	uint64_t at;
	const char *vanishes; /* a path */
} fake;

static struct need_device devices[2];
static struct config config;
static struct effects effects;
static struct hook hook;
static struct error err;

/* --- the hook's surroundings --- */

static inline uint64_t fake_now(UNUSED void *data)
{
	return fake.now;
}

static inline void fake_wait(UNUSED void *data, unsigned ms)
{
	fake.now += ms;
	if (fake.vanishes && fake.now >= fake.at) {
		ck_assert_int_eq(unlinkat(tree.root.fd, fake.vanishes, 0), 0);
		fake.vanishes = NULL;
	}
}

static inline void quiet(UNUSED const struct account *account, UNUSED int priority,
			 UNUSED const char *text, UNUSED void *data)
{
}

static inline void make_function(const char *address, const char *dir)
{
	char link[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	char class[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(link, &err, "sys/bus/pci/devices/%s", address), 0);
	ck_assert_int_eq(sysfs_path(target, &err, "../../../../%s", dir), 0);
	ck_assert_int_eq(sysfs_path(class, &err, "%sclass", dir), 0);
	faketree_file(&tree, class, "0x030000\n");
	target[strlen(target) - 1] = '\0';
	faketree_link(&tree, link, target);
}

static inline void setup_holders(void)
{
	static const struct effects_ops ops = { .now = fake_now, .wait = fake_wait };

	faketree_setup(&tree);
	make_function(GPU, GPU_DIR);
	make_function(AUDIO, AUDIO_DIR);
	faketree_file(&tree, "proc/self/mountinfo", "");
	devices[0] = (struct need_device){ .address = GPU, .is_hostdev = true };
	devices[1] = (struct need_device){ .address = AUDIO, .is_hostdev = true };
	config = (struct config){ .wait_ms = 1000, .prepare_ms = 60000 };
	effects = (struct effects){ .ops = &ops };
	fake.now = 1000;
	fake.vanishes = NULL;
	hook = HOOK_NONE;
	hook.root = &tree.root;
	hook.effects = &effects;
	hook.config = &config;
	hook.account.send = quiet;
	hook.needs.name = "win";
	hook.needs.devices = devices;
	hook.needs.n_devices = 2;
	hook.end = fake.now + config.prepare_ms;
	err = (struct error){ 0 };
}

static inline void teardown_holders(void)
{
	undo_logs_done(&hook.logs);
	faketree_teardown(&tree);
}

/* --- what there is --- */

static inline void put(const char *text, const char *dir, const char *name)
{
	char path[SYSFS_PATH_MAX];

	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/%s", dir, name),
			 (int)sizeof(path));
	faketree_file(&tree, path, text);
}

/* dir is below the function's, or any other in /sys */
static inline void make_node(const char *dir, const char *number, const char *name,
			     const char *subsystem)
{
	char text[SYSFS_PATH_MAX];
	char path[SYSFS_PATH_MAX];

	put(number, dir, "dev");
	ck_assert_int_eq(sysfs_path(text, &err, "MAJOR=1\nDEVNAME=%s\nDEVTYPE=x\n", name),
			 0);
	put(text, dir, "uevent");
	ck_assert_int_eq(sysfs_path(path, &err, "%s/subsystem", dir), 0);
	ck_assert_int_eq(sysfs_path(text, &err, "../../class/%s", subsystem), 0);
	faketree_link(&tree, path, text);
}

static inline void make_card(void)
{
	make_node(GPU_DIR "drm/card1", "226:1\n", "dri/card1", "drm");
}

static inline void put_process(const char *pid, const char *name, const char *text)
{
	char dir[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(dir, &err, "proc/%s", pid), 0);
	put(text, dir, name);
}

static inline void make_process(const char *pid, const char *comm, const char *cgroup)
{
	put_process(pid, "comm", comm);
	put_process(pid, "cgroup", cgroup);
	put_process(pid, "maps", "");
}

static inline void make_open(const char *pid, const char *target)
{
	char path[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(path, &err, "proc/%s/fd/7", pid), 0);
	faketree_link(&tree, path, target);
}

static inline void make_holder(const char *pid, const char *comm, const char *cgroup,
			       const char *target)
{
	make_process(pid, comm, cgroup);
	make_open(pid, target);
}

/* --- what comes of it --- */

static inline void is_free(void)
{
	ck_assert_msg(holders_step.apply(&hook, &err) == 0, "%s", err.msg);
}

static inline void is_refused(const char *text)
{
	ck_assert_int_eq(holders_step.apply(&hook, &err), -EBUSY);
	ck_assert_str_eq(err.msg, text);
	ck_assert_int_eq(err.code, EBUSY);
}
