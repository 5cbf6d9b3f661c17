#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The boot GPU has no driver but the picture of the firmware. What is only unbound comes back;
# once the GPU has been with vfio-pci the kernel has forgotten the firmware's framebuffer, and
# with it the console, until it boots again. So the order of the tests matters.
#
# lab: append=modprobe.blacklist=bochs,virtio_gpu
# lab: limit=600

bats_require_minimum_version 1.5.0
framebuffer=/sys/bus/platform/devices/efi-framebuffer.0
no_vfio=/etc/modprobe.d/lab-no-vfio.conf

setup_file() {
	load lab
	lab_hook
}

setup() {
	load lab
	load guest
}

teardown() {
	guest_undefine boot || :
	rm -f $no_vfio
	journalctl -t vfiokit-hook -o cat -n 40
}

# console: whether the framebuffer console is bound; nothing when there is none
console() {
	local name
	name=$(grep -l 'frame buffer' /sys/class/vtconsole/*/name) && cat "$(dirname "$name")/bind"
}

# has_picture: the host shows its console on the firmware's framebuffer
has_picture() {
	[ "$(basename "$(readlink $framebuffer/driver)")" = efi-framebuffer ] &&
		grep -q efifb /proc/iomem && [ "$(console)" = 1 ]
}

before() {
	snapshot "$BATS_TEST_TMPDIR/before"
}

# unchanged [REGEX]: the host is as it was, but for these lines
unchanged() {
	[ -z "$(ls -A /run/vfiokit)" ]
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after" "$@"
}

# is_told TEXT
is_told() {
	journalctl -t vfiokit-hook -o cat --since "$since" | grep -F "$1"
}

# told TEXT: the hook's journal of this test has it
told() {
	lab_wait 10 is_told "$1"
}

@test "a start that fails before the GPU goes gives the framebuffer and the console back" {
	[ ! -e /sys/bus/pci/drivers/vfio-pci ]
	echo 'install vfio_pci /bin/false' >$no_vfio
	since=$(date '+%F %T')
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	has_picture
	before
	run -1 virsh start boot
	echo "$output"
	[[ $output == *"vfiokit-hook: "*"load the kernel module 'vfio_pci'"* ]]
	told "console '(M) frame buffer device': taken from 0000:01:00.0"
	told 'efi-framebuffer.0: efi-framebuffer -> no driver'
	told 'efi-framebuffer.0: back to efi-framebuffer'
	told "console '(M) frame buffer device': back"
	has_picture
	unchanged
}

@test "the boot GPU is refused where its picture is not given up" {
	guest_define boot --hostdev=01:00 --hook=boot-gpu=no
	before
	run -1 virsh start boot
	[[ $output == *": vfiokit-hook: 0000:01:00.0 is the GPU the host has booted with, which is left without a picture; if that is meant set boot-gpu='yes' on its <device> of the guest element in <metadata>" ]]
	has_picture
	unchanged
}

@test "that the picture does not come back is said beforehand" {
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	before
	virsh dumpxml --inactive boot >"$BATS_TEST_TMPDIR/boot.xml"
	run -0 vfiokit-hook plan "$BATS_TEST_TMPDIR/boot.xml"
	echo "$output"
	[[ $output == *"efi-framebuffer.0: efi-framebuffer -> no driver"* ]]
	[[ $output == *"the host's picture on 0000:01:00.0 comes from its firmware (efi-framebuffer.0): once the guest has had the GPU it does not come back before the host boots again"* ]]
	has_picture
	unchanged
}

@test "the second GPU goes, and the console on the boot GPU stays" {
	guest_define boot --hostdev=02:00 --hook
	before
	virsh start boot
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	has_picture
	virsh destroy boot
	unchanged
}

@test "the boot GPU takes framebuffer and console with it for good, once" {
	since=$(date '+%F %T')
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	has_picture
	before
	virsh start boot
	[ "$(driver 0000:01:00.0)" = vfio-pci ]
	[ ! -e $framebuffer ]
	run -1 console
	run -1 grep efifb /proc/iomem
	told "the host's picture on 0000:01:00.0 comes from its firmware (efi-framebuffer.0)"
	told 'efi-framebuffer.0: efi-framebuffer -> no driver'

	virsh destroy boot
	told 'the framebuffer efi-framebuffer.0 on 0000:01:00.0 is gone since a guest had the GPU'
	[ "$(driver 0000:01:00.0)" = virtio-pci ]
	unchanged '^(framebuffer|vtconsole) '

	# what the kernel does: it knows of no such device, and there is no other console
	[ ! -e $framebuffer ]
	run -1 bash -c 'echo efi-framebuffer.0 >/sys/bus/platform/drivers/efi-framebuffer/bind'
	[[ $output == *'No such device'* ]]
	run -1 console
	[ "$(grep -h . /sys/class/graphics/fb*/name)" = '' ]
	grep '^vtconsole ' "$BATS_TEST_TMPDIR/after" | diff - <(echo "vtconsole '(S) dummy device' 1")

	# now that it is gone nothing changes any more
	before
	virsh start boot
	[ "$(driver 0000:01:00.0)" = vfio-pci ]
	virsh destroy boot
	unchanged
}
