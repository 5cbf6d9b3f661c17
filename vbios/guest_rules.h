/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Rules on what a guest's definition says of a ROM: 25 to 28, 32 and 33. */

#include "guest.h"
#include "rom/finding.h"

/* file: what is checked for this device, of which the definition may name another. */
void guest_rules(struct rom_findings *findings, const struct guest *guest,
		 const struct guest_device *device, const char *file);

/* Rule 32, of the file that the definition names. */
void guest_rule_sha256(struct rom_findings *findings, const struct guest *guest,
		       const struct guest_device *device, const char *sha256);
