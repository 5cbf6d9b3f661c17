/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Having programs let go of sound cards. PipeWire and PulseAudio keep the control node of
 * every card open, in every session, and the driver of a card that is taken away waits
 * until all of its nodes are closed: snd_card_free() in sound/core/init.c, without an end
 * and deaf to signals. It tells whoever has them open, but then there is no way back from
 * those who do not listen. So they are told before, by the event that they would get
 * (Documentation/ABI/testing/sysfs-uevent): a sound server closes what it has of a card
 * that was removed. Who still has it open then is a holder as any other, is waited for
 * and named, and the card comes back by an event too (78-sound-card.rules of udev).
 */

#include <errno.h>
#include <string.h>

#include "device.h"
#include "steps.h"
#include "udev.h"

#define CARDS "sys/bus/pci/devices/%s/sound"

/* What is not 0 is the last. */
typedef int card_fn(struct hook *hook, const char *dir, const char *card,
		    struct error *err);

/* The cards of a function: directories card0, card1. Without a driver there is none. */
static int each_card(struct hook *hook, const char *address, card_fn *act,
		     struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char dir[SYSFS_PATH_MAX];
	int r = sysfs_path(dir, err, CARDS, address);

	if (r == 0)
		r = sysfs_list(&names, hook->root, dir, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (strncmp(names.v[i], "card", 4) == 0)
			r = act(hook, dir, names.v[i], err);
	}
	return r;
}

static int send_event(struct hook *hook, const char *dir, const char *card,
		      const char *action, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "%s/%s/uevent", dir, card);

	return r < 0 ? r : hook_write(hook, path, action, err);
}

static int each_function(struct hook *hook, card_fn *act, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];

		if (need->is_hostdev)
			r = each_card(hook, need->address, act, err);
	}
	return r;
}

/* --- the step --- */

static int note_card(struct hook *hook, const char *dir, const char *card,
		     struct error *err)
{
	(void)dir;
	(void)err;
	notes_add(&hook->notes, NOTE_DECISION, "sound",
		  "/dev/snd/controlC%s: sound servers are told to let go of it",
		  card + 4);
	return 0;
}

static int sound_check(struct hook *hook, struct error *err)
{
	return each_function(hook, note_card, err);
}

/* "sys/bus/pci/devices/0000:01:00.1/sound": the address is what stays. */
static int take_card(struct hook *hook, const char *dir, const char *card,
		     struct error *err)
{
	const char *address = dir + strlen("sys/bus/pci/devices/");
	char text[SYSFS_WORD_MAX] = "";
	struct undo_record *record;
	struct error ignored;
	int r;

	memcpy(text, address, strcspn(address, "/"));
	r = undo_log_add(hook->log, &record, err, SOUND_KIND, text, NULL);
	if (r < 0)
		return r;
	r = send_event(hook, dir, card, "remove", err);
	if (r == -ETIMEDOUT)
		(void)!undo_log_mark(hook->log, record, UNDO_WEDGED, &ignored);
	if (r == 0) {
		account_add(&hook->account, LOG_INFO,
			    "sound servers are told that the sound card of %s goes",
			    text);
	}
	return r;
}

static int is_card(struct hook *hook, const char *dir, const char *card,
		   struct error *err)
{
	(void)hook;
	(void)dir;
	(void)card;
	(void)err;
	return 1;
}

/*
 * A guest may start again as soon as it has stopped: what udev has still to tell of a
 * card that has come back would be told after our event, and who has let go of the card
 * would open it again.
 */
static int sound_apply(struct hook *hook, struct error *err)
{
	int r = each_function(hook, is_card, err);

	if (r > 0)
		r = udev_settle(hook, err);
	return r < 0 ? r : each_function(hook, take_card, err);
}

const struct step sound_step = {
	.name = "sound",
	.check = sound_check,
	.apply = sound_apply,
};

/* --- back --- */

/*
 * A card whose driver has just come back may still look for its codecs, and has no node
 * to open until then: the kernel tells of it when it has.
 */
static int give_card(struct hook *hook, const char *dir, const char *card,
		     struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "%s/%s/controlC%s", dir, card, card + 4);

	if (r < 0 || !sysfs_exists(hook->root, path))
		return r;
	return send_event(hook, dir, card, "change", err);
}

/* Where the driver has been away the card is a new one, which is known already. */
static int undo_card(struct hook *hook, struct undo_log *log, struct undo_record *record,
		     struct error *err)
{
	const char *address = undo_field(record, 0);
	const struct undo_record *device = undo_log_find(log, DEVICE_KIND, address);

	if (device && device->state == UNDO_WEDGED)
		return 0; /* hands off */
	return each_card(hook, address, give_card, err);
}

const struct undo_kind sound_undo = {
	.name = SOUND_KIND,
	.step = "sound",
	.says = "the sound card of {0} is announced as gone",
	.undo = undo_card,
};
