/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * All orders of prepare and release of two guests, also those that libvirt would call
 * only after it has crashed: twice the same, release before prepare. What the host is
 * like follows from which guests there are, and from nothing else.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakehost.h"
#include "suite.h"

#define STEPS_MAX 4 /* in a word */

/* Two guests and what stands in the way of both at once, if anything. */
struct pair {
	const char *name;
	struct fakeguest guests[2];
	const char *conflict; /* in the message of the one that comes second */
};

static struct faketree tree;
static const struct root *root = &tree.root;
static char *states[4]; /* snapshots, by the bits of the guests that are there */
static struct pair pair;

static const struct fakeguest greedy = {
	.name = "greedy",
	.uuid = "99999999-8888-7777-6666-555555555555",
	.devices = { FAKEHOST_NIC, FAKEHOST_NVME },
	.metadata = "<v:stop unit='gdm.service'/><v:cores isolate='yes' irq='yes'/>",
	.domain = "<vcpu>1</vcpu><cputune><vcpupin vcpu='0' cpuset='1'/></cputune>",
};

static void choose(int i)
{
	pair = (struct pair){ .name = "sharing",
			      .guests = { fakeguest_win, fakeguest_lin } };
	if (i == 0)
		return;
	pair.name = "conflicting";
	pair.guests[1] = greedy;
	pair.conflict = "0000:03:00.0 is in use by the guest ";
}

static char *snapshot(void)
{
	static const char *const logs[] = { "run/vfiokit/", NULL };
	CLEANUP_FREE char *all = fakehost_snapshot(root);
	struct buf out = BUF_NONE;

	/* the logs tell how it came to that; that is not the host */
	for (const char *line = all; *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, logs[0], strlen(logs[0])) != 0)
			buf_add(&out, line, strcspn(line, "\n") + 1);
	}
	return buf_take(&out);
}

static int call(unsigned guest, const char *operation, struct error *err)
{
	struct fakecall call = { .guest = &pair.guests[guest], .operation = operation };
	int r = fakehost_call(root, &call);

	*err = call.err;
	fakecall_done(&call);
	return r;
}

/* One letter of a word: P or p prepares the first or second guest, R or r releases it. */
static bool take(char letter, unsigned *present, char *why, size_t size)
{
	unsigned guest = letter == 'p' || letter == 'r';
	bool is_prepare = letter == 'P' || letter == 'p';
	bool is_refused =
		is_prepare && pair.conflict && (*present & (guest ? 1U : 2U)) != 0;
	struct error err = { 0 };
	int r = call(guest, is_prepare ? "prepare" : "release", &err);

	/* a guest that is prepared again had gone unnoticed: the former is undone first
	 */
	if (is_refused || !is_prepare)
		*present &= ~(1U << guest);
	else
		*present |= 1U << guest;
	(void)snprintf(why, size, "%d %s", r, r < 0 ? err.msg : "");
	if (!is_refused)
		return r == 0;
	return r == -EBUSY &&
	       strncmp(err.msg, pair.conflict, strlen(pair.conflict)) == 0 &&
	       strstr(err.msg, pair.guests[!guest].name);
}

static bool run_word(const char *word, struct buf *failures)
{
	unsigned present = 0;

	for (const char *letter = word; *letter; letter++) {
		CLEANUP_FREE char *now = NULL;
		CLEANUP_FREE char *difference = NULL;
		char why[ERROR_MSG_MAX + 16];

		if (!take(*letter, &present, why, sizeof(why))) {
			buf_addf(failures, "%s at %s: %s\n", word, letter, why);
			return false;
		}
		now = snapshot();
		if (!states[present])
			states[present] = strdup(now);
		if (strcmp(now, states[present]) == 0)
			continue;
		difference = fakehost_difference(states[present], now, NULL);
		buf_addf(failures, "%s at %s:\n%s", word, letter, difference);
		return false;
	}
	return true;
}

/* The n-th word of that many letters, and both released at its end. */
static void spell(char word[static STEPS_MAX + 3], unsigned n)
{
	for (unsigned i = 0; i < STEPS_MAX; i++, n /= 4)
		word[i] = "PRpr"[n % 4];
	(void)strcpy(word + STEPS_MAX, "Rr");
}

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	memset(states, 0, sizeof(states));
	states[0] = snapshot();
}

static void teardown(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		free(states[i]);
	faketree_teardown(&tree);
}

START_TEST(any_order_leaves_what_belongs_to_those_that_are_there)
{
	CLEANUP_BUF struct buf failures = BUF_NONE;
	CLEANUP_FREE char *before = fakehost_snapshot(root);
	char word[STEPS_MAX + 3];
	unsigned n = 0;

	choose(_i);
	for (; n < 1U << (2 * STEPS_MAX); n++) {
		spell(word, n);
		if (!run_word(word, &failures))
			fakehost_renew(&tree, before);
	}
	ck_assert_msg(failures.len == 0, "%s", buf_text(&failures));
	(void)printf("%s guests: %u orders\n", pair.name, n);
	(void)fflush(stdout);
}
END_TEST

START_TEST(the_states_differ)
{
	CLEANUP_BUF struct buf failures = BUF_NONE;

	choose(0);
	ck_assert(run_word("PpRr", &failures));
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned j = 0; j < i; j++)
			ck_assert_msg(!states[i] || strcmp(states[i], states[j]) != 0,
				      "%u is as %u", i, j);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_orders");
	TCase *tc = tcase_create("orders");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, the_states_differ);
	tcase_add_loop_test(tc, any_order_leaves_what_belongs_to_those_that_are_there, 0,
			    2);
	suite_add_tcase(s, tc);
	return s;
}
