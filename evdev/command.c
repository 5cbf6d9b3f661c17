/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/macro.h"
#include "base/parse.h"
#include "client.h"
#include "config.h"
#include "control.h"
#include "daemon.h"
#include "status.h"
#include "version.h"

#define PROGRAM            "evgrab"
#define EXIT_MISCONFIGURED 78 /* sysexits.h; RestartPreventExitStatus= of the unit */

/* ---- options ---- */

static int take_config(void *ctx, const char *value, struct error *err)
{
	(void)err;
	((struct command_options *)ctx)->config = value;
	return 0;
}

static int take_socket(void *ctx, const char *value, struct error *err)
{
	(void)err;
	((struct command_options *)ctx)->socket = value;
	return 0;
}

static int take_for(void *ctx, const char *value, struct error *err)
{
	return parse_dec(&((struct command_options *)ctx)->seconds, value, 1, 86400,
			 "number of seconds", err);
}

static int take_json(void *ctx, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	((struct command_options *)ctx)->json = true;
	return 0;
}

static int take_keys(void *ctx, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	((struct command_options *)ctx)->keys = true;
	return 0;
}

static int take_help(void *ctx, const char *value, struct error *err)
{
	(void)value;
	(void)err;
	((struct command_options *)ctx)->help = true;
	return 0;
}

#define HELP_OPTION                                                            \
	{                                                                      \
		"help", 'h', OPTION_NO_ARG, NULL, "show this", NULL, take_help \
	}
#define SOCKET_OPTION                                                           \
	{                                                                       \
		"socket", 0, OPTION_ARG, "PATH", "the daemon's socket", "FILE", \
			take_socket                                             \
	}
#define CONFIG_OPTION                                                         \
	{                                                                     \
		"config", 0, OPTION_ARG, "FILE", "the configuration", "FILE", \
			take_config                                           \
	}

static const struct option_spec run_options[] = {
	CONFIG_OPTION,
	SOCKET_OPTION,
	{ "for", 0, OPTION_ARG, "SECONDS",
	  "end after that, whatever happens: to try a configuration out", NULL,
	  take_for },
	HELP_OPTION,
};

static const struct option_spec json_options[] = {
	{ "json", 0, OPTION_NO_ARG, NULL, "as JSON", NULL, take_json },
	SOCKET_OPTION,
	HELP_OPTION,
};

static const struct option_spec monitor_options[] = {
	{ "keys", 0, OPTION_NO_ARG, NULL, "the keys too: for root only", NULL,
	  take_keys },
	SOCKET_OPTION,
	HELP_OPTION,
};

static const struct option_spec socket_options[] = { SOCKET_OPTION, HELP_OPTION };
static const struct option_spec check_options[] = { CONFIG_OPTION, HELP_OPTION };

/* ---- commands ---- */

static int run_daemon(const struct command_options *options, char **args,
		      struct error *err)
{
	const struct daemon_options daemon = {
		.config_path = options->config,
		.socket_path = options->socket,
		.seconds = options->seconds,
	};

	(void)args;
	return daemon_run(&daemon, err);
}

static int call_daemon(const struct command_options *options, enum protocol_verb verb,
		       const char *name, struct error *err)
{
	struct client_call call = {
		.path = options->socket,
		.request = { .verb = verb },
	};

	if (strlen(name) > PROTOCOL_NAME_MAX)
		return error_set(err, ENOENT, "there is no guest '%s'", name);
	(void)snprintf(call.request.name, sizeof(call.request.name), "%s", name);
	return client_call(&call, err);
}

static int run_switch(const struct command_options *options, char **args,
		      struct error *err)
{
	return call_daemon(options, PROTOCOL_SWITCH, args[0], err);
}

static int run_started(const struct command_options *options, char **args,
		       struct error *err)
{
	return call_daemon(options, PROTOCOL_STARTED, args[0], err);
}

static int run_stopped(const struct command_options *options, char **args,
		       struct error *err)
{
	return call_daemon(options, PROTOCOL_STOPPED, args[0], err);
}

static int run_release(const struct command_options *options, char **args,
		       struct error *err)
{
	(void)args;
	return call_daemon(options, PROTOCOL_RELEASE, "", err);
}

static int run_reload(const struct command_options *options, char **args,
		      struct error *err)
{
	(void)args;
	return call_daemon(options, PROTOCOL_RELOAD, "", err);
}

static int show_json(void *ctx, const char *json, struct error *err)
{
	(void)ctx;
	/* a reader that has gone ends a monitor */
	if (puts(json) < 0 || fflush(stdout) != 0)
		return error_sys(err, errno, "write to standard output");
	return 0;
}

static int show_status(void *ctx, const char *json, struct error *err)
{
	return status_show(ctx, json, err);
}

static int show_device(void *ctx, const char *json, struct error *err)
{
	return status_show_device(ctx, json, err);
}

