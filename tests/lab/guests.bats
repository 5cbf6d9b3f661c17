#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Several guests at once, each with its own of the host, and guests that are saved and
# restored.
#
# lab: limit=1500

bats_require_minimum_version 1.5.0
huge_pages=/sys/devices/system/node/node1/hugepages/hugepages-2048kB
saves=/var/lib/libvirt/qemu/save

setup_file() {
	load lab
	load guest
	lab_hook
	mkdir -p /etc/vfiokit
}

setup() {
	load lab
	load guest
}

teardown() {
	for name in gpu nic other saved; do
		guest_undefine $name 2>/dev/null || :
	done
	rm -f /etc/vfiokit/hook.conf
	journalctl -t vfiokit-hook -o cat -n 30
}

before() {
	snapshot "$BATS_TEST_TMPDIR/before"
}

# unchanged: the host is as it was
unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

# pages: the huge pages of node 1, from which the guests have their memory
pages() {
	cat $huge_pages/nr_hugepages
}

# host_cpus: those of the host's services
host_cpus() {
	cat /sys/fs/cgroup/system.slice/cpuset.cpus
}

# prepared NAME: how often the hook has made the host ready for it
prepared() {
	journalctl -t vfiokit-hook VFIOKIT_GUEST="$1" -o cat | grep -cx "$1: prepared"
}

# define NAME CPU OPTION...: a guest with a CPU of its own and memory in 128 huge pages
define() {
	local name=$1 cpu=$2
	shift 2
	guest_define "$name" --vcpus=1 --pin="$cpu" --hugepages=2M "$@" --hook=isolate,irq
	guest_free_emulator "$name"
}

define_both() {
	define gpu 2 --hostdev=02:00
	define nic 3 --hostdev=04:00.0
}

# start_both: at the same time
start_both() {
	local job
	virsh start gpu &
	job=$!
	virsh start nic
	wait $job
}

both_have_theirs() {
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(driver 0000:02:00.1)" = vfio-pci ]
	[ "$(driver 0000:04:00.0)" = vfio-pci ]
	[ "$(driver 0000:05:00.0)" = e1000e ]
	[ "$(pages)" = 256 ]
	[ "$(host_cpus)" = 0-1 ]
	[ "$(cat /proc/irq/default_smp_affinity)" = 3 ]
}

@test "two guests that start at once have theirs; the first goes first" {
	define_both
	before
	start_both
	both_have_theirs
	guest_pci gpu | grep '^1234:1111 '
	guest_pci nic | grep '^8086:10d3 0200 hostdev'

	virsh destroy gpu
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	[ "$(driver 0000:02:00.1)" = snd_hda_intel ]
	[ "$(driver 0000:04:00.0)" = vfio-pci ]
	[ "$(pages)" = 128 ]
	[ "$(cat $huge_pages/free_hugepages)" = 0 ]
	[ "$(host_cpus)" = 0-2 ]
	[ "$(cat /proc/irq/default_smp_affinity)" = 7 ]
	guest_pci nic | grep '^8086:10d3 0200 hostdev'

	virsh destroy nic
	[ "$(driver 0000:04:00.0)" = e1000e ]
	unchanged
}

@test "the second goes first" {
	define_both
	before
	start_both
	both_have_theirs

	virsh destroy nic
	[ "$(driver 0000:04:00.0)" = e1000e ]
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(driver 0000:02:00.1)" = vfio-pci ]
	[ "$(pages)" = 128 ]
	[ "$(host_cpus)" = 0-1,3 ]
	[ "$(cat /proc/irq/default_smp_affinity)" = b ]
	guest_pci gpu | grep '^1234:1111 '

	virsh destroy gpu
	unchanged
}

@test "two guests that start and stop at the same time, again and again" {
	local job
	define_both
	before
	for _ in 1 2; do
		start_both
		both_have_theirs
		virsh destroy gpu &
		job=$!
		virsh destroy nic
		wait $job
		[ "$(pages)" = 0 ]
		[ -z "$(ls -A /run/vfiokit)" ]
	done
	unchanged
}

