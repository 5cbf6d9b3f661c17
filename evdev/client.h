/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Asking the daemon. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "protocol.h"

#define CLIENT_US UINT64_C(5000000) /* for all of an answer */

struct client_call {
	const char *path; /* of the socket */
	struct protocol_request request;
	bool is_endless; /* monitor: until the daemon or the user ends it */

	/* For each line of data, which is a JSON object. An error ends the call. */
	int (*data)(void *ctx, const char *json, struct error *err);
	void *ctx;
};

/* An error is what the daemon says is wrong, or that it does not answer. */
MUST_CHECK int client_call(const struct client_call *call, struct error *err);
