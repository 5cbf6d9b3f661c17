/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>

#include "base/cleanup.h"

#define STATE "state"

static void free_names(char **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* A file in memory: as good as one of the disk, and gone when nobody keeps it. */
static int open_state(struct store *store, struct error *err)
{
	ssize_t n;

	store->state_fd = store_take(store, STATE);
	if (store->state_fd < 0) {
		store->state_fd = memfd_create("evgrab-state", MFD_CLOEXEC);
		if (store->state_fd < 0)
			return error_sys(err, errno, "create a file in memory");
		store_keep(STATE, store->state_fd);
		return 0;
	}
	n = pread(store->state_fd, store->state, sizeof(store->state) - 1, 0);
	store->state[n > 0 ? n : 0] = '\0';
	return 0;
}

static void store_close_rest(struct store *store)
{
	for (size_t i = 0; i < store->n; i++) {
		if (store->v[i].fd >= 0)
			(void)close(store->v[i].fd);
	}
	store->n = 0;
}

int store_init(struct store *store, struct error *err)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	if (n < 0)
		return error_sys(err, -n, "take over descriptors from systemd");
	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (store->n == STORE_MAX) {
			(void)close(fd);
			continue;
		}
		store->v[store->n].fd = fd;
		(void)snprintf(store->v[store->n++].name, STORE_NAME_MAX, "%s", names[i]);
	}
	free_names(names, n);
	return open_state(store, err);
}

void store_forget_rest(struct store *store)
{
	for (size_t i = 0; i < store->n; i++) {
		if (store->v[i].fd >= 0)
			store_forget(store->v[i].name);
	}
	store_close_rest(store);
}

void store_close(struct store *store)
{
	store_close_rest(store);
	cleanup_close(&store->state_fd);
	store->state_fd = -1;
}

int store_take(struct store *store, const char *name)
{
	for (size_t i = 0; i < store->n; i++) {
		if (store->v[i].fd >= 0 && strcmp(store->v[i].name, name) == 0)
			return take_fd(&store->v[i].fd);
	}
	return -1;
}

/*
 * FDPOLL=0: systemd would drop a descriptor that becomes readable and says it has hung
 * up. Of a failure there is nothing to be done: it is then as without a store.
 */
void store_keep(const char *name, int fd)
{
	char text[STORE_NAME_MAX + 64];

	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name);
	(void)sd_pid_notify_with_fds(0, 0, text, &fd, 1);
}

void store_forget(const char *name)
{
	(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void store_write_state(struct store *store, const char *text)
{
	size_t len = strlen(text);

	if (strcmp(store->state, text) == 0 || len >= sizeof(store->state))
		return;
	memcpy(store->state, text, len + 1);
	/* the NUL ends what may have been longer before; killed in between, it is this or
	 * that */
	(void)!pwrite(store->state_fd, store->state, len + 1, 0);
}
