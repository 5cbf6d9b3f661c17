#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios dump on a made-up host: what can be had without the kernel's part.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	host=$BATS_TEST_TMPDIR/host
	dir=sys/bus/pci/devices/0000:03:00.0
	mkdir -p "$host/$dir" "$host/sys/firmware/acpi/tables" "$host/sys/bus/pci/drivers/amdgpu"
	echo 0x1002 >"$host/$dir/vendor"
	echo 0x731f >"$host/$dir/device"
	echo 0x030000 >"$host/$dir/class"
	ln -s ../../drivers/amdgpu "$host/$dir/driver"
}

# says STATUS OPTION...: with this status, standard output and error are standard input
says() {
	local want=$1 status=0
	shift
	"$VBIOS" dump --host="$host" "$@" >out 2>&1 || status=$?
	diff -u - out
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
}

@test "AMD's table has the ROM that the driver keeps from being read" {
	"$MKROM" want.rom legacy,last,ids=1002:731f
	"$MKROM" "$host/sys/firmware/acpi/tables/VFCT" vfct entry=731f:400 \
		legacy,last,ids=1002:731f
	says 0 03:00.0 <<-END
		'0000:03:00.0.rom' has the 1024 bytes of 0000:03:00.0, from AMD's ACPI table
		SHA-256 $(sha256sum <want.rom | cut -d ' ' -f 1)
		not from the device: a driver uses it; unbind it, or bind vfio-pci
	END
	cmp 0000:03:00.0.rom want.rom
	says 1 03:00.0 <<-'END'
		vbios: '0000:03:00.0.rom' is there already; --output names another file
	END
	"$VBIOS" dump --host="$host" 03:00.0 -o gpu.rom >out
	cmp gpu.rom want.rom
	run bash -c '"$VBIOS" dump --host="$1" 03:00.0 -o /dev/stdout | cat' - "$host"
	[ "$output" = "vbios: '/dev/stdout' is standard output, where what was done is told; see 'vbios dump --help'" ]
}

@test "what was read and is not right is told" {
	"$MKROM" "$host/sys/firmware/acpi/tables/VFCT" vfct entry=731f:400 legacy,last
	says 0 03:00.0 -o gpu.rom <<-END
		'gpu.rom' has the 1024 bytes of 0000:03:00.0, from AMD's ACPI table
		SHA-256 $("$MKROM" want.rom legacy,last && sha256sum <want.rom | cut -d ' ' -f 1)
		not from the device: a driver uses it; unbind it, or bind vfio-pci
		vbios: warning: R18: the image at 0x0 is for the vendor 10de, and the device is 1002:731f: SeaBIOS does not run it
	END
}

@test "why there is none is told for each source" {
	says 1 03:00.0 <<-'END'
		vbios: no ROM of 0000:03:00.0 was found: the device: a driver uses it; unbind it, or bind vfio-pci; AMD's ACPI table: the host has none; the driver's debugfs: no driver shows the ROM of this device
	END
	echo 1 >"$host/$dir/boot_vga"
	says 1 --shadow 03:00.0 <<-'END'
		vbios: no ROM of 0000:03:00.0 was found: the device: the host has booted with this GPU, and in place of its ROM the kernel shows what the BIOS has made of it; AMD's ACPI table: the host has none; the driver's debugfs: no driver shows the ROM of this device; the copy in memory: open '/dev/mem': No such file or directory
	END
	[ ! -e 0000:03:00.0.rom ]
}

@test "a device that is not there, or no address" {
	says 1 04:00.0 <<-'END'
		vbios: the host has no device '04:00.0'
	END
	run "$VBIOS" dump --host="$host" gpu
	[ "$status" -eq 2 ]
	[[ $output == "vbios: "*"gpu"*"; see 'vbios dump --help'" ]]
}
