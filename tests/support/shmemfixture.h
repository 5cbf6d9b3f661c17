/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A host with users, and guests with shared memory: setup_shmem() is the fixture. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hostfixture.h"

#define FILE_PATH "dev/shm/looking-glass"
#define SIZE      (32L << 20)
#define SHMEM                                                             \
	"<shmem name='looking-glass'><model type='ivshmem-plain'/><size " \
	"unit='M'>32</size></shmem>"
#define OBJECT(text)                                                            \
	"<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'>" text \
	"</commandline>"

static uid_t user; /* of 'anna'; that of the test when it is not root */
static gid_t group;

static inline void put_users(void)
{
	char text[FAKEFILE_MAX];

	user = geteuid() == 0 ? 1000 : geteuid();
	group = geteuid() == 0 ? 109 : getegid();
	(void)snprintf(text, sizeof(text),
		       "root:x:0:0::/root:/bin/sh\nanna:x:%u:%u::/:/bin/sh\n"
		       "libvirt-qemu:x:64055:64055::/:/bin/false\n"
		       "other:x:64056:64056::/:/bin/false",
		       user, user);
	fakefile_put(root, text, "etc/passwd");
	(void)snprintf(text, sizeof(text),
		       "kvm:x:%u:libvirt-qemu\nlibvirt-qemu:x:64055:", group);
	fakefile_put(root, text, "etc/group");
}

static inline void setup_shmem(void)
{
	setup_host();
	put_users();
	again();
}

/* The guest with this among its devices, and that beside them. */
static inline char *domain_with(const struct fakeguest *guest, const char *device,
				const char *more)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, guest);
	const char *end = strstr(xml, "</devices>");
	char *text = NULL;

	ck_assert_int_gt(asprintf(&text, "%.*s%s</devices>%s</domain>", (int)(end - xml),
				  xml, device, more),
			 0);
	return text;
}

static inline void call_with(const struct fakeguest *guest, const char *operation,
			     const char *device, const char *more)
{
	CLEANUP_FREE char *xml = domain_with(guest, device, more);

	call_hook(guest, operation, xml);
}

static inline int open_file(int flags)
{
	return openat(root->fd, FILE_PATH, flags | O_CLOEXEC, 0660);
}

/* As somebody made it who was here before. */
static inline void put_file(off_t size, uid_t uid, mode_t mode)
{
	CLEANUP_CLOSE int fd = open_file(O_CREAT | O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchown(fd, uid, group), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	again();
}
