#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What vbios check says of SeaBIOS is what SeaBIOS does: ROMs that speak on a debug port are
# given to an emulated device, with the ROM BAR on and off. QEMU gives a passed-through
# device its ROM in the same way.

QEMU=qemu-system-x86_64
VGA=1234:1111
NIC=8086:10d3

setup() {
	command -v "$QEMU" >/dev/null || skip "qemu-system-x86 is not installed"
	cd "$BATS_TEST_TMPDIR" || return
}

# seen DEVICE BAR [OPTION...]: what SeaBIOS does with a.rom; it reboots when nothing can be
# booted
seen() {
	local status=0

	rm -f said
	timeout "${LIMIT:-60}" "$QEMU" -accel tcg -machine pc -m "${MEMORY:-64}" -nodefaults -display none -no-reboot \
		-boot reboot-timeout=1 -chardev file,id=said,path=said \
		-device isa-debugcon,iobase=0xe9,chardev=said "${@:3}" \
		-device "$1,romfile=$PWD/a.rom,rombar=$2" >qemu.log 2>&1 || status=$?
	if [[ $status -eq 124 ]]; then
		echo hangs
	elif [[ $status -ne 0 ]]; then
		cat qemu.log
	elif [[ $(<said) == *H* ]]; then
		echo runs
	else
		echo ignored
	fi
}

# predicted IDS: for the ROM BAR on, and off
predicted() {
	"$VBIOS" check --json --device="$1" "$PWD/a.rom" | python3 -c '
import json, sys
print(*(v["outcome"] for v in json.load(sys.stdin)[0]["verdicts"] if v["firmware"] == "seabios"))' || true
}

# agrees ON OFF DEVICE PART...: both are predicted for a ROM of these parts, and seen
agrees() {
	local want="$1 $2" device=$3 ids=$VGA
	shift 3
	[[ $device == VGA ]] || ids=$NIC
	"$MKROM" a.rom "$@"
	[ "$(predicted "$ids")" = "$want" ] || { echo "predicted: $(predicted "$ids")"; return 1; }
	[ "$(seen "$device" 1) $(seen "$device" 0)" = "$want" ] || {
		echo "seen: $(seen "$device" 1) $(seen "$device" 0), not $want"
		return 1
	}
}

own=legacy,ids=$VGA,class=030000,says=H
other=legacy,ids=1234:1112,class=030000,says=H
efi=efi,ids=$VGA,class=030000

@test "legacy code with checksum and ids" {
	agrees runs runs VGA "$own,last"
}

@test "a wrong checksum" {
	agrees ignored ignored VGA "$own,last" byte=100:1
}

@test "ids of another device" {
	agrees ignored runs VGA "$other,last"
}

@test "legacy code for another device, and then for this one" {
	"$MKROM" a.rom "${other%H}X" "$own,last"
	[ "$(predicted "$VGA")" = 'runs runs' ]
	# with the BAR off it is the first one, whatever the ids
	[ "$(seen VGA 1) $(<said)" = 'runs H' ]
	[ "$(seen VGA 0) $(<said)" = 'ignored X' ]
}

@test "an EFI image only, behind, and before" {
	agrees ignored ignored VGA "$efi,last"
	agrees runs runs VGA "$own" "$efi,last"
	agrees runs ignored VGA "$efi" "$own,last"
}

@test "the header of NVIDIA's flash chip" {
	agrees ignored ignored VGA nvgi=1 "$own,last"
}

@test "a file that fills the room for ROMs, and one that is longer" {
	# 1 KiB of code, and 0x28800 bytes in all
	agrees runs runs VGA "$own,last" fill=0:28400
	agrees runs ignored VGA "$own,last" fill=0:28401
	agrees runs ignored e1000e "legacy,ids=$NIC,class=020000,says=H,last" fill=0:28401
}

@test "a file that is larger than any card's ROM" {
	agrees runs ignored VGA "$own,last" fill=0:1100000
	truncate -s 256M a.rom
	[ "$(predicted "$VGA")" = 'runs ignored' ]
	[ "$(MEMORY=3500 seen VGA 1)" = runs ]
	# of 512 MiB with and without room for it
	truncate -s 257M a.rom
	[[ $(predicted "$VGA") == 'may fit ignored' ]]
	[ "$(seen VGA 1)" = runs ]
	[ "$(LIMIT=15 MEMORY=3500 seen VGA 1)" = hangs ]
	truncate -s 2147483649 a.rom
	[ "$(predicted "$VGA")" = 'refused ignored' ]
	[[ $(seen VGA 1) == *'too large (size cannot exceed 2 GiB)'* ]]
}

