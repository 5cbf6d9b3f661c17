#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios check: what each firmware does with a file, and whether QEMU can read it.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/usr/share/vgabios" "$host/etc"
	chmod -R 755 "$host"
	rom=$host/usr/share/vgabios/gpu.rom
	gpu=/usr/share/vgabios/gpu.rom
}

# qemu_user: the host has libvirt's user
qemu_user() {
	echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >"$host/etc/passwd"
}

# host_file PATH TEXT
host_file() {
	mkdir -p "$host/${1%/*}"
	echo "$2" >"$host/$1"
}

# device ADDRESS VENDOR DEVICE CLASS
device() {
	local dir=sys/bus/pci/devices/$1

	host_file "$dir/vendor" "0x$2"
	host_file "$dir/device" "0x$3"
	host_file "$dir/class" "0x$4"
}

# says STATUS OPTION...: with this status, standard output and error are standard input
says() {
	local want=$1 status=0
	shift
	"$VBIOS" check --host="$host" "$@" >out 2>&1 || status=$?
	diff -u - out
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
}

# findings OPTION...: the rules that are told, with their severities
findings() {
	"$VBIOS" check --host="$host" "$@" | sed -nE 's/^  (R[0-9]+ [a-z]+).*/\1/p' | xargs
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
	"$VBIOS" check --host="$host" "$gpu" | tr -s ' \n' ' ' |
		grep -F "'/usr/share/vgabios/gpu.rom' has the mode 0674 and an access list, and belongs to"
}

@test "R34: the file is what the device has of its own" {
	device 0000:03:00.0 1002 731f 030000
	mkdir -p "$host/sys/firmware/acpi/tables"
	"$MKROM" "$rom" legacy,last,ids=1002:731f fill=ff:200
	"$MKROM" "$host/sys/firmware/acpi/tables/VFCT" vfct entry=731f:400 legacy,last,ids=1002:731f
	[ "$(findings --device=03:00.0 "$gpu")" = 'R05 note R14 note R34 warning' ]
	"$VBIOS" check --host="$host" --device=03:00.0 "$gpu" | tr -s ' \n' ' ' |
		grep -F "R34 warning 0x0 the file is the ROM that 0000:03:00.0 has of its own, as AMD's ACPI table shows it: with the file the guest gets nothing else than without it"
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
	for case in 'fill=0:400|all bytes of the file are 00: nothing was read when it was made' \
		'fill=1:400 text=0:%PDF-1.4|the file is a PDF document' \
		'fill=20:400 text=0:<html>|the file is a text' \
		'fill=1:400 text=28:_FVH|the file is a UEFI firmware volume'; do
		# shellcheck disable=SC2086 # the parts are words
		"$MKROM" "$rom" ${case%%|*}
		run "$VBIOS" check --host="$host" "$gpu"
		[ "$status" -eq 1 ]
		[[ $(tr -s ' \n' ' ' <<<"$output") == *" ${case#*|}"* ]]
	done
	: >"$rom"
	[ "$(findings "$gpu")" = 'R01 error' ]
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
	grep -q 'R22 note .* is not signed: OVMF loads it all the' out
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

# told RULE OPTION...: the finding of that rule, in one line
told() {
	"$VBIOS" check --host="$host" --json "${@:2}" | python3 -c '
import json, sys
for check in json.load(sys.stdin):
    for f in check["findings"]:
        if f["rule"] == sys.argv[1]:
            print(f["severity"] + ": " + f["text"] + (" -- " + f["advice"] if f["advice"] else ""))
' "$1"
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
