/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * oracle FILE...: whether libvirt would define these documents.
 *
 * Asks its QEMU driver and its test driver, embedded in this one process, so that a
 * thousand documents take seconds. Prints "FILE: ok", or "FILE: <message>" for each
 * driver that refuses. Exits 1 when any did, 77 when only something not installed kept
 * one from being judged.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "child.h"
#include "embed.h"

#define EXIT_SKIPPED 77

static int read_file(struct buf *buf, const char *path, struct error *err)
{
	CLEANUP_FCLOSE FILE *f = fopen(path, "re");
	char chunk[4096];
	size_t n;

	if (!f)
		return error_sys(err, errno, "open");
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(buf, chunk, n);
	if (ferror(f))
		return error_sys(err, EIO, "read");
	return buf_check(buf, err);
}

static int status_of(int r)
{
	if (r == 0)
		return EXIT_SUCCESS;
	return r == -ENOPKG ? EXIT_SKIPPED : EXIT_FAILURE;
}

/* A failure counts more than a skip, a skip more than success. */
static int worse(int a, int b)
{
	if (a == EXIT_FAILURE || b == EXIT_FAILURE)
		return EXIT_FAILURE;
	return a > b ? a : b;
}

static int judge(struct embed *embed, const char *path)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf xml = BUF_NONE;
	struct error err = { 0 };
	int status;
	int r = read_file(&xml, path, &err);

	if (r < 0) {
		printf("%s: %s\n", path, err.msg);
		return EXIT_FAILURE;
	}

	r = embed_check(embed, buf_text(&xml), &notes, &err);
	if (r < 0)
		printf("%s: %s\n", path, err.msg);
	status = status_of(r);

	r = embed_check_test(buf_text(&xml), &err);
	if (r < 0)
		printf("%s: %s\n", path, err.msg);
	status = worse(status, status_of(r));

	if (status == EXIT_SUCCESS)
		printf("%s: ok\n", path);
	return status;
}

static int judge_all(const char *root, int n_paths, char **paths)
{
	CLEANUP_EMBED struct embed embed = EMBED_NONE;
	struct error err = { 0 };
	int status = EXIT_SUCCESS;
	int r = embed_open(&embed, root, &err);

	if (r < 0) {
		printf("%s\n", err.msg);
		return status_of(r);
	}
	for (int i = 0; i < n_paths; i++)
		status = worse(status, judge(&embed, paths[i]));
	return status;
}

int main(int argc, char **argv)
{
	char root[] = "/tmp/oracle-XXXXXX";
	int status;

	if (!mkdtemp(root)) {
		perror("oracle: create a directory in /tmp");
		return EXIT_FAILURE;
	}
	status = judge_all(root, argc - 1, argv + 1);
	child_remove_dir(root);
	return status;
}
