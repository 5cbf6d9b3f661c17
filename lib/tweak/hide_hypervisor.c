/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/query.h"
#include "tweak/tweaks.h"

/* Any text of at most 12 bytes that is not a hypervisor's; libvirt refuses longer ones.
 */
#define VENDOR_ID "0123456789ab"

/* Every feature that the host has, and so none that is set by itself. */
static bool passes_hyperv(const xmlNode *domain)
{
	const xmlNode *hyperv = query_path(domain, "features/hyperv");

	return query_attr_is(hyperv, "mode", "passthrough");
}

int hide_hypervisor_plan(struct planner *planner, UNUSED struct error *err)
{
	enum wish wish = planner->wishes->hide_hypervisor;
	xmlNodePtr element;

	if (wish == WISH_NOTHING)
		return 0;
	element = planner_add(planner, "hide-hypervisor");
	if (wish == WISH_UNSET) {
		planner_set(element, "unset", "yes");
		return 0;
	}
	if (passes_hyperv(planner_domain(planner))) {
		notes_add(planner->notes, NOTE_WARNING, "hide-hypervisor",
			  "<hyperv mode='passthrough'> allows no vendor_id: the guest "
			  "sees Hyper-V's own; mode='custom' would allow one");
		notes_add(planner->notes, NOTE_DECISION, "hide-hypervisor",
			  "KVM's signature hidden");
	} else {
		planner_set(element, "vendor-id", VENDOR_ID);
		notes_add(planner->notes, NOTE_DECISION, "hide-hypervisor",
			  "KVM's signature hidden, Hyper-V vendor id set");
	}
	notes_because(
		planner->notes,
		"NVIDIA drivers for GeForce cards before 465.89 (March 2021) stop with "
		"Code 43 in a guest they recognise, later ones do not; anti-cheat "
		"software may still look");
	return 0;
}
