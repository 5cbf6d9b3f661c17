# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for evgrab.

# _evgrab_words COMMAND PROGRAM: what may follow it
_evgrab_words() {
	local guests
	guests=$("$2" status 2>/dev/null | sed -n 's/^guest \(.*\): .*/\1/p')
	case $1 in
	switch) echo "host next prev back $guests" ;;
	started | stopped) echo "$guests" ;;
	esac
	"$2" "$1" --help 2>/dev/null | sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z]*\).*/\2/p'
}

_evgrab() {
	local cur=$2 words

	if [[ $COMP_CWORD -eq 1 ]]; then
		words=$("$1" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\) .*/\1/p')
	else
		words=$(_evgrab_words "${COMP_WORDS[1]}" "$1")
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _evgrab evgrab
