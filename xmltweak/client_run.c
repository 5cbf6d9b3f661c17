/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Guests that are started and looked at. */

#include <errno.h>
#include <libvirt/virterror.h>

#include "client_impl.h"
#include "virerr.h"

#define SCREENSHOT_MAX 67108864

static void forget(struct client *client)
{
	if (client->copy)
		(void)virDomainFree(client->copy);
	client->copy = NULL;
}

int client_is_active(struct client *client, const char *guest, bool *ret_is_active,
		     struct error *err)
{
	virDomainPtr dom = client_find(client->conn, guest);
	int active;

	if (!dom)
		return virerr_set(err, client->uri, "cannot find guest '%s'", guest);
	active = virDomainIsActive(dom);
	(void)virDomainFree(dom);
	if (active < 0)
		return virerr_set(err, client->uri, "cannot look at guest '%s'", guest);
	*ret_is_active = active == 1;
	return 0;
}

int client_start(struct client *client, const char *xml, bool stays, struct error *err)
{
	unsigned flags = VIR_DOMAIN_START_VALIDATE;

	forget(client);
	if (!stays)
		flags |= VIR_DOMAIN_START_AUTODESTROY;
	client->copy = virDomainCreateXML(client->conn, xml, flags);
	if (!client->copy)
		return virerr_set(err, client->uri, "cannot start the guest");
	return 0;
}

bool client_runs(struct client *client)
{
	return client->copy && virDomainIsActive(client->copy) == 1;
}

int client_shut_down(struct client *client, struct error *err)
{
	if (!client->copy ||
	    virDomainShutdownFlags(client->copy, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT) == 0 ||
	    virDomainShutdownFlags(client->copy, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN) == 0)
		return 0;
	return virerr_set(err, client->uri, "cannot shut the guest down");
}

/* One that has ended by itself is what was wanted. */
int client_destroy(struct client *client, struct error *err)
{
	int r = 0;

	if (client->copy && virDomainDestroy(client->copy) < 0 && client_runs(client))
		r = virerr_set(err, client->uri, "cannot stop the guest");
	if (r == 0)
		forget(client);
	return r;
}

static int receive(virStreamPtr stream, struct buf *out, const struct client *client,
		   struct error *err)
{
	char chunk[16384];

	for (;;) {
		int n = virStreamRecv(stream, chunk, sizeof(chunk));

		if (n < 0) {
			(void)virStreamAbort(stream);
			return virerr_set(err, client->uri, "cannot take a screenshot");
		}
		if (n == 0)
			break;
		buf_add(out, chunk, (size_t)n);
		if (out->len > SCREENSHOT_MAX) {
			(void)virStreamAbort(stream);
			return error_set(err, EFBIG, "the screenshot is too large");
		}
	}
	if (virStreamFinish(stream) < 0)
		return virerr_set(err, client->uri, "cannot take a screenshot");
	return buf_check(out, err);
}

int client_screenshot(struct client *client, struct buf *out, struct error *err)
{
	virStreamPtr stream;
	char *mime;
	int r;

	if (!client->copy)
		return error_set(err, ENOENT, "no guest was started");
	stream = virStreamNew(client->conn, 0);
	if (!stream)
		return virerr_set(err, client->uri, "cannot take a screenshot");
	mime = virDomainScreenshot(client->copy, stream, 0, 0);
	r = mime ? receive(stream, out, client, err)
		 : virerr_set(err, client->uri, "cannot take a screenshot");
	free(mime);
	(void)virStreamFree(stream);
	return r;
}

/* It is asked for the time, as it answers that without being told anything. */
bool client_agent_answers(struct client *client)
{
	long long seconds;
	unsigned nanoseconds;

	return client->copy &&
	       virDomainGetTime(client->copy, &seconds, &nanoseconds, 0) == 0;
}
