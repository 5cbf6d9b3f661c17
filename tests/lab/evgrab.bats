#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# evgrab as a service, with a USB keyboard and mouse whose keys QEMU presses. Who reads the
# nodes of guests, and the keyboard as the host, is evprobe.
#
# lab: monitor
# lab: limit=1500

bats_require_minimum_version 1.5.0

setup() {
	load lab
	load monitor
	load evgrab
	systemd-sysusers vfiokit-evgrab.conf
	udevadm control --reload
	lab_wait 10 test -c $keyboard
	lab_wait 10 test -c $mouse
	configure <<-EOF2
	[general]
	next = leftctrl+rightctrl
	device = $keyboard
	device = $mouse
	[guest win11]
	reads = evdev
	chord = leftmeta+f1
	[guest linux]
	reads = passthrough
	EOF2
	systemctl daemon-reload
	systemctl start evgrab
	start "$BUILD/bin/evprobe"
	probe "open 1 $links-win11-event-kbd"
	probe "open 2 $links-linux-event-kbd"
	probe "open 3 $links-win11-event-mouse"
	probe "open 9 $keyboard"
	# keys that are held do not repeat (EV_REP, REP_DELAY)
	probe 'set 9 20:0:0'
}

teardown() {
	key up ctrl ctrl_r a b c meta_l f1 backspace esc ret || :
	journalctl -b -o cat -u evgrab | tail -n 30
	systemctl stop evgrab
	rm -f /etc/vfiokit/evgrab.conf
	[[ ! ${pid:-} ]] || kill "$pid" 2>/dev/null || :
}

@test "what is typed goes to who has the input, and to nobody else" {
	press a
	reads 9 $'frame 1:30:1\nframe 1:30:0'
	reads 1 ''
	evgrab started win11
	evgrab started linux
	evgrab switch win11
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
	reads 2 ''
	reads 9 ''
	move 4 -2
	reads 3 'frame 2:0:4 2:1:-2'
	evgrab switch linux
	press b
	reads 1 ''
	reads 2 $'frame 1:48:1\nframe 1:48:0'
	evgrab switch host
	press c
	reads 9 $'frame 1:46:1\nframe 1:46:0'
	reads 1 ''
	reads 2 ''
}

@test "both Ctrl keys go round, and their last one reaches no guest" {
	evgrab started win11
	press ctrl ctrl_r
	# the host has seen the chord, and everything released
	reads 9 $'frame 1:29:1\nframe 1:97:1\nframe 1:29:0\nframe 1:97:0'
	[ "$(evgrab status | head -n 1)" = 'input goes to win11' ]
	reads 1 ''
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
	press ctrl ctrl_r
	[ "$(evgrab status | head -n 1)" = 'input goes to host' ]
	reads 1 $'frame 1:29:1\nframe 1:29:0'
	# the host sees keys come up that it has never seen go down
	probe 'read 9 400'
	[[ $said != *:1 && $said != *:1$'\n'* ]]
	press a
	reads 9 $'frame 1:30:1\nframe 1:30:0'
}

@test "a guest that does not run is not switched to" {
	run --separate-stderr evgrab switch win11
	[ $status -eq 1 ]
	[ "$stderr" = "evgrab: guest 'win11' does not run" ]
	run --separate-stderr evgrab switch mac
	[ $status -eq 1 ]
	[ "$stderr" = "evgrab: there is no guest 'mac'" ]
	evgrab started win11
	evgrab switch win11
	evgrab stopped win11
	[ "$(evgrab status | head -n 1)" = 'input goes to host' ]
}

@test "the panic chord gives the host everything back" {
	evgrab started win11
	evgrab switch win11
	press backspace esc ret
	[ "$(evgrab status | head -n 1)" = 'input goes to host' ]
	reads 1 $'frame 1:14:1\nframe 1:1:1\nframe 1:1:0 1:14:0'
	probe 'read 9 400'
	press a
	reads 9 $'frame 1:30:1\nframe 1:30:0'
}

@test "a Meta key of a chord opens no menu" {
	evgrab started win11
	evgrab started linux
	evgrab switch linux
	press meta_l f1
	[ "$(evgrab status | head -n 1)" = 'input goes to win11' ]
	reads 2 $'frame 1:125:1\nframe 1:29:1\nframe 1:29:0\nframe 1:125:0'
	reads 1 ''
}

