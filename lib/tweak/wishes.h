/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the user asks for, before anything is known about host or guest. Each function
 * reads the value of one option, adds it to the wishes and refuses what contradicts an
 * earlier wish: two values for one object, or an object set and unset. All errors here
 * are usage errors; the caller puts the option in front.
 *
 * The order on the command line makes no difference: neither to what is refused, nor to
 * the wishes, which are kept sorted by object. (Stylesheets alone keep their order.) The
 * same wish twice is one wish.
 *
 * Settings of host devices and of the hook add up over several options: what contradicts
 * is one key with two values. Everything else has one value as a whole.
 *
 * "01:00", all functions of a device, and "01:00.1" overlap. Then rombar, managed, guest
 * and group, which concern the device, must not differ. id, rom, boot, alias and x-vga
 * concern one function, and "01:00" leaves to the planner which one; here it counts as
 * function 0, where display functions nearly always are. Set and unset contradict however
 * small the overlap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/bdf.h"

enum wish {
	WISH_NOTHING,
	WISH_SET,
	WISH_UNSET,
};

enum wish_switch {
	WISH_DEFAULT,
	WISH_OFF,
	WISH_ON,
};

/* How a host device is named on the command line. */
enum pci_name {
	PCI_NAME_AUTO,
	PCI_NAME_ADDRESS,  /* all functions, or one when has_function */
	PCI_NAME_IDENTITY, /* vendor:device, the nth of its kind */
};

struct pci_name_wish {
	enum pci_name kind;
	struct bdf bdf;
	bool has_function;
	uint16_t vendor;
	uint16_t device;
	unsigned nth; /* from 1; 0: there must be only one */
};

enum group_wish {
	GROUP_MUST_BE_WHOLE,
	GROUP_ALL,     /* add every endpoint of the IOMMU group */
	GROUP_PARTIAL, /* leave the others behind */
};

struct hostdev_wish {
	enum wish wish;
	char *text; /* the name as given, for messages. Owned */
	struct pci_name_wish name;
	bool has_id;
	uint16_t id_vendor;
	uint16_t id_device;
	char *rom; /* absolute path; owned */
	enum wish_switch rombar;
	enum wish_switch managed;
	enum wish_switch x_vga;
	bool has_guest;
	uint8_t guest_bus;
	uint8_t guest_slot;
	unsigned boot; /* 0: not given */
	char *alias;   /* owned */
	enum group_wish group;
};

struct rom_wish {
	enum wish wish;
	char *text;
	struct pci_name_wish name;
	char *file; /* absolute path; NULL: none */
};

struct usb_wish {
	enum wish wish;
	char *text;
	bool by_address;
	uint16_t vendor;
	uint16_t product;
	unsigned bus;
	unsigned device;
	bool is_optional;
};

struct mdev_wish {
	enum wish wish;
	char uuid[37]; /* lower case */
	bool display;
	bool ramfb;
};

struct evdev_wish {
	char *path; /* absolute; NULL: auto. Owned */
	bool grab_all;
	char *toggle; /* libvirt's grabToggle; NULL: not given. Owned */
	enum wish_switch repeat;
};

enum evgrab_guest {
	EVGRAB_ANY, /* what the guest's XML looks like */
	EVGRAB_WINDOWS,
	EVGRAB_LINUX,
};

enum evgrab_mouse {
	EVGRAB_MOUSE_ANY, /* passthrough if the guest has a driver for it */
	EVGRAB_MOUSE_EVDEV,
	EVGRAB_MOUSE_PASSTHROUGH,
};

struct evgrab_wish {
	bool is_set;
	enum evgrab_guest guest;
	enum evgrab_mouse mouse;
	char *name; /* as evgrab calls the guest; NULL: as libvirt does. Owned */
};

enum looking_glass_release {
	LOOKING_GLASS_EITHER, /* a size that is safe for both */
	LOOKING_GLASS_B7,     /* B4 to B7: the host application */
	LOOKING_GLASS_IDD,    /* the indirect display driver */
};

struct looking_glass_wish {
	enum wish wish;
	unsigned width;
	unsigned height;
	bool hdr;
	enum looking_glass_release release;
	char *kvmfr;   /* device node; NULL: shared memory file. Owned */
	unsigned size; /* MiB; 0: computed */
	bool video_none;
};

