#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot GPU has no driver but the picture of the firmware, and a guest takes it: the kernel
# then forgets the firmware's framebuffer, and with it the console, until it boots again.
#
# lab: append=modprobe.blacklist=bochs,virtio_gpu
# lab: limit=300

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
framebuffer=/sys/bus/platform/devices/efi-framebuffer.0

setup() {
	load lab
	load guest
	vfiokit-hook install
	lab_libvirtd
}

teardown() {
	guest_undefine boot || :
	journalctl -t vfiokit-hook -o cat -n 40
}

driver() {
	basename "$(readlink "$pci/$1/driver")"
}

# console: whether the framebuffer console is bound; nothing when there is none
console() {
	local name
	name=$(grep -l 'frame buffer' /sys/class/vtconsole/*/name) && cat "$(dirname "$name")/bind"
}

# told TEXT: the hook's journal of this test has it
told() {
	journalctl -t vfiokit-hook -o cat --since "$since" | grep -F "$1"
}

@test "the second GPU goes, and the console on the boot GPU stays" {
	guest_define boot --hostdev=02:00 --hook
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start boot
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ -e $framebuffer/driver ]
	[ "$(console)" = 1 ]
	virsh destroy boot
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "the boot GPU takes framebuffer and console with it for good, once" {
	since=$(date '+%F %T')
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	[ -e $framebuffer/driver ]
	[ "$(console)" = 1 ]
	grep -q efifb /proc/iomem
	snapshot "$BATS_TEST_TMPDIR/before"

	virsh start boot
	[ "$(driver 0000:01:00.0)" = vfio-pci ]
	[ ! -e $framebuffer ]
	run -1 console
	run -1 grep efifb /proc/iomem
	told "the host's picture on 0000:01:00.0 comes from its firmware (efi-framebuffer.0)"
	told 'efi-framebuffer.0: efi-framebuffer -> no driver'

	virsh destroy boot
	told 'the framebuffer efi-framebuffer.0 on 0000:01:00.0 is gone since a guest had the GPU'
	[ ! -e $framebuffer ]
	run -1 console
	[ -z "$(ls -A /run/vfiokit)" ]
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" '^(framebuffer|vtconsole) '

	# now that it is gone nothing changes any more
	virsh start boot
	virsh destroy boot
	snapshot "$BATS_TEST_TMPDIR/again"
	snapshot_compare "$BATS_TEST_TMPDIR/after" "$BATS_TEST_TMPDIR/again"
}
