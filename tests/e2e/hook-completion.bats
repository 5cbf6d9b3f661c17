#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What TAB offers for vfiokit-hook. virsh and what the hook holds are made up.

setup() {
	# shellcheck source=hooks/completion.bash
	. "$SRCDIR/hooks/completion.bash"
	mkdir "$BATS_TEST_TMPDIR/work" "$BATS_TEST_TMPDIR/bin"
	cd "$BATS_TEST_TMPDIR/work" || return
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	program virsh '[ "$*" = "-q list --all --name" ] && echo win11 && echo "linux box" && echo'
	program hook 'if [ "$*" = "status --json" ]; then
			printf "{\n  \"guests\": [\n    {\n      \"name\": \"win11\",\n"
			printf "      \"records\": [ ]\n    },\n    {\n      \"name\": \"two words\"\n    }\n  ]\n}\n"
		else
			exec "'"$HOOK"'" "$@"
		fi'
}

# program NAME TEXT: a script of that name
program() {
	printf '#!/bin/sh\n%s\n' "$2" >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

# completions WORD...: what TAB offers for the last one, sorted, one a line
completions() {
	COMPREPLY=()
	COMP_WORDS=(vfiokit-hook "$@")
	COMP_CWORD=$#
	_vfiokit_hook "${program:-hook}" "${COMP_WORDS[$#]}" "${COMP_WORDS[$# - 1]}"
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ,
}

@test "every command that there is, and no other, is offered" {
	[ "$(completions '')" = '--help,--version,import,install,plan,restore,simulate,status,uninstall' ]
	[ "$(completions s)" = 'simulate,status' ]
	[ "$(completions x)" = '' ]
}

@test "guests and files for plan" {
	touch guest.xml
	[ "$(completions plan '')" = 'guest.xml,linux box,win11' ]
	[ "$(completions plan w)" = 'win11' ]
	[ "$(completions plan gu)" = 'guest.xml' ]
}

@test "what is held for restore, quoted when it is chosen" {
	[ "$(completions restore '')" = '--all,--device,two words,win11' ]
	[ "$(completions restore t)" = 'two\ words' ]
	[ "$(completions restore --a)" = '--all' ]
	[ "$(completions restore win11 '')" = '' ]
}

@test "addresses for restore --device" {
	[ "$(completions restore --device '')" = "$(ls /sys/bus/pci/devices | sort | paste -sd ,)" ]
}

@test "options of the others, each once, and files" {
	touch guest.xml
	[ "$(completions status '')" = '--json' ]
	[ "$(completions status --json '')" = '' ]
	[ "$(completions simulate '')" = '--timing,--yes,guest.xml' ]
	[ "$(completions simulate --yes '')" = '--timing,guest.xml' ]
	[ "$(completions simulate --yes --timing g)" = 'guest.xml' ]
	[ "$(completions import --)" = '--force' ]
	[ "$(completions install '')" = '' ]
}

@test "without the program nothing is offered and nothing printed" {
	program=/nonexistent run completions ''
	[ "$status" -eq 0 ]
	[ "$output" = '' ]
	program=/nonexistent run completions restore ''
	[ "$status" -eq 0 ]
	[ "$output" = '--all,--device' ]
}
