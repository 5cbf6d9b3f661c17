/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What libxml2 hands to a handler of errors: const from 2.12 on. */

#include <libxml/xmlerror.h>
#include <libxml/xmlversion.h>

#if LIBXML_VERSION >= 21200
typedef const xmlError xml_complaint;
#else
typedef xmlError xml_complaint;
#endif
