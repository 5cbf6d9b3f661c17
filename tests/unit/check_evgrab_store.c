/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "faketree.h"
#include "store.h"
#include "suite.h"

static struct faketree tree;
static struct store store;
static struct error err;
static int manager; /* the end at which systemd listens */

static void setup(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	err = (struct error){ 0 };
	store = STORE_NONE;
	faketree_setup(&tree);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", tree.dir);
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", address.sun_path, 1), 0);
}

static void teardown(void)
{
	store_close(&store);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)close(manager);
	faketree_teardown(&tree);
}

/* What systemd is told next, and the descriptor that comes with it; -1: none does. */
static int hear(char *text, size_t size)
{
	char space[CMSG_SPACE(4 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { .iov_base = text, .iov_len = size - 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = space,
				  .msg_controllen = sizeof(space) };
	ssize_t n = recvmsg(manager, &message, MSG_CMSG_CLOEXEC);
	int fd = -1;

	text[n > 0 ? n : 0] = '\0';
	for (struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL; c;
	     c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	return fd;
}

static ino_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

START_TEST(what_is_kept_is_given_to_systemd_by_name)
{
	int fd = memfd_create("a", MFD_CLOEXEC);
	char text[256];
	int heard;

	store_keep("win11.keyboard", fd);
	heard = hear(text, sizeof(text));
	ck_assert_str_eq(text, "FDSTORE=1\nFDPOLL=0\nFDNAME=win11.keyboard");
	ck_assert_uint_eq(inode_of(heard), inode_of(fd));
	store_forget("win11.keyboard");
	ck_assert_int_eq(hear(text, sizeof(text)), -1);
	ck_assert_str_eq(text, "FDSTOREREMOVE=1\nFDNAME=win11.keyboard");
	(void)close(heard);
	(void)close(fd);
}
END_TEST

START_TEST(the_state_is_kept_and_written_when_it_is_another)
{
	char text[256];
	int heard;

	ck_assert_int_eq(store_init(&store, &err), 0);
	ck_assert_str_eq(store.state, "");
	heard = hear(text, sizeof(text));
	ck_assert_str_eq(text, "FDSTORE=1\nFDPOLL=0\nFDNAME=state");
	store_write_state(&store, "current win11\nlive win11\n");
	store_write_state(&store, "current host\n");
	ck_assert_int_eq(pread(heard, text, sizeof(text), 0),
			 (ssize_t)strlen("current win11\nlive win11\n") + 1);
	ck_assert_str_eq(text, "current host\n");
	(void)close(heard);
}
END_TEST

/* As systemd starts a daemon: descriptors from 3 on, in any order. */
static void take_over(void)
{
	int state = memfd_create("state", 0), node = memfd_create("node", 0);
	int other = memfd_create("other", 0);
	char pid[16], text[256];
	ino_t want = inode_of(node);
	int fd;

	ck_assert_int_eq(write(state, "current win11\n", 15), 15);
	/* out of the way first: they may be where they are to come */
	ck_assert_int_eq(dup2(node, 200), 200);
	ck_assert_int_eq(dup2(state, 201), 201);
	ck_assert_int_eq(dup2(other, 202), 202);
	ck_assert_int_eq(dup2(202, 3), 3);
	ck_assert_int_eq(dup2(201, 4), 4);
	ck_assert_int_eq(dup2(200, 5), 5);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "3", 1);
	(void)setenv("LISTEN_FDNAMES", "gone.mouse:state:win11.keyboard", 1);

	ck_assert_int_eq(store_init(&store, &err), 0);
	ck_assert_str_eq(store.state, "current win11\n");
	ck_assert_int_eq(store_take(&store, "linux.keyboard"), -1);
	fd = store_take(&store, "win11.keyboard");
	ck_assert_int_eq(fd, 5);
	ck_assert_uint_eq(inode_of(fd), want);
	ck_assert_int_eq(store_take(&store, "win11.keyboard"), -1);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	store_forget_rest(&store);
	ck_assert_int_eq(hear(text, sizeof(text)), -1);
	ck_assert_str_eq(text, "FDSTOREREMOVE=1\nFDNAME=gone.mouse");
	ck_assert_int_eq(hear(text, sizeof(text)), -1);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(fcntl(3, F_GETFD), -1);
}

START_TEST(what_was_kept_comes_back_by_name)
{
	/* the descriptor at which systemd listens must not be one of the first */
	int high = fcntl(manager, F_DUPFD_CLOEXEC, 300);

	ck_assert_int_ge(high, 300);
	(void)close(manager);
	manager = high;
	take_over();
}
END_TEST

START_TEST(without_systemd_nothing_is_kept_and_nothing_fails)
{
	(void)unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(store_init(&store, &err), 0);
	ck_assert_str_eq(store.state, "");
	store_write_state(&store, "current host\n");
	ck_assert_str_eq(store.state, "current host\n");
	store_forget_rest(&store);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_store");
	TCase *tc = tcase_create("store");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_is_kept_is_given_to_systemd_by_name);
	tcase_add_test(tc, the_state_is_kept_and_written_when_it_is_another);
	tcase_add_test(tc, what_was_kept_comes_back_by_name);
	tcase_add_test(tc, without_systemd_nothing_is_kept_and_nothing_fails);
	suite_add_tcase(s, tc);
	return s;
}
