/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "daemon.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/macro.h"
#include "control.h"
#include "hotplug.h"
#include "log.h"
#include "runner.h"
#include "seat.h"

#define USEC_PER_SEC 1000000u
#define LINK_TRIES   500 /* of 10 ms: for udev to make the links of all nodes */
#define LINK_NSEC    10000000
#define FAILED_MSEC  5000u /* before a start that has failed is over */

struct daemon {
	const struct daemon_options *options;
	struct loop loop;
	struct store store;
	struct seat *seat;
	struct control *control;
	struct control_options control_options;
	struct hotplug *hotplug;
	struct hotplug_sink hotplug_sink;
	struct source hotplug_source;
	struct source signals;
	struct timer timer;
	uint64_t watchdog_us; /* 0: systemd does not ask for it */
	uint64_t watchdog_at;
	uint64_t end_at;
	bool is_misconfigured;
	struct runner runner;
	char current[CONFIG_NAME_MAX + 1]; /* target, whose command was started last */
};

static const struct seat_options seat_options = {
	.device_ops = &device_kernel,
	.vnode_ops = &vnode_kernel,
};

/* ---- what happens ---- */

static int reload(void *data, struct error *err)
{
	struct daemon *daemon = data;
	CLEANUP_CONFIG struct config *config = NULL;
	int r = config_read(&config, daemon->options->config_path, err);

	if (r == 0)
		r = seat_reload(daemon->seat, config, err);
	if (r == 0) {
		(void)TAKE_PTR(config);
		log_info("the configuration was read anew");
	}
	return r;
}

/* Over a restart the devices of guests are kept, over a stop they are not. */
static void warn_of_stop(const struct seat *seat)
{
	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		if (seat->guests[i].is_used && router_is_live(seat->router, i)) {
			log_warning(
				"guest '%s' has no input until evgrab is back, and none "
				"at all if this is a stop and no restart",
				seat_name(seat, i));
		}
	}
}

static void reap(struct daemon *daemon)
{
	if (runner_reap(&daemon->runner) > 0)
		log_warning("systemd has not started the command of a switch");
}

static int on_signal(struct source *source, uint32_t events, struct error *err)
{
	struct daemon *daemon = source->data;
	struct signalfd_siginfo info;
	struct error said = { 0 };

	(void)events;
	(void)err;
	if (read(source->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	seat_wake(daemon->seat);
	if (info.ssi_signo == SIGCHLD) {
		reap(daemon);
		return 0;
	}
	if (info.ssi_signo != SIGHUP) {
		warn_of_stop(daemon->seat);
		return LOOP_QUIT;
	}
	if (reload(daemon, &said) < 0)
		log_warning("%s, the configuration stays as it was", said.msg);
	return 0;
}

static void on_added(void *data, const struct hotplug_node *node)
{
	struct daemon *daemon = data;

	devices_added(&daemon->seat->devices, node, daemon->seat->now);
}

static void on_removed(void *data, const struct hotplug_node *node)
{
	struct daemon *daemon = data;

	devices_removed(&daemon->seat->devices, node);
}

static int on_hotplug(struct source *source, uint32_t events, struct error *err)
{
	struct daemon *daemon = source->data;
	struct error said = { 0 };

	(void)events;
	(void)err;
	seat_wake(daemon->seat);
	if (hotplug_dispatch(daemon->hotplug, &said) < 0)
		log_warning("%s, what was plugged in just now may be missed", said.msg);
	return 0;
}

static int on_timer(struct source *source, uint32_t events, struct error *err)
{
	struct daemon *daemon = source->data;
	uint64_t now;

	(void)events;
	(void)err;
	timer_clear(&daemon->timer);
	seat_wake(daemon->seat);
	now = daemon->seat->now;
	if (now >= daemon->end_at)
		return LOOP_QUIT;
	if (seat_deadline(daemon->seat) <= now)
		seat_tick(daemon->seat);
	if (control_deadline(daemon->control) <= now)
		control_tick(daemon->control, now);
	if (daemon->watchdog_at <= now) {
		(void)sd_notify(0, "WATCHDOG=1");
		daemon->watchdog_at = now + daemon->watchdog_us / 2;
	}
	return 0;
}

static const char *find_command(const struct seat *seat, unsigned target)
{
	return target == ROUTER_HOST ? seat->config->command
				     : seat->guests[target].settings.command;
}

/* Somebody else has the input than when it was looked at last. */
static void run_command(struct daemon *daemon)
{
	unsigned target = router_current(daemon->seat->router);
	struct runner_order order = {
		.user = daemon->seat->config->user,
		.command = find_command(daemon->seat, target),
		.target = seat_name(daemon->seat, target),
		.from = daemon->current,
	};
	struct error err = { 0 };

	if (strcmp(daemon->current, order.target) == 0)
		return;
	if (*order.command && runner_start(&daemon->runner, &order, &err) < 0)
		log_warning("%s", err.msg);
	(void)snprintf(daemon->current, sizeof(daemon->current), "%s", order.target);
}

/* Between two waits. */
static int after(void *data, struct error *err)
{
	struct daemon *daemon = data;
	uint64_t at[4];
	uint64_t first = UINT64_MAX;

	seat_settle(daemon->seat);
	run_command(daemon);
	at[0] = seat_deadline(daemon->seat);
	at[1] = control_deadline(daemon->control);
	at[2] = daemon->watchdog_at;
	at[3] = daemon->end_at;
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		if (at[i] < first)
			first = at[i];
	}
	return timer_set(&daemon->timer, first, err);
}

/* ---- start ---- */

static int watch_signals(struct daemon *daemon, struct error *err)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_sys(err, errno, "block signals");
	daemon->signals = (struct source){
		.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
		.ready = on_signal,
		.data = daemon,
	};
	if (daemon->signals.fd < 0)
		return error_sys(err, errno, "watch signals");
	return loop_add(&daemon->loop, &daemon->signals, EPOLLIN, err);
}

