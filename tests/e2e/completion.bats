#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	load completions
	# shellcheck disable=SC2034 # of completions.bash
	completing=(_xmltweak "$XMLTWEAK")
	# shellcheck source=xmltweak/completion.bash
	. "$SRCDIR/xmltweak/completion.bash"
	mkdir "$BATS_TEST_TMPDIR/work" "$BATS_TEST_TMPDIR/bin"
	cd "$BATS_TEST_TMPDIR/work" || return
}

@test "an option is completed, with = if it needs a value" {
	[ "$(completions 'xmltweak --look')" = '--looking-glass=' ]
	[ "$(completions 'xmltweak --huge')" = '--hugepages' ]
	[ "$(completions 'xmltweak -i --expl')" = '--explain' ]
}

@test "every option of the table is offered" {
	[ "$(completions 'xmltweak --' | tr ' ' '\n' | tr -d =)" = "$("$XMLTWEAK" --options | cut -f 1 | sort)" ]
}

@test "words of a value are offered, behind = and as a word of its own" {
	[ "$(completions 'xmltweak --check=')" = 'libvirt none schema' ]
	[ "$(completions 'xmltweak --check=s')" = 'schema' ]
	[ "$(completions 'xmltweak --check l')" = 'libvirt' ]
}

@test "an option with an optional value takes none as a word of its own" {
	touch guest.xml
	[ "$(completions 'xmltweak --hugepages=1')" = '1G' ]
	[ "$(completions 'xmltweak --hugepages g')" = 'guest.xml' ]
}

@test "a value is cut where readline cuts words" {
	[ "$(completions 'xmltweak --connect=test:///d')" = '///default' ]
	[ "$(completions 'xmltweak --unset=host')" = 'hostdev:' ]
}

@test "files and directories are offered where they belong" {
	mkdir hosts
	touch guest.xml 'a guest.xml'
	[ "$(completions 'xmltweak gu')" = 'guest.xml' ]
	[ "$(completions 'xmltweak -o gu')" = 'guest.xml' ]
	[ "$(completions 'xmltweak --xslt=gu')" = 'guest.xml' ]
	[ "$(completions 'xmltweak --host=')" = 'hosts none' ]
	[ "$(completions 'xmltweak a')" = 'a guest.xml' ]
}

@test "guests are asked of the libvirt that is named" {
	printf '#!/bin/sh\necho "$*" | grep -q "^-q -c test:///default " && echo guest1 && echo other && echo\n' \
		>"$BATS_TEST_TMPDIR/bin/virsh"
	chmod +x "$BATS_TEST_TMPDIR/bin/virsh"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	[ "$(completions 'xmltweak --connect=test:///default --domain=gu')" = 'guest1' ]
	[ "$(completions 'xmltweak --connect test:///default --domain ')" = 'guest1 other' ]
	[ "$(completions 'xmltweak --domain=')" = '' ]
}

@test "without the program nothing is offered and nothing printed" {
	completing=(_xmltweak /nonexistent)
	run completions 'xmltweak --'
	[ "$status" -eq 0 ]
	[ "$output" = '' ]
}
