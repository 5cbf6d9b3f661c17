#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program as a filter: what goes in and comes out, and what it says.

bats_require_minimum_version 1.5.0

setup() {
	load tweak
	dir=$BATS_TEST_TMPDIR
	cp "$SRCDIR/examples/win11.xml" "$dir/guest.xml"
	tweak=(--host=none --hide-hypervisor)
}

# fails STATUS TEXT ARGUMENT...: exactly this on standard error, nothing on standard output
fails() {
	local want=$1 text=$2
	shift 2
	run --separate-stderr "$XMLTWEAK" "$@"
	[ "$status" -eq "$want" ] || { echo "status $status: $stderr"; return 1; }
	[ -z "$output" ]
	diff <(echo "$text") <(echo "$stderr")
}

@test "without a tweak the input is copied as it is, whatever it is" {
	head -c 10000 /dev/urandom >"$dir/noise"
	"$XMLTWEAK" <"$dir/noise" | cmp - "$dir/noise"
	"$XMLTWEAK" "$dir/noise" | cmp - "$dir/noise"
	"$XMLTWEAK" - <"$dir/noise" | cmp - "$dir/noise"
	"$XMLTWEAK" -o "$dir/copy" "$dir/noise"
	cmp "$dir/copy" "$dir/noise"
	: | "$XMLTWEAK" | cmp - /dev/null
}

@test "FILE, standard input, -o and -i give the same" {
	"$XMLTWEAK" "${tweak[@]}" "$dir/guest.xml" >"$dir/want"
	"$XMLTWEAK" "${tweak[@]}" <"$dir/guest.xml" | cmp - "$dir/want"
	"$XMLTWEAK" "${tweak[@]}" -o "$dir/out" "$dir/guest.xml"
	cmp "$dir/out" "$dir/want"
	"$XMLTWEAK" "${tweak[@]}" -o - "$dir/guest.xml" | cmp - "$dir/want"
	"$XMLTWEAK" "${tweak[@]}" --output=/dev/stdout "$dir/guest.xml" | cmp - "$dir/want"
	"$XMLTWEAK" "${tweak[@]}" -i "$dir/guest.xml"
	cmp "$dir/guest.xml" "$dir/want"
}

@test "in place: link, mode, owner and attributes stay, and nothing is left behind" {
	chmod 640 "$dir/guest.xml"
	[ "$(id -u)" -ne 0 ] || chown nobody "$dir/guest.xml"
	setfattr -n user.note -v mine "$dir/guest.xml" 2>/dev/null || true
	owner=$(stat -c '%U %a' "$dir/guest.xml")
	ln -s guest.xml "$dir/link.xml"
	"$XMLTWEAK" "${tweak[@]}" --in-place "$dir/link.xml"
	[ -L "$dir/link.xml" ]
	[ "$(stat -c '%U %a' "$dir/guest.xml")" = "$owner" ]
	grep -q vendor_id "$dir/guest.xml"
	if getfattr -n user.note "$SRCDIR" 2>&1 | grep -qv 'not found'; then
		[ "$(getfattr --only-values -n user.note "$dir/guest.xml")" = mine ]
	fi
	[ "$(find "$dir" -name '.*' -type f | wc -l)" -eq 0 ]
}

@test "in place: what does not change is not written" {
	"$XMLTWEAK" "${tweak[@]}" -i "$dir/guest.xml"
	touch -d '2001-01-01' "$dir/guest.xml"
	"$XMLTWEAK" "${tweak[@]}" -i "$dir/guest.xml"
	[ "$(stat -c %y "$dir/guest.xml" | cut -c 1-4)" = 2001 ]
}

