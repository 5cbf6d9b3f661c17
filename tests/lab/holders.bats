#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who uses a device is named, waited for, or stopped when that is asked for; nothing is taken
# from under anybody.
#
# lab: limit=2000
#
# shellcheck disable=SC2030,SC2031 # holder is for the teardown of the same test

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
unit=lab-holder.service
partner="partner-lab.service" # not in hook.conf

setup_file() {
	load lab
	load guest
	lab_hook
	mkdir -p /etc/vfiokit
	cat >/etc/vfiokit/hook.conf <<-END
		[allow]
		stop = lab-*.service
		[deadline]
		wait = 5
	END
	cat >/run/systemd/system/$unit <<-END
		[Service]
		ExecStart=/bin/sh -c 'exec 3</dev/dri/$(basename $pci/0000:02:00.0/drm/card*) && exec sleep 1000'
	END
	cat >/run/systemd/system/$partner <<-END
		[Unit]
		Requires=$unit
		After=$unit
		[Service]
		ExecStart=/bin/sleep 1000
	END
	systemctl daemon-reload
}

setup() {
	load lab
	load guest
	card=$(basename "$pci"/0000:02:00.0/drm/card*)
	nic=$(basename "$pci"/0000:04:00.0/net/*)
	# a codec is looked for in the background
	lab_wait 60 sh -c "ls -d $pci/0000:02:00.1/sound/card*"
	sound=$(basename "$pci"/0000:02:00.1/sound/card*)
	node=/dev/snd/controlC${sound#card}
	holder=
	server=
}

teardown() {
	guest_undefine win || :
	[ -z "$holder" ] || { kill "$holder" && wait "$holder"; } || :
	ip link delete lab0 2>/dev/null || :
	ip addr flush dev "$nic" 2>/dev/null || :
	ip link set "$nic" down nomaster 2>/dev/null || :
	swapoff /dev/nvme0n1 2>/dev/null || :
	umount /mnt 2>/dev/null || :
	dmsetup remove lab 2>/dev/null || :
	[ -z "$server" ] || kill "$server" || :
	systemctl stop $unit || :
	patience 5
}

# patience SECONDS: that the hook waits for holders to go
patience() {
	sed -i "s/^wait = .*/wait = $1/" /etc/vfiokit/hook.conf
}

# hold: a process has the second GPU open; sets holder
hold() {
	sleep 1000 3<"/dev/dri/$card" &
	holder=$!
	lab_wait 60 test -e "/proc/$holder/fd/3"
}

# hold_until_waited_for: one that lets go when the hook says that it waits for it
hold_until_waited_for() {
	sh -c 'until journalctl -t vfiokit-hook -o cat 3<&- | grep -q "waiting, as .*(pid $$," 3<&-
	       do sleep 0.5 3<&-; done' 3<"/dev/dri/$card" &
	holder=$!
	lab_wait 60 test -e "/proc/$holder/fd/3"
}

# serve: a sound server, as PipeWire is one: it has the sound card of the second GPU open until
# udev says that it has gone, and again when udev says that it is there; sets server
serve() {
	/usr/bin/python3 - "$sound" "$node" 3>&- <<-'END' &
		import os, socket, sys
		events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
		events.bind((0, 2))
		fd = os.open(sys.argv[2], os.O_RDWR)
		while True:
		    event = events.recv(65536).split(b"\0")
		    if not any(line.startswith(b"DEVPATH=") and line.endswith(b"/sound/" + sys.argv[1].encode()) for line in event):
		        continue
		    if b"ACTION=remove" in event and fd >= 0:
		        os.close(fd)
		        fd = -1
		    elif b"ACTION=change" in event and fd < 0:
		        fd = os.open(sys.argv[2], os.O_RDWR)
	END
	server=$!
	lab_wait 60 serves
}

# serves: the server has the card open
serves() {
	find "/proc/$server/fd" -lname "$node" | grep -q .
}

before() {
	snapshot "$BATS_TEST_TMPDIR/before"
}

# unchanged: the host is as it was
unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

# refused TEXT: the guest does not start, and its user reads that
refused() {
	run virsh start win
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *": vfiokit-hook: $1"* ]]
	unchanged
}

