#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook is killed, with its worker, in each of its steps, on the true kernel and under the
# true libvirtd: before it acts, in the midst of that, and when it has done so. Whatever it has
# come to is undone by libvirt's call of release, or by whoever comes next.
#
# lab: append=modprobe.blacklist=virtio_gpu
# lab: cpufreq
# lab: limit=1900

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
unit=lab-holder.service
hook=/etc/libvirt/hooks/qemu.d/50-vfiokit
killed=/run/lab-killed

setup_file() {
	load lab
	load guest
	vfiokit-hook install
	mkdir -p /etc/vfiokit /run/lab-hook
	ln -s /usr/sbin/vfiokit-hook /run/lab-hook/50-vfiokit
	printf '[allow]\nstop = lab-*.service\n' >/etc/vfiokit/hook.conf
	cat >/run/systemd/system/$unit <<-END
		[Service]
		ExecStart=/bin/sh -c 'exec 3</dev/dri/$(basename $pci/0000:02:00.0/drm/card*) && exec sleep 1000'
	END
	systemctl daemon-reload
	lab_libvirtd
	# all that there is, but for the boot GPU
	guest_define win --hostdev=02:00 --hostdev=04:00.0 --vcpus=2 --pin=2,3 --hugepages=2M \
		--looking-glass=1280x720 \
		--hook="isolate,irq,governor=performance,sleep,shmem-user=nobody,stop=$unit"
	guest_free_emulator win
	guest_define boot --hostdev=01:00 --hook=boot-gpu
	guest_define other --hook
}

teardown_file() {
	for name in win boot other; do
		guest_undefine $name
	done
}

setup() {
	load lab
	load guest
	rm -f $killed
	systemctl start $unit
	lab_wait 5 pgrep -x sleep
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
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

@test "lock, identity, scripts: nothing was done yet" {
	mkdir -p /etc/vfiokit/hooks.d/win/prepare/begin
	printf '#!/bin/sh\nexec sleep 999\n' >/etc/vfiokit/hooks.d/win/prepare/begin/10-wait
	chmod 755 /etc/vfiokit/hooks.d/win/prepare/begin/10-wait
	dies win pidfd
	rm -r /etc/vfiokit/hooks.d
	run ! pgrep -f 'sleep 999'
	dies win flock
	dies win flock open:0000:02:00.0
	# with the lock in somebody else's hands
	flock /run/vfiokit sleep 2 3>&- &
	lab_wait 5 pgrep -f 'flock /run/vfiokit'
	dies win flock
	wait $!
	count
}

@test "hugepages" {
	dies win +hugepages
	dies win +hugepages send:nr_hugepages
	dies win +hugepages send:nr_hugepages recv
	dies win +hugepages-claim
	count
}

@test "shmem" {
	dies win +shmem
	dies win +shmem-file
	dies win +shmem-file link
	count
}

@test "cores" {
	dies win +cores
	dies win +allowed-cpus send:SetUnitProperties
	dies win +allowed-cpus +allowed-cpus send:SetUnitProperties recv
	dies win +workqueue send:cpumask
	count
}

@test "governor" {
	dies win +governor
	dies win +scaling-governor send:scaling_governor
	dies win +scaling-governor +scaling-governor send:scaling_governor recv
	count
}

@test "sleep" {
	dies win +sleep
	dies win +sleep send:StartTransientUnit
	count
}

@test "units and holders" {
	dies win +stop
	dies win +unit
	dies win +unit send:StopUnit
	dies win +unit send:StopUnit recv fork
	count
}

@test "console and framebuffer" {
	dies boot +console
	dies boot +console send:vtconsole
	dies boot +console send:vtconsole recv
	dies boot +framebuffer
	dies boot +framebuffer send:unbind
	dies boot +framebuffer send:unbind recv
	count
}

@test "device" {
	dies win +device
	dies win +device +device +device send:driver_override
	dies win +device send:unbind
	dies win +device send:unbind recv
	dies win +device send:drivers_probe recv send:drivers_probe
	dies win +device send:drivers_probe recv send:drivers_probe recv send:drivers_probe recv
	count
}

@test "irq" {
	dies win +irq
	dies win +irq-affinity send:default_smp_affinity
	dies win +irq-affinity +irq-affinity +irq-affinity send:smp_affinity_list recv
	count
}

# undone_by_restore: `restore` is called, and killed each time it has got a little further,
# until nothing is left
undone_by_restore() {
	local n=0 status=137
	while [ "$status" -eq 137 ]; do
		status=0
		/lab/bin/killat $killed - send -- vfiokit-hook restore win || status=$?
		n=$((n + 1))
		[ "$n" -lt 100 ]
	done
	[ "$status" -eq 0 ]
}

@test "release: restore brings the rest back, however often that is killed" {
	virsh start win
	arm release '~' send
	virsh destroy win
	disarm
	grep -qx 'killed ~ send' $killed
	grep -qx '~' "/run/vfiokit/$(virsh domuuid win)"
	undone_by_restore
	[ "$(grep -c '^killed - send' $killed)" -ge 15 ]
	tail -n 1 $killed | grep '^passed'
	unchanged
	count
}

@test "release: the next call of libvirt brings the rest back" {
	local places
	for places in '~' '~ - send:smp_affinity' '~ - send:unbind' '~ - send:drivers_probe recv' \
		'~ - send:StartUnit' '~ - - - - - - - - send'; do
		virsh start win
		# shellcheck disable=SC2086 # they are words
		arm release $places
		virsh destroy win
		disarm
		[ "$(tail -n 1 $killed)" = "killed $places" ]
		[ -e "/run/vfiokit/$(virsh domuuid win)" ]
		virsh start other
		[ ! -e "/run/vfiokit/$(virsh domuuid win)" ]
		virsh destroy other
		unchanged
	done
	count
}
