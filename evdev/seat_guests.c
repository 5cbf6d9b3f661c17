/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The guests of a seat, and their nodes. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "log.h"
#include "seat.h"

/* In the store: "win11.keyboard". */
static void store_name(char name[static STORE_NAME_MAX], const char *guest,
		       enum role role)
{
	(void)snprintf(name, STORE_NAME_MAX, "%s.%s", guest, role_template(role)->name);
}

/* A reader of the node has set its LEDs. */
static int on_leds(struct source *source, uint32_t events, struct error *err)
{
	struct seat_node *node = source->data;

	(void)events;
	(void)err;
	if (vnode_read(&node->vnode))
		router_set_leds(node->seat->router, node->target, node->vnode.leds);
	return 0;
}

int seat_node_watch(struct seat *seat, struct seat_node *node, unsigned target,
		    struct error *err)
{
	node->seat = seat;
	node->target = target;
	node->source = (struct source){
		.fd = node->vnode.fd,
		.ready = on_leds,
		.data = node,
	};
	return loop_add(seat->loop, &node->source, EPOLLIN, err);
}

void seat_node_close(struct seat *seat, struct seat_node *node)
{
	if (node->vnode.fd < 0)
		return;
	loop_del(seat->loop, &node->source);
	vnode_close(&node->vnode);
}

/* The node of the daemon before this one: readers have it open. */
static bool adopt(struct seat *seat, struct seat_node *node, const char *name,
		  const struct device_info *info)
{
	const struct seat_options *options = seat->options;
	struct error err = { 0 };
	int fd = store_take(seat->store, name);

	if (fd < 0)
		return false;
	if (vnode_adopt(&node->vnode, options->vnode_ops, options->vnode_data, fd, info,
			&err) == 0) {
		node->was_kept = true;
		return true;
	}
	log_warning("%s, making a new one: who reads the old one gets no more input",
		    err.msg);
	store_forget(name);
	(void)close(fd);
	return false;
}

static void release_adopted(struct seat *seat, struct seat_node *node, unsigned target,
			    enum role role)
{
	struct device_state state;
	struct error err = { 0 };

	if (vnode_state(&node->vnode, &state, &err) < 0) {
		log_warning("%s: keys that it has down stay down until they are pressed",
			    err.msg);
		return;
	}
	router_adopted(seat->router, target, role, &state.keys, state.leds);
}

static int add_node(struct seat *seat, unsigned target, enum role role, struct error *err)
{
	const struct seat_options *options = seat->options;
	struct seat_guest *guest = &seat->guests[target];
	struct seat_node *node = &guest->nodes[role];
	struct device_info info;
	char name[STORE_NAME_MAX];
	int r = vnode_describe(&info, guest->settings.name, role, NULL, err);

	if (r < 0)
		return r;
	store_name(name, guest->settings.name, role);
	if (!adopt(seat, node, name, &info)) {
		r = vnode_create(&node->vnode, options->vnode_ops, options->vnode_data,
				 &info, err);
		if (r < 0)
			return r;
		store_keep(name, node->vnode.fd);
	}
	r = seat_node_watch(seat, node, target, err);
	if (r == 0 && node->was_kept)
		release_adopted(seat, node, target, role);
	return r;
}

static void close_nodes(struct seat *seat, struct seat_guest *guest, bool are_kept)
{
	char name[STORE_NAME_MAX];

	for (enum role role = 0; role < N_ROLES; role++) {
		if (guest->nodes[role].vnode.fd < 0)
			continue;
		store_name(name, guest->settings.name, role);
		if (!are_kept)
			store_forget(name);
		seat_node_close(seat, &guest->nodes[role]);
	}
}

int seat_add_guest(struct seat *seat, const struct config_guest *settings,
		   struct error *err)
{
	struct router_guest info = {
		.roles = settings->roles,
		.is_input_linux = settings->is_input_linux,
	};
	struct seat_guest *guest;
	unsigned target;
	int r = router_guest_add(seat->router, &info, &target, err);

	if (r < 0)
		return r;
	guest = &seat->guests[target];
	*guest = (struct seat_guest){ .is_used = true, .settings = *settings };
	for (enum role role = 0; role < N_ROLES; role++)
		guest->nodes[role].vnode = VNODE_NONE;
	for (enum role role = 0; role < N_ROLES && r == 0; role++) {
		if (settings->roles & ROLE_BIT(role))
			r = add_node(seat, target, role, err);
	}
	if (r < 0) {
		seat_remove_guest(seat, target);
		return error_wrap(err, "guest '%s'", settings->name);
	}
	router_set_live(seat->router, target, settings->is_always_live);
	return 0;
}

void seat_remove_guest(struct seat *seat, unsigned target)
{
	router_guest_remove(seat->router, target);
	close_nodes(seat, &seat->guests[target], false);
	seat->guests[target].is_used = false;
}

static bool has_kept_nodes(const struct seat_guest *guest)
{
	for (enum role role = 0; role < N_ROLES; role++) {
		if (guest->nodes[role].vnode.fd >= 0 && guest->nodes[role].was_kept)
			return true;
	}
	return false;
}

void seat_find_running(struct seat *seat, const char *dir)
{
	char path[PATH_MAX];

	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		struct seat_guest *guest = &seat->guests[i];

		if (!guest->is_used)
			continue;
		(void)snprintf(path, sizeof(path), "%s/evgrab-live.%s", dir,
			       guest->settings.name);
		if (access(path, F_OK) < 0)
			continue;
		if (has_kept_nodes(guest)) {
			guest->has_started = true;
			router_set_live(seat->router, i, true);
			continue;
		}
		guest->has_lost_input = true;
		log_warning("guest '%s' has lost its keyboard and mouse, as evgrab was "
			    "stopped while it ran: they are back when it is started anew",
			    guest->settings.name);
	}
}

unsigned seat_find(const struct seat *seat, const char *name)
{
	unsigned target = ROUTER_HOST + 1;

	if (strcmp(name, "host") == 0)
		return ROUTER_HOST;
	while (target < ROUTER_TARGETS &&
	       (!seat->guests[target].is_used ||
		strcmp(seat->guests[target].settings.name, name) != 0))
		target++;
	return target;
}

const char *seat_name(const struct seat *seat, unsigned target)
{
	return target == ROUTER_HOST ? "host" : seat->guests[target].settings.name;
}

bool seat_is_linked(struct seat *seat)
{
	bool are_linked = true;

	for (unsigned i = 0; i < ROUTER_TARGETS; i++) {
		struct seat_guest *guest = &seat->guests[i];

		for (enum role role = 0; guest->is_used && role < N_ROLES; role++) {
			if (guest->nodes[role].vnode.fd >= 0 &&
			    !vnode_is_linked(&guest->nodes[role].vnode))
				are_linked = false;
		}
	}
	return are_linked;
}
