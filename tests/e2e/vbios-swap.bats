#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vbios swap and restore, through a libvirtd of the test's own.

bats_require_minimum_version 1.5.0

setup_file() {
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
	chmod 755 . "$BATS_RUN_TMPDIR"
	dir=$PWD
	own=legacy,ids=10de:1b80,class=030000
	"$MKROM" "$dir/a.rom" "$own,last"
	"$MKROM" "$dir/b.rom" "$own,last,says=B"
	"$MKROM" "$dir/bad.rom" "$own,last" byte=100:1
	device 0000:01:00.0 10de 1b80 030000
	device 0000:01:00.1 10de 10f0 040300
}

teardown() {
	libvirtd_run virsh -q undefine g
}

# device ADDRESS VENDOR DEVICE CLASS: of the host, which sees the test's files
device() {
	local at=$dir/host/sys/bus/pci/devices/$1
	mkdir -p "$at"
	echo "0x$2" >"$at/vendor"
	echo "0x$3" >"$at/device"
	echo "0x$4" >"$at/class"
	mkdir -p "$dir/host$dir"
}

# rom NAME: its path on the host, where it is put
rom() {
	cp "$dir/$1" "$dir/host$dir/$1"
	echo "$dir/$1"
}

# guest NAME METADATA ROM [ROM]: defines one with GPU and audio
guest() {
	cat >guest.xml <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  $2
		  <memory unit='MiB'>64</memory>
		  <os><type machine='pc'>hvm</type></os>
		  <devices>
		    <controller type='usb' model='none'/>
		    <hostdev mode='subsystem' type='pci' managed='no'>
		      <source><address domain='0' bus='1' slot='0' function='0'/></source>
		      $3
		    </hostdev>
		    <hostdev mode='subsystem' type='pci' managed='no'>
		      <source><address domain='0' bus='1' slot='0' function='1'/></source>
		      $4
		    </hostdev>
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
	libvirtd_run virsh -q define guest.xml >/dev/null
}

definition() {
	libvirtd_run virsh dumpxml --inactive --security-info "$1"
}

# value XPATH: of the guest 'g'; ours are found by their local names
value() {
	definition g >now.xml
	xmllint --xpath "string($1)" now.xml
}

swap() {
	libvirtd_run "$VBIOS" swap --host="$dir/host" "$@"
}

sum() {
	sha256sum "$1" | cut -d ' ' -f 1
}

gpu="//hostdev[1]/rom"
kept="//*[local-name()='before']/*"

@test "a ROM is swapped in, and out again: the guest is as it was" {
	guest g '' ''
	definition g >before.xml
	run -0 --separate-stderr swap g 01:00.0 "$(rom a.rom)"
	[ "$output" = "0000:01:00.0 of 'g' gets $dir/a.rom in place of its own ROM; 'vbios restore g' brings back what was there first" ]
	[ -z "${stderr//vbios: warning: R31: */}" ] # /tmp is open to all
	[ "$(value "$gpu/@file")" = "$dir/a.rom" ]
	[ "$(value "$kept/@none")" = yes ]
	run -0 --separate-stderr libvirtd_run "$VBIOS" restore g
	[ "$output" = "0000:01:00.0 has its own ROM again" ]
	[ -z "$stderr" ]
	definition g | diff before.xml -
}

@test "what was there first stays kept, and file, bar and checksum come back" {
	local first
	first=$(rom b.rom)
	guest g "<metadata><v:guest xmlns:v='https://vfiokit.org/xmlns/guest/1'>
		<v:device address='0000:01:00.0'/><v:device address='0000:01:00.1'/>
		<v:rom address='0000:01:00.0' sha256='$(sum b.rom)'/></v:guest></metadata>" \
		"<rom bar='on' file='$first'/>" "<rom enabled='no'/>"
	definition g >before.xml
	swap g 01:00.0 "$(rom a.rom)"
	[ "$(value "//*[local-name()='guest']/*[local-name()='rom']/@sha256")" = "$(sum a.rom)" ]
	cp a.rom c.rom
	swap --force g 01:00.1 "$(rom c.rom)" >said
	[ "$(value "//hostdev[2]/rom/@file")" = "$dir/c.rom" ]
	[ "$(value "count(//*[local-name()='guest']/*[local-name()='rom'])")" = 2 ]
	run -0 swap g 01:00.0 none
	[ "$output" = "0000:01:00.0 of 'g' gets its own ROM in place of $dir/a.rom; 'vbios restore g' brings back what was there first" ]
	[ "$(value "count(//*[local-name()='guest']/*[local-name()='rom'])")" = 1 ]
	[ "$(value "${kept}[1]/@file")" = "$first" ]
	[ "$(value "$gpu/@bar") $(value "$gpu/@file")" = 'on ' ]
	run -0 libvirtd_run "$VBIOS" restore g
	[ "$output" = "0000:01:00.0 has '$first' again
0000:01:00.1 is without a ROM again" ]
	definition g | diff before.xml -
	run -1 libvirtd_run "$VBIOS" restore g
	[ "$output" = "vbios: 'g': nothing was swapped in it, so there is nothing to bring back" ]
}

@test "a file that would not run is refused, unless it is meant" {
	guest g '' ''
	definition g >before.xml
	run -1 --separate-stderr swap g 01:00.0 "$(rom bad.rom)"
	[ "$stderr" = "vbios: the guest's firmware will not run the file: nothing was changed; --force swaps it in all the same" ]
	[[ $output == *'R16 error '* ]]
	definition g | diff before.xml -
	run -0 --separate-stderr swap --force g 01:00.0 "$dir/bad.rom"
	[ "$(value "$gpu/@file")" = "$dir/bad.rom" ]
}

@test "a file that QEMU cannot read is refused" {
	guest g '' ''
	mkdir -p "$dir/host/etc"
	echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >"$dir/host/etc/passwd"
	rom a.rom && chmod 600 "$dir/host$dir/a.rom"
	run -1 --separate-stderr swap g 01:00.0 "$dir/a.rom"
	[ "$stderr" = "vbios: the guest would not start with the file: nothing was changed; --force swaps it in all the same" ]
	[[ $output == *'R29 error '* ]]
}

@test "guests and devices that are not there" {
	guest g '' ''
	run -1 swap g 02:00.0 "$(rom a.rom)"
	[ "$output" = "vbios: the guest 'g' has no device of the host 02:00.0" ]
	run -1 swap nobody 01:00.0 none
	[ "$output" = "vbios: libvirt (qemu:///system): cannot find guest 'nobody': Domain not found: no domain with matching name 'nobody'" ]
	run -2 swap g nonsense none
	[[ $output == "vbios: 'nonsense' "*"; see 'vbios swap --help'" ]]
	run -2 swap g
	[ "$output" = "vbios: 'swap' is called as: vbios swap GUEST BDF FILE|none; see 'vbios swap --help'" ]
}

@test "a device that the guest has lost meanwhile is forgotten" {
	guest g '' ''
	swap g 01:00.0 "$(rom a.rom)"
	definition g | sed '/<hostdev/,/<.hostdev>/d' >without.xml
	libvirtd_run virsh -q define without.xml
	run -0 --separate-stderr libvirtd_run "$VBIOS" restore g
	[ "$stderr" = "vbios: warning: the guest has 0000:01:00.0 no longer: what was kept for it is forgotten" ]
	[ "$(value "count($kept)")" = 0 ]
}
