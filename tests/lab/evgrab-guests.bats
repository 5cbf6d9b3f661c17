#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# libvirt guests that read the devices of evgrab, typed at from the USB keyboard that QEMU
# presses. "win" reads them by evdev, as xmltweak has it for Windows: its firmware says on the
# serial port what its PS/2 controller hands to it. "lin" has them by passthrough, and its
# kernel says what they send.
#
# lab: monitor
# lab: limit=1500

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	load monitor
	load evgrab
	load guest
	systemd-sysusers vfiokit-evgrab.conf
	udevadm control --reload
	modprobe uinput
	vfiokit-hook install
	lab_wait 10 test -c "$keyboard"
	lab_wait 10 test -c "$mouse"
	configure <<-END
	[general]
	next = leftctrl+rightctrl
	device = $keyboard
	device = $mouse
	[guest win]
	reads = evdev
	[guest lin]
	reads = passthrough
	END
	# it is slow in here, and is stopped for a while
	mkdir -p /run/systemd/system/evgrab.service.d
	printf '[Service]\nWatchdogSec=60\n' >/run/systemd/system/evgrab.service.d/slow.conf
	systemctl daemon-reload
	lab_libvirtd
	make_firmware >/var/lib/libvirt/images/keys.rom
	make_initrd
	guest_define win --evdev=evgrab,guest=windows
	virsh dumpxml --inactive win | sed 's,/lab/halt.rom,/var/lib/libvirt/images/keys.rom,' >/run/win.xml
	virsh define /run/win.xml
	guest_make yes lin --evdev=evgrab,guest=linux
}

teardown_file() {
	load lab
	virsh destroy win || :
	virsh destroy lin || :
	systemctl stop evgrab
	rm -rf /etc/vfiokit/evgrab.conf /run/systemd/system/evgrab.service.d
	systemctl daemon-reload
}

setup() {
	load lab
	load monitor
	load evgrab
	load guest
}

teardown() {
	key up ctrl ctrl_r a b c caps_lock || :
	[[ ! ${pid:-} ]] || kill "$pid" 2>/dev/null || :
	journalctl -b -o cat -u evgrab | tail -n 10
	journalctl -b -o cat -t vfiokit-hook | tail -n 10
}

# make_firmware: 64 KiB for the end of the first 4 GiB. Has the mouse report, says R, then
# "kXX" for each byte of the PS/2 keyboard and "mXX" for each of the mouse.
make_firmware() {
	local code=''
	code+='\xfa'                             # cli
	code+='\xb0\xa8\xe6\x64'                 # the controller: the mouse is on
	code+='\xb0\xd4\xe6\x64\xb0\xf4\xe6\x60' # to the mouse: report
	code+='\xba\xf8\x03'                     # COM1
	code+='\xb0\x52\xee\xb0\x0a\xee'         # "R\n"
	code+='\xe4\x64\x88\xc4\xa8\x01\x74\xf8' # until there is a byte, its source in ah
	code+='\xe4\x60\x88\xc3'                 # into bl
	code+='\xb0\x6b\xf6\xc4\x20\x74\x02\xb0\x6d\xee' # "k" or "m"
	code+='\x88\xd8\xc0\xe8\x04\x04\x90\x27\x14\x40\x27\xee' # its upper half
	code+='\x88\xd8\x24\x0f\x04\x90\x27\x14\x40\x27\xee'     # and the lower one
	code+='\xb0\x0a\xee\xeb\xce'             # "\n", and again
	# shellcheck disable=SC2059 # it is a format
	printf "$code"
	# shellcheck disable=SC2059
	head -c $((65520 - $(printf "$code" | wc -c))) /dev/zero
	printf '\xe9\x0d\x00' # at the reset vector: to the beginning
	head -c 13 /dev/zero
}

# make_initrd: of a guest with drivers for virtio input, and busybox
make_initrd() {
	local dir file
	dir=$(mktemp -d) && mkdir "$dir"/{bin,sys,dev,modules} && cp /bin/busybox "$dir/bin/"
	for file in sh mount sleep insmod hexdump; do
		ln -s busybox "$dir/bin/$file"
	done
	cp "$SRCDIR/tests/lab/inside/keys-init" "$dir/init"
	mknod "$dir/dev/console" c 5 1
	mknod "$dir/dev/null" c 1 3
	modprobe -q --show-depends virtio_pci >"$dir/list"
	modprobe -q --show-depends virtio_input >>"$dir/list"
	modprobe -q --show-depends evdev >>"$dir/list"
	sed -n 's/^insmod \([^ ]*\).*/\1/p' "$dir/list" | awk '!seen[$0]++' | while IFS= read -r file; do
		cp "$file" "$dir/modules/" && echo "${file##*/}"
	done >"$dir/modules/order"
	cp /lab/vmlinux "$guest_files/vmlinux"
	(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1) >"$guest_files/initrd"
}

