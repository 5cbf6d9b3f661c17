/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The rules, in the groups in which they are examined. */

#include "rom/finding.h"

/* A finding, in a function that has `findings`. */
#define SAY(rule_, severity_, at_, concerns_, ...)                         \
	rom_findings_add(findings,                                         \
			 &(struct rom_finding){ .rule = (rule_),           \
						.severity = (severity_),   \
						.at = (at_),               \
						.concerns = (concerns_) }, \
			 __VA_ARGS__)

void rules_file(struct rom_findings *findings, const struct rom *rom);
void rules_image(struct rom_findings *findings, const struct rom *rom,
		 const struct rom_image *image);
void rules_efi(struct rom_findings *findings, const struct rom_image *image);
void rules_target(struct rom_findings *findings, const struct rom *rom,
		  const struct rom_target *target);
