/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Keeping the host awake for as long as the guest runs: a device that has been passed
 * through cannot be suspended. The inhibitor is held by a transient service.
 */

#include <errno.h>
#include <stdio.h>

#include "steps.h"

#define CLAIM    "sleep" /* unit */
#define UNIT_MAX 64

static int sleep_check(struct hook *hook, struct error *err)
{
	(void)err;
	if (hook->needs.sleep) {
		notes_add(&hook->notes, NOTE_DECISION, "sleep",
			  "the host will not sleep while the guest runs");
	}
	return 0;
}

/* A host without logind sleeps when it likes: no reason not to start the guest. */
static int sleep_apply(struct hook *hook, struct error *err)
{
	CLEANUP_BUF struct buf why = BUF_NONE;
	char unit[UNIT_MAX];
	struct error failure;
	int r;

	if (!hook->needs.sleep)
		return 0;
	(void)snprintf(unit, sizeof(unit), "vfiokit-sleep-%s.service", hook->needs.uuid);
	buf_addf(&why, "the guest '%s' is running", hook->needs.name);
	r = buf_check(&why, err);
	if (r == 0)
		r = undo_log_add(hook->log, NULL, err, CLAIM, unit, NULL);
	if (r < 0)
		return r;
	r = bus_hold_sleep(hook->bus, unit, buf_text(&why), hook_wait_ms(hook), &failure);
	account_add(&hook->account, r < 0 ? LOG_WARNING : LOG_INFO, "%s%s",
		    r < 0 ? "the host may sleep while the guest runs: "
			  : "the host does not sleep",
		    r < 0 ? failure.msg : "");
	return 0;
}

const struct step sleep_step = {
	.name = "sleep",
	.check = sleep_check,
	.apply = sleep_apply,
};

static int undo_sleep(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err)
{
	const char *unit = undo_field(record, 0);
	enum bus_unit_state state;
	int r = bus_unit_state(hook->bus, unit, &state, err);

	(void)log;
	if (r == 0 && state == BUS_UNIT_ACTIVE)
		r = bus_unit_stop(hook->bus, unit, hook_wait_ms(hook), err);
	/* it is systemd that is late, not the kernel: the next call tries again */
	return r == -ETIMEDOUT ? -(err->code = EAGAIN) : r;
}

const struct undo_kind sleep_undo = {
	.name = CLAIM,
	.step = "sleep",
	.says = "the host is kept awake by {0}",
	.undo = undo_sleep,
};
