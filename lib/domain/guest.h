/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The guest element: what libvirt has no word for, under <metadata>, where libvirt keeps
 * it and hands it to the hook at every start and stop.
 *
 *	<v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>
 *	  <v:device address='0000:01:00.0' id='10de:1b80'/>
 *	</v:guest>
 */

#include <libxml/tree.h>

#include "domain/guest_ns.h"

/* The guest element of a domain, NULL without one. Any prefix may stand for GUEST_NS. */
xmlNodePtr guest_find(const xmlNode *domain);

/* What it says of the host device at address, "0000:01:00.0"; NULL if nothing. */
xmlNodePtr guest_device(const xmlNode *guest, const char *address);
