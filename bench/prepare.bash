#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# prepare.bash own|compare [ROUNDS]: runs in the emulated host (tests/lab/shell), for
# bench/hook: what a prepare and a release cost, of a guest with a GPU with its audio
# function, 1 GiB of huge pages on one node and cores of its own: vfiokit-hook, and
# equivalent.bash, in turns. Each call is in a control group of its own, whose user and
# system time has every process that the call has started. Fails if a figure is not what it
# is meant to be: the hook's own part of its time, or what it costs compared with the other.

set -eu
cd "$(dirname "$0")/.."
question=$1
rounds=${2:-5}
pci=/sys/bus/pci/devices
pool=/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages
dir=$(mktemp -d)
xml=$dir/guest.xml
export LC_ALL=C

make_guest() {
	cat >"$dir/base.xml" <<-'END'
		<domain type='qemu'>
		  <name>bench</name>
		  <uuid>11111111-2222-3333-4444-555555555555</uuid>
		  <memory unit='KiB'>1048576</memory>
		  <memoryBacking><hugepages><page size='2048' unit='KiB'/></hugepages></memoryBacking>
		  <vcpu>2</vcpu>
		  <cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3'/></cputune>
		  <numatune><memory mode='strict' nodeset='1'/></numatune>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices/>
		</domain>
	END
	xmltweak --hostdev=02:00 --hook=isolate -o "$dir/tweaked.xml" "$dir/base.xml"
	# as libvirt hands it over: with double quotes, an attribute a blank
	xmllint --format "$dir/tweaked.xml" >"$xml"
}

# driver FUNCTION
driver() {
	local link
	link=$(readlink "$pci/0000:02:00.$1/driver")
	echo "${link##*/}"
}

# state: all that a call is to change; a unit that is kept off no CPU may say so in any way
state() {
	local unit cpus all
	all=$(</sys/devices/system/cpu/online)
	echo -n "$(driver 0) $(driver 1) $(<$pool) $(</sys/devices/virtual/workqueue/cpumask)"
	for unit in system.slice user.slice init.scope; do
		cpus=$(cat "/sys/fs/cgroup/$unit/cpuset.cpus" 2>/dev/null) || cpus=
		echo -n " ${cpus:-$all}"
	done
}

# await STATE: it is that within 5 s: systemd gives CPUs back some time after
await() {
	local now end=$((SECONDS + 5))
	while :; do
		now=$(state)
		[[ $now != "$1" ]] || return 0
		[[ $SECONDS -lt $end ]] || break
		sleep 0.1
	done
	echo "bench: the host is '$now' instead of '$1'" >&2
	return 1
}

# cost FILE COMMAND...: appends "USER SYSTEM WALL", in microseconds
cost() {
	local file=$1 group=/sys/fs/cgroup/bench begin end
	shift
	mkdir $group
	begin=${EPOCHREALTIME/./}
	(echo $BASHPID >$group/cgroup.procs && exec "$@" <"$xml")
	end=${EPOCHREALTIME/./}
	while grep -q . $group/cgroup.procs; do sleep 0.05; done
	awk -v wall=$((end - begin)) '$1 == "user_usec" { user = $2 }
		$1 == "system_usec" { system_ = $2 } END { print user, system_, wall }' \
		$group/cpu.stat >>"$dir/$file"
	rmdir $group
}

# there_and_back FILE COMMAND: prepare and release, and both have done what they should
there_and_back() {
	cost "$1.prepare" "$2" bench prepare begin -
	await "vfio-pci vfio-pci $((before_pages + 512)) 3 0-1 0-1 0-1"
	cost "$1.release" "$2" bench release end shutdown
	await "$before"
	udevadm settle
}

# median FILE: of each column, and of the sum of user and system time
median() {
	local c
	# shellcheck disable=SC2016 # awk's
	for c in '$1' '$2' '$3' '$1 + $2'; do
		awk "{ print $c }" "$dir/$1" | sort -n | awk '{ v[NR] = $1 } END { printf "%d ", v[int((NR + 1) / 2)] }'
	done
}

