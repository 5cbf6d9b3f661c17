#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The user's scripts, memory that is shared, and ROM files, with the true libvirtd and QEMU.
#
# lab: limit=300

bats_require_minimum_version 1.5.0
scripts=/etc/vfiokit/hooks.d
log=/tmp/scripts.log

setup() {
	load lab
	load guest
	rm -rf $scripts $log
	lab_hook
}

teardown() {
	guest_undefine win || :
	rm -rf $scripts /etc/libvirt/hooks/qemu.d/win
	journalctl -t vfiokit-hook -o cat -n 40
}

# script PATH BODY
script() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod 755 "$1"
}

@test "scripts run at each operation, with libvirt's arguments and the domain" {
	guest_define win --hook
	for operation in prepare/begin start/begin started/begin stopped/end release/end; do
		script "$scripts/win/$operation/10-log" "echo \"\$@\" >>$log; grep -c '<name>win</name>' >>$log"
	done
	virsh start win
	virsh destroy win
	diff $log - <<-'EOT'
		win prepare begin -
		1
		win start begin -
		1
		win started begin -
		1
		win stopped end -
		1
		win release end -
		1
	EOT
}

@test "a script that fails refuses the start, and says why" {
	guest_define win --hostdev=05:00.0 --hook
	script $scripts/win/prepare/begin/10-no 'echo the sun does not shine; exit 1'
	snapshot "$BATS_TEST_TMPDIR/before"
	run -1 virsh start win
	[[ $output == *"vfiokit-hook: script: '$scripts/win/prepare/begin/10-no' failed with status 1: the sun does not shine"* ]]
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "a script that leaves something running does not keep libvirt waiting" {
	guest_define win --hook
	script $scripts/win/prepare/begin/10-daemon "sleep 1000 & echo \$! >$log"
	timeout 30 virsh start win
	kill "$(cat $log)"
}

@test "scripts of another hook are taken over" {
	guest_define win --hook
	script /etc/libvirt/hooks/qemu.d/win/prepare/begin/start.sh "echo imported >>$log"
	script /etc/libvirt/hooks/qemu.d/win/release/end/stop.sh 'virsh nodedev-reattach x'
	run -1 --separate-stderr vfiokit-hook import
	[ "${lines[0]}" = "copied '/etc/libvirt/hooks/qemu.d/win/prepare/begin/start.sh' to '$scripts/win/prepare/begin/start.sh'" ]
	[[ ${lines[1]} == "left out '/etc/libvirt/hooks/qemu.d/win/release/end/stop.sh': line 2 calls libvirt ('virsh')"* ]]
	# shellcheck disable=SC2154 # run sets it
	[ "$stderr" = "vfiokit-hook: 1 of 2 scripts were left out" ]
	virsh start win
	[ "$(cat $log)" = imported ]
}

@test "memory is there for the user before QEMU starts, and gone after it" {
	guest_define win --looking-glass=1280x720 --hook=shmem-user=nobody
	script $scripts/win/start/begin/10-look "stat -c '%U %G %a %s' /dev/shm/looking-glass >>$log"
	virsh start win
	[ "$(cat $log)" = "nobody kvm 660 33554432" ]
	grep -q /dev/shm/looking-glass "/proc/$(cat /run/libvirt/qemu/win.pid)/maps"
	virsh destroy win
	[ ! -e /dev/shm/looking-glass ]
	[ -z "$(ls -A /run/vfiokit)" ]
}

@test "memory that the user looks at stays, and is taken again" {
	guest_define win --looking-glass=1280x720 --hook=shmem-user=nobody
	virsh start win
	exec {fd}</dev/shm/looking-glass
	virsh destroy win
	[ -e /dev/shm/looking-glass ]
	exec {fd}<&-
	virsh start win
	virsh destroy win
	[ ! -e /dev/shm/looking-glass ]
}

@test "a ROM file that QEMU's user cannot read refuses the start" {
	mkdir -m 700 /tmp/closed
	rom=/tmp/closed/gpu.rom
	head -c 4096 /dev/zero >$rom
	guest_define win --hostdev=05:00.0 --rom="05:00.0,$rom" --hook
	run -1 virsh start win
	[[ $output == *"the ROM of 0000:05:00.0: QEMU, running as 'libvirt-qemu', cannot read '$rom' (Permission denied)"* ]]
	rm -r /tmp/closed
}
