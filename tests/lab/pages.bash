# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests with huge pages, for tests that have loaded lab.bash.

nodes=/sys/devices/system/node

# pages_teardown: the guests are gone, and their pages
pages_teardown() {
	local name
	for name in one two; do
		virsh destroy $name 2>/dev/null
		virsh undefine $name 2>/dev/null
	done
	echo 0 >$nodes/node1/hugepages/hugepages-2048kB/nr_hugepages
	journalctl -t vfiokit-hook -o cat -n 20
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
		  <os>
		    <type arch='x86_64' machine='pc'>hvm</type>
		    <loader type='rom'>/lab/halt.rom</loader>
		  </os>
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
