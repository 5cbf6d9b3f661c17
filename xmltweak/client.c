/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "child.h"
#include "client_impl.h"
#include "embed.h"
#include "native.h"
#include "virerr.h"

/*
 * Ten times what QEMU's first examination takes on an ordinary machine; everything else
 * is milliseconds.
 */
#define EMBED_TIMEOUT_MS 60000

static void client_close(struct client *client)
{
	if (!client)
		return;
	if (client->copy)
		(void)virDomainFree(client->copy);
	if (client->dom)
		(void)virDomainFree(client->dom);
	if (client->conn)
		(void)virConnectClose(client->conn);
	free(client->xml);
	free(client->uri);
	free(client);
}

static void free_domain(virDomainPtr dom)
{
	(void)virDomainFree(dom);
}

DEFINE_CLEANUP(virDomainPtr, free_domain);

#define CLEANUP_DOMAIN CLEANUP(cleanup_free_domain)

static struct client *client_new(const char *uri)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client)
		return NULL;
	client->uri = strdup(uri);
	if (client->uri)
		return client;
	free(client);
	return NULL;
}

static int client_open(struct client **ret_client, const char *uri, struct error *err)
{
	struct client *client = client_new(uri);

	if (!client)
		return error_set(err, ENOMEM, "out of memory");
	virerr_quiet();
	client->conn = virConnectOpen(uri);
	if (!client->conn) {
		client_close(client);
		return virerr_set(err, uri, "cannot connect");
	}
	*ret_client = client;
	return 0;
}

virDomainPtr client_find(virConnectPtr conn, const char *guest)
{
	virDomainPtr dom = virDomainLookupByName(conn, guest);

	if (!dom && strlen(guest) == VIR_UUID_STRING_BUFLEN - 1)
		dom = virDomainLookupByUUIDString(conn, guest);
	return dom;
}

/* With passwords, as without them a definition would lose them. */
static char *inactive_xml(virDomainPtr dom)
{
	return virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
}

static int client_read(struct client *client, const char *guest, char **ret_xml,
		       struct error *err)
{
	CLEANUP_DOMAIN virDomainPtr dom = client_find(client->conn, guest);
	CLEANUP_FREE char *xml = NULL;
	CLEANUP_FREE char *copy = NULL;

	if (!dom)
		return virerr_set(err, client->uri, "cannot find guest '%s'", guest);
	xml = inactive_xml(dom);
	if (!xml)
		return virerr_set(err, client->uri, "cannot read guest '%s'", guest);
	copy = strdup(xml);
	if (!copy)
		return error_set(err, ENOMEM, "out of memory");

	if (client->dom)
		(void)virDomainFree(client->dom);
	free(client->xml);
	client->dom = TAKE_PTR(dom);
	client->xml = TAKE_PTR(copy);
	*ret_xml = TAKE_PTR(xml);
	return 0;
}

/* Hyphens may be anywhere in a UUID, or missing; letters are of either case. */
static bool uuid_equal(const char *a, const char *b)
{
	for (;;) {
		a += strspn(a, "- \t\r\n");
		b += strspn(b, "- \t\r\n");
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
		a++;
		b++;
	}
}

/* Whether xml is, still, a definition of the guest that was read. */
static int check_same(const struct client *client, const char *xml, struct error *err)
{
	const char *guest = virDomainGetName(client->dom);
	char uuid[VIR_UUID_STRING_BUFLEN];
	CLEANUP_FREE char *new_name = NULL;
	CLEANUP_FREE char *new_uuid = NULL;
	CLEANUP_FREE char *now = NULL;

	if (virDomainGetUUIDString(client->dom, uuid) < 0)
		return virerr_set(err, client->uri, "cannot read guest '%s'", guest);
	native_identity(xml, &new_name, &new_uuid);
	if ((new_name && strcmp(new_name, guest) != 0) ||
	    (new_uuid && !uuid_equal(new_uuid, uuid))) {
		return error_set(
			err, EINVAL,
			"libvirt (%s): the document is no longer guest '%s' with "
			"the UUID %s; defining it would make a second guest; "
			"nothing was defined",
			client->uri, guest, uuid);
	}

	now = inactive_xml(client->dom);
	if (!now) {
		return virerr_set(err, client->uri, "cannot read guest '%s' again",
				  guest);
	}
	if (strcmp(now, client->xml) != 0) {
		return error_set(err, ESTALE,
				 "libvirt (%s): guest '%s' was changed by somebody else "
				 "meanwhile; nothing was defined",
				 client->uri, guest);
	}
	return 0;
}

