#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Huge pages of a NUMA node whose memory is fragmented: half of it is free, and few huge
# pages are to be had of it.
#
# lab: append=hugepagesz=1G hugepages=1:1
# lab: limit=400

bats_require_minimum_version 1.5.0

# memory of node 0 that stays in one piece
whole=200

setup_file() {
	load lab
	load pages
	vfiokit-hook install
	lab_libvirtd
	sync
	echo 3 >/proc/sys/vm/drop_caches
	lab_fragment 0 $(($(free_mib) - whole))
}

teardown_file() {
	load lab
	lab_fragment_end
}

setup() {
	load lab
	load pages
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	pages_teardown
}

# free_mib: the free memory of node 0
free_mib() {
	awk '/MemFree/ { print int($4 / 1024) }' $nodes/node0/meminfo
}

@test "half of the memory is free, and few huge pages are to be had" {
	local file=$nodes/node0/hugepages/hugepages-2048kB/nr_hugepages free got
	free=$(free_mib)
	echo $((free / 2)) >$file
	got=$(cat $file)
	echo 0 >$file
	echo "$free MiB are free, and give $got huge pages of 2 MiB"
	[ "$free" -gt 800 ]
	[ "$got" -lt 250 ]
}

@test "a shortage is named with its numbers, and what was taken is given back" {
	define one 1000 2048 "$(bound 0)"
	SECONDS=0
	run -1 virsh start one
	echo "$SECONDS s: $output"
	local says=": vfiokit-hook: NUMA node 0 has [0-9]+ of the 500 huge pages of 2 MiB that the guest lacks \(needed: 500, free: 0\): its memory is too full or too fragmented( to find them in the time for waits)?; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:500, or allow caches to be dropped for them: 'drop-caches = yes' in section \[allow\] of /etc/vfiokit/hook.conf"
	[[ $output =~ $says ]]
	[ "$SECONDS" -lt 60 ]
	unchanged
}

@test "what one node cannot give the other one gives" {
	define one 700 2048
	virsh start one
	read -r total0 free0 <<<"$(pages 0)"
	read -r total1 free1 <<<"$(pages 1)"
	echo "node 0: $total0, node 1: $total1"
	[ $((total0 + total1)) -eq 350 ]
	[ $((free0 + free1)) -eq 0 ]
	[ "$total0" -lt 175 ]
	virsh destroy one
	unchanged
}

@test "a hook that is killed while it allocates leaves no pages behind" {
	define one 1000 2048 "$(bound 0)"
	virsh start one >"$BATS_TEST_TMPDIR/said" 2>&1 &
	start=$! status=0
	lab_wait 60 grep -rqs ' hugepages 0 2048 0,0,500' /run/vfiokit
	for pid in $(pgrep -x vfiokit-hook); do
		kill -9 "$pid"
	done
	wait "$start" || status=$?
	[ "$status" -eq 1 ]
	grep -q 'Hook script execution failed' "$BATS_TEST_TMPDIR/said"
	lab_wait 60 is_undone
	unchanged
}
