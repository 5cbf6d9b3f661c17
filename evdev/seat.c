/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "seat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "log.h"

#define MSEC         UINT64_C(1000)
#define RETRY_US     (100 * MSEC)
#define RETRY_MAX_US (3000 * MSEC)

/* The chords of the configuration, with the targets that its guests have become. */
static void set_chords(struct seat *seat)
{
	struct router_chord chords[ROUTER_CHORDS];

	for (size_t i = 0; i < seat->config->n_chords; i++) {
		const struct config_chord *from = &seat->config->chords[i];

		chords[i] = (struct router_chord){
			.chord = from->chord,
			.kind = from->kind,
			.target = ROUTER_HOST,
		};
		if (from->guest != CONFIG_HOST) {
			chords[i].target =
				seat_find(seat, seat->config->guests[from->guest].name);
		}
	}
	router_set_chords(seat->router, chords, seat->config->n_chords);
}

static void init(struct seat *seat)
{
	seat->sink = (struct device_sink){
		.frame = seat_device_frame,
		.resync = seat_device_resync,
		.data = seat,
	};
	seat->devices_sink = (struct devices_sink){
		.ready = seat_device_ready,
		.gone = seat_device_gone,
		.data = seat,
	};
	devices_init(&seat->devices, seat->options->device_ops,
		     seat->options->device_data, &seat->devices_sink);
	devices_set_selectors(&seat->devices, seat->config->selectors,
			      seat->config->n_selectors, seat->now);
	for (size_t i = 0; i < ROUTER_DEVICES; i++)
		seat->taken[i].clone.vnode = VNODE_NONE;
}

static int add_guests(struct seat *seat, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < seat->config->n_guests && r == 0; i++)
		r = seat_add_guest(seat, &seat->config->guests[i], err);
	return r;
}

DEFINE_CLEANUP(struct seat *, seat_free);

int seat_new(struct seat **ret_seat, struct config *config, struct loop *loop,
	     struct store *store, const struct seat_options *options, struct error *err)
{
	CLEANUP(cleanup_seat_free) struct seat *seat = calloc(1, sizeof(*seat));
	struct router_options router_options = {
		.is_clone = config->is_clone,
		.release_us = (uint64_t)config->wait_ms * MSEC,
		.retry_us = RETRY_US,
		.retry_max_us = RETRY_MAX_US,
	};
	int r;

	if (!seat)
		return error_set(err, ENOMEM, "out of memory");
	seat->options = options;
	seat->loop = loop;
	seat->store = store;
	seat->config = config;
	seat->now = loop_now();
	init(seat);
	seat->router = router_new(&router_options, &seat_router_ops, seat);
	r = seat->router ? add_guests(seat, err)
			 : error_set(err, ENOMEM, "out of memory");
	if (r < 0) {
		seat->config = NULL; /* still the caller's */
		return r;
	}
	set_chords(seat);
	*ret_seat = TAKE_PTR(seat);
	return 0;
}

/* The nodes stay in the store: who reads them waits for the next daemon. */
static void close_guests(struct seat *seat)
{
	for (unsigned i = 0; i < ROUTER_TARGETS; i++) {
		for (enum role role = 0; seat->guests[i].is_used && role < N_ROLES;
		     role++)
			seat_node_close(seat, &seat->guests[i].nodes[role]);
	}
}

static void close_devices(struct seat *seat)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (!seat->taken[i].entry)
			continue;
		loop_del(seat->loop, &seat->taken[i].source);
		seat_node_close(seat, &seat->taken[i].clone);
	}
}

void seat_free(struct seat *seat)
{
	if (seat->router) {
		/* what is current is in the store, to be gone on with */
		seat->watch = NULL;
		seat->is_ending = true;
		router_panic(seat->router);
	}
	close_devices(seat);
	devices_done(&seat->devices);
	close_guests(seat);
	router_free(seat->router);
	config_free(seat->config);
	free(seat);
}

/* ---- the state that is kept: "current win11", "live win11", a line each ---- */

static void save_state(struct seat *seat)
{
	char text[STORE_STATE_MAX];
	size_t n = (size_t)snprintf(text, sizeof(text), "current %s\n",
				    seat_name(seat, router_current(seat->router)));

	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		if (seat->guests[i].is_used && router_is_live(seat->router, i) &&
		    n < sizeof(text)) {
			n += (size_t)snprintf(text + n, sizeof(text) - n, "live %s\n",
					      seat_name(seat, i));
		}
	}
	store_write_state(seat->store, text);
}

static void resume_line(struct seat *seat, const char *line, char *current)
{
	unsigned target;

	if (strncmp(line, "current ", 8) == 0) {
		(void)snprintf(current, CONFIG_NAME_MAX + 1, "%s", line + 8);
	} else if (strncmp(line, "live ", 5) == 0) {
		target = seat_find(seat, line + 5);
		if (target < ROUTER_TARGETS)
			router_set_live(seat->router, target, true);
	}
}

