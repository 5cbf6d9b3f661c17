# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for vfiokit-hook.

# _vfiokit_hook_words COMMAND: what may follow it
_vfiokit_hook_words() {
	case $1 in
	plan) virsh -q list --all --name 2>/dev/null ;;
	restore)
		echo --all
		echo --device
		"$2" status --json 2>/dev/null | sed -n 's/^ *"name": *"\(.*\)",\{0,1\}$/\1/p'
		;;
	--device) ls /sys/bus/pci/devices 2>/dev/null ;;
	status) echo --json ;;
	simulate) echo --yes ;;
	import) echo --force ;;
	esac
}

_vfiokit_hook() {
	local cur=$2 previous=$3 words word

	if [[ $COMP_CWORD -eq 1 ]]; then
		words=$("$1" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\) .*/\1/p')
	else
		words=$(_vfiokit_hook_words "$previous" "$1")
	fi
	COMPREPLY=()
	while IFS= read -r word; do
		[[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
	done <<<"$words"
	if [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} =~ ^(plan|simulate|import)$ ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
	fi
	return 0
}

complete -F _vfiokit_hook vfiokit-hook
