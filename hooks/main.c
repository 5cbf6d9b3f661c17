/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The program that libvirt starts for every guest of the host at every operation. Most
 * guests are none of its business: to see that it needs nothing but libc, so all else is
 * in a module that is loaded when there is work (hooks/worker.h).
 *
 * What it is, hook or command, is decided by the name it was started as and by nothing
 * else: a guest may be called "restore".
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "front.h"
#include "worker.h"

#define PROGRAM "vfiokit-hook"

static int run_hook(int argc, char **argv)
{
	struct error err = { 0 };
	int r = front_run(argc, argv, &err);

	if (r == 0)
		return EXIT_OK;
	/* libvirt shows it to whoever started the guest */
	(void)fprintf(stderr, PROGRAM ": %s\n", err.msg);
	return r == -EINVAL && argc < FRONT_ARGS ? EXIT_USAGE : EXIT_FAILED;
}

static int run_command(int argc, char **argv)
{
	const struct worker *worker;
	struct error err = { 0 };

	if (load_worker(&worker, &err) < 0) {
		(void)fprintf(stderr, PROGRAM ": %s\n", err.msg);
		return EXIT_FAILED;
	}
	return worker->command(argc, argv);
}

/* What is opened later must not become standard input, output or error. */
static void open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

int main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = argc > 0 ? argv[0] : "";

	open_standard();
	if (slash)
		name = slash + 1;
	return strcmp(name, PROGRAM) == 0 ? run_command(argc, argv)
					  : run_hook(argc, argv);
}
