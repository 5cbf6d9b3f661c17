/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/parse.h"
#include "domain/query.h"

#define ENTRY_MAX 16384
#define ID_LIMIT  0xfffffffeU
#define QEMU_CONF "etc/libvirt/qemu.conf"

static FILE *open_file(const struct root *root, const char *path)
{
	int fd = root_openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "re");

	if (!file && fd >= 0)
		(void)close(fd);
	return file;
}

/* A number, or after a plus sign one that cannot be a name. */
static bool parse_id(unsigned *ret_id, const char *text)
{
	struct error ignored;
	uint64_t value;

	if (parse_dec(&value, *text == '+' ? text + 1 : text, 0, ID_LIMIT, "id",
		      &ignored) < 0)
		return false;
	*ret_id = (unsigned)value;
	return true;
}

/* --- the user database: the files, and on the host itself what else it asks --- */

static bool find_entry(struct passwd *ret_entry, const struct root *root,
		       const char *name, const uid_t *uid, char text[static ENTRY_MAX])
{
	CLEANUP_FCLOSE FILE *file = open_file(root, "etc/passwd");
	struct passwd *entry = NULL;

	while (file && fgetpwent_r(file, ret_entry, text, ENTRY_MAX, &entry) == 0) {
		if (uid ? entry->pw_uid == *uid : strcmp(entry->pw_name, name) == 0)
			return true;
	}
	if (!root_is_host(root))
		return false;
	if (uid) {
		(void)getpwuid_r(*uid, ret_entry, text, ENTRY_MAX, &entry);
	} else {
		(void)getpwnam_r(name, ret_entry, text, ENTRY_MAX, &entry);
	}
	return entry;
}

static bool find_group_entry(struct group *ret_entry, const struct root *root,
			     const char *name, char text[static ENTRY_MAX])
{
	CLEANUP_FCLOSE FILE *file = open_file(root, "etc/group");
	struct group *entry = NULL;

	while (file && fgetgrent_r(file, ret_entry, text, ENTRY_MAX, &entry) == 0) {
		if (strcmp(entry->gr_name, name) == 0)
			return true;
	}
	if (root_is_host(root))
		(void)getgrnam_r(name, ret_entry, text, ENTRY_MAX, &entry);
	return entry;
}

static void add_group(struct user *user, gid_t gid)
{
	if (user->n_groups < USER_GROUPS_MAX)
		user->groups[user->n_groups++] = gid;
}

static void read_groups(struct user *user, const struct root *root)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	struct group group;
	struct group *entry;
	char text[ENTRY_MAX];

	user->n_groups = USER_GROUPS_MAX;
	if (root_is_host(root)) {
		if (getgrouplist(user->name, user->gid, user->groups, &user->n_groups) <
		    0)
			user->n_groups = USER_GROUPS_MAX; /* filled to the brim */
		return;
	}
	user->n_groups = 0;
	file = open_file(root, "etc/group");
	while (file && fgetgrent_r(file, &group, text, sizeof(text), &entry) == 0) {
		for (char **member = entry->gr_mem; *member; member++) {
			if (strcmp(*member, user->name) == 0)
				add_group(user, entry->gr_gid);
		}
	}
}

int user_find(struct user *ret_user, const struct root *root, const char *name,
	      struct error *err)
{
	struct passwd entry;
	char text[ENTRY_MAX];
	unsigned id;
	uid_t uid;

	if (*name != '+' && find_entry(&entry, root, name, NULL, text)) {
		uid = entry.pw_uid;
	} else if (parse_id(&id, name)) {
		uid = id;
		if (!find_entry(&entry, root, NULL, &uid, text)) {
			*ret_user = (struct user){ .uid = uid, .gid = uid };
			(void)snprintf(ret_user->name, sizeof(ret_user->name), "%u", uid);
			return 0;
		}
	} else {
		return error_set(err, ENOENT, "there is no user '%s'", name);
	}
	*ret_user = (struct user){ .uid = uid, .gid = entry.pw_gid };
	if (strlen(entry.pw_name) >= sizeof(ret_user->name)) {
		return error_set(err, ENAMETOOLONG,
				 "the name of the user '%s' is too long", entry.pw_name);
	}
	memcpy(ret_user->name, entry.pw_name, strlen(entry.pw_name) + 1);
	read_groups(ret_user, root);
	return 0;
}

int user_find_group(gid_t *ret_gid, const struct root *root, const char *name,
		    struct error *err)
{
	struct group entry;
	char text[ENTRY_MAX];
	unsigned id;

	if (*name != '+' && find_group_entry(&entry, root, name, text)) {
		*ret_gid = entry.gr_gid;
		return 0;
	}
	if (!parse_id(&id, name))
		return error_set(err, ENOENT, "there is no group '%s'", name);
	*ret_gid = id;
	return 0;
}

