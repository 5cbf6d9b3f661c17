/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What xmltweak wants of libvirt.
 *
 * Starting a program that links libvirt takes five times as long as all the rest of
 * xmltweak's work, so the code behind this table is a module, opened by client_load()
 * when a run needs it. The module stays loaded until the process ends: libvirt cannot
 * be unloaded, and notes keep pointing at its strings.
 *
 * Errors read "libvirt (URI): what was tried: what libvirt said", on one line, whatever
 * libvirt made of it. libvirt itself prints nothing: its log goes nowhere unless the
 * user has set LIBVIRT_LOG_OUTPUTS.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"

/* Counts up with each change of struct client_ops. */
#define CLIENT_VERSION 2

/* The one symbol that the module exports. */
#define CLIENT_SYMBOL "xmltweak_client"

struct client;

struct client_ops {
	unsigned int version;

	/*
	 * Connects for reading and writing. There is no deadline: a connection over ssh
	 * may wait for the user, who can interrupt it. Credentials that libvirt has to
	 * ask for come from its auth.conf; standard input is left alone.
	 */
	int (*open)(struct client **ret_client, const char *uri, struct error *err);
	void (*close)(struct client *client);

	/*
	 * The inactive definition of a guest, passwords included, by name or UUID. The
	 * client remembers it for define(). The caller frees *ret_xml. -ENOENT: no such
	 * guest.
	 */
	int (*read)(struct client *client, const char *guest, char **ret_xml,
		    struct error *err);

	/*
	 * Defines xml, validated by libvirt. After read() it must still be the same
	 * guest, and nothing is defined (-ESTALE) when its definition is no longer the
	 * one that was read. Without read() it is a plain define, which replaces the
	 * definition of a guest of that name and UUID. Notes of the topic "define" say
	 * what keeps the new definition from taking effect at once.
	 */
	int (*define)(struct client *client, const char *xml, struct notes *notes,
		      struct error *err);

	/*
	 * The command line libvirt would run QEMU with, as its log has it: one option a
	 * line, ready for a shell. Needs no daemon, no connection and no privilege; needs
	 * the packages of QEMU and of libvirt's driver, and names them when they are
	 * missing. The caller frees *ret_text. Notes of the topic "argv" say where the
	 * line differs from the one on a machine that has what is missing here.
	 */
	int (*argv)(const char *xml, char **ret_text, struct notes *notes,
		    struct error *err);

	/*
	 * Whether libvirt would define xml, without defining it anywhere: its QEMU
	 * driver, run in a child process, takes it as a new guest. Where something that
	 * driver needs is not installed its test driver is asked, which knows the schema
	 * and the rules of every hypervisor, but none of QEMU's; a note of the topic
	 * "check" says so.
	 */
	int (*check)(const char *xml, struct notes *notes, struct error *err);

	/* Whether a guest runs. -ENOENT: there is no such guest. */
	int (*is_active)(struct client *client, const char *guest, bool *ret_is_active,
			 struct error *err);

	/*
	 * Starts a transient guest, validated. Unless it stays, libvirt destroys it when
	 * the connection ends, in whatever way. One at a time: what follows is about it.
	 */
	int (*start)(struct client *client, const char *xml, bool stays,
		     struct error *err);
	bool (*runs)(struct client *client);

	/* Asks it to, by its agent or else by the power button; does not wait. */
	int (*shut_down)(struct client *client, struct error *err);
	int (*destroy)(struct client *client, struct error *err);

	/* Appends an image of what its display shows, PNG or PPM. */
	int (*screenshot)(struct client *client, struct buf *out, struct error *err);
	bool (*agent_answers)(struct client *client);
};
