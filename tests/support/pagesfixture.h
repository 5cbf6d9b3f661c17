/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The host, the guests and the calls of the tests about huge pages. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "domain/reading.h"
#include "hostfixture.h"
#include "killpoint.h"
#include "pages.h"

#define NODE "sys/devices/system/node/node%u"
#define POOL NODE "/hugepages/hugepages-%ukB"
#define HOST "sys/kernel/mm/hugepages/hugepages-%ukB"

#define BACKING(size)                                                              \
	"<memoryBacking><hugepages><page size='" size "' unit='KiB'/></hugepages>" \
	"</memoryBacking>"
#define MEMORY(mib) "<memory unit='MiB'>" mib "</memory>"
#define NODES(mode, nodes) \
	"<numatune><memory mode='" mode "' nodeset='" nodes "'/></numatune>"

#define ADVICE                                                                            \
	"or allow caches to be dropped for them: 'drop-caches = yes' in section [allow] " \
	"of /etc/vfiokit/hook.conf"

/* 40 pages of 2 MiB on node 0. */
static const struct fakeguest one = {
	.name = "one",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.metadata = "",
	.domain = MEMORY("80") BACKING("2048") NODES("strict", "0"),
};

/* 30 of them on the same node. */
static const struct fakeguest two = {
	.name = "two",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.metadata = "",
	.domain = MEMORY("60") BACKING("2048") NODES("strict", "0"),
};

/* 40 pages from wherever. */
static const struct fakeguest anywhere = {
	.name = "anywhere",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.metadata = "",
	.domain = MEMORY("80") BACKING("2048"),
};

/* A pool of a node: all its pages, those that are free, surplus, and the most there are.
 */
static inline void pool(unsigned node, unsigned kib, unsigned nr, unsigned n_free,
			unsigned surplus, unsigned most)
{
	static const char *const names[] = { "nr_hugepages", "free_hugepages",
					     "surplus_hugepages" };

	fakefile_put_number(root, nr, POOL "/nr_hugepages", node, kib);
	fakefile_put_number(root, n_free, POOL "/free_hugepages", node, kib);
	fakefile_put_number(root, surplus, POOL "/surplus_hugepages", node, kib);
	fakefile_put_number(root, most, ".kernel/pages/node%u/hugepages-%ukB", node, kib);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned long sum = 0;

		for (unsigned other = 0; other < 2; other++)
			sum += fakefile_number(root, POOL "/%s", other, kib, names[i]);
		fakefile_put_number(root, sum, HOST "/%s", kib, names[i]);
	}
	fakefile_put(root, "0", HOST "/resv_hugepages", kib);
	again();
}

static inline void setup_pages(void)
{
	setup_host();
	pool(0, 2048, 4, 0, 0, 1000);
	pool(1, 2048, 0, 0, 0, 1000);
}

/* Calls the hook; what the journal got is kept for assert_said(). */
static char *said;

static inline void call_with(struct fakecall *call, const struct fakeguest *guest,
			     const char *operation, const char *message)
{
	call->guest = guest;
	call->operation = operation;
	(void)!fakehost_call(root, call);
	free(said);
	said = strdup(buf_text(&call->account));
	ck_assert_msg(strcmp(call->err.msg, message) == 0 || (!*message && call->r == 0),
		      "%s of %s: %d %s\n%s", operation, guest->name, call->r,
		      call->err.msg, said);
	ck_assert_int_eq(call->r == 0, !*message);
	fakecall_done(call);
}

static inline void call(const struct fakeguest *guest, const char *operation,
			const char *message)
{
	struct fakecall call = { 0 };

	call_with(&call, guest, operation, message);
}

static inline void assert_said(const char *text)
{
	ck_assert_msg(strstr(said, text), "not '%s' in: %s", text, said);
}

static inline void assert_pool(unsigned node, unsigned kib, unsigned nr, unsigned n_free)
{
	ck_assert_uint_eq(fakefile_number(root, POOL "/nr_hugepages", node, kib), nr);
	ck_assert_uint_eq(fakefile_number(root, POOL "/free_hugepages", node, kib),
			  n_free);
}

/* --- a QEMU --- */

/* It runs, and has mapped that many pages of the node. */
static inline void start(const struct fakeguest *guest, unsigned pid, unsigned node,
			 unsigned n, unsigned kib)
{
	unsigned long was;
	char text[512];

	fakefile_put_number(root, pid, "run/libvirt/qemu/%s.pid", guest->name);
	(void)snprintf(text, sizeof(text), "qemu-system-x86_64 -uuid %s -S", guest->uuid);
	fakefile_put(root, text, "proc/%u/cmdline", pid);
	(void)snprintf(text, sizeof(text),
		       "55d0 default file=/usr/bin/N0=7 mapped=9 N%u=999 "
		       "kernelpagesize_kB=4\n"
		       "7f00 bind:%u file=/memfd:ram\\040(deleted) huge dirty=%u N%u=%u "
		       "kernelpagesize_kB=%u",
		       node, node, n, node, n, kib);
	fakefile_put(root, text, "proc/%u/numa_maps", pid);
	was = fakefile_number(root, POOL "/free_hugepages", node, kib);
	fakefile_put_number(root, was - n, POOL "/free_hugepages", node, kib);
}

static inline void stop(const struct fakeguest *guest, unsigned pid, unsigned node,
			unsigned n, unsigned kib)
{
	unsigned long was = fakefile_number(root, POOL "/free_hugepages", node, kib);

	fakefile_remove(root, "run/libvirt");
	fakefile_remove(root, "proc/%u", pid);
	fakefile_put_number(root, was + n, POOL "/free_hugepages", node, kib);
	(void)guest;
}
