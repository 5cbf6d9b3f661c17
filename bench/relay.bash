#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# relay.bash BUILD ROUNDS CPUS: in the emulated host, what evgrab adds to what a mouse sends,
# beside the least that a relay of one device and one of several can be (latency.c), beside
# interception-tools doing nothing but that, and beside no relay at all. Each has a mouse of its
# own, and they take turns, in so many rounds. All of them are kept on so many CPUs, those that the
# emulator really has: with all four of the host busy it would be measured how these are shared out.
# For each a line for each round and rate, idle and with every one of these CPUs busy:
#
#	WHO LOAD RATE p50 p99 p99.9 most LOST CPU
#
# times in microseconds, CPU that of all its processes for a frame; a line "WHO calls N", system
# calls a frame; and the resident memory of evgrab.

set -eu
bench=$(realpath "$1")/bin/bench_latency
rounds=$2
cpus=0-$(($3 - 1))
cgroup=/sys/fs/cgroup/system.slice
busy=()
declare -A from=() to=()
declare -A unit=([bare]=bench-bare [epoll]=bench-epoll [evgrab]=evgrab
	[interception]=bench-interception)

# mouse WHO: one of its own; its path in $source
mouse() {
	local dir=/run/bench-$1 fd
	mkdir "$dir" && mkfifo "$dir/in" "$dir/out"
	taskset -c "$cpus" "$bench" measure <>"$dir/in" >"$dir/out" &
	exec {fd}<>"$dir/in" && to[$1]=$fd
	exec {fd}<>"$dir/out" && from[$1]=$fd
	read -r -t 20 source <&"$fd"
	udevadm settle
}

# run WHO RATE FRAMES: sets $said
run() {
	echo "run $2 $3" >&"${to[$1]}"
	read -r -t 300 said <&"${from[$1]}"
}

# sink WHO PATH
sink() {
	local i
	for i in {1..100}; do
		[[ ! -c $2 ]] || break
		sleep 0.1
	done
	echo "sink $2" >&"${to[$1]}"
}

# cpu WHO: microseconds that it has taken so far
cpu() {
	if [[ ! ${unit[$1]:-} ]]; then
		echo 0
		return
	fi
	sed -n 's/^usage_usec //p' "$cgroup/${unit[$1]}.service/cpu.stat"
}

# calls WHO: counted by strace, which makes all of it slower
calls() {
	local pids=() pid args=() out
	mapfile -t pids <"$cgroup/${unit[$1]}.service/cgroup.procs"
	for pid in "${pids[@]}"; do
		args+=(-p "$pid")
	done
	out=$(mktemp)
	strace -f -c -o "$out" "${args[@]}" 2>/dev/null &
	pid=$!
	sleep 3
	run "$1" 125 1000
	kill -INT "$pid"
	wait "$pid" || :
	awk -v who="$1" '$NF == "total" { printf "%s calls %.2f\n", who, $4 / 1000 }' "$out"
	sed "s/^/# $1: /" "$out" >&2
}

# measure LOAD RATE: all of them
measure() {
	local who before frames=$(($2 * 4))
	for who in direct bare epoll evgrab interception; do
		before=$(cpu "$who")
		run "$who" "$2" "$frames"
		echo "$who $1 $2 $said $(awk -v a="$before" -v b="$(cpu "$who")" -v n="$frames" \
			'BEGIN { printf "%.1f", (b - a) / n }')"
	done
}

# rounds LOAD
rounds() {
	local round rate
	for ((round = 0; round < rounds; round++)); do
		for rate in 125 1000 8000; do
			measure "$1" "$rate"
		done
	done
}

modprobe uinput
mouse direct
sink direct "$source"

# floor WHO HOW: with the scheduling of evgrab's unit, and so is the floor a floor
floor() {
	mouse "$1"
	systemd-run -q -u "bench-$1" -p CPUAffinity="$cpus" \
		-p CPUSchedulingPolicy=rr -p CPUSchedulingPriority=25 \
		-p StandardOutput="file:/run/$1.out" "$bench" "$2" "$source"
	for _ in {1..100}; do
		[[ ! -s /run/$1.out ]] || break
		sleep 0.1
	done
	sink "$1" "$(cat "/run/$1.out")"
}
floor bare relay
floor epoll epoll

mouse evgrab
systemd-sysusers vfiokit-evgrab.conf
udevadm control --reload
mkdir -p /etc/vfiokit
cat >/etc/vfiokit/evgrab.conf <<EOF
[general]
device = $source
[guest bench]
reads = passthrough
EOF
mkdir -p /run/systemd/system/evgrab.service.d
printf '[Service]\nCPUAffinity=%s\n' "$cpus" >/run/systemd/system/evgrab.service.d/cpus.conf
systemctl daemon-reload
systemctl start evgrab
evgrab started bench
evgrab switch bench
sink evgrab /dev/input/by-id/vfiokit-bench-event-mouse
sleep 1
evgrab status >&2

# as its own manual has it
mouse interception
before=" $(echo /sys/class/input/event*) "
systemd-run -q -u bench-interception -p CPUAffinity="$cpus" \
	sh -c "interception -g $source | uinput -d $source"
sleep 3
udevadm settle
for dir in /sys/class/input/event*; do
	[[ $before == *" $dir "* ]] || node=/dev/input/${dir##*/}
done
sink interception "$node"

rounds idle
for ((i = 0; i < $3; i++)); do
	taskset -c "$i" sh -c 'while :; do :; done' &
	busy+=($!)
done
rounds busy
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null || :

for who in bare epoll evgrab interception; do
	calls "$who"
done
echo "evgrab rss $(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
	"/proc/$(systemctl show -P MainPID evgrab)/status")"
systemctl stop bench-bare bench-epoll bench-interception evgrab
