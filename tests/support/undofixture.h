/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A tree for undo logs: setup_undo() and teardown_undo() are the fixture. */

#include "fakefile.h"
#include "faketree.h"
#include "suite.h"
#include "undo_log.h"

#define BOOT "3f0c5b1e-2d4a-4b6c-8e9f-001122334455"

static struct faketree tree;
static struct undo_logs logs;

static inline void setup_undo(void)
{
	faketree_setup(&tree);
	fakefile_dir(&tree.root, "run");
	faketree_file(&tree, "proc/sys/kernel/random/boot_id", BOOT "\n");
	logs = UNDO_LOGS_NONE;
}

static inline void teardown_undo(void)
{
	undo_logs_done(&logs);
	faketree_teardown(&tree);
}

static inline void open_logs(void)
{
	struct error err = { 0 };

	undo_logs_done(&logs);
	ck_assert_msg(undo_logs_open(&logs, &tree.root, true, &err) == 0, "%s", err.msg);
}
