#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook is killed, with its worker, in each of its steps, on the true kernel and under the
# true libvirtd: before it acts, in the midst of that, and when it has done so. Whatever it has
# come to is undone by libvirt's call of release. Here: the steps before it comes to devices.
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

@test "lock, identity, scripts: nothing was done yet" {
	mkdir -p /etc/vfiokit/hooks.d/win/prepare/begin
	printf '#!/bin/sh\nexec sleep 999\n' >/etc/vfiokit/hooks.d/win/prepare/begin/10-wait
	chmod 755 /etc/vfiokit/hooks.d/win/prepare/begin/10-wait
	dies win pidfd
	rm -r /etc/vfiokit/hooks.d
	run ! pgrep -f 'sleep 999'
	dies win flock
	dies win flock open:0000:02:00.0
	# with the lock in somebody else's hands
	flock /run/vfiokit sleep 2 3>&- &
	lab_wait 5 pgrep -f 'flock /run/vfiokit'
	dies win flock
	wait $!
	count
}

@test "hugepages" {
	dies win +hugepages
	dies win +hugepages send:nr_hugepages
	dies win +hugepages send:nr_hugepages recv
	dies win +hugepages-claim
	count
}

@test "shmem" {
	dies win +shmem
	dies win +shmem-file
	dies win +shmem-file link
	count
}

@test "cores" {
	dies win +cores
	dies win +allowed-cpus send:SetUnitProperties
	dies win +allowed-cpus +allowed-cpus send:SetUnitProperties recv
	dies win +workqueue send:cpumask
	count
}

@test "governor" {
	dies win +governor
	dies win +scaling-governor send:scaling_governor
	dies win +scaling-governor +scaling-governor send:scaling_governor recv
	count
}

@test "sleep" {
	dies win +sleep
	dies win +sleep send:StartTransientUnit
	count
}
