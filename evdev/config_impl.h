/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config.h"

/* Sets what it is called in section [general], if guest is CONFIG_HOST, or of a guest. */
MUST_CHECK int config_set(struct config *config, size_t guest, const char *name,
			  const char *value, struct error *err);

/* Whether section [general] does not have it. */
bool config_is_unset(const struct config *config, const char *name);
