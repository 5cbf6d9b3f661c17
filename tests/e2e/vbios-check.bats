#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios check: what each firmware does with a file, and whether QEMU can read it.

setup() {
	load vbioscheck
	check_setup
}

@test "a good ROM runs everywhere" {
	"$MKROM" "$rom" legacy efi,last,signed,sectors=6
	says 0 "$gpu" <<-'END'
		/usr/share/vgabios/gpu.rom

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              runs [1]                 runs [1]
		  OVMF                 loads GOP [2]            ignored [3]
		  OVMF, Secure Boot    loads GOP [2]            ignored [3]

		  [1] the legacy code at 0x0 is run
		  [2] the EFI driver at 0x400 is loaded
		  [3] OVMF looks for ROMs in BARs only

		yes: there is firmware that runs it, with the ROM BAR on
	END
}

@test "findings, advice and conclusion for the guest's firmware" {
	"$MKROM" "$rom" legacy,last byte=100:37
	says 1 --firmware=seabios "$gpu" <<-'END'
		/usr/share/vgabios/gpu.rom

		  R16 error   0x6      the checksum of the legacy code at 0x0 is wrong: its 1024 bytes add
		                       up to 0x37, and SeaBIOS runs it only if that is 0
		                    => 'vbios fix' sets the byte at 0x6 from 0xa0 to 0x69

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              ignored [1]              ignored [1]
		  OVMF                 ignored [2]              ignored [3]
		  OVMF, Secure Boot    ignored [2]              ignored [3]

		  [1] the checksum of the code at 0x0 is wrong by 0x37
		  [2] there is no EFI image in it
		  [3] OVMF looks for ROMs in BARs only

		no: the guest's firmware does not run it, with the ROM BAR on
	END
}

@test "a device of the host, or ids, decide" {
	device 0000:01:00.0 10de 1b81 030000
	"$MKROM" "$rom" legacy,last
	says 1 --device=01:00.0 "$gpu" <<-'END'
		/usr/share/vgabios/gpu.rom, for 0000:01:00.0 (10de:1b81, class 030000)

		  R19 error   0x46     the image at 0x0 is for 10de:1b80, and the device is 10de:1b81:
		                       SeaBIOS does not run it
		                    => if the card is known to run it: 'vbios fix --ids=10de:1b81'

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              ignored [1]              runs [2]
		  OVMF                 ignored [3]              ignored [4]
		  OVMF, Secure Boot    ignored [3]              ignored [4]

		  [1] the legacy code is for 10de:1b80, and the device is 10de:1b81
		  [2] the legacy code at 0x0 is run
		  [3] there is no EFI image in it
		  [4] OVMF looks for ROMs in BARs only

		no: no firmware runs it, with the ROM BAR on
	END
	"$VBIOS" check --host="$host" --device=10de:1b80 "$gpu" | tail -n 1 | grep '^yes: '
	"$VBIOS" check --host="$host" --device=10de:1b81 --bar=off "$gpu" | tail -n 1 | grep '^yes: '
}

@test "every firmware that is named has to run it" {
	"$MKROM" "$rom" legacy efi,last,sectors=6
	"$VBIOS" check --host="$host" --firmware=seabios --firmware=ovmf "$gpu" | tail -n 1 |
		grep "^yes: the guest's firmware runs it"
	"$MKROM" "$rom" legacy,last
	run "$VBIOS" check --host="$host" --firmware=seabios --firmware=ovmf,secureboot "$gpu"
	[ "$status" -eq 1 ]
	run "$VBIOS" check --host="$host" --firmware=ovmf --bar=off "$gpu"
	[ "$status" -eq 1 ]
}

