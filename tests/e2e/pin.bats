#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# HOST and DATA are for tweak.bash
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0

# "dual" has two nodes with a GPU on the second one.
setup_file() {
	"$SRCDIR/examples/hosts/unpack" "$SRCDIR/examples/hosts/amd-desktop.host" \
		"$BATS_FILE_TMPDIR/host" >&2
	"$SRCDIR/tests/support/mkhost" --vendor GenuineIntel --llc 8x1,package=0,node=0 \
		--llc 4x1,package=1,node=1 --memory 32G \
		--pci 0000:01:00.0,id=10de:1b80,class=030000,group=1,node=1 \
		--tree "$BATS_FILE_TMPDIR/dual"
}

setup() {
	load tweak
}

@test "a plain guest gets pins, an I/O thread and a CPU, and gives all back" {
	HOST=$BATS_FILE_TMPDIR/host
	changes minimal.xml --vcpus=4 --pin=auto <<-'EOF'
	3a4,13
	>   <vcpu>4</vcpu>
	>   <iothreads>1</iothreads>
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='14'/>
	>     <vcpupin vcpu='1' cpuset='30'/>
	>     <vcpupin vcpu='2' cpuset='15'/>
	>     <vcpupin vcpu='3' cpuset='31'/>
	>     <emulatorpin cpuset='0-1,16-17'/>
	>     <iothreadpin iothread='1' cpuset='8,24'/>
	>   </cputune>
	6a17,20
	>   <cpu mode='host-passthrough' migratable='on'>
	>     <topology sockets='1' dies='1' cores='2' threads='2'/>
	>     <feature policy='require' name='topoext'/>
	>   </cpu>
	EOF
	says ""
	tweak --pin=auto "$DATA/kubevirt.xml"
	gives_back kubevirt.xml --unset=pin
	says "xmltweak: note: pin: taken out, with the topology of one socket, the feature topoext, the strict memory binding and an I/O thread that no disk uses; what these had replaced is not guessed back"
	tweak --pin=auto "$DATA/virsh.xml"
	gives_back virsh.xml --unset=pin
}

@test "an empty CPU element is opened and closed again" {
	HOST=$BATS_FILE_TMPDIR/host
	DATA=$SRCDIR/examples
	changes win11.xml --pin=auto,smt=off --vcpus=2 <<-'EOF'
	12c12,19
	<   <vcpu placement='static'>8</vcpu>
	---
	>   <vcpu placement='static'>2</vcpu>
	>   <iothreads>1</iothreads>
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='14'/>
	>     <vcpupin vcpu='1' cpuset='15'/>
	>     <emulatorpin cpuset='0-1,16-17'/>
	>     <iothreadpin iothread='1' cpuset='8,24'/>
	>   </cputune>
	30c37,40
	<   <cpu mode='host-passthrough' check='none' migratable='on'/>
	---
	>   <cpu mode='host-passthrough' check='none' migratable='on'>
	>     <topology sockets='1' dies='1' cores='2' threads='1'/>
	>     <feature policy='require' name='topoext'/>
	>   </cpu>
	EOF
	tweak --pin=auto "$DATA/win11.xml"
	gives_back win11.xml --unset=pin
}

