/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * libvirt's QEMU driver inside the calling process: qemu:///embed?root=DIR. It parses,
 * completes and validates as the daemon does, knows the QEMU that is installed, and
 * keeps everything below DIR. It starts no guest here.
 *
 * The driver takes an absolute root that no other process uses (it locks a pid file). It
 * knows no other user's rules than the caller's, so it always runs as an ordinary user's
 * driver: as root's it insists on the user libvirt-qemu, which only the daemon's package
 * creates.
 *
 * The first use on a machine asks QEMU for its capabilities, 3 to 5 seconds; the answer
 * is kept in $XDG_CACHE_HOME/vfiokit or ~/.cache/vfiokit, and the next process takes 50
 * ms.
 *
 * embed_open() changes the environment and, for a moment, the effective user: a process
 * of its own is the place for it. See child.h.
 */

#include <libvirt/libvirt.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"

struct embed {
	virConnectPtr conn;
	const char *root;
	bool is_cached; /* QEMU's capabilities were known, or have been noted */
	bool has_taps;  /* tap devices can be made, and are nobody's concern */
};

#define EMBED_NONE ((struct embed){ 0 })

/* How messages call it. */
#define EMBED_URI      "qemu:///embed"
#define EMBED_TEST_URI "test:///default"

/*
 * For a command line libvirt really makes a tap device for each network interface. This
 * puts the process into a network of its own, where it may do that and the host does not
 * see it; to be called before embed_open(). False where that is not to be had.
 */
MUST_CHECK bool embed_leave_network(void);

/*
 * root has to be an empty directory of the caller's, and to outlive the embed. -ENOPKG,
 * here and below: something is not installed, and the message names its package.
 */
MUST_CHECK int embed_open(struct embed *ret_embed, const char *root, struct error *err);
void embed_close(struct embed *embed);

/* Whether the driver takes xml as a definition, validated. Defines nothing. */
MUST_CHECK int embed_check(struct embed *embed, const char *xml, struct notes *notes,
			   struct error *err);

/* Appends the QEMU command line, one option a line. */
MUST_CHECK int embed_argv(struct embed *embed, const char *xml, struct buf *out,
			  struct notes *notes, struct error *err);

/* Ends the QEMU that a killed process was asking for its capabilities. */
void embed_killed(const char *root);

/* Whether libvirt's test driver takes xml; in this process, nothing is kept. */
MUST_CHECK int embed_check_test(const char *xml, struct error *err);

#define CLEANUP_EMBED CLEANUP(embed_close)
