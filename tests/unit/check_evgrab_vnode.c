/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/macro.h"
#include "suite.h"
#include "vnode.h"

/* uinput, whose devices are sockets. */
static struct {
	struct device_info made; /* as it was asked for */
	struct vnode_place place;
	struct device_state state;
	int create_errno;
	int place_errno;
	int state_errno;
	int write_errno;
	unsigned n_writes;
	size_t most; /* events that one write takes */
	bool is_linked;
	unsigned n_closed;
	int theirs; /* the kernel's end */
} fake;

static struct vnode vnode;
static struct device_info info;
static struct error err;

static int new_fd(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	fake.theirs = fds[1];
	return fds[0];
}

static int fake_create(UNUSED void *data, const struct device_info *like)
{
	if (fake.create_errno)
		return -fake.create_errno;
	fake.made = *like;
	(void)snprintf(fake.place.name, sizeof(fake.place.name), "%s", like->name);
	(void)snprintf(fake.place.phys, sizeof(fake.place.phys), "%s", like->phys);
	return new_fd();
}

static int fake_place(UNUSED void *data, UNUSED int fd, struct vnode_place *ret_place)
{
	*ret_place = fake.place;
	return -fake.place_errno;
}

static int fake_state(UNUSED void *data, const char *path, struct device_state *ret_state)
{
	ck_assert_str_eq(path, "/dev/input/event9");
	*ret_state = fake.state;
	return -fake.state_errno;
}

static int fake_number(UNUSED void *data, const char *path, dev_t *ret_rdev)
{
	if (strcmp(path, "/dev/input/event9") == 0) {
		*ret_rdev = makedev(13, 73);
		return 0;
	}
	ck_assert_str_eq(path, "/dev/input/by-id/vfiokit-win11-event-kbd");
	*ret_rdev = makedev(13, fake.is_linked ? 73 : 74);
	return 0;
}

static ssize_t fake_read(UNUSED void *data, int fd, struct input_event *events, size_t n)
{
	ssize_t size = read(fd, events, n * sizeof(*events));

	return size < 0 ? -errno : size / (ssize_t)sizeof(*events);
}

static ssize_t fake_write(UNUSED void *data, int fd, const struct input_event *events,
			  size_t n)
{
	int code = fake.write_errno;

	fake.n_writes++;
	fake.write_errno = code == EINTR ? 0 : code;
	if (code)
		return -code;
	n = n < fake.most ? n : fake.most;
	return write(fd, events, n * sizeof(*events)) / (ssize_t)sizeof(*events);
}

static void fake_close(UNUSED void *data, int fd)
{
	fake.n_closed++;
	(void)close(fd);
}

static const struct vnode_ops ops = {
	.create = fake_create,
	.place = fake_place,
	.state = fake_state,
	.number = fake_number,
	.read = fake_read,
	.write = fake_write,
	.close = fake_close,
};

static void setup(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.theirs = -1;
	fake.most = 1000;
	(void)snprintf(fake.place.path, sizeof(fake.place.path), "/dev/input/event9");
	vnode = VNODE_NONE;
	err = (struct error){ 0 };
	ck_assert_int_eq(vnode_describe(&info, "win11", ROLE_KEYBOARD, NULL, &err), 0);
}

static void teardown(void)
{
	vnode_close(&vnode);
	if (fake.theirs >= 0)
		(void)close(fake.theirs);
}

static void make(void)
{
	ck_assert_int_eq(vnode_create(&vnode, &ops, NULL, &info, &err), 0);
}

/* --- names --- */

static const struct {
	const char *guest;
	enum role role;
	const char *name;
} names[] = {
	{ "win11", ROLE_KEYBOARD, "vfiokit-win11-event-kbd" },
	{ "win11", ROLE_MOUSE, "vfiokit-win11-event-mouse" },
	{ "win11", ROLE_TABLET, "vfiokit-win11-event-tablet" },
	{ "win11", ROLE_GAMEPAD, "vfiokit-win11-event-joystick" },
	{ "Windows 11", ROLE_MOUSE, "vfiokit-Windows_11-event-mouse" },
	{ "a.b_c+d-e", ROLE_MOUSE, "vfiokit-a.b_c+d-e-event-mouse" },
	{ "../etc", ROLE_MOUSE, "vfiokit-.._etc-event-mouse" },
	{ "gr\xc3\xbcn", ROLE_MOUSE, "vfiokit-gr__n-event-mouse" },
	{ "a\nb$attr{x}", ROLE_MOUSE, "vfiokit-a_b_attr_x_-event-mouse" },
};

