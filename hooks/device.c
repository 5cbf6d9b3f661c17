/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Handing PCI functions over to vfio-pci, and back to the driver they had.
 *
 * By driver_override (Documentation/ABI/testing/sysfs-bus-pci), which names one device
 * by its address: new_id would take all of its kind. drivers_probe succeeds even when no
 * driver took the device, so the only proof is where the link `driver` leads.
 */

#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "holders.h"
#include "nvidia.h"
#include "steps.h"

#define PCI     "sys/bus/pci"
#define DEVICES PCI "/devices/"
#define DRIVERS PCI "/drivers/"

enum field {
	FIELD_ADDRESS,
	FIELD_DRIVER,
	FIELD_OVERRIDE,
	FIELD_MODULE,
	FIELD_POWER,
	FIELD_D3COLD,
};

/* What a device was like before. */
struct state {
	char driver[SYSFS_WORD_MAX];
	char module[SYSFS_WORD_MAX];
	char override[SYSFS_WORD_MAX];
	char power[SYSFS_WORD_MAX];
	char d3cold[SYSFS_WORD_MAX];
};

int device_driver(const struct root *root, const char *address,
		  char driver[static SYSFS_WORD_MAX], struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "%s/driver", address);

	return r < 0 ? r : sysfs_link_name(root, path, driver, SYSFS_WORD_MAX, err);
}

static int read_attr(const struct hook *hook, const char *address, const char *name,
		     char value[static SYSFS_WORD_MAX], struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "%s/%s", address, name);

	return r < 0 ? r
		     : sysfs_read_optional(hook->root, path, value, SYSFS_WORD_MAX, err);
}

static int write_verified(struct hook *hook, const char *path, const char *value,
			  const char *wanted, struct error *err)
{
	char now[SYSFS_WORD_MAX];
	int r = hook_write(hook, path, value, err);

	if (r == 0)
		r = sysfs_read(hook->root, path, now, sizeof(now), err);
	if (r == 0 && strcmp(now, wanted) != 0) {
		r = error_set(err, EIO,
			      "write '%s' to '/%s': the kernel took no notice, it still "
			      "says '%s'",
			      wanted, path, now);
	}
	return r;
}

/* Writes nothing when the value is there already, or the attribute is not. */
static int write_attr(struct hook *hook, const char *address, const char *name,
		      const char *value, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char now[SYSFS_WORD_MAX] = "";
	int r = sysfs_path(path, err, DEVICES "%s/%s", address, name);

	if (r == 0)
		r = sysfs_read_optional(hook->root, path, now, sizeof(now), err);
	if (r < 0 || !*now || strcmp(now, value) == 0)
		return r;
	return write_verified(hook, path, value, value, err);
}

/* An override that is not set reads "(null)", and a newline takes it away. */
static int write_override(struct hook *hook, const char *address, const char *driver,
			  struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char now[SYSFS_WORD_MAX];
	int r = read_attr(hook, address, "driver_override", now, err);

	if (r == 0)
		r = sysfs_path(path, err, DEVICES "%s/driver_override", address);
	if (r < 0 || strcmp(strcmp(now, "(null)") == 0 ? "" : now, driver) == 0)
		return r;
	return *driver ? write_verified(hook, path, driver, driver, err)
		       : write_verified(hook, path, "\n", "(null)", err);
}

static int read_module(const struct hook *hook, struct state *state, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r;

	if (!*state->driver)
		return 0;
	r = sysfs_path(path, err, DRIVERS "%s/module", state->driver);
	return r < 0 ? r
		     : sysfs_link_name(hook->root, path, state->module,
				       sizeof(state->module), err);
}

static int read_state(const struct hook *hook, const char *address, struct state *state,
		      struct error *err)
{
	int r = device_driver(hook->root, address, state->driver, err);

	if (r == 0)
		r = read_module(hook, state, err);
	if (r == 0)
		r = read_attr(hook, address, "driver_override", state->override, err);
	if (r == 0 && strcmp(state->override, "(null)") == 0)
		*state->override = '\0';
	if (r == 0)
		r = read_attr(hook, address, "power/control", state->power, err);
	if (r == 0)
		r = read_attr(hook, address, "d3cold_allowed", state->d3cold, err);
	return r;
}

/* --- drivers --- */

static int unbind(struct hook *hook, const char *address, const char *driver,
		  struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char now[SYSFS_WORD_MAX];
	int r = sysfs_path(path, err, DRIVERS "%s/unbind", driver);

	if (r == 0)
		r = hook_write(hook, path, address, err);
	if (r == -ENODEV)
		r = 0; /* somebody was faster */
	if (r < 0)
		return error_wrap(err, "take %s from the driver %s", address, driver);
	r = device_driver(hook->root, address, now, err);
	if (r == 0 && *now) {
		return error_set(err, EBUSY,
				 "take %s from the driver %s: it is still with %s",
				 address, driver, now);
	}
	return r;
}

struct wanted {
	const char *address;
	const char *driver;
};