@test "who has the GPU open is named, and nothing is changed" {
	guest_define win --hostdev=02:00 --hook
	hold
	before
	refused "0000:02:00.0 is in use by sleep (pid $holder, /dev/dri/$card); stop it"
}

@test "who has the GPU mapped is named, and nothing is changed" {
	guest_define win --hostdev=02:00 --hook
	/usr/bin/python3 - "/dev/dri/$card" 3>&- <<-'END' &
		import fcntl, mmap, os, struct, sys, time
		fd = os.open(sys.argv[1], os.O_RDWR)
		made = fcntl.ioctl(fd, 0xc02064b2, struct.pack("IIIIIIQ", 64, 64, 32, 0, 0, 0, 0))
		handle = struct.unpack("IIIIIIQ", made)[4]
		at = struct.unpack("IIQ", fcntl.ioctl(fd, 0xc01064b3, struct.pack("IIQ", handle, 0, 0)))[2]
		kept = mmap.mmap(fd, 64 * 64 * 4, offset=at)
		os.close(fd)
		print("mapped", flush=True, file=open("/tmp/mapped", "w"))
		time.sleep(1000)
	END
	holder=$!
	lab_wait 60 grep -q mapped /tmp/mapped
	grep dri "/proc/$holder/maps"
	before
	refused "0000:02:00.0 is in use by python3 (pid $holder, /dev/dri/$card); stop it"
}

@test "who lets go has been waited for" {
	guest_define win --hostdev=02:00 --hook
	before
	patience 40
	hold_until_waited_for
	virsh start win
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	journalctl -t vfiokit-hook -o cat |
		grep -F "win: waiting, as 0000:02:00.0 is in use by sh (pid $holder, /dev/dri/$card)"
	virsh destroy win
	unchanged
}

@test "the unit of who has it open is named" {
	guest_define win --hostdev=02:00 --hook
	systemctl start $unit
	lab_wait 60 grep -qx sleep "/proc/$(systemctl show -P MainPID $unit)/comm"
	before
	refused "0000:02:00.0 is in use by sleep (pid $(systemctl show -P MainPID $unit), /dev/dri/$card); stop it, or name its unit: xmltweak --domain 'win' --hook=stop=$unit --define"
	systemctl is-active $unit
}

@test "a unit that is to be stopped is, and runs again afterwards" {
	guest_define win --hostdev=02:00 --hook=stop=$unit
	systemctl start $unit
	before
	virsh start win
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	[ "$(systemctl is-active $unit)" = inactive ]
	virsh destroy win
	[ "$(systemctl is-active $unit)" = active ]
	unchanged
}

@test "a unit that depends on it stops and runs again with it" {
	guest_define win --hostdev=02:00 --hook=stop=$unit
	systemctl start $partner
	systemctl is-active $unit
	before
	virsh start win
	[ "$(systemctl is-active $unit)" = inactive ]
	[ "$(systemctl is-active $partner)" = inactive ]
	journalctl -o cat -t vfiokit-hook | grep -F "the unit '$partner', which /etc/vfiokit/hook.conf does not name, depends on '$unit': it stops with that, and starts again after it"
	virsh destroy win
	[ "$(systemctl is-active $unit)" = active ]
	[ "$(systemctl is-active $partner)" = active ]
	unchanged
	systemctl stop $partner
}

@test "a sound server lets go of the card, and has it back" {
	guest_define win --hostdev=02:00 --hook
	serve
	before
	virsh start win
	[ "$(driver 0000:02:00.1)" = vfio-pci ]
	run -1 serves
	virsh destroy win
	[ "$(driver 0000:02:00.1)" = snd_hda_intel ]
	lab_wait 60 serves
	unchanged
}

@test "who keeps the sound card open is named, and the server has it back" {
	guest_define win --hostdev=02:00 --hook
	serve
	sleep 1000 3<"$node" &
	holder=$!
	lab_wait 60 test -e "/proc/$holder/fd/3"
	before
	refused "0000:02:00.1 is in use by sleep (pid $holder, $node); stop it"
	[ "$(driver 0000:02:00.1)" = snd_hda_intel ]
	lab_wait 60 serves
}

