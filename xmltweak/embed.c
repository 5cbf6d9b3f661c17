/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "embed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libvirt/virterror.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native.h"
#include "virerr.h"

#define UID_NOBODY 65534

static void close_connect(virConnectPtr conn)
{
	(void)virConnectClose(conn);
}

static void free_domain(virDomainPtr dom)
{
	(void)virDomainFree(dom);
}

DEFINE_CLEANUP(virConnectPtr, close_connect);
DEFINE_CLEANUP(virDomainPtr, free_domain);

#define CLEANUP_CONNECT CLEANUP(cleanup_close_connect)
#define CLEANUP_DOMAIN  CLEANUP(cleanup_free_domain)

/* What libvirt says when something is not installed, and what is missing then. */
static const struct {
	const char *said;
	const char *packages;
} missing[] = {
	{ "unable to find any emulator", "qemu-system-x86" },
	{ "Cannot check QEMU binary", "qemu-system-x86" },
	{ "QEMU binary", "qemu-system-x86" },
	{ "TPM version", "swtpm and swtpm-tools" },
	/* Only where not even root can become another user. */
	{ "Failed to parse user", "libvirt-daemon-system" },
};

/* Reports libvirt's last error. -ENOPKG: something has to be installed first. */
static int fail(struct error *err, const char *what)
{
	const virError *e = virGetLastError();
	char said[ERROR_MSG_MAX];
	int r;

	if (e && e->code == VIR_ERR_NO_CONNECT) {
		return error_set(err, ENOPKG,
				 "libvirt (" EMBED_URI
				 "): its QEMU driver is not installed; "
				 "install libvirt-daemon-driver-qemu");
	}

	r = virerr_set(err, EMBED_URI, "%s", what);
	memcpy(said, err->msg, sizeof(said));
	for (size_t i = 0; i < ARRAY_SIZE(missing); i++) {
		if (strstr(said, missing[i].said)) {
			return error_set(err, ENOPKG, "%s; install %s", said,
					 missing[i].packages);
		}
	}
	return r;
}

/*
 * Where QEMU's capabilities are kept. An existing directory that is somebody else's, or
 * that others may write to, is not used: libvirt believes what it finds there.
 */