@test "in place: a file of libvirt's own is refused" {
	mkdir -p /etc/libvirt/qemu 2>/dev/null || skip "needs to be root"
	cp "$dir/guest.xml" /etc/libvirt/qemu/vfiokit-test.xml
	ln -s /etc/libvirt/qemu/vfiokit-test.xml "$dir/link.xml"
	fails 1 "xmltweak: '/etc/libvirt/qemu/vfiokit-test.xml' belongs to libvirt, which would not notice the change: use --domain and --define" \
		"${tweak[@]}" -i "$dir/link.xml"
	cmp "$dir/guest.xml" /etc/libvirt/qemu/vfiokit-test.xml
	rm /etc/libvirt/qemu/vfiokit-test.xml
}

@test "-o does not write among libvirt's own files, nor into a link that leads nowhere" {
	ln -s "$dir/nowhere" "$dir/link.xml"
	fails 1 "xmltweak: '$dir/link.xml' is a link that leads nowhere" \
		"${tweak[@]}" --check=none -o "$dir/link.xml" "$dir/guest.xml"
	[ -L "$dir/link.xml" ]
	mkdir -p /etc/libvirt/qemu 2>/dev/null || skip "needs to be root"
	fails 1 "xmltweak: '/etc/libvirt/qemu' belongs to libvirt, which would not notice the change: use --domain and --define" \
		"${tweak[@]}" -o /etc/libvirt/qemu/vfiokit-new.xml "$dir/guest.xml"
}

@test "a failed run writes nothing" {
	cp "$dir/guest.xml" "$dir/before.xml"
	run -1 "$XMLTWEAK" "${tweak[@]}" --xslt=/no/such.xsl -i "$dir/guest.xml"
	cmp "$dir/guest.xml" "$dir/before.xml"
	run -1 "$XMLTWEAK" "${tweak[@]}" --xslt=/no/such.xsl -o "$dir/new.xml" "$dir/guest.xml"
	[ ! -e "$dir/new.xml" ]
}

@test "what is no domain is refused in one sentence" {
	printf '<network/>' >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml: the document is a <network>, not a libvirt <domain>" \
		"${tweak[@]}" "$dir/x.xml"
	printf '<!DOCTYPE domain [<!ENTITY a "b">]>\n<domain/>' >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml:1: a document type or entity declaration is not allowed in a domain; remove it" \
		"${tweak[@]}" "$dir/x.xml"
	printf '<domain>\n  <name>x</nome>\n</domain>' >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml:2: not well-formed: Opening and ending tag mismatch: name line 2 and nome" \
		"${tweak[@]}" "$dir/x.xml"
	printf '<domain>&file;</domain>' >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml:1: not well-formed: Entity 'file' not defined" \
		"${tweak[@]}" "$dir/x.xml"
	: >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml:1: not well-formed: Document is empty" "${tweak[@]}" "$dir/x.xml"
	fails 1 "xmltweak: open '$dir/none.xml': No such file or directory" "${tweak[@]}" "$dir/none.xml"
}

@test "nesting beyond reason is refused, not followed" {
	{ printf '<domain>'; for _ in {1..300}; do printf '<a>'; done; } >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml:1: elements are nested more than 250 deep" \
		"${tweak[@]}" "$dir/x.xml"
}

@test "other encodings come back as they were, or are refused" {
	printf '<?xml version="1.0" encoding="ISO-8859-1"?>\n<domain><title>\xe4\xf6\xfc</title></domain>\n' >"$dir/x.xml"
	"$XMLTWEAK" "${tweak[@]}" "$dir/x.xml" >"$dir/y.xml"
	[ "$(head -c 69 "$dir/y.xml" | md5sum)" = "$(head -c 69 "$dir/x.xml" | md5sum)" ]
	xmllint --noout "$dir/y.xml"
	iconv -t UTF-16 <"$dir/guest.xml" >"$dir/wide.xml"
	"$XMLTWEAK" "${tweak[@]}" "$dir/wide.xml" | iconv -f UTF-16 >"$dir/narrow.xml"
	"$XMLTWEAK" "${tweak[@]}" "$dir/guest.xml" | cmp - "$dir/narrow.xml"
	printf '<?xml version="1.0" encoding="x-none"?>\n<domain/>' >"$dir/x.xml"
	fails 1 "xmltweak: $dir/x.xml: unknown encoding 'x-none'; convert it to UTF-8" \
		"${tweak[@]}" "$dir/x.xml"
}

