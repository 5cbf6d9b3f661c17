#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# HOST and DATA are for tweak.bash
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

# Two nodes with 16 GiB each: 4 of the pages of 1 GiB are set aside on node 1.
setup_file() {
	"$SRCDIR/tests/support/mkhost" --llc 4x2,package=0,node=0 --llc 4x2,package=1,node=1 \
		--memory 32G --hugepages 2M,count=1024,free=1024,node=0 \
		--hugepages 1G,count=4,free=1,node=1 --tree "$BATS_FILE_TMPDIR/host"
}

setup() {
	load tweak
}

@test "pages of 2 MiB from memfd are the default" {
	changes minimal.xml --hugepages <<-'EOF'
	3a4,9
	>   <memoryBacking>
	>     <hugepages>
	>       <page size='2048' unit='KiB'/>
	>     </hugepages>
	>     <source type='memfd'/>
	>   </memoryBacking>
	EOF
	says ""
	gives_back minimal.xml --unset=hugepages
	says "xmltweak: note: hugepages: taken out, with the memory source memfd unless shared access needs it; a page size that it had replaced is not guessed back"
}

@test "the new element is written as its neighbours are" {
	changes kubevirt.xml --hugepages=1G <<-'EOF'
	11a12,17
	> 	<memoryBacking>
	> 		<hugepages>
	> 			<page size="1048576" unit="KiB"></page>
	> 		</hugepages>
	> 		<source type="memfd"></source>
	> 	</memoryBacking>
	EOF
	gives_back kubevirt.xml --unset=hugepages
}

@test "a source that the guest has stays where it is, then and later" {
	changes tuned.xml --hugepages=2M <<-'EOF'
	6a7,9
	>     <hugepages>
	>       <page size='2048' unit='KiB'/>
	>     </hugepages>
	EOF
	gives_back tuned.xml --unset=hugepages
}

@test "pages that the guest has stay unless another size is asked for" {
	changes cells.xml --hugepages <<-'EOF'
	9a10
	>     <source type='memfd'/>
	EOF
	changes cells.xml --hugepages=1G <<-'EOF'
	9a10
	>     <source type='memfd'/>
	EOF
	changes cells.xml --hugepages=2M <<-'EOF'
	7c7
	<       <page size='1048576'/>
	---
	>       <page size='2048' unit='KiB'/>
	9a10
	>     <source type='memfd'/>
	EOF
	changes cells.xml --unset=hugepages <<-'EOF'
	5,8d4
	<     <hugepages>
	<       <page size='2' unit='M' nodeset='1'/>
	<       <page size='1048576'/>
	<     </hugepages>
	EOF
}

@test "1 GiB is chosen where the host has set enough aside" {
	HOST=$BATS_FILE_TMPDIR/host
	changes minimal.xml --hugepages <<-'EOF'
	3a4,9
	>   <memoryBacking>
	>     <hugepages>
	>       <page size='1048576' unit='KiB'/>
	>     </hugepages>
	>     <source type='memfd'/>
	>   </memoryBacking>
	EOF
	says ""
}

@test "the pages of the node that the memory is bound to count" {
	HOST=$BATS_FILE_TMPDIR/host
	tweak --hugepages --pin=auto,node=1 --vcpus=2 "$DATA/minimal.xml"
	says ""
	tweak --hugepages=2M --pin=auto,node=0 --vcpus=2 "$DATA/minimal.xml"
	says ""
	tweak --hugepages=2M --pin=auto,node=0 --vcpus=2 "$DATA/kubevirt.xml"
	says "xmltweak: note: hugepages: NUMA node 0 has 1024 of the 4096 pages set aside and free, and 12288 MiB of other memory for the missing 6144 MiB: set them aside before the guest starts, or let vfiokit-hook do it (--hook)"
}

@test "the reasons are told" {
	HOST=$BATS_FILE_TMPDIR/host
	tweak --explain --hugepages=2M "$DATA/minimal.xml"
	diff - "$BATS_TEST_TMPDIR/out.xml" <<-'EOF'
	hugepages: 512 pages of 2 MiB -- asked for
	hugepages: nothing to do on the host -- the host has 1024 of these pages free
	hugepages: memory from memfd -- no hugetlbfs has to be mounted for it
	EOF
}

@test "a size that the host or the memory does not have is refused" {
	HOST=$BATS_FILE_TMPDIR/host
	refuses 1 "xmltweak: --hugepages: the host has no pages of 16 MiB, but pages of 2 MiB, 1 GiB" \
		minimal.xml --hugepages=16M
	HOST=none
	refuses 1 "xmltweak: --hugepages: the guest's memory of 1 GiB is no whole number of pages of 2 GiB: change <memory>, or ask for a smaller page" \
		minimal.xml --hugepages=2G
}

@test "a source that is not memfd stays, and says what it needs" {
	sed "s/type='memfd'/type='file'/" "$DATA/tuned.xml" >"$BATS_TEST_TMPDIR/file.xml"
	tweak --hugepages "$BATS_TEST_TMPDIR/file.xml"
	grep -q "<source type='file'/>" "$BATS_TEST_TMPDIR/out.xml"
	says "xmltweak: note: hugepages: the memory source 'file' that the guest has stays: libvirt then needs a hugetlbfs that is mounted for pages of this size"
}

