#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What evgrab relies on in the kernel and in udev, with its own code (evprobe.c) and a USB
# keyboard and mouse whose keys QEMU presses.
#
# lab: monitor
# lab: limit=600

bats_require_minimum_version 1.5.0
keyboard=/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd
mouse=/dev/input/by-id/usb-QEMU_QEMU_USB_Mouse_M1-event-mouse

setup() {
	load lab
	load monitor
	modprobe uinput
	udevadm control --reload
	lab_wait 10 test -c $keyboard
	lab_wait 10 test -c $mouse
	start 0 "$BUILD/bin/evprobe"
}

teardown() {
	key up ctrl ctrl_r a b c meta_l || :
	kill "${pids[@]}" 2>/dev/null || :
	wait "${pids[@]}" 2>/dev/null || :
}

# start N COMMAND...: the Nth evprobe
start() {
	local n=$1 dir=$BATS_TEST_TMPDIR/probe$1
	shift
	mkdir "$dir" && mkfifo "$dir/in" "$dir/out"
	"$@" <>"$dir/in" >"$dir/out" 2>&1 3>&- &
	pids[n]=$!
	exec {in}<>"$dir/in" {out}<>"$dir/out"
	to[n]=$in from[n]=$out
}

# ask N COMMAND: has the Nth one carry it out; what it said in $said
ask() {
	local line
	said=''
	echo "$2" >&"${to[$1]}"
	while IFS= read -r -t 60 -u "${from[$1]}" line; do
		echo "# $2: $line"
		[[ $line != ok ]] || return 0
		said+=${said:+$'\n'}$line
		[[ $line != failed:* ]] || return 1
	done
	echo "no answer to '$2'"
	return 1
}

probe() {
	ask 0 "$1"
}

# says TEXT: that is what was said last
says() {
	[[ $said == "$1" ]] || {
		echo "expected: $1"
		return 1
	}
}

# open_both: the keyboard as 0 for us, and as 9 for a program of the host
open_both() {
	probe "open 0 $keyboard"
	probe "open 9 $keyboard"
}

@test "what is typed is read, in whole frames" {
	open_both
	key down a
	key up a
	probe 'read 0 500'
	says $'frame 1:30:1\nframe 1:30:0'
	probe "open 1 $mouse"
	move 5 -3
	button down left
	button up left
	probe 'read 1 500'
	says $'frame 2:0:5 2:1:-3\nframe 1:272:1\nframe 1:272:0'
}

@test "a grab takes all, and gives it back" {
	open_both
	probe 'grab 0'
	key down a
	key up a
	probe 'read 9 300'
	says ''
	probe 'read 0 300'
	says $'frame 1:30:1\nframe 1:30:0'
	probe 'ungrab 0'
	key down b
	key up b
	probe 'read 9 300'
	says $'frame 1:48:1\nframe 1:48:0'
}

@test "keys written into the node release held ones for others, and stay held for us" {
	open_both
	key down ctrl c
	probe 'read 0 200'
	probe 'read 9 200'
	probe 'grab 0'
	probe 'read 9 300'
	says $'frame 1:46:0\nframe 1:29:0'
	probe 'state 0'
	[[ $said == *' down 29 46' ]]

	# a report of the keyboard tells Ctrl's state anew: that must be no news
	key down a
	probe 'read 0 300'
	says 'frame 1:30:1'
	# and the real releases are seen, by us only
	key up a c ctrl
	probe 'read 0 300'
	says $'frame 1:30:0\nframe 1:46:0\nframe 1:29:0'
	probe 'read 9 300'
	says ''
}

@test "a lone Meta is not released alone" {
	open_both
	key down meta_l
	probe 'read 9 200'
	probe 'grab 0'
	probe 'read 9 300'
	[[ $said == *:1$'\n'*:0$'\nframe 1:125:0' ]]
}

@test "after the ungrab held keys are not repeated, nor pressed anew" {
	open_both
	# as the kernel has it at first (EV_REP): other tests set it
	probe 'set 9 20:0:250 20:1:33'
	probe 'grab 0'
	key down a
	probe 'repeats 0 1500'
	says $'frame 1:30:1\nyes'
	probe 'ungrab 0'
	probe 'repeats 9 1500'
	says no
	probe 'state 0'
	[[ $said == *' down 30' ]]
	key up a
	probe 'read 9 300'
	says 'frame 1:30:0'
}

