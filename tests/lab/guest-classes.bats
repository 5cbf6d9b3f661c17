#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest within the emulated host sees the disk, the network card and the USB controller
# that it was given, and nothing else; guest.bats is about GPUs.
#
# lab: limit=1200

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
	load guest
	vfiokit-hook install
	lab_libvirtd
}

teardown() {
	guest_undefine all || :
	journalctl -t vfiokit-hook -o cat -n 30
}

# back: what is behind the devices is there again
back() {
	[ -b /dev/nvme0n1 ] && [ -e $pci/0000:04:00.0/net ] &&
		[ -e /dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd ]
}

@test "a guest with the host's kernel lists NVMe disk, NIC and USB controller" {
	guest_define_linux all --hostdev=03:00.0 --hostdev=04:00.0 --hostdev=06:00.0 --hook
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start all
	guest_lists all 900
	guest_bus all | grep -x '1b36:0010 010802'
	guest_bus all | grep -x '8086:10d3 020000'
	guest_bus all | grep -x '1b36:000d 0c0330'
	# the other one of its kind is the host's
	[ "$(guest_bus all | grep -c '^8086:10d3 ')" -eq 1 ]
	[ -e $pci/0000:05:00.0/net ]
	virsh destroy all
	lab_wait 30 back
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}
