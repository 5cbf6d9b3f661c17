/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "undo_log.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "undo_text.h"

void undo_record_done(struct undo_record *record)
{
	free(record->kind);
	for (unsigned i = 0; i < record->n_fields; i++)
		free(record->field[i]);
}

static void log_free(struct undo_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		undo_record_done(&log->v[i]);
	free(log->v);
	free(log->guest);
	cleanup_close(&log->fd);
	free(log);
}

DEFINE_CLEANUP(struct undo_log *, log_free);
#define CLEANUP_LOG CLEANUP(cleanup_log_free)

static struct undo_log *log_new(const char *id)
{
	struct undo_log *log = malloc(sizeof(*log));

	if (!log)
		return NULL;
	*log = UNDO_LOG_NONE;
	(void)snprintf(log->id, sizeof(log->id), "%s", id);
	return log;
}

void undo_logs_done(struct undo_logs *logs)
{
	for (size_t i = 0; i < logs->n; i++)
		log_free(logs->v[i]);
	free(logs->v);
	cleanup_close(&logs->dir);
	*logs = UNDO_LOGS_NONE;
}

const char *undo_field(const struct undo_record *record, unsigned n)
{
	return n < record->n_fields ? record->field[n] : "";
}

struct undo_log *undo_logs_find(const struct undo_logs *logs, const char *id)
{
	for (size_t i = 0; i < logs->n; i++) {
		if (strcmp(logs->v[i]->id, id) == 0)
			return logs->v[i];
	}
	return NULL;
}

struct undo_record *undo_log_find(const struct undo_log *log, const char *kind,
				  const char *key)
{
	for (size_t i = 0; i < log->n; i++) {
		struct undo_record *record = &log->v[i];

		if (record->state != UNDO_DONE && strcmp(record->kind, kind) == 0 &&
		    strcmp(undo_field(record, 0), key) == 0)
			return record;
	}
	return NULL;
}

bool undo_log_is_clean(const struct undo_log *log)
{
	for (size_t i = 0; i < log->n; i++) {
		if (log->v[i].state != UNDO_DONE)
			return false;
	}
	return true;
}

/* --- the directory --- */

/* Its owner and mode are what keeps others from telling root what to undo. */
static int check_dir(int dir, struct error *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return error_sys(err, errno, "look at '/" UNDO_DIR "'");
	if (st.st_uid != geteuid() || (st.st_mode & 077)) {
		return error_set(err, EPERM,
				 "'/" UNDO_DIR "' is not private to root (mode %04o, "
				 "owner %u); remove it",
				 st.st_mode & 07777U, st.st_uid);
	}
	return 0;
}

int undo_logs_open(struct undo_logs *ret_logs, const struct root *root, bool is_wanted,
		   struct error *err)
{
	CLEANUP_CLOSE int run = root_openat(root, "run", O_PATH | O_DIRECTORY);
	CLEANUP_CLOSE int dir = -1;
	CLEANUP_CLOSE int id = -1;
	struct undo_logs logs = UNDO_LOGS_NONE;
	ssize_t n = 0;

	if (run < 0)
		return error_sys(err, -run, "open '/run'");
	if (is_wanted && mkdirat(run, "vfiokit", 0700) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make '/" UNDO_DIR "'");
	dir = openat(run, "vfiokit", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT && !is_wanted) {
		*ret_logs = logs;
		return 0;
	}
	if (dir < 0)
		return error_sys(err, errno, "open '/" UNDO_DIR "'");
	if (check_dir(dir, err) < 0)
		return -EPERM;

	id = root_openat(root, "proc/sys/kernel/random/boot_id", O_RDONLY);
	if (id >= 0)
		n = read(id, logs.boot_id, sizeof(logs.boot_id) - 1);
	if (id < 0 || n <= 0)
		return error_set(err, EIO, "the kernel does not tell its boot id");
	logs.boot_id[strcspn(logs.boot_id, "\n")] = '\0';
	logs.dir = take_fd(&dir);
	*ret_logs = logs;
	return 0;
}

/* --- writing --- */

static int append(const struct undo_log *log, const struct buf *line, struct error *err)
{
	off_t end = lseek(log->fd, 0, SEEK_END);
	ssize_t n;

	if (buf_check(line, err) < 0)
		return -ENOMEM;
	n = write(log->fd, line->data, line->len);
	if (n < 0) {
		return error_sys(err, errno, "write to the undo log '/" UNDO_DIR "/%s'",
				 log->id);
	}
	if ((size_t)n != line->len) {
		(void)error_set(err, ENOSPC,
				"write to the undo log '/" UNDO_DIR "/%s': only %zd of "
				"%zu bytes taken",
				log->id, n, line->len);
	} else if (fdatasync(log->fd) < 0) {
		(void)error_sys(err, errno, "sync the undo log '/" UNDO_DIR "/%s'",
				log->id);
	} else {
		return 0;
	}
	(void)!ftruncate(log->fd, end); /* the next line must not join it */
	return -err->code;
}

/* Takes the strings of ap into a new record at the end of the log. */
static struct undo_record *take_record(struct undo_log *log, const char *kind, va_list ap)
{
	struct undo_record record = { .number = (unsigned)log->n + 1 };
	struct undo_record *v = reallocarray(log->v, log->n + 1, sizeof(*v));
	bool is_whole;

