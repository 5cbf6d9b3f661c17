/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/sysfs.h"
#include "script_child.h"
#include "steps.h"

#define DIR_TOP    "etc/vfiokit"
#define PREPARE    "prepare"
#define WRITE_ELSE (S_IWGRP | S_IWOTH)

void scripts_done(struct scripts *scripts)
{
	for (size_t i = 0; i < scripts->n; i++)
		free(scripts->v[i]);
	free(scripts->v);
	*scripts = SCRIPTS_NONE;
}

bool scripts_is_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       !strchr(name, '/');
}

/* --- whom they belong to --- */

/* What others can write they could make root run. A link could lead anywhere. */
static int check_owner(const struct stat *st, const char *path, struct error *err)
{
	if (S_ISLNK(st->st_mode)) {
		return error_set(err, EPERM,
				 "'/%s' is a link; scripts and their directories have "
				 "to be there themselves",
				 path);
	}
	if (st->st_uid == geteuid() && !(st->st_mode & WRITE_ELSE))
		return 0;
	return error_set(err, EPERM,
			 "'/%s' can be written by others than root: chown root, chmod "
			 "go-w",
			 path);
}

/* 1: it is there; 0: not. */
static int look_at(struct stat *st, const struct root *root, const char *path,
		   struct error *err)
{
	CLEANUP_CLOSE int fd = root_openat(root, path, O_PATH | O_NOFOLLOW);

	/* a name that is too long for a file is that of none */
	if (fd == -ENOENT || fd == -ENAMETOOLONG || fd == -ENOTDIR)
		return 0;
	if (fd < 0)
		return error_sys(err, -fd, "look at '/%s'", path);
	if (fstat(fd, st) < 0)
		return error_sys(err, errno, "look at '/%s'", path);
	return 1;
}

/* 1: all directories of the path are there and root's; 0: one is not there. */
static int check_dirs(const struct root *root, const char *path, struct error *err)
{
	char part[SYSFS_PATH_MAX];
	size_t len = strlen(DIR_TOP);

	for (;;) {
		struct stat st = { 0 };
		int r;

		memcpy(part, path, len);
		part[len] = '\0';
		r = look_at(&st, root, part, err);
		if (r > 0 && check_owner(&st, part, err) < 0)
			return -err->code;
		if (r <= 0 || path[len] == '\0')
			return r;
		len += 1 + strcspn(path + len + 1, "/");
	}
}

/* --- which there are --- */

static bool is_left_out(const char *name)
{
	return *name == '.' || name[strlen(name) - 1] == '~';
}

static int add_script(struct scripts *scripts, const char *path, struct error *err)
{
	char **v = reallocarray(scripts->v, scripts->n + 1, sizeof(*v));

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	scripts->v = v;
	v[scripts->n] = strdup(path);
	if (!v[scripts->n])
		return error_set(err, ENOMEM, "out of memory");
	scripts->n++;
	return 0;
}

/* Where they are looked for, and who is told what is left out. */
struct looking {
	const struct root *root;
	const struct account *account;
};

