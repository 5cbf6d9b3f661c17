#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xmltweak as installed, against libvirtd as it runs on a host, with a host to look at.

bats_require_minimum_version 1.5.0

setup() {
	load lab
	load guest
	dir=$BATS_TEST_TMPDIR
	lab_libvirtd
}

teardown() {
	virsh list --all --name | while read -r name; do
		[ -z "$name" ] || guest_undefine "$name"
	done
}

# definition NAME: the inactive one, as libvirt has it
definition() {
	virsh dumpxml --inactive --security-info "$1"
}

# value XPATH: of the definition in $dir/xml
value() {
	xmllint --xpath "string($1)" "$dir/xml"
}

@test "--list shows the devices of the host" {
	run -0 --separate-stderr xmltweak --list
	[ -z "$stderr" ]
	[[ $output == "IOMMU: on (Intel VT-d), "* ]]
	grep -qE '^  0000:01:00.0  1af4:1050  group [0-9]+ +virtio-pci .* \[boot GPU: boot_vga\]$' <<<"$output"
	grep -qE '^  0000:02:00.0  1234:1111  group [0-9]+ +bochs-drm ' <<<"$output"
	grep -qE '^ +--hostdev=0000:02:00$' <<<"$output"
	grep -qE '^  0000:03:00.0  1b36:0010  group [0-9]+ +nvme ' <<<"$output"
	grep -qE '^ +--evdev=/dev/input/by-id/usb-QEMU_QEMU_USB_Mouse_M1-event-mouse$' <<<"$output"
	grep -qE 'node 1: 1 core, 2 threads each: CPUs 2-3$' <<<"$output"
}

@test "a guest gets the GPU and the hook, once; a second run changes nothing" {
	guest_define gpu
	definition gpu >"$dir/before"
	run -0 --separate-stderr xmltweak --domain=gpu --hostdev=auto --hook=sleep --define
	[ -z "$output" ]
	definition gpu >"$dir/xml"
	[ "$(value 'count(//hostdev)')" = 2 ]
	[ "$(value '//hostdev[1]/@managed')" = no ]
	[ "$(value '//hostdev[1]/source/address/@bus')" = 0x02 ]
	[ "$(value '//hostdev[2]/source/address/@function')" = 0x1 ]
	[ "$(value 'count(/domain/metadata/*)')" = 1 ]
	run -0 --separate-stderr xmltweak --domain=gpu --hostdev=auto --hook=sleep --define
	diff "$dir/xml" <(definition gpu)
	run -0 xmltweak --domain=gpu --hostdev=auto --hook=sleep --diff
	[ -z "$output" ]
	xmltweak --domain=gpu --unset=hostdev:02:00 --unset=hook --define
	diff "$dir/before" <(definition gpu)
}

@test "a running guest is told that the change waits for its next start" {
	guest_define runs
	virsh start runs
	run -0 --separate-stderr xmltweak --domain=runs --hostdev=04:00.0 --define
	[ -z "$output" ]
	[[ $stderr == *"'runs'"*"next start"* ]]
	definition runs | grep -q "<hostdev "
	run -1 grep -q '<hostdev ' <(virsh dumpxml runs)
}

@test "a saved image is pointed out" {
	guest_define saved
	virsh start saved
	virsh managedsave saved
	run -0 --separate-stderr xmltweak --domain=saved --hide-hypervisor --define
	[[ $stderr == *"'saved'"*"managedsave"* ]]
	definition saved | grep -q '<vendor_id '
}

@test "a guest that was changed meanwhile is not overwritten" {
	guest_define both
	# a stylesheet is read between the guest and its definition: this one makes it wait
	mkfifo "$dir/mine.xsl"
	xmltweak --domain=both --hide-hypervisor --xslt="$dir/mine.xsl" --define 2>"$dir/said" &
	job=$!
	exec {sheet}<>"$dir/mine.xsl"
	lab_wait 30 sh -c "ls -l /proc/$job/fd | grep -q mine.xsl"
	definition both | sed 's|</name>|&<title>mine</title>|' >"$dir/theirs"
	virsh define "$dir/theirs"
	cat >&"$sheet" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	</xsl:stylesheet>
	EOF
	exec {sheet}>&-
	status=0
	wait $job || status=$?
	[ "$status" -eq 1 ]
	cat "$dir/said"
	[[ $(cat "$dir/said") == *"'both'"*"changed"* ]]
	[ "$(wc -l <"$dir/said")" -eq 1 ]
	definition both | grep -q '<title>mine</title>'
	run -1 grep -q '<vendor_id ' <(definition both)
}

@test "a stopped daemon and a wrong URI are named" {
	systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd
	run -1 --separate-stderr xmltweak --domain=none --hide-hypervisor
	systemctl start libvirtd
	[[ $stderr == "xmltweak: libvirt (qemu:///system): "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	run -1 --separate-stderr xmltweak --connect=qemu:///nowhere --domain=none --hide-hypervisor
	[[ $stderr == "xmltweak: libvirt (qemu:///nowhere): "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	run -1 --separate-stderr xmltweak --domain=nobody --hide-hypervisor
	[[ $stderr == "xmltweak: libvirt (qemu:///system): "*"'nobody'"* ]]
}

@test "xmltweak is the editor of virsh edit" {
	guest_define edited
	EDITOR='xmltweak -i --hide-hypervisor' virsh edit edited
	definition edited | grep -q '<vendor_id '
	EDITOR='xmltweak -i --unset=hide-hypervisor' virsh edit edited
	run -1 grep -q '<vendor_id ' <(definition edited)
}

@test "what is read from libvirt goes into a private file, passwords and all" {
	guest_define secret
	definition secret |
		sed "s|</devices>|<graphics type='vnc' passwd='sesame'/>&|" >"$dir/with"
	virsh define "$dir/with"
	xmltweak --domain=secret -o "$dir/secret.xml"
	[ "$(stat -c %a "$dir/secret.xml")" = 600 ]
	grep -q sesame "$dir/secret.xml"
	xmltweak --domain=secret --hide-hypervisor --define
	definition secret | grep -q sesame
}

@test "libvirt's daemon starts a guest as xmltweak has pinned it" {
	guest_define pinned --vcpus=1 --pin=2
	virsh start pinned
	[ "$(virsh vcpupin pinned | awk '$1 == 0 { print $2 }')" = 2 ]
}