START_TEST(name_is_one_that_udev_makes_a_link_of)
{
	char name[VNODE_NAME_MAX];

	ck_assert_int_eq(vnode_name(name, names[_i].guest, names[_i].role, &err), 0);
	ck_assert_str_eq(name, names[_i].name);
}
END_TEST

START_TEST(longest_name_fits_and_a_longer_one_is_refused)
{
	char guest[VNODE_GUEST_MAX + 2] = "";
	char name[VNODE_NAME_MAX];

	memset(guest, 'g', VNODE_GUEST_MAX);
	ck_assert_int_eq(vnode_name(name, guest, ROLE_GAMEPAD, &err), 0);
	ck_assert_uint_lt(strlen(name), VNODE_NAME_MAX);
	ck_assert_ptr_nonnull(strstr(name, "g-event-joystick"));
	guest[VNODE_GUEST_MAX] = 'g';
	ck_assert_int_eq(vnode_name(name, guest, ROLE_GAMEPAD, &err), -ENAMETOOLONG);
	ck_assert_str_eq(err.msg,
			 "guest 'ggggggggggggggggggggggggggggggggggggggggggggggggg': its "
			 "name has more than 48 characters");
}
END_TEST

/* --- descriptions --- */

START_TEST(keyboard_is_described_by_its_template)
{
	ck_assert_str_eq(info.name, "vfiokit-win11-event-kbd");
	ck_assert_str_eq(info.phys, "vfiokit/win11/keyboard");
	ck_assert_uint_eq(info.id.bustype, BUS_VIRTUAL);
	ck_assert_uint_eq(info.types, 1u << EV_KEY | 1u << EV_LED);
	ck_assert_uint_eq(info.leds, 0x1f);
	for (unsigned code = 0; code < KEY_CNT; code++)
		ck_assert_int_eq(keys_has(&info.keys, code),
				 role_has(ROLE_KEYBOARD, EV_KEY, code));
}
END_TEST

START_TEST(mouse_is_described_by_its_template)
{
	ck_assert_int_eq(vnode_describe(&info, "win11", ROLE_MOUSE, NULL, &err), 0);
	ck_assert_uint_eq(info.types, 1u << EV_KEY | 1u << EV_REL);
	for (unsigned code = 0; code < REL_CNT; code++)
		ck_assert_int_eq(info.rel >> code & 1,
				 role_has(ROLE_MOUSE, EV_REL, code));
}
END_TEST

START_TEST(gamepad_has_the_axes_of_its_template)
{
	ck_assert_int_eq(vnode_describe(&info, "win11", ROLE_GAMEPAD, NULL, &err), 0);
	ck_assert_uint_eq(info.types, 1u << EV_KEY | 1u << EV_ABS);
	for (unsigned code = 0; code < ABS_CNT; code++)
		ck_assert_int_eq(info.axes >> code & 1,
				 role_axis(ROLE_GAMEPAD, code) != NULL);
	ck_assert_int_eq(info.abs[ABS_X].minimum, -32768);
	ck_assert_int_eq(info.abs[ABS_Z].maximum, 1023);
}
END_TEST

START_TEST(clone_is_like_its_device_but_for_what_does_not_work)
{
	struct device_info like = { .name = "Some Pad",
				    .phys = "usb-1/input0",
				    .uniq = "4711",
				    .id = { BUS_USB, 1, 2, 3 },
				    .types = ~0u,
				    .axes = 1u << ABS_X | 1u << ABS_Y };

	like.abs[ABS_X] = (struct input_absinfo){ .minimum = 10, .maximum = -10 };
	ck_assert_int_eq(vnode_describe(&info, "host", ROLE_CLONE, &like, &err), 0);
	ck_assert_str_eq(info.name, "Some Pad");
	ck_assert_str_eq(info.phys, "vfiokit/host/usb-1/input0");
	ck_assert_uint_eq(info.id.bustype, BUS_VIRTUAL);
	ck_assert_uint_eq(info.id.vendor, 1);
	ck_assert_uint_eq(info.types & (1u << EV_REP | 1u << EV_FF | 1u << EV_SW), 0);
	/* what the kernel would refuse */
	ck_assert_int_eq(info.abs[ABS_X].minimum, -10);
	ck_assert_int_eq(info.abs[ABS_X].maximum, 10);
	ck_assert_int_eq(info.abs[ABS_Y].maximum, 1);
}
END_TEST

