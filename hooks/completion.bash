# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for vfiokit-hook.

# _vfiokit_hook_words PROGRAM PREVIOUS: what may follow it, as another word of its command
_vfiokit_hook_words() {
	local option
	case ${COMP_WORDS[1]}:$2 in
	*:--device) ls /sys/bus/pci/devices 2>/dev/null ;;
	plan:plan) virsh -q list --all --name 2>/dev/null ;;
	restore:restore)
		echo --all
		echo --device
		"$1" status --json 2>/dev/null | sed -n 's/^ *"name": *"\(.*\)",\{0,1\}$/\1/p'
		;;
	status:status) echo --json ;;
	simulate:*)
		for option in --yes --timing; do
			[[ " ${COMP_WORDS[*]:1:COMP_CWORD-1} " == *" $option "* ]] || echo "$option"
		done
		;;
	import:import) echo --force ;;
	esac
}

_vfiokit_hook() {
	local cur=$2 previous=$3 words word

	if [[ $COMP_CWORD -eq 1 ]]; then
		words=$("$1" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\) .*/\1/p')
	else
		words=$(_vfiokit_hook_words "$1" "$previous")
	fi
	COMPREPLY=()
	while IFS= read -r word; do
		[[ $word && $word == "$cur"* ]] && COMPREPLY+=("$word")
	done <<<"$words"
	if [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} =~ ^(plan|simulate|import)$ ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
	elif [[ ${#COMPREPLY[@]} -eq 1 ]]; then
		printf -v 'COMPREPLY[0]' %q "${COMPREPLY[0]}" # readline quotes files only
	fi
	return 0
}

complete -F _vfiokit_hook vfiokit-hook
