#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios on files: info, strip, fix, extract, diff.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

# says STATUS COMMAND...: with this status, standard output and error are standard input
says() {
	local want=$1 status=0
	shift
	"$VBIOS" "$@" >out 2>&1 || status=$?
	diff -u - out
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
}

# sum FILE: its SHA-256
sum() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

@test "info shows every image of a network card's ROM" {
	says 0 info /usr/lib/ipxe/qemu/efi-e1000e.rom <<-END
		/usr/lib/ipxe/qemu/efi-e1000e.rom
		    what it is       option ROM
		    size             249856 bytes
		    SHA-256          $(sum /usr/lib/ipxe/qemu/efi-e1000e.rom)

		  image 1: legacy x86
		    begins at        0x0
		    ends before      0x12600
		    code             legacy x86
		    ids              8086:10d3
		    class            020000
		    length           75264 bytes
		    last image       no
		    revision         1
		    data structure   PCIR revision 3 at 0x1c
		    device list at   0x4db
		    at run time      3584 bytes
		    legacy code      75264 bytes
		    checksum         right
		    \$PnP header      yes
		    found by         lengths

		  image 2: EFI, x86-64
		    begins at        0x12600
		    ends before      0x3d000
		    code             EFI
		    ids              8086:10d3
		    class            020000
		    length           174592 bytes
		    last image       yes
		    revision         0
		    data structure   PCIR revision 0 at 0x1261c
		    machine          x86-64
		    subsystem        boot service driver
		    EFI part         174592 bytes
		    program at       0x38
		    compression      none
		    signed           no
		    found by         lengths
	END
}

@test "info shows the header of NVIDIA's flash chip, and what is from NVIDIA" {
	"$MKROM" a.rom nvgi=3 legacy,last text=1438:05/13/16 $'text=1540:\xff\xb8BIT' \
		'text=1600:Version 86.04.17.00.80'
	says 0 info a.rom <<-END
		a.rom
		    what it is       flash chip of NVIDIA
		    size             6144 bytes
		    SHA-256          $(sum a.rom)
		    maker            NVIDIA
		    version          86.04.17.00.80
		    built            05/13/16
		    BIT tables at    0x1540

		  header of the flash chip (NVGI)
		    version          3
		    fixed part       36 bytes
		    length           256 bytes
		    directory at     0x1200
		    image at         0x1400

		  image 1: legacy x86
		    begins at        0x1400
		    ends before      0x1800
		    code             legacy x86
		    ids              10de:1b80
		    class            030000
		    length           1024 bytes
		    last image       yes
		    revision         0
		    data structure   PCIR revision 0 at 0x1440
		    legacy code      1024 bytes
		    checksum         wrong by 0xe4
		    \$PnP header      no
		    found by         lengths
	END
}

@test "info shows NVIDIA's own lengths beside those for firmware" {
	"$MKROM" a.rom legacy,last text=60:NPDE byte=64:1 byte=65:1 byte=66:14 byte=68:2 byte=6b:4 \
		byte=6:0 private,last
	"$VBIOS" info a.rom >out || [ "$?" -eq 0 ]
	diff -u - out <<-END
		a.rom
		    what it is       option ROM
		    size             2048 bytes
		    SHA-256          $(sum a.rom)
		    for firmware     1024 bytes
		    by NVIDIA        2048 bytes

		  image 1: legacy x86
		    begins at        0x0
		    ends before      0x400
		    code             legacy x86
		    ids              10de:1b80
		    class            030000
		    length           1024 bytes
		    last image       yes
		    revision         0
		    data structure   PCIR revision 0 at 0x40
		    legacy code      1024 bytes
		    checksum         wrong by 0xa3
		    \$PnP header      no
		    NPDE at          0x60
		    NPDE length      1024 bytes
		    NPDE last        no
		    NPDE flags       0x4
		    found by         lengths

		  image 2: NVIDIA FwSec
		    begins at        0x400
		    ends before      0x800
		    code             NVIDIA FwSec
		    ids              10de:1b80
		    class            030000
		    length           1024 bytes
		    last image       yes
		    revision         0
		    data structure   PCIR revision 0 at 0x440
		    found by         NVIDIA's lengths
	END
}