void seat_resume(struct seat *seat)
{
	char text[STORE_STATE_MAX], current[CONFIG_NAME_MAX + 1] = "host";
	char *rest = text;
	unsigned target;

	memcpy(text, seat->store->state, sizeof(text));
	while (rest && *rest)
		resume_line(seat, strsep(&rest, "\n"), current);
	target = seat_find(seat, current);
	if (target != ROUTER_HOST && target < ROUTER_TARGETS &&
	    router_switch(seat->router, target, ROUTER_BY_LIFE) < 0)
		log_info("input stays with the host: guest '%s' does not run", current);
}

/* ---- turns of the loop ---- */

void seat_wake(struct seat *seat)
{
	seat->now = loop_now();
}

void seat_settle(struct seat *seat)
{
	if (seat->n_asked > 0)
		seat_grab_all(seat);
	if (seat->has_news) {
		seat->has_news = false;
		save_state(seat);
	}
}

uint64_t seat_deadline(const struct seat *seat)
{
	uint64_t router = router_deadline(seat->router);
	uint64_t devices = devices_deadline(&seat->devices);

	return router < devices ? router : devices;
}

void seat_tick(struct seat *seat)
{
	router_tick(seat->router, seat->now);
	devices_tick(&seat->devices, seat->now);
}

/* ---- wishes ---- */

static int find_or_refuse(const struct seat *seat, const char *name, unsigned *ret_target,
			  struct error *err)
{
	*ret_target = seat_find(seat, name);
	if (*ret_target == ROUTER_TARGETS)
		return error_set(err, ENOENT, "there is no guest '%s'", name);
	return 0;
}

int seat_switch(struct seat *seat, const char *name, struct error *err)
{
	unsigned target;
	int r;

	if (strcmp(name, "next") == 0 || strcmp(name, "prev") == 0) {
		router_switch_next(seat->router, *name == 'p', ROUTER_BY_COMMAND);
		return 0;
	}
	if (strcmp(name, "back") == 0) {
		router_switch_back(seat->router, ROUTER_BY_COMMAND);
		return 0;
	}
	r = find_or_refuse(seat, name, &target, err);
	if (r == 0 && router_switch(seat->router, target, ROUTER_BY_COMMAND) < 0)
		r = error_set(err, ENXIO, "guest '%s' does not run", name);
	return r;
}

int seat_set_live(struct seat *seat, const char *name, bool is_live, struct error *err)
{
	const struct config_guest *settings;
	unsigned target;
	int r = find_or_refuse(seat, name, &target, err);

	if (r < 0)
		return r;
	settings = &seat->guests[target].settings;
	seat->guests[target].has_lost_input = false;
	seat->guests[target].has_started = is_live;
	/* one that is live always goes back to the host all the same when it stops */
	router_set_live(seat->router, target, is_live);
	if (settings->is_always_live && target != ROUTER_HOST)
		router_set_live(seat->router, target, true);
	seat->has_news = true;
	if (is_live && settings->is_switched_to && target != ROUTER_HOST)
		r = router_switch(seat->router, target, ROUTER_BY_LIFE);
	return r < 0 ? error_set(err, -r, "guest '%s' does not run", name) : 0;
}

void seat_release(struct seat *seat)
{
	router_panic(seat->router);
}

static bool is_same_guest(const struct config_guest *a, const struct config_guest *b)
{
	return strcmp(a->name, b->name) == 0 && a->roles == b->roles &&
	       a->is_input_linux == b->is_input_linux;
}

static int add_or_compare(struct seat *seat, const struct config_guest *settings,
			  struct error *err)
{
	unsigned target = seat_find(seat, settings->name);

	if (target == ROUTER_TARGETS)
		return seat_add_guest(seat, settings, err);
	if (is_same_guest(&seat->guests[target].settings, settings))
		return 0;
	return error_set(err, EBUSY,
			 "guest '%s': what its devices are and who reads them can be "
			 "changed by a restart only",
			 settings->name);
}

/* The new ones first: if one of them cannot be, all is as before. */
static int add_new_guests(struct seat *seat, const struct config *config,
			  struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < config->n_guests && r == 0; i++)
		r = add_or_compare(seat, &config->guests[i], err);
	return r;
}

/* Those that the configuration does not have, or does not have any more. */
static void remove_other_guests(struct seat *seat, const struct config *config)
{
	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		struct seat_guest *guest = &seat->guests[i];
		size_t number;

		if (!guest->is_used)
			continue;
		number = config_find(config, guest->settings.name);
		if (number == config->n_guests) {
			seat_remove_guest(seat, i);
			continue;
		}
		guest->settings = config->guests[number];
		if (guest->settings.is_always_live)
			router_set_live(seat->router, i, true);
	}
}

int seat_reload(struct seat *seat, struct config *config, struct error *err)
{
	int r = 0;

	if (config->is_clone != seat->config->is_clone) {
		return error_set(
			err, EBUSY,
			"'host' in section [general] can be changed by a restart "
			"only");
	}
	r = add_new_guests(seat, config, err);
	if (r < 0) {
		remove_other_guests(seat, seat->config);
		return r;
	}
	remove_other_guests(seat, config);
	/* the selectors of the old configuration are in use until then */
	devices_set_selectors(&seat->devices, config->selectors, config->n_selectors,
			      seat->now);
	config_free(seat->config);
	seat->config = config;
	set_chords(seat);
	seat->has_news = true;
	return 0;
}
