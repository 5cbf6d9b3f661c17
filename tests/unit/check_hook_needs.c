/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/guest_ns.h"
#include "needs.h"
#include "suite.h"

#define UUID "11111111-2222-3333-4444-55555555aaBB"
#define HOSTDEV(managed, bus, more)                                                    \
	"<hostdev mode='subsystem' type='pci' managed='" managed "'><source><address " \
	"domain='0x0000' bus='0x" bus "' slot='0x00' function='0x0'/></source>" more   \
	"</hostdev>"

static struct needs needs;

static void setup(void)
{
	needs = NEEDS_NONE;
}

static void teardown(void)
{
	needs_done(&needs);
}

static int read_text(const char *xml, struct error *err)
{
	return needs_read(&needs, xml, strlen(xml), err);
}

/* A domain with this in its guest element, and these devices. */
static int read_parts(const char *guest, const char *devices, struct error *err)
{
	char xml[4096];

	ck_assert_int_lt(snprintf(xml, sizeof(xml),
				  "<domain type='kvm'><name>win</name><uuid>" UUID
				  "</uuid><metadata><v:guest xmlns:v='" GUEST_NS
				  "'>%s</v:guest></metadata><devices>%s</devices>"
				  "</domain>",
				  guest, devices),
			 (int)sizeof(xml));
	return read_text(xml, err);
}

static void read_guest(const char *guest, const char *devices)
{
	struct error err = { 0 };

	ck_assert_msg(read_parts(guest, devices, &err) == 0, "%s", err.msg);
}

/* --- what is read --- */

START_TEST(a_guest_that_has_no_element_is_not_ours)
{
	struct error err = { 0 };

	ck_assert_int_eq(
		read_text("<domain><name>a</name><uuid>" UUID "</uuid>"
			  "<metadata><x:guest xmlns:x='urn:x'/></metadata>"
			  "<devices>" HOSTDEV("no", "01", "") "</devices></domain>",
			  &err),
		0);
	ck_assert(!needs.is_ours);
	ck_assert_str_eq(needs.name, "a");
	ck_assert_str_eq(needs.uuid, "11111111-2222-3333-4444-55555555aabb");
	ck_assert_uint_eq(needs.n_devices, 0);
}
END_TEST

START_TEST(all_words_are_read)
{
	read_guest("<!-- first --><v:device address='0000:02:00.0' id='10DE:1b80' "
		   "subsystem='1458:3702' boot-gpu='yes'/>"
		   "<v:device address='0000:01:00.0'/>"
		   "<v:rom address='0000:02:00.0' sha256='"
		   "536420c2118147215f2a017569e02d3a60d9479219416fe37e4ae3b6a26185e8'/>"
		   "<v:stop unit='gdm.service'/><v:stop unit='a@b\\x2d.service'/>"
		   "<v:cores isolate='yes' irq='no' governor='performance'/>"
		   "<v:shmem name='looking-glass' user='anna'/><v:sleep/>",
		   HOSTDEV("no", "02", "<rom file='/x.rom'/>"));
	ck_assert(needs.is_ours && needs.isolate && !needs.irq && needs.sleep);
	ck_assert_uint_eq(needs.n_devices, 2);
	ck_assert_str_eq(needs.devices[0].address, "0000:01:00.0");
	ck_assert_str_eq(needs.devices[0].id, "");
	ck_assert(needs.devices[0].is_listed && !needs.devices[0].is_hostdev);
	ck_assert_str_eq(needs.devices[1].id, "10de:1b80");
	ck_assert_str_eq(needs.devices[1].subsystem, "1458:3702");
	ck_assert(needs.devices[1].allows_boot_gpu && needs.devices[1].is_hostdev);
	ck_assert_str_eq(needs.devices[1].rom, "/x.rom");
	ck_assert_str_eq(
		needs.devices[1].sha256,
		"536420c2118147215f2a017569e02d3a60d9479219416fe37e4ae3b6a26185e8");
	ck_assert_uint_eq(needs.n_stop, 2);
	ck_assert_str_eq(needs.stop[1], "a@b\\x2d.service");
	ck_assert_str_eq(needs.governor, "performance");
	ck_assert_str_eq(needs.shmem, "looking-glass");
	ck_assert_str_eq(needs.shmem_user, "anna");
}
END_TEST

START_TEST(an_empty_element_is_enough)
{
	read_guest("", HOSTDEV("no", "03", "") HOSTDEV("yes", "01", "")
			       HOSTDEV("no", "02", ""));
	ck_assert(needs.is_ours && !needs.isolate && !needs.irq && !needs.sleep);
	ck_assert_ptr_null(needs.governor);
	ck_assert_ptr_null(needs.shmem);
	ck_assert_uint_eq(needs.n_devices, 2); /* what libvirt manages is libvirt's */
	ck_assert_str_eq(needs.devices[0].address, "0000:02:00.0");
	ck_assert_str_eq(needs.devices[1].address, "0000:03:00.0");
	ck_assert(!needs.devices[0].is_listed && needs.devices[0].is_hostdev);
}
END_TEST

