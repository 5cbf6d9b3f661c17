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

@test "the stylesheet does the same alone" {
	sheet_agrees tuned.xml hugepages --hugepages
	sheet_agrees cells.xml hugepages --hugepages=2M
	sheet_agrees cells.xml hugepages --unset=hugepages
}