# predicted_second DISPLAY ADDRESS: in a guest that has it there, and the device at slot 5
predicted_second() {
	local at=host/sys/bus/pci/devices/0000:01:00.0
	mkdir -p "$at" "host$PWD"
	echo 0x1234 >$at/vendor
	echo 0x1111 >$at/device
	echo 0x030000 >$at/class
	cp a.rom "host$PWD/a.rom"
	cat >g.xml <<-END
		<domain type='qemu'><name>g</name><os><type>hvm</type></os><devices>
		<video><model type='$1'/><address type='pci' slot='$2'/></video>
		<hostdev mode='subsystem' type='pci' managed='no'><source><address bus='1'/></source>
		<rom file='$PWD/a.rom'/><address type='pci' slot='5'/></hostdev>
		</devices></domain>
	END
	"$VBIOS" check --host="$PWD/host" --json --domain=./g.xml | python3 -c '
import json, sys
print(*(v["outcome"] for v in json.load(sys.stdin)[0]["verdicts"] if v["firmware"] == "seabios"))' || true
}

@test "of two displays the first one's ROM runs, and one without VGA is none" {
	local model device
	"$MKROM" a.rom "$own,last"
	while read -r model device; do
		[ "$(predicted_second "$model" 2)" = 'ignored runs' ]
		[ "$(seen VGA,addr=5 1 -device "$device,addr=2")" = ignored ]
		[ "$(seen VGA,addr=5 0 -device "$device,addr=2")" = runs ]
	done <<-'END'
		vga VGA
		cirrus cirrus-vga
		vmvga vmware-svga
		qxl qxl-vga
		virtio virtio-vga
	END
	[ "$(predicted_second vga 6)" = 'runs runs' ]
	[ "$(seen VGA,addr=5 1 -device VGA,addr=6)" = runs ]
	[ "$(predicted_second bochs 2)" = 'runs runs' ]
	[ "$(seen VGA,addr=5 1 -device bochs-display,addr=2)" = runs ]
}

@test "an empty file stops QEMU with the ROM BAR only" {
	: >a.rom
	[ "$(predicted "$VGA")" = 'refused ignored' ]
	[[ $(seen VGA 1) == *'romfile "'*'" is empty' ]]
	[ "$(seen VGA 0)" = ignored ]
}

@test "a file that is not there does, too" {
	rm -f a.rom
	[[ $(seen VGA 1) == *'failed to find romfile'* ]]
	[ "$(seen VGA 0)" = ignored ]
}

@test "a ROM of ISA times" {
	agrees ignored runs VGA legacy,old,says=H
}

@test "code behind the last image, and behind a gap" {
	agrees ignored ignored VGA "$efi,last" "$own,last"
	agrees ignored ignored VGA "$efi" fill=0:200 "$own,last"
}

@test "a header of length 0" {
	agrees ignored ignored VGA "$own,last" byte=2:0
}

@test "no image is the last one" {
	agrees runs runs VGA "$own"
	agrees ignored ignored VGA "$efi"
}

@test "an image of length 0" {
	"$MKROM" a.rom "$efi" byte=50:0 byte=51:0
	[ "$(predicted "$VGA")" = 'hangs ignored' ]
	LIMIT=15
	[ "$(seen VGA 1)" = hangs ]
	LIMIT=60
	[ "$(seen VGA 0)" = ignored ]
}

@test "a device that is no display, with the PnP header and without" {
	agrees runs runs e1000e "legacy,ids=$NIC,class=020000,says=H,last"
	agrees ignored runs e1000e "legacy,ids=8086:1111,class=020000,says=H,last"
	agrees runs runs e1000e "legacy,ids=$NIC,class=020000,pnp,says=H,last"
	agrees ignored runs e1000e "legacy,ids=8086:1111,class=020000,pnp,says=H,last"
}

@test "Debian's own VGA BIOS" {
	cp /usr/share/seabios/vgabios-stdvga.bin a.rom
	[ "$(predicted "$VGA")" = 'runs runs' ]
}
