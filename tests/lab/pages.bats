#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Huge pages of guests, under the true kernel: by difference and per NUMA node, and those of
# 1 GiB that the host has reserved at boot.
#
# lab: append=hugepagesz=1G hugepages=1:1
# lab: limit=600

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	vfiokit-hook install
	lab_libvirtd
}

setup() {
	load lab
	load pages
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	pages_teardown
}

@test "missing pages are allocated on the guest's node while it runs, and no more than these" {
	echo 20 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	define one 64 2048 "$(bound 1)"
	virsh start one
	[ "$(pages 0)" = "0 0" ]
	[ "$(pages 1)" = "32 0" ]
	[ "$(mapped one 1)" -eq 32 ]
	virsh destroy one
	[ "$(pages 1)" = "20 20" ]
	journalctl -t vfiokit-hook VFIOKIT_GUEST=one -o cat |
		grep -x 'one: 32 huge pages of 2 MiB on NUMA node 1, 12 of them allocated'
	echo 0 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	unchanged
}

@test "the guest's nodes have pages of their own" {
	define one 96 2048 "<cpu><numa>
		<cell id='0' cpus='0' memory='32' unit='MiB'/>
		<cell id='1' cpus='1' memory='64' unit='MiB'/></numa></cpu><vcpu>2</vcpu>
		<numatune><memnode cellid='0' mode='strict' nodeset='1'/>
		<memnode cellid='1' mode='strict' nodeset='0'/></numatune>"
	virsh start one
	[ "$(pages 0)" = "32 0" ]
	[ "$(pages 1)" = "16 0" ]
	virsh destroy one
	unchanged
}

@test "guests come and go, and each has its own" {
	define one 64 2048 "$(bound 0)"
	define two 48 2048 "$(bound 0)"
	virsh start one
	virsh start two
	[ "$(pages 0)" = "56 0" ]
	virsh destroy one
	[ "$(pages 0)" = "24 0" ]
	virsh start one
	[ "$(pages 0)" = "56 0" ]
	virsh destroy two
	[ "$(pages 0)" = "32 0" ]
	virsh destroy one
	unchanged
}

@test "guests that start at the same time take nothing from each other" {
	define one 256 2048 "$(bound 0)"
	define two 256 2048 "$(bound 0)"
	for _ in 1 2; do
		virsh start one &
		virsh start two
		wait $!
		[ "$(pages 0)" = "256 0" ]
		virsh destroy one &
		virsh destroy two
		wait $!
		[ "$(pages 0)" = "0 0" ]
	done
	unchanged
}

@test "a guest whose QEMU cannot start, or is killed, leaves no pages behind" {
	define one 64 2048 "$(bound 0)"
	virsh start one
	kill -9 "$(cat /run/libvirt/qemu/one.pid)"
	lab_wait 20 is_off one
	lab_wait 20 is_undone
	unchanged
	sed 's|<devices>|<devices><disk type="file"><source file="/nowhere"/><target dev="hda"/></disk>|' \
		"$BATS_TEST_TMPDIR/one.xml" >"$BATS_TEST_TMPDIR/disk.xml"
	virsh undefine one
	virsh define "$BATS_TEST_TMPDIR/disk.xml"
	run ! virsh start one
	unchanged
}

@test "a page of 1 GiB that is reserved is used, and stays" {
	[ "$(pages 1 1048576)" = "1 1" ]
	define one 1024 1048576 "$(bound 1)"
	virsh start one
	[ "$(pages 1 1048576)" = "1 0" ]
	virsh destroy one
	[ "$(pages 1 1048576)" = "1 1" ]
	unchanged
}

@test "more pages of 1 GiB are refused: they are to be had at boot" {
	define one 2048 1048576
	run -1 virsh start one
	echo "$output"
	[[ $output == *': vfiokit-hook: the host has 0 of the 1 huge page of 1 GiB that the guest lacks (needed: 2, free: 1): pages of this size are to be had at boot only, in practice, with the kernel'"'"'s parameters hugepagesz=1G hugepages=2'* ]]
	unchanged
}
