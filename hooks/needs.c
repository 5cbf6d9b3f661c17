/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "needs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "tweak/guest_pci.h"

void needs_done(struct needs *needs)
{
	free(needs->devices);
	free(needs->stop);
	reading_done(&needs->reading);
	*needs = NEEDS_NONE;
}

/* --- values --- */

static int bad_value(const xmlNode *element, const char *name, const char *expected,
		     struct error *err)
{
	const char *value = query_attr(element, name);

	if (!value) {
		return error_set(err, EINVAL,
				 "<%s> of the guest element in <metadata> has no %s",
				 (const char *)element->name, name);
	}
	return error_set(err, EINVAL,
			 "%s='%s' of <%s> of the guest element in <metadata> is not %s",
			 name, value, (const char *)element->name, expected);
}

static int read_switch(bool *ret_value, const xmlNode *element, const char *name,
		       struct error *err)
{
	const char *value = query_attr(element, name);

	if (value && strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return bad_value(element, name, "yes or no", err);
	*ret_value = value && strcmp(value, "yes") == 0;
	return 0;
}

/* "10de:1b80" in small letters; "" when it is not there. */
static int read_id(char ret_id[static NEEDS_ID_MAX], const xmlNode *element,
		   const char *name, struct error *err)
{
	const char *value = query_attr(element, name);
	struct error ignored;
	uint64_t vendor, device;

	if (!value)
		return 0;
	if (strlen(value) != 9 || value[4] != ':' ||
	    parse_hex_part(&vendor, value, 4, "vendor", &ignored) < 0 ||
	    parse_hex_part(&device, value + 5, 4, "device", &ignored) < 0)
		return bad_value(element, name, "of the form 10de:1b80", err);
	(void)snprintf(ret_id, NEEDS_ID_MAX, "%04x:%04x", (unsigned)vendor,
		       (unsigned)device);
	return 0;
}

static int read_address(struct bdf *ret_bdf, const xmlNode *element, struct error *err)
{
	const char *value = query_attr(element, "address");
	struct error ignored;

	if (!value || bdf_parse(ret_bdf, NULL, value, &ignored) < 0) {
		return bad_value(element, "address", "a PCI address such as 0000:01:00.0",
				 err);
	}
	return 0;
}

/* Unit names have no slash, no blank, and a suffix (systemd.unit(5)). */
static bool is_unit_name(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr(":-_.\\@", *c))
			return false;
	}
	return *text && *text != '.' && *text != '-' && strchr(text, '.') &&
	       strlen(text) < 256;
}

/* --- devices --- */

static struct need_device *find_device(const struct needs *needs, const struct bdf *bdf)
{
	for (size_t i = 0; i < needs->n_devices; i++) {
		if (bdf_compare(&needs->devices[i].bdf, bdf) == 0)
			return &needs->devices[i];
	}
	return NULL;
}

/* The device at that address, added in order when it is new; NULL: out of memory. */
static struct need_device *get_device(struct needs *needs, const struct bdf *bdf)
{
	struct need_device *device = find_device(needs, bdf);
	size_t at = needs->n_devices;

	if (device)
		return device;
	device = reallocarray(needs->devices, needs->n_devices + 1, sizeof(*device));
	if (!device)
		return NULL;
	needs->devices = device;
	while (at > 0 && bdf_compare(&device[at - 1].bdf, bdf) > 0)
		at--;
	memmove(&device[at + 1], &device[at],
		(needs->n_devices++ - at) * sizeof(*device));
	device[at] = (struct need_device){ .bdf = *bdf };
	(void)bdf_format(bdf, device[at].address);
	return &device[at];
}

static int read_device(struct needs *needs, const xmlNode *element, struct error *err)
{
	struct need_device *device;
	struct bdf bdf;
	int r = read_address(&bdf, element, err);

	if (r < 0)
		return r;
	device = get_device(needs, &bdf);
	if (!device)
		return error_set(err, ENOMEM, "out of memory");
	if (device->is_listed) {
		return error_set(err, EINVAL,
				 "the guest element in <metadata> names %s twice",
				 device->address);
	}
	device->is_listed = true;
	r = read_id(device->id, element, "id", err);
	if (r == 0)
		r = read_id(device->subsystem, element, "subsystem", err);
	if (r == 0)
		r = read_switch(&device->allows_boot_gpu, element, "boot-gpu", err);
	return r;
}

