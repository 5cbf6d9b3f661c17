/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What libvirt's embedded QEMU driver needs, and what it gives, in the terms of a system
 * that really runs the guest.
 *
 * virConnectDomainXMLToNative() leaves out what libvirt does on the host before it starts
 * a guest, and then stumbles over what that would have filled in. So it is given a copy
 * of the document in which that is filled in already.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"

enum {
	/* type='qemu', and for the command line a processor that QEMU can emulate */
	NATIVE_NO_KVM = 1 << 0,

	/*
	 * PCI hostdevs name their driver, which is vfio anyway; interfaces of the type
	 * 'hostdev', over which libvirt 9.0 corrupts its heap, become hostdevs; USB
	 * hostdevs get their place on the bus, and those not plugged in are left out;
	 * huge pages have a size and come from memfd, as an ordinary user's driver has no
	 * hugetlbfs.
	 */
	NATIVE_ARGV = 1 << 1,

	/* with NATIVE_ARGV: no other interfaces, which libvirt makes tap devices for */
	NATIVE_NO_TAPS = 1 << 2,
};

/* Whether xml is a guest of the type 'kvm'; false for what is no XML. */
bool native_wants_kvm(const char *xml);

/* Name and UUID, which the caller frees; NULL where there is none. */
void native_identity(const char *xml, char **ret_name, char **ret_uuid);

/*
 * A copy with the edits; NULL for what is no XML, about which libvirt shall complain. The
 * caller frees it. What changes the meaning is noted.
 */
MUST_CHECK int native_copy(char **ret_copy, const char *xml, unsigned int edits,
			   struct notes *notes, struct error *err);

/*
 * Appends libvirt's command line, one option a line as in libvirt's log of a guest, the
 * paths below root replaced by those of the system's driver, without the variables that
 * come from this process's environment.
 */
void native_add_argv(struct buf *out, const char *argv, const char *root);
