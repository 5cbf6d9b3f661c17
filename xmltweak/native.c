/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "native.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

DEFINE_CLEANUP(xmlDocPtr, xmlFreeDoc);
DEFINE_CLEANUP(xmlChar *, xmlFree);

#define CLEANUP_XMLDOC  CLEANUP(cleanup_xmlFreeDoc)
#define CLEANUP_XMLCHAR CLEANUP(cleanup_xmlFree)

static xmlDocPtr parse(const char *xml)
{
	size_t len = strlen(xml);

	if (len > INT_MAX)
		return NULL;
	return xmlReadMemory(xml, (int)len, NULL, NULL,
			     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static bool is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       xmlStrEqual(node->name, BAD_CAST name);
}

static xmlNodePtr child(xmlNodePtr parent, const char *name)
{
	xmlNodePtr node = parent ? parent->children : NULL;

	while (node && !is_element(node, name))
		node = node->next;
	return node;
}

static xmlNodePtr need_child(xmlNodePtr parent, const char *name)
{
	xmlNodePtr node = child(parent, name);

	return node ? node : xmlNewChild(parent, NULL, BAD_CAST name, NULL);
}

static bool attr_is(xmlNodePtr node, const char *name, const char *value)
{
	CLEANUP_XMLCHAR xmlChar *found = xmlGetNoNsProp(node, BAD_CAST name);

	return found && xmlStrEqual(found, BAD_CAST value);
}

static void set_attr(xmlNodePtr node, const char *name, const char *value)
{
	(void)xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

static void remove_node(xmlNodePtr node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

bool native_wants_kvm(const char *xml)
{
	CLEANUP_XMLDOC xmlDocPtr doc = parse(xml);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;

	return root && attr_is(root, "type", "kvm");
}

static char *text_of(xmlNodePtr node)
{
	CLEANUP_XMLCHAR xmlChar *text = node ? xmlNodeGetContent(node) : NULL;

	return text ? strdup((const char *)text) : NULL;
}

void native_identity(const char *xml, char **ret_name, char **ret_uuid)
{
	CLEANUP_XMLDOC xmlDocPtr doc = parse(xml);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;

	*ret_name = text_of(child(root, "name"));
	*ret_uuid = text_of(child(root, "uuid"));
}

static void use_maximum(xmlNodePtr root, struct notes *notes)
{
	xmlNodePtr cpu = child(root, "cpu");

	if (!cpu || !attr_is(cpu, "mode", "host-passthrough"))
		return;
	set_attr(cpu, "mode", "maximum");
	notes_add(
		notes, NOTE_INFO, "argv",
		"the processor is shown as 'max', as only KVM can give a guest the 'host'");
}

/* What the kernel calls the default size, in KiB; 2048 if it does not say. */
static void default_page_kib(char size[static 24])
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	(void)snprintf(size, 24, "2048");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "Hugepagesize: %23[0-9]", size) == 1)
			return;
	}
}

static void use_memfd(xmlNodePtr root, struct notes *notes)
{
	xmlNodePtr backing = child(root, "memoryBacking");
	xmlNodePtr pages = child(backing, "hugepages");
	xmlNodePtr source = child(backing, "source");

	if (!pages)
		return;
	if (!child(pages, "page")) {
		xmlNodePtr page = need_child(pages, "page");
		char size[24];

		default_page_kib(size);
		set_attr(page, "size", size);
		set_attr(page, "unit", "KiB");
	}
	if (source && attr_is(source, "type", "memfd"))
		return;
	set_attr(need_child(backing, "source"), "type", "memfd");
	notes_add(notes, NOTE_INFO, "argv",
		  "huge pages are shown as memfd: the mounts of hugetlbfs belong to the "
		  "system's libvirt");
}

/* Of an interface only what a hostdev has too is kept. */
static void make_hostdev(xmlNodePtr interface)
{
	static const char *const kept[] = { "acpi",   "address", "alias", "boot",
					    "driver", "rom",     "source" };
	xmlNodePtr next;

	xmlNodeSetName(interface, BAD_CAST "hostdev");
	set_attr(interface, "mode", "subsystem");
	set_attr(interface, "type", "pci");
	for (xmlNodePtr node = interface->children; node; node = next) {
		size_t i = 0;

		next = node->next;
		while (i < ARRAY_SIZE(kept) && !is_element(node, kept[i]))
			i++;
		if (i == ARRAY_SIZE(kept))
			remove_node(node);
	}
}

static void prepare_interfaces(xmlNodePtr devices, bool has_taps, struct notes *notes)
{
	size_t n_removed = 0;
	xmlNodePtr next;

	for (xmlNodePtr node = devices ? devices->children : NULL; node; node = next) {
		next = node->next;
		if (!is_element(node, "interface"))
			continue;
		if (attr_is(node, "type", "hostdev")) {
			make_hostdev(node);
		} else if (!has_taps) {
			remove_node(node);
			n_removed++;
		}
	}
	if (n_removed > 0) {
		notes_add(notes, NOTE_INFO, "argv",
			  "network interfaces are left out: libvirt would make their tap "
			  "devices now, and may not do so here");
	}
}

/* Reads a number from a file of sysfs, -1 without one. */
static long read_number(const char *dir, const char *name, int base)
{
	CLEANUP_FCLOSE FILE *f = NULL;
	char path[PATH_MAX];
	char line[16];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	f = fopen(path, "re");
	return f && fgets(line, sizeof(line), f) ? strtol(line, NULL, base) : -1;
}

