#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A GPU with HDMI audio and two that are of a kind, with ROMs of their own: xmltweak finds
# the one that is meant, the hook hands that one over and no other, vbios reads its ROM.
#
# lab: gpu=10de:1b80:0300:a1:1458:3702 10de:10f0:0403:a1:1458:3702
# lab: rom=legacy,ids=10de:1b80,class=030000,sectors=4,says=O efi,ids=10de:1b80,class=030000,sectors=8,says=E,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=A,last
# lab: gpu=1002:67df:0300:e7:1da2:e353 1002:aaf0:0403:00:1da2:aaf0
# lab: rom=legacy,ids=1002:67df,class=030000,sectors=4,says=B,last
# lab: gpu=1234:1111:0300:02
# lab: limit=700
# lab: long

bats_require_minimum_version 1.5.0
pci=/sys/bus/pci/devices
gtx=0000:07:00
first=0000:08:00
second=0000:09:00

setup_file() {
	load lab
	lab_hook
}

setup() {
	load lab
	load guest
	cd "$BATS_TEST_TMPDIR" || return
	mkrom=$BUILD/bin/mkrom
	roms=/usr/share/vgabios/lab
	mkdir -p $roms
	snapshot before
}

teardown() {
	virsh list --all --name | while read -r name; do
		[ -z "$name" ] || guest_undefine "$name"
	done
}

# unchanged: the host is as it was before the test
unchanged() {
	snapshot after
	snapshot_compare before after
	[ -z "$(ls -A /run/vfiokit)" ]
}

# definition NAME: writes it to the file xml
definition() {
	virsh dumpxml --inactive --security-info "$1" >xml
}

# value XPATH: of the file xml
value() {
	xmllint --xpath "string($1)" xml
}

# rom_given ADDRESS FILE: makes the ROM that this card was given, as the head of this file has it
rom_given() {
	local image=class=030000,sectors=4
	case $1 in
	"$gtx.0")
		"$mkrom" "$2" "legacy,ids=10de:1b80,$image,says=O" \
			efi,ids=10de:1b80,class=030000,sectors=8,says=E,last
		;;
	"$first.0") "$mkrom" "$2" "legacy,ids=1002:67df,$image,says=A,last" ;;
	"$second.0") "$mkrom" "$2" "legacy,ids=1002:67df,$image,says=B,last" ;;
	esac
}