START_TEST(an_interface_may_be_a_device)
{
	read_guest("", "<interface type='hostdev' managed='no'><source>"
		       "<address type='pci' domain='0' bus='5' slot='0x10' "
		       "function='2'/></source></interface>"
		       "<hostdev mode='subsystem' type='usb'><source>"
		       "<address bus='1' device='2'/></source></hostdev>");
	ck_assert_uint_eq(needs.n_devices, 1);
	ck_assert_str_eq(needs.devices[0].address, "0000:05:10.2");
}
END_TEST

/* libvirt's default is managed='no' where the attribute is missing. */
START_TEST(without_managed_the_hook_hands_it_over)
{
	read_guest("<v:device address='0000:01:00.0'/>",
		   "<hostdev mode='subsystem' type='pci'><source><address domain='0' "
		   "bus='1' slot='0' function='0'/></source></hostdev>");
	ck_assert(needs.devices[0].is_hostdev);
}
END_TEST

/* --- what is refused --- */

#define IN_GUEST " of the guest element in <metadata> "

static const struct {
	const char *guest;
	const char *message;
} refused[] = {
	{ "<v:gpu/>",
	  "this version does not know <gpu> in the guest element in <metadata>" },
	{ "<device/>",
	  "this version does not know <device> in the guest element in <metadata>" },
	{ "<x:device xmlns:x='urn:x' address='0000:01:00.0'/>",
	  "this version does not know <device> in the guest element in <metadata>" },
	{ "<v:device address='0000:01:00.0' rev='1'/>",
	  "this version does not know the attribute 'rev' of <device> of the guest element "
	  "in <metadata>" },
	{ "<v:device xmlns:x='urn:x' x:address='0000:01:00.0'/>",
	  "this version does not know the attribute 'address' of <device> of the guest "
	  "element in <metadata>" },
	{ "<v:sleep why='x'/>",
	  "this version does not know the attribute 'why' of <sleep> "
	  "of the guest element in <metadata>" },
	{ "<v:device/>", "<device>" IN_GUEST "has no address" },
	{ "<v:device address='gpu'/>", "address='gpu' of <device>" IN_GUEST
				       "is not a PCI address such as 0000:01:00.0" },
	{ "<v:device address='0000:01:00.0/../../x'/>",
	  "address='0000:01:00.0/../../x' of <device>" IN_GUEST
	  "is not a PCI address such as 0000:01:00.0" },
	{ "<v:device address='0000:01:00.0'/><v:device address='01:00.0'/>",
	  "the guest element in <metadata> names 0000:01:00.0 twice" },
	{ "<v:device address='0000:01:00.0' id='10de1b80'/>",
	  "id='10de1b80' of <device>" IN_GUEST "is not of the form 10de:1b80" },
	{ "<v:device address='0000:01:00.0' id='10de:1b8'/>",
	  "id='10de:1b8' of <device>" IN_GUEST "is not of the form 10de:1b80" },
	{ "<v:device address='0000:01:00.0' subsystem='xxxx:1b80'/>",
	  "subsystem='xxxx:1b80' of <device>" IN_GUEST "is not of the form 10de:1b80" },
	{ "<v:device address='0000:01:00.0' boot-gpu='true'/>",
	  "boot-gpu='true' of <device>" IN_GUEST "is not yes or no" },
	{ "<v:rom address='0000:01:00.0' sha256='abc'/>",
	  "sha256='abc' of <rom>" IN_GUEST "is not of 64 hexadecimal digits" },
	{ "<v:rom/>", "<rom>" IN_GUEST "has no address" },
	{ "<v:stop/>", "<stop>" IN_GUEST "has no unit" },
	{ "<v:stop unit=''/>",
	  "unit='' of <stop>" IN_GUEST "is not the name of a unit such as gdm.service" },
	{ "<v:stop unit='gdm'/>", "unit='gdm' of <stop>" IN_GUEST
				  "is not the name of a unit such as gdm.service" },
	{ "<v:stop unit='../a.service'/>",
	  "unit='../a.service' of <stop>" IN_GUEST
	  "is not the name of a unit such as gdm.service" },
	{ "<v:stop unit='--now.service'/>",
	  "unit='--now.service' of <stop>" IN_GUEST "is not the name of a unit such as "
	  "gdm.service" },
	{ "<v:stop unit='a b.service'/>",
	  "unit='a b.service' of <stop>" IN_GUEST
	  "is not the name of a unit such as gdm.service" },
	{ "<v:cores isolate='1'/>",
	  "isolate='1' of <cores>" IN_GUEST "is not yes or no" },
	{ "<v:cores irq=''/>", "irq='' of <cores>" IN_GUEST "is not yes or no" },
	{ "<v:cores governor='Fast'/>",
	  "governor='Fast' of <cores>" IN_GUEST
	  "is not the name of a governor such as performance" },
	{ "<v:cores governor='../../x'/>",
	  "governor='../../x' of <cores>" IN_GUEST
	  "is not the name of a governor such as performance" },
	{ "<v:cores/><v:cores/>", "the guest element in <metadata> has <cores> twice" },
	{ "<v:shmem user='anna'/>", "<shmem>" IN_GUEST "has no name" },
	{ "<v:shmem name='lg'/>", "<shmem>" IN_GUEST "has no user" },
	{ "<v:shmem name='a/b' user='anna'/>",
	  "name='a/b' of <shmem>" IN_GUEST "is not the name of a file in /dev/shm" },
	{ "<v:shmem name='..' user='anna'/>",
	  "name='..' of <shmem>" IN_GUEST "is not the name of a file in /dev/shm" },
	{ "<v:shmem name='lg' user=''/>",
	  "user='' of <shmem>" IN_GUEST "is not the name of a user" },
	{ "<v:sleep/><v:sleep/>", "the guest element in <metadata> has <sleep> twice" },
};