@test "info shows AMD's tables, part number and date" {
	# PCI data behind AMD's header
	"$MKROM" a.rom legacy,last byte=18:80 byte=19:1 text=180:PCIR byte=184:2 byte=185:10 byte=186:1f \
		byte=187:73 byte=18a:18 byte=18f:3 byte=190:2 byte=195:80 'text=30: 761295520' \
		byte=48:0 byte=49:1 text=104:ATOM text=50:10/14/19,03:12 byte=6e:0 byte=6f:2 \
		text=200:113-D1880201-102
	"$VBIOS" info a.rom | sed -n '4,/^$/p' >out
	diff -u - out <<-END
		    SHA-256          $(sum a.rom)
		    maker            AMD
		    part             113-D1880201-102
		    built            10/14/19,03:12
		    ATOM tables at   0x100

	END
}

@test "on a terminal info draws the map without being asked" {
	"$MKROM" a.rom legacy efi,last
	LC_ALL=C script -qec '"$VBIOS" info a.rom' /dev/null </dev/null | tr -d '\r' | grep '^  0x' >map
	diff -u - map <<-'END'
		  0x000000 |####################                    |     1024  image 1: legacy x86
		  0x000400 |                    ####################|     1024  image 2: EFI, x86-64
	END
	run grep '^  0x' <("$VBIOS" info a.rom)
	[ "$status" -eq 1 ]
}

@test "the map is to scale, and without UTF-8 in letters" {
	"$MKROM" a.rom nvgi=1 legacy,sectors=4 efi,last,sectors=4 private fill=ff:200
	LC_ALL=C "$VBIOS" info --map a.rom | grep '^  0x' >map
	diff -u - map <<-'END'
		  0x000000 |====                                    |      512  header of the flash chip
		  0x000200 |   ##############                       |     2048  image 1: legacy x86
		  0x000a00 |                ##############          |     2048  image 2: EFI, x86-64
		  0x001200 |                              +++++++   |     1024  image 3: NVIDIA FwSec
		  0x001600 |                                    ....|      512  padding
	END
	LC_ALL=C.UTF-8 "$VBIOS" info --map a.rom | grep '^  0x' >map
	diff -u - map <<-'END'
		  0x000000 │▒▒▒▒                                    │      512  header of the flash chip
		  0x000200 │   ██████████████                       │     2048  image 1: legacy x86
		  0x000a00 │                ██████████████          │     2048  image 2: EFI, x86-64
		  0x001200 │                              ▓▓▓▓▓▓▓   │     1024  image 3: NVIDIA FwSec
		  0x001600 │                                    ░░░░│      512  padding
	END
}

@test "info as JSON has numbers and switches as such" {
	"$MKROM" a.rom vfct entry=1638:400 legacy,last
	says 0 info --json a.rom <<-END
		[
		  {
		    "path": "a.rom",
		    "kind": "ACPI table of AMD",
		    "size": 1128,
		    "sha256": "$(sum a.rom)",
		    "vfct": [
		      {
		        "at": 76,
		        "address": "03:00.0",
		        "ids": "1002:1638",
		        "subsystem": "1043:0123",
		        "image_at": 104,
		        "image_length": 1024
		      }
		    ],
		    "images": [
		      {
		        "at": 104,
		        "end": 1128,
		        "code": "legacy x86",
		        "ids": "10de:1b80",
		        "class": "030000",
		        "length": 1024,
		        "last": true,
		        "revision": 0,
		        "data": "PCIR revision 0 at 0xa8",
		        "header_length": 1024,
		        "checksum": "right",
		        "pnp": false,
		        "found": "lengths"
		      }
		    ]
		  }
		]
	END
}

