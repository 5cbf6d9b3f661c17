/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "worker.h"

#include <string.h>

#include <libxml/parser.h>

#include "command.h"
#include "kernel.h"

/* Whatever the file says now, what was taken is given back. */
static int read_config(struct config *config, const struct root *root,
		       const struct call *call, struct error *err)
{
	int r = config_read(config, root, err);

	if (r < 0 && strcmp(call->operation, "prepare") != 0)
		r = config_default(config, err);
	return r;
}

static int run_call(const struct call *call, struct error *err)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	CLEANUP_CONFIG struct config config = CONFIG_NONE;
	CLEANUP_KERNEL struct kernel kernel = KERNEL_NONE;
	struct effects effects;
	struct bus bus = { 0 };
	struct hook hook = HOOK_NONE;
	int r = root_open(&root, "/", err);

	if (r == 0)
		r = read_config(&config, &root, call, err);
	if (r == 0)
		r = systemd_open(&bus, err);
	if (r < 0)
		return r;
	kernel_init(&kernel, &root);
	effects = kernel_effects(&kernel);
	hook.root = &root;
	hook.effects = &effects;
	hook.bus = &bus;
	hook.config = &config;
	r = operation_run(&hook, call, err);
	if (r < 0)
		account_add(&hook.account, LOG_ERR, "%s", err->msg);
	hook_done(&hook);
	bus_close(&bus);
	xmlCleanupParser();
	return r;
}

__attribute__((__visibility__("default"))) const struct worker vfiokit_hook_worker = {
	.version = WORKER_VERSION,
	.call = run_call,
	.command = command_run,
};
