#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirtd calls the hook, and a GPU with its audio function goes to a guest and back.
#
# lab: limit=400

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
hook=/etc/libvirt/hooks/qemu.d/50-vfiokit

setup_file() {
	load lab
	lab_hook
}

setup() {
	load lab
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	[ -L $hook ] || ln -sf /usr/sbin/vfiokit-hook $hook # not to be killed again
	virsh destroy gpu 2>/dev/null
	virsh undefine gpu 2>/dev/null
	:
}

# define OPTION...: a guest without an operating system, and what xmltweak makes of it
define() {
	cat >"$BATS_TEST_TMPDIR/gpu.xml" <<-'END'
		<domain type='qemu'>
		  <name>gpu</name>
		  <memory unit='MiB'>64</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices><memballoon model='none'/></devices>
		</domain>
	END
	xmltweak "$@" --define "$BATS_TEST_TMPDIR/gpu.xml"
}

# reload: of libvirtd, until it has looked for hooks, which it does before it calls its own
reload() {
	printf '#!/bin/sh\necho "$2" >/run/lab-reloaded\n' >/etc/libvirt/hooks/daemon
	chmod 755 /etc/libvirt/hooks/daemon
	systemctl reload libvirtd
	lab_wait 20 grep -x reload /run/lab-reloaded
	rm /etc/libvirt/hooks/daemon
}

# unchanged: the host is as it was before the test
unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

@test "the guest has the GPU with its audio function while it runs, and the host before and after" {
	define --hostdev=02:00 --hook
	virsh start gpu
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(driver 0000:02:00.1)" = vfio-pci ]
	[ "$(cat $pci/0000:02:00.0/power/control)" = on ]
	grep -q '^+ [0-9]* device 0000:02:00.0 bochs-drm ' /run/vfiokit/*
	[ "$(stat -c '%a %U' /run/vfiokit)" = '711 root' ]
	virsh qemu-monitor-command gpu --hmp 'info pci' | grep -i '1234:1111'
	virsh destroy gpu
	unchanged
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	journalctl -t vfiokit-hook VFIOKIT_GUEST=gpu -o cat | grep '0000:02:00.0: bochs-drm -> vfio-pci'
}

@test "a guest whose QEMU cannot start leaves nothing behind" {
	define --hostdev=02:00 --hook --qemu-arg=-device,no-such-device
	run virsh start gpu
	[ "$status" -eq 1 ]
	[[ $output == *no-such-device* ]]
	unchanged
}

@test "a guest whose QEMU is killed leaves nothing behind" {
	define --hostdev=02:00 --hook
	virsh start gpu
	kill -9 "$(cat /run/libvirt/qemu/gpu.pid)"
	lab_wait 20 sh -c '[ "$(virsh domstate gpu | head -n 1)" = "shut off" ]'
	lab_wait 20 sh -c '[ -z "$(ls -A /run/vfiokit)" ]'
	unchanged
}

@test "a hook that is killed as it hands the GPU over leaves nothing behind" {
	load kills
	define --hostdev=02:00 --hook
	arm prepare +device send:unbind
	run -1 virsh start gpu
	[[ $output == *"50-vfiokit gpu prepare begin -) unexpected fatal signal 9"* ]]
	[ "$(tail -n 1 $killed)" = 'killed +device send:unbind' ]
	unchanged
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
}

@test "another device at the address: refused with one sentence, nothing is touched" {
	define --hostdev=02:00 --hook
	virsh dumpxml --inactive gpu | sed 's/1234:1111/10de:1b80/' >"$BATS_TEST_TMPDIR/other.xml"
	virsh define "$BATS_TEST_TMPDIR/other.xml"
	run virsh start gpu
	[ "$status" -eq 1 ]
	[[ $output == *': vfiokit-hook: 0000:02:00.0 is 1234:1111, and the guest means 10de:1b80: the addresses of the host have changed; see xmltweak --list' ]]
	unchanged
}

@test "a daemon that is restarted finds the guest running, and can end it" {
	define --hostdev=02:00 --hook
	virsh start gpu
	systemctl restart libvirtd
	lab_wait 30 virsh list
	[ "$(virsh domstate gpu | head -n 1)" = running ]
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	virsh destroy gpu
	unchanged
}

@test "guests that did not opt in are left alone" {
	define --hostdev=05:00,managed=yes
	virsh start gpu
	[ "$(driver 0000:05:00.0)" = vfio-pci ]
	[ -z "$(ls -A /run/vfiokit)" ]
	virsh destroy gpu
	lab_wait 10 test -e $pci/0000:05:00.0/net
	unchanged
}

@test "a hook installed while libvirtd runs is called once that has reloaded" {
	vfiokit-hook uninstall
	systemctl restart libvirtd
	define --hostdev=02:00 --hook
	run -0 vfiokit-hook install
	[ "$output" = "'/etc/libvirt/hooks/qemu.d/50-vfiokit' -> '/usr/sbin/vfiokit-hook'
now run: systemctl reload libvirtd" ]
	run -0 vfiokit-hook status
	[[ $output == *'The hook is installed, but not seen by libvirtd.'* ]]
	# managed='no': the host's driver has it
	run -1 virsh start gpu
	reload
	run -0 vfiokit-hook status
	[[ $output == *'The hook is installed, and called by libvirtd.'* ]]
	virsh start gpu
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
}
