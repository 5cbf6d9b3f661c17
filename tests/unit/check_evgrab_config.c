/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/macro.h"
#include "config.h"
#include "faketree.h"
#include "suite.h"

static struct config *config;

static void setup(void)
{
	config = NULL;
}

static void teardown(void)
{
	config_free(config);
}

static void parse(const char *text)
{
	struct error err = { 0 };

	ck_assert_msg(config_parse(&config, text, "evgrab.conf", &err) == 0, "%s",
		      err.msg);
}

static void assert_chord(size_t i, enum router_chord_kind kind, size_t guest,
			 const char *text)
{
	CLEANUP_BUF struct buf buf = BUF_NONE;

	ck_assert_uint_lt(i, config->n_chords);
	ck_assert_int_eq(config->chords[i].kind, kind);
	if (kind == ROUTER_CHORD_TARGET)
		ck_assert_uint_eq(config->chords[i].guest, guest);
	chord_format(&config->chords[i].chord, &buf);
	ck_assert_str_eq(buf_text(&buf), text);
}

START_TEST(without_a_file_there_is_one_guest_and_one_chord)
{
	struct error err = { 0 };

	ck_assert_int_eq(config_read(&config, "/nonexistent/evgrab.conf", &err), 0);
	ck_assert_uint_eq(config->n_guests, 1);
	ck_assert_str_eq(config->guests[0].name, "guest");
	ck_assert(config->guests[0].is_always_live);
	ck_assert_uint_eq(config->guests[0].roles,
			  ROLE_BIT(ROLE_KEYBOARD) | ROLE_BIT(ROLE_MOUSE));
	ck_assert(config->guests[0].is_input_linux);
	ck_assert(!config->is_clone);
	ck_assert_uint_eq(config->wait_ms, 2000);
	ck_assert_uint_eq(config->n_selectors, 1);
	ck_assert_int_eq(config->selectors[0].kind, SELECTOR_AUTO);
	ck_assert_uint_eq(config->n_chords, 1);
	assert_chord(0, ROUTER_CHORD_NEXT, 0, "leftctrl+rightctrl");
}
END_TEST

START_TEST(all_settings_are_read)
{
	parse("\xef\xbb\xbf# a comment\n[general]\nhost = clone\nwait = 5\n"
	      "device = !name=*Webcam*\n\t046d:c52b\nnext = pause\nprev = shift+pause\n"
	      "back = scrolllock\nchord = ctrl+alt+f12\n\n"
	      "[guest win11]\nroles = keyboard, mouse gamepad\nreads = passthrough\n"
	      "live = always\nswitch = started ; yes\nchord = ctrl+alt+f1\nchord = f13\n"
	      "[guest linux]\n");
	ck_assert(config->is_clone);
	ck_assert_uint_eq(config->wait_ms, 5000);
	ck_assert_uint_eq(config->n_selectors, 2);
	ck_assert(config->selectors[0].is_not);
	ck_assert_uint_eq(config->selectors[1].vendor, 0x046d);
	ck_assert_uint_eq(config->n_guests, 2);
	ck_assert_uint_eq(config->guests[0].roles, ROLE_BIT(ROLE_KEYBOARD) |
							   ROLE_BIT(ROLE_MOUSE) |
							   ROLE_BIT(ROLE_GAMEPAD));
	ck_assert(!config->guests[0].is_input_linux);
	ck_assert(config->guests[0].is_always_live);
	ck_assert(config->guests[0].is_switched_to);
	ck_assert(config->guests[1].is_input_linux);
	ck_assert(!config->guests[1].is_always_live);
	ck_assert(!config->guests[1].is_switched_to);
	ck_assert_uint_eq(config_find(config, "linux"), 1);
	ck_assert_uint_eq(config_find(config, "mac"), 2);
	ck_assert_uint_eq(config->n_chords, 6);
	assert_chord(0, ROUTER_CHORD_NEXT, 0, "pause");
	assert_chord(1, ROUTER_CHORD_PREV, 0, "shift+pause");
	assert_chord(2, ROUTER_CHORD_BACK, 0, "scrolllock");
	assert_chord(3, ROUTER_CHORD_TARGET, CONFIG_HOST, "ctrl+alt+f12");
	assert_chord(4, ROUTER_CHORD_TARGET, 0, "ctrl+alt+f1");
	assert_chord(5, ROUTER_CHORD_TARGET, 0, "f13");
}
END_TEST

