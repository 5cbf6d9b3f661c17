/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What libvirt, or somebody else, writes to the hook's standard input: whatever it is,
 * what is understood of it is safe to act upon.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "evgrab.h"
#include "needs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* It becomes the name of a file, so it is a UUID, or missing. */
static void check_uuid(const char *uuid)
{
	size_t len = strlen(uuid);

	check(len == 0 || len == 36);
	check(strspn(uuid, "0123456789abcdef-") == len);
}

static void check_devices(const struct needs *needs)
{
	for (size_t i = 0; i < needs->n_devices; i++) {
		const struct need_device *device = &needs->devices[i];
		char address[BDF_TEXT_MAX];

		/* in order, none twice; and as it is written into paths */
		check(i == 0 || bdf_compare(&device[-1].bdf, &device->bdf) < 0);
		check(strcmp(device->address, bdf_format(&device->bdf, address)) == 0);
		check(strlen(device->id) == 0 || strlen(device->id) == 9);
		check(strlen(device->sha256) == 0 || strlen(device->sha256) == 64);
		check(!device->rom || device->is_hostdev);
	}
}

static void check_words(const struct needs *needs)
{
	for (size_t i = 0; i < needs->n_stop; i++) {
		check(needs->stop[i][0] != '-' && needs->stop[i][0] != '.');
		check(!strpbrk(needs->stop[i], "/ \n") && strchr(needs->stop[i], '.'));
	}
	check(!needs->governor || !strpbrk(needs->governor, "/. \n"));
	check(!needs->shmem || (!strchr(needs->shmem, '/') && needs->shmem[0] != '.'));
	check(!needs->shmem == !needs->shmem_user);
}

/* The names of evgrab's devices that are found in it; none of them is there. */
static void check_evgrab(const uint8_t *data, size_t size)
{
	const struct evgrab_place place = { .root = "/proc/nowhere",
					    .socket = "/proc/nowhere/sock",
					    .run = "/proc/nowhere" };
	CLEANUP_FREE char *xml = strndup((const char *)data, size);
	struct call call = {
		.guest = "a", .operation = "prepare", .suboperation = "begin", .xml = xml
	};
	struct error err = { 0 };
	int r = xml ? evgrab_call(&place, &call, &err) : 0;

	check(r == 0 || strstr(err.msg, "'/dev/input/by-id/vfiokit-"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_NEEDS struct needs needs = NEEDS_NONE;
	struct error err = { 0 };
	int r = needs_read(&needs, (const char *)data, size, &err);

	check_evgrab(data, size);
	check(r <= 0 && (r < 0) == (err.msg[0] != '\0'));
	if (r < 0) {
		check(!needs.is_ours && needs.n_devices == 0 && !needs.name);
		return 0;
	}
	check(needs.name && *needs.name);
	check_uuid(needs.uuid);
	check(needs.is_ours || (needs.n_devices == 0 && needs.n_stop == 0));
	check_devices(&needs);
	check_words(&needs);
	return 0;
}
