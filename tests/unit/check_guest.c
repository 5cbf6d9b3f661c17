/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "base/file.h"
#include "guestfixture.h"

#define QEMU         "<domain xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
#define DOMAIN       "<domain>\n"
#define Q35          "<os><type machine='q35'/></os>"
#define DEVICES      "<domain>" Q35 "<devices>\n"
#define END          "</domain>"
#define DEND         "</devices></domain>"
#define KBD          "/dev/input/by-id/kbd"
#define EVDEV(p)     "<input type='evdev'><source dev='" p "'/></input>\n"
#define ARG(v)       "<q:arg value='" v "'/>\n"
#define PCI(b, s, f) "<address type='pci' bus='" b "' slot='" s "' function='" f "'/>"
#define HOSTDEV(address, rest)                                           \
	"<hostdev mode='subsystem' type='pci'><source><address " address \
	"/></source>" rest "</hostdev>\n"
#define SHMEM(name, size) "<shmem name='" name "'>" size "</shmem>\n"
#define OVERRIDE(alias)   "<q:override><q:device alias='" alias "'/></q:override>\n"

static const struct rule rules[] = {
	/* input devices */
	{ DEVICES EVDEV(KBD) EVDEV("/dev/input/by-id/mouse") DEND, "" },
	{ DEVICES EVDEV(KBD) "<input type='keyboard' bus='usb'/>\n" EVDEV(KBD) DEND,
	  "4: the input device '" KBD "' is given to the guest twice: remove one of the "
	  "two" },
	{ DEVICES EVDEV(KBD) EVDEV("/dev//input/by-id///kbd") EVDEV(KBD) DEND,
	  "3: the input device '" KBD "' is given to the guest twice: remove one of the "
	  "two\n"
	  "4: the input device '" KBD "' is given to the guest twice: remove one of the "
	  "two" },
	{ QEMU "<devices>" EVDEV(KBD) "</devices><q:commandline>\n" ARG("-object") ARG(
		  "input-linux,id=k,evdev=" KBD ",grab_all=on") "</q:commandline>" END,
	  "5: the input device '" KBD "' is given to the guest twice: remove one of the "
	  "two" },
	{ QEMU "<devices>" EVDEV("/dev/a,b") "</devices><q:commandline>\n" ARG("-object")
		  ARG("qom-type=input-linux,evdev=/dev/a,,b,id=k") "</q:commandline>" END,
	  "5: the input device '/dev/a,b' is given to the guest twice: remove one of the "
	  "two" },
	{ QEMU "<devices>" EVDEV(KBD) "</devices><q:commandline>\n" ARG("-object")
		  ARG("{&quot;qom-type&quot;: &quot;input-linux&quot;, "
		      "&quot;evdev&quot; : &quot;" KBD "&quot;}") "</q:commandline>" END,
	  "5: the input device '" KBD "' is given to the guest twice: remove one of the "
	  "two" },
	{ QEMU "<devices>" EVDEV(KBD) "</devices><q:commandline>\n" ARG("-object")
		  ARG("input-linux,id=k,evdev=/dev/input/event7") ARG("-object")
			  ARG("secret,id=s,evdev=" KBD) ARG("-name")
				  ARG("input-linux,evdev=" KBD) "</q:commandline>" END,
	  "" },

	/* shared memory */
	{ DEVICES SHMEM("a", "<size unit='M'>64</size>")
		  SHMEM("b", "<size>1048576</size>")
			  SHMEM("c", "<size unit='GiB'>8</size>") SHMEM("d", "") DEND,
	  "" },
	{ DEVICES SHMEM("a", "<size unit='M'>64</size>")
		  SHMEM("a", "<size unit='M'>32</size>") DEND,
	  "3: the guest has the shared memory 'a' twice: remove one of the two, or give it "
	  "another name" },
	{ DEVICES SHMEM("a", "<size unit='M'>48</size>") DEND,
	  "2: the shared memory 'a' has 48 MiB, but the guest only starts with a power of "
	  "two from 1 MiB: make it 64 MiB" },
	{ DEVICES SHMEM("a", "<size unit='MB'>64</size>") DEND,
	  "2: the shared memory 'a' has 62500 KiB, but the guest only starts with a power "
	  "of two from 1 MiB: make it 64 MiB" },
	{ DEVICES SHMEM("a", "<size>64</size>") DEND,
	  "2: the shared memory 'a' has 64 bytes, but the guest only starts with a power of "
	  "two from 1 MiB: make it 1 MiB" },
	{ DEVICES SHMEM("a", "<size unit='KiB'>512</size>") DEND,
	  "2: the shared memory 'a' has 512 KiB, but the guest only starts with a power of "
	  "two from 1 MiB: make it 1 MiB" },

	/* aliases and overrides */
	{ DEVICES "<video><alias name='ua-gpu_1.a'/></video>\n"
		  "<controller type='pci'><alias name='pci.7'/></controller>"
		  "<controller type='usb'><alias name='usb'/></controller>"
		  "<disk><alias name='sata0-0-1'/></disk>" DEND,
	  "" },
	{ DEVICES HOSTDEV("bus='1'", "\n<alias name='gpu'/>") DEND,
	  "3: the alias 'gpu' of <hostdev> does not begin with 'ua-', and so libvirt drops "
	  "it: call it 'ua-gpu'" },
	{ DEVICES "<shmem><alias name='hostdev0'/></shmem>" DEND,
	  "2: the alias 'hostdev0' of <shmem> does not begin with 'ua-', and so libvirt "
	  "drops it: call it 'ua-hostdev0'" },
	{ DEVICES "<shmem><alias name='ua-my gpu'/></shmem>" DEND,
	  "2: the alias 'ua-my gpu' of <shmem> has other characters than letters, digits, "
	  "'_', '.' and '-', and so libvirt drops it: leave them out" },
	{ DEVICES "<rng><alias name='ua-a'/></rng>\n<tpm><alias name='ua-a'/></tpm>" DEND,
	  "3: two devices have the alias 'ua-a': give one of them another" },
	{ QEMU "<devices>" HOSTDEV("bus='1'", "<alias name='ua-gpu'/>") "</devices>\n" //
	  OVERRIDE("ua-gpu") END,
	  "" },
	{ QEMU "<devices>" HOSTDEV("bus='1'", "") "</devices>\n" OVERRIDE("hostdev0") END,
	  "" },
	{ QEMU "<devices>" HOSTDEV("bus='1'", "") "</devices>\n" OVERRIDE("ua-gpu") END,
	  "4: the override is for the alias 'ua-gpu', which no device has: give the device "
	  "that alias, or remove the override" },
	{ QEMU "<devices/>\n" OVERRIDE("hostdev0") END,
	  "3: the override is for the alias 'hostdev0', which no device has: give the device "
	  "that alias, or remove the override" },
	{ QEMU "<devices>" HOSTDEV("bus='1'", "") "</devices>\n" OVERRIDE("hostdevX") END,
	  "4: the override is for the alias 'hostdevX', which no device has: give the device "
	  "that alias, or remove the override" },

	/* QEMU's own words */
	{ QEMU "<q:commandline>" ARG("-s") "<q:env name='A'/></q:commandline>" END, "" },
	{ QEMU "<devices>\n<q:commandline>" ARG("-s") "</q:commandline></devices>" END,
	  "3: <qemu:commandline> stands in <devices>, where libvirt drops it: move it into "
	  "<domain> itself" },
	{ QEMU "<os>\n" OVERRIDE("ua-x") "</os>" END,
	  "3: <qemu:override> stands in <os>, where libvirt drops it: move it into <domain> "
	  "itself" },
	{ QEMU ARG("-s") END, "2: <qemu:arg> stands in <domain>, where libvirt drops it: "
			      "move it into <qemu:commandline>" },
	{ QEMU "<q:commandline/>\n<q:commandline/>" END,
	  "3: <qemu:commandline> stands more than once in <domain>, and libvirt knows only "
	  "one: put all into the first" },
	{ QEMU "<metadata><a><q:commandline/></a></metadata>" END, "" },
	{ "<domain><devices><commandline xmlns='urn:x'/></devices></domain>", "" },

	/* what stands twice */
	{ DOMAIN "<features><acpi/></features>\n<features><apic/></features>" END,
	  "3: <features> stands more than once in <domain>, and libvirt knows only one: put "
	  "all into the first" },
	{ DOMAIN "<metadata/>\n<cpu/>\n<cpu/>\n<metadata/>\n<cputune/>\n<cputune/>" END,
	  "4: <cpu> stands more than once in <domain>, and libvirt knows only one: put all "
	  "into the first\n"
	  "5: <metadata> stands more than once in <domain>, and libvirt knows only one: put "
	  "all into the first\n"
	  "7: <cputune> stands more than once in <domain>, and libvirt knows only one: put "
	  "all into the first" },
	{ DEVICES "<memballoon model='none'/>\n<memballoon model='virtio'/>" DEND,
	  "3: <memballoon> stands more than once in <devices>, and libvirt knows only one: "
	  "put all into the first" },
	{ DOMAIN "<features><hyperv/>\n<hyperv/></features>" END,
	  "3: <hyperv> stands more than once in <features>, and libvirt knows only one: put "
	  "all into the first" },
	{ DOMAIN "<cpu><topology sockets='1'/>\n<topology sockets='1'/></cpu>" END,
	  "3: <topology> stands more than once in <cpu>, and libvirt knows only one: put all "
	  "into the first" },
	{ DOMAIN
	  "<cputune><emulatorpin cpuset='0'/>\n<emulatorpin cpuset='1'/></cputune>" END,
	  "3: <emulatorpin> stands more than once in <cputune>, and libvirt knows only one: "
	  "put all into the first" },
	{ DOMAIN "<seclabel/><seclabel/><sysinfo/><sysinfo/>" END, "" },

	/* devices of the host */
	{ DEVICES HOSTDEV("bus='0x01'", "") HOSTDEV("bus='1' function='1'", "") DEND,
	  "" },
	{ DEVICES HOSTDEV("domain='0' bus='0x0a' slot='0x00' function='0x0'", "")
		  HOSTDEV("bus='10' slot='0'", "") DEND,
	  "3: the host's PCI device 0000:0a:00.0 is given to the guest twice: remove one of "
	  "the two" },
	{ DEVICES HOSTDEV("bus='10'",
			  "") "<interface type='hostdev'><source><address "
			      "type='pci' bus='10'/></source></interface>" DEND,
	  "3: the host's PCI device 0000:0a:00.0 is given to the guest twice: remove one of "
	  "the two" },
	{ DEVICES
	  "<hostdev type='usb'><source><vendor id='0x046d'/><product id='0xC52B'/>"
	  "</source></hostdev>\n"
	  "<hostdev type='usb'><source><vendor id='1133'/><product id='0xc52b'/>"
	  "</source></hostdev>" DEND,
	  "3: the host's USB device 046d:c52b is given to the guest twice: remove one of the "
	  "two" },
	{ DEVICES "<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/>"
		  "<address bus='1' device='2'/></source></hostdev>\n"
		  "<hostdev type='usb'><source><vendor id='0x1'/><product id='0x2'/>"
		  "<address bus='1' device='3'/></source></hostdev>" DEND,
	  "" },
	{ DEVICES "<hostdev type='usb'><source><address bus='1' device='3'/></source>"
		  "</hostdev>\n<hostdev type='usb'><source><address bus='1' device='3'/>"
		  "</source></hostdev>" DEND,
	  "3: the host's USB device 3 on bus 1 is given to the guest twice: remove one of "
	  "the two" },
	{ DEVICES "<hostdev type='mdev'><source><address uuid='"
		  "4b20d080-1b54-4048-85b3-a6a62d165c01'/></source></hostdev>\n"
		  "<hostdev type='mdev'><source><address uuid='"
		  "4B20D080-1B54-4048-85B3-A6A62D165C01'/></source></hostdev>" DEND,
	  "3: the host's mediated device 4b20d080-1b54-4048-85b3-a6a62d165c01 is given to "
	  "the guest twice: remove one of the two" },

	/* ROMs */
	{ DEVICES HOSTDEV("bus='1'", "<rom enabled='no'/>")
		  HOSTDEV("bus='2'", "<rom bar='on' file='/no/such.rom'/>") DEND,
	  "" },
	{ DEVICES HOSTDEV("bus='1'", "<rom file=''/>") DEND, "" },
	{ DEVICES HOSTDEV("bus='1'", "<rom enabled='no' bar='off'/>") DEND,
	  "2: the ROM of <hostdev> is disabled, but has 'bar' as well: remove one of the "
	  "two" },
	{ DEVICES HOSTDEV("bus='1'", "<rom enabled='no' file='/x.rom'/>") DEND,
	  "2: the ROM of <hostdev> is disabled, but has 'file' as well: remove one of the "
	  "two" },
	{ DEVICES HOSTDEV("bus='1'", "<rom file='x.rom'/>") DEND,
	  "2: the ROM file 'x.rom' is no absolute path: write the whole path" },

	/* boot order */
	{ "<domain><os><boot dev='hd'/></os><devices><disk/></devices></domain>", "" },
	{ DEVICES
	  "<disk><boot order='1'/></disk><interface><boot order='2'/></interface>" DEND,
	  "" },
	{ DOMAIN "<os>\n<boot dev='hd'/></os><devices><disk><boot order='1'/></disk>"
		 "<disk><boot order='2'/></disk></devices>" END,
	  "3: the guest has <boot dev=...> in <os> and <boot order=...> in devices, which "
	  "exclude each other: remove <boot> from <os>" },
	{ DEVICES
	  "<disk><boot order='1'/></disk>\n<hostdev><boot order='1'/></hostdev>" DEND,
	  "3: two devices have the boot order 1: give one of them another" },

	/* addresses in the guest */
	{ DEVICES "<video>" PCI("0x05", "0", "0") "</video><rng>" PCI(
		  "5", "0",
		  "0x1") "</rng>"
			 "<sound><address type='pci'/></sound><tpm><address type='pci'/></tpm>" DEND,
	  "" },
	{ DEVICES "<video>" PCI("0x0a", "0", "0") "</video>\n<rng>" PCI(
		  "10", "0x00", "0x0") "</rng>" DEND,
	  "3: the guest address 0000:0a:00.0 is taken twice, by <video> and <rng>: give one "
	  "of them another, or remove its <address> and libvirt will choose" },
	{ DEVICES "<rng>" PCI("1", "0", "0") "</rng><memballoon model='none'>" PCI(
		  "1", "0",
		  "0") "</memballoon><video><model type='none'/>" PCI("1", "0",
								      "0") "</video>" DEND,
	  "" },
	{ DEVICES "<rng>" PCI("1", "0", "0") "</rng>\n<rng>" PCI(
		  "2", "0", "1") "</rng>\n<rng>" PCI("2", "0", "2") "</rng>" DEND,
	  "3: <rng> has the guest address 0000:02:00.1, but nothing is on function 0 of that "
	  "slot, and so the guest will not see it: move one function to 0" },
	{ "<domain><os><type machine='pc-q35-7.2'>hvm</type></os><devices>\n"
	  "<controller type='sata'>" PCI("0", "0x1f", "2") "</controller>\n<controller>" PCI(
		  "0", "0x01", "2") "</controller></devices></domain>",
	  "3: <controller> has the guest address 0000:00:01.2, but nothing is on function 0 "
	  "of that slot, and so the guest will not see it: move one function to 0" },
	{ "<domain><os><type machine='pc'>hvm</type></os><devices><controller type='ide'>" PCI(
		  "0", "0x01", "1") "</controller></devices></domain>",
	  "" },

	/* a <console> that is the first <serial> */
	{ DEVICES "<serial><target type='pci-serial'/><alias name='serial0'/>" PCI(
		  "0", "4",
		  "0") "</serial><console><target type='serial'/><alias name='serial0'/>" PCI("0",
											      "4",
											      "0") "</console>" DEND,
	  "" },

	/* vCPUs, I/O threads, topology, Hyper-V */
	{ DOMAIN "<vcpu current='1'> 2\n</vcpu><iothreads>1</iothreads><cputune>"
		 "<vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='1' cpuset='0'/>"
		 "<iothreadpin iothread='1' cpuset='0'/></cputune>" END,
	  "" },
	{ DOMAIN "<vcpu>2</vcpu><cputune>\n<vcpupin vcpu='2' cpuset='0'/></cputune>" END,
	  "3: vCPU 2 is pinned, but the last vCPU of the guest is 1, and so libvirt drops the "
	  "pin: remove it, or raise <vcpu>" },
	{ DOMAIN
	  "<cputune>\n<vcpupin vcpu='0' cpuset='0'/>\n<vcpupin vcpu='0' cpuset='1'/>"
	  "</cputune>" END,
	  "4: vCPU 0 is pinned twice: remove one of the two" },
	{ DOMAIN "<cputune>\n<iothreadpin iothread='1' cpuset='0'/></cputune>" END,
	  "3: I/O thread 1 is pinned, but the guest has no such thread: remove the pin, or "
	  "raise <iothreads>" },
	{ DOMAIN
	  "<iothreads>3</iothreads><iothreadids><iothread id='7'/><iothread id='2'/>"
	  "</iothreadids><cputune>\n<iothreadpin iothread='1' cpuset='0'/>"
	  "<iothreadpin iothread='2' cpuset='0'/><iothreadpin iothread='7' cpuset='0'/>\n"
	  "<iothreadpin iothread='3' cpuset='0'/>\n<iothreadpin iothread='3' cpuset='0'/>"
	  "</cputune>" END,
	  "4: I/O thread 3 is pinned, but the guest has no such thread: remove the pin, or "
	  "raise <iothreads>\n"
	  "5: I/O thread 3 is pinned, but the guest has no such thread: remove the pin, or "
	  "raise <iothreads>\n"
	  "5: I/O thread 3 is pinned twice: remove one of the two" },
	{ DOMAIN
	  "<vcpu>16</vcpu><cpu><topology sockets='1' dies='2' cores='4' threads='2'/>"
	  "</cpu>" END,
	  "" },
	{ DOMAIN
	  "<vcpu>8</vcpu><cpu>\n<topology sockets='1' cores='2' threads='2'/></cpu>" END,
	  "3: the CPU topology multiplies out to 4, but <vcpu> is 8, and libvirt refuses "
	  "that: make them equal" },
	{ DOMAIN "<vcpu>8</vcpu><cpu>\n<topology sockets='4294967295' dies='4294967295' "
		 "clusters='4294967295' cores='1' threads='1'/></cpu>" END,
	  "3: the CPU topology multiplies out to 18446744073709551615, but <vcpu> is 8, and "
	  "libvirt refuses that: make them equal" },
	{ DOMAIN "<features><hyperv><vendor_id state='on' value='123456789012'/></hyperv>"
		 "</features>" END,
	  "" },
	{ DOMAIN
	  "<features><hyperv>\n<vendor_id state='on' value='1234567890123'/></hyperv>"
	  "</features>" END,
	  "3: the Hyper-V vendor_id '1234567890123' is longer than 12 characters: shorten "
	  "it" },

	/* nothing at all */
	{ "<domain/>", "" },
};

