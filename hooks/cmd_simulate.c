/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What libvirt would make the hook do for a guest, there and back, without the guest. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "guest_xml.h"
#include "operation.h"
#include "session.h"

static void print_entry(const struct account *account, int priority, const char *text,
			void *data)
{
	(void)data;
	(void)printf("  %-12s %s%s\n", account->step ? account->step : "",
		     priority <= LOG_ERR       ? "error: "
		     : priority == LOG_WARNING ? "warning: "
					       : "",
		     text);
	(void)fflush(stdout);
}

/* A guest that runs would lose what it has: its own log is there. */
static int refuse_running(const struct session *session, const struct needs *needs,
			  struct error *err)
{
	CLEANUP_UNDO_LOGS struct undo_logs logs = UNDO_LOGS_NONE;
	int r = undo_logs_open(&logs, &session->root, false, err);

	if (r == 0 && logs.dir >= 0)
		r = undo_logs_read(&logs, UNDO_LOOK, err);
	if (r == 0 && undo_logs_find(&logs, needs->uuid)) {
		return error_set(err, EBUSY,
				 "the guest '%s' runs, or has left something behind; see "
				 "vfiokit-hook status",
				 needs->name);
	}
	return r;
}

static int run_operation(const char *operation, const char *suboperation,
			 const struct needs *needs, const struct buf *xml,
			 struct error *err)
{
	CLEANUP_SESSION struct session session = SESSION_NONE;
	struct call call = {
		.guest = needs->name,
		.operation = operation,
		.suboperation = suboperation,
		.extra = "-",
		.xml = buf_text(xml),
		.len = xml->len,
	};
	int r = session_open(&session, true, err);

	if (r < 0)
		return r;
	(void)printf("%s:\n", operation);
	session.hook.account.send = print_entry;
	r = operation_run(&session.hook, &call, err);
	(void)printf("  %s\n", r < 0 ? err->msg : "done");
	return r;
}

static int ask_first(const char *name, struct error *err)
{
	char answer[8];

	if (!isatty(STDIN_FILENO)) {
		return error_set(err, EPERM,
				 "the devices of '%s' would be taken from this host for "
				 "a moment: confirm with --yes",
				 name);
	}
	(void)printf("This takes the devices of '%s' from this host, and gives them "
		     "back at once.\nA display manager that it stops ends its "
		     "sessions. Go on? [y/N] ",
		     name);
	(void)fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) || (*answer != 'y' && *answer != 'Y'))
		return error_set(err, ECANCELED, "nothing was done");
	return 0;
}

static int there_and_back(const struct needs *needs, const struct buf *xml,
			  struct error *err)
{
	struct error back = { 0 };
	int r = run_operation("prepare", "begin", needs, xml, err);

	if (run_operation("release", "end", needs, xml, &back) < 0 && r == 0) {
		*err = back;
		return -back.code;
	}
	return r;
}

static int run_simulate(int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf xml = BUF_NONE;
	CLEANUP_NEEDS struct needs needs = NEEDS_NONE;
	CLEANUP_SESSION struct session session = SESSION_NONE;
	bool is_sure = argc == 3 && strcmp(argv[1], "--yes") == 0;
	int r;

	if (argc == 3 && !is_sure) {
		return error_set(err, EBADRQC, "usage: vfiokit-hook simulate %s",
				 command_simulate.args);
	}
	if (geteuid() != 0)
		return error_set(err, EPERM, "only root can take devices");
	r = guest_xml_read(&xml, argv[argc - 1], err);
	if (r == 0)
		r = needs_read(&needs, buf_text(&xml), xml.len, err);
	if (r < 0)
		return error_wrap(err, "'%s'", argv[argc - 1]);
	if (!needs.is_ours) {
		return error_set(err, ENODATA,
				 "the guest '%s' has no guest element in <metadata>",
				 needs.name);
	}
	if (!*needs.uuid) {
		return error_set(
			err, ENODATA,
			"the guest '%s' has no <uuid>, which defining it gives it",
			needs.name);
	}
	r = session_open(&session, true, err);
	if (r == 0)
		r = refuse_running(&session, &needs, err);
	if (r == 0 && !is_sure)
		r = ask_first(needs.name, err);
	return r < 0 ? r : there_and_back(&needs, &xml, err);
}

const struct command command_simulate = {
	.name = "simulate",
	.args = "[--yes] FILE",
	.help = "prepare and release without the guest",
	.min_args = 1,
	.max_args = 2,
	.run = run_simulate,
};
