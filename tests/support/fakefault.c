/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakefault.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int code;
} kinds[FAKEFAULT_KINDS] = {
	[FAKEFAULT_NONE] = { "none", 0 },
	[FAKEFAULT_ENODEV] = { "ENODEV", ENODEV },
	[FAKEFAULT_EBUSY] = { "EBUSY", EBUSY },
	[FAKEFAULT_EIO] = { "EIO", EIO },
	[FAKEFAULT_ENOENT] = { "ENOENT", ENOENT },
	[FAKEFAULT_SHORT] = { "short write", 0 },
	[FAKEFAULT_NOTHING] = { "no effect", 0 },
	[FAKEFAULT_HANG] = { "never returns", 0 },
};

const char *fakefault_name(enum fakefault_kind kind)
{
	return kinds[kind].name;
}

int fakefault_errno(enum fakefault_kind kind)
{
	return kinds[kind].code;
}

struct fakefault *fakefaults_add(struct fakefaults *faults, enum fakefault_kind kind,
				 unsigned nth, const char *pattern)
{
	if (faults->n == FAKEFAULTS_MAX)
		abort();
	faults->v[faults->n] =
		(struct fakefault){ .kind = kind, .nth = nth, .pattern = pattern };
	return &faults->v[faults->n++];
}

static void record(struct fakefaults *faults, const char *name, const char *value)
{
	struct fakeeffect *effect;

	if (faults->n_effects == FAKEFAULT_EFFECTS)
		abort();
	effect = &faults->effects[faults->n_effects++];
	(void)snprintf(effect->name, sizeof(effect->name), "%s", name);
	(void)snprintf(effect->value, sizeof(effect->value), "%s", value);
}

enum fakefault_kind fakefault_next(struct fakefaults *faults, const char *name,
				   const char *value)
{
	if (!faults)
		return FAKEFAULT_NONE;
	record(faults, name, value);
	for (size_t i = 0; i < faults->n; i++) {
		const struct fakefault *fault = &faults->v[i];

		if ((fault->nth && fault->nth != faults->n_effects) ||
		    (fault->pattern && fnmatch(fault->pattern, name, 0) != 0) ||
		    (fault->value && strcmp(fault->value, value) != 0))
			continue;
		faults->n_hits++;
		return fault->kind;
	}
	return FAKEFAULT_NONE;
}
