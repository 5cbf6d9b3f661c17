#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

setup() {
	load tweak
}

@test "only the number changes where nothing else depends on it" {
	changes virsh.xml --vcpus=6 <<-'EOF'
	10c10
	<   <vcpu placement='static'>4</vcpu>
	---
	>   <vcpu placement='static'>6</vcpu>
	EOF
	says ""
}

@test "a guest that does not say gets the element" {
	changes minimal.xml --vcpus=2 <<-'EOF'
	3a4
	>   <vcpu>2</vcpu>
	EOF
	changes kubevirt.xml --vcpus=2 <<-'EOF'
	11a12
	> 	<vcpu>2</vcpu>
	EOF
	says ""
}

@test "everything that counts vCPUs agrees with the new number" {
	changes tuned.xml --vcpus=8 <<-'EOF'
	8,12c8
	<   <vcpu placement='static' current='4'>16</vcpu>
	<   <vcpus>
	<     <vcpu id='0' enabled='yes' hotpluggable='no'/>
	<     <vcpu id='1' enabled='no' hotpluggable='yes'/>
	<   </vcpus>
	---
	>   <vcpu placement='static'>8</vcpu>
	21d16
	<     <vcpupin vcpu='15' cpuset='9'/>
	23,24c18
	<     <vcpusched vcpus='0-14' scheduler='fifo' priority='1'/>
	<     <vcpusched vcpus='15' scheduler='rr' priority='1'/>
	---
	>     <vcpusched vcpus='0-7' scheduler='fifo' priority='1'/>
	33c27
	<     <topology sockets='2' dies='1' cores='4' threads='2'/>
	---
	>     <topology sockets='2' dies='1' cores='2' threads='2'/>
	36c30
	<       <cell id='0' cpus='0-15' memory='4' unit='GiB'/>
	---
	>       <cell id='0' cpus='0-7' memory='4' unit='GiB'/>
	EOF
	says "xmltweak: note: vcpus: the guest started with 4 of its 16 vCPUs, and could get the others later: from now on all 8 are there from the start
xmltweak: note: vcpus: taken out: 1 <vcpupin> of vCPUs from 8 up
xmltweak: note: vcpus: taken out of <vcpusched>: the vCPUs from 8 up"
}

@test "a topology that does not divide becomes plain" {
	changes tuned.xml --vcpus=6 <<-'EOF'
	8,12c8
	<   <vcpu placement='static' current='4'>16</vcpu>
	<   <vcpus>
	<     <vcpu id='0' enabled='yes' hotpluggable='no'/>
	<     <vcpu id='1' enabled='no' hotpluggable='yes'/>
	<   </vcpus>
	---
	>   <vcpu placement='static'>6</vcpu>
	21d16
	<     <vcpupin vcpu='15' cpuset='9'/>
	23,24c18
	<     <vcpusched vcpus='0-14' scheduler='fifo' priority='1'/>
	<     <vcpusched vcpus='15' scheduler='rr' priority='1'/>
	---
	>     <vcpusched vcpus='0-5' scheduler='fifo' priority='1'/>
	33c27
	<     <topology sockets='2' dies='1' cores='4' threads='2'/>
	---
	>     <topology sockets='1' dies='1' cores='6' threads='1'/>
	36c30
	<       <cell id='0' cpus='0-15' memory='4' unit='GiB'/>
	---
	>       <cell id='0' cpus='0-5' memory='4' unit='GiB'/>
	EOF
	says "xmltweak: note: vcpus: the guest started with 4 of its 16 vCPUs, and could get the others later: from now on all 6 are there from the start
xmltweak: note: vcpus: 6 vCPUs do not divide by the sockets, dies and threads that the guest had: it now has 1 socket of 6 cores
xmltweak: note: vcpus: taken out: 1 <vcpupin> of vCPUs from 6 up
xmltweak: note: vcpus: taken out of <vcpusched>: the vCPUs from 6 up"
}

@test "more vCPUs take nothing out" {
	changes tuned.xml --vcpus=32 <<-'EOF'
	8,12c8
	<   <vcpu placement='static' current='4'>16</vcpu>
	<   <vcpus>
	<     <vcpu id='0' enabled='yes' hotpluggable='no'/>
	<     <vcpu id='1' enabled='no' hotpluggable='yes'/>
	<   </vcpus>
	---
	>   <vcpu placement='static'>32</vcpu>
	33c29
	<     <topology sockets='2' dies='1' cores='4' threads='2'/>
	---
	>     <topology sockets='2' dies='1' cores='8' threads='2'/>
	36c32
	<       <cell id='0' cpus='0-15' memory='4' unit='GiB'/>
	---
	>       <cell id='0' cpus='0-31' memory='4' unit='GiB'/>
	EOF
	says "xmltweak: note: vcpus: the guest started with 4 of its 16 vCPUs, and could get the others later: from now on all 32 are there from the start"
}

@test "vCPUs are not divided among NUMA cells" {
	refuses 1 "xmltweak: --vcpus: $DATA/cells.xml:17: the guest has 2 NUMA cells, and which of its 6 vCPUs belong to each is yours to say: change <vcpu> and the cells by hand" \
		cells.xml --vcpus=6
	tweak --vcpus=8 "$DATA/cells.xml"
	diff "$DATA/cells.xml" "$BATS_TEST_TMPDIR/out.xml"
}

@test "the stylesheet does the same alone" {
	sheet_agrees tuned.xml vcpus --vcpus=6
	sheet_agrees minimal.xml vcpus --vcpus=6
}
