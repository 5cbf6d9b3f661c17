#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios bench with OVMF, which takes its time when everything is emulated: a driver of our
# own, and iPXE's, which says on the serial port that it boots.

bats_require_minimum_version 1.5.0

NIC=8086:10d3
MAC=52:54:00:11:22:33
OVMF=/usr/share/OVMF

setup_file() {
	[[ ${LONG_TESTS:-} ]] || skip "a long test, with LONG_TESTS=1 only"
	[[ -e $OVMF/OVMF_CODE_4M.secboot.fd ]] || skip "ovmf is not installed"
	load libvirtd
	libvirtd_needs
	libvirtd_start "$BATS_FILE_TMPDIR/libvirt"
}

teardown_file() {
	libvirtd_stop
}

setup() {
	load libvirtd
	cd "$BATS_TEST_TMPDIR" || return
	"$MKROM" driver.rom "efi,ids=$NIC,class=020000,says=H,sectors=8,last"
	"$MKROM" legacy.rom "legacy,ids=$NIC,class=020000,pnp,says=L,last"
}

teardown() {
	libvirtd_run virsh -q undefine --nvram g
}

# guest CODE VARS [ATTRIBUTE]: defines 'g' with this firmware
guest() {
	cat >g.xml <<-END
		<domain type='qemu'>
		  <name>g</name>
		  <memory unit='MiB'>512</memory>
		  <os>
		    <type machine='q35'>hvm</type>
		    <loader readonly='yes' type='pflash' ${3:-}>$OVMF/$1</loader>
		    <nvram template='$OVMF/$2'>$PWD/g.fd</nvram>
		  </os>
		  <features><acpi/><smm state='on'/></features>
		  <devices>
		    <controller type='usb' model='none'/>
		    <interface type='user'><mac address='$MAC'/><model type='e1000e'/></interface>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	libvirtd_run virsh -q define g.xml
}

bench() {
	libvirtd_run "$VBIOS" bench --work="$PWD/work" --timeout=240 "$@"
}

@test "a driver is loaded, legacy code is ignored, and the NVRAM is the copy's own" {
	guest OVMF_CODE_4M.fd OVMF_VARS_4M.fd
	cp $OVMF/OVMF_VARS_4M.fd g.fd
	run -0 --separate-stderr bench g $MAC driver.rom legacy.rom
	[[ $output == *'loads '*'runs '*'debug port: H'*'ignored '*'ignored '* ]]
	cmp g.fd $OVMF/OVMF_VARS_4M.fd
	[ ! -e work/vars.fd ]
}

@test "iPXE's driver boots from the network, and its legacy ROM does not" {
	guest OVMF_CODE_4M.fd OVMF_VARS_4M.fd
	run -0 --separate-stderr bench --serial='Start PXE over IPv4' g $MAC \
		/usr/lib/ipxe/qemu/efi-e1000e.rom /usr/lib/ipxe/qemu/pxe-e1000e.rom
	[[ $output == *'loads '*'runs '*'serial port'*'ignored '*'ignored '* ]]
}

@test "under Secure Boot a driver that nobody has signed is loaded" {
	guest OVMF_CODE_4M.secboot.fd OVMF_VARS_4M.ms.fd "secure='yes'"
	run -0 --separate-stderr bench --json g $MAC driver.rom
	[[ $output == *'"firmware": "OVMF, Secure Boot"'* ]]
	[[ $output == *'"seen": "runs"'* ]]
}