	if (!v)
		return NULL;
	log->v = v;
	record.kind = strdup(kind);
	is_whole = record.kind;
	for (const char *field; is_whole && (field = va_arg(ap, const char *));) {
		if (record.n_fields == UNDO_FIELDS_MAX)
			break;
		record.field[record.n_fields] = strdup(field);
		is_whole = record.field[record.n_fields];
		record.n_fields += is_whole;
	}
	if (!is_whole) {
		undo_record_done(&record);
		return NULL;
	}
	v[log->n] = record;
	return &v[log->n++];
}

int undo_log_add(struct undo_log *log, struct undo_record **ret_record, struct error *err,
		 const char *kind, ...)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	struct undo_record *record;
	va_list ap;
	int r;

	va_start(ap, kind);
	record = take_record(log, kind, ap);
	va_end(ap);
	if (!record)
		return error_set(err, ENOMEM, "out of memory");
	undo_text_record(&line, record);
	r = append(log, &line, err);
	if (r < 0) {
		undo_record_done(&log->v[--log->n]);
		return r;
	}
	if (ret_record)
		*ret_record = record;
	return 0;
}

int undo_log_amend(struct undo_log *log, struct undo_record *record, unsigned field,
		   const char *value, struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	char *copy;
	int r;

	if (field >= record->n_fields)
		return error_set(err, EINVAL, "no such field in the undo log");
	buf_addf(&line, "= %u %u", record->number, field);
	undo_text_field(&line, value);
	buf_addc(&line, '\n');
	r = append(log, &line, err);
	if (r < 0)
		return r;
	copy = strdup(value);
	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	free(record->field[field]);
	record->field[field] = copy;
	return 0;
}

int undo_log_mark(struct undo_log *log, struct undo_record *record, enum undo_state state,
		  struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	int r;

	buf_addf(&line, "%c %u\n", state == UNDO_WEDGED ? '!' : '-', record->number);
	r = append(log, &line, err);
	if (r == 0)
		record->state = state;
	return r;
}

int undo_log_release(struct undo_log *log, struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	int r;

	if (log->is_released)
		return 0;
	/* a torn line that is still there must not become one that says something */
	buf_adds(&line, log->is_torn ? " %!\n~\n" : "~\n");
	r = append(log, &line, err);
	if (r == 0)
		log->is_released = true;
	return r;
}

int undo_log_return(struct undo_log *log, struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	int r;

	if (!log->is_released)
		return 0;
	buf_adds(&line, "*\n");
	r = append(log, &line, err);
	if (r == 0)
		log->is_released = false;
	return r;
}

/* --- all logs --- */

static int open_log(struct undo_log *log, const struct undo_logs *logs, int flags,
		    struct error *err)
{
	log->fd = openat(logs->dir, log->id,
			 O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags,
			 0600);
	if (log->fd < 0) {
		return error_sys(err, errno, "open the undo log '/" UNDO_DIR "/%s'",
				 log->id);
	}
	return 0;
}

static char *find_zero(const struct buf *text, char *from)
{
	return from ? memchr(from, '\0', text->len - (size_t)(from - text->data)) : NULL;
}

