#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios with devices that are passed through to real SeaBIOS: what it predicts is what is
# seen, for each way of the firmware with a ROM. The cards' own ROMs speak. The same with
# OVMF: vbios-ovmf.bats.
#
# lab: gpu=10de:1b80:0300:a1:1458:3702 10de:10f0:0403:a1:1458:3702
# lab: rom=legacy,ids=10de:1b80,class=030000,sectors=4,says=O efi,ids=10de:1b80,class=030000,sectors=8,says=E,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=A,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=B,last
# lab: gpu=1234:1111:0300:02
# lab: limit=2400
# lab: long

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	lab_hook
}

setup() {
	load lab
	load guest
	cd "$BATS_TEST_TMPDIR" || return
	roms=/usr/share/vgabios/lab
	mkdir -p $roms
	mkrom=$BUILD/bin/mkrom
	ids=ids=10de:1b80,class=030000
}

teardown() {
	[[ ! ${job:-} ]] || kill -KILL "$job" 2>/dev/null || :
	virsh -q undefine g >/dev/null 2>&1 || :
	[ -z "$(virsh list --name --all | xargs)" ]
}

# gpu: gives 'g' the GPU with its audio function, by the hook
gpu() {
	xmltweak --domain=g --hostdev=10de:1b80 --hook --define
}

# guest ADDRESS...: defines 'g', which firmware looks for something to boot in, with these
# devices by libvirt
guest() {
	local device
	{
		echo "<domain type='qemu'><name>g</name><memory unit='MiB'>128</memory>"
		echo "<os><type machine='pc'>hvm</type></os><devices>"
		echo "<controller type='usb' model='none'/><memballoon model='none'/>"
		for device; do
			echo "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0'"
			echo "bus='0x${device%:*}' slot='0' function='0x${device##*.}'/></source></hostdev>"
		done
		echo "</devices></domain>"
	} >g.xml
	virsh -q define g.xml
}

# table OPTION... DEVICE ROM...: "NAME PREDICTED SEEN BY", a line each, of QEMU's complaint the
# end only; all agree
table() {
	local status=0
	vbios bench --again --json --timeout=150 "$@" >results.json || status=$?
	[ -s results.json ]
	python3 -c '
import json, os
for t in json.load(open("results.json"))["trials"]:
    print(os.path.basename(t["file"]), t["predicted"], "/", t["seen"], "/", t["by"])' |
		sed 's/libvirt (qemu:.*" is empty$/is empty/' | tee table
	[ "$status" -eq 0 ]
}

# every: makes a ROM for each row of the table of verdicts, and an empty file; their names
every() {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	"$mkrom" $roms/sum.rom "legacy,$ids,says=H,last" byte=100:1
	"$mkrom" $roms/ids.rom "legacy,ids=10de:1b81,class=030000,says=H,last"
	"$mkrom" $roms/efi.rom "efi,$ids,last"
	"$mkrom" $roms/both.rom "legacy,$ids,says=H" "efi,$ids,last"
	"$mkrom" $roms/second.rom "legacy,ids=10de:1b81,class=030000,says=X" "legacy,$ids,says=H,last"
	"$mkrom" $roms/nvgi.rom nvgi=1 "legacy,$ids,says=H,last"
	"$mkrom" $roms/isa.rom legacy,old,says=H
	: >$roms/empty.rom
	chmod -R a+rX $roms
	echo $roms/{good,sum,ids,efi,both,second,nvgi,isa,empty}.rom
}

@test "ten ROMs with the ROM BAR on" {
	guest
	gpu
	snapshot before
	read -ra files <<<"$(every)"
	table --report="$PWD/report" g 07:00.0 none "${files[@]}"
	diff table - <<-'END'
		none runs / runs / debug port: O
		good.rom runs / runs / debug port: H
		sum.rom ignored / ignored / None
		ids.rom ignored / ignored / None
		efi.rom ignored / ignored / None
		both.rom runs / runs / debug port: H
		second.rom runs / runs / debug port: H
		nvgi.rom ignored / ignored / None
		isa.rom ignored / ignored / None
		empty.rom does not start / does not start / is empty
	END
	grep -q '10 of 10 as predicted' report/index.html
	snapshot after
	snapshot_compare before after
}