START_TEST(each_rule_finds_its_fault_and_only_that)
{
	parse(rules[_i].guest);
	check(&found, NULL);
	assert_found(rules[_i].found);
}
END_TEST

START_TEST(real_guest_has_no_findings)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };

	ck_assert_msg(file_read(&text, EXAMPLES "/win11.xml", &err) == 0, "%s", err.msg);
	parse(buf_text(&text));
	check(&found, NULL);
	assert_found("");
}
END_TEST

#define TWO_BALLOONS                                                       \
	"<domain>\n<devices>\n<memballoon model='none'/>\n<memballoon/>\n" \
	"</devices>\n</domain>"

START_TEST(old_finding_is_a_warning)
{
	CLEANUP_FINDINGS struct findings after = FINDINGS_NONE;
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };

	parse(TWO_BALLOONS);
	check(&found, NULL);
	check(&after, NULL);
	ck_assert_int_eq(findings_judge(&found, &after, &doc, &notes, &err), 0);
	ck_assert_uint_eq(notes.n, 1);
	ck_assert_int_eq(notes.v[0].kind, NOTE_WARNING);
	ck_assert_str_eq(
		notes.v[0].text,
		"guest.xml:4: <memballoon> stands more than once in <devices>, and "
		"libvirt knows only one: put all into the first");
}
END_TEST

