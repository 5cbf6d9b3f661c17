#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios check --domain: the ROMs that a guest is given, in its own firmware.

setup() {
	load vbioscheck
	check_setup
}

# guest OS ROM...: guest.xml, with this in <os> and a device for each <rom>, from 01:00.0 on
guest() {
	local os=$1 n=0 rom
	shift
	{
		echo "<domain type='kvm'><name>win</name>$os<devices>"
		for rom; do
			n=$((n + 1))
			echo "<hostdev mode='subsystem' type='pci' managed='no'><source>"
			echo "<address domain='0' bus='$n' slot='0' function='0'/></source>$rom</hostdev>"
		done
		echo "</devices></domain>"
	} >guest.xml
}

UEFI="<os firmware='efi'><type>hvm</type></os>"
BIOS="<os><type>hvm</type></os>"

@test "a guest's own ROM is checked for its own firmware and device" {
	device 0000:01:00.0 10de 1b80 030000
	"$MKROM" "$rom" legacy,last
	guest "$UEFI" "<rom file='$gpu'/>"
	says 1 --domain=./guest.xml <<-'END'
		/usr/share/vgabios/gpu.rom, for 0000:01:00.0 (10de:1b80, class 030000)

		  R23 warning 0x0      there is no EFI image: the guest has no picture before its
		                       operating system's driver starts, which may work all the same

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              runs [1]                 runs [1]
		  OVMF                 ignored [2]              ignored [3]
		  OVMF, Secure Boot    ignored [2]              ignored [3]

		  [1] the legacy code at 0x0 is run
		  [2] there is no EFI image in it
		  [3] OVMF looks for ROMs in BARs only

		no: the guest's firmware does not run it, with the ROM BAR on
	END
	guest "$BIOS" "<rom file='$gpu'/>"
	"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 |
		grep "^yes: the guest's firmware runs it, with the ROM BAR on"
	guest "$BIOS" "<rom file='$gpu' bar='off'/>"
	"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 |
		grep "^yes: the guest's firmware runs it, with the ROM BAR off"
}

@test "OVMF loads what nobody has signed, under Secure Boot too" {
	"$MKROM" "$rom" efi,last,sectors=8
	guest "<os firmware='efi'><firmware><feature enabled='no' name='secure-boot'/></firmware></os>" "<rom file='$gpu'/>"
	"$VBIOS" check --host="$host" --domain=./guest.xml >out
	guest "<os firmware='efi'><loader secure='yes'/></os>" "<rom file='$gpu'/>"
	"$VBIOS" check --host="$host" --domain=./guest.xml >out
	grep -q 'OVMF, Secure Boot    loads GOP ' out
	[ "$(told R22 --domain=./guest.xml)" = "note: the EFI image at 0x0 is not signed: OVMF loads it all the same, a PC under Secure Boot does not" ]
}

# display MODEL [ADDRESS]: gives the guest one that QEMU emulates, and the device a place
display() {
	sed -i "s|<devices>|&<video><model type='$1'/>${2:+<address type='pci' slot='$2'/>}</video>|
		s|</source>|&<address type='pci' slot='5'/>|" guest.xml
}

@test "R23: SeaBIOS runs the ROM of the first display only" {
	device 0000:01:00.0 10de 1b80 030000
	"$MKROM" "$rom" legacy efi,last,signed,sectors=6
	guest "$BIOS" "<rom file='$gpu'/>"
	display qxl 2
	says 1 --domain=./guest.xml <<-'END'
		/usr/share/vgabios/gpu.rom, for 0000:01:00.0 (10de:1b80, class 030000)

		  R23 error   0x0      SeaBIOS runs the ROM of the first VGA device only, and in this
		                       guest that is its <video> ('qxl')
		                    => take that out of the guest (a <video> with <model type='none'/>),
		                       or give this device <rom bar='off'/>

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              ignored [1]              runs [2]
		  OVMF                 loads GOP [3]            ignored [4]
		  OVMF, Secure Boot    loads GOP [3]            ignored [4]

		  [1] SeaBIOS runs the ROM of the first VGA device only, which is its <video> ('qxl')
		  [2] the legacy code at 0x0 is run
		  [3] the EFI driver at 0x400 is loaded
		  [4] OVMF looks for ROMs in BARs only

		no: the guest's firmware does not run it, with the ROM BAR on
	END
	for other in 'qxl 6' 'bochs 2' 'none 2' 'ramfb'; do
		guest "$BIOS" "<rom file='$gpu'/>"
		# shellcheck disable=SC2086 # two words
		display $other
		"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 | grep '^yes: '
	done
	guest "$BIOS" "<rom bar='off' file='$gpu'/>"
	display vga
	"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 | grep '^yes: '
	guest "$UEFI" "<rom file='$gpu'/>"
	display vga
	"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 | grep '^yes: '
	# one that libvirt will add
	guest "$BIOS" "<rom file='$gpu'/>"
	sed -i "s|<devices>|&<graphics type='vnc'/>|" guest.xml
	[ "$(findings --domain=./guest.xml)" = 'R23 error' ]
}