@test "ten ROMs with the ROM BAR off" {
	guest
	gpu
	snapshot before
	read -ra files <<<"$(every)"
	table --bar=off g 07:00.0 none "${files[@]}"
	diff table - <<-'END'
		none ignored / ignored / None
		good.rom runs / runs / debug port: H
		sum.rom ignored / ignored / None
		ids.rom runs / runs / debug port: H
		efi.rom ignored / ignored / None
		both.rom runs / runs / debug port: H
		second.rom runs / runs / debug port: X
		nvgi.rom ignored / ignored / None
		isa.rom runs / runs / debug port: H
		empty.rom ignored / ignored / None
	END
	snapshot after
	snapshot_compare before after
}

@test "of a guest with a display that QEMU emulates SeaBIOS runs that one's ROM only" {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	guest
	gpu
	virsh dumpxml --inactive g | sed "s|<memballoon|<video><model type='vga'/></video>&|" >shown.xml
	virsh -q define shown.xml
	table g 07:00.0 none $roms/good.rom
	diff table - <<-'END'
		none ignored / ignored / None
		good.rom ignored / ignored / None
	END
	run -1 --separate-stderr vbios swap g 07:00.0 $roms/good.rom
	[[ $output == *"  R23 error   0x0      SeaBIOS runs the ROM of the first VGA device only, and in this"*"its <video> ('vga')"* ]]
	table --bar=off g 07:00.0 $roms/good.rom
	[ "$(cat table)" = 'good.rom runs / runs / debug port: H' ]
}

@test "Debian's VGA BIOS, and iPXE's ROM on a network card" {
	guest 0a:00.0
	table g 0a:00.0 /usr/share/seabios/vgabios-stdvga.bin /usr/share/seabios/vgabios-cirrus.bin
	grep -qx 'vgabios-stdvga.bin runs / runs / .*' table
	grep -qx 'vgabios-cirrus.bin ignored / ignored / None' table
	virsh -q undefine g
	guest 05:00.0
	"$mkrom" $roms/late.rom legacy,ids=8086:10d3,class=020000,says=L,last
	table g 05:00.0 /usr/lib/ipxe/qemu/pxe-e1000e.rom /usr/lib/ipxe/qemu/pxe-rtl8139.rom $roms/late.rom
	grep -qx 'pxe-e1000e.rom runs / runs / .*' table
	grep -qx 'pxe-rtl8139.rom ignored / ignored / None' table
	grep -qx 'late.rom runs / runs / debug port: L' table
}

@test "killed in the middle: the host gets the card back, and it goes on there" {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	"$mkrom" $roms/sum.rom "legacy,$ids,says=H,last" byte=100:1
	guest
	gpu
	snapshot before
	vbios bench --timeout=150 g 07:00.0 $roms/good.rom $roms/sum.rom none >out 2>said 3>&- &
	job=$!
	lab_wait 150 grep '^\[2/3\]' said
	lab_wait 60 sh -c "virsh list --name | grep -x g-vbios"
	[ "$(driver 0000:07:00.0)" = vfio-pci ]
	kill -KILL $job
	status=0
	wait $job || status=$?
	[ "$status" -eq 137 ]
	lab_wait 30 sh -c '[ "$(virsh list --all --name | xargs)" = g ]'
	lab_wait 30 sh -c '[ -z "$(ls -A /run/vfiokit)" ]'
	[ "$(driver 0000:07:00.0)" != vfio-pci ]
	snapshot after
	snapshot_compare before after
	run -0 --separate-stderr vbios bench --timeout=150 g 07:00.0 $roms/good.rom $roms/sum.rom none
	[[ $stderr == *'good.rom: runs (seen before)'*'sum.rom: ignored'*'none: runs' ]]
	[[ $output == *$'\n3 of 3 as predicted' ]]
	snapshot after
	snapshot_compare before after
}

@test "a running guest is told that a swapped ROM waits for its next start" {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	guest
	gpu
	virsh dumpxml --inactive g >before.xml
	virsh -q start g
	run -0 --separate-stderr vbios swap g 07:00.0 $roms/good.rom
	[[ $stderr == *"guest 'g' is running: the change takes effect at its next start, not at a reboot from inside"* ]]
	run -1 grep -q good.rom <(virsh dumpxml g)
	virsh dumpxml --inactive g | grep -q "<rom file='$roms/good.rom'/>"
	virsh -q destroy g
	virsh -q start g
	virsh dumpxml g | grep -q "<rom file='$roms/good.rom'/>"
	run -0 --separate-stderr vbios restore g
	[[ $stderr == *"next start"* ]]
	virsh -q destroy g
	virsh dumpxml --inactive g | diff before.xml -
}
