/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "timing.h"

#include <stdio.h>

#include "base/macro.h"
#include "hook.h"

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void timing_read(struct timing *ret_timing, const struct hook *hook, uint64_t begin_us)
{
	struct timing timing = {
		.total_us = less(effects_clock_us(), begin_us),
		.kernel_us = hook->effects->spent_us,
		.systemd_us = hook->bus->spent_us,
		.waits_us = hook->effects->waited_us,
		.scripts_us = hook->scripts_us,
	};

	timing.own_us =
		less(timing.total_us, timing.kernel_us + timing.systemd_us +
					      timing.waits_us + timing.scripts_us);
	*ret_timing = timing;
}

static double ms(uint64_t us)
{
	return (double)us / 1000;
}

void timing_format(const struct timing *timing, struct buf *out)
{
	buf_addf(out,
		 "%.1f ms: %.1f in the kernel, %.1f in systemd, %.1f waiting, %.1f in "
		 "scripts, %.1f of its own",
		 ms(timing->total_us), ms(timing->kernel_us), ms(timing->systemd_us),
		 ms(timing->waits_us), ms(timing->scripts_us), ms(timing->own_us));
}

void timing_print(const struct timing *timing)
{
	const struct {
		const char *name;
		uint64_t us;
	} parts[] = {
		{ "kernel", timing->kernel_us }, { "systemd", timing->systemd_us },
		{ "waiting", timing->waits_us }, { "scripts", timing->scripts_us },
		{ "the hook", timing->own_us },  { "total", timing->total_us },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		double share = timing->total_us > 0 ? 100 * (double)parts[i].us /
							      (double)timing->total_us
						    : 0;

		(void)printf("  %-12s %10.1f ms %5.1f %%\n", parts[i].name,
			     ms(parts[i].us), share);
	}
}
