/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <unistd.h>

#include "suite.h"
#include "tweak/wishes.h"

#define UUID "4b20d080-1b54-4048-85b3-a6a62d165c01"
#define KBD  "/dev/input/by-id/usb-a-event-kbd"

static void take(struct wishes *wishes, wishes_fn *fn, const char *value)
{
	struct error err = { 0 };

	ck_assert_msg(fn(wishes, value, &err) == 0, "%s: %s", value ? value : "(none)",
		      err.msg);
}

START_TEST(a_device_has_all_its_keys)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	const struct hostdev_wish *wish;

	take(&wishes, wishes_hostdev,
	     "pci_0000_0a_00_1,id=10DE:1b80,rom=/roms/a,,b.rom,rombar=off,managed=no,"
	     "guest=5:1f,boot=2,alias=ua-gpu.0,x-vga=on,group=partial");
	ck_assert_uint_eq(wishes.n_hostdevs, 1);
	wish = wishes.hostdevs;
	ck_assert_int_eq(wish->wish, WISH_SET);
	ck_assert_str_eq(wish->text, "pci_0000_0a_00_1");
	ck_assert_int_eq(wish->name.kind, PCI_NAME_ADDRESS);
	ck_assert_uint_eq(wish->name.bdf.bus, 0x0a);
	ck_assert(wish->name.has_function);
	ck_assert_uint_eq(wish->name.bdf.function, 1);
	ck_assert(wish->has_id);
	ck_assert_uint_eq(wish->id_vendor, 0x10de);
	ck_assert_uint_eq(wish->id_device, 0x1b80);
	ck_assert_str_eq(wish->rom, "/roms/a,b.rom");
	ck_assert_int_eq(wish->rombar, WISH_OFF);
	ck_assert_int_eq(wish->managed, WISH_OFF);
	ck_assert(wish->has_guest);
	ck_assert_uint_eq(wish->guest_bus, 5);
	ck_assert_uint_eq(wish->guest_slot, 0x1f);
	ck_assert_uint_eq(wish->boot, 2);
	ck_assert_str_eq(wish->alias, "ua-gpu.0");
	ck_assert_int_eq(wish->x_vga, WISH_ON);
	ck_assert_int_eq(wish->group, GROUP_PARTIAL);
}
END_TEST

START_TEST(devices_are_sorted_and_merged)
{
	static const char *const values[] = {
		"10de:1b80:2",
		"01:00.1",
		"01:00",
		"00010000:01:00",
		"01:00.1,managed=no",
		"auto",
		"0000:01:00.1,boot=3",
		"10de:1b80:2",
		"pci_0000_01_00,group=all",
	};
	static const char *const want[] = { "auto", "01:00", "01:00.1", "00010000:01:00",
					    "10de:1b80:2" };
	CLEANUP_WISHES struct wishes forwards = WISHES_NONE;
	CLEANUP_WISHES struct wishes backwards = WISHES_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		take(&forwards, wishes_hostdev, values[i]);
		take(&backwards, wishes_hostdev, values[ARRAY_SIZE(values) - 1 - i]);
	}
	ck_assert_uint_eq(forwards.n_hostdevs, ARRAY_SIZE(want));
	ck_assert_uint_eq(backwards.n_hostdevs, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const struct hostdev_wish *a = &forwards.hostdevs[i];
		const struct hostdev_wish *b = &backwards.hostdevs[i];

		ck_assert_str_eq(a->text, want[i]);
		ck_assert_int_eq(bdf_compare(&a->name.bdf, &b->name.bdf), 0);
		ck_assert_int_eq(a->name.has_function, b->name.has_function);
		ck_assert_int_eq(a->managed, b->managed);
		ck_assert_uint_eq(a->boot, b->boot);
		ck_assert_int_eq(a->group, b->group);
	}
	ck_assert_int_eq(forwards.hostdevs[1].group, GROUP_ALL);
	ck_assert_int_eq(forwards.hostdevs[2].managed, WISH_OFF);
	ck_assert_uint_eq(forwards.hostdevs[2].boot, 3);
	ck_assert_uint_eq(forwards.hostdevs[4].name.nth, 2);
}
END_TEST

static const struct {
	const char *file;
	const char *want;
} paths[] = {
	{ "a.rom", "/usr/lib/a.rom" },
	{ "./a.rom", "/usr/lib/a.rom" },
	{ ".//../a.rom", "/usr/a.rom" },
	{ "../../../a.rom", "/a.rom" },
	{ "link/../a.rom", "/usr/lib/link/../a.rom" },
	{ "..", "/usr" },
	{ ".hidden", "/usr/lib/.hidden" },
	{ "/roms//x/./a.rom", "/roms/x/a.rom" },
	{ "./none", "/usr/lib/none" },
	{ "none", NULL },
};

