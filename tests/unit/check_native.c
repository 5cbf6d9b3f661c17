/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <string.h>

#include "native.h"
#include "suite.h"

static const struct {
	unsigned int edits;
	const char *from;
	const char *to;
	size_t n_notes;
} copies[] = {
	{ 0, "<domain type='kvm'/>", "<domain type=\"kvm\"/>", 0 },
	{ NATIVE_NO_KVM, "<domain type='kvm'><cpu mode='host-passthrough'/></domain>",
	  "<domain type=\"qemu\"><cpu mode=\"host-passthrough\"/></domain>", 0 },
	{ NATIVE_NO_KVM | NATIVE_ARGV,
	  "<domain type='kvm'><cpu mode='host-passthrough'/></domain>",
	  "<domain type=\"qemu\"><cpu mode=\"maximum\"/></domain>", 1 },
	{ NATIVE_ARGV,
	  "<domain><devices><hostdev type='pci'/><hostdev type='mdev'/></devices></domain>",
	  "<domain><devices><hostdev type=\"pci\"><driver name=\"vfio\"/></hostdev>"
	  "<hostdev type=\"mdev\"/></devices></domain>",
	  0 },
	{ NATIVE_ARGV,
	  "<domain><devices><interface type='hostdev' managed='yes'><mac address='0'/>"
	  "<source><address bus='1'/></source></interface></devices></domain>",
	  "<domain><devices><hostdev type=\"pci\" managed=\"yes\" mode=\"subsystem\">"
	  "<source><address bus=\"1\"/></source><driver name=\"vfio\"/></hostdev>"
	  "</devices></domain>",
	  0 },
	{ NATIVE_ARGV | NATIVE_NO_TAPS,
	  "<domain><devices><interface type='network'/><interface type='user'/></devices>"
	  "</domain>",
	  "<domain><devices/></domain>", 1 },
	{ NATIVE_ARGV,
	  "<domain><devices><hostdev type='usb'><source><vendor id='0xfff0'/>"
	  "<product id='0xfff1'/></source></hostdev></devices></domain>",
	  "<domain><devices/></domain>", 1 },
	{ NATIVE_ARGV,
	  "<domain><devices><hostdev type='usb'><source><address bus='1' device='2'/>"
	  "</source></hostdev></devices></domain>",
	  "<domain><devices><hostdev type=\"usb\"><source>"
	  "<address bus=\"1\" device=\"2\"/></source></hostdev></devices></domain>",
	  0 },
	{ NATIVE_ARGV,
	  "<domain><memoryBacking><hugepages><page size='1'/></hugepages></memoryBacking>"
	  "</domain>",
	  "<domain><memoryBacking><hugepages><page size=\"1\"/></hugepages>"
	  "<source type=\"memfd\"/></memoryBacking></domain>",
	  1 },
	{ NATIVE_ARGV, "<domain><memoryBacking><locked/></memoryBacking></domain>",
	  "<domain><memoryBacking><locked/></memoryBacking></domain>", 0 },
};

START_TEST(copy_has_what_libvirt_would_fill_in)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *copy = NULL;
	struct error err = { 0 };
	const char *root;

	ck_assert_int_eq(
		native_copy(&copy, copies[_i].from, copies[_i].edits, &notes, &err), 0);
	root = strstr(copy, "<domain");
	ck_assert_ptr_nonnull(root);
	copy[strlen(copy) - 1] = '\0'; /* libxml2 ends a document with a newline */
	ck_assert_str_eq(root, copies[_i].to);
	ck_assert_uint_eq(notes.n, copies[_i].n_notes);
}
END_TEST

START_TEST(what_is_no_xml_is_left_to_libvirt)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };
	char *copy = NULL;

	ck_assert_int_eq(native_copy(&copy, "<domain>", NATIVE_ARGV, &notes, &err), 0);
	ck_assert_ptr_null(copy);
	ck_assert(!native_wants_kvm("<domain type='kvm'>"));
}
END_TEST

static const struct {
	const char *from;
	const char *to;
} lines[] = {
	{ "A=1 HOME=/tmp/r B='b b' XDG_X=/ /usr/bin/qemu -name guest=a,x=on -S -m 1\n",
	  "A=1 \\\nB='b b' \\\n/usr/bin/qemu \\\n-name guest=a,x=on \\\n"
	  "-S \\\n-m 1\n" },
	{ "/q -object '{\"file\":\"/tmp/r/lib/qemu/a b\"}' -d -1\n",
	  "/q \\\n-object '{\"file\":\"/var/lib/libvirt/qemu/a b\"}' \\\n-d \\\n-1\n" },
	{ "/q -name 'it'\\''s -a' -x /tmp/r/run/s",
	  "/q \\\n-name 'it'\\''s -a' \\\n-x /run/libvirt/s\n" },
};

START_TEST(argv_is_one_option_a_line_with_the_paths_of_the_system)
{
	CLEANUP_BUF struct buf out = BUF_NONE;

	native_add_argv(&out, lines[_i].from, "/tmp/r");
	ck_assert_str_eq(buf_text(&out), lines[_i].to);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("native");
	TCase *tc = tcase_create("copy");

	tcase_add_loop_test(tc, copy_has_what_libvirt_would_fill_in, 0,
			    ARRAY_SIZE(copies));
	tcase_add_test(tc, what_is_no_xml_is_left_to_libvirt);
	tcase_add_loop_test(tc, argv_is_one_option_a_line_with_the_paths_of_the_system, 0,
			    ARRAY_SIZE(lines));
	suite_add_tcase(s, tc);
	return s;
}