START_TEST(commands_run_as_a_user_that_is_named)
{
	parse("[general]\nuser = anna\ncommand = ddcutil setvcp 60 0x0f\n"
	      "[guest a]\ncommand = x && y\n[guest b]\n");
	ck_assert_str_eq(config->user, "anna");
	ck_assert_str_eq(config->command, "ddcutil setvcp 60 0x0f");
	ck_assert_str_eq(config->guests[0].command, "x && y");
	ck_assert_str_eq(config->guests[1].command, "");
}
END_TEST

START_TEST(one_ctrl_with_another_key_goes_with_both)
{
	parse("[guest a]\nchord = ctrl+f1\n[guest b]\nchord = ctrl+shift+f1\n");
	ck_assert_uint_eq(config->n_chords, 3);
}
END_TEST

START_TEST(chords_can_be_done_without)
{
	parse("[general]\nnext = none\n");
	ck_assert_uint_eq(config->n_chords, 0);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
	{ "[guest a]\nchord = ctrl+f1\n[guest a]\n",
	  "'evgrab.conf', line 3: there is a section [guest a] before" },
	{ "[guests a]\n", "'evgrab.conf', line 1: there is no section [guests a], only "
			  "[general] and [guest NAME]" },
	{ "[guest host]\n",
	  "'evgrab.conf', line 1: 'host' cannot be the name of a guest: at most 40 "
	  "letters, digits and . _ + -, and not host, next, prev or back" },
	{ "\n[guest my windows]\n",
	  "'evgrab.conf', line 2: 'my windows' cannot be the name of a guest: at most 40 "
	  "letters, digits and . _ + -, and not host, next, prev or back" },
	{ "[guest a\n", "'evgrab.conf', line 1: a ']' is missing" },
	{ "[general]\n [guest a]\n",
	  "'evgrab.conf', line 2: a section begins with the line" },
	{ "[general]\nnext\n", "'evgrab.conf', line 2: this is no 'NAME = VALUE'" },
	{ "next = f1\n",
	  "'evgrab.conf', line 1: 'next' is in no section: [general] or [guest NAME]" },
	{ "[general]\nfoo = 1\n",
	  "'evgrab.conf', line 2: there is no setting 'foo' in section [general]" },
	{ "[guest a]\nnext = f1\n",
	  "'evgrab.conf', line 2: there is no setting 'next' in section [guest a]" },
	{ "[general]\nnext = f1\nnext = f2\n",
	  "'evgrab.conf', line 3: 'next' is set before" },
	{ "[general]\nhost = copy\n",
	  "'evgrab.conf', line 2: 'copy' is neither clone nor keep" },
	{ "[general]\nnext = ctrl+foo\n",
	  "'evgrab.conf', line 2: chord 'ctrl+foo': there is no key 'foo'" },
	{ "[general]\nnext = ctrl+\n",
	  "'evgrab.conf', line 2: chord 'ctrl+': a key is missing" },
	{ "[general]\nnext = ctrl+leftctrl\n",
	  "'evgrab.conf', line 2: chord 'ctrl+leftctrl': 'leftctrl' is in it twice" },
	{ "[general]\nnext = a+b+c+d+e+f+g\n",
	  "'evgrab.conf', line 2: chord 'a+b+c+d+e+f+g': more than 6 keys" },
	{ "[general]\nnext = esc+enter+backspace+a\n",
	  "'evgrab.conf', line 2: chord 'esc+enter+backspace+a': Backspace, Escape and "
	  "Enter always lead to the host" },
	{ "[guest a]\nchord = ctrl+f1\n[guest b]\nchord = leftctrl+f1\n",
	  "'evgrab.conf', line 4: chord 'leftctrl+f1': cannot be told from 'ctrl+f1', "
	  "which is set before" },
	{ "[guest a]\nchord = ctrl+alt\n[guest b]\nchord = ctrl+alt+f1\n",
	  "'evgrab.conf', line 4: chord 'ctrl+alt+f1': cannot be told from 'ctrl+alt', "
	  "which is set before" },
	{ "[guest a]\nchord = a+b+c\n[guest b]\nchord = b+a\n",
	  "'evgrab.conf', line 4: chord 'b+a': cannot be told from 'a+b+c', which is set "
	  "before" },
	{ "[guest a]\nchord = rightctrl+leftctrl\n",
	  "'evgrab.conf': 'next' in section [general] is not set, so: chord "
	  "'leftctrl+rightctrl': cannot be told from 'rightctrl+leftctrl', which is set "
	  "before" },
	{ "[guest a]\nroles = keyboard piano\n",
	  "'evgrab.conf', line 2: 'piano' is none of keyboard, mouse, tablet, gamepad" },
	{ "[guest a]\nroles =\n", "'evgrab.conf', line 2: no role is named" },
	{ "[guest a]\nreads = usb\n",
	  "'evgrab.conf', line 2: 'usb' is neither evdev nor passthrough" },
	{ "[guest a]\ncommand = true\n",
	  "'evgrab.conf': there are commands, but 'user' in section [general] does not say "
	  "who they run as" },
	{ "[guest a]\ncommand =\n", "'evgrab.conf', line 2: no command is named" },
	{ "[general]\nuser = anna --\n",
	  "'evgrab.conf', line 2: 'anna --' cannot be the name of a user" },
	{ "[guest a]\nlive = yes\n",
	  "'evgrab.conf', line 2: 'yes' is neither always nor started" },
	{ "[guest a]\nswitch = yes\n",
	  "'evgrab.conf', line 2: 'yes' is neither started nor no" },
};

