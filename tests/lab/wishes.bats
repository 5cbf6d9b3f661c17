#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a bats file may say about the host that it needs comes true.
#
# lab: append=modprobe.blacklist=bochs,virtio_gpu
# lab: append=hugepagesz=1G hugepages=1
# lab: gpu=10de:1b80:0300:a1:1458:3702 10de:10f0:0403:a1:1458:3702
# lab: gpu=1002:73bf:0380:c1
# lab: qemu=-device virtio-rng-pci,id=wished
# lab: memory=5120
# lab: cpufreq
# lab: apparmor
# lab: monitor
# lab: then=reboot

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
	load monitor
}

@test "without a driver the boot GPU keeps the framebuffer of the firmware" {
	[ ! -e $pci/0000:01:00.0/drm ]
	[ -e /sys/bus/platform/devices/efi-framebuffer.0/driver ]
	grep -q efifb /proc/iomem
	grep -qx 1 "$(dirname "$(grep -l 'frame buffer' /sys/class/vtconsole/*/name)")/bind"
}

@test "a card has the ids that were asked for, and vfio-pci takes it" {
	[ "$(cd $pci/0000:07:00.0 && cat vendor device class revision | paste -sd " ")" = \
		"0x10de 0x1b80 0x030000 0xa1" ]
	[ "$(cat $pci/0000:07:00.0/subsystem_vendor)" = 0x1458 ]
	[ "$(cat $pci/0000:07:00.0/subsystem_device)" = 0x3702 ]
	[ "$(cat $pci/0000:07:00.1/device)" = 0x10f0 ]
	[ "$(cat $pci/0000:08:00.0/vendor)" = 0x1002 ]
	group=$(readlink $pci/0000:07:00.0/iommu_group)
	[ "$(readlink $pci/0000:07:00.1/iommu_group)" = "$group" ]
	[ "$(readlink $pci/0000:08:00.0/iommu_group)" != "$group" ]
	modprobe vfio-pci
	echo vfio-pci >$pci/0000:08:00.0/driver_override
	echo 0000:08:00.0 >/sys/bus/pci/drivers_probe
	[ "$(basename "$(readlink $pci/0000:08:00.0/driver)")" = vfio-pci ]
	[ -c "/dev/vfio/$(basename "$(readlink $pci/0000:08:00.0/iommu_group)")" ]
}

@test "there are 1 GiB pages" {
	[ "$(cat /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages)" = 1 ]
}

@test "there is more memory than without a wish, half of it in each node" {
	local node kib
	for node in 0 1; do
		read -r _ _ _ kib _ <"/sys/devices/system/node/node$node/meminfo"
		[ "$kib" -gt $((2048 * 1024)) ]
		[ "$kib" -le $((2560 * 1024)) ]
	done
}

@test "QEMU has an argument more" {
	lab_wait 60 grep -q virtio_rng /sys/class/misc/hw_random/rng_available
}

@test "QEMU plugs a keyboard when it is told to, and pulls it" {
	local node=/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_W1-event-kbd
	monitor '{"execute": "query-status"}' | grep '"running": true'
	[ ! -e $node ]
	plug plugged usb-kbd W1
	lab_wait 60 test -c $node
	unplug plugged
	lab_wait 60 test ! -e $node
}

@test "CPUs have governors" {
	[ "$(echo /sys/devices/system/cpu/cpufreq/policy* | wc -w)" -eq 4 ]
	dir=/sys/devices/system/cpu/cpufreq/policy2
	grep -qw powersave $dir/scaling_available_governors || modprobe cpufreq_powersave
	echo powersave >$dir/scaling_governor
	[ "$(cat $dir/scaling_cur_freq)" = 1000000 ]
	echo performance >$dir/scaling_governor
	[ "$(cat $dir/scaling_cur_freq)" = 3000000 ]
	snapshot "$BATS_TEST_TMPDIR/now"
	grep -qx 'cpufreq policy2 scaling_governor performance' "$BATS_TEST_TMPDIR/now"
}

@test "AppArmor confines libvirtd" {
	lab_libvirtd
	[ "$(cat "/proc/$(pidof libvirtd)/attr/current")" = "libvirtd (enforce)" ]
	virsh capabilities | grep -q '<model>apparmor</model>'
}

@test "what is on the disk" {
	[ "$LAB_BOOT" = 1 ]
	cat /proc/sys/kernel/random/boot_id >/etc/lab-boot
	virsh list
	cat >/etc/systemd/system/lab-was.service <<-'EOF'
	[Service]
	ExecStart=/bin/touch /run/lab-was
	EOF
	systemctl -q add-wants lab.target lab-was.service
}

# bats test_tags=boot:2
@test "is there after the reboot, and what was in memory is not" {
	[ "$LAB_BOOT" = 2 ]
	[ "$(cat /etc/lab-boot)" != "$(cat /proc/sys/kernel/random/boot_id)" ]
	lab_wait 20 test -e /run/lab-was
	[ "$(cat $pci/0000:08:00.0/driver_override)" = '(null)' ]
}