static int read_rom(struct needs *needs, const xmlNode *element, struct error *err)
{
	const char *sha256 = query_attr(element, "sha256");
	struct need_device *device;
	struct bdf bdf;
	int r = read_address(&bdf, element, err);

	if (r < 0)
		return r;
	if (sha256 &&
	    (strlen(sha256) != 64 || strspn(sha256, "0123456789abcdefABCDEF") != 64))
		return bad_value(element, "sha256", "of 64 hexadecimal digits", err);
	device = get_device(needs, &bdf);
	if (!device)
		return error_set(err, ENOMEM, "out of memory");
	(void)snprintf(device->sha256, sizeof(device->sha256), "%s",
		       sha256 ? sha256 : "");
	return 0;
}

/* --- the rest of the guest element --- */

static int read_stop(struct needs *needs, const xmlNode *element, struct error *err)
{
	const char *unit = query_attr(element, "unit");
	const char **v;

	if (!unit || !is_unit_name(unit)) {
		return bad_value(element, "unit",
				 "the name of a unit such as gdm.service", err);
	}
	v = reallocarray(needs->stop, needs->n_stop + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	needs->stop = v;
	v[needs->n_stop++] = unit;
	return 0;
}

static int read_cores(struct needs *needs, const xmlNode *element, struct error *err)
{
	const char *governor = query_attr(element, "governor");
	int r = read_switch(&needs->isolate, element, "isolate", err);

	if (r == 0)
		r = read_switch(&needs->irq, element, "irq", err);
	if (r == 0 && governor &&
	    (!*governor || strlen(governor) > 15 ||
	     strspn(governor, "abcdefghijklmnopqrstuvwxyz_") != strlen(governor))) {
		return bad_value(element, "governor",
				 "the name of a governor such as performance", err);
	}
	needs->governor = governor;
	return r;
}

static int read_shmem(struct needs *needs, const xmlNode *element, struct error *err)
{
	const char *name = query_attr(element, "name");
	const char *user = query_attr(element, "user");

	if (!name || !*name || *name == '.' || strchr(name, '/'))
		return bad_value(element, "name", "the name of a file in /dev/shm", err);
	if (!user || !*user)
		return bad_value(element, "user", "the name of a user", err);
	needs->shmem = name;
	needs->shmem_user = user;
	return 0;
}

static int read_sleep(struct needs *needs, const xmlNode *element, struct error *err)
{
	(void)element;
	(void)err;
	needs->sleep = true;
	return 0;
}

#define ATTRS_MAX 4

/* All that may be in the guest element. */
static const struct word {
	const char *name;
	const char *attrs[ATTRS_MAX];
	bool is_repeatable;
	int (*read)(struct needs *needs, const xmlNode *element, struct error *err);
} words[] = {
	{ "device", { "address", "id", "subsystem", "boot-gpu" }, true, read_device },
	{ "rom", { "address", "sha256" }, true, read_rom },
	{ "stop", { "unit" }, true, read_stop },
	{ "cores", { "isolate", "irq", "governor" }, false, read_cores },
	{ "shmem", { "name", "user" }, false, read_shmem },
	{ "sleep", { NULL }, false, read_sleep },
};

static int check_attrs(const struct word *word, const xmlNode *element, struct error *err)
{
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next) {
		bool is_known = false;

		for (unsigned i = 0; i < ATTRS_MAX && word->attrs[i]; i++) {
			if (!attr->ns &&
			    strcmp((const char *)attr->name, word->attrs[i]) == 0)
				is_known = true;
		}
		if (!is_known) {
			return error_set(err, EINVAL,
					 "this version does not know the attribute '%s' "
					 "of <%s> of the guest element in <metadata>",
					 (const char *)attr->name, word->name);
		}
	}
	return 0;
}