@test "check as JSON" {
	"$MKROM" "$rom" legacy,last byte=100:37
	run "$VBIOS" check --host="$host" --json "$gpu"
	[ "$status" -eq 1 ]
	python3 - "$output" <<-'END'
		import json, sys
		d, = json.loads(sys.argv[1])
		assert d["path"] == "/usr/share/vgabios/gpu.rom" and d["device"] is None
		assert d["will_run"] is False
		assert d["findings"] == [{
		    "rule": "R16", "severity": "error", "at": 6, "concerns": "SeaBIOS",
		    "text": "the checksum of the legacy code at 0x0 is wrong: its 1024 bytes add up to "
		            "0x37, and SeaBIOS runs it only if that is 0",
		    "advice": "'vbios fix' sets the byte at 0x6 from 0xa0 to 0x69"}], d["findings"]
		assert [(v["firmware"], v["bar"], v["outcome"]) for v in d["verdicts"]] == [
		    ("seabios", "on", "ignored"), ("seabios", "off", "ignored"),
		    ("ovmf", "on", "ignored"), ("ovmf", "off", "ignored"),
		    ("ovmf,secureboot", "on", "ignored"), ("ovmf,secureboot", "off", "ignored")]
	END
}

@test "R03: a directory is no ROM" {
	says 1 /usr/share/vgabios <<-'END'
		/usr/share/vgabios

		  R03 error   0x0      '/usr/share/vgabios' is a directory: QEMU would call it too large

		no: the guest does not start with this file
	END
}

@test "R29: a file that QEMU may not read" {
	qemu_user
	"$MKROM" "$rom" legacy,last
	chmod 600 "$rom"
	says 1 "$gpu" <<-END
		/usr/share/vgabios/gpu.rom

		  R29 error   0x0      QEMU, running as 'libvirt-qemu', cannot read the file:
		                       '/usr/share/vgabios/gpu.rom' has the mode 0600, and belongs to $(stat -c %u:%g "$rom")
		                    => put it where everybody may read: install -m 644 FILE
		                       /usr/share/vgabios/

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              runs [1]                 runs [1]
		  OVMF                 ignored [2]              ignored [3]
		  OVMF, Secure Boot    ignored [2]              ignored [3]

		  [1] the legacy code at 0x0 is run
		  [2] there is no EFI image in it
		  [3] OVMF looks for ROMs in BARs only

		no: the guest does not start with this file
	END
}

@test "R29: with the ROM BAR off QEMU starts without the file" {
	qemu_user
	"$MKROM" "$rom" legacy,last
	chmod 600 "$rom"
	run "$VBIOS" check --host="$host" --bar=off "$gpu"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = 'no: with the ROM BAR off QEMU starts without the file' ]
}

@test "R29: every directory on the way counts, behind a link too" {
	qemu_user
	"$MKROM" "$rom" legacy,last
	mkdir -p "$host/data/anna"
	chmod 755 "$host/data"
	cp "$rom" "$host/data/anna/gpu.rom"
	chmod 700 "$host/data/anna"
	ln -sf ../../../data/anna/gpu.rom "$rom"
	"$VBIOS" check --host="$host" "$gpu" >out || [ "$?" -eq 1 ]
	sed -n '3,9p' out | diff -u - <(cat <<-END
		  R31 warning 0x0      '/usr/share/vgabios/gpu.rom' is a link to
		                       '../../../data/anna/gpu.rom', and may lead to another file at the
		                       next start
		  R29 error   0x0      QEMU, running as 'libvirt-qemu', cannot read the file: '/data/anna'
		                       has the mode 0700, and belongs to $(stat -c %u:%g "$host/data/anna")
		                    => put it where everybody may read: install -m 644 FILE
		                       /usr/share/vgabios/
	END
	)
}

@test "R29: whom qemu.conf names may be let in" {
	"$MKROM" "$rom" legacy,last
	chmod 600 "$rom"
	host_file etc/libvirt/qemu.conf "user = \"+$(id -u)\""
	[ "$(findings "$gpu")" = '' ]
	host_file etc/libvirt/qemu.conf 'user = "+12345"'
	[ "$(findings "$gpu")" = 'R29 error' ]
}

