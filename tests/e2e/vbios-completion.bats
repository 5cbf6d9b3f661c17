#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later

setup() {
	load completions
	# shellcheck disable=SC2034 # of completions.bash
	completing=(_vbios "$VBIOS")
	# shellcheck source=vbios/completion.bash
	. "$SRCDIR/vbios/completion.bash"
	cd "$BATS_TEST_TMPDIR" || return
}

@test "commands are completed" {
	[ "$(completions 'vbios in')" = info ]
	[[ $(completions 'vbios ') == *check*diff*extract*fix*info*strip* ]]
}

@test "each command has its own options, with = if they need a value" {
	[ "$(completions 'vbios strip --')" = '--help --options --output= --private' ]
	[ "$(completions 'vbios info --m')" = --map ]
}

@test "words of a value are offered, behind = and as a word of its own" {
	[ "$(completions 'vbios check --bar=')" = 'off on' ]
	[ "$(completions 'vbios check --firmware ov')" = 'ovmf ovmf,secureboot' ]
}

@test "files are offered where they belong" {
	touch gpu.rom
	mkdir host
	[ "$(completions 'vbios info g')" = gpu.rom ]
	[ "$(completions 'vbios fix -o g')" = gpu.rom ]
	[ "$(completions 'vbios check --host=')" = host ]
}

@test "operands are guests, devices and files, each in its place" {
	virsh() { echo win11; }
	touch gpu.rom
	[ "$(completions 'vbios swap ')" = win11 ]
	[ "$(completions 'vbios restore w')" = win11 ]
	[ "$(completions 'vbios swap win11 01:00.0 ')" = 'gpu.rom none' ]
	[ "$(completions 'vbios swap --force win11 01:00.0 n')" = none ]
	[ "$(completions 'vbios restore win11 ')" = '' ]
}
