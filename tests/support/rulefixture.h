/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* An option ROM that is made for each case, and all that the rules say of it. */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "rom/finding.h"
#include "romfile.h"
#include "suite.h"

struct rule_case {
	void (*build)(void); /* makes the file */
	const struct rom_target *target;
	const char *said;
};

static const struct rom_target unknown = { 0 };

static struct romfile file;

static inline void teardown_rule(void)
{
	romfile_done(&file);
}

static inline size_t legacy(bool is_last)
{
	return romfile_image(&file, &(struct romfile_image){ .is_last = is_last });
}

static inline size_t efi(bool is_last)
{
	return romfile_image(&file,
			     &(struct romfile_image){ .code = 3,
						      .is_last = is_last,
						      .is_signed = true,
						      /* 4 KiB of file */
						      .sectors = file.len ? 6 : 8 });
}

static inline void good(void)
{
	legacy(false);
	efi(true);
}

static inline void no_last(void)
{
	legacy(false);
}

/* The file as it is now, for one of that size. */
static inline void assert_said(uint64_t size, const struct rom_target *target,
			       const char *said)
{
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom rom;

	rom_read(&rom, file.data, file.len, size);
	rom_examine(&findings, &rom, target);
	for (size_t i = 0; i < findings.n; i++) {
		const struct rom_finding *finding = &findings.v[i];

		buf_addf(&out, "R%02u %s at 0x%" PRIx64 " (%s): %s", finding->rule,
			 rom_severity_name(finding->severity), finding->at,
			 finding->concerns, finding->text);
		if (finding->advice)
			buf_addf(&out, " -- %s", finding->advice);
		buf_addc(&out, '\n');
	}
	ck_assert_str_eq(buf_text(&out), said);
}

static inline void assert_rule(const struct rule_case *rule_case)
{
	rule_case->build();
	assert_said(file.len, rule_case->target, rule_case->said);
}
