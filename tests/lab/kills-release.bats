#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# As in kills.bats: the hook is killed while it gives back. What is left is undone by whoever
# comes next.
#
# lab: append=modprobe.blacklist=virtio_gpu
# lab: cpufreq
# lab: limit=1800

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	load guest
	load kills
	kills_begin
}

teardown_file() {
	kills_end
}

setup() {
	load lab
	load guest
	load kills
	kills_setup
}

teardown() {
	kills_teardown
}

# undone_by_restore: `restore` is called, and killed each time it has got a little further,
# until nothing is left
undone_by_restore() {
	local n=0 status=137
	while [ "$status" -eq 137 ]; do
		status=0
		/lab/bin/killat $killed - send -- vfiokit-hook restore win || status=$?
		n=$((n + 1))
		[ "$n" -lt 100 ]
	done
	[ "$status" -eq 0 ]
}

@test "release: restore brings the rest back, however often that is killed" {
	virsh start win
	arm release '~' send
	virsh destroy win
	disarm
	grep -qx 'killed ~ send' $killed
	grep -qx '~' "/run/vfiokit/$(virsh domuuid win)"
	undone_by_restore
	[ "$(grep -c '^killed - send' $killed)" -ge 15 ]
	tail -n 1 $killed | grep '^passed'
	unchanged
	count
}

# undone_by_next PLACES...: the hook is killed there as it gives back, and the start of a guest
# that has nothing to do with it undoes the rest; each is the places of one kill
undone_by_next() {
	local places
	for places; do
		virsh start win
		# shellcheck disable=SC2086 # they are words
		arm release $places
		virsh destroy win
		disarm
		[ "$(tail -n 1 $killed)" = "killed $places" ]
		[ -e "/run/vfiokit/$(virsh domuuid win)" ]
		virsh start other
		[ ! -e "/run/vfiokit/$(virsh domuuid win)" ]
		virsh destroy other
		unchanged
	done
	count
}

@test "release: the next call of libvirt brings the rest back, interrupts and devices" {
	undone_by_next '~' '~ - send:smp_affinity' '~ - send:unbind'
}

@test "release: the next call of libvirt brings the rest back, drivers, units and memory" {
	undone_by_next '~ - send:drivers_probe recv' '~ - send:StartUnit' '~ - - - - - - - - send'
}