START_TEST(files_become_absolute)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	char value[64];

	ck_assert_int_eq(chdir("/usr/lib"), 0);
	(void)snprintf(value, sizeof(value), "01:00.0,%s", paths[_i].file);
	take(&wishes, wishes_rom, value);
	ck_assert_uint_eq(wishes.n_roms, 1);
	ck_assert_pstr_eq(wishes.roms[0].file, paths[_i].want);
	ck_assert_str_eq(wishes.roms[0].text, "01:00.0");
}
END_TEST

START_TEST(usb_and_mdev_devices)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_usb, "3.14");
	take(&wishes, wishes_usb, "046D:c52b,optional");
	take(&wishes, wishes_usb, "003.014");
	take(&wishes, wishes_mdev, "4B20D080-1B54-4048-85B3-A6A62D165C01,display,ramfb");
	take(&wishes, wishes_mdev, UUID ",ramfb,display");

	ck_assert_uint_eq(wishes.n_usbs, 2);
	ck_assert_uint_eq(wishes.usbs[0].vendor, 0x046d);
	ck_assert_uint_eq(wishes.usbs[0].product, 0xc52b);
	ck_assert(wishes.usbs[0].is_optional);
	ck_assert(wishes.usbs[1].by_address);
	ck_assert_uint_eq(wishes.usbs[1].bus, 3);
	ck_assert_uint_eq(wishes.usbs[1].device, 14);
	ck_assert_uint_eq(wishes.n_mdevs, 1);
	ck_assert_str_eq(wishes.mdevs[0].uuid, UUID);
	ck_assert(wishes.mdevs[0].display && wishes.mdevs[0].ramfb);
}
END_TEST

START_TEST(input_devices_by_path)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_evdev, "/dev/input/by-id/usb=b-event-mouse");
	take(&wishes, wishes_evdev, KBD ",grab=all,toggle=scrolllock,repeat=on");
	take(&wishes, wishes_evdev,
	     "/dev//input/by-id/usb-a-event-kbd,repeat=on,grab=all,toggle=scrolllock");

	ck_assert_int_eq(wishes.evdev, WISH_SET);
	ck_assert_uint_eq(wishes.n_evdevs, 2);
	ck_assert_str_eq(wishes.evdevs[0].path, KBD);
	ck_assert(wishes.evdevs[0].grab_all);
	ck_assert_str_eq(wishes.evdevs[0].toggle, "scrolllock");
	ck_assert_int_eq(wishes.evdevs[0].repeat, WISH_ON);
	ck_assert_str_eq(wishes.evdevs[1].path, "/dev/input/by-id/usb=b-event-mouse");
	ck_assert_ptr_null(wishes.evdevs[1].toggle);
}
END_TEST

START_TEST(input_devices_found_by_themselves)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_evdev, "auto,toggle=alt-alt,repeat=off");
	take(&wishes, wishes_evdev, "auto,repeat=off,toggle=alt-alt");
	ck_assert_uint_eq(wishes.n_evdevs, 1);
	ck_assert_ptr_null(wishes.evdevs[0].path);
	ck_assert_str_eq(wishes.evdevs[0].toggle, "alt-alt");
	ck_assert_int_eq(wishes.evdevs[0].repeat, WISH_OFF);
}
END_TEST

START_TEST(looking_glass_has_all_its_keys)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	const struct looking_glass_wish *wish = &wishes.looking_glass;

	take(&wishes, wishes_looking_glass,
	     "2560x1440,hdr,release=idd,kvmfr=kvmfr0,size=64,video=none");
	take(&wishes, wishes_looking_glass,
	     "2560x1440,size=64,video=none,kvmfr=/dev/kvmfr0,release=idd,hdr");
	ck_assert_int_eq(wish->wish, WISH_SET);
	ck_assert_uint_eq(wish->width, 2560);
	ck_assert_uint_eq(wish->height, 1440);
	ck_assert(wish->hdr);
	ck_assert_int_eq(wish->release, LOOKING_GLASS_IDD);
	ck_assert_str_eq(wish->kvmfr, "/dev/kvmfr0");
	ck_assert_uint_eq(wish->size, 64);
	ck_assert(wish->video_none);
}
END_TEST

START_TEST(a_pin_list_keeps_its_order)
{
	static const unsigned want[] = { 2, 10, 3, 4, 5, 0 };
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_pin, "2,10,3-5,0");
	take(&wishes, wishes_pin, "2,10,3,4,5,0");
	ck_assert(!wishes.pin.is_auto);
	ck_assert_str_eq(wishes.pin.list, "2,10,3-5,0");
	ck_assert_uint_eq(wishes.pin.n_cpus, ARRAY_SIZE(want));
	ck_assert_mem_eq(wishes.pin.cpus, want, sizeof(want));
}
END_TEST