/* --- making and adopting --- */

START_TEST(node_is_made_as_described)
{
	make();
	ck_assert_int_eq(memcmp(&fake.made, &info, sizeof(info)), 0);
	ck_assert_str_eq(vnode.link, "/dev/input/by-id/vfiokit-win11-event-kbd");
	ck_assert_str_eq(vnode.place.path, "/dev/input/event9");
	vnode_close(&vnode);
	vnode_close(&vnode);
	ck_assert_uint_eq(fake.n_closed, 1);
}
END_TEST

START_TEST(node_that_cannot_be_made_is_named)
{
	fake.create_errno = ENOENT;
	ck_assert_int_eq(vnode_create(&vnode, &ops, NULL, &info, &err), -ENOENT);
	ck_assert_str_eq(err.msg, "make the virtual device 'vfiokit-win11-event-kbd' by "
				  "'/dev/uinput': "
				  "No such file or directory");
	fake.create_errno = 0;
	fake.place_errno = EIO;
	ck_assert_int_eq(vnode_create(&vnode, &ops, NULL, &info, &err), -EIO);
	ck_assert_str_eq(err.msg, "find the virtual device 'vfiokit-win11-event-kbd': "
				  "Input/output error");
	ck_assert_uint_eq(fake.n_closed, 1);
	ck_assert_int_eq(vnode.fd, -1);
}
END_TEST

static int adopt(void)
{
	return vnode_adopt(&vnode, &ops, NULL, new_fd(), &info, &err);
}

START_TEST(node_is_adopted_with_its_leds)
{
	memcpy(fake.place.name, info.name, sizeof(info.name));
	memcpy(fake.place.phys, info.phys, sizeof(info.phys));
	fake.state.leds = 1u << LED_CAPSL;
	ck_assert_int_eq(adopt(), 0);
	ck_assert_uint_eq(vnode.leds, 1u << LED_CAPSL);
	ck_assert_str_eq(vnode.link, "/dev/input/by-id/vfiokit-win11-event-kbd");
}
END_TEST

