# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook killed at a place of its work (killat.c), for tests that have loaded lab.bash and
# guest.bash.
#
# shellcheck disable=SC2154 # bats sets output

pci=/sys/bus/pci/devices
unit=lab-holder.service
hook=/etc/libvirt/hooks/qemu.d/50-vfiokit
killed=/run/lab-killed

# kills_begin: the host has the hook and guests: win has all that there is, boot the boot GPU,
# other nothing
kills_begin() {
	mkdir -p /etc/vfiokit
	printf '[allow]\nstop = lab-*.service\n' >/etc/vfiokit/hook.conf
	cat >/run/systemd/system/$unit <<-END
		[Service]
		ExecStart=/bin/sh -c 'exec 3</dev/dri/$(basename $pci/0000:02:00.0/drm/card*) && exec sleep 1000'
	END
	systemctl daemon-reload
	lab_hook
	# all that there is, but for the boot GPU
	guest_define win --hostdev=02:00 --hostdev=04:00.0 --vcpus=2 --pin=2,3 --hugepages=2M \
		--looking-glass=1280x720 \
		--hook="isolate,irq,governor=performance,sleep,shmem-user=nobody,stop=$unit"
	guest_free_emulator win
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	guest_define other --hook
}

kills_end() {
	local name
	for name in win boot other; do
		guest_undefine $name
	done
}

kills_setup() {
	rm -f $killed
	systemctl start $unit
	lab_wait 5 pgrep -x sleep
	snapshot "$BATS_TEST_TMPDIR/before"
}

kills_teardown() {
	local name
	disarm
	for name in win boot other; do
		virsh destroy $name 2>/dev/null
	done
	journalctl -t vfiokit-hook -o cat -n 40
	:
}

# unchanged: the host is as it was before the test; a daemon that nobody has asked anything for
# two minutes has ended
unchanged() {
	virsh list
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
	[ ! -e /dev/shm/looking-glass ]
}

# arm OPERATION PLACE...: when libvirt calls for that the hook is killed there
arm() {
	local operation=$1
	shift
	mkdir -p /run/lab-hook
	ln -sf /usr/sbin/vfiokit-hook /run/lab-hook/50-vfiokit # its name decides what it does
	rm -f $hook
	cat >$hook <<-END
		#!/bin/sh
		[ "\$2" != $operation ] || exec /lab/bin/killat $killed $(printf '%q ' "$@") -- /run/lab-hook/50-vfiokit "\$@"
		exec /run/lab-hook/50-vfiokit "\$@"
	END
	chmod 755 $hook
}

disarm() {
	ln -sf /usr/sbin/vfiokit-hook $hook
}

# dies GUEST PLACE...: the start of the guest, whose hook is killed there; afterwards the
# host is as it was
dies() {
	local guest=$1
	shift
	arm prepare "$@"
	run -1 virsh start "$guest"
	[[ $output == *"50-vfiokit $guest prepare begin -) unexpected fatal signal 9"* ]] || {
		echo "$output"
		return 1
	}
	[ "$(tail -n 1 $killed)" = "killed $*" ]
	[ "$(systemctl is-active $unit)" = active ]
	unchanged
}

# count: how often it was killed in this test
count() {
	echo "# killed $(grep -c '^killed ' $killed) times" >&3
}
