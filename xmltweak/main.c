/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>

#include <libxml/parser.h>
#include <libxslt/xslt.h>

#include "base/exit.h"
#include "domain/pool.h"
#include "job.h"
#include "options.h"
#include "version.h"

static int answer(enum ask ask)
{
	switch (ask) {
	case ASK_HELP:
		options_help(stdout);
		break;
	case ASK_OPTIONS:
		options_list(stdout);
		break;
	default:
		(void)puts("xmltweak " VFIOKIT_VERSION);
	}
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	CLEANUP_OPTIONS struct options options = OPTIONS_NONE;
	struct error err = { 0 };
	int r;

	if (options_parse(&options, argc, argv, &err) < 0) {
		(void)fprintf(stderr, "xmltweak: %s; see 'xmltweak --help'\n", err.msg);
		return EXIT_USAGE;
	}
	if (options.ask != ASK_NOTHING)
		return answer(options.ask);

	if (!options_need_libvirt(&options))
		pool_use();
	r = job_run(&options, &err);
	xsltCleanupGlobals();
	xmlCleanupParser();
	pool_done();
	if (r < 0) {
		(void)fprintf(stderr, "xmltweak: %s\n", err.msg);
		/* options that contradict each other only on this host */
		return r == -ENOTUNIQ ? EXIT_USAGE : EXIT_FAILED;
	}
	return EXIT_OK;
}
