/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "coreguest.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

void coreguest_setup(struct coreguest *guest)
{
	*guest = (struct coreguest){ 0 };
	faketree_setup(&guest->tree);
	guest->root = &guest->tree.root;
	fakehost_build(guest->root);
}

void coreguest_teardown(struct coreguest *guest)
{
	fakecall_done(&guest->call);
	free(guest->before);
	faketree_teardown(&guest->tree);
}

int coreguest_run(struct coreguest *guest, const char *operation, const char *metadata,
		  const char *domain)
{
	const struct fakeguest win = { .name = "win",
				       .uuid = COREGUEST_UUID,
				       .metadata = metadata,
				       .domain = domain };

	if (!guest->before)
		guest->before = fakehost_snapshot(guest->root);
	guest->call.guest = &win;
	guest->call.operation = operation;
	return fakehost_call(guest->root, &guest->call);
}

static void check_unchanged(struct coreguest *guest)
{
	CLEANUP_FREE char *after = fakehost_snapshot(guest->root);
	CLEANUP_FREE char *difference = fakehost_difference(guest->before, after, NULL);

	ck_assert_str_eq(difference, "");
}

void coreguest_prepare(struct coreguest *guest, const char *metadata, const char *domain)
{
	int r = coreguest_run(guest, "prepare", metadata, domain);

	ck_assert_msg(r == 0, "%s", guest->call.err.msg);
}

void coreguest_release(struct coreguest *guest, const char *metadata, const char *domain)
{
	int r = coreguest_run(guest, "release", metadata, domain);

	ck_assert_msg(r == 0, "%s", guest->call.err.msg);
	check_unchanged(guest);
}

void coreguest_refused(struct coreguest *guest, const char *metadata, const char *domain,
		       const char *message)
{
	ck_assert_int_lt(coreguest_run(guest, "prepare", metadata, domain), 0);
	ck_assert_str_eq(guest->call.err.msg, message);
	check_unchanged(guest);
}

void coreguest_file(struct coreguest *guest, const char *path, const char *expected)
{
	char text[FAKEFILE_MAX];

	(void)fakefile_get(guest->root, text, "%s", path);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: '%s' instead of '%s'", path, text,
		      expected);
}

void coreguest_account(struct coreguest *guest, const char *text)
{
	ck_assert_msg(strstr(buf_text(&guest->call.account), text), "no '%s' in:\n%s",
		      text, buf_text(&guest->call.account));
}
