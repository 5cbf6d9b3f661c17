/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "guest_xml.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

#define URI      "qemu:///system"
#define INACTIVE 2U /* VIR_DOMAIN_XML_INACTIVE */

/*
 * The little of libvirt that this needs, looked up when it is needed: linking it would
 * cost every call of the hook ten milliseconds.
 */
struct libvirt {
	void *(*open)(const char *uri);
	void *(*look_up)(void *connection, const char *name);
	char *(*describe)(void *domain, unsigned flags);
	int (*free)(void *domain);
	int (*close)(void *connection);
	const char *(*complaint)(void);
	void (*set_complain)(void *data, void (*complain)(void *data, void *error));
};

static int load(struct libvirt *libvirt, struct error *err)
{
	void *library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL);

	if (library) {
		libvirt->open = dlsym(library, "virConnectOpenReadOnly");
		libvirt->look_up = dlsym(library, "virDomainLookupByName");
		libvirt->describe = dlsym(library, "virDomainGetXMLDesc");
		libvirt->free = dlsym(library, "virDomainFree");
		libvirt->close = dlsym(library, "virConnectClose");
		libvirt->complaint = dlsym(library, "virGetLastErrorMessage");
		libvirt->set_complain = dlsym(library, "virSetErrorFunc");
	}
	if (libvirt->open && libvirt->look_up && libvirt->describe && libvirt->free &&
	    libvirt->close && libvirt->complaint && libvirt->set_complain)
		return 0;
	(void)error_set(err, ENOENT, "load libvirt.so.0 (Debian's package libvirt0)");
	return -ENOENT;
}

/* The library would print its errors by itself. */
static void stay_silent(void *data, void *error)
{
	(void)data;
	(void)error;
}

static int ask(struct buf *ret_xml, const struct libvirt *libvirt, const char *name,
	       struct error *err)
{
	CLEANUP_FREE char *xml = NULL;
	void *connection;
	void *domain;
	int r = 0;

	libvirt->set_complain(NULL, stay_silent);
	connection = libvirt->open(URI);
	domain = connection ? libvirt->look_up(connection, name) : NULL;
	xml = domain ? libvirt->describe(domain, INACTIVE) : NULL;
	if (!xml) {
		r = error_set(err, ENOENT, "libvirt (" URI "): guest '%s': %s", name,
			      libvirt->complaint());
	}
	if (domain)
		(void)libvirt->free(domain);
	if (connection)
		(void)libvirt->close(connection);
	if (r == 0)
		buf_adds(ret_xml, xml);
	return r < 0 ? r : buf_check(ret_xml, err);
}

int guest_xml_read(struct buf *ret_xml, const char *name, struct error *err)
{
	struct libvirt libvirt = { 0 };
	int r;

	if (strcmp(name, "-") == 0)
		return file_read_fd(ret_xml, STDIN_FILENO, "standard input", err);
	if (strchr(name, '/') || access(name, F_OK) == 0)
		return file_read(ret_xml, name, err);
	r = load(&libvirt, err);
	return r < 0 ? r : ask(ret_xml, &libvirt, name, err);
}
