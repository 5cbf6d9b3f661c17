/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One run of xmltweak:
 *
 *	text -> document -> plan -> stylesheets -> splice -> checks -> text, view
 *
 * Nothing is written before everything has been checked.
 */

#include "options.h"

MUST_CHECK int job_run(const struct options *options, struct error *err);