START_TEST(another_node_is_not_adopted)
{
	int fd;

	(void)snprintf(fake.place.name, sizeof(fake.place.name), "vfiokit-b-event-kbd");
	(void)snprintf(fake.place.phys, sizeof(fake.place.phys), "vfiokit/b/keyboard");
	fd = new_fd();
	ck_assert_int_eq(vnode_adopt(&vnode, &ops, NULL, fd, &info, &err), -ESTALE);
	ck_assert_str_eq(err.msg,
			 "adopt the virtual device 'vfiokit-win11-event-kbd': it is "
			 "'vfiokit-b-event-kbd'");
	ck_assert_int_eq(vnode.fd, -1);
	ck_assert_uint_eq(fake.n_closed, 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(what_is_no_node_is_not_adopted)
{
	int fd = new_fd();

	fake.place_errno = ENOTTY;
	ck_assert_int_eq(vnode_adopt(&vnode, &ops, NULL, fd, &info, &err), -ENOTTY);
	ck_assert_str_eq(err.msg, "adopt the virtual device 'vfiokit-win11-event-kbd': "
				  "Inappropriate ioctl for device");
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(node_is_linked_when_udev_is_done)
{
	fake.place.path[0] = '\0';
	make();
	ck_assert(!vnode_is_linked(&vnode)); /* evdev is a module */
	(void)snprintf(fake.place.path, sizeof(fake.place.path), "/dev/input/event9");
	ck_assert(!vnode_is_linked(&vnode)); /* the link is that of another one */
	fake.is_linked = true;
	ck_assert(vnode_is_linked(&vnode));
}
END_TEST

/* --- using it --- */

static const struct input_event frame[] = {
	{ .type = EV_KEY, .code = KEY_A, .value = 1 },
	{ .type = EV_KEY, .code = KEY_B, .value = 1 },
	{ .type = EV_SYN, .code = SYN_REPORT },
};

START_TEST(frame_is_written_at_once)
{
	struct input_event got[8];

	make();
	ck_assert_int_eq(vnode_write(&vnode, frame, 3), 0);
	ck_assert_uint_eq(fake.n_writes, 1);
	ck_assert_int_eq(read(fake.theirs, got, sizeof(got)), sizeof(frame));
	ck_assert_int_eq(memcmp(got, frame, sizeof(frame)), 0);
}
END_TEST

START_TEST(write_that_is_interrupted_is_made_again)
{
	make();
	fake.write_errno = EINTR;
	ck_assert_int_eq(vnode_write(&vnode, frame, 3), 0);
	ck_assert_uint_eq(fake.n_writes, 2);
}
END_TEST

START_TEST(frame_that_was_not_sent_wholly_was_not_sent)
{
	make();
	fake.write_errno = ENODEV;
	ck_assert_int_eq(vnode_write(&vnode, frame, 3), -ENODEV);
	fake.write_errno = 0;
	fake.most = 2;
	ck_assert_int_eq(vnode_write(&vnode, frame, 3), -EIO);
}
END_TEST

static void put(unsigned type, unsigned code, int value)
{
	const struct input_event event = { .type = (uint16_t)type,
					   .code = (uint16_t)code,
					   .value = value };

	ck_assert_int_eq(write(fake.theirs, &event, sizeof(event)), sizeof(event));
}

START_TEST(leds_are_read_to_the_end_and_told_once)
{
	make();
	ck_assert(!vnode_read(&vnode));
	for (unsigned i = 0; i < 100; i++)
		put(EV_LED, LED_NUML, i % 2);
	put(EV_LED, LED_CAPSL, 1);
	put(EV_REP, REP_DELAY, 250);
	put(EV_LED, 99, 1);
	ck_assert(vnode_read(&vnode));
	ck_assert_uint_eq(vnode.leds, 1u << LED_NUML | 1u << LED_CAPSL);
	put(EV_LED, LED_CAPSL, 0);
	put(EV_LED, LED_CAPSL, 1);
	ck_assert(!vnode_read(&vnode));
}
END_TEST

START_TEST(state_that_cannot_be_had_names_the_node)
{
	struct device_state state;

	make();
	fake.state_errno = EACCES;
	ck_assert_int_eq(vnode_state(&vnode, &state, &err), -EACCES);
	ck_assert_str_eq(err.msg,
			 "ask for the keys of '/dev/input/event9': Permission denied");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_vnode");
	TCase *tc = tcase_create("vnode");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, name_is_one_that_udev_makes_a_link_of, 0,
			    ARRAY_SIZE(names));
	tcase_add_test(tc, longest_name_fits_and_a_longer_one_is_refused);
	tcase_add_test(tc, keyboard_is_described_by_its_template);
	tcase_add_test(tc, mouse_is_described_by_its_template);
	tcase_add_test(tc, gamepad_has_the_axes_of_its_template);
	tcase_add_test(tc, clone_is_like_its_device_but_for_what_does_not_work);
	tcase_add_test(tc, node_is_made_as_described);
	tcase_add_test(tc, node_that_cannot_be_made_is_named);
	tcase_add_test(tc, node_is_adopted_with_its_leds);
	tcase_add_test(tc, another_node_is_not_adopted);
	tcase_add_test(tc, what_is_no_node_is_not_adopted);
	tcase_add_test(tc, node_is_linked_when_udev_is_done);
	tcase_add_test(tc, frame_is_written_at_once);
	tcase_add_test(tc, write_that_is_interrupted_is_made_again);
	tcase_add_test(tc, frame_that_was_not_sent_wholly_was_not_sent);
	tcase_add_test(tc, leds_are_read_to_the_end_and_told_once);
	tcase_add_test(tc, state_that_cannot_be_had_names_the_node);
	suite_add_tcase(s, tc);
	return s;
}
