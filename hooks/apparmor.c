/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/macro.h"

#define ATTR     "/proc/thread-self/attr/apparmor/current"
#define PROFILES "/sys/kernel/security/apparmor/profiles"

#define TRY_MS 5000

struct trial {
	const char *profile; /* that confines the daemon */
	const char *program;
};

/*
 * A line each: "libvirtd (enforce)". To ask for one that is not there would be logged as
 * denied.
 */
static bool is_loaded(const char *profile)
{
	CLEANUP_FCLOSE FILE *file = fopen(PROFILES, "re");
	size_t len = strlen(profile);
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, profile, len) == 0 && strncmp(line + len, " (", 2) == 0)
			return true;
	}
	return false;
}

static bool enter(const char *profile)
{
	int fd = open(ATTR, O_WRONLY | O_CLOEXEC);
	int n = fd < 0 ? -1 : dprintf(fd, "changeprofile %s", profile);

	if (fd >= 0)
		(void)close(fd);
	return n > 0;
}

/* Says something when it could not run the program, which closes the socket otherwise. */
static void try(int socket, const void *data)
{
	const struct trial *trial = data;
	char *argv[] = { (char *)"vfiokit-hook", (char *)"--version", NULL };
	char *envp[] = { NULL };
	int code;

	if (!enter(trial->profile))
		return;
	(void)execve(trial->program, argv, envp);
	code = errno;
	(void)!send(socket, &code, sizeof(code), MSG_NOSIGNAL);
}

static int lets_run(const struct trial *trial, struct error *err)
{
	const struct child_work work = {
		.name = "vfiokit-try",
		.run = try,
		.data = trial,
	};
	CLEANUP_CHILD struct child child = CHILD_NONE;
	int code = 0;
	int r = child_start(&child, &work, err);

	if (r < 0)
		return r;
	r = child_receive(&child, &code, sizeof(code), TRY_MS);
	return !(r == 0 && code == EACCES);
}

int apparmor_lets_libvirt_run(const char *program, struct error *err)
{
	static const char *const profiles[] = { "libvirtd", "virtqemud" };
	int r = 1;

	for (size_t i = 0; r > 0 && i < ARRAY_SIZE(profiles); i++) {
		struct trial trial = { profiles[i], program };

		if (is_loaded(trial.profile))
			r = lets_run(&trial, err);
	}
	return r;
}
