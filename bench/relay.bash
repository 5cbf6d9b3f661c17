#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# relay.bash BUILD: in the emulated host, what evgrab adds to what a mouse sends, beside the
# least that a relay can be (latency.c) and beside interception-tools doing nothing but that.
# For each a line for each rate, idle and with every CPU busy:
#
#	WHO LOAD RATE p50 p99 p99.9 most LOST CPU
#
# times in microseconds, CPU that of all its processes for a frame; and a line
# "WHO calls N", system calls a frame.

set -eu
bench=$(realpath "$1")/bin/bench_latency
cgroup=/sys/fs/cgroup/system.slice

# cpu UNIT: microseconds that it has taken so far
cpu() {
	sed -n 's/^usage_usec //p' "$cgroup/$1.service/cpu.stat"
}

# run RATE FRAMES: sets $said
run() {
	echo "run $1 $2" >&"$to"
	read -r -t 300 said <&"$from"
}

# sink PATH
sink() {
	for _ in {1..100}; do
		[[ ! -c $1 ]] || break
		sleep 0.1
	done
	echo "sink $1" >&"$to"
}

# calls WHO UNIT: counted by strace, which makes all of it slower
calls() {
	local pids=() pid args=() out
	mapfile -t pids <"$cgroup/$2.service/cgroup.procs"
	for pid in "${pids[@]}"; do
		args+=(-p "$pid")
	done
	out=$(mktemp)
	strace -f -c -o "$out" "${args[@]}" &
	pid=$!
	sleep 3
	run 125 500
	kill -INT "$pid"
	wait "$pid" || :
	awk -v who="$1" '$NF == "total" { printf "%s calls %.2f\n", who, $4 / 500 }' "$out"
}

# figures WHO UNIT: idle, and under load
figures() {
	local load rate before busy=() i
	for load in idle busy; do
		if [[ $load == busy ]]; then
			for ((i = 0; i < $(nproc); i++)); do
				(while :; do :; done) &
				busy+=($!)
			done
		fi
		for rate in 125 1000 8000; do
			before=$(cpu "$2")
			run "$rate" $((rate * 4))
			echo "$1 $load $rate $said $(awk -v a="$before" -v b="$(cpu "$2")" \
				-v n=$((rate * 4)) 'BEGIN { printf "%.1f", (b - a) / n }')"
		done
	done
	kill "${busy[@]}"
	wait "${busy[@]}" 2>/dev/null || :
}

modprobe uinput
coproc "$bench" measure
from=${COPROC[0]} to=${COPROC[1]}
read -r source <&"$from"
udevadm settle

# both run as the unit of evgrab does, and so does the floor
realtime=(-p CPUSchedulingPolicy=rr -p CPUSchedulingPriority=25)
systemd-run -q -u bench-bare "${realtime[@]}" -p StandardOutput=file:/run/bare.out \
	"$bench" relay "$source"
for _ in {1..100}; do
	[[ ! -s /run/bare.out ]] || break
	sleep 0.1
done
sink "$(cat /run/bare.out)"
figures bare bench-bare
calls bare bench-bare
systemctl stop bench-bare

systemd-sysusers vfiokit-evgrab.conf
udevadm control --reload
mkdir -p /etc/vfiokit
cat >/etc/vfiokit/evgrab.conf <<EOF
[general]
device = $source
[guest bench]
reads = passthrough
EOF
systemctl daemon-reload
systemctl start evgrab
evgrab started bench
evgrab switch bench
sink /dev/input/by-id/vfiokit-bench-event-mouse
sleep 1
evgrab status >&2
figures evgrab evgrab
calls evgrab evgrab
echo "evgrab rss $(sed -n 's/^VmRSS: *\([0-9]*\).*/\1/p' "/proc/$(systemctl show -P MainPID evgrab)/status")"
systemctl stop evgrab

# as its own manual has it
before=$(echo /sys/class/input/event*)
systemd-run -q -u bench-interception \
	sh -c "interception -g $source | uinput -d $source"
sleep 2
udevadm settle
for dir in /sys/class/input/event*; do
	[[ " $before " == *" $dir "* ]] || node=/dev/input/${dir##*/}
done
sink "$node"
figures interception bench-interception
calls interception bench-interception
systemctl stop bench-interception
