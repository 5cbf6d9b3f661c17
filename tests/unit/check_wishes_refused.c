/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the readers of option values refuse, and in which words. */

#include <errno.h>
#include <unistd.h>

#include "suite.h"
#include "tweak/wishes.h"

#define UUID "4b20d080-1b54-4048-85b3-a6a62d165c01"
#define KEYS "id, rom, rombar, managed, guest, boot, alias, x-vga, group"
#define NAME                                                                         \
	" is neither a PCI address such as 01:00.0 nor a vendor and device such as " \
	"10de:1b80"
#define IDENTITY                                                               \
	" is not a vendor and a device of 4 hexadecimal digits each, such as " \
	"10de:1b80"
#define USB                                                                        \
	" is neither a vendor and product such as 046d:c52b nor a bus and device " \
	"such as 3.14"
#define TYPE " is not TYPE:VALUE with one of string, unsigned, signed, bool, nor remove"

static const struct {
	wishes_fn *fn;
	const char *value;
	const char *msg;
} refused[] = {
	{ wishes_hostdev, "", "'' has an empty part" },
	{ wishes_hostdev, "01:00.8", "'01:00.8'" NAME },
	{ wishes_hostdev, "01", "'01'" NAME },
	{ wishes_hostdev, "10de:1b8", "'10de:1b8'" NAME },
	{ wishes_hostdev, "10de:1b80:0",
	  "the number in its kind '0' is not between 1 and 65535" },
	{ wishes_hostdev, "10de:1b80:x", "the number in its kind 'x' is not a number" },
	{ wishes_hostdev, "rom=a", "'rom=a' has no device before its keys" },
	{ wishes_hostdev, "auto,foo=1", "unknown key 'foo'; known: " KEYS },
	{ wishes_hostdev, "auto,managed", "managed needs a value" },
	{ wishes_hostdev, "auto,rom=", "the value of rom is empty" },
	{ wishes_hostdev, "auto,managed=on", "managed 'on' is neither 'yes' nor 'no'" },
	{ wishes_hostdev, "auto,managed=no,managed=no", "managed is given twice" },
	{ wishes_hostdev, "auto,rombar=1", "rombar '1' is neither 'on' nor 'off'" },
	{ wishes_hostdev, "auto,x-vga=yes", "x-vga 'yes' is neither 'on' nor 'off'" },
	{ wishes_hostdev, "auto,group=any",
	  "group 'any' is neither 'all' nor 'partial'" },
	{ wishes_hostdev, "auto,id=10de", "'10de'" IDENTITY },
	{ wishes_hostdev, "auto,id=0x10:1b80", "'0x10:1b80'" IDENTITY },
	{ wishes_hostdev, "auto,guest=05:20",
	  "guest '05:20' is not a bus and a slot from 00 to 1f, such as 05:00" },
	{ wishes_hostdev, "auto,guest=05:00.0",
	  "guest '05:00.0' is not a bus and a slot from 00 to 1f, such as 05:00" },
	{ wishes_hostdev, "auto,guest=05",
	  "guest '05' is not a bus and a slot from 00 to 1f, such as 05:00" },
	{ wishes_hostdev, "auto,guest=105:00",
	  "guest '105:00' is not a bus and a slot from 00 to 1f, such as 05:00" },
	{ wishes_hostdev, "auto,boot=0", "boot '0' is not between 1 and 2147483647" },
	{ wishes_hostdev, "auto,alias=gpu",
	  "alias 'gpu' is not 'ua-' and a name of letters, digits, '_', '.' and '-'" },
	{ wishes_hostdev, "auto,alias=ua-",
	  "alias 'ua-' is not 'ua-' and a name of letters, digits, '_', '.' and '-'" },
	{ wishes_hostdev, "auto,alias=ua-a/b",
	  "alias 'ua-a/b' is not 'ua-' and a name of letters, digits, '_', '.' and '-'" },
	{ wishes_hostdev, "auto,rom=/\xff",
	  "'/\xff' is not UTF-8 text that an XML document can hold" },
	{ wishes_rom, "01:00.0",
	  "'01:00.0' is not ADDR,FILE or ADDR,none (a comma in FILE is written ',,')" },
	{ wishes_rom, "01:00.0,a,b",
	  "'01:00.0,a,b' is not ADDR,FILE or ADDR,none (a comma in FILE is written ',,')" },
	{ wishes_rom, "auto,a.rom", "'auto'" NAME },
	{ wishes_usb, "046d", "'046d'" USB },
	{ wishes_usb, "046d:c52", "'046d:c52'" USB },
	{ wishes_usb, "046d:c52b,foo", "unknown key 'foo'; known: optional" },
	{ wishes_usb, "046d:c52b,optional=yes",
	  "optional takes no value, but has 'yes'" },
	{ wishes_usb, "3.14,optional",
	  "'3.14' cannot be optional: a device has another number each time it is plugged "
	  "in, name it VVVV:PPPP" },
	{ wishes_usb, "256.1", "USB bus '256' is not between 1 and 255" },
	{ wishes_usb, "1.128", "USB device '128' is not between 1 and 127" },
	{ wishes_usb, "1.", "USB device '' is not a number" },
	{ wishes_mdev, "4b20d080", "'4b20d080' is not a UUID such as " UUID },
	{ wishes_mdev, "4b20d080-1b54-4048-85b3+a6a62d165c01",
	  "'4b20d080-1b54-4048-85b3+a6a62d165c01' is not a UUID such as " UUID },
	{ wishes_mdev, UUID ",ramfb", "ramfb needs display" },
	{ wishes_mdev, UUID ",foo", "unknown key 'foo'; known: display, ramfb" },
	{ wishes_evdev, "event3",
	  "'event3' is neither auto nor evgrab nor a path such as "
	  "/dev/input/by-id/usb-keyboard-event-kbd" },
	{ wishes_evdev, "auto,grab=all",
	  "auto chooses the keyboard that has grab=all by itself" },
	{ wishes_evdev, "/dev/a,grab=one", "grab 'one' is not 'all'" },
	{ wishes_evdev, "auto,toggle=f12",
	  "toggle 'f12' is none of ctrl-ctrl, alt-alt, shift-shift, meta-meta, "
	  "scrolllock, ctrl-scrolllock" },
	{ wishes_evdev, "auto,foo", "unknown key 'foo'; known: grab, toggle, repeat" },
	{ wishes_evdev, "evgrab,guest=bsd", "guest 'bsd' is neither windows nor linux" },
	{ wishes_evdev, "evgrab,mouse=usb",
	  "mouse 'usb' is neither evdev nor passthrough" },
	{ wishes_evdev, "evgrab,name=my guest",
	  "'my guest' is no name for evgrab: up to 40 letters, digits and . _ + -" },
	{ wishes_evdev, "evgrab,name=a1234567890123456789012345678901234567890",
	  "'a1234567890123456789012345678901234567890' is no name for evgrab: up to 40 "
	  "letters, digits and . _ + -" },
	{ wishes_evdev, "evgrab,grab=all",
	  "unknown key 'grab'; known: guest, mouse, name" },
	{ wishes_looking_glass, "big", "'big' is not a resolution such as 2560x1440" },
	{ wishes_looking_glass, "0x1", "width '0' is not between 1 and 16384" },
	{ wishes_looking_glass, "1x16385", "height '16385' is not between 1 and 16384" },
	{ wishes_looking_glass, "1x1x1", "height '1x1' is not a number" },
	{ wishes_looking_glass, "hdr=1", "'hdr=1' has no resolution before its keys" },
	{ wishes_looking_glass, "1x1,size=48",
	  "size '48' is not a power of two, such as 32 or 64" },
	{ wishes_looking_glass, "1x1,size=0", "size '0' is not between 1 and 65536" },
	{ wishes_looking_glass, "1x1,release=b6",
	  "release 'b6' is neither 'b7' nor 'idd'" },
	{ wishes_looking_glass, "1x1,video=qxl",
	  "video 'qxl' is neither 'none' nor 'vga'" },
	{ wishes_looking_glass, "1x1,kvmfr", "kvmfr needs a value" },
	{ wishes_looking_glass, "1x1,kvmfr=dev/kvmfr0",
	  "kvmfr 'dev/kvmfr0' is not a device such as /dev/kvmfr0" },
	{ wishes_looking_glass, "1x1,kvmfr=/dev/\"",
	  "kvmfr '/dev/\"' is not a device such as /dev/kvmfr0" },
	{ wishes_looking_glass, "1x1,foo",
	  "unknown key 'foo'; known: hdr, release, kvmfr, size, video" },
	{ wishes_vcpus, "0", "the number of vCPUs '0' is not between 1 and 65535" },
	{ wishes_vcpus, "", "the number of vCPUs '' is not a number" },
	{ wishes_pin, "", "'' has an empty part" },
	{ wishes_pin, "automatic", "CPU 'automatic' is not a number" },
	{ wishes_pin, "2,3,2", "CPU 2 is listed twice" },
	{ wishes_pin, "5-3", "last CPU of a range '3' is not between 5 and 8191" },
	{ wishes_pin, "8192", "CPU '8192' is not between 0 and 8191" },
	{ wishes_pin, "2,smt=on", "smt goes with auto only" },
	{ wishes_pin, "auto,policy=fast",
	  "policy 'fast' is neither 'frequency' nor 'cache'" },
	{ wishes_pin, "auto,foo=1", "unknown key 'foo'; known: policy, smt, node" },
	{ wishes_pin, "auto,node=-1", "node '-1' is not a number" },
	{ wishes_hugepages, "", "'' is not a page size such as 2M or 1G" },
	{ wishes_hugepages, "2", "'2' is not a page size such as 2M or 1G" },
	{ wishes_hugepages, "3M", "'3M' is not a page size such as 2M or 1G" },
	{ wishes_hugepages, "2MB", "'2MB' is not a page size such as 2M or 1G" },
	{ wishes_hugepages, "32G", "'32G' is not a page size such as 2M or 1G" },
	{ wishes_override, "ua-a.b",
	  "'ua-a.b' is not ALIAS.PROPERTY=TYPE:VALUE, such as ua-gpu.x-vga=bool:true" },
	{ wishes_override, "x-vga=bool:on",
	  "'x-vga' is not ALIAS.PROPERTY, such as ua-gpu.x-vga" },
	{ wishes_override, "ua-a.=bool:on",
	  "'ua-a.' is not ALIAS.PROPERTY, such as ua-gpu.x-vga" },
	{ wishes_override, "a.b=on", "'on'" TYPE },
	{ wishes_override, "a.b=int:1", "'int:1'" TYPE },
	{ wishes_override, "a.b=remove:1", "'remove:1'" TYPE },
	{ wishes_override, "a.b=bool:1", "bool '1' is neither 'true' nor 'false'" },
	{ wishes_override, "a.b=unsigned:-1", "unsigned '-1' is not a number" },
	{ wishes_override, "a.b=unsigned:0x10000000000000000",
	  "unsigned '0x10000000000000000' is more than 18446744073709551615" },
	{ wishes_override, "a.b=signed:9223372036854775808",
	  "signed '9223372036854775808' is not a number from -9223372036854775808 to "
	  "9223372036854775807" },
	{ wishes_qemu_arg, "", "'' has an empty part" },
	{ wishes_qemu_arg, "\x01",
	  "'\x01' is not UTF-8 text that an XML document can hold" },
	{ wishes_hook, "foo",
	  "unknown key 'foo'; known: stop, isolate, irq, governor, shmem-user, sleep, "
	  "boot-gpu" },
	{ wishes_hook, "stop=sddm",
	  "stop 'sddm' is not the name of a unit such as display-manager.service" },
	{ wishes_hook, "sleep=on", "sleep 'on' is neither 'yes' nor 'no'" },
	{ wishes_hook, "shmem-user=a/b", "shmem-user 'a/b' is not a name" },
	{ wishes_xslt, "", "the name of the stylesheet is empty" },
	{ wishes_param, "a=1", "'a=1' has no --xslt before it" },
	{ wishes_param, "a", "'a' is not NAME=VALUE with the name of a parameter" },
	{ wishes_param, "1a=1", "'1a=1' is not NAME=VALUE with the name of a parameter" },
	{ wishes_param, "plan=1", "the parameter 'plan' is the program's own" },
	{ wishes_unset, "foo",
	  "'foo' is nothing that can be unset; known: hostdev:ADDR, rom:ADDR, usb:ID, "
	  "mdev:UUID, evdev, looking-glass, pin, hugepages, hide-hypervisor, "
	  "override:ALIAS.PROPERTY, qemu-arg:ARG, hook" },
	{ wishes_unset, "hostdev", "'hostdev' lacks what to unset: hostdev:ADDR" },
	{ wishes_unset, "usb:", "'usb:' lacks what to unset: usb:ID" },
	{ wishes_unset, "pin:auto", "'pin:auto' has something behind 'pin'" },
	{ wishes_unset, "hostdev:auto", "'auto'" NAME },
	{ wishes_unset, "override:x-vga",
	  "'x-vga' is not ALIAS.PROPERTY, such as ua-gpu.x-vga" },
};

