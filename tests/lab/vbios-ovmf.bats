#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios with devices that are passed through to real OVMF: what it predicts is what is seen.
# The card's own ROM, which has code for both firmwares, speaks. Emulated in an emulation OVMF
# takes minutes to get past the ROMs.
#
# lab: gpu=10de:1b80:0300:a1:1458:3702 10de:10f0:0403:a1:1458:3702
# lab: rom=legacy,ids=10de:1b80,class=030000,sectors=4,says=O efi,ids=10de:1b80,class=030000,sectors=8,says=E,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=A,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=B,last
# lab: gpu=1234:1111:0300:02
# lab: limit=3000
# lab: long

bats_require_minimum_version 1.5.0

setup_file() {
	load lab
	lab_hook
}

setup() {
	load lab
	cd "$BATS_TEST_TMPDIR" || return
	roms=/usr/share/vgabios/lab
	mkdir -p $roms
	mkrom=$BUILD/bin/mkrom
	ids=ids=10de:1b80,class=030000
}

teardown() {
	virsh -q undefine --nvram g >/dev/null 2>&1 || :
	[ -z "$(virsh list --name --all | xargs)" ]
}

# gpu: gives 'g' the GPU with its audio function, by the hook
gpu() {
	xmltweak --domain=g --hostdev=10de:1b80 --hook --define
}

# guest [MACHINE CODE VARS ATTRIBUTE]: defines 'g', with OVMF
guest() {
	cat >g.xml <<-END
		<domain type='qemu'>
		  <name>g</name>
		  <memory unit='MiB'>256</memory>
		  <os>
		    <type machine='${1:-pc}'>hvm</type>
		    <loader readonly='yes' type='pflash' ${4:-}>/usr/share/OVMF/${2:-OVMF_CODE_4M.fd}</loader>
		    <nvram template='/usr/share/OVMF/${3:-OVMF_VARS_4M.fd}'/>
		  </os>
		  <features><acpi/>${4:+<smm state='on'/>}</features>
		  <devices>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	virsh -q define g.xml
}

# table OPTION... DEVICE ROM...: "NAME PREDICTED SEEN", a line each; all agree
table() {
	local status=0
	vbios bench --again --json --timeout=900 "$@" >results.json || status=$?
	[ -s results.json ]
	python3 -c '
import json, os
for t in json.load(open("results.json"))["trials"]:
    print(os.path.basename(t["file"]), t["predicted"], "/", t["seen"], "/", t["by"])' | tee table
	[ "$status" -eq 0 ]
}

@test "OVMF runs iPXE's driver on a network card" {
	guest
	xmltweak --domain=g --hostdev=05:00 --hook --define
	table --serial='Start PXE over IPv4' g 05:00.0 /usr/lib/ipxe/qemu/efi-e1000e.rom
	[ "$(cat table)" = 'efi-e1000e.rom loads / runs / serial port' ]
}

@test "OVMF with the ROM BAR on" {
	guest
	gpu
	"$mkrom" $roms/driver.rom "efi,$ids,says=D,sectors=8,last"
	"$mkrom" $roms/legacy.rom "legacy,$ids,says=L,sectors=8,last"
	"$mkrom" $roms/both.rom "legacy,$ids,says=L,sectors=4" "efi,$ids,says=B,sectors=8,last"
	"$mkrom" $roms/nvgi.rom nvgi=1 "efi,$ids,says=N,sectors=8,last"
	table g 07:00.0 none $roms/{driver,legacy,both,nvgi}.rom
	diff table - <<-'END'
		none loads / runs / debug port: E
		driver.rom loads / runs / debug port: D
		legacy.rom ignored / ignored / None
		both.rom loads / runs / debug port: B
		nvgi.rom ignored / ignored / None
	END
}

@test "OVMF under Secure Boot loads what nobody has signed" {
	guest q35 OVMF_CODE_4M.secboot.fd OVMF_VARS_4M.ms.fd "secure='yes'"
	gpu
	"$mkrom" $roms/driver.rom "efi,$ids,says=D,sectors=8,last"
	table g 07:00.0 $roms/driver.rom
	[ "$(cat table)" = 'driver.rom loads / runs / debug port: D' ]
	grep -q '"firmware": "OVMF, Secure Boot"' results.json
}

@test "OVMF with the ROM BAR off" {
	guest
	gpu
	"$mkrom" $roms/driver.rom "efi,$ids,says=D,sectors=8,last"
	table --bar=off g 07:00.0 $roms/driver.rom
	[ "$(cat table)" = 'driver.rom ignored / ignored / None' ]
}
