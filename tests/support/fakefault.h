/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What goes wrong on a fake host, and what was done to it. The fake kernel and the fake
 * service manager ask before each effect. Effects are named:
 *
 *	sys/bus/pci/drivers_probe       an attribute that is written
 *	load vfio-pci, unload nvidia    a module
 *	stop gdm.service, start ...     a unit
 *	cpus system.slice               its AllowedCPUs
 *	sleep vfiokit-sleep-X.service
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/macro.h"
#include "host/root.h"

enum fakefault_kind {
	FAKEFAULT_NONE,
	FAKEFAULT_ENODEV,
	FAKEFAULT_EBUSY,
	FAKEFAULT_EIO,
	FAKEFAULT_ENOENT,
	FAKEFAULT_SHORT,   /* the kernel takes a part of the value, and does nothing */
	FAKEFAULT_NOTHING, /* success, and no effect */
	FAKEFAULT_HANG,    /* never returns; nor does what touches the same device then */
	FAKEFAULT_KINDS,
	FAKEFAULT_ENDED, /* huge pages: too slow, and ended when half of them are there */
};

struct fakefault {
	enum fakefault_kind kind;
	unsigned nth;        /* this effect, from 1; 0: all that match */
	const char *pattern; /* fnmatch(3) on the name; NULL: any */
	const char *value;   /* that is written; NULL: any */
};

#define FAKEFAULTS_MAX    4
#define FAKEFAULT_EFFECTS 512

struct fakeeffect {
	char name[128];
	char value[64]; /* of a write; else "" */
};

struct fakefaults {
	struct fakefault v[FAKEFAULTS_MAX];
	size_t n;
	unsigned n_hits;

	/* what was asked for so far */
	struct fakeeffect effects[FAKEFAULT_EFFECTS];
	size_t n_effects;
};

const char *fakefault_name(enum fakefault_kind kind);

/* The rest of the fault can be set in what is returned. */
struct fakefault *fakefaults_add(struct fakefaults *faults, enum fakefault_kind kind,
				 unsigned nth, const char *pattern);

/* Counts an effect and says what goes wrong with it. faults may be NULL. */
enum fakefault_kind fakefault_next(struct fakefaults *faults, const char *name,
				   const char *value);

/* Its errno; 0 for what is no plain error. */
int fakefault_errno(enum fakefault_kind kind);