START_TEST(a_bad_value_is_named)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	struct error err = { 0 };

	ck_assert_int_lt(refused[_i].fn(&wishes, refused[_i].value, &err), 0);
	ck_assert_str_eq(err.msg, refused[_i].msg);
}
END_TEST

struct option {
	wishes_fn *fn;
	const char *value;
};

/* Each is refused in either order; the messages are those of the second option. */
static const struct {
	struct option a;
	struct option b;
	const char *after_a;
	const char *after_b;
} pairs[] = {
	{ { wishes_hostdev, "01:00.0,managed=no" },
	  { wishes_hostdev, "0000:01:00.0,managed=yes" },
	  "'0000:01:00.0' has two different values for managed",
	  "'01:00.0' has two different values for managed" },
	{ { wishes_hostdev, "01:00,guest=05:00" },
	  { wishes_hostdev, "01:00.1,guest=06:00" },
	  "'01:00.1' has two different values for guest",
	  "'01:00' has two different values for guest" },
	{ { wishes_hostdev, "01:00,rom=/a" },
	  { wishes_hostdev, "01:00.0,rom=/b" },
	  "'01:00.0' has two different values for rom",
	  "'01:00' has two different values for rom" },
	{ { wishes_hostdev, "10de:1b80,boot=1" },
	  { wishes_hostdev, "10de:1b80:1,boot=2" },
	  "'10de:1b80:1' has two different values for boot",
	  "'10de:1b80' has two different values for boot" },
	{ { wishes_rom, "01:00.0,/a" },
	  { wishes_rom, "pci_0000_01_00_0,/b" },
	  "'pci_0000_01_00_0' has two ROM files, '/a' and '/b'",
	  "'01:00.0' has two ROM files, '/b' and '/a'" },
	{ { wishes_rom, "01:00,/a" },
	  { wishes_rom, "01:00.0,none" },
	  "'01:00.0' has two ROM files, '/a' and 'none'",
	  "'01:00' has two ROM files, 'none' and '/a'" },
	{ { wishes_hostdev, "01:00.0,rom=/a" },
	  { wishes_rom, "01:00.0,/b" },
	  "'01:00.0' has two ROM files, '/a' and '/b'",
	  "'01:00.0' has two ROM files, '/a' and '/b'" },
	{ { wishes_hostdev, "01:00,rom=/a" },
	  { wishes_rom, "01:00.0,none" },
	  "'01:00.0' has two ROM files, '/a' and 'none'",
	  "'01:00.0' has two ROM files, '/a' and 'none'" },
	{ { wishes_usb, "046d:c52b" },
	  { wishes_usb, "046d:c52b,optional" },
	  "'046d:c52b' is given with 'optional' and without",
	  "'046d:c52b' is given with 'optional' and without" },
	{ { wishes_mdev, UUID },
	  { wishes_mdev, UUID ",display" },
	  "'" UUID "' is given twice, with other keys",
	  "'" UUID "' is given twice, with other keys" },
	{ { wishes_evdev, "/dev/a" },
	  { wishes_evdev, "/dev/a,repeat=on" },
	  "'/dev/a' is given twice, with other keys",
	  "'/dev/a' is given twice, with other keys" },
	{ { wishes_evdev, "auto" },
	  { wishes_evdev, "auto,toggle=alt-alt" },
	  "'auto' is given twice, with other keys",
	  "'auto' is given twice, with other keys" },
	{ { wishes_evdev, "auto" },
	  { wishes_evdev, "/dev/a" },
	  "'auto' finds all keyboards and mice: give either that or paths such as '/dev/a'",
	  "'auto' finds all keyboards and mice: give either that or paths such as "
	  "'/dev/a'" },
	{ { wishes_evdev, "evgrab" },
	  { wishes_evdev, "/dev/a" },
	  "with 'evgrab' the host's devices are evgrab's: give either that or '/dev/a'",
	  "with 'evgrab' the host's devices are evgrab's: give either that or '/dev/a'" },
	{ { wishes_evdev, "evgrab" },
	  { wishes_evdev, "auto" },
	  "with 'evgrab' the host's devices are evgrab's: give either that or 'auto'",
	  "with 'evgrab' the host's devices are evgrab's: give either that or 'auto'" },
	{ { wishes_evdev, "evgrab" },
	  { wishes_evdev, "evgrab,name=a" },
	  "'evgrab' is given twice, with other keys",
	  "'evgrab' is given twice, with other keys" },
	{ { wishes_looking_glass, "1x1" },
	  { wishes_looking_glass, "1x1,hdr" },
	  "'1x1,hdr' contradicts an earlier --looking-glass",
	  "'1x1' contradicts an earlier --looking-glass" },
	{ { wishes_looking_glass, "1x1,kvmfr=kvmfr0" },
	  { wishes_looking_glass, "1x1,kvmfr=kvmfr1" },
	  "'1x1,kvmfr=kvmfr1' contradicts an earlier --looking-glass",
	  "'1x1,kvmfr=kvmfr0' contradicts an earlier --looking-glass" },
	{ { wishes_vcpus, "4" },
	  { wishes_vcpus, "8" },
	  "'8' contradicts an earlier --vcpus",
	  "'4' contradicts an earlier --vcpus" },
	{ { wishes_pin, "2,3" },
	  { wishes_pin, "3,2" },
	  "'3,2' contradicts an earlier --pin",
	  "'2,3' contradicts an earlier --pin" },
	{ { wishes_pin, "auto" },
	  { wishes_pin, "auto,smt=on" },
	  "'auto,smt=on' contradicts an earlier --pin",
	  "'auto' contradicts an earlier --pin" },
	{ { wishes_hugepages, NULL },
	  { wishes_hugepages, "2M" },
	  "'2M' contradicts an earlier --hugepages",
	  "'no size' contradicts an earlier --hugepages" },
	{ { wishes_override, "a.b=unsigned:1" },
	  { wishes_override, "a.b=signed:1" },
	  "'a.b=signed:1' contradicts an earlier --override",
	  "'a.b=unsigned:1' contradicts an earlier --override" },
	{ { wishes_hook, "sleep" },
	  { wishes_hook, "sleep=no" },
	  "sleep has two values, 'yes' and 'no'",
	  "sleep has two values, 'no' and 'yes'" },
	/* set and unset */
	{ { wishes_hostdev, "01:00.1" },
	  { wishes_unset, "hostdev:01:00" },
	  "'hostdev:01:00' is both set and unset",
	  "'hostdev:01:00.1' is both set and unset" },
	{ { wishes_hostdev, "10de:1b80" },
	  { wishes_unset, "hostdev:10de:1b80:2" },
	  "'hostdev:10de:1b80:2' is both set and unset",
	  "'hostdev:10de:1b80' is both set and unset" },
	{ { wishes_rom, "01:00.1,none" },
	  { wishes_unset, "rom:01:00" },
	  "'rom:01:00' is both set and unset",
	  "'rom:01:00.1' is both set and unset" },
	{ { wishes_hostdev, "01:00.0,rom=/a" },
	  { wishes_unset, "rom:01:00" },
	  "'rom:01:00' is both set and unset",
	  "'rom:01:00' is both set and unset" },
	{ { wishes_rom, "01:00.0,/a" },
	  { wishes_unset, "hostdev:01:00" },
	  "'01:00.0' gets the ROM file '/a', but '01:00' is unset",
	  "'01:00.0' gets the ROM file '/a', but '01:00' is unset" },
	{ { wishes_usb, "046d:c52b,optional" },
	  { wishes_unset, "usb:046D:C52B" },
	  "'usb:046D:C52B' is both set and unset",
	  "'usb:046d:c52b' is both set and unset" },
	{ { wishes_mdev, UUID },
	  { wishes_unset, "mdev:" UUID },
	  "'mdev:" UUID "' is both set and unset",
	  "'mdev:" UUID "' is both set and unset" },
	{ { wishes_evdev, "/dev/a" },
	  { wishes_unset, "evdev" },
	  "'evdev' is both set and unset",
	  "'evdev' is both set and unset" },
	{ { wishes_looking_glass, "1x1" },
	  { wishes_unset, "looking-glass" },
	  "'looking-glass' is both set and unset",
	  "'looking-glass' is both set and unset" },
	{ { wishes_pin, "0-3" },
	  { wishes_unset, "pin" },
	  "'pin' is both set and unset",
	  "'pin' is both set and unset" },
	{ { wishes_hugepages, NULL },
	  { wishes_unset, "hugepages" },
	  "'hugepages' is both set and unset",
	  "'hugepages' is both set and unset" },
	{ { wishes_hide_hypervisor, NULL },
	  { wishes_unset, "hide-hypervisor" },
	  "'hide-hypervisor' is both set and unset",
	  "'hide-hypervisor' is both set and unset" },
	{ { wishes_override, "a.b=remove" },
	  { wishes_unset, "override:a.b" },
	  "'override:a.b' is both set and unset",
	  "'override:a.b' is both set and unset" },
	{ { wishes_qemu_arg, "-a,b" },
	  { wishes_unset, "qemu-arg:-a,b" },
	  "'qemu-arg:-a,b' is both set and unset",
	  "'qemu-arg:-a,b' is both set and unset" },
	{ { wishes_hook, NULL },
	  { wishes_unset, "hook" },
	  "'hook' is both set and unset",
	  "'hook' is both set and unset" },
};