@test "what a guest has is changed in place, and what is stale goes" {
	HOST=$BATS_FILE_TMPDIR/host
	changes tuned.xml --vcpus=4 --pin=auto <<-'EOF'
	8,12c8
	<   <vcpu placement='static' current='4'>16</vcpu>
	<   <vcpus>
	<     <vcpu id='0' enabled='yes' hotpluggable='no'/>
	<     <vcpu id='1' enabled='no' hotpluggable='yes'/>
	<   </vcpus>
	---
	>   <vcpu placement='static'>4</vcpu>
	19c15,19
	<     <vcpupin vcpu='0' cpuset='2'/>
	---
	>     <vcpupin vcpu='0' cpuset='14'/>
	>     <vcpupin vcpu='1' cpuset='30'/>
	>     <vcpupin vcpu='2' cpuset='15'/>
	>     <vcpupin vcpu='3' cpuset='31'/>
	>     <emulatorpin cpuset='0-1,16-17'/>
	21,24c21,23
	<     <vcpupin vcpu='15' cpuset='9'/>
	<     <iothreadpin iothread='4' cpuset='1'/>
	<     <vcpusched vcpus='0-14' scheduler='fifo' priority='1'/>
	<     <vcpusched vcpus='15' scheduler='rr' priority='1'/>
	---
	>     <iothreadpin iothread='4' cpuset='8,24'/>
	>     <iothreadpin iothread='1' cpuset='8,24'/>
	>     <vcpusched vcpus='0-3' scheduler='fifo' priority='1'/>
	33,34c32,33
	<     <topology sockets='2' dies='1' cores='4' threads='2'/>
	<     <feature policy='disable' name='topoext'/>
	---
	>     <topology sockets='1' dies='1' cores='2' threads='2'/>
	>     <feature policy='require' name='topoext'/>
	36c35
	<       <cell id='0' cpus='0-15' memory='4' unit='GiB'/>
	---
	>       <cell id='0' cpus='0-3' memory='4' unit='GiB'/>
	EOF
	says "xmltweak: note: vcpus: the guest started with 4 of its 16 vCPUs, and could get the others later: from now on all 4 are there from the start
xmltweak: note: vcpus: taken out: 1 <vcpupin> of vCPUs from 4 up
xmltweak: note: vcpus: taken out of <vcpusched>: the vCPUs from 4 up
xmltweak: note: pin: the guest's CPU mode 'host-model' stays; host-passthrough would show it the CPUs and caches that it runs on"
}

@test "the memory comes from the node of the GPU" {
	HOST=$BATS_FILE_TMPDIR/dual
	changes virsh.xml --vcpus=2 --pin=auto <<-'EOF'
	10c10,20
	<   <vcpu placement='static'>4</vcpu>
	---
	>   <vcpu placement='static'>2</vcpu>
	>   <iothreads>1</iothreads>
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='10'/>
	>     <vcpupin vcpu='1' cpuset='11'/>
	>     <emulatorpin cpuset='8'/>
	>     <iothreadpin iothread='1' cpuset='8'/>
	>   </cputune>
	>   <numatune>
	>     <memory mode='strict' nodeset='1'/>
	>   </numatune>
	13a24,26
	>   <cpu mode='host-passthrough' migratable='on'>
	>     <topology sockets='1' dies='1' cores='2' threads='1'/>
	>   </cpu>
	EOF
	says ""
	gives_back virsh.xml --unset=pin --vcpus=4
	changes prefix.xml --vcpus=2 --pin=auto <<-'EOF'
	13a14,24
	>   <vcpu>2</vcpu>
	>   <iothreads>1</iothreads>
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='10'/>
	>     <vcpupin vcpu='1' cpuset='11'/>
	>     <emulatorpin cpuset='8'/>
	>     <iothreadpin iothread='1' cpuset='8'/>
	>   </cputune>
	>   <numatune>
	>     <memory mode='strict' nodeset='1'/>
	>   </numatune>
	16a28,30
	>   <cpu mode='host-passthrough' migratable='on'>
	>     <topology sockets='1' dies='1' cores='2' threads='1'/>
	>   </cpu>
	EOF
}

@test "memory that was spread over the nodes is bound to one" {
	HOST=$BATS_FILE_TMPDIR/dual
	tweak --vcpus=2 --pin=auto,node=1 "$DATA/tuned.xml"
	grep -q "<memory mode='strict' nodeset='1'/>" "$BATS_TEST_TMPDIR/out.xml"
}