@test "xmltweak gives a card by its ids, with its audio function" {
	guest_define gtx --hostdev=10de:1b80 --hook
	definition gtx
	[ "$(value 'count(//hostdev)')" = 2 ]
	[ "$(value '//hostdev[1]/source/address/@bus')" = 0x07 ]
	[ "$(value '//hostdev[2]/source/address/@function')" = 0x1 ]
	[ "$(value '//hostdev[1]/address/@slot')" = "$(value '//hostdev[2]/address/@slot')" ]
	[ "$(value "//*[local-name() = 'device'][@address = '$gtx.0']/@id")" = 10de:1b80 ]
	[ "$(value "//*[local-name() = 'device'][@address = '$gtx.1']/@id")" = 10de:10f0 ]
}

@test "xmltweak asks which one of two of a kind is meant, and takes the one that is named" {
	guest_define two
	run -1 xmltweak --domain=two --hostdev=1002:67df --hook --define
	[ "$output" = "xmltweak: --hostdev: '1002:67df' means 2 devices: $first.0, $second.0; choose one by its address or by '1002:67df:N'" ]
	run -1 xmltweak --domain=two --hostdev=1002:67df:3 --hook --define
	[[ $output == *"'1002:67df:3'"*": $first.0, $second.0" ]]
	xmltweak --domain=two --hostdev=1002:67df:2 --hook --define
	definition two
	[ "$(value 'count(//hostdev)')" = 2 ]
	[ "$(value '//hostdev[1]/source/address/@bus')" = 0x09 ]
	[ "$(value '//hostdev[2]/source/address/@bus')" = 0x09 ]
	xmltweak --domain=two --unset=hostdev:1002:67df:2 --hostdev=1002:67df:1 --hook --define
	definition two
	[ "$(value '//hostdev[1]/source/address/@bus')" = 0x08 ]
	run -1 grep -q "$second" xml
}

@test "xmltweak sees that another card is at the address" {
	guest_define moved
	run -1 xmltweak --domain=moved --hostdev=08:00,id=10de:1b80 --define
	[ "$output" = "xmltweak: --hostdev: '$first.0' is 1002:67df, not 10de:1b80: the addresses of this host have changed" ]
	run -1 xmltweak --domain=moved --hostdev=auto --define
	[[ $output == "xmltweak: --hostdev: more than one GPU could be given away: "*"; $gtx.0 (10de:1b80) would do; $first.0 (1002:67df) would do; $second.0 (1002:67df) would do; "* ]]
}

@test "the hook hands over the one that is meant of two of a kind, while another has the other" {
	guest_define a --hostdev=1002:67df:1 --hook
	guest_define b --hostdev=1002:67df:2 --hook
	virsh start b
	[ "$(driver $first.0)" != vfio-pci ]
	[ "$(driver $second.0)" = vfio-pci ]
	[ "$(driver $second.1)" = vfio-pci ]
	guest_pci b | grep -q '^1002:67df 0300 '
	virsh start a
	[ "$(driver $first.0)" = vfio-pci ]
	virsh destroy b
	[ "$(driver $first.0)" = vfio-pci ]
	[ "$(driver $second.0)" != vfio-pci ]
	virsh destroy a
	unchanged
}

@test "the hook refuses another card at the address, and touches none" {
	guest_define gtx --hostdev=10de:1b80 --hook
	# as if the cards had changed their slots
	definition gtx
	sed "s/bus='0x07'/bus='0x08'/; s/0000:07:00/0000:08:00/" xml >moved.xml
	virsh define moved.xml
	run -1 virsh start gtx
	[[ $output == *": vfiokit-hook: $first.0 is 1002:67df, and the guest means 10de:1b80: the addresses of the host have changed; see xmltweak --list" ]]
	unchanged
}

@test "vbios reads from each card what it was given, and from those of a kind what is theirs" {
	local card
	for card in $gtx.0 $first.0 $second.0; do
		rom_given $card want.rom
		[ -s want.rom ]
		vbios dump $card -o "$roms/$card.rom" >said
		[ "$(tail -n 1 said)" = "SHA-256 $(sha256sum <want.rom | cut -d ' ' -f 1)" ]
		cmp "$roms/$card.rom" want.rom
		run -1 cat $pci/$card/rom
		[[ $output == *'Invalid argument' ]]
	done
	run -1 vbios diff $roms/$first.0.rom $roms/$second.0.rom
	run -0 vbios check --device=$first.0 --firmware=seabios $roms/$first.0.rom
	[[ $output == *$'\n  R34 warning '* ]]
	run -0 vbios check --device=$second.0 --firmware=seabios $roms/$first.0.rom
	[[ $output != *R34* ]]
	run -1 vbios check --device=$first.0 --firmware=seabios $roms/$gtx.0.rom
	[[ $output == *'R18 error'* ]]
	run -1 vbios dump $gtx.1
	[[ $output == "vbios: no ROM of $gtx.1 was found: the device: "* ]]
}

@test "vbios leaves a card alone that a guest has" {
	guest_define gtx --hostdev=10de:1b80 --hook
	virsh start gtx
	run -1 vbios dump $gtx.0
	[[ $output == "vbios: a guest has $gtx.0, with its IOMMU group "*": reading its ROM would take the device away under it" ]]
	virsh destroy gtx
	vbios dump $gtx.0 -o gtx.rom
	unchanged
}

@test "of the GPU that the host has booted with the kernel shows a shadow, and vbios says so" {
	[ "$(cat $pci/0000:01:00.0/boot_vga)" = 1 ]
	journalctl -k -o cat | grep -q '0000:01:00.0: Video device with shadowed ROM at \[mem 0x000c0000-0x000dffff\]'
	echo 1 >$pci/0000:01:00.0/rom
	run -1 cat $pci/0000:01:00.0/rom
	printf '0\n' >$pci/0000:01:00.0/rom
	[[ $output == *'Input/output error' ]]
	run -1 vbios dump 01:00.0
	[[ $output == "vbios: no ROM of 0000:01:00.0 was found: the device: the host has booted with this GPU, and in place of its ROM the kernel shows what the BIOS has made of it; "* ]]
	run -1 vbios dump --shadow 01:00.0
	# firmware for UEFI has put none there
	[[ $output == *"; the copy in memory: it does not begin with 55 AA" ]]
}

@test "the hook takes a ROM that was swapped in, warns of one that is ignored, refuses another" {
	"$mkrom" $roms/good.rom legacy,ids=10de:1b80,class=030000,says=H,last
	"$mkrom" $roms/other.rom legacy,ids=1002:67df,class=030000,says=H,last
	guest_define gtx --hostdev=10de:1b80 --hook
	vbios swap gtx 07:00.0 $roms/good.rom
	virsh start gtx
	virsh qemu-monitor-command gtx --hmp 'info qtree' | grep -q "romfile = \"$roms/good.rom\""
	virsh destroy gtx
	run -1 vbios swap gtx 07:00.0 $roms/other.rom
	[[ $output == *'R18 error'* ]]
	vbios swap --force gtx 07:00.0 $roms/other.rom
	run -0 vfiokit-hook plan gtx
	[[ $output == *"the guest's firmware, SeaBIOS, will not run '$roms/other.rom' of $gtx.0"* ]]
	virsh start gtx
	virsh destroy gtx
	journalctl -t vfiokit-hook VFIOKIT_GUEST=gtx -o cat |
		grep -q "the guest's firmware, SeaBIOS, will not run '$roms/other.rom' of $gtx.0"
	"$mkrom" $roms/other.rom legacy,ids=10de:1b80,class=030000,says=X,last
	run -1 virsh start gtx
	[[ $output == *"vfiokit-hook: the ROM of $gtx.0: '$roms/other.rom' has changed: its SHA-256 is "* ]]
	run -0 vbios restore gtx
	[ "$output" = "$gtx.0 has its own ROM again" ]
	virsh start gtx
	virsh destroy gtx
	unchanged
}