@test "killed and restarted under a guest, nobody who reads notices, and nothing stays down" {
	evgrab started win11
	evgrab switch win11
	key down a
	reads 1 'frame 1:30:1'
	node=$(readlink -f $links-win11-event-kbd)
	old=$(main_pid)
	systemctl kill -s KILL evgrab
	lab_wait 10 eval '[ "$(systemctl show -P MainPID evgrab)" -gt 0 ]'
	lab_wait 10 eval 'evgrab status | grep -qx "input goes to win11"'
	[ "$(main_pid)" != "$old" ]
	[ "$(readlink -f $links-win11-event-kbd)" = "$node" ]
	reads 1 'frame 1:30:0'
	key up a
	press b
	reads 1 $'frame 1:48:1\nframe 1:48:0'

	systemctl restart evgrab
	lab_wait 10 eval 'evgrab status | grep -qx "input goes to win11"'
	press c
	reads 1 $'frame 1:46:1\nframe 1:46:0'
	[ "$(evgrab status --json | grep -o '"kept":true' | wc -l)" -eq 4 ]
}

@test "an update of the package costs no guest its devices" {
	evgrab started win11
	evgrab switch win11
	node=$(readlink -f $links-win11-event-kbd)
	old=$(main_pid)
	sh -eu "$SRCDIR/cmake/debian/prerm" upgrade 9.9
	sh -eu "$SRCDIR/cmake/debian/postinst" configure 0.1
	lab_wait 10 eval 'evgrab status | grep -qx "input goes to win11"'
	[ "$(main_pid)" != "$old" ]
	[ "$(readlink -f $links-win11-event-kbd)" = "$node" ]
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
	# and one that does not run is not started by it
	systemctl stop evgrab
	sh -eu "$SRCDIR/cmake/debian/postinst" configure 0.1
	[ "$(systemctl show -P ActiveState evgrab)" = inactive ]
}

