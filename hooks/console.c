/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The text console on a GPU that goes to a guest (Documentation/fb/fbcon.rst).
 *
 * All framebuffers share one console driver, "(M) frame buffer device", which is bound to
 * the virtual consoles as a whole. So it is taken only when what it shows them on is on a
 * function that goes, and never for a second GPU that merely has a framebuffer. Its
 * number (vtconN) is not fixed, and its directory goes and comes with the last
 * framebuffer: it is known by its name.
 *
 * Its record comes before those of framebuffer and device, and is so undone after them.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/fb.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/parse.h"
#include "device.h"
#include "framebuffer.h"
#include "steps.h"

#define CONSOLE_KIND "console"
#define CONSOLES     "sys/class/vtconsole"
#define CONSOLE_NAME "frame buffer"

enum field {
	FIELD_NAME,
	FIELD_ADDRESS,     /* of the PCI function that it is shown on */
	FIELD_FRAMEBUFFER, /* the firmware's, "": that of a graphics driver */
};

struct console {
	char path[SYSFS_PATH_MAX]; /* of its attribute `bind`, "" when there is none */
	char name[SYSFS_WORD_MAX];
	bool is_bound;
};

static int read_console(struct console *console, const struct root *root, const char *dir,
			struct error *err)
{
	char bound[SYSFS_WORD_MAX];
	int r = sysfs_path(console->path, err, CONSOLES "/%s/name", dir);

	if (r == 0) {
		r = sysfs_read_optional(root, console->path, console->name,
					sizeof(console->name), err);
	}
	if (r == 0)
		r = sysfs_path(console->path, err, CONSOLES "/%s/bind", dir);
	if (r == 0)
		r = sysfs_read_optional(root, console->path, bound, sizeof(bound), err);
	if (r == 0)
		console->is_bound = strcmp(bound, "1") == 0;
	return r;
}

/* The one with that name; NULL: the one of framebuffers. */
static int find_console(struct console *ret_console, const struct root *root,
			const char *name, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names dirs = SYSFS_NAMES_NONE;
	int r = sysfs_list(&dirs, root, CONSOLES, err);

	*ret_console = (struct console){ 0 };
	for (size_t i = 0; r == 0 && i < dirs.n; i++) {
		struct console console = { 0 };

		r = read_console(&console, root, dirs.v[i], err);
		if (r == 0 && (name ? strcmp(console.name, name) == 0
				    : strstr(console.name, CONSOLE_NAME) != NULL)) {
			*ret_console = console;
			break;
		}
	}
	return r;
}

/* --- which framebuffer it shows --- */

/* The console in the foreground, "tty2". */
static unsigned active_console(const struct root *root)
{
	char text[SYSFS_WORD_MAX] = "";
	struct error ignored;
	uint64_t n;

	if (sysfs_read_start(root, "sys/class/tty/tty0/active", text, sizeof(text),
			     &ignored) < 0 ||
	    strncmp(text, "tty", 3) != 0)
		return 1;
	text[strcspn(text, "\n")] = '\0';
	return parse_dec(&n, text + 3, 1, 63, "console", &ignored) < 0 ? 1 : (unsigned)n;
}

/*
 * The number of the framebuffer that this console is on. By default that is the first;
 * fbcon=map: and con2fbmap(1) can change it, which any framebuffer can tell.
 */
static void ask_map(char fb[static SYSFS_WORD_MAX], const struct root *root)
{
	struct fb_con2fbmap map = { .console = active_console(root) };
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (sysfs_path(path, &ignored, "dev/%s", fb) < 0)
		return;
	fd = root_openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && ioctl(fd, FBIOGET_CON2FBMAP, &map) == 0 && map.framebuffer < 32)
		(void)snprintf(fb, SYSFS_WORD_MAX, "fb%u", map.framebuffer);
}