static int run_status(const struct command_options *options, char **args,
		      struct error *err)
{
	struct client_call call = {
		.path = options->socket,
		.request = { .verb = PROTOCOL_STATUS },
		.data = options->json ? show_json : show_status,
		.ctx = stdout,
	};

	(void)args;
	return client_call(&call, err);
}

static int run_list(const struct command_options *options, char **args, struct error *err)
{
	struct client_call call = {
		.path = options->socket,
		.request = { .verb = PROTOCOL_LIST },
		.data = options->json ? show_json : show_device,
		.ctx = stdout,
	};

	(void)args;
	return client_call(&call, err);
}

static int run_monitor(const struct command_options *options, char **args,
		       struct error *err)
{
	struct client_call call = {
		.path = options->socket,
		.request = { .verb = options->keys ? PROTOCOL_KEYS : PROTOCOL_MONITOR },
		.is_endless = true,
		.data = show_json,
	};

	(void)args;
	return client_call(&call, err);
}

#define OPTIONS(specs) specs, ARRAY_SIZE(specs)

static const struct command commands[] = {
	{ "run", "", "be the daemon", 0, OPTIONS(run_options), run_daemon },
	{ "switch", "GUEST|host|next|prev|back", "give keyboard and mouse to somebody", 1,
	  OPTIONS(socket_options), run_switch },
	{ "release", "", "let everything go: the host has all devices", 0,
	  OPTIONS(socket_options), run_release },
	{ "status", "", "who has the input, which guests there are", 0,
	  OPTIONS(json_options), run_status },
	{ "list", "", "the devices of the host: which are taken, and why not", 0,
	  OPTIONS(json_options), run_list },
	{ "monitor", "", "show what happens until interrupted", 0,
	  OPTIONS(monitor_options), run_monitor },
	{ "reload", "", "read the configuration anew", 0, OPTIONS(socket_options),
	  run_reload },
	{ "check", "", "check the configuration and the host", 0, OPTIONS(check_options),
	  command_check },
	{ "started", "GUEST", "a guest has started: for the hook", 1,
	  OPTIONS(socket_options), run_started },
	{ "stopped", "GUEST", "a guest has stopped: for the hook", 1,
	  OPTIONS(socket_options), run_stopped },
};

/* ---- the program ---- */

static int show_help(void)
{
	(void)printf("Usage: " PROGRAM " COMMAND [ARGUMENT...] [OPTION...]\n\n"
		     "Switches keyboard and mouse between the host and any number of "
		     "guests.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		int width = 33 - (int)strlen(commands[i].name);

		(void)printf("  %s %-*s %s\n", commands[i].name, width, commands[i].args,
			     commands[i].help);
	}
	(void)printf("  %-34s %s\n  %-34s %s\n\nEach command has --help.\n", "--help",
		     "show this", "--version", "show the version");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int show_command_help(const struct command *command)
{
	(void)printf("Usage: " PROGRAM " %s%s%s [OPTION...]\n\n%s\n\nOptions:\n",
		     command->name, *command->args ? " " : "", command->args,
		     command->help);
	option_help(stdout, command->specs, command->n_specs);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int usage_error(const char *text, const char *word)
{
	(void)fprintf(stderr, PROGRAM ": %s%s%s%s; see '" PROGRAM " --help'\n", text,
		      word ? " '" : "", word ? word : "", word ? "'" : "");
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct command_options options = { .config = CONFIG_PATH,
					   .socket = CONTROL_PATH };
	struct error err = { 0 };
	int n = option_parse(command->specs, command->n_specs, &options, argc, argv,
			     &err);

	if (n < 0)
		return usage_error(err.msg, NULL);
	if (options.help)
		return show_command_help(command);
	if (n != command->n_args) {
		(void)fprintf(stderr, PROGRAM ": usage: " PROGRAM " %s%s%s [OPTION...]\n",
			      command->name, *command->args ? " " : "", command->args);
		return EXIT_USAGE;
	}
	n = command->run(&options, argv + argc - n, &err);
	if (n < 0) {
		(void)fflush(stdout);
		(void)fprintf(stderr, PROGRAM ": %s\n", err.msg);
		return n == -DAEMON_MISCONFIGURED && command->run == run_daemon
			       ? EXIT_MISCONFIGURED
			       : EXIT_FAILED;
	}
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

int command_main(int argc, char **argv)
{
	if (argc < 2)
		return usage_error("no command is given", NULL);
	if (strcmp(argv[1], "--help") == 0)
		return show_help();
	if (strcmp(argv[1], "--version") == 0)
		return puts(PROGRAM " " VFIOKIT_VERSION) < 0 ? EXIT_FAILED : EXIT_OK;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return run(&commands[i], argc - 1, argv + 1);
	}
	return usage_error("there is no command", argv[1]);
}
