/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * An event device of the host: what it is, what comes from it, and having it alone.
 *
 * It is reached through a small table of operations only (struct device_ops), so that all
 * of this, and what is built on it, runs without a kernel's devices as well.
 *
 * A device is non-blocking and knows neither time nor threads, and allocates nothing once
 * it is open. Its owner waits for fd to become readable, calls device_read(), and is told
 * through a sink of whole frames.
 */

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "bits.h"

#define DEVICE_PATH_MAX  128
#define DEVICE_TEXT_MAX  256
#define DEVICE_BATCH     64  /* events that one read(2) takes */
#define DEVICE_FRAME_MAX 255 /* a longer frame counts as lost */
#define DEVICE_SLOTS     16  /* fingers that are told of after a loss */

/* What a device says of itself. */
struct device_info {
	char name[DEVICE_TEXT_MAX];
	char phys[DEVICE_TEXT_MAX]; /* where it is plugged in; or "" */
	char uniq[DEVICE_TEXT_MAX]; /* a serial number or Bluetooth address; or "" */
	struct input_id id;
	dev_t rdev;           /* of its node */
	uint32_t types;       /* bits of EV_* */
	struct key_bits keys; /* that it can send */
	uint32_t rel;         /* bits of REL_* */
	uint32_t leds;        /* bits of LED_* */
	uint32_t msc;         /* bits of MSC_* */
	uint32_t props;       /* bits of INPUT_PROP_* */
	uint64_t axes;        /* bits of ABS_* */
	struct input_absinfo abs[ABS_CNT];
};

/* What the kernel holds to be so at this moment. */
struct device_state {
	struct key_bits keys; /* that are down */
	uint32_t leds;        /* that are lit, bits of LED_* */
};

/* Each returns a negative errno on failure. */
struct device_ops {
	int (*open)(void *data, const char *path); /* a descriptor */
	void (*close)(void *data, int fd);
	int (*describe)(void *data, int fd, struct device_info *ret_info);

	/* Takes what it tells about out of the queue of events, as the kernel does. */
	int (*state)(void *data, int fd, struct device_state *ret_state);
	int (*grab)(void *data, int fd, bool is_on);

	/*
	 * What axes and fingers are at, as EV_ABS events of one frame: how many, at most
	 * DEVICE_FRAME_MAX. Of devices with axes only.
	 */
	ssize_t (*axes)(void *data, int fd, const struct device_info *info,
			struct input_event *events);

	/* Both count events, not bytes. */
	ssize_t (*read)(void *data, int fd, struct input_event *events, size_t n);
	ssize_t (*write)(void *data, int fd, const struct input_event *events, size_t n);

	/* Appends who has the device open: "keyd (pid 812)"; nothing when it is nobody.
	 */
	void (*holders)(void *data, dev_t rdev, struct buf *buf);

	/* The number of the node that a path leads to. */
	int (*number)(void *data, const char *path, dev_t *ret_rdev);
};

/* The kernel's own; takes no data. */
extern const struct device_ops device_kernel;

struct device;

struct device_sink {
	/*
	 * A whole frame of EV_KEY, EV_REL, EV_ABS, EV_MSC and EV_SW events, without the
	 * SYN_REPORT that ended it; at least one event.
	 */
	void (*frame)(void *data, struct device *device, const struct input_event *events,
		      size_t n);

	/*
	 * Events were lost or are meaningless: these keys are down now. What went up or
	 * down on the way there is not told otherwise. Fingers are up, and axes not
	 * known, until a frame tells of them, which comes next.
	 */
	void (*resync)(void *data, struct device *device, const struct key_bits *down);
	void *data;
};

struct device {
	const struct device_ops *ops;
	void *ops_data;
	void *owner; /* for the layer above */
	int fd;
	char path[DEVICE_PATH_MAX];
	struct device_info info;

