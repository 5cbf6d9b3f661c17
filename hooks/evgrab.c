/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "evgrab.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"

/* /dev/input/by-id/vfiokit-GUEST-event-kbd: the rule of udev makes them */
#define LINK_START "/dev/input/by-id/vfiokit-"
#define LINK_ROLE  "-event-"
#define NAME_CHARS                                             \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789._+-"
#define NAME_MAX_LEN 40 /* of evgrab's names */
#define GUESTS_MAX   16 /* that one domain names; evgrab has no more */
#define POLL_NSEC    20000000
#define ANSWER_MAX   256

struct link {
	const char *path; /* in the XML, len of it */
	size_t len;
	char guest[NAME_MAX_LEN + 1];
};

/* ---- time ---- */

static int64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the devices that a domain names ---- */

/*
 * It is the value of an attribute, or of evdev= in an argument for QEMU, which can be
 * JSON: behind a quote that is written as it is or as an entity.
 */
static bool is_value(const char *xml, const char *at)
{
	return at > xml && strchr("'\"=;", at[-1]);
}

static bool read_guest(struct link *link)
{
	const char *name = link->path + strlen(LINK_START);
	const char *end = link->path + link->len;
	const char *role = NULL;

	for (const char *at = name; (size_t)(end - at) > strlen(LINK_ROLE); at++) {
		if (memcmp(at, LINK_ROLE, strlen(LINK_ROLE)) == 0)
			role = at; /* the last one: names may have it, too */
	}
	if (!role || role == name || role - name > NAME_MAX_LEN)
		return false;
	(void)snprintf(link->guest, sizeof(link->guest), "%.*s", (int)(role - name),
		       name);
	return true;
}

/* The next one behind *at, which moves on. */
static bool next_link(const char *xml, const char **at, struct link *link)
{
	const char *found;

	while ((found = strstr(*at, LINK_START))) {
		size_t len = strlen(LINK_START);

		len += strspn(found + len, NAME_CHARS);
		*at = found + len;
		link->path = found;
		link->len = len;
		if (is_value(xml, found) && read_guest(link))
			return true;
	}
	return false;
}

/* ---- telling ---- */

static int connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_sys(err, errno, "create socket");
	if (strlen(path) >= sizeof(address.sun_path)) {
		return error_set(err, ENAMETOOLONG, "socket '%s' has too long a path",
				 path);
	}
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return take_fd(&fd);
	if (errno == ENOENT || errno == ECONNREFUSED)
		return error_set(err, errno, "evgrab is not running");
	if (errno == EAGAIN)
		return error_set(err, ETIMEDOUT, "evgrab does not answer at '%s'", path);
	return error_sys(err, errno, "connect to evgrab at '%s'", path);
}

/* Its one line, without the newline. */
static int read_answer(int fd, const struct evgrab_place *place,
		       char answer[static ANSWER_MAX], struct error *err)
{
	int64_t end = now_ms() + place->tell_ms;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	char *newline = NULL;

	while (!newline) {
		int64_t left = end - now_ms();
		ssize_t n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);

		if (n == 0) {
			return error_set(err, ETIMEDOUT, "evgrab does not answer at '%s'",
					 place->socket);
		}
		if (n > 0)
			n = recv(fd, answer + len, ANSWER_MAX - 1 - len, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return error_set(err, EPROTO, "evgrab hung up");
		newline = memchr(answer + len, '\n', (size_t)n);
		len += (size_t)n;
	}
	*newline = '\0';
	return 0;
}

int evgrab_tell(const struct evgrab_place *place, const char *verb, const char *guest,
		struct error *err)
{
	CLEANUP_CLOSE int fd = connect_to(place->socket, err);
	char line[sizeof("started ") + NAME_MAX_LEN + 1];
	char answer[ANSWER_MAX];
	int r = fd;

	if (r < 0)
		return r;
	r = snprintf(line, sizeof(line), "%s %s\n", verb, guest);
	if (send(fd, line, (size_t)r, MSG_DONTWAIT | MSG_NOSIGNAL) != r)
		return error_sys(err, errno, "tell evgrab");
	r = read_answer(fd, place, answer, err);
	if (r < 0 || strcmp(answer, "ok") == 0)
		return r;
	return error_set(err, EREMOTEIO, "evgrab: %s",
			 strncmp(answer, "error ", 6) == 0 ? answer + 6 : answer);
}

