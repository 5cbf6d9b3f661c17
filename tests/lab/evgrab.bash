# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# evgrab's daemon and who reads its devices, for tests that have loaded lab.bash and
# monitor.bash: what is written to evprobe (evprobe.c), and keys of the USB keyboard.

# shellcheck disable=SC2034 # for the tests
keyboard=/dev/input/by-id/usb-QEMU_QEMU_USB_Keyboard_K1-event-kbd
# shellcheck disable=SC2034
mouse=/dev/input/by-id/usb-QEMU_QEMU_USB_Mouse_M1-event-mouse
# shellcheck disable=SC2034
links=/dev/input/by-id/vfiokit

# configure: what stands on standard input
configure() {
	mkdir -p /etc/vfiokit
	cat >/etc/vfiokit/evgrab.conf
}

# start COMMAND...: evprobe
start() {
	local dir=$BATS_TEST_TMPDIR/probe
	mkdir "$dir" && mkfifo "$dir/in" "$dir/out"
	"$@" <>"$dir/in" >"$dir/out" 2>&1 3>&- &
	pid=$!
	exec {to}<>"$dir/in" {from}<>"$dir/out"
}

# probe COMMAND: what evprobe said to it in $said
probe() {
	local line
	said=''
	echo "$1" >&"$to"
	while IFS= read -r -t 60 -u "$from" line; do
		echo "# $1: $line"
		[[ $line != ok ]] || return 0
		said+=${said:+$'\n'}$line
		[[ $line != failed:* ]] || return 1
	done
	echo "no answer to '$1'"
	return 1
}

# reads N TEXT: that is what comes from the Nth device until it is silent
reads() {
	probe "read $1 400"
	[[ $said == "$2" ]] || {
		echo "expected: $2"
		return 1
	}
}

# lights MASK: these LEDs of the keyboard, open as 9, are lit before long
lights() {
	lab_wait 5 eval "probe 'state 9' && [[ \$said == 'leds $1 down' ]]" || {
		probe 'state 9'
		return 1
	}
}

# press KEY...: each after the other, and up again in the reverse order
press() {
	local i
	for ((i = 1; i <= $#; i++)); do
		key down "${!i}"
	done
	for ((i = $#; i >= 1; i--)); do
		key up "${!i}"
	done
}

# main_pid: the process of the daemon
main_pid() {
	systemctl show -P MainPID evgrab
}