@test "a unit that did not run is not started" {
	guest_define win --hostdev=02:00 --hook=stop=$unit
	before
	virsh start win
	virsh destroy win
	[ "$(systemctl is-active $unit)" = inactive ]
	unchanged
}

@test "a unit that root does not allow is not stopped" {
	guest_define win --hostdev=02:00 --hook=stop=systemd-logind.service
	before
	refused "the unit 'systemd-logind.service' may not be stopped; to allow it add it to 'stop =' in section [allow] of /etc/vfiokit/hook.conf"
}

@test "who has it open beside the unit is named, and the unit runs again" {
	guest_define win --hostdev=02:00 --hook=stop=$unit
	systemctl start $unit
	hold
	before
	refused "0000:02:00.0 is in use by sleep (pid $holder, /dev/dri/$card); stop it"
	systemctl is-active $unit
}

@test "a disk that is mounted is refused, and one that is not goes and comes back" {
	mkfs.ext4 -q -F /dev/nvme0n1
	guest_define win --hostdev=03:00 --hook
	mount /dev/nvme0n1 /mnt
	before
	refused "'/dev/nvme0n1' of 0000:03:00.0 is mounted on '/mnt'; unmount it first"
	umount /mnt
	before
	virsh start win
	[ "$(driver 0000:03:00.0)" = vfio-pci ]
	[ ! -e /dev/nvme0n1 ]
	virsh destroy win
	lab_wait 60 test -b /dev/nvme0n1
	unchanged
}

@test "a disk that is mounted where the hook does not see it is refused" {
	mkfs.ext4 -q -F /dev/nvme0n1
	guest_define win --hostdev=03:00 --hook
	unshare -m sh -c 'mount /dev/nvme0n1 /mnt && exec sleep 1000' 3>&- &
	holder=$!
	lab_wait 60 grep -q nvme0n1 "/proc/$holder/mountinfo"
	before
	refused "'/dev/nvme0n1' of 0000:03:00.0 is in use by the kernel: as part of a ZFS pool, or mounted where the hook does not see it"
}

@test "swap space and volumes are refused" {
	guest_define win --hostdev=03:00 --hook
	mkswap -q /dev/nvme0n1
	swapon /dev/nvme0n1
	before
	refused "'/dev/nvme0n1' of 0000:03:00.0 is swap space of the host; run first: swapoff /dev/nvme0n1"
	swapoff /dev/nvme0n1
	dmsetup create lab --table '0 2048 linear /dev/nvme0n1 0'
	before
	refused "'/dev/nvme0n1' of 0000:03:00.0 is part of 'lab' (/dev/dm-0); deactivate that first"
}

@test "the network card of the default route is refused, the other one goes" {
	ip addr add 192.0.2.1/24 dev "$nic"
	ip link set "$nic" up
	ip route add default via 192.0.2.2
	guest_define win --hostdev=04:00 --hook
	before
	refused "the host's default route goes over '$nic' of 0000:04:00.0; move it to another network card first"
	guest_undefine win
	guest_define win --hostdev=05:00 --hook
	virsh start win
	[ "$(driver 0000:04:00.0)" = e1000e ]
	[ "$(driver 0000:05:00.0)" = vfio-pci ]
	virsh destroy win
	unchanged
}

@test "a network card below the bridge of the default route is refused" {
	ip link add lab0 type bridge
	ip link set "$nic" master lab0 up
	ip addr add 192.0.2.1/24 dev lab0
	ip link set lab0 up
	ip route add default via 192.0.2.2
	guest_define win --hostdev=04:00 --hook
	before
	refused "the host's default route goes over 'lab0', which uses '$nic' of 0000:04:00.0; move it to another network card first"
}

@test "keyboards go with their controller, although logind has them open" {
	guest_define win --hostdev=06:00 --hook
	before
	virsh start win
	[ "$(driver 0000:06:00.0)" = vfio-pci ]
	virsh destroy win
	lab_wait 60 test -e /dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd
	unchanged
}
