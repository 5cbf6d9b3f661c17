/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/macro.h"
#include "version.h"

#define PROGRAM "vbios"

static const struct command *const commands[] = {
	&command_info, &command_check,   &command_dump,    &command_strip,
	&command_fix,  &command_extract, &command_diff,    &command_store,
	&command_swap, &command_bench,   &command_restore,
};

bool command_writes_to(const char *path)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(STDOUT_FILENO, &b) == 0 &&
	       !S_ISCHR(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int finish(void)
{
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int show_help(void)
{
	(void)printf(
		"Usage: " PROGRAM " COMMAND [OPTION...] [FILE...]\n\n"
		"Option ROMs of PCI devices: what is in a file, and what the firmware "
		"of a guest\nwill do with it.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = commands[i];
		int width = 23 - (int)strlen(command->name);

		(void)printf("  %s %-*s %s\n", command->name, width, command->args,
			     command->help);
	}
	(void)printf("  %-24s %s\n  %-24s %s\n", "--help", "show this", "--version",
		     "show the version");
	(void)printf("\n'" PROGRAM
		     " COMMAND --help' shows the options of a command. More "
		     "in vbios(1).\n");
	return finish();
}

static int show_command_help(const struct command *command)
{
	(void)printf("Usage: " PROGRAM " %s [OPTION...] %s\n\n%c%s.\n\nOptions:\n",
		     command->name, command->args, command->help[0] - 'a' + 'A',
		     command->help + 1);
	option_help(stdout, command->options->v, command->options->n);
	return finish();
}

static int usage_error(const char *name, const char *message)
{
	(void)fprintf(stderr, PROGRAM ": %s; see '" PROGRAM "%s%s --help'\n", message,
		      *name ? " " : "", name);
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options options = OPTIONS_NONE;
	struct error err = { 0 };
	int r = options_parse(&options, command->options, argc, argv, &err);

	if (r < 0)
		return usage_error(command->name, err.msg);
	if (options.ask == ASK_HELP)
		return show_command_help(command);
	if (options.ask == ASK_OPTIONS) {
		option_list(stdout, command->options->v, command->options->n);
		return finish();
	}
	if (options.n_operands < command->min_operands ||
	    options.n_operands > command->max_operands) {
		(void)error_set(&err, EINVAL, "'%s' is called as: " PROGRAM " %s %s",
				command->name, command->name, command->args);
		return usage_error(command->name, err.msg);
	}
	r = command->run(&options, &err);
	if (r == -EBADRQC)
		return usage_error(command->name, err.msg);
	if (r < 0)
		(void)fprintf(stderr, PROGRAM ": %s\n", err.msg);
	if (r >= 0 && fflush(stdout) != 0) {
		(void)fprintf(stderr, PROGRAM ": write to standard output: %s\n",
			      strerror(errno));
		r = -EIO;
	}
	return r < 0 ? command->failed : r;
}

int command_run(int argc, char **argv)
{
	struct error err = { 0 };

	if (argc < 2)
		return usage_error("", "no command is given");
	if (strcmp(argv[1], "--help") == 0)
		return show_help();
	if (strcmp(argv[1], "--version") == 0)
		return puts(PROGRAM " " VFIOKIT_VERSION) < 0 ? EXIT_FAILED : finish();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return run(commands[i], argc - 1, argv + 1);
	}
	(void)error_set(&err, EINVAL, "there is no command '%s'", argv[1]);
	return usage_error("", err.msg);
}
