/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A fake host that is new for each test, and calls of the hook on it. setup_host() and
 * teardown_host() are the fixture, or the beginning of one.
 */

#include <stdlib.h>
#include <string.h>

#include "fakehost.h"
#include "suite.h"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakefaults host_faults;
static struct fakecall last; /* of call_hook() */
static char *before;         /* the host as it has to be again */

static inline void again(void)
{
	free(before);
	before = fakehost_snapshot(root);
}

/* For a tree that is there already. */
static inline void build_host(void)
{
	fakehost_build(root);
	host_faults = (struct fakefaults){ 0 };
	last = (struct fakecall){ 0 };
	again();
}

static inline void setup_host(void)
{
	faketree_setup(&tree);
	build_host();
}

static inline void teardown_host(void)
{
	free(before);
	before = NULL;
	fakecall_done(&last);
	faketree_teardown(&tree);
}

/* What comes of it is in `last`; xml instead of the guest's own, or NULL. */
static inline void call_hook(const struct fakeguest *guest, const char *operation,
			     const char *xml)
{
	fakecall_done(&last);
	host_faults.n_effects = 0;
	last = (struct fakecall){
		.guest = guest, .operation = operation, .faults = &host_faults, .xml = xml
	};
	(void)!fakehost_call(root, &last);
	last.xml = NULL;
}

static inline void assert_works(void)
{
	ck_assert_msg(last.r == 0, "%s of %s: %d %s\n%s", last.operation,
		      last.guest->name, last.r, last.err.msg, buf_text(&last.account));
}

static inline void call_works(const struct fakeguest *guest, const char *operation)
{
	call_hook(guest, operation, NULL);
	assert_works();
}

static inline void assert_told(const char *text)
{
	ck_assert_msg(strstr(buf_text(&last.account), text), "not told: %s\nbut:\n%s",
		      text, buf_text(&last.account));
}

/* The place of "path=value" among the effects of the last call, from 1; 0: not there. */
static inline size_t place_of(const char *effect)
{
	for (size_t i = 0; i < host_faults.n_effects; i++) {
		const struct fakeeffect *one = &host_faults.effects[i];
		size_t len = strlen(one->name);

		if (strncmp(one->name, effect, len) == 0 && effect[len] == '=' &&
		    strcmp(one->value, effect + len + 1) == 0)
			return i + 1;
	}
	return 0;
}

static inline void assert_driver(const char *address, const char *want)
{
	char driver[FAKEFILE_MAX];

	(void)fakefile_link_name(root, driver, "sys/bus/pci/devices/%s/driver", address);
	ck_assert_str_eq(driver, want);
}

static inline void assert_as_before(void)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);

	ck_assert_str_eq(difference, "");
}