struct pin_wish {
	enum wish wish;
	bool is_auto;
	bool by_frequency; /* policy=frequency; else policy=cache */
	enum wish_switch smt;
	int node;         /* -1: not given */
	const char *list; /* as given, borrowed from argv; NULL: auto */
	unsigned *cpus;   /* the list, in vCPU order. Owned */
	size_t n_cpus;
};

struct hugepages_wish {
	enum wish wish;
	uint64_t size_kib; /* 0: chosen */
};

enum override_type {
	OVERRIDE_STRING,
	OVERRIDE_UNSIGNED,
	OVERRIDE_SIGNED,
	OVERRIDE_BOOL,
	OVERRIDE_REMOVE,
};

struct override_wish {
	enum wish wish;
	char *alias; /* may hold dots: the property begins after the last one */
	char *property;
	enum override_type type;
	char *value; /* as libvirt wants it: numbers in decimal. NULL for remove */
};

/* One group of arguments that belong together. */
struct qemu_arg_wish {
	enum wish wish;
	char **args;
	size_t n_args;
};

/*
 * A key of the guest element and its value. By key and value sorted,
 * each key once, but for stop.
 *
 *	stop=UNIT           <v:stop unit=''/>, may be repeated
 *	isolate=yes|no      <v:cores isolate=''/>
 *	irq=yes|no          <v:cores irq=''/>
 *	governor=NAME       <v:cores governor=''/>
 *	shmem-user=NAME     <v:shmem user=''/>
 *	sleep=yes|no        <v:sleep/>
 *	boot-gpu=yes|no     <v:device boot-gpu=''/> of the boot GPU
 *
 * Without a value, isolate, irq, sleep and boot-gpu mean yes.
 */
struct hook_key {
	char *key;
	char *value; /* never NULL */
};

struct hook_wish {
	enum wish wish;
	struct hook_key *keys;
	size_t n_keys;
};

struct xslt_param {
	char *name;
	char *value;
};

/* In the order given: a later stylesheet sees what an earlier one made. */
struct xslt_wish {
	const char *file; /* borrowed from argv */
	struct xslt_param *params;
	size_t n_params;
};

struct wishes {
	struct hostdev_wish *hostdevs;
	size_t n_hostdevs;
	struct rom_wish *roms;
	size_t n_roms;
	struct usb_wish *usbs;
	size_t n_usbs;
	struct mdev_wish *mdevs;
	size_t n_mdevs;
	enum wish evdev;
	struct evdev_wish *evdevs;
	size_t n_evdevs;
	struct evgrab_wish evgrab; /* then there are no others */
	struct looking_glass_wish looking_glass;
	unsigned vcpus; /* 0: not given */
	struct pin_wish pin;
	struct hugepages_wish hugepages;
	enum wish hide_hypervisor;
	struct override_wish *overrides;
	size_t n_overrides;
	struct qemu_arg_wish *qemu_args;
	size_t n_qemu_args;
	struct hook_wish hook;
	struct xslt_wish *xslts;
	size_t n_xslts;
};

#define WISHES_NONE ((struct wishes){ 0 })

void wishes_done(struct wishes *wishes);

/* Whether any document would be changed at all. */
bool wishes_are_empty(const struct wishes *wishes);

/* The readers of option values. value is never NULL but where noted. */
typedef int wishes_fn(struct wishes *wishes, const char *value, struct error *err);

wishes_fn wishes_hostdev;
wishes_fn wishes_rom;
wishes_fn wishes_usb;
wishes_fn wishes_mdev;
wishes_fn wishes_evdev;
wishes_fn wishes_looking_glass;
wishes_fn wishes_vcpus;
wishes_fn wishes_pin;
wishes_fn wishes_hugepages;       /* value may be NULL */
wishes_fn wishes_hide_hypervisor; /* value is NULL */
wishes_fn wishes_override;
wishes_fn wishes_qemu_arg;
wishes_fn wishes_hook; /* value may be NULL */
wishes_fn wishes_xslt;
wishes_fn wishes_param;
wishes_fn wishes_unset;

#define CLEANUP_WISHES CLEANUP(wishes_done)