/*
 * What was torn off in the middle of a line goes, or the next line would join it. Returns
 * 1 when nothing is left, not even the head.
 */
static int read_log(struct undo_log *log, const struct undo_logs *logs,
		    enum undo_reading reading, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	size_t whole;
	int r = open_log(log, logs, 0, err);

	if (r == 0)
		r = file_read_fd(&text, log->fd, "the undo log", err);
	if (r < 0)
		return r;
	for (char *zero = text.data; (zero = find_zero(&text, zero));)
		*zero = '?'; /* only that line is lost */
	whole = undo_text_whole_lines(buf_text(&text), text.len);
	log->is_torn = whole < text.len && reading == UNDO_LOOK;
	if (whole < text.len && !log->is_torn && ftruncate(log->fd, (off_t)whole) < 0) {
		return error_sys(err, errno, "cut the undo log '/" UNDO_DIR "/%s'",
				 log->id);
	}
	if (whole == 0)
		return 1;
	buf_cut(&text, whole);
	return undo_text_read(log, buf_text(&text), logs->boot_id, err);
}

static int remove_file(const struct undo_logs *logs, const struct undo_log *log,
		       struct error *err)
{
	if (unlinkat(logs->dir, log->id, 0) < 0 && errno != ENOENT) {
		return error_sys(err, errno, "remove the undo log '/" UNDO_DIR "/%s'",
				 log->id);
	}
	return 0;
}

static int keep_log(struct undo_logs *logs, struct undo_log **log, struct error *err)
{
	struct undo_log **v =
		reallocarray(logs->v, logs->n + 1, sizeof(struct undo_log *));

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	logs->v = v;
	v[logs->n++] = TAKE_PTR(*log);
	return 0;
}

static int read_entry(struct undo_logs *logs, const char *name, enum undo_reading reading,
		      struct error *err)
{
	CLEANUP_LOG struct undo_log *log = log_new(name);
	int r;

	if (!log)
		return error_set(err, ENOMEM, "out of memory");
	r = read_log(log, logs, reading, err);
	/* whoever made it was killed before its head was there, and has done nothing */
	if (r == 1)
		return reading == UNDO_OWN ? remove_file(logs, log, err) : 0;
	return r < 0 ? r : keep_log(logs, &log, err);
}

static int is_log(const struct dirent *entry)
{
	return undo_is_log(entry->d_name);
}

int undo_logs_read(struct undo_logs *logs, enum undo_reading reading, struct error *err)
{
	struct dirent **names = NULL;
	int n = scandirat(logs->dir, ".", &names, is_log, alphasort);
	int r = 0;

	if (n < 0)
		return error_sys(err, errno, "list '/" UNDO_DIR "'");
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = read_entry(logs, names[i]->d_name, reading, err);
		free(names[i]);
	}
	free(names);
	return r;
}

static int create_log(struct undo_log *log, const struct undo_logs *logs,
		      const char *guest, struct error *err)
{
	CLEANUP_BUF struct buf line = BUF_NONE;
	int r;

	log->guest = strdup(guest);
	if (!log->guest)
		return error_set(err, ENOMEM, "out of memory");
	r = open_log(log, logs, O_CREAT | O_EXCL, err);
	if (r < 0)
		return r;
	undo_text_head(&line, logs->boot_id, guest);
	return append(log, &line, err);
}

int undo_logs_add(struct undo_log **ret_log, struct undo_logs *logs, const char *id,
		  const char *guest, struct error *err)
{
	CLEANUP_LOG struct undo_log *log = NULL;
	int r;

	*ret_log = undo_logs_find(logs, id);
	if (*ret_log)
		return 0;
	log = log_new(id);
	if (!log)
		return error_set(err, ENOMEM, "out of memory");
	*ret_log = log;
	r = create_log(log, logs, guest, err);
	return r < 0 ? r : keep_log(logs, &log, err);
}

int undo_logs_remove(struct undo_logs *logs, struct undo_log *log, struct error *err)
{
	if (remove_file(logs, log, err) < 0)
		return -err->code;
	for (size_t i = 0; i < logs->n; i++) {
		if (logs->v[i] != log)
			continue;
		memmove(&logs->v[i], &logs->v[i + 1],
			(--logs->n - i) * sizeof(struct undo_log *));
		break;
	}
	log_free(log);
	return 0;
}
