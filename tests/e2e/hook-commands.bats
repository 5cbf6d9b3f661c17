#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook's commands, as far as they need no host: all that they print, and their status.
# They run where /run, /sys and the configuration are empty, and see no libvirt.

bats_require_minimum_version 1.5.0

UUID=11111111-2222-3333-4444-555555555555
OTHER=aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee
USAGE='vfiokit-hook: usage: vfiokit-hook'
UNSEEN='libvirt does not call the hook; run: vfiokit-hook install'

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	foreign=$SRCDIR/tests/data/minimal.xml
	guest "<v:device address='ffff:1f:1f.7' id='10de:1b80'/>" "<hostdev mode='subsystem'
		type='pci' managed='no'><source><address domain='0xffff' bus='0x1f' slot='0x1f'
		function='0x7'/></source></hostdev>" >gone.xml
	run=()
}

# guest ELEMENTS [DEVICES]: a domain of ours
guest() {
	echo "<domain type='kvm'><name>win</name><uuid>$UUID</uuid><metadata>"
	echo "<v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>$1</v:guest>"
	echo "</metadata><devices>${2-}</devices></domain>"
}

# Further calls are root's, on a host of their own, each on a new one with the undo logs of
# the directory logs; `left` names those that are there afterwards.
as_root() {
	local map=()
	[ "$EUID" -eq 0 ] || map=(--map-root-user)
	# shellcheck disable=SC2016
	run=(unshare "${map[@]}" --mount bash -c '
		for dir in /run /sys /etc/vfiokit /etc/libvirt; do
			[ ! -d $dir ] || mount -t tmpfs -o mode=755 tmpfs $dir || exit 99
		done
		[ ! -e logs ] || cp -a logs /run/vfiokit
		[ ! -e guests ] || { mkdir /run/libvirt && cp -a guests /run/libvirt/qemu; }
		"$@"
		status=$?
		[ ! -e /run/vfiokit ] || ls -A /run/vfiokit >left
		exit $status' --)
	"${run[@]}" true 2>why || skip "no mount namespace: $(cat why)"
}

# Further calls are those of a user who may do nothing, and cannot look everywhere.
as_nobody() {
	[ "$EUID" -ne 0 ] && return
	place=$(mktemp -d)
	chmod 755 "$place"
	(cd "$(dirname "$HOOK")/.." &&
		find sbin lib* -name 'vfiokit-hook*' -type f -exec cp --parents -t "$place" {} +)
	HOOK=$place/sbin/vfiokit-hook
	run=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
}

teardown() {
	[ -z "${place-}" ] || rm -r "$place"
}

# log_of UUID NAME [LINE...]: the undo log of a guest, its name encoded
log_of() {
	mkdir -m 700 -p logs
	{
		echo "vfiokit-undo 1 $(cat /proc/sys/kernel/random/boot_id) $2"
		[ $# -lt 3 ] || printf '%s\n' "${@:3}"
	} >"logs/$1"
}

# says STATUS STDOUT STDERR ARGUMENT...: exactly that
says() {
	local want=$1 status=0
	printf '%s' "${2:+$2$'\n'}" >want.out
	printf '%s' "${3:+$3$'\n'}" >want.err
	shift 3
	"${run[@]}" "$HOOK" "$@" >stdout 2>stderr || status=$?
	diff want.out stdout
	diff want.err stderr
	[ "$status" -eq "$want" ]
}

@test "a call that makes no sense says how it is called" {
	says 2 '' "vfiokit-hook: no command is given; see 'vfiokit-hook --help'"
	says 2 '' "vfiokit-hook: there is no command 'win'; see 'vfiokit-hook --help'" win
	says 2 '' "vfiokit-hook: there is no command '?[31mred'; see 'vfiokit-hook --help'" $'\e[31mred'
	says 2 '' "vfiokit-hook: there is no command '--timing'; see 'vfiokit-hook --help'" --timing
	says 2 '' "$USAGE plan FILE|GUEST" plan
	says 2 '' "$USAGE plan FILE|GUEST" plan one two
	says 2 '' "$USAGE status [--json]" status win
	says 2 '' "$USAGE status [--json]" status --json --json
	says 2 '' "$USAGE restore GUEST|--all|--device BDF" restore
	says 2 '' "$USAGE restore GUEST|--all|--device BDF" restore --device
	says 2 '' "$USAGE restore GUEST|--all|--device BDF" restore one two
	says 2 '' "$USAGE restore GUEST|--all|--device BDF" restore --all 0000:01:00.0
	says 2 '' "$USAGE restore GUEST|--all|--device BDF" restore --device 0000:01:00.0 more
	says 2 '' "$USAGE simulate [--yes] [--timing] FILE" simulate
	says 2 '' "$USAGE simulate [--yes] [--timing] FILE" simulate --no gone.xml
	says 2 '' "$USAGE simulate [--yes] [--timing] FILE" simulate gone.xml --yes
	says 2 '' "$USAGE install" install now
	says 2 '' "$USAGE uninstall" uninstall now
}

@test "help names every command" {
	says 0 'Usage: vfiokit-hook COMMAND [ARGUMENT...]

libvirt'\''s qemu hook: hands devices, huge pages and cores of the host to guests,
and takes them back. libvirt starts it as /etc/libvirt/hooks/qemu.d/50-vfiokit.

Commands:
  plan FILE|GUEST                  show what would be done now, and what stands in the way
  status [--json]                  show what is held for whom, and what is left over
  restore GUEST|--all|--device BDF give back what a guest has left behind
  simulate [--yes] [--timing] FILE prepare and release without the guest
  install                          let libvirt call the hook
  uninstall                        let libvirt call it no more
  import [--force] [DIR]           take over the scripts of another hook
  --help                           show this
  --version                        show the version' '' --help
}

@test "who is not root is told so" {
	as_nobody
	says 1 '' 'vfiokit-hook: only root can see who holds a device' plan gone.xml
	says 1 '' 'vfiokit-hook: only root can read what is on record' status
	says 1 '' 'vfiokit-hook: only root can give devices back' restore --all
	says 1 '' 'vfiokit-hook: only root can take devices' simulate --yes gone.xml
}

@test "without logs nothing is held, and nothing has to be given back" {
	as_root
	says 0 "Nothing is held for any guest.

Not as it should be:
  $UNSEEN" '' status
	says 0 "nothing is held for a guest 'win'" '' restore win
	says 0 'nothing is held for any guest' '' restore --all
	says 1 '' 'vfiokit-hook: the host has no device 0000:01:00.0' restore --device 01:00.0
	says 1 '' "vfiokit-hook: 'gpu' is not a PCI address such as 0000:01:00.0" restore --device gpu
}

@test "status in JSON, of nothing and of a guest" {
	as_root
	says 0 "{
  \"guests\": [
  ],
  \"shared\": [
  ],
  \"busy\": false,
  \"installed\": false,
  \"live\": false,
  \"daemon\": null,
  \"findings\": [
    \"$UNSEEN\"
  ]
}" '' status --json
	log_of $UUID '%1b[31m"win"' '+ 1 cores 2-3' '+ 2 device 0000:01:00.0 nvidia % nvidia auto 1' \
		'- 2' '~'
	"${run[@]}" "$HOOK" status --json >status.json
	python3 -c 'import json, sys
