#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests have their cores for themselves, under the true systemd and the true kernel.
#
# lab: cpufreq
# lab: limit=400

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	vfiokit-hook install
	lab_libvirtd
}

setup() {
	load lab
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	for name in one two; do
		virsh destroy $name 2>/dev/null
		virsh undefine $name 2>/dev/null
	done
	systemctl set-property --runtime machine.slice AllowedCPUs=
	journalctl -t vfiokit-hook -o cat -n 40
	:
}

# define NAME CPUSET METADATA: a guest with a vCPU for each of the CPUs, and its UUID
define() {
	local n=0 cpu pins=''
	for cpu in $2; do
		pins+="<vcpupin vcpu='$n' cpuset='$cpu'/>"
		n=$((n + 1))
	done
	cat >"$BATS_TEST_TMPDIR/$1.xml" <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <metadata><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>$3</v:guest></metadata>
		  <memory unit='MiB'>64</memory>
		  <vcpu>${n/#0/1}</vcpu>
		  <cputune>$pins</cputune>
		  <os><type arch='x86_64' machine='pc'>hvm</type></os>
		  <devices><controller type='usb' model='none'/><memballoon model='none'/></devices>
		</domain>
	END
	virsh undefine "$1" 2>/dev/null || : # it has a new UUID each time
	virsh define "$BATS_TEST_TMPDIR/$1.xml"
}

# allowed UNIT: what systemd says, and what its control group has
allowed() {
	echo "$(systemctl show -P AllowedCPUs "$1" | tr ' ' ,)" "$(cat "/sys/fs/cgroup/$1/cpuset.cpus")"
}

# running_on PID: where the kernel lets it run
running_on() {
	sed -n 's/^Cpus_allowed_list:\t//p' "/proc/$1/status"
}

# vcpus NAME: where its vCPUs may run
vcpus() {
	virsh vcpupin "$1" | awk 'NR > 2 && NF { print $2 }' | paste -sd ' '
}

# all_on CPUS: the three units have these for the host
all_on() {
	local unit
	for unit in system.slice user.slice init.scope; do
		[ "$(allowed $unit)" = "$1 $1" ] || {
			echo "$unit: $(allowed $unit)"
			return 1
		}
	done
}

# unlimited UNIT: its control group keeps its processes off no CPU
unlimited() {
	[[ $(cat "/sys/fs/cgroup/$1/cpuset.cpus" 2>/dev/null) =~ ^(0-3)?$ ]]
}

# unchanged: the host is as it was before the test
unchanged() {
	local unit
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
	for unit in system.slice user.slice init.scope; do
		unlimited $unit
	done
}

# movable: the interrupts that may come up on the CPUs 2 and 3, of those the kernel moves
movable() {
	local file list
	for file in /proc/irq/[0-9]*/smp_affinity_list; do
		read -r list <"$file"
		[[ $list == *[23]* ]] || continue
		! { echo "$list" >"$file"; } 2>/dev/null || echo "$file $list"
	done
}

@test "two guests whose pins overlap: the host has what they leave, and in the end all" {
	define one "2" "<v:cores isolate='yes'/>"
	define two "2 3" "<v:cores isolate='yes'/>"
	virsh start one
	all_on 0-1,3
	[ "$(running_on "$(systemctl show -P MainPID systemd-journald)")" = 0-1,3 ]
	[ "$(running_on 1)" = 0-1,3 ]
	[ "$(vcpus one)" = 2 ]
	[ "$(cat /sys/devices/virtual/workqueue/cpumask)" = b ]
	virsh start two
	all_on 0-1
	[ "$(vcpus two)" = "2 3" ]
	[ "$(cat /sys/devices/virtual/workqueue/cpumask)" = 3 ]
	virsh destroy one
	all_on 0-1
	virsh destroy two
	unchanged
	[ "$(running_on 1)" = 0-3 ]
}

@test "the other way round, and what was set before comes back" {
	systemctl set-property --runtime user.slice AllowedCPUs=1-3
	define one "3" "<v:cores isolate='yes'/>"
	define two "2" "<v:cores isolate='yes'/>"
	virsh start two
	[ "$(allowed user.slice)" = "1,3 1,3" ]
	virsh start one
	[ "$(allowed user.slice)" = "1 1" ]
	[ "$(allowed system.slice)" = "0-1 0-1" ]
	virsh destroy two
	[ "$(allowed user.slice)" = "1-2 1-2" ]
	virsh destroy one
	[ "$(allowed user.slice)" = "1-3 1-3" ]
	systemctl set-property --runtime user.slice AllowedCPUs=
	lab_wait 5 unlimited user.slice
	unchanged
}

@test "interrupts keep off the cores, and come back" {
	define one "2 3" "<v:cores isolate='yes' irq='yes'/>"
	virsh start one
	[ "$(cat /proc/irq/default_smp_affinity)" = 3 ]
	[ -z "$(movable)" ]
	virsh destroy one
	unchanged
}

@test "the governor is set for the pins, and comes back" {
	define one "2 3" "<v:cores governor='performance'/>"
	policies=/sys/devices/system/cpu/cpufreq
	[ "$(cat $policies/policy2/scaling_governor)" != performance ] ||
		for n in 0 1 2 3; do echo powersave >$policies/policy$n/scaling_governor; done
	snapshot "$BATS_TEST_TMPDIR/before"
	former=$(cat $policies/policy0/scaling_governor)
	virsh start one
	[ "$(cat $policies/policy{0,1,2,3}/scaling_governor | paste -sd ' ')" = "$former $former performance performance" ]
	virsh destroy one
	unchanged

	define one "2 3" "<v:cores governor='turbo'/>"
	run virsh start one
	[ "$status" -eq 1 ]
	[[ $output == *"there is no governor 'turbo' for the guest's CPUs ('policy2'); there are: "*performance* ]]
	unchanged
}

@test "the host does not sleep while the guest runs" {
	define one "" "<v:sleep/>"
	virsh start one
	inhibitors=$(systemd-inhibit --list --no-pager)
	[[ $inhibitors == *vfiokit*sleep*"the guest 'one' is running"*block* ]]
	unit=vfiokit-sleep-$(virsh domuuid one).service
	systemctl is-active "$unit"
	virsh destroy one
	unchanged
	[[ $(systemd-inhibit --list --no-pager) != *vfiokit* ]]
	lab_wait 10 sh -c "systemctl show -P LoadState $unit | grep -qx not-found"
}

@test "where there is no logind the guest starts all the same" {
	define one "" "<v:sleep/>"
	systemctl mask --runtime --now systemd-logind
	virsh start one
	systemctl unmask --runtime systemd-logind
	systemctl start systemd-logind
	virsh destroy one
	unchanged
	journalctl -t vfiokit-hook -o cat | grep 'the host may sleep while the guest runs: '
}

@test "what cannot be is refused, and nothing is touched" {
	define one "0 1 2 3" "<v:cores isolate='yes'/>"
	run virsh start one
	[ "$status" -eq 1 ]
	[[ $output == *"take 4 of the 4 CPUs and leave the host no whole core (CPUs left: none)"* ]]
	unchanged

	systemctl set-property --runtime machine.slice AllowedCPUs=0-2
	define one "2 3" "<v:cores isolate='yes'/>"
	run virsh start one
	[ "$status" -eq 1 ]
	[[ $output == *"the guest is pinned to the CPUs 3, which AllowedCPUs of 'machine.slice' does not hold"* ]]
}

@test "a running guest without pins is named" {
	define one "" ""
	define two "2 3" "<v:cores isolate='yes'/>"
	virsh start one
	virsh start two
	journalctl -t vfiokit-hook -o cat | grep "the guest 'one' is running without pins, and may use the CPUs 2-3 as well"
	virsh destroy two
	# the kernel still limits the units, as a guest needs it to: to all CPUs
	[ "$(running_on 1)" = 0-3 ]
	[ "$(running_on "$(systemctl show -P MainPID systemd-journald)")" = 0-3 ]
	virsh destroy one
	unchanged
}

@test "a guest whose QEMU cannot start leaves nothing behind" {
	define one "2 3" "<v:cores isolate='yes' irq='yes' governor='performance'/><v:sleep/>"
	virsh dumpxml --inactive one |
		sed "s|<domain type='qemu'>|<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg value='-device'/><qemu:arg value='no-such-device'/></qemu:commandline>|" >"$BATS_TEST_TMPDIR/bad.xml"
	virsh define "$BATS_TEST_TMPDIR/bad.xml"
	run virsh start one
	[ "$status" -eq 1 ]
	[[ $output == *no-such-device* ]]
	unchanged
}
