/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of pin share; the algorithm stands in pin.h. */

#include "tweak/pin.h"

#define PIN_TOPIC "pin"

#define PLURAL(n) ((n) == 1 ? "" : "s")

struct pin_work {
	const struct cpus *cpus;
	const struct pin_request *request;
	struct notes *notes;
	struct pin pin;      /* the decision so far */
	struct cpuset guest; /* its cores with all threads, also idle ones */
	unsigned n_guest;    /* cores */
	struct cpuset nodes; /* where those cores are */
	struct cpuset llcs;  /* what they share, by index */
};

/* Gives a core, with all its threads, to the guest. */
void pin_take_core(struct pin_work *work, const struct cpus_core *core);
bool pin_has_core(const struct pin_work *work, const struct cpus_core *core);

/* The core that is always the host's. */
const struct cpus_core *pin_first_core(const struct cpus *cpus);

/* How many cores a guest must leave, that of CPU 0 included. */
unsigned pin_n_reserved(const struct cpus *cpus);

/* Appends "CPU 3" or "CPUs 0-3,8"; the notes fail if it does. */
void pin_format(struct pin_work *work, const struct cpuset *set, struct buf *buf);

/* What --pin=auto has settled before it turns to the caches. */
struct pin_terms {
	struct pin_work *work;
	enum cpus_kind kind; /* of the guest's cores */
	unsigned n_threads;  /* of each core that get a vCPU */
	unsigned n_needed;   /* cores */
	int node;            /* the preferred one, -1: the host has none */
	struct cpuset nodes; /* all that may be used */
};

/* Whether the guest may have the core: kind, threads, node, and not the host's. */
bool pin_is_usable(const struct pin_terms *terms, const struct cpus_core *core);

/* Takes the guest's cores, cache by cache; there are enough. Sets dies: pin_cache.c. */
MUST_CHECK int pin_take_caches(const struct pin_terms *terms, struct error *err);

/* Chooses vCPUs and topology: pin_auto.c, pin_list.c. */
MUST_CHECK int pin_auto(struct pin_work *work, struct error *err);
MUST_CHECK int pin_list(struct pin_work *work, struct error *err);

/* Chooses from what is left: pin_host.c. */
void pin_host(struct pin_work *work);
