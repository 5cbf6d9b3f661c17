/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "fakefile.h"
#include "faketree.h"
#include "suite.h"

static struct faketree tree;
static struct config config;

static void setup(void)
{
	faketree_setup(&tree);
	config = CONFIG_NONE;
}

static void teardown(void)
{
	config_done(&config);
	faketree_teardown(&tree);
}

static void read_config(const char *text)
{
	struct error err = { 0 };

	faketree_file(&tree, CONFIG_PATH, text);
	ck_assert_msg(config_read(&config, &tree.root, &err) == 0, "%s", err.msg);
}

static void assert_refused(int want, const char *message)
{
	struct error err = { 0 };

	ck_assert_int_eq(config_read(&config, &tree.root, &err), want);
	ck_assert_str_eq(err.msg, message);
}

START_TEST(without_a_file_the_defaults_hold)
{
	struct error err = { 0 };

	ck_assert_int_eq(config_read(&config, &tree.root, &err), 0);
	ck_assert_uint_eq(config.wait_ms, 10000);
	ck_assert_uint_eq(config.prepare_ms, 60000);
	ck_assert(!config.drop_caches);
	ck_assert(config_allows_stop(&config, "display-manager.service"));
	ck_assert(config_allows_stop(&config, "nvidia-persistenced.service"));
	ck_assert(!config_allows_stop(&config, "sshd.service"));
	ck_assert(config_allows_device(&config, "0000:01:00.0", "10de:1b80"));
}
END_TEST

START_TEST(all_settings_are_read)
{
	read_config("# a comment\n[allow]\nstop = a.service, b@*.service\n"
		    "devices = 0000:01:00.0 10DE:1b80\ndrop-caches = yes\n"
		    "[deadline]\nwait = 3\nprepare = 3600\n");
	ck_assert_uint_eq(config.wait_ms, 3000);
	ck_assert_uint_eq(config.prepare_ms, 3600000);
	ck_assert(config.drop_caches);
	ck_assert(config_allows_stop(&config, "a.service"));
	ck_assert(config_allows_stop(&config, "b@tty1.service"));
	ck_assert(!config_allows_stop(&config, "display-manager.service"));
	ck_assert(!config_allows_stop(&config, "a.service.d"));
	ck_assert(config_allows_device(&config, "0000:01:00.0", "ffff:ffff"));
	ck_assert(config_allows_device(&config, "0000:09:00.0", "10de:1b80"));
	ck_assert(!config_allows_device(&config, "0000:09:00.0", "10de:1b81"));
}
END_TEST

START_TEST(an_empty_list_allows_nothing)
{
	read_config("[allow]\nstop =\ndevices =\n");
	ck_assert(!config_allows_stop(&config, "display-manager.service"));
	ck_assert(!config_allows_device(&config, "0000:01:00.0", "10de:1b80"));
}
END_TEST

/* libinih by itself would cut such a line in the middle of a word. */
START_TEST(a_long_list_is_refused_or_goes_on_in_further_lines)
{
	char text[512] = "[allow]\nstop =";
	size_t len = strlen(text);

	while (len < 230)
		len += (size_t)sprintf(text + len, " b%zu.service", len);
	faketree_file(&tree, CONFIG_PATH, text);
	assert_refused(-EINVAL,
		       "'/" CONFIG_PATH "', line 2: longer than 190 bytes; go on "
		       "in a line that begins with a blank");
	(void)strcpy(text + 150, "\n  last.service\n");
	read_config(text);
	ck_assert(config_allows_stop(&config, "b14.service"));
	ck_assert(config_allows_stop(&config, "last.service"));
	ck_assert(!config_allows_stop(&config, "display-manager.service"));
}
END_TEST

START_TEST(all_devices_are_all)
{
	read_config("[allow]\ndevices = all\n");
	ck_assert(config_allows_device(&config, "0000:01:00.0", "10de:1b80"));
}
END_TEST

START_TEST(what_is_empty_says_nothing)
{
	read_config("\n# nothing\n");
	ck_assert_uint_eq(config.wait_ms, 10000);
	ck_assert(config_allows_stop(&config, "gdm.service"));
}
END_TEST

