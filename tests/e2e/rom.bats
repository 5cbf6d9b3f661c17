#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

setup() {
	load tweak
	ROM=$BATS_TEST_TMPDIR/a,b.rom
	: >"$ROM"
}

@test "a file is set, replaced and removed, and nothing else moves" {
	changes virsh.xml --rom=01:00.0,/etc/hostname <<-'EOF'
	32c32
	<       <rom file='/usr/share/vgabios/gpu.rom'/>
	---
	>       <rom file='/etc/hostname'/>
	EOF
	changes virsh.xml --rom=01:00,none <<-'EOF'
	32d31
	<       <rom file='/usr/share/vgabios/gpu.rom'/>
	EOF
	changes kubevirt.xml --rom=01:00,/etc/hostname <<-'EOF'
	18a19
	> 			<rom file="/etc/hostname"></rom>
	EOF
	gives_back kubevirt.xml --unset=rom:01:00
}

@test "a network function given by <interface> has a ROM too" {
	changes virsh.xml --rom=05:10.2,/etc/hostname <<-'EOF'
	21a22
	>       <rom file='/etc/hostname'/>
	EOF
}

@test "a file with a comma, relative to here" {
	cd "$BATS_TEST_TMPDIR"
	tweak --rom=01:00.0,a,,b.rom "$DATA/prefix.xml"
	[ "$(xmllint --xpath 'string(//rom/@file)' out.xml)" = "$ROM" ]
}

@test "a device that the guest does not have is named" {
	refuses 1 "xmltweak: --rom: the guest has no host device '77:00.0': add it by --hostdev" \
		virsh.xml --rom=77:00.0,/etc/hostname
	tweak --rom=77:00.0,none "$DATA/virsh.xml"
	says "xmltweak: note: rom: the guest has no host device '77:00.0': nothing to take out"
}

@test "one that comes in the same run has it" {
	tweak --hostdev=77:00.0 --rom=77:00.0,/etc/hostname "$DATA/minimal.xml"
	[ "$(xmllint --xpath 'string(//hostdev/rom/@file)' "$BATS_TEST_TMPDIR/out.xml")" = /etc/hostname ]
}

@test "a file that is not there is refused, or a warning if it was so before" {
	run -1 "$XMLTWEAK" --rom=01:00.0,/no/such/file "$DATA/prefix.xml"
	[[ $output == *"'/no/such/file'"* ]]
}

@test "the stylesheet alone does the same" {
	sheet_agrees virsh.xml rom --rom=01:00.0,/etc/hostname --rom=05:10.2,/etc/hostname
}
