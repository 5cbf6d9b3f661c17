/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Parts of the fake kernel. All return 0 or a negative errno, as a write(2) would. */

#include "fakekernel.h"

/* Drivers of a bus. */
int fakedriver_unbind(const struct root *root, const char *bus, const char *driver,
		      const char *name);
int fakedriver_bind(const struct root *root, const char *bus, const char *driver,
		    const char *name);
int fakedriver_probe(const struct root *root, const char *bus, const char *name);

/* -ENOENT: there is no such module. */
int fakemodule_load(const struct root *root, const char *name);
int fakemodule_unload(const struct root *root, const char *name);

/* What comes and goes with something: the paths that the file `list` names. */
void fakeobjects_show(const struct root *root, const char *list);
void fakeobjects_hide(const struct root *root, const char *list);

/* The consequences of a write; the file is there. */
int fakeattr_write(const struct root *root, const char *path, const char *value);