static int is_bound(struct hook *hook, void *data, struct error *err)
{
	const struct wanted *wanted = data;
	char now[SYSFS_WORD_MAX];
	int r = device_driver(hook->root, wanted->address, now, err);

	return r < 0 ? r : strcmp(now, wanted->driver) == 0;
}

/* Lets the kernel look for a driver, which the override has chosen. */
static int probe(struct hook *hook, const char *address, const char *driver,
		 struct error *err)
{
	struct wanted wanted = { .address = address, .driver = driver };
	int r = hook_write(hook, PCI "/drivers_probe", address, err);

	if (r < 0)
		return error_wrap(err, "give %s to the driver %s", address, driver);
	/* a driver may ask to be probed later, or by another thread */
	r = hook_await(hook, is_bound, &wanted, err);
	if (r == -ETIMEDOUT) {
		char now[SYSFS_WORD_MAX] = "";
		struct error ignored;

		(void)!device_driver(hook->root, address, now, &ignored);
		return error_set(err, EIO,
				 "give %s to the driver %s: the kernel took no notice, "
				 "it is with %s; its log (dmesg) may say why",
				 address, driver, *now ? now : "no driver");
	}
	return r;
}

static int need_driver(struct hook *hook, const char *driver, const char *module,
		       struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DRIVERS "%s", driver);

	if (r < 0 || sysfs_exists(hook->root, path))
		return r;
	r = effects_load(hook->effects, module, hook_wait_ms(hook), err);
	if (r == 0 && !sysfs_exists(hook->root, path)) {
		return error_set(err, ENODEV,
				 "the kernel has no driver '%s', with the module '%s' "
				 "loaded neither",
				 driver, module);
	}
	return r;
}

/* --- there --- */

static int find_group_node(struct hook *hook, void *data, struct error *err)
{
	(void)err;
	return sysfs_exists(hook->root, data);
}

static int verify_group(struct hook *hook, const char *address, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char group[SYSFS_WORD_MAX];
	int r = sysfs_path(path, err, DEVICES "%s/iommu_group", address);

	if (r == 0)
		r = sysfs_link_name(hook->root, path, group, sizeof(group), err);
	if (r == 0)
		r = sysfs_path(path, err, "dev/vfio/%s", group);
	if (r < 0)
		return r;
	r = hook_await(hook, find_group_node, path, err);
	if (r == -ETIMEDOUT) {
		return error_set(err, ENOENT,
				 "%s is with vfio-pci, but there is no '/%s' for QEMU to "
				 "open",
				 address, path);
	}
	return r;
}

static int record_device(struct hook *hook, const char *address, struct error *err)
{
	struct state state = { 0 };
	int r = read_state(hook, address, &state, err);

	return r < 0 ? r
		     : undo_log_add(hook->log, NULL, err, DEVICE_KIND, address,
				    state.driver, state.override, state.module,
				    state.power, state.d3cold, NULL);
}

/* From here on nobody's probe can bring the host's driver back. */
static int reserve_device(struct hook *hook, const char *address, struct error *err)
{
	int r = write_attr(hook, address, "power/control", "on", err);

	if (r == 0)
		r = write_attr(hook, address, "d3cold_allowed", "0", err);
	return r < 0 ? r : write_override(hook, address, DEVICE_VFIO, err);
}

static int hand_over(struct hook *hook, const char *address, struct error *err)
{
	char driver[SYSFS_WORD_MAX];
	int r = device_driver(hook->root, address, driver, err);

	if (r == 0 && *driver && strcmp(driver, DEVICE_VFIO) != 0)
		r = unbind(hook, address, driver, err);
	if (r == 0 && strcmp(driver, DEVICE_VFIO) != 0)
		r = probe(hook, address, DEVICE_VFIO, err);
	/* vfio-pci lets what it has taken sleep (vfio_pci_core.c, disable_idle_d3) */
	if (r == 0)
		r = write_attr(hook, address, "power/control", "on", err);
	if (r == 0)
		r = verify_group(hook, address, err);
	if (r == 0) {
		account_add(&hook->account, LOG_INFO, "%s: %s -> " DEVICE_VFIO, address,
			    *driver ? driver : "no driver");
	}
	return r;
}

typedef int device_fn(struct hook *hook, const char *address, struct error *err);

static int each_device(struct hook *hook, device_fn *act, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hook->needs.n_devices; i++) {
		const char *address = hook->needs.devices[i].address;
		struct undo_record *record;
		struct error ignored;

		if (!hook->needs.devices[i].is_hostdev)
			continue;
		r = act(hook, address, err);
		record = r == -ETIMEDOUT ? undo_log_find(hook->log, DEVICE_KIND, address)
					 : NULL;
		if (record) /* the worker hangs in it: hands off from now on */
			(void)!undo_log_mark(hook->log, record, UNDO_WEDGED, &ignored);
	}
	return r;
}

/*
 * All devices are on record before the first is touched: unloading a driver takes several
 * of them away from it at once.
 */