static bool find_cache(struct buf *dir)
{
	const char *base = getenv("XDG_CACHE_HOME");
	struct stat st;

	if (base && base[0] == '/') {
		buf_adds(dir, base);
	} else {
		base = getenv("HOME");
		if (!base || base[0] != '/')
			return false;
		buf_addf(dir, "%s/.cache", base);
	}

	(void)mkdir(buf_text(dir), 0700);
	buf_adds(dir, "/vfiokit");
	(void)mkdir(buf_text(dir), 0700);
	return !dir->failed && lstat(buf_text(dir), &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool is_empty_dir(const char *path)
{
	CLEANUP_CLOSEDIR DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return true;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			return false;
	}
	return true;
}

/*
 * Only after the driver is open, as it creates its own directories first, and would do
 * so as another user.
 */
static bool link_cache(const char *root, const char *cache)
{
	CLEANUP_BUF struct buf path = BUF_NONE;

	buf_addf(&path, "%s/cache", root);
	(void)mkdir(buf_text(&path), 0700);
	buf_adds(&path, "/qemu");
	(void)mkdir(buf_text(&path), 0700);
	buf_adds(&path, "/capabilities");
	return !path.failed && symlink(cache, buf_text(&path)) == 0;
}

/* libvirt keeps to these directories, and creates what is missing below them. */
static int set_environment(const char *root, struct error *err)
{
	static const char *const dirs[] = { "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
					    "XDG_DATA_HOME", "XDG_RUNTIME_DIR" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (setenv(dirs[i], root, 1) < 0)
			return error_sys(err, errno, "set the environment");
	}
	return 0;
}

static bool write_file(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

bool embed_leave_network(void)
{
	uid_t uid = geteuid();
	char map[64];

	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		return false;
	if (uid == 0)
		return unshare(CLONE_NEWNET) == 0;

	/* In a user namespace everybody may have a network; the user stays the same. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	return write_file("/proc/self/uid_map", map);
}

/*
 * virConnectOpen() decides by the effective user which rules hold. Its files are still
 * created as the caller's, in a directory that only the caller can enter. QEMU is run
 * later, and then as the caller, who may have access to /dev/kvm.
 */
static virConnectPtr open_as_user(const char *uri)
{
	bool is_root = geteuid() == 0;
	virConnectPtr conn;

	if (is_root && seteuid(UID_NOBODY) == 0)
		(void)setfsuid(0);
	conn = virConnectOpen(uri);
	if (is_root && seteuid(0) < 0)
		abort(); /* cannot happen: the real user is root */
	return conn;
}

int embed_open(struct embed *ret_embed, const char *root, struct error *err)
{
	CLEANUP_BUF struct buf cache = BUF_NONE;
	CLEANUP_BUF struct buf uri = BUF_NONE;
	bool has_cache = find_cache(&cache);
	int r;

	r = set_environment(root, err);
	if (r < 0)
		return r;
	buf_addf(&uri, EMBED_URI "?root=%s", root);
	r = buf_check(&uri, err);
	if (r < 0)
		return r;

	/* The driver refuses to work without an event loop, but does not wait for it. */
	virerr_quiet();
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		return fail(err, "cannot start");
	ret_embed->conn = open_as_user(buf_text(&uri));
	if (!ret_embed->conn)
		return fail(err, "cannot open the QEMU driver");

	ret_embed->root = root;
	ret_embed->is_cached = has_cache && !is_empty_dir(buf_text(&cache));
	if (has_cache)
		(void)link_cache(root, buf_text(&cache));
	return 0;
}

void embed_close(struct embed *embed)
{
	cleanup_close_connect(&embed->conn);
	*embed = EMBED_NONE;
}

/*
 * The copy of xml that this machine's QEMU can be asked about, in *ret_copy; without
 * one, xml itself serves.
 */
static int make_copy(struct embed *embed, const char *xml, bool is_argv, char **ret_copy,
		     struct notes *notes, struct error *err)
{
	unsigned int edits = is_argv ? NATIVE_ARGV : 0;
	const char *topic = is_argv ? "argv" : "check";

	if (!embed->is_cached) {
		notes_add(notes, NOTE_INFO, topic,
			  "libvirt asked QEMU what it can do, which takes a few seconds "
			  "the first time");
		embed->is_cached = true;
	}
	if (native_wants_kvm(xml)) {
		CLEANUP_FREE char *caps = virConnectGetDomainCapabilities(
			embed->conn, NULL, NULL, NULL, "kvm", 0);

		if (!caps) {
			edits |= NATIVE_NO_KVM;
			notes_add(notes, NOTE_INFO, topic,
				  "KVM cannot be used here: libvirt was asked about a "
				  "copy with type='qemu'");
		}
	}
	if (is_argv && !embed->has_taps)
		edits |= NATIVE_NO_TAPS;
	if (edits == 0)
		return 0;
	return native_copy(ret_copy, xml, edits, notes, err);
}

int embed_check(struct embed *embed, const char *xml, struct notes *notes,
		struct error *err)
{
	CLEANUP_DOMAIN virDomainPtr dom = NULL;
	CLEANUP_FREE char *copy = NULL;
	int r = make_copy(embed, xml, false, &copy, notes, err);

	if (r < 0)
		return r;
	dom = virDomainDefineXMLFlags(embed->conn, copy ? copy : xml,
				      VIR_DOMAIN_DEFINE_VALIDATE);
	if (!dom)
		return fail(err, "refuses this document");

	/* The paths in it are real ones: a real guest's files must survive this. */
	if (virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM |
						VIR_DOMAIN_UNDEFINE_KEEP_TPM) < 0)
		return fail(err, "cannot forget this document");
	return 0;
}

int embed_argv(struct embed *embed, const char *xml, struct buf *out, struct notes *notes,
	       struct error *err)
{
	CLEANUP_FREE char *copy = NULL;
	CLEANUP_FREE char *argv = NULL;
	int r = make_copy(embed, xml, true, &copy, notes, err);

	if (r < 0)
		return r;
	argv = virConnectDomainXMLToNative(embed->conn, "qemu-argv", copy ? copy : xml,
					   0);
	if (!argv)
		return fail(err, "cannot make a command line of this document");
	native_add_argv(out, argv, embed->root);
	return buf_check(out, err);
}

/* libvirt starts it as a daemon, and ends it by this pid file. */
void embed_killed(const char *root)
{
	CLEANUP_BUF struct buf pattern = BUF_NONE;
	glob_t found;

	buf_addf(&pattern, "%s/lib/qemu/qmp-*/qmp.pid", root);
	if (pattern.failed || glob(buf_text(&pattern), 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEANUP_FCLOSE FILE *f = fopen(found.gl_pathv[i], "re");
		char line[16];
		long pid = 0;

		if (f && fgets(line, sizeof(line), f))
			pid = strtol(line, NULL, 10);
		if (pid > 1)
			(void)kill((pid_t)pid, SIGKILL);
	}
	globfree(&found);
}

int embed_check_test(const char *xml, struct error *err)
{
	CLEANUP_CONNECT virConnectPtr conn = NULL;
	CLEANUP_DOMAIN virDomainPtr own = NULL;
	CLEANUP_DOMAIN virDomainPtr dom = NULL;

	virerr_quiet();
	conn = virConnectOpen(EMBED_TEST_URI);
	if (!conn)
		return virerr_set(err, EMBED_TEST_URI, "cannot connect");

	/* The driver comes with a guest that a document may share its name with. */
	own = virDomainLookupByName(conn, "test");
	if (own && virDomainDestroy(own) == 0)
		(void)virDomainUndefine(own);

	dom = virDomainDefineXMLFlags(conn, xml, VIR_DOMAIN_DEFINE_VALIDATE);
	if (!dom)
		return virerr_set(err, EMBED_TEST_URI, "refuses this document");
	(void)virDomainUndefine(dom);
	return 0;
}