@test "a device that another guest has: refused with its name, and nothing is touched" {
	define gpu 2 --hostdev=02:00
	define other 3 --hostdev=04:00.0 --hostdev=02:00
	virsh start gpu
	before
	cp "/run/vfiokit/$(virsh domuuid gpu)" "$BATS_TEST_TMPDIR/log"
	run -1 virsh start other
	[[ $output == *": vfiokit-hook: 0000:02:00.0 is in use by the guest 'gpu'" ]]
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/log" "/run/vfiokit/$(virsh domuuid gpu)"
	[ "$(ls -A /run/vfiokit | sort)" = "$(printf '%s\nshared' "$(virsh domuuid gpu)")" ]
	[ "$(virsh domstate gpu | head -n 1)" = running ]
	guest_pci gpu | grep '^1234:1111 '

	virsh destroy gpu
	virsh start other
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(driver 0000:04:00.0)" = vfio-pci ]
}

@test "of two guests that want a device at the same time one gets it" {
	local job status=0 first=0
	define gpu 2 --hostdev=02:00
	define other 3 --hostdev=02:00
	before
	virsh start gpu >"$BATS_TEST_TMPDIR/gpu" 2>&1 &
	job=$!
	virsh start other >"$BATS_TEST_TMPDIR/other" 2>&1 || status=$?
	wait $job || first=$?
	cat "$BATS_TEST_TMPDIR"/{gpu,other}
	[ $((status + first)) -eq 1 ]
	if [ "$status" -eq 0 ]; then
		grep "vfiokit-hook: 0000:02:00.0 is in use by the guest 'other'$" "$BATS_TEST_TMPDIR/gpu"
		[ "$(host_cpus)" = 0-2 ]
		virsh destroy other
	else
		grep "vfiokit-hook: 0000:02:00.0 is in use by the guest 'gpu'$" "$BATS_TEST_TMPDIR/other"
		[ "$(host_cpus)" = 0-1,3 ]
		virsh destroy gpu
	fi
	unchanged
}

@test "a guest that is saved gives its pages and cores back, and has them again when restored" {
	define saved 3
	before
	virsh start saved
	virsh managedsave saved
	[ -e $saves/saved.save ]
	unchanged
	virsh start saved
	[ ! -e $saves/saved.save ]
	[ "$(pages)" = 128 ]
	[ "$(host_cpus)" = 0-2 ]
	[ "$(virsh domstate saved | head -n 1)" = running ]
	virsh destroy saved
	unchanged
}

@test "a restore that the hook refuses leaves nothing, and can be had later" {
	define saved 3
	virsh start saved
	virsh managedsave saved
	printf '[allow]\nnonsense\n' >/etc/vfiokit/hook.conf
	before
	run -1 virsh start saved
	rm /etc/vfiokit/hook.conf
	echo "$output"
	[[ $output == *": vfiokit-hook: '/etc/vfiokit/hook.conf', line 2: this is no 'NAME = VALUE'" ]]
	unchanged
	[ -e $saves/saved.save ]
	virsh start saved
	[ "$(pages)" = 128 ]
	virsh destroy saved
	unchanged
}

@test "a restore that fails in QEMU leaves nothing" {
	define saved 3
	virsh start saved
	virsh managedsave saved
	truncate -s "$(($(stat -c %s $saves/saved.save) / 2))" $saves/saved.save
	before
	times=$(prepared saved)
	run -1 virsh start saved
	echo "$output"
	[ "$(prepared saved)" -eq $((times + 1)) ]
	unchanged
}

@test "a guest with a device of the host cannot be saved, and keeps what it has" {
	define nic 3 --hostdev=04:00.0
	before
	virsh start nic
	cp "/run/vfiokit/$(virsh domuuid nic)" "$BATS_TEST_TMPDIR/log"
	run -1 virsh managedsave nic
	echo "$output"
	[[ $output == *'cannot migrate domain: '* ]]
	[ "$(virsh domstate nic | head -n 1)" = running ]
	diff "$BATS_TEST_TMPDIR/log" "/run/vfiokit/$(virsh domuuid nic)"
	[ "$(driver 0000:04:00.0)" = vfio-pci ]
	[ "$(pages)" = 128 ]
	[ "$(host_cpus)" = 0-2 ]
	guest_pci nic | grep '^8086:10d3 0200 hostdev'
	virsh destroy nic
	unchanged
}
