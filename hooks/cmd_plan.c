/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What prepare would do for a guest on this host now, and all that stands in the way: it
 * runs every check, where prepare stops at the first that refuses. Changes nothing.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "guest_xml.h"
#include "session.h"

#define PLAN_WAIT_MS 500 /* prepare would wait longer for holders to go */

static void show_notes(const struct hook *hook, enum note_kind kind, const char *title)
{
	bool is_first = true;

	for (size_t i = 0; i < hook->notes.n; i++) {
		const struct note *note = &hook->notes.v[i];

		if (note->kind != kind)
			continue;
		if (is_first)
			(void)printf("\n%s:\n", title);
		is_first = false;
		(void)printf("  %-12s %s\n", note->topic, note->text);
	}
}

/* Returns how many checks refuse. */
static unsigned check_all(struct hook *hook)
{
	unsigned n = 0;

	for (size_t i = 0; i < n_steps; i++) {
		struct error err = { 0 };

		if (!steps[i]->check || steps[i]->check(hook, &err) == 0)
			continue;
		if (n++ == 0)
			(void)printf("\n%s:\n", "In the way");
		(void)printf("  %-12s %s\n", steps[i]->name, err.msg);
	}
	return n;
}

static int read_logs(struct hook *hook, struct error *err)
{
	int r = undo_logs_open(&hook->logs, hook->root, false, err);

	if (r == 0 && hook->logs.dir >= 0)
		r = undo_logs_read(&hook->logs, UNDO_LOOK, err);
	if (r == 0)
		hook->log = undo_logs_find(&hook->logs, hook->needs.uuid);
	return r;
}

static int show(struct hook *hook, struct error *err)
{
	unsigned n;
	int r = read_logs(hook, err);

	if (r < 0)
		return r;
	(void)printf("The start of '%s' on this host, as it is now%s\n", hook->needs.name,
		     hook->log ? " (it holds its devices already):" : ":");
	n = check_all(hook);
	show_notes(hook, NOTE_DECISION, "Will be done");
	show_notes(hook, NOTE_WARNING, "Warnings");
	show_notes(hook, NOTE_INFO, "Notes");
	if (fflush(stdout) != 0)
		return error_sys(err, errno, "write to standard output");
	if (n == 0)
		return notes_check(&hook->notes, err);
	return error_set(err, EBUSY, "the guest '%s' would not start", hook->needs.name);
}

static int run_plan(int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf xml = BUF_NONE;
	CLEANUP_SESSION struct session session = SESSION_NONE;
	struct hook *hook = &session.hook;
	int r;

	(void)argc;
	if (geteuid() != 0)
		return error_set(err, EPERM, "only root can see who holds a device");
	r = guest_xml_read(&xml, argv[1], err);
	if (r == 0)
		r = session_open(&session, true, err);
	session.config.wait_ms = PLAN_WAIT_MS;
	if (r == 0)
		r = needs_read(&hook->needs, buf_text(&xml), xml.len, err);
	if (r < 0)
		return error_wrap(err, "'%s'", argv[1]);
	if (!hook->needs.is_ours) {
		return error_set(err, ENODATA,
				 "the guest '%s' has no guest element in <metadata>, so "
				 "nothing is done for it; xmltweak --hook writes one",
				 hook->needs.name);
	}
	return show(hook, err);
}

const struct command command_plan = {
	.name = "plan",
	.args = "FILE|GUEST",
	.help = "show what would be done now, and what stands in the way",
	.min_args = 1,
	.max_args = 1,
	.run = run_plan,
};
