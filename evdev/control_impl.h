/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The control socket's inside: clients, and what is sent to them. */

#include <sys/types.h>

#include "base/buf.h"
#include "control.h"
#include "protocol.h"

#define CONTROL_CLIENTS 16
#define CONTROL_OUT_MAX UINT64_C(262144) /* who leaves so much untaken is dropped */
#define CONTROL_SLOW_US 5000000u         /* or takes nothing for so long */
#define CONTROL_RATE_US 1000000u         /* between two lines of a monitor */

enum client_watch {
	CLIENT_NONE,
	CLIENT_RATES,
	CLIENT_KEYS,
};

struct client {
	struct source source; /* fd -1: no client */
	struct control *control;
	uid_t uid;
	struct protocol_input input;
	struct buf out;
	size_t sent;       /* of out */
	uint64_t moved_at; /* when it took something last */
	enum client_watch watch;
	bool is_waiting; /* for room in its socket */
};

struct control {
	const struct control_options *options;
	struct seat *seat;
	struct loop *loop;
	struct source source;
	bool is_bound;
	struct client clients[CONTROL_CLIENTS];
	size_t turn; /* the client that is asked first whether it has a request */
	struct seat_watch watch;
	uint64_t rates_at;
	uint64_t frames[ROUTER_TARGETS]; /* when rates were told last */
};

/* Sends what there is; a client that does not take it is dropped. */
void client_flush(struct client *client);
void client_drop(struct client *client);

/* Answers one request. */
void client_answer(struct client *client, const struct protocol_request *request);
void client_refuse(struct client *client, const struct error *err);

/* ---- control_monitor.c ---- */

/* Watchers came or went. */
void monitor_update(struct control *control);
void monitor_tick(struct control *control);
