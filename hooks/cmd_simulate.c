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
#include "timing.h"

struct options {
	const char *file;
	bool is_sure;
	bool wants_timing;
	struct timing timing; /* of the operation just run */
};

static void print_entry(const struct account *account, int priority, const char *text,
			void *data)
{
	struct options *options = data;

	if (account->timing) {
		options->timing = *account->timing;
		return;
	}
	(void)printf("  %-12s %s", account->step ? account->step : "",
		     priority <= LOG_ERR       ? "error: "
		     : priority == LOG_WARNING ? "warning: "
					       : "");
	command_print(stdout, text);
	(void)putchar('\n');
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

/* guest: libvirt's call, but for the operation. */
static int run_operation(const struct call *guest, const char *operation,
			 const char *suboperation, struct options *options,
			 struct error *err)
{
	CLEANUP_SESSION struct session session = SESSION_NONE;
	struct call call = *guest;
	int r;

	call.operation = operation;
	call.suboperation = suboperation;
	call.begin_us = effects_clock_us();
	r = session_open(&session, true, err);
	if (r < 0)
		return r;
	options->timing = (struct timing){ 0 };
	(void)printf("%s:\n", operation);
	session.hook.account.send = print_entry;
	session.hook.account.data = options;
	r = operation_run(&session.hook, &call, err);
	(void)fputs("  ", stdout);
	command_print(stdout, r < 0 ? err->msg : "done");
	(void)putchar('\n');
	if (options->wants_timing)
		timing_print(&options->timing);
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
	(void)fputs("This takes the devices of '", stdout);
	command_print(stdout, name);
	(void)fputs("' from this host, and gives them back at once.\nA display manager "
		    "that it stops ends its sessions. Go on? [y/N] ",
		    stdout);
	(void)fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin) || (*answer != 'y' && *answer != 'Y'))
		return error_set(err, ECANCELED, "nothing was done");
	return 0;
}

static int there_and_back(const struct needs *needs, const struct buf *xml,
			  struct options *options, struct error *err)
{
	const struct call guest = {
		.guest = needs->name,
		.extra = "-",
		.xml = buf_text(xml),
		.len = xml->len,
	};
	struct error back = { 0 };
	int r = run_operation(&guest, "prepare", "begin", options, err);

	if (run_operation(&guest, "release", "end", options, &back) < 0 && r == 0) {
		*err = back;
		return -back.code;
	}
	return r;
}

static int read_options(struct options *options, int argc, char **argv, struct error *err)
{
	int i = 1;

	for (; i < argc - 1; i++) {
		if (strcmp(argv[i], "--yes") == 0) {
			options->is_sure = true;
		} else if (strcmp(argv[i], "--timing") == 0) {
			options->wants_timing = true;
		} else {
			return error_set(err, EBADRQC, "usage: vfiokit-hook simulate %s",
					 command_simulate.args);
		}
	}
	options->file = argv[i];
	return 0;
}

/* What the file says, which has to be a guest that the hook knows. */
static int read_guest(struct buf *xml, struct needs *needs, const char *file,
		      struct error *err)
{
	int r = guest_xml_read(xml, file, err);

	if (r == 0)
		r = needs_read(needs, buf_text(xml), xml->len, err);
	if (r < 0)
		return error_wrap(err, "'%s'", file);
	if (!needs->is_ours) {
		return error_set(err, ENODATA,
				 "the guest '%s' has no guest element in <metadata>",
				 needs->name);
	}
	if (!*needs->uuid) {
		return error_set(
			err, ENODATA,
			"the guest '%s' has no <uuid>, which defining it gives it",
			needs->name);
	}
	return 0;
}

static int run_simulate(int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf xml = BUF_NONE;
	CLEANUP_NEEDS struct needs needs = NEEDS_NONE;
	CLEANUP_SESSION struct session session = SESSION_NONE;
	struct options options = { 0 };
	int r = read_options(&options, argc, argv, err);

	if (r < 0)
		return r;
	if (geteuid() != 0)
		return error_set(err, EPERM, "only root can take devices");
	r = read_guest(&xml, &needs, options.file, err);
	if (r == 0)
		r = session_open(&session, true, err);
	if (r == 0)
		r = refuse_running(&session, &needs, err);
	if (r == 0 && !options.is_sure)
		r = ask_first(needs.name, err);
	return r < 0 ? r : there_and_back(&needs, &xml, &options, err);
}

const struct command command_simulate = {
	.name = "simulate",
	.args = "[--yes] [--timing] FILE",
	.help = "prepare and release without the guest",
	.min_args = 1,
	.max_args = 3,
	.run = run_simulate,
};