@test "a list without a host keeps the topology, or takes each vCPU for a core" {
	changes tuned.xml --vcpus=4 --pin=2,3,4-5 <<-'EOF'
	8,12c8
	<   <vcpu placement='static' current='4'>16</vcpu>
	<   <vcpus>
	<     <vcpu id='0' enabled='yes' hotpluggable='no'/>
	<     <vcpu id='1' enabled='no' hotpluggable='yes'/>
	<   </vcpus>
	---
	>   <vcpu placement='static'>4</vcpu>
	19a16,18
	>     <vcpupin vcpu='1' cpuset='3'/>
	>     <vcpupin vcpu='2' cpuset='4'/>
	>     <vcpupin vcpu='3' cpuset='5'/>
	21d19
	<     <vcpupin vcpu='15' cpuset='9'/>
	23,24c21
	<     <vcpusched vcpus='0-14' scheduler='fifo' priority='1'/>
	<     <vcpusched vcpus='15' scheduler='rr' priority='1'/>
	---
	>     <vcpusched vcpus='0-3' scheduler='fifo' priority='1'/>
	33c30
	<     <topology sockets='2' dies='1' cores='4' threads='2'/>
	---
	>     <topology sockets='2' dies='1' cores='1' threads='2'/>
	36c33
	<       <cell id='0' cpus='0-15' memory='4' unit='GiB'/>
	---
	>       <cell id='0' cpus='0-3' memory='4' unit='GiB'/>
	EOF
	says "xmltweak: note: vcpus: the guest started with 4 of its 16 vCPUs, and could get the others later: from now on all 4 are there from the start
xmltweak: note: vcpus: taken out: 1 <vcpupin> of vCPUs from 4 up
xmltweak: note: vcpus: taken out of <vcpusched>: the vCPUs from 4 up
xmltweak: note: pin: without the host nobody knows which CPUs are threads of one core: the guest has 2 threads a core as before, and emulator and I/O threads are not pinned
xmltweak: note: pin: the guest's CPU mode 'host-model' stays; host-passthrough would show it the CPUs and caches that it runs on"
	changes minimal.xml --pin=5 <<-'EOF'
	3a4,6
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='5'/>
	>   </cputune>
	6a10,12
	>   <cpu mode='host-passthrough' migratable='on'>
	>     <topology sockets='1' dies='1' cores='1' threads='1'/>
	>   </cpu>
	EOF
	says "xmltweak: note: pin: without the host nobody knows which CPUs are threads of one core: the guest has 1 thread a core, and emulator and I/O threads are not pinned"
	gives_back minimal.xml --unset=pin
}

@test "no feature is given to a CPU without mode and model" {
	HOST=$BATS_FILE_TMPDIR/host
	changes cells.xml --pin=auto <<-'EOF'
	11a12,24
	>   <iothreads>1</iothreads>
	>   <cputune>
	>     <vcpupin vcpu='0' cpuset='12'/>
	>     <vcpupin vcpu='1' cpuset='28'/>
	>     <vcpupin vcpu='2' cpuset='13'/>
	>     <vcpupin vcpu='3' cpuset='29'/>
	>     <vcpupin vcpu='4' cpuset='14'/>
	>     <vcpupin vcpu='5' cpuset='30'/>
	>     <vcpupin vcpu='6' cpuset='15'/>
	>     <vcpupin vcpu='7' cpuset='31'/>
	>     <emulatorpin cpuset='0-1,16-17'/>
	>     <iothreadpin iothread='1' cpuset='8,24'/>
	>   </cputune>
	EOF
	says ""
}

@test "what cannot be had is refused" {
	refuses 1 "xmltweak: --pin: auto chooses among the host's CPUs, which --host=none leaves unknown: name them by --pin=LIST" \
		minimal.xml --pin=auto
	refuses 1 "xmltweak: --pin: 3 CPUs are listed for 2 vCPUs" \
		minimal.xml --vcpus=2 --pin=1,2,3
	HOST=$BATS_FILE_TMPDIR/dual
	refuses 1 "xmltweak: --pin: 64 vCPUs need 64 cores with one thread each, but the host has 10 free for a guest (12 cores, less 2 for the host): ask for at most 10 vCPUs, or name the CPUs with --pin=LIST" \
		minimal.xml --vcpus=64 --pin=auto
}

@test "the stylesheet does the same alone" {
	HOST=$BATS_FILE_TMPDIR/host
	sheet_agrees tuned.xml pin --pin=auto
	sheet_agrees minimal.xml pin --pin=auto
	HOST=none
	sheet_agrees tuned.xml pin --unset=pin
	sheet_agrees tuned.xml pin --pin=0-15
}