@test "what another program has grabbed is busy, and it is named" {
	start 1 "$BUILD/bin/evprobe"
	ask 1 "open 0 $keyboard"
	ask 1 'grab 0'
	open_both
	probe "open 1 $mouse"
	status=0
	probe 'grab 1 0' || status=$?
	[ $status -eq 1 ]
	[[ $said == "failed: grab '$keyboard' (QEMU QEMU USB Keyboard): somebody else has grabbed it; it is open in "*"evprobe (pid ${pids[1]})"* ]]

	# none means none: the mouse is free
	probe "open 8 $mouse"
	move 1 1
	probe 'read 8 300'
	says 'frame 2:0:1 2:1:1'

	kill -9 "${pids[1]}"
	wait "${pids[1]}" || :
	probe 'grab 1 0'
	says ''
}

@test "LEDs are ours while grabbed, and the host's afterwards" {
	open_both
	probe 'set 9 17:0:1 17:1:0 17:2:0'
	probe 'grab 0'
	probe 'leds 0 2'
	probe 'state 0'
	says 'leds 0x2 down'
	led=$(echo /sys/class/input/"$(basename "$(readlink -f $keyboard)")"/device/input*::capslock)
	[ "$(cat "$led/brightness")" = 1 ]

	# what another reader sets, such as a compositor, is undone and remembered
	probe 'set 9 17:2:1'
	probe 'read 0 300'
	probe 'state 0'
	says 'leds 0x2 down'
	probe 'ungrab 0'
	probe 'state 0'
	says 'leds 0x5 down'
	probe 'set 9 17:0:0 17:2:0'
}

@test "a guest's node has link, group and mode, and the host does not look at it" {
	probe 'node 0 win11 keyboard'
	node=${said%% *}
	[[ $said == "/dev/input/event"*" /dev/input/by-id/vfiokit-win11-event-kbd vfiokit/win11/keyboard" ]]
	[ "$(readlink -f /dev/input/by-id/vfiokit-win11-event-kbd)" = "$node" ]
	[ "$(stat -c '%a %G' "$node")" = '660 kvm' ]
	probe 'node 1 win11 mouse'
	[ -c /dev/input/by-id/vfiokit-win11-event-mouse ]
	for link in kbd mouse; do
		udevadm info "/dev/input/by-id/vfiokit-win11-event-$link" | tee /dev/stderr |
			grep -qx 'E: LIBINPUT_IGNORE_DEVICE=1'
		run ! grep -E '^E: (ID_INPUT(_KEY|_KEYBOARD|_MOUSE)?=|TAGS=.*:(power-switch|uaccess):)' \
			<(udevadm info "/dev/input/by-id/vfiokit-win11-event-$link")
		udevadm info "/dev/input/by-id/vfiokit-win11-event-$link" |
			grep -q '^E: TAGS=.*:mutter-device-ignore:'
	done
	# logind watches the keys of the machine, this one's sleep key it does not
	journalctl -b -u systemd-logind | grep 'Watching system buttons on'
	run ! grep -F vfiokit <(journalctl -b -u systemd-logind)
}

@test "what is sent to a node arrives in one frame, and its LEDs come back" {
	probe 'node 0 win11 keyboard'
	probe 'open 5 /dev/input/by-id/vfiokit-win11-event-kbd'
	probe 'send 0 1:29:1 1:46:1'
	probe 'read 5 300'
	says 'frame 1:29:1 1:46:1'
	probe 'set 5 17:1:1'
	probe 'feedback 0'
	says 'new 0x2'
	probe 'feedback 0'
	says 'same 0x2'

	probe 'node 1 win11 mouse'
	probe 'open 6 /dev/input/by-id/vfiokit-win11-event-mouse'
	probe 'send 1 2:0:3 2:8:1 2:11:120 1:287:1'
	probe 'read 6 300'
	says 'frame 2:0:3 2:8:1 2:11:120 1:287:1'
	probe 'info 6'
	[[ $said == *' mouse | vfiokit-win11-event-mouse | vfiokit/win11/mouse | ' ]]
}

@test "a reader that is late finds out what is down" {
	probe 'node 1 win11 mouse'
	probe 'open 6 /dev/input/by-id/vfiokit-win11-event-mouse'
	probe 'send 1 1:272:1'
	probe 'read 6 300'
	says 'frame 1:272:1'
	probe 'flood 1 2000 rel'
	probe 'send 1 1:272:0'
	probe 'send 1 1:273:1'
	probe 'flood 1 2000 rel'
	probe 'read 6 500'
	[[ $said == 'keys 273'* ]]
	run ! grep -v -e '^frame 2:0:1$' -e '^keys 273$' <<<"$said"
}

