/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "domain/guest_ns.h"
#include "fakehost.h"
#include "killpoint.h"
#include "operation.h"

/* --- guests --- */

const struct fakeguest fakeguest_win = {
	.name = "win",
	.uuid = "11111111-2222-3333-4444-555555555555",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO, FAKEHOST_NVME },
	.metadata = "<v:stop unit='gdm.service'/>"
		    "<v:cores isolate='yes' irq='yes' governor='performance'/>"
		    "<v:sleep/>",
	.domain = "<memory unit='MiB'>64</memory>"
		  "<memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages>"
		  "</memoryBacking>"
		  "<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='2'/>"
		  "<vcpupin vcpu='1' cpuset='3'/></cputune>"
		  "<numatune><memory mode='strict' nodeset='1'/></numatune>",
};

const struct fakeguest fakeguest_lin = {
	.name = "lin",
	.uuid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
	.devices = { FAKEHOST_NIC },
	.metadata = "<v:stop unit='gdm.service'/>"
		    "<v:cores isolate='yes' irq='yes' governor='performance'/>"
		    "<v:sleep/>",
	.domain = "<memory unit='MiB'>32</memory>"
		  "<memoryBacking><hugepages><page size='2' unit='MiB'/></hugepages>"
		  "</memoryBacking>"
		  "<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='3'/></cputune>"
		  "<numatune><memory mode='strict' nodeset='1'/></numatune>",
};

static void add_identity(struct buf *xml, const struct root *root, const char *address,
			 bool is_boot_gpu)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device" };
	char ids[4][FAKEFILE_MAX];

	for (size_t i = 0; i < 4; i++)
		(void)fakefile_get(root, ids[i], "sys/bus/pci/devices/%s/%s", address,
				   names[i]);
	buf_addf(xml, "<v:device address='%s' id='%s:%s' subsystem='%s:%s'%s/>\n",
		 address, ids[0] + 2, ids[1] + 2, ids[2] + 2, ids[3] + 2,
		 is_boot_gpu ? " boot-gpu='yes'" : "");
}

static void add_hostdev(struct buf *xml, const char *address)
{
	unsigned domain, bus, slot, function;

	if (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		abort();
	buf_addf(xml,
		 "<hostdev mode='subsystem' type='pci' managed='no'><source><address "
		 "domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/></source>"
		 "</hostdev>\n",
		 domain, bus, slot, function);
}

char *fakehost_domain(const struct root *root, const struct fakeguest *guest)
{
	struct buf xml = BUF_NONE;
	char *text;

	buf_addf(&xml, "<domain type='kvm'>\n<name>%s</name>\n<uuid>%s</uuid>\n",
		 guest->name, guest->uuid);
	if (guest->metadata) {
		buf_adds(&xml, "<metadata><v:guest xmlns:v='" GUEST_NS "'>\n");
		for (size_t i = 0; guest->devices[i]; i++)
			add_identity(&xml, root, guest->devices[i],
				     guest->is_boot_gpu && i == 0);
		buf_addf(&xml, "%s</v:guest></metadata>\n", guest->metadata);
	}
	buf_addf(&xml, "%s\n<devices>\n", guest->domain ? guest->domain : "");
	for (size_t i = 0; guest->devices[i]; i++)
		add_hostdev(&xml, guest->devices[i]);
	buf_adds(&xml, "</devices>\n</domain>\n");
	text = buf_take(&xml);
	if (!text)
		abort();
	return text;
}

/* --- calls --- */

static void take_account(const struct account *account, int priority, const char *text,
			 void *data)
{
	buf_addf(data, "<%d> %s%s%s\n", priority, account->step ? account->step : "",
		 account->step ? ": " : "", text);
}

static int run(struct hook *hook, struct fakecall *call)
{
	CLEANUP_FREE char *xml =
		call->xml ? NULL : fakehost_domain(hook->root, call->guest);
	const char *text = call->xml ? call->xml : xml;
	bool is_prepare = strcmp(call->operation, "prepare") == 0;
	struct call what = {
		.guest = call->guest->name,
		.operation = call->operation,
		.suboperation = is_prepare || strcmp(call->operation, "reconnect") == 0
					? "begin"
					: "end",
		.extra = "-",
		.xml = text,
		.len = strlen(text),
	};

	return operation_run(hook, &what, &call->err);
}

int fakehost_call(const struct root *root, struct fakecall *call)
{
	struct fakekernel kernel = { .root = root, .faults = call->faults };
	struct fakebus manager = { .root = root, .faults = call->faults };
	CLEANUP_CONFIG struct config config = CONFIG_NONE;
	struct effects effects = fakekernel_effects(&kernel);
	struct bus bus = fakebus_bus(&manager);
	struct hook hook = HOOK_NONE;
	unsigned long begin = fakekernel_now(root);

	call->err = (struct error){ 0 };
	buf_done(&call->account);
	if (config_read(&config, root, &call->err) < 0)
		fakefile_fail("read the configuration", call->err.msg);
	hook.root = root;
	hook.effects = &effects;
	hook.bus = &bus;
	hook.config = &config;
	hook.account.send = take_account;
	hook.account.data = &call->account;
	call->r = run(&hook, call);
	hook_done(&hook);
	bus_close(&bus);
	call->ms = fakekernel_now(root) - begin;
	return call->r;
}

void fakecall_done(struct fakecall *call)
{
	buf_done(&call->account);
}

/* What a child has to tell. */
struct outcome {
	int r;
	struct error err;
	unsigned long ms;
	struct fakefaults faults;
};

static void run_child(const struct root *root, struct fakecall *call,
		      struct outcome *outcome)
{
	if (call->faults) {
		outcome->faults = *call->faults;
		call->faults = &outcome->faults;
	}
	(void)!fakehost_call(root, call);
	outcome->r = call->r;
	outcome->err = call->err;
	outcome->ms = call->ms;
	_exit(0);
}

int fakehost_call_in_child(const struct root *root, struct fakecall *call)
{
	struct outcome *outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	if (outcome == MAP_FAILED)
		abort();
	pid = fork();
	if (pid == 0)
		run_child(root, call, outcome);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	call->r = outcome->r;
	call->err = outcome->err;
	call->ms = outcome->ms;
	if (call->faults)
		*call->faults = outcome->faults;
	(void)munmap(outcome, sizeof(*outcome));
	return status;
}
