/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Devices, guests and fingers that do anything: the promises of the router hold
 * (tests/support/routermodel.h). The first byte chooses the model, four more are a step.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routermodel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *broken)
{
	if (!broken)
		return;
	(void)fprintf(stderr, "broken: %s\n", broken);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct routermodel *model;
	uint32_t word;

	if (size < 1)
		return 0;
	model = routermodel_new(data[0] & 1);
	if (!model)
		return 0;
	for (size_t i = 1; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, data + i, sizeof(word));
		check(routermodel_step(model, word));
	}
	check(routermodel_rest(model));
	routermodel_free(model);
	return 0;
}