	struct key_bits down; /* as the kernel said last, and events since */
	struct key_bits told; /* as the sink knows it */
	bool is_news;         /* these two may differ */
	bool is_dropping;     /* until the next SYN_REPORT */
	bool is_behind;       /* the last read had several frames: more may have come */
	size_t n_pending;     /* events of a frame that has not ended */
	struct input_event pending[DEVICE_FRAME_MAX];

	bool is_grabbed;
	bool is_kept;         /* it was so before the grab that is being tried */
	bool was_busy;        /* when it was last tried */
	struct key_bits held; /* by fingers, released on the host all the same */
	uint32_t leds_wanted; /* while it is grabbed */
	uint32_t leds_host;   /* what the host had before, and wanted since */
};

#define DEVICE_NONE ((struct device){ .fd = -1 })

/* What has happened, where that is no error. */
enum {
	DEVICE_GONE = 1, /* it was unplugged */
	DEVICE_HELD,     /* each time a key went down in between: nothing is grabbed */
};

/*
 * Opens and describes it; its events carry CLOCK_MONOTONIC. What is down already is in
 * device->down, and no news. path is copied.
 */
MUST_CHECK int device_open(struct device *device, const struct device_ops *ops,
			   void *ops_data, const char *path, struct error *err);

/* Also gives it back to the host. May be called again, and on DEVICE_NONE. */
void device_close(struct device *device);

/*
 * Reads once, at most DEVICE_BATCH events, and tells the sink, which must not close the
 * device. DEVICE_GONE: all that could still be read has been told; what was held is the
 * sink's to release.
 */
MUST_CHECK int device_read(struct device *device, const struct device_sink *sink,
			   struct error *err);

/* Asks the kernel what is down, as after a suspend. DEVICE_GONE. */
MUST_CHECK int device_refresh(struct device *device, struct error *err);

/*
 * Tells the sink if what is down is not what it knows, as after grabbing and ungrabbing.
 * device_read() does that, too, before it tells of what it has read.
 */
void device_report(struct device *device, const struct device_sink *sink);

enum device_grab {
	DEVICE_GRAB_RELEASED, /* or not at all: DEVICE_HELD */
	DEVICE_GRAB_ANYWAY,   /* even if the host will have a key stuck */
};

/*
 * Grabs all of the devices or none; some may be grabbed already. Keys that are down are
 * released on the host first, by writing into the devices; then what the host was sent is
 * read and dropped. A key that goes down just in between is noticed, and the grab begun
 * anew, a few times.
 *
 * In the end what fingers hold is put down again, seen by nobody: else the kernel would
 * swallow the real release as no change, and a HID keyboard, which tells the state of its
 * modifiers with every report, would seem to press them anew. So afterwards device->down
 * is what fingers do.
 *
 * -EBUSY: err says who may have it. DEVICE_HELD: err names the keys. DEVICE_GONE: err
 * says which of them was unplugged.
 */
MUST_CHECK int device_grab_all(struct device *const devices[], size_t n,
			       enum device_grab mode, struct error *err);

/*
 * Gives them back to the host, with the LEDs as the host wants them. What fingers hold
 * stays down in the kernel, but is not repeated; the host will see it go up, and ignore
 * that.
 */
void device_ungrab_all(struct device *const devices[], size_t n);

/*
 * When a grab of any keyboard ends, the kernel's consoles set the LEDs of all that nobody
 * has grabbed. Before it: what this one shows, if it is none of ours, to be put back
 * afterwards. Nothing is done to one that is grabbed then.
 */
void device_keep_leds(struct device *device);
void device_put_leds_back(struct device *device);

/*
 * Lights these LEDs (bits of LED_*) for as long as it is grabbed, again when the host
 * changes them. LEDs that it has not are left out; nothing is done when not grabbed.
 */
void device_set_leds(struct device *device, uint32_t leds);

/* "'/dev/input/event3' (Logitech G502)", for messages. Returns buf. */
#define DEVICE_LABEL_MAX (DEVICE_PATH_MAX + DEVICE_TEXT_MAX + 8)
const char *device_label(const struct device *device, char buf[static DEVICE_LABEL_MAX]);

#define CLEANUP_DEVICE CLEANUP(device_close)
