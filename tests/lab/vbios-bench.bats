#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios with devices that are passed through to real SeaBIOS: what it predicts is what is
# seen, for each way of the firmware with a ROM. The cards' own ROMs speak.
#
# lab: gpu=10de:1b80:0300:a1:1458:3702 10de:10f0:0403:a1:1458:3702
# lab: rom=legacy,ids=10de:1b80,class=030000,says=O,last
# lab: gpu=1234:1111:0300:02
# lab: gpu=1234:1111:0300:02
# lab: limit=2400
# lab: long

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices

setup_file() {
	load lab
	lab_libvirtd
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
	virsh -q undefine g >/dev/null 2>&1 || :
	[ -z "$(virsh list --name --all | xargs)" ]
}

# guest ADDRESS...: defines 'g', which firmware looks for something to boot in
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

# table OPTION... DEVICE ROM...: "NAME PREDICTED SEEN", a line each; all agree
table() {
	local status=0
	vbios bench --again --json --timeout=150 "$@" >results.json || status=$?
	python3 -c '
import json, os
for t in json.load(open("results.json"))["trials"]:
    print(os.path.basename(t["file"]), t["predicted"], "/", t["seen"], "/", t["by"])' | tee table
	[ "$status" -eq 0 ]
}

# every: makes a ROM for each row of the table of verdicts; their names
every() {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	"$mkrom" $roms/sum.rom "legacy,$ids,says=H,last" byte=100:1
	"$mkrom" $roms/ids.rom "legacy,ids=10de:1b81,class=030000,says=H,last"
	"$mkrom" $roms/efi.rom "efi,$ids,last"
	"$mkrom" $roms/both.rom "legacy,$ids,says=H" "efi,$ids,last"
	"$mkrom" $roms/nvgi.rom nvgi=1 "legacy,$ids,says=H,last"
	"$mkrom" $roms/isa.rom legacy,old,says=H
	chmod -R a+rX $roms
	echo $roms/{good,sum,ids,efi,both,nvgi,isa}.rom
}

@test "a card gives the ROM that it was given; one of two of a kind, too" {
	"$mkrom" want.rom "legacy,$ids,says=O,last"
	vbios dump 07:00.0 -o got.rom
	cmp got.rom want.rom
	vbios check --device=07:00.0 got.rom | grep -q '^  R34 warning '
	run -1 vbios dump 07:00.1
	run -1 vbios check --device=08:00.0 got.rom
	[[ $output == *'R18 error'* ]]
	[ "$(vbios check --device=09:00.0 /usr/share/seabios/vgabios-stdvga.bin --firmware=seabios | tail -n 1)" = \
		"yes: the guest's firmware runs it, with the ROM BAR on" ]
}

@test "with the ROM BAR on" {
	guest 07:00.0 07:00.1
	read -ra files <<<"$(every)"
	table --report="$PWD/report" g 07:00.0 none "${files[@]}"
	diff table - <<-'END'
		none runs / runs / debug port: O
		good.rom runs / runs / debug port: H
		sum.rom ignored / ignored / None
		ids.rom ignored / ignored / None
		efi.rom ignored / ignored / None
		both.rom runs / runs / debug port: H
		nvgi.rom ignored / ignored / None
		isa.rom ignored / ignored / None
	END
	grep -q '8 of 8 as predicted' report/index.html
	[ "$(basename "$(readlink -f $pci/0000:07:00.0/driver 2>/dev/null)")" != vfio-pci ]
}

@test "with the ROM BAR off" {
	guest 07:00.0 07:00.1
	read -ra files <<<"$(every)"
	table --bar=off g 07:00.0 none "${files[@]}"
	diff table - <<-'END'
		none ignored / ignored / None
		good.rom runs / runs / debug port: H
		sum.rom ignored / ignored / None
		ids.rom runs / runs / debug port: H
		efi.rom ignored / ignored / None
		both.rom runs / runs / debug port: H
		nvgi.rom ignored / ignored / None
		isa.rom runs / runs / debug port: H
	END
}

@test "Debian's VGA BIOS, and iPXE's ROM on a network card" {
	guest 08:00.0
	table g 08:00.0 /usr/share/seabios/vgabios-stdvga.bin /usr/share/seabios/vgabios-cirrus.bin
	grep -qx 'vgabios-stdvga.bin runs / runs / .*' table
	grep -qx 'vgabios-cirrus.bin ignored / ignored / None' table
	virsh -q undefine g
	guest 05:00.0
	table g 05:00.0 /usr/lib/ipxe/qemu/pxe-e1000e.rom /usr/lib/ipxe/qemu/pxe-rtl8139.rom
	grep -qx 'pxe-e1000e.rom runs / runs / .*' table
	grep -qx 'pxe-rtl8139.rom ignored / ignored / None' table
}

@test "a running guest is told that a swapped ROM waits for its next start" {
	"$mkrom" $roms/good.rom "legacy,$ids,says=H,last"
	guest 07:00.0 07:00.1
	virsh dumpxml --inactive g >before.xml
	virsh -q start g
	run -0 --separate-stderr vbios swap g 07:00.0 $roms/good.rom
	[[ $stderr == *"guest 'g' is running: the change takes effect at its next start, not at a reboot from inside"* ]]
	run -1 grep -q good.rom <(virsh dumpxml g)
	virsh dumpxml --inactive g | grep -q "<rom file='$roms/good.rom'/>"
	run -0 --separate-stderr vbios restore g
	[[ $stderr == *"next start"* ]]
	virsh -q destroy g
	virsh dumpxml --inactive g | diff before.xml -
}
