#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook under a libvirtd that AppArmor confines, by the profile that Debian ships.
#
# lab: apparmor
# lab: limit=300

bats_require_minimum_version 1.5.0
seen=/run/lab-seen
elsewhere=/opt/vfiokit
guests=/etc/apparmor.d/local/abstractions/libvirt-qemu

setup_file() {
	load lab
	vfiokit-hook install
	lab_libvirtd
}

setup() {
	load lab
	load guest
	denied_before=$(denied | wc -l)
}

teardown() {
	guest_undefine gpu || :
	rm -rf /etc/vfiokit $elsewhere
	: >$guests
	vfiokit-hook install
	[[ $BATS_TEST_COMPLETED ]] || {
		journalctl -t vfiokit-hook -o cat -n 40
		denied
	}
}

# install_elsewhere: where a libvirtd that is confined runs nothing from
install_elsewhere() {
	mkdir -p $elsewhere/sbin $elsewhere/lib
	cp /usr/sbin/vfiokit-hook $elsewhere/sbin/
	cp -r /usr/lib/vfiokit $elsewhere/lib/
}

# file_memory: AppArmor lets no guest make huge pages of memfd larger, which are no file to
# it but "/"; those of hugetlbfs have names
file_memory() {
	virsh dumpxml --inactive gpu >"$BATS_TEST_TMPDIR/gpu.xml"
	sed -i "/<source type='memfd'\/>/d" "$BATS_TEST_TMPDIR/gpu.xml"
	virsh define "$BATS_TEST_TMPDIR/gpu.xml"
}

# denied: what AppArmor has denied so far
denied() {
	journalctl -b -o cat | grep 'apparmor="DENIED"'
}

# profile PID: what confines it
profile() {
	cat "/proc/$1/attr/current"
}

@test "a guest with all that there is starts, runs and goes, and nothing is denied" {
	[ "$(profile "$(pidof libvirtd)")" = "libvirtd (enforce)" ]
	guest_define gpu --hostdev=02:00 --hugepages=2M --looking-glass=1280x720 \
		--hook=isolate,irq,sleep,shmem-user=nobody
	virsh vcpupin gpu 0 3 --config
	file_memory
	mkdir -p /etc/vfiokit/hooks.d/gpu/prepare/begin
	printf '#!/bin/sh\ncat /proc/self/attr/current >%s\n' $seen \
		>/etc/vfiokit/hooks.d/gpu/prepare/begin/10-seen
	chmod 755 /etc/vfiokit/hooks.d/gpu/prepare/begin/10-seen
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start gpu
	pid=$(cat /run/libvirt/qemu/gpu.pid)
	[ "$(profile "$pid")" = "libvirt-$(virsh domuuid gpu | head -n 1) (enforce)" ]
	[ "$(cat $seen)" = unconfined ]
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(systemctl show -P AllowedCPUs system.slice)" = 0-2 ]
	grep -q /dev/shm/looking-glass "/proc/$pid/maps"
	systemd-inhibit --list | grep vfiokit
	virsh destroy gpu
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
	denied | tail -n +$((denied_before + 1))
	[ "$(denied | wc -l)" -eq "$denied_before" ]
}

@test "a program that libvirtd may not run is not installed, and libvirt says why" {
	install_elsewhere
	run -1 /opt/vfiokit/sbin/vfiokit-hook install
	[ "$output" = "vfiokit-hook: AppArmor does not let libvirt run '/opt/vfiokit/sbin/vfiokit-hook', and no guest could start: install it in /usr/sbin, or add '/opt/vfiokit/sbin/vfiokit-hook PUx,' to /etc/apparmor.d/local/usr.sbin.libvirtd and load that profile anew" ]
	[ "$(readlink /etc/libvirt/hooks/qemu.d/50-vfiokit)" = /usr/sbin/vfiokit-hook ]
	guest_define gpu --hostdev=02:00 --hook
	ln -sf /opt/vfiokit/sbin/vfiokit-hook /etc/libvirt/hooks/qemu.d/50-vfiokit
	run -1 virsh start gpu
	echo "$output"
	[[ $output == *"cannot execute binary /etc/libvirt/hooks/qemu.d/50-vfiokit: Permission denied"* ]]
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	denied | tail -n +$((denied_before + 1)) | grep 'profile="libvirtd" name="/opt/vfiokit/sbin/vfiokit-hook"'
}

@test "one that root has allowed is installed, and called" {
	install_elsewhere
	echo '/opt/vfiokit/sbin/vfiokit-hook PUx,' >/etc/apparmor.d/local/usr.sbin.libvirtd
	apparmor_parser -r /etc/apparmor.d/usr.sbin.libvirtd
	/opt/vfiokit/sbin/vfiokit-hook install
	[ "$(readlink /etc/libvirt/hooks/qemu.d/50-vfiokit)" = /opt/vfiokit/sbin/vfiokit-hook ]
	guest_define gpu --hostdev=02:00 --hook
	virsh start gpu
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	virsh destroy gpu
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
}

@test "huge pages of one NUMA node: with the line that Debian's profile of guests lacks" {
	# QEMU's threads that allocate memory move to its node, and ask for the CPUs of that
	echo '/sys/devices/system/node/node[0-9]*/cpumap r,' >$guests
	guest_define gpu --hostdev=02:00 --hugepages=2M --pin=3 --hook=isolate
	virsh emulatorpin gpu 2-3 --config
	file_memory
	snapshot "$BATS_TEST_TMPDIR/before"
	virsh start gpu
	virsh destroy gpu
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	denied | tail -n +$((denied_before + 1))
	[ "$(denied | wc -l)" -eq "$denied_before" ]
}

@test "an option ROM that it keeps from QEMU is refused, with the line that lets it" {
	mkdir -p $elsewhere
	cp /usr/share/seabios/vgabios-stdvga.bin $elsewhere/gpu.rom
	guest_define gpu --hostdev=02:00,rom=$elsewhere/gpu.rom --hook
	run -1 virsh start gpu
	echo "$output"
	[[ $output == *"AppArmor does not let QEMU read '/opt/vfiokit/gpu.rom': put it into /usr/share/vgabios, or this line into '$guests': \"/opt/vfiokit/gpu.rom\" r,"* ]]
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	echo '"/opt/vfiokit/gpu.rom" r,' >$guests
	virsh start gpu
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	virsh destroy gpu
	denied | tail -n +$((denied_before + 1))
	[ "$(denied | wc -l)" -eq "$denied_before" ]
}