static int look_at_script(struct scripts *scripts, const struct looking *looking,
			  const char *path, struct error *err)
{
	struct stat st = { 0 };
	int r = look_at(&st, looking->root, path, err);

	if (r > 0 && S_ISDIR(st.st_mode))
		return 0;
	if (r > 0)
		r = check_owner(&st, path, err);
	if (r < 0)
		return r;
	if (S_ISREG(st.st_mode) && (st.st_mode & 0111))
		return add_script(scripts, path, err);
	if (looking->account) {
		account_add(looking->account, LOG_WARNING,
			    "'/%s' is not executable and is left out", path);
	}
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

static int find_in(struct scripts *scripts, const struct looking *looking,
		   const char *dir, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	int r = sysfs_list(&names, looking->root, dir, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (is_left_out(names.v[i]))
			continue;
		r = sysfs_path(path, err, "%s/%s", dir, names.v[i]);
		if (r == 0)
			r = look_at_script(scripts, looking, path, err);
	}
	if (r == 0 && scripts->n > 0)
		qsort(scripts->v, scripts->n, sizeof(*scripts->v), compare_paths);
	return r;
}

int scripts_find(struct scripts *ret_scripts, const struct root *root,
		 const struct account *account, const struct call *call,
		 struct error *err)
{
	struct looking looking = { .root = root, .account = account };
	CLEANUP_SCRIPTS struct scripts scripts = SCRIPTS_NONE;
	struct error too_long;
	char dir[SYSFS_PATH_MAX];
	int r;

	*ret_scripts = scripts;
	if (!scripts_is_name(call->guest) || !scripts_is_name(call->operation) ||
	    !scripts_is_name(call->suboperation) ||
	    sysfs_path(dir, &too_long, SCRIPTS_DIR "/%s/%s/%s", call->guest,
		       call->operation, call->suboperation) < 0)
		return 0;
	r = check_dirs(root, dir, err);
	if (r > 0)
		r = find_in(&scripts, &looking, dir, err);
	if (r < 0)
		return r;
	*ret_scripts = scripts;
	scripts = SCRIPTS_NONE;
	return 0;
}

/* --- running them --- */

struct telling {
	const struct hook *hook;
	const char *name;
};

static void tell_line(void *data, const char *text)
{
	const struct telling *telling = data;

	account_add(&telling->hook->account, LOG_INFO, "%s: %s", telling->name, text);
}

static int run_script(struct hook *hook, const struct call *call, const char *path,
		      struct error *err)
{
	struct telling telling = { .hook = hook, .name = strrchr(path, '/') + 1 };
	bool is_host = root_is_host(hook->root);
	char full[2 * SYSFS_PATH_MAX];
	char *argv[] = { full,
			 (char *)call->guest,
			 (char *)call->operation,
			 (char *)call->suboperation,
			 (char *)call->extra,
			 NULL };
	struct script_child child = { .path = full,
				      .argv = argv,
				      .input = call->xml,
				      .input_len = call->len,
				      .timeout_ms = hook_wait_ms(hook),
				      .line = tell_line,
				      .data = &telling };
	uint64_t begin = effects_clock_us();
	int r;

	if (snprintf(full, sizeof(full), "%s/%s", is_host ? "" : hook->root->dir, path) >=
	    (int)sizeof(full))
		return error_set(err, ENAMETOOLONG, "path '%.60s...' is too long", full);
	if (child.timeout_ms == 0) {
		return error_set(err, ETIME, "run '/%s': the time for all of it is over",
				 path);
	}
	r = script_child_run(&child, err);
	hook->scripts_us += effects_clock_us() - begin;
	if (r == 0)
		account_add(&hook->account, LOG_INFO, "script '/%s' has run", path);
	return r < 0 ? error_wrap(err, "script") : 0;
}

static int check_name(const struct call *call, struct error *err)
{
	if (scripts_is_name(call->guest) || strcmp(call->operation, PREPARE) != 0)
		return 0;
	return error_set(err, EINVAL,
			 "a guest cannot be called '%s' here: there can be no directory "
			 "of that name for its scripts",
			 call->guest);
}

int scripts_run(struct hook *hook, const struct call *call, struct error *err)
{
	CLEANUP_SCRIPTS struct scripts scripts = SCRIPTS_NONE;
	int r = check_name(call, err);

	if (r < 0)
		return r;
	hook->account.step = "scripts";
	r = scripts_find(&scripts, hook->root, &hook->account, call, err);
	for (size_t i = 0; r == 0 && i < scripts.n; i++)
		r = run_script(hook, call, scripts.v[i], err);
	hook->account.step = NULL;
	return r;
}

/* --- as a step, for those who want to know beforehand --- */

static int scripts_check(struct hook *hook, struct error *err)
{
	CLEANUP_SCRIPTS struct scripts scripts = SCRIPTS_NONE;
	struct call call = { .guest = hook->needs.name,
			     .operation = PREPARE,
			     .suboperation = "begin" };
	int r = check_name(&call, err);

	if (r == 0)
		r = scripts_find(&scripts, hook->root, NULL, &call, err);
	for (size_t i = 0; r == 0 && i < scripts.n; i++) {
		notes_add(&hook->notes, NOTE_DECISION, "scripts", "'/%s' runs first",
			  scripts.v[i]);
	}
	return r;
}

/* They run before the lock is taken; see operation.c. */
static int scripts_apply(struct hook *hook, struct error *err)
{
	(void)hook;
	(void)err;
	return 0;
}

const struct step scripts_step = {
	.name = "scripts",
	.check = scripts_check,
	.apply = scripts_apply,
};