@test "a file that cannot be read does not keep the others from being shown" {
	"$MKROM" a.rom legacy,last
	mkfifo pipe
	run "$VBIOS" info missing pipe a.rom
	[ "$status" -eq 1 ]
	[ "$("$VBIOS" info missing pipe a.rom 2>&1 >/dev/null)" = "vbios: open 'missing': No such file or directory
vbios: 'pipe' is no regular file" ]
	[[ $output == *'image 1: legacy x86'* ]]
}

@test "strip leaves the images of NVIDIA's flash chip, and the file as it was" {
	"$MKROM" a.rom nvgi=3 legacy efi,last,sectors=6 private fill=a5:300
	"$MKROM" want.rom legacy efi,last,sectors=6
	before=$(sum a.rom)
	says 0 strip a.rom -o b.rom <<-'END'
		5120 bytes before the first image are left out: the header of the flash chip
		the image at 0x2400 (NVIDIA FwSec, 1024 bytes) is left out
		1792 bytes behind the last image that is kept are left out
		'b.rom' has 4096 bytes; 'a.rom' is as it was, with 11008
	END
	cmp b.rom want.rom
	[ "$(sum a.rom)" = "$before" ]
}

@test "fix says which bytes changed, and what is left" {
	"$MKROM" a.rom legacy,last byte=100:37
	"$MKROM" want.rom legacy,last byte=100:37 byte=6:69
	says 0 fix a.rom --output=b.rom <<-'END'
		the byte at 0x6 becomes 69, it was a0: the checksum
		'b.rom' has 1024 bytes; 'a.rom' is as it was, with 1024
	END
	cmp b.rom want.rom
	"$MKROM" c.rom legacy efi,sectors=6 byte=4c5:aa
	says 0 fix c.rom -o d.rom <<-'END'
		the byte at 0x455 becomes 80, it was 00: the mark of the last image
		'd.rom' has 4096 bytes; 'c.rom' is as it was, with 4096
		vbios: warning: R22 is left: the EFI image at 0x400 is for AArch64 (0xaa64), and the guest's firmware is for x86-64
	END
}

@test "fix writes other ids" {
	"$MKROM" a.rom legacy,last
	"$MKROM" want.rom legacy,last,ids=10de:1b81
	says 0 fix a.rom --ids=10de:1b81 -o b.rom <<-'END'
		the byte at 0x46 becomes 81, it was 80: the device
		the byte at 0x6 becomes 9f, it was a0: the checksum
		'b.rom' has 1024 bytes; 'a.rom' is as it was, with 1024
	END
	cmp b.rom want.rom
}

@test "extract takes out an image and an entry of AMD's table" {
	"$MKROM" a.rom legacy efi,last,sectors=6
	"$MKROM" want.rom efi,last,sectors=6
	says 0 extract a.rom --image=2 -o b.rom <<-'END'
		3072 bytes from 0x400 on are taken
		'b.rom' has 3072 bytes; 'a.rom' is as it was, with 4096
	END
	cmp b.rom want.rom
	"$MKROM" vfct vfct entry=1638:400 legacy,last entry=731f:c00 efi,last,sectors=6
	says 0 extract vfct --vfct=2 -o c.rom <<-'END'
		3072 bytes from 0x484 on are taken
		'c.rom' has 3072 bytes; 'vfct' is as it was, with 4228
	END
	cmp c.rom want.rom
}

@test "a file is never its own result" {
	"$MKROM" a.rom legacy
	ln a.rom b.rom
	before=$(sum a.rom)
	says 2 fix a.rom -o b.rom <<-'END'
		vbios: 'a.rom' and 'b.rom' are the same file; see 'vbios fix --help'
	END
	"$MKROM" c.rom nvgi=1 legacy,last
	run bash -c '"$VBIOS" strip c.rom -o /dev/stdout | cat'
	[ "$output" = "vbios: '/dev/stdout' is standard output, where what was done is told; see 'vbios strip --help'" ]
	says 2 strip a.rom <<-'END'
		vbios: --output is needed: the file to write; see 'vbios strip --help'
	END
	[ "$(sum a.rom)" = "$before" ]
}

@test "what cannot be mended is said, and nothing is written" {
	"$MKROM" a.rom legacy,last
	"$MKROM" junk fill=1:400
	says 1 strip a.rom -o b.rom <<-'END'
		vbios: 'a.rom': there is nothing to strip: it begins with its first image and ends with its last
	END
	says 1 fix a.rom -o b.rom <<-'END'
		vbios: 'a.rom': there is nothing in it that can be fixed
	END
	says 1 fix junk -o b.rom <<-'END'
		vbios: 'junk': it does not begin with 55 AA, and no image was found in it
	END
	head -c 1000 a.rom >cut.rom
	says 1 fix cut.rom -o b.rom <<-'END'
		vbios: 'cut.rom': the legacy code at 0x0 is cut off, and what is missing cannot be made up
	END
	says 1 extract a.rom --image=2 -o b.rom <<-'END'
		vbios: 'a.rom': it has no image 2, there is 1
	END
	says 1 strip missing -o b.rom <<-'END'
		vbios: open 'missing': No such file or directory
	END
	says 2 extract a.rom -o b.rom <<-'END'
		vbios: either --image or --vfct says what to take out; see 'vbios extract --help'
	END
	[ ! -e b.rom ]
}

@test "diff says what two files differ in" {
	"$MKROM" a.rom legacy efi,last
	"$MKROM" b.rom legacy,last,ids=10de:1b81
	says 1 diff a.rom b.rom <<-END
		file
		    size             2048 bytes -> 1024 bytes
		    SHA-256          $(sum a.rom) -> $(sum b.rom)
		image 1: legacy x86
		    ids              10de:1b80 -> 10de:1b81
		    last image       no -> yes
		    content          3 of 1024 bytes differ, the first at 0x6 of the image
		image 2: EFI, x86-64, in the first only
	END
	says 0 diff a.rom a.rom </dev/null
	says 3 diff a.rom missing <<-'END'
		vbios: open 'missing': No such file or directory
	END
}

@test "a command line that makes no sense is told" {
	says 2 <<-'END'
		vbios: no command is given; see 'vbios --help'
	END
	says 2 flash <<-'END'
		vbios: there is no command 'flash'; see 'vbios --help'
	END
	says 2 info <<-'END'
		vbios: 'info' is called as: vbios info FILE...; see 'vbios info --help'
	END
	says 2 diff a <<-'END'
		vbios: 'diff' is called as: vbios diff FILE FILE; see 'vbios diff --help'
	END
	says 2 fix a --ids=10de -o b <<-'END'
		vbios: --ids: '10de' is no pair of ids like '10de:1b80', of 4 hexadecimal digits each; see 'vbios fix --help'
	END
	says 2 extract a --image=0 -o b <<-'END'
		vbios: --image: image '0' is not between 1 and 1000; see 'vbios extract --help'
	END
	says 2 check a --firmware=coreboot <<-'END'
		vbios: --firmware: there is no firmware 'coreboot': it is 'seabios', 'ovmf' or 'ovmf,secureboot'; see 'vbios check --help'
	END
}

@test "output that cannot be written is an error" {
	"$MKROM" a.rom legacy,last
	run bash -c '"$VBIOS" info a.rom >/dev/full'
	[ "$status" -eq 1 ]
	[ "$output" = 'vbios: write to standard output: No space left on device' ]
}

@test "a file that the kernel makes up is read, though it has the length 0" {
	"$VBIOS" info /proc/version >out
	grep -q 'what it is       text' out
}

@test "of a file larger than any ROM the beginning is read" {
	"$MKROM" a.rom legacy,last
	truncate -s 33M a.rom
	says 1 fix a.rom -o b.rom <<-'END'
		vbios: 'a.rom' is larger than 16 MiB
	END
}