static const struct word *find_word(const xmlNode *element, struct error *err)
{
	const char *name = (const char *)element->name;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *word = &words[i];

		if (!element->ns ||
		    strcmp((const char *)element->ns->href, GUEST_NS) != 0 ||
		    strcmp(name, word->name) != 0)
			continue;
		return check_attrs(word, element, err) < 0 ? NULL : word;
	}
	(void)error_set(err, EINVAL,
			"this version does not know <%s> in the guest element in "
			"<metadata>",
			name);
	return NULL;
}

static int read_guest(struct needs *needs, const xmlNode *guest, struct error *err)
{
	unsigned seen = 0;

	if (guest->properties) {
		return error_set(err, EINVAL,
				 "this version does not know the attribute '%s' of the "
				 "guest element in <metadata>",
				 (const char *)guest->properties->name);
	}
	for (const xmlNode *node = guest->children; node; node = node->next) {
		const struct word *word;
		unsigned bit;
		int r;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		word = find_word(node, err);
		if (!word)
			return -err->code;
		bit = 1U << (unsigned)(word - words);
		if ((seen & bit) && !word->is_repeatable) {
			return error_set(err, EINVAL,
					 "the guest element in <metadata> has <%s> twice",
					 word->name);
		}
		seen |= bit;
		r = word->read(needs, node, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- libvirt's devices --- */

static int read_hostdev(struct needs *needs, const xmlNode *hostdev, struct error *err)
{
	struct need_device *device;
	struct bdf bdf;

	if (!guest_pci_source(hostdev, &bdf))
		return 0;
	device = find_device(needs, &bdf);
	if (query_attr_is(hostdev, "managed", "yes")) {
		if (!device || !device->is_listed)
			return 0;
		return error_set(err, EINVAL,
				 "libvirt manages %s itself (managed='yes'), which the "
				 "hook cannot share; run: xmltweak --domain '%s' --hook "
				 "--define",
				 device->address, needs->name);
	}
	device = get_device(needs, &bdf);
	if (!device)
		return error_set(err, ENOMEM, "out of memory");
	device->is_hostdev = true;
	device->rom = query_attr(query_child(hostdev, "rom"), "file");
	return 0;
}

static int read_hostdevs(struct needs *needs, struct error *err)
{
	const xmlNode *devices = query_child(needs->domain, "devices");
	const xmlNode *hostdev = NULL;
	int r = 0;

	while (r == 0 && (hostdev = guest_pci_next(devices, hostdev)))
		r = read_hostdev(needs, hostdev, err);
	return r;
}

/* --- the domain --- */

/* It becomes the name of a file: 8-4-4-4-12 hexadecimal digits, in small letters. */
static int read_uuid(struct needs *needs, struct error *err)
{
	const char *text = query_text(query_child(needs->domain, "uuid"));

	if (!text)
		return 0;
	if (strlen(text) != 36)
		return error_set(err, EINVAL, "the domain has no valid <uuid>");
	for (unsigned i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return error_set(err, EINVAL, "the domain has no valid <uuid>");
		needs->uuid[i] = (char)tolower((unsigned char)text[i]);
	}
	return 0;
}

static int read_domain(struct needs *needs, struct error *err)
{
	const xmlNode *guest;
	int r;

	needs->domain = needs->reading.top;
	needs->name = query_text(query_child(needs->domain, "name"));
	if (!needs->name || !*needs->name)
		return error_set(err, EINVAL, "the domain has no <name>");
	r = read_uuid(needs, err);
	if (r < 0)
		return r;
	guest = guest_find(needs->domain);
	if (!guest)
		return 0;
	needs->is_ours = true;
	r = read_guest(needs, guest, err);
	return r < 0 ? r : read_hostdevs(needs, err);
}

int needs_read(struct needs *ret_needs, const char *xml, size_t len, struct error *err)
{
	CLEANUP_NEEDS struct needs needs = NEEDS_NONE;
	int r = reading_parse_domain(&needs.reading, "standard input", xml, len, err);

	if (r == 0)
		r = read_domain(&needs, err);
	if (r < 0)
		return r;
	*ret_needs = needs;
	needs = NEEDS_NONE;
	return 0;
}
