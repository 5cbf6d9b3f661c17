/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What there is to say about an option ROM: one finding for each rule that it breaks, or
 * that is worth knowing. man/vbios.1.rst lists the rules.
 */

#include "base/cleanup.h"
#include "base/error.h"
#include "rom/rom.h"

enum rom_severity {
	ROM_INFO,
	ROM_WARNING,
	ROM_ERROR, /* somebody will not take it */
};

struct rom_finding {
	unsigned rule; /* 16: R16 */
	enum rom_severity severity;
	uint64_t at;          /* in the file */
	const char *concerns; /* a string constant: "SeaBIOS", "OVMF", "QEMU" */
	char *text;           /* one sentence, lower case, no full stop */
	char *advice;         /* what to do, or NULL */
};

struct rom_findings {
	struct rom_finding *v;
	size_t n;
	bool failed; /* out of memory, reported by rom_findings_check() */
};

#define ROM_FINDINGS_NONE ((struct rom_findings){ 0 })

/* What the ROM is for, as far as that is known. */
struct rom_target {
	bool has_ids;
	uint16_t vendor;
	uint16_t device;
	bool has_class;
	uint32_t class; /* 24 bits */
	const char
		*vga_before; /* of the guest, what firmware finds first; NULL: nothing */
	unsigned firmwares;  /* bits of enum rom_firmware: those that have to run it */
};

#define ROM_TARGET_NONE ((struct rom_target){ 0 })

/* Appends the findings on the content: rules 1 to 24 and 35, without 3. */
void rom_examine(struct rom_findings *findings, const struct rom *rom,
		 const struct rom_target *target);

void rom_findings_add(struct rom_findings *findings, const struct rom_finding *finding,
		      const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Says what to do about the finding just added. */
void rom_findings_advise(struct rom_findings *findings, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

MUST_CHECK int rom_findings_check(const struct rom_findings *findings, struct error *err);
void rom_findings_done(struct rom_findings *findings);

const char *rom_severity_name(enum rom_severity severity);

#define CLEANUP_ROM_FINDINGS CLEANUP(rom_findings_done)
