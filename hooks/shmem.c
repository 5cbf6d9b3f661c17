/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Memory that the guest shares with a user of the host, such as Looking Glass's:
 * libvirt's <shmem> of the model ivshmem-plain is the file /dev/shm/NAME. QEMU would make
 * it for itself only, and libvirt neither labels nor removes it; so it is made
 * beforehand, for that user and for QEMU's group.
 *
 * It is made without a name, recorded, and then named: at no moment is there a file that
 * nobody could tell from others. Which file it was stands in the log UNDO_SHARED, who
 * uses it in the logs of the guests: two of them can share one. The last one removes it,
 * unless the user has it open; then it stays for the next time.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/query.h"
#include "host/sysfs.h"
#include "steps.h"
#include "tweak/guest_resources.h"
#include "user.h"

#define CLAIM_KIND "shmem"    /* a guest uses it: name, identity */
#define FILE_KIND  SHMEM_FILE /* the hook has made it: name, identity */
#define DIR        "dev/shm"
#define MODE       0660
#define ID_MAX     48

enum field {
	FIELD_NAME,
	FIELD_ID, /* device and inode */
};

struct wanted {
	const char *name;
	uint64_t size;
	struct user user; /* who gets it */
	struct user qemu;
	gid_t gid; /* a group of QEMU's */
};

static void format_id(char id[static ID_MAX], const struct stat *st)
{
	(void)snprintf(id, ID_MAX, "%ju:%ju", (uintmax_t)st->st_dev,
		       (uintmax_t)st->st_ino);
}

static int open_dir(const struct root *root, struct error *err)
{
	int fd = root_openat(root, DIR, O_RDONLY | O_DIRECTORY);

	return fd < 0 ? error_sys(err, -fd, "open '/" DIR "'") : fd;
}

/* 1 when there is such a name, whatever it is. */
static int look(struct stat *st, int dir, const char *name, struct error *err)
{
	if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (errno == ENOENT)
		return 0;
	return error_sys(err, errno, "look at '/" DIR "/%s'", name);
}

/* --- what the guest wants --- */

static const xmlNode *find_element(const struct hook *hook)
{
	const xmlNode *devices = query_child(hook->needs.domain, "devices");

	query_each (shmem, devices, "shmem") {
		if (query_attr_is(shmem, "name", hook->needs.shmem))
			return shmem;
	}
	return NULL;
}

/* libvirt writes a unit always; without one it is bytes. */
static bool read_size(uint64_t *ret_size, const xmlNode *element)
{
	const xmlNode *size = query_child(element, "size");
	const char *unit = query_attr(size, "unit");

	return guest_scale(ret_size, query_text(size), unit ? unit : "bytes") &&
	       *ret_size > 0 && *ret_size <= INT64_MAX;
}

/* The group that is for this where QEMU is in it, else QEMU's own. */
static gid_t choose_group(const struct hook *hook, const struct user *qemu)
{
	struct error ignored;
	gid_t gid;

	if (user_find_group(&gid, hook->root, "kvm", &ignored) == 0 &&
	    user_is_in(qemu, gid))
		return gid;
	return qemu->gid;
}

static int read_wanted(struct wanted *wanted, const struct hook *hook,
		       const xmlNode *element, struct error *err)
{
	int r;

	*wanted = (struct wanted){ .name = hook->needs.shmem };
	if (!query_attr_is(query_child(element, "model"), "type", "ivshmem-plain")) {
		return error_set(err, EINVAL,
				 "the <shmem> '%s' is not of the model ivshmem-plain, "
				 "the only one that is a file",
				 wanted->name);
	}
	if (!read_size(&wanted->size, element)) {
		return error_set(err, EINVAL, "the <shmem> '%s' has no valid <size>",
				 wanted->name);
	}
	r = user_find(&wanted->user, hook->root, hook->needs.shmem_user, err);
	if (r == 0)
		r = user_of_qemu(&wanted->qemu, hook, err);
	if (r < 0)
		return error_wrap(err, "make '/" DIR "/%s'", wanted->name);
	wanted->gid = choose_group(hook, &wanted->qemu);
	return 0;
}

/* --- a file that is there --- */

/* Anything but the file that we would make could be somebody's trap. */
static int check_file(const struct wanted *wanted, const struct stat *st,
		      struct error *err)
{
	const char *name = wanted->name;