/*
 * A managed-save image holds the definition it was made with: virDomainCreate() resumes
 * that one, and goes back to the persistent one when the guest has stopped.
 */
static void note_delays(virDomainPtr dom, struct notes *notes)
{
	const char *guest = virDomainGetName(dom);

	if (virDomainIsActive(dom) == 1) {
		notes_add(notes, NOTE_WARNING, "define",
			  "guest '%s' is running: the change takes effect at its next "
			  "start, not at a reboot from inside",
			  guest);
	}
	if (virDomainHasManagedSaveImage(dom, 0) == 1) {
		notes_add(
			notes, NOTE_WARNING, "define",
			"guest '%s' has a managed-save image: its next start resumes that "
			"with the old definition, only the one after it takes the new; "
			"'virsh managedsave-remove %s' gives the saved state up",
			guest, guest);
	}
}

static int client_define(struct client *client, const char *xml, struct notes *notes,
			 struct error *err)
{
	CLEANUP_DOMAIN virDomainPtr dom = NULL;
	int r = client->dom ? check_same(client, xml, err) : 0;

	if (r < 0)
		return r;
	dom = virDomainDefineXMLFlags(client->conn, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	if (!dom)
		return virerr_set(err, client->uri, "cannot define the document");

	note_delays(dom, notes);
	return notes_check(notes, err);
}

static int run_argv(const char *dir, const void *xml, struct buf *out,
		    struct notes *notes, struct error *err)
{
	CLEANUP_EMBED struct embed embed = EMBED_NONE;
	int r;

	embed.has_taps = embed_leave_network();
	r = embed_open(&embed, dir, err);
	if (r < 0)
		return r;
	return embed_argv(&embed, xml, out, notes, err);
}

static int run_check(const char *dir, const void *xml, UNUSED struct buf *out,
		     struct notes *notes, struct error *err)
{
	CLEANUP_EMBED struct embed embed = EMBED_NONE;
	int r = embed_open(&embed, dir, err);

	if (r == 0)
		r = embed_check(&embed, xml, notes, err);
	if (r != -ENOPKG)
		return r;

	notes_done(notes);
	notes_add(notes, NOTE_WARNING, "check", "%s; checked by %s only", err->msg,
		  EMBED_TEST_URI);
	return embed_check_test(xml, err);
}

static int client_argv(const char *xml, char **ret_text, struct notes *notes,
		       struct error *err)
{
	const struct child_job job = {
		.run = run_argv,
		.killed = embed_killed,
		.arg = xml,
		.what = "libvirt (" EMBED_URI ")",
		.topic = "argv",
		.timeout_ms = EMBED_TIMEOUT_MS,
	};
	CLEANUP_BUF struct buf out = BUF_NONE;
	char *text;
	int r = child_run(&job, &out, notes, err);

	if (r < 0)
		return r;
	text = buf_take(&out);
	if (!text)
		return error_set(err, ENOMEM, "out of memory");
	*ret_text = text;
	return 0;
}

static int client_check(const char *xml, struct notes *notes, struct error *err)
{
	const struct child_job job = {
		.run = run_check,
		.killed = embed_killed,
		.arg = xml,
		.what = "libvirt (" EMBED_URI ")",
		.topic = "check",
		.timeout_ms = EMBED_TIMEOUT_MS,
	};
	CLEANUP_BUF struct buf out = BUF_NONE;

	return child_run(&job, &out, notes, err);
}

extern const struct client_ops xmltweak_client;

__attribute__((__visibility__("default"))) const struct client_ops xmltweak_client = {
	.version = CLIENT_VERSION,
	.open = client_open,
	.close = client_close,
	.read = client_read,
	.define = client_define,
	.argv = client_argv,
	.check = client_check,
	.is_active = client_is_active,
	.start = client_start,
	.runs = client_runs,
	.shut_down = client_shut_down,
	.destroy = client_destroy,
	.screenshot = client_screenshot,
	.agent_answers = client_agent_answers,
};
