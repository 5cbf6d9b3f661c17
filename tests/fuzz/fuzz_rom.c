/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A file that is meant to be an option ROM: reading it ends, stays within it, and what is
 * made of it is at least as good.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/macro.h"
#include "rom/finding.h"
#include "rom/mend.h"
#include "rom/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_images(const struct rom *rom)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];

		check(image->at >= rom->start && image->at < image->end);
		check(image->end <= rom->bytes.len);
		check(i == 0 || image[-1].at < image->at);
		check(!rom_has_pcir(image) || image->pcir.at + 0x18 <= rom->bytes.len);
		(void)rom_lists_device(rom, image, 0x1b80);
	}
	check(rom->n_images <= ROM_IMAGES_MAX && rom->n_vfct <= ROM_VFCT_MAX);
	check(rom->has_start || rom->n_images == 0);
}

static void check_findings(const struct rom *rom, const struct rom_target *target)
{
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	struct error err = { 0 };

	rom_examine(&findings, rom, target);
	check(rom_findings_check(&findings, &err) == 0);
	for (size_t i = 0; i < findings.n; i++) {
		check(findings.v[i].rule >= 1 && findings.v[i].rule <= 35);
		check(*findings.v[i].text && *findings.v[i].concerns);
	}
	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		for (int bar = 0; bar < 2; bar++) {
			struct rom_verdict verdict =
				rom_judge(rom, target, (enum rom_firmware)firmware, bar);

			check(*verdict.why && *rom_outcome_name(&verdict));
		}
	}
}

static struct rom_bytes bytes_of(const struct buf *buf)
{
	return (struct rom_bytes){ .data = (const uint8_t *)buf->data, .len = buf->len };
}

static void read_result(struct rom *rom, const struct buf *buf)
{
	struct rom_bytes bytes = bytes_of(buf);

	rom_read(rom, bytes.data, bytes.len, bytes.len);
	check_images(rom);
}

/* What was stripped begins with an image. */
static void check_stripped(const struct rom *rom, bool keep_private)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom result;
	struct error err = { 0 };

	if (rom_strip(&out, &notes, rom, keep_private, &err) < 0)
		return;
	read_result(&result, &out);
	check(result.kind == ROM_KIND_OPTION && out.len <= rom->bytes.len);
}

/* What was mended is as long as it was. */
static void check_fixed(const struct rom *rom, const struct rom_fix *fix)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom result;
	struct error err = { 0 };

	if (rom_fix(&out, &notes, rom, fix, &err) < 0)
		return;
	check(out.len == rom->bytes.len && notes.n > 0);
	read_result(&result, &out);
}

/* Each image that is there can be taken out, and begins with its signature. */
static void check_extracted(const struct rom *rom)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf part = BUF_NONE;
	static struct rom result;
	struct error err = { 0 };

	for (uint64_t i = 0; i <= rom->n_images + 1; i++) {
		int r;

		buf_cut(&part, 0);
		r = rom_extract(&part, &notes, rom, i, &err);
		check((r == 0) == (i > 0 && i <= rom->n_images));
		if (r == 0)
			read_result(&result, &part);
	}
	for (uint64_t i = 0; i <= rom->n_vfct + 1; i++) {
		buf_cut(&part, 0);
		if (rom_extract_vfct(&part, &notes, rom, i, &err) == 0)
			check(part.len == rom->vfct[i - 1].image_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rom_target target = { .has_ids = true,
						  .vendor = 0x10de,
						  .device = 0x1b80,
						  .has_class = true,
						  .class = 0x030000,
						  .firmwares = 7 };
	static const struct rom_target second = { .vga_before = "0000:01:00.0" };
	static const struct rom_target unknown = { 0 };
	const struct rom_fix ids = { .has_ids = true,
				     .vendor = 0x1002,
				     .device = 0x731f };
	static struct rom rom;

	rom_read(&rom, data, size, size);
	check_images(&rom);
	check_findings(&rom, &target);
	check_findings(&rom, &unknown);
	check_findings(&rom, &second);
	check_stripped(&rom, true);
	check_stripped(&rom, false);
	check_fixed(&rom, &(struct rom_fix){ 0 });
	check_fixed(&rom, &ids);
	check_extracted(&rom);
	/* the beginning of a longer file */
	rom_read(&rom, data, size, size + ROM_SIZE_LIMIT + size % 3 * ROM_QEMU_LIMIT);
	check_images(&rom);
	check_findings(&rom, &target);
	return 0;
}
