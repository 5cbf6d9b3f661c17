# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests of completions share. The function and the program that it completes are in
# the array `completing`.

# completions LINE: what TAB offers behind LINE, sorted and blank-separated
completions() {
	COMPREPLY=()
	# shellcheck disable=SC2034 # bash's names
	COMP_LINE=$1 COMP_POINT=${#1}
	# shellcheck disable=SC2154 # the test's
	"${completing[@]}" '' ''
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}