/* "" when there is no framebuffer. */
static int shown_framebuffer(char fb[static SYSFS_WORD_MAX], const struct root *root,
			     struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = framebuffer_list(&names, root, err);

	fb[0] = '\0';
	if (r < 0 || names.n == 0)
		return r;
	(void)snprintf(fb, SYSFS_WORD_MAX, "%s", names.v[0]);
	ask_map(fb, root);
	return 0;
}

/* What is to be taken, and because of what. */
struct taking {
	struct console console;
	const char *address;            /* NULL: nothing */
	struct framebuffer framebuffer; /* the firmware's, or none */
};

static int find_address(struct taking *taking, const struct hook *hook, const char *fb,
			struct error *err)
{
	bool is_on = false;
	int r = framebuffer_find(&taking->framebuffer, hook, err);

	if (r == 0 && *taking->framebuffer.device) {
		r = framebuffer_is_on(&is_on, hook->root, fb, taking->framebuffer.device,
				      err);
	}
	if (is_on) {
		taking->address = taking->framebuffer.need->address;
		return r;
	}
	*taking->framebuffer.device = '\0';
	for (size_t i = 0; r == 0 && !is_on && i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];

		if (need->is_hostdev)
			r = framebuffer_is_on(&is_on, hook->root, fb, need->address, err);
		if (r == 0 && is_on)
			taking->address = need->address;
	}
	return r;
}

static int find_taking(struct taking *taking, const struct hook *hook, struct error *err)
{
	char fb[SYSFS_WORD_MAX];
	int r = find_console(&taking->console, hook->root, NULL, err);

	taking->address = NULL;
	if (r < 0 || !taking->console.is_bound)
		return r;
	r = shown_framebuffer(fb, hook->root, err);
	return r < 0 || !*fb ? r : find_address(taking, hook, fb, err);
}

/* --- there --- */

/* The kernel takes either number, and may yet do nothing: what counts is how it reads. */
static int bind(struct hook *hook, const struct console *console, bool on,
		struct error *err)
{
	struct console now;
	int r = hook_write(hook, console->path, on ? "1" : "0", err);

	if (r == 0)
		r = find_console(&now, hook->root, console->name, err);
	if (r == 0 && now.is_bound != on)
		r = error_set(err, EBUSY, "the kernel took no notice");
	return r;
}

static int console_apply(struct hook *hook, struct error *err)
{
	struct undo_record *record;
	struct taking taking;
	struct error ignored;
	int r = find_taking(&taking, hook, err);

	if (r < 0 || !taking.address)
		return r;
	r = undo_log_add(hook->log, &record, err, CONSOLE_KIND, taking.console.name,
			 taking.address, taking.framebuffer.device, NULL);
	if (r < 0)
		return r;
	r = bind(hook, &taking.console, false, err);
	if (r == -ETIMEDOUT) /* the worker hangs in it: hands off from now on */
		(void)!undo_log_mark(hook->log, record, UNDO_WEDGED, &ignored);
	if (r < 0) {
		return error_wrap(err, "take the console '%s' from %s",
				  taking.console.name, taking.address);
	}
	account_add(&hook->account, LOG_INFO, "console '%s': taken from %s",
		    taking.console.name, taking.address);
	return 0;
}

static int console_check(struct hook *hook, struct error *err)
{
	struct taking taking;
	int r = find_taking(&taking, hook, err);

	if (r == 0 && taking.address) {
		notes_add(&hook->notes, NOTE_DECISION, "console",
			  "'%s': no console while the guest runs", taking.console.name);
		notes_because(&hook->notes, "it is shown on %s", taking.address);
	}
	return r;
}

const struct step console_step = {
	.name = "console",
	.check = console_check,
	.apply = console_apply,
};

/* --- back --- */

struct waiting {
	const char *name;
	const char *on; /* the device whose framebuffer it was shown on */
	struct console console;
};