static int watch_hotplug(struct daemon *daemon, struct error *err)
{
	int r;

	daemon->hotplug_sink = (struct hotplug_sink){ on_added, on_removed, daemon };
	r = hotplug_new(&daemon->hotplug, &daemon->hotplug_sink, err);
	if (r < 0)
		return r;
	daemon->hotplug_source = (struct source){
		.fd = hotplug_fd(daemon->hotplug),
		.ready = on_hotplug,
		.data = daemon,
	};
	r = loop_add(&daemon->loop, &daemon->hotplug_source, EPOLLIN, err);
	return r < 0 ? r : hotplug_enumerate(daemon->hotplug, err);
}

static int watch_time(struct daemon *daemon, struct error *err)
{
	uint64_t now = loop_now();
	int r = timer_init(&daemon->timer, err);

	if (r < 0)
		return r;
	daemon->timer.source.ready = on_timer;
	daemon->timer.source.data = daemon;
	if (sd_watchdog_enabled(0, &daemon->watchdog_us) > 0)
		daemon->watchdog_at = now;
	if (daemon->options->seconds)
		daemon->end_at = now + daemon->options->seconds * USEC_PER_SEC;
	return loop_add(&daemon->loop, &daemon->timer.source, EPOLLIN, err);
}

/* A guest that is started now has to find them. */
static void wait_for_links(struct daemon *daemon)
{
	const struct timespec pause = { .tv_nsec = LINK_NSEC };

	for (int i = 0; i < LINK_TRIES; i++) {
		if (seat_is_linked(daemon->seat))
			return;
		(void)nanosleep(&pause, NULL);
	}
	log_warning(
		"udev has not made the links of all devices of guests: guests that name "
		"them do not start");
}

static int start_seat(struct daemon *daemon, struct error *err)
{
	CLEANUP_CONFIG struct config *config = NULL;
	int r = store_init(&daemon->store, err);

	if (r == 0) {
		r = config_read(&config, daemon->options->config_path, err);
		daemon->is_misconfigured = r < 0;
	}
	if (r == 0) {
		r = seat_new(&daemon->seat, config, &daemon->loop, &daemon->store,
			     &seat_options, err);
	}
	if (r < 0)
		return r;
	(void)TAKE_PTR(config);
	wait_for_links(daemon);
	return 0;
}

/* The hook's files are beside the socket. */
static void find_running(struct daemon *daemon)
{
	const char *path = daemon->options->socket_path;
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".");
	seat_find_running(daemon->seat, dir);
}

static int start(struct daemon *daemon, struct error *err)
{
	int r = loop_init(&daemon->loop, err);

	if (r == 0)
		r = watch_signals(daemon, err);
	if (r == 0)
		r = start_seat(daemon, err);
	if (r < 0)
		return r;
	daemon->loop.after = after;
	daemon->loop.data = daemon;
	daemon->control_options = (struct control_options){
		.path = daemon->options->socket_path,
		.reload = reload,
		.data = daemon,
	};
	r = control_new(&daemon->control, &daemon->control_options, daemon->seat,
			&daemon->loop, err);
	if (r == 0)
		r = watch_time(daemon, err);
	if (r == 0)
		r = watch_hotplug(daemon, err);
	if (r < 0)
		return r;
	find_running(daemon);
	seat_resume(daemon->seat);
	/* who had it before a restart has it again: that is no switch */
	(void)snprintf(daemon->current, sizeof(daemon->current), "%s",
		       seat_name(daemon->seat, router_current(daemon->seat->router)));
	return 0;
}

static void stop(struct daemon *daemon)
{
	(void)sd_notify(0, "STOPPING=1");
	control_free(daemon->control);
	if (daemon->seat)
		seat_free(daemon->seat);
	hotplug_free(daemon->hotplug);
	timer_done(&daemon->timer);
	cleanup_close(&daemon->signals.fd);
	store_close(&daemon->store);
	loop_done(&daemon->loop);
}

/*
 * systemd starts a service again at once, and for ever. Where guests have devices in its
 * store that is as it should be, only slower: given up, they would be gone. Without any a
 * mistake in the configuration is for the user to mend.
 */
static int fail(const struct daemon *daemon, struct error *err)
{
	struct pollfd poll_fd = { .fd = daemon->signals.fd, .events = POLLIN };

	if (!getenv("NOTIFY_SOCKET"))
		return -err->code;
	if (daemon->is_misconfigured && daemon->store.n == 0)
		return -DAEMON_MISCONFIGURED;
	log_warning("%s, trying again in %u s; guests keep their devices meanwhile",
		    err->msg, FAILED_MSEC / 1000);
	(void)poll(&poll_fd, 1, FAILED_MSEC);
	return -err->code;
}

int daemon_run(const struct daemon_options *options, struct error *err)
{
	struct daemon daemon = {
		.options = options,
		.loop = LOOP_NONE,
		.store = STORE_NONE,
		.timer = TIMER_NONE,
		.signals.fd = -1,
		.watchdog_at = UINT64_MAX,
		.end_at = UINT64_MAX,
	};
	int r = start(&daemon, err);

	if (r < 0) {
		r = fail(&daemon, err);
	} else {
		store_forget_rest(&daemon.store);
		/* a page that has to be read from the disk first would be felt */
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
		(void)sd_notify(0, "READY=1");
		r = loop_run(&daemon.loop, err);
	}
	stop(&daemon);
	return r;
}