static void ck_refused(const struct option *first, const struct option *second,
		       const char *msg)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	struct error err = { 0 };

	ck_assert_msg(first->fn(&wishes, first->value, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(second->fn(&wishes, second->value, &err), -EINVAL);
	ck_assert_str_eq(err.msg, msg);
}

START_TEST(a_contradiction_is_found_in_either_order)
{
	ck_refused(&pairs[_i].a, &pairs[_i].b, pairs[_i].after_a);
	ck_refused(&pairs[_i].b, &pairs[_i].a, pairs[_i].after_b);
}
END_TEST

/* What looks alike and yet is no contradiction. */
static const struct {
	struct option a;
	struct option b;
} peaceful[] = {
	{ { wishes_hostdev, "01:00,alias=ua-gpu,id=10de:1b80" },
	  { wishes_hostdev, "01:00.1,alias=ua-audio,id=10de:10f0" } },
	{ { wishes_hostdev, "01:00.0,managed=no" },
	  { wishes_hostdev, "02:00.0,managed=yes" } },
	{ { wishes_hostdev, "01:00.0,rom=/a" }, { wishes_rom, "01:00,//a" } },
	{ { wishes_hostdev, "01:00.0" }, { wishes_unset, "hostdev:01:00.1" } },
	{ { wishes_hostdev, "01:00.0" }, { wishes_unset, "rom:01:00.0" } },
	{ { wishes_rom, "01:00.0,none" }, { wishes_unset, "hostdev:01:00.0" } },
	{ { wishes_hostdev, "10de:1b80:1" }, { wishes_unset, "hostdev:10de:1b80:2" } },
	{ { wishes_unset, "hostdev:01:00" }, { wishes_unset, "hostdev:01:00.1" } },
	{ { wishes_qemu_arg, "-a,b" }, { wishes_unset, "qemu-arg:-a" } },
	{ { wishes_override, "a.b=bool:yes" }, { wishes_override, "a.b=bool:true" } },
};

START_TEST(what_does_not_contradict_is_taken)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	const struct option *a = &peaceful[_i].a;
	const struct option *b = &peaceful[_i].b;
	struct error err = { 0 };

	ck_assert_msg(a->fn(&wishes, a->value, &err) == 0, "%s", err.msg);
	ck_assert_msg(b->fn(&wishes, b->value, &err) == 0, "%s", err.msg);
	wishes_done(&wishes);
	ck_assert_msg(b->fn(&wishes, b->value, &err) == 0, "%s", err.msg);
	ck_assert_msg(a->fn(&wishes, a->value, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(a_parameter_has_one_value)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(wishes_xslt(&wishes, "a.xsl", &err), 0);
	ck_assert_int_eq(wishes_param(&wishes, "a=1", &err), 0);
	ck_assert_int_eq(wishes_param(&wishes, "a=2", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'a=2' contradicts an earlier --param");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("wishes_refused");
	TCase *tc = tcase_create("messages");

	tcase_add_loop_test(tc, a_bad_value_is_named, 0, ARRAY_SIZE(refused));
	tcase_add_loop_test(tc, a_contradiction_is_found_in_either_order, 0,
			    ARRAY_SIZE(pairs));
	tcase_add_loop_test(tc, what_does_not_contradict_is_taken, 0,
			    ARRAY_SIZE(peaceful));
	tcase_add_test(tc, a_parameter_has_one_value);
	suite_add_tcase(s, tc);
	return s;
}
