/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The exit statuses of every program. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1, /* the work could not be done */
	EXIT_USAGE = 2,  /* the command line made no sense */
};
