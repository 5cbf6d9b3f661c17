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

static void print_line(const char *step, const char *text, const char *reason)
{
	(void)printf("  %-12s ", step);
	command_print(stdout, text);
	if (reason) {
		(void)fputs(": ", stdout);
		command_print(stdout, reason);
	}
	(void)putchar('\n');
}

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
		print_line(note->topic, note->text, note->reason);
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
		print_line(steps[i]->name, err.msg, NULL);
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
	(void)fputs("The start of '", stdout);
	command_print(stdout, hook->needs.name);
	(void)printf("' on this host, as it is now%s:\n",
		     hook->log ? " (it holds its devices already)" : "");
	n = check_all(hook);
	show_notes(hook, NOTE_DECISION, n > 0 ? "Would be done" : "Will be done");
	show_notes(hook, NOTE_WARNING, "Warnings");
	show_notes(hook, NOTE_INFO, "Notes");
	if (n == 0)
		(void)puts("\nNothing is in the way.");
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
	hook->account.send = account_drop; /* the journal is for what is done */
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