START_TEST(pinning_by_itself_has_all_its_keys)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_pin, "auto,policy=frequency,smt=off,node=1");
	take(&wishes, wishes_vcpus, "8");
	take(&wishes, wishes_vcpus, "8");
	ck_assert(wishes.pin.is_auto);
	ck_assert(wishes.pin.by_frequency);
	ck_assert_int_eq(wishes.pin.smt, WISH_OFF);
	ck_assert_int_eq(wishes.pin.node, 1);
	ck_assert_ptr_null(wishes.pin.list);
	ck_assert_uint_eq(wishes.vcpus, 8);
}
END_TEST

static const struct {
	const char *value;
	uint64_t kib;
} pages[] = {
	{ NULL, 0 },
	{ "2M", 2048 },
	{ "2MiB", 2048 },
	{ "2048K", 2048 },
	{ "2048kib", 2048 },
	{ "1g", UINT64_C(1) << 20 },
	{ "1GiB", UINT64_C(1) << 20 },
};

START_TEST(page_sizes_have_units)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_hugepages, pages[_i].value);
	ck_assert_int_eq(wishes.hugepages.wish, WISH_SET);
	ck_assert_uint_eq(wishes.hugepages.size_kib, pages[_i].kib);
}
END_TEST

static const struct {
	const char *value;
	const char *property;
	enum override_type type;
	const char *want;
} overrides[] = {
	{ "ua-a.x-id=unsigned:0x10de", "x-id", OVERRIDE_UNSIGNED, "4318" },
	{ "ua-a.x-id=unsigned:18446744073709551615", "x-id", OVERRIDE_UNSIGNED,
	  "18446744073709551615" },
	{ "ua-a.x-id=signed:-0x10", "x-id", OVERRIDE_SIGNED, "-16" },
	{ "ua-a.x-id=signed:-9223372036854775808", "x-id", OVERRIDE_SIGNED,
	  "-9223372036854775808" },
	{ "ua-a.x-id=signed:-0", "x-id", OVERRIDE_SIGNED, "0" },
	{ "ua-a.x-vga=bool:on", "x-vga", OVERRIDE_BOOL, "true" },
	{ "ua-a.x-vga=bool:false", "x-vga", OVERRIDE_BOOL, "false" },
	{ "ua-a.s=string:a=b:c", "s", OVERRIDE_STRING, "a=b:c" },
	{ "ua-a.s=string:", "s", OVERRIDE_STRING, "" },
	{ "ua-a.s=remove", "s", OVERRIDE_REMOVE, NULL },
};

START_TEST(overrides_are_written_as_libvirt_reads_them)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_override, overrides[_i].value);
	take(&wishes, wishes_override, overrides[_i].value);
	ck_assert_uint_eq(wishes.n_overrides, 1);
	ck_assert_str_eq(wishes.overrides[0].alias, "ua-a");
	ck_assert_str_eq(wishes.overrides[0].property, overrides[_i].property);
	ck_assert_int_eq(wishes.overrides[0].type, overrides[_i].type);
	ck_assert_pstr_eq(wishes.overrides[0].value, overrides[_i].want);
}
END_TEST

START_TEST(an_alias_may_hold_dots)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_unset, "override:ua-a.b.x-vga");
	ck_assert_int_eq(wishes.overrides[0].wish, WISH_UNSET);
	ck_assert_str_eq(wishes.overrides[0].alias, "ua-a.b");
	ck_assert_str_eq(wishes.overrides[0].property, "x-vga");
}
END_TEST

START_TEST(arguments_are_sorted_groups)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_qemu_arg, "-object,rng-random,,id=a");
	take(&wishes, wishes_qemu_arg, "-no-hpet");
	take(&wishes, wishes_qemu_arg, "-object,rng-random,,id=a");
	take(&wishes, wishes_unset, "qemu-arg:-object");
	ck_assert_uint_eq(wishes.n_qemu_args, 3);
	ck_assert_str_eq(wishes.qemu_args[0].args[0], "-no-hpet");
	ck_assert_uint_eq(wishes.qemu_args[1].n_args, 1);
	ck_assert_int_eq(wishes.qemu_args[1].wish, WISH_UNSET);
	ck_assert_uint_eq(wishes.qemu_args[2].n_args, 2);
	ck_assert_str_eq(wishes.qemu_args[2].args[1], "rng-random,id=a");
}
END_TEST

