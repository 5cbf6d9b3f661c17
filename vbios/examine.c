/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "examine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "base/cleanup.h"
#include "guest_rules.h"
#include "own.h"
#include "rom/rules.h"

/* The path as QEMU will be given it. */
int examine_path(char **ret_path, const char *path, const struct root *root,
		 struct error *err)
{
	CLEANUP_FREE char *dir = NULL;

	if (*path != '/' && !root_is_host(root)) {
		return error_set(err, EBADRQC,
				 "with --host the path has to be absolute, and '%s' is "
				 "not",
				 path);
	}
	if (*path != '/')
		dir = getcwd(NULL, 0);
	if (*path != '/' && !dir)
		return error_sys(err, errno, "find the working directory");
	if (asprintf(ret_path, "%s%s%s", dir ? dir : "", dir ? "/" : "", path) < 0) {
		*ret_path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* A directory is a finding: QEMU is given such names, and says something else. */
static int read_input(struct result *result, const struct root *root, const char *path,
		      struct error *err)
{
	CLEANUP_CLOSE int fd =
		root_openat(root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct rom_findings *findings = &result->findings;
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", path);
	r = input_read_fd(&result->input, fd, path, err);
	if (r != -EISDIR && r != -EINVAL)
		return r;
	result->is_file = false;
	SAY(3, ROM_ERROR, 0, "QEMU", "%s", err->msg);
	return rom_findings_check(findings, err);
}

/* A guest with a display of its own, as most have: SeaBIOS is done with that one. */
static void rule_vga(struct result *result)
{
	struct rom_findings *findings = &result->findings;
	const struct rom *rom = &result->input.rom;

	if (!*result->vga_before || !result->bar ||
	    !(result->firmwares & 1U << ROM_SEABIOS) ||
	    rom_target_class(rom, &result->target) != VERDICT_CLASS_VGA ||
	    !rom_first(rom, ROM_CODE_X86))
		return;
	SAY(23, ROM_ERROR, rom->start, "SeaBIOS",
	    "SeaBIOS runs the ROM of the first VGA device only, and in this guest that is %s",
	    result->vga_before);
	rom_findings_advise(findings, "take that out of the guest (a <video> with <model "
				      "type='none'/>), or give this device <rom "
				      "bar='off'/>");
}

/* All firmwares that were asked for have to run it; if none was, one of them. */
static bool judge(struct result *result)
{
	bool any = false;
	bool all = true;

	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		bool runs;

		for (int bar = 0; bar < 2; bar++) {
			result->verdicts[firmware][bar] =
				rom_judge(&result->input.rom, &result->target,
					  (enum rom_firmware)firmware, bar);
		}
		runs = rom_will_run(&result->verdicts[firmware][result->bar]);
		any |= runs;
		if (result->firmwares & 1U << firmware)
			all &= runs;
	}
	return result->firmwares ? all : any;
}

static bool breaks(const struct rom_findings *findings, unsigned rule)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].severity == ROM_ERROR && findings->v[i].rule == rule)
			return true;
	}
	return false;
}

/*
 * Whether the guest would start. A file that QEMU cannot read keeps it from that only if
 * there is a ROM BAR: else it complains in its log, and goes on. vfiokit-hook does not.
 */
static void judge_start(struct result *result, const struct guest *guest)
{
	static const unsigned rules[] = { 3, 25, 26, 32 };
	const struct rom_findings *findings = &result->findings;

	result->is_unread = breaks(findings, 29) || breaks(findings, 30);
	result->can_start =
		!result->is_unread || (!result->bar && !(guest && guest->has_hook));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		result->can_start &= !breaks(findings, rules[i]);
	if (result->bar && result->is_file)
		result->can_start &= rom_can_be_bar(&result->input.rom);
}

static int look(struct result *result, const struct examine_job *job, const char *path,
		struct error *err)
{
	const struct guest_device *device = job->device;
	static const struct user_names nobody;
	struct rom_findings *findings = &result->findings;
	int r = read_input(result, job->root, path, err);

	if (r < 0)
		return r;
	result->target.firmwares = result->firmwares;
	if (result->is_file) {
		rom_examine(findings, &result->input.rom, &result->target);
		rule_vga(result);
	}
	if (device) {
		guest_rules(findings, job->guest, device, path);
		if (!job->is_new && device->file && strcmp(device->file, path) == 0) {
			guest_rule_sha256(findings, job->guest, device,
					  result->input.sha256);
		}
	}
	r = access_examine(findings, job->root, path,
			   job->guest ? &job->guest->label : &nobody, err);
	if (r < 0)
		return r;
	if (result->is_file && job->target)
		own_examine(findings, job->root, job->target, &result->input.content);
	judge_start(result, job->guest);
	result->will_run = judge(result) && result->can_start && !result->is_unread;
	return rom_findings_check(findings, err);
}

/* <rom file=''/>: libvirt passes that on, and to QEMU it means no ROM. */
static int no_path(struct result *result, const struct guest_device *device,
		   struct error *err)
{
	struct rom_findings *findings = &result->findings;

	result->is_file = false;
	result->can_start = true;
	SAY(26, ROM_ERROR, 0, "QEMU",
	    "the path in <rom> of %s is empty: the guest sees no ROM of that device",
	    device->address);
	return rom_findings_check(findings, err);
}

unsigned examine_firmwares(const struct guest *guest)
{
	if (!guest->is_uefi)
		return 1U << ROM_SEABIOS;
	return 1U << (guest->is_secure ? ROM_OVMF_SECUREBOOT : ROM_OVMF);
}

int examine(struct result *result, const struct examine_job *job, const char *name,
	    struct error *err)
{
	const struct guest_device *device = job->device;
	CLEANUP_FREE char *path = NULL;
	int r = 0;

	if (!*name && !device)
		return error_set(err, EBADRQC, "the path of the file is empty");
	if (*name)
		r = examine_path(&path, name, job->root, err);
	result->path = name;
	result->bar = !job->bar_off && !(device && device->is_bar_off);
	result->firmwares = job->firmwares;
	result->is_file = true;
	if (!job->firmwares && job->guest && job->guest->name)
		result->firmwares = examine_firmwares(job->guest);
	if (r == 0 && job->target) {
		r = target_find(&result->target, result->target_name, job->target,
				job->root, err);
		if (r == -ENODEV && device) { /* of another host than this one */
			(void)snprintf(result->target_name, sizeof(result->target_name),
				       "%s", device->address);
			r = 0;
		}
	}
	if (device && vga_is_before(result->vga_before, job->guest, device, job->root))
		result->target.vga_before = result->vga_before;
	if (r < 0)
		return r;
	return path ? look(result, job, path, err) : no_path(result, device, err);
}
