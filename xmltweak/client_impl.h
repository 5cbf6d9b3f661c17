/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Within the module that speaks to libvirt. */

#include <libvirt/libvirt.h>

#include "virt/client.h"

struct client {
	virConnectPtr conn;
	char *uri;
	virDomainPtr dom; /* what read() read, or NULL */
	char *xml;
	virDomainPtr copy; /* what start() started, or NULL */
};

virDomainPtr client_find(virConnectPtr conn, const char *guest);

int client_is_active(struct client *client, const char *guest, bool *ret_is_active,
		     struct error *err);
int client_start(struct client *client, const char *xml, bool stays, struct error *err);
bool client_runs(struct client *client);
int client_shut_down(struct client *client, struct error *err);
int client_destroy(struct client *client, struct error *err);
int client_screenshot(struct client *client, struct buf *out, struct error *err);
bool client_agent_answers(struct client *client);