# confined [LINE...]: HOST is one where AppArmor confines guests, with these lines of root's
confined() {
	HOST=$BATS_TEST_TMPDIR/confined
	cp -r "$BATS_FILE_TMPDIR/host" "$HOST"
	mkdir -p "$HOST"/sys/module/apparmor/parameters "$HOST"/etc/apparmor.d/abstractions \
		"$HOST"/etc/apparmor.d/local/abstractions
	echo Y >"$HOST/sys/module/apparmor/parameters/enabled"
	printf '%s\n' '  / r, # harmless on any lsb compliant system' \
		'  /sys/devices/system/node/ r,' \
		'  /sys/devices/system/node/node[0-9]*/meminfo r,' \
		>"$HOST/etc/apparmor.d/abstractions/libvirt-qemu"
	printf '%s\n' "$@" >"$HOST/etc/apparmor.d/local/abstractions/libvirt-qemu"
}

@test "AppArmor: the lines that huge pages need are named until they are there" {
	local memfd="xmltweak: warning: hugepages: the guest will not start: AppArmor does not let QEMU allocate huge pages from memfd until the line 'owner / w,' is in '/etc/apparmor.d/local/abstractions/libvirt-qemu'"
	local cpus="the guest will not start: AppArmor does not let QEMU ask which CPUs the node of its memory has until the line '/sys/devices/system/node/node[0-9]*/cpumap r,' is in '/etc/apparmor.d/local/abstractions/libvirt-qemu'"
	confined
	tweak --hugepages=2M "$DATA/minimal.xml"
	says "$memfd"
	tweak --hugepages=2M --pin=auto,node=0 --vcpus=2 "$DATA/minimal.xml"
	says "$memfd
xmltweak: warning: hugepages: $cpus"
	tweak --pin=auto,node=0 --vcpus=2 "$DATA/minimal.xml"
	says ""
	confined 'owner / w,'
	tweak --hugepages=2M "$DATA/minimal.xml"
	says ""
	mv "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/huge.xml"
	tweak --pin=auto,node=0 --vcpus=2 "$BATS_TEST_TMPDIR/huge.xml"
	says "xmltweak: warning: pin: $cpus"
	confined 'owner / w,' '/sys/devices/system/node/node[0-9]*/cpumap r,'
	tweak --hugepages=2M --pin=auto,node=0 --vcpus=2 "$DATA/minimal.xml"
	says ""
	confined '/** w,'
	tweak --hugepages=2M "$DATA/minimal.xml"
	says ""
}

@test "AppArmor: pages of a hugetlbfs have names that libvirt allows" {
	confined
	sed "s/type='memfd'/type='file'/; /<numatune>/,/<.numatune>/d" "$DATA/tuned.xml" \
		>"$BATS_TEST_TMPDIR/file.xml"
	tweak --hugepages=2M "$BATS_TEST_TMPDIR/file.xml"
	grep -q "source 'file'" "$BATS_TEST_TMPDIR/messages"
	run ! grep warning "$BATS_TEST_TMPDIR/messages"
}

@test "emulator threads that are kept away from the node of the pages are a warning" {
	HOST=$BATS_FILE_TMPDIR/host
	tweak --pin=auto,node=0 --vcpus=2 "$DATA/minimal.xml"
	mv "$BATS_TEST_TMPDIR/out.xml" "$BATS_TEST_TMPDIR/near.xml"
	tweak --hugepages=2M "$BATS_TEST_TMPDIR/near.xml"
	says ""
	sed "s/emulatorpin cpuset='[^']*'/emulatorpin cpuset='12-13'/" "$BATS_TEST_TMPDIR/near.xml" \
		>"$BATS_TEST_TMPDIR/far.xml"
	tweak --hugepages=2M "$BATS_TEST_TMPDIR/far.xml"
	says "xmltweak: warning: hugepages: with libvirt 9.0 or later the guest will not start: its emulator threads are pinned to CPUs 12-13, and QEMU has huge pages of NUMA node 0 allocated by CPUs of that node: add one of 0-3,8-11 to <emulatorpin>, or use --pin"
	tweak --hugepages=2M --pin=auto,node=0 "$BATS_TEST_TMPDIR/far.xml"
	says ""
	# of the memory of one cell only, which is not the first
	sed "s|<memory mode='strict' nodeset='0'/>|<memnode cellid='0' mode='strict' nodeset='1'/><memnode cellid='1' mode='strict' nodeset='0'/>|" \
		"$BATS_TEST_TMPDIR/far.xml" >"$BATS_TEST_TMPDIR/cell.xml"
	grep -q memnode "$BATS_TEST_TMPDIR/cell.xml"
	tweak --hugepages=2M "$BATS_TEST_TMPDIR/cell.xml"
	says "xmltweak: warning: hugepages: with libvirt 9.0 or later the guest will not start: its emulator threads are pinned to CPUs 12-13, and QEMU has huge pages of NUMA node 0 allocated by CPUs of that node: add one of 0-3,8-11 to <emulatorpin>, or use --pin"
}

@test "the stylesheet does the same alone" {
	sheet_agrees tuned.xml hugepages --hugepages
	sheet_agrees cells.xml hugepages --hugepages=2M
	sheet_agrees cells.xml hugepages --unset=hugepages
}
