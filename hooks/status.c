/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "guest_process.h"
#include "libvirt_daemon.h"
#include "status_impl.h"

void status_done(struct status *status)
{
	for (size_t i = 0; i < status->n_findings; i++)
		free(status->findings[i]);
	free(status->findings);
	free(status->guests);
	*status = STATUS_NONE;
}

int status_add_finding(struct status *status, struct error *err, const char *fmt, ...)
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

/* --- guests --- */

static const char *state_of(const struct undo_log *log)
{
	for (size_t i = 0; i < log->n; i++) {
		if (log->v[i].state == UNDO_WEDGED)
			return "wedged";
	}
	return log->is_released ? "pending" : "held";
}

/* What to call the guest on a command line: its name, if no shell makes more of it. */
static const char *word_for(const struct undo_log *log)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789._+-";

	if (*log->guest == '\0' || *log->guest == '-' ||
	    log->guest[strspn(log->guest, plain)] != '\0')
		return log->id;
	return log->guest;
}

/* libvirt has crashed, and then QEMU; or it has yet to start it. */
static int find_stranded(struct status *status, const struct hook *hook,
			 const struct undo_log *log, struct error *err)
{
	unsigned pid;

	if (guest_process_find(&pid, hook->root, log))
		return 0;
	if (guest_process_is_known(hook->root, log)) {
		return status_add_finding(
			status, err,
			"'%s' does not run, and libvirt does not know yet: its daemon, "
			"once it is started, gives back what it had",
			log->guest);
	}
	return status_add_finding(
		status, err,
		"'%s' does not run: unless it is just being started, its next start "
		"gives back what it had, or: vfiokit-hook restore %s",
		log->guest, word_for(log));
}

/* While a hook is at work nothing has to be as it was made. */
static int look_after(struct status *status, struct hook *hook,
		      const struct undo_log *log, struct error *err)
{
	int r;

	if (status->is_busy)
		return 0;
	r = find_stranded(status, hook, log, err);
	return r < 0 ? r : status_find_drift(status, hook, log, err);
}

static int add_guest(struct status *status, struct hook *hook, const struct undo_log *log,
		     struct error *err)
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
		r = status_add_finding(status, err,
				       "the undo log of '%s' has unreadable lines",
				       log->guest);
	}
	if (r == 0 && log->is_released) {
		r = status_add_finding(
			status, err,
			"'%s' is gone, and not all is undone: the next call tries "
			"again, or: vfiokit-hook restore %s",
			log->guest, word_for(log));
	}
	return r < 0 || log->is_released ? r : look_after(status, hook, log, err);
}

static int add_guests(struct status *status, struct hook *hook, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hook->logs.n; i++) {
		const struct undo_log *log = hook->logs.v[i];

		if (strcmp(log->id, UNDO_SHARED) != 0 && !log->is_stale)
			r = add_guest(status, hook, log, err);
	}
	return r;
}

static int look_at_shared(struct status *status, struct hook *hook, struct error *err)
{
	const struct undo_log *log = undo_logs_find(&hook->logs, UNDO_SHARED);

	if (!log || log->is_stale)
		return 0;
	status->shared = log;
	return status->is_busy ? 0 : status_find_shared_drift(status, hook, err);
}

static int by_name(const void *a, const void *b)
{
	const struct undo_log *const *one = a;
	const struct undo_log *const *other = b;
	int r = strcmp((*one)->guest, (*other)->guest);

	return r != 0 ? r : strcmp((*one)->id, (*other)->id);
}

/* Whether another call of the hook has the lock; the guests change under its hands. */
static bool is_busy(const struct hook *hook)
{
	if (hook->logs.dir < 0)
		return false;
	if (flock(hook->logs.dir, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(hook->logs.dir, LOCK_UN);
	return false;
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
	return status_add_finding(
		status, err,
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
		return status_add_finding(
			status, err,
			"libvirt does not call the hook; run: vfiokit-hook "
			"install");
	}
	if (daemon.unit && !status->is_live) {
		return status_add_finding(
			status, err,
			"%s has started before the hook was installed; run: "
			"systemctl reload %s",
			daemon.unit, daemon.unit);
	}
	return 0;
}

int status_read(struct status *ret_status, struct hook *hook, struct error *err)
{
	CLEANUP_STATUS struct status status = STATUS_NONE;
	int r;

	status.is_busy = is_busy(hook);
	if (hook->logs.n > 0)
		qsort(hook->logs.v, hook->logs.n, sizeof(struct undo_log *), by_name);
	r = add_guests(&status, hook, err);
	if (r == 0)
		r = look_at_shared(&status, hook, err);
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
