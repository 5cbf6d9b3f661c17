#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests with huge pages from memfd where AppArmor confines QEMU, by the profile that Debian
# ships: with the lines that xmltweak names, and with emulator threads where it puts them.
#
# lab: apparmor
# lab: limit=600

bats_require_minimum_version 1.5.0
guests=/etc/apparmor.d/local/abstractions/libvirt-qemu

setup_file() {
	load lab
	vfiokit-hook install
	lab_libvirtd
}

setup() {
	load lab
	load guest
	said=$BATS_TEST_TMPDIR/said
}

teardown() {
	guest_undefine huge || :
	: >$guests
	[[ $BATS_TEST_COMPLETED ]] || {
		cat "$said"
		journalctl -t vfiokit-hook -o cat -n 20
		denied
	}
}

# define: a guest that has a CPU of the one core of its node, and huge pages of that
define() {
	guest_define huge --hugepages=2M --pin=3 --hook 2>"$said"
}

# lines: those that xmltweak names
lines() {
	sed -n "s,.* until the line '\(.*\)' is in '$guests'$,\1,p" "$said" | LC_ALL=C sort
}

# denied: what AppArmor has denied so far
denied() {
	journalctl -b -o cat | grep 'apparmor="DENIED"'
}

# pages: the nodes that QEMU's huge pages are on
pages() {
	awk '/ huge / { for (i = 1; i <= NF; i++) if ($i ~ /^N[0-9]+=/) print substr($i, 1, 2) }' \
		"/proc/$(cat /run/libvirt/qemu/huge.pid)/numa_maps" | sort -u
}

@test "a guest with huge pages of one node starts with the lines that xmltweak names" {
	define
	[ "$(lines)" = '/sys/devices/system/node/node[0-9]*/cpumap r,
owner / w,' ]
	run -1 virsh start huge
	echo "$output"
	denied | tail -n 1

	lines >$guests
	before=$(denied | wc -l)
	virsh start huge
	[ "$(pages)" = N1 ]
	virsh emulatorpin huge | grep -E ' 0-2$'
	virsh destroy huge
	[ "$(denied | wc -l)" -eq "$before" ]

	guest_undefine huge
	define
	[ "$(lines)" = '' ]
}

@test "without a CPU of their node for the emulator they do not start, and xmltweak says so" {
	define
	lines >$guests
	virsh emulatorpin huge 0-1 --config
	run -1 virsh start huge
	[[ $output == *"Setting CPU affinity failed: Invalid argument"* ]]
	xmltweak --domain huge --hugepages --define 2>"$said"
	grep -F 'its emulator threads are pinned to CPUs 0-1, and QEMU has huge pages of NUMA node 1 allocated by CPUs of that node: add one of 2-3 to <emulatorpin>' "$said"
	xmltweak --domain huge --pin=3 --define
	virsh start huge
}
