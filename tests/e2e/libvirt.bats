#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# xmltweak as a client of libvirt: its test driver, its embedded QEMU driver, and a daemon
# started for the test.

bats_require_minimum_version 1.5.0

setup() {
	load tweak
	dir=$BATS_TEST_TMPDIR
	export XDG_CACHE_HOME=$BATS_RUN_TMPDIR/cache
	mkdir -p "$XDG_CACHE_HOME"
}

teardown() {
	[ -z "${daemon:-}" ] || kill "$daemon"
	[ -z "${daemon:-}" ] || wait "$daemon" || true
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

# start_daemon: a libvirtd of the test's own; its URI in $uri
start_daemon() {
	[ "$SANITIZED" != ON ] ||
		skip "AddressSanitizer breaks XDR in a libvirt that is loaded later"
	[ "$(id -u)" -eq 0 ] || skip "a daemon of its own needs root"
	command -v libvirtd >/dev/null || skip "libvirtd is not installed (libvirt-daemon)"
	needs_embed
	cat >"$dir/libvirtd.conf" <<-EOF
	unix_sock_dir = "$dir"
	auth_unix_rw = "none"
	auth_unix_ro = "none"
	EOF
	# users that libvirt-daemon-system makes; the driver does not start without
	cat /etc/passwd - <<<'libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin' >"$dir/passwd"
	cat /etc/group - <<<'libvirt-qemu:x:64055:' >"$dir/group"
	unshare --mount sh -c 'for d in /etc/libvirt /var/lib/libvirt /run; do
		mkdir -p "$1$d" "$d" && mount --bind "$1$d" "$d" || exit
	done
	mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group || exit
	exec libvirtd -f "$1/libvirtd.conf" -p "$1/pid"' sh "$dir" >"$dir/daemon.log" 2>&1 &
	daemon=$!
	uri="qemu+unix:///system?socket=$dir/libvirt-sock"
	for _ in {1..100}; do
		[ ! -S "$dir/libvirt-sock" ] || return 0
		kill -0 "$daemon" || { cat "$dir/daemon.log"; skip "libvirtd does not start here"; }
		sleep 0.1
	done
	cat "$dir/daemon.log"
	return 1
}

@test "a daemon's guest is read, changed and defined, and not over somebody's change" {
	start_daemon
	sed 's/type=.kvm./type="qemu"/; s|<cpu mode=[^/]*/>||' "$SRCDIR/examples/linux-i440fx.xml" \
		>"$dir/guest.xml"
	name=$(xmllint --xpath 'string(/domain/name)' "$dir/guest.xml")
	virsh -q -c "$uri" define "$dir/guest.xml"
	"$XMLTWEAK" --connect="$uri" --domain="$name" --host=none --hide-hypervisor --define
	virsh -q -c "$uri" dumpxml --inactive "$name" | grep -q "<hidden state='on'/>"
	run --separate-stderr "$XMLTWEAK" --connect="$uri" --domain="$name" --host=none \
		--hide-hypervisor --diff
	[ -z "$output" ]

	# somebody changes it while the stylesheet waits
	mkfifo "$dir/gate"
	(
		"$XMLTWEAK" --connect="$uri" --domain="$name" --host=none --xslt="$dir/gate" --define \
			2>"$dir/said" || echo $? >"$dir/status"
	) 3>&- &
	waiter=$!
	exec 4>"$dir/gate"
	virsh -q -c "$uri" dumpxml --inactive "$name" | sed 's|<vcpu|<title>new</title><vcpu|' >"$dir/new.xml"
	virsh -q -c "$uri" define "$dir/new.xml"
	cat >&4 <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="domain/memory"><xsl:copy-of select="."/><description>mine</description></xsl:template>
	</xsl:stylesheet>
	EOF
	exec 4>&-
	wait "$waiter"
	[ "$(cat "$dir/status")" -eq 1 ]
	cat "$dir/said"
	grep -q "changed by somebody else" "$dir/said"
	virsh -q -c "$uri" dumpxml --inactive "$name" | grep -q '<title>new</title>'
}
