#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# evgrab's command line. The daemon at work needs a kernel's devices: tests/lab/evgrab.bats.

bats_require_minimum_version 1.5.0

setup() {
	config=$BATS_TEST_TMPDIR/evgrab.conf
	socket=$BATS_TEST_TMPDIR/sock
}

# fails STATUS MESSAGE ARGUMENT...: on standard error, and nothing else
fails() {
	local want=$1 message=$2
	shift 2
	run --separate-stderr "$EVGRAB" "$@"
	[ "$status" -eq "$want" ]
	[ "$stderr" = "evgrab: $message" ]
}

@test "help names every command, and every option of each" {
	run "$EVGRAB" --help
	[ "$status" -eq 0 ]
	for command in run switch release status list monitor reload check started stopped; do
		grep -qE "^  $command " <<<"$output"
		"$EVGRAB" $command --help | head -n 1 | grep -q "^Usage: evgrab $command"
		grep -qE "\*\*$command\*\*" "$SRCDIR/man/evgrab.1.rst"
		while read -r option; do
			grep -qF -e "**$option" "$SRCDIR/man/evgrab.1.rst"
		done < <("$EVGRAB" $command --help | grep -oE -e '--[a-z]+')
	done
	[[ $("$EVGRAB" --version) =~ ^evgrab\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "a command line that makes no sense is status 2" {
	fails 2 "no command is given; see 'evgrab --help'"
	fails 2 "there is no command 'foo'; see 'evgrab --help'" foo
	fails 2 "usage: evgrab switch GUEST|host|next|prev|back [OPTION...]" switch
	fails 2 "usage: evgrab status [OPTION...]" status now
	fails 2 "unknown or ambiguous option '--foo'; see 'evgrab --help'" status --foo
	fails 2 "--config needs a value: FILE; see 'evgrab --help'" check --config
	fails 2 "--for: number of seconds '0' is not between 1 and 86400; see 'evgrab --help'" \
		run --for=0
}

@test "without a daemon every command says so" {
	for command in 'switch host' release status list monitor reload 'started a' 'stopped a'; do
		# shellcheck disable=SC2086 # words
		fails 1 "evgrab is not running: nobody answers at '$socket'" $command \
			--socket "$socket"
	done
}

@test "check shows what would be" {
	cat >"$config" <<-EOF2
	[general]
	next = shift+pause
	chord = meta+f12
	[guest win11]
	roles = keyboard mouse tablet gamepad
	chord = meta+f1
	switch = started
	[guest linux]
	reads = passthrough
	live = always
	EOF2
	run --separate-stderr "$EVGRAB" check --config "$config"
	[ "$output" = "host: keeps its devices
  chord meta+f12
next: chord shift+pause
device: auto
guest win11: live from its start to its stop, read by evdev, switched to at its start
  keyboard /dev/input/by-id/vfiokit-win11-event-kbd
  mouse /dev/input/by-id/vfiokit-win11-event-mouse
  tablet /dev/input/by-id/vfiokit-win11-event-tablet
  gamepad /dev/input/by-id/vfiokit-win11-event-joystick
  chord meta+f1
guest linux: always live, read by passthrough
  keyboard /dev/input/by-id/vfiokit-linux-event-kbd
  mouse /dev/input/by-id/vfiokit-linux-event-mouse" ]
}

@test "the example is understood" {
	run "$EVGRAB" check --config "$SRCDIR/examples/evgrab.conf"
	[[ $output == *'guest linux: live from its start to its stop, read by passthrough'* ]]
}

@test "a mistake in the configuration is named with its line" {
	echo '[guest a]' >"$config"
	echo 'chord = ctrl+' >>"$config"
	fails 1 "'$config', line 2: chord 'ctrl+': a key is missing" check --config "$config"
	fails 1 "'$config', line 2: chord 'ctrl+': a key is missing" run --config "$config" \
		--socket "$socket"
	[ ! -e "$socket" ]
}

@test "as a service it is not started again for a mistake, but for devices that it has to keep" {
	local config=$BATS_TEST_TMPDIR/evgrab.conf pid
	printf '[general]\nnext = none such\n' >"$config"
	why="evgrab: '$config', line 2: chord 'none such': there is no key 'none such'"
	run --separate-stderr "$EVGRAB" run --config "$config"
	[ "$status" -eq 1 ]
	[ "$stderr" = "$why" ]
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/none run --separate-stderr "$EVGRAB" run --config "$config"
	[ "$status" -eq 78 ]
	[ "$stderr" = "$why" ]

	# as systemd hands over what it has kept; told to end, it does so at once
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/none LISTEN_FDS=1 LISTEN_FDNAMES=win11.keyboard bash -c \
		'export LISTEN_PID=$$; exec "$@"' -- "$EVGRAB" run --config "$config" \
		4>&3 3</dev/null 2>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	for _ in {1..100}; do
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || break
		sleep 0.1
	done
	grep -F "${why#evgrab: }, trying again in 5 s; guests keep their devices meanwhile" "$BATS_TEST_TMPDIR/err"
	kill "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 1 ]
}

@test "what is no daemon is noticed" {
	command -v python3 >/dev/null || skip "python3 is not installed"
	python3 - "$socket" <<-'EOF2' 3>&- &
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen()
	for answer in b"data {}\n", b"data 5\nok\n", b"hello\n", b"error it is late\n":
	    c = s.accept()[0]
	    c.recv(100)
	    c.sendall(answer)
	    c.close()
	EOF2
	for _ in {1..100}; do
		[ ! -S "$socket" ] || break
		sleep 0.1
	done
	fails 1 "the daemon hung up before it had answered" switch a --socket "$socket"
	fails 1 "the daemon's answer is no JSON object" status --socket "$socket"
	fails 1 "what answers at '$socket' is not evgrab" list --socket "$socket"
	fails 1 "it is late" release --socket "$socket"
	wait
}
