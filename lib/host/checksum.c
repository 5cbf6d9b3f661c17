/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/checksum.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/sysfs.h"

/* More than any expansion ROM BAR: what is larger is not meant. */
#define SIZE_MAX_MIB 64

static int add_file(struct sha256_ctx *sha, int fd, const char *path, struct error *err)
{
	uint8_t chunk[16384];
	size_t total = 0;

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "read '%s'", path);
		if (n == 0)
			return 0;
		total += (size_t)n;
		if (total > SIZE_MAX_MIB * (size_t)1048576) {
			return error_set(err, EFBIG, "'%s' is larger than %d MiB", path,
					 SIZE_MAX_MIB);
		}
		sha256_update(sha, (size_t)n, chunk);
	}
}

static void finish(char ret_text[static CHECKSUM_MAX], struct sha256_ctx *sha)
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(sha, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(ret_text + 2 * i, 3, "%02x", digest[i]);
}

void checksum_data(char ret_text[static CHECKSUM_MAX], const void *data, size_t len)
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	if (len > 0)
		sha256_update(&sha, len, data);
	finish(ret_text, &sha);
}

int checksum_file(char ret_text[static CHECKSUM_MAX], const struct root *root,
		  const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = sysfs_open(root, *path == '/' ? path + 1 : path);
	struct sha256_ctx sha;
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", path);
	sha256_init(&sha);
	r = add_file(&sha, fd, path, err);
	if (r < 0)
		return r;
	finish(ret_text, &sha);
	return 0;
}