static void log_failure(const struct call *call, const struct error *err)
{
	openlog("vfiokit-hook", LOG_PID, LOG_DAEMON);
	syslog(LOG_WARNING, "%s: %s: %s", call->guest, call->operation, err->msg);
	closelog();
}

/* Where it cannot be, in a user's session, evgrab has to have heard. */
static void note_running(const struct evgrab_place *place, const char *guest,
			 bool is_running)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/evgrab-live.%s", place->run, guest);
	if (!is_running) {
		(void)unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	cleanup_close(&fd);
}

/* Each guest once, however many of its devices the domain names. */
static int tell_all(const struct evgrab_place *place, const struct call *call,
		    const char *verb)
{
	char told[GUESTS_MAX][NAME_MAX_LEN + 1];
	const char *at = call->xml;
	struct error err = { 0 };
	struct link link;
	bool is_dumb = false;
	size_t n = 0;

	while (n < GUESTS_MAX && next_link(call->xml, &at, &link)) {
		size_t i = 0;

		while (i < n && strcmp(told[i], link.guest) != 0)
			i++;
		if (i < n)
			continue;
		memcpy(told[n++], link.guest, sizeof(link.guest));
		note_running(place, link.guest, strcmp(verb, "started") == 0);
		if (is_dumb || evgrab_tell(place, verb, link.guest, &err) == 0)
			continue;
		log_failure(call, &err);
		/* the others would fare no better */
		is_dumb = err.code != EREMOTEIO;
	}
	return 0;
}

/* ---- waiting ---- */

static int refuse(const struct evgrab_place *place, const struct link *link,
		  struct error *err)
{
	struct error why = { 0 };
	int fd = connect_to(place->socket, &why);

	if (fd < 0 && (why.code == ENOENT || why.code == ECONNREFUSED)) {
		return error_set(err, ENOENT,
				 "evgrab is not running: '%.*s', which the guest reads, "
				 "is not there",
				 (int)link->len, link->path);
	}
	if (fd < 0 && why.code != ETIMEDOUT) {
		return error_set(
			err, ENOENT,
			"'%.*s', which the guest reads, is not there, and whether "
			"evgrab runs is not known: %s",
			(int)link->len, link->path, why.msg);
	}
	cleanup_close(&fd);
	return error_set(err, ENOENT,
			 "evgrab has no '%.*s', which the guest reads: name '%s' in "
			 "/etc/vfiokit/evgrab.conf",
			 (int)link->len, link->path, link->guest);
}

static int wait_for(const struct evgrab_place *place, const struct link *link,
		    int64_t end, struct error *err)
{
	const struct timespec pause = { .tv_nsec = POLL_NSEC };
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%.*s", place->root, (int)link->len,
		       link->path);
	while (stat(path, &st) < 0 || !S_ISCHR(st.st_mode)) {
		if (now_ms() >= end)
			return refuse(place, link, err);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

static int wait_for_all(const struct evgrab_place *place, const struct call *call,
			struct error *err)
{
	int64_t end = now_ms() + place->wait_ms;
	const char *at = call->xml;
	struct link link;
	int r = 0;

	while (r == 0 && next_link(call->xml, &at, &link))
		r = wait_for(place, &link, end, err);
	return r;
}

/* ---- the operations ---- */

static bool is_operation(const struct call *call, const char *operation,
			 const char *suboperation)
{
	return strcmp(call->operation, operation) == 0 &&
	       strcmp(call->suboperation, suboperation) == 0;
}

int evgrab_call(const struct evgrab_place *place, const struct call *call,
		struct error *err)
{
	if (!call->xml)
		return 0;
	if (is_operation(call, "prepare", "begin"))
		return wait_for_all(place, call, err);
	/* a daemon of libvirt's that is new may have missed it */
	if (is_operation(call, "started", "begin") ||
	    is_operation(call, "reconnect", "begin"))
		return tell_all(place, call, "started");
	if (is_operation(call, "stopped", "end"))
		return tell_all(place, call, "stopped");
	return 0;
}