	if (!S_ISREG(st->st_mode) || st->st_nlink != 1) {
		return error_set(err, EEXIST,
				 "'/" DIR "/%s' is there and is %s; remove it", name,
				 S_ISLNK(st->st_mode)   ? "a link"
				 : S_ISREG(st->st_mode) ? "a file with several names"
							: "no file");
	}
	if (st->st_uid != wanted->user.uid) {
		return error_set(err, EEXIST,
				 "'/" DIR "/%s' is there and belongs to the user %u, not "
				 "to '%s'; remove it",
				 name, st->st_uid, wanted->user.name);
	}
	if ((uint64_t)st->st_size != wanted->size) {
		return error_set(err, EEXIST,
				 "'/" DIR "/%s' is there with %jd bytes, and the guest "
				 "wants %" PRIu64 "; remove it",
				 name, (intmax_t)st->st_size, wanted->size);
	}
	if (!user_may(&wanted->qemu, st, 06) || !user_may(&wanted->user, st, 06)) {
		return error_set(err, EACCES,
				 "'/" DIR "/%s' is there with the group %u and the mode "
				 "%04o, so that '%s' cannot write to it; remove it",
				 name, st->st_gid, st->st_mode & 07777,
				 user_may(&wanted->user, st, 06) ? wanted->qemu.name
								 : wanted->user.name);
	}
	return 0;
}

/* What is wanted, and 1 if such a file is there, 0 if not; *ret_dir is open then. */
static int find_file(struct wanted *wanted, int *ret_dir, struct stat *st,
		     const struct hook *hook, const xmlNode *element, struct error *err)
{
	CLEANUP_CLOSE int dir = -1;
	int r = read_wanted(wanted, hook, element, err);

	if (r == 0)
		r = dir = open_dir(hook->root, err);
	if (r >= 0)
		r = look(st, dir, wanted->name, err);
	if (r > 0 && check_file(wanted, st, err) < 0)
		r = -err->code;
	if (r >= 0)
		*ret_dir = take_fd(&dir);
	return r;
}

static int shmem_check(struct hook *hook, struct error *err)
{
	CLEANUP_CLOSE int dir = -1;
	const xmlNode *element;
	struct wanted wanted;
	struct stat st;
	int r;

	if (!hook->needs.shmem)
		return 0;
	element = find_element(hook);
	if (!element) {
		notes_add(&hook->notes, NOTE_WARNING, "shmem",
			  "the shared memory '%s' is named in <metadata> and is no "
			  "<shmem> of the guest, skipping it",
			  hook->needs.shmem);
		return 0;
	}
	r = find_file(&wanted, &dir, &st, hook, element, err);
	if (r == 0) {
		notes_add(&hook->notes, NOTE_DECISION, "shmem",
			  "/" DIR "/%s: %" PRIu64 " bytes for '%s'", wanted.name,
			  wanted.size, wanted.user.name);
	}
	return r < 0 ? r : 0;
}

/* --- making it --- */

/* A file without a name, complete. */
static int make(int dir, const struct wanted *wanted, struct error *err)
{
	CLEANUP_CLOSE int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 || fchown(fd, wanted->user.uid, wanted->gid) < 0 ||
	    fchmod(fd, MODE) < 0 || ftruncate(fd, (off_t)wanted->size) < 0)
		return error_sys(err, errno, "make '/" DIR "/%s'", wanted->name);
	return take_fd(&fd);
}

static int put_on_record(struct hook *hook, const char *name, const char *id,
			 bool is_made, struct error *err)
{
	struct undo_log *shared;
	int r = undo_log_add(hook->log, NULL, err, CLAIM_KIND, name, id, NULL);

	if (r < 0 || !is_made)
		return r;
	r = undo_logs_add(&shared, &hook->logs, UNDO_SHARED, "", err);
	return r < 0 ? r : undo_log_add(shared, NULL, err, FILE_KIND, name, id, NULL);
}

static int give_name(int fd, int dir, const char *name, struct error *err)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) < 0)
		return error_sys(err, errno, "make '/" DIR "/%s'", name);
	return 0;
}

/* The record of the file that we have made, if it is that one. */
static struct undo_record *find_made(const struct hook *hook, const char *name,
				     const char *id)
{
	struct undo_log *shared = undo_logs_find(&hook->logs, UNDO_SHARED);

	for (size_t i = 0; shared && i < shared->n; i++) {
		struct undo_record *record = &shared->v[i];

		if (record->state != UNDO_DONE && strcmp(record->kind, FILE_KIND) == 0 &&
		    strcmp(undo_field(record, FIELD_NAME), name) == 0 &&
		    strcmp(undo_field(record, FIELD_ID), id) == 0)
			return record;
	}
	return NULL;
}