/* --- QEMU's --- */

/* The value in: name = "value"; NULL when this line is another. Cuts the line. */
static const char *conf_value(char *line, const char *name)
{
	char *value = line + strspn(line, " \t");
	char *end;

	if (strncmp(value, name, strlen(name)) != 0)
		return NULL;
	value += strlen(name);
	value += strspn(value, " \t");
	if (*value++ != '=')
		return NULL;
	value += strspn(value, " \t");
	if (*value != '"' && *value != '\'')
		return NULL;
	end = strchr(value + 1, *value);
	if (!end)
		return NULL;
	*end = '\0';
	return value + 1;
}

struct names {
	char user[USER_NAME_MAX];
	char group[USER_NAME_MAX];
};

static void set_name(char name[static USER_NAME_MAX], const char *value)
{
	if (value && strlen(value) < USER_NAME_MAX)
		memcpy(name, value, strlen(value) + 1);
}

/* A file that cannot be read is libvirt's to complain about. */
static void read_conf(struct names *names, const struct root *root)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd =
		root_openat(root, QEMU_CONF, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct error ignored;
	char *rest;
	char *line;

	if (fd < 0 || file_read_fd(&text, fd, "/" QEMU_CONF, &ignored) < 0 || !text.data)
		return;
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		char *value = line;

		set_name(names->user, conf_value(value, "user"));
		set_name(names->group, conf_value(value, "group"));
	}
}

/* <seclabel type='static' model='dac'><label>USER:GROUP</label></seclabel> */
static void read_label(struct names *names, const xmlNode *domain)
{
	query_each (label, domain, "seclabel") {
		const char *text = query_text(query_child(label, "label"));
		const char *colon = text ? strchr(text, ':') : NULL;

		if (!query_attr_is(label, "model", "dac") || !colon ||
		    colon - text >= USER_NAME_MAX)
			continue;
		(void)snprintf(names->user, sizeof(names->user), "%.*s",
			       (int)(colon - text), text);
		set_name(names->group, colon + 1);
	}
}

int user_of_qemu(struct user *ret_user, const struct hook *hook, struct error *err)
{
	static const char *const usual[] = { "libvirt-qemu", "qemu" };
	struct names names = { 0 };
	int r = -ENOENT;

	read_conf(&names, hook->root);
	read_label(&names, hook->needs.domain);
	if (*names.user)
		r = user_find(ret_user, hook->root, names.user, err);
	for (size_t i = 0; !*names.user && r == -ENOENT && i < ARRAY_SIZE(usual); i++)
		r = user_find(ret_user, hook->root, usual[i], err);
	if (r == 0 && *names.group) {
		add_group(ret_user, ret_user->gid);
		r = user_find_group(&ret_user->gid, hook->root, names.group, err);
	}
	if (r < 0) {
		return error_wrap(err, "find out whom QEMU runs as (user and group in "
				       "/" QEMU_CONF ")");
	}
	return 0;
}

/* --- permissions --- */

bool user_is_in(const struct user *user, gid_t gid)
{
	for (int i = 0; i < user->n_groups; i++) {
		if (user->groups[i] == gid)
			return true;
	}
	return user->gid == gid;
}

bool user_may(const struct user *user, const struct stat *st, unsigned rwx)
{
	unsigned mode = st->st_mode;

	if (user->uid == 0)
		return true;
	if (user->uid == st->st_uid) {
		mode >>= 6;
	} else if (user_is_in(user, st->st_gid)) {
		mode >>= 3;
	}
	return (mode & rwx) == rwx;
}

struct attempt {
	const struct user *user;
	const struct root *root;
	const char *path;
	int flags;
};

static int open_as(const struct attempt *attempt)
{
	const struct user *user = attempt->user;
	int fd;

	if (setgroups((size_t)user->n_groups, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	fd = root_openat(attempt->root, attempt->path,
			 attempt->flags | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? fd : 0;
}

static void try_open(int socket, const void *data)
{
	int answer = open_as(data);

	(void)!send(socket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

int user_try_open(const struct user *user, const struct hook *hook, const char *path,
		  int flags)
{
	const struct attempt attempt = { user, hook->root, path, flags };
	const struct child_work work = {
		.name = "vfiokit-open",
		.run = try_open,
		.data = &attempt,
		.keep = { hook->root->fd },
	};
	struct child child = CHILD_NONE;
	struct error ignored;
	int answer = 0;
	int r;

	if (geteuid() != 0)
		return 0; /* only root can become somebody else */
	r = child_start(&child, &work, &ignored);
	if (r < 0)
		return r;
	r = child_receive(&child, &answer, sizeof(answer), hook_wait_ms(hook));
	if (r == -ETIMEDOUT) {
		(void)child_kill(&child, 0);
		return r;
	}
	child_end(&child);
	return r < 0 ? -EIO : answer;
}