/* Whether console and framebuffer are there again; a driver brings it some time after. */
static int is_back(struct hook *hook, void *data, struct error *err)
{
	struct waiting *waiting = data;
	bool has = false;
	int r = find_console(&waiting->console, hook->root, waiting->name, err);

	if (r == 0)
		r = framebuffer_has(&has, hook->root, waiting->on, err);
	return r < 0 ? r : waiting->console.is_bound || (*waiting->console.path && has);
}

/* Whether the framebuffer may still come; without, the console shows what others have. */
static int may_come(const struct hook *hook, const struct undo_record *record,
		    struct error *err)
{
	const char *framebuffer = undo_field(record, FIELD_FRAMEBUFFER);
	char path[SYSFS_PATH_MAX];
	char driver[SYSFS_WORD_MAX];
	int r;

	if (*framebuffer) {
		r = sysfs_path(path, err, "sys/bus/platform/devices/%s/driver",
			       framebuffer);
		return r < 0 ? r : sysfs_exists(hook->root, path);
	}
	r = device_driver(hook->root, undo_field(record, FIELD_ADDRESS), driver, err);
	return r < 0 ? r : *driver && strcmp(driver, DEVICE_VFIO) != 0;
}

/* What the console is shown on has to be back first; the next call tries again. */
static int check_order(const struct undo_log *log, const struct undo_record *record,
		       struct error *err)
{
	const char *address = undo_field(record, FIELD_ADDRESS);
	const struct undo_record *device = undo_log_find(log, DEVICE_KIND, address);
	const struct undo_record *framebuffer = undo_log_find(
		log, FRAMEBUFFER_KIND, undo_field(record, FIELD_FRAMEBUFFER));

	if ((!device || device->state != UNDO_OPEN) &&
	    (!framebuffer || framebuffer->state != UNDO_OPEN))
		return 0;
	return error_set(err, EAGAIN,
			 "the console '%s' has to wait for its GPU %s to be back",
			 undo_field(record, FIELD_NAME), address);
}

static int await_console(struct hook *hook, struct waiting *waiting,
			 const struct undo_record *record, struct error *err)
{
	int r = may_come(hook, record, err);

	if (r > 0) {
		r = hook_await(hook, is_back, waiting, err);
		if (r != -ETIMEDOUT)
			return r;
	} else if (r < 0) {
		return r;
	}
	r = is_back(hook, waiting, err); /* for the console, wherever it is shown now */
	return r < 0 ? r : 0;
}

/*
 * A graphics driver brings its console back by itself, so often nothing is left to do. A
 * console that does not come is told, and no reason to refuse the guest ever after.
 */
static int undo_console(struct hook *hook, struct undo_log *log,
			struct undo_record *record, struct error *err)
{
	const char *framebuffer = undo_field(record, FIELD_FRAMEBUFFER);
	const char *address = undo_field(record, FIELD_ADDRESS);
	struct waiting waiting = { .name = undo_field(record, FIELD_NAME),
				   .on = *framebuffer ? framebuffer : address };
	int r = check_order(log, record, err);

	if (r == 0)
		r = await_console(hook, &waiting, record, err);
	if (r == 0 && !*waiting.console.path) {
		account_add(&hook->account, LOG_WARNING,
			    "the console '%s' has not come back with %s", waiting.name,
			    waiting.on);
		return 0;
	}
	if (r == 0 && !waiting.console.is_bound)
		r = bind(hook, &waiting.console, true, err);
	if (r == -EBUSY) {
		account_add(&hook->account, LOG_WARNING,
			    "give the console '%s' back: %s; try: echo 1 >/%s",
			    waiting.name, err->msg, waiting.console.path);
		return 0;
	}
	if (r < 0)
		return error_wrap(err, "give the console '%s' back", waiting.name);
	account_add(&hook->account, LOG_INFO, "console '%s': back", waiting.name);
	return 0;
}

const struct undo_kind console_undo = {
	.name = CONSOLE_KIND,
	.step = "console",
	.says = "the console '{0}', which was shown on {1}",
	.undo = undo_console,
};