status = json.load(sys.stdin)
guest, = status["guests"]
assert guest["name"] == "\x1b[31m\"win\"", guest
assert guest["uuid"] == sys.argv[1] and guest["state"] == "pending", guest
assert guest["records"] == [
    {"step": "cores", "kind": "cores", "fields": ["2-3"], "state": "held",
     "text": "the host'\''s processes keep off the CPUs 2-3"},
    {"step": "device", "kind": "device", "state": "undone",
     "fields": ["0000:01:00.0", "nvidia", "", "nvidia", "auto", "1"],
     "text": "0000:01:00.0, which had the driver '\''nvidia'\''"}], guest
assert len(status["findings"]) == 2 and status["shared"] == [], status' $UUID <status.json
}

@test "status names what is held, and what is still to be given back" {
	as_root
	log_of $UUID 'win%2011' '+ 1 cores 2-3' '+ 2 sleep vfiokit-sleep-x.service' '- 2' '~'
	log_of $OTHER lin '+ 1 device 0000:01:00.0 nvidia % nvidia auto 1' '! 1' '~'
	log_of shared '%' '+ 1 allowed-cpus user.slice % 0,2 %' '+ 2 workqueue cpumask 3 1 3' '- 2'
	says 0 "lin ($OTHER): wedged
  device       0000:01:00.0, which had the driver 'nvidia' (hangs in the kernel: only a reboot helps)

win 11 ($UUID): pending
  cores        the host's processes keep off the CPUs 2-3

For all guests together:
  cores        AllowedCPUs of 'user.slice' is 0,2 (was unset)

Not as it should be:
  'lin' is gone, and not all is undone: the next call tries again, or: vfiokit-hook restore lin
  'win 11' is gone, and not all is undone: the next call tries again, or: vfiokit-hook restore $UUID
  connect to the system bus: No such file or directory
  $UNSEEN" '' status
}

