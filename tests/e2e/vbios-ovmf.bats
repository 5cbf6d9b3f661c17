#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What vbios check says of OVMF is what OVMF does: EFI drivers that speak on a debug port are
# given to an emulated network card. A second card, behind it, speaks when the first has had
# its turn. OVMF takes its time when everything is emulated.

QEMU=qemu-system-x86_64
OVMF=/usr/share/OVMF
NIC=8086:10d3

setup() {
	[[ ${LONG_TESTS:-} ]] || skip "a long test, with LONG_TESTS=1 only"
	command -v "$QEMU" >/dev/null || skip "qemu-system-x86 is not installed"
	[[ -e $OVMF/OVMF_CODE_4M.fd ]] || skip "ovmf is not installed"
	cd "$BATS_TEST_TMPDIR" || return
	"$MKROM" z.rom "efi,ids=$NIC,class=020000,says=Z,last,sectors=9"
}

# secure: the driver in a.rom and the program Z on a disk, under Secure Boot; what was said
secure() {
	local pid i
	cp "$OVMF/$1" vars.fd
	rm -f said serial
	mkdir -p disk/EFI/BOOT
	"$MKROM" z.rom "efi,ids=$NIC,class=020000,says=Z,last,sectors=8" byte=18c:0 byte=11c:a
	tail -c +129 z.rom >disk/EFI/BOOT/BOOTX64.EFI
	timeout 300 "$QEMU" -accel tcg -machine q35,smm=on -m 512 -nodefaults -display none \
		-global driver=cfi.pflash01,property=secure,value=on \
		-drive "if=pflash,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.secboot.fd" \
		-drive if=pflash,format=raw,file=vars.fd -chardev file,id=said,path=said \
		-device isa-debugcon,iobase=0xe9,chardev=said -serial file:serial \
		-device "e1000e,romfile=$PWD/a.rom" \
		-drive file=fat:rw:disk,format=raw,if=none,id=disk -device ide-hd,drive=disk \
		>qemu.log 2>&1 3>&- &
	pid=$!
	for ((i = 0; i < 240; i++)); do
		grep -q 'Access Denied' serial 2>/dev/null && break
		grep -q Z said 2>/dev/null && break
		sleep 1
	done
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null || true
	cat said
}

# seen BAR: what OVMF does with a.rom
seen() {
	local pid i

	cp "$OVMF/OVMF_VARS_4M.fd" vars.fd
	rm -f said
	timeout 300 "$QEMU" -accel tcg -machine q35 -m 256 -nodefaults -display none \
		-drive "if=pflash,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.fd" \
		-drive if=pflash,format=raw,file=vars.fd -chardev file,id=said,path=said \
		-device isa-debugcon,iobase=0xe9,chardev=said \
		-device "e1000e,addr=4,romfile=$PWD/a.rom,rombar=$1" \
		-device "e1000e,addr=5,romfile=$PWD/z.rom" >qemu.log 2>&1 3>&- &
	pid=$!
	for ((i = 0; i < ${LIMIT:-240}; i++)); do
		grep -q Z said 2>/dev/null && break
		sleep 1
	done
	kill "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null || true
	case $(cat said 2>/dev/null) in
	HZ) echo loads ;;
	Z) echo ignored ;;
	*) echo hangs ;;
	esac
}

# predicted BAR [FIRMWARE]: the same
predicted() {
	"$VBIOS" check --json --device="$NIC" "$PWD/a.rom" | python3 -c '
import json, sys
print(*(v["outcome"].replace("may load", "loads").replace("refused", "ignored")
        for v in json.load(sys.stdin)[0]["verdicts"] if v["firmware"] == sys.argv[2] and v["bar"] == sys.argv[1]))' "$1" "${2:-ovmf}" || true
}

# agrees OUTCOME PART...: it is predicted for a ROM of these parts, and seen
agrees() {
	local want=$1
	"$MKROM" a.rom "${@:2}"
	[ "$(predicted on)" = "$want" ] || { echo "predicted: $(predicted on)"; return 1; }
	[ "$(seen 1)" = "$want" ] || { echo "seen: $(cat said qemu.log)"; return 1; }
}

efi=efi,ids=$NIC,class=020000,says=H,sectors=8
legacy=legacy,ids=$NIC,class=020000

@test "a driver, and the ROM BAR off" {
	agrees loads "$efi,last"
	[ "$(predicted off)" = ignored ]
	[ "$(seen 0)" = ignored ]
}

@test "a driver behind legacy code" {
	agrees loads "$legacy" "$efi,last"
}

@test "a driver behind a gap" {
	agrees loads "$legacy" fill=0:200 "$efi,last"
}

@test "a driver behind the last image" {
	agrees ignored "$legacy,last" "$efi,last"
}

@test "no image is the last one" {
	agrees loads "$efi"
}

@test "a driver for another device is loaded" {
	agrees loads "${efi/$NIC/8086:1111},last"
}

@test "a program for AArch64" {
	agrees ignored "$efi,last" byte=c5:aa
}

@test "a header for AArch64, and a program for this machine" {
	agrees loads "$efi,last" byte=b:aa
}

@test "an application" {
	agrees ignored "$efi,last" byte=8:a
}

@test "a wrong signature of the EFI header" {
	agrees ignored "$efi,last" byte=4:f2
}

@test "the header of NVIDIA's flash chip" {
	agrees ignored nvgi=1 "$efi,last"
}

@test "a file of 2 KiB" {
	agrees ignored "efi,ids=$NIC,class=020000,says=H,sectors=4,last"
}

@test "an image of length 0" {
	LIMIT=90
	agrees hangs "$legacy" byte=50:0 byte=51:0 "$efi,last"
}

@test "Secure Boot keeps a program on a disk out, and no driver in a ROM" {
	"$MKROM" a.rom "$efi,last"
	[ "$(secure OVMF_VARS_4M.ms.fd)" = H ]
	grep -q 'Access Denied' serial
	[ "$(predicted on ovmf,secureboot)" = loads ]
	# without keys the program runs: it is a good one
	[ "$(secure OVMF_VARS_4M.fd)" = HZ ]
}
