#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Huge pages of guests, under the true kernel: by difference and per NUMA node, from memory
# that is fragmented, and those of 1 GiB that the host has reserved at boot.
#
# lab: append=hugepagesz=1G hugepages=1:1
# lab: limit=900

bats_require_minimum_version 1.5.0
nodes=/sys/devices/system/node

setup_file() {
	load lab
	vfiokit-hook install
	lab_libvirtd
}

setup() {
	load lab
	snapshot "$BATS_TEST_TMPDIR/before"
}

teardown() {
	for name in one two; do
		virsh destroy $name 2>/dev/null
		virsh undefine $name 2>/dev/null
	done
	systemctl is-active --quiet lab-fragment && lab_fragment_end
	echo 0 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	journalctl -t vfiokit-hook -o cat -n 20
	:
}

# define NAME MIB KIB [XML]: a guest with that much memory in pages of this size
define() {
	cat >"$BATS_TEST_TMPDIR/$1.xml" <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <metadata><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'/></metadata>
		  <memory unit='MiB'>$2</memory>
		  <memoryBacking>
		    <hugepages><page size='$3' unit='KiB'/></hugepages>
		    <source type='memfd'/>
		  </memoryBacking>
		  ${4:-}
		  <os><type arch='x86_64' machine='pc'>hvm</type></os>
		  <devices><controller type='usb' model='none'/><memballoon model='none'/></devices>
		</domain>
	END
	virsh define "$BATS_TEST_TMPDIR/$1.xml"
}

# bound NODES: all memory comes from there
bound() {
	echo "<numatune><memory mode='strict' nodeset='$1'/></numatune>"
}

# pages NODE [KIB]: how many there are, and how many of these are free
pages() {
	local dir=$nodes/node$1/hugepages/hugepages-${2:-2048}kB
	echo "$(cat "$dir/nr_hugepages") $(cat "$dir/free_hugepages")"
}

# mapped NAME NODE: the huge pages of that node that QEMU has
mapped() {
	awk -v node="N$2=" '/ huge / { for (i = 1; i <= NF; i++)
			if (index($i, node) == 1) n += substr($i, length(node) + 1) }
		END { print n + 0 }' "/proc/$(cat "/run/libvirt/qemu/$1.pid")/numa_maps"
}

# is_off NAME
is_off() {
	[ "$(virsh domstate "$1" | head -n 1)" = 'shut off' ]
}

# is_undone: no log is left
is_undone() {
	[ -z "$(ls -A /run/vfiokit)" ]
}

# unchanged: the host is as it was before the test
unchanged() {
	snapshot "$BATS_TEST_TMPDIR/after"
	snapshot_compare "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
	is_undone
}

# fragment_node0: all but so many MiB of it are held in pages that cannot be moved. What is
# given back on the way is taken again, so that half of the number stays.
fragment_node0() {
	local free
	sync
	echo 3 >/proc/sys/vm/drop_caches
	free=$(awk '/MemFree/ { print int($4 / 1024) }' $nodes/node0/meminfo)
	lab_fragment 0 $((2 * (free - $1)))
}

@test "missing pages are allocated on the guest's node while it runs, and no more than these" {
	echo 20 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	define one 64 2048 "$(bound 1)"
	virsh start one
	[ "$(pages 0)" = "0 0" ]
	[ "$(pages 1)" = "32 0" ]
	[ "$(mapped one 1)" -eq 32 ]
	virsh destroy one
	[ "$(pages 1)" = "20 20" ]
	journalctl -t vfiokit-hook VFIOKIT_GUEST=one -o cat |
		grep -x 'one: 32 huge pages of 2 MiB on NUMA node 1, 12 of them allocated'
	echo 0 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	unchanged
}

@test "the guest's nodes have pages of their own" {
	define one 96 2048 "<cpu><numa>
		<cell id='0' cpus='0' memory='32' unit='MiB'/>
		<cell id='1' cpus='1' memory='64' unit='MiB'/></numa></cpu><vcpu>2</vcpu>
		<numatune><memnode cellid='0' mode='strict' nodeset='1'/>
		<memnode cellid='1' mode='strict' nodeset='0'/></numatune>"
	virsh start one
	[ "$(pages 0)" = "32 0" ]
	[ "$(pages 1)" = "16 0" ]
	virsh destroy one
	unchanged
}