START_TEST(hook_keys_add_up)
{
	static const char *const want[] = {
		"boot-gpu=yes",     "governor=performance", "irq=yes",
		"isolate=no",       "shmem-user=anna",      "sleep=yes",
		"stop=a@1.service", "stop=b.service",
	};
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;
	char text[64];

	take(&wishes, wishes_hook, NULL);
	take(&wishes, wishes_hook, "stop=b.service,sleep,stop=a@1.service,isolate=no");
	take(&wishes, wishes_hook,
	     "irq=yes,governor=performance,shmem-user=anna,boot-gpu,sleep=yes,stop=b.service");
	ck_assert_int_eq(wishes.hook.wish, WISH_SET);
	ck_assert_uint_eq(wishes.hook.n_keys, ARRAY_SIZE(want));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		(void)snprintf(text, sizeof(text), "%s=%s", wishes.hook.keys[i].key,
			       wishes.hook.keys[i].value);
		ck_assert_str_eq(text, want[i]);
	}
}
END_TEST

START_TEST(parameters_go_to_the_last_stylesheet)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	take(&wishes, wishes_xslt, "b.xsl");
	take(&wishes, wishes_xslt, "a.xsl");
	take(&wishes, wishes_param, "z=1=2");
	take(&wishes, wishes_param, "y=");
	take(&wishes, wishes_param, "z=1=2");
	ck_assert_uint_eq(wishes.n_xslts, 2);
	ck_assert_str_eq(wishes.xslts[0].file, "b.xsl");
	ck_assert_uint_eq(wishes.xslts[0].n_params, 0);
	ck_assert_uint_eq(wishes.xslts[1].n_params, 2);
	ck_assert_str_eq(wishes.xslts[1].params[0].name, "y");
	ck_assert_str_eq(wishes.xslts[1].params[0].value, "");
	ck_assert_str_eq(wishes.xslts[1].params[1].value, "1=2");
}
END_TEST

static const struct {
	wishes_fn *fn;
	const char *value;
} changes[] = {
	{ wishes_hostdev, "auto" },
	{ wishes_rom, "01:00.0,none" },
	{ wishes_usb, "046d:c52b" },
	{ wishes_mdev, UUID },
	{ wishes_evdev, "auto" },
	{ wishes_looking_glass, "1x1" },
	{ wishes_vcpus, "1" },
	{ wishes_pin, "auto" },
	{ wishes_hugepages, NULL },
	{ wishes_hide_hypervisor, NULL },
	{ wishes_override, "a.b=remove" },
	{ wishes_qemu_arg, "-S" },
	{ wishes_hook, NULL },
	{ wishes_xslt, "a.xsl" },
	{ wishes_unset, "hostdev:01:00" },
	{ wishes_unset, "rom:pci_0000_01_00_0" },
	{ wishes_unset, "usb:3.14" },
	{ wishes_unset, "mdev:" UUID },
	{ wishes_unset, "evdev" },
	{ wishes_unset, "looking-glass" },
	{ wishes_unset, "pin" },
	{ wishes_unset, "hugepages" },
	{ wishes_unset, "hide-hypervisor" },
	{ wishes_unset, "override:a.b" },
	{ wishes_unset, "qemu-arg:-S" },
	{ wishes_unset, "hook" },
};

START_TEST(any_wish_is_a_change_and_may_be_repeated)
{
	CLEANUP_WISHES struct wishes wishes = WISHES_NONE;

	ck_assert(wishes_are_empty(&wishes));
	take(&wishes, changes[_i].fn, changes[_i].value);
	take(&wishes, changes[_i].fn, changes[_i].value);
	ck_assert(!wishes_are_empty(&wishes));
	wishes_done(&wishes);
	ck_assert(wishes_are_empty(&wishes));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("wishes");
	TCase *tc = tcase_create("values");

	tcase_add_test(tc, a_device_has_all_its_keys);
	tcase_add_test(tc, devices_are_sorted_and_merged);
	tcase_add_loop_test(tc, files_become_absolute, 0, ARRAY_SIZE(paths));
	tcase_add_test(tc, usb_and_mdev_devices);
	tcase_add_test(tc, input_devices_by_path);
	tcase_add_test(tc, input_devices_found_by_themselves);
	tcase_add_test(tc, looking_glass_has_all_its_keys);
	tcase_add_test(tc, a_pin_list_keeps_its_order);
	tcase_add_test(tc, pinning_by_itself_has_all_its_keys);
	tcase_add_loop_test(tc, page_sizes_have_units, 0, ARRAY_SIZE(pages));
	tcase_add_loop_test(tc, overrides_are_written_as_libvirt_reads_them, 0,
			    ARRAY_SIZE(overrides));
	tcase_add_test(tc, an_alias_may_hold_dots);
	tcase_add_test(tc, arguments_are_sorted_groups);
	tcase_add_test(tc, hook_keys_add_up);
	tcase_add_test(tc, parameters_go_to_the_last_stylesheet);
	tcase_add_loop_test(tc, any_wish_is_a_change_and_may_be_repeated, 0,
			    ARRAY_SIZE(changes));
	suite_add_tcase(s, tc);
	return s;
}
