/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Scripts for the router: lines that say what happens, and below each, behind a tab, what
 * the router does about it. Running a script writes the same text anew with what it
 *really did, so a script holds when nothing differs.
 *
 *	guest win11 keyboard mouse input-linux live
 *	device kbd 0 leds
 *	chord next leftctrl+rightctrl
 *	switch win11
 *		switched win11 from host by command
 *		grab 0
 *	kbd: a+ b-
 *		win11.keyboard: a+
 *
 * "model clone" comes before everything else. A group that is to be grabbed is, at once,
 * unless "answer busy", "answer held", "answer failed" or "answer none" was said. "time
 *20" lets 20 milliseconds pass, "resync kbd a b" says what is down after lost events.
 */

#include "base/buf.h"
#include "base/error.h"

/* An error names the line that cannot be understood. */
MUST_CHECK int routerscript_run(const char *text, struct buf *out, struct error *err);
