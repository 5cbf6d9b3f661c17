#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook as libvirt calls it, and as nobody should: what it says, its status, and that it
# never keeps libvirt waiting. Whatever could touch the host runs where /run is another one
# and has no system bus.

bats_require_minimum_version 1.5.0

NS='https://vfiokit.org/xmlns/guest/1'
UUID=11111111-2222-3333-4444-555555555555
NAMES=(install uninstall import plan status restore simulate --help --version -h --
	'' - -x . .. ../../etc/passwd a/b 'two words' $'two\nlines' $'\e[31m' "it's" '"' '\'
	'$(touch pwned)' '`touch pwned`' '; touch pwned' '| touch pwned' '%s%n%p' '*' '~'
	'ä' $'\xff\xfe')

setup() {
	dir=$BATS_TEST_TMPDIR
	cd "$dir" || return
	hook=$dir/50-vfiokit
	ln -s "$HOOK" "$hook"
	foreign=$SRCDIR/tests/data/minimal.xml
	guest '' >ours.xml
	guest '<v:new/>' >unknown.xml
	guest "<v:device address='ffff:1f:1f.7' id='10de:1b80'/>" \
		"<hostdev mode='subsystem' type='pci' managed='no'><source><address
		domain='0xffff' bus='0x1f' slot='0x1f' function='0x7'/></source></hostdev>" >gone.xml
	GONE='vfiokit-hook: the host has no device ffff:1f:1f.7, which was 10de:1b80'
	UNKNOWN='vfiokit-hook: this version does not know <new> in the guest element in <metadata>'
	WRONG="vfiokit-hook: a hook of libvirt is called as: $hook GUEST OPERATION SUB-OPERATION EXTRA"
}

# guest ELEMENTS [DEVICES]: a domain of ours
guest() {
	echo "<domain type='kvm'><name>win</name><uuid>$UUID</uuid><metadata>"
	echo "<v:guest xmlns:v='$NS'>$1</v:guest></metadata><devices>${2-}</devices>"
	echo '</domain>'
}

# padded FILE MIB: with so much of a comment in it
padded() {
	sed '$d' "$1"
	echo '<!--'
	head -c "$2"M /dev/zero | tr '\0' x
	echo '-->'
	tail -n 1 "$1"
}

# calls STATUS TEXT ARGUMENT...: the hook, with standard input as it is here, says exactly
# this, and its output ends as soon as it does: nobody else holds it open
calls() {
	local want=$1 text=$2 status=0
	shift 2
	{
		timeout 40 bash -c '{ "$@" 3>&- | cat >stdout; exit "${PIPESTATUS[0]}"; } \
			2>&1 >/dev/null | cat >stderr; exit "${PIPESTATUS[0]}"' -- \
			"${run[@]}" "$hook" "$@"
	} || status=$?
	[ "$status" -eq "$want" ] || { echo "status $status: $(cat stderr)"; return 1; }
	diff <(printf '%s' "${text:+$text$'\n'}") stderr
	[ ! -s stdout ] || { echo "standard output: $(cat stdout)"; return 1; }
}

