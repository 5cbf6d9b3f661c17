/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "control.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "control_impl.h"
#include "log.h"
#include "status.h"

/* ---- the socket ---- */

static int make_address(struct sockaddr_un *ret_address, const char *path,
			struct error *err)
{
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret_address->sun_path)) {
		return error_set(err, ENAMETOOLONG, "socket '%s' has too long a path",
				 path);
	}
	(void)snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s", path);
	return 0;
}

/* Whether somebody listens there, or a daemon that was killed left it behind. */
static int check_free(const struct sockaddr_un *address, struct error *err)
{
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_sys(err, errno, "create socket");
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
	    errno == EAGAIN) {
		return error_set(err, EADDRINUSE,
				 "evgrab runs already: it answers at '%s'",
				 address->sun_path);
	}
	if (errno == ECONNREFUSED && unlink(address->sun_path) < 0)
		return error_sys(err, errno, "remove '%s'", address->sun_path);
	return 0;
}

/* Without the group it is for root alone. */
static void give_to_group(const char *path)
{
	const struct group *group = getgrnam(CONTROL_GROUP);

	if (!group) {
		log_info("there is no group '" CONTROL_GROUP "': only root can use '%s'",
			 path);
	} else if (lchown(path, (uid_t)-1, group->gr_gid) < 0) {
		log_warning("give '%s' to group '" CONTROL_GROUP "': %s, only its owner "
			    "can use it",
			    path, strerror(errno));
	}
}

static int bind_to(int fd, const struct sockaddr_un *address, struct error *err)
{
	mode_t mask = umask(0117);
	int r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno
										 : 0;

	(void)umask(mask);
	if (r < 0)
		return error_sys(err, -r, "create socket '%s'", address->sun_path);
	give_to_group(address->sun_path);
	if (listen(fd, CONTROL_CLIENTS) < 0)
		return error_sys(err, errno, "listen at '%s'", address->sun_path);
	return 0;
}

/* ---- clients ---- */

void client_drop(struct client *client)
{
	if (client->source.fd < 0)
		return;
	loop_del(client->control->loop, &client->source);
	cleanup_close(&client->source.fd);
	client->source.fd = -1;
	buf_done(&client->out);
	client->watch = CLIENT_NONE;
	monitor_update(client->control);
}

/* Whether it is told when there is room again. */
static void wait_for_room(struct client *client, bool is_waiting)
{
	struct error err = { 0 };

	if (is_waiting == client->is_waiting)
		return;
	client->is_waiting = is_waiting;
	if (loop_change(client->control->loop, &client->source,
			is_waiting ? EPOLLIN | EPOLLOUT : EPOLLIN, &err) < 0)
		client_drop(client);
}

void client_flush(struct client *client)
{
	while (client->sent < client->out.len) {
		ssize_t n =
			send(client->source.fd, client->out.data + client->sent,
			     client->out.len - client->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			client_drop(client);
			return;
		}
		client->sent += (size_t)n;
		client->moved_at = client->control->seat->now;
	}
	if (client->sent == client->out.len) {
		buf_cut(&client->out, 0);
		client->sent = 0;
	}
	if (client->out.len - client->sent > CONTROL_OUT_MAX || client->out.failed) {
		client_drop(client);
		return;
	}
	wait_for_room(client, client->out.len > 0);
}

void client_refuse(struct client *client, const struct error *err)
{
	/* what a client has sent may be in it */
	buf_adds(&client->out, "error ");
	for (const char *text = err->msg; *text; text += strcspn(text, "\n")) {
		if (*text == '\n') {
			buf_addc(&client->out, ' ');
			text++;
		}
		buf_add(&client->out, text, strcspn(text, "\n"));
	}
	buf_addc(&client->out, '\n');
}

static int act(struct control *control, const struct protocol_request *request,
	       struct error *err)
{
	struct seat *seat = control->seat;

	switch (request->verb) {
	case PROTOCOL_SWITCH:
		return seat_switch(seat, request->name, err);
	case PROTOCOL_STARTED:
		return seat_set_live(seat, request->name, true, err);
	case PROTOCOL_STOPPED:
		return seat_set_live(seat, request->name, false, err);
	case PROTOCOL_RELEASE:
		seat_release(seat);
		return 0;
	case PROTOCOL_RELOAD:
		return control->options->reload(control->options->data, err);
	default:
		return 0;
	}
}

static int watch(struct client *client, enum client_watch watch, struct error *err)
{
	if (watch == CLIENT_KEYS && client->uid != 0) {
		return error_set(err, EPERM,
				 "which keys are pressed is told to root only");
	}
	client->watch = watch;
	monitor_update(client->control);
	buf_addf(&client->out, "data {\"current\":\"%s\"}\n",
		 seat_name(client->control->seat,
			   router_current(client->control->seat->router)));
	return 0;
}

