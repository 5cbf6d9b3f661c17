/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A host with units, and guests that want them stopped. Only the step that stops them is
 * called. setup_units() and teardown_units() are the fixture.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakebus.h"
#include "fakekernel.h"
#include "faketree.h"
#include "host/sysfs.h"
#include "steps.h"
#include "suite.h"
#include "units.h"

#define GDM "gdm.service"
#define DM  "display-manager.service"

static struct faketree tree;
static struct fakekernel kernel;
static struct fakefaults faults;
static struct fakebus fakebus;
static struct bus bus;
static struct effects effects;
static struct config config;
static struct hook hook;
static struct error err;
static struct buf account;

static inline void keep_account(UNUSED const struct account *from, int priority,
				const char *text, UNUSED void *data)
{
	buf_addf(&account, "<%d> %s\n", priority, text);
}

static inline void setup_units(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, "run/x", "");
	faketree_file(&tree, "proc/sys/kernel/random/boot_id", "b\n");
	faketree_file(&tree, ".kernel/clock", "1000");
	faketree_file(&tree, ".bus/units/" GDM, "active");
	faketree_file(&tree, ".bus/alias/" DM, GDM);
	faults = (struct fakefaults){ 0 };
	kernel = (struct fakekernel){ .root = &tree.root };
	fakebus = (struct fakebus){ .root = &tree.root, .faults = &faults };
	effects = fakekernel_effects(&kernel);
	bus = fakebus_bus(&fakebus);
	account = BUF_NONE;
	err = (struct error){ 0 };
	ck_assert_int_eq(config_default(&config, &err), 0);
	hook = HOOK_NONE;
	hook.root = &tree.root;
	hook.effects = &effects;
	hook.bus = &bus;
	hook.config = &config;
	hook.account.send = keep_account;
	hook.end = effects_now(&effects) + config.prepare_ms;
	ck_assert_int_eq(undo_logs_open(&hook.logs, &tree.root, true, &err), 0);
}

static inline void teardown_units(void)
{
	hook.needs = NEEDS_NONE;
	hook_done(&hook);
	config_done(&config);
	buf_done(&account);
	faketree_teardown(&tree);
}

/* --- guests --- */

static inline int apply(const char *guest, const char *unit)
{
	int r;

	ck_assert_int_eq(undo_logs_add(&hook.log, &hook.logs, guest, guest, &err), 0);
	hook.needs.stop = &unit;
	hook.needs.n_stop = 1;
	r = units_step.apply(&hook, &err);
	hook.needs.n_stop = 0;
	hook.log = NULL;
	return r;
}

static inline void prepare(const char *guest, const char *unit)
{
	ck_assert_msg(apply(guest, unit) == 0, "%s", err.msg);
}

static inline void release(const char *guest)
{
	struct undo_log *log = undo_logs_find(&hook.logs, guest);

	ck_assert_ptr_nonnull(log);
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	ck_assert_msg(steps_undo(&hook, log, &err) == 0, "%s", err.msg);
}

static inline void is_state(const char *unit, const char *expected)
{
	char path[SYSFS_PATH_MAX];
	char state[SYSFS_WORD_MAX];

	ck_assert_int_eq(sysfs_path(path, &err, ".bus/units/%s", unit), 0);
	ck_assert_int_eq(
		sysfs_read_optional(&tree.root, path, state, sizeof(state), &err), 0);
	ck_assert_str_eq(state, expected);
}

static inline void has_said(const char *text)
{
	ck_assert_msg(strstr(buf_text(&account), text), "'%s' is not in:\n%s", text,
		      buf_text(&account));
}

static inline int check(const char *unit)
{
	int r;

	hook.needs.stop = &unit;
	hook.needs.n_stop = 1;
	r = units_step.check(&hook, &err);
	hook.needs.n_stop = 0;
	return r;
}
