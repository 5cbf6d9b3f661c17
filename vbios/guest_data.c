/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What program and module both need of a guest. */

#include <stdlib.h>
#include <strings.h>

#include "guest.h"

void guest_done(struct guest *guest)
{
	for (size_t i = 0; i < guest->n_devices; i++)
		free(guest->devices[i].file);
	free(guest->devices);
	for (size_t i = 0; i < guest->n_nics; i++)
		free(guest->nics[i].file);
	free(guest->nics);
	free(guest->nvram);
	free(guest->name);
	*guest = GUEST_NONE;
}

const struct guest_device *guest_find_device(const struct guest *guest,
					     const struct bdf *bdf)
{
	for (size_t i = 0; i < guest->n_devices; i++) {
		if (bdf_compare(&guest->devices[i].bdf, bdf) == 0)
			return &guest->devices[i];
	}
	return NULL;
}

const struct guest_device *guest_find_nic(const struct guest *guest, const char *mac)
{
	for (size_t i = 0; i < guest->n_nics; i++) {
		if (strcasecmp(guest->nics[i].address, mac) == 0)
			return &guest->nics[i];
	}
	return NULL;
}