# acl FILE OTHER NAMED: an access list by which others, and the user 64055, have these rights
acl() {
	python3 - "$@" <<-'END' || skip "the file system has no access lists"
		import os, struct, sys
		path, other, named = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		none = 0xffffffff
		entries = [(1, 6, none), (2, named, 64055), (4, 0, none), (16, 7, none), (32, other, none)]
		data = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries)
		os.setxattr(path, "system.posix_acl_access", data)
	END
}

@test "R29: an access list lets QEMU in, or shuts it out" {
	qemu_user
	"$MKROM" "$rom" legacy,last
	chmod 600 "$rom"
	acl "$rom" 0 4
	[ "$(findings "$gpu")" = '' ]
	acl "$rom" 4 0
	[ "$(findings "$gpu")" = 'R29 error' ]
	[ "$(told R29 "$gpu")" = "error: QEMU, running as 'libvirt-qemu', cannot read the file: '/usr/share/vgabios/gpu.rom' has the mode 0674 and an access list, and belongs to $(stat -c %u:%g "$rom") -- put it where everybody may read: install -m 644 FILE /usr/share/vgabios/" ]
}

@test "R34: the file is what the device has of its own" {
	device 0000:03:00.0 1002 731f 030000
	mkdir -p "$host/sys/firmware/acpi/tables"
	"$MKROM" "$rom" legacy,last,ids=1002:731f fill=ff:200
	"$MKROM" "$host/sys/firmware/acpi/tables/VFCT" vfct entry=731f:400 legacy,last,ids=1002:731f
	[ "$(findings --device=03:00.0 "$gpu")" = 'R05 note R14 note R34 warning' ]
	[ "$(told R34 --device=03:00.0 "$gpu")" = "warning: the file is the ROM that 0000:03:00.0 has of its own, as AMD's ACPI table shows it: with the file the guest gets nothing else than without it" ]
	"$MKROM" "$rom" legacy,last,ids=1002:731f,says=H
	[ "$(findings --device=03:00.0 "$gpu")" = '' ]
}

@test "R30: AppArmor lets QEMU read some folders only" {
	qemu_user
	host_file sys/module/apparmor/parameters/enabled Y
	host_file etc/apparmor.d/abstractions/libvirt-qemu '  /usr/share/{kvm,vgabios}/** r,'
	host_file var/lib/gpu.rom ''
	"$MKROM" "$rom" legacy,last
	cp "$rom" "$host/var/lib/gpu.rom"
	chmod 755 "$host/var" "$host/var/lib"
	[ "$(findings "$gpu")" = '' ]
	"$VBIOS" check --host="$host" /var/lib/gpu.rom >out || [ "$?" -eq 1 ]
	sed -n '3,6p' out | diff -u - <(cat <<-'END'
		  R30 error   0x0      AppArmor does not let QEMU read '/var/lib/gpu.rom'
		                    => put it into /usr/share/vgabios, or this line into
		                       '/etc/apparmor.d/local/abstractions/libvirt-qemu':
		                       "/var/lib/gpu.rom" r,
	END
	)
	tail -n 1 out | grep '^no: the guest does not start with this file'
	host_file etc/apparmor.d/local/abstractions/libvirt-qemu '"/var/lib/gpu.rom" r,'
	[ "$(findings /var/lib/gpu.rom)" = '' ]
}

@test "R31: where others may write, the file is anybody's" {
	"$MKROM" "$rom" legacy,last
	mkdir -m 777 "$host/open"
	mkdir -m 1777 "$host/tmp"
	cp "$rom" "$host/open/gpu.rom"
	cp "$rom" "$host/tmp/gpu.rom"
	"$VBIOS" check --host="$host" /open/gpu.rom | sed -n '3,4p' | diff -u - <(cat <<-'END'
		  R31 warning 0x0      everybody may write to '/open', and so give the guest other code to
		                       run
	END
	)
	"$VBIOS" check --host="$host" /tmp/gpu.rom | sed -n '3,4p' | diff -u - <(cat <<-'END'
		  R31 warning 0x0      '/tmp' is for what may go at any time: the file may be gone at the
		                       next start
	END
	)
}