# Further calls are root's, and cannot reach the host's /run.
as_root() {
	local map=()
	[ "$EUID" -eq 0 ] || map=(--map-root-user)
	# shellcheck disable=SC2016
	run=(unshare "${map[@]}" --mount sh -c 'mount -t tmpfs -o mode=755 tmpfs /run &&
		{ [ ! -d /etc/vfiokit ] || mount -t tmpfs tmpfs /etc/vfiokit; } && exec "$@"' --)
	"${run[@]}" true 2>why || skip "no mount namespace: $(cat why)"
}

# Further calls are those of a user who may do nothing.
as_nobody() {
	run=()
	[ "$EUID" -ne 0 ] && return
	place=$(mktemp -d)
	chmod 755 "$place"
	cp -L "$HOOK" "$place/50-vfiokit"
	hook=$place/50-vfiokit
	run=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
}

teardown() {
	[ -z "${place-}" ] || rm -r "$place"
}

@test "a guest that is not ours costs a look, at every operation" {
	run=()
	calls 0 '' win prepare begin - <"$foreign"
	calls 0 '' win start begin - <"$foreign"
	calls 0 '' win started begin - <"$foreign"
	calls 0 '' win stopped end - <"$foreign"
	calls 0 '' win release end shutdown <"$foreign"
	calls 0 '' win release end 'from snapshot' <"$foreign"
	calls 0 '' win reconnect begin - <"$foreign"
	calls 0 '' win attach begin - <"$foreign"
	calls 0 '' win migrate begin - <"$foreign"
	calls 0 '' win restore begin - <"$foreign"
	calls 0 '' win unheard-of whatever - <"$foreign"
}

@test "a guest that reads devices of evgrab's does not start without it, ours or not" {
	as_root
	local link=/dev/input/by-id/vfiokit-no.such+guest-event-kbd
	local evdev="<input type='evdev'><source dev='$link'/></input>" file
	local why="vfiokit-hook: evgrab is not running: '$link', which the guest reads, is not there"
	echo "<domain type='kvm'><name>win</name><devices>$evdev</devices></domain>" >reads.xml
	guest '<v:sleep/>' "$evdev" >ours-reads.xml
	for file in reads.xml ours-reads.xml; do
		calls 1 "$why" win prepare begin - <$file
		calls 0 '' win started begin - <$file
		calls 0 '' win stopped end - <$file
		calls 0 '' win reconnect begin - <$file
		calls 0 '' win release end failed <$file
	done
}

@test "whatever a guest is called, it is a guest" {
	run=()
	local name
	for name in "${NAMES[@]}"; do
		calls 0 '' "$name" prepare begin - <"$foreign"
		calls 0 '' "$name" release end shutdown <"$foreign"
	done
	[ ! -e pwned ]
}

@test "whatever a guest of ours is called, it is refused for what it is" {
	as_root
	local name
	for name in "${NAMES[@]}"; do
		calls 1 "$UNKNOWN" "$name" prepare begin - <unknown.xml
		calls 0 '' "$name" release end failed <unknown.xml
	done
	[ ! -e pwned ]
}

@test "the name of the link decides, not its arguments" {
	as_root
	ln -s "$HOOK" qemu
	hook=$dir/qemu
	calls 1 "$UNKNOWN" status prepare begin - <unknown.xml
	hook=$HOOK
	calls 2 "vfiokit-hook: there is no command 'win'; see 'vfiokit-hook --help'" \
		win prepare begin - <unknown.xml
}

@test "operations are as libvirt spells them, all others succeed" {
	as_root
	local operation
	for operation in start started stopped reconnect migrate restore attach '' PREPARE '-' \
		$'prepare\n' '$(touch pwned)'; do
		calls 0 '' win "$operation" begin - <unknown.xml
	done
	calls 1 "$UNKNOWN" win prepare begin - <unknown.xml
	[ ! -e pwned ]
}

@test "too few arguments are a mistake, more are not looked at" {
	run=()
	calls 2 "$WRONG" <"$foreign"
	calls 2 "$WRONG" win <"$foreign"
	calls 2 "$WRONG" win prepare <"$foreign"
	calls 0 '' win prepare begin <"$foreign"
	calls 0 '' win prepare begin - more and more <"$foreign"
	as_root
	calls 1 "$UNKNOWN" win prepare begin <unknown.xml
	calls 1 "$UNKNOWN" win prepare begin - more <unknown.xml
}

@test "nothing on standard input is no guest of ours" {
	as_root
	calls 0 '' win prepare begin - </dev/null
	calls 0 '' win prepare begin - <&-
	calls 0 '' win release end - </dev/null
	calls 0 '' win release end - <&-
	calls 0 '' win prepare begin - < <(:)
}

@test "what is no domain is refused only if it speaks of us" {
	as_root
	calls 0 '' win prepare begin - < <(echo rubbish)
	calls 0 '' win prepare begin - < <(head -c 100000 /dev/urandom)
	calls 1 "vfiokit-hook: standard input:1: not well-formed: invalid token" \
		win prepare begin - < <(echo "$NS")
	calls 0 '' win release end - < <(echo "$NS")
	calls 1 "vfiokit-hook: the domain has no <name>" win prepare begin - < <(
		echo "<domain><metadata><guest xmlns='$NS'/></metadata></domain>")
	calls 1 "vfiokit-hook: the domain has no <uuid>" win prepare begin - < <(
		echo "<domain><name>win</name><metadata><guest xmlns='$NS'/></metadata></domain>")
	calls 1 "vfiokit-hook: the domain has no valid <uuid>" win prepare begin - < <(
		sed "s/$UUID/..\/..\/etc/" ours.xml)
}

@test "a document cut off anywhere is never half understood" {
	as_root
	local n
	for n in 100 140 150 170 180; do
		calls_any win prepare begin - < <(head -c "$n" unknown.xml)
	done
}

# calls_any ARGUMENT...: refused with one line, or none of our business
calls_any() {
	local status=0
	timeout 40 "${run[@]}" "$hook" "$@" >stdout 2>stderr || status=$?
	[ ! -s stdout ]
	[ "$(wc -l <stderr)" -eq "$status" ]
	[ "$status" -le 1 ]
}

@test "a document of 20 MiB is read to its end" {
	as_root
	padded "$foreign" 20 >large.xml
	calls 0 '' win prepare begin - <large.xml
	padded unknown.xml 20 >large.xml
	calls 1 "$UNKNOWN" win prepare begin - <large.xml
}

@test "what is larger than any domain is not read to its end" {
	as_root
	calls 0 '' win prepare begin - < <(head -c 80M /dev/zero)
	calls 1 'vfiokit-hook: the domain XML is larger than 64 MiB' win prepare begin - < <(
		padded unknown.xml 80)
}

@test "a standard input that nobody closes is not waited for for ever" {
	as_root
	mkfifo silent begun
	sleep 60 >silent 3>&- &
	local silent=$!
	{ head -c 150 unknown.xml; sleep 60; } >begun 3>&- &
	local begun=$!
	mkdir one two
	(cd one && calls 0 '' win prepare begin - <../silent) &
	local one=$!
	(cd two && calls 1 'vfiokit-hook: the domain XML has not come to its end on standard input within 10 s' \
		win prepare begin - <../begun)
	wait "$one"
	kill "$silent" "$begun" || true
}

@test "outputs that are closed change nothing" {
	as_root
	local status=0
	"${run[@]}" "$hook" win prepare begin - <unknown.xml >&- 2>&- || status=$?
	[ "$status" -eq 1 ]
	status=0
	"${run[@]}" "$hook" win prepare begin - <unknown.xml 2>/dev/full || status=$?
	[ "$status" -eq 1 ]
	"${run[@]}" "$hook" win prepare begin - <"$foreign" >&- 2>&-
}

@test "an empty environment is enough" {
	as_root
	run+=(env -i)
	calls 0 '' win prepare begin - <"$foreign"
	calls 1 "$GONE" win prepare begin - <gone.xml
}

@test "a guest of ours is refused in one sentence, and leaves nothing behind" {
	as_root
	calls 1 "$GONE" win prepare begin - <gone.xml
	calls 0 '' win release end failed <gone.xml
	# shellcheck disable=SC2016
	run+=(sh -c '"$@"; echo "$(stat -c %a /run/vfiokit)" $(ls -A /run/vfiokit) >left' --)
	calls 0 "$GONE" win prepare begin - <gone.xml
	diff <(echo 711) left
}

@test "calls at the same time wait for each other" {
	as_root
	# shellcheck disable=SC2016
	run+=(sh -c 'for i in 1 2 3 4; do "$@" <gone.xml & done; wait "$!"' --)
	calls 1 "$GONE"$'\n'"$GONE"$'\n'"$GONE"$'\n'"$GONE" win prepare begin -
}

@test "a session's guest that needs the host is told where to go" {
	as_nobody
	calls 0 '' win prepare begin - <"$foreign"
	calls 1 "vfiokit-hook: a guest of a user's session cannot take devices of the host; define it in qemu:///system" \
		win prepare begin - <ours.xml
	calls 0 '' win start begin - <ours.xml
	calls 0 '' win stopped end - <ours.xml
	calls 0 '' win release end failed <ours.xml
	calls 0 '' win reconnect begin - <ours.xml
	calls 0 '' win prepare begin - </dev/null
}
