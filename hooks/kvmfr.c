/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Looking Glass's memory as a device of the module kvmfr, which libvirt has no word for:
 * it stands in <qemu:commandline> as a memory-backend-file with mem-path=/dev/kvmfrN.
 * Module and permissions are the host's to set up (modprobe.d, udev); what is missing
 * would make QEMU end with a message that few understand.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/parse.h"
#include "domain/query.h"
#include "host/sysfs.h"
#include "steps.h"
#include "tweak/guest_resources.h"
#include "user.h"

#define PATH_START "/dev/kvmfr"
#define NUMBER_MAX 32
#define GETSIZE    _IO('u', 0x44) /* of the module's own header, kvmfr.h */

/* What <qemu:commandline> says of one. */
struct memory {
	char path[SYSFS_WORD_MAX]; /* "/dev/kvmfr0" */
	unsigned n;
	uint64_t size; /* 0: not to be understood */
};

/* --- QEMU's argument: KEY=VALUE,... or JSON --- */

/* The value after a key, up to what ends it; "" when there is none. */
static void read_value(char value[static SYSFS_WORD_MAX], const char *arg,
		       const char *key)
{
	const char *at = strstr(arg, key);
	size_t len;

	value[0] = '\0';
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, "\"=: \t");
	len = strcspn(at, "\",} \t");
	if (len < SYSFS_WORD_MAX) {
		memcpy(value, at, len);
		value[len] = '\0';
	}
}

/* A number of bytes, or with one of QEMU's letters: "33554432", "32M". */
static uint64_t read_size(const char *text)
{
	size_t len = strspn(text, "0123456789");
	char number[NUMBER_MAX];
	uint64_t size;

	if (len == 0 || len >= sizeof(number) || strlen(text + len) > 1)
		return 0;
	memcpy(number, text, len);
	number[len] = '\0';
	if (!guest_scale(&size, number, text[len] ? text + len : "bytes"))
		return 0;
	return size;
}

/* Whether this argument is about one. */
static bool read_memory(struct memory *memory, const char *arg)
{
	struct error ignored;
	char value[SYSFS_WORD_MAX];
	uint64_t n;

	if (!strstr(arg, "memory-backend-file"))
		return false;
	read_value(memory->path, arg, "mem-path");
	if (strncmp(memory->path, PATH_START, strlen(PATH_START)) != 0 ||
	    parse_dec(&n, memory->path + strlen(PATH_START), 0, 255, "number", &ignored) <
		    0)
		return false;
	memory->n = (unsigned)n;
	read_value(value, arg, "size");
	memory->size = read_size(value);
	return true;
}

/* --- the host's device --- */

/* The module tells by an ioctl only; 0 when it does not. */
static uint64_t device_size(const struct hook *hook, const struct memory *memory)
{
	CLEANUP_CLOSE int fd = root_openat(hook->root, memory->path + 1,
					   O_RDONLY | O_NONBLOCK | O_NOCTTY);
	/* ioctl(3) would cut it to an int */
	long size = fd < 0 ? -1 : syscall(SYS_ioctl, fd, GETSIZE, 0);

	return size > 0 ? (uint64_t)size : 0;
}

static int check_access(const struct hook *hook, const struct memory *memory,
			struct error *err)
{
	const char *owner = hook->needs.shmem_user ? hook->needs.shmem_user : "YOU";
	struct user qemu;
	int r = user_of_qemu(&qemu, hook, err);

	if (r < 0)
		return r;
	r = user_try_open(&qemu, hook, memory->path + 1, O_RDWR);
	if (r == 0)
		return 0;
	return error_set(err, -r,
			 "QEMU, running as '%s', cannot open '%s' (%s); put "
			 "'SUBSYSTEM==\"kvmfr\", OWNER=\"%s\", GROUP=\"kvm\", "
			 "MODE=\"0660\"' into /etc/udev/rules.d/99-kvmfr.rules and load "
			 "the module kvmfr again",
			 qemu.name, memory->path, strerror(-r), owner);
}

static int check_memory(struct hook *hook, const struct memory *memory, struct error *err)
{
	uint64_t size;
	int r;

	if (!sysfs_exists(hook->root, memory->path + 1)) {
		return error_set(err, ENODEV,
				 "there is no '%s': load the module kvmfr, with 'options "
				 "kvmfr static_size_mb=%" PRIu64
				 "' in /etc/modprobe.d/kvmfr.conf",
				 memory->path, memory->size >> 20);
	}
	r = check_access(hook, memory, err);
	if (r < 0)
		return r;
	size = device_size(hook, memory);
	if (size == 0) {
		notes_add(&hook->notes, NOTE_WARNING, "kvmfr",
			  "'%s' does not tell its size, so that is not checked",
			  memory->path);
	} else if (memory->size > 0 && size != memory->size) {
		return error_set(err, EINVAL,
				 "'%s' has %" PRIu64 " MiB, and the guest wants %" PRIu64
				 ": set 'options kvmfr static_size_mb=%" PRIu64
				 "' in /etc/modprobe.d/kvmfr.conf and load the module "
				 "again",
				 memory->path, size >> 20, memory->size >> 20,
				 memory->size >> 20);
	}
	return 0;
}

static int kvmfr_check(struct hook *hook, struct error *err)
{
	const xmlNode *line = query_qemu_child(hook->needs.domain, "commandline");
	int r = 0;

	for (const xmlNode *arg = query_qemu_child(line, "arg"); r == 0 && arg;
	     arg = query_next(arg)) {
		const char *value = query_attr(arg, "value");
		struct memory memory;

		if (value && read_memory(&memory, value))
			r = check_memory(hook, &memory, err);
	}
	return r;
}

static int kvmfr_apply(struct hook *hook, struct error *err)
{
	(void)hook;
	(void)err;
	return 0;
}

const struct step kvmfr_step = {
	.name = "kvmfr",
	.check = kvmfr_check,
	.apply = kvmfr_apply,
};
