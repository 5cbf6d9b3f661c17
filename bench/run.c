/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * run N COMMAND... [-- COMMAND...]...: runs each command N times, in turns, so that what
 * else the machine does hits all alike. Standard input is the file that BENCH_STDIN
 * names, else /dev/null; so is standard output. A line for each command: the median of
 * the wall times and the least of them in microseconds, from before the fork to after the
 * wait, and the peak memory in KiB. A command that fails ends it all.
 */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX   100000

struct command {
	char **argv;
	int64_t *us; /* of each round */
	long kib;
};

static int64_t now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int run(struct command *command, const posix_spawn_file_actions_t *actions,
	       int64_t *ret_us)
{
	int64_t begin = now_us();
	struct rusage usage;
	int status;
	pid_t pid;
	int r = posix_spawnp(&pid, command->argv[0], actions, NULL, command->argv,
			     environ);

	if (r != 0) {
		(void)fprintf(stderr, "run: '%s': %s\n", command->argv[0], strerror(r));
		return -r;
	}
	if (wait4(pid, &status, 0, &usage) < 0)
		return -errno;
	*ret_us = now_us() - begin;
	if (status != 0) {
		(void)fprintf(stderr, "run: '%s' failed with status %d\n",
			      command->argv[0], status);
		return -EIO;
	}
	if (usage.ru_maxrss > command->kib)
		command->kib = usage.ru_maxrss;
	return 0;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Cuts argv at each "--". Returns the number of commands. */
static int split(struct command *commands, char **argv)
{
	int n = 0;

	while (*argv && n < COMMANDS_MAX) {
		commands[n++].argv = argv;
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return n;
}

static int run_all(struct command *commands, int n, long rounds)
{
	posix_spawn_file_actions_t actions;
	const char *input = getenv("BENCH_STDIN");
	int r = posix_spawn_file_actions_init(&actions);

	if (r == 0) {
		r = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, input ? input : "/dev/null", O_RDONLY, 0);
	}
	if (r == 0) {
		r = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
						     O_WRONLY, 0);
	}
	for (long round = 0; r == 0 && round < rounds; round++) {
		for (int i = 0; r == 0 && i < n; i++)
			r = run(&commands[i], &actions, &commands[i].us[round]);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return r;
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX] = { 0 };
	long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	int r = 0;
	int n;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: run N COMMAND... [-- COMMAND...]...\n");
		return 2;
	}
	n = split(commands, argv + 2);
	for (int i = 0; r == 0 && i < n; i++) {
		commands[i].us = calloc((size_t)rounds, sizeof(*commands[i].us));
		r = commands[i].us && commands[i].argv[0] ? 0 : -EINVAL;
	}
	if (r == 0)
		r = run_all(commands, n, rounds);
	for (int i = 0; i < n; i++) {
		if (r == 0) {
			qsort(commands[i].us, (size_t)rounds, sizeof(*commands[i].us),
			      compare);
			printf("%lld %lld %ld\n", (long long)commands[i].us[rounds / 2],
			       (long long)commands[i].us[0], commands[i].kib);
		}
		free(commands[i].us);
	}
	return r == 0 && fflush(stdout) == 0 ? 0 : 1;
}
