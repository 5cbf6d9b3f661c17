#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest within the emulated host sees the disk, the network card or the USB controller
# that it was given, and nothing else; guest.bats is about GPUs.
#
# lab: limit=1500

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
	load guest
	lab_hook
}

teardown() {
	journalctl -t vfiokit-hook -o cat -n 30
	guest_undefine linux || :
}

# lists ADDRESS FUNCTION: a guest that is given the device sees that function
lists() {
	guest_define_linux linux --hostdev="$1" --hook
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start linux
	guest_lists linux 540 "$2"
}

# given_back COMMAND...: the guest ends, the command succeeds, and the host is as it was
given_back() {
	virsh destroy linux
	lab_wait 60 "$@"
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

@test "a guest with the host's kernel lists the NVMe disk" {
	lists 03:00.0 '1b36:0010 010802'
	[ ! -e /dev/nvme0n1 ]
	given_back test -b /dev/nvme0n1
}

@test "one of two identical network cards; the other one is the host's" {
	lists 04:00.0 '8086:10d3 020000'
	[ ! -e $pci/0000:04:00.0/net ]
	[ -e $pci/0000:05:00.0/net ]
	given_back test -e $pci/0000:04:00.0/net
	[ "$(basename "$(readlink $pci/0000:04:00.0/driver)")" = e1000e ]
}

@test "the USB controller" {
	local keyboard=/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd
	lists 06:00.0 '1b36:000d 0c0330'
	lab_wait 60 test ! -e $keyboard
	given_back test -e $keyboard
}