START_TEST(a_word_that_is_not_understood_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(read_parts(refused[_i].guest, "", &err), -EINVAL);
	ck_assert_str_eq(err.msg, refused[_i].message);
	ck_assert(!needs.is_ours && needs.n_devices == 0); /* nothing half read */
}
END_TEST

START_TEST(an_attribute_of_the_element_itself_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(read_text("<domain><name>a</name><uuid>" UUID "</uuid><metadata>"
				   "<guest xmlns='" GUEST_NS "' version='2'/></metadata>"
				   "</domain>",
				   &err),
			 -EINVAL);
	ck_assert_str_eq(err.msg, "this version does not know the attribute 'version' of "
				  "the guest element in <metadata>");
}
END_TEST

START_TEST(a_device_that_libvirt_manages_is_refused_when_it_is_named)
{
	struct error err = { 0 };

	ck_assert_int_eq(read_parts("<v:device address='0000:01:00.0'/>",
				    HOSTDEV("yes", "01", ""), &err),
			 -EINVAL);
	ck_assert_str_eq(
		err.msg,
		"libvirt manages 0000:01:00.0 itself (managed='yes'), which the "
		"hook cannot share; run: xmltweak --domain 'win' --hook --define");
}
END_TEST

static const struct {
	const char *xml;
	const char *message;
} broken[] = {
	{ "<domain><uuid>" UUID "</uuid></domain>", "the domain has no <name>" },
	{ "<domain><name/><uuid>" UUID "</uuid></domain>", "the domain has no <name>" },
	{ "<domain><name>a</name><uuid>1234</uuid></domain>",
	  "the domain has no valid <uuid>" },
	{ "<domain><name>a</name><uuid>../../../../etc/cron.d/aaaaaaaaaaaaa</uuid>"
	  "</domain>",
	  "the domain has no valid <uuid>" },
	{ "<domain><name>a</name><uuid>11111111-2222-3333-4444x555555555555</uuid>"
	  "</domain>",
	  "the domain has no valid <uuid>" },
};

START_TEST(a_domain_without_an_identity_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_eq(read_text(broken[_i].xml, &err), -EINVAL);
	ck_assert_str_eq(err.msg, broken[_i].message);
}
END_TEST

static const char *const no_xml[] = {
	"",
	" ",
	"rubbish",
	"<domain",
	"<domain><name>a</domain>",
	"<a/><b/>",
	"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///x'>]><domain><name>&x;</name></domain>",
};

START_TEST(what_is_no_xml_is_refused)
{
	struct error err = { 0 };

	ck_assert_int_lt(read_text(no_xml[_i], &err), 0);
	ck_assert_msg(strncmp(err.msg, "standard input", 14) == 0, "%s", err.msg);
	ck_assert_msg(!strchr(err.msg, '\n'), "%s", err.msg);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_needs");
	TCase *tc = tcase_create("needs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_guest_that_has_no_element_is_not_ours);
	tcase_add_test(tc, all_words_are_read);
	tcase_add_test(tc, an_empty_element_is_enough);
	tcase_add_test(tc, an_interface_may_be_a_device);
	tcase_add_test(tc, without_managed_the_hook_hands_it_over);
	tcase_add_loop_test(tc, a_word_that_is_not_understood_is_refused, 0,
			    ARRAY_SIZE(refused));
	tcase_add_test(tc, an_attribute_of_the_element_itself_is_refused);
	tcase_add_test(tc, a_device_that_libvirt_manages_is_refused_when_it_is_named);
	tcase_add_loop_test(tc, a_domain_without_an_identity_is_refused, 0,
			    ARRAY_SIZE(broken));
	tcase_add_loop_test(tc, what_is_no_xml_is_refused, 0, ARRAY_SIZE(no_xml));
	suite_add_tcase(s, tc);
	return s;
}
