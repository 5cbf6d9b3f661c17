/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where the program's own files are: found from the place of its executable, so that an
 * install below DESTDIR, a moved one and the build tree all work alike. (The build tree
 * has the shape of an installed one.)
 */

#include "base/error.h"

/*
 * The absolute path of a data file, "xslt/pin.xsl", below the package's directory in
 * share/. The caller frees it. Does not check that the file exists.
 */
MUST_CHECK int install_data_path(char **ret_path, const char *name, struct error *err);

/* The same for a loadable module, "xmltweak-libvirt.so", below lib/. */
MUST_CHECK int install_module_path(char **ret_path, const char *name, struct error *err);
