/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A router among devices and guests that do anything, and the promises that hold whatever
 * they do:
 *
 *  - a node gets a press only of what is up, a release or a repeat only of what is down;
 *  - only the current target gets anything, and nobody else has a key down;
 *  - the events of a frame are for one target, and for none while its device is not
 * grabbed;
 *  - of a chord's last key no guest sees anything;
 *  - when no finger is on a key, no node has one down.
 *
 * The steps come from numbers: random ones, or those that a fuzzer makes up.
 */

#include <stdbool.h>
#include <stdint.h>

struct routermodel;

struct routermodel *routermodel_new(bool is_clone);
void routermodel_free(struct routermodel *model);

/* The promise that was broken, or NULL. */
const char *routermodel_step(struct routermodel *model, uint32_t word);

/* All fingers up: the same. */
const char *routermodel_rest(struct routermodel *model);

/* How many presses guests got, and how often they were switched to: that something
 * happens. */
unsigned long routermodel_presses(const struct routermodel *model);
unsigned long routermodel_switches(const struct routermodel *model);