@test "what cannot be looked at is another status" {
	says 3 /usr/share/vgabios/missing.rom <<-'END'
		vbios: open '/usr/share/vgabios/missing.rom': No such file or directory
	END
	"$MKROM" "$rom" legacy,last
	says 3 --device=01:00.0 "$gpu" <<-'END'
		vbios: the host has no device 0000:01:00.0
	END
	says 2 --device=gpu "$gpu" <<-'END'
		vbios: --device: 'gpu' is neither an address like '01:00.0' nor a pair of ids like '10de:1b80'; see 'vbios check --help'
	END
	says 2 gpu.rom <<-'END'
		vbios: with --host the path has to be absolute, and 'gpu.rom' is not; see 'vbios check --help'
	END
}

@test "files that are no option ROMs are named" {
	for case in "fill=0:400|all bytes of the file are 00: nothing was read when it was made -- make another dump, with 'vbios dump'" \
		'fill=1:400 text=0:%PDF-1.4|the file is a PDF document' \
		'fill=20:400 text=0:<html>|the file is a text -- a web page saved in place of the file looks like this: download it again' \
		"fill=1:400 text=28:_FVH|the file is a UEFI firmware volume, such as a mainboard's firmware is made of -- UEFIExtract takes option ROMs out of a mainboard's firmware"; do
		read -ra parts <<<"${case%%|*}"
		"$MKROM" "$rom" "${parts[@]}"
		run "$VBIOS" check --host="$host" "$gpu"
		[ "$status" -eq 1 ]
		[ "$(told R06 "$gpu")" = "error: ${case#*|}" ]
	done
	: >"$rom"
	says 1 "$gpu" <<-'END'
		/usr/share/vgabios/gpu.rom

		  R01 error   0x0      the file is empty

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              refused [1]              ignored [2]
		  OVMF                 refused [1]              ignored [3]
		  OVMF, Secure Boot    refused [1]              ignored [3]

		  [1] QEMU refuses an empty file
		  [2] the file is empty
		  [3] OVMF looks for ROMs in BARs only

		no: the guest does not start with this file
	END
	"$VBIOS" check --host="$host" --bar=off "$gpu" | tail -n 1 | grep '^no: no firmware runs it, with the ROM BAR off'
}

@test "R02: a file larger than any card's ROM, and one that QEMU does not take" {
	"$MKROM" "$rom" legacy efi,last,signed,sectors=6
	truncate -s 257M "$rom"
	says 0 "$gpu" <<-'END'
		/usr/share/vgabios/gpu.rom

		  R02 warning 0x0      the file has 269484032 bytes, and no card's ROM has more than 16
		                       MiB: QEMU and firmware take it all the same, and what is behind 16
		                       MiB was not looked at
		  R05 note    0x10100000 the length of 269484032 bytes is no power of two, and need not be:
		                       QEMU makes a BAR of 536870912 bytes

		                       ROM BAR on               ROM BAR off
		  SeaBIOS              may fit [1]              ignored [2]
		  OVMF                 may fit [1]              ignored [3]
		  OVMF, Secure Boot    may fit [1]              ignored [3]

		  [1] only if the guest has room for a ROM BAR of 512 MiB below 4 GiB, and it stops
		      without
		  [2] without a ROM BAR SeaBIOS copies the whole file, and has room for 165888 bytes
		  [3] OVMF looks for ROMs in BARs only

		yes: there is firmware that runs it, with the ROM BAR on
	END
	truncate -s 17M "$rom"
	"$VBIOS" check --host="$host" --firmware=seabios --firmware=ovmf "$gpu" | tail -n 1 | grep '^yes: '
	truncate -s 2147483649 "$rom"
	run "$VBIOS" check --host="$host" "$gpu"
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = 'no: the guest does not start with this file' ]
	[ "$(told R02 "$gpu")" = 'error: the file has 2147483649 bytes, and QEMU takes 2 GiB at most' ]
}
