/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "effects.h"

#include <time.h>

uint64_t effects_clock_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int effects_write(struct effects *effects, const char *path, const char *value,
		  unsigned timeout_ms, struct error *err)
{
	uint64_t begin = effects_clock_us();
	int r = effects->ops->write(effects->data, path, value, timeout_ms, err);

	effects->spent_us += effects_clock_us() - begin;
	return r;
}

int effects_load(struct effects *effects, const char *module, unsigned timeout_ms,
		 struct error *err)
{
	uint64_t begin = effects_clock_us();
	int r = effects->ops->load(effects->data, module, timeout_ms, err);

	effects->spent_us += effects_clock_us() - begin;
	return r;
}

int effects_unload(struct effects *effects, const char *module, unsigned timeout_ms,
		   struct error *err)
{
	uint64_t begin = effects_clock_us();
	int r = effects->ops->unload(effects->data, module, timeout_ms, err);

	effects->spent_us += effects_clock_us() - begin;
	return r;
}

void effects_hold(struct effects *effects, int fd)
{
	effects->ops->hold(effects->data, fd);
}

uint64_t effects_now(const struct effects *effects)
{
	return effects->ops->now(effects->data);
}

void effects_wait(struct effects *effects, unsigned ms)
{
	uint64_t begin = effects_clock_us();

	effects->ops->wait(effects->data, ms);
	effects->waited_us += effects_clock_us() - begin;
}