static const struct {
	const char *text;
	int code;
	const char *message;
} refused[] = {
	{ "[allow]\nunits = a\n", EINVAL,
	  "line 2: there is no setting 'units' in section [allow]" },
	{ "wait = 3\n", EINVAL, "line 1: there is no setting 'wait' in section []" },
	{ "[deadline]\n\nwait = soon\n", EINVAL,
	  "line 3: number of seconds 'soon' is not a number" },
	{ "[deadline]\nwait = 0\n", ERANGE,
	  "line 2: number of seconds '0' is not between 1 and 3600" },
	{ "[deadline]\nprepare = 3601\n", ERANGE,
	  "line 2: number of seconds '3601' is not between 1 and 3600" },
	{ "[deadline]\nwait = -1\n", EINVAL,
	  "line 2: number of seconds '-1' is not a number" },
	{ "[allow]\ndrop-caches = maybe\n", EINVAL,
	  "line 2: 'maybe' is neither yes nor no" },
	{ "[allow]\nnonsense\n", EINVAL, "line 2: this is no 'NAME = VALUE'" },
	{ "[allow\n", EINVAL, "line 1: this is no 'NAME = VALUE'" },
	{ "[deadline]\nwait = 3\n[allow]\nx = 1\ny = 2\n", EINVAL,
	  "line 4: there is no setting 'x' in section [allow]" },
};

START_TEST(what_is_not_understood_is_refused)
{
	char message[256];

	faketree_file(&tree, CONFIG_PATH, refused[_i].text);
	(void)snprintf(message, sizeof(message), "'/" CONFIG_PATH "', %s",
		       refused[_i].message);
	assert_refused(-refused[_i].code, message);
}
END_TEST

static const mode_t open_modes[] = { 0664, 0646, 0666, 0622, 0602 };

START_TEST(a_file_that_others_can_write_is_refused)
{
	faketree_file(&tree, CONFIG_PATH, "[allow]\nstop = sshd.service\n");
	ck_assert_int_eq(fchmodat(tree.root.fd, CONFIG_PATH, open_modes[_i], 0), 0);
	assert_refused(-EPERM, "'/" CONFIG_PATH "' can be written by others than root: "
			       "chown root, chmod 0644");
}
END_TEST

START_TEST(a_file_of_somebody_else_is_refused)
{
	if (geteuid() != 0)
		return; /* nobody else's to be made */
	faketree_file(&tree, CONFIG_PATH, "");
	ck_assert_int_eq(fchownat(tree.root.fd, CONFIG_PATH, 65534, 65534, 0), 0);
	assert_refused(-EPERM, "'/" CONFIG_PATH "' can be written by others than root: "
			       "chown root, chmod 0644");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	fakefile_dir(&tree.root, CONFIG_PATH);
	assert_refused(-EINVAL, "'/" CONFIG_PATH "' is no regular file");
	fakefile_remove(&tree.root, CONFIG_PATH);
	ck_assert_int_eq(mkfifoat(tree.root.fd, CONFIG_PATH, 0600), 0);
	assert_refused(-EINVAL, "'/" CONFIG_PATH "' is no regular file");
	fakefile_remove(&tree.root, CONFIG_PATH);
	faketree_link(&tree, CONFIG_PATH, "hook.conf");
	assert_refused(-ELOOP,
		       "read '/" CONFIG_PATH "': Too many levels of symbolic links");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_config");
	TCase *tc = tcase_create("hook.conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, without_a_file_the_defaults_hold);
	tcase_add_test(tc, all_settings_are_read);
	tcase_add_test(tc, an_empty_list_allows_nothing);
	tcase_add_test(tc, a_long_list_is_refused_or_goes_on_in_further_lines);
	tcase_add_test(tc, all_devices_are_all);
	tcase_add_test(tc, what_is_empty_says_nothing);
	tcase_add_loop_test(tc, what_is_not_understood_is_refused, 0,
			    ARRAY_SIZE(refused));
	tcase_add_loop_test(tc, a_file_that_others_can_write_is_refused, 0,
			    ARRAY_SIZE(open_modes));
	tcase_add_test(tc, a_file_of_somebody_else_is_refused);
	tcase_add_test(tc, what_is_no_file_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