@test "mistakes on the command line end with status 2 and name the option" {
	fails 2 "xmltweak: unknown or ambiguous option '--nonsense'; see 'xmltweak --help'" --nonsense
	fails 2 "xmltweak: unknown option '-z'; see 'xmltweak --help'" -z
	fails 2 "xmltweak: --output needs a value: FILE; see 'xmltweak --help'" --output
	fails 2 "xmltweak: --diff takes no value; see 'xmltweak --help'" --diff=yes
	fails 2 "xmltweak: --plan: only one view can be shown in a run; see 'xmltweak --help'" --diff --plan
	fails 2 "xmltweak: --json goes with --explain or --list; see 'xmltweak --help'" --diff --json
	fails 2 "xmltweak: --in-place needs a FILE; see 'xmltweak --help'" -i
	fails 2 "xmltweak: more than one FILE: 'a' and 'b'; see 'xmltweak --help'" a b
	fails 2 "xmltweak: --check: 'all' is not one of none, schema, libvirt; see 'xmltweak --help'" --check=all
	fails 2 "xmltweak: --host: given twice, as 'a' and 'b'; see 'xmltweak --help'" --host=a --host=b
	fails 2 "xmltweak: --in-place and --output exclude each other; see 'xmltweak --help'" -i -o x y
	fails 2 "xmltweak: FILE and --domain exclude each other; see 'xmltweak --help'" --domain=x y
}

@test "a host directory that is not there is named" {
	fails 1 "xmltweak: open host directory '/no/such': No such file or directory" \
		--host=/no/such --hide-hypervisor "$dir/guest.xml"
}