@test "R23: of two cards, the one that is at the lower place" {
	device 0000:01:00.0 10de 1b80 030000
	device 0000:02:00.0 10de 1b80 030000
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" '' "<rom file='$gpu'/>"
	[ "$(told R23 --domain=./guest.xml)" = "error: SeaBIOS runs the ROM of the first VGA device only, and in this guest that is 0000:01:00.0 -- take that out of the guest (a <video> with <model type='none'/>), or give this device <rom bar='off'/>" ]
	sed -i "0,/<.source>/s|</source>|&<address type='pci' slot='7'/>|" guest.xml
	sed -i "/bus='2'/s|</source>|&<address type='pci' slot='6'/>|" guest.xml
	[ "$(findings --domain=./guest.xml)" = '' ]
	device 0000:01:00.0 8086 10d3 020000
	guest "$BIOS" '' "<rom file='$gpu'/>"
	[ "$(findings --domain=./guest.xml)" = '' ]
}

@test "another file for the guest's device" {
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" "<rom file='/other.rom'/>" ""
	[ "$(findings --domain=./guest.xml "$gpu")" = '' ]
	[ "$(findings --domain=./guest.xml --device=02:00.0 "$gpu")" = '' ]
	says 3 --domain=./guest.xml --device=03:00.0 "$gpu" <<-'END'
		vbios: the guest 'win' has no device of the host 03:00.0
	END
	says 3 --domain=./guest.xml --device=02:00.0 <<-'END'
		vbios: the guest 'win' has no device of the host 02:00.0
	END
	guest "$BIOS" "" ""
	says 2 --domain=./guest.xml "$gpu" <<-'END'
		vbios: which device of the guest 'win' is meant: --device; see 'vbios check --help'
	END
	says 3 --domain=./guest.xml <<-'END'
		vbios: the guest 'win' has no device of the host with a ROM file
	END
}

@test "R25: enabled='no' beside a file" {
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" "<rom enabled='no' file='$gpu'/>"
	[ "$(told R25 --domain=./guest.xml)" = "error: <rom> of 0000:01:00.0 has enabled='no' beside 'bar' or 'file': libvirt refuses the guest" ]
	"$VBIOS" check --host="$host" --domain=./guest.xml | tail -n 1 |
		grep '^no: the guest does not start with this file'
}

@test "R26: a path that is not absolute" {
	"$MKROM" gpu.rom legacy,last
	guest "$BIOS" "<rom file='gpu.rom'/>"
	host=/
	[ "$(told R26 --domain=./guest.xml)" = "error: the path 'gpu.rom' in <rom> of 0000:01:00.0 is not absolute: QEMU looks for it among its own files first" ]
}

@test "R26: an empty path" {
	guest "$BIOS" "<rom file=''/>"
	says 1 --domain=./guest.xml <<-'END'
		(no file), for 0000:01:00.0

		  R26 error   0x0      the path in <rom> of 0000:01:00.0 is empty: the guest sees no ROM
		                       of that device

		no: there is no file
	END
	says 2 '' <<-'END'
		vbios: the path of the file is empty; see 'vbios check --help'
	END
}

@test "R27: the ROM BAR off" {
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" "<rom bar='off' file='$gpu'/>"
	[ "$(told R27 --domain=./guest.xml)" = "warning: <rom> of 0000:01:00.0 has bar='off': SeaBIOS runs the file all the same, OVMF never sees it, and the device cannot be plugged into a running guest" ]
}

@test "R28: a ROM for what is no PCI device" {
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" "<rom file='$gpu'/>"
	sed -i "s|</devices>|<hostdev mode='subsystem' type='usb'><rom bar='off'/></hostdev>&|" guest.xml
	[ "$(told R28 --domain=./guest.xml)" = "warning: the guest 'win' has <rom> in a device that is no PCI device" ]
}

@test "R32: the file that the metadata means" {
	local sum
	"$MKROM" "$rom" legacy,last
	sum=$(sha256sum <"$rom" | cut -d ' ' -f 1)
	guest "$BIOS" "<rom file='$gpu'/>"
	sed -i "s|<devices>|<metadata><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'><v:rom address='0000:01:00.0' sha256='$sum'/></v:guest></metadata>&|" guest.xml
	[ "$(told R32 --domain=./guest.xml)" = "note: the file is the one that the guest 'win' means, by its SHA-256" ]
	"$MKROM" "$rom" legacy,last byte=80:1
	[ "$(told R32 --domain=./guest.xml)" = "error: the file has changed: its SHA-256 is $(sha256sum <"$rom" | cut -d ' ' -f 1), and the guest 'win' means $sum -- if the new one is meant: xmltweak --domain 'win' --hook --define" ]
}

@test "R33: one file for two devices" {
	"$MKROM" "$rom" legacy,last
	guest "$BIOS" "<rom file='$gpu'/>" "<rom file='$gpu'/>"
	diff -u - <(told R33 --domain=./guest.xml) <<-'END'
		warning: 0000:02:00.0 gets the same file as 0000:01:00.0
		warning: 0000:01:00.0 gets the same file as 0000:02:00.0
	END
}

@test "a guest is asked of libvirt" {
	says 3 --connect=test:///default --domain=test <<-'END'
		vbios: the guest 'test' has no device of the host with a ROM file
	END
	says 3 --connect=test:///default --domain=nobody <<-'END'
		vbios: libvirt (test:///default): cannot find guest 'nobody': Domain not found
	END
}

@test "a guest that cannot be read is told" {
	echo '<domain>' >guest.xml
	run "$VBIOS" check --domain=./guest.xml
	[ "$status" -eq 3 ]
	[[ $output == 'vbios: '*guest.xml* ]]
	says 2 <<-'END'
		vbios: a FILE or --domain is needed; see 'vbios check --help'
	END
}