START_TEST(mended_finding_is_not_mentioned)
{
	CLEANUP_FINDINGS struct findings after = FINDINGS_NONE;
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };

	parse(TWO_BALLOONS);
	check(&found, NULL);
	ck_assert_int_eq(findings_judge(&found, &after, &doc, &notes, &err), 0);
	ck_assert_uint_eq(notes.n, 0);
}
END_TEST

/* The same text once more is one more fault. */
START_TEST(new_finding_is_an_error_beside_old_ones)
{
	CLEANUP_FINDINGS struct findings after = FINDINGS_NONE;
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	struct error err = { 0 };
	xmlNodePtr devices;

	parse(TWO_BALLOONS);
	check(&found, NULL);
	devices = xmlLastElementChild(xmlDocGetRootElement(doc.tree));
	ck_assert_ptr_nonnull(xmlNewChild(devices, NULL, BAD_CAST "memballoon", NULL));
	check(&after, NULL);
	ck_assert_int_eq(findings_judge(&found, &after, &doc, &notes, &err), -EBADMSG);
	ck_assert_uint_eq(notes.n, 1);
	ck_assert_str_eq(
		err.msg,
		"guest.xml:2: <memballoon> stands more than once in <devices>, and "
		"libvirt knows only one: put all into the first");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("guest");
	TCase *tc = tcase_create("guest");

	tcase_add_checked_fixture(tc, setup_guest, teardown_guest);
	tcase_add_loop_test(tc, each_rule_finds_its_fault_and_only_that, 0,
			    (int)ARRAY_SIZE(rules));
	tcase_add_test(tc, real_guest_has_no_findings);
	tcase_add_test(tc, old_finding_is_a_warning);
	tcase_add_test(tc, mended_finding_is_not_mentioned);
	tcase_add_test(tc, new_finding_is_an_error_beside_old_ones);
	suite_add_tcase(s, tc);
	return s;
}