# said_by GUEST: what it has said on its serial port since the last mark
said_by() {
	tail -c "+$(($(cat "/run/$1.mark") + 1))" "$(guest_serial "$1")" | tr -d '\r'
}

# mark: what was said until now does not count
mark() {
	local guest
	sleep 0.3
	for guest in win lin; do
		stat -c %s "$(guest_serial $guest)" >"/run/$guest.mark"
	done
}

# win_gets BYTE...: what its controller handed to it, after a while
win_gets() {
	lab_wait 10 eval "[ \"\$(said_by win | xargs)\" = '$*' ]" || {
		echo "win: $(said_by win | xargs); expected: $*"
		return 1
	}
}

# lin_gets KIND EVENT...: what this device sent but for SYN_REPORT: TYPE:CODE:VALUE
lin_gets() {
	local kind=$1
	shift
	lab_wait 20 eval "[ \"\$(lin_events $kind)\" = '$*' ]" || {
		echo "lin: $(lin_events "$kind"); expected: $*"
		said_by lin
		return 1
	}
}

# lin_events KIND: what came, in one line
lin_events() {
	local name event type code value
	said_by lin | while read -r _ name event; do
		[[ $name == "vfiokit-lin-event-$1:" && ${#event} -eq 48 ]] || continue
		type=$((16#${event:34:2}${event:32:2})) code=$((16#${event:38:2}${event:36:2}))
		value=$((16#${event:46:2}${event:44:2}${event:42:2}${event:40:2}))
		((value < 2147483648)) || value=$((value - 4294967296))
		((type == 0 || type == 4)) || echo "$type:$code:$value"
	done | xargs
}

# nothing_for GUEST...: after all has had time to arrive
nothing_for() {
	local guest
	sleep 1
	for guest; do
		[ -z "$(said_by "$guest")" ] || {
			echo "$guest: $(said_by "$guest")"
			return 1
		}
	done
}

# on_host: the host's programs see the keyboard, as 9; keys that are held do not repeat
on_host() {
	start "$BUILD/bin/evprobe"
	probe "open 9 $keyboard"
	probe 'set 9 20:0:0'
}

# current NAME: it has the input
current() {
	[ "$(evgrab status | head -n 1)" = "input goes to $1" ]
}

@test "without evgrab a guest that reads its devices is refused, in one sentence" {
	run virsh start win
	[ $status -ne 0 ]
	[[ $output == *"evgrab is not running: '/dev/input/by-id/vfiokit-win-event-kbd', which the guest reads, is not there"* ]]
	systemctl start evgrab
	virsh dumpxml --inactive win | sed 's/vfiokit-win-/vfiokit-mac-/; s,<name>win<,<name>mac<,; /<uuid>/d' >/run/mac.xml
	virsh define /run/mac.xml
	run virsh start mac
	virsh undefine mac
	[ $status -ne 0 ]
	[[ $output == *"evgrab has no '/dev/input/by-id/vfiokit-mac-event-kbd', which the guest reads: name 'mac' in /etc/vfiokit/evgrab.conf"* ]]
}

@test "a guest that starts can be switched to, in both forms, and evgrab knows from the hook" {
	systemctl start evgrab
	run evgrab switch win
	[ "$output" = "evgrab: guest 'win' does not run" ]
	virsh start win
	guest_wait_serial win '^R' 60
	virsh schedinfo win --set vcpu_quota=30000 # its firmware polls
	virsh start lin
	evgrab switch lin
	evgrab switch win
	evgrab switch host
	virsh suspend win # it would take from the other's time
	guest_wait_serial lin '^guest: ready' 400
	virsh resume win
	grep -a '^guest: vfiokit-lin-event-kbd' "$(guest_serial lin)"
	grep -a '^guest: vfiokit-lin-event-mouse' "$(guest_serial lin)"
}

@test "what is typed arrives in the guest that has the input, and nowhere else" {
	on_host
	mark
	press a
	nothing_for win lin
	reads 9 $'frame 1:30:1\nframe 1:30:0'

	evgrab switch win
	press a
	win_gets k1C kF0 k1C
	nothing_for lin
	reads 9 ''
	mark
	move 4 0
	lab_wait 10 eval 'said_by win | grep -q "^m"'
	# its packets say which buttons are down, in their first byte: none, the left one, none
	mark
	button down left
	win_gets m09 m00 m00
	mark
	button up left
	win_gets m08 m00 m00
	nothing_for lin

	evgrab switch lin
	mark
	press b
	lin_gets kbd 1:48:1 1:48:0
	move 4 -2
	button down left
	button up left
	lin_gets mouse 2:0:4 2:1:-2 1:272:1 1:272:0
	nothing_for win
	reads 9 ''

	evgrab switch host
	mark
	press c
	nothing_for win lin
	reads 9 $'frame 1:46:1\nframe 1:46:0'
}

@test "both Ctrl keys go round, and the second one reaches no guest" {
	evgrab switch host
	mark
	press ctrl ctrl_r
	current win
	nothing_for win lin
	press ctrl ctrl_r
	current lin
	win_gets k14 kF0 k14
	press a
	lin_gets kbd 1:30:1 1:30:0
	press ctrl ctrl_r
	current host
	lin_gets kbd 1:30:1 1:30:0 1:29:1 1:29:0
}

@test "Caps Lock of a guest by passthrough lights the keyboard" {
	on_host
	evgrab switch lin
	mark
	press caps_lock
	lights 0x2
	evgrab switch host
	lights 0
	evgrab switch lin
	lights 0x2
	press caps_lock
	lights 0
	evgrab switch host
}

@test "the daemon is killed and restarted under both guests, and neither notices" {
	evgrab switch win
	mark
	key down a
	win_gets k1C
	local old
	old=$(main_pid)
	systemctl kill -s KILL evgrab
	lab_wait 10 eval 'evgrab status | grep -qx "input goes to win"'
	[ "$(main_pid)" != "$old" ]
	win_gets k1C kF0 k1C
	key up a
	mark
	press b
	win_gets k32 kF0 k32
	systemctl restart evgrab
	lab_wait 10 eval 'evgrab status | grep -qx "input goes to win"'
	evgrab switch lin
	mark
	press b
	lin_gets kbd 1:48:1 1:48:0
	nothing_for win
	run ! grep -a 'No such device' /var/log/libvirt/qemu/win.log /var/log/libvirt/qemu/lin.log
}

@test "a guest that is destroyed while it holds keys costs nobody the input" {
	on_host
	evgrab switch win
	mark
	key down a
	win_gets k1C
	virsh destroy win
	current host
	key up a
	probe 'read 9 400'
	press b
	reads 9 $'frame 1:48:1\nframe 1:48:0'
	run evgrab switch win
	[ "$output" = "evgrab: guest 'win' does not run" ]
	nothing_for lin
	virsh start win
	guest_wait_serial win '^R' 60
	evgrab switch win
	mark
	press a
	win_gets k1C kF0 k1C
	evgrab switch host
}

@test "libvirtd restarted finds both, and evgrab stays told" {
	systemctl restart libvirtd
	lab_wait 30 virsh list
	evgrab switch lin
	evgrab switch win
	evgrab switch host
	[ "$(evgrab status --json | grep -o '"live":true' | wc -l)" -eq 2 ]
}

@test "an evgrab that hangs keeps libvirt waiting for a second, and learns it later" {
	local begin
	kill -STOP "$(main_pid)"
	begin=$SECONDS
	virsh destroy win
	[ $((SECONDS - begin)) -le 12 ]
	kill -CONT "$(main_pid)"
	lab_wait 5 eval '[ "$(evgrab status --json | grep -o "\"live\":true" | wc -l)" -eq 1 ]'
	journalctl -b -o cat -t vfiokit-hook | grep -F "win: stopped: evgrab does not answer at '/run/vfiokit/evgrab.sock'"
}

@test "a stop under a guest says who has lost the input" {
	systemctl stop evgrab
	journalctl -b -o cat -u evgrab | grep -F "guest 'lin' has no input until evgrab is back"
	systemctl start evgrab
	evgrab status | grep -xF 'guest lin: runs without input since evgrab was stopped, until it is started anew'
	run evgrab switch lin
	[ "$output" = "evgrab: guest 'lin' does not run" ]
	virsh destroy lin
	evgrab status | grep -xF 'guest lin: not live'
}
