/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A host with scripts of the user's: setup_scripts() and teardown_host() are the fixture.
 */

#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "hostfixture.h"

#define SCRIPTS "etc/vfiokit/hooks.d/"
#define PREPARE SCRIPTS "win/prepare/begin/"
#define RELEASE SCRIPTS "win/release/end/"
#define OUT     "\"${0%/etc/vfiokit*}/out\"" /* the file `out` at the top of the tree */

static const struct fakeguest win = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

/* Where scripts can be started: often they cannot in /dev/shm. */
static inline void setup_scripts(void)
{
	struct error err = { 0 };
	struct statvfs st;

	(void)umask(022);
	if (statvfs("/dev/shm", &st) < 0 || (st.f_flag & ST_NOEXEC)) {
		(void)strcpy(tree.dir, "/tmp/faketree-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(tree.dir));
		ck_assert_msg(root_open(&tree.root, tree.dir, &err) == 0, "%s", err.msg);
	} else {
		faketree_setup(&tree);
	}
	build_host();
}

static inline void put_script_as(const char *path, const char *text, mode_t mode)
{
	faketree_file(&tree, path, text);
	ck_assert_int_eq(fchmodat(root->fd, path, mode, 0), 0);
}

static inline void put_script(const char *path, const char *body)
{
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_gt(asprintf(&text, "#!/bin/sh\n%s\n", body), 0);
	put_script_as(path, text, 0755);
}

static inline void call(const struct fakeguest *guest, const char *operation)
{
	call_hook(guest, operation, NULL);
}

static inline void assert_out(const char *want)
{
	char text[FAKEFILE_MAX];

	ck_assert_msg(fakefile_get(root, text, "out") || !*want, "nothing has run:\n%s",
		      buf_text(&last.account));
	ck_assert_str_eq(text, want);
}

static inline bool is_told(const char *text)
{
	return strstr(buf_text(&last.account), text);
}

/* %s stands for where the tree is. */
static inline void assert_refused(const char *fmt)
{
	char message[ERROR_MSG_MAX];
	const char *place = strstr(fmt, "%s");

	call(&win, "prepare");
	ck_assert_int_lt(last.r, 0);
	if (place)
		(void)snprintf(message, sizeof(message), "%.*s%s%s", (int)(place - fmt),
			       fmt, tree.dir, place + 2);
	ck_assert_str_eq(last.err.msg, place ? message : fmt);
	ck_assert(!fakefile_has(root, "dev/vfio/15"));
}