START_TEST(a_mistake_is_named_with_its_line)
{
	struct error err = { 0 };

	ck_assert_int_eq(config_parse(&config, bad[_i].text, "evgrab.conf", &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, bad[_i].message);
	ck_assert_ptr_null(config);
}
END_TEST

START_TEST(a_number_out_of_range_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(
		config_parse(&config, "[general]\nwait = 61\n", "evgrab.conf", &err),
		-ERANGE);
	ck_assert_str_eq(err.msg, "'evgrab.conf', line 2: number of seconds '61' is not "
				  "between 1 and 60");
}
END_TEST

START_TEST(more_guests_than_there_can_be_are_refused)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };

	for (int i = 0; i < 17; i++)
		buf_addf(&text, "[guest g%d]\n", i);
	ck_assert_int_eq(config_parse(&config, buf_text(&text), "evgrab.conf", &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg,
			 "'evgrab.conf', line 17: there are more than 16 guests");
}
END_TEST

START_TEST(a_line_that_would_be_cut_is_refused)
{
	struct error err = { 0 };
	char text[256] = "[general]\nnext = ";

	memset(text + strlen(text), 'a', 200);
	ck_assert_int_eq(config_parse(&config, text, "evgrab.conf", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'evgrab.conf', line 2: longer than 190 bytes");
}
END_TEST

START_TEST(a_file_that_others_can_write_is_refused)
{
	struct faketree tree;
	struct error err = { 0 };
	char path[512], want[600];

	faketree_setup(&tree);
	faketree_file(&tree, "evgrab.conf", "[guest a]\n");
	(void)snprintf(path, sizeof(path), "%s/evgrab.conf", tree.dir);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(config_read(&config, path, &err), -EPERM);
	(void)snprintf(want, sizeof(want),
		       "'%s' can be written by others than root: chown root, chmod 0644",
		       path);
	ck_assert_str_eq(err.msg, want);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(config_read(&config, path, &err), 0);
	ck_assert_str_eq(config->guests[0].name, "a");
	faketree_teardown(&tree);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_file_there_is_one_guest_and_one_chord);
	tcase_add_test(tc, all_settings_are_read);
	tcase_add_test(tc, commands_run_as_a_user_that_is_named);
	tcase_add_test(tc, one_ctrl_with_another_key_goes_with_both);
	tcase_add_test(tc, chords_can_be_done_without);
	tcase_add_loop_test(tc, a_mistake_is_named_with_its_line, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, a_number_out_of_range_is_refused);
	tcase_add_test(tc, more_guests_than_there_can_be_are_refused);
	tcase_add_test(tc, a_line_that_would_be_cut_is_refused);
	tcase_add_test(tc, a_file_that_others_can_write_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
