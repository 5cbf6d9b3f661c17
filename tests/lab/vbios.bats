#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios dump on the real kernel: what it reads is what the card was given, and the ROM is off
# after, whatever happened.

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup() {
	load lab
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	for device in 0000:02:00.0 0000:05:00.0; do
		[[ -e $pci/$device/driver && ! $(readlink $pci/$device/driver) == */vfio-pci ]] && continue
		[[ ! -e $pci/$device/driver ]] || echo $device >$pci/$device/driver/unbind
		echo >$pci/$device/driver_override
		echo $device >/sys/bus/pci/drivers_probe
	done
}

# unbind ADDRESS [DRIVER]: from its driver, to that one
unbind() {
	echo "$1" >"$pci/$1/driver/unbind"
	[[ ${2:-} ]] || return 0
	echo "$2" >"$pci/$1/driver_override"
	modprobe "$2"
	echo "$1" >/sys/bus/pci/drivers_probe
	[ "$(basename "$(readlink "$pci/$1/driver")")" = "$2" ]
}

# is_off ADDRESS: the kernel shows its ROM to nobody
is_off() {
	run -1 cat "$pci/$1/rom"
	[[ $output == *'Invalid argument' ]]
}

@test "a display without a driver gives the ROM it was given" {
	unbind 0000:02:00.0
	vbios dump 02:00.0 >out
	cmp 0000:02:00.0.rom /usr/share/seabios/vgabios-bochs-display.bin
	[ "$(head -n 1 out)" = "'0000:02:00.0.rom' has the 28672 bytes of 0000:02:00.0, from the device" ]
	is_off 0000:02:00.0
}

@test "a device at vfio-pci gives it, and one with a driver is left alone" {
	run -1 vbios dump 05:00.0
	[[ $output == "vbios: no ROM of 0000:05:00.0 was found: the device: a driver uses it; unbind it, or bind vfio-pci; "* ]]
	is_off 0000:05:00.0
	unbind 0000:05:00.0 vfio-pci
	vbios dump 05:00.0 -o nic.rom
	cmp nic.rom /usr/lib/ipxe/qemu/efi-e1000e.rom
	is_off 0000:05:00.0
}

@test "a device whose group a guest has is not read" {
	local group
	unbind 0000:05:00.0 vfio-pci
	group=$(basename "$(readlink $pci/0000:05:00.0/iommu_group)")
	exec 9<>"/dev/vfio/$group"
	run -1 vbios dump 05:00.0
	exec 9>&-
	[ "$output" = "vbios: a guest has 0000:05:00.0, with its IOMMU group $group: reading its ROM would take the device away under it" ]
	is_off 0000:05:00.0
}

@test "the GPU that the host has booted with shows something else" {
	run -1 vbios dump 01:00.0
	[[ $output == "vbios: no ROM of 0000:01:00.0 was found: the device: the host has booted with this GPU, and in place of its ROM the kernel shows what the BIOS has made of it; "* ]]
	[ ! -e 0000:01:00.0.rom ]
}

@test "a signal waits until the ROM is off again" {
	unbind 0000:02:00.0
	for pause in 0.001 0.005 0.01 0.02 0.05; do
		timeout -s TERM "$pause" vbios dump 02:00.0 -o signal.rom || true
		is_off 0000:02:00.0
	done
}
