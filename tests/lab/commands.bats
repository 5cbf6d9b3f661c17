#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook's commands, on a host with the true libvirtd: what they say, whole, and that they
# change nothing but what they are for.
#
# lab: limit=900
#
# shellcheck disable=SC2030,SC2031 # holder is for the teardown of the same test

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
pool=/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
hook=/etc/libvirt/hooks/qemu.d/50-vfiokit
slow=lab-slow.service

setup_file() {
	load lab
	mkdir -p /etc/vfiokit /run/systemd/system/libvirtd.service.d
	cat >/etc/vfiokit/hook.conf <<-END
		[allow]
		stop = lab-*.service
		[deadline]
		wait = 5
	END
	cat >/run/systemd/system/$slow <<-END
		[Service]
		ExecStart=/bin/sleep 1000
		ExecStop=/bin/sleep 4
	END
	printf '[Service]\nRestart=no\n' >/run/systemd/system/libvirtd.service.d/once.conf
	systemctl daemon-reload
	lab_hook
}

teardown_file() {
	rm -r /etc/vfiokit/hook.conf /run/systemd/system/{$slow,libvirtd.service.d}
	systemctl daemon-reload
}

setup() {
	load lab
	card=$(basename "$pci"/0000:02:00.0/drm/card*)
	# a codec is looked for in the background
	lab_wait 10 sh -c "ls -d $pci/0000:02:00.1/sound/card*"
	sound=$(basename "$pci"/0000:02:00.1/sound/card*)
	group=$(basename "$(readlink $pci/0000:02:00.0/iommu_group)")
	xml=$BATS_TEST_TMPDIR/win.xml
	holder=
	define
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	[ -z "$holder" ] || kill "$holder" || :
	systemctl is-active --quiet libvirtd || systemctl start libvirtd
	virsh destroy win 2>/dev/null || :
	virsh undefine win
	vfiokit-hook restore --all
	journalctl -k -o cat -n 20
}

# define [OPTION...]: a guest with the second GPU, huge pages and cores of its own, and what
# these options of xmltweak give it; its domain is in $xml
define() {
	cat >"$BATS_TEST_TMPDIR/base.xml" <<-'END'
		<domain type='qemu'>
		  <name>win</name>
		  <memory unit='MiB'>64</memory>
		  <memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>
		  <vcpu>2</vcpu>
		  <cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/></cputune>
		  <numatune><memory mode='strict' nodeset='1'/></numatune>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices><memballoon model='none'/></devices>
		</domain>
	END
	virsh undefine win 2>/dev/null || :
	xmltweak --hostdev=02:00 --hook="${1:-isolate}" --define "$BATS_TEST_TMPDIR/base.xml"
	virsh dumpxml --inactive win >"$xml"
	uuid=$(virsh domuuid win)
}

# hook OPERATION SUBOPERATION: as libvirt would call it
hook() {
	$hook win "$1" "$2" - <"$xml"
}

unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	[ -z "$(ls -A /run/vfiokit)" ]
}

# says STATUS TEXT COMMAND...: its standard output and error, together and whole
says() {
	local want=$1 text=$2
	run "${@:3}"
	diff <(echo "$text") <(echo "$output")
	[ "$status" -eq "$want" ]
}

plan="The start of 'win' on this host, as it is now:

Will be done:
  hugepages    32 huge pages of 2 MiB on NUMA node 1: 0 are free, 32 to be allocated
  cores        AllowedCPUs of 'system.slice': unset -> 0-1
  cores        AllowedCPUs of 'user.slice': unset -> 0-1
  cores        AllowedCPUs of 'init.scope': unset -> 0-1
  cores        the workqueues' 'cpumask': 0-3 -> 0-1
  sound        /dev/snd/controlC@: sound servers are told to let go of it
  device       0000:02:00.0: bochs-drm -> vfio-pci
  device       0000:02:00.1: snd_hda_intel -> vfio-pci

Nothing is in the way."

held() {
	cat <<-END
		win ($uuid): held
		  hugepages    32 huge pages of 2 MiB on NUMA node 1, 32 of them allocated
		  cores        the host's processes keep off the CPUs 2-3
		  sound        the sound card of 0000:02:00.1 is announced as gone
		  device       0000:02:00.0, which had the driver 'bochs-drm'
		  device       0000:02:00.1, which had the driver 'snd_hda_intel'

		For all guests together:
		  cores        AllowedCPUs of 'system.slice' is 0-1 (was unset)
		  cores        AllowedCPUs of 'user.slice' is 0-1 (was unset)
		  cores        AllowedCPUs of 'init.scope' is 0-1 (was unset)
		  cores        the workqueues' 'cpumask' is 0-1 (was 0-3)

		The hook is installed, and called by libvirtd.
	END
}

@test "plan of a guest or a file shows all that will be done, and does nothing" {
	says 0 "${plan/@/${sound#card}}" vfiokit-hook plan win
	says 0 "${plan/@/${sound#card}}" vfiokit-hook plan "$xml"
	unchanged
	says 0 "Nothing is held for any guest.

The hook is installed, and called by libvirtd." vfiokit-hook status
}

