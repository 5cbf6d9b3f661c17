/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "runner.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NAME_MAX_LEN 128

/* The daemon has signals blocked, which children would inherit. */
static int spawn(char **argv)
{
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int r = posix_spawnattr_init(&attributes);

	if (r != 0)
		return -r;
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	r = posix_spawnp(&pid, argv[0], NULL, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	return -r;
}

int runner_start(struct runner *runner, const struct runner_order *order,
		 struct error *err)
{
	char user[NAME_MAX_LEN], target[NAME_MAX_LEN], from[NAME_MAX_LEN];
	char description[NAME_MAX_LEN];
	CLEANUP_FREE char *command = strdup(order->command);
	char program[] = "systemd-run", no_block[] = "--no-block", quiet[] = "--quiet";
	char collect[] = "--collect", end[] = "--", shell[] = "/bin/sh", option[] = "-c";
	char *argv[] = { program,     no_block, quiet, collect, user,    target, from,
			 description, end,      shell, option,  command, NULL };
	int r;

	if (!command)
		return error_set(err, ENOMEM, "out of memory");
	if (runner->n == RUNNER_MAX) {
		return error_set(
			err, EAGAIN,
			"the command for '%s' is left out: systemd does not answer",
			order->target);
	}
	(void)snprintf(user, sizeof(user), "--uid=%s", order->user);
	(void)snprintf(target, sizeof(target), "--setenv=EVGRAB_TARGET=%s",
		       order->target);
	(void)snprintf(from, sizeof(from), "--setenv=EVGRAB_FROM=%s", order->from);
	(void)snprintf(description, sizeof(description),
		       "--description=evgrab: input goes to %s", order->target);
	r = spawn(argv);
	if (r < 0) {
		return error_sys(err, -r, "start '%s' for the command of '%s'", program,
				 order->target);
	}
	runner->n++;
	return 0;
}

size_t runner_reap(struct runner *runner)
{
	size_t n_failed = 0;
	int status;

	while (runner->n > 0 && waitpid(-1, &status, WNOHANG) > 0) {
		runner->n--;
		n_failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	return n_failed;
}
