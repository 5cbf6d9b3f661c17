#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xmltweak as a client of libvirt: its test driver and its embedded QEMU driver.

bats_require_minimum_version 1.5.0

setup() {
	load tweak
	dir=$BATS_TEST_TMPDIR
	export XDG_CACHE_HOME=$BATS_RUN_TMPDIR/cache
	mkdir -p "$XDG_CACHE_HOME"
}

needs_embed() {
	[ -e /usr/lib/"$(uname -m)"-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so ] ||
		skip "libvirt-daemon-driver-qemu is not installed"
	command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86 is not installed"
}

@test "a guest is read by name, and goes into a private file" {
	"$XMLTWEAK" --connect=test:///default --domain=test -o "$dir/test.xml"
	[ "$(xmllint --xpath 'string(/domain/name)' "$dir/test.xml")" = test ]
	[ "$(stat -c %a "$dir/test.xml")" = 600 ]
	chmod 644 "$dir/test.xml"
	LIBVIRT_DEFAULT_URI=test:///default "$XMLTWEAK" --domain=test --hide-hypervisor \
		-o "$dir/test.xml"
	[ "$(stat -c %a "$dir/test.xml")" = 600 ]
}

@test "a running guest is told when the change takes effect" {
	run --separate-stderr "$XMLTWEAK" --connect=test:///default --domain=test \
		--host=none --looking-glass=1920x1080 --define
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *"next start"* ]]
}

@test "a document is defined, and what libvirt refuses is reported with the URI" {
	"$XMLTWEAK" --connect=test:///default --host=none --hide-hypervisor --define \
		"$SRCDIR/examples/linux-i440fx.xml"
	sed 's|<name>.*</name>||' "$SRCDIR/examples/linux-i440fx.xml" >"$dir/nameless.xml"
	run -1 --separate-stderr "$XMLTWEAK" --connect=test:///default --host=none --check=none \
		--hide-hypervisor --define "$dir/nameless.xml"
	[[ $stderr == "xmltweak: libvirt (test:///default): "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "what is not there is named with the URI" {
	run -1 --separate-stderr "$XMLTWEAK" --connect=test:///default --domain=nobody
	[[ $stderr == "xmltweak: libvirt (test:///default): "*"'nobody'"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	run -1 --separate-stderr "$XMLTWEAK" --connect=nonsense:///x --domain=test
	[[ $stderr == "xmltweak: libvirt (nonsense:///x): "* ]]
}

@test "--argv is the command line with the devices of the guest" {
	needs_embed
	"$XMLTWEAK" --host=none --hostdev=01:00.0 --looking-glass=1920x1080 --argv \
		"$SRCDIR/examples/linux-i440fx.xml" >"$dir/argv"
	grep -q '"driver":"vfio-pci","host":"0000:01:00.0"' "$dir/argv"
	grep -q 'looking-glass.*33554432' "$dir/argv"
}

@test "--check=libvirt refuses what the schema lets pass" {
	needs_embed
	"$XMLTWEAK" --host=none --check=libvirt --hide-hypervisor \
		"$SRCDIR/examples/linux-i440fx.xml" >/dev/null
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="os/type/@machine">
	    <xsl:attribute name="machine">pc-nonsense</xsl:attribute>
	  </xsl:template>
	</xsl:stylesheet>
	EOF
	run -1 --separate-stderr "$XMLTWEAK" --host=none --check=libvirt --xslt="$dir/mine.xsl" \
		"$SRCDIR/examples/linux-i440fx.xml"
	[[ $stderr == *"libvirt refuses the result"* ]]
}