@test "and where axes are" {
	probe 'node 2 win11 tablet'
	probe 'open 6 /dev/input/by-id/vfiokit-win11-event-tablet'
	probe 'send 2 3:0:1000 3:1:2000'
	probe 'read 6 300'
	says 'frame 3:0:1000 3:1:2000'
	probe 'flood 2 3000 abs'
	probe 'send 2 3:0:1234'
	probe 'read 6 500'
	[[ $said == $'keys\nframe 3:0:1234 3:1:2000 3:24:0 3:25:0 3:26:0 3:27:0'* ]]
	[[ ${said##*$'\n'} == 'frame 3:0:1234'* ]]
}

@test "devices of the host are taken or not, with the reason" {
	probe 'node 0 win11 keyboard'
	probe 'devices auto'
	grep -E "^ready $(readlink -f $keyboard) group" <<<"$said"
	grep -E "^ready $(readlink -f $mouse) group" <<<"$said"
	grep -F '(vfiokit-win11-event-kbd): evgrab has made it itself' <<<"$said"
	grep -F '(Power Button): it has keys, but belongs to no keyboard or mouse that is taken' \
		<<<"$said"
}

@test "unplugged and plugged again by USB, it is taken again within a second" {
	node=$(readlink -f $keyboard)
	usb=/sys$(udevadm info -q path "$node")
	until [[ -e $usb/idVendor ]]; do # its interfaces have such a file, too
		usb=${usb%/*}
	done
	probe "devices $keyboard !phys=*"
	[[ $said == "ready $node group 0"* ]]
	echo 0 >"$usb/authorized"
	probe 'watch 1000'
	says "gone $node"
	echo 1 >"$usb/authorized"
	probe 'watch 1500'
	[[ $said == 'ready /dev/input/event'* ]]
}

@test "two identical keyboards are two, and told apart by where they are plugged in" {
	plug second usb-kbd K1
	lab_wait 10 eval '[ "$(grep -c "QEMU USB Keyboard" /proc/bus/input/devices)" -eq 2 ]'
	udevadm settle
	probe 'devices name=*USB?Keyboard'
	[ "$(grep -c ^ready <<<"$said")" -eq 2 ]
	[ "$(sed -n 's/^ready .* group //p' <<<"$said" | sort -u | wc -l)" -eq 2 ]
	mapfile -t nodes < <(sed -n 's/^ready \(.*\) group .*/\1/p' <<<"$said")
	probe "open 0 ${nodes[0]}"
	probe 'info 0'
	one=$(awk -F ' [|] ' '{ print $3 }' <<<"$said")
	probe "devices phys=$one"
	[ "$(grep ^ready <<<"$said")" = "ready ${nodes[0]} group 0" ]
	unplug second
	lab_wait 10 eval '[ "$(grep -c "QEMU USB Keyboard" /proc/bus/input/devices)" -eq 1 ]'
}

@test "permissions that come late are waited for" {
	node=$(readlink -f $keyboard)
	chmod 600 "$node"
	start 1 setpriv --reuid=nobody --regid=nogroup --clear-groups "$BUILD/bin/evprobe"
	ask 1 "devices $keyboard"
	grep -qxF "left $node (): open '$node': Permission denied" <<<"$said"
	(sleep 1 && chmod 666 "$node") 3>&- &
	ask 1 'watch 2500'
	says "ready $node group 0"
	chmod 660 "$node"
}

@test "nodes outlive their maker in systemd's store, and are adopted by name" {
	cat >/run/systemd/system/evprobe.service <<-EOF
	[Service]
	Type=notify
	NotifyAccess=main
	ExecStart=$BUILD/bin/evprobe store vm1 keyboard mouse tablet
	FileDescriptorStoreMax=16
	Restart=always
	RestartSec=200ms
	StateDirectory=evprobe
	EOF
	systemctl daemon-reload
	systemctl start evprobe
	list=/var/lib/evprobe/nodes
	lab_wait 20 test -c /dev/input/by-id/vfiokit-vm1-event-kbd
	probe 'open 5 /dev/input/by-id/vfiokit-vm1-event-kbd'
	made=$(sed -n 's/^made //p' $list | sort)
	[ "$(wc -l <<<"$made")" -eq 3 ]

	systemctl kill -s KILL evprobe
	lab_wait 20 eval "[ \$(grep -c '^ready' $list) -eq 2 ]"
	systemctl restart evprobe
	lab_wait 20 eval "[ \$(grep -c '^ready' $list) -eq 3 ]"
	[ "$(grep -c ^made $list)" -eq 3 ]
	[ "$(sed -n 's/^adopted //p' $list | sort -u)" = "$made" ]
	[ "$(grep -c ^adopted $list)" -eq 6 ]

	# whoever reads it has noticed nothing
	probe 'read 5 300'
	says ''
	systemctl stop evprobe
	probe 'read 5 300'
	says gone
}