static long id_of(xmlNodePtr source, const char *name)
{
	xmlNodePtr node = child(source, name);
	CLEANUP_XMLCHAR xmlChar *id = node ? xmlGetNoNsProp(node, BAD_CAST "id") : NULL;

	return id ? strtol((const char *)id, NULL, 0) : -1;
}

/* The first device with these ids, which is also libvirt's choice. */
static bool find_usb(long vendor, long product, long *ret_bus, long *ret_device)
{
	bool is_found = false;
	glob_t found;

	if (glob("/sys/bus/usb/devices/*", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; i < found.gl_pathc && !is_found; i++) {
		const char *dir = found.gl_pathv[i];

		if (read_number(dir, "idVendor", 16) != vendor ||
		    read_number(dir, "idProduct", 16) != product)
			continue;
		*ret_bus = read_number(dir, "busnum", 10);
		*ret_device = read_number(dir, "devnum", 10);
		is_found = true;
	}
	globfree(&found);
	return is_found;
}

static void place_usb(xmlNodePtr hostdev, struct notes *notes)
{
	xmlNodePtr source = child(hostdev, "source");
	long vendor = id_of(source, "vendor");
	long product = id_of(source, "product");
	long bus, device;
	xmlNodePtr address;
	char text[24];

	if (vendor < 0 || product < 0 || child(source, "address"))
		return;
	if (!find_usb(vendor, product, &bus, &device)) {
		notes_add(notes, NOTE_INFO, "argv",
			  "the USB device %04lx:%04lx is not plugged in and left out",
			  (unsigned long)vendor, (unsigned long)product);
		remove_node(hostdev);
		return;
	}

	address = need_child(source, "address");
	(void)snprintf(text, sizeof(text), "%ld", bus);
	set_attr(address, "bus", text);
	(void)snprintf(text, sizeof(text), "%ld", device);
	set_attr(address, "device", text);
}

static void prepare_hostdevs(xmlNodePtr devices, struct notes *notes)
{
	xmlNodePtr next;

	for (xmlNodePtr node = devices ? devices->children : NULL; node; node = next) {
		next = node->next;
		if (!is_element(node, "hostdev"))
			continue;
		if (attr_is(node, "type", "pci"))
			set_attr(need_child(node, "driver"), "name", "vfio");
		if (attr_is(node, "type", "usb"))
			place_usb(node, notes);
	}
}

int native_copy(char **ret_copy, const char *xml, unsigned int edits, struct notes *notes,
		struct error *err)
{
	CLEANUP_XMLDOC xmlDocPtr doc = parse(xml);
	CLEANUP_XMLCHAR xmlChar *text = NULL;
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;
	int len;

	if (!root) {
		*ret_copy = NULL;
		return 0;
	}
	if (edits & NATIVE_NO_KVM)
		set_attr(root, "type", "qemu");
	if ((edits & NATIVE_NO_KVM) && (edits & NATIVE_ARGV))
		use_maximum(root, notes);
	if (edits & NATIVE_ARGV) {
		use_memfd(root, notes);
		prepare_interfaces(child(root, "devices"), !(edits & NATIVE_NO_TAPS),
				   notes);
		prepare_hostdevs(child(root, "devices"), notes);
	}

	xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
	*ret_copy = text ? strdup((const char *)text) : NULL;
	if (!*ret_copy)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* Appends what stands for root in the system's driver; returns how much of rest it is. */
static size_t add_system_path(struct buf *out, const char *rest)
{
	static const struct {
		const char *ours;
		const char *theirs;
	} dirs[] = {
		{ "/cache/", "/var/cache/libvirt/" },
		{ "/lib/", "/var/lib/libvirt/" },
		{ "/log/", "/var/log/libvirt/" },
		{ "/run/", "/run/libvirt/" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		size_t len = strlen(dirs[i].ours);

		if (strncmp(rest, dirs[i].ours, len) == 0) {
			buf_adds(out, dirs[i].theirs);
			return len;
		}
	}
	buf_adds(out, "/var/lib/libvirt");
	return 0;
}

/* The length of the shell word at text; libvirt quotes with '' and, outside, with \\. */
static size_t word_len(const char *text)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; text[i] && text[i] != '\n' && (is_quoted || text[i] != ' '); i++) {
		if (text[i] == '\'')
			is_quoted = !is_quoted;
		if (text[i] == '\\' && !is_quoted && text[i + 1])
			i++;
	}
	return i;
}

/* What libvirt hands on of our environment, and its daemon of another one. */
static bool is_inherited(const char *word)
{
	static const char *const names[] = {
		"HOME=", "LD_LIBRARY_PATH=", "LOGNAME=", "LD_PRELOAD=",
		"PATH=", "TMPDIR=",          "USER=",    "XDG_"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strncmp(word, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

static void add_word(struct buf *out, const char *word, size_t len, const char *root)
{
	size_t root_len = strlen(root);
	size_t i = 0;

	while (i < len) {
		if (strncmp(word + i, root, root_len) == 0) {
			i += root_len;
			i += add_system_path(out, word + i);
		} else {
			buf_addc(out, word[i++]);
		}
	}
}

/* The environment comes first, then the program, then the options with their values. */
void native_add_argv(struct buf *out, const char *argv, const char *root)
{
	bool in_environment = true;
	const char *separator = "";
	size_t len;

	for (const char *p = argv; (len = word_len(p)) > 0; p += strspn(p, " ")) {
		if (!in_environment && *p != '-')
			separator = " ";
		if (*p == '/')
			in_environment = false;

		if (!in_environment || !is_inherited(p)) {
			buf_adds(out, separator);
			add_word(out, p, len, root);
			separator = " \\\n";
		}
		p += len;
	}
	buf_addc(out, '\n');
}