static int device_apply(struct hook *hook, struct error *err)
{
	int r = 0;

	if (hook->needs.n_devices > 0)
		r = need_driver(hook, DEVICE_VFIO, DEVICE_VFIO, err);
	if (r == 0)
		r = nvidia_record(hook, err);
	if (r == 0)
		r = each_device(hook, record_device, err);
	if (r == 0)
		r = each_device(hook, reserve_device, err);
	if (r == 0)
		r = nvidia_unload(hook, err);
	return r < 0 ? r : each_device(hook, hand_over, err);
}

static int device_check(struct hook *hook, struct error *err)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];
		char driver[SYSFS_WORD_MAX];
		char path[SYSFS_PATH_MAX];

		if (!need->is_hostdev)
			continue;
		if (sysfs_path(path, err, DEVICES "%s", need->address) < 0 ||
		    device_driver(hook->root, need->address, driver, err) < 0)
			return -err->code;
		if (!sysfs_exists(hook->root, path))
			continue; /* which identity refuses */
		notes_add(&hook->notes, NOTE_DECISION, "device", "%s: %s%s",
			  need->address, *driver ? driver : "no driver",
			  strcmp(driver, DEVICE_VFIO) == 0 ? ", as it has to be"
							   : " -> " DEVICE_VFIO);
	}
	return 0;
}

const struct step device_step = {
	.name = "device",
	.check = device_check,
	.apply = device_apply,
};

/* --- back --- */

/*
 * While it goes back the override names the driver it had: nobody else can bind it, and
 * no second probe by udev can run into the first.
 */
static int give_back(struct hook *hook, const char *address,
		     const struct undo_record *record, struct error *err)
{
	const char *driver = undo_field(record, FIELD_DRIVER);
	const char *module = undo_field(record, FIELD_MODULE);
	char now[SYSFS_WORD_MAX];
	int r = device_driver(hook->root, address, now, err);

	if (r < 0 || strcmp(now, driver) == 0)
		return r;
	if (*now && strcmp(now, DEVICE_VFIO) != 0) {
		account_add(&hook->account, LOG_WARNING,
			    "%s is with the driver %s, which is neither " DEVICE_VFIO
			    " nor the %s it had: it is left there",
			    address, now, *driver ? driver : "none");
		return 0;
	}
	if (*now)
		r = holders_await_group(hook, address, err);
	if (r == 0 && *driver)
		r = write_override(hook, address, driver, err);
	if (r == 0 && *now)
		r = unbind(hook, address, now, err);
	if (r < 0 || !*driver)
		return r;
	r = need_driver(hook, driver, *module ? module : driver, err);
	return r < 0 ? r : probe(hook, address, driver, err);
}

static int undo_device(struct hook *hook, struct undo_log *log,
		       struct undo_record *record, struct error *err)
{
	const char *address = undo_field(record, FIELD_ADDRESS);
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "%s", address);

	(void)log;
	if (r < 0)
		return r;
	if (!sysfs_exists(hook->root, path)) {
		account_add(&hook->account, LOG_WARNING,
			    "%s is not there any more: nothing to give back", address);
		return 0;
	}
	r = give_back(hook, address, record, err);
	if (r == 0) {
		r = write_override(hook, address, undo_field(record, FIELD_OVERRIDE),
				   err);
	}
	if (r == 0) {
		r = write_attr(hook, address, "d3cold_allowed",
			       undo_field(record, FIELD_D3COLD), err);
	}
	if (r == 0) {
		r = write_attr(hook, address, "power/control",
			       undo_field(record, FIELD_POWER), err);
	}
	if (r == 0) {
		account_add(&hook->account, LOG_INFO, "%s: back to %s", address,
			    *undo_field(record, FIELD_DRIVER)
				    ? undo_field(record, FIELD_DRIVER)
				    : "no driver");
	}
	return r;
}

int device_free(struct hook *hook, const char *address, struct error *err)
{
	char now[SYSFS_WORD_MAX];
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "%s", address);

	if (r == 0 && !sysfs_exists(hook->root, path))
		return error_set(err, ENODEV, "the host has no device %s", address);
	if (r == 0)
		r = device_driver(hook->root, address, now, err);
	if (r == 0)
		r = write_override(hook, address, "", err);
	if (r == 0 && strcmp(now, DEVICE_VFIO) == 0)
		r = unbind(hook, address, now, err);
	if (r == 0 && (!*now || strcmp(now, DEVICE_VFIO) == 0))
		r = hook_write(hook, PCI "/drivers_probe", address, err);
	if (r == 0)
		r = device_driver(hook->root, address, now, err);
	if (r == 0) {
		account_add(&hook->account, LOG_INFO, "%s: now with %s", address,
			    *now ? now : "no driver");
	}
	return r;
}

static void say_device(struct buf *out, const struct undo_log *log,
		       const struct undo_record *record)
{
	const char *driver = undo_field(record, FIELD_DRIVER);

	(void)log;
	buf_addf(out, "%s, which had %s%s%s", undo_field(record, FIELD_ADDRESS),
		 *driver ? "the driver '" : "no driver", driver, *driver ? "'" : "");
}

const struct undo_kind device_undo = {
	.name = DEVICE_KIND,
	.step = "device",
	.say = say_device,
	.undo = undo_device,
};
