/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The undo logs: what the hook is about to change, written down before it does so.
 *
 * There is one log for each guest, /run/vfiokit/UUID, and one for what guests share,
 * /run/vfiokit/shared. /run is memory, and so is all that the hook changes: after a
 * reboot the state of the kernel is clean and there is no log.
 *
 * A log is text, only ever appended to, a line each:
 *
 *	vfiokit-undo 1 BOOT-ID GUEST     the head
 *	+ NUMBER KIND FIELD...           a record: this is about to be changed
 *	= NUMBER FIELD VALUE             a field of a record has become known
 *	- NUMBER                         the record is undone
 *	! NUMBER                         wedged: the kernel never came back; hands off
 *	~                                the guest is gone: all of this is to be undone
 *	*                                it is there again, with what follows; what is
 *above and not undone is wedged
 *
 * Fields are percent-encoded. A last line without its newline was never acted upon, and
 * is dropped. A line that nobody can read costs what it said, and nothing else. Lines are
 *written with one write(2), and synced, before what they announce is done.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"

#define UNDO_DIR        "run/vfiokit"
#define UNDO_FIELDS_MAX 8
#define UNDO_ID_MAX     37 /* a UUID and its NUL */
#define UNDO_SHARED     "shared"

/*
 * Whether a file of that name is a log: named by a UUID as libvirt writes it, or the
 * shared one. Others have files in that directory too (evgrab its socket).
 */
static inline bool undo_is_log(const char *name)
{
	return (strlen(name) == UNDO_ID_MAX - 1 &&
		strspn(name, "0123456789abcdef-") == UNDO_ID_MAX - 1) ||
	       strcmp(name, UNDO_SHARED) == 0;
}

enum undo_state {
	UNDO_OPEN,
	UNDO_DONE,
	UNDO_WEDGED,
};

struct undo_record {
	unsigned number; /* its place in the log, from 1 */
	char *kind;
	char *field[UNDO_FIELDS_MAX];
	unsigned n_fields;
	enum undo_state state;
};

struct undo_log {
	int fd;
	char id[UNDO_ID_MAX]; /* UUID of the guest, or UNDO_SHARED */
	char *guest;          /* its name, as libvirt said it */
	bool is_released;
	bool is_stale;   /* of another boot: nothing of it is true any more */
	bool is_tried;   /* to undo, by this call */
	bool is_damaged; /* has lines that nobody can read; they are left out */
	bool is_torn;    /* ends in the middle of a line */
	struct undo_record *v;
	size_t n;
};

#define UNDO_LOG_NONE ((struct undo_log){ .fd = -1 })

/* All logs of the host, behind the host-wide lock (hooks/lock.h). */
struct undo_logs {
	int dir; /* /run/vfiokit; -1: there is none */
	char boot_id[64];
	struct undo_log **v;
	size_t n;
};

#define UNDO_LOGS_NONE ((struct undo_logs){ .dir = -1 })

/*
 * Opens /run/vfiokit, which must be a directory of this user that nobody else may enter;
 * makes it when is_wanted. Without it *ret_logs has dir -1 and that is no error.
 */
MUST_CHECK int undo_logs_open(struct undo_logs *ret_logs, const struct root *root,
			      bool is_wanted, struct error *err);

/* What for the logs are read: without the lock somebody may just be writing a line. */
enum undo_reading {
	UNDO_LOOK, /* the lock may be with another: a torn line is only left out */
	UNDO_OWN,  /* the lock is ours: a torn line is cut off */
};

MUST_CHECK int undo_logs_read(struct undo_logs *logs, enum undo_reading reading,
			      struct error *err);
void undo_logs_done(struct undo_logs *logs);

/* NULL when there is none. */
struct undo_log *undo_logs_find(const struct undo_logs *logs, const char *id);

/* The log with that name, made if there is none. The logs own it. */
MUST_CHECK int undo_logs_add(struct undo_log **ret_log, struct undo_logs *logs,
			     const char *id, const char *guest, struct error *err);

/* Deletes the file and forgets the log. */
MUST_CHECK int undo_logs_remove(struct undo_logs *logs, struct undo_log *log,
				struct error *err);

/*
 * Adds a record; the fields are a list of strings that ends with NULL. On return it is on
 * record whatever happens next. *ret_record, which may be NULL, is valid until the next
 * record is added.
 */
MUST_CHECK int undo_log_add(struct undo_log *log, struct undo_record **ret_record,
			    struct error *err, const char *kind, ...)
	__attribute__((__sentinel__));

MUST_CHECK int undo_log_amend(struct undo_log *log, struct undo_record *record,
			      unsigned field, const char *value, struct error *err);
MUST_CHECK int undo_log_mark(struct undo_log *log, struct undo_record *record,
			     enum undo_state state, struct error *err);

/* Notes that the guest is gone. Safe without the lock. */
MUST_CHECK int undo_log_release(struct undo_log *log, struct error *err);

/* Notes that a guest that was gone is there again. */
MUST_CHECK int undo_log_return(struct undo_log *log, struct error *err);

/* The n-th field, "" when the record has fewer. */
const char *undo_field(const struct undo_record *record, unsigned n);

/* The first record that is not done, of this kind and with this first field, or NULL. */
struct undo_record *undo_log_find(const struct undo_log *log, const char *kind,
				  const char *key);

/* Whether nothing in it is left to be undone. */
bool undo_log_is_clean(const struct undo_log *log);

#define CLEANUP_UNDO_LOGS CLEANUP(undo_logs_done)
