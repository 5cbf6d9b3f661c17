/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "status.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "libvirt_daemon.h"

void status_done(struct status *status)
{
	for (size_t i = 0; i < status->n_findings; i++)
		free(status->findings[i]);
	free(status->findings);
	free(status->guests);
	*status = STATUS_NONE;
}

static int add_finding(struct status *status, struct error *err, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static int add_finding(struct status *status, struct error *err, const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	char **v = reallocarray(status->findings, status->n_findings + 1, sizeof(*v));
	va_list ap;

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	status->findings = v;
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	v[status->n_findings] = buf_take(&text);
	if (!v[status->n_findings])
		return error_set(err, ENOMEM, "out of memory");
	status->n_findings++;
	return 0;
}

/* "{N}" in what the kind says stands for the field N. */
void status_describe(struct buf *out, const struct undo_record *record)
{
	const char *says = steps_says(record->kind);

	for (const char *c = says; c && *c; c++) {
		if (c[0] == '{' && c[1] >= '0' && c[1] <= '9' && c[2] == '}') {
			buf_adds(out, undo_field(record, (unsigned)(c[1] - '0')));
			c += 2;
		} else {
			buf_addc(out, *c);
		}
	}
	if (says)
		return;
	buf_adds(out, record->kind);
	for (unsigned i = 0; i < record->n_fields; i++)
		buf_addf(out, " %s", record->field[i]);
}

/* --- guests --- */

static const char *state_of(const struct undo_log *log)
{
	for (size_t i = 0; i < log->n; i++) {
		if (log->v[i].state == UNDO_WEDGED)
			return "wedged";
	}
	return log->is_released ? "pending" : "held";
}

static int find_drift(struct status *status, const struct hook *hook,
		      const struct undo_log *log, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < log->n; i++) {
		const struct undo_record *record = &log->v[i];
		const char *address = undo_field(record, 0);
		char driver[SYSFS_WORD_MAX];

		if (record->state != UNDO_OPEN || strcmp(record->kind, DEVICE_KIND) != 0)
			continue;
		r = device_driver(hook->root, address, driver, err);
		if (r == 0 && strcmp(driver, DEVICE_VFIO) != 0) {
			r = add_finding(status, err,
					"%s is held for '%s' and is with %s instead of "
					"vfio-pci",
					address, log->guest,
					*driver ? driver : "no driver");
		}
	}
	return r;
}

static int add_guest(struct status *status, const struct hook *hook,
		     const struct undo_log *log, struct error *err)
{
	struct status_guest *v =
		reallocarray(status->guests, status->n_guests + 1, sizeof(*v));
	int r = 0;

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	status->guests = v;
	v[status->n_guests++] =
		(struct status_guest){ .log = log, .state = state_of(log) };
	if (log->is_damaged) {
		r = add_finding(status, err, "the undo log of '%s' has unreadable lines",
				log->guest);
	}
	if (r == 0 && log->is_released) {
		r = add_finding(
			status, err,
			"'%s' is gone, and not all is undone: the next call tries "
			"again, or: vfiokit-hook restore '%s'",
			log->guest, log->guest);
	}
	return r < 0 ? r : find_drift(status, hook, log, err);
}

static int add_guests(struct status *status, const struct hook *hook, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hook->logs.n; i++) {
		const struct undo_log *log = hook->logs.v[i];

		if (strcmp(log->id, UNDO_SHARED) != 0 && !log->is_stale)
			r = add_guest(status, hook, log, err);
	}
	return r;
}

/* --- left over --- */

static bool is_on_record(const struct hook *hook, const char *address)
{
	for (size_t i = 0; i < hook->logs.n; i++) {
		if (undo_log_find(hook->logs.v[i], DEVICE_KIND, address))
			return true;
	}
	return false;
}

/* An override that nobody knows of keeps the host's driver away until it is taken off. */
static int find_override(struct status *status, const struct hook *hook,
			 const char *address, struct error *err)
{
	char override[SYSFS_WORD_MAX] = "";
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "sys/bus/pci/devices/%s/driver_override", address);

	if (r == 0) {
		r = sysfs_read_optional(hook->root, path, override, sizeof(override),
					err);
	}
	if (r < 0 || !*override || strcmp(override, "(null)") == 0 ||
	    is_on_record(hook, address))
		return r;
	return add_finding(status, err,
			   "%s has the driver_override '%s', and no guest of the hook "
			   "has it: libvirt or a script has, or it is left over; to give "
			   "it back: vfiokit-hook restore --device %s",
			   address, override, address);
}

static int find_overrides(struct status *status, struct hook *hook, struct error *err)
{
	int r = pcidevs_list(&hook->devs, hook->root, err);

	for (size_t i = 0; r == 0 && i < hook->devs.n; i++) {
		char address[BDF_TEXT_MAX];

		r = find_override(status, hook, bdf_format(&hook->devs.v[i].bdf, address),
				  err);
	}
	return r;
}

/* --- libvirt --- */

static int find_hook(struct status *status, struct error *err)
{
	struct libvirt_daemon daemon = { 0 };

	libvirt_daemon_find(&daemon);
	status->is_installed = access(LIBVIRT_HOOK_LINK, X_OK) == 0;
	status->daemon = daemon.unit;
	status->is_live = status->is_installed && libvirt_daemon_knows_hooks(&daemon);
	if (!status->is_installed) {
		return add_finding(status, err,
				   "libvirt does not call the hook; run: vfiokit-hook "
				   "install");
	}
	if (daemon.unit && !status->is_live) {
		return add_finding(status, err,
				   "%s has started before the hook was installed; run: "
				   "systemctl reload %s",
				   daemon.unit, daemon.unit);
	}
	return 0;
}

int status_read(struct status *ret_status, struct hook *hook, struct error *err)
{
	CLEANUP_STATUS struct status status = STATUS_NONE;
	int r = add_guests(&status, hook, err);

	if (r == 0)
		r = find_overrides(&status, hook, err);
	if (r == 0)
		r = find_hook(&status, err);
	if (r < 0)
		return r;
	*ret_status = status;
	status = STATUS_NONE;
	return 0;
}
