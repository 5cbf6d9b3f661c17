#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The emulated host is what machine.bash says, and its snapshot sees what changes.

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
}

# group ADDRESS: its IOMMU group
group() {
	basename "$(readlink "$pci/$1/iommu_group")"
}

# ids ADDRESS: all that tells what it is
ids() {
	(cd "$pci/$1" && cat vendor device subsystem_vendor subsystem_device class)
}

@test "systemd is PID 1, has come up, and nothing has failed" {
	[ "$(cat /proc/1/comm)" = systemd ]
	lab_wait 30 systemctl is-system-running
	[ -z "$(systemctl --failed --no-legend)" ]
	for unit in dbus systemd-udevd systemd-logind systemd-journald; do
		systemctl is-active "$unit"
	done
}

@test "there are two NUMA nodes of one core with two threads each" {
	[ "$(cat /sys/devices/system/node/online)" = 0-1 ]
	[ "$(cat /sys/devices/system/node/node0/cpulist)" = 0-1 ]
	[ "$(cat /sys/devices/system/node/node1/cpulist)" = 2-3 ]
	[ "$(cat /sys/devices/system/cpu/cpu0/topology/thread_siblings_list)" = 0-1 ]
	[ "$(cat /sys/devices/system/cpu/cpu3/topology/thread_siblings_list)" = 2-3 ]
	for node in 0 1; do
		[ "$(awk '/MemTotal/ { print $4 }' /sys/devices/system/node/node$node/meminfo)" -gt 1500000 ]
	done
}

@test "each card is an IOMMU group of its own" {
	groups=()
	for card in 01 02 03 04 05 06; do
		groups+=("$(group 0000:$card:00.0)")
	done
	[ "$(printf '%s\n' "${groups[@]}" | sort -u | wc -l)" -eq 6 ]
	for card in 01 02; do
		[ "$(group 0000:$card:00.1)" = "$(group 0000:$card:00.0)" ]
	done
}

@test "the boot GPU has the console, the second one a driver too" {
	[ "$(cat $pci/0000:01:00.0/boot_vga)" = 1 ]
	[ "$(driver 0000:01:00.0)" = virtio-pci ]
	[ "$(driver 0000:01:00.1)" = snd_hda_intel ]
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	grep -qx 1 "$(dirname "$(grep -l 'frame buffer' /sys/class/vtconsole/*/name)")/bind"
	[ -e /dev/dri/card0 ]
	[ -e /dev/dri/card1 ]
}

@test "there is an NVMe disk" {
	[ "$(driver 0000:03:00.0)" = nvme ]
	[ "$(blockdev --getsize64 /dev/nvme0n1)" -eq 67108864 ]
}

@test "the NICs differ in nothing but their place" {
	[ "$(driver 0000:04:00.0)" = e1000e ]
	diff <(ids 0000:04:00.0) <(ids 0000:05:00.0)
}

@test "there are a USB keyboard and a USB mouse" {
	[ -c /dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd ]
	[ -c /dev/input/by-id/usb-QEMU_QEMU_USB_Mouse_M1-event-mouse ]
}

@test "libvirtd answers, and has no guests" {
	lab_libvirtd
	[ -z "$(virsh list --all --name | tr -d '\n')" ]
	virsh capabilities | grep -q "<cell id='1'>"
}

@test "what runs is what was installed" {
	[ "$(command -v xmltweak)" = /usr/bin/xmltweak ]
	[ "$(findmnt -no FSTYPE -T /usr/bin/xmltweak)" = overlay ]
	cmp /usr/bin/xmltweak /lab/stage/usr/bin/xmltweak
	xmltweak --host=none --hide-hypervisor /usr/share/doc/vfiokit/examples/win11.xml |
		grep -q '<vendor_id '
}

@test "a snapshot equals the next" {
	snapshot "$BATS_TEST_TMPDIR/a"
	snapshot "$BATS_TEST_TMPDIR/b"
	snapshot_compare "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	for fact in 'pci 0000:02:00.1 driver snd_hda_intel' 'AllowedCPUs init.scope ' \
		'hugepages node1 2048kB/free_hugepages 0' 'unit systemd-logind.service active' \
		"vtconsole '(M) frame buffer device' 1" 'interrupts default_smp_affinity f'; do
		grep -qxF "$fact" "$BATS_TEST_TMPDIR/a"
	done
}

@test "a snapshot sees what changed, which is the test of the tests" {
	a=$BATS_TEST_TMPDIR/a b=$BATS_TEST_TMPDIR/b
	huge_pages=/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
	console=$(dirname "$(grep -l 'frame buffer' /sys/class/vtconsole/*/name)")
	snapshot "$a"

	echo 0000:05:00.0 >/sys/bus/pci/drivers/e1000e/unbind
	echo vfio-pci >$pci/0000:05:00.0/driver_override
	echo 3 >$huge_pages
	echo 3 >/proc/irq/default_smp_affinity
	echo 0 >"$console/bind"
	systemctl set-property --runtime user.slice AllowedCPUs=0
	systemd-run -q -u lab-sleep systemd-inhibit --what=sleep --who=lab --why='a test' sleep 60
	lab_wait 5 sh -c 'systemd-inhibit --list | grep -q "a test"'
	snapshot "$b"
	run -1 snapshot_compare "$a" "$b"
	diff <(grep '^[<>]' <<<"$output") - <<-'EOF'
	< AllowedCPUs user.slice 
	> AllowedCPUs user.slice 0
	< hugepages node1 2048kB/free_hugepages 0
	< hugepages node1 2048kB/nr_hugepages 0
	> hugepages node1 2048kB/free_hugepages 3
	> hugepages node1 2048kB/nr_hugepages 3
	> inhibitor "sleep","lab","a test","block"
	< interrupts default_smp_affinity f
	> interrupts default_smp_affinity 3
	< pci 0000:05:00.0 driver e1000e
	< pci 0000:05:00.0 driver_override (null)
	> pci 0000:05:00.0 driver_override vfio-pci
	> unit lab-sleep.service active
	< vtconsole '(M) frame buffer device' 1
	< vtconsole '(S) dummy device' 0
	> vtconsole '(M) frame buffer device' 0
	> vtconsole '(S) dummy device' 1
	EOF
	snapshot_compare "$a" "$b" '^(AllowedCPUs|hugepages|inhibitor|interrupts|pci|unit|vtconsole) '

	systemctl stop lab-sleep
	systemctl set-property --runtime user.slice AllowedCPUs=
	echo 1 >"$console/bind"
	echo f >/proc/irq/default_smp_affinity
	echo 0 >$huge_pages
	echo >$pci/0000:05:00.0/driver_override
	echo 0000:05:00.0 >/sys/bus/pci/drivers_probe
	lab_wait 10 test -e $pci/0000:05:00.0/net
	snapshot "$b"
	snapshot_compare "$a" "$b"
}