@test "guests come and go, and each has its own" {
	define one 64 2048 "$(bound 0)"
	define two 48 2048 "$(bound 0)"
	virsh start one
	virsh start two
	[ "$(pages 0)" = "56 0" ]
	virsh destroy one
	[ "$(pages 0)" = "24 0" ]
	virsh start one
	[ "$(pages 0)" = "56 0" ]
	virsh destroy two
	[ "$(pages 0)" = "32 0" ]
	virsh destroy one
	unchanged
}

@test "guests that start at the same time take nothing from each other" {
	define one 256 2048 "$(bound 0)"
	define two 256 2048 "$(bound 0)"
	for _ in 1 2; do
		virsh start one &
		virsh start two
		wait $!
		[ "$(pages 0)" = "256 0" ]
		virsh destroy one &
		virsh destroy two
		wait $!
		[ "$(pages 0)" = "0 0" ]
	done
	unchanged
}

@test "a guest whose QEMU cannot start, or is killed, leaves no pages behind" {
	define one 64 2048 "$(bound 0)"
	virsh start one
	kill -9 "$(cat /run/libvirt/qemu/one.pid)"
	lab_wait 20 is_off one
	lab_wait 20 is_undone
	unchanged
	sed 's|<devices>|<devices><disk type="file"><source file="/nowhere"/><target dev="hda"/></disk>|' \
		"$BATS_TEST_TMPDIR/one.xml" >"$BATS_TEST_TMPDIR/disk.xml"
	virsh undefine one
	virsh define "$BATS_TEST_TMPDIR/disk.xml"
	run ! virsh start one
	unchanged
}

@test "a shortage is named with its numbers, and what was taken is given back" {
	fragment_node0 200
	snapshot "$BATS_TEST_TMPDIR/before"
	define one 1000 2048 "$(bound 0)"
	SECONDS=0
	run -1 virsh start one
	echo "$SECONDS s: $output"
	[[ $output =~ ': vfiokit-hook: NUMA node 0 has '[0-9]+' of the 500 huge pages of 2 MiB that the guest lacks (needed: 500, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel'"'"'s parameters hugepagesz=2M hugepages=0:500, or allow caches to be dropped for them: '"'"'drop-caches = yes'"'"' in section [allow] of /etc/vfiokit/hook.conf' ]]
	[ "$SECONDS" -lt 60 ]
	unchanged
}

@test "what one node cannot give the other one gives" {
	fragment_node0 200
	snapshot "$BATS_TEST_TMPDIR/before"
	define one 600 2048
	virsh start one
	read -r total0 free0 <<<"$(pages 0)"
	read -r total1 free1 <<<"$(pages 1)"
	echo "node 0: $total0, node 1: $total1"
	[ $((total0 + total1)) -eq 300 ]
	[ $((free0 + free1)) -eq 0 ]
	[ "$total0" -lt 150 ]
	virsh destroy one
	unchanged
}

@test "a hook that is killed while it allocates leaves no pages behind" {
	fragment_node0 200
	snapshot "$BATS_TEST_TMPDIR/before"
	define one 1000 2048 "$(bound 0)"
	virsh start one >"$BATS_TEST_TMPDIR/said" 2>&1 &
	start=$! status=0
	lab_wait 60 grep -rqs ' hugepages 0 2048 0,0,500' /run/vfiokit
	for pid in $(pgrep -x vfiokit-hook); do
		kill -9 "$pid"
	done
	wait "$start" || status=$?
	[ "$status" -eq 1 ]
	grep -q 'Hook script execution failed' "$BATS_TEST_TMPDIR/said"
	lab_wait 60 is_undone
	unchanged
}

@test "a page of 1 GiB that is reserved is used, and stays" {
	[ "$(pages 1 1048576)" = "1 1" ]
	define one 1024 1048576 "$(bound 1)"
	virsh start one
	[ "$(pages 1 1048576)" = "1 0" ]
	virsh destroy one
	[ "$(pages 1 1048576)" = "1 1" ]
	unchanged
}

@test "more pages of 1 GiB are refused: they are to be had at boot" {
	define one 2048 1048576
	run -1 virsh start one
	echo "$output"
	[[ $output == *': vfiokit-hook: the host has 0 of the 1 huge page of 1 GiB that the guest lacks (needed: 2, free: 1): pages of this size are to be had at boot only, in practice, with the kernel'"'"'s parameters hugepagesz=1G hugepages=2'* ]]
	unchanged
}