@test "unplugged, what was held is released; plugged again, it is the guest's within a second" {
	usb=/sys$(udevadm info -q path "$(readlink -f $keyboard)")
	until [[ -e $usb/idVendor ]]; do # its interfaces can be authorized, too
		usb=${usb%/*}
	done
	evgrab started win11
	evgrab switch win11
	key down a
	reads 1 'frame 1:30:1'
	echo 0 >"$usb/authorized"
	reads 1 'frame 1:30:0'
	key up a
	echo 1 >"$usb/authorized"
	lab_wait 5 test -c $keyboard
	sleep 1
	press b
	reads 1 $'frame 1:48:1\nframe 1:48:0'
}

@test "a device that somebody else has grabbed is told, and taken when it is free" {
	probe "open 8 $keyboard"
	probe 'grab 8'
	evgrab started win11
	evgrab switch win11
	evgrab status | grep -F "device 'QEMU QEMU USB Keyboard'" | grep -F "evprobe (pid $pid)"
	evgrab status | grep -F "device 'QEMU QEMU USB Mouse'" | grep -F ': grabbed'
	probe 'ungrab 8'
	lab_wait 5 eval 'evgrab status | grep -F "USB Keyboard" | grep -q ": grabbed"'
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
}

@test "the guest's Caps Lock lights the keyboard, and the host's is back afterwards" {
	probe 'set 9 17:0:1'
	# as QEMU has it: the consoles set the LEDs of what nobody has grabbed
	probe 'grab 2'
	evgrab started linux
	evgrab switch linux
	probe 'set 2 17:1:1'
	lights 0x2
	evgrab switch host
	lights 0x1
	evgrab switch linux
	lights 0x2
	evgrab switch host
	probe 'set 9 17:0:0'
}

@test "two keyboards have the LEDs of the host back" {
	plug second usb-kbd K2
	lab_wait 10 test -c ${keyboard/K1/K2}
	sed -i "s|^next|device = ${keyboard/K1/K2}\nnext|" /etc/vfiokit/evgrab.conf
	evgrab reload
	lab_wait 10 eval '[ "$(evgrab status | grep -c "USB Keyboard")" -eq 2 ]'
	probe "open 8 ${keyboard/K1/K2}"
	probe 'set 9 17:0:1'
	probe 'set 8 17:0:1 17:2:1'
	evgrab started win11
	evgrab switch win11
	lights 0
	lab_wait 5 eval '[ "$(evgrab status | grep -c "USB Keyboard.*: grabbed")" -eq 2 ]'
	evgrab switch host
	lights 0x1
	probe 'state 8'
	unplug second
	[ "$said" = 'leds 0x5 down' ]
	probe 'set 9 17:0:0'
}

@test "frames that were lost leave no key down" {
	evgrab started win11
	evgrab switch win11
	key down a
	reads 1 'frame 1:30:1'
	# more than fits, and less than the watchdog waits
	kill -STOP "$(main_pid)"
	key up a
	for ((i = 0; i < 25; i++)); do
		press b
	done
	key down c
	kill -CONT "$(main_pid)"
	probe 'read 1 600'
	[[ $said == *'1:30:0'* && $said == *'1:46:1'* ]]
	[ "$(grep -c 1:48:1 <<<"$said")" -eq "$(grep -c 1:48:0 <<<"$said")" ]
	key up c
	reads 1 'frame 1:46:0'
}

@test "the configuration is read anew under a grab, and a mistake changes nothing" {
	evgrab started win11
	evgrab switch win11
	node=$(readlink -f $links-win11-event-kbd)
	cat >>/etc/vfiokit/evgrab.conf <<-EOF2
	[guest third]
	live = always
	EOF2
	evgrab reload
	lab_wait 5 test -c $links-third-event-kbd
	[ "$(readlink -f $links-win11-event-kbd)" = "$node" ]
	[ "$(evgrab status | head -n 1)" = 'input goes to win11' ]
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
	echo nonsense >>/etc/vfiokit/evgrab.conf
	run --separate-stderr evgrab reload
	[ $status -eq 1 ]
	[[ $stderr == "evgrab: '/etc/vfiokit/evgrab.conf', line "*": this is no 'NAME = VALUE'" ]]
	press b
	reads 1 $'frame 1:48:1\nframe 1:48:0'
}

@test "a mistake in the configuration costs no guest its devices, and no start after start" {
	systemctl stop evgrab
	cp /etc/vfiokit/evgrab.conf /run/evgrab.good
	echo nonsense >>/etc/vfiokit/evgrab.conf
	run systemctl start evgrab
	[ $status -ne 0 ]
	sleep 1
	[ "$(systemctl show -P ActiveState evgrab)" = failed ]
	[ "$(systemctl show -P ExecMainStatus evgrab)" -eq 78 ]
	cp /run/evgrab.good /etc/vfiokit/evgrab.conf
	systemctl start evgrab

	probe "open 1 $links-win11-event-kbd"
	evgrab started win11
	evgrab switch win11
	echo nonsense >>/etc/vfiokit/evgrab.conf
	systemctl restart --no-block evgrab
	lab_wait 10 eval 'journalctl -b -o cat -u evgrab | grep -q "trying again in 5 s"'
	press a
	reads 1 ''
	cp /run/evgrab.good /etc/vfiokit/evgrab.conf
	lab_wait 20 eval 'evgrab status | grep -qx "input goes to win11"'
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
}

@test "which keys are pressed is told to root only" {
	evgrab started win11
	evgrab switch win11
	timeout 3 evgrab monitor --keys >"$BATS_TEST_TMPDIR/keys" 3>&- &
	sleep 1
	press a
	wait $! || :
	grep -qxF '{"target":"win11","key":"KEY_A","value":1}' "$BATS_TEST_TMPDIR/keys"
	run --separate-stderr setpriv --reuid=nobody --regid=vfiokit --clear-groups \
		timeout 3 evgrab monitor --keys
	[ "$stderr" = 'evgrab: which keys are pressed is told to root only' ]
}

@test "members of its group use it, others do not, and none of them sees what the hook has there" {
	[ "$(stat -c '%a %U' /run/vfiokit)" = '711 root' ]
	[ "$(stat -c '%a %U %G' /run/vfiokit/evgrab.sock)" = '660 root vfiokit' ]
	evgrab started win11
	setpriv --reuid=nobody --regid=vfiokit --clear-groups evgrab switch win11
	[ "$(setpriv --reuid=nobody --regid=vfiokit --clear-groups evgrab status | head -n 1)" = 'input goes to win11' ]
	run --separate-stderr setpriv --reuid=nobody --regid=nogroup --clear-groups evgrab status
	[ $status -eq 1 ]
	[ "$stderr" = "evgrab: no permission to use '/run/vfiokit/evgrab.sock': root has it, and who is in group vfiokit" ]
	run setpriv --reuid=nobody --regid=vfiokit --clear-groups ls /run/vfiokit
	[ $status -ne 0 ]
	run setpriv --reuid=nobody --regid=vfiokit --clear-groups flock -n /run/vfiokit true
	[ $status -ne 0 ]

	# and the hook takes the socket for none of its logs
	run --separate-stderr vfiokit-hook status
	[ $status -eq 0 ]
	[ -z "$stderr" ]
}

@test "a guest that is live always gets nothing until somebody has grabbed its devices" {
	configure <<-EOF2
	[general]
	device = $keyboard
	[guest idle]
	live = always
	EOF2
	systemctl restart evgrab
	probe "open 5 $links-idle-event-kbd"
	evgrab switch idle
	press a
	reads 5 ''
	probe 'grab 5'
	sleep 1.2
	press b
	reads 5 $'frame 1:48:1\nframe 1:48:0'
}

@test "who has the input may have a command run, as a user, which nobody waits for" {
	install -d -m 777 /run/evgrab-said
	configure <<-EOF2
	[general]
	device = $keyboard
	user = nobody
	command = echo to \$EVGRAB_TARGET from \$EVGRAB_FROM as \$(id -un) >>/run/evgrab-said/said && sleep 30
	[guest win11]
	command = echo to \$EVGRAB_TARGET from \$EVGRAB_FROM as \$(id -un) >>/run/evgrab-said/said && sleep 30
	[guest linux]
	reads = passthrough
	EOF2
	systemctl restart evgrab
	evgrab started win11
	evgrab switch win11
	press a
	reads 1 $'frame 1:30:1\nframe 1:30:0'
	lab_wait 20 grep -qx 'to win11 from host as nobody' /run/evgrab-said/said
	evgrab switch host
	press b
	reads 9 $'frame 1:48:1\nframe 1:48:0'
	lab_wait 20 grep -qx 'to host from win11 as nobody' /run/evgrab-said/said
	[ "$(wc -l </run/evgrab-said/said)" -eq 2 ]
}

@test "with clones the host types through them, and sees no more of a chord than a guest" {
	sed -i 's/^next/host = clone\nnext/' /etc/vfiokit/evgrab.conf
	systemctl restart evgrab
	clone=''
	for file in /sys/class/input/event*/device/phys; do
		if grep -q '^vfiokit/host/' "$file" && grep -q Keyboard "${file%phys}name"; then
			clone=${file%/device/phys}
		fi
	done
	probe "open 6 /dev/input/${clone##*/}"
	press a
	reads 6 $'frame 1:30:1\nframe 1:30:0'
	reads 9 ''
	evgrab started win11
	press ctrl ctrl_r
	[ "$(evgrab status | head -n 1)" = 'input goes to win11' ]
	probe 'read 6 400'
	[[ $said != *1:97:1* ]]
	press b
	reads 1 $'frame 1:48:1\nframe 1:48:0'
	reads 6 ''
	reads 9 ''
}

@test "stopped for two seconds under 8000 frames a second, it goes on and leaves no key down" {
	coproc "$BUILD/bin/bench_latency" measure 3>&-
	bench=$COPROC_PID
	read -r -t 20 source <&"${COPROC[0]}"
	sed -i "s|^next|device = $source\nnext|" /etc/vfiokit/evgrab.conf
	systemctl restart evgrab
	evgrab started win11
	evgrab switch win11
	lab_wait 5 eval 'evgrab status | grep -F "bench mouse" | grep -q ": grabbed"'
	printf 'sink %s\nrun 8000 48000\n' $links-win11-event-mouse >&"${COPROC[1]}"
	key down a
	sleep 1
	kill -STOP "$(main_pid)"
	key up a
	key down b
	sleep 2
	kill -CONT "$(main_pid)"
	read -r -t 60 figures <&"${COPROC[0]}"
	echo "p50 p99 p99.9 most lost: $figures"
	key up b
	probe 'read 1 600'
	for code in 30 48; do
		[ "$(grep -c "1:$code:1" <<<"$said")" -eq 1 ]
		[ "$(grep -c "1:$code:0" <<<"$said")" -eq 1 ]
	done
	evgrab status --json | grep -E '"name":"bench mouse"[^}]*"resyncs":[1-9]'
	[ "$(systemctl show -P NRestarts evgrab)" -eq 0 ]
	kill "$bench"
	press c
	reads 1 $'frame 1:46:1\nframe 1:46:0'
}

@test "it needs little: memory with four guests, capabilities, and what the unit allows" {
	printf '[guest third]\n[guest fourth]\n' >>/etc/vfiokit/evgrab.conf
	systemctl restart evgrab
	evgrab started win11
	evgrab switch win11
	press a
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(main_pid)/status")
	echo "resident: $rss KiB"
	grep -E '^(Vm|Rss)' "/proc/$(main_pid)/status"
	[ "$rss" -lt 4096 ]
	systemd-analyze security --no-pager --threshold=26 evgrab >/run/security || { tail -n 1 /run/security; false; }
	systemd-analyze verify --man=no evgrab.service
	[ "$(systemctl show -P NRestarts evgrab)" -eq 0 ]
}