@test "a guest that was left behind is named, whatever it is called" {
	as_root
	log_of $UUID restore '+ 1 cores 2-3'
	log_of $OTHER '%1b[2Jwin'
	says 0 "?[2Jwin ($OTHER): held

restore ($UUID): held
  cores        the host's processes keep off the CPUs 2-3

Not as it should be:
  '?[2Jwin' does not run: unless it is just being started, its next start gives back what it had, or: vfiokit-hook restore $OTHER
  'restore' does not run: unless it is just being started, its next start gives back what it had, or: vfiokit-hook restore restore
  $UNSEEN" '' status
}

@test "whatever a guest is called, it is restored" {
	as_root
	local name
	for name in restore install --help 'two words' "it's" '$(touch pwned)' $'\e[31m'; do
		log_of $UUID "$(printf %s "$name" | sed 's/ /%20/g; s/\x1b/%1b/g')" '+ 1 hugepages-claim 1 2048 32'
		log_of $OTHER other '+ 1 hugepages-claim 1 2048 32'
		says 0 "all that '${name/$'\e'/?}' had is given back" '' restore "$name"
		[ "$(cat left)" = $OTHER ]
	done
	[ ! -e pwned ]
	log_of $UUID --all '+ 1 hugepages-claim 1 2048 32' # by name it could not be meant
	says 0 "all that '--all' had is given back" '' restore $UUID
	[ "$(cat left)" = $OTHER ]
	says 0 "all that 'other' had is given back" '' restore $OTHER
	[ "$(cat left)" = $UUID ]
}

@test "what libvirt still takes for a running guest is not restored" {
	as_root
	log_of $UUID win '+ 1 device ffff:1f:1f.7 nvidia % nvidia auto 1'
	mkdir guests
	echo "<domstatus><domain><uuid>$UUID</uuid></domain></domstatus>" >guests/win.xml
	gone="vfiokit-hook: the guest 'win' is gone, but libvirt does not know yet, and would reset its devices under the host: start libvirt's daemon, which gives back what it had"
	says 1 '' "$gone" restore win
	says 1 '' "$gone" restore --device ffff:1f:1f.7
	says 1 '' "$gone
vfiokit-hook: not everything could be given back" restore --all
	[ "$(cat left)" = $UUID ]
	says 0 "win ($UUID): held
  device       ffff:1f:1f.7, which had the driver 'nvidia'

Not as it should be:
  'win' does not run, and libvirt does not know yet: its daemon, once it is started, gives back what it had
  ffff:1f:1f.7 is held for 'win' and is with no driver instead of vfio-pci
  $UNSEEN" '' status
	# another guest of that name is none of its business
	echo "<domstatus><domain><uuid>$OTHER</uuid></domain></domstatus>" >guests/win.xml
	says 0 "all that 'win' had is given back" \
		'device: ffff:1f:1f.7 is not there any more: nothing to give back' restore win
}

@test "what cannot be undone is said, stays, and the rest goes" {
	as_root
	log_of $UUID win '+ 1 hugepages-claim 1 2048 32' '+ 2 future a b'
	log_of $OTHER lin '+ 1 hugepages-claim 1 2048 32'
	says 1 "all that 'lin' had is given back" "not undone: this version cannot undo 'future' (record 2)
vfiokit-hook: this version cannot undo 'future' (record 2)
vfiokit-hook: not everything could be given back" restore --all
	[ "$(cat left)" = $UUID ]
}

@test "a log that others could have written is not believed" {
	as_root
	log_of $UUID win '+ 1 hugepages-claim 1 2048 32'
	chmod 755 logs
	local why="vfiokit-hook: '/run/vfiokit' is not private to root (mode 0755, owner 0); remove it"
	says 1 '' "$why" status
	says 1 '' "$why" restore --all
}

@test "plan shows what is in the way, and fails" {
	as_root
	says 1 "The start of 'win' on this host, as it is now:

In the way:
  identity     the host has no device ffff:1f:1f.7, which was 10de:1b80" \
		"vfiokit-hook: the guest 'win' would not start" plan gone.xml
	says 1 "The start of 'win' on this host, as it is now:

In the way:
  identity     the host has no device ffff:1f:1f.7, which was 10de:1b80" \
		"vfiokit-hook: the guest 'win' would not start" plan - <gone.xml
	[ ! -e left ]
}