# row NAME FILE: a line of the table; sets cpu, the user and system time of both
row() {
	local p r
	read -ra p <<<"$(median "$2.prepare")"
	read -ra r <<<"$(median "$2.release")"
	cpu=$((p[3] + r[3]))
	awk -v name="$1" -v p="${p[*]}" -v r="${r[*]}" 'BEGIN {
		split(p, a); split(r, b)
		printf "%-20s %8.0f %8.0f %8.0f %8.0f   %8.0f %8.0f %10.0f\n", name, a[1] / 1000,
			a[2] / 1000, b[1] / 1000, b[2] / 1000, a[3] / 1000, b[3] / 1000, (a[4] + b[4]) / 1000 }'
}

# table: what all of them cost; sets ratio
table() {
	local ours
	echo "GPU with audio, 1 GiB of huge pages, cores isolated; medians of $rounds rounds, in ms"
	echo "                          prepare           release          wall time          user +"
	echo "                       user   system     user   system    prepare  release     system"
	row /bin/true floor
	row vfiokit-hook ours
	ours=$cpu
	row 'equivalent in bash' theirs
	ratio=$(awk -v ours="$ours" -v theirs="$cpu" 'BEGIN { printf "%.1f", theirs / ours }')
}

# part OPERATION: of the time of all its calls, as the hook has measured it: a line, and how
# much of it was the hook's own, in %
part() {
	journalctl -b -t vfiokit-hook VFIOKIT_GUEST=bench "VFIOKIT_OPERATION=$1" -o export |
		awk -F= -v operation="$1" -v rounds="$rounds" '
			/^VFIOKIT_[A-Z]+_US=/ { us[$1] += $2; n += $1 == "VFIOKIT_TOTAL_US" }
			function part(name) { return 100 * us["VFIOKIT_" name "_US"] / us["VFIOKIT_TOTAL_US"] }
			END {
				if (n != rounds) {
					print "bench: the journal has " n + 0 " times of " rounds >"/dev/stderr"
					exit 1
				}
				printf "of the %.0f ms of its %s: kernel %.1f %%, systemd %.1f %%, waiting %.1f %%, own %.1f %%\n",
					us["VFIOKIT_TOTAL_US"] / rounds / 1000, operation, part("KERNEL"), part("SYSTEMD"),
					part("WAITS"), part("OWN")
				printf "%.1f\n", part("OWN")
			}'
}

# shares: where the time of vfiokit-hook goes; sets own, of a prepare
shares() {
	local lines
	journalctl --sync
	lines=$(part release)
	echo "vfiokit-hook: ${lines%$'\n'*}"
	lines=$(part prepare)
	echo "vfiokit-hook: ${lines%$'\n'*}"
	own=${lines##*$'\n'}
}

# judge TEXT CONDITION: says whether it is so
judge() {
	if awk "BEGIN { exit !($2) }"; then
		echo "$1: ok"
	else
		echo "$1: FAILED"
		return 1
	fi
}

vfiokit-hook install >/dev/null
make_guest
modprobe vfio-pci
before=$(state)
before_pages=$(<$pool)
for ((round = 0; round < rounds; round++)); do
	cost floor.prepare /bin/true
	cost floor.release /bin/true
	there_and_back ours /etc/libvirt/hooks/qemu.d/50-vfiokit
	there_and_back theirs bench/equivalent.bash
done
table
shares
case $question in
own)
	echo "user and system time, equivalent / vfiokit-hook: $ratio"
	judge "own part of the time of a prepare: $own %, demanded < 10" "$own < 10"
	;;
compare)
	judge "user and system time, equivalent / vfiokit-hook: $ratio, demanded >= 5" "$ratio >= 5"
	;;
esac