@test "a user's own stylesheet joins in, with parameters" {
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:param name="title"/>
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="domain/name">
	    <xsl:copy-of select="."/><title><xsl:value-of select="$title"/></title>
	  </xsl:template>
	</xsl:stylesheet>
	EOF
	run diff "$dir/guest.xml" <("$XMLTWEAK" --xslt="$dir/mine.xsl" --param title="it's <me>" "$dir/guest.xml")
	[ "${lines[1]}" = ">   <title>it's &lt;me&gt;</title>" ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "a stylesheet may move elements and attributes into other namespaces" {
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="metadata/note">
	    <xsl:element name="note" namespace="urn:mine"><xsl:apply-templates select="@*|node()"/></xsl:element>
	  </xsl:template>
	  <xsl:template match="metadata/a/@b">
	    <xsl:attribute name="m:b" namespace="urn:mine"><xsl:value-of select="."/></xsl:attribute>
	    <xsl:attribute name="m:c" namespace="urn:mine">new</xsl:attribute>
	  </xsl:template>
	</xsl:stylesheet>
	EOF
	cat >"$dir/guest.xml" <<-'EOF'
	<domain type='kvm'>
	  <name>guest</name>
	  <metadata>
	    <note  lang='en'>text</note>
	    <a b = "1"/>
	  </metadata>
	</domain>
	EOF
	"$XMLTWEAK" --host=none --xslt="$dir/mine.xsl" "$dir/guest.xml" >"$dir/out.xml" 2>"$dir/messages"
	[ ! -s "$dir/messages" ]
	diff -u - <(diff "$dir/guest.xml" "$dir/out.xml") <<-'EOF'
	4,5c4,5
	<     <note  lang='en'>text</note>
	<     <a b = "1"/>
	---
	>     <note xmlns='urn:mine' lang='en'>text</note>
	>     <a xmlns:m="urn:mine" m:b="1" m:c="new"/>
	EOF
	sed -i 's|match="metadata/note"|match="/domain"|; s|name="note"|name="domain"|' "$dir/mine.xsl"
	fails 1 "xmltweak: $dir/guest.xml: a stylesheet's result is no <domain>" \
		--host=none --xslt="$dir/mine.xsl" "$dir/guest.xml"
}

@test "a stylesheet can write nothing, and reach no network" {
	cat >"$dir/mine.xsl" <<-EOF
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
	    xmlns:exsl="http://exslt.org/common" extension-element-prefixes="exsl">
	  <xsl:template match="/">
	    <exsl:document href="$dir/written"><a/></exsl:document>
	    <xsl:copy-of select="."/>
	  </xsl:template>
	</xsl:stylesheet>
	EOF
	run "$XMLTWEAK" --xslt="$dir/mine.xsl" "$dir/guest.xml"
	[ ! -e "$dir/written" ]
	[ "$status" -eq 1 ]
	sed -i 's|<exsl:document.*document>|<xsl:value-of select="document('"'http://127.0.0.1:9/x'"')"/>|' "$dir/mine.xsl"
	run "$XMLTWEAK" --xslt="$dir/mine.xsl" "$dir/guest.xml"
	[ "$status" -eq 1 ]
}

@test "a stylesheet that is broken, stops, or gives no domain is refused" {
	echo '<a>' >"$dir/mine.xsl"
	run -1 "$XMLTWEAK" --xslt="$dir/mine.xsl" "$dir/guest.xml"
	[[ $output == "xmltweak: cannot use the stylesheet '$dir/mine.xsl': "* ]]
	[ "${#lines[@]}" -eq 1 ]
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="/"><xsl:message terminate="yes">not this guest</xsl:message></xsl:template>
	</xsl:stylesheet>
	EOF
	run -1 "$XMLTWEAK" --xslt="$dir/mine.xsl" "$dir/guest.xml"
	[[ $output == "xmltweak: the stylesheet '$dir/mine.xsl' failed: "*"not this guest"* ]]
	sed -i 's|<xsl:message.*message>|<b/>|' "$dir/mine.xsl"
	fails 1 "xmltweak: $dir/guest.xml: a stylesheet's result is no <domain>" \
		--xslt="$dir/mine.xsl" "$dir/guest.xml"
	sed -i 's|<b/>|<xsl:copy-of select="*"/><xsl:copy-of select="*"/>|' "$dir/mine.xsl"
	fails 1 "xmltweak: $dir/guest.xml: a stylesheet's result has more than one root" \
		--xslt="$dir/mine.xsl" "$dir/guest.xml"
	sed -i 's|<xsl:copy-of.*/>|<xsl:value-of select="nofunc()"/>|' "$dir/mine.xsl"
	run -1 --separate-stderr "$XMLTWEAK" --xslt="$dir/mine.xsl" "$dir/guest.xml"
	[[ $stderr == "xmltweak: the stylesheet '$dir/mine.xsl' failed: "*"function nofunc not found"* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "--check=schema: what was wrong before is a warning, what is new an error" {
	sed -i 's|<name>|<nonsense/>\n  &|' "$dir/guest.xml"
	run --separate-stderr "$XMLTWEAK" "${tweak[@]}" --check=schema "$dir/guest.xml"
	[ "$status" -eq 0 ]
	[[ $stderr == "xmltweak: warning: check: $dir/guest.xml: not valid against libvirt's schema, as it was before: "* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="domain/name"><xsl:copy-of select="."/><sense/></xsl:template>
	</xsl:stylesheet>
	EOF
	cp "$SRCDIR/examples/win11.xml" "$dir/guest.xml"
	run -1 --separate-stderr "$XMLTWEAK" --xslt="$dir/mine.xsl" -i "$dir/guest.xml"
	[[ $stderr == "xmltweak: $dir/guest.xml: the result is not valid against libvirt's schema: "* ]]
	cmp "$SRCDIR/examples/win11.xml" "$dir/guest.xml"
}

@test "--diff shows the change, hides passwords, and leaves the document to -o" {
	sed -i "s|<graphics type='spice'|& passwd='secret'|" "$dir/guest.xml"
	run --separate-stderr "$XMLTWEAK" "${tweak[@]}" --diff -o "$dir/out.xml" "$dir/guest.xml"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "--- $dir/guest.xml" ]
	[[ $output != *secret* ]]
	grep -q "passwd='secret'" "$dir/out.xml"
	patch -s -o "$dir/patched.xml" "$SRCDIR/examples/win11.xml" <<<"$output"
	diff <(sed "s| passwd='secret'||" "$dir/out.xml") "$dir/patched.xml"
	run --separate-stderr "$XMLTWEAK" --host=none --unset=hide-hypervisor --diff "$SRCDIR/examples/win11.xml"
	[ -z "$output" ]
}

@test "--diff shows that a password changes, but not to what" {
	sed -i "s|<graphics type='spice'|& passwd='secret'|" "$dir/guest.xml"
	cat >"$dir/mine.xsl" <<-'EOF'
	<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
	  <xsl:template match="@*|node()">
	    <xsl:copy><xsl:apply-templates select="@*|node()"/></xsl:copy>
	  </xsl:template>
	  <xsl:template match="@passwd"><xsl:attribute name="passwd">other</xsl:attribute></xsl:template>
	</xsl:stylesheet>
	EOF
	run --separate-stderr "$XMLTWEAK" --xslt="$dir/mine.xsl" --diff "$dir/guest.xml"
	[[ $output == *"+ "*"passwd='******** (new)'"* ]]
	[[ $output != *other* ]]
}

@test "--explain says each decision with its reason, as text and as JSON" {
	run --separate-stderr "$XMLTWEAK" "${tweak[@]}" --looking-glass=2560x1440 --explain "$dir/guest.xml"
	[ "${lines[0]}" = "looking-glass: 64 MiB of shared memory -- 2560x1440 needs 39 MiB with releases B4 to B7, 47 with the indirect display driver; the next power of two serves both" ]
	run --separate-stderr "$XMLTWEAK" "${tweak[@]}" --explain --json "$dir/guest.xml"
	[ "$(python3 -c 'import json,sys; d=json.load(sys.stdin); print(d[0]["tweak"], sorted(d[0]))' <<<"$output")" = \
		"hide-hypervisor ['decision', 'reason', 'tweak']" ]
}

@test "--plan prints what the stylesheets read" {
	run --separate-stderr "$XMLTWEAK" "${tweak[@]}" --plan "$dir/guest.xml"
	diff <(echo "$output") - <<-'EOF'
	<?xml version="1.0"?>
	<plan>
	  <hide-hypervisor vendor-id="0123456789ab"/>
	</plan>
	EOF
}

@test "a full disk is an error" {
	[ -c /dev/full ] || skip "no /dev/full"
	run -1 --separate-stderr "$XMLTWEAK" "${tweak[@]}" -o /dev/full "$dir/guest.xml"
	[ "$stderr" = "xmltweak: write '/dev/full': No space left on device" ]
	run --separate-stderr bash -c '"$0" "$@" >/dev/full' "$XMLTWEAK" "${tweak[@]}" "$dir/guest.xml"
	[ "$status" -eq 1 ]
	[ "$stderr" = "xmltweak: write 'standard output': No space left on device" ]
}

@test "help and version" {
	run --separate-stderr "$XMLTWEAK" --help
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "Usage: xmltweak [OPTION...] [FILE]" ]
	[ "$(wc -L <<<"$output")" -le 80 ]
	run --separate-stderr "$XMLTWEAK" --version
	[[ $output =~ ^xmltweak\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	"$XMLTWEAK" --options | cut -f 1 | while read -r option; do
		"$XMLTWEAK" --help | grep -q -e "$option"
	done
}

@test "--options names every option once" {
	[ -z "$("$XMLTWEAK" --options | cut -f 1 | sort | uniq -d)" ]
}
