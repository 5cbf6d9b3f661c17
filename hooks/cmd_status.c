/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "describe.h"
#include "session.h"
#include "status.h"

/* --- text --- */

static int print_record(const char *step, const struct buf *text, enum undo_state state,
			struct error *err)
{
	if (buf_check(text, err) < 0)
		return -ENOMEM;
	if (text->len == 0)
		return 0; /* another record says it */
	(void)printf("  %-12s ", step);
	command_print(stdout, buf_text(text));
	(void)puts(state == UNDO_WEDGED ? " (hangs in the kernel: only a reboot helps)"
					: "");
	return 0;
}

static int print_records(const struct undo_log *log, describe_fn *describe,
			 struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < log->n; i++) {
		CLEANUP_BUF struct buf text = BUF_NONE;

		if (log->v[i].state == UNDO_DONE)
			continue;
		describe(&text, log, &log->v[i]);
		r = print_record(describe_step(&log->v[i]), &text, log->v[i].state, err);
	}
	return r;
}

static int print_guest(const struct status_guest *guest, struct error *err)
{
	command_print(stdout, guest->log->guest);
	(void)printf(" (%s): %s\n", guest->log->id, guest->state);
	return print_records(guest->log, describe_record, err);
}

static void print_hook(const struct status *status)
{
	if (!status->is_installed)
		return; /* which is a finding */
	(void)printf("\nThe hook is installed%s%s%s.\n",
		     status->daemon ? (status->is_live ? ", and called by "
						       : ", but not seen by ")
				    : "; libvirt does not run",
		     status->daemon ? status->daemon : "",
		     status->is_busy ? "; it is at work just now" : "");
}

static void print_findings(const struct status *status)
{
	if (status->n_findings > 0)
		(void)puts("\nNot as it should be:");
	for (size_t i = 0; i < status->n_findings; i++) {
		(void)fputs("  ", stdout);
		command_print(stdout, status->findings[i]);
		(void)putchar('\n');
	}
}

static int print_text(const struct status *status, struct error *err)
{
	int r = 0;

	if (status->n_guests == 0 && !status->shared)
		(void)puts("Nothing is held for any guest.");
	for (size_t i = 0; r == 0 && i < status->n_guests; i++) {
		if (i > 0)
			(void)putchar('\n');
		r = print_guest(&status->guests[i], err);
	}
	if (r == 0 && status->shared) {
		(void)puts("\nFor all guests together:");
		r = print_records(status->shared, describe_shared, err);
	}
	print_hook(status);
	print_findings(status);
	return r;
}

/* --- JSON --- */

static struct json_object *record_json(const struct undo_log *log,
				       const struct undo_record *record,
				       describe_fn *describe)
{
	static const char *const states[] = { "held", "undone", "wedged" };
	struct json_object *object = json_object_new_object();
	struct json_object *fields = json_object_new_array();
	CLEANUP_BUF struct buf text = BUF_NONE;

	describe(&text, log, record);
	for (unsigned i = 0; i < record->n_fields; i++)
		json_object_array_add(fields, json_object_new_string(record->field[i]));
	json_object_object_add(object, "step",
			       json_object_new_string(describe_step(record)));
	json_object_object_add(object, "kind", json_object_new_string(record->kind));
	json_object_object_add(object, "fields", fields);
	json_object_object_add(object, "text", json_object_new_string(buf_text(&text)));
	json_object_object_add(object, "state",
			       json_object_new_string(states[record->state]));
	return object;
}

static struct json_object *records_json(const struct undo_log *log, describe_fn *describe)
{
	struct json_object *records = json_object_new_array();

	for (size_t i = 0; log && i < log->n; i++) {
		json_object_array_add(records, record_json(log, &log->v[i], describe));
	}
	return records;
}

static struct json_object *guest_json(const struct status_guest *guest)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "name", json_object_new_string(guest->log->guest));
	json_object_object_add(object, "uuid", json_object_new_string(guest->log->id));
	json_object_object_add(object, "state", json_object_new_string(guest->state));
	json_object_object_add(object, "records",
			       records_json(guest->log, describe_record));
	return object;
}

static void print_json(const struct status *status)
{
	struct json_object *object = json_object_new_object();
	struct json_object *guests = json_object_new_array();
	struct json_object *findings = json_object_new_array();

	for (size_t i = 0; i < status->n_guests; i++)
		json_object_array_add(guests, guest_json(&status->guests[i]));
	for (size_t i = 0; i < status->n_findings; i++) {
		json_object_array_add(findings,
				      json_object_new_string(status->findings[i]));
	}
	json_object_object_add(object, "guests", guests);
	json_object_object_add(object, "shared",
			       records_json(status->shared, describe_shared));
	json_object_object_add(object, "busy", json_object_new_boolean(status->is_busy));
	json_object_object_add(object, "installed",
			       json_object_new_boolean(status->is_installed));
	json_object_object_add(object, "live", json_object_new_boolean(status->is_live));
	json_object_object_add(object, "daemon",
			       status->daemon ? json_object_new_string(status->daemon)
					      : NULL);
	json_object_object_add(object, "findings", findings);
	(void)puts(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED));
	json_object_put(object);
}

static int run_status(int argc, char **argv, struct error *err)
{
	CLEANUP_SESSION struct session session = SESSION_NONE;
	CLEANUP_STATUS struct status status = STATUS_NONE;
	struct hook *hook = &session.hook;
	int r;

	if (argc == 2 && strcmp(argv[1], "--json") != 0) {
		return error_set(err, EBADRQC, "usage: vfiokit-hook status %s",
				 command_status.args);
	}
	if (geteuid() != 0)
		return error_set(err, EPERM, "only root can read what is on record");
	r = session_open(&session, false, err);
	if (r == 0)
		r = undo_logs_open(&hook->logs, hook->root, false, err);
	if (r == 0 && hook->logs.dir >= 0)
		r = undo_logs_read(&hook->logs, UNDO_LOOK, err);
	if (r == 0)
		r = status_read(&status, hook, err);
	if (r < 0)
		return r;
	if (argc == 2) {
		print_json(&status);
	} else {
		r = print_text(&status, err);
	}
	if (r == 0 && fflush(stdout) != 0)
		return error_sys(err, errno, "write to standard output");
	return r;
}

const struct command command_status = {
	.name = "status",
	.args = "[--json]",
	.help = "show what is held for whom, and what is left over",
	.min_args = 0,
	.max_args = 1,
	.run = run_status,
};
