/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the readers of option values share. For wishes*.c only. */

#include "base/keyval.h"
#include "tweak/wishes.h"

/* A KEY or KEY=VALUE that an option knows. */
enum wish_key_form {
	WISH_KEY_BARE,
	WISH_KEY_VALUE,
	WISH_KEY_EITHER,
};

struct wish_key {
	const char *name;
	enum wish_key_form form;
	bool repeats;
	int (*take)(void *wish, const struct keyval *keyval, struct error *err);
};

/*
 * Gives each keyval to the key of its name. Refuses unknown keys, naming those there are,
 * a key given twice, and one that lacks its value or has one too many.
 */
MUST_CHECK int wish_take_keys(void *wish, const struct keyval *keyvals, size_t n,
			      const struct wish_key *keys, size_t n_keys,
			      struct error *err);

MUST_CHECK int wish_take_switch(enum wish_switch *ret_value, const struct keyval *keyval,
				const char *on, const char *off, struct error *err);

/* A copy of text, which is to be in a document one day: UTF-8 that XML can hold. */
MUST_CHECK int wish_copy(char **ret_copy, const char *text, struct error *err);

/* A copy of the first len bytes of text, to be looked at. */
MUST_CHECK int wish_part(char **ret_part, const char *text, size_t len,
			 struct error *err);

/*
 * The absolute path of a file that need not exist. Slashes and "." too many go, and ".."
 * in front; a ".." further on stays, as what stands before it may be a link.
 */
MUST_CHECK int wish_path(char **ret_path, const char *file, struct error *err);

/* Whether text has at least one character, and only letters, digits and those in more. */
bool wish_is_word(const char *text, const char *more);

/* "4 and 4 hexadecimal digits", as in 10de:1b80. */
MUST_CHECK int wish_identity(uint16_t *ret_vendor, uint16_t *ret_device, const char *text,
			     struct error *err);

typedef int wish_compare_fn(const void *a, const void *b);

/*
 * Puts a copy of item into a sorted array, behind its equals. Returns the array, which
 * may have moved, or NULL when out of memory: the old one is as it was then.
 */
MUST_CHECK void *wish_insert(void *array, size_t *n, const void *item, size_t size,
			     wish_compare_fn *compare);

/* strcmp() in which NULL comes first. */
int wish_compare_text(const char *a, const char *b);
int wish_compare_number(uint64_t a, uint64_t b);

int wish_no_memory(struct error *err);

/* "'WHAT:OBJECT' is both set and unset"; object may be NULL. */
int wish_both(const char *what, const char *object, struct error *err);

/* "'VALUE' contradicts an earlier --OPTION" */
int wish_contradicts(const char *value, const char *option, struct error *err);

/* Sets or unsets what a guest has once, or refuses both. */
MUST_CHECK int wish_once(enum wish *wish, enum wish want, const char *what,
			 struct error *err);

/* PCI names: "01:00.0", "10de:1b80:2". "auto" is the caller's. */
MUST_CHECK int pci_name_parse(struct pci_name_wish *ret_name, const char *text,
			      struct error *err);
int pci_name_compare(const struct pci_name_wish *a, const struct pci_name_wish *b);

/* Whether there may be a function that both name. */
bool pci_name_overlap(const struct pci_name_wish *a, const struct pci_name_wish *b);

/* Whether what concerns one function concerns the same one. */
bool pci_name_same_function(const struct pci_name_wish *a, const struct pci_name_wish *b);

/* --evdev=evgrab, with its keys. */
MUST_CHECK int wishes_evgrab(struct wishes *wishes, const struct keyval *keyvals,
			     size_t n, struct error *err);

/* Whether evgrab can call a guest so. */
MUST_CHECK int evgrab_check_name(const char *name, struct error *err);

/* "give either that or 'PATH'"; path NULL: auto */
int evgrab_contradicts(const char *path, struct error *err);

/* Whether host devices and ROMs contradict each other. */
MUST_CHECK int wishes_check_roms(const struct wishes *wishes, struct error *err);

/* --unset: object is what stands behind the colon. */
wishes_fn wishes_unset_hostdev;
wishes_fn wishes_unset_rom;
wishes_fn wishes_unset_usb;
wishes_fn wishes_unset_mdev;
wishes_fn wishes_unset_override;
wishes_fn wishes_unset_qemu_arg;

void hostdev_wish_done(struct hostdev_wish *wish);
void rom_wish_done(struct rom_wish *wish);
void usb_wish_done(struct usb_wish *wish);
void evdev_wish_done(struct evdev_wish *wish);
void evgrab_wish_done(struct evgrab_wish *wish);
void looking_glass_wish_done(struct looking_glass_wish *wish);
void pin_wish_done(struct pin_wish *wish);
void override_wish_done(struct override_wish *wish);
void qemu_arg_wish_done(struct qemu_arg_wish *wish);
void hook_wish_done(struct hook_wish *wish);
void xslt_wish_done(struct xslt_wish *wish);
