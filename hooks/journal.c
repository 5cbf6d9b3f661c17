/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "journal.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

/* A value with a line break goes with its length, 64 bits, the lowest byte first. */
void journal_field(struct buf *entry, const char *name, const char *value)
{
	size_t len = strlen(value);
	uint64_t size = htole64(len);

	buf_adds(entry, name);
	if (strchr(value, '\n')) {
		buf_addc(entry, '\n');
		buf_add(entry, (const char *)&size, sizeof(size));
	} else {
		buf_addc(entry, '=');
	}
	buf_add(entry, value, len);
	buf_addc(entry, '\n');
}

void journal_send(const char *path, const struct buf *entry)
{
	const struct timeval wait = { .tv_usec = JOURNAL_WAIT_MS * 1000L };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct error ignored;

	if (fd < 0 || buf_check(entry, &ignored) < 0 ||
	    strlen(path) >= sizeof(address.sun_path) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0)
		return;
	memcpy(address.sun_path, path, strlen(path) + 1);
	(void)!sendto(fd, entry->data, entry->len, MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, sizeof(address));
}