@test "plan names who has a device open, and the guest that has it" {
	sleep 1000 3<"/dev/dri/$card" &
	holder=$!
	lab_wait 5 test -e "/proc/$holder/fd/3"
	run vfiokit-hook plan win
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"
In the way:
  holders      0000:02:00.0 is in use by sleep (pid $holder, /dev/dri/$card); stop it"* ]]
	[[ $output == *"
Would be done:
  hugepages    32 huge pages "*"
vfiokit-hook: the guest 'win' would not start" ]]
	unchanged
}

@test "status, a crash of libvirtd and QEMU: libvirtd has to see it before anything is given back" {
	virsh start win
	says 0 "$(held)" vfiokit-hook status
	vfiokit-hook status --json >"$BATS_TEST_TMPDIR/json"
	python3 -m json.tool "$BATS_TEST_TMPDIR/json" >/dev/null
	[ "$(python3 -c 'import json, sys
status = json.load(sys.stdin)
guest, = status["guests"]
print(guest["name"], guest["state"], status["live"], status["daemon"],
      *[r["fields"][0] for r in guest["records"] if r["kind"] == "device"])' <"$BATS_TEST_TMPDIR/json")" = \
		'win held True libvirtd 0000:02:00.0 0000:02:00.1' ]

	pid=$(cat /run/libvirt/qemu/win.pid)
	busy="vfiokit-hook: 0000:02:00.0 is in use by qemu-system-x86 (pid $pid, /dev/vfio/$group); stop it"
	says 1 "$busy" vfiokit-hook restore win
	says 1 "$busy" vfiokit-hook restore --device 02:00.0
	says 1 "$busy
vfiokit-hook: not everything could be given back" vfiokit-hook restore --all
	says 1 "vfiokit-hook: the guest 'win' runs, or has left something behind; see vfiokit-hook status" \
		vfiokit-hook simulate --yes "$xml"
	says 0 "$(held)" vfiokit-hook status

	systemctl kill -s KILL libvirtd
	kill -9 "$pid"
	lab_wait 10 sh -c "! systemctl is-active libvirtd && ! test -e /proc/$pid"
	run vfiokit-hook status
	[[ $output == *"
Not as it should be:
  'win' does not run, and libvirt does not know yet: its daemon, once it is started, gives back what it had" ]]
	gone="vfiokit-hook: the guest 'win' is gone, but libvirt does not know yet, and would reset its devices under the host: start libvirt's daemon, which gives back what it had"
	says 1 "$gone" vfiokit-hook restore win
	says 1 "$gone" vfiokit-hook restore --device 02:00.0
	[ "$(driver 0000:02:00.0)" = vfio-pci ]
	systemctl start libvirtd
	lab_wait 30 virsh list
	lab_wait 30 sh -c '[ -z "$(ls -A /run/vfiokit)" ]'
	[ "$(driver 0000:02:00.0)" = bochs-drm ]
	lab_wait 10 sh -c '! systemctl is-active "machine-qemu*.scope"'
	unchanged
}

@test "what somebody else has changed meanwhile is found, and not taken for ours" {
	hook prepare begin
	echo >$pci/0000:02:00.1/driver_override
	echo 0000:02:00.1 >$pci/0000:02:00.1/driver/unbind
	echo 0000:02:00.1 >/sys/bus/pci/drivers_probe
	[ "$(driver 0000:02:00.1)" = snd_hda_intel ]
	echo 10 >$pool
	systemctl set-property --runtime user.slice AllowedCPUs=0
	run vfiokit-hook status
	diff <(printf '%s\n' "Not as it should be:" \
		"  'win' does not run: unless it is just being started, its next start gives back what it had, or: vfiokit-hook restore win" \
		"  'win' has 32 huge pages of 2 MiB on NUMA node 1, and nr_hugepages there is 10: somebody else has changed it" \
		"  0000:02:00.1 is held for 'win' and is with the driver 'snd_hda_intel' instead of vfio-pci" \
		"  AllowedCPUs of 'user.slice' is 0 and was made 0-1 for guests: somebody else has changed it") \
		<(echo "$output" | sed -n '/^Not as/,$p')
	[ "$status" -eq 0 ]
	hook release end
	[ "$(systemctl show -P AllowedCPUs user.slice)" = 0 ]
	systemctl set-property --runtime user.slice AllowedCPUs=
	lab_wait 5 sh -c '! grep -qx 0 /sys/fs/cgroup/user.slice/cpuset.cpus'
	unchanged
}

@test "a hook that was killed: status says so, restore gives back" {
	define isolate,stop=$slow
	systemctl start $slow
	snapshot "$BATS_TEST_TMPDIR/before"
	$hook win prepare begin - <"$xml" & # itself, not a shell that waits for it
	pid=$!
	lab_wait 20 grep -q '^+ [0-9]* stop ' "/run/vfiokit/$uuid"
	run vfiokit-hook status
	[[ $output == *"called by libvirtd; it is at work just now."* ]]
	[[ $output != *'Not as it should be'* ]]
	kill -9 "$pid"
	wait "$pid" || :
	lab_wait 30 sh -c "systemctl show -P ActiveState $slow | grep -qx inactive"
	run vfiokit-hook status
	echo "$output"
	[[ $output == "win ($uuid): held"*"  units        the unit '$slow' is kept stopped"* ]]
	[[ $output == *"'win' does not run: "*"vfiokit-hook restore win" ]]
	run vfiokit-hook restore win
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"all that 'win' had is given back" ]]
	unchanged
	systemctl stop $slow
}

@test "what could not be given back stays pending until it can" {
	hook prepare begin
	sleep 1000 3<>"/dev/vfio/$group" &
	holder=$!
	lab_wait 5 test -e "/proc/$holder/fd/3"
	hook release end
	run vfiokit-hook status
	echo "$output"
	[[ $output == "win ($uuid): pending
  device       0000:02:00.0, which had the driver 'bochs-drm'
  device       0000:02:00.1, which had the driver 'snd_hda_intel'"* ]]
	[[ $output == *"
  'win' is gone, and not all is undone: the next call tries again, or: vfiokit-hook restore win" ]]
	says 1 "vfiokit-hook: 0000:02:00.0 is in use by sleep (pid $holder, /dev/vfio/$group); stop it" \
		vfiokit-hook restore win
	kill "$holder"
	wait "$holder" || :
	holder=
	# one device by itself, then the rest
	says 0 "device: 0000:02:00.1: back to snd_hda_intel" vfiokit-hook restore --device 02:00.1
	says 0 "device: 0000:02:00.0: back to bochs-drm
all that 'win' had is given back" vfiokit-hook restore win
	unchanged
	says 0 "nothing is held for a guest 'win'" vfiokit-hook restore win
}

@test "a device that nobody accounts for is named, and given back" {
	modprobe vfio-pci
	echo vfio-pci >$pci/0000:05:00.0/driver_override
	echo 0000:05:00.0 >$pci/0000:05:00.0/driver/unbind
	echo 0000:05:00.0 >/sys/bus/pci/drivers_probe
	run vfiokit-hook status
	[[ $output == *"
Not as it should be:
  0000:05:00.0 has the driver_override 'vfio-pci', and no guest of the hook has it: libvirt or a script has, or it is left over; to give it back: vfiokit-hook restore --device 0000:05:00.0" ]]
	says 0 "0000:05:00.0: now with e1000e" vfiokit-hook restore --device 05:00.0
	lab_wait 10 test -e $pci/0000:05:00.0/net
	unchanged
	says 1 "vfiokit-hook: the host has no device 0000:1f:00.0" vfiokit-hook restore --device 1f:00.0
}

# masked: the numbers of --timing, which differ each time
masked() {
	sed -E 's/ +[0-9.]+ ms +[0-9.]+ %/ N ms N %/'
}

simulated="prepare:
  hugepages    32 huge pages of 2 MiB on NUMA node 1, 32 of them allocated
  cores        AllowedCPUs of 'system.slice': unset -> 0-1
  cores        AllowedCPUs of 'user.slice': unset -> 0-1
  cores        AllowedCPUs of 'init.scope': unset -> 0-1
  cores        the workqueues' 'cpumask': 0-3 -> 0-1
  sound        sound servers are told that the sound card of 0000:02:00.1 goes
  device       0000:02:00.0: bochs-drm -> vfio-pci
  device       0000:02:00.1: snd_hda_intel -> vfio-pci
               prepared
  done
  kernel N ms N %
  systemd N ms N %
  waiting N ms N %
  scripts N ms N %
  the hook N ms N %
  total N ms N %
release:
               undoing what the guest 'win' left behind
  device       0000:02:00.1: back to snd_hda_intel
  device       0000:02:00.0: back to bochs-drm
  cores        the workqueues' 'cpumask': back to 0-3
  cores        AllowedCPUs of 'init.scope': back to unset
  cores        AllowedCPUs of 'user.slice': back to unset
  cores        AllowedCPUs of 'system.slice': back to unset
  hugepages    NUMA node 1: 32 huge pages of 2 MiB given back
               released
  done
  kernel N ms N %
  systemd N ms N %
  waiting N ms N %
  scripts N ms N %
  the hook N ms N %
  total N ms N %"

@test "simulate does what a start and a stop would do, there and back" {
	run vfiokit-hook simulate --yes --timing "$xml"
	diff <(echo "$simulated") <(echo "$output" | masked)
	[ "$status" -eq 0 ]
	unchanged
}

@test "simulate asks a person: no does nothing, yes does it" {
	question="This takes the devices of 'win' from this host, and gives them back at once.
A display manager that it stops ends its sessions. Go on? [y/N] "
	for answer in n '' y; do
		run script -qefc "vfiokit-hook simulate $xml" /dev/null <<<"$answer"
		[[ ${output//$'\r'/} == *"$question"* ]]
		[[ $answer == y* ]] || {
			[ "$status" -eq 1 ]
			[[ ${output//$'\r'/} == *"vfiokit-hook: nothing was done" ]]
			unchanged
		}
	done
	[ "$status" -eq 0 ]
	[[ ${output//$'\r'/} == *"release:"*"  done" ]]
	unchanged
}
