# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of the tweaks share. DATA holds their documents, which are named without
# it; HOST is given to --host.

DATA=$SRCDIR/tests/data
HOST=none
SCHEMA=/usr/share/libvirt/schemas/domain.rng

# path DOCUMENT: where it is
path() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$DATA/$1" ;;
	esac
}

# tweak OPTION... FILE: standard output to out.xml, standard error to messages
tweak() {
	"$XMLTWEAK" --host="$HOST" "$@" >"$BATS_TEST_TMPDIR/out.xml" 2>"$BATS_TEST_TMPDIR/messages"
}

# changes DOCUMENT OPTION...: the document, rewritten, differs by what standard input
# says in the words of diff(1), is valid, and does not change in a second run
changes() {
	local out=$BATS_TEST_TMPDIR/out.xml again=$BATS_TEST_TMPDIR/again.xml
	local document
	document=$(path "$1")
	shift
	tweak "$@" "$document" || { cat "$BATS_TEST_TMPDIR/messages"; return 1; }
	{ diff "$document" "$out" || true; } >"$BATS_TEST_TMPDIR/diff"
	diff /dev/stdin "$BATS_TEST_TMPDIR/diff"
	xmllint --noout --relaxng "$SCHEMA" "$out" 2>&1
	"$XMLTWEAK" --host="$HOST" "$@" "$out" >"$again" 2>"$BATS_TEST_TMPDIR/again"
	diff "$out" "$again"
}

# gives_back DOCUMENT OPTION...: the last result becomes the document again
gives_back() {
	local document
	document=$(path "$1")
	shift
	"$XMLTWEAK" --host="$HOST" "$@" "$BATS_TEST_TMPDIR/out.xml" >"$BATS_TEST_TMPDIR/back.xml" \
		2>"$BATS_TEST_TMPDIR/messages"
	diff "$document" "$BATS_TEST_TMPDIR/back.xml"
}

# says TEXT: standard error of the last run was this, and nothing else
says() {
	diff <(printf '%s' "${1:+$1$'\n'}") "$BATS_TEST_TMPDIR/messages"
}

# refuses STATUS TEXT DOCUMENT OPTION...: with this status and message
refuses() {
	local want=$1 text=$2 document status=0
	document=$(path "$3")
	shift 3
	tweak "$@" "$document" || status=$?
	[ "$status" -eq "$want" ] || { echo "status $status"; return 1; }
	says "$text"
}

# sheet_agrees DOCUMENT NAME OPTION...: the stylesheet alone, under xsltproc and with the
# plan of these options, makes the same document
sheet_agrees() {
	local document name=$2 dir=$BATS_TEST_TMPDIR
	document=$(path "$1")
	shift 2
	tweak "$@" "$document"
	"$XMLTWEAK" --host="$HOST" --plan "$@" "$document" >"$dir/plan.xml" 2>"$dir/messages"
	xsltproc --stringparam plan "$dir/plan.xml" "$SRCDIR/xslt/$name.xsl" "$document" \
		>"$dir/sheet.xml"
	diff <(canonical "$dir/out.xml") <(canonical "$dir/sheet.xml")
}

# canonical FILE: without white space between elements, in one prefix for each namespace
canonical() {
	xmllint --noblanks "$1" | xmllint --exc-c14n - | sed 's/></>\n</g'
}

# host_file PATH TEXT: a file of the host that stands in for the real one
host_file() {
	HOST=$BATS_TEST_TMPDIR/host
	mkdir -p "$HOST/$(dirname "$1")"
	printf '%s\n' "$2" >"$HOST/$1"
}
