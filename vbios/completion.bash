# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for vbios. Commands come from `vbios --help`, their options from
# `vbios COMMAND --options`: "--name<TAB>none|required|optional<TAB>words", a line each.

# _vbios_words PROGRAM COMMAND OPTION: what the option's value may be
_vbios_words() {
	local name want=$3

	[[ $want == -o ]] && want=--output
	while IFS= read -r name; do
		[[ ${name%%$'\t'*} == "$want" ]] && echo "${name##*$'\t'}"
	done < <("$1" "$2" --options 2>/dev/null)
	return 0
}

# _vbios_values WORDS CUR: the answers, a line each
_vbios_values() {
	local word

	for word in $1; do
		case $word in
		FILE) compgen -f -- "$2" ;;
		DIR) compgen -d -- "$2" ;;
		DEVICE) ls /sys/bus/pci/devices 2>/dev/null ;;
		DOMAIN) virsh -q list --all --name 2>/dev/null ;;
		*) echo "$word" ;;
		esac
	done
}

# _vbios_operand COMMAND N: what the Nth operand may be
_vbios_operand() {
	case $1:$2 in
	swap:1 | restore:1 | bench:1) echo DOMAIN ;;
	swap:2 | bench:2 | dump:1) echo DEVICE ;;
	swap:3) echo FILE none ;;
	restore:*) ;;
	*) echo FILE ;;
	esac
}

# _vbios PROGRAM CUR PREVIOUS, as complete -F calls it. CUR is cut at each '=' and ':', and
# so have the answers to be; hence the line is read here.
_vbios() {
	local line=${COMP_LINE:0:COMP_POINT} cur previous command words word answer cut='' all=() nth=1

	cur=${line##*[[:space:]]}
	previous=${line%"$cur"}
	previous=${previous%"${previous##*[![:space:]]}"}
	previous=${previous##*[[:space:]]}
	read -r _ command _ <<<"$line"

	COMPREPLY=()
	if [[ $line =~ ^[^[:space:]]+[[:space:]]+[^[:space:]]*$ ]]; then
		mapfile -t all < <("$1" --help 2>/dev/null | sed -n 's/^  \([a-z-]*\) .*/\1/p')
	elif [[ $cur == --*=* ]]; then
		words=$(_vbios_words "$1" "$command" "${cur%%=*}")
		cur=${cur#*=}
		mapfile -t all < <(_vbios_values "$words" "$cur")
	elif [[ $cur == -* ]]; then
		mapfile -t all < <("$1" "$command" --options 2>/dev/null |
			sed -n 's/^\(--[a-z-]*\)\trequired.*/\1=/p; t; s/\t.*//p')
		compopt -o nospace 2>/dev/null
	elif words=$(_vbios_words "$1" "$command" "$previous") && [[ $words ]]; then
		mapfile -t all < <(_vbios_values "$words" "$cur")
	else
		read -ra all <<<"${line%"$cur"}"
		for word in "${all[@]:2}"; do [[ $word == -* ]] || nth=$((nth + 1)); done
		words=$(_vbios_operand "$command" "$nth")
		mapfile -t all < <(_vbios_values "$words" "$cur")
	fi
	[[ " $words " == *' FILE '* || " $words " == *' DIR '* ]] && compopt -o filenames 2>/dev/null
	[[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && cut=${cur%"${cur##*:}"}
	for answer in "${all[@]}"; do
		[[ $answer == "$cur"* ]] && COMPREPLY+=("${answer#"$cut"}")
	done
	return 0
}

complete -F _vbios vbios
