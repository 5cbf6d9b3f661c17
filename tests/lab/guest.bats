#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest within the emulated host sees the GPU that it was given, and nothing else.
#
# lab: limit=1200

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
	load guest
	lab_hook
}

teardown() {
	guest_undefine gpu 2>/dev/null || true
	guest_undefine nic 2>/dev/null || true
}

@test "a guest without an operating system has what QEMU says it has, and gives it back" {
	snapshot "$BATS_TEST_TMPDIR/before"
	guest_define nic --hostdev=05:00.0
	virsh start nic
	guest_pci nic | grep -q '^8086:10d3 0200 hostdev0$'
	[ "$(basename "$(readlink "$pci/0000:05:00.0/driver")")" = vfio-pci ]
	virsh destroy nic
	lab_wait 60 test -e $pci/0000:05:00.0/net
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "a guest with the host's kernel lists the GPU and its audio" {
	guest_define_linux gpu --hostdev=02:00 --hook
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start gpu
	guest_lists gpu 540 '1234:1111 038000' '8086:2668 040300'
	virsh destroy gpu
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}
