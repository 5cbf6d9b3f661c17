/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "session.h"
#include "status.h"

/* --- text --- */

static int print_guest(const struct status_guest *guest, struct error *err)
{
	const struct undo_log *log = guest->log;

	(void)printf("%s (%s): %s\n", log->guest, log->id, guest->state);
	for (size_t i = 0; i < log->n; i++) {
		CLEANUP_BUF struct buf text = BUF_NONE;

		if (log->v[i].state == UNDO_DONE)
			continue;
		status_describe(&text, &log->v[i]);
		if (buf_check(&text, err) < 0)
			return -ENOMEM;
		(void)printf("  %s%s\n", buf_text(&text),
			     log->v[i].state == UNDO_WEDGED
				     ? " (hangs in the kernel: only a reboot helps)"
				     : "");
	}
	return 0;
}

static int print_text(const struct status *status, struct error *err)
{
	int r = 0;

	if (status->n_guests == 0)
		(void)printf("nothing is held for any guest\n");
	for (size_t i = 0; r == 0 && i < status->n_guests; i++)
		r = print_guest(&status->guests[i], err);
	if (status->is_installed) {
		(void)printf("hook: installed%s%s%s\n",
			     status->daemon ? (status->is_live ? ", " : ", not seen by ")
					    : ", libvirt does not run",
			     status->daemon ? status->daemon : "",
			     status->is_live ? " calls it" : "");
	}
	for (size_t i = 0; i < status->n_findings; i++)
		(void)printf("! %s\n", status->findings[i]);
	return r;
}

/* --- JSON --- */

static struct json_object *guest_json(const struct status_guest *guest)
{
	static const char *const states[] = { "held", "undone", "wedged" };
	struct json_object *object = json_object_new_object();
	struct json_object *records = json_object_new_array();

	json_object_object_add(object, "name", json_object_new_string(guest->log->guest));
	json_object_object_add(object, "uuid", json_object_new_string(guest->log->id));
	json_object_object_add(object, "state", json_object_new_string(guest->state));
	for (size_t i = 0; i < guest->log->n; i++) {
		const struct undo_record *record = &guest->log->v[i];
		struct json_object *entry = json_object_new_object();
		struct json_object *fields = json_object_new_array();

		for (unsigned j = 0; j < record->n_fields; j++) {
			json_object_array_add(fields,
					      json_object_new_string(record->field[j]));
		}
		json_object_object_add(entry, "kind",
				       json_object_new_string(record->kind));
		json_object_object_add(entry, "fields", fields);
		json_object_object_add(entry, "state",
				       json_object_new_string(states[record->state]));
		json_object_array_add(records, entry);
	}
	json_object_object_add(object, "records", records);
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
