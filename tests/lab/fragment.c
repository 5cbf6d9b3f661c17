/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fragments the memory of a NUMA node, so that few huge pages can be had of it:
 *
 *	fragment NODE MIB
 *
 * takes that much in single pages, gives every second one back, says "ready", and
 * holds the others until it is killed. They are buffers of pipes, which the kernel
 * cannot move; it would move anonymous memory out of the way of a huge page.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, PIPE_PAGES = 256, MPOL_BIND_MODE = 2 };

static void fail(const char *what)
{
	fprintf(stderr, "fragment: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void bind_to(unsigned long node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_set_mempolicy, MPOL_BIND_MODE, &mask, 8 * sizeof(mask)) < 0)
		fail("cannot take memory of this node only");
}

static void allow_descriptors(size_t n)
{
	struct rlimit limit = { .rlim_cur = n, .rlim_max = n };

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("cannot open as many pipes");
}

static void open_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		fail("cannot open a pipe");
	if (fcntl(fd[1], F_SETPIPE_SZ, PIPE_PAGES * PAGE) < 0)
		fail("cannot make a pipe as large");
}

/* Whether there was a page left on the node. */
static bool add_page(int fd)
{
	static const char page[PAGE];

	return write(fd, page, sizeof(page)) == (ssize_t)sizeof(page);
}

/* Fills two pipes page by page in turn, one of them to be given back. */
static bool fill(int give[2])
{
	int keep[2];
	bool has_left = true;

	open_pipe(keep);
	open_pipe(give);
	for (int i = 0; i < PIPE_PAGES && has_left; i++)
		has_left = add_page(keep[1]) && add_page(give[1]);
	return has_left;
}

/* All at the end: what is given back earlier is what the next pipe takes. */
static void take_and_give(size_t n_pairs)
{
	int(*give)[2] = calloc(n_pairs, sizeof(*give));
	size_t n = 0;

	if (!give)
		fail("cannot remember as many pipes");
	while (n < n_pairs && fill(give[n++]))
		;
	while (n-- > 0) {
		if (close(give[n][0]) < 0 || close(give[n][1]) < 0)
			fail("cannot close a pipe");
	}
	free(give);
}

int main(int argc, char **argv)
{
	unsigned long node = argc == 3 ? strtoul(argv[1], NULL, 10) : 64;
	size_t mib = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

	if (node > 63 || mib < 2) {
		fputs("usage: fragment NODE MIB\n", stderr);
		return 2;
	}
	bind_to(node);
	allow_descriptors(2 * mib + 16);
	take_and_give(mib / 2);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