static int make_new(struct hook *hook, int dir, const struct wanted *wanted,
		    struct error *err)
{
	CLEANUP_CLOSE int fd = make(dir, wanted, err);
	struct stat st;
	char id[ID_MAX];
	int r;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '/" DIR "/%s'", wanted->name);
	format_id(id, &st);
	r = put_on_record(hook, wanted->name, id, true, err);
	if (r == 0)
		r = give_name(fd, dir, wanted->name, err);
	if (r == 0) {
		account_add(&hook->account, LOG_INFO, "/" DIR "/%s: made for '%s'",
			    wanted->name, wanted->user.name);
	}
	return r;
}

static int shmem_apply(struct hook *hook, struct error *err)
{
	const xmlNode *element = hook->needs.shmem ? find_element(hook) : NULL;
	CLEANUP_CLOSE int dir = -1;
	struct wanted wanted;
	char id[ID_MAX];
	struct stat st;
	int r = 0;

	if (!element)
		return 0;
	r = find_file(&wanted, &dir, &st, hook, element, err);
	if (r == 0)
		return make_new(hook, dir, &wanted, err);
	if (r < 0)
		return r;
	format_id(id, &st);
	/* what somebody else has put there stays with them */
	if (find_made(hook, wanted.name, id))
		r = put_on_record(hook, wanted.name, id, false, err);
	return r;
}

const struct step shmem_step = {
	.name = "shmem",
	.check = shmem_check,
	.apply = shmem_apply,
};

/* --- removing it --- */

static bool is_claimed(const struct hook *hook, const struct undo_record *claim)
{
	const char *name = undo_field(claim, FIELD_NAME);
	const char *id = undo_field(claim, FIELD_ID);

	for (size_t i = 0; i < hook->logs.n; i++) {
		const struct undo_log *log = hook->logs.v[i];
		const struct undo_record *other = undo_log_find(log, CLAIM_KIND, name);

		if (other && other != claim && !log->is_stale &&
		    strcmp(undo_field(other, FIELD_ID), id) == 0)
			return true;
	}
	return false;
}

/* A write lease is given for a file that nobody else has open, or mapped (fcntl(2)). */
static int is_open(int dir, const char *name)
{
	CLEANUP_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN;
}

/* 1: it is gone now; 0: it stays, for it is open. */
static int remove_file(const struct hook *hook, const char *name, const char *id,
		       struct error *err)
{
	CLEANUP_CLOSE int dir = open_dir(hook->root, err);
	char now[ID_MAX];
	struct stat st;
	int r = dir < 0 ? dir : look(&st, dir, name, err);

	if (r <= 0)
		return r < 0 ? r : 1;
	format_id(now, &st);
	if (strcmp(now, id) != 0)
		return 1; /* somebody has put another one there */
	if (is_open(dir, name)) {
		account_add(&hook->account, LOG_INFO,
			    "/" DIR "/%s: stays, somebody has it open", name);
		return 0;
	}
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return error_sys(err, errno, "remove '/" DIR "/%s'", name);
	account_add(&hook->account, LOG_INFO, "/" DIR "/%s: removed", name);
	return 1;
}

static int undo_shmem(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err)
{
	const char *name = undo_field(record, FIELD_NAME);
	const char *id = undo_field(record, FIELD_ID);
	struct undo_log *shared = undo_logs_find(&hook->logs, UNDO_SHARED);
	struct undo_record *made = find_made(hook, name, id);
	int r;

	(void)log;
	r = !made || is_claimed(hook, record) ? 0 : remove_file(hook, name, id, err);
	if (r > 0)
		r = undo_log_mark(shared, made, UNDO_DONE, err);
	/* also one that was made, and the hook killed before it held anything */
	if (r == 0 && shared && undo_log_is_clean(shared))
		r = undo_logs_remove(&hook->logs, shared, err);
	return r;
}

const struct undo_kind shmem_undo = {
	.name = CLAIM_KIND,
	.step = "shmem",
	.says = "the shared memory '/dev/shm/{0}'",
	.undo = undo_shmem,
};
