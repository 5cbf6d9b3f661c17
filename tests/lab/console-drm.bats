#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# GPUs whose drivers bring framebuffers, one of which has the console.
#
# lab: limit=300

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
unit=lab-display.service

setup() {
	load lab
	load guest
	vfiokit-hook install
	mkdir -p /etc/vfiokit
	printf '[allow]\nstop = lab-*.service\n' >/etc/vfiokit/hook.conf
	lab_libvirtd
}

teardown() {
	guest_undefine gpu || :
	systemctl stop $unit || :
	rm -f /etc/vfiokit/hook.conf
	journalctl -t vfiokit-hook -o cat -n 40
}

# console: whether the framebuffer console is bound; nothing when there is none
console() {
	local name
	name=$(grep -l 'frame buffer' /sys/class/vtconsole/*/name) && cat "$(dirname "$name")/bind"
}

# display_manager: starts something that holds the boot GPU as one would
display_manager() {
	local card
	card=$(basename $pci/0000:01:00.0/drm/card*)
	cat >/run/systemd/system/$unit <<-END
		[Service]
		ExecStart=/bin/sh -c 'exec 3</dev/dri/$card && exec sleep 1000'
	END
	systemctl daemon-reload
	systemctl start $unit
	lab_wait 5 pgrep -x sleep
}

unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

@test "the boot GPU takes the console with it, and both are back afterwards" {
	display_manager
	guest_define gpu --hostdev=01:00 --hook=boot-gpu,stop=$unit
	snapshot "$BATS_TEST_TMPDIR/before"
	[ "$(console)" = 1 ]
	virsh start gpu
	[ "$(driver 0000:01:00.0)" = vfio-pci ]
	[ "$(console)" = 0 ]
	[ "$(systemctl is-active $unit)" = inactive ]
	journalctl -t vfiokit-hook -o cat | grep "console '(M) frame buffer device': taken from 0000:01:00.0"
	virsh destroy gpu
	[ "$(driver 0000:01:00.0)" = virtio-pci ]
	[ "$(console)" = 1 ]
	readlink /sys/class/graphics/fb0 | grep /0000:01:00.0/
	unchanged
}

@test "a start that fails in QEMU gives the console back too" {
	guest_define gpu --hostdev=01:00 --hook=boot-gpu --qemu-arg=-device,no-such-device
	snapshot "$BATS_TEST_TMPDIR/before"
	run -1 virsh start gpu
	[ "$(console)" = 1 ]
	unchanged
}

@test "the second GPU goes, and the console on the boot GPU stays" {
	guest_define gpu --hostdev=02:00 --hook
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start gpu
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(console)" = 1 ]
	virsh destroy gpu
	unchanged
}