@test "plan warns of a ROM that the guest's firmware ignores" {
	as_root
	chmod 755 . "$BATS_RUN_TMPDIR"
	"$MKROM" bad.rom legacy,last byte=100:1
	sed "s|</source>|&<rom file='$PWD/bad.rom'/>|" gone.xml >rom.xml
	says 1 "The start of 'win' on this host, as it is now:

In the way:
  identity     the host has no device ffff:1f:1f.7, which was 10de:1b80

Warnings:
  rom          the guest's firmware, SeaBIOS, will not run '$PWD/bad.rom' of ffff:1f:1f.7 (ignored): the checksum of the code at 0x0 is wrong by 0x01; more says: vbios check --domain='win'" \
		"vfiokit-hook: the guest 'win' would not start" plan rom.xml
}

@test "a guest that asks for nothing has nothing in the way" {
	as_root
	guest "<v:sleep/>" >sleepy.xml
	says 0 "The start of 'win' on this host, as it is now:

Will be done:
  sleep        the host will not sleep while the guest runs

Nothing is in the way." '' plan sleepy.xml
}

@test "a guest that cannot be read, or is none of ours, has no plan" {
	as_root
	says 1 '' "vfiokit-hook: './none': open './none': No such file or directory" plan ./none
	says 1 '' "vfiokit-hook: the guest 'minimal' has no guest element in <metadata>, so nothing is done for it; xmltweak --hook writes one" plan "$foreign"
	echo rubbish >rubbish.xml
	says 1 '' "vfiokit-hook: 'rubbish.xml': standard input:1: not well-formed: syntax error" plan rubbish.xml
	guest '<v:new/>' >unknown.xml
	says 1 '' "vfiokit-hook: 'unknown.xml': this version does not know <new> in the guest element in <metadata>" plan unknown.xml
	local status=0
	"${run[@]}" "$HOOK" plan no-such-guest 2>stderr || status=$?
	[ "$status" -eq 1 ]
	[ "$(wc -l <stderr)" -eq 1 ]
	[[ $(cat stderr) == "vfiokit-hook: 'no-such-guest': libvirt (qemu:///system): guest 'no-such-guest': "* ]]
}

@test "simulate asks a person, and nobody else" {
	as_root
	says 1 '' "vfiokit-hook: the devices of 'win' would be taken from this host for a moment: confirm with --yes" simulate gone.xml </dev/null
	says 1 '' "vfiokit-hook: the guest 'minimal' has no guest element in <metadata>" simulate --yes "$foreign"
	guest '' | sed 's|<uuid>.*</uuid>||' >none.xml
	says 1 '' "vfiokit-hook: the guest 'win' has no <uuid>, which defining it gives it" simulate --yes none.xml
	[ ! -e left ]
	log_of $UUID win '+ 1 hugepages-claim 1 2048 32'
	says 1 '' "vfiokit-hook: the guest 'win' runs, or has left something behind; see vfiokit-hook status" simulate --yes gone.xml
}

@test "simulate says what came of it" {
	as_root
	says 1 'prepare:
  the host has no device ffff:1f:1f.7, which was 10de:1b80
release:
  done' 'vfiokit-hook: the host has no device ffff:1f:1f.7, which was 10de:1b80' simulate --yes gone.xml
	[ ! -s left ]
}

@test "with --timing it says where the time went" {
	as_root
	local status=0
	"${run[@]}" "$HOOK" simulate --timing --yes gone.xml >stdout || status=$?
	[ "$status" -eq 1 ]
	# the parts of each of the two add up to the total
	awk '$3 == "ms" || $2 == "ms" || $4 == "ms" {
			for (i = 1; $(i + 1) != "ms"; i++) ;
			if ($1 == "total") { n++; if (sum - $i > 0.5 || $i - sum > 0.5) exit 1; sum = 0 }
			else { sum += $i; parts++ }
		}
		END { exit !(n == 2 && parts == 10) }' stdout
	[ "$(sed -nE 's/^  ([a-z ]*[a-z]) +[0-9.]+ ms +[0-9.]+ %$/\1/p' stdout | paste -sd ,)" = \
		'kernel,systemd,waiting,scripts,the hook,total,kernel,systemd,waiting,scripts,the hook,total' ]
}