void client_answer(struct client *client, const struct protocol_request *request)
{
	const struct seat *seat = client->control->seat;
	struct error err = { 0 };
	int r;

	if (request->verb == PROTOCOL_MONITOR || request->verb == PROTOCOL_KEYS) {
		r = watch(client,
			  request->verb == PROTOCOL_KEYS ? CLIENT_KEYS : CLIENT_RATES,
			  &err);
		if (r < 0)
			client_refuse(client, &err);
		return;
	}
	if (request->verb == PROTOCOL_STATUS) {
		buf_adds(&client->out, "data ");
		status_write(seat, &client->out);
	} else if (request->verb == PROTOCOL_LIST) {
		status_write_devices(seat, "data ", &client->out);
	}
	r = act(client->control, request, &err);
	if (r < 0) {
		client_refuse(client, &err);
	} else {
		buf_adds(&client->out, "ok\n");
	}
}

/* One request: whoever sends many has to share the loop with the events. */
static void answer_next(struct client *client)
{
	struct protocol_request request;
	struct error err = { 0 };
	int r = protocol_next(&client->input, &request, &err);

	if (r == 0)
		return;
	if (r > 0) {
		client_answer(client, &request);
	} else {
		client_refuse(client, &err);
	}
	client_flush(client);
	if (r == -EMSGSIZE)
		client_drop(client);
}

/* False: it has hung up, or is not to be listened to. */
static bool read_more(struct client *client)
{
	size_t size;
	char *room = protocol_room(&client->input, &size);
	ssize_t n = recv(client->source.fd, room, size, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		client_drop(client);
		return false;
	}
	protocol_filled(&client->input, (size_t)n);
	return true;
}

static int on_client(struct source *source, uint32_t events, struct error *err)
{
	struct client *client = source->data;

	(void)err;
	seat_wake(client->control->seat);
	if (events & EPOLLOUT)
		client_flush(client);
	if (client->source.fd < 0 || !(events & ~(uint32_t)EPOLLOUT))
		return 0;
	if (protocol_has_next(&client->input) || read_more(client))
		answer_next(client);
	return 0;
}

static struct client *find_room(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (control->clients[i].source.fd < 0)
			return &control->clients[i];
	}
	return NULL;
}

static int on_connect(struct source *source, uint32_t events, struct error *err)
{
	struct control *control = source->data;
	struct client *client = find_room(control);
	struct error said = { 0 };
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);
	/* cppcheck-suppress nullPointer ; accept(2): who wants no address passes none */
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	(void)err;
	seat_wake(control->seat);
	if (fd < 0)
		return 0;
	if (!client || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		(void)close(fd);
		return 0;
	}
	*client = (struct client){
		.source = { .fd = fd, .ready = on_client, .data = client },
		.control = control,
		.uid = peer.uid,
		.moved_at = control->seat->now,
	};
	if (loop_add(control->loop, &client->source, EPOLLIN, &said) < 0)
		client_drop(client);
	return 0;
}

/* ---- life ---- */

DEFINE_CLEANUP(struct control *, control_free);

static struct control *control_alloc(const struct control_options *options,
				     struct seat *seat, struct loop *loop)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return NULL;
	control->options = options;
	control->seat = seat;
	control->loop = loop;
	control->source =
		(struct source){ .fd = -1, .ready = on_connect, .data = control };
	control->rates_at = UINT64_MAX;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control->clients[i].source.fd = -1;
	return control;
}

int control_new(struct control **ret_control, const struct control_options *options,
		struct seat *seat, struct loop *loop, struct error *err)
{
	CLEANUP(cleanup_control_free)
	struct control *control = control_alloc(options, seat, loop);
	struct sockaddr_un address;
	int r;

	if (!control)
		return error_set(err, ENOMEM, "out of memory");
	r = make_address(&address, options->path, err);
	if (r == 0)
		r = check_free(&address, err);
	if (r < 0)
		return r;
	control->source.fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->source.fd < 0)
		return error_sys(err, errno, "create socket");
	r = bind_to(control->source.fd, &address, err);
	control->is_bound = r == 0;
	if (r == 0)
		r = loop_add(loop, &control->source, EPOLLIN, err);
	if (r == 0)
		*ret_control = TAKE_PTR(control);
	return r;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		client_drop(&control->clients[i]);
	if (control->is_bound)
		(void)unlink(control->options->path);
	loop_del(control->loop, &control->source);
	cleanup_close(&control->source.fd);
	free(control);
}

static uint64_t slow_at(const struct client *client)
{
	if (client->source.fd < 0 || client->out.len == 0)
		return UINT64_MAX;
	return client->moved_at + CONTROL_SLOW_US;
}

/* A request that has arrived, behind one that has been answered. */
static bool has_request(const struct client *client)
{
	return client->source.fd >= 0 && protocol_has_next(&client->input);
}

uint64_t control_deadline(const struct control *control)
{
	uint64_t at = control->rates_at;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (has_request(&control->clients[i]))
			return control->seat->now;
		if (slow_at(&control->clients[i]) < at)
			at = slow_at(&control->clients[i]);
	}
	return at;
}

void control_tick(struct control *control, uint64_t now)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		if (slow_at(&control->clients[i]) <= now)
			client_drop(&control->clients[i]);
	}
	if (control->rates_at <= now)
		monitor_tick(control);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client =
			&control->clients[(control->turn + i) % CONTROL_CLIENTS];

		if (has_request(client)) {
			control->turn = (control->turn + i + 1) % CONTROL_CLIENTS;
			answer_next(client);
			return;
		}
	}
}
