/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From wishes to decisions.
 *
 * Each tweak looks at its wishes, at the guest and at the host, decides, and writes its
 * decisions into one small document, the plan:
 *
 *	<plan>
 *	  <looking-glass size='64'/>
 *	  <hide-hypervisor vendor-id='...'/>
 *	</plan>
 *
 * The stylesheet of the same name then merges its part of the plan into the guest. An
 * element with unset='yes' takes out what the tweak adds. Why something was decided goes
 * into the notes.
 */

#include <libxml/tree.h>

#include "base/notes.h"
#include "domain/document.h"
#include "host/cpus.h"
#include "host/pcidev.h"
#include "host/root.h"
#include "tweak/wishes.h"

struct planner {
	const struct wishes *wishes;
	const struct document *doc;
	const struct root *root; /* NULL with --host=none: nothing is known of the host */
	struct notes *notes;
	xmlDocPtr plan;

	/* what was read of the host so far, by planner_*() below */
	struct pcidevs pcidevs; /* all addresses; what is read of them grows */
	bool has_pcidevs;
	struct cpus cpus;
	bool has_cpus;
};

#define PLANNER_NONE ((struct planner){ 0 })

/*
 * Makes the plan: every tweak that was wished for, in the order of the stylesheets. The
 * fields above `plan` are the caller's to set. -ENOTUNIQ: the wishes contradict each
 * other, which could not be seen without the host.
 */
MUST_CHECK int planner_run(struct planner *planner, struct error *err);
void planner_done(struct planner *planner);

/*
 * Turns doc->tree into the guest that was wished for: the tweaks' stylesheets, then the
 * user's own.
 */
MUST_CHECK int planner_apply(struct planner *planner, struct document *doc,
			     struct error *err);

/* The root of the guest's tree. */
xmlNodePtr planner_domain(const struct planner *planner);

/* The host's devices and CPUs, read when first asked for. Not with --host=none. */
MUST_CHECK int planner_pcidevs(struct planner *planner, const struct pcidevs **ret_devs,
			       struct error *err);

/* Only their addresses; and the functions of an IOMMU group, for iommu_next_member(). */
MUST_CHECK int planner_addresses(struct planner *planner, const struct pcidevs **ret_devs,
				 struct error *err);
MUST_CHECK int planner_group(struct planner *planner, int group,
			     const struct pcidevs **ret_devs, struct error *err);

/* One function with its details; NULL when the host has none of that address. */
MUST_CHECK int planner_pcidev(struct planner *planner, const struct bdf *bdf,
			      const struct pcidev **ret_dev, struct error *err);
MUST_CHECK int planner_cpus(struct planner *planner, const struct cpus **ret_cpus,
			    struct error *err);

/*
 * Writing the plan: a new element in <plan>, or in another element. NULL when out of
 * memory, which the attribute setters below take and planner_run() reports.
 */
xmlNodePtr planner_add(struct planner *planner, const char *name);
xmlNodePtr planner_get(struct planner *planner, const char *name); /* or the one there */
xmlNodePtr planner_add_in(xmlNodePtr parent, const char *name);
void planner_set(xmlNodePtr element, const char *name, const char *value);
/* For numbers: the value has at most 63 bytes. */
void planner_setf(xmlNodePtr element, const char *name, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#define CLEANUP_PLANNER CLEANUP(planner_done)
