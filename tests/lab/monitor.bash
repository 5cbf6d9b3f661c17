# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The monitor of the QEMU that emulates the host (wish: monitor), and what tests do with it:
# press the keys of the USB keyboard, move the USB mouse, plug devices.

monitor_port=/dev/virtio-ports/lab.monitor

# monitor JSON: has QEMU carry out a command of QMP; its answer on standard output, an error on
# standard error
monitor() {
	local id line tries=100
	if [[ ! ${monitor_fd:-} ]]; then
		lab_wait 20 test -c $monitor_port || return
		exec {monitor_fd}<>$monitor_port
		# the second time it has been done: an error that means nothing
		monitor '{"execute": "qmp_capabilities"}' >/dev/null 2>&1 || :
	fi
	id=$RANDOM$RANDOM
	printf '%s\n' "${1%\}}, \"id\": $id}" >&"$monitor_fd"
	while ((tries--)) && IFS= read -r -t 10 -u "$monitor_fd" line; do
		[[ $line == *"\"id\": $id"* ]] || continue # an event, or an old answer
		if [[ $line == *'"error":'* ]]; then
			echo "$line" >&2
			return 1
		fi
		echo "$line"
		return
	done
	echo "QEMU does not answer: $1" >&2
	return 1
}

# monitor_input EVENT...: as QEMU's InputEvent, together
monitor_input() {
	local IFS=,
	monitor "{\"execute\": \"input-send-event\", \"arguments\": {\"events\": [$*]}}" >/dev/null
}

# key down|up NAME...: of the keyboard, as QEMU calls them: ctrl, ctrl_r, a, meta_l
key() {
	local down=false name
	[[ $1 == up ]] || down=true
	shift
	for name; do
		monitor_input "{\"type\": \"key\", \"data\": {\"down\": $down,
			\"key\": {\"type\": \"qcode\", \"data\": \"$name\"}}}" || return
	done
}

# button down|up left|right|middle
button() {
	local down=false
	[[ $1 == up ]] || down=true
	monitor_input "{\"type\": \"btn\", \"data\": {\"down\": $down, \"button\": \"$2\"}}"
}

# move DX DY: of the mouse
move() {
	monitor_input "{\"type\": \"rel\", \"data\": {\"axis\": \"x\", \"value\": $1}}" \
		"{\"type\": \"rel\", \"data\": {\"axis\": \"y\", \"value\": $2}}"
}

# plug ID DRIVER SERIAL: a USB device
plug() {
	monitor "{\"execute\": \"device_add\", \"arguments\": {\"driver\": \"$2\",
		\"id\": \"$1\", \"bus\": \"usb.0\", \"serial\": \"$3\"}}" >/dev/null
}

unplug() {
	monitor "{\"execute\": \"device_del\", \"arguments\": {\"id\": \"$1\"}}" >/dev/null
}
